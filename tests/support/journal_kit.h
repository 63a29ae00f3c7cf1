/* Short words for tests of journals. Failures are GV_ASSERTs, for they are used in child processes, too. */
#ifndef GV_TESTS_JOURNAL_KIT_H
#define GV_TESTS_JOURNAL_KIT_H

#include "port/journal.h"
#include "support/fake_loop.h"

struct gv_journal_kit {
    struct gv_fake_loop *loop;
    struct gv_arena arena; /* of everything that the calls return */
};

void gv_kit_open(struct gv_journal_kit *kit);
void gv_kit_close(struct gv_journal_kit *kit);

/* A batch on the heap, on its way; its result is ready once gv_kit_wait returned. */
struct gv_kit_batch {
    struct gv_journal_batch batch;
    bool done;
};
struct gv_kit_batch *gv_kit_start(struct gv_journal_kit *kit, struct gv_journal *journal, struct gv_journal_op *ops,
                                  size_t count);
void gv_kit_wait(struct gv_journal_kit *kit, const struct gv_kit_batch *batch);

/* Commits, waits and demands GV_OK. */
void gv_kit_commit(struct gv_journal_kit *kit, struct gv_journal *journal, struct gv_journal_op *ops, size_t count);
/* The same for one operation; returns its verdict. */
enum gv_journal_verdict gv_kit_do(struct gv_journal_kit *kit, struct gv_journal *journal, struct gv_journal_op *op);

/* A pending job of provider "kling" with every column set, different for each id. Driven by `owner`. */
struct gv_job_row *gv_kit_row(struct gv_journal_kit *kit, const char *id, const char *owner);
/* Accepts such a job with one line of history. */
void gv_kit_accept(struct gv_journal_kit *kit, struct gv_journal *journal, const char *id);

struct gv_journal_op gv_kit_accept_op(const struct gv_job_row *row);
struct gv_journal_op gv_kit_step_op(const struct gv_job_row *row);

/* NULL: not there. */
const struct gv_job_row *gv_kit_get(struct gv_journal_kit *kit, struct gv_journal *journal, const char *id);
size_t gv_kit_history_count(struct gv_journal_kit *kit, struct gv_journal *journal, const char *id);
/* Claims job_id, or at most `max` of all; returns how many. */
size_t gv_kit_claim(struct gv_journal_kit *kit, struct gv_journal *journal, const char *job_id, uint32_t max);

void gv_journal_close(struct gv_journal *journal);

#endif
