/* "ADDR:PORT" as a socket's address; pure. */
#ifndef GV_SERVER_LISTEN_H
#define GV_SERVER_LISTEN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "golem_video/error.h"

#define GV_LISTEN_DEFAULT "127.0.0.1:8080"

struct gv_listen {
    struct sockaddr_storage address;
    socklen_t bytes;
    bool loopback; /* nobody but this machine reaches it */
};

/* "127.0.0.1:8080", "[::1]:8080", "localhost:8080"; no other names. GV_INVALID_INPUT on field "listen". */
int gv_listen_parse(struct gv_listen *out, const char *text, struct gv_error *err);
/* "http://127.0.0.1:8080" for the address with this port. */
void gv_listen_url(char out[80], const struct gv_listen *listen, uint16_t port);

/* Whether `host`, as in a Host header ("localhost:8080", "[::1]"), means this machine. */
bool gv_host_is_loopback(const char *host);
/* Whether the Host or Origin header names the host (and port, where both say one) of the URL. */
bool gv_host_is_of_url(const char *host, const char *url);

#endif
