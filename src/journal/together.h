/* What every journal holds of the ops of one batch. */
#ifndef GV_JOURNAL_TOGETHER_H
#define GV_JOURNAL_TOGETHER_H

#include <string.h>

#include "port/journal.h"

/* True for a message done, or a blob needed, by a step of this batch that was not written for want of the lease: the
 * message is then somebody else's to read. */
static inline bool gv_journal_falls(const struct gv_journal_op *ops, size_t i)
{
    const struct gv_journal_op *op = &ops[i];
    const char *job_id = op->kind == GV_JOURNAL_INBOX_DONE ? op->inbox.job_id : op->job_id;
    if (op->kind != GV_JOURNAL_INBOX_DONE && op->kind != GV_JOURNAL_BLOB_REF)
        return false;
    while (i > 0 && ops[i].kind != GV_JOURNAL_STEP)
        i--;
    return ops[i].kind == GV_JOURNAL_STEP && ops[i].verdict == GV_JOURNAL_LOST_LEASE && job_id != NULL &&
           strcmp(ops[i].row->id, job_id) == 0;
}

#endif
