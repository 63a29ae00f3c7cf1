/* Takes long base64 strings out of JSON text while it streams by: what is left is a small document in which
 * each stands as "blob:<K>", K counting from 0, and the decoded bytes went elsewhere piece by piece.
 *
 * A string value is lifted if it has more than `longer_than` characters and is base64 from end to end; of a data: URI,
 * where these are wanted, what stands behind its ";base64,". Keys never are. A string is undecided until it ends or
 * GV_LIFT_DECIDED_BYTES of it have come: then it must be base64 to its end, since its beginning is gone. The text is
 * not otherwise judged: the JSON reader does that afterwards. A document may also have a plain "blob:0" in it; who
 * resolves the names knows how many were lifted. */
#ifndef GV_CORE_LIFT_H
#define GV_CORE_LIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/codec.h"
#include "golem_video/error.h"

#define GV_LIFT_DECIDED_BYTES (64u << 10)
#define GV_LIFT_DEPTH_MAX 64

/* Where the bytes go; each answers with GV_OK or fills err. */
struct gv_lift_sink {
    int (*begin)(void *ctx, unsigned index, struct gv_error *err);
    int (*bytes)(void *ctx, unsigned index, const void *data, size_t n, struct gv_error *err);
    int (*end)(void *ctx, unsigned index, struct gv_error *err);
    void *ctx;
};

enum gv_lift_place { GV_LIFT_OUTSIDE = 0, GV_LIFT_KEY, GV_LIFT_UNDECIDED, GV_LIFT_TEXT, GV_LIFT_BLOB };

/* Owned by the caller; the members are the filter's own, but for the first. */
struct gv_lift {
    bool data_uris;     /* may be set once initialised: "data:image/png;base64,iVBO..." leaves "...,blob:<K>" */
    struct gv_buf *out; /* borrowed; its bytes_max bounds the document that is left */
    struct gv_lift_sink sink;
    size_t longer_than;
    struct gv_buf held; /* the undecided string as it came, without its quotes */
    enum gv_lift_place place;
    bool escaped;    /* the character before was a backslash */
    bool data_begun; /* the text under way began with "data:" */
    bool quoted;     /* the undecided string's quote is out already, with the beginning of a data: URI */
    bool failed;
    uint64_t objects; /* a bit per open bracket, lowest innermost: is it an object's */
    unsigned depth;
    bool key_next;
    struct gv_base64_decoder decoder;
    unsigned count; /* strings lifted so far */
};

/* `longer_than` must be less than GV_LIFT_DECIDED_BYTES. */
void gv_lift_init(struct gv_lift *lift, struct gv_buf *out, const struct gv_lift_sink *sink, size_t longer_than);
/* GV_INVALID_INPUT: a string that began as base64 is none, nesting too deep, or the rest too large; else what the
 * sink said. After a failure nothing more may be put. */
int gv_lift_put(struct gv_lift *lift, const char *text, size_t bytes, struct gv_error *err);
/* GV_INVALID_INPUT: the text ended inside a string. */
int gv_lift_end(struct gv_lift *lift, struct gv_error *err);
void gv_lift_free(struct gv_lift *lift);

#endif
