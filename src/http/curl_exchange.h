/* One exchange: what libcurl is told, what its callbacks do, and how the end is judged. Private to src/http. */
#ifndef GV_HTTP_CURL_EXCHANGE_H
#define GV_HTTP_CURL_EXCHANGE_H

#include <curl/curl.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/buf.h"
#include "base/list.h"
#include "http/curl_body.h"
#include "http/curl_head.h"
#include "http/curl_policy.h"
#include "port/http.h"
#include "port/loop.h"

/* What all exchanges share. */
struct gv_curl {
    struct gv_http port;
    struct gv_loop *loop;
    struct gv_blobs *blobs;
    CURLM *multi;
    struct gv_timer *timer;   /* libcurl's */
    struct gv_list exchanges; /* all under way */
    struct gv_list telling;   /* those whose progress is to be told */
    char *ca_file, *ca_path;  /* or NULL: the system's */
};

enum gv_curl_sink { GV_CURL_TO_REPLY, GV_CURL_TO_WRITER, GV_CURL_TO_SINK };

struct gv_http_exchange {
    struct gv_list under_way, telling;
    struct gv_curl *curl;
    struct gv_http_request request; /* its pointers are the caller's */
    gv_http_fn *done;
    gv_http_progress_fn *progress;
    void *ctx;

    CURL *easy;
    struct curl_slist *headers;
    struct gv_timer *watch; /* of stall and total time */
    struct gv_curl_body body;
    uint64_t range_from; /* first byte asked for; 0: all */
    char validator[128]; /* under which the rest is asked for; a copy, for the writer's own changes on the way */
    int64_t began_ms, moved_ms, told_ms;
    curl_off_t moved_bytes; /* both directions, as libcurl counts */

    /* Of the URL that is asked now; a redirect begins them anew. */
    struct gv_curl_target target;
    bool forbidden, opened; /* an address was refused; a socket was made */
    struct gv_curl_head head;
    enum gv_curl_sink sink;
    struct gv_buf reply;
    uint64_t received;

    unsigned redirects;
    bool left_origin;             /* the caller's headers were for the first host only */
    bool sent;                    /* a request may have left, on any hop */
    enum gv_http_failure failure; /* found by ourselves; goes before libcurl's opinion */
    char why[256];
    char error[CURL_ERROR_SIZE]; /* libcurl's words */
};

/* An option that libcurl does not know is a wrong build. */
/* What libcurl refuses for lack of memory stops the process; any other refusal here is a bug. */
#define GV_CURL_SET(ex, option, value)                                                                                 \
    gv_curl_need(curl_easy_setopt((ex)->easy, (option), (value)), CURLE_OUT_OF_MEMORY)
#define GV_CURL_MULTI(call) gv_curl_need((call), CURLM_OUT_OF_MEMORY)

static inline void gv_curl_need(int code, int lack)
{
    if (code == lack)
        gv_out_of_memory(0);
    GV_ASSERT(code == 0);
}

/* Notes why this can't go on. The first finding stands; those after it are its consequences. */
void gv_curl_refuse(struct gv_http_exchange *ex, enum gv_http_failure failure, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- curl_request.c: those that can fail note why and return false ---- */

/* Tells libcurl everything about the request but the callbacks for the answer. */
bool gv_curl_prepare(struct gv_http_exchange *ex);
bool gv_curl_set_url(struct gv_http_exchange *ex, const char *url);
bool gv_curl_set_headers(struct gv_http_exchange *ex);
void gv_curl_drop_headers(struct gv_http_exchange *ex);
/* Back to an empty film. */
bool gv_curl_writer_restart(struct gv_http_exchange *ex);

/* ---- curl_exchange.c ---- */

/* Never NULL. What can't be sent ends by itself, soon. */
struct gv_http_exchange *gv_curl_exchange_start(struct gv_curl *curl, const struct gv_http_request *request,
                                                gv_http_fn *done, gv_http_progress_fn *progress, void *ctx);
/* libcurl has finished with the present hop; outside of its callbacks. Follows a redirect, or tells the caller and
 * frees the exchange. */
void gv_curl_exchange_end(struct gv_http_exchange *ex, CURLcode result);
void gv_curl_exchange_tell_progress(struct gv_http_exchange *ex);
void gv_curl_exchange_free(struct gv_http_exchange *ex);

#endif
