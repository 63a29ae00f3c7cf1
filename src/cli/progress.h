/* What happens to a job, for a person at a terminal: lines that stay, and one that is redrawn. */
#ifndef GV_CLI_PROGRESS_H
#define GV_CLI_PROGRESS_H

#include "cli/args.h"

struct gv_cli_progress; /* written by the engine's thread, drawn by ours */

struct gv_cli_progress *gv_cli_progress_new(const struct gv_cli_args *args);
void gv_cli_progress_free(struct gv_cli_progress *progress);

gv_transition_fn gv_cli_progress_transition;
gv_download_fn gv_cli_progress_download;

/* A line on standard error, unless --quiet. */
void gv_cli_progress_say(struct gv_cli_progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Prints what was heard since the last time, and redraws the line. */
void gv_cli_progress_draw(struct gv_cli_progress *progress);
/* Prints what was heard and takes the redrawn line away. */
void gv_cli_progress_clear(struct gv_cli_progress *progress);

#endif
