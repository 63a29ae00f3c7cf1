/* Kling's emulator in a world of a test's making: a clock that is set, tasks in an array, media by their names. */
#ifndef GV_TESTS_KLING_EMU_KIT_H
#define GV_TESTS_KLING_EMU_KIT_H

#include "core/emulator.h"

#define EMU_KIT_NOW_MS 1700000000000
#define EMU_KIT_TASKS_MAX 64

struct emu_kit {
    struct gv_emu_world world;
    struct gv_arena arena;
    const struct gv_emu_task *tasks[EMU_KIT_TASKS_MAX];
    const char *authorization;  /* NULL: none */
    struct gv_emu_reply reply;  /* the last one */
    const struct gv_json *json; /* its body */
};

/* At EMU_KIT_NOW_MS, speed 1, with the sandbox's API key. Media: the name before the ending says what is special:
 * small.png tiny.png wide.png big.png, text.txt, short.mp4 long.mp4 (60 s), short.mp3; "gone" is not there; else a PNG
 * or JPEG of 1024x576, a film of 1280x720 and 5 s, a sound of 4 s. Anything without an ending is a PNG. */
void emu_kit_begin(struct emu_kit *kit);
void emu_kit_free(struct emu_kit *kit);

/* Sends; `path` with its query, `body` JSON or NULL. What is accepted is remembered. Returns the HTTP status. */
int emu_kit_send(struct emu_kit *kit, const char *method, const char *path, const char *body);
/* A create that must be accepted; its task's id. */
const char *emu_kit_create(struct emu_kit *kit, const char *path, const char *body);
/* Sends and asserts status, code and a part of the message. */
void emu_kit_refused(struct emu_kit *kit, const char *method, const char *path, const char *body, int status, int code,
                     const char *part);
/* A text or number of the last answer, as text. */
const char *emu_kit_at(struct emu_kit *kit, const char *path);

#endif
