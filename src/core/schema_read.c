/* A struct from JSON, by its table. A complaint names the place, what came, and what is allowed. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "base/error.h"
#include "core/schema.h"

struct reader {
    enum gv_json_mode mode;
    const struct gv_reading *how;
    struct gv_arena *arena;
    struct gv_error *err;
};

static int read_record(struct reader *r, const struct gv_place *at, const struct gv_schema *schema, void *base,
                       const struct gv_json *json);

/* "config.seed must be ...": the place, then the complaint. */
static int wrong(struct reader *r, const struct gv_place *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int wrong(struct reader *r, const struct gv_place *at, const char *format, ...)
{
    char place[GV_PLACE_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    const char *text = gv_arena_vprintf(r->arena, format, args);
    va_end(args);
    gv_place_text(place, at);
    return gv_fail_field(r->err, GV_INVALID_INPUT, place, "%s %s", place[0] != '\0' ? place : "the document", text);
}

/* What came, short enough for a message. */
static const char *came(struct reader *r, const struct gv_json *json)
{
    if (json->kind == GV_JSON_STRING)
        return gv_arena_printf(r->arena, "\"%.48s\"%s", json->text, json->text_bytes > 48 ? "..." : "");
    if (json->kind == GV_JSON_INT || json->kind == GV_JSON_REAL)
        return gv_arena_printf(r->arena, "%.17g", json->real);
    if (json->kind == GV_JSON_BOOL)
        return json->boolean ? "true" : "false";
    return gv_json_kind_name(json->kind);
}

static int want(struct reader *r, const struct gv_place *at, const char *wanted, const struct gv_json *json)
{
    return wrong(r, at, "must be %s; %s came", wanted, came(r, json));
}

/* ---- numbers and texts ----------------------------------------------------------------------- */

/* Whole numbers may be written as 5.0. */
static bool whole(int64_t *out, const struct gv_json *json)
{
    *out = gv_json_int(json, NULL, 0);
    return json->kind == GV_JSON_INT ||
           (json->kind == GV_JSON_REAL && fabs(json->real) <= 0x1p53 && json->real == floor(json->real));
}

static int read_u32(struct reader *r, const struct gv_place *at, uint32_t *out, const struct gv_json *json)
{
    int64_t value;
    if (!whole(&value, json) || value < 0 || value > UINT32_MAX)
        return want(r, at, "an integer from 0 to 4294967295", json);
    *out = (uint32_t)value;
    return GV_OK;
}

static int read_u64(struct reader *r, const struct gv_place *at, uint64_t *out, const struct gv_json *json)
{
    static const char wanted[] = "an integer from 0 to 18446744073709551615, as a string if over 9223372036854775807";
    int64_t value;
    if (whole(&value, json) && value >= 0) {
        *out = (uint64_t)value;
        return GV_OK;
    }
    if (json->kind != GV_JSON_STRING || json->text_bytes == 0 || strspn(json->text, "0123456789") != json->text_bytes)
        return want(r, at, wanted, json);
    errno = 0;
    *out = strtoull(json->text, NULL, 10);
    return errno == 0 ? GV_OK : want(r, at, wanted, json);
}

static int read_i64(struct reader *r, const struct gv_place *at, int64_t *out, const struct gv_json *json)
{
    return whole(out, json) ? GV_OK : want(r, at, "an integer", json);
}

static int read_percent(struct reader *r, const struct gv_place *at, int *out, const struct gv_json *json)
{
    int64_t value;
    if (!whole(&value, json) || value < 0 || value > 100)
        return want(r, at, "an integer from 0 to 100", json);
    *out = (int)value;
    return GV_OK;
}

static int read_f64(struct reader *r, const struct gv_place *at, double *out, const struct gv_json *json)
{
    if (json->kind != GV_JSON_INT && json->kind != GV_JSON_REAL)
        return want(r, at, "a number", json);
    *out = json->real;
    return GV_OK;
}

static int read_f32(struct reader *r, const struct gv_place *at, float *out, const struct gv_json *json)
{
    double value = 0;
    int result = read_f64(r, at, &value, json);
    if (result == GV_OK && !isfinite((float)value))
        return want(r, at, "a number that a 32-bit float holds", json);
    *out = (float)value;
    return result;
}

static int read_string(struct reader *r, const struct gv_place *at, const char **out, const struct gv_json *json)
{
    if (json->kind != GV_JSON_STRING)
        return want(r, at, "a string", json);
    *out = gv_arena_strdup(r->arena, json->text);
    return GV_OK;
}

static int read_chars(struct reader *r, const struct gv_place *at, char *out, size_t room, const struct gv_json *json)
{
    if (json->kind != GV_JSON_STRING)
        return want(r, at, "a string", json);
    if (json->text_bytes >= room)
        return wrong(r, at, "may have %zu bytes; %zu came", room - 1, json->text_bytes);
    memcpy(out, json->text, json->text_bytes + 1);
    return GV_OK;
}

static int read_base64(struct reader *r, const struct gv_place *at, const void **out, size_t *count,
                       const struct gv_json *json)
{
    if (json->kind != GV_JSON_STRING)
        return want(r, at, "a string of base64", json);
    struct gv_base64_decoder decoder = {0};
    void *bytes = gv_arena_alloc(r->arena, json->text_bytes / 4 * 3 + 3);
    bool good = gv_base64_decode(&decoder, bytes, count, json->text, json->text_bytes);
    if (!good || !gv_base64_decode_end(&decoder))
        return wrong(r, at, "is not base64 (standard alphabet, padded, no line breaks, no data: prefix)");
    *out = bytes;
    return GV_OK;
}

/* ---- enums and variants ---------------------------------------------------------------------- */

static const struct gv_case *case_named(const struct gv_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->case_count; i++) {
        if (strcmp(schema->cases[i].name, name) == 0)
            return &schema->cases[i];
    }
    return NULL;
}

static int want_one_of(struct reader *r, const struct gv_place *at, const struct gv_schema *schema,
                       const struct gv_json *json)
{
    return wrong(r, at, "must be one of %s; %s came", gv_schema_names(schema, r->arena), came(r, json));
}

static int read_enum(struct reader *r, const struct gv_place *at, const struct gv_schema *schema, int *out,
                     const struct gv_json *json)
{
    const struct gv_case *chosen = json->kind == GV_JSON_STRING ? case_named(schema, json->text) : NULL;
    if (chosen == NULL)
        return want_one_of(r, at, schema, json);
    *out = chosen->value;
    return GV_OK;
}

static int read_variant(struct reader *r, const struct gv_place *at, const struct gv_schema *schema, void *out,
                        const struct gv_json *json)
{
    bool object = json->kind == GV_JSON_OBJECT;
    if (object && json->count != 1)
        return wrong(r, at, "must have exactly one member, one of %s; %zu came", gv_schema_names(schema, r->arena),
                     json->count);
    const char *name = object ? json->child->key : json->kind == GV_JSON_STRING ? json->text : "";
    const struct gv_case *chosen = case_named(schema, name);
    if (chosen == NULL && object)
        return wrong(r, at, "takes no \"%.48s\"; it must be one of %s", name, gv_schema_names(schema, r->arena));
    if (chosen == NULL)
        return want_one_of(r, at, schema, json);
    if (chosen->has_payload != object)
        return wrong(r, at, object ? "takes \"%s\" as a plain string" : "needs {\"%s\": ...}, with its content", name);
    *(int *)out = chosen->value;
    struct gv_schema payload = {.fields = &chosen->payload, .field_count = 1};
    return object ? read_record(r, at, &payload, out, json) : GV_OK;
}

/* ---- media ----------------------------------------------------------------------------------- */

#define BLOB struct gv_blob_info
static const struct gv_field blob_fields[] = {
    GV_CHARS(BLOB, sha256, 0),
    GV_U64(BLOB, bytes, 0),
    GV_STRING(BLOB, mime_type, 0),
    GV_U32(BLOB, width, GV_FIELD_OPTIONAL),
    GV_U32(BLOB, height, GV_FIELD_OPTIONAL),
    GV_F64(BLOB, duration_seconds, GV_FIELD_OPTIONAL),
    GV_F64(BLOB, fps, GV_FIELD_OPTIONAL),
};
#undef BLOB
static const struct gv_schema blob_schema = GV_RECORD_SCHEMA("blob-info", struct gv_blob_info, blob_fields);

static const struct gv_field bytes_fields[] = {
    GV_FIELD(struct gv_media, "base64", bytes, const void *, GV_SHAPE_BYTES,
             .aux = GV_OFFSET_OF(struct gv_media, byte_count, size_t)),
    GV_STRING(struct gv_media, mime_type, 0),
};
static const struct gv_schema bytes_schema = GV_RECORD_SCHEMA("raw-bytes", struct gv_media, bytes_fields);

static const char *media_forms(enum gv_json_mode mode)
{
    switch (mode) {
    case GV_JSON_LOCAL: return "url, bytes, path";
    case GV_JSON_CALLER: return "url, bytes";
    case GV_JSON_JOURNAL:
    case GV_JSON_STATE: break;
    }
    return "url, bytes, blob";
}

/* In the front's own way, if it has one. */
static int read_own_media(struct reader *r, const struct gv_place *at, struct gv_media *out, const struct gv_json *json)
{
    struct gv_error why;
    if (r->how->media == NULL || r->how->media(r->how->ctx, out, json, &why) == GV_OK)
        return GV_OK;
    return wrong(r, at, "can't be used: %s", why.message);
}

static int read_media(struct reader *r, const struct gv_place *at, struct gv_media *out, const struct gv_json *json)
{
    const char *forms = media_forms(r->mode);
    int result = read_own_media(r, at, out, json);
    if (result != GV_OK || out->kind != GV_MEDIA_UNSET)
        return result;
    if (json->kind != GV_JSON_OBJECT || json->count != 1)
        return wrong(r, at, "must be an object with exactly one of %s", forms);
    const struct gv_json *form = json->child;
    struct gv_place place = {.up = at, .name = form->key};
    if (strcmp(form->key, "url") == 0) {
        out->kind = GV_MEDIA_URL;
        return read_string(r, &place, &out->url, form);
    }
    if (strcmp(form->key, "bytes") == 0) {
        out->kind = GV_MEDIA_BYTES;
        return read_record(r, &place, &bytes_schema, out, form);
    }
    if (strcmp(form->key, "path") == 0 && r->mode == GV_JSON_LOCAL) {
        out->kind = GV_MEDIA_PATH;
        return read_string(r, &place, &out->path, form);
    }
    if (strcmp(form->key, "blob") == 0 && r->mode >= GV_JSON_JOURNAL) {
        out->kind = GV_MEDIA_BLOB;
        return read_record(r, &place, &blob_schema, &out->blob, form);
    }
    return wrong(r, at, "takes no \"%.48s\" here; it must be one of %s", form->key, forms);
}

/* ---- maps ------------------------------------------------------------------------------------ */

static int read_kv_value(struct reader *r, const struct gv_place *at, const char **out, const struct gv_json *json)
{
    if (json->kind == GV_JSON_STRING)
        return read_string(r, at, out, json);
    if (json->kind != GV_JSON_INT && json->kind != GV_JSON_REAL && json->kind != GV_JSON_BOOL)
        return want(r, at, "a string, a number or a boolean", json);
    struct gv_buf text;
    gv_buf_init(&text, 64);
    struct gv_json_out writer = {.buf = &text};
    gv_json_put_json(&writer, NULL, json);
    *out = gv_arena_strdup(r->arena, text.data);
    gv_buf_free(&text);
    return GV_OK;
}

static int read_kv_pair(struct reader *r, const struct gv_place *at, struct gv_kv *out, const struct gv_json *json)
{
    const struct gv_json *key = gv_json_member(json, "key"), *value = gv_json_member(json, "value");
    if (key == NULL || value == NULL || json->count != 2 || key->kind != GV_JSON_STRING)
        return wrong(r, at, "must be an object of \"key\", a string, and \"value\"");
    struct gv_place place = {.up = at, .name = "value"};
    out->key = gv_arena_strdup(r->arena, key->text);
    return read_kv_value(r, &place, &out->value, value);
}

static int read_kvs(struct reader *r, const struct gv_place *at, struct gv_kv_list *out, const struct gv_json *json)
{
    bool object = json->kind == GV_JSON_OBJECT;
    if (!object && json->kind != GV_JSON_ARRAY)
        return want(r, at, "an object of strings, or a list of {\"key\", \"value\"}", json);
    if (r->mode != GV_JSON_JOURNAL && json->count > GV_KVS_COUNT_MAX)
        return wrong(r, at, "may have %d entries; %zu came", GV_KVS_COUNT_MAX, json->count);
    struct gv_kv *items = GV_NEW_ARRAY(r->arena, struct gv_kv, json->count);
    int result = GV_OK;
    out->items = items;
    size_t index = 0;
    for (const struct gv_json *child = json->child; result == GV_OK && child != NULL; child = child->next, index++) {
        struct gv_place place = {.up = at, .name = child->key, .index = index};
        if (object && child->kind == GV_JSON_NULL)
            continue;
        struct gv_kv *item = &items[out->count++];
        item->key = child->key;
        result = object ? read_kv_value(r, &place, &item->value, child) : read_kv_pair(r, &place, item, child);
    }
    return result;
}

/* ---- records --------------------------------------------------------------------------------- */

/* Of the shapes whose readers take no texts; u64 does, for numbers that JSON's readers round. */
static bool is_scalar(enum gv_shape shape)
{
    switch (shape) {
    case GV_SHAPE_U32:
    case GV_SHAPE_I64:
    case GV_SHAPE_PERCENT:
    case GV_SHAPE_F32:
    case GV_SHAPE_F64:
    case GV_SHAPE_KNOWN:
    case GV_SHAPE_BOOL: return true;
    default: return false;
    }
}

/* The number or boolean that a form's text spells, else the text. */
static const struct gv_json *unspell(struct reader *r, const struct gv_json *json)
{
    const struct gv_json *value = gv_json_parse(r->arena, json->text, json->text_bytes, NULL);
    bool good =
        value != NULL && (value->kind == GV_JSON_INT || value->kind == GV_JSON_REAL || value->kind == GV_JSON_BOOL);
    return good ? value : json;
}

static int read_value(struct reader *r, const struct gv_place *at, const struct gv_field *field, void *out, void *base,
                      const struct gv_json *json)
{
    if (r->how->texts && json->kind == GV_JSON_STRING && is_scalar(field->shape))
        json = unspell(r, json);
    switch (field->shape) {
    case GV_SHAPE_STRING: return read_string(r, at, out, json);
    case GV_SHAPE_CHARS: return read_chars(r, at, out, field->aux, json);
    case GV_SHAPE_U32: return read_u32(r, at, out, json);
    case GV_SHAPE_U64: return read_u64(r, at, out, json);
    case GV_SHAPE_I64: return read_i64(r, at, out, json);
    case GV_SHAPE_PERCENT: return read_percent(r, at, out, json);
    case GV_SHAPE_F32: return read_f32(r, at, out, json);
    case GV_SHAPE_F64: return read_f64(r, at, out, json);
    case GV_SHAPE_ENUM: return read_enum(r, at, field->schema, out, json);
    case GV_SHAPE_VARIANT: return read_variant(r, at, field->schema, out, json);
    case GV_SHAPE_RECORD: return read_record(r, at, field->schema, out, json);
    case GV_SHAPE_MEDIA: return read_media(r, at, out, json);
    case GV_SHAPE_KVS: return read_kvs(r, at, out, json);
    case GV_SHAPE_BYTES: return read_base64(r, at, out, (size_t *)((char *)base + field->aux), json);
    case GV_SHAPE_KNOWN:
        *(int *)out = json->boolean ? GV_YES : GV_NO;
        return json->kind == GV_JSON_BOOL ? GV_OK : want(r, at, "true or false", json);
    case GV_SHAPE_BOOL:
        *(bool *)out = json->boolean;
        return json->kind == GV_JSON_BOOL ? GV_OK : want(r, at, "true or false", json);
    }
    GV_UNREACHABLE();
}

static int read_list(struct reader *r, const struct gv_place *at, const struct gv_field *field, void *base,
                     const struct gv_json *json)
{
    if (json->kind != GV_JSON_ARRAY)
        return want(r, at, "an array", json);
    if (json->count > GV_LIST_COUNT_MAX)
        return wrong(r, at, "may have %d elements; %zu came", GV_LIST_COUNT_MAX, json->count);
    size_t stride = gv_field_stride(field);
    char *items = gv_arena_alloc(r->arena, stride * json->count);
    *(const void **)((char *)base + field->offset) = items;
    *(size_t *)((char *)base + field->aux) = json->count;
    int result = GV_OK;
    struct gv_place place = {.up = at};
    for (const struct gv_json *child = json->child; result == GV_OK && child != NULL; child = child->next) {
        result = read_value(r, &place, field, items + place.index * stride, base, child);
        place.index++;
    }
    return result;
}

static int read_field(struct reader *r, const struct gv_place *at, const struct gv_field *field, void *base,
                      const struct gv_json *json)
{
    struct gv_place place = {.up = at, .name = field->name};
    void *out = (char *)base + field->offset;
    bool absent = json == NULL || json->kind == GV_JSON_NULL;
    if (absent && field->shape == GV_SHAPE_PERCENT)
        *(int *)out = -1;
    bool optional = (field->flags & (GV_FIELD_OPTIONAL | GV_FIELD_ZERO)) != 0;
    if (absent && (optional || r->how->partial || r->mode == GV_JSON_STATE))
        return GV_OK;
    if (absent)
        return wrong(r, &place, "is missing");
    if ((field->flags & GV_FIELD_LIST) != 0)
        return read_list(r, &place, field, base, json);
    if ((field->flags & GV_FIELD_HAS) != 0)
        *(bool *)((char *)base + field->aux) = true;
    return read_value(r, &place, field, out, base, json);
}

static bool has_field(const struct gv_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        if (strcmp(schema->fields[i].name, name) == 0)
            return true;
    }
    return false;
}

static int read_record(struct reader *r, const struct gv_place *at, const struct gv_schema *schema, void *base,
                       const struct gv_json *json)
{
    if (json->kind != GV_JSON_OBJECT)
        return want(r, at, "an object", json);
    for (const struct gv_json *child = json->child; child != NULL; child = child->next) {
        struct gv_place place = {.up = at, .name = child->key};
        if (!has_field(schema, child->key))
            return wrong(r, &place, "is not known here; allowed: %s", gv_schema_names(schema, r->arena));
    }
    int result = GV_OK;
    for (size_t i = 0; result == GV_OK && i < schema->field_count; i++)
        result = read_field(r, at, &schema->fields[i], base, gv_json_member(json, schema->fields[i].name));
    return result;
}

int gv_schema_read_as(void *out, const struct gv_schema *schema, const struct gv_json *json,
                      const struct gv_reading *how, struct gv_arena *arena, struct gv_error *err)
{
    struct reader reader = {.mode = how->mode, .how = how, .arena = arena, .err = err};
    int result = schema->field_count > 0 ? read_record(&reader, NULL, schema, out, json)
                                         : read_variant(&reader, NULL, schema, out, json);
    if (result != GV_OK || how->partial)
        return result;
    /* What the front read in its own way may be a file of the store. */
    return gv_schema_check(out, schema, how->media != NULL ? GV_JSON_JOURNAL : how->mode, err);
}

int gv_schema_read(void *out, const struct gv_schema *schema, const struct gv_json *json, enum gv_json_mode mode,
                   struct gv_arena *arena, struct gv_error *err)
{
    return gv_schema_read_as(out, schema, json, &(struct gv_reading){.mode = mode}, arena, err);
}
