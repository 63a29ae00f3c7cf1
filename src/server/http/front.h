/* The only part that knows libmicrohttpd's daemon: one thread for all connections, which never waits for anything. */
#ifndef GV_SERVER_FRONT_H
#define GV_SERVER_FRONT_H

#include "server/access/listen.h"
#include "server/parts/internal.h"

struct gv_passage;

#define GV_FRONT_DRAIN_BYTES_MAX                                                                                       \
    (8u << 20)                 /* a refused body that is announced as longer is not read: the connection is closed */
#define GV_FRONT_RATE_MIN 1024 /* bytes a second: of a body on average after the idle time, of an answer during it */

/* Binds; nothing is accepted before gv_front_start. GV_INTERNAL_ERROR: the address can't be used, and why. */
int gv_front_bind(struct gv_front **out, const struct gv_listen *listen, struct gv_error *err);
uint16_t gv_front_port(const struct gv_front *front);
int gv_front_start(struct gv_front *front, struct gv_server *server, struct gv_error *err);

/* Closes connections that are slower than they may be; to be called about each second. */
void gv_front_tick(struct gv_front *front, int64_t now_ms);

/* Accepts no more connections. */
void gv_front_quiesce(struct gv_front *front);
/* Waits until no request is under way, or for so long. */
void gv_front_await(struct gv_front *front, int64_t until_ms);
/* Breaks off what is still under way, once the workers have ended what they have. NULL is harmless. */
void gv_front_close(struct gv_front *front);

/* Connections open, and requests under way. */
void gv_front_count(struct gv_front *front, size_t *connections, size_t *requests);

/* Takes the passage from the front's thread; on that thread. False: the front closes, break it off. */
bool gv_front_hold(struct gv_passage *v);
/* Gives it back. Any thread. */
void gv_front_release(struct gv_passage *v);

#endif
