/* The machine's insides, shared by the files that hold its handlers. */
#ifndef GV_VEO_MACHINE_H
#define GV_VEO_MACHINE_H

#include "provider/veo/veo_wire.h"

#define VEO_POLL_FIRST_MS 15000u
#define VEO_POLL_MS 10000u            /* as Google's samples do */
#define VEO_RETRY_MS 2000u            /* least wait of a busy or unreachable Google */
#define VEO_LIST_MS 30000u            /* between looks into the bucket */
#define VEO_LISTS_FOR_MS (15 * 60000) /* a render takes up to 6 minutes at peak (README, section 8) */
#define VEO_FRESH_TOKENS_MAX 1u
#define VEO_MISSES_MAX 5u
#define VEO_REFUSALS_MAX 5u
#define VEO_URL_REFRESHES_MAX 3u
#define VEO_FETCH_TRIES_MAX 60u /* about an hour, at a minute each */
#define VEO_INPUT_TRIES_MAX 10u
#define VEO_CALLS_MAX 16u
#define VEO_CREATES_PER_MINUTE 50u /* README, section 8: per model and region */

/* ---- phases: the diagram is in veo.c ---------------------------------------------------------------- */

#define VEO_ENDS (GV_BIT(VEO_FAILED) | GV_BIT(VEO_CANCELLED))
#define VEO_SENDS (GV_BIT(VEO_GATHERING) | GV_BIT(VEO_SUBMITTING))
#define VEO_BRINGS (GV_BIT(VEO_FETCHING) | GV_BIT(VEO_SUCCEEDED))

/* phase, name, status, what may follow, flags */
#define VEO_PHASES(X)                                                                                                  \
    X(VEO_NEW, new, GV_PENDING, VEO_SENDS | VEO_ENDS, 0)                                                               \
    X(VEO_GATHERING, gathering, GV_PENDING, VEO_SENDS | VEO_ENDS, 0)                                                   \
    X(VEO_SUBMITTING, submitting, GV_PENDING,                                                                          \
      VEO_SENDS | GV_BIT(VEO_NEW) | GV_BIT(VEO_LISTING) | GV_BIT(VEO_RUNNING) | GV_BIT(VEO_UNCERTAIN) | VEO_ENDS,      \
      GV_PHASE_UNSETTLED)                                                                                              \
    X(VEO_LISTING, listing, GV_PENDING,                                                                                \
      VEO_SENDS | GV_BIT(VEO_LISTING) | VEO_BRINGS | GV_BIT(VEO_UNCERTAIN) | VEO_ENDS, GV_PHASE_UNSETTLED)             \
    X(VEO_RUNNING, running, GV_RUNNING,                                                                                \
      GV_BIT(VEO_RUNNING) | GV_BIT(VEO_LISTING) | VEO_BRINGS | GV_BIT(VEO_UNCERTAIN) | VEO_ENDS, 0)                    \
    X(VEO_FETCHING, fetching, GV_RUNNING,                                                                              \
      VEO_BRINGS | GV_BIT(VEO_RUNNING) | GV_BIT(VEO_LISTING) | GV_BIT(VEO_UNCERTAIN) | VEO_ENDS, 0)                    \
    X(VEO_SUCCEEDED, succeeded, GV_SUCCEEDED, 0, GV_PHASE_END)                                                         \
    X(VEO_FAILED, failed, GV_FAILED, 0, GV_PHASE_END)                                                                  \
    X(VEO_CANCELLED, cancelled, GV_FAILED, 0, GV_PHASE_END | GV_PHASE_CANCELLED)                                       \
    X(VEO_UNCERTAIN, uncertain, GV_RUNNING,                                                                            \
      GV_BIT(VEO_UNCERTAIN) | VEO_SENDS | GV_BIT(VEO_LISTING) | GV_BIT(VEO_RUNNING) | VEO_ENDS,                        \
      GV_PHASE_UNSETTLED | GV_PHASE_PARKED)

#define AS_ENUM(phase, word, status, next, flags) phase,
enum veo_phase { VEO_PHASES(AS_ENUM) VEO_PHASE_COUNT };
#undef AS_ENUM

/* ---- one step --------------------------------------------------------------------------------------- */

struct veo_job {
    const struct gv_step *in;
    struct veo_state *s;
    const struct gv_event *ev;
    enum veo_surface surface; /* the operation's, where it has a name, else the wish's */
    const char *storage;      /* gs://bucket/prefix/ of this job alone, or NULL */
    unsigned samples;
};

/* The handlers, a phase each. */
struct gv_effect veo_in_new(struct veo_job *j);
struct gv_effect veo_in_gathering(struct veo_job *j);
struct gv_effect veo_in_submitting(struct veo_job *j);
struct gv_effect veo_in_listing(struct veo_job *j);
struct gv_effect veo_in_running(struct veo_job *j);
struct gv_effect veo_in_fetching(struct veo_job *j);
struct gv_effect veo_in_uncertain(struct veo_job *j);
/* As gv_provider.objection says. */
const char *veo_objection(const struct veo_job *j);

/* veo_common.c: what several handlers end in. Each sets the phase that goes with its effect. */
void veo_go(struct veo_job *j, enum veo_phase phase);
struct gv_effect veo_nothing(void);
struct gv_effect veo_failed(struct veo_job *j, struct gv_error *error);
struct gv_effect veo_cancelled(struct veo_job *j);
struct gv_effect veo_park(struct veo_job *j, const char *note);
struct gv_effect veo_deadline(struct veo_job *j);
struct gv_effect veo_back_off(uint32_t told_ms, const char *note); /* keeps the phase */
const char *veo_park_note(const struct veo_job *j);                /* what is not known, and what settles it */
const char *veo_unfetched_note(const struct veo_job *j, const char *why);
const char *veo_words_of(const struct veo_job *j, const struct veo_answer *answer);
/* Reads the event's reply. */
struct veo_answer veo_read_answer(struct veo_job *j);
/* True once in a row: the same call may leave again with another token. */
bool veo_may_refresh_token(struct veo_job *j);
/* Where the call goes wrong by our settings alone: the words for it, or NULL. */
const char *veo_wrong_host(const struct veo_job *j, const char *location);

/* The operation that is asked for: what a person named, else the job's; NULL: none. */
const char *veo_name_of(const struct veo_state *s);
/* Google shows the operation: one that a person named is the job's from now on. */
void veo_seen(struct veo_job *j);
/* Google does not show the operation that a person named: parked as before. */
struct gv_effect veo_not_adopted(struct veo_job *j, const char *why);

struct gv_effect veo_poll(struct veo_job *j, bool fresh_token);
struct gv_effect veo_list(struct veo_job *j, bool fresh_token);
/* Fetches the next output, or ends. */
struct gv_effect veo_fetch_next(struct veo_job *j);

#endif
