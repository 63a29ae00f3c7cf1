#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "http/curl_body.h"
#include "support/fake_blobs.h"

#define BLOB_BYTES (1u << 20)

static uint8_t data[BLOB_BYTES];
static struct gv_fake_blobs fake;

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < BLOB_BYTES; i++)
        data[i] = (uint8_t)(i * 131 + (i >> 8));
    fake = (struct gv_fake_blobs){0};
    gv_fake_blobs_init(&fake);
    return 0;
}

/* The whole stream, read in portions. */
static char *drain(struct gv_curl_body *stream, size_t portion, size_t *bytes)
{
    size_t room = (size_t)gv_body_length(stream->body) + portion;
    char *out = malloc(room);
    *bytes = 0;
    for (;;) {
        assert_true(*bytes + portion <= room);
        ssize_t got = gv_curl_body_read(stream, out + *bytes, portion, NULL);
        assert_true(got >= 0);
        if (got == 0)
            return out;
        *bytes += (size_t)got;
    }
}

static void check_base64(size_t size, size_t portion)
{
    const struct gv_segment segments[] = {
        {.kind = GV_SEGMENT_TEXT, .text = "{\"image\":\"", .bytes = 10},
        {.kind = GV_SEGMENT_BLOB_BASE64, .sha256 = "b", .bytes = size},
        {.kind = GV_SEGMENT_TEXT, .text = "\"}", .bytes = 2},
    };
    const struct gv_body body = {.segments = segments, .segment_count = 3, .content_type = "application/json"};
    struct gv_curl_body stream = {.body = &body, .blobs = &fake.port};
    char *expected = malloc(gv_base64_length(size) + 13);
    size_t bytes;

    fake.blobs[0] = (struct gv_fake_blob){"b", data, size, 0};
    memcpy(expected, "{\"image\":\"", 10);
    size_t n = 10 + gv_base64_encode(expected + 10, data, size);
    memcpy(expected + n, "\"}", 3);
    assert_int_equal(gv_curl_body_open(&stream, NULL), GV_OK);
    char *got = drain(&stream, portion, &bytes);
    assert_int_equal(bytes, n + 2);
    assert_int_equal(bytes, gv_body_length(&body));
    assert_memory_equal(got, expected, bytes);
    free(got);
    free(expected);
    gv_curl_body_free(&stream);
    assert_int_equal(fake.open_readers, 0);
}

static void base64_equals_the_plain_encoder(void **state)
{
    (void)state;
    static const size_t portions[] = {1, 7, 16384};
    for (size_t p = 0; p < 3; p++) {
        for (size_t size = 0; size <= 10; size++)
            check_base64(size, portions[p]);
        check_base64(48 * 1024 - 1, portions[p]);
        check_base64(48 * 1024, portions[p]);
        check_base64(48 * 1024 + 1, portions[p]);
        check_base64(BLOB_BYTES, portions[p]);
    }
}

static void segments_of_all_kinds_follow_each_other(void **state)
{
    (void)state;
    const struct gv_segment segments[] = {
        {.kind = GV_SEGMENT_BLOB, .sha256 = "b", .bytes = 5},
        {.kind = GV_SEGMENT_TEXT, .text = "", .bytes = 0},
        {.kind = GV_SEGMENT_BLOB_BASE64, .sha256 = "b", .bytes = 5},
        {.kind = GV_SEGMENT_BLOB, .sha256 = "b", .bytes = 5},
        {.kind = GV_SEGMENT_TEXT, .text = "end", .bytes = 3},
    };
    const struct gv_body body = {.segments = segments, .segment_count = 5, .content_type = "text/plain"};
    struct gv_curl_body stream = {.body = &body, .blobs = &fake.port};
    size_t bytes;

    fake.blobs[0] = (struct gv_fake_blob){"b", "film!", 5, 0};
    assert_int_equal(gv_curl_body_open(&stream, NULL), GV_OK);
    for (int i = 0; i < 2; i++) { /* a second time after rewinding */
        char *got = drain(&stream, 3, &bytes);
        assert_int_equal(bytes, 21);
        assert_memory_equal(got, "film!ZmlsbSE=film!end", 21);
        free(got);
        gv_curl_body_rewind(&stream);
    }
    gv_curl_body_free(&stream);
}

static void rewinding_in_the_middle_begins_anew(void **state)
{
    (void)state;
    const struct gv_segment segment = {.kind = GV_SEGMENT_BLOB_BASE64, .sha256 = "b", .bytes = 100000};
    const struct gv_body body = {.segments = &segment, .segment_count = 1, .content_type = "text/plain"};
    struct gv_curl_body stream = {.body = &body, .blobs = &fake.port};
    char first[1000], again[1000];

    fake.blobs[0] = (struct gv_fake_blob){"b", data, 100000, 0};
    assert_int_equal(gv_curl_body_open(&stream, NULL), GV_OK);
    assert_int_equal(gv_curl_body_read(&stream, first, sizeof first, NULL), sizeof first);
    for (int i = 0; i < 90; i++)
        gv_curl_body_read(&stream, again, sizeof again, NULL);
    gv_curl_body_rewind(&stream);
    assert_int_equal(gv_curl_body_read(&stream, again, sizeof again, NULL), sizeof again);
    assert_memory_equal(first, again, sizeof first);
    gv_curl_body_free(&stream);
    assert_int_equal(fake.open_readers, 0);
}

/* A blob that comes second is found as well, and what was opened before it is closed again. */
static void a_blob_of_another_length_is_found_before_sending(void **state)
{
    (void)state;
    const struct gv_segment segments[] = {
        {.kind = GV_SEGMENT_BLOB, .sha256 = "b", .bytes = 5},
        {.kind = GV_SEGMENT_BLOB_BASE64, .sha256 = "b", .bytes = 6},
    };
    const struct gv_body body = {.segments = segments, .segment_count = 2, .content_type = "text/plain"};
    struct gv_curl_body stream = {.body = &body, .blobs = &fake.port};
    struct gv_error err = {0};

    fake.blobs[0] = (struct gv_fake_blob){"b", "film!", 5, 0};
    assert_int_equal(gv_curl_body_open(&stream, &err), GV_INTERNAL_ERROR);
    assert_non_null(strstr(err.message, "5 bytes where 6"));
    gv_curl_body_free(&stream);
    assert_int_equal(fake.open_readers, 0);
}

/* Nothing is opened once a request is under way: it could fail there, and a create that stops in its body counts as
 * one whose answer is lost. */
static void every_blob_is_open_before_the_first_byte(void **state)
{
    (void)state;
    const struct gv_segment segments[] = {
        {.kind = GV_SEGMENT_TEXT, .text = "a", .bytes = 1},
        {.kind = GV_SEGMENT_BLOB, .sha256 = "b", .bytes = 5},
        {.kind = GV_SEGMENT_BLOB, .sha256 = "c", .bytes = 3},
    };
    const struct gv_body body = {.segments = segments, .segment_count = 3, .content_type = "text/plain"};
    struct gv_curl_body stream = {.body = &body, .blobs = &fake.port};
    size_t bytes;

    fake.blobs[0] = (struct gv_fake_blob){"b", "film!", 5, 0};
    fake.blobs[1] = (struct gv_fake_blob){"c", "cut", 3, 0};
    assert_int_equal(gv_curl_body_open(&stream, NULL), GV_OK);
    assert_int_equal(fake.open_readers, 2);
    char *got = drain(&stream, 2, &bytes);
    assert_int_equal(bytes, 9);
    assert_memory_equal(got, "afilm!cut", 9);
    assert_int_equal(fake.open_readers, 2);
    free(got);
    gv_curl_body_free(&stream);
    assert_int_equal(fake.open_readers, 0);
}

/* An exchange is over for its owner when it was told so, and its streams are closed after that. */
static void a_body_that_is_gone_is_not_read_again(void **state)
{
    (void)state;
    const struct gv_segment segments[] = {{.kind = GV_SEGMENT_BLOB, .sha256 = "b", .bytes = 5}};
    struct gv_body body = {.segments = segments, .segment_count = 1, .content_type = "text/plain"};
    struct gv_curl_body stream = {.body = &body, .blobs = &fake.port};

    fake.blobs[0] = (struct gv_fake_blob){"b", "film!", 5, 0};
    assert_int_equal(gv_curl_body_open(&stream, NULL), GV_OK);
    body = (struct gv_body){.segment_count = 0};
    gv_curl_body_free(&stream);
    assert_int_equal(fake.open_readers, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(base64_equals_the_plain_encoder, set_up),
        cmocka_unit_test_setup(segments_of_all_kinds_follow_each_other, set_up),
        cmocka_unit_test_setup(rewinding_in_the_middle_begins_anew, set_up),
        cmocka_unit_test_setup(a_blob_of_another_length_is_found_before_sending, set_up),
        cmocka_unit_test_setup(every_blob_is_open_before_the_first_byte, set_up),
        cmocka_unit_test_setup(a_body_that_is_gone_is_not_read_again, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
