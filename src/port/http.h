/* HTTP as a client: one exchange at a time per handle, many at once per port. */
#ifndef GV_PORT_HTTP_H
#define GV_PORT_HTTP_H

#include "core/call.h"
#include "core/provider.h"
#include "port/blob.h"

struct gv_http_limits {
    uint32_t connect_ms, stall_ms; /* stall: no byte in either direction for so long */
    uint64_t total_ms;             /* 0: none but the stall's */
    uint64_t reply_bytes_max;
    unsigned redirects_max; /* 0: a redirect is an answer like any other */
};

/* Which addresses a request may reach. */
struct gv_http_policy {
    bool public_only;           /* refuse loopback, private, link-local, multicast and reserved addresses... */
    const char *const *allowed; /* ...save for these "host:port"; NULL-ended; borrowed until done */
};

struct gv_http_request {
    const char *method, *url;
    const struct gv_header *headers; /* credentials included */
    size_t header_count;
    const struct gv_body *body;
    bool once; /* a create: fresh connection, HTTP/1.1, no resending by the library in any case */
    struct gv_http_limits limits;
    struct gv_http_policy policy;
    /* A download: 2xx bodies go into the writer instead of the reply. The writer's offset > 0 asks for the
     * rest by Range with If-Range validator; a 200 restarts the writer. */
    struct gv_blob_writer *into;
    const char *validator; /* the ETag that the offset was read under, or NULL: restart */
    /* Instead of `into`: the body of a 200 or 206 goes here in portions; false breaks the exchange off as
     * GV_HTTP_DISK. The reply's body is empty then. Must not call the port. */
    bool (*sink)(void *ctx, const void *data, size_t bytes);
    void *sink_ctx;
};

enum gv_http_failure {
    GV_HTTP_ANSWERED = 0, /* a whole answer, whatever its status */
    GV_HTTP_NOT_SENT,     /* no byte of the request left: resolving, connecting, TLS, policy */
    GV_HTTP_NO_ANSWER,    /* sent in part or whole; no whole answer */
    GV_HTTP_REFUSED,      /* our own limit or policy: larger than allowed, forbidden address */
    GV_HTTP_DISK,         /* the writer failed */
};

struct gv_http_done {
    enum gv_http_failure failure;
    enum gv_sent sent;
    char why[256];         /* with a failure: for people, no secrets, no query string */
    struct gv_reply reply; /* borrowed during the callback */
    char etag[128];        /* strong one, or "" */
    uint64_t length_total; /* of a download, as the server told it (Content-Length or Content-Range); 0: not told */
    uint32_t total_ms;
};

typedef void gv_http_fn(void *ctx, const struct gv_http_done *done);
typedef void gv_http_progress_fn(void *ctx, uint64_t bytes, uint64_t bytes_total);

struct gv_http_exchange; /* lives until its callback was called or it was cancelled */

struct gv_http {
    const struct gv_http_vtable *vtable;
};

struct gv_http_vtable {
    /* Everything in `request` is borrowed until the callback, which is never called before start returns.
     * Loop thread. */
    struct gv_http_exchange *(*start)(struct gv_http *http, const struct gv_http_request *request, gv_http_fn *done,
                                      gv_http_progress_fn *progress, void *ctx);
    void (*cancel)(struct gv_http_exchange *exchange); /* no callback afterwards */
};

#endif
