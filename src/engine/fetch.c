/* Bringing a film home: open what an earlier try left, fetch the rest, look at it, store it.
 *
 *   opening --> fetching --> storing --> FETCHED
 *      '-----------'------------'------> FETCH_FAILED, and the part that came is kept for the next try
 *
 * Opening and storing block on the disk, so a pool thread does them; a transfer whose job let go of it meanwhile is
 * put away when the thread is done. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/sniff.h"
#include "engine/job.h"

#define GV_FETCH_CONNECT_MS 15000u
#define GV_FETCH_STALL_MS 60000u
#define GV_FETCH_REDIRECTS_MAX 5u

struct gv_transfer {
    struct gv_job *job; /* NULL once the job let go */
    struct gv_driver *driver;
    unsigned index;
    char name[64];
    struct gv_arena arena;
    struct gv_blob_writer *writer;
    uint64_t offset; /* where this try began */
    struct gv_http_request request;
    struct gv_blob_info blob;
    int code;
    struct gv_error error;
};

static void transfer_free(struct gv_transfer *t)
{
    struct gv_blobs *blobs = t->driver->config.blobs;
    blobs->vtable->writer_close(t->writer);
    gv_arena_free(&t->arena);
    free(t);
}

static void failed(struct gv_transfer *t, int status, bool final, const char *why)
{
    struct gv_job *job = t->job;
    char kept[sizeof(t->error.message)]; /* `why` may be the transfer's own */
    snprintf(kept, sizeof(kept), "%s", why);
    bool moved = t->writer != NULL && t->driver->config.blobs->vtable->writer_offset(t->writer) > t->offset;
    struct gv_event event = {
        .kind = GV_EV_FETCH_FAILED, .index = t->index, .status = status, .final = final, .moved = moved, .why = kept};
    job->transfer = NULL;
    job->under_way = GV_IDLE;
    transfer_free(t);
    gv_job_event(job, &event, 0);
}

/* True if the job let go while a pool thread had the transfer. */
static bool put_away(struct gv_transfer *t)
{
    struct gv_driver *driver = t->driver;
    driver->pool_works--;
    if (t->job != NULL)
        return false;
    gv_release_blob(driver, &t->blob);
    transfer_free(t);
    gv_driver_check_stopped(driver);
    return true;
}

int gv_store_media(struct gv_blob_info *out, struct gv_driver *driver, struct gv_blob_writer *writer,
                   struct gv_error *err)
{
    struct gv_blobs *blobs = driver->config.blobs;
    struct gv_media_tools *media = driver->config.media;
    int code = blobs->vtable->writer_commit(out, writer, err);
    char *path = code == GV_OK ? blobs->vtable->path(blobs, out->sha256) : NULL;
    struct gv_error why;
    if (path != NULL && media != NULL && media->vtable->probe(out, media, path, &why) != GV_OK) {
        if (why.code == GV_INVALID_INPUT)
            code = gv_fail(err, GV_INVALID_INPUT, "%s", why.message);
        else
            gv_driver_log(driver, GV_LOG_WARN, NULL, "blob %s is stored, its measures are not known: %s", out->sha256,
                          why.message);
    }
    free(path);
    if (code != GV_OK) {
        gv_release_blob(driver, out);
        out->sha256[0] = '\0';
    }
    return code;
}

void gv_release_blob(struct gv_driver *driver, const struct gv_blob_info *blob)
{
    struct gv_blobs *blobs = driver->config.blobs;
    if (blob->sha256[0] != '\0')
        blobs->vtable->release(blobs, blob->sha256);
}

static void store(void *ctx)
{
    struct gv_transfer *t = ctx;
    struct gv_blob_writer *writer = t->writer;
    t->writer = NULL;
    t->code = gv_store_media(&t->blob, t->driver, writer, &t->error);
}

static void stored(void *ctx)
{
    struct gv_transfer *t = ctx;
    if (put_away(t))
        return;
    struct gv_job *job = t->job;
    if (t->code != GV_OK) {
        failed(t, 0, false, t->error.message);
        return;
    }
    struct gv_event event = {.kind = GV_EV_FETCHED, .index = t->index, .blob = t->blob};
    job->transfer = NULL;
    job->under_way = GV_IDLE;
    transfer_free(t);
    gv_job_event(job, &event, 0);
}

/* What came must be of the family that was asked for, told by its content: a provider's error page with status 200
 * is no film. */
static bool is_wanted(struct gv_transfer *t, const char *want, char *why, size_t why_bytes)
{
    const void *head;
    size_t bytes = t->driver->config.blobs->vtable->writer_head(t->writer, &head);
    const char *type = gv_sniff(head, bytes);
    if (strncmp(type, want, strlen(want)) == 0)
        return true;
    snprintf(why, why_bytes, "what came is %s, not %.*s", type, (int)strcspn(want, "/"), want);
    return false;
}

static void answered(struct gv_transfer *t, const struct gv_http_done *done)
{
    struct gv_blobs *blobs = t->driver->config.blobs;
    uint64_t got = blobs->vtable->writer_offset(t->writer);
    char why[256];
    int status = done->reply.status;
    if (status / 100 != 2) {
        if (status == 416)
            blobs->vtable->writer_restart(t->writer, NULL);
        snprintf(why, sizeof(why), "the download answered HTTP %d", status);
        failed(t, status, false, why);
    } else if (done->length_total != 0 && got != done->length_total) {
        blobs->vtable->writer_restart(t->writer, NULL);
        snprintf(why, sizeof(why), "the download has %llu bytes, %llu were promised", (unsigned long long)got,
                 (unsigned long long)done->length_total);
        failed(t, 0, false, why);
    } else if (got == 0 || !is_wanted(t, t->job->effect.fetch.want, why, sizeof(why))) {
        blobs->vtable->writer_restart(t->writer, NULL);
        failed(t, 0, false, got == 0 ? "the download is empty" : why);
    } else {
        t->job->under_way = GV_STORING;
        t->driver->pool_works++;
        t->driver->config.loop->vtable->work(t->driver->config.loop, store, stored, t);
    }
}

static void fetch_done(void *ctx, const struct gv_http_done *done)
{
    struct gv_transfer *t = ctx;
    t->job->exchange = NULL;
    gv_arena_free(&t->job->exchange_arena);
    if (done->failure == GV_HTTP_ANSWERED)
        answered(t, done);
    else
        failed(t, 0, done->failure == GV_HTTP_REFUSED, done->why);
}

static void progressed(void *ctx, uint64_t bytes, uint64_t bytes_total)
{
    struct gv_transfer *t = ctx;
    const struct gv_driver_config *config = &t->driver->config;
    if (config->on_download != NULL)
        config->on_download(config->ctx, t->job->row.id, bytes, bytes_total);
}

static void start(struct gv_job *job, bool final, const char *why)
{
    struct gv_transfer *t = job->transfer;
    const struct gv_driver_config *config = &t->driver->config;
    const struct gv_fetch *fetch = &job->effect.fetch;
    struct gv_call call = {
        .method = "GET", .base = fetch->base, .path = fetch->path, .url = fetch->url, .auth = fetch->auth};
    struct gv_error err;
    t->offset = config->blobs->vtable->writer_offset(t->writer);
    const char *validator = config->blobs->vtable->writer_validator(t->writer);
    t->request = (struct gv_http_request){
        .method = "GET",
        .url = gv_account_url(job->lane->account, &call, &t->arena),
        .limits = {.connect_ms = GV_FETCH_CONNECT_MS,
                   .stall_ms = config->stall_ms != 0 ? config->stall_ms : GV_FETCH_STALL_MS,
                   .reply_bytes_max = config->output_bytes_max,
                   .redirects_max = GV_FETCH_REDIRECTS_MAX},
        .policy = fetch->url != NULL ? config->media_policy : (struct gv_http_policy){0},
        .into = t->writer,
        .validator = validator[0] != '\0' ? gv_arena_strdup(&t->arena, validator) : NULL,
    };
    if (why == NULL && gv_job_sign(&t->request, job, &call, &err) != GV_OK) {
        final = true;
        why = err.message;
    }
    if (why != NULL) {
        failed(t, 0, final, why);
        return;
    }
    job->exchange = config->http->vtable->start(config->http, &t->request, fetch_done, progressed, t);
}

static void open_partial(void *ctx)
{
    struct gv_transfer *t = ctx;
    struct gv_blobs *blobs = t->driver->config.blobs;
    t->code = blobs->vtable->writer_open(&t->writer, blobs, t->name, &t->error);
}

static void opened(void *ctx)
{
    struct gv_transfer *t = ctx;
    if (put_away(t))
        return;
    struct gv_job *job = t->job;
    job->under_way = GV_FETCHING;
    if (t->code != GV_OK)
        failed(t, 0, false, t->error.message);
    else if (job->effect.fetch.url != NULL)
        start(job, false, NULL);
    else
        gv_lane_with_token(job->lane, job, false, start);
}

void gv_job_fetch(struct gv_job *job)
{
    struct gv_transfer *t = gv_xcalloc(1, sizeof(*t));
    t->job = job;
    t->driver = job->driver;
    t->index = job->effect.fetch.index;
    snprintf(t->name, sizeof(t->name), "%s.%u", job->row.id, t->index);
    job->transfer = t;
    job->under_way = GV_OPENING;
    t->driver->pool_works++;
    t->driver->config.loop->vtable->work(t->driver->config.loop, open_partial, opened, t);
}

void gv_job_fetch_break_off(struct gv_job *job)
{
    struct gv_transfer *t = job->transfer;
    job->transfer = NULL;
    t->job = NULL;
    bool waits = !gv_list_empty(&job->waiting); /* for a token */
    if (job->exchange == NULL && !waits)
        return; /* a pool thread has it */
    gv_list_remove(&job->waiting);
    if (job->exchange != NULL)
        job->driver->config.http->vtable->cancel(job->exchange);
    job->exchange = NULL;
    gv_arena_free(&job->exchange_arena);
    transfer_free(t);
}
