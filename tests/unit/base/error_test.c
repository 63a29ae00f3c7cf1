#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/assert.h"
#include "base/error.h"
#include "support/base_kit.h"

static void an_error_is_filled_whole(void **state)
{
    (void)state;
    struct gv_error err;
    memset(&err, 0x5A, sizeof(err));
    assert_int_equal(gv_fail(&err, GV_QUOTA_EXCEEDED, "no %s", "credit"), GV_QUOTA_EXCEEDED);
    assert_int_equal(err.code, GV_QUOTA_EXCEEDED);
    assert_string_equal(err.message, "no credit");
    assert_string_equal(err.field, "");
    assert_string_equal(err.provider_code, "");
    assert_int_equal(err.charged, GV_UNKNOWN);
    assert_int_equal(gv_fail_field(&err, GV_INVALID_INPUT, "config.seed", "wrong"), GV_INVALID_INPUT);
    assert_string_equal(err.field, "config.seed");
}

static void an_error_may_quote_itself(void **state)
{
    (void)state;
    struct gv_error err;
    gv_fail_field(&err, GV_INVALID_INPUT, "url", "inner");
    gv_fail_field(&err, GV_INTERNAL_ERROR, err.field, "outer: %s", err.message);
    assert_string_equal(err.message, "outer: inner");
    assert_string_equal(err.field, "url");
}

static void nobody_may_want_to_know(void **state)
{
    (void)state;
    assert_int_equal(gv_fail(NULL, GV_CANCELLED, "x"), GV_CANCELLED);
}

static void a_cut_message_ends_between_characters(void **state)
{
    (void)state;
    struct gv_error err;
    for (size_t shift = 0; shift < 4; shift++) {
        char text[1200] = "aaaa";
        for (size_t at = shift; at < 1100; at += 4)
            memcpy(text + at, "\xF0\x9F\x8E\xAC", 5);
        gv_fail(&err, GV_INVALID_INPUT, "%s", text);
        size_t bytes = strlen(err.message);
        assert_int_equal((bytes - shift) % 4, 0);
        assert_true(bytes > sizeof(err.message) - 5);
    }
}

static void codes_have_names(void **state)
{
    (void)state;
    assert_string_equal(gv_code_name(GV_OK), "ok");
    assert_string_equal(gv_code_name(GV_INVALID_INPUT), "invalid_input");
    assert_string_equal(gv_code_name(GV_INTERNAL_ERROR), "internal_error");
    assert_string_equal(gv_code_name(GV_UNCERTAIN), "uncertain");
}

static void a_message_is_one_line(void **state)
{
    (void)state;
    struct gv_error err;
    gv_fail(&err, GV_INTERNAL_ERROR,
            "red \033[31m, bell \a, line\r\n, DEL \x7f, CSI \xc2\x9b"
            "31m, \xc3\xbc\xc2\xa0");
    assert_string_equal(err.message, "red  [31m, bell  , line  , DEL  , CSI   31m, \xc3\xbc\xc2\xa0");
}

static void assert_cut(const char *text, const char *want)
{
    char got[200];
    snprintf(got, sizeof(got), "%s", text);
    gv_text_cut_urls(got);
    assert_string_equal(got, want);
}

static void urls_lose_what_may_be_secret(void **state)
{
    (void)state;
    assert_cut("", "");
    assert_cut("no URL? none at all: x@y", "no URL? none at all: x@y");
    assert_cut("https://h/p", "https://h/p");
    assert_cut("see https://me:pw@h:8/p/a@b.png?sig=x&y=z#f, and gs://b/o#7", "see https://h:8/p/a@b.png and gs://b/o");
    assert_cut("HTTP://a@b@c?x http://h#y ://?z", "HTTP://c http://h ://");
    assert_cut("{\"u\":\"http://h/x?a=1\\u0026sig=2\",\"v\":1}", "{\"u\":\"http://h/x\",\"v\":1}");
    assert_cut("\"http:\\/\\/u:p@h\\/x\\u003Fsig=2\" ?", "\"http:\\/\\/h\\/x\" ?");
    assert_cut("{\\\"u\\\":\\\"http://h/x?sig=2\\\",1}", "{\\\"u\\\":\\\"http://h/x\\\",1}");
    assert_cut("http://h?a http://h?b=http://c?d\n?", "http://h http://h\n?");
    assert_cut("http://h?open", "http://h");
    assert_cut("http://h?open\\", "http://h\\");
    struct gv_error err;
    gv_fail(&err, GV_INTERNAL_ERROR, "%s went wrong", "http://h/x?sig=2");
    assert_string_equal(err.message, "http://h/x went wrong");
}

static void fail_with_ok(void)
{
    gv_fail(NULL, GV_OK, "no");
}

static void hold_a_false_thing(void)
{
    GV_ASSERT(2 == 1);
}

static void hold_a_true_thing(void)
{
    GV_ASSERT(2 == 2);
}

static void assertions_end_the_process(void **state)
{
    (void)state;
    assert_true(gv_kit_asserts(hold_a_false_thing));
    assert_false(gv_kit_asserts(hold_a_true_thing));
    assert_true(gv_kit_asserts(fail_with_ok));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_is_filled_whole),     cmocka_unit_test(an_error_may_quote_itself),
        cmocka_unit_test(nobody_may_want_to_know),      cmocka_unit_test(a_cut_message_ends_between_characters),
        cmocka_unit_test(a_message_is_one_line),        cmocka_unit_test(codes_have_names),
        cmocka_unit_test(urls_lose_what_may_be_secret), cmocka_unit_test(assertions_end_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
