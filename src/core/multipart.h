/* multipart/form-data (RFC 7578) while it streams by: every part's name, then its bytes in portions. Pure.
 *
 * Lines end with CRLF, as the RFC says. What stands before the first boundary and behind the last one is skipped. */
#ifndef GV_CORE_MULTIPART_H
#define GV_CORE_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "golem_video/error.h"

#define GV_BOUNDARY_CHARS_MAX 70
#define GV_PART_HEAD_BYTES_MAX (8u << 10)
#define GV_PART_NAME_BYTES 512 /* of a field's or a file's name, with the NUL */

struct gv_part {
    char name[GV_PART_NAME_BYTES];
    bool file; /* it has a file name, whatever that says */
};

/* Where the parts go; each answers with GV_OK or fills err. */
struct gv_multipart_sink {
    int (*begin)(void *ctx, const struct gv_part *part, struct gv_error *err);
    int (*bytes)(void *ctx, const char *data, size_t n, struct gv_error *err);
    int (*end)(void *ctx, struct gv_error *err);
    void *ctx;
};

enum gv_multipart_place {
    GV_MULTIPART_BEFORE = 0,
    GV_MULTIPART_BOUNDARY, /* behind a delimiter: either the last one, or parts go on */
    GV_MULTIPART_HEAD,
    GV_MULTIPART_BODY,
    GV_MULTIPART_BEHIND,
};

/* Owned by the caller; the members are the parser's own. */
struct gv_multipart {
    struct gv_multipart_sink sink;
    char delimiter[GV_BOUNDARY_CHARS_MAX + 8]; /* CR LF - - boundary */
    size_t delimiter_bytes;
    size_t matched; /* of the delimiter, at the end of what came */
    struct gv_buf held;
    enum gv_multipart_place place;
    bool failed;
};

/* GV_INVALID_INPUT: the content type names no boundary, or none that is allowed. */
int gv_multipart_init(struct gv_multipart *m, const char *content_type, const struct gv_multipart_sink *sink,
                      struct gv_error *err);
/* GV_INVALID_INPUT: no form, and why; else what the sink said. After a failure nothing more may be put. */
int gv_multipart_put(struct gv_multipart *m, const char *data, size_t bytes, struct gv_error *err);
/* GV_INVALID_INPUT: the last boundary did not come. */
int gv_multipart_end(struct gv_multipart *m, struct gv_error *err);
void gv_multipart_free(struct gv_multipart *m); /* zeroed is harmless */

/* The parameter of a header's value (boundary, name, filename), quotes undone. False: there is none, or it has no room;
 * *found (may be NULL) tells these apart. */
bool gv_header_parameter(char *out, size_t room, bool *found, const char *header, const char *name);

#endif
