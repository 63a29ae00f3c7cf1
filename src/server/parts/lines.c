#include "server/parts/lines.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"

struct gv_lines {
    int fd;
    pthread_mutex_t lock; /* of what follows */
    struct gv_buf text;
    unsigned long lost;
};

struct gv_lines *gv_lines_open(int fd)
{
    struct gv_lines *lines = gv_xcalloc(1, sizeof *lines);
    lines->fd = fd;
    pthread_mutex_init(&lines->lock, NULL);
    gv_buf_init(&lines->text, GV_LINES_BYTES_MAX);
    return lines;
}

void gv_lines_add(struct gv_lines *lines, const char *line, size_t bytes)
{
    pthread_mutex_lock(&lines->lock);
    if (!gv_buf_add(&lines->text, line, bytes))
        lines->lost++;
    pthread_mutex_unlock(&lines->lock);
}

static void write_all(int fd, const char *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(fd, data, bytes);
        if (n < 0 && errno != EINTR)
            return; /* a log that can't be written must not stop the server */
        if (n > 0) {
            data += n;
            bytes -= (size_t)n;
        }
    }
}

void gv_lines_flush(struct gv_lines *lines)
{
    struct gv_buf empty;
    gv_buf_init(&empty, GV_LINES_BYTES_MAX);
    pthread_mutex_lock(&lines->lock);
    struct gv_buf text = lines->text;
    unsigned long lost = lines->lost;
    lines->text = empty;
    lines->lost = 0;
    pthread_mutex_unlock(&lines->lock);
    if (lost > 0) {
        text.bytes_max *= 2;
        gv_buf_addf(&text, "{\"lost_lines\":%lu}\n", lost);
    }
    write_all(lines->fd, text.data, text.len);
    gv_buf_free(&text);
}

void gv_lines_close(struct gv_lines *lines)
{
    if (lines == NULL)
        return;
    gv_lines_flush(lines);
    gv_buf_free(&lines->text);
    pthread_mutex_destroy(&lines->lock);
    free(lines);
}
