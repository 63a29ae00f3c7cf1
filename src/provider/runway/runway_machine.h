/* The machine's insides, shared by the files that hold its handlers. */
#ifndef GV_RUNWAY_MACHINE_H
#define GV_RUNWAY_MACHINE_H

#include "provider/runway/runway_wire.h"

#define RUNWAY_POLL_MS 6000u  /* jitter takes a tenth, and a task may be asked for once per 5 s (README, section 5.1) */
#define RUNWAY_RETRY_MS 1000u /* least wait of a busy or unreachable Runway */
#define RUNWAY_LOSSES_MAX 3u  /* creates in a row, where the caller allows another at all */
#define RUNWAY_SLOTS_MAX 5u   /* asked for in a row for one file */
#define RUNWAY_MISSES_MAX 5u  /* polls that don't find a task we have the id of */
#define RUNWAY_REFUSALS_MAX 5u
#define RUNWAY_URL_REFRESHES_MAX 5u
#define RUNWAY_FETCH_TRIES_MAX 60u  /* about an hour, at a minute each */
#define RUNWAY_CANCEL_TRIES_MAX 10u /* about five minutes */
#define RUNWAY_CALLS_MAX 16u
#define RUNWAY_UPLOAD_LIVES_MS (23 * 3600 * 1000ll) /* of 24 hours (section 7) */

/* ---- phases: the diagram is in runway.c ------------------------------------------------------------- */

#define RUNWAY_ENDS (GV_BIT(RUNWAY_FAILED) | GV_BIT(RUNWAY_CANCELLED))
#define RUNWAY_SENDS                                                                                                   \
    (GV_BIT(RUNWAY_RESERVING) | GV_BIT(RUNWAY_IMAGING) | GV_BIT(RUNWAY_IMAGE_RUNNING) | GV_BIT(RUNWAY_SUBMITTING))

/* phase, name, status, what may follow, flags */
#define RUNWAY_PHASES(X)                                                                                               \
    X(RUNWAY_NEW, new, GV_PENDING, RUNWAY_SENDS | GV_BIT(RUNWAY_UNCERTAIN) | RUNWAY_ENDS, 0)                           \
    X(RUNWAY_RESERVING, reserving, GV_PENDING,                                                                         \
      RUNWAY_SENDS | GV_BIT(RUNWAY_UPLOADING) | GV_BIT(RUNWAY_NEW) | GV_BIT(RUNWAY_UNCERTAIN) | RUNWAY_ENDS, 0)        \
    X(RUNWAY_UPLOADING, uploading, GV_PENDING,                                                                         \
      RUNWAY_SENDS | GV_BIT(RUNWAY_NEW) | GV_BIT(RUNWAY_UNCERTAIN) | RUNWAY_ENDS, 0)                                   \
    X(RUNWAY_IMAGING, imaging, GV_PENDING,                                                                             \
      GV_BIT(RUNWAY_NEW) | GV_BIT(RUNWAY_IMAGE_RUNNING) | GV_BIT(RUNWAY_CANCELLING) | GV_BIT(RUNWAY_UNCERTAIN) |       \
          RUNWAY_ENDS,                                                                                                 \
      GV_PHASE_UNSETTLED)                                                                                              \
    X(RUNWAY_IMAGE_RUNNING, image_running, GV_RUNNING,                                                                 \
      GV_BIT(RUNWAY_IMAGE_RUNNING) | GV_BIT(RUNWAY_SUBMITTING) | GV_BIT(RUNWAY_CANCELLING) |                           \
          GV_BIT(RUNWAY_UNCERTAIN) | RUNWAY_ENDS,                                                                      \
      0)                                                                                                               \
    X(RUNWAY_SUBMITTING, submitting, GV_PENDING,                                                                       \
      GV_BIT(RUNWAY_NEW) | GV_BIT(RUNWAY_RUNNING) | GV_BIT(RUNWAY_CANCELLING) | GV_BIT(RUNWAY_UNCERTAIN) |             \
          RUNWAY_ENDS,                                                                                                 \
      GV_PHASE_UNSETTLED)                                                                                              \
    X(RUNWAY_RUNNING, running, GV_RUNNING,                                                                             \
      GV_BIT(RUNWAY_RUNNING) | GV_BIT(RUNWAY_FETCHING) | GV_BIT(RUNWAY_CANCELLING) | GV_BIT(RUNWAY_UNCERTAIN) |        \
          RUNWAY_ENDS,                                                                                                 \
      0)                                                                                                               \
    X(RUNWAY_FETCHING, fetching, GV_RUNNING,                                                                           \
      GV_BIT(RUNWAY_FETCHING) | GV_BIT(RUNWAY_RUNNING) | GV_BIT(RUNWAY_SUCCEEDED) | GV_BIT(RUNWAY_UNCERTAIN) |         \
          RUNWAY_ENDS,                                                                                                 \
      0)                                                                                                               \
    X(RUNWAY_CANCELLING, cancelling, GV_RUNNING, GV_BIT(RUNWAY_CANCELLING) | GV_BIT(RUNWAY_CANCELLED), 0)              \
    X(RUNWAY_SUCCEEDED, succeeded, GV_SUCCEEDED, 0, GV_PHASE_END)                                                      \
    X(RUNWAY_FAILED, failed, GV_FAILED, 0, GV_PHASE_END)                                                               \
    X(RUNWAY_CANCELLED, cancelled, GV_FAILED, 0, GV_PHASE_END | GV_PHASE_CANCELLED)                                    \
    X(RUNWAY_UNCERTAIN, uncertain, GV_RUNNING,                                                                         \
      GV_BIT(RUNWAY_UNCERTAIN) | RUNWAY_SENDS | GV_BIT(RUNWAY_RUNNING) | GV_BIT(RUNWAY_CANCELLING) | RUNWAY_ENDS,      \
      GV_PHASE_UNSETTLED | GV_PHASE_PARKED)

#define AS_ENUM(phase, word, status, next, flags) phase,
enum runway_phase { RUNWAY_PHASES(AS_ENUM) RUNWAY_PHASE_COUNT };
#undef AS_ENUM

/* ---- one step --------------------------------------------------------------------------------------- */

struct runway_job {
    const struct gv_step *in;
    struct runway_state *s;
    const struct gv_event *ev;
    enum runway_route route;
};

/* The handlers, a phase or two each. */
struct gv_effect runway_in_new(struct runway_job *j);
struct gv_effect runway_in_reserving(struct runway_job *j);
struct gv_effect runway_in_uploading(struct runway_job *j);
struct gv_effect runway_in_create(struct runway_job *j); /* imaging, submitting */
struct gv_effect runway_in_task(struct runway_job *j);   /* image_running, running */
struct gv_effect runway_in_fetching(struct runway_job *j);
struct gv_effect runway_in_cancelling(struct runway_job *j);
struct gv_effect runway_in_uncertain(struct runway_job *j);
/* As gv_provider.objection says. */
const char *runway_objection(const struct runway_job *j);

/* runway_create.c: sends what is next, be it a file, the picture, or the film's create. */
struct gv_effect runway_send_next(struct runway_job *j);

/* runway_cancel.c */
/* Asks for the task first: what is finished must not be deleted. */
struct gv_effect runway_cancel_task(struct runway_job *j);
/* Where nothing is known to run: ends here and says what is known. */
struct gv_effect runway_cancelled(struct runway_job *j);
struct gv_effect runway_not_stopped(struct runway_job *j, const char *why);

/* runway_common.c: what several handlers end in. Each sets the phase that goes with its effect. */
void runway_go(struct runway_job *j, enum runway_phase phase);
struct gv_effect runway_nothing(void);
struct gv_effect runway_failed(struct runway_job *j, struct gv_error *error);
struct gv_effect runway_park(struct runway_job *j, const char *note);
struct gv_effect runway_back_off(const struct runway_job *j, const char *note); /* keeps the phase */
struct gv_effect runway_poll_now(struct runway_job *j);
struct gv_effect runway_deadline(struct runway_job *j); /* in any phase */

/* The task that is under way: what a person named, else the film's, else the picture's; NULL before there is one. */
const char *runway_task_of(const struct runway_job *j);
/* Whether that is the picture's. */
bool runway_is_image(const struct runway_job *j);
/* Whether a parked job has a task that Runway could be asked for. */
bool runway_has_task(const struct runway_job *j);
/* Runway shows the task: one that a person named is the job's from now on. */
void runway_seen(struct runway_job *j);
/* Runway does not show the task that a person named: parked as before. */
struct gv_effect runway_not_adopted(struct runway_job *j, const char *why);
/* Whether the picture of RUNWAY_TEXT_BY_TWO is still to be made. */
bool runway_needs_image(const struct runway_job *j);
/* " The picture for it was made and billed (task ...).", or "". */
const char *runway_image_words(const struct runway_job *j);
/* What is not known, and what settles it. */
const char *runway_park_note(const struct runway_job *j);
const char *runway_why(const struct runway_job *j); /* there was no reply, or no file */
const char *runway_words_of(const struct runway_job *j, const struct runway_answer *answer);

#endif
