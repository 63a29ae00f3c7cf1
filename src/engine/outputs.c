#include "engine/outputs.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/interface.h"

struct stored {
    uint32_t index;
    struct gv_media data;
    const char *generation_id, *source_url;
};

static const struct gv_field stored_fields[] = {
    {.name = "index", .shape = GV_SHAPE_U32, .offset = offsetof(struct stored, index)},
    {.name = "data", .shape = GV_SHAPE_MEDIA, .offset = offsetof(struct stored, data)},
    {.name = "generation_id",
     .shape = GV_SHAPE_STRING,
     .flags = GV_FIELD_OPTIONAL,
     .offset = offsetof(struct stored, generation_id)},
    {.name = "source_url",
     .shape = GV_SHAPE_STRING,
     .flags = GV_FIELD_OPTIONAL,
     .offset = offsetof(struct stored, source_url)},
};

static const struct gv_schema stored_schema = {.name = "stored-output",
                                               .size = sizeof(struct stored),
                                               .fields = stored_fields,
                                               .field_count = GV_COUNT(stored_fields)};

#define GV_OUTPUTS_JSON_BYTES_MAX (64u << 10)

static int damaged(struct gv_error *err, const struct gv_job_row *row, const char *column, const char *why)
{
    int code =
        gv_fail(err, GV_INTERNAL_ERROR,
                "reading job %s in the journal failed: its %s can't be read (%s), so the file is damaged; keep a "
                "copy of the store's folder and let `golem-video doctor` look at it",
                row->id, column, why);
    if (err != NULL)
        err->retryable = GV_NO;
    return code;
}

const struct gv_json *gv_row_json(const struct gv_job_row *row, const char *column, const char *text,
                                  struct gv_arena *arena, struct gv_error *err)
{
    const char *why = NULL;
    const struct gv_json *json = gv_json_parse(arena, text, strlen(text), &why);
    if (json == NULL)
        damaged(err, row, column, why);
    return json;
}

static int read_output(struct gv_output outputs[GV_OUTPUTS_MAX], const struct gv_job_row *row,
                       const struct gv_json *item, struct gv_arena *arena, struct gv_error *err)
{
    struct stored s = {0};
    struct gv_error why = {0};
    int code = gv_schema_read(&s, &stored_schema, item, GV_JSON_JOURNAL, arena, &why);
    if (code != GV_OK || s.index >= GV_OUTPUTS_MAX || s.data.kind != GV_MEDIA_BLOB)
        return damaged(err, row, "outputs", code != GV_OK ? why.message : "no film of its own");
    outputs[s.index] = (struct gv_output){true, s.data.blob, s.generation_id, s.source_url};
    return GV_OK;
}

int gv_outputs_read(struct gv_output outputs[GV_OUTPUTS_MAX], const struct gv_job_row *row, struct gv_arena *arena,
                    struct gv_error *err)
{
    if (row->outputs == NULL)
        return row->status == GV_SUCCEEDED ? damaged(err, row, "outputs", "there are none") : GV_OK;
    const struct gv_json *list = gv_row_json(row, "outputs", row->outputs, arena, err);
    int code = list != NULL ? GV_OK : GV_INTERNAL_ERROR;
    for (const struct gv_json *item = list != NULL ? list->child : NULL; code == GV_OK && item != NULL;
         item = item->next)
        code = read_output(outputs, row, item, arena, err);
    if (code == GV_OK && row->status == GV_SUCCEEDED && list->child == NULL)
        code = damaged(err, row, "outputs", "there are none");
    return code;
}

const char *gv_outputs_write(const struct gv_output outputs[GV_OUTPUTS_MAX], struct gv_arena *arena)
{
    struct gv_buf buf;
    gv_buf_init(&buf, GV_OUTPUTS_JSON_BYTES_MAX);
    struct gv_json_out json = {.buf = &buf};
    bool any = false;
    gv_json_open(&json, NULL, '[');
    for (uint32_t i = 0; i < GV_OUTPUTS_MAX; i++) {
        const struct gv_output *o = &outputs[i];
        if (!o->stored)
            continue;
        any = true;
        struct stored s = {i, {.kind = GV_MEDIA_BLOB, .blob = o->blob}, o->generation_id, o->source_url};
        gv_schema_write(&json, &stored_schema, &s);
    }
    gv_json_close(&json, ']');
    const char *text = any ? gv_arena_strndup(arena, buf.data, buf.len) : NULL;
    gv_buf_free(&buf);
    return text;
}

static struct gv_video video_of(const struct gv_output *o, struct gv_blobs *blobs, struct gv_arena *arena)
{
    char *uri = blobs->vtable->uri(blobs, o->blob.sha256);
    struct gv_video video = {
        .uri = gv_arena_strdup(arena, uri),
        .mime_type = o->blob.mime_type,
        .width = o->blob.width,
        .height = o->blob.height,
        .fps = o->blob.fps,
        .duration_seconds = o->blob.duration_seconds,
        .generation_id = o->generation_id,
        .bytes = o->blob.bytes,
        .sha256 = gv_arena_strdup(arena, o->blob.sha256),
        .source_uri = o->source_url,
    };
    free(uri);
    return video;
}

static int list_warnings(struct gv_video_result *out, const struct gv_job_row *row, struct gv_arena *arena,
                         struct gv_error *err)
{
    if (row->warnings == NULL)
        return GV_OK;
    const struct gv_json *list = gv_row_json(row, "warnings", row->warnings, arena, err);
    if (list == NULL)
        return GV_INTERNAL_ERROR;
    const char **warnings = GV_NEW_ARRAY(arena, const char *, list->count);
    for (const struct gv_json *item = list->child; item != NULL; item = item->next) {
        if (item->kind != GV_JSON_STRING)
            return damaged(err, row, "warnings", gv_json_kind_name(item->kind));
        warnings[out->warning_count++] = item->text;
    }
    out->warnings = warnings;
    return GV_OK;
}

static int read_error(struct gv_video_result *out, const struct gv_job_row *row, struct gv_arena *arena,
                      struct gv_error *err)
{
    if (row->error == NULL)
        return GV_OK;
    const struct gv_json *value = gv_row_json(row, "error", row->error, arena, err);
    struct gv_error why = {0};
    if (value == NULL)
        return GV_INTERNAL_ERROR;
    if (gv_schema_read(&out->error, &gv_schema_error, value, GV_JSON_JOURNAL, arena, &why) != GV_OK)
        return damaged(err, row, "error", why.message);
    out->has_error = true;
    out->failed = out->status == GV_FAILED ? gv_arena_strdup(arena, out->error.message) : NULL;
    return GV_OK;
}

int gv_result_of_row(struct gv_video_result *out, const struct gv_job_row *row, struct gv_blobs *blobs,
                     struct gv_arena *arena, struct gv_error *err)
{
    *out = (struct gv_video_result){.status = row->status,
                                    .id = gv_arena_strdup(arena, row->id),
                                    .phase = gv_arena_strdup(arena, row->phase),
                                    .uncertain = row->parked ? gv_arena_strdup(arena, row->note) : NULL,
                                    .progress = row->progress};
    struct gv_output outputs[GV_OUTPUTS_MAX] = {0};
    int code = gv_outputs_read(outputs, row, arena, err);
    if (code != GV_OK)
        return code;
    struct gv_video *videos = GV_NEW_ARRAY(arena, struct gv_video, GV_OUTPUTS_MAX);
    for (size_t i = 0; i < GV_OUTPUTS_MAX; i++)
        if (outputs[i].stored)
            videos[out->video_count++] = video_of(&outputs[i], blobs, arena);
    out->videos = videos;
    code = list_warnings(out, row, arena, err);
    return code == GV_OK ? read_error(out, row, arena, err) : code;
}
