#include "support/http_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "loop/uv.h"

#define PATIENCE_MS 20000

static void on_impatient(void *ctx)
{
    (void)ctx;
    gv_assert_failed("every exchange ends in time", __FILE__, __LINE__);
}

void gv_bench_open(struct gv_bench *bench)
{
    *bench = (struct gv_bench){0};
    gv_fake_blobs_init(&bench->blobs);
    GV_ASSERT(gv_loop_uv_open(&bench->loop, NULL) == GV_OK);
    GV_ASSERT(gv_http_curl_open(&bench->http, bench->loop, &bench->blobs.port, NULL) == GV_OK);
    bench->patience = bench->loop->vtable->timer_new(bench->loop, on_impatient, bench);
}

void gv_bench_close(struct gv_bench *bench)
{
    gv_http_curl_close(bench->http);
    bench->loop->vtable->timer_free(bench->patience);
    gv_loop_uv_close(bench->loop);
    GV_ASSERT(bench->blobs.open_readers == 0);
    gv_fake_blobs_free(&bench->blobs);
    for (size_t i = 0; i < bench->started; i++)
        free(bench->answers[i].body);
}

struct gv_http_request gv_bench_get(const char *url)
{
    return (struct gv_http_request){
        .method = "GET",
        .url = url,
        .limits = {.connect_ms = PATIENCE_MS, .stall_ms = PATIENCE_MS, .reply_bytes_max = 1u << 20},
    };
}

struct gv_http_request gv_bench_create(const char *url, const struct gv_body *body)
{
    struct gv_http_request request = gv_bench_get(url);
    request.method = "POST";
    request.body = body;
    request.once = true;
    return request;
}

static void leave(struct gv_bench_answer *answer)
{
    answer->exchange = NULL;
    if (--answer->bench->awaited == 0)
        gv_loop_uv_stop(answer->bench->loop);
}

static void on_done(void *ctx, const struct gv_http_done *done)
{
    struct gv_bench_answer *answer = ctx;

    GV_ASSERT(answer->exchange && !answer->told);
    answer->told = true;
    answer->done = *done;
    snprintf(answer->content_type, sizeof answer->content_type, "%s", done->reply.content_type);
    answer->body = gv_xcalloc(1, done->reply.body_bytes + 1);
    memcpy(answer->body, done->reply.body, done->reply.body_bytes + 1); /* its NUL too */
    answer->done.reply.content_type = answer->content_type;
    answer->done.reply.body = answer->body;
    if (answer->then)
        answer->then(answer);
    leave(answer);
}

static void on_progress(void *ctx, uint64_t bytes, uint64_t bytes_total)
{
    struct gv_bench_answer *answer = ctx;

    GV_ASSERT(answer->exchange && (bytes_total == 0 || bytes <= bytes_total));
    answer->progress_calls++;
    if (answer->meanwhile)
        answer->meanwhile(answer);
}

struct gv_bench_answer *gv_bench_start(struct gv_bench *bench, const struct gv_http_request *request)
{
    GV_ASSERT(bench->started < GV_BENCH_EXCHANGES_MAX);
    struct gv_bench_answer *answer = &bench->answers[bench->started++];
    answer->bench = bench;
    answer->exchange = bench->http->vtable->start(bench->http, request, on_done, on_progress, answer);
    bench->awaited++;
    return answer;
}

void gv_bench_run(struct gv_bench *bench)
{
    bench->loop->vtable->timer_start(bench->patience, PATIENCE_MS);
    gv_loop_uv_run(bench->loop);
    bench->loop->vtable->timer_stop(bench->patience);
}

void gv_bench_cancel(struct gv_bench_answer *answer)
{
    answer->bench->http->vtable->cancel(answer->exchange);
    leave(answer);
}

const struct gv_http_done *gv_bench_ask(struct gv_bench *bench, const struct gv_http_request *request)
{
    struct gv_bench_answer *answer = gv_bench_start(bench, request);
    gv_bench_run(bench);
    return &answer->done;
}
