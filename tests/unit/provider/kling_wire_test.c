/* Signing, the error table, and replies that are not what they should be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "port/crypto.h"
#include "support/kling_kit.h"

#define VECTOR                                                                                                         \
    "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."                                                                     \
    "eyJpc3MiOiJ0ZXN0LWFrIiwiZXhwIjoxNzAwMDAxODAwLCJuYmYiOjE2OTk5OTk5OTV9."                                            \
    "WVi2E6Zh6XjoahLqvgwjrspinAR_wIVTs0y9SGAH0Gs"

static struct gv_arena arena;

static int tear_down(void **state)
{
    (void)state;
    gv_arena_free(&arena);
    return 0;
}

static int sign(const char **out, unsigned set, int64_t now_s, int64_t skew_s)
{
    static const struct gv_settings settings = {
        .values = {[KLING_AT_API_KEY] = "key-1", [KLING_AT_ACCESS_KEY] = "test-ak", [KLING_AT_SECRET_KEY] = "test-sk"}};
    struct gv_sign_with with = {
        .settings = &settings, .credential_set = set, .now_s = now_s, .crypto = &gv_crypto_openssl};
    struct gv_call call = {.clock_skew_s = skew_s};
    struct gv_header headers[GV_HEADERS_MAX];
    size_t count = 0;
    struct gv_error err = {0};
    int result = gv_provider_kling.sign(headers, &count, &call, &with, &arena, &err);
    if (result != GV_OK)
        return result;
    assert_int_equal(count, 1);
    assert_string_equal(headers[0].name, "Authorization");
    *out = headers[0].value;
    return GV_OK;
}

static void a_token_is_the_published_vector(void **state)
{
    (void)state;
    const char *value = NULL;
    assert_int_equal(sign(&value, KLING_SET_JWT, 1700000000, 0), GV_OK);
    assert_string_equal(value, VECTOR);
}

static void a_token_is_shifted_by_the_skew(void **state)
{
    (void)state;
    const char *value = NULL;
    assert_int_equal(sign(&value, KLING_SET_JWT, 1700000090, -90), GV_OK);
    assert_string_equal(value, VECTOR);
}

static void an_api_key_goes_as_it_is(void **state)
{
    (void)state;
    const char *value = NULL;
    assert_int_equal(sign(&value, KLING_SET_API_KEY, 1700000000, 0), GV_OK);
    assert_string_equal(value, "Bearer key-1");
}

static void without_credentials_nothing_is_signed(void **state)
{
    (void)state;
    const char *value = NULL;
    assert_int_equal(sign(&value, 0, 1700000000, 0), GV_INTERNAL_ERROR);
    assert_null(value);
}

static struct kling_answer read_reply(int status, const char *body)
{
    struct gv_reply reply = {.status = status, .content_type = "", .body = body, .body_bytes = strlen(body)};
    return kling_read(&reply, &arena);
}

/* What the vendor's table says, told once more by hand. */
static const struct {
    int http, code;
    enum kling_class class;
    enum gv_code error;
    enum gv_known retryable;
} expected[] = {
    {401, 1000, KLING_REFUSED, GV_INTERNAL_ERROR, GV_NO},      {401, 1001, KLING_REFUSED, GV_INTERNAL_ERROR, GV_NO},
    {401, 1002, KLING_REFUSED, GV_INTERNAL_ERROR, GV_NO},      {401, 1003, KLING_CLOCK, GV_INTERNAL_ERROR, GV_YES},
    {401, 1004, KLING_CLOCK, GV_INTERNAL_ERROR, GV_YES},       {429, 1100, KLING_REFUSED, GV_QUOTA_EXCEEDED, GV_NO},
    {429, 1101, KLING_REFUSED, GV_QUOTA_EXCEEDED, GV_NO},      {429, 1102, KLING_REFUSED, GV_QUOTA_EXCEEDED, GV_NO},
    {403, 1103, KLING_REFUSED, GV_UNSUPPORTED_FEATURE, GV_NO}, {400, 1200, KLING_REFUSED, GV_INVALID_INPUT, GV_NO},
    {400, 1201, KLING_REFUSED, GV_INVALID_INPUT, GV_NO},       {404, 1202, KLING_REFUSED, GV_INTERNAL_ERROR, GV_NO},
    {404, 1203, KLING_REFUSED, GV_UNSUPPORTED_FEATURE, GV_NO}, {400, 1300, KLING_REFUSED, GV_GENERATION_FAILED, GV_NO},
    {400, 1301, KLING_REFUSED, GV_GENERATION_FAILED, GV_NO},   {429, 1302, KLING_BUSY, GV_QUOTA_EXCEEDED, GV_YES},
    {429, 1303, KLING_BUSY, GV_QUOTA_EXCEEDED, GV_YES},        {429, 1304, KLING_REFUSED, GV_QUOTA_EXCEEDED, GV_NO},
    {500, 5000, KLING_LOST, GV_INTERNAL_ERROR, GV_YES},        {503, 5001, KLING_LOST, GV_INTERNAL_ERROR, GV_YES},
    {504, 5002, KLING_LOST, GV_INTERNAL_ERROR, GV_YES},
};

static void every_code_means_what_the_vendor_says(void **state)
{
    (void)state;
    assert_int_equal(kling_code_count, GV_COUNT(expected));
    for (size_t i = 0; i < GV_COUNT(expected); i++) {
        const char *body =
            gv_arena_printf(&arena, "{\"code\":%d,\"message\":\"words\",\"request_id\":\"r-7\"}", expected[i].code);
        /* With its own HTTP status, and with 200: the code decides. */
        for (int http = expected[i].http;; http = 200) {
            struct kling_answer answer = read_reply(http, body);
            assert_int_equal(answer.class, expected[i].class);
            struct gv_error err = kling_refusal(&answer, "create the task", GV_STAGE_CREATE, GV_NO);
            assert_int_equal(err.code, expected[i].error);
            assert_int_equal(err.retryable, expected[i].retryable);
            assert_int_equal(err.charged, GV_NO);
            assert_string_equal(err.provider, "kling");
            assert_string_equal(err.provider_code, gv_arena_printf(&arena, "%d", expected[i].code));
            assert_non_null(strstr(err.message, "words"));
            assert_non_null(strstr(err.message, "r-7"));
            if (http == 200)
                break;
        }
    }
}

static void a_code_1201_is_read_by_its_words(void **state)
{
    (void)state;
    assert_int_equal(read_reply(400, "{\"code\":1201,\"message\":\"External_task_id a already exists\"}").class,
                     KLING_EXISTS);
    assert_int_equal(read_reply(400, "{\"code\":1201,\"message\":\"Task not found by id/external id: a\"}").class,
                     KLING_ABSENT);
    assert_int_equal(read_reply(400, "{\"code\":1201,\"message\":\"duration is invalid\"}").class, KLING_REFUSED);
}

static void where_there_is_no_known_code_the_status_decides(void **state)
{
    (void)state;
    static const struct {
        int http;
        const char *body;
        enum kling_class class;
    } rows[] = {
        {502, "<html>Bad Gateway</html>", KLING_LOST},
        {200, "<html>hello</html>", KLING_LOST},
        {200, "", KLING_LOST},
        {200, "{\"code\":7777,\"message\":\"new\"}", KLING_LOST},
        {400, "{\"code\":7777}", KLING_REFUSED},
        {403, "<html>Forbidden</html>", KLING_REFUSED},
        {429, "slow down", KLING_BUSY},
        {408, "", KLING_LOST},
        {302, "", KLING_LOST},
        {500, "{\"code\":0}", KLING_LOST},
        {200, "{\"code\":\"0\",\"data\":{}}", KLING_LOST},
        {200, "[]", KLING_LOST},
        {200, "{\"code\":0}", KLING_DONE},
        {200, "{\"code\":-1}", KLING_LOST},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        if (read_reply(rows[i].http, rows[i].body).class != rows[i].class)
            fail_msg("%d %s is read as %d", rows[i].http, rows[i].body, read_reply(rows[i].http, rows[i].body).class);
    }
}

static void a_task_without_an_id_is_no_task(void **state)
{
    (void)state;
    struct kling_task task;
    struct kling_answer answer = read_reply(200, "{\"code\":0,\"data\":{\"task_status\":\"submitted\"}}");
    assert_null(kling_read_created(&answer));
    assert_false(kling_read_task(&task, &answer, NULL, false));
    answer = read_reply(200, "{\"code\":0}");
    assert_null(kling_read_created(&answer));
    assert_false(kling_read_task(&task, &answer, NULL, false));
}

static void a_task_of_another_external_id_is_not_ours(void **state)
{
    (void)state;
    struct kling_task task;
    struct kling_answer answer =
        read_reply(200, "{\"code\":0,\"data\":[{\"id\":\"1\",\"status\":\"submitted\",\"external_id\":"
                        "\"b\"},{\"id\":\"2\",\"status\":\"submitted\",\"external_id\":\"a\"}]}");
    assert_true(kling_read_task(&task, &answer, "a", false));
    assert_string_equal(task.id, "2");
    assert_false(kling_read_task(&task, &answer, "c", false));
}

static void watermarked_copies_are_outputs_only_where_asked_for(void **state)
{
    (void)state;
    struct kling_task task;
    struct kling_answer answer = read_reply(
        200, "{\"code\":0,\"data\":{\"task_id\":\"1\",\"task_status\":\"succeed\",\"task_result\":{\"videos\":["
             "{\"id\":\"v\",\"url\":\"u1\",\"watermark_url\":\"u2\"},{\"url\":\"u3\"},{\"id\":\"w\"}]}}}");
    assert_true(kling_read_task(&task, &answer, NULL, false));
    assert_int_equal(task.output_count, 2);
    assert_true(kling_read_task(&task, &answer, NULL, true));
    assert_int_equal(task.output_count, 3);
    assert_string_equal(task.outputs[1].url, "u2");
    assert_null(task.outputs[2].id);
}

static void an_id_can_not_leave_its_place_in_the_path(void **state)
{
    (void)state;
    struct kling_state job = {.task_id = "../a b?c&d"};
    struct gv_call call = kling_call_poll((struct kling_route){.product = KLING_TEXT2VIDEO}, &job, &arena);
    assert_string_equal(call.path, "/v1/videos/text2video/%2E%2E%2Fa%20b%3Fc%26d");
}

static void lip_sync_is_looked_up_by_list_or_by_path(void **state)
{
    (void)state;
    struct kling_state job = {.external_id = "gv-a"};
    struct kling_route route = {.product = KLING_LIP_SYNC};
    assert_string_equal(kling_call_look_up(route, &job, KLING_SET_API_KEY, &arena).path,
                        "/tasks?external_task_ids=gv-a");
    assert_string_equal(kling_call_look_up(route, &job, KLING_SET_JWT, &arena).path,
                        "/v1/videos/advanced-lip-sync/gv-a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_the_published_vector),
        cmocka_unit_test(a_token_is_shifted_by_the_skew),
        cmocka_unit_test(an_api_key_goes_as_it_is),
        cmocka_unit_test(without_credentials_nothing_is_signed),
        cmocka_unit_test(every_code_means_what_the_vendor_says),
        cmocka_unit_test(a_code_1201_is_read_by_its_words),
        cmocka_unit_test(where_there_is_no_known_code_the_status_decides),
        cmocka_unit_test(a_task_without_an_id_is_no_task),
        cmocka_unit_test(a_task_of_another_external_id_is_not_ours),
        cmocka_unit_test(watermarked_copies_are_outputs_only_where_asked_for),
        cmocka_unit_test(an_id_can_not_leave_its_place_in_the_path),
        cmocka_unit_test(lip_sync_is_looked_up_by_list_or_by_path),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
