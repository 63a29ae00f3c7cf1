/* Takes long base64 strings out of JSON text while it streams by: what is left is a small document in which
 * each stands as "blob:<K>", K counting from 0, and the decoded bytes went elsewhere piece by piece. A text that is no
 * JSON counts as one string, without quotes and escapes.
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
#define GV_LIFT_KEY_BYTES 40 /* of a key that is remembered, with the NUL */

/* Where the bytes go; each answers with GV_OK or fills err. */
struct gv_lift_sink {
    int (*begin)(void *ctx, unsigned index, struct gv_error *err);
    int (*bytes)(void *ctx, unsigned index, const void *data, size_t n, struct gv_error *err);
    int (*end)(void *ctx, unsigned index, struct gv_error *err);
    void *ctx;
};

enum gv_lift_place { GV_LIFT_OUTSIDE = 0, GV_LIFT_KEY, GV_LIFT_UNDECIDED, GV_LIFT_TEXT, GV_LIFT_BLOB };

/* An open bracket, and where in it the text is. */
struct gv_lift_level {
    bool object;
    unsigned index;              /* of an array's element */
    char key[GV_LIFT_KEY_BYTES]; /* of an object's member, as it is written, cut at its room */
};

/* Owned by the caller; the members are the filter's own, but for the first three. */
struct gv_lift {
    /* May be set once initialised: */
    bool data_uris;       /* "data:image/png;base64,iVBO..." leaves "...,blob:<K>" */
    const char *bare_key; /* borrowed; base64 that is no data: URI is lifted from members of this name only */
    unsigned count;       /* strings lifted so far: where K begins */

    struct gv_buf *out; /* borrowed; its bytes_max bounds the document that is left */
    struct gv_lift_sink sink;
    size_t longer_than;
    struct gv_buf held; /* the undecided string as it came, without its quotes */
    enum gv_lift_place place;
    bool escaped;    /* the character before was a backslash */
    bool data_begun; /* the text under way began with "data:" */
    bool quoted;     /* the undecided string's quote is out already, with the beginning of a data: URI */
    bool plain;      /* all is one string, no JSON */
    bool wanted;     /* the undecided string is lifted if it is base64 */
    bool failed;
    struct gv_lift_level levels[GV_LIFT_DEPTH_MAX];
    unsigned depth;
    bool key_next;
    size_t key_bytes; /* of the key under way */
    struct gv_base64_decoder decoder;
};

/* `longer_than` must be less than GV_LIFT_DECIDED_BYTES. */
void gv_lift_init(struct gv_lift *lift, struct gv_buf *out, const struct gv_lift_sink *sink, size_t longer_than);
/* From here on all is one string, without quotes and escapes; to be called before anything is put. `bare`: it is lifted
 * though it is no data: URI. */
void gv_lift_as_text(struct gv_lift *lift, bool bare);
/* GV_INVALID_INPUT with err->field: a string that began as base64 is none, nesting too deep, or the rest too large;
 * else what the sink said. After a failure nothing more may be put. */
int gv_lift_put(struct gv_lift *lift, const char *text, size_t bytes, struct gv_error *err);
/* GV_INVALID_INPUT: the text ended inside a string. */
int gv_lift_end(struct gv_lift *lift, struct gv_error *err);
void gv_lift_free(struct gv_lift *lift);
/* Where the string under way stands, "golem_video.input_images.2", cut at its room; "" outside of every bracket. What
 * is not printable ASCII is "?". */
void gv_lift_place(char *out, size_t room, const struct gv_lift *lift);

#endif
