/* Every route, once: routing, 405, the OpenAPI test and the metrics read this table. */
#include "core/schema.h"
#include "server/hooks/hooks.h"
#include "server/system.h"
#include "server/videos/videos.h"
#include "server/watch/events.h"

#define V "/v1/videos"
#define HOOKS "/v1/webhook_endpoints"

const struct gv_route gv_routes[] = {
    {"POST", V, GV_ROUTE_FORM | GV_ROUTE_CREATE, gv_videos_create, ""},
    {"GET", V, 0, gv_videos_list, "after limit order status provider"},
    {"POST", V "/check", GV_ROUTE_FORM, gv_videos_check, ""},
    {"POST", V "/edits", GV_ROUTE_FORM | GV_ROUTE_CREATE, gv_videos_edit, ""},
    {"POST", V "/extensions", GV_ROUTE_FORM | GV_ROUTE_CREATE, gv_videos_extend, ""},
    {"POST", V "/characters", GV_ROUTE_FORM, gv_characters_create, ""},
    {"GET", V "/characters/{id}", 0, gv_characters_retrieve, ""},
    {"GET", V "/models", 0, gv_catalog_models, ""},
    {"GET", V "/events", 0, gv_events_of_all, ""},
    {"GET", V "/{id}", 0, gv_videos_retrieve, ""},
    {"DELETE", V "/{id}", 0, gv_videos_delete, ""},
    {"GET", V "/{id}/content", GV_ROUTE_OPEN, gv_content_get, /* by token, or by its signed link */
     "variant index expires signature"},
    {"POST", V "/{id}/remix", GV_ROUTE_FORM | GV_ROUTE_CREATE, gv_videos_remix, ""},
    {"POST", V "/{id}/cancel", GV_ROUTE_FORM, gv_videos_cancel, ""},
    {"POST", V "/{id}/resolve", GV_ROUTE_FORM, gv_videos_resolve, ""},
    {"GET", V "/{id}/events", 0, gv_events_of_job, ""},
    {"GET", V "/{id}/log", 0, gv_videos_log, "after"},
    {"GET", "/v1/voices", 0, gv_catalog_voices, "provider language"},
    {"POST", HOOKS, GV_ROUTE_FORM, gv_hooks_create, ""},
    {"GET", HOOKS, 0, gv_hooks_list, "after limit"},
    {"GET", HOOKS "/{id}", 0, gv_hooks_retrieve, ""},
    {"POST", HOOKS "/{id}", GV_ROUTE_FORM, gv_hooks_update, ""},
    {"DELETE", HOOKS "/{id}", 0, gv_hooks_delete, ""},
    {"POST", HOOKS "/{id}/rotate_secret", GV_ROUTE_FORM, gv_hooks_rotate, ""},
    {"POST", HOOKS "/{id}/test", GV_ROUTE_FORM, gv_hooks_test, ""},
    {"GET", "/v1/webhook_event_types", 0, gv_hooks_types, ""},
    {"POST", "/callbacks/{provider}", GV_ROUTE_OPEN | GV_ROUTE_RAW | GV_ROUTE_FOREIGN, gv_hooks_called_back, NULL},
    {"GET", "/healthz", GV_ROUTE_OPEN | GV_ROUTE_FOREIGN, gv_system_health, NULL},
    {"GET", "/readyz", GV_ROUTE_OPEN | GV_ROUTE_FOREIGN, gv_system_ready, NULL},
    {"GET", "/metrics", GV_ROUTE_FOREIGN, gv_system_metrics, NULL},
    {"GET", "/openapi.json", GV_ROUTE_OPEN, gv_system_openapi, NULL},
    {"GET", "/", GV_ROUTE_OPEN, gv_system_page, NULL},
    {"GET", "/page/{file}", GV_ROUTE_OPEN, gv_system_page, NULL},
};
const size_t gv_route_count = GV_COUNT(gv_routes);
