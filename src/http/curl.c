/* HTTP on libcurl, driven by the loop port.
 *
 * libcurl says which sockets to watch (on_socket) and when to call it at the latest (on_timeout); whatever happens is
 * handed to it through act(). Its callbacks only take notes: callers are called in settle(), when libcurl has
 * returned, so they may start and cancel anything. */
#include "http/curl.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/error.h"
#include "http/curl_exchange.h"

#define IDLE_CONNECTIONS_MAX 64

struct watched {
    struct gv_watch *watch;
    struct gv_curl *curl;
    curl_socket_t socket;
};

/* ---- events ------------------------------------------------------------------------------------ */

static struct gv_http_exchange *exchange_of(CURL *easy)
{
    struct gv_http_exchange *ex = NULL;
    GV_ASSERT(curl_easy_getinfo(easy, CURLINFO_PRIVATE, &ex) == CURLE_OK && ex);
    return ex;
}

static void settle(struct gv_curl *curl)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(curl->multi, &left)))
        if (message->msg == CURLMSG_DONE)
            gv_curl_exchange_end(exchange_of(message->easy_handle), message->data.result);
    while (!gv_list_empty(&curl->telling)) {
        struct gv_http_exchange *ex = GV_CONTAINER(curl->telling.next, struct gv_http_exchange, telling);
        gv_list_remove(&ex->telling);
        gv_curl_exchange_tell_progress(ex);
    }
}

static void act(struct gv_curl *curl, curl_socket_t socket, int events)
{
    int running;
    GV_CURL_MULTI(curl_multi_socket_action(curl->multi, socket, events, &running));
    settle(curl);
}

static void on_ready(void *ctx, unsigned ready)
{
    struct watched *watched = ctx;
    int events = 0;
    if (ready & GV_LOOP_READ)
        events |= CURL_CSELECT_IN;
    if (ready & GV_LOOP_WRITE)
        events |= CURL_CSELECT_OUT;
    act(watched->curl, watched->socket, events); /* watched may be gone afterwards */
}

static void on_due(void *ctx)
{
    act(ctx, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timeout(CURLM *multi, long ms, void *ctx)
{
    struct gv_curl *curl = ctx;
    (void)multi;
    if (ms < 0)
        curl->loop->vtable->timer_stop(curl->timer);
    else
        curl->loop->vtable->timer_start(curl->timer, (uint64_t)ms);
    return 0;
}

static struct watched *watch(struct gv_curl *curl, curl_socket_t socket)
{
    struct watched *watched = gv_xcalloc(1, sizeof *watched);
    watched->curl = curl;
    watched->socket = socket;
    watched->watch = curl->loop->vtable->watch_new(curl->loop, socket, on_ready, watched);
    GV_CURL_MULTI(curl_multi_assign(curl->multi, socket, watched));
    return watched;
}

static void unwatch(struct gv_curl *curl, struct watched *watched)
{
    curl->loop->vtable->watch_free(watched->watch);
    free(watched);
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *ctx, void *socket_ctx)
{
    struct gv_curl *curl = ctx;
    struct watched *watched = socket_ctx;
    unsigned events = 0;
    (void)easy;

    if (what == CURL_POLL_REMOVE) {
        if (watched)
            unwatch(curl, watched);
        return 0;
    }
    if (!watched)
        watched = watch(curl, socket);
    if (what != CURL_POLL_OUT)
        events |= GV_LOOP_READ;
    if (what != CURL_POLL_IN)
        events |= GV_LOOP_WRITE;
    curl->loop->vtable->watch_for(watched->watch, events);
    return 0;
}

/* ---- the port ----------------------------------------------------------------------------------- */

static struct gv_http_exchange *start(struct gv_http *http, const struct gv_http_request *request, gv_http_fn *done,
                                      gv_http_progress_fn *progress, void *ctx)
{
    return gv_curl_exchange_start((struct gv_curl *)http, request, done, progress, ctx);
}

static void cancel(struct gv_http_exchange *ex)
{
    gv_curl_exchange_free(ex);
}

static const struct gv_http_vtable vtable = {.start = start, .cancel = cancel};

static char *setting(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? gv_xstrdup(value) : NULL;
}

int gv_http_curl_open(struct gv_http **out, struct gv_loop *loop, struct gv_blobs *blobs, struct gv_error *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return gv_fail(err, GV_INTERNAL_ERROR, "could not set up libcurl");
    CURLM *multi = curl_multi_init();
    if (!multi) {
        curl_global_cleanup();
        return gv_fail(err, GV_INTERNAL_ERROR, "could not set up libcurl's connections");
    }
    struct gv_curl *curl = gv_xcalloc(1, sizeof *curl);
    curl->port.vtable = &vtable;
    curl->loop = loop;
    curl->blobs = blobs;
    curl->multi = multi;
    curl->timer = loop->vtable->timer_new(loop, on_due, curl);
    gv_list_init(&curl->exchanges);
    gv_list_init(&curl->telling);
    curl->ca_file = setting("SSL_CERT_FILE");
    curl->ca_path = setting("SSL_CERT_DIR");
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, curl);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, curl);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS_MAX);
    *out = &curl->port;
    return GV_OK;
}

void gv_http_curl_close(struct gv_http *http)
{
    struct gv_curl *curl = (struct gv_curl *)http;
    if (!curl)
        return;
    GV_LIST_EACH (item, &curl->exchanges)
        gv_curl_exchange_free(GV_CONTAINER(item, struct gv_http_exchange, under_way));
    GV_CURL_MULTI(curl_multi_cleanup(curl->multi));
    curl->loop->vtable->timer_free(curl->timer);
    free(curl->ca_file);
    free(curl->ca_path);
    free(curl);
    curl_global_cleanup();
}
