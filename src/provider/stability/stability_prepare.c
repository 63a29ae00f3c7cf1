/* From the wish to a picture of the right size: new, fetching_input, probing, shaping. */
#include "provider/stability/stability_machine.h"

#include "base/error.h"

/* ---- what is next ----------------------------------------------------------------------------------- */

static struct gv_effect fetch_input(struct stability_job *j, const struct stability_plan *plan)
{
    stability_go(j, STABILITY_FETCHING_INPUT);
    return (struct gv_effect){
        .kind = GV_EFF_FETCH,
        .fetch = {.url = plan->image->url, .input = true, .want = "image/"},
        .progress = -1,
    };
}

static struct gv_effect call_in(struct stability_job *j, enum stability_phase phase, struct gv_call call)
{
    stability_go(j, phase);
    return gv_effect_call(&call);
}

/* A picture that is paid waits for a person to mend the cause. `fit`: the picture is not at fault. */
static struct gv_effect unshaped(struct stability_job *j, bool fit, const char *why)
{
    struct gv_error error = {0};
    if (stability_is_from_text(j))
        return stability_park(
            j, gv_arena_printf(j->in->arena, "%s (It can't be scaled: %s)", stability_park_note(j), why));
    if (fit)
        gv_fail(&error, GV_INTERNAL_ERROR, "The picture can't be scaled here: %.500s", why);
    else
        gv_fail_field(&error, GV_INVALID_INPUT, "input.image.data", "The picture can't be used: %.500s", why);
    error.retryable = fit ? GV_YES : GV_NO;
    error.charged = GV_NO;
    error.stage = GV_STAGE_INPUT;
    return stability_failed(j, &error);
}

static struct gv_effect shape(struct stability_job *j, const struct stability_plan *plan)
{
    const struct gv_blob_info *source = &j->s->source.blob;
    const struct stability_size *size = stability_size_of(plan->ratio, source);
    if (size == NULL)
        return unshaped(j, false,
                        "its size is not known, and so the nearest ratio isn't; say square, portrait or landscape");
    stability_go(j, STABILITY_SHAPING);
    return (struct gv_effect){
        .kind = GV_EFF_TRANSFORM,
        .transform = {.blob = *source, .width = size->width, .height = size->height},
        .progress = -1,
    };
}

struct gv_effect stability_send_next(struct stability_job *j)
{
    struct stability_state *s = j->s;
    struct stability_plan plan;
    struct gv_admission admission;
    struct gv_error error = {0};
    struct gv_arena *arena = j->in->arena;
    if (s->cancel_asked)
        return stability_cancelled(j);
    if (stability_make_plan(&plan, &admission, j->in->op, arena, &error) != GV_OK) {
        error.stage = GV_STAGE_INPUT;
        error.charged = s->losses > 0 ? GV_UNKNOWN : GV_NO;
        return stability_failed(j, &error);
    }
    if (s->source.kind == GV_MEDIA_UNSET && plan.image == NULL && !s->probed)
        return call_in(j, STABILITY_PROBING, stability_call_probe(j->in->job_id, arena));
    if (s->source.kind == GV_MEDIA_UNSET && plan.image == NULL)
        return call_in(j, STABILITY_DRAWING, stability_call_draw(&plan, j->in->job_id, arena));
    if (s->source.kind == GV_MEDIA_UNSET && plan.image->kind == GV_MEDIA_URL)
        return fetch_input(j, &plan);
    if (s->source.kind == GV_MEDIA_UNSET)
        s->source = *plan.image;
    if (s->frame.kind == GV_MEDIA_UNSET)
        return shape(j, &plan);
    return call_in(j, STABILITY_SUBMITTING, stability_call_create(&plan, &s->frame.blob, j->in->job_id, arena));
}

/* ---- new -------------------------------------------------------------------------------------------- */

struct gv_effect stability_in_new(struct stability_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_START:
    case GV_EV_RESUMED:
    case GV_EV_TIMER: return stability_send_next(j);
    case GV_EV_CANCEL: return stability_cancelled(j);
    default: return stability_nothing();
    }
}

/* ---- fetching_input --------------------------------------------------------------------------------- */

static struct gv_effect input_failed(struct stability_job *j)
{
    struct gv_error error = {0};
    int status = j->ev->status;
    bool gone = status >= 400 && status < 500 && status != 408 && status != 429;
    if (!gone && !j->ev->final && ++j->s->input_tries < STABILITY_INPUT_TRIES_MAX)
        return stability_later(j, j->ev->why);
    gv_fail_field(&error, GV_INVALID_INPUT, "input.image.data", "The picture can't be fetched: %.500s", j->ev->why);
    error.retryable = gone || j->ev->final ? GV_NO : GV_YES;
    error.charged = GV_NO;
    error.stage = GV_STAGE_INPUT;
    return stability_failed(j, &error);
}

struct gv_effect stability_in_fetching_input(struct stability_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_FETCHED:
        j->s->input_tries = 0;
        j->s->source = (struct gv_media){.kind = GV_MEDIA_BLOB, .blob = j->ev->blob};
        return stability_send_next(j);
    case GV_EV_FETCH_FAILED: return input_failed(j);
    case GV_EV_RESUMED: return stability_send_next(j);
    case GV_EV_CANCEL: return stability_cancelled(j);
    default: return stability_nothing();
    }
}

/* ---- probing: before a picture is paid for that no film could be made of ---------------------------- */

static struct gv_effect probed(struct stability_job *j)
{
    j->s->probed = true;
    return stability_send_next(j);
}

static struct gv_effect probe_answered(struct stability_job *j)
{
    struct stability_answer answer = stability_read(&j->ev->reply, j->in->arena);
    if (stability_says_retired(&answer))
        return stability_retired(j, &answer);
    if (answer.http == 401 || answer.http == 402)
        return stability_refused(j, &answer, "make the film");
    if (answer.class == STABILITY_BUSY)
        return stability_later(j, stability_words_of(j, &answer));
    if (answer.class == STABILITY_LOST && ++j->s->probes < STABILITY_PROBES_MAX)
        return stability_later(j, stability_words_of(j, &answer));
    return probed(j);
}

struct gv_effect stability_in_probing(struct stability_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_REPLY: return probe_answered(j);
    case GV_EV_NO_REPLY: return stability_not_sent(j);
    case GV_EV_RESUMED: return stability_send_next(j);
    case GV_EV_CANCEL: return stability_cancelled(j);
    default: return stability_nothing();
    }
}

/* ---- shaping ---------------------------------------------------------------------------------------- */

static struct gv_effect shape_failed(struct stability_job *j)
{
    const char *why = j->ev->why != NULL ? j->ev->why : "no reason known";
    if (!j->ev->final && ++j->s->input_tries < STABILITY_INPUT_TRIES_MAX)
        return stability_later(j, why);
    return unshaped(j, !j->ev->final, why);
}

struct gv_effect stability_in_shaping(struct stability_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_TRANSFORMED:
        j->s->input_tries = 0;
        j->s->frame = (struct gv_media){.kind = GV_MEDIA_BLOB, .blob = j->ev->blob};
        return stability_send_next(j);
    case GV_EV_TRANSFORM_FAILED: return shape_failed(j);
    case GV_EV_RESUMED: return stability_send_next(j);
    case GV_EV_CANCEL: return stability_cancelled(j);
    default: return stability_nothing();
    }
}
