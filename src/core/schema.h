/* Types described by rows. One description gives the JSON form in both directions, the validation
 * with field names, and the WIT text; providers describe their journalled state the same way.
 *
 * How a C struct shows an optional: strings by NULL, enums, variants and media by 0, numbers and
 * booleans by a `has_` flag beside them (without one: by 0), maps and lists by a count of 0, a record by
 * its members being absent. */
#ifndef GV_CORE_SCHEMA_H
#define GV_CORE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "core/json.h"
#include "golem_video/types.h"

enum gv_shape {
    GV_SHAPE_STRING,  /* const char * */
    GV_SHAPE_BOOL,    /* bool */
    GV_SHAPE_U32,     /* uint32_t */
    GV_SHAPE_U64,     /* uint64_t */
    GV_SHAPE_I64,     /* int64_t; not in the WIT */
    GV_SHAPE_F32,     /* float, finite */
    GV_SHAPE_F64,     /* double, finite; f32 in the WIT */
    GV_SHAPE_ENUM,    /* an int-sized enum, 0 = absent */
    GV_SHAPE_RECORD,  /* a struct in place */
    GV_SHAPE_VARIANT, /* a struct whose first member is the int-sized kind, 0 = absent */
    GV_SHAPE_MEDIA,   /* struct gv_media in place */
    GV_SHAPE_KVS,     /* struct gv_kv_list; JSON: an object of strings, on input also [{key,value}] */
    GV_SHAPE_BYTES,   /* `const void *` at offset, size_t count at aux; JSON: base64; list<u8> in the WIT */
    GV_SHAPE_CHARS,   /* char[aux] in place, "" = absent; not in the WIT */
    GV_SHAPE_PERCENT, /* int, negative = absent; not in the WIT */
    GV_SHAPE_KNOWN,   /* enum gv_known as a JSON boolean, GV_UNKNOWN = absent; not in the WIT */
};

enum {
    GV_FIELD_OPTIONAL = 1,
    GV_FIELD_LIST = 2,      /* `const T *` at offset, size_t count at aux */
    GV_FIELD_EXTENSION = 4, /* golem-video's own: in JSON, not in the WIT */
    GV_FIELD_HAS = 8,       /* bool at aux tells presence */
    GV_FIELD_ZERO = 16,     /* may be left out of the JSON, and is 0 then; always there in the WIT */
    GV_FIELD_CHARGE = 32,   /* an optional enum gv_known: GV_UNKNOWN is said too where the gv_stage at aux is past
                             * input, since money may have moved */
};

struct gv_schema;

struct gv_field {
    const char *name; /* snake_case, as in JSON */
    enum gv_shape shape;
    const struct gv_schema *schema; /* of an enum, record or variant */
    unsigned flags;
    size_t offset;
    size_t aux;           /* offset of the has-flag or of the count */
    const char *wit_type; /* WIT name where it differs from the shape's: input-image, raw-bytes... or NULL */
};

/* An enum's case, or a variant's: payload NULL-named (.payload.name) where there is none. */
struct gv_case {
    const char *name; /* snake_case */
    int value;
    bool has_payload;
    struct gv_field payload; /* offset within the variant's struct */
};

struct gv_schema {
    const char *name; /* kebab-case, as in the WIT */
    size_t size;      /* of the C struct */
    const struct gv_field *fields;
    size_t field_count;
    const struct gv_case *cases;
    size_t case_count;
};

#define GV_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Rows of a table of fields. The offset does not compile where the member is of another C type. */
#define GV_OFFSET_OF(type, member, ctype)                                                                              \
    (offsetof(type, member) +                                                                                          \
     0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((type *)0)->member), ctype) ? 1 : -1]))
#define GV_FIELD(type, json_name, member, ctype, its_shape, ...)                                                       \
    {                                                                                                                  \
        .name = json_name, .shape = its_shape, .offset = GV_OFFSET_OF(type, member, ctype), __VA_ARGS__                \
    }
#define GV_STRING(type, member, its_flags)                                                                             \
    GV_FIELD(type, #member, member, const char *, GV_SHAPE_STRING, .flags = its_flags)
#define GV_BOOL(type, member) GV_FIELD(type, #member, member, bool, GV_SHAPE_BOOL, .flags = 0)
#define GV_U32(type, member, its_flags) GV_FIELD(type, #member, member, uint32_t, GV_SHAPE_U32, .flags = its_flags)
#define GV_U64(type, member, its_flags) GV_FIELD(type, #member, member, uint64_t, GV_SHAPE_U64, .flags = its_flags)
#define GV_I64(type, member, its_flags) GV_FIELD(type, #member, member, int64_t, GV_SHAPE_I64, .flags = its_flags)
#define GV_F32(type, member, its_flags) GV_FIELD(type, #member, member, float, GV_SHAPE_F32, .flags = its_flags)
#define GV_F64(type, member, its_flags) GV_FIELD(type, #member, member, double, GV_SHAPE_F64, .flags = its_flags)
#define GV_CHARS(type, member, its_flags)                                                                              \
    GV_FIELD(type, #member, member, char[sizeof(((type *)0)->member)], GV_SHAPE_CHARS, .flags = its_flags,             \
             .aux = sizeof(((type *)0)->member))
/* An optional number or boolean with its `has_` flag beside it. */
#define GV_HAS(type, member, ctype, its_shape)                                                                         \
    GV_FIELD(type, #member, member, ctype, its_shape, .flags = GV_FIELD_OPTIONAL | GV_FIELD_HAS,                       \
             .aux = GV_OFFSET_OF(type, has_##member, bool))
#define GV_ENUM(type, member, ctype, its_schema, its_flags)                                                            \
    GV_FIELD(type, #member, member, ctype, GV_SHAPE_ENUM, .schema = its_schema, .flags = its_flags)
/* A list: `items` is a pointer to const elements, `counter` a size_t. */
#define GV_LIST(type, json_name, items, counter, ctype, its_shape, its_schema, its_flags, its_wit_type)                \
    GV_FIELD(type, json_name, items, const ctype *, its_shape, .schema = its_schema,                                   \
             .flags = GV_FIELD_LIST | (its_flags), .aux = GV_OFFSET_OF(type, counter, size_t),                         \
             .wit_type = its_wit_type)
#define GV_CASE(json_name, its_value)                                                                                  \
    {                                                                                                                  \
        .name = json_name, .value = its_value                                                                          \
    }
#define GV_RECORD_SCHEMA(wit_name, ctype, table)                                                                       \
    {                                                                                                                  \
        .name = wit_name, .size = sizeof(ctype), .fields = table, .field_count = GV_COUNT(table)                       \
    }
#define GV_ENUM_SCHEMA(wit_name, table)                                                                                \
    {                                                                                                                  \
        .name = wit_name, .size = sizeof(int), .cases = table, .case_count = GV_COUNT(table)                           \
    }
#define GV_VARIANT_SCHEMA(wit_name, ctype, table)                                                                      \
    {                                                                                                                  \
        .name = wit_name, .size = sizeof(ctype), .cases = table, .case_count = GV_COUNT(table)                         \
    }

enum gv_json_mode {
    GV_JSON_CALLER = 0,  /* url and bytes media only */
    GV_JSON_LOCAL = 1,   /* also {"path": ...}: documents from this machine's user */
    GV_JSON_JOURNAL = 2, /* also {"blob": ...}: what the store wrote */
    GV_JSON_STATE = 3,   /* a machine's state: absent members are zero, so that later versions may add some */
};

/* Bounds of what a caller may say. */
#define GV_TEXT_BYTES_MAX ((size_t)128 << 10)
#define GV_URL_BYTES_MAX 8192
#define GV_LIST_COUNT_MAX 10000
#define GV_KVS_COUNT_MAX 1000
#define GV_KV_KEY_BYTES_MAX 64
#define GV_KV_VALUE_BYTES_MAX 4096

/* Reads `json` into the zeroed struct at `out`; strings and lists live in `arena`.
 * GV_INVALID_INPUT with err->field such as "config.lastframe.url" and a message that names what
 * came and what is allowed. Any thread. */
int gv_schema_read(void *out, const struct gv_schema *schema, const struct gv_json *json, enum gv_json_mode mode,
                   struct gv_arena *arena, struct gv_error *err);

/* Fills *out where the value stands for a medium in a way of the front's own, else leaves it unset. */
typedef int gv_media_read_fn(void *ctx, struct gv_media *out, const struct gv_json *json, struct gv_error *err);

/* How a front reads what its callers wrote. */
struct gv_reading {
    enum gv_json_mode mode;
    bool texts;              /* numbers and booleans may stand as texts, since a form has nothing else */
    bool partial;            /* what is demanded may be missing, and nothing is checked: the front adds to it first */
    gv_media_read_fn *media; /* or NULL */
    void *ctx;
};
int gv_schema_read_as(void *out, const struct gv_schema *schema, const struct gv_json *json,
                      const struct gv_reading *how, struct gv_arena *arena, struct gv_error *err);

/* Appends the JSON form of the struct at `in`. Absent optionals are left out. */
void gv_schema_write(struct gv_json_out *out, const struct gv_schema *schema, const void *in);
/* The same as the member `key` of an open object. */
void gv_schema_put(struct gv_json_out *out, const char *key, const struct gv_schema *schema, const void *in);
/* A record's members alone, into an object that is open. */
void gv_schema_put_members(struct gv_json_out *out, const struct gv_schema *schema, const void *in);

/* Holds a struct that a C caller filled against the same rules as gv_schema_read, media of `mode` allowed. */
int gv_schema_check(const void *in, const struct gv_schema *schema, enum gv_json_mode mode, struct gv_error *err);

/* The same of lists of pairs alone, as a caller may say them: for a front that adds pairs of its own. */
int gv_schema_check_pairs(const void *in, const struct gv_schema *schema, struct gv_error *err);

/* Where a value is in its document; the outermost has no `up`. */
struct gv_place {
    const struct gv_place *up;
    const char *name; /* NULL: element `index` */
    size_t index;
};
#define GV_PLACE_TEXT_BYTES 96
/* "config.dynamic_mask.trajectories.3.x", cut at its room. */
void gv_place_text(char out[GV_PLACE_TEXT_BYTES], const struct gv_place *place);

/* One value met on a walk. */
struct gv_visit {
    const struct gv_place *at;
    const struct gv_field *field;
    void *value;
    bool absent;   /* demanded, and not there */
    bool list;     /* the list itself, before its elements: value is the address of its pointer */
    size_t count;  /* of the list's elements, or of the bytes of GV_SHAPE_BYTES */
    size_t stride; /* bytes of one element */
};
/* Anything but GV_OK ends the walk and is its result. */
typedef int gv_visit_fn(void *ctx, const struct gv_visit *visit);
/* Visits what is present in the struct, depth first, and what is missing though it is demanded. A visitor
 * may change values; the walk goes on with the changed ones. */
int gv_schema_walk(void *in, const struct gv_schema *schema, gv_visit_fn *fn, void *ctx);
/* Makes a struct that was copied byte by byte independent: everything it points at moves into `arena`. */
void gv_schema_deepen(void *in, const struct gv_schema *schema, struct gv_arena *arena);
/* Whether the field's value is there, as the struct at `base` shows it. */
bool gv_field_present(const struct gv_field *field, const void *base);
/* Bytes of one value (of one element, for a list). */
size_t gv_field_stride(const struct gv_field *field);
const struct gv_case *gv_schema_case(const struct gv_schema *schema, int value);
/* "a, b, c": the names of the cases or of the fields. */
char *gv_schema_names(const struct gv_schema *schema, struct gv_arena *arena);

/* The snake_case name of an enum's value, or NULL. */
const char *gv_schema_enum_name(const struct gv_schema *schema, int value);
/* 0 where no case has the name. */
int gv_schema_enum_value(const struct gv_schema *schema, const char *name);

#endif
