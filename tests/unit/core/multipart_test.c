#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "core/multipart.h"

#define TYPE "multipart/form-data; boundary=B"
#define PART(name, text) "--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" text "\r\n"
#define HEAD(lines) "--B\r\n" lines "\r\nx\r\n--B--"
#define NAMED(lines) HEAD("Content-Disposition: form-data; name=a\r\n" lines)

/* "name:bytes;" of each part, a file's name in brackets. */
struct caught {
    struct gv_buf buf;
    bool full; /* refuse */
};

static int on_begin(void *ctx, const struct gv_part *part, struct gv_error *err)
{
    struct caught *c = ctx;
    gv_buf_addf(&c->buf, part->file ? "[%s]:" : "%s:", part->name);
    return c->full ? gv_fail(err, GV_INTERNAL_ERROR, "full") : GV_OK;
}

static int on_bytes(void *ctx, const char *data, size_t n, struct gv_error *err)
{
    (void)err;
    gv_buf_add(&((struct caught *)ctx)->buf, data, n);
    return GV_OK;
}

static int on_end(void *ctx, struct gv_error *err)
{
    (void)err;
    gv_buf_adds(&((struct caught *)ctx)->buf, ";");
    return GV_OK;
}

/* What came out of the body, put in portions of `step` bytes. */
static int read_parts(struct caught *c, const char *type, const char *body, size_t bytes, size_t step,
                      struct gv_error *err)
{
    struct gv_multipart m;
    const struct gv_multipart_sink sink = {on_begin, on_bytes, on_end, c};
    gv_buf_init(&c->buf, 1 << 20);
    gv_buf_adds(&c->buf, "");
    int code = gv_multipart_init(&m, type, &sink, err);
    for (size_t at = 0; code == GV_OK && at < bytes; at += step)
        code = gv_multipart_put(&m, body + at, step < bytes - at ? step : bytes - at, err);
    if (code == GV_OK)
        code = gv_multipart_end(&m, err);
    gv_multipart_free(&m);
    return code;
}

static void parts_come_out_whole_in_any_portions(void **state)
{
    (void)state;
    static const struct {
        const char *body, *parts;
    } rows[] = {
        {"--B--", ""},
        {"--B--\r\nwhatever --B\r\n", ""},
        {PART("a", "1") "--B--", "a:1;"},
        {PART("a", "1") PART("b", "") PART("a[]", "3") "--B--\r\n", "a:1;b:;a[]:3;"},
        {"a preamble\r\n--X\r\n" PART("a", "1") "--B--", "a:1;"},
        {PART("a", "\r\n--A\r--B\r\n-\r\n--\r\r\n\n") "--B--", "a:\r\n--A\r--B\r\n-\r\n--\r\r\n\n;"},
        {"--B \t\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--B  \r\ncontent-type: text/plain\r\n"
         "CONTENT-DISPOSITION:form-data; x=y; NAME=\"b \\\"c\\\\\"\r\n\r\n2\r\n--B--",
         "a:1;b \"c\\:2;"},
        {HEAD("Content-Disposition: form-data; filename=\"x;name=y\"; name=\"f\"\r\n"), "[f]:x;"},
        {HEAD("Content-Disposition: form-data; name=f; filename*=UTF-8''a.png\r\n"), "[f]:x;"},
        {HEAD("Content-Disposition: form-data; name=f; filename=\"\"\r\n"), "[f]:x;"},
        {NAMED("Content-Transfer-Encoding: binary\r\n"), "a:x;"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t bytes = strlen(rows[i].body);
        for (size_t step = 1; step <= bytes; step++) {
            struct caught c = {0};
            struct gv_error err;
            if (read_parts(&c, TYPE, rows[i].body, bytes, step, &err) != GV_OK)
                fail_msg("%s in steps of %zu: %s", rows[i].body, step, err.message);
            assert_string_equal(c.buf.data, rows[i].parts);
            gv_buf_free(&c.buf);
        }
    }
}

static void what_is_no_form_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *body, *why;
    } rows[] = {
        {"", "not whole"},
        {"--B", "not whole"},
        {"no boundary at all", "not whole"},
        {PART("a", "1"), "not whole"},
        {PART("a", "1") "--B", "not whole"},
        {"--B\r\n\r\nx\r\n--B--", "no name"},
        {HEAD("Content-Type: text/plain\r\n"), "no name"},
        {HEAD("Content-Disposition: form-data; name=\"\"\r\n"), "no name"},
        {HEAD("Content-Disposition: form-data; filename=a\r\n"), "no name"},
        {HEAD("Content-Disposition: attachment; name=a\r\n"), "other than form-data"},
        {NAMED("Content-Transfer-Encoding: base64\r\n"), "base64"},
        {PART("a", "1") "--BC\r\n", "something behind it"},
        {PART("a", "1") "--B-\r\n", "something behind it"},
        {"--B\nContent-Disposition: form-data; name=a\n\nx\n--B--", "something behind it"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct caught c = {0};
        struct gv_error err = {0};
        if (read_parts(&c, TYPE, rows[i].body, strlen(rows[i].body), 7, &err) != GV_INVALID_INPUT ||
            strstr(err.message, rows[i].why) == NULL)
            fail_msg("%s: %s", rows[i].body, err.message);
        gv_buf_free(&c.buf);
    }
}

static void heads_are_bounded(void **state)
{
    (void)state;
    static char body[3 * GV_PART_HEAD_BYTES_MAX];
    struct caught c = {0};
    struct gv_error err;
    memset(body, 'a', sizeof(body));
    memcpy(body, "--B\r\n", 5);
    assert_int_equal(read_parts(&c, TYPE, body, sizeof(body), 4096, &err), GV_INVALID_INPUT);
    assert_non_null(strstr(err.message, "bytes of headers"));
    gv_buf_free(&c.buf);
    memset(body + 3, ' ', sizeof(body) - 3);
    assert_int_equal(read_parts(&c, TYPE, body, sizeof(body), 4096, &err), GV_INVALID_INPUT);
    gv_buf_free(&c.buf);
}

static void a_full_sink_stops_it(void **state)
{
    (void)state;
    struct caught c = {.full = true};
    struct gv_error err;
    static const char body[] = PART("a", "1") "--B--";
    assert_int_equal(read_parts(&c, TYPE, body, sizeof(body) - 1, 5, &err), GV_INTERNAL_ERROR);
    gv_buf_free(&c.buf);
}

static void boundaries_are_read_from_the_type(void **state)
{
    (void)state;
    static const char body[] = "--a'b c--";
    static const struct {
        const char *type;
        int code;
    } rows[] = {
        {"multipart/form-data; boundary=\"a'b c\"", GV_OK},
        {"multipart/form-data;charset=utf-8; BOUNDARY=\"a'b c\"; x=y", GV_OK},
        {"multipart/form-data", GV_INVALID_INPUT},
        {"multipart/form-data; boundary", GV_INVALID_INPUT},
        {"multipart/form-data; boundary=", GV_INVALID_INPUT},
        {"multipart/form-data; boundary=\"a\xC3\xA4\"", GV_INVALID_INPUT},
        {"multipart/form-data; boundary=\"a \"", GV_INVALID_INPUT},
        {"multipart/form-data; xboundary=a", GV_INVALID_INPUT},
        {"multipart/form-data; boundary=12345678901234567890123456789012345678901234567890123456789012345678901",
         GV_INVALID_INPUT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct caught c = {0};
        struct gv_error err;
        assert_int_equal(read_parts(&c, rows[i].type, body, sizeof(body) - 1, 3, &err), rows[i].code);
        gv_buf_free(&c.buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_out_whole_in_any_portions),
        cmocka_unit_test(what_is_no_form_is_refused),
        cmocka_unit_test(heads_are_bounded),
        cmocka_unit_test(a_full_sink_stops_it),
        cmocka_unit_test(boundaries_are_read_from_the_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
