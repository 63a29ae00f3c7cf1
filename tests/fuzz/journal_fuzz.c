/* A job's row as a damaged journal could hold it: each text of it is read, or refused with a reason.
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

static void check_state(const struct gv_provider *provider, const struct gv_job_row *row, struct gv_arena *arena)
{
    struct gv_error err = {0};
    void *state = gv_arena_alloc(arena, provider->state->size);
    const struct gv_json *json = gv_json_parse(arena, row->state, strlen(row->state), NULL);
    if (gv_state_read(state, provider, json, arena, &err) == GV_OK)
        GV_ASSERT(*(int *)state >= 0 && (size_t) * (int *)state < provider->phase_count);
    else
        GV_ASSERT(err.message[0] != '\0');
}

static void check_request(const struct gv_job_row *row, struct gv_arena *arena)
{
    struct gv_operation op;
    struct gv_error err = {0};
    const struct gv_json *json = gv_json_parse(arena, row->request, strlen(row->request), NULL);
    if (json && gv_operation_read(&op, json, GV_JSON_JOURNAL, arena, &err) != GV_OK)
        GV_ASSERT(err.message[0] != '\0');
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
    check_state(provider, &row, &arena);
    check_request(&row, &arena);
    gv_arena_free(&arena);
    return 0;
}
