/* golem-video over HTTP: OpenAI's /v1/videos and what that wire lacks, a page to look at, webhooks. One process: one
 * thread of libmicrohttpd in front (epoll), a few workers that may block, and the engine. docs/server.md is for users.
 *
 *     connection -> exchange -> [body in portions -> form] -> worker: handler -> answer -> connection
 *                       ^ suspended while a worker has it; the front thread never waits for a disk or the engine */
#ifndef GV_SERVER_SERVER_H
#define GV_SERVER_SERVER_H

#include "golem_video/golem_video.h"

struct gv_server;

#define GV_SERVER_ALIASES_MAX 64

/* Zero-initialise: every zero is the default. Borrowed for gv_server_start. */
struct gv_server_options {
    const char *store;
    const char *listen;              /* "ADDR:PORT", "[ADDR]:PORT"; NULL: 127.0.0.1:8080; port 0: any free one */
    const char *token_file;          /* lines "TENANT SHA256"; NULL: no tokens, and then only on loopback */
    const char *public_url;          /* where providers and browsers reach this server; NULL: nobody calls back */
    struct gv_kv_list aliases;       /* model names of callers -> "model" or "provider/model" */
    uint32_t connections_max;        /* 0: 4096 */
    uint32_t queue_max;              /* unfinished jobs; beyond it 429; 0: 20,000 */
    uint64_t body_bytes_max;         /* of one request; 0: 4 GiB */
    uint32_t idle_ms;                /* how long a connection may be silent, or send headers; 0: 30,000 */
    int access_log_fd;               /* 0: none; one line a request */
    const struct gv_options *engine; /* on_transition and ctx are the server's own */
};

/* Opens the store, binds and serves from threads of its own. GV_INVALID_INPUT: an option can't be, with its field;
 * GV_INTERNAL_ERROR: the store or the address can't be used, and why. */
int gv_server_start(struct gv_server **out, const struct gv_server_options *options, struct gv_error *err);
/* "http://127.0.0.1:8080"; borrowed for the server's life. */
const char *gv_server_url(const struct gv_server *server);
/* Reads the tokens again. Any thread. */
void gv_server_reload(struct gv_server *server);
/* Stops listening, lets the requests under way end (some seconds at most), then closes the engine. NULL is harmless. */
void gv_server_stop(struct gv_server *server);

#endif
