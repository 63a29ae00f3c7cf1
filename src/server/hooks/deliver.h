/* Posting events. One thread announces ended jobs and hands out what is due; a few send. Of several servers on one
 * store the one that holds its lock delivers.
 *
 *     job ends -> announce: deliveries and "announced" in one commit -> due -> sender: post -> 2xx: dropped
 *                                                                        ^------ else later, for 72 hours */
#ifndef GV_SERVER_DELIVER_H
#define GV_SERVER_DELIVER_H

#include "server/hooks/endpoint.h"

#define GV_DELIVER_SENDERS 8
#define GV_DELIVER_EACH_MAX 2 /* at once to one receiver */
#define GV_DELIVER_POST_MS 10000

struct gv_deliver;

struct gv_deliver *gv_deliver_open(struct gv_server *server);
/* Once the engine is open. GV_INVALID_INPUT: a setting can't be. */
int gv_deliver_start(struct gv_deliver *deliver, struct gv_error *err);
/* On the engine's thread; never waits. */
void gv_deliver_tell(struct gv_deliver *deliver, const struct gv_transition *transition);
/* Posts under way come home; the rest stays in the journal. */
void gv_deliver_stop(struct gv_deliver *deliver);
void gv_deliver_close(struct gv_deliver *deliver); /* NULL is harmless */

/* A job's own callback URL: GV_INVALID_INPUT on `field` where no secret is set to sign with, or the URL can't be. */
int gv_deliver_check_callback(const struct gv_deliver *deliver, const char *url, const char *field,
                              struct gv_error *err);

/* One post of the body, signed; *status 0: no answer, and *err says why. `old_key` NULL: one signature. */
int gv_deliver_post(int *status, struct gv_engine *engine, const char *url, const char *event_id, const char *body,
                    const struct gv_webhook_key *key, const struct gv_webhook_key *old_key, struct gv_error *err);

#endif
