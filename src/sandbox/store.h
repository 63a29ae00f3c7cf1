/* The accepted creates and notes: in memory for look-ups, one JSON line each on disk. */
#ifndef GV_SANDBOX_STORE_H
#define GV_SANDBOX_STORE_H

#include "base/buf.h"
#include "core/emulator.h"

#define GV_STORE_TASKS_MAX (1u << 20)

struct gv_store; /* any thread may call its functions */

/* `path` NULL: memory only. What an earlier process wrote is read; a line cut short by a crash was never answered
 * and is removed. GV_INTERNAL_ERROR: the file can't be used, another sandbox has it, or a line is damaged. */
int gv_store_open(struct gv_store **out, const char *path, struct gv_error *err);
void gv_store_close(struct gv_store *store); /* NULL is harmless */

/* Between these two no task is added by anybody else. */
void gv_store_lock(struct gv_store *store);
void gv_store_unlock(struct gv_store *store);

/* Copies the task and writes it, under the lock; it is not yet safe: see gv_store_sync. */
int gv_store_add(struct gv_store *store, const struct gv_emu_task *task, struct gv_error *err);
/* Returns when all tasks added before are on disk; several callers share one sync. Not under the lock. */
int gv_store_sync(struct gv_store *store, struct gv_error *err);

/* Tasks and notes, oldest first; the array never moves. What a note removed is still among them, but not found. */
const struct gv_emu_task *const *gv_store_tasks(struct gv_store *store, size_t *count);
const struct gv_emu_task *gv_store_find(struct gv_store *store, const char *provider, const char *id);
const struct gv_emu_task *gv_store_find_external(struct gv_store *store, const char *provider, const char *account,
                                                 const char *external_id);

#endif
