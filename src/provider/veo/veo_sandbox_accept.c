/* Veo's emulator: from an accepted wish to an operation, its films and its price. Fact sheet 3.5, 4, 8, 9.1. */
#include "provider/veo/veo_sandbox.h"

#include <stdio.h>
#include <stdlib.h>

#define QUEUE_MS 3000 /* at speed 1 */
#define RENDER_MS_PER_SECOND 5000
#define NUMBER_BITS 60
#define FILE_SCRAMBLE 0x5a3c96f00f69c3a5u

/* ---- ids: an operation's number is in each, so that nothing need be searched ------------------------------------- */

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static uint64_t cut(uint64_t x)
{
    return x & ((1ull << NUMBER_BITS) - 1);
}

/* Twelve lower-case letters and digits. */
static const char *base36(struct gv_arena *arena, uint64_t number)
{
    char *out = gv_arena_alloc(arena, 13);
    for (size_t i = 12; i > 0; i--, number /= 36)
        out[i - 1] = "0123456789abcdefghijklmnopqrstuvwxyz"[number % 36];
    return out;
}

const char *gv_veo_emu_operation_id(struct gv_emu_world *world, uint64_t number, bool gemini)
{
    uint64_t tail = mix(number);
    if (gemini)
        return base36(world->arena, number);
    return gv_arena_printf(world->arena, "%08llx-%04llx-4%03llx-a%03llx-%012llx", (unsigned long long)(number >> 28),
                           (unsigned long long)(number >> 12 & 0xffff), (unsigned long long)(number & 0xfff),
                           (unsigned long long)(tail >> 48 & 0xfff), (unsigned long long)(tail & 0xffffffffffffu));
}

const char *gv_veo_emu_file_id(struct gv_emu_world *world, uint64_t number)
{
    return base36(world->arena, cut(number ^ FILE_SCRAMBLE));
}

const struct gv_emu_task *gv_veo_emu_task_by_file(struct gv_emu_world *world, const char *id)
{
    char *end;
    uint64_t number = cut(strtoull(id, &end, 36) ^ FILE_SCRAMBLE);
    if (*end || !is(gv_veo_emu_file_id(world, number), id))
        return NULL;
    const struct gv_emu_task *task = world->find(world, "veo", gv_veo_emu_operation_id(world, number, true));
    bool there = task && gv_emu_status(task, world->now_ms) == GV_EMU_SUCCEEDED && task->film;
    return there && world->now_ms < gv_json_int(gv_veo_emu_memo(world, task), "until_ms", 0) ? task : NULL;
}

static uint64_t new_number(struct gv_emu_world *world, bool gemini)
{
    for (uint64_t i = 0;; i++) {
        uint64_t number = cut(mix(world->seed + (uint64_t)world->now_ms * 4096 + world->task_count + i));
        if (!world->find(world, "veo", gv_veo_emu_operation_id(world, number, gemini)))
            return number;
    }
}

/* ---- films ------------------------------------------------------------------------------------------------------- */

static void film_size(const struct veo_wish *wish, unsigned *width, unsigned *height)
{
    unsigned longer = wish->height_class * 16 / 9, shorter = wish->height_class;
    *width = wish->portrait ? shorter : longer;
    *height = wish->portrait ? longer : shorter;
}

static double film_seconds(const struct veo_wish *wish)
{
    return (double)wish->seconds + (wish->source.present ? wish->source.seconds : 0);
}

static void put_film(struct gv_json_out *out, struct gv_emu_world *world, const struct veo_wish *wish, unsigned index)
{
    static const char *const motions[] = {"zoom_in", "pan_right", "zoom_out", "pan_left"};
    uint64_t seed = mix(world->seed + index);
    unsigned width, height;
    film_size(wish, &width, &height);
    if (wish->seed >= 0)
        seed = mix((uint64_t)wish->seed + ((uint64_t)index << 32));
    gv_json_open(out, NULL, '{');
    gv_json_put_int(out, "seed", (int64_t)(seed >> 1));
    gv_json_put_real(out, "duration_seconds", film_seconds(wish));
    gv_json_put_int(out, "width", width);
    gv_json_put_int(out, "height", height);
    gv_json_put_int(out, "fps", VEO_EMU_FPS);
    gv_json_put_text(out, "text", wish->prompt ? wish->prompt : "");
    gv_json_put_text(out, "first", wish->first.ref);
    gv_json_put_text(out, "last", wish->first.ref ? wish->last.ref : NULL);
    gv_json_open(out, "images", '[');
    for (size_t i = 0; i < wish->reference_count; i++)
        gv_json_put_text(out, NULL, wish->references[i].ref);
    gv_json_close(out, ']');
    gv_json_put_text(out, "source", wish->source.ref);
    gv_json_put_bool(out, "audio", wish->audio);
    gv_json_put_text(out, "motion", motions[(seed + index) % 4]);
    gv_json_close(out, '}');
}

/* NULL: makes none. Equal wishes with equal seeds have equal text here, and so share their films. */
static const char *films_json(struct gv_emu_world *world, const struct veo_wish *wish)
{
    if (wish->failure || wish->filtered == wish->samples)
        return NULL;
    struct gv_buf buf;
    gv_buf_init(&buf, VEO_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '[');
    for (unsigned i = 0; i < wish->samples - wish->filtered; i++)
        put_film(&out, world, wish, i);
    gv_json_close(&out, ']');
    return gv_veo_emu_finish(world, &buf);
}

/* ---- the task ---------------------------------------------------------------------------------------------------- */

#define GEMINI_FILE_MS (2ll * 24 * 3600 * 1000)

static const char *memo_json(struct veo_emu *e, const struct veo_wish *wish, const char *name, uint64_t number,
                             int64_t ends_ms)
{
    unsigned width, height;
    struct gv_buf buf;
    gv_buf_init(&buf, VEO_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    film_size(wish, &width, &height);
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "name", name);
    gv_json_put_bool(&out, "gemini", e->gemini);
    gv_json_put_text(&out, "number", gv_arena_printf(e->world->arena, "%llu", (unsigned long long)number));
    gv_json_put_text(&out, "storage", wish->storage);
    gv_json_put_int(&out, "samples", wish->samples);
    gv_json_put_int(&out, "filtered", wish->filtered);
    gv_json_put_bool(&out, "pictures", wish->first.present || wish->reference_count > 0);
    gv_json_put_bool(&out, "redirect", wish->prompt && strstr(wish->prompt, "[redirect]"));
    gv_json_put_int(&out, "failure_code", wish->failure_code);
    gv_json_put_int(&out, "width", width);
    gv_json_put_int(&out, "height", height);
    gv_json_put_real(&out, "seconds", film_seconds(wish));
    gv_json_put_int(&out, "until_ms", ends_ms + GEMINI_FILE_MS);
    gv_json_close(&out, '}');
    return gv_veo_emu_finish(e->world, &buf);
}

/* Nothing that failed or was filtered is charged; an extension is charged for what it adds. */
static double usd(const struct veo_wish *wish)
{
    int64_t films = wish->failure ? 0 : wish->samples - wish->filtered;
    size_t size = wish->height_class == 720 ? 0 : wish->height_class == 1080 ? 1 : 2;
    return (double)(films * wish->seconds) * wish->model->usd[size][wish->audio ? 0 : 1];
}

void gv_veo_emu_accept(struct veo_emu *e, const struct veo_path *path, const struct veo_wish *wish)
{
    struct gv_emu_world *world = e->world;
    uint64_t number = new_number(world, e->gemini);
    const char *id = gv_veo_emu_operation_id(world, number, e->gemini);
    const char *name = e->gemini ? gv_arena_printf(world->arena, "models/%s/operations/%s", path->model, id)
                                 : gv_arena_printf(world->arena, VEO_EMU_MODEL_FORMAT "/operations/%s", path->project,
                                                   path->location, path->model, id);
    int64_t begins_ms = world->now_ms + (int64_t)(QUEUE_MS / world->speed);
    double render_ms = wish->failure ? 0 : (double)(RENDER_MS_PER_SECOND * wish->seconds);
    int64_t ends_ms = begins_ms + (int64_t)(render_ms / world->speed);
    struct gv_emu_task *task = GV_NEW(world->arena, struct gv_emu_task);
    *task = (struct gv_emu_task){
        .id = id,
        .provider = "veo",
        .product = wish->feature,
        .model = wish->model->name,
        .external_id = wish->storage,
        .account = e->account,
        .created_ms = world->now_ms,
        .begins_ms = begins_ms,
        .ends_ms = ends_ms,
        .failure = wish->failure,
        .usd = usd(wish),
        .units = gv_arena_printf(world->arena, "%lld x %lld s", (long long)(wish->samples - wish->filtered),
                                 (long long)wish->seconds),
        .film = films_json(world, wish),
        .memo = memo_json(e, wish, name, number, ends_ms),
    };
    e->reply = (struct gv_emu_reply){
        .status = 200, .body = gv_arena_printf(world->arena, "{\"name\":\"%s\"}", name), .accepted = task};
}
