/* A growing run of bytes with a stated maximum. */
#ifndef GV_BASE_BUF_H
#define GV_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Always NUL-terminated behind `len` once something was added. */
struct gv_buf {
    char *data;
    size_t len, cap;
    size_t bytes_max;
    bool overflow; /* set, and nothing added, by an addition that would pass bytes_max */
};

/* Borrow nothing: owned by the caller until gv_buf_free. */
void gv_buf_init(struct gv_buf *buf, size_t bytes_max);
bool gv_buf_add(struct gv_buf *buf, const void *data, size_t bytes);
bool gv_buf_adds(struct gv_buf *buf, const char *text);
bool gv_buf_addf(struct gv_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void gv_buf_clear(struct gv_buf *buf);
void gv_buf_free(struct gv_buf *buf);

#endif
