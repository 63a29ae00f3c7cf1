/* Kling's emulator: what tasks are called and how they look. Fact sheet 2.3, 2.6. */
#include "provider/kling/kling_sandbox.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

/* ---- ids -------------------------------------------------------------------------------------------------------- */

uint64_t gv_kling_emu_mix(uint64_t x)
{
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    return x ^ (x >> 32);
}

/* Video ids look like UUIDs and hold the task's number, so that nothing need be searched. */
const char *gv_kling_emu_video_id(struct gv_emu_world *world, const struct gv_emu_task *task)
{
    uint64_t number = strtoull(task->id, NULL, 10);
    return gv_arena_printf(world->arena, "%08x-%04x-%04x-a000-%012llx", (unsigned)(number >> 32),
                           (unsigned)(number >> 16 & 0xffff), (unsigned)(number & 0xffff),
                           (unsigned long long)(gv_kling_emu_mix(number) & 0xffffffffffffu));
}

const char *gv_kling_emu_sound_id(struct gv_emu_world *world, const struct gv_emu_task *task)
{
    return gv_arena_printf(world->arena, "%llu", strtoull(task->id, NULL, 10) + 1);
}

const struct gv_emu_task *gv_kling_emu_task(struct kling_emu *e, const char *id)
{
    const struct gv_emu_task *task = e->world->find(e->world, "kling", id);
    return task && is(task->account, e->account) ? task : NULL;
}

static const struct gv_emu_task *task_by_number(struct kling_emu *e, unsigned long long number)
{
    const struct gv_emu_task *task = gv_kling_emu_task(e, gv_arena_printf(e->world->arena, "%llu", number));
    return task && gv_emu_status(task, e->world->now_ms) == GV_EMU_SUCCEEDED ? task : NULL;
}

const struct gv_emu_task *gv_kling_emu_task_by_video(struct kling_emu *e, const char *id)
{
    unsigned high, middle, low;
    if (sscanf(id, "%8x-%4x-%4x-a000-", &high, &middle, &low) != 3)
        return NULL;
    const struct gv_emu_task *task = task_by_number(e, (unsigned long long)high << 32 | middle << 16 | low);
    return task && is(gv_kling_emu_video_id(e->world, task), id) ? task : NULL;
}

const struct gv_emu_task *gv_kling_emu_task_by_sound(struct kling_emu *e, const char *audio_id)
{
    unsigned long long number = strtoull(audio_id, NULL, 10);
    const struct gv_emu_task *task = number % 10 == 1 ? task_by_number(e, number - 1) : NULL;
    return task && is(task->product, "tts") ? task : NULL;
}

const struct gv_json *gv_kling_emu_memo(struct gv_emu_world *world, const struct gv_emu_task *task)
{
    return gv_json_parse(world->arena, task->memo, strlen(task->memo), NULL);
}

struct kling_film gv_kling_emu_film_of(struct gv_emu_world *world, const struct gv_emu_task *task)
{
    const struct gv_json *memo = gv_kling_emu_memo(world, task);
    const char *source = gv_json_text(memo, "source");
    return (struct kling_film){
        .ref = task->film ? gv_arena_printf(world->arena, "film:%s", task->id) : source,
        .width = (uint32_t)gv_json_int(memo, "width", 0),
        .height = (uint32_t)gv_json_int(memo, "height", 0),
        .seconds = gv_json_real(memo, "seconds", 0),
    };
}

const char *gv_kling_emu_finish(struct gv_emu_world *world, struct gv_buf *buf)
{
    GV_ASSERT(!buf->overflow);
    const char *text = gv_arena_strndup(world->arena, buf->data, buf->len);
    gv_buf_free(buf);
    return text;
}

/* ---- task objects ----------------------------------------------------------------------------------------------- */

static int64_t updated_ms(const struct gv_emu_task *task, int64_t now_ms)
{
    return now_ms >= task->ends_ms ? task->ends_ms : now_ms >= task->begins_ms ? task->begins_ms : task->created_ms;
}

const char *gv_kling_emu_status_word(struct gv_emu_world *world, const struct gv_emu_task *task, bool gen2)
{
    if (world->bend.status_word)
        return world->bend.status_word;
    switch (gv_emu_status(task, world->now_ms)) {
    case GV_EMU_SUBMITTED: return "submitted";
    case GV_EMU_PROCESSING: return "processing";
    case GV_EMU_SUCCEEDED: return gen2 ? "succeeded" : "succeed";
    case GV_EMU_FAILED: return "failed";
    }
    GV_UNREACHABLE();
}

/* Three decimals, cut, as the live API shows them. */
const char *gv_kling_emu_seconds_text(struct gv_emu_world *world, double seconds)
{
    return gv_arena_printf(world->arena, "%.3f", floor(seconds * 1000 + 1e-6) / 1000);
}

static void put_duration(struct gv_json_out *out, struct gv_emu_world *world, const struct gv_emu_task *task,
                         const struct gv_json *memo)
{
    if (!world->bend.no_duration && !is(task->product, "effects")) /* whose results lack it */
        gv_json_put_text(out, "duration", gv_kling_emu_seconds_text(world, gv_json_real(memo, "seconds", 0)));
}

static void put_video(struct gv_json_out *out, struct gv_emu_world *world, const struct gv_emu_task *task,
                      const struct gv_json *memo, bool gen2)
{
    bool watermark = gv_json_bool(memo, "watermark", false);
    gv_json_open(out, NULL, '{');
    gv_json_put_text(out, "type", gen2 ? "video" : NULL);
    gv_json_put_text(out, "id", gv_kling_emu_video_id(world, task));
    gv_json_put_text(out, "url", world->result_url(world, task, "video.mp4"));
    if (watermark || gen2)
        gv_json_put_text(out, "watermark_url", watermark ? world->result_url(world, task, "watermarked.mp4") : "");
    put_duration(out, world, task, memo);
    gv_json_close(out, '}');
}

/* A session of identify-face stands between a lip-sync and its video. */
static const struct gv_emu_task *parent_video(struct gv_emu_world *world, const struct gv_json *memo)
{
    const char *id = gv_json_text(memo, "parent");
    const struct gv_emu_task *parent = id ? world->find(world, "kling", id) : NULL;
    if (parent && !parent->film) {
        id = gv_json_text(gv_kling_emu_memo(world, parent), "parent");
        parent = id ? world->find(world, "kling", id) : NULL;
    }
    return parent;
}

static void put_info(struct gv_json_out *out, struct gv_emu_world *world, const struct gv_emu_task *task,
                     const struct gv_json *memo)
{
    const struct gv_emu_task *parent = parent_video(world, memo);
    gv_json_open(out, "task_info", '{');
    gv_json_put_text(out, "external_task_id", task->external_id);
    if (parent) {
        gv_json_open(out, "parent_video", '{');
        gv_json_put_text(out, "id", gv_kling_emu_video_id(world, parent));
        gv_json_put_text(out, "url", world->result_url(world, parent, "video.mp4"));
        gv_json_put_text(out, "duration",
                         gv_kling_emu_seconds_text(world, gv_kling_emu_film_of(world, parent).seconds));
        gv_json_close(out, '}');
    }
    gv_json_close(out, '}');
}

static const char *units_text(struct gv_emu_world *world, const struct gv_json *memo)
{
    return gv_arena_printf(world->arena, "%g", gv_json_real(memo, "units", 0));
}

static void put_gen1_result(struct gv_json_out *out, struct gv_emu_world *world, const struct gv_emu_task *task,
                            const struct gv_json *memo)
{
    bool done = gv_emu_status(task, world->now_ms) == GV_EMU_SUCCEEDED;
    gv_json_open(out, "task_result", '{');
    if (done) {
        gv_json_open(out, "videos", '[');
        put_video(out, world, task, memo, false);
        gv_json_close(out, ']');
    }
    gv_json_close(out, '}');
    gv_json_open(out, "watermark_info", '{');
    gv_json_put_bool(out, "enabled", gv_json_bool(memo, "watermark", false));
    gv_json_close(out, '}');
    if (!done)
        return;
    const char *usd = gv_arena_printf(world->arena, "%.4g", task->usd);
    gv_json_put_text(out, "final_unit_deduction", units_text(world, memo));
    gv_json_open(out, "final_balance_deduction", '{');
    gv_json_put_text(out, "quota", usd);
    gv_json_put_text(out, "list_price", usd);
    gv_json_close(out, '}');
}

static const char *message_of(struct gv_emu_world *world, const struct gv_emu_task *task)
{
    return gv_emu_status(task, world->now_ms) == GV_EMU_FAILED ? task->failure : "";
}

void gv_kling_emu_put_gen1(struct gv_json_out *out, struct gv_emu_world *world, const struct gv_emu_task *task)
{
    const struct gv_json *memo = gv_kling_emu_memo(world, task);
    gv_json_open(out, NULL, '{');
    gv_json_put_text(out, "task_id", task->id);
    gv_json_put_text(out, "task_status", gv_kling_emu_status_word(world, task, false));
    gv_json_put_text(out, "task_status_msg", message_of(world, task));
    put_info(out, world, task, memo);
    put_gen1_result(out, world, task, memo);
    gv_json_put_int(out, "created_at", task->created_ms);
    gv_json_put_int(out, "updated_at", updated_ms(task, world->now_ms));
    gv_json_close(out, '}');
}

static void put_gen2_result(struct gv_json_out *out, struct gv_emu_world *world, const struct gv_emu_task *task,
                            const struct gv_json *memo)
{
    gv_json_open(out, "outputs", '[');
    put_video(out, world, task, memo, true);
    gv_json_close(out, ']');
    gv_json_open(out, "billing", '[');
    gv_json_open(out, NULL, '{');
    gv_json_put_text(out, "charge_type", "unit");
    gv_json_put_text(out, "amount", units_text(world, memo));
    gv_json_put_text(out, "package_type", "video");
    gv_json_close(out, '}');
    gv_json_close(out, ']');
}

void gv_kling_emu_put_gen2(struct gv_json_out *out, struct gv_emu_world *world, const struct gv_emu_task *task)
{
    const struct gv_json *memo = gv_kling_emu_memo(world, task);
    gv_json_open(out, NULL, '{');
    gv_json_put_text(out, "id", task->id);
    gv_json_put_text(out, "status", gv_kling_emu_status_word(world, task, true));
    gv_json_put_text(out, "message", message_of(world, task));
    gv_json_put_int(out, "create_time", task->created_ms);
    gv_json_put_int(out, "update_time", updated_ms(task, world->now_ms));
    gv_json_put_text(out, "external_id", task->external_id ? task->external_id : "");
    if (gv_emu_status(task, world->now_ms) == GV_EMU_SUCCEEDED)
        put_gen2_result(out, world, task, memo);
    gv_json_close(out, '}');
}

const char *gv_kling_emu_task_json(struct gv_emu_world *world, const struct gv_emu_task *task)
{
    struct gv_buf buf;
    gv_buf_init(&buf, KLING_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    if (gv_json_int(gv_kling_emu_memo(world, task), "generation", 1) == 2)
        gv_kling_emu_put_gen2(&out, world, task);
    else
        gv_kling_emu_put_gen1(&out, world, task);
    return gv_kling_emu_finish(world, &buf);
}
