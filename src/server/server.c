/* Starting and stopping: every part is made here, in the order in which they need each other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/front.h"
#include "base/error.h"
#include "base/thread.h"
#include "core/url.h"
#include "server/access/key.h"
#include "server/access/tokens.h"
#include "server/collector.h"
#include "server/hooks/callback.h"
#include "server/hooks/deliver.h"
#include "server/http/front.h"
#include "server/http/gate.h"
#include "server/parts/lines.h"
#include "server/parts/metrics.h"
#include "server/parts/workers.h"
#include "server/server.h"
#include "server/videos/wish.h"
#include "server/watch/hub.h"

#define QUEUE_MAX 20000
#define BODY_BYTES_MAX (4ull << 30)
#define IDLE_MS 30000
#define TICK_MS 250
#define STOP_MS 10000 /* for the requests under way */

/* ---- options ------------------------------------------------------------------------------------------------ */

static void copy_aliases(struct gv_server *server, const struct gv_kv_list *aliases)
{
    struct gv_kv *items = GV_NEW_ARRAY(&server->arena, struct gv_kv, aliases->count + 1);
    for (size_t i = 0; i < aliases->count; i++)
        items[i] = (struct gv_kv){.key = gv_arena_strdup(&server->arena, aliases->items[i].key),
                                  .value = gv_arena_strdup(&server->arena, aliases->items[i].value)};
    server->options.aliases = (struct gv_kv_list){.items = items, .count = aliases->count};
}

static void on_transition(void *ctx, const struct gv_transition *transition)
{
    struct gv_server *server = ctx;
    int64_t took_ms = gv_server_wall_ms() - transition->at_ms;
    gv_metrics_transition(server->metrics, transition, (double)(took_ms > 0 ? took_ms : 0) / 1000);
    gv_hub_tell(server->hub, transition);
    gv_deliver_tell(server->deliver, transition);
}

static void copy_options(struct gv_server *server, const struct gv_server_options *from)
{
    struct gv_server_options *options = &server->options;
    struct gv_arena *arena = &server->arena;
    *options = *from;
    options->store = gv_arena_strdup(arena, from->store);
    options->listen = gv_arena_strdup(arena, from->listen != NULL ? from->listen : GV_LISTEN_DEFAULT);
    options->token_file = gv_arena_strdup(arena, from->token_file);
    options->public_url = gv_arena_strdup(arena, from->public_url);
    copy_aliases(server, &from->aliases);
    options->connections_max = from->connections_max != 0 ? from->connections_max : GV_SERVER_CONNECTIONS_MAX;
    options->queue_max = from->queue_max != 0 ? from->queue_max : QUEUE_MAX;
    options->body_bytes_max = from->body_bytes_max != 0 ? from->body_bytes_max : BODY_BYTES_MAX;
    options->idle_ms = from->idle_ms != 0 ? from->idle_ms : IDLE_MS;
    if (from->engine != NULL)
        server->engine_options = *from->engine;
    server->engine_options.media_helper = gv_arena_strdup(arena, server->engine_options.media_helper);
    server->setting = server->engine_options.setting;
    server->setting_ctx = server->engine_options.setting_ctx;
    server->engine_options.setting = gv_server_setting;
    server->engine_options.setting_ctx = server;
    server->engine_options.on_transition = on_transition;
    server->engine_options.on_download = NULL;
    server->engine_options.ctx = server;
    options->engine = &server->engine_options;
}

static int check_aliases(const struct gv_kv_list *aliases, struct gv_error *err)
{
    struct gv_arena arena = {0};
    const char *provider, *model;
    int code = GV_OK;
    for (size_t i = 0; i < aliases->count && code == GV_OK; i++)
        if (!gv_wish_model(&provider, &model, aliases->items[i].value, NULL, &arena, NULL))
            code = gv_fail_field(err, GV_INVALID_INPUT, "aliases",
                                 "\"%.96s\" is to stand for \"%.96s\", and there is no such model: golem-video "
                                 "providers lists them",
                                 aliases->items[i].key, aliases->items[i].value);
    gv_arena_free(&arena);
    return code;
}

static int check_options(const struct gv_server *server, const struct gv_listen *listen, struct gv_error *err)
{
    const struct gv_server_options *options = &server->options;
    struct gv_url url;
    if (options->aliases.count > GV_SERVER_ALIASES_MAX)
        return gv_fail_field(err, GV_INVALID_INPUT, "aliases", "there may be %d aliases, not %zu",
                             GV_SERVER_ALIASES_MAX, options->aliases.count);
    int code = check_aliases(&options->aliases, err);
    if (code != GV_OK)
        return code;
    if (options->public_url != NULL && gv_url_parse(&url, options->public_url, NULL) != GV_OK)
        return gv_fail_field(err, GV_INVALID_INPUT, "public_url", "\"%.200s\" is no http or https URL",
                             options->public_url);
    if (options->public_url != NULL && strcmp(url.rest, "") != 0 && strcmp(url.rest, "/") != 0)
        return gv_fail_field(err, GV_INVALID_INPUT, "public_url",
                             "\"%.200s\" has a path: this server stands at the root of its host", options->public_url);
    if (!listen->loopback && options->token_file == NULL)
        return gv_fail_field(err, GV_INVALID_INPUT, "tokens",
                             "%s can be reached from other machines, and without tokens whoever reaches it could spend "
                             "money: make one by golem-video token TENANT --tokens FILE and serve with --tokens FILE, "
                             "or listen on 127.0.0.1",
                             options->listen);
    return GV_OK;
}

/* ---- the ticker --------------------------------------------------------------------------------------------- */

void gv_server_reload(struct gv_server *server)
{
    struct gv_error err = {.code = GV_OK};
    if (server->tokens == NULL)
        return;
    if (gv_tokens_reload(server->tokens, &err) != GV_OK) {
        fprintf(stderr, "golem-video: %s; the tokens read before stay in force\n", err.message);
        return;
    }
    if (gv_tokens_count(server->tokens) == 0)
        fprintf(stderr, "golem-video: %s has no token any more: nobody may ask\n", server->options.token_file);
    gv_hub_end_streams(server->hub); /* some were opened by a token that is none any more */
}

/* False: the server stops. */
static bool pause_until_tick(struct gv_server *server)
{
    int64_t until_ms = gv_server_now_ms() + TICK_MS;
    struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    pthread_mutex_lock(&server->lock);
    while (server->ticking && pthread_cond_timedwait(&server->stops, &server->lock, &until) == 0)
        ;
    bool goes_on = server->ticking;
    pthread_mutex_unlock(&server->lock);
    return goes_on;
}

static void *tick(void *ctx)
{
    struct gv_server *server = ctx;
    while (pause_until_tick(server)) {
        gv_front_tick(server->front, gv_server_now_ms());
        gv_gate_tick(server->gate, gv_server_now_ms());
        if (server->access != NULL)
            gv_lines_flush(server->access);
        if (server->tokens != NULL && gv_tokens_changed(server->tokens))
            gv_server_reload(server);
    }
    return NULL;
}

static int start_ticker(struct gv_server *server, struct gv_error *err)
{
    server->ticking = true;
    int failed = gv_thread_start(&server->ticker, tick, server, 0);
    if (failed == 0)
        return GV_OK;
    server->ticking = false;
    return gv_fail(err, GV_INTERNAL_ERROR, "starting the server's thread: %s", strerror(failed));
}

static void stop_ticker(struct gv_server *server)
{
    pthread_mutex_lock(&server->lock);
    bool was_ticking = server->ticking;
    server->ticking = false;
    pthread_cond_broadcast(&server->stops);
    pthread_mutex_unlock(&server->lock);
    if (was_ticking)
        pthread_join(server->ticker, NULL);
}

/* ---- starting ----------------------------------------------------------------------------------------------- */

static struct gv_server *make_server(const struct gv_server_options *options)
{
    struct gv_server *server = gv_xcalloc(1, sizeof *server);
    gv_cond_init(&server->stops);
    pthread_mutex_init(&server->lock, NULL);
    copy_options(server, options);
    server->metrics = gv_metrics_open();
    server->hub = gv_hub_open(server);
    server->deliver = gv_deliver_open(server);
    server->workers = gv_workers_open();
    server->gate = gv_gate_open(server->workers);
    if (options->access_log_fd > 0)
        server->access = gv_lines_open(options->access_log_fd);
    return server;
}

/* What can be refused is, before the store is touched. */
static int bind_and_open(struct gv_server *server, struct gv_error *err)
{
    const struct gv_server_options *options = &server->options;
    struct gv_listen listen;
    int code = gv_listen_parse(&listen, options->listen, err);
    if (code == GV_OK)
        code = check_options(server, &listen, err);
    if (code == GV_OK && options->token_file != NULL)
        code = gv_tokens_open(&server->tokens, options->token_file, &gv_crypto_openssl, err);
    if (code == GV_OK)
        code = gv_front_bind(&server->front, &listen, err);
    if (code != GV_OK)
        return code;
    gv_listen_url(server->url, &listen, gv_front_port(server->front));
    return gv_open(&server->engine, options->store, options->engine, err);
}

int gv_server_start(struct gv_server **out, const struct gv_server_options *options, struct gv_error *err)
{
    struct gv_server *server = make_server(options);
    int code = bind_and_open(server, err);
    if (code == GV_OK)
        code = gv_key_load(server->key, server->options.store, gv_engine_crypto(server->engine), err);
    if (code == GV_OK)
        code = gv_hub_start(server->hub, err);
    if (code == GV_OK)
        code = gv_deliver_start(server->deliver, err);
    if (code == GV_OK)
        code = gv_collector_start(&server->collector, server, err);
    if (code == GV_OK)
        code = gv_front_start(server->front, server, err);
    if (code == GV_OK)
        code = start_ticker(server, err);
    if (code == GV_OK)
        *out = server;
    else
        gv_server_stop(server);
    return code;
}

const char *gv_server_url(const struct gv_server *server)
{
    return server->url;
}

/* ---- stopping ----------------------------------------------------------------------------------------------- */

static void free_server(struct gv_server *server)
{
    gv_lines_close(server->access);
    gv_tokens_close(server->tokens);
    gv_deliver_close(server->deliver);
    gv_hub_close(server->hub);
    gv_metrics_close(server->metrics);
    pthread_cond_destroy(&server->stops);
    pthread_mutex_destroy(&server->lock);
    gv_arena_free(&server->arena);
    free(server);
}

void gv_server_stop(struct gv_server *server)
{
    if (server == NULL)
        return;
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_mutex_unlock(&server->lock);
    if (server->front != NULL)
        gv_front_quiesce(server->front);
    gv_gate_shut(server->gate);
    gv_hub_stop(server->hub);
    int64_t until_ms = gv_server_now_ms() + STOP_MS;
    gv_deliver_stop(server->deliver);
    gv_collector_stop(server->collector);
    if (server->front != NULL)
        gv_front_await(server->front, until_ms);
    stop_ticker(server);
    gv_front_close(server->front);
    gv_gate_close(server->gate);
    gv_workers_close(server->workers);
    gv_close(server->engine);
    free_server(server);
}
