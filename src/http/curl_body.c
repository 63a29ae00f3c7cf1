/* A request's body as a stream. Texts and raw blobs go straight to libcurl's buffer; base64 is made a portion at a
 * time, and portions are whole triples so that only the last one is padded. */
#include "http/curl_body.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/codec.h"
#include "base/error.h"

#define RAW_BYTES (48u << 10) /* a multiple of three */
#define ENCODED_BYTES (RAW_BYTES / 3 * 4)

static int open_blob(struct gv_blob_reader **out, struct gv_blobs *blobs, const struct gv_segment *segment,
                     struct gv_error *err)
{
    int rc = blobs->vtable->reader_open(out, blobs, segment->sha256, err);
    if (rc != GV_OK)
        return rc;
    uint64_t bytes = blobs->vtable->reader_bytes(*out);
    if (bytes == segment->bytes)
        return GV_OK;
    blobs->vtable->reader_close(*out);
    *out = NULL;
    return gv_fail(err, GV_INTERNAL_ERROR, "stored file %s has %llu bytes where %llu were recorded", segment->sha256,
                   (unsigned long long)bytes, (unsigned long long)segment->bytes);
}

int gv_curl_body_open(struct gv_curl_body *stream, struct gv_error *err)
{
    const struct gv_body *body = stream->body;

    stream->readers = gv_xcalloc(body->segment_count, sizeof(struct gv_blob_reader *));
    stream->reader_count = body->segment_count;
    for (size_t i = 0; i < body->segment_count; i++) {
        if (body->segments[i].kind == GV_SEGMENT_TEXT)
            continue;
        int rc = open_blob(&stream->readers[i], stream->blobs, &body->segments[i], err);
        if (rc != GV_OK)
            return rc;
    }
    return GV_OK;
}

/* Exactly `bytes` from the segment's blob at the stream's offset. */
static int read_blob(struct gv_curl_body *stream, const struct gv_segment *segment, void *out, size_t bytes,
                     struct gv_error *err)
{
    struct gv_blob_reader *reader = stream->readers[stream->index];

    for (size_t have = 0; have < bytes;) {
        ssize_t got = stream->blobs->vtable->reader_read(reader, (char *)out + have, bytes - have, stream->offset, err);
        if (got < 0)
            return -1;
        if (got == 0) {
            gv_fail(err, GV_INTERNAL_ERROR, "stored file %s ended early, at byte %llu of %llu", segment->sha256,
                    (unsigned long long)stream->offset, (unsigned long long)segment->bytes);
            return -1;
        }
        have += (size_t)got;
        stream->offset += (size_t)got;
    }
    return 0;
}

static size_t least(size_t a, uint64_t b)
{
    return b < a ? (size_t)b : a;
}

static ssize_t read_base64(struct gv_curl_body *stream, const struct gv_segment *segment, void *out, size_t bytes,
                           struct gv_error *err)
{
    if (stream->encoded_at == stream->encoded_bytes) {
        if (!stream->raw) {
            stream->raw = gv_xcalloc(1, RAW_BYTES);
            stream->encoded = gv_xcalloc(1, ENCODED_BYTES + 1);
        }
        size_t portion = least(RAW_BYTES, segment->bytes - stream->offset);
        if (read_blob(stream, segment, stream->raw, portion, err) < 0)
            return -1;
        stream->encoded_bytes = gv_base64_encode(stream->encoded, stream->raw, portion);
        stream->encoded_at = 0;
    }
    size_t n = least(bytes, stream->encoded_bytes - stream->encoded_at);
    memcpy(out, stream->encoded + stream->encoded_at, n);
    stream->encoded_at += n;
    return (ssize_t)n;
}

static ssize_t read_segment(struct gv_curl_body *stream, const struct gv_segment *segment, void *out, size_t bytes,
                            struct gv_error *err)
{
    size_t n = least(bytes, segment->bytes - stream->offset);

    switch (segment->kind) {
    case GV_SEGMENT_TEXT:
        memcpy(out, segment->text + stream->offset, n);
        stream->offset += n;
        return (ssize_t)n;
    case GV_SEGMENT_BLOB: return read_blob(stream, segment, out, n, err) < 0 ? -1 : (ssize_t)n;
    case GV_SEGMENT_BLOB_BASE64: return read_base64(stream, segment, out, bytes, err);
    }
    GV_UNREACHABLE();
}

static void leave_segment(struct gv_curl_body *stream)
{
    stream->offset = 0;
    stream->encoded_bytes = stream->encoded_at = 0;
}

static bool segment_is_over(const struct gv_curl_body *stream, const struct gv_segment *segment)
{
    return stream->offset == segment->bytes && stream->encoded_at == stream->encoded_bytes;
}

ssize_t gv_curl_body_read(struct gv_curl_body *stream, void *out, size_t bytes, struct gv_error *err)
{
    size_t have = 0;

    while (have < bytes && stream->index < stream->body->segment_count) {
        const struct gv_segment *segment = &stream->body->segments[stream->index];
        if (segment_is_over(stream, segment)) {
            leave_segment(stream);
            stream->index++;
            continue;
        }
        ssize_t got = read_segment(stream, segment, (char *)out + have, bytes - have, err);
        if (got < 0)
            return -1;
        have += (size_t)got;
    }
    return (ssize_t)have;
}

void gv_curl_body_rewind(struct gv_curl_body *stream)
{
    leave_segment(stream);
    stream->index = 0;
}

void gv_curl_body_free(struct gv_curl_body *stream)
{
    for (size_t i = 0; i < stream->reader_count; i++) {
        if (stream->readers[i])
            stream->blobs->vtable->reader_close(stream->readers[i]);
    }
    free(stream->readers);
    free(stream->raw);
    free(stream->encoded);
}
