#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/assert.h"

#define CAP_BYTES_MIN 64

void gv_buf_init(struct gv_buf *buf, size_t bytes_max)
{
    *buf = (struct gv_buf){.bytes_max = bytes_max < SIZE_MAX / 4 ? bytes_max : SIZE_MAX / 4};
}

/* Room for `bytes` more and the NUL. An overflow stays until the buffer is cleared: text with a hole in it
 * must not look whole. */
static bool reserve(struct gv_buf *buf, size_t bytes)
{
    if (buf->overflow || bytes > buf->bytes_max - buf->len) {
        buf->overflow = true;
        return false;
    }
    size_t need = buf->len + bytes + 1;
    if (need <= buf->cap)
        return true;
    size_t cap = buf->cap > 0 ? buf->cap : CAP_BYTES_MIN;
    while (cap < need)
        cap *= 2;
    buf->data = gv_xrealloc(buf->data, cap);
    buf->cap = cap;
    return true;
}

bool gv_buf_add(struct gv_buf *buf, const void *data, size_t bytes)
{
    if (!reserve(buf, bytes))
        return false;
    if (bytes > 0)
        memcpy(buf->data + buf->len, data, bytes);
    buf->len += bytes;
    buf->data[buf->len] = '\0';
    return true;
}

bool gv_buf_adds(struct gv_buf *buf, const char *text)
{
    return gv_buf_add(buf, text, strlen(text));
}

bool gv_buf_addf(struct gv_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    GV_ASSERT(length >= 0);
    if (!reserve(buf, (size_t)length))
        return false;
    va_start(args, format);
    vsnprintf(buf->data + buf->len, (size_t)length + 1, format, args);
    va_end(args);
    buf->len += (size_t)length;
    return true;
}

void gv_buf_clear(struct gv_buf *buf)
{
    buf->len = 0;
    buf->overflow = false;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

void gv_buf_free(struct gv_buf *buf)
{
    free(buf->data);
    gv_buf_init(buf, buf->bytes_max);
}
