/* Applying batches inside one transaction. */
#ifndef GV_JOURNAL_SQLITE_WRITE_H
#define GV_JOURNAL_SQLITE_WRITE_H

#include "journal/sqlite_db.h"
#include "journal/sqlite_owner.h"
#include "port/journal.h"

/* Writer thread only. */
struct gv_sqlite_writer {
    struct gv_sqlite db;
    struct gv_owner owner;
    const char *host; /* for people */
};

/* Runs the batches, in order, in as few transactions as possible, and fills their results. A batch that fails takes
 * no other with it. */
void gv_sqlite_write(struct gv_sqlite_writer *writer, struct gv_journal_batch **batches, size_t count);

/* Copies the log into the main file as far as readers allow; never waits. */
void gv_sqlite_checkpoint(struct gv_sqlite_writer *writer);

/* Gives up every lease of this process. What can't be written is left for others to find out. */
void gv_sqlite_write_goodbye(struct gv_sqlite_writer *writer);

#endif
