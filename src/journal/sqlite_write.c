/* Happy path: BEGIN, each batch within its savepoint, COMMIT, and all of them are on disk.
 *
 * A batch whose statement fails (a broken constraint) is rolled back to its savepoint; the others stay. Where SQLite
 * gave the whole transaction up, or the commit failed (disk full, I/O error), every batch is run again in a
 * transaction of its own, so that a small one may still succeed and each gets its own reason. A commit that failed in
 * the disk's sync was not seen by anyone, and the next one overwrites it in the log. */
#include "journal/sqlite_write.h"

#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/error.h"
#include "core/schema.h"
#include "journal/sqlite_rows.h"
#include "journal/together.h"

/* Each waits for the connection's busy time. */
#define BEGIN_ATTEMPTS_MAX 6

#define WRITING "writing the journal"

/* All appliers return SQLite's code; SQLITE_OK also where a verdict says no. */
typedef int apply_fn(struct gv_sqlite_writer *w, struct gv_journal_op *op, struct gv_arena *arena);

static const char *owner_after(const struct gv_job_row *row)
{
    bool at_rest = row->parked || row->status == GV_SUCCEEDED || row->status == GV_FAILED;
    return at_rest ? NULL : row->owner;
}

static int add_line(uint64_t *seq, struct gv_sqlite_writer *w, const char *job_id, const struct gv_history_row *line)
{
    sqlite3_stmt *stmt = NULL;
    int code = gv_sqlite_begin(&stmt, &w->db, GV_SQL_HISTORY_ADD);
    if (code != SQLITE_OK)
        return code;
    const char *texts[] = {line->event, line->phase, line->effect, line->note};
    sqlite3_bind_text(stmt, 1, job_id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 2, line->at_ms);
    for (int i = 0; i < (int)GV_COUNT(texts); i++)
        sqlite3_bind_text(stmt, 3 + i, texts[i], -1, SQLITE_STATIC);
    if (sqlite3_step(stmt) == SQLITE_ROW)
        *seq = (uint64_t)sqlite3_column_int64(stmt, 0);
    return gv_sqlite_end(stmt);
}

static int add_history(struct gv_sqlite_writer *w, struct gv_journal_op *op)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < op->history_count && code == SQLITE_OK; i++) {
        uint64_t seq = 0;
        code = add_line(&seq, w, op->row->id, &op->history[i]);
        if (i == 0)
            op->seq_first = seq;
    }
    return code;
}

/* Both finders: SQLITE_ROW: an earlier job stands for this one, and the verdict says which. */
static int find_key(struct gv_sqlite_writer *w, struct gv_journal_op *op, struct gv_arena *arena)
{
    sqlite3_stmt *stmt = NULL;
    int code = gv_sqlite_begin(&stmt, &w->db, GV_SQL_KEY_FIND);
    if (code != SQLITE_OK)
        return code;
    sqlite3_bind_text(stmt, 1, op->row->tenant, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, op->row->idempotency_key, -1, SQLITE_STATIC);
    bool taken = sqlite3_step(stmt) == SQLITE_ROW;
    if (taken) {
        op->found_id = gv_sqlite_read_text(stmt, 0, arena);
        const char *sha256 = gv_sqlite_read_text(stmt, 1, arena);
        bool same = sha256 != NULL && op->row->request_sha256 != NULL && strcmp(sha256, op->row->request_sha256) == 0;
        op->verdict = same ? GV_JOURNAL_SAME_KEY : GV_JOURNAL_OTHER_KEY;
    }
    code = gv_sqlite_end(stmt);
    return taken ? SQLITE_ROW : code;
}

static int find_wish(struct gv_sqlite_writer *w, struct gv_journal_op *op, struct gv_arena *arena)
{
    sqlite3_stmt *stmt = NULL;
    int code = gv_sqlite_begin(&stmt, &w->db, GV_SQL_WISH_FIND);
    if (code != SQLITE_OK)
        return code;
    sqlite3_bind_text(stmt, 1, op->row->tenant, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, op->row->request_sha256, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 3, op->same_since_ms);
    bool found = sqlite3_step(stmt) == SQLITE_ROW;
    if (found) {
        op->found_id = gv_sqlite_read_text(stmt, 0, arena);
        op->verdict = GV_JOURNAL_SAME_WISH;
    }
    code = gv_sqlite_end(stmt);
    return found ? SQLITE_ROW : code;
}

static int accept(struct gv_sqlite_writer *w, struct gv_journal_op *op, struct gv_arena *arena)
{
    int code = op->row->idempotency_key != NULL ? find_key(w, op, arena) : SQLITE_OK;
    if (code == SQLITE_OK && op->same_since_ms != 0)
        code = find_wish(w, op, arena);
    if (code != SQLITE_OK)
        return code == SQLITE_ROW ? SQLITE_OK : code;
    if (op->full) {
        op->verdict = GV_JOURNAL_FULL;
        return SQLITE_OK;
    }
    sqlite3_stmt *stmt = NULL;
    code = gv_sqlite_begin(&stmt, &w->db, GV_SQL_JOB_INSERT);
    if (code != SQLITE_OK)
        return code;
    int at = gv_sqlite_bind_fixed(stmt, gv_sqlite_bind_step(stmt, 1, op->row), op->row);
    sqlite3_bind_text(stmt, at, owner_after(op->row), -1, SQLITE_STATIC);
    sqlite3_step(stmt);
    code = gv_sqlite_end(stmt);
    return code == SQLITE_OK ? add_history(w, op) : code;
}

static int step(struct gv_sqlite_writer *w, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    const struct gv_job_row *row = op->row;
    sqlite3_stmt *stmt = NULL;
    int code = gv_sqlite_begin(&stmt, &w->db, GV_SQL_JOB_STEP);
    if (code != SQLITE_OK)
        return code;
    int at = gv_sqlite_bind_step(stmt, 1, row);
    sqlite3_bind_text(stmt, at++, owner_after(row), -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, at++, row->id, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, at, row->owner, -1, SQLITE_STATIC);
    sqlite3_step(stmt);
    code = gv_sqlite_end(stmt);
    if (code != SQLITE_OK)
        return code;
    if (sqlite3_changes(w->db.db) == 0) {
        op->verdict = GV_JOURNAL_LOST_LEASE;
        return SQLITE_OK;
    }
    code = add_history(w, op);
    if (code == SQLITE_OK && (row->status == GV_SUCCEEDED || row->status == GV_FAILED))
        code = gv_sqlite_run(&w->db, GV_SQL_INBOX_CLEAR, "t", row->id);
    return code;
}

/* Strikes dead processes off the list of owners; their jobs then belong to nobody. */
static int bury(struct gv_sqlite_writer *w, struct gv_arena *arena)
{
    sqlite3_stmt *stmt = NULL;
    int code = gv_sqlite_begin(&stmt, &w->db, GV_SQL_OWNERS);
    if (code != SQLITE_OK)
        return code;
    const char **names = NULL;
    size_t count = 0;
    sqlite3_bind_text(stmt, 1, w->owner.name, -1, SQLITE_STATIC);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        names = gv_sqlite_grow(arena, names, count, sizeof(*names));
        names[count++] = gv_sqlite_read_text(stmt, 0, arena);
    }
    code = gv_sqlite_end(stmt);
    for (size_t i = 0; i < count && code == SQLITE_OK; i++)
        if (gv_owner_dead(&w->owner, names[i]))
            code = gv_sqlite_run(&w->db, GV_SQL_OWNER_REMOVE, "t", names[i]);
    return code;
}

/* The answer to a statement of one column about a job; -1: there is none, or it was forgotten. */
static int ask_job(int *out, struct gv_sqlite_writer *w, enum gv_sql sql, const char *job_id)
{
    sqlite3_stmt *stmt = NULL;
    int code = gv_sqlite_begin(&stmt, &w->db, sql);
    if (code != SQLITE_OK)
        return code;
    sqlite3_bind_text(stmt, 1, job_id, -1, SQLITE_STATIC);
    *out = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int(stmt, 0) : -1;
    return gv_sqlite_end(stmt);
}

/* What only concerns jobs that exist says NOT_FOUND of others. */
static int demand(struct gv_sqlite_writer *w, struct gv_journal_op *op, const char *job_id)
{
    int there = -1;
    int code = ask_job(&there, w, GV_SQL_JOB_EXISTS, job_id);
    op->verdict = there == 1 ? GV_JOURNAL_DONE : GV_JOURNAL_NOT_FOUND;
    return code;
}

/* A damaged row is told to who asks for it; here it only counts for where to go on. */
static int find_idle(struct gv_job_row **rows, size_t *count, struct gv_sqlite_writer *w, struct gv_journal_op *op,
                     struct gv_arena *arena)
{
    sqlite3_stmt *stmt = NULL;
    int code = gv_sqlite_begin(&stmt, &w->db, op->job_id != NULL ? GV_SQL_IDLE_ONE : GV_SQL_IDLE_ALL);
    if (code != SQLITE_OK)
        return code;
    bool all = op->job_id == NULL;
    sqlite3_bind_text(stmt, 1, all ? op->after_id : op->job_id, -1, SQLITE_STATIC);
    if (all)
        sqlite3_bind_int64(stmt, 2, op->claim_max);
    const char *last = NULL;
    uint32_t seen = 0;
    for (; sqlite3_step(stmt) == SQLITE_ROW; seen++) {
        *rows = gv_sqlite_grow(arena, *rows, *count, sizeof(**rows));
        gv_sqlite_read_job(&(*rows)[*count], stmt, arena);
        last = (*rows)[*count].id;
        *count += gv_sqlite_row_is_whole(&(*rows)[*count]);
    }
    op->more_after = all && seen == op->claim_max ? last : NULL;
    return gv_sqlite_end(stmt);
}

static int claim(struct gv_sqlite_writer *w, struct gv_journal_op *op, struct gv_arena *arena)
{
    struct gv_job_row *rows = NULL;
    size_t count = 0;
    int code = op->job_id != NULL ? demand(w, op, op->job_id) : SQLITE_OK;
    if (code == SQLITE_OK)
        code = bury(w, arena);
    if (code == SQLITE_OK)
        code = find_idle(&rows, &count, w, op, arena);
    for (size_t i = 0; i < count && code == SQLITE_OK; i++) {
        rows[i].owner = gv_arena_strdup(arena, w->owner.name);
        code = gv_sqlite_run(&w->db, GV_SQL_JOB_TAKE, "tt", rows[i].owner, rows[i].id);
    }
    op->claimed = rows;
    op->claimed_count = count;
    return code;
}

static int release(struct gv_sqlite_writer *w, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    int code = gv_sqlite_run(&w->db, GV_SQL_JOB_RELEASE, "tt", op->job_id, w->owner.name);
    if (code == SQLITE_OK && sqlite3_changes(w->db.db) == 0)
        op->verdict = GV_JOURNAL_LOST_LEASE;
    return code;
}

static int inbox_put(struct gv_sqlite_writer *w, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    int code = demand(w, op, op->inbox.job_id);
    if (code != SQLITE_OK)
        return code;
    return gv_sqlite_run(&w->db, GV_SQL_INBOX_PUT, "tit", op->inbox.job_id, (int64_t)op->inbox.kind, op->inbox.payload);
}

static int inbox_done(struct gv_sqlite_writer *w, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    return gv_sqlite_run(&w->db, GV_SQL_INBOX_DONE, "i", op->inbox.id);
}

static int blob_ref(struct gv_sqlite_writer *w, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    int code = demand(w, op, op->job_id);
    if (code != SQLITE_OK || op->verdict == GV_JOURNAL_NOT_FOUND)
        return code;
    return gv_sqlite_run(&w->db, GV_SQL_BLOB_REF, "tt", op->sha256, op->job_id);
}

static int read_freed(struct gv_sqlite_writer *w, struct gv_journal_op *op, struct gv_arena *arena)
{
    sqlite3_stmt *stmt = NULL;
    int code = gv_sqlite_begin(&stmt, &w->db, GV_SQL_BLOBS_OF);
    if (code != SQLITE_OK)
        return code;
    const char **freed = NULL;
    size_t count = 0, room = 0;
    sqlite3_bind_text(stmt, 1, op->job_id, -1, SQLITE_STATIC);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        if (count == room) {
            const char **more = GV_NEW_ARRAY(arena, const char *, room = 2 * room + 8);
            for (size_t i = 0; i < count; i++)
                more[i] = freed[i];
            freed = more;
        }
        freed[count++] = gv_sqlite_read_text(stmt, 0, arena);
    }
    op->freed = freed;
    op->freed_count = count;
    return gv_sqlite_end(stmt);
}

static int forget(struct gv_sqlite_writer *w, struct gv_journal_op *op, struct gv_arena *arena)
{
    static const enum gv_sql cleared[] = {GV_SQL_JOB_FORGET, GV_SQL_HISTORY_CLEAR, GV_SQL_INBOX_CLEAR,
                                          GV_SQL_BLOB_CLEAR};
    int ended = -1;
    int code = ask_job(&ended, w, GV_SQL_JOB_ENDED, op->job_id);
    if (ended != 1)
        op->verdict = ended == 0 ? GV_JOURNAL_NOT_ENDED : GV_JOURNAL_NOT_FOUND;
    else
        code = read_freed(w, op, arena);
    for (size_t i = 0; i < GV_COUNT(cleared) && ended == 1 && code == SQLITE_OK; i++)
        code = gv_sqlite_run(&w->db, cleared[i], "t", op->job_id);
    return code;
}

static int announced(struct gv_sqlite_writer *w, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    int code = gv_sqlite_run(&w->db, GV_SQL_JOB_ANNOUNCED, "t", op->job_id);
    if (code == SQLITE_OK && sqlite3_changes(w->db.db) == 0)
        op->verdict = GV_JOURNAL_NOT_FOUND;
    return code;
}

static int doc_put(struct gv_sqlite_writer *w, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    GV_ASSERT(gv_journal_doc_is_good(&op->doc));
    return gv_sqlite_run(&w->db, GV_SQL_DOC_PUT, "ttt", op->doc.space, op->doc.key, op->doc.value);
}

static int doc_drop(struct gv_sqlite_writer *w, struct gv_journal_op *op, struct gv_arena *arena)
{
    (void)arena;
    return gv_sqlite_run(&w->db, GV_SQL_DOC_DROP, "tt", op->doc.space, op->doc.key);
}

static apply_fn *const APPLY[] = {
    [GV_JOURNAL_ACCEPT] = accept,     [GV_JOURNAL_STEP] = step,           [GV_JOURNAL_CLAIM] = claim,
    [GV_JOURNAL_RELEASE] = release,   [GV_JOURNAL_INBOX_PUT] = inbox_put, [GV_JOURNAL_INBOX_DONE] = inbox_done,
    [GV_JOURNAL_BLOB_REF] = blob_ref, [GV_JOURNAL_FORGET] = forget,       [GV_JOURNAL_ANNOUNCED] = announced,
    [GV_JOURNAL_DOC_PUT] = doc_put,   [GV_JOURNAL_DOC_DROP] = doc_drop,
};

static int apply(struct gv_sqlite_writer *w, const struct gv_journal_batch *batch, size_t i)
{
    struct gv_journal_op *op = &batch->ops[i];
    GV_ASSERT(op->kind < sizeof(APPLY) / sizeof(APPLY[0]));
    op->verdict = gv_journal_falls(batch->ops, i) ? GV_JOURNAL_LOST_LEASE : GV_JOURNAL_DONE;
    op->found_id = NULL;
    op->claimed = NULL;
    op->claimed_count = 0;
    op->freed = NULL;
    op->freed_count = 0;
    op->more_after = NULL;
    return op->verdict == GV_JOURNAL_DONE ? APPLY[op->kind](w, op, batch->arena) : SQLITE_OK;
}

/* False: SQLite gave up the whole transaction. */
static bool run_batch(struct gv_sqlite_writer *w, struct gv_journal_batch *batch)
{
    int code = gv_sqlite_run(&w->db, GV_SQL_SAVE, "");
    for (size_t i = 0; i < batch->op_count && code == SQLITE_OK; i++)
        code = apply(w, batch, i);
    batch->result = code == SQLITE_OK ? GV_OK : gv_sqlite_fail(&w->db, WRITING, &batch->error);
    if (sqlite3_get_autocommit(w->db.db) != 0)
        return false;
    if (code != SQLITE_OK)
        code = gv_sqlite_run(&w->db, GV_SQL_UNDO, "");
    return code == SQLITE_OK && gv_sqlite_run(&w->db, GV_SQL_UNSAVE, "") == SQLITE_OK;
}

static int begin(struct gv_sqlite_writer *w, struct gv_error *err)
{
    for (int i = 1;; i++) {
        int code = gv_sqlite_run(&w->db, GV_SQL_BEGIN, "");
        if (code == SQLITE_OK)
            return GV_OK;
        if ((code & 0xff) != SQLITE_BUSY || i == BEGIN_ATTEMPTS_MAX)
            return gv_sqlite_fail(&w->db, WRITING, err);
    }
}

/* The owner is put on the list with the first thing it writes, and again should somebody have struck it off. */
static int run_all(struct gv_sqlite_writer *w, struct gv_journal_batch **batches, size_t count, struct gv_error *err)
{
    bool whole = gv_sqlite_run(&w->db, GV_SQL_OWNER_PUT, "tit", w->owner.name, (int64_t)getpid(), w->host) == SQLITE_OK;
    for (size_t i = 0; i < count && whole; i++) {
        whole = run_batch(w, batches[i]);
        if (!whole && batches[i]->result != GV_OK) {
            *err = batches[i]->error;
            return GV_INTERNAL_ERROR;
        }
    }
    if (whole && gv_sqlite_run(&w->db, GV_SQL_COMMIT, "") == SQLITE_OK)
        return GV_OK;
    return gv_sqlite_fail(&w->db, WRITING, err);
}

static void fail_all(struct gv_journal_batch **batches, size_t count, const struct gv_error *why)
{
    for (size_t i = 0; i < count; i++) {
        batches[i]->result = why->code;
        batches[i]->error = *why;
    }
}

void gv_sqlite_write(struct gv_sqlite_writer *w, struct gv_journal_batch **batches, size_t count)
{
    struct gv_error why;
    if (begin(w, &why) != GV_OK) {
        fail_all(batches, count, &why);
        return;
    }
    if (run_all(w, batches, count, &why) == GV_OK)
        return;
    if (sqlite3_get_autocommit(w->db.db) == 0)
        gv_sqlite_run(&w->db, GV_SQL_ROLLBACK, "");
    if (count == 1) {
        fail_all(batches, count, &why);
        return;
    }
    for (size_t i = 0; i < count; i++)
        gv_sqlite_write(w, &batches[i], 1);
}

void gv_sqlite_checkpoint(struct gv_sqlite_writer *w)
{
    sqlite3_wal_checkpoint_v2(w->db.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

void gv_sqlite_write_goodbye(struct gv_sqlite_writer *w)
{
    gv_sqlite_run(&w->db, GV_SQL_OWNER_REMOVE, "t", w->owner.name);
}
