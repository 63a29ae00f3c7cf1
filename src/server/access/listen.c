#include "server/access/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/url.h"

#define ADDRESS_BYTES 64

/* Parts "host:port" or "[host]:port"; *port is what stands behind the last colon, NULL where there is none. */
static bool split(char host[GV_HOST_BYTES], const char **port, const char *text)
{
    const char *end;
    bool bracketed = text[0] == '[';
    *port = NULL;
    if (bracketed) {
        text++;
        end = strchr(text, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return false;
        if (end[1] == ':')
            *port = end + 2;
    } else {
        end = strchr(text, ':');
        if (end != NULL)
            *port = end + 1;
        else
            end = text + strlen(text);
    }
    size_t bytes = (size_t)(end - text);
    if (bytes == 0 || bytes >= GV_HOST_BYTES)
        return false;
    memcpy(host, text, bytes);
    host[bytes] = '\0';
    return true;
}

static bool read_port(uint16_t *out, const char *text)
{
    size_t digits = text != NULL ? strspn(text, "0123456789") : 0;
    if (digits == 0 || digits > 5 || text[digits] != '\0' || strtol(text, NULL, 10) > UINT16_MAX)
        return false;
    *out = (uint16_t)strtol(text, NULL, 10);
    return true;
}

static bool is_loopback(const uint8_t *bytes, size_t n)
{
    static const uint8_t v6[16] = {[15] = 1};
    return n == 4 ? bytes[0] == 127 : n == 16 && memcmp(bytes, v6, sizeof v6) == 0;
}

static void fill(struct gv_listen *out, const uint8_t *bytes, size_t n, uint16_t port)
{
    if (n == 4) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
        memcpy(&in.sin_addr, bytes, n);
        memcpy(&out->address, &in, sizeof in);
        out->bytes = sizeof in;
    } else {
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
        memcpy(&in6.sin6_addr, bytes, n);
        memcpy(&out->address, &in6, sizeof in6);
        out->bytes = sizeof in6;
    }
    out->loopback = is_loopback(bytes, n);
}

int gv_listen_parse(struct gv_listen *out, const char *text, struct gv_error *err)
{
    char host[GV_HOST_BYTES];
    const char *port_text;
    uint8_t bytes[16];
    uint16_t port;
    *out = (struct gv_listen){.bytes = 0};
    bool parted = split(host, &port_text, text) && read_port(&port, port_text);
    size_t n = !parted ? 0 : gv_address_parse(bytes, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host);
    if (n == 0)
        return gv_fail_field(err, GV_INVALID_INPUT, "listen",
                             "\"%.100s\" is no address to listen on: write ADDR:PORT or [ADDR]:PORT with a numeric "
                             "address, such as " GV_LISTEN_DEFAULT " or [::1]:8080",
                             text);
    fill(out, bytes, n, port);
    return GV_OK;
}

void gv_listen_url(char out[80], const struct gv_listen *listen, uint16_t port)
{
    char address[ADDRESS_BYTES];
    if (listen->address.ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, &listen->address, sizeof in6);
        inet_ntop(AF_INET6, &in6.sin6_addr, address, sizeof address);
        snprintf(out, 80, "http://[%s]:%u", address, port);
    } else {
        struct sockaddr_in in;
        memcpy(&in, &listen->address, sizeof in);
        inet_ntop(AF_INET, &in.sin_addr, address, sizeof address);
        snprintf(out, 80, "http://%s:%u", address, port);
    }
}

bool gv_host_is_loopback(const char *host)
{
    char name[GV_HOST_BYTES];
    const char *port_text;
    uint16_t port;
    uint8_t bytes[16];
    if (!split(name, &port_text, host) || (port_text != NULL && !read_port(&port, port_text)))
        return false;
    size_t length = strlen(name);
    if (strcasecmp(name, "localhost") == 0 || (length > 10 && strcasecmp(name + length - 10, ".localhost") == 0))
        return true;
    return is_loopback(bytes, gv_address_parse(bytes, name));
}

bool gv_host_is_of_url(const char *host, const char *url)
{
    char name[GV_HOST_BYTES];
    const char *port_text;
    uint16_t port;
    struct gv_url parsed;
    if (url == NULL || gv_url_parse(&parsed, url, NULL) != GV_OK || !split(name, &port_text, host))
        return false;
    if (strcasecmp(name, parsed.host) != 0)
        return false;
    return port_text == NULL || (read_port(&port, port_text) && port == parsed.port);
}
