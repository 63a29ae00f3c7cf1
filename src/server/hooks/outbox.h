/* Events that are still to be posted, each to one receiver. A delivery is a document of the journal from the commit in
 * which its job's end is announced until it arrived or was given up; its key begins with when it is due, so that the
 * next ones are read first, page by page. */
#ifndef GV_SERVER_OUTBOX_H
#define GV_SERVER_OUTBOX_H

#include "server/hooks/endpoint.h"

#define GV_OUTBOX_LIFE_S (72 * 60 * 60)         /* of an event; then it is given up */
#define GV_OUTBOX_RETRY_MS 5000                 /* the first wait; each further one is twice as long, */
#define GV_OUTBOX_RETRY_MS_MAX (60 * 60 * 1000) /* up to this */

#define GV_OUTBOX_ANNOUNCE_OPS_MAX (GV_ENDPOINTS_MAX + 2)

struct gv_delivery {
    int64_t due_ms;
    const char *event_id; /* "evt_...": the same at every try, and for every receiver */
    const char *type, *job_id;
    const char *tenant, *endpoint_id; /* the endpoint, or: */
    const char *url;                  /* the job's own callback URL */
    int64_t created_s;                /* when the job ended */
    uint32_t tries;
};

/* The next ones beyond `after` (NULL: from the beginning), the earliest first. */
int gv_outbox_page(struct gv_delivery *out, size_t *count, size_t max, const struct gv_delivery *after,
                   struct gv_journal *journal, struct gv_arena *arena, struct gv_error *err);
struct gv_journal_op gv_outbox_put(const struct gv_delivery *delivery, struct gv_arena *arena);
struct gv_journal_op gv_outbox_drop(const struct gv_delivery *delivery, struct gv_arena *arena);
struct gv_delivery gv_outbox_copy(const struct gv_delivery *delivery, struct gv_arena *arena);
bool gv_outbox_same(const struct gv_delivery *a, const struct gv_delivery *b);

/* The deliveries of an ended job, and the note that it is announced: to be committed together. At most
 * GV_OUTBOX_ANNOUNCE_OPS_MAX ops. */
int gv_outbox_announce(struct gv_journal_op *ops, size_t *count, struct gv_journal *journal,
                       const struct gv_job_row *row, struct gv_arena *arena, struct gv_error *err);

/* What is posted, and how long to wait after so many tries; `chance` 0..1 shifts it by a fifth either way. */
const char *gv_outbox_body(const struct gv_delivery *delivery, struct gv_arena *arena);
int64_t gv_outbox_wait_ms(uint32_t tries, int64_t first_ms, double chance);

#endif
