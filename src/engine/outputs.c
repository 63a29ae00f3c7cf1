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

int gv_outputs_read(struct gv_output outputs[GV_OUTPUTS_MAX], const char *json, struct gv_arena *arena,
                    struct gv_error *err)
{
    if (json == NULL)
        return GV_OK;
    const struct gv_json *list = gv_json_parse(arena, json, strlen(json), NULL);
    for (const struct gv_json *item = list != NULL ? list->child : NULL; item != NULL; item = item->next) {
        struct stored s = {0};
        int code = gv_schema_read(&s, &stored_schema, item, GV_JSON_JOURNAL, arena, err);
        if (code != GV_OK)
            return code;
        if (s.index < GV_OUTPUTS_MAX)
            outputs[s.index] = (struct gv_output){true, s.data.blob, s.generation_id, s.source_url};
    }
    return GV_OK;
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

static void list_warnings(struct gv_video_result *out, const char *json, struct gv_arena *arena)
{
    const struct gv_json *list = json != NULL ? gv_json_parse(arena, json, strlen(json), NULL) : NULL;
    if (list == NULL || list->count == 0)
        return;
    const char **warnings = GV_NEW_ARRAY(arena, const char *, list->count);
    for (const struct gv_json *item = list->child; item != NULL; item = item->next)
        warnings[out->warning_count++] = item->text;
    out->warnings = warnings;
}

static int read_error(struct gv_video_result *out, const char *json, struct gv_arena *arena, struct gv_error *err)
{
    const struct gv_json *value = json != NULL ? gv_json_parse(arena, json, strlen(json), NULL) : NULL;
    if (value == NULL)
        return GV_OK;
    int code = gv_schema_read(&out->error, &gv_schema_error, value, GV_JSON_JOURNAL, arena, err);
    out->has_error = code == GV_OK;
    out->failed = out->status == GV_FAILED ? gv_arena_strdup(arena, out->error.message) : NULL;
    return code;
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
    int code = gv_outputs_read(outputs, row->outputs, arena, err);
    if (code != GV_OK)
        return code;
    struct gv_video *videos = GV_NEW_ARRAY(arena, struct gv_video, GV_OUTPUTS_MAX);
    for (size_t i = 0; i < GV_OUTPUTS_MAX; i++)
        if (outputs[i].stored)
            videos[out->video_count++] = video_of(&outputs[i], blobs, arena);
    out->videos = videos;
    list_warnings(out, row->warnings, arena);
    return read_error(out, row->error, arena, err);
}
