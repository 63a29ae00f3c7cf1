/* Signing, the error tables, and replies that are not what they should be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "provider/runway/runway_wire.h"

static struct gv_arena arena;

static int tear_down(void **state)
{
    (void)state;
    gv_arena_free(&arena);
    return 0;
}

/* ---- signing ---------------------------------------------------------------------------------------- */

static int sign(struct gv_header headers[GV_HEADERS_MAX], size_t *count, unsigned set, const char *key,
                const char *secret)
{
    struct gv_settings settings = {.values = {[RUNWAY_AT_API_KEY] = key, [RUNWAY_AT_API_SECRET] = secret}};
    struct gv_sign_with with = {.settings = &settings, .credential_set = set};
    struct gv_call call = {.what = "x"};
    struct gv_error err = {0};
    *count = 0;
    return gv_provider_runway.sign(headers, count, &call, &with, &arena, &err);
}

static void either_name_of_the_key_signs(void **state)
{
    (void)state;
    struct gv_header headers[GV_HEADERS_MAX];
    size_t count;
    assert_int_equal(sign(headers, &count, RUNWAY_SET_API_KEY, "key_a", "key_b"), GV_OK);
    assert_int_equal(count, 2);
    assert_string_equal(headers[0].name, "Authorization");
    assert_string_equal(headers[0].value, "Bearer key_a");
    assert_string_equal(headers[1].name, "X-Runway-Version");
    assert_string_equal(headers[1].value, "2024-11-06");
    assert_int_equal(sign(headers, &count, RUNWAY_SET_API_SECRET, NULL, "key_b"), GV_OK);
    assert_string_equal(headers[0].value, "Bearer key_b");
}

static void without_credentials_nothing_is_signed(void **state)
{
    (void)state;
    struct gv_header headers[GV_HEADERS_MAX];
    size_t count;
    assert_int_equal(sign(headers, &count, 0, "key_a", NULL), GV_INTERNAL_ERROR);
    assert_int_equal(sign(headers, &count, RUNWAY_SET_API_KEY, "", "key_b"), GV_INTERNAL_ERROR);
    assert_int_equal(count, 0);
}

/* ---- answers ---------------------------------------------------------------------------------------- */

static struct runway_answer read_reply(int status, const char *body)
{
    struct gv_reply reply = {.status = status, .content_type = "", .body = body, .body_bytes = strlen(body)};
    return runway_read(&reply, &arena);
}

static void all_issues_are_told_and_the_first_names_the_field(void **state)
{
    (void)state;
    struct runway_answer answer = read_reply(
        400, "{\"error\":\"Validation of body failed\",\"issues\":["
             "{\"code\":\"custom\",\"message\":\"Failed to fetch asset.\",\"path\":[\"promptImage\",0,\"uri\"]},"
             "{\"code\":\"invalid_type\",\"path\":[\"ratio\"],\"message\":\"Invalid option\"},{\"path\":7}]}");
    struct gv_error err = runway_refusal(&answer, "make the film", GV_STAGE_CREATE, GV_NO);
    assert_int_equal(err.code, GV_INVALID_INPUT);
    assert_string_equal(err.field, "promptImage.0.uri");
    assert_string_equal(err.message, "Runway refused to make the film: Validation of body failed; promptImage.0.uri: "
                                     "Failed to fetch asset.; ratio: Invalid option; no message (HTTP 400).");
    assert_string_equal(err.provider_code, "400");
}

static void endless_issues_are_cut(void **state)
{
    (void)state;
    const char *issues = "{\"message\":\"long long long long long long long long long\"}";
    for (int i = 0; i < 6; i++)
        issues = gv_arena_printf(&arena, "%s,%s", issues, issues);
    struct runway_answer answer =
        read_reply(400, gv_arena_printf(&arena, "{\"error\":\"no\",\"issues\":[%s]}", issues));
    assert_true(strlen(answer.message) <= 480);
}

static void a_refusal_for_want_of_money_names_no_field(void **state)
{
    (void)state;
    struct runway_answer answer = read_reply(400, "{\"error\":\"You do not have enough credits to run this task.\","
                                                  "\"issues\":[{\"path\":[\"x\"],\"message\":\"m\"}]}");
    struct gv_error err = runway_refusal(&answer, "make the film", GV_STAGE_CREATE, GV_NO);
    assert_int_equal(err.code, GV_QUOTA_EXCEEDED);
    assert_string_equal(err.field, "");
}

/* Section 6, told once more by hand. */
static void every_status_means_what_the_sheet_says(void **state)
{
    (void)state;
    static const struct {
        int http;
        const char *body;
        enum runway_class class;
    } rows[] = {
        {200, "{\"id\":\"a\"}", RUNWAY_DONE},
        {204, "", RUNWAY_DONE},
        {302, "", RUNWAY_LOST},
        {400, "{\"error\":\"You do not have enough credits\"}", RUNWAY_REFUSED},
        {400, "<html>", RUNWAY_REFUSED},
        {401, "{\"error\":\"No API key was provided.\"}", RUNWAY_REFUSED},
        {404, "{\"error\":\"Could not find Task\"}", RUNWAY_ABSENT},
        {405, "", RUNWAY_REFUSED},
        {408, "", RUNWAY_LOST},
        {409, "{\"error\":\"x\"}", RUNWAY_BUSY},
        {413, "", RUNWAY_REFUSED},
        {429, "{\"error\":\"Your Daily task limit has been reached.\"}", RUNWAY_REFUSED},
        {429, "", RUNWAY_BUSY},
        {451, "", RUNWAY_REFUSED},
        {500, "{\"error\":\"x\"}", RUNWAY_LOST},
        {502, "<html>", RUNWAY_LOST},
        {503, "", RUNWAY_LOST},
        {504, "", RUNWAY_LOST},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        if (read_reply(rows[i].http, rows[i].body).class != rows[i].class)
            fail_msg("%d %s is read as %d", rows[i].http, rows[i].body, read_reply(rows[i].http, rows[i].body).class);
    }
}

/* ---- tasks ------------------------------------------------------------------------------------------ */

/* Section 5.4, told once more by hand. */
static void every_failure_means_what_the_sheet_says(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        enum gv_code error;
        enum gv_known retryable, charged;
        enum gv_stage stage;
    } rows[] = {
        {"SAFETY.INPUT.TEXT", GV_GENERATION_FAILED, GV_NO, GV_YES, GV_STAGE_RENDER},
        {"SAFETY.OUTPUT.VIDEO", GV_GENERATION_FAILED, GV_NO, GV_UNKNOWN, GV_STAGE_OUTPUT},
        {"SAFETY", GV_GENERATION_FAILED, GV_NO, GV_UNKNOWN, GV_STAGE_RENDER},
        {"INPUT_PREPROCESSING.SAFETY.TEXT", GV_GENERATION_FAILED, GV_NO, GV_UNKNOWN, GV_STAGE_RENDER},
        {"INPUT_PREPROCESSING.SAFETY.THIRD_PARTY", GV_GENERATION_FAILED, GV_NO, GV_UNKNOWN, GV_STAGE_RENDER},
        {"INTERNAL.SAFETY", GV_GENERATION_FAILED, GV_NO, GV_UNKNOWN, GV_STAGE_RENDER},
        {"INPUT_PREPROCESSING.INTERNAL", GV_GENERATION_FAILED, GV_YES, GV_UNKNOWN, GV_STAGE_RENDER},
        {"INPUT_PREPROCESSING.ODD", GV_GENERATION_FAILED, GV_NO, GV_UNKNOWN, GV_STAGE_RENDER},
        {"INTERNAL.BAD_OUTPUT.CODE01", GV_GENERATION_FAILED, GV_YES, GV_UNKNOWN, GV_STAGE_OUTPUT},
        {"INTERNAL", GV_GENERATION_FAILED, GV_YES, GV_UNKNOWN, GV_STAGE_RENDER},
        {"", GV_GENERATION_FAILED, GV_YES, GV_UNKNOWN, GV_STAGE_RENDER},
        {"ASSET.INVALID", GV_INVALID_INPUT, GV_NO, GV_UNKNOWN, GV_STAGE_RENDER},
        {"THIRD_PARTY.UNAVAILABLE", GV_GENERATION_FAILED, GV_YES, GV_UNKNOWN, GV_STAGE_RENDER},
        {"THIRD_PARTY.INPUT_VALIDATION", GV_INVALID_INPUT, GV_NO, GV_UNKNOWN, GV_STAGE_RENDER},
        {"INTERNALS", GV_GENERATION_FAILED, GV_NO, GV_UNKNOWN, GV_STAGE_RENDER},
        {"UNSAFETY.X", GV_GENERATION_FAILED, GV_NO, GV_UNKNOWN, GV_STAGE_RENDER},
        {"NEW.THING", GV_GENERATION_FAILED, GV_NO, GV_UNKNOWN, GV_STAGE_RENDER},
        {"..", GV_GENERATION_FAILED, GV_NO, GV_UNKNOWN, GV_STAGE_RENDER},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        struct runway_task task = {.id = "t", .failure = "why", .failure_code = rows[i].code, .credits = -1};
        struct gv_error err = runway_task_error(&task);
        if (err.code != rows[i].error || err.retryable != rows[i].retryable || err.charged != rows[i].charged ||
            err.stage != rows[i].stage)
            fail_msg("%s: code %d, retryable %d, charged %d, stage %d", rows[i].code, err.code, err.retryable,
                     err.charged, err.stage);
        assert_string_equal(err.provider_code, rows[i].code);
        assert_non_null(strstr(err.message, "why"));
    }
}

static void what_was_charged_outweighs_the_table(void **state)
{
    (void)state;
    struct runway_task task = {.id = "t", .failure = "", .failure_code = "SAFETY.INPUT.TEXT", .credits = 0};
    assert_int_equal(runway_task_error(&task).charged, GV_NO);
    task.failure_code = "INTERNAL";
    task.credits = 60;
    struct gv_error err = runway_task_error(&task);
    assert_int_equal(err.charged, GV_YES);
    assert_non_null(strstr(err.message, "charged 60 credits"));
}

static bool read_task(struct runway_task *out, const char *body)
{
    struct runway_answer answer = read_reply(200, body);
    return runway_read_task(out, &answer, "t", false, &arena);
}

static void a_task_is_read_with_and_without_what_is_optional(void **state)
{
    (void)state;
    struct runway_task task;
    assert_true(read_task(&task, "{\"id\":\"t\",\"status\":\"FAILED\",\"failure\":\"x\"}"));
    assert_int_equal(task.status, RUNWAY_ENDED_BADLY);
    assert_string_equal(task.failure_code, "");
    assert_true(task.credits < 0);
    assert_true(read_task(&task, "{\"id\":\"t\",\"status\":\"RUNNING\"}"));
    assert_int_equal(task.progress, -1);
    assert_true(read_task(&task, "{\"id\":\"t\",\"status\":\"RUNNING\",\"progress\":1}"));
    assert_int_equal(task.progress, 100);
    assert_true(read_task(&task, "{\"id\":\"t\",\"status\":\"RUNNING\",\"progress\":17}"));
    assert_int_equal(task.progress, -1);
    assert_true(read_task(&task, "{\"id\":\"t\",\"status\":\"SUCCEEDED\",\"output\":[7,null,\"\",\"https://c/a\"]}"));
    assert_int_equal(task.output_count, 1);
    assert_true(read_task(&task, "{\"id\":\"t\",\"status\":\"CANCELED\"}"));
    assert_int_equal(task.status, RUNWAY_STATUS_UNKNOWN);
}

static void what_is_not_our_task_is_none(void **state)
{
    (void)state;
    static const char *const bodies[] = {"",
                                         "[]",
                                         "null",
                                         "{}",
                                         "{\"id\":\"t\"}",
                                         "{\"status\":\"RUNNING\"}",
                                         "{\"id\":\"u\",\"status\":\"RUNNING\"}",
                                         "{\"id\":7,\"status\":\"RUNNING\"}"};
    struct runway_task task;
    for (size_t i = 0; i < GV_COUNT(bodies); i++)
        assert_false(read_task(&task, bodies[i]));
}

static void an_id_can_not_leave_its_place_in_the_path(void **state)
{
    (void)state;
    assert_string_equal(runway_call_poll("../a b?c&d", &arena).path, "/v1/tasks/%2E%2E%2Fa%20b%3Fc%26d");
    assert_string_equal(runway_call_delete("t1", &arena).path, "/v1/tasks/t1");
}

static void an_endless_id_is_none(void **state)
{
    (void)state;
    char id[200];
    memset(id, 'x', sizeof(id));
    id[sizeof(id) - 1] = '\0';
    struct runway_answer answer = read_reply(200, gv_arena_printf(&arena, "{\"id\":\"%s\"}", id));
    assert_null(runway_read_created(&answer));
}

/* ---- uploads ---------------------------------------------------------------------------------------- */

static void a_slot_that_could_not_be_filled_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        bool usable;
    } rows[] = {
        {"{\"uploadUrl\":\"https://u.example/\",\"fields\":{},\"runwayUri\":\"runway://a\"}", true},
        {"{\"uploadUrl\":\"ftp://u.example/\",\"fields\":{},\"runwayUri\":\"runway://a\"}", false},
        {"{\"uploadUrl\":\"https://u.example/\",\"fields\":{},\"runwayUri\":\"https://a\"}", false},
        {"{\"uploadUrl\":\"https://u.example/\",\"fields\":[],\"runwayUri\":\"runway://a\"}", false},
        {"{\"uploadUrl\":\"https://u.example/\",\"fields\":{\"a\":1},\"runwayUri\":\"runway://a\"}", false},
        {"{\"uploadUrl\":\"https://u.example/\",\"fields\":{\"a\\r\\nb\":\"c\"},\"runwayUri\":\"runway://a\"}", false},
        {"{\"uploadUrl\":\"https://u.example/\",\"fields\":{\"a\":\"--golem-video-j\"},\"runwayUri\":\"runway://a\"}",
         false},
        {"{\"fields\":{},\"runwayUri\":\"runway://a\"}", false},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        struct runway_slot slot;
        struct runway_answer answer = read_reply(200, rows[i].body);
        if (runway_read_slot(&slot, &answer, "j", &arena) != rows[i].usable)
            fail_msg("%s", rows[i].body);
    }
}

static void a_data_uri_has_at_most_5242880_characters(void **state)
{
    (void)state;
    /* "data:image/png;base64," has 22 characters; the rest holds 3932142 bytes. */
    struct gv_blob_info blob = {.mime_type = "image/png", .bytes = 3932142};
    assert_true(runway_goes_inside(&blob));
    blob.bytes++;
    assert_false(runway_goes_inside(&blob));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_name_of_the_key_signs),
        cmocka_unit_test(without_credentials_nothing_is_signed),
        cmocka_unit_test(all_issues_are_told_and_the_first_names_the_field),
        cmocka_unit_test(endless_issues_are_cut),
        cmocka_unit_test(a_refusal_for_want_of_money_names_no_field),
        cmocka_unit_test(every_status_means_what_the_sheet_says),
        cmocka_unit_test(every_failure_means_what_the_sheet_says),
        cmocka_unit_test(what_was_charged_outweighs_the_table),
        cmocka_unit_test(a_task_is_read_with_and_without_what_is_optional),
        cmocka_unit_test(what_is_not_our_task_is_none),
        cmocka_unit_test(an_id_can_not_leave_its_place_in_the_path),
        cmocka_unit_test(an_endless_id_is_none),
        cmocka_unit_test(a_slot_that_could_not_be_filled_is_none),
        cmocka_unit_test(a_data_uri_has_at_most_5242880_characters),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
