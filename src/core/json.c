/* Reading: jansson checks and parses, its tree is copied into the arena and given back at once. */
#include "core/json.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 64

/* ---- memory ------------------------------------------------------------------------------------ */

/* Without memory jansson drops the byte of a token that it was about to keep (2.14, lex_save) or calls the text
 * invalid, so the lack has to be noticed where it happens. Whoever else in the process uses jansson gets what they
 * would have got. */
static json_malloc_t malloc_before;
static json_free_t free_before;
static _Thread_local bool reading;

static void *allocate(size_t bytes)
{
    void *memory = malloc_before(bytes);
    if (memory == NULL && reading)
        gv_out_of_memory(bytes);
    return memory;
}

__attribute__((constructor)) static void stand_before_malloc(void)
{
    json_get_alloc_funcs(&malloc_before, &free_before);
    json_set_alloc_funcs(allocate, free_before);
}

__attribute__((destructor)) static void step_aside(void)
{
    json_malloc_t now;
    json_get_alloc_funcs(&now, &free_before);
    if (now == allocate)
        json_set_alloc_funcs(malloc_before, free_before);
}

/* ---- reading ----------------------------------------------------------------------------------- */

struct copier {
    struct gv_arena *arena;
    bool too_deep;
};

static struct gv_json *copy_value(struct copier *c, json_t *from, const char *key, unsigned depth);

static void copy_children(struct copier *c, struct gv_json *into, json_t *from, unsigned depth)
{
    if (depth >= DEPTH_MAX) {
        c->too_deep = true;
        return;
    }
    const struct gv_json **tail = &into->child;
    struct gv_json *child;
    if (json_is_array(from)) {
        for (size_t i = 0; i < json_array_size(from) && !c->too_deep; i++, tail = &child->next)
            *tail = child = copy_value(c, json_array_get(from, i), NULL, depth + 1);
        into->count = json_array_size(from);
        return;
    }
    for (void *at = json_object_iter(from); at != NULL && !c->too_deep;
         at = json_object_iter_next(from, at), tail = &child->next) {
        const char *key = gv_arena_strdup(c->arena, json_object_iter_key(at));
        *tail = child = copy_value(c, json_object_iter_value(at), key, depth + 1);
    }
    into->count = json_object_size(from);
}

static struct gv_json *copy_value(struct copier *c, json_t *from, const char *key, unsigned depth)
{
    struct gv_json *to = GV_NEW(c->arena, struct gv_json);
    to->key = key;
    switch (json_typeof(from)) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        to->kind = json_is_object(from) ? GV_JSON_OBJECT : GV_JSON_ARRAY;
        copy_children(c, to, from, depth);
        break;
    case JSON_STRING:
        to->kind = GV_JSON_STRING;
        to->text_bytes = json_string_length(from);
        to->text = gv_arena_strndup(c->arena, json_string_value(from), to->text_bytes);
        break;
    case JSON_INTEGER:
        to->kind = GV_JSON_INT;
        to->integer = json_integer_value(from);
        to->real = (double)to->integer;
        break;
    case JSON_REAL:
        to->kind = GV_JSON_REAL;
        to->real = json_real_value(from);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        to->kind = GV_JSON_BOOL;
        to->boolean = json_is_true(from);
        break;
    case JSON_NULL: break;
    }
    return to;
}

/* Integers beyond 64 bits become reals: an answer must not be unreadable for a number nobody asks about. */
static json_t *load(const char *text, size_t bytes, json_error_t *error)
{
    size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    reading = true;
    json_t *tree = json_loadb(text, bytes, flags, error);
    if (tree == NULL && json_error_code(error) == json_error_numeric_overflow)
        tree = json_loadb(text, bytes, flags | JSON_DECODE_INT_AS_REAL, error);
    reading = false;
    return tree;
}

/* jansson names its own flags there. */
static const char *words_for(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_null_character:
    case json_error_null_byte_in_key: return "a NUL character (\\u0000) is not allowed";
    default: return error->text;
    }
}

const struct gv_json *gv_json_parse(struct gv_arena *arena, const char *text, size_t bytes, const char **why)
{
    json_error_t error;
    json_t *tree = load(text, bytes, &error);
    if (tree == NULL) {
        if (why != NULL)
            *why = gv_arena_printf(arena, "line %d, column %d: %s", error.line, error.column, words_for(&error));
        return NULL;
    }
    struct copier copier = {.arena = arena};
    struct gv_json *copy = copy_value(&copier, tree, NULL, 0);
    json_decref(tree);
    if (!copier.too_deep)
        return copy;
    if (why != NULL)
        *why = gv_arena_printf(arena, "more than %d levels of nesting", DEPTH_MAX);
    return NULL;
}

/* ---- looking up ------------------------------------------------------------------------------ */

static const struct gv_json *child_named(const struct gv_json *object, const char *name, size_t bytes)
{
    for (const struct gv_json *child = object->child; child != NULL; child = child->next) {
        if (strncmp(child->key, name, bytes) == 0 && child->key[bytes] == '\0')
            return child;
    }
    return NULL;
}

static const struct gv_json *child_at(const struct gv_json *array, const char *digits, size_t bytes)
{
    size_t index = 0;
    for (size_t i = 0; i < bytes; i++) {
        if (digits[i] < '0' || digits[i] > '9' || index > array->count)
            return NULL;
        index = index * 10 + (size_t)(digits[i] - '0');
    }
    const struct gv_json *child = bytes > 0 ? array->child : NULL;
    while (child != NULL && index-- > 0)
        child = child->next;
    return child;
}

const struct gv_json *gv_json_member(const struct gv_json *object, const char *name)
{
    return object != NULL && object->kind == GV_JSON_OBJECT ? child_named(object, name, strlen(name)) : NULL;
}

const struct gv_json *gv_json_at(const struct gv_json *json, const char *path)
{
    while (json != NULL && path != NULL && *path != '\0') {
        size_t bytes = strcspn(path, ".");
        if (json->kind == GV_JSON_OBJECT)
            json = child_named(json, path, bytes);
        else
            json = json->kind == GV_JSON_ARRAY ? child_at(json, path, bytes) : NULL;
        path += bytes + (path[bytes] == '.' ? 1 : 0);
    }
    return json;
}

const char *gv_json_text(const struct gv_json *json, const char *path)
{
    const struct gv_json *at = gv_json_at(json, path);
    return at != NULL && at->kind == GV_JSON_STRING ? at->text : NULL;
}

int64_t gv_json_int(const struct gv_json *json, const char *path, int64_t fallback)
{
    const struct gv_json *at = gv_json_at(json, path);
    if (at != NULL && at->kind == GV_JSON_INT)
        return at->integer;
    if (at != NULL && at->kind == GV_JSON_REAL && at->real == floor(at->real) && fabs(at->real) < 0x1p63)
        return (int64_t)at->real;
    return fallback;
}

double gv_json_real(const struct gv_json *json, const char *path, double fallback)
{
    const struct gv_json *at = gv_json_at(json, path);
    return at != NULL && (at->kind == GV_JSON_INT || at->kind == GV_JSON_REAL) ? at->real : fallback;
}

bool gv_json_bool(const struct gv_json *json, const char *path, bool fallback)
{
    const struct gv_json *at = gv_json_at(json, path);
    return at != NULL && at->kind == GV_JSON_BOOL ? at->boolean : fallback;
}

const char *gv_json_kind_name(enum gv_json_kind kind)
{
    static const char *const names[] = {
        [GV_JSON_NULL] = "null",        [GV_JSON_BOOL] = "a boolean",  [GV_JSON_INT] = "an integer",
        [GV_JSON_REAL] = "a number",    [GV_JSON_STRING] = "a string", [GV_JSON_ARRAY] = "an array",
        [GV_JSON_OBJECT] = "an object",
    };
    return names[kind];
}
