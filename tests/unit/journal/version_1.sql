-- A journal of schema version 1, as it was released, with four jobs.
PRAGMA application_id=1196837425;
PRAGMA user_version=1;
BEGIN TRANSACTION;
CREATE TABLE blob_refs (
  sha256 TEXT NOT NULL,
  job_id TEXT NOT NULL REFERENCES jobs(id),
  PRIMARY KEY (sha256, job_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "blob_refs" VALUES('sha-of-film','gv_1');
CREATE TABLE history (
  job_id TEXT NOT NULL REFERENCES jobs(id),
  seq INTEGER NOT NULL CHECK (seq > 0),
  at_ms INTEGER NOT NULL,
  event TEXT,
  phase TEXT,
  effect TEXT,
  note TEXT,
  PRIMARY KEY (job_id, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO "history" VALUES('gv_1',1,1700000000000,'accepted','new','',NULL);
INSERT INTO "history" VALUES('gv_1',2,1700000009000,'fetched','done','succeed','stored');
INSERT INTO "history" VALUES('gv_2',1,1700000000000,'accepted','new','',NULL);
INSERT INTO "history" VALUES('gv_3',1,1700000000000,'accepted','new','',NULL);
INSERT INTO "history" VALUES('gv_4',1,1700000000000,'accepted','new','',NULL);
CREATE TABLE inbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id TEXT NOT NULL REFERENCES jobs(id),
  kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 3), -- 1 cancel, 2 resolve, 3 wake
  payload TEXT
) STRICT;
INSERT INTO "inbox" VALUES(1,'gv_3',2,'{"how":0}');
CREATE TABLE jobs (
  id TEXT NOT NULL PRIMARY KEY,
  provider TEXT NOT NULL,
  model TEXT,
  operation TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending','running','succeeded','failed')),
  parked INTEGER NOT NULL CHECK (parked IN (0,1)), -- waits for somebody to resolve it
  cancelled INTEGER NOT NULL CHECK (cancelled IN (0,1)),
  phase TEXT,
  progress INTEGER NOT NULL, -- percent; -1: not told
  backoffs INTEGER NOT NULL,
  owner TEXT REFERENCES owners(name) ON DELETE SET NULL, -- who drives it
  created_ms INTEGER NOT NULL, -- times in ms since 1970
  updated_ms INTEGER NOT NULL,
  deadline_ms INTEGER NOT NULL,
  wake_ms INTEGER NOT NULL, -- 0: no wait
  usd REAL NOT NULL, -- estimate; negative: not known
  idempotency_key TEXT,
  request_sha256 TEXT,
  note TEXT,
  error TEXT,
  warnings TEXT,
  outputs TEXT,
  metadata TEXT,
  state TEXT, -- the provider machine's
  request TEXT NOT NULL,
  CHECK (owner IS NULL OR status IN ('pending','running'))
) STRICT;
INSERT INTO "jobs" VALUES('gv_1','kling','kling-v1','generate','succeeded',0,0,'done',100,0,NULL,1700000000000,1700000009000,1700007200000,0,0.5,'key-1','sha-1','stored',NULL,'[]','[{"index":0}]','{"a":"b"}','{"phase":"done"}','{"operation":"generate"}');
INSERT INTO "jobs" VALUES('gv_2','kling','kling-v1','generate','running',0,0,'polling',40,1,'0123456789abcdef0123456789abcdef',1700000001000,1700000008000,1700007201000,1700000010000,0.5,'key-2','sha-2','waits',NULL,'[]',NULL,'{}','{"phase":"polling"}','{"operation":"generate"}');
INSERT INTO "jobs" VALUES('gv_3','veo','veo-3.0','generate','running',1,0,'parked',-1,0,NULL,1700000002000,1700000007000,1700007202000,0,-1.0,NULL,'sha-3','not known',NULL,'[]',NULL,'{}','{"phase":"parked"}','{"operation":"generate"}');
INSERT INTO "jobs" VALUES('gv_4','veo',NULL,'generate','failed',0,1,NULL,-1,0,NULL,1700000003000,1700000006000,1700007203000,0,-1.0,NULL,NULL,NULL,'{}',NULL,NULL,NULL,NULL,'{"operation":"generate"}');
CREATE TABLE owners (
  name TEXT NOT NULL PRIMARY KEY, -- its process lives while owners/<name>.lock is locked
  pid INTEGER NOT NULL,
  host TEXT,
  since TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
) STRICT, WITHOUT ROWID;
INSERT INTO "owners" VALUES('0123456789abcdef0123456789abcdef',41,'there','2026-01-01 00:00:00');
CREATE UNIQUE INDEX jobs_key ON jobs(idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX jobs_status ON jobs(status, id);
CREATE INDEX jobs_owner ON jobs(owner) WHERE owner IS NOT NULL;
CREATE INDEX jobs_idle ON jobs(id) WHERE owner IS NULL AND status IN ('pending','running') AND parked=0;
CREATE TRIGGER history_keeps_lines BEFORE UPDATE ON history
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
CREATE TRIGGER history_loses_none BEFORE DELETE ON history
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
CREATE INDEX inbox_job ON inbox(job_id);
CREATE VIEW overview AS -- for people
SELECT id, provider, operation, status, phase, parked, cancelled, owner,
       datetime(created_ms / 1000, 'unixepoch') AS created,
       datetime(updated_ms / 1000, 'unixepoch') AS updated, note
FROM jobs;
CREATE VIEW story AS -- for people: every job's history
SELECT job_id, seq, datetime(at_ms / 1000, 'unixepoch') AS at, event, phase, effect, note FROM history;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('inbox',1);
COMMIT;
