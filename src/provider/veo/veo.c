/* Veo's machine: one phase table, one handler per phase.
 *
 *    new --http pictures--> gathering --all here--+
 *     |                                           v
 *     +----------------------create---------> submitting --name--> running --done--> fetching --all stored--> succeeded
 *     ^                                       |   |                |  ^ |               |  ^
 *     +-----busy, never sent------------------+   |                |  | '--films in the answer--> succeeded
 *                                                 |answer lost     |  |                 |  |
 *                     storage_uri given:          +--> listing <---+  +--not given out--+  |
 *                     the job's own folder             |  |  ^   operation forgotten       |
 *                     is looked into                   |  |  '--not given out--------------+
 *                                                      |  +--films are there-> fetching
 *                     else, or nothing there           v
 *                     in 15 minutes:                uncertain (parked) <-- can't be asked, or can't be fetched
 *
 *    refused, the operation failed, or every film withheld: failed.  cancel: cancelled, except that a create under way
 *    is awaited.  deadline: failed where nothing is lost by it, else uncertain.
 *    A person leads uncertain to listing, running, gathering, submitting, failed or cancelled.
 *    The operation that a person named is the job's once Google has shown it; if it never does: back to uncertain.
 *
 * Pay once: Google has neither a key against duplicates nor a way to ask what was created (README, section 8), so a
 * create whose answer was lost is never repeated, unless the caller or a person said so. */
#include "base/assert.h"
#include "provider/veo/veo_machine.h"

#include <stdlib.h>
#include <string.h>

/* ---- phases ----------------------------------------------------------------------------------------- */

#define AS_ROW(phase, word, status, next, flags) [phase] = {#word, status, next, flags},
static const struct gv_phase phases[VEO_PHASE_COUNT] = {VEO_PHASES(AS_ROW)};

/* ---- the state in the journal ----------------------------------------------------------------------- */

static const struct gv_field output_fields[] = {
    GV_U32(struct veo_output, index, 0),
    GV_STRING(struct veo_output, uri, 0),
};
static const struct gv_schema output_schema = GV_RECORD_SCHEMA("veo-output", struct veo_output, output_fields);

static const struct gv_field state_fields[] = {
    GV_LIST(struct veo_state, "inputs", inputs, input_count, struct gv_media, GV_SHAPE_MEDIA, NULL, GV_FIELD_OPTIONAL,
            NULL),
    GV_STRING(struct veo_state, task_id, GV_FIELD_OPTIONAL),
    GV_STRING(struct veo_state, adopting, GV_FIELD_OPTIONAL),
    GV_LIST(struct veo_state, "outputs", outputs, output_count, struct veo_output, GV_SHAPE_RECORD, &output_schema,
            GV_FIELD_OPTIONAL, NULL),
    GV_U32(struct veo_state, fetched, 0),
    GV_STRING(struct veo_state, loss, GV_FIELD_OPTIONAL),
    GV_U32(struct veo_state, posts, 0),
    GV_I64(struct veo_state, lost_ms, 0),
    GV_U32(struct veo_state, listed, 0),
    GV_U32(struct veo_state, fresh_tokens, 0),
    GV_U32(struct veo_state, misses, 0),
    GV_U32(struct veo_state, refusals, 0),
    GV_U32(struct veo_state, url_refreshes, 0),
    GV_U32(struct veo_state, fetch_tries, 0),
    GV_BOOL(struct veo_state, cancel_asked),
};

const struct gv_schema veo_state_schema = GV_RECORD_SCHEMA("veo-state", struct veo_state, state_fields);

/* ---- the provider ----------------------------------------------------------------------------------- */

static struct gv_effect in_end(struct veo_job *j)
{
    (void)j;
    return veo_nothing();
}

static struct gv_effect (*const handlers[VEO_PHASE_COUNT])(struct veo_job *) = {
    [VEO_NEW] = veo_in_new,
    [VEO_GATHERING] = veo_in_gathering,
    [VEO_SUBMITTING] = veo_in_submitting,
    [VEO_LISTING] = veo_in_listing,
    [VEO_RUNNING] = veo_in_running,
    [VEO_FETCHING] = veo_in_fetching,
    [VEO_SUCCEEDED] = in_end,
    [VEO_FAILED] = in_end,
    [VEO_CANCELLED] = in_end,
    [VEO_UNCERTAIN] = veo_in_uncertain,
};

static bool is_no_operation(const char *name)
{
    return name != NULL && !veo_is_operation(name, VEO_GEMINI) && !veo_is_operation(name, VEO_VERTEX);
}

static const char *contradiction(const void *state)
{
    const struct veo_state *s = state;
    bool fetching = s->phase == VEO_FETCHING;
    if (is_no_operation(s->adopting))
        return "adopting";
    if (is_no_operation(s->task_id) || (s->phase == VEO_RUNNING && veo_name_of(s) == NULL))
        return "task_id";
    if (s->output_count > GV_OUTPUTS_MAX || (fetching && s->output_count == 0))
        return "outputs";
    return s->fetched > s->output_count || (fetching && s->fetched == s->output_count) ? "fetched" : NULL;
}

/* A folder of the job's own below the caller's, so that what lies there is this job's. */
static const char *storage_of(const struct gv_step *in)
{
    const char *given = gv_operation_option(in->op, "storage_uri");
    if (given == NULL)
        return NULL;
    bool closed = given[0] != '\0' && given[strlen(given) - 1] == '/';
    return gv_arena_printf(in->arena, "%s%sgv-%s/", given, closed ? "" : "/", in->job_id);
}

static struct veo_job job_of(const struct gv_step *in, void *state, const struct gv_event *event)
{
    struct veo_state *s = state;
    const char *count = gv_operation_option(in->op, "sample_count");
    const char *name = veo_name_of(s);
    struct veo_job job = {.in = in, .s = s, .ev = event};
    job.surface = name != NULL ? (veo_is_operation(name, VEO_GEMINI) ? VEO_GEMINI : VEO_VERTEX)
                               : veo_surface(in->op, in->credential_set);
    job.storage = storage_of(in);
    job.samples = count != NULL ? (unsigned)strtoul(count, NULL, 10) : 1;
    return job;
}

static const char *objection(const struct gv_step *in, const void *state, const struct gv_event *event)
{
    struct veo_job job = job_of(in, (void *)(uintptr_t)state, event);
    return veo_objection(&job);
}

static struct gv_effect step(const struct gv_step *in, void *state, const struct gv_event *event)
{
    struct veo_job job = job_of(in, state, event);
    GV_ASSERT(job.s->phase >= 0 && job.s->phase < VEO_PHASE_COUNT);
    return event->kind == GV_EV_DEADLINE ? veo_deadline(&job) : handlers[job.s->phase](&job);
}

const struct gv_provider gv_provider_veo = {
    .name = "veo",
    .title = "Google Veo",
    .settings = veo_settings,
    .setting_count = VEO_SETTING_COUNT,
    .base_url_setting = VEO_AT_BASE_URL,
    .options = veo_options,
    .option_count = VEO_OPTION_COUNT,
    .models = veo_models,
    .model_count = VEO_MODEL_COUNT,
    .unsupported = veo_unsupported,
    .pace = {.poll_first_ms = VEO_POLL_FIRST_MS,
             .poll_ms = VEO_POLL_MS,
             .calls_max = VEO_CALLS_MAX,
             .creates_per_minute = VEO_CREATES_PER_MINUTE},
    .phases = phases,
    .phase_count = VEO_PHASE_COUNT,
    .state = &veo_state_schema,
    .admit = veo_admit,
    .contradiction = contradiction,
    .objection = objection,
    .step = step,
    .sign = veo_sign,
    .token_request = veo_token_request,
    .token_read = veo_token_read,
};
