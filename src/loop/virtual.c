#include "loop/virtual.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/list.h"

struct task {
    struct gv_list link;
    gv_loop_fn *fn;
    void *ctx;
    gv_loop_fn *then; /* of work: posted when fn is done */
};

struct gv_timer {
    struct gv_list link; /* in no order; alone while stopped */
    struct virtual_loop *loop;
    int64_t due_ms;
    uint64_t order; /* of starting, for timers due at once */
    gv_loop_fn *fn;
    void *ctx;
};

struct virtual_loop {
    struct gv_loop loop;
    int64_t now_ms, wall_offset_ms;
    uint64_t random, started;
    struct gv_list posted, turn_end, timers;
};

static struct virtual_loop *of(struct gv_loop *loop)
{
    return GV_CONTAINER(loop, struct virtual_loop, loop);
}

static int64_t now_ms(struct gv_loop *loop)
{
    return of(loop)->now_ms;
}

static int64_t wall_ms(struct gv_loop *loop)
{
    return of(loop)->now_ms + of(loop)->wall_offset_ms;
}

static struct gv_timer *timer_new(struct gv_loop *loop, gv_loop_fn *fn, void *ctx)
{
    struct gv_timer *timer = gv_xcalloc(1, sizeof(*timer));
    *timer = (struct gv_timer){.loop = of(loop), .fn = fn, .ctx = ctx};
    gv_list_init(&timer->link);
    return timer;
}

static void timer_stop(struct gv_timer *timer)
{
    gv_list_remove(&timer->link);
}

static void timer_start(struct gv_timer *timer, uint64_t ms)
{
    timer_stop(timer);
    timer->due_ms = timer->loop->now_ms + (int64_t)ms;
    timer->order = timer->loop->started++;
    gv_list_append(&timer->loop->timers, &timer->link);
}

static void timer_free(struct gv_timer *timer)
{
    if (timer == NULL)
        return;
    timer_stop(timer);
    free(timer);
}

static void add_task(struct gv_list *queue, gv_loop_fn *fn, void *ctx, gv_loop_fn *then)
{
    struct task *task = gv_xcalloc(1, sizeof(*task));
    *task = (struct task){.fn = fn, .ctx = ctx, .then = then};
    gv_list_append(queue, &task->link);
}

static void post(struct gv_loop *loop, gv_loop_fn *fn, void *ctx)
{
    add_task(&of(loop)->posted, fn, ctx, NULL);
}

static void work(struct gv_loop *loop, gv_loop_fn *fn, gv_loop_fn *done, void *ctx)
{
    add_task(&of(loop)->posted, fn, ctx, done);
}

/* xorshift64* */
static uint32_t random_number(struct gv_loop *loop)
{
    uint64_t x = of(loop)->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    of(loop)->random = x;
    return (uint32_t)((x * 2685821657736338717ull) >> 32);
}

static void at_turn_end(struct gv_loop *loop, gv_loop_fn *fn, void *ctx)
{
    add_task(&of(loop)->turn_end, fn, ctx, NULL);
}

static const struct gv_loop_vtable vtable = {
    .now_ms = now_ms,
    .wall_ms = wall_ms,
    .timer_new = timer_new,
    .timer_start = timer_start,
    .timer_stop = timer_stop,
    .timer_free = timer_free,
    .post = post,
    .work = work,
    .random = random_number,
    .at_turn_end = at_turn_end,
};

struct gv_loop *gv_loop_virtual_open(uint64_t seed, int64_t wall_ms_now)
{
    struct virtual_loop *v = gv_xcalloc(1, sizeof(*v));
    v->loop.vtable = &vtable;
    v->wall_offset_ms = wall_ms_now;
    v->random = seed * 2 + 1; /* never 0 */
    gv_list_init(&v->posted);
    gv_list_init(&v->turn_end);
    gv_list_init(&v->timers);
    return &v->loop;
}

/* What a task adds to its own queue waits for the next turn. */
static void run_queue(struct gv_list *queue, struct gv_list *thens)
{
    struct gv_list now;
    gv_list_init(&now);
    while (!gv_list_empty(queue)) {
        struct gv_list *item = queue->next;
        gv_list_remove(item);
        gv_list_append(&now, item);
    }
    while (!gv_list_empty(&now)) {
        struct task *task = GV_CONTAINER(now.next, struct task, link);
        gv_list_remove(&task->link);
        task->fn(task->ctx);
        if (task->then != NULL)
            add_task(thens, task->then, task->ctx, NULL);
        free(task);
    }
}

static struct gv_timer *next_timer(const struct virtual_loop *v)
{
    struct gv_timer *next = NULL;
    GV_LIST_EACH (item, &v->timers) {
        struct gv_timer *timer = GV_CONTAINER(item, struct gv_timer, link);
        if (next == NULL || timer->due_ms < next->due_ms ||
            (timer->due_ms == next->due_ms && timer->order < next->order))
            next = timer;
    }
    return next;
}

static bool fire_next_timer(struct virtual_loop *v)
{
    struct gv_timer *next = next_timer(v);
    if (next == NULL)
        return false;
    timer_stop(next);
    if (next->due_ms > v->now_ms)
        v->now_ms = next->due_ms;
    next->fn(next->ctx);
    return true;
}

bool gv_loop_virtual_turn(struct gv_loop *loop)
{
    struct virtual_loop *v = of(loop);
    bool busy = !gv_list_empty(&v->posted) || !gv_list_empty(&v->turn_end);
    if (!gv_list_empty(&v->posted))
        run_queue(&v->posted, &v->posted);
    else if (!busy)
        busy = fire_next_timer(v);
    run_queue(&v->turn_end, &v->posted);
    return busy;
}

bool gv_loop_virtual_due(const struct gv_loop *loop, int64_t *at_ms)
{
    const struct virtual_loop *v = GV_CONTAINER(loop, const struct virtual_loop, loop);
    const struct gv_timer *timer = next_timer(v);
    bool busy = !gv_list_empty(&v->posted) || !gv_list_empty(&v->turn_end);
    *at_ms = busy || (timer != NULL && timer->due_ms < v->now_ms) ? v->now_ms : timer != NULL ? timer->due_ms : 0;
    return busy || timer != NULL;
}

void gv_loop_virtual_sleep(struct gv_loop *loop, int64_t until_ms)
{
    struct virtual_loop *v = of(loop);
    if (until_ms > v->now_ms)
        v->now_ms = until_ms;
}

bool gv_loop_virtual_run(struct gv_loop *loop, bool (*done)(void *ctx), void *ctx, unsigned turns_max)
{
    for (unsigned turns = 0; turns < turns_max; turns++) {
        if (done(ctx))
            return true;
        if (!gv_loop_virtual_turn(loop))
            return done(ctx);
    }
    return false;
}

void gv_loop_virtual_jump(struct gv_loop *loop, int64_t wall_by_ms)
{
    of(loop)->wall_offset_ms += wall_by_ms;
}

static void drop_queue(struct gv_list *queue)
{
    GV_LIST_EACH (item, queue)
        free(GV_CONTAINER(item, struct task, link));
}

void gv_loop_virtual_close(struct gv_loop *loop)
{
    struct virtual_loop *v = of(loop);
    GV_ASSERT(gv_list_empty(&v->timers));
    drop_queue(&v->posted);
    drop_queue(&v->turn_end);
    free(v);
}
