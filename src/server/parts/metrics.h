/* What the server counts, in Prometheus' text format. Any thread. */
#ifndef GV_SERVER_METRICS_H
#define GV_SERVER_METRICS_H

#include "base/buf.h"
#include "golem_video/golem_video.h"

struct gv_route;
struct gv_metrics;

struct gv_metrics *gv_metrics_open(void);
void gv_metrics_close(struct gv_metrics *metrics); /* NULL is harmless */

/* `route` NULL: nothing is there, or not by that method. */
void gv_metrics_request(struct gv_metrics *metrics, const struct gv_route *route, int status, double seconds,
                        uint64_t bytes_in, uint64_t bytes_out);
/* `commit_seconds`: from the step's decision to its being on disk. */
void gv_metrics_transition(struct gv_metrics *metrics, const struct gv_transition *transition, double commit_seconds);
/* One attempt to deliver a webhook, by what became of it: "delivered", "retry", "given_up". */
void gv_metrics_delivery(struct gv_metrics *metrics, const char *outcome);

void gv_metrics_write(struct gv_metrics *metrics, struct gv_buf *out);
/* What precedes a metric's lines: its help and type. */
void gv_metrics_head(struct gv_buf *out, const char *name, const char *type, const char *help);

#endif
