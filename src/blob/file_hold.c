/* Holds, as locks of bytes of one file. They belong to the open file and not to the process (F_OFD_SETLK), so that a
 * process that removes is kept out by its own holds too; all holds of a handle share one such file, and are counted. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/error.h"
#include "blob/file_store.h"

#define SLOT_DIGITS 3 /* 16^3 = GV_BLOB_HOLDS */

static unsigned slot_of(const char *sha256)
{
    char digits[SLOT_DIGITS + 1] = "";
    memcpy(digits, sha256, SLOT_DIGITS);
    return (unsigned)strtoul(digits, NULL, 16);
}

static bool lock(int fd, const char *sha256, int command, short type)
{
    struct flock what = {.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)slot_of(sha256), .l_len = 1};
    int result;
    do
        result = fcntl(fd, command, &what);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

void gv_blob_file_holds_init(struct gv_blob_holds *holds)
{
    pthread_mutex_init(&holds->mutex, NULL);
    holds->fd = -1;
}

void gv_blob_file_holds_close(struct gv_blob_holds *holds)
{
    if (holds->fd >= 0)
        close(holds->fd);
    pthread_mutex_destroy(&holds->mutex);
}

int gv_blob_file_open_holds(int *out, const struct gv_blobs_file *store, struct gv_error *err)
{
    char *path = gv_xprintf("%s/holds", store->dir);
    *out = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    int code = *out >= 0 ? GV_OK : gv_blob_file_fail("opening", path, errno, err);
    free(path);
    return code;
}

/* Waits while somebody removes a blob of the same lock. */
static int take(struct gv_blobs_file *store, const char *sha256, struct gv_error *err)
{
    int code = store->holds.fd < 0 ? gv_blob_file_open_holds(&store->holds.fd, store, err) : GV_OK;
    if (code == GV_OK && !lock(store->holds.fd, sha256, F_OFD_SETLKW, F_RDLCK))
        code = gv_blob_file_fail("holding the blob", sha256, errno, err);
    return code;
}

int gv_blob_file_hold(struct gv_blobs *blobs, const char *sha256, struct gv_error *err)
{
    struct gv_blobs_file *store = gv_blobs_file(blobs);
    if (!gv_blob_name_valid(sha256))
        return gv_fail(err, GV_INTERNAL_ERROR, "holding a blob failed: \"%.80s\" is no SHA-256 in lower-case hex",
                       sha256);
    unsigned *count = &store->holds.count[slot_of(sha256)];
    pthread_mutex_lock(&store->holds.mutex);
    int code = *count == 0 ? take(store, sha256, err) : GV_OK;
    *count += code == GV_OK;
    pthread_mutex_unlock(&store->holds.mutex);
    return code;
}

void gv_blob_file_release(struct gv_blobs *blobs, const char *sha256)
{
    struct gv_blobs_file *store = gv_blobs_file(blobs);
    unsigned *count = &store->holds.count[slot_of(sha256)];
    pthread_mutex_lock(&store->holds.mutex);
    GV_ASSERT(*count > 0);
    if (--*count == 0)
        gv_blob_file_unlock(store->holds.fd, sha256);
    pthread_mutex_unlock(&store->holds.mutex);
}

bool gv_blob_file_lock_alone(int fd, const char *sha256)
{
    return lock(fd, sha256, F_OFD_SETLK, F_WRLCK);
}

void gv_blob_file_unlock(int fd, const char *sha256)
{
    lock(fd, sha256, F_OFD_SETLK, F_UNLCK);
}
