#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/thread.h"

static void *look_at_signals(void *ctx)
{
    sigset_t *blocked = ctx;
    pthread_sigmask(SIG_SETMASK, NULL, blocked);
    return NULL;
}

static void a_thread_takes_no_signals_and_its_starter_still_does(void **state)
{
    (void)state;
    pthread_t thread;
    sigset_t there, here;
    assert_int_equal(gv_thread_start(&thread, look_at_signals, &there, 1u << 20), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_sigmask(SIG_SETMASK, NULL, &here);
    static const int some[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGPIPE};
    for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
        assert_true(sigismember(&there, some[i]));
        assert_false(sigismember(&here, some[i]));
    }
}

struct meeting {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool came;
};

static void *come(void *ctx)
{
    struct meeting *meeting = ctx;
    pthread_mutex_lock(&meeting->lock);
    meeting->came = true;
    pthread_cond_signal(&meeting->moved);
    pthread_mutex_unlock(&meeting->lock);
    return NULL;
}

/* An hour of the monotonic clock; by the wall's it would have been over long ago. */
static void a_condition_waits_by_the_clock_that_nobody_sets(void **state)
{
    (void)state;
    struct meeting meeting = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct timespec until;
    pthread_t thread;
    gv_cond_init(&meeting.moved);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += 3600;
    pthread_mutex_lock(&meeting.lock);
    assert_int_equal(gv_thread_start(&thread, come, &meeting, 0), 0);
    while (!meeting.came)
        assert_int_equal(pthread_cond_timedwait(&meeting.moved, &meeting.lock, &until), 0);
    pthread_mutex_unlock(&meeting.lock);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_cond_destroy(&meeting.moved);
    pthread_mutex_destroy(&meeting.lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_takes_no_signals_and_its_starter_still_does),
        cmocka_unit_test(a_condition_waits_by_the_clock_that_nobody_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
