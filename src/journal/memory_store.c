#include "journal/memory_store.h"

#include <stdlib.h>
#include <string.h>

#include "journal/columns.h"

struct gv_memory_journal *gv_memory_self(struct gv_journal *base)
{
    return (struct gv_memory_journal *)(void *)base;
}

void *gv_memory_add(struct gv_memory_table *table, size_t item_bytes)
{
    if (table->count == table->cap) {
        table->cap = table->cap == 0 ? 16 : 2 * table->cap;
        table->items = gv_xrealloc(table->items, table->cap * item_bytes);
    }
    void *item = (char *)table->items + table->count++ * item_bytes;
    memset(item, 0, item_bytes);
    return item;
}

void *gv_memory_insert(struct gv_memory_table *table, size_t i, size_t item_bytes)
{
    gv_memory_add(table, item_bytes);
    char *item = gv_memory_at(table, i, item_bytes);
    memmove(item + item_bytes, item, (table->count - 1 - i) * item_bytes);
    return item;
}

void *gv_memory_at(const struct gv_memory_table *table, size_t i, size_t item_bytes)
{
    return (char *)table->items + i * item_bytes;
}

void gv_memory_remove_at(struct gv_memory_table *table, size_t i, size_t item_bytes)
{
    table->count--;
    memmove(gv_memory_at(table, i, item_bytes), gv_memory_at(table, i + 1, item_bytes),
            (table->count - i) * item_bytes);
}

#define COPY_TEXT(column) to->column = gv_arena_strdup(arena, from->column)
#define COPY_INTEGER(column) to->column = from->column
#define COPY_BOOL COPY_INTEGER
#define COPY_REAL COPY_INTEGER
#define COPY_STATUS COPY_INTEGER
#define COPY(kind, column) COPY_##kind(column);

void gv_memory_copy_step(struct gv_job_row *to, const struct gv_job_row *from, struct gv_arena *arena)
{
    GV_JOB_STEP_COLUMNS(COPY)
}

void gv_memory_copy_fixed(struct gv_job_row *to, const struct gv_job_row *from, struct gv_arena *arena)
{
    GV_JOB_FIXED_COLUMNS(COPY)
}

void gv_memory_copy_row(struct gv_job_row *to, const struct gv_job_row *from, struct gv_arena *arena)
{
    gv_memory_copy_step(to, from, arena);
    gv_memory_copy_fixed(to, from, arena);
    to->owner = gv_arena_strdup(arena, from->owner);
}

void gv_memory_copy_line(struct gv_history_row *to, const struct gv_history_row *from, struct gv_arena *arena)
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

bool gv_memory_finished(const struct gv_job_row *row)
{
    return row->status == GV_SUCCEEDED || row->status == GV_FAILED;
}

bool gv_memory_same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

size_t gv_memory_position(const struct gv_memory_journal_store *store, const char *id)
{
    size_t low = 0, high = store->jobs.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp((*GV_MEMORY_ITEM(&store->jobs, middle, struct gv_memory_job *))->row.id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct gv_memory_job *gv_memory_find(const struct gv_memory_journal_store *store, const char *id)
{
    size_t i = gv_memory_position(store, id);
    if (i == store->jobs.count)
        return NULL;
    struct gv_memory_job *job = *GV_MEMORY_ITEM(&store->jobs, i, struct gv_memory_job *);
    return !job->forgotten && strcmp(job->row.id, id) == 0 ? job : NULL;
}

bool gv_memory_find_doc(size_t *at, const struct gv_memory_journal_store *store, const char *space, const char *key)
{
    size_t low = 0, high = store->docs.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct gv_journal_doc *doc = GV_MEMORY_ITEM(&store->docs, middle, struct gv_journal_doc);
        int order = strcmp(doc->space, space);
        if (order < 0 || (order == 0 && strcmp(doc->key, key) < 0))
            low = middle + 1;
        else
            high = middle;
    }
    *at = low;
    const struct gv_journal_doc *doc =
        low < store->docs.count ? GV_MEMORY_ITEM(&store->docs, low, struct gv_journal_doc) : NULL;
    return doc != NULL && strcmp(doc->space, space) == 0 && strcmp(doc->key, key) == 0;
}

void gv_memory_drop_doc(struct gv_memory_journal_store *store, size_t i)
{
    const struct gv_journal_doc *doc = GV_MEMORY_ITEM(&store->docs, i, struct gv_journal_doc);
    free((char *)doc->space);
    free((char *)doc->key);
    free((char *)doc->value);
    gv_memory_remove_at(&store->docs, i, sizeof(*doc));
}

void gv_memory_drop_message(struct gv_memory_journal_store *store, size_t i)
{
    free(GV_MEMORY_ITEM(&store->inbox, i, struct gv_memory_message)->payload);
    gv_memory_remove_at(&store->inbox, i, sizeof(struct gv_memory_message));
}

bool gv_memory_driven(const struct gv_memory_journal_store *store, const char *name)
{
    GV_LIST_EACH (item, &store->journals) {
        const struct gv_memory_journal *j = GV_CONTAINER(item, struct gv_memory_journal, link);
        if (j->alive && !j->presumed_dead && gv_memory_same(j->name, name))
            return true;
    }
    return false;
}
