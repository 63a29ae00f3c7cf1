/* What the parts of the Veo adapter share. Facts about the remote carry their section of the folder's README. */
#ifndef GV_VEO_H
#define GV_VEO_H

#include "core/provider.h"

/* ---- surfaces and models ---------------------------------------------------------------------------- */

enum veo_surface { VEO_VERTEX, VEO_GEMINI };

/* Bits of gv_model.traits. */
enum {
    VEO_ON_VERTEX = 1 << 0,
    VEO_ON_GEMINI = 1 << 1,
    VEO_3 = 1 << 2,                /* audio, resolution, resizeMode; no enhancePrompt=false */
    VEO_NO_GEMINI_EXTEND = 1 << 3, /* extends on Vertex only */
    VEO_4K_DOUBTFUL = 1 << 4,      /* priced, but not on the model's card */
};

/* Of the wish and the credentials alone, so that every step finds the same. */
enum veo_surface veo_surface(const struct gv_operation *op, unsigned credential_set);

/* ---- the plan: what will be said -------------------------------------------------------------------- */

enum veo_role { VEO_FIRST, VEO_LAST, VEO_REFERENCE, VEO_VIDEO };

#define VEO_MEDIA_MAX 3

struct veo_medium {
    enum veo_role role;
    const struct gv_media *media; /* a blob, or gs://; on Gemini also the file URI of a film. NULL: to be fetched */
    const char *url;              /* of what is to be fetched */
    const char *mime_type;        /* NULL with a file URI */
    const char *field;            /* of the document */
};

/* Strings and media are borrowed from the operation or live in the arena it was planned with. */
struct veo_plan {
    const struct gv_operation *op;
    const struct gv_model *model;
    enum veo_surface surface;
    const char *prompt, *negative_prompt;
    struct veo_medium media[VEO_MEDIA_MAX];
    size_t media_count;
    const struct veo_medium *missing; /* the first one that is to be fetched, or NULL */
    size_t missing_index;             /* its place among those that come by http */
    enum gv_resolution resolution;    /* UNSET: not sent */
    const char *ratio;                /* "16:9"; NULL: not sent */
    unsigned seconds;                 /* 0: not sent; an extension's are the service's */
    bool has_audio, audio;            /* has_audio: sent */
    bool has_seed;
    uint32_t seed;
    unsigned samples;
    const char *storage;          /* gs://bucket/prefix/ as the caller gave it, or NULL */
    const struct gv_json *labels; /* an object of strings, or NULL */
};

/* Files that were fetched for the job, in the order in which the plan asks for them. */
struct veo_inputs {
    const struct gv_media *items;
    size_t count;
};

/* Checks the wish and says how it will be put. `admission` gets the model, the warnings and the estimate. The same
 * wish, model, credentials and inputs give the same plan at every step. `model` NULL: chosen from the wish. */
int veo_make_plan(struct veo_plan *out, struct gv_admission *admission, const struct gv_operation *op,
                  const struct gv_model *model, unsigned credential_set, struct veo_inputs inputs,
                  struct gv_arena *arena, struct gv_error *err);

int veo_admit(struct gv_admission *out, const struct gv_operation *op, unsigned credential_set, struct gv_arena *arena,
              struct gv_error *err);

/* ---- options and limits (veo_check.c) --------------------------------------------------------------- */

bool veo_option_is(const struct gv_operation *op, const char *key, const char *value);
/* "config.provider_options.<key>", or without the config where the operation has none. */
const char *veo_option_field(const struct gv_operation *op, const char *key, struct gv_arena *arena);
/* Format and size of a picture or film that is here; the rest is the service's to judge. */
int veo_check_medium(const struct veo_medium *medium, struct gv_admission *admission, struct gv_arena *arena,
                     struct gv_error *err);
/* Sets plan->samples, storage, labels from the options, and refuses options that the surface has no member for. */
int veo_plan_options(struct veo_plan *plan, struct gv_arena *arena, struct gv_error *err);
/* The medium's MIME type for a gs:// name: by its ending, or the option; NULL where neither tells. */
const char *veo_type_of(const struct veo_plan *plan, const char *uri, bool film);

/* ---- tables (veo_tables.c) -------------------------------------------------------------------------- */

enum { VEO_SET_KEY = 1, VEO_SET_FILE = 2, VEO_SET_METADATA = 3, VEO_SET_GEMINI_KEY = 4, VEO_SET_GOOGLE_KEY = 5 };
enum {
    VEO_AT_PROJECT_ID,
    VEO_AT_CLIENT_EMAIL,
    VEO_AT_PRIVATE_KEY,
    VEO_AT_KEY_FILE,
    VEO_AT_METADATA_URL,
    VEO_AT_GEMINI_KEY,
    VEO_AT_GOOGLE_KEY,
    VEO_AT_CLOUD_PROJECT,
    VEO_AT_CLOUD_LOCATION,
    VEO_AT_QUOTA_PROJECT,
    VEO_AT_BASE_URL,
    VEO_AT_TOKEN_URI,
    VEO_AT_STORAGE_URL,
    VEO_AT_GEMINI_URL,
    VEO_SETTING_COUNT
};

#define VEO_LOCATION "us-central1" /* README, section 3.1: the only one that Veo's cards list */
#define VEO_TOKEN_URI "https://oauth2.googleapis.com/token"
#define VEO_GEMINI_URL "https://generativelanguage.googleapis.com"

/* Checked against the tables where they are defined. */
enum { VEO_OPTION_COUNT = 14, VEO_MODEL_COUNT = 13 };

extern const struct gv_setting veo_settings[VEO_SETTING_COUNT];
extern const struct gv_option veo_options[VEO_OPTION_COUNT];
extern const struct gv_model veo_models[VEO_MODEL_COUNT];
extern const char *const veo_unsupported[];

/* The default of the surface; `uhd`: of those that make 2160p. */
const struct gv_model *veo_default_model(enum veo_surface surface, bool uhd);

/* ---- the machine (veo.c) ---------------------------------------------------------------------------- */

struct veo_output {
    uint32_t index;  /* of the result's videos */
    const char *uri; /* gs://, or the file URI of the Gemini API */
};

struct veo_state {
    int phase;
    const struct gv_media *inputs; /* blobs, as struct veo_inputs */
    size_t input_count;
    const char *task_id;              /* the operation's name */
    const char *adopting;             /* one that a person named; NULL once Google has shown it */
    const struct veo_output *outputs; /* those that are to be fetched */
    size_t output_count;
    uint32_t fetched;      /* of the outputs, in the store */
    const char *loss;      /* films withheld or missing, in words, or NULL */
    uint32_t posts;        /* creates that may have arrived */
    int64_t lost_ms;       /* when an answer was lost, wall clock */
    uint32_t listed;       /* films at the last look into the bucket */
    uint32_t fresh_tokens; /* asked for in a row */
    uint32_t misses;       /* polls in a row that did not find the operation */
    uint32_t refusals;     /* reads in a row that were refused */
    uint32_t url_refreshes;
    uint32_t fetch_tries; /* of one file */
    bool cancel_asked;
};

extern const struct gv_schema veo_state_schema;
extern const struct gv_provider gv_provider_veo;

#endif
