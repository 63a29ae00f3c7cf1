/* Any file to the media program's own code, in this process and unconfined: what it tells of the file, and the first
 * frames. tools/fuzz makes the seeds with the program itself. */
#include <libavutil/mem.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/assert.h"
#include "core/sniff.h"
#include "media/helper/av/av.h"
#include "media/helper/av/decoder.h"
#include "media/helper/av/file.h"
#include "media/helper/verbs.h"
#include "support/fuzz.h"

enum { FRAMES_MAX = 3, ALLOCATION_BYTES_MAX = 64 << 20, ANSWER_BYTES_MAX = 32 << 10 };

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    gv_av_capture_log();
    av_max_alloc(ALLOCATION_BYTES_MAX); /* in place of the limit of memory that the program has */
    return 0;
}

static int probe(char *path)
{
    struct gv_arena arena = {0};
    struct gv_buf buf;
    gv_buf_init(&buf, ANSWER_BYTES_MAX);
    struct gv_json_out answer = {.buf = &buf};
    struct gv_error err = {0};
    gv_json_open(&answer, NULL, '{');
    int rc = gv_verb_probe(&answer, &path, &err);
    gv_json_close(&answer, '}');
    if (rc == GV_OK)
        GV_ASSERT(gv_json_parse(&arena, buf.data, buf.len, NULL) != NULL);
    else
        GV_ASSERT(err.message[0] != '\0');
    gv_buf_free(&buf);
    gv_arena_free(&arena);
    return rc;
}

static void decode(const char *path, enum AVMediaType type)
{
    struct gv_decoder decoder = {0};
    struct gv_error err = {0};
    AVFrame *frame = gv_av_frame();
    enum gv_step step = GV_STEP_FRAME;
    if (gv_decoder_open(&decoder, path, type, &err) == GV_OK) {
        for (int i = 0; i < FRAMES_MAX && step == GV_STEP_FRAME; i++)
            step = gv_decoder_next(&decoder, frame, &err);
        GV_ASSERT(step != GV_STEP_FAILED || err.message[0] != '\0');
    } else {
        GV_ASSERT(err.message[0] != '\0');
    }
    gv_decoder_close(&decoder);
    av_frame_free(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[32];
    int fd = memfd_create("media", MFD_CLOEXEC);
    GV_ASSERT(fd >= 0);
    GV_ASSERT(write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    (void)gv_sniff(data, size);
    GV_ASSERT(gv_file_open(path, GV_FILE_READ, NULL) == GV_OK);
    if (probe(path) == GV_OK) {
        decode(path, AVMEDIA_TYPE_VIDEO);
        decode(path, AVMEDIA_TYPE_AUDIO);
    }
    gv_file_close_all();
    close(fd);
    return 0;
}
