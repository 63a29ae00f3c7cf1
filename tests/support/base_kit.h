/* What the tests of base and core share. */
#ifndef GV_TESTS_BASE_KIT_H
#define GV_TESTS_BASE_KIT_H

#include <stdbool.h>

/* Whether fn ends its process by an assertion; it runs in a child. */
bool gv_kit_asserts(void (*fn)(void));

#endif
