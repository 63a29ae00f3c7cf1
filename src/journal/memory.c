/* Every call locks the whole store: few jobs, no hurry. */
#include "journal/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/list.h"
#include "journal/columns.h"
#include "journal/together.h"

#define LIST_ROWS_DEFAULT 100

/* A growing array on the heap. */
struct table {
    void *items;
    size_t count, cap;
};

struct job {
    struct gv_arena fixed; /* the columns that stay, and the history's strings */
    struct gv_arena step;  /* the columns that steps replace */
    struct gv_job_row row;
    struct table history; /* struct gv_history_row */
};

struct blob_ref {
    char *sha256;
    struct job *job;
};

struct message {
    int64_t id;
    struct job *job;
    enum gv_inbox_kind kind;
    char *payload;
};

struct gv_memory_journal_store {
    pthread_mutex_t lock;
    struct table jobs; /* struct job *, by ascending id */
    struct table inbox;
    struct table blob_refs;
    int64_t inbox_id_last;
    uint64_t version;
    struct gv_list journals;
};

struct journal {
    struct gv_journal base;
    struct gv_list link;
    struct gv_memory_journal_store *store;
    struct gv_loop *loop;
    char *name;
    bool alive;
    bool presumed_dead;   /* until it writes again */
    struct table pending; /* struct gv_journal_batch *, oldest first */
};

static struct journal *self(struct gv_journal *base)
{
    return (struct journal *)(void *)base;
}

static void *add(struct table *table, size_t item_bytes)
{
    if (table->count == table->cap) {
        table->cap = table->cap == 0 ? 16 : 2 * table->cap;
        table->items = gv_xrealloc(table->items, table->cap * item_bytes);
    }
    void *item = (char *)table->items + table->count++ * item_bytes;
    memset(item, 0, item_bytes);
    return item;
}

static void *at(const struct table *table, size_t i, size_t item_bytes)
{
    return (char *)table->items + i * item_bytes;
}

static void remove_at(struct table *table, size_t i, size_t item_bytes)
{
    table->count--;
    memmove(at(table, i, item_bytes), at(table, i + 1, item_bytes), (table->count - i) * item_bytes);
}

#define ITEM(table, i, type) ((type *)at((table), (i), sizeof(type)))

#define COPY_TEXT(column) to->column = gv_arena_strdup(arena, from->column)
#define COPY_INTEGER(column) to->column = from->column
#define COPY_BOOL COPY_INTEGER
#define COPY_REAL COPY_INTEGER
#define COPY_STATUS COPY_INTEGER
#define COPY(kind, column) COPY_##kind(column);

static void copy_step(struct gv_job_row *to, const struct gv_job_row *from, struct gv_arena *arena)
{
    GV_JOB_STEP_COLUMNS(COPY)
}

static void copy_fixed(struct gv_job_row *to, const struct gv_job_row *from, struct gv_arena *arena)
{
    GV_JOB_FIXED_COLUMNS(COPY)
}

static void copy_row(struct gv_job_row *to, const struct gv_job_row *from, struct gv_arena *arena)
{
    copy_step(to, from, arena);
    copy_fixed(to, from, arena);
    to->owner = gv_arena_strdup(arena, from->owner);
}

static void copy_line(struct gv_history_row *to, const struct gv_history_row *from, struct gv_arena *arena)
{
    *to = (struct gv_history_row){
        .seq = from->seq,
        .at_ms = from->at_ms,
        .event = gv_arena_strdup(arena, from->event),
        .phase = gv_arena_strdup(arena, from->phase),
        .effect = gv_arena_strdup(arena, from->effect),
        .note = gv_arena_strdup(arena, from->note),
    };
}

static bool finished(const struct gv_job_row *row)
{
    return row->status == GV_SUCCEEDED || row->status == GV_FAILED;
}

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Where the id is, or belongs. */
static size_t position(const struct gv_memory_journal_store *store, const char *id)
{
    size_t low = 0, high = store->jobs.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp((*ITEM(&store->jobs, middle, struct job *))->row.id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct job *find(const struct gv_memory_journal_store *store, const char *id)
{
    size_t i = position(store, id);
    if (i == store->jobs.count)
        return NULL;
    struct job *job = *ITEM(&store->jobs, i, struct job *);
    return strcmp(job->row.id, id) == 0 ? job : NULL;
}

static struct job *find_key(const struct gv_memory_journal_store *store, const char *key)
{
    for (size_t i = 0; i < store->jobs.count; i++) {
        struct job *job = *ITEM(&store->jobs, i, struct job *);
        if (same(job->row.idempotency_key, key))
            return job;
    }
    return NULL;
}

static void add_history(struct job *job, struct gv_journal_op *op)
{
    op->seq_first = job->history.count + 1;
    for (size_t i = 0; i < op->history_count; i++) {
        struct gv_history_row *line = add(&job->history, sizeof(*line));
        copy_line(line, &op->history[i], &job->fixed);
        line->seq = job->history.count;
    }
}

/* The names in the leases are the journals' own, which live as long as the store. */
static const char *owner_after(const struct gv_job_row *row, const char *name)
{
    return row->parked || finished(row) ? NULL : name;
}

static void accept(struct journal *j, struct gv_journal_op *op, struct gv_arena *arena)
{
    struct job *taken = op->row->idempotency_key != NULL ? find_key(j->store, op->row->idempotency_key) : NULL;
    if (taken != NULL) {
        op->found_id = gv_arena_strdup(arena, taken->row.id);
        bool equal = same(taken->row.request_sha256, op->row->request_sha256);
        op->verdict = equal ? GV_JOURNAL_SAME_KEY : GV_JOURNAL_OTHER_KEY;
        return;
    }
    struct table *jobs = &j->store->jobs;
    struct job *job = gv_xcalloc(1, sizeof(*job));
    copy_fixed(&job->row, op->row, &job->fixed);
    copy_step(&job->row, op->row, &job->step);
    job->row.owner = op->row->owner != NULL ? owner_after(op->row, j->name) : NULL;
    add_history(job, op);
    size_t i = position(j->store, job->row.id);
    add(jobs, sizeof(struct job *));
    memmove(at(jobs, i + 1, sizeof(struct job *)), at(jobs, i, sizeof(struct job *)),
            (jobs->count - 1 - i) * sizeof(struct job *));
    *ITEM(jobs, i, struct job *) = job;
}

static void drop_message(struct gv_memory_journal_store *store, size_t i)
{
    free(ITEM(&store->inbox, i, struct message)->payload);
    remove_at(&store->inbox, i, sizeof(struct message));
}

static void step(struct journal *j, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    struct job *job = find(j->store, op->row->id);
    if (job == NULL || !same(job->row.owner, op->row->owner)) {
        op->verdict = GV_JOURNAL_LOST_LEASE;
        return;
    }
    struct gv_arena before = job->step; /* the row may be built from strings of the one it replaces */
    job->step = (struct gv_arena){0};
    copy_step(&job->row, op->row, &job->step);
    gv_arena_free(&before);
    job->row.owner = owner_after(&job->row, job->row.owner);
    add_history(job, op);
    for (size_t i = j->store->inbox.count; i-- > 0 && finished(&job->row);)
        if (ITEM(&j->store->inbox, i, struct message)->job == job)
            drop_message(j->store, i);
}

static bool driven(const struct gv_memory_journal_store *store, const char *name)
{
    GV_LIST_EACH (item, &store->journals) {
        const struct journal *j = GV_CONTAINER(item, struct journal, link);
        if (j->alive && !j->presumed_dead && same(j->name, name))
            return true;
    }
    return false;
}

static bool has_message(const struct gv_memory_journal_store *store, const struct job *job)
{
    for (size_t i = 0; i < store->inbox.count; i++)
        if (ITEM(&store->inbox, i, struct message)->job == job)
            return true;
    return false;
}

static void claim(struct journal *j, struct gv_journal_op *op, struct gv_arena *arena)
{
    const struct gv_memory_journal_store *store = j->store;
    size_t max = op->job_id != NULL ? 1 : op->claim_max;
    struct gv_job_row *rows = GV_NEW_ARRAY(arena, struct gv_job_row, store->jobs.count);
    for (size_t i = 0; i < store->jobs.count && op->claimed_count < max; i++) {
        struct job *job = *ITEM(&store->jobs, i, struct job *);
        bool meant = op->job_id != NULL ? same(job->row.id, op->job_id) : !job->row.parked || has_message(store, job);
        if (!meant || finished(&job->row) || driven(store, job->row.owner))
            continue;
        job->row.owner = j->name;
        copy_row(&rows[op->claimed_count++], &job->row, arena);
    }
    op->claimed = rows;
    if (op->job_id != NULL && find(store, op->job_id) == NULL)
        op->verdict = GV_JOURNAL_NOT_FOUND;
}

static void release(struct journal *j, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    struct job *job = find(j->store, op->job_id);
    if (job != NULL && same(job->row.owner, j->name))
        job->row.owner = NULL;
    else
        op->verdict = GV_JOURNAL_LOST_LEASE;
}

static void inbox_put(struct journal *j, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    struct job *job = find(j->store, op->inbox.job_id);
    if (job == NULL)
        op->verdict = GV_JOURNAL_NOT_FOUND;
    if (job == NULL || finished(&job->row))
        return;
    struct message *message = add(&j->store->inbox, sizeof(*message));
    *message = (struct message){++j->store->inbox_id_last, job, op->inbox.kind, NULL};
    if (op->inbox.payload != NULL)
        message->payload = gv_xstrdup(op->inbox.payload);
}

static void inbox_done(struct journal *j, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    for (size_t i = j->store->inbox.count; i-- > 0;)
        if (ITEM(&j->store->inbox, i, struct message)->id == op->inbox.id)
            drop_message(j->store, i);
}

static void blob_ref(struct journal *j, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    struct job *job = find(j->store, op->job_id);
    if (job == NULL) {
        op->verdict = GV_JOURNAL_NOT_FOUND;
        return;
    }
    struct blob_ref *ref = add(&j->store->blob_refs, sizeof(*ref));
    *ref = (struct blob_ref){gv_xstrdup(op->sha256), job};
}

typedef void apply_fn(struct journal *j, struct gv_journal_op *op, struct gv_arena *arena);

static apply_fn *const APPLY[] = {
    [GV_JOURNAL_ACCEPT] = accept,     [GV_JOURNAL_STEP] = step,           [GV_JOURNAL_CLAIM] = claim,
    [GV_JOURNAL_RELEASE] = release,   [GV_JOURNAL_INBOX_PUT] = inbox_put, [GV_JOURNAL_INBOX_DONE] = inbox_done,
    [GV_JOURNAL_BLOB_REF] = blob_ref,
};

/* The one thing that fails a batch, and is found before anything of it is applied. */
static bool id_taken(const struct journal *j, const struct gv_journal_batch *batch, size_t i)
{
    const struct gv_job_row *row = batch->ops[i].row;
    if (row->idempotency_key != NULL && find_key(j->store, row->idempotency_key) != NULL)
        return false;
    bool taken = find(j->store, row->id) != NULL;
    for (size_t before = 0; before < i; before++) {
        const struct gv_journal_op *op = &batch->ops[before];
        taken = taken || (op->kind == GV_JOURNAL_ACCEPT && same(op->row->id, row->id));
    }
    return taken;
}

static void apply(struct journal *j, struct gv_journal_batch *batch)
{
    for (size_t i = 0; i < batch->op_count; i++)
        if (batch->ops[i].kind == GV_JOURNAL_ACCEPT && id_taken(j, batch, i)) {
            batch->result = gv_fail(&batch->error, GV_INTERNAL_ERROR, "writing the journal failed: job %s is there",
                                    batch->ops[i].row->id);
            return;
        }
    j->presumed_dead = false;
    for (size_t i = 0; i < batch->op_count; i++) {
        struct gv_journal_op *op = &batch->ops[i];
        GV_ASSERT(op->kind < sizeof(APPLY) / sizeof(APPLY[0]));
        op->verdict = gv_journal_falls(batch->ops, i) ? GV_JOURNAL_LOST_LEASE : GV_JOURNAL_DONE;
        op->found_id = NULL;
        op->claimed = NULL;
        op->claimed_count = 0;
        if (op->verdict == GV_JOURNAL_DONE)
            APPLY[op->kind](j, op, batch->arena);
    }
    batch->result = GV_OK;
    j->store->version++;
}

/* Applies the oldest batch; NULL: there is none. */
static struct gv_journal_batch *apply_first(struct journal *j)
{
    struct gv_journal_batch *batch = NULL;
    pthread_mutex_lock(&j->store->lock);
    if (j->pending.count > 0) {
        batch = *ITEM(&j->pending, 0, struct gv_journal_batch *);
        remove_at(&j->pending, 0, sizeof(struct gv_journal_batch *));
        apply(j, batch);
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
    struct journal *j = self(base);
    pthread_mutex_lock(&j->store->lock);
    GV_ASSERT(j->alive);
    *(struct gv_journal_batch **)add(&j->pending, sizeof(struct gv_journal_batch *)) = batch;
    pthread_mutex_unlock(&j->store->lock);
    j->loop->vtable->post(j->loop, apply_posted, j);
}

static int get(const struct gv_job_row **out, struct gv_journal *base, const char *job_id, struct gv_arena *arena,
               struct gv_error *err)
{
    (void)err;
    struct gv_memory_journal_store *store = self(base)->store;
    pthread_mutex_lock(&store->lock);
    const struct job *job = find(store, job_id);
    struct gv_job_row *row = NULL;
    if (job != NULL) {
        row = GV_NEW(arena, struct gv_job_row);
        copy_row(row, &job->row, arena);
    }
    *out = row;
    pthread_mutex_unlock(&store->lock);
    return GV_OK;
}

static int list(const struct gv_job_row **out, size_t *count, struct gv_journal *base,
                const struct gv_job_filter *filter, struct gv_arena *arena, struct gv_error *err)
{
    (void)err;
    const size_t limit = filter->limit != 0 ? filter->limit : LIST_ROWS_DEFAULT;
    struct gv_memory_journal_store *store = self(base)->store;
    pthread_mutex_lock(&store->lock);
    size_t i = filter->after_id != NULL ? position(store, filter->after_id) : store->jobs.count;
    struct gv_job_row *rows = GV_NEW_ARRAY(arena, struct gv_job_row, i < limit ? i : limit);
    *count = 0;
    while (i-- > 0 && *count < limit) {
        const struct gv_job_row *row = &(*ITEM(&store->jobs, i, struct job *))->row;
        bool meant = (filter->status == GV_STATUS_UNSET || filter->status == row->status) &&
                     (filter->provider == NULL || same(filter->provider, row->provider));
        if (meant)
            copy_row(&rows[(*count)++], row, arena);
    }
    *out = *count > 0 ? rows : NULL;
    pthread_mutex_unlock(&store->lock);
    return GV_OK;
}

static int history(const struct gv_history_row **out, size_t *count, struct gv_journal *base, const char *job_id,
                   uint64_t after_seq, struct gv_arena *arena, struct gv_error *err)
{
    (void)err;
    struct gv_memory_journal_store *store = self(base)->store;
    pthread_mutex_lock(&store->lock);
    const struct job *job = find(store, job_id);
    size_t lines = job != NULL ? job->history.count : 0;
    *count = after_seq < lines ? lines - after_seq : 0;
    struct gv_history_row *rows = *count > 0 ? GV_NEW_ARRAY(arena, struct gv_history_row, *count) : NULL;
    for (size_t i = 0; i < *count; i++)
        copy_line(&rows[i], ITEM(&job->history, after_seq + i, struct gv_history_row), arena);
    *out = rows;
    pthread_mutex_unlock(&store->lock);
    return GV_OK;
}

static int inbox(const struct gv_inbox_row **out, size_t *count, struct gv_journal *base, struct gv_arena *arena,
                 struct gv_error *err)
{
    (void)err;
    struct journal *j = self(base);
    pthread_mutex_lock(&j->store->lock);
    struct gv_inbox_row *rows = GV_NEW_ARRAY(arena, struct gv_inbox_row, j->store->inbox.count);
    *count = 0;
    for (size_t i = 0; i < j->store->inbox.count; i++) {
        const struct message *message = ITEM(&j->store->inbox, i, struct message);
        if (same(message->job->row.owner, j->name))
            rows[(*count)++] = (struct gv_inbox_row){message->id, gv_arena_strdup(arena, message->job->row.id),
                                                     message->kind, gv_arena_strdup(arena, message->payload)};
    }
    *out = *count > 0 ? rows : NULL;
    pthread_mutex_unlock(&j->store->lock);
    return GV_OK;
}

static uint64_t version(struct gv_journal *base)
{
    struct gv_memory_journal_store *store = self(base)->store;
    pthread_mutex_lock(&store->lock);
    uint64_t now = store->version;
    pthread_mutex_unlock(&store->lock);
    return now;
}

static bool blob_wanted(struct gv_journal *base, const char *sha256)
{
    struct gv_memory_journal_store *store = self(base)->store;
    pthread_mutex_lock(&store->lock);
    bool wanted = false;
    for (size_t i = 0; i < store->blob_refs.count && !wanted; i++)
        wanted = same(ITEM(&store->blob_refs, i, struct blob_ref)->sha256, sha256);
    pthread_mutex_unlock(&store->lock);
    return wanted;
}

static const char *owner(struct gv_journal *base)
{
    return self(base)->name;
}

/* Its leases are free, its pending batches gone; the memory stays until the store's end, for functions that are
 * still posted. */
static void leave(struct journal *j)
{
    pthread_mutex_lock(&j->store->lock);
    j->alive = false;
    j->pending.count = 0;
    for (size_t i = 0; i < j->store->jobs.count; i++) {
        struct job *job = *ITEM(&j->store->jobs, i, struct job *);
        if (same(job->row.owner, j->name))
            job->row.owner = NULL;
    }
    j->store->version++;
    pthread_mutex_unlock(&j->store->lock);
}

static void close_journal(struct gv_journal *base)
{
    struct journal *j = self(base);
    for (struct gv_journal_batch *batch; (batch = apply_first(j)) != NULL;)
        j->loop->vtable->post(j->loop, batch->done, batch->ctx);
    leave(j);
}

void gv_memory_journal_crash(struct gv_memory_journal_store *store, struct gv_journal *journal, size_t survived)
{
    struct journal *j = self(journal);
    GV_ASSERT(j->store == store && survived <= j->pending.count);
    for (size_t i = 0; i < survived; i++)
        apply_first(j);
    leave(j);
}

void gv_memory_journal_presume_dead(struct gv_memory_journal_store *store, struct gv_journal *journal)
{
    struct journal *j = self(journal);
    pthread_mutex_lock(&store->lock);
    GV_ASSERT(j->store == store && j->alive);
    j->presumed_dead = true;
    store->version++;
    pthread_mutex_unlock(&store->lock);
}

static const struct gv_journal_vtable VTABLE = {
    .commit = commit,
    .get = get,
    .list = list,
    .history = history,
    .inbox = inbox,
    .version = version,
    .blob_wanted = blob_wanted,
    .owner = owner,
    .close = close_journal,
};

int gv_journal_memory_open(struct gv_journal **out, struct gv_memory_journal_store *store, struct gv_loop *loop,
                           const char *name)
{
    struct journal *j = gv_xcalloc(1, sizeof(*j));
    j->base.vtable = &VTABLE;
    j->store = store;
    j->loop = loop;
    j->name = gv_xstrdup(name);
    j->alive = true;
    pthread_mutex_lock(&store->lock);
    GV_ASSERT(!driven(store, name));
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

static void free_job(struct job *job)
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
        struct journal *j = GV_CONTAINER(item, struct journal, link);
        free(j->pending.items);
        free(j->name);
        free(j);
    }
    while (store->inbox.count > 0)
        drop_message(store, store->inbox.count - 1);
    for (size_t i = 0; i < store->blob_refs.count; i++)
        free(ITEM(&store->blob_refs, i, struct blob_ref)->sha256);
    for (size_t i = 0; i < store->jobs.count; i++)
        free_job(*ITEM(&store->jobs, i, struct job *));
    free(store->inbox.items);
    free(store->blob_refs.items);
    free(store->jobs.items);
    pthread_mutex_destroy(&store->lock);
    free(store);
}
