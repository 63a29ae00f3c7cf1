/* Files by content. What is in the store is whole, checked and never changed.
 *
 * A blob is there before the journal says who needs it, and equal content is one blob, so that what nobody needs may be
 * on its way to a job just then. What keeps a needed blob from being removed:
 *   - whoever stores a blob holds it, from before it is seen until the reference is on disk or given up;
 *   - whoever removes one keeps new holders out, then asks the journal, then removes: it sees a hold or the reference;
 *   - holds are the system's locks: other processes see them, and they end with the process, however it ends.
 * A process that dies between storing and referring, or between forgetting a job and removing its blobs, leaves blobs
 * that nobody needs; collect() finds them. Readers keep what they opened. */
#ifndef GV_PORT_BLOB_H
#define GV_PORT_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "golem_video/types.h"

struct gv_blob_writer; /* a partial file and its running digest; used by one thread at a time */
struct gv_blob_reader;

struct gv_blobs {
    const struct gv_blobs_vtable *vtable;
};

struct gv_blobs_vtable {
    /* Opens the partial file `name` ([A-Za-z0-9._-]), or a nameless one with NULL. A named one keeps what an
     * earlier process wrote (read again for the digest): see offset. Any thread may block here. */
    int (*writer_open)(struct gv_blob_writer **out, struct gv_blobs *blobs, const char *name, struct gv_error *err);
    uint64_t (*writer_offset)(const struct gv_blob_writer *writer);
    /* The validator stored with the partial file, or "". */
    const char *(*writer_validator)(const struct gv_blob_writer *writer);
    int (*writer_set_validator)(struct gv_blob_writer *writer, const char *etag, struct gv_error *err);
    int (*writer_restart)(struct gv_blob_writer *writer, struct gv_error *err); /* back to length 0 */
    int (*writer_write)(struct gv_blob_writer *writer, const void *data, size_t bytes, struct gv_error *err);
    /* The first bytes, at most 4096, for telling the type by content. */
    size_t (*writer_head)(const struct gv_blob_writer *writer, const void **data);
    /* fsync, rename, fsync of the folder; fills sha256, bytes and the MIME type by content; frees the writer
     * either way. On success the blob is held. Blocks: pool thread. */
    int (*writer_commit)(struct gv_blob_info *out, struct gv_blob_writer *writer, struct gv_error *err);
    void (*writer_close)(struct gv_blob_writer *writer);   /* keeps a named partial file for later; NULL is harmless */
    void (*writer_discard)(struct gv_blob_writer *writer); /* removes it; NULL is harmless */
    void (*partial_remove)(struct gv_blobs *blobs, const char *name);

    /* Holds the blob, there or not yet; as often as it is released. The handle's close releases all of its holds. */
    int (*hold)(struct gv_blobs *blobs, const char *sha256, struct gv_error *err);
    void (*release)(struct gv_blobs *blobs, const char *sha256);

    int (*reader_open)(struct gv_blob_reader **out, struct gv_blobs *blobs, const char *sha256, struct gv_error *err);
    /* Bytes read, 0 at the end, -1 with err. */
    ssize_t (*reader_read)(struct gv_blob_reader *reader, void *out, size_t bytes, uint64_t offset,
                           struct gv_error *err);
    uint64_t (*reader_bytes)(const struct gv_blob_reader *reader);
    void (*reader_close)(struct gv_blob_reader *reader); /* NULL is harmless */

    /* A file:// or s3:// name; free() it. */
    char *(*uri)(struct gv_blobs *blobs, const char *sha256);
    /* A local path where the backend has one, else NULL; free() it. */
    char *(*path)(struct gv_blobs *blobs, const char *sha256);
    /* Removes the blob unless it is held or `keep` wants it. One that is not there is GV_OK. */
    int (*remove)(struct gv_blobs *blobs, const char *sha256, bool (*keep)(void *ctx, const char *sha256), void *ctx,
                  struct gv_error *err);
    /* Likewise for every blob, but for those stored lately, and partial files that nobody writes any more; counts the
     * files. */
    int (*collect)(uint64_t *removed, struct gv_blobs *blobs, bool (*keep)(void *ctx, const char *sha256), void *ctx,
                   struct gv_error *err);
    void (*close)(struct gv_blobs *blobs);
};

#endif
