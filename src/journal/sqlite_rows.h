/* Job rows to and from statements, and arrays that grow in an arena. */
#ifndef GV_JOURNAL_SQLITE_ROWS_H
#define GV_JOURNAL_SQLITE_ROWS_H

#include <sqlite3.h>

#include "port/journal.h"

/* Binds the columns of a step, or those that never change, from position `at` on; returns the next position.
 * The row's strings are borrowed until the statement is reset. */
int gv_sqlite_bind_step(sqlite3_stmt *stmt, int at, const struct gv_job_row *row);
int gv_sqlite_bind_fixed(sqlite3_stmt *stmt, int at, const struct gv_job_row *row);
/* Reads the columns of GV_SQL_JOB_GET and its like. A status that the table does not allow, which SQLite does not
 * notice in a damaged file, is GV_STATUS_UNSET. */
void gv_sqlite_read_job(struct gv_job_row *out, sqlite3_stmt *stmt, struct gv_arena *arena);
/* Whether what the table demands of a row is there; in a damaged file it may not be. */
bool gv_sqlite_row_is_whole(const struct gv_job_row *row);
/* Copied; NULL for NULL. */
const char *gv_sqlite_read_text(sqlite3_stmt *stmt, int column, struct gv_arena *arena);

/* "pending" and so on, as in the tables. */
const char *gv_sqlite_status(enum gv_status status);
enum gv_status gv_sqlite_read_status(sqlite3_stmt *stmt, int column);

/* Room for item `count` behind those in `items`, which may move. Start with NULL and 0. */
void *gv_sqlite_grow(struct gv_arena *arena, void *items, size_t count, size_t item_bytes);

#endif
