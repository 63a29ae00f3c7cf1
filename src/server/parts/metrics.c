#include "server/parts/metrics.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/provider.h"
#include "server/parts/route.h"

#define CLASSES 5 /* of HTTP statuses */
#define TRANSITION_KINDS_MAX 512
#define OUTCOMES_MAX 8

static const double bounds_s[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
#define BUCKETS (GV_COUNT(bounds_s) + 1) /* the last has no bound */

struct histogram {
    uint64_t buckets[BUCKETS];
    double sum_s;
};

struct route_count {
    uint64_t by_class[CLASSES];
    struct histogram duration;
};

/* Texts are the engine's own, static ones. */
struct transition_kind {
    const char *provider, *event, *effect;
    uint64_t count;
};

struct outcome {
    const char *name;
    uint64_t count;
};

struct gv_metrics {
    pthread_mutex_t lock;
    struct route_count *routes; /* one more than there are: for what is none */
    uint64_t bytes_in, bytes_out;
    struct transition_kind kinds[TRANSITION_KINDS_MAX];
    size_t kind_count;
    uint64_t other_transitions;
    struct histogram commit;
    struct outcome outcomes[OUTCOMES_MAX];
    size_t outcome_count;
};

struct gv_metrics *gv_metrics_open(void)
{
    struct gv_metrics *metrics = gv_xcalloc(1, sizeof *metrics);
    metrics->routes = gv_xcalloc(gv_route_count + 1, sizeof *metrics->routes);
    pthread_mutex_init(&metrics->lock, NULL);
    return metrics;
}

void gv_metrics_close(struct gv_metrics *metrics)
{
    if (metrics == NULL)
        return;
    pthread_mutex_destroy(&metrics->lock);
    free(metrics->routes);
    free(metrics);
}

/* ---- counting ----------------------------------------------------------------------------------------------- */

static void observe(struct histogram *histogram, double seconds)
{
    size_t i = 0;
    while (i < GV_COUNT(bounds_s) && seconds > bounds_s[i])
        i++;
    histogram->buckets[i]++;
    histogram->sum_s += seconds;
}

void gv_metrics_request(struct gv_metrics *metrics, const struct gv_route *route, int status, double seconds,
                        uint64_t bytes_in, uint64_t bytes_out)
{
    size_t index = route != NULL ? (size_t)(route - gv_routes) : gv_route_count;
    size_t class = status >= 100 && status < 600 ? (size_t)status / 100 - 1 : CLASSES - 1;
    pthread_mutex_lock(&metrics->lock);
    metrics->routes[index].by_class[class]++;
    observe(&metrics->routes[index].duration, seconds);
    metrics->bytes_in += bytes_in;
    metrics->bytes_out += bytes_out;
    pthread_mutex_unlock(&metrics->lock);
}

static uint64_t *kind_of(struct gv_metrics *metrics, const struct gv_transition *t)
{
    const char *provider = t->provider != NULL ? t->provider : "";
    for (size_t i = 0; i < metrics->kind_count; i++) {
        struct transition_kind *kind = &metrics->kinds[i];
        if (strcmp(kind->effect, t->effect) == 0 && strcmp(kind->event, t->event) == 0 &&
            strcmp(kind->provider, provider) == 0)
            return &kind->count;
    }
    if (metrics->kind_count == TRANSITION_KINDS_MAX)
        return &metrics->other_transitions;
    const struct gv_provider *known = gv_provider_named(provider);
    struct transition_kind *fresh = &metrics->kinds[metrics->kind_count++];
    *fresh =
        (struct transition_kind){.provider = known != NULL ? known->name : "", .event = t->event, .effect = t->effect};
    return &fresh->count;
}

void gv_metrics_transition(struct gv_metrics *metrics, const struct gv_transition *transition, double commit_seconds)
{
    pthread_mutex_lock(&metrics->lock);
    ++*kind_of(metrics, transition);
    observe(&metrics->commit, commit_seconds);
    pthread_mutex_unlock(&metrics->lock);
}

void gv_metrics_delivery(struct gv_metrics *metrics, const char *outcome)
{
    size_t i = 0;
    pthread_mutex_lock(&metrics->lock);
    while (i < metrics->outcome_count && strcmp(metrics->outcomes[i].name, outcome) != 0)
        i++;
    if (i == metrics->outcome_count && i < OUTCOMES_MAX)
        metrics->outcomes[metrics->outcome_count++].name = outcome;
    if (i < metrics->outcome_count)
        metrics->outcomes[i].count++;
    pthread_mutex_unlock(&metrics->lock);
}

/* ---- telling ------------------------------------------------------------------------------------------------ */

void gv_metrics_head(struct gv_buf *out, const char *name, const char *type, const char *help)
{
    gv_buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* `labels` "" or "route=\"...\"," */
static void write_histogram(struct gv_buf *out, const char *name, const char *labels, const struct histogram *h)
{
    uint64_t count = 0;
    size_t bytes = strlen(labels);
    for (size_t i = 0; i < GV_COUNT(bounds_s); i++) {
        count += h->buckets[i];
        gv_buf_addf(out, "%s_bucket{%sle=\"%g\"} %llu\n", name, labels, bounds_s[i], (unsigned long long)count);
    }
    count += h->buckets[GV_COUNT(bounds_s)];
    gv_buf_addf(out, "%s_bucket{%sle=\"+Inf\"} %llu\n", name, labels, (unsigned long long)count);
    gv_buf_addf(out, "%s_sum%s%.*s%s %.6f\n", name, bytes ? "{" : "", bytes ? (int)bytes - 1 : 0, labels,
                bytes ? "}" : "", h->sum_s);
    gv_buf_addf(out, "%s_count%s%.*s%s %llu\n", name, bytes ? "{" : "", bytes ? (int)bytes - 1 : 0, labels,
                bytes ? "}" : "", (unsigned long long)count);
}

static bool is_used(const struct route_count *count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < CLASSES; i++)
        sum += count->by_class[i];
    return sum > 0;
}

static const char *labels_of(char out[256], size_t route)
{
    if (route < gv_route_count)
        snprintf(out, 256, "method=\"%s\",route=\"%s\",", gv_routes[route].method, gv_routes[route].pattern);
    else
        snprintf(out, 256, "method=\"\",route=\"\",");
    return out;
}

static void write_requests(struct gv_metrics *metrics, struct gv_buf *out)
{
    char labels[256];
    gv_metrics_head(out, "golem_video_http_requests_total", "counter",
                    "Requests by route and class of status; an empty route: there is none.");
    for (size_t i = 0; i <= gv_route_count; i++)
        for (size_t class = 0; class < CLASSES; class ++)
            if (metrics->routes[i].by_class[class] > 0)
                gv_buf_addf(out, "golem_video_http_requests_total{%sclass=\"%zuxx\"} %llu\n", labels_of(labels, i),
                            class + 1, (unsigned long long)metrics->routes[i].by_class[class]);
    gv_metrics_head(out, "golem_video_http_request_seconds", "histogram",
                    "From a request's headers to the end of its answer.");
    for (size_t i = 0; i <= gv_route_count; i++)
        if (is_used(&metrics->routes[i]))
            write_histogram(out, "golem_video_http_request_seconds", labels_of(labels, i),
                            &metrics->routes[i].duration);
    gv_metrics_head(out, "golem_video_http_bytes_total", "counter", "Bytes of bodies.");
    gv_buf_addf(out, "golem_video_http_bytes_total{direction=\"in\"} %llu\n", (unsigned long long)metrics->bytes_in);
    gv_buf_addf(out, "golem_video_http_bytes_total{direction=\"out\"} %llu\n", (unsigned long long)metrics->bytes_out);
}

static void write_transitions(struct gv_metrics *metrics, struct gv_buf *out)
{
    gv_metrics_head(out, "golem_video_transitions_total", "counter",
                    "Steps of jobs driven here: waits by effect=\"wait\", lost answers by event=\"no reply\".");
    for (size_t i = 0; i < metrics->kind_count; i++) {
        const struct transition_kind *kind = &metrics->kinds[i];
        gv_buf_addf(out, "golem_video_transitions_total{provider=\"%s\",event=\"%s\",effect=\"%s\"} %llu\n",
                    kind->provider, kind->event, kind->effect, (unsigned long long)kind->count);
    }
    if (metrics->other_transitions > 0)
        gv_buf_addf(out, "golem_video_transitions_total{provider=\"\",event=\"\",effect=\"\"} %llu\n",
                    (unsigned long long)metrics->other_transitions);
    gv_metrics_head(out, "golem_video_commit_seconds", "histogram",
                    "From the decision of a step to its being on disk; measured in milliseconds.");
    write_histogram(out, "golem_video_commit_seconds", "", &metrics->commit);
    gv_metrics_head(out, "golem_video_webhook_attempts_total", "counter", "Webhook deliveries tried.");
    for (size_t i = 0; i < metrics->outcome_count; i++)
        gv_buf_addf(out, "golem_video_webhook_attempts_total{outcome=\"%s\"} %llu\n", metrics->outcomes[i].name,
                    (unsigned long long)metrics->outcomes[i].count);
}

void gv_metrics_write(struct gv_metrics *metrics, struct gv_buf *out)
{
    pthread_mutex_lock(&metrics->lock);
    write_requests(metrics, out);
    write_transitions(metrics, out);
    pthread_mutex_unlock(&metrics->lock);
}
