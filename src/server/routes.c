#include "server/routes.h"

#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "core/schema.h"

#define V "/v1/videos"
#define HOOKS "/v1/webhook_endpoints"

const struct gv_route gv_routes[] = {
    {"POST", V, GV_ROUTE_FORM | GV_ROUTE_CREATE, gv_videos_create},
    {"GET", V, 0, gv_videos_list},
    {"POST", V "/check", GV_ROUTE_FORM, gv_videos_check},
    {"POST", V "/edits", GV_ROUTE_FORM | GV_ROUTE_CREATE, gv_videos_edit},
    {"POST", V "/extensions", GV_ROUTE_FORM | GV_ROUTE_CREATE, gv_videos_extend},
    {"POST", V "/characters", GV_ROUTE_FORM, gv_characters_create},
    {"GET", V "/characters/{id}", 0, gv_characters_retrieve},
    {"GET", V "/models", 0, gv_catalog_models},
    {"GET", V "/events", 0, gv_events_of_all},
    {"GET", V "/{id}", 0, gv_videos_retrieve},
    {"DELETE", V "/{id}", 0, gv_videos_delete},
    {"GET", V "/{id}/content", GV_ROUTE_OPEN, gv_content_get}, /* by token, or by its signed link */
    {"POST", V "/{id}/remix", GV_ROUTE_FORM | GV_ROUTE_CREATE, gv_videos_remix},
    {"POST", V "/{id}/cancel", GV_ROUTE_FORM, gv_videos_cancel},
    {"POST", V "/{id}/resolve", GV_ROUTE_FORM, gv_videos_resolve},
    {"GET", V "/{id}/events", 0, gv_events_of_job},
    {"GET", V "/{id}/log", 0, gv_videos_log},
    {"GET", "/v1/voices", 0, gv_catalog_voices},
    {"POST", HOOKS, GV_ROUTE_FORM, gv_hooks_create},
    {"GET", HOOKS, 0, gv_hooks_list},
    {"GET", HOOKS "/{id}", 0, gv_hooks_retrieve},
    {"POST", HOOKS "/{id}", GV_ROUTE_FORM, gv_hooks_update},
    {"DELETE", HOOKS "/{id}", 0, gv_hooks_delete},
    {"POST", HOOKS "/{id}/rotate_secret", GV_ROUTE_FORM, gv_hooks_rotate},
    {"POST", HOOKS "/{id}/test", GV_ROUTE_FORM, gv_hooks_test},
    {"GET", "/v1/webhook_event_types", 0, gv_hooks_types},
    {"POST", "/callbacks/{provider}", GV_ROUTE_OPEN | GV_ROUTE_RAW | GV_ROUTE_FOREIGN, gv_hooks_called_back},
    {"GET", "/healthz", GV_ROUTE_OPEN | GV_ROUTE_FOREIGN, gv_system_health},
    {"GET", "/readyz", GV_ROUTE_OPEN | GV_ROUTE_FOREIGN, gv_system_ready},
    {"GET", "/metrics", GV_ROUTE_FOREIGN, gv_system_metrics},
    {"GET", "/openapi.json", GV_ROUTE_OPEN, gv_system_openapi},
    {"GET", "/", GV_ROUTE_OPEN, gv_system_page},
    {"GET", "/page/{file}", GV_ROUTE_OPEN, gv_system_page},
};
const size_t gv_route_count = GV_COUNT(gv_routes);

/* ---- finding ------------------------------------------------------------------------------------------------ */

#define SEGMENTS_MAX 8

/* A path in its parts, as it came. */
struct segments {
    const char *text[SEGMENTS_MAX];
    size_t bytes[SEGMENTS_MAX];
    size_t count;
};

/* False: more parts than any route has, or no path. */
static bool split(struct segments *out, const char *path)
{
    out->count = 0;
    if (path[0] != '/')
        return false;
    while (*path == '/') {
        if (out->count == SEGMENTS_MAX)
            return false;
        out->text[out->count] = ++path;
        out->bytes[out->count++] = strcspn(path, "/");
        path += strcspn(path, "/");
    }
    return true;
}

static bool is_open(const struct segments *pattern, size_t i)
{
    return pattern->text[i][0] == '{';
}

/* Whether the pattern has the path, and how well: the fixed parts in front weigh most. 0: not at all. */
static unsigned fit(const struct segments *pattern, const struct segments *path)
{
    unsigned weight = 1;
    if (pattern->count != path->count)
        return 0;
    for (size_t i = 0; i < path->count; i++) {
        bool same = pattern->bytes[i] == path->bytes[i] && memcmp(pattern->text[i], path->text[i], path->bytes[i]) == 0;
        if (is_open(pattern, i) ? path->bytes[i] == 0 : !same)
            return 0;
        weight = weight * 2 + !is_open(pattern, i);
    }
    return weight;
}

/* One part with its escapes undone; NULL: an escape that is none, or of a control character. */
static const char *decode(struct gv_arena *arena, const char *text, size_t bytes)
{
    char *out = gv_arena_strndup(arena, text, bytes), *at = out;
    for (size_t i = 0; i < bytes; i++, at++) {
        unsigned char byte = (unsigned char)text[i];
        char digits[3] = "";
        if (byte == '%') {
            if (i + 2 >= bytes)
                return NULL;
            memcpy(digits, text + i + 1, 2);
            if (!gv_hex_decode(&byte, 1, digits))
                return NULL;
            i += 2;
        }
        if (byte < 0x20 || byte == 0x7f)
            return NULL;
        *at = (char)byte;
    }
    *at = '\0';
    return out;
}

static bool take_ids(const char *ids[GV_ROUTE_IDS_MAX], struct gv_arena *arena, const char *pattern,
                     const struct segments *path)
{
    struct segments parts;
    size_t count = 0;
    split(&parts, pattern);
    for (size_t i = 0; i < parts.count; i++) {
        if (!is_open(&parts, i))
            continue;
        GV_ASSERT(count < GV_ROUTE_IDS_MAX);
        ids[count] = decode(arena, path->text[i], path->bytes[i]);
        if (ids[count++] == NULL)
            return false;
    }
    return true;
}

static const char *pattern_of(const struct segments *path)
{
    const char *best = NULL;
    unsigned best_weight = 0;
    for (size_t i = 0; i < gv_route_count; i++) {
        struct segments pattern;
        split(&pattern, gv_routes[i].pattern);
        unsigned weight = fit(&pattern, path);
        if (weight > best_weight) {
            best = gv_routes[i].pattern;
            best_weight = weight;
        }
    }
    return best;
}

const struct gv_route *gv_route_find(const char *ids[GV_ROUTE_IDS_MAX], const char **allow, struct gv_arena *arena,
                                     const char *method, const char *path)
{
    struct segments parts;
    *allow = NULL;
    const char *pattern = split(&parts, path) ? pattern_of(&parts) : NULL;
    if (pattern == NULL || !take_ids(ids, arena, pattern, &parts))
        return NULL;
    for (size_t i = 0; i < gv_route_count; i++) {
        const struct gv_route *route = &gv_routes[i];
        if (strcmp(route->pattern, pattern) != 0)
            continue;
        if (strcmp(route->method, method) == 0)
            return route;
        *allow = gv_arena_printf(arena, "%s%s%s%s", *allow != NULL ? *allow : "", *allow != NULL ? ", " : "",
                                 route->method, strcmp(route->method, "GET") == 0 ? ", HEAD" : "");
    }
    return NULL;
}
