/* A journal in memory, for simulations: the store is the disk, which outlives the engines on it. */
#ifndef GV_JOURNAL_MEMORY_H
#define GV_JOURNAL_MEMORY_H

#include "port/journal.h"

struct gv_memory_journal_store;

struct gv_memory_journal_store *gv_memory_journal_store_new(void);
/* Frees all journals opened on it, too; none may have work posted to its loop any more. NULL is harmless. */
void gv_memory_journal_store_free(struct gv_memory_journal_store *store);

/* Opens a journal on the store, which may have several. A batch is applied by a function posted to `loop` (borrowed
 * until close), and its `done` is called right there. `owner` is copied, and used once per store. */
int gv_journal_memory_open(struct gv_journal **out, struct gv_memory_journal_store *store, struct gv_loop *loop,
                           const char *owner);

/* The end of a process: of the batches not yet applied the first `survived` still are, the others never were, and none
 * hears of it; the leases are free for others. Instead of close; the journal may not be used any more. */
void gv_memory_journal_crash(struct gv_memory_journal_store *store, struct gv_journal *journal, size_t survived);

/* Its owner is taken for dead, though it lives: others may take its jobs. What it commits next shows that it lives, and
 * the jobs that nobody took meanwhile are its own again. */
void gv_memory_journal_presume_dead(struct gv_memory_journal_store *store, struct gv_journal *journal);

#endif
