/* Doing what a committed step decided. Each thing done ends in exactly one event, unless it is broken off. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "engine/job.h"
#include "engine/verify.h"

#define GV_CALL_CONNECT_MS 10000u
#define GV_CALL_STALL_MS 60000u
#define GV_CALL_TOTAL_MS 120000u
#define GV_CALL_BYTES_PER_MS 32u /* a body's share of the time in all: slower than 32 kB/s is given up */
#define GV_CALL_REPLY_BYTES_MAX (4u << 20)

static struct gv_http_limits limits_of(const struct gv_job *job, const struct gv_call *call)
{
    uint32_t stall_ms = job->driver->config.stall_ms;
    return (struct gv_http_limits){
        .connect_ms = GV_CALL_CONNECT_MS,
        .stall_ms = stall_ms != 0 ? stall_ms : GV_CALL_STALL_MS,
        .total_ms = (call->total_ms != 0 ? call->total_ms : GV_CALL_TOTAL_MS) +
                    gv_body_length(&call->body) / GV_CALL_BYTES_PER_MS,
        .reply_bytes_max = call->reply_bytes_max != 0 ? call->reply_bytes_max : GV_CALL_REPLY_BYTES_MAX,
    };
}

static void no_reply(struct gv_job *job, enum gv_sent sent, bool final, const char *why)
{
    struct gv_event event = {.kind = GV_EV_NO_REPLY, .sent = sent, .final = final, .why = why};
    gv_job_event(job, &event, 0);
}

/* True if a pool thread now stores what was lifted, and the event comes from there. */
static bool lifted(struct gv_job *job, const struct gv_http_done *done)
{
    struct gv_lifter *lifter = job->lifter;
    bool took = done->failure == GV_HTTP_ANSWERED && done->reply.status == 200;
    if (lifter == NULL || (took && gv_lifter_finish(lifter, &done->reply)))
        return lifter != NULL;
    job->lifter = NULL;
    if (took || done->failure == GV_HTTP_DISK) {
        no_reply(job, GV_MAYBE_SENT, false, gv_lifter_error(lifter));
        gv_lifter_free(lifter);
        return true;
    }
    gv_lifter_free(lifter);
    return false;
}

/* Not that of the next step, which may be on its way already. */
static void end_create(struct gv_job *job)
{
    if (job->effect.call.kind == GV_CALL_CREATE)
        gv_lane_end_create(job);
}

static void call_done(void *ctx, const struct gv_http_done *done)
{
    struct gv_job *job = ctx;
    struct gv_lane *lane = job->lane;
    job->exchange = NULL;
    job->under_way = GV_IDLE;
    gv_arena_free(&job->exchange_arena);
    end_create(job);
    gv_trace_reply(job, done);
    if (lifted(job, done)) {
        /* its event is on the way */
    } else if (done->failure == GV_HTTP_ANSWERED) {
        gv_job_event(job, &(struct gv_event){.kind = GV_EV_REPLY, .reply = done->reply}, 0);
    } else {
        no_reply(job, done->sent, done->failure == GV_HTTP_REFUSED && done->sent == GV_NOT_SENT, done->why);
    }
    gv_lane_leave(lane);
}

const char *gv_account_url(const struct gv_account *account, const struct gv_call *call, struct gv_arena *arena)
{
    if (call->url != NULL)
        return call->url;
    const struct gv_provider *provider = account->provider;
    size_t setting = provider->base_url_setting;
    for (size_t i = 0; call->base != NULL && i < provider->setting_count; i++)
        if (strcmp(provider->settings[i].name, call->base) == 0)
            setting = i;
    const char *base = account->settings.values[setting];
    GV_ASSERT(base != NULL && (call->path[0] == '/' || call->path[0] == '\0'));
    size_t bytes = strlen(base);
    while (bytes > 0 && base[bytes - 1] == '/')
        bytes--;
    return gv_arena_printf(arena, "%.*s%s", (int)bytes, base, call->path);
}

int gv_job_sign(struct gv_http_request *request, struct gv_job *job, const struct gv_call *call, struct gv_error *err)
{
    struct gv_arena *arena = &job->exchange_arena;
    struct gv_header *headers = GV_NEW_ARRAY(arena, struct gv_header, 2 * GV_HEADERS_MAX);
    memcpy(headers, call->headers, call->header_count * sizeof(*headers));
    request->headers = headers;
    request->header_count = call->header_count;
    if (call->url != NULL)
        return GV_OK; /* credentials go only to the hosts they were configured for */
    struct gv_sign_with with = gv_lane_sign_with(job->lane);
    const struct gv_provider *provider = job->lane->account->provider;
    int code = provider->sign(headers, &request->header_count, call, &with, arena, err);
    GV_ASSERT(request->header_count <= 2 * GV_HEADERS_MAX);
    return code;
}

static void not_called(struct gv_job *job, bool final, const char *why)
{
    struct gv_lane *lane = job->lane;
    job->under_way = GV_IDLE;
    gv_arena_free(&job->exchange_arena);
    end_create(job);
    no_reply(job, GV_NOT_SENT, final, why);
    gv_lane_leave(lane);
}

static void start_call(struct gv_job *job, bool final, const char *why)
{
    const struct gv_call *call = &job->effect.call;
    struct gv_error err;
    struct gv_http_request *request = GV_NEW(&job->exchange_arena, struct gv_http_request);
    *request = (struct gv_http_request){.method = call->method,
                                        .url = gv_account_url(job->lane->account, call, &job->exchange_arena),
                                        .body = &call->body,
                                        .once = call->kind == GV_CALL_CREATE,
                                        .limits = limits_of(job, call)};
    if (call->url != NULL)
        request->policy = job->driver->config.media_policy;
    if (why == NULL && gv_job_sign(request, job, call, &err) != GV_OK) {
        final = true;
        why = err.message;
    }
    if (why != NULL) {
        not_called(job, final, why);
        return;
    }
    if (call->lifts) {
        gv_lifter_open(&job->lifter, job);
        request->sink = gv_lifter_put;
        request->sink_ctx = job->lifter;
        request->limits.reply_bytes_max = job->driver->config.output_bytes_max;
        request->limits.total_ms = 0; /* as long as it moves */
        if (call->kind == GV_CALL_CREATE && call->total_ms > request->limits.stall_ms)
            request->limits.stall_ms = call->total_ms; /* silent while what it answers with is being made */
    }
    gv_trace_call(job, call);
    job->exchange = job->driver->config.http->vtable->start(job->driver->config.http, request, call_done, NULL, job);
}

static void call_with_whole_files(struct gv_job *job, const char *why)
{
    const struct gv_call *call = &job->effect.call;
    if (why != NULL)
        not_called(job, true, why);
    else if (call->url != NULL)
        start_call(job, false, NULL);
    else
        gv_lane_with_token(job->lane, job, call->fresh_token, start_call);
}

void gv_job_call(struct gv_job *job)
{
    job->under_way = GV_CALLING;
    gv_job_verify(job, call_with_whole_files);
}

static void break_off_call(struct gv_job *job)
{
    if (job->exchange != NULL)
        job->driver->config.http->vtable->cancel(job->exchange);
    job->exchange = NULL;
    gv_job_verify_let_go(job);
    gv_list_remove(&job->waiting); /* for a token */
    gv_lifter_free(job->lifter);
    job->lifter = NULL;
    gv_arena_free(&job->exchange_arena);
    end_create(job);
    gv_lane_leave(job->lane);
}

static void let_go_of_storing(struct gv_job *job)
{
    if (job->lifter == NULL) {
        gv_job_fetch_break_off(job);
        return;
    }
    gv_lifter_let_go(job->lifter);
    job->lifter = NULL;
}

void gv_job_break_off(struct gv_job *job)
{
    enum gv_under_way what = job->under_way;
    job->under_way = GV_IDLE;
    switch (what) {
    case GV_IDLE: break;
    case GV_HELD: gv_list_remove(&job->waiting); break;
    case GV_QUEUED:
        gv_list_remove(&job->waiting);
        end_create(job);
        break;
    case GV_CALLING: break_off_call(job); break;
    case GV_WAITING: job->driver->config.loop->vtable->timer_stop(job->timer); break;
    case GV_OPENING:
    case GV_FETCHING: gv_job_fetch_break_off(job); break;
    case GV_STORING: let_go_of_storing(job); break;
    case GV_TRANSFORMING: gv_job_transform_let_go(job); break;
    }
}

void gv_job_perform(struct gv_job *job)
{
    GV_ASSERT(job->under_way == GV_IDLE);
    switch (job->effect.kind) {
    case GV_EFF_CALL:
        job->under_way = GV_QUEUED;
        if (!gv_job_withhold_create(job))
            gv_lane_enter(job->lane, job);
        break;
    case GV_EFF_WAIT:
        job->under_way = GV_WAITING;
        job->driver->config.loop->vtable->timer_start(job->timer, job->wait_ms);
        break;
    case GV_EFF_FETCH: gv_job_fetch(job); break;
    case GV_EFF_TRANSFORM: gv_job_transform(job); break;
    case GV_EFF_NOTHING:
    case GV_EFF_SUCCEED:
    case GV_EFF_FAIL:
    case GV_EFF_CANCELLED:
    case GV_EFF_PARK: GV_UNREACHABLE();
    }
}
