/* What every journal keeps of port/journal.h for fronts: tenants, repeated wishes, deleted jobs, announcements,
 * documents, the tally. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/journal_worlds.h"

static const struct gv_journal_backend *backend;

static struct gv_job_row *row_of(struct gv_journal_world *world, const char *id, const char *tenant)
{
    struct gv_job_row *row = gv_kit_row(&world->kit, id, NULL);
    row->tenant = tenant;
    return row;
}

static enum gv_journal_verdict do_op(struct gv_journal_world *world, struct gv_journal *journal,
                                     struct gv_journal_op op)
{
    return gv_kit_do(&world->kit, journal, &op);
}

static void accept_row(struct gv_journal_world *world, struct gv_journal *journal, const struct gv_job_row *row)
{
    assert_int_equal(do_op(world, journal, gv_kit_accept_op(row)), GV_JOURNAL_DONE);
}

static void accept_ended(struct gv_journal_world *world, struct gv_journal *journal, const char *id)
{
    struct gv_job_row *row = row_of(world, id, "acme");
    row->status = GV_SUCCEEDED;
    accept_row(world, journal, row);
}

static enum gv_journal_verdict forget(struct gv_journal_world *world, struct gv_journal *journal, const char *id)
{
    return do_op(world, journal, (struct gv_journal_op){.kind = GV_JOURNAL_FORGET, .job_id = id});
}

/* ---- tenants and repeated wishes --------------------------------------------------------------------- */

static void keys_are_apart_per_tenant(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *journal = backend->open(world);
    static const char *const tenants[] = {"acme", "umbrella", NULL};
    for (int i = 0; i < 3; i++) {
        struct gv_job_row *row = row_of(world, gv_arena_printf(&world->kit.arena, "gv_%d", i), tenants[i]);
        row->idempotency_key = "key";
        row->request_sha256 = "same";
        accept_row(world, journal, row);
        row->id = "gv_9";
        struct gv_journal_op again = gv_kit_accept_op(row);
        assert_int_equal(gv_kit_do(&world->kit, journal, &again), GV_JOURNAL_SAME_KEY);
        assert_string_equal(again.found_id, gv_arena_printf(&world->kit.arena, "gv_%d", i));
    }
    gv_journal_close(journal);
}

static void the_same_wish_is_found_within_its_time(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *journal = backend->open(world);
    for (int i = 1; i <= 2; i++) {
        struct gv_job_row *row = row_of(world, gv_arena_printf(&world->kit.arena, "gv_%d", i), "acme");
        row->request_sha256 = "wish";
        row->created_ms = 1000 * i;
        accept_row(world, journal, row);
    }
    struct gv_job_row *row = row_of(world, "gv_3", "acme");
    row->request_sha256 = "wish";
    row->created_ms = 3000;
    struct gv_journal_op op = gv_kit_accept_op(row);
    op.same_since_ms = 1000;
    assert_int_equal(gv_kit_do(&world->kit, journal, &op), GV_JOURNAL_SAME_WISH);
    assert_string_equal(op.found_id, "gv_2");
    op.same_since_ms = 2000;
    assert_int_equal(gv_kit_do(&world->kit, journal, &op), GV_JOURNAL_SAME_WISH);
    assert_null(gv_kit_get(&world->kit, journal, "gv_3"));
    row->tenant = "umbrella";
    assert_int_equal(gv_kit_do(&world->kit, journal, &op), GV_JOURNAL_DONE);
    row->id = "gv_4";
    row->tenant = "acme";
    row->request_sha256 = "other";
    assert_int_equal(gv_kit_do(&world->kit, journal, &op), GV_JOURNAL_DONE);
    row->id = "gv_5";
    row->request_sha256 = "wish";
    op.same_since_ms = 2001;
    assert_int_equal(gv_kit_do(&world->kit, journal, &op), GV_JOURNAL_DONE);
    row->id = "gv_6";
    op.same_since_ms = 0; /* nobody asks */
    assert_int_equal(gv_kit_do(&world->kit, journal, &op), GV_JOURNAL_DONE);
    gv_journal_close(journal);
}

static void a_key_is_heard_before_the_wish(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *journal = backend->open(world);
    struct gv_job_row *row = row_of(world, "gv_1", "acme");
    row->idempotency_key = "key";
    row->request_sha256 = "one";
    accept_row(world, journal, row);
    row->id = "gv_2";
    row->idempotency_key = NULL;
    row->request_sha256 = "two";
    accept_row(world, journal, row);
    row->id = "gv_3";
    row->idempotency_key = "key";
    struct gv_journal_op op = gv_kit_accept_op(row);
    op.same_since_ms = 1;
    assert_int_equal(gv_kit_do(&world->kit, journal, &op), GV_JOURNAL_OTHER_KEY);
    assert_string_equal(op.found_id, "gv_1");
    gv_journal_close(journal);
}

static void where_it_is_full_earlier_jobs_still_stand_for_wishes(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *journal = backend->open(world);
    struct gv_job_row *row = row_of(world, "gv_1", "acme");
    row->idempotency_key = "key";
    row->request_sha256 = "one";
    accept_row(world, journal, row);
    row->id = "gv_2";
    struct gv_journal_op op = gv_kit_accept_op(row);
    op.full = true;
    assert_int_equal(gv_kit_do(&world->kit, journal, &op), GV_JOURNAL_SAME_KEY);
    row->idempotency_key = NULL;
    op.same_since_ms = row->created_ms;
    assert_int_equal(gv_kit_do(&world->kit, journal, &op), GV_JOURNAL_SAME_WISH);
    op.same_since_ms = 0;
    assert_int_equal(gv_kit_do(&world->kit, journal, &op), GV_JOURNAL_FULL);
    row->idempotency_key = "another";
    assert_int_equal(gv_kit_do(&world->kit, journal, &op), GV_JOURNAL_FULL);
    assert_null(gv_kit_get(&world->kit, journal, "gv_2"));
    op.full = false;
    assert_int_equal(gv_kit_do(&world->kit, journal, &op), GV_JOURNAL_DONE);
    gv_journal_close(journal);
}

static void lists_are_of_a_tenant_and_in_both_orders(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *journal = backend->open(world);
    static const char *const tenants[] = {"acme", NULL, "umbrella"};
    for (int i = 0; i < 9; i++) {
        struct gv_job_row *row = row_of(world, gv_arena_printf(&world->kit.arena, "gv_%d", i), tenants[i % 3]);
        row->status = i < 6 ? GV_SUCCEEDED : GV_PENDING;
        accept_row(world, journal, row);
    }
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){.tenant = "acme"}, "6 3 0 ");
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){.tenant = ""}, "7 4 1 ");
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){.tenant = "nobody"}, "");
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){.tenant = "umbrella", .oldest_first = true},
                             "2 5 8 ");
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){.oldest_first = true, .limit = 4}, "0 1 2 3 ");
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){.oldest_first = true, .after_id = "gv_6"}, "7 8 ");
    gv_journal_assert_listed(
        world, journal, (struct gv_job_filter){.tenant = "acme", .oldest_first = true, .after_id = "gv_0", .limit = 1},
        "3 ");
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){.tenant = "acme", .status = GV_SUCCEEDED}, "3 0 ");
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){.tenant = "acme", .after_id = "gv_6"}, "3 0 ");
    gv_journal_close(journal);
}

/* ---- deleting ------------------------------------------------------------------------------------------ */

static void a_forgotten_job_is_seen_nowhere(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_journal *journal = backend->open(world);
    accept_ended(world, journal, "gv_1");
    accept_ended(world, journal, "gv_2");
    struct gv_journal_op refs[] = {{.kind = GV_JOURNAL_BLOB_REF, .job_id = "gv_1", .sha256 = "one"},
                                   {.kind = GV_JOURNAL_BLOB_REF, .job_id = "gv_1", .sha256 = "both"},
                                   {.kind = GV_JOURNAL_BLOB_REF, .job_id = "gv_2", .sha256 = "both"}};
    gv_kit_commit(kit, journal, refs, 3);
    struct gv_journal_op gone = {.kind = GV_JOURNAL_FORGET, .job_id = "gv_1"};
    assert_int_equal(gv_kit_do(kit, journal, &gone), GV_JOURNAL_DONE);
    assert_int_equal(gone.freed_count, 2); /* in any order */
    size_t one = strcmp(gone.freed[0], "one") == 0 ? 0 : 1;
    assert_string_equal(gone.freed[one], "one");
    assert_string_equal(gone.freed[1 - one], "both");
    assert_null(gv_kit_get(kit, journal, "gv_1"));
    assert_int_equal(gv_kit_history_count(kit, journal, "gv_1"), 0);
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){0}, "2 ");
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){.tenant = "acme"}, "2 ");
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){.unannounced = true}, "2 ");
    assert_false(journal->vtable->blob_wanted(journal, "one"));
    assert_true(journal->vtable->blob_wanted(journal, "both"));
    static const enum gv_journal_op_kind kinds[] = {GV_JOURNAL_FORGET, GV_JOURNAL_ANNOUNCED, GV_JOURNAL_BLOB_REF,
                                                    GV_JOURNAL_CLAIM, GV_JOURNAL_INBOX_PUT};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct gv_journal_op op = {
            .kind = kinds[i], .job_id = "gv_1", .sha256 = "one", .inbox = {.job_id = "gv_1", .kind = GV_INBOX_WAKE}};
        assert_int_equal(gv_kit_do(kit, journal, &op), GV_JOURNAL_NOT_FOUND);
    }
    assert_false(journal->vtable->blob_wanted(journal, "one"));
    assert_int_equal(gv_kit_history_count(kit, journal, "gv_2"), 1);
    gv_journal_close(journal);
}

static void only_ended_jobs_are_forgotten(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *journal = backend->open(world);
    accept_row(world, journal, row_of(world, "gv_1", "acme"));
    assert_int_equal(forget(world, journal, "gv_1"), GV_JOURNAL_NOT_ENDED);
    assert_int_equal(forget(world, journal, "gv_2"), GV_JOURNAL_NOT_FOUND);
    assert_non_null(gv_kit_get(&world->kit, journal, "gv_1"));
    assert_int_equal(gv_kit_history_count(&world->kit, journal, "gv_1"), 1);
    gv_journal_close(journal);
}

static void what_is_forgotten_keeps_its_id_key_and_wish(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_journal *journal = backend->open(world);
    struct gv_job_row *row = row_of(world, "gv_1", "acme");
    row->status = GV_FAILED;
    row->idempotency_key = "key";
    row->request_sha256 = "wish";
    accept_row(world, journal, row);
    assert_int_equal(forget(world, journal, "gv_1"), GV_JOURNAL_DONE);
    row->id = "gv_2";
    struct gv_journal_op op = gv_kit_accept_op(row);
    assert_int_equal(gv_kit_do(kit, journal, &op), GV_JOURNAL_SAME_KEY);
    assert_string_equal(op.found_id, "gv_1");
    row->request_sha256 = "other";
    assert_int_equal(gv_kit_do(kit, journal, &op), GV_JOURNAL_OTHER_KEY);
    row->request_sha256 = "wish";
    row->idempotency_key = NULL;
    op.same_since_ms = row->created_ms;
    assert_int_equal(gv_kit_do(kit, journal, &op), GV_JOURNAL_SAME_WISH);
    assert_string_equal(op.found_id, "gv_1");
    row->id = "gv_1";
    op.same_since_ms = 0;
    const struct gv_kit_batch *batch = gv_kit_start(kit, journal, &op, 1);
    gv_kit_wait(kit, batch);
    assert_int_equal(batch->batch.result, GV_INTERNAL_ERROR);
    gv_journal_close(journal);
}

/* ---- announcing ---------------------------------------------------------------------------------------- */

static void ended_jobs_are_announced_once(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *journal = backend->open(world);
    accept_ended(world, journal, "gv_1");
    accept_row(world, journal, row_of(world, "gv_2", "acme")); /* under way */
    accept_ended(world, journal, "gv_3");
    struct gv_job_row *silent = row_of(world, "gv_4", "acme");
    silent->status = GV_SUCCEEDED;
    silent->announce = false;
    accept_row(world, journal, silent);
    struct gv_job_filter filter = {.unannounced = true, .oldest_first = true};
    gv_journal_assert_listed(world, journal, filter, "1 3 ");
    assert_int_equal(do_op(world, journal, (struct gv_journal_op){.kind = GV_JOURNAL_ANNOUNCED, .job_id = "gv_1"}),
                     GV_JOURNAL_DONE);
    gv_journal_assert_listed(world, journal, filter, "3 ");
    assert_false(gv_kit_get(&world->kit, journal, "gv_1")->announce);
    filter.tenant = "umbrella";
    gv_journal_assert_listed(world, journal, filter, "");
    assert_int_equal(do_op(world, journal, (struct gv_journal_op){.kind = GV_JOURNAL_ANNOUNCED, .job_id = "gv_5"}),
                     GV_JOURNAL_NOT_FOUND);
    gv_journal_close(journal);
}

static void a_step_leaves_the_announcement_alone(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_journal *journal = backend->open(world);
    gv_kit_accept(kit, journal, "gv_1");
    struct gv_job_row *row = gv_kit_row(kit, "gv_1", journal->vtable->owner(journal));
    row->status = GV_SUCCEEDED;
    row->announce = false;
    row->tenant = "umbrella";
    assert_int_equal(do_op(world, journal, gv_kit_step_op(row)), GV_JOURNAL_DONE);
    gv_journal_assert_listed(world, journal, (struct gv_job_filter){.unannounced = true, .tenant = "acme"}, "1 ");
    gv_journal_close(journal);
}

/* ---- documents ------------------------------------------------------------------------------------------- */

static struct gv_journal_op doc_op(enum gv_journal_op_kind kind, const char *space, const char *key, const char *value)
{
    return (struct gv_journal_op){.kind = kind, .doc = {space, key, value}};
}

static const char *doc_of(struct gv_journal_world *world, struct gv_journal *journal, const char *space,
                          const char *key)
{
    const char *value = NULL;
    struct gv_error err;
    assert_int_equal(journal->vtable->doc(&value, journal, space, key, &world->kit.arena, &err), GV_OK);
    return value;
}

static void assert_docs(struct gv_journal_world *world, struct gv_journal *journal, const char *after, uint32_t limit,
                        const char *expected)
{
    const struct gv_journal_doc *docs;
    size_t count;
    struct gv_error err;
    assert_int_equal(journal->vtable->docs(&docs, &count, journal, "hook", after, limit, &world->kit.arena, &err),
                     GV_OK);
    const char *keys = "";
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(docs[i].space, "hook");
        keys = gv_arena_printf(&world->kit.arena, "%s%s=%s ", keys, docs[i].key, docs[i].value);
    }
    assert_string_equal(keys, expected);
}

static void documents_are_written_over_and_dropped(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal *journal = backend->open(world);
    assert_null(doc_of(world, journal, "hook", "b"));
    struct gv_journal_op ops[] = {
        doc_op(GV_JOURNAL_DOC_PUT, "hook", "b", "1"), doc_op(GV_JOURNAL_DOC_PUT, "hook", "a", "2"),
        doc_op(GV_JOURNAL_DOC_PUT, "hook", "c", "3"), doc_op(GV_JOURNAL_DOC_PUT, "other", "b", "4"),
        doc_op(GV_JOURNAL_DOC_PUT, "hook", "b", "5"), doc_op(GV_JOURNAL_DOC_DROP, "hook", "none", NULL),
    };
    gv_kit_commit(&world->kit, journal, ops, 6);
    assert_string_equal(doc_of(world, journal, "hook", "b"), "5");
    assert_string_equal(doc_of(world, journal, "other", "b"), "4");
    assert_docs(world, journal, NULL, 0, "a=2 b=5 c=3 ");
    assert_docs(world, journal, NULL, 2, "a=2 b=5 ");
    assert_docs(world, journal, "a", 1, "b=5 ");
    assert_docs(world, journal, "aa", 0, "b=5 c=3 ");
    assert_docs(world, journal, "c", 0, "");
    assert_int_equal(do_op(world, journal, doc_op(GV_JOURNAL_DOC_DROP, "hook", "b", NULL)), GV_JOURNAL_DONE);
    gv_journal_close(journal);
    journal = backend->open(world);
    assert_docs(world, journal, NULL, 0, "a=2 c=3 ");
    assert_string_equal(doc_of(world, journal, "other", "b"), "4");
    gv_journal_close(journal);
}

/* ---- the tally ------------------------------------------------------------------------------------------- */

static void assert_tally(struct gv_journal_world *world, struct gv_journal *journal, enum gv_status status, bool parked,
                         uint64_t expected)
{
    const struct gv_journal_tally *rows;
    size_t count;
    struct gv_error err;
    uint64_t jobs = 0;
    assert_int_equal(journal->vtable->tally(&rows, &count, journal, &world->kit.arena, &err), GV_OK);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(rows[i].provider, "kling");
        assert_true(rows[i].count > 0);
        if (rows[i].status == status && rows[i].parked == parked)
            jobs += rows[i].count;
    }
    assert_int_equal(jobs, expected);
}

static void the_tally_follows_every_step(void **state)
{
    struct gv_journal_world *world = *state;
    struct gv_journal_kit *kit = &world->kit;
    struct gv_journal *journal = backend->open(world);
    assert_tally(world, journal, GV_PENDING, false, 0);
    gv_kit_accept(kit, journal, "gv_1");
    gv_kit_accept(kit, journal, "gv_2");
    assert_tally(world, journal, GV_PENDING, false, 2);
    struct gv_job_row *row = gv_kit_row(kit, "gv_1", journal->vtable->owner(journal));
    row->phase = "asked";
    row->status = GV_RUNNING;
    do_op(world, journal, gv_kit_step_op(row));
    assert_tally(world, journal, GV_PENDING, false, 1);
    assert_tally(world, journal, GV_RUNNING, false, 1);
    row->phase = "parked";
    row->parked = true;
    do_op(world, journal, gv_kit_step_op(row));
    assert_tally(world, journal, GV_RUNNING, false, 0);
    assert_tally(world, journal, GV_RUNNING, true, 1);
    row = gv_kit_row(kit, "gv_2", journal->vtable->owner(journal));
    row->status = GV_FAILED;
    do_op(world, journal, gv_kit_step_op(row));
    assert_tally(world, journal, GV_PENDING, false, 0);
    assert_tally(world, journal, GV_FAILED, false, 1);
    forget(world, journal, "gv_2");
    assert_tally(world, journal, GV_FAILED, false, 0);
    gv_journal_close(journal);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, gv_journal_world_make, gv_journal_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(keys_are_apart_per_tenant),
        CASE(the_same_wish_is_found_within_its_time),
        CASE(where_it_is_full_earlier_jobs_still_stand_for_wishes),
        CASE(a_key_is_heard_before_the_wish),
        CASE(lists_are_of_a_tenant_and_in_both_orders),
        CASE(a_forgotten_job_is_seen_nowhere),
        CASE(only_ended_jobs_are_forgotten),
        CASE(what_is_forgotten_keeps_its_id_key_and_wish),
        CASE(ended_jobs_are_announced_once),
        CASE(a_step_leaves_the_announcement_alone),
        CASE(documents_are_written_over_and_dropped),
        CASE(the_tally_follows_every_step),
    };
    int failed = 0;
    for (backend = gv_journal_backends; backend->name != NULL; backend++)
        failed += cmocka_run_group_tests_name(backend->name, tests, NULL, NULL);
    return failed != 0;
}
