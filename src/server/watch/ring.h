/* What happened to jobs, on its way from the engine's thread, which must not wait, to the hub's. */
#ifndef GV_SERVER_RING_H
#define GV_SERVER_RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define GV_RING_MAX 4096

struct gv_ring_item {
    char job_id[32];
    char *tenant; /* NULL: nobody's */
    char *text;   /* of the event */
};

struct gv_ring {
    pthread_mutex_t lock;
    pthread_cond_t added;
    struct gv_ring_item items[GV_RING_MAX];
    size_t first, count;
    bool lost; /* an item found no room */
    bool rung; /* somebody wants the taker's attention without an item */
};

void gv_ring_init(struct gv_ring *ring);
void gv_ring_free(struct gv_ring *ring);

/* Copies the strings. Any thread; never waits. */
void gv_ring_put(struct gv_ring *ring, const char *job_id, const char *tenant, const char *text);
/* Lets the taker wake up. Any thread. */
void gv_ring_bell(struct gv_ring *ring);
/* Moves up to `room` items out; waits up to timeout_ms for one, a loss or the bell. *lost: items are missing. */
size_t gv_ring_take(struct gv_ring *ring, struct gv_ring_item *out, size_t room, bool *lost, unsigned timeout_ms);
void gv_ring_item_free(struct gv_ring_item *item);

#endif
