/* A file that comes in portions, into the store. */
#include <stdlib.h>

#include "api/engine.h"
#include "api/front.h"
#include "base/error.h"
#include "engine/intake.h"

struct gv_upload {
    struct gv_engine *engine;
    struct gv_blob_writer *writer;
    uint64_t bytes;
};

int gv_upload_begin(struct gv_upload **out, struct gv_engine *engine, struct gv_error *err)
{
    struct gv_blob_writer *writer;
    int code = engine->blobs->vtable->writer_open(&writer, engine->blobs, NULL, err);
    if (code != GV_OK)
        return code;
    struct gv_upload *upload = gv_xcalloc(1, sizeof(*upload));
    *upload = (struct gv_upload){.engine = engine, .writer = writer};
    *out = upload;
    return GV_OK;
}

int gv_upload_put(struct gv_upload *upload, const void *data, size_t bytes, struct gv_error *err)
{
    struct gv_blobs *blobs = upload->engine->blobs;
    upload->bytes += bytes;
    if (upload->bytes > GV_INPUT_BYTES_MAX)
        return gv_fail_field(err, GV_INVALID_INPUT, "file", "the file is larger than %llu bytes", GV_INPUT_BYTES_MAX);
    return blobs->vtable->writer_write(upload->writer, data, bytes, err);
}

int gv_upload_end(struct gv_media *out, struct gv_upload *upload, struct gv_arena *arena, struct gv_error *err)
{
    struct gv_engine *engine = upload->engine;
    struct gv_intake in = {
        .blobs = engine->blobs, .media = engine->media, .policy = &engine->config.media_policy, .arena = arena};
    if (upload->bytes == 0) {
        gv_upload_discard(upload);
        return gv_fail_field(err, GV_INVALID_INPUT, "file", "the file is empty");
    }
    struct gv_blob_writer *writer = upload->writer;
    free(upload);
    return gv_intake_keep(out, &in, writer, "file", err);
}

void gv_upload_release(struct gv_engine *engine, const struct gv_media *media)
{
    engine->blobs->vtable->release(engine->blobs, media->blob.sha256);
}

void gv_upload_discard(struct gv_upload *upload)
{
    if (upload == NULL)
        return;
    upload->engine->blobs->vtable->writer_discard(upload->writer);
    free(upload);
}
