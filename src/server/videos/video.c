#include "server/videos/video.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/interface.h"
#include "core/provider.h"
#include "core/url.h"
#include "server/parts/meta.h"
#include "server/videos/wish.h"

#define POLL_LEAST_MS 500u
#define POLL_MOST_MS 10000u

/* A row with all that the object is made of. */
struct view {
    struct gv_exchange *x;
    const struct gv_job_row *row;
    const char *message; /* what became of a request, or NULL */
    bool whole;          /* with the request */
    struct gv_video_result result;
    const struct gv_provider *provider; /* NULL: a folder that is not in this build */
    const struct gv_model *model;
    const struct gv_json *metadata;
    struct gv_operation op;
    bool has_op;
};

static const char *const status_words[] = {
    [GV_PENDING] = "queued", [GV_RUNNING] = "in_progress", [GV_SUCCEEDED] = "completed", [GV_FAILED] = "failed"};

const char *gv_video_status(enum gv_status status)
{
    return (size_t)status < GV_COUNT(status_words) ? status_words[status] : NULL;
}

enum gv_status gv_video_status_value(const char *word)
{
    for (size_t i = GV_PENDING; i < GV_COUNT(status_words); i++)
        if (strcmp(status_words[i], word) == 0)
            return (enum gv_status)i;
    return GV_STATUS_UNSET;
}

static bool has_ended(const struct gv_job_row *row)
{
    return row->status == GV_SUCCEEDED || row->status == GV_FAILED;
}

static const struct gv_json *parsed(struct view *v, const char *text)
{
    return text != NULL ? gv_json_parse(&v->x->arena, text, strlen(text), NULL) : NULL;
}

static int look(struct view *v, struct gv_error *err)
{
    const struct gv_job_row *row = v->row;
    v->provider = gv_provider_named(row->provider);
    v->model = v->provider != NULL ? gv_model_named(v->provider, row->model) : NULL;
    v->metadata = parsed(v, row->metadata);
    const struct gv_json *request = parsed(v, row->request);
    v->has_op = gv_operation_read(&v->op, request, GV_JSON_JOURNAL, &v->x->arena, NULL) == GV_OK;
    return gv_engine_result(&v->result, v->x->engine, row, &v->x->arena, err);
}

/* ---- what OpenAI's clients read ----------------------------------------------------------------------------- */

/* What the front kept of the request. */
static const char *kept(const struct view *v, const char *key)
{
    return gv_json_text(gv_json_member(v->metadata, key), NULL);
}

static const char *prompt_of(const struct view *v)
{
    const struct gv_operation *op = &v->op;
    switch (v->has_op ? op->operation : GV_OP_UNSET) {
    case GV_OP_GENERATE:
        switch (op->u.generate.input.kind) {
        case GV_INPUT_TEXT: return op->u.generate.input.text;
        case GV_INPUT_IMAGE: return op->u.generate.input.image.prompt;
        case GV_INPUT_VIDEO: return gv_operation_option(op, "prompt");
        case GV_INPUT_UNSET: break;
        }
        return NULL;
    case GV_OP_GENERATE_LIP_SYNC:
        return op->u.lip_sync.audio.kind == GV_AUDIO_FROM_TEXT ? op->u.lip_sync.audio.from_text.text : NULL;
    case GV_OP_EXTEND_VIDEO: return op->u.extend.prompt;
    case GV_OP_MULTI_IMAGE_GENERATION: return op->u.multi_image.prompt;
    case GV_OP_UPSCALE_VIDEO:
    case GV_OP_GENERATE_VIDEO_EFFECTS:
    case GV_OP_UNSET: break;
    }
    return NULL;
}

/* Whole, as the wire's are: the film's own length is told with the film. */
static const char *seconds_of(const struct view *v)
{
    const struct gv_generation_config *config = v->has_op ? gv_operation_config(&v->op) : NULL;
    double seconds = v->result.video_count > 0 ? v->result.videos[0].duration_seconds : 0;
    if (seconds > 0)
        return gv_arena_printf(&v->x->arena, "%.0f", fmax(1, round(seconds)));
    if (kept(v, GV_VIDEO_META_SECONDS) != NULL)
        return kept(v, GV_VIDEO_META_SECONDS);
    if (config != NULL && config->has_duration_seconds)
        return gv_arena_printf(&v->x->arena, "%g", (double)config->duration_seconds);
    if (v->model != NULL && v->model->seconds_default > 0)
        return gv_arena_printf(&v->x->arena, "%u", v->model->seconds_default);
    return "";
}

static const char *size_of(const struct view *v)
{
    const struct gv_generation_config *config = v->has_op ? gv_operation_config(&v->op) : NULL;
    const struct gv_video *film = v->result.video_count > 0 ? &v->result.videos[0] : NULL;
    if (film != NULL && film->width > 0)
        return gv_arena_printf(&v->x->arena, "%ux%u", film->width, film->height);
    if (kept(v, GV_VIDEO_META_SIZE) != NULL)
        return kept(v, GV_VIDEO_META_SIZE);
    enum gv_resolution resolution = config != NULL ? config->resolution : GV_RESOLUTION_UNSET;
    if (resolution == GV_RESOLUTION_UNSET && v->model != NULL)
        resolution = v->model->resolution_default;
    const char *size = config != NULL ? gv_wish_size_text(&v->x->arena, config->aspect_ratio, resolution) : NULL;
    return size != NULL ? size : "";
}

/* 100 says that the film is there. */
static int progress_of(const struct gv_job_row *row)
{
    if (row->status == GV_SUCCEEDED)
        return 100;
    return row->progress < 0 ? 0 : row->progress < 99 ? row->progress : 99;
}

static const char *error_code(const struct view *v)
{
    const struct gv_error *error = &v->result.error;
    if (v->row->cancelled)
        return "cancelled";
    switch (error->code) {
    case GV_INVALID_INPUT: return "invalid_request";
    case GV_UNSUPPORTED_FEATURE: return "unsupported";
    case GV_QUOTA_EXCEEDED: return "quota_exceeded";
    case GV_CANCELLED: return "cancelled";
    case GV_GENERATION_FAILED: return error->stage == GV_STAGE_OUTPUT ? "moderation_blocked" : "generation_failed";
    case GV_INTERNAL_ERROR:
    case GV_UNCERTAIN:
    case GV_OK: break;
    }
    return "internal_error";
}

static void put_error(struct gv_json_out *out, const struct view *v)
{
    const struct gv_error *error = &v->result.error;
    if (v->row->status != GV_FAILED) {
        gv_json_put_raw(out, "error", "null");
        return;
    }
    gv_json_open(out, "error", '{');
    gv_json_put_text(out, "code", error_code(v));
    gv_json_put_text(out, "message", v->result.has_error ? error->message : v->row->note);
    if (error->field[0] != '\0')
        gv_json_put_text(out, "param", error->field);
    gv_json_close(out, '}');
}

static void put_standard(struct gv_json_out *out, const struct view *v)
{
    const struct gv_job_row *row = v->row;
    const char *said = kept(v, GV_VIDEO_META_MODEL), *model = row->model != NULL ? row->model : row->provider;
    gv_json_put_text(out, "id", row->id);
    gv_json_put_text(out, "object", "video");
    gv_json_put_text(out, "model", said != NULL ? said : model);
    gv_json_put_text(out, "status", gv_video_status(row->status));
    gv_json_put_int(out, "progress", progress_of(row));
    gv_json_put_text_or_null(out, "prompt", prompt_of(v));
    gv_json_put_int(out, "created_at", row->created_ms / 1000);
    if (has_ended(row))
        gv_json_put_int(out, "completed_at", row->updated_ms / 1000);
    else
        gv_json_put_raw(out, "completed_at", "null");
    gv_json_put_raw(out, "expires_at", "null"); /* films stay until they are deleted */
    gv_json_put_text(out, "seconds", seconds_of(v));
    gv_json_put_text(out, "size", size_of(v));
    gv_json_put_text_or_null(out, "remixed_from_video_id", kept(v, GV_VIDEO_META_REMIXED));
    put_error(out, v);
}

/* ---- our own ------------------------------------------------------------------------------------------------ */

static void put_metadata(struct gv_json_out *out, const struct view *v)
{
    gv_json_open(out, "metadata", '{');
    for (const struct gv_json *pair = v->metadata != NULL ? v->metadata->child : NULL; pair != NULL; pair = pair->next)
        if (strncmp(pair->key, GV_VIDEO_META_PREFIX, strlen(GV_VIDEO_META_PREFIX)) != 0)
            gv_json_put_json(out, pair->key, pair);
    gv_json_close(out, '}');
}

static void put_warnings(struct gv_json_out *out, const struct view *v)
{
    gv_json_open(out, "warnings", '[');
    gv_json_put_text(out, NULL, kept(v, GV_VIDEO_META_WARNING));
    for (size_t i = 0; i < v->result.warning_count; i++)
        gv_json_put_text(out, NULL, v->result.warnings[i]);
    gv_json_close(out, ']');
}

static void put_film(struct gv_json_out *out, const struct view *v, size_t index)
{
    const struct gv_video *film = &v->result.videos[index];
    gv_json_open(out, NULL, '{');
    gv_json_put_text(out, "content_url", gv_content_link(v->x, v->row->id, "video", index));
    gv_json_put_text(out, "mime_type", film->mime_type);
    if (film->width > 0) {
        gv_json_put_int(out, "width", film->width);
        gv_json_put_int(out, "height", film->height);
    }
    if (film->fps > 0)
        gv_json_put_real(out, "fps", film->fps);
    if (film->duration_seconds > 0)
        gv_json_put_real(out, "duration_seconds", film->duration_seconds);
    gv_json_put_int(out, "bytes", (int64_t)film->bytes);
    gv_json_put_text(out, "sha256", film->sha256);
    gv_json_put_text(out, "generation_id", film->generation_id);
    gv_json_close(out, '}');
}

static void put_films(struct gv_json_out *out, const struct view *v)
{
    gv_json_open(out, "videos", '[');
    for (size_t i = 0; i < v->result.video_count; i++)
        put_film(out, v, i);
    gv_json_close(out, ']');
    if (v->row->status != GV_SUCCEEDED || v->result.video_count == 0)
        return;
    gv_json_put_text(out, "content_url", gv_content_link(v->x, v->row->id, "video", 0));
    gv_json_put_text(out, "thumbnail_url", gv_content_link(v->x, v->row->id, "thumbnail", 0));
    gv_json_put_text(out, "spritesheet_url", gv_content_link(v->x, v->row->id, "spritesheet", 0));
}

static int cut_url(void *arena, struct gv_media *media, const char *field)
{
    (void)field;
    if (media->kind == GV_MEDIA_URL)
        media->url = gv_url_without_query(arena, media->url);
    return GV_OK;
}

/* The document without what may be a secret: the queries of URLs, which are often signatures. What people said of
 * their own stands in metadata. */
static void put_request(struct gv_json_out *out, const struct view *v)
{
    if (!v->has_op)
        return;
    struct gv_operation *op = gv_operation_copy(&v->x->arena, &v->op);
    gv_operation_each_media(op, cut_url, &v->x->arena);
    op->metadata = (struct gv_kv_list){0};
    gv_schema_put(out, "request", gv_operation_schema(op->operation), op);
}

static void put_own(struct gv_json_out *out, const struct view *v)
{
    const struct gv_job_row *row = v->row;
    gv_json_open(out, "golem_video", '{');
    gv_row_put(out, row);
    gv_json_put_text(out, "message", v->message);
    if (row->progress >= 0)
        gv_json_put_int(out, "progress", row->progress);
    else
        gv_json_put_raw(out, "progress", "null");
    if (row->usd >= 0)
        gv_json_put_real(out, "usd", row->usd);
    put_warnings(out, v);
    put_metadata(out, v);
    gv_json_put_int(out, "deadline_at", row->deadline_ms / 1000);
    gv_json_put_int(out, "updated_at", row->updated_ms / 1000);
    if (row->parked)
        gv_engine_put_ways(out, v->x->engine, row, &v->x->arena);
    put_films(out, v);
    if (v->whole)
        put_request(out, v);
    if (v->result.has_error)
        gv_schema_put(out, "error", &gv_schema_error, &v->result.error);
    gv_json_close(out, '}');
}

/* ---- the object --------------------------------------------------------------------------------------------- */

/* As the job was when it was accepted. */
static const struct gv_job_row *newborn(struct gv_arena *arena, const struct gv_job_row *row)
{
    struct gv_job_row *young = gv_arena_memdup(arena, row, sizeof(*row));
    const struct gv_provider *provider = gv_provider_named(row->provider);
    young->status = GV_PENDING;
    young->phase = provider != NULL ? provider->phases[0].name : row->phase;
    young->note = GV_JOB_NOTE_ACCEPTED;
    young->parked = young->cancelled = false;
    young->outputs = young->error = NULL;
    young->progress = -1;
    young->updated_ms = row->created_ms;
    return young;
}

static int put(struct gv_json_out *out, const char *key, struct view *v, struct gv_error *err)
{
    int code = look(v, err);
    if (code != GV_OK)
        return code;
    gv_json_open(out, key, '{');
    put_standard(out, v);
    put_own(out, v);
    gv_json_close(out, '}');
    return GV_OK;
}

int gv_video_put(struct gv_json_out *out, const char *key, struct gv_exchange *x, const struct gv_job_row *row,
                 bool as_created, struct gv_error *err)
{
    struct view v = {.x = x, .row = as_created ? newborn(&x->arena, row) : row};
    /* Lists, which ask for no id, and creates leave the request out. */
    v.whole = !as_created && (x->route == NULL || x->ids[0] != NULL);
    return put(out, key, &v, err);
}

static void answer(struct gv_exchange *x, struct view *v)
{
    struct gv_error err;
    struct gv_json_out out = gv_answer_json(x, 200);
    if (put(&out, NULL, v, &err) == GV_OK)
        gv_video_poll_header(x, v->row);
    else
        gv_answer_failure(x, &err);
}

void gv_video_answer(struct gv_exchange *x, const struct gv_job_row *row, const char *message)
{
    answer(x, &(struct view){.x = x, .row = row, .message = message, .whole = true});
}

void gv_video_answer_created(struct gv_exchange *x, const struct gv_job_row *row)
{
    answer(x, &(struct view){.x = x, .row = newborn(&x->arena, row)});
}

void gv_video_poll_header(struct gv_exchange *x, const struct gv_job_row *row)
{
    char text[16];
    const struct gv_provider *provider = gv_provider_named(row->provider);
    uint32_t ms = gv_engine_poll_ms(x->engine);
    if (ms == 0 && provider != NULL)
        ms = provider->pace.poll_ms;
    ms = ms < POLL_LEAST_MS ? POLL_LEAST_MS : ms > POLL_MOST_MS ? POLL_MOST_MS : ms;
    snprintf(text, sizeof(text), "%u", ms);
    gv_answer_header(x, "openai-poll-after-ms", text);
}
