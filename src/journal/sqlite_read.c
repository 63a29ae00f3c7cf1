#include "journal/sqlite_read.h"

#include <string.h>

#include "base/error.h"
#include "journal/sqlite_rows.h"

#define READING "reading the journal"
#define LIST_ROWS_DEFAULT 100

int gv_sqlite_reader_open(struct gv_sqlite_reader *out, const char *path, struct gv_error *err)
{
    int code = gv_sqlite_open(&out->db, path, GV_SQLITE_READER, err);
    if (code != GV_OK)
        return code;
    pthread_mutex_init(&out->lock, NULL);
    out->open = true;
    return GV_OK;
}

void gv_sqlite_reader_close(struct gv_sqlite_reader *reader)
{
    if (!reader->open)
        return;
    gv_sqlite_close(&reader->db);
    pthread_mutex_destroy(&reader->lock);
    reader->open = false;
}

/* Between these two the connection is ours. stmt is NULL where it couldn't be prepared. */
static sqlite3_stmt *enter(struct gv_sqlite_reader *reader, enum gv_sql sql)
{
    sqlite3_stmt *stmt = NULL;
    pthread_mutex_lock(&reader->lock);
    gv_sqlite_begin(&stmt, &reader->db, sql);
    return stmt;
}

static int leave(struct gv_sqlite_reader *reader, sqlite3_stmt *stmt, struct gv_error *err)
{
    int code = GV_OK;
    if (stmt == NULL || gv_sqlite_end(stmt) != SQLITE_OK)
        code = gv_sqlite_fail(&reader->db, READING, err);
    pthread_mutex_unlock(&reader->lock);
    return code;
}

/* SQLite notices damage to a file's structure, not to what a row says. */
static int check_row(const struct gv_sqlite_reader *reader, const struct gv_job_row *row, struct gv_error *err)
{
    if (gv_sqlite_row_is_whole(row))
        return GV_OK;
    return gv_fail(err, GV_INTERNAL_ERROR, READING " %s failed: the row of job %s is damaged; " GV_SQLITE_SAVE_ADVICE,
                   reader->db.path, row->id ? row->id : "without a name");
}

int gv_sqlite_get(const struct gv_job_row **out, struct gv_sqlite_reader *reader, const char *job_id,
                  struct gv_arena *arena, struct gv_error *err)
{
    sqlite3_stmt *stmt = enter(reader, GV_SQL_JOB_GET);
    *out = NULL;
    if (stmt != NULL) {
        sqlite3_bind_text(stmt, 1, job_id, -1, SQLITE_STATIC);
        if (sqlite3_step(stmt) == SQLITE_ROW) {
            struct gv_job_row *row = GV_NEW(arena, struct gv_job_row);
            gv_sqlite_read_job(row, stmt, arena);
            *out = row;
        }
    }
    int code = leave(reader, stmt, err);
    if (code == GV_OK && *out != NULL)
        code = check_row(reader, *out, err);
    if (code != GV_OK)
        *out = NULL;
    return code;
}

/* Built for the filter at hand, so that each form gets its index. */
static sqlite3_stmt *prepare_list(struct gv_sqlite_reader *reader, const struct gv_job_filter *filter,
                                  struct gv_arena *arena)
{
    bool up = filter->oldest_first;
    const char *index = filter->unannounced      ? " INDEXED BY jobs_unannounced"
                        : filter->tenant != NULL ? " INDEXED BY jobs_tenant"
                                                 : "";
    const char *sql = gv_arena_printf(
        arena, "%s%s WHERE forgotten=0%s%s%s%s%s ORDER BY id %s LIMIT ?4", GV_SQL_LIST_HEAD, index,
        filter->after_id == NULL ? ""
        : up                     ? " AND id>?1"
                                 : " AND id<?1",
        filter->status != GV_STATUS_UNSET ? " AND status=?2" : "", filter->provider != NULL ? " AND provider=?3" : "",
        filter->tenant != NULL ? " AND coalesce(tenant,'')=?5" : "",
        filter->unannounced ? " AND announce=1 AND status IN ('succeeded','failed')" : "", up ? "ASC" : "DESC");
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(reader->db.db, sql, -1, &stmt, NULL) != SQLITE_OK)
        return NULL;
    if (filter->after_id != NULL)
        sqlite3_bind_text(stmt, 1, filter->after_id, -1, SQLITE_STATIC);
    if (filter->status != GV_STATUS_UNSET)
        sqlite3_bind_text(stmt, 2, gv_sqlite_status(filter->status), -1, SQLITE_STATIC);
    if (filter->provider != NULL)
        sqlite3_bind_text(stmt, 3, filter->provider, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 4, filter->limit != 0 ? filter->limit : LIST_ROWS_DEFAULT);
    if (filter->tenant != NULL)
        sqlite3_bind_text(stmt, 5, filter->tenant, -1, SQLITE_STATIC);
    return stmt;
}

int gv_sqlite_list(const struct gv_job_row **out, size_t *count, struct gv_sqlite_reader *reader,
                   const struct gv_job_filter *filter, struct gv_arena *arena, struct gv_error *err)
{
    struct gv_job_row *rows = NULL;
    *count = 0;
    pthread_mutex_lock(&reader->lock);
    sqlite3_stmt *stmt = prepare_list(reader, filter, arena);
    while (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW) {
        rows = gv_sqlite_grow(arena, rows, *count, sizeof(*rows));
        gv_sqlite_read_job(&rows[(*count)++], stmt, arena);
    }
    *out = rows;
    int code = leave(reader, stmt, err);
    sqlite3_finalize(stmt);
    for (size_t i = 0; code == GV_OK && i < *count; i++)
        code = check_row(reader, &rows[i], err);
    return code;
}

static void read_line(struct gv_history_row *out, sqlite3_stmt *stmt, struct gv_arena *arena)
{
    *out = (struct gv_history_row){
        .seq = (uint64_t)sqlite3_column_int64(stmt, 0),
        .at_ms = sqlite3_column_int64(stmt, 1),
        .event = gv_sqlite_read_text(stmt, 2, arena),
        .phase = gv_sqlite_read_text(stmt, 3, arena),
        .effect = gv_sqlite_read_text(stmt, 4, arena),
        .note = gv_sqlite_read_text(stmt, 5, arena),
    };
}

int gv_sqlite_history(const struct gv_history_row **out, size_t *count, struct gv_sqlite_reader *reader,
                      const char *job_id, uint64_t after_seq, struct gv_arena *arena, struct gv_error *err)
{
    struct gv_history_row *rows = NULL;
    *count = 0;
    sqlite3_stmt *stmt = enter(reader, GV_SQL_HISTORY_AFTER);
    if (stmt != NULL) {
        sqlite3_bind_text(stmt, 1, job_id, -1, SQLITE_STATIC);
        sqlite3_bind_int64(stmt, 2, after_seq > INT64_MAX ? INT64_MAX : (int64_t)after_seq);
    }
    while (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW) {
        rows = gv_sqlite_grow(arena, rows, *count, sizeof(*rows));
        read_line(&rows[(*count)++], stmt, arena);
    }
    *out = rows;
    return leave(reader, stmt, err);
}

int gv_sqlite_inbox(const struct gv_inbox_row **out, size_t *count, struct gv_sqlite_reader *reader, const char *owner,
                    struct gv_arena *arena, struct gv_error *err)
{
    struct gv_inbox_row *rows = NULL;
    *count = 0;
    sqlite3_stmt *stmt = enter(reader, GV_SQL_INBOX_OF);
    if (stmt != NULL)
        sqlite3_bind_text(stmt, 1, owner, -1, SQLITE_STATIC);
    while (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW) {
        rows = gv_sqlite_grow(arena, rows, *count, sizeof(*rows));
        rows[*count] = (struct gv_inbox_row){
            .id = sqlite3_column_int64(stmt, 0),
            .job_id = gv_sqlite_read_text(stmt, 1, arena),
            .kind = (enum gv_inbox_kind)sqlite3_column_int(stmt, 2),
            .payload = gv_sqlite_read_text(stmt, 3, arena),
        };
        *count += rows[*count].job_id != NULL; /* a damaged message is for nobody */
    }
    *out = rows;
    return leave(reader, stmt, err);
}

int gv_sqlite_docs(const struct gv_journal_doc **out, size_t *count, struct gv_sqlite_reader *reader, const char *space,
                   const char *after_key, uint32_t limit, struct gv_arena *arena, struct gv_error *err)
{
    struct gv_journal_doc *docs = NULL;
    *count = 0;
    sqlite3_stmt *stmt = enter(reader, GV_SQL_DOCS);
    if (stmt != NULL) {
        sqlite3_bind_text(stmt, 1, space, -1, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 2, after_key != NULL ? after_key : "", -1, SQLITE_STATIC);
        sqlite3_bind_int64(stmt, 3, limit != 0 ? limit : LIST_ROWS_DEFAULT);
    }
    while (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW) {
        docs = gv_sqlite_grow(arena, docs, *count, sizeof(*docs));
        docs[(*count)++] =
            (struct gv_journal_doc){gv_sqlite_read_text(stmt, 0, arena), gv_sqlite_read_text(stmt, 1, arena),
                                    gv_sqlite_read_text(stmt, 2, arena)};
    }
    *out = docs;
    return leave(reader, stmt, err);
}

int gv_sqlite_doc(const char **out, struct gv_sqlite_reader *reader, const char *space, const char *key,
                  struct gv_arena *arena, struct gv_error *err)
{
    sqlite3_stmt *stmt = enter(reader, GV_SQL_DOC_GET);
    *out = NULL;
    if (stmt != NULL) {
        sqlite3_bind_text(stmt, 1, space, -1, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 2, key, -1, SQLITE_STATIC);
        if (sqlite3_step(stmt) == SQLITE_ROW)
            *out = gv_sqlite_read_text(stmt, 0, arena);
    }
    return leave(reader, stmt, err);
}

int gv_sqlite_tally(const struct gv_journal_tally **out, size_t *count, struct gv_sqlite_reader *reader,
                    struct gv_arena *arena, struct gv_error *err)
{
    struct gv_journal_tally *rows = NULL;
    *count = 0;
    sqlite3_stmt *stmt = enter(reader, GV_SQL_TALLY);
    while (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW) {
        rows = gv_sqlite_grow(arena, rows, *count, sizeof(*rows));
        rows[(*count)++] = (struct gv_journal_tally){
            .provider = gv_sqlite_read_text(stmt, 0, arena),
            .phase = gv_sqlite_read_text(stmt, 1, arena),
            .status = gv_sqlite_read_status(stmt, 2),
            .parked = sqlite3_column_int(stmt, 3) != 0,
            .count = (uint64_t)sqlite3_column_int64(stmt, 4),
        };
    }
    *out = rows;
    return leave(reader, stmt, err);
}

/* data_version moves with every commit of another connection, and this one never commits. */
uint64_t gv_sqlite_version(struct gv_sqlite_reader *reader)
{
    sqlite3_stmt *stmt = enter(reader, GV_SQL_VERSION);
    if (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW)
        reader->version_last = (uint64_t)sqlite3_column_int64(stmt, 0);
    uint64_t version = reader->version_last;
    leave(reader, stmt, NULL);
    return version;
}

int gv_sqlite_check(struct gv_sqlite_reader *reader, struct gv_error *err)
{
    sqlite3_stmt *stmt = enter(reader, GV_SQL_CHECK);
    struct gv_arena arena = {0};
    const char *verdict = NULL;
    if (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW)
        verdict = gv_sqlite_read_text(stmt, 0, &arena);
    int code = leave(reader, stmt, err);
    if (code == GV_OK && (verdict == NULL || strcmp(verdict, "ok") != 0))
        code = gv_fail(err, GV_INTERNAL_ERROR, "checking the journal %s failed: %s; " GV_SQLITE_SAVE_ADVICE,
                       reader->db.path, verdict != NULL ? verdict : "no answer");
    gv_arena_free(&arena);
    return code;
}

bool gv_sqlite_blob_wanted(struct gv_sqlite_reader *reader, const char *sha256)
{
    sqlite3_stmt *stmt = enter(reader, GV_SQL_BLOB_WANTED);
    bool wanted = false;
    if (stmt != NULL) {
        sqlite3_bind_text(stmt, 1, sha256, -1, SQLITE_STATIC);
        wanted = sqlite3_step(stmt) == SQLITE_ROW;
    }
    bool known = leave(reader, stmt, NULL) == GV_OK;
    return wanted || !known; /* in doubt it stays */
}
