/* An emulator in a world of a test's making: a clock that is set, tasks in an array, media as the test tells of. */
#ifndef GV_TESTS_EMU_KIT_H
#define GV_TESTS_EMU_KIT_H

#include "core/emulator.h"

#define EMU_KIT_NOW_MS 1700000000000
#define EMU_KIT_TASKS_MAX 256
#define EMU_KIT_FILM_BYTES 1000 /* of a task's first film; each further one has one more */

struct emu_kit {
    const struct gv_emulator *emulator;
    struct gv_emu_world world;
    struct gv_arena arena;
    const struct gv_emu_task *tasks[EMU_KIT_TASKS_MAX];
    const char *authorization; /* NULL: none */
    struct gv_header headers[2];
    size_t header_count;
    struct gv_emu_reply reply;  /* the last one */
    const struct gv_json *json; /* its body, or NULL where that is none */
    const char *film_failure;   /* why films can't be made, or NULL */
};

typedef const struct gv_emu_media *emu_kit_media_fn(struct gv_emu_world *world, const char *text);

/* At EMU_KIT_NOW_MS, speed 1, with the sandbox's API key. */
void emu_kit_open(struct emu_kit *kit, const struct gv_emulator *emulator, emu_kit_media_fn *media);
void emu_kit_free(struct emu_kit *kit);

/* One kit for all tests of a program, begun and freed for each of them. */
int emu_kit_set_up(void **state, void (*begin)(struct emu_kit *kit));
int emu_kit_tear_down(void **state);

/* What a provider's kit tells of media by the endings of their names. */
bool emu_kit_ends(const char *text, const char *end);
/* "gone" is not there; .mp4 is a film of 1280x720 at 24 frames and 5 s, .mp3 a sound of 4 s; the rest is a PNG of
 * 1024x576 and 2048 bytes. */
struct gv_emu_media *emu_kit_media(struct gv_emu_world *world, const char *text);

/* Sends; `path` with its query, `body` JSON or NULL. What is accepted is remembered. Returns the HTTP status. */
int emu_kit_send(struct emu_kit *kit, const char *method, const char *path, const char *body);
/* A create that must be accepted; its task's id. */
const char *emu_kit_create(struct emu_kit *kit, const char *path, const char *body);
/* A text or number of the last answer, as text. */
const char *emu_kit_at(struct emu_kit *kit, const char *path);

#endif
