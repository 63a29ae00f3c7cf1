/* Writing a blob.
 *
 * Happy path: bytes go to the end of partial/<name>.part and into the digest; every window is handed to the disk
 * while the next one fills, so that little lies in the device's queue when somebody else (the journal) wants a sync.
 * Commit syncs the rest and renames the file to its digest; a blob that is there already is replaced by its equal.
 *
 * After a crash of the process the partial file is read again and continued. After a crash of the machine it isn't:
 * its length may then be longer than what reached the disk, and no digest is known that would tell. Hence the note
 * beside it, partial/<name>.etag: the machine's boot id, and on the second line the validator of what is fetched.
 *
 * After a failed sync the kernel may have dropped what it could not write and shows it as written; such a file is
 * removed and never continued. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/codec.h"
#include "base/error.h"
#include "blob/file_store.h"
#include "core/sniff.h"

#define WINDOW_BYTES (8u << 20)
#define READ_BYTES (64u << 10)
#define NAME_BYTES_MAX 200u
/* A longer validator is as good as none: the film is then fetched anew. */
#define VALIDATOR_BYTES_MAX 1024u
/* A partial file may be committed or removed by its writer just before we lock it. */
#define OPEN_ATTEMPTS_MAX 16
#define RANDOM_NAME_BYTES 16
/* What a film may not take: a journal without room can't even write down that the disk is full. */
#define JOURNAL_RESERVE_BYTES (16u << 20)

struct gv_blob_writer {
    struct gv_blobs_file *store;
    char *path, *note_path; /* note_path NULL: nameless, not for later */
    int fd;                 /* holds the lock */
    bool spoiled;           /* a sync failed */
    uint64_t offset;
    uint64_t window; /* start of what was not handed to the disk yet */
    struct gv_sha256 *digest;
    unsigned char head[GV_SNIFF_BYTES];
    size_t head_bytes;
    char validator[VALIDATOR_BYTES_MAX + 1];
};

/* A leading dot is left to nameless files. */
static bool name_valid(const char *name)
{
    static const char ALLOWED[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t length = strlen(name);
    return length > 0 && length <= NAME_BYTES_MAX && name[0] != '.' && strspn(name, ALLOWED) == length;
}

static void set_paths(struct gv_blob_writer *writer, const char *name)
{
    const char *dir = writer->store->dir;
    if (name != NULL) {
        writer->path = gv_xprintf("%s/partial/%s.part", dir, name);
        writer->note_path = gv_xprintf("%s/partial/%s.etag", dir, name);
        return;
    }
    uint8_t random[RANDOM_NAME_BYTES];
    char hex[2 * RANDOM_NAME_BYTES + 1];
    writer->store->crypto->random(random, sizeof(random));
    gv_hex_encode(hex, random, sizeof(random));
    writer->path = gv_xprintf("%s/partial/.%s.part", dir, hex);
}

static bool same_file(int fd, const char *path)
{
    struct stat opened, named;
    return fstat(fd, &opened) == 0 && stat(path, &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

static int open_locked(struct gv_blob_writer *writer, struct gv_error *err)
{
    for (int i = 0; i < OPEN_ATTEMPTS_MAX; i++) {
        writer->fd = open(writer->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (writer->fd < 0 || !gv_blob_file_lock(writer->fd, LOCK_EX | LOCK_NB))
            return gv_blob_file_fail("opening the partial file", writer->path, errno, err);
        if (same_file(writer->fd, writer->path))
            return GV_OK;
        close(writer->fd);
        writer->fd = -1;
    }
    return gv_blob_file_fail("opening the partial file", writer->path, EWOULDBLOCK, err);
}

static void take_in(struct gv_blob_writer *writer, const void *data, size_t bytes)
{
    size_t room = GV_SNIFF_BYTES - writer->head_bytes;
    size_t head = bytes < room ? bytes : room;
    memcpy(writer->head + writer->head_bytes, data, head);
    writer->head_bytes += head;
    writer->store->crypto->sha256_add(writer->digest, data, bytes);
    writer->offset += bytes;
}

/* Replaced in one go, so that a crash leaves the old note or the new one. */
static int write_note(struct gv_blob_writer *writer, struct gv_error *err)
{
    if (writer->note_path == NULL)
        return GV_OK;
    char *fresh = gv_xprintf("%s.new", writer->note_path);
    FILE *note = fopen(fresh, "we");
    bool written = note != NULL && fprintf(note, "%s\n%s\n", writer->store->boot_id, writer->validator) >= 0;
    int reason = errno;
    if (note != NULL && fclose(note) != 0) {
        written = false;
        reason = errno;
    }
    if (written && rename(fresh, writer->note_path) != 0) {
        written = false;
        reason = errno;
    }
    if (!written)
        unlink(fresh);
    free(fresh);
    return written ? GV_OK : gv_blob_file_fail("writing", writer->note_path, reason, err);
}

/* The validator, if the note says that the partial file can be continued. */
static bool read_note(struct gv_blob_writer *writer)
{
    char boot_id[sizeof(writer->store->boot_id) + 1] = "";
    FILE *note = writer->note_path != NULL ? fopen(writer->note_path, "re") : NULL;
    if (note == NULL)
        return false;
    bool whole = fgets(boot_id, sizeof(boot_id), note) != NULL &&
                 fgets(writer->validator, sizeof(writer->validator), note) != NULL;
    fclose(note);
    boot_id[strcspn(boot_id, "\n")] = '\0';
    writer->validator[strcspn(writer->validator, "\n")] = '\0';
    return whole && boot_id[0] != '\0' && strcmp(boot_id, writer->store->boot_id) == 0;
}

static int read_again(struct gv_blob_writer *writer, struct gv_error *err)
{
    unsigned char *buffer = gv_xcalloc(1, READ_BYTES);
    int code = GV_OK;
    for (;;) {
        ssize_t got = pread(writer->fd, buffer, READ_BYTES, (off_t)writer->offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            code = gv_blob_file_fail("reading the partial file", writer->path, errno, err);
        if (got <= 0)
            break;
        take_in(writer, buffer, (size_t)got);
    }
    writer->window = writer->offset;
    free(buffer);
    return code;
}

static void free_writer(struct gv_blob_writer *writer)
{
    uint8_t unused[32];
    if (writer->digest != NULL)
        writer->store->crypto->sha256_end(writer->digest, unused);
    if (writer->fd >= 0)
        close(writer->fd);
    free(writer->path);
    free(writer->note_path);
    free(writer);
}

int gv_blob_file_writer_open(struct gv_blob_writer **out, struct gv_blobs *blobs, const char *name,
                             struct gv_error *err)
{
    if (name != NULL && !name_valid(name))
        return gv_fail(err, GV_INTERNAL_ERROR,
                       "opening a partial file failed: \"%.80s\" is no name for one ([A-Za-z0-9._-], at most %u, "
                       "no leading dot)",
                       name, NAME_BYTES_MAX);
    struct gv_blob_writer *writer = gv_xcalloc(1, sizeof(*writer));
    writer->store = gv_blobs_file(blobs);
    writer->fd = -1;
    writer->digest = writer->store->crypto->sha256_begin();
    set_paths(writer, name);
    int code = open_locked(writer, err);
    if (code == GV_OK)
        code = read_note(writer) ? read_again(writer, err) : gv_blob_file_writer_restart(writer, err);
    if (code != GV_OK) {
        free_writer(writer);
        return code;
    }
    *out = writer;
    return GV_OK;
}

uint64_t gv_blob_file_writer_offset(const struct gv_blob_writer *writer)
{
    return writer->offset;
}

const char *gv_blob_file_writer_validator(const struct gv_blob_writer *writer)
{
    return writer->validator;
}

int gv_blob_file_writer_set_validator(struct gv_blob_writer *writer, const char *etag, struct gv_error *err)
{
    bool usable = strlen(etag) < VALIDATOR_BYTES_MAX && strpbrk(etag, "\r\n") == NULL;
    snprintf(writer->validator, sizeof(writer->validator), "%s", usable ? etag : "");
    return write_note(writer, err);
}

int gv_blob_file_writer_restart(struct gv_blob_writer *writer, struct gv_error *err)
{
    const struct gv_crypto *crypto = writer->store->crypto;
    uint8_t unused[32];
    if (ftruncate(writer->fd, 0) != 0)
        return gv_blob_file_fail("emptying", writer->path, errno, err);
    crypto->sha256_end(writer->digest, unused);
    writer->digest = crypto->sha256_begin();
    writer->offset = writer->window = 0;
    writer->head_bytes = 0;
    writer->spoiled = false;
    writer->validator[0] = '\0';
    return write_note(writer, err);
}

/* A file system without the call only loses the pacing; what a disk said counts, for it is said only once. */
static bool paced(int fd, uint64_t from, unsigned flags)
{
    if (sync_file_range(fd, (off_t)from, WINDOW_BYTES, flags) == 0)
        return true;
    return errno != EIO && errno != ENOSPC && errno != EDQUOT;
}

static int pace(struct gv_blob_writer *writer, struct gv_error *err)
{
    const unsigned wait = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    while (writer->offset - writer->window >= WINDOW_BYTES) {
        bool ok = paced(writer->fd, writer->window, SYNC_FILE_RANGE_WRITE);
        if (ok && writer->window >= WINDOW_BYTES)
            ok = paced(writer->fd, writer->window - WINDOW_BYTES, wait);
        if (!ok) {
            writer->spoiled = true;
            return gv_blob_file_fail("writing", writer->path, errno, err);
        }
        writer->window += WINDOW_BYTES;
    }
    return GV_OK;
}

/* A file system that doesn't tell has room until a write says otherwise. */
static bool has_room(const struct gv_blob_writer *writer, size_t bytes)
{
    struct statvfs disk;
    return fstatvfs(writer->fd, &disk) != 0 || disk.f_bavail * disk.f_frsize >= bytes + JOURNAL_RESERVE_BYTES;
}

int gv_blob_file_writer_write(struct gv_blob_writer *writer, const void *data, size_t bytes, struct gv_error *err)
{
    GV_ASSERT(!writer->spoiled);
    if (!has_room(writer, bytes))
        return gv_blob_file_fail("writing", writer->path, ENOSPC, err);
    const unsigned char *from = data;
    while (bytes > 0) {
        ssize_t put = pwrite(writer->fd, from, bytes, (off_t)writer->offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return gv_blob_file_fail("writing", writer->path, put < 0 ? errno : EIO, err);
        take_in(writer, from, (size_t)put);
        from += put;
        bytes -= (size_t)put;
    }
    return pace(writer, err);
}

size_t gv_blob_file_writer_head(const struct gv_blob_writer *writer, const void **data)
{
    *data = writer->head;
    return writer->head_bytes;
}

static void remove_partial(struct gv_blob_writer *writer)
{
    if (writer->note_path != NULL)
        unlink(writer->note_path);
    unlink(writer->path);
}

void gv_blob_file_writer_close(struct gv_blob_writer *writer)
{
    if (writer == NULL)
        return;
    if (writer->note_path == NULL || writer->spoiled)
        remove_partial(writer);
    free_writer(writer);
}

void gv_blob_file_writer_discard(struct gv_blob_writer *writer)
{
    if (writer == NULL)
        return;
    remove_partial(writer);
    free_writer(writer);
}

void gv_blob_file_partial_remove(struct gv_blobs *blobs, const char *name)
{
    if (!name_valid(name))
        return;
    struct gv_blob_writer names = {.store = gv_blobs_file(blobs)};
    set_paths(&names, name);
    remove_partial(&names);
    free(names.path);
    free(names.note_path);
}

static int move_in(const struct gv_blob_writer *writer, const char *folder, const char *final, struct gv_error *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = GV_OK;
    if (fd < 0 || rename(writer->path, final) != 0 || fsync(fd) != 0)
        code = gv_blob_file_fail("moving into the store", final, errno, err);
    if (fd >= 0)
        close(fd);
    return code;
}

/* Held before it is seen. */
static int store(struct gv_blob_writer *writer, const char *sha256, struct gv_error *err)
{
    struct gv_blobs *blobs = &writer->store->base;
    int held = gv_blob_file_hold(blobs, sha256, err);
    if (held != GV_OK)
        return held;
    const char *dir = writer->store->dir;
    char *folder = gv_xprintf("%s/blobs/%.2s", dir, sha256);
    char *partial = gv_xprintf("%s/partial", dir);
    char *final = gv_blob_file_path(writer->store, sha256);
    int code = gv_blob_file_make_folder(folder, err);
    if (code == GV_OK)
        code = move_in(writer, folder, final, err);
    if (code == GV_OK && writer->note_path != NULL)
        unlink(writer->note_path);
    if (code == GV_OK)
        code = gv_blob_file_sync_folder(partial, err);
    if (code != GV_OK)
        gv_blob_file_release(blobs, sha256);
    free(folder);
    free(partial);
    free(final);
    return code;
}

int gv_blob_file_writer_commit(struct gv_blob_info *out, struct gv_blob_writer *writer, struct gv_error *err)
{
    struct gv_blob_info info = {.bytes = writer->offset, .mime_type = gv_sniff(writer->head, writer->head_bytes)};
    uint8_t digest[32];
    writer->store->crypto->sha256_end(writer->digest, digest);
    writer->digest = NULL;
    gv_hex_encode(info.sha256, digest, sizeof(digest));
    int code = GV_OK;
    futimens(writer->fd, NULL); /* collect()'s time of grace begins now */
    if (fdatasync(writer->fd) != 0) {
        writer->spoiled = true;
        code = gv_blob_file_fail("syncing", writer->path, errno, err);
    }
    if (code == GV_OK)
        code = store(writer, info.sha256, err);
    if (code != GV_OK) {
        gv_blob_file_writer_close(writer);
        return code;
    }
    free_writer(writer);
    *out = info;
    return GV_OK;
}
