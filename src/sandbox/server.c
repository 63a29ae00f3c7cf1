/* A thread for each connection: handlers may wait for films, files and fault scripts without holding up others.
 *
 *   headers -> visit, trouble drawn -> body streamed in -> answer: emulator | film | the sandbox's own page */
#include "sandbox/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "port/crypto.h"
#include "sandbox/callbacks.h"
#include "sandbox/control.h"
#include "sandbox/delivery.h"
#include "sandbox/films.h"
#include "sandbox/inputs.h"
#include "sandbox/links.h"

#define CONNECTIONS_MAX 1024
#define CONNECTION_BYTES (128u << 10) /* headers, and what is read and written at a time */
#define STACK_BYTES (1u << 20)
#define IDLE_SECONDS 120
#define LINK_MS (30ll * 24 * 3600 * 1000) /* from the task's end */
#define HEADERS_MAX 64

/* One request. */
struct visit {
    struct gv_sandbox *sandbox;
    struct MHD_Connection *connection;
    struct gv_arena arena;
    const char *method;
    const char *path;                   /* below the emulator's prefix, or whole */
    const char *raw_path;               /* likewise, with its escapes */
    const struct gv_emulator *emulator; /* NULL: the sandbox's own pages, or nobody's */
    bool media;                         /* a result file of the emulator's */
    struct gv_trouble trouble;
    struct gv_inputs inputs;
    struct gv_error unreadable; /* why the body can't be taken */
};

const char *gv_server_origin(struct gv_arena *arena, uint16_t port, const char *provider)
{
    return gv_arena_printf(arena, "http://127.0.0.1:%u/%s", port, provider);
}

/* ---- the emulator's world --------------------------------------------------------------------------------------- */

static const struct gv_emu_task *world_find(struct gv_emu_world *world, const char *provider, const char *id)
{
    struct visit *v = world->ctx;
    return gv_store_find(v->sandbox->store, provider, id);
}

static const struct gv_emu_task *world_find_external(struct gv_emu_world *world, const char *provider,
                                                     const char *account, const char *external_id)
{
    struct visit *v = world->ctx;
    return gv_store_find_external(v->sandbox->store, provider, account, external_id);
}

static const struct gv_emu_media *world_media(struct gv_emu_world *world, const char *text)
{
    struct visit *v = world->ctx;
    return gv_inputs_media(&v->inputs, text);
}

static const char *world_result_url(struct gv_emu_world *world, const struct gv_emu_task *task, const char *file_name)
{
    struct visit *v = world->ctx;
    int64_t link_ms = v->emulator->link_ms;
    return gv_link_make(world->arena, world->origin, world->seed, task, file_name,
                        link_ms ? world->now_ms + link_ms : task->ends_ms + LINK_MS);
}

static int open_film(struct gv_bytes *out, struct visit *v, const struct gv_emu_task *task, unsigned index,
                     struct gv_error *err)
{
    struct gv_film_file film;
    int code = gv_films_get(&film, v->sandbox->films, task, index, err);
    return code == GV_OK ? gv_bytes_open(out, film.path, film.key, film.mime_type, v->trouble.big_bytes, err) : code;
}

static const struct gv_emu_media *world_film(struct gv_emu_world *world, const struct gv_emu_task *task, unsigned index)
{
    struct visit *v = world->ctx;
    struct gv_bytes bytes;
    struct gv_error error;
    struct gv_emu_media *media = GV_NEW(world->arena, struct gv_emu_media);
    if (open_film(&bytes, v, task, index, &error) != GV_OK) {
        media->failure = gv_arena_strdup(world->arena, error.message);
        return media;
    }
    media->mime_type = bytes.mime_type;
    media->bytes = bytes.total;
    gv_bytes_close(&bytes);
    return media;
}

static struct gv_emu_world world_of(struct visit *v)
{
    struct gv_sandbox *sandbox = v->sandbox;
    struct gv_emu_world world = {
        .arena = &v->arena,
        .now_ms = gv_sandbox_now_ms(),
        .speed = sandbox->speed,
        .bend = v->trouble.bend,
        .origin = gv_server_origin(&v->arena, sandbox->port, v->emulator->name),
        .crypto = &gv_crypto_openssl,
        .seed = sandbox->seed,
        .find = world_find,
        .find_external = world_find_external,
        .media = world_media,
        .result_url = world_result_url,
        .film = world_film,
        .ctx = v,
    };
    world.bend.status_word = v->trouble.status_word[0] ? v->trouble.status_word : NULL;
    world.tasks = gv_store_tasks(sandbox->store, &world.task_count);
    return world;
}

char *gv_server_callback_body(void *ctx, const struct gv_emu_task *task, int64_t at_ms)
{
    struct visit v = {.sandbox = ctx};
    char *body = NULL;
    for (size_t i = 0; gv_emulators[i]; i++) {
        if (strcmp(gv_emulators[i]->name, task->provider) == 0)
            v.emulator = gv_emulators[i];
    }
    if (v.emulator && v.emulator->callback) {
        struct gv_emu_world world = world_of(&v);
        world.now_ms = at_ms;
        body = gv_xstrdup(v.emulator->callback(&world, task));
    }
    gv_arena_free(&v.arena);
    return body;
}

/* ---- the emulator's answer -------------------------------------------------------------------------------------- */

static enum MHD_Result add_member(void *ctx, enum MHD_ValueKind kind, const char *key, const char *value)
{
    struct gv_json_out *out = ctx;
    (void)kind;
    gv_json_put_text(out, key, value ? value : "");
    return MHD_YES;
}

/* A key that comes twice makes it unreadable, and so empty. */
static const struct gv_json *query_of(struct visit *v)
{
    struct gv_buf buf;
    gv_buf_init(&buf, CONNECTION_BYTES * 8);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    MHD_get_connection_values(v->connection, MHD_GET_ARGUMENT_KIND, add_member, &out);
    gv_json_close(&out, '}');
    const struct gv_json *query = gv_json_parse(&v->arena, buf.data, buf.len, NULL);
    gv_buf_free(&buf);
    return query;
}

struct header_list {
    struct gv_header headers[HEADERS_MAX];
    size_t count;
};

static enum MHD_Result add_header(void *ctx, enum MHD_ValueKind kind, const char *key, const char *value)
{
    struct header_list *list = ctx;
    (void)kind;
    if (list->count < HEADERS_MAX)
        list->headers[list->count++] = (struct gv_header){key, value ? value : ""};
    return MHD_YES;
}

static struct gv_emu_reply refused(struct visit *v, int status, const char *code)
{
    struct gv_emu_world world = world_of(v);
    return v->emulator->refuse(&world, status, code);
}

/* Decided once more under the lock, now that nothing is left to wait for, so that of two equal ids only one is
 * accepted. */
static struct gv_emu_reply take_on(struct visit *v, const struct gv_emu_request *request)
{
    struct gv_sandbox *sandbox = v->sandbox;
    struct gv_error error;
    const struct gv_emu_task *kept = NULL;
    gv_store_lock(sandbox->store);
    struct gv_emu_world world = world_of(v);
    struct gv_emu_reply reply = v->emulator->handle(&world, request);
    int code = reply.accepted ? gv_store_add(sandbox->store, reply.accepted, &error) : GV_OK;
    if (reply.accepted && code == GV_OK)
        kept = gv_store_find(sandbox->store, reply.accepted->provider, reply.accepted->id);
    gv_store_unlock(sandbox->store);
    if (code == GV_OK && kept)
        code = gv_store_sync(sandbox->store, &error);
    if (code != GV_OK)
        return (struct gv_emu_reply){
            .status = 507, .content_type = "text/plain", .body = gv_arena_strdup(&v->arena, error.message)};
    if (kept)
        gv_callbacks_add(sandbox->callbacks, kept);
    return reply;
}

static struct gv_emu_reply handled(struct visit *v)
{
    struct header_list list = {.count = 0};
    MHD_get_connection_values(v->connection, MHD_HEADER_KIND, add_header, &list);
    struct gv_emu_request request = {
        .method = v->method,
        .path = v->path,
        .raw_path = v->raw_path,
        .authorization = MHD_lookup_connection_value(v->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION),
        .headers = list.headers,
        .header_count = list.count,
        .query = query_of(v),
        .body = gv_inputs_end(&v->inputs),
    };
    struct gv_emu_world world = world_of(v);
    struct gv_emu_reply reply = v->emulator->handle(&world, &request);
    return reply.accepted ? take_on(v, &request) : reply;
}

static enum MHD_Result send_plain(struct visit *v, int status, const char *text)
{
    return gv_delivery_text(v->connection, status, "text/plain", text, &v->trouble);
}

static enum MHD_Result send_error_page(struct visit *v)
{
    return gv_delivery_text(v->connection, 200, "text/html", "<html><body>Something went wrong</body></html>\n",
                            &v->trouble);
}

static enum MHD_Result send_film(struct visit *v, const struct gv_emu_task *task, unsigned index,
                                 const struct gv_emu_reply *reply)
{
    struct gv_bytes bytes;
    struct gv_error error;
    if (open_film(&bytes, v, task, index, &error) != GV_OK)
        return send_plain(v, 500, error.message);
    bytes.headers = reply->headers;
    if (reply->content_type)
        bytes.mime_type = reply->content_type;
    return gv_delivery_send(v->sandbox, v->connection, &bytes, &v->trouble);
}

static enum MHD_Result send_spliced(struct visit *v, const struct gv_emu_reply *reply)
{
    struct gv_bytes films[GV_EMU_FILMS_MAX], whole;
    size_t at[GV_EMU_FILMS_MAX], count = 0;
    struct gv_error error;
    for (; count < reply->film_count; count++) {
        const struct gv_emu_film *film = &reply->films[count];
        at[count] = film->at;
        if (open_film(&films[count], v, film->task, film->index, &error) == GV_OK)
            continue;
        while (count > 0)
            gv_bytes_close(&films[--count]);
        return send_plain(v, 500, error.message);
    }
    gv_bytes_splice(&whole, reply->body, reply->content_type ? reply->content_type : "application/json", films, at,
                    count);
    whole.headers = reply->headers;
    return gv_delivery_send(v->sandbox, v->connection, &whole, &v->trouble);
}

static enum MHD_Result send_reply(struct visit *v, struct gv_emu_reply reply)
{
    if (reply.film_count > 0 && reply.body)
        return send_spliced(v, &reply);
    if (reply.film_count > 0 && v->trouble.ends == GV_FAULT_EXPIRED)
        return send_reply(v, refused(v, 403, NULL));
    if (reply.film_count > 0 && v->trouble.ends == GV_FAULT_ERROR_PAGE)
        return send_error_page(v);
    if (reply.film_count > 0)
        return send_film(v, reply.films[0].task, reply.films[0].index, &reply);
    if (!reply.content_type && reply.body)
        reply.content_type = "application/json";
    return gv_delivery_reply(v->connection, &reply, &v->trouble);
}

static enum MHD_Result answer_emulated(struct visit *v)
{
    const struct gv_trouble *t = &v->trouble;
    if (t->ends == GV_FAULT_NOW)
        return send_reply(v, refused(v, (int)t->number, NULL));
    if (t->ends == GV_FAULT_CODE)
        return send_reply(v, refused(v, 200, t->word));
    if (t->ends == GV_FAULT_BURST)
        return send_reply(v, refused(v, 0, t->word));
    if (v->unreadable.code != GV_OK)
        return gv_delivery_text(v->connection, 413, "text/plain", v->unreadable.message, t);
    struct gv_emu_reply reply = handled(v);
    if (t->ends == GV_FAULT_DROP)
        return MHD_NO;
    return send_reply(v, t->ends == GV_FAULT_LATE ? refused(v, (int)t->number, NULL) : reply);
}

/* ---- result files ----------------------------------------------------------------------------------------------- */

/* The smallest PNG there is: one grey pixel. */
static const uint8_t tiny_png[] = {0x89, 'P',  'N',  'G',  0x0d, 0x0a, 0x1a, 0x0a, 0,    0,    0,    13,   'I',  'H',
                                   'D',  'R',  0,    0,    0,    1,    0,    0,    0,    1,    8,    0,    0,    0,
                                   0,    0x3a, 0x7e, 0x9b, 0x55, 0,    0,    0,    10,   'I',  'D',  'A',  'T',  0x78,
                                   0xda, 0x63, 0x68, 0,    0,    0,    0x82, 0,    0x81, 0xda, 0x45, 0x08, 0x3b, 0,
                                   0,    0,    0,    'I',  'E',  'N',  'D',  0xae, 0x42, 0x60, 0x82};

static enum MHD_Result send_picture(struct visit *v)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(sizeof tiny_png, (void *)(uintptr_t)tiny_png, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "image/png");
    return gv_delivery_queue(v->connection, 200, response, &v->trouble);
}

static const char *argument(struct visit *v, const char *name)
{
    return MHD_lookup_connection_value(v->connection, MHD_GET_ARGUMENT_KIND, name);
}

static enum MHD_Result answer_media(struct visit *v)
{
    const char *id = v->path + strlen(GV_LINK_PREFIX);
    int64_t now_ms = gv_sandbox_now_ms();
    if (v->trouble.ends == GV_FAULT_NOW)
        return send_plain(v, (int)v->trouble.number, "The storage is out of order\n");
    if (v->trouble.ends == GV_FAULT_DROP)
        return MHD_NO;
    if (v->trouble.ends == GV_FAULT_EXPIRED)
        return send_plain(v, 403, "The URL has expired\n");
    if (v->trouble.ends == GV_FAULT_ERROR_PAGE)
        return send_error_page(v);
    const char *why = gv_link_check(v->sandbox->seed, v->emulator->name, v->path, argument(v, "Expires"),
                                    argument(v, "Signature"), now_ms);
    if (why)
        return send_plain(v, 403, why);
    id = gv_arena_strndup(&v->arena, id, strcspn(id, "/"));
    const struct gv_emu_task *task = gv_store_find(v->sandbox->store, v->emulator->name, id);
    if (!task || task->note || gv_emu_status(task, now_ms) != GV_EMU_SUCCEEDED)
        return send_plain(v, 404, "There is no such file\n");
    return task->film ? send_film(v, task, 0, &(struct gv_emu_reply){0}) : send_picture(v);
}

/* ---- visits ----------------------------------------------------------------------------------------------------- */

static void count(struct gv_sandbox *sandbox, const char *provider, const char *route)
{
    for (size_t i = 0; i < sandbox->count_count; i++) {
        struct gv_route_count *c = &sandbox->counts[i];
        if (strcmp(c->provider, provider) == 0 && strcmp(c->route, route) == 0) {
            c->requests++;
            return;
        }
    }
    if (sandbox->count_count < GV_SANDBOX_ROUTES_MAX)
        sandbox->counts[sandbox->count_count++] = (struct gv_route_count){provider, route, 1};
}

static void find_emulator(struct visit *v, const char *url)
{
    v->path = gv_arena_strdup(&v->arena, url);
    for (size_t i = 0; gv_emulators[i]; i++) {
        size_t n = strlen(gv_emulators[i]->name);
        if (url[0] == '/' && strncmp(url + 1, gv_emulators[i]->name, n) == 0 && url[n + 1] == '/') {
            v->emulator = gv_emulators[i];
            v->path += n + 1;
            v->raw_path += strncmp(v->raw_path, url, n + 2) == 0 ? n + 1 : 0;
            v->media = strncmp(v->path, GV_LINK_PREFIX, strlen(GV_LINK_PREFIX)) == 0;
        }
    }
}

/* The request line alone has come. */
static void *visit_new(void *ctx, const char *uri, struct MHD_Connection *connection)
{
    struct visit *v = gv_xcalloc(1, sizeof *v);
    v->sandbox = ctx;
    v->connection = connection;
    v->raw_path = gv_arena_strndup(&v->arena, uri, strcspn(uri, "?"));
    return v;
}

static void visit_begin(struct visit *v, const char *url, const char *method)
{
    struct gv_sandbox *sandbox = v->sandbox;
    v->method = gv_arena_strdup(&v->arena, method);
    gv_inputs_init(&v->inputs, sandbox, &v->arena, v->connection);
    find_emulator(v, url);
    if (v->emulator) {
        const char *route = v->media ? "download" : v->emulator->route(method, v->path);
        pthread_mutex_lock(&sandbox->lock);
        count(sandbox, v->emulator->name, route);
        v->trouble = gv_faults_draw(&sandbox->faults, route);
        pthread_mutex_unlock(&sandbox->lock);
    }
}

static void visit_done(void *ctx, struct MHD_Connection *connection, void **con_cls,
                       enum MHD_RequestTerminationCode code)
{
    struct visit *v = *con_cls;
    (void)ctx;
    (void)connection;
    (void)code;
    if (!v)
        return;
    *con_cls = NULL;
    if (v->method)
        gv_inputs_free(&v->inputs);
    gv_arena_free(&v->arena);
    free(v);
}

static bool too_large(struct MHD_Connection *connection)
{
    const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return length && strtoull(length, NULL, 10) > GV_INPUT_BODY_BYTES_MAX;
}

static enum MHD_Result begin(struct visit *v)
{
    if (v->trouble.ends == GV_FAULT_REFUSE_DROP)
        return MHD_NO;
    if (too_large(v->connection))
        return send_plain(v, 413, "The request's body is too large\n");
    return MHD_YES;
}

/* What can't be taken is read to its end all the same, so that the client hears why. */
static enum MHD_Result take(struct visit *v, const char *data, size_t *bytes)
{
    if (v->unreadable.code == GV_OK)
        gv_inputs_put(&v->inputs, data, *bytes, &v->unreadable);
    *bytes = 0;
    return MHD_YES;
}

static enum MHD_Result answer(struct visit *v)
{
    if (v->trouble.slow_ms)
        gv_sandbox_pause(v->sandbox, v->trouble.slow_ms, -1);
    if (v->media)
        return answer_media(v);
    if (v->emulator)
        return answer_emulated(v);
    if (strncmp(v->path, GV_CONTROL_PREFIX, strlen(GV_CONTROL_PREFIX)) == 0)
        return gv_control_answer(v->sandbox, v->connection, v->method, v->path,
                                 v->inputs.document.len ? v->inputs.document.data : "");
    return send_plain(v, 404, "There is nothing here; see " GV_CONTROL_PREFIX "health\n");
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *bytes, void **con_cls)
{
    (void)version;
    (void)ctx;
    (void)connection;
    struct visit *v = *con_cls;
    if (!v->method) {
        visit_begin(v, url, method);
        return begin(v);
    }
    return *bytes ? take(v, data, bytes) : answer(v);
}

/* ---- the daemon ------------------------------------------------------------------------------------------------- */

int gv_sandbox_listen(struct gv_sandbox *sandbox, uint16_t port, struct gv_error *err)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    unsigned flags =
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_SUPPRESS_DATE_NO_CLOCK;
    errno = 0;
    sandbox->port = port; /* requests may come before this function returns */
    sandbox->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, sandbox, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_URI_LOG_CALLBACK,
        visit_new, sandbox, MHD_OPTION_NOTIFY_COMPLETED, visit_done, NULL, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS,
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES, MHD_OPTION_END);
    if (!sandbox->daemon)
        return gv_fail(err, GV_INTERNAL_ERROR, "Listening on 127.0.0.1:%u failed: %s", port, strerror(errno));
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(sandbox->daemon, MHD_DAEMON_INFO_BIND_PORT);
    if (port == 0 && info)
        sandbox->port = info->port;
    return GV_OK;
}

void gv_sandbox_hang_up(struct gv_sandbox *sandbox)
{
    if (sandbox->daemon)
        MHD_stop_daemon(sandbox->daemon);
    sandbox->daemon = NULL;
}
