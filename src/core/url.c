#include "core/url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/error.h"
#include "core/schema.h"

/* The C library's own ask the process's locale. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool gv_url_is_absolute(const char *text)
{
    size_t scheme = 0;
    while (is_letter(text[scheme]) || is_digit(text[scheme]) || (text[scheme] != '\0' && strchr("+.-", text[scheme])))
        scheme++;
    if (!is_letter(text[0]) || strncmp(text + scheme, "://", 3) != 0)
        return false;
    size_t bytes = scheme + 3;
    if (text[bytes] == '\0' || text[bytes] == '/')
        return false;
    for (; text[bytes] != '\0'; bytes++) {
        if ((unsigned char)text[bytes] <= ' ' || text[bytes] == 0x7f || bytes >= GV_URL_BYTES_MAX)
            return false;
    }
    return true;
}

static int refuse(struct gv_error *err, const char *url, const char *why)
{
    return gv_fail(err, GV_INVALID_INPUT, "the URL %.80s%s is refused: %s", url, strlen(url) > 80 ? "..." : "", why);
}

static bool read_port(uint16_t *out, const char *digits, size_t n)
{
    unsigned port = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_digit(digits[i]) || port > UINT16_MAX)
            return false;
        port = port * 10 + (unsigned)(digits[i] - '0');
    }
    *out = (uint16_t)port;
    return port > 0 && port <= UINT16_MAX;
}

/* Names like 127.1 and 0x7f000001 are addresses to some resolvers; only four decimal numbers are one here. */
static bool looks_numeric(const char *host)
{
    const char *dot = strrchr(host, '.');
    const char *label = dot != NULL ? dot + 1 : host;
    if (strncmp(label, "0x", 2) == 0)
        return true;
    return label[strspn(label, "0123456789")] == '\0';
}

static bool read_host(struct gv_url *out, const char *host, size_t n)
{
    if (n > 1 && host[n - 1] == '.' && !out->ipv6)
        n--; /* "example.com." is the same host */
    if (n == 0 || n >= sizeof(out->host) || host[0] == '.')
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = host[i];
        if (!is_letter(c) && !is_digit(c) && c != '.' && c != '-' && c != '_' && !(out->ipv6 && c == ':'))
            return false;
        out->host[i] = 'A' <= c && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
    }
    out->host[n] = '\0';
    uint8_t address[16];
    size_t bytes = gv_address_parse(address, out->host);
    if (out->ipv6)
        return bytes == 16;
    return bytes == 4 || !looks_numeric(out->host);
}

int gv_url_parse(struct gv_url *out, const char *text, struct gv_error *err)
{
    *out = (struct gv_url){0};
    if (!gv_url_is_absolute(text))
        return gv_fail(err, GV_INVALID_INPUT,
                       "a URL must be absolute (https://host/path), without blanks and control "
                       "characters, and at most %d bytes long",
                       GV_URL_BYTES_MAX);
    out->https = strncasecmp(text, "https://", 8) == 0;
    if (!out->https && strncasecmp(text, "http://", 7) != 0)
        return refuse(err, text, "its scheme is neither http nor https");
    const char *host = text + (out->https ? 8 : 7);
    size_t authority = strcspn(host, "/?#");
    out->rest = host + authority;
    if (memchr(host, '@', authority) != NULL)
        return gv_fail(err, GV_INVALID_INPUT,
                       "a URL with a user name or password in it is refused: it would be "
                       "kept with the job; give credentials in the provider's settings");
    out->ipv6 = host[0] == '[';
    const char *end = out->ipv6 ? memchr(host, ']', authority) : memchr(host, ':', authority);
    if (out->ipv6 && end == NULL)
        return refuse(err, text, "the bracket of its IPv6 address is not closed");
    size_t host_bytes = end != NULL ? (size_t)(end - host) : authority;
    if (!read_host(out, host + (out->ipv6 ? 1 : 0), host_bytes - (out->ipv6 ? 1 : 0)))
        return refuse(err, text, "its host is neither a name nor a plain IPv4 or IPv6 address");
    const char *behind = host + host_bytes + (out->ipv6 ? 1 : 0);
    out->port = out->https ? 443 : 80;
    if (behind == out->rest)
        return GV_OK;
    if (*behind != ':' || !read_port(&out->port, behind + 1, (size_t)(out->rest - behind - 1)))
        return refuse(err, text, "its port is no number from 1 to 65535");
    return GV_OK;
}

void gv_url_host_port(char out[GV_HOST_PORT_BYTES], const struct gv_url *url)
{
    snprintf(out, GV_HOST_PORT_BYTES, url->ipv6 ? "[%s]:%u" : "%s:%u", url->host, (unsigned)url->port);
}

char *gv_url_without_query(struct gv_arena *arena, const char *url)
{
    size_t end = strcspn(url, "?#");
    const char *authority = strstr(url, "://");
    if (authority == NULL || authority > url + end)
        return gv_arena_strndup(arena, url, end);
    authority += 3;
    size_t authority_bytes = strcspn(authority, "/?#");
    const char *at = memrchr(authority, '@', authority_bytes);
    const char *host = at != NULL ? at + 1 : authority;
    return gv_arena_printf(arena, "%.*s%.*s", (int)(authority - url), url, (int)(url + end - host), host);
}

size_t gv_address_parse(uint8_t out[16], const char *host)
{
    if (inet_pton(AF_INET, host, out) == 1)
        return 4;
    return inet_pton(AF_INET6, host, out) == 1 ? 16 : 0;
}

struct range {
    uint8_t bytes[16];
    unsigned bits;
};

static bool in_ranges(const struct range *ranges, size_t count, const uint8_t *address)
{
    for (size_t i = 0; i < count; i++) {
        size_t whole = ranges[i].bits / 8;
        unsigned mask = 0xFF00U >> ranges[i].bits % 8 & 0xFF;
        if (memcmp(address, ranges[i].bytes, whole) == 0 &&
            (mask == 0 || ((address[whole] ^ ranges[i].bytes[whole]) & mask) == 0))
            return true;
    }
    return false;
}

/* IANA's special-purpose registries, IPv4 and IPv6: what is not globally reachable. */
static const struct range ipv4_special[] = {
    {{0}, 8},
    {{10}, 8},
    {{100, 64}, 10},
    {{127}, 8},
    {{169, 254}, 16},
    {{172, 16}, 12},
    {{192, 0, 0}, 24},
    {{192, 0, 2}, 24},
    {{192, 88, 99}, 24},
    {{192, 168}, 16},
    {{198, 18}, 15},
    {{198, 51, 100}, 24},
    {{203, 0, 113}, 24},
    {{224}, 4},
    {{240}, 4},
};
static const struct range ipv6_global[] = {{{0x20}, 3}};
static const struct range ipv6_special[] = {
    {{0x20, 0x01, 0x00}, 23},
    {{0x20, 0x01, 0x0d, 0xb8}, 32},
    {{0x3f, 0xff, 0x00}, 20},
};
/* Prefixes behind which an IPv4 address stands. */
static const struct range ipv4_mapped[] = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96}};
static const struct range nat64[] = {{{0x00, 0x64, 0xFF, 0x9B}, 96}};
static const struct range six_to_four[] = {{{0x20, 0x02}, 16}};

bool gv_address_is_public(const uint8_t *bytes, size_t n)
{
    GV_ASSERT(n == 4 || n == 16);
    if (n == 4)
        return !in_ranges(ipv4_special, GV_COUNT(ipv4_special), bytes);
    if (in_ranges(ipv4_mapped, 1, bytes) || in_ranges(nat64, 1, bytes))
        return gv_address_is_public(bytes + 12, 4);
    if (in_ranges(six_to_four, 1, bytes))
        return gv_address_is_public(bytes + 2, 4);
    return in_ranges(ipv6_global, 1, bytes) && !in_ranges(ipv6_special, GV_COUNT(ipv6_special), bytes);
}
