/* The checks that Veo's emulator is made of, and the shape of its refusals. Fact sheet 3.2-3.4, 7.1, 9.1. */
#include "provider/veo/veo_sandbox.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "base/assert.h"

#define IMAGE_BYTES_MAX (20u << 20)
#define FILM_SECONDS_MIN 1
#define FILM_SECONDS_MAX 30

static const struct {
    int64_t rpc;
    const char *name;
    int status;
} codes[] = {
    {1, "CANCELLED", 499},           {2, "UNKNOWN", 500},
    {3, "INVALID_ARGUMENT", 400},    {4, "DEADLINE_EXCEEDED", 504},
    {5, "NOT_FOUND", 404},           {6, "ALREADY_EXISTS", 409},
    {7, "PERMISSION_DENIED", 403},   {8, "RESOURCE_EXHAUSTED", 429},
    {9, "FAILED_PRECONDITION", 400}, {10, "ABORTED", 409},
    {11, "OUT_OF_RANGE", 400},       {12, "UNIMPLEMENTED", 501},
    {14, "UNAVAILABLE", 503},        {15, "DATA_LOSS", 500},
    {16, "UNAUTHENTICATED", 401},    {13, "INTERNAL", 500},
};

#define CODE_COUNT (sizeof codes / sizeof codes[0])

int64_t gv_veo_emu_rpc_of(const char *word)
{
    long number = strtol(word, NULL, 10);
    for (size_t i = 0; i < CODE_COUNT; i++) {
        if (is(codes[i].name, word) || codes[i].rpc == number || codes[i].status == number)
            return codes[i].rpc;
    }
    return VEO_RPC_INTERNAL;
}

const char *gv_veo_emu_finish(struct gv_emu_world *world, struct gv_buf *buf)
{
    GV_ASSERT(!buf->overflow);
    const char *text = gv_arena_strndup(world->arena, buf->data, buf->len);
    gv_buf_free(buf);
    return text;
}

struct gv_emu_reply gv_veo_emu_error(struct gv_emu_world *world, int status, int64_t rpc, const char *message,
                                     const char *details)
{
    size_t row = 0;
    while (row + 1 < CODE_COUNT && codes[row].rpc != rpc)
        row++;
    status = status ? status : codes[row].status;
    struct gv_buf buf;
    gv_buf_init(&buf, VEO_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    gv_json_open(&out, "error", '{');
    gv_json_put_int(&out, "code", status);
    gv_json_put_text(&out, "message", message);
    gv_json_put_text(&out, "status", codes[row].name);
    if (details)
        gv_json_put_raw(&out, "details", details);
    gv_json_close(&out, '}');
    gv_json_close(&out, '}');
    return (struct gv_emu_reply){.status = status, .body = gv_veo_emu_finish(world, &buf)};
}

bool gv_veo_emu_refuse(struct veo_emu *e, enum veo_rpc rpc, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *message = gv_arena_vprintf(e->world->arena, format, args);
    va_end(args);
    e->reply = gv_veo_emu_error(e->world, 0, rpc, message, NULL);
    return false;
}

#define INVALID(...) gv_veo_emu_refuse(e, VEO_RPC_INVALID_ARGUMENT, __VA_ARGS__)

/* ---- plain members ----------------------------------------------------------------------------------------------- */

const struct gv_json *gv_veo_emu_at(const struct veo_emu *e, const char *path)
{
    const struct gv_json *found = gv_json_at(e->request->body, path);
    return found && found->kind != GV_JSON_NULL ? found : NULL;
}

static const char *last_name(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}

/* The list's own spelling of the value, or NULL; case does not count. */
static const char *among(struct gv_arena *arena, const char *allowed, const char *value)
{
    size_t n = strlen(value);
    for (const char *word = allowed; *word; word += strcspn(word, "|"), word += *word == '|') {
        if (strcspn(word, "|") == n && strncasecmp(word, value, n) == 0)
            return gv_arena_strndup(arena, word, n);
    }
    return NULL;
}

bool gv_veo_emu_members(struct veo_emu *e, const char *path, const char *allowed)
{
    const struct gv_json *object = gv_veo_emu_at(e, path);
    if (object && object->kind != GV_JSON_OBJECT)
        return INVALID("%s must be an object, not %s", path, gv_json_kind_name(object->kind));
    for (const struct gv_json *member = object ? object->child : NULL; member; member = member->next) {
        const char *known = among(e->world->arena, allowed, member->key);
        if (known && is(known, member->key))
            continue;
        if (e->gemini)
            return INVALID("`%s` isn't supported by this model. Please remove it or refer to the Gemini API "
                           "documentation for supported usage.",
                           member->key);
        return INVALID("Invalid JSON payload received. Unknown name \"%s\" at '%s': Cannot find field.", member->key,
                       path);
    }
    return true;
}

bool gv_veo_emu_text(struct veo_emu *e, const char *path, const char **io)
{
    const struct gv_json *found = gv_veo_emu_at(e, path);
    if (found && found->kind != GV_JSON_STRING)
        return INVALID("The value type for `%s` needs to be a string. Please adjust your request accordingly.",
                       last_name(path));
    *io = found ? found->text : *io;
    return true;
}

bool gv_veo_emu_choice(struct veo_emu *e, const char *path, const char *allowed, const char **io)
{
    const char *value = NULL;
    if (!gv_veo_emu_text(e, path, &value))
        return false;
    if (!value)
        return true;
    const char *known = among(e->world->arena, allowed, value);
    if (!known)
        return INVALID("%s for %s is currently not supported.", value, last_name(path));
    *io = known;
    return true;
}

bool gv_veo_emu_flag(struct veo_emu *e, const char *path, bool *io)
{
    const struct gv_json *found = gv_veo_emu_at(e, path);
    if (found && found->kind != GV_JSON_BOOL)
        return INVALID("The value type for `%s` needs to be a boolean. Please adjust your request accordingly.",
                       last_name(path));
    *io = found ? found->boolean : *io;
    return true;
}

bool gv_veo_emu_integer(struct veo_emu *e, const char *path, int64_t least, int64_t most, int64_t *io)
{
    const struct gv_json *found = gv_veo_emu_at(e, path);
    if (!found)
        return true;
    if ((found->kind != GV_JSON_INT && found->kind != GV_JSON_REAL) || floor(found->real) != found->real)
        return INVALID("The value type for `%s` needs to be a number. Please adjust your request accordingly.",
                       last_name(path));
    if (found->real < (double)least || found->real > (double)most)
        return INVALID("The number value for `%s` is out of bound. Please provide a value between %lld and %lld, "
                       "inclusive.",
                       last_name(path), (long long)least, (long long)most);
    *io = (int64_t)found->real;
    return true;
}

/* ---- media ------------------------------------------------------------------------------------------------------- */

/* "gs://bucket/object"; *object points at the object's name, *bucket is the arena's. */
static bool split_object(struct veo_emu *e, const char *uri, const char **bucket, const char **object)
{
    size_t n = strncmp(uri, "gs://", 5) == 0 ? strcspn(uri + 5, "/") : 0;
    if (n == 0 || !uri[5 + n] || !uri[6 + n])
        return INVALID("%s is not a Cloud Storage URI; gs://bucket/object is wanted.", uri);
    *bucket = gv_arena_strndup(e->world->arena, uri + 5, n);
    *object = uri + 6 + n;
    return true;
}

/* Films made here are known; other objects are believed to be what they should be. */
static bool from_storage(struct veo_emu *e, const char *uri, struct veo_media *out)
{
    const char *bucket = NULL, *object = NULL;
    unsigned index;
    if (!split_object(e, uri, &bucket, &object))
        return false;
    const struct gv_emu_task *task = gv_veo_emu_object(e->world, bucket, object, &index);
    *out = task ? gv_veo_emu_media_of(e->world, task, index)
                : (struct veo_media){.present = true, .width = 1280, .height = 720, .seconds = 8};
    return true;
}

static const struct gv_emu_media *from_bytes(struct veo_emu *e, const char *path, const char *text)
{
    if (!*text || strstr(text, "://") || strncmp(text, "data:", 5) == 0) {
        INVALID("Invalid value at '%s' (TYPE_BYTES), Base64 decoding failed.", path);
        return NULL;
    }
    const struct gv_emu_media *media = e->world->media(e->world, text);
    if (!media->failure)
        return media;
    INVALID("Unable to process the input at '%s': %s", path, media->failure);
    return NULL;
}

/* A flat object of one source and its type. *bytes: what it carries, else NULL. */
static bool obtain(struct veo_emu *e, const char *path, const char *types, struct veo_media *out,
                   const struct gv_emu_media **bytes)
{
    struct gv_arena *arena = e->world->arena;
    const char *text = NULL, *uri = NULL, *type = NULL;
    *bytes = NULL;
    if (!gv_veo_emu_members(e, path,
                            e->gemini ? "bytesBase64Encoded|mimeType" : "bytesBase64Encoded|gcsUri|mimeType") ||
        !gv_veo_emu_text(e, gv_arena_printf(arena, "%s.bytesBase64Encoded", path), &text) ||
        !gv_veo_emu_text(e, gv_arena_printf(arena, "%s.gcsUri", path), &uri) ||
        !gv_veo_emu_text(e, gv_arena_printf(arena, "%s.mimeType", path), &type))
        return false;
    if (!text == !uri)
        return INVALID("%s must have exactly one of bytesBase64Encoded and gcsUri.", path);
    const char *known = type ? among(arena, types, type) : NULL;
    if (!known || !is(known, type))
        return INVALID("Unsupported mime type %s at '%s', supported are %s.", type ? type : "(none)", path, types);
    if (uri)
        return from_storage(e, uri, out);
    *bytes = from_bytes(e, path, text);
    if (*bytes)
        *out = (struct veo_media){true, (*bytes)->ref, (*bytes)->width, (*bytes)->height, (*bytes)->duration_seconds};
    return *bytes != NULL;
}

static bool holds(const struct gv_emu_media *media, const char *a, const char *b)
{
    return media->mime_type && (is(media->mime_type, a) || is(media->mime_type, b));
}

bool gv_veo_emu_image(struct veo_emu *e, const char *path, struct veo_media *out)
{
    const struct gv_emu_media *bytes;
    if (!gv_veo_emu_at(e, path))
        return true;
    if (!obtain(e, path, "image/jpeg|image/png", out, &bytes))
        return false;
    if (bytes && bytes->bytes > IMAGE_BYTES_MAX)
        return INVALID("The image at '%s' is larger than 20 MB.", path);
    if (bytes && !holds(bytes, "image/jpeg", "image/png"))
        return INVALID("The image at '%s' is neither JPEG nor PNG.", path);
    return true;
}

static bool is_standard_size(uint32_t width, uint32_t height)
{
    uint32_t longer = width > height ? width : height, shorter = width > height ? height : width;
    return (shorter == 720 || shorter == 1080 || shorter == 2160) && longer * 9 == shorter * 16;
}

bool gv_veo_emu_film(struct veo_emu *e, const char *path, struct veo_media *out)
{
    const struct gv_emu_media *bytes;
    if (!gv_veo_emu_at(e, path))
        return true;
    if (!obtain(e, path, "video/mp4", out, &bytes))
        return false;
    if (bytes && !holds(bytes, "video/mp4", "video/quicktime"))
        return INVALID("The video at '%s' is not MP4.", path);
    if (bytes && fabs(bytes->fps - VEO_EMU_FPS) > 0.1)
        return INVALID("The video at '%s' must have 24 frames per second, not %g.", path, bytes->fps);
    if (bytes && !is_standard_size(bytes->width, bytes->height))
        return INVALID("The video at '%s' must be 720p, 1080p or 4k at 16:9 or 9:16, not %ux%u.", path, bytes->width,
                       bytes->height);
    if (out->seconds < FILM_SECONDS_MIN || out->seconds > FILM_SECONDS_MAX + 0.1)
        return INVALID("The video at '%s' must be %d to %d seconds long, not %g.", path, FILM_SECONDS_MIN,
                       FILM_SECONDS_MAX, out->seconds);
    return true;
}
