/* The schema's versions. A version, once released, is never edited: what changes is a further one. Comments inside
 * the statements stay in the file, for people who look at it with the sqlite3 shell. */
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "journal/sqlite_db.h"

/* "GVJ1", so that file(1) and we know whose file it is. */
#define APPLICATION_ID 0x47564a31

static const char VERSION_1[] =
    "CREATE TABLE owners (\n"
    "  name TEXT NOT NULL PRIMARY KEY, -- its process lives while owners/<name>.lock is locked\n"
    "  pid INTEGER NOT NULL,\n"
    "  host TEXT,\n"
    "  since TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP\n"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE jobs (\n"
    "  id TEXT NOT NULL PRIMARY KEY,\n"
    "  provider TEXT NOT NULL,\n"
    "  model TEXT,\n"
    "  operation TEXT NOT NULL,\n"
    "  status TEXT NOT NULL CHECK (status IN ('pending','running','succeeded','failed')),\n"
    "  parked INTEGER NOT NULL CHECK (parked IN (0,1)), -- waits for somebody to resolve it\n"
    "  cancelled INTEGER NOT NULL CHECK (cancelled IN (0,1)),\n"
    "  phase TEXT,\n"
    "  progress INTEGER NOT NULL, -- percent; -1: not told\n"
    "  backoffs INTEGER NOT NULL,\n"
    "  owner TEXT REFERENCES owners(name) ON DELETE SET NULL, -- who drives it\n"
    "  created_ms INTEGER NOT NULL, -- times in ms since 1970\n"
    "  updated_ms INTEGER NOT NULL,\n"
    "  deadline_ms INTEGER NOT NULL,\n"
    "  wake_ms INTEGER NOT NULL, -- 0: no wait\n"
    "  usd REAL NOT NULL, -- estimate; negative: not known\n"
    "  idempotency_key TEXT,\n"
    "  request_sha256 TEXT,\n"
    "  note TEXT,\n"
    "  error TEXT,\n"
    "  warnings TEXT,\n"
    "  outputs TEXT,\n"
    "  metadata TEXT,\n"
    "  state TEXT, -- the provider machine's\n"
    "  request TEXT NOT NULL,\n"
    "  CHECK (owner IS NULL OR status IN ('pending','running'))\n"
    ") STRICT;"
    "CREATE UNIQUE INDEX jobs_key ON jobs(idempotency_key) WHERE idempotency_key IS NOT NULL;"
    "CREATE INDEX jobs_status ON jobs(status, id);"
    "CREATE INDEX jobs_owner ON jobs(owner) WHERE owner IS NOT NULL;"
    "CREATE INDEX jobs_idle ON jobs(id) WHERE owner IS NULL AND status IN ('pending','running') AND parked=0;"

    "CREATE TABLE history (\n"
    "  job_id TEXT NOT NULL REFERENCES jobs(id),\n"
    "  seq INTEGER NOT NULL CHECK (seq > 0),\n"
    "  at_ms INTEGER NOT NULL,\n"
    "  event TEXT,\n"
    "  phase TEXT,\n"
    "  effect TEXT,\n"
    "  note TEXT,\n"
    "  PRIMARY KEY (job_id, seq)\n"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TRIGGER history_keeps_lines BEFORE UPDATE ON history\n"
    "BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;"
    "CREATE TRIGGER history_loses_none BEFORE DELETE ON history\n"
    "BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;"

    "CREATE TABLE inbox (\n"
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,\n"
    "  job_id TEXT NOT NULL REFERENCES jobs(id),\n"
    "  kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 3), -- 1 cancel, 2 resolve, 3 wake\n"
    "  payload TEXT\n"
    ") STRICT;"
    "CREATE INDEX inbox_job ON inbox(job_id);"

    "CREATE TABLE blob_refs (\n"
    "  sha256 TEXT NOT NULL,\n"
    "  job_id TEXT NOT NULL REFERENCES jobs(id),\n"
    "  PRIMARY KEY (sha256, job_id)\n"
    ") STRICT, WITHOUT ROWID;"

    "CREATE VIEW overview AS -- for people\n"
    "SELECT id, provider, operation, status, phase, parked, cancelled, owner,\n"
    "       datetime(created_ms / 1000, 'unixepoch') AS created,\n"
    "       datetime(updated_ms / 1000, 'unixepoch') AS updated, note\n"
    "FROM jobs;"
    "CREATE VIEW story AS -- for people: every job's history\n"
    "SELECT job_id, seq, datetime(at_ms / 1000, 'unixepoch') AS at, event, phase, effect, note FROM history;";

/* Tenants, deleted jobs, announcements, and what fronts keep. The tally is kept by triggers, so that asking how many
 * jobs wait costs the same however many there are. */
static const char VERSION_2[] =
    "ALTER TABLE jobs ADD COLUMN tenant TEXT;"
    "ALTER TABLE jobs ADD COLUMN announce INTEGER NOT NULL DEFAULT 0 CHECK (announce IN (0,1));"
    "ALTER TABLE jobs ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0 CHECK (forgotten IN (0,1));"

    "DROP INDEX jobs_key;"
    "CREATE UNIQUE INDEX jobs_key ON jobs(coalesce(tenant,''), idempotency_key) WHERE idempotency_key IS NOT NULL;"
    "CREATE INDEX jobs_tenant ON jobs(coalesce(tenant,''), id);"
    "CREATE INDEX jobs_wish ON jobs(coalesce(tenant,''), request_sha256, id) WHERE request_sha256 IS NOT NULL;"
    "CREATE INDEX jobs_unannounced ON jobs(id) WHERE announce=1 AND status IN ('succeeded','failed');"

    "DROP TRIGGER history_loses_none;"
    "CREATE TRIGGER history_loses_none BEFORE DELETE ON history\n"
    "WHEN NOT EXISTS (SELECT 1 FROM jobs WHERE id=OLD.job_id AND forgotten=1)\n"
    "BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;"
    "CREATE TRIGGER jobs_stay_forgotten BEFORE UPDATE OF forgotten ON jobs WHEN OLD.forgotten=1\n"
    "BEGIN SELECT RAISE(ABORT, 'what is forgotten stays so'); END;"

    "CREATE TABLE docs ( -- what fronts keep beside the jobs\n"
    "  space TEXT NOT NULL,\n"
    "  key TEXT NOT NULL,\n"
    "  value TEXT NOT NULL,\n"
    "  PRIMARY KEY (space, key)\n"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE tally ( -- how many jobs stand where, without the forgotten ones\n"
    "  provider TEXT NOT NULL,\n"
    "  phase TEXT NOT NULL,\n"
    "  status TEXT NOT NULL,\n"
    "  parked INTEGER NOT NULL,\n"
    "  count INTEGER NOT NULL CHECK (count >= 0),\n"
    "  PRIMARY KEY (provider, phase, status, parked)\n"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO tally SELECT provider, coalesce(phase,''), status, parked, count(*) FROM jobs GROUP BY 1, 2, 3, 4;"
    "CREATE TRIGGER tally_comes AFTER INSERT ON jobs\n"
    "BEGIN\n"
    "  INSERT INTO tally VALUES(NEW.provider, coalesce(NEW.phase,''), NEW.status, NEW.parked, 1)\n"
    "  ON CONFLICT DO UPDATE SET count=count+1;\n"
    "END;"
    "CREATE TRIGGER tally_moves AFTER UPDATE OF phase, status, parked ON jobs\n"
    "WHEN OLD.phase IS NOT NEW.phase OR OLD.status<>NEW.status OR OLD.parked<>NEW.parked\n"
    "BEGIN\n"
    "  UPDATE tally SET count=count-1 WHERE provider=OLD.provider AND phase=coalesce(OLD.phase,'')\n"
    "    AND status=OLD.status AND parked=OLD.parked;\n"
    "  INSERT INTO tally VALUES(NEW.provider, coalesce(NEW.phase,''), NEW.status, NEW.parked, 1)\n"
    "  ON CONFLICT DO UPDATE SET count=count+1;\n"
    "END;"
    "CREATE TRIGGER tally_goes AFTER UPDATE OF forgotten ON jobs WHEN NEW.forgotten=1\n"
    "BEGIN\n"
    "  UPDATE tally SET count=count-1 WHERE provider=OLD.provider AND phase=coalesce(OLD.phase,'')\n"
    "    AND status=OLD.status AND parked=OLD.parked;\n"
    "END;"

    "DROP VIEW overview;"
    "CREATE VIEW overview AS -- for people\n"
    "SELECT id, tenant, provider, operation, status, phase, parked, cancelled, owner,\n"
    "       datetime(created_ms / 1000, 'unixepoch') AS created,\n"
    "       datetime(updated_ms / 1000, 'unixepoch') AS updated, note\n"
    "FROM jobs WHERE forgotten=0;";

/* [i] leads from version i to i + 1. */
static const char *const MIGRATIONS[] = {VERSION_1, VERSION_2};

#define VERSION ((int)(sizeof(MIGRATIONS) / sizeof(MIGRATIONS[0])))

struct identity {
    int application_id, version, objects;
};

static int read_identity(struct identity *out, struct gv_sqlite *db, struct gv_error *err)
{
    static const char QUERY[] = "SELECT (SELECT application_id FROM pragma_application_id),"
                                "(SELECT user_version FROM pragma_user_version),(SELECT count(*) FROM sqlite_schema)";
    sqlite3_stmt *stmt = NULL;
    int code = GV_OK;
    if (sqlite3_prepare_v2(db->db, QUERY, -1, &stmt, NULL) != SQLITE_OK || sqlite3_step(stmt) != SQLITE_ROW)
        code = gv_sqlite_fail(db, "opening the journal", err);
    else
        *out = (struct identity){sqlite3_column_int(stmt, 0), sqlite3_column_int(stmt, 1), sqlite3_column_int(stmt, 2)};
    sqlite3_finalize(stmt);
    return code;
}

static int judge(const struct identity *id, const struct gv_sqlite *db, struct gv_error *err)
{
    bool empty = id->application_id == 0 && id->version == 0 && id->objects == 0;
    if (id->application_id != APPLICATION_ID && !empty)
        return gv_fail(err, GV_INTERNAL_ERROR,
                       "opening the journal %s failed: it is another program's SQLite database; name another folder",
                       db->path);
    if (id->version > VERSION)
        return gv_fail(err, GV_INTERNAL_ERROR,
                       "opening the journal %s failed: a newer golem-video wrote it (schema %d, this one knows %d); "
                       "use that version or a newer one",
                       db->path, id->version, VERSION);
    return GV_OK;
}

int gv_sqlite_check_identity(struct gv_sqlite *db, struct gv_error *err)
{
    struct identity id;
    int code = read_identity(&id, db, err);
    return code == GV_OK ? judge(&id, db, err) : code;
}

static int step_up(struct gv_sqlite *db, int from, struct gv_error *err)
{
    char marks[96];
    snprintf(marks, sizeof(marks), "PRAGMA application_id=%d; PRAGMA user_version=%d", APPLICATION_ID, from + 1);
    if (sqlite3_exec(db->db, MIGRATIONS[from], NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db->db, marks, NULL, NULL, NULL) != SQLITE_OK ||
        gv_sqlite_run(db, GV_SQL_COMMIT, "") != SQLITE_OK) {
        int code = gv_sqlite_fail(db, "bringing up to date the journal", err);
        gv_sqlite_run(db, GV_SQL_ROLLBACK, ""); /* fails where SQLite has done it already */
        return code;
    }
    return GV_OK;
}

/* The version is read again under the write lock: another process may have been faster. */
int gv_sqlite_migrate(struct gv_sqlite *db, struct gv_error *err)
{
    for (;;) {
        struct identity id;
        int code = read_identity(&id, db, err);
        if (code != GV_OK || id.version == VERSION)
            return code;
        if (gv_sqlite_run(db, GV_SQL_BEGIN, "") != SQLITE_OK)
            return gv_sqlite_fail(db, "bringing up to date the journal", err);
        code = read_identity(&id, db, err);
        if (code == GV_OK)
            code = judge(&id, db, err);
        if (code != GV_OK || id.version == VERSION) {
            gv_sqlite_run(db, GV_SQL_ROLLBACK, "");
            return code;
        }
        code = step_up(db, id.version, err);
        if (code != GV_OK)
            return code;
    }
}
