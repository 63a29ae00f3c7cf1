/* How a person may settle a parked job: what its provider has no objection to. */
#include <string.h>

#include "api/engine.h"
#include "api/front.h"
#include "base/error.h"
#include "core/interface.h"
#include "engine/outputs.h"

const char *const gv_resolve_names[GV_RESOLVE_COUNT] = {[GV_RESOLVE_LOOK_UP] = "look_up",
                                                        [GV_RESOLVE_ADOPT] = "adopt",
                                                        [GV_RESOLVE_RESUBMIT] = "resubmit",
                                                        [GV_RESOLVE_GIVE_UP] = "give_up"};

/* False: the row can't be read, and whoever drives the job will say why. */
static bool read_job(struct gv_step *step, void **state, const struct gv_provider *provider,
                     const struct gv_job_row *row, struct gv_arena *arena)
{
    struct gv_error err;
    struct gv_operation *op = GV_NEW(arena, struct gv_operation);
    const struct gv_json *request = gv_row_json(row, "request", row->request, arena, &err);
    const struct gv_json *json = row->state != NULL ? gv_row_json(row, "state", row->state, arena, &err) : NULL;
    *state = gv_arena_alloc(arena, provider->state->size);
    if (request == NULL || gv_operation_read(op, request, GV_JSON_JOURNAL, arena, &err) != GV_OK)
        return false;
    if (json == NULL || gv_state_read(*state, provider, json, arena, &err) != GV_OK)
        return false;
    *step = (struct gv_step){.arena = arena,
                             .job_id = row->id,
                             .op = op,
                             .model = row->model != NULL ? gv_model_named(provider, row->model) : NULL};
    return true;
}

/* NULL: none. `task_id` NULL: whichever it will be. */
static const char *objection(struct gv_engine *engine, const struct gv_job_row *row, enum gv_resolution_kind how,
                             const char *task_id, struct gv_arena *arena)
{
    struct gv_step step;
    void *state;
    const struct gv_account *account = gv_account_named(engine->accounts, engine->account_count, row->provider);
    if (account == NULL || account->provider->objection == NULL ||
        !read_job(&step, &state, account->provider, row, arena))
        return NULL;
    step.credential_set = account->credential_set;
    step.settings = &account->settings;
    step.now_ms = engine->loop->vtable->wall_ms(engine->loop);
    struct gv_event event = {.kind = GV_EV_RESOLVE, .resolution = how, .task_id = task_id};
    return account->provider->objection(&step, state, &event);
}

int gv_check_way(struct gv_engine *engine, const struct gv_job_row *row, enum gv_resolve how, const char *task_id,
                 struct gv_arena *arena, struct gv_error *err)
{
    enum gv_resolution_kind kind = (enum gv_resolution_kind)how;
    const char *why = objection(engine, row, kind, task_id, arena);
    if (why == NULL)
        return GV_OK;
    bool any_task = objection(engine, row, kind, NULL, arena) == NULL;
    return gv_fail_field(err, GV_INVALID_INPUT, any_task ? "task_id" : "how", "job %s can't be settled in this way: %s",
                         row->id, why);
}

void gv_engine_put_ways(struct gv_json_out *out, struct gv_engine *engine, const struct gv_job_row *row,
                        struct gv_arena *arena)
{
    gv_json_open(out, "resolve", '[');
    for (int how = 0; how < GV_RESOLVE_COUNT; how++)
        if (objection(engine, row, (enum gv_resolution_kind)how, NULL, arena) == NULL)
            gv_json_put_text(out, NULL, gv_resolve_names[how]);
    gv_json_close(out, ']');
}
