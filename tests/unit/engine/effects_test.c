/* Each effect by itself: a provider that answers every event with the next effect of a script, and the far end that
 * this test plays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/codec.h"
#include "base/error.h"
#include "support/toy_world.h"

#define EFFECTS_MAX 12

enum { WORKING, DONE, FAILED };

/* ---- the scripted provider -------------------------------------------------------------------------- */

static struct script {
    struct gv_effect effects[EFFECTS_MAX];
    size_t count;
    char heard[1024]; /* one word per event */
    unsigned token_requests, lifetime_s;
    struct gv_blob_info last_blob;
    char last_body[256];
} script;

struct scripted_state {
    int phase;
    uint32_t at;
};

static const struct gv_field state_fields[] = {
    {.name = "at", .shape = GV_SHAPE_U32, .offset = offsetof(struct scripted_state, at)}};
static const struct gv_schema state_schema = {
    "scripted-state", sizeof(struct scripted_state), state_fields, 1, NULL, 0};
static const struct gv_phase phases[] = {
    [WORKING] = {"working", GV_RUNNING, GV_BIT(WORKING) | GV_BIT(DONE) | GV_BIT(FAILED), 0},
    [DONE] = {"done", GV_SUCCEEDED, 0, GV_PHASE_END},
    [FAILED] = {"failed", GV_FAILED, 0, GV_PHASE_END},
};
static const struct gv_provider scripted;

static const char *word(const struct gv_event *event)
{
    switch (event->kind) {
    case GV_EV_START: return "start";
    case GV_EV_REPLY: return event->reply.status == 200 ? "reply" : "refused";
    case GV_EV_NO_REPLY: return event->final ? "final" : event->sent == GV_NOT_SENT ? "not-sent" : "lost";
    case GV_EV_TIMER: return "timer";
    case GV_EV_FETCHED: return "fetched";
    case GV_EV_FETCH_FAILED: return "not-fetched";
    case GV_EV_TRANSFORMED: return "transformed";
    case GV_EV_TRANSFORM_FAILED: return "not-transformed";
    default: return "other";
    }
}

static struct gv_effect step(const struct gv_step *in, void *state, const struct gv_event *event)
{
    struct scripted_state *s = state;
    (void)in;
    size_t used = strlen(script.heard);
    snprintf(script.heard + used, sizeof(script.heard) - used, "%s ", word(event));
    script.last_blob = event->blob;
    if (event->lifted_count > 0)
        script.last_blob = event->lifted[0];
    script.last_blob.mime_type = NULL;
    snprintf(script.last_body, sizeof(script.last_body), "%.200s", event->reply.body);
    struct gv_error ended = {.code = GV_GENERATION_FAILED, .message = "the script is over"};
    struct gv_effect effect = s->at < script.count ? script.effects[s->at++] : gv_effect_fail(&ended);
    if (effect.kind == GV_EFF_FAIL || effect.kind == GV_EFF_SUCCEED)
        gv_phase_go(&scripted, s, effect.kind == GV_EFF_FAIL ? FAILED : DONE);
    return effect;
}

static int sign(struct gv_header *headers, size_t *count, const struct gv_call *call, const struct gv_sign_with *with,
                struct gv_arena *arena, struct gv_error *err)
{
    (void)call;
    if (with->token == NULL)
        return gv_fail(err, GV_INTERNAL_ERROR, "no token came");
    headers[(*count)++] = (struct gv_header){"Authorization", gv_arena_printf(arena, "Bearer %s", with->token)};
    return GV_OK;
}

static int token_request(struct gv_call *out, bool *needed, const struct gv_sign_with *with, struct gv_arena *arena,
                         struct gv_error *err)
{
    (void)with, (void)arena, (void)err;
    *needed = true;
    *out = (struct gv_call){.method = "POST", .path = "/token"};
    return GV_OK;
}

static int token_read(const char **out, uint32_t *lifetime_s, const struct gv_reply *reply, struct gv_arena *arena,
                      struct gv_error *err)
{
    (void)err;
    *out = gv_arena_strdup(arena, reply->body);
    *lifetime_s = script.lifetime_s;
    return GV_OK;
}

static const struct gv_setting settings[] = {{.name = "SCRIPTED_BASE_URL", .preset = "http://far.example"}};
static const struct gv_provider scripted = {
    .name = "scripted",
    .title = "Scripted",
    .settings = settings,
    .setting_count = 1,
    .pace = {.calls_max = 8},
    .phases = phases,
    .phase_count = GV_COUNT(phases),
    .state = &state_schema,
    .step = step,
    .sign = sign,
    .token_request = token_request,
    .token_read = token_read,
};

static struct gv_effect *add(struct gv_effect effect)
{
    assert_true(script.count < EFFECTS_MAX);
    script.effects[script.count] = effect;
    return &script.effects[script.count++];
}

static struct gv_call *add_call(const char *path)
{
    struct gv_call call = {.what = path, .method = "GET", .path = path};
    return &add(gv_effect_call(&call))->call;
}

/* ---- the world --------------------------------------------------------------------------------------- */

struct world {
    struct toy_world engine; /* the first, so that each is the other's pointer */
    struct gv_media_tools media;
    char lifted[8192]; /* a JSON answer with the film in it */
    bool token_refused, anonymous_seen;
    char bearer_last[64];
};

static void answer(struct gv_http_memory_answer *out, int status, const char *body)
{
    *out = (struct gv_http_memory_answer){
        .status = status, .content_type = "application/json", .body = body, .body_bytes = strlen(body), .delay_ms = 10};
}

static void far_end(void *ctx, struct gv_http_memory_answer *out, const struct gv_http_request *request,
                    const char *body)
{
    struct world *w = ctx;
    static char token[32];
    (void)body;
    const char *path = strchr(request->url + strlen("http://"), '/');
    const struct gv_header *last = request->header_count > 0 ? &request->headers[request->header_count - 1] : NULL;
    bool bearer = last != NULL && strcmp(last->name, "Authorization") == 0;
    if (bearer)
        snprintf(w->bearer_last, sizeof(w->bearer_last), "%s", last->value);
    if (strcmp(path, "/token") == 0) {
        snprintf(token, sizeof(token), "token%u", ++script.token_requests);
        answer(out, w->token_refused ? 401 : 200, token);
    } else if (strcmp(path, "/lifted") == 0) {
        answer(out, 200, w->lifted);
    } else if (strstr(path, ".mp4") != NULL) {
        w->anonymous_seen |= !bearer;
        *out = (struct gv_http_memory_answer){
            .status = 200, .content_type = "video/mp4", .body = TOY_FILM, .body_bytes = TOY_FILM_BYTES, .delay_ms = 10};
    } else {
        answer(out, strcmp(path, "/denied") == 0 ? 401 : 200, "{}");
    }
}

static int no_probe(struct gv_blob_info *io, struct gv_media_tools *tools, const char *path, struct gv_error *err)
{
    (void)io, (void)tools, (void)path, (void)err;
    return GV_OK;
}

static const struct gv_media_vtable media_vtable = {.probe = no_probe};

/* A film of some size as base64 in a JSON answer. */
static void make_lifted(struct world *w)
{
    static char film[4800];
    static char text[6500];
    memcpy(film, TOY_FILM, TOY_FILM_BYTES);
    gv_base64_encode(text, film, sizeof(film));
    snprintf(w->lifted, sizeof(w->lifted), "{\"done\":true,\"video\":\"%s\",\"note\":\"short\"}", text);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    script = (struct script){.lifetime_s = 3600};
    make_lifted(w);
    w->media.vtable = &media_vtable;
    w->engine.account = (struct gv_account){.provider = &scripted, .settings = {.values = {"http://far.example"}}};
    w->engine.far_end = far_end;
    w->engine.media = &w->media;
    toy_world_open(&w->engine);
    *state = w;
    return 0;
}

static void run(struct world *w)
{
    toy_submit(&w->engine);
    toy_run_to_rest(&w->engine);
}

static bool is_wanted(struct world *w, const char *sha256)
{
    struct gv_journal *journal = w->engine.journal;
    return journal->vtable->blob_wanted(journal, sha256);
}

/* ---- tests --------------------------------------------------------------------------------------------- */

static void test_one_token_serves_many_calls(void **state)
{
    struct world *w = *state;
    add_call("/a");
    add_call("/b");
    add_call("/c");
    run(w);
    assert_string_equal(script.heard, "start reply reply reply ");
    assert_int_equal(script.token_requests, 1);
    assert_string_equal(w->bearer_last, "Bearer token1");
}

static void test_a_token_is_fetched_anew_before_it_ends(void **state)
{
    struct world *w = *state;
    add_call("/a");
    add(gv_effect_wait(GV_WAIT_POLL, 3400 * 1000)); /* its last five minutes have begun */
    add_call("/b");
    run(w);
    assert_int_equal(script.token_requests, 2);
    assert_string_equal(w->bearer_last, "Bearer token2");
}

static void test_a_refused_token_is_replaced_when_the_step_says_so(void **state)
{
    struct world *w = *state;
    add_call("/denied");
    add_call("/again")->fresh_token = true;
    run(w);
    assert_string_equal(script.heard, "start refused reply ");
    assert_int_equal(script.token_requests, 2);
}

static void test_refused_credentials_are_final_and_nothing_was_sent(void **state)
{
    struct world *w = *state;
    w->token_refused = true;
    add_call("/a");
    run(w);
    assert_string_equal(script.heard, "start final ");
    assert_string_equal(w->bearer_last, "");
}

static void test_a_lifted_film_is_kept_as_output(void **state)
{
    struct world *w = *state;
    add_call("/lifted")->lifts = true;
    struct gv_effect *end = add((struct gv_effect){.kind = GV_EFF_SUCCEED, .keep_count = 1});
    end->keep[0] = (struct gv_keep){.index = 0, .lifted = 0, .generation_id = "film"};
    run(w);
    assert_string_equal(script.last_body, "{\"done\":true,\"video\":\"blob:0\",\"note\":\"short\"}");
    assert_int_equal(script.last_blob.bytes, 4800);
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    toy_row(&w->engine, &row, &arena);
    assert_int_equal(row->status, GV_SUCCEEDED);
    assert_non_null(strstr(row->outputs, script.last_blob.sha256));
    gv_arena_free(&arena);
    assert_true(is_wanted(w, script.last_blob.sha256));
}

static void test_an_answer_that_breaks_inside_base64_is_lost(void **state)
{
    struct world *w = *state;
    w->lifted[6000] = '\0';
    add_call("/lifted")->lifts = true;
    run(w);
    assert_string_equal(script.heard, "start lost ");
}

static void test_a_signed_fetch_carries_credentials_and_another_none(void **state)
{
    struct world *w = *state;
    add((struct gv_effect){.kind = GV_EFF_FETCH, .fetch = {.path = "/store/one.mp4", .want = "video/"}});
    run(w);
    assert_string_equal(script.heard, "start fetched ");
    assert_false(w->anonymous_seen);
    assert_string_equal(w->bearer_last, "Bearer token1");
    assert_true(is_wanted(w, script.last_blob.sha256));
}

static void test_a_fetch_from_elsewhere_gets_no_credentials(void **state)
{
    struct world *w = *state;
    add((struct gv_effect){.kind = GV_EFF_FETCH, .fetch = {.url = "http://films.example/x.mp4", .want = "video/"}});
    run(w);
    assert_true(w->anonymous_seen);
    assert_int_equal(script.token_requests, 0);
}

static void test_an_input_is_fetched_but_is_no_output(void **state)
{
    struct world *w = *state;
    add((struct gv_effect){.kind = GV_EFF_FETCH,
                           .fetch = {.url = "http://films.example/x.mp4", .want = "video/", .input = true}});
    run(w);
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    toy_row(&w->engine, &row, &arena);
    assert_null(row->outputs);
    gv_arena_free(&arena);
    assert_true(is_wanted(w, script.last_blob.sha256));
}

static void test_a_picture_without_local_files_is_not_transformed(void **state)
{
    struct world *w = *state;
    add((struct gv_effect){.kind = GV_EFF_TRANSFORM,
                           .transform = {.blob = {.sha256 = "00"}, .width = 1024, .height = 576}});
    run(w);
    assert_string_equal(script.heard, "start not-transformed ");
}

/* A journal whose disk takes its time. */
static const struct gv_journal_vtable *quick;
static struct gv_journal_batch *on_disk;
static struct toy_world *slow_world;

static void commit_now(void *ctx)
{
    struct gv_timer **timer = ctx;
    struct gv_journal_batch *batch = on_disk;
    slow_world->loop->vtable->timer_free(*timer);
    on_disk = NULL;
    quick->commit(slow_world->journal, batch);
}

static void slow_commit(struct gv_journal *journal, struct gv_journal_batch *batch)
{
    static struct gv_timer *timer;
    (void)journal;
    assert_null(on_disk);
    on_disk = batch;
    timer = slow_world->loop->vtable->timer_new(slow_world->loop, commit_now, &timer);
    slow_world->loop->vtable->timer_start(timer, 100);
}

static void put_done(void *ctx, int code, const struct gv_error *err)
{
    (void)ctx, (void)err;
    assert_int_equal(code, GV_OK);
}

static bool first_is_called(void *ctx)
{
    return ((struct world *)ctx)->bearer_last[0] != '\0';
}

/* The first call's answer comes while the step that replaces the call is on its way to the disk. */
static void test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one(void **state)
{
    struct toy_world *e = *state;
    static struct gv_journal_vtable slow;
    add_call("/first");
    add_call("/denied");
    toy_submit(e);
    assert_true(gv_loop_virtual_run(e->loop, first_is_called, e, 10000));
    struct gv_inbox_row message = {.job_id = "gv_one", .kind = GV_INBOX_WAKE};
    gv_driver_put(e->driver, &message, put_done, NULL);
    slow_world = e;
    quick = e->journal->vtable;
    slow = *quick;
    slow.commit = slow_commit;
    gv_loop_virtual_turn(e->loop); /* the message is on its way at the quick pace, its step is not */
    e->journal->vtable = &slow;
    toy_run_to_rest(e);
    e->journal->vtable = quick;
    assert_string_equal(script.heard, "start other refused ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, toy_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_one_token_serves_many_calls),
        TEST(test_a_token_is_fetched_anew_before_it_ends),
        TEST(test_a_refused_token_is_replaced_when_the_step_says_so),
        TEST(test_refused_credentials_are_final_and_nothing_was_sent),
        TEST(test_a_lifted_film_is_kept_as_output),
        TEST(test_an_answer_that_breaks_inside_base64_is_lost),
        TEST(test_a_signed_fetch_carries_credentials_and_another_none),
        TEST(test_a_fetch_from_elsewhere_gets_no_credentials),
        TEST(test_an_input_is_fetched_but_is_no_output),
        TEST(test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one),
        TEST(test_a_picture_without_local_files_is_not_transformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
