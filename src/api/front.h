/* What the fronts in this tree need of an engine beyond the public header: jobs of tenants, streamed uploads, pictures
 * of stored films, and the journal and the blobs by their ports. Any thread; functions that write block until it is on
 * disk. */
#ifndef GV_API_FRONT_H
#define GV_API_FRONT_H

#include "core/json.h"
#include "golem_video/golem_video.h"
#include "port/blob.h"
#include "port/crypto.h"
#include "port/http.h"
#include "port/journal.h"

/* Borrowed for the engine's life. */
struct gv_journal *gv_engine_journal(struct gv_engine *engine);
const struct gv_crypto *gv_engine_crypto(struct gv_engine *engine);
/* Whether the engine's thread takes a question within the time. */
bool gv_engine_answers(struct gv_engine *engine, uint32_t timeout_s);
/* GV_OK, or why no job goes on any more: the journal is damaged. */
int gv_engine_fault(struct gv_engine *engine, struct gv_error *err);
/* Where callers' URLs may point at. */
const struct gv_http_policy *gv_engine_media_policy(struct gv_engine *engine);
/* A setting of the provider as found at gv_open, or NULL. May be a secret. */
const char *gv_engine_setting(struct gv_engine *engine, const char *provider, const char *name);

/* What replaces the providers' pace of polling, or 0. */
uint32_t gv_engine_poll_ms(struct gv_engine *engine);

/* ---- wishes ------------------------------------------------------------------------------------------------ */

/* Zero-initialise. Borrowed for the call. */
struct gv_submit_options {
    const char *tenant;      /* whose job; idempotency keys are apart per tenant; NULL: nobody's */
    uint64_t same_within_ms; /* a job of the tenant with the same wish, accepted within this time, stands for this one;
                              * 0: never. The idempotency key belongs to the wish: another key, another wish */
    bool full;               /* nothing new is taken: GV_QUOTA_EXCEEDED unless an earlier job stands for the wish */
    bool announce;           /* its end is to be announced: gv_job_filter.unannounced lists it */
};
/* gv_submit for a tenant. Media of kind GV_MEDIA_BLOB are allowed where gv_upload_end made them. `*repeated` (may be
 * NULL): an earlier job stands for this wish, by key or by same_within_ms. Where that one was deleted since:
 * GV_INVALID_INPUT on idempotency_key. */
int gv_submit_as(struct gv_job_id *out, bool *repeated, struct gv_engine *engine, const struct gv_operation *operation,
                 const struct gv_submit_options *options, struct gv_error *err);
/* gv_check with the same rights. A video_id that names another tenant's job is as unknown as one that is none;
 * without a tenant (NULL) all of them are seen. */
int gv_check_as(char **out_json, struct gv_engine *engine, const struct gv_operation *operation, const char *tenant,
                struct gv_error *err);

/* gv_cancel and gv_resolve that wait no longer than timeout_ms for what becomes of it; it is on disk by then. */
int gv_cancel_within(char **out_message, struct gv_engine *engine, const char *job_id, int64_t timeout_ms,
                     struct gv_error *err);
int gv_resolve_within(struct gv_engine *engine, const char *job_id, enum gv_resolve how, const char *task_id,
                      int64_t timeout_ms, struct gv_error *err);

/* The ways in which a person may settle the parked job, as the list "resolve": those to which its provider has no
 * objection. `arena` is for the while. */
void gv_engine_put_ways(struct gv_json_out *out, struct gv_engine *engine, const struct gv_job_row *row,
                        struct gv_arena *arena);
/* Their names, by enum gv_resolve: "look_up", "adopt", "resubmit", "give_up". */
#define GV_RESOLVE_COUNT 4
extern const char *const gv_resolve_names[GV_RESOLVE_COUNT];

/* ---- files ------------------------------------------------------------------------------------------------- */

/* The stored file, open for reading at its start; the caller closes it. It is hashed when it is first asked for, and
 * again whenever it was written to since. GV_INTERNAL_ERROR: it is damaged or gone. Blocks for as long as hashing
 * takes. */
int gv_blob_open(int *out_fd, struct gv_engine *engine, const struct gv_blob_info *blob, struct gv_error *err);

struct gv_upload; /* a file on its way into the store; used by one thread at a time */

int gv_upload_begin(struct gv_upload **out, struct gv_engine *engine, struct gv_error *err);
/* GV_INVALID_INPUT: larger than inputs may be. */
int gv_upload_put(struct gv_upload *upload, const void *data, size_t bytes, struct gv_error *err);
/* Stores it, reads its kind from its content, fills a GV_MEDIA_BLOB (strings in `arena`), and frees the upload either
 * way. GV_INVALID_INPUT: empty, or no picture, film or sound that can be read. What was stored stays until it is
 * released, and from then on as long as jobs need it. */
int gv_upload_end(struct gv_media *out, struct gv_upload *upload, struct gv_arena *arena, struct gv_error *err);
void gv_upload_release(struct gv_engine *engine, const struct gv_media *media);
void gv_upload_discard(struct gv_upload *upload); /* NULL is harmless */

enum gv_picture { GV_PICTURE_POSTER, GV_PICTURE_SPRITESHEET };
/* The picture (JPEG) of the job's stored film, made when first asked for and then kept with the job; made anew where
 * what was kept is damaged. */
int gv_film_picture(struct gv_blob_info *out, struct gv_engine *engine, const char *job_id, const char *film_sha256,
                    enum gv_picture kind, struct gv_error *err);

/* ---- the journal ------------------------------------------------------------------------------------------- */

/* All ops in one commit; verdicts are in the ops, results in `arena`. */
int gv_engine_commit(struct gv_engine *engine, struct gv_journal_op *ops, size_t count, struct gv_arena *arena,
                     struct gv_error *err);
/* Deletes an ended job, and at once what it alone needed: films, pictures of them, inputs. GV_JOURNAL_DONE, NOT_ENDED
 * or NOT_FOUND. What is in use just then, or was when the process died, gv_collect removes. */
int gv_forget(enum gv_journal_verdict *out, struct gv_engine *engine, const char *job_id, struct gv_error *err);
/* gv_collect that removes nothing more once `goes_on` says no. */
int gv_collect_while(bool (*goes_on)(void *ctx), void *ctx, struct gv_engine *engine, struct gv_error *err);
/* A hint for whoever drives the job to look at the provider now. */
int gv_wake(struct gv_engine *engine, const char *job_id, struct gv_error *err);
/* video-result of a row, in the arena. */
int gv_engine_result(struct gv_video_result *out, struct gv_engine *engine, const struct gv_job_row *row,
                     struct gv_arena *arena, struct gv_error *err);

/* What every form of a job says of its row; members of the object that is open. */
void gv_row_put(struct gv_json_out *out, const struct gv_job_row *row);
/* An array of objects. */
void gv_history_put(struct gv_json_out *out, const char *key, const struct gv_history_row *lines, size_t count);

/* GV_INVALID_INPUT on `field`: no http or https URL, or one that the media policy forbids at sight. */
int gv_engine_check_url(struct gv_engine *engine, const char *url, const char *field, struct gv_error *err);

/* One exchange through the engine's HTTP client, awaited. *out_status 0: no answer, and *err says why. The request is
 * borrowed until then; its answer's body is dropped. */
int gv_engine_post(int *out_status, struct gv_engine *engine, const char *url, const struct gv_header *headers,
                   size_t header_count, const char *body, uint32_t timeout_ms, struct gv_error *err);

#endif
