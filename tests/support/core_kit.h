/* What the tests of base and core share. */
#ifndef GV_TESTS_CORE_KIT_H
#define GV_TESTS_CORE_KIT_H

#include <stdbool.h>

#include "core/json.h"

/* Whether fn ends its process by an assertion; it runs in a child. */
bool gv_kit_asserts(void (*fn)(void));
/* The text as JSON; a test with unreadable text fails. Apostrophes stand for quotes. */
const struct gv_json *gv_kit_json(struct gv_arena *arena, const char *text);
/* A copy in the arena with quotes for its apostrophes. */
char *gv_kit_quoted(struct gv_arena *arena, const char *text);

#endif
