/* The store's folders, names and readers; file_writer.c writes, file_collect.c cleans up.
 *
 * Locks that keep several processes apart: a partial file is locked (flock) by who writes it; a blob is locked in
 * common by who holds it, and alone by who removes it, as one byte of the file `holds` (file_hold.c). */
#include "blob/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/dir.h"
#include "base/error.h"
#include "blob/file_store.h"

struct gv_blob_reader {
    int fd;
    uint64_t bytes;
    char *path;
};

int gv_blob_file_fail(const char *tried, const char *path, int reason, struct gv_error *err)
{
    return gv_fail(err, GV_INTERNAL_ERROR, "%s %s failed: %s; %s", tried, path, strerror(reason),
                   gv_advice(reason, "check the folder"));
}

bool gv_blob_file_lock(int fd, int how)
{
    int result;
    do
        result = flock(fd, how);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

bool gv_blob_name_valid(const char *sha256)
{
    return sha256 != NULL && strlen(sha256) == GV_BLOB_SHA256_DIGITS &&
           strspn(sha256, "0123456789abcdef") == GV_BLOB_SHA256_DIGITS;
}

char *gv_blob_file_path(const struct gv_blobs_file *store, const char *sha256)
{
    return gv_xprintf("%s/blobs/%.2s/%s", store->dir, sha256, sha256 + 2);
}

static int reader_open(struct gv_blob_reader **out, struct gv_blobs *blobs, const char *sha256, struct gv_error *err)
{
    const struct gv_blobs_file *store = gv_blobs_file(blobs);
    if (!gv_blob_name_valid(sha256))
        return gv_fail(err, GV_INTERNAL_ERROR, "opening a blob failed: \"%.80s\" is no SHA-256 in lower-case hex",
                       sha256 != NULL ? sha256 : "");
    struct gv_blob_reader *reader = gv_xcalloc(1, sizeof(*reader));
    reader->path = gv_blob_file_path(store, sha256);
    reader->fd = open(reader->path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (reader->fd >= 0 && fstat(reader->fd, &st) == 0) {
        reader->bytes = (uint64_t)st.st_size;
        *out = reader;
        return GV_OK;
    }
    int code = gv_blob_file_fail("opening the blob", reader->path, errno, err);
    if (reader->fd >= 0)
        close(reader->fd);
    free(reader->path);
    free(reader);
    return code;
}

static ssize_t reader_read(struct gv_blob_reader *reader, void *out, size_t bytes, uint64_t offset,
                           struct gv_error *err)
{
    ssize_t got;
    do
        got = pread(reader->fd, out, bytes, (off_t)offset);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        gv_blob_file_fail("reading the blob", reader->path, errno, err);
    return got;
}

static uint64_t reader_bytes(const struct gv_blob_reader *reader)
{
    return reader->bytes;
}

static void reader_close(struct gv_blob_reader *reader)
{
    if (reader == NULL)
        return;
    close(reader->fd);
    free(reader->path);
    free(reader);
}

static char *path(struct gv_blobs *blobs, const char *sha256)
{
    return gv_blob_name_valid(sha256) ? gv_blob_file_path(gv_blobs_file(blobs), sha256) : NULL;
}

/* RFC 3986: everything but the unreserved characters and the slashes between them is written as %XX. */
static char *uri(struct gv_blobs *blobs, const char *sha256)
{
    static const char PLAIN[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    static const char DIGITS[] = "0123456789ABCDEF";
    char *local = path(blobs, sha256);
    if (local == NULL)
        return NULL;
    char *out = gv_xcalloc(1, sizeof("file://") + 3 * strlen(local));
    char *end = stpcpy(out, "file://");
    for (const char *c = local; *c != '\0'; c++) {
        if (strchr(PLAIN, *c) != NULL) {
            *end++ = *c;
            continue;
        }
        *end++ = '%';
        *end++ = DIGITS[(unsigned char)*c >> 4];
        *end++ = DIGITS[(unsigned char)*c & 15];
    }
    free(local);
    return out;
}

static void close_store(struct gv_blobs *blobs)
{
    struct gv_blobs_file *store = gv_blobs_file(blobs);
    gv_blob_file_holds_close(&store->holds);
    free(store->dir);
    free(store);
}

static const struct gv_blobs_vtable VTABLE = {
    .writer_open = gv_blob_file_writer_open,
    .writer_offset = gv_blob_file_writer_offset,
    .writer_validator = gv_blob_file_writer_validator,
    .writer_set_validator = gv_blob_file_writer_set_validator,
    .writer_restart = gv_blob_file_writer_restart,
    .writer_write = gv_blob_file_writer_write,
    .writer_head = gv_blob_file_writer_head,
    .writer_commit = gv_blob_file_writer_commit,
    .writer_close = gv_blob_file_writer_close,
    .writer_discard = gv_blob_file_writer_discard,
    .partial_remove = gv_blob_file_partial_remove,
    .reader_open = reader_open,
    .reader_read = reader_read,
    .reader_bytes = reader_bytes,
    .reader_close = reader_close,
    .uri = uri,
    .path = path,
    .hold = gv_blob_file_hold,
    .release = gv_blob_file_release,
    .remove = gv_blob_file_remove,
    .collect = gv_blob_file_collect,
    .close = close_store,
};

int gv_blob_file_make_folder(const char *folder, struct gv_error *err)
{
    int failed = gv_dir_make(folder);
    return failed == 0 ? GV_OK : gv_blob_file_fail("making the folder", folder, failed, err);
}

int gv_blob_file_sync_folder(const char *folder, struct gv_error *err)
{
    int failed = gv_dir_sync(folder);
    return failed == 0 ? GV_OK : gv_blob_file_fail("syncing the folder", folder, failed, err);
}

static void read_boot_id(struct gv_blobs_file *store)
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, store->boot_id, sizeof(store->boot_id) - 1) : 0;
    store->boot_id[got > 0 ? got : 0] = '\0';
    store->boot_id[strcspn(store->boot_id, "\n")] = '\0';
    if (fd >= 0)
        close(fd);
}

static int open_folders(struct gv_blobs_file *store, const char *dir, struct gv_error *err)
{
    int code = gv_blob_file_make_folder(dir, err);
    if (code != GV_OK)
        return code;
    store->dir = realpath(dir, NULL);
    if (store->dir == NULL)
        return gv_blob_file_fail("finding the folder", dir, errno, err);
    static const char *const PARTS[] = {"blobs", "partial"};
    for (size_t i = 0; i < 2 && code == GV_OK; i++) {
        char *folder = gv_xprintf("%s/%s", store->dir, PARTS[i]);
        code = gv_blob_file_make_folder(folder, err);
        free(folder);
    }
    return code;
}

int gv_blobs_file_open(struct gv_blobs **out, const char *dir, const struct gv_crypto *crypto, struct gv_error *err)
{
    struct gv_blobs_file *store = gv_xcalloc(1, sizeof(*store));
    store->base.vtable = &VTABLE;
    store->crypto = crypto;
    gv_blob_file_holds_init(&store->holds);
    read_boot_id(store);
    int code = open_folders(store, dir, err);
    if (code != GV_OK) {
        close_store(&store->base);
        return code;
    }
    *out = &store->base;
    return GV_OK;
}
