/* Threads that may block. Tasks are embedded in what they work for: whoever adds one has it out of the way until it
 * ran. A connection has one task at a time, so the queue is as bounded as connections are. */
#ifndef GV_SERVER_WORKERS_H
#define GV_SERVER_WORKERS_H

#include <stddef.h>

#include "base/list.h"

#define GV_WORKERS_MAX 32 /* started as they are needed */

struct gv_workers;

struct gv_task {
    struct gv_list link;
    void (*run)(struct gv_task *task); /* may free it */
};

struct gv_workers *gv_workers_open(void);
/* Any thread; in order. */
void gv_workers_add(struct gv_workers *workers, struct gv_task *task);
/* How many wait for a thread. */
size_t gv_workers_waiting(struct gv_workers *workers);
/* Runs what was added, then ends the threads. NULL is harmless. */
void gv_workers_close(struct gv_workers *workers);

#endif
