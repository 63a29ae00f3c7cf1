/* A body is a row of segments: literal text between blobs. */
#include "core/call.h"

#include <string.h>

#include "base/assert.h"
#include "base/codec.h"

#define SEGMENTS_AT_FIRST 4

uint64_t gv_body_length(const struct gv_body *body)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < body->segment_count; i++) {
        const struct gv_segment *segment = &body->segments[i];
        bytes += segment->kind == GV_SEGMENT_BLOB_BASE64 ? gv_base64_length(segment->bytes) : segment->bytes;
    }
    return bytes;
}

void gv_body_begin(struct gv_body_builder *b, struct gv_arena *arena)
{
    *b = (struct gv_body_builder){.arena = arena};
    gv_buf_init(&b->text, GV_BODY_TEXT_BYTES_MAX);
    b->json.buf = &b->text;
}

static void add_segment(struct gv_body_builder *b, struct gv_segment segment)
{
    if (b->count == b->cap) {
        size_t cap = b->cap > 0 ? b->cap * 2 : SEGMENTS_AT_FIRST;
        struct gv_segment *larger = GV_NEW_ARRAY(b->arena, struct gv_segment, cap);
        if (b->count > 0)
            memcpy(larger, b->segments, b->count * sizeof(*larger));
        b->segments = larger;
        b->cap = cap;
    }
    b->segments[b->count++] = segment;
}

static void flush_text(struct gv_body_builder *b)
{
    GV_ASSERT(!b->text.overflow);
    if (b->text.len == 0)
        return;
    char *text = gv_arena_alloc(b->arena, b->text.len + 1);
    memcpy(text, b->text.data, b->text.len);
    add_segment(b, (struct gv_segment){.kind = GV_SEGMENT_TEXT, .text = text, .bytes = b->text.len});
    gv_buf_clear(&b->text);
}

static void add_blob(struct gv_body_builder *b, enum gv_segment_kind kind, const struct gv_blob_info *blob)
{
    GV_ASSERT(blob->sha256[0] != '\0');
    flush_text(b);
    const char *sha256 = gv_arena_strdup(b->arena, blob->sha256);
    add_segment(b, (struct gv_segment){.kind = kind, .bytes = blob->bytes, .sha256 = sha256});
}

void gv_body_put_blob(struct gv_body_builder *b, const char *key, const struct gv_blob_info *blob)
{
    gv_json_put_raw(&b->json, key, "\"");
    add_blob(b, GV_SEGMENT_BLOB_BASE64, blob);
    gv_buf_adds(&b->text, "\"");
}

void gv_body_put_data_uri(struct gv_body_builder *b, const char *key, const struct gv_blob_info *blob)
{
    gv_json_put_raw(&b->json, key, "\"data:");
    gv_buf_addf(&b->text, "%s;base64,", blob->mime_type);
    add_blob(b, GV_SEGMENT_BLOB_BASE64, blob);
    gv_buf_adds(&b->text, "\"");
}

void gv_body_put_media(struct gv_body_builder *b, const char *key, const struct gv_media *media)
{
    GV_ASSERT(media->kind == GV_MEDIA_URL || media->kind == GV_MEDIA_BLOB);
    if (media->kind == GV_MEDIA_URL)
        gv_json_put_text(&b->json, key, media->url);
    else
        gv_body_put_blob(b, key, &media->blob);
}

void gv_body_add_text(struct gv_body_builder *b, const char *text)
{
    gv_buf_adds(&b->text, text);
}

void gv_body_add_blob(struct gv_body_builder *b, const struct gv_blob_info *blob)
{
    add_blob(b, GV_SEGMENT_BLOB, blob);
}

struct gv_body gv_body_end(struct gv_body_builder *b, const char *content_type)
{
    flush_text(b);
    gv_buf_free(&b->text);
    return (struct gv_body){.segments = b->segments, .segment_count = b->count, .content_type = content_type};
}
