/* The event loop on libuv.
 *
 * One turn: wait for sockets, run their callbacks and what was posted, run the timers that are due, run what asked
 * for the turn's end, wait again. The turn's end is libuv's prepare hook, the last thing before it may block; work
 * asked for there is left to the next turn, and an idle handle keeps that turn from blocking. */
#include "loop/uv.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/error.h"

struct call {
    gv_loop_fn *fn;
    void *ctx;
};

/* Calls in order of arrival. */
struct calls {
    struct call *items;
    size_t count, cap;
};

struct uv_side {
    struct gv_loop port;
    uv_loop_t uv;
    uv_async_t wake;
    uv_prepare_t turn_end;
    uv_idle_t no_blocking; /* active while at_end holds something */
    struct calls at_end;
    size_t handles; /* timers and watches not freed yet */
    uint64_t random;
    uv_mutex_t lock; /* guards what follows */
    struct calls posted;
    bool stopping;
};

struct gv_timer {
    uv_timer_t uv;
    struct uv_side *side;
    gv_loop_fn *fn;
    void *ctx;
};

struct gv_watch {
    uv_poll_t uv;
    struct uv_side *side;
    int wanted; /* UV_READABLE | UV_WRITABLE */
    gv_loop_ready_fn *fn;
    void *ctx;
};

struct job {
    uv_work_t uv;
    gv_loop_fn *work, *done;
    void *ctx;
};

static struct uv_side *side_of(struct gv_loop *loop)
{
    return (struct uv_side *)loop;
}

/* ---- calls ------------------------------------------------------------------------------------ */

static void calls_add(struct calls *calls, gv_loop_fn *fn, void *ctx)
{
    if (calls->count == calls->cap) {
        calls->cap = calls->cap ? calls->cap * 2 : 16;
        calls->items = gv_xrealloc(calls->items, calls->cap * sizeof calls->items[0]);
    }
    calls->items[calls->count++] = (struct call){fn, ctx};
}

/* Moves everything out, so that calls made meanwhile land in an empty queue. */
static struct calls calls_take(struct calls *calls)
{
    struct calls taken = *calls;
    *calls = (struct calls){0};
    return taken;
}

static void calls_run(struct calls calls)
{
    for (size_t i = 0; i < calls.count; i++)
        calls.items[i].fn(calls.items[i].ctx);
    free(calls.items);
}

/* ---- posting ---------------------------------------------------------------------------------- */

static void post(struct gv_loop *loop, gv_loop_fn *fn, void *ctx)
{
    struct uv_side *side = side_of(loop);

    uv_mutex_lock(&side->lock);
    calls_add(&side->posted, fn, ctx);
    /* Inside the lock: once it is open the loop may run fn and be closed. */
    GV_ASSERT(uv_async_send(&side->wake) == 0);
    uv_mutex_unlock(&side->lock);
}

static void run_posted(struct uv_side *side)
{
    uv_mutex_lock(&side->lock);
    struct calls taken = calls_take(&side->posted);
    bool stopping = side->stopping;
    side->stopping = false;
    uv_mutex_unlock(&side->lock);

    calls_run(taken);
    if (stopping)
        uv_stop(&side->uv);
}

static void on_wake(uv_async_t *wake)
{
    run_posted(wake->data);
}

void gv_loop_uv_stop(struct gv_loop *loop)
{
    struct uv_side *side = side_of(loop);

    uv_mutex_lock(&side->lock);
    side->stopping = true;
    GV_ASSERT(uv_async_send(&side->wake) == 0);
    uv_mutex_unlock(&side->lock);
}

/* ---- the turn's end --------------------------------------------------------------------------- */

static void on_no_blocking(uv_idle_t *idle)
{
    (void)idle;
}

static void at_turn_end(struct gv_loop *loop, gv_loop_fn *fn, void *ctx)
{
    struct uv_side *side = side_of(loop);
    calls_add(&side->at_end, fn, ctx);
    uv_idle_start(&side->no_blocking, on_no_blocking);
}

static void end_turn(struct uv_side *side)
{
    struct calls taken = calls_take(&side->at_end);
    uv_idle_stop(&side->no_blocking);
    calls_run(taken);
}

static void on_turn_end(uv_prepare_t *prepare)
{
    end_turn(prepare->data);
}

/* ---- time ------------------------------------------------------------------------------------- */

static int64_t now_ms(struct gv_loop *loop)
{
    return (int64_t)uv_now(&side_of(loop)->uv);
}

static int64_t wall_ms(struct gv_loop *loop)
{
    struct timespec now;
    (void)loop;
    GV_ASSERT(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct gv_timer *timer_new(struct gv_loop *loop, gv_loop_fn *fn, void *ctx)
{
    struct uv_side *side = side_of(loop);
    struct gv_timer *timer = gv_xcalloc(1, sizeof *timer);

    *timer = (struct gv_timer){.side = side, .fn = fn, .ctx = ctx};
    GV_ASSERT(uv_timer_init(&side->uv, &timer->uv) == 0);
    side->handles++;
    return timer;
}

static void on_timer(uv_timer_t *uv)
{
    struct gv_timer *timer = (struct gv_timer *)uv;
    timer->fn(timer->ctx);
}

static void timer_start(struct gv_timer *timer, uint64_t ms)
{
    GV_ASSERT(uv_timer_start(&timer->uv, on_timer, ms, 0) == 0);
}

static void timer_stop(struct gv_timer *timer)
{
    uv_timer_stop(&timer->uv);
}

/* The handle is the first member of what is freed. */
static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static void timer_free(struct gv_timer *timer)
{
    if (!timer)
        return;
    timer->side->handles--;
    uv_close((uv_handle_t *)&timer->uv, on_closed);
}

/* ---- sockets ---------------------------------------------------------------------------------- */

static struct gv_watch *watch_new(struct gv_loop *loop, int fd, gv_loop_ready_fn *fn, void *ctx)
{
    struct uv_side *side = side_of(loop);
    struct gv_watch *watch = gv_xcalloc(1, sizeof *watch);

    *watch = (struct gv_watch){.side = side, .fn = fn, .ctx = ctx};
    GV_ASSERT(uv_poll_init_socket(&side->uv, &watch->uv, fd) == 0);
    side->handles++;
    return watch;
}

static void on_poll(uv_poll_t *uv, int status, int events);

static void poll_start(struct gv_watch *watch)
{
    GV_ASSERT(uv_poll_start(&watch->uv, watch->wanted, on_poll) == 0);
}

static void on_poll(uv_poll_t *uv, int status, int events)
{
    struct gv_watch *watch = (struct gv_watch *)uv;
    unsigned ready = 0;

    if (status < 0) { /* libuv has stopped watching, but there may be more to read than one portion */
        events = UV_READABLE | UV_WRITABLE;
        poll_start(watch);
    }
    if (events & UV_READABLE)
        ready |= GV_LOOP_READ;
    if (events & UV_WRITABLE)
        ready |= GV_LOOP_WRITE;
    watch->fn(watch->ctx, ready);
}

static void watch_for(struct gv_watch *watch, unsigned events)
{
    watch->wanted = 0;
    if (events & GV_LOOP_READ)
        watch->wanted |= UV_READABLE;
    if (events & GV_LOOP_WRITE)
        watch->wanted |= UV_WRITABLE;
    poll_start(watch);
}

static void watch_free(struct gv_watch *watch)
{
    if (!watch)
        return;
    watch->side->handles--;
    /* Stopped at once, because the socket is closed next; the memory goes when libuv lets go of it. */
    uv_poll_stop(&watch->uv);
    uv_close((uv_handle_t *)&watch->uv, on_closed);
}

/* ---- work ------------------------------------------------------------------------------------- */

static void on_pool_thread(uv_work_t *uv)
{
    struct job *job = (struct job *)uv;
    job->work(job->ctx);
}

static void on_worked(uv_work_t *uv, int status)
{
    struct job *job = (struct job *)uv;
    GV_ASSERT(status == 0); /* nothing here cancels work */
    gv_loop_fn *done = job->done;
    void *ctx = job->ctx;
    free(job);
    done(ctx);
}

static void work(struct gv_loop *loop, gv_loop_fn *fn, gv_loop_fn *done, void *ctx)
{
    struct job *job = gv_xcalloc(1, sizeof *job);
    *job = (struct job){.work = fn, .done = done, .ctx = ctx};
    GV_ASSERT(uv_queue_work(&side_of(loop)->uv, &job->uv, on_pool_thread, on_worked) == 0);
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint32_t next_random(struct gv_loop *loop)
{
    uint64_t z = side_of(loop)->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 32);
}

/* ---- opening and closing ---------------------------------------------------------------------- */

static const struct gv_loop_vtable vtable = {
    .now_ms = now_ms,
    .wall_ms = wall_ms,
    .timer_new = timer_new,
    .timer_start = timer_start,
    .timer_stop = timer_stop,
    .timer_free = timer_free,
    .post = post,
    .work = work,
    .random = next_random,
    .at_turn_end = at_turn_end,
    .watch_new = watch_new,
    .watch_for = watch_for,
    .watch_free = watch_free,
};

static void seed(struct uv_side *side)
{
    /* Without entropy the clock does: this is for jitter only. */
    if (uv_random(NULL, NULL, &side->random, sizeof side->random, 0, NULL) != 0)
        side->random = uv_hrtime();
}

/* A loop opens so many, those of its wake-up and of libuv's signals with it. libuv aborts where the latter can't be
 * had, so that they are asked for first. Returns 0 or a code of libuv's. */
static int find_descriptors(void)
{
    enum { NEEDED = 8 };
    int found[NEEDED], count = 0, rc = 0;
    while (rc == 0 && count < NEEDED) {
        found[count] = eventfd(0, EFD_CLOEXEC);
        if (found[count] < 0)
            rc = uv_translate_sys_error(errno);
        else
            count++;
    }
    while (count > 0)
        close(found[--count]);
    return rc;
}

int gv_loop_uv_open(struct gv_loop **out, struct gv_error *err)
{
    struct uv_side *side = gv_xcalloc(1, sizeof *side);

    int rc = find_descriptors();
    if (rc == 0)
        rc = uv_loop_init(&side->uv);
    if (rc != 0) {
        free(side);
        return gv_fail(err, GV_INTERNAL_ERROR, "could not make an event loop: %s; %s", uv_strerror(rc),
                       gv_advice(-rc, "see what limits this process"));
    }
    rc = uv_async_init(&side->uv, &side->wake, on_wake);
    if (rc != 0) {
        GV_ASSERT(uv_loop_close(&side->uv) == 0);
        free(side);
        return gv_fail(err, GV_INTERNAL_ERROR, "could not make an event loop's wake-up: %s; %s", uv_strerror(rc),
                       gv_advice(-rc, "see what limits this process"));
    }
    GV_ASSERT(uv_mutex_init(&side->lock) == 0);
    GV_ASSERT(uv_prepare_init(&side->uv, &side->turn_end) == 0);
    GV_ASSERT(uv_idle_init(&side->uv, &side->no_blocking) == 0);
    GV_ASSERT(uv_prepare_start(&side->turn_end, on_turn_end) == 0);
    side->wake.data = side->turn_end.data = side;
    seed(side);
    side->port.vtable = &vtable;
    *out = &side->port;
    return GV_OK;
}

/* A peer that went away is told by the write's error. TLS libraries may write without MSG_NOSIGNAL, and a library
 * must leave the process's own handling of SIGPIPE alone, so the signal is held back on this thread only. */
static bool sigpipe_block(sigset_t *before)
{
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    GV_ASSERT(pthread_sigmask(SIG_BLOCK, &pipe, before) == 0);
    return !sigismember(before, SIGPIPE);
}

static void sigpipe_restore(const sigset_t *before)
{
    const struct timespec at_once = {0};
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    while (sigtimedwait(&pipe, NULL, &at_once) == SIGPIPE)
        continue;
    GV_ASSERT(pthread_sigmask(SIG_SETMASK, before, NULL) == 0);
}

void gv_loop_uv_run(struct gv_loop *loop)
{
    struct uv_side *side = side_of(loop);
    sigset_t before;

    bool blocked = sigpipe_block(&before);
    uv_run(&side->uv, UV_RUN_DEFAULT);
    end_turn(side); /* a stopped turn leaves without its end */
    if (blocked)
        sigpipe_restore(&before);
}

void gv_loop_uv_close(struct gv_loop *loop)
{
    if (!loop)
        return;
    struct uv_side *side = side_of(loop);

    /* Only work under way keeps the loop alive now. */
    uv_unref((uv_handle_t *)&side->wake);
    uv_unref((uv_handle_t *)&side->turn_end);
    do {
        uv_run(&side->uv, UV_RUN_DEFAULT);
        run_posted(side);
        end_turn(side);
    } while (uv_loop_alive(&side->uv) || side->posted.count > 0);
    GV_ASSERT(side->handles == 0);
    uv_close((uv_handle_t *)&side->wake, NULL);
    uv_close((uv_handle_t *)&side->turn_end, NULL);
    uv_close((uv_handle_t *)&side->no_blocking, NULL);
    uv_run(&side->uv, UV_RUN_DEFAULT);
    GV_ASSERT(uv_loop_close(&side->uv) == 0);
    uv_mutex_destroy(&side->lock);
    free(side->posted.items);
    free(side->at_end.items);
    free(side);
}

static void *take(size_t bytes)
{
    return gv_xrealloc(NULL, bytes);
}

void gv_loop_uv_needs_memory(void)
{
    int code = uv_replace_allocator(take, gv_xrealloc, gv_xcalloc, free);
    GV_ASSERT(code == 0);
}
