/* A struct as JSON, by its table. */
#include "base/assert.h"
#include "core/schema.h"

static void put_blob(struct gv_json_out *out, const struct gv_blob_info *blob)
{
    gv_json_open(out, "blob", '{');
    gv_json_put_text(out, "sha256", blob->sha256);
    gv_json_put_int(out, "bytes", (int64_t)blob->bytes);
    gv_json_put_text(out, "mime_type", blob->mime_type);
    if (blob->width > 0)
        gv_json_put_int(out, "width", blob->width);
    if (blob->height > 0)
        gv_json_put_int(out, "height", blob->height);
    if (blob->duration_seconds > 0)
        gv_json_put_real(out, "duration_seconds", blob->duration_seconds);
    if (blob->fps > 0)
        gv_json_put_real(out, "fps", blob->fps);
    gv_json_close(out, '}');
}

static void put_media(struct gv_json_out *out, const char *key, const struct gv_media *media)
{
    gv_json_open(out, key, '{');
    switch (media->kind) {
    case GV_MEDIA_URL: gv_json_put_text(out, "url", media->url); break;
    case GV_MEDIA_PATH: gv_json_put_text(out, "path", media->path); break;
    case GV_MEDIA_BLOB: put_blob(out, &media->blob); break;
    case GV_MEDIA_BYTES:
        gv_json_open(out, "bytes", '{');
        gv_json_put_base64(out, "base64", media->bytes, media->byte_count);
        gv_json_put_text(out, "mime_type", media->mime_type);
        gv_json_close(out, '}');
        break;
    case GV_MEDIA_UNSET: break;
    }
    gv_json_close(out, '}');
}

static void put_kvs(struct gv_json_out *out, const char *key, const struct gv_kv_list *kvs)
{
    gv_json_open(out, key, '{');
    for (size_t i = 0; i < kvs->count; i++)
        gv_json_put_text(out, kvs->items[i].key, kvs->items[i].value);
    gv_json_close(out, '}');
}

static void put_field(struct gv_json_out *out, const struct gv_field *field, const void *base);

static void put_variant(struct gv_json_out *out, const char *key, const struct gv_schema *schema, const void *in)
{
    const struct gv_case *chosen = gv_schema_case(schema, *(const int *)in);
    GV_ASSERT(chosen != NULL);
    if (!chosen->has_payload || !gv_field_present(&chosen->payload, in)) {
        gv_json_put_text(out, key, chosen->name);
        return;
    }
    gv_json_open(out, key, '{');
    put_field(out, &chosen->payload, in);
    gv_json_close(out, '}');
}

/* Integers over 63 bits go as text: few readers of JSON take them as numbers. */
static void put_u64(struct gv_json_out *out, const char *key, uint64_t value)
{
    char digits[24];
    if (value <= INT64_MAX) {
        gv_json_put_int(out, key, (int64_t)value);
        return;
    }
    char *at = digits + sizeof(digits);
    for (*--at = '\0'; value > 0; value /= 10)
        *--at = (char)('0' + value % 10);
    gv_json_put_text(out, key, at);
}

/* `bytes` is of GV_SHAPE_BYTES. */
static void put_value(struct gv_json_out *out, const char *key, const struct gv_field *field, const void *at,
                      size_t bytes)
{
    switch (field->shape) {
    case GV_SHAPE_STRING: gv_json_put_text(out, key, *(const char *const *)at); return;
    case GV_SHAPE_CHARS: gv_json_put_text(out, key, at); return;
    case GV_SHAPE_BOOL: gv_json_put_bool(out, key, *(const bool *)at); return;
    case GV_SHAPE_U32: gv_json_put_int(out, key, *(const uint32_t *)at); return;
    case GV_SHAPE_U64: put_u64(out, key, *(const uint64_t *)at); return;
    case GV_SHAPE_I64: gv_json_put_int(out, key, *(const int64_t *)at); return;
    case GV_SHAPE_PERCENT: gv_json_put_int(out, key, *(const int *)at); return;
    case GV_SHAPE_KNOWN: gv_json_put_bool(out, key, *(const int *)at == GV_YES); return;
    case GV_SHAPE_F32: gv_json_put_float(out, key, *(const float *)at); return;
    case GV_SHAPE_F64: gv_json_put_real(out, key, *(const double *)at); return;
    case GV_SHAPE_ENUM: gv_json_put_text(out, key, gv_schema_enum_name(field->schema, *(const int *)at)); return;
    case GV_SHAPE_RECORD: gv_schema_put(out, key, field->schema, at); return;
    case GV_SHAPE_VARIANT: put_variant(out, key, field->schema, at); return;
    case GV_SHAPE_MEDIA: put_media(out, key, at); return;
    case GV_SHAPE_KVS: put_kvs(out, key, at); return;
    case GV_SHAPE_BYTES: gv_json_put_base64(out, key, *(const void *const *)at, bytes); return;
    }
    GV_UNREACHABLE();
}

static void put_field(struct gv_json_out *out, const struct gv_field *field, const void *base)
{
    const char *at = (const char *)base + field->offset;
    if (!gv_field_present(field, base))
        return;
    bool counted = (field->flags & GV_FIELD_LIST) != 0 || field->shape == GV_SHAPE_BYTES;
    size_t count = counted ? *(const size_t *)((const char *)base + field->aux) : 0;
    if ((field->flags & GV_FIELD_LIST) == 0) {
        put_value(out, field->name, field, at, count);
        return;
    }
    const char *items = *(const char *const *)at;
    gv_json_open(out, field->name, '[');
    for (size_t i = 0; i < count; i++)
        put_value(out, NULL, field, items + i * gv_field_stride(field), 0);
    gv_json_close(out, ']');
}

void gv_schema_put_members(struct gv_json_out *out, const struct gv_schema *schema, const void *in)
{
    for (size_t i = 0; i < schema->field_count; i++)
        put_field(out, &schema->fields[i], in);
}

void gv_schema_put(struct gv_json_out *out, const char *key, const struct gv_schema *schema, const void *in)
{
    if (schema->field_count == 0) {
        put_variant(out, key, schema, in);
        return;
    }
    gv_json_open(out, key, '{');
    gv_schema_put_members(out, schema, in);
    gv_json_close(out, '}');
}

void gv_schema_write(struct gv_json_out *out, const struct gv_schema *schema, const void *in)
{
    gv_schema_put(out, NULL, schema, in);
}
