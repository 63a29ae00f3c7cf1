#include "server/parts/workers.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/thread.h"

#define STACK_BYTES (1u << 20)

struct gv_workers {
    pthread_mutex_t lock;
    pthread_cond_t added;
    struct gv_list tasks;
    size_t waiting;
    pthread_t threads[GV_WORKERS_MAX];
    size_t thread_count, idle;
    bool closing;
};

static void *work(void *ctx)
{
    struct gv_workers *workers = ctx;
    pthread_mutex_lock(&workers->lock);
    for (;;) {
        workers->idle++;
        while (gv_list_empty(&workers->tasks) && !workers->closing)
            pthread_cond_wait(&workers->added, &workers->lock);
        workers->idle--;
        if (gv_list_empty(&workers->tasks))
            break;
        struct gv_task *task = GV_CONTAINER(workers->tasks.next, struct gv_task, link);
        gv_list_remove(&task->link);
        workers->waiting--;
        pthread_mutex_unlock(&workers->lock);
        task->run(task);
        pthread_mutex_lock(&workers->lock);
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

/* Under the lock. A machine that gives no more threads leaves the work to those there are. */
static void start_thread(struct gv_workers *workers)
{
    if (gv_thread_start(&workers->threads[workers->thread_count], work, workers, STACK_BYTES) == 0)
        workers->thread_count++;
    GV_ASSERT(workers->thread_count > 0);
}

struct gv_workers *gv_workers_open(void)
{
    struct gv_workers *workers = gv_xcalloc(1, sizeof *workers);
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->added, NULL);
    gv_list_init(&workers->tasks);
    return workers;
}

void gv_workers_add(struct gv_workers *workers, struct gv_task *task)
{
    pthread_mutex_lock(&workers->lock);
    gv_list_append(&workers->tasks, &task->link);
    workers->waiting++;
    if (workers->waiting > workers->idle && workers->thread_count < GV_WORKERS_MAX)
        start_thread(workers);
    pthread_cond_signal(&workers->added);
    pthread_mutex_unlock(&workers->lock);
}

size_t gv_workers_waiting(struct gv_workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    size_t waiting = workers->waiting;
    pthread_mutex_unlock(&workers->lock);
    return waiting;
}

void gv_workers_close(struct gv_workers *workers)
{
    if (workers == NULL)
        return;
    pthread_mutex_lock(&workers->lock);
    workers->closing = true;
    pthread_cond_broadcast(&workers->added);
    pthread_mutex_unlock(&workers->lock);
    for (size_t i = 0; i < workers->thread_count; i++)
        pthread_join(workers->threads[i], NULL);
    pthread_cond_destroy(&workers->added);
    pthread_mutex_destroy(&workers->lock);
    free(workers);
}
