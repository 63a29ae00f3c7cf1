/* Stopping: what is known to run is stopped at Runway, what is finished is left alone, and the note says which it was.
 *
 *    cancelling --ask--> still at work --DELETE--> 204, or 404 now: the provider stopped it
 *        |                  |  ^ answer lost: ask again (a DELETE of a finished task would destroy the film)
 *        |                  '--'
 *        +--> finished, failed or gone already: said as it is */
#include "provider/runway/runway_machine.h"

static struct gv_effect end(struct runway_job *j, const char *note)
{
    runway_go(j, RUNWAY_CANCELLED);
    return gv_effect_note((struct gv_effect){.kind = GV_EFF_CANCELLED, .progress = -1}, note);
}

/* ---- without a task --------------------------------------------------------------------------------- */

struct gv_effect runway_cancelled(struct runway_job *j)
{
    struct gv_arena *arena = j->in->arena;
    if (j->s->phase == RUNWAY_FETCHING)
        return end(j, gv_arena_printf(arena,
                                      "Stopped here. Runway's task %s is finished and billed; its film stays there "
                                      "until its links expire, 24 to 48 hours after the end.",
                                      j->s->task_id));
    if (j->s->losses > 0)
        return end(j, gv_arena_printf(arena,
                                      "Stopped here. Whether Runway took the task is not known, and it can't be asked; "
                                      "if it did, it renders on and may be billed.%s",
                                      runway_image_words(j)));
    return end(j, gv_arena_printf(arena, "Stopped before Runway had the task.%s", runway_image_words(j)));
}

/* ---- cancelling ------------------------------------------------------------------------------------- */

struct gv_effect runway_cancel_task(struct runway_job *j)
{
    runway_go(j, RUNWAY_CANCELLING);
    j->s->delete_sent = false;
    struct gv_call call = runway_call_poll(runway_task_of(j), j->in->arena);
    return gv_effect_call(&call);
}

static struct gv_effect send_delete(struct runway_job *j)
{
    j->s->deletes++;
    j->s->delete_sent = true;
    runway_go(j, RUNWAY_CANCELLING);
    struct gv_call call = runway_call_delete(runway_task_of(j), j->in->arena);
    return gv_effect_call(&call);
}

static struct gv_effect stopped(struct runway_job *j)
{
    return end(j, gv_arena_printf(j->in->arena, "Runway stopped and removed task %s.", runway_task_of(j)));
}

struct gv_effect runway_not_stopped(struct runway_job *j, const char *why)
{
    return end(j,
               gv_arena_printf(j->in->arena,
                               "Stopped here. Whether Runway stopped task %s is not known (%s): it may render on and "
                               "be billed.",
                               runway_task_of(j), why));
}

static struct gv_effect try_later(struct runway_job *j, const char *why)
{
    return ++j->s->cancel_tries > RUNWAY_CANCEL_TRIES_MAX ? runway_not_stopped(j, why) : runway_back_off(j, why);
}

static struct gv_effect over(struct runway_job *j, const struct runway_task *task, const char *what)
{
    return end(j, gv_arena_printf(j->in->arena, "Stopped here. Runway's task %s %s%s.", task->id, what,
                                  runway_cost_words(task->credits, j->in->arena)));
}

static struct gv_effect shown(struct runway_job *j, const struct runway_answer *answer)
{
    struct runway_task task;
    bool image = runway_is_image(j);
    if (!runway_read_task(&task, answer, runway_task_of(j), image, j->in->arena))
        return try_later(j, "Runway answered with something that is not the task");
    runway_seen(j);
    if (j->s->delete_sent)
        return runway_nothing(); /* asked before the DELETE, which is under way: a second one would stop it */
    switch (task.status) {
    case RUNWAY_PENDING:
    case RUNWAY_THROTTLED:
    case RUNWAY_RENDERING: return send_delete(j);
    case RUNWAY_ENDED_WELL:
        return over(j, &task,
                    image ? "had made the picture already, which is billed; no film was begun"
                          : "was finished already and is billed; its film stays there until its links "
                            "expire, 24 to 48 hours after the end");
    case RUNWAY_ENDED_BADLY: return over(j, &task, "had failed already");
    case RUNWAY_STOPPED: return stopped(j);
    case RUNWAY_STATUS_UNKNOWN: break;
    }
    return runway_not_stopped(j, gv_arena_printf(j->in->arena, "its status is \"%.64s\"", task.word));
}

/* A 404 before any DELETE may be of a task that is too young to be shown; one that a person named is none of ours
 * before it is shown. */
static struct gv_effect absent(struct runway_job *j)
{
    if (j->s->adopting != NULL) {
        j->s->adopting = NULL;
        return runway_has_task(j) ? runway_cancel_task(j) : runway_cancelled(j);
    }
    return j->s->deletes > 0 ? stopped(j) : send_delete(j);
}

/* An answer is read by its content: that of a poll which was under way tells as much as that of our own. */
static struct gv_effect answered(struct runway_job *j)
{
    if (j->ev->reply.status == 204)
        return j->s->deletes > 0 ? stopped(j) : try_later(j, "Runway answered a question with nothing");
    struct runway_answer answer = runway_read(&j->ev->reply, j->in->arena);
    switch (answer.class) {
    case RUNWAY_DONE: return shown(j, &answer);
    case RUNWAY_ABSENT: return absent(j);
    case RUNWAY_BUSY:
    case RUNWAY_LOST:
    case RUNWAY_REFUSED: break;
    }
    return try_later(j, runway_words_of(j, &answer));
}

struct gv_effect runway_in_cancelling(struct runway_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_REPLY: return answered(j);
    case GV_EV_NO_REPLY: return j->ev->final ? runway_not_stopped(j, runway_why(j)) : try_later(j, runway_why(j));
    case GV_EV_TIMER:
    case GV_EV_RESUMED: return runway_cancel_task(j);
    default: return runway_nothing();
    }
}
