/* Calls and creates against a scripted server: what is sent, how an answer is read, how each failure is classified. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "loop/uv.h"
#include "support/http_bench.h"

#define OK_HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

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
    if (server)
        gv_wire_server_stop(server);
    server = NULL;
    return 0;
}

static const struct gv_http_done *get(const char *path)
{
    struct gv_http_request request = gv_bench_get(gv_wire_server_url(server, path));
    return gv_bench_ask(&bench, &request);
}

static struct gv_segment text_segment = {.kind = GV_SEGMENT_TEXT, .text = "{\"wish\":1}", .bytes = 10};
static const struct gv_body json_body = {
    .segments = &text_segment, .segment_count = 1, .content_type = "application/json"};

static const struct gv_http_done *create(const char *path)
{
    struct gv_http_request request = gv_bench_create(gv_wire_server_url(server, path), &json_body);
    return gv_bench_ask(&bench, &request);
}

static void assert_failed(const struct gv_http_done *done, enum gv_http_failure failure, enum gv_sent sent,
                          const char *words)
{
    assert_int_equal(done->failure, failure);
    assert_int_equal(done->sent, sent);
    if (!strstr(done->why, words))
        fail_msg("\"%s\" lacks \"%s\"", done->why, words);
    assert_null(strstr(done->why, "?"));
    assert_int_equal(done->reply.status, 0);
}

/* ---- answers ------------------------------------------------------------------------------------ */

static void an_answer_is_read_whole(void **state)
{
    (void)state;
    server =
        GV_WIRE_SERVE({.send = "HTTP/1.1 429 Too Many Requests\r\nContent-Type: Application/JSON; charset=utf-8\r\n"
                               "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}"});
    const struct gv_http_done *done = get("/x?key=secret");
    assert_int_equal(done->failure, GV_HTTP_ANSWERED);
    assert_int_equal(done->sent, GV_MAYBE_SENT);
    assert_int_equal(done->reply.status, 429);
    assert_string_equal(done->reply.content_type, "application/json");
    assert_string_equal(done->reply.body, "{}");
    assert_int_equal(done->reply.body_bytes, 2);
    assert_int_equal(done->reply.retry_after_ms, 7000);
    assert_int_equal(done->reply.date_s, 784111777);
    assert_string_equal(done->why, "");
}

static void an_empty_answer_has_an_empty_body(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE({.send = "HTTP/1.1 204 No Content\r\n\r\n"});
    const struct gv_http_done *done = get("/");
    assert_int_equal(done->failure, GV_HTTP_ANSWERED);
    assert_int_equal(done->reply.status, 204);
    assert_string_equal(done->reply.body, "");
    assert_string_equal(done->reply.content_type, "");
}

static void an_interim_answer_is_passed_over(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE({.send = "HTTP/1.1 103 Early Hints\r\nETag: \"early\"\r\n\r\n" OK_HELLO});
    const struct gv_http_done *done = get("/");
    assert_int_equal(done->reply.status, 200);
    assert_string_equal(done->etag, "");
    assert_string_equal(done->reply.body, "hello");
}

static void the_request_is_what_was_asked_and_no_more(void **state)
{
    (void)state;
    const struct gv_header headers[] = {{"Authorization", "Bearer abc"}, {"X-Empty", ""}};
    server = GV_WIRE_SERVE({.send = OK_HELLO});
    struct gv_http_request request = gv_bench_create(gv_wire_server_url(server, "/a/../b?c=d"), &json_body);
    request.headers = headers;
    request.header_count = 2;
    gv_bench_ask(&bench, &request);
    gv_wire_server_join(server);

    char expected[512];
    snprintf(expected, sizeof expected,
             "POST /a/../b?c=d HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: golem-video/0.1.0\r\nAccept: */*\r\n"
             "Authorization: Bearer abc\r\nX-Empty:\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n"
             "{\"wish\":1}",
             gv_wire_server_port(server));
    assert_string_equal(gv_wire_server_request(server, 0, NULL), expected);
}

static void a_method_without_body_sends_none(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE({.send = OK_HELLO}, {.send = OK_HELLO});
    const char *methods[] = {"DELETE", "POST"};
    for (size_t i = 0; i < 2; i++) {
        struct gv_http_request request = gv_bench_get(gv_wire_server_url(server, "/x"));
        request.method = methods[i];
        assert_int_equal(gv_bench_ask(&bench, &request)->reply.status, 200);
    }
    gv_wire_server_join(server);
    assert_non_null(strstr(gv_wire_server_request(server, 0, NULL), "DELETE /x HTTP/1.1\r\n"));
    assert_non_null(strstr(gv_wire_server_request(server, 1, NULL), "POST /x HTTP/1.1\r\n"));
    assert_non_null(strstr(gv_wire_server_request(server, 1, NULL), "Content-Length: 0\r\n"));
    assert_null(strstr(gv_wire_server_request(server, 1, NULL), "Content-Type"));
}

static void a_header_with_a_line_break_is_not_sent(void **state)
{
    (void)state;
    const struct gv_header headers[] = {{"X-Key", "abc\r\nX-Evil: 1"}};
    server = GV_WIRE_SERVE({.send = OK_HELLO});
    struct gv_http_request request = gv_bench_get(gv_wire_server_url(server, "/"));
    request.headers = headers;
    request.header_count = 1;
    assert_failed(gv_bench_ask(&bench, &request), GV_HTTP_REFUSED, GV_NOT_SENT, "line break");
    get("/after");
    gv_wire_server_join(server);
    assert_non_null(strstr(gv_wire_server_request(server, 0, NULL), "GET /after"));
}

/* ---- connections -------------------------------------------------------------------------------- */

static void reads_share_a_connection(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE({.send = OK_HELLO}, {.send = OK_HELLO});
    get("/1");
    get("/2");
    gv_wire_server_join(server);
    assert_int_equal(gv_wire_server_requests(server), 2);
    assert_int_equal(gv_wire_server_connections(server), 1);
}

static void a_read_is_repeated_on_a_connection_that_was_closed(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE({.send = OK_HELLO}, {.then = GV_WIRE_CLOSE}, {.send = OK_HELLO});
    get("/1");
    assert_int_equal(get("/2")->failure, GV_HTTP_ANSWERED);
    gv_wire_server_join(server);
    assert_int_equal(gv_wire_server_connections(server), 2);
}

static void a_create_takes_a_fresh_connection(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE({.send = OK_HELLO}, {.fresh = true, .send = OK_HELLO});
    get("/1");
    assert_int_equal(create("/2")->failure, GV_HTTP_ANSWERED);
    gv_wire_server_join(server);
    assert_int_equal(gv_wire_server_connections(server), 2);
}

static void a_create_is_sent_once_whatever_the_server_does(void **state)
{
    (void)state;
    static const enum gv_wire_then ends[] = {GV_WIRE_CLOSE, GV_WIRE_RESET};
    for (size_t i = 0; i < 2; i++) {
        /* The last turn would answer a second attempt. */
        server = GV_WIRE_SERVE({.send = OK_HELLO}, {.fresh = true, .then = ends[i]},
                               {.send = OK_HELLO, .then = GV_WIRE_CLOSE});
        get("/1");
        const struct gv_http_done *done = create("/create");
        assert_int_equal(done->failure, GV_HTTP_NO_ANSWER);
        assert_int_equal(done->sent, GV_MAYBE_SENT);
        struct gv_http_request request = gv_bench_get(gv_wire_server_url(server, "/3"));
        request.once = true; /* the first connection is still there, with nobody listening to it */
        assert_int_equal(gv_bench_ask(&bench, &request)->failure, GV_HTTP_ANSWERED);
        gv_wire_server_join(server);
        assert_int_equal(gv_wire_server_requests(server), 3);
        assert_non_null(strstr(gv_wire_server_request(server, 2, NULL), "GET /3"));
        gv_wire_server_stop(server);
        server = NULL;
    }
}

static void an_answer_before_the_body_is_whole_is_an_answer(void **state)
{
    (void)state;
    static char wish[4 << 20];
    memset(wish, 'w', sizeof wish);
    const struct gv_segment segment = {.kind = GV_SEGMENT_TEXT, .text = wish, .bytes = sizeof wish};
    const struct gv_body body = {.segments = &segment, .segment_count = 1, .content_type = "text/plain"};
    server = GV_WIRE_SERVE({.read = GV_WIRE_READ_HEAD,
                            .send = "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno",
                            .then = GV_WIRE_AWAIT_CLOSE});
    struct gv_http_request request = gv_bench_create(gv_wire_server_url(server, "/"), &body);
    const struct gv_http_done *done = gv_bench_ask(&bench, &request);
    assert_int_equal(done->failure, GV_HTTP_ANSWERED);
    assert_int_equal(done->reply.status, 413);
    gv_wire_server_join(server);
    assert_null(strstr(gv_wire_server_request(server, 0, NULL), "Expect"));
}

/* ---- failures ----------------------------------------------------------------------------------- */

static void nobody_listening_is_not_sent(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE({.send = OK_HELLO});
    char url[64], words[96];
    unsigned port = gv_wire_server_port(server);
    get("/");
    gv_wire_server_stop(server);
    server = NULL;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/?token=secret", port);
    snprintf(words, sizeof words, "could not connect to 127.0.0.1:%u: Connection refused", port);
    struct gv_http_request request = gv_bench_create(url, &json_body);
    assert_failed(gv_bench_ask(&bench, &request), GV_HTTP_NOT_SENT, GV_NOT_SENT, words);
}

static void an_unknown_name_is_not_sent(void **state)
{
    (void)state;
    struct gv_http_request request = gv_bench_create("http://nowhere.invalid/?token=secret", &json_body);
    assert_failed(gv_bench_ask(&bench, &request), GV_HTTP_NOT_SENT, GV_NOT_SENT, "nowhere.invalid:80");
}

static void tls_with_a_plain_server_is_not_sent(void **state)
{
    (void)state;
    char url[64];
    server =
        GV_WIRE_SERVE({.read = GV_WIRE_READ_NOTHING, .send = "not TLS at all, sorry\r\n", .then = GV_WIRE_AWAIT_CLOSE});
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", gv_wire_server_port(server));
    struct gv_http_request request = gv_bench_create(url, &json_body);
    assert_failed(gv_bench_ask(&bench, &request), GV_HTTP_NOT_SENT, GV_NOT_SENT, "TLS with 127.0.0.1:");
}

static void a_silent_tls_handshake_ends_at_the_connect_timeout(void **state)
{
    (void)state;
    char url[64];
    server = GV_WIRE_SERVE({.read = GV_WIRE_READ_NOTHING, .then = GV_WIRE_AWAIT_CLOSE});
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", gv_wire_server_port(server));
    struct gv_http_request request = gv_bench_create(url, &json_body);
    request.limits.connect_ms = 50;
    assert_failed(gv_bench_ask(&bench, &request), GV_HTTP_NOT_SENT, GV_NOT_SENT, "within 50 ms");
}

static void a_url_with_a_password_is_refused(void **state)
{
    (void)state;
    static const char *urls[] = {
        "http://user:pw@127.0.0.1/", "ftp://127.0.0.1/x", "file:///etc/passwd", "127.0.0.1", "http://", ""};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct gv_http_request request = gv_bench_get(urls[i]);
        assert_failed(gv_bench_ask(&bench, &request), GV_HTTP_REFUSED, GV_NOT_SENT, "not an http or https URL");
    }
}

static void an_answer_that_breaks_off_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *send, *words;
        enum gv_wire_then then;
    } cases[] = {
        {NULL, "without an answer", GV_WIRE_CLOSE},
        {"HTTP/1.1 200", "", GV_WIRE_CLOSE},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "broke off", GV_WIRE_CLOSE},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "reset", GV_WIRE_RESET},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "", GV_WIRE_CLOSE},
        {"HTTP/1.1 100 Continue\r\n\r\n", "", GV_WIRE_CLOSE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        server = GV_WIRE_SERVE({.send = cases[i].send, .then = cases[i].then});
        assert_failed(create("/?token=secret"), GV_HTTP_NO_ANSWER, GV_MAYBE_SENT, cases[i].words);
        gv_wire_server_stop(server);
        server = NULL;
    }
}

static void a_stall_ends_the_exchange(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE({.send = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", .then = GV_WIRE_AWAIT_CLOSE});
    struct gv_http_request request = gv_bench_get(gv_wire_server_url(server, "/"));
    request.limits.stall_ms = 50;
    assert_failed(gv_bench_ask(&bench, &request), GV_HTTP_NO_ANSWER, GV_MAYBE_SENT, "was silent for 50 ms");
}

static void the_total_time_ends_the_exchange(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE({.then = GV_WIRE_AWAIT_CLOSE});
    struct gv_http_request request = gv_bench_get(gv_wire_server_url(server, "/"));
    request.limits.total_ms = 50;
    assert_failed(gv_bench_ask(&bench, &request), GV_HTTP_NO_ANSWER, GV_MAYBE_SENT, "within 50 ms");
}

static void a_reply_above_its_limit_is_refused(void **state)
{
    (void)state;
    static char filler[65536];
    memset(filler, 'x', sizeof filler - 1);
    server = GV_WIRE_SERVE({.send = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"},
                           {.read = GV_WIRE_READ_NOTHING, .send = filler, .repeat = 100000, .then = GV_WIRE_CLOSE});
    assert_failed(get("/"), GV_HTTP_REFUSED, GV_MAYBE_SENT, "larger than 1048576 bytes");
}

static void too_many_headers_are_refused(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE(
        {.send = "HTTP/1.1 200 OK\r\n"},
        {.read = GV_WIRE_READ_NOTHING, .send = "X-Again: and again\r\n", .repeat = 1000, .then = GV_WIRE_CLOSE});
    assert_failed(get("/"), GV_HTTP_REFUSED, GV_MAYBE_SENT, "too many headers");
}

/* ---- bodies from blobs -------------------------------------------------------------------------- */

static void a_missing_blob_is_found_before_anything_is_sent(void **state)
{
    (void)state;
    const struct gv_segment segment = {.kind = GV_SEGMENT_BLOB, .sha256 = "gone", .bytes = 3};
    const struct gv_body body = {.segments = &segment, .segment_count = 1, .content_type = "image/png"};
    server = GV_WIRE_SERVE({.send = OK_HELLO});
    struct gv_http_request request = gv_bench_create(gv_wire_server_url(server, "/"), &body);
    assert_failed(gv_bench_ask(&bench, &request), GV_HTTP_DISK, GV_NOT_SENT, "there is no file gone");
    get("/after");
}

static void a_blob_that_breaks_in_mid_send_may_have_been_sent(void **state)
{
    (void)state;
    static char data[1 << 20];
    bench.blobs.blobs[0] = (struct gv_fake_blob){"cafe", data, sizeof data, 300000};
    const struct gv_segment segment = {.kind = GV_SEGMENT_BLOB_BASE64, .sha256 = "cafe", .bytes = sizeof data};
    const struct gv_body body = {.segments = &segment, .segment_count = 1, .content_type = "application/json"};
    server = GV_WIRE_SERVE({.send = OK_HELLO});
    struct gv_http_request request = gv_bench_create(gv_wire_server_url(server, "/"), &body);
    assert_failed(gv_bench_ask(&bench, &request), GV_HTTP_DISK, GV_MAYBE_SENT, "the disk is broken");
}

/* ---- cancelling --------------------------------------------------------------------------------- */

static void cancel_in(struct gv_bench_answer *answer)
{
    gv_bench_cancel(answer);
    assert_false(answer->told);
}

static void cancel_before_anything_happened(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE({.send = OK_HELLO});
    struct gv_http_request request = gv_bench_get(gv_wire_server_url(server, "/cancelled"));
    cancel_in(gv_bench_start(&bench, &request));
    request = gv_bench_get("not a url");
    cancel_in(gv_bench_start(&bench, &request));
    request = gv_bench_get("http://localhost:1/");
    cancel_in(gv_bench_start(&bench, &request));
    get("/other");
    gv_wire_server_join(server);
    assert_non_null(strstr(gv_wire_server_request(server, 0, NULL), "GET /other"));
}

static struct gv_bench_answer *victims[3];

static void cancel_victims(struct gv_bench_answer *answer)
{
    (void)answer;
    for (size_t i = 0; i < 3; i++)
        cancel_in(victims[i]);
}

static void cancel_from_the_callback_of_another(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE({.send = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}, {.fresh = true},
                           {.fresh = true, .send = OK_HELLO, .then = GV_WIRE_CLOSE});
    struct gv_http_request request = gv_bench_get(gv_wire_server_url(server, "/"));
    for (size_t i = 0; i < 3; i++)
        victims[i] = gv_bench_start(&bench, &request);
    request = gv_bench_get("not a url"); /* fails while the others are connecting */
    gv_bench_start(&bench, &request)->then = cancel_victims;
    gv_bench_run(&bench);
    assert_false(victims[0]->told);

    request = gv_bench_get(gv_wire_server_url(server, "/"));
    for (size_t i = 0; i < 3; i++)
        victims[i] = gv_bench_start(&bench, &request);
    request.limits.total_ms = 100; /* ends while the others wait for the rest of their answers */
    gv_bench_start(&bench, &request)->then = cancel_victims;
    gv_bench_run(&bench);
}

static void stop_early(struct gv_bench_answer *answer)
{
    gv_loop_uv_stop(answer->bench->loop);
}

static void close_cancels_what_is_under_way(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE({.then = GV_WIRE_AWAIT_CLOSE});
    struct gv_http_request request = gv_bench_get(gv_wire_server_url(server, "/"));
    struct gv_bench_answer *answer = gv_bench_start(&bench, &request);
    request = gv_bench_get("not a url");
    gv_bench_start(&bench, &request)->then = stop_early;
    gv_bench_run(&bench);
    assert_false(answer->told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(an_answer_is_read_whole),
        TEST(an_empty_answer_has_an_empty_body),
        TEST(an_interim_answer_is_passed_over),
        TEST(the_request_is_what_was_asked_and_no_more),
        TEST(a_method_without_body_sends_none),
        TEST(a_header_with_a_line_break_is_not_sent),
        TEST(reads_share_a_connection),
        TEST(a_read_is_repeated_on_a_connection_that_was_closed),
        TEST(a_create_takes_a_fresh_connection),
        TEST(a_create_is_sent_once_whatever_the_server_does),
        TEST(an_answer_before_the_body_is_whole_is_an_answer),
        TEST(nobody_listening_is_not_sent),
        TEST(an_unknown_name_is_not_sent),
        TEST(tls_with_a_plain_server_is_not_sent),
        TEST(a_silent_tls_handshake_ends_at_the_connect_timeout),
        TEST(a_url_with_a_password_is_refused),
        TEST(an_answer_that_breaks_off_is_none),
        TEST(a_stall_ends_the_exchange),
        TEST(the_total_time_ends_the_exchange),
        TEST(a_reply_above_its_limit_is_refused),
        TEST(too_many_headers_are_refused),
        TEST(a_missing_blob_is_found_before_anything_is_sent),
        TEST(a_blob_that_breaks_in_mid_send_may_have_been_sent),
        TEST(cancel_before_anything_happened),
        TEST(cancel_from_the_callback_of_another),
        TEST(close_cancels_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
