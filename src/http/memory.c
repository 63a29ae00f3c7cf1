#include "http/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/list.h"

#define GV_MEMORY_BODY_BYTES_MAX (64u << 20)
#define GV_MEMORY_PORTION_BYTES 1000u

struct memory_http {
    struct gv_http http;
    struct gv_loop *loop;
    struct gv_blobs *blobs;
    gv_http_memory_fn *far_end;
    void *ctx;
    unsigned under_way;
};

struct gv_http_exchange {
    struct memory_http *http;
    const struct gv_http_request *request;
    gv_http_fn *done;
    gv_http_progress_fn *progress;
    void *ctx;
    struct gv_timer *timer;
    struct gv_http_memory_answer answer;
};

static void end(struct gv_http_exchange *exchange)
{
    exchange->http->under_way--;
    exchange->http->loop->vtable->timer_free(exchange->timer);
    free(exchange);
}

/* The rest of the body goes into the writer, as a server with Range would send it. */
static void download(struct gv_http_exchange *exchange, struct gv_http_done *done)
{
    const struct gv_blobs_vtable *blobs = exchange->http->blobs->vtable;
    const struct gv_http_memory_answer *a = &exchange->answer;
    struct gv_blob_writer *writer = exchange->request->into;
    const char *validator = exchange->request->validator;
    struct gv_error err;
    bool resumes = validator != NULL && a->etag != NULL && strcmp(validator, a->etag) == 0;
    if (!resumes)
        blobs->writer_restart(writer, NULL);
    uint64_t offset = blobs->writer_offset(writer);
    size_t upto = a->cut_bytes != 0 && a->cut_bytes < a->body_bytes ? a->cut_bytes : a->body_bytes;
    if (a->etag != NULL)
        blobs->writer_set_validator(writer, a->etag, NULL);
    done->length_total = a->length_told != 0 ? a->length_told : a->body_bytes;
    if (offset < upto && blobs->writer_write(writer, a->body + offset, upto - offset, &err) != GV_OK) {
        done->failure = GV_HTTP_DISK;
        snprintf(done->why, sizeof(done->why), "%.*s", (int)sizeof(done->why) - 1, err.message);
    } else if (upto < a->body_bytes) {
        done->failure = GV_HTTP_NO_ANSWER;
        snprintf(done->why, sizeof(done->why), "the connection broke after %zu of %zu bytes", upto, a->body_bytes);
    }
    if (exchange->progress != NULL)
        exchange->progress(exchange->ctx, upto, a->body_bytes);
}

/* In small portions, as a network would. */
static void pour(struct gv_http_exchange *exchange, struct gv_http_done *done)
{
    const struct gv_http_request *request = exchange->request;
    size_t bytes = done->reply.body_bytes;
    for (size_t at = 0; at < bytes && done->failure == GV_HTTP_ANSWERED; at += GV_MEMORY_PORTION_BYTES) {
        size_t n = bytes - at < GV_MEMORY_PORTION_BYTES ? bytes - at : GV_MEMORY_PORTION_BYTES;
        if (!request->sink(request->sink_ctx, done->reply.body + at, n)) {
            done->failure = GV_HTTP_DISK;
            snprintf(done->why, sizeof(done->why), "the answer could not be taken in");
        }
    }
    done->reply.body = "";
    done->reply.body_bytes = 0;
}

static void deliver(void *ctx)
{
    struct gv_http_exchange *exchange = ctx;
    const struct gv_http_memory_answer *a = &exchange->answer;
    struct gv_http_done done = {.failure = a->failure, .sent = a->sent};
    if (a->failure != GV_HTTP_ANSWERED) {
        snprintf(done.why, sizeof(done.why), "%s",
                 a->sent == GV_NOT_SENT ? "could not connect" : "the connection broke");
    } else {
        done.sent = GV_MAYBE_SENT;
        done.reply = (struct gv_reply){.status = a->status,
                                       .content_type = a->content_type != NULL ? a->content_type : "",
                                       .body = a->body != NULL ? a->body : "",
                                       .body_bytes = a->body_bytes,
                                       .retry_after_ms = a->retry_after_ms,
                                       .date_s = a->date_s};
        if (exchange->request->into != NULL && a->status / 100 == 2)
            download(exchange, &done);
        if (exchange->request->sink != NULL && a->status == 200)
            pour(exchange, &done);
    }
    gv_http_fn *fn = exchange->done;
    void *fn_ctx = exchange->ctx;
    end(exchange);
    fn(fn_ctx, &done);
}

static void add_body(struct gv_buf *text, const struct gv_body *body)
{
    for (size_t i = 0; body != NULL && i < body->segment_count; i++) {
        const struct gv_segment *s = &body->segments[i];
        if (s->kind == GV_SEGMENT_TEXT)
            gv_buf_add(text, s->text, s->bytes);
        else
            gv_buf_addf(text, "(blob %s)", s->sha256);
    }
    gv_buf_adds(text, "");
}

static void arrive(void *ctx)
{
    struct gv_http_exchange *exchange = ctx;
    struct memory_http *http = exchange->http;
    struct gv_buf body;
    gv_buf_init(&body, GV_MEMORY_BODY_BYTES_MAX);
    add_body(&body, exchange->request->body);
    http->far_end(http->ctx, &exchange->answer, exchange->request, body.data != NULL ? body.data : "");
    gv_buf_free(&body);
    http->loop->vtable->timer_free(exchange->timer);
    exchange->timer = http->loop->vtable->timer_new(http->loop, deliver, exchange);
    http->loop->vtable->timer_start(exchange->timer, exchange->answer.delay_ms);
}

static struct gv_http_exchange *start(struct gv_http *base, const struct gv_http_request *request, gv_http_fn *done,
                                      gv_http_progress_fn *progress, void *ctx)
{
    struct memory_http *http = GV_CONTAINER(base, struct memory_http, http);
    struct gv_http_exchange *exchange = gv_xcalloc(1, sizeof(*exchange));
    *exchange =
        (struct gv_http_exchange){.http = http, .request = request, .done = done, .progress = progress, .ctx = ctx};
    http->under_way++;
    exchange->timer = http->loop->vtable->timer_new(http->loop, arrive, exchange);
    http->loop->vtable->timer_start(exchange->timer, 0);
    return exchange;
}

static const struct gv_http_vtable vtable = {.start = start, .cancel = end};

struct gv_http *gv_http_memory_open(struct gv_loop *loop, struct gv_blobs *blobs, gv_http_memory_fn *far_end, void *ctx)
{
    struct memory_http *http = gv_xcalloc(1, sizeof(*http));
    *http = (struct memory_http){.http.vtable = &vtable, .loop = loop, .blobs = blobs, .far_end = far_end, .ctx = ctx};
    return &http->http;
}

void gv_http_memory_close(struct gv_http *base)
{
    struct memory_http *http = GV_CONTAINER(base, struct memory_http, http);
    GV_ASSERT(http->under_way == 0);
    free(http);
}
