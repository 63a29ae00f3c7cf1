#include "cli/net.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

#define HEALTH_MS 2000
#define REACH_MS 5000

/* Waits for the connection that `fd` is making; 0 or what went wrong. */
static int connected(int fd, int timeout_ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    int ready = poll(&wait, 1, timeout_ms);
    if (ready == 0)
        return ETIMEDOUT;
    int why = 0;
    socklen_t bytes = sizeof why;
    if (ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &bytes) != 0)
        return errno;
    return why;
}

/* A connected socket, or -1 and *why. */
static int open_address(const struct addrinfo *address, int timeout_ms, int *why)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        *why = errno;
        return -1;
    }
    *why = connect(fd, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
    if (*why == EINPROGRESS)
        *why = connected(fd, timeout_ms);
    if (*why == 0)
        return fd;
    close(fd);
    return -1;
}

/* A connected socket, or -1 and *why in words. */
static int open_host(const char *host, const char *port, int timeout_ms, const char **why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int failure = getaddrinfo(host, port, &hints, &found);
    if (failure != 0) {
        *why = gai_strerror(failure);
        return -1;
    }
    int fd = -1, last = 0;
    for (const struct addrinfo *address = found; address != NULL && fd < 0; address = address->ai_next)
        fd = open_address(address, timeout_ms, &last);
    freeaddrinfo(found);
    *why = strerror(last);
    return fd;
}

bool gv_cli_is_healthy(uint16_t port)
{
    char digits[8], answer[16] = "";
    const char *why;
    snprintf(digits, sizeof digits, "%u", port);
    int fd = open_host("127.0.0.1", digits, HEALTH_MS, &why);
    if (fd < 0)
        return false;
    static const char request[] = "GET /_sandbox/health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n";
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    bool healthy = send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == sizeof request - 1 &&
                   poll(&wait, 1, HEALTH_MS) == 1 && recv(fd, answer, sizeof answer - 1, 0) >= 12 &&
                   strncmp(answer + 8, " 200", 4) == 0;
    close(fd);
    return healthy;
}

int gv_cli_reach(const char *url, struct gv_error *err)
{
    char host[256];
    const char *rest = strstr(url, "://");
    if (rest == NULL)
        return gv_fail(err, GV_INTERNAL_ERROR, "%s is no URL", url);
    rest += 3;
    size_t length = strcspn(rest, "/:?#");
    if (length == 0 || length >= sizeof host)
        return gv_fail(err, GV_INTERNAL_ERROR, "%s names no host", url);
    memcpy(host, rest, length);
    host[length] = '\0';
    char port[8] = "443";
    if (rest[length] == ':')
        snprintf(port, sizeof port, "%.*s", (int)strspn(rest + length + 1, "0123456789") % 6, rest + length + 1);
    else if (strncmp(url, "http://", 7) == 0)
        snprintf(port, sizeof port, "80");
    const char *why;
    int fd = open_host(host, port, REACH_MS, &why);
    if (fd < 0)
        return gv_fail(err, GV_INTERNAL_ERROR, "connecting to %s:%s: %s", host, port, why);
    close(fd);
    return GV_OK;
}
