/* Where requests may go: addresses, redirects, and what travels along. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/curl_policy.h"
#include "support/http_bench.h"

#define OK_HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static struct gv_bench bench;
static struct gv_wire_server *server, *elsewhere;

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
    if (elsewhere)
        gv_wire_server_stop(elsewhere);
    server = elsewhere = NULL;
    return 0;
}

static const char *answer_to(char out[512], const char *format, unsigned port)
{
    snprintf(out, 512, format, port);
    return out;
}

static struct gv_http_request follow(const char *path)
{
    struct gv_http_request request = gv_bench_get(gv_wire_server_url(server, path));
    request.limits.redirects_max = 2;
    return request;
}

/* ---- addresses ---------------------------------------------------------------------------------- */

static void targets_are_read_like_libcurl_reads_them(void **state)
{
    (void)state;
    static const struct {
        const char *url, *where;
        bool https;
    } cases[] = {
        {"http://example.com", "example.com:80", false},        {"HTTPS://example.com/x?y#z", "example.com:443", true},
        {"https://example.com:8443", "example.com:8443", true}, {"http://[::1]:81/", "[::1]:81", false},
        {"http://2130706433/", "127.0.0.1:80", false},          {"http://0x7f.1/", "127.0.0.1:80", false},
    };
    struct gv_curl_target target;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(gv_curl_target_read(&target, cases[i].url));
        assert_string_equal(target.where, cases[i].where);
        assert_int_equal(target.https, cases[i].https);
    }
}

static void public_only_looks_at_the_address(void **state)
{
    (void)state;
    static const char *allowed[] = {"films.lan:8080", NULL};
    const struct gv_http_policy open = {0}, closed = {.public_only = true, .allowed = allowed};
    struct gv_curl_target films, other;
    gv_curl_target_read(&films, "http://Films.lan:8080/x");
    gv_curl_target_read(&other, "http://films.lan/x");
    static const char *private[] = {"127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fe80::1", "::ffff:10.0.0.1",
                                    "",          "x"};
    for (size_t i = 0; i < sizeof private / sizeof private[0]; i++) {
        assert_true(gv_curl_policy_allows_ip(&open, &other, private[i]));
        assert_true(gv_curl_policy_allows_ip(&closed, &films, private[i]));
        assert_false(gv_curl_policy_allows_ip(&closed, &other, private[i]));
    }
    assert_true(gv_curl_policy_allows_ip(&closed, &other, "93.184.216.34"));
    assert_true(gv_curl_policy_allows_ip(&closed, &other, "2606:2800:220:1::1"));

    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr("192.168.0.1")};
    assert_false(gv_curl_policy_allows(&closed, &other, (struct sockaddr *)&v4));
    assert_true(gv_curl_policy_allows(&closed, &films, (struct sockaddr *)&v4));
    v4.sin_addr.s_addr = inet_addr("8.8.8.8");
    assert_true(gv_curl_policy_allows(&closed, &other, (struct sockaddr *)&v4));
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    inet_pton(AF_INET6, "::ffff:127.0.0.1", &v6.sin6_addr);
    assert_false(gv_curl_policy_allows(&closed, &other, (struct sockaddr *)&v6));
    const struct sockaddr local = {.sa_family = AF_UNIX};
    assert_false(gv_curl_policy_allows(&closed, &other, &local));
}

static void a_private_address_is_refused_unless_allowed(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE({.send = OK_HELLO});
    char host_port[32];
    const char *allowed[] = {"127.0.0.1:1", host_port, NULL};
    snprintf(host_port, sizeof host_port, "127.0.0.1:%u", gv_wire_server_port(server));
    struct gv_http_request request = gv_bench_get(gv_wire_server_url(server, "/?key=secret"));
    request.policy.public_only = true;

    const struct gv_http_done *done = gv_bench_ask(&bench, &request);
    assert_int_equal(done->failure, GV_HTTP_REFUSED);
    assert_int_equal(done->sent, GV_NOT_SENT);
    assert_non_null(strstr(done->why, "is not a public address"));
    request.policy.allowed = allowed;
    assert_int_equal(gv_bench_ask(&bench, &request)->failure, GV_HTTP_ANSWERED);
    gv_wire_server_join(server);
    assert_int_equal(gv_wire_server_connections(server), 1);
}

/* Ways to write an address that is not public: as names, as one number, in other bases, as what IPv6 carries. */
static const char *const spellings[] = {
    "localhost",
    "2130706433",
    "0x7f000001",
    "017700000001",
    "0177.0.0.1",
    "127.1",
    "0x7f.1",
    "0",
    "0.0.0.0",
    "169.254.169.254",
    "2852039166",
    "[::1]",
    "[::]",
    "[::7f00:1]",
    "[::ffff:7f00:1]",
    "[::ffff:0.0.0.0]",
    "[::ffff:169.254.1.1]",
    "[64:ff9b::7f00:1]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "[2002:7f00:1::]",
    "100.100.100.200",
    "192.168.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "[ff02::1]",
    "%31%32%37.0.0.1",
};

static void no_spelling_of_a_private_address_is_connected_to(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE({.send = OK_HELLO});
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        char url[128];
        snprintf(url, sizeof url, "http://%s:%u/", spellings[i], gv_wire_server_port(server));
        struct gv_http_request request = gv_bench_get(url);
        request.policy.public_only = true;
        const struct gv_http_done *done = gv_bench_ask(&bench, &request);
        if (done->failure != GV_HTTP_REFUSED || done->sent != GV_NOT_SENT)
            fail_msg("%s: %d, %s", url, (int)done->failure, done->why);
        assert_non_null(strstr(done->why, "is not a public address"));
        gv_bench_close(&bench); /* it keeps what it asked */
        gv_bench_open(&bench);
    }
    struct gv_http_request request = gv_bench_get(gv_wire_server_url(server, "/")); /* lets its script end */
    gv_bench_ask(&bench, &request);
    gv_wire_server_join(server);
    assert_int_equal(gv_wire_server_connections(server), 1);
}

static void no_redirect_leads_to_one_either(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        char turn[512], host_port[32];
        const char *allowed[] = {host_port, NULL};
        snprintf(turn, sizeof turn, "HTTP/1.1 307 There\r\nLocation: http://%s:1/\r\nContent-Length: 0\r\n\r\n",
                 spellings[i]);
        server = GV_WIRE_SERVE({.send = turn});
        snprintf(host_port, sizeof host_port, "127.0.0.1:%u", gv_wire_server_port(server));
        struct gv_http_request request = follow("/");
        request.policy = (struct gv_http_policy){.public_only = true, .allowed = allowed};
        const struct gv_http_done *done = gv_bench_ask(&bench, &request);
        if (done->failure != GV_HTTP_REFUSED || !strstr(done->why, "is not a public address"))
            fail_msg("%s: %d, %s", spellings[i], (int)done->failure, done->why);
        gv_bench_close(&bench);
        gv_bench_open(&bench);
        gv_wire_server_join(server);
        gv_wire_server_stop(server);
        server = NULL;
    }
}

/* A connection that a call made must not let a download in behind the policy's back. */
static void a_connection_in_use_does_not_open_the_door(void **state)
{
    (void)state;
    server = GV_WIRE_SERVE({.send = OK_HELLO}, {.send = OK_HELLO});
    struct gv_http_request request = gv_bench_get(gv_wire_server_url(server, "/"));
    assert_int_equal(gv_bench_ask(&bench, &request)->failure, GV_HTTP_ANSWERED);
    request.policy.public_only = true;
    const struct gv_http_done *done = gv_bench_ask(&bench, &request);
    assert_int_equal(done->failure, GV_HTTP_REFUSED);
    assert_int_equal(done->sent, GV_NOT_SENT);
    gv_bench_close(&bench); /* and with it the connection, which the second turn waits on */
    gv_wire_server_join(server);
    assert_int_equal(gv_wire_server_requests(server), 1);
    gv_bench_open(&bench);
}

/* ---- redirects ---------------------------------------------------------------------------------- */

static void without_redirects_a_redirect_is_an_answer(void **state)
{
    (void)state;
    server =
        GV_WIRE_SERVE({.send = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 4\r\n\r\nback"});
    struct gv_http_request request = gv_bench_get(gv_wire_server_url(server, "/"));
    const struct gv_http_done *done = gv_bench_ask(&bench, &request);
    assert_int_equal(done->failure, GV_HTTP_ANSWERED);
    assert_int_equal(done->reply.status, 302);
    assert_string_equal(done->reply.body, "back");
}

static void headers_stay_with_their_origin(void **state)
{
    (void)state;
    static char to_elsewhere[512];
    const struct gv_header headers[] = {{"Authorization", "Bearer secret"}, {"X-Goog-Api-Key", "secret"}};
    elsewhere = GV_WIRE_SERVE({.send = OK_HELLO});
    answer_to(to_elsewhere, "HTTP/1.1 307 There\r\nLocation: http://127.0.0.1:%u/film?x=1\r\nContent-Length: 0\r\n\r\n",
              gv_wire_server_port(elsewhere));
    server = GV_WIRE_SERVE({.send = "HTTP/1.1 302 Here\r\nLocation: /again\r\nContent-Length: 6\r\n\r\nmoving"},
                           {.send = to_elsewhere});
    struct gv_http_request request = follow("/");
    request.headers = headers;
    request.header_count = 2;
    const struct gv_http_done *done = gv_bench_ask(&bench, &request);
    assert_int_equal(done->failure, GV_HTTP_ANSWERED);
    assert_int_equal(done->reply.status, 200);
    assert_string_equal(done->reply.body, "hello");

    gv_wire_server_join(server);
    gv_wire_server_join(elsewhere);
    assert_non_null(strstr(gv_wire_server_request(server, 0, NULL), "secret"));
    assert_non_null(strstr(gv_wire_server_request(server, 1, NULL), "GET /again"));
    assert_non_null(strstr(gv_wire_server_request(server, 1, NULL), "secret"));
    assert_non_null(strstr(gv_wire_server_request(elsewhere, 0, NULL), "GET /film?x=1 "));
    assert_null(strstr(gv_wire_server_request(elsewhere, 0, NULL), "secret"));
    assert_null(strstr(gv_wire_server_request(elsewhere, 0, NULL), "Referer"));
}

static void headers_do_not_come_back_within_another_origin(void **state)
{
    (void)state;
    static char to_elsewhere[512];
    const struct gv_header header = {"Authorization", "Bearer secret"};
    elsewhere =
        GV_WIRE_SERVE({.send = "HTTP/1.1 302 On\r\nLocation: /on\r\nContent-Length: 0\r\n\r\n"}, {.send = OK_HELLO});
    answer_to(to_elsewhere, "HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:%u/\r\nContent-Length: 0\r\n\r\n",
              gv_wire_server_port(elsewhere));
    server = GV_WIRE_SERVE({.send = to_elsewhere});
    struct gv_http_request request = follow("/");
    request.headers = &header;
    request.header_count = 1;
    assert_string_equal(gv_bench_ask(&bench, &request)->reply.body, "hello");
    gv_wire_server_join(elsewhere);
    assert_non_null(strstr(gv_wire_server_request(elsewhere, 1, NULL), "GET /on"));
    assert_null(strstr(gv_wire_server_request(elsewhere, 1, NULL), "secret"));
}

static void a_redirect_to_a_private_address_is_refused(void **state)
{
    (void)state;
    static char to_elsewhere[512];
    char host_port[32];
    const char *allowed[] = {host_port, NULL};
    elsewhere = GV_WIRE_SERVE({.send = OK_HELLO});
    answer_to(to_elsewhere, "HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:%u/\r\nContent-Length: 0\r\n\r\n",
              gv_wire_server_port(elsewhere));
    server = GV_WIRE_SERVE({.send = to_elsewhere});
    snprintf(host_port, sizeof host_port, "127.0.0.1:%u", gv_wire_server_port(server));
    struct gv_http_request request = follow("/");
    request.policy = (struct gv_http_policy){.public_only = true, .allowed = allowed};
    const struct gv_http_done *done = gv_bench_ask(&bench, &request);
    assert_int_equal(done->failure, GV_HTTP_REFUSED);
    assert_int_equal(done->sent, GV_MAYBE_SENT);
    assert_non_null(strstr(done->why, "is not a public address"));

    request = gv_bench_get(gv_wire_server_url(elsewhere, "/")); /* lets its script end */
    gv_bench_ask(&bench, &request);
    gv_wire_server_join(elsewhere);
    assert_int_equal(gv_wire_server_connections(elsewhere), 1);
}

static void redirects_lead_to_http_only_and_not_for_ever(void **state)
{
    (void)state;
    static const struct {
        const char *location, *words;
    } cases[] = {
        {"/round", "redirects too often"},
        {"file:///etc/passwd", "not an http or https URL"},
        {"ftp://127.0.0.1/x", "not an http or https URL"},
        {"http://user:pw@127.0.0.1/", "not an http or https URL"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char turn[512];
        snprintf(turn, sizeof turn, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
                 cases[i].location);
        server = GV_WIRE_SERVE({.send = turn}, {.send = turn}, {.send = turn});
        struct gv_http_request request = follow("/");
        const struct gv_http_done *done = gv_bench_ask(&bench, &request);
        assert_int_equal(done->failure, GV_HTTP_REFUSED);
        assert_int_equal(done->sent, GV_MAYBE_SENT);
        assert_non_null(strstr(done->why, cases[i].words));
        gv_bench_close(&bench);
        gv_wire_server_stop(server);
        gv_bench_open(&bench);
    }
    server = NULL;
}

static void a_film_is_fetched_along_a_redirect(void **state)
{
    (void)state;
    gv_fake_blobs_set_partial(&bench.blobs, "01", "\"v1\"");
    server = GV_WIRE_SERVE(
        {.send = "HTTP/1.1 302 Found\r\nETag: \"no\"\r\nLocation: /film\r\nContent-Length: 6\r\n\r\nmoving"},
        {.send = "HTTP/1.1 206 Partial Content\r\nETag: \"v1\"\r\nContent-Range: bytes 2-4/5\r\n"
                 "Content-Length: 3\r\n\r\n234"});
    struct gv_http_request request = follow("/");
    request.into = &bench.blobs.writer;
    request.validator = "\"v1\"";
    assert_int_equal(gv_bench_ask(&bench, &request)->failure, GV_HTTP_ANSWERED);
    assert_int_equal(bench.blobs.writer.bytes, 5);
    assert_memory_equal(bench.blobs.writer.data, "01234", 5);
    gv_wire_server_join(server);
    assert_non_null(strstr(gv_wire_server_request(server, 1, NULL), "Range: bytes=2-\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        cmocka_unit_test(targets_are_read_like_libcurl_reads_them),
        cmocka_unit_test(public_only_looks_at_the_address),
        TEST(a_private_address_is_refused_unless_allowed),
        TEST(no_spelling_of_a_private_address_is_connected_to),
        TEST(no_redirect_leads_to_one_either),
        TEST(a_connection_in_use_does_not_open_the_door),
        TEST(without_redirects_a_redirect_is_an_answer),
        TEST(headers_stay_with_their_origin),
        TEST(headers_do_not_come_back_within_another_origin),
        TEST(a_redirect_to_a_private_address_is_refused),
        TEST(redirects_lead_to_http_only_and_not_for_ever),
        TEST(a_film_is_fetched_along_a_redirect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
