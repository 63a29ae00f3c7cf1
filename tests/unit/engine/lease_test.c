/* The engine when leases go and the journal refuses or takes its time; and when callers say too much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "journal/memory.h"
#include "support/toy_world.h"

#define MANY 40

/* A journal that refuses batches with an op of that kind, so many times; or holds the next batch back. */
static struct {
    struct toy_world *world;
    const struct gv_journal_vtable *real;
    struct gv_journal_vtable own;
    enum gv_journal_op_kind refuse_kind;
    unsigned refuse;
    bool hold;
    struct gv_journal_batch *held;
    size_t ops; /* that came to the journal */
} hand;

static bool holds_kind(const struct gv_journal_batch *batch, enum gv_journal_op_kind kind)
{
    for (size_t i = 0; i < batch->op_count; i++)
        if (batch->ops[i].kind == kind)
            return true;
    return false;
}

static void commit(struct gv_journal *journal, struct gv_journal_batch *batch)
{
    struct gv_loop *loop = hand.world->loop;
    hand.ops += batch->op_count;
    if (hand.hold) {
        hand.hold = false;
        hand.held = batch;
    } else if (hand.refuse > 0 && holds_kind(batch, hand.refuse_kind)) {
        hand.refuse--;
        batch->result = gv_fail(&batch->error, GV_INTERNAL_ERROR, "the disk is full");
        loop->vtable->post(loop, batch->done, batch->ctx);
    } else {
        hand.real->commit(journal, batch);
    }
}

static int setup(void **state)
{
    toy_setup(state);
    struct toy_world *w = *state;
    memset(&hand, 0, sizeof(hand));
    hand.world = w;
    hand.real = w->journal->vtable;
    hand.own = *hand.real;
    hand.own.commit = commit;
    w->journal->vtable = &hand.own;
    return 0;
}

static void refuse(enum gv_journal_op_kind kind, unsigned times)
{
    hand.refuse_kind = kind;
    hand.refuse = times;
}

static bool is_held(void *ctx)
{
    (void)ctx;
    return hand.held != NULL;
}

static void turns(struct toy_world *w, unsigned count)
{
    while (count-- > 0)
        gv_loop_virtual_turn(w->loop);
}

static void done(void *ctx)
{
    *(bool *)ctx = true;
}

/* One op by another engine's journal. */
static void do_there(struct toy_world *w, struct gv_journal *other, enum gv_journal_op_kind kind)
{
    bool over = false;
    struct gv_arena arena = {0};
    struct gv_journal_op op = {
        .kind = kind, .job_id = w->job_id, .claim_max = 1, .inbox = {.job_id = w->job_id, .kind = GV_INBOX_CANCEL}};
    struct gv_journal_batch batch = {.arena = &arena, .ops = &op, .op_count = 1, .done = done, .ctx = &over};
    other->vtable->commit(other, &batch);
    assert_true(gv_loop_virtual_run(w->loop, toy_is_true, &over, 1000));
    assert_int_equal(op.verdict, GV_JOURNAL_DONE);
    gv_arena_free(&arena);
}

static bool runs(void *ctx)
{
    return toy_in_phase(ctx, "running");
}

/* The event of the line before the one of `event` in the job's history; "" if there is none. */
static const char *event_before(struct toy_world *w, const char *event, struct gv_arena *arena)
{
    const struct gv_history_row *lines;
    size_t count;
    struct gv_error err;
    assert_int_equal(w->journal->vtable->history(&lines, &count, w->journal, w->job_id, 0, arena, &err), GV_OK);
    for (size_t i = 1; i < count; i++)
        if (strcmp(lines[i].event, event) == 0)
            return lines[i - 1].event;
    return "";
}

/* Time passes while a commit is on its way: the wait ends, sweeps claim, and all of it collects behind the commit.
 * Meanwhile the lease is lost to another engine. */
static struct gv_journal *lose_lease(struct toy_world *w)
{
    struct gv_journal *other;
    toy_submit(w);
    assert_true(gv_loop_virtual_run(w->loop, runs, w, 1000));
    hand.hold = true;
    assert_true(gv_loop_virtual_run(w->loop, is_held, w, 1000));
    assert_int_equal(gv_journal_memory_open(&other, w->jobs, w->loop, "other"), GV_OK);
    gv_memory_journal_presume_dead(w->jobs, w->journal);
    do_there(w, other, GV_JOURNAL_CLAIM);
    w->trace[0] = '\0';
    turns(w, 100);
    assert_string_equal(w->trace, "");
    return other;
}

static void let_go(struct toy_world *w)
{
    struct gv_journal_batch *held = hand.held;
    hand.held = NULL;
    hand.real->commit(w->journal, held);
}

/* It is taken up anew, and nothing from before comes between. */
static void goes_on_anew(struct toy_world *w)
{
    struct gv_arena arena = {0};
    toy_run_to_rest(w);
    assert_int_equal(strncmp(w->trace, "resumed > ", 10), 0);
    assert_null(strstr(w->trace + 10, "resumed > "));
    assert_string_equal(event_before(w, "resumed", &arena), "reply"); /* not the timer, which came too late */
    assert_true(toy_in_phase(w, "succeeded"));
    assert_int_equal(w->creates, 1);
    gv_arena_free(&arena);
}

static void a_step_from_before_the_lease_was_lost_is_refused(void **state)
{
    struct toy_world *w = *state;
    struct gv_journal *other = lose_lease(w);
    do_there(w, other, GV_JOURNAL_RELEASE);
    let_go(w); /* a claim, which finds the job free while its step is still to come */
    goes_on_anew(w);
    other->vtable->close(other);
}

static void a_step_from_before_does_not_leave_behind_the_claim(void **state)
{
    struct toy_world *w = *state;
    struct gv_journal *other = lose_lease(w);
    hand.hold = true;
    let_go(w);
    assert_true(gv_loop_virtual_run(w->loop, is_held, w, 1000));
    do_there(w, other, GV_JOURNAL_RELEASE);
    let_go(w); /* claims, and the step in their midst */
    goes_on_anew(w);
    other->vtable->close(other);
}

static bool is_free(void *ctx)
{
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    toy_row(ctx, &row, &arena);
    bool yes = row->owner == NULL && row->parked;
    gv_arena_free(&arena);
    return yes;
}

static void not_taken(void *ctx, bool yes, const struct gv_error *why)
{
    assert_null(why);
    assert_false(yes);
    *(bool *)ctx = true;
}

/* A parked job that nobody has anything to say to is let go at once. */
static void a_lease_is_given_back_though_the_disk_was_full(void **state)
{
    struct toy_world *w = *state;
    w->lose_answers = w->forget_tasks = true;
    toy_submit(w);
    toy_run_to_rest(w);
    refuse(GV_JOURNAL_RELEASE, 3);
    bool over = false;
    gv_driver_take(w->driver, w->job_id, not_taken, &over);
    assert_true(gv_loop_virtual_run(w->loop, toy_is_true, &over, 1000));
    assert_false(is_free(w));
    assert_true(gv_loop_virtual_run(w->loop, is_free, w, 1000));
    assert_int_equal(hand.refuse, 0);
}

static void stopping_ends_though_the_last_entry_was_refused(void **state)
{
    struct toy_world *w = *state;
    refuse(GV_JOURNAL_ACCEPT, 1);
    struct gv_job_row row = toy_wish(w, "gv_late");
    gv_driver_accept(w->driver, &(struct gv_wish){.row = &row}, toy_accepted, w);
    toy_close_engine(w);
    assert_int_equal(w->code, GV_INTERNAL_ERROR);
    toy_open_engine(w);
}

/* What is written next is the step that begins the create. */
static void accepted_and_hold(void *ctx, int code, const char *job_id, bool repeated, const struct gv_error *err)
{
    hand.hold = true;
    toy_accepted(ctx, code, job_id, repeated, err);
}

static void a_cancel_that_comes_before_the_creates_commit_keeps_it_here(void **state)
{
    struct toy_world *w = *state;
    struct gv_journal *other;
    assert_int_equal(gv_journal_memory_open(&other, w->jobs, w->loop, "other"), GV_OK);
    struct gv_job_row row = toy_wish(w, "gv_one");
    gv_driver_accept(w->driver, &(struct gv_wish){.row = &row}, accepted_and_hold, w);
    assert_true(gv_loop_virtual_run(w->loop, is_held, w, 1000));
    do_there(w, other, GV_JOURNAL_INBOX_PUT);
    turns(w, 20); /* a sweep reads it */
    let_go(w);
    toy_run_to_rest(w);
    assert_true(toy_in_phase(w, "cancelled"));
    assert_int_equal(w->creates, 0);
    other->vtable->close(other);
}

/* However many jobs wait, a stop takes no longer for them. */
static void stopping_costs_no_operation_for_a_job_that_waits(void **state)
{
    struct toy_world *w = *state;
    toy_submit(w);
    assert_true(gv_loop_virtual_run(w->loop, runs, w, 1000));
    hand.ops = 0;
    toy_close_engine(w);
    assert_int_equal(hand.ops, 0);
    toy_open_engine(w);
    toy_run_to_rest(w);
    assert_true(toy_in_phase(w, "succeeded"));
    assert_int_equal(w->creates, 1);
}

static void heard(void *ctx, int code, const struct gv_error *err)
{
    (void)err;
    assert_int_equal(code, GV_OK);
    ++*(unsigned *)ctx;
}

static unsigned count_of(const char *text, const char *what)
{
    unsigned count = 0;
    while ((text = strstr(text, what)) != NULL) {
        text++;
        count++;
    }
    return count;
}

static void a_crowd_of_messages_waits_its_turn(void **state)
{
    struct toy_world *w = *state;
    unsigned put = 0;
    toy_submit(w);
    for (unsigned i = 0; i < MANY; i++)
        gv_driver_put(w->driver, &(struct gv_inbox_row){.job_id = w->job_id, .kind = GV_INBOX_WAKE}, heard, &put);
    toy_run_to_rest(w);
    assert_int_equal(put, MANY);
    assert_int_equal(count_of(w->trace, "wake > "), MANY);
}

static char *note_of(struct toy_world *w)
{
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    toy_row(w, &row, &arena);
    char *note = gv_xstrdup(row->note);
    gv_arena_free(&arena);
    return note;
}

static bool was_woken(void *ctx)
{
    struct toy_world *w = ctx;
    return strstr(w->trace, "wake > uncertain: nothing") != NULL;
}

static void a_parked_job_that_is_woken_keeps_its_reason(void **state)
{
    struct toy_world *w = *state;
    w->lose_answers = w->forget_tasks = true;
    toy_submit(w);
    toy_run_to_rest(w);
    char *before = note_of(w);
    toy_tell(w, GV_INBOX_WAKE, NULL);
    assert_true(gv_loop_virtual_run(w->loop, was_woken, w, 1000)); /* a sweep finds the message */
    char *after = note_of(w);
    assert_true(before[0] != '\0');
    assert_string_equal(before, after);
    free(before);
    free(after);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, toy_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_step_from_before_the_lease_was_lost_is_refused),
        TEST(a_step_from_before_does_not_leave_behind_the_claim),
        TEST(a_lease_is_given_back_though_the_disk_was_full),
        TEST(stopping_ends_though_the_last_entry_was_refused),
        TEST(a_cancel_that_comes_before_the_creates_commit_keeps_it_here),
        TEST(stopping_costs_no_operation_for_a_job_that_waits),
        TEST(a_crowd_of_messages_waits_its_turn),
        TEST(a_parked_job_that_is_woken_keeps_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
