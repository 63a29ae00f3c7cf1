/* Kling's emulator: from an accepted wish to a task and the answer to its create. Fact sheet 2.2, 2.5, 2.8. */
#include "provider/kling/kling_sandbox.h"

#include <math.h>
#include <string.h>

#define SLOTS 20          /* tasks at once, per account and model */
#define SUBMITTED_MS 2000 /* at speed 1 */
#define RENDER_MS_PER_SECOND 6000
#define FPS 24
#define EXTERNAL_ID_MAX 256 /* characters; the live limit is not known */

/* 18 digits that end in 0; a sound's id is one more. */
static const char *new_id(struct gv_emu_world *world)
{
    for (uint64_t i = 0;; i++) {
        uint64_t number = gv_kling_emu_mix(world->seed + (uint64_t)world->now_ms * 4096 + world->task_count + i);
        const char *id = gv_arena_printf(world->arena, "8%016llu0", (unsigned long long)(number % 10000000000000000u));
        if (!world->find(world, "kling", id))
            return id;
    }
}

/* ---- accepting -------------------------------------------------------------------------------------------------- */

static unsigned even(double pixels)
{
    unsigned half = (unsigned)(pixels / 2 + 0.5);
    return half < 1 ? 2 : half * 2;
}

/* Pictures keep their ratio at the area of 16:9; else the short side is the resolution's number. */
static void film_size(const struct kling_wish *wish, unsigned *width, unsigned *height)
{
    double ratio = wish->ratio_height ? (double)wish->ratio_width / wish->ratio_height : 16.0 / 9;
    double side = wish->short_side ? wish->short_side : 720;
    if (wish->first && !wish->source) {
        double area = side * side * 16 / 9;
        *width = even(sqrt(area * ratio));
        *height = even(sqrt(area / ratio));
        return;
    }
    *width = even(ratio >= 1 ? side * ratio : side);
    *height = even(ratio >= 1 ? side : side / ratio);
}

static double film_seconds(const struct kling_wish *wish)
{
    return wish->film_seconds > 0 ? wish->film_seconds : (wish->seconds * FPS + 1.0) / FPS;
}

static const char *ref_of(const struct gv_emu_media *media)
{
    return media ? media->ref : NULL;
}

static const char *motion_of(const struct kling_wish *wish)
{
    static const char *const motions[] = {"zoom_in", "pan_right", "zoom_out", "pan_left"};
    uint64_t sum = 0;
    for (const char *p = wish->prompt; p && *p; p++)
        sum = gv_kling_emu_mix(sum + (unsigned char)*p);
    return motions[sum % 4];
}

/* Equal wishes have equal text here, and so share one film. */
static const char *film_json(struct gv_emu_world *world, const struct kling_wish *wish)
{
    unsigned width, height;
    struct gv_buf buf;
    gv_buf_init(&buf, KLING_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    film_size(wish, &width, &height);
    gv_json_open(&out, NULL, '{');
    gv_json_put_int(&out, "seed", (int64_t)(world->seed & INT64_MAX));
    gv_json_put_real(&out, "duration_seconds", film_seconds(wish));
    if (wish->synchronous) {
        gv_json_put_bool(&out, "speech", true);
    } else {
        gv_json_put_int(&out, "width", width);
        gv_json_put_int(&out, "height", height);
        gv_json_put_int(&out, "fps", FPS);
        gv_json_put_text(&out, "text", wish->prompt ? wish->prompt : "");
        gv_json_put_text(&out, "first", ref_of(wish->first));
        gv_json_put_text(&out, "last", ref_of(wish->last));
        if (wish->image_count > 0) {
            gv_json_open(&out, "images", '[');
            for (size_t i = 0; i < wish->image_count; i++)
                gv_json_put_text(&out, NULL, ref_of(wish->images[i]));
            gv_json_close(&out, ']');
        }
        gv_json_put_text(&out, "source", wish->source);
        gv_json_put_bool(&out, "audio", wish->audio || wish->sound);
        gv_json_put_text(&out, "audio_source", wish->sound);
        gv_json_put_text(&out, "motion", motion_of(wish));
    }
    gv_json_close(&out, '}');
    return gv_kling_emu_finish(world, &buf);
}

static const char *memo_json(struct gv_emu_world *world, const struct kling_wish *wish)
{
    unsigned width, height;
    struct gv_buf buf;
    gv_buf_init(&buf, KLING_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    film_size(wish, &width, &height);
    gv_json_open(&out, NULL, '{');
    gv_json_put_int(&out, "generation", wish->gen2 ? 2 : 1);
    gv_json_put_bool(&out, "synchronous", wish->synchronous);
    gv_json_put_bool(&out, "watermark", wish->watermark);
    gv_json_put_real(&out, "units", wish->failure ? 0 : wish->units);
    gv_json_put_int(&out, "width", width);
    gv_json_put_int(&out, "height", height);
    gv_json_put_real(&out, "seconds", film_seconds(wish));
    gv_json_put_text(&out, "source", wish->source);
    gv_json_put_text(&out, "parent", wish->parent ? wish->parent->id : NULL);
    gv_json_close(&out, '}');
    return gv_kling_emu_finish(world, &buf);
}

/* "[fail: words]" in a prompt ends the task with the words. */
static const char *scripted_failure(struct gv_emu_world *world, const struct kling_wish *wish)
{
    const char *begin = wish->prompt ? strstr(wish->prompt, "[fail:") : NULL;
    const char *end = begin ? strchr(begin, ']') : NULL;
    if (!end)
        return wish->failure;
    begin += strlen("[fail:");
    begin += strspn(begin, " ");
    return gv_arena_strndup(world->arena, begin, (size_t)(end - begin));
}

static const struct gv_emu_task *new_task(struct kling_emu *e, const struct kling_wish *wish)
{
    struct gv_emu_world *world = e->world;
    struct gv_emu_task *task = GV_NEW(world->arena, struct gv_emu_task);
    double slowness = wish->synchronous ? 0 : 1 / world->speed;
    int64_t begins = (int64_t)(SUBMITTED_MS * slowness);
    double units = wish->failure ? 0 : wish->units;
    *task = (struct gv_emu_task){
        .id = new_id(world),
        .provider = "kling",
        .product = wish->product,
        .model = wish->model,
        .external_id = wish->external_id,
        .account = e->account,
        .created_ms = world->now_ms,
        .begins_ms = world->now_ms + begins,
        .ends_ms = world->now_ms + begins + (int64_t)(RENDER_MS_PER_SECOND * film_seconds(wish) * slowness),
        .failure = wish->failure,
        .usd = round(units * KLING_EMU_USD_PER_UNIT * 1e4) / 1e4,
        .units = gv_arena_printf(world->arena, "%g units", units),
        .film = is(wish->product, "identify-face") ? NULL : film_json(world, wish),
        .callback_url = wish->callback_url,
        .memo = memo_json(world, wish),
    };
    return task;
}

static bool slot_free(struct kling_emu *e, const struct kling_wish *wish)
{
    struct gv_emu_world *world = e->world;
    unsigned taken = 0, most = world->bend.slots ? world->bend.slots : SLOTS;
    const char *model = wish->model ? wish->model : wish->product;
    for (size_t i = world->task_count; i > 0 && taken < most; i--) {
        const struct gv_emu_task *t = world->tasks[i - 1];
        taken += t->ends_ms > world->now_ms && is(t->provider, "kling") && is(t->account, e->account) &&
                 is(t->model ? t->model : t->product, model);
    }
    return taken < most;
}

static bool take_options(struct kling_emu *e, struct kling_wish *wish)
{
    const char *under = wish->gen2 ? "options." : "";
    const char *external = NULL, *callback = NULL;
    if (wish->synchronous)
        return true;
    if (!gv_kling_emu_text(e, gv_kling_emu_path(e, "%sexternal_task_id", under), EXTERNAL_ID_MAX, &external) ||
        !gv_kling_emu_text(e, gv_kling_emu_path(e, "%scallback_url", under), 2048, &callback) ||
        !gv_kling_emu_flag(e, gv_kling_emu_path(e, "%swatermark_info.enabled", under), &wish->watermark))
        return false;
    wish->external_id = external && *external ? external : NULL;
    wish->callback_url = callback && *callback ? callback : NULL;
    return true;
}

static bool may_begin(struct kling_emu *e, const struct kling_wish *wish)
{
    struct gv_emu_world *world = e->world;
    if (wish->prompt && strstr(wish->prompt, "[moderate]"))
        return gv_kling_emu_refuse(e, 1301, "Failure to pass the risk control system");
    if (wish->external_id && world->find_external(world, "kling", e->account, wish->external_id))
        return gv_kling_emu_refuse(e, 1201, "External_task_id %s already exists", wish->external_id);
    if (!wish->synchronous && !slot_free(e, wish))
        return gv_kling_emu_refuse(e, 1303, "parallel task over resource pack limit");
    return !e->poor || gv_kling_emu_refuse(e, 1102, "Account balance not enough");
}

/* ---- answers to creates ----------------------------------------------------------------------------------------- */

static void put_session(struct gv_json_out *out, struct gv_emu_world *world, const struct gv_emu_task *task,
                        const struct kling_wish *wish)
{
    gv_json_put_text(out, "session_id", task->id);
    gv_json_open(out, "face_data", '[');
    gv_json_open(out, NULL, '{');
    gv_json_put_text(out, "face_id", "0");
    gv_json_put_text(out, "face_image", world->result_url(world, task, "face.png"));
    gv_json_put_int(out, "start_time", 0);
    gv_json_put_int(out, "end_time", (int64_t)(film_seconds(wish) * 1000));
    gv_json_close(out, '}');
    gv_json_close(out, ']');
    gv_json_put_text(out, "final_unit_deduction", "0.05");
}

static void put_speech(struct gv_json_out *out, struct gv_emu_world *world, const struct gv_emu_task *task,
                       const struct kling_wish *wish)
{
    gv_json_put_text(out, "task_id", task->id);
    gv_json_put_text(out, "task_status", "succeed");
    gv_json_open(out, "task_result", '{');
    gv_json_open(out, "audios", '[');
    gv_json_open(out, NULL, '{');
    gv_json_put_text(out, "id", gv_kling_emu_sound_id(world, task));
    gv_json_put_text(out, "url", world->result_url(world, task, "speech.wav"));
    gv_json_put_text(out, "duration", gv_kling_emu_seconds_text(world, film_seconds(wish)));
    gv_json_close(out, '}');
    gv_json_close(out, ']');
    gv_json_close(out, '}');
    gv_json_put_text(out, "final_unit_deduction", "0.05");
    gv_json_put_int(out, "created_at", task->created_ms);
    gv_json_put_int(out, "updated_at", task->created_ms);
}

static void put_submitted(struct gv_json_out *out, const struct gv_emu_task *task, bool gen2)
{
    gv_json_put_text(out, gen2 ? "id" : "task_id", task->id);
    gv_json_put_text(out, gen2 ? "status" : "task_status", "submitted");
    if (!gen2) {
        gv_json_open(out, "task_info", '{');
        gv_json_put_text(out, "external_task_id", task->external_id);
        gv_json_close(out, '}');
    }
    gv_json_put_int(out, gen2 ? "create_time" : "created_at", task->created_ms);
    gv_json_put_int(out, gen2 ? "update_time" : "updated_at", task->created_ms);
    if (gen2)
        gv_json_put_text(out, "external_id", task->external_id ? task->external_id : "");
}

bool gv_kling_emu_accept(struct kling_emu *e, const struct kling_wish *asked)
{
    struct kling_wish wish = *asked;
    if (!take_options(e, &wish) || !may_begin(e, &wish))
        return false;
    wish.failure = scripted_failure(e->world, &wish);
    const struct gv_emu_task *task = new_task(e, &wish);
    struct gv_buf buf;
    gv_buf_init(&buf, KLING_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    if (!wish.synchronous)
        put_submitted(&out, task, wish.gen2);
    else if (is(wish.product, "tts"))
        put_speech(&out, e->world, task, &wish);
    else
        put_session(&out, e->world, task, &wish);
    gv_json_close(&out, '}');
    e->reply = gv_kling_emu_answer(e->world, 200, 0, NULL, gv_kling_emu_finish(e->world, &buf));
    e->reply.accepted = task;
    return true;
}
