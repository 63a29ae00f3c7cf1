/* Inside of Stability's emulator: one request on its way through checks to an answer. Independent of the adapter:
 * both are written from the fact sheet, so that a misreading in one shows against the other. */
#ifndef GV_PROVIDER_STABILITY_SANDBOX_H
#define GV_PROVIDER_STABILITY_SANDBOX_H

#include <string.h>

#include "core/emulator.h"

#define STABILITY_EMU_NAME "stability"
#define STABILITY_EMU_ERRORS_MAX 12
#define STABILITY_EMU_TEXT_BYTES_MAX (1u << 20)
#define STABILITY_EMU_SEED_MAX 4294967294
#define STABILITY_EMU_POOR_CREDITS 0.6331

static inline bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

struct stability_emu {
    struct gv_emu_world *world;
    const struct gv_emu_request *request;
    const char *account; /* results are shown to it alone */
    const char *script;  /* what its key asks for: "poor", "moderated" ..., or "" */
    const char *errors[STABILITY_EMU_ERRORS_MAX];
    size_t error_count;
    struct gv_emu_reply reply;
};

/* Checks return false once the answer in e->reply is a refusal. */
bool gv_stability_emu_refuse(struct stability_emu *e, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* status 0 and words NULL: as the name's row says. */
struct gv_emu_reply gv_stability_emu_error(struct gv_emu_world *world, int status, const char *name,
                                           const char *const *words, size_t word_count);

/* ---- forms (stability_sandbox_form.c): each fault of a field is added to the list that a 400 tells as a whole ---- */

bool gv_stability_emu_is_form(struct stability_emu *e);
void gv_stability_emu_fault(struct stability_emu *e, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Refuses if there is one. */
bool gv_stability_emu_faultless(struct stability_emu *e);
/* The part's text, or NULL where it is absent. */
const char *gv_stability_emu_part(const struct stability_emu *e, const char *field);
/* 1 to 10,000 characters. */
const char *gv_stability_emu_words(struct stability_emu *e, const char *field, bool needed);
/* One of `allowed`, which are separated by spaces; `fallback` where it is absent. */
const char *gv_stability_emu_choice(struct stability_emu *e, const char *field, const char *allowed,
                                    const char *fallback);
double gv_stability_emu_number(struct stability_emu *e, const char *field, double least, double most, double fallback);
/* Absent: 0. */
int64_t gv_stability_emu_integer(struct stability_emu *e, const char *field, int64_t least, int64_t most);
/* A file of the form; NULL with a fault where it can't be read, or without where it is absent and not needed. */
const struct gv_emu_media *gv_stability_emu_picture(struct stability_emu *e, const char *field, bool needed);
/* 10 MiB of files at most. */
bool gv_stability_emu_small(struct stability_emu *e);

/* ---- tasks (stability_sandbox_tasks.c) -------------------------------------------------------------------------- */

/* 1 to 4294967294, in which chance is a function of the world. */
int64_t gv_stability_emu_random(struct gv_emu_world *world, const char *salt);
const char *gv_stability_emu_id(struct gv_emu_world *world);
double gv_stability_emu_credits(const struct stability_emu *e);
bool gv_stability_emu_can_pay(struct stability_emu *e, double credits);

/* What becomes a task. */
struct stability_emu_wish {
    const char *product, *model;
    double credits;
    int64_t render_ms; /* at speed 1 */
    bool filtered;
    const char *failure;
    int64_t seed;
    uint32_t width, height;
    const char *first; /* picture of a film; NULL: a picture of `text` */
    const char *text;
};
const struct gv_emu_task *gv_stability_emu_task(struct stability_emu *e, const struct stability_emu_wish *wish);
/* In the representation that Accept asks for; `member` of the JSON: "video", "image". */
void gv_stability_emu_show(struct stability_emu *e, const struct gv_emu_task *task, const char *member);
/* Holds the client to one poll of a film in ten seconds, and 150 requests; notes the poll in e->reply.accepted. */
bool gv_stability_emu_guard(struct stability_emu *e, const char *id);

/* ---- routes ----------------------------------------------------------------------------------------------------- */

void gv_stability_emu_draw(struct stability_emu *e, const char *model); /* stability_sandbox_images.c */
void gv_stability_emu_start(struct stability_emu *e);                   /* stability_sandbox_films.c */
void gv_stability_emu_result(struct stability_emu *e, const char *id);

#endif
