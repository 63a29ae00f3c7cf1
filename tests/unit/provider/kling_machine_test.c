/* The machine's stories, one expected line per step, and every phase against every event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/kling_kit.h"
#include "support/kling_words.h"

#define CREATE_LINE "submitting: POST /v1/videos/text2video\n"
#define LOOK_LINE "looking_up: GET /v1/videos/text2video/gv-job-42\n"
#define POLL_LINE "running: GET /v1/videos/text2video/77\n"

static struct provider_kit kit;

static int tear_down(void **state)
{
    (void)state;
    provider_kit_free(&kit);
    return 0;
}

static void to_uncertain(void)
{
    kling_kit_start(&kit, TEXT);
    for (unsigned post = 0; post < KLING_POSTS_MAX; post++) {
        provider_kit_no_reply(&kit, GV_MAYBE_SENT);
        for (unsigned look = 0; look < KLING_LOOKUPS_MAX; look++) {
            provider_kit_reply(&kit, 400, NOT_FOUND);
            if (look + 1 < KLING_LOOKUPS_MAX)
                provider_kit_event(&kit, GV_EV_TIMER);
        }
    }
    provider_kit_expect_phase(&kit, "uncertain");
    gv_buf_clear(&kit.trace);
}

/* ---- the happy paths -------------------------------------------------------------------------------- */

static void a_film_is_made(void **state)
{
    (void)state;
    kling_kit_start(&kit, TEXT);
    provider_kit_reply(&kit, 200, CREATED);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 200, RUNNING);
    provider_kit_event(&kit, GV_EV_WAKE);
    provider_kit_reply(&kit, 200, DONE);
    provider_kit_fetched(&kit, 0);
    provider_kit_expect(&kit, "new start -> " CREATE_LINE "submitting reply 200 -> running: wait\n"
                              "running timer -> " POLL_LINE "running reply 200 -> running: wait\n"
                              "running wake -> " POLL_LINE "running reply 200 -> fetching: fetch 0 https://c/1\n"
                              "fetching fetched -> succeeded: succeed\n");
}

static void every_output_is_fetched_with_its_id(void **state)
{
    (void)state;
    kling_kit_start(&kit, TEXT_GEN2);
    provider_kit_reply(&kit, 200, "{\"code\":0,\"data\":{\"id\":\"88\",\"status\":\"submitted\"}}");
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 200,
                       "{\"code\":0,\"data\":[{\"id\":\"88\",\"status\":\"succeeded\",\"outputs\":[{\"type\":\"video\","
                       "\"id\":\"v\",\"url\":\"https://c/1\",\"watermark_url\":\"https://c/2\"}]}]}");
    assert_string_equal(kit.effect.fetch.generation_id, "v");
    assert_string_equal(kit.effect.fetch.want, "video/");
    provider_kit_fetched(&kit, 0);
    provider_kit_fetched(&kit, 1);
    provider_kit_expect(&kit, "new start -> submitting: POST /text-to-video/kling-3.0\n"
                              "submitting reply 200 -> running: wait\n"
                              "running timer -> running: GET /tasks?task_ids=88\n"
                              "running reply 200 -> fetching: fetch 0 https://c/1\n"
                              "fetching fetched -> fetching: fetch 1 https://c/2\n"
                              "fetching fetched -> succeeded: succeed\n");
}

static void speech_then_face_then_task(void **state)
{
    (void)state;
    kling_kit_start(&kit, SPEECH);
    provider_kit_reply(&kit, 429, BUSY);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 200, SPOKEN);
    provider_kit_no_reply(&kit, GV_NOT_SENT);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 200, FACE);
    provider_kit_reply(&kit, 200, CREATED);
    provider_kit_expect(&kit, "new start -> speaking: POST /v1/audio/tts\n"
                              "speaking reply 429 -> new: back off\n"
                              "new timer -> speaking: POST /v1/audio/tts\n"
                              "speaking reply 200 -> identifying: POST /v1/videos/identify-face\n"
                              "identifying no_reply -> new: back off\n"
                              "new timer -> identifying: POST /v1/videos/identify-face\n"
                              "identifying reply 200 -> submitting: POST /v1/videos/advanced-lip-sync\n"
                              "submitting reply 200 -> running: wait\n");
}

static void a_video_without_a_face_fails_and_was_billed(void **state)
{
    (void)state;
    kling_kit_start(&kit, SPEECH);
    provider_kit_reply(&kit, 200, SPOKEN);
    provider_kit_reply(&kit, 200, "{\"code\":0,\"data\":{\"session_id\":\"s1\",\"face_data\":[]}}");
    assert_int_equal(kit.effect.error.code, GV_INVALID_INPUT);
    assert_int_equal(kit.effect.error.charged, GV_YES);
}

/* ---- busy, refused, clocks -------------------------------------------------------------------------- */

static void a_create_that_was_never_sent_is_sent_later(void **state)
{
    (void)state;
    kling_kit_start(&kit, TEXT);
    provider_kit_no_reply(&kit, GV_NOT_SENT);
    assert_int_equal(kling_kit_state(&kit)->posts, 0);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 429, BUSY);
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_expect(&kit, "new start -> " CREATE_LINE "submitting no_reply -> new: back off\n"
                              "new timer -> " CREATE_LINE "submitting reply 429 -> new: back off\n"
                              "new resumed -> " CREATE_LINE);
}

static void a_call_that_can_never_be_sent_ends_the_job(void **state)
{
    (void)state;
    struct gv_event never = {.kind = GV_EV_NO_REPLY, .sent = GV_NOT_SENT, .final = true, .why = "a bad header"};
    kling_kit_start(&kit, TEXT);
    provider_kit_feed(&kit, &never);
    assert_non_null(strstr(kit.effect.error.message, "a bad header"));
    assert_int_equal(kit.effect.error.charged, GV_NO);
    provider_kit_expect(&kit, "new start -> " CREATE_LINE "submitting no_reply -> failed: fail internal_error\n");
}

static void a_side_call_that_can_never_be_sent_tells_what_was_paid(void **state)
{
    (void)state;
    struct gv_event never = {.kind = GV_EV_NO_REPLY, .sent = GV_NOT_SENT, .final = true, .why = "a bad header"};
    kling_kit_start(&kit, SPEECH);
    provider_kit_reply(&kit, 200, SPOKEN);
    provider_kit_feed(&kit, &never);
    assert_int_equal(kit.effect.kind, GV_EFF_FAIL);
    assert_int_equal(kit.effect.error.charged, GV_YES);
}

static void a_paid_film_that_can_never_be_asked_for_waits_for_a_person(void **state)
{
    (void)state;
    struct gv_event never = {.kind = GV_EV_NO_REPLY, .sent = GV_NOT_SENT, .final = true, .why = "a bad header"};
    kling_kit_start(&kit, TEXT);
    provider_kit_reply(&kit, 200, CREATED);
    for (unsigned i = 0; i < KLING_REFUSALS_MAX + 1; i++) {
        provider_kit_event(&kit, GV_EV_TIMER);
        provider_kit_feed(&kit, &never);
    }
    assert_int_equal(kit.effect.kind, GV_EFF_PARK);
    assert_non_null(strstr(kit.effect.note, "a bad header"));
}

static void an_empty_pack_is_no_busy_slot(void **state)
{
    (void)state;
    kling_kit_start(&kit, TEXT);
    provider_kit_reply(&kit, 429, POOR);
    provider_kit_expect(&kit, "new start -> " CREATE_LINE "submitting reply 429 -> failed: fail quota_exceeded\n");
    assert_int_equal(kit.effect.error.retryable, GV_NO);
    assert_int_equal(kit.effect.error.charged, GV_NO);
    assert_int_equal(kit.effect.error.stage, GV_STAGE_CREATE);
}

static void every_code_ends_a_create_as_the_table_says(void **state)
{
    (void)state;
    static const char *const phase[] = {
        [KLING_BUSY] = "new", [KLING_CLOCK] = "submitting", [KLING_REFUSED] = "failed", [KLING_LOST] = "looking_up"};
    for (size_t i = 0; i < kling_code_count; i++) {
        const struct kling_code *row = &kling_codes[i];
        kling_kit_start(&kit, TEXT);
        provider_kit_reply(&kit, row->http, gv_arena_printf(&kit.arena, "{\"code\":%d,\"message\":\"m\"}", row->code));
        provider_kit_expect_phase(&kit, phase[row->class]);
        if (row->class == KLING_REFUSED)
            assert_int_equal(kit.effect.error.code, row->error);
        tear_down(NULL);
    }
}

static void a_wrong_clock_is_corrected_once(void **state)
{
    (void)state;
    kling_kit_start(&kit, TEXT);
    provider_kit_reply(&kit, 401, EARLY);
    assert_int_equal(kit.effect.call.clock_skew_s, -90);
    assert_int_equal(kling_kit_state(&kit)->posts, 1);
    provider_kit_reply(&kit, 401, EARLY);
    provider_kit_expect(&kit, "new start -> " CREATE_LINE "submitting reply 401 -> " CREATE_LINE
                              "submitting reply 401 -> failed: fail internal_error\n");
}

/* ---- pay once --------------------------------------------------------------------------------------- */

static void a_lost_answer_is_looked_up_and_adopted(void **state)
{
    (void)state;
    kling_kit_start(&kit, TEXT);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    provider_kit_reply(&kit, 400, NOT_FOUND);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 503, "<html>");
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 200, RUNNING);
    provider_kit_expect(&kit, "new start -> " CREATE_LINE "submitting no_reply -> " LOOK_LINE
                              "looking_up reply 400 -> looking_up: back off\n"
                              "looking_up timer -> " LOOK_LINE "looking_up reply 503 -> looking_up: back off\n"
                              "looking_up timer -> " LOOK_LINE "looking_up reply 200 -> " POLL_LINE);
}

static void after_four_looks_the_same_create_leaves_and_the_third_is_the_last(void **state)
{
    (void)state;
    kling_kit_start(&kit, TEXT);
    const char *first = gv_arena_strdup(&kit.arena, provider_kit_body(&kit));
    provider_kit_event(&kit, GV_EV_RESUMED);
    for (unsigned look = 1; look < 4; look++) {
        provider_kit_reply(&kit, 400, NOT_FOUND);
        provider_kit_event(&kit, GV_EV_TIMER);
    }
    gv_buf_clear(&kit.trace);
    provider_kit_reply(&kit, 400, NOT_FOUND);
    provider_kit_expect(&kit, "looking_up reply 400 -> " CREATE_LINE);
    assert_string_equal(provider_kit_body(&kit), first);
    provider_kit_reply(&kit, 400, EXISTS);
    provider_kit_reply(&kit, 200, RUNNING);
    provider_kit_expect(&kit, "submitting reply 400 -> " LOOK_LINE "looking_up reply 200 -> " POLL_LINE);
    tear_down(NULL);
    to_uncertain();
    assert_int_equal(kling_kit_state(&kit)->posts, 3);
    assert_non_null(strstr(kit.effect.note, "gv-job-42"));
}

static void a_refused_repeat_says_nothing_of_the_first(void **state)
{
    (void)state;
    kling_kit_start(&kit, TEXT);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    for (unsigned look = 0; look < 4; look++)
        provider_kit_reply(&kit, 400, NOT_FOUND);
    gv_buf_clear(&kit.trace);
    provider_kit_reply(&kit, 429, POOR);
    for (unsigned look = 0; look < 4; look++)
        provider_kit_reply(&kit, 400, NOT_FOUND);
    provider_kit_expect(&kit, "submitting reply 429 -> " LOOK_LINE "looking_up reply 400 -> looking_up: back off\n"
                              "looking_up reply 400 -> looking_up: back off\n"
                              "looking_up reply 400 -> looking_up: back off\n"
                              "looking_up reply 400 -> uncertain: park\n");
}

static void a_busy_repeat_is_looked_up_before_the_next(void **state)
{
    (void)state;
    kling_kit_start(&kit, TEXT);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    for (unsigned look = 0; look < 4; look++)
        provider_kit_reply(&kit, 400, NOT_FOUND);
    gv_buf_clear(&kit.trace);
    provider_kit_reply(&kit, 429, BUSY);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 400, NOT_FOUND);
    provider_kit_expect(&kit, "submitting reply 429 -> looking_up: back off\n"
                              "looking_up timer -> " LOOK_LINE "looking_up reply 400 -> " CREATE_LINE);
}

static void an_unreadable_acceptance_is_looked_up(void **state)
{
    (void)state;
    static const char *const bodies[] = {"<html>", "{\"code\":0}", "{\"code\":0,\"data\":{}}", "{\"code\":9999}", ""};
    for (size_t i = 0; i < GV_COUNT(bodies); i++) {
        kling_kit_start(&kit, TEXT);
        provider_kit_reply(&kit, 200, bodies[i]);
        provider_kit_expect(&kit, "new start -> " CREATE_LINE "submitting reply 200 -> " LOOK_LINE);
        tear_down(NULL);
    }
}

static void only_a_list_or_the_vendors_word_says_absent(void **state)
{
    (void)state;
    kling_kit_start(&kit, TEXT_GEN2);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    provider_kit_reply(&kit, 200, "{\"code\":0,\"data\":[]}");
    assert_int_equal(kling_kit_state(&kit)->lookups, 1);
    provider_kit_reply(&kit, 200, "{\"code\":0,\"data\":{}}");
    provider_kit_reply(&kit, 200, "{\"code\":0}");
    assert_int_equal(kling_kit_state(&kit)->lookups, 1);
    assert_int_equal(kit.effect.kind, GV_EFF_WAIT);
}

static void the_old_lip_sync_is_never_repeated_on_a_guess(void **state)
{
    (void)state;
    kling_kit_start(&kit, OLD_LIP_SYNC);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    for (unsigned look = 0; look < 4; look++)
        provider_kit_reply(&kit, 400, NOT_FOUND);
    provider_kit_expect_phase(&kit, "uncertain");
    assert_int_equal(kling_kit_state(&kit)->posts, 1);
}

static void speech_whose_answer_was_lost_waits_for_a_person(void **state)
{
    (void)state;
    kling_kit_start(&kit, SPEECH);
    provider_kit_reply(&kit, 500, "{\"code\":5000}");
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_resolve(&kit, GV_RESOLVE_LOOK_UP, NULL);
    provider_kit_resolve(&kit, GV_RESOLVE_ADOPT, "5");
    provider_kit_resolve(&kit, GV_RESOLVE_RESUBMIT, NULL);
    provider_kit_reply(&kit, 200, SPOKEN);
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_expect(&kit, "new start -> speaking: POST /v1/audio/tts\n"
                              "speaking reply 500 -> uncertain: park\n"
                              "uncertain resumed -> uncertain: park\n"
                              "uncertain resolve -> uncertain: park\n"
                              "uncertain resolve -> uncertain: park\n"
                              "uncertain resolve -> speaking: POST /v1/audio/tts\n"
                              "speaking reply 200 -> identifying: POST /v1/videos/identify-face\n"
                              "identifying resumed -> uncertain: park\n");
}

static void speech_is_repeated_only_where_the_caller_said_so(void **state)
{
    (void)state;
    kling_kit_start(&kit, SPEECH_WITH("\"resubmit_uncertain\":\"true\""));
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    assert_non_null(strstr(kit.effect.note, "billed twice"));
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    provider_kit_expect(&kit, "new start -> speaking: POST /v1/audio/tts\n"
                              "speaking no_reply -> new: back off\n"
                              "new timer -> speaking: POST /v1/audio/tts\n"
                              "speaking no_reply -> new: back off\n"
                              "new timer -> speaking: POST /v1/audio/tts\n"
                              "speaking no_reply -> uncertain: park\n");
}

/* ---- a person settles ------------------------------------------------------------------------------- */

static void a_parked_job_is_settled_in_each_way(void **state)
{
    (void)state;
    to_uncertain();
    provider_kit_resolve(&kit, GV_RESOLVE_LOOK_UP, NULL);
    provider_kit_reply(&kit, 400, NOT_FOUND);
    provider_kit_resolve(&kit, GV_RESOLVE_RESUBMIT, NULL);
    provider_kit_no_reply(&kit, GV_NOT_SENT);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 400, NOT_FOUND);
    provider_kit_resolve(&kit, GV_RESOLVE_ADOPT, "");
    provider_kit_resolve(&kit, GV_RESOLVE_ADOPT, "77");
    provider_kit_expect(&kit, "uncertain resolve -> " LOOK_LINE "looking_up reply 400 -> uncertain: park\n"
                              "uncertain resolve -> " CREATE_LINE "submitting no_reply -> looking_up: back off\n"
                              "looking_up timer -> " LOOK_LINE "looking_up reply 400 -> uncertain: park\n"
                              "uncertain resolve -> uncertain: park\n"
                              "uncertain resolve -> " POLL_LINE);
    tear_down(NULL);
    to_uncertain();
    provider_kit_resolve(&kit, GV_RESOLVE_GIVE_UP, NULL);
    provider_kit_expect(&kit, "uncertain resolve -> failed: fail generation_failed\n");
    assert_int_equal(kit.effect.error.charged, GV_UNKNOWN);
}

static void a_callback_wakes_a_parked_job(void **state)
{
    (void)state;
    to_uncertain();
    provider_kit_event(&kit, GV_EV_WAKE);
    provider_kit_reply(&kit, 200, RUNNING);
    provider_kit_expect(&kit, "uncertain wake -> " LOOK_LINE "looking_up reply 200 -> " POLL_LINE);
}

/* ---- cancel ----------------------------------------------------------------------------------------- */

static void a_cancel_before_sending_loses_nothing(void **state)
{
    (void)state;
    kling_kit_start(&kit, TEXT);
    provider_kit_reply(&kit, 429, BUSY);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_expect_phase(&kit, "cancelled");
    assert_string_equal(kit.effect.note, "Stopped before Kling had the task.");
}

static void a_cancel_during_the_create_waits_for_its_answer(void **state)
{
    (void)state;
    kling_kit_start(&kit, TEXT);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_reply(&kit, 200, CREATED);
    provider_kit_expect(&kit, "new start -> " CREATE_LINE "submitting cancel -> submitting: nothing\n"
                              "submitting reply 200 -> cancelled: stop\n");
    assert_non_null(strstr(kit.effect.note, "task 77 renders on"));
}

static void a_cancel_with_a_lost_answer_looks_once(void **state)
{
    (void)state;
    kling_kit_start(&kit, TEXT);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    provider_kit_reply(&kit, 400, NOT_FOUND);
    provider_kit_expect(&kit, "new start -> " CREATE_LINE "submitting cancel -> submitting: nothing\n"
                              "submitting no_reply -> " LOOK_LINE "looking_up reply 400 -> cancelled: stop\n");
    assert_non_null(strstr(kit.effect.note, "not known"));
}

static void a_cancel_later_says_what_goes_on(void **state)
{
    (void)state;
    kling_kit_to_running(&kit);
    provider_kit_event(&kit, GV_EV_CANCEL);
    assert_non_null(strstr(kit.effect.note, "no cancel: task 77 renders on and may be billed"));
    tear_down(NULL);
    kling_kit_to_fetching(&kit);
    provider_kit_event(&kit, GV_EV_CANCEL);
    assert_non_null(strstr(kit.effect.note, "finished and billed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_film_is_made, tear_down),
        cmocka_unit_test_teardown(every_output_is_fetched_with_its_id, tear_down),
        cmocka_unit_test_teardown(speech_then_face_then_task, tear_down),
        cmocka_unit_test_teardown(a_video_without_a_face_fails_and_was_billed, tear_down),
        cmocka_unit_test_teardown(a_create_that_was_never_sent_is_sent_later, tear_down),
        cmocka_unit_test_teardown(a_call_that_can_never_be_sent_ends_the_job, tear_down),
        cmocka_unit_test_teardown(a_side_call_that_can_never_be_sent_tells_what_was_paid, tear_down),
        cmocka_unit_test_teardown(a_paid_film_that_can_never_be_asked_for_waits_for_a_person, tear_down),
        cmocka_unit_test_teardown(an_empty_pack_is_no_busy_slot, tear_down),
        cmocka_unit_test_teardown(every_code_ends_a_create_as_the_table_says, tear_down),
        cmocka_unit_test_teardown(a_wrong_clock_is_corrected_once, tear_down),
        cmocka_unit_test_teardown(a_lost_answer_is_looked_up_and_adopted, tear_down),
        cmocka_unit_test_teardown(after_four_looks_the_same_create_leaves_and_the_third_is_the_last, tear_down),
        cmocka_unit_test_teardown(a_refused_repeat_says_nothing_of_the_first, tear_down),
        cmocka_unit_test_teardown(a_busy_repeat_is_looked_up_before_the_next, tear_down),
        cmocka_unit_test_teardown(an_unreadable_acceptance_is_looked_up, tear_down),
        cmocka_unit_test_teardown(only_a_list_or_the_vendors_word_says_absent, tear_down),
        cmocka_unit_test_teardown(the_old_lip_sync_is_never_repeated_on_a_guess, tear_down),
        cmocka_unit_test_teardown(speech_whose_answer_was_lost_waits_for_a_person, tear_down),
        cmocka_unit_test_teardown(speech_is_repeated_only_where_the_caller_said_so, tear_down),
        cmocka_unit_test_teardown(a_parked_job_is_settled_in_each_way, tear_down),
        cmocka_unit_test_teardown(a_callback_wakes_a_parked_job, tear_down),
        cmocka_unit_test_teardown(a_cancel_before_sending_loses_nothing, tear_down),
        cmocka_unit_test_teardown(a_cancel_during_the_create_waits_for_its_answer, tear_down),
        cmocka_unit_test_teardown(a_cancel_with_a_lost_answer_looks_once, tear_down),
        cmocka_unit_test_teardown(a_cancel_later_says_what_goes_on, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
