/* golem-video over HTTP: OpenAI's /v1/videos and what that wire lacks, a page to look at, webhooks. One process: one
 * thread of libmicrohttpd in front (epoll), a few workers that may block, and the engine. docs/server.md is for users.
 *
 *     connection -> exchange -> [body in portions -> form] -> worker: handler -> answer -> connection
 *                       ^ suspended while a worker has it; the front thread never waits for a disk or the engine */
#ifndef GV_SERVER_SERVER_H
#define GV_SERVER_SERVER_H

#include "server/parts/options.h"

struct gv_server;

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
