/* The engine in a small world of its own: virtual time, journal and blobs in memory. Its provider is the toy
 * (examples/provider/toy) with a far end that does as the test says, or both are the test's. */
#ifndef GV_TESTS_TOY_WORLD_H
#define GV_TESTS_TOY_WORLD_H

#include "engine/driver.h"
#include "http/memory.h"
#include "loop/virtual.h"

#define TOY_FILM                                                                                                       \
    "\0\0\0\x18"                                                                                                       \
    "ftypisom"                                                                                                         \
    "a film, for all that is looked at here"
#define TOY_FILM_BYTES (sizeof(TOY_FILM) - 1)
#define TRACE_BYTES 8192

struct toy_world {
    struct gv_loop *loop;
    struct gv_memory_journal_store *jobs;
    struct gv_memory_blobs_store *files;
    struct gv_journal *journal;
    struct gv_blobs *blobs;
    struct gv_http *http;
    struct gv_driver *driver;
    struct gv_account account;
    gv_http_memory_fn *far_end; /* its ctx is this world */
    struct gv_media_tools *media;
    const struct gv_log *log; /* of engines opened from now on; or NULL */
    char trace[TRACE_BYTES];
    unsigned engines;
    /* the toy's far end */
    unsigned creates, polls, finds, downloads, calls_now, calls_most;
    char task[32]; /* the one it has, or "" */
    bool lose_answers, refuse_connections, forget_tasks, create_slow;
    unsigned polls_busy;   /* so many polls answer "busy" first */
    const char *poll_says; /* instead of a URL */
    size_t download_cut;   /* of the first download */
    const char *download_type, *download_body;
    bool phase_was_committed;
    bool accepted;
    char job_id[40];
    int code;
};

int toy_setup(void **state); /* one engine is open */
int toy_teardown(void **state);
/* With a provider of the test's: the world is zero but for account, far_end and media. */
void toy_world_open(struct toy_world *w);

void toy_open_engine(struct toy_world *w);
void toy_close_engine(struct toy_world *w);
/* The process is gone: what was not committed never was, its exchanges bring nothing. */
void toy_crash(struct toy_world *w);

void toy_accepted(void *ctx, int code, const char *job_id, bool repeated, const struct gv_error *err);
/* A wish in the provider's first phase. */
struct gv_job_row toy_wish(const struct toy_world *w, const char *id);
/* Waits until it is accepted or refused; w->job_id is whose it became. */
int toy_accept(struct toy_world *w, const struct gv_job_row *row);
void toy_submit(struct toy_world *w); /* "gv_one", which is accepted */
void toy_tell(struct toy_world *w, enum gv_inbox_kind kind, const char *payload);
void toy_take(struct toy_world *w);

void toy_row(struct toy_world *w, const struct gv_job_row **row, struct gv_arena *arena);
bool toy_in_phase(struct toy_world *w, const char *phase);
/* For gv_loop_virtual_run. */
bool toy_is_true(void *ctx);
bool toy_at_rest(void *ctx);
bool toy_has_succeeded(void *ctx);
void toy_run_to_rest(struct toy_world *w);

#endif
