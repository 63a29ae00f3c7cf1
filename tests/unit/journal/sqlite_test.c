/* The file on the disk, and several processes at it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "journal/sqlite.h"
#include "support/folder.h"
#include "support/journal_kit.h"

struct world {
    struct gv_journal_kit kit;
    struct gv_folder folder;
    char db[128], owners[128];
};

static void draw(void *out, size_t bytes)
{
    GV_ASSERT(getrandom(out, bytes, 0) == (ssize_t)bytes);
}

static const struct gv_crypto CRYPTO = {.random = draw};

static int set_up(void **state)
{
    static struct world world;
    gv_kit_open(&world.kit);
    gv_folder_make(&world.folder);
    snprintf(world.db, sizeof(world.db), "%s/journal.db", world.folder.path);
    snprintf(world.owners, sizeof(world.owners), "%s/owners", world.folder.path);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    gv_kit_close(&world->kit);
    gv_folder_remove(&world->folder);
    return 0;
}

static struct gv_journal *open_journal(struct world *world)
{
    struct gv_journal *journal = NULL;
    struct gv_error err;
    int code = gv_journal_sqlite_open(&journal, world->folder.path, gv_fake_loop_port(world->kit.loop), &CRYPTO, &err);
    if (code != GV_OK)
        fprintf(stderr, "%s\n", err.message);
    GV_ASSERT(code == GV_OK);
    return journal;
}

static void assert_refused(const struct world *world, const char *dir, const char *why)
{
    struct gv_journal *journal = NULL;
    struct gv_error err;
    int code = gv_journal_sqlite_open(&journal, dir, gv_fake_loop_port(world->kit.loop), &CRYPTO, &err);
    assert_int_equal(code, GV_INTERNAL_ERROR);
    assert_int_equal(err.code, GV_INTERNAL_ERROR);
    assert_non_null(strstr(err.message, dir));
    if (strstr(err.message, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.message, why);
}

static void close_journal(struct gv_journal *journal)
{
    journal->vtable->close(journal);
}

static sqlite3 *open_raw(const struct world *world)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(world->db, &db), SQLITE_OK);
    return db;
}

static void run_raw(const struct world *world, const char *sql)
{
    sqlite3 *db = open_raw(world);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static int ask_raw(const struct world *world, const char *sql)
{
    sqlite3 *db = open_raw(world);
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int answer = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return answer;
}

static unsigned count_files(const char *path)
{
    DIR *folder = opendir(path);
    GV_ASSERT(folder != NULL);
    unsigned count = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

/* ---- what the file is ------------------------------------------------------------------------- */

static void history_refuses_changes(void **state)
{
    struct world *world = *state;
    struct gv_journal *journal = open_journal(world);
    gv_kit_accept(&world->kit, journal, "gv_1");
    close_journal(journal);
    static const char *const CHANGES[] = {"UPDATE history SET note='x'", "DELETE FROM history",
                                          "DELETE FROM jobs WHERE id='gv_1'"};
    sqlite3 *db = open_raw(world);
    sqlite3_exec(db, "PRAGMA foreign_keys=ON", NULL, NULL, NULL);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(sqlite3_exec(db, CHANGES[i], NULL, NULL, NULL), SQLITE_CONSTRAINT);
    sqlite3_close(db);
    assert_int_equal(ask_raw(world, "SELECT count(*) FROM story"), 1);
    assert_int_equal(ask_raw(world, "SELECT count(*) FROM overview WHERE created='2023-11-14 22:13:20'"), 1);
}

static void an_empty_file_becomes_a_journal(void **state)
{
    struct world *world = *state;
    run_raw(world, "PRAGMA user_version=0");
    struct gv_journal *journal = open_journal(world);
    gv_kit_accept(&world->kit, journal, "gv_1");
    close_journal(journal);
    assert_int_equal(ask_raw(world, "PRAGMA application_id"), 0x47564a31);
    assert_int_equal(ask_raw(world, "PRAGMA user_version"), 2);
    journal = open_journal(world);
    assert_non_null(gv_kit_get(&world->kit, journal, "gv_1"));
    close_journal(journal);
}

static void a_newer_schema_is_refused(void **state)
{
    struct world *world = *state;
    close_journal(open_journal(world));
    run_raw(world, "PRAGMA user_version=99");
    assert_refused(world, world->folder.path, "a newer golem-video wrote it (schema 99");
    assert_int_equal(ask_raw(world, "PRAGMA user_version"), 99);
}

static void another_programs_database_is_left_alone(void **state)
{
    struct world *world = *state;
    run_raw(world, "CREATE TABLE theirs(x)");
    assert_refused(world, world->folder.path, "another program's SQLite database");
    assert_int_equal(ask_raw(world, "SELECT count(*) FROM sqlite_schema"), 1);
    sqlite3 *db = open_raw(world);
    sqlite3_stmt *stmt = NULL;
    sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &stmt, NULL);
    sqlite3_step(stmt);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "delete");
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    struct world *world = *state;
    FILE *file = fopen(world->db, "w");
    for (int i = 0; i < 200; i++)
        fputs("not a database\n", file);
    fclose(file);
    assert_refused(world, world->folder.path, "the file isn't a journal");
}

/* As if bytes on the disk had changed: the tables' own rules don't hold them off then. */
static void a_damaged_row_is_told_and_hides_no_other(void **state)
{
    struct world *world = *state;
    static const char *const damages[] = {
        "UPDATE jobs SET status='pendinh' WHERE id='a'",
        "UPDATE jobs SET status=NULL WHERE id='a'",
        "UPDATE jobs SET request=NULL WHERE id='a'",
        "UPDATE jobs SET provider=NULL WHERE id='a'",
    };
    struct gv_journal *journal = open_journal(world);
    gv_kit_accept(&world->kit, journal, "a");
    gv_kit_accept(&world->kit, journal, "b");
    close_journal(journal);
    run_raw(world, "PRAGMA writable_schema=ON; PRAGMA ignore_check_constraints=ON;"
                   "UPDATE sqlite_schema SET sql=replace(sql,'NOT NULL','') WHERE name='jobs'");
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        struct gv_error err = {0};
        const struct gv_job_row *row = NULL;
        size_t count = 0;
        struct gv_job_filter filter = {0};
        run_raw(world, gv_arena_printf(&world->kit.arena, "PRAGMA ignore_check_constraints=ON; %s", damages[i]));
        journal = open_journal(world);
        assert_int_equal(journal->vtable->get(&row, journal, "a", &world->kit.arena, &err), GV_INTERNAL_ERROR);
        assert_non_null(strstr(err.message, "is damaged"));
        assert_null(row);
        assert_int_equal(journal->vtable->get(&row, journal, "b", &world->kit.arena, &err), GV_OK);
        assert_string_equal(row->id, "b");
        assert_int_equal(journal->vtable->list(&row, &count, journal, &filter, &world->kit.arena, &err),
                         GV_INTERNAL_ERROR);
        assert_non_null(strstr(err.message, "is damaged"));
        close_journal(journal);
        run_raw(world, "UPDATE jobs SET status='pending',request='{}',provider='kling' WHERE id='a'");
    }
}

static void folders_that_cannot_be_used_are_named(void **state)
{
    struct world *world = *state;
    char below[160];
    close_journal(open_journal(world));
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
    struct world *world = *state;
    struct gv_journal *journal = open_journal(world);
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
    close_journal(journal);
}

static void messages_to_finished_jobs_are_removed(void **state)
{
    struct world *world = *state;
    struct gv_journal *journal = open_journal(world);
    gv_kit_accept(&world->kit, journal, "gv_1");
    struct gv_journal_op put = {.kind = GV_JOURNAL_INBOX_PUT, .inbox = {.job_id = "gv_1", .kind = GV_INBOX_WAKE}};
    gv_kit_do(&world->kit, journal, &put);
    assert_int_equal(ask_raw(world, "SELECT count(*) FROM inbox"), 1);
    struct gv_job_row *row = gv_kit_row(&world->kit, "gv_1", journal->vtable->owner(journal));
    row->status = GV_FAILED;
    struct gv_journal_op step = gv_kit_step_op(row);
    gv_kit_do(&world->kit, journal, &step);
    gv_kit_do(&world->kit, journal, &put);
    assert_int_equal(ask_raw(world, "SELECT count(*) FROM inbox"), 0);
    close_journal(journal);
}

/* ---- what fails -------------------------------------------------------------------------------- */

/* The limit takes the part of the full disk. The write lock is held meanwhile, so that the batches wait for each
 * other and share a transaction. */
static void a_full_disk_fails_what_does_not_fit(void **state)
{
    struct world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_journal *journal = open_journal(world);
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
    sqlite3 *other = open_raw(world);
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
    close_journal(journal);
}

/* ---- several processes ------------------------------------------------------------------------- */

static void the_files_of_the_dead_are_removed(void **state)
{
    struct world *world = *state;
    close_journal(open_journal(world));
    assert_int_equal(count_files(world->owners), 0);
    char path[256];
    snprintf(path, sizeof(path), "%s/0123456789abcdef0123456789abcdef.lock", world->owners);
    int fd = open(path, O_CREAT | O_RDWR, 0600);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    struct gv_journal *journal = open_journal(world);
    assert_int_equal(count_files(world->owners), 2);
    close_journal(journal);
    assert_int_equal(count_files(world->owners), 1);
    close(fd);
    close_journal(open_journal(world));
    assert_int_equal(count_files(world->owners), 0);
}

struct child {
    struct world *world;
    int number;
    int go[2], report[2], end[2]; /* pipes */
};

static void wait_for_end_of(int fd)
{
    char byte;
    GV_ASSERT(read(fd, &byte, 1) == 0);
}

static void open_and_accept(void *ctx)
{
    const struct child *child = ctx;
    close(child->go[1]);
    wait_for_end_of(child->go[0]);
    char id[16];
    snprintf(id, sizeof(id), "gv_%d", child->number);
    struct gv_journal *journal = open_journal(child->world);
    gv_kit_accept(&child->world->kit, journal, id);
    close_journal(journal);
}

static void several_processes_open_a_fresh_store_at_once(void **state)
{
    struct world *world = *state;
    enum { ROUNDS = 12, PROCESSES = 6 };
    for (int round = 0; round < ROUNDS; round++) {
        pid_t pids[PROCESSES];
        struct child child = {.world = world};
        GV_ASSERT(pipe(child.go) == 0);
        for (child.number = 0; child.number < PROCESSES; child.number++)
            pids[child.number] = gv_child_start(open_and_accept, &child);
        close(child.go[0]);
        close(child.go[1]);
        for (int i = 0; i < PROCESSES; i++)
            gv_child_wait(pids[i]);
        assert_int_equal(ask_raw(world, "SELECT count(*) FROM jobs WHERE owner IS NULL"), PROCESSES);
        assert_int_equal(ask_raw(world, "SELECT count(*) FROM owners"), 0);
        assert_int_equal(unlink(world->db), 0);
    }
}

enum { CLAIMED_JOBS = 200, CLAIM_MAX = 7 };

static void accept_many(void *ctx)
{
    struct world *world = ctx;
    struct gv_journal *journal = open_journal(world);
    static struct gv_journal_op ops[CLAIMED_JOBS];
    for (int i = 0; i < CLAIMED_JOBS; i++)
        ops[i] = gv_kit_accept_op(
            gv_kit_row(&world->kit, gv_arena_printf(&world->kit.arena, "gv_%03d", i), journal->vtable->owner(journal)));
    gv_kit_commit(&world->kit, journal, ops, CLAIMED_JOBS);
}

/* Reports the number of each job it got, and lives until it is told to end. */
static void claim_until_empty(void *ctx)
{
    const struct child *child = ctx;
    close(child->go[1]);
    close(child->end[1]);
    struct gv_journal *journal = open_journal(child->world);
    wait_for_end_of(child->go[0]);
    struct gv_journal_op op;
    do {
        op = (struct gv_journal_op){.kind = GV_JOURNAL_CLAIM, .claim_max = CLAIM_MAX};
        gv_kit_do(&child->world->kit, journal, &op);
        GV_ASSERT(op.claimed_count <= CLAIM_MAX);
        for (size_t i = 0; i < op.claimed_count; i++) {
            unsigned char number = (unsigned char)strtoul(op.claimed[i].id + strlen("gv_"), NULL, 10);
            GV_ASSERT(write(child->report[1], &number, 1) == 1);
        }
    } while (op.claimed_count > 0);
    close(child->report[1]);
    wait_for_end_of(child->end[0]);
}

static void claimers_never_get_the_same_job(void **state)
{
    struct world *world = *state;
    gv_child_run(accept_many, world);
    struct child child = {.world = world};
    GV_ASSERT(pipe(child.go) == 0 && pipe(child.report) == 0 && pipe(child.end) == 0);
    pid_t first = gv_child_start(claim_until_empty, &child);
    pid_t second = gv_child_start(claim_until_empty, &child);
    close(child.go[0]);
    close(child.report[1]);
    close(child.end[0]);
    close(child.go[1]);
    unsigned times[CLAIMED_JOBS] = {0};
    unsigned char number;
    while (read(child.report[0], &number, 1) == 1)
        times[number]++;
    close(child.end[1]);
    close(child.report[0]);
    gv_child_wait(first);
    gv_child_wait(second);
    for (int i = 0; i < CLAIMED_JOBS; i++)
        assert_int_equal(times[i], 1);
    struct gv_journal *journal = open_journal(world); /* the claimers died, too */
    assert_int_equal(gv_kit_claim(&world->kit, journal, NULL, 2 * CLAIMED_JOBS), CLAIMED_JOBS);
    assert_int_equal(count_files(world->owners), 1);
    close_journal(journal);
}

/* Accepts, steps, and reports what is done, until it is killed. */
static void work_until_killed(void *ctx)
{
    const struct child *child = ctx;
    struct gv_journal_kit *kit = &child->world->kit;
    struct gv_journal *journal = open_journal(child->world);
    const char *owner = journal->vtable->owner(journal);
    for (int i = 0;; i++) {
        const char *id = gv_arena_printf(&kit->arena, "gv_%d_%06d", child->number, i);
        struct gv_job_row *row = gv_kit_row(kit, id, owner);
        struct gv_journal_op ops[] = {
            gv_kit_accept_op(row),
            {.kind = GV_JOURNAL_BLOB_REF, .job_id = id, .sha256 = id},
            gv_kit_step_op(row),
        };
        gv_kit_commit(kit, journal, ops, 3);
        GV_ASSERT(write(child->report[1], &i, sizeof(i)) == sizeof(i));
    }
}

/* The number of the last job that was reported as done. */
static int kill_after(struct child *child, int reports)
{
    GV_ASSERT(pipe(child->report) == 0);
    pid_t pid = gv_child_start(work_until_killed, child);
    close(child->report[1]);
    int last = -1, status = 0;
    while (last + 1 < reports)
        GV_ASSERT(read(child->report[0], &last, sizeof(last)) == sizeof(last));
    kill(pid, SIGKILL);
    while (read(child->report[0], &last, sizeof(last)) == sizeof(last))
        continue;
    close(child->report[0]);
    GV_ASSERT(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
    return last;
}

static void what_was_done_survives_kill_9(void **state)
{
    struct world *world = *state;
    enum { ROUNDS = 8 };
    unsigned seed = (unsigned)getpid();
    print_message("seed %u\n", seed);
    struct child child = {.world = world};
    for (child.number = 0; child.number < ROUNDS; child.number++) {
        seed = seed * 1103515245u + 12345u;
        int last = kill_after(&child, 1 + (int)(seed >> 16) % 40);
        struct gv_journal *journal = open_journal(world);
        size_t claimed = gv_kit_claim(&world->kit, journal, NULL, 1000000);
        assert_in_range(claimed, last + 1, last + 2); /* the last one may have been done but not reported */
        for (int i = 0; i < (int)claimed; i++) {
            const char *id = gv_arena_printf(&world->kit.arena, "gv_%d_%06d", child.number, i);
            assert_non_null(gv_kit_get(&world->kit, journal, id));
            assert_int_equal(gv_kit_history_count(&world->kit, journal, id), 2);
            assert_true(journal->vtable->blob_wanted(journal, id));
            struct gv_job_row *row = gv_kit_row(&world->kit, id, journal->vtable->owner(journal));
            row->status = GV_SUCCEEDED; /* not to be claimed in the next round */
            struct gv_journal_op op = gv_kit_step_op(row);
            assert_int_equal(gv_kit_do(&world->kit, journal, &op), GV_JOURNAL_DONE);
        }
        close_journal(journal);
    }
    assert_int_equal(count_files(world->owners), 0);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(history_refuses_changes),
        CASE(an_empty_file_becomes_a_journal),
        CASE(a_newer_schema_is_refused),
        CASE(another_programs_database_is_left_alone),
        CASE(a_file_that_is_no_database_is_refused),
        CASE(a_damaged_row_is_told_and_hides_no_other),
        CASE(folders_that_cannot_be_used_are_named),
        CASE(the_log_is_kept_short),
        CASE(messages_to_finished_jobs_are_removed),
        CASE(a_full_disk_fails_what_does_not_fit),
        CASE(the_files_of_the_dead_are_removed),
        CASE(several_processes_open_a_fresh_store_at_once),
        CASE(claimers_never_get_the_same_job),
        CASE(what_was_done_survives_kill_9),
    };
    return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}
