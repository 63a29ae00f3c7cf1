/* How a person may settle a parked job. */
#include <string.h>

#include "api/engine.h"
#include "api/front.h"
#include "core/interface.h"
#include "engine/outputs.h"

/* The step that a look-up would be. It is a value, so that looking at it asks nothing. False: the row can't be read,
 * and whoever tries will hear why. */
static bool look_up(struct gv_effect *out, const struct gv_account *account, const struct gv_job_row *row,
                    int64_t now_ms, struct gv_arena *arena)
{
    const struct gv_provider *provider = account->provider;
    struct gv_operation op;
    struct gv_error err;
    const struct gv_json *request = gv_row_json(row, "request", row->request, arena, &err);
    const struct gv_json *json = row->state != NULL ? gv_row_json(row, "state", row->state, arena, &err) : NULL;
    void *state = gv_arena_alloc(arena, provider->state->size);
    if (request == NULL || gv_operation_read(&op, request, GV_JSON_JOURNAL, arena, &err) != GV_OK)
        return false;
    if (json == NULL || gv_state_read(state, provider, json, arena, &err) != GV_OK)
        return false;
    struct gv_step in = {.arena = arena,
                         .job_id = row->id,
                         .op = &op,
                         .model = row->model != NULL ? gv_model_named(provider, row->model) : NULL,
                         .credential_set = account->credential_set,
                         .settings = &account->settings,
                         .now_ms = now_ms};
    *out = provider->step(&in, state, &(struct gv_event){.kind = GV_EV_RESOLVE, .resolution = GV_RESOLVE_LOOK_UP});
    return true;
}

/* What a machine parks again at once has no way to be asked for. */
static bool can_be_looked_up(struct gv_engine *engine, const struct gv_job_row *row, struct gv_arena *arena)
{
    struct gv_effect effect;
    const struct gv_account *account = gv_account_named(engine->accounts, engine->account_count, row->provider);
    int64_t now_ms = engine->loop->vtable->wall_ms(engine->loop);
    return account == NULL || !look_up(&effect, account, row, now_ms, arena) || effect.kind != GV_EFF_PARK;
}

void gv_engine_put_ways(struct gv_json_out *out, struct gv_engine *engine, const struct gv_job_row *row,
                        struct gv_arena *arena)
{
    gv_json_open(out, "resolve", '[');
    if (can_be_looked_up(engine, row, arena))
        gv_json_put_text(out, NULL, "look_up");
    gv_json_put_text(out, NULL, "adopt");
    gv_json_put_text(out, NULL, "resubmit");
    gv_json_put_text(out, NULL, "give_up");
    gv_json_close(out, ']');
}
