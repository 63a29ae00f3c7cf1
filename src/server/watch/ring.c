#include "server/watch/ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/thread.h"

void gv_ring_init(struct gv_ring *ring)
{
    *ring = (struct gv_ring){.count = 0};
    gv_cond_init(&ring->added);
    pthread_mutex_init(&ring->lock, NULL);
}

void gv_ring_item_free(struct gv_ring_item *item)
{
    free(item->tenant);
    free(item->text);
}

void gv_ring_free(struct gv_ring *ring)
{
    for (size_t i = 0; i < ring->count; i++)
        gv_ring_item_free(&ring->items[(ring->first + i) % GV_RING_MAX]);
    pthread_cond_destroy(&ring->added);
    pthread_mutex_destroy(&ring->lock);
}

void gv_ring_put(struct gv_ring *ring, const char *job_id, const char *tenant, const char *text)
{
    struct gv_ring_item item = {.tenant = tenant != NULL ? gv_xstrdup(tenant) : NULL, .text = gv_xstrdup(text)};
    snprintf(item.job_id, sizeof item.job_id, "%s", job_id);
    pthread_mutex_lock(&ring->lock);
    bool fits = ring->count < GV_RING_MAX;
    if (fits)
        ring->items[(ring->first + ring->count++) % GV_RING_MAX] = item;
    else
        ring->lost = true;
    pthread_cond_signal(&ring->added);
    pthread_mutex_unlock(&ring->lock);
    if (!fits)
        gv_ring_item_free(&item);
}

void gv_ring_bell(struct gv_ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    ring->rung = true;
    pthread_cond_signal(&ring->added);
    pthread_mutex_unlock(&ring->lock);
}

static struct timespec after(unsigned ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

size_t gv_ring_take(struct gv_ring *ring, struct gv_ring_item *out, size_t room, bool *lost, unsigned timeout_ms)
{
    struct timespec until = after(timeout_ms);
    pthread_mutex_lock(&ring->lock);
    while (ring->count == 0 && !ring->lost && !ring->rung &&
           pthread_cond_timedwait(&ring->added, &ring->lock, &until) == 0)
        ;
    size_t n = ring->count < room ? ring->count : room;
    for (size_t i = 0; i < n; i++)
        out[i] = ring->items[(ring->first + i) % GV_RING_MAX];
    ring->first = (ring->first + n) % GV_RING_MAX;
    ring->count -= n;
    *lost = ring->lost && ring->count == 0; /* said when what was there before has been taken */
    if (*lost)
        ring->lost = false;
    ring->rung = false;
    pthread_mutex_unlock(&ring->lock);
    return n;
}
