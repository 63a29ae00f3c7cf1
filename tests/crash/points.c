/* Preloaded into golem-video by crash.py: counts the points at which the world outside of the process changes, and
 * ends the process at the one that was asked for.
 *
 * A point is a call that changes files below POINTS_ROOT (write, fsync, ftruncate, create, rename, unlink, mkdir ...)
 * or moves bytes over a network socket. Points are numbered from 1 and pass one at a time, whichever thread they are
 * on, so that nothing else of the process happens between a point and its end. Receiving counts when bytes came; its
 * `before` is the `after` of the point before it.
 *
 *   POINTS_ROOT    the folder; it exists. Without it, and in every program but golem-video, nothing happens.
 *   POINTS_AT      the number of the point; 0: none
 *   POINTS_WHEN    `before` or `after` it
 *   POINTS_SIGNAL  what is sent to the process: KILL or TERM
 *   POINTS_TRACE   a file: a line "NUMBER KIND PATH" for each point, and "end" where the signal was sent
 *   POINTS_DISK    a folder, not below the root: what a disk would hold after a loss of power. d.INODE lists a folder
 *                  ("INODE NAME" a line) as of its last fsync, f.INODE is a file as of its last fsync or fdatasync.
 *                  If it is empty, what is there when the process starts is taken for synced. Inodes are held open,
 *                  so that none is given to another file while the process lives.
 *   POINTS_BOOT_ID a file to be read in place of the kernel's boot id, which is another one after a loss of power
 *
 * Not seen: calls made by system call number, and stores into mapped memory (SQLite's -shm file, which it makes anew).
 * libc's own streams are seen when they are opened and closed. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define WIRE "wire"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

static struct {
    char root[PATH_MAX]; /* "": not our program */
    const char *disk, *boot_id;
    long at;
    bool after;
    int signal;
    int trace; /* -1: none */
} config;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long points;

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* ---- what counts ------------------------------------------------------------------------------------- */

static bool below_root(const char *path)
{
    size_t bytes = strlen(config.root);
    return bytes > 0 && strncmp(path, config.root, bytes) == 0 && (path[bytes] == '/' || path[bytes] == '\0');
}

static bool fd_path(char out[PATH_MAX], int fd)
{
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t bytes = readlink(link, out, PATH_MAX - 1);
    out[bytes > 0 ? bytes : 0] = '\0';
    return bytes > 0;
}

static bool is_wire(int fd)
{
    struct sockaddr_storage address;
    socklen_t bytes = sizeof(address);
    return config.root[0] != '\0' && getsockname(fd, (struct sockaddr *)&address, &bytes) == 0 &&
           (address.ss_family == AF_INET || address.ss_family == AF_INET6);
}

/* `out` is the file's path, or WIRE. */
static bool fd_counts(char out[PATH_MAX], int fd)
{
    int kept = errno;
    bool counts = config.root[0] != '\0' && fd_path(out, fd) && below_root(out);
    if (!counts && is_wire(fd)) {
        snprintf(out, PATH_MAX, WIRE);
        counts = true;
    }
    errno = kept;
    return counts;
}

static bool name_counts(char out[PATH_MAX], int folder, const char *name)
{
    if (config.root[0] == '\0')
        return false;
    if (name[0] == '/' || folder == AT_FDCWD || !fd_path(out, folder))
        snprintf(out, PATH_MAX, "%s", name);
    else
        snprintf(out + strlen(out), PATH_MAX - strlen(out), "/%s", name);
    return below_root(out);
}

/* ---- passing a point ----------------------------------------------------------------------------------- */

static void end_here(void)
{
    if (config.trace >= 0)
        dprintf(config.trace, "end\n");
    kill(getpid(), config.signal);
    while (config.signal == SIGKILL)
        pause();
}

static void reach(const char *kind, const char *path)
{
    pthread_mutex_lock(&lock);
    points++;
    if (config.trace >= 0)
        dprintf(config.trace, "%ld %s %s\n", points, kind, path);
    if (points == config.at && !config.after)
        end_here();
}

static void leave(void)
{
    int kept = errno;
    if (points == config.at && config.after)
        end_here();
    pthread_mutex_unlock(&lock);
    errno = kept;
}

/* A call that counts if its `condition` holds, which may fill in `path`. */
#define POINT(type, name, kind, condition, parameters, ...)                                                            \
    type name parameters                                                                                               \
    {                                                                                                                  \
        char path[PATH_MAX];                                                                                           \
        if (!(condition))                                                                                              \
            return NEXT(name)(__VA_ARGS__);                                                                            \
        reach(kind, path);                                                                                             \
        type result = NEXT(name)(__VA_ARGS__);                                                                         \
        leave();                                                                                                       \
        return result;                                                                                                 \
    }

#define ON_FD(type, name, kind, parameters, ...)                                                                       \
    POINT(type, name, kind, fd_counts(path, fd), parameters, fd, __VA_ARGS__)

#define ON_NAME(name, kind, parameters, ...)                                                                           \
    POINT(int, name, kind, name_counts(path, AT_FDCWD, file), parameters, __VA_ARGS__)

#define IN_FOLDER(name, kind, parameters, ...)                                                                         \
    POINT(int, name, kind, name_counts(path, folder, file), parameters, __VA_ARGS__)

#define RECEIVING(name, parameters, ...)                                                                               \
    ssize_t name parameters                                                                                            \
    {                                                                                                                  \
        ssize_t result = NEXT(name)(fd, __VA_ARGS__);                                                                  \
        int kept = errno;                                                                                              \
        if (result > 0 && is_wire(fd)) {                                                                               \
            reach("receive", WIRE);                                                                                    \
            leave();                                                                                                   \
        }                                                                                                              \
        errno = kept;                                                                                                  \
        return result;                                                                                                 \
    }

/* clang-format off */
ON_FD(ssize_t, write, "write", (int fd, const void *data, size_t bytes), data, bytes)
ON_FD(ssize_t, writev, "write", (int fd, const struct iovec *parts, int count), parts, count)
ON_FD(ssize_t, pwrite, "write", (int fd, const void *data, size_t bytes, off_t at), data, bytes, at)
ON_FD(ssize_t, pwrite64, "write", (int fd, const void *data, size_t bytes, off64_t at), data, bytes, at)
ON_FD(ssize_t, send, "send", (int fd, const void *data, size_t bytes, int flags), data, bytes, flags)
ON_FD(ssize_t, sendto, "send", (int fd, const void *data, size_t bytes, int flags, const struct sockaddr *to,
      socklen_t to_bytes), data, bytes, flags, to, to_bytes)
ON_FD(ssize_t, sendmsg, "send", (int fd, const struct msghdr *message, int flags), message, flags)
ON_FD(int, ftruncate, "truncate", (int fd, off_t bytes), bytes)
ON_FD(int, ftruncate64, "truncate", (int fd, off64_t bytes), bytes)
ON_FD(int, sync_file_range, "sync_file_range", (int fd, off64_t from, off64_t bytes, unsigned flags), from, bytes,
      flags)

ON_NAME(mkdir, "mkdir", (const char *file, mode_t mode), file, mode)
ON_NAME(unlink, "unlink", (const char *file), file)
ON_NAME(rename, "rename", (const char *from, const char *file), from, file)
ON_NAME(link, "link", (const char *from, const char *file), from, file)
IN_FOLDER(mkdirat, "mkdir", (int folder, const char *file, mode_t mode), folder, file, mode)
IN_FOLDER(linkat, "link", (int from_folder, const char *from, int folder, const char *file, int flags), from_folder,
          from, folder, file, flags)
IN_FOLDER(unlinkat, "unlink", (int folder, const char *file, int flags), folder, file, flags)
IN_FOLDER(renameat, "rename", (int from_folder, const char *from, int folder, const char *file), from_folder, from,
          folder, file)

RECEIVING(read, (int fd, void *out, size_t bytes), out, bytes)
RECEIVING(recv, (int fd, void *out, size_t bytes, int flags), out, bytes, flags)
RECEIVING(recvfrom, (int fd, void *restrict out, size_t bytes, int flags, struct sockaddr *restrict from,
          socklen_t *restrict from_bytes), out, bytes, flags, from, from_bytes)
RECEIVING(recvmsg, (int fd, struct msghdr *message, int flags), message, flags)
/* clang-format on */

/* ---- opening and closing -------------------------------------------------------------------------------- */

static bool creates(char out[PATH_MAX], int folder, const char *name, int flags)
{
    int kept = errno;
    bool yes = (flags & O_CREAT) != 0 && name_counts(out, folder, name) && faccessat(folder, name, F_OK, 0) != 0;
    errno = kept;
    return yes;
}

static const char *instead_of(const char *name)
{
    return config.boot_id != NULL && strcmp(name, BOOT_ID) == 0 ? config.boot_id : name;
}

#define MODE_OF(flags)                                                                                                 \
    mode_t mode = 0;                                                                                                   \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {                                                                           \
        va_list args;                                                                                                  \
        va_start(args, flags);                                                                                         \
        mode = va_arg(args, mode_t);                                                                                   \
        va_end(args);                                                                                                  \
    }

static int open_at(int folder, const char *name, int flags, mode_t mode)
{
    char path[PATH_MAX];
    if (!creates(path, folder, name, flags))
        return NEXT(openat)(folder, instead_of(name), flags, mode);
    reach("create", path);
    int fd = NEXT(openat)(folder, name, flags, mode);
    leave();
    return fd;
}

int open(const char *name, int flags, ...)
{
    MODE_OF(flags)
    return open_at(AT_FDCWD, name, flags, mode);
}

int open64(const char *name, int flags, ...)
{
    MODE_OF(flags)
    return open_at(AT_FDCWD, name, flags, mode);
}

int openat(int folder, const char *name, int flags, ...)
{
    MODE_OF(flags)
    return open_at(folder, name, flags, mode);
}

int openat64(int folder, const char *name, int flags, ...)
{
    MODE_OF(flags)
    return open_at(folder, name, flags, mode);
}

POINT(FILE *, fopen, "create", creates(path, AT_FDCWD, name, mode[0] == 'r' ? 0 : O_CREAT),
      (const char *restrict name, const char *restrict mode), name, mode)
POINT(int, fclose, "write", fd_counts(path, fileno(stream)), (FILE * stream), stream)

/* ---- the disk -------------------------------------------------------------------------------------------- */

static void hold(const char *path)
{
    NEXT(openat)(AT_FDCWD, path, O_PATH | O_CLOEXEC); /* until the process ends */
}

static void record_name(char out[PATH_MAX], char kind, ino_t inode, const char *suffix)
{
    snprintf(out, PATH_MAX, "%s/%c.%lu%s", config.disk, kind, (unsigned long)inode, suffix);
}

static void list_folder(int out, const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        char name[PATH_MAX];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        dprintf(out, "%lu %s\n", (unsigned long)entry->d_ino, entry->d_name);
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        hold(name);
    }
    if (folder != NULL)
        closedir(folder);
}

static void copy_file(int out, const char *path)
{
    int in = NEXT(openat)(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    while (in >= 0 && sendfile(out, in, NULL, 1 << 20) > 0)
        continue;
    if (in >= 0)
        close(in);
}

/* What a sync that begins now makes durable; it counts once `record` gives it its name. */
static void prepare_record(const char *path, const struct stat *st)
{
    char fresh[PATH_MAX];
    record_name(fresh, S_ISDIR(st->st_mode) ? 'd' : 'f', st->st_ino, ".new");
    int out = NEXT(openat)(AT_FDCWD, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (out < 0)
        return;
    if (S_ISDIR(st->st_mode))
        list_folder(out, path);
    else
        copy_file(out, path);
    close(out);
    hold(path);
}

static void record(const struct stat *st)
{
    char fresh[PATH_MAX], name[PATH_MAX];
    char kind = S_ISDIR(st->st_mode) ? 'd' : 'f';
    record_name(fresh, kind, st->st_ino, ".new");
    record_name(name, kind, st->st_ino, "");
    NEXT(rename)(fresh, name);
}

static int record_at_start(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)type, (void)where;
    prepare_record(path, st);
    record(st);
    return 0;
}

static bool has_records(const char *root)
{
    char name[PATH_MAX];
    struct stat st;
    if (stat(root, &st) != 0)
        return false;
    record_name(name, 'd', st.st_ino, "");
    return access(name, F_OK) == 0;
}

static int sync_fd(int fd, int (*sync)(int), const char *kind)
{
    char path[PATH_MAX];
    struct stat st;
    if (!fd_counts(path, fd) || strcmp(path, WIRE) == 0)
        return sync(fd);
    reach(kind, path);
    bool recorded = config.disk != NULL && fstat(fd, &st) == 0;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd); /* the file may have no name yet */
    if (recorded)
        prepare_record(path, &st);
    int result = sync(fd);
    if (recorded && result == 0)
        record(&st);
    leave();
    return result;
}

int fsync(int fd)
{
    return sync_fd(fd, NEXT(fsync), "fsync");
}

int fdatasync(int fd)
{
    return sync_fd(fd, NEXT(fdatasync), "fdatasync");
}

/* ---- beginning --------------------------------------------------------------------------------------------- */

static bool told(const char *name, const char *value)
{
    const char *is = getenv(name);
    return is != NULL && strcmp(is, value) == 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *root = getenv("POINTS_ROOT"), *at = getenv("POINTS_AT"), *trace = getenv("POINTS_TRACE");
    char resolved[PATH_MAX];
    if (root == NULL || strcmp(program_invocation_short_name, "golem-video") != 0 || realpath(root, resolved) == NULL)
        return;
    config.at = at != NULL ? strtol(at, NULL, 10) : 0;
    config.after = told("POINTS_WHEN", "after");
    config.signal = told("POINTS_SIGNAL", "TERM") ? SIGTERM : SIGKILL;
    config.trace = trace != NULL ? NEXT(openat)(AT_FDCWD, trace, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;
    config.disk = getenv("POINTS_DISK");
    config.boot_id = getenv("POINTS_BOOT_ID");
    if (config.disk != NULL && !has_records(resolved))
        nftw(resolved, record_at_start, 16, FTW_PHYS);
    snprintf(config.root, sizeof(config.root), "%s", resolved);
}
