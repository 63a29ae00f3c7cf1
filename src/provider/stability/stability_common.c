/* What several of the machine's handlers end in. */
#include "provider/stability/stability_machine.h"

#include <stdio.h>

#include "base/error.h"

void stability_go(struct stability_job *j, enum stability_phase phase)
{
    gv_phase_go(&gv_provider_stability, j->s, (int)phase);
}

struct gv_effect stability_nothing(void)
{
    return (struct gv_effect){.kind = GV_EFF_NOTHING, .progress = -1};
}

bool stability_is_from_text(const struct stability_job *j)
{
    return j->in->op->u.generate.input.kind == GV_INPUT_TEXT;
}

/* The picture was paid for. */
static bool is_drawn(const struct stability_job *j)
{
    return stability_is_from_text(j) && j->s->source.kind != GV_MEDIA_UNSET;
}

bool stability_needs_picture(const struct stability_job *j)
{
    return stability_is_from_text(j) && !is_drawn(j);
}

static const char *picture_words(const struct stability_job *j)
{
    return is_drawn(j) ? " The picture for it was made and billed." : "";
}

/* ---- failures --------------------------------------------------------------------------------------- */

/* What was paid for the picture stays paid, however the film ended. */
struct gv_effect stability_failed(struct stability_job *j, struct gv_error *error)
{
    if (is_drawn(j) && error->charged == GV_NO)
        error->charged = GV_YES;
    snprintf(error->provider, sizeof(error->provider), "%s", gv_provider_stability.name);
    stability_go(j, STABILITY_FAILED);
    return gv_effect_fail(error);
}

struct gv_effect stability_refused(struct stability_job *j, const struct stability_answer *answer, const char *doing)
{
    struct gv_error error = stability_refusal(answer, doing, GV_STAGE_CREATE);
    return stability_failed(j, &error);
}

struct gv_effect stability_retired(struct stability_job *j, const struct stability_answer *answer)
{
    struct gv_error error = {0};
    gv_fail(&error, GV_UNSUPPORTED_FEATURE,
            "Stability's hosted video API was retired on " STABILITY_RETIRED_ON
            ", and the server answered HTTP %d: %.200s. Set STABILITY_BASE_URL to a self-hosted or compatible one, or "
            "choose another provider.%s",
            answer->http, answer->message, picture_words(j));
    snprintf(error.provider_code, sizeof(error.provider_code), "%d", answer->http);
    error.retryable = error.charged = GV_NO;
    error.stage = GV_STAGE_CREATE;
    return stability_failed(j, &error);
}

struct gv_effect stability_filtered(struct stability_job *j, const struct stability_result *result, const char *what)
{
    struct gv_error error = {0};
    if (result->finish == STABILITY_FILTERED)
        gv_fail(&error, GV_GENERATION_FAILED,
                "Stability's moderation blurred the %s: it is not kept. Change the words or the picture.%s", what,
                picture_words(j));
    else
        gv_fail(&error, GV_GENERATION_FAILED,
                "Stability finished the %s with \"%.64s\", which it does not document: it is not kept.%s", what,
                result->word, picture_words(j));
    snprintf(error.provider_code, sizeof(error.provider_code), "%.63s", result->word);
    error.retryable = result->finish == STABILITY_FILTERED ? GV_NO : GV_UNKNOWN;
    error.stage = GV_STAGE_OUTPUT;
    return stability_failed(j, &error);
}

/* ---- other ends ------------------------------------------------------------------------------------- */

struct gv_effect stability_cancelled(struct stability_job *j)
{
    const struct stability_state *s = j->s;
    struct gv_arena *arena = j->in->arena;
    const char *note;
    if (s->task_id != NULL)
        note = gv_arena_printf(arena,
                               "Stopped here. Stability has no cancel: film %s renders on, may be billed, and is kept "
                               "there for 24 hours.%s",
                               s->task_id, picture_words(j));
    else if (s->losses > 0)
        note = gv_arena_printf(arena,
                               "Stopped here. Whether Stability took the create of the %s is not known; if it did, it "
                               "may be billed, and can't be stopped.%s",
                               stability_needs_picture(j) ? "picture" : "film", picture_words(j));
    else
        note = gv_arena_printf(arena, "Stopped before Stability had the film.%s", picture_words(j));
    stability_go(j, STABILITY_CANCELLED);
    return gv_effect_note((struct gv_effect){.kind = GV_EFF_CANCELLED, .progress = -1}, note);
}

/* Who wants it stopped is not asked what is to become of it. */
struct gv_effect stability_park(struct stability_job *j, const char *note)
{
    if (j->s->cancel_asked)
        return stability_cancelled(j);
    stability_go(j, STABILITY_UNCERTAIN);
    return gv_effect_note((struct gv_effect){.kind = GV_EFF_PARK, .progress = -1}, note);
}

const char *stability_park_note(const struct stability_job *j)
{
    const struct stability_state *s = j->s;
    struct gv_arena *arena = j->in->arena;
    if (s->task_id != NULL)
        return gv_arena_printf(arena,
                               "Stability has film %s, but does not show it. Settle it by a look-up when the cause is "
                               "mended: it is kept for 24 hours, and shown to the API key that started it only.",
                               s->task_id);
    if (s->losses == 0)
        return gv_arena_printf(arena, "Waits to go on.%s Have it sent again when the cause is mended, or give it up.",
                               picture_words(j));
    if (stability_needs_picture(j))
        return "The answer to the create of the picture was lost, and Stability can't be asked for it. Whether it was "
               "billed shows in the account's balance alone. Resolve as lost to have it made again, or give the "
               "job up.";
    return gv_arena_printf(arena,
                           "The answer to the create of the film was lost, and Stability can't be asked for a film "
                           "without its id. Whether it was billed shows in the account's balance alone. Resolve with "
                           "the id (64 hex digits) if you have it, or as lost to have it sent again, or give the job "
                           "up.%s",
                           picture_words(j));
}

/* ---- a film that a person named --------------------------------------------------------------------- */

void stability_seen(struct stability_job *j)
{
    struct stability_state *s = j->s;
    if (s->adopting == NULL)
        return;
    s->task_id = s->adopting;
    s->adopting = NULL;
    s->created_ms = 0;
    s->losses = 0;
}

struct gv_effect stability_not_adopted(struct stability_job *j, const char *why)
{
    const char *id = j->s->adopting;
    j->s->adopting = NULL;
    j->s->misses = j->s->refusals = 0;
    return stability_park(j, gv_not_adopted_note(j->in->arena, id, why, stability_park_note(j)));
}

/* ---- time-outs -------------------------------------------------------------------------------------- */

static struct gv_effect out_of_time(struct stability_job *j, bool running)
{
    struct gv_error error = {0};
    if (running)
        gv_fail(&error, GV_GENERATION_FAILED,
                "The job's time is over, and Stability's film %s has not ended; it renders on and may be billed.%s",
                j->s->task_id, picture_words(j));
    else
        gv_fail(&error, GV_GENERATION_FAILED, "The job's time was over before Stability had the film.%s",
                picture_words(j));
    error.retryable = GV_YES;
    error.charged = running ? GV_UNKNOWN : GV_NO;
    error.stage = running ? GV_STAGE_RENDER : GV_STAGE_CREATE;
    return stability_failed(j, &error);
}

/* What was sent may be paid: only what surely was not, or renders on for nobody, ends here. */
struct gv_effect stability_deadline(struct stability_job *j)
{
    switch ((enum stability_phase)j->s->phase) {
    case STABILITY_DRAWING:
    case STABILITY_SUBMITTING: j->s->losses++; break;
    case STABILITY_NEW:
    case STABILITY_FETCHING_INPUT:
    case STABILITY_PROBING:
    case STABILITY_SHAPING: break;
    case STABILITY_RUNNING:
        return j->s->adopting != NULL ? stability_not_adopted(j, "the job's time is over") : out_of_time(j, true);
    default: return stability_nothing();
    }
    if (j->s->losses == 0)
        return out_of_time(j, false);
    return stability_park(j, gv_arena_printf(j->in->arena, "The job's time is over. %s", stability_park_note(j)));
}

/* ---- waits and answers ------------------------------------------------------------------------------ */

const char *stability_words_of(const struct stability_job *j, const struct stability_answer *answer)
{
    return gv_arena_printf(j->in->arena, "Stability answered HTTP %d: %s", answer->http, answer->message);
}

struct gv_effect stability_back_off(const struct stability_job *j, const char *note)
{
    bool reply = j->ev->kind == GV_EV_REPLY;
    uint32_t told = reply ? j->ev->reply.retry_after_ms : 0;
    uint32_t least = reply && j->ev->reply.status == 429 ? STABILITY_LOCKED_OUT_MS
                     : j->s->phase == STABILITY_RUNNING  ? STABILITY_POLL_MS
                                                         : STABILITY_RETRY_MS;
    return gv_effect_note(gv_effect_wait(GV_WAIT_BACKOFF, told > least ? told : least), note);
}

struct gv_effect stability_later(struct stability_job *j, const char *note)
{
    stability_go(j, STABILITY_NEW);
    return j->s->cancel_asked ? stability_cancelled(j) : stability_back_off(j, note);
}

struct gv_effect stability_not_sent(struct stability_job *j)
{
    struct gv_error error = {0};
    if (!j->ev->final)
        return stability_later(j, j->ev->why);
    if (is_drawn(j) || j->s->losses > 0)
        return stability_park(j, gv_arena_printf(j->in->arena, "%s (%s)", stability_park_note(j), j->ev->why));
    gv_fail(&error, GV_INTERNAL_ERROR, "Nothing could be sent to Stability: %.500s", j->ev->why);
    error.retryable = GV_YES;
    error.charged = GV_NO;
    error.stage = GV_STAGE_CREATE;
    return stability_failed(j, &error);
}

struct gv_effect stability_poll_now(struct stability_job *j)
{
    stability_go(j, STABILITY_RUNNING);
    const char *id = j->s->adopting != NULL ? j->s->adopting : j->s->task_id;
    struct gv_call call = stability_call_poll(id, j->in->arena);
    return gv_effect_call(&call);
}
