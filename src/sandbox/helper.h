/* Running golem-video-media, which alone knows pictures and films. */
#ifndef GV_SANDBOX_HELPER_H
#define GV_SANDBOX_HELPER_H

#include <stddef.h>

#include "golem_video/error.h"

#define GV_HELPER_SECONDS_MAX 300

/* argv[0] is the program, looked for in PATH without a slash; argv is NULL-ended. What it prints goes to `out`,
 * NUL-terminated and cut at its room. The program is stopped once stop_fd is readable. Blocks; any thread.
 * GV_INVALID_INPUT: it failed, with its last words; GV_INTERNAL_ERROR: it can't be run or took too long. */
int gv_helper_run(char *out, size_t out_bytes, const char *const argv[], int stop_fd, struct gv_error *err);

#endif
