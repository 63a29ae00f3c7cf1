/* A TCP server on 127.0.0.1 that plays a script, for tests of HTTP clients.
 *
 * Each turn reads one request and answers with fixed bytes. The turns of a script follow each other on one
 * connection until one of them closes it. Nothing waits longer than GV_WIRE_PATIENCE_MS. */
#ifndef GV_TESTS_WIRE_SERVER_H
#define GV_TESTS_WIRE_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#define GV_WIRE_PATIENCE_MS 10000
#define GV_WIRE_REQUESTS_MAX 16

enum gv_wire_read { GV_WIRE_READ_WHOLE = 0, GV_WIRE_READ_HEAD, GV_WIRE_READ_NOTHING };
enum gv_wire_then {
    GV_WIRE_KEEP = 0, /* the next turn is on the same connection */
    GV_WIRE_CLOSE,
    GV_WIRE_RESET,       /* the peer sees a connection reset */
    GV_WIRE_AWAIT_CLOSE, /* says nothing more until the peer goes */
};

struct gv_wire_turn {
    bool fresh; /* leaves an open connection open and accepts another one */
    enum gv_wire_read read;
    const char *send;  /* NULL: nothing */
    size_t send_bytes; /* 0: strlen(send) */
    size_t repeat;     /* sends so many times more; a peer that goes ends it */
    enum gv_wire_then then;
};

struct gv_wire_server;

/* The turns are copied; their texts are borrowed until join. */
struct gv_wire_server *gv_wire_server_start(const struct gv_wire_turn *turns, size_t count);
#define GV_WIRE_TURNS(...) ((const struct gv_wire_turn[]){__VA_ARGS__})
/* The same with the turns as they come. */
#define GV_WIRE_SERVE(...)                                                                                             \
    gv_wire_server_start(GV_WIRE_TURNS(__VA_ARGS__), sizeof GV_WIRE_TURNS(__VA_ARGS__) / sizeof(struct gv_wire_turn))
unsigned gv_wire_server_port(const struct gv_wire_server *server);
/* "http://127.0.0.1:port" and path; lives as long as the server, at most 16 of them. */
const char *gv_wire_server_url(struct gv_wire_server *server, const char *path);

/* Waits until the script is over or its patience is; then what follows may be read. */
void gv_wire_server_join(struct gv_wire_server *server);
size_t gv_wire_server_requests(const struct gv_wire_server *server);
size_t gv_wire_server_connections(const struct gv_wire_server *server);
/* Head and, where it was read, body; NUL-terminated. */
const char *gv_wire_server_request(const struct gv_wire_server *server, size_t index, size_t *bytes);
/* Joins and frees. */
void gv_wire_server_stop(struct gv_wire_server *server);

#endif
