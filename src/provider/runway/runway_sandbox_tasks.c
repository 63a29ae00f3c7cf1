/* Runway's emulator: asking for a task and removing it. Fact sheet 5.
 *
 * THROTTLED -> PENDING -> RUNNING -> SUCCEEDED | FAILED, by the clock alone; DELETE at any time: gone. The slot of a
 * removed task goes to tasks that are created afterwards. */
#include "provider/runway/runway_sandbox.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "base/assert.h"

const struct gv_json *gv_runway_emu_memo(struct gv_emu_world *world, const struct gv_emu_task *task)
{
    return gv_json_parse(world->arena, task->memo, strlen(task->memo), NULL);
}

/* NULL: none that this account may see. */
static const struct gv_emu_task *task_of(struct runway_emu *e, const char *id)
{
    const struct gv_emu_task *task = e->world->find(e->world, RUNWAY_EMU_NAME, id);
    bool visible = task && !task->note && is(task->account, e->account) &&
                   task->created_ms + e->world->bend.hidden_ms <= e->world->now_ms;
    return visible ? task : NULL;
}

static void no_such_task(struct runway_emu *e)
{
    e->reply = gv_runway_emu_error(e->world, 404, "Could not find Task", NULL);
}

/* "2026-08-25T23:17:00.540Z" */
static void put_time(struct gv_json_out *out, const char *key, int64_t ms)
{
    char text[32];
    time_t seconds = ms / 1000;
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, sizeof text - n, ".%03dZ", (int)(ms % 1000));
    gv_json_put_text(out, key, text);
}

static void put_credits(struct gv_json_out *out, const char *key, const struct gv_json *memo, double credits)
{
    if (gv_json_bool(memo, "no_cost", false))
        return;
    gv_json_open(out, key, '{');
    gv_json_put_real(out, "credits", credits);
    gv_json_close(out, '}');
}

static void put_output(struct gv_json_out *out, struct gv_emu_world *world, const struct gv_emu_task *task,
                       const struct gv_json *memo)
{
    bool still = gv_json_bool(memo, "still", false);
    int64_t count = gv_json_int(memo, "outputs", 1);
    gv_json_open(out, "output", '[');
    for (int64_t i = 0; i < count; i++) {
        const char *name = gv_arena_printf(world->arena, "output-%d.%s", (int)i, still ? "png" : "mp4");
        gv_json_put_text(out, NULL, world->result_url(world, task, name));
    }
    gv_json_close(out, ']');
}

static const char *status_of(struct gv_emu_world *world, const struct gv_emu_task *task, const struct gv_json *memo)
{
    if (world->bend.status_word)
        return world->bend.status_word;
    switch (gv_emu_status(task, world->now_ms)) {
    case GV_EMU_SUBMITTED: return world->now_ms < gv_json_int(memo, "throttled_until_ms", 0) ? "THROTTLED" : "PENDING";
    case GV_EMU_PROCESSING: return "RUNNING";
    case GV_EMU_SUCCEEDED: return "SUCCEEDED";
    case GV_EMU_FAILED: return "FAILED";
    }
    GV_UNREACHABLE();
}

/* 0 to 0.99, in hundredths. */
static double progress(const struct gv_emu_task *task, int64_t now_ms)
{
    double share = (double)(now_ms - task->begins_ms) / (double)(task->ends_ms - task->begins_ms);
    return floor(fmin(share, 0.99) * 100) / 100;
}

static void put_state(struct gv_json_out *out, struct gv_emu_world *world, const struct gv_emu_task *task,
                      const struct gv_json *memo)
{
    enum gv_emu_status status = gv_emu_status(task, world->now_ms);
    if (status == GV_EMU_PROCESSING)
        gv_json_put_real(out, "progress", progress(task, world->now_ms));
    if (status == GV_EMU_SUCCEEDED)
        put_output(out, world, task, memo);
    if (status == GV_EMU_FAILED) {
        gv_json_put_text(out, "failure", task->failure);
        gv_json_put_text(out, "failureCode", gv_json_text(memo, "code"));
    }
    if (status == GV_EMU_SUCCEEDED || status == GV_EMU_FAILED)
        put_credits(out, "cost", memo, gv_json_real(memo, "credits", 0));
    else
        put_credits(out, "estimatedCost", memo, gv_json_real(memo, "estimate", 0));
}

void gv_runway_emu_get_task(struct runway_emu *e, const char *id)
{
    const struct gv_emu_task *task = task_of(e, id);
    if (!task) {
        no_such_task(e);
        return;
    }
    const struct gv_json *memo = gv_runway_emu_memo(e->world, task);
    struct gv_buf buf;
    gv_buf_init(&buf, RUNWAY_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "id", task->id);
    put_time(&out, "createdAt", task->created_ms);
    gv_json_put_text(&out, "status", status_of(e->world, task, memo));
    put_state(&out, e->world, task, memo);
    gv_json_close(&out, '}');
    e->reply = (struct gv_emu_reply){.status = 200, .body = gv_runway_emu_finish(e->world, &buf)};
}

/* Whatever its state: cancelled or deleted, it is gone (5.2). The fact sheet does not say what becomes of the charge;
 * it stands here. */
void gv_runway_emu_delete_task(struct runway_emu *e, const char *id)
{
    const struct gv_emu_task *task = task_of(e, id);
    if (!task) {
        no_such_task(e);
        return;
    }
    struct gv_emu_task *note = GV_NEW(e->world->arena, struct gv_emu_task);
    *note = (struct gv_emu_task){
        .note = true,
        .removes = task->id,
        .id = gv_runway_emu_uuid(e->world, 0),
        .provider = RUNWAY_EMU_NAME,
        .product = "delete",
        .account = e->account,
        .created_ms = e->world->now_ms,
        .memo = "{}",
    };
    e->reply = (struct gv_emu_reply){.status = 204, .accepted = note};
}
