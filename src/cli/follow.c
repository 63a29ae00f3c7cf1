#include "cli/follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "cli/format.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "core/interface.h"

/* How long we wait at a time before looking at signals and drawing again; an event ends it at once. */
#define SLICE_MS 200
/* A wait that came back this much earlier than asked did so for a reason. */
#define EARLY_MS 50

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_over(const struct gv_video_result *result)
{
    return result->status == GV_SUCCEEDED || result->status == GV_FAILED || result->uncertain != NULL;
}

/* One slice; *reached tells whether the wait came to what it waited for. */
static int wait_slice(struct gv_video_result **out, bool *reached, struct gv_cli_session *session, const char *job_id,
                      enum gv_cli_until until, int64_t slice_ms, struct gv_error *err)
{
    if (until == GV_CLI_UNTIL_END) {
        int code = gv_wait(out, session->engine, job_id, slice_ms, err);
        *reached = code == GV_OK && is_over(*out);
        return code;
    }
    int64_t began_ms = now_ms();
    int code = gv_wait_sent(out, session->engine, job_id, SLICE_MS, err);
    *reached = code == GV_OK && (is_over(*out) || now_ms() - began_ms < SLICE_MS - EARLY_MS);
    return code;
}

/* Waits slice by slice. GV_OK with *out, which the caller frees. */
static int watch(struct gv_video_result **out, bool *reached, struct gv_cli_session *session, const char *job_id,
                 enum gv_cli_until until, int64_t timeout_ms, struct gv_error *err)
{
    int64_t end_ms = timeout_ms < 0 ? INT64_MAX : now_ms() + timeout_ms;
    *reached = false;
    for (;;) {
        int64_t left_ms = end_ms - now_ms();
        left_ms = left_ms < 0 ? 0 : left_ms;
        int code = wait_slice(out, reached, session, job_id, until, left_ms < SLICE_MS ? left_ms : SLICE_MS, err);
        if (code != GV_OK || *reached || gv_cli_interrupted() || left_ms == 0)
            return code;
        gv_result_free(*out);
        *out = NULL;
        gv_cli_progress_draw(session->progress);
    }
}

int gv_cli_result_code(const struct gv_video_result *result, struct gv_error *err)
{
    if (result->uncertain != NULL) {
        gv_fail(err, GV_UNCERTAIN, "%s", result->uncertain);
        return GV_UNCERTAIN;
    }
    if (result->status == GV_SUCCEEDED)
        return GV_OK;
    if (result->status != GV_FAILED)
        return GV_CLI_STILL_RUNNING;
    if (!result->has_error)
        return gv_fail(err, GV_GENERATION_FAILED, "%s", result->failed != NULL ? result->failed : "the job failed");
    *err = result->error;
    return result->error.code;
}

static int save_all(struct gv_cli_session *session, const struct gv_video_result *result, struct gv_error *err)
{
    struct gv_cli_args *args = session->args;
    for (size_t i = 0; i < result->video_count; i++) {
        const char *path = gv_cli_output_path(&args->arena, args->output, result->id, i, result->videos[i].mime_type);
        int code = gv_save(session->engine, result->id, i, path, err);
        if (code != GV_OK)
            return code;
        if (!args->json)
            puts(path);
    }
    return GV_OK;
}

int gv_cli_hand_over(struct gv_cli_session *session, const struct gv_video_result *result, struct gv_error *err)
{
    if (session->args->output != NULL)
        return save_all(session, result, err);
    int code = GV_OK;
    for (size_t i = 0; i < result->video_count && code == GV_OK; i++) {
        code = gv_verify(session->engine, result->id, i, err);
        if (code == GV_OK && !session->args->json)
            gv_cli_print_place(result->videos[i].uri);
    }
    return code;
}

static const char *words_of_way(const char *way)
{
    static const struct {
        const char *name, *words;
    } ways[] = {
        {"look_up", "--look-up       ask the provider once more"},
        {"adopt", "--adopt TASK    the provider has it under this task id"},
        {"resubmit", "--resubmit      it never arrived: send it again"},
        {"give_up", "--give-up       end it as failed"},
    };
    for (size_t i = 0; i < GV_COUNT(ways); i++)
        if (strcmp(ways[i].name, way) == 0)
            return ways[i].words;
    return way;
}

void gv_cli_advise_settling(struct gv_cli_session *session, const char *job_id)
{
    char *text;
    struct gv_error err;
    struct gv_arena *arena = &session->args->arena;
    if (gv_job(&text, session->engine, job_id, &err) != GV_OK)
        return;
    const struct gv_json *ways = gv_json_member(gv_cli_read_json(arena, text), "resolve");
    const char *advice = "golem-video: settle it with one of";
    for (const struct gv_json *way = ways != NULL ? ways->child : NULL; way != NULL; way = way->next)
        advice = gv_arena_printf(arena, "%s\n    golem-video resolve %s %s", advice, job_id, words_of_way(way->text));
    session->args->advice = advice;
    free(text);
}

static void say_how_to_go_on(struct gv_cli_session *session, const char *job_id)
{
    const struct gv_cli_args *args = session->args;
    fprintf(stderr, "golem-video: job %s goes on without us; take it up again with\n    golem-video wait %s%s%s%s\n",
            job_id, job_id, args->sandbox ? " --sandbox" : "", args->store != NULL ? " --store " : "",
            args->store != NULL ? args->store : "");
}

/* A job's own error is in its JSON already: it is told on standard error only. */
static int report(struct gv_cli_session *session, const struct gv_video_result *result, struct gv_error *err)
{
    struct gv_cli_args *args = session->args;
    int code = gv_cli_result_code(result, err);
    int saved = code == GV_OK ? gv_cli_hand_over(session, result, err) : GV_OK;
    if (saved != GV_OK)
        return saved;
    if (args->json) {
        gv_cli_print_result_json(result);
        args->told = true;
    }
    return code;
}

int gv_cli_follow(struct gv_cli_session *session, const char *job_id, enum gv_cli_until until, int64_t timeout_ms,
                  struct gv_error *err)
{
    struct gv_video_result *result = NULL;
    bool reached;
    int code = watch(&result, &reached, session, job_id, until, timeout_ms, err);
    gv_cli_progress_clear(session->progress);
    if (code != GV_OK)
        return code;
    gv_cli_print_warnings(result);
    code = report(session, result, err);
    if (code == GV_CLI_STILL_RUNNING && until == GV_CLI_UNTIL_SENT && reached)
        code = GV_OK;
    else if (code == GV_UNCERTAIN)
        gv_cli_advise_settling(session, job_id);
    else if (code == GV_CLI_STILL_RUNNING)
        say_how_to_go_on(session, job_id);
    gv_result_free(result);
    return code;
}
