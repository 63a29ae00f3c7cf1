/* Any URL, and any spelling of an address. Where our reader and libcurl's both take a URL they must mean the same
 * host, and an address that they disagree on must not get past the policy. */
#include <arpa/inet.h>
#include <stdio.h>
#include <strings.h>

#include "base/assert.h"
#include "core/url.h"
#include "http/curl_policy.h"
#include "support/fuzz.h"

/* Written anew, from the standards' words and not from the tables: RFC 1122, 1918, 3927, 5771, 6598, 6890. */
static bool is_public_v4(uint32_t a)
{
    unsigned first = a >> 24, second = a >> 16 & 255, third = a >> 8 & 255;
    if (first == 0 || first == 10 || first == 127 || first >= 224)
        return false;
    if ((first == 100 && second >= 64 && second <= 127) || (first == 169 && second == 254))
        return false;
    if ((first == 172 && second >= 16 && second <= 31) || (first == 192 && second == 168))
        return false;
    if (first == 198 && (second == 18 || second == 19 || (second == 51 && third == 100)))
        return false;
    if ((first == 192 && second == 0 && (third == 0 || third == 2)) || (first == 192 && second == 88 && third == 99))
        return false;
    return !(first == 203 && second == 0 && third == 113);
}

static uint32_t v4_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void check_address(const uint8_t *bytes, size_t n)
{
    bool public = gv_address_is_public(bytes, n);
    if (n == 4) {
        GV_ASSERT(public == is_public_v4(v4_at(bytes)));
        return;
    }
    uint8_t first = bytes[0];
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, nat64[12] = {0, 0x64, 0xff, 0x9b};
    if (memcmp(bytes, mapped, 12) == 0 || memcmp(bytes, nat64, 12) == 0)
        GV_ASSERT(public == is_public_v4(v4_at(bytes + 12)));
    else if (first == 0x20 && bytes[1] == 0x02)
        GV_ASSERT(public == is_public_v4(v4_at(bytes + 2)));
    else
        GV_ASSERT(!public || (first & 0xe0) == 0x20);
}

/* libcurl turns "0x7f.1" and the like into four numbers before it connects. */
static void check_policy(const struct gv_curl_target *target)
{
    static const struct gv_http_policy closed = {.public_only = true};
    char host[sizeof target->where];
    snprintf(host, sizeof host, "%s", target->where);
    char *colon = strrchr(host, ':');
    GV_ASSERT(colon != NULL);
    *colon = '\0';
    size_t n = strlen(host);
    if (n > 1 && host[0] == '[' && host[n - 1] == ']') {
        host[n - 1] = '\0';
        memmove(host, host + 1, n - 1);
    }
    uint8_t address[16];
    size_t bytes = gv_address_parse(address, host);
    if (bytes > 0)
        GV_ASSERT(gv_curl_policy_allows_ip(&closed, target, host) == gv_address_is_public(address, bytes));
    else
        GV_ASSERT(!gv_curl_policy_allows_ip(&closed, target, host));
}

/* libcurl keeps the dot at the end of "example.com." */
static bool is_same_host(const char *ours, const char *curls)
{
    size_t name = strcspn(ours, ":"), dot = curls[name] == '.';
    return strncasecmp(ours, curls, name) == 0 && strcmp(ours + name, curls + name + dot) == 0;
}

static void check_text(const char *text, struct gv_arena *arena)
{
    struct gv_url url;
    struct gv_curl_target target;
    struct gv_error err = {0};
    char where[GV_HOST_PORT_BYTES];
    bool ours = gv_url_parse(&url, text, &err) == GV_OK, curls = gv_curl_target_read(&target, text);
    GV_ASSERT(ours || err.message[0] != '\0');
    GV_ASSERT(strchr(gv_url_without_query(arena, text), '?') == NULL);
    if (curls)
        check_policy(&target);
    if (!ours)
        return;
    gv_url_host_port(where, &url);
    uint8_t address[16];
    if (curls && !url.ipv6)
        GV_ASSERT(is_same_host(where, target.where));
    if (gv_address_parse(address, url.host) == 0)
        GV_ASSERT(strchr(url.host, ':') == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gv_arena arena = {0};
    if (size == 4 || size == 16)
        check_address(data, size);
    check_text(gv_arena_strndup(&arena, (const char *)data, size), &arena);
    gv_arena_free(&arena);
    return 0;
}
