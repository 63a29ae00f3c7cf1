/* Kling's emulator: asking for tasks, one, some or all, and for the account. Fact sheet 1.7, 2.3 - 2.7. */
#include "provider/kling/kling_sandbox.h"

#include <stdlib.h>
#include <string.h>

#define IDS_MAX 20
#define MONTH_MS (30ll * 24 * 3600 * 1000)
#define PACK_UNITS 1000000.0

/* ---- queries ---------------------------------------------------------------------------------------------------- */

static bool visible(const struct kling_emu *e, const struct gv_emu_task *task)
{
    return task && task->created_ms + e->world->bend.hidden_ms <= e->world->now_ms && is(task->provider, "kling") &&
           is(task->account, e->account);
}

static bool listed(struct kling_emu *e, const struct gv_emu_task *task)
{
    return visible(e, task) && !gv_json_bool(gv_kling_emu_memo(e->world, task), "synchronous", false);
}

static void answer(struct kling_emu *e, struct gv_buf *data)
{
    e->reply = gv_kling_emu_answer(e->world, 200, 0, NULL, gv_kling_emu_finish(e->world, data));
}

void gv_kling_emu_query_one(struct kling_emu *e, const struct kling_product *product, const char *id)
{
    struct gv_emu_world *world = e->world;
    const struct gv_emu_task *task = world->find(world, "kling", id);
    if (!task && !is(product->name, "advanced-lip-sync")) /* the only one that does not take the caller's id */
        task = world->find_external(world, "kling", e->account, id);
    if (!visible(e, task) || !is(task->product, product->name)) {
        gv_kling_emu_refuse(e, 1201, "Task not found by id/external id: %s", id);
        return;
    }
    struct gv_buf buf;
    gv_buf_init(&buf, KLING_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_kling_emu_put_gen1(&out, world, task);
    answer(e, &buf);
}

/* A number of the query string; false with a refusal. */
static bool query_number(struct kling_emu *e, const char *name, long least, long most, long *io)
{
    const char *text = gv_json_text(e->request->query, name);
    char *end;
    if (!text || !*text)
        return true;
    *io = strtol(text, &end, 10);
    return (*end == '\0' && *io >= least && *io <= most) ||
           gv_kling_emu_refuse(e, 1201, "%s must be between %ld and %ld", name, least, most);
}

/* Newest first: the order is not documented. */
void gv_kling_emu_list(struct kling_emu *e, const struct kling_product *product)
{
    long page = 1, size = 30;
    if (!query_number(e, "pageNum", 1, 1000, &page) || !query_number(e, "pageSize", 1, 500, &size))
        return;
    struct gv_emu_world *world = e->world;
    struct gv_buf buf;
    gv_buf_init(&buf, KLING_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    long skip = (page - 1) * size;
    gv_json_open(&out, NULL, '[');
    for (size_t i = world->task_count; i > 0 && size > 0; i--) {
        const struct gv_emu_task *task = world->tasks[i - 1];
        if (!visible(e, task) || !is(task->product, product->name) || skip-- > 0)
            continue;
        gv_kling_emu_put_gen1(&out, world, task);
        size--;
    }
    gv_json_close(&out, ']');
    answer(e, &buf);
}

void gv_kling_emu_query_many(struct kling_emu *e)
{
    struct gv_emu_world *world = e->world;
    const char *ids = gv_json_text(e->request->query, "task_ids");
    const char *externals = gv_json_text(e->request->query, "external_task_ids");
    bool by_id = ids && *ids, by_external = externals && *externals;
    if (!by_id && !by_external) {
        gv_kling_emu_refuse(e, 1201, "task_ids or external_task_ids is required");
        return;
    }
    if (by_id && by_external) {
        gv_kling_emu_refuse(e, 1201, "task_ids and external_task_ids exclude each other");
        return;
    }
    struct gv_buf buf;
    gv_buf_init(&buf, KLING_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    unsigned count = 0;
    gv_json_open(&out, NULL, '[');
    for (const char *p = by_id ? ids : externals; *p; p += strcspn(p, ","), p += *p == ',') {
        const char *id = gv_arena_strndup(world->arena, p, strcspn(p, ","));
        const struct gv_emu_task *task =
            by_id ? world->find(world, "kling", id) : world->find_external(world, "kling", e->account, id);
        if (task && listed(e, task))
            gv_kling_emu_put_gen2(&out, world, task);
        count++;
    }
    gv_json_close(&out, ']');
    if (count <= IDS_MAX) {
        answer(e, &buf);
        return;
    }
    gv_buf_free(&buf);
    gv_kling_emu_refuse(e, 1201, "task_ids and external_task_ids cannot exceed %d in total", IDS_MAX);
}

/* ---- POST /tasks ------------------------------------------------------------------------------------------------ */

/* Milliseconds as a number or as text. */
static int64_t body_ms(struct kling_emu *e, const char *name, int64_t preset)
{
    const char *text = gv_json_text(e->request->body, name);
    return text && *text ? strtoll(text, NULL, 10) : gv_json_int(e->request->body, name, preset);
}

/* Whether every filter of `key` names the value. */
static bool filter_allows(struct kling_emu *e, const char *key, const char *value)
{
    const struct gv_json *filters = gv_json_member(e->request->body, "filters");
    for (const struct gv_json *f = filters ? filters->child : NULL; f; f = f->next) {
        const char *name = gv_json_text(f, "key");
        const struct gv_json *values = gv_json_member(f, "values");
        bool found = false;
        if (!name || !is(name, key) || !values)
            continue;
        for (const struct gv_json *v = values->child; v; v = v->next)
            found |= v->kind == GV_JSON_STRING && is(v->text, value);
        if (!found)
            return false;
    }
    return true;
}

void gv_kling_emu_list_many(struct kling_emu *e)
{
    struct gv_emu_world *world = e->world;
    int64_t from = body_ms(e, "start_time", world->now_ms - MONTH_MS), to = body_ms(e, "end_time", INT64_MAX);
    int64_t limit = 100;
    const char *cursor = NULL;
    if (!gv_kling_emu_integer(e, "limit", 1, 500, &limit) || !gv_kling_emu_text(e, "cursor", 64, &cursor))
        return;
    size_t at = world->task_count;
    if (cursor && *cursor) { /* overrides the times */
        at = (size_t)strtoull(cursor, NULL, 10);
        at = at < world->task_count ? at : world->task_count;
        from = 0;
        to = INT64_MAX;
    }
    struct gv_buf buf;
    gv_buf_init(&buf, KLING_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    int64_t count = 0;
    gv_json_open(&out, NULL, '{');
    gv_json_open(&out, "result", '[');
    for (; at > 0 && count < limit; at--) {
        const struct gv_emu_task *task = world->tasks[at - 1];
        if (!listed(e, task) || task->created_ms < from || task->created_ms > to ||
            !filter_allows(e, "status", gv_kling_emu_status_word(world, task, true)) ||
            !filter_allows(e, "product_type", "video"))
            continue;
        gv_kling_emu_put_gen2(&out, world, task);
        count++;
    }
    gv_json_close(&out, ']');
    gv_json_put_int(&out, "count", count);
    gv_json_put_text(&out, "next_cursor", at > 0 ? gv_arena_printf(world->arena, "%zu", at) : "");
    gv_json_put_bool(&out, "has_more", at > 0);
    gv_json_close(&out, '}');
    answer(e, &buf);
}

/* ---- GET /account/costs ----------------------------------------------------------------------------------------- */

void gv_kling_emu_costs(struct kling_emu *e)
{
    struct gv_emu_world *world = e->world;
    double spent = 0;
    if (!gv_json_text(e->request->query, "start_time") || !gv_json_text(e->request->query, "end_time")) {
        gv_kling_emu_refuse(e, 1200, "start_time and end_time are required");
        return;
    }
    for (size_t i = 0; i < world->task_count; i++)
        spent += visible(e, world->tasks[i]) ? world->tasks[i]->usd / KLING_EMU_USD_PER_UNIT : 0;
    struct gv_buf buf;
    gv_buf_init(&buf, KLING_EMU_ANSWER_BYTES_MAX);
    gv_buf_addf(&buf,
                "{\"code\":0,\"msg\":\"\",\"resource_pack_subscribe_infos\":[{\"resource_pack_name\":\"sandbox\","
                "\"resource_pack_id\":\"%s\",\"resource_pack_type\":\"decreasing_total\",\"total_quantity\":%.1f,"
                "\"remaining_quantity\":%.2f,\"purchase_time\":0,\"effective_time\":0,\"invalid_time\":%lld,"
                "\"status\":\"%s\"}]}",
                e->account, e->poor ? 0 : PACK_UNITS, e->poor ? 0 : PACK_UNITS - spent,
                (long long)(world->now_ms + 12 * MONTH_MS), e->poor ? "runOut" : "online");
    answer(e, &buf);
}
