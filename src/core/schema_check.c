/* The rules for values, whichever front they came through. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/codec.h"
#include "base/error.h"
#include "core/schema.h"
#include "core/url.h"

struct checker {
    enum gv_json_mode mode;
    struct gv_error *err;
};

static int wrong(const struct checker *c, const struct gv_place *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int wrong(const struct checker *c, const struct gv_place *at, const char *format, ...)
{
    char place[GV_PLACE_TEXT_BYTES], text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    gv_place_text(place, at);
    return gv_fail_field(c->err, GV_INVALID_INPUT, place, "%s %s", place[0] != '\0' ? place : "the document", text);
}

static int check_text(const struct checker *c, const struct gv_place *at, const char *text)
{
    size_t bytes = strnlen(text, GV_TEXT_BYTES_MAX + 1);
    if (bytes > GV_TEXT_BYTES_MAX)
        return wrong(c, at, "may have %zu bytes; more came", GV_TEXT_BYTES_MAX);
    return gv_text_is_utf8(text, bytes) ? GV_OK : wrong(c, at, "is not UTF-8");
}

static int check_kvs(const struct checker *c, const struct gv_place *at, const struct gv_kv_list *kvs)
{
    int result = GV_OK;
    if (c->mode != GV_JSON_JOURNAL && kvs->count > GV_KVS_COUNT_MAX) /* a front may have added some of its own */
        return wrong(c, at, "may have %d entries; %zu came", GV_KVS_COUNT_MAX, kvs->count);
    for (size_t i = 0; result == GV_OK && i < kvs->count; i++) {
        const struct gv_kv *item = &kvs->items[i];
        struct gv_place place = {.up = at, .name = item->key, .index = i};
        if (item->key == NULL || item->key[0] == '\0' || item->value == NULL)
            return wrong(c, &place, "must have a key and a value");
        if (c->mode != GV_JSON_JOURNAL && strlen(item->key) > GV_KV_KEY_BYTES_MAX)
            return wrong(c, at, "has a key of %zu bytes; %d are allowed", strlen(item->key), GV_KV_KEY_BYTES_MAX);
        if (c->mode != GV_JSON_JOURNAL && strlen(item->value) > GV_KV_VALUE_BYTES_MAX)
            return wrong(c, &place, "has %zu bytes; %d are allowed", strlen(item->value), GV_KV_VALUE_BYTES_MAX);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(kvs->items[k].key, item->key) == 0)
                return wrong(c, &place, "is given twice");
        }
        result = check_text(c, &place, item->key);
        if (result == GV_OK)
            result = check_text(c, &place, item->value);
    }
    return result;
}

/* ---- media ----------------------------------------------------------------------------------- */

static int check_url(const struct checker *c, const struct gv_place *at, const char *url)
{
    struct gv_url parts;
    struct gv_error why;
    if (url == NULL || !gv_url_is_absolute(url))
        return wrong(c, at,
                     "must be an absolute URL (https://host/path) without blanks and control characters, at "
                     "most %d bytes long",
                     GV_URL_BYTES_MAX);
    if (!gv_text_is_utf8(url, strlen(url)))
        return wrong(c, at, "is not UTF-8");
    if (strncasecmp(url, "http", 4) != 0 || gv_url_parse(&parts, url, &why) == GV_OK)
        return GV_OK;
    return wrong(c, at, "can't be used: %s", why.message);
}

/* "image/png", without parameters. */
static bool is_mime_type(const char *text)
{
    const char *slash = text != NULL ? strchr(text, '/') : NULL;
    if (slash == NULL || slash == text || slash[1] == '\0' || strlen(text) > 100)
        return false;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at <= ' ' || *at >= 0x7f || strchr("\"(),;<>=@[\\]{}?", *at) != NULL || (*at == '/' && at != slash))
            return false;
    }
    return true;
}

static int check_bytes(const struct checker *c, const struct gv_place *at, const struct gv_media *media)
{
    struct gv_place content = {.up = at, .name = "base64"}, type = {.up = at, .name = "mime_type"};
    if (media->bytes == NULL || media->byte_count == 0)
        return wrong(c, &content, "is empty");
    if (!is_mime_type(media->mime_type))
        return wrong(c, &type, "must be a MIME type such as image/png");
    return GV_OK;
}

static bool is_sha256(const char text[65])
{
    uint8_t digest[32];
    return memchr(text, '\0', 65) != NULL && gv_hex_decode(digest, sizeof(digest), text) &&
           strpbrk(text, "ABCDEF") == NULL;
}

static int check_blob(const struct checker *c, const struct gv_place *at, const struct gv_blob_info *blob)
{
    struct gv_place digest = {.up = at, .name = "sha256"}, type = {.up = at, .name = "mime_type"};
    if (!is_sha256(blob->sha256))
        return wrong(c, &digest, "must be 64 lower-case hex digits");
    return is_mime_type(blob->mime_type) ? GV_OK : wrong(c, &type, "must be a MIME type such as image/png");
}

static int check_media(const struct checker *c, const struct gv_place *at, const struct gv_media *media)
{
    bool stored = c->mode == GV_JSON_JOURNAL || c->mode == GV_JSON_STATE;
    struct gv_place place = {.up = at};
    switch (media->kind) {
    case GV_MEDIA_URL: place.name = "url"; return check_url(c, &place, media->url);
    case GV_MEDIA_BYTES: place.name = "bytes"; return check_bytes(c, &place, media);
    case GV_MEDIA_PATH:
        place.name = "path";
        if (c->mode != GV_JSON_LOCAL)
            return wrong(c, &place, "is not taken here: send the file as url or bytes");
        if (media->path == NULL || media->path[0] == '\0')
            return wrong(c, &place, "is empty");
        return check_text(c, &place, media->path);
    case GV_MEDIA_BLOB:
        place.name = "blob";
        return stored ? check_blob(c, &place, &media->blob) : wrong(c, &place, "is made by the store, never given");
    case GV_MEDIA_UNSET: break;
    }
    return wrong(c, at, "must be one of url, bytes, path");
}

/* ---- every shape ----------------------------------------------------------------------------- */

static int check_case(const struct checker *c, const struct gv_visit *visit)
{
    const struct gv_schema *schema = visit->field->schema;
    int value = *(const int *)visit->value;
    if (gv_schema_case(schema, value) != NULL)
        return GV_OK;
    struct gv_arena arena = {0};
    int result = wrong(c, visit->at, "must be one of %s; the number %d came", gv_schema_names(schema, &arena), value);
    gv_arena_free(&arena);
    return result;
}

static int check_value(void *ctx, const struct gv_visit *visit)
{
    const struct checker *c = ctx;
    if (visit->absent)
        return c->mode == GV_JSON_STATE ? GV_OK : wrong(c, visit->at, "is missing");
    if (visit->list && visit->count > GV_LIST_COUNT_MAX)
        return wrong(c, visit->at, "may have %d elements; %zu came", GV_LIST_COUNT_MAX, visit->count);
    if (visit->list)
        return GV_OK;
    switch (visit->field->shape) {
    case GV_SHAPE_STRING: {
        const char *text = *(const char *const *)visit->value;
        return text != NULL ? check_text(c, visit->at, text) : wrong(c, visit->at, "is missing");
    }
    case GV_SHAPE_F32:
        return isfinite(*(const float *)visit->value) ? GV_OK : wrong(c, visit->at, "must be a finite number");
    case GV_SHAPE_F64:
        return isfinite(*(const double *)visit->value) ? GV_OK : wrong(c, visit->at, "must be a finite number");
    case GV_SHAPE_ENUM:
    case GV_SHAPE_VARIANT: return check_case(c, visit);
    case GV_SHAPE_MEDIA: return check_media(c, visit->at, visit->value);
    case GV_SHAPE_KVS: return check_kvs(c, visit->at, visit->value);
    case GV_SHAPE_BOOL:
    case GV_SHAPE_U32:
    case GV_SHAPE_U64:
    case GV_SHAPE_I64:
    case GV_SHAPE_RECORD:
    case GV_SHAPE_BYTES:
    case GV_SHAPE_CHARS:
    case GV_SHAPE_PERCENT:
    case GV_SHAPE_KNOWN: break;
    }
    return GV_OK;
}

int gv_schema_check(const void *in, const struct gv_schema *schema, enum gv_json_mode mode, struct gv_error *err)
{
    struct checker checker = {.mode = mode, .err = err};
    return gv_schema_walk((void *)(uintptr_t)in, schema, check_value, &checker);
}

static int check_pairs(void *ctx, const struct gv_visit *visit)
{
    if (visit->absent || visit->list || visit->field->shape != GV_SHAPE_KVS)
        return GV_OK;
    return check_kvs(ctx, visit->at, visit->value);
}

int gv_schema_check_pairs(const void *in, const struct gv_schema *schema, struct gv_error *err)
{
    struct checker checker = {.mode = GV_JSON_CALLER, .err = err};
    return gv_schema_walk((void *)(uintptr_t)in, schema, check_pairs, &checker);
}
