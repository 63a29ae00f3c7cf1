/* Each op as the SQLite journal would do it. */
#include "journal/memory_store.h"
#include "journal/together.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"

static bool same_tenant(const struct gv_job_row *a, const struct gv_job_row *b)
{
    return strcmp(a->tenant != NULL ? a->tenant : "", b->tenant != NULL ? b->tenant : "") == 0;
}

static struct gv_memory_job *find_key(const struct gv_memory_journal_store *store, const struct gv_job_row *row)
{
    for (size_t i = 0; i < store->jobs.count; i++) {
        struct gv_memory_job *job = *GV_MEMORY_ITEM(&store->jobs, i, struct gv_memory_job *);
        if (gv_memory_same(job->row.idempotency_key, row->idempotency_key) && same_tenant(&job->row, row))
            return job;
    }
    return NULL;
}

static struct gv_memory_job *find_wish(const struct gv_memory_journal_store *store, const struct gv_journal_op *op)
{
    for (size_t i = store->jobs.count; i-- > 0 && op->same_since_ms != 0;) {
        struct gv_memory_job *job = *GV_MEMORY_ITEM(&store->jobs, i, struct gv_memory_job *);
        if (gv_memory_same(job->row.request_sha256, op->row->request_sha256) && same_tenant(&job->row, op->row) &&
            job->row.created_ms >= op->same_since_ms)
            return job;
    }
    return NULL;
}

static void add_history(struct gv_memory_job *job, struct gv_journal_op *op)
{
    op->seq_first = job->history.count + 1;
    for (size_t i = 0; i < op->history_count; i++) {
        struct gv_history_row *line = gv_memory_add(&job->history, sizeof(*line));
        gv_memory_copy_line(line, &op->history[i], &job->fixed);
        line->seq = job->history.count;
    }
}

/* The names in the leases are the journals' own, which live as long as the store. */
static const char *owner_after(const struct gv_job_row *row, const char *name)
{
    return row->parked || gv_memory_finished(row) ? NULL : name;
}

static void accept(struct gv_memory_journal *j, struct gv_journal_op *op, struct gv_arena *arena)
{
    const struct gv_memory_job *taken = find_key(j->store, op->row);
    const struct gv_memory_job *found = taken != NULL ? taken : find_wish(j->store, op);
    if (found != NULL) {
        op->found_id = gv_arena_strdup(arena, found->row.id);
        bool equal = gv_memory_same(found->row.request_sha256, op->row->request_sha256);
        op->verdict = taken == NULL ? GV_JOURNAL_SAME_WISH : equal ? GV_JOURNAL_SAME_KEY : GV_JOURNAL_OTHER_KEY;
        return;
    }
    if (op->full) {
        op->verdict = GV_JOURNAL_FULL;
        return;
    }
    struct gv_memory_job *job = gv_xcalloc(1, sizeof(*job));
    gv_memory_copy_fixed(&job->row, op->row, &job->fixed);
    gv_memory_copy_step(&job->row, op->row, &job->step);
    job->row.owner = op->row->owner != NULL ? owner_after(op->row, j->name) : NULL;
    add_history(job, op);
    size_t i = gv_memory_position(j->store, job->row.id);
    *(struct gv_memory_job **)gv_memory_insert(&j->store->jobs, i, sizeof(struct gv_memory_job *)) = job;
}

static void drop_messages(struct gv_memory_journal_store *store, const struct gv_memory_job *job)
{
    for (size_t i = store->inbox.count; i-- > 0;)
        if (GV_MEMORY_ITEM(&store->inbox, i, struct gv_memory_message)->job == job)
            gv_memory_drop_message(store, i);
}

static void step(struct gv_memory_journal *j, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    struct gv_memory_job *job = gv_memory_find(j->store, op->row->id);
    if (job == NULL || !gv_memory_same(job->row.owner, op->row->owner)) {
        op->verdict = GV_JOURNAL_LOST_LEASE;
        return;
    }
    struct gv_arena before = job->step; /* the row may be built from strings of the one it replaces */
    job->step = (struct gv_arena){0};
    gv_memory_copy_step(&job->row, op->row, &job->step);
    gv_arena_free(&before);
    job->row.owner = owner_after(&job->row, job->row.owner);
    add_history(job, op);
    if (gv_memory_finished(&job->row))
        drop_messages(j->store, job);
}

static bool has_message(const struct gv_memory_journal_store *store, const struct gv_memory_job *job)
{
    for (size_t i = 0; i < store->inbox.count; i++)
        if (GV_MEMORY_ITEM(&store->inbox, i, struct gv_memory_message)->job == job)
            return true;
    return false;
}

static void claim(struct gv_memory_journal *j, struct gv_journal_op *op, struct gv_arena *arena)
{
    const struct gv_memory_journal_store *store = j->store;
    size_t max = op->job_id != NULL ? 1 : op->claim_max;
    struct gv_job_row *rows = GV_NEW_ARRAY(arena, struct gv_job_row, store->jobs.count);
    for (size_t i = 0; i < store->jobs.count && op->claimed_count < max; i++) {
        struct gv_memory_job *job = *GV_MEMORY_ITEM(&store->jobs, i, struct gv_memory_job *);
        bool meant =
            op->job_id != NULL ? gv_memory_same(job->row.id, op->job_id) : !job->row.parked || has_message(store, job);
        bool before = op->after_id != NULL && strcmp(job->row.id, op->after_id) <= 0;
        if (!meant || before || gv_memory_finished(&job->row) || gv_memory_driven(store, job->row.owner))
            continue;
        job->row.owner = j->name;
        gv_memory_copy_row(&rows[op->claimed_count++], &job->row, arena);
    }
    op->claimed = rows;
    if (op->job_id == NULL && max > 0 && op->claimed_count == max)
        op->more_after = rows[max - 1].id;
    if (op->job_id != NULL && gv_memory_find(store, op->job_id) == NULL)
        op->verdict = GV_JOURNAL_NOT_FOUND;
}

static void release(struct gv_memory_journal *j, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    struct gv_memory_job *job = gv_memory_find(j->store, op->job_id);
    if (job != NULL && gv_memory_same(job->row.owner, j->name))
        job->row.owner = NULL;
    else
        op->verdict = GV_JOURNAL_LOST_LEASE;
}

static void inbox_put(struct gv_memory_journal *j, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    struct gv_memory_job *job = gv_memory_find(j->store, op->inbox.job_id);
    if (job == NULL)
        op->verdict = GV_JOURNAL_NOT_FOUND;
    if (job == NULL || gv_memory_finished(&job->row))
        return;
    struct gv_memory_message *message = gv_memory_add(&j->store->inbox, sizeof(*message));
    *message = (struct gv_memory_message){++j->store->inbox_id_last, job, op->inbox.kind, NULL};
    if (op->inbox.payload != NULL)
        message->payload = gv_xstrdup(op->inbox.payload);
}

static void inbox_done(struct gv_memory_journal *j, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    for (size_t i = j->store->inbox.count; i-- > 0;)
        if (GV_MEMORY_ITEM(&j->store->inbox, i, struct gv_memory_message)->id == op->inbox.id)
            gv_memory_drop_message(j->store, i);
}

static void blob_ref(struct gv_memory_journal *j, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    struct gv_memory_job *job = gv_memory_find(j->store, op->job_id);
    if (job == NULL) {
        op->verdict = GV_JOURNAL_NOT_FOUND;
        return;
    }
    struct gv_memory_blob_ref *ref = gv_memory_add(&j->store->blob_refs, sizeof(*ref));
    *ref = (struct gv_memory_blob_ref){gv_xstrdup(op->sha256), job};
}

/* Tells of them in the op. */
static void drop_refs(struct gv_memory_journal_store *store, const struct gv_memory_job *job, struct gv_journal_op *op,
                      struct gv_arena *arena)
{
    const char **freed = GV_NEW_ARRAY(arena, const char *, store->blob_refs.count + 1);
    op->freed = freed;
    op->freed_count = 0;
    for (size_t i = store->blob_refs.count; i-- > 0;) {
        struct gv_memory_blob_ref *ref = GV_MEMORY_ITEM(&store->blob_refs, i, struct gv_memory_blob_ref);
        if (ref->job != job)
            continue;
        freed[op->freed_count++] = gv_arena_strdup(arena, ref->sha256);
        free(ref->sha256);
        gv_memory_remove_at(&store->blob_refs, i, sizeof(*ref));
    }
}

/* The row again, in memory of its own, without what was the caller's. */
static void blank(struct gv_memory_job *job)
{
    struct gv_arena fixed = job->fixed, step = job->step;
    struct gv_job_row row = job->row;
    row.request = "{}";
    row.state = row.outputs = row.error = row.note = row.warnings = row.metadata = NULL;
    row.announce = false;
    job->fixed = job->step = (struct gv_arena){0};
    gv_memory_copy_fixed(&job->row, &row, &job->fixed);
    gv_memory_copy_step(&job->row, &row, &job->step);
    job->history.count = 0;
    gv_arena_free(&fixed);
    gv_arena_free(&step);
}

static void forget(struct gv_memory_journal *j, struct gv_journal_op *op, struct gv_arena *arena)
{
    struct gv_memory_job *job = gv_memory_find(j->store, op->job_id);
    if (job == NULL || !gv_memory_finished(&job->row)) {
        op->verdict = job == NULL ? GV_JOURNAL_NOT_FOUND : GV_JOURNAL_NOT_ENDED;
        return;
    }
    drop_messages(j->store, job);
    drop_refs(j->store, job, op, arena);
    blank(job);
    job->forgotten = true;
}

static void announced(struct gv_memory_journal *j, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    struct gv_memory_job *job = gv_memory_find(j->store, op->job_id);
    if (job != NULL)
        job->row.announce = false;
    else
        op->verdict = GV_JOURNAL_NOT_FOUND;
}

static void doc_drop(struct gv_memory_journal *j, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    size_t i;
    if (gv_memory_find_doc(&i, j->store, op->doc.space, op->doc.key))
        gv_memory_drop_doc(j->store, i);
}

static void doc_put(struct gv_memory_journal *j, struct gv_journal_op *op, struct gv_arena *arena)
{
    size_t i;
    GV_ASSERT(gv_journal_doc_is_good(&op->doc));
    doc_drop(j, op, arena);
    gv_memory_find_doc(&i, j->store, op->doc.space, op->doc.key);
    *(struct gv_journal_doc *)gv_memory_insert(&j->store->docs, i, sizeof(struct gv_journal_doc)) =
        (struct gv_journal_doc){gv_xstrdup(op->doc.space), gv_xstrdup(op->doc.key), gv_xstrdup(op->doc.value)};
}

typedef void apply_fn(struct gv_memory_journal *j, struct gv_journal_op *op, struct gv_arena *arena);

static apply_fn *const APPLY[] = {
    [GV_JOURNAL_ACCEPT] = accept,     [GV_JOURNAL_STEP] = step,           [GV_JOURNAL_CLAIM] = claim,
    [GV_JOURNAL_RELEASE] = release,   [GV_JOURNAL_INBOX_PUT] = inbox_put, [GV_JOURNAL_INBOX_DONE] = inbox_done,
    [GV_JOURNAL_BLOB_REF] = blob_ref, [GV_JOURNAL_FORGET] = forget,       [GV_JOURNAL_ANNOUNCED] = announced,
    [GV_JOURNAL_DOC_PUT] = doc_put,   [GV_JOURNAL_DOC_DROP] = doc_drop,
};

/* The one thing that fails a batch, and is found before anything of it is applied. */
static bool id_taken(const struct gv_memory_journal *j, const struct gv_journal_batch *batch, size_t i)
{
    const struct gv_job_row *row = batch->ops[i].row;
    if (find_key(j->store, row) != NULL || find_wish(j->store, &batch->ops[i]) != NULL)
        return false;
    size_t at = gv_memory_position(j->store, row->id);
    bool taken = at < j->store->jobs.count &&
                 strcmp((*GV_MEMORY_ITEM(&j->store->jobs, at, struct gv_memory_job *))->row.id, row->id) == 0;
    for (size_t before = 0; before < i; before++) {
        const struct gv_journal_op *op = &batch->ops[before];
        taken = taken || (op->kind == GV_JOURNAL_ACCEPT && gv_memory_same(op->row->id, row->id));
    }
    return taken;
}

void gv_memory_apply(struct gv_memory_journal *j, struct gv_journal_batch *batch)
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
        op->more_after = NULL;
        if (op->verdict == GV_JOURNAL_DONE)
            APPLY[op->kind](j, op, batch->arena);
    }
    batch->result = GV_OK;
    j->store->version++;
}
