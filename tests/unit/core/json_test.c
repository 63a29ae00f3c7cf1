#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/json.h"
#include "support/core_kit.h"

static struct gv_arena arena;

static int drop_arena(void **state)
{
    (void)state;
    gv_arena_free(&arena);
    return 0;
}

static const struct gv_json *parse(const char *text)
{
    return gv_json_parse(&arena, text, strlen(text), NULL);
}

/* What the writer makes of the parsed text. */
static const char *again(const char *text)
{
    struct gv_buf buf;
    gv_buf_init(&buf, 1 << 20);
    struct gv_json_out out = {.buf = &buf};
    const struct gv_json *json = parse(text);
    assert_non_null(json);
    gv_json_put_json(&out, NULL, json);
    const char *copy = gv_arena_strdup(&arena, buf.data);
    gv_buf_free(&buf);
    return copy;
}

static void values_come_back_as_they_were(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "null",
        "true",
        "false",
        "0",
        "-9223372036854775808",
        "9223372036854775807",
        "0.5",
        "\"\"",
        "[]",
        "{}",
        "[1,[2,[3]],{}]",
        "{\"b\":1,\"a\":[null,true],\"c\":{\"d\":\"e\"}}",
        "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\"",
        "\"\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x8E\xAC\"",
        "1e+300",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_string_equal(again(texts[i]), texts[i]);
}

static void what_is_no_json_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",    " ",       "{",           "[1,]",    "{\"a\":1,\"a\":2}", "\"a",    "nul",
        "1 2", "{'a':1}", "\"\\u0000\"", "[1e999]", "\"\xff\"",          "\"\n\"",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *why = NULL;
        if (gv_json_parse(&arena, texts[i], strlen(texts[i]), &why) != NULL || why == NULL)
            fail_msg("\"%s\" was taken", texts[i]);
    }
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    char text[131] = "";
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    assert_non_null(parse(text));
    memset(text + 64, '[', 1);
    memset(text + 65, ']', 65);
    const char *why = NULL;
    assert_null(gv_json_parse(&arena, text, strlen(text), &why));
    assert_non_null(strstr(why, "64"));
}

static void paths_find_members_and_elements(void **state)
{
    (void)state;
    const struct gv_json *json = gv_kit_json(
        &arena, "{'data':{'videos':[{'url':'u0'},{'url':'u1','n':7,'r':2.5,'whole':3.0,'yes':true}],'0':'zero'}}");
    assert_string_equal(gv_json_text(json, "data.videos.1.url"), "u1");
    assert_string_equal(gv_json_text(json, "data.0"), "zero");
    assert_int_equal(gv_json_int(json, "data.videos.1.n", -1), 7);
    assert_int_equal(gv_json_int(json, "data.videos.1.whole", -1), 3);
    assert_int_equal(gv_json_int(json, "data.videos.1.r", -1), -1);
    assert_true(gv_json_real(json, "data.videos.1.r", 0) == 2.5);
    assert_true(gv_json_real(json, "data.videos.1.n", 0) == 7);
    assert_true(gv_json_bool(json, "data.videos.1.yes", false));
    static const char *const missing[] = {"data.videos.2.url",
                                          "data.videos.x",
                                          "data.videos..url",
                                          "data.vid",
                                          "data.videos.1.url.x",
                                          "data.videos.18446744073709551617",
                                          "dat"};
    for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
        assert_null(gv_json_at(json, missing[i]));
    assert_null(gv_json_text(NULL, "a"));
    assert_ptr_equal(gv_json_at(json, ""), json);
    assert_null(gv_json_member(json, "data.videos"));
    assert_int_equal(gv_json_at(json, "data.videos")->count, 2);
}

static void integers_beyond_64_bits_become_reals(void **state)
{
    (void)state;
    const struct gv_json *json = parse("{\"big\":18446744073709551615,\"small\":5}");
    assert_non_null(json);
    assert_int_equal(gv_json_at(json, "big")->kind, GV_JSON_REAL);
    assert_int_equal(gv_json_int(json, "big", -1), -1);
    assert_int_equal(gv_json_int(json, "small", -1), 5);
}

static const char *written_text(const char *text, size_t n)
{
    struct gv_buf buf;
    gv_buf_init(&buf, 1 << 20);
    struct gv_json_out out = {.buf = &buf};
    gv_json_put_text_n(&out, NULL, text, n);
    const char *copy = gv_arena_strdup(&arena, buf.data);
    gv_buf_free(&buf);
    return copy;
}

#define GONE "\xEF\xBF\xBD"

static void broken_utf8_is_replaced(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"a\xff"
         "b",
         "\"a" GONE "b\""},
        {"\xC0\x80", "\"" GONE GONE "\""},                   /* overlong */
        {"\xE0\x80\x80", "\"" GONE GONE GONE "\""},          /* overlong */
        {"\xED\xA0\x80", "\"" GONE GONE GONE "\""},          /* surrogate */
        {"\xF4\x90\x80\x80", "\"" GONE GONE GONE GONE "\""}, /* beyond U+10FFFF */
        {"\xE2\x82", "\"" GONE GONE "\""},                   /* cut */
        {"\xF4\x8F\xBF\xBF", "\"\xF4\x8F\xBF\xBF\""},
        {"\x7f", "\"\x7f\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *text = written_text(rows[i].in, strlen(rows[i].in));
        assert_string_equal(text, rows[i].out);
        assert_non_null(parse(text));
    }
    assert_string_equal(written_text("a\0b", 3), "\"a" GONE "b\"");
}

/* Every two bytes: what is written is always read again, and unchanged if it was UTF-8. */
static void all_pairs_of_bytes_are_written_readably(void **state)
{
    (void)state;
    for (unsigned i = 1; i < 65536; i++) {
        struct gv_arena local = {0};
        char in[3] = {(char)(i >> 8), (char)i, 0};
        size_t n = (i >> 8) == 0 || (i & 255) == 0 ? 0 : 2;
        struct gv_buf buf;
        gv_buf_init(&buf, 64);
        struct gv_json_out out = {.buf = &buf};
        gv_json_put_text_n(&out, NULL, in, n);
        const struct gv_json *json = gv_json_parse(&local, buf.data, buf.len, NULL);
        assert_non_null(json);
        if (gv_text_is_utf8(in, n))
            assert_memory_equal(json->text, in, n);
        gv_buf_free(&buf);
        gv_arena_free(&local);
    }
}

static const char *written_real(double value)
{
    struct gv_buf buf;
    gv_buf_init(&buf, 64);
    struct gv_json_out out = {.buf = &buf};
    gv_json_put_real(&out, NULL, value);
    const char *copy = gv_arena_strdup(&arena, buf.data);
    gv_buf_free(&buf);
    return copy;
}

static const char *written_float(float value)
{
    struct gv_buf buf;
    gv_buf_init(&buf, 64);
    struct gv_json_out out = {.buf = &buf};
    gv_json_put_float(&out, NULL, value);
    const char *copy = gv_arena_strdup(&arena, buf.data);
    gv_buf_free(&buf);
    return copy;
}

static void numbers_are_short_and_exact(void **state)
{
    (void)state;
    assert_string_equal(written_real(0.1), "0.1");
    assert_string_equal(written_real(10), "10");
    assert_string_equal(written_real(-2048), "-2048");
    assert_string_equal(written_real(1.0 / 3), "0.3333333333333333");
    assert_string_equal(written_real(0.1 + 0.2), "0.30000000000000004");
    assert_string_equal(written_float(7.4F), "7.4");
    assert_string_equal(written_float(0.1F), "0.1");
    assert_string_equal(written_float(5), "5");
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
        double value;
        float single;
        uint32_t half = (uint32_t)bits;
        memcpy(&value, &bits, sizeof(value));
        memcpy(&single, &half, sizeof(single));
        if (isfinite(value))
            assert_true(strtod(written_real(value), NULL) == value);
        if (isfinite(single))
            assert_true(strtof(written_float(single), NULL) == single);
    }
}

static void numbers_do_not_follow_the_locale(void **state)
{
    (void)state;
    static const char *const commas[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "nl_NL.UTF-8"};
    bool found = false;
    for (size_t i = 0; !found && i < sizeof(commas) / sizeof(commas[0]); i++)
        found = setlocale(LC_ALL, commas[i]) != NULL;
    if (!found)
        skip();
    assert_string_equal(written_real(0.5), "0.5");
    assert_string_equal(again("[1.25]"), "[1.25]");
    setlocale(LC_ALL, "C");
}

static void write_nan(void)
{
    written_real(NAN);
}

static void not_a_number_is_a_bug(void **state)
{
    (void)state;
    assert_true(gv_kit_asserts(write_nan));
}

static void the_writer_places_commas(void **state)
{
    (void)state;
    struct gv_buf buf;
    gv_buf_init(&buf, 4096);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "a", "x");
    gv_json_put_text(&out, "left out", NULL);
    gv_json_open(&out, "list", '[');
    gv_json_put_int(&out, NULL, -1);
    gv_json_open(&out, NULL, '{');
    gv_json_close(&out, '}');
    gv_json_put_bool(&out, NULL, true);
    gv_json_put_base64(&out, NULL, "foob", 4);
    gv_json_close(&out, ']');
    gv_json_put_raw(&out, "raw", "[1]");
    gv_json_close(&out, '}');
    assert_string_equal(buf.data, "{\"a\":\"x\",\"list\":[-1,{},true,\"Zm9vYg==\"],\"raw\":[1]}");
    gv_buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back_as_they_were),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(paths_find_members_and_elements),
        cmocka_unit_test(integers_beyond_64_bits_become_reals),
        cmocka_unit_test(broken_utf8_is_replaced),
        cmocka_unit_test(all_pairs_of_bytes_are_written_readably),
        cmocka_unit_test(numbers_are_short_and_exact),
        cmocka_unit_test(numbers_do_not_follow_the_locale),
        cmocka_unit_test(not_a_number_is_a_bug),
        cmocka_unit_test(the_writer_places_commas),
    };
    return cmocka_run_group_tests(tests, NULL, drop_arena);
}
