/* The schema of the file: older versions are brought up to date, and lists find what they look for by an index. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "support/journal_worlds.h"

static sqlite3 *open_raw(const struct gv_journal_world *world)
{
    sqlite3 *db = NULL;
    char path[128];
    snprintf(path, sizeof(path), "%s/journal.db", world->folder.path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static int keep_number(void *ctx, int columns, char **values, char **names)
{
    (void)columns, (void)names;
    *(int *)ctx = values[0] != NULL ? (int)strtol(values[0], NULL, 10) : 0;
    return 0;
}

/* Runs the statements; the first column of the last row. */
static int ask(const struct gv_journal_world *world, const char *sql)
{
    sqlite3 *db = open_raw(world);
    int answer = 0;
    if (sqlite3_exec(db, sql, keep_number, &answer, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
    return answer;
}

/* As a program would that knows version 1 only. */
static void write_version_1(const struct gv_journal_world *world)
{
    const char *root = getenv("SOURCE_DIR");
    char path[512], sql[16384];
    snprintf(path, sizeof(path), "%s/tests/unit/journal/version_1.sql", root != NULL ? root : ".");
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("can't open %s (set SOURCE_DIR to the source tree)", path);
    sql[fread(sql, 1, sizeof(sql) - 1, file)] = '\0';
    fclose(file);
    ask(world, sql);
}

static uint64_t count_of(const struct gv_journal_tally *rows, size_t count, const char *provider, bool parked)
{
    uint64_t jobs = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].provider, provider) == 0 && rows[i].parked == parked)
            jobs += rows[i].count;
    return jobs;
}

static void a_journal_of_version_1_is_brought_up_to_date(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_error err;
    write_version_1(world);
    struct gv_journal *journal = gv_journal_backends[0].open(world);
    const struct gv_job_row *row = gv_kit_get(kit, journal, "gv_1");
    assert_string_equal(row->outputs, "[{\"index\":0}]");
    assert_null(row->tenant);
    assert_false(row->announce);
    assert_int_equal(gv_kit_history_count(kit, journal, "gv_1"), 2);
    assert_true(journal->vtable->blob_wanted(journal, "sha-of-film"));
    const struct gv_journal_tally *tally;
    size_t count;
    assert_int_equal(journal->vtable->tally(&tally, &count, journal, &kit->arena, &err), GV_OK);
    assert_int_equal(count_of(tally, count, "kling", false), 2);
    assert_int_equal(count_of(tally, count, "veo", true), 1);
    assert_int_equal(count_of(tally, count, "veo", false), 1);
    /* Keys of then are keys of nobody's now. */
    struct gv_job_row *again = gv_kit_row(kit, "gv_5", NULL);
    again->tenant = NULL;
    again->idempotency_key = "key-2";
    again->request_sha256 = "sha-2";
    struct gv_journal_op op = gv_kit_accept_op(again);
    assert_int_equal(gv_kit_do(kit, journal, &op), GV_JOURNAL_SAME_KEY);
    assert_string_equal(op.found_id, "gv_2");
    assert_int_equal(gv_kit_claim(kit, journal, NULL, 10), 2); /* gv_2, and gv_3, which is parked with a message */
    op = (struct gv_journal_op){.kind = GV_JOURNAL_FORGET, .job_id = "gv_1"};
    assert_int_equal(gv_kit_do(kit, journal, &op), GV_JOURNAL_DONE);
    gv_journal_close(journal);
    assert_int_equal(ask(world, "PRAGMA user_version"), 2);
    assert_int_equal(ask(world, "SELECT count(*) FROM overview"), 3);
}

static void assert_uses(sqlite3 *db, const char *sql, const char *index)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    bool found = false;
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(stmt, 3);
        found = found || strstr(detail, index) != NULL;
        if (strstr(detail, "TEMP B-TREE") != NULL)
            fail_msg("%s sorts: %s", sql, detail);
    }
    sqlite3_finalize(stmt);
    if (!found)
        fail_msg("%s does not use %s", sql, index);
}

#define LOOK "EXPLAIN QUERY PLAN SELECT id FROM jobs "
#define ENDED "announce=1 AND status IN ('succeeded','failed')"

/* Lists page by page without sorting, however many jobs there are. */
static void lists_go_along_an_index(void **state)
{
    static const char *const rows[][2] = {
        {LOOK "INDEXED BY jobs_tenant WHERE coalesce(tenant,'')='a' AND id>'a' ORDER BY id ASC", "<expr>=? AND id>?"},
        {LOOK "INDEXED BY jobs_tenant WHERE coalesce(tenant,'')='a' AND id<'a' ORDER BY id DESC", "<expr>=? AND id<?"},
        {LOOK "INDEXED BY jobs_unannounced WHERE id>'a' AND " ENDED " ORDER BY id ASC", "jobs_unannounced"},
        {LOOK "WHERE coalesce(tenant,'')='a' AND idempotency_key='k'", "jobs_key"},
    };
    struct gv_journal_world *world = *state;
    gv_journal_close(gv_journal_backends[0].open(world));
    sqlite3 *db = open_raw(world);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_uses(db, rows[i][0], rows[i][1]);
    sqlite3_close(db);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, gv_journal_world_make, gv_journal_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_journal_of_version_1_is_brought_up_to_date),
        CASE(lists_go_along_an_index),
    };
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
