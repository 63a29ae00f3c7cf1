#include "server/collector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/front.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/thread.h"
#include "server/hooks/callback.h"
#include "server/parts/internal.h"

#define PERIOD_SETTING "GOLEM_VIDEO_COLLECT_MS"
#define PERIOD_MS 3600000
#define PERIOD_MS_MAX 86400000

struct gv_collector {
    struct gv_server *server;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stops;
    bool stopping;
    int64_t period_ms;
};

static bool goes_on(void *ctx)
{
    struct gv_collector *collector = ctx;
    pthread_mutex_lock(&collector->lock);
    bool yes = !collector->stopping;
    pthread_mutex_unlock(&collector->lock);
    return yes;
}

static void pause_for_period(struct gv_collector *collector)
{
    int64_t until_ms = gv_server_now_ms() + collector->period_ms;
    struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    pthread_mutex_lock(&collector->lock);
    while (!collector->stopping && pthread_cond_timedwait(&collector->stops, &collector->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&collector->lock);
}

/* What fails is told once, and again after it went well. */
static void *collect(void *ctx)
{
    struct gv_collector *collector = ctx;
    bool failing = false;
    while (goes_on(collector)) {
        struct gv_error err;
        bool failed = gv_collect_while(goes_on, collector, collector->server->engine, &err) != GV_OK;
        if (failed && !failing)
            fprintf(stderr, "golem-video: removing what no job needs any more: %s\n", err.message);
        failing = failed;
        pause_for_period(collector);
    }
    return NULL;
}

static int read_period(int64_t *out, struct gv_server *server, struct gv_error *err)
{
    const char *text = gv_server_setting(server, PERIOD_SETTING);
    char *end = "";
    *out = text != NULL && text[0] != '\0' ? strtol(text, &end, 10) : PERIOD_MS;
    if (*end == '\0' && *out >= 1 && *out <= PERIOD_MS_MAX)
        return GV_OK;
    return gv_fail_field(err, GV_INVALID_INPUT, PERIOD_SETTING,
                         PERIOD_SETTING "=%s is no number of milliseconds from 1 to %d", text, PERIOD_MS_MAX);
}

static void free_collector(struct gv_collector *collector)
{
    pthread_cond_destroy(&collector->stops);
    pthread_mutex_destroy(&collector->lock);
    free(collector);
}

int gv_collector_start(struct gv_collector **out, struct gv_server *server, struct gv_error *err)
{
    int64_t period_ms;
    int code = read_period(&period_ms, server, err);
    if (code != GV_OK)
        return code;
    struct gv_collector *collector = gv_xcalloc(1, sizeof(*collector));
    collector->server = server;
    collector->period_ms = period_ms;
    pthread_mutex_init(&collector->lock, NULL);
    gv_cond_init(&collector->stops);
    int failed = gv_thread_start(&collector->thread, collect, collector, 0);
    if (failed != 0) {
        free_collector(collector);
        return gv_fail(err, GV_INTERNAL_ERROR, "starting the thread that removes what no job needs: %s",
                       strerror(failed));
    }
    *out = collector;
    return GV_OK;
}

void gv_collector_stop(struct gv_collector *collector)
{
    if (collector == NULL)
        return;
    pthread_mutex_lock(&collector->lock);
    collector->stopping = true;
    pthread_cond_broadcast(&collector->stops);
    pthread_mutex_unlock(&collector->lock);
    pthread_join(collector->thread, NULL);
    free_collector(collector);
}
