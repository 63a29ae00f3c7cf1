#include "blob/memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/codec.h"
#include "base/error.h"
#include "base/list.h"
#include "core/sniff.h"

/* Of one blob; what simulations write is small. */
#define BLOB_BYTES_MAX (64u << 20)

struct bytes {
    unsigned char *data;
    size_t count, room;
};

struct blob {
    struct gv_list link;
    char sha256[65];
    struct bytes bytes;
    unsigned readers;
    bool removed; /* from the store, but still read */
};

/* A partial file. */
struct partial {
    struct gv_list link;
    char *name; /* NULL: nameless */
    char *validator;
    struct bytes bytes;
    bool written_to;
};

struct hold {
    struct gv_list link;
    const struct handle *by;
    char sha256[65];
};

struct gv_memory_blobs_store {
    pthread_mutex_t lock;
    const struct gv_crypto *crypto;
    struct gv_list blobs, partials, holds;
};

struct handle {
    struct gv_blobs base;
    struct gv_memory_blobs_store *store;
};

struct gv_blob_writer {
    struct gv_memory_blobs_store *store;
    const struct handle *handle;
    struct partial *partial;
};

struct gv_blob_reader {
    struct gv_memory_blobs_store *store;
    struct blob *blob;
};

static struct handle *handle_of(struct gv_blobs *blobs)
{
    return (struct handle *)(void *)blobs;
}

static struct gv_memory_blobs_store *store_of(struct gv_blobs *blobs)
{
    return handle_of(blobs)->store;
}

static struct partial *find_partial(struct gv_memory_blobs_store *store, const char *name)
{
    GV_LIST_EACH (item, &store->partials) {
        struct partial *partial = GV_CONTAINER(item, struct partial, link);
        if (partial->name != NULL && strcmp(partial->name, name) == 0)
            return partial;
    }
    return NULL;
}

static struct blob *find_blob(struct gv_memory_blobs_store *store, const char *sha256)
{
    GV_LIST_EACH (item, &store->blobs) {
        struct blob *blob = GV_CONTAINER(item, struct blob, link);
        if (strcmp(blob->sha256, sha256) == 0)
            return blob;
    }
    return NULL;
}

static void free_partial(struct partial *partial)
{
    gv_list_remove(&partial->link);
    free(partial->name);
    free(partial->validator);
    free(partial->bytes.data);
    free(partial);
}

static void free_blob(struct blob *blob)
{
    free(blob->bytes.data);
    free(blob);
}

static bool name_valid(const char *name)
{
    static const char ALLOWED[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    return name[0] != '\0' && name[0] != '.' && name[strspn(name, ALLOWED)] == '\0';
}

static struct partial *new_partial(struct gv_memory_blobs_store *store, const char *name)
{
    struct partial *partial = gv_xcalloc(1, sizeof(*partial));
    partial->name = name != NULL ? gv_xstrdup(name) : NULL;
    partial->validator = gv_xstrdup("");
    gv_list_append(&store->partials, &partial->link);
    return partial;
}

static int writer_open(struct gv_blob_writer **out, struct gv_blobs *blobs, const char *name, struct gv_error *err)
{
    struct gv_memory_blobs_store *store = store_of(blobs);
    if (name != NULL && !name_valid(name))
        return gv_fail(err, GV_INTERNAL_ERROR, "opening a partial file failed: \"%.80s\" is no name for one", name);
    pthread_mutex_lock(&store->lock);
    struct partial *partial = name != NULL ? find_partial(store, name) : NULL;
    bool free_to_take = partial == NULL || !partial->written_to;
    if (partial == NULL)
        partial = new_partial(store, name);
    partial->written_to = true;
    pthread_mutex_unlock(&store->lock);
    if (!free_to_take)
        return gv_fail(err, GV_INTERNAL_ERROR, "opening the partial file %s failed: it is in use by another writer",
                       name);
    struct gv_blob_writer *writer = gv_xcalloc(1, sizeof(*writer));
    *writer = (struct gv_blob_writer){store, handle_of(blobs), partial};
    *out = writer;
    return GV_OK;
}

static uint64_t writer_offset(const struct gv_blob_writer *writer)
{
    return writer->partial->bytes.count;
}

static const char *writer_validator(const struct gv_blob_writer *writer)
{
    return writer->partial->validator;
}

static int writer_set_validator(struct gv_blob_writer *writer, const char *etag, struct gv_error *err)
{
    (void)err;
    char *copy = gv_xstrdup(etag);
    free(writer->partial->validator);
    writer->partial->validator = copy;
    return GV_OK;
}

static int writer_restart(struct gv_blob_writer *writer, struct gv_error *err)
{
    writer->partial->bytes.count = 0;
    return writer_set_validator(writer, "", err);
}

static int writer_write(struct gv_blob_writer *writer, const void *data, size_t count, struct gv_error *err)
{
    struct bytes *bytes = &writer->partial->bytes;
    if (count > BLOB_BYTES_MAX - bytes->count)
        return gv_fail(err, GV_INTERNAL_ERROR, "writing failed: a blob in memory holds at most %u bytes",
                       BLOB_BYTES_MAX);
    while (bytes->room < bytes->count + count) {
        bytes->room = bytes->room == 0 ? GV_SNIFF_BYTES : 2 * bytes->room;
        bytes->data = gv_xrealloc(bytes->data, bytes->room);
    }
    if (count > 0)
        memcpy(bytes->data + bytes->count, data, count);
    bytes->count += count;
    return GV_OK;
}

static size_t writer_head(const struct gv_blob_writer *writer, const void **data)
{
    const struct bytes *bytes = &writer->partial->bytes;
    *data = bytes->data != NULL ? (const void *)bytes->data : "";
    return bytes->count < GV_SNIFF_BYTES ? bytes->count : GV_SNIFF_BYTES;
}

static void writer_discard(struct gv_blob_writer *writer)
{
    if (writer == NULL)
        return;
    pthread_mutex_lock(&writer->store->lock);
    free_partial(writer->partial);
    pthread_mutex_unlock(&writer->store->lock);
    free(writer);
}

static void writer_close(struct gv_blob_writer *writer)
{
    if (writer == NULL || writer->partial->name == NULL) {
        writer_discard(writer);
        return;
    }
    pthread_mutex_lock(&writer->store->lock);
    writer->partial->written_to = false;
    pthread_mutex_unlock(&writer->store->lock);
    free(writer);
}

static void store_blob(struct gv_memory_blobs_store *store, const char *sha256, struct bytes *bytes)
{
    if (find_blob(store, sha256) != NULL)
        return;
    struct blob *blob = gv_xcalloc(1, sizeof(*blob));
    memcpy(blob->sha256, sha256, sizeof(blob->sha256));
    blob->bytes = *bytes;
    *bytes = (struct bytes){0};
    gv_list_append(&store->blobs, &blob->link);
}

static void add_hold(const struct handle *by, const char *sha256)
{
    struct hold *hold = gv_xcalloc(1, sizeof(*hold));
    hold->by = by;
    memcpy(hold->sha256, sha256, sizeof(hold->sha256));
    gv_list_append(&by->store->holds, &hold->link);
}

static void free_hold(struct hold *hold)
{
    gv_list_remove(&hold->link);
    free(hold);
}

/* Anybody's, or only that handle's. */
static struct hold *find_hold(struct gv_memory_blobs_store *store, const struct handle *by, const char *sha256)
{
    GV_LIST_EACH (item, &store->holds) {
        struct hold *hold = GV_CONTAINER(item, struct hold, link);
        if ((by == NULL || hold->by == by) && strcmp(hold->sha256, sha256) == 0)
            return hold;
    }
    return NULL;
}

static int hold(struct gv_blobs *blobs, const char *sha256, struct gv_error *err)
{
    (void)err;
    pthread_mutex_lock(&store_of(blobs)->lock);
    add_hold(handle_of(blobs), sha256);
    pthread_mutex_unlock(&store_of(blobs)->lock);
    return GV_OK;
}

static void release(struct gv_blobs *blobs, const char *sha256)
{
    pthread_mutex_lock(&store_of(blobs)->lock);
    struct hold *held = find_hold(store_of(blobs), handle_of(blobs), sha256);
    GV_ASSERT(held != NULL);
    free_hold(held);
    pthread_mutex_unlock(&store_of(blobs)->lock);
}

static int writer_commit(struct gv_blob_info *out, struct gv_blob_writer *writer, struct gv_error *err)
{
    (void)err;
    struct gv_memory_blobs_store *store = writer->store;
    struct bytes *bytes = &writer->partial->bytes;
    const void *head;
    size_t head_bytes = writer_head(writer, &head);
    *out = (struct gv_blob_info){.bytes = bytes->count, .mime_type = gv_sniff(head, head_bytes)};
    uint8_t digest[32];
    struct gv_sha256 *running = store->crypto->sha256_begin();
    store->crypto->sha256_add(running, bytes->data, bytes->count);
    store->crypto->sha256_end(running, digest);
    gv_hex_encode(out->sha256, digest, sizeof(digest));
    pthread_mutex_lock(&store->lock);
    store_blob(store, out->sha256, bytes);
    add_hold(writer->handle, out->sha256);
    pthread_mutex_unlock(&store->lock);
    writer_discard(writer);
    return GV_OK;
}

static void partial_remove(struct gv_blobs *blobs, const char *name)
{
    struct gv_memory_blobs_store *store = store_of(blobs);
    pthread_mutex_lock(&store->lock);
    struct partial *partial = find_partial(store, name);
    if (partial != NULL && !partial->written_to)
        free_partial(partial);
    pthread_mutex_unlock(&store->lock);
}

static int reader_open(struct gv_blob_reader **out, struct gv_blobs *blobs, const char *sha256, struct gv_error *err)
{
    struct gv_memory_blobs_store *store = store_of(blobs);
    pthread_mutex_lock(&store->lock);
    struct blob *blob = sha256 != NULL ? find_blob(store, sha256) : NULL;
    if (blob != NULL)
        blob->readers++;
    pthread_mutex_unlock(&store->lock);
    if (blob == NULL)
        return gv_fail(err, GV_INTERNAL_ERROR, "opening the blob %.80s failed: it is not in the store",
                       sha256 != NULL ? sha256 : "");
    struct gv_blob_reader *reader = gv_xcalloc(1, sizeof(*reader));
    *reader = (struct gv_blob_reader){store, blob};
    *out = reader;
    return GV_OK;
}

static ssize_t reader_read(struct gv_blob_reader *reader, void *out, size_t count, uint64_t offset,
                           struct gv_error *err)
{
    (void)err;
    const struct bytes *bytes = &reader->blob->bytes;
    if (offset >= bytes->count)
        return 0;
    size_t left = bytes->count - (size_t)offset;
    size_t got = count < left ? count : left;
    memcpy(out, bytes->data + offset, got);
    return (ssize_t)got;
}

static uint64_t reader_bytes(const struct gv_blob_reader *reader)
{
    return reader->blob->bytes.count;
}

static void reader_close(struct gv_blob_reader *reader)
{
    if (reader == NULL)
        return;
    pthread_mutex_lock(&reader->store->lock);
    if (--reader->blob->readers == 0 && reader->blob->removed)
        free_blob(reader->blob);
    pthread_mutex_unlock(&reader->store->lock);
    free(reader);
}

static char *uri(struct gv_blobs *blobs, const char *sha256)
{
    (void)blobs;
    return gv_xprintf("memory://%s", sha256);
}

static char *path(struct gv_blobs *blobs, const char *sha256)
{
    (void)blobs, (void)sha256;
    return NULL;
}

/* Under the lock. */
static bool remove_unless_wanted(struct gv_memory_blobs_store *store, struct blob *blob,
                                 bool (*keep)(void *ctx, const char *sha256), void *ctx)
{
    if (find_hold(store, NULL, blob->sha256) != NULL || keep(ctx, blob->sha256))
        return false;
    gv_list_remove(&blob->link);
    blob->removed = true;
    if (blob->readers == 0)
        free_blob(blob);
    return true;
}

static int remove_blob(struct gv_blobs *blobs, const char *sha256, bool (*keep)(void *ctx, const char *sha256),
                       void *ctx, struct gv_error *err)
{
    (void)err;
    struct gv_memory_blobs_store *store = store_of(blobs);
    pthread_mutex_lock(&store->lock);
    struct blob *blob = find_blob(store, sha256);
    if (blob != NULL)
        remove_unless_wanted(store, blob, keep, ctx);
    pthread_mutex_unlock(&store->lock);
    return GV_OK;
}

/* Knows no time, and so none of grace. */
static int collect(uint64_t *removed, struct gv_blobs *blobs, bool (*keep)(void *ctx, const char *sha256), void *ctx,
                   struct gv_error *err)
{
    (void)err;
    struct gv_memory_blobs_store *store = store_of(blobs);
    *removed = 0;
    pthread_mutex_lock(&store->lock);
    GV_LIST_EACH (item, &store->blobs)
        *removed += remove_unless_wanted(store, GV_CONTAINER(item, struct blob, link), keep, ctx);
    pthread_mutex_unlock(&store->lock);
    return GV_OK;
}

static void close_handle(struct gv_blobs *blobs)
{
    struct gv_memory_blobs_store *store = store_of(blobs);
    pthread_mutex_lock(&store->lock);
    GV_LIST_EACH (item, &store->holds) {
        struct hold *held = GV_CONTAINER(item, struct hold, link);
        if (held->by == handle_of(blobs))
            free_hold(held);
    }
    pthread_mutex_unlock(&store->lock);
    free(blobs);
}

static const struct gv_blobs_vtable VTABLE = {
    .writer_open = writer_open,
    .writer_offset = writer_offset,
    .writer_validator = writer_validator,
    .writer_set_validator = writer_set_validator,
    .writer_restart = writer_restart,
    .writer_write = writer_write,
    .writer_head = writer_head,
    .writer_commit = writer_commit,
    .writer_close = writer_close,
    .writer_discard = writer_discard,
    .partial_remove = partial_remove,
    .reader_open = reader_open,
    .reader_read = reader_read,
    .reader_bytes = reader_bytes,
    .reader_close = reader_close,
    .uri = uri,
    .path = path,
    .hold = hold,
    .release = release,
    .remove = remove_blob,
    .collect = collect,
    .close = close_handle,
};

int gv_blobs_memory_open(struct gv_blobs **out, struct gv_memory_blobs_store *store)
{
    struct handle *handle = gv_xcalloc(1, sizeof(*handle));
    *handle = (struct handle){{&VTABLE}, store};
    *out = &handle->base;
    return GV_OK;
}

struct gv_memory_blobs_store *gv_memory_blobs_store_new(const struct gv_crypto *crypto)
{
    struct gv_memory_blobs_store *store = gv_xcalloc(1, sizeof(*store));
    store->crypto = crypto;
    pthread_mutex_init(&store->lock, NULL);
    gv_list_init(&store->blobs);
    gv_list_init(&store->partials);
    gv_list_init(&store->holds);
    return store;
}

void gv_memory_blobs_store_free(struct gv_memory_blobs_store *store)
{
    if (store == NULL)
        return;
    GV_LIST_EACH (item, &store->blobs)
        free_blob(GV_CONTAINER(item, struct blob, link));
    GV_LIST_EACH (item, &store->partials)
        free_partial(GV_CONTAINER(item, struct partial, link));
    pthread_mutex_destroy(&store->lock);
    free(store);
}
