/* How a job is stopped, by its caller and by its deadline. */
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

/* ---- cancel ----------------------------------------------------------------------------------------- */

static void a_cancel_before_sending_loses_nothing(void **state)
{
    (void)state;
    runway_kit_start(&kit, TEXT);
    provider_kit_reply(&kit, 429, BUSY);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_expect_phase(&kit, "cancelled");
    provider_kit_expect_note(&kit, "before Runway had the task");
    provider_kit_free(&kit);
    runway_kit_start(&kit, LARGE);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_expect_phase(&kit, "cancelled");
}

static void a_cancel_during_the_create_waits_for_its_answer(void **state)
{
    (void)state;
    runway_kit_start(&kit, TEXT);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_reply(&kit, 200, CREATED);
    provider_kit_reply(&kit, 200, IS("t1", "\"status\":\"PENDING\""));
    provider_kit_reply(&kit, 204, "");
    provider_kit_expect(&kit, "new start -> " CREATE_LINE "submitting cancel -> submitting: nothing\n"
                              "submitting reply 200 -> cancelling: GET /v1/tasks/t1\n"
                              "cancelling reply 200 -> cancelling: DELETE /v1/tasks/t1\n"
                              "cancelling reply 204 -> cancelled: stop\n");
    provider_kit_expect_note(&kit, "Runway stopped");
    provider_kit_free(&kit);
    runway_kit_start(&kit, TEXT);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    provider_kit_expect_phase(&kit, "cancelled");
    provider_kit_expect_note(&kit, "not known");
    provider_kit_free(&kit);
    runway_kit_start(&kit, TEXT);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_reply(&kit, 429, BUSY);
    provider_kit_expect_phase(&kit, "cancelled");
    provider_kit_expect_note(&kit, "before Runway had the task");
}

static void a_lost_delete_asks_before_it_deletes_again(void **state)
{
    (void)state;
    runway_kit_to_running(&kit);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_reply(&kit, 200, RENDERS);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 200, RENDERS);
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_reply(&kit, 404, GONE);
    provider_kit_expect(&kit, "running cancel -> cancelling: GET /v1/tasks/t1\n"
                              "cancelling reply 200 -> cancelling: DELETE /v1/tasks/t1\n"
                              "cancelling no_reply -> cancelling: back off\n"
                              "cancelling timer -> cancelling: GET /v1/tasks/t1\n"
                              "cancelling reply 200 -> cancelling: DELETE /v1/tasks/t1\n"
                              "cancelling resumed -> cancelling: GET /v1/tasks/t1\n"
                              "cancelling reply 404 -> cancelled: stop\n");
    provider_kit_expect_note(&kit, "Runway stopped");
}

/* A poll was under way when the caller cancelled: both answers come, and one DELETE goes. */
static void an_older_answer_leaves_the_delete_under_way(void **state)
{
    (void)state;
    runway_kit_to_running(&kit);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_reply(&kit, 200, RENDERS);
    provider_kit_reply(&kit, 200, RENDERS);
    provider_kit_reply(&kit, 204, "");
    provider_kit_expect(&kit, "running cancel -> cancelling: GET /v1/tasks/t1\n"
                              "cancelling reply 200 -> cancelling: DELETE /v1/tasks/t1\n"
                              "cancelling reply 200 -> cancelling: nothing\n"
                              "cancelling reply 204 -> cancelled: stop\n");
    assert_int_equal(runway_kit_state(&kit)->deletes, 1);
    provider_kit_expect_note(&kit, "Runway stopped");
}

static void a_finished_film_is_never_deleted(void **state)
{
    (void)state;
    static const struct {
        const char *reply, *words;
    } rows[] = {
        {DONE, "finished already and is billed"},
        {IS("t1", "\"status\":\"FAILED\",\"cost\":{\"credits\":0}"), "had failed already; Runway charged 0 credits"},
        {IS("t1", "\"status\":\"CANCELLED\""), "Runway stopped"},
        {IS("t1", "\"status\":\"ODD\""), "ODD"},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        runway_kit_to_running(&kit);
        provider_kit_event(&kit, GV_EV_CANCEL);
        provider_kit_reply(&kit, 200, rows[i].reply);
        provider_kit_expect_phase(&kit, "cancelled");
        provider_kit_expect_note(&kit, rows[i].words);
        assert_int_equal(runway_kit_state(&kit)->deletes, 0);
        provider_kit_free(&kit);
    }
    runway_kit_to_fetching(&kit);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_expect(&kit, "fetching cancel -> cancelled: stop\n");
    provider_kit_expect_note(&kit, "finished and billed");
}

static void a_task_too_young_to_be_shown_is_deleted_all_the_same(void **state)
{
    (void)state;
    runway_kit_to_running(&kit);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_reply(&kit, 404, GONE);
    provider_kit_reply(&kit, 404, GONE);
    provider_kit_expect(&kit, "running cancel -> cancelling: GET /v1/tasks/t1\n"
                              "cancelling reply 404 -> cancelling: DELETE /v1/tasks/t1\n"
                              "cancelling reply 404 -> cancelled: stop\n");
}

static void a_cancel_that_gets_no_answer_says_so(void **state)
{
    (void)state;
    runway_kit_to_running(&kit);
    provider_kit_event(&kit, GV_EV_CANCEL);
    for (unsigned i = 0; i < RUNWAY_CANCEL_TRIES_MAX; i++)
        provider_kit_reply(&kit, 503, "");
    provider_kit_expect_phase(&kit, "cancelling");
    provider_kit_reply(&kit, 503, "");
    provider_kit_expect_phase(&kit, "cancelled");
    provider_kit_expect_note(&kit, "not known");
}

static void a_picture_is_stopped_like_a_film(void **state)
{
    (void)state;
    runway_kit_start(&kit, BY_PICTURE);
    provider_kit_reply(&kit, 200, CREATED_IMAGE);
    gv_buf_clear(&kit.trace);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_reply(&kit, 200, DONE_IMAGE);
    provider_kit_expect(
        &kit, "image_running cancel -> cancelling: GET /v1/tasks/i1\ncancelling reply 200 -> cancelled: stop\n");
    provider_kit_expect_note(&kit, "no film was begun");
}

/* ---- deadline --------------------------------------------------------------------------------------- */

static void a_deadline_ends_or_parks(void **state)
{
    (void)state;
    runway_kit_start(&kit, TEXT);
    provider_kit_event(&kit, GV_EV_DEADLINE);
    provider_kit_expect_phase(&kit, "uncertain");
    provider_kit_free(&kit);
    runway_kit_start(&kit, TEXT);
    provider_kit_no_reply(&kit, GV_NOT_SENT);
    provider_kit_event(&kit, GV_EV_DEADLINE);
    provider_kit_expect_phase(&kit, "failed");
    assert_int_equal(kit.effect.error.charged, GV_NO);
    provider_kit_free(&kit);
    runway_kit_to_running(&kit);
    provider_kit_event(&kit, GV_EV_DEADLINE);
    provider_kit_expect_phase(&kit, "failed");
    assert_non_null(strstr(kit.effect.error.message, "t1"));
    provider_kit_free(&kit);
    runway_kit_to_fetching(&kit);
    provider_kit_event(&kit, GV_EV_DEADLINE);
    provider_kit_expect_phase(&kit, "uncertain");
    provider_kit_free(&kit);
    runway_kit_to_running(&kit);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_event(&kit, GV_EV_DEADLINE);
    provider_kit_expect_phase(&kit, "cancelled");
    provider_kit_expect_note(&kit, "not known");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_cancel_before_sending_loses_nothing, tear_down),
        cmocka_unit_test_teardown(a_cancel_during_the_create_waits_for_its_answer, tear_down),
        cmocka_unit_test_teardown(a_lost_delete_asks_before_it_deletes_again, tear_down),
        cmocka_unit_test_teardown(an_older_answer_leaves_the_delete_under_way, tear_down),
        cmocka_unit_test_teardown(a_finished_film_is_never_deleted, tear_down),
        cmocka_unit_test_teardown(a_task_too_young_to_be_shown_is_deleted_all_the_same, tear_down),
        cmocka_unit_test_teardown(a_cancel_that_gets_no_answer_says_so, tear_down),
        cmocka_unit_test_teardown(a_picture_is_stopped_like_a_film, tear_down),
        cmocka_unit_test_teardown(a_deadline_ends_or_parks, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
