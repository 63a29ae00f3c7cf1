/* The server about itself: whether it is well, what it counts, its description and its page. */
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "core/schema.h"
#include "server/assets.h"
#include "server/http/front.h"
#include "server/http/negotiate.h"
#include "server/parts/internal.h"
#include "server/parts/metrics.h"
#include "server/parts/workers.h"
#include "server/system.h"
#include "server/watch/hub.h"

#define DISK_FREE_BYTES_MIN (1ull << 30) /* a film and its journal must have room */
#define ENGINE_SECONDS_MAX 2
#define PAGE_INDEX "index.html"
#define OPENAPI "openapi.json"

/* Nothing from elsewhere, nothing inline; films and posters come from this server. */
#define PAGE_POLICY                                                                                                    \
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "     \
    "form-action 'self'; frame-ancestors 'none'"

void gv_system_health(struct gv_exchange *x)
{
    struct gv_json_out out = gv_answer_json(x, 200);
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "status", "ok");
    gv_json_put_text(&out, "version", GV_VERSION);
    gv_json_close(&out, '}');
}

/* ---- ready -------------------------------------------------------------------------------------------------- */

static bool journal_answers(struct gv_exchange *x, struct gv_error *err)
{
    const struct gv_journal_tally *tally;
    size_t count;
    struct gv_journal *journal = gv_engine_journal(x->engine);
    return gv_engine_fault(x->engine, err) == GV_OK &&
           journal->vtable->tally(&tally, &count, journal, &x->arena, err) == GV_OK;
}

static bool engine_answers(struct gv_exchange *x, struct gv_error *err)
{
    if (gv_engine_answers(x->engine, ENGINE_SECONDS_MAX))
        return true;
    gv_fail(err, GV_INTERNAL_ERROR, "the engine's thread did not answer within %d s", ENGINE_SECONDS_MAX);
    return false;
}

static bool disk_has_room(struct gv_exchange *x, struct gv_error *err)
{
    struct statvfs disk;
    const char *store = gv_exchange_options(x)->store;
    if (statvfs(store, &disk) != 0) {
        gv_fail(err, GV_INTERNAL_ERROR, "the store's disk can't be asked for its room");
        return false;
    }
    unsigned long long free_bytes = (unsigned long long)disk.f_bavail * disk.f_frsize;
    if (free_bytes >= DISK_FREE_BYTES_MIN)
        return true;
    gv_fail(err, GV_INTERNAL_ERROR, "the store's disk has %llu MiB left, less than %llu", free_bytes >> 20,
            DISK_FREE_BYTES_MIN >> 20);
    return false;
}

static bool helper_is_there(struct gv_exchange *x, struct gv_error *err)
{
    const char *helper = x->server->engine_options.media_helper;
    if (helper == NULL || access(helper, X_OK) == 0)
        return true;
    gv_fail(err, GV_INTERNAL_ERROR, "golem-video-media is not at %s; set GOLEM_VIDEO_MEDIA", helper);
    return false;
}

static const struct check {
    const char *name;
    bool (*passes)(struct gv_exchange *x, struct gv_error *err);
} checks[] = {
    {"journal", journal_answers},
    {"engine", engine_answers},
    {"disk", disk_has_room},
    {"media_helper", helper_is_there},
};

void gv_system_ready(struct gv_exchange *x)
{
    struct gv_error errors[GV_COUNT(checks)] = {{.code = GV_OK}};
    bool ready = !gv_server_is_stopping(x->server);
    bool passed[GV_COUNT(checks)];
    for (size_t i = 0; i < GV_COUNT(checks); i++) {
        passed[i] = checks[i].passes(x, &errors[i]);
        ready &= passed[i];
    }
    struct gv_json_out out = gv_answer_json(x, ready ? 200 : 503);
    gv_json_open(&out, NULL, '{');
    gv_json_put_bool(&out, "ready", ready);
    for (size_t i = 0; i < GV_COUNT(checks); i++)
        gv_json_put_text(&out, checks[i].name, passed[i] ? "ok" : errors[i].message);
    gv_json_close(&out, '}');
}

/* ---- metrics ------------------------------------------------------------------------------------------------ */

static const char *status_name(enum gv_status status)
{
    static const char *const names[] = {
        [GV_PENDING] = "pending", [GV_RUNNING] = "running", [GV_SUCCEEDED] = "succeeded", [GV_FAILED] = "failed"};
    return (size_t)status < GV_COUNT(names) && names[status] != NULL ? names[status] : "";
}

static int write_jobs(struct gv_exchange *x, struct gv_buf *out, struct gv_error *err)
{
    const struct gv_journal_tally *tally;
    size_t count;
    struct gv_journal *journal = gv_engine_journal(x->engine);
    int code = journal->vtable->tally(&tally, &count, journal, &x->arena, err);
    if (code != GV_OK)
        return code;
    gv_metrics_head(out, "golem_video_jobs", "gauge", "Jobs of the store, whoever drives them.");
    for (size_t i = 0; i < count; i++)
        gv_buf_addf(out, "golem_video_jobs{provider=\"%s\",phase=\"%s\",status=\"%s\",parked=\"%s\"} %llu\n",
                    tally[i].provider, tally[i].phase, status_name(tally[i].status), tally[i].parked ? "true" : "false",
                    (unsigned long long)tally[i].count);
    return GV_OK;
}

static void write_gauge(struct gv_buf *out, const char *name, const char *help, size_t value)
{
    gv_metrics_head(out, name, "gauge", help);
    gv_buf_addf(out, "%s %zu\n", name, value);
}

void gv_system_metrics(struct gv_exchange *x)
{
    struct gv_error err = {.code = GV_OK};
    struct gv_buf *out = gv_answer_json(x, 200).buf;
    size_t connections, requests;
    if (write_jobs(x, out, &err) != GV_OK) {
        gv_answer_failure(x, &err);
        return;
    }
    gv_front_count(x->server->front, &connections, &requests);
    write_gauge(out, "golem_video_connections", "Connections open.", connections);
    write_gauge(out, "golem_video_requests_under_way", "Requests whose answer is not yet sent.", requests);
    write_gauge(out, "golem_video_requests_waiting", "Requests that wait for a worker.",
                gv_workers_waiting(x->server->workers));
    write_gauge(out, "golem_video_watchers", "Streams of events open.", gv_hub_watchers(x->server->hub));
    gv_metrics_write(x->server->metrics, out);
    x->answer.content_type = "text/plain; version=0.0.4";
}

/* ---- files of the program ----------------------------------------------------------------------------------- */

static const struct gv_asset *asset_named(const char *name)
{
    for (const struct gv_asset *asset = gv_assets; asset->name != NULL; asset++)
        if (strcmp(asset->name, name) == 0)
            return asset;
    return NULL;
}

static void answer_asset(struct gv_exchange *x, const char *name)
{
    const struct gv_asset *asset = asset_named(name);
    if (asset == NULL) {
        gv_answer_not_found(x, NULL, "The file", name);
        return;
    }
    bool gzip = gv_negotiate_gzip(gv_exchange_header(x, "Accept-Encoding"));
    const struct gv_asset_form *form = gzip ? &asset->gzip : &asset->plain;
    bool known = gv_negotiate_tag(gv_exchange_header(x, "If-None-Match"), form->etag);
    x->answer.kind = GV_ANSWER_STATIC;
    x->answer.content_type = asset->content_type;
    x->answer.status = known ? 304 : 200;
    x->answer.still = form->data;
    x->answer.still_bytes = known ? 0 : form->bytes;
    if (gzip && !known)
        gv_answer_header(x, "Content-Encoding", "gzip");
    gv_answer_header(x, "Vary", "Accept-Encoding");
    gv_answer_header(x, "ETag", form->etag);
    gv_answer_header(x, "Cache-Control", "no-cache");
    gv_answer_header(x, "Referrer-Policy", "no-referrer");
    gv_answer_header(x, "Content-Security-Policy", PAGE_POLICY);
}

void gv_system_openapi(struct gv_exchange *x)
{
    answer_asset(x, OPENAPI);
}

void gv_system_page(struct gv_exchange *x)
{
    answer_asset(x, x->ids[0] != NULL ? x->ids[0] : PAGE_INDEX);
}
