/* Bodies of requests: three encodings, one tree; files go to the store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/codec.h"
#include "server/http/form.h"
#include "support/api_world.h"

#define MULTIPART "multipart/form-data; boundary=B"
#define PART(name, text) "--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" text "\r\n"
#define FILE_PART(name) "--B\r\nContent-Disposition: form-data; name=\"" name "\"; filename=\"a.png\"\r\n\r\n"

/* A picture of one point, and as many bytes behind it as make it long in base64. */
static const char point[] =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg==";
#define PICTURE_BYTES 6000

struct world {
    struct api_world api; /* the first, so that its teardown is this one's */
    char picture[PICTURE_BYTES];
    char base64[PICTURE_BYTES / 3 * 4 + 1];
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct gv_base64_decoder decoder = {0};
    size_t bytes;
    api_world_open(&w->api);
    gv_base64_decode(&decoder, w->picture, &bytes, point, strlen(point));
    gv_base64_encode(w->base64, w->picture, sizeof(w->picture));
    *state = w;
    return 0;
}

/* The form of a body that comes in portions of `step` bytes, or NULL and err. */
static struct gv_form *read_form(struct world *w, const char *type, const char *body, size_t bytes, size_t step,
                                 struct gv_error *err)
{
    struct gv_form *form = NULL;
    *err = (struct gv_error){0};
    int code = gv_form_begin(&form, w->api.engine, type, false, &w->api.arena, err);
    for (size_t at = 0; code == GV_OK && at < bytes; at += step)
        code = gv_form_put(form, body + at, step < bytes - at ? step : bytes - at, err);
    if (code == GV_OK)
        code = gv_form_end(form, err);
    if (code == GV_OK)
        return form;
    gv_form_free(form);
    return NULL;
}

static const char *tree_of(struct world *w, const struct gv_form *form)
{
    struct gv_buf buf;
    gv_buf_init(&buf, 1 << 22);
    gv_json_put_json(&(struct gv_json_out){.buf = &buf}, NULL, gv_form_tree(form));
    const char *text = gv_arena_strdup(&w->api.arena, buf.data);
    gv_buf_free(&buf);
    return text;
}

static void three_encodings_give_one_tree(void **state)
{
    static const struct {
        const char *type, *body, *tree;
    } rows[] = {
        {"application/json", "{\"prompt\":\"a\",\"golem_video\":{\"config\":{\"seed\":\"5\"}}}",
         "{\"prompt\":\"a\",\"golem_video\":{\"config\":{\"seed\":\"5\"}}}"},
        {"Application/JSON; charset=utf-8", "", "{}"},
        {NULL, "", "{}"},
        {MULTIPART, PART("prompt", "a") PART("golem_video[config][seed]", "5") "--B--",
         "{\"prompt\":\"a\",\"golem_video\":{\"config\":{\"seed\":\"5\"}}}"},
        {"application/x-www-form-urlencoded", "prompt=a&golem_video%5Bconfig%5D[seed]=5",
         "{\"prompt\":\"a\",\"golem_video\":{\"config\":{\"seed\":\"5\"}}}"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t bytes = strlen(rows[i].body);
        for (size_t step = 1; step <= bytes + 1; step += 5) {
            struct gv_error err;
            struct gv_form *form = read_form(w, rows[i].type, rows[i].body, bytes, step, &err);
            if (form == NULL)
                fail_msg("%s: %s", rows[i].body, err.message);
            assert_string_equal(tree_of(w, form), rows[i].tree);
            gv_form_free(form);
        }
    }
}

static void what_can_not_be_read_is_refused(void **state)
{
    static const struct {
        const char *type, *body, *field, *why;
    } rows[] = {
        {"text/plain", "a=1", "content-type", "text/plain is not taken"},
        {"application/jsonx", "{}", "content-type", "not taken"},
        {NULL, "{}", "content-type", "no content type"},
        {"application/json", "{\"a\":", "", "no JSON"},
        {"application/json", "[]", "", "must be an object"},
        {"application/json", "{\"a\":\"", "", "inside a string"},
        {"application/json", "{\"a\":\"\xFF\"}", "", "no JSON"},
        {"application/json", "{\"a\":\"\\u0000\"}", "", "no JSON"},
        {"application/json", "{\"a\":1,\"a\":2}", "", "no JSON"},
        {"application/x-www-form-urlencoded", "{\"prompt\":\"a\"}", "content-type", "looks like JSON"},
        {"multipart/form-data", "x", "", "boundary"},
        {MULTIPART, PART("a", "1") PART("a", "2") "--B--", "a", "given twice"},
        {MULTIPART, PART("a", "\xFF") "--B--", "a", "UTF-8"},
        {MULTIPART, PART("a", "1"), "", "not whole"},
        {MULTIPART, FILE_PART("input[file]") "no picture\r\n--B--", "input.file", "picture, film or sound"},
        {MULTIPART, FILE_PART("f") "\r\n--B--", "f", "empty"},
        {MULTIPART, PART("golem_video", "{\"a\":\"") "--B--", "golem_video.a", "inside a string"},
        {"application/x-www-form-urlencoded", "a=1&b=%4", "", "field 2 of the form has an escape"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gv_error err;
        if (read_form(w, rows[i].type, rows[i].body, strlen(rows[i].body), 9, &err) != NULL)
            fail_msg("%s was taken", rows[i].body);
        assert_int_equal(err.code, GV_INVALID_INPUT);
        assert_string_equal(err.field, rows[i].field);
        if (strstr(err.message, rows[i].why) == NULL)
            fail_msg("%s: %s", rows[i].body, err.message);
    }
}

static void add_file(struct gv_buf *body, const struct world *w, const char *name)
{
    gv_buf_addf(body, FILE_PART("%s"), name);
    gv_buf_add(body, w->picture, sizeof(w->picture));
    gv_buf_adds(body, "\r\n");
}

static void check_picture(struct gv_form *form, const char *path)
{
    const struct gv_media *media = gv_form_file(form, gv_json_at(gv_form_tree(form), path));
    assert_non_null(media);
    assert_int_equal(media->kind, GV_MEDIA_BLOB);
    assert_int_equal(media->blob.bytes, PICTURE_BYTES);
    assert_string_equal(media->blob.mime_type, "image/png");
    assert_int_equal(media->blob.width, 1);
}

static void files_of_a_form_are_in_the_store(void **state)
{
    struct world *w = *state;
    struct gv_error err;
    struct gv_buf body;
    gv_buf_init(&body, 1 << 20);
    gv_buf_adds(&body, PART("prompt", "upload:7"));
    add_file(&body, w, "input_reference");
    add_file(&body, w, "list[]");
    gv_buf_adds(&body, "--B--");
    struct gv_form *form = read_form(w, MULTIPART, body.data, body.len, 999, &err);
    if (form == NULL)
        fail_msg("%s", err.message);
    assert_string_equal(tree_of(w, form),
                        "{\"prompt\":\"upload:7\",\"input_reference\":\"blob:0\",\"list\":[\"blob:1\"]}");
    assert_null(gv_form_file(form, gv_json_at(gv_form_tree(form), "prompt")));
    assert_string_equal(gv_form_unused_file(form), "input_reference");
    check_picture(form, "input_reference");
    assert_string_equal(gv_form_unused_file(form), "list.");
    check_picture(form, "list.0");
    assert_null(gv_form_unused_file(form));
    gv_form_free(form);
    gv_buf_free(&body);
}

static void long_base64_of_json_is_in_the_store(void **state)
{
    struct world *w = *state;
    struct gv_error err;
    const char *body = gv_arena_printf(
        &w->api.arena, "{\"a\":{\"base64\":\"%s\"},\"b\":\"data:image/png;base64,%s\",\"c\":\"blob:9\"}", w->base64,
        w->base64);
    struct gv_form *form = read_form(w, "application/json", body, strlen(body), 777, &err);
    if (form == NULL)
        fail_msg("%s", err.message);
    check_picture(form, "a.base64");
    check_picture(form, "b");
    assert_null(gv_form_file(form, gv_json_at(gv_form_tree(form), "c")));
    assert_null(gv_form_file(form, gv_json_at(gv_form_tree(form), "a")));
    assert_null(gv_form_file(form, NULL));
    gv_form_free(form);
}

/* A text as urlencoded forms have it. */
static void add_escaped(struct gv_buf *out, const char *text)
{
    for (; *text != '\0'; text++)
        gv_buf_addf(out, strchr("+/=:;,[]", *text) != NULL ? "%%%02X" : "%c", (unsigned)*text);
}

/* Of the same name and text, with a prompt before and behind. */
static void add_form(struct gv_buf *body, bool escaped, const char *name, const char *text)
{
    if (!escaped) {
        gv_buf_addf(body, PART("prompt", "a") PART("%s", "%s") PART("size", "b") "--B--", name, text);
        return;
    }
    gv_buf_adds(body, "prompt=a&");
    add_escaped(body, name);
    gv_buf_adds(body, "=");
    add_escaped(body, text);
    gv_buf_adds(body, "&size=b");
}

static void pictures_in_texts_of_forms_are_in_the_store(void **state)
{
    struct world *w = *state;
    struct gv_arena *arena = &w->api.arena;
    const char *data_url = gv_arena_printf(arena, "data:image/png;base64,%s", w->base64);
    const struct {
        const char *name, *text, *path, *left;
    } rows[] = {
        {"input_reference[image_url]", data_url, "input_reference.image_url", "data:image/png;base64,blob:0"},
        {"x[bytes][base64]", w->base64, "x.bytes.base64", "blob:0"},
        {"base64[x]", w->base64, NULL, w->base64},
        {"golem_video", gv_arena_printf(arena, "{\"a\":[\"%s\"]}", data_url), NULL,
         "{\"a\":[\"data:image/png;base64,blob:0\"]}"},
    };
    static const size_t steps[] = {1, 7, 4096, 1 << 20};
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        struct gv_error err;
        struct gv_buf body;
        bool escaped = i % 2 != 0;
        gv_buf_init(&body, 1 << 20);
        add_form(&body, escaped, rows[i / 2].name, rows[i / 2].text);
        for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
            const char *type = escaped ? "application/x-www-form-urlencoded" : MULTIPART;
            struct gv_form *form = read_form(w, type, body.data, body.len, steps[k], &err);
            if (form == NULL)
                fail_msg("%s: %s", rows[i / 2].name, err.message);
            const struct gv_json *middle = gv_form_tree(form)->child->next;
            while (middle->child != NULL)
                middle = middle->child;
            assert_string_equal(middle->text, rows[i / 2].left);
            assert_string_equal(gv_form_tree(form)->child->next->next->text, "b");
            if (rows[i / 2].path != NULL)
                check_picture(form, rows[i / 2].path);
            gv_form_free(form);
        }
        gv_buf_free(&body);
    }
}

static void texts_that_are_no_media_stay(void **state)
{
    struct world *w = *state;
    struct gv_error err;
    const char *body = gv_arena_printf(&w->api.arena, "{\"prompt\":\"%s\"}", w->base64);
    struct gv_form *form = read_form(w, "application/json", body, strlen(body), 777, &err);
    assert_non_null(form);
    assert_string_equal(gv_json_at(gv_form_tree(form), "prompt")->text, w->base64);
    assert_null(gv_form_unused_file(form));
    gv_form_free(form);
}

/* Long base64 that is no picture, and long texts that stop being base64, in every encoding. */
static void what_is_no_picture_is_named(void **state)
{
    struct world *w = *state;
    struct gv_buf letters;
    gv_buf_init(&letters, 1 << 20);
    for (size_t i = 0; i < 100000; i += 4)
        gv_buf_adds(&letters, "abcd");
    for (int i = 0; i < 6; i++) {
        struct gv_error err;
        struct gv_buf body;
        bool cut = i % 2 != 0; /* inside a group */
        gv_buf_init(&body, 1 << 20);
        const char *types[] = {"application/json", MULTIPART, "application/x-www-form-urlencoded"};
        const char *text =
            gv_arena_printf(&w->api.arena, "data:image/png;base64,%.*s", (int)letters.len - cut, letters.data);
        if (i / 2 == 0)
            gv_buf_addf(&body, "{\"a\":{\"b\":\"%s\"}}", text);
        else
            add_form(&body, i / 2 == 2, "a[b]", text);
        assert_null(read_form(w, types[i / 2], body.data, body.len, 4096, &err));
        assert_string_equal(err.field, "a.b");
        assert_non_null(strstr(err.message, cut ? "inside a group" : "picture"));
        gv_buf_free(&body);
    }
    gv_buf_free(&letters);
}

static void forms_are_bounded(void **state)
{
    struct world *w = *state;
    struct gv_error err;
    struct gv_buf body;
    gv_buf_init(&body, 1 << 24);
    for (int i = 0; i <= GV_FORM_FILES_MAX; i++)
        add_file(&body, w, "list[]");
    gv_buf_adds(&body, "--B--");
    assert_null(read_form(w, MULTIPART, body.data, body.len, 1 << 16, &err));
    assert_non_null(strstr(err.message, "more than 64 files"));
    gv_buf_clear(&body);
    gv_buf_adds(&body, "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n");
    for (size_t i = 0; i <= GV_FORM_TEXT_BYTES_MAX / 64; i++)
        gv_buf_adds(&body, "0123456789abcdef 0123456789abcdef 0123456789abcdef 0123456789abc");
    assert_null(read_form(w, MULTIPART, body.data, body.len, 1 << 16, &err));
    assert_string_equal(err.field, "a");
    gv_buf_free(&body);
}

static void raw_bodies_stay_as_they_are(void **state)
{
    struct world *w = *state;
    struct gv_form *form;
    struct gv_error err;
    size_t bytes;
    assert_int_equal(gv_form_begin(&form, w->api.engine, "text/plain", true, &w->api.arena, &err), GV_OK);
    assert_int_equal(gv_form_put(form, "a\0{", 3, &err), GV_OK);
    assert_int_equal(gv_form_end(form, &err), GV_OK);
    assert_memory_equal(gv_form_raw(form, &bytes), "a\0{", 3);
    assert_int_equal(bytes, 3);
    gv_form_free(form);
    assert_int_equal(gv_form_begin(&form, w->api.engine, NULL, true, &w->api.arena, &err), GV_OK);
    assert_int_equal(gv_form_end(form, &err), GV_OK);
    assert_string_equal(gv_form_raw(form, &bytes), "");
    gv_form_free(form);
}

static void a_form_that_breaks_off_leaves_nothing(void **state)
{
    struct world *w = *state;
    struct gv_form *form;
    struct gv_error err;
    static const char begin[] = FILE_PART("f") "some bytes";
    assert_int_equal(gv_form_begin(&form, w->api.engine, MULTIPART, false, &w->api.arena, &err), GV_OK);
    assert_int_equal(gv_form_put(form, begin, sizeof(begin) - 1, &err), GV_OK);
    gv_form_free(form);
    gv_form_free(NULL);
    char *find = gv_arena_printf(&w->api.arena, "test -z \"$(find %s -type f -path '*partial*')\"", w->api.folder.path);
    assert_int_equal(system(find), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_encodings_give_one_tree),
        cmocka_unit_test(what_can_not_be_read_is_refused),
        cmocka_unit_test(files_of_a_form_are_in_the_store),
        cmocka_unit_test(long_base64_of_json_is_in_the_store),
        cmocka_unit_test(pictures_in_texts_of_forms_are_in_the_store),
        cmocka_unit_test(texts_that_are_no_media_stay),
        cmocka_unit_test(what_is_no_picture_is_named),
        cmocka_unit_test(forms_are_bounded),
        cmocka_unit_test(raw_bodies_stay_as_they_are),
        cmocka_unit_test(a_form_that_breaks_off_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, api_world_end);
}
