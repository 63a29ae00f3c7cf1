#include "journal/sqlite_rows.h"

#include <string.h>

#include "base/assert.h"
#include "journal/columns.h"

#define ROWS_FIRST 16

static const char *const STATUS[] = {
    [GV_PENDING] = "pending", [GV_RUNNING] = "running", [GV_SUCCEEDED] = "succeeded", [GV_FAILED] = "failed"};

#define STATUS_COUNT (sizeof(STATUS) / sizeof(STATUS[0]))

const char *gv_sqlite_status(enum gv_status status)
{
    GV_ASSERT(status > GV_STATUS_UNSET && status < STATUS_COUNT);
    return STATUS[status];
}

enum gv_status gv_sqlite_read_status(sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    for (size_t i = GV_PENDING; i < STATUS_COUNT; i++)
        if (text != NULL && strcmp(text, STATUS[i]) == 0)
            return (enum gv_status)i;
    return GV_STATUS_UNSET;
}

const char *gv_sqlite_read_text(sqlite3_stmt *stmt, int column, struct gv_arena *arena)
{
    if (sqlite3_column_type(stmt, column) == SQLITE_NULL)
        return NULL;
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    if (text == NULL)
        gv_out_of_memory(0);
    return gv_arena_strdup(arena, text);
}

#define BIND_TEXT(value) sqlite3_bind_text(stmt, at++, value, -1, SQLITE_STATIC)
#define BIND_INTEGER(value) sqlite3_bind_int64(stmt, at++, value)
#define BIND_BOOL(value) sqlite3_bind_int(stmt, at++, value)
#define BIND_REAL(value) sqlite3_bind_double(stmt, at++, value)
#define BIND_STATUS(value) BIND_TEXT(gv_sqlite_status(value))
#define BIND(kind, column) BIND_##kind(row->column);

int gv_sqlite_bind_step(sqlite3_stmt *stmt, int at, const struct gv_job_row *row)
{
    GV_JOB_STEP_COLUMNS(BIND)
    return at;
}

int gv_sqlite_bind_fixed(sqlite3_stmt *stmt, int at, const struct gv_job_row *row)
{
    GV_JOB_FIXED_COLUMNS(BIND)
    return at;
}

#define READ_TEXT(target) target = gv_sqlite_read_text(stmt, at++, arena)
#define READ_INTEGER(target) target = (__typeof__(target))sqlite3_column_int64(stmt, at++)
#define READ_BOOL(target) target = sqlite3_column_int(stmt, at++) != 0
#define READ_REAL(target) target = sqlite3_column_double(stmt, at++)
#define READ_STATUS(target) target = gv_sqlite_read_status(stmt, at++)
#define READ(kind, column) READ_##kind(out->column);

void gv_sqlite_read_job(struct gv_job_row *out, sqlite3_stmt *stmt, struct gv_arena *arena)
{
    int at = 0;
    GV_JOB_STEP_COLUMNS(READ)
    GV_JOB_FIXED_COLUMNS(READ)
    READ_TEXT(out->owner);
}

bool gv_sqlite_row_is_whole(const struct gv_job_row *row)
{
    return row->status != GV_STATUS_UNSET && row->id && row->provider && row->operation && row->request;
}

void *gv_sqlite_grow(struct gv_arena *arena, void *items, size_t count, size_t item_bytes)
{
    bool full = count == 0 || (count >= ROWS_FIRST && (count & (count - 1)) == 0);
    if (!full)
        return items;
    void *bigger = gv_arena_alloc(arena, item_bytes * (count == 0 ? ROWS_FIRST : 2 * count));
    if (count > 0)
        memcpy(bigger, items, item_bytes * count);
    return bigger;
}
