/* What the memory journal holds. Every call locks the whole store: few jobs, no hurry. */
#ifndef GV_JOURNAL_MEMORY_STORE_H
#define GV_JOURNAL_MEMORY_STORE_H

#include <pthread.h>

#include "base/list.h"
#include "journal/memory.h"

/* A growing array on the heap. */
struct gv_memory_table {
    void *items;
    size_t count, cap;
};

struct gv_memory_job {
    struct gv_arena fixed; /* the columns that stay, and the history's strings */
    struct gv_arena step;  /* the columns that steps replace */
    struct gv_job_row row;
    struct gv_memory_table history; /* struct gv_history_row */
    bool forgotten;
};

struct gv_memory_blob_ref {
    char *sha256;
    struct gv_memory_job *job;
};

struct gv_memory_message {
    int64_t id;
    struct gv_memory_job *job;
    enum gv_inbox_kind kind;
    char *payload;
};

struct gv_memory_journal_store {
    pthread_mutex_t lock;
    struct gv_memory_table jobs; /* struct gv_memory_job *, by ascending id */
    struct gv_memory_table inbox;
    struct gv_memory_table blob_refs;
    struct gv_memory_table docs; /* struct gv_journal_doc by space and key; its strings are the heap's */
    int64_t inbox_id_last;
    uint64_t version;
    struct gv_list journals;
};

struct gv_memory_journal {
    struct gv_journal base;
    struct gv_list link;
    struct gv_memory_journal_store *store;
    struct gv_loop *loop;
    char *name;
    bool alive;
    bool presumed_dead;             /* until it writes again */
    struct gv_memory_table pending; /* struct gv_journal_batch *, oldest first */
};

struct gv_memory_journal *gv_memory_self(struct gv_journal *base);

/* A zeroed item behind the last. */
void *gv_memory_add(struct gv_memory_table *table, size_t item_bytes);
/* Room for an item at i; not zeroed. */
void *gv_memory_insert(struct gv_memory_table *table, size_t i, size_t item_bytes);
void *gv_memory_at(const struct gv_memory_table *table, size_t i, size_t item_bytes);
void gv_memory_remove_at(struct gv_memory_table *table, size_t i, size_t item_bytes);

#define GV_MEMORY_ITEM(table, i, type) ((type *)gv_memory_at((table), (i), sizeof(type)))

/* NULL is like nothing, not even NULL. */
bool gv_memory_same(const char *a, const char *b);
bool gv_memory_finished(const struct gv_job_row *row);
/* Where the id is, or belongs. */
size_t gv_memory_position(const struct gv_memory_journal_store *store, const char *id);
/* Of a job that is seen. */
struct gv_memory_job *gv_memory_find(const struct gv_memory_journal_store *store, const char *id);
/* True with the place of the document, else false with where it belongs. */
bool gv_memory_find_doc(size_t *at, const struct gv_memory_journal_store *store, const char *space, const char *key);
void gv_memory_copy_row(struct gv_job_row *to, const struct gv_job_row *from, struct gv_arena *arena);
void gv_memory_copy_step(struct gv_job_row *to, const struct gv_job_row *from, struct gv_arena *arena);
void gv_memory_copy_fixed(struct gv_job_row *to, const struct gv_job_row *from, struct gv_arena *arena);
void gv_memory_copy_line(struct gv_history_row *to, const struct gv_history_row *from, struct gv_arena *arena);
void gv_memory_drop_message(struct gv_memory_journal_store *store, size_t i);
void gv_memory_drop_doc(struct gv_memory_journal_store *store, size_t i);
bool gv_memory_driven(const struct gv_memory_journal_store *store, const char *name);

/* memory_apply.c; under the store's lock */
void gv_memory_apply(struct gv_memory_journal *journal, struct gv_journal_batch *batch);

/* memory_read.c: as in port/journal.h */
int gv_memory_get(const struct gv_job_row **out, struct gv_journal *journal, const char *job_id, struct gv_arena *arena,
                  struct gv_error *err);
int gv_memory_list(const struct gv_job_row **out, size_t *count, struct gv_journal *journal,
                   const struct gv_job_filter *filter, struct gv_arena *arena, struct gv_error *err);
int gv_memory_history(const struct gv_history_row **out, size_t *count, struct gv_journal *journal, const char *job_id,
                      uint64_t after_seq, struct gv_arena *arena, struct gv_error *err);
int gv_memory_docs(const struct gv_journal_doc **out, size_t *count, struct gv_journal *journal, const char *space,
                   const char *after_key, uint32_t limit, struct gv_arena *arena, struct gv_error *err);
int gv_memory_doc(const char **out, struct gv_journal *journal, const char *space, const char *key,
                  struct gv_arena *arena, struct gv_error *err);
int gv_memory_tally(const struct gv_journal_tally **out, size_t *count, struct gv_journal *journal,
                    struct gv_arena *arena, struct gv_error *err);
int gv_memory_inbox(const struct gv_inbox_row **out, size_t *count, struct gv_journal *journal, struct gv_arena *arena,
                    struct gv_error *err);
uint64_t gv_memory_version(struct gv_journal *journal);
bool gv_memory_blob_wanted(struct gv_journal *journal, const char *sha256);

#endif
