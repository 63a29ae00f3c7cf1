/* Looking around in the store: jobs, their histories, their films. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/engine.h"
#include "api/front.h"
#include "base/dir.h"
#include "base/error.h"
#include "core/interface.h"
#include "engine/outputs.h"
#include "engine/verify.h"

#define GV_LIST_BYTES_MAX (256u << 20)

static int no_job(struct gv_error *err, const char *job_id)
{
    return gv_fail_field(err, GV_INVALID_INPUT, "job_id", "there is no job %s in this store", job_id);
}

/* What a row keeps as JSON goes out as it is, if it is any. */
static int put_column(struct gv_json_out *out, const struct gv_job_row *row, const char *column, const char *text,
                      struct gv_arena *arena, struct gv_error *err)
{
    if (text != NULL && gv_row_json(row, column, text, arena, err) == NULL)
        return GV_INTERNAL_ERROR;
    gv_json_put_raw(out, column, text);
    return GV_OK;
}

void gv_row_put(struct gv_json_out *out, const struct gv_job_row *row)
{
    gv_json_put_text(out, "provider", row->provider);
    gv_json_put_text(out, "model", row->model);
    gv_json_put_text(out, "operation", row->operation);
    gv_json_put_text(out, "phase", row->phase);
    gv_json_put_text(out, "note", row->note);
    gv_json_put_bool(out, "parked", row->parked);
    gv_json_put_bool(out, "cancelled", row->cancelled);
}

static int put_job(struct gv_json_out *out, const struct gv_job_row *row, struct gv_engine *engine,
                   struct gv_arena *arena, struct gv_error *err)
{
    struct gv_video_result result;
    int code = gv_result_of_row(&result, row, engine->blobs, arena, err);
    if (code != GV_OK)
        return code;
    gv_json_open(out, NULL, '{');
    gv_json_put_text(out, "id", row->id);
    gv_row_put(out, row);
    if (row->parked)
        gv_engine_put_ways(out, engine, row, arena);
    gv_json_put_int(out, "created_ms", row->created_ms);
    gv_json_put_int(out, "updated_ms", row->updated_ms);
    gv_json_put_int(out, "deadline_ms", row->deadline_ms);
    if (row->usd >= 0)
        gv_json_put_real(out, "usd", row->usd);
    gv_json_put_text(out, "idempotency_key", row->idempotency_key);
    code = put_column(out, row, "metadata", row->metadata, arena, err);
    if (code == GV_OK)
        code = put_column(out, row, "request", row->request, arena, err);
    gv_schema_put(out, "result", &gv_schema_video_result, &result);
    gv_json_close(out, '}');
    return code;
}

int gv_list_jobs(char **out_json, struct gv_engine *engine, const struct gv_list_filter *filter, struct gv_error *err)
{
    struct gv_arena arena = {0};
    struct gv_journal *journal = engine->journal;
    struct gv_job_filter rows_filter = {0};
    if (filter != NULL)
        rows_filter = (struct gv_job_filter){.after_id = filter->after_id,
                                             .status = filter->status,
                                             .provider = filter->provider,
                                             .limit = filter->limit};
    const struct gv_job_row *rows;
    size_t count;
    struct gv_buf buf;
    gv_buf_init(&buf, GV_LIST_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    int code = journal->vtable->list(&rows, &count, journal, &rows_filter, &arena, err);
    gv_json_open(&out, NULL, '[');
    for (size_t i = 0; code == GV_OK && i < count; i++)
        code = put_job(&out, &rows[i], engine, &arena, err);
    gv_json_close(&out, ']');
    gv_arena_free(&arena);
    if (code == GV_OK)
        *out_json = buf.data;
    else
        gv_buf_free(&buf);
    return code;
}

int gv_job(char **out_json, struct gv_engine *engine, const char *job_id, struct gv_error *err)
{
    struct gv_arena arena = {0};
    struct gv_journal *journal = engine->journal;
    const struct gv_job_row *row;
    struct gv_buf buf;
    gv_buf_init(&buf, GV_LIST_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    int code = journal->vtable->get(&row, journal, job_id, &arena, err);
    if (code == GV_OK)
        code = row != NULL ? put_job(&out, row, engine, &arena, err) : no_job(err, job_id);
    gv_arena_free(&arena);
    if (code == GV_OK)
        *out_json = buf.data;
    else
        gv_buf_free(&buf);
    return code;
}

void gv_history_put(struct gv_json_out *out, const char *key, const struct gv_history_row *lines, size_t count)
{
    gv_json_open(out, key, '[');
    for (size_t i = 0; i < count; i++) {
        gv_json_open(out, NULL, '{');
        gv_json_put_int(out, "seq", (int64_t)lines[i].seq);
        gv_json_put_int(out, "at_ms", lines[i].at_ms);
        gv_json_put_text(out, "event", lines[i].event);
        gv_json_put_text(out, "phase", lines[i].phase);
        gv_json_put_text(out, "effect", lines[i].effect);
        gv_json_put_text(out, "note", lines[i].note);
        gv_json_close(out, '}');
    }
    gv_json_close(out, ']');
}

int gv_job_log(char **out_json, struct gv_engine *engine, const char *job_id, uint64_t after_seq, struct gv_error *err)
{
    struct gv_arena arena = {0};
    struct gv_journal *journal = engine->journal;
    const struct gv_history_row *lines = NULL;
    const struct gv_job_row *row;
    size_t count = 0;
    int code = journal->vtable->get(&row, journal, job_id, &arena, err);
    if (code == GV_OK)
        code = row != NULL ? journal->vtable->history(&lines, &count, journal, job_id, after_seq, &arena, err)
                           : no_job(err, job_id);
    if (code == GV_OK) {
        struct gv_buf buf;
        gv_buf_init(&buf, GV_LIST_BYTES_MAX);
        gv_history_put(&(struct gv_json_out){.buf = &buf}, NULL, lines, count);
        *out_json = buf.data;
    }
    gv_arena_free(&arena);
    return code;
}

/* ---- saving a film ------------------------------------------------------------------------------------------ */

static int write_all(int fd, const char *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(fd, data, bytes);
        if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0) {
            data += n;
            bytes -= (size_t)n;
        }
    }
    return 0;
}

/* A copy on its way: a file without a name, which a crash leaves nothing of, or where the file system has none such
 * a file beside its place. */
struct copy {
    struct gv_arena arena;
    const char *path, *folder;
    char *name; /* NULL: has none yet */
    int fd;
};

static int not_written(const struct copy *copy, int reason, struct gv_error *err)
{
    return gv_fail(err, GV_INTERNAL_ERROR, "writing %s failed: %s; the film stays in the store", copy->path,
                   strerror(reason));
}

static int put_portion(void *ctx, const void *data, size_t bytes, struct gv_error *err)
{
    const struct copy *copy = ctx;
    int failed = write_all(copy->fd, data, bytes);
    return failed == 0 ? GV_OK : not_written(copy, failed, err);
}

static int copy_blob(struct copy *copy, struct gv_engine *engine, const struct gv_video *video, struct gv_error *err)
{
    int code = gv_blob_read(engine->blobs, engine->config.crypto, video->sha256, video->bytes, put_portion, copy, err);
    if (code == GV_OK && fsync(copy->fd) != 0)
        code = not_written(copy, errno, err);
    return code;
}

static bool copy_open(struct copy *copy, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t bytes = slash == path ? 1 : (size_t)(slash - path);
    copy->path = path;
    copy->folder = slash == NULL ? "." : gv_arena_strndup(&copy->arena, path, bytes);
    bool can_be_named = access("/proc/self/fd", X_OK) == 0;
    copy->fd = can_be_named ? open(copy->folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666) : -1;
    if (copy->fd >= 0)
        return true;
    copy->name = gv_arena_printf(&copy->arena, "%s.XXXXXX", path);
    copy->fd = mkostemp(copy->name, O_CLOEXEC);
    mode_t mask = umask(0);
    umask(mask);
    return copy->fd >= 0 && fchmod(copy->fd, 0666 & ~mask) == 0;
}

static bool copy_link(struct copy *copy, const char *name)
{
    const char *file = gv_arena_printf(&copy->arena, "/proc/self/fd/%d", copy->fd);
    return linkat(AT_FDCWD, file, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
}

/* Only what is to replace a file needs a name of its own before. */
static bool copy_move_in(struct copy *copy)
{
    if (copy->name == NULL) {
        if (copy_link(copy, copy->path))
            return true;
        if (errno != EEXIST)
            return false;
        copy->name = gv_arena_printf(&copy->arena, "%s.%ld-%d", copy->path, (long)getpid(), copy->fd);
        if (!copy_link(copy, copy->name))
            return false;
    }
    return rename(copy->name, copy->path) == 0;
}

/* Not every folder can be read, nor every file system sync one. */
static bool copy_sync_name(const struct copy *copy)
{
    int failed = gv_dir_sync(copy->folder);
    errno = failed;
    return failed != EIO;
}

/* Whole or not at all. */
static int save(struct gv_engine *engine, const struct gv_video *video, const char *path, struct gv_error *err)
{
    struct copy copy = {0};
    int code = GV_OK;
    bool opened = copy_open(&copy, path), moved = false;
    if (opened)
        code = copy_blob(&copy, engine, video, err);
    if (opened && code == GV_OK)
        moved = copy_move_in(&copy);
    if (code == GV_OK && !moved)
        code = gv_fail_field(err, GV_INVALID_INPUT, "output", "%s can't be written: %s", path, strerror(errno));
    if (moved && !copy_sync_name(&copy))
        code = gv_fail(err, GV_INTERNAL_ERROR, "syncing the folder of %s failed: %s; the film stays in the store", path,
                       strerror(errno));
    if (copy.fd >= 0 && copy.name != NULL && !moved)
        unlink(copy.name);
    if (copy.fd >= 0)
        close(copy.fd);
    gv_arena_free(&copy.arena);
    return code;
}

/* In the arena. */
static int find_video(const struct gv_video **out, struct gv_engine *engine, const char *job_id, size_t index,
                      struct gv_arena *arena, struct gv_error *err)
{
    struct gv_journal *journal = engine->journal;
    const struct gv_job_row *row;
    struct gv_video_result result = {0};
    int code = journal->vtable->get(&row, journal, job_id, arena, err);
    if (code == GV_OK)
        code = row != NULL ? gv_result_of_row(&result, row, engine->blobs, arena, err) : no_job(err, job_id);
    if (code == GV_OK && index >= result.video_count)
        code = gv_fail_field(err, GV_INVALID_INPUT, "index", "job %s has %zu videos (phase %s)", job_id,
                             result.video_count, row->phase);
    *out = code == GV_OK ? &result.videos[index] : NULL;
    return code;
}

int gv_save(struct gv_engine *engine, const char *job_id, size_t index, const char *path, struct gv_error *err)
{
    struct gv_arena arena = {0};
    const struct gv_video *video;
    int code = find_video(&video, engine, job_id, index, &arena, err);
    if (code == GV_OK)
        code = save(engine, video, path, err);
    gv_arena_free(&arena);
    return code;
}

int gv_verify(struct gv_engine *engine, const char *job_id, size_t index, struct gv_error *err)
{
    struct gv_arena arena = {0};
    const struct gv_video *video;
    int code = find_video(&video, engine, job_id, index, &arena, err);
    if (code == GV_OK)
        code = gv_blob_read(engine->blobs, engine->config.crypto, video->sha256, video->bytes, NULL, NULL, err);
    gv_arena_free(&arena);
    return code;
}

int gv_check_journal(struct gv_engine *engine, struct gv_error *err)
{
    return engine->journal->vtable->check(engine->journal, err);
}
