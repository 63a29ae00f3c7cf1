#include "server/http/gate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "server/parts/workers.h"

struct gv_gate {
    struct gv_workers *workers;
    pthread_mutex_t lock;
    struct gv_list tickets;
    bool shut;
};

struct gv_gate *gv_gate_open(struct gv_workers *workers)
{
    struct gv_gate *gate = gv_xcalloc(1, sizeof *gate);
    gate->workers = workers;
    pthread_mutex_init(&gate->lock, NULL);
    gv_list_init(&gate->tickets);
    return gate;
}

void gv_gate_close(struct gv_gate *gate)
{
    if (gate == NULL)
        return;
    GV_ASSERT(gv_list_empty(&gate->tickets));
    pthread_mutex_destroy(&gate->lock);
    free(gate);
}

static bool same_tenant(const struct gv_ticket *a, const struct gv_ticket *b)
{
    return strcmp(a->tenant != NULL ? a->tenant : "", b->tenant != NULL ? b->tenant : "") == 0;
}

static bool is_first(struct gv_gate *gate, const struct gv_ticket *ticket)
{
    GV_LIST_EACH (item, &gate->tickets) {
        const struct gv_ticket *other = GV_CONTAINER(item, struct gv_ticket, link);
        if (other == ticket)
            return true;
        if (same_tenant(other, ticket))
            return false;
    }
    GV_UNREACHABLE();
}

static void let_go(struct gv_gate *gate, struct gv_ticket *ticket, bool overdue)
{
    struct gv_task *task = ticket->task;
    ticket->task = NULL;
    ticket->overdue = overdue;
    gv_workers_add(gate->workers, task);
}

void gv_gate_enter(struct gv_gate *gate, struct gv_ticket *ticket, const char *tenant)
{
    pthread_mutex_lock(&gate->lock);
    ticket->tenant = tenant;
    ticket->entered = true;
    gv_list_append(&gate->tickets, &ticket->link);
    pthread_mutex_unlock(&gate->lock);
}

void gv_gate_wait(struct gv_gate *gate, struct gv_ticket *ticket, struct gv_task *task, int64_t until_ms)
{
    pthread_mutex_lock(&gate->lock);
    GV_ASSERT(ticket->entered && ticket->task == NULL);
    ticket->task = task;
    ticket->until_ms = until_ms;
    bool first = is_first(gate, ticket);
    if (first || gate->shut)
        let_go(gate, ticket, !first);
    pthread_mutex_unlock(&gate->lock);
}

/* Of the tenant of `left`: whoever is behind the first waits for that one. */
static void let_first_go(struct gv_gate *gate, const struct gv_ticket *left)
{
    GV_LIST_EACH (item, &gate->tickets) {
        struct gv_ticket *first = GV_CONTAINER(item, struct gv_ticket, link);
        if (!same_tenant(first, left))
            continue;
        if (first->task != NULL)
            let_go(gate, first, false);
        return;
    }
}

void gv_gate_leave(struct gv_gate *gate, struct gv_ticket *ticket)
{
    pthread_mutex_lock(&gate->lock);
    if (ticket->entered) {
        ticket->entered = false;
        gv_list_remove(&ticket->link);
        let_first_go(gate, ticket);
    }
    pthread_mutex_unlock(&gate->lock);
}

static void let_go_until(struct gv_gate *gate, int64_t now_ms)
{
    GV_LIST_EACH (item, &gate->tickets) {
        struct gv_ticket *ticket = GV_CONTAINER(item, struct gv_ticket, link);
        if (ticket->task != NULL && ticket->until_ms <= now_ms)
            let_go(gate, ticket, true);
    }
}

void gv_gate_tick(struct gv_gate *gate, int64_t now_ms)
{
    pthread_mutex_lock(&gate->lock);
    let_go_until(gate, now_ms);
    pthread_mutex_unlock(&gate->lock);
}

void gv_gate_shut(struct gv_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->shut = true;
    let_go_until(gate, INT64_MAX);
    pthread_mutex_unlock(&gate->lock);
}
