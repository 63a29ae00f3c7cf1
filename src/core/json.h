/* A read-only view of JSON text in an arena, and a writer that keeps no tree. */
#ifndef GV_CORE_JSON_H
#define GV_CORE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

enum gv_json_kind {
    GV_JSON_NULL,
    GV_JSON_BOOL,
    GV_JSON_INT,
    GV_JSON_REAL,
    GV_JSON_STRING,
    GV_JSON_ARRAY,
    GV_JSON_OBJECT
};

struct gv_json {
    enum gv_json_kind kind;
    const char *key; /* of an object's member, else NULL */
    bool boolean;
    int64_t integer;
    double real; /* also set for GV_JSON_INT */
    const char *text;
    size_t text_bytes;
    const struct gv_json *child; /* first member or element */
    const struct gv_json *next;  /* sibling */
    size_t count;                /* of children */
};

/* NULL if `text` is not one JSON value (duplicate members, NUL in strings and depth over 64 refused);
 * `why`, if not NULL, then gets a short reason in the arena. Any thread. */
const struct gv_json *gv_json_parse(struct gv_arena *arena, const char *text, size_t bytes, const char **why);

/* All take NULL and wrong kinds and answer with NULL, the fallback, or 0. A path of "" or NULL is the value itself. */
const struct gv_json *gv_json_member(const struct gv_json *object, const char *name);
/* `path` is dotted, numbers index arrays: "data.task_result.videos.0.url". */
const struct gv_json *gv_json_at(const struct gv_json *json, const char *path);
const char *gv_json_text(const struct gv_json *json, const char *path);
int64_t gv_json_int(const struct gv_json *json, const char *path, int64_t fallback);
double gv_json_real(const struct gv_json *json, const char *path, double fallback);
bool gv_json_bool(const struct gv_json *json, const char *path, bool fallback);
const char *gv_json_kind_name(enum gv_json_kind kind); /* "a string", "an object" ... */

/* Whether the bytes are UTF-8 as of RFC 3629. */
bool gv_text_is_utf8(const char *text, size_t bytes);

/* The writer places commas itself. `buf` is borrowed while writing. */
struct gv_json_out {
    struct gv_buf *buf;
    bool comma;
};

/* `key` is NULL outside objects. */
void gv_json_open(struct gv_json_out *out, const char *key, char bracket);         /* '{' or '[' */
void gv_json_close(struct gv_json_out *out, char bracket);                         /* '}' or ']' */
void gv_json_put_text(struct gv_json_out *out, const char *key, const char *text); /* NULL text: nothing is written */
void gv_json_put_text_or_null(struct gv_json_out *out, const char *key, const char *text);
/* Bytes that are not UTF-8, and NUL, are written as U+FFFD. */
void gv_json_put_text_n(struct gv_json_out *out, const char *key, const char *text, size_t bytes);
void gv_json_put_int(struct gv_json_out *out, const char *key, int64_t value);
void gv_json_put_real(struct gv_json_out *out, const char *key, double value); /* shortest that reads back */
void gv_json_put_float(struct gv_json_out *out, const char *key, float value); /* likewise, as a float */
void gv_json_put_bool(struct gv_json_out *out, const char *key, bool value);
/* The bytes as a base64 string. */
void gv_json_put_base64(struct gv_json_out *out, const char *key, const void *data, size_t bytes);
/* `raw` is trusted to be one JSON value. */
void gv_json_put_raw(struct gv_json_out *out, const char *key, const char *raw);
/* A parsed value again, its key replaced by `key`. */
void gv_json_put_json(struct gv_json_out *out, const char *key, const struct gv_json *value);

#endif
