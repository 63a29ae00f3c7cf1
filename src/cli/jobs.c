/* The commands about jobs that exist. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/format.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/signals.h"

static int usage(struct gv_error *err, const char *flag, const char *message)
{
    gv_fail_field(err, GV_INVALID_INPUT, flag, "%s", message);
    return GV_CLI_USAGE;
}

static const char *job_of(const struct gv_cli_args *args)
{
    return args->positionals[0];
}

/* ---- how a job stands ------------------------------------------------------------------------------------ */

static int show(struct gv_cli_session *session, const struct gv_video_result *result)
{
    const struct gv_cli_args *args = session->args;
    gv_cli_print_warnings(result);
    if (args->json)
        gv_cli_print_result_json(result);
    else
        gv_cli_print_status(result);
    if (result->uncertain != NULL)
        gv_cli_advise_settling(session, result->id);
    return GV_OK;
}

int gv_cli_poll(struct gv_cli_args *args, struct gv_error *err)
{
    struct gv_cli_session session;
    struct gv_video_result *result = NULL;
    int code = gv_cli_open(&session, args, err);
    if (code == GV_OK)
        code = gv_poll(&result, session.engine, job_of(args), err);
    if (code == GV_OK)
        code = show(&session, result);
    gv_result_free(result);
    gv_cli_close(&session);
    return code;
}

int gv_cli_wait(struct gv_cli_args *args, struct gv_error *err)
{
    if (gv_cli_check_output(args, err) != GV_OK)
        return GV_CLI_USAGE;
    gv_cli_catch_signals();
    struct gv_cli_session session;
    int64_t timeout_ms = args->has_timeout ? llround(fmin(args->timeout_s, 1e9) * 1000) : -1;
    int code = gv_cli_open(&session, args, err);
    if (code == GV_OK)
        code = gv_cli_follow(&session, job_of(args), GV_CLI_UNTIL_END, timeout_ms, err);
    gv_cli_close(&session);
    return code;
}

int gv_cli_cancel(struct gv_cli_args *args, struct gv_error *err)
{
    struct gv_cli_session session;
    char *message = NULL;
    int code = gv_cli_open(&session, args, err);
    if (code == GV_OK)
        code = gv_cancel(&message, session.engine, job_of(args), err);
    if (code == GV_OK && args->json) {
        struct gv_buf text;
        gv_buf_init(&text, 1u << 20);
        struct gv_json_out out = {.buf = &text};
        gv_json_open(&out, NULL, '{');
        gv_json_put_text(&out, "id", job_of(args));
        gv_json_put_text(&out, "message", message);
        gv_json_close(&out, '}');
        puts(text.data);
        gv_buf_free(&text);
    } else if (code == GV_OK) {
        puts(message);
    }
    free(message);
    gv_cli_close(&session);
    return code;
}

int gv_cli_fetch(struct gv_cli_args *args, struct gv_error *err)
{
    if (args->output == NULL)
        args->output = ".";
    if (gv_cli_check_output(args, err) != GV_OK)
        return GV_CLI_USAGE;
    struct gv_cli_session session;
    struct gv_video_result *result = NULL;
    int code = gv_cli_open(&session, args, err);
    if (code == GV_OK)
        code = gv_poll(&result, session.engine, job_of(args), err);
    if (code == GV_OK)
        code = gv_cli_result_code(result, err);
    if (code == GV_CLI_STILL_RUNNING)
        gv_fail(err, GV_INVALID_INPUT, "job %s has no film yet: golem-video wait %s", job_of(args), job_of(args));
    if (code == GV_OK)
        code = gv_cli_hand_over(&session, result, err);
    if (code == GV_OK && args->json)
        gv_cli_print_result_json(result);
    gv_result_free(result);
    gv_cli_close(&session);
    return code;
}

/* ---- settling a parked job ------------------------------------------------------------------------------- */

static int resolve(struct gv_cli_session *session, enum gv_resolve how, struct gv_error *err)
{
    struct gv_cli_args *args = session->args;
    struct gv_video_result *result = NULL;
    int code = gv_resolve(session->engine, job_of(args), how, args->adopt, err);
    if (code == GV_INVALID_INPUT && strcmp(err->field, "job_id") != 0)
        gv_cli_advise_settling(session, job_of(args));
    if (code != GV_OK)
        return code;
    if (args->wait)
        return gv_cli_follow(session, job_of(args), GV_CLI_UNTIL_END, -1, err);
    code = gv_wait_sent(&result, session->engine, job_of(args), -1, err);
    gv_cli_progress_clear(session->progress);
    if (code == GV_OK)
        code = show(session, result);
    if (code == GV_OK && result->uncertain != NULL)
        code = GV_UNCERTAIN;
    gv_result_free(result);
    return code;
}

/* Which ways there are depends on the job. */
static int show_ways(struct gv_cli_session *session, struct gv_error *err)
{
    struct gv_video_result *result = NULL;
    const char *job_id = job_of(session->args);
    int code = gv_poll(&result, session->engine, job_id, err);
    if (code == GV_OK && result->uncertain == NULL)
        code = gv_fail_field(err, GV_INVALID_INPUT, "job_id", "job %s is not parked (phase %s): nothing to resolve",
                             job_id, result->phase);
    if (code == GV_OK) {
        gv_cli_advise_settling(session, job_id);
        code = usage(err, "", gv_arena_printf(&session->args->arena, "in which way? %s", result->uncertain));
    }
    gv_result_free(result);
    return code;
}

int gv_cli_resolve(struct gv_cli_args *args, struct gv_error *err)
{
    int ways = args->look_up + args->resubmit + args->give_up + (args->adopt != NULL);
    if (ways > 1)
        return usage(err, "", "resolve takes one of --look-up, --adopt TASK, --resubmit and --give-up");
    enum gv_resolve how = args->resubmit        ? GV_RESOLVE_AS_LOST
                          : args->give_up       ? GV_RESOLVE_AS_FAILED
                          : args->adopt != NULL ? GV_RESOLVE_AS_TASK
                                                : GV_RESOLVE_AS_LOOKED_UP;
    struct gv_cli_session session;
    int code = gv_cli_open(&session, args, err);
    if (code == GV_OK)
        code = ways == 1 ? resolve(&session, how, err) : show_ways(&session, err);
    gv_cli_close(&session);
    return code;
}

/* ---- lists ----------------------------------------------------------------------------------------------- */

static const char *status_of(const struct gv_json *job)
{
    const struct gv_json *status = gv_json_at(job, "result.status");
    if (gv_json_bool(job, "parked", false))
        return "uncertain";
    if (gv_json_bool(job, "cancelled", false))
        return "cancelled";
    return status != NULL && status->kind == GV_JSON_OBJECT ? status->child->key : gv_json_text(job, "result.status");
}

static void print_jobs(const struct gv_json *jobs, struct gv_arena *arena)
{
    struct gv_cli_table table = {.arena = arena, .columns = 6};
    gv_cli_table_add(&table, (const char *const[]){"JOB", "CREATED", "STATUS", "PROVIDER", "MODEL", "OPERATION"});
    for (const struct gv_json *job = jobs->child; job != NULL; job = job->next) {
        char *created = gv_arena_alloc(arena, 32);
        gv_cli_time(created, 32, gv_json_int(job, "created_ms", 0));
        gv_cli_table_add(&table, (const char *const[]){gv_json_text(job, "id"), created, status_of(job),
                                                       gv_json_text(job, "provider"), gv_json_text(job, "model"),
                                                       gv_json_text(job, "operation")});
    }
    gv_cli_table_print(&table);
}

int gv_cli_jobs(struct gv_cli_args *args, struct gv_error *err)
{
    struct gv_list_filter filter = {.status = args->status, .provider = args->provider, .limit = args->limit};
    struct gv_cli_session session;
    char *json = NULL;
    int code = gv_cli_open(&session, args, err);
    if (code == GV_OK)
        code = gv_list_jobs(&json, session.engine, &filter, err);
    if (code == GV_OK && args->json)
        puts(json);
    else if (code == GV_OK)
        print_jobs(gv_cli_read_json(&args->arena, json), &args->arena);
    free(json);
    gv_cli_close(&session);
    return code;
}

/* ---- the log --------------------------------------------------------------------------------------------- */

static void print_line(const struct gv_json *line)
{
    char when[32];
    int64_t at_ms = gv_json_int(line, "at_ms", 0);
    const char *note = gv_json_text(line, "note");
    printf("%s.%03d  %-9s %-12s %-9s %s\n", gv_cli_time(when, sizeof when, at_ms), (int)(at_ms % 1000),
           gv_json_text(line, "event"), gv_json_text(line, "phase"), gv_json_text(line, "effect"),
           note != NULL ? note : "");
}

static void print_line_json(const struct gv_json *line)
{
    struct gv_buf text;
    gv_buf_init(&text, 1u << 20);
    struct gv_json_out out = {.buf = &text};
    gv_json_put_json(&out, NULL, line);
    puts(text.data);
    gv_buf_free(&text);
}

/* Prints what came after *seq and moves it on. */
static int print_news(struct gv_cli_session *session, uint64_t *seq, struct gv_error *err)
{
    struct gv_arena arena = {0};
    char *text = NULL;
    int code = gv_job_log(&text, session->engine, job_of(session->args), *seq, err);
    if (code != GV_OK)
        return code;
    const struct gv_json *lines = gv_cli_read_json(&arena, text);
    for (const struct gv_json *line = lines->child; line != NULL; line = line->next) {
        if (session->args->json)
            print_line_json(line);
        else
            print_line(line);
        *seq = (uint64_t)gv_json_int(line, "seq", 0);
    }
    fflush(stdout);
    free(text);
    gv_arena_free(&arena);
    return GV_OK;
}

#define FOLLOW_MS 300

/* Prints until the job ended or is parked, or somebody interrupts. */
static int follow_log(struct gv_cli_session *session, struct gv_error *err)
{
    uint64_t seq = 0;
    bool over = false;
    int code = print_news(session, &seq, err);
    while (code == GV_OK && !over && !gv_cli_interrupted()) {
        struct gv_video_result *result;
        code = gv_wait(&result, session->engine, job_of(session->args), FOLLOW_MS, err);
        if (code != GV_OK)
            return code;
        over = result->status == GV_SUCCEEDED || result->status == GV_FAILED || result->uncertain != NULL;
        gv_result_free(result);
        code = print_news(session, &seq, err);
    }
    return code == GV_OK && !over ? GV_CLI_STILL_RUNNING : code;
}

static int print_log(struct gv_cli_session *session, struct gv_error *err)
{
    uint64_t seq = 0;
    if (!session->args->json)
        return print_news(session, &seq, err);
    char *text = NULL;
    int code = gv_job_log(&text, session->engine, job_of(session->args), 0, err);
    if (code == GV_OK)
        puts(text);
    free(text);
    return code;
}

int gv_cli_log(struct gv_cli_args *args, struct gv_error *err)
{
    struct gv_cli_session session;
    args->quiet = true; /* the log itself tells the news */
    gv_cli_catch_signals();
    int code = gv_cli_open(&session, args, err);
    if (code == GV_OK)
        code = args->follow ? follow_log(&session, err) : print_log(&session, err);
    gv_cli_close(&session);
    return code;
}

int gv_cli_collect(struct gv_cli_args *args, struct gv_error *err)
{
    struct gv_cli_session session;
    uint64_t removed = 0;
    int code = gv_cli_open(&session, args, err);
    if (code == GV_OK)
        code = gv_collect(&removed, session.engine, err);
    if (code == GV_OK)
        printf(args->json ? "{\"removed\":%llu}\n" : "%llu files removed\n", (unsigned long long)removed);
    gv_cli_close(&session);
    return code;
}
