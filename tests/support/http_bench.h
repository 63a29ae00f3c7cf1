/* An HTTP client on a real loop, whose exchanges a test runs to their end. */
#ifndef GV_TESTS_HTTP_BENCH_H
#define GV_TESTS_HTTP_BENCH_H

#include "http/curl.h"
#include "port/http.h"
#include "support/fake_blobs.h"
#include "support/wire_server.h"

#define GV_BENCH_EXCHANGES_MAX 8

struct gv_bench;

/* What the callbacks were told, copied. */
struct gv_bench_answer {
    struct gv_bench *bench;
    struct gv_http_exchange *exchange;
    bool told;
    struct gv_http_done done;
    char content_type[128];
    char *body;
    unsigned progress_calls;
    /* What to do from within the callback; may be NULL. */
    void (*then)(struct gv_bench_answer *answer);
    void (*meanwhile)(struct gv_bench_answer *answer);
};

struct gv_bench {
    struct gv_loop *loop;
    struct gv_http *http;
    struct gv_fake_blobs blobs;
    struct gv_timer *patience;
    struct gv_bench_answer answers[GV_BENCH_EXCHANGES_MAX];
    size_t started, awaited;
};

void gv_bench_open(struct gv_bench *bench);
void gv_bench_close(struct gv_bench *bench);

/* GET with limits that no test reaches. */
struct gv_http_request gv_bench_get(const char *url);
/* A create with `body`. */
struct gv_http_request gv_bench_create(const char *url, const struct gv_body *body);

/* The answer is filled once gv_bench_run returns, which is when all that were started are told or cancelled. */
struct gv_bench_answer *gv_bench_start(struct gv_bench *bench, const struct gv_http_request *request);
void gv_bench_run(struct gv_bench *bench);
void gv_bench_cancel(struct gv_bench_answer *answer);
/* One start and run. */
const struct gv_http_done *gv_bench_ask(struct gv_bench *bench, const struct gv_http_request *request);

#endif
