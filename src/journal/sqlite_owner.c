/* The kernel drops the lock with the last thread of its process, so a free lock means that no thread of the owner can
 * write any more. flock and not fcntl: its locks belong to the opening and not to the process, hence two engines of
 * one process see each other as strangers, and closing some other descriptor of the file loses nothing. */
#include "journal/sqlite_owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/codec.h"
#include "base/error.h"

#define SUFFIX ".lock"
/* A sweep may remove a fresh file before it is locked; then another name is tried. */
#define ATTEMPTS_MAX 16

static void lock_path(char out[PATH_MAX], const char *dir, const char *name)
{
    snprintf(out, PATH_MAX, "%s/%s" SUFFIX, dir, name);
}

static bool lock(int fd, int how)
{
    int result;
    do
        result = flock(fd, how);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

bool gv_owner_dead(const struct gv_owner *self, const char *name)
{
    char path[PATH_MAX];
    lock_path(path, self->dir, name);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT;
    bool dead = lock(fd, LOCK_EX | LOCK_NB);
    if (dead)
        unlink(path);
    close(fd);
    return dead;
}

static void sweep(const struct gv_owner *self)
{
    DIR *folder = opendir(self->dir);
    if (folder == NULL)
        return; /* only tidiness is lost */
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        char name[GV_OWNER_NAME_BYTES];
        size_t length = strlen(entry->d_name);
        if (length != GV_OWNER_NAME_BYTES - 1 + strlen(SUFFIX) ||
            strcmp(entry->d_name + GV_OWNER_NAME_BYTES - 1, SUFFIX) != 0)
            continue;
        snprintf(name, sizeof(name), "%.*s", GV_OWNER_NAME_BYTES - 1, entry->d_name);
        if (strcmp(name, self->name) != 0)
            gv_owner_dead(self, name);
    }
    closedir(folder);
}

/* 1: it is ours; 0: it was swept away under us; -1: errno says why not. */
static int take(struct gv_owner *owner, const char *path)
{
    owner->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (owner->fd < 0)
        return -1;
    struct stat st;
    if (lock(owner->fd, LOCK_EX) && fstat(owner->fd, &st) == 0) {
        if (st.st_nlink > 0)
            return 1;
        close(owner->fd);
        return 0;
    }
    int reason = errno;
    unlink(path);
    close(owner->fd);
    errno = reason;
    return -1;
}

static int take_name(struct gv_owner *owner, const struct gv_crypto *crypto, struct gv_error *err)
{
    char path[PATH_MAX];
    for (int i = 0; i < ATTEMPTS_MAX; i++) {
        uint8_t random[(GV_OWNER_NAME_BYTES - 1) / 2];
        crypto->random(random, sizeof(random));
        gv_hex_encode(owner->name, random, sizeof(random));
        lock_path(path, owner->dir, owner->name);
        int taken = take(owner, path);
        if (taken > 0)
            return GV_OK;
        if (taken < 0)
            return gv_fail(
                err, GV_INTERNAL_ERROR, "making the lock file %s failed: %s; %s", path, strerror(errno),
                gv_advice(errno, "make the folder writable for this user, on a file system that knows locks"));
    }
    return gv_fail(err, GV_INTERNAL_ERROR, "making a lock file in %s failed: another process removed it %d times",
                   owner->dir, ATTEMPTS_MAX);
}

int gv_owner_open(struct gv_owner *out, const char *dir, const struct gv_crypto *crypto, struct gv_error *err)
{
    if (mkdir(dir, 0777) != 0 && errno != EEXIST)
        return gv_fail(err, GV_INTERNAL_ERROR, "making the folder %s failed: %s; %s", dir, strerror(errno),
                       gv_advice(errno, "name a folder that can be written to"));
    out->dir = gv_xstrdup(dir);
    int code = take_name(out, crypto, err);
    if (code == GV_OK) {
        sweep(out);
        return GV_OK;
    }
    free(out->dir);
    *out = (struct gv_owner){0};
    return code;
}

int gv_owner_take_turn(const struct gv_owner *self, struct gv_error *err)
{
    int fd = open(self->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && lock(fd, LOCK_EX))
        return fd;
    gv_fail(err, GV_INTERNAL_ERROR, "locking the folder %s failed: %s; %s", self->dir, strerror(errno),
            gv_advice(errno, "use a folder on a local disk"));
    if (fd >= 0)
        close(fd);
    return -1;
}

void gv_owner_close(struct gv_owner *owner)
{
    if (owner->dir == NULL)
        return;
    char path[PATH_MAX];
    lock_path(path, owner->dir, owner->name);
    unlink(path);
    close(owner->fd);
    free(owner->dir);
    *owner = (struct gv_owner){0};
}
