#include "support/media_kit.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/process.h"

enum { TIMEOUT_MS = 60000, ARGS_MAX = 6, FRAMES_BYTES_MAX = 64 << 20 };

int media_kit_setup(void **state)
{
    struct media_kit *kit = gv_xcalloc(1, sizeof *kit);
    gv_folder_make(&kit->folder);
    *state = kit;
    return 0;
}

int media_kit_teardown(void **state)
{
    struct media_kit *kit = *state;
    gv_folder_remove(&kit->folder);
    gv_arena_free(&kit->arena);
    free(kit);
    return 0;
}

const char *media_helper(void)
{
    const char *path = getenv("GOLEM_VIDEO_MEDIA");
    assert_non_null(path); /* the build's test environment names it */
    return path;
}

const char *media_path(struct media_kit *kit, const char *name)
{
    return gv_arena_printf(&kit->arena, "%s/%s", kit->folder.path, name);
}

const char *media_write(struct media_kit *kit, const char *name, const void *data, size_t bytes)
{
    const char *path = media_path(kit, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
    return path;
}

static int run(struct media_kit *kit, const char **answer, const char *verb, va_list list, struct gv_error *err)
{
    const char *args[ARGS_MAX + 1] = {verb};
    for (size_t i = 1; (args[i] = va_arg(list, const char *)); i++)
        assert_true(i < ARGS_MAX);
    struct gv_buf buf;
    gv_buf_init(&buf, GV_MEDIA_ANSWER_BYTES_MAX);
    int rc = gv_media_run(&buf, media_helper(), args, TIMEOUT_MS, err);
    *answer = gv_arena_strdup(&kit->arena, buf.data);
    gv_buf_free(&buf);
    return rc;
}

const struct gv_json *media_run(struct media_kit *kit, const char *verb, ...)
{
    struct gv_error err = {0};
    const char *answer;
    va_list list;
    va_start(list, verb);
    int rc = run(kit, &answer, verb, list, &err);
    va_end(list);
    assert_string_equal(err.message, "");
    assert_int_equal(rc, GV_OK);
    const struct gv_json *json = gv_json_parse(&kit->arena, answer, strlen(answer), NULL);
    assert_non_null(json);
    return json;
}

struct gv_error media_refused(struct media_kit *kit, enum gv_code code, const char *verb, ...)
{
    struct gv_error err = {0};
    const char *answer;
    va_list list;
    va_start(list, verb);
    int rc = run(kit, &answer, verb, list, &err);
    va_end(list);
    assert_int_equal(rc, code);
    assert_int_equal(err.code, code);
    assert_string_not_equal(err.message, "");
    return err;
}

static const char *make(struct media_kit *kit, const char *verb, const char *name, const char *description)
{
    char *json = gv_arena_strdup(&kit->arena, description);
    for (char *p = json; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    const char *spec = media_write(kit, gv_arena_printf(&kit->arena, "%s.json", name), json, strlen(json));
    const char *path = media_path(kit, name);
    media_run(kit, verb, spec, path, NULL);
    return path;
}

const char *media_film(struct media_kit *kit, const char *name, const char *description)
{
    return make(kit, "film", name, description);
}

const char *media_still(struct media_kit *kit, const char *name, const char *description)
{
    return make(kit, "still", name, description);
}

struct media_frames media_decode(struct media_kit *kit, const char *path, int width, int height)
{
    const char *command = gv_arena_printf(&kit->arena,
                                          "ffmpeg -v error -i '%s' -fps_mode passthrough -vf scale=%d:%d -f rawvideo "
                                          "-pix_fmt rgb24 - </dev/null",
                                          path, width, height);
    FILE *pipe = popen(command, "re");
    assert_non_null(pipe);
    size_t frame_bytes = (size_t)width * height * 3;
    struct media_frames frames = {.width = width, .height = height};
    frames.rgb = gv_arena_alloc(&kit->arena, FRAMES_BYTES_MAX);
    size_t bytes = fread(frames.rgb, 1, FRAMES_BYTES_MAX, pipe);
    assert_int_equal(pclose(pipe), 0);
    assert_true(bytes < FRAMES_BYTES_MAX);
    assert_int_equal(bytes % frame_bytes, 0);
    frames.count = bytes / frame_bytes;
    return frames;
}

double media_difference(const struct media_frames *a, size_t frame_a, const struct media_frames *b, size_t frame_b)
{
    assert_true(a->width == b->width && a->height == b->height);
    assert_true(frame_a < a->count && frame_b < b->count);
    size_t bytes = (size_t)a->width * a->height * 3;
    uint64_t sum = 0;
    for (size_t i = 0; i < bytes; i++)
        sum += (uint64_t)abs(a->rgb[frame_a * bytes + i] - b->rgb[frame_b * bytes + i]);
    return (double)sum / (double)bytes;
}
