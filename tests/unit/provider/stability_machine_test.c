/* The machine's stories, one expected line per step, and every phase against every event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/stability_kit.h"

#define ID STABILITY_KIT_ID
#define GEN(input, config) "{\"operation\":\"generate\",\"input\":" input ",\"config\":" config "}"
#define TEXT GEN("{\"text\":\"a boat\"}", "{}")
#define BOLD GEN("{\"text\":\"a boat\"}", "{\"provider_options\":{\"resubmit_uncertain\":\"true\"}}")
#define URL GEN("{\"image\":{\"data\":{\"url\":\"https://x.example/a.jpg\"}}}", "{}")
#define BLOB(w, h)                                                                                                     \
    "{\"image\":{\"data\":{\"blob\":{\"sha256\":\"" STABILITY_KIT_SHA                                                  \
    "\",\"bytes\":9000,\"mime_type\":\"image/png\",\"width\":" #w ",\"height\":" #h "}}}}"
#define IMAGE GEN(BLOB(1500, 1000), "{}")

#define STARTED "{\"id\":\"" ID "\"}"
#define IN_PROGRESS "{\"id\":\"" ID "\",\"status\":\"in-progress\"}"
#define FILM "{\"video\":\"blob:0\",\"finish_reason\":\"SUCCESS\",\"seed\":343940597}"
#define BLURRED_FILM "{\"video\":\"blob:0\",\"finish_reason\":\"CONTENT_FILTERED\",\"seed\":1}"
#define PICTURE "{\"image\":\"blob:0\",\"finish_reason\":\"SUCCESS\",\"seed\":7}"
#define BLURRED_PICTURE "{\"image\":\"blob:0\",\"finish_reason\":\"CONTENT_FILTERED\",\"seed\":7}"
#define REFUSAL(name, words)                                                                                           \
    "{\"id\":\"ed14db44362126aab3cbd25cca51ffe3\",\"name\":\"" name "\",\"errors\":[\"" words "\"]}"
#define NO_IMAGE REFUSAL("bad_request", "image: is required")
#define NOT_FOUND REFUSAL("not_found", "nothing here")
#define POOR REFUSAL("payment_required", "You lack sufficient credits to make this request.")
#define MODERATED REFUSAL("content_moderation", "Your request was flagged")
#define BUSY REFUSAL("rate_limit_exceeded", "slow down")
#define BROKEN REFUSAL("internal_error", "sorry")

#define PROBE_LINE "probing: POST /v2beta/image-to-video\n"
#define DRAW_LINE "drawing: POST /v2beta/stable-image/generate/core\n"
#define CREATE_LINE "submitting: POST /v2beta/image-to-video\n"
#define POLL_LINE "running: GET /v2beta/image-to-video/result/" ID "\n"

static struct provider_kit kit;

static void begin(const char *document)
{
    stability_kit_begin(&kit, document);
    provider_kit_event(&kit, GV_EV_START);
}

static int tear_down(void **state)
{
    (void)state;
    provider_kit_free(&kit);
    return 0;
}

static void to_drawing(const char *document)
{
    begin(document);
    stability_kit_reply(&kit, 400, NO_IMAGE, NULL);
    gv_buf_clear(&kit.trace);
}

static void to_submitting(const char *document)
{
    begin(document);
    stability_kit_transformed(&kit);
    assert_string_equal(provider_kit_phase(&kit), "submitting");
    gv_buf_clear(&kit.trace);
}

static void to_running(void)
{
    to_submitting(IMAGE);
    stability_kit_reply(&kit, 200, STARTED, NULL);
    provider_kit_event(&kit, GV_EV_TIMER);
    gv_buf_clear(&kit.trace);
}

/* ---- the happy paths -------------------------------------------------------------------------------- */

static void a_film_is_made_of_a_picture(void **state)
{
    (void)state;
    begin(IMAGE);
    stability_kit_transformed(&kit);
    assert_int_equal(kit.effect.call.kind, GV_CALL_CREATE);
    assert_string_equal(stability_kit_form_text(&kit), "{\"image\":\"blob:0\"}");
    assert_non_null(strstr(provider_kit_body(&kit), STABILITY_KIT_FRAME_SHA));
    stability_kit_reply(&kit, 200, STARTED, NULL);
    assert_true(kit.effect.wait.ms >= 10000 * 10 / 9);
    provider_kit_event(&kit, GV_EV_TIMER);
    assert_true(kit.effect.call.lifts);
    assert_string_equal(kit.effect.call.headers[0].value, "application/json");
    stability_kit_reply(&kit, 202, IN_PROGRESS, NULL);
    provider_kit_event(&kit, GV_EV_TIMER);
    stability_kit_reply(&kit, 200, FILM, "video/mp4");
    provider_kit_expect(&kit, "new start -> shaping: transform to 1024x576\n"
                              "shaping transformed -> " CREATE_LINE "submitting reply 200 -> running: wait\n"
                              "running timer -> " POLL_LINE "running reply 202 -> running: wait\n"
                              "running timer -> " POLL_LINE "running reply 200 -> succeeded: succeed\n");
    assert_int_equal(kit.effect.keep_count, 1);
    assert_string_equal(kit.effect.keep[0].generation_id, ID);
    assert_non_null(strstr(kit.effect.note, "seed 343940597"));
}

static void a_picture_by_url_is_fetched_first(void **state)
{
    (void)state;
    begin(URL);
    assert_true(kit.effect.fetch.input);
    assert_string_equal(kit.effect.fetch.want, "image/");
    provider_kit_fetch_failed(&kit, 0, 503);
    provider_kit_event(&kit, GV_EV_TIMER);
    stability_kit_fetched(&kit, 600, 900);
    provider_kit_expect(&kit, "new start -> fetching_input: fetch 0 https://x.example/a.jpg\n"
                              "fetching_input fetch_failed -> new: back off\n"
                              "new timer -> fetching_input: fetch 0 https://x.example/a.jpg\n"
                              "fetching_input fetched -> shaping: transform to 576x1024\n");
    assert_string_equal(kit.effect.transform.blob.sha256, STABILITY_KIT_SHA);
}

static void text_is_drawn_first_and_the_picture_kept(void **state)
{
    (void)state;
    begin(TEXT);
    assert_int_equal(kit.effect.call.kind, GV_CALL_READ);
    stability_kit_reply(&kit, 400, NO_IMAGE, NULL);
    assert_int_equal(kit.effect.call.kind, GV_CALL_CREATE);
    assert_true(kit.effect.call.lifts);
    assert_string_equal(stability_kit_form_text(&kit),
                        "{\"prompt\":\"a boat\",\"aspect_ratio\":\"16:9\",\"output_format\":\"png\"}");
    stability_kit_reply(&kit, 200, PICTURE, "image/png");
    provider_kit_event(&kit, GV_EV_RESUMED);
    stability_kit_transformed(&kit);
    stability_kit_reply(&kit, 429, BUSY, NULL);
    assert_true(kit.effect.wait.ms >= 60000);
    provider_kit_event(&kit, GV_EV_TIMER);
    stability_kit_reply(&kit, 200, STARTED, NULL);
    provider_kit_expect(&kit, "new start -> " PROBE_LINE "probing reply 400 -> " DRAW_LINE
                              "drawing reply 200 -> shaping: transform to 1024x576\n"
                              "shaping resumed -> shaping: transform to 1024x576\n"
                              "shaping transformed -> " CREATE_LINE "submitting reply 429 -> new: back off\n"
                              "new timer -> " CREATE_LINE "submitting reply 200 -> running: wait\n");
}

/* ---- no video API ----------------------------------------------------------------------------------- */

static void check_retired(enum gv_known charged)
{
    assert_int_equal(kit.effect.error.code, GV_UNSUPPORTED_FEATURE);
    assert_non_null(strstr(kit.effect.error.message, "retired"));
    assert_non_null(strstr(kit.effect.error.message, "STABILITY_BASE_URL"));
    assert_int_equal(kit.effect.error.charged, charged);
}

static void without_a_video_api_nothing_is_drawn(void **state)
{
    (void)state;
    static const int statuses[] = {404, 403, 405, 410, 501};
    for (size_t i = 0; i < GV_COUNT(statuses); i++) {
        begin(TEXT);
        stability_kit_reply(&kit, statuses[i], "gone", NULL);
        check_retired(GV_NO);
        provider_kit_free(&kit);
        to_submitting(IMAGE);
        stability_kit_reply(&kit, statuses[i], NOT_FOUND, NULL);
        assert_string_equal(kit.effect.error.provider, "stability");
        check_retired(GV_NO);
        provider_kit_free(&kit);
    }
    to_drawing(TEXT);
    stability_kit_reply(&kit, 200, PICTURE, "image/png");
    stability_kit_transformed(&kit);
    stability_kit_reply(&kit, 410, NOT_FOUND, NULL);
    check_retired(GV_YES);
}

static void the_probe_decides_only_what_it_knows(void **state)
{
    (void)state;
    begin(TEXT);
    stability_kit_reply(&kit, 402, POOR, NULL);
    assert_int_equal(kit.effect.error.code, GV_QUOTA_EXCEEDED);
    provider_kit_free(&kit);
    begin(TEXT);
    stability_kit_no_reply(&kit, GV_MAYBE_SENT, false);
    provider_kit_event(&kit, GV_EV_TIMER);
    stability_kit_reply(&kit, 500, BROKEN, NULL);
    provider_kit_event(&kit, GV_EV_TIMER);
    stability_kit_reply(&kit, 502, "<html>", NULL);
    provider_kit_event(&kit, GV_EV_TIMER);
    stability_kit_reply(&kit, 500, BROKEN, NULL);
    assert_string_equal(provider_kit_phase(&kit), "drawing");
}

/* ---- lost answers ----------------------------------------------------------------------------------- */

static void a_lost_picture_parks_at_once(void **state)
{
    (void)state;
    to_drawing(TEXT);
    stability_kit_no_reply(&kit, GV_MAYBE_SENT, false);
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_resolve(&kit, GV_RESOLVE_LOOK_UP, NULL);
    assert_non_null(strstr(kit.effect.note, "picture"));
    provider_kit_resolve(&kit, GV_RESOLVE_RESUBMIT, NULL);
    provider_kit_expect(&kit, "drawing no_reply -> uncertain: park\n"
                              "uncertain resumed -> uncertain: park\n"
                              "uncertain resolve -> uncertain: park\n"
                              "uncertain resolve -> " DRAW_LINE);
}

static void a_lost_film_parks_at_once(void **state)
{
    (void)state;
    static const int statuses[] = {202, 204, 408, 500, 502, 503};
    for (size_t i = 0; i < GV_COUNT(statuses); i++) {
        to_submitting(IMAGE);
        stability_kit_reply(&kit, statuses[i], BROKEN, NULL);
        assert_string_equal(provider_kit_phase(&kit), "uncertain");
        provider_kit_free(&kit);
    }
    to_submitting(IMAGE);
    stability_kit_reply(&kit, 200, "{\"id\":\"../../account\"}", NULL);
    provider_kit_resolve(&kit, GV_RESOLVE_ADOPT, "../../account");
    provider_kit_resolve(&kit, GV_RESOLVE_ADOPT, ID);
    stability_kit_reply(&kit, 200, FILM, "video/mp4");
    provider_kit_expect(&kit, "submitting reply 200 -> uncertain: park\n"
                              "uncertain resolve -> uncertain: park\n"
                              "uncertain resolve -> " POLL_LINE "running reply 200 -> succeeded: succeed\n");
}

static void a_crash_during_a_create_parks(void **state)
{
    (void)state;
    to_drawing(TEXT);
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_resolve(&kit, GV_RESOLVE_GIVE_UP, NULL);
    assert_int_equal(kit.effect.error.charged, GV_UNKNOWN);
    provider_kit_expect(&kit,
                        "drawing resumed -> uncertain: park\nuncertain resolve -> failed: fail generation_failed\n");
}

static void repeats_are_bounded_where_they_are_allowed(void **state)
{
    (void)state;
    to_drawing(BOLD);
    for (unsigned i = 1; i < STABILITY_LOSSES_MAX; i++) {
        stability_kit_no_reply(&kit, GV_MAYBE_SENT, false);
        provider_kit_event(&kit, GV_EV_TIMER);
    }
    stability_kit_reply(&kit, 402, POOR, NULL); /* says nothing of the first */
    assert_string_equal(provider_kit_phase(&kit), "uncertain");
    provider_kit_resolve(&kit, GV_RESOLVE_RESUBMIT, NULL);
    for (unsigned i = 1; i < STABILITY_LOSSES_MAX; i++) {
        stability_kit_no_reply(&kit, GV_MAYBE_SENT, false);
        provider_kit_event(&kit, GV_EV_TIMER);
    }
    stability_kit_no_reply(&kit, GV_MAYBE_SENT, false);
    assert_string_equal(provider_kit_phase(&kit), "uncertain");
}

static void what_was_never_sent_is_sent_later(void **state)
{
    (void)state;
    to_submitting(IMAGE);
    stability_kit_no_reply(&kit, GV_NOT_SENT, false);
    assert_int_equal(stability_kit_state(&kit)->losses, 0);
    provider_kit_event(&kit, GV_EV_TIMER);
    stability_kit_no_reply(&kit, GV_NOT_SENT, true);
    assert_int_equal(kit.effect.error.charged, GV_NO);
    provider_kit_expect(&kit, "submitting no_reply -> new: back off\nnew timer -> " CREATE_LINE
                              "submitting no_reply -> failed: fail internal_error\n");
}

static void a_paid_picture_waits_for_a_person(void **state)
{
    (void)state;
    to_drawing(TEXT);
    stability_kit_reply(&kit, 200, PICTURE, "image/png");
    provider_kit_feed(&kit, &(struct gv_event){.kind = GV_EV_TRANSFORM_FAILED, .final = true});
    assert_string_equal(provider_kit_phase(&kit), "uncertain");
    assert_non_null(strstr(kit.effect.note, "billed"));
    provider_kit_resolve(&kit, GV_RESOLVE_RESUBMIT, NULL);
    stability_kit_transformed(&kit);
    stability_kit_no_reply(&kit, GV_NOT_SENT, true);
    assert_string_equal(provider_kit_phase(&kit), "uncertain");
    provider_kit_free(&kit);
    begin(IMAGE);
    provider_kit_feed(&kit, &(struct gv_event){.kind = GV_EV_TRANSFORM_FAILED, .final = true});
    assert_int_equal(kit.effect.error.code, GV_INVALID_INPUT);
    assert_string_equal(kit.effect.error.field, "input.image.data");
}

static void a_full_disk_costs_no_picture(void **state)
{
    (void)state;
    begin(IMAGE);
    for (unsigned i = 1; i <= STABILITY_INPUT_TRIES_MAX; i++) {
        assert_int_equal(kit.effect.kind, GV_EFF_TRANSFORM);
        provider_kit_feed(&kit, &(struct gv_event){.kind = GV_EV_TRANSFORM_FAILED, .why = "the disk is full"});
        if (i < STABILITY_INPUT_TRIES_MAX)
            provider_kit_event(&kit, GV_EV_TIMER);
    }
    assert_int_equal(kit.effect.error.code, GV_INTERNAL_ERROR);
    assert_non_null(strstr(kit.effect.error.message, "the disk is full"));
}

/* ---- refused, filtered ------------------------------------------------------------------------------ */

static void blurred_results_are_no_success(void **state)
{
    (void)state;
    to_drawing(TEXT);
    stability_kit_reply(&kit, 200, BLURRED_PICTURE, "image/png");
    assert_string_equal(provider_kit_phase(&kit), "failed");
    assert_int_equal(kit.effect.error.stage, GV_STAGE_OUTPUT);
    provider_kit_free(&kit);
    to_running();
    stability_kit_reply(&kit, 200, BLURRED_FILM, "video/mp4");
    assert_int_equal(kit.effect.error.code, GV_GENERATION_FAILED);
    assert_int_equal(kit.effect.error.stage, GV_STAGE_OUTPUT);
    assert_int_equal(kit.effect.error.retryable, GV_NO);
    assert_string_equal(kit.effect.error.provider_code, "CONTENT_FILTERED");
    assert_int_equal(kit.effect.keep_count, 0);
    provider_kit_free(&kit);
    to_running();
    stability_kit_reply(&kit, 200, "{\"video\":\"blob:0\",\"finish_reason\":\"ERROR\"}", "video/mp4");
    assert_non_null(strstr(kit.effect.error.message, "ERROR"));
}

static void a_moderated_start_is_no_retirement(void **state)
{
    (void)state;
    to_submitting(IMAGE);
    stability_kit_reply(&kit, 403, MODERATED, NULL);
    assert_int_equal(kit.effect.error.code, GV_GENERATION_FAILED);
    assert_string_equal(kit.effect.error.provider_code, "content_moderation");
    assert_int_equal(kit.effect.error.charged, GV_NO);
}

static void a_refused_picture_says_what_it_was(void **state)
{
    (void)state;
    to_drawing(TEXT);
    stability_kit_reply(&kit, 404, NOT_FOUND, NULL);
    assert_null(strstr(kit.effect.error.message, "retired"));
    assert_string_equal(provider_kit_phase(&kit), "failed");
}

/* ---- polls ------------------------------------------------------------------------------------------ */

static void a_film_that_is_not_shown_waits_or_has_expired(void **state)
{
    (void)state;
    to_running();
    for (unsigned i = 0; i < STABILITY_MISSES_MAX; i++) {
        stability_kit_reply(&kit, 404, NOT_FOUND, NULL);
        assert_true(kit.effect.wait.ms >= 10000);
        provider_kit_event(&kit, GV_EV_TIMER);
    }
    stability_kit_reply(&kit, 404, NOT_FOUND, NULL);
    assert_string_equal(provider_kit_phase(&kit), "uncertain");
    provider_kit_resolve(&kit, GV_RESOLVE_LOOK_UP, NULL);
    kit.step.now_ms += STABILITY_RESULT_LIVES_MS + 1;
    stability_kit_reply(&kit, 404, NOT_FOUND, NULL);
    assert_string_equal(provider_kit_phase(&kit), "failed");
    assert_non_null(strstr(kit.effect.error.message, "expired"));
}

static void refused_and_spoiled_polls_end_with_a_person(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body, *lifted;
    } rows[] = {
        {401, "{\"message\":\"Incorrect API key provided\"}", NULL},
        {200, FILM, "text/html"},
        {200, FILM, NULL},
        {200, "{\"video\":\"blob:1\",\"finish_reason\":\"SUCCESS\"}", "video/mp4"},
        {200, "{}", NULL},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        to_running();
        for (unsigned n = 0; n <= STABILITY_REFUSALS_MAX; n++) {
            assert_string_equal(provider_kit_phase(&kit), "running");
            stability_kit_reply(&kit, rows[i].status, rows[i].body, rows[i].lifted);
            if (kit.effect.kind == GV_EFF_WAIT)
                provider_kit_event(&kit, GV_EV_TIMER);
        }
        assert_string_equal(provider_kit_phase(&kit), "uncertain");
        assert_non_null(strstr(kit.effect.note, ID));
        provider_kit_free(&kit);
    }
}

static void a_new_process_does_not_poll_too_early(void **state)
{
    (void)state;
    to_running();
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_event(&kit, GV_EV_WAKE);
    provider_kit_event(&kit, GV_EV_TIMER);
    stability_kit_reply(&kit, 500, BROKEN, NULL);
    provider_kit_event(&kit, GV_EV_TIMER);
    stability_kit_no_reply(&kit, GV_MAYBE_SENT, false);
    provider_kit_event(&kit, GV_EV_TIMER);
    stability_kit_no_reply(&kit, GV_NOT_SENT, true);
    provider_kit_expect(
        &kit,
        "running resumed -> running: wait\nrunning wake -> running: nothing\nrunning timer -> " POLL_LINE
        "running reply 500 -> running: back off\nrunning timer -> " POLL_LINE
        "running no_reply -> running: back off\nrunning timer -> " POLL_LINE "running no_reply -> uncertain: park\n");
}

/* ---- cancel and deadline ---------------------------------------------------------------------------- */

static void a_cancel_awaits_the_create_under_way(void **state)
{
    (void)state;
    to_submitting(IMAGE);
    provider_kit_event(&kit, GV_EV_CANCEL);
    stability_kit_reply(&kit, 200, STARTED, NULL);
    provider_kit_expect(&kit, "submitting cancel -> submitting: nothing\nsubmitting reply 200 -> cancelled: stop\n");
    assert_non_null(strstr(kit.effect.note, "no cancel"));
    provider_kit_free(&kit);
    to_drawing(TEXT);
    provider_kit_event(&kit, GV_EV_CANCEL);
    stability_kit_reply(&kit, 200, PICTURE, "image/png");
    provider_kit_expect(&kit, "drawing cancel -> drawing: nothing\ndrawing reply 200 -> cancelled: stop\n");
    assert_non_null(strstr(kit.effect.note, "billed"));
    provider_kit_free(&kit);
    to_drawing(TEXT);
    provider_kit_event(&kit, GV_EV_CANCEL);
    stability_kit_no_reply(&kit, GV_MAYBE_SENT, false);
    assert_string_equal(provider_kit_phase(&kit), "cancelled");
    assert_non_null(strstr(kit.effect.note, "not known"));
}

static void the_deadline_parks_what_may_be_paid(void **state)
{
    (void)state;
    to_submitting(IMAGE);
    provider_kit_event(&kit, GV_EV_DEADLINE);
    provider_kit_expect(&kit, "submitting deadline -> uncertain: park\n");
    assert_non_null(strstr(kit.effect.note, "lost"));
    provider_kit_free(&kit);
    begin(IMAGE);
    provider_kit_event(&kit, GV_EV_DEADLINE);
    assert_int_equal(kit.effect.error.charged, GV_NO);
    provider_kit_free(&kit);
    to_running();
    provider_kit_event(&kit, GV_EV_DEADLINE);
    provider_kit_expect(&kit, "running deadline -> failed: fail generation_failed\n");
    assert_non_null(strstr(kit.effect.error.message, "renders on"));
}

/* ---- every pair ------------------------------------------------------------------------------------- */

static void try_pair(const char *document, int phase, const struct gv_event *event, bool cancel_asked)
{
    struct gv_media picture = {.kind = GV_MEDIA_BLOB, .blob = {.sha256 = STABILITY_KIT_SHA, .bytes = 9}};
    picture.blob.mime_type = "image/png";
    picture.blob.width = picture.blob.height = 800;
    stability_kit_begin(&kit, document);
    struct stability_state *job = kit.state;
    *job = (struct stability_state){.phase = phase, .cancel_asked = cancel_asked};
    job->losses = phase == STABILITY_UNCERTAIN;
    if (phase == STABILITY_SHAPING || phase == STABILITY_SUBMITTING || phase == STABILITY_RUNNING)
        job->source = picture;
    if (phase == STABILITY_SUBMITTING || phase == STABILITY_RUNNING)
        job->frame = picture;
    if (phase == STABILITY_RUNNING)
        job->task_id = ID;
    provider_kit_feed(&kit, event);
    provider_kit_check_legal(&kit, phase);
    assert_int_equal(kit.effect.progress, -1);
    provider_kit_free(&kit);
}

static void try_events(const char *document, int phase, bool cancel_asked)
{
    for (int kind = GV_EV_START; kind <= GV_EV_DEADLINE; kind++) {
        for (int how = 0; how <= GV_RESOLVE_GIVE_UP && kind != GV_EV_REPLY; how++) {
            struct gv_event event = {.kind = (enum gv_event_kind)kind,
                                     .sent = how % 2,
                                     .final = how > 1,
                                     .status = how % 2 ? 403 : 0,
                                     .why = "so it is",
                                     .blob = {.sha256 = STABILITY_KIT_SHA, .bytes = 9, .mime_type = "image/png"},
                                     .resolution = (enum gv_resolution_kind)how,
                                     .task_id = how == GV_RESOLVE_ADOPT ? ID : "9"};
            try_pair(document, phase, &event, cancel_asked);
        }
    }
}

static void try_replies(const char *document, int phase, bool cancel_asked)
{
    static const char *const bodies[] = {STARTED, IN_PROGRESS, FILM, BLURRED_FILM, PICTURE,  BLURRED_PICTURE,
                                         POOR,    MODERATED,   BUSY, "",           "<html>", "[]"};
    static const int statuses[] = {200, 202, 400, 401, 403, 404, 429, 500, 501};
    struct gv_blob_info blob = {.sha256 = STABILITY_KIT_SHA, .bytes = 9, .mime_type = "video/mp4"};
    for (size_t i = 0; i < GV_COUNT(bodies) * GV_COUNT(statuses) * 2; i++) {
        const char *body = bodies[i / 2 / GV_COUNT(statuses)];
        struct gv_event event = {.kind = GV_EV_REPLY, .lifted = &blob, .lifted_count = i % 2};
        if (strstr(body, "image") != NULL) {
            blob.mime_type = "image/png";
            blob.width = blob.height = 800;
        }
        event.reply = (struct gv_reply){.status = statuses[i / 2 % GV_COUNT(statuses)],
                                        .content_type = "",
                                        .body = body,
                                        .body_bytes = strlen(body)};
        try_pair(document, phase, &event, cancel_asked);
    }
}

static void every_event_in_every_phase_does_something_legal(void **state)
{
    (void)state;
    static const char *const documents[] = {TEXT, BOLD, IMAGE, URL};
    for (size_t d = 0; d < GV_COUNT(documents); d++) {
        for (int phase = 0; phase < STABILITY_PHASE_COUNT; phase++) {
            for (int asked = 0; asked < 2; asked++) {
                try_events(documents[d], phase, asked);
                try_replies(documents[d], phase, asked);
            }
        }
    }
}

#define T(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_film_is_made_of_a_picture),
        T(a_picture_by_url_is_fetched_first),
        T(text_is_drawn_first_and_the_picture_kept),
        T(without_a_video_api_nothing_is_drawn),
        T(the_probe_decides_only_what_it_knows),
        T(a_lost_picture_parks_at_once),
        T(a_lost_film_parks_at_once),
        T(a_crash_during_a_create_parks),
        T(repeats_are_bounded_where_they_are_allowed),
        T(what_was_never_sent_is_sent_later),
        T(a_paid_picture_waits_for_a_person),
        T(a_full_disk_costs_no_picture),
        T(blurred_results_are_no_success),
        T(a_moderated_start_is_no_retirement),
        T(a_refused_picture_says_what_it_was),
        T(a_film_that_is_not_shown_waits_or_has_expired),
        T(refused_and_spoiled_polls_end_with_a_person),
        T(a_new_process_does_not_poll_too_early),
        T(a_cancel_awaits_the_create_under_way),
        T(the_deadline_parks_what_may_be_paid),
        T(every_event_in_every_phase_does_something_legal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
