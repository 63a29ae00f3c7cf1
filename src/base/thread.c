#include "base/thread.h"

#include <signal.h>
#include <time.h>

int gv_thread_start(pthread_t *out, gv_thread_fn *run, void *ctx, size_t stack_bytes)
{
    pthread_attr_t attr;
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_init(&attr);
    if (stack_bytes > 0)
        pthread_attr_setstacksize(&attr, stack_bytes);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(out, &attr, run, ctx);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return failed;
}

void gv_cond_init(pthread_cond_t *out)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(out, &attr);
    pthread_condattr_destroy(&attr);
}
