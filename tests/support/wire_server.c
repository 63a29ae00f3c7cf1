#include "support/wire_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/buf.h"

#define REQUEST_BYTES_MAX (64u << 20)

struct gv_wire_server {
    struct gv_wire_turn *turns;
    size_t turn_count;
    int listening, now;             /* now: the connection of the present turn, or -1 */
    int left[GV_WIRE_REQUESTS_MAX]; /* those left open behind it */
    size_t left_count;
    unsigned port;
    char urls[16][256];
    size_t url_count;
    pthread_t thread;
    bool joined;
    struct gv_buf requests[GV_WIRE_REQUESTS_MAX];
    size_t request_count, connection_count;
};

static bool readable(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, GV_WIRE_PATIENCE_MS) == 1;
}

static bool accept_one(struct gv_wire_server *server)
{
    if (server->now >= 0) {
        GV_ASSERT(server->left_count < GV_WIRE_REQUESTS_MAX);
        server->left[server->left_count++] = server->now;
        server->now = -1;
    }
    if (!readable(server->listening))
        return false;
    server->now = accept4(server->listening, NULL, NULL, SOCK_CLOEXEC);
    server->connection_count += server->now >= 0;
    return server->now >= 0;
}

static size_t content_length(const char *head)
{
    const char *field = strcasestr(head, "\r\ncontent-length:");
    return field ? strtoul(field + 17, NULL, 10) : 0;
}

static bool is_read(const struct gv_buf *request, enum gv_wire_read how)
{
    const char *end = request->len > 0 ? strstr(request->data, "\r\n\r\n") : NULL;
    if (!end)
        return false;
    size_t head_bytes = (size_t)(end - request->data) + 4;
    return how == GV_WIRE_READ_HEAD || request->len >= head_bytes + content_length(request->data);
}

static void read_request(struct gv_wire_server *server, enum gv_wire_read how)
{
    GV_ASSERT(server->request_count < GV_WIRE_REQUESTS_MAX);
    struct gv_buf *request = &server->requests[server->request_count];
    char portion[65536];

    gv_buf_init(request, REQUEST_BYTES_MAX);
    while (!is_read(request, how) && readable(server->now)) {
        ssize_t got = recv(server->now, portion, sizeof portion, 0);
        if (got <= 0)
            break;
        gv_buf_add(request, portion, (size_t)got);
    }
    if (request->len > 0)
        server->request_count++;
}

static void answer(struct gv_wire_server *server, const struct gv_wire_turn *turn)
{
    size_t bytes = turn->send_bytes ? turn->send_bytes : turn->send ? strlen(turn->send) : 0;
    for (size_t i = 0; bytes > 0 && i <= turn->repeat; i++)
        for (size_t have = 0; have < bytes;) {
            ssize_t put = send(server->now, turn->send + have, bytes - have, MSG_NOSIGNAL);
            if (put <= 0)
                return;
            have += (size_t)put;
        }
}

static void await_close(int fd)
{
    char portion[4096];
    while (readable(fd) && recv(fd, portion, sizeof portion, 0) > 0)
        continue;
}

static void hang_up(struct gv_wire_server *server, enum gv_wire_then how)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (how == GV_WIRE_RESET)
        setsockopt(server->now, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    if (how == GV_WIRE_AWAIT_CLOSE)
        await_close(server->now);
    close(server->now);
    server->now = -1;
}

static void *play(void *ctx)
{
    struct gv_wire_server *server = ctx;

    for (size_t i = 0; i < server->turn_count; i++) {
        const struct gv_wire_turn *turn = &server->turns[i];
        if ((server->now < 0 || turn->fresh) && !accept_one(server))
            break;
        if (turn->read != GV_WIRE_READ_NOTHING)
            read_request(server, turn->read);
        answer(server, turn);
        if (turn->then != GV_WIRE_KEEP)
            hang_up(server, turn->then);
    }
    return NULL;
}

struct gv_wire_server *gv_wire_server_start(const struct gv_wire_turn *turns, size_t count)
{
    struct gv_wire_server *server = gv_xcalloc(1, sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const struct timeval patience = {.tv_sec = GV_WIRE_PATIENCE_MS / 1000};

    server->turns = gv_xcalloc(count, sizeof *turns);
    memcpy(server->turns, turns, count * sizeof *turns);
    server->turn_count = count;
    server->now = -1;
    server->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    GV_ASSERT(server->listening >= 0);
    /* Inherited by the connections: a peer that does not read must not hold the test. */
    GV_ASSERT(setsockopt(server->listening, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0);
    GV_ASSERT(bind(server->listening, (struct sockaddr *)&address, sizeof address) == 0);
    GV_ASSERT(listen(server->listening, 16) == 0);
    GV_ASSERT(getsockname(server->listening, (struct sockaddr *)&address, &length) == 0);
    server->port = ntohs(address.sin_port);
    GV_ASSERT(pthread_create(&server->thread, NULL, play, server) == 0);
    return server;
}

unsigned gv_wire_server_port(const struct gv_wire_server *server)
{
    return server->port;
}

const char *gv_wire_server_url(struct gv_wire_server *server, const char *path)
{
    GV_ASSERT(server->url_count < 16);
    char *url = server->urls[server->url_count++];
    snprintf(url, sizeof server->urls[0], "http://127.0.0.1:%u%s", server->port, path);
    return url;
}

void gv_wire_server_join(struct gv_wire_server *server)
{
    if (!server->joined)
        GV_ASSERT(pthread_join(server->thread, NULL) == 0);
    server->joined = true;
}

size_t gv_wire_server_requests(const struct gv_wire_server *server)
{
    GV_ASSERT(server->joined);
    return server->request_count;
}

size_t gv_wire_server_connections(const struct gv_wire_server *server)
{
    GV_ASSERT(server->joined);
    return server->connection_count;
}

const char *gv_wire_server_request(const struct gv_wire_server *server, size_t index, size_t *bytes)
{
    GV_ASSERT(server->joined && index < server->request_count);
    if (bytes)
        *bytes = server->requests[index].len;
    return server->requests[index].data;
}

void gv_wire_server_stop(struct gv_wire_server *server)
{
    gv_wire_server_join(server);
    if (server->now >= 0)
        close(server->now);
    for (size_t i = 0; i < server->left_count; i++)
        close(server->left[i]);
    close(server->listening);
    free(server->turns);
    for (size_t i = 0; i < GV_WIRE_REQUESTS_MAX; i++)
        gv_buf_free(&server->requests[i]);
    free(server);
}
