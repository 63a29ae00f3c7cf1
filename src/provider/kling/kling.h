/* What the parts of the Kling adapter share. Facts about the remote carry their section of the folder's README. */
#ifndef GV_KLING_H
#define GV_KLING_H

#include "core/provider.h"

/* ---- models and products ---------------------------------------------------------------------------- */

/* Bits of gv_model.traits. */
enum {
    KLING_GEN2 = 1 << 0,          /* path segment, settings and options; else model_name in a flat body */
    KLING_OMNI = 1 << 1,          /* served by omni-video only */
    KLING_NO_MODE = 1 << 2,       /* takes no `mode` */
    KLING_PRO_IS_HD = 1 << 3,     /* `pro` renders 720p as well */
    KLING_SOUND_PRO = 1 << 4,     /* sound in pro only */
    KLING_TAIL_PRO = 1 << 5,      /* a last frame in pro only */
    KLING_TAIL_SILENT = 1 << 6,   /* a last frame without sound only */
    KLING_TAIL_5_S = 1 << 7,      /* a last frame with 5 s only */
    KLING_BRUSH_PRO = 1 << 8,     /* masks in pro only */
    KLING_CAMERA_TEXT = 1 << 9,   /* camera control beside text, std */
    KLING_CAMERA_IMAGE = 1 << 10, /* camera control beside an image, pro, `simple` only */
    KLING_MULTI_SHOT = 1 << 11,
    KLING_ELEMENTS = 1 << 12,
    KLING_VOICES = 1 << 13,
    KLING_5_OR_10_UNLESS_REFERENCE = 1 << 14,
    KLING_LONG_PROMPT = 1 << 15,          /* 3072 characters */
    KLING_LONG_PROMPT_TEXT = 1 << 16,     /* the same, for text only */
    KLING_RATIO_NOT_WITH_IMAGE = 1 << 17, /* a ratio beside several images, not beside one */
};

enum kling_product {
    KLING_TEXT2VIDEO,
    KLING_IMAGE2VIDEO,
    KLING_OMNI_VIDEO,
    KLING_MULTI_IMAGE2VIDEO,
    KLING_VIDEO_EXTEND,
    KLING_LIP_SYNC_OLD,
    KLING_LIP_SYNC, /* identify-face, then advanced-lip-sync */
    KLING_EFFECTS,
};

struct kling_product_row {
    const char *gen1, *gen2; /* path words; NULL where the generation has none */
    bool refuses_duplicates; /* a second create with the same external id is refused, not billed */
    bool looked_up_by_path;  /* GET .../{external id} is documented */
};

extern const struct kling_product_row kling_products[];

/* Where a wish goes. A function of the wish and its model alone, so that a task can always be asked for. */
struct kling_route {
    enum kling_product product;
    bool gen2;
};

struct kling_route kling_route(const struct gv_operation *op, const struct gv_model *model);

/* ---- the plan: what will be said -------------------------------------------------------------------- */

/* Strings and media are borrowed from the operation or live in the arena it was planned with. */
struct kling_plan {
    const struct gv_operation *op;
    const struct gv_model *model; /* NULL where the product takes none */
    struct kling_route route;
    const char *prompt, *negative_prompt;
    const struct gv_media *first, *last, *video;
    const struct gv_media *images; /* plain references */
    size_t image_count;
    enum gv_resolution resolution;
    const char *mode;  /* "std", "pro", "4k" */
    const char *ratio; /* "16:9"; NULL: not sent */
    unsigned seconds;  /* 0: not sent */
    bool sound;
    bool has_cfg_scale;
    float cfg_scale;
    bool multi_shot;
    const char *shot_type;
    const struct gv_json *multi_prompt, *elements, *voices, *masks; /* arrays, or NULL */
    const char *refer_type;                                         /* of the video: "feature" or "base" */
    const char *keep_sound;                                         /* of the video: "yes", "no"; NULL: not sent */
    const char *scene;                                              /* of effects */
    const char *callback_url; /* of this installation; the wish's own comes first; NULL: none */
    int64_t sound_start_ms, sound_end_ms, sound_insert_ms; /* lip-sync; -1: not given */
    double sound_volume, original_volume;
};

/* Checks the wish and says how it will be put. `admission` gets the model, the warnings and the estimate. The same
 * wish, model and credentials give the same plan at every step. `model` NULL: chosen from the wish. */
int kling_make_plan(struct kling_plan *out, struct gv_admission *admission, const struct gv_operation *op,
                    const struct gv_model *model, unsigned credential_set, struct gv_arena *arena,
                    struct gv_error *err);

/* kling_admit_other.c: called by kling_make_plan. */
int kling_plan_lip_sync(struct kling_plan *out, struct gv_admission *admission, struct gv_arena *arena,
                        struct gv_error *err);
int kling_plan_extend(struct kling_plan *out, struct gv_admission *admission, struct gv_arena *arena,
                      struct gv_error *err);
int kling_plan_effects(struct kling_plan *out, struct gv_admission *admission, struct gv_arena *arena,
                       struct gv_error *err);

/* kling_check.c */
/* Format, size, sides and ratio of a picture, as far as they are known. */
int kling_check_image(const struct gv_media *media, bool gen2, const char *field, struct gv_error *err);
/* Counts code points, as the vendor does. */
int kling_check_prompt(const char *text, size_t characters_max, const char *field, struct gv_error *err);
int kling_check_cfg_scale(float value, const char *field, struct gv_error *err);
/* The option as a JSON array of 1..count_max objects, NULL where it is not given. */
int kling_option_list(const struct gv_json **out, const struct gv_operation *op, const char *key, size_t count_max,
                      struct gv_arena *arena, struct gv_error *err);
/* The option as a number within the bounds; `fallback` where it is not given. */
int kling_option_number(double *out, const struct gv_operation *op, const char *key, double min, double max,
                        double fallback, struct gv_error *err);
bool kling_option_is(const struct gv_operation *op, const char *key, const char *value);
/* The plan's shots, elements, voices and further masks, from the options. */
int kling_plan_lists(struct kling_plan *plan, struct gv_arena *arena, struct gv_error *err);
int kling_check_shots(const struct kling_plan *plan, struct gv_error *err);

/* kling_callback.c */
const char *kling_called_back(const struct gv_callback *callback, const struct gv_sign_with *with,
                              struct gv_arena *arena);

int kling_admit(struct gv_admission *out, const struct gv_operation *op, unsigned credential_set,
                struct gv_arena *arena, struct gv_error *err);

/* ---- tables (kling_tables.c) ------------------------------------------------------------------------ */

enum { KLING_SET_API_KEY = 1, KLING_SET_JWT = 2 };
enum {
    KLING_AT_API_KEY,
    KLING_AT_ACCESS_KEY,
    KLING_AT_SECRET_KEY,
    KLING_AT_BASE_URL,
    KLING_AT_CALLBACK_URL,
    KLING_AT_WEBHOOK_SECRET,
    KLING_SETTING_COUNT
};

/* Checked against the tables where they are defined. */
enum { KLING_OPTION_COUNT = 21, KLING_MODEL_COUNT = 17, KLING_VOICE_COUNT = 62 };

extern const struct gv_setting kling_settings[KLING_SETTING_COUNT];
extern const struct gv_option kling_options[KLING_OPTION_COUNT];
extern const struct gv_model kling_models[KLING_MODEL_COUNT];
extern const struct gv_voice_info kling_voices[KLING_VOICE_COUNT];
extern const char *const kling_unsupported[];

/* How many pictures the vendor's list gives the scene: 1, 2, or 0 where it doesn't know it. */
unsigned kling_scene_images(const char *scene);

/* ---- the machine (kling.c) -------------------------------------------------------------------------- */

/* Before our job's id, in the id that Kling keeps for us. */
#define KLING_EXTERNAL_PREFIX "gv-"

struct kling_output {
    const char *id, *url;
};

struct kling_state {
    int phase;
    const char *external_id; /* set before the first create leaves */
    const char *task_id;
    const char *adopting; /* a task that a person named; NULL once Kling has shown it */
    const char *audio_id; /* speech made for this job */
    const char *session_id, *face_id;
    uint32_t audio_ms; /* of the speech; 0: not told */
    uint32_t face_start_ms, face_end_ms;
    const struct kling_output *outputs;
    size_t output_count;
    uint32_t fetched;  /* outputs in the store */
    uint32_t posts;    /* creates that may have arrived */
    uint32_t lookups;  /* in a row that found nothing */
    uint32_t repeats;  /* of calls without an external id */
    uint32_t resigns;  /* of one call */
    uint32_t misses;   /* polls in a row that did not find the task */
    uint32_t refusals; /* reads in a row that were refused */
    uint32_t url_refreshes;
    uint32_t fetch_tries; /* of one output */
    int64_t clock_skew_s; /* Kling's clock minus ours */
    bool cancel_asked;
};

extern const struct gv_schema kling_state_schema;
extern const struct gv_provider gv_provider_kling;

#endif
