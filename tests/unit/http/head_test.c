#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "http/curl_head.h"

static struct gv_curl_head read_head(const char *fields)
{
    struct gv_curl_head head = {0};
    assert_true(gv_curl_head_add(&head, "HTTP/1.1 200 OK\r\n", 17));
    while (*fields) {
        size_t n = strcspn(fields, "\n") + 1;
        assert_true(gv_curl_head_add(&head, fields, n));
        fields += n;
    }
    return head;
}

static void the_status_line_begins_anew(void **state)
{
    (void)state;
    struct gv_curl_head head = {0};
    gv_curl_head_add(&head, "HTTP/2 103 \r\n", 13);
    gv_curl_head_add(&head, "ETag: \"a\"\r\n", 11);
    gv_curl_head_add(&head, "\r\n", 2);
    assert_true(head.complete);
    gv_curl_head_add(&head, "HTTP/2 404 \r\n", 13);
    assert_false(head.complete);
    assert_int_equal(head.status, 404);
    assert_string_equal(head.etag, "");
    gv_curl_head_add(&head, "HTTP/1.1 20\r\n", 13);
    assert_int_equal(head.status, 0);
}

static void content_types_lose_case_and_parameters(void **state)
{
    (void)state;
    assert_string_equal(read_head("CONTENT-TYPE:\t Video/MP4 ; codecs=x\r\n").content_type, "video/mp4");
    assert_string_equal(read_head("Content-Type: text/html;charset=x\r\n").content_type, "text/html");
    assert_string_equal(read_head("Content-Type:\r\n").content_type, "");
    assert_string_equal(read_head("X-Content-Type: a/b\r\n").content_type, "");
    char line[300] = "Content-Type: ";
    memset(line + 14, 'a', 200);
    memcpy(line + 214, "\r\n", 3);
    assert_string_equal(read_head(line).content_type, "");
}

static void lengths_are_digits_within_64_bits(void **state)
{
    (void)state;
    struct gv_curl_head head = read_head("Content-Length: 18446744073709551615\r\n");
    assert_true(head.has_length);
    assert_true(head.content_length == UINT64_MAX);
    static const char *bad[] = {"Content-Length: 18446744073709551616\r\n", "Content-Length: -1\r\n",
                                "Content-Length: 5x\r\n", "Content-Length: \r\n", "Content-Length: 5, 5\r\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(read_head(bad[i]).has_length);
}

static void ranges_have_an_order_and_a_total(void **state)
{
    (void)state;
    struct gv_curl_head head = read_head("Content-Range: bytes 10-19/20\r\n");
    assert_true(head.has_range);
    assert_int_equal(head.range_first, 10);
    assert_int_equal(head.range_last, 19);
    assert_int_equal(head.range_total, 20);
    head = read_head("Content-Range: bytes 0-0/*\r\n");
    assert_true(head.has_range);
    assert_int_equal(head.range_total, 0);
    static const char *bad[] = {"Content-Range: bytes 10-20/20\r\n", "Content-Range: bytes 10-9/20\r\n",
                                "Content-Range: bytes */20\r\n",     "Content-Range: 10-19/20\r\n",
                                "Content-Range: bytes 10-19\r\n",    "Content-Range: bytes 10-19/20 \x01\r\n",
                                "Content-Range: bytes 10-/20\r\n",   "Content-Range: lines 1-2/3\r\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(read_head(bad[i]).has_range);
}

static void only_strong_etags_are_kept(void **state)
{
    (void)state;
    assert_string_equal(read_head("ETag: \"abc-1\"\r\n").etag, "\"abc-1\"");
    assert_string_equal(read_head("etag:\"\"\r\n").etag, "\"\"");
    static const char *bad[] = {"ETag: W/\"abc\"\r\n", "ETag: abc\r\n", "ETag: \"a\"b\"\r\n",
                                "ETag: \"a b\"\r\n",   "ETag: \"\r\n",  "ETag: \"\xff\"\r\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_string_equal(read_head(bad[i]).etag, "");
    char line[200] = "ETag: \"";
    memset(line + 7, 'a', 126);
    memcpy(line + 133, "\"\r\n", 4);
    assert_string_equal(read_head(line).etag, "");
    memcpy(line + 132, "\"\r\n", 4);
    assert_int_equal(strlen(read_head(line).etag), 127);
}

static uint32_t retry_after(const char *fields)
{
    struct gv_curl_head head = read_head(fields);
    return gv_curl_head_retry_after_ms(&head, 784111777); /* 06 Nov 1994 08:49:37 GMT */
}

static void retry_after_comes_in_two_forms(void **state)
{
    (void)state;
    assert_int_equal(retry_after(""), 0);
    assert_int_equal(retry_after("Retry-After: 120\r\n"), 120000);
    assert_int_equal(retry_after("Retry-After: 99999999999\r\n"), UINT32_MAX);
    assert_int_equal(retry_after("Retry-After: 4294968\r\n"), UINT32_MAX);
    assert_int_equal(retry_after("Retry-After: -5\r\n"), 0);
    assert_int_equal(retry_after("Retry-After: soon\r\n"), 0);
    assert_int_equal(retry_after("Retry-After: Sun, 06 Nov 1994 08:49:47 GMT\r\n"), 10000);
    assert_int_equal(retry_after("Retry-After: Sun, 06 Nov 1994 08:49:27 GMT\r\n"), 0);
    /* By the server's clock where it tells it, in either order. */
    assert_int_equal(retry_after("Retry-After: Sun, 06 Nov 1994 09:00:07 GMT\r\n"
                                 "Date: Sun, 06 Nov 1994 09:00:00 GMT\r\n"),
                     7000);
}

static void lines_and_bytes_are_bounded(void **state)
{
    (void)state;
    static char line[GV_CURL_HEAD_BYTES_MAX];
    struct gv_curl_head head = {0};
    memset(line, 'x', sizeof line);
    for (unsigned i = 0; i < GV_CURL_HEAD_LINES_MAX; i++)
        assert_true(gv_curl_head_add(&head, "a: b\r\n", 6));
    assert_false(gv_curl_head_add(&head, "a: b\r\n", 6));
    head = (struct gv_curl_head){0};
    assert_true(gv_curl_head_add(&head, line, sizeof line));
    assert_false(gv_curl_head_add(&head, "a", 1));
    head = (struct gv_curl_head){0};
    for (unsigned i = 0; i < GV_CURL_HEAD_LINES_MAX; i++)
        assert_true(gv_curl_head_add(&head, "HTTP/1.1 100 \r\n", 15));
    assert_false(gv_curl_head_add(&head, "HTTP/1.1 100 \r\n", 15));
}

static void trailers_change_nothing(void **state)
{
    (void)state;
    struct gv_curl_head head = read_head("ETag: \"a\"\r\n\r\n");
    gv_curl_head_add(&head, "ETag: \"b\"\r\n", 11);
    assert_string_equal(head.etag, "\"a\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_status_line_begins_anew),       cmocka_unit_test(content_types_lose_case_and_parameters),
        cmocka_unit_test(lengths_are_digits_within_64_bits), cmocka_unit_test(ranges_have_an_order_and_a_total),
        cmocka_unit_test(only_strong_etags_are_kept),        cmocka_unit_test(retry_after_comes_in_two_forms),
        cmocka_unit_test(lines_and_bytes_are_bounded),       cmocka_unit_test(trailers_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
