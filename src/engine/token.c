/* A provider's access token: kept in memory only, fetched early, and once for all who wait for it. */
#include <string.h>

#include "base/error.h"
#include "engine/job.h"

#define GV_TOKEN_EARLY_MS (5 * 60 * 1000)
#define GV_TOKEN_LIMITS                                                                                                \
    ((struct gv_http_limits){.connect_ms = 10000, .stall_ms = 30000, .total_ms = 60000, .reply_bytes_max = 64u << 10})

static int64_t now_ms(const struct gv_lane *lane)
{
    return lane->driver->config.loop->vtable->now_ms(lane->driver->config.loop);
}

/* Early by five minutes, or by half its life if that is shorter. */
static bool is_fresh(const struct gv_lane *lane)
{
    return lane->token != NULL && now_ms(lane) < lane->token_until_ms;
}

struct gv_sign_with gv_lane_sign_with(const struct gv_lane *lane)
{
    const struct gv_driver_config *config = &lane->driver->config;
    return (struct gv_sign_with){.settings = &lane->account->settings,
                                 .credential_set = lane->account->credential_set,
                                 .now_s = config->loop->vtable->wall_ms(config->loop) / 1000,
                                 .crypto = config->crypto,
                                 .token = lane->token};
}

/* Everybody who waits goes on, with the token or with the reason why there is none. */
static void let_all_go_on(struct gv_lane *lane, bool final, const char *why)
{
    while (!gv_list_empty(&lane->token_waiting)) {
        struct gv_job *job = GV_CONTAINER(lane->token_waiting.next, struct gv_job, waiting);
        gv_list_remove(&job->waiting);
        job->signed_fn(job, final, why);
    }
}

static void keep_token(struct gv_lane *lane, const char *token, uint32_t lifetime_s)
{
    int64_t lifetime_ms = (int64_t)lifetime_s * 1000;
    int64_t early_ms = lifetime_ms < 2 * GV_TOKEN_EARLY_MS ? lifetime_ms / 2 : GV_TOKEN_EARLY_MS;
    gv_arena_free(&lane->token_arena);
    lane->token = gv_arena_strdup(&lane->token_arena, token);
    lane->token_until_ms = now_ms(lane) + lifetime_ms - early_ms;
}

static void token_answered(void *ctx, const struct gv_http_done *done)
{
    struct gv_lane *lane = ctx;
    const struct gv_provider *provider = lane->account->provider;
    struct gv_error err = {0};
    const char *token;
    uint32_t lifetime_s = 0;
    struct gv_arena arena = {0};
    bool final = false;
    lane->token_exchange = NULL;
    gv_arena_free(&lane->token_request_arena);
    if (done->failure != GV_HTTP_ANSWERED) {
        gv_fail(&err, GV_INTERNAL_ERROR, "no access token from %s: %s", provider->title, done->why);
    } else if (done->reply.status != 200) {
        final = done->reply.status / 100 == 4 && done->reply.status != 429;
        gv_fail(&err, GV_INVALID_INPUT, "no access token from %s: HTTP %d: %.300s; check its credentials",
                provider->title, done->reply.status, done->reply.body);
    } else if (provider->token_read(&token, &lifetime_s, &done->reply, &arena, &err) == GV_OK) {
        keep_token(lane, token, lifetime_s);
    }
    gv_arena_free(&arena);
    let_all_go_on(lane, final, err.code == GV_OK ? NULL : err.message);
}

/* False: the request can't even be made. */
static bool ask(struct gv_lane *lane, bool *needed, struct gv_error *err)
{
    const struct gv_provider *provider = lane->account->provider;
    struct gv_arena *arena = &lane->token_request_arena;
    struct gv_call *call = GV_NEW(arena, struct gv_call);
    struct gv_sign_with with = gv_lane_sign_with(lane);
    if (provider->token_request(call, needed, &with, arena, err) != GV_OK)
        return false;
    if (!*needed)
        return true;
    struct gv_http_request *request = GV_NEW(arena, struct gv_http_request);
    *request = (struct gv_http_request){.method = call->method,
                                        .url = gv_account_url(lane->account, call, arena),
                                        .headers = call->headers,
                                        .header_count = call->header_count,
                                        .body = &call->body,
                                        .limits = GV_TOKEN_LIMITS};
    struct gv_http *http = lane->driver->config.http;
    lane->token_exchange = http->vtable->start(http, request, token_answered, NULL, lane);
    return true;
}

void gv_lane_with_token(struct gv_lane *lane, struct gv_job *job, bool fresh, gv_signed_fn *fn)
{
    if (fresh)
        lane->token = NULL;
    if (lane->account->provider->token_request == NULL || is_fresh(lane)) {
        fn(job, false, NULL);
        return;
    }
    struct gv_error err;
    bool needed = true;
    if (lane->token_exchange == NULL && !ask(lane, &needed, &err)) {
        gv_arena_free(&lane->token_request_arena);
        fn(job, true, err.message);
    } else if (!needed) {
        gv_arena_free(&lane->token_request_arena);
        fn(job, false, NULL);
    } else {
        job->signed_fn = fn;
        gv_list_append(&lane->token_waiting, &job->waiting);
    }
}

void gv_lane_drop_token(struct gv_lane *lane)
{
    GV_ASSERT(gv_list_empty(&lane->token_waiting));
    if (lane->token_exchange != NULL)
        lane->driver->config.http->vtable->cancel(lane->token_exchange);
    gv_arena_free(&lane->token_request_arena);
    gv_arena_free(&lane->token_arena);
}
