/* A picture made to measure by the media helper, on a pool thread. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "engine/job.h"
#include "engine/verify.h"

struct gv_reshape {
    struct gv_job *job; /* NULL once the job let go */
    struct gv_driver *driver;
    struct gv_transform wish;
    struct gv_blob_info blob;
    int code;
    bool final;
    struct gv_error error;
};

static int resize(struct gv_reshape *r, const char *out_path)
{
    const struct gv_driver_config *config = &r->driver->config;
    char *path = config->blobs->vtable->path(config->blobs, r->wish.blob.sha256);
    if (path == NULL || config->media == NULL) {
        free(path);
        r->final = true;
        return gv_fail(&r->error, GV_INTERNAL_ERROR, "the picture can't be scaled: this store has no local files");
    }
    const struct gv_blob_info *blob = &r->wish.blob;
    int code = gv_blob_read(config->blobs, config->crypto, blob->sha256, blob->bytes, NULL, NULL, &r->error);
    if (code == GV_OK)
        code = config->media->vtable->resize(config->media, path, out_path, r->wish.width, r->wish.height, &r->error);
    free(path);
    r->final = code == GV_INVALID_INPUT;
    return code;
}

static void reshape(void *ctx)
{
    struct gv_reshape *r = ctx;
    struct gv_blobs *blobs = r->driver->config.blobs;
    char path[] = "/tmp/golem-video-XXXXXX.png"; /* the ending names the format */
    int fd = mkostemps(path, 4, O_CLOEXEC);
    if (fd < 0) {
        r->code = gv_fail(&r->error, GV_INTERNAL_ERROR, "no temporary file in /tmp for scaling the picture");
        return;
    }
    r->code = resize(r, path);
    struct gv_blob_writer *writer = NULL;
    if (r->code == GV_OK)
        r->code = blobs->vtable->writer_open(&writer, blobs, NULL, &r->error);
    if (r->code == GV_OK)
        r->code = gv_copy_file(writer, blobs, fd, "the scaled picture", "", &r->error);
    if (r->code == GV_OK)
        r->code = gv_store_media(&r->blob, r->driver, writer, &r->error);
    else
        blobs->vtable->writer_discard(writer);
    close(fd);
    unlink(path);
}

static void reshaped(void *ctx)
{
    struct gv_reshape *r = ctx;
    struct gv_job *job = r->job;
    r->driver->pool_works--;
    if (job != NULL) {
        job->reshape = NULL;
        job->under_way = GV_IDLE;
        struct gv_event event = {.kind = GV_EV_TRANSFORMED, .blob = r->blob};
        if (r->code != GV_OK)
            event = (struct gv_event){.kind = GV_EV_TRANSFORM_FAILED, .final = r->final, .why = r->error.message};
        gv_job_event(job, &event, 0);
    } else {
        gv_release_blob(r->driver, &r->blob);
        gv_driver_check_stopped(r->driver);
    }
    free(r);
}

void gv_job_transform(struct gv_job *job)
{
    struct gv_reshape *r = gv_xcalloc(1, sizeof(*r));
    r->job = job;
    r->driver = job->driver;
    r->wish = job->effect.transform;
    job->reshape = r;
    job->under_way = GV_TRANSFORMING;
    r->driver->pool_works++;
    r->driver->config.loop->vtable->work(r->driver->config.loop, reshape, reshaped, r);
}

void gv_job_transform_let_go(struct gv_job *job)
{
    job->reshape->job = NULL;
    job->reshape = NULL;
}
