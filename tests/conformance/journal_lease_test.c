/* What every journal keeps of port/journal.h: who drives a job, and what others have to say to him. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/journal_worlds.h"

static const struct gv_journal_backend *backend;

static void a_step_without_the_lease_writes_nothing(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_journal *mine = backend->open(world), *other = backend->open(world);
    const char *me = mine->vtable->owner(mine), *them = other->vtable->owner(other);
    gv_kit_accept(kit, mine, "gv_1");
    gv_kit_accept(kit, other, "gv_2");
    struct gv_job_row *stolen = gv_kit_row(kit, "gv_1", them), *own = gv_kit_row(kit, "gv_2", them);
    stolen->phase = own->phase = "changed";
    struct gv_journal_op ops[3] = {gv_kit_step_op(stolen), gv_kit_step_op(own),
                                   gv_kit_step_op(gv_kit_row(kit, "gv_unknown", them))};
    gv_kit_commit(kit, other, ops, 3);
    assert_int_equal(ops[0].verdict, GV_JOURNAL_LOST_LEASE);
    assert_int_equal(ops[1].verdict, GV_JOURNAL_DONE);
    assert_int_equal(ops[2].verdict, GV_JOURNAL_LOST_LEASE);
    assert_string_equal(gv_kit_get(kit, mine, "gv_1")->phase, "new");
    assert_string_equal(gv_kit_get(kit, mine, "gv_1")->owner, me);
    assert_int_equal(gv_kit_history_count(kit, mine, "gv_1"), 1);
    assert_string_equal(gv_kit_get(kit, mine, "gv_2")->phase, "changed");
    gv_journal_close(other);
    gv_journal_close(mine);
}

static void a_job_at_rest_has_no_owner(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_journal *journal = backend->open(world);
    const char *owner = journal->vtable->owner(journal);
    static const char *const IDS[] = {"gv_done", "gv_failed", "gv_parked"};
    for (size_t i = 0; i < 3; i++) {
        gv_kit_accept(kit, journal, IDS[i]);
        struct gv_job_row *row = gv_kit_row(kit, IDS[i], owner);
        row->status = i == 0 ? GV_SUCCEEDED : i == 1 ? GV_FAILED : GV_RUNNING;
        row->parked = i == 2;
        struct gv_journal_op op = gv_kit_step_op(row);
        assert_int_equal(gv_kit_do(kit, journal, &op), GV_JOURNAL_DONE);
        assert_null(gv_kit_get(kit, journal, IDS[i])->owner);
        assert_int_equal(gv_kit_do(kit, journal, &op), GV_JOURNAL_LOST_LEASE);
    }
    assert_int_equal(gv_kit_claim(kit, journal, NULL, 10), 0);
    assert_int_equal(gv_kit_claim(kit, journal, "gv_done", 1), 0);
    assert_int_equal(gv_kit_claim(kit, journal, "gv_parked", 1), 1);
    assert_string_equal(gv_kit_get(kit, journal, "gv_parked")->owner, owner);
    gv_journal_close(journal);
}

static void what_lives_is_not_claimed(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_journal *mine = backend->open(world), *other = backend->open(world);
    gv_kit_accept(kit, mine, "gv_1");
    assert_int_equal(gv_kit_claim(kit, other, NULL, 10), 0);
    assert_int_equal(gv_kit_claim(kit, other, "gv_1", 1), 0);
    assert_int_equal(gv_kit_claim(kit, mine, "gv_1", 1), 0);
    struct gv_journal_op op = {.kind = GV_JOURNAL_RELEASE, .job_id = "gv_1"};
    assert_int_equal(gv_kit_do(kit, other, &op), GV_JOURNAL_LOST_LEASE);
    assert_int_equal(gv_kit_do(kit, mine, &op), GV_JOURNAL_DONE);
    assert_null(gv_kit_get(kit, mine, "gv_1")->owner);
    op = (struct gv_journal_op){.kind = GV_JOURNAL_CLAIM, .claim_max = 10};
    gv_kit_do(kit, other, &op);
    assert_int_equal(op.claimed_count, 1);
    assert_string_equal(op.claimed[0].id, "gv_1");
    assert_string_equal(op.claimed[0].owner, other->vtable->owner(other));
    assert_string_equal(op.claimed[0].request, gv_kit_get(kit, mine, "gv_1")->request);
    op = (struct gv_journal_op){.kind = GV_JOURNAL_CLAIM, .job_id = "gv_unknown", .claim_max = 1};
    assert_int_equal(gv_kit_do(kit, other, &op), GV_JOURNAL_NOT_FOUND);
    gv_journal_close(other);
    gv_journal_close(mine);
}

static void claims_take_the_oldest_up_to_their_maximum(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_journal *journal = backend->open(world);
    static const char *const IDS[] = {"gv_3", "gv_1", "gv_2"};
    for (size_t i = 0; i < 3; i++) {
        struct gv_journal_op op = gv_kit_accept_op(gv_kit_row(kit, IDS[i], NULL));
        gv_kit_do(kit, journal, &op);
    }
    struct gv_journal_op op = {.kind = GV_JOURNAL_CLAIM, .claim_max = 2};
    gv_kit_do(kit, journal, &op);
    assert_int_equal(op.claimed_count, 2);
    assert_string_equal(op.claimed[0].id, "gv_1");
    assert_string_equal(op.claimed[1].id, "gv_2");
    assert_null(gv_kit_get(kit, journal, "gv_3")->owner);
    gv_journal_close(journal);
}

/* Claims the next two, lets go of them at once, and returns where to go on. */
static const char *look_at_two(struct gv_journal_world *world, struct gv_journal *journal, const char *after_id,
                               const char *expected)
{
    struct gv_journal_op op = {.kind = GV_JOURNAL_CLAIM, .claim_max = 2, .after_id = after_id};
    gv_kit_do(&world->kit, journal, &op);
    const char *ids = "";
    for (size_t i = 0; i < op.claimed_count; i++) {
        ids = gv_arena_printf(&world->kit.arena, "%s%s ", ids, op.claimed[i].id);
        struct gv_journal_op release = {.kind = GV_JOURNAL_RELEASE, .job_id = op.claimed[i].id};
        gv_kit_do(&world->kit, journal, &release);
    }
    assert_string_equal(ids, expected);
    return op.more_after;
}

static void claims_go_on_behind_those_that_were_let_go(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_journal *journal = backend->open(world);
    static const char *const IDS[] = {"gv_5", "gv_4", "gv_3", "gv_2", "gv_1"};
    for (size_t i = 0; i < 5; i++) {
        struct gv_job_row *row = gv_kit_row(kit, IDS[i], NULL);
        row->parked = i == 2 || i == 4; /* asked about below, so that they are met in their place */
        struct gv_journal_op op = gv_kit_accept_op(row);
        gv_kit_do(kit, journal, &op);
        op = (struct gv_journal_op){.kind = GV_JOURNAL_INBOX_PUT, .inbox = {.job_id = IDS[i], .kind = GV_INBOX_CANCEL}};
        if (row->parked)
            gv_kit_do(kit, journal, &op);
    }
    const char *at = NULL;
    for (int round = 0; round < 2; round++) {
        at = look_at_two(world, journal, at, "gv_1 gv_2 ");
        assert_string_equal(at, "gv_2");
        at = look_at_two(world, journal, at, "gv_3 gv_4 ");
        assert_string_equal(at, "gv_4");
        at = look_at_two(world, journal, at, "gv_5 ");
        assert_null(at);
    }
    at = look_at_two(world, journal, "gv_3", "gv_4 gv_5 "); /* that they were the last is not known yet */
    assert_null(look_at_two(world, journal, at, ""));
    gv_journal_close(journal);
}

static void the_dead_leave_their_jobs(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    backend->accept_and_die(world, "gv_1");
    backend->accept_and_die(world, "gv_2");
    struct gv_journal *journal = backend->open(world);
    gv_kit_accept(kit, journal, "gv_3");
    assert_int_equal(gv_kit_claim(kit, journal, "gv_2", 1), 1);
    assert_int_equal(gv_kit_claim(kit, journal, NULL, 10), 1);
    assert_string_equal(gv_kit_get(kit, journal, "gv_1")->owner, journal->vtable->owner(journal));
    assert_int_equal(gv_kit_claim(kit, journal, NULL, 10), 0);
    gv_journal_close(journal);
}

static void closing_gives_the_leases_back(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *first = backend->open(world), *second = backend->open(world);
    gv_kit_accept(&world->kit, first, "gv_1");
    gv_journal_close(first);
    assert_null(gv_kit_get(&world->kit, second, "gv_1")->owner);
    assert_int_equal(gv_kit_claim(&world->kit, second, NULL, 10), 1);
    gv_journal_close(second);
}

static size_t read_inbox(struct gv_journal_world *world, struct gv_journal *journal, const struct gv_inbox_row **rows)
{
    size_t count = 0;
    struct gv_error err;
    assert_int_equal(journal->vtable->inbox(rows, &count, journal, &world->kit.arena, &err), GV_OK);
    return count;
}

static void put(struct gv_journal_world *world, struct gv_journal *journal, struct gv_inbox_row message, int verdict)
{
    struct gv_journal_op op = {.kind = GV_JOURNAL_INBOX_PUT, .inbox = message};
    assert_int_equal(gv_kit_do(&world->kit, journal, &op), verdict);
}

static void messages_reach_the_owner_alone(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *mine = backend->open(world), *other = backend->open(world);
    gv_kit_accept(&world->kit, mine, "gv_1");
    const struct gv_inbox_row *rows = NULL;
    put(world, other, (struct gv_inbox_row){.job_id = "gv_1", .kind = GV_INBOX_CANCEL}, GV_JOURNAL_DONE);
    put(world, other, (struct gv_inbox_row){.job_id = "gv_1", .kind = GV_INBOX_RESOLVE, .payload = "{}"},
        GV_JOURNAL_DONE);
    put(world, other, (struct gv_inbox_row){.job_id = "gv_2", .kind = GV_INBOX_WAKE}, GV_JOURNAL_NOT_FOUND);
    assert_int_equal(read_inbox(world, other, &rows), 0);
    assert_int_equal(read_inbox(world, mine, &rows), 2);
    assert_string_equal(rows[0].job_id, "gv_1");
    assert_int_equal(rows[0].kind, GV_INBOX_CANCEL);
    assert_null(rows[0].payload);
    assert_int_equal(rows[1].kind, GV_INBOX_RESOLVE);
    assert_string_equal(rows[1].payload, "{}");
    assert_true(rows[0].id < rows[1].id);
    struct gv_journal_op op = {.kind = GV_JOURNAL_INBOX_DONE, .inbox = {.id = rows[0].id}};
    gv_kit_do(&world->kit, mine, &op);
    assert_int_equal(read_inbox(world, mine, &rows), 1);
    assert_int_equal(rows[0].kind, GV_INBOX_RESOLVE);
    gv_journal_close(other);
    gv_journal_close(mine);
}

static void a_finished_job_has_no_messages(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *journal = backend->open(world);
    struct gv_inbox_row message = {.job_id = "gv_1", .kind = GV_INBOX_CANCEL};
    gv_kit_accept(&world->kit, journal, "gv_1");
    gv_kit_accept(&world->kit, journal, "gv_2");
    put(world, journal, message, GV_JOURNAL_DONE);
    put(world, journal, (struct gv_inbox_row){.job_id = "gv_2", .kind = GV_INBOX_WAKE}, GV_JOURNAL_DONE);
    struct gv_job_row *row = gv_kit_row(&world->kit, "gv_1", journal->vtable->owner(journal));
    row->status = GV_SUCCEEDED;
    struct gv_journal_op op = gv_kit_step_op(row);
    gv_kit_do(&world->kit, journal, &op);
    put(world, journal, message, GV_JOURNAL_DONE);
    const struct gv_inbox_row *rows = NULL;
    assert_int_equal(read_inbox(world, journal, &rows), 1);
    assert_string_equal(rows[0].job_id, "gv_2");
    gv_journal_close(journal);
}

static void a_message_is_done_only_with_its_step(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_journal *mine = backend->open(world), *other = backend->open(world);
    const struct gv_inbox_row *rows = NULL;
    gv_kit_accept(kit, mine, "gv_1");
    put(world, other, (struct gv_inbox_row){.job_id = "gv_1", .kind = GV_INBOX_CANCEL}, GV_JOURNAL_DONE);
    assert_int_equal(read_inbox(world, mine, &rows), 1);
    struct gv_inbox_row message = {.id = rows[0].id, .job_id = "gv_1"};
    struct gv_journal_op late[] = {
        gv_kit_step_op(gv_kit_row(kit, "gv_1", other->vtable->owner(other))),
        {.kind = GV_JOURNAL_BLOB_REF, .job_id = "gv_1", .sha256 = "late"},
        {.kind = GV_JOURNAL_INBOX_DONE, .inbox = message},
    };
    gv_kit_commit(kit, other, late, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(late[i].verdict, GV_JOURNAL_LOST_LEASE);
    assert_false(mine->vtable->blob_wanted(mine, "late"));
    assert_int_equal(read_inbox(world, mine, &rows), 1);
    struct gv_journal_op own[] = {
        gv_kit_step_op(gv_kit_row(kit, "gv_1", mine->vtable->owner(mine))),
        {.kind = GV_JOURNAL_INBOX_DONE, .inbox = message},
    };
    gv_kit_commit(kit, mine, own, 2);
    assert_int_equal(read_inbox(world, mine, &rows), 0);
    gv_journal_close(other);
    gv_journal_close(mine);
}

static void a_parked_job_is_taken_up_for_a_message(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_journal *journal = backend->open(world);
    static const char *const IDS[] = {"gv_1", "gv_2", "gv_3"};
    for (size_t i = 0; i < 3; i++) {
        gv_kit_accept(kit, journal, IDS[i]);
        struct gv_job_row *row = gv_kit_row(kit, IDS[i], journal->vtable->owner(journal));
        row->parked = true;
        struct gv_journal_op op = gv_kit_step_op(row);
        gv_kit_do(kit, journal, &op);
    }
    assert_int_equal(gv_kit_claim(kit, journal, NULL, 10), 0);
    put(world, journal, (struct gv_inbox_row){.job_id = "gv_2", .kind = GV_INBOX_CANCEL}, GV_JOURNAL_DONE);
    put(world, journal, (struct gv_inbox_row){.job_id = "gv_2", .kind = GV_INBOX_WAKE}, GV_JOURNAL_DONE);
    struct gv_journal_op op = {.kind = GV_JOURNAL_CLAIM, .claim_max = 10};
    gv_kit_do(kit, journal, &op);
    assert_int_equal(op.claimed_count, 1);
    assert_string_equal(op.claimed[0].id, "gv_2");
    assert_int_equal(gv_kit_claim(kit, journal, NULL, 10), 0);
    gv_journal_close(journal);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, gv_journal_world_make, gv_journal_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_step_without_the_lease_writes_nothing),
        CASE(a_job_at_rest_has_no_owner),
        CASE(what_lives_is_not_claimed),
        CASE(claims_take_the_oldest_up_to_their_maximum),
        CASE(claims_go_on_behind_those_that_were_let_go),
        CASE(the_dead_leave_their_jobs),
        CASE(closing_gives_the_leases_back),
        CASE(messages_reach_the_owner_alone),
        CASE(a_finished_job_has_no_messages),
        CASE(a_message_is_done_only_with_its_step),
        CASE(a_parked_job_is_taken_up_for_a_message),
    };
    int failed = 0;
    for (backend = gv_journal_backends; backend->name != NULL; backend++)
        failed += cmocka_run_group_tests_name(backend->name, tests, NULL, NULL);
    return failed != 0;
}
