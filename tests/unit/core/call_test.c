#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/call.h"
#include "support/core_kit.h"

static struct gv_arena arena;

static int drop_arena(void **state)
{
    (void)state;
    gv_arena_free(&arena);
    return 0;
}

static const struct gv_blob_info blob = {.sha256 = "feed", .bytes = 4, .mime_type = "image/png"};

/* Segments one after the other; blobs as <sha256> and <sha256 in base64>. */
static const char *shown(const struct gv_body *body)
{
    struct gv_buf buf;
    gv_buf_init(&buf, 1 << 20);
    for (size_t i = 0; i < body->segment_count; i++) {
        const struct gv_segment *segment = &body->segments[i];
        if (segment->kind == GV_SEGMENT_TEXT)
            gv_buf_add(&buf, segment->text, segment->bytes);
        else
            gv_buf_addf(&buf, "<%s%s>", segment->sha256, segment->kind == GV_SEGMENT_BLOB ? "" : " in base64");
    }
    gv_buf_add(&buf, "", 0);
    const char *text = gv_arena_strdup(&arena, buf.data);
    gv_buf_free(&buf);
    return text;
}

static void a_json_body_keeps_its_blobs_on_disk(void **state)
{
    (void)state;
    struct gv_body_builder b;
    const struct gv_media url = {.kind = GV_MEDIA_URL, .url = "https://a/\"b"};
    const struct gv_media stored = {.kind = GV_MEDIA_BLOB, .blob = blob};
    gv_body_begin(&b, &arena);
    gv_json_open(&b.json, NULL, '{');
    gv_json_put_text(&b.json, "prompt", "a \"boat\"");
    gv_body_put_blob(&b, "image", &blob);
    gv_body_put_media(&b, "tail", &url);
    gv_json_open(&b.json, "list", '[');
    for (int i = 0; i < 5; i++)
        gv_body_put_media(&b, NULL, &stored);
    gv_json_close(&b.json, ']');
    gv_json_close(&b.json, '}');
    struct gv_body body = gv_body_end(&b, "application/json");
    assert_string_equal(shown(&body),
                        "{\"prompt\":\"a \\\"boat\\\"\",\"image\":\"<feed in base64>\",\"tail\":\"https://a/\\\"b\","
                        "\"list\":[\"<feed in base64>\",\"<feed in base64>\",\"<feed in base64>\",\"<feed in base64>\","
                        "\"<feed in base64>\"]}");
    uint64_t text = strlen("{'prompt':'a \\'boat\\'','image':'','tail':'https://a/\\'b','list':['','','','','']}");
    assert_int_equal(gv_body_length(&body), text + 6 * 8);
    assert_string_equal(body.content_type, "application/json");
}

static void a_multipart_body_has_raw_blobs(void **state)
{
    (void)state;
    struct gv_body_builder b;
    gv_body_begin(&b, &arena);
    gv_body_add_text(&b, "--x\r\n\r\n");
    gv_body_add_blob(&b, &blob);
    gv_body_add_blob(&b, &blob);
    gv_body_add_text(&b, "\r\n--x--");
    struct gv_body body = gv_body_end(&b, "multipart/form-data");
    assert_string_equal(shown(&body), "--x\r\n\r\n<feed><feed>\r\n--x--");
    assert_int_equal(gv_body_length(&body), 7 + 4 + 4 + 7);
}

static void an_empty_body_has_no_segments(void **state)
{
    (void)state;
    struct gv_body_builder b;
    gv_body_begin(&b, &arena);
    struct gv_body body = gv_body_end(&b, NULL);
    assert_int_equal(body.segment_count, 0);
    assert_int_equal(gv_body_length(&body), 0);
}

static void put_bytes(void)
{
    struct gv_body_builder b;
    const struct gv_media media = {.kind = GV_MEDIA_BYTES, .bytes = "x", .byte_count = 1};
    gv_body_begin(&b, &arena);
    gv_body_put_media(&b, NULL, &media);
}

static void bytes_in_memory_are_a_bug_by_then(void **state)
{
    (void)state;
    assert_true(gv_kit_asserts(put_bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_json_body_keeps_its_blobs_on_disk),
        cmocka_unit_test(a_multipart_body_has_raw_blobs),
        cmocka_unit_test(an_empty_body_has_no_segments),
        cmocka_unit_test(bytes_in_memory_are_a_bug_by_then),
    };
    return cmocka_run_group_tests(tests, NULL, drop_arena);
}
