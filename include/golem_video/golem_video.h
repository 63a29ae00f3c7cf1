/* golem-video: durable AI video generation.
 *
 * A caller asks for a video; the library writes the wish down, drives a provider to the end of it, survives
 * anything on the way, and hands over a file in its store. Start with gv_open. Every function may be called
 * from any thread unless it says otherwise; functions that can fail return GV_OK or fill *err (which may be
 * NULL) and return its code. */
#ifndef GOLEM_VIDEO_H
#define GOLEM_VIDEO_H

#include "golem_video/error.h"
#include "golem_video/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GV_VERSION "0.1.0"

/* ---- the engine ------------------------------------------------------------------------------ */

struct gv_engine; /* owns its loop thread; several engines, also of several processes, may share a store */

enum gv_drive {
    GV_DRIVE_ALL = 0, /* every unfinished job of the store that no living process drives */
    GV_DRIVE_NAMED,   /* only jobs submitted here, and those named to gv_take, gv_poll or gv_wait */
};

/* One line of a job's history, as it is committed. Borrowed during the callback. */
struct gv_transition {
    const char *job_id;
    const char *provider;
    const char *tenant; /* NULL: nobody's */
    uint64_t seq;       /* 1.. per job */
    int64_t at_ms;      /* since 1970 */
    const char *event;  /* what happened: "start", "reply", "timer" ... */
    const char *phase;  /* the phase after it */
    const char *effect; /* what follows: "call", "wait", "fetch", "succeed" ... */
    const char *note;   /* for people; may be "" */
    enum gv_status status;
    int progress; /* percent, or -1 */
};

/* Called on the engine's thread, after the commit and before the effect. Must not block or call the engine. */
typedef void gv_transition_fn(void *ctx, const struct gv_transition *transition);
/* Bytes of a film on their way into the store; the same thread and rules. bytes_total 0: not told. */
typedef void gv_download_fn(void *ctx, const char *job_id, uint64_t bytes, uint64_t bytes_total);

/* Zero-initialise: every zero is the default. Borrowed during gv_open. */
struct gv_options {
    enum gv_drive drive;
    gv_transition_fn *on_transition;
    gv_download_fn *on_download;
    void *ctx; /* of both callbacks */
    /* Reads a setting: KLING_API_KEY, GOLEM_VIDEO_MEDIA and their like; NULL: getenv. Called during gv_open only; the
     * result is copied. */
    const char *(*setting)(void *ctx, const char *name);
    void *setting_ctx;
    uint32_t poll_ms;          /* replaces every provider's pace; 0: GOLEM_VIDEO_POLL_MS, else the provider's */
    uint64_t deadline_ms;      /* of a job from its acceptance; 0: 2 h */
    bool allow_private;        /* media URLs and results may lie on private and loopback addresses */
    uint64_t output_bytes_max; /* of one film; 0: 16 GiB */
    const char
        *media_helper; /* path of golem-video-media; NULL: GOLEM_VIDEO_MEDIA, beside the program, or as installed */
};

/* Opens the store in the folder `store` (made if missing) and starts the loop thread.
 * GV_INTERNAL_ERROR: the folder can't be used, and why. */
GV_API int gv_open(struct gv_engine **out, const char *store, const struct gv_options *options, struct gv_error *err);

/* Stops driving, commits what is due and frees the handle; jobs go on at the provider and are taken up by the
 * next engine on the store. NULL is harmless. Not from a callback. */
GV_API void gv_close(struct gv_engine *engine);

/* ---- asking for a video ------------------------------------------------------------------------ */

/* "gv_" and 26 characters of Crockford's base32, ascending in time. */
struct gv_job_id {
    char text[32];
};

/* Checks the wish, copies its files into the store, writes the job down and begins to drive it. When this
 * returns GV_OK the job is on disk. The same idempotency key with the same wish gives the first job's id;
 * with another wish GV_INVALID_INPUT on field idempotency_key. */
GV_API int gv_submit(struct gv_job_id *out, struct gv_engine *engine, const struct gv_operation *operation,
                     struct gv_error *err);

/* Validates like gv_submit, but makes no job and sends nothing; files that the wish names are copied into the store,
 * where they are measured and gv_collect finds them. `*out_json` describes what would be done: provider, model,
 * warnings, estimated USD. free() it. */
GV_API int gv_check(char **out_json, struct gv_engine *engine, const struct gv_operation *operation,
                    struct gv_error *err);

/* The interface's functions; each fills an operation and calls gv_submit. `provider` NULL: the one whose
 * credentials are set. */
GV_API int gv_generate(struct gv_job_id *out, struct gv_engine *engine, const char *provider,
                       const struct gv_media_input *input, const struct gv_generation_config *config,
                       struct gv_error *err);
GV_API int gv_generate_lip_sync(struct gv_job_id *out, struct gv_engine *engine, const char *provider,
                                const struct gv_lip_sync_video *video, const struct gv_audio_source *audio,
                                struct gv_error *err);
GV_API int gv_extend_video(struct gv_job_id *out, struct gv_engine *engine, const char *provider, const char *video_id,
                           const char *prompt, const char *negative_prompt, const float *cfg_scale,
                           const struct gv_kv_list *provider_options, struct gv_error *err);
GV_API int gv_upscale_video(struct gv_job_id *out, struct gv_engine *engine, const char *provider,
                            const struct gv_media *input, struct gv_error *err);
GV_API int gv_generate_video_effects(struct gv_job_id *out, struct gv_engine *engine, const char *provider,
                                     const struct gv_media *input, const struct gv_effect_type *effect,
                                     const char *model, const float *duration, const char *mode, struct gv_error *err);
GV_API int gv_multi_image_generation(struct gv_job_id *out, struct gv_engine *engine, const char *provider,
                                     const struct gv_media *input_images, size_t input_image_count, const char *prompt,
                                     const struct gv_generation_config *config, struct gv_error *err);

/* The provider's voices; `language` "en", "zh" or NULL for all. The array is static; do not free. */
GV_API int gv_list_voices(const struct gv_voice_info **out, size_t *count, const char *provider, const char *language,
                          struct gv_error *err);

/* ---- following it -------------------------------------------------------------------------------- */

/* What the store knows of the job, from disk. Where nobody drives it, this engine takes it up, asks the provider
 * once (and fetches what is ready) before it answers. Free with gv_result_free. */
GV_API int gv_poll(struct gv_video_result **out, struct gv_engine *engine, const char *job_id, struct gv_error *err);

/* Drives the job if nobody does and returns when it has ended or is parked, or after timeout_ms (-1: never), with
 * what gv_poll would say. GV_OK whatever the end: read (*out)->status. */
GV_API int gv_wait(struct gv_video_result **out, struct gv_engine *engine, const char *job_id, int64_t timeout_ms,
                   struct gv_error *err);

/* Returns once the provider has the job, or it ended or was parked, or after timeout_ms (-1: never). */
GV_API int gv_wait_sent(struct gv_video_result **out, struct gv_engine *engine, const char *job_id, int64_t timeout_ms,
                        struct gv_error *err);

GV_API void gv_result_free(struct gv_video_result *result); /* NULL is harmless */

/* Asks for the job's end, durably, whoever drives it, and waits for it. `*out_message` says what became of the
 * provider's work; free() it. Cancelling an ended job is GV_INVALID_INPUT. */
GV_API int gv_cancel(char **out_message, struct gv_engine *engine, const char *job_id, struct gv_error *err);

enum gv_resolve {
    GV_RESOLVE_AS_LOOKED_UP = 0, /* ask the provider once more */
    GV_RESOLVE_AS_TASK,          /* the provider has it under task_id; parked as before if it does not show that task */
    GV_RESOLVE_AS_LOST,          /* it never arrived: send it again (it may be billed twice if that is wrong) */
    GV_RESOLVE_AS_FAILED,        /* give the job up */
};
/* Settles a parked job. GV_INVALID_INPUT: the job is not parked, or its provider has an objection to this way, which
 * the message says; gv_job lists the others. */
GV_API int gv_resolve(struct gv_engine *engine, const char *job_id, enum gv_resolve how, const char *task_id,
                      struct gv_error *err);

/* ---- looking around ------------------------------------------------------------------------------ */

struct gv_list_filter {
    enum gv_status status; /* GV_STATUS_UNSET: any */
    const char *provider;  /* NULL: any */
    const char *after_id;  /* NULL: from the newest; else those older than it */
    uint32_t limit;        /* 0: 100 */
};

/* A JSON array of job objects, newest first. free() *out_json. */
GV_API int gv_list_jobs(char **out_json, struct gv_engine *engine, const struct gv_list_filter *filter,
                        struct gv_error *err);
/* One job object: id, provider, model, operation, status, phase, times (ms since 1970), request, warnings, result; and
 * of a parked job `resolve`, those of the ways look_up, adopt, resubmit and give_up that can settle it. */
GV_API int gv_job(char **out_json, struct gv_engine *engine, const char *job_id, struct gv_error *err);
/* Its history, a JSON array of {seq, at_ms, event, phase, effect, note}, from after_seq on. */
GV_API int gv_job_log(char **out_json, struct gv_engine *engine, const char *job_id, uint64_t after_seq,
                      struct gv_error *err);
/* Copies a stored video of the job to `path`, whole or not at all. index counts the result's videos.
 * GV_INTERNAL_ERROR also where the stored file is no longer what was stored. */
GV_API int gv_save(struct gv_engine *engine, const char *job_id, size_t index, const char *path, struct gv_error *err);
/* Reads the stored video whole and holds it against its length and SHA-256: for those who take the file where it lies.
 * GV_INTERNAL_ERROR: it is damaged or gone. */
GV_API int gv_verify(struct gv_engine *engine, const char *job_id, size_t index, struct gv_error *err);
/* Reads the whole journal. GV_INTERNAL_ERROR: it is damaged, and what to do. */
GV_API int gv_check_journal(struct gv_engine *engine, struct gv_error *err);

/* Removes blobs that no job needs and that were not touched for a week, and what dead downloads left behind. Walks the
 * whole store on the caller's thread, while jobs go on. `*removed` counts all these files; may be NULL. */
GV_API int gv_collect(uint64_t *removed, struct gv_engine *engine, struct gv_error *err);

/* The providers with their models, what each takes, options, settings and prices, as JSON. free() it.
 * `name` NULL: all. */
GV_API int gv_providers_json(char **out_json, const char *name, struct gv_error *err);

/* ---- JSON ------------------------------------------------------------------------------------------- */

/* An operation document. `local`: {"path": ...} media are allowed. Free with gv_operation_free. */
GV_API int gv_operation_from_json(struct gv_operation **out, const char *json, size_t bytes, bool local,
                                  struct gv_error *err);
GV_API void gv_operation_free(struct gv_operation *operation); /* NULL is harmless */
/* free() the text. */
GV_API char *gv_operation_to_json(const struct gv_operation *operation);
GV_API char *gv_result_to_json(const struct gv_video_result *result);
GV_API char *gv_error_to_json(const struct gv_error *error);

#ifdef __cplusplus
}
#endif
#endif
