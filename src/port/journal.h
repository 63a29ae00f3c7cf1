/* The record of every job: its current state, and its history line by line.
 * Writes go in batches: all steps of one loop turn become one commit. */
#ifndef GV_PORT_JOURNAL_H
#define GV_PORT_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "golem_video/types.h"
#include "port/loop.h"

/* Strings NULL where absent. */
struct gv_job_row {
    const char *id, *provider, *model, *operation; /* operation: "generate" ... */
    const char *request;                           /* the operation document, journal form */
    const char *state;                             /* the provider machine's, JSON */
    const char *phase;
    enum gv_status status;
    bool parked, cancelled; /* finer than status */
    const char *note;       /* what people should know now: why parked, what was lost */
    const char *outputs;    /* JSON array of videos so far */
    const char *error;      /* JSON video-error */
    const char *warnings;   /* JSON array of strings */
    const char *metadata;   /* JSON object */
    const char *tenant;     /* whose job; lists and keys are apart per tenant */
    bool announce;          /* its end is to be announced: see GV_JOURNAL_ANNOUNCED */
    const char *idempotency_key, *request_sha256;
    double usd;        /* estimate; negative: not known */
    int progress;      /* percent or -1 */
    uint32_t backoffs; /* waits of that kind in a row */
    int64_t created_ms, updated_ms, deadline_ms;
    int64_t wake_ms;   /* when the present wait ends; 0: no wait */
    const char *owner; /* who drives it; NULL: nobody */
};

/* The note of a job whose first step is still to come. */
#define GV_JOB_NOTE_ACCEPTED "Waits for its turn at the provider."

struct gv_history_row {
    uint64_t seq; /* 1.. per job */
    int64_t at_ms;
    const char *event, *phase, *effect, *note;
};

enum gv_inbox_kind { GV_INBOX_CANCEL = 1, GV_INBOX_RESOLVE, GV_INBOX_WAKE };

struct gv_inbox_row {
    int64_t id;
    const char *job_id;
    enum gv_inbox_kind kind;
    const char *payload; /* JSON or NULL */
};

#define GV_JOURNAL_DOC_NAME_BYTES_MAX 256

/* What a front keeps beside the jobs: a small text under a name. Never a secret. */
struct gv_journal_doc {
    const char *space, *key; /* each 1..256 bytes */
    const char *value;
};

static inline bool gv_journal_doc_is_good(const struct gv_journal_doc *doc)
{
    size_t space = strlen(doc->space), key = strlen(doc->key);
    return space >= 1 && space <= GV_JOURNAL_DOC_NAME_BYTES_MAX && key >= 1 && key <= GV_JOURNAL_DOC_NAME_BYTES_MAX;
}

/* How many jobs stand where. */
struct gv_journal_tally {
    const char *provider, *phase;
    enum gv_status status;
    bool parked;
    uint64_t count;
};

enum gv_journal_op_kind {
    GV_JOURNAL_ACCEPT,     /* row, history; owner set means: driven here */
    GV_JOURNAL_STEP,       /* row (as far as steps change it), history; only while row.owner holds the lease */
    GV_JOURNAL_CLAIM,      /* job_id, or NULL for all but those parked without a message; nobody alive drives them */
    GV_JOURNAL_RELEASE,    /* job_id: nobody drives it now */
    GV_JOURNAL_INBOX_PUT,  /* inbox */
    GV_JOURNAL_INBOX_DONE, /* inbox.id, inbox.job_id; behind a STEP of that job it stands or falls with it */
    GV_JOURNAL_BLOB_REF,   /* job_id, sha256: the job needs the blob; behind a STEP of that job likewise */
    GV_JOURNAL_FORGET,     /* job_id: an ended job is not seen any more and needs no blob; its id and key stay taken */
    GV_JOURNAL_ANNOUNCED,  /* job_id: announce is done */
    GV_JOURNAL_DOC_PUT,    /* doc: written anew, or over the one of that name */
    GV_JOURNAL_DOC_DROP,   /* doc.space, doc.key */
};

enum gv_journal_verdict {
    GV_JOURNAL_DONE = 0,
    GV_JOURNAL_LOST_LEASE, /* STEP: somebody else drives it; nothing was written */
    GV_JOURNAL_SAME_KEY,   /* ACCEPT: the key is taken by job `found_id` with the same request_sha256 */
    GV_JOURNAL_OTHER_KEY,  /* ACCEPT: the key is taken by `found_id` with another request */
    GV_JOURNAL_NOT_FOUND,
    GV_JOURNAL_SAME_WISH, /* ACCEPT: `found_id` is the tenant's job of the same request_sha256 since same_since_ms */
    GV_JOURNAL_NOT_ENDED, /* FORGET */
    GV_JOURNAL_FULL,      /* ACCEPT: full, and no earlier job stands for it; nothing was written */
};

struct gv_journal_op {
    enum gv_journal_op_kind kind;
    const struct gv_job_row *row;
    const struct gv_history_row *history; /* seq is given by the journal */
    size_t history_count;
    const char *job_id, *sha256;
    struct gv_inbox_row inbox;
    struct gv_journal_doc doc;
    int64_t same_since_ms; /* ACCEPT: 0: no look for the same wish */
    bool full;             /* ACCEPT: nothing new is taken, only an earlier job may stand for it */
    uint32_t claim_max;    /* CLAIM: at most so many */
    const char *after_id;  /* CLAIM of all: those beyond it, by id; NULL: from the beginning */
    /* results */
    enum gv_journal_verdict verdict;
    const char *found_id;
    uint64_t seq_first;               /* ACCEPT, STEP: what history[0] got */
    const struct gv_job_row *claimed; /* CLAIM: the rows taken, owner already ours */
    size_t claimed_count;
    const char *const *freed; /* FORGET: the blobs that the job needed; others may need them too */
    size_t freed_count;
    const char *more_after; /* CLAIM of all: claim_max were looked at, up to this id; NULL: there are no more */
};

/* Owned by the caller, untouched by it from commit until done. Everything in it lives in `arena` or is borrowed
 * until then; results are allocated in `arena`. */
struct gv_journal_batch {
    struct gv_arena *arena;
    struct gv_journal_op *ops;
    size_t op_count;
    int result; /* GV_OK: all of it is on disk; else nothing is */
    struct gv_error error;
    gv_loop_fn *done; /* on the loop's thread */
    void *ctx;
};

struct gv_job_filter {
    const char *after_id;  /* NULL: from the beginning; else beyond it */
    bool oldest_first;     /* else the newest comes first */
    const char *tenant;    /* NULL: everybody's; "": jobs without tenant */
    bool unannounced;      /* only ended jobs whose end is still to be announced */
    enum gv_status status; /* UNSET: any */
    const char *provider;  /* NULL: any */
    uint32_t limit;        /* 0: 100 */
};

struct gv_journal {
    const struct gv_journal_vtable *vtable;
};

struct gv_journal_vtable {
    /* Any thread; batches become durable in order of commit, several may share one sync. */
    void (*commit)(struct gv_journal *journal, struct gv_journal_batch *batch);
    /* Reads see what was committed, by any process. Any thread; they block. NULL / 0 rows: GV_OK and *out NULL. */
    int (*get)(const struct gv_job_row **out, struct gv_journal *journal, const char *job_id, struct gv_arena *arena,
               struct gv_error *err);
    int (*list)(const struct gv_job_row **out, size_t *count, struct gv_journal *journal,
                const struct gv_job_filter *filter, struct gv_arena *arena, struct gv_error *err);
    int (*history)(const struct gv_history_row **out, size_t *count, struct gv_journal *journal, const char *job_id,
                   uint64_t after_seq, struct gv_arena *arena, struct gv_error *err);
    /* Forgotten jobs are in none of these. The documents of a space with keys beyond after_key (NULL: all), by key. */
    int (*docs)(const struct gv_journal_doc **out, size_t *count, struct gv_journal *journal, const char *space,
                const char *after_key, uint32_t limit, struct gv_arena *arena, struct gv_error *err);
    /* NULL where there is none. */
    int (*doc)(const char **out, struct gv_journal *journal, const char *space, const char *key, struct gv_arena *arena,
               struct gv_error *err);
    int (*tally)(const struct gv_journal_tally **out, size_t *count, struct gv_journal *journal, struct gv_arena *arena,
                 struct gv_error *err);
    /* Unread messages for jobs that this journal's owner drives. */
    int (*inbox)(const struct gv_inbox_row **out, size_t *count, struct gv_journal *journal, struct gv_arena *arena,
                 struct gv_error *err);
    /* A number that moves when any process commits; cheap. */
    uint64_t (*version)(struct gv_journal *journal);
    /* Reads everything. GV_INTERNAL_ERROR: it is damaged. */
    int (*check)(struct gv_journal *journal, struct gv_error *err);
    bool (*blob_wanted)(struct gv_journal *journal, const char *sha256);
    const char *(*owner)(struct gv_journal *journal); /* this process's name in the leases */
    void (*close)(struct gv_journal *journal);        /* waits for what was committed */
};

#endif
