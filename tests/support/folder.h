/* A folder for one test, and children of the test's process. */
#ifndef GV_TESTS_FOLDER_H
#define GV_TESTS_FOLDER_H

#include <sys/types.h>

struct gv_folder {
    char path[64];
};

void gv_folder_make(struct gv_folder *out);
void gv_folder_remove(const struct gv_folder *folder); /* with all that is in it */

/* Setup and teardown of a test whose state is a folder. */
int gv_folder_set_up(void **state);
int gv_folder_tear_down(void **state);

/* Runs fn(ctx) in a child, which then ends at once: nothing is closed, no handler runs. A failure in the child is to
 * be an assertion of GV_ASSERT's kind. */
pid_t gv_child_start(void (*fn)(void *ctx), void *ctx);
/* Asserts that it ended by itself. */
void gv_child_wait(pid_t child);
void gv_child_run(void (*fn)(void *ctx), void *ctx);

#endif
