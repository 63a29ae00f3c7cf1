/* What the tests of core share. */
#ifndef GV_TESTS_CORE_KIT_H
#define GV_TESTS_CORE_KIT_H

#include "core/json.h"
#include "support/base_kit.h"

/* The text as JSON; a test with unreadable text fails. Apostrophes stand for quotes. */
const struct gv_json *gv_kit_json(struct gv_arena *arena, const char *text);
/* A copy in the arena with quotes for its apostrophes. */
char *gv_kit_quoted(struct gv_arena *arena, const char *text);

#endif
