/* How an engine finds what nobody drives: all of it, however many jobs lie before it that it can't drive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/toy_world.h"

#define TURNS_MAX 200000
#define SECONDS 20

static struct {
    unsigned undrivable, unnamed;
} told;

static void count_line(const struct gv_log *log, enum gv_log_level level, const char *job_id, const char *text)
{
    (void)log, (void)level;
    told.undrivable += job_id != NULL && strstr(text, "can't be driven") != NULL;
    told.unnamed += job_id == NULL && strstr(text, "can't be driven") != NULL;
}

static const struct gv_log log_counting = {.level = GV_LOG_ERROR, .write = count_line};

static int setup(void **state)
{
    toy_setup(state);
    struct toy_world *w = *state;
    memset(&told, 0, sizeof(told));
    w->log = &log_counting;
    snprintf(w->job_id, sizeof(w->job_id), "gv_own0000");
    return 0;
}

static void done(void *ctx)
{
    *(bool *)ctx = true;
}

/* So many jobs that nobody drives, `what`0000 and so on. */
static void leave_jobs(struct toy_world *w, const char *what, const char *provider, unsigned count)
{
    bool over = false;
    struct gv_arena arena = {0};
    struct gv_journal_op *ops = GV_NEW_ARRAY(&arena, struct gv_journal_op, count);
    for (unsigned i = 0; i < count; i++) {
        struct gv_job_row *row = GV_NEW(&arena, struct gv_job_row);
        *row = toy_wish(w, gv_arena_printf(&arena, "%s%04u", what, i));
        row->provider = provider;
        row->owner = NULL;
        ops[i] = (struct gv_journal_op){.kind = GV_JOURNAL_ACCEPT, .row = row};
    }
    struct gv_journal_batch batch = {.arena = &arena, .ops = ops, .op_count = count, .done = done, .ctx = &over};
    w->journal->vtable->commit(w->journal, &batch);
    assert_true(gv_loop_virtual_run(w->loop, toy_is_true, &over, 1000));
    assert_int_equal(batch.result, GV_OK);
    gv_arena_free(&arena);
}

static void take_its_place(struct toy_world *w)
{
    toy_close_engine(w);
    toy_open_engine(w);
}

static void let_time_pass(struct toy_world *w)
{
    bool over = false;
    struct gv_timer *timer = w->loop->vtable->timer_new(w->loop, done, &over);
    w->loop->vtable->timer_start(timer, SECONDS * 1000);
    assert_true(gv_loop_virtual_run(w->loop, toy_is_true, &over, TURNS_MAX));
    w->loop->vtable->timer_free(timer);
}

static void a_job_behind_many_that_cant_be_driven_is_taken_up(void **state)
{
    struct toy_world *w = *state;
    leave_jobs(w, "gv_newer", "newer", 600);
    leave_jobs(w, "gv_own", w->account.provider->name, 1);
    take_its_place(w);
    assert_true(gv_loop_virtual_run(w->loop, toy_has_succeeded, w, TURNS_MAX));
    assert_int_equal(w->creates, 1);
}

static void what_cant_be_driven_is_told_once(void **state)
{
    struct toy_world *w = *state;
    leave_jobs(w, "gv_newer", "newer", 600);
    take_its_place(w);
    let_time_pass(w);
    assert_int_equal(told.undrivable, 600);
    assert_int_equal(told.unnamed, 0);
    leave_jobs(w, "gv_newest", "newest", 1);
    let_time_pass(w);
    assert_int_equal(told.undrivable, 601);
}

static void more_than_can_be_remembered_are_told_of_once(void **state)
{
    struct toy_world *w = *state;
    leave_jobs(w, "gv_newer", "newer", 1500);
    take_its_place(w);
    let_time_pass(w);
    assert_int_equal(told.undrivable, 1024);
    assert_int_equal(told.unnamed, 1);
}

static bool all_are_driven(void *ctx)
{
    struct toy_world *w = ctx;
    struct gv_arena arena = {0};
    struct gv_error err;
    const struct gv_job_row *rows = NULL;
    size_t count = 0, driven = 0;
    struct gv_job_filter filter = {.limit = 10000};
    assert_int_equal(w->journal->vtable->list(&rows, &count, w->journal, &filter, &arena, &err), GV_OK);
    for (size_t i = 0; i < count; i++)
        driven += rows[i].owner != NULL;
    bool yes = driven == count && count > 0;
    gv_arena_free(&arena);
    return yes;
}

static void a_restart_takes_up_all_there_are_at_once(void **state)
{
    struct toy_world *w = *state;
    leave_jobs(w, "gv_own", w->account.provider->name, 700);
    take_its_place(w);
    int64_t from_ms = w->loop->vtable->now_ms(w->loop);
    assert_true(gv_loop_virtual_run(w->loop, all_are_driven, w, TURNS_MAX));
    assert_int_equal(w->loop->vtable->now_ms(w->loop), from_ms);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, toy_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_job_behind_many_that_cant_be_driven_is_taken_up),
        TEST(what_cant_be_driven_is_told_once),
        TEST(more_than_can_be_remembered_are_told_of_once),
        TEST(a_restart_takes_up_all_there_are_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
