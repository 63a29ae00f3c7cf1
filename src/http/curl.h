/* HTTP on libcurl. */
#ifndef GV_HTTP_CURL_H
#define GV_HTTP_CURL_H

#include "golem_video/error.h"
#include "port/http.h"
#include "port/loop.h"

/* `loop`, one that watches sockets, and `blobs` are borrowed until close. Servers are verified against the
 * system's authorities, or those that SSL_CERT_FILE and SSL_CERT_DIR name. Requests follow the environment's proxies,
 * save those with policy.public_only: behind a proxy the address could not be checked, so they go direct. */
int gv_http_curl_open(struct gv_http **out, struct gv_loop *loop, struct gv_blobs *blobs, struct gv_error *err);

/* On the loop's thread or after it ended, before the loop is closed, not from a callback. Exchanges under way are
 * cancelled. NULL is harmless. */
void gv_http_curl_close(struct gv_http *http);

#endif
