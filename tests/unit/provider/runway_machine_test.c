/* The machine's stories, one expected line per step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/runway_kit.h"
#include "support/runway_words.h"

static struct provider_kit kit;

static int tear_down(void **state)
{
    (void)state;
    provider_kit_free(&kit);
    return 0;
}

static void to_uncertain(const char *document)
{
    runway_kit_start(&kit, document);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    provider_kit_expect_phase(&kit, "uncertain");
    gv_buf_clear(&kit.trace);
}

/* ---- the happy paths -------------------------------------------------------------------------------- */

static void a_film_is_made(void **state)
{
    (void)state;
    runway_kit_start(&kit, TEXT);
    provider_kit_reply(&kit, 200, CREATED);
    provider_kit_expect_note(&kit, "task t1, for at most 60 credits");
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 200, IS("t1", "\"status\":\"THROTTLED\""));
    provider_kit_expect_note(&kit, "begins by itself");
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 200, RENDERS);
    assert_int_equal(kit.effect.progress, 47);
    assert_true(kit.effect.wait.ms >= 5556); /* a tenth of jitter leaves 5 s */
    provider_kit_event(&kit, GV_EV_WAKE);
    provider_kit_reply(&kit, 200, DONE);
    provider_kit_expect_note(&kit, "charged 60 credits (US$0.60)");
    assert_string_equal(kit.effect.fetch.generation_id, "t1");
    assert_string_equal(kit.effect.fetch.want, "video/");
    provider_kit_fetched(&kit, 0);
    provider_kit_expect(&kit,
                        "new start -> " CREATE_LINE "submitting reply 200 -> running: wait\n"
                        "running timer -> " POLL_LINE "running reply 200 -> running: wait\n"
                        "running timer -> " POLL_LINE "running reply 200 -> running: wait\n"
                        "running wake -> " POLL_LINE "running reply 200 -> fetching: fetch 0 https://c/1.mp4?_jwt=a\n"
                        "fetching fetched -> succeeded: succeed\n");
}

static void what_is_no_film_is_left_and_said(void **state)
{
    (void)state;
    runway_kit_to_running(&kit);
    provider_kit_reply(&kit, 200,
                       IS("t1", "\"status\":\"SUCCEEDED\",\"output\":[\"https://c/s.WAV?x=.mp4\",\"https://c/1.mov\","
                                "\"https://c/2\"]"));
    provider_kit_expect_note(&kit, "Not fetched, being no film: wav");
    provider_kit_fetched(&kit, 0);
    provider_kit_fetched(&kit, 1);
    provider_kit_expect(&kit, "running reply 200 -> fetching: fetch 0 https://c/1.mov\n"
                              "fetching fetched -> fetching: fetch 1 https://c/2\n"
                              "fetching fetched -> succeeded: succeed\n");
    provider_kit_free(&kit);
    runway_kit_to_running(&kit);
    provider_kit_reply(&kit, 200, IS("t1", "\"status\":\"SUCCEEDED\",\"output\":[\"https://c/s.zip\"]"));
    provider_kit_expect(&kit, "running reply 200 -> failed: fail generation_failed\n");
    assert_int_equal(kit.effect.error.charged, GV_YES);
    assert_int_equal(kit.effect.error.stage, GV_STAGE_OUTPUT);
}

static void more_films_than_are_kept_are_said(void **state)
{
    (void)state;
    runway_kit_to_running(&kit);
    provider_kit_reply(&kit, 200,
                       IS("t1", "\"status\":\"SUCCEEDED\",\"output\":[\"https://c/1\",\"https://c/2\",\"https://c/3\","
                                "\"https://c/4\",\"https://c/5\",\"https://c/6\",\"https://c/7\",\"https://c/8\","
                                "\"https://c/9\",\"https://c/10\"]"));
    provider_kit_expect_note(&kit, "first 8 films are kept; 2 more are not");
    assert_int_equal(runway_kit_state(&kit)->output_count, 8);
}

static void a_picture_then_a_film_each_paid_once(void **state)
{
    (void)state;
    runway_kit_start(&kit, BY_PICTURE);
    provider_kit_reply(&kit, 200, CREATED_IMAGE);
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_reply(&kit, 200, DONE_IMAGE);
    provider_kit_expect_note(&kit, "charged 5 credits");
    provider_kit_reply(&kit, 429, BUSY);
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_reply(&kit, 200, CREATED);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_expect(&kit, "new start -> imaging: POST /v1/text_to_image\n"
                              "imaging reply 200 -> image_running: wait\n"
                              "image_running resumed -> image_running: GET /v1/tasks/i1\n"
                              "image_running reply 200 -> submitting: POST /v1/image_to_video\n"
                              "submitting reply 429 -> new: back off\n"
                              "new resumed -> submitting: POST /v1/image_to_video\n"
                              "submitting reply 200 -> running: wait\n"
                              "running timer -> " POLL_LINE);
}

static void a_refused_film_leaves_the_picture_paid(void **state)
{
    (void)state;
    runway_kit_start(&kit, BY_PICTURE);
    provider_kit_reply(&kit, 200, CREATED_IMAGE);
    provider_kit_reply(&kit, 200, DONE_IMAGE);
    provider_kit_reply(&kit, 400, "{\"error\":\"Validation of body failed\"}");
    provider_kit_expect_phase(&kit, "failed");
    assert_int_equal(kit.effect.error.charged, GV_YES);
}

/* ---- uploads ---------------------------------------------------------------------------------------- */

static void a_large_file_goes_up_first(void **state)
{
    (void)state;
    runway_kit_start(&kit, LARGE);
    provider_kit_reply(&kit, 200, SLOT);
    assert_int_equal(kit.effect.call.kind, GV_CALL_READ);
    assert_string_equal(kit.effect.call.body.content_type, "multipart/form-data; boundary=golem-video-job-42");
    provider_kit_reply(&kit, 201, "<xml/>");
    assert_non_null(strstr(provider_kit_body(&kit), "\"videoUri\":\"runway://abc\""));
    provider_kit_expect(&kit, "new start -> reserving: POST /v1/uploads\n"
                              "reserving reply 200 -> uploading: POST https://u.example/b?s=1\n"
                              "uploading reply 201 -> submitting: POST /v1/video_upscale\n");
}

static void a_lost_upload_asks_for_another_slot(void **state)
{
    (void)state;
    runway_kit_start(&kit, LARGE);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 200, SLOT);
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_reply(&kit, 200, SLOT);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 200, SLOT);
    provider_kit_reply(&kit, 403, "<Error/>");
    provider_kit_expect(&kit, "new start -> reserving: POST /v1/uploads\n"
                              "reserving no_reply -> new: back off\n"
                              "new timer -> reserving: POST /v1/uploads\n"
                              "reserving reply 200 -> uploading: POST https://u.example/b?s=1\n"
                              "uploading resumed -> reserving: POST /v1/uploads\n"
                              "reserving reply 200 -> uploading: POST https://u.example/b?s=1\n"
                              "uploading no_reply -> new: back off\n"
                              "new timer -> reserving: POST /v1/uploads\n"
                              "reserving reply 200 -> uploading: POST https://u.example/b?s=1\n"
                              "uploading reply 403 -> new: back off\n");
}

static void uploads_are_not_tried_for_ever(void **state)
{
    (void)state;
    runway_kit_start(&kit, LARGE);
    for (unsigned i = 1; i < RUNWAY_SLOTS_MAX; i++) {
        provider_kit_reply(&kit, 200,
                           i % 2 ? "{}"
                                 : "{\"uploadUrl\":\"https://u/\",\"runwayUri\":\"runway://a\","
                                   "\"fields\":{\"a\\\"b\":\"c\"}}");
        provider_kit_expect_phase(&kit, "new");
        provider_kit_event(&kit, GV_EV_TIMER);
    }
    provider_kit_reply(&kit, 200, SLOT);
    provider_kit_reply(&kit, 500, "");
    provider_kit_expect_phase(&kit, "failed");
    assert_int_equal(kit.effect.error.charged, GV_NO);
}

static void an_upload_is_made_again_before_it_expires(void **state)
{
    (void)state;
    runway_kit_start(&kit, LARGE);
    provider_kit_reply(&kit, 200, SLOT);
    provider_kit_reply(&kit, 204, "");
    provider_kit_reply(&kit, 429, BUSY);
    kit.step.now_ms += RUNWAY_UPLOAD_LIVES_MS;
    gv_buf_clear(&kit.trace);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_expect(&kit, "new timer -> reserving: POST /v1/uploads\n");
}

/* ---- busy, refused ---------------------------------------------------------------------------------- */

static void a_create_that_was_never_sent_is_sent_later(void **state)
{
    (void)state;
    runway_kit_start(&kit, TEXT);
    provider_kit_no_reply(&kit, GV_NOT_SENT);
    provider_kit_event(&kit, GV_EV_TIMER);
    struct gv_event event = {.kind = GV_EV_REPLY};
    event.reply = (struct gv_reply){
        .status = 429, .content_type = "", .body = BUSY, .body_bytes = strlen(BUSY), .retry_after_ms = 7000};
    provider_kit_feed(&kit, &event);
    assert_int_equal(kit.effect.wait.ms, 7000);
    provider_kit_expect(&kit, "new start -> " CREATE_LINE "submitting no_reply -> new: back off\n"
                              "new timer -> " CREATE_LINE "submitting reply 429 -> new: back off\n");
}

static void what_our_own_limits_forbid_is_not_tried_again(void **state)
{
    (void)state;
    runway_kit_start(&kit, TEXT);
    provider_kit_feed(&kit, &(struct gv_event){.kind = GV_EV_NO_REPLY, .final = true, .why = "no key"});
    provider_kit_expect(&kit, "new start -> " CREATE_LINE "submitting no_reply -> failed: fail internal_error\n");
    assert_int_equal(kit.effect.error.charged, GV_NO);
}

/* Section 6: what each answer does to a create. */
static void every_answer_ends_a_create_as_the_table_says(void **state)
{
    (void)state;
    static const struct {
        int http;
        const char *body, *phase;
        enum gv_code code;
        enum gv_known retryable;
    } rows[] = {
        {400, "{\"error\":\"You do not have enough credits to run this task.\"}", "failed", GV_QUOTA_EXCEEDED, GV_NO},
        {400, "{\"error\":\"Validation of body failed\"}", "failed", GV_INVALID_INPUT, GV_NO},
        {401, DENIED, "failed", GV_INTERNAL_ERROR, GV_NO},
        {403, "", "failed", GV_INTERNAL_ERROR, GV_NO},
        {404, "{\"error\":\"Not found\"}", "failed", GV_INTERNAL_ERROR, GV_NO},
        {405, "{\"error\":\"Method not allowed\"}", "failed", GV_INTERNAL_ERROR, GV_NO},
        {409, "{\"error\":\"Busy\"}", "new", GV_OK, GV_UNKNOWN},
        {418, "", "failed", GV_INTERNAL_ERROR, GV_NO},
        {429, "{\"error\":\"Your daily task limit has been reached.\"}", "failed", GV_QUOTA_EXCEEDED, GV_YES},
        {429, BUSY, "new", GV_OK, GV_UNKNOWN},
        {200, "<html>", "uncertain", GV_OK, GV_UNKNOWN},
        {200, "{}", "uncertain", GV_OK, GV_UNKNOWN},
        {302, "", "uncertain", GV_OK, GV_UNKNOWN},
        {408, "", "uncertain", GV_OK, GV_UNKNOWN},
        {500, "{\"error\":\"x\"}", "uncertain", GV_OK, GV_UNKNOWN},
        {502, "<html>", "uncertain", GV_OK, GV_UNKNOWN},
        {503, "", "uncertain", GV_OK, GV_UNKNOWN},
        {504, "", "uncertain", GV_OK, GV_UNKNOWN},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        runway_kit_start(&kit, TEXT);
        provider_kit_reply(&kit, rows[i].http, rows[i].body);
        provider_kit_expect_phase(&kit, rows[i].phase);
        assert_int_equal(kit.effect.error.code, rows[i].code);
        if (rows[i].code != GV_OK) {
            assert_int_equal(kit.effect.error.retryable, rows[i].retryable);
            assert_int_equal(kit.effect.error.charged, GV_NO);
            assert_int_equal(kit.effect.error.stage, GV_STAGE_CREATE);
            assert_string_equal(kit.effect.error.provider, "runway");
        }
        provider_kit_free(&kit);
    }
}

/* ---- pay once --------------------------------------------------------------------------------------- */

static void a_lost_create_is_parked_at_once(void **state)
{
    (void)state;
    runway_kit_start(&kit, TEXT);
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_expect(&kit, "new start -> " CREATE_LINE "submitting resumed -> uncertain: park\n");
    provider_kit_expect_note(&kit, "adopt its task id");
    provider_kit_resolve(&kit, GV_RESOLVE_LOOK_UP, NULL);
    provider_kit_event(&kit, GV_EV_WAKE);
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_resolve(&kit, GV_RESOLVE_ADOPT, "");
    provider_kit_resolve(&kit, GV_RESOLVE_ADOPT, "t1");
    provider_kit_reply(&kit, 200, RENDERS);
    provider_kit_expect(&kit, "uncertain resolve -> uncertain: park\n"
                              "uncertain wake -> uncertain: park\n"
                              "uncertain resumed -> uncertain: park\n"
                              "uncertain resolve -> uncertain: park\n"
                              "uncertain resolve -> " POLL_LINE "running reply 200 -> running: wait\n");
}

static void a_person_may_send_it_again_or_give_it_up(void **state)
{
    (void)state;
    to_uncertain(TEXT);
    provider_kit_resolve(&kit, GV_RESOLVE_RESUBMIT, NULL);
    provider_kit_reply(&kit, 400, "{\"error\":\"no\"}");
    provider_kit_expect(&kit,
                        "uncertain resolve -> " CREATE_LINE "submitting reply 400 -> failed: fail invalid_input\n");
    provider_kit_free(&kit);
    to_uncertain(TEXT);
    provider_kit_resolve(&kit, GV_RESOLVE_GIVE_UP, NULL);
    provider_kit_expect(&kit, "uncertain resolve -> failed: fail generation_failed\n");
    assert_int_equal(kit.effect.error.charged, GV_UNKNOWN);
}

static void only_who_said_so_gets_a_second_create(void **state)
{
    (void)state;
    runway_kit_start(&kit, DARING);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    provider_kit_expect_note(&kit, "billed twice");
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 502, "<html>");
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 504, "");
    provider_kit_expect(&kit, "new start -> " CREATE_LINE "submitting no_reply -> new: back off\n"
                              "new timer -> " CREATE_LINE "submitting reply 502 -> new: back off\n"
                              "new timer -> " CREATE_LINE "submitting reply 504 -> uncertain: park\n");
    provider_kit_free(&kit);
    runway_kit_start(&kit, DARING);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 400, "{\"error\":\"You do not have enough credits to run this task.\"}");
    provider_kit_expect_phase(&kit, "uncertain"); /* the first one may have been taken all the same */
    provider_kit_expect_note(&kit, "enough credits");
}

static void a_lost_picture_is_parked_and_adopted(void **state)
{
    (void)state;
    to_uncertain(BY_PICTURE);
    provider_kit_resolve(&kit, GV_RESOLVE_ADOPT, "i1");
    provider_kit_reply(&kit, 200, DONE_IMAGE);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    provider_kit_expect_note(&kit, "picture for it was made and billed (task i1)");
    provider_kit_resolve(&kit, GV_RESOLVE_RESUBMIT, NULL);
    provider_kit_reply(&kit, 200, DONE_IMAGE);
    provider_kit_expect(&kit, "uncertain resolve -> image_running: GET /v1/tasks/i1\n"
                              "image_running reply 200 -> submitting: POST /v1/image_to_video\n"
                              "submitting no_reply -> uncertain: park\n"
                              "uncertain resolve -> image_running: GET /v1/tasks/i1\n"
                              "image_running reply 200 -> submitting: POST /v1/image_to_video\n");
}

static void what_is_sent_again_begins_from_nothing(void **state)
{
    (void)state;
    runway_kit_start(&kit, BY_PICTURE);
    provider_kit_reply(&kit, 200, CREATED_IMAGE);
    for (unsigned i = 0; i <= RUNWAY_REFUSALS_MAX; i++)
        provider_kit_reply(&kit, 401, DENIED);
    gv_buf_clear(&kit.trace);
    provider_kit_resolve(&kit, GV_RESOLVE_RESUBMIT, NULL);
    provider_kit_expect(&kit, "uncertain resolve -> imaging: POST /v1/text_to_image\n");
    provider_kit_free(&kit);
    runway_kit_to_running(&kit);
    provider_kit_reply(&kit, 200, IS("t1", "\"status\":\"SUCCEEDED\",\"output\":[\"https://c/1\",\"https://c/2\"]"));
    provider_kit_fetched(&kit, 0);
    provider_kit_feed(&kit, &(struct gv_event){.kind = GV_EV_FETCH_FAILED, .index = 1, .final = true, .why = "large"});
    provider_kit_resolve(&kit, GV_RESOLVE_RESUBMIT, NULL);
    provider_kit_reply(&kit, 200, CREATED);
    gv_buf_clear(&kit.trace);
    provider_kit_reply(&kit, 200, IS("t1", "\"status\":\"SUCCEEDED\",\"output\":[\"https://c/3\"]"));
    provider_kit_expect(&kit, "running reply 200 -> fetching: fetch 0 https://c/3\n");
}

/* ---- rendering, fetching ---------------------------------------------------------------------------- */

static void a_failed_task_keeps_the_vendors_words(void **state)
{
    (void)state;
    runway_kit_to_running(&kit);
    provider_kit_reply(&kit, 200,
                       IS("t1", "\"status\":\"FAILED\",\"failure\":\"Text was moderated\","
                                "\"failureCode\":\"INPUT_PREPROCESSING.SAFETY.TEXT\",\"cost\":{\"credits\":12}"));
    provider_kit_expect(&kit, "running reply 200 -> failed: fail generation_failed\n");
    assert_non_null(strstr(kit.effect.error.message, "Text was moderated"));
    assert_string_equal(kit.effect.error.provider_code, "INPUT_PREPROCESSING.SAFETY.TEXT");
    assert_int_equal(kit.effect.error.charged, GV_YES);
    assert_int_equal(kit.effect.error.retryable, GV_NO);
}

static void other_ends_are_quoted_not_guessed(void **state)
{
    (void)state;
    static const struct {
        const char *reply, *words;
        enum gv_code code;
    } rows[] = {
        {IS("t1", "\"status\":\"PAUSED\""), "\"PAUSED\"", GV_GENERATION_FAILED},
        {IS("t1", "\"status\":\"CANCELLED\""), "was cancelled there", GV_CANCELLED},
        {IS("t1", "\"status\":\"SUCCEEDED\",\"output\":[]"), "shows nothing", GV_GENERATION_FAILED},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        runway_kit_to_running(&kit);
        provider_kit_reply(&kit, 200, rows[i].reply);
        provider_kit_expect_phase(&kit, "failed");
        assert_int_equal(kit.effect.error.code, rows[i].code);
        assert_non_null(strstr(kit.effect.error.message, rows[i].words));
        provider_kit_free(&kit);
    }
}

static void a_task_that_is_not_shown_is_asked_for_a_few_times(void **state)
{
    (void)state;
    runway_kit_to_running(&kit);
    for (unsigned i = 0; i < RUNWAY_MISSES_MAX; i++) {
        provider_kit_reply(&kit, 404, GONE);
        assert_int_equal(kit.effect.wait.kind, GV_WAIT_BACKOFF);
    }
    provider_kit_reply(&kit, 404, GONE);
    assert_int_equal(kit.effect.kind, GV_EFF_FAIL);
    assert_non_null(strstr(kit.effect.error.message, "t1"));
}

static void a_read_that_fails_is_repeated(void **state)
{
    (void)state;
    runway_kit_to_running(&kit);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 502, "<html>");
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_reply(&kit, 429, BUSY);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 200, IS("t2", "\"status\":\"SUCCEEDED\",\"output\":[\"https://c/x\"]"));
    provider_kit_expect(&kit, "running no_reply -> running: back off\n"
                              "running timer -> " POLL_LINE "running reply 502 -> running: back off\n"
                              "running resumed -> " POLL_LINE "running reply 429 -> running: back off\n"
                              "running timer -> " POLL_LINE "running reply 200 -> running: back off\n");
}

static void a_revoked_key_does_not_throw_a_paid_film_away(void **state)
{
    (void)state;
    runway_kit_to_running(&kit);
    for (unsigned i = 0; i < RUNWAY_REFUSALS_MAX; i++)
        provider_kit_reply(&kit, 401, DENIED);
    gv_buf_clear(&kit.trace);
    provider_kit_reply(&kit, 401, DENIED);
    provider_kit_expect_note(&kit, "task t1");
    provider_kit_resolve(&kit, GV_RESOLVE_LOOK_UP, NULL);
    provider_kit_reply(&kit, 200, DONE);
    provider_kit_expect(&kit, "running reply 401 -> uncertain: park\n"
                              "uncertain resolve -> " POLL_LINE
                              "running reply 200 -> fetching: fetch 0 https://c/1.mp4?_jwt=a\n");
}

static void a_stale_link_is_asked_for_again(void **state)
{
    (void)state;
    static const int statuses[] = {401, 403, 404, 410};
    runway_kit_to_fetching(&kit);
    provider_kit_fetched(&kit, 1);
    provider_kit_fetch_failed(&kit, 1, 403);
    provider_kit_expect(&kit, "fetching fetched -> fetching: nothing\nfetching fetch_failed -> fetching: nothing\n");
    provider_kit_fetch_failed(&kit, 0, 0);
    provider_kit_event(&kit, GV_EV_TIMER);
    for (unsigned i = 0; i < RUNWAY_URL_REFRESHES_MAX; i++) {
        gv_buf_clear(&kit.trace);
        provider_kit_fetch_failed(&kit, 0, statuses[i % 4]);
        provider_kit_reply(&kit, 200, IS("t1", "\"status\":\"SUCCEEDED\",\"output\":[\"https://c/1.mp4?_jwt=b\"]"));
        provider_kit_expect(&kit, "fetching fetch_failed -> " POLL_LINE
                                  "running reply 200 -> fetching: fetch 0 https://c/1.mp4?_jwt=b\n");
    }
    provider_kit_fetch_failed(&kit, 0, 403);
    provider_kit_expect(&kit, "fetching fetch_failed -> uncertain: park\n");
    provider_kit_expect_note(&kit, "finished and billed");
    provider_kit_resolve(&kit, GV_RESOLVE_LOOK_UP, NULL);
    provider_kit_expect(&kit, "uncertain resolve -> " POLL_LINE);
    provider_kit_free(&kit);
    runway_kit_to_fetching(&kit);
    provider_kit_feed(&kit, &(struct gv_event){.kind = GV_EV_FETCH_FAILED, .final = true, .why = "too large"});
    provider_kit_expect(&kit, "fetching fetch_failed -> uncertain: park\n");
    provider_kit_resolve(&kit, GV_RESOLVE_GIVE_UP, NULL);
    assert_int_equal(kit.effect.error.charged, GV_YES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_film_is_made, tear_down),
        cmocka_unit_test_teardown(what_is_no_film_is_left_and_said, tear_down),
        cmocka_unit_test_teardown(more_films_than_are_kept_are_said, tear_down),
        cmocka_unit_test_teardown(a_picture_then_a_film_each_paid_once, tear_down),
        cmocka_unit_test_teardown(a_refused_film_leaves_the_picture_paid, tear_down),
        cmocka_unit_test_teardown(a_large_file_goes_up_first, tear_down),
        cmocka_unit_test_teardown(a_lost_upload_asks_for_another_slot, tear_down),
        cmocka_unit_test_teardown(uploads_are_not_tried_for_ever, tear_down),
        cmocka_unit_test_teardown(an_upload_is_made_again_before_it_expires, tear_down),
        cmocka_unit_test_teardown(a_create_that_was_never_sent_is_sent_later, tear_down),
        cmocka_unit_test_teardown(what_our_own_limits_forbid_is_not_tried_again, tear_down),
        cmocka_unit_test_teardown(every_answer_ends_a_create_as_the_table_says, tear_down),
        cmocka_unit_test_teardown(a_lost_create_is_parked_at_once, tear_down),
        cmocka_unit_test_teardown(a_person_may_send_it_again_or_give_it_up, tear_down),
        cmocka_unit_test_teardown(only_who_said_so_gets_a_second_create, tear_down),
        cmocka_unit_test_teardown(a_lost_picture_is_parked_and_adopted, tear_down),
        cmocka_unit_test_teardown(what_is_sent_again_begins_from_nothing, tear_down),
        cmocka_unit_test_teardown(a_failed_task_keeps_the_vendors_words, tear_down),
        cmocka_unit_test_teardown(other_ends_are_quoted_not_guessed, tear_down),
        cmocka_unit_test_teardown(a_task_that_is_not_shown_is_asked_for_a_few_times, tear_down),
        cmocka_unit_test_teardown(a_read_that_fails_is_repeated, tear_down),
        cmocka_unit_test_teardown(a_revoked_key_does_not_throw_a_paid_film_away, tear_down),
        cmocka_unit_test_teardown(a_stale_link_is_asked_for_again, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
