/* Deleting jobs, and removing what no job needs any more; port/blob.h says why that is safe at any time. */
#include "api/engine.h"
#include "api/front.h"
#include "engine/job.h"

struct walk {
    struct gv_journal *journal;
    bool (*goes_on)(void *ctx); /* NULL: to the end */
    void *ctx;
};

static bool is_wanted(void *ctx, const char *sha256)
{
    const struct walk *walk = ctx;
    if (walk->goes_on != NULL && !walk->goes_on(walk->ctx))
        return true;
    return walk->journal->vtable->blob_wanted(walk->journal, sha256);
}

/* The job is gone already: what can't be removed now is told, and collected later. */
static void remove_freed(struct gv_engine *engine, const struct gv_journal_op *op)
{
    struct gv_blobs *blobs = engine->blobs;
    struct walk walk = {.journal = engine->journal};
    struct gv_error err;
    for (size_t i = 0; i < op->freed_count; i++)
        if (blobs->vtable->remove(blobs, op->freed[i], is_wanted, &walk, &err) != GV_OK)
            gv_driver_log(engine->driver, GV_LOG_ERROR, op->job_id, "deleted, but not all of its files: %s",
                          err.message);
}

int gv_forget(enum gv_journal_verdict *out, struct gv_engine *engine, const char *job_id, struct gv_error *err)
{
    struct gv_arena arena = {0};
    struct gv_journal_op op = {.kind = GV_JOURNAL_FORGET, .job_id = job_id};
    int code = gv_engine_commit(engine, &op, 1, &arena, err);
    if (code == GV_OK)
        remove_freed(engine, &op);
    *out = op.verdict;
    gv_arena_free(&arena);
    return code;
}

int gv_collect_while(bool (*goes_on)(void *ctx), void *ctx, struct gv_engine *engine, struct gv_error *err)
{
    struct walk walk = {engine->journal, goes_on, ctx};
    uint64_t removed;
    return engine->blobs->vtable->collect(&removed, engine->blobs, is_wanted, &walk, err);
}

int gv_collect(uint64_t *removed, struct gv_engine *engine, struct gv_error *err)
{
    struct walk walk = {.journal = engine->journal};
    uint64_t count;
    return engine->blobs->vtable->collect(removed != NULL ? removed : &count, engine->blobs, is_wanted, &walk, err);
}
