/* Going through a struct by its table: what is there, where it is, and the deep copy made of that. */
#include <string.h>

#include "base/assert.h"
#include "base/buf.h"
#include "core/schema.h"

static const size_t strides[] = {
    [GV_SHAPE_STRING] = sizeof(const char *),
    [GV_SHAPE_BOOL] = sizeof(bool),
    [GV_SHAPE_U32] = sizeof(uint32_t),
    [GV_SHAPE_U64] = sizeof(uint64_t),
    [GV_SHAPE_I64] = sizeof(int64_t),
    [GV_SHAPE_F32] = sizeof(float),
    [GV_SHAPE_F64] = sizeof(double),
    [GV_SHAPE_ENUM] = sizeof(int),
    [GV_SHAPE_MEDIA] = sizeof(struct gv_media),
    [GV_SHAPE_KVS] = sizeof(struct gv_kv_list),
    [GV_SHAPE_BYTES] = sizeof(const void *),
    [GV_SHAPE_CHARS] = 1,
    [GV_SHAPE_PERCENT] = sizeof(int),
    [GV_SHAPE_KNOWN] = sizeof(int),
};

size_t gv_field_stride(const struct gv_field *field)
{
    bool composed = field->shape == GV_SHAPE_RECORD || field->shape == GV_SHAPE_VARIANT;
    return composed ? field->schema->size : strides[field->shape];
}

const struct gv_case *gv_schema_case(const struct gv_schema *schema, int value)
{
    for (size_t i = 0; i < schema->case_count; i++) {
        if (schema->cases[i].value == value)
            return &schema->cases[i];
    }
    return NULL;
}

const char *gv_schema_enum_name(const struct gv_schema *schema, int value)
{
    const struct gv_case *found = gv_schema_case(schema, value);
    return found != NULL ? found->name : NULL;
}

int gv_schema_enum_value(const struct gv_schema *schema, const char *name)
{
    for (size_t i = 0; name != NULL && i < schema->case_count; i++) {
        if (strcmp(schema->cases[i].name, name) == 0)
            return schema->cases[i].value;
    }
    return 0;
}

char *gv_schema_names(const struct gv_schema *schema, struct gv_arena *arena)
{
    struct gv_buf names;
    gv_buf_init(&names, 4096);
    for (size_t i = 0; i < schema->case_count; i++)
        gv_buf_addf(&names, "%s%s", i > 0 ? ", " : "", schema->cases[i].name);
    for (size_t i = 0; i < schema->field_count; i++)
        gv_buf_addf(&names, "%s%s", i > 0 ? ", " : "", schema->fields[i].name);
    char *text = gv_arena_strdup(arena, names.len > 0 ? names.data : "none");
    gv_buf_free(&names);
    return text;
}

/* ---- places ---------------------------------------------------------------------------------- */

static void add_place(struct gv_buf *text, const struct gv_place *place)
{
    if (place->up != NULL)
        add_place(text, place->up);
    const char *dot = text->len > 0 ? "." : "";
    if (place->name != NULL)
        gv_buf_addf(text, "%s%s", dot, place->name);
    else
        gv_buf_addf(text, "%s%zu", dot, place->index);
}

void gv_place_text(char out[GV_PLACE_TEXT_BYTES], const struct gv_place *place)
{
    struct gv_buf text;
    gv_buf_init(&text, GV_PLACE_TEXT_BYTES - 1);
    if (place != NULL)
        add_place(&text, place);
    memset(out, 0, GV_PLACE_TEXT_BYTES);
    if (text.len > 0)
        memcpy(out, text.data, text.len);
    gv_buf_free(&text);
}

/* ---- presence -------------------------------------------------------------------------------- */

static bool is_nonzero(const void *value, size_t bytes)
{
    const unsigned char *at = value;
    for (size_t i = 0; i < bytes; i++) {
        if (at[i] != 0)
            return true;
    }
    return false;
}

static bool any_member_present(const struct gv_schema *schema, const void *base)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        if (gv_field_present(&schema->fields[i], base))
            return true;
    }
    return false;
}

bool gv_field_present(const struct gv_field *field, const void *base)
{
    const char *at = (const char *)base + field->offset;
    if ((field->flags & GV_FIELD_LIST) != 0 || field->shape == GV_SHAPE_BYTES)
        return *(const size_t *)((const char *)base + field->aux) > 0;
    if ((field->flags & GV_FIELD_HAS) != 0)
        return *(const bool *)((const char *)base + field->aux);
    if ((field->flags & GV_FIELD_CHARGE) != 0 && *(const int *)((const char *)base + field->aux) > GV_STAGE_INPUT)
        return true;
    bool demanded = (field->flags & (GV_FIELD_OPTIONAL | GV_FIELD_ZERO)) == 0;
    switch (field->shape) {
    case GV_SHAPE_STRING: return *(const char *const *)at != NULL;
    case GV_SHAPE_CHARS: return *at != '\0';
    case GV_SHAPE_PERCENT: return *(const int *)at >= 0;
    case GV_SHAPE_ENUM:
    case GV_SHAPE_KNOWN:
    case GV_SHAPE_VARIANT:
    case GV_SHAPE_MEDIA: return *(const int *)at != 0;
    case GV_SHAPE_KVS: return ((const struct gv_kv_list *)at)->count > 0;
    case GV_SHAPE_RECORD: return demanded || any_member_present(field->schema, at);
    case GV_SHAPE_BOOL:
    case GV_SHAPE_U32:
    case GV_SHAPE_U64:
    case GV_SHAPE_I64:
    case GV_SHAPE_F32:
    case GV_SHAPE_F64: return demanded || is_nonzero(at, strides[field->shape]);
    case GV_SHAPE_BYTES: break;
    }
    GV_UNREACHABLE();
}

_Static_assert(sizeof(enum gv_media_kind) == sizeof(int), "kinds are read as ints");

/* ---- the walk -------------------------------------------------------------------------------- */

struct walker {
    gv_visit_fn *fn;
    void *ctx;
};

static int walk_record(const struct walker *w, const struct gv_place *at, const struct gv_schema *schema, void *base);

static int walk_value(const struct walker *w, const struct gv_visit *visit)
{
    int result = w->fn(w->ctx, visit);
    if (result != GV_OK || visit->absent)
        return result;
    const struct gv_schema *schema = visit->field->schema;
    if (visit->field->shape == GV_SHAPE_RECORD)
        return walk_record(w, visit->at, schema, visit->value);
    if (visit->field->shape != GV_SHAPE_VARIANT)
        return GV_OK;
    const struct gv_case *chosen = gv_schema_case(schema, *(const int *)visit->value);
    if (chosen == NULL || !chosen->has_payload)
        return GV_OK;
    struct gv_schema payload = {.fields = &chosen->payload, .field_count = 1};
    return walk_record(w, visit->at, &payload, visit->value);
}

static int walk_list(const struct walker *w, struct gv_visit *visit)
{
    visit->list = true;
    int result = w->fn(w->ctx, visit);
    char *items = *(char **)visit->value;
    for (size_t i = 0; result == GV_OK && i < visit->count; i++) {
        struct gv_place place = {.up = visit->at, .index = i};
        struct gv_visit element = {.at = &place, .field = visit->field, .value = items + i * visit->stride};
        result = walk_value(w, &element);
    }
    return result;
}

static int walk_field(const struct walker *w, const struct gv_place *at, const struct gv_field *field, void *base)
{
    struct gv_place place = {.up = at, .name = field->name};
    struct gv_visit visit = {.at = &place, .field = field, .value = (char *)base + field->offset};
    visit.stride = gv_field_stride(field);
    bool list = (field->flags & GV_FIELD_LIST) != 0;
    if (list || field->shape == GV_SHAPE_BYTES)
        visit.count = *(const size_t *)((const char *)base + field->aux);
    if (gv_field_present(field, base))
        return list ? walk_list(w, &visit) : walk_value(w, &visit);
    if ((field->flags & (GV_FIELD_OPTIONAL | GV_FIELD_ZERO)) != 0)
        return GV_OK;
    visit.absent = true;
    return w->fn(w->ctx, &visit);
}

static int walk_record(const struct walker *w, const struct gv_place *at, const struct gv_schema *schema, void *base)
{
    int result = GV_OK;
    for (size_t i = 0; result == GV_OK && i < schema->field_count; i++)
        result = walk_field(w, at, &schema->fields[i], base);
    return result;
}

int gv_schema_walk(void *in, const struct gv_schema *schema, gv_visit_fn *fn, void *ctx)
{
    struct walker walker = {.fn = fn, .ctx = ctx};
    if (schema->field_count > 0)
        return walk_record(&walker, NULL, schema, in);
    struct gv_field whole = {.shape = GV_SHAPE_VARIANT, .schema = schema};
    struct gv_visit visit = {.field = &whole, .value = in, .stride = schema->size};
    return walk_value(&walker, &visit);
}

/* ---- the copy -------------------------------------------------------------------------------- */

static void deepen_media(struct gv_media *media, struct gv_arena *arena)
{
    media->url = gv_arena_strdup(arena, media->url);
    media->mime_type = gv_arena_strdup(arena, media->mime_type);
    media->path = gv_arena_strdup(arena, media->path);
    media->blob.mime_type = gv_arena_strdup(arena, media->blob.mime_type);
    if (media->byte_count > 0)
        media->bytes = gv_arena_memdup(arena, media->bytes, media->byte_count);
}

static void deepen_kvs(struct gv_kv_list *kvs, struct gv_arena *arena)
{
    struct gv_kv *items = gv_arena_memdup(arena, kvs->items, kvs->count * sizeof(*items));
    for (size_t i = 0; i < kvs->count; i++) {
        items[i].key = gv_arena_strdup(arena, items[i].key);
        items[i].value = gv_arena_strdup(arena, items[i].value);
    }
    kvs->items = items;
}

static int deepen_value(void *ctx, const struct gv_visit *visit)
{
    struct gv_arena *arena = ctx;
    const void **pointer = visit->value;
    if (visit->absent)
        return GV_OK;
    if (visit->list)
        *pointer = gv_arena_memdup(arena, *pointer, visit->count * visit->stride);
    else if (visit->field->shape == GV_SHAPE_STRING)
        *pointer = gv_arena_strdup(arena, *pointer);
    else if (visit->field->shape == GV_SHAPE_BYTES)
        *pointer = gv_arena_memdup(arena, *pointer, visit->count);
    else if (visit->field->shape == GV_SHAPE_MEDIA)
        deepen_media(visit->value, arena);
    else if (visit->field->shape == GV_SHAPE_KVS)
        deepen_kvs(visit->value, arena);
    return GV_OK;
}

void gv_schema_deepen(void *in, const struct gv_schema *schema, struct gv_arena *arena)
{
    gv_schema_walk(in, schema, deepen_value, arena);
}
