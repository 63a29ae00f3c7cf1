/* Connections, on libmicrohttpd's one thread. What may block is a worker's: the connection is suspended meanwhile,
 * so a portion that is not yet on disk holds back the next. */
#include "server/http/front.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/list.h"
#include "base/thread.h"
#include "server/http/passage.h"
#include "server/parts/lines.h"
#include "server/parts/metrics.h"

#define CONNECTION_BYTES (64u << 10) /* headers, and what is read and written at a time */
#define STREAM_BLOCK_BYTES 4096
#define BACKLOG 1024
#define UNSENT_BYTES_MIN (16u << 10) /* for the sake of fast clients */

enum link_phase { LINK_WAITING, LINK_RECEIVING, LINK_WORKING };

/* A connection; it may wait for a request's headers only for so long, and send a body only so slowly. */
struct link {
    struct gv_list list;
    int fd;
    struct gv_passage *passage; /* of the request under way, or NULL */
    enum link_phase phase;
    int64_t since_ms;      /* of the phase; what the server itself took is left out */
    int64_t held_since_ms; /* 0: not held */
    uint64_t received;
};

struct gv_front {
    struct gv_server *server;
    struct MHD_Daemon *daemon;
    struct gv_listen listen;
    int listen_fd;
    uint16_t port;
    pthread_mutex_t lock; /* of what follows; never held while the library is called */
    pthread_cond_t fewer;
    struct gv_list links;
    size_t link_count, passage_count, held_count;
    bool closing; /* nothing is held any more */
};

/* ---- holding ------------------------------------------------------------------------------------------------ */

static struct link *link_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

bool gv_front_hold(struct gv_passage *v)
{
    struct gv_front *front = v->front;
    struct link *link = link_of(v->connection);
    pthread_mutex_lock(&front->lock);
    bool held = !front->closing;
    if (held) {
        front->held_count++;
        link->held_since_ms = gv_server_now_ms();
    }
    pthread_mutex_unlock(&front->lock);
    if (held) {
        atomic_store(&v->held, true);
        MHD_suspend_connection(v->connection);
    }
    return held;
}

void gv_front_release(struct gv_passage *v)
{
    struct gv_front *front = v->front;
    struct link *link = link_of(v->connection);
    pthread_mutex_lock(&front->lock);
    link->since_ms += gv_server_now_ms() - link->held_since_ms;
    link->held_since_ms = 0;
    pthread_mutex_unlock(&front->lock);
    atomic_store(&v->held, false);
    MHD_resume_connection(v->connection); /* from here on the passage may be gone */
    pthread_mutex_lock(&front->lock);
    front->held_count--;
    pthread_cond_broadcast(&front->fewer);
    pthread_mutex_unlock(&front->lock);
}

static enum MHD_Result give_to_worker(struct gv_passage *v, void (*run)(struct gv_task *task))
{
    if (!gv_front_hold(v))
        return MHD_NO;
    v->task.run = run;
    gv_workers_add(v->front->server->workers, &v->task);
    return MHD_YES;
}

/* ---- answering ---------------------------------------------------------------------------------------------- */

static ssize_t read_stream(void *ctx, uint64_t at, char *out, size_t room)
{
    struct gv_passage *v = ctx;
    (void)at;
    struct gv_stream *stream = v->x.answer.stream;
    ssize_t n = stream->read(stream, out, room);
    if (n < 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    v->sent_bytes += (uint64_t)n;
    return n;
}

static struct MHD_Response *response_of_text(struct gv_passage *v)
{
    struct gv_buf *body = &v->x.answer.body;
    if (body->overflow) {
        gv_buf_clear(body);
        gv_answer_error(&v->x, 500, "internal_error", NULL, "The answer would be larger than this server may send");
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(body->len, body->data, MHD_RESPMEM_MUST_FREE);
    v->sent_bytes = body->len;
    *body = (struct gv_buf){.bytes_max = 0};
    return response;
}

static struct MHD_Response *response_of(struct gv_passage *v)
{
    struct gv_answer *answer = &v->x.answer;
    switch (answer->kind) {
    case GV_ANSWER_STATIC:
        v->sent_bytes = answer->still_bytes;
        return MHD_create_response_from_buffer(answer->still_bytes, (void *)(uintptr_t)answer->still,
                                               MHD_RESPMEM_PERSISTENT);
    case GV_ANSWER_FILE:
        v->sent_bytes = answer->bytes;
        return MHD_create_response_from_fd_at_offset64(answer->bytes, answer->fd, answer->offset);
    case GV_ANSWER_STREAM:
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, read_stream, v, NULL);
    case GV_ANSWER_TEXT: return response_of_text(v);
    default: GV_UNREACHABLE();
    }
}

static enum MHD_Result queue_answer(struct gv_passage *v)
{
    struct gv_answer *answer = &v->x.answer;
    struct MHD_Response *response = response_of(v);
    GV_ASSERT(response != NULL);
    answer->fd = -1; /* the response's now */
    MHD_add_response_header(response, "x-request-id", v->x.request_id);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (answer->content_type != NULL)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    for (size_t i = 0; i < answer->header_count; i++)
        MHD_add_response_header(response, answer->headers[i].name, answer->headers[i].value);
    if (v->closes || gv_server_is_stopping(v->front->server))
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    v->stage = GV_PASSAGE_ANSWERED;
    enum MHD_Result queued = MHD_queue_response(v->connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    return queued;
}

/* ---- a request's portions ----------------------------------------------------------------------------------- */

static bool is_refused(const struct gv_passage *v)
{
    return v->x.answer.kind != GV_ANSWER_NONE;
}

/* While only the headers are there. A client that asked whether to go on, or has much to send, hears it at once and
 * loses its connection; others may keep theirs. */
static enum MHD_Result refuse(struct gv_passage *v)
{
    v->stage = GV_PASSAGE_DRAIN;
    bool early = v->has_body && (v->expects_continue || v->announced > GV_FRONT_DRAIN_BYTES_MAX);
    return early || v->closes ? queue_answer(v) : MHD_YES;
}

static void enter(struct gv_passage *v, enum link_phase phase)
{
    struct link *link = link_of(v->connection);
    pthread_mutex_lock(&v->front->lock);
    link->phase = phase;
    link->since_ms = gv_server_now_ms();
    link->received = 0;
    pthread_mutex_unlock(&v->front->lock);
}

static void count_received(struct gv_passage *v, size_t bytes)
{
    struct link *link = link_of(v->connection);
    v->received += bytes;
    pthread_mutex_lock(&v->front->lock);
    link->received += bytes;
    pthread_mutex_unlock(&v->front->lock);
}

static enum MHD_Result begin(struct gv_passage *v)
{
    gv_passage_admit(v);
    enter(v, v->has_body ? LINK_RECEIVING : LINK_WORKING);
    if (is_refused(v))
        return refuse(v);
    v->stage = v->has_body ? GV_PASSAGE_OPENED : GV_PASSAGE_BODY;
    return v->has_body ? give_to_worker(v, gv_passage_open_form) : MHD_YES;
}

static enum MHD_Result take(struct gv_passage *v, const char *data, size_t *bytes)
{
    size_t n = *bytes < GV_PORTION_BYTES ? *bytes : GV_PORTION_BYTES;
    if (v->portion == NULL)
        v->portion = gv_xcalloc(1, GV_PORTION_BYTES);
    memcpy(v->portion, data, n);
    v->portion_bytes = n;
    count_received(v, n);
    *bytes -= n;
    return give_to_worker(v, gv_passage_put_portion);
}

/* The library takes an answer before a body or after it. Reading the rest of one costs less than cutting the connection
 * does, after which clients send all of it again. */
static enum MHD_Result drain(struct gv_passage *v, size_t *bytes)
{
    uint64_t most = v->front->server->options.body_bytes_max;
    count_received(v, *bytes);
    v->drained += *bytes;
    *bytes = 0;
    return v->drained <= most || v->drained <= GV_FRONT_DRAIN_BYTES_MAX ? MHD_YES : MHD_NO;
}

/* What repeats a create must find the job of the first one, so it takes its turn. Connections that fell silent are cut
 * before it is over. */
static enum MHD_Result handle(struct gv_passage *v)
{
    struct gv_server *server = v->front->server;
    if (!v->ticket.entered || !gv_exchange_is_repetition(&v->x))
        return give_to_worker(v, gv_passage_handle);
    if (!gv_front_hold(v))
        return MHD_NO;
    v->task.run = gv_passage_handle;
    gv_gate_wait(server->gate, &v->ticket, &v->task, gv_server_now_ms() + 2ll * server->options.idle_ms);
    return MHD_YES;
}

/* Called with the headers (also once more, where a worker had them), with each portion, and with none at the end. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *bytes, void **con_cls)
{
    struct gv_passage *v = *con_cls;
    (void)ctx, (void)connection, (void)url;
    if (atomic_load(&v->held))
        return MHD_YES; /* the next chunk came along; it is offered again */
    if (v->stage == GV_PASSAGE_BODY && is_refused(v))
        v->stage = GV_PASSAGE_DRAIN;
    switch (v->stage) {
    case GV_PASSAGE_NEW:
        v->http_1_0 = strcmp(version, MHD_HTTP_VERSION_1_0) == 0;
        v->head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
        v->x.method = gv_arena_strdup(&v->x.arena, v->head ? MHD_HTTP_METHOD_GET : method);
        return begin(v);
    case GV_PASSAGE_OPENED: v->stage = GV_PASSAGE_BODY; return is_refused(v) ? refuse(v) : MHD_YES;
    case GV_PASSAGE_BODY:
        if (*bytes > 0)
            return take(v, data, bytes);
        v->stage = GV_PASSAGE_ANSWERED;
        enter(v, LINK_WORKING);
        return handle(v);
    case GV_PASSAGE_DRAIN: return *bytes > 0 ? drain(v, bytes) : queue_answer(v);
    default: return queue_answer(v);
    }
}

/* ---- requests come and go ----------------------------------------------------------------------------------- */

/* The first that is heard of a request: its line, before its headers. */
static void *on_line(void *ctx, const char *uri, struct MHD_Connection *connection)
{
    struct gv_front *front = ctx;
    struct gv_passage *v = gv_xcalloc(1, sizeof *v);
    v->front = front;
    v->connection = connection;
    v->began_ms = gv_server_now_ms();
    v->x.server = front->server;
    v->x.engine = front->server->engine;
    v->x.path = gv_arena_strndup(&v->x.arena, uri, strcspn(uri, "?"));
    v->x.answer.fd = -1;
    v->x.http = v;
    pthread_mutex_lock(&front->lock);
    link_of(connection)->passage = v;
    front->passage_count++;
    pthread_mutex_unlock(&front->lock);
    return v;
}

static void add_access_line(const struct gv_passage *v, bool whole, int64_t took_ms)
{
    struct gv_buf line;
    gv_buf_init(&line, 16u << 10);
    struct gv_json_out out = {.buf = &line};
    gv_json_open(&out, NULL, '{');
    gv_json_put_int(&out, "at_ms", gv_server_wall_ms());
    gv_json_put_text(&out, "request_id", v->x.request_id);
    gv_json_put_text(&out, "tenant", v->x.tenant);
    gv_json_put_text(&out, "method", v->head ? MHD_HTTP_METHOD_HEAD : v->x.method);
    gv_json_put_text(&out, "path", v->x.path);
    gv_json_put_int(&out, "status", whole || v->stage == GV_PASSAGE_ANSWERED ? v->x.answer.status : 0);
    gv_json_put_int(&out, "bytes_in", (int64_t)v->received);
    gv_json_put_int(&out, "bytes_out", v->head ? 0 : (int64_t)v->sent_bytes);
    gv_json_put_int(&out, "ms", took_ms);
    if (!whole)
        gv_json_put_bool(&out, "broken_off", true);
    gv_json_close(&out, '}');
    gv_buf_adds(&line, "\n");
    gv_lines_add(v->front->server->access, line.data, line.len);
    gv_buf_free(&line);
}

static void free_passage(struct gv_task *task)
{
    gv_passage_free(GV_CONTAINER(task, struct gv_passage, task));
}

/* What a body has left on disk is a worker's to remove. */
static void leave(struct gv_passage *v)
{
    struct gv_front *front = v->front;
    struct gv_workers *workers = front->server->workers;
    pthread_mutex_lock(&front->lock);
    front->passage_count--;
    pthread_cond_broadcast(&front->fewer);
    pthread_mutex_unlock(&front->lock);
    gv_gate_leave(front->server->gate, &v->ticket);
    if (v->x.answer.fd >= 0)
        close(v->x.answer.fd);
    if (v->x.form == NULL) {
        gv_passage_free(v);
    } else {
        v->task.run = free_passage;
        gv_workers_add(workers, &v->task);
    }
}

static void on_end(void *ctx, struct MHD_Connection *connection, void **con_cls, enum MHD_RequestTerminationCode how)
{
    struct gv_front *front = ctx;
    struct gv_passage *v = *con_cls;
    struct link *link = link_of(connection);
    *con_cls = NULL;
    pthread_mutex_lock(&front->lock);
    link->passage = NULL;
    link->phase = LINK_WAITING;
    link->since_ms = gv_server_now_ms();
    pthread_mutex_unlock(&front->lock);
    if (v == NULL)
        return;
    int64_t took_ms = gv_server_now_ms() - v->began_ms;
    bool whole = how == MHD_REQUEST_TERMINATED_COMPLETED_OK;
    if (v->x.answer.stream != NULL)
        v->x.answer.stream->drop(v->x.answer.stream);
    if (v->x.method != NULL) { /* else its headers never came */
        gv_metrics_request(front->server->metrics, v->x.route, v->x.answer.status, (double)took_ms / 1000, v->received,
                           v->head ? 0 : v->sent_bytes);
        if (front->server->access != NULL)
            add_access_line(v, whole, took_ms);
    }
    leave(v);
}

/* ---- connections come and go -------------------------------------------------------------------------------- */

static struct link *link_begin(struct gv_front *front, struct MHD_Connection *connection)
{
    struct link *link = gv_xcalloc(1, sizeof *link);
    link->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    link->since_ms = gv_server_now_ms();
    pthread_mutex_lock(&front->lock);
    gv_list_append(&front->links, &link->list);
    front->link_count++;
    pthread_mutex_unlock(&front->lock);
    return link;
}

/* The library tells nothing of the end of a request whose headers it refused itself. */
static void link_end(struct gv_front *front, struct link *link)
{
    if (link->passage != NULL)
        leave(link->passage);
    pthread_mutex_lock(&front->lock);
    gv_list_remove(&link->list);
    front->link_count--;
    pthread_mutex_unlock(&front->lock);
    free(link);
}

static void on_connection(void *ctx, struct MHD_Connection *connection, void **socket_ctx,
                          enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_ctx = link_begin(ctx, connection);
    } else {
        link_end(ctx, *socket_ctx);
        *socket_ctx = NULL;
    }
}

/* ---- the daemon --------------------------------------------------------------------------------------------- */

static int fail_to_listen(struct gv_front *front, const char *what, struct gv_error *err)
{
    char url[80];
    int why = errno;
    gv_listen_url(url, &front->listen, front->port);
    return gv_fail_field(err, GV_INTERNAL_ERROR, "listen", "listening on %s: %s: %s%s", url, what, strerror(why),
                         why == EADDRINUSE ? "; another program has it, choose another with --listen" : "");
}

/* It stands at the same place for both families. */
static uint16_t port_of(const struct gv_listen *listen)
{
    struct sockaddr_in in;
    memcpy(&in, &listen->address, sizeof in);
    return ntohs(in.sin_port);
}

static int bind_socket(struct gv_front *front, struct gv_error *err)
{
    struct sockaddr *address = (struct sockaddr *)(void *)&front->listen.address;
    int family = front->listen.address.ss_family, yes = 1;
    front->listen_fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (front->listen_fd < 0)
        return fail_to_listen(front, "making a socket", err);
    setsockopt(front->listen_fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (family == AF_INET6)
        setsockopt(front->listen_fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    if (bind(front->listen_fd, address, front->listen.bytes) != 0)
        return fail_to_listen(front, "binding", err);
    if (listen(front->listen_fd, BACKLOG) != 0)
        return fail_to_listen(front, "listening", err);
    socklen_t bytes = sizeof front->listen.address;
    if (getsockname(front->listen_fd, address, &bytes) != 0)
        return fail_to_listen(front, "reading the port", err);
    front->port = port_of(&front->listen); /* 0 was asked for: any that is free */
    return GV_OK;
}

int gv_front_bind(struct gv_front **out, const struct gv_listen *listen, struct gv_error *err)
{
    struct gv_front *front = gv_xcalloc(1, sizeof *front);
    gv_cond_init(&front->fewer);
    pthread_mutex_init(&front->lock, NULL);
    gv_list_init(&front->links);
    front->listen = *listen;
    front->port = port_of(listen);
    front->listen_fd = -1;
    int code = bind_socket(front, err);
    if (code == GV_OK)
        *out = front;
    else
        gv_front_close(front);
    return code;
}

uint16_t gv_front_port(const struct gv_front *front)
{
    return front->port;
}

/* A connection is closed where the library could write nothing for the idle time, and it can write once half of what is
 * unsent has gone: how much may be unsent makes that a least rate. Else a socket takes megabytes, asks for more only
 * when a third of them has gone, and a client that takes them slowly, but steadily, counts as silent. Connections
 * inherit it. */
static void limit_unsent(const struct gv_front *front, int64_t idle_ms)
{
    int64_t due = 2 * idle_ms * GV_FRONT_RATE_MIN / 1000;
    int unsent = (int)(due < UNSENT_BYTES_MIN ? UNSENT_BYTES_MIN : due < INT_MAX ? due : INT_MAX);
    setsockopt(front->listen_fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

int gv_front_start(struct gv_front *front, struct gv_server *server, struct gv_error *err)
{
    const struct gv_server_options *options = &server->options;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    front->server = server;
    limit_unsent(front, options->idle_ms);
    errno = 0;
    front->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, front, MHD_OPTION_LISTEN_SOCKET, front->listen_fd,
        MHD_OPTION_URI_LOG_CALLBACK, on_line, front, MHD_OPTION_NOTIFY_COMPLETED, on_end, front,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, front, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)options->connections_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)((options->idle_ms + 999) / 1000), MHD_OPTION_END);
    return front->daemon != NULL ? GV_OK : fail_to_listen(front, "starting the HTTP server", err);
}

/* ---- limits and the end ------------------------------------------------------------------------------------- */

static bool is_too_slow(const struct link *link, int64_t idle_ms, int64_t now_ms)
{
    int64_t took_ms = now_ms - link->since_ms;
    if (link->phase == LINK_WORKING || link->held_since_ms != 0 || took_ms <= idle_ms)
        return false;
    uint64_t due = (uint64_t)took_ms * GV_FRONT_RATE_MIN / 1000;
    return link->phase == LINK_WAITING || link->received < due;
}

void gv_front_tick(struct gv_front *front, int64_t now_ms)
{
    pthread_mutex_lock(&front->lock);
    GV_LIST_EACH (item, &front->links) {
        struct link *link = GV_CONTAINER(item, struct link, list);
        if (is_too_slow(link, front->server->options.idle_ms, now_ms))
            shutdown(link->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&front->lock);
}

void gv_front_count(struct gv_front *front, size_t *connections, size_t *requests)
{
    pthread_mutex_lock(&front->lock);
    *connections = front->link_count;
    *requests = front->passage_count;
    pthread_mutex_unlock(&front->lock);
}

void gv_front_quiesce(struct gv_front *front)
{
    if (front->daemon == NULL || front->listen_fd < 0)
        return;
    MHD_quiesce_daemon(front->daemon);
    close(front->listen_fd);
    front->listen_fd = -1;
}

void gv_front_await(struct gv_front *front, int64_t until_ms)
{
    struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    pthread_mutex_lock(&front->lock);
    while (front->passage_count > 0 && pthread_cond_timedwait(&front->fewer, &front->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&front->lock);
}

void gv_front_close(struct gv_front *front)
{
    if (front == NULL)
        return;
    pthread_mutex_lock(&front->lock);
    front->closing = true;
    while (front->held_count > 0)
        pthread_cond_wait(&front->fewer, &front->lock);
    pthread_mutex_unlock(&front->lock);
    if (front->daemon != NULL)
        MHD_stop_daemon(front->daemon);
    if (front->listen_fd >= 0)
        close(front->listen_fd);
    pthread_cond_destroy(&front->fewer);
    pthread_mutex_destroy(&front->lock);
    free(front);
}
