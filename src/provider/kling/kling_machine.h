/* The machine's insides, shared by the files that hold its handlers. */
#ifndef GV_KLING_MACHINE_H
#define GV_KLING_MACHINE_H

#include "provider/kling/kling_wire.h"

#define KLING_POLL_FIRST_MS 10000u
#define KLING_POLL_MS 5000u
#define KLING_RETRY_MS 1000u   /* least wait of a busy or unreachable Kling */
#define KLING_LOOK_UP_MS 3000u /* between looks for a task that may not be visible yet */
#define KLING_LOOKUPS_MAX 4u
#define KLING_POSTS_MAX 3u
#define KLING_RESIGNS_MAX 1u
#define KLING_MISSES_MAX 5u /* polls that don't find a task we have the id of */
#define KLING_REFUSALS_MAX 5u
#define KLING_URL_REFRESHES_MAX 5u
#define KLING_FETCH_TRIES_MAX 60u /* about an hour, at a minute each */
#define KLING_CALLS_MAX 16u

/* ---- phases: the diagram is in kling.c -------------------------------------------------------------- */

#define KLING_ENDS (GV_BIT(KLING_FAILED) | GV_BIT(KLING_CANCELLED))
#define KLING_SENDS (GV_BIT(KLING_SPEAKING) | GV_BIT(KLING_IDENTIFYING) | GV_BIT(KLING_SUBMITTING))

/* phase, name, status, what may follow, flags */
#define KLING_PHASES(X)                                                                                                \
    X(KLING_NEW, new, GV_PENDING, KLING_SENDS | KLING_ENDS, 0)                                                         \
    X(KLING_SPEAKING, speaking, GV_PENDING, KLING_SENDS | GV_BIT(KLING_NEW) | GV_BIT(KLING_UNCERTAIN) | KLING_ENDS,    \
      GV_PHASE_UNSETTLED)                                                                                              \
    X(KLING_IDENTIFYING, identifying, GV_PENDING,                                                                      \
      KLING_SENDS | GV_BIT(KLING_NEW) | GV_BIT(KLING_UNCERTAIN) | KLING_ENDS, GV_PHASE_UNSETTLED)                      \
    X(KLING_SUBMITTING, submitting, GV_PENDING,                                                                        \
      GV_BIT(KLING_SUBMITTING) | GV_BIT(KLING_NEW) | GV_BIT(KLING_LOOKING_UP) | GV_BIT(KLING_RUNNING) |                \
          GV_BIT(KLING_UNCERTAIN) | KLING_ENDS,                                                                        \
      GV_PHASE_UNSETTLED)                                                                                              \
    X(KLING_LOOKING_UP, looking_up, GV_PENDING,                                                                        \
      GV_BIT(KLING_LOOKING_UP) | GV_BIT(KLING_SUBMITTING) | GV_BIT(KLING_RUNNING) | GV_BIT(KLING_UNCERTAIN) |          \
          KLING_ENDS,                                                                                                  \
      GV_PHASE_UNSETTLED)                                                                                              \
    X(KLING_RUNNING, running, GV_RUNNING,                                                                              \
      GV_BIT(KLING_RUNNING) | GV_BIT(KLING_FETCHING) | GV_BIT(KLING_UNCERTAIN) | KLING_ENDS, 0)                        \
    X(KLING_FETCHING, fetching, GV_RUNNING,                                                                            \
      GV_BIT(KLING_FETCHING) | GV_BIT(KLING_RUNNING) | GV_BIT(KLING_SUCCEEDED) | GV_BIT(KLING_UNCERTAIN) | KLING_ENDS, \
      0)                                                                                                               \
    X(KLING_SUCCEEDED, succeeded, GV_SUCCEEDED, 0, GV_PHASE_END)                                                       \
    X(KLING_FAILED, failed, GV_FAILED, 0, GV_PHASE_END)                                                                \
    X(KLING_CANCELLED, cancelled, GV_FAILED, 0, GV_PHASE_END | GV_PHASE_CANCELLED)                                     \
    X(KLING_UNCERTAIN, uncertain, GV_RUNNING,                                                                          \
      GV_BIT(KLING_UNCERTAIN) | KLING_SENDS | GV_BIT(KLING_LOOKING_UP) | GV_BIT(KLING_RUNNING) | KLING_ENDS,           \
      GV_PHASE_UNSETTLED | GV_PHASE_PARKED)

#define AS_ENUM(phase, word, status, next, flags) phase,
enum kling_phase { KLING_PHASES(AS_ENUM) KLING_PHASE_COUNT };
#undef AS_ENUM

/* ---- one step --------------------------------------------------------------------------------------- */

struct kling_job {
    const struct gv_step *in;
    struct kling_state *s;
    const struct gv_event *ev;
    struct kling_route route;
};

/* The handlers, a phase or two each. */
struct gv_effect kling_in_new(struct kling_job *j);
struct gv_effect kling_in_side_call(struct kling_job *j); /* speaking, identifying */
struct gv_effect kling_in_submitting(struct kling_job *j);
struct gv_effect kling_in_looking_up(struct kling_job *j);
struct gv_effect kling_in_running(struct kling_job *j);
struct gv_effect kling_in_fetching(struct kling_job *j);
struct gv_effect kling_in_uncertain(struct kling_job *j);
/* As gv_provider.objection says. */
const char *kling_objection(const struct kling_job *j);

/* kling_common.c: what several handlers end in. Each sets the phase that goes with its effect. */
void kling_go(struct kling_job *j, enum kling_phase phase);
struct gv_effect kling_nothing(void);
struct gv_effect kling_failed(struct kling_job *j, struct gv_error *error);
struct gv_effect kling_task_failed(struct kling_job *j, const struct kling_task *task);
struct gv_effect kling_cancelled(struct kling_job *j);
struct gv_effect kling_park(struct kling_job *j, const char *note);
struct gv_effect kling_deadline(struct kling_job *j);
struct gv_effect kling_back_off(const char *note); /* keeps the phase */
struct gv_effect kling_poll_now(struct kling_job *j);
/* Kling shows the task: one that a person named is the job's from now on. */
void kling_seen(struct kling_job *j);
/* Kling does not show the task that a person named: parked as before. */
struct gv_effect kling_not_adopted(struct kling_job *j, const char *why);

bool kling_option_is_true(const struct kling_job *j, const char *key);
/* What the job still has to send before Kling has it; read from what the state holds. */
enum kling_phase kling_next_send(const struct kling_job *j);
const char *kling_unfetched_note(const struct kling_job *j, const char *why);
const char *kling_park_note(const struct kling_job *j); /* what is not known, and what settles it */
/* Reads the event's reply. */
struct kling_answer kling_read_answer(struct kling_job *j);
const char *kling_words_of(const struct kling_job *j, const struct kling_answer *answer);
/* True once per call: the skew is set, and the same call may leave again. */
bool kling_may_sign_again(struct kling_job *j);

#endif
