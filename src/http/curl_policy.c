/* Where a request may go. The check is made on the address that is connected to, not on a name: a name may resolve
 * to anything, and to something else the next time. */
#include "http/curl_policy.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <strings.h>

#include "base/arena.h"
#include "core/url.h"

/* Lack of memory must not pass for a URL that is none. */
static bool ok(CURLUcode code)
{
    if (code == CURLUE_OUT_OF_MEMORY)
        gv_out_of_memory(0);
    return code == CURLUE_OK;
}

static bool read_parts(struct gv_curl_target *out, CURLU *url)
{
    char *scheme = NULL, *host = NULL, *port = NULL;
    bool read = false;

    if (ok(curl_url_get(url, CURLUPART_SCHEME, &scheme, 0)) && ok(curl_url_get(url, CURLUPART_HOST, &host, 0)) &&
        ok(curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT))) {
        out->https = strcasecmp(scheme, "https") == 0;
        int n = snprintf(out->where, sizeof out->where, "%s:%s", host, port);
        read = (out->https || strcasecmp(scheme, "http") == 0) && n < (int)sizeof out->where;
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    return read;
}

/* By libcurl's own reading: where two readers of a URL differ, an address could slip between them. */
bool gv_curl_target_read(struct gv_curl_target *out, const char *url)
{
    CURLU *parts = curl_url();
    if (!parts)
        gv_out_of_memory(0);
    bool read = ok(curl_url_set(parts, CURLUPART_URL, url, CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME)) &&
                read_parts(out, parts);
    curl_url_cleanup(parts);
    return read;
}

static bool is_exempt(const struct gv_http_policy *policy, const struct gv_curl_target *target)
{
    if (!policy->public_only)
        return true;
    for (const char *const *item = policy->allowed; item && *item; item++)
        if (strcasecmp(*item, target->where) == 0)
            return true;
    return false;
}

static bool is_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
        return gv_address_is_public((const uint8_t *)&v4->sin_addr, 4);
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
        return gv_address_is_public(v6->sin6_addr.s6_addr, 16);
    }
    return false;
}

bool gv_curl_policy_allows(const struct gv_http_policy *policy, const struct gv_curl_target *target,
                           const struct sockaddr *address)
{
    return is_exempt(policy, target) || is_public(address);
}

bool gv_curl_policy_allows_ip(const struct gv_http_policy *policy, const struct gv_curl_target *target, const char *ip)
{
    uint8_t address[16];

    if (is_exempt(policy, target))
        return true;
    size_t bytes = gv_address_parse(address, ip);
    return bytes > 0 && gv_address_is_public(address, bytes);
}
