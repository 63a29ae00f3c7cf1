/* The order of creates. A client repeats a create whose answer it missed, and the repetition may overtake what it
 * repeats: while that is still being received or looked into, no job stands for it yet, and both would be paid. So a
 * repetition waits until every create of its tenant that arrived before it is decided, or its connection has gone.
 * It waits without a thread. Any thread. */
#ifndef GV_SERVER_GATE_H
#define GV_SERVER_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct gv_gate;
struct gv_task;
struct gv_workers;

/* A create's place in the order, embedded in what it stands for. Zero-initialise. */
struct gv_ticket {
    struct gv_list link; /* in order of arrival */
    bool entered;
    const char *tenant;   /* NULL: nobody's */
    struct gv_task *task; /* waits for those before it; NULL: does not wait */
    int64_t until_ms;     /* and no longer than this */
    bool overdue;         /* it waited in vain; fixed once its task runs */
};

/* Tasks that have waited go to `workers`. */
struct gv_gate *gv_gate_open(struct gv_workers *workers);
/* After every ticket has left. NULL is harmless. */
void gv_gate_close(struct gv_gate *gate);

/* A create has arrived. `tenant` is borrowed until it leaves. */
void gv_gate_enter(struct gv_gate *gate, struct gv_ticket *ticket, const char *tenant);
/* Gives `task` to the workers when nothing of the tenant is before it, or when its time is over. */
void gv_gate_wait(struct gv_gate *gate, struct gv_ticket *ticket, struct gv_task *task, int64_t until_ms);
/* It is decided, or gone. Harmless where it never entered, or has left. */
void gv_gate_leave(struct gv_gate *gate, struct gv_ticket *ticket);
/* Lets those go whose time is over. */
void gv_gate_tick(struct gv_gate *gate, int64_t now_ms);
/* From now on nobody waits; who does is overdue. */
void gv_gate_shut(struct gv_gate *gate);

#endif
