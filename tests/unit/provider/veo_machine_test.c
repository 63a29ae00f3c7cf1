/* The machine's stories from the wish to the film, one expected line per step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/veo_kit.h"
#include "support/veo_words.h"

#define SHA(begin) begin "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* ---- the happy paths -------------------------------------------------------------------------------- */

static void a_film_in_the_answer_is_kept(void **state)
{
    (void)state;
    veo_kit_begin(TEXT);
    assert_int_equal(veo_kit.effect.call.kind, GV_CALL_CREATE);
    provider_kit_reply(&veo_kit, 200, CREATED);
    provider_kit_event(&veo_kit, GV_EV_TIMER);
    assert_int_equal(veo_kit.effect.call.kind, GV_CALL_READ);
    assert_true(veo_kit.effect.call.lifts);
    provider_kit_reply(&veo_kit, 200, CREATED);
    provider_kit_event(&veo_kit, GV_EV_WAKE);
    veo_kit_reply_lifted(DONE("\"videos\":[" INLINE "]"), "video/mp4");
    veo_kit_expect("new start -> " CREATE_LINE "submitting reply 200 -> running: wait\n"
                   "running timer -> " POLL_LINE "running reply 200 -> running: wait\n"
                   "running wake -> " POLL_LINE "running reply 200 -> succeeded: succeed\n");
    assert_int_equal(veo_kit.effect.keep_count, 1);
    assert_int_equal(veo_kit.effect.keep[0].lifted, 0);
}

static void films_in_a_bucket_are_fetched_with_the_token(void **state)
{
    (void)state;
    veo_kit_to_running(STORED);
    provider_kit_reply(&veo_kit, 200, DONE("\"videos\":[" FILM("sample_0.mp4") "," FILM("sample_1.mp4") "]"));
    assert_string_equal(veo_kit.effect.fetch.base, "VEO_STORAGE_BASE_URL");
    assert_null(veo_kit.effect.fetch.url);
    assert_int_equal(veo_kit.effect.fetch.auth, VEO_AUTH_TOKEN);
    assert_string_equal(veo_kit.effect.fetch.generation_id, "gs://my-bucket/run/gv-job-42/12/sample_0.mp4");
    assert_string_equal(veo_kit.effect.fetch.want, "video/");
    provider_kit_fetched(&veo_kit, 0);
    provider_kit_fetched(&veo_kit, 1);
    veo_kit_expect("running reply 200 -> fetching: fetch 0 " FILM_PATH(
        "sample_0.mp4") "\n"
                        "fetching fetched -> fetching: fetch 1 " FILM_PATH(
                            "sample_1.mp4") "\n"
                                            "fetching fetched -> succeeded: succeed\n");
    assert_null(veo_kit.effect.note);
}

static void films_here_and_there_keep_their_places(void **state)
{
    (void)state;
    veo_kit_to_running(STORED);
    veo_kit_reply_lifted(DONE("\"videos\":[" FILM("sample_0.mp4") "," INLINE "]"), "video/mp4");
    assert_int_equal(veo_kit.effect.keep_count, 1);
    assert_int_equal(veo_kit.effect.keep[0].index, 1);
    assert_int_equal(veo_kit.effect.fetch.index, 0);
    provider_kit_fetched(&veo_kit, 1);
    provider_kit_fetched(&veo_kit, 0);
    veo_kit_expect("running reply 200 -> fetching: fetch 0 " FILM_PATH(
        "sample_0.mp4") "\n"
                        "fetching fetched -> fetching: nothing\nfetching fetched -> succeeded: succeed\n");
}

static void pictures_by_http_are_fetched_first(void **state)
{
    (void)state;
    veo_kit_begin(TWO_PICTURES);
    assert_true(veo_kit.effect.fetch.input);
    assert_string_equal(veo_kit.effect.fetch.want, "image/");
    provider_kit_fetch_failed(&veo_kit, 0, 503);
    provider_kit_event(&veo_kit, GV_EV_TIMER);
    struct gv_event event = {
        .kind = GV_EV_FETCHED,
        .blob = {.sha256 = SHA("aa"), .bytes = 5, .mime_type = "image/png", .width = 90, .height = 160}};
    provider_kit_feed(&veo_kit, &event);
    provider_kit_event(&veo_kit, GV_EV_RESUMED);
    event.index = 1;
    memcpy(event.blob.sha256, "bb", 2);
    provider_kit_feed(&veo_kit, &event);
    veo_kit_expect("new start -> gathering: fetch 0 https://x.example/a.png\n"
                   "gathering fetch_failed -> gathering: back off\n"
                   "gathering timer -> gathering: fetch 0 https://x.example/a.png\n"
                   "gathering fetched -> gathering: fetch 1 https://x.example/b.png\n"
                   "gathering resumed -> gathering: fetch 1 https://x.example/b.png\n"
                   "gathering fetched -> " CREATE_LINE);
    const char *body = provider_kit_body(&veo_kit);
    veo_kit_expect_words(body,
                         "\"image\":{\"bytesBase64Encoded\":\"<blob " SHA("aa") ">\",\"mimeType\":\"image/png\"}");
    veo_kit_expect_words(body,
                         "\"lastFrame\":{\"bytesBase64Encoded\":\"<blob " SHA("bb") ">\",\"mimeType\":\"image/png\"}");
    veo_kit_expect_words(body, "\"aspectRatio\":\"9:16\"");
}

static void a_picture_that_can_not_be_had_costs_nothing(void **state)
{
    (void)state;
    veo_kit_begin(TWO_PICTURES);
    provider_kit_fetch_failed(&veo_kit, 0, 404);
    veo_kit_expect("new start -> gathering: fetch 0 https://x.example/a.png\n"
                   "gathering fetch_failed -> failed: fail invalid_input\n");
    assert_int_equal(veo_kit.effect.error.charged, GV_NO);
    assert_int_equal(veo_kit.effect.error.stage, GV_STAGE_INPUT);
}

static void what_was_fetched_is_looked_at_before_it_is_sent(void **state)
{
    (void)state;
    veo_kit_begin(GENERATE("{\"image\":{\"data\":{\"url\":\"https://x.example/a\"}}}", "{}"));
    provider_kit_feed(&veo_kit,
                      &(struct gv_event){.kind = GV_EV_FETCHED,
                                         .blob = {.sha256 = SHA("aa"), .bytes = 5, .mime_type = "image/webp"}});
    veo_kit_expect("new start -> gathering: fetch 0 https://x.example/a\n"
                   "gathering fetched -> failed: fail invalid_input\n");
    veo_kit_expect_words(veo_kit.effect.error.message, "image/webp");
}

/* ---- the Gemini API --------------------------------------------------------------------------------- */

static void a_gemini_film_is_fetched_with_the_key_from_the_own_host_only(void **state)
{
    (void)state;
    veo_kit_begin(GEMINI);
    assert_int_equal(veo_kit.effect.call.auth, VEO_AUTH_KEY);
    assert_string_equal(veo_kit.effect.call.base, "VEO_GEMINI_BASE_URL");
    provider_kit_reply(&veo_kit, 200, GEMINI_CREATED);
    provider_kit_event(&veo_kit, GV_EV_TIMER);
    assert_true(veo_kit.effect.call.lifts);
    provider_kit_reply(&veo_kit, 200, GEMINI_DONE(VEO_GEMINI_URL "/v1beta/files/abc:download?alt=media"));
    assert_int_equal(veo_kit.effect.fetch.auth, VEO_AUTH_KEY);
    assert_string_equal(veo_kit.effect.fetch.base, "VEO_GEMINI_BASE_URL");
    provider_kit_fetch_failed(&veo_kit, 0, 403);
    provider_kit_reply(&veo_kit, 200, GEMINI_DONE("https://evil.example/v1beta/files/abc:download?alt=media"));
    veo_kit_expect("new start -> submitting: POST /v1beta/models/veo-3.1-fast-generate-preview:predictLongRunning\n"
                   "submitting reply 200 -> running: wait\n"
                   "running timer -> running: GET /v1beta/" GEMINI_NAME "\n"
                   "running reply 200 -> fetching: fetch 0 /v1beta/files/abc:download?alt=media\n"
                   "fetching fetch_failed -> running: GET /v1beta/" GEMINI_NAME "\n"
                   "running reply 200 -> uncertain: park\n");
    veo_kit_expect_words(veo_kit.effect.note, "evil.example");
}

static void a_gemini_film_may_lie_at_the_gateway(void **state)
{
    (void)state;
    provider_kit_begin(&veo_kit, &gv_provider_veo, GEMINI);
    provider_kit_set(&veo_kit, "VEO_GEMINI_BASE_URL", "http://127.0.0.1:8080/");
    provider_kit_event(&veo_kit, GV_EV_START);
    provider_kit_reply(&veo_kit, 200, GEMINI_CREATED);
    provider_kit_event(&veo_kit, GV_EV_TIMER);
    provider_kit_reply(&veo_kit, 200, GEMINI_DONE("http://127.0.0.1:8080/v1beta/files/abc"));
    assert_string_equal(veo_kit.effect.fetch.path, "/v1beta/files/abc:download?alt=media");
}

static void a_gemini_film_in_the_answer_is_kept(void **state)
{
    (void)state;
    veo_kit_begin(GEMINI);
    provider_kit_reply(&veo_kit, 200, GEMINI_CREATED);
    provider_kit_event(&veo_kit, GV_EV_TIMER);
    veo_kit_reply_lifted("{\"done\":true,\"response\":{\"generateVideoResponse\":{\"generatedSamples\":[{\"video\":{"
                         "\"encodedVideo\":\"blob:1\",\"encoding\":\"video/mp4\"}}]}}}",
                         "video/mp4");
    assert_string_equal(provider_kit_phase(&veo_kit), "succeeded");
    assert_int_equal(veo_kit.effect.keep[0].lifted, 1);
}

/* ---- busy, refused, tokens -------------------------------------------------------------------------- */

static void a_create_that_was_never_sent_is_sent_later(void **state)
{
    (void)state;
    veo_kit_begin(TEXT);
    provider_kit_no_reply(&veo_kit, GV_NOT_SENT);
    assert_int_equal(veo_kit_job()->posts, 0);
    provider_kit_event(&veo_kit, GV_EV_TIMER);
    provider_kit_reply(&veo_kit, 429, BUSY);
    provider_kit_event(&veo_kit, GV_EV_RESUMED);
    veo_kit_expect("new start -> " CREATE_LINE "submitting no_reply -> new: back off\n"
                   "new timer -> " CREATE_LINE "submitting reply 429 -> new: back off\nnew resumed -> " CREATE_LINE);
}

static void a_quota_is_waited_for_as_long_as_google_says(void **state)
{
    (void)state;
    veo_kit_begin(TEXT);
    provider_kit_reply(&veo_kit, 429,
                       "{\"error\":{\"code\":429,\"message\":\"m\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":["
                       "{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"37s\"}]}}");
    assert_int_equal(veo_kit.effect.wait.ms, 37000);
}

static void a_call_that_can_never_leave_fails(void **state)
{
    (void)state;
    veo_kit_begin(TEXT);
    provider_kit_feed(&veo_kit,
                      &(struct gv_event){.kind = GV_EV_NO_REPLY, .sent = GV_NOT_SENT, .final = true, .why = "no key"});
    veo_kit_expect("new start -> " CREATE_LINE "submitting no_reply -> failed: fail internal_error\n");
    assert_int_equal(veo_kit.effect.error.charged, GV_NO);
}

static void a_refused_token_is_replaced_once(void **state)
{
    (void)state;
    veo_kit_begin(TEXT);
    assert_false(veo_kit.effect.call.fresh_token);
    provider_kit_reply(&veo_kit, 401, DENIED);
    assert_true(veo_kit.effect.call.fresh_token);
    assert_int_equal(veo_kit_job()->posts, 1);
    provider_kit_reply(&veo_kit, 401, DENIED);
    veo_kit_expect("new start -> " CREATE_LINE "submitting reply 401 -> " CREATE_LINE
                   "submitting reply 401 -> failed: fail internal_error\n");
    veo_kit_tear_down(NULL);
    veo_kit_to_running(TEXT);
    provider_kit_reply(&veo_kit, 401, DENIED);
    assert_true(veo_kit.effect.call.fresh_token);
    provider_kit_reply(&veo_kit, 200, CREATED);
    provider_kit_event(&veo_kit, GV_EV_TIMER);
    assert_false(veo_kit.effect.call.fresh_token);
    provider_kit_reply(&veo_kit, 401, DENIED);
    assert_true(veo_kit.effect.call.fresh_token);
}

/* What must come of each code, told once more by hand: of a create, and of a finished operation. */
static const struct {
    int rpc, http;
    const char *name, *phase;
    enum gv_code error;
    enum gv_known retryable;
} codes[] = {
    {1, 499, "CANCELLED", "uncertain", GV_GENERATION_FAILED, GV_NO},
    {2, 500, "UNKNOWN", "uncertain", GV_GENERATION_FAILED, GV_YES},
    {3, 400, "INVALID_ARGUMENT", "failed", GV_INVALID_INPUT, GV_NO},
    {4, 504, "DEADLINE_EXCEEDED", "uncertain", GV_GENERATION_FAILED, GV_YES},
    {5, 404, "NOT_FOUND", "failed", GV_INVALID_INPUT, GV_NO},
    {6, 409, "ALREADY_EXISTS", "uncertain", GV_INTERNAL_ERROR, GV_NO},
    {7, 403, "PERMISSION_DENIED", "failed", GV_INTERNAL_ERROR, GV_NO},
    {8, 429, "RESOURCE_EXHAUSTED", "new", GV_QUOTA_EXCEEDED, GV_YES},
    {9, 400, "FAILED_PRECONDITION", "failed", GV_INTERNAL_ERROR, GV_NO},
    {10, 409, "ABORTED", "uncertain", GV_GENERATION_FAILED, GV_YES},
    {11, 400, "OUT_OF_RANGE", "failed", GV_INVALID_INPUT, GV_NO},
    {12, 501, "UNIMPLEMENTED", "failed", GV_UNSUPPORTED_FEATURE, GV_NO},
    {13, 500, "INTERNAL", "uncertain", GV_GENERATION_FAILED, GV_YES},
    {14, 503, "UNAVAILABLE", "uncertain", GV_GENERATION_FAILED, GV_YES},
    {15, 500, "DATA_LOSS", "uncertain", GV_GENERATION_FAILED, GV_YES},
    {16, 401, "UNAUTHENTICATED", "submitting", GV_INTERNAL_ERROR, GV_NO},
};

static void every_code_ends_a_create_as_the_table_says(void **state)
{
    (void)state;
    assert_int_equal(veo_code_count, GV_COUNT(codes));
    for (size_t i = 0; i < GV_COUNT(codes); i++) {
        veo_kit_begin(TEXT);
        provider_kit_reply(&veo_kit, codes[i].http,
                           gv_arena_printf(&veo_kit.arena,
                                           "{\"error\":{\"code\":%d,\"message\":\"words\",\"status\":"
                                           "\"%s\"}}",
                                           codes[i].http, codes[i].name));
        assert_string_equal(provider_kit_phase(&veo_kit), codes[i].phase);
        if (strcmp(codes[i].phase, "failed") == 0) {
            assert_int_equal(veo_kit.effect.error.code, codes[i].error);
            assert_int_equal(veo_kit.effect.error.retryable, codes[i].retryable);
            assert_int_equal(veo_kit.effect.error.charged, GV_NO);
            assert_string_equal(veo_kit.effect.error.provider_code, codes[i].name);
            veo_kit_expect_words(veo_kit.effect.error.message, "words");
        }
        veo_kit_tear_down(NULL);
    }
}

static void every_code_ends_an_operation_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_COUNT(codes); i++) {
        veo_kit_to_running(TEXT);
        provider_kit_reply(&veo_kit, 200,
                           gv_arena_printf(&veo_kit.arena,
                                           "{\"done\":true,\"error\":{\"code\":%d,\"message\":\"words\"}}",
                                           codes[i].rpc));
        assert_string_equal(provider_kit_phase(&veo_kit), "failed");
        assert_int_equal(veo_kit.effect.error.code, codes[i].error);
        assert_int_equal(veo_kit.effect.error.retryable, codes[i].retryable);
        assert_int_equal(veo_kit.effect.error.charged, GV_NO);
        assert_int_equal(veo_kit.effect.error.stage, GV_STAGE_RENDER);
        assert_string_equal(veo_kit.effect.error.provider_code, codes[i].name);
        veo_kit_tear_down(NULL);
    }
    veo_kit_to_running(TEXT);
    provider_kit_reply(&veo_kit, 200, ENDED("77", "words"));
    assert_int_equal(veo_kit.effect.error.code, GV_GENERATION_FAILED);
    assert_int_equal(veo_kit.effect.error.retryable, GV_UNKNOWN);
}

/* ---- safety ----------------------------------------------------------------------------------------- */

static void the_filters_words_make_a_failure_moderation(void **state)
{
    (void)state;
    veo_kit_to_running(TEXT);
    provider_kit_reply(&veo_kit, 200,
                       ENDED("3",
                             "Veo could not generate videos because the input image violates Vertex AI's usage "
                             "guidelines. If you think this was an error, send feedback. Support codes: 15236754"));
    assert_int_equal(veo_kit.effect.error.code, GV_GENERATION_FAILED);
    assert_int_equal(veo_kit.effect.error.retryable, GV_NO);
    assert_string_equal(veo_kit.effect.error.provider_code, "15236754");
    veo_kit_expect_words(veo_kit.effect.error.message, "celebrity or likeness");
}

static void a_film_that_is_withheld_fails_uncharged(void **state)
{
    (void)state;
    veo_kit_to_running(TEXT);
    provider_kit_reply(&veo_kit, 200,
                       DONE("\"raiMediaFilteredCount\":1,\"raiMediaFilteredReasons\":[\"Support codes: 62263041\"]"));
    veo_kit_expect("running reply 200 -> failed: fail generation_failed\n");
    assert_int_equal(veo_kit.effect.error.charged, GV_NO);
    assert_int_equal(veo_kit.effect.error.stage, GV_STAGE_OUTPUT);
    assert_string_equal(veo_kit.effect.error.provider_code, "62263041");
    veo_kit_expect_words(veo_kit.effect.error.message, "dangerous");
}

static void films_withheld_in_part_are_told_at_the_end(void **state)
{
    (void)state;
    veo_kit_to_running(STORED);
    provider_kit_reply(&veo_kit, 200,
                       DONE("\"raiMediaFilteredCount\":1,\"raiMediaFilteredReasons\":[\"Support codes: 32635315\"],"
                            "\"videos\":[" FILM("sample_0.mp4") "]"));
    provider_kit_fetched(&veo_kit, 0);
    veo_kit_expect(
        "running reply 200 -> fetching: fetch 0 " FILM_PATH("sample_0.mp4") "\n"
                                                                            "fetching fetched -> succeeded: succeed\n");
    veo_kit_expect_words(veo_kit.effect.note, "1 of 2 films were withheld");
    veo_kit_expect_words(veo_kit.effect.note, "vulgar");
}

static void an_end_without_anything_keeps_the_words(void **state)
{
    (void)state;
    veo_kit_to_running(TEXT);
    provider_kit_reply(&veo_kit, 200, DONE("\"videos\":[],\"oddity\":\"left\""));
    veo_kit_expect("running reply 200 -> failed: fail generation_failed\n");
    veo_kit_expect_words(veo_kit.effect.error.message, "oddity");
    assert_int_equal(veo_kit.effect.error.charged, GV_UNKNOWN);
    veo_kit_tear_down(NULL);
    veo_kit_to_running(TEXT);
    veo_kit_reply_lifted(DONE("\"videos\":[" INLINE "]"), "text/html");
    veo_kit_expect("running reply 200 -> failed: fail generation_failed\n");
}

int main(void)
{
#define STORY(name) cmocka_unit_test_teardown(name, veo_kit_tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_film_in_the_answer_is_kept),
        STORY(films_in_a_bucket_are_fetched_with_the_token),
        STORY(films_here_and_there_keep_their_places),
        STORY(pictures_by_http_are_fetched_first),
        STORY(a_picture_that_can_not_be_had_costs_nothing),
        STORY(what_was_fetched_is_looked_at_before_it_is_sent),
        STORY(a_gemini_film_is_fetched_with_the_key_from_the_own_host_only),
        STORY(a_gemini_film_may_lie_at_the_gateway),
        STORY(a_gemini_film_in_the_answer_is_kept),
        STORY(a_create_that_was_never_sent_is_sent_later),
        STORY(a_quota_is_waited_for_as_long_as_google_says),
        STORY(a_call_that_can_never_leave_fails),
        STORY(a_refused_token_is_replaced_once),
        STORY(every_code_ends_a_create_as_the_table_says),
        STORY(every_code_ends_an_operation_as_the_table_says),
        STORY(the_filters_words_make_a_failure_moderation),
        STORY(a_film_that_is_withheld_fails_uncharged),
        STORY(films_withheld_in_part_are_told_at_the_end),
        STORY(an_end_without_anything_keeps_the_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
