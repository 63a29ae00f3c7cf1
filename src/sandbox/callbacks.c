#include "sandbox/callbacks.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"

struct due {
    const struct gv_emu_task *task;
    int64_t at_ms; /* wall clock */
};

struct gv_callbacks {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct due *heap; /* the earliest first */
    size_t count, room;
    bool stopping;
    char *secret;
    gv_callback_body_fn *body;
    void *ctx;
};

/* ---- the queue -------------------------------------------------------------------------------------------------- */

static void swap(struct due *a, struct due *b)
{
    struct due kept = *a;
    *a = *b;
    *b = kept;
}

static void push(struct gv_callbacks *c, struct due due)
{
    if (c->count == GV_CALLBACKS_MAX)
        return;
    if (c->count == c->room) {
        c->room = c->room ? c->room * 2 : 64;
        c->heap = gv_xrealloc(c->heap, c->room * sizeof *c->heap);
    }
    size_t i = c->count++;
    c->heap[i] = due;
    for (; i > 0 && c->heap[i].at_ms < c->heap[(i - 1) / 2].at_ms; i = (i - 1) / 2)
        swap(&c->heap[i], &c->heap[(i - 1) / 2]);
}

static struct due pop(struct gv_callbacks *c)
{
    struct due first = c->heap[0];
    c->heap[0] = c->heap[--c->count];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < c->count; child++) {
            if (c->heap[child].at_ms < c->heap[least].at_ms)
                least = child;
        }
        if (least == i)
            return first;
        swap(&c->heap[i], &c->heap[least]);
        i = least;
    }
}

/* ---- posting ---------------------------------------------------------------------------------------------------- */

bool gv_callback_sign(char out[GV_WEBHOOK_SIGNATURE_BYTES], const struct gv_crypto *crypto, const char *secret,
                      const char *id, int64_t at_s, const char *body)
{
    struct gv_webhook_key key;
    char timestamp[24];
    if (!gv_webhook_key_read(&key, secret))
        return false;
    snprintf(timestamp, sizeof timestamp, "%lld", (long long)at_s);
    struct gv_webhook webhook = {.id = id, .timestamp = timestamp, .body = body, .body_bytes = strlen(body)};
    gv_webhook_sign(out, &webhook, &key, crypto->hmac_sha256);
    return true;
}

static size_t ignore(char *data, size_t one, size_t bytes, void *ctx)
{
    (void)data;
    (void)one;
    (void)ctx;
    return bytes;
}

static struct curl_slist *headers_of(const struct gv_callbacks *c, const struct due *due, const char *body)
{
    char id[96], line[192], signature[GV_WEBHOOK_SIGNATURE_BYTES];
    struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json; charset=utf-8");
    snprintf(id, sizeof id, "msg_%.40s_%lld", due->task->id, (long long)due->at_ms);
    if (!c->secret || !gv_callback_sign(signature, &gv_crypto_openssl, c->secret, id, due->at_ms / 1000, body))
        return list;
    snprintf(line, sizeof line, "webhook-id: %s", id);
    list = curl_slist_append(list, line);
    snprintf(line, sizeof line, "webhook-timestamp: %lld", (long long)(due->at_ms / 1000));
    list = curl_slist_append(list, line);
    snprintf(line, sizeof line, "webhook-signature: %s", signature);
    return curl_slist_append(list, line);
}

static void post(const struct gv_callbacks *c, const struct due *due)
{
    char *body = c->body(c->ctx, due->task, due->at_ms);
    CURL *curl = body ? curl_easy_init() : NULL;
    if (curl) {
        struct curl_slist *headers = headers_of(c, due, body);
        curl_easy_setopt(curl, CURLOPT_URL, due->task->callback_url);
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)GV_CALLBACK_SECONDS_MAX);
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
        curl_easy_perform(curl); /* nobody waits for how it went: the client polls as well */
        curl_slist_free_all(headers);
        curl_easy_cleanup(curl);
    }
    free(body);
}

/* ---- the thread ------------------------------------------------------------------------------------------------- */

static bool ready(const struct gv_callbacks *c)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return c->count > 0 && c->heap[0].at_ms <= now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wait_for_work(struct gv_callbacks *c)
{
    if (c->count == 0) {
        pthread_cond_wait(&c->changed, &c->lock);
        return;
    }
    int64_t at = c->heap[0].at_ms;
    struct timespec until = {.tv_sec = at / 1000, .tv_nsec = at % 1000 * 1000000};
    pthread_cond_timedwait(&c->changed, &c->lock, &until);
}

static void *run(void *ctx)
{
    struct gv_callbacks *c = ctx;
    pthread_mutex_lock(&c->lock);
    while (!c->stopping) {
        if (!ready(c)) {
            wait_for_work(c);
            continue;
        }
        struct due due = pop(c);
        pthread_mutex_unlock(&c->lock);
        post(c, &due);
        pthread_mutex_lock(&c->lock);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

struct gv_callbacks *gv_callbacks_open(const char *secret, gv_callback_body_fn *body, void *ctx)
{
    struct gv_callbacks *c = gv_xcalloc(1, sizeof *c);
    c->secret = secret && *secret ? gv_xstrdup(secret) : NULL;
    c->body = body;
    c->ctx = ctx;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->changed, NULL);
    if (pthread_create(&c->thread, NULL, run, c) == 0)
        return c;
    free(c->secret);
    free(c);
    return NULL;
}

void gv_callbacks_close(struct gv_callbacks *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->changed);
    free(c->secret);
    free(c->heap);
    free(c);
}

void gv_callbacks_add(struct gv_callbacks *c, const struct gv_emu_task *task)
{
    if (!task->callback_url)
        return;
    pthread_mutex_lock(&c->lock);
    push(c, (struct due){task, task->created_ms});
    push(c, (struct due){task, task->begins_ms});
    push(c, (struct due){task, task->ends_ms});
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
}
