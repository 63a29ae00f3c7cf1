#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/parts/workers.h"

struct job {
    struct gv_task task;
    pthread_barrier_t *together;
    atomic_int *count;
};

static void run(struct gv_task *task)
{
    struct job *job = GV_CONTAINER(task, struct job, task);
    if (job->together != NULL)
        pthread_barrier_wait(job->together);
    atomic_fetch_add(job->count, 1);
    free(job);
}

static void add(struct gv_workers *workers, pthread_barrier_t *together, atomic_int *count)
{
    struct job *job = calloc(1, sizeof *job);
    *job = (struct job){.task.run = run, .together = together, .count = count};
    gv_workers_add(workers, &job->task);
}

/* As many as there may be threads wait for each other: they get through only side by side. */
static void tasks_that_block_run_side_by_side(void **state)
{
    (void)state;
    atomic_int count = 0;
    pthread_barrier_t together;
    pthread_barrier_init(&together, NULL, GV_WORKERS_MAX);
    struct gv_workers *workers = gv_workers_open();
    for (int i = 0; i < GV_WORKERS_MAX; i++)
        add(workers, &together, &count);
    gv_workers_close(workers);
    assert_int_equal(count, GV_WORKERS_MAX);
    pthread_barrier_destroy(&together);
}

static void closing_runs_what_was_added(void **state)
{
    (void)state;
    atomic_int count = 0;
    struct gv_workers *workers = gv_workers_open();
    for (int i = 0; i < 10000; i++)
        add(workers, NULL, &count);
    gv_workers_close(workers);
    assert_int_equal(count, 10000);
}

static void nothing_to_do(void **state)
{
    (void)state;
    gv_workers_close(NULL);
    struct gv_workers *workers = gv_workers_open();
    assert_int_equal(gv_workers_waiting(workers), 0);
    gv_workers_close(workers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_that_block_run_side_by_side),
        cmocka_unit_test(closing_runs_what_was_added),
        cmocka_unit_test(nothing_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
