/* A task that a person named for a parked job: it is the job's once the provider has shown it, and until then it can be
 * a slip of the keyboard, which costs nothing but another try. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/list.h"
#include "core/json.h"
#include "support/provider_kit.h"

#define POLLS_MAX 20 /* of one task, before the machine must have decided */

#define FILM(config) "{\"operation\":\"generate\",\"input\":{\"text\":\"a boat\"},\"config\":{" config "}}"
#define BY_PICTURE FILM("\"model\":\"gen4_turbo\"")
#define IN_BUCKET FILM("\"provider_options\":{\"storage_uri\":\"gs://my-bucket/run\"}")
#define PARKED(rest) "{\"phase\":\"uncertain\"" rest "}"
#define OPERATION(id) "projects/p/locations/us-central1/publishers/google/models/m/operations/" id
#define HEX_64(first) first "123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PICTURE "\"source\":{\"blob\":{\"sha256\":\"" HEX_64("0") "\",\"bytes\":9,\"mime_type\":\"image/png\"}}"
#define KLING_RUNS "{\"code\":0,\"data\":{\"task_id\":\"77\",\"task_status\":\"processing\"}}"
#define RUNWAY_RUNS "{\"id\":\"t1\",\"status\":\"RUNNING\"}"
#define RUNWAY_GONE "{\"error\":\"Could not find Task\"}"
#define VEO_GONE "{\"error\":{\"code\":404,\"message\":\"no such operation\",\"status\":\"NOT_FOUND\"}}"

static const struct row {
    const char *provider, *document, *state; /* the state as it is parked */
    const char *wrong, *right;
    const char *runs; /* of the right one */
    int gone_http;
    const char *gone;
    int runs_http;
    const char *lost; /* the phase in which a task ends up that was shown, and then never again */
} rows[] = {
    {"kling", FILM(""), PARKED(",\"external_id\":\"e\",\"posts\":1"), "7", "77", KLING_RUNS, 400,
     "{\"code\":1201,\"message\":\"Task not found\"}", 200, "failed"},
    {"kling", FILM(""), PARKED(",\"external_id\":\"e\",\"posts\":1,\"task_id\":\"5\""), "7", "77", KLING_RUNS, 200,
     "{\"code\":0,\"data\":[]}", 200, "failed"},
    {"runway", FILM(""), PARKED(",\"losses\":2"), "t", "t1", RUNWAY_RUNS, 404, RUNWAY_GONE, 200, "failed"},
    {"runway", FILM(""), PARKED(",\"losses\":2"), "T1", "t1", RUNWAY_RUNS, 200, RUNWAY_RUNS, 200, "running"},
    {"runway", FILM(""), PARKED(",\"task_id\":\"t0\""), "t", "t1", RUNWAY_RUNS, 404, RUNWAY_GONE, 200, "failed"},
    {"runway", BY_PICTURE, PARKED(",\"losses\":1"), "t", "t1", RUNWAY_RUNS, 404, RUNWAY_GONE, 200, "failed"},
    {"runway", BY_PICTURE, PARKED(",\"image_task_id\":\"i\""), "t", "t1", RUNWAY_RUNS, 404, RUNWAY_GONE, 200, "failed"},
    {"runway", BY_PICTURE, PARKED(",\"losses\":1,\"image_task_id\":\"i\",\"image_url\":\"https://c/1.png\""), "t", "t1",
     RUNWAY_RUNS, 404, RUNWAY_GONE, 200, "failed"},
    {"veo", FILM(""), PARKED(",\"posts\":1"), OPERATION("8"), OPERATION("7"), "{\"name\":\"x\"}", 404, VEO_GONE, 200,
     "failed"},
    {"veo", IN_BUCKET, PARKED(",\"posts\":1"), OPERATION("8"), OPERATION("7"), "{\"name\":\"x\"}", 404, VEO_GONE, 200,
     "listing"},
    {"stability", FILM(""), PARKED(",\"losses\":1," PICTURE), HEX_64("a"), HEX_64("b"), "{}", 404,
     "{\"errors\":[\"not found\"]}", 202, "uncertain"},
    {"stability", FILM(""), PARKED(",\"created_ms\":1,\"task_id\":\"" HEX_64("c") "\"," PICTURE), HEX_64("a"),
     HEX_64("b"), "{}", 404, "{\"errors\":[\"not found\"]}", 202, "uncertain"},
};

static struct provider_kit kit;

static const char *state_text(void)
{
    struct gv_buf buf;
    gv_buf_init(&buf, 64u << 10);
    struct gv_json_out out = {.buf = &buf};
    gv_state_write(&out, kit.provider, kit.state);
    const char *text = gv_arena_strdup(&kit.arena, buf.data);
    gv_buf_free(&buf);
    return text;
}

static void park(const struct row *row)
{
    struct gv_error err = {0};
    provider_kit_begin(&kit, gv_provider_named(row->provider), row->document);
    const struct gv_json *json = gv_json_parse(&kit.arena, row->state, strlen(row->state), NULL);
    if (gv_state_read(kit.state, kit.provider, json, &kit.arena, &err) != GV_OK)
        fail_msg("%s %s: %s %s", row->provider, row->state, err.field, err.message);
}

static void adopt(const char *id)
{
    provider_kit_resolve(&kit, GV_RESOLVE_ADOPT, id);
    assert_int_equal(kit.effect.kind, GV_EFF_CALL);
    assert_int_equal(kit.effect.call.kind, GV_CALL_READ);
}

/* Answers every poll alike, as long as the task is asked for. */
static void answer_all(int http, const char *body)
{
    for (unsigned i = 0; i < POLLS_MAX && kit.effect.kind != GV_EFF_PARK && kit.effect.kind != GV_EFF_FAIL; i++) {
        if (kit.effect.kind == GV_EFF_WAIT)
            provider_kit_event(&kit, GV_EV_TIMER);
        if (strcmp(provider_kit_phase(&kit), "listing") == 0)
            break;
        provider_kit_reply(&kit, http, body);
    }
}

/* All that the journal keeps is as it was, so that every other way of settling the job is still open. */
static void expect_as_before(const char *before, const char *id)
{
    assert_int_equal(kit.effect.kind, GV_EFF_PARK);
    assert_string_equal(state_text(), before);
    provider_kit_expect_note(&kit, id);
    provider_kit_expect_note(&kit, "was not adopted");
    provider_kit_expect_note(&kit, "parked as before");
}

static void a_wrong_task_leads_back_and_the_right_one_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        const struct row *row = &rows[i];
        park(row);
        const char *before = state_text();
        adopt(row->wrong);
        answer_all(row->gone_http, row->gone);
        expect_as_before(before, row->wrong);
        adopt(row->right);
        provider_kit_reply(&kit, row->gone_http, row->gone); /* it may be too young to be shown */
        if (kit.effect.kind == GV_EFF_WAIT && kit.effect.wait.kind == GV_WAIT_BACKOFF)
            provider_kit_event(&kit, GV_EV_TIMER);
        provider_kit_reply(&kit, row->runs_http, row->runs);
        assert_int_equal(kit.effect.kind, GV_EFF_WAIT);
        answer_all(row->gone_http, row->gone);
        assert_string_equal(provider_kit_phase(&kit), row->lost);
        provider_kit_free(&kit);
    }
}

static void a_task_that_is_not_shown_to_us_leads_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        park(&rows[i]);
        const char *before = state_text();
        adopt(rows[i].wrong);
        answer_all(403, "{\"code\":1103,\"error\":\"not yours\"}");
        expect_as_before(before, rows[i].wrong);
        provider_kit_free(&kit);
    }
}

/* Jobs are often settled when their time is over. */
static void a_deadline_leads_back_before_the_task_is_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        park(&rows[i]);
        const char *before = state_text();
        adopt(rows[i].right);
        provider_kit_event(&kit, GV_EV_DEADLINE);
        expect_as_before(before, rows[i].right);
        adopt(rows[i].right);
        provider_kit_reply(&kit, rows[i].runs_http, rows[i].runs);
        provider_kit_event(&kit, GV_EV_DEADLINE);
        assert_int_equal(kit.effect.kind, GV_EFF_FAIL);
        provider_kit_free(&kit);
    }
}

/* A process may end between the two. */
static void what_is_being_adopted_outlives_the_process(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        park(&rows[i]);
        const char *before = state_text();
        adopt(rows[i].wrong);
        provider_kit_event(&kit, GV_EV_RESUMED);
        answer_all(rows[i].gone_http, rows[i].gone);
        expect_as_before(before, rows[i].wrong);
        provider_kit_free(&kit);
    }
}

/* Nothing is known of the job's create but what was known before. */
static void a_cancel_does_not_take_the_named_task_for_the_jobs(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        const struct row *row = &rows[i];
        park(row);
        adopt(row->wrong);
        provider_kit_event(&kit, GV_EV_CANCEL);
        if (kit.effect.kind == GV_EFF_CALL)
            provider_kit_reply(&kit, 404, RUNWAY_GONE);
        bool has_task = strstr(row->state, "task_id") != NULL && strstr(row->state, "losses") == NULL;
        if (kit.effect.kind == GV_EFF_CALL)
            assert_true(has_task);
        else if (!has_task)
            provider_kit_expect_note(&kit, "is not known");
        if (kit.effect.note != NULL && strstr(kit.effect.note, row->wrong) != NULL && strlen(row->wrong) > 1)
            fail_msg("%s: %s", row->provider, kit.effect.note);
        provider_kit_free(&kit);
    }
}

static void what_is_no_id_is_refused_at_once(void **state)
{
    (void)state;
    static const char *const ids[] = {"", "../../x", "..", "a b", "t\n", "t?x=1", "t#x", "t%2f", "t\"", "\xc3\xa9"};
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        for (size_t k = 0; k < GV_COUNT(ids); k++) {
            const struct gv_event event = {.kind = GV_EV_RESOLVE, .resolution = GV_RESOLVE_ADOPT, .task_id = ids[k]};
            park(&rows[i]);
            if (kit.provider->objection(&kit.step, kit.state, &event) == NULL)
                fail_msg("%s has no objection to \"%s\"", rows[i].provider, ids[k]);
            provider_kit_free(&kit);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_task_leads_back_and_the_right_one_on),
        cmocka_unit_test(a_task_that_is_not_shown_to_us_leads_back),
        cmocka_unit_test(a_deadline_leads_back_before_the_task_is_shown),
        cmocka_unit_test(what_is_being_adopted_outlives_the_process),
        cmocka_unit_test(a_cancel_does_not_take_the_named_task_for_the_jobs),
        cmocka_unit_test(what_is_no_id_is_refused_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
