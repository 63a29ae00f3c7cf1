/* Names, paths and calls. What comes from the network ends up in paths, so every name is taken apart first. */
#include "provider/veo/veo_wire.h"

#include <ctype.h>
#include <string.h>

#include "base/assert.h"

#define VEO_NAME_BYTES_MAX 512
#define VEO_WORD_BYTES_MAX 128
#define VEO_OBJECT_BYTES_MAX 1024        /* Cloud Storage's own limit */
#define VEO_POLL_TOTAL_MS (10u * 60000u) /* an answer may hold four films */
#define VEO_LIST_MAX "100"

/* ---- names ------------------------------------------------------------------------------------------ */

const char *veo_escape(const char *text, struct gv_arena *arena)
{
    char *out = gv_arena_alloc(arena, strlen(text) * 3 + 1), *at = out;
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        if (isalnum(*p) || strchr("-_.~", *p) != NULL) {
            *at++ = (char)*p;
        } else {
            *at++ = '%';
            *at++ = "0123456789ABCDEF"[*p >> 4];
            *at++ = "0123456789ABCDEF"[*p & 15];
        }
    }
    *at = '\0';
    return out;
}

static bool is_dots(const char *word, size_t bytes)
{
    return strspn(word, ".") >= bytes;
}

/* Project, location, model, operation: what a segment of a name may be. */
static bool is_word(const char *word, size_t bytes)
{
    if (bytes == 0 || bytes > VEO_WORD_BYTES_MAX || is_dots(word, bytes))
        return false;
    for (size_t i = 0; i < bytes; i++) {
        if (!isalnum((unsigned char)word[i]) && strchr("-_.:", word[i]) == NULL)
            return false;
    }
    return true;
}

/* Holds a name against a form in which a segment of one star stands for any word. */
static bool fits(const char *name, const char *form)
{
    while (*form != '\0') {
        size_t wants = strcspn(form, "/"), has = strcspn(name, "/");
        bool any = wants == 1 && *form == '*';
        if (any ? !is_word(name, has) : has != wants || strncmp(name, form, wants) != 0)
            return false;
        name += has;
        form += wants;
        if (*name != *form)
            return false;
        name += *name == '/';
        form += *form == '/';
    }
    return *name == '\0';
}

bool veo_is_operation(const char *name, enum veo_surface surface)
{
    if (name == NULL || strlen(name) > VEO_NAME_BYTES_MAX)
        return false;
    return surface == VEO_GEMINI ? fits(name, "models/*/operations/*")
                                 : fits(name, "projects/*/locations/*/publishers/google/models/*/operations/*");
}

const char *veo_location_of(const char *operation, struct gv_arena *arena)
{
    const char *at = strstr(operation, "/locations/");
    GV_ASSERT(at != NULL);
    at += strlen("/locations/");
    return gv_arena_strndup(arena, at, strcspn(at, "/"));
}

static bool is_bucket(const char *text, size_t bytes)
{
    if (bytes < 3 || bytes > 222)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        if (!islower((unsigned char)text[i]) && !isdigit((unsigned char)text[i]) && strchr("-_.", text[i]) == NULL)
            return false;
    }
    return !is_dots(text, bytes);
}

bool veo_read_gs(const char **bucket, const char **object, const char *uri, struct gv_arena *arena)
{
    if (strncmp(uri, "gs://", 5) != 0)
        return false;
    const char *name = uri + 5;
    size_t bytes = strcspn(name, "/");
    if (!is_bucket(name, bytes))
        return false;
    *bucket = gv_arena_strndup(arena, name, bytes);
    *object = name[bytes] == '/' ? name + bytes + 1 : "";
    for (const unsigned char *p = (const unsigned char *)*object; *p != '\0'; p++) {
        if (*p < 0x20 || *p == 0x7f)
            return false;
    }
    return strlen(*object) <= VEO_OBJECT_BYTES_MAX && (**object == '\0' || !is_dots(*object, strlen(*object)));
}

static const char *behind_origin(const char *uri, const char *origin)
{
    size_t bytes = origin != NULL ? strlen(origin) : 0;
    while (bytes > 0 && origin[bytes - 1] == '/')
        bytes--;
    return bytes > 0 && strncmp(uri, origin, bytes) == 0 && uri[bytes] == '/' ? uri + bytes : NULL;
}

/* A path that stays what it is under a base: no blanks, no fragment, no climbing. */
static bool is_plain_path(const char *path)
{
    for (const unsigned char *p = (const unsigned char *)path; *p != '\0'; p++) {
        if (*p <= ' ' || *p >= 0x7f || strchr("#\\<>\"", *p) != NULL)
            return false;
    }
    return strstr(path, "/..") == NULL && strstr(path, "/.%") == NULL && strstr(path, "/%2") == NULL;
}

const char *veo_file_path(const char *uri, const char *base, struct gv_arena *arena)
{
    const char *path = behind_origin(uri, base);
    if (path == NULL)
        path = behind_origin(uri, VEO_GEMINI_URL);
    if (path == NULL || strncmp(path, "/v1beta/files/", 14) != 0 || !is_plain_path(path) ||
        strlen(path) > VEO_NAME_BYTES_MAX)
        return NULL;
    if (strchr(path, '?') != NULL)
        return path;
    return gv_arena_printf(arena, "%s%s?alt=media", path, strstr(path, ":download") != NULL ? "" : ":download");
}

const char *veo_object_path(const char *gs_uri, struct gv_arena *arena)
{
    const char *bucket, *object;
    if (!veo_read_gs(&bucket, &object, gs_uri, arena) || *object == '\0')
        return NULL;
    return gv_arena_printf(arena, "/storage/v1/b/%s/o/%s?alt=media", bucket, veo_escape(object, arena));
}

/* ---- calls ------------------------------------------------------------------------------------------ */

static struct gv_call on_surface(enum veo_surface surface, const char *what, const char *path)
{
    bool gemini = surface == VEO_GEMINI;
    return (struct gv_call){
        .kind = GV_CALL_READ,
        .what = what,
        .method = "POST",
        .base = veo_settings[gemini ? VEO_AT_GEMINI_URL : VEO_AT_BASE_URL].name,
        .path = path,
        .auth = gemini ? VEO_AUTH_KEY : VEO_AUTH_TOKEN,
    };
}

struct gv_call veo_call_create(const struct veo_plan *plan, const char *project, const char *location,
                               const char *storage, struct gv_arena *arena)
{
    const char *model = plan->model->name;
    const char *path =
        plan->surface == VEO_GEMINI
            ? gv_arena_printf(arena, "/v1beta/models/%s:predictLongRunning", model)
            : gv_arena_printf(arena, "/v1/projects/%s/locations/%s/publishers/google/models/%s:predictLongRunning",
                              veo_escape(project, arena), veo_escape(location, arena), model);
    struct gv_call call = on_surface(plan->surface, gv_arena_printf(arena, "create a film with %s", model), path);
    call.kind = GV_CALL_CREATE;
    call.body = veo_body(plan, storage, arena);
    return call;
}

struct gv_call veo_call_poll(const char *operation, enum veo_surface surface, struct gv_arena *arena)
{
    GV_ASSERT(veo_is_operation(operation, surface));
    if (surface == VEO_GEMINI) {
        struct gv_call call =
            on_surface(surface, "ask for the operation", gv_arena_printf(arena, "/v1beta/%s", operation));
        call.method = "GET";
        call.lifts = true;
        call.total_ms = VEO_POLL_TOTAL_MS;
        return call;
    }
    const char *end = strstr(operation, "/operations/");
    struct gv_call call =
        on_surface(surface, "ask for the operation",
                   gv_arena_printf(arena, "/v1/%.*s:fetchPredictOperation", (int)(end - operation), operation));
    struct gv_body_builder b;
    gv_body_begin(&b, arena);
    gv_json_open(&b.json, NULL, '{');
    gv_json_put_text(&b.json, "operationName", operation);
    gv_json_close(&b.json, '}');
    call.body = gv_body_end(&b, "application/json");
    call.lifts = true;
    call.total_ms = VEO_POLL_TOTAL_MS;
    return call;
}

struct gv_call veo_call_list(const char *storage, struct gv_arena *arena)
{
    const char *bucket, *prefix;
    bool good = veo_read_gs(&bucket, &prefix, storage, arena);
    GV_ASSERT(good);
    return (struct gv_call){
        .kind = GV_CALL_READ,
        .what = "look for the films in the bucket",
        .method = "GET",
        .base = veo_settings[VEO_AT_STORAGE_URL].name,
        .path = gv_arena_printf(arena, "/storage/v1/b/%s/o?prefix=%s&maxResults=" VEO_LIST_MAX, bucket,
                                veo_escape(prefix, arena)),
        .auth = VEO_AUTH_TOKEN,
    };
}
