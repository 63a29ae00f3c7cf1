#include "server/access/key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"

#define FILE_BYTES (2 * GV_KEY_BYTES + 1) /* hex and a newline */

static int fail(const char *what, const char *path, struct gv_error *err)
{
    return gv_fail(err, GV_INTERNAL_ERROR, "%s the server's key %s: %s", what, path, strerror(errno));
}

/* errno ENOENT: there is none yet. */
static int read_key(uint8_t out[GV_KEY_BYTES], const char *path, struct gv_error *err)
{
    char text[FILE_BYTES + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail("opening", path, err);
    ssize_t n = read(fd, text, sizeof text);
    close(fd);
    if (n == FILE_BYTES && text[FILE_BYTES - 1] == '\n') {
        text[FILE_BYTES - 1] = '\0';
        if (gv_hex_decode(out, GV_KEY_BYTES, text))
            return GV_OK;
    }
    errno = EINVAL;
    return gv_fail(err, GV_INTERNAL_ERROR,
                   "%s is not a server's key of %d hex digits; without it signed links and webhook secrets are lost: "
                   "restore it, or remove it to have a new one made",
                   path, 2 * GV_KEY_BYTES);
}

static bool write_synced(const char *path, const char *text, size_t bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool written = write(fd, text, bytes) == (ssize_t)bytes && fsync(fd) == 0;
    return close(fd) == 0 && written;
}

static bool sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return synced;
}

/* Of two that make one at once, the first gives both their key. */
static int make_key(const char *path, const char *store, const struct gv_crypto *crypto, struct gv_error *err)
{
    uint8_t key[GV_KEY_BYTES];
    char partial[PATH_MAX], text[FILE_BYTES + 1];
    crypto->random(key, sizeof key);
    gv_hex_encode(text, key, sizeof key);
    memcpy(text + 2 * GV_KEY_BYTES, "\n", 2);
    if (snprintf(partial, sizeof partial, "%s.%ld", path, (long)getpid()) >= (int)sizeof partial) {
        errno = ENAMETOOLONG;
        return fail("making", path, err);
    }
    unlink(partial);
    bool made =
        write_synced(partial, text, FILE_BYTES) && (link(partial, path) == 0 || errno == EEXIST) && sync_folder(store);
    int why = errno;
    unlink(partial);
    errno = why;
    return made ? GV_OK : fail("making", path, err);
}

int gv_key_load(uint8_t out[GV_KEY_BYTES], const char *store, const struct gv_crypto *crypto, struct gv_error *err)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/server.key", store) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return fail("opening", store, err);
    }
    int code = read_key(out, path, err);
    if (code == GV_OK || errno != ENOENT)
        return code;
    code = make_key(path, store, crypto, err);
    return code == GV_OK ? read_key(out, path, err) : code;
}
