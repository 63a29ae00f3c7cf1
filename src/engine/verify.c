#include "engine/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/codec.h"
#include "base/error.h"
#include "engine/job.h"

#define PORTION_BYTES (1u << 20)

static int damaged(struct gv_error *err, struct gv_blobs *blobs, const char *sha256, const char *how)
{
    char *path = blobs->vtable->path(blobs, sha256);
    gv_fail(
        err, GV_INTERNAL_ERROR,
        "the stored file %s is damaged: %s; nothing of it was handed on; check the disk, and put the file back from "
        "a copy",
        path != NULL ? path : sha256, how);
    free(path);
    return GV_INTERNAL_ERROR;
}

struct reading {
    struct gv_blob_reader *reader;
    struct gv_sha256 *digest;
    char *portion;
    uint64_t offset;
};

static int read_all(struct reading *r, struct gv_blobs *blobs, const struct gv_crypto *crypto, gv_portion_fn *put,
                    void *ctx, struct gv_error *err)
{
    ssize_t got;
    while ((got = blobs->vtable->reader_read(r->reader, r->portion, PORTION_BYTES, r->offset, err)) > 0) {
        crypto->sha256_add(r->digest, r->portion, (size_t)got);
        r->offset += (uint64_t)got;
        int code = put != NULL ? put(ctx, r->portion, (size_t)got, err) : GV_OK;
        if (code != GV_OK)
            return code;
    }
    return got < 0 ? GV_INTERNAL_ERROR : GV_OK;
}

static int judge(const struct reading *r, struct gv_blobs *blobs, const uint8_t digest[32], const char *sha256,
                 uint64_t bytes, struct gv_error *err)
{
    char how[96], hex[65];
    snprintf(how, sizeof(how), "it has %llu bytes where %llu were stored", (unsigned long long)r->offset,
             (unsigned long long)bytes);
    if (r->offset != bytes)
        return damaged(err, blobs, sha256, how);
    gv_hex_encode(hex, digest, 32);
    return strcmp(hex, sha256) == 0 ? GV_OK : damaged(err, blobs, sha256, "its content has changed (SHA-256)");
}

int gv_blob_read(struct gv_blobs *blobs, const struct gv_crypto *crypto, const char *sha256, uint64_t bytes,
                 gv_portion_fn *put, void *ctx, struct gv_error *err)
{
    struct reading r = {0};
    uint8_t digest[32];
    int code = blobs->vtable->reader_open(&r.reader, blobs, sha256, err);
    if (code != GV_OK)
        return code;
    r.digest = crypto->sha256_begin();
    r.portion = gv_xcalloc(1, PORTION_BYTES);
    code = read_all(&r, blobs, crypto, put, ctx, err);
    crypto->sha256_end(r.digest, digest);
    if (code == GV_OK)
        code = judge(&r, blobs, digest, sha256, bytes, err);
    free(r.portion);
    blobs->vtable->reader_close(r.reader);
    return code;
}

/* ---- what a call sends ------------------------------------------------------------------------------------ */

struct gv_verification {
    struct gv_job *job; /* NULL once the job let go */
    struct gv_driver *driver;
    void (*go_on)(struct gv_job *job, const char *why);
    struct gv_arena arena;
    struct gv_segment *files;
    size_t file_count;
    int code;
    struct gv_error error;
};

static void verify(void *ctx)
{
    struct gv_verification *v = ctx;
    const struct gv_driver_config *config = &v->driver->config;
    for (size_t i = 0; i < v->file_count && v->code == GV_OK; i++)
        v->code =
            gv_blob_read(config->blobs, config->crypto, v->files[i].sha256, v->files[i].bytes, NULL, NULL, &v->error);
}

static void verified(void *ctx)
{
    struct gv_verification *v = ctx;
    v->driver->pool_works--;
    if (v->job != NULL) {
        v->job->verification = NULL;
        v->go_on(v->job, v->code == GV_OK ? NULL : v->error.message);
    } else {
        gv_driver_check_stopped(v->driver);
    }
    gv_arena_free(&v->arena);
    free(v);
}

/* Copied: the effect may be gone while a pool thread still reads. */
static void list_files(struct gv_verification *v, const struct gv_body *body)
{
    v->files = GV_NEW_ARRAY(&v->arena, struct gv_segment, body->segment_count);
    for (size_t i = 0; i < body->segment_count; i++) {
        const struct gv_segment *segment = &body->segments[i];
        if (segment->kind == GV_SEGMENT_TEXT)
            continue;
        v->files[v->file_count] = *segment;
        v->files[v->file_count++].sha256 = gv_arena_strdup(&v->arena, segment->sha256);
    }
}

void gv_job_verify(struct gv_job *job, void (*go_on)(struct gv_job *job, const char *why))
{
    struct gv_verification *v = gv_xcalloc(1, sizeof(*v));
    *v = (struct gv_verification){.job = job, .driver = job->driver, .go_on = go_on};
    list_files(v, &job->effect.call.body);
    if (v->file_count == 0) {
        gv_arena_free(&v->arena);
        free(v);
        go_on(job, NULL);
        return;
    }
    job->verification = v;
    v->driver->pool_works++;
    v->driver->config.loop->vtable->work(v->driver->config.loop, verify, verified, v);
}

void gv_job_verify_let_go(struct gv_job *job)
{
    if (job->verification != NULL)
        job->verification->job = NULL;
    job->verification = NULL;
}
