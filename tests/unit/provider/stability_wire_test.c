/* Forms to the byte, the error table row by row, and what is read of answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "support/stability_kit.h"

static struct gv_arena arena;

static int free_arena(void **state)
{
    (void)state;
    gv_arena_free(&arena);
    arena = (struct gv_arena){0};
    return 0;
}

static const char *body_text(const struct gv_body *body)
{
    struct provider_kit kit = {.effect.call.body = *body};
    const char *text = gv_arena_strdup(&arena, provider_kit_body(&kit));
    provider_kit_free(&kit);
    return text;
}

/* ---- forms ------------------------------------------------------------------------------------------ */

static void a_films_form_to_the_byte(void **state)
{
    (void)state;
    struct gv_blob_info frame = {.sha256 = STABILITY_KIT_FRAME_SHA, .bytes = 1000, .mime_type = "image/png"};
    struct stability_plan plan = {
        .has_seed = true, .seed = 4294967294u, .has_cfg_scale = true, .cfg_scale = 1.8f, .motion = 127};
    struct gv_call call = stability_call_create(&plan, &frame, "job-42", &arena);
    static const char expected[] = "--golem-video-job-42-0\r\n"
                                   "Content-Disposition: form-data; name=\"seed\"\r\n\r\n4294967294\r\n"
                                   "--golem-video-job-42-0\r\n"
                                   "Content-Disposition: form-data; name=\"cfg_scale\"\r\n\r\n1.8\r\n"
                                   "--golem-video-job-42-0\r\n"
                                   "Content-Disposition: form-data; name=\"motion_bucket_id\"\r\n\r\n127\r\n"
                                   "--golem-video-job-42-0\r\n"
                                   "Content-Disposition: form-data; name=\"image\"; filename=\"image.png\"\r\n"
                                   "Content-Type: image/png\r\n\r\n"
                                   "<blob " STABILITY_KIT_FRAME_SHA ">\r\n"
                                   "--golem-video-job-42-0--\r\n";
    assert_string_equal(call.body.content_type, "multipart/form-data; boundary=golem-video-job-42-0");
    assert_string_equal(body_text(&call.body), expected);
    assert_int_equal(gv_body_length(&call.body),
                     sizeof(expected) - 1 - strlen("<blob " STABILITY_KIT_FRAME_SHA ">") + 1000);
    assert_int_equal(call.kind, GV_CALL_CREATE);
    assert_string_equal(call.path, "/v2beta/image-to-video");
}

static void no_prompt_can_end_its_part(void **state)
{
    (void)state;
    struct stability_plan plan = {.prompt = "x\r\n--golem-video-j-0\r\nContent-Disposition: form-data; "
                                            "name=\"seed\"\r\n\r\n1\r\n--golem-video-j-1--\r\n",
                                  .image_model = &stability_image_models[0],
                                  .ratio = GV_RATIO_SQUARE};
    struct gv_call call = stability_call_draw(&plan, "j", &arena);
    assert_string_equal(call.body.content_type, "multipart/form-data; boundary=golem-video-j-2");
    assert_null(strstr(plan.prompt, strrchr(call.body.content_type, '=') + 1));
}

static void the_longest_job_id_fits_a_boundary(void **state)
{
    (void)state;
    struct gv_call call = stability_call_probe("0123456789012345678901234567890123456789", &arena);
    assert_true(strlen(strrchr(call.body.content_type, '=') + 1) <= 70);
    assert_int_equal(call.kind, GV_CALL_READ);
}

/* ---- signing ---------------------------------------------------------------------------------------- */

static void calls_carry_the_key(void **state)
{
    (void)state;
    struct gv_settings settings = {.values = {"sk-1", "https://x.example"}};
    struct gv_sign_with with = {.settings = &settings, .credential_set = STABILITY_SET_API_KEY};
    struct gv_header headers[GV_HEADERS_MAX];
    struct gv_error err = {0};
    size_t count = 0;
    assert_int_equal(stability_sign(headers, &count, NULL, &with, &arena, &err), GV_OK);
    assert_string_equal(headers[0].value, "Bearer sk-1");
    settings.values[STABILITY_AT_API_KEY] = "";
    assert_int_equal(stability_sign(headers, &count, NULL, &with, &arena, &err), GV_INTERNAL_ERROR);
    assert_int_equal(count, 1);
}

/* ---- errors ----------------------------------------------------------------------------------------- */

static struct stability_answer read(int status, const char *type, const char *body)
{
    struct gv_reply reply = {.status = status, .content_type = type, .body = body, .body_bytes = strlen(body)};
    return stability_read(&reply, &arena);
}

#define ENVELOPE(name) "{\"errors\":[\"first\",\"second\"],\"id\":\"ref\",\"name\":\"" name "\"}"

static void every_refusal_is_told_apart(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum stability_class class;
        enum gv_code code;
        enum gv_known retryable, charged;
        const char *provider_code;
    } rows[] = {
        {400, ENVELOPE("bad_request"), STABILITY_REFUSED, GV_INVALID_INPUT, GV_NO, GV_NO, "bad_request"},
        {401, "{\"message\":\"Incorrect API key provided\"}", STABILITY_REFUSED, GV_INTERNAL_ERROR, GV_NO, GV_NO,
         "401"},
        {402, ENVELOPE("payment_required"), STABILITY_REFUSED, GV_QUOTA_EXCEEDED, GV_NO, GV_NO, "payment_required"},
        {403, ENVELOPE("content_moderation"), STABILITY_REFUSED, GV_GENERATION_FAILED, GV_NO, GV_NO,
         "content_moderation"},
        {403, ENVELOPE("forbidden"), STABILITY_REFUSED, GV_UNSUPPORTED_FEATURE, GV_NO, GV_NO, "forbidden"},
        {404, ENVELOPE("not_found"), STABILITY_ABSENT, GV_INTERNAL_ERROR, GV_NO, GV_NO, "not_found"},
        {413, "", STABILITY_REFUSED, GV_INVALID_INPUT, GV_NO, GV_NO, "413"},
        {422, ENVELOPE("x"), STABILITY_REFUSED, GV_INVALID_INPUT, GV_NO, GV_NO, "x"},
        {429, ENVELOPE("rate_limit_exceeded"), STABILITY_BUSY, GV_QUOTA_EXCEEDED, GV_YES, GV_NO, "rate_limit_exceeded"},
        {500, ENVELOPE("internal_error"), STABILITY_LOST, GV_INTERNAL_ERROR, GV_YES, GV_UNKNOWN, "internal_error"},
        {418, "", STABILITY_REFUSED, GV_INTERNAL_ERROR, GV_NO, GV_NO, "418"},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        struct stability_answer answer = read(rows[i].status, "application/json", rows[i].body);
        struct gv_error err = stability_refusal(&answer, "make the film", GV_STAGE_CREATE);
        assert_int_equal(answer.class, rows[i].class);
        assert_int_equal(err.code, rows[i].code);
        assert_int_equal(err.retryable, rows[i].retryable);
        assert_int_equal(err.charged, rows[i].charged);
        assert_string_equal(err.provider_code, rows[i].provider_code);
    }
    assert_true(stability_code_count == 10);
}

static void statuses_without_a_row_have_a_class(void **state)
{
    (void)state;
    static const struct {
        int status;
        enum stability_class class;
    } rows[] = {{200, STABILITY_DONE},    {202, STABILITY_PENDING}, {204, STABILITY_LOST},    {302, STABILITY_LOST},
                {405, STABILITY_REFUSED}, {408, STABILITY_LOST},    {410, STABILITY_REFUSED}, {502, STABILITY_LOST},
                {503, STABILITY_LOST},    {504, STABILITY_LOST}};
    for (size_t i = 0; i < GV_COUNT(rows); i++)
        assert_int_equal(read(rows[i].status, "", "").class, rows[i].class);
}

static void all_shapes_of_words_are_read(void **state)
{
    (void)state;
    struct stability_answer answer = read(400, "application/json", ENVELOPE("bad_request"));
    assert_string_equal(answer.message, "first; second");
    assert_string_equal(answer.support_id, "ref");
    assert_string_equal(read(401, "application/json", "{\"message\":\"no\"}").message, "no");
    assert_string_equal(read(503, "text/plain", "try later").message, "try later");
    assert_string_equal(read(502, "text/html", "<html>").message, "no reason given");
    assert_string_equal(read(400, "application/json", "{\"errors\":\"x\",\"name\":3}").name, "");
    char long_words[2000];
    snprintf(long_words, sizeof(long_words), "{\"errors\":[\"%01500d\",\"b\"]}", 0);
    assert_int_equal(strlen(read(400, "application/json", long_words).message), 400);
}

/* ---- results ---------------------------------------------------------------------------------------- */

static void only_64_hex_digits_enter_a_path(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "a6dc", STABILITY_KIT_ID "0",
                                      "A6dc6c6e20acda010fe14d71f180658f2896ed9b4ec25aa99a6ff06c796987c4",
                                      "../c6c6e20acda010fe14d71f180658f2896ed9b4ec25aa99a6ff06c796987c4"};
    for (size_t i = 0; i < GV_COUNT(bad); i++)
        assert_false(stability_is_task_id(bad[i]));
    assert_false(stability_is_task_id(NULL));
    struct stability_answer answer = read(200, "", "{\"id\":\"" STABILITY_KIT_ID "\"}");
    assert_string_equal(stability_read_created(&answer), STABILITY_KIT_ID);
    answer = read(200, "", "{\"id\":7}");
    assert_null(stability_read_created(&answer));
}

static void results_are_what_was_lifted(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        bool good;
    } rows[] = {
        {"{\"video\":\"blob:1\",\"finish_reason\":\"SUCCESS\",\"seed\":5}", true},
        {"{\"video\":\"blob:1\",\"finish_reason\":\"SUCCESS\"}", true},
        {"{\"video\":\"blob:0\",\"finish_reason\":\"SUCCESS\"}", false}, /* a picture */
        {"{\"video\":\"blob:2\",\"finish_reason\":\"SUCCESS\"}", false},
        {"{\"video\":\"blob:\",\"finish_reason\":\"SUCCESS\"}", false},
        {"{\"video\":\"blob:1x\",\"finish_reason\":\"SUCCESS\"}", false},
        {"{\"video\":\"AAAA\",\"finish_reason\":\"SUCCESS\"}", false},
        {"{\"image\":\"blob:1\",\"finish_reason\":\"SUCCESS\"}", false},
        {"{\"video\":\"blob:1\"}", false},
        {"[]", false},
    };
    struct gv_blob_info lifted[] = {{.mime_type = "image/png"}, {.mime_type = "video/mp4"}};
    struct gv_event event = {.lifted = lifted, .lifted_count = 2};
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        struct stability_answer answer = read(200, "application/json", rows[i].body);
        struct stability_result result;
        assert_int_equal(stability_read_result(&result, &answer, "video", &event, &arena), rows[i].good);
        if (rows[i].good)
            assert_int_equal(result.lifted, 1);
        if (i == 0)
            assert_string_equal(result.seed, ", seed 5");
    }
}

#define T(name) cmocka_unit_test_teardown(name, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_films_form_to_the_byte),     T(no_prompt_can_end_its_part),      T(the_longest_job_id_fits_a_boundary),
        T(calls_carry_the_key),          T(every_refusal_is_told_apart),     T(statuses_without_a_row_have_a_class),
        T(all_shapes_of_words_are_read), T(only_64_hex_digits_enter_a_path), T(results_are_what_was_lifted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
