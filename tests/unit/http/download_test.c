/* Downloads into a writer: whole, resumed, changed in between, refused, broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "support/http_bench.h"

#define FILM "0123456789"

static struct gv_bench bench;
static struct gv_wire_server *server;

static int set_up(void **state)
{
    (void)state;
    gv_bench_open(&bench);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gv_bench_close(&bench);
    gv_wire_server_stop(server);
    return 0;
}

static struct gv_http_request download(const char *validator)
{
    struct gv_http_request request = gv_bench_get(gv_wire_server_url(server, "/film"));
    request.into = &bench.blobs.writer;
    request.validator = validator;
    return request;
}

static const struct gv_http_done *fetch(const char *validator)
{
    struct gv_http_request request = download(validator);
    return gv_bench_ask(&bench, &request);
}

static void assert_partial(const char *text)
{
    assert_int_equal(bench.blobs.writer.bytes, strlen(text));
    assert_memory_equal(bench.blobs.writer.data, text, strlen(text));
}

static const char *sent(size_t index)
{
    gv_wire_server_join(server);
    return gv_wire_server_request(server, index, NULL);
}

static void a_film_goes_into_the_writer(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE({.send = "HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nETag: \"v1\"\r\n"
                                    "Content-Length: 10\r\n\r\n" FILM});
    const struct gv_http_done *done = fetch(NULL);
    assert_int_equal(done->failure, GV_HTTP_ANSWERED);
    assert_int_equal(done->reply.status, 200);
    assert_int_equal(done->reply.body_bytes, 0);
    assert_string_equal(done->etag, "\"v1\"");
    assert_int_equal(done->length_total, 10);
    assert_partial(FILM);
    assert_string_equal(bench.blobs.writer.validator, "\"v1\"");
    assert_null(strstr(sent(0), "Range"));
}

static void the_rest_is_asked_for_under_the_validator(void **state)
{
    (void)state;
    gv_fake_blobs_set_partial(&bench.blobs, "0123", "\"v1\"");
    server = GV_WIRE_SERVE({.send = "HTTP/1.1 206 Partial Content\r\nETag: \"v1\"\r\nContent-Range: bytes 4-9/10\r\n"
                                    "Content-Length: 6\r\n\r\n456789"});
    const struct gv_http_done *done = fetch("\"v1\"");
    assert_int_equal(done->failure, GV_HTTP_ANSWERED);
    assert_int_equal(done->reply.status, 206);
    assert_int_equal(done->length_total, 10);
    assert_partial(FILM);
    assert_string_equal(bench.blobs.writer.validator, "\"v1\"");
    assert_int_equal(bench.blobs.writer.restarts, 0);
    assert_non_null(strstr(sent(0), "\r\nRange: bytes=4-\r\n"));
    assert_non_null(strstr(sent(0), "\r\nIf-Range: \"v1\"\r\n"));
}

static void a_206_without_etag_keeps_the_validator(void **state)
{
    (void)state;
    gv_fake_blobs_set_partial(&bench.blobs, "0123", "\"v1\"");
    server = GV_WIRE_SERVE({.send = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 4-9/10\r\n"
                                    "Content-Length: 6\r\n\r\n456789"});
    assert_int_equal(fetch("\"v1\"")->failure, GV_HTTP_ANSWERED);
    assert_partial(FILM);
    assert_string_equal(bench.blobs.writer.validator, "\"v1\"");
}

static void a_200_replaces_what_was_there(void **state)
{
    (void)state;
    gv_fake_blobs_set_partial(&bench.blobs, "abcd", "\"v1\"");
    server = GV_WIRE_SERVE({.send = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" FILM});
    const struct gv_http_done *done = fetch("\"v1\"");
    assert_int_equal(done->failure, GV_HTTP_ANSWERED);
    assert_partial(FILM);
    assert_string_equal(bench.blobs.writer.validator, "");
    assert_int_equal(bench.blobs.writer.restarts, 1);
}

static void without_a_strong_validator_all_is_asked_for(void **state)
{
    (void)state;
    static const char *weak[] = {NULL, "", "W/\"v1\"", "v1"};
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        gv_fake_blobs_set_partial(&bench.blobs, "abcd", "");
        server = GV_WIRE_SERVE({.send = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" FILM});
        assert_int_equal(fetch(weak[i])->failure, GV_HTTP_ANSWERED);
        assert_partial(FILM);
        assert_null(strstr(sent(0), "Range"));
        bench.blobs.writer.bytes = 0;
        if (i + 1 < sizeof weak / sizeof weak[0])
            gv_wire_server_stop(server);
    }
}

static void another_part_than_asked_for_is_no_answer(void **state)
{
    (void)state;
    static const char *answers[] = {
        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 3-9/10\r\nContent-Length: 7\r\n\r\n3456789",
        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 4-9/*\r\nContent-Length: 6\r\n\r\n456789",
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 6\r\n\r\n456789",
        /* If-Range was ignored: the rest of another film. */
        "HTTP/1.1 206 Partial\r\nETag: \"v2\"\r\nContent-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\n456789",
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        bench.blobs.writer.bytes = 0;
        gv_fake_blobs_set_partial(&bench.blobs, "0123", "\"v1\"");
        server = GV_WIRE_SERVE({.send = answers[i]});
        const struct gv_http_done *done = fetch("\"v1\"");
        assert_int_equal(done->failure, GV_HTTP_NO_ANSWER);
        assert_int_equal(done->sent, GV_MAYBE_SENT);
        assert_non_null(strstr(done->why, "another part"));
        assert_int_equal(bench.blobs.writer.bytes, 0);
        assert_string_equal(bench.blobs.writer.validator, "");
        if (i + 1 < sizeof answers / sizeof answers[0])
            gv_wire_server_stop(server);
    }
}

static void a_part_that_stops_short_is_no_answer(void **state)
{
    (void)state;
    gv_fake_blobs_set_partial(&bench.blobs, "0123", "\"v1\"");
    server = GV_WIRE_SERVE({.send = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 4-6/10\r\n"
                                    "Content-Length: 3\r\n\r\n456"});
    const struct gv_http_done *done = fetch("\"v1\"");
    assert_int_equal(done->failure, GV_HTTP_NO_ANSWER);
    assert_non_null(strstr(done->why, "7 of 10 bytes"));
    assert_partial("0123456"); /* and the next try goes on from there */
}

static void a_film_that_breaks_off_is_kept_for_the_next_try(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE(
        {.send = "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 10\r\n\r\n012345", .then = GV_WIRE_RESET});
    const struct gv_http_done *done = fetch(NULL);
    assert_int_equal(done->failure, GV_HTTP_NO_ANSWER);
    assert_int_equal(done->length_total, 10);
    assert_string_equal(bench.blobs.writer.validator, "\"v1\"");
}

static void a_416_lets_the_next_try_begin_anew(void **state)
{
    (void)state;
    gv_fake_blobs_set_partial(&bench.blobs, "0123456789abc", "\"v1\"");
    server = GV_WIRE_SERVE(
        {.send = "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */10\r\nContent-Length: 0\r\n\r\n"});
    const struct gv_http_done *done = fetch("\"v1\"");
    assert_int_equal(done->failure, GV_HTTP_ANSWERED);
    assert_int_equal(done->reply.status, 416);
    assert_int_equal(bench.blobs.writer.bytes, 0);
}

static void a_refusal_goes_into_the_reply(void **state)
{
    (void)state;
    gv_fake_blobs_set_partial(&bench.blobs, "0123", "\"v1\"");
    server = GV_WIRE_SERVE(
        {.send = "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nexpired"});
    const struct gv_http_done *done = fetch("\"v1\"");
    assert_int_equal(done->failure, GV_HTTP_ANSWERED);
    assert_int_equal(done->reply.status, 403);
    assert_string_equal(done->reply.body, "expired");
    assert_partial("0123"); /* untouched */
    assert_string_equal(bench.blobs.writer.validator, "\"v1\"");
}

static void a_long_refusal_is_cut(void **state)
{
    (void)state;
    static char filler[10001];
    memset(filler, 'x', sizeof filler - 1);
    server = GV_WIRE_SERVE({.send = "HTTP/1.1 500 Oops\r\nContent-Length: 100000\r\n\r\n"},
                           {.read = GV_WIRE_READ_NOTHING, .send = filler, .repeat = 9});
    const struct gv_http_done *done = fetch(NULL);
    assert_int_equal(done->failure, GV_HTTP_ANSWERED);
    assert_int_equal(done->reply.status, 500);
    assert_int_equal(done->reply.body_bytes, 65536);
}

static void a_film_above_its_limit_is_refused(void **state)
{
    (void)state;
    /* As told, and as it comes. */
    static const char *heads[] = {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" FILM,
                                  "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" FILM};
    for (size_t i = 0; i < 2; i++) {
        server = GV_WIRE_SERVE({.send = heads[i], .then = GV_WIRE_CLOSE});
        struct gv_http_request request = download(NULL);
        request.limits.reply_bytes_max = 9;
        const struct gv_http_done *done = gv_bench_ask(&bench, &request);
        assert_int_equal(done->failure, GV_HTTP_REFUSED);
        assert_int_equal(done->sent, GV_MAYBE_SENT);
        assert_int_equal(bench.blobs.writer.bytes, 0);
        if (i == 0)
            gv_wire_server_stop(server);
    }
}

static void a_full_disk_ends_the_exchange(void **state)
{
    (void)state;
    bench.blobs.writer.bytes_max = 5;
    server = GV_WIRE_SERVE({.send = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" FILM});
    const struct gv_http_done *done = fetch(NULL);
    assert_int_equal(done->failure, GV_HTTP_DISK);
    assert_string_equal(done->why, "the disk is full");
}

static void a_film_of_unknown_length_is_answered(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE({.send = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" FILM, .then = GV_WIRE_CLOSE});
    const struct gv_http_done *done = fetch(NULL);
    assert_int_equal(done->failure, GV_HTTP_ANSWERED);
    assert_int_equal(done->length_total, 0);
    assert_partial(FILM);
}

static struct gv_bench_answer *other;

static void cancel_both(struct gv_bench_answer *answer)
{
    gv_bench_cancel(other);
    gv_bench_cancel(answer);
}

static void progress_is_told_and_may_cancel(void **state)
{
    (void)state;
    static char filler[65536];
    memset(filler, 'x', sizeof filler - 1);
    server = GV_WIRE_SERVE({.send = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"},
                           {.read = GV_WIRE_READ_NOTHING, .send = filler, .repeat = 15000, .then = GV_WIRE_CLOSE});
    struct gv_http_request request = download(NULL);
    request.limits.reply_bytes_max = 1000000000;
    struct gv_bench_answer *answer = gv_bench_start(&bench, &request);
    answer->meanwhile = cancel_both;
    request = gv_bench_get(gv_wire_server_url(server, "/never-answered"));
    other = gv_bench_start(&bench, &request);
    gv_bench_run(&bench);
    assert_false(answer->told);
    assert_int_equal(answer->progress_calls, 1);
    assert_true(bench.blobs.writer.bytes > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_film_goes_into_the_writer),
        TEST(the_rest_is_asked_for_under_the_validator),
        TEST(a_206_without_etag_keeps_the_validator),
        TEST(a_200_replaces_what_was_there),
        TEST(without_a_strong_validator_all_is_asked_for),
        TEST(another_part_than_asked_for_is_no_answer),
        TEST(a_part_that_stops_short_is_no_answer),
        TEST(a_film_that_breaks_off_is_kept_for_the_next_try),
        TEST(a_416_lets_the_next_try_begin_anew),
        TEST(a_refusal_goes_into_the_reply),
        TEST(a_long_refusal_is_cut),
        TEST(a_film_above_its_limit_is_refused),
        TEST(a_full_disk_ends_the_exchange),
        TEST(a_film_of_unknown_length_is_answered),
        TEST(progress_is_told_and_may_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
