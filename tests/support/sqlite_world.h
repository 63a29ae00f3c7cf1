/* A folder with a journal in SQLite, and ways to look into its file past the journal. */
#ifndef GV_TESTS_SQLITE_WORLD_H
#define GV_TESTS_SQLITE_WORLD_H

#include <sqlite3.h>

#include "support/folder.h"
#include "support/journal_kit.h"

struct gv_sqlite_world {
    struct gv_journal_kit kit;
    struct gv_folder folder;
    char db[128], owners[128]; /* the file and the folder of the locks */
};

/* Setup and teardown of a test, whose state is the world. */
int gv_sqlite_world_make(void **state);
int gv_sqlite_world_end(void **state);

/* Opens the folder's journal; to be closed with gv_journal_close. */
struct gv_journal *gv_sqlite_world_open(struct gv_sqlite_world *world);
/* Opens the journal of any folder; may fail. */
int gv_sqlite_world_try(struct gv_journal **out, const struct gv_sqlite_world *world, const char *dir,
                        struct gv_error *err);

/* The file itself: opened (owned), changed by SQL, asked for a number. */
sqlite3 *gv_sqlite_world_raw(const struct gv_sqlite_world *world);
void gv_sqlite_world_run(const struct gv_sqlite_world *world, const char *sql);
int gv_sqlite_world_ask(const struct gv_sqlite_world *world, const char *sql);

unsigned gv_count_files(const char *folder);

#endif
