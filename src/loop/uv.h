/* The event loop on libuv. */
#ifndef GV_LOOP_UV_H
#define GV_LOOP_UV_H

#include "golem_video/error.h"
#include "port/loop.h"

/* The loop belongs to the thread that calls gv_loop_uv_run; before run it may be set up on another. */
int gv_loop_uv_open(struct gv_loop **out, struct gv_error *err);

/* Turns until gv_loop_uv_stop; may be called again afterwards. */
void gv_loop_uv_run(struct gv_loop *loop);

/* Any thread. What was posted before is run before gv_loop_uv_run returns. */
void gv_loop_uv_stop(struct gv_loop *loop);

/* After run returned, on any one thread, with all timers and watches freed. Waits for work under way, calls its
 * `done`, runs what was posted meanwhile and closes all handles. NULL is harmless. */
void gv_loop_uv_close(struct gv_loop *loop);

/* From now on lack of memory inside libuv ends the process as it does elsewhere, see base/arena.h. For programs, first
 * thing in main; a library leaves it to its host. */
void gv_loop_uv_needs_memory(void);

#endif
