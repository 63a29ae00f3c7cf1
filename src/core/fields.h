/* A form's names and texts as a JSON tree: "a[b][c]" is a member of a member, "a[][b]" one of an array's element.
 * All elements of an array share their name, so order alone groups them: what the last element has already begins the
 * next one. Pure. */
#ifndef GV_CORE_FIELDS_H
#define GV_CORE_FIELDS_H

#include "core/json.h"
#include "golem_video/error.h"

#define GV_FIELDS_MAX 4096
#define GV_FIELDS_DEPTH_MAX 16

/* The caller's; the members are for reading. */
struct gv_fields {
    struct gv_arena *arena;
    struct gv_json *tree; /* an object */
    size_t count;
    size_t text_bytes, text_bytes_max; /* names and texts together */
};

/* Borrows the arena, in which all of the tree lives. */
void gv_fields_init(struct gv_fields *fields, struct gv_arena *arena, size_t text_bytes_max);
/* GV_INVALID_INPUT with err->field in the dotted spelling: no UTF-8, a name that is none, said twice, or too much. */
int gv_fields_put(struct gv_fields *fields, const char *name, const char *text, size_t bytes, struct gv_error *err);
/* The whole of application/x-www-form-urlencoded. */
int gv_fields_put_escaped(struct gv_fields *fields, const char *body, size_t bytes, struct gv_error *err);

/* "a[b][][c]" as "a.b..c", cut at its room: how errors name it. */
void gv_field_name(char *out, size_t room, const char *name);

#endif
