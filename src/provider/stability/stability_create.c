/* What is billed, and what becomes of it: drawing, submitting, running, uncertain. */
#include "provider/stability/stability_machine.h"

#include "base/error.h"

static bool is_drawing(const struct stability_job *j)
{
    return j->s->phase == STABILITY_DRAWING;
}

static const char *doing(const struct stability_job *j)
{
    return is_drawing(j) ? "make the picture" : "make the film";
}

/* ---- drawing, submitting ---------------------------------------------------------------------------- */

static struct gv_effect lost(struct stability_job *j, const char *note)
{
    struct stability_state *s = j->s;
    struct gv_arena *arena = j->in->arena;
    s->losses++;
    if (s->cancel_asked)
        return stability_cancelled(j);
    if (!stability_option_is(j->in->op, "resubmit_uncertain", "true") || s->losses >= STABILITY_LOSSES_MAX)
        return stability_park(j, gv_arena_printf(arena, "%s (%s)", stability_park_note(j), note));
    return stability_later(
        j, gv_arena_printf(arena, "%s; resubmit_uncertain repeats the create, which may be billed twice.", note));
}

static struct gv_effect drawn(struct stability_job *j, const struct stability_answer *answer)
{
    struct stability_result result;
    if (!stability_read_result(&result, answer, "image", j->ev, j->in->arena))
        return lost(j, "Stability answered a create of a picture without a picture");
    if (result.finish != STABILITY_FINE)
        return stability_filtered(j, &result, "picture");
    j->s->source = (struct gv_media){.kind = GV_MEDIA_BLOB, .blob = j->ev->lifted[result.lifted]};
    j->s->losses = 0;
    return gv_effect_note(stability_send_next(j),
                          j->s->cancel_asked
                              ? "Stopped before Stability had the film. The picture for it was made and billed."
                              : gv_arena_printf(j->in->arena, "The picture is made%s.", result.seed));
}

static struct gv_effect created(struct stability_job *j, const struct stability_answer *answer)
{
    const char *id = stability_read_created(answer);
    if (id == NULL)
        return lost(j, "Stability accepted something, but gave no id of 64 hex digits");
    j->s->task_id = id;
    j->s->created_ms = j->in->now_ms;
    j->s->losses = 0;
    if (j->s->cancel_asked)
        return stability_cancelled(j);
    stability_go(j, STABILITY_RUNNING);
    return gv_effect_note(gv_effect_wait(GV_WAIT_POLL, STABILITY_POLL_MS),
                          gv_arena_printf(j->in->arena, "Stability has the film as %s.", id));
}

/* A refused repeat of a create says nothing of the first one. */
static struct gv_effect create_refused(struct stability_job *j, const struct stability_answer *answer)
{
    if (j->s->losses > 0)
        return stability_park(j, gv_arena_printf(j->in->arena, "%s (The repeat: %s)", stability_park_note(j),
                                                 stability_words_of(j, answer)));
    if (!is_drawing(j) && stability_says_retired(answer))
        return stability_retired(j, answer);
    return stability_refused(j, answer, doing(j));
}

static struct gv_effect create_answered(struct stability_job *j)
{
    struct stability_answer answer = stability_read(&j->ev->reply, j->in->arena);
    const char *note = stability_words_of(j, &answer);
    if (!is_drawing(j) && answer.http == 501)
        return create_refused(j, &answer);
    switch (answer.class) {
    case STABILITY_DONE: return is_drawing(j) ? drawn(j, &answer) : created(j, &answer);
    case STABILITY_BUSY: return stability_later(j, note);
    case STABILITY_PENDING:
    case STABILITY_LOST: return lost(j, note);
    case STABILITY_ABSENT:
    case STABILITY_REFUSED: break;
    }
    return create_refused(j, &answer);
}

struct gv_effect stability_in_create(struct stability_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_REPLY: return create_answered(j);
    case GV_EV_NO_REPLY: return j->ev->sent == GV_NOT_SENT ? stability_not_sent(j) : lost(j, j->ev->why);
    case GV_EV_RESUMED: return lost(j, "a create was under way when the process ended");
    case GV_EV_CANCEL:
        j->s->cancel_asked = true;
        return gv_effect_note(stability_nothing(), "Stops as soon as Stability has answered the create under way.");
    default: return stability_nothing();
    }
}

/* ---- running ---------------------------------------------------------------------------------------- */

/* A film that may be paid is not given up: a person can mend the cause. */
static struct gv_effect unseen(struct stability_job *j, uint32_t *count, uint32_t max, const char *note)
{
    if (++*count <= max)
        return stability_back_off(j, note);
    *count = 0;
    if (j->s->adopting != NULL)
        return stability_not_adopted(j, note);
    return stability_park(j, gv_arena_printf(j->in->arena, "%s (%s)", stability_park_note(j), note));
}

static struct gv_effect missed(struct stability_job *j, const char *note)
{
    struct stability_state *s = j->s;
    struct gv_error error = {0};
    bool expired =
        s->adopting == NULL && s->created_ms != 0 && j->in->now_ms - s->created_ms > STABILITY_RESULT_LIVES_MS;
    if (!expired)
        return unseen(j, &s->misses, s->adopting != NULL ? GV_ADOPT_MISSES_MAX : STABILITY_MISSES_MAX, note);
    gv_fail(&error, GV_GENERATION_FAILED,
            "Stability's film %s has expired: results are kept for 24 hours, and this one was not fetched in time.",
            s->task_id);
    error.retryable = GV_YES;
    error.stage = GV_STAGE_FETCH;
    return stability_failed(j, &error);
}

static struct gv_effect ended(struct stability_job *j, const struct stability_answer *answer)
{
    struct stability_state *s = j->s;
    struct stability_result result;
    if (!stability_read_result(&result, answer, "video", j->ev, j->in->arena))
        return unseen(j, &s->spoiled, STABILITY_SPOILED_MAX, "Stability's answer holds no film that can be read.");
    if (result.finish != STABILITY_FINE)
        return stability_filtered(j, &result, "film");
    stability_go(j, STABILITY_SUCCEEDED);
    return (struct gv_effect){
        .kind = GV_EFF_SUCCEED,
        .keep = {{.lifted = result.lifted, .generation_id = s->task_id}},
        .keep_count = 1,
        .note = gv_arena_printf(j->in->arena, "The film is here%s.", result.seed),
        .progress = -1,
    };
}

static struct gv_effect poll_answered(struct stability_job *j)
{
    struct stability_state *s = j->s;
    struct stability_answer answer = stability_read(&j->ev->reply, j->in->arena);
    const char *note = stability_words_of(j, &answer);
    switch (answer.class) {
    case STABILITY_DONE: stability_seen(j); return ended(j, &answer);
    case STABILITY_PENDING:
        stability_seen(j);
        s->misses = s->refusals = s->spoiled = 0;
        return gv_effect_wait(GV_WAIT_POLL, STABILITY_POLL_MS);
    case STABILITY_BUSY:
    case STABILITY_LOST: return stability_back_off(j, note);
    case STABILITY_ABSENT: return missed(j, note);
    case STABILITY_REFUSED: break;
    }
    return unseen(j, &s->refusals, STABILITY_REFUSALS_MAX, note);
}

struct gv_effect stability_in_running(struct stability_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_REPLY: return poll_answered(j);
    case GV_EV_NO_REPLY:
        return j->ev->final ? unseen(j, &j->s->refusals, 0, j->ev->why) : stability_back_off(j, j->ev->why);
    case GV_EV_TIMER: return stability_poll_now(j);
    case GV_EV_RESUMED: return gv_effect_wait(GV_WAIT_POLL, STABILITY_POLL_MS); /* the last poll may be just over */
    case GV_EV_CANCEL: return stability_cancelled(j);
    default: return stability_nothing();
    }
}

/* ---- uncertain -------------------------------------------------------------------------------------- */

const char *stability_objection(const struct stability_job *j)
{
    const struct stability_state *s = j->s;
    bool adopts = j->ev->resolution == GV_RESOLVE_ADOPT;
    if (j->ev->resolution == GV_RESOLVE_LOOK_UP && s->task_id == NULL)
        return "Stability can't be asked for a film without its id.";
    if (adopts && s->task_id == NULL && (s->losses == 0 || stability_needs_picture(j)))
        return "No create of a film was under way, so there is none to adopt.";
    if (adopts && j->ev->task_id != NULL && !stability_is_task_id(j->ev->task_id))
        return "A film's id has 64 hex digits; that one has not.";
    return NULL;
}

static struct gv_effect adopt(struct stability_job *j)
{
    j->s->adopting = gv_arena_strdup(j->in->arena, j->ev->task_id);
    j->s->misses = j->s->refusals = 0;
    return stability_poll_now(j);
}

static struct gv_effect send_again(struct stability_job *j)
{
    j->s->task_id = NULL;
    j->s->losses = 0;
    return stability_send_next(j);
}

static struct gv_effect give_up(struct stability_job *j)
{
    struct gv_error error = {0};
    gv_fail(&error, GV_GENERATION_FAILED, "Given up by hand. %s", stability_park_note(j));
    error.retryable = GV_YES;
    error.stage = GV_STAGE_CREATE;
    return stability_failed(j, &error);
}

static struct gv_effect resolved(struct stability_job *j)
{
    const char *objection = stability_objection(j);
    if (objection != NULL)
        return stability_park(j, gv_arena_printf(j->in->arena, "%s %s", objection, stability_park_note(j)));
    switch (j->ev->resolution) {
    case GV_RESOLVE_LOOK_UP: return stability_poll_now(j);
    case GV_RESOLVE_ADOPT: return adopt(j);
    case GV_RESOLVE_RESUBMIT: return send_again(j);
    case GV_RESOLVE_GIVE_UP: break;
    }
    return give_up(j);
}

struct gv_effect stability_in_uncertain(struct stability_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_RESOLVE: return resolved(j);
    case GV_EV_RESUMED: return stability_park(j, stability_park_note(j));
    case GV_EV_CANCEL: return stability_cancelled(j);
    default: return stability_nothing();
    }
}
