#include "journal/memory_store.h"

#include <string.h>

#define LIST_ROWS_DEFAULT 100

int gv_memory_get(const struct gv_job_row **out, struct gv_journal *base, const char *job_id, struct gv_arena *arena,
                  struct gv_error *err)
{
    (void)err;
    struct gv_memory_journal_store *store = gv_memory_self(base)->store;
    pthread_mutex_lock(&store->lock);
    const struct gv_memory_job *job = gv_memory_find(store, job_id);
    struct gv_job_row *row = NULL;
    if (job != NULL) {
        row = GV_NEW(arena, struct gv_job_row);
        gv_memory_copy_row(row, &job->row, arena);
    }
    *out = row;
    pthread_mutex_unlock(&store->lock);
    return GV_OK;
}

static bool is_meant(const struct gv_memory_job *job, const struct gv_job_filter *filter)
{
    const struct gv_job_row *row = &job->row;
    bool announced = !row->announce || !gv_memory_finished(row);
    return !job->forgotten && (filter->status == GV_STATUS_UNSET || filter->status == row->status) &&
           (filter->provider == NULL || gv_memory_same(filter->provider, row->provider)) &&
           (filter->tenant == NULL || strcmp(filter->tenant, row->tenant != NULL ? row->tenant : "") == 0) &&
           (!filter->unannounced || !announced);
}

/* Whether the job lies beyond the filter's starting point. */
static bool is_beyond(const struct gv_memory_job *job, const struct gv_job_filter *filter)
{
    int order = filter->after_id != NULL ? strcmp(job->row.id, filter->after_id) : 0;
    return filter->after_id == NULL || (filter->oldest_first ? order > 0 : order < 0);
}

int gv_memory_list(const struct gv_job_row **out, size_t *count, struct gv_journal *base,
                   const struct gv_job_filter *filter, struct gv_arena *arena, struct gv_error *err)
{
    (void)err;
    const size_t limit = filter->limit != 0 ? filter->limit : LIST_ROWS_DEFAULT;
    struct gv_memory_journal_store *store = gv_memory_self(base)->store;
    pthread_mutex_lock(&store->lock);
    size_t all = store->jobs.count;
    struct gv_job_row *rows = GV_NEW_ARRAY(arena, struct gv_job_row, all < limit ? all : limit);
    *count = 0;
    for (size_t i = 0; i < all && *count < limit; i++) {
        const struct gv_memory_job *job =
            *GV_MEMORY_ITEM(&store->jobs, filter->oldest_first ? i : all - 1 - i, struct gv_memory_job *);
        if (is_beyond(job, filter) && is_meant(job, filter))
            gv_memory_copy_row(&rows[(*count)++], &job->row, arena);
    }
    *out = *count > 0 ? rows : NULL;
    pthread_mutex_unlock(&store->lock);
    return GV_OK;
}

int gv_memory_history(const struct gv_history_row **out, size_t *count, struct gv_journal *base, const char *job_id,
                      uint64_t after_seq, struct gv_arena *arena, struct gv_error *err)
{
    (void)err;
    struct gv_memory_journal_store *store = gv_memory_self(base)->store;
    pthread_mutex_lock(&store->lock);
    const struct gv_memory_job *job = gv_memory_find(store, job_id);
    size_t lines = job != NULL ? job->history.count : 0;
    *count = after_seq < lines ? lines - after_seq : 0;
    struct gv_history_row *rows = *count > 0 ? GV_NEW_ARRAY(arena, struct gv_history_row, *count) : NULL;
    for (size_t i = 0; i < *count; i++)
        gv_memory_copy_line(&rows[i], GV_MEMORY_ITEM(&job->history, after_seq + i, struct gv_history_row), arena);
    *out = rows;
    pthread_mutex_unlock(&store->lock);
    return GV_OK;
}

static void copy_doc(struct gv_journal_doc *to, const struct gv_journal_doc *from, struct gv_arena *arena)
{
    *to = (struct gv_journal_doc){gv_arena_strdup(arena, from->space), gv_arena_strdup(arena, from->key),
                                  gv_arena_strdup(arena, from->value)};
}

int gv_memory_docs(const struct gv_journal_doc **out, size_t *count, struct gv_journal *base, const char *space,
                   const char *after_key, uint32_t limit, struct gv_arena *arena, struct gv_error *err)
{
    (void)err;
    const size_t max = limit != 0 ? limit : LIST_ROWS_DEFAULT;
    const char *after = after_key != NULL ? after_key : "";
    struct gv_memory_journal_store *store = gv_memory_self(base)->store;
    pthread_mutex_lock(&store->lock);
    *count = 0;
    size_t i;
    if (gv_memory_find_doc(&i, store, space, after))
        i++;
    struct gv_journal_doc *docs =
        GV_NEW_ARRAY(arena, struct gv_journal_doc, store->docs.count < max ? store->docs.count : max);
    for (; i < store->docs.count && *count < max; i++) {
        const struct gv_journal_doc *doc = GV_MEMORY_ITEM(&store->docs, i, struct gv_journal_doc);
        if (strcmp(doc->space, space) != 0)
            break;
        copy_doc(&docs[(*count)++], doc, arena);
    }
    *out = *count > 0 ? docs : NULL;
    pthread_mutex_unlock(&store->lock);
    return GV_OK;
}

int gv_memory_doc(const char **out, struct gv_journal *base, const char *space, const char *key, struct gv_arena *arena,
                  struct gv_error *err)
{
    (void)err;
    struct gv_memory_journal_store *store = gv_memory_self(base)->store;
    size_t i;
    pthread_mutex_lock(&store->lock);
    bool there = gv_memory_find_doc(&i, store, space, key);
    *out = there ? gv_arena_strdup(arena, GV_MEMORY_ITEM(&store->docs, i, struct gv_journal_doc)->value) : NULL;
    pthread_mutex_unlock(&store->lock);
    return GV_OK;
}

static void count_in(struct gv_journal_tally *rows, size_t *count, const struct gv_job_row *row, struct gv_arena *arena)
{
    const char *phase = row->phase != NULL ? row->phase : "";
    size_t i = 0;
    while (i < *count && (rows[i].status != row->status || rows[i].parked != row->parked ||
                          strcmp(rows[i].provider, row->provider) != 0 || strcmp(rows[i].phase, phase) != 0))
        i++;
    if (i == *count)
        rows[(*count)++] = (struct gv_journal_tally){.provider = gv_arena_strdup(arena, row->provider),
                                                     .phase = gv_arena_strdup(arena, phase),
                                                     .status = row->status,
                                                     .parked = row->parked};
    rows[i].count++;
}

int gv_memory_tally(const struct gv_journal_tally **out, size_t *count, struct gv_journal *base, struct gv_arena *arena,
                    struct gv_error *err)
{
    (void)err;
    struct gv_memory_journal_store *store = gv_memory_self(base)->store;
    pthread_mutex_lock(&store->lock);
    struct gv_journal_tally *rows = GV_NEW_ARRAY(arena, struct gv_journal_tally, store->jobs.count);
    *count = 0;
    for (size_t i = 0; i < store->jobs.count; i++) {
        const struct gv_memory_job *job = *GV_MEMORY_ITEM(&store->jobs, i, struct gv_memory_job *);
        if (!job->forgotten)
            count_in(rows, count, &job->row, arena);
    }
    *out = *count > 0 ? rows : NULL;
    pthread_mutex_unlock(&store->lock);
    return GV_OK;
}

int gv_memory_inbox(const struct gv_inbox_row **out, size_t *count, struct gv_journal *base, struct gv_arena *arena,
                    struct gv_error *err)
{
    (void)err;
    struct gv_memory_journal *j = gv_memory_self(base);
    pthread_mutex_lock(&j->store->lock);
    struct gv_inbox_row *rows = GV_NEW_ARRAY(arena, struct gv_inbox_row, j->store->inbox.count);
    *count = 0;
    for (size_t i = 0; i < j->store->inbox.count; i++) {
        const struct gv_memory_message *message = GV_MEMORY_ITEM(&j->store->inbox, i, struct gv_memory_message);
        if (gv_memory_same(message->job->row.owner, j->name))
            rows[(*count)++] = (struct gv_inbox_row){message->id, gv_arena_strdup(arena, message->job->row.id),
                                                     message->kind, gv_arena_strdup(arena, message->payload)};
    }
    *out = *count > 0 ? rows : NULL;
    pthread_mutex_unlock(&j->store->lock);
    return GV_OK;
}

uint64_t gv_memory_version(struct gv_journal *base)
{
    struct gv_memory_journal_store *store = gv_memory_self(base)->store;
    pthread_mutex_lock(&store->lock);
    uint64_t now = store->version;
    pthread_mutex_unlock(&store->lock);
    return now;
}

bool gv_memory_blob_wanted(struct gv_journal *base, const char *sha256)
{
    struct gv_memory_journal_store *store = gv_memory_self(base)->store;
    pthread_mutex_lock(&store->lock);
    bool wanted = false;
    for (size_t i = 0; i < store->blob_refs.count && !wanted; i++)
        wanted = gv_memory_same(GV_MEMORY_ITEM(&store->blob_refs, i, struct gv_memory_blob_ref)->sha256, sha256);
    pthread_mutex_unlock(&store->lock);
    return wanted;
}
