/* URLs of results: signed, and good for a while. */
#ifndef GV_SANDBOX_LINKS_H
#define GV_SANDBOX_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/emulator.h"

/* Below an emulator's prefix: GV_LINK_PREFIX, the task's id, "/", the file's name. */
#define GV_LINK_PREFIX "/_media/"

/* `until_ms`: its last moment, since 1970, in whole seconds. */
const char *gv_link_make(struct gv_arena *arena, const char *origin, uint64_t seed, const struct gv_emu_task *task,
                         const char *file_name, int64_t until_ms);
/* NULL if it is good, else why not. `path` below the prefix of `provider`. */
const char *gv_link_check(uint64_t seed, const char *provider, const char *path, const char *expires,
                          const char *signature, int64_t now_ms);

#endif
