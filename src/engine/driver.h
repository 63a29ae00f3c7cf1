/* Drives jobs: event -> step on a copy -> commit -> effect -> its outcome is the next event.
 *
 * All steps of one loop turn share a commit, and an effect is performed only after its step is on disk. A job is
 * driven by the process that holds its lease; whoever finds a dead holder's job takes it up with GV_EV_RESUMED.
 * Everything here runs on the loop's thread. */
#ifndef GV_ENGINE_DRIVER_H
#define GV_ENGINE_DRIVER_H

#include "core/provider.h"
#include "golem_video/golem_video.h"
#include "port/blob.h"
#include "port/crypto.h"
#include "port/http.h"
#include "port/journal.h"
#include "port/log.h"
#include "port/loop.h"
#include "port/media.h"

struct gv_driver;

/* One provider as configured here. */
struct gv_account {
    const struct gv_provider *provider;
    struct gv_settings settings;
    unsigned credential_set; /* the first complete one; 0: none */
};

/* Borrowed for the driver's life. */
struct gv_driver_config {
    struct gv_loop *loop;
    struct gv_journal *journal;
    struct gv_blobs *blobs;
    struct gv_http *http;
    struct gv_media_tools *media;
    const struct gv_crypto *crypto;
    const struct gv_log *log;
    const struct gv_account *accounts;
    size_t account_count;
    enum gv_drive drive;
    uint32_t poll_ms;  /* replaces the providers' pace; 0: theirs */
    uint32_t stall_ms; /* of any exchange; 0: a minute */
    uint64_t output_bytes_max;
    struct gv_http_policy media_policy; /* for URLs that a provider or caller named */
    gv_transition_fn *on_transition;
    gv_download_fn *on_download;
    void (*on_broken)(void *ctx, const struct gv_error *why); /* the journal is damaged: no job will go on; or NULL */
    void *ctx;
};

void gv_driver_open(struct gv_driver **out, const struct gv_driver_config *config);

struct gv_wish {
    const struct gv_job_row *row;
    const char *const *refs; /* hashes of the blobs that it needs */
    size_t ref_count;
    int64_t same_since_ms; /* as in struct gv_journal_op */
    bool full;             /* likewise; GV_QUOTA_EXCEEDED: no earlier job stands for it */
};

/* `job_id`: the job that stands for the wish; `repeated`: an earlier one. */
typedef void gv_driver_accepted_fn(void *ctx, int code, const char *job_id, bool repeated, const struct gv_error *err);
/* Writes the job down and begins to drive it. What the wish points at is borrowed until `done`. */
void gv_driver_accept(struct gv_driver *driver, const struct gv_wish *wish, gv_driver_accepted_fn *done, void *ctx);

/* `why`, or NULL: it can't be driven here, however often it is tried. */
typedef void gv_driver_done_fn(void *ctx, bool yes, const struct gv_error *why);
/* Takes the job up if nobody alive drives it; yes: it is driven here now. */
void gv_driver_take(struct gv_driver *driver, const char *job_id, gv_driver_done_fn *done, void *ctx);

typedef void gv_driver_put_fn(void *ctx, int code, const struct gv_error *err);
/* Leaves a message for whoever drives the job; it is on disk when `done` hears GV_OK. */
void gv_driver_put(struct gv_driver *driver, const struct gv_inbox_row *message, gv_driver_put_fn *done, void *ctx);

/* Lets creates under way come home (a few seconds at most), breaks off the rest, commits. The leases are given back as
 * one, when the journal is closed. */
void gv_driver_stop(struct gv_driver *driver, gv_loop_fn *done, void *ctx);
/* After `done` of stop. */
void gv_driver_close(struct gv_driver *driver);
/* Instead of stop: a crash, as simulations need it. Lets everything go and commits nothing; the journal must be dead.
 * `done`: no pool thread works for it any more, close it. */
void gv_driver_abandon(struct gv_driver *driver, gv_loop_fn *done, void *ctx);

const struct gv_account *gv_account_named(const struct gv_account *accounts, size_t count, const char *provider);

/* The whole URL of a call, in the arena. */
const char *gv_account_url(const struct gv_account *account, const struct gv_call *call, struct gv_arena *arena);

#endif
