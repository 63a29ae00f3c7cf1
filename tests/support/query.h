/* What stands in a URL or a form, as an emulator is given it. */
#ifndef GV_TESTS_QUERY_H
#define GV_TESTS_QUERY_H

#include "core/json.h"

/* With its %XX undone; in the arena. */
char *query_text(struct gv_arena *arena, const char *text, size_t bytes);
/* "a=b&c=d" as an object of strings; NULL gives an empty one. */
const struct gv_json *query_object(struct gv_arena *arena, const char *query);

#endif
