/* From the wish to the task: new, speaking, identifying, submitting, looking_up, uncertain. */
#include "provider/kling/kling_machine.h"

#include "base/error.h"

static const char *doing(const struct kling_job *j)
{
    switch (j->s->phase) {
    case KLING_SPEAKING: return "make the speech";
    case KLING_IDENTIFYING: return "look for a face";
    default: return "create the task";
    }
}

/* ---- sending ---------------------------------------------------------------------------------------- */

/* Sends what is next. The external id is a function of the job's, so that no crash can make a second one. */
static struct gv_effect send_next(struct kling_job *j)
{
    struct kling_state *s = j->s;
    struct kling_plan plan;
    struct gv_admission admission;
    struct gv_error error = {0};
    if (s->cancel_asked)
        return kling_cancelled(j);
    if (kling_make_plan(&plan, &admission, j->in->op, j->in->model, j->in->credential_set, j->in->arena, &error)) {
        error.stage = GV_STAGE_INPUT;
        error.charged = s->posts > 0 ? GV_UNKNOWN : GV_NO;
        return kling_failed(j, &error);
    }
    if (j->in->settings != NULL)
        plan.callback_url = j->in->settings->values[KLING_AT_CALLBACK_URL];
    if (s->external_id == NULL)
        s->external_id = gv_arena_printf(j->in->arena, KLING_EXTERNAL_PREFIX "%s", j->in->job_id);
    enum kling_phase phase = kling_next_send(j);
    struct gv_call call;
    if (phase == KLING_SPEAKING)
        call = kling_call_speak(&plan, s, j->in->arena);
    else if (phase == KLING_IDENTIFYING)
        call = kling_call_identify(&plan, s, j->in->arena);
    else
        call = kling_call_create(&plan, s, j->in->arena);
    if (phase == KLING_SUBMITTING)
        s->posts++;
    s->lookups = 0;
    kling_go(j, phase);
    return gv_effect_call(&call);
}

static uint32_t busy_ms(const struct kling_job *j)
{
    uint32_t told = j->ev->kind == GV_EV_REPLY ? j->ev->reply.retry_after_ms : 0;
    return told > KLING_RETRY_MS ? told : KLING_RETRY_MS;
}

static struct gv_effect look_up(struct kling_job *j)
{
    kling_go(j, KLING_LOOKING_UP);
    struct gv_call call = kling_call_look_up(j->route, j->s, j->in->credential_set, j->in->arena);
    return gv_effect_call(&call);
}

/* The call that was under way did not arrive; an earlier create may have. */
static struct gv_effect send_later(struct kling_job *j, const char *note)
{
    struct kling_state *s = j->s;
    if (s->phase == KLING_SUBMITTING)
        s->posts--;
    if (s->posts > 0) {
        s->lookups = KLING_LOOKUPS_MAX - 1;
        kling_go(j, KLING_LOOKING_UP);
    } else {
        kling_go(j, KLING_NEW);
        if (s->cancel_asked)
            return kling_cancelled(j);
    }
    return gv_effect_note(gv_effect_wait(GV_WAIT_BACKOFF, busy_ms(j)), note);
}

/* ---- answers ---------------------------------------------------------------------------------------- */

static enum gv_known side_calls_charged(const struct kling_state *s)
{
    return s->audio_id != NULL || s->session_id != NULL ? GV_YES : GV_NO;
}

static bool is_repeat(const struct kling_job *j)
{
    return j->s->phase == KLING_SUBMITTING && j->s->posts > 1;
}

/* A refused repeat of a create says nothing of the first one: look on, and leave the rest to a person. */
static struct gv_effect repeat_refused(struct kling_job *j, const char *why)
{
    j->s->posts = KLING_POSTS_MAX;
    return gv_effect_note(look_up(j), why);
}

static struct gv_effect refused(struct kling_job *j, const struct kling_answer *answer)
{
    struct kling_state *s = j->s;
    if (is_repeat(j))
        return repeat_refused(j, kling_words_of(j, answer));
    struct gv_error error = kling_refusal(answer, doing(j), GV_STAGE_CREATE, side_calls_charged(s));
    return kling_failed(j, &error);
}

/* Credentials that can't sign, or a policy or limit of ours that forbids the call: no later try can help. */
static struct gv_effect not_sent(struct kling_job *j)
{
    struct kling_state *s = j->s;
    struct gv_error error = {0};
    if (!j->ev->final)
        return send_later(j, j->ev->why);
    if (is_repeat(j))
        return repeat_refused(j, j->ev->why);
    gv_fail(&error, GV_INTERNAL_ERROR, "Could not %s: %s.", doing(j), j->ev->why);
    error.retryable = GV_NO;
    error.charged = side_calls_charged(s);
    error.stage = GV_STAGE_CREATE;
    return kling_failed(j, &error);
}

static struct gv_effect sign_again(struct kling_job *j, const struct kling_answer *answer)
{
    if (!kling_may_sign_again(j))
        return refused(j, answer);
    if (j->s->phase == KLING_SUBMITTING)
        j->s->posts--;
    return gv_effect_note(send_next(j), kling_words_of(j, answer));
}

/* The create is under way and can't be called back: its answer decides. */
static struct gv_effect remember_cancel(struct kling_job *j)
{
    j->s->cancel_asked = true;
    return gv_effect_note(kling_nothing(), "Stops as soon as Kling has answered the call under way.");
}

/* ---- new -------------------------------------------------------------------------------------------- */

struct gv_effect kling_in_new(struct kling_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_START:
    case GV_EV_RESUMED:
    case GV_EV_TIMER: return send_next(j);
    case GV_EV_CANCEL: return kling_cancelled(j);
    default: return kling_nothing();
    }
}

/* ---- speaking, identifying: billed, and without an external id -------------------------------------- */

static struct gv_effect lost_unnamed(struct kling_job *j)
{
    if (j->s->cancel_asked)
        return kling_cancelled(j);
    if (!kling_option_is_true(j, "resubmit_uncertain") || j->s->repeats >= KLING_POSTS_MAX - 1)
        return kling_park(j, kling_park_note(j));
    j->s->repeats++;
    kling_go(j, KLING_NEW);
    return kling_back_off("The answer was lost; resubmit_uncertain repeats the call, which may be billed twice.");
}

static struct gv_effect spoken(struct kling_job *j, const struct kling_answer *answer)
{
    struct kling_task task;
    if (kling_read_task(&task, answer, NULL, false) && task.status == KLING_ENDED_BADLY)
        return kling_task_failed(j, &task);
    return kling_read_speech(j->s, answer) ? send_next(j) : lost_unnamed(j);
}

static struct gv_effect identified(struct kling_job *j, const struct kling_answer *answer)
{
    struct gv_error error = {0};
    switch (kling_read_faces(j->s, answer)) {
    case KLING_FACES_FOUND: return send_next(j);
    case KLING_FACES_UNREADABLE: return lost_unnamed(j);
    case KLING_FACES_NONE: break;
    }
    gv_fail_field(&error, GV_INVALID_INPUT, "video", "Kling found no face in the video; lip-sync needs one.");
    error.retryable = GV_NO;
    error.charged = GV_YES;
    error.stage = GV_STAGE_CREATE;
    return kling_failed(j, &error);
}

static struct gv_effect side_answered(struct kling_job *j)
{
    struct kling_answer answer = kling_read_answer(j);
    switch (answer.class) {
    case KLING_DONE: return j->s->phase == KLING_SPEAKING ? spoken(j, &answer) : identified(j, &answer);
    case KLING_BUSY: return send_later(j, kling_words_of(j, &answer));
    case KLING_CLOCK: return sign_again(j, &answer);
    case KLING_LOST: return lost_unnamed(j);
    case KLING_EXISTS:
    case KLING_ABSENT:
    case KLING_REFUSED: break;
    }
    return refused(j, &answer);
}

struct gv_effect kling_in_side_call(struct kling_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_REPLY: return side_answered(j);
    case GV_EV_NO_REPLY: return j->ev->sent == GV_NOT_SENT ? not_sent(j) : lost_unnamed(j);
    case GV_EV_RESUMED: return lost_unnamed(j);
    case GV_EV_CANCEL: return remember_cancel(j);
    default: return kling_nothing();
    }
}

/* ---- submitting ------------------------------------------------------------------------------------- */

static struct gv_effect lost(struct kling_job *j, const char *note)
{
    j->s->lookups = 0;
    return gv_effect_note(look_up(j), note);
}

static struct gv_effect created(struct kling_job *j, const struct kling_answer *answer)
{
    const char *id = kling_read_created(answer);
    if (id == NULL)
        return lost(j, "Kling accepted something, but named no task.");
    j->s->task_id = id;
    if (j->s->cancel_asked)
        return kling_cancelled(j);
    kling_go(j, KLING_RUNNING);
    return gv_effect_note(gv_effect_wait(GV_WAIT_POLL, KLING_POLL_FIRST_MS),
                          gv_arena_printf(j->in->arena, "Kling has it as task %s.", id));
}

static struct gv_effect create_answered(struct kling_job *j)
{
    struct kling_answer answer = kling_read_answer(j);
    switch (answer.class) {
    case KLING_DONE: return created(j, &answer);
    case KLING_BUSY: return send_later(j, kling_words_of(j, &answer));
    case KLING_CLOCK: return sign_again(j, &answer);
    case KLING_EXISTS:
    case KLING_LOST: return lost(j, kling_words_of(j, &answer));
    case KLING_ABSENT:
    case KLING_REFUSED: break;
    }
    return refused(j, &answer);
}

struct gv_effect kling_in_submitting(struct kling_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_REPLY: return create_answered(j);
    case GV_EV_NO_REPLY: return j->ev->sent == GV_NOT_SENT ? not_sent(j) : lost(j, j->ev->why);
    case GV_EV_RESUMED: return lost(j, "A create was under way when the process ended.");
    case GV_EV_CANCEL: return remember_cancel(j);
    default: return kling_nothing();
    }
}

/* ---- looking_up ------------------------------------------------------------------------------------- */

static struct gv_effect found(struct kling_job *j, const char *task_id)
{
    j->s->task_id = task_id;
    j->s->refusals = 0;
    if (j->s->cancel_asked)
        return kling_cancelled(j);
    return gv_effect_note(kling_poll_now(j),
                          gv_arena_printf(j->in->arena, "Found task %s by our external id.", task_id));
}

/* Absent may mean not visible yet: look again, and only then send the same create with the same id. */
static struct gv_effect absent(struct kling_job *j)
{
    struct kling_state *s = j->s;
    if (s->cancel_asked)
        return kling_cancelled(j);
    if (++s->lookups < KLING_LOOKUPS_MAX)
        return gv_effect_note(gv_effect_wait(GV_WAIT_BACKOFF, KLING_LOOK_UP_MS), "Not visible at Kling, or not yet.");
    bool safe = kling_products[j->route.product].refuses_duplicates || kling_option_is_true(j, "resubmit_uncertain");
    if (!safe || s->posts >= KLING_POSTS_MAX)
        return kling_park(j, kling_park_note(j));
    return gv_effect_note(send_next(j), "Not there after several looks: sent again with the same external id.");
}

static struct gv_effect look_up_unclear(struct kling_job *j, const char *note)
{
    return j->s->cancel_asked ? kling_cancelled(j) : kling_back_off(note);
}

static struct gv_effect look_up_refused(struct kling_job *j, const char *note)
{
    if (!j->s->cancel_asked && ++j->s->refusals > KLING_REFUSALS_MAX) {
        j->s->refusals = 0;
        return kling_park(j, gv_arena_printf(j->in->arena, "%s (The last look-up: %s)", kling_park_note(j), note));
    }
    return look_up_unclear(j, note);
}

/* A list without the task says that it isn't there; a single task that isn't ours says nothing. */
static struct gv_effect looked_up(struct kling_job *j, const struct kling_answer *answer, const char *note)
{
    struct kling_task task;
    if (kling_read_task(&task, answer, j->s->external_id, false))
        return found(j, task.id);
    return answer->data != NULL && answer->data->kind == GV_JSON_ARRAY ? absent(j) : look_up_unclear(j, note);
}

static struct gv_effect look_up_answered(struct kling_job *j)
{
    struct kling_answer answer = kling_read_answer(j);
    const char *note = kling_words_of(j, &answer);
    switch (answer.class) {
    case KLING_DONE: return looked_up(j, &answer, note);
    case KLING_ABSENT: return absent(j);
    case KLING_BUSY:
    case KLING_LOST: return look_up_unclear(j, note);
    case KLING_CLOCK: return kling_may_sign_again(j) ? gv_effect_note(look_up(j), note) : look_up_refused(j, note);
    case KLING_EXISTS:
    case KLING_REFUSED: break;
    }
    return look_up_refused(j, note);
}

struct gv_effect kling_in_looking_up(struct kling_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_REPLY: return look_up_answered(j);
    case GV_EV_NO_REPLY: return j->ev->final ? look_up_refused(j, j->ev->why) : look_up_unclear(j, j->ev->why);
    case GV_EV_TIMER:
    case GV_EV_RESUMED:
    case GV_EV_WAKE: return look_up(j);
    case GV_EV_CANCEL: j->s->cancel_asked = true; return look_up(j);
    default: return kling_nothing();
    }
}

/* ---- uncertain -------------------------------------------------------------------------------------- */

/* A lost call for speech or a face: Kling keeps no task of it. */
static bool lacks_task(const struct kling_job *j)
{
    return j->s->task_id == NULL && kling_next_send(j) != KLING_SUBMITTING;
}

const char *kling_objection(const struct kling_job *j)
{
    bool adopts = j->ev->resolution == GV_RESOLVE_ADOPT;
    if (!adopts && j->ev->resolution != GV_RESOLVE_LOOK_UP)
        return NULL;
    if (!lacks_task(j))
        return adopts && j->ev->task_id != NULL ? gv_task_id_objection(j->ev->task_id, KLING_ID_BYTES_MAX) : NULL;
    const char *call = kling_next_send(j) == KLING_SPEAKING ? "makes speech" : "looks for a face";
    return adopts ? gv_arena_printf(j->in->arena, "A call that %s is no task that could be adopted.", call)
                  : gv_arena_printf(j->in->arena, "Kling has no way to ask for a call that %s.", call);
}

/* One look; if it finds nothing, the job is parked again. */
static struct gv_effect look_once(struct kling_job *j)
{
    struct kling_state *s = j->s;
    if (s->task_id != NULL)
        return kling_poll_now(j);
    if (lacks_task(j))
        return kling_park(j, kling_park_note(j));
    s->lookups = KLING_LOOKUPS_MAX - 1;
    s->posts = KLING_POSTS_MAX;
    return look_up(j);
}

static struct gv_effect adopt(struct kling_job *j)
{
    j->s->adopting = gv_arena_strdup(j->in->arena, j->ev->task_id);
    j->s->misses = j->s->refusals = 0;
    return kling_poll_now(j);
}

static struct gv_effect give_up(struct kling_job *j)
{
    struct gv_error error = {0};
    gv_fail(&error, GV_GENERATION_FAILED, "Given up by hand. %s", kling_park_note(j));
    error.retryable = GV_YES;
    error.stage = GV_STAGE_CREATE;
    return kling_failed(j, &error);
}

static struct gv_effect resolved(struct kling_job *j)
{
    const char *objection = kling_objection(j);
    if (objection != NULL)
        return kling_park(j, gv_arena_printf(j->in->arena, "%s %s", objection, kling_park_note(j)));
    switch (j->ev->resolution) {
    case GV_RESOLVE_LOOK_UP: return look_once(j);
    case GV_RESOLVE_ADOPT: return adopt(j);
    case GV_RESOLVE_RESUBMIT: j->s->task_id = NULL; return send_next(j);
    case GV_RESOLVE_GIVE_UP: break;
    }
    return give_up(j);
}

struct gv_effect kling_in_uncertain(struct kling_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_RESOLVE: return resolved(j);
    case GV_EV_WAKE: return look_once(j);
    case GV_EV_RESUMED: return kling_park(j, kling_park_note(j));
    case GV_EV_CANCEL: return kling_cancelled(j);
    default: return kling_nothing();
    }
}
