/* What is at which path. The table is server/routes.c's; routing, 405, the OpenAPI test and the metrics read it. */
#ifndef GV_SERVER_ROUTE_H
#define GV_SERVER_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

#define GV_ROUTE_IDS_MAX 2

struct gv_exchange;

typedef void gv_handler_fn(struct gv_exchange *x);

enum gv_route_flags {
    GV_ROUTE_OPEN = 1,    /* needs no token */
    GV_ROUTE_FORM = 2,    /* takes a body: JSON, multipart or urlencoded, see form.h */
    GV_ROUTE_RAW = 4,     /* takes a small body as it is: gv_form_raw */
    GV_ROUTE_FOREIGN = 8, /* called by other machines: no check of Origin and Host */
    GV_ROUTE_CREATE = 16, /* makes a job, which costs money: see gate.h */
};

struct gv_route {
    const char *method;
    const char *pattern; /* "/v1/videos/{id}/content"; a fixed part wins over {..} */
    unsigned flags;
    gv_handler_fn *handler;
    const char *query; /* names that its query may have, parted by blanks; NULL: any */
};

extern const struct gv_route gv_routes[];
extern const size_t gv_route_count;

/* Fills ids with arena copies. NULL: nothing has that path; with *allow set: only under these methods. */
const struct gv_route *gv_route_find(const char *ids[GV_ROUTE_IDS_MAX], const char **allow, struct gv_arena *arena,
                                     const char *method, const char *path);

/* Whether the route's query may have an argument of this name. */
bool gv_route_takes(const struct gv_route *route, const char *name);

#endif
