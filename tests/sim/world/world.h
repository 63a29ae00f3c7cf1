/* What the parts of the simulated world share. */
#ifndef GV_TESTS_SIM_WORLD_H
#define GV_TESTS_SIM_WORLD_H

#include "base/assert.h"
#include "base/error.h"
#include "base/list.h"
#include "blob/memory.h"
#include "engine/driver.h"
#include "engine/outputs.h"
#include "http/memory.h"
#include "journal/memory.h"
#include "loop/virtual.h"
#include "sim/world/sim.h"

#define SIM_START_MS 1790000000000
#define SIM_JOBS_MAX 8
#define SIM_ENGINES_MAX 3
#define SIM_TASKS_MAX 512
#define SIM_PARTS_MAX 4
#define SIM_MESSAGES_MAX 512
#define SIM_MEDIA_BYTES 4800u /* above what an answer keeps in its text */
#define SIM_NAME_BYTES 320

/* Per mille of the occasions, drawn anew for each seed: a run knows some of the faults, not always all. */
struct sim_profile {
    unsigned refuse, lose_request, late_request, double_request, lose_answer, slow, garble, lie, trouble;
    unsigned cut, wrong_length, other_edition, hide, stuck; /* of films and tasks */
    unsigned crash, pause, presume_dead, stop, jump;        /* of an engine, at each of its turns */
    unsigned journal, slow_sync, blobs, full, probe;        /* of a disk; and of the media helper */
    unsigned provoke, rob; /* at each step: somebody talks to the job; at each commit: its engine is taken for dead */
};

struct sim_message {
    int64_t id;
    enum gv_inbox_kind kind;
    bool resubmits;
    bool slips; /* names a task that there is not */
    bool waiting;
};

/* What must be true of a job, as the world itself has counted it. */
struct sim_job {
    char id[16];
    const struct sim_part *part;
    const char *request, *model, *ref; /* ref: of the file it comes with, or NULL */
    int64_t deadline_ms, submitted_at_ms, taken_up_at_ms;
    bool promised; /* a caller was told that it is accepted */
    bool exists, parked, ended, cancel_asked, cancel_heard;
    bool slipped;    /* looks for a task that there is not, as a person said */
    bool daring;     /* its policy allows another create after a lost one */
    unsigned holder; /* the serial of the engine that has the lease; 0: nobody */
    unsigned steps, requests, resubmits;
    char phase[32];
    char *end_row; /* as it was when it ended */
    struct sim_message messages[SIM_MESSAGES_MAX];
    size_t message_count;
};

enum sim_engine_state { SIM_DOWN, SIM_UP, SIM_STOPPING };

struct sim_engine;

/* The ports of one engine, each with the world's hands in it. */
struct sim_journal {
    struct gv_journal base, *real;
    struct sim_engine *engine;
    struct gv_journal_batch *batch; /* at the journal, or on its way */
    gv_loop_fn *done;
    void *done_ctx;
    struct gv_timer *sync; /* of a slow disk */
    bool refused, at_disk;
};
struct sim_blobs {
    struct gv_blobs base, *real;
};
struct sim_http {
    struct gv_http base, *real;
    struct sim_engine *engine;
};

struct sim_engine {
    struct sim_world *world;
    unsigned place, serial; /* of the machine; of the process on it */
    char name[24];
    enum sim_engine_state state;
    bool stopped;  /* its last commit is done */
    bool robbed;   /* at the end of this turn it is taken for dead */
    bool doubtful; /* was taken for dead once: it may not know what it lost */
    int64_t asleep_until_ms, down_until_ms;
    struct gv_loop *loop;
    int64_t offset_ms, skew_ms; /* the world's time minus the loop's; the machine's clock minus the world's */
    struct sim_journal journal;
    struct sim_blobs blobs;
    struct sim_http http;
    struct gv_driver *driver;
    bool may_send[SIM_JOBS_MAX]; /* a step is committed whose request has not left yet */
    unsigned calls[SIM_PARTS_MAX];
};

struct sim_task {
    struct gv_emu_task *task;
    int job;      /* or -1 */
    bool doubled; /* by the network: not the engine's to answer for */
};

struct sim_world {
    const struct sim_options *options;
    struct sim_result *out;
    uint64_t random;
    struct sim_profile profile;
    bool faults; /* may strike now */
    int64_t now_ms, faults_end_ms, jumped_ms;
    struct gv_loop *loop; /* of what happens outside the engines */
    struct gv_memory_journal_store *rows;
    struct gv_memory_blobs_store *files;
    struct gv_blobs *blobs;
    struct gv_journal *reader;
    struct gv_account accounts[SIM_PARTS_MAX];
    struct gv_provider providers[SIM_PARTS_MAX]; /* the accounts' own, with lanes as narrow as this run has them */
    struct sim_engine engines[SIM_ENGINES_MAX];
    unsigned engine_count, serials;
    int64_t disk_full_until_ms;
    struct sim_job jobs[SIM_JOBS_MAX];
    size_t job_count;
    int64_t message_last;
    char (*refs)[65]; /* blobs that some job needs */
    size_t ref_count, ref_cap;
    struct sim_task tasks[SIM_TASKS_MAX];
    size_t task_count;
    const struct gv_emu_task *task_list[SIM_TASKS_MAX];
    struct gv_list packets; /* on their way to a provider, with nobody waiting for the answer */
    struct gv_list laters;
    unsigned edition; /* of the films, as providers encode them anew */
    struct gv_arena arena;
};

/* ---- world.c ---------------------------------------------------------------------------------- */

extern struct sim_world *sim_the_world; /* for ports without a context */

uint64_t sim_dice(struct sim_world *w);
uint64_t sim_below(struct sim_world *w, uint64_t bound);
bool sim_strikes(struct sim_world *w, unsigned per_mille); /* only while faults may */
void sim_broken(struct sim_world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_tell(struct sim_world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
int64_t sim_wall_ms(const struct sim_world *w);
/* Runs fn in a while, on the world's own loop. */
void sim_later(struct sim_world *w, uint64_t ms, gv_loop_fn *fn, void *ctx);

/* OpenSSL's, but for signatures, which are quick and good for nothing else. Set by world.c. */
extern struct gv_crypto sim_crypto;

/* ---- engines.c -------------------------------------------------------------------------------- */

void sim_engine_open(struct sim_engine *e);
void sim_engine_lose(struct sim_engine *e);
/* Between two turns: may strike it, and brings back what is down. */
void sim_engine_weather(struct sim_engine *e);
/* It stops where it is, and its leases go. */
void sim_engine_rob(struct sim_engine *e);
void sim_engine_care(struct sim_engine *e);
bool sim_engine_runs(const struct sim_engine *e);
struct sim_engine *sim_engine_any(struct sim_world *w); /* up and awake, or NULL */
struct sim_engine *sim_engine_by_serial(struct sim_world *w, unsigned serial);

/* ---- disk.c ----------------------------------------------------------------------------------- */

void sim_journal_open(struct sim_engine *e);
void sim_journal_lose(struct sim_engine *e);
void sim_journal_close(struct sim_engine *e);
void sim_blobs_open(struct sim_engine *e);
void sim_blobs_close(struct sim_engine *e);

/* ---- network.c, remote.c ------------------------------------------------------------------------ */

void sim_http_open(struct sim_engine *e);
void sim_http_close(struct sim_engine *e);
void sim_packets_drop(struct sim_world *w);

/* A request at the far end, as the network brings it. */
struct sim_asked {
    const char *method, *url, *content_type, *body;
    const struct gv_header *headers;
    size_t header_count;
    bool doubled; /* the network's own copy */
};
struct sim_answer {
    int status;
    const char *content_type, *etag, *body;
    size_t body_bytes;
    bool film; /* a file, not a provider's document */
};
/* In the world's arena. */
void sim_remote_handle(struct sim_answer *out, struct sim_world *w, const struct sim_asked *asked);
/* The provider's own words for not doing it; nothing is done. */
void sim_remote_refuse(struct sim_answer *out, struct sim_world *w, const char *url, int status);
/* Whose it is, by what stands in it; -1: nobody's. */
int sim_remote_job_of(struct sim_world *w, const char *url, const char *body);
int sim_remote_part_of(const struct sim_world *w, const char *url);
const char *sim_origin(struct gv_arena *arena, const struct gv_provider *provider);

/* ---- media.c ---------------------------------------------------------------------------------- */

/* A picture or film of this world: its bytes follow from these. */
struct sim_media {
    bool picture;
    char name[SIM_NAME_BYTES]; /* where it is from; holds the job's id */
    unsigned edition, width, height;
};
/* SIM_MEDIA_BYTES of them, in the arena. */
char *sim_media_make(struct gv_arena *arena, const struct sim_media *media);
/* False: no such thing, or not all of it, or not only it. */
bool sim_media_read(struct sim_media *out, const char *data, size_t bytes);
/* Of a blob in the store; false also where its bytes don't have the hash. */
bool sim_media_stored(struct sim_media *out, struct sim_world *w, const char *sha256);
extern struct gv_media_tools sim_media_tools;

/* ---- people.c --------------------------------------------------------------------------------- */

void sim_people_submit_all(struct sim_world *w);
void sim_people_begin_to_talk(struct sim_world *w);
/* Settles what is parked, in one way or another. */
void sim_people_settle_all(struct sim_world *w);

/* Somebody has something to say just now. */
void sim_people_provoke(struct sim_world *w, struct sim_job *job);

/* ---- checks.c --------------------------------------------------------------------------------- */

int sim_job_index(const struct sim_world *w, const char *id);
void sim_check_batch(struct sim_engine *e, const struct gv_journal_batch *batch);
/* With its journal all leases of the engine have ended. */
void sim_check_closed(struct sim_engine *e);
void sim_check_leaving(struct sim_engine *e, const struct gv_http_request *request, const char *body);
void sim_check_accepted_task(struct sim_world *w, const struct gv_emu_task *task, int job, bool doubled);
void sim_check_told_accepted(struct sim_world *w, struct sim_job *job);
void sim_check_deadlines(struct sim_world *w);
/* A job that has not come to rest, or whose messages nobody has read, or that nobody was promised yet; NULL: none. */
const struct sim_job *sim_restless(const struct sim_world *w);
/* As somebody may at any time: what is needed, or about to be, must survive it. */
void sim_collect(struct sim_world *w);
void sim_check_end(struct sim_world *w);

#endif
