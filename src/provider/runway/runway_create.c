/* From the wish to the task: new, reserving, uploading, imaging, submitting, uncertain. */
#include "provider/runway/runway_machine.h"

#include <string.h>

#include "base/assert.h"
#include "base/error.h"

/* ---- sending ---------------------------------------------------------------------------------------- */

static bool plan_of(struct runway_plan *out, struct runway_job *j, struct gv_error *err)
{
    struct gv_admission admission;
    return runway_make_plan(out, &admission, j->in->op, j->in->model, j->in->arena, err) == GV_OK;
}

/* The first file that goes up first and has not, or whose upload is as good as over; NULL: none. */
static const struct gv_blob_info *next_file(const struct runway_job *j, const struct runway_plan *plan)
{
    const struct gv_media *media[RUNWAY_MEDIA_MAX];
    size_t count = runway_plan_media(media, plan);
    for (size_t i = 0; i < count; i++) {
        if (media[i]->kind == GV_MEDIA_BLOB && !runway_goes_inside(&media[i]->blob) &&
            runway_uploaded_uri(j->s, media[i]->blob.sha256) == NULL)
            return &media[i]->blob;
    }
    return NULL;
}

static void forget_old_uploads(struct runway_job *j)
{
    struct runway_state *s = j->s;
    struct runway_upload *kept = GV_NEW_ARRAY(j->in->arena, struct runway_upload, s->upload_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < s->upload_count; i++) {
        if (s->uploads[i].until_ms > j->in->now_ms)
            kept[count++] = s->uploads[i];
    }
    s->uploads = kept;
    s->upload_count = count;
}

static struct gv_effect send_plan(struct runway_job *j, const struct runway_plan *plan)
{
    struct runway_state *s = j->s;
    struct gv_arena *arena = j->in->arena;
    struct gv_call call;
    const struct gv_blob_info *file = next_file(j, plan);
    if (file != NULL) {
        runway_go(j, RUNWAY_RESERVING);
        call = runway_call_slot(file, arena);
    } else if (runway_needs_image(j)) {
        runway_go(j, RUNWAY_IMAGING);
        call = runway_call_image(plan, arena);
    } else if (j->route == RUNWAY_TEXT_BY_TWO && s->image_url == NULL) {
        return runway_poll_now(j);
    } else {
        runway_go(j, RUNWAY_SUBMITTING);
        call = runway_call_create(plan, s, arena);
    }
    return gv_effect_call(&call);
}

struct gv_effect runway_send_next(struct runway_job *j)
{
    struct runway_plan plan;
    struct gv_error error = {0};
    if (j->s->cancel_asked)
        return runway_cancelled(j);
    if (!plan_of(&plan, j, &error)) {
        error.stage = GV_STAGE_INPUT;
        error.charged = j->s->losses > 0 ? GV_UNKNOWN : GV_NO;
        return runway_failed(j, &error);
    }
    forget_old_uploads(j);
    return send_plan(j, &plan);
}

/* What was under way did not happen, or does not matter. */
static struct gv_effect send_later(struct runway_job *j, const char *note)
{
    runway_go(j, RUNWAY_NEW);
    return j->s->cancel_asked ? runway_cancelled(j) : runway_back_off(j, note);
}

/* Our own limits or credentials stopped it: nothing was sent, and nothing would be. */
static struct gv_effect not_sent(struct runway_job *j)
{
    struct gv_error error = {0};
    if (j->s->losses > 0)
        return runway_park(j, gv_arena_printf(j->in->arena, "%s (%s)", runway_park_note(j), runway_why(j)));
    gv_fail(&error, GV_INTERNAL_ERROR, "Could not send to Runway: %s", runway_why(j));
    error.retryable = GV_NO;
    error.charged = GV_NO;
    error.stage = GV_STAGE_CREATE;
    return runway_failed(j, &error);
}

static struct gv_effect refused(struct runway_job *j, const struct runway_answer *answer, const char *doing)
{
    struct gv_error error = runway_refusal(answer, doing, GV_STAGE_CREATE, GV_NO);
    return runway_failed(j, &error);
}

/* ---- new -------------------------------------------------------------------------------------------- */

struct gv_effect runway_in_new(struct runway_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_START:
    case GV_EV_RESUMED:
    case GV_EV_TIMER: return runway_send_next(j);
    case GV_EV_CANCEL: return runway_cancelled(j);
    default: return runway_nothing();
    }
}

/* ---- reserving, uploading: not billed, so a lost answer costs a slot that nobody fills --------------- */

static struct gv_effect upload_failed(struct runway_job *j, const char *note)
{
    struct gv_error error = {0};
    j->s->slot_uri = NULL;
    if (++j->s->slots < RUNWAY_SLOTS_MAX)
        return send_later(j, note);
    gv_fail(&error, GV_INTERNAL_ERROR, "Could not upload a file to Runway in %u tries; the last: %.300s", j->s->slots,
            note);
    error.retryable = GV_YES;
    error.charged = GV_NO;
    error.stage = GV_STAGE_CREATE;
    return runway_failed(j, &error);
}

static struct gv_effect reserved(struct runway_job *j, const struct runway_answer *answer)
{
    struct runway_slot slot;
    struct runway_plan plan;
    struct gv_error error = {0};
    if (!runway_read_slot(&slot, answer, j->in->job_id, j->in->arena))
        return upload_failed(j, "Runway's answer names no upload slot that can be used.");
    const struct gv_blob_info *file = plan_of(&plan, j, &error) ? next_file(j, &plan) : NULL;
    if (file == NULL)
        return runway_send_next(j);
    j->s->slot_uri = slot.uri;
    runway_go(j, RUNWAY_UPLOADING);
    struct gv_call call = runway_call_upload(&slot, file, j->in->job_id, j->in->arena);
    return gv_effect_call(&call);
}

static struct gv_effect slot_answered(struct runway_job *j)
{
    struct runway_answer answer = runway_read(&j->ev->reply, j->in->arena);
    switch (answer.class) {
    case RUNWAY_DONE: return reserved(j, &answer);
    case RUNWAY_BUSY:
    case RUNWAY_LOST: return send_later(j, runway_words_of(j, &answer));
    case RUNWAY_ABSENT:
    case RUNWAY_REFUSED: break;
    }
    return refused(j, &answer, "take a file");
}

struct gv_effect runway_in_reserving(struct runway_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_REPLY: return slot_answered(j);
    case GV_EV_NO_REPLY: return j->ev->final ? not_sent(j) : send_later(j, runway_why(j));
    case GV_EV_TIMER:
    case GV_EV_RESUMED: return runway_send_next(j);
    case GV_EV_CANCEL: return runway_cancelled(j);
    default: return runway_nothing();
    }
}

static struct gv_effect uploaded(struct runway_job *j)
{
    struct runway_state *s = j->s;
    struct runway_plan plan;
    struct gv_error error = {0};
    const struct gv_blob_info *file = plan_of(&plan, j, &error) ? next_file(j, &plan) : NULL;
    if (file == NULL || s->slot_uri == NULL)
        return runway_send_next(j);
    struct runway_upload *all = GV_NEW_ARRAY(j->in->arena, struct runway_upload, s->upload_count + 1);
    if (s->upload_count > 0)
        memcpy(all, s->uploads, sizeof(*all) * s->upload_count);
    all[s->upload_count++] = (struct runway_upload){.sha256 = gv_arena_strdup(j->in->arena, file->sha256),
                                                    .uri = s->slot_uri,
                                                    .until_ms = j->in->now_ms + RUNWAY_UPLOAD_LIVES_MS};
    s->uploads = all;
    s->slot_uri = NULL;
    s->slots = 0;
    return runway_send_next(j);
}

struct gv_effect runway_in_uploading(struct runway_job *j)
{
    int http = j->ev->reply.status;
    switch (j->ev->kind) {
    case GV_EV_REPLY:
        if (http >= 200 && http < 300)
            return uploaded(j);
        return upload_failed(j, gv_arena_printf(j->in->arena, "The upload was answered by HTTP %d.", http));
    case GV_EV_NO_REPLY: return j->ev->final ? not_sent(j) : upload_failed(j, runway_why(j));
    case GV_EV_TIMER:
    case GV_EV_RESUMED: j->s->slot_uri = NULL; return runway_send_next(j);
    case GV_EV_CANCEL: return runway_cancelled(j);
    default: return runway_nothing();
    }
}

/* ---- imaging, submitting: billed, and without anything to look them up by --------------------------- */

static struct gv_effect lost(struct runway_job *j, const char *note)
{
    j->s->losses++;
    if (j->s->cancel_asked)
        return runway_cancelled(j);
    if (!runway_option_is(j->in->op, "resubmit_uncertain", "true") || j->s->losses >= RUNWAY_LOSSES_MAX)
        return runway_park(j, gv_arena_printf(j->in->arena, "%s (%s)", runway_park_note(j), note));
    runway_go(j, RUNWAY_NEW);
    return runway_back_off(
        j,
        gv_arena_printf(j->in->arena, "%s; resubmit_uncertain repeats the create, which may be billed twice.", note));
}

static struct gv_effect created(struct runway_job *j, const struct runway_answer *answer)
{
    struct gv_arena *arena = j->in->arena;
    bool image = j->s->phase == RUNWAY_IMAGING;
    const char *id = runway_read_created(answer);
    if (id == NULL)
        return lost(j, "Runway accepted something, but named no task");
    if (image)
        j->s->image_task_id = id;
    else
        j->s->task_id = id;
    j->s->losses = 0;
    if (j->s->cancel_asked)
        return runway_cancel_task(j);
    runway_go(j, image ? RUNWAY_IMAGE_RUNNING : RUNWAY_RUNNING);
    double credits = gv_json_real(answer->json, "estimatedCost.credits", -1);
    const char *cost = credits < 0 ? "" : gv_arena_printf(arena, ", for at most %g credits", credits);
    return gv_effect_note(
        gv_effect_wait(GV_WAIT_POLL, RUNWAY_POLL_MS),
        gv_arena_printf(arena, "Runway has %s as task %s%s.", image ? "the picture" : "the film", id, cost));
}

/* A refused repeat of a create says nothing of the first one. */
static struct gv_effect create_refused(struct runway_job *j, const struct runway_answer *answer)
{
    if (j->s->losses == 0)
        return refused(j, answer, j->s->phase == RUNWAY_IMAGING ? "make the picture" : "make the film");
    const char *note = runway_words_of(j, answer);
    return runway_park(j, gv_arena_printf(j->in->arena, "%s (The repeat: %s)", runway_park_note(j), note));
}

static struct gv_effect create_answered(struct runway_job *j)
{
    struct runway_answer answer = runway_read(&j->ev->reply, j->in->arena);
    switch (answer.class) {
    case RUNWAY_DONE: return created(j, &answer);
    case RUNWAY_BUSY: return send_later(j, runway_words_of(j, &answer));
    case RUNWAY_LOST: return lost(j, runway_words_of(j, &answer));
    case RUNWAY_ABSENT:
    case RUNWAY_REFUSED: break;
    }
    return create_refused(j, &answer);
}

struct gv_effect runway_in_create(struct runway_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_REPLY: return create_answered(j);
    case GV_EV_NO_REPLY:
        if (j->ev->sent != GV_NOT_SENT)
            return lost(j, runway_why(j));
        return j->ev->final ? not_sent(j) : send_later(j, runway_why(j));
    case GV_EV_RESUMED: return lost(j, "a create was under way when the process ended");
    case GV_EV_CANCEL:
        j->s->cancel_asked = true;
        return gv_effect_note(runway_nothing(), "Stops as soon as Runway has answered the create under way.");
    default: return runway_nothing();
    }
}

/* ---- uncertain -------------------------------------------------------------------------------------- */

const char *runway_objection(const struct runway_job *j)
{
    if (j->ev->resolution == GV_RESOLVE_LOOK_UP && !runway_has_task(j))
        return "Runway can't be asked for a task without its id.";
    bool names = j->ev->resolution == GV_RESOLVE_ADOPT && j->ev->task_id != NULL;
    return names ? gv_task_id_objection(j->ev->task_id, RUNWAY_ID_BYTES_MAX) : NULL;
}

static struct gv_effect look(struct runway_job *j)
{
    return runway_has_task(j) ? runway_poll_now(j) : runway_park(j, runway_park_note(j));
}

static struct gv_effect adopt(struct runway_job *j)
{
    j->s->adopting = gv_arena_strdup(j->in->arena, j->ev->task_id);
    return runway_poll_now(j);
}

/* The picture's link may have expired while nobody decided. */
static struct gv_effect resubmit(struct runway_job *j)
{
    if (j->s->losses == 0 && j->s->task_id == NULL)
        j->s->image_task_id = NULL;
    j->s->task_id = NULL;
    j->s->image_url = NULL;
    j->s->output_count = 0;
    j->s->fetched = 0;
    j->s->losses = 0;
    return runway_send_next(j);
}

static struct gv_effect give_up(struct runway_job *j)
{
    struct gv_error error = {0};
    gv_fail(&error, GV_GENERATION_FAILED, "Given up by hand. %s", runway_park_note(j));
    error.retryable = GV_YES;
    error.charged = j->s->losses == 0 && j->s->output_count > 0 ? GV_YES : GV_UNKNOWN;
    error.stage = GV_STAGE_CREATE;
    return runway_failed(j, &error);
}

static struct gv_effect resolved(struct runway_job *j)
{
    const char *objection = runway_objection(j);
    if (objection != NULL)
        return runway_park(j, gv_arena_printf(j->in->arena, "%s %s", objection, runway_park_note(j)));
    switch (j->ev->resolution) {
    case GV_RESOLVE_LOOK_UP: return look(j);
    case GV_RESOLVE_ADOPT: return adopt(j);
    case GV_RESOLVE_RESUBMIT: return resubmit(j);
    case GV_RESOLVE_GIVE_UP: break;
    }
    return give_up(j);
}

struct gv_effect runway_in_uncertain(struct runway_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_RESOLVE: j->s->misses = j->s->refusals = j->s->url_refreshes = j->s->fetch_tries = 0; return resolved(j);
    case GV_EV_WAKE: return look(j);
    case GV_EV_RESUMED: return runway_park(j, runway_park_note(j));
    case GV_EV_CANCEL: return runway_has_task(j) ? runway_cancel_task(j) : runway_cancelled(j);
    default: return runway_nothing();
    }
}
