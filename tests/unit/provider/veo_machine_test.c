/* The machine's stories, one expected line per step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "provider/veo/veo_machine.h"
#include "support/provider_kit.h"
#include "support/veo_words.h"

#define CREATE_LINE "submitting: POST " MODEL_PATH ":predictLongRunning\n"
#define POLL_LINE "running: POST " MODEL_PATH ":fetchPredictOperation\n"
#define LIST_LINE "listing: GET /storage/v1/b/my-bucket/o?prefix=run%2Fgv-job-42%2F&maxResults=100\n"

#define SHA(begin) begin "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct provider_kit kit;

static struct veo_state *job(void)
{
    return kit.state;
}

static void begin(const char *document)
{
    provider_kit_begin(&kit, &gv_provider_veo, document);
    provider_kit_set(&kit, "VEO_PROJECT_ID", "my-proj");
    provider_kit_event(&kit, GV_EV_START);
}

static void expect(const char *trace)
{
    assert_string_equal(kit.trace.data, trace);
    gv_buf_clear(&kit.trace);
}

static void expect_words(const char *text, const char *words)
{
    if (text == NULL || strstr(text, words) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", text != NULL ? text : "", words);
}

static int tear_down(void **state)
{
    (void)state;
    provider_kit_free(&kit);
    kit = (struct provider_kit){0};
    return 0;
}

static void reply_lifted(const char *body, const char *type)
{
    static struct gv_blob_info blobs[2];
    for (size_t i = 0; i < 2; i++)
        blobs[i] = (struct gv_blob_info){.sha256 = "abc", .bytes = 9, .mime_type = type};
    struct gv_event event = {.kind = GV_EV_REPLY, .lifted = blobs, .lifted_count = 2};
    event.reply =
        (struct gv_reply){.status = 200, .content_type = "application/json", .body = body, .body_bytes = strlen(body)};
    provider_kit_feed(&kit, &event);
}

static void to_running(const char *document)
{
    begin(document);
    provider_kit_reply(&kit, 200, CREATED);
    provider_kit_event(&kit, GV_EV_TIMER);
    gv_buf_clear(&kit.trace);
}

static void to_fetching(void)
{
    to_running(STORED);
    provider_kit_reply(&kit, 200, DONE("\"videos\":[" FILM("sample_0.mp4") "," FILM("sample_1.mp4") "]"));
    gv_buf_clear(&kit.trace);
}

static void to_uncertain(void)
{
    begin(TEXT);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    gv_buf_clear(&kit.trace);
}

/* ---- the happy paths -------------------------------------------------------------------------------- */

static void a_film_in_the_answer_is_kept(void **state)
{
    (void)state;
    begin(TEXT);
    assert_int_equal(kit.effect.call.kind, GV_CALL_CREATE);
    provider_kit_reply(&kit, 200, CREATED);
    provider_kit_event(&kit, GV_EV_TIMER);
    assert_int_equal(kit.effect.call.kind, GV_CALL_READ);
    assert_true(kit.effect.call.lifts);
    provider_kit_reply(&kit, 200, CREATED);
    provider_kit_event(&kit, GV_EV_WAKE);
    reply_lifted(DONE("\"videos\":[" INLINE "]"), "video/mp4");
    expect("new start -> " CREATE_LINE "submitting reply 200 -> running: wait\n"
           "running timer -> " POLL_LINE "running reply 200 -> running: wait\n"
           "running wake -> " POLL_LINE "running reply 200 -> succeeded: succeed\n");
    assert_int_equal(kit.effect.keep_count, 1);
    assert_int_equal(kit.effect.keep[0].lifted, 0);
}

static void films_in_a_bucket_are_fetched_with_the_token(void **state)
{
    (void)state;
    to_running(STORED);
    provider_kit_reply(&kit, 200, DONE("\"videos\":[" FILM("sample_0.mp4") "," FILM("sample_1.mp4") "]"));
    assert_string_equal(kit.effect.fetch.base, "VEO_STORAGE_BASE_URL");
    assert_null(kit.effect.fetch.url);
    assert_int_equal(kit.effect.fetch.auth, VEO_AUTH_TOKEN);
    assert_string_equal(kit.effect.fetch.generation_id, "gs://my-bucket/run/gv-job-42/12/sample_0.mp4");
    assert_string_equal(kit.effect.fetch.want, "video/");
    provider_kit_fetched(&kit, 0);
    provider_kit_fetched(&kit, 1);
    expect("running reply 200 -> fetching: fetch 0 " FILM_PATH(
        "sample_0.mp4") "\n"
                        "fetching fetched -> fetching: fetch 1 " FILM_PATH(
                            "sample_1.mp4") "\n"
                                            "fetching fetched -> succeeded: succeed\n");
    assert_null(kit.effect.note);
}

static void films_here_and_there_keep_their_places(void **state)
{
    (void)state;
    to_running(STORED);
    reply_lifted(DONE("\"videos\":[" FILM("sample_0.mp4") "," INLINE "]"), "video/mp4");
    assert_int_equal(kit.effect.keep_count, 1);
    assert_int_equal(kit.effect.keep[0].index, 1);
    assert_int_equal(kit.effect.fetch.index, 0);
    provider_kit_fetched(&kit, 1);
    provider_kit_fetched(&kit, 0);
    expect("running reply 200 -> fetching: fetch 0 " FILM_PATH(
        "sample_0.mp4") "\n"
                        "fetching fetched -> fetching: nothing\nfetching fetched -> succeeded: succeed\n");
}

static void pictures_by_http_are_fetched_first(void **state)
{
    (void)state;
    begin(TWO_PICTURES);
    assert_true(kit.effect.fetch.input);
    assert_string_equal(kit.effect.fetch.want, "image/");
    provider_kit_fetch_failed(&kit, 0, 503);
    provider_kit_event(&kit, GV_EV_TIMER);
    struct gv_event event = {
        .kind = GV_EV_FETCHED,
        .blob = {.sha256 = SHA("aa"), .bytes = 5, .mime_type = "image/png", .width = 90, .height = 160}};
    provider_kit_feed(&kit, &event);
    provider_kit_event(&kit, GV_EV_RESUMED);
    event.index = 1;
    memcpy(event.blob.sha256, "bb", 2);
    provider_kit_feed(&kit, &event);
    expect("new start -> gathering: fetch 0 https://x.example/a.png\n"
           "gathering fetch_failed -> gathering: back off\n"
           "gathering timer -> gathering: fetch 0 https://x.example/a.png\n"
           "gathering fetched -> gathering: fetch 1 https://x.example/b.png\n"
           "gathering resumed -> gathering: fetch 1 https://x.example/b.png\n"
           "gathering fetched -> " CREATE_LINE);
    const char *body = provider_kit_body(&kit);
    expect_words(body, "\"image\":{\"bytesBase64Encoded\":\"<blob " SHA("aa") ">\",\"mimeType\":\"image/png\"}");
    expect_words(body, "\"lastFrame\":{\"bytesBase64Encoded\":\"<blob " SHA("bb") ">\",\"mimeType\":\"image/png\"}");
    expect_words(body, "\"aspectRatio\":\"9:16\"");
}

static void a_picture_that_can_not_be_had_costs_nothing(void **state)
{
    (void)state;
    begin(TWO_PICTURES);
    provider_kit_fetch_failed(&kit, 0, 404);
    expect("new start -> gathering: fetch 0 https://x.example/a.png\n"
           "gathering fetch_failed -> failed: fail invalid_input\n");
    assert_int_equal(kit.effect.error.charged, GV_NO);
    assert_int_equal(kit.effect.error.stage, GV_STAGE_INPUT);
}

static void what_was_fetched_is_looked_at_before_it_is_sent(void **state)
{
    (void)state;
    begin(GENERATE("{\"image\":{\"data\":{\"url\":\"https://x.example/a\"}}}", "{}"));
    provider_kit_feed(&kit, &(struct gv_event){.kind = GV_EV_FETCHED,
                                               .blob = {.sha256 = SHA("aa"), .bytes = 5, .mime_type = "image/webp"}});
    expect("new start -> gathering: fetch 0 https://x.example/a\n"
           "gathering fetched -> failed: fail invalid_input\n");
    expect_words(kit.effect.error.message, "image/webp");
}

/* ---- the Gemini API --------------------------------------------------------------------------------- */

static void a_gemini_film_is_fetched_with_the_key_from_the_own_host_only(void **state)
{
    (void)state;
    begin(GEMINI);
    assert_int_equal(kit.effect.call.auth, VEO_AUTH_KEY);
    assert_string_equal(kit.effect.call.base, "VEO_GEMINI_BASE_URL");
    provider_kit_reply(&kit, 200, GEMINI_CREATED);
    provider_kit_event(&kit, GV_EV_TIMER);
    assert_true(kit.effect.call.lifts);
    provider_kit_reply(&kit, 200, GEMINI_DONE(VEO_GEMINI_URL "/v1beta/files/abc:download?alt=media"));
    assert_int_equal(kit.effect.fetch.auth, VEO_AUTH_KEY);
    assert_string_equal(kit.effect.fetch.base, "VEO_GEMINI_BASE_URL");
    provider_kit_fetch_failed(&kit, 0, 403);
    provider_kit_reply(&kit, 200, GEMINI_DONE("https://evil.example/v1beta/files/abc:download?alt=media"));
    expect("new start -> submitting: POST /v1beta/models/veo-3.1-fast-generate-preview:predictLongRunning\n"
           "submitting reply 200 -> running: wait\n"
           "running timer -> running: GET /v1beta/" GEMINI_NAME "\n"
           "running reply 200 -> fetching: fetch 0 /v1beta/files/abc:download?alt=media\n"
           "fetching fetch_failed -> running: GET /v1beta/" GEMINI_NAME "\n"
           "running reply 200 -> uncertain: park\n");
    expect_words(kit.effect.note, "evil.example");
}

static void a_gemini_film_may_lie_at_the_gateway(void **state)
{
    (void)state;
    provider_kit_begin(&kit, &gv_provider_veo, GEMINI);
    provider_kit_set(&kit, "VEO_GEMINI_BASE_URL", "http://127.0.0.1:8080/");
    provider_kit_event(&kit, GV_EV_START);
    provider_kit_reply(&kit, 200, GEMINI_CREATED);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 200, GEMINI_DONE("http://127.0.0.1:8080/v1beta/files/abc"));
    assert_string_equal(kit.effect.fetch.path, "/v1beta/files/abc:download?alt=media");
}

static void a_gemini_film_in_the_answer_is_kept(void **state)
{
    (void)state;
    begin(GEMINI);
    provider_kit_reply(&kit, 200, GEMINI_CREATED);
    provider_kit_event(&kit, GV_EV_TIMER);
    reply_lifted("{\"done\":true,\"response\":{\"generateVideoResponse\":{\"generatedSamples\":[{\"video\":{"
                 "\"encodedVideo\":\"blob:1\",\"encoding\":\"video/mp4\"}}]}}}",
                 "video/mp4");
    assert_string_equal(provider_kit_phase(&kit), "succeeded");
    assert_int_equal(kit.effect.keep[0].lifted, 1);
}

/* ---- busy, refused, tokens -------------------------------------------------------------------------- */

static void a_create_that_was_never_sent_is_sent_later(void **state)
{
    (void)state;
    begin(TEXT);
    provider_kit_no_reply(&kit, GV_NOT_SENT);
    assert_int_equal(job()->posts, 0);
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_reply(&kit, 429, BUSY);
    provider_kit_event(&kit, GV_EV_RESUMED);
    expect("new start -> " CREATE_LINE "submitting no_reply -> new: back off\n"
           "new timer -> " CREATE_LINE "submitting reply 429 -> new: back off\nnew resumed -> " CREATE_LINE);
}

static void a_quota_is_waited_for_as_long_as_google_says(void **state)
{
    (void)state;
    begin(TEXT);
    provider_kit_reply(&kit, 429,
                       "{\"error\":{\"code\":429,\"message\":\"m\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":["
                       "{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"37s\"}]}}");
    assert_int_equal(kit.effect.wait.ms, 37000);
}

static void a_call_that_can_never_leave_fails(void **state)
{
    (void)state;
    begin(TEXT);
    provider_kit_feed(&kit,
                      &(struct gv_event){.kind = GV_EV_NO_REPLY, .sent = GV_NOT_SENT, .final = true, .why = "no key"});
    expect("new start -> " CREATE_LINE "submitting no_reply -> failed: fail internal_error\n");
    assert_int_equal(kit.effect.error.charged, GV_NO);
}

static void a_refused_token_is_replaced_once(void **state)
{
    (void)state;
    begin(TEXT);
    assert_false(kit.effect.call.fresh_token);
    provider_kit_reply(&kit, 401, DENIED);
    assert_true(kit.effect.call.fresh_token);
    assert_int_equal(job()->posts, 1);
    provider_kit_reply(&kit, 401, DENIED);
    expect("new start -> " CREATE_LINE "submitting reply 401 -> " CREATE_LINE
           "submitting reply 401 -> failed: fail internal_error\n");
    tear_down(NULL);
    to_running(TEXT);
    provider_kit_reply(&kit, 401, DENIED);
    assert_true(kit.effect.call.fresh_token);
    provider_kit_reply(&kit, 200, CREATED);
    provider_kit_event(&kit, GV_EV_TIMER);
    assert_false(kit.effect.call.fresh_token);
    provider_kit_reply(&kit, 401, DENIED);
    assert_true(kit.effect.call.fresh_token);
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
        begin(TEXT);
        provider_kit_reply(&kit, codes[i].http,
                           gv_arena_printf(&kit.arena,
                                           "{\"error\":{\"code\":%d,\"message\":\"words\",\"status\":"
                                           "\"%s\"}}",
                                           codes[i].http, codes[i].name));
        assert_string_equal(provider_kit_phase(&kit), codes[i].phase);
        if (strcmp(codes[i].phase, "failed") == 0) {
            assert_int_equal(kit.effect.error.code, codes[i].error);
            assert_int_equal(kit.effect.error.retryable, codes[i].retryable);
            assert_int_equal(kit.effect.error.charged, GV_NO);
            assert_string_equal(kit.effect.error.provider_code, codes[i].name);
            expect_words(kit.effect.error.message, "words");
        }
        tear_down(NULL);
    }
}

static void every_code_ends_an_operation_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_COUNT(codes); i++) {
        to_running(TEXT);
        provider_kit_reply(
            &kit, 200,
            gv_arena_printf(&kit.arena, "{\"done\":true,\"error\":{\"code\":%d,\"message\":\"words\"}}", codes[i].rpc));
        assert_string_equal(provider_kit_phase(&kit), "failed");
        assert_int_equal(kit.effect.error.code, codes[i].error);
        assert_int_equal(kit.effect.error.retryable, codes[i].retryable);
        assert_int_equal(kit.effect.error.charged, GV_NO);
        assert_int_equal(kit.effect.error.stage, GV_STAGE_RENDER);
        assert_string_equal(kit.effect.error.provider_code, codes[i].name);
        tear_down(NULL);
    }
    to_running(TEXT);
    provider_kit_reply(&kit, 200, ENDED("77", "words"));
    assert_int_equal(kit.effect.error.code, GV_GENERATION_FAILED);
    assert_int_equal(kit.effect.error.retryable, GV_UNKNOWN);
}

/* ---- safety ----------------------------------------------------------------------------------------- */

static void the_filters_words_make_a_failure_moderation(void **state)
{
    (void)state;
    to_running(TEXT);
    provider_kit_reply(&kit, 200,
                       ENDED("3",
                             "Veo could not generate videos because the input image violates Vertex AI's usage "
                             "guidelines. If you think this was an error, send feedback. Support codes: 15236754"));
    assert_int_equal(kit.effect.error.code, GV_GENERATION_FAILED);
    assert_int_equal(kit.effect.error.retryable, GV_NO);
    assert_string_equal(kit.effect.error.provider_code, "15236754");
    expect_words(kit.effect.error.message, "celebrity or likeness");
}

static void a_film_that_is_withheld_fails_uncharged(void **state)
{
    (void)state;
    to_running(TEXT);
    provider_kit_reply(&kit, 200,
                       DONE("\"raiMediaFilteredCount\":1,\"raiMediaFilteredReasons\":[\"Support codes: 62263041\"]"));
    expect("running reply 200 -> failed: fail generation_failed\n");
    assert_int_equal(kit.effect.error.charged, GV_NO);
    assert_int_equal(kit.effect.error.stage, GV_STAGE_OUTPUT);
    assert_string_equal(kit.effect.error.provider_code, "62263041");
    expect_words(kit.effect.error.message, "dangerous");
}

static void films_withheld_in_part_are_told_at_the_end(void **state)
{
    (void)state;
    to_running(STORED);
    provider_kit_reply(&kit, 200,
                       DONE("\"raiMediaFilteredCount\":1,\"raiMediaFilteredReasons\":[\"Support codes: 32635315\"],"
                            "\"videos\":[" FILM("sample_0.mp4") "]"));
    provider_kit_fetched(&kit, 0);
    expect(
        "running reply 200 -> fetching: fetch 0 " FILM_PATH("sample_0.mp4") "\n"
                                                                            "fetching fetched -> succeeded: succeed\n");
    expect_words(kit.effect.note, "1 of 2 films were withheld");
    expect_words(kit.effect.note, "vulgar");
}

static void an_end_without_anything_keeps_the_words(void **state)
{
    (void)state;
    to_running(TEXT);
    provider_kit_reply(&kit, 200, DONE("\"videos\":[],\"oddity\":\"left\""));
    expect("running reply 200 -> failed: fail generation_failed\n");
    expect_words(kit.effect.error.message, "oddity");
    assert_int_equal(kit.effect.error.charged, GV_UNKNOWN);
    tear_down(NULL);
    to_running(TEXT);
    reply_lifted(DONE("\"videos\":[" INLINE "]"), "text/html");
    expect("running reply 200 -> failed: fail generation_failed\n");
}

/* ---- pay once --------------------------------------------------------------------------------------- */

static void a_lost_answer_parks_at_once_where_nothing_can_be_asked(void **state)
{
    (void)state;
    begin(TEXT);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    expect("new start -> " CREATE_LINE "submitting no_reply -> uncertain: park\n");
    expect_words(kit.effect.note, "storage_uri");
    for (unsigned i = 0; i < 3; i++) {
        static const char *const bodies[] = {"<html>", "{}", "{\"name\":\"projects/../operations/1\"}"};
        tear_down(NULL);
        begin(TEXT);
        provider_kit_reply(&kit, 200, bodies[i]);
        expect("new start -> " CREATE_LINE "submitting reply 200 -> uncertain: park\n");
    }
}

static void a_lost_answer_is_found_in_the_bucket(void **state)
{
    (void)state;
    begin(STORED);
    expect_words(provider_kit_body(&kit), "\"storageUri\":\"gs://my-bucket/run/gv-job-42/\"");
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_event(&kit, GV_EV_TIMER);
    assert_int_equal(kit.effect.call.auth, VEO_AUTH_TOKEN);
    provider_kit_reply(&kit, 200, "{\"kind\":\"storage#objects\"}");
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_reply(&kit, 401, DENIED);
    assert_true(kit.effect.call.fresh_token);
    provider_kit_reply(&kit, 200, "{\"items\":[" OBJECT("sample_0.mp4") "," OBJECT("sample_1.mp4") "]}");
    provider_kit_fetched(&kit, 0);
    provider_kit_fetched(&kit, 1);
    expect("new start -> " CREATE_LINE "submitting resumed -> listing: wait\nlisting timer -> " LIST_LINE
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
    begin(STORED);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    gv_buf_clear(&kit.trace);
    for (unsigned look = 0; look < 2; look++) {
        provider_kit_event(&kit, GV_EV_TIMER);
        provider_kit_reply(&kit, 200, "{\"items\":[" OBJECT("sample_0.mp4") "," OBJECT("notes.json") "]}");
    }
    expect("listing timer -> " LIST_LINE "listing reply 200 -> listing: wait\nlisting timer -> " LIST_LINE
           "listing reply 200 -> fetching: fetch 0 " FILM_PATH("sample_0.mp4") "\n");
    provider_kit_fetched(&kit, 0);
    expect_words(kit.effect.note, "1 of 2");
}

static void a_bucket_that_stays_empty_parks(void **state)
{
    (void)state;
    begin(STORED);
    provider_kit_reply(&kit, 503, "<html>");
    provider_kit_event(&kit, GV_EV_TIMER);
    kit.step.now_ms += VEO_LISTS_FOR_MS - 1;
    provider_kit_reply(&kit, 200, "{}");
    provider_kit_event(&kit, GV_EV_TIMER);
    kit.step.now_ms += 1;
    gv_buf_clear(&kit.trace);
    provider_kit_reply(&kit, 200, "{}");
    expect("listing reply 200 -> uncertain: park\n");
    expect_words(kit.effect.note, "gs://my-bucket/run/gv-job-42/");
    provider_kit_resolve(&kit, GV_RESOLVE_LOOK_UP, NULL);
    provider_kit_reply(&kit, 200, "{}");
    expect("uncertain resolve -> " LIST_LINE "listing reply 200 -> uncertain: park\n");
}

static void a_bucket_that_refuses_parks_after_a_while(void **state)
{
    (void)state;
    begin(STORED);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    for (unsigned i = 0; i <= VEO_REFUSALS_MAX; i++) {
        provider_kit_event(&kit, GV_EV_TIMER);
        provider_kit_reply(&kit, 403, FORBIDDEN);
    }
    assert_string_equal(provider_kit_phase(&kit), "uncertain");
}

static void only_who_asked_for_it_pays_twice(void **state)
{
    (void)state;
    begin(DARING);
    for (unsigned i = 0; i < 3; i++)
        provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    expect("new start -> " CREATE_LINE "submitting no_reply -> " CREATE_LINE "submitting no_reply -> " CREATE_LINE
           "submitting no_reply -> uncertain: park\n");
    tear_down(NULL);
    begin(DARING);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    provider_kit_reply(&kit, 403, FORBIDDEN);
    assert_string_equal(provider_kit_phase(&kit), "uncertain"); /* the refusal says nothing of the first one */
}

static void a_person_settles_what_is_parked(void **state)
{
    (void)state;
    to_uncertain();
    provider_kit_resolve(&kit, GV_RESOLVE_LOOK_UP, NULL);
    provider_kit_resolve(&kit, GV_RESOLVE_ADOPT, "projects/p/locations/../x");
    expect_words(kit.effect.note, "is no operation's name");
    provider_kit_resolve(&kit, GV_RESOLVE_ADOPT, NAME);
    expect(
        "uncertain resolve -> uncertain: park\nuncertain resolve -> uncertain: park\nuncertain resolve -> " POLL_LINE);
    tear_down(NULL);
    to_uncertain();
    provider_kit_resolve(&kit, GV_RESOLVE_RESUBMIT, NULL);
    provider_kit_reply(&kit, 429, BUSY);
    expect("uncertain resolve -> " CREATE_LINE "submitting reply 429 -> uncertain: park\n");
    provider_kit_resolve(&kit, GV_RESOLVE_GIVE_UP, NULL);
    expect("uncertain resolve -> failed: fail generation_failed\n");
    assert_int_equal(kit.effect.error.charged, GV_UNKNOWN);
}

/* ---- running and fetching --------------------------------------------------------------------------- */

static void what_can_not_be_asked_is_asked_again(void **state)
{
    (void)state;
    to_running(TEXT);
    provider_kit_reply(&kit, 503, "<html>");
    provider_kit_event(&kit, GV_EV_TIMER);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    provider_kit_event(&kit, GV_EV_RESUMED);
    provider_kit_reply(&kit, 200, "<html>");
    expect("running reply 503 -> running: back off\nrunning timer -> " POLL_LINE
           "running no_reply -> running: back off\nrunning resumed -> " POLL_LINE
           "running reply 200 -> running: back off\n");
}

static void a_poll_that_is_refused_again_and_again_parks(void **state)
{
    (void)state;
    to_running(TEXT);
    for (unsigned i = 0; i <= VEO_REFUSALS_MAX; i++) {
        provider_kit_reply(&kit, 403, FORBIDDEN);
        provider_kit_event(&kit, GV_EV_TIMER);
    }
    assert_string_equal(provider_kit_phase(&kit), "uncertain");
}

static void a_forgotten_operation_fails_or_its_bucket_is_looked_into(void **state)
{
    (void)state;
    to_running(TEXT);
    for (unsigned i = 0; i < VEO_MISSES_MAX; i++)
        provider_kit_reply(&kit, 404, GONE);
    gv_buf_clear(&kit.trace);
    provider_kit_reply(&kit, 404, GONE);
    expect("running reply 404 -> failed: fail generation_failed\n");
    assert_int_equal(kit.effect.error.charged, GV_UNKNOWN);
    tear_down(NULL);
    to_running(STORED);
    for (unsigned i = 0; i < VEO_MISSES_MAX; i++)
        provider_kit_reply(&kit, 404, GONE);
    gv_buf_clear(&kit.trace);
    provider_kit_reply(&kit, 404, GONE);
    expect("running reply 404 -> " LIST_LINE);
}

static void a_film_that_is_not_given_out_is_asked_for_again_and_never_given_up(void **state)
{
    (void)state;
    to_fetching();
    provider_kit_fetch_failed(&kit, 0, 401);
    assert_true(kit.effect.call.fresh_token);
    expect("fetching fetch_failed -> " POLL_LINE);
    for (unsigned i = 1; i < VEO_URL_REFRESHES_MAX; i++) {
        provider_kit_reply(&kit, 200, DONE("\"videos\":[" FILM("sample_0.mp4") "," FILM("sample_1.mp4") "]"));
        provider_kit_fetch_failed(&kit, 0, 403);
    }
    provider_kit_reply(&kit, 200, DONE("\"videos\":[" FILM("sample_0.mp4") "," FILM("sample_1.mp4") "]"));
    gv_buf_clear(&kit.trace);
    provider_kit_fetch_failed(&kit, 0, 403);
    expect("fetching fetch_failed -> uncertain: park\n");
    expect_words(kit.effect.note, "finished and billed");
    provider_kit_resolve(&kit, GV_RESOLVE_LOOK_UP, NULL);
    expect("uncertain resolve -> " POLL_LINE);
}

static void a_slow_network_is_waited_for(void **state)
{
    (void)state;
    to_fetching();
    provider_kit_fetch_failed(&kit, 0, 0);
    provider_kit_fetch_failed(&kit, 1, 404);
    provider_kit_event(&kit, GV_EV_TIMER);
    expect("fetching fetch_failed -> fetching: back off\nfetching fetch_failed -> fetching: nothing\n"
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
        provider_kit_begin(&kit, &gv_provider_veo, TEXT);
        provider_kit_set(&kit, "VEO_PROJECT_ID", "my-proj");
        provider_kit_set(&kit, "GOOGLE_CLOUD_LOCATION", rows[i].location);
        provider_kit_set(&kit, "VEO_BASE_URL", rows[i].base);
        provider_kit_event(&kit, GV_EV_START);
        if (rows[i].wanted == NULL) {
            expect_words(kit.trace.data, gv_arena_printf(&kit.arena, "/locations/%s/", rows[i].location));
        } else {
            assert_int_equal(kit.effect.error.code, GV_INVALID_INPUT);
            assert_int_equal(kit.effect.error.charged, GV_NO);
            expect_words(kit.effect.error.message, rows[i].wanted);
        }
        tear_down(NULL);
    }
}

static void an_operation_elsewhere_is_not_asked_for_at_the_wrong_host(void **state)
{
    (void)state;
    to_uncertain();
    provider_kit_resolve(&kit, GV_RESOLVE_ADOPT,
                         "projects/p/locations/europe-west4/publishers/google/models/m/operations/1");
    expect("uncertain resolve -> uncertain: park\n");
    expect_words(kit.effect.note, "VEO_BASE_URL");
}

static void without_a_project_nothing_is_sent(void **state)
{
    (void)state;
    provider_kit_begin(&kit, &gv_provider_veo, TEXT);
    provider_kit_event(&kit, GV_EV_START);
    expect("new start -> failed: fail invalid_input\n");
    expect_words(kit.effect.error.message, "GOOGLE_CLOUD_PROJECT");
}

/* ---- cancel and deadline ---------------------------------------------------------------------------- */

static void a_cancel_stops_here_and_says_what_is_lost(void **state)
{
    (void)state;
    begin(TEXT);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_reply(&kit, 200, CREATED);
    expect("new start -> " CREATE_LINE "submitting cancel -> submitting: nothing\n"
           "submitting reply 200 -> cancelled: stop\n");
    expect_words(kit.effect.note, NAME);
    tear_down(NULL);
    begin(STORED);
    provider_kit_event(&kit, GV_EV_CANCEL);
    provider_kit_no_reply(&kit, GV_MAYBE_SENT);
    expect_words(kit.effect.note, "not known");
    tear_down(NULL);
    to_fetching();
    provider_kit_event(&kit, GV_EV_CANCEL);
    expect_words(kit.effect.note, "gs://my-bucket/run/gv-job-42/");
    tear_down(NULL);
    begin(TWO_PICTURES);
    provider_kit_event(&kit, GV_EV_CANCEL);
    expect_words(kit.effect.note, "before Google had the wish");
}

static void a_deadline_ends_what_costs_nothing_by_it_and_parks_the_rest(void **state)
{
    (void)state;
    begin(TEXT);
    provider_kit_reply(&kit, 429, BUSY);
    provider_kit_event(&kit, GV_EV_DEADLINE);
    assert_int_equal(kit.effect.error.charged, GV_NO);
    tear_down(NULL);
    begin(TEXT);
    provider_kit_event(&kit, GV_EV_DEADLINE);
    assert_string_equal(provider_kit_phase(&kit), "uncertain");
    tear_down(NULL);
    to_running(TEXT);
    provider_kit_event(&kit, GV_EV_DEADLINE);
    assert_int_equal(kit.effect.error.charged, GV_UNKNOWN);
    expect_words(kit.effect.error.message, NAME);
    tear_down(NULL);
    to_fetching();
    provider_kit_event(&kit, GV_EV_DEADLINE);
    assert_string_equal(provider_kit_phase(&kit), "uncertain");
}

int main(void)
{
#define STORY(name) cmocka_unit_test_teardown(name, tear_down)
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
        STORY(a_deadline_ends_what_costs_nothing_by_it_and_parks_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
