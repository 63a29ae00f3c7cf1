#include "journal/memory_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"

/* Applies the oldest batch; NULL: there is none. */
static struct gv_journal_batch *apply_first(struct gv_memory_journal *j)
{
    struct gv_journal_batch *batch = NULL;
    pthread_mutex_lock(&j->store->lock);
    if (j->pending.count > 0) {
        batch = *GV_MEMORY_ITEM(&j->pending, 0, struct gv_journal_batch *);
        gv_memory_remove_at(&j->pending, 0, sizeof(struct gv_journal_batch *));
        gv_memory_apply(j, batch);
    }
    pthread_mutex_unlock(&j->store->lock);
    return batch;
}

static void apply_posted(void *ctx)
{
    struct gv_journal_batch *batch = apply_first(ctx);
    if (batch != NULL)
        batch->done(batch->ctx);
}

static void commit(struct gv_journal *base, struct gv_journal_batch *batch)
{
    struct gv_memory_journal *j = gv_memory_self(base);
    pthread_mutex_lock(&j->store->lock);
    GV_ASSERT(j->alive);
    *(struct gv_journal_batch **)gv_memory_add(&j->pending, sizeof(struct gv_journal_batch *)) = batch;
    pthread_mutex_unlock(&j->store->lock);
    j->loop->vtable->post(j->loop, apply_posted, j);
}

/* It is the process's own memory. */
static int check(struct gv_journal *base, struct gv_error *err)
{
    (void)base, (void)err;
    return GV_OK;
}

static const char *owner(struct gv_journal *base)
{
    return gv_memory_self(base)->name;
}

/* Its leases are free, its pending batches gone; the memory stays until the store's end, for functions that are
 * still posted. */
static void leave(struct gv_memory_journal *j)
{
    pthread_mutex_lock(&j->store->lock);
    j->alive = false;
    j->pending.count = 0;
    for (size_t i = 0; i < j->store->jobs.count; i++) {
        struct gv_memory_job *job = *GV_MEMORY_ITEM(&j->store->jobs, i, struct gv_memory_job *);
        if (gv_memory_same(job->row.owner, j->name))
            job->row.owner = NULL;
    }
    j->store->version++;
    pthread_mutex_unlock(&j->store->lock);
}

static void close_journal(struct gv_journal *base)
{
    struct gv_memory_journal *j = gv_memory_self(base);
    for (struct gv_journal_batch *batch; (batch = apply_first(j)) != NULL;)
        j->loop->vtable->post(j->loop, batch->done, batch->ctx);
    leave(j);
}

void gv_memory_journal_crash(struct gv_memory_journal_store *store, struct gv_journal *journal, size_t survived)
{
    struct gv_memory_journal *j = gv_memory_self(journal);
    GV_ASSERT(j->store == store && survived <= j->pending.count);
    for (size_t i = 0; i < survived; i++)
        apply_first(j);
    leave(j);
}

void gv_memory_journal_presume_dead(struct gv_memory_journal_store *store, struct gv_journal *journal)
{
    struct gv_memory_journal *j = gv_memory_self(journal);
    pthread_mutex_lock(&store->lock);
    GV_ASSERT(j->store == store && j->alive);
    j->presumed_dead = true;
    store->version++;
    pthread_mutex_unlock(&store->lock);
}

static const struct gv_journal_vtable VTABLE = {
    .commit = commit,
    .get = gv_memory_get,
    .list = gv_memory_list,
    .history = gv_memory_history,
    .docs = gv_memory_docs,
    .doc = gv_memory_doc,
    .tally = gv_memory_tally,
    .inbox = gv_memory_inbox,
    .version = gv_memory_version,
    .check = check,
    .blob_wanted = gv_memory_blob_wanted,
    .owner = owner,
    .close = close_journal,
};

int gv_journal_memory_open(struct gv_journal **out, struct gv_memory_journal_store *store, struct gv_loop *loop,
                           const char *name)
{
    struct gv_memory_journal *j = gv_xcalloc(1, sizeof(*j));
    j->base.vtable = &VTABLE;
    j->store = store;
    j->loop = loop;
    j->name = gv_xstrdup(name);
    j->alive = true;
    pthread_mutex_lock(&store->lock);
    GV_ASSERT(!gv_memory_driven(store, name));
    gv_list_append(&store->journals, &j->link);
    pthread_mutex_unlock(&store->lock);
    *out = &j->base;
    return GV_OK;
}

struct gv_memory_journal_store *gv_memory_journal_store_new(void)
{
    struct gv_memory_journal_store *store = gv_xcalloc(1, sizeof(*store));
    pthread_mutex_init(&store->lock, NULL);
    gv_list_init(&store->journals);
    return store;
}

static void free_job(struct gv_memory_job *job)
{
    gv_arena_free(&job->fixed);
    gv_arena_free(&job->step);
    free(job->history.items);
    free(job);
}

void gv_memory_journal_store_free(struct gv_memory_journal_store *store)
{
    if (store == NULL)
        return;
    GV_LIST_EACH (item, &store->journals) {
        struct gv_memory_journal *j = GV_CONTAINER(item, struct gv_memory_journal, link);
        free(j->pending.items);
        free(j->name);
        free(j);
    }
    while (store->inbox.count > 0)
        gv_memory_drop_message(store, store->inbox.count - 1);
    while (store->docs.count > 0)
        gv_memory_drop_doc(store, store->docs.count - 1);
    for (size_t i = 0; i < store->blob_refs.count; i++)
        free(GV_MEMORY_ITEM(&store->blob_refs, i, struct gv_memory_blob_ref)->sha256);
    for (size_t i = 0; i < store->jobs.count; i++)
        free_job(*GV_MEMORY_ITEM(&store->jobs, i, struct gv_memory_job *));
    free(store->inbox.items);
    free(store->blob_refs.items);
    free(store->docs.items);
    free(store->jobs.items);
    pthread_mutex_destroy(&store->lock);
    free(store);
}
