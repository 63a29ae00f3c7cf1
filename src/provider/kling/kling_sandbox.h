/* Inside of Kling's emulator: one request on its way through checks to an answer. Independent of the adapter:
 * both are written from the fact sheet, so that a misreading in one shows against the other. */
#ifndef GV_PROVIDER_KLING_SANDBOX_H
#define GV_PROVIDER_KLING_SANDBOX_H

#include <string.h>

#include "core/emulator.h"

static inline bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

struct kling_emu {
    struct gv_emu_world *world;
    const struct gv_emu_request *request;
    const char *account;
    bool poor; /* the account has nothing left to pay with */
    struct gv_emu_reply reply;
};

#define KLING_EMU_IMAGES_MAX 7
#define KLING_EMU_ANSWER_BYTES_MAX (16u << 20)
#define KLING_EMU_USD_PER_UNIT 0.14

/* A create that passed its checks so far: what it asks for and what comes of it. */
struct kling_wish {
    const char *product, *model; /* model NULL: the product has none */
    bool gen2;
    bool synchronous; /* answered at once, never listed, holds no slot */
    bool audio;
    bool watermark;
    const char *prompt;
    const char *external_id, *callback_url;
    unsigned seconds;                   /* asked for */
    double film_seconds;                /* 0: seconds and one frame, as the real films have */
    unsigned short_side;                /* pixels */
    unsigned ratio_width, ratio_height; /* of the film */
    const struct gv_emu_media *first, *last;
    const struct gv_emu_media *images[KLING_EMU_IMAGES_MAX];
    size_t image_count;
    const char *source; /* what the film begins with: "blob:<sha256>" or "film:<task id>" */
    const char *sound;  /* the sound it carries, likewise */
    const struct gv_emu_task *parent;
    const char *failure;
    double units;
};

typedef bool kling_check_fn(struct kling_emu *e, struct kling_wish *wish);

/* One path that takes creates: POST `path`, GET `path`/{id}, GET `path`?pageNum=. */
struct kling_product {
    const char *path, *name;
    kling_check_fn *check;
    bool synchronous;
};
extern const struct kling_product gv_kling_emu_products[]; /* Gen 1; ended by a NULL path */

/* ---- checks: false once the answer in e->reply is a refusal (kling_sandbox_rules.c) ----------------------------- */

/* A path names a member of the body as the refusal spells it: "settings.resolution", "image_list.0.image". */
bool gv_kling_emu_refuse(struct kling_emu *e, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* status 0 and message NULL: as the code's table says; data: JSON, or NULL. */
struct gv_emu_reply gv_kling_emu_answer(struct gv_emu_world *world, int status, int code, const char *message,
                                        const char *data);
/* 1201 "the model is gone", only where the fault script says so. */
bool gv_kling_emu_live(struct kling_emu *e, const char *model);

/* Absent leaves *io as it was. */
bool gv_kling_emu_text(struct kling_emu *e, const char *path, size_t characters_max, const char **io);
bool gv_kling_emu_needed_text(struct kling_emu *e, const char *path, size_t characters_max, const char **io);
bool gv_kling_emu_choice(struct kling_emu *e, const char *path, const char *allowed, const char **io);
bool gv_kling_emu_flag(struct kling_emu *e, const char *path, bool *io);
bool gv_kling_emu_number(struct kling_emu *e, const char *path, double least, double most, double *io);
bool gv_kling_emu_integer(struct kling_emu *e, const char *path, int64_t least, int64_t most, int64_t *io);
bool gv_kling_emu_absent(struct kling_emu *e, const char *path, const char *why);
bool gv_kling_emu_present(const struct kling_emu *e, const char *path);
size_t gv_kling_emu_count(const struct kling_emu *e, const char *path);
const char *gv_kling_emu_path(struct kling_emu *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct kling_image_rule {
    uint64_t bytes_max;
    bool any_ratio;
    const char **late_failure; /* where the size in pixels is checked only when the task runs; else NULL */
};
/* Absent leaves *out NULL. */
bool gv_kling_emu_image(struct kling_emu *e, const char *path, const struct kling_image_rule *rule,
                        const struct gv_emu_media **out);

struct kling_film_rule {
    uint64_t bytes_max;
    double seconds_min, seconds_max;
    uint32_t side_min, side_max; /* pixels */
    double fps_min, fps_max;     /* 0: any */
};
bool gv_kling_emu_film(struct kling_emu *e, const char *path, const struct kling_film_rule *rule,
                       const struct gv_emu_media **out);
bool gv_kling_emu_sound(struct kling_emu *e, const char *path, double seconds_min, double seconds_max,
                        const struct gv_emu_media **out);

/* "16:9" -> 16, 9. */
void gv_kling_emu_ratio(struct kling_wish *wish, const char *ratio);
void gv_kling_emu_ratio_of(struct kling_wish *wish, const struct gv_emu_media *media);
/* 720, 1080 or 2160. */
unsigned gv_kling_emu_short_side(const char *quality);
bool gv_kling_emu_is_seconds(const char *text, unsigned *out);

/* The price of one film, by either generation's model name (kling_sandbox_prices.c). */
double gv_kling_emu_units(const char *model, bool audio, bool voices, bool film_input, bool motion, unsigned short_side,
                          unsigned seconds);

/* ---- tasks (kling_sandbox_tasks.c, _accept.c, _queries.c) ------------------------------------------------------- */

bool gv_kling_emu_accept(struct kling_emu *e, const struct kling_wish *wish);
uint64_t gv_kling_emu_mix(uint64_t x);
/* Moves the text into the arena and frees the buffer. */
const char *gv_kling_emu_finish(struct gv_emu_world *world, struct gv_buf *buf);
const struct gv_json *gv_kling_emu_memo(struct gv_emu_world *world, const struct gv_emu_task *task);
const char *gv_kling_emu_video_id(struct gv_emu_world *world, const struct gv_emu_task *task);
const char *gv_kling_emu_sound_id(struct gv_emu_world *world, const struct gv_emu_task *task);
const char *gv_kling_emu_status_word(struct gv_emu_world *world, const struct gv_emu_task *task, bool gen2);
const char *gv_kling_emu_seconds_text(struct gv_emu_world *world, double seconds);
void gv_kling_emu_put_gen1(struct gv_json_out *out, struct gv_emu_world *world, const struct gv_emu_task *task);
void gv_kling_emu_put_gen2(struct gv_json_out *out, struct gv_emu_world *world, const struct gv_emu_task *task);
/* NULL: none that this account may see. */
const struct gv_emu_task *gv_kling_emu_task(struct kling_emu *e, const char *id);
const struct gv_emu_task *gv_kling_emu_task_by_video(struct kling_emu *e, const char *video_id);
const struct gv_emu_task *gv_kling_emu_task_by_sound(struct kling_emu *e, const char *audio_id);
/* Its film's "film:<id>", size and length. */
struct kling_film {
    const char *ref;
    uint32_t width, height;
    double seconds;
};
struct kling_film gv_kling_emu_film_of(struct gv_emu_world *world, const struct gv_emu_task *task);

void gv_kling_emu_query_one(struct kling_emu *e, const struct kling_product *product, const char *id);
void gv_kling_emu_list(struct kling_emu *e, const struct kling_product *product);
void gv_kling_emu_query_many(struct kling_emu *e);
void gv_kling_emu_list_many(struct kling_emu *e);
void gv_kling_emu_costs(struct kling_emu *e);
/* The bare task object of callbacks. */
const char *gv_kling_emu_task_json(struct gv_emu_world *world, const struct gv_emu_task *task);

/* ---- creates ---------------------------------------------------------------------------------------------------- */

kling_check_fn gv_kling_emu_text2video, gv_kling_emu_image2video, gv_kling_emu_omni, gv_kling_emu_multi_image;
kling_check_fn gv_kling_emu_extend, gv_kling_emu_lip_sync, gv_kling_emu_identify, gv_kling_emu_advanced_lip_sync;
kling_check_fn gv_kling_emu_tts, gv_kling_emu_effects, gv_kling_emu_avatar, gv_kling_emu_motion;

/* "/text-to-video/kling-3.0" and the like; false: no such path. */
bool gv_kling_emu_is_gen2(const char *path);
bool gv_kling_emu_gen2(struct kling_emu *e, struct kling_wish *wish);

#endif
