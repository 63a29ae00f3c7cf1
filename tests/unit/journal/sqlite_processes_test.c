/* Several processes at one journal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "support/sqlite_world.h"

static void the_files_of_the_dead_are_removed(void **state)
{
    struct gv_sqlite_world *world = *state;
    gv_journal_close(gv_sqlite_world_open(world));
    assert_int_equal(gv_count_files(world->owners), 0);
    char path[256];
    snprintf(path, sizeof(path), "%s/0123456789abcdef0123456789abcdef.lock", world->owners);
    int fd = open(path, O_CREAT | O_RDWR, 0600);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    struct gv_journal *journal = gv_sqlite_world_open(world);
    assert_int_equal(gv_count_files(world->owners), 2);
    gv_journal_close(journal);
    assert_int_equal(gv_count_files(world->owners), 1);
    close(fd);
    gv_journal_close(gv_sqlite_world_open(world));
    assert_int_equal(gv_count_files(world->owners), 0);
}

struct child {
    struct gv_sqlite_world *world;
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
    struct gv_journal *journal = gv_sqlite_world_open(child->world);
    gv_kit_accept(&child->world->kit, journal, id);
    gv_journal_close(journal);
}

static void several_processes_open_a_fresh_store_at_once(void **state)
{
    struct gv_sqlite_world *world = *state;
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
        assert_int_equal(gv_sqlite_world_ask(world, "SELECT count(*) FROM jobs WHERE owner IS NULL"), PROCESSES);
        assert_int_equal(gv_sqlite_world_ask(world, "SELECT count(*) FROM owners"), 0);
        assert_int_equal(unlink(world->db), 0);
    }
}

enum { CLAIMED_JOBS = 200, CLAIM_MAX = 7 };

static void accept_many(void *ctx)
{
    struct gv_sqlite_world *world = ctx;
    struct gv_journal *journal = gv_sqlite_world_open(world);
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
    struct gv_journal *journal = gv_sqlite_world_open(child->world);
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
    struct gv_sqlite_world *world = *state;
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
    struct gv_journal *journal = gv_sqlite_world_open(world); /* the claimers died, too */
    assert_int_equal(gv_kit_claim(&world->kit, journal, NULL, 2 * CLAIMED_JOBS), CLAIMED_JOBS);
    assert_int_equal(gv_count_files(world->owners), 1);
    gv_journal_close(journal);
}

/* Accepts, steps, and reports what is done, until it is killed. */
static void work_until_killed(void *ctx)
{
    const struct child *child = ctx;
    struct gv_journal_kit *kit = &child->world->kit;
    struct gv_journal *journal = gv_sqlite_world_open(child->world);
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
    struct gv_sqlite_world *world = *state;
    enum { ROUNDS = 8 };
    unsigned seed = (unsigned)getpid();
    print_message("seed %u\n", seed);
    struct child child = {.world = world};
    for (child.number = 0; child.number < ROUNDS; child.number++) {
        seed = seed * 1103515245u + 12345u;
        int last = kill_after(&child, 1 + (int)(seed >> 16) % 40);
        struct gv_journal *journal = gv_sqlite_world_open(world);
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
        gv_journal_close(journal);
    }
    assert_int_equal(gv_count_files(world->owners), 0);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, gv_sqlite_world_make, gv_sqlite_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_files_of_the_dead_are_removed),
        CASE(several_processes_open_a_fresh_store_at_once),
        CASE(claimers_never_get_the_same_job),
        CASE(what_was_done_survives_kill_9),
    };
    return cmocka_run_group_tests_name("sqlite_processes", tests, NULL, NULL);
}
