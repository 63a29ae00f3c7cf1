/* The reading connection, for any thread; each call sees what was committed before it. */
#ifndef GV_JOURNAL_SQLITE_READ_H
#define GV_JOURNAL_SQLITE_READ_H

#include <pthread.h>

#include "journal/sqlite_db.h"
#include "port/journal.h"

struct gv_sqlite_reader {
    pthread_mutex_t lock; /* of the rest */
    struct gv_sqlite db;
    uint64_t version_last;
    bool open;
};

int gv_sqlite_reader_open(struct gv_sqlite_reader *out, const char *path, struct gv_error *err);
void gv_sqlite_reader_close(struct gv_sqlite_reader *reader); /* a zeroed one is harmless */

/* As in port/journal.h. */
int gv_sqlite_get(const struct gv_job_row **out, struct gv_sqlite_reader *reader, const char *job_id,
                  struct gv_arena *arena, struct gv_error *err);
int gv_sqlite_list(const struct gv_job_row **out, size_t *count, struct gv_sqlite_reader *reader,
                   const struct gv_job_filter *filter, struct gv_arena *arena, struct gv_error *err);
int gv_sqlite_history(const struct gv_history_row **out, size_t *count, struct gv_sqlite_reader *reader,
                      const char *job_id, uint64_t after_seq, struct gv_arena *arena, struct gv_error *err);
int gv_sqlite_inbox(const struct gv_inbox_row **out, size_t *count, struct gv_sqlite_reader *reader, const char *owner,
                    struct gv_arena *arena, struct gv_error *err);
int gv_sqlite_docs(const struct gv_journal_doc **out, size_t *count, struct gv_sqlite_reader *reader, const char *space,
                   const char *after_key, uint32_t limit, struct gv_arena *arena, struct gv_error *err);
int gv_sqlite_doc(const char **out, struct gv_sqlite_reader *reader, const char *space, const char *key,
                  struct gv_arena *arena, struct gv_error *err);
int gv_sqlite_tally(const struct gv_journal_tally **out, size_t *count, struct gv_sqlite_reader *reader,
                    struct gv_arena *arena, struct gv_error *err);
uint64_t gv_sqlite_version(struct gv_sqlite_reader *reader);
int gv_sqlite_check(struct gv_sqlite_reader *reader, struct gv_error *err);
bool gv_sqlite_blob_wanted(struct gv_sqlite_reader *reader, const char *sha256);

#endif
