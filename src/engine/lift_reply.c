/* An answer whose long base64 strings go to the store while it streams by.
 *
 *   exchange --all there--> storing (a pool thread syncs the blobs and looks into them) --> REPLY with `lifted`
 *
 * What was lifted is only held until the step that hears of it says who needs it; what no step keeps is collected. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "core/lift.h"
#include "engine/job.h"

#define GV_LIFT_LONGER_THAN 4096u
#define GV_LIFT_DOCUMENT_BYTES_MAX (4u << 20)

struct gv_lifter {
    struct gv_job *job; /* NULL once the job let go */
    struct gv_driver *driver;
    struct gv_arena arena;
    struct gv_lift lift;
    struct gv_buf document;
    struct gv_blob_writer *writers[GV_OUTPUTS_MAX];
    struct gv_blob_info blobs[GV_OUTPUTS_MAX];
    unsigned count;
    struct gv_reply reply;
    int code;
    struct gv_error error;
};

static int begin(void *ctx, unsigned index, struct gv_error *err)
{
    struct gv_lifter *l = ctx;
    struct gv_blobs *blobs = l->driver->config.blobs;
    if (index >= GV_OUTPUTS_MAX)
        return gv_fail(err, GV_INTERNAL_ERROR, "the answer holds more than %d files", GV_OUTPUTS_MAX);
    l->count = index + 1;
    return blobs->vtable->writer_open(&l->writers[index], blobs, NULL, err);
}

static int bytes(void *ctx, unsigned index, const void *data, size_t n, struct gv_error *err)
{
    struct gv_lifter *l = ctx;
    return l->driver->config.blobs->vtable->writer_write(l->writers[index], data, n, err);
}

static int end(void *ctx, unsigned index, struct gv_error *err)
{
    (void)ctx, (void)index, (void)err; /* committed when the whole answer is there */
    return GV_OK;
}

void gv_lifter_open(struct gv_lifter **out, struct gv_job *job)
{
    struct gv_lifter *l = gv_xcalloc(1, sizeof(*l));
    l->job = job;
    l->driver = job->driver;
    gv_buf_init(&l->document, GV_LIFT_DOCUMENT_BYTES_MAX);
    gv_lift_init(&l->lift, &l->document, &(struct gv_lift_sink){begin, bytes, end, l}, GV_LIFT_LONGER_THAN);
    *out = l;
}

bool gv_lifter_put(void *ctx, const void *data, size_t n)
{
    struct gv_lifter *l = ctx;
    return gv_lift_put(&l->lift, data, n, &l->error) == GV_OK;
}

const char *gv_lifter_error(const struct gv_lifter *lifter)
{
    return lifter->error.message;
}

void gv_lifter_free(struct gv_lifter *l)
{
    if (l == NULL)
        return;
    for (unsigned i = 0; i < l->count; i++)
        l->driver->config.blobs->vtable->writer_discard(l->writers[i]);
    gv_lift_free(&l->lift);
    gv_buf_free(&l->document);
    gv_arena_free(&l->arena);
    free(l);
}

void gv_lifter_let_go(struct gv_lifter *l)
{
    l->job = NULL;
}

static void store(void *ctx)
{
    struct gv_lifter *l = ctx;
    for (unsigned i = 0; i < l->count && l->code == GV_OK; i++) {
        struct gv_blob_writer *writer = l->writers[i];
        l->writers[i] = NULL;
        l->code = gv_store_media(&l->blobs[i], l->driver, writer, &l->error);
    }
}

static void release_all(const struct gv_lifter *l)
{
    for (unsigned i = 0; i < l->count; i++)
        gv_release_blob(l->driver, &l->blobs[i]);
}

static void stored(void *ctx)
{
    struct gv_lifter *l = ctx;
    struct gv_job *job = l->job;
    l->driver->pool_works--;
    if (job == NULL || l->code != GV_OK)
        release_all(l);
    if (job != NULL) {
        job->lifter = NULL;
        job->under_way = GV_IDLE;
        struct gv_event event = {.kind = GV_EV_REPLY, .reply = l->reply, .lifted = l->blobs, .lifted_count = l->count};
        if (l->code != GV_OK)
            event = (struct gv_event){.kind = GV_EV_NO_REPLY, .sent = GV_MAYBE_SENT, .why = l->error.message};
        gv_job_event(job, &event, 0);
    } else {
        gv_driver_check_stopped(l->driver);
    }
    gv_lifter_free(l);
}

bool gv_lifter_finish(struct gv_lifter *l, const struct gv_reply *reply)
{
    if (gv_lift_end(&l->lift, &l->error) != GV_OK)
        return false;
    l->reply = *reply;
    l->reply.content_type = gv_arena_strdup(&l->arena, reply->content_type);
    l->reply.body = l->document.data;
    l->reply.body_bytes = l->document.len;
    l->job->under_way = GV_STORING;
    l->driver->pool_works++;
    l->driver->config.loop->vtable->work(l->driver->config.loop, store, stored, l);
    return true;
}
