/* The machine's stories of what goes wrong: lost answers, films that are not given out, cancels and deadlines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/veo_kit.h"
#include "support/veo_words.h"

/* ---- pay once --------------------------------------------------------------------------------------- */

static void a_lost_answer_parks_at_once_where_nothing_can_be_asked(void **state)
{
    (void)state;
    veo_kit_begin(TEXT);
    provider_kit_no_reply(&veo_kit, GV_MAYBE_SENT);
    veo_kit_expect("new start -> " CREATE_LINE "submitting no_reply -> uncertain: park\n");
    veo_kit_expect_words(veo_kit.effect.note, "storage_uri");
    for (unsigned i = 0; i < 3; i++) {
        static const char *const bodies[] = {"<html>", "{}", "{\"name\":\"projects/../operations/1\"}"};
        veo_kit_tear_down(NULL);
        veo_kit_begin(TEXT);
        provider_kit_reply(&veo_kit, 200, bodies[i]);
        veo_kit_expect("new start -> " CREATE_LINE "submitting reply 200 -> uncertain: park\n");
    }
}

static void a_lost_answer_is_found_in_the_bucket(void **state)
{
    (void)state;
    veo_kit_begin(STORED);
    veo_kit_expect_words(provider_kit_body(&veo_kit), "\"storageUri\":\"gs://my-bucket/run/gv-job-42/\"");
    provider_kit_event(&veo_kit, GV_EV_RESUMED);
    provider_kit_event(&veo_kit, GV_EV_TIMER);
    assert_int_equal(veo_kit.effect.call.auth, VEO_AUTH_TOKEN);
    provider_kit_reply(&veo_kit, 200, "{\"kind\":\"storage#objects\"}");
    provider_kit_event(&veo_kit, GV_EV_RESUMED);
    provider_kit_reply(&veo_kit, 401, DENIED);
    assert_true(veo_kit.effect.call.fresh_token);
    provider_kit_reply(&veo_kit, 200, "{\"items\":[" OBJECT("sample_0.mp4") "," OBJECT("sample_1.mp4") "]}");
    provider_kit_fetched(&veo_kit, 0);
    provider_kit_fetched(&veo_kit, 1);
    veo_kit_expect("new start -> " CREATE_LINE "submitting resumed -> listing: wait\nlisting timer -> " LIST_LINE
                   "listing reply 200 -> listing: wait\nlisting resumed -> " LIST_LINE "listing reply 401 -> " LIST_LINE
                   "listing reply 200 -> fetching: fetch 0 " FILM_PATH(
                       "sample_0.mp4") "\n"
                                       "fetching fetched -> fetching: fetch 1 " FILM_PATH(
                                           "sample_1.mp4") "\n"
                                                           "fetching fetched -> succeeded: succeed\n");
}

static void fewer_films_are_taken_once_no_more_come(void **state)
{
    (void)state;
    veo_kit_begin(STORED);
    provider_kit_no_reply(&veo_kit, GV_MAYBE_SENT);
    gv_buf_clear(&veo_kit.trace);
    for (unsigned look = 0; look < 2; look++) {
        provider_kit_event(&veo_kit, GV_EV_TIMER);
        provider_kit_reply(&veo_kit, 200, "{\"items\":[" OBJECT("sample_0.mp4") "," OBJECT("notes.json") "]}");
    }
    veo_kit_expect("listing timer -> " LIST_LINE "listing reply 200 -> listing: wait\nlisting timer -> " LIST_LINE
                   "listing reply 200 -> fetching: fetch 0 " FILM_PATH("sample_0.mp4") "\n");
    provider_kit_fetched(&veo_kit, 0);
    veo_kit_expect_words(veo_kit.effect.note, "1 of 2");
}

static void a_bucket_that_stays_empty_parks(void **state)
{
    (void)state;
    veo_kit_begin(STORED);
    provider_kit_reply(&veo_kit, 503, "<html>");
    provider_kit_event(&veo_kit, GV_EV_TIMER);
    veo_kit.step.now_ms += VEO_LISTS_FOR_MS - 1;
    provider_kit_reply(&veo_kit, 200, "{}");
    provider_kit_event(&veo_kit, GV_EV_TIMER);
    veo_kit.step.now_ms += 1;
    gv_buf_clear(&veo_kit.trace);
    provider_kit_reply(&veo_kit, 200, "{}");
    veo_kit_expect("listing reply 200 -> uncertain: park\n");
    veo_kit_expect_words(veo_kit.effect.note, "gs://my-bucket/run/gv-job-42/");
    provider_kit_resolve(&veo_kit, GV_RESOLVE_LOOK_UP, NULL);
    provider_kit_reply(&veo_kit, 200, "{}");
    veo_kit_expect("uncertain resolve -> " LIST_LINE "listing reply 200 -> uncertain: park\n");
}

static void a_bucket_that_refuses_parks_after_a_while(void **state)
{
    (void)state;
    veo_kit_begin(STORED);
    provider_kit_no_reply(&veo_kit, GV_MAYBE_SENT);
    for (unsigned i = 0; i <= VEO_REFUSALS_MAX; i++) {
        provider_kit_event(&veo_kit, GV_EV_TIMER);
        provider_kit_reply(&veo_kit, 403, FORBIDDEN);
    }
    assert_string_equal(provider_kit_phase(&veo_kit), "uncertain");
}

static void only_who_asked_for_it_pays_twice(void **state)
{
    (void)state;
    veo_kit_begin(DARING);
    for (unsigned i = 0; i < 3; i++)
        provider_kit_no_reply(&veo_kit, GV_MAYBE_SENT);
    veo_kit_expect("new start -> " CREATE_LINE "submitting no_reply -> " CREATE_LINE
                   "submitting no_reply -> " CREATE_LINE "submitting no_reply -> uncertain: park\n");
    veo_kit_tear_down(NULL);
    veo_kit_begin(DARING);
    provider_kit_no_reply(&veo_kit, GV_MAYBE_SENT);
    provider_kit_reply(&veo_kit, 403, FORBIDDEN);
    assert_string_equal(provider_kit_phase(&veo_kit), "uncertain"); /* the refusal says nothing of the first one */
}

static void a_person_settles_what_is_parked(void **state)
{
    (void)state;
    veo_kit_to_uncertain();
    provider_kit_resolve(&veo_kit, GV_RESOLVE_LOOK_UP, NULL);
    provider_kit_resolve(&veo_kit, GV_RESOLVE_ADOPT, "projects/p/locations/../x");
    veo_kit_expect_words(veo_kit.effect.note, "is no operation's name");
    provider_kit_resolve(&veo_kit, GV_RESOLVE_ADOPT, NAME);
    veo_kit_expect(
        "uncertain resolve -> uncertain: park\nuncertain resolve -> uncertain: park\nuncertain resolve -> " POLL_LINE);
    veo_kit_tear_down(NULL);
    veo_kit_to_uncertain();
    provider_kit_resolve(&veo_kit, GV_RESOLVE_RESUBMIT, NULL);
    provider_kit_reply(&veo_kit, 429, BUSY);
    veo_kit_expect("uncertain resolve -> " CREATE_LINE "submitting reply 429 -> uncertain: park\n");
    provider_kit_resolve(&veo_kit, GV_RESOLVE_GIVE_UP, NULL);
    veo_kit_expect("uncertain resolve -> failed: fail generation_failed\n");
    assert_int_equal(veo_kit.effect.error.charged, GV_UNKNOWN);
}

/* ---- running and fetching --------------------------------------------------------------------------- */

static void what_can_not_be_asked_is_asked_again(void **state)
{
    (void)state;
    veo_kit_to_running(TEXT);
    provider_kit_reply(&veo_kit, 503, "<html>");
    provider_kit_event(&veo_kit, GV_EV_TIMER);
    provider_kit_no_reply(&veo_kit, GV_MAYBE_SENT);
    provider_kit_event(&veo_kit, GV_EV_RESUMED);
    provider_kit_reply(&veo_kit, 200, "<html>");
    veo_kit_expect("running reply 503 -> running: back off\nrunning timer -> " POLL_LINE
                   "running no_reply -> running: back off\nrunning resumed -> " POLL_LINE
                   "running reply 200 -> running: back off\n");
}

static void a_poll_that_is_refused_again_and_again_parks(void **state)
{
    (void)state;
    veo_kit_to_running(TEXT);
    for (unsigned i = 0; i <= VEO_REFUSALS_MAX; i++) {
        provider_kit_reply(&veo_kit, 403, FORBIDDEN);
        provider_kit_event(&veo_kit, GV_EV_TIMER);
    }
    assert_string_equal(provider_kit_phase(&veo_kit), "uncertain");
}

static void a_forgotten_operation_fails_or_its_bucket_is_looked_into(void **state)
{
    (void)state;
    veo_kit_to_running(TEXT);
    for (unsigned i = 0; i < VEO_MISSES_MAX; i++)
        provider_kit_reply(&veo_kit, 404, GONE);
    gv_buf_clear(&veo_kit.trace);
    provider_kit_reply(&veo_kit, 404, GONE);
    veo_kit_expect("running reply 404 -> failed: fail generation_failed\n");
    assert_int_equal(veo_kit.effect.error.charged, GV_UNKNOWN);
    veo_kit_tear_down(NULL);
    veo_kit_to_running(STORED);
    for (unsigned i = 0; i < VEO_MISSES_MAX; i++)
        provider_kit_reply(&veo_kit, 404, GONE);
    gv_buf_clear(&veo_kit.trace);
    provider_kit_reply(&veo_kit, 404, GONE);
    veo_kit_expect("running reply 404 -> " LIST_LINE);
}

static void a_film_that_is_not_given_out_is_asked_for_again_and_never_given_up(void **state)
{
    (void)state;
    veo_kit_to_fetching();
    provider_kit_fetch_failed(&veo_kit, 0, 401);
    assert_true(veo_kit.effect.call.fresh_token);
    veo_kit_expect("fetching fetch_failed -> " POLL_LINE);
    for (unsigned i = 1; i < VEO_URL_REFRESHES_MAX; i++) {
        provider_kit_reply(&veo_kit, 200, DONE("\"videos\":[" FILM("sample_0.mp4") "," FILM("sample_1.mp4") "]"));
        provider_kit_fetch_failed(&veo_kit, 0, 403);
    }
    provider_kit_reply(&veo_kit, 200, DONE("\"videos\":[" FILM("sample_0.mp4") "," FILM("sample_1.mp4") "]"));
    gv_buf_clear(&veo_kit.trace);
    provider_kit_fetch_failed(&veo_kit, 0, 403);
    veo_kit_expect("fetching fetch_failed -> uncertain: park\n");
    veo_kit_expect_words(veo_kit.effect.note, "finished and billed");
    provider_kit_resolve(&veo_kit, GV_RESOLVE_LOOK_UP, NULL);
    veo_kit_expect("uncertain resolve -> " POLL_LINE);
}

static void a_slow_network_is_waited_for(void **state)
{
    (void)state;
    veo_kit_to_fetching();
    provider_kit_fetch_failed(&veo_kit, 0, 0);
    provider_kit_fetch_failed(&veo_kit, 1, 404);
    provider_kit_event(&veo_kit, GV_EV_TIMER);
    veo_kit_expect("fetching fetch_failed -> fetching: back off\nfetching fetch_failed -> fetching: nothing\n"
                   "fetching timer -> fetching: fetch 0 " FILM_PATH("sample_0.mp4") "\n");
}

/* ---- places ----------------------------------------------------------------------------------------- */

static void a_location_needs_its_own_host(void **state)
{
    (void)state;
    static const struct {
        const char *location, *base, *wanted;
    } rows[] = {
        {"us-central1", "https://us-central1-aiplatform.googleapis.com", NULL},
        {"europe-west4", "https://us-central1-aiplatform.googleapis.com",
         "https://europe-west4-aiplatform.googleapis.com"},
        {"europe-west4", "https://europe-west4-aiplatform.googleapis.com/", NULL},
        {"global", "https://us-central1-aiplatform.googleapis.com", "https://aiplatform.googleapis.com"},
        {"global", "https://aiplatform.googleapis.com", NULL},
        {"eu", "https://aiplatform.googleapis.com", "https://aiplatform.eu.rep.googleapis.com"},
        {"eu", "https://aiplatform.eu.rep.googleapis.com", NULL},
        {"europe-west4", "http://127.0.0.1:9000", NULL},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        provider_kit_begin(&veo_kit, &gv_provider_veo, TEXT);
        provider_kit_set(&veo_kit, "VEO_PROJECT_ID", "my-proj");
        provider_kit_set(&veo_kit, "GOOGLE_CLOUD_LOCATION", rows[i].location);
        provider_kit_set(&veo_kit, "VEO_BASE_URL", rows[i].base);
        provider_kit_event(&veo_kit, GV_EV_START);
        if (rows[i].wanted == NULL) {
            veo_kit_expect_words(veo_kit.trace.data,
                                 gv_arena_printf(&veo_kit.arena, "/locations/%s/", rows[i].location));
        } else {
            assert_int_equal(veo_kit.effect.error.code, GV_INVALID_INPUT);
            assert_int_equal(veo_kit.effect.error.charged, GV_NO);
            veo_kit_expect_words(veo_kit.effect.error.message, rows[i].wanted);
        }
        veo_kit_tear_down(NULL);
    }
}

static void an_operation_elsewhere_is_not_asked_for_at_the_wrong_host(void **state)
{
    (void)state;
    veo_kit_to_uncertain();
    provider_kit_resolve(&veo_kit, GV_RESOLVE_ADOPT,
                         "projects/p/locations/europe-west4/publishers/google/models/m/operations/1");
    veo_kit_expect("uncertain resolve -> uncertain: park\n");
    veo_kit_expect_words(veo_kit.effect.note, "VEO_BASE_URL");
}

static void without_a_project_nothing_is_sent(void **state)
{
    (void)state;
    provider_kit_begin(&veo_kit, &gv_provider_veo, TEXT);
    provider_kit_event(&veo_kit, GV_EV_START);
    veo_kit_expect("new start -> failed: fail invalid_input\n");
    veo_kit_expect_words(veo_kit.effect.error.message, "GOOGLE_CLOUD_PROJECT");
}

/* ---- cancel and deadline ---------------------------------------------------------------------------- */

static void a_cancel_stops_here_and_says_what_is_lost(void **state)
{
    (void)state;
    veo_kit_begin(TEXT);
    provider_kit_event(&veo_kit, GV_EV_CANCEL);
    provider_kit_reply(&veo_kit, 200, CREATED);
    veo_kit_expect("new start -> " CREATE_LINE "submitting cancel -> submitting: nothing\n"
                   "submitting reply 200 -> cancelled: stop\n");
    veo_kit_expect_words(veo_kit.effect.note, NAME);
    veo_kit_tear_down(NULL);
    veo_kit_begin(STORED);
    provider_kit_event(&veo_kit, GV_EV_CANCEL);
    provider_kit_no_reply(&veo_kit, GV_MAYBE_SENT);
    veo_kit_expect_words(veo_kit.effect.note, "not known");
    veo_kit_tear_down(NULL);
    veo_kit_to_fetching();
    provider_kit_event(&veo_kit, GV_EV_CANCEL);
    veo_kit_expect_words(veo_kit.effect.note, "gs://my-bucket/run/gv-job-42/");
    veo_kit_tear_down(NULL);
    veo_kit_begin(TWO_PICTURES);
    provider_kit_event(&veo_kit, GV_EV_CANCEL);
    veo_kit_expect_words(veo_kit.effect.note, "before Google had the wish");
}

/* Though an earlier create may have arrived. */
static void a_cancel_is_not_forgotten_when_a_repeat_does_not_leave(void **state)
{
    (void)state;
    veo_kit_begin(DARING);
    provider_kit_no_reply(&veo_kit, GV_MAYBE_SENT);
    provider_kit_event(&veo_kit, GV_EV_CANCEL);
    provider_kit_no_reply(&veo_kit, GV_NOT_SENT);
    veo_kit_expect("new start -> " CREATE_LINE "submitting no_reply -> " CREATE_LINE
                   "submitting cancel -> submitting: nothing\nsubmitting no_reply -> cancelled: stop\n");
    veo_kit_expect_words(veo_kit.effect.note, "not known");
}

static void a_deadline_ends_what_costs_nothing_by_it_and_parks_the_rest(void **state)
{
    (void)state;
    veo_kit_begin(TEXT);
    provider_kit_reply(&veo_kit, 429, BUSY);
    provider_kit_event(&veo_kit, GV_EV_DEADLINE);
    assert_int_equal(veo_kit.effect.error.charged, GV_NO);
    veo_kit_tear_down(NULL);
    veo_kit_begin(TEXT);
    provider_kit_event(&veo_kit, GV_EV_DEADLINE);
    assert_string_equal(provider_kit_phase(&veo_kit), "uncertain");
    veo_kit_tear_down(NULL);
    veo_kit_to_running(TEXT);
    provider_kit_event(&veo_kit, GV_EV_DEADLINE);
    assert_int_equal(veo_kit.effect.error.charged, GV_UNKNOWN);
    veo_kit_expect_words(veo_kit.effect.error.message, NAME);
    veo_kit_tear_down(NULL);
    veo_kit_to_fetching();
    provider_kit_event(&veo_kit, GV_EV_DEADLINE);
    assert_string_equal(provider_kit_phase(&veo_kit), "uncertain");
}

int main(void)
{
#define STORY(name) cmocka_unit_test_teardown(name, veo_kit_tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_lost_answer_parks_at_once_where_nothing_can_be_asked),
        STORY(a_lost_answer_is_found_in_the_bucket),
        STORY(fewer_films_are_taken_once_no_more_come),
        STORY(a_bucket_that_stays_empty_parks),
        STORY(a_bucket_that_refuses_parks_after_a_while),
        STORY(only_who_asked_for_it_pays_twice),
        STORY(a_person_settles_what_is_parked),
        STORY(what_can_not_be_asked_is_asked_again),
        STORY(a_poll_that_is_refused_again_and_again_parks),
        STORY(a_forgotten_operation_fails_or_its_bucket_is_looked_into),
        STORY(a_film_that_is_not_given_out_is_asked_for_again_and_never_given_up),
        STORY(a_slow_network_is_waited_for),
        STORY(a_location_needs_its_own_host),
        STORY(an_operation_elsewhere_is_not_asked_for_at_the_wrong_host),
        STORY(without_a_project_nothing_is_sent),
        STORY(a_cancel_stops_here_and_says_what_is_lost),
        STORY(a_cancel_is_not_forgotten_when_a_repeat_does_not_leave),
        STORY(a_deadline_ends_what_costs_nothing_by_it_and_parks_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
