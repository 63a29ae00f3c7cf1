/* URLs and addresses, as text; pure. What a name resolves to is checked where the connection is made. */
#ifndef GV_CORE_URL_H
#define GV_CORE_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "golem_video/error.h"

#define GV_HOST_BYTES 256
#define GV_HOST_PORT_BYTES (GV_HOST_BYTES + 8)

/* An http or https URL, taken apart. */
struct gv_url {
    bool https;
    char host[GV_HOST_BYTES]; /* lower case; IPv6 without its brackets */
    bool ipv6;
    uint16_t port;    /* the scheme's own where none is written */
    const char *rest; /* path, query and fragment, within the text parsed; may be "" */
};

/* Whether `text` is absolute, without blanks and control characters, and not over 8192 bytes; any scheme. */
bool gv_url_is_absolute(const char *text);

/* GV_INVALID_INPUT: not http(s), no host, credentials in it, a port that is none. `out` borrows `text`. */
int gv_url_parse(struct gv_url *out, const char *text, struct gv_error *err);
/* "example.com:443", "[::1]:80". */
void gv_url_host_port(char out[GV_HOST_PORT_BYTES], const struct gv_url *url);
/* For logs: without credentials, query and fragment. */
char *gv_url_without_query(struct gv_arena *arena, const char *url);

/* 4 or 16 bytes of the address that `host` spells, or 0 if it is a name. */
size_t gv_address_parse(uint8_t out[16], const char *host);
/* False for loopback, private, link-local, shared (100.64/10), multicast, reserved and unspecified addresses,
 * also where IPv6 carries them (mapped, NAT64, 6to4). `n` is 4 or 16, network order. */
bool gv_address_is_public(const uint8_t *bytes, size_t n);

#endif
