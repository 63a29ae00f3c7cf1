/* Stability's machine: one phase table, one handler per phase.
 *
 *    new --a picture by URL--> fetching_input --+
 *     |                                         |
 *     +--text--> probing --> drawing --picture--+--> shaping --> submitting --id--> running --film--> succeeded
 *     |                        |                |                  |                  |
 *     +--a picture here--------|----------------+                  |answer lost       |not shown any more
 *                              |answer lost                        |                  |
 *                              +-----------------------------------+------------------+--> uncertain (parked)
 *
 *    busy, or never sent: back to new, which finds out from the state what is next.  refused, retired, filtered:
 *    failed.
 *    cancel: cancelled, except that a create under way is awaited.  deadline: failed where nothing is lost by it, else
 *    uncertain.  A person leads uncertain back to what is next, to running, failed or cancelled.
 *    The film that a person named is the job's once Stability has shown it; if it never does: back to uncertain.
 *
 * Pay once: Stability has neither idempotency keys nor lists (README, section 1), so a create whose answer was lost is
 * never repeated, unless the caller or a person says so. A picture that was drawn is kept, and drawn once. */
#include "base/assert.h"
#include "provider/stability/stability_machine.h"

/* ---- phases ----------------------------------------------------------------------------------------- */

#define AS_ROW(phase, word, status, next, flags) [phase] = {#word, status, next, flags},
static const struct gv_phase phases[STABILITY_PHASE_COUNT] = {STABILITY_PHASES(AS_ROW)};

/* ---- the state in the journal ----------------------------------------------------------------------- */

#define S struct stability_state
#define PICTURE(member) GV_FIELD(S, #member, member, struct gv_media, GV_SHAPE_MEDIA, .flags = GV_FIELD_OPTIONAL)

static const struct gv_field state_fields[] = {
    PICTURE(source),
    PICTURE(frame),
    GV_STRING(S, task_id, GV_FIELD_OPTIONAL),
    GV_STRING(S, adopting, GV_FIELD_OPTIONAL),
    GV_I64(S, created_ms, 0),
    GV_U32(S, losses, 0),
    GV_U32(S, probes, 0),
    GV_U32(S, input_tries, 0),
    GV_U32(S, misses, 0),
    GV_U32(S, refusals, 0),
    GV_U32(S, spoiled, 0),
    GV_BOOL(S, probed),
    GV_BOOL(S, cancel_asked),
};

const struct gv_schema stability_state_schema = GV_RECORD_SCHEMA("stability-state", S, state_fields);

/* ---- the provider ----------------------------------------------------------------------------------- */

static struct gv_effect in_end(struct stability_job *j)
{
    (void)j;
    return stability_nothing();
}

static struct gv_effect (*const handlers[STABILITY_PHASE_COUNT])(struct stability_job *) = {
    [STABILITY_NEW] = stability_in_new,
    [STABILITY_FETCHING_INPUT] = stability_in_fetching_input,
    [STABILITY_PROBING] = stability_in_probing,
    [STABILITY_DRAWING] = stability_in_create,
    [STABILITY_SHAPING] = stability_in_shaping,
    [STABILITY_SUBMITTING] = stability_in_create,
    [STABILITY_RUNNING] = stability_in_running,
    [STABILITY_SUCCEEDED] = in_end,
    [STABILITY_FAILED] = in_end,
    [STABILITY_CANCELLED] = in_end,
    [STABILITY_UNCERTAIN] = stability_in_uncertain,
};

static const char *contradiction(const void *state)
{
    const struct stability_state *s = state;
    bool needed = s->phase == STABILITY_RUNNING && s->adopting == NULL;
    if (s->adopting != NULL && !stability_is_task_id(s->adopting))
        return "adopting";
    return s->task_id == NULL ? (needed ? "task_id" : NULL) : stability_is_task_id(s->task_id) ? NULL : "task_id";
}

static const char *objection(const struct gv_step *in, const void *state, const struct gv_event *event)
{
    return stability_objection(&(struct stability_job){.in = in, .s = (void *)(uintptr_t)state, .ev = event});
}

static struct gv_effect step(const struct gv_step *in, void *state, const struct gv_event *event)
{
    struct stability_job job = {.in = in, .s = state, .ev = event};
    GV_ASSERT(job.s->phase >= 0 && job.s->phase < STABILITY_PHASE_COUNT);
    return event->kind == GV_EV_DEADLINE ? stability_deadline(&job) : handlers[job.s->phase](&job);
}

const struct gv_provider gv_provider_stability = {
    .name = "stability",
    .title = "Stability AI",
    .settings = stability_settings,
    .setting_count = STABILITY_SETTING_COUNT,
    .base_url_setting = STABILITY_AT_BASE_URL,
    .options = stability_options,
    .option_count = STABILITY_OPTION_COUNT,
    .models = stability_models,
    .model_count = STABILITY_MODEL_COUNT,
    .unsupported = stability_unsupported,
    .pace = {.poll_first_ms = STABILITY_POLL_MS, .poll_ms = STABILITY_POLL_MS, .calls_max = STABILITY_CALLS_MAX},
    .by_name_only = true,
    .phases = phases,
    .phase_count = STABILITY_PHASE_COUNT,
    .state = &stability_state_schema,
    .admit = stability_admit,
    .contradiction = contradiction,
    .objection = objection,
    .step = step,
    .sign = stability_sign,
};
