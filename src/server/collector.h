/* Removes what crashes left in the store: when the server starts, and every so often, on a thread of its own. */
#ifndef GV_SERVER_COLLECTOR_H
#define GV_SERVER_COLLECTOR_H

#include "golem_video/golem_video.h"

struct gv_collector;
struct gv_server;

/* GV_INVALID_INPUT: GOLEM_VIDEO_COLLECT_MS is no number that can be used. */
int gv_collector_start(struct gv_collector **out, struct gv_server *server, struct gv_error *err);
/* Soon, wherever it is. NULL is harmless. */
void gv_collector_stop(struct gv_collector *collector);

#endif
