/* Endpoints and deliveries as documents of a journal, and what follows from a job's end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "journal/memory.h"
#include "server/hooks/outbox.h"
#include "server/parts/meta.h"
#include "support/journal_kit.h"

struct world {
    struct gv_journal_kit kit;
    struct gv_memory_journal_store *store;
    struct gv_journal *journal;
};

static int set_up(void **state)
{
    static struct world w;
    gv_kit_open(&w.kit);
    w.store = gv_memory_journal_store_new();
    gv_journal_memory_open(&w.journal, w.store, gv_fake_loop_port(w.kit.loop), "one");
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    w->journal->vtable->close(w->journal);
    gv_kit_close(&w->kit);
    gv_memory_journal_store_free(w->store);
    return 0;
}

static void put_endpoint(struct world *w, const char *tenant, const char *id, unsigned events, bool enabled)
{
    struct gv_endpoint endpoint = {.tenant = tenant,
                                   .id = id,
                                   .url = "http://example.com/",
                                   .name = "n",
                                   .events = events,
                                   .enabled = enabled,
                                   .created_s = 5,
                                   .generation = 1};
    struct gv_journal_op op = gv_endpoint_put(&endpoint, &w->kit.arena);
    gv_kit_do(&w->kit, w->journal, &op);
}

static const struct gv_job_row *ended(struct world *w, const char *id, const char *tenant, enum gv_status status)
{
    struct gv_job_row *row = gv_kit_row(&w->kit, id, NULL);
    row->tenant = tenant;
    row->status = status;
    struct gv_journal_op op = gv_kit_accept_op(row);
    gv_kit_do(&w->kit, w->journal, &op);
    return row;
}

static void announce(struct world *w, const struct gv_job_row *row)
{
    struct gv_journal_op ops[GV_OUTBOX_ANNOUNCE_OPS_MAX];
    struct gv_error err;
    size_t count;
    assert_int_equal(gv_outbox_announce(ops, &count, w->journal, row, &w->kit.arena, &err), GV_OK);
    gv_kit_commit(&w->kit, w->journal, ops, count);
}

/* "EVENT>RECEIVER " for each delivery. */
static const char *outbox(struct world *w)
{
    struct gv_delivery page[8];
    struct gv_error err;
    size_t count;
    const char *text = "";
    assert_int_equal(gv_outbox_page(page, &count, 8, NULL, w->journal, &w->kit.arena, &err), GV_OK);
    for (size_t i = 0; i < count; i++)
        text = gv_arena_printf(&w->kit.arena, "%s%s>%s ", text, page[i].event_id,
                               page[i].endpoint_id != NULL ? page[i].endpoint_id : page[i].url);
    return text;
}

static void an_end_is_for_the_tenants_enabled_endpoints(void **state)
{
    struct world *w = *state;
    put_endpoint(w, "acme", "we_1", GV_EVENT_COMPLETED | GV_EVENT_FAILED, true);
    put_endpoint(w, "acme", "we_2", GV_EVENT_FAILED, true);
    put_endpoint(w, "acme", "we_3", GV_EVENT_COMPLETED, false);
    put_endpoint(w, "acmeplus", "we_4", GV_EVENT_COMPLETED, true);
    put_endpoint(w, NULL, "we_5", GV_EVENT_COMPLETED, true);
    announce(w, ended(w, "gv_1", "acme", GV_SUCCEEDED));
    assert_string_equal(outbox(w), "evt_1>we_1 ");
    assert_false(gv_kit_get(&w->kit, w->journal, "gv_1")->announce);
    announce(w, ended(w, "gv_2", "acme", GV_FAILED));
    assert_string_equal(outbox(w), "evt_1>we_1 evt_2>we_1 evt_2>we_2 ");
    announce(w, ended(w, "gv_3", NULL, GV_SUCCEEDED));
    assert_string_equal(outbox(w), "evt_1>we_1 evt_2>we_1 evt_2>we_2 evt_3>we_5 ");
    announce(w, ended(w, "gv_4", "nobody", GV_SUCCEEDED));
    assert_string_equal(outbox(w), "evt_1>we_1 evt_2>we_1 evt_2>we_2 evt_3>we_5 ");
}

static void a_job_may_have_an_address_of_its_own(void **state)
{
    struct world *w = *state;
    struct gv_job_row row = *ended(w, "gv_1", NULL, GV_SUCCEEDED);
    row.metadata = "{\"a\":\"b\",\"" GV_VIDEO_META_CALLBACK "\":\"http://example.com/own\"}";
    announce(w, &row);
    assert_string_equal(outbox(w), "evt_1>http://example.com/own ");
}

static void deliveries_come_by_their_time_page_by_page(void **state)
{
    struct world *w = *state;
    static const int64_t due_ms[] = {3000, 1000, 1700000000000, 2000};
    struct gv_delivery page[2];
    struct gv_error err;
    size_t count;
    for (size_t i = 0; i < 4; i++) {
        struct gv_delivery d = {.due_ms = due_ms[i],
                                .event_id = gv_arena_printf(&w->kit.arena, "evt_%zu", i),
                                .type = "video.failed",
                                .job_id = "gv_1",
                                .tenant = "acme",
                                .endpoint_id = "we_1",
                                .created_s = 7,
                                .tries = 3};
        struct gv_journal_op op = gv_outbox_put(&d, &w->kit.arena);
        gv_kit_do(&w->kit, w->journal, &op);
    }
    assert_string_equal(outbox(w), "evt_1>we_1 evt_3>we_1 evt_0>we_1 evt_2>we_1 ");
    assert_int_equal(gv_outbox_page(page, &count, 2, NULL, w->journal, &w->kit.arena, &err), GV_OK);
    struct gv_delivery last = page[1];
    assert_int_equal(gv_outbox_page(page, &count, 2, &last, w->journal, &w->kit.arena, &err), GV_OK);
    assert_int_equal(count, 2);
    assert_string_equal(page[1].event_id, "evt_2");
    assert_int_equal(page[1].due_ms, 1700000000000);
    assert_string_equal(page[1].tenant, "acme");
    assert_int_equal(page[1].created_s, 7);
    assert_int_equal(page[1].tries, 3);
    struct gv_journal_op op = gv_outbox_drop(&page[1], &w->kit.arena);
    gv_kit_do(&w->kit, w->journal, &op);
    assert_string_equal(outbox(w), "evt_1>we_1 evt_3>we_1 evt_0>we_1 ");
}

static void endpoints_read_back(void **state)
{
    struct world *w = *state;
    struct gv_endpoint endpoint = {.tenant = "acme",
                                   .id = "we_1",
                                   .url = "http://example.com/\"quoted\"",
                                   .name = "",
                                   .events = GV_EVENT_FAILED,
                                   .created_s = 1,
                                   .updated_s = 2,
                                   .generation = 3,
                                   .old_until_s = 4};
    struct gv_journal_op op = gv_endpoint_put(&endpoint, &w->kit.arena);
    struct gv_endpoint back;
    struct gv_error err;
    bool found;
    gv_kit_do(&w->kit, w->journal, &op);
    assert_int_equal(gv_endpoint_get(&back, &found, w->journal, "acme", "we_1", &w->kit.arena, &err), GV_OK);
    assert_true(found);
    assert_string_equal(back.url, endpoint.url);
    assert_string_equal(back.name, "");
    assert_int_equal(back.events, GV_EVENT_FAILED);
    assert_false(back.enabled);
    assert_int_equal(back.created_s + 10 * back.updated_s + 100 * back.generation + 1000 * back.old_until_s, 4321);
    assert_int_equal(gv_endpoint_get(&back, &found, w->journal, NULL, "we_1", &w->kit.arena, &err), GV_OK);
    assert_false(found);
    op = gv_endpoint_drop(&endpoint, &w->kit.arena);
    gv_kit_do(&w->kit, w->journal, &op);
    assert_int_equal(gv_endpoint_get(&back, &found, w->journal, "acme", "we_1", &w->kit.arena, &err), GV_OK);
    assert_false(found);
}

static void what_is_no_delivery_is_told_with_its_key(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *value, *why;
    } cases[] = {
        {"[", "can't be read"},
        {"{\"event_id\":\"e\",\"type\":\"t\",\"created_s\":1,\"tries\":0}", "job_id"},
        {"{\"event_id\":\"e\",\"type\":\"t\",\"job_id\":\"j\",\"created_s\":1,\"tries\":-1}", "tries"},
        {"{\"event_id\":\"e\",\"type\":\"t\",\"job_id\":\"j\",\"created_s\":1,\"tries\":0}", "no receiver"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_journal_op op = {.kind = GV_JOURNAL_DOC_PUT, .doc = {"webhook_delivery", "1/e/we_1", cases[i].value}};
        struct gv_delivery page[2];
        struct gv_error err;
        size_t count;
        gv_kit_do(&w->kit, w->journal, &op);
        assert_int_equal(gv_outbox_page(page, &count, 2, NULL, w->journal, &w->kit.arena, &err), GV_INTERNAL_ERROR);
        assert_int_equal(count, 0);
        assert_non_null(strstr(err.message, "1/e/we_1"));
        assert_non_null(strstr(err.message, cases[i].why));
    }
}

static void waits_double_up_to_an_hour(void **state)
{
    (void)state;
    assert_int_equal(gv_outbox_wait_ms(1, 5000, 0.5), 5000);
    assert_int_equal(gv_outbox_wait_ms(2, 5000, 0.5), 10000);
    assert_int_equal(gv_outbox_wait_ms(5, 5000, 0.5), 80000);
    assert_int_equal(gv_outbox_wait_ms(1000000, 5000, 0.5), GV_OUTBOX_RETRY_MS_MAX);
    assert_int_equal(gv_outbox_wait_ms(1, 5000, 0), 4000);
    assert_int_equal(gv_outbox_wait_ms(1, 5000, 1), 6000);
}

static void the_body_is_the_same_at_every_try(void **state)
{
    struct world *w = *state;
    struct gv_delivery d = {
        .event_id = "evt_1", .type = "video.completed", .job_id = "gv_1", .created_s = 1700000000, .tries = 0};
    const char *first = gv_outbox_body(&d, &w->kit.arena);
    d.tries = 7;
    d.due_ms = 9;
    assert_string_equal(gv_outbox_body(&d, &w->kit.arena), first);
    assert_string_equal(first, "{\"id\":\"evt_1\",\"object\":\"event\",\"created_at\":1700000000,"
                               "\"type\":\"video.completed\",\"data\":{\"id\":\"gv_1\"}}");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_end_is_for_the_tenants_enabled_endpoints), CASE(a_job_may_have_an_address_of_its_own),
        CASE(deliveries_come_by_their_time_page_by_page),  CASE(endpoints_read_back),
        CASE(what_is_no_delivery_is_told_with_its_key),    CASE(waits_double_up_to_an_hour),
        CASE(the_body_is_the_same_at_every_try),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
