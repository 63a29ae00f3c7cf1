/* From the task to the films in the store: image_running, running, fetching. */
#include "provider/runway/runway_machine.h"

#include "base/error.h"

static bool is_image(const struct runway_job *j)
{
    return j->s->phase == RUNWAY_IMAGE_RUNNING;
}

/* ---- image_running, running ------------------------------------------------------------------------- */

static struct gv_effect fetch_next(struct runway_job *j)
{
    struct runway_state *s = j->s;
    if (s->fetched >= s->output_count) {
        runway_go(j, RUNWAY_SUCCEEDED);
        return (struct gv_effect){.kind = GV_EFF_SUCCEED, .progress = -1};
    }
    runway_go(j, RUNWAY_FETCHING);
    return (struct gv_effect){
        .kind = GV_EFF_FETCH,
        .fetch = {.index = s->fetched,
                  .url = s->outputs[s->fetched].url,
                  .want = "video/",
                  .generation_id = s->task_id},
        .progress = -1,
    };
}

static struct gv_effect ended_without(struct runway_job *j, const struct runway_task *task, enum gv_code code,
                                      enum gv_stage stage, enum gv_known charged, const char *what)
{
    struct gv_error error = {0};
    gv_fail(&error, code, "Runway's task %.64s %s (status \"%.64s\")%s.", task->id, what, task->word,
            runway_cost_words(task->credits, j->in->arena));
    error.retryable = GV_UNKNOWN;
    error.charged = task->credits > 0 ? GV_YES : task->credits == 0 ? GV_NO : charged;
    error.stage = stage;
    return runway_failed(j, &error);
}

/* What came beside the film, or beyond what is kept, is said; so is the price. */
static const char *ending_note(const struct runway_job *j, const struct runway_task *task)
{
    struct gv_arena *arena = j->in->arena;
    const char *note =
        gv_arena_printf(arena, "Runway's task %s is done%s.", task->id, runway_cost_words(task->credits, arena));
    if (*task->outputs_other != '\0')
        note = gv_arena_printf(arena, "%s Not fetched, being no film: %s.", note, task->outputs_other);
    if (task->outputs_beyond > 0)
        note = gv_arena_printf(arena, "%s The first %d films are kept; %zu more are not.", note, GV_OUTPUTS_MAX,
                               task->outputs_beyond);
    return note;
}

static struct gv_effect ended_well(struct runway_job *j, const struct runway_task *task)
{
    struct runway_state *s = j->s;
    if (task->output_count == 0)
        return ended_without(j, task, GV_GENERATION_FAILED, GV_STAGE_OUTPUT, GV_YES,
                             *task->outputs_other != '\0' ? "shows archives or sound, but no film"
                                                          : "ended well, but shows nothing");
    struct gv_effect effect;
    if (is_image(j)) {
        s->image_url = task->outputs[0].url;
        effect = runway_send_next(j);
    } else {
        s->outputs = gv_arena_memdup(j->in->arena, task->outputs, sizeof(task->outputs[0]) * task->output_count);
        s->output_count = task->output_count;
        effect = fetch_next(j);
    }
    return effect.kind == GV_EFF_FAIL ? effect : gv_effect_note(effect, ending_note(j, task));
}

static struct gv_effect ended_badly(struct runway_job *j, const struct runway_task *task)
{
    struct gv_error error = runway_task_error(task);
    return runway_failed(j, &error);
}

static struct gv_effect missed(struct runway_job *j)
{
    struct gv_error error = {0};
    if (++j->s->misses <= (j->s->adopting != NULL ? GV_ADOPT_MISSES_MAX : RUNWAY_MISSES_MAX))
        return runway_back_off(j, "Runway does not show the task, or not yet.");
    if (j->s->adopting != NULL)
        return runway_not_adopted(j, "Runway shows no such task");
    gv_fail(&error, GV_GENERATION_FAILED,
            "Runway does not know task %.64s any more: it was cancelled or deleted there, not by this job.",
            runway_task_of(j));
    error.retryable = GV_UNKNOWN;
    error.stage = GV_STAGE_RENDER;
    return runway_failed(j, &error);
}

static struct gv_effect poll_later(const char *note, int progress)
{
    struct gv_effect effect = gv_effect_note(gv_effect_wait(GV_WAIT_POLL, RUNWAY_POLL_MS), note);
    effect.progress = progress;
    return effect;
}

static struct gv_effect shown(struct runway_job *j, const struct runway_answer *answer)
{
    struct runway_task task;
    if (!runway_read_task(&task, answer, runway_task_of(j), is_image(j), j->in->arena))
        return j->s->adopting != NULL ? missed(j)
                                      : runway_back_off(j, "Runway answered with something that is not the task.");
    runway_seen(j);
    j->s->misses = j->s->refusals = 0;
    switch (task.status) {
    case RUNWAY_PENDING: return poll_later("Runway has queued the task.", -1);
    case RUNWAY_THROTTLED:
        return poll_later("Runway keeps the task until one of the account's others is done; it begins by itself.", -1);
    case RUNWAY_RENDERING: return poll_later(NULL, is_image(j) ? -1 : task.progress);
    case RUNWAY_ENDED_WELL: return ended_well(j, &task);
    case RUNWAY_ENDED_BADLY: return ended_badly(j, &task);
    case RUNWAY_STOPPED:
        return ended_without(j, &task, GV_CANCELLED, GV_STAGE_RENDER, GV_UNKNOWN,
                             "was cancelled there, not by this job");
    case RUNWAY_STATUS_UNKNOWN: break;
    }
    return ended_without(j, &task, GV_GENERATION_FAILED, GV_STAGE_RENDER, GV_UNKNOWN,
                         "has a status that Runway does not document");
}

/* A poll that is refused costs nothing but a film that may be paid: a person can mend the cause. */
static struct gv_effect poll_refused(struct runway_job *j, const char *note)
{
    if (++j->s->refusals <= RUNWAY_REFUSALS_MAX)
        return runway_back_off(j, note);
    if (j->s->adopting != NULL)
        return runway_not_adopted(j, note);
    return runway_park(j, gv_arena_printf(j->in->arena, "%s (%s)", runway_park_note(j), note));
}

static struct gv_effect poll_answered(struct runway_job *j)
{
    struct runway_answer answer = runway_read(&j->ev->reply, j->in->arena);
    const char *note = runway_words_of(j, &answer);
    switch (answer.class) {
    case RUNWAY_DONE: return shown(j, &answer);
    case RUNWAY_ABSENT: return missed(j);
    case RUNWAY_BUSY:
    case RUNWAY_LOST: return runway_back_off(j, note);
    case RUNWAY_REFUSED: break;
    }
    return poll_refused(j, note);
}

struct gv_effect runway_in_task(struct runway_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_REPLY: return poll_answered(j);
    case GV_EV_NO_REPLY: return j->ev->final ? poll_refused(j, runway_why(j)) : runway_back_off(j, runway_why(j));
    case GV_EV_TIMER:
    case GV_EV_RESUMED:
    case GV_EV_WAKE: return runway_poll_now(j);
    case GV_EV_CANCEL: return runway_cancel_task(j);
    default: return runway_nothing();
    }
}

/* ---- fetching --------------------------------------------------------------------------------------- */

/* A paid film is not given up. */
static struct gv_effect not_fetched(struct runway_job *j, const char *why)
{
    return runway_park(j, gv_arena_printf(j->in->arena, "%s (%s)", runway_park_note(j), why));
}

static struct gv_effect fetch_failed(struct runway_job *j)
{
    int status = j->ev->status;
    bool stale = status == 401 || status == 403 || status == 404 || status == 410;
    if (stale && ++j->s->url_refreshes <= RUNWAY_URL_REFRESHES_MAX)
        return gv_effect_note(runway_poll_now(j), "The link is not valid any more: asking for a fresh one.");
    if (stale || j->ev->final || ++j->s->fetch_tries >= RUNWAY_FETCH_TRIES_MAX)
        return not_fetched(j, runway_why(j));
    return runway_back_off(j, runway_why(j));
}

struct gv_effect runway_in_fetching(struct runway_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_FETCHED:
        if (j->ev->index != j->s->fetched)
            return runway_nothing();
        j->s->fetched++;
        j->s->fetch_tries = 0;
        return fetch_next(j);
    case GV_EV_FETCH_FAILED: return j->ev->index == j->s->fetched ? fetch_failed(j) : runway_nothing();
    case GV_EV_TIMER:
    case GV_EV_RESUMED: return fetch_next(j);
    case GV_EV_CANCEL: return runway_cancelled(j);
    default: return runway_nothing();
    }
}
