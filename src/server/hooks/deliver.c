#include "server/hooks/deliver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/thread.h"
#include "core/url.h"
#include "server/hooks/callback.h"
#include "server/hooks/outbox.h"
#include "server/parts/internal.h"
#include "server/parts/metrics.h"

#define PAGE 64u
#define ENDED_PAGE 8u /* rows may be large */
#define PAGES_MAX 16u /* of due deliveries looked through at a time */
#define LOOK_MS 1000  /* between two looks for ended jobs of other processes */
#define RESTING_MAX 256
#define REST_MS_MAX 60000 /* a receiver that failed is left alone so long at the most */
#define RECEIVER_BYTES 300
#define SECRET_SETTING "GOLEM_VIDEO_WEBHOOK_SECRET"
#define RETRY_SETTING "GOLEM_VIDEO_WEBHOOK_RETRY_MS"

enum sender_state { IDLE, BUSY, DONE };

struct sender {
    struct gv_deliver *deliver;
    pthread_t thread;
    bool running;
    enum sender_state state;
    struct gv_delivery delivery;
    char receiver[RECEIVER_BYTES];
    struct gv_arena arena; /* of the delivery */
};

/* A receiver that failed lately. */
struct rest {
    char receiver[RECEIVER_BYTES];
    int64_t until_ms;
};

struct gv_deliver {
    struct gv_server *server;
    bool has_secret;
    struct gv_webhook_key secret; /* of callbacks */
    int64_t retry_ms;
    int lock_fd; /* of the store; -1: another server delivers */
    pthread_t thread;
    bool running;
    struct sender senders[GV_DELIVER_SENDERS];
    pthread_mutex_t lock; /* of all that follows, and of the senders' state and delivery */
    pthread_cond_t look, work;
    bool looking, stopping, refused;
    struct rest resting[RESTING_MAX];
};

/* Who is meant, for taking turns: an endpoint, or the host of a callback URL. */
static void receiver_of(char out[RECEIVER_BYTES], const struct gv_delivery *d)
{
    struct gv_url url;
    char host_port[GV_HOST_PORT_BYTES] = "";
    if (d->endpoint_id == NULL && gv_url_parse(&url, d->url, NULL) == GV_OK)
        gv_url_host_port(host_port, &url);
    snprintf(out, RECEIVER_BYTES, "%s", d->endpoint_id != NULL ? d->endpoint_id : host_port);
}

static double chance(const struct gv_deliver *deliver)
{
    uint16_t number;
    gv_engine_crypto(deliver->server->engine)->random(&number, sizeof number);
    return (double)number / UINT16_MAX;
}

/* Trouble with the journal is said when it begins and when it is over (err NULL). */
static void tell(struct gv_deliver *deliver, const struct gv_error *err)
{
    pthread_mutex_lock(&deliver->lock);
    if (err != NULL && !deliver->refused)
        fprintf(stderr, "golem-video: webhooks wait: %s\n", err->message);
    if (err == NULL && deliver->refused)
        fprintf(stderr, "golem-video: webhooks go on\n");
    deliver->refused = err != NULL;
    pthread_mutex_unlock(&deliver->lock);
}

static int commit(struct gv_deliver *deliver, struct gv_journal_op *ops, size_t count, struct gv_arena *arena)
{
    struct gv_error err = {0};
    int code = count > 0 ? gv_engine_commit(deliver->server->engine, ops, count, arena, &err) : GV_OK;
    if (count > 0)
        tell(deliver, code != GV_OK ? &err : NULL);
    return code;
}

/* Under the lock. */
static void wait_for_look(struct gv_deliver *deliver, int64_t ms)
{
    int64_t until_ms = gv_server_now_ms() + ms;
    struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    if (!deliver->stopping)
        pthread_cond_timedwait(&deliver->look, &deliver->lock, &until);
}

/* ---- receivers that rest, under the lock -------------------------------------------------------------------- */

static struct rest *rest_of(struct gv_deliver *deliver, const char *receiver)
{
    for (size_t i = 0; i < RESTING_MAX; i++)
        if (deliver->resting[i].until_ms != 0 && strcmp(deliver->resting[i].receiver, receiver) == 0)
            return &deliver->resting[i];
    return NULL;
}

static void let_rest(struct gv_deliver *deliver, const char *receiver, int64_t until_ms)
{
    struct rest *rest = rest_of(deliver, receiver), *soonest = &deliver->resting[0];
    for (size_t i = 0; i < RESTING_MAX; i++)
        if (deliver->resting[i].until_ms < soonest->until_ms)
            soonest = &deliver->resting[i];
    if (rest == NULL)
        rest = soonest; /* a free one, or the one that is over first */
    snprintf(rest->receiver, sizeof rest->receiver, "%s", receiver);
    rest->until_ms = until_ms;
}

static void let_go_on(struct gv_deliver *deliver, const char *receiver)
{
    struct rest *rest = rest_of(deliver, receiver);
    if (rest != NULL)
        rest->until_ms = 0;
}

/* ---- senders ------------------------------------------------------------------------------------------------ */

int gv_deliver_post(int *status, struct gv_engine *engine, const char *url, const char *event_id, const char *body,
                    const struct gv_webhook_key *key, const struct gv_webhook_key *old_key, struct gv_error *err)
{
    char timestamp[24], signatures[2 * GV_WEBHOOK_SIGNATURE_BYTES];
    gv_hmac_sha256_fn *hmac = gv_engine_crypto(engine)->hmac_sha256;
    snprintf(timestamp, sizeof timestamp, "%lld", (long long)(gv_server_wall_ms() / 1000));
    struct gv_webhook webhook = {.id = event_id, .timestamp = timestamp, .body = body, .body_bytes = strlen(body)};
    gv_webhook_sign(signatures, &webhook, key, hmac);
    if (old_key != NULL) {
        size_t length = strlen(signatures);
        signatures[length] = ' ';
        gv_webhook_sign(signatures + length + 1, &webhook, old_key, hmac);
    }
    const struct gv_header headers[] = {{"webhook-id", event_id},
                                        {"webhook-timestamp", timestamp},
                                        {"webhook-signature", signatures},
                                        {"user-agent", "golem-video/" GV_VERSION}};
    return gv_engine_post(status, engine, url, headers, GV_COUNT(headers), body, GV_DELIVER_POST_MS, err);
}

enum outcome { ARRIVED, FAILED, WITHDRAWN };

/* With an endpoint's address and secret as they are now. */
static enum outcome post(struct gv_deliver *deliver, const struct gv_delivery *d, struct gv_arena *arena,
                         struct gv_error *err)
{
    struct gv_engine *engine = deliver->server->engine;
    struct gv_endpoint endpoint = {.url = d->url, .enabled = true};
    struct gv_webhook_key key = deliver->secret, old_key;
    bool found = true;
    if (d->endpoint_id != NULL &&
        gv_endpoint_get(&endpoint, &found, gv_engine_journal(engine), d->tenant, d->endpoint_id, arena, err) != GV_OK)
        return FAILED;
    if (!found)
        return WITHDRAWN;
    bool old = endpoint.old_until_s > gv_server_wall_ms() / 1000;
    if (d->endpoint_id != NULL)
        gv_endpoint_key(&key, deliver->server, d->endpoint_id, endpoint.generation);
    if (old)
        gv_endpoint_key(&old_key, deliver->server, d->endpoint_id, endpoint.generation - 1);
    if (!endpoint.enabled || (d->endpoint_id == NULL && !deliver->has_secret)) {
        gv_fail(err, GV_INVALID_INPUT, endpoint.enabled ? SECRET_SETTING " is not set" : "the endpoint is disabled");
        return FAILED;
    }
    int status = 0;
    int code = gv_deliver_post(&status, engine, endpoint.url, d->event_id, gv_outbox_body(d, arena), &key,
                               old ? &old_key : NULL, err);
    if (code == GV_OK && status >= 200 && status < 300)
        return ARRIVED;
    if (code == GV_OK)
        gv_fail(err, GV_INVALID_INPUT, "the receiver answered %d", status);
    return FAILED;
}

static void say_given_up(const struct gv_delivery *d, const struct gv_error *err)
{
    fprintf(stderr, "golem-video: %s of job %s was not delivered to %s within %d hours and is given up: %s\n", d->type,
            d->job_id, d->endpoint_id != NULL ? d->endpoint_id : "its callback URL", GV_OUTBOX_LIFE_S / 3600,
            err->message);
}

/* The ops that follow from a try; how many. */
static size_t settle(struct gv_journal_op ops[2], struct sender *sender, enum outcome outcome,
                     const struct gv_error *err)
{
    struct gv_deliver *deliver = sender->deliver;
    struct gv_delivery next = sender->delivery;
    int64_t now_ms = gv_server_wall_ms();
    int64_t wait_ms = gv_outbox_wait_ms(++next.tries, deliver->retry_ms, chance(deliver));
    bool over = outcome == FAILED && now_ms / 1000 - next.created_s > GV_OUTBOX_LIFE_S;
    next.due_ms = now_ms + wait_ms;
    ops[0] = gv_outbox_drop(&sender->delivery, &sender->arena);
    if (over)
        say_given_up(&next, err);
    static const char *const words[] = {[ARRIVED] = "delivered", [FAILED] = "retry", [WITHDRAWN] = "withdrawn"};
    gv_metrics_delivery(deliver->server->metrics, over ? "given_up" : words[outcome]);
    pthread_mutex_lock(&deliver->lock);
    if (outcome == FAILED)
        let_rest(deliver, sender->receiver, now_ms + (wait_ms < REST_MS_MAX ? wait_ms : REST_MS_MAX));
    else
        let_go_on(deliver, sender->receiver);
    pthread_mutex_unlock(&deliver->lock);
    if (outcome != FAILED || over)
        return 1;
    ops[1] = gv_outbox_put(&next, &sender->arena);
    return 2;
}

static void *send_all(void *ctx)
{
    struct sender *sender = ctx;
    struct gv_deliver *deliver = sender->deliver;
    pthread_mutex_lock(&deliver->lock);
    while (!deliver->stopping) {
        if (sender->state != BUSY) {
            pthread_cond_wait(&deliver->work, &deliver->lock);
            continue;
        }
        pthread_mutex_unlock(&deliver->lock);
        struct gv_error err = {0};
        struct gv_journal_op ops[2];
        enum outcome outcome = post(deliver, &sender->delivery, &sender->arena, &err);
        size_t count = settle(ops, sender, outcome, &err);
        int code = commit(deliver, ops, count, &sender->arena);
        pthread_mutex_lock(&deliver->lock);
        if (code != GV_OK) /* it stays due, and would be sent again at once */
            let_rest(deliver, sender->receiver, gv_server_wall_ms() + REST_MS_MAX);
        sender->state = DONE;
        deliver->looking = true;
        pthread_cond_signal(&deliver->look);
    }
    pthread_mutex_unlock(&deliver->lock);
    return NULL;
}

/* ---- handing out -------------------------------------------------------------------------------------------- */

/* Under the lock, like the two below. What a sender has done counts until the journal is read again. */
static bool is_in_hand(const struct gv_deliver *deliver, const struct gv_delivery *d)
{
    for (size_t i = 0; i < GV_DELIVER_SENDERS; i++)
        if (deliver->senders[i].state != IDLE && gv_outbox_same(&deliver->senders[i].delivery, d))
            return true;
    return false;
}

/* False: no sender is free. */
static bool hand_out(struct gv_deliver *deliver, const struct gv_delivery *d, const char *receiver)
{
    struct sender *idle = NULL;
    size_t same = 0;
    for (size_t i = 0; i < GV_DELIVER_SENDERS; i++) {
        struct sender *sender = &deliver->senders[i];
        if (sender->state == IDLE)
            idle = sender;
        same += sender->state == BUSY && strcmp(sender->receiver, receiver) == 0;
    }
    if (idle == NULL || same >= GV_DELIVER_EACH_MAX)
        return idle != NULL;
    idle->delivery = gv_outbox_copy(d, &idle->arena);
    snprintf(idle->receiver, sizeof idle->receiver, "%s", receiver);
    idle->state = BUSY;
    pthread_cond_broadcast(&deliver->work);
    return true;
}

static void free_senders(struct gv_deliver *deliver)
{
    for (size_t i = 0; i < GV_DELIVER_SENDERS; i++) {
        struct sender *sender = &deliver->senders[i];
        if (sender->state != DONE)
            continue;
        gv_arena_reset(&sender->arena);
        sender->state = IDLE;
    }
}

/* A round over what is due. */
struct serving {
    struct gv_deliver *deliver;
    struct gv_arena *arena;
    struct gv_journal_op *ops; /* of a page */
    size_t op_count;
    int64_t now_ms, next_ms; /* next_ms: when the first is due that is not yet */
};

/* What is due to a receiver that rests is put off until then, without a try. False: the rest can wait. */
static bool serve(struct serving *s, const struct gv_delivery *d)
{
    char receiver[RECEIVER_BYTES];
    if (d->due_ms > s->now_ms) {
        s->next_ms = d->due_ms;
        return false;
    }
    if (is_in_hand(s->deliver, d))
        return true;
    receiver_of(receiver, d);
    const struct rest *rest = rest_of(s->deliver, receiver);
    if (rest == NULL || rest->until_ms <= s->now_ms)
        return hand_out(s->deliver, d, receiver);
    struct gv_delivery later = *d;
    later.due_ms = rest->until_ms;
    s->ops[s->op_count++] = gv_outbox_drop(d, s->arena);
    s->ops[s->op_count++] = gv_outbox_put(&later, s->arena);
    return true;
}

static bool serve_page(struct serving *s, const struct gv_delivery *page, size_t count)
{
    bool more = count == PAGE;
    s->op_count = 0;
    s->ops = GV_NEW_ARRAY(s->arena, struct gv_journal_op, 2 * PAGE);
    pthread_mutex_lock(&s->deliver->lock);
    for (size_t i = 0; i < count; i++)
        if (!serve(s, &page[i])) {
            more = false;
            break;
        }
    pthread_mutex_unlock(&s->deliver->lock);
    return commit(s->deliver, s->ops, s->op_count, s->arena) == GV_OK && more;
}

/* When the next is due, 0: none is known. */
static int64_t serve_due(struct gv_deliver *deliver)
{
    struct gv_arena arena = {0};
    struct gv_error err = {0};
    struct serving s = {.deliver = deliver, .arena = &arena, .now_ms = gv_server_wall_ms()};
    struct gv_delivery *page = GV_NEW_ARRAY(&arena, struct gv_delivery, PAGE), last;
    pthread_mutex_lock(&deliver->lock);
    free_senders(deliver);
    pthread_mutex_unlock(&deliver->lock);
    for (unsigned i = 0; i < PAGES_MAX; i++) {
        size_t count;
        if (gv_outbox_page(page, &count, PAGE, i > 0 ? &last : NULL, gv_engine_journal(deliver->server->engine), &arena,
                           &err) != GV_OK) {
            tell(deliver, &err);
            break;
        }
        if (!serve_page(&s, page, count))
            break;
        last = page[count - 1];
    }
    gv_arena_free(&arena);
    return s.next_ms;
}

/* ---- announcing --------------------------------------------------------------------------------------------- */

static int announce(struct gv_deliver *deliver, const struct gv_job_row *row, struct gv_error *err)
{
    struct gv_engine *engine = deliver->server->engine;
    struct gv_arena arena = {0};
    struct gv_journal_op *ops = GV_NEW_ARRAY(&arena, struct gv_journal_op, GV_OUTBOX_ANNOUNCE_OPS_MAX);
    size_t count;
    int code = gv_outbox_announce(ops, &count, gv_engine_journal(engine), row, &arena, err);
    if (code == GV_OK)
        code = gv_engine_commit(engine, ops, count, &arena, err);
    gv_arena_free(&arena);
    return code;
}

/* All ended jobs that are not announced, whoever drove them. */
static void announce_ended(struct gv_deliver *deliver)
{
    struct gv_journal *journal = gv_engine_journal(deliver->server->engine);
    struct gv_job_filter filter = {.unannounced = true, .oldest_first = true, .limit = ENDED_PAGE};
    struct gv_error err = {0};
    int code = GV_OK;
    for (size_t count = ENDED_PAGE; count == ENDED_PAGE && code == GV_OK;) {
        struct gv_arena arena = {0};
        const struct gv_job_row *rows;
        code = journal->vtable->list(&rows, &count, journal, &filter, &arena, &err);
        for (size_t i = 0; i < count && code == GV_OK; i++)
            code = announce(deliver, &rows[i], &err);
        gv_arena_free(&arena);
    }
    if (code != GV_OK)
        tell(deliver, &err);
}

/* ---- the thread --------------------------------------------------------------------------------------------- */

/* Whether this server is the one that delivers; once it is, it stays so. */
static bool holds_lock(struct gv_deliver *deliver)
{
    if (deliver->lock_fd >= 0)
        return true;
    struct gv_arena arena = {0};
    const char *path = gv_arena_printf(&arena, "%s/webhooks.lock", deliver->server->options.store);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    gv_arena_free(&arena);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        deliver->lock_fd = fd;
    else if (fd >= 0)
        close(fd);
    return deliver->lock_fd >= 0;
}

static void *look_after_all(void *ctx)
{
    struct gv_deliver *deliver = ctx;
    pthread_mutex_lock(&deliver->lock);
    while (!deliver->stopping) {
        int64_t next_ms = 0;
        deliver->looking = false;
        pthread_mutex_unlock(&deliver->lock);
        if (holds_lock(deliver)) {
            announce_ended(deliver);
            next_ms = serve_due(deliver);
        }
        int64_t left_ms = next_ms != 0 ? next_ms - gv_server_wall_ms() : LOOK_MS;
        pthread_mutex_lock(&deliver->lock);
        if (!deliver->looking && left_ms > 0)
            wait_for_look(deliver, left_ms < LOOK_MS ? left_ms : LOOK_MS);
    }
    pthread_mutex_unlock(&deliver->lock);
    return NULL;
}

/* ---- life --------------------------------------------------------------------------------------------------- */

void gv_deliver_tell(struct gv_deliver *deliver, const struct gv_transition *transition)
{
    if (transition->status != GV_SUCCEEDED && transition->status != GV_FAILED)
        return;
    pthread_mutex_lock(&deliver->lock);
    deliver->looking = true;
    pthread_cond_signal(&deliver->look);
    pthread_mutex_unlock(&deliver->lock);
}

int gv_deliver_check_callback(const struct gv_deliver *deliver, const char *url, const char *field,
                              struct gv_error *err)
{
    if (!deliver->has_secret)
        return gv_fail_field(err, GV_INVALID_INPUT, field,
                             "there is no secret to sign with: start the server with " SECRET_SETTING
                             "=whsec_... in its environment, or make a webhook endpoint instead");
    return gv_engine_check_url(deliver->server->engine, url, field, err);
}

struct gv_deliver *gv_deliver_open(struct gv_server *server)
{
    struct gv_deliver *deliver = gv_xcalloc(1, sizeof *deliver);
    gv_cond_init(&deliver->look);
    gv_cond_init(&deliver->work);
    pthread_mutex_init(&deliver->lock, NULL);
    deliver->server = server;
    deliver->lock_fd = -1;
    return deliver;
}

static int read_settings(struct gv_deliver *deliver, struct gv_error *err)
{
    const char *secret = gv_server_setting(deliver->server, SECRET_SETTING);
    const char *retry = gv_server_setting(deliver->server, RETRY_SETTING);
    char *end = "";
    deliver->has_secret = secret != NULL && secret[0] != '\0';
    if (deliver->has_secret && !gv_webhook_key_read(&deliver->secret, secret))
        return gv_fail_field(err, GV_INVALID_INPUT, SECRET_SETTING,
                             SECRET_SETTING " is no secret: whsec_ and 1 to %d characters of base64",
                             GV_WEBHOOK_KEY_BYTES_MAX);
    deliver->retry_ms = retry != NULL && retry[0] != '\0' ? strtol(retry, &end, 10) : GV_OUTBOX_RETRY_MS;
    if (*end != '\0' || deliver->retry_ms < 1 || deliver->retry_ms > GV_OUTBOX_RETRY_MS_MAX)
        return gv_fail_field(err, GV_INVALID_INPUT, RETRY_SETTING,
                             RETRY_SETTING "=%s is no number of milliseconds from 1 to %d", retry,
                             GV_OUTBOX_RETRY_MS_MAX);
    return GV_OK;
}

static bool start_threads(struct gv_deliver *deliver)
{
    deliver->running = gv_thread_start(&deliver->thread, look_after_all, deliver, 0) == 0;
    bool all = deliver->running;
    for (size_t i = 0; i < GV_DELIVER_SENDERS && all; i++) {
        struct sender *sender = &deliver->senders[i];
        sender->deliver = deliver;
        sender->running = gv_thread_start(&sender->thread, send_all, sender, 0) == 0;
        all = sender->running;
    }
    return all;
}

int gv_deliver_start(struct gv_deliver *deliver, struct gv_error *err)
{
    int code = read_settings(deliver, err);
    if (code != GV_OK)
        return code;
    return start_threads(deliver)
               ? GV_OK
               : gv_fail(err, GV_INTERNAL_ERROR, "starting the threads of webhooks failed; raise the limit on threads");
}

void gv_deliver_stop(struct gv_deliver *deliver)
{
    pthread_mutex_lock(&deliver->lock);
    deliver->stopping = true;
    pthread_cond_broadcast(&deliver->look);
    pthread_cond_broadcast(&deliver->work);
    pthread_mutex_unlock(&deliver->lock);
    if (deliver->running)
        pthread_join(deliver->thread, NULL);
    deliver->running = false;
    for (size_t i = 0; i < GV_DELIVER_SENDERS; i++) {
        if (deliver->senders[i].running)
            pthread_join(deliver->senders[i].thread, NULL);
        deliver->senders[i].running = false;
    }
}

void gv_deliver_close(struct gv_deliver *deliver)
{
    if (deliver == NULL)
        return;
    for (size_t i = 0; i < GV_DELIVER_SENDERS; i++)
        gv_arena_free(&deliver->senders[i].arena);
    if (deliver->lock_fd >= 0)
        close(deliver->lock_fd);
    pthread_cond_destroy(&deliver->look);
    pthread_cond_destroy(&deliver->work);
    pthread_mutex_destroy(&deliver->lock);
    free(deliver);
}
