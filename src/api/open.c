/* Opening and closing: the backends are named and wired here, and nowhere else in the library. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/engine.h"
#include "base/dir.h"
#include "base/error.h"
#include "base/thread.h"
#include "blob/file.h"
#include "http/curl.h"
#include "journal/sqlite.h"
#include "loop/uv.h"
#include "media/process.h"

#define GV_DEADLINE_MS (2ull * 60 * 60 * 1000)
#define GV_OUTPUT_BYTES_MAX (16ull << 30)

/* ---- talking to the loop's thread ---------------------------------------------------------------- */

static void run_question(void *ctx)
{
    struct gv_question *question = ctx;
    question->ask(question);
}

int gv_engine_ask(struct gv_question *question, struct gv_error *err)
{
    struct gv_engine *engine = question->engine;
    engine->loop->vtable->post(engine->loop, run_question, question);
    pthread_mutex_lock(&engine->mutex);
    while (!question->answered)
        pthread_cond_wait(&engine->moved, &engine->mutex);
    pthread_mutex_unlock(&engine->mutex);
    if (question->code != GV_OK && err != NULL)
        *err = question->error;
    return question->code;
}

void gv_question_answer(struct gv_question *question, int code, const struct gv_error *err)
{
    struct gv_engine *engine = question->engine;
    pthread_mutex_lock(&engine->mutex);
    question->code = code;
    if (err != NULL)
        question->error = *err;
    question->answered = true;
    pthread_cond_broadcast(&engine->moved);
    pthread_mutex_unlock(&engine->mutex);
}

static void transition(void *ctx, const struct gv_transition *t)
{
    struct gv_engine *engine = ctx;
    if (engine->on_transition != NULL)
        engine->on_transition(engine->ctx, t);
    bool under_way =
        strcmp(t->effect, "call") == 0 || strcmp(t->effect, "fetch") == 0 || strcmp(t->effect, "nothing") == 0;
    pthread_mutex_lock(&engine->mutex);
    GV_LIST_EACH (item, &engine->watches) {
        struct gv_watch *watch = GV_CONTAINER(item, struct gv_watch, link);
        if (strcmp(watch->job_id, t->job_id) == 0)
            watch->rested |= !under_way;
    }
    pthread_cond_broadcast(&engine->moved);
    pthread_mutex_unlock(&engine->mutex);
}

static void download(void *ctx, const char *job_id, uint64_t bytes, uint64_t bytes_total)
{
    struct gv_engine *engine = ctx;
    if (engine->on_download != NULL)
        engine->on_download(engine->ctx, job_id, bytes, bytes_total);
}

static void broken(void *ctx, const struct gv_error *why)
{
    struct gv_engine *engine = ctx;
    pthread_mutex_lock(&engine->mutex);
    engine->broken = *why;
    pthread_cond_broadcast(&engine->moved);
    pthread_mutex_unlock(&engine->mutex);
}

/* ---- opening --------------------------------------------------------------------------------------- */

static const char *from_environment(void *ctx, const char *name)
{
    (void)ctx;
    return getenv(name);
}

static int make_folder(const char *path, struct gv_error *err)
{
    int failed = gv_dir_make_all(path);
    return failed == 0 ? GV_OK
                       : gv_fail(err, GV_INTERNAL_ERROR,
                                 "the store's folder %s can't be made: %s; choose another with "
                                 "--store or GOLEM_VIDEO_STORE",
                                 path, strerror(failed));
}

static int number_setting(uint64_t *out, const char *name, const char *text, struct gv_error *err)
{
    char *end = NULL;
    if (text == NULL || text[0] == '\0')
        return GV_OK;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || text[0] == '-' || value > UINT32_MAX)
        return gv_fail_field(err, GV_INVALID_INPUT, name, "%s=%s is no whole number of milliseconds", name, text);
    *out = value;
    return GV_OK;
}

static int configure(struct gv_engine *engine, const struct gv_options *options, gv_setting_fn *setting, void *ctx,
                     struct gv_error *err)
{
    uint64_t poll_ms = 0, stall_ms = 0;
    int code = number_setting(&poll_ms, "GOLEM_VIDEO_POLL_MS", setting(ctx, "GOLEM_VIDEO_POLL_MS"), err);
    if (code == GV_OK)
        code = number_setting(&stall_ms, "GOLEM_VIDEO_STALL_MS", setting(ctx, "GOLEM_VIDEO_STALL_MS"), err);
    if (code == GV_OK)
        code = gv_settings_load(engine, setting, ctx, err);
    const char *private = setting(ctx, "GOLEM_VIDEO_ALLOW_PRIVATE");
    bool allow_private = options->allow_private || (private != NULL && strcmp(private, "1") == 0);
    engine->deadline_ms = options->deadline_ms != 0 ? options->deadline_ms : GV_DEADLINE_MS;
    engine->config = (struct gv_driver_config){
        .crypto = &gv_crypto_openssl,
        .log = &engine->log,
        .accounts = engine->accounts,
        .account_count = engine->account_count,
        .drive = options->drive,
        .poll_ms = options->poll_ms != 0 ? options->poll_ms : (uint32_t)poll_ms,
        .stall_ms = (uint32_t)stall_ms,
        .output_bytes_max = options->output_bytes_max != 0 ? options->output_bytes_max : GV_OUTPUT_BYTES_MAX,
        .media_policy = {.public_only = !allow_private, .allowed = engine->allowed},
        .on_transition = transition,
        .on_download = download,
        .on_broken = broken,
        .ctx = engine,
    };
    return code;
}

/* Films lie in the store only after its journal was made. To begin a new one would hide what became of the jobs. */
static int check_not_lost(struct gv_arena *arena, const char *store, struct gv_error *err)
{
    const char *journal = gv_arena_printf(arena, "%s/journal.db", store);
    struct stat st;
    bool used = access(gv_arena_printf(arena, "%s/blobs", store), F_OK) == 0;
    bool there = stat(journal, &st) == 0;
    if (!used || (there ? st.st_size > 0 : errno != ENOENT))
        return GV_OK;
    return gv_fail(
        err, GV_INTERNAL_ERROR,
        "opening the journal %s failed: the file is %s, but the store has been used; put it back from a copy, "
        "or name another folder for a new store (finished films stay in %s/blobs)",
        journal, there ? "empty" : "missing", store);
}

static int open_backends(struct gv_engine *engine, const char *media_helper, struct gv_error *err)
{
    const struct gv_crypto *crypto = engine->config.crypto;
    int code = check_not_lost(&engine->arena, engine->store, err);
    if (code == GV_OK)
        code = gv_loop_uv_open(&engine->loop, err);
    if (code == GV_OK)
        code = gv_journal_sqlite_open(&engine->journal, engine->store, engine->loop, crypto, err);
    if (code == GV_OK)
        code = gv_blobs_file_open(&engine->blobs, engine->store, crypto, err);
    if (code == GV_OK)
        code = gv_media_process_open(&engine->media, media_helper, err);
    if (code == GV_OK)
        code = gv_http_curl_open(&engine->http, engine->loop, engine->blobs, err);
    engine->config.loop = engine->loop;
    engine->config.journal = engine->journal;
    engine->config.blobs = engine->blobs;
    engine->config.media = engine->media;
    engine->config.http = engine->http;
    return code;
}

static void *run_loop(void *ctx)
{
    struct gv_engine *engine = ctx;
    gv_loop_uv_run(engine->loop);
    return NULL;
}

static int start_thread(struct gv_engine *engine, struct gv_error *err)
{
    gv_driver_open(&engine->driver, &engine->config);
    int failed = gv_thread_start(&engine->thread, run_loop, engine, 0);
    return failed == 0 ? GV_OK
                       : gv_fail(err, GV_INTERNAL_ERROR, "the engine's thread can't be started: %s", strerror(failed));
}

static void init_sync(struct gv_engine *engine)
{
    gv_cond_init(&engine->moved);
    pthread_mutex_init(&engine->mutex, NULL);
    gv_list_init(&engine->watches);
    gv_intact_init(&engine->intact);
}

static void free_engine(struct gv_engine *engine)
{
    if (engine->http != NULL)
        gv_http_curl_close(engine->http);
    if (engine->journal != NULL)
        engine->journal->vtable->close(engine->journal);
    if (engine->media != NULL)
        engine->media->vtable->close(engine->media);
    if (engine->blobs != NULL)
        engine->blobs->vtable->close(engine->blobs);
    if (engine->loop != NULL)
        gv_loop_uv_close(engine->loop);
    pthread_cond_destroy(&engine->moved);
    pthread_mutex_destroy(&engine->mutex);
    gv_intact_drop(&engine->intact);
    gv_arena_free(&engine->arena);
    free(engine->store);
    free(engine);
}

int gv_open(struct gv_engine **out, const char *store, const struct gv_options *options, struct gv_error *err)
{
    static const struct gv_options none;
    if (options == NULL)
        options = &none;
    gv_setting_fn *setting = options->setting != NULL ? options->setting : from_environment;
    struct gv_engine *engine = gv_xcalloc(1, sizeof(*engine));
    init_sync(engine);
    engine->store = gv_xstrdup(store);
    engine->on_transition = options->on_transition;
    engine->on_download = options->on_download;
    engine->ctx = options->ctx;
    gv_log_open(engine, setting, options->setting_ctx);
    int code = configure(engine, options, setting, options->setting_ctx, err);
    if (code == GV_OK)
        code = make_folder(store, err);
    if (code == GV_OK)
        code = open_backends(
            engine, gv_media_helper_path(&engine->arena, options->media_helper, setting, options->setting_ctx), err);
    if (code == GV_OK)
        code = start_thread(engine, err);
    if (code != GV_OK) {
        if (engine->driver != NULL)
            gv_driver_close(engine->driver);
        free_engine(engine);
        return code;
    }
    *out = engine;
    return GV_OK;
}

/* ---- closing ------------------------------------------------------------------------------------------ */

static void stopped(void *ctx)
{
    gv_question_answer(ctx, GV_OK, NULL);
}

static void ask_stop(struct gv_question *question)
{
    gv_driver_stop(question->engine->driver, stopped, question);
}

void gv_close(struct gv_engine *engine)
{
    if (engine == NULL)
        return;
    struct gv_question question = {.engine = engine, .ask = ask_stop};
    gv_engine_ask(&question, NULL);
    gv_loop_uv_stop(engine->loop);
    pthread_join(engine->thread, NULL);
    gv_driver_close(engine->driver);
    free_engine(engine);
}
