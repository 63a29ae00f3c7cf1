#include "support/sqlite_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <sys/random.h>

#include "base/assert.h"
#include "journal/sqlite.h"

static void draw(void *out, size_t bytes)
{
    GV_ASSERT(getrandom(out, bytes, 0) == (ssize_t)bytes);
}

static const struct gv_crypto CRYPTO = {.random = draw};

int gv_sqlite_world_make(void **state)
{
    static struct gv_sqlite_world world;
    gv_kit_open(&world.kit);
    gv_folder_make(&world.folder);
    snprintf(world.db, sizeof(world.db), "%s/journal.db", world.folder.path);
    snprintf(world.owners, sizeof(world.owners), "%s/owners", world.folder.path);
    *state = &world;
    return 0;
}

int gv_sqlite_world_end(void **state)
{
    struct gv_sqlite_world *world = *state;
    gv_kit_close(&world->kit);
    gv_folder_remove(&world->folder);
    return 0;
}

int gv_sqlite_world_try(struct gv_journal **out, const struct gv_sqlite_world *world, const char *dir,
                        struct gv_error *err)
{
    return gv_journal_sqlite_open(out, dir, gv_fake_loop_port(world->kit.loop), &CRYPTO, err);
}

struct gv_journal *gv_sqlite_world_open(struct gv_sqlite_world *world)
{
    struct gv_journal *journal = NULL;
    struct gv_error err;
    int code = gv_sqlite_world_try(&journal, world, world->folder.path, &err);
    if (code != GV_OK)
        fprintf(stderr, "%s\n", err.message);
    GV_ASSERT(code == GV_OK);
    return journal;
}

sqlite3 *gv_sqlite_world_raw(const struct gv_sqlite_world *world)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(world->db, &db), SQLITE_OK);
    return db;
}

void gv_sqlite_world_run(const struct gv_sqlite_world *world, const char *sql)
{
    sqlite3 *db = gv_sqlite_world_raw(world);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

int gv_sqlite_world_ask(const struct gv_sqlite_world *world, const char *sql)
{
    sqlite3 *db = gv_sqlite_world_raw(world);
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int answer = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return answer;
}

unsigned gv_count_files(const char *path)
{
    DIR *folder = opendir(path);
    GV_ASSERT(folder != NULL);
    unsigned count = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}
