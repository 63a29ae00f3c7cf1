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
#include "support/api_world.h"

#define THREADS 8
#define JOBS_EACH 3
#define WAIT_MS 60000

static const char WISH[] = "{\"operation\":\"generate\",\"provider\":\"kling\",\"input\":{\"text\":\"a boat\"},"
                           "\"config\":{\"model\":\"kling-v2-6\",\"duration_seconds\":5}}";

/* ---- threads ---------------------------------------------------------------------------------------- */

/* cmocka's assertions belong to the main thread; a thread tells what went wrong here. */
struct worker {
    struct api_world *world;
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

static void run_all(struct worker workers[THREADS], struct api_world *world, void *(*what)(void *))
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
    struct gv_engine *own;
    struct gv_options options = api_world_options(worker->world);
    options.drive = GV_DRIVE_NAMED;
    struct gv_operation *operation = wish();
    struct gv_error err = {0};
    if (holds(worker, gv_open(&own, worker->world->store, &options, &err) == GV_OK, "open", &err)) {
        holds(worker, gv_submit(&worker->ids[0], own, operation, &err) == GV_OK, "submit", &err);
        gv_close(own);
    }
    gv_operation_free(operation);
    return NULL;
}

static void engines_come_and_go_and_another_ends_their_jobs(void **state)
{
    struct api_world *world = *state;
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
    return cmocka_run_group_tests(tests, api_world_make, api_world_end);
}
