/* What the parts of the Runway adapter share. Facts about the remote carry their section of the folder's README. */
#ifndef GV_RUNWAY_H
#define GV_RUNWAY_H

#include "core/provider.h"

/* ---- models ----------------------------------------------------------------------------------------- */

/* Sets of W:H, bits of runway_size.sets; a model's traits name one (README, section 3.6). */
enum runway_set {
    RUNWAY_SIZES_NONE, /* takes no ratio at all */
    RUNWAY_SIZES_A,
    RUNWAY_SIZES_A_TEXT, /* of A, what gen4.5 takes beside text alone */
    RUNWAY_SIZES_V,
    RUNWAY_SIZES_S720,
    RUNWAY_SIZES_S4K,
    RUNWAY_SIZES_S25,
    RUNWAY_SIZES_H,
    RUNWAY_SIZES_G,
    RUNWAY_SIZES_G11,
    RUNWAY_SIZES_W,
    RUNWAY_SIZES_ALEPH, /* from here on plain shapes, but for the last */
    RUNWAY_SIZES_HAILUO,
    RUNWAY_SIZES_GROK,
    RUNWAY_SIZES_OLD,
};
#define RUNWAY_SET(set) ((uint32_t)(set)) /* the low four bits of gv_model.traits */
#define RUNWAY_SET_OF(model) ((enum runway_set)((model)->traits & 15u))

/* Longest promptText, bits 4 to 6. */
enum runway_prompt {
    RUNWAY_PROMPT_1000,
    RUNWAY_PROMPT_2500,
    RUNWAY_PROMPT_3500,
    RUNWAY_PROMPT_4000,
    RUNWAY_PROMPT_6000,
    RUNWAY_PROMPT_15000
};
#define RUNWAY_PROMPT(class) ((uint32_t)(class) << 4)

/* Most pictures without a place in the film, bits 7 and 8. */
enum runway_many { RUNWAY_MANY_NONE, RUNWAY_MANY_9, RUNWAY_MANY_10, RUNWAY_MANY_30 };
#define RUNWAY_MANY(class) ((uint32_t)(class) << 7)

/* The rest of gv_model.traits. */
enum {
    RUNWAY_TEXT_BY_IMAGE = 1 << 9,  /* no text_to_video: a picture is made first */
    RUNWAY_PROMPT_NEEDED = 1 << 10, /* also beside a picture */
    RUNWAY_NO_RATIO_WITH_IMAGE = 1 << 11,
    RUNWAY_SIZE_WORD = 1 << 12,         /* image_to_video tells the size as `resolution`: "720p" */
    RUNWAY_SIZE_WORD_TEXT = 1 << 13,    /* text_to_video too */
    RUNWAY_OWN_SIZES = 1 << 14,         /* `resolution` in words of its own, by provider option only */
    RUNWAY_AUTO_RATIO = 1 << 15,        /* beside a picture the ratio is "auto_720p" */
    RUNWAY_VIDEO_URI = 1 << 16,         /* the source film's field is videoUri, else promptVideo */
    RUNWAY_MODERATED = 1 << 17,         /* takes contentModeration */
    RUNWAY_FORMATS = 1 << 18,           /* takes outputFormat: every film format */
    RUNWAY_FORMATS_SDR = 1 << 19,       /* takes outputFormat: mp4, prores, sdr_rec709_10bit */
    RUNWAY_AUTO_SECONDS = 1 << 20,      /* takes "auto" for the duration */
    RUNWAY_MODES = 1 << 21,             /* video_to_video has reference, extend, edit */
    RUNWAY_NO_AUDIO_FIELD = 1 << 22,    /* whether it makes sound is not told and can't be chosen */
    RUNWAY_PLAIN_IMAGE = 1 << 23,       /* promptImage as a bare string */
    RUNWAY_EXPANDS = 1 << 24,           /* takes promptExpansionMode */
    RUNWAY_VIDEO_SECONDS = 1 << 25,     /* video_to_video takes a duration and a ratio */
    RUNWAY_STRICT_MODES = 1 << 26,      /* edit and extend take no ratio, edit an automatic duration only */
    RUNWAY_PROMPT_WITH_VIDEO = 1 << 27, /* needed beside a film */
};

/* A W:H on the wire, and what it is in the interface's words where it is that. */
struct runway_size {
    const char *word;
    enum gv_aspect_ratio ratio; /* UNSET: by provider option only */
    enum gv_resolution resolution;
    uint16_t sets; /* GV_BIT(enum runway_set) */
};

/* Where a wish goes. A function of the wish and its model alone. */
enum runway_route {
    RUNWAY_IMAGE_TO_VIDEO,
    RUNWAY_TEXT_TO_VIDEO,
    RUNWAY_TEXT_BY_TWO, /* text_to_image, then image_to_video */
    RUNWAY_VIDEO_TO_VIDEO,
    RUNWAY_VIDEO_UPSCALE,
};

extern const char *const runway_route_words[];

enum runway_route runway_route(const struct gv_operation *op, const struct gv_model *model);

/* ---- the plan: what will be said -------------------------------------------------------------------- */

/* Strings and media are borrowed from the operation or live in the arena it was planned with. */
struct runway_plan {
    const struct gv_operation *op;
    const struct gv_model *model;
    enum runway_route route;
    const char *prompt, *negative_prompt;
    const struct gv_media *first, *last, *video;
    const struct gv_media *images; /* references without a place */
    size_t image_count;
    enum gv_resolution resolution; /* for the price; UNSET: not told apart */
    const char *ratio;             /* NULL: not sent */
    const char *image_ratio;       /* of the picture made first */
    const char *size;              /* `resolution` on the wire; NULL: not sent */
    unsigned seconds;              /* 0: not sent */
    bool auto_seconds;
    bool has_audio, audio;
};

/* Checks the wish and says how it will be put. `admission` gets the model, the warnings and the estimate. The same
 * wish and model give the same plan at every step. `model` NULL: chosen from the wish. */
int runway_make_plan(struct runway_plan *out, struct gv_admission *admission, const struct gv_operation *op,
                     const struct gv_model *model, struct gv_arena *arena, struct gv_error *err);

/* Every medium of the plan, in the order in which it is uploaded. */
#define RUNWAY_MEDIA_MAX 32
size_t runway_plan_media(const struct gv_media *out[RUNWAY_MEDIA_MAX], const struct runway_plan *plan);

/* runway_check.c */
bool runway_option_is(const struct gv_operation *op, const char *key, const char *value);
/* Counts UTF-16 code units, as Runway does. */
int runway_check_prompt(const char *text, size_t units_max, const char *field, struct gv_error *err);
/* URL rules, format, size; odd shapes and lengths become warnings. */
int runway_check_image(const struct gv_media *media, const struct gv_model *model, const char *field,
                       struct gv_admission *admission, struct gv_arena *arena, struct gv_error *err);
int runway_check_video(const struct gv_media *media, const char *field, struct gv_error *err);
/* Options of film formats, moderation, modes and the upscaler: each with the model or route that takes it. */
int runway_check_options(const struct runway_plan *plan, struct gv_arena *arena, struct gv_error *err);

/* runway_price.c: USD, or negative where it is not known. */
double runway_estimate(const struct runway_plan *plan);

int runway_admit(struct gv_admission *out, const struct gv_operation *op, unsigned credential_set,
                 struct gv_arena *arena, struct gv_error *err);

/* ---- tables (runway_tables.c) ----------------------------------------------------------------------- */

enum { RUNWAY_SET_API_KEY = 1, RUNWAY_SET_API_SECRET = 2 };
enum { RUNWAY_AT_API_KEY, RUNWAY_AT_API_SECRET, RUNWAY_AT_BASE_URL, RUNWAY_SETTING_COUNT };

/* Checked against the tables where they are defined. */
enum { RUNWAY_OPTION_COUNT = 15, RUNWAY_MODEL_COUNT = 22 };

#define RUNWAY_UPSCALER "magnific_video_upscaler_creative"
#define RUNWAY_IMAGE_MODEL "gen4_image"

extern const struct gv_setting runway_settings[RUNWAY_SETTING_COUNT];
extern const struct gv_option runway_options[RUNWAY_OPTION_COUNT];
extern const struct gv_model runway_models[RUNWAY_MODEL_COUNT];
extern const char *const runway_unsupported[];

size_t runway_prompt_units_max(const struct gv_model *model);
size_t runway_images_max(const struct gv_model *model);
/* NULL where the set has none. The words in the sets' order. */
const struct runway_size *runway_size_of(enum runway_set set, enum gv_aspect_ratio ratio,
                                         enum gv_resolution resolution);
const struct runway_size *runway_size_named(enum runway_set set, const char *word);
/* The set's size of this resolution that is nearest to a picture's shape. */
const struct runway_size *runway_size_near(enum runway_set set, enum gv_resolution resolution, double aspect);
const char *runway_size_words(enum runway_set set, struct gv_arena *arena);
/* The picture's size for a film of this one, or NULL. */
const char *runway_image_size(const char *film);

/* ---- the machine (runway.c) ------------------------------------------------------------------------- */

struct runway_upload {
    const char *sha256;
    const char *uri; /* runway://... */
    int64_t until_ms;
};

struct runway_output {
    const char *url;
};

struct runway_state {
    int phase;
    const struct runway_upload *uploads;
    size_t upload_count;
    const char *slot_uri;      /* of the slot that is being filled */
    uint32_t slots;            /* asked for in a row without a file in one */
    const char *image_task_id; /* RUNWAY_TEXT_BY_TWO */
    const char *image_url;     /* its picture; NULL: to be asked for */
    const char *task_id;
    const char *adopting; /* a task that a person named; NULL once Runway has shown it */
    const struct runway_output *outputs;
    size_t output_count;
    uint32_t fetched;  /* outputs in the store */
    uint32_t losses;   /* creates in a row whose answer was lost */
    uint32_t misses;   /* polls in a row that did not find the task */
    uint32_t refusals; /* reads in a row that were refused */
    uint32_t url_refreshes;
    uint32_t fetch_tries; /* of one output */
    uint32_t deletes;     /* sent for the task that is being cancelled */
    uint32_t cancel_tries;
    bool cancel_asked;
    bool delete_sent; /* and nothing asked since */
};

extern const struct gv_schema runway_state_schema;
extern const struct gv_provider gv_provider_runway;

#endif
