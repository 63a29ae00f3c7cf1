/* Pictures of stored films. Made by the media helper when first asked for; from then on a blob that the job needs,
 * found again by a document of the journal. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/engine.h"
#include "api/front.h"
#include "base/error.h"
#include "engine/job.h"

#define PICTURE_SPACE "picture"
#define PICTURE_TYPE "image/jpeg"

static const char *const kinds[] = {[GV_PICTURE_POSTER] = "poster", [GV_PICTURE_SPRITESHEET] = "spritesheet"};

/* What is asked for, and where it is kept. */
struct asked {
    struct gv_engine *engine;
    const char *job_id, *film_sha256, *key;
    enum gv_picture kind;
    struct gv_arena arena;
};

static int check_whole(struct gv_engine *engine, const struct gv_blob_info *blob, struct gv_error *err)
{
    int fd;
    int code = gv_blob_open(&fd, engine, blob, err);
    if (code == GV_OK)
        close(fd);
    return code;
}

/* A picture of a damaged film would be kept for ever. */
static int check_film(struct asked *asked, struct gv_error *err)
{
    struct gv_journal *journal = asked->engine->journal;
    const struct gv_job_row *row;
    struct gv_output outputs[GV_OUTPUTS_MAX] = {0};
    int code = journal->vtable->get(&row, journal, asked->job_id, &asked->arena, err);
    if (code == GV_OK && row != NULL)
        code = gv_outputs_read(outputs, row, &asked->arena, err);
    for (size_t i = 0; i < GV_OUTPUTS_MAX && code == GV_OK; i++)
        if (outputs[i].stored && strcmp(outputs[i].blob.sha256, asked->film_sha256) == 0)
            return check_whole(asked->engine, &outputs[i].blob, err);
    return code != GV_OK ? code
                         : gv_fail_field(err, GV_INVALID_INPUT, "job_id", "job %s has no film %s in this store",
                                         asked->job_id, asked->film_sha256);
}

/* False: it was never made, is gone since the job that it was made for was deleted, or is damaged. */
static bool find_kept(struct gv_blob_info *out, struct asked *asked)
{
    struct gv_journal *journal = asked->engine->journal;
    struct gv_blobs *blobs = asked->engine->blobs;
    struct gv_blob_reader *reader;
    const char *value = NULL;
    if (journal->vtable->doc(&value, journal, PICTURE_SPACE, asked->key, &asked->arena, NULL) != GV_OK ||
        value == NULL || blobs->vtable->reader_open(&reader, blobs, value, NULL) != GV_OK)
        return false;
    *out = (struct gv_blob_info){.bytes = blobs->vtable->reader_bytes(reader), .mime_type = PICTURE_TYPE};
    snprintf(out->sha256, sizeof(out->sha256), "%s", value);
    blobs->vtable->reader_close(reader);
    return check_whole(asked->engine, out, NULL) == GV_OK;
}

static int draw(struct asked *asked, const char *out_path, struct gv_error *err)
{
    struct gv_media_tools *media = asked->engine->media;
    struct gv_blobs *blobs = asked->engine->blobs;
    char *path = blobs->vtable->path(blobs, asked->film_sha256);
    if (path == NULL)
        return gv_fail(err, GV_INTERNAL_ERROR, "no picture of film %s: this store has no local files",
                       asked->film_sha256);
    int code = asked->kind == GV_PICTURE_POSTER ? media->vtable->poster(media, path, out_path, err)
                                                : media->vtable->spritesheet(media, path, out_path, err);
    free(path);
    return code;
}

static int make(struct gv_blob_info *out, struct asked *asked, struct gv_error *err)
{
    struct gv_blobs *blobs = asked->engine->blobs;
    char path[] = "/tmp/golem-video-XXXXXX.jpg"; /* the ending names the format */
    int fd = mkostemps(path, 4, O_CLOEXEC);
    if (fd < 0)
        return gv_fail(err, GV_INTERNAL_ERROR, "no temporary file in /tmp for a picture of the film");
    struct gv_blob_writer *writer = NULL;
    int code = draw(asked, path, err);
    if (code == GV_OK)
        code = blobs->vtable->writer_open(&writer, blobs, NULL, err);
    if (code == GV_OK)
        code = gv_copy_file(writer, blobs, fd, "the picture of the film", "", err);
    if (code == GV_OK)
        code = blobs->vtable->writer_commit(out, writer, err);
    else
        blobs->vtable->writer_discard(writer);
    close(fd);
    unlink(path);
    out->mime_type = PICTURE_TYPE;
    return code;
}

static int keep(const struct gv_blob_info *picture, struct asked *asked, struct gv_error *err)
{
    struct gv_journal_op ops[] = {
        {.kind = GV_JOURNAL_BLOB_REF, .job_id = asked->job_id, .sha256 = picture->sha256},
        {.kind = GV_JOURNAL_DOC_PUT, .doc = {.space = PICTURE_SPACE, .key = asked->key, .value = picture->sha256}},
    };
    return gv_engine_commit(asked->engine, ops, GV_COUNT(ops), &asked->arena, err);
}

int gv_film_picture(struct gv_blob_info *out, struct gv_engine *engine, const char *job_id, const char *film_sha256,
                    enum gv_picture kind, struct gv_error *err)
{
    struct asked asked = {.engine = engine, .job_id = job_id, .film_sha256 = film_sha256, .kind = kind};
    asked.key = gv_arena_printf(&asked.arena, "%s/%s", film_sha256, kinds[kind]);
    int code = check_film(&asked, err);
    if (code == GV_OK && !find_kept(out, &asked)) {
        code = make(out, &asked, err);
        if (code == GV_OK) {
            code = keep(out, &asked, err);
            engine->blobs->vtable->release(engine->blobs, out->sha256);
        }
    }
    gv_arena_free(&asked.arena);
    return code;
}
