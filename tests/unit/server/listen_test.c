#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/access/listen.h"

static void reads(const char *text, const char *url, bool loopback, uint16_t port)
{
    struct gv_listen listen;
    struct gv_error err = {.code = GV_OK};
    char got[80];
    if (gv_listen_parse(&listen, text, &err) != GV_OK)
        fail_msg("%s: %s", text, err.message);
    gv_listen_url(got, &listen, port);
    assert_string_equal(got, url);
    assert_int_equal(listen.loopback, loopback);
}

static void addresses_are_read(void **state)
{
    (void)state;
    reads("127.0.0.1:8080", "http://127.0.0.1:8080", true, 8080);
    reads("127.3.2.1:0", "http://127.3.2.1:9", true, 9);
    reads("localhost:80", "http://127.0.0.1:80", true, 80);
    reads("[::1]:8080", "http://[::1]:8080", true, 8080);
    reads("0.0.0.0:8080", "http://0.0.0.0:8080", false, 8080);
    reads("[::]:65535", "http://[::]:65535", false, 65535);
    reads("192.168.1.5:1", "http://192.168.1.5:1", false, 1);
}

static void others_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        ":8080",
                                        "127.0.0.1",
                                        "127.0.0.1:",
                                        "127.0.0.1:65536",
                                        "::1:8080",
                                        "[::1]",
                                        "[::1]8080",
                                        "[::1:8080",
                                        "example.com:80",
                                        "1.2.3:80",
                                        "127.0.0.1:8x",
                                        "127.0.0.1: 8",
                                        "127.0.0.1:-1",
                                        "[127.0.0.1:80",
                                        "127.0.0.1:000080"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct gv_listen listen;
        struct gv_error err = {.code = GV_OK};
        if (gv_listen_parse(&listen, texts[i], &err) != GV_INVALID_INPUT)
            fail_msg("\"%s\" was taken", texts[i]);
        assert_string_equal(err.field, "listen");
    }
}

static void names_of_this_machine(void **state)
{
    (void)state;
    static const char *const ours[] = {"localhost",   "LOCALHOST:8080", "a.localhost", "127.0.0.1",
                                       "127.9.9.9:1", "[::1]",          "[::1]:8080"};
    static const char *const others[] = {"",
                                         "example.com",
                                         "localhost.example.com",
                                         "notlocalhost",
                                         "128.0.0.1",
                                         "[::2]",
                                         "localhost:x",
                                         ".localhost",
                                         "127.0.0.1.x",
                                         "[::1]x"};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (!gv_host_is_loopback(ours[i]))
            fail_msg("%s is this machine", ours[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (gv_host_is_loopback(others[i]))
            fail_msg("%s is not this machine", others[i]);
}

static void hosts_of_a_url(void **state)
{
    (void)state;
    assert_true(gv_host_is_of_url("films.example.com", "https://films.example.com"));
    assert_true(gv_host_is_of_url("Films.Example.com:443", "https://films.example.com/"));
    assert_true(gv_host_is_of_url("films.example.com:8443", "https://films.example.com:8443"));
    assert_false(gv_host_is_of_url("films.example.com:80", "https://films.example.com"));
    assert_false(gv_host_is_of_url("example.com", "https://films.example.com"));
    assert_false(gv_host_is_of_url("films.example.com.evil.org", "https://films.example.com"));
    assert_false(gv_host_is_of_url("films.example.com", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(names_of_this_machine),
        cmocka_unit_test(hosts_of_a_url),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
