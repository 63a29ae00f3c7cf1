/* Bugs stop the process, in release builds too: the journal makes a restart cheap,
 * and a wrong step could cost the caller money. */
#ifndef GV_BASE_ASSERT_H
#define GV_BASE_ASSERT_H

_Noreturn void gv_assert_failed(const char *what, const char *file, int line);

#define GV_ASSERT(cond) ((cond) ? (void)0 : gv_assert_failed(#cond, __FILE__, __LINE__))
#define GV_UNREACHABLE() gv_assert_failed("unreachable", __FILE__, __LINE__)

#endif
