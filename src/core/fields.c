#include "core/fields.h"

#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "core/escaped.h"

#define NAME_SHOWN 64

/* A name in its parts; one without characters is an array's element. */
struct path {
    const char *parts[GV_FIELDS_DEPTH_MAX];
    size_t count;
};

struct leaf {
    struct gv_arena *arena;
    struct path path;
    const char *text;
    size_t bytes;
};

void gv_fields_init(struct gv_fields *fields, struct gv_arena *arena, size_t text_bytes_max)
{
    *fields = (struct gv_fields){.arena = arena, .text_bytes_max = text_bytes_max};
    fields->tree = GV_NEW(arena, struct gv_json);
    fields->tree->kind = GV_JSON_OBJECT;
}

void gv_field_name(char *out, size_t room, const char *name)
{
    size_t n = 0;
    for (const char *at = name; *at != '\0' && n + 1 < room; at++)
        if (*at != ']')
            out[n++] = *at == '[' ? '.' : *at;
    out[n] = '\0';
}

static int wrong(const char *name, const char *what, struct gv_error *err)
{
    char dotted[NAME_SHOWN];
    gv_field_name(dotted, sizeof(dotted), name);
    return gv_fail_field(err, GV_INVALID_INPUT, dotted, "%s %s", dotted, what);
}

static bool parse_name(struct path *out, struct gv_arena *arena, const char *name)
{
    char *at = gv_arena_strdup(arena, name);
    out->count = 0;
    out->parts[out->count++] = at;
    at += strcspn(at, "[]");
    if (at == out->parts[0])
        return false;
    while (*at == '[' && out->count < GV_FIELDS_DEPTH_MAX) {
        char *part = at + 1, *end = part + strcspn(part, "[]");
        *at = '\0';
        if (*end != ']')
            return false;
        *end = '\0';
        out->parts[out->count++] = part;
        at = end + 1;
    }
    return *at == '\0';
}

/* ---- the tree --------------------------------------------------------------------------------- */

/* The tree is ours until it is handed out. */
static struct gv_json *own(const struct gv_json *value)
{
    return (struct gv_json *)(uintptr_t)value;
}

static struct gv_json *last_child(const struct gv_json *parent)
{
    const struct gv_json *child = parent->child;
    while (child != NULL && child->next != NULL)
        child = child->next;
    return own(child);
}

static void add_child(struct gv_json *parent, const char *key, struct gv_json *child)
{
    struct gv_json *last = last_child(parent);
    child->key = key;
    *(last != NULL ? &last->next : &parent->child) = child;
    parent->count++;
}

/* Whether the rest of the path, from part i on, finds room below a value that is there. */
static bool fits(const struct gv_json *value, const struct path *path, size_t i)
{
    if (i == path->count)
        return false;
    if (path->parts[i][0] == '\0')
        return value->kind == GV_JSON_ARRAY;
    if (value->kind != GV_JSON_OBJECT)
        return false;
    const struct gv_json *member = gv_json_member(value, path->parts[i]);
    return member == NULL || fits(member, path, i + 1);
}

/* Expects that it fits. */
static void put(struct leaf *leaf, struct gv_json *value, size_t i)
{
    const struct path *path = &leaf->path;
    bool element = path->parts[i][0] == '\0';
    struct gv_json *child = element ? last_child(value) : own(gv_json_member(value, path->parts[i]));
    if (child != NULL && fits(child, path, i + 1)) {
        put(leaf, child, i + 1);
        return;
    }
    child = GV_NEW(leaf->arena, struct gv_json);
    add_child(value, element ? NULL : path->parts[i], child);
    if (i + 1 == path->count) {
        *child =
            (struct gv_json){.kind = GV_JSON_STRING, .key = child->key, .text = leaf->text, .text_bytes = leaf->bytes};
        return;
    }
    child->kind = path->parts[i + 1][0] == '\0' ? GV_JSON_ARRAY : GV_JSON_OBJECT;
    put(leaf, child, i + 1);
}

int gv_fields_put(struct gv_fields *fields, const char *name, const char *text, size_t bytes, struct gv_error *err)
{
    struct leaf leaf = {.arena = fields->arena, .bytes = bytes};
    fields->text_bytes += strlen(name) + bytes;
    if (fields->text_bytes > fields->text_bytes_max)
        return gv_fail(err, GV_INVALID_INPUT, "the form without its files has more than %zu bytes",
                       fields->text_bytes_max);
    if (fields->count++ == GV_FIELDS_MAX)
        return gv_fail(err, GV_INVALID_INPUT, "the form has more than %d fields", GV_FIELDS_MAX);
    if (!gv_text_is_utf8(name, strlen(name)))
        return gv_fail(err, GV_INVALID_INPUT, "the name of field %zu of the form is not UTF-8", fields->count);
    if (!gv_text_is_utf8(text, bytes) || memchr(text, '\0', bytes) != NULL)
        return wrong(name, "is not UTF-8, or has a NUL in it", err);
    if (!parse_name(&leaf.path, fields->arena, name))
        return wrong(name, "is no name of a field: these are written a, a[b] or a[][b], in at most 16 parts", err);
    if (!fits(fields->tree, &leaf.path, 0))
        return wrong(name, "is given twice, or both as a value and with members", err);
    leaf.text = gv_arena_strndup(fields->arena, text, bytes);
    put(&leaf, fields->tree, 0);
    return GV_OK;
}

/* ---- urlencoded ------------------------------------------------------------------------------- */

struct collected {
    struct gv_fields *fields;
    struct gv_part part;
    struct gv_buf text;
};

static int on_begin(void *ctx, const struct gv_part *part, struct gv_error *err)
{
    struct collected *c = ctx;
    (void)err;
    c->part = *part;
    gv_buf_clear(&c->text);
    return GV_OK;
}

static int on_bytes(void *ctx, const char *data, size_t n, struct gv_error *err)
{
    struct collected *c = ctx;
    if (gv_buf_add(&c->text, data, n))
        return GV_OK;
    return gv_fail(err, GV_INVALID_INPUT, "the form has more than %zu bytes", c->text.bytes_max);
}

static int on_end(void *ctx, struct gv_error *err)
{
    struct collected *c = ctx;
    return gv_fields_put(c->fields, c->part.name, c->text.len > 0 ? c->text.data : "", c->text.len, err);
}

int gv_fields_put_escaped(struct gv_fields *fields, const char *body, size_t bytes, struct gv_error *err)
{
    struct collected collected = {.fields = fields};
    struct gv_escaped escaped;
    gv_buf_init(&collected.text, fields->text_bytes_max);
    gv_escaped_init(&escaped, &(struct gv_multipart_sink){on_begin, on_bytes, on_end, &collected});
    int code = gv_escaped_put(&escaped, body, bytes, err);
    if (code == GV_OK)
        code = gv_escaped_end(&escaped, err);
    gv_buf_free(&collected.text);
    return code;
}
