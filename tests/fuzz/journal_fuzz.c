/* A job's row as a damaged journal could hold it: each text of it is read, or refused with a reason, and
 * a state that is read can be stepped.
 *
 * Lines: provider, state, request, outputs, warnings, error. */
#include "base/assert.h"
#include "core/interface.h"
#include "core/provider.h"
#include "engine/outputs.h"
#include "support/fuzz.h"

static char *no_uri(struct gv_blobs *blobs, const char *sha256)
{
    (void)blobs;
    return gv_xstrdup(sha256);
}

static void check_result(const struct gv_job_row *row, struct gv_arena *arena)
{
    static const struct gv_blobs_vtable vtable = {.uri = no_uri};
    struct gv_blobs blobs = {.vtable = &vtable};
    struct gv_video_result result;
    struct gv_error err = {0};
    if (gv_result_of_row(&result, row, &blobs, arena, &err) != GV_OK)
        GV_ASSERT(err.message[0] != '\0');
}

static void check_outputs(const struct gv_job_row *row, struct gv_arena *arena)
{
    struct gv_output outputs[GV_OUTPUTS_MAX] = {0}, again[GV_OUTPUTS_MAX] = {0};
    struct gv_error err = {0};
    if (gv_outputs_read(outputs, row, arena, &err) != GV_OK) {
        GV_ASSERT(err.message[0] != '\0');
        return;
    }
    const char *first = gv_outputs_write(outputs, arena);
    struct gv_job_row rewritten = *row;
    rewritten.outputs = first;
    GV_ASSERT(gv_outputs_read(again, &rewritten, arena, &err) == GV_OK);
    const char *second = gv_outputs_write(again, arena);
    GV_ASSERT((first == NULL) == (second == NULL) && (first == NULL || strcmp(first, second) == 0));
}

static void *read_state(const struct gv_provider *provider, const struct gv_job_row *row, struct gv_arena *arena)
{
    struct gv_error err = {0};
    void *state = gv_arena_alloc(arena, provider->state->size);
    const struct gv_json *json = gv_json_parse(arena, row->state, strlen(row->state), NULL);
    if (gv_state_read(state, provider, json, arena, &err) != GV_OK) {
        GV_ASSERT(err.message[0] != '\0');
        return NULL;
    }
    GV_ASSERT(*(int *)state >= 0 && (size_t) * (int *)state < provider->phase_count);
    return state;
}

/* A state that can be read can be stepped, whatever else it holds. */
static void step_from(const struct gv_provider *provider, const struct gv_job_row *row, struct gv_step *in)
{
    static const struct gv_event events[] = {
        {.kind = GV_EV_RESUMED},
        {.kind = GV_EV_TIMER},
        {.kind = GV_EV_CANCEL},
        {.kind = GV_EV_DEADLINE},
        {.kind = GV_EV_RESOLVE, .resolution = GV_RESOLVE_LOOK_UP},
        {.kind = GV_EV_RESOLVE, .resolution = GV_RESOLVE_RESUBMIT},
        {.kind = GV_EV_RESOLVE, .resolution = GV_RESOLVE_GIVE_UP},
    };
    for (size_t i = 0; i < GV_COUNT(events); i++) {
        void *state = read_state(provider, row, in->arena);
        bool parked = (provider->phases[*(int *)state].flags & GV_PHASE_PARKED) != 0;
        if (events[i].kind != GV_EV_RESOLVE || parked)
            provider->step(in, state, &events[i]);
    }
}

static void check_job(const struct gv_provider *provider, const struct gv_job_row *row, struct gv_arena *arena)
{
    struct gv_operation op;
    struct gv_error err = {0};
    struct gv_admission admission = {0};
    struct gv_settings settings = {0};
    const void *state = read_state(provider, row, arena);
    const struct gv_json *json = gv_json_parse(arena, row->request, strlen(row->request), NULL);
    if (json == NULL)
        return;
    if (gv_operation_read(&op, json, GV_JSON_JOURNAL, arena, &err) != GV_OK) {
        GV_ASSERT(err.message[0] != '\0');
        return;
    }
    if (state == NULL || provider->admit(&admission, &op, 1, arena, &err) != GV_OK)
        return;
    for (size_t i = 0; i < provider->setting_count; i++)
        settings.values[i] = provider->settings[i].preset ? provider->settings[i].preset : "some-value";
    struct gv_step in = {.arena = arena,
                         .job_id = "fuzz",
                         .op = &op,
                         .model = admission.model,
                         .credential_set = 1,
                         .settings = &settings,
                         .now_ms = 1700000000000};
    step_from(provider, row, &in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t providers = 0;
    while (gv_providers[providers] != NULL)
        providers++;
    struct gv_arena arena = {0};
    struct fuzz_input in = {(const char *)data, (const char *)data + size};
    const struct gv_provider *provider = gv_providers[fuzz_choice(fuzz_line(&in, &arena)[0], providers)];
    struct gv_job_row row = {.id = "fuzz", .provider = provider->name, .status = GV_FAILED, .phase = "", .note = ""};
    row.state = fuzz_line(&in, &arena);
    row.request = fuzz_line(&in, &arena);
    row.outputs = fuzz_line(&in, &arena);
    row.warnings = fuzz_line(&in, &arena);
    row.error = fuzz_line(&in, &arena);
    check_result(&row, &arena);
    check_outputs(&row, &arena);
    check_job(provider, &row, &arena);
    gv_arena_free(&arena);
    return 0;
}
