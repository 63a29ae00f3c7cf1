/* Where a request may go. */
#ifndef GV_HTTP_CURL_POLICY_H
#define GV_HTTP_CURL_POLICY_H

#include <stdbool.h>
#include <sys/socket.h>

#include "port/http.h"

/* The other end of a URL. */
struct gv_curl_target {
    bool https;
    char where[272]; /* "host:port"; a name has at most 253 characters */
};

/* False unless it is an http or https URL with a host and without user and password. */
bool gv_curl_target_read(struct gv_curl_target *out, const char *url);

/* The address that is about to be connected to. */
bool gv_curl_policy_allows(const struct gv_http_policy *policy, const struct gv_curl_target *target,
                           const struct sockaddr *address);
/* The same with a numeric address as text, of a connection that exists. */
bool gv_curl_policy_allows_ip(const struct gv_http_policy *policy, const struct gv_curl_target *target, const char *ip);

#endif
