/* What the parts of the Stability adapter share. Facts about the remote carry their section of the folder's README. */
#ifndef GV_STABILITY_H
#define GV_STABILITY_H

#include "core/provider.h"

#define STABILITY_RETIRED_ON "2025-07-24"
#define STABILITY_CREDIT_USD 0.01
#define STABILITY_FILM_CREDITS 20.0
#define STABILITY_ID_HEX 64

/* ---- tables (stability_tables.c) -------------------------------------------------------------------- */

enum { STABILITY_SET_API_KEY = 1 };
enum { STABILITY_AT_API_KEY, STABILITY_AT_BASE_URL, STABILITY_SETTING_COUNT };

/* Checked against the tables where they are defined. */
enum { STABILITY_OPTION_COUNT = 5, STABILITY_MODEL_COUNT = 1, STABILITY_IMAGE_MODEL_COUNT = 6 };

extern const struct gv_setting stability_settings[STABILITY_SETTING_COUNT];
extern const struct gv_option stability_options[STABILITY_OPTION_COUNT];
extern const struct gv_model stability_models[STABILITY_MODEL_COUNT];
extern const char *const stability_unsupported[];

/* Makes the picture that a film from text begins with (README, section 4). */
struct stability_image_model {
    const char *name; /* of provider option image_model */
    const char *path; /* below /v2beta/stable-image/generate/ */
    const char *wire; /* the form's `model`; NULL: the path says it */
    double credits;
    bool styles, negative_prompt;
};

extern const struct stability_image_model stability_image_models[STABILITY_IMAGE_MODEL_COUNT];

/* The three sizes that a film can have (section 2). */
struct stability_size {
    const char *ratio; /* in Stability's words */
    uint32_t width, height;
};

/* `ratio` UNSET: the one nearest to the picture's. NULL: neither is known. */
const struct stability_size *stability_size_of(enum gv_aspect_ratio ratio, const struct gv_blob_info *picture);

/* ---- the plan: what will be said (stability_admit.c) ------------------------------------------------ */

/* Borrowed from the operation. */
struct stability_plan {
    const struct gv_operation *op;
    const struct gv_media *image; /* NULL: from text */
    const char *prompt, *negative_prompt, *style;
    const struct stability_image_model *image_model; /* NULL: with an image */
    enum gv_aspect_ratio ratio;                      /* UNSET: the picture decides */
    bool has_seed, has_image_seed, has_cfg_scale;
    uint32_t seed, image_seed;
    float cfg_scale;
    unsigned motion; /* 0: not sent */
};

/* Checks the wish and says how it will be put; the same wish gives the same plan at every step. */
int stability_make_plan(struct stability_plan *out, struct gv_admission *admission, const struct gv_operation *op,
                        struct gv_arena *arena, struct gv_error *err);
int stability_admit(struct gv_admission *out, const struct gv_operation *op, unsigned credential_set,
                    struct gv_arena *arena, struct gv_error *err);
bool stability_option_is(const struct gv_operation *op, const char *key, const char *value);

/* ---- the machine (stability.c) ---------------------------------------------------------------------- */

struct stability_state {
    int phase;
    struct gv_media source; /* the picture as fetched or drawn; unset before */
    struct gv_media frame;  /* the same in one of the three sizes */
    const char *task_id;    /* of the film */
    const char *adopting;   /* a film that a person named; NULL once Stability has shown it */
    int64_t created_ms;     /* of the film, since 1970; 0: not known */
    uint32_t losses;        /* creates of what is next that may have arrived */
    uint32_t probes;        /* questions after the hosted video API without an answer */
    uint32_t input_tries;   /* at fetching and scaling the picture */
    uint32_t misses;        /* polls in a row that did not find the film */
    uint32_t refusals;      /* polls in a row that were refused */
    uint32_t spoiled;       /* results in a row that hold no film */
    bool probed;            /* the video API is there, as far as can be told */
    bool cancel_asked;
};

extern const struct gv_schema stability_state_schema;
extern const struct gv_provider gv_provider_stability;

#endif
