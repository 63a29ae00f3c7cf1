/* One thread writes: it takes all batches that wait, has them committed with one sync, and posts their `done` to the
 * loop. Reads have a connection of their own, which sees what any process committed. */
#include "journal/sqlite.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/dir.h"
#include "base/error.h"
#include "base/thread.h"
#include "journal/sqlite_read.h"
#include "journal/sqlite_write.h"

/* Of one transaction. */
#define GROUP_BATCHES_MAX 1024
/* More waiting than this is a caller that doesn't wait for `done`. */
#define QUEUE_BATCHES_MAX (1u << 20)
/* The log is copied into the main file when it is longer. */
#define CHECKPOINT_PAGES 1000

struct queue {
    struct gv_journal_batch **items;
    size_t count, cap;
};

struct journal {
    struct gv_journal base;
    struct gv_loop *loop;
    struct gv_sqlite_reader reader;
    struct gv_sqlite_writer writer;
    char host[HOST_NAME_MAX + 1];
    int log_pages; /* writer thread */
    pthread_t thread;
    pthread_mutex_t lock; /* of the rest */
    pthread_cond_t wake;
    struct queue queue;
    bool closing;
};

static struct journal *self(struct gv_journal *base)
{
    return (struct journal *)(void *)base;
}

static void enqueue(struct queue *queue, struct gv_journal_batch *batch)
{
    GV_ASSERT(queue->count < QUEUE_BATCHES_MAX);
    if (queue->count == queue->cap) {
        queue->cap = queue->cap == 0 ? 64 : 2 * queue->cap;
        queue->items = gv_xrealloc(queue->items, queue->cap * sizeof(struct gv_journal_batch *));
    }
    queue->items[queue->count++] = batch;
}

static void commit(struct gv_journal *base, struct gv_journal_batch *batch)
{
    struct journal *j = self(base);
    pthread_mutex_lock(&j->lock);
    GV_ASSERT(!j->closing);
    enqueue(&j->queue, batch);
    pthread_cond_signal(&j->wake);
    pthread_mutex_unlock(&j->lock);
}

/* Swaps the full queue for the empty one in *taken; false: closing and nothing left. */
static bool take_queue(struct journal *j, struct queue *taken)
{
    taken->count = 0;
    pthread_mutex_lock(&j->lock);
    while (j->queue.count == 0 && !j->closing)
        pthread_cond_wait(&j->wake, &j->lock);
    struct queue full = j->queue;
    j->queue = *taken;
    *taken = full;
    pthread_mutex_unlock(&j->lock);
    return full.count > 0;
}

static void write_group(struct journal *j, struct gv_journal_batch **batches, size_t count)
{
    gv_sqlite_write(&j->writer, batches, count);
    for (size_t i = 0; i < count; i++)
        j->loop->vtable->post(j->loop, batches[i]->done, batches[i]->ctx);
    if (j->log_pages >= CHECKPOINT_PAGES)
        gv_sqlite_checkpoint(&j->writer);
    j->log_pages = 0;
}

static int note_log_pages(void *ctx, sqlite3 *db, const char *schema, int pages)
{
    (void)db, (void)schema;
    struct journal *j = ctx;
    j->log_pages = pages;
    return SQLITE_OK;
}

static void *write_loop(void *ctx)
{
    struct journal *j = ctx;
    struct queue taken = {0};
    while (take_queue(j, &taken))
        for (size_t at = 0; at < taken.count; at += GROUP_BATCHES_MAX) {
            size_t left = taken.count - at;
            write_group(j, taken.items + at, left < GROUP_BATCHES_MAX ? left : GROUP_BATCHES_MAX);
        }
    free(taken.items);
    gv_sqlite_write_goodbye(&j->writer);
    return NULL;
}

static const char *owner(struct gv_journal *base)
{
    return self(base)->writer.owner.name;
}

static int get(const struct gv_job_row **out, struct gv_journal *base, const char *job_id, struct gv_arena *arena,
               struct gv_error *err)
{
    return gv_sqlite_get(out, &self(base)->reader, job_id, arena, err);
}

static int list(const struct gv_job_row **out, size_t *count, struct gv_journal *base,
                const struct gv_job_filter *filter, struct gv_arena *arena, struct gv_error *err)
{
    return gv_sqlite_list(out, count, &self(base)->reader, filter, arena, err);
}

static int history(const struct gv_history_row **out, size_t *count, struct gv_journal *base, const char *job_id,
                   uint64_t after_seq, struct gv_arena *arena, struct gv_error *err)
{
    return gv_sqlite_history(out, count, &self(base)->reader, job_id, after_seq, arena, err);
}

static int docs(const struct gv_journal_doc **out, size_t *count, struct gv_journal *base, const char *space,
                const char *after_key, uint32_t limit, struct gv_arena *arena, struct gv_error *err)
{
    return gv_sqlite_docs(out, count, &self(base)->reader, space, after_key, limit, arena, err);
}

static int doc(const char **out, struct gv_journal *base, const char *space, const char *key, struct gv_arena *arena,
               struct gv_error *err)
{
    return gv_sqlite_doc(out, &self(base)->reader, space, key, arena, err);
}

static int tally(const struct gv_journal_tally **out, size_t *count, struct gv_journal *base, struct gv_arena *arena,
                 struct gv_error *err)
{
    return gv_sqlite_tally(out, count, &self(base)->reader, arena, err);
}

static int inbox(const struct gv_inbox_row **out, size_t *count, struct gv_journal *base, struct gv_arena *arena,
                 struct gv_error *err)
{
    return gv_sqlite_inbox(out, count, &self(base)->reader, owner(base), arena, err);
}

static uint64_t version(struct gv_journal *base)
{
    return gv_sqlite_version(&self(base)->reader);
}

static bool blob_wanted(struct gv_journal *base, const char *sha256)
{
    return gv_sqlite_blob_wanted(&self(base)->reader, sha256);
}

static int check(struct gv_journal *base, struct gv_error *err)
{
    return gv_sqlite_check(&self(base)->reader, err);
}

static void free_journal(struct journal *j)
{
    gv_sqlite_reader_close(&j->reader);
    gv_sqlite_close(&j->writer.db);
    gv_owner_close(&j->writer.owner);
    pthread_cond_destroy(&j->wake);
    pthread_mutex_destroy(&j->lock);
    free(j->queue.items);
    free(j);
}

static void close_journal(struct gv_journal *base)
{
    struct journal *j = self(base);
    pthread_mutex_lock(&j->lock);
    j->closing = true;
    pthread_cond_signal(&j->wake);
    pthread_mutex_unlock(&j->lock);
    pthread_join(j->thread, NULL);
    free_journal(j);
}

static const struct gv_journal_vtable VTABLE = {
    .commit = commit,
    .get = get,
    .list = list,
    .history = history,
    .docs = docs,
    .doc = doc,
    .tally = tally,
    .inbox = inbox,
    .version = version,
    .check = check,
    .blob_wanted = blob_wanted,
    .owner = owner,
    .close = close_journal,
};

static int start_thread(struct journal *j, struct gv_error *err)
{
    int reason = gv_thread_start(&j->thread, write_loop, j, 0);
    if (reason != 0)
        return gv_fail(err, GV_INTERNAL_ERROR, "starting the journal's thread failed: %s; raise the limit on threads",
                       strerror(reason));
    return GV_OK;
}

/* Switching a fresh file to its log and making its tables is done by one process at a time. */
static int open_files(struct journal *j, const char *path, struct gv_error *err)
{
    int turn = gv_owner_take_turn(&j->writer.owner, err);
    if (turn < 0)
        return GV_INTERNAL_ERROR;
    int code = gv_sqlite_open(&j->writer.db, path, GV_SQLITE_WRITER, err);
    if (code == GV_OK)
        code = gv_sqlite_reader_open(&j->reader, path, err);
    close(turn);
    return code;
}

/* SQLite makes its files durable in the folder, but not the folder itself. */
static int make_folder(const char *dir, struct gv_error *err)
{
    int failed = gv_dir_make(dir);
    return failed == 0 ? GV_OK
                       : gv_fail(err, GV_INTERNAL_ERROR,
                                 "making the folder %s failed: %s; name a folder that can be written to", dir,
                                 strerror(failed));
}

static int open_parts(struct journal *j, const char *dir, const struct gv_crypto *crypto, struct gv_error *err)
{
    char path[PATH_MAX], owners[PATH_MAX];
    int length = snprintf(path, sizeof(path), "%s/journal.db", dir);
    if (length >= (int)sizeof(path) - (int)GV_OWNER_NAME_BYTES - 16)
        return gv_fail(err, GV_INTERNAL_ERROR, "opening the journal in %s failed: the path is too long", dir);
    snprintf(owners, sizeof(owners), "%s/owners", dir);
    int code = make_folder(dir, err);
    if (code == GV_OK)
        code = gv_owner_open(&j->writer.owner, owners, crypto, err);
    if (code != GV_OK)
        return code;
    code = open_files(j, path, err);
    if (code == GV_OK) {
        sqlite3_wal_hook(j->writer.db.db, note_log_pages, j);
        code = start_thread(j, err);
    }
    return code;
}

int gv_journal_sqlite_open(struct gv_journal **out, const char *dir, struct gv_loop *loop,
                           const struct gv_crypto *crypto, struct gv_error *err)
{
    struct journal *j = gv_xcalloc(1, sizeof(*j));
    j->base.vtable = &VTABLE;
    j->loop = loop;
    gethostname(j->host, sizeof(j->host) - 1);
    j->writer.host = j->host;
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->wake, NULL);
    int code = open_parts(j, dir, crypto, err);
    if (code != GV_OK) {
        free_journal(j);
        return code;
    }
    *out = &j->base;
    return GV_OK;
}
