#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/http/gate.h"
#include "server/parts/workers.h"

#define CREATES 6

struct world;

struct create {
    struct gv_task task;
    struct gv_ticket ticket;
    struct world *world;
    int ran; /* as which of them; 0: not yet */
};

struct world {
    struct gv_workers *workers;
    struct gv_gate *gate;
    atomic_int order; /* counts those that ran */
    sem_t decided;    /* likewise */
    struct create creates[CREATES];
};

/* Leaves, as what was decided does, so that the next may go. */
static void decide(struct gv_task *task)
{
    struct create *create = GV_CONTAINER(task, struct create, task);
    struct world *w = create->world;
    create->ran = atomic_fetch_add(&w->order, 1) + 1;
    gv_gate_leave(w->gate, &create->ticket);
    sem_post(&w->decided);
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->workers = gv_workers_open();
    w->gate = gv_gate_open(w->workers);
    sem_init(&w->decided, 0, 0);
    for (int i = 0; i < CREATES; i++)
        w->creates[i] = (struct create){.task.run = decide, .world = w};
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    gv_gate_close(w->gate);
    sem_destroy(&w->decided);
    free(w);
    return 0;
}

/* From here on no task runs that was not given to the workers before. */
static void settle(struct world *w)
{
    gv_workers_close(w->workers);
}

static void enter(struct world *w, int i, const char *tenant)
{
    gv_gate_enter(w->gate, &w->creates[i].ticket, tenant);
}

static void wait_until(struct world *w, int i, int64_t until_ms)
{
    gv_gate_wait(w->gate, &w->creates[i].ticket, &w->creates[i].task, until_ms);
}

static void leave(struct world *w, int i)
{
    gv_gate_leave(w->gate, &w->creates[i].ticket);
}

static void who_is_alone_goes_at_once(void **state)
{
    struct world *w = *state;
    enter(w, 0, "acme");
    wait_until(w, 0, 1000);
    settle(w);
    assert_int_equal(w->creates[0].ran, 1);
    assert_false(w->creates[0].ticket.overdue);
}

static void a_repetition_waits_for_what_came_before_it(void **state)
{
    struct world *w = *state;
    enter(w, 0, NULL);
    enter(w, 1, NULL);
    wait_until(w, 1, 1000);
    settle(w);
    assert_int_equal(w->creates[1].ran, 0);
    assert_non_null(w->creates[1].ticket.task);
    leave(w, 1); /* its connection has gone */
    leave(w, 0);
}

static void it_goes_when_all_of_them_are_decided_or_gone(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 4; i++)
        enter(w, i, "acme");
    wait_until(w, 2, 1000);
    leave(w, 1);
    assert_non_null(w->creates[2].ticket.task);
    leave(w, 3); /* behind it: nothing to it */
    assert_non_null(w->creates[2].ticket.task);
    leave(w, 0);
    settle(w);
    assert_int_equal(w->creates[2].ran, 1);
    assert_false(w->creates[2].ticket.overdue);
    leave(w, 0); /* again, as connections do */
}

static void repetitions_go_one_after_the_other(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < CREATES; i++)
        enter(w, i, "acme");
    for (int i = CREATES - 1; i > 0; i--)
        wait_until(w, i, 1000);
    leave(w, 0);
    for (int i = 1; i < CREATES; i++)
        sem_wait(&w->decided);
    settle(w);
    for (int i = 1; i < CREATES; i++)
        assert_int_equal(w->creates[i].ran, i);
}

static void tenants_do_not_wait_for_each_other(void **state)
{
    struct world *w = *state;
    enter(w, 0, "acme");
    enter(w, 1, NULL);
    enter(w, 2, "umbrella");
    wait_until(w, 2, 1000);
    settle(w);
    assert_int_equal(w->creates[2].ran, 1);
    leave(w, 1);
    leave(w, 0);
}

static void nobody_waits_for_ever(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 3; i++)
        enter(w, i, "acme");
    wait_until(w, 1, 1000);
    wait_until(w, 2, 1001);
    gv_gate_tick(w->gate, 999);
    assert_non_null(w->creates[1].ticket.task);
    gv_gate_tick(w->gate, 1000);
    assert_null(w->creates[1].ticket.task);
    assert_non_null(w->creates[2].ticket.task);
    gv_gate_tick(w->gate, 1001);
    settle(w);
    assert_int_equal(w->order, 2);
    assert_true(w->creates[1].ticket.overdue);
    assert_true(w->creates[2].ticket.overdue);
    leave(w, 0);
}

static void a_gate_that_shuts_keeps_nobody(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 3; i++)
        enter(w, i, "acme");
    wait_until(w, 1, 1000);
    gv_gate_shut(w->gate);
    wait_until(w, 2, 1000);
    settle(w);
    assert_int_equal(w->order, 2);
    assert_true(w->creates[1].ticket.overdue);
    assert_true(w->creates[2].ticket.overdue);
    leave(w, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_is_alone_goes_at_once),
        TEST(a_repetition_waits_for_what_came_before_it),
        TEST(it_goes_when_all_of_them_are_decided_or_gone),
        TEST(repetitions_go_one_after_the_other),
        TEST(tenants_do_not_wait_for_each_other),
        TEST(nobody_waits_for_ever),
        TEST(a_gate_that_shuts_keeps_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
