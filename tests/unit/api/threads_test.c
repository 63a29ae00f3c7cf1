/* The C API from many threads at once, against a sandbox of its own (exec of $GOLEM_VIDEO). */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/assert.h"
#include "golem_video/golem_video.h"
#include "support/folder.h"
#include "support/sandbox_process.h"

#define THREADS 8
#define JOBS_EACH 3
#define WAIT_MS 60000

static const char WISH[] = "{\"operation\":\"generate\",\"provider\":\"kling\",\"input\":{\"text\":\"a boat\"},"
                           "\"config\":{\"model\":\"kling-v2-6\",\"duration_seconds\":5}}";

struct world {
    struct gv_folder folder;
    char store[128];
    struct sandbox_process sandbox;
    struct gv_engine *engine;
};

static struct gv_options options_of(struct world *world)
{
    return (struct gv_options){.setting = sandbox_process_setting,
                               .setting_ctx = &world->sandbox,
                               .poll_ms = 50,
                               .media_helper = getenv("GOLEM_VIDEO_MEDIA")};
}

static void open_engine(struct world *world)
{
    struct gv_error err;
    struct gv_options options = options_of(world);
    if (gv_open(&world->engine, world->store, &options, &err) != GV_OK)
        fail_msg("%s", err.message);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    gv_folder_make(&world->folder);
    snprintf(world->store, sizeof(world->store), "%s/store", world->folder.path);
    sandbox_process_start(&world->sandbox, world->folder.path);
    open_engine(world);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    gv_close(world->engine);
    sandbox_process_stop(&world->sandbox);
    gv_folder_remove(&world->folder);
    free(world);
    return 0;
}

/* ---- threads ---------------------------------------------------------------------------------------- */

/* cmocka's assertions belong to the main thread; a thread tells what went wrong here. */
struct worker {
    struct world *world;
    unsigned number;
    char why[1024];
    struct gv_job_id ids[JOBS_EACH];
};

static bool holds(struct worker *worker, bool held, const char *what, const struct gv_error *err)
{
    if (!held && worker->why[0] == '\0')
        snprintf(worker->why, sizeof(worker->why), "%s: %s", what, err->message);
    return held;
}

static struct gv_operation *wish(void)
{
    struct gv_operation *operation = NULL;
    struct gv_error err;
    GV_ASSERT(gv_operation_from_json(&operation, WISH, strlen(WISH), false, &err) == GV_OK);
    return operation;
}

static bool look_around(struct worker *worker, const char *id)
{
    struct gv_engine *engine = worker->world->engine;
    struct gv_error err = {0};
    struct gv_list_filter filter = {.limit = 5};
    char *json = NULL;
    bool ok = holds(worker, gv_list_jobs(&json, engine, &filter, &err) == GV_OK, "list", &err);
    free(json);
    json = NULL;
    ok = ok && holds(worker, gv_job_log(&json, engine, id, 0, &err) == GV_OK, "log", &err);
    free(json);
    return ok;
}

static bool see_through(struct worker *worker, const char *id)
{
    struct gv_engine *engine = worker->world->engine;
    struct gv_error err = {0};
    struct gv_video_result *result = NULL;
    bool ok = holds(worker, gv_wait(&result, engine, id, WAIT_MS, &err) == GV_OK, "wait", &err) &&
              holds(worker, result->status == GV_SUCCEEDED && result->video_count == 1, "no film", &err);
    gv_result_free(result);
    return ok;
}

/* Too late is as good: the job has ended then. */
static bool call_off(struct worker *worker, const char *id)
{
    struct gv_error err = {0};
    char *message = NULL;
    int code = gv_cancel(&message, worker->world->engine, id, &err);
    free(message);
    return holds(worker, code == GV_OK || code == GV_INVALID_INPUT, "cancel", &err);
}

static void *work(void *ctx)
{
    struct worker *worker = ctx;
    struct gv_operation *operation = wish();
    struct gv_error err = {0};
    bool ok = true;
    for (unsigned i = 0; ok && i < JOBS_EACH; i++) {
        int code = gv_submit(&worker->ids[i], worker->world->engine, operation, &err);
        const char *id = worker->ids[i].text;
        ok = holds(worker, code == GV_OK, "submit", &err) && look_around(worker, id) &&
             (i == JOBS_EACH - 1 ? call_off(worker, id) : see_through(worker, id));
    }
    gv_operation_free(operation);
    return NULL;
}

static void run_all(struct worker workers[THREADS], struct world *world, void *(*what)(void *))
{
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.world = world, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, what, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < THREADS; i++)
        assert_string_equal(workers[i].why, "");
}

static void threads_share_an_engine(void **state)
{
    struct worker workers[THREADS];
    run_all(workers, *state, work);
    for (unsigned i = 0; i < THREADS * JOBS_EACH; i++) {
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(workers[i / JOBS_EACH].ids[i % JOBS_EACH].text,
                                    workers[k / JOBS_EACH].ids[k % JOBS_EACH].text);
    }
}

static void *submit_the_same(void *ctx)
{
    struct worker *worker = ctx;
    struct gv_operation *operation = wish();
    struct gv_error err = {0};
    operation->idempotency_key = "one";
    if (holds(worker, gv_submit(&worker->ids[0], worker->world->engine, operation, &err) == GV_OK, "submit", &err))
        see_through(worker, worker->ids[0].text);
    operation->idempotency_key = NULL;
    gv_operation_free(operation);
    return NULL;
}

static void one_key_is_one_job_in_every_thread(void **state)
{
    struct worker workers[THREADS];
    run_all(workers, *state, submit_the_same);
    for (unsigned i = 1; i < THREADS; i++)
        assert_string_equal(workers[i].ids[0].text, workers[0].ids[0].text);
}

/* Each thread opens, submits and closes at once an engine of its own on the one store. */
static void *submit_and_leave(void *ctx)
{
    struct worker *worker = ctx;
    struct world own = *worker->world;
    struct gv_options options = options_of(worker->world);
    options.drive = GV_DRIVE_NAMED;
    struct gv_operation *operation = wish();
    struct gv_error err = {0};
    if (holds(worker, gv_open(&own.engine, own.store, &options, &err) == GV_OK, "open", &err)) {
        holds(worker, gv_submit(&worker->ids[0], own.engine, operation, &err) == GV_OK, "submit", &err);
        gv_close(own.engine);
    }
    gv_operation_free(operation);
    return NULL;
}

static void engines_come_and_go_and_another_ends_their_jobs(void **state)
{
    struct world *world = *state;
    struct worker workers[THREADS];
    run_all(workers, world, submit_and_leave);
    for (unsigned i = 0; i < THREADS; i++) {
        see_through(&workers[i], workers[i].ids[0].text);
        assert_string_equal(workers[i].why, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_an_engine),
        cmocka_unit_test(one_key_is_one_job_in_every_thread),
        cmocka_unit_test(engines_come_and_go_and_another_ends_their_jobs),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
