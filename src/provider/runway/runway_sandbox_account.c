/* Runway's emulator: credits, limits and what was used of them. Fact sheet 8. */
#include "provider/runway/runway_sandbox.h"

#include <stdlib.h>
#include <time.h>

#define CREDITS 1000000.0
#define RUNNING_MAX 5 /* tasks of a model at once, and with them the rest: tier 3 */
#define DAILY_PER_SLOT 200
#define DAILY_PER_SLOT_STILL 400
#define MONTHLY_CREDITS 200000
#define USAGE_DAYS_MAX 90
#define USAGE_DAYS_PRESET 30
#define MODELS_MAX 32

static bool ours(const struct runway_emu *e, const struct gv_emu_task *task)
{
    return !task->note && is(task->provider, RUNWAY_EMU_NAME) && is(task->account, e->account);
}

static bool under_way(const struct runway_emu *e, const struct gv_emu_task *task)
{
    return task->ends_ms > e->world->now_ms && e->world->find(e->world, RUNWAY_EMU_NAME, task->id);
}

/* The estimate while it runs, then what it came to. */
static double charged(const struct runway_emu *e, const struct gv_emu_task *task)
{
    if (e->world->now_ms < task->ends_ms)
        return gv_json_real(gv_runway_emu_memo(e->world, task), "estimate", 0);
    return task->usd / RUNWAY_EMU_USD_PER_CREDIT;
}

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* When a slot is free for one task more: those that wait come first. */
static int64_t free_slot(const struct runway_emu *e, const char *model, const struct runway_account *account)
{
    struct gv_emu_world *world = e->world;
    size_t count = 0;
    if (account->running < account->running_max)
        return world->now_ms;
    int64_t *ends_ms = GV_NEW_ARRAY(world->arena, int64_t, account->running);
    for (size_t i = 0; i < world->task_count && count < account->running; i++) {
        const struct gv_emu_task *task = world->tasks[i];
        if (ours(e, task) && is(task->model, model) && under_way(e, task))
            ends_ms[count++] = task->ends_ms;
    }
    qsort(ends_ms, count, sizeof *ends_ms, by_time);
    return ends_ms[count - account->running_max];
}

struct runway_account gv_runway_emu_account(struct runway_emu *e, const char *model, bool still)
{
    struct gv_emu_world *world = e->world;
    struct runway_account account = {.credits = e->poor ? 0 : CREDITS};
    account.running_max = world->bend.slots ? world->bend.slots : RUNNING_MAX;
    account.daily_max = account.running_max * (still ? DAILY_PER_SLOT_STILL : DAILY_PER_SLOT);
    for (size_t i = 0; i < world->task_count; i++) {
        const struct gv_emu_task *task = world->tasks[i];
        if (!ours(e, task))
            continue;
        account.credits -= charged(e, task);
        if (!is(task->model, model))
            continue;
        account.daily += task->created_ms > world->now_ms - RUNWAY_EMU_DAY_MS;
        account.running += under_way(e, task);
    }
    account.free_ms = free_slot(e, model, &account);
    return account;
}

/* ---- GET /v1/organization ---------------------------------------------------------------------------------------- */

struct models {
    const char *names[MODELS_MAX];
    bool still[MODELS_MAX];
    size_t count;
};

static size_t number_of(const struct models *models, const char *name)
{
    size_t i = 0;
    while (i < models->count && !is(models->names[i], name))
        i++;
    return i;
}

static struct models all_models(void)
{
    struct models models = {.count = 0};
    for (const struct runway_product *p = gv_runway_emu_products; p->endpoint; p++) {
        if (number_of(&models, p->model) < models.count || models.count == MODELS_MAX)
            continue;
        models.still[models.count] = is(p->endpoint, "text_to_image");
        models.names[models.count++] = p->model;
    }
    return models;
}

static struct gv_emu_reply answer(struct runway_emu *e, struct gv_buf *buf)
{
    return (struct gv_emu_reply){.status = 200, .body = gv_runway_emu_finish(e->world, buf)};
}

void gv_runway_emu_organization(struct runway_emu *e)
{
    struct models models = all_models();
    struct runway_account accounts[MODELS_MAX] = {{0}};
    struct gv_buf buf;
    gv_buf_init(&buf, RUNWAY_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    for (size_t i = 0; i < models.count; i++)
        accounts[i] = gv_runway_emu_account(e, models.names[i], models.still[i]);
    gv_json_open(&out, NULL, '{');
    gv_json_open(&out, "tier", '{');
    gv_json_put_int(&out, "maxMonthlyCreditSpend", MONTHLY_CREDITS);
    gv_json_open(&out, "models", '{');
    for (size_t i = 0; i < models.count; i++) {
        gv_json_open(&out, models.names[i], '{');
        gv_json_put_int(&out, "maxConcurrentGenerations", accounts[i].running_max);
        gv_json_put_int(&out, "maxDailyGenerations", accounts[i].daily_max);
        gv_json_close(&out, '}');
    }
    gv_json_close(&out, '}');
    gv_json_close(&out, '}');
    gv_json_put_real(&out, "creditBalance", accounts[0].credits);
    gv_json_open(&out, "usage", '{');
    gv_json_open(&out, "models", '{');
    for (size_t i = 0; i < models.count; i++) {
        gv_json_open(&out, models.names[i], '{');
        gv_json_put_int(&out, "dailyGenerations", accounts[i].daily);
        gv_json_close(&out, '}');
    }
    gv_json_close(&out, '}');
    gv_json_close(&out, '}');
    gv_json_close(&out, '}');
    e->reply = answer(e, &buf);
}

/* ---- POST /v1/organization/usage --------------------------------------------------------------------------------- */

/* Days since 1970 of "YYYY-MM-DD"; absent leaves it. */
static void take_day(struct runway_emu *e, const char *name, int64_t *io)
{
    const struct runway_at at = {NULL, name, 0};
    const struct gv_json *value = gv_json_member(e->request->body, name);
    struct tm tm = {0};
    if (!value)
        return;
    const char *end = value->kind == GV_JSON_STRING ? strptime(value->text, "%Y-%m-%d", &tm) : NULL;
    if (!end || *end)
        gv_runway_emu_custom(e, &at, "Invalid date: YYYY-MM-DD is expected");
    else
        *io = timegm(&tm) / 86400;
}

static void put_day(struct gv_json_out *out, const struct models *models, int64_t day, const double *amounts)
{
    char text[16];
    time_t seconds = day * 86400;
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%d", &tm);
    gv_json_open(out, NULL, '{');
    gv_json_put_text(out, "date", text);
    gv_json_open(out, "usedCredits", '[');
    for (size_t i = 0; i < models->count; i++) {
        if (amounts[i] <= 0)
            continue;
        gv_json_open(out, NULL, '{');
        gv_json_put_text(out, "model", models->names[i]);
        gv_json_put_real(out, "amount", amounts[i]);
        gv_json_close(out, '}');
    }
    gv_json_close(out, ']');
    gv_json_close(out, '}');
}

static void put_usage(struct runway_emu *e, int64_t from, int64_t before)
{
    struct models models = all_models();
    double amounts[USAGE_DAYS_MAX][MODELS_MAX] = {{0}};
    struct gv_buf buf;
    for (size_t i = 0; i < e->world->task_count; i++) {
        const struct gv_emu_task *task = e->world->tasks[i];
        int64_t day = task->created_ms / RUNWAY_EMU_DAY_MS;
        if (ours(e, task) && day >= from && day < before)
            amounts[day - from][number_of(&models, task->model)] += charged(e, task);
    }
    gv_buf_init(&buf, RUNWAY_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    gv_json_open(&out, "models", '[');
    for (size_t i = 0; i < models.count; i++)
        gv_json_put_text(&out, NULL, models.names[i]);
    gv_json_close(&out, ']');
    gv_json_open(&out, "results", '[');
    for (int64_t day = from; day < before; day++)
        put_day(&out, &models, day, amounts[day - from]);
    gv_json_close(&out, ']');
    gv_json_close(&out, '}');
    e->reply = answer(e, &buf);
}

void gv_runway_emu_usage(struct runway_emu *e)
{
    const struct runway_at at = {NULL, "startDate", 0};
    int64_t before = e->world->now_ms / RUNWAY_EMU_DAY_MS + 1, from;
    take_day(e, "beforeDate", &before);
    from = before - USAGE_DAYS_PRESET;
    take_day(e, "startDate", &from);
    if (e->issue_count == 0 && (before <= from || before - from > USAGE_DAYS_MAX))
        gv_runway_emu_custom(e, &at, "The dates must be 1 to %d days apart", USAGE_DAYS_MAX);
    if (e->issue_count > 0)
        gv_runway_emu_refuse_issues(e);
    else
        put_usage(e, from, before);
}
