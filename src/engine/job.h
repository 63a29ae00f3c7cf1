/* What the parts of the engine share about a job in memory. */
#ifndef GV_ENGINE_JOB_H
#define GV_ENGINE_JOB_H

#include "base/assert.h"
#include "base/list.h"
#include "engine/driver.h"
#include "engine/outputs.h"

#define GV_JOB_BUCKETS 1024
#define GV_UNDRIVABLE_MAX 1024u

/* What a job has under way. */
enum gv_under_way {
    GV_IDLE,
    GV_HELD,         /* nothing yet: the event that would begin a create waits, last of all, until its lane has room */
    GV_QUEUED,       /* a call waits for its provider's turn */
    GV_CALLING,      /* exchange */
    GV_WAITING,      /* timer */
    GV_OPENING,      /* a partial file is being read again */
    GV_FETCHING,     /* exchange into writer */
    GV_STORING,      /* what came is being synced and looked into: transfer, or lifter */
    GV_TRANSFORMING, /* reshape */
};

struct gv_job;
/* Goes on with what needed a token; `why` NULL: it may be signed now. */
typedef void gv_signed_fn(struct gv_job *job, bool final, const char *why);

/* An event that waits for the step before it to be committed; owns what the event points at, and holds its blobs. */
struct gv_queued_event {
    struct gv_list link;
    struct gv_arena arena;
    struct gv_event event;
    int64_t inbox_id; /* the message it came from, removed in the same commit; 0: none */
};

/* One outcome and one deadline wait at the most, and so many messages; the others stay in the inbox. */
#define GV_JOB_MESSAGES_MAX 8u
#define GV_JOB_EVENTS_MAX (GV_JOB_MESSAGES_MAX + 8u)

struct gv_job {
    struct gv_list by_id;   /* in a bucket */
    struct gv_list waiting; /* in its lane: while GV_HELD, for its turn while GV_QUEUED, or for a token */
    struct gv_driver *driver;
    struct gv_lane *lane;
    struct gv_arena keep; /* for the job's life: row, operation, outputs */
    struct gv_operation op;
    const struct gv_model *model;
    struct gv_job_row row; /* as last committed; what steps change lives in row_arena */
    struct gv_arena row_arena;
    struct gv_effect effect; /* under way; lives in effect_arena */
    struct gv_arena effect_arena;
    struct gv_step_result *step; /* being committed, or NULL */
    bool creating;               /* counted in its lane's creates */
    bool outlived;               /* its lease was lost and taken anew: it only waits for that step, which will fail */
    struct gv_output outputs[GV_OUTPUTS_MAX];
    struct gv_list events;
    size_t event_count;
    int64_t inbox_seen;
    enum gv_under_way under_way;
    uint32_t wait_ms; /* of the wait decided last */
    char *trouble;    /* why the last try came to nothing, while it is tried again; else NULL */
    struct gv_timer *timer, *deadline;
    struct gv_http_exchange *exchange;
    struct gv_transfer *transfer; /* GV_OPENING, GV_FETCHING, GV_STORING */
    struct gv_lifter *lifter;     /* GV_CALLING, GV_STORING */
    struct gv_reshape *reshape;
    struct gv_verification *verification; /* GV_CALLING, before anything is sent */
    gv_signed_fn *signed_fn;              /* while in its lane's token_waiting */
    struct gv_arena exchange_arena;       /* headers with credentials; freed with the exchange */
};

struct gv_lifter;
struct gv_reshape;
struct gv_verification;

/* What a step decided, until it is on disk. */
struct gv_step_result {
    struct gv_job_row row;
    struct gv_arena row_arena;
    struct gv_effect effect;
    struct gv_arena effect_arena;
    struct gv_history_row history;
    uint32_t wait_ms;
    struct gv_output outputs[GV_OUTPUTS_MAX];
    const char *refs[GV_OUTPUTS_MAX]; /* hashes of blobs that the job needs from now on */
    size_t ref_count;
};

/* One provider's share of the driver: its account and its turn-taking. */
struct gv_lane {
    struct gv_driver *driver;
    const struct gv_account *account;
    unsigned calls;   /* under way */
    unsigned creates; /* being committed, or committed and not answered */
    struct gv_list waiting, held;
    double tokens;     /* creates that may leave now, of creates_per_minute */
    int64_t filled_ms; /* when tokens was last brought up to date */
    struct gv_timer *timer;
    const char *token; /* or NULL; in token_arena, and never anywhere else */
    int64_t token_until_ms;
    struct gv_arena token_arena, token_request_arena;
    struct gv_http_exchange *token_exchange;
    struct gv_list token_waiting;
};

struct gv_turn {
    struct gv_arena arena;
    struct gv_journal_batch batch;
    struct gv_journal_op *ops;
    struct gv_turn_item *items; /* beside ops */
    size_t count, cap;
};

struct gv_driver {
    struct gv_driver_config config;
    struct gv_lane *lanes;
    struct gv_list buckets[GV_JOB_BUCKETS];
    size_t job_count;
    struct gv_list releases;          /* leases that the journal would not take back yet */
    struct gv_turn *open, *in_flight; /* collecting; at the journal */
    bool turn_end_asked;
    bool hearing; /* what a commit decided: until all of it is known, a call that waits may be an old one */
    bool journal_refuses;
    struct gv_timer *sweep, *retry;
    uint64_t version_seen;
    bool inbox_left; /* messages that a job had no room for yet */
    unsigned sweeps_to_claim;
    char *undrivable[GV_UNDRIVABLE_MAX]; /* the jobs of which it was told that they can't be driven here */
    size_t undrivable_count;
    unsigned pool_works; /* transfers on a pool thread */
    bool stopping;
    struct gv_timer *stop_timer;
    gv_loop_fn *stopped;
    void *stopped_ctx;
};

/* What to do when an op of a turn is decided. */
struct gv_turn_item {
    void (*decided)(struct gv_driver *driver, struct gv_journal_op *op, int result, const struct gv_error *err,
                    void *ctx);
    void *ctx;
};

/* turn.c */
/* The op's memory may live in the turn's arena (gv_turn_arena). */
struct gv_arena *gv_turn_arena(struct gv_driver *driver);
struct gv_journal_op *gv_turn_add(struct gv_driver *driver, enum gv_journal_op_kind kind,
                                  void (*decided)(struct gv_driver *, struct gv_journal_op *, int,
                                                  const struct gv_error *, void *),
                                  void *ctx);

/* What was never decided is decided against. */
void gv_turns_abandon(struct gv_driver *driver);

/* driver.c */
void gv_driver_check_stopped(struct gv_driver *driver);
/* After a commit failed: every job with a waiting event tries again in a while. */
void gv_driver_retry_later(struct gv_driver *driver);
void gv_driver_release(struct gv_job *job); /* gives the lease back and drops the job */

/* jobs.c */
struct gv_job *gv_job_find(struct gv_driver *driver, const char *id);
/* NULL with err where this program can't drive it: provider, model or request unknown to it. */
struct gv_job *gv_job_new(struct gv_driver *driver, const struct gv_job_row *row, struct gv_error *err);
void gv_job_drop(struct gv_job *job); /* stops what is under way and frees it */
/* Drops it, or leaves it nothing but its step at the journal, which is not to be written any more. */
void gv_job_outlive(struct gv_job *job);
bool gv_job_has_room(const struct gv_job *job); /* for another message */
/* Copies the event; it is stepped as soon as the step before it is committed. Its blobs are held until what that step
 * needs is on disk, or the event is forgotten. */
void gv_job_event(struct gv_job *job, const struct gv_event *event, int64_t inbox_id);

/* A create that has not left when the job, or the engine, is to end stays here: the step hears that it was not sent,
 * and then of the job's end. True if it is so; the caller pumps. */
bool gv_job_withhold_create(struct gv_job *job);
void gv_job_forget_event(struct gv_job *job, struct gv_queued_event *queued);

/* drive.c */
/* Steps the first waiting event, unless a step is being committed. */
void gv_job_pump(struct gv_job *job);
void gv_step_free(struct gv_step_result *step);

/* perform.c */
void gv_job_perform(struct gv_job *job);
void gv_job_break_off(struct gv_job *job); /* whatever is under way, without an event */

/* Adds the headers, with credentials where the call goes to the provider; in exchange_arena. */
int gv_job_sign(struct gv_http_request *request, struct gv_job *job, const struct gv_call *call, struct gv_error *err);

/* lane.c */
void gv_lane_open(struct gv_lane *lane, struct gv_driver *driver, const struct gv_account *account);
void gv_lane_close(struct gv_lane *lane, struct gv_driver *driver);
void gv_lane_enter(struct gv_lane *lane, struct gv_job *job); /* calls gv_job_call when it is the job's turn */
void gv_lane_leave(struct gv_lane *lane);
void gv_lane_admit(struct gv_lane *lane); /* those whose turn came while the driver was hearing */
void gv_job_call(struct gv_job *job);
/* A create is committed only when it can leave soon: what is committed and not sent is a riddle after a crash. False:
 * the job is held, and pumped again when there is room. */
bool gv_lane_begin_create(struct gv_job *job, bool can_wait);
void gv_lane_end_create(struct gv_job *job); /* harmless where none was begun */

/* fetch.c */
void gv_job_fetch(struct gv_job *job);
void gv_job_fetch_break_off(struct gv_job *job);

/* Syncs the writer's file into the store and looks into it; frees the writer either way. GV_INVALID_INPUT: it is no
 * media that can be read. What was stored is held, by whoever has `out`: gv_release_blob. Pool thread. */
int gv_store_media(struct gv_blob_info *out, struct gv_driver *driver, struct gv_blob_writer *writer,
                   struct gv_error *err);
void gv_release_blob(struct gv_driver *driver, const struct gv_blob_info *blob); /* harmless on an empty one */

/* token.c */
struct gv_sign_with gv_lane_sign_with(const struct gv_lane *lane);
/* Calls fn now, or when the token is there; a job that is broken off meanwhile leaves the list by its link. */
void gv_lane_with_token(struct gv_lane *lane, struct gv_job *job, bool fresh, gv_signed_fn *fn);
void gv_lane_drop_token(struct gv_lane *lane);

/* lift_reply.c */
void gv_lifter_open(struct gv_lifter **out, struct gv_job *job);
bool gv_lifter_put(void *lifter, const void *data, size_t bytes);
const char *gv_lifter_error(const struct gv_lifter *lifter);
/* The answer is whole: its event comes when the blobs are stored. False: it is no JSON that can be lifted. */
bool gv_lifter_finish(struct gv_lifter *lifter, const struct gv_reply *reply);
void gv_lifter_let_go(struct gv_lifter *lifter); /* while a pool thread has it */
void gv_lifter_free(struct gv_lifter *lifter);   /* else; NULL is harmless */

/* transform.c */
void gv_job_transform(struct gv_job *job);
void gv_job_transform_let_go(struct gv_job *job);

/* intake.c */
int gv_copy_file(struct gv_blob_writer *writer, struct gv_blobs *blobs, int fd, const char *path, const char *field,
                 struct gv_error *err);

/* pace.c */
/* Loop thread. */
uint32_t gv_pace_ms(const struct gv_driver *driver, const struct gv_wait *wait, uint32_t backoffs, uint32_t random);

/* trace.c */
void gv_driver_log(const struct gv_driver *driver, enum gv_log_level level, const char *job_id, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void gv_trace_call(struct gv_job *job, const struct gv_call *call);
void gv_trace_reply(const struct gv_job *job, const struct gv_http_done *done);

#endif
