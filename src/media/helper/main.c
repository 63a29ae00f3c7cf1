/* golem-video-media: the one program that opens pictures and films. It runs apart from everything else, as little
 * privileged as it can be, because what it opens comes from strangers. See docs/media.md. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "media/helper/av/av.h"
#include "media/helper/av/file.h"
#include "media/helper/confine.h"
#include "media/helper/verbs.h"

enum { ARGS_MAX = 4, EXIT_USAGE = 2, ANSWER_BYTES_MAX = 32 << 10 };

static const struct gv_confinement looking = {
    .memory_bytes_max = 2ull << 30, .cpu_seconds_max = 60, .output_bytes_max = 256ull << 20};
static const struct gv_confinement filming = {
    .memory_bytes_max = 2ull << 30, .cpu_seconds_max = 1800, .output_bytes_max = 16ull << 30};
/* Descriptions are the sandbox's own. */
static const struct gv_confinement drawing = {
    .memory_bytes_max = 2ull << 30, .cpu_seconds_max = 60, .output_bytes_max = 256ull << 20, .opens_files = true};
static const struct gv_confinement making = {
    .memory_bytes_max = 2ull << 30, .cpu_seconds_max = 1800, .output_bytes_max = 16ull << 30, .opens_files = true};

static const struct verb {
    const char *name, *usage;
    int args_min, args_max;
    gv_verb_fn *run;
    const struct gv_confinement *confinement;
} verbs[] = {
    {"probe", "FILE", 1, 1, gv_verb_probe, &looking},
    {"poster", "FILE OUT.jpg [WIDTH]", 2, 3, gv_verb_poster, &looking},
    {"spritesheet", "FILE OUT.jpg", 2, 2, gv_verb_spritesheet, &looking},
    {"resize", "FILE OUT.png WIDTH HEIGHT", 4, 4, gv_verb_resize, &looking},
    {"still", "SPEC.json OUT.png", 2, 2, gv_verb_still, &drawing},
    {"film", "SPEC.json OUT.mp4", 2, 2, gv_verb_film, &making},
    {"upscale", "FILE OUT.mp4 WIDTH HEIGHT", 4, 4, gv_verb_upscale, &filming},
};

static int usage(void)
{
    char text[512] = "";
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s %s", i ? "; " : "usage: golem-video-media ", verbs[i].name,
                 verbs[i].usage);
    }
    printf("{\"error\":\"%s\"}\n", text);
    return EXIT_USAGE;
}

static const struct verb *find_verb(int argc, char **argv)
{
    for (size_t i = 0; argc >= 2 && i < sizeof verbs / sizeof *verbs; i++) {
        bool fits = argc - 2 >= verbs[i].args_min && argc - 2 <= verbs[i].args_max;
        if (fits && strcmp(argv[1], verbs[i].name) == 0)
            return &verbs[i];
    }
    return NULL;
}

/* Every verb has a file to read; with more than one argument, the second is a file to write. */
static int open_and_confine(const struct verb *verb, char *const *args, struct gv_error *err)
{
    int rc = gv_confine_limits(verb->confinement, err);
    if (rc == GV_OK)
        rc = gv_file_open(args[0], GV_FILE_READ, err);
    if (rc == GV_OK && verb->args_max > 1)
        rc = gv_file_open(args[1], GV_FILE_WRITE, err);
    return rc == GV_OK ? gv_confine_calls(verb->confinement, err) : rc;
}

static int run(const struct verb *verb, int argc, char **argv, struct gv_buf *buf)
{
    char *args[ARGS_MAX] = {NULL};
    for (int i = 0; i < argc - 2; i++)
        args[i] = argv[i + 2];
    struct gv_error err = {0};
    struct gv_json_out answer = {.buf = buf};
    int rc = open_and_confine(verb, args, &err);
    gv_json_open(&answer, NULL, '{');
    if (rc == GV_OK)
        rc = verb->run(&answer, args, &err);
    if (rc != GV_OK) {
        gv_buf_clear(buf);
        answer.comma = false;
        gv_json_open(&answer, NULL, '{');
        gv_json_put_text(&answer, "error", err.message);
    }
    gv_json_close(&answer, '}');
    return rc;
}

/* The C library's stdio asks what kind of file it writes to. */
static void say(const struct gv_buf *buf)
{
    for (size_t at = 0; at < buf->len;) {
        ssize_t put = write(STDOUT_FILENO, buf->data + at, buf->len - at);
        if (put < 0 && errno != EINTR)
            _exit(GV_INTERNAL_ERROR);
        at += put > 0 ? (size_t)put : 0;
    }
}

int main(int argc, char **argv)
{
    gv_av_capture_log();
    const struct verb *verb = find_verb(argc, argv);
    if (!verb)
        return usage();
    struct gv_buf buf;
    gv_buf_init(&buf, ANSWER_BYTES_MAX);
    int rc = run(verb, argc, argv, &buf);
    gv_buf_adds(&buf, "\n");
    say(&buf);
    gv_buf_free(&buf);
    return rc == GV_OK || rc == GV_INVALID_INPUT ? rc : GV_INTERNAL_ERROR;
}
