#include "support/toy_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blob/memory.h"
#include "journal/memory.h"

#define START_MS 1790000000000
#define REQUEST "{\"operation\":\"generate\",\"input\":{\"text\":\"a boat\"},\"config\":{}}"

extern const struct gv_provider gv_provider_toy; /* examples/provider/toy */

void toy_row(struct toy_world *w, const struct gv_job_row **row, struct gv_arena *arena)
{
    assert_int_equal(w->journal->vtable->get(row, w->journal, w->job_id, arena, NULL), GV_OK);
    assert_non_null(*row);
}

bool toy_in_phase(struct toy_world *w, const char *phase)
{
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    toy_row(w, &row, &arena);
    bool yes = strcmp(row->phase, phase) == 0;
    gv_arena_free(&arena);
    return yes;
}

static void answer_create(struct toy_world *w, struct gv_http_memory_answer *out)
{
    w->phase_was_committed = toy_in_phase(w, "submitting");
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
    struct toy_world *w = ctx;
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
                                              .body_bytes = TOY_FILM_BYTES,
                                              .delay_ms = 10};
        if (w->downloads == 1)
            out->cut_bytes = w->download_cut;
    }
}

static void on_transition(void *ctx, const struct gv_transition *t)
{
    struct toy_world *w = ctx;
    size_t used = strlen(w->trace);
    snprintf(w->trace + used, TRACE_BYTES - used, "%s > %s: %s\n", t->event, t->phase, t->effect);
}

void toy_open_engine(struct toy_world *w)
{
    char owner[16];
    snprintf(owner, sizeof(owner), "engine%u", ++w->engines);
    assert_int_equal(gv_journal_memory_open(&w->journal, w->jobs, w->loop, owner), GV_OK);
    assert_int_equal(gv_blobs_memory_open(&w->blobs, w->files), GV_OK);
    w->http = gv_http_memory_open(w->loop, w->blobs, w->far_end, w);
    struct gv_driver_config config = {.loop = w->loop,
                                      .journal = w->journal,
                                      .blobs = w->blobs,
                                      .http = w->http,
                                      .media = w->media,
                                      .crypto = &gv_crypto_openssl,
                                      .log = w->log,
                                      .accounts = &w->account,
                                      .account_count = 1,
                                      .output_bytes_max = 1 << 20,
                                      .on_transition = on_transition,
                                      .ctx = w};
    gv_driver_open(&w->driver, &config);
}

void toy_world_open(struct toy_world *w)
{
    w->loop = gv_loop_virtual_open(1, START_MS);
    w->jobs = gv_memory_journal_store_new();
    w->files = gv_memory_blobs_store_new(&gv_crypto_openssl);
    toy_open_engine(w);
}

int toy_setup(void **state)
{
    struct toy_world *w = calloc(1, sizeof(*w));
    w->account = (struct gv_account){
        .provider = &gv_provider_toy, .settings = {.values = {"http://toy.example", "secret"}}, .credential_set = 1};
    w->far_end = far_end;
    w->poll_says = "{\"status\":\"done\",\"url\":\"http://films.example/one.mp4?sig=x\"}";
    w->download_type = "video/mp4";
    w->download_body = TOY_FILM;
    toy_world_open(w);
    *state = w;
    return 0;
}

static void stopped(void *ctx)
{
    *(bool *)ctx = true;
}

bool toy_is_true(void *ctx)
{
    return *(bool *)ctx;
}

void toy_close_engine(struct toy_world *w)
{
    bool done = false;
    gv_driver_stop(w->driver, stopped, &done);
    assert_true(gv_loop_virtual_run(w->loop, toy_is_true, &done, 100000));
    gv_driver_close(w->driver);
    gv_http_memory_close(w->http);
    w->journal->vtable->close(w->journal);
    w->blobs->vtable->close(w->blobs);
}

int toy_teardown(void **state)
{
    struct toy_world *w = *state;
    toy_close_engine(w);
    gv_memory_journal_store_free(w->jobs);
    gv_memory_blobs_store_free(w->files);
    gv_loop_virtual_close(w->loop);
    free(w);
    return 0;
}

void toy_accepted(void *ctx, int code, const char *job_id, bool repeated, const struct gv_error *err)
{
    struct toy_world *w = ctx;
    (void)repeated, (void)err;
    w->accepted = true;
    w->code = code;
    if (code == GV_OK)
        snprintf(w->job_id, sizeof(w->job_id), "%s", job_id);
}

struct gv_job_row toy_wish(const struct toy_world *w, const char *id)
{
    const struct gv_provider *provider = w->account.provider;
    return (struct gv_job_row){.id = id,
                               .provider = provider->name,
                               .operation = "generate",
                               .request = REQUEST,
                               .phase = provider->phases[0].name,
                               .status = provider->phases[0].status,
                               .note = "",
                               .progress = -1,
                               .usd = 1,
                               .created_ms = START_MS,
                               .updated_ms = START_MS,
                               .deadline_ms = START_MS + 7200000,
                               .request_sha256 = "r",
                               .owner = w->journal->vtable->owner(w->journal)};
}

int toy_accept(struct toy_world *w, const struct gv_job_row *row)
{
    w->accepted = false;
    gv_driver_accept(w->driver, &(struct gv_wish){.row = row}, toy_accepted, w);
    assert_true(gv_loop_virtual_run(w->loop, toy_is_true, &w->accepted, 1000));
    return w->code;
}

void toy_submit(struct toy_world *w)
{
    struct gv_job_row row = toy_wish(w, "gv_one");
    assert_int_equal(toy_accept(w, &row), GV_OK);
}

bool toy_at_rest(void *ctx)
{
    struct toy_world *w = ctx;
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    toy_row(w, &row, &arena);
    bool yes = row->status == GV_SUCCEEDED || row->status == GV_FAILED || row->parked;
    gv_arena_free(&arena);
    return yes;
}

bool toy_has_succeeded(void *ctx)
{
    return toy_in_phase(ctx, "succeeded");
}

void toy_run_to_rest(struct toy_world *w)
{
    assert_true(gv_loop_virtual_run(w->loop, toy_at_rest, w, 100000));
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

void toy_tell(struct toy_world *w, enum gv_inbox_kind kind, const char *payload)
{
    bool done = false;
    struct gv_inbox_row message = {.job_id = w->job_id, .kind = kind, .payload = payload};
    gv_driver_put(w->driver, &message, put_done, &done);
    assert_true(gv_loop_virtual_run(w->loop, toy_is_true, &done, 1000));
}

void toy_take(struct toy_world *w)
{
    bool done = false;
    gv_driver_take(w->driver, w->job_id, taken, &done);
    assert_true(gv_loop_virtual_run(w->loop, toy_is_true, &done, 1000));
}

void toy_crash(struct toy_world *w)
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
