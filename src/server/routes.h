/* Every route, once: routing, 405, the OpenAPI test and the metrics read this table. */
#ifndef GV_SERVER_ROUTES_H
#define GV_SERVER_ROUTES_H

#include <stdbool.h>

#include "server/exchange.h"

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
};

extern const struct gv_route gv_routes[];
extern const size_t gv_route_count;

/* Fills ids with arena copies. NULL: nothing has that path; with *allow set: only under these methods. */
const struct gv_route *gv_route_find(const char *ids[GV_ROUTE_IDS_MAX], const char **allow, struct gv_arena *arena,
                                     const char *method, const char *path);

/* videos.c */
gv_handler_fn gv_videos_create, gv_videos_list, gv_videos_check, gv_videos_retrieve, gv_videos_delete, gv_videos_remix,
    gv_videos_edit, gv_videos_extend, gv_videos_cancel, gv_videos_resolve, gv_videos_log;
/* catalog.c */
gv_handler_fn gv_catalog_models, gv_catalog_voices, gv_characters_create, gv_characters_retrieve;
/* content.c */
gv_handler_fn gv_content_get;
/* events.c */
gv_handler_fn gv_events_of_job, gv_events_of_all;
/* hooks.c */
gv_handler_fn gv_hooks_create, gv_hooks_list, gv_hooks_retrieve, gv_hooks_update, gv_hooks_delete, gv_hooks_rotate,
    gv_hooks_test, gv_hooks_types, gv_hooks_called_back;
/* system.c */
gv_handler_fn gv_system_health, gv_system_ready, gv_system_metrics, gv_system_openapi, gv_system_page;

#endif
