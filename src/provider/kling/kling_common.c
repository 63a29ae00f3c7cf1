/* What several of the machine's handlers end in. */
#include "provider/kling/kling_machine.h"

#include <stdio.h>

#include "base/error.h"

void kling_go(struct kling_job *j, enum kling_phase phase)
{
    gv_phase_go(&gv_provider_kling, j->s, (int)phase);
}

struct gv_effect kling_nothing(void)
{
    return (struct gv_effect){.kind = GV_EFF_NOTHING, .progress = -1};
}

bool kling_option_is_true(const struct kling_job *j, const char *key)
{
    return kling_option_is(j->in->op, key, "true");
}

enum kling_phase kling_next_send(const struct kling_job *j)
{
    if (j->route.product != KLING_LIP_SYNC)
        return KLING_SUBMITTING;
    if (j->in->op->u.lip_sync.audio.kind == GV_AUDIO_FROM_TEXT && j->s->audio_id == NULL)
        return KLING_SPEAKING;
    return j->s->session_id == NULL ? KLING_IDENTIFYING : KLING_SUBMITTING;
}

/* ---- ends ------------------------------------------------------------------------------------------- */

struct gv_effect kling_failed(struct kling_job *j, struct gv_error *error)
{
    snprintf(error->provider, sizeof(error->provider), "kling");
    kling_go(j, KLING_FAILED);
    return gv_effect_fail(error);
}

/* Speech and face cost a little, and stay paid. */
static const char *side_costs(const struct kling_job *j)
{
    if (j->s->session_id != NULL)
        return j->s->audio_id != NULL ? " The speech and the look for a face were billed."
                                      : " The look for a face was billed.";
    return j->s->audio_id != NULL ? " The speech was billed." : "";
}

struct gv_effect kling_cancelled(struct kling_job *j)
{
    const struct kling_state *s = j->s;
    struct gv_arena *arena = j->in->arena;
    const char *note;
    if (s->phase == KLING_FETCHING)
        note = gv_arena_printf(arena,
                               "Stopped here. Kling's task %s is finished and billed; its film stays there for "
                               "30 days.",
                               s->task_id);
    else if (s->task_id != NULL)
        note = gv_arena_printf(arena, "Stopped here. Kling has no cancel: task %s renders on and may be billed.",
                               s->task_id);
    else if (s->posts > 0)
        note = gv_arena_printf(arena,
                               "Stopped here. Whether Kling took the task is not known; if it did, it renders "
                               "on under the external id %s and may be billed.",
                               s->external_id);
    else if (kling_next_send(j) != KLING_SUBMITTING &&
             (s->phase == (int)kling_next_send(j) || s->phase == KLING_UNCERTAIN))
        note = "Stopped here, before the task was created. The call under way may be billed.";
    else
        note = gv_arena_printf(arena, "Stopped before Kling had the task.%s", side_costs(j));
    kling_go(j, KLING_CANCELLED);
    return gv_effect_note((struct gv_effect){.kind = GV_EFF_CANCELLED, .progress = -1}, note);
}

/* Who wants it stopped is not asked what is to become of it. */
struct gv_effect kling_park(struct kling_job *j, const char *note)
{
    if (j->s->cancel_asked)
        return kling_cancelled(j);
    kling_go(j, KLING_UNCERTAIN);
    return gv_effect_note((struct gv_effect){.kind = GV_EFF_PARK, .progress = -1}, note);
}

const char *kling_park_note(const struct kling_job *j)
{
    const struct kling_state *s = j->s;
    if (s->task_id != NULL)
        return gv_arena_printf(j->in->arena,
                               "Kling has task %s, but refuses to show it. Settle it by a look-up when "
                               "the cause is mended; the film stays there for 30 days.",
                               s->task_id);
    if (kling_next_send(j) == KLING_SPEAKING)
        return "The answer to a call that makes speech (0.05 units) was lost, and Kling has no way to ask for it. "
               "Resolve as lost to repeat it, or give the job up.";
    if (kling_next_send(j) == KLING_IDENTIFYING)
        return "The answer to a call that looks for a face (0.05 units) was lost, and Kling has no way to ask for it. "
               "Resolve as lost to repeat it, or give the job up.";
    return gv_arena_printf(j->in->arena,
                           "The answer to the create was lost, and Kling shows no task with the external "
                           "id %s. Look for it in Kling's console; then resolve with its task id, or as "
                           "lost to send it again with the same external id, or give the job up.",
                           s->external_id);
}

/* ---- a task that a person named --------------------------------------------------------------------- */

void kling_seen(struct kling_job *j)
{
    struct kling_state *s = j->s;
    if (s->adopting == NULL)
        return;
    s->task_id = s->adopting;
    s->adopting = NULL;
    s->fetched = 0;
    s->output_count = 0;
}

struct gv_effect kling_not_adopted(struct kling_job *j, const char *why)
{
    const char *id = j->s->adopting;
    j->s->adopting = NULL;
    j->s->misses = j->s->refusals = 0;
    return kling_park(j, gv_not_adopted_note(j->in->arena, id, why, kling_park_note(j)));
}

/* ---- time-outs -------------------------------------------------------------------------------------- */

/* What was sent may be paid: only what surely was not, or renders on for nobody, ends here. */
struct gv_effect kling_deadline(struct kling_job *j)
{
    struct gv_error error = {0};
    struct gv_arena *arena = j->in->arena;
    switch ((enum kling_phase)j->s->phase) {
    case KLING_NEW:
        gv_fail(&error, GV_GENERATION_FAILED, "The job's time is over, and Kling has not taken the task.%s",
                side_costs(j));
        error.charged = *side_costs(j) != '\0' ? GV_YES : GV_NO;
        error.stage = GV_STAGE_CREATE;
        error.retryable = GV_YES;
        return kling_failed(j, &error);
    case KLING_RUNNING:
        if (j->s->adopting != NULL)
            return kling_not_adopted(j, "the job's time is over");
        gv_fail(&error, GV_GENERATION_FAILED,
                "The job's time is over, and Kling's task %.64s has not ended; it renders on and may be billed.",
                j->s->task_id);
        error.stage = GV_STAGE_RENDER;
        error.retryable = GV_YES;
        return kling_failed(j, &error);
    case KLING_SPEAKING:
    case KLING_IDENTIFYING:
    case KLING_SUBMITTING:
    case KLING_LOOKING_UP:
        return kling_park(j, gv_arena_printf(arena, "The job's time is over. %s", kling_park_note(j)));
    case KLING_FETCHING: return kling_park(j, kling_unfetched_note(j, "the job's time is over"));
    default: return kling_nothing();
    }
}

const char *kling_unfetched_note(const struct kling_job *j, const char *why)
{
    return gv_arena_printf(j->in->arena,
                           "Kling's task %.64s is finished and billed, but its film could not be fetched: %.300s. It "
                           "stays at Kling for 30 days; resolve by a look-up when the cause is mended.",
                           j->s->task_id, why != NULL ? why : "no reason known");
}

/* ---- answers ---------------------------------------------------------------------------------------- */

const char *kling_words_of(const struct kling_job *j, const struct kling_answer *answer)
{
    return gv_arena_printf(j->in->arena, "Kling answered HTTP %d, code %lld: %s", answer->http, (long long)answer->code,
                           answer->message);
}

struct kling_answer kling_read_answer(struct kling_job *j)
{
    struct kling_answer answer = kling_read(&j->ev->reply, j->in->arena);
    if (answer.class != KLING_CLOCK)
        j->s->resigns = 0;
    return answer;
}

bool kling_may_sign_again(struct kling_job *j)
{
    if (j->s->resigns >= KLING_RESIGNS_MAX)
        return false;
    j->s->resigns++;
    if (j->ev->reply.date_s != 0)
        j->s->clock_skew_s = j->ev->reply.date_s - j->in->now_ms / 1000;
    return true;
}

struct gv_effect kling_task_failed(struct kling_job *j, const struct kling_task *task)
{
    struct gv_error error = {0};
    bool moderated = kling_is_moderation(task->message);
    gv_fail(&error, GV_GENERATION_FAILED, "%s task %s: %s.", moderated ? "Kling's moderation stopped" : "Kling failed",
            task->id, *task->message != '\0' ? task->message : "it gave no reason");
    error.retryable = moderated ? GV_NO : GV_UNKNOWN;
    error.charged = GV_NO;
    error.stage = GV_STAGE_RENDER;
    return kling_failed(j, &error);
}

struct gv_effect kling_back_off(const char *note)
{
    return gv_effect_note(gv_effect_wait(GV_WAIT_BACKOFF, KLING_RETRY_MS), note);
}

struct gv_effect kling_poll_now(struct kling_job *j)
{
    kling_go(j, KLING_RUNNING);
    struct gv_call call = kling_call_poll(j->route, j->s, j->in->arena);
    return gv_effect_call(&call);
}
