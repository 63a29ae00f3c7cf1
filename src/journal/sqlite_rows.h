/* Job rows to and from statements, and arrays that grow in an arena. */
#ifndef GV_JOURNAL_SQLITE_ROWS_H
#define GV_JOURNAL_SQLITE_ROWS_H

#include <sqlite3.h>

#include "port/journal.h"

/* Binds the columns of a step, or those that never change, from position `at` on; returns the next position.
 * The row's strings are borrowed until the statement is reset. */
int gv_sqlite_bind_step(sqlite3_stmt *stmt, int at, const struct gv_job_row *row);
int gv_sqlite_bind_fixed(sqlite3_stmt *stmt, int at, const struct gv_job_row *row);
/* Reads the columns of GV_SQL_JOB_GET and its like. SQLITE_CORRUPT: what the tables don't allow stands there, so that
 * somebody or something else wrote it. */
int gv_sqlite_read_job(struct gv_job_row *out, sqlite3_stmt *stmt, struct gv_arena *arena);
/* Copied; NULL for NULL. */
const char *gv_sqlite_read_text(sqlite3_stmt *stmt, int column, struct gv_arena *arena);

/* "pending" and so on, as in the tables. */
const char *gv_sqlite_status(enum gv_status status);

/* Room for item `count` behind those in `items`, which may move. Start with NULL and 0. */
void *gv_sqlite_grow(struct gv_arena *arena, void *items, size_t count, size_t item_bytes);

#endif
