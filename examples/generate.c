/* Makes a film from a text and saves it, telling each step.
 *
 *     cc generate.c $(pkg-config --cflags --libs golem-video) -o generate
 *     ./generate "a paper boat on a rainy street" boat.mp4
 *
 * The provider is the one whose credentials are in the environment. Run it again after a crash: the job is on disk,
 * and the same idempotency key finds it instead of paying for a second one. */
#include <stdio.h>
#include <stdlib.h>

#include <golem_video/golem_video.h>

static void on_transition(void *ctx, const struct gv_transition *t)
{
    (void)ctx;
    fprintf(stderr, "%3llu  %-12s -> %-12s %-8s %s\n", (unsigned long long)t->seq, t->event, t->phase, t->effect,
            t->note);
}

static int generate(struct gv_engine *engine, const char *prompt, const char *file, struct gv_error *err)
{
    struct gv_operation wish = {
        .operation = GV_OP_GENERATE,
        .u.generate = {.input = {.kind = GV_INPUT_TEXT, .text = prompt}},
        .idempotency_key = file,
    };
    struct gv_job_id id;
    int code = gv_submit(&id, engine, &wish, err);
    if (code != GV_OK)
        return code;

    struct gv_video_result *result = NULL;
    code = gv_wait(&result, engine, id.text, -1, err);
    if (code != GV_OK)
        return code;
    if (result->status == GV_SUCCEEDED) {
        code = gv_save(engine, id.text, 0, file, err);
    } else if (result->has_error) {
        *err = result->error;
        code = result->error.code;
    } else {
        fprintf(stderr, "%s is parked: %s\n", id.text, result->uncertain ? result->uncertain : "see its log");
        *err = (struct gv_error){.code = GV_UNCERTAIN, .message = "nobody knows whether the provider took the job"};
        code = GV_UNCERTAIN;
    }
    gv_result_free(result);
    return code;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: generate PROMPT FILE\n");
        return 2;
    }
    const char *store = getenv("GOLEM_VIDEO_STORE");
    struct gv_options options = {.drive = GV_DRIVE_NAMED, .on_transition = on_transition};
    struct gv_engine *engine = NULL;
    struct gv_error err = {0};
    int code = gv_open(&engine, store ? store : "golem-video-store", &options, &err);
    if (code == GV_OK)
        code = generate(engine, argv[1], argv[2], &err);
    gv_close(engine);
    if (code == GV_OK)
        printf("%s\n", argv[2]);
    else
        fprintf(stderr, "%s: %s\n", gv_code_name(err.code), err.message);
    return code;
}
