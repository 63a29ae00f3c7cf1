/* From a request to a job: what create, remix, edits, extensions and check have in common. */
#ifndef GV_SERVER_CREATE_H
#define GV_SERVER_CREATE_H

#include "server/http/exchange.h"
#include "server/videos/wish.h"

/* What came with the request, whatever its route: the body, the idempotency key, the aliases. False: refused, and
 * answered. */
bool gv_create_asked(struct gv_asked *out, struct gv_exchange *x, enum gv_asked_kind kind);
/* Likewise. `wish` borrows `asked`. */
bool gv_create_wish(struct gv_asked_wish *wish, const struct gv_asked *asked, struct gv_exchange *x);
/* Makes the job, or finds the one that stands for it, and answers with its Video. */
void gv_create_submit(struct gv_exchange *x, const struct gv_asked_wish *wish);
/* Answers with what the engine said against the wish. */
void gv_create_refuse(struct gv_exchange *x, const struct gv_asked_wish *wish, const struct gv_error *err);

#endif
