/* What every journal keeps of port/journal.h: what is written down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "journal/columns.h"
#include "support/journal_worlds.h"

static const struct gv_journal_backend *backend;

static void assert_text(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        assert_ptr_equal(a, b);
    else
        assert_string_equal(a, b);
}

#define SAME_TEXT(column) assert_text(a->column, b->column)
#define SAME_INTEGER(column) assert_int_equal(a->column, b->column)
#define SAME_BOOL SAME_INTEGER
#define SAME_STATUS SAME_INTEGER
#define SAME_REAL(column) assert_true(a->column == b->column)
#define SAME(kind, column) SAME_##kind(column);

static void assert_same_row(const struct gv_job_row *a, const struct gv_job_row *b)
{
    GV_JOB_STEP_COLUMNS(SAME)
    GV_JOB_FIXED_COLUMNS(SAME)
    assert_text(a->owner, b->owner);
}

static void an_accepted_job_reads_back_whole(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *journal = backend->open(world);
    struct gv_job_row *row = gv_kit_row(&world->kit, "gv_1", journal->vtable->owner(journal));
    row->idempotency_key = "key";
    row->request_sha256 = "abc";
    row->cancelled = true;
    struct gv_journal_op op = gv_kit_accept_op(row);
    gv_kit_do(&world->kit, journal, &op);
    assert_same_row(gv_kit_get(&world->kit, journal, "gv_1"), row);
    gv_journal_close(journal);
    row->owner = NULL; /* closing gave the lease back */
    journal = backend->open(world);
    assert_same_row(gv_kit_get(&world->kit, journal, "gv_1"), row);
    gv_journal_close(journal);
}

static void absent_columns_stay_absent(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *journal = backend->open(world);
    struct gv_job_row row = {
        .id = "gv_1", .provider = "p", .operation = "generate", .request = "{}", .status = GV_RUNNING, .progress = -1};
    struct gv_journal_op op = gv_kit_accept_op(&row);
    gv_kit_do(&world->kit, journal, &op);
    assert_same_row(gv_kit_get(&world->kit, journal, "gv_1"), &row);
    gv_journal_close(journal);
}

static void an_unknown_job_is_null(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *journal = backend->open(world);
    assert_null(gv_kit_get(&world->kit, journal, "gv_1"));
    assert_int_equal(gv_kit_history_count(&world->kit, journal, "gv_1"), 0);
    gv_journal_close(journal);
}

static void lists_are_newest_first_paged_and_filtered(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *journal = backend->open(world);
    for (int i = 1; i <= 6; i++) {
        char id[16];
        snprintf(id, sizeof(id), "gv_%d", i);
        struct gv_job_row *row = gv_kit_row(&world->kit, id, NULL);
        row->provider = i % 2 == 0 ? "veo" : "kling";
        row->status = i <= 3 ? GV_SUCCEEDED : GV_PENDING;
        struct gv_journal_op op = gv_kit_accept_op(row);
        gv_kit_do(&world->kit, journal, &op);
    }
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){0}, "6 5 4 3 2 1 ");
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){.limit = 2}, "6 5 ");
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){.limit = 2, .after_id = "gv_5"}, "4 3 ");
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){.after_id = "gv_1"}, "");
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){.after_id = "gv_35"}, "3 2 1 ");
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){.status = GV_SUCCEEDED}, "3 2 1 ");
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){.provider = "veo"}, "6 4 2 ");
    gv_journal_assert_listed(
        world, journal, (struct gv_job_filter){.provider = "veo", .status = GV_PENDING, .after_id = "gv_6", .limit = 1},
        "4 ");
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){.status = GV_FAILED}, "");
    gv_journal_close(journal);
}

static void a_list_without_a_limit_has_a_hundred(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *journal = backend->open(world);
    struct gv_journal_op ops[120];
    for (int i = 0; i < 120; i++)
        ops[i] = gv_kit_accept_op(gv_kit_row(&world->kit, gv_arena_printf(&world->kit.arena, "gv_%03d", i), NULL));
    gv_kit_commit(&world->kit, journal, ops, 120);
    const struct gv_job_row *rows = NULL;
    size_t count = 0;
    struct gv_error err;
    journal->vtable->list(&rows, &count, journal, &(struct gv_job_filter){0}, &world->kit.arena, &err);
    assert_int_equal(count, 100);
    assert_string_equal(rows[99].id, "gv_020");
    journal->vtable->list(&rows, &count, journal, &(struct gv_job_filter){.limit = 1000}, &world->kit.arena, &err);
    assert_int_equal(count, 120);
    assert_string_equal(rows[119].id, "gv_000");
    gv_journal_close(journal);
}

static void batches_are_applied_in_order_of_commit(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_journal *journal = backend->open(world);
    enum { STEPS = 50 };
    struct gv_journal_op ops[STEPS];
    struct gv_kit_batch *batches[STEPS];
    for (int i = 0; i < STEPS; i++) {
        struct gv_job_row *row = gv_kit_row(kit, "gv_1", journal->vtable->owner(journal));
        row->progress = i;
        ops[i] = i == 0 ? gv_kit_accept_op(row) : gv_kit_step_op(row);
        batches[i] = gv_kit_start(kit, journal, &ops[i], 1);
    }
    gv_kit_wait(kit, batches[STEPS - 1]);
    for (int i = 0; i < STEPS; i++) {
        assert_true(batches[i]->done);
        assert_int_equal(batches[i]->batch.result, GV_OK);
        assert_int_equal(ops[i].verdict, GV_JOURNAL_DONE);
    }
    assert_int_equal(gv_kit_get(kit, journal, "gv_1")->progress, STEPS - 1);
    assert_int_equal(gv_kit_history_count(kit, journal, "gv_1"), STEPS);
    gv_journal_close(journal);
}

static void a_step_replaces_what_steps_change(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *journal = backend->open(world);
    const char *owner = journal->vtable->owner(journal);
    gv_kit_accept(&world->kit, journal, "gv_1");
    struct gv_job_row before = *gv_kit_get(&world->kit, journal, "gv_1");
    struct gv_job_row row = {.id = "gv_1",
                             .provider = "another",
                             .request = "another",
                             .status = GV_RUNNING,
                             .phase = "running",
                             .progress = 50,
                             .usd = -1,
                             .updated_ms = 5,
                             .owner = owner};
    struct gv_journal_op op = gv_kit_step_op(&row);
    assert_int_equal(gv_kit_do(&world->kit, journal, &op), GV_JOURNAL_DONE);
    struct gv_job_row expected = row;
    expected.provider = before.provider;
    expected.model = before.model;
    expected.operation = before.operation;
    expected.tenant = before.tenant;
    expected.announce = before.announce;
    expected.created_ms = before.created_ms;
    expected.request = before.request;
    expected.metadata = before.metadata;
    assert_same_row(gv_kit_get(&world->kit, journal, "gv_1"), &expected);
    gv_journal_close(journal);
}

static void history_is_numbered_per_job(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *journal = backend->open(world);
    const char *owner = journal->vtable->owner(journal);
    gv_kit_accept(&world->kit, journal, "gv_1");
    gv_kit_accept(&world->kit, journal, "gv_2");
    struct gv_history_row lines[2] = {{.at_ms = 11, .event = "reply", .phase = "b", .effect = "wait", .note = "n"},
                                      {.at_ms = 12, .event = "timer"}};
    struct gv_journal_op op = gv_kit_step_op(gv_kit_row(&world->kit, "gv_1", owner));
    op.history = lines;
    op.history_count = 2;
    gv_kit_do(&world->kit, journal, &op);
    const struct gv_history_row *rows = NULL;
    size_t count = 0;
    struct gv_error err;
    assert_int_equal(journal->vtable->history(&rows, &count, journal, "gv_1", 1, &world->kit.arena, &err), GV_OK);
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].seq, 2);
    assert_int_equal(rows[0].at_ms, 11);
    assert_string_equal(rows[0].event, "reply");
    assert_string_equal(rows[0].phase, "b");
    assert_string_equal(rows[0].effect, "wait");
    assert_string_equal(rows[0].note, "n");
    assert_int_equal(rows[1].seq, 3);
    assert_null(rows[1].note);
    assert_int_equal(journal->vtable->history(&rows, &count, journal, "gv_1", 3, &world->kit.arena, &err), GV_OK);
    assert_int_equal(count, 0);
    assert_int_equal(gv_kit_history_count(&world->kit, journal, "gv_2"), 1);
    gv_journal_close(journal);
}

static void closing_waits_for_what_was_committed(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_journal *journal = backend->open(world);
    struct gv_journal_op op = gv_kit_accept_op(gv_kit_row(kit, "gv_1", NULL));
    const struct gv_kit_batch *batch = gv_kit_start(kit, journal, &op, 1);
    gv_journal_close(journal);
    gv_kit_wait(kit, batch);
    assert_int_equal(batch->batch.result, GV_OK);
    journal = backend->open(world);
    assert_non_null(gv_kit_get(kit, journal, "gv_1"));
    gv_journal_close(journal);
}

static void a_key_is_taken_once(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_journal *journal = backend->open(world);
    struct gv_job_row *rows[3];
    struct gv_journal_op ops[4];
    for (int i = 0; i < 3; i++) {
        rows[i] = gv_kit_row(kit, gv_arena_printf(&kit->arena, "gv_%d", i), NULL);
        rows[i]->idempotency_key = "key";
        rows[i]->request_sha256 = i < 2 ? "same" : "other";
        ops[i] = gv_kit_accept_op(rows[i]);
    }
    /* What belongs to a job that was not accepted must not fail the batch. */
    ops[3] = (struct gv_journal_op){.kind = GV_JOURNAL_BLOB_REF, .job_id = "gv_1", .sha256 = "abc"};
    gv_kit_commit(kit, journal, ops, 4);
    assert_int_equal(ops[0].verdict, GV_JOURNAL_DONE);
    assert_int_equal(ops[1].verdict, GV_JOURNAL_SAME_KEY);
    assert_string_equal(ops[1].found_id, "gv_0");
    assert_int_equal(ops[2].verdict, GV_JOURNAL_OTHER_KEY);
    assert_string_equal(ops[2].found_id, "gv_0");
    assert_int_equal(ops[3].verdict, GV_JOURNAL_NOT_FOUND);
    assert_null(gv_kit_get(kit, journal, "gv_1"));
    assert_int_equal(gv_kit_history_count(kit, journal, "gv_1"), 0);
    assert_false(journal->vtable->blob_wanted(journal, "abc"));
    gv_journal_close(journal);
}

static void blobs_are_wanted_once_a_job_needs_them(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *journal = backend->open(world);
    gv_kit_accept(&world->kit, journal, "gv_1");
    struct gv_journal_op op = {.kind = GV_JOURNAL_BLOB_REF, .job_id = "gv_1", .sha256 = "abc"};
    assert_false(journal->vtable->blob_wanted(journal, "abc"));
    assert_int_equal(gv_kit_do(&world->kit, journal, &op), GV_JOURNAL_DONE);
    assert_int_equal(gv_kit_do(&world->kit, journal, &op), GV_JOURNAL_DONE);
    assert_true(journal->vtable->blob_wanted(journal, "abc"));
    assert_false(journal->vtable->blob_wanted(journal, "abd"));
    gv_journal_close(journal);
}

static void a_failing_batch_fails_alone(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_journal *journal = backend->open(world);
    struct gv_journal_op good[2] = {gv_kit_accept_op(gv_kit_row(kit, "gv_1", NULL)),
                                    gv_kit_accept_op(gv_kit_row(kit, "gv_4", NULL))};
    struct gv_journal_op bad[2] = {gv_kit_accept_op(gv_kit_row(kit, "gv_2", NULL)),
                                   gv_kit_accept_op(gv_kit_row(kit, "gv_1", NULL))};
    const struct gv_kit_batch *batches[3];
    batches[0] = gv_kit_start(kit, journal, &good[0], 1);
    batches[1] = gv_kit_start(kit, journal, bad, 2);
    batches[2] = gv_kit_start(kit, journal, &good[1], 1);
    for (size_t i = 0; i < 3; i++)
        gv_kit_wait(kit, batches[i]);
    assert_int_equal(batches[0]->batch.result, GV_OK);
    assert_int_equal(batches[1]->batch.result, GV_INTERNAL_ERROR);
    assert_non_null(strstr(batches[1]->batch.error.message, "writing the journal"));
    assert_int_equal(batches[2]->batch.result, GV_OK);
    assert_non_null(gv_kit_get(kit, journal, "gv_1"));
    assert_null(gv_kit_get(kit, journal, "gv_2"));
    assert_int_equal(gv_kit_history_count(kit, journal, "gv_2"), 0);
    assert_non_null(gv_kit_get(kit, journal, "gv_4"));
    gv_journal_close(journal);
}

static void the_version_moves_with_every_commit(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *mine = backend->open(world), *other = backend->open(world);
    uint64_t before = mine->vtable->version(mine);
    assert_int_equal(mine->vtable->version(mine), before);
    gv_kit_accept(&world->kit, other, "gv_1");
    uint64_t after = mine->vtable->version(mine);
    assert_int_not_equal(after, before);
    gv_kit_accept(&world->kit, mine, "gv_2");
    assert_int_not_equal(mine->vtable->version(mine), after);
    gv_journal_close(other);
    gv_journal_close(mine);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, gv_journal_world_make, gv_journal_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_accepted_job_reads_back_whole),
        CASE(absent_columns_stay_absent),
        CASE(an_unknown_job_is_null),
        CASE(lists_are_newest_first_paged_and_filtered),
        CASE(a_list_without_a_limit_has_a_hundred),
        CASE(batches_are_applied_in_order_of_commit),
        CASE(a_step_replaces_what_steps_change),
        CASE(history_is_numbered_per_job),
        CASE(closing_waits_for_what_was_committed),
        CASE(a_key_is_taken_once),
        CASE(blobs_are_wanted_once_a_job_needs_them),
        CASE(a_failing_batch_fails_alone),
        CASE(the_version_moves_with_every_commit),
    };
    int failed = 0;
    for (backend = gv_journal_backends; backend->name != NULL; backend++)
        failed += cmocka_run_group_tests_name(backend->name, tests, NULL, NULL);
    return failed != 0;
}
