/* The machine's insides, shared by the files that hold its handlers. */
#ifndef GV_STABILITY_MACHINE_H
#define GV_STABILITY_MACHINE_H

#include "provider/stability/stability_wire.h"

#define STABILITY_POLL_MS                                                                                              \
    11200u /* jitter takes a tenth, and a film may be asked for once per 10 s (README, section 1) */
#define STABILITY_RETRY_MS 1000u       /* least wait of an unreachable Stability */
#define STABILITY_LOCKED_OUT_MS 60000u /* after a 429 (section 1) */
#define STABILITY_LOSSES_MAX 3u        /* creates in a row, where the caller allows another at all */
#define STABILITY_PROBES_MAX 3u
#define STABILITY_INPUT_TRIES_MAX 10u
#define STABILITY_MISSES_MAX 5u
#define STABILITY_REFUSALS_MAX 5u
#define STABILITY_SPOILED_MAX 5u
#define STABILITY_RESULT_LIVES_MS (24 * 3600 * 1000ll) /* section 3 */
#define STABILITY_CALLS_MAX 16u

/* ---- phases: the diagram is in stability.c ---------------------------------------------------------- */

#define STABILITY_ENDS (GV_BIT(STABILITY_FAILED) | GV_BIT(STABILITY_CANCELLED))
#define STABILITY_SENDS                                                                                                \
    (GV_BIT(STABILITY_FETCHING_INPUT) | GV_BIT(STABILITY_PROBING) | GV_BIT(STABILITY_DRAWING) |                        \
     GV_BIT(STABILITY_SHAPING) | GV_BIT(STABILITY_SUBMITTING))
#define STABILITY_ON_THE_WAY (STABILITY_SENDS | GV_BIT(STABILITY_NEW) | GV_BIT(STABILITY_UNCERTAIN) | STABILITY_ENDS)

/* phase, name, status, what may follow, flags */
#define STABILITY_PHASES(X)                                                                                            \
    X(STABILITY_NEW, new, GV_PENDING, STABILITY_SENDS | GV_BIT(STABILITY_UNCERTAIN) | STABILITY_ENDS, 0)               \
    X(STABILITY_FETCHING_INPUT, fetching_input, GV_PENDING, STABILITY_ON_THE_WAY, 0)                                   \
    X(STABILITY_PROBING, probing, GV_PENDING, STABILITY_ON_THE_WAY, 0)                                                 \
    X(STABILITY_DRAWING, drawing, GV_PENDING,                                                                          \
      GV_BIT(STABILITY_NEW) | GV_BIT(STABILITY_SHAPING) | GV_BIT(STABILITY_UNCERTAIN) | STABILITY_ENDS,                \
      GV_PHASE_UNSETTLED)                                                                                              \
    X(STABILITY_SHAPING, shaping, GV_PENDING, STABILITY_ON_THE_WAY, 0)                                                 \
    X(STABILITY_SUBMITTING, submitting, GV_PENDING,                                                                    \
      GV_BIT(STABILITY_NEW) | GV_BIT(STABILITY_RUNNING) | GV_BIT(STABILITY_UNCERTAIN) | STABILITY_ENDS,                \
      GV_PHASE_UNSETTLED)                                                                                              \
    X(STABILITY_RUNNING, running, GV_RUNNING,                                                                          \
      GV_BIT(STABILITY_RUNNING) | GV_BIT(STABILITY_SUCCEEDED) | GV_BIT(STABILITY_UNCERTAIN) | STABILITY_ENDS, 0)       \
    X(STABILITY_SUCCEEDED, succeeded, GV_SUCCEEDED, 0, GV_PHASE_END)                                                   \
    X(STABILITY_FAILED, failed, GV_FAILED, 0, GV_PHASE_END)                                                            \
    X(STABILITY_CANCELLED, cancelled, GV_FAILED, 0, GV_PHASE_END | GV_PHASE_CANCELLED)                                 \
    X(STABILITY_UNCERTAIN, uncertain, GV_RUNNING,                                                                      \
      GV_BIT(STABILITY_UNCERTAIN) | STABILITY_SENDS | GV_BIT(STABILITY_RUNNING) | STABILITY_ENDS,                      \
      GV_PHASE_UNSETTLED | GV_PHASE_PARKED)

#define AS_ENUM(phase, word, status, next, flags) phase,
enum stability_phase { STABILITY_PHASES(AS_ENUM) STABILITY_PHASE_COUNT };
#undef AS_ENUM

/* ---- one step --------------------------------------------------------------------------------------- */

struct stability_job {
    const struct gv_step *in;
    struct stability_state *s;
    const struct gv_event *ev;
};

/* The handlers, a phase or two each. */
struct gv_effect stability_in_new(struct stability_job *j);
struct gv_effect stability_in_fetching_input(struct stability_job *j);
struct gv_effect stability_in_probing(struct stability_job *j);
struct gv_effect stability_in_shaping(struct stability_job *j);
struct gv_effect stability_in_create(struct stability_job *j); /* drawing, submitting */
struct gv_effect stability_in_running(struct stability_job *j);
struct gv_effect stability_in_uncertain(struct stability_job *j);
/* As gv_provider.objection says. */
const char *stability_objection(const struct stability_job *j);

/* stability_prepare.c: does what is next, be it the picture, its size, or the film's create. */
struct gv_effect stability_send_next(struct stability_job *j);

/* stability_common.c: what several handlers end in. Each sets the phase that goes with its effect. */
void stability_go(struct stability_job *j, enum stability_phase phase);
struct gv_effect stability_nothing(void);
struct gv_effect stability_failed(struct stability_job *j, struct gv_error *error);
struct gv_effect stability_refused(struct stability_job *j, const struct stability_answer *answer, const char *doing);
/* There is no video API behind STABILITY_BASE_URL. */
struct gv_effect stability_retired(struct stability_job *j, const struct stability_answer *answer);
struct gv_effect stability_filtered(struct stability_job *j, const struct stability_result *result, const char *what);
struct gv_effect stability_cancelled(struct stability_job *j);
struct gv_effect stability_park(struct stability_job *j, const char *note);
struct gv_effect stability_deadline(struct stability_job *j);
struct gv_effect stability_back_off(const struct stability_job *j, const char *note); /* keeps the phase */
/* What was under way did not happen: what is next is found out again later. */
struct gv_effect stability_later(struct stability_job *j, const char *note);
/* The same, or the end where no later try can help. */
struct gv_effect stability_not_sent(struct stability_job *j);
struct gv_effect stability_poll_now(struct stability_job *j);
/* Stability shows the film: one that a person named is the job's from now on. */
void stability_seen(struct stability_job *j);
/* Stability does not show the film that a person named: parked as before. */
struct gv_effect stability_not_adopted(struct stability_job *j, const char *why);

bool stability_is_from_text(const struct stability_job *j);
/* Whether the picture that the film begins with is still to be made. */
bool stability_needs_picture(const struct stability_job *j);
/* What is not known, and what settles it. */
const char *stability_park_note(const struct stability_job *j);
const char *stability_words_of(const struct stability_job *j, const struct stability_answer *answer);

#endif
