/* The engine from a wish to its film, by way of lost answers, crashes and refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "support/toy_world.h"

#define HAPPY_END                                                                                                      \
    "timer > running: call\n"                                                                                          \
    "reply > fetching: fetch\n"                                                                                        \
    "fetched > succeeded: succeed\n"

static void test_a_job_goes_from_wish_to_stored_film(void **state)
{
    struct toy_world *w = *state;
    toy_submit(w);
    toy_run_to_rest(w);
    assert_string_equal(w->trace, "start > submitting: call\n"
                                  "reply > running: wait\n" HAPPY_END);
    assert_int_equal(w->creates, 1);
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    toy_row(w, &row, &arena);
    assert_int_equal(row->status, GV_SUCCEEDED);
    assert_null(row->owner);
    assert_non_null(strstr(row->outputs, "\"source_url\":\"http://films.example/one.mp4\""));
    assert_null(strstr(row->outputs, "sig="));
    gv_arena_free(&arena);
}

static void test_a_create_leaves_only_after_its_step_is_on_disk(void **state)
{
    struct toy_world *w = *state;
    toy_submit(w);
    toy_run_to_rest(w);
    assert_true(w->phase_was_committed);
}

static void test_a_create_that_was_not_sent_is_sent_again(void **state)
{
    struct toy_world *w = *state;
    w->refuse_connections = true;
    toy_submit(w);
    toy_run_to_rest(w);
    assert_int_equal(w->creates, 1);
    assert_string_equal(w->trace, "start > submitting: call\n"
                                  "no reply > new: wait\n"
                                  "timer > submitting: call\n"
                                  "reply > running: wait\n" HAPPY_END);
}

static void test_a_lost_answer_is_looked_up_and_adopted(void **state)
{
    struct toy_world *w = *state;
    w->lose_answers = true;
    toy_submit(w);
    toy_run_to_rest(w);
    assert_int_equal(w->creates, 1);
    assert_string_equal(w->trace, "start > submitting: call\n"
                                  "no reply > looking: call\n"
                                  "reply > running: wait\n" HAPPY_END);
}

static void test_what_is_not_found_is_parked_until_a_person_settles_it(void **state)
{
    struct toy_world *w = *state;
    w->lose_answers = w->forget_tasks = true;
    toy_submit(w);
    toy_run_to_rest(w);
    assert_true(toy_in_phase(w, "uncertain"));
    assert_int_equal(w->creates, 1);
    toy_tell(w, GV_INBOX_RESOLVE, "{\"how\":1,\"task_id\":\"task1\"}");
    toy_take(w);
    assert_true(gv_loop_virtual_run(w->loop, toy_has_succeeded, w, 100000));
    assert_int_equal(w->creates, 1);
}

static bool create_arrived(void *ctx)
{
    return ((struct toy_world *)ctx)->creates == 1;
}

/* A second engine takes the job of a first one that vanished after its create had arrived. */
static void test_a_crash_after_the_create_pays_once(void **state)
{
    struct toy_world *w = *state;
    w->create_slow = true;
    toy_submit(w);
    assert_true(gv_loop_virtual_run(w->loop, create_arrived, w, 1000));
    toy_crash(w);
    w->trace[0] = '\0';
    toy_open_engine(w);
    toy_take(w);
    toy_run_to_rest(w);
    assert_int_equal(w->creates, 1);
    assert_true(toy_in_phase(w, "succeeded"));
    assert_string_equal(w->trace, "resumed > looking: call\n"
                                  "reply > running: wait\n" HAPPY_END);
}

/* A journal that refuses what the test says before the real one sees it. */
static const struct gv_journal_vtable *real_vtable;
static struct gv_loop *refusing_loop;
static unsigned refuse_commits, steal_steps;

static void refusing_commit(struct gv_journal *journal, struct gv_journal_batch *batch)
{
    struct gv_loop *loop = refusing_loop;
    bool has_step = batch->op_count > 0 && batch->ops[0].kind == GV_JOURNAL_STEP;
    if (has_step && refuse_commits > 0) {
        refuse_commits--;
        batch->result = gv_fail(&batch->error, GV_INTERNAL_ERROR, "the disk is full");
        loop->vtable->post(loop, batch->done, batch->ctx);
    } else if (has_step && steal_steps > 0) {
        steal_steps--;
        batch->ops[0].verdict = GV_JOURNAL_LOST_LEASE;
        loop->vtable->post(loop, batch->done, batch->ctx);
    } else {
        real_vtable->commit(journal, batch);
    }
}

static void use_refusing_journal(struct toy_world *w)
{
    static struct gv_journal_vtable refusing;
    refusing_loop = w->loop;
    real_vtable = w->journal->vtable;
    refusing = *real_vtable;
    refusing.commit = refusing_commit;
    w->journal->vtable = &refusing;
}

static void test_an_engine_whose_lease_was_taken_lets_go(void **state)
{
    struct toy_world *w = *state;
    use_refusing_journal(w);
    steal_steps = 1;
    toy_submit(w);
    assert_false(gv_loop_virtual_run(w->loop, toy_at_rest, w, 2000));
    assert_int_equal(w->creates, 0);
    assert_string_equal(w->trace, "");
    w->journal->vtable = real_vtable;
}

static void test_what_the_disk_refuses_is_not_done_and_tried_again(void **state)
{
    struct toy_world *w = *state;
    use_refusing_journal(w);
    refuse_commits = 2; /* the create's step, then the same once more */
    toy_submit(w);
    toy_run_to_rest(w);
    assert_int_equal(refuse_commits, 0);
    assert_int_equal(w->creates, 1);
    assert_true(w->phase_was_committed);
    assert_true(toy_in_phase(w, "succeeded"));
    w->journal->vtable = real_vtable;
}

static void test_cancel_while_the_create_is_under_way_waits_for_its_answer(void **state)
{
    struct toy_world *w = *state;
    w->create_slow = true;
    toy_submit(w);
    assert_true(gv_loop_virtual_run(w->loop, create_arrived, w, 1000));
    toy_tell(w, GV_INBOX_CANCEL, NULL);
    toy_run_to_rest(w);
    assert_string_equal(w->trace, "start > submitting: call\n"
                                  "cancel > submitting: nothing\n"
                                  "reply > cancelled: cancelled\n");
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    toy_row(w, &row, &arena);
    assert_true(row->cancelled);
    assert_non_null(strstr(row->error, "\"cancelled\""));
    gv_arena_free(&arena);
}

/* Two creates take all the time they want, and the toy is called by two at a time: the third waits for its turn, and is
 * not said to have begun. */
static void queue_a_create(struct toy_world *w, struct gv_job_row *row)
{
    static const char *const IDS[] = {"gv_first", "gv_second"};
    w->create_slow = true;
    for (size_t i = 0; i < 2; i++) {
        struct gv_job_row other = toy_wish(w, IDS[i]);
        assert_int_equal(toy_accept(w, &other), GV_OK);
    }
    assert_int_equal(toy_accept(w, row), GV_OK);
    for (int turn = 0; turn < 4; turn++)
        gv_loop_virtual_turn(w->loop);
    assert_true(toy_in_phase(w, "new"));
}

static void test_a_cancelled_create_that_waits_for_its_turn_never_leaves(void **state)
{
    struct toy_world *w = *state;
    struct gv_job_row row = toy_wish(w, "gv_one");
    queue_a_create(w, &row);
    toy_tell(w, GV_INBOX_CANCEL, NULL);
    toy_run_to_rest(w);
    assert_non_null(strstr(w->trace, "cancel > cancelled: cancelled\n"));
    snprintf(w->job_id, sizeof(w->job_id), "gv_first");
    toy_run_to_rest(w);
    assert_int_equal(w->creates, 2);
}

static void test_a_create_that_waits_for_its_turn_ends_at_the_deadline_unpaid(void **state)
{
    struct toy_world *w = *state;
    struct gv_job_row row = toy_wish(w, "gv_one");
    row.deadline_ms = row.created_ms + 1000;
    queue_a_create(w, &row);
    toy_run_to_rest(w);
    assert_true(toy_in_phase(w, "failed")); /* and not parked, as one that may have been paid */
    snprintf(w->job_id, sizeof(w->job_id), "gv_first");
    toy_run_to_rest(w);
    assert_int_equal(w->creates, 2);
}

static void test_a_create_that_waits_for_its_turn_leaves_when_it_has_come(void **state)
{
    struct toy_world *w = *state;
    struct gv_job_row row = toy_wish(w, "gv_one");
    queue_a_create(w, &row);
    toy_run_to_rest(w);
    assert_true(toy_in_phase(w, "succeeded"));
    assert_int_equal(w->creates, 3);
}

static void test_a_create_that_waits_for_its_turn_is_no_riddle_after_a_crash(void **state)
{
    struct toy_world *w = *state;
    struct gv_job_row row = toy_wish(w, "gv_one");
    queue_a_create(w, &row);
    toy_crash(w);
    w->trace[0] = '\0';
    toy_open_engine(w);
    toy_run_to_rest(w);
    assert_true(toy_in_phase(w, "succeeded"));
    assert_int_equal(w->creates, 3);
    assert_int_equal(w->finds, 2); /* for the two that may have arrived */
}

static void test_a_broken_download_goes_on_where_it_broke(void **state)
{
    struct toy_world *w = *state;
    w->download_cut = 20;
    toy_submit(w);
    toy_run_to_rest(w);
    assert_int_equal(w->downloads, 2);
    assert_true(toy_in_phase(w, "succeeded"));
    assert_non_null(strstr(w->trace, "fetch failed > fetching: wait\n"
                                     "timer > fetching: fetch\n"
                                     "fetched > succeeded: succeed\n"));
}

static void test_an_error_page_is_never_stored_as_a_film(void **state)
{
    struct toy_world *w = *state;
    w->download_body = "<!DOCTYPE html><html><body>Sorry, try again later</body></html>";
    w->download_type = "text/html";
    toy_submit(w);
    assert_true(gv_loop_virtual_run(w->loop, toy_at_rest, w, 100000));
    assert_true(toy_in_phase(w, "failed")); /* at its deadline */
    assert_true(w->downloads > 3);
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    toy_row(w, &row, &arena);
    assert_null(row->outputs);
    assert_non_null(strstr(row->error, "What came last: what came is text/html, not video"));
    gv_arena_free(&arena);
}

static void test_a_failed_task_ends_the_job_with_the_providers_words(void **state)
{
    struct toy_world *w = *state;
    w->poll_says = "{\"status\":\"failed\",\"why\":\"Image pixel is invalid\"}";
    toy_submit(w);
    toy_run_to_rest(w);
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    toy_row(w, &row, &arena);
    assert_int_equal(row->status, GV_FAILED);
    assert_non_null(strstr(row->error, "Image pixel is invalid"));
    gv_arena_free(&arena);
}

static bool task_runs(void *ctx)
{
    return toy_in_phase(ctx, "running");
}

/* The deadline stands in the wall clock's time, since it outlives the process; how long is waited does not. */
static void test_a_clock_that_was_set_back_makes_no_job_wait_longer(void **state)
{
    struct toy_world *w = *state;
    w->poll_says = "{\"status\":\"busy\"}";
    toy_submit(w);
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    toy_row(w, &row, &arena);
    int64_t most_ms = row->deadline_ms - row->created_ms;
    gv_arena_free(&arena);

    assert_true(gv_loop_virtual_run(w->loop, task_runs, w, 1000));
    toy_close_engine(w);
    gv_loop_virtual_jump(w->loop, -24 * most_ms);
    int64_t from_ms = w->loop->vtable->now_ms(w->loop);
    toy_open_engine(w);
    toy_take(w);
    assert_true(gv_loop_virtual_run(w->loop, toy_at_rest, w, 100000));
    assert_true(w->loop->vtable->now_ms(w->loop) - from_ms <= most_ms);
}

static void test_stopping_lets_a_paid_create_come_home(void **state)
{
    struct toy_world *w = *state;
    w->create_slow = true;
    toy_submit(w);
    assert_true(gv_loop_virtual_run(w->loop, create_arrived, w, 1000));
    toy_close_engine(w);
    assert_string_equal(w->trace, "start > submitting: call\nreply > running: wait\n");
    toy_open_engine(w);
    toy_take(w);
    toy_run_to_rest(w);
    assert_int_equal(w->creates, 1);
    assert_int_equal(w->finds, 0);
}

static void test_the_same_key_gives_the_same_job(void **state)
{
    struct toy_world *w = *state;
    struct gv_job_row row = toy_wish(w, "gv_two");
    row.idempotency_key = "k";
    for (int i = 0; i < 2; i++) {
        assert_int_equal(toy_accept(w, &row), GV_OK);
        assert_string_equal(w->job_id, "gv_two");
        row.id = "gv_three";
    }
    row.request_sha256 = "other";
    assert_int_equal(toy_accept(w, &row), GV_INVALID_INPUT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, toy_setup, toy_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_job_goes_from_wish_to_stored_film),
        TEST(test_a_create_leaves_only_after_its_step_is_on_disk),
        TEST(test_a_create_that_was_not_sent_is_sent_again),
        TEST(test_a_lost_answer_is_looked_up_and_adopted),
        TEST(test_what_is_not_found_is_parked_until_a_person_settles_it),
        TEST(test_a_crash_after_the_create_pays_once),
        TEST(test_an_engine_whose_lease_was_taken_lets_go),
        TEST(test_what_the_disk_refuses_is_not_done_and_tried_again),
        TEST(test_cancel_while_the_create_is_under_way_waits_for_its_answer),
        TEST(test_a_cancelled_create_that_waits_for_its_turn_never_leaves),
        TEST(test_a_create_that_waits_for_its_turn_ends_at_the_deadline_unpaid),
        TEST(test_a_create_that_waits_for_its_turn_leaves_when_it_has_come),
        TEST(test_a_create_that_waits_for_its_turn_is_no_riddle_after_a_crash),
        TEST(test_a_broken_download_goes_on_where_it_broke),
        TEST(test_an_error_page_is_never_stored_as_a_film),
        TEST(test_a_failed_task_ends_the_job_with_the_providers_words),
        TEST(test_a_clock_that_was_set_back_makes_no_job_wait_longer),
        TEST(test_stopping_lets_a_paid_create_come_home),
        TEST(test_the_same_key_gives_the_same_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
