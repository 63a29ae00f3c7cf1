/* Veo's emulator: what operations look like on their way and at their end. Fact sheet 4, 9.2. */
#include "provider/veo/veo_sandbox.h"

#include <stdlib.h>

#define VERTEX_TYPE "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"
#define GEMINI_TYPE "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse"

const struct gv_json *gv_veo_emu_memo(struct gv_emu_world *world, const struct gv_emu_task *task)
{
    return gv_json_parse(world->arena, task->memo, strlen(task->memo), NULL);
}

unsigned gv_veo_emu_film_count(const struct gv_json *memo)
{
    return (unsigned)(gv_json_int(memo, "samples", 0) - gv_json_int(memo, "filtered", 0));
}

struct veo_media gv_veo_emu_media_of(struct gv_emu_world *world, const struct gv_emu_task *task, unsigned index)
{
    const struct gv_json *memo = gv_veo_emu_memo(world, task);
    return (struct veo_media){
        .present = true,
        .ref = gv_arena_printf(world->arena, "film:%s:%u", task->id, index),
        .width = (uint32_t)gv_json_int(memo, "width", 0),
        .height = (uint32_t)gv_json_int(memo, "height", 0),
        .seconds = gv_json_real(memo, "seconds", 0),
    };
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

static void put_filter(struct gv_json_out *out, struct gv_emu_world *world, const struct gv_json *memo)
{
    int64_t filtered = gv_json_int(memo, "filtered", 0);
    const char *why = "The prompt could not be submitted. This prompt contains sensitive words that violate Google's "
                      "Responsible AI practices. Try rephrasing the prompt. If you think this was an error, send "
                      "feedback. Support codes: 58061214";
    if (gv_veo_emu_film_count(memo) > 0)
        why =
            gv_arena_printf(world->arena,
                            "Veo could not generate %lld videos based on the prompt provided. You will not be charged "
                            "for blocked videos. Try rephrasing the prompt. If you think this was an error, send "
                            "feedback. Support codes: 64151117",
                            (long long)filtered);
    else if (gv_json_bool(memo, "pictures", false))
        why = "Veo could not generate videos because the input image violates Vertex AI's usage guidelines. If you "
              "think this was an error, send feedback. Support codes: 15236754";
    gv_json_put_int(out, "raiMediaFilteredCount", filtered);
    if (filtered == 0)
        return;
    gv_json_open(out, "raiMediaFilteredReasons", '[');
    gv_json_put_text(out, NULL, why);
    gv_json_close(out, ']');
}

static void put_inline(struct veo_emu *e, struct gv_json_out *out, const struct gv_emu_task *task, unsigned index)
{
    gv_json_put_text(out, "bytesBase64Encoded", "");
    e->reply.films[e->reply.film_count++] = (struct gv_emu_film){task, index, out->buf->len - 1};
}

static void put_videos(struct veo_emu *e, struct gv_json_out *out, const struct gv_emu_task *task,
                       const struct gv_json *memo)
{
    unsigned count = gv_veo_emu_film_count(memo);
    const char *storage = gv_json_text(memo, "storage");
    if (count == 0)
        return;
    gv_json_open(out, "videos", '[');
    for (unsigned i = 0; i < count; i++) {
        gv_json_open(out, NULL, '{');
        if (storage)
            gv_json_put_text(out, "gcsUri",
                             gv_arena_printf(e->world->arena, "gs://%s", gv_veo_emu_object_name(e->world, memo, i)));
        else
            put_inline(e, out, task, i);
        gv_json_put_text(out, "mimeType", "video/mp4");
        gv_json_close(out, '}');
    }
    gv_json_close(out, ']');
}

static void put_gemini(struct veo_emu *e, struct gv_json_out *out, const struct gv_json *memo)
{
    uint64_t number = strtoull(gv_json_text(memo, "number"), NULL, 10);
    gv_json_open(out, "generateVideoResponse", '{');
    if (gv_veo_emu_film_count(memo) > 0) {
        gv_json_open(out, "generatedSamples", '[');
        gv_json_open(out, NULL, '{');
        gv_json_open(out, "video", '{');
        gv_json_put_text(out, "uri",
                         gv_arena_printf(e->world->arena, "%s/v1beta/files/%s:download?alt=media", e->world->origin,
                                         gv_veo_emu_file_id(e->world, number)));
        gv_json_close(out, '}');
        gv_json_close(out, '}');
        gv_json_close(out, ']');
    } else {
        put_filter(out, e->world, memo);
    }
    gv_json_close(out, '}');
}

static void put_response(struct veo_emu *e, struct gv_json_out *out, const struct gv_emu_task *task,
                         const struct gv_json *memo)
{
    gv_json_open(out, "response", '{');
    gv_json_put_text(out, "@type", e->gemini ? GEMINI_TYPE : VERTEX_TYPE);
    if (e->gemini) {
        put_gemini(e, out, memo);
    } else {
        put_filter(out, e->world, memo);
        put_videos(e, out, task, memo);
    }
    gv_json_close(out, '}');
}

static void put_error(struct gv_json_out *out, const struct gv_emu_task *task, const struct gv_json *memo)
{
    gv_json_open(out, "error", '{');
    gv_json_put_int(out, "code", gv_json_int(memo, "failure_code", VEO_RPC_INTERNAL));
    gv_json_put_text(out, "message", task->failure);
    gv_json_close(out, '}');
}

/* ---- operations -------------------------------------------------------------------------------------------------- */

/* A fault script's word: how strange an answer may be. */
static void put_bent(struct gv_json_out *out, const char *word)
{
    bool empty = is(word, "empty");
    if (is(word, "not-done"))
        gv_json_put_bool(out, "done", false);
    if (empty || is(word, "neither"))
        gv_json_put_bool(out, "done", true);
    if (!empty)
        return;
    gv_json_open(out, "response", '{');
    gv_json_put_text(out, "@type", VERTEX_TYPE);
    gv_json_open(out, "videos", '[');
    gv_json_close(out, ']');
    gv_json_close(out, '}');
}

static void answer(struct veo_emu *e, const struct gv_emu_task *task)
{
    struct gv_emu_world *world = e->world;
    const struct gv_json *memo = gv_veo_emu_memo(world, task);
    enum gv_emu_status status = gv_emu_status(task, world->now_ms);
    struct gv_buf buf;
    gv_buf_init(&buf, VEO_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "name", gv_json_text(memo, "name"));
    if (world->bend.status_word) {
        put_bent(&out, world->bend.status_word);
    } else if (status == GV_EMU_FAILED) {
        gv_json_put_bool(&out, "done", true);
        put_error(&out, task, memo);
    } else if (status == GV_EMU_SUCCEEDED) {
        gv_json_put_bool(&out, "done", true);
        put_response(e, &out, task, memo);
    }
    gv_json_close(&out, '}');
    e->reply.status = 200;
    e->reply.body = gv_veo_emu_finish(world, &buf);
}

/* By its whole name. */
static const struct gv_emu_task *find(struct veo_emu *e, const char *id, const char *name)
{
    struct gv_emu_world *world = e->world;
    const struct gv_emu_task *task = world->find(world, "veo", id);
    if (!task || world->now_ms - task->created_ms < world->bend.hidden_ms)
        return NULL;
    return is(gv_json_text(gv_veo_emu_memo(world, task), "name"), name) ? task : NULL;
}

static void look(struct veo_emu *e, const char *id, const char *name)
{
    const struct gv_emu_task *task = find(e, id, name);
    if (task)
        answer(e, task);
    else
        gv_veo_emu_refuse(e, VEO_RPC_NOT_FOUND, "The operation %s was not found.", name);
}

void gv_veo_emu_fetch_operation(struct veo_emu *e, const struct veo_path *path)
{
    const char *name = NULL;
    const char *model = gv_arena_printf(e->world->arena, VEO_EMU_MODEL_FORMAT "/operations/", path->project,
                                        path->location, path->model);
    if (!e->request->body || e->request->body->kind != GV_JSON_OBJECT)
        gv_veo_emu_refuse(e, VEO_RPC_INVALID_ARGUMENT, "Invalid JSON payload received.");
    else if (!gv_veo_emu_members(e, "", "operationName") || !gv_veo_emu_text(e, "operationName", &name))
        return;
    else if (!name || strncmp(name, model, strlen(model)) != 0)
        gv_veo_emu_refuse(e, VEO_RPC_INVALID_ARGUMENT, "operationName must be one of this model's: %s{id}.", model);
    else
        look(e, name + strlen(model), name);
}

void gv_veo_emu_get_operation(struct veo_emu *e, const struct veo_path *path)
{
    look(e, path->operation, gv_arena_printf(e->world->arena, "models/%s/operations/%s", path->model, path->operation));
}
