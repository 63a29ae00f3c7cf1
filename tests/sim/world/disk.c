/* The disks: a journal that refuses, is slow, and dies with any part of what it was given; blobs that can't be written;
 * both when the disk is full. */
#include <string.h>

#include "sim/world/world.h"

#define SYNC_MS_MAX 800u

static bool is_full(const struct sim_world *w)
{
    return w->now_ms < w->disk_full_until_ms;
}

/* ---- the journal ------------------------------------------------------------------------------ */

static struct sim_journal *of(struct gv_journal *base)
{
    return GV_CONTAINER(base, struct sim_journal, base);
}

static void decided(void *ctx)
{
    struct sim_journal *j = ctx;
    struct gv_journal_batch *batch = j->batch;
    j->batch = NULL;
    batch->done = j->done;
    batch->ctx = j->done_ctx;
    if (batch->result == GV_OK)
        sim_check_batch(j->engine, batch);
    batch->done(batch->ctx);
}

/* Of an engine that died meanwhile there is nothing to tell. */
static void refused(void *ctx)
{
    struct sim_journal *j = ctx;
    if (j->batch != NULL && j->refused)
        decided(j);
}

static void synced(void *ctx)
{
    struct sim_journal *j = ctx;
    j->at_disk = true;
    j->real->vtable->commit(j->real, j->batch);
}

static void commit(struct gv_journal *base, struct gv_journal_batch *batch)
{
    struct sim_journal *j = of(base);
    struct sim_engine *e = j->engine;
    struct sim_world *w = e->world;
    GV_ASSERT(j->batch == NULL); /* an engine waits for its commit before it makes the next one */
    j->batch = batch;
    j->done = batch->done;
    j->done_ctx = batch->ctx;
    batch->done = decided;
    batch->ctx = j;
    j->at_disk = false;
    j->refused = is_full(w) || sim_strikes(w, w->profile.journal);
    if (sim_strikes(w, w->profile.rob)) /* while its commit is on the way */
        sim_engine_rob(e);
    if (j->refused) {
        w->out->refusals++;
        batch->result = gv_fail(&batch->error, GV_INTERNAL_ERROR, "the disk is full");
        e->loop->vtable->post(e->loop, refused, j);
    } else if (sim_strikes(w, w->profile.slow_sync)) {
        e->loop->vtable->timer_start(j->sync, sim_below(w, SYNC_MS_MAX));
    } else {
        synced(j);
    }
}

static int get(const struct gv_job_row **out, struct gv_journal *base, const char *job_id, struct gv_arena *arena,
               struct gv_error *err)
{
    return of(base)->real->vtable->get(out, of(base)->real, job_id, arena, err);
}

static int inbox(const struct gv_inbox_row **out, size_t *count, struct gv_journal *base, struct gv_arena *arena,
                 struct gv_error *err)
{
    struct sim_world *w = of(base)->engine->world;
    if (sim_strikes(w, w->profile.journal))
        return gv_fail(err, GV_INTERNAL_ERROR, "the disk can't be read");
    return of(base)->real->vtable->inbox(out, count, of(base)->real, arena, err);
}

static uint64_t version(struct gv_journal *base)
{
    return of(base)->real->vtable->version(of(base)->real);
}

static const char *owner(struct gv_journal *base)
{
    return of(base)->real->vtable->owner(of(base)->real);
}

/* What an engine calls. */
static const struct gv_journal_vtable journal_vtable = {
    .commit = commit, .get = get, .inbox = inbox, .version = version, .owner = owner};

void sim_journal_open(struct sim_engine *e)
{
    struct sim_journal *j = &e->journal;
    *j = (struct sim_journal){.base = {&journal_vtable}, .engine = e};
    j->sync = e->loop->vtable->timer_new(e->loop, synced, j);
    GV_ASSERT(gv_journal_memory_open(&j->real, e->world->rows, e->loop, e->name) == GV_OK);
}

/* What was on its way to the disk may be there, though nobody heard of it. */
void sim_journal_lose(struct sim_engine *e)
{
    struct sim_journal *j = &e->journal;
    struct sim_world *w = e->world;
    struct gv_journal_batch *batch = j->batch;
    bool survives = batch != NULL && !j->refused && sim_below(w, 2) == 0;
    if (survives && !j->at_disk)
        synced(j);
    gv_memory_journal_crash(w->rows, j->real, survives);
    if (survives && batch->result == GV_OK) {
        w->out->survived_commits++;
        sim_tell(w, "%s's last commit survives it", e->name);
        sim_check_batch(e, batch);
    }
    j->batch = NULL;
    e->loop->vtable->timer_free(j->sync);
}

void sim_journal_close(struct sim_engine *e)
{
    GV_ASSERT(e->journal.batch == NULL);
    e->journal.real->vtable->close(e->journal.real);
    e->loop->vtable->timer_free(e->journal.sync);
}

/* ---- the blobs -------------------------------------------------------------------------------- */

static bool fails(struct gv_error *err, const char *what)
{
    struct sim_world *w = sim_the_world;
    bool yes = is_full(w) || sim_strikes(w, w->profile.blobs);
    w->out->refusals += yes;
    if (yes && err != NULL)
        gv_fail(err, GV_INTERNAL_ERROR, "%s failed: the disk is full", what);
    return yes;
}

static struct gv_blobs *real_of(struct gv_blobs *base)
{
    return GV_CONTAINER(base, struct sim_blobs, base)->real;
}

static int writer_open(struct gv_blob_writer **out, struct gv_blobs *base, const char *name, struct gv_error *err)
{
    if (fails(err, "opening a partial file"))
        return GV_INTERNAL_ERROR;
    return real_of(base)->vtable->writer_open(out, real_of(base), name, err);
}

/* As much of it as there is room for. */
static int writer_write(struct gv_blob_writer *writer, const void *data, size_t bytes, struct gv_error *err)
{
    struct sim_world *w = sim_the_world;
    if (!fails(err, "writing"))
        return w->blobs->vtable->writer_write(writer, data, bytes, err);
    w->blobs->vtable->writer_write(writer, data, sim_below(w, bytes + 1), NULL);
    return GV_INTERNAL_ERROR;
}

static int writer_commit(struct gv_blob_info *out, struct gv_blob_writer *writer, struct gv_error *err)
{
    struct sim_world *w = sim_the_world;
    if (!fails(err, "storing"))
        return w->blobs->vtable->writer_commit(out, writer, err);
    w->blobs->vtable->writer_discard(writer);
    return GV_INTERNAL_ERROR;
}

static void partial_remove(struct gv_blobs *base, const char *name)
{
    real_of(base)->vtable->partial_remove(real_of(base), name);
}

static int reader_open(struct gv_blob_reader **out, struct gv_blobs *base, const char *sha256, struct gv_error *err)
{
    return real_of(base)->vtable->reader_open(out, real_of(base), sha256, err);
}

static int hold(struct gv_blobs *base, const char *sha256, struct gv_error *err)
{
    return real_of(base)->vtable->hold(real_of(base), sha256, err);
}

static void release(struct gv_blobs *base, const char *sha256)
{
    real_of(base)->vtable->release(real_of(base), sha256);
}

/* What the simulated media helper takes for a file's name. */
static char *path(struct gv_blobs *base, const char *sha256)
{
    return real_of(base)->vtable->uri(real_of(base), sha256);
}

static struct gv_blobs_vtable blobs_vtable;

void sim_blobs_open(struct sim_engine *e)
{
    GV_ASSERT(gv_blobs_memory_open(&e->blobs.real, e->world->files) == GV_OK);
    blobs_vtable = *e->blobs.real->vtable;
    blobs_vtable.writer_open = writer_open;
    blobs_vtable.writer_write = writer_write;
    blobs_vtable.writer_commit = writer_commit;
    blobs_vtable.partial_remove = partial_remove;
    blobs_vtable.reader_open = reader_open;
    blobs_vtable.path = path;
    blobs_vtable.hold = hold;
    blobs_vtable.release = release;
    blobs_vtable.uri = NULL;
    blobs_vtable.remove = NULL;
    blobs_vtable.collect = NULL;
    e->blobs.base.vtable = &blobs_vtable;
}

void sim_blobs_close(struct sim_engine *e)
{
    e->blobs.real->vtable->close(e->blobs.real);
}
