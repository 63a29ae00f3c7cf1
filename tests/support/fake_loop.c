#include "support/fake_loop.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/list.h"

struct posted {
    struct gv_list link;
    gv_loop_fn *fn;
    void *ctx;
};

struct gv_fake_loop {
    struct gv_loop base;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct gv_list queue;
};

static void post(struct gv_loop *loop, gv_loop_fn *fn, void *ctx)
{
    struct gv_fake_loop *fake = GV_CONTAINER(loop, struct gv_fake_loop, base);
    struct posted *posted = gv_xcalloc(1, sizeof(*posted));
    posted->fn = fn;
    posted->ctx = ctx;
    pthread_mutex_lock(&fake->lock);
    gv_list_append(&fake->queue, &posted->link);
    pthread_cond_signal(&fake->wake);
    pthread_mutex_unlock(&fake->lock);
}

static const struct gv_loop_vtable VTABLE = {.post = post};

struct gv_fake_loop *gv_fake_loop_new(void)
{
    struct gv_fake_loop *fake = gv_xcalloc(1, sizeof(*fake));
    fake->base.vtable = &VTABLE;
    pthread_mutex_init(&fake->lock, NULL);
    pthread_cond_init(&fake->wake, NULL);
    gv_list_init(&fake->queue);
    return fake;
}

void gv_fake_loop_free(struct gv_fake_loop *fake)
{
    GV_ASSERT(gv_list_empty(&fake->queue));
    pthread_cond_destroy(&fake->wake);
    pthread_mutex_destroy(&fake->lock);
    free(fake);
}

struct gv_loop *gv_fake_loop_port(struct gv_fake_loop *fake)
{
    return &fake->base;
}

/* The lock is held on entry and on return. */
static void run_first(struct gv_fake_loop *fake)
{
    struct posted *first = GV_CONTAINER(fake->queue.next, struct posted, link);
    gv_list_remove(&first->link);
    pthread_mutex_unlock(&fake->lock);
    first->fn(first->ctx);
    free(first);
    pthread_mutex_lock(&fake->lock);
}

void gv_fake_loop_turn(struct gv_fake_loop *fake)
{
    pthread_mutex_lock(&fake->lock);
    while (gv_list_empty(&fake->queue))
        pthread_cond_wait(&fake->wake, &fake->lock);
    run_first(fake);
    pthread_mutex_unlock(&fake->lock);
}

size_t gv_fake_loop_drain(struct gv_fake_loop *fake)
{
    size_t count = 0;
    pthread_mutex_lock(&fake->lock);
    for (; !gv_list_empty(&fake->queue); count++)
        run_first(fake);
    pthread_mutex_unlock(&fake->lock);
    return count;
}
