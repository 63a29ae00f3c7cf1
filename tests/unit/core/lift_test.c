#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "core/lift.h"
#include "support/core_kit.h"

#define LONGER_THAN 8

/* Everything that a filter gave out. */
struct caught {
    struct gv_buf out, bytes; /* each blob's bytes in brackets */
    int begun, ended;
    int fail_at; /* the sink's call that fails; 0: none */
};

static int sink_call(struct caught *c, struct gv_error *err)
{
    return --c->fail_at == 0 ? gv_fail(err, GV_INTERNAL_ERROR, "disk full") : GV_OK;
}

static int on_begin(void *ctx, unsigned index, struct gv_error *err)
{
    struct caught *c = ctx;
    assert_int_equal(index, c->begun++);
    gv_buf_adds(&c->bytes, "[");
    return sink_call(c, err);
}

static int on_bytes(void *ctx, unsigned index, const void *data, size_t n, struct gv_error *err)
{
    struct caught *c = ctx;
    assert_int_equal(index, c->begun - 1);
    assert_int_equal(c->begun, c->ended + 1);
    gv_buf_add(&c->bytes, data, n);
    return sink_call(c, err);
}

static int on_end(void *ctx, unsigned index, struct gv_error *err)
{
    struct caught *c = ctx;
    assert_int_equal(index, c->ended++);
    gv_buf_adds(&c->bytes, "]");
    return sink_call(c, err);
}

static void catch_begin(struct caught *c, struct gv_lift *lift, size_t longer_than, size_t bytes_max)
{
    *c = (struct caught){0};
    gv_buf_init(&c->out, bytes_max);
    gv_buf_init(&c->bytes, 64 << 20);
    gv_buf_add(&c->out, "", 0);
    gv_buf_add(&c->bytes, "", 0);
    const struct gv_lift_sink sink = {on_begin, on_bytes, on_end, c};
    gv_lift_init(lift, &c->out, &sink, longer_than);
}

static void catch_free(struct caught *c)
{
    gv_buf_free(&c->out);
    gv_buf_free(&c->bytes);
}

/* How a filter is set. */
struct mode {
    bool data_uris, plain, bare;
    const char *bare_key;
};

/* The text in portions of `step` bytes, the first of `first`. */
static int run_with(struct caught *c, const struct mode *mode, const char *text, size_t bytes, size_t first,
                    size_t step, struct gv_error *err)
{
    struct gv_lift lift;
    int result = GV_OK;
    catch_begin(c, &lift, LONGER_THAN, 1 << 20);
    lift.data_uris = mode->data_uris;
    lift.bare_key = mode->bare_key;
    if (mode->plain)
        gv_lift_as_text(&lift, mode->bare);
    for (size_t at = 0, n = first; result == GV_OK && at < bytes; at += n, n = step) {
        n = n < bytes - at ? n : bytes - at;
        char *portion = gv_xcalloc(1, n + 1); /* of its own, so that a read beyond it is seen */
        memcpy(portion, text + at, n);
        result = gv_lift_put(&lift, portion, n, err);
        free(portion);
    }
    if (result == GV_OK)
        result = gv_lift_end(&lift, err);
    gv_lift_free(&lift);
    return result;
}

static int run(struct caught *c, const char *text, size_t bytes, size_t first, size_t step, struct gv_error *err)
{
    return run_with(c, &(struct mode){0}, text, bytes, first, step, err);
}

static const struct row {
    const char *in, *out, *bytes; /* out NULL: refused */
} rows[] = {
    {"", "", ""},
    {"{'a':'Zm9vYmFyZm9v'}", "{'a':'blob:0'}", "[foobarfoo]"},
    {"'Zm9vYmFyZm9v'", "'blob:0'", "[foobarfoo]"},
    {"['Zm9vYmFyZm9v','x','Zm9vYmFyZm8=','Zm9vYmFyZg==']", "['blob:0','x','blob:1','blob:2']",
     "[foobarfoo][foobarfo][foobarf]"},
    {"{'a':'Zm9vYmFy'}", "{'a':'Zm9vYmFy'}", ""},                 /* 8 characters are not more than 8 */
    {"{'a':'Zm9vYmFyZm9'}", "{'a':'Zm9vYmFyZm9'}", ""},           /* a quantum is not whole */
    {"{'a':'Zm9vYmFy Zm9v'}", "{'a':'Zm9vYmFy Zm9v'}", ""},       /* a blank */
    {"{'a':'Zm9vYmFy-m9v'}", "{'a':'Zm9vYmFy-m9v'}", ""},         /* the URL alphabet */
    {"{'a':'Zm9vYmFyZm9=Zm9v'}", "{'a':'Zm9vYmFyZm9=Zm9v'}", ""}, /* padding inside */
    {"{'a':'data:image\\/png;base64,Zm9vYmFyZm9v'}", "{'a':'data:image\\/png;base64,Zm9vYmFyZm9v'}", ""},
    {"{'Zm9vYmFyZm9v':'Zm9vYmFyZm9v'}", "{'Zm9vYmFyZm9v':'blob:0'}", "[foobarfoo]"}, /* keys stay */
    {"{'b':[{'Zm9vYmFyZm9v':1},'Zm9vYmFyZm9v'],'Zm9vYmFyZm9v':{}}",
     "{'b':[{'Zm9vYmFyZm9v':1},'blob:0'],"
     "'Zm9vYmFyZm9v':{}}",
     "[foobarfoo]"},
    {"{'a':'\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/\\/'}", "{'a':'blob:0'}", "[\xff\xff\xff\xff\xff\xff\xff\xff\xff]"},
    {"{'a':'\\/\\/\\/\\/\\/\\/\\/\\/'}", "{'a':'\\/\\/\\/\\/\\/\\/\\/\\/'}", ""}, /* 8 characters, 16 bytes */
    {"{'a':'Zm9vYmFyZm9v\\n'}", "{'a':'Zm9vYmFyZm9v\\n'}", ""},
    {"{'a':'Zm9vYmFy\\u005am9v'}", "{'a':'Zm9vYmFy\\u005am9v'}", ""},
    {"{'a':'say \\'Zm9vYmFyZm9v\\' twice','b':'\\\\'}", "{'a':'say \\'Zm9vYmFyZm9v\\' twice','b':'\\\\'}", ""},
    {"{'a\\'b':'Zm9vYmFyZm9v','c\\\\':1}", "{'a\\'b':'blob:0','c\\\\':1}", "[foobarfoo]"},
    {"{'a':'blob:0','b':'Zm9vYmFyZm9v'}", "{'a':'blob:0','b':'blob:0'}", "[foobarfoo]"},
    {" { 'a' : [ 1 , 'Zm9vYmFyZm9v' ] } ", " { 'a' : [ 1 , 'blob:0' ] } ", "[foobarfoo]"},
    {"{'a':'Zm9vYmFyZm9v", NULL, ""},
    {"{'a", NULL, ""},
    {"{'a':'\\", NULL, ""},
};

/* With data: URIs. */
static const struct row data_rows[] = {
    {"{'a':'Zm9vYmFyZm9v'}", "{'a':'blob:0'}", "[foobarfoo]"},
    {"['data:image\\/png;base64,Zm9vYmFyZm9v','Zm9vYmFyZm9v']", "['data:image\\/png;base64,blob:0','blob:1']",
     "[foobarfoo][foobarfoo]"},
    {"{'a':'data:;base64,Zm9vYmFyZm9v'}", "{'a':'data:;base64,blob:0'}", "[foobarfoo]"},
    {"{'a':'data:x/y;base64,Zm9vYmFy'}", "{'a':'data:x/y;base64,Zm9vYmFy'}", ""}, /* not more than 8 */
    {"{'a':'data:x/y;base64,Zm9vYmFy Zm9v'}", "{'a':'data:x/y;base64,Zm9vYmFy Zm9v'}", ""},
    {"{'a':'data:x/y;base64,'}", "{'a':'data:x/y;base64,'}", ""},
    {"{'a':'data:x/y,Zm9vYmFyZm9v'}", "{'a':'data:x/y,Zm9vYmFyZm9v'}", ""},
    {"{'a':'data:x/y,;base64,Zm9vYmFyZm9v'}", "{'a':'data:x/y,;base64,Zm9vYmFyZm9v'}", ""}, /* the first comma counts */
    {"{'a':'data;base64,Zm9vYmFyZm9v'}", "{'a':'data;base64,Zm9vYmFyZm9v'}", ""},
    {"{'a':'x data:x/y;base64,Zm9vYmFyZm9v'}", "{'a':'x data:x/y;base64,Zm9vYmFyZm9v'}", ""},
    {"{'data:x/y;base64,Zm9vYmFyZm9v':1}", "{'data:x/y;base64,Zm9vYmFyZm9v':1}", ""},
    {"{'a':'data:x/y;base64,data:x/y;base64,Zm9vYmFyZm9v'}", "{'a':'data:x/y;base64,data:x/y;base64,Zm9vYmFyZm9v'}",
     ""},
    {"{'a':'data:x/y;base64,Zm9vYmFyZm9v", NULL, ""},
};

/* Where only members "b64" may be bare base64, and with data: URIs. */
static const struct row keyed_rows[] = {
    {"{'a':'Zm9vYmFyZm9v','b64':'Zm9vYmFyZm9v'}", "{'a':'Zm9vYmFyZm9v','b64':'blob:0'}", "[foobarfoo]"},
    {"{'b64':{'a':'Zm9vYmFyZm9v'},'a':{'b64':'Zm9vYmFyZm9v'}}", "{'b64':{'a':'Zm9vYmFyZm9v'},'a':{'b64':'blob:0'}}",
     "[foobarfoo]"},
    {"{'b64':['Zm9vYmFyZm9v',{'b64':'Zm9vYmFyZm9v'}],'b641':'Zm9vYmFyZm9v'}",
     "{'b64':['Zm9vYmFyZm9v',{'b64':'blob:0'}],'b641':'Zm9vYmFyZm9v'}", "[foobarfoo]"},
    {"{'a':'data:x/y;base64,Zm9vYmFyZm9v','c':'dat','d':'data','e':'dataZm9vYmFyZm9v'}",
     "{'a':'data:x/y;base64,blob:0','c':'dat','d':'data','e':'dataZm9vYmFyZm9v'}", "[foobarfoo]"},
};

/* Texts that are no JSON. */
static const struct row plain_rows[] = {
    {"", "", ""},
    {"d", "d", ""},
    {"data:x/y;base64,Zm9vYmFyZm9v", "data:x/y;base64,blob:0", "[foobarfoo]"},
    {"data:x/y;base64,Zm9vYmFy", "data:x/y;base64,Zm9vYmFy", ""},
    {"data:x/y;base64,Zm9vYmFyZm9v\n", "data:x/y;base64,Zm9vYmFyZm9v\n", ""},
    {"data:x/y;base64,Zm9vYmFy\\/m9v", "data:x/y;base64,Zm9vYmFy\\/m9v", ""},
    {"Zm9vYmFyZm9v", "Zm9vYmFyZm9v", ""},
    {"say 'Zm9vYmFyZm9v' {[ \\", "say 'Zm9vYmFyZm9v' {[ \\", ""},
};
static const struct row bare_rows[] = {
    {"Zm9vYmFyZm9v", "blob:0", "[foobarfoo]"},
    {"Zm9vYmFy", "Zm9vYmFy", ""},
    {"Zm9v'mFyZm9v", "Zm9v'mFyZm9v", ""},
};

static void lifted_at_every_split(const struct row *table, size_t count, const struct mode *mode)
{
    struct gv_arena arena = {0};
    for (size_t i = 0; i < count; i++) {
        const char *text = gv_kit_quoted(&arena, table[i].in);
        size_t bytes = strlen(text);
        for (size_t split = 0; split <= bytes + 1; split++) {
            struct caught c;
            struct gv_error err = {0};
            size_t step = split > bytes ? 1 : bytes + 1; /* at last byte by byte */
            int result = run_with(&c, mode, text, bytes, split > bytes ? 1 : split, step, &err);
            if (table[i].out == NULL) {
                assert_int_equal(result, GV_INVALID_INPUT);
            } else {
                if (result != GV_OK)
                    fail_msg("%s split at %zu: %s", text, split, err.message);
                assert_string_equal(c.out.data, gv_kit_quoted(&arena, table[i].out));
                assert_string_equal(c.bytes.data, table[i].bytes);
                assert_int_equal(c.begun, c.ended);
            }
            catch_free(&c);
        }
    }
    gv_arena_free(&arena);
}

static void long_base64_is_lifted_at_every_split(void **state)
{
    (void)state;
    static const struct {
        const struct row *rows;
        size_t count;
        struct mode mode;
    } tables[] = {
        {rows, sizeof(rows) / sizeof(rows[0]), {0}},
        {data_rows, sizeof(data_rows) / sizeof(data_rows[0]), {.data_uris = true}},
        {keyed_rows, sizeof(keyed_rows) / sizeof(keyed_rows[0]), {.data_uris = true, .bare_key = "b64"}},
        {plain_rows, sizeof(plain_rows) / sizeof(plain_rows[0]), {.data_uris = true, .plain = true}},
        {bare_rows, sizeof(bare_rows) / sizeof(bare_rows[0]), {.data_uris = true, .plain = true, .bare = true}},
    };
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        lifted_at_every_split(tables[i].rows, tables[i].count, &tables[i].mode);
}

/* A document with one string of `chars` characters: base64 of a pattern, `wrong` put at `wrong_at`. */
static char *document(size_t chars, char wrong, size_t wrong_at)
{
    unsigned char *data = gv_xcalloc(1, chars / 4 * 3);
    for (size_t i = 0; i < chars / 4 * 3; i++)
        data[i] = (unsigned char)(i * 31 + i / 256);
    char *text = gv_xcalloc(1, chars + 16);
    memcpy(text, "{\"v\":\"", 6);
    gv_base64_encode(text + 6, data, chars / 4 * 3);
    memcpy(text + 6 + chars, "\"}", 3);
    if (wrong != 0)
        text[6 + wrong_at] = wrong;
    free(data);
    return text;
}

static void long_strings_stream_through_unchanged(void **state)
{
    (void)state;
    static const size_t lengths[] = {GV_LIFT_DECIDED_BYTES - 4, GV_LIFT_DECIDED_BYTES, GV_LIFT_DECIDED_BYTES + 4,
                                     3u << 20};
    static const size_t steps[] = {7, 4096, 65536, 4u << 20};
    for (size_t i = 0; i < 4; i++) {
        char *text = document(lengths[i], 0, 0);
        for (size_t k = 0; k < 4; k++) {
            struct caught c;
            struct gv_error err;
            assert_int_equal(run(&c, text, strlen(text), steps[k], steps[k], &err), GV_OK);
            assert_string_equal(c.out.data, "{\"v\":\"blob:0\"}");
            assert_int_equal(c.bytes.len, lengths[i] / 4 * 3 + 2);
            for (size_t at = 0; at < lengths[i] / 4 * 3; at++) {
                if ((unsigned char)c.bytes.data[1 + at] != (unsigned char)(at * 31 + at / 256))
                    fail_msg("byte %zu differs", at);
            }
            catch_free(&c);
        }
        free(text);
    }
}

static void what_is_decided_must_stay_base64(void **state)
{
    (void)state;
    struct gv_error err;
    struct caught c;
    /* In time: it is text. */
    char *text = document(100000, ' ', GV_LIFT_DECIDED_BYTES - 1);
    assert_int_equal(run(&c, text, strlen(text), 1000, 1000, &err), GV_OK);
    assert_string_equal(c.out.data, text);
    catch_free(&c);
    free(text);
    /* Too late. */
    static const char wrong[] = {' ', '-', '=', '\\', '\n'};
    for (size_t i = 0; i < sizeof(wrong); i++) {
        text = document(100000, wrong[i], GV_LIFT_DECIDED_BYTES);
        assert_int_equal(run(&c, text, strlen(text), 1000, 1000, &err), GV_INVALID_INPUT);
        assert_non_null(strstr(err.message, "then was none"));
        catch_free(&c);
        free(text);
    }
    /* Ends inside a group. */
    text = document(100000, '"', 99998);
    memcpy(text + 6 + 99999, "}", 2);
    assert_int_equal(run(&c, text, strlen(text), 1000, 1000, &err), GV_INVALID_INPUT);
    assert_non_null(strstr(err.message, "breaks off"));
    catch_free(&c);
    free(text);
}

/* A text that is no JSON ends where it ends, though it was decided long before. */
static void long_texts_stream_through_unchanged(void **state)
{
    (void)state;
    static const struct mode mode = {.data_uris = true, .plain = true};
    char *json = document(400000, 0, 0), *text = gv_xcalloc(1, 400016 + 16);
    struct caught c;
    struct gv_error err;
    memcpy(text, "data:;base64,", 13);
    memcpy(text + 13, json + 6, 400000);
    assert_int_equal(run_with(&c, &mode, text, 400013, 1000, 1000, &err), GV_OK);
    assert_string_equal(c.out.data, "data:;base64,blob:0");
    assert_int_equal(c.bytes.len, 300002);
    catch_free(&c);
    assert_int_equal(run_with(&c, &mode, text, 400012, 1000, 1000, &err), GV_INVALID_INPUT);
    catch_free(&c);
    text[300000] = '"';
    assert_int_equal(run_with(&c, &mode, text, 400013, 1000, 1000, &err), GV_INVALID_INPUT);
    catch_free(&c);
    free(text);
    free(json);
}

static void what_is_wrong_is_named_by_its_place(void **state)
{
    (void)state;
    static const char *const places[][2] = {
        {"{\"a\":{\"b\":[1,{},{\"c\":\"", "a.b.2.c"},
        {"{\"a\":[[],1],\"b\":\"", "b"},
        {"[[0],[0,\"", "1.1"},
        {"\"", ""},
        {"{\"a\\\"b\":{\"\xff\":\"", "a\\\"b.?"},
        {"{\"a23456789a23456789a23456789a23456789a23456789\":\"", "a23456789a23456789a23456789a23456789"},
    };
    char *json = document(100000, ' ', GV_LIFT_DECIDED_BYTES);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct caught c;
        struct gv_error err = {0};
        struct gv_buf text;
        gv_buf_init(&text, 1 << 20);
        gv_buf_adds(&text, places[i][0]);
        gv_buf_adds(&text, json + 6);
        assert_int_equal(run(&c, text.data, text.len, 1, 999, &err), GV_INVALID_INPUT);
        assert_int_equal(strncmp(err.field, places[i][1], strlen(places[i][1])), 0);
        assert_true(strlen(err.field) < GV_LIFT_KEY_BYTES);
        assert_non_null(strstr(err.message, "then was none"));
        catch_free(&c);
        gv_buf_free(&text);
    }
    free(json);
}

/* A backslash may be the last that fits before the decision. */
static void escaped_slashes_around_the_decision(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 8; shift++) {
        size_t at = GV_LIFT_DECIDED_BYTES - 4 + shift;
        char *text = document(80000, '/', at);
        size_t bytes = strlen(text);
        char *escaped = gv_xcalloc(1, bytes + 2);
        memcpy(escaped, text, 6 + at);
        escaped[6 + at] = '\\';
        memcpy(escaped + 7 + at, text + 6 + at, bytes - 6 - at);
        struct caught plain, slashed;
        struct gv_error err;
        assert_int_equal(run(&plain, text, bytes, 4096, 4096, &err), GV_OK);
        assert_int_equal(run(&slashed, escaped, bytes + 1, 4096, 4096, &err), GV_OK);
        assert_int_equal(plain.bytes.len, slashed.bytes.len);
        assert_memory_equal(plain.bytes.data, slashed.bytes.data, plain.bytes.len);
        catch_free(&plain);
        catch_free(&slashed);
        free(text);
        free(escaped);
    }
}

static void the_rest_and_the_nesting_are_bounded(void **state)
{
    (void)state;
    struct caught c;
    struct gv_lift lift;
    struct gv_error err;
    catch_begin(&c, &lift, LONGER_THAN, 10);
    assert_int_equal(gv_lift_put(&lift, "[123456789]", 11, &err), GV_INVALID_INPUT);
    assert_non_null(strstr(err.message, "10 bytes"));
    gv_lift_free(&lift);
    catch_free(&c);
    char deep[66];
    memset(deep, '[', sizeof(deep));
    assert_int_equal(run(&c, deep, 64, 64, 64, &err), GV_OK);
    catch_free(&c);
    assert_int_equal(run(&c, deep, 65, 65, 65, &err), GV_INVALID_INPUT);
    catch_free(&c);
}

static void a_failing_sink_ends_it(void **state)
{
    (void)state;
    for (int at = 1; at <= 3; at++) {
        struct caught c;
        struct gv_lift lift;
        struct gv_error err;
        catch_begin(&c, &lift, LONGER_THAN, 1000);
        c.fail_at = at;
        assert_int_equal(gv_lift_put(&lift, "[\"Zm9vYmFyZm9v\"]", 16, &err), GV_INTERNAL_ERROR);
        assert_string_equal(err.message, "disk full");
        gv_lift_free(&lift);
        catch_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_texts_stream_through_unchanged),  cmocka_unit_test(what_is_wrong_is_named_by_its_place),
        cmocka_unit_test(long_base64_is_lifted_at_every_split), cmocka_unit_test(long_strings_stream_through_unchanged),
        cmocka_unit_test(what_is_decided_must_stay_base64),     cmocka_unit_test(escaped_slashes_around_the_decision),
        cmocka_unit_test(the_rest_and_the_nesting_are_bounded), cmocka_unit_test(a_failing_sink_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
