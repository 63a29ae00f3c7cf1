/* Kling's machine: one phase table, one handler per phase.
 *
 *    new --speech--> speaking --spoken--+           (lip-sync from text)
 *     |                                 v
 *     +--lip-sync--> identifying --face--> submitting
 *     |                                     |   ^
 *     +-----------create------------>-------+   |not there after 4 looks: the same create, the same id
 *                                     |   |     |
 *                                     |   +--answer lost, or "already exists"--> looking_up --found--+
 *                                     |id                                          |                |
 *                                     v                                            |gave up         |
 *                 +--------------> running <---------------------------------------|----------------+
 *     stale links |                   |done                                        v
 *                 +--------------- fetching --all stored--> succeeded          uncertain (parked)
 *                                     '--can't be brought home-----------------------^
 *
 *    busy, or never sent: back to new.  refused, or the task failed: failed.  cancel: cancelled, except that a create
 *    under way is awaited.  deadline: failed where nothing is lost by it, else uncertain.  speaking and identifying
 *    have no external id: a lost answer leads to uncertain at once.
 *    A person leads uncertain to looking_up, running, submitting, speaking, identifying, failed or cancelled.
 *    The task that a person named is the job's once Kling has shown it; if it never does: back to uncertain.
 *
 * Pay once: Kling refuses a second create with the same external_task_id (README, section 2.8), so a create is repeated
 * only with the same id, and only after it was looked for. */
#include "base/assert.h"
#include "provider/kling/kling_machine.h"

/* ---- phases ----------------------------------------------------------------------------------------- */

#define AS_ROW(phase, word, status, next, flags) [phase] = {#word, status, next, flags},
static const struct gv_phase phases[KLING_PHASE_COUNT] = {KLING_PHASES(AS_ROW)};

/* ---- the state in the journal ----------------------------------------------------------------------- */

static const struct gv_field output_fields[] = {
    {.name = "id", .shape = GV_SHAPE_STRING, .flags = GV_FIELD_OPTIONAL, .offset = offsetof(struct kling_output, id)},
    {.name = "url", .shape = GV_SHAPE_STRING, .offset = offsetof(struct kling_output, url)},
};
static const struct gv_schema output_schema = {.name = "kling-output",
                                               .size = sizeof(struct kling_output),
                                               .fields = output_fields,
                                               .field_count = GV_COUNT(output_fields)};

#define TEXT(member)                                                                                                   \
    {                                                                                                                  \
        .name = #member, .shape = GV_SHAPE_STRING, .flags = GV_FIELD_OPTIONAL,                                         \
        .offset = offsetof(struct kling_state, member)                                                                 \
    }
#define NUMBER(member)                                                                                                 \
    {                                                                                                                  \
        .name = #member, .shape = GV_SHAPE_U32, .offset = offsetof(struct kling_state, member)                         \
    }

static const struct gv_field state_fields[] = {
    TEXT(external_id),
    TEXT(task_id),
    TEXT(adopting),
    TEXT(audio_id),
    TEXT(session_id),
    TEXT(face_id),
    NUMBER(audio_ms),
    NUMBER(face_start_ms),
    NUMBER(face_end_ms),
    {.name = "outputs",
     .shape = GV_SHAPE_RECORD,
     .schema = &output_schema,
     .flags = GV_FIELD_LIST | GV_FIELD_OPTIONAL,
     .offset = offsetof(struct kling_state, outputs),
     .aux = offsetof(struct kling_state, output_count)},
    NUMBER(fetched),
    NUMBER(posts),
    NUMBER(lookups),
    NUMBER(repeats),
    NUMBER(resigns),
    NUMBER(misses),
    NUMBER(refusals),
    NUMBER(url_refreshes),
    NUMBER(fetch_tries),
    {.name = "clock_skew_s", .shape = GV_SHAPE_I64, .offset = offsetof(struct kling_state, clock_skew_s)},
    {.name = "cancel_asked", .shape = GV_SHAPE_BOOL, .offset = offsetof(struct kling_state, cancel_asked)},
};

const struct gv_schema kling_state_schema = {.name = "kling-state",
                                             .size = sizeof(struct kling_state),
                                             .fields = state_fields,
                                             .field_count = GV_COUNT(state_fields)};

/* ---- the provider ----------------------------------------------------------------------------------- */

static struct gv_effect in_end(struct kling_job *j)
{
    (void)j;
    return kling_nothing();
}

static struct gv_effect (*const handlers[KLING_PHASE_COUNT])(struct kling_job *) = {
    [KLING_NEW] = kling_in_new,
    [KLING_SPEAKING] = kling_in_side_call,
    [KLING_IDENTIFYING] = kling_in_side_call,
    [KLING_SUBMITTING] = kling_in_submitting,
    [KLING_LOOKING_UP] = kling_in_looking_up,
    [KLING_RUNNING] = kling_in_running,
    [KLING_FETCHING] = kling_in_fetching,
    [KLING_SUCCEEDED] = in_end,
    [KLING_FAILED] = in_end,
    [KLING_CANCELLED] = in_end,
    [KLING_UNCERTAIN] = kling_in_uncertain,
};

static const char *contradiction(const void *state)
{
    const struct kling_state *s = state;
    bool fetching = s->phase == KLING_FETCHING;
    if (s->task_id == NULL && (fetching || (s->phase == KLING_RUNNING && s->adopting == NULL)))
        return "task_id";
    if (s->output_count > GV_OUTPUTS_MAX || (fetching && s->output_count == 0))
        return "outputs";
    return s->fetched > s->output_count || (fetching && s->fetched == s->output_count) ? "fetched" : NULL;
}

static struct kling_job job_of(const struct gv_step *in, void *state, const struct gv_event *event)
{
    return (struct kling_job){.in = in, .s = state, .ev = event, .route = kling_route(in->op, in->model)};
}

static const char *objection(const struct gv_step *in, const void *state, const struct gv_event *event)
{
    struct kling_job job = job_of(in, (void *)(uintptr_t)state, event);
    return kling_objection(&job);
}

static struct gv_effect step(const struct gv_step *in, void *state, const struct gv_event *event)
{
    struct kling_job job = job_of(in, state, event);
    GV_ASSERT(job.s->phase >= 0 && job.s->phase < KLING_PHASE_COUNT);
    return event->kind == GV_EV_DEADLINE ? kling_deadline(&job) : handlers[job.s->phase](&job);
}

const struct gv_provider gv_provider_kling = {
    .name = "kling",
    .title = "Kling AI",
    .settings = kling_settings,
    .setting_count = KLING_SETTING_COUNT,
    .base_url_setting = KLING_AT_BASE_URL,
    .options = kling_options,
    .option_count = KLING_OPTION_COUNT,
    .models = kling_models,
    .model_count = KLING_MODEL_COUNT,
    .unsupported = kling_unsupported,
    .voices = kling_voices,
    .voice_count = KLING_VOICE_COUNT,
    .pace = {.poll_first_ms = KLING_POLL_FIRST_MS, .poll_ms = KLING_POLL_MS, .calls_max = KLING_CALLS_MAX},
    .phases = phases,
    .phase_count = KLING_PHASE_COUNT,
    .state = &kling_state_schema,
    .admit = kling_admit,
    .contradiction = contradiction,
    .objection = objection,
    .step = step,
    .sign = kling_sign,
    .called_back = kling_called_back,
};
