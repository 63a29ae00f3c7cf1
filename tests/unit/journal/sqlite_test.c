/* The file on the disk; sqlite_processes_test.c has several processes at it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "journal/sqlite.h"
#include "support/sqlite_world.h"

static void assert_refused(const struct gv_sqlite_world *world, const char *dir, const char *why)
{
    struct gv_journal *journal = NULL;
    struct gv_error err;
    int code = gv_sqlite_world_try(&journal, world, dir, &err);
    assert_int_equal(code, GV_INTERNAL_ERROR);
    assert_int_equal(err.code, GV_INTERNAL_ERROR);
    assert_non_null(strstr(err.message, dir));
    if (strstr(err.message, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.message, why);
}

/* ---- what the file is ------------------------------------------------------------------------- */

static void history_refuses_changes(void **state)
{
    struct gv_sqlite_world *world = *state;
    struct gv_journal *journal = gv_sqlite_world_open(world);
    gv_kit_accept(&world->kit, journal, "gv_1");
    gv_journal_close(journal);
    static const char *const CHANGES[] = {"UPDATE history SET note='x'", "DELETE FROM history",
                                          "DELETE FROM jobs WHERE id='gv_1'"};
    sqlite3 *db = gv_sqlite_world_raw(world);
    sqlite3_exec(db, "PRAGMA foreign_keys=ON", NULL, NULL, NULL);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(sqlite3_exec(db, CHANGES[i], NULL, NULL, NULL), SQLITE_CONSTRAINT);
    sqlite3_close(db);
    assert_int_equal(gv_sqlite_world_ask(world, "SELECT count(*) FROM story"), 1);
    assert_int_equal(gv_sqlite_world_ask(world, "SELECT count(*) FROM overview WHERE created='2023-11-14 22:13:20'"),
                     1);
}

static void an_empty_file_becomes_a_journal(void **state)
{
    struct gv_sqlite_world *world = *state;
    gv_sqlite_world_run(world, "PRAGMA user_version=0");
    struct gv_journal *journal = gv_sqlite_world_open(world);
    gv_kit_accept(&world->kit, journal, "gv_1");
    gv_journal_close(journal);
    assert_int_equal(gv_sqlite_world_ask(world, "PRAGMA application_id"), 0x47564a31);
    assert_int_equal(gv_sqlite_world_ask(world, "PRAGMA user_version"), 2);
    journal = gv_sqlite_world_open(world);
    assert_non_null(gv_kit_get(&world->kit, journal, "gv_1"));
    gv_journal_close(journal);
}

/* As a program would that knows version 1 only. */
static void write_version_1(const struct gv_sqlite_world *world)
{
    const char *root = getenv("SOURCE_DIR");
    char path[512], sql[16384];
    snprintf(path, sizeof(path), "%s/tests/unit/journal/version_1.sql", root != NULL ? root : ".");
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("can't open %s (set SOURCE_DIR to the source tree)", path);
    sql[fread(sql, 1, sizeof(sql) - 1, file)] = '\0';
    fclose(file);
    gv_sqlite_world_run(world, sql);
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
    struct gv_sqlite_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_error err;
    write_version_1(world);
    struct gv_journal *journal = gv_sqlite_world_open(world);
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
    assert_int_equal(gv_sqlite_world_ask(world, "PRAGMA user_version"), 2);
    assert_int_equal(gv_sqlite_world_ask(world, "SELECT count(*) FROM overview"), 3);
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
    struct gv_sqlite_world *world = *state;
    gv_journal_close(gv_sqlite_world_open(world));
    sqlite3 *db = gv_sqlite_world_raw(world);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_uses(db, rows[i][0], rows[i][1]);
    sqlite3_close(db);
}

static void a_newer_schema_is_refused(void **state)
{
    struct gv_sqlite_world *world = *state;
    gv_journal_close(gv_sqlite_world_open(world));
    gv_sqlite_world_run(world, "PRAGMA user_version=99");
    assert_refused(world, world->folder.path, "a newer golem-video wrote it (schema 99");
    assert_int_equal(gv_sqlite_world_ask(world, "PRAGMA user_version"), 99);
}

static void another_programs_database_is_left_alone(void **state)
{
    struct gv_sqlite_world *world = *state;
    gv_sqlite_world_run(world, "CREATE TABLE theirs(x)");
    assert_refused(world, world->folder.path, "another program's SQLite database");
    assert_int_equal(gv_sqlite_world_ask(world, "SELECT count(*) FROM sqlite_schema"), 1);
    sqlite3 *db = gv_sqlite_world_raw(world);
    sqlite3_stmt *stmt = NULL;
    sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &stmt, NULL);
    sqlite3_step(stmt);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "delete");
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    struct gv_sqlite_world *world = *state;
    FILE *file = fopen(world->db, "w");
    for (int i = 0; i < 200; i++)
        fputs("not a database\n", file);
    fclose(file);
    assert_refused(world, world->folder.path, "the file isn't a journal");
}

/* As if bytes on the disk had changed: the tables' own rules don't hold them off then. */
static void a_damaged_row_is_told_and_hides_no_other(void **state)
{
    struct gv_sqlite_world *world = *state;
    static const char *const damages[] = {
        "UPDATE jobs SET status='pendinh' WHERE id='a'",
        "UPDATE jobs SET status=NULL WHERE id='a'",
        "UPDATE jobs SET request=NULL WHERE id='a'",
        "UPDATE jobs SET provider=NULL WHERE id='a'",
    };
    struct gv_journal *journal = gv_sqlite_world_open(world);
    gv_kit_accept(&world->kit, journal, "a");
    gv_kit_accept(&world->kit, journal, "b");
    gv_journal_close(journal);
    gv_sqlite_world_run(world, "PRAGMA writable_schema=ON; PRAGMA ignore_check_constraints=ON;"
                               "UPDATE sqlite_schema SET sql=replace(sql,'NOT NULL','') WHERE name='jobs'");
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        struct gv_error err = {0};
        const struct gv_job_row *row = NULL;
        size_t count = 0;
        struct gv_job_filter filter = {0};
        gv_sqlite_world_run(world,
                            gv_arena_printf(&world->kit.arena, "PRAGMA ignore_check_constraints=ON; %s", damages[i]));
        journal = gv_sqlite_world_open(world);
        assert_int_equal(journal->vtable->get(&row, journal, "a", &world->kit.arena, &err), GV_INTERNAL_ERROR);
        assert_non_null(strstr(err.message, "is damaged"));
        assert_null(row);
        assert_int_equal(journal->vtable->get(&row, journal, "b", &world->kit.arena, &err), GV_OK);
        assert_string_equal(row->id, "b");
        assert_int_equal(journal->vtable->list(&row, &count, journal, &filter, &world->kit.arena, &err),
                         GV_INTERNAL_ERROR);
        assert_non_null(strstr(err.message, "is damaged"));
        gv_journal_close(journal);
        gv_sqlite_world_run(world, "UPDATE jobs SET status='pending',request='{}',provider='kling' WHERE id='a'");
    }
}

static void folders_that_cannot_be_used_are_named(void **state)
{
    struct gv_sqlite_world *world = *state;
    char below[160];
    gv_journal_close(gv_sqlite_world_open(world));
    snprintf(below, sizeof(below), "%s/store", world->db);
    assert_refused(world, below, "Not a directory");
    snprintf(below, sizeof(below), "%s/missing/store", world->folder.path);
    assert_refused(world, below, "No such file or directory");
    if (geteuid() == 0)
        return; /* to whom nothing is read-only */
    chmod(world->folder.path, 0500);
    chmod(world->owners, 0500);
    assert_refused(world, world->folder.path, "Permission denied");
    chmod(world->owners, 0700);
    chmod(world->folder.path, 0700);
}

static void the_log_is_kept_short(void **state)
{
    struct gv_sqlite_world *world = *state;
    struct gv_journal *journal = gv_sqlite_world_open(world);
    enum { JOBS = 400, REQUEST_BYTES = 40000, LOG_BYTES_MAX = 6 << 20 };
    char *request = gv_arena_alloc(&world->kit.arena, REQUEST_BYTES + 1);
    memset(request, 'x', REQUEST_BYTES);
    for (int i = 0; i < JOBS; i++) {
        struct gv_job_row *row = gv_kit_row(&world->kit, gv_arena_printf(&world->kit.arena, "gv_%03d", i), NULL);
        row->request = request;
        struct gv_journal_op op = gv_kit_accept_op(row);
        gv_kit_do(&world->kit, journal, &op);
    }
    char log[160];
    struct stat st;
    snprintf(log, sizeof(log), "%s-wal", world->db);
    assert_int_equal(stat(log, &st), 0);
    assert_in_range(st.st_size, 1, LOG_BYTES_MAX);
    gv_journal_close(journal);
}

static void messages_to_finished_jobs_are_removed(void **state)
{
    struct gv_sqlite_world *world = *state;
    struct gv_journal *journal = gv_sqlite_world_open(world);
    gv_kit_accept(&world->kit, journal, "gv_1");
    struct gv_journal_op put = {.kind = GV_JOURNAL_INBOX_PUT, .inbox = {.job_id = "gv_1", .kind = GV_INBOX_WAKE}};
    gv_kit_do(&world->kit, journal, &put);
    assert_int_equal(gv_sqlite_world_ask(world, "SELECT count(*) FROM inbox"), 1);
    struct gv_job_row *row = gv_kit_row(&world->kit, "gv_1", journal->vtable->owner(journal));
    row->status = GV_FAILED;
    struct gv_journal_op step = gv_kit_step_op(row);
    gv_kit_do(&world->kit, journal, &step);
    gv_kit_do(&world->kit, journal, &put);
    assert_int_equal(gv_sqlite_world_ask(world, "SELECT count(*) FROM inbox"), 0);
    gv_journal_close(journal);
}

/* ---- what fails -------------------------------------------------------------------------------- */

/* The limit takes the part of the full disk. The write lock is held meanwhile, so that the batches wait for each
 * other and share a transaction. */
static void a_full_disk_fails_what_does_not_fit(void **state)
{
    struct gv_sqlite_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_journal *journal = gv_sqlite_world_open(world);
    enum { BIG_BYTES = 4 << 20, LIMIT_BYTES = 1 << 20 };
    char *request = gv_arena_alloc(&kit->arena, BIG_BYTES + 1);
    memset(request, 'x', BIG_BYTES);
    struct gv_job_row *big = gv_kit_row(kit, "gv_2", NULL);
    big->request = request;
    struct gv_journal_op ops[] = {gv_kit_accept_op(gv_kit_row(kit, "gv_1", NULL)), gv_kit_accept_op(big),
                                  gv_kit_accept_op(gv_kit_row(kit, "gv_3", NULL))};
    struct rlimit before, limit;
    getrlimit(RLIMIT_FSIZE, &before);
    limit = (struct rlimit){LIMIT_BYTES, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    sqlite3 *other = gv_sqlite_world_raw(world);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    setrlimit(RLIMIT_FSIZE, &limit);
    const struct gv_kit_batch *batches[3];
    for (size_t i = 0; i < 3; i++)
        batches[i] = gv_kit_start(kit, journal, &ops[i], 1);
    sqlite3_exec(other, "COMMIT", NULL, NULL, NULL);
    sqlite3_close(other);
    for (size_t i = 0; i < 3; i++)
        gv_kit_wait(kit, batches[i]);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(batches[0]->batch.result, GV_OK);
    assert_int_equal(batches[1]->batch.result, GV_INTERNAL_ERROR);
    assert_non_null(strstr(batches[1]->batch.error.message, world->db));
    assert_non_null(strstr(batches[1]->batch.error.message, "File too large"));
    assert_int_equal(batches[2]->batch.result, GV_OK);
    assert_null(gv_kit_get(kit, journal, "gv_2"));
    assert_non_null(gv_kit_get(kit, journal, "gv_3"));
    gv_kit_do(kit, journal, &ops[1]); /* there is room again */
    assert_non_null(gv_kit_get(kit, journal, "gv_2"));
    gv_journal_close(journal);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, gv_sqlite_world_make, gv_sqlite_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(history_refuses_changes),
        CASE(an_empty_file_becomes_a_journal),
        CASE(a_journal_of_version_1_is_brought_up_to_date),
        CASE(lists_go_along_an_index),
        CASE(a_newer_schema_is_refused),
        CASE(another_programs_database_is_left_alone),
        CASE(a_file_that_is_no_database_is_refused),
        CASE(a_damaged_row_is_told_and_hides_no_other),
        CASE(folders_that_cannot_be_used_are_named),
        CASE(the_log_is_kept_short),
        CASE(messages_to_finished_jobs_are_removed),
        CASE(a_full_disk_fails_what_does_not_fit),
    };
    return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}
