/* Following a job: reading its row, taking it up where nobody drives it, and waiting for it to move. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/engine.h"
#include "api/front.h"
#include "base/error.h"
#include "engine/outputs.h"

/* How often a job that another process drives is looked at, and tried to be taken up in case that process died. */
#define GV_FOREIGN_LOOK_MS 200

/* A row in its own arena, as the result keeps it. */
struct view {
    struct gv_arena arena;
    const struct gv_job_row *row;
};

static int look(struct view *view, struct gv_engine *engine, const char *job_id, struct gv_error *err)
{
    gv_arena_reset(&view->arena);
    struct gv_journal *journal = engine->journal;
    int code = journal->vtable->get(&view->row, journal, job_id, &view->arena, err);
    if (code == GV_OK && view->row == NULL)
        return gv_fail_field(err, GV_INVALID_INPUT, "job_id", "there is no job %s in this store", job_id);
    return code;
}

static bool has_ended(const struct gv_job_row *row)
{
    return row->status == GV_SUCCEEDED || row->status == GV_FAILED;
}

static void answer_take(void *ctx, bool yes, const struct gv_error *why)
{
    struct gv_question *question = ctx;
    question->yes = yes;
    gv_question_answer(question, why != NULL ? (int)why->code : GV_OK, why);
}

static void ask_take(struct gv_question *question)
{
    gv_driver_take(question->engine->driver, question->what, answer_take, question);
}

static int take(bool *taken, struct gv_engine *engine, const char *job_id, struct gv_error *err)
{
    struct gv_question question = {.engine = engine, .ask = ask_take, .what = job_id};
    int code = gv_engine_ask(&question, err);
    *taken = question.yes;
    return code;
}

static bool is_ours(const struct gv_engine *engine, const struct gv_job_row *row)
{
    return row->owner != NULL && strcmp(row->owner, engine->journal->vtable->owner(engine->journal)) == 0;
}

static void watch_begin(struct gv_watch *watch, struct gv_engine *engine, const char *job_id)
{
    watch->job_id = job_id;
    watch->rested = false;
    pthread_mutex_lock(&engine->mutex);
    gv_list_append(&engine->watches, &watch->link);
    pthread_mutex_unlock(&engine->mutex);
}

static void watch_end(struct gv_watch *watch, struct gv_engine *engine)
{
    pthread_mutex_lock(&engine->mutex);
    gv_list_remove(&watch->link);
    pthread_mutex_unlock(&engine->mutex);
}

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until something moves, or for ms at the most. */
static void wait_for_move(struct gv_engine *engine, struct gv_watch *watch, int64_t ms)
{
    int64_t until = monotonic_ms() + ms;
    struct timespec at = {until / 1000, (until % 1000) * 1000000};
    pthread_mutex_lock(&engine->mutex);
    if (!watch->rested)
        pthread_cond_timedwait(&engine->moved, &engine->mutex, &at);
    pthread_mutex_unlock(&engine->mutex);
}

static bool rested(struct gv_engine *engine, struct gv_watch *watch)
{
    pthread_mutex_lock(&engine->mutex);
    bool yes = watch->rested;
    watch->rested = false;
    pthread_mutex_unlock(&engine->mutex);
    return yes;
}

/* What a caller waits for. `moved`: the job came to rest since the last look. */
typedef bool enough_fn(const struct gv_job_row *row, bool moved);

static bool enough_end(const struct gv_job_row *row, bool moved)
{
    (void)moved;
    return has_ended(row) || row->parked;
}

static bool enough_sent(const struct gv_job_row *row, bool moved)
{
    return enough_end(row, moved) || row->status == GV_RUNNING;
}

static bool enough_rest(const struct gv_job_row *row, bool moved)
{
    return moved || enough_end(row, moved);
}

/* For messages to parked jobs: only what happens after the message counts. */
static bool enough_settled(const struct gv_job_row *row, bool moved)
{
    return moved || has_ended(row);
}

static bool enough_over(const struct gv_job_row *row, bool moved)
{
    (void)moved;
    return has_ended(row);
}

/* Leaves the last row in `view`. A negative timeout waits for ever. */
static int follow(struct view *view, struct gv_engine *engine, const char *job_id, int64_t timeout_ms,
                  enough_fn *enough, struct gv_error *err)
{
    struct gv_watch watch;
    int64_t until = monotonic_ms() + timeout_ms;
    watch_begin(&watch, engine, job_id);
    int code;
    for (;;) {
        bool moved = rested(engine, &watch);
        code = look(view, engine, job_id, err);
        if (code != GV_OK || enough(view->row, moved))
            break;
        bool taken;
        if (!is_ours(engine, view->row))
            code = take(&taken, engine, job_id, err);
        if (code == GV_OK)
            code = gv_engine_fault(engine, err);
        if (code != GV_OK)
            break;
        int64_t left_ms = timeout_ms < 0 ? GV_FOREIGN_LOOK_MS : until - monotonic_ms();
        if (left_ms <= 0)
            break;
        wait_for_move(engine, &watch, left_ms < GV_FOREIGN_LOOK_MS ? left_ms : GV_FOREIGN_LOOK_MS);
    }
    watch_end(&watch, engine);
    return code;
}

/* ---- results --------------------------------------------------------------------------------------------- */

/* A result and the memory it lives in. */
struct kept_result {
    struct gv_video_result result;
    struct gv_arena arena;
};

static int result_of(struct gv_video_result **out, struct gv_engine *engine, struct view *view, struct gv_error *err)
{
    struct kept_result *kept = gv_xcalloc(1, sizeof(*kept));
    int code = gv_result_of_row(&kept->result, view->row, engine->blobs, &view->arena, err);
    kept->arena = view->arena;
    if (code == GV_OK)
        *out = &kept->result;
    else
        gv_result_free(&kept->result);
    return code;
}

void gv_result_free(struct gv_video_result *result)
{
    if (result == NULL)
        return;
    struct kept_result *kept = GV_CONTAINER(result, struct kept_result, result);
    gv_arena_free(&kept->arena);
    free(kept);
}

static int follow_for_result(struct gv_video_result **out, struct gv_engine *engine, const char *job_id,
                             int64_t timeout_ms, enough_fn *enough, struct gv_error *err)
{
    struct view view = {0};
    int code = follow(&view, engine, job_id, timeout_ms, enough, err);
    if (code == GV_OK)
        return result_of(out, engine, &view, err);
    gv_arena_free(&view.arena);
    return code;
}

int gv_wait(struct gv_video_result **out, struct gv_engine *engine, const char *job_id, int64_t timeout_ms,
            struct gv_error *err)
{
    return follow_for_result(out, engine, job_id, timeout_ms, enough_end, err);
}

int gv_wait_sent(struct gv_video_result **out, struct gv_engine *engine, const char *job_id, int64_t timeout_ms,
                 struct gv_error *err)
{
    return follow_for_result(out, engine, job_id, timeout_ms, enough_sent, err);
}

int gv_poll(struct gv_video_result **out, struct gv_engine *engine, const char *job_id, struct gv_error *err)
{
    struct view view = {0};
    struct gv_watch watch;
    watch_begin(&watch, engine, job_id);
    int code = look(&view, engine, job_id, err);
    bool idle = code == GV_OK && !enough_end(view.row, false) && !is_ours(engine, view.row);
    bool taken = false;
    if (idle)
        take(&taken, engine, job_id, NULL); /* how it stands can be told even where it can't go on */
    watch_end(&watch, engine);
    if (taken)
        code = follow(&view, engine, job_id, -1, enough_rest, err);
    if (code == GV_OK)
        return result_of(out, engine, &view, err);
    gv_arena_free(&view.arena);
    return code;
}

/* ---- messages --------------------------------------------------------------------------------------------- */

static void answer_put(void *ctx, int code, const struct gv_error *err)
{
    gv_question_answer(ctx, code, err);
}

static void ask_put(struct gv_question *question)
{
    gv_driver_put(question->engine->driver, question->what, answer_put, question);
}

int gv_engine_put(struct gv_engine *engine, const struct gv_inbox_row *message, struct gv_error *err)
{
    struct gv_question question = {.engine = engine, .ask = ask_put, .what = message};
    return gv_engine_ask(&question, err);
}

static const char *status_word(const struct gv_job_row *row)
{
    return row->status == GV_SUCCEEDED ? "succeeded" : row->cancelled ? "been cancelled" : "failed";
}

int gv_cancel_within(char **out_message, struct gv_engine *engine, const char *job_id, int64_t timeout_ms,
                     struct gv_error *err)
{
    struct view view = {0};
    int code = look(&view, engine, job_id, err);
    if (code == GV_OK && has_ended(view.row))
        code = gv_fail_field(err, GV_INVALID_INPUT, "job_id", "job %s can't be cancelled: it has already %s", job_id,
                             status_word(view.row));
    if (code == GV_OK)
        code = gv_engine_put(engine, &(struct gv_inbox_row){.job_id = job_id, .kind = GV_INBOX_CANCEL}, err);
    if (code == GV_OK)
        code = follow(&view, engine, job_id, timeout_ms, enough_over, err);
    if (code == GV_OK && view.row->cancelled)
        *out_message = gv_xstrdup(view.row->note != NULL ? view.row->note : "cancelled");
    else if (code == GV_OK && !has_ended(view.row))
        *out_message = gv_xstrdup("the job's end is asked for, and on disk; it has not come yet");
    else if (code == GV_OK)
        code = gv_fail_field(err, GV_INVALID_INPUT, "job_id", "job %s was not cancelled: meanwhile it had %s", job_id,
                             status_word(view.row));
    gv_arena_free(&view.arena);
    return code;
}

int gv_cancel(char **out_message, struct gv_engine *engine, const char *job_id, struct gv_error *err)
{
    return gv_cancel_within(out_message, engine, job_id, -1, err);
}

static int put_resolution(struct gv_engine *engine, const char *job_id, enum gv_resolve how, const char *task_id,
                          struct gv_error *err)
{
    struct gv_buf payload;
    gv_buf_init(&payload, 4096);
    struct gv_json_out out = {.buf = &payload};
    gv_json_open(&out, NULL, '{');
    gv_json_put_int(&out, "how", how);
    gv_json_put_text(&out, "task_id", task_id);
    gv_json_close(&out, '}');
    struct gv_inbox_row message = {.job_id = job_id, .kind = GV_INBOX_RESOLVE, .payload = payload.data};
    int code = payload.overflow ? gv_fail_field(err, GV_INVALID_INPUT, "task_id", "the task id is too long")
                                : gv_engine_put(engine, &message, err);
    gv_buf_free(&payload);
    return code;
}

int gv_resolve_within(struct gv_engine *engine, const char *job_id, enum gv_resolve how, const char *task_id,
                      int64_t timeout_ms, struct gv_error *err)
{
    _Static_assert((int)GV_RESOLVE_AS_LOOKED_UP == GV_RESOLVE_LOOK_UP && (int)GV_RESOLVE_AS_TASK == GV_RESOLVE_ADOPT &&
                       (int)GV_RESOLVE_AS_LOST == GV_RESOLVE_RESUBMIT &&
                       (int)GV_RESOLVE_AS_FAILED == GV_RESOLVE_GIVE_UP,
                   "the public words are the machine's");
    if (how == GV_RESOLVE_AS_TASK && (task_id == NULL || task_id[0] == '\0'))
        return gv_fail_field(err, GV_INVALID_INPUT, "task_id", "to adopt a task, name it");
    struct view view = {0};
    int code = look(&view, engine, job_id, err);
    if (code == GV_OK && !view.row->parked)
        code = gv_fail_field(err, GV_INVALID_INPUT, "job_id", "job %s is not parked (phase %s): nothing to resolve",
                             job_id, view.row->phase);
    if (code == GV_OK)
        code = gv_check_way(engine, view.row, how, task_id, &view.arena, err);
    if (code == GV_OK)
        code = put_resolution(engine, job_id, how, task_id, err);
    if (code == GV_OK)
        code = follow(&view, engine, job_id, timeout_ms, enough_settled, err);
    gv_arena_free(&view.arena);
    return code;
}

int gv_resolve(struct gv_engine *engine, const char *job_id, enum gv_resolve how, const char *task_id,
               struct gv_error *err)
{
    return gv_resolve_within(engine, job_id, how, task_id, -1, err);
}
