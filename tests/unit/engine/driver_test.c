/* The engine in a world of its own: virtual time, journal and blobs in memory, and a far end that this test plays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/assert.h"
#include "base/error.h"
#include "blob/memory.h"
#include "engine/driver.h"
#include "http/memory.h"
#include "journal/memory.h"
#include "loop/virtual.h"

extern const struct gv_provider gv_provider_toy; /* examples/provider/toy */

#define START_MS 1790000000000
#define FILM                                                                                                           \
    "\0\0\0\x18"                                                                                                       \
    "ftypisom"                                                                                                         \
    "a film, for all that is looked at here"
#define FILM_BYTES (sizeof(FILM) - 1)
#define TRACE_BYTES 8192
#define REQUEST "{\"operation\":\"generate\",\"input\":{\"text\":\"a boat\"},\"config\":{}}"

struct world {
    struct gv_loop *loop;
    struct gv_memory_journal_store *jobs;
    struct gv_memory_blobs_store *files;
    struct gv_journal *journal;
    struct gv_blobs *blobs;
    struct gv_http *http;
    struct gv_driver *driver;
    struct gv_account account;
    char trace[TRACE_BYTES];
    unsigned engines;
    /* the far end */
    unsigned creates, polls, finds, downloads, calls_now, calls_most;
    char task[32]; /* the one it has, or "" */
    bool lose_answers, refuse_connections, forget_tasks, create_slow;
    unsigned polls_busy;   /* so many polls answer "busy" first */
    const char *poll_says; /* instead of a URL */
    size_t download_cut;   /* of the first download */
    const char *download_type, *download_body;
    bool phase_was_committed;
    bool accepted;
    char job_id[40];
    int code;
};

static void read_row(struct world *w, const struct gv_job_row **row, struct gv_arena *arena)
{
    assert_int_equal(w->journal->vtable->get(row, w->journal, w->job_id, arena, NULL), GV_OK);
    assert_non_null(*row);
}

static bool in_phase(struct world *w, const char *phase)
{
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    read_row(w, &row, &arena);
    bool yes = strcmp(row->phase, phase) == 0;
    gv_arena_free(&arena);
    return yes;
}

static void answer_create(struct world *w, struct gv_http_memory_answer *out)
{
    w->phase_was_committed = in_phase(w, "submitting");
    if (w->refuse_connections) {
        *out = (struct gv_http_memory_answer){.failure = GV_HTTP_NOT_SENT, .sent = GV_NOT_SENT};
        w->refuse_connections = false;
        return;
    }
    w->creates++;
    snprintf(w->task, sizeof(w->task), "{\"id\":\"task%u\"}", w->creates);
    *out = (struct gv_http_memory_answer){
        .status = 200, .body = w->task, .body_bytes = strlen(w->task), .delay_ms = w->create_slow ? 2000 : 10};
    if (w->lose_answers)
        *out = (struct gv_http_memory_answer){.failure = GV_HTTP_NO_ANSWER, .sent = GV_MAYBE_SENT};
}

static void answer_text(struct gv_http_memory_answer *out, int status, const char *text)
{
    *out = (struct gv_http_memory_answer){.status = status, .body = text, .body_bytes = strlen(text), .delay_ms = 10};
}

static void far_end(void *ctx, struct gv_http_memory_answer *out, const struct gv_http_request *request,
                    const char *body)
{
    struct world *w = ctx;
    (void)body;
    const char *path = request->url + strlen("http://toy.example");
    if (strcmp(path, "/create") == 0) {
        assert_true(request->once);
        answer_create(w, out);
    } else if (strncmp(path, "/find/", 6) == 0) {
        w->finds++;
        bool known = w->task[0] != '\0' && !w->forget_tasks;
        answer_text(out, known ? 200 : 404, known ? w->task : "{}");
    } else if (strncmp(path, "/task/", 6) == 0) {
        w->polls++;
        answer_text(out, 200, w->polls <= w->polls_busy ? "{\"status\":\"busy\"}" : w->poll_says);
    } else {
        w->downloads++;
        *out = (struct gv_http_memory_answer){.status = 200,
                                              .content_type = w->download_type,
                                              .etag = "\"one\"",
                                              .body = w->download_body,
                                              .body_bytes = FILM_BYTES,
                                              .delay_ms = 10};
        if (w->downloads == 1)
            out->cut_bytes = w->download_cut;
    }
}

static void on_transition(void *ctx, const struct gv_transition *t)
{
    struct world *w = ctx;
    size_t used = strlen(w->trace);
    snprintf(w->trace + used, TRACE_BYTES - used, "%s > %s: %s\n", t->event, t->phase, t->effect);
}

static void open_engine(struct world *w)
{
    char owner[16];
    snprintf(owner, sizeof(owner), "engine%u", ++w->engines);
    assert_int_equal(gv_journal_memory_open(&w->journal, w->jobs, w->loop, owner), GV_OK);
    assert_int_equal(gv_blobs_memory_open(&w->blobs, w->files), GV_OK);
    w->http = gv_http_memory_open(w->loop, w->blobs, far_end, w);
    struct gv_driver_config config = {.loop = w->loop,
                                      .journal = w->journal,
                                      .blobs = w->blobs,
                                      .http = w->http,
                                      .crypto = &gv_crypto_openssl,
                                      .accounts = &w->account,
                                      .account_count = 1,
                                      .output_bytes_max = 1 << 20,
                                      .on_transition = on_transition,
                                      .ctx = w};
    gv_driver_open(&w->driver, &config);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    w->loop = gv_loop_virtual_open(1, START_MS);
    w->jobs = gv_memory_journal_store_new();
    w->files = gv_memory_blobs_store_new(&gv_crypto_openssl);
    w->account = (struct gv_account){
        .provider = &gv_provider_toy, .settings = {.values = {"http://toy.example", "secret"}}, .credential_set = 1};
    w->poll_says = "{\"status\":\"done\",\"url\":\"http://films.example/one.mp4?sig=x\"}";
    w->download_type = "video/mp4";
    w->download_body = FILM;
    open_engine(w);
    *state = w;
    return 0;
}

static void stopped(void *ctx)
{
    *(bool *)ctx = true;
}

static bool is_true(void *ctx)
{
    return *(bool *)ctx;
}

static void close_engine(struct world *w)
{
    bool done = false;
    gv_driver_stop(w->driver, stopped, &done);
    assert_true(gv_loop_virtual_run(w->loop, is_true, &done, 100000));
    gv_driver_close(w->driver);
    gv_http_memory_close(w->http);
    w->journal->vtable->close(w->journal);
    w->blobs->vtable->close(w->blobs);
}

static int teardown(void **state)
{
    struct world *w = *state;
    close_engine(w);
    gv_memory_journal_store_free(w->jobs);
    gv_memory_blobs_store_free(w->files);
    gv_loop_virtual_close(w->loop);
    free(w);
    return 0;
}

static void accepted(void *ctx, int code, const char *job_id, bool repeated, const struct gv_error *err)
{
    struct world *w = ctx;
    (void)repeated, (void)err;
    w->accepted = true;
    w->code = code;
    if (code == GV_OK)
        snprintf(w->job_id, sizeof(w->job_id), "%s", job_id);
}

static void submit(struct world *w)
{
    struct gv_job_row row = {.id = "gv_one",
                             .provider = "toy",
                             .operation = "generate",
                             .request = REQUEST,
                             .phase = "new",
                             .status = GV_PENDING,
                             .note = "",
                             .progress = -1,
                             .usd = 1,
                             .created_ms = START_MS,
                             .updated_ms = START_MS,
                             .deadline_ms = START_MS + 7200000,
                             .request_sha256 = "r",
                             .owner = w->journal->vtable->owner(w->journal)};
    w->accepted = false;
    snprintf(w->job_id, sizeof(w->job_id), "%s", row.id);
    gv_driver_accept(w->driver, &(struct gv_wish){.row = &row}, accepted, w);
    assert_true(gv_loop_virtual_run(w->loop, is_true, &w->accepted, 1000));
    assert_int_equal(w->code, GV_OK);
}

static bool at_rest(void *ctx)
{
    struct world *w = ctx;
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    read_row(w, &row, &arena);
    bool yes = row->status == GV_SUCCEEDED || row->status == GV_FAILED || row->parked;
    gv_arena_free(&arena);
    return yes;
}

static bool has_succeeded(void *ctx)
{
    return in_phase(ctx, "succeeded");
}

static void run_to_rest(struct world *w)
{
    assert_true(gv_loop_virtual_run(w->loop, at_rest, w, 100000));
}

#define HAPPY_END                                                                                                      \
    "timer > running: call\n"                                                                                          \
    "reply > fetching: fetch\n"                                                                                        \
    "fetched > succeeded: succeed\n"

static void test_a_job_goes_from_wish_to_stored_film(void **state)
{
    struct world *w = *state;
    submit(w);
    run_to_rest(w);
    assert_string_equal(w->trace, "start > submitting: call\n"
                                  "reply > running: wait\n" HAPPY_END);
    assert_int_equal(w->creates, 1);
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    read_row(w, &row, &arena);
    assert_int_equal(row->status, GV_SUCCEEDED);
    assert_null(row->owner);
    assert_non_null(strstr(row->outputs, "\"source_url\":\"http://films.example/one.mp4\""));
    assert_null(strstr(row->outputs, "sig="));
    gv_arena_free(&arena);
}

static void test_a_create_leaves_only_after_its_step_is_on_disk(void **state)
{
    struct world *w = *state;
    submit(w);
    run_to_rest(w);
    assert_true(w->phase_was_committed);
}

static void test_a_create_that_was_not_sent_is_sent_again(void **state)
{
    struct world *w = *state;
    w->refuse_connections = true;
    submit(w);
    run_to_rest(w);
    assert_int_equal(w->creates, 1);
    assert_string_equal(w->trace, "start > submitting: call\n"
                                  "no reply > new: wait\n"
                                  "timer > submitting: call\n"
                                  "reply > running: wait\n" HAPPY_END);
}

static void test_a_lost_answer_is_looked_up_and_adopted(void **state)
{
    struct world *w = *state;
    w->lose_answers = true;
    submit(w);
    run_to_rest(w);
    assert_int_equal(w->creates, 1);
    assert_string_equal(w->trace, "start > submitting: call\n"
                                  "no reply > looking: call\n"
                                  "reply > running: wait\n" HAPPY_END);
}

static void put_done(void *ctx, int code, const struct gv_error *err)
{
    (void)err;
    assert_int_equal(code, GV_OK);
    *(bool *)ctx = true;
}

static void taken(void *ctx, bool yes, const struct gv_error *why)
{
    assert_null(why);
    assert_true(yes);
    *(bool *)ctx = true;
}

static void tell(struct world *w, enum gv_inbox_kind kind, const char *payload)
{
    bool done = false;
    struct gv_inbox_row message = {.job_id = w->job_id, .kind = kind, .payload = payload};
    gv_driver_put(w->driver, &message, put_done, &done);
    assert_true(gv_loop_virtual_run(w->loop, is_true, &done, 1000));
}

static void take(struct world *w)
{
    bool done = false;
    gv_driver_take(w->driver, w->job_id, taken, &done);
    assert_true(gv_loop_virtual_run(w->loop, is_true, &done, 1000));
}

static void test_what_is_not_found_is_parked_until_a_person_settles_it(void **state)
{
    struct world *w = *state;
    w->lose_answers = w->forget_tasks = true;
    submit(w);
    run_to_rest(w);
    assert_true(in_phase(w, "uncertain"));
    assert_int_equal(w->creates, 1);
    tell(w, GV_INBOX_RESOLVE, "{\"how\":1,\"task_id\":\"task1\"}");
    take(w);
    assert_true(gv_loop_virtual_run(w->loop, has_succeeded, w, 100000));
    assert_int_equal(w->creates, 1);
}

/* The process is gone: what was not committed never was, its exchanges bring nothing. */
static void crash(struct world *w)
{
    gv_memory_journal_crash(w->jobs, w->journal, 0);
    bool gone = false;
    gv_driver_abandon(w->driver, stopped, &gone);
    while (!gone)
        gv_loop_virtual_turn(w->loop);
    gv_driver_close(w->driver);
    gv_http_memory_close(w->http);
    w->blobs->vtable->close(w->blobs);
}

static bool create_arrived(void *ctx)
{
    return ((struct world *)ctx)->creates == 1;
}

/* A second engine takes the job of a first one that vanished after its create had arrived. */
static void test_a_crash_after_the_create_pays_once(void **state)
{
    struct world *w = *state;
    w->create_slow = true;
    submit(w);
    assert_true(gv_loop_virtual_run(w->loop, create_arrived, w, 1000));
    crash(w);
    w->trace[0] = '\0';
    open_engine(w);
    take(w);
    run_to_rest(w);
    assert_int_equal(w->creates, 1);
    assert_true(in_phase(w, "succeeded"));
    assert_string_equal(w->trace, "resumed > looking: call\n"
                                  "reply > running: wait\n" HAPPY_END);
}

/* A journal that refuses what the test says before the real one sees it. */
static const struct gv_journal_vtable *real_vtable;
static struct gv_loop *refusing_loop;
static unsigned refuse_commits, steal_steps;

static void refusing_commit(struct gv_journal *journal, struct gv_journal_batch *batch)
{
    struct gv_loop *loop = refusing_loop;
    bool has_step = batch->op_count > 0 && batch->ops[0].kind == GV_JOURNAL_STEP;
    if (has_step && refuse_commits > 0) {
        refuse_commits--;
        batch->result = gv_fail(&batch->error, GV_INTERNAL_ERROR, "the disk is full");
        loop->vtable->post(loop, batch->done, batch->ctx);
    } else if (has_step && steal_steps > 0) {
        steal_steps--;
        batch->ops[0].verdict = GV_JOURNAL_LOST_LEASE;
        loop->vtable->post(loop, batch->done, batch->ctx);
    } else {
        real_vtable->commit(journal, batch);
    }
}

static void use_refusing_journal(struct world *w)
{
    static struct gv_journal_vtable refusing;
    refusing_loop = w->loop;
    real_vtable = w->journal->vtable;
    refusing = *real_vtable;
    refusing.commit = refusing_commit;
    w->journal->vtable = &refusing;
}

static void test_an_engine_whose_lease_was_taken_lets_go(void **state)
{
    struct world *w = *state;
    use_refusing_journal(w);
    steal_steps = 1;
    submit(w);
    assert_false(gv_loop_virtual_run(w->loop, at_rest, w, 2000));
    assert_int_equal(w->creates, 0);
    assert_string_equal(w->trace, "");
    w->journal->vtable = real_vtable;
}

static void test_what_the_disk_refuses_is_not_done_and_tried_again(void **state)
{
    struct world *w = *state;
    use_refusing_journal(w);
    refuse_commits = 2; /* the create's step, then the same once more */
    submit(w);
    run_to_rest(w);
    assert_int_equal(refuse_commits, 0);
    assert_int_equal(w->creates, 1);
    assert_true(w->phase_was_committed);
    assert_true(in_phase(w, "succeeded"));
    w->journal->vtable = real_vtable;
}

static void test_cancel_while_the_create_is_under_way_waits_for_its_answer(void **state)
{
    struct world *w = *state;
    w->create_slow = true;
    submit(w);
    assert_true(gv_loop_virtual_run(w->loop, create_arrived, w, 1000));
    tell(w, GV_INBOX_CANCEL, NULL);
    run_to_rest(w);
    assert_string_equal(w->trace, "start > submitting: call\n"
                                  "cancel > submitting: nothing\n"
                                  "reply > cancelled: cancelled\n");
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    read_row(w, &row, &arena);
    assert_true(row->cancelled);
    assert_non_null(strstr(row->error, "\"cancelled\""));
    gv_arena_free(&arena);
}

static void test_a_broken_download_goes_on_where_it_broke(void **state)
{
    struct world *w = *state;
    w->download_cut = 20;
    submit(w);
    run_to_rest(w);
    assert_int_equal(w->downloads, 2);
    assert_true(in_phase(w, "succeeded"));
    assert_non_null(strstr(w->trace, "fetch failed > fetching: wait\n"
                                     "timer > fetching: fetch\n"
                                     "fetched > succeeded: succeed\n"));
}

static void test_an_error_page_is_never_stored_as_a_film(void **state)
{
    struct world *w = *state;
    w->download_body = "<!DOCTYPE html><html><body>Sorry, try again later</body></html>";
    w->download_type = "text/html";
    submit(w);
    assert_true(gv_loop_virtual_run(w->loop, at_rest, w, 100000));
    assert_true(in_phase(w, "failed")); /* at its deadline */
    assert_true(w->downloads > 3);
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    read_row(w, &row, &arena);
    assert_null(row->outputs);
    gv_arena_free(&arena);
}

static void test_a_failed_task_ends_the_job_with_the_providers_words(void **state)
{
    struct world *w = *state;
    w->poll_says = "{\"status\":\"failed\",\"why\":\"Image pixel is invalid\"}";
    submit(w);
    run_to_rest(w);
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    read_row(w, &row, &arena);
    assert_int_equal(row->status, GV_FAILED);
    assert_non_null(strstr(row->error, "Image pixel is invalid"));
    gv_arena_free(&arena);
}

static void test_stopping_lets_a_paid_create_come_home(void **state)
{
    struct world *w = *state;
    w->create_slow = true;
    submit(w);
    assert_true(gv_loop_virtual_run(w->loop, create_arrived, w, 1000));
    close_engine(w);
    assert_string_equal(w->trace, "start > submitting: call\nreply > running: wait\n");
    open_engine(w);
    take(w);
    run_to_rest(w);
    assert_int_equal(w->creates, 1);
    assert_int_equal(w->finds, 0);
}

static void test_the_same_key_gives_the_same_job(void **state)
{
    struct world *w = *state;
    struct gv_job_row row = {.id = "gv_two",
                             .provider = "toy",
                             .operation = "generate",
                             .request = REQUEST,
                             .phase = "new",
                             .status = GV_PENDING,
                             .idempotency_key = "k",
                             .request_sha256 = "r",
                             .deadline_ms = START_MS + 7200000};
    for (int i = 0; i < 2; i++) {
        w->accepted = false;
        gv_driver_accept(w->driver, &(struct gv_wish){.row = &row}, accepted, w);
        assert_true(gv_loop_virtual_run(w->loop, is_true, &w->accepted, 1000));
        assert_int_equal(w->code, GV_OK);
        assert_string_equal(w->job_id, "gv_two");
        row.id = "gv_three";
    }
    row.request_sha256 = "other";
    w->accepted = false;
    gv_driver_accept(w->driver, &(struct gv_wish){.row = &row}, accepted, w);
    assert_true(gv_loop_virtual_run(w->loop, is_true, &w->accepted, 1000));
    assert_int_equal(w->code, GV_INVALID_INPUT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_job_goes_from_wish_to_stored_film),
        TEST(test_a_create_leaves_only_after_its_step_is_on_disk),
        TEST(test_a_create_that_was_not_sent_is_sent_again),
        TEST(test_a_lost_answer_is_looked_up_and_adopted),
        TEST(test_what_is_not_found_is_parked_until_a_person_settles_it),
        TEST(test_a_crash_after_the_create_pays_once),
        TEST(test_an_engine_whose_lease_was_taken_lets_go),
        TEST(test_what_the_disk_refuses_is_not_done_and_tried_again),
        TEST(test_cancel_while_the_create_is_under_way_waits_for_its_answer),
        TEST(test_a_broken_download_goes_on_where_it_broke),
        TEST(test_an_error_page_is_never_stored_as_a_film),
        TEST(test_a_failed_task_ends_the_job_with_the_providers_words),
        TEST(test_stopping_lets_a_paid_create_come_home),
        TEST(test_the_same_key_gives_the_same_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
