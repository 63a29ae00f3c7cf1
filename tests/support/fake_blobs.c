#include "support/fake_blobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"

struct gv_blob_reader {
    struct gv_fake_blobs *fake;
    const struct gv_fake_blob *blob;
};

static uint64_t writer_offset(const struct gv_blob_writer *writer)
{
    return writer->bytes;
}

static const char *writer_validator(const struct gv_blob_writer *writer)
{
    return writer->validator;
}

static int writer_set_validator(struct gv_blob_writer *writer, const char *etag, struct gv_error *err)
{
    (void)err;
    snprintf(writer->validator, sizeof writer->validator, "%s", etag);
    return GV_OK;
}

static int writer_restart(struct gv_blob_writer *writer, struct gv_error *err)
{
    (void)err;
    writer->bytes = 0;
    writer->validator[0] = '\0';
    writer->restarts++;
    return GV_OK;
}

static int writer_write(struct gv_blob_writer *writer, const void *data, size_t bytes, struct gv_error *err)
{
    if (writer->bytes_max > 0 && writer->bytes + bytes > writer->bytes_max)
        return gv_fail(err, GV_INTERNAL_ERROR, "the disk is full");
    writer->data = gv_xrealloc(writer->data, writer->bytes + bytes);
    memcpy(writer->data + writer->bytes, data, bytes);
    writer->bytes += bytes;
    return GV_OK;
}

static int reader_open(struct gv_blob_reader **out, struct gv_blobs *blobs, const char *sha256, struct gv_error *err)
{
    struct gv_fake_blobs *fake = (struct gv_fake_blobs *)blobs;

    for (size_t i = 0; i < GV_FAKE_BLOBS_MAX; i++) {
        if (!fake->blobs[i].sha256 || strcmp(fake->blobs[i].sha256, sha256) != 0)
            continue;
        *out = gv_xcalloc(1, sizeof **out);
        (*out)->fake = fake;
        (*out)->blob = &fake->blobs[i];
        fake->open_readers++;
        return GV_OK;
    }
    return gv_fail(err, GV_INTERNAL_ERROR, "there is no file %s", sha256);
}

static ssize_t reader_read(struct gv_blob_reader *reader, void *out, size_t bytes, uint64_t offset,
                           struct gv_error *err)
{
    const struct gv_fake_blob *blob = reader->blob;

    if (blob->readable > 0 && offset >= blob->readable) {
        gv_fail(err, GV_INTERNAL_ERROR, "could not read file %s: the disk is broken", blob->sha256);
        return -1;
    }
    uint64_t end = blob->readable > 0 ? blob->readable : blob->bytes;
    size_t n = end - offset < bytes ? (size_t)(end - offset) : bytes;
    if (n > 0)
        memcpy(out, (const char *)blob->data + offset, n);
    return (ssize_t)n;
}

static uint64_t reader_bytes(const struct gv_blob_reader *reader)
{
    return reader->blob->bytes;
}

static void reader_close(struct gv_blob_reader *reader)
{
    if (reader)
        reader->fake->open_readers--;
    free(reader);
}

static const struct gv_blobs_vtable vtable = {
    .writer_offset = writer_offset,
    .writer_validator = writer_validator,
    .writer_set_validator = writer_set_validator,
    .writer_restart = writer_restart,
    .writer_write = writer_write,
    .reader_open = reader_open,
    .reader_read = reader_read,
    .reader_bytes = reader_bytes,
    .reader_close = reader_close,
};

void gv_fake_blobs_init(struct gv_fake_blobs *fake)
{
    fake->port.vtable = &vtable;
}

void gv_fake_blobs_set_partial(struct gv_fake_blobs *fake, const char *text, const char *validator)
{
    writer_write(&fake->writer, text, strlen(text), NULL);
    writer_set_validator(&fake->writer, validator, NULL);
}

void gv_fake_blobs_free(struct gv_fake_blobs *fake)
{
    free(fake->writer.data);
}
