#include "media/helper/av/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/error.h"

enum { FILES_MAX = 2, BUFFER_BYTES = 32 << 10 };

/* The program does one thing and ends, so one list is enough. */
static struct {
    const char *path;
    int fd;
} files[FILES_MAX];
static size_t file_count;

struct place {
    int fd; /* its own */
    int64_t at;
};

/* A pipe or a device could keep the program waiting for ever. */
static int check_kind(int fd, const char *path, struct gv_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return gv_fail(err, GV_INVALID_INPUT, "%s: %s", path, strerror(errno));
    return S_ISREG(st.st_mode) ? GV_OK : gv_fail(err, GV_INVALID_INPUT, "%s is no regular file", path);
}

static int open_to_read(const char *path, struct gv_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        gv_fail(err, GV_INVALID_INPUT, "%s: %s", path, strerror(errno));
        return -1;
    }
    if (check_kind(fd, path, err) == GV_OK)
        return fd;
    close(fd);
    return -1;
}

static int open_to_write(const char *path, struct gv_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        gv_fail(err, GV_INTERNAL_ERROR, "%s can't be written: %s", path, strerror(errno));
    return fd;
}

int gv_file_open(const char *path, enum gv_file_use use, struct gv_error *err)
{
    GV_ASSERT(file_count < FILES_MAX);
    int fd = use == GV_FILE_WRITE ? open_to_write(path, err) : open_to_read(path, err);
    if (fd < 0)
        return use == GV_FILE_WRITE ? GV_INTERNAL_ERROR : GV_INVALID_INPUT;
    files[file_count].path = path;
    files[file_count++].fd = fd;
    return GV_OK;
}

void gv_file_close_all(void)
{
    while (file_count > 0)
        close(files[--file_count].fd);
}

/* -1: that path was not opened. */
static int find(const char *path)
{
    for (size_t i = 0; i < file_count; i++) {
        if (strcmp(files[i].path, path) == 0)
            return files[i].fd;
    }
    return -1;
}

/* A descriptor of the caller's own; -1: failed. */
static int own_fd(const char *path, struct gv_error *err)
{
    int opened = find(path);
    if (opened < 0)
        return open_to_read(path, err);
    int fd = fcntl(opened, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        gv_fail(err, GV_INTERNAL_ERROR, "%s: %s", path, strerror(errno));
    return fd;
}

static int read_some(void *opaque, uint8_t *out, int room)
{
    struct place *place = opaque;
    ssize_t got = pread(place->fd, out, (size_t)room, place->at);
    if (got > 0)
        place->at += got;
    return got > 0 ? (int)got : got == 0 ? AVERROR_EOF : AVERROR(errno);
}

static int write_some(void *opaque, uint8_t *data, int bytes)
{
    struct place *place = opaque;
    for (int done = 0; done < bytes;) { /* the caller takes a part for the whole */
        ssize_t put = pwrite(place->fd, data + done, (size_t)(bytes - done), place->at);
        if (put < 0 && errno != EINTR)
            return AVERROR(errno);
        if (put > 0) {
            done += (int)put;
            place->at += put;
        }
    }
    return bytes;
}

static int64_t seek(void *opaque, int64_t offset, int whence)
{
    struct place *place = opaque;
    struct stat st;
    if (fstat(place->fd, &st) != 0)
        return AVERROR(errno);
    whence &= ~AVSEEK_FORCE;
    if (whence == AVSEEK_SIZE)
        return st.st_size;
    int64_t base = whence == SEEK_CUR ? place->at : whence == SEEK_END ? st.st_size : 0;
    if ((offset < 0 && base < -offset) || (offset > 0 && base > INT64_MAX - offset))
        return AVERROR(EINVAL);
    return place->at = base + offset;
}

static AVIOContext *make_io(int fd, bool writes)
{
    struct place *place = av_mallocz(sizeof *place);
    uint8_t *buffer = av_malloc(BUFFER_BYTES);
    GV_ASSERT(place && buffer);
    place->fd = fd;
    AVIOContext *io =
        avio_alloc_context(buffer, BUFFER_BYTES, writes, place, read_some, writes ? write_some : NULL, seek);
    GV_ASSERT(io);
    return io;
}

AVIOContext *gv_file_reader(const char *path, struct gv_error *err)
{
    int fd = own_fd(path, err);
    return fd < 0 ? NULL : make_io(fd, false);
}

FILE *gv_file_stream(const char *path, struct gv_error *err)
{
    int fd = own_fd(path, err);
    if (fd < 0)
        return NULL;
    FILE *file = lseek(fd, 0, SEEK_SET) == 0 ? fdopen(fd, "rb") : NULL;
    if (!file) {
        gv_fail(err, GV_INVALID_INPUT, "%s: %s", path, strerror(errno));
        close(fd);
    }
    return file;
}

AVIOContext *gv_file_writer(const char *path, struct gv_error *err)
{
    GV_ASSERT(find(path) >= 0);
    int fd = own_fd(path, err);
    if (fd < 0)
        return NULL;
    if (ftruncate(fd, 0) == 0)
        return make_io(fd, true);
    gv_fail(err, GV_INTERNAL_ERROR, "%s can't be written: %s", path, strerror(errno));
    close(fd);
    return NULL;
}

int gv_file_close(AVIOContext **io)
{
    if (!*io)
        return 0;
    avio_flush(*io);
    int rc = (*io)->error;
    struct place *place = (*io)->opaque;
    close(place->fd);
    av_free(place);
    av_freep(&(*io)->buffer);
    avio_context_free(io);
    return rc;
}
