/* Films and pictures made by golem-video-media in a folder of the test's own, and their pixels. */
#ifndef GV_TESTS_MEDIA_KIT_H
#define GV_TESTS_MEDIA_KIT_H

#include <stddef.h>
#include <stdint.h>

#include "core/json.h"
#include "golem_video/error.h"
#include "support/folder.h"

struct media_kit {
    struct gv_folder folder;
    struct gv_arena arena;
};

/* cmocka's setup and teardown: *state becomes a struct media_kit. */
int media_kit_setup(void **state);
int media_kit_teardown(void **state);

/* The helper under test, from GOLEM_VIDEO_MEDIA. */
const char *media_helper(void);
/* The folder's file of that name; lives until teardown, like all that follows. */
const char *media_path(struct media_kit *kit, const char *name);
const char *media_write(struct media_kit *kit, const char *name, const void *data, size_t bytes);

/* Runs a verb that must succeed, with its arguments up to NULL, and gives its answer. */
const struct gv_json *media_run(struct media_kit *kit, const char *verb, ...) __attribute__((sentinel));
/* Runs one that must be refused with the code. */
struct gv_error media_refused(struct media_kit *kit, enum gv_code code, const char *verb, ...)
    __attribute__((sentinel));

/* Makes a film or a still of `name` from a description in which every ' stands for ". */
const char *media_film(struct media_kit *kit, const char *name, const char *description);
const char *media_still(struct media_kit *kit, const char *name, const char *description);

struct media_frames {
    int width, height;
    size_t count;
    uint8_t *rgb;
};

/* All frames of a small film or picture, decoded by the ffmpeg tool at that size. */
struct media_frames media_decode(struct media_kit *kit, const char *path, int width, int height);
/* Mean difference of a channel, 0..255. */
double media_difference(const struct media_frames *a, size_t frame_a, const struct media_frames *b, size_t frame_b);

#endif
