/* One connection to the journal file, its prepared statements, and the words for what SQLite says. */
#ifndef GV_JOURNAL_SQLITE_DB_H
#define GV_JOURNAL_SQLITE_DB_H

#include <sqlite3.h>

#include "golem_video/error.h"

/* The statements that both connections keep prepared; their text is in sqlite_db.c. */
enum gv_sql {
    GV_SQL_BEGIN,
    GV_SQL_COMMIT,
    GV_SQL_ROLLBACK,
    GV_SQL_SAVE,
    GV_SQL_UNSAVE,
    GV_SQL_UNDO,
    GV_SQL_OWNER_PUT,
    GV_SQL_OWNER_REMOVE,
    GV_SQL_OWNERS,
    GV_SQL_KEY_FIND,
    GV_SQL_WISH_FIND,
    GV_SQL_JOB_INSERT,
    GV_SQL_JOB_STEP,
    GV_SQL_JOB_EXISTS,
    GV_SQL_JOB_GET,
    GV_SQL_JOB_TAKE,
    GV_SQL_JOB_RELEASE,
    GV_SQL_JOB_ENDED,
    GV_SQL_JOB_FORGET,
    GV_SQL_JOB_ANNOUNCED,
    GV_SQL_IDLE_ALL, /* of those parked the ones that somebody left a message for */
    GV_SQL_IDLE_ONE,
    GV_SQL_HISTORY_ADD,
    GV_SQL_HISTORY_AFTER,
    GV_SQL_HISTORY_CLEAR,
    GV_SQL_INBOX_PUT,
    GV_SQL_INBOX_DONE,
    GV_SQL_INBOX_CLEAR,
    GV_SQL_INBOX_OF,
    GV_SQL_BLOB_REF,
    GV_SQL_BLOB_WANTED,
    GV_SQL_BLOBS_OF,
    GV_SQL_BLOB_CLEAR,
    GV_SQL_DOC_PUT,
    GV_SQL_DOC_DROP,
    GV_SQL_DOC_GET,
    GV_SQL_DOCS,
    GV_SQL_TALLY,
    GV_SQL_VERSION,
    GV_SQL_CHECK,
    GV_SQL_COUNT,
};

/* What can be done about a damaged file. */
#define GV_SQLITE_SAVE_ADVICE                                                                                          \
    "stop what uses the store, keep a copy of its folder, and save the journal's readable part with "                  \
    "`sqlite3 journal.db .recover | sqlite3 saved.db`; finished films lie unharmed in the folder blobs"

/* SELECT ... FROM jobs, to be continued. */
extern const char GV_SQL_LIST_HEAD[];

/* Used by one thread at a time. */
struct gv_sqlite {
    sqlite3 *db;
    char *path;
    sqlite3_stmt *statements[GV_SQL_COUNT];
};

enum gv_sqlite_role {
    GV_SQLITE_WRITER, /* makes the file and brings its schema up to date */
    GV_SQLITE_READER, /* after the writer opened */
};

/* On failure nothing stays open. */
int gv_sqlite_open(struct gv_sqlite *out, const char *path, enum gv_sqlite_role role, struct gv_error *err);
void gv_sqlite_close(struct gv_sqlite *db); /* a closed or zeroed one is harmless */

/* SQLITE_OK with *out ready to be bound, and its bindings empty. Give it back with gv_sqlite_end. */
int gv_sqlite_begin(sqlite3_stmt **out, struct gv_sqlite *db, enum gv_sql sql);
/* Resets the statement; returns the code of its last step, SQLITE_OK for rows and their end. */
int gv_sqlite_end(sqlite3_stmt *stmt);
/* Binds by `format` from position 1, 't' a string (NULL allowed), 'i' an int64_t, and runs to the end. Strings are
 * borrowed during the call. */
int gv_sqlite_run(struct gv_sqlite *db, enum gv_sql sql, const char *format, ...);

/* Fills err from the connection's last failure and returns GV_INTERNAL_ERROR. `tried`: "writing the journal". */
int gv_sqlite_fail(const struct gv_sqlite *db, const char *tried, struct gv_error *err);

/* sqlite_schema.c: refuses a file that isn't a journal or is newer than this program. */
int gv_sqlite_check_identity(struct gv_sqlite *db, struct gv_error *err);
/* sqlite_schema.c: brings an older schema up to date, one transaction per version. */
int gv_sqlite_migrate(struct gv_sqlite *db, struct gv_error *err);

#endif
