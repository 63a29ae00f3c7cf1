#include "server/parts/route.h"

#include <string.h>

#include "base/assert.h"
#include "base/codec.h"

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

bool gv_route_takes(const struct gv_route *route, const char *name)
{
    size_t bytes = strlen(name);
    if (route->query == NULL)
        return true;
    for (const char *at = route->query; *at != '\0'; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");
        if (word == bytes && memcmp(at, name, bytes) == 0)
            return true;
        at += word;
    }
    return false;
}
