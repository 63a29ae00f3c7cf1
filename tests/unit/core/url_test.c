#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/url.h"

static void urls_are_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host_port, *rest;
        bool https;
    } rows[] = {
        {"https://Example.COM", "example.com:443", "", true},
        {"http://example.com/a?b#c", "example.com:80", "/a?b#c", false},
        {"HTTP://a-b_c.d:8080?x", "a-b_c.d:8080", "?x", false},
        {"http://127.0.0.1:7411/kling", "127.0.0.1:7411", "/kling", false},
        {"https://[2001:DB8::1]:444/x", "[2001:db8::1]:444", "/x", true},
        {"http://[::1]", "[::1]:80", "", false},
        {"http://LocalHost./", "localhost:80", "/", false},
        {"http://127.0.0.1./", "127.0.0.1:80", "/", false},
        {"http://a/@b", "a:80", "/@b", false},
        {"http://1password.com/", "1password.com:80", "/", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gv_url url;
        struct gv_error err;
        char host_port[GV_HOST_PORT_BYTES];
        if (gv_url_parse(&url, rows[i].url, &err) != GV_OK)
            fail_msg("%s: %s", rows[i].url, err.message);
        gv_url_host_port(host_port, &url);
        assert_string_equal(host_port, rows[i].host_port);
        assert_string_equal(url.rest, rows[i].rest);
        assert_int_equal(url.https, rows[i].https);
    }
}

static void doubtful_urls_are_refused(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "",
        "/a",
        "example.com",
        "ftp://a/",
        "gs://a/b",
        "file:///etc/passwd",
        "http://",
        "http:///a",
        "http://:80/",
        "http://a:0/",
        "http://a:65536/",
        "http://a:99999999999/",
        "http://a:/",
        "http://a:8x/",
        "http://a b/",
        "http://a\t/",
        "http://a\n/",
        "http://u@a/",
        "http://u:p@a/",
        "http://[::1/",
        "http://[::1]x/",
        "http://[a]/",
        "http://[127.0.0.1]/",
        "http://[fe80::1%25eth0]/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1./",
        "http://a../",
        "http://.a/",
        "http://./",
        "http://256.1.1.1/",
        "http://a%2eb/",
        "http://a\\@b/",
        "http://\xC3\xA4/",
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct gv_url url;
        struct gv_error err;
        if (gv_url_parse(&url, urls[i], &err) != GV_INVALID_INPUT)
            fail_msg("%s was taken, host %s", urls[i], url.host);
        assert_null(strstr(err.message, "u:p"));
    }
}

static void lengths_are_bounded(void **state)
{
    (void)state;
    char text[9000] = "https://a/";
    memset(text + 10, 'x', 8192 - 10);
    assert_true(gv_url_is_absolute(text));
    text[8192] = 'x';
    assert_false(gv_url_is_absolute(text));
}

static void other_schemes_are_absolute_too(void **state)
{
    (void)state;
    assert_true(gv_url_is_absolute("gs://bucket/film.mp4"));
    assert_true(gv_url_is_absolute("runway://a"));
    assert_false(gv_url_is_absolute("1s://a"));
    assert_false(gv_url_is_absolute("://a"));
    assert_false(gv_url_is_absolute("data:image/png;base64,AAAA"));
}

static void only_public_addresses_are_public(void **state)
{
    (void)state;
    static const char *const inside[] = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "fc00::1",
        "fdff::1",
        "ff02::1",
        "100::1",
        "2001:db8::1",
        "2001::1",
        "2001:1ff::1",
        "3fff::1",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808",
        "2002:7f00:1::",
        "2002:c0a8:101::1",
        "5f00::1",
        "4000::1",
    };
    static const char *const outside[] = {
        "1.1.1.1",         "9.255.255.255",    "11.0.0.0",        "100.63.255.255", "100.128.0.0",
        "126.255.255.255", "128.0.0.0",        "169.253.255.255", "169.255.0.0",    "172.15.255.255",
        "172.32.0.0",      "192.0.1.0",        "192.167.255.255", "192.169.0.0",    "198.17.255.255",
        "198.20.0.0",      "223.255.255.255",  "2606:4700::1111", "2001:200::1",    "2001:4860:4860::8888",
        "::ffff:8.8.8.8",  "64:ff9b::808:808", "2002:808:808::1", "2a00::1",
    };
    uint8_t address[16];
    for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
        size_t n = gv_address_parse(address, inside[i]);
        if (n == 0 || gv_address_is_public(address, n))
            fail_msg("%s counts as public", inside[i]);
    }
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        size_t n = gv_address_parse(address, outside[i]);
        if (n == 0 || !gv_address_is_public(address, n))
            fail_msg("%s does not count as public", outside[i]);
    }
    assert_int_equal(gv_address_parse(address, "example.com"), 0);
    assert_int_equal(gv_address_parse(address, "1.2.3"), 0);
}

static void logs_see_no_query_and_no_password(void **state)
{
    (void)state;
    struct gv_arena arena = {0};
    assert_string_equal(gv_url_without_query(&arena, "https://a/b?sig=s#f"), "https://a/b");
    assert_string_equal(gv_url_without_query(&arena, "https://a#f"), "https://a");
    assert_string_equal(gv_url_without_query(&arena, "https://u:p@a:1/b@c?x"), "https://a:1/b@c");
    assert_string_equal(gv_url_without_query(&arena, "https://u@p@a/"), "https://a/");
    assert_string_equal(gv_url_without_query(&arena, "no url?q"), "no url");
    assert_string_equal(gv_url_without_query(&arena, "a?u=http://x"), "a");
    assert_string_equal(gv_url_without_query(&arena, ""), "");
    gv_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_taken_apart),
        cmocka_unit_test(doubtful_urls_are_refused),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(other_schemes_are_absolute_too),
        cmocka_unit_test(only_public_addresses_are_public),
        cmocka_unit_test(logs_see_no_query_and_no_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
