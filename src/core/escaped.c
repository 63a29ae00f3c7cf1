#include "core/escaped.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"

void gv_escaped_init(struct gv_escaped *e, const struct gv_multipart_sink *sink)
{
    e->sink = *sink;
    e->name_bytes = e->count = e->escape_bytes = e->piece_bytes = 0;
    e->in_pair = e->in_text = false;
}

static int refuse(const struct gv_escaped *e, const char *what, struct gv_error *err)
{
    return gv_fail(err, GV_INVALID_INPUT, "field %zu of the form has %s", e->count, what);
}

static int give(struct gv_escaped *e, struct gv_error *err)
{
    size_t n = e->piece_bytes;
    e->piece_bytes = 0;
    return n > 0 ? e->sink.bytes(e->sink.ctx, e->piece, n, err) : GV_OK;
}

static int add_to_name(struct gv_escaped *e, char c, struct gv_error *err)
{
    if (c == '\0')
        return refuse(e, "a NUL in its name", err);
    if (e->name_bytes + 1 == sizeof(e->part.name))
        return refuse(e, "a name that is too long", err);
    e->part.name[e->name_bytes++] = c;
    return GV_OK;
}

static int add(struct gv_escaped *e, char c, struct gv_error *err)
{
    if (!e->in_text)
        return add_to_name(e, c, err);
    e->piece[e->piece_bytes++] = c;
    return e->piece_bytes == sizeof(e->piece) ? give(e, err) : GV_OK;
}

/* What came is as much of an escape as there is room for it. */
static int add_escape(struct gv_escaped *e, struct gv_error *err)
{
    char c;
    size_t bytes;
    if (!gv_percent_decode(&c, &bytes, e->escape, sizeof(e->escape), false) || bytes != 1)
        return refuse(e, "an escape that is none", err);
    e->escape_bytes = 0;
    return add(e, c, err);
}

static void begin_pair(struct gv_escaped *e)
{
    e->in_pair = true;
    e->in_text = false;
    e->name_bytes = 0;
    e->count++;
}

static int begin_text(struct gv_escaped *e, struct gv_error *err)
{
    if (e->escape_bytes > 0)
        return refuse(e, "an escape that is none", err);
    e->in_text = true;
    e->part.name[e->name_bytes] = '\0';
    e->part.file = false;
    return e->sink.begin(e->sink.ctx, &e->part, err);
}

static int end_pair(struct gv_escaped *e, struct gv_error *err)
{
    int code = GV_OK;
    if (!e->in_pair)
        return GV_OK;
    if (!e->in_text)
        code = begin_text(e, err);
    if (code == GV_OK && e->escape_bytes > 0)
        code = refuse(e, "an escape that is none", err);
    if (code == GV_OK)
        code = give(e, err);
    e->in_pair = false;
    return code == GV_OK ? e->sink.end(e->sink.ctx, err) : code;
}

static int take(struct gv_escaped *e, char c, struct gv_error *err)
{
    if (c == '&')
        return end_pair(e, err);
    if (!e->in_pair)
        begin_pair(e);
    if (c == '=' && !e->in_text)
        return begin_text(e, err);
    if (e->escape_bytes == 0 && c != '%')
        return add(e, c == '+' ? ' ' : c, err);
    e->escape[e->escape_bytes++] = c;
    return e->escape_bytes == sizeof(e->escape) ? add_escape(e, err) : GV_OK;
}

int gv_escaped_put(struct gv_escaped *e, const char *data, size_t bytes, struct gv_error *err)
{
    int code = GV_OK;
    for (size_t i = 0; code == GV_OK && i < bytes; i++)
        code = take(e, data[i], err);
    return code;
}

int gv_escaped_end(struct gv_escaped *e, struct gv_error *err)
{
    return end_pair(e, err);
}
