/* Any answer in any phase of any provider's machine: it decides something legal, and its state survives the journal.
 * The first byte chooses the provider, the second the phase, the third the status. */
#include <string.h>

#include "base/assert.h"
#include "core/interface.h"
#include "core/provider.h"
#include "support/fuzz.h"

#define WISH "{\"operation\":\"generate\",\"input\":{\"text\":\"a boat\"},\"config\":{}}"

static void read_wish(struct gv_operation *op, struct gv_arena *arena)
{
    const struct gv_json *json = gv_json_parse(arena, WISH, strlen(WISH), NULL);
    GV_ASSERT(gv_operation_read(op, json, GV_JSON_JOURNAL, arena, NULL) == GV_OK);
}

static void check_state(const struct gv_provider *provider, const void *state, struct gv_arena *arena)
{
    struct gv_buf text;
    gv_buf_init(&text, 1u << 22);
    struct gv_json_out out = {.buf = &text};
    gv_state_write(&out, provider, state);
    GV_ASSERT(!text.overflow);
    const struct gv_json *json = gv_json_parse(arena, text.data, text.len, NULL);
    void *again = gv_arena_alloc(arena, provider->state->size);
    GV_ASSERT(json != NULL && gv_state_read(again, provider, json, arena, NULL) == GV_OK);
    gv_buf_free(&text);
}

/* A job that has come as far as the phase by the shortest way: a state with only its phase set would not be one. */
static void try(const struct gv_provider *provider, unsigned steps, const struct gv_event *event,
                struct gv_arena *arena)
{
    struct gv_operation op = {0};
    read_wish(&op, arena);
    struct gv_admission admission = {0};
    if (provider->admit(&admission, &op, 1, arena, NULL) != GV_OK)
        return;
    void *state = gv_arena_alloc(arena, provider->state->size);
    struct gv_step in = {.arena = arena,
                         .job_id = "fuzz",
                         .op = &op,
                         .model = admission.model,
                         .credential_set = 1,
                         .now_ms = 1700000000000};
    struct gv_event start = {.kind = GV_EV_START}, timer = {.kind = GV_EV_TIMER};
    struct gv_event lost = {.kind = GV_EV_NO_REPLY, .sent = GV_MAYBE_SENT, .why = "broken off"};
    struct gv_effect effect = provider->step(&in, state, &start);
    for (unsigned i = 0; i < steps && effect.kind != GV_EFF_PARK; i++)
        effect = provider->step(&in, state, effect.kind == GV_EFF_CALL ? &lost : &timer);
    provider->step(&in, state, event);
    check_state(provider, state, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t providers = 0;
    while (gv_providers[providers] != NULL)
        providers++;
    if (size < 3)
        return 0;
    struct gv_arena arena = {0};
    static const int statuses[] = {200, 200, 200, 201, 202, 204, 400, 401, 404, 429, 500, 503};
    char *body = gv_arena_alloc(&arena, size - 2);
    memcpy(body, data + 3, size - 3);
    struct gv_event event = {.kind = GV_EV_REPLY,
                             .reply = {.status = statuses[data[2] % GV_COUNT(statuses)],
                                       .content_type = "application/json",
                                       .body = body,
                                       .body_bytes = size - 3}};
    try(gv_providers[data[0] % providers], data[1] % 6, &event, &arena);
    gv_arena_free(&arena);
    return 0;
}
