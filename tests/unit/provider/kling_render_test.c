/* From the task to the film: rendering and fetching, one expected line per step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/kling_kit.h"
#include "support/kling_words.h"

#define POLL_LINE "running: GET /v1/videos/text2video/77\n"

static struct provider_kit kit;

static int tear_down(void **state)
{
    (void)state;
    provider_kit_free(&kit);
    return 0;
}

static void a_failed_task_keeps_the_vendors_words(void **state)
{
    (void)state;
    kling_kit_to_running(&kit);
    provider_kit_reply(&kit, 200,
                       "{\"code\":0,\"message\":\"SUCCEED\",\"data\":{\"task_id\":\"77\",\"task_status\":\"failed\","
                       "\"task_status_msg\":\"Failure to pass the risk control system\",\"task_result\":{}}}");
    provider_kit_expect(&kit, "running reply 200 -> failed: fail generation_failed\n");
    assert_non_null(strstr(kit.effect.error.message, "Failure to pass the risk control system"));
    assert_int_equal(kit.effect.error.charged, GV_NO);
    assert_int_equal(kit.effect.error.retryable, GV_NO);
    assert_int_equal(kit.effect.error.stage, GV_STAGE_RENDER);
}

static void an_unknown_status_is_quoted_not_guessed(void **state)
{
    (void)state;
    kling_kit_to_running(&kit);
    provider_kit_reply(&kit, 200, "{\"code\":0,\"data\":{\"task_id\":\"77\",\"task_status\":\"aborted\"}}");
    provider_kit_expect(&kit, "running reply 200 -> failed: fail generation_failed\n");
    assert_non_null(strstr(kit.effect.error.message, "\"aborted\""));
    assert_int_equal(kit.effect.error.charged, GV_UNKNOWN);
}

static void a_success_without_a_film_is_a_failure(void **state)
{
    (void)state;
    kling_kit_to_running(&kit);
    provider_kit_reply(&kit, 200,
                       "{\"code\":0,\"data\":{\"task_id\":\"77\",\"task_status\":\"succeed\",\"task_result\":{}}}");
    provider_kit_expect(&kit, "running reply 200 -> failed: fail generation_failed\n");
}

static void a_task_that_is_not_shown_is_asked_for_a_few_times(void **state)
{
    (void)state;
    kling_kit_to_running(&kit);
    for (unsigned i = 0; i < KLING_MISSES_MAX; i++) {
        provider_kit_reply(&kit, 400, NOT_FOUND);
        assert_int_equal(kit.effect.wait.kind, GV_WAIT_BACKOFF);
    }
    provider_kit_reply(&kit, 400, NOT_FOUND);
    assert_int_equal(kit.effect.kind, GV_EFF_FAIL);
}

static void a_read_that_fails_is_repeated(void **state)
{
    (void)state;
    kling_kit_to_running(&kit);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 502, "<html>");
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_reply(&kit, 401, EARLY);
    provider_kit_reply(&kit, 200, RUNNING);
    provider_kit_expect(&kit, "running no_reply -> running: back off\n"
                              "running timer -> " POLL_LINE "running reply 502 -> running: back off\n"
                              "running resumed -> " POLL_LINE "running reply 401 -> " POLL_LINE
                              "running reply 200 -> running: wait\n");
}

static void a_revoked_key_does_not_throw_a_paid_film_away(void **state)
{
    (void)state;
    kling_kit_to_running(&kit);
    for (unsigned i = 0; i < KLING_REFUSALS_MAX; i++)
        provider_kit_reply(&kit, 401, DENIED);
    gv_buf_clear(&kit.trace);
    provider_kit_reply(&kit, 401, DENIED);
    assert_non_null(strstr(kit.effect.note, "task 77"));
    provider_kit_resolve(&kit, GV_RESOLVE_LOOK_UP, NULL);
    provider_kit_reply(&kit, 200, DONE);
    provider_kit_expect(&kit, "running reply 401 -> uncertain: park\n"
                              "uncertain resolve -> " POLL_LINE "running reply 200 -> fetching: fetch 0 https://c/1\n");
}

static void a_stale_link_is_asked_for_again(void **state)
{
    (void)state;
    kling_kit_to_fetching(&kit);
    provider_kit_fetch_failed(&kit, 0, 403);
    provider_kit_reply(&kit, 200, DONE);
    provider_kit_fetch_failed(&kit, 0, 0);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_expect(&kit,
                        "fetching fetch_failed -> " POLL_LINE "running reply 200 -> fetching: fetch 0 https://c/1\n"
                        "fetching fetch_failed -> fetching: back off\n"
                        "fetching timer -> fetching: fetch 0 https://c/1\n"
                        "fetching resumed -> fetching: fetch 0 https://c/1\n");
    for (unsigned i = 1; i < KLING_URL_REFRESHES_MAX; i++) {
        provider_kit_fetch_failed(&kit, 0, 410);
        provider_kit_reply(&kit, 200, DONE);
    }
    provider_kit_fetch_failed(&kit, 0, 404);
    assert_int_equal(kit.effect.kind, GV_EFF_PARK);
    assert_non_null(strstr(kit.effect.note, "billed"));
}

static void a_film_that_policy_keeps_out_waits_for_a_person(void **state)
{
    (void)state;
    kling_kit_to_fetching(&kit);
    provider_kit_feed(&kit, &(struct gv_event){.kind = GV_EV_FETCH_FAILED, .final = true, .why = "a private address"});
    assert_non_null(strstr(kit.effect.note, "a private address"));
    provider_kit_resolve(&kit, GV_RESOLVE_LOOK_UP, NULL);
    provider_kit_reply(&kit, 200, DONE);
    provider_kit_expect(&kit, "fetching fetch_failed -> uncertain: park\n"
                              "uncertain resolve -> " POLL_LINE "running reply 200 -> fetching: fetch 0 https://c/1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_failed_task_keeps_the_vendors_words, tear_down),
        cmocka_unit_test_teardown(an_unknown_status_is_quoted_not_guessed, tear_down),
        cmocka_unit_test_teardown(a_success_without_a_film_is_a_failure, tear_down),
        cmocka_unit_test_teardown(a_task_that_is_not_shown_is_asked_for_a_few_times, tear_down),
        cmocka_unit_test_teardown(a_read_that_fails_is_repeated, tear_down),
        cmocka_unit_test_teardown(a_revoked_key_does_not_throw_a_paid_film_away, tear_down),
        cmocka_unit_test_teardown(a_stale_link_is_asked_for_again, tear_down),
        cmocka_unit_test_teardown(a_film_that_policy_keeps_out_waits_for_a_person, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
