/* One thread's event loop. Everything but post is called on that thread. */
#ifndef GV_PORT_LOOP_H
#define GV_PORT_LOOP_H

#include <stdbool.h>
#include <stdint.h>

typedef void gv_loop_fn(void *ctx);

/* What a watched socket is ready for; a broken one for both, and reading it tells what happened. */
enum { GV_LOOP_READ = 1, GV_LOOP_WRITE = 2 };
typedef void gv_loop_ready_fn(void *ctx, unsigned ready);

struct gv_timer; /* owned by who made it */
struct gv_watch; /* the same */

struct gv_loop {
    const struct gv_loop_vtable *vtable;
};

struct gv_loop_vtable {
    int64_t (*now_ms)(struct gv_loop *loop);  /* monotonic; one value per turn */
    int64_t (*wall_ms)(struct gv_loop *loop); /* since 1970 */
    struct gv_timer *(*timer_new)(struct gv_loop *loop, gv_loop_fn *fn, void *ctx);
    void (*timer_start)(struct gv_timer *timer, uint64_t ms); /* once; starting again moves it */
    void (*timer_stop)(struct gv_timer *timer);
    void (*timer_free)(struct gv_timer *timer); /* NULL is harmless; fn is not called any more */
    /* Any thread: runs fn on the loop's thread, in order of posting. */
    void (*post)(struct gv_loop *loop, gv_loop_fn *fn, void *ctx);
    /* work on a pool thread, then done on the loop's thread. */
    void (*work)(struct gv_loop *loop, gv_loop_fn *work, gv_loop_fn *done, void *ctx);
    uint32_t (*random)(struct gv_loop *loop); /* for jitter only */
    /* Runs fn once at the end of the current turn. */
    void (*at_turn_end)(struct gv_loop *loop, gv_loop_fn *fn, void *ctx);
    /* A socket, watched for nothing yet; free the watch before the socket is closed. Virtual loops have none: NULL. */
    struct gv_watch *(*watch_new)(struct gv_loop *loop, int fd, gv_loop_ready_fn *fn, void *ctx);
    void (*watch_for)(struct gv_watch *watch, unsigned events); /* GV_LOOP_READ | GV_LOOP_WRITE */
    void (*watch_free)(struct gv_watch *watch);                 /* NULL is harmless; fn is not called any more */
};

#endif
