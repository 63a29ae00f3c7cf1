/* Pictures and films looked into by the program golem-video-media, apart from this process. */
#ifndef GV_MEDIA_PROCESS_H
#define GV_MEDIA_PROCESS_H

#include "base/arena.h"
#include "base/buf.h"
#include "port/media.h"

/* The program's path: `chosen` where it is neither NULL nor empty; else beside the running program, or below its
 * prefix; else where the build installs it. In the arena. */
const char *gv_media_find(struct gv_arena *arena, const char *chosen);

/* `helper_path` is copied; the program is first run by the first probe. */
int gv_media_process_open(struct gv_media_tools **out, const char *helper_path, struct gv_error *err);

enum { GV_MEDIA_ARGS_MAX = 8, GV_MEDIA_ANSWER_BYTES_MAX = 64 << 10 };

/* Runs one verb of the program: `args` ends with NULL and begins with the verb, the file to read and, of most verbs,
 * the file to write, which is removed again where the run fails. `answer` is initialised by the caller
 * and gets the program's line of JSON. The program inherits standard error, an environment without anybody's
 * secrets, and no other open file. It is killed after timeout_ms. Blocks; any thread.
 * GV_INVALID_INPUT: the program refused the file, in its words. GV_INTERNAL_ERROR: it is missing, died, or took too
 * long. */
int gv_media_run(struct gv_buf *answer, const char *helper_path, const char *const *args, uint32_t timeout_ms,
                 struct gv_error *err);

#endif
