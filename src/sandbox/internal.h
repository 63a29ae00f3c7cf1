/* The parts of a running sandbox, for its own modules. */
#ifndef GV_SANDBOX_INTERNAL_H
#define GV_SANDBOX_INTERNAL_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/blob.h"
#include "sandbox/faults.h"
#include "sandbox/sandbox.h"
#include "sandbox/store.h"

#define GV_SANDBOX_ROUTES_MAX 64

struct gv_route_count {
    const char *provider, *route;
    uint64_t requests;
};

struct gv_sandbox {
    uint16_t port;
    double speed;
    uint64_t seed;
    char *dir;
    bool temporary; /* dir goes with us */
    char *helper;
    int stop_fd; /* readable once the sandbox stops */
    struct gv_blobs *blobs;
    struct gv_store *store;
    struct gv_films *films;
    struct gv_callbacks *callbacks;
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock; /* of what follows */
    struct gv_faults faults;
    struct gv_route_count counts[GV_SANDBOX_ROUTES_MAX];
    size_t count_count;
};

/* Milliseconds since 1970. */
int64_t gv_sandbox_now_ms(void);
/* Returns after `ms`, or when the sandbox stops, or when `fd` (-1: none) was closed by its other end. */
void gv_sandbox_pause(const struct gv_sandbox *sandbox, int64_t ms, int fd);

#endif
