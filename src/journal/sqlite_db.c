#include "journal/sqlite_db.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/error.h"
#include "journal/columns.h"

/* How long one attempt waits for another process's commit. */
#define BUSY_MS 5000
/* The log file is cut to this after a checkpoint that emptied it. */
#define LOG_BYTES_KEPT "67108864"

#define NAME(kind, column) #column ","
#define SET(kind, column) #column "=?,"
#define MARK(kind, column) "?,"
#define JOB_NAMES GV_JOB_STEP_COLUMNS(NAME) GV_JOB_FIXED_COLUMNS(NAME) "owner"
#define JOB_MARKS GV_JOB_STEP_COLUMNS(MARK) GV_JOB_FIXED_COLUMNS(MARK) "?"
/* The same words as in the index jobs_idle, which without statistics is not chosen by itself. */
#define UNDRIVEN "owner IS NULL AND status IN ('pending','running')"

const char GV_SQL_LIST_HEAD[] = "SELECT " JOB_NAMES " FROM jobs";

static const char *const SQL[GV_SQL_COUNT] = {
    [GV_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [GV_SQL_COMMIT] = "COMMIT",
    [GV_SQL_ROLLBACK] = "ROLLBACK",
    [GV_SQL_SAVE] = "SAVEPOINT batch",
    [GV_SQL_UNSAVE] = "RELEASE batch",
    [GV_SQL_UNDO] = "ROLLBACK TO batch",
    [GV_SQL_OWNER_PUT] = "INSERT OR IGNORE INTO owners(name,pid,host) VALUES(?,?,?)",
    [GV_SQL_OWNER_REMOVE] = "DELETE FROM owners WHERE name=?",
    [GV_SQL_OWNERS] = "SELECT name FROM owners WHERE name<>?",
    [GV_SQL_KEY_FIND] =
        "SELECT id,request_sha256 FROM jobs WHERE coalesce(tenant,'')=coalesce(?,'') AND idempotency_key=?",
    [GV_SQL_WISH_FIND] = "SELECT id FROM jobs INDEXED BY jobs_wish WHERE coalesce(tenant,'')=coalesce(?,'') AND "
                         "request_sha256=? AND created_ms>=? ORDER BY id DESC LIMIT 1",
    [GV_SQL_JOB_INSERT] = "INSERT INTO jobs(" JOB_NAMES ") VALUES(" JOB_MARKS ")",
    [GV_SQL_JOB_STEP] = "UPDATE jobs SET " GV_JOB_STEP_COLUMNS(SET) "owner=? WHERE id=? AND owner=?",
    [GV_SQL_JOB_EXISTS] = "SELECT 1 FROM jobs WHERE id=? AND forgotten=0",
    [GV_SQL_JOB_GET] = "SELECT " JOB_NAMES " FROM jobs WHERE id=? AND forgotten=0",
    [GV_SQL_JOB_TAKE] = "UPDATE jobs SET owner=? WHERE id=?",
    [GV_SQL_JOB_RELEASE] = "UPDATE jobs SET owner=NULL WHERE id=? AND owner=?",
    [GV_SQL_JOB_ENDED] = "SELECT status IN ('succeeded','failed') FROM jobs WHERE id=? AND forgotten=0",
    [GV_SQL_JOB_FORGET] = "UPDATE jobs SET forgotten=1,announce=0,request='{}',state=NULL,outputs=NULL,error=NULL,"
                          "note=NULL,warnings=NULL,metadata=NULL WHERE id=?",
    [GV_SQL_JOB_ANNOUNCED] = "UPDATE jobs SET announce=0 WHERE id=? AND forgotten=0",
    /* Two lists by id, merged as they are read. CROSS: goes through the messages, which are few, and not through the
     * jobs. */
    [GV_SQL_IDLE_ALL] =
        "SELECT " JOB_NAMES " FROM jobs INDEXED BY jobs_idle WHERE " UNDRIVEN " AND parked=0 AND id>coalesce(?1,'') "
        "UNION ALL SELECT " JOB_NAMES " FROM (SELECT DISTINCT job_id FROM inbox) CROSS JOIN jobs ON id=job_id "
        "WHERE " UNDRIVEN " AND parked=1 AND id>coalesce(?1,'') ORDER BY id LIMIT ?2",
    [GV_SQL_IDLE_ONE] = "SELECT " JOB_NAMES " FROM jobs WHERE " UNDRIVEN " AND id=?",
    [GV_SQL_HISTORY_ADD] =
        "INSERT INTO history(job_id,seq,at_ms,event,phase,effect,note) VALUES(?1,"
        "1+coalesce((SELECT seq FROM history WHERE job_id=?1 ORDER BY seq DESC LIMIT 1),0),?2,?3,?4,?5,?6) "
        "RETURNING seq",
    [GV_SQL_HISTORY_AFTER] = "SELECT seq,at_ms,event,phase,effect,note FROM history WHERE job_id=? AND seq>? "
                             "ORDER BY seq",
    [GV_SQL_HISTORY_CLEAR] = "DELETE FROM history WHERE job_id=?",
    /* A finished job has no use for a message; that it exists is asked separately. */
    [GV_SQL_INBOX_PUT] = "INSERT INTO inbox(job_id,kind,payload) SELECT id,?2,?3 FROM jobs WHERE id=?1 AND "
                         "status IN ('pending','running')",
    [GV_SQL_INBOX_DONE] = "DELETE FROM inbox WHERE id=?",
    [GV_SQL_INBOX_CLEAR] = "DELETE FROM inbox WHERE job_id=?",
    /* CROSS: likewise. */
    [GV_SQL_INBOX_OF] =
        "SELECT inbox.id,job_id,kind,payload FROM inbox CROSS JOIN jobs ON jobs.id=job_id WHERE owner=? "
        "ORDER BY inbox.id",
    [GV_SQL_BLOB_REF] = "INSERT OR IGNORE INTO blob_refs(sha256,job_id) VALUES(?,?)",
    [GV_SQL_BLOB_WANTED] = "SELECT 1 FROM blob_refs WHERE sha256=? LIMIT 1",
    [GV_SQL_BLOBS_OF] = "SELECT sha256 FROM blob_refs WHERE job_id=?",
    [GV_SQL_BLOB_CLEAR] = "DELETE FROM blob_refs WHERE job_id=?",
    [GV_SQL_DOC_PUT] = "INSERT INTO docs(space,key,value) VALUES(?,?,?) "
                       "ON CONFLICT DO UPDATE SET value=excluded.value",
    [GV_SQL_DOC_DROP] = "DELETE FROM docs WHERE space=? AND key=?",
    [GV_SQL_DOC_GET] = "SELECT value FROM docs WHERE space=? AND key=?",
    [GV_SQL_DOCS] = "SELECT space,key,value FROM docs WHERE space=? AND key>? ORDER BY key LIMIT ?",
    [GV_SQL_TALLY] = "SELECT provider,phase,status,parked,count FROM tally WHERE count>0",
    [GV_SQL_VERSION] = "PRAGMA data_version",
    [GV_SQL_CHECK] = "PRAGMA integrity_check(1)",
};

static const struct {
    int code;
    const char *text;
} ADVICE[] = {
    {SQLITE_FULL, "free some space on the disk"},
    {SQLITE_IOERR, "check the disk and the free space on it"},
    {SQLITE_BUSY, "another process holds the journal for long; see which one does, and try again"},
    {SQLITE_READONLY, "make the folder and the files in it writable for this user"},
    {SQLITE_CANTOPEN, "make the folder and the files in it readable and writable for this user"},
    {SQLITE_PERM, "make the folder and the files in it readable and writable for this user"},
    {SQLITE_NOTADB, "the file isn't a journal: name another folder, or put the file back from a copy"},
    {SQLITE_CORRUPT, GV_SQLITE_SAVE_ADVICE},
};

static const char *advice(int code)
{
    for (size_t i = 0; i < sizeof(ADVICE) / sizeof(ADVICE[0]); i++)
        if (ADVICE[i].code == (code & 0xff))
            return ADVICE[i].text;
    return "this is not expected; please report it";
}

int gv_sqlite_fail(const struct gv_sqlite *db, const char *tried, struct gv_error *err)
{
    int code = sqlite3_extended_errcode(db->db);
    int reason = sqlite3_system_errno(db->db);
    if ((code & 0xff) == SQLITE_NOMEM)
        gv_out_of_memory(0);
    bool system = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN || (code & 0xff) == SQLITE_FULL;
    bool told = system && reason != 0;
    int result = gv_fail(err, GV_INTERNAL_ERROR, "%s %s failed: %s%s%s (SQLite code %d); %s", tried, db->path,
                         sqlite3_errmsg(db->db), told ? ": " : "", told ? strerror(reason) : "", code,
                         told ? gv_advice(reason, advice(code)) : advice(code));
    if (err != NULL && ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB))
        err->retryable = GV_NO;
    return result;
}

int gv_sqlite_begin(sqlite3_stmt **out, struct gv_sqlite *db, enum gv_sql sql)
{
    GV_ASSERT(sql < GV_SQL_COUNT && SQL[sql] != NULL);
    sqlite3_stmt **kept = &db->statements[sql];
    if (*kept == NULL) {
        int code = sqlite3_prepare_v3(db->db, SQL[sql], -1, SQLITE_PREPARE_PERSISTENT, kept, NULL);
        if (code != SQLITE_OK)
            return code;
    }
    *out = *kept;
    return SQLITE_OK;
}

int gv_sqlite_end(sqlite3_stmt *stmt)
{
    int code = sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return code;
}

int gv_sqlite_run(struct gv_sqlite *db, enum gv_sql sql, const char *format, ...)
{
    sqlite3_stmt *stmt = NULL;
    int code = gv_sqlite_begin(&stmt, db, sql);
    if (code != SQLITE_OK)
        return code;
    va_list args;
    va_start(args, format);
    for (int at = 1; *format != '\0'; format++, at++)
        if (*format == 't')
            sqlite3_bind_text(stmt, at, va_arg(args, const char *), -1, SQLITE_STATIC);
        else
            sqlite3_bind_int64(stmt, at, va_arg(args, int64_t));
    va_end(args);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        continue;
    return gv_sqlite_end(stmt);
}

static bool executed(struct gv_sqlite *db, const char *sql)
{
    return sqlite3_exec(db->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* The one pragma whose answer matters: a file system without shared memory keeps another mode and says so. */
static int set_wal(struct gv_sqlite *db, struct gv_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool asked = sqlite3_prepare_v2(db->db, "PRAGMA journal_mode=WAL", -1, &stmt, NULL) == SQLITE_OK &&
                 sqlite3_step(stmt) == SQLITE_ROW;
    int code = GV_OK;
    if (!asked)
        code = gv_sqlite_fail(db, "opening the journal", err);
    else if (strcmp((const char *)sqlite3_column_text(stmt, 0), "wal") != 0)
        code = gv_fail(err, GV_INTERNAL_ERROR,
                       "opening the journal %s failed: its file system can't hold a write-ahead log; "
                       "use a folder on a local disk",
                       db->path);
    sqlite3_finalize(stmt);
    return code;
}

static int set_up_writer(struct gv_sqlite *db, struct gv_error *err)
{
    int code = gv_sqlite_check_identity(db, err);
    if (code == GV_OK)
        code = set_wal(db, err);
    if (code != GV_OK)
        return code;
    /* Checkpoints are run by the writer thread when nobody waits for it. */
    if (!executed(db, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=0;"
                      "PRAGMA journal_size_limit=" LOG_BYTES_KEPT))
        return gv_sqlite_fail(db, "opening the journal", err);
    return gv_sqlite_migrate(db, err);
}

static int set_up_reader(struct gv_sqlite *db, struct gv_error *err)
{
    if (!executed(db, "PRAGMA query_only=ON"))
        return gv_sqlite_fail(db, "opening the journal", err);
    return GV_OK;
}

int gv_sqlite_open(struct gv_sqlite *out, const char *path, enum gv_sqlite_role role, struct gv_error *err)
{
    *out = (struct gv_sqlite){.path = gv_xstrdup(path)};
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (role == GV_SQLITE_WRITER ? SQLITE_OPEN_CREATE : 0);
    int code = GV_OK;
    if (sqlite3_open_v2(path, &out->db, flags, NULL) != SQLITE_OK)
        code = gv_sqlite_fail(out, "opening the journal", err);
    if (code == GV_OK) {
        sqlite3_extended_result_codes(out->db, 1);
        sqlite3_busy_timeout(out->db, BUSY_MS);
        code = role == GV_SQLITE_WRITER ? set_up_writer(out, err) : set_up_reader(out, err);
    }
    if (code != GV_OK)
        gv_sqlite_close(out);
    return code;
}

void gv_sqlite_close(struct gv_sqlite *db)
{
    for (int i = 0; i < GV_SQL_COUNT; i++)
        sqlite3_finalize(db->statements[i]);
    int code = sqlite3_close(db->db);
    GV_ASSERT(code == SQLITE_OK);
    free(db->path);
    *db = (struct gv_sqlite){0};
}
