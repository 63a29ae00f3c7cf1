/* What several of the machine's handlers end in. */
#include "provider/runway/runway_machine.h"

#include <stdio.h>

#include "base/error.h"

void runway_go(struct runway_job *j, enum runway_phase phase)
{
    gv_phase_go(&gv_provider_runway, j->s, (int)phase);
}

struct gv_effect runway_nothing(void)
{
    return (struct gv_effect){.kind = GV_EFF_NOTHING, .progress = -1};
}

bool runway_needs_image(const struct runway_job *j)
{
    return j->route == RUNWAY_TEXT_BY_TWO && j->s->image_task_id == NULL;
}

const char *runway_task_of(const struct runway_job *j)
{
    const struct runway_state *s = j->s;
    return s->adopting != NULL ? s->adopting : s->task_id != NULL ? s->task_id : s->image_task_id;
}

/* Of what a person named it is known by what is missing. */
bool runway_is_image(const struct runway_job *j)
{
    const struct runway_state *s = j->s;
    bool lacks_image = j->route == RUNWAY_TEXT_BY_TWO && (s->image_task_id == NULL || s->losses == 0);
    return s->task_id == NULL && (s->adopting == NULL || lacks_image);
}

bool runway_has_task(const struct runway_job *j)
{
    return j->s->losses == 0 && runway_task_of(j) != NULL;
}

const char *runway_image_words(const struct runway_job *j)
{
    if (j->s->image_task_id == NULL)
        return "";
    return gv_arena_printf(j->in->arena, " The picture for it was made and billed (task %s).", j->s->image_task_id);
}

/* ---- ends ------------------------------------------------------------------------------------------- */

/* What was paid for the picture stays paid, however the film ended. */
struct gv_effect runway_failed(struct runway_job *j, struct gv_error *error)
{
    if (j->s->image_task_id != NULL && error->charged == GV_NO)
        error->charged = GV_YES;
    snprintf(error->provider, sizeof(error->provider), "%s", gv_provider_runway.name);
    runway_go(j, RUNWAY_FAILED);
    return gv_effect_fail(error);
}

/* Who wants it stopped is not asked what is to become of it. */
struct gv_effect runway_park(struct runway_job *j, const char *note)
{
    if (j->s->cancel_asked)
        return runway_cancelled(j);
    runway_go(j, RUNWAY_UNCERTAIN);
    return gv_effect_note((struct gv_effect){.kind = GV_EFF_PARK, .progress = -1}, note);
}

const char *runway_park_note(const struct runway_job *j)
{
    const struct runway_state *s = j->s;
    const char *task = runway_task_of(j);
    if (s->losses == 0 && s->output_count > 0)
        return gv_arena_printf(j->in->arena,
                               "Runway's task %s is finished and billed, but its film is not fetched. It stays there "
                               "until its links expire, 24 to 48 hours after the end; resolve by a look-up when the "
                               "cause is mended.",
                               task);
    if (s->losses == 0 && task != NULL)
        return gv_arena_printf(j->in->arena,
                               "Runway has task %s, but does not show it. Resolve by a look-up when the cause is "
                               "mended; the links to its film live 24 to 48 hours.",
                               task);
    return gv_arena_printf(j->in->arena,
                           "The answer to the create of %s was lost, and Runway can't be asked for a task without its "
                           "id. Look in the usage pages of https://dev.runwayml.com whether a generation began then; "
                           "if so, adopt its task id, else resubmit it, or give it up.%s",
                           runway_needs_image(j) ? "the picture" : "the film", runway_image_words(j));
}

/* ---- a task that a person named --------------------------------------------------------------------- */

void runway_seen(struct runway_job *j)
{
    struct runway_state *s = j->s;
    if (s->adopting == NULL)
        return;
    *(runway_is_image(j) ? &s->image_task_id : &s->task_id) = s->adopting;
    s->adopting = NULL;
    s->losses = s->fetched = 0;
    s->output_count = 0;
}

struct gv_effect runway_not_adopted(struct runway_job *j, const char *why)
{
    const char *id = j->s->adopting;
    j->s->adopting = NULL;
    j->s->misses = j->s->refusals = 0;
    return runway_park(j, gv_not_adopted_note(j->in->arena, id, why, runway_park_note(j)));
}

/* ---- time-outs -------------------------------------------------------------------------------------- */

static struct gv_effect out_of_time(struct runway_job *j, enum gv_stage stage, enum gv_known charged, const char *what)
{
    struct gv_error error = {0};
    gv_fail(&error, GV_GENERATION_FAILED, "The job's time is over, and %s", what);
    error.retryable = GV_YES;
    error.charged = charged;
    error.stage = stage;
    return runway_failed(j, &error);
}

/* What was sent may be paid: only what surely was not, or renders on for nobody, ends here. */
struct gv_effect runway_deadline(struct runway_job *j)
{
    struct gv_arena *arena = j->in->arena;
    switch ((enum runway_phase)j->s->phase) {
    case RUNWAY_IMAGING:
    case RUNWAY_SUBMITTING: j->s->losses++; break;
    case RUNWAY_NEW:
    case RUNWAY_RESERVING:
    case RUNWAY_UPLOADING:
        if (j->s->losses > 0)
            break;
        return out_of_time(j, GV_STAGE_CREATE, GV_NO,
                           gv_arena_printf(arena, "Runway has not taken the task.%s", runway_image_words(j)));
    case RUNWAY_IMAGE_RUNNING:
    case RUNWAY_RUNNING:
        if (j->s->adopting != NULL)
            return runway_not_adopted(j, "the job's time is over");
        return out_of_time(j, GV_STAGE_RENDER, GV_UNKNOWN,
                           gv_arena_printf(arena,
                                           "Runway's task %.64s has not ended; it goes on there and may be billed.",
                                           runway_task_of(j)));
    case RUNWAY_FETCHING: break;
    case RUNWAY_CANCELLING: return runway_not_stopped(j, "the job's time is over");
    default: return runway_nothing();
    }
    return runway_park(j, gv_arena_printf(arena, "The job's time is over. %s", runway_park_note(j)));
}

/* ---- waits and answers ------------------------------------------------------------------------------ */

const char *runway_why(const struct runway_job *j)
{
    return j->ev->why != NULL ? j->ev->why : "no reason known";
}

const char *runway_words_of(const struct runway_job *j, const struct runway_answer *answer)
{
    return gv_arena_printf(j->in->arena, "Runway answered HTTP %d: %s", answer->http, answer->message);
}

struct gv_effect runway_back_off(const struct runway_job *j, const char *note)
{
    uint32_t told = j->ev->kind == GV_EV_REPLY ? j->ev->reply.retry_after_ms : 0;
    return gv_effect_note(gv_effect_wait(GV_WAIT_BACKOFF, told > RUNWAY_RETRY_MS ? told : RUNWAY_RETRY_MS), note);
}

struct gv_effect runway_poll_now(struct runway_job *j)
{
    runway_go(j, runway_is_image(j) ? RUNWAY_IMAGE_RUNNING : RUNWAY_RUNNING);
    struct gv_call call = runway_call_poll(runway_task_of(j), j->in->arena);
    return gv_effect_call(&call);
}
