/* From a job's id to its end, with a person watching. */
#ifndef GV_CLI_FOLLOW_H
#define GV_CLI_FOLLOW_H

#include "cli/session.h"

enum gv_cli_until {
    GV_CLI_UNTIL_SENT, /* the provider has it */
    GV_CLI_UNTIL_END,  /* it ended or is parked */
};

/* Follows the job, drawing what happens, and prints what came of it: the film's place, or how to take the job up
 * again. timeout_ms -1: never. Returns the exit code; *err says why where that is an error. */
int gv_cli_follow(struct gv_cli_session *session, const char *job_id, enum gv_cli_until until, int64_t timeout_ms,
                  struct gv_error *err);

/* The exit code that tells how a job stands; *err is its error, where it has one. */
int gv_cli_result_code(const struct gv_video_result *result, struct gv_error *err);

/* Copies every film of the result to args->output and prints where; without --output prints where they are stored. */
int gv_cli_hand_over(struct gv_cli_session *session, const struct gv_video_result *result, struct gv_error *err);

/* Makes the ways that can settle the parked job the advice that is printed last. */
void gv_cli_advise_settling(struct gv_cli_session *session, const char *job_id);

#endif
