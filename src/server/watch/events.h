/* Server-sent events: as text, and their routes. */
#ifndef GV_SERVER_EVENTS_H
#define GV_SERVER_EVENTS_H

#include "server/http/exchange.h"

/* What a watcher of one job has seen. */
struct gv_events_place {
    const char *job_id;
    uint64_t seq; /* of the last line */
    bool begun;   /* a look at the journal was taken */
    bool more;    /* the last look left lines behind */
    bool ended;   /* the job's end was told */
};

/* One step of a job, as watchers of all jobs see it; in the buffer. */
void gv_events_put_transition(struct gv_buf *out, const struct gv_transition *transition);
/* Why there is nothing to tell; the stream's end. */
void gv_events_put_fault(struct gv_buf *out, const struct gv_error *why);
/* Reads the journal and appends what is new, up to about `bytes`. Blocks. */
int gv_events_put_history(struct gv_buf *out, struct gv_events_place *place, struct gv_server *server,
                          const char *tenant, size_t bytes, struct gv_error *err);

gv_handler_fn gv_events_of_job, gv_events_of_all;

#endif
