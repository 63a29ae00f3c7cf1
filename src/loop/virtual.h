/* A loop whose clock moves only when nothing else is to be done: minutes of waiting pass in no time, and the same
 * seed gives the same run. Single-threaded; work is done on the loop itself, as a turn of its own. */
#ifndef GV_LOOP_VIRTUAL_H
#define GV_LOOP_VIRTUAL_H

#include "port/loop.h"

struct gv_loop *gv_loop_virtual_open(uint64_t seed, int64_t wall_ms);
/* One turn: all that is posted, or else the next timer. False if there is nothing left to do. */
bool gv_loop_virtual_turn(struct gv_loop *loop);
/* Turns until `done` says so; false if nothing is left to do before it did, or after turns_max. */
bool gv_loop_virtual_run(struct gv_loop *loop, bool (*done)(void *ctx), void *ctx, unsigned turns_max);
/* When the next turn has something to do, in the loop's own time; false: never. */
bool gv_loop_virtual_due(const struct gv_loop *loop, int64_t *at_ms);
/* Time passes without a turn, as for a process that is stopped. Never back. */
void gv_loop_virtual_sleep(struct gv_loop *loop, int64_t until_ms);
/* The wall clock jumps; the monotonic one goes on. */
void gv_loop_virtual_jump(struct gv_loop *loop, int64_t wall_by_ms);
void gv_loop_virtual_close(struct gv_loop *loop);

#endif
