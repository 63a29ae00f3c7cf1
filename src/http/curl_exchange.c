/* One exchange with a server.
 *
 * Happy path: start -> on_open_socket (may this address be reached?) -> on_ready_to_send (from here on the request
 * counts as sent) -> on_upload ... -> on_head_line ... -> judge_head (where does the body go?) -> on_body ... ->
 * gv_curl_exchange_end, which follows a redirect or tells the caller.
 *
 * What may go wrong is judged in one place, verdict(). Our own findings (a limit, a policy, the disk) are noted by
 * gv_curl_refuse() and stop the transfer; everything else is libcurl's result. "Not sent" is claimed only while
 * on_ready_to_send was never called: libcurl calls it on a connection that stands, before the first byte. */
#include "http/curl_exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/assert.h"

#define REFUSAL_BYTES_MAX (64u << 10) /* of what a server says instead of a film; cut there */
#define PROGRESS_MS 100

static int64_t now_ms(const struct gv_http_exchange *ex)
{
    return ex->curl->loop->vtable->now_ms(ex->curl->loop);
}

void gv_curl_refuse(struct gv_http_exchange *ex, enum gv_http_failure failure, const char *format, ...)
{
    va_list args;
    if (ex->failure != GV_HTTP_ANSWERED)
        return;
    ex->failure = failure;
    va_start(args, format);
    vsnprintf(ex->why, sizeof ex->why, format, args);
    va_end(args);
}

static bool is_film(int status)
{
    return status >= 200 && status < 300;
}

/* ---- connecting --------------------------------------------------------------------------------- */

static curl_socket_t on_open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct gv_http_exchange *ex = ctx;
    (void)purpose;

    if (!gv_curl_policy_allows(&ex->request.policy, &ex->target, &address->addr)) {
        ex->forbidden = true;
        return CURL_SOCKET_BAD;
    }
    ex->opened = true;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Also called for a connection that is used again, perhaps one that was made under another policy. */
static int on_ready_to_send(void *ctx, char *ip, char *local_ip, int port, int local_port)
{
    struct gv_http_exchange *ex = ctx;
    (void)local_ip, (void)port, (void)local_port;

    if (!gv_curl_policy_allows_ip(&ex->request.policy, &ex->target, ip)) {
        gv_curl_refuse(ex, GV_HTTP_REFUSED, "%s is not a public address (%s)", ex->target.where, ip);
        return CURL_PREREQFUNC_ABORT;
    }
    if (ex->request.once && ex->sent) {
        gv_curl_refuse(ex, GV_HTTP_NO_ANSWER, "%s closed the connection without an answer", ex->target.where);
        return CURL_PREREQFUNC_ABORT;
    }
    ex->sent = true;
    ex->moved_ms = now_ms(ex);
    return CURL_PREREQFUNC_OK;
}

/* ---- moving --------------------------------------------------------------------------------------- */

static int on_moved(void *ctx, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    struct gv_http_exchange *ex = ctx;
    (void)down_total, (void)up_total;
    if (down + up != ex->moved_bytes) {
        ex->moved_bytes = down + up;
        ex->moved_ms = now_ms(ex);
    }
    return 0;
}

/* ---- receiving ---------------------------------------------------------------------------------- */

static bool is_redirect(const struct gv_http_exchange *ex)
{
    switch (ex->head.status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308: return ex->request.limits.redirects_max > 0;
    default: return false;
    }
}

static uint64_t length_total(const struct gv_curl_head *head)
{
    if (head->status == 206)
        return head->has_range ? head->range_total : 0;
    return head->has_length ? head->content_length : 0;
}

static bool is_too_large(struct gv_http_exchange *ex, uint64_t bytes)
{
    if (bytes <= ex->request.limits.reply_bytes_max)
        return false;
    gv_curl_refuse(ex, GV_HTTP_REFUSED, "the answer of %s is larger than %llu bytes", ex->target.where,
                   (unsigned long long)ex->request.limits.reply_bytes_max);
    return true;
}

/* Whether the rest that is offered is the rest that was asked for, of the same file. */
static bool rest_fits(struct gv_http_exchange *ex)
{
    const struct gv_curl_head *head = &ex->head;

    /* Without the total nobody could tell a whole film. */
    if (head->has_range && head->range_first == ex->range_from && head->range_total > 0 &&
        (ex->range_from == 0 || !head->etag[0] || strcmp(head->etag, ex->validator) == 0))
        return true;
    /* Nothing of it can be used, and asking again would bring the same. */
    if (gv_curl_writer_restart(ex))
        gv_curl_refuse(ex, GV_HTTP_NO_ANSWER, "%s sent another part than asked for", ex->target.where);
    return false;
}

static bool judge_film(struct gv_http_exchange *ex)
{
    struct gv_blob_writer *into = ex->request.into;
    struct gv_error err = {0};

    ex->sink = GV_CURL_TO_WRITER;
    if (is_too_large(ex, length_total(&ex->head)))
        return false;
    if (ex->head.status == 206 ? !rest_fits(ex) : !gv_curl_writer_restart(ex))
        return false;
    if (ex->head.status == 206 && !ex->head.etag[0] && ex->range_from > 0)
        return true; /* the stored validator holds on */
    if (ex->curl->blobs->vtable->writer_set_validator(into, ex->head.etag, &err) == GV_OK)
        return true;
    gv_curl_refuse(ex, GV_HTTP_DISK, "%s", err.message);
    return false;
}

/* Decides, before the first byte of the body, where it goes. */
static bool judge_head(struct gv_http_exchange *ex)
{
    int status = ex->head.status;

    if (status < 200)
        return true; /* the answer is still to come */
    ex->sink = GV_CURL_TO_REPLY;
    if (is_redirect(ex))
        return true;
    if (ex->request.sink && is_film(status))
        ex->sink = GV_CURL_TO_SINK;
    if (ex->request.into && status == 416)
        return gv_curl_writer_restart(ex);
    return !ex->request.into || !is_film(status) || judge_film(ex);
}

static size_t on_head_line(char *line, size_t size, size_t count, void *ctx)
{
    struct gv_http_exchange *ex = ctx;
    size_t bytes = size * count;
    bool complete = ex->head.complete;

    ex->moved_ms = now_ms(ex);
    if (!gv_curl_head_add(&ex->head, line, bytes)) {
        gv_curl_refuse(ex, GV_HTTP_REFUSED, "the answer of %s has too many headers", ex->target.where);
        return 0;
    }
    if (ex->head.complete && !complete && !judge_head(ex))
        return 0;
    return bytes;
}

static bool write_film(struct gv_http_exchange *ex, const void *data, size_t bytes)
{
    const struct gv_blobs_vtable *blobs = ex->curl->blobs->vtable;
    struct gv_error err = {0};

    if (is_too_large(ex, blobs->writer_offset(ex->request.into) + bytes))
        return false;
    if (blobs->writer_write(ex->request.into, data, bytes, &err) != GV_OK) {
        gv_curl_refuse(ex, GV_HTTP_DISK, "%s", err.message);
        return false;
    }
    if (ex->progress && now_ms(ex) - ex->told_ms >= PROGRESS_MS) {
        gv_list_remove(&ex->telling);
        gv_list_append(&ex->curl->telling, &ex->telling);
    }
    return true;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct gv_http_exchange *ex = ctx;
    size_t bytes = size * count;

    if (ex->sink == GV_CURL_TO_WRITER)
        return write_film(ex, data, bytes) ? bytes : 0;
    ex->received += bytes;
    if (is_too_large(ex, ex->received))
        return 0;
    if (ex->sink == GV_CURL_TO_SINK) {
        if (!ex->request.sink(ex->request.sink_ctx, data, bytes))
            gv_curl_refuse(ex, GV_HTTP_DISK, "the answer of %s could not be taken in", ex->target.where);
        return ex->failure == GV_HTTP_ANSWERED ? bytes : 0;
    }
    size_t room = ex->reply.bytes_max - ex->reply.len;
    gv_buf_add(&ex->reply, data, bytes < room ? bytes : room);
    return bytes;
}

/* ---- the clock ---------------------------------------------------------------------------------- */

static void finish(struct gv_http_exchange *ex, CURLcode result);

/* The time of the next look at the clock, or -1 where only libcurl's own connect timeout counts. */
static int64_t next_look_ms(const struct gv_http_exchange *ex)
{
    int64_t stall = ex->moved_ms + ex->request.limits.stall_ms;
    int64_t total = ex->began_ms + (int64_t)ex->request.limits.total_ms;
    if (ex->request.limits.total_ms == 0 || stall < total)
        return stall;
    return total;
}

static void on_watch(void *ctx)
{
    struct gv_http_exchange *ex = ctx;
    const struct gv_http_limits *limits = &ex->request.limits;
    enum gv_http_failure failure = ex->sent ? GV_HTTP_NO_ANSWER : GV_HTTP_NOT_SENT;
    int64_t now = now_ms(ex);

    if (!ex->sent)
        ex->moved_ms = now; /* until then the connect timeout holds */
    if (limits->total_ms > 0 && now - ex->began_ms >= (int64_t)limits->total_ms)
        gv_curl_refuse(ex, failure, "%s did not finish within %llu ms", ex->target.where,
                       (unsigned long long)limits->total_ms);
    else if (now - ex->moved_ms >= limits->stall_ms)
        gv_curl_refuse(ex, failure, "%s was silent for %u ms", ex->target.where, limits->stall_ms);
    if (ex->failure != GV_HTTP_ANSWERED)
        finish(ex, CURLE_OK);
    else
        ex->curl->loop->vtable->timer_start(ex->watch, (uint64_t)(next_look_ms(ex) - now));
}

/* ---- the end ------------------------------------------------------------------------------------ */

static const char *connect_error(const struct gv_http_exchange *ex)
{
    long number = 0;
    curl_easy_getinfo(ex->easy, CURLINFO_OS_ERRNO, &number);
    return number ? strerror((int)number) : "no address answered";
}

static const char *libcurl_words(const struct gv_http_exchange *ex, CURLcode result)
{
    return ex->error[0] ? ex->error : curl_easy_strerror(result);
}

/* What libcurl's result means. Nothing in these words comes from the URL but host and port. */
static void explain(struct gv_http_exchange *ex, CURLcode result)
{
    const char *where = ex->target.where;
    enum gv_http_failure failure = ex->sent ? GV_HTTP_NO_ANSWER : GV_HTTP_NOT_SENT;

    switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST: gv_curl_refuse(ex, failure, "found no address for %s", where); break;
    case CURLE_COULDNT_RESOLVE_PROXY: gv_curl_refuse(ex, failure, "found no address for the proxy to %s", where); break;
    case CURLE_COULDNT_CONNECT:
        if (ex->forbidden && !ex->opened)
            gv_curl_refuse(ex, GV_HTTP_REFUSED, "%s is not a public address", where);
        gv_curl_refuse(ex, failure, "could not connect to %s: %s", where, connect_error(ex));
        break;
    case CURLE_OPERATION_TIMEDOUT:
        gv_curl_refuse(ex, failure, "no connection to %s within %u ms", where, ex->request.limits.connect_ms);
        break;
    case CURLE_PARTIAL_FILE: gv_curl_refuse(ex, failure, "the answer of %s broke off", where); break;
    case CURLE_GOT_NOTHING: gv_curl_refuse(ex, failure, "%s closed the connection without an answer", where); break;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        gv_curl_refuse(ex, GV_HTTP_REFUSED, "%s: %s", where, curl_easy_strerror(result));
        break;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        gv_curl_refuse(ex, failure, "TLS with %s failed: %s", where, libcurl_words(ex, result));
        break;
    default: gv_curl_refuse(ex, failure, "the exchange with %s failed: %s", where, libcurl_words(ex, result));
    }
}

/* A film counts as answered only when all of it is there. */
static void check_film(struct gv_http_exchange *ex)
{
    if (!ex->request.into || !is_film(ex->head.status))
        return;
    uint64_t total = length_total(&ex->head);
    uint64_t have = ex->curl->blobs->vtable->writer_offset(ex->request.into);
    if (total > 0 && have != total)
        gv_curl_refuse(ex, GV_HTTP_NO_ANSWER, "%s sent %llu of %llu bytes", ex->target.where, (unsigned long long)have,
                       (unsigned long long)total);
}

static void read_reply(struct gv_reply *out, const struct gv_http_exchange *ex)
{
    struct gv_loop *loop = ex->curl->loop;

    out->status = ex->head.status;
    out->content_type = ex->head.content_type;
    if (ex->reply.len > 0)
        out->body = ex->reply.data;
    out->body_bytes = ex->reply.len;
    out->retry_after_ms = gv_curl_head_retry_after_ms(&ex->head, loop->vtable->wall_ms(loop) / 1000);
    out->date_s = ex->head.date_s;
}

static void verdict(struct gv_http_done *done, struct gv_http_exchange *ex, CURLcode result)
{
    if (result != CURLE_OK)
        explain(ex, result);
    else if (ex->failure == GV_HTTP_ANSWERED)
        check_film(ex);
    *done = (struct gv_http_done){
        .failure = ex->failure,
        .sent = ex->sent ? GV_MAYBE_SENT : GV_NOT_SENT,
        .reply = {.content_type = "", .body = ""},
        .length_total = length_total(&ex->head),
        .total_ms = (uint32_t)(now_ms(ex) - ex->began_ms),
    };
    memcpy(done->why, ex->why, sizeof done->why);
    memcpy(done->etag, ex->head.etag, sizeof done->etag);
    if (ex->failure == GV_HTTP_ANSWERED) /* half an answer is none */
        read_reply(&done->reply, ex);
}

static void detach(struct gv_http_exchange *ex)
{
    curl_multi_remove_handle(ex->curl->multi, ex->easy); /* harmless where it was never added */
    gv_list_remove(&ex->under_way);
    gv_list_remove(&ex->telling);
    ex->curl->loop->vtable->timer_free(ex->watch);
    ex->watch = NULL;
}

static void finish(struct gv_http_exchange *ex, CURLcode result)
{
    struct gv_http_done done;

    verdict(&done, ex, result);
    detach(ex);
    ex->done(ex->ctx, &done);
    gv_curl_exchange_free(ex);
}

static bool same_origin(const struct gv_curl_target *a, const struct gv_curl_target *b)
{
    return a->https == b->https && strcasecmp(a->where, b->where) == 0;
}

static bool may_follow(struct gv_http_exchange *ex, const struct gv_curl_target *from)
{
    if (ex->redirects >= ex->request.limits.redirects_max)
        gv_curl_refuse(ex, GV_HTTP_REFUSED, "%s redirects too often", from->where);
    else if (from->https && !ex->target.https)
        gv_curl_refuse(ex, GV_HTTP_REFUSED, "%s redirects from https to http", from->where);
    return ex->failure == GV_HTTP_ANSWERED;
}

/* Redirects are followed here and not by libcurl, which would take most of the caller's headers along. */
static void follow(struct gv_http_exchange *ex, const char *location)
{
    struct gv_curl_target from = ex->target;
    char *url = gv_xstrdup(location); /* the original goes with the next setting */

    curl_multi_remove_handle(ex->curl->multi, ex->easy);
    if (gv_curl_set_url(ex, url) && may_follow(ex, &from)) {
        ex->left_origin = ex->left_origin || !same_origin(&from, &ex->target);
        ex->redirects++;
        ex->forbidden = ex->opened = false;
        ex->head = (struct gv_curl_head){0};
        ex->received = 0;
        gv_buf_clear(&ex->reply);
        ex->moved_ms = now_ms(ex);
    }
    free(url);
    if (ex->failure == GV_HTTP_ANSWERED && gv_curl_set_headers(ex))
        GV_CURL_MULTI(curl_multi_add_handle(ex->curl->multi, ex->easy));
    else
        finish(ex, CURLE_OK);
}

void gv_curl_exchange_end(struct gv_http_exchange *ex, CURLcode result)
{
    char *location = NULL;

    if (result == CURLE_OK && is_redirect(ex))
        curl_easy_getinfo(ex->easy, CURLINFO_REDIRECT_URL, &location);
    if (location)
        follow(ex, location);
    else
        finish(ex, result);
}

void gv_curl_exchange_tell_progress(struct gv_http_exchange *ex)
{
    ex->told_ms = now_ms(ex);
    ex->progress(ex->ctx, ex->curl->blobs->vtable->writer_offset(ex->request.into), length_total(&ex->head));
}

void gv_curl_exchange_free(struct gv_http_exchange *ex)
{
    detach(ex);
    curl_easy_cleanup(ex->easy);
    gv_curl_drop_headers(ex);
    gv_curl_body_free(&ex->body);
    gv_buf_free(&ex->reply);
    free(ex);
}

/* ---- the beginning ------------------------------------------------------------------------------ */

static void set_callbacks(struct gv_http_exchange *ex)
{
    GV_CURL_SET(ex, CURLOPT_PRIVATE, ex);
    GV_CURL_SET(ex, CURLOPT_ERRORBUFFER, ex->error);
    GV_CURL_SET(ex, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    GV_CURL_SET(ex, CURLOPT_OPENSOCKETDATA, ex);
    GV_CURL_SET(ex, CURLOPT_PREREQFUNCTION, on_ready_to_send);
    GV_CURL_SET(ex, CURLOPT_PREREQDATA, ex);
    GV_CURL_SET(ex, CURLOPT_HEADERFUNCTION, on_head_line);
    GV_CURL_SET(ex, CURLOPT_HEADERDATA, ex);
    GV_CURL_SET(ex, CURLOPT_WRITEFUNCTION, on_body);
    GV_CURL_SET(ex, CURLOPT_WRITEDATA, ex);
    GV_CURL_SET(ex, CURLOPT_NOPROGRESS, 0L);
    GV_CURL_SET(ex, CURLOPT_XFERINFOFUNCTION, on_moved);
    GV_CURL_SET(ex, CURLOPT_XFERINFODATA, ex);
}

struct gv_http_exchange *gv_curl_exchange_start(struct gv_curl *curl, const struct gv_http_request *request,
                                                gv_http_fn *done, gv_http_progress_fn *progress, void *ctx)
{
    GV_ASSERT(request->limits.connect_ms > 0 && request->limits.stall_ms > 0);
    GV_ASSERT(request->limits.redirects_max == 0 || strcmp(request->method, "GET") == 0);
    struct gv_http_exchange *ex = gv_xcalloc(1, sizeof *ex);

    ex->curl = curl;
    ex->request = *request;
    ex->done = done;
    ex->progress = progress;
    ex->ctx = ctx;
    ex->body = (struct gv_curl_body){.body = request->body, .blobs = curl->blobs};
    ex->began_ms = ex->moved_ms = now_ms(ex);
    gv_list_append(&curl->exchanges, &ex->under_way);
    gv_list_init(&ex->telling);
    gv_buf_init(&ex->reply, request->into ? REFUSAL_BYTES_MAX : request->limits.reply_bytes_max);
    ex->watch = curl->loop->vtable->timer_new(curl->loop, on_watch, ex);
    ex->easy = curl_easy_init();
    if (!ex->easy)
        gv_out_of_memory(0);
    set_callbacks(ex);
    if (gv_curl_prepare(ex))
        GV_CURL_MULTI(curl_multi_add_handle(curl->multi, ex->easy));
    /* on_watch ends at once what could not be prepared. */
    curl->loop->vtable->timer_start(ex->watch, ex->failure ? 0 : (uint64_t)(next_look_ms(ex) - ex->began_ms));
    return ex;
}
