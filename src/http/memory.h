/* HTTP without a network: a function plays the far end. For simulations and tests of the engine. */
#ifndef GV_HTTP_MEMORY_H
#define GV_HTTP_MEMORY_H

#include "port/http.h"
#include "port/loop.h"

/* What becomes of a request. Pointers are borrowed until the answer was delivered. */
struct gv_http_memory_answer {
    enum gv_http_failure failure; /* GV_HTTP_ANSWERED: the answer below */
    enum gv_sent sent;
    uint32_t delay_ms; /* between the request's arrival and the answer's */
    int status;
    const char *content_type, *etag;
    const char *body;
    size_t body_bytes;
    size_t length_told; /* of a download, where the server tells another one than it sends; 0: body_bytes */
    size_t cut_bytes;   /* of a download: so many arrive, then the connection breaks; 0: all */
    uint32_t retry_after_ms;
    int64_t date_s;
};

/* Called when the request arrives at the far end; `body` is its text, blobs as "(blob SHA)". */
typedef void gv_http_memory_fn(void *ctx, struct gv_http_memory_answer *out, const struct gv_http_request *request,
                               const char *body);

struct gv_http *gv_http_memory_open(struct gv_loop *loop, struct gv_blobs *blobs, gv_http_memory_fn *far_end,
                                    void *ctx);
/* With no exchange under way. */
void gv_http_memory_close(struct gv_http *http);

#endif
