/* Runway's machine: one phase table, one handler per phase.
 *
 *                 small files, URLs
 *    new ------------------------------------------+
 *     |  large file                                |
 *     +----> reserving --slot--> uploading --all up+
 *     |         ^------next file------'            |
 *     |                                            v
 *     +--text without text_to_video--> imaging     |
 *     |                                   |id      |
 *     |                                   v        |
 *     |                           image_running    |
 *     |                                   |picture |
 *     v                                   v        v
 *     +-----------------------------> submitting <-+
 *                                         |id
 *                                         v
 *                 +--stale links----> running
 *                 |                       |films
 *                 +----------------- fetching --all stored--> succeeded
 *
 *    busy, or never sent: back to new.  refused, or the task failed: failed.
 *    imaging, submitting: answer lost -> uncertain (parked), for nothing can look it up.
 *    cancel: image_running, running -> cancelling -> cancelled; imaging and submitting are awaited first.
 *    deadline: failed where nothing is lost by it, else uncertain.  A finished film that can't be fetched: uncertain.
 *    A person leads uncertain to image_running, running, submitting, imaging, failed or cancelled.
 *    The task that a person named is the job's once Runway has shown it; if it never does: back to uncertain.
 *
 * Pay once: Runway has no external id, no idempotency key and no list (README, section 1), so a create whose answer was
 * lost is never repeated but by order. */
#include "base/assert.h"
#include "provider/runway/runway_machine.h"

/* ---- phases ----------------------------------------------------------------------------------------- */

#define AS_ROW(phase, word, status, next, flags) [phase] = {#word, status, next, flags},
static const struct gv_phase phases[RUNWAY_PHASE_COUNT] = {RUNWAY_PHASES(AS_ROW)};

/* ---- the state in the journal ----------------------------------------------------------------------- */

static const struct gv_field output_fields[] = {GV_STRING(struct runway_output, url, 0)};
static const struct gv_schema output_schema = GV_RECORD_SCHEMA("runway-output", struct runway_output, output_fields);

static const struct gv_field upload_fields[] = {
    GV_STRING(struct runway_upload, sha256, 0),
    GV_STRING(struct runway_upload, uri, 0),
    GV_I64(struct runway_upload, until_ms, 0),
};
static const struct gv_schema upload_schema = GV_RECORD_SCHEMA("runway-upload", struct runway_upload, upload_fields);

#define TEXT(member) GV_STRING(struct runway_state, member, GV_FIELD_OPTIONAL)
#define NUMBER(member) GV_U32(struct runway_state, member, 0)

static const struct gv_field state_fields[] = {
    GV_LIST(struct runway_state, "uploads", uploads, upload_count, struct runway_upload, GV_SHAPE_RECORD,
            &upload_schema, GV_FIELD_OPTIONAL, NULL),
    TEXT(slot_uri),
    NUMBER(slots),
    TEXT(image_task_id),
    TEXT(image_url),
    TEXT(task_id),
    TEXT(adopting),
    GV_LIST(struct runway_state, "outputs", outputs, output_count, struct runway_output, GV_SHAPE_RECORD,
            &output_schema, GV_FIELD_OPTIONAL, NULL),
    NUMBER(fetched),
    NUMBER(losses),
    NUMBER(misses),
    NUMBER(refusals),
    NUMBER(url_refreshes),
    NUMBER(fetch_tries),
    NUMBER(deletes),
    NUMBER(cancel_tries),
    GV_BOOL(struct runway_state, cancel_asked),
    GV_BOOL(struct runway_state, delete_sent),
};

const struct gv_schema runway_state_schema = GV_RECORD_SCHEMA("runway-state", struct runway_state, state_fields);

/* ---- the provider ----------------------------------------------------------------------------------- */

static struct gv_effect in_end(struct runway_job *j)
{
    (void)j;
    return runway_nothing();
}

static struct gv_effect (*const handlers[RUNWAY_PHASE_COUNT])(struct runway_job *) = {
    [RUNWAY_NEW] = runway_in_new,
    [RUNWAY_RESERVING] = runway_in_reserving,
    [RUNWAY_UPLOADING] = runway_in_uploading,
    [RUNWAY_IMAGING] = runway_in_create,
    [RUNWAY_IMAGE_RUNNING] = runway_in_task,
    [RUNWAY_SUBMITTING] = runway_in_create,
    [RUNWAY_RUNNING] = runway_in_task,
    [RUNWAY_FETCHING] = runway_in_fetching,
    [RUNWAY_CANCELLING] = runway_in_cancelling,
    [RUNWAY_SUCCEEDED] = in_end,
    [RUNWAY_FAILED] = in_end,
    [RUNWAY_CANCELLED] = in_end,
    [RUNWAY_UNCERTAIN] = runway_in_uncertain,
};

static const char *contradiction(const void *state)
{
    const struct runway_state *s = state;
    bool fetching = s->phase == RUNWAY_FETCHING;
    bool named = s->task_id != NULL || s->adopting != NULL;
    if ((fetching && s->task_id == NULL) || (s->phase == RUNWAY_RUNNING && !named))
        return "task_id";
    if ((s->phase == RUNWAY_IMAGE_RUNNING || s->phase == RUNWAY_CANCELLING) && !named && s->image_task_id == NULL)
        return "image_task_id";
    if (s->phase == RUNWAY_UPLOADING && s->slot_uri == NULL)
        return "slot_uri";
    if (s->output_count > GV_OUTPUTS_MAX || (fetching && s->output_count == 0))
        return "outputs";
    return s->fetched > s->output_count || (fetching && s->fetched == s->output_count) ? "fetched" : NULL;
}

static struct runway_job job_of(const struct gv_step *in, void *state, const struct gv_event *event)
{
    return (struct runway_job){.in = in, .s = state, .ev = event, .route = runway_route(in->op, in->model)};
}

static const char *objection(const struct gv_step *in, const void *state, const struct gv_event *event)
{
    struct runway_job job = job_of(in, (void *)(uintptr_t)state, event);
    return runway_objection(&job);
}

static struct gv_effect step(const struct gv_step *in, void *state, const struct gv_event *event)
{
    struct runway_job job = job_of(in, state, event);
    GV_ASSERT(job.s->phase >= 0 && job.s->phase < RUNWAY_PHASE_COUNT);
    return event->kind == GV_EV_DEADLINE ? runway_deadline(&job) : handlers[job.s->phase](&job);
}

const struct gv_provider gv_provider_runway = {
    .name = "runway",
    .title = "Runway",
    .settings = runway_settings,
    .setting_count = RUNWAY_SETTING_COUNT,
    .base_url_setting = RUNWAY_AT_BASE_URL,
    .options = runway_options,
    .option_count = RUNWAY_OPTION_COUNT,
    .models = runway_models,
    .model_count = RUNWAY_MODEL_COUNT,
    .unsupported = runway_unsupported,
    .pace = {.poll_first_ms = RUNWAY_POLL_MS, .poll_ms = RUNWAY_POLL_MS, .calls_max = RUNWAY_CALLS_MAX},
    .phases = phases,
    .phase_count = RUNWAY_PHASE_COUNT,
    .state = &runway_state_schema,
    .admit = runway_admit,
    .contradiction = contradiction,
    .objection = objection,
    .step = step,
    .sign = runway_sign,
};
