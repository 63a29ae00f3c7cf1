/* Whether all who read a request's headers see the same request end at the same place. The library behind the front
 * takes much that RFC 9112 wants refused; where a proxy stands before this server and reads it otherwise, one client's
 * bytes would become another's request. Pure. */
#ifndef GV_SERVER_FRAMING_H
#define GV_SERVER_FRAMING_H

#include <stdbool.h>
#include <stddef.h>

/* Zero-initialise. */
struct gv_framing {
    bool http_1_0;
    unsigned hosts, lengths, codings; /* how many of these headers came */
    const char *fault;                /* of a header by itself; NULL: none */
};

/* The next header of the request. */
void gv_framing_take(struct gv_framing *framing, const char *name, size_t name_bytes, const char *value,
                     size_t value_bytes);
/* After the last one: what is wrong, for the client to read; NULL: nothing. */
const char *gv_framing_fault(const struct gv_framing *framing);

#endif
