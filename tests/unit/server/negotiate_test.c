#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/http/negotiate.h"

static void is(bool expected, const char *list)
{
    if (gv_negotiate_gzip(list) != expected)
        fail_msg("Accept-Encoding: %s", list != NULL ? list : "(none)");
}

static void gzip_is_taken(void **state)
{
    (void)state;
    is(true, "gzip");
    is(true, "GZip");
    is(true, "x-gzip");
    is(true, "gzip, deflate, br, zstd"); /* a browser's */
    is(true, "br;q=1.0, gzip;q=0.8, *;q=0.1");
    is(true, "deflate,gzip;q=0.001");
    is(true, "\t gzip \t;\t Q=0.5\t");
    is(true, "gzip;q=0.5,identity;q=0.5");
    is(true, "identity;q=0,gzip;q=0.001");
    is(true, "*");
    is(true, "*;q=0.5");
    is(true, ",, ,gzip,");
    is(true, "gzip;q=1.");
}

static void gzip_is_not_taken(void **state)
{
    (void)state;
    is(false, NULL);
    is(false, "");
    is(false, " , ,");
    is(false, "identity");
    is(false, "br, deflate");
    is(false, "gzip;q=0");
    is(false, "gzip;q=0.000");
    is(false, "*, gzip;q=0");
    is(false, "gzip;q=0, *;q=1");
    is(false, "*;q=0");
    is(false, "identity;q=1, gzip;q=0.9");
    is(false, "identity, *;q=0.5");
    is(false, "gzipped");
    is(false, "gzi");
    is(false, "bgzip");
}

static void what_cant_be_read_takes_nothing(void **state)
{
    (void)state;
    static const char *const weights[] = {";q=2",     ";q=1.001", ";q=0.0001", ";q=-1",    ";q=",      ";q=abc",
                                          ";q",       ";",        ";;",        ";level=9", ";q=0.5;x", " q=1",
                                          "=1",       "/1",       ";q=1;q=1",  ";q=0,5",   ";q=.5",    ";q=1e0",
                                          ";q=\"1\"", "\x7f",     "\xff\xfe"};
    for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++) {
        char list[64];
        snprintf(list, sizeof list, "br, gzip%s", weights[i]);
        is(false, list);
    }
}

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Whatever stands in the list: a gzip that is forbidden behind it stays forbidden, one allowed behind it is taken. Each
 * list has its own block of memory, so that reading past its end is seen by a sanitizer. */
static void anything_may_stand_before(void **state)
{
    (void)state;
    static const char alphabet[] = "gzip;q=01.,* \tx-identity\xff\x01";
    uint32_t seed = 20260101;
    print_message("seed %u\n", seed);
    for (unsigned round = 0; round < 20000; round++) {
        size_t bytes = next(&seed) % 40;
        char *list = calloc(1, bytes + sizeof ",gzip;q=0,identity;q=0");
        for (size_t i = 0; i < bytes; i++)
            list[i] = alphabet[next(&seed) % (sizeof alphabet - 1)];
        gv_negotiate_gzip(list);
        memcpy(list + bytes, ",gzip;q=0", sizeof ",gzip;q=0");
        is(false, list);
        memcpy(list + bytes, ",gzip,identity;q=0", sizeof ",gzip,identity;q=0");
        is(true, list);
        free(list);
    }
}

static void tags_are_found(void **state)
{
    (void)state;
    assert_true(gv_negotiate_tag("*", "\"a\""));
    assert_true(gv_negotiate_tag("\"b\", W/\"a\"", "\"a\""));
    assert_false(gv_negotiate_tag("\"a-gzip\"", "\"a\""));
    assert_false(gv_negotiate_tag("\"a\"", "\"a-gzip\""));
    assert_false(gv_negotiate_tag(NULL, "\"a\""));
    assert_false(gv_negotiate_tag("", "\"a\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip_is_taken),
        cmocka_unit_test(gzip_is_not_taken),
        cmocka_unit_test(what_cant_be_read_takes_nothing),
        cmocka_unit_test(anything_may_stand_before),
        cmocka_unit_test(tags_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
