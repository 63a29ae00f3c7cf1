/* How a server is to be: docs/server.md is for users. */
#ifndef GV_SERVER_OPTIONS_H
#define GV_SERVER_OPTIONS_H

#include "golem_video/golem_video.h"

#define GV_SERVER_ALIASES_MAX 64
#define GV_SERVER_CONNECTIONS_MAX 4096

/* Zero-initialise: every zero is the default. Borrowed for gv_server_start. */
struct gv_server_options {
    const char *store;
    const char *listen;              /* "ADDR:PORT", "[ADDR]:PORT"; NULL: 127.0.0.1:8080; port 0: any free one */
    const char *token_file;          /* lines "TENANT SHA256"; NULL: no tokens, and then only on loopback */
    const char *public_url;          /* where providers and browsers reach this server; NULL: nobody calls back */
    struct gv_kv_list aliases;       /* model names of callers -> "model" or "provider/model" */
    uint32_t connections_max;        /* 0: GV_SERVER_CONNECTIONS_MAX */
    uint32_t queue_max;              /* unfinished jobs; beyond it 429; 0: 20,000 */
    uint64_t body_bytes_max;         /* of one request; 0: 4 GiB */
    uint32_t idle_ms;                /* how long a connection may be silent, or send headers; 0: 30,000 */
    int access_log_fd;               /* 0: none; one line a request */
    const struct gv_options *engine; /* on_transition and ctx are the server's own */
};

#endif
