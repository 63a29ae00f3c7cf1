/* The parts of a running server, for its own modules. */
#ifndef GV_SERVER_INTERNAL_H
#define GV_SERVER_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "server/parts/options.h"

struct gv_collector;
struct gv_deliver;
struct gv_front;
struct gv_gate;
struct gv_hub;
struct gv_lines;
struct gv_metrics;
struct gv_tokens;
struct gv_workers;

struct gv_server {
    struct gv_arena arena;            /* of the options' strings */
    struct gv_server_options options; /* defaults filled in */
    struct gv_options engine_options;
    const char *(*setting)(void *ctx, const char *name); /* the caller's; NULL: getenv. During start only */
    void *setting_ctx;
    char url[80];
    struct gv_engine *engine;
    uint8_t key[32];                  /* of the store */
    struct gv_tokens *tokens;         /* NULL: whoever reaches it may ask */
    _Atomic uint64_t queue;           /* unfinished jobs, */
    _Atomic int64_t queue_counted_ms; /* as counted then; 0: never */
    struct gv_lines *access;          /* NULL: none are written */
    struct gv_metrics *metrics;
    struct gv_hub *hub;
    struct gv_deliver *deliver;
    struct gv_collector *collector;
    struct gv_workers *workers;
    struct gv_gate *gate;
    struct gv_front *front;
    pthread_t ticker;
    bool ticking;
    pthread_mutex_t lock; /* of stopping */
    pthread_cond_t stops;
    bool stopping;
};

/* Whether gv_server_stop has begun. Any thread. */
bool gv_server_is_stopping(struct gv_server *server);

int64_t gv_server_now_ms(void);  /* monotonic */
int64_t gv_server_wall_ms(void); /* since 1970 */

#endif
