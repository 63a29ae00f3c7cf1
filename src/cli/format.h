/* File names of films. */
#ifndef GV_CLI_FORMAT_H
#define GV_CLI_FORMAT_H

#include "cli/args.h"

#define GV_CLI_PATH_BYTES 4096

/* The local path of a file:// URI; false: it is none. */
bool gv_cli_path_of(char *out, size_t bytes, const char *uri);

/* "mp4" for video/mp4 and so on; "bin" for what is not known. */
const char *gv_cli_extension(const char *mime_type);

/* Where video `index` of the job goes: `wanted` itself, JOB.ext in it if it is a folder, FILE-2.ext for the second.
 * In the arena. */
const char *gv_cli_output_path(struct gv_arena *arena, const char *wanted, const char *job_id, size_t index,
                               const char *mime_type);

/* Refuses an --output that could not be written, before anything costs money. */
int gv_cli_check_output(const struct gv_cli_args *args, struct gv_error *err);

#endif
