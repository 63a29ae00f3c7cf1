/* What fronts reach of the engine: its parts, the journal's batches, its HTTP client. */
#include "api/front.h"

#include <string.h>
#include <time.h>

#include "api/engine.h"
#include "base/error.h"
#include "engine/intake.h"
#include "engine/outputs.h"

/* What is read of an answer before it is given up; a well-behaved receiver says next to nothing. */
#define POST_REPLY_BYTES_MAX (1u << 20)
#define POST_CONNECT_MS 10000u

struct gv_journal *gv_engine_journal(struct gv_engine *engine)
{
    return engine->journal;
}

const struct gv_crypto *gv_engine_crypto(struct gv_engine *engine)
{
    return engine->config.crypto;
}

static void beat(void *ctx)
{
    struct gv_engine *engine = ctx;
    pthread_mutex_lock(&engine->mutex);
    engine->beats++;
    pthread_cond_broadcast(&engine->moved);
    pthread_mutex_unlock(&engine->mutex);
}

bool gv_engine_answers(struct gv_engine *engine, uint32_t timeout_s)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_s;
    pthread_mutex_lock(&engine->mutex);
    uint64_t seen = engine->beats;
    pthread_mutex_unlock(&engine->mutex);
    engine->loop->vtable->post(engine->loop, beat, engine);
    pthread_mutex_lock(&engine->mutex);
    while (engine->beats == seen && pthread_cond_timedwait(&engine->moved, &engine->mutex, &until) == 0)
        ;
    bool answered = engine->beats != seen;
    pthread_mutex_unlock(&engine->mutex);
    return answered;
}

const struct gv_http_policy *gv_engine_media_policy(struct gv_engine *engine)
{
    return &engine->config.media_policy;
}

const char *gv_engine_setting(struct gv_engine *engine, const char *provider, const char *name)
{
    const struct gv_account *account = gv_account_named(engine->accounts, engine->account_count, provider);
    for (size_t i = 0; account != NULL && i < account->provider->setting_count; i++)
        if (strcmp(account->provider->settings[i].name, name) == 0)
            return account->settings.values[i];
    return NULL;
}

uint32_t gv_engine_poll_ms(struct gv_engine *engine)
{
    return engine->config.poll_ms;
}

int gv_engine_fault(struct gv_engine *engine, struct gv_error *err)
{
    pthread_mutex_lock(&engine->mutex);
    int code = engine->broken.code;
    if (code != GV_OK && err != NULL)
        *err = engine->broken;
    pthread_mutex_unlock(&engine->mutex);
    return code;
}

/* ---- the journal ------------------------------------------------------------------------------------------- */

static void committed(void *ctx)
{
    struct gv_question *question = ctx;
    const struct gv_journal_batch *batch = question->what;
    gv_question_answer(question, batch->result, batch->result != GV_OK ? &batch->error : NULL);
}

static void ask_commit(struct gv_question *question)
{
    struct gv_journal_batch *batch = (struct gv_journal_batch *)(uintptr_t)question->what;
    batch->done = committed;
    batch->ctx = question;
    question->engine->journal->vtable->commit(question->engine->journal, batch);
}

int gv_engine_commit(struct gv_engine *engine, struct gv_journal_op *ops, size_t count, struct gv_arena *arena,
                     struct gv_error *err)
{
    struct gv_journal_batch batch = {.arena = arena, .ops = ops, .op_count = count};
    struct gv_question question = {.engine = engine, .ask = ask_commit, .what = &batch};
    return gv_engine_ask(&question, err);
}

int gv_wake(struct gv_engine *engine, const char *job_id, struct gv_error *err)
{
    return gv_engine_put(engine, &(struct gv_inbox_row){.job_id = job_id, .kind = GV_INBOX_WAKE}, err);
}

int gv_engine_result(struct gv_video_result *out, struct gv_engine *engine, const struct gv_job_row *row,
                     struct gv_arena *arena, struct gv_error *err)
{
    return gv_result_of_row(out, row, engine->blobs, arena, err);
}

/* ---- HTTP ---------------------------------------------------------------------------------------------------- */

int gv_engine_check_url(struct gv_engine *engine, const char *url, const char *field, struct gv_error *err)
{
    struct gv_url parsed;
    struct gv_error why;
    if (gv_url_parse(&parsed, url, &why) != GV_OK)
        return gv_fail_field(err, GV_INVALID_INPUT, field, "%s", why.message);
    if (!gv_url_is_forbidden(&engine->config.media_policy, &parsed))
        return GV_OK;
    return gv_fail_field(err, GV_INVALID_INPUT, field,
                         "%s is on a private address, where nothing is sent; GOLEM_VIDEO_ALLOW_PRIVATE=1 or "
                         "--allow-private permits it",
                         parsed.host);
}

static void posted(void *ctx, const struct gv_http_done *done)
{
    struct gv_question *question = ctx;
    struct gv_error why;
    bool answered = done->failure == GV_HTTP_ANSWERED;
    question->number = answered ? done->reply.status : 0;
    if (!answered)
        gv_fail(&why, GV_INTERNAL_ERROR, "%s", done->why);
    gv_question_answer(question, answered ? GV_OK : GV_INTERNAL_ERROR, answered ? NULL : &why);
}

static void ask_post(struct gv_question *question)
{
    struct gv_http *http = question->engine->http;
    http->vtable->start(http, question->what, posted, NULL, question);
}

int gv_engine_post(int *out_status, struct gv_engine *engine, const char *url, const struct gv_header *headers,
                   size_t header_count, const char *body, uint32_t timeout_ms, struct gv_error *err)
{
    struct gv_segment text = {.kind = GV_SEGMENT_TEXT, .text = body, .bytes = strlen(body)};
    struct gv_body whole = {.content_type = "application/json", .segments = &text, .segment_count = 1};
    struct gv_http_request request = {
        .method = "POST",
        .url = url,
        .headers = headers,
        .header_count = header_count,
        .body = &whole,
        .limits = {.connect_ms = timeout_ms < POST_CONNECT_MS ? timeout_ms : POST_CONNECT_MS,
                   .stall_ms = timeout_ms,
                   .total_ms = timeout_ms,
                   .reply_bytes_max = POST_REPLY_BYTES_MAX},
        .policy = engine->config.media_policy,
    };
    struct gv_question question = {.engine = engine, .ask = ask_post, .what = &request};
    int code = gv_engine_ask(&question, err);
    *out_status = question.number;
    return code;
}
