/* Removing what nobody wants: blobs without a job, and partial files left by crashes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "blob/file.h"
#include "blob/file_store.h"

struct sweep {
    int holds; /* see file_hold.c */
    uint64_t *removed;
    bool (*keep)(void *ctx, const char *sha256);
    void *ctx;
    time_t before; /* what was touched since then stays */
};

static bool old(const struct sweep *sweep, int folder, const char *name)
{
    struct stat st;
    return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && st.st_mtime < sweep->before;
}

static void remove_file(const struct sweep *sweep, int folder, const char *name)
{
    if (unlinkat(folder, name, 0) == 0)
        ++*sweep->removed;
}

/* 1: removed; 0: held, wanted, or not there; -1 with errno. */
static int remove_unless_wanted(const struct sweep *sweep, int folder, const char *name, const char *sha256)
{
    if (!gv_blob_file_lock_alone(sweep->holds, sha256))
        return 0;
    int result = sweep->keep(sweep->ctx, sha256) ? 0 : unlinkat(folder, name, 0) == 0 ? 1 : errno == ENOENT ? 0 : -1;
    int reason = errno;
    gv_blob_file_unlock(sweep->holds, sha256);
    errno = reason;
    return result;
}

static void sweep_blob(const struct sweep *sweep, int folder, const char *prefix, const char *name)
{
    char sha256[GV_BLOB_SHA256_DIGITS + 1];
    int length = snprintf(sha256, sizeof(sha256), "%s%s", prefix, name);
    if (length != GV_BLOB_SHA256_DIGITS || !gv_blob_name_valid(sha256) || !old(sweep, folder, name))
        return;
    *sweep->removed += remove_unless_wanted(sweep, folder, name, sha256) > 0;
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t length = strlen(name), bytes = strlen(suffix);
    return length > bytes && strcmp(name + length - bytes, suffix) == 0;
}

/* A crash may leave a note, or one half written, whose partial file is gone. */
static void sweep_note(const struct sweep *sweep, int folder, const char *name)
{
    char *part = gv_xprintf("%.*s.part", (int)(strstr(name, ".etag") - name), name);
    if (faccessat(folder, part, F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
        remove_file(sweep, folder, name);
    free(part);
}

/* One that can be locked is written by nobody. */
static void sweep_partial(const struct sweep *sweep, int folder, const char *prefix, const char *name)
{
    (void)prefix;
    size_t length = strlen(name), suffix = strlen(".part");
    if (!old(sweep, folder, name))
        return;
    if (ends_with(name, ".etag") || ends_with(name, ".etag.new"))
        sweep_note(sweep, folder, name);
    if (!ends_with(name, ".part"))
        return;
    int fd = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    if (gv_blob_file_lock(fd, LOCK_EX | LOCK_NB) && old(sweep, folder, name)) {
        char *note = gv_xprintf("%.*s.etag", (int)(length - suffix), name);
        remove_file(sweep, folder, note);
        remove_file(sweep, folder, name);
        free(note);
    }
    close(fd);
}

/* A folder that is missing has nothing to remove. */
static int sweep_folder(const struct sweep *sweep, const char *path, const char *prefix,
                        void (*visit)(const struct sweep *, int folder, const char *prefix, const char *name),
                        struct gv_error *err)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return errno == ENOENT ? GV_OK : gv_blob_file_fail("listing the folder", path, errno, err);
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL)
        visit(sweep, dirfd(folder), prefix, entry->d_name);
    closedir(folder);
    return GV_OK;
}

static int sweep_all(const struct sweep *sweep, const struct gv_blobs_file *store, struct gv_error *err)
{
    int code = GV_OK;
    for (unsigned i = 0; i < 256 && code == GV_OK; i++) {
        char prefix[3];
        snprintf(prefix, sizeof(prefix), "%02x", i);
        char *folder = gv_xprintf("%s/blobs/%s", store->dir, prefix);
        code = sweep_folder(sweep, folder, prefix, sweep_blob, err);
        free(folder);
    }
    if (code == GV_OK) {
        char *folder = gv_xprintf("%s/partial", store->dir);
        code = sweep_folder(sweep, folder, "", sweep_partial, err);
        free(folder);
    }
    return code;
}

int gv_blob_file_collect(uint64_t *removed, struct gv_blobs *blobs, bool (*keep)(void *ctx, const char *sha256),
                         void *ctx, struct gv_error *err)
{
    const struct gv_blobs_file *store = gv_blobs_file(blobs);
    struct sweep sweep = {-1, removed, keep, ctx, time(NULL) - GV_BLOB_GRACE_SECONDS};
    *removed = 0;
    int code = gv_blob_file_open_holds(&sweep.holds, store, err);
    if (code != GV_OK)
        return code;
    code = sweep_all(&sweep, store, err);
    close(sweep.holds);
    return code;
}

int gv_blob_file_remove(struct gv_blobs *blobs, const char *sha256, bool (*keep)(void *ctx, const char *sha256),
                        void *ctx, struct gv_error *err)
{
    const struct gv_blobs_file *store = gv_blobs_file(blobs);
    struct sweep sweep = {.keep = keep, .ctx = ctx};
    if (!gv_blob_name_valid(sha256))
        return GV_OK;
    int code = gv_blob_file_open_holds(&sweep.holds, store, err);
    if (code != GV_OK)
        return code;
    char *path = gv_blob_file_path(store, sha256);
    if (remove_unless_wanted(&sweep, AT_FDCWD, path, sha256) < 0)
        code = gv_blob_file_fail("removing the blob", path, errno, err);
    free(path);
    close(sweep.holds);
    return code;
}
