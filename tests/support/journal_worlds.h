/* The journals that the conformance tests run against, each in a world of its own. */
#ifndef GV_TESTS_JOURNAL_WORLDS_H
#define GV_TESTS_JOURNAL_WORLDS_H

#include "support/folder.h"
#include "support/journal_kit.h"

/* One store and what a test needs to open it, any number of times. */
struct gv_journal_world {
    struct gv_journal_kit kit;
    struct gv_folder folder;
    struct gv_memory_journal_store *memory;
    unsigned opened; /* so many names were used */
};

/* A row for each journal. */
struct gv_journal_backend {
    const char *name;
    struct gv_journal *(*open)(struct gv_journal_world *world);
    /* A process that opens, accepts the job and ends without closing. To be called while nothing is open. */
    void (*accept_and_die)(struct gv_journal_world *world, const char *id);
};

extern const struct gv_journal_backend gv_journal_backends[]; /* ends with a name of NULL */

/* Setup and teardown of a test, whose state is the world. */
int gv_journal_world_make(void **state);
int gv_journal_world_end(void **state);

#endif
