/* From the task to the films in the store: running, fetching. */
#include "provider/kling/kling_machine.h"

#include "base/error.h"

/* ---- running ---------------------------------------------------------------------------------------- */

static struct gv_effect fetch_next(struct kling_job *j)
{
    struct kling_state *s = j->s;
    if (s->fetched >= s->output_count) {
        kling_go(j, KLING_SUCCEEDED);
        return (struct gv_effect){.kind = GV_EFF_SUCCEED, .progress = -1};
    }
    const struct kling_output *output = &s->outputs[s->fetched];
    kling_go(j, KLING_FETCHING);
    return (struct gv_effect){
        .kind = GV_EFF_FETCH,
        .fetch = {.index = s->fetched, .url = output->url, .want = "video/", .generation_id = output->id},
        .progress = -1,
    };
}

static struct gv_effect ended_without(struct kling_job *j, const struct kling_task *task, enum gv_known charged,
                                      const char *what)
{
    struct gv_error error = {0};
    gv_fail(&error, GV_GENERATION_FAILED, "Kling's task %.64s %s (status \"%.64s\", message \"%.200s\").", task->id,
            what, task->word, task->message);
    error.retryable = GV_UNKNOWN;
    error.charged = charged;
    error.stage = GV_STAGE_OUTPUT;
    return kling_failed(j, &error);
}

static struct gv_effect ended_well(struct kling_job *j, const struct kling_task *task)
{
    struct kling_state *s = j->s;
    if (task->output_count == 0)
        return ended_without(j, task, GV_YES, "ended well, but shows no video");
    s->outputs = gv_arena_memdup(j->in->arena, task->outputs, sizeof(task->outputs[0]) * task->output_count);
    s->output_count = task->output_count;
    struct gv_effect effect = fetch_next(j);
    if (task->outputs_seen > task->output_count)
        effect.note = gv_arena_printf(j->in->arena, "Kling shows %zu videos; the first %zu are kept.",
                                      task->outputs_seen, task->output_count);
    return effect;
}

static struct gv_effect missed(struct kling_job *j)
{
    struct gv_error error = {0};
    if (++j->s->misses <= (j->s->adopting != NULL ? GV_ADOPT_MISSES_MAX : KLING_MISSES_MAX))
        return kling_back_off("Kling does not show the task, or not yet.");
    if (j->s->adopting != NULL)
        return kling_not_adopted(j, "Kling shows no such task");
    gv_fail(&error, GV_GENERATION_FAILED, "Kling does not know task %.64s any more.", j->s->task_id);
    error.retryable = GV_UNKNOWN;
    error.stage = GV_STAGE_RENDER;
    return kling_failed(j, &error);
}

static struct gv_effect shown(struct kling_job *j, const struct kling_answer *answer)
{
    struct kling_task task;
    if (!kling_read_task(&task, answer, NULL, kling_option_is_true(j, "watermark")))
        return missed(j);
    kling_seen(j);
    j->s->misses = j->s->refusals = 0;
    switch (task.status) {
    case KLING_PENDING: return gv_effect_wait(GV_WAIT_POLL, KLING_POLL_MS);
    case KLING_ENDED_WELL: return ended_well(j, &task);
    case KLING_ENDED_BADLY: return kling_task_failed(j, &task);
    case KLING_STATUS_UNKNOWN: break;
    }
    return ended_without(j, &task, GV_UNKNOWN, "has a status that Kling does not document");
}

/* A poll that is refused costs nothing but a film that may be paid: a person can mend the cause. */
static struct gv_effect poll_refused(struct kling_job *j, const char *note)
{
    if (++j->s->refusals <= KLING_REFUSALS_MAX)
        return kling_back_off(note);
    j->s->refusals = 0;
    if (j->s->adopting != NULL)
        return kling_not_adopted(j, note);
    return kling_park(j, gv_arena_printf(j->in->arena, "%s (%s)", kling_park_note(j), note));
}

static struct gv_effect poll_answered(struct kling_job *j)
{
    struct kling_answer answer = kling_read_answer(j);
    const char *note = kling_words_of(j, &answer);
    switch (answer.class) {
    case KLING_DONE: return shown(j, &answer);
    case KLING_ABSENT: return missed(j);
    case KLING_BUSY:
    case KLING_LOST: return kling_back_off(note);
    case KLING_CLOCK: return kling_may_sign_again(j) ? gv_effect_note(kling_poll_now(j), note) : poll_refused(j, note);
    case KLING_EXISTS:
    case KLING_REFUSED: break;
    }
    return poll_refused(j, note);
}

struct gv_effect kling_in_running(struct kling_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_REPLY: return poll_answered(j);
    case GV_EV_NO_REPLY: return j->ev->final ? poll_refused(j, j->ev->why) : kling_back_off(j->ev->why);
    case GV_EV_TIMER:
    case GV_EV_RESUMED:
    case GV_EV_WAKE: return kling_poll_now(j);
    case GV_EV_CANCEL: return kling_cancelled(j);
    default: return kling_nothing();
    }
}

/* ---- fetching --------------------------------------------------------------------------------------- */

static struct gv_effect fetch_failed(struct kling_job *j)
{
    int status = j->ev->status;
    if (j->ev->moved)
        j->s->fetch_tries = 0;
    bool stale = status == 401 || status == 403 || status == 404 || status == 410;
    if (stale && ++j->s->url_refreshes <= KLING_URL_REFRESHES_MAX)
        return gv_effect_note(kling_poll_now(j), "The link is not valid any more: asking for a fresh one.");
    if (stale || j->ev->final || ++j->s->fetch_tries >= KLING_FETCH_TRIES_MAX) {
        j->s->url_refreshes = j->s->fetch_tries = 0;
        return kling_park(j, kling_unfetched_note(j, j->ev->why)); /* a paid film is not given up */
    }
    return kling_back_off(j->ev->why);
}

struct gv_effect kling_in_fetching(struct kling_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_FETCHED:
        if (j->ev->index != j->s->fetched)
            return kling_nothing();
        j->s->fetched++;
        j->s->fetch_tries = 0;
        return fetch_next(j);
    case GV_EV_FETCH_FAILED: return j->ev->index == j->s->fetched ? fetch_failed(j) : kling_nothing();
    case GV_EV_TIMER:
    case GV_EV_RESUMED: return fetch_next(j);
    case GV_EV_CANCEL: return kling_cancelled(j);
    default: return kling_nothing();
    }
}
