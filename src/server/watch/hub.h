/* Watchers of jobs. Those of one job read its history from the journal, woken by what the engine tells and, for jobs
 * that another process drives, by the journal's version; those of all jobs get what the engine tells. One thread for
 * all; a watcher that reads slowly holds up nobody and costs no more than its room. */
#ifndef GV_SERVER_HUB_H
#define GV_SERVER_HUB_H

#include "server/http/exchange.h"

#define GV_STREAM_ROOM_BYTES (256u << 10) /* not yet read by its client */
#define GV_STREAM_FILL_BYTES (64u << 10)  /* of history at a time */
#define GV_STREAM_BEAT_MS 15000
#define GV_HUB_LOOK_MS 1000 /* between two looks at the journal's version */

struct gv_hub;

struct gv_hub *gv_hub_open(struct gv_server *server);
/* Once the engine is open. */
int gv_hub_start(struct gv_hub *hub, struct gv_error *err);
/* On the engine's thread; never waits. */
void gv_hub_tell(struct gv_hub *hub, const struct gv_transition *transition);
size_t gv_hub_watchers(struct gv_hub *hub);
/* Ends every stream; who may still watch comes back. */
void gv_hub_end_streams(struct gv_hub *hub);
/* Likewise, and the thread; nobody comes back. */
void gv_hub_stop(struct gv_hub *hub);
void gv_hub_close(struct gv_hub *hub); /* NULL is harmless */

/* A stream for the exchange's answer: of one job, from behind after_seq, or (job_id NULL) of all that the tenant may
 * see. NULL: the server stops. */
struct gv_stream *gv_stream_open(struct gv_exchange *x, const char *job_id, uint64_t after_seq);

#endif
