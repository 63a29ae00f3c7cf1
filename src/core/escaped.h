/* application/x-www-form-urlencoded while it streams by: every field's name, then its text in portions, as the parts of
 * a form that have no file. Pure. */
#ifndef GV_CORE_ESCAPED_H
#define GV_CORE_ESCAPED_H

#include "core/multipart.h"

#define GV_ESCAPED_PIECE_BYTES 4096 /* of a text, given out at a time */

/* Owned by the caller; the members are the parser's own. */
struct gv_escaped {
    struct gv_multipart_sink sink;
    struct gv_part part;
    size_t name_bytes, count; /* fields begun */
    bool in_pair, in_text;
    char escape[3]; /* of "%4f", what came */
    size_t escape_bytes;
    char piece[GV_ESCAPED_PIECE_BYTES];
    size_t piece_bytes;
};

void gv_escaped_init(struct gv_escaped *e, const struct gv_multipart_sink *sink);
/* GV_INVALID_INPUT: an escape that is none, or a name that can't be one; else what the sink said. After a failure
 * nothing more may be put. */
int gv_escaped_put(struct gv_escaped *e, const char *data, size_t bytes, struct gv_error *err);
int gv_escaped_end(struct gv_escaped *e, struct gv_error *err);

#endif
