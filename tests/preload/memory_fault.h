/* Allocations that fail: each one of a piece of work, in a test that links this library, or the N-th of a whole
 * program that is run with it in LD_PRELOAD (see the end of memory_fault.c). */
#ifndef GV_TESTS_MEMORY_FAULT_H
#define GV_TESTS_MEMORY_FAULT_H

#include <stdbool.h>
#include <stddef.h>

struct memory_fault_report {
    size_t allocations; /* of the work */
    size_t tried;
    size_t stopped;  /* copies that ended as running out of memory shall end */
    size_t unharmed; /* copies that came to the end of the work all the same */
    size_t bad;      /* all others; their stories are on stderr */
};

/* Which allocations fail: number `first` and every `step`-th after it. */
struct memory_fault_plan {
    size_t first, step;
    bool for_good; /* and all after it */
};

/* Does the work once. At each of these allocations a copy of the process goes on without that memory; it has to stop
 * with SIGABRT and the words for it, or to get to the end of the work, which checks its result itself and aborts where
 * it is wrong. One thread. */
struct memory_fault_report memory_fault_each(void (*work)(void *ctx), void *ctx, const struct memory_fault_plan *plan);

#endif
