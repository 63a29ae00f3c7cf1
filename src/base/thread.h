/* Threads of a library's: signals belong to the program, and waits are measured by the clock that nobody sets. */
#ifndef GV_BASE_THREAD_H
#define GV_BASE_THREAD_H

#include <pthread.h>
#include <stddef.h>

typedef void *gv_thread_fn(void *ctx);

/* A thread on which all signals are blocked. `stack_bytes` 0: the system's choice. Returns 0 or an errno. */
int gv_thread_start(pthread_t *out, gv_thread_fn *run, void *ctx, size_t stack_bytes);

/* A condition whose deadlines are of CLOCK_MONOTONIC. */
void gv_cond_init(pthread_cond_t *out);

#endif
