/* How a job is stopped, by its caller and by its deadline. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "provider/runway/runway_machine.h"
#include "support/provider_kit.h"
#include "support/runway_words.h"

static struct provider_kit kit;

static struct runway_state *job(void)
{
    return kit.state;
}

static void begin(const char *document)
{
    provider_kit_begin(&kit, &gv_provider_runway, document);
    provider_kit_event(&kit, GV_EV_START);
}

static void expect(const char *trace)
{
    assert_string_equal(kit.trace.data, trace);
    gv_buf_clear(&kit.trace);
}

static void expect_phase(const char *phase)
{
    assert_string_equal(provider_kit_phase(&kit), phase);
}

static void expect_note(const char *words)
{
    assert_non_null(kit.effect.note);
    if (strstr(kit.effect.note, words) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", kit.effect.note, words);
}

static int tear_down(void **state)
{
    (void)state;
    provider_kit_free(&kit);
    kit = (struct provider_kit){0};
    return 0;
}

static void to_running(void)
{
    begin(TEXT);
    provider_kit_reply(&kit, 200, CREATED);
    provider_kit_event(&kit, GV_EV_TIMER);
    gv_buf_clear(&kit.trace);
}

static void to_fetching(void)
{
    to_running();
    provider_kit_reply(&kit, 200, DONE);
    gv_buf_clear(&kit.trace);
}

/* ---- cancel ----------------------------------------------------------------------------------------- */

static void a_cancel_before_sending_loses_nothing(void **state)
{
    (void)state;
    begin(TEXT);
    provider_kit_reply(&kit, 429, BUSY);
    provider_kit_event(&kit, GV_EV_CANCEL);
    expect_phase("cancelled");
    expect_note("before Runway had the task");
    tear_down(NULL);
    begin(LARGE);
    provider_kit_event(&kit, GV_EV_CANCEL);
    expect_phase("cancelled");
}

static void a_cancel_during_the_create_waits_for_its_answer(void **state)
{
    (void)state;
    begin(TEXT);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_reply(&kit, 200, CREATED);
    provider_kit_reply(&kit, 200, IS("t1", "\"status\":\"PENDING\""));
    provider_kit_reply(&kit, 204, "");
    expect("new start -> " CREATE_LINE "submitting cancel -> submitting: nothing\n"
           "submitting reply 200 -> cancelling: GET /v1/tasks/t1\n"
           "cancelling reply 200 -> cancelling: DELETE /v1/tasks/t1\n"
           "cancelling reply 204 -> cancelled: stop\n");
    expect_note("Runway stopped");
    tear_down(NULL);
    begin(TEXT);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    expect_phase("cancelled");
    expect_note("not known");
    tear_down(NULL);
    begin(TEXT);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_reply(&kit, 429, BUSY);
    expect_phase("cancelled");
    expect_note("before Runway had the task");
}

static void a_lost_delete_asks_before_it_deletes_again(void **state)
{
    (void)state;
    to_running();
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_reply(&kit, 200, RENDERS);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 200, RENDERS);
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_reply(&kit, 404, GONE);
    expect("running cancel -> cancelling: GET /v1/tasks/t1\n"
           "cancelling reply 200 -> cancelling: DELETE /v1/tasks/t1\n"
           "cancelling no_reply -> cancelling: back off\n"
           "cancelling timer -> cancelling: GET /v1/tasks/t1\n"
           "cancelling reply 200 -> cancelling: DELETE /v1/tasks/t1\n"
           "cancelling resumed -> cancelling: GET /v1/tasks/t1\n"
           "cancelling reply 404 -> cancelled: stop\n");
    expect_note("Runway stopped");
}

/* A poll was under way when the caller cancelled: both answers come, and one DELETE goes. */
static void an_older_answer_leaves_the_delete_under_way(void **state)
{
    (void)state;
    to_running();
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_reply(&kit, 200, RENDERS);
    provider_kit_reply(&kit, 200, RENDERS);
    provider_kit_reply(&kit, 204, "");
    expect("running cancel -> cancelling: GET /v1/tasks/t1\n"
           "cancelling reply 200 -> cancelling: DELETE /v1/tasks/t1\n"
           "cancelling reply 200 -> cancelling: nothing\n"
           "cancelling reply 204 -> cancelled: stop\n");
    assert_int_equal(job()->deletes, 1);
    expect_note("Runway stopped");
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
        to_running();
        provider_kit_event(&kit, GV_EV_CANCEL);
        provider_kit_reply(&kit, 200, rows[i].reply);
        expect_phase("cancelled");
        expect_note(rows[i].words);
        assert_int_equal(job()->deletes, 0);
        tear_down(NULL);
    }
    to_fetching();
    provider_kit_event(&kit, GV_EV_CANCEL);
    expect("fetching cancel -> cancelled: stop\n");
    expect_note("finished and billed");
}

static void a_task_too_young_to_be_shown_is_deleted_all_the_same(void **state)
{
    (void)state;
    to_running();
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_reply(&kit, 404, GONE);
    provider_kit_reply(&kit, 404, GONE);
    expect("running cancel -> cancelling: GET /v1/tasks/t1\n"
           "cancelling reply 404 -> cancelling: DELETE /v1/tasks/t1\n"
           "cancelling reply 404 -> cancelled: stop\n");
}

static void a_cancel_that_gets_no_answer_says_so(void **state)
{
    (void)state;
    to_running();
    provider_kit_event(&kit, GV_EV_CANCEL);
    for (unsigned i = 0; i < RUNWAY_CANCEL_TRIES_MAX; i++)
        provider_kit_reply(&kit, 503, "");
    expect_phase("cancelling");
    provider_kit_reply(&kit, 503, "");
    expect_phase("cancelled");
    expect_note("not known");
}

static void a_picture_is_stopped_like_a_film(void **state)
{
    (void)state;
    begin(BY_PICTURE);
    provider_kit_reply(&kit, 200, CREATED_IMAGE);
    gv_buf_clear(&kit.trace);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_reply(&kit, 200, DONE_IMAGE);
    expect("image_running cancel -> cancelling: GET /v1/tasks/i1\ncancelling reply 200 -> cancelled: stop\n");
    expect_note("no film was begun");
}

/* ---- deadline --------------------------------------------------------------------------------------- */

static void a_deadline_ends_or_parks(void **state)
{
    (void)state;
    begin(TEXT);
    provider_kit_event(&kit, GV_EV_DEADLINE);
    expect_phase("uncertain");
    tear_down(NULL);
    begin(TEXT);
    provider_kit_no_reply(&kit, GV_NOT_SENT);
    provider_kit_event(&kit, GV_EV_DEADLINE);
    expect_phase("failed");
    assert_int_equal(kit.effect.error.charged, GV_NO);
    tear_down(NULL);
    to_running();
    provider_kit_event(&kit, GV_EV_DEADLINE);
    expect_phase("failed");
    assert_non_null(strstr(kit.effect.error.message, "t1"));
    tear_down(NULL);
    to_fetching();
    provider_kit_event(&kit, GV_EV_DEADLINE);
    expect_phase("uncertain");
    tear_down(NULL);
    to_running();
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_event(&kit, GV_EV_DEADLINE);
    expect_phase("cancelled");
    expect_note("not known");
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
