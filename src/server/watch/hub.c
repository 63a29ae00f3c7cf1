#include "server/watch/hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/list.h"
#include "base/thread.h"
#include "server/http/front.h"
#include "server/http/passage.h"
#include "server/parts/internal.h"
#include "server/watch/events.h"
#include "server/watch/ring.h"

#define BUCKETS 1024
#define TAKE_MAX 256    /* items, and looks at the journal, between two looks at the ring */
#define KEEP_BYTES 4096 /* of an empty stream's memory */

struct watcher {
    struct gv_stream stream;
    struct gv_list list;   /* of all */
    struct gv_list bucket; /* of those that watch what hashes to the same, or of those that watch all */
    struct gv_list due;    /* of those that are to look at the journal */
    struct gv_hub *hub;
    struct gv_passage *passage;
    char job_id[32]; /* "": all */
    char *tenant;    /* NULL: everybody's */
    struct gv_events_place place;
    struct gv_buf out;
    size_t read; /* of `out` */
    bool asleep; /* the passage is held until there is something to read */
    bool ended, dropped;
    bool looking; /* the hub's thread is at the journal for it */
    bool resync;  /* events were lost for want of room */
    int64_t told_ms;
};

struct gv_hub {
    struct gv_server *server;
    struct gv_ring ring;
    pthread_t thread;
    bool running;
    pthread_mutex_t lock; /* of what follows and of the streams */
    struct gv_list streams, due, everybody, buckets[BUCKETS];
    size_t stream_count;
    bool stopping;
    /* the thread's own */
    uint64_t version; /* of the journal, when last looked at */
    int64_t looked_ms;
    struct gv_ring_item items[TAKE_MAX];
};

static struct gv_list *bucket_of(struct gv_hub *hub, const char *job_id)
{
    uint32_t hash = 2166136261u;
    for (; *job_id != '\0'; job_id++)
        hash = (hash ^ (unsigned char)*job_id) * 16777619u;
    return &hub->buckets[hash % BUCKETS];
}

/* ---- a stream, under the lock ------------------------------------------------------------------------------- */

static void wake(struct watcher *s)
{
    if (!s->asleep)
        return;
    s->asleep = false;
    gv_front_release(s->passage);
}

static bool put(struct watcher *s, const char *text, size_t bytes)
{
    if (s->out.len - s->read + bytes > GV_STREAM_ROOM_BYTES)
        return false;
    if (s->read > 0 && s->read >= s->out.len - s->read) { /* more was read than not: it makes room */
        s->out.len -= s->read;
        memmove(s->out.data, s->out.data + s->read, s->out.len);
        s->read = 0;
    }
    gv_buf_add(&s->out, text, bytes);
    s->told_ms = gv_server_now_ms();
    wake(s);
    return true;
}

static void put_text(struct watcher *s, const char *text)
{
    put(s, text, strlen(text));
}

static void make_due(struct watcher *s)
{
    if (gv_list_empty(&s->due) && !s->ended)
        gv_list_append(&s->hub->due, &s->due);
}

static void end(struct watcher *s)
{
    s->ended = true;
    wake(s);
}

static void free_stream(struct watcher *s)
{
    gv_buf_free(&s->out);
    free(s->tenant);
    free(s);
}

/* ---- what the thread does ----------------------------------------------------------------------------------- */

static bool may_see(const struct watcher *s, const char *tenant)
{
    return s->tenant == NULL || (tenant != NULL && strcmp(s->tenant, tenant) == 0);
}

static void dispatch(struct gv_hub *hub, const struct gv_ring_item *item)
{
    GV_LIST_EACH (link, bucket_of(hub, item->job_id)) {
        struct watcher *s = GV_CONTAINER(link, struct watcher, bucket);
        if (strcmp(s->job_id, item->job_id) == 0)
            make_due(s);
    }
    GV_LIST_EACH (link, &hub->everybody) {
        struct watcher *s = GV_CONTAINER(link, struct watcher, bucket);
        if (may_see(s, item->tenant) && !s->resync)
            s->resync = !put(s, item->text, strlen(item->text));
    }
}

static void look_again(struct gv_hub *hub, bool lost)
{
    GV_LIST_EACH (link, &hub->streams) {
        struct watcher *s = GV_CONTAINER(link, struct watcher, list);
        if (s->job_id[0] != '\0')
            make_due(s);
        else
            s->resync |= lost;
    }
}

static void beat(struct gv_hub *hub, int64_t now_ms)
{
    GV_LIST_EACH (link, &hub->streams) {
        struct watcher *s = GV_CONTAINER(link, struct watcher, list);
        bool empty = s->read == s->out.len;
        if (s->resync && empty) {
            s->resync = false;
            put_text(s, "event: resync\ndata: {}\n\n");
        } else if (empty && now_ms - s->told_ms >= GV_STREAM_BEAT_MS) {
            put_text(s, ":\n\n");
        }
    }
}

/* Other processes' commits move the version too; ours do it as well, and cost a look that finds nothing. */
static void tick(struct gv_hub *hub)
{
    int64_t now_ms = gv_server_now_ms();
    struct gv_journal *journal = gv_engine_journal(hub->server->engine);
    if (now_ms - hub->looked_ms < GV_HUB_LOOK_MS)
        return;
    hub->looked_ms = now_ms;
    uint64_t version = journal->vtable->version(journal);
    pthread_mutex_lock(&hub->lock);
    if (version != hub->version)
        look_again(hub, false);
    hub->version = version;
    beat(hub, now_ms);
    pthread_mutex_unlock(&hub->lock);
}

/* What a look at the journal gave. */
struct seen {
    struct gv_events_place place;
    struct gv_buf text;
    struct gv_error fault;
};

static void settle(struct watcher *s, const struct seen *seen)
{
    bool failed = seen->fault.code != GV_OK;
    if (!failed) {
        s->place = seen->place;
        s->place.job_id = s->job_id;
    }
    if (seen->text.len > 0)
        put(s, seen->text.data, seen->text.len);
    if (failed || s->place.ended)
        end(s);
}

static bool has_room(const struct watcher *s)
{
    return s->out.len - s->read <= GV_STREAM_ROOM_BYTES / 4;
}

static bool same_tenant(const struct watcher *a, const struct watcher *b)
{
    return a->tenant == NULL ? b->tenant == NULL : b->tenant != NULL && strcmp(a->tenant, b->tenant) == 0;
}

/* Those that are due at the same place of the same job need no look of their own. */
static void share(struct gv_hub *hub, const struct watcher *looked, uint64_t seq, bool begun, const struct seen *seen)
{
    GV_LIST_EACH (link, bucket_of(hub, looked->job_id)) {
        struct watcher *s = GV_CONTAINER(link, struct watcher, bucket);
        if (gv_list_empty(&s->due) || s->place.seq != seq || s->place.begun != begun || !has_room(s) ||
            strcmp(s->job_id, looked->job_id) != 0 || !same_tenant(s, looked))
            continue;
        gv_list_remove(&s->due);
        settle(s, seen);
    }
}

/* Fills the stream up from the journal, if it has room. */
static void look(struct gv_hub *hub, struct watcher *s)
{
    struct seen seen = {.place = s->place};
    if (s->ended || !has_room(s)) {
        s->place.more = true;
        return;
    }
    uint64_t seq = s->place.seq;
    bool begun = s->place.begun;
    s->looking = true;
    pthread_mutex_unlock(&hub->lock);
    gv_buf_init(&seen.text, GV_STREAM_ROOM_BYTES / 4 * 3);
    int code =
        gv_events_put_history(&seen.text, &seen.place, hub->server, s->tenant, GV_STREAM_FILL_BYTES, &seen.fault);
    if (code == GV_OK && seen.text.overflow)
        code = gv_fail(&seen.fault, GV_INTERNAL_ERROR, "the job's history has a line that is too long to be told");
    if (code != GV_OK) {
        gv_buf_clear(&seen.text);
        gv_events_put_fault(&seen.text, &seen.fault);
    }
    pthread_mutex_lock(&hub->lock);
    s->looking = false;
    share(hub, s, seq, begun, &seen);
    if (s->dropped)
        free_stream(s);
    else
        settle(s, &seen);
    gv_buf_free(&seen.text);
}

/* Returns whether there is more to do at once. */
static bool look_for_due(struct gv_hub *hub)
{
    for (size_t i = 0; i < TAKE_MAX && !gv_list_empty(&hub->due); i++) {
        struct watcher *s = GV_CONTAINER(hub->due.next, struct watcher, due);
        gv_list_remove(&s->due);
        look(hub, s);
    }
    return !gv_list_empty(&hub->due);
}

static void *run(void *ctx)
{
    struct gv_hub *hub = ctx;
    bool busy = false, stopping = false;
    while (!stopping) {
        bool lost;
        size_t n = gv_ring_take(&hub->ring, hub->items, TAKE_MAX, &lost, busy ? 0 : GV_HUB_LOOK_MS);
        tick(hub);
        pthread_mutex_lock(&hub->lock);
        for (size_t i = 0; i < n; i++) {
            dispatch(hub, &hub->items[i]);
            gv_ring_item_free(&hub->items[i]);
        }
        if (lost)
            look_again(hub, true);
        busy = look_for_due(hub) || n == TAKE_MAX;
        stopping = hub->stopping;
        pthread_mutex_unlock(&hub->lock);
    }
    return NULL;
}

/* ---- from outside ------------------------------------------------------------------------------------------- */

struct gv_hub *gv_hub_open(struct gv_server *server)
{
    struct gv_hub *hub = gv_xcalloc(1, sizeof *hub);
    hub->server = server;
    gv_ring_init(&hub->ring);
    pthread_mutex_init(&hub->lock, NULL);
    gv_list_init(&hub->streams);
    gv_list_init(&hub->due);
    gv_list_init(&hub->everybody);
    for (size_t i = 0; i < BUCKETS; i++)
        gv_list_init(&hub->buckets[i]);
    return hub;
}

int gv_hub_start(struct gv_hub *hub, struct gv_error *err)
{
    int failed = gv_thread_start(&hub->thread, run, hub, 0);
    hub->running = failed == 0;
    return hub->running ? GV_OK
                        : gv_fail(err, GV_INTERNAL_ERROR, "starting the watchers' thread: %s", strerror(failed));
}

void gv_hub_tell(struct gv_hub *hub, const struct gv_transition *transition)
{
    struct gv_buf text;
    gv_buf_init(&text, GV_STREAM_ROOM_BYTES / 4);
    gv_events_put_transition(&text, transition);
    if (!text.overflow)
        gv_ring_put(&hub->ring, transition->job_id, transition->tenant, text.data);
    gv_buf_free(&text);
}

size_t gv_hub_watchers(struct gv_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    size_t count = hub->stream_count;
    pthread_mutex_unlock(&hub->lock);
    return count;
}

static void end_streams(struct gv_hub *hub, bool stopping)
{
    pthread_mutex_lock(&hub->lock);
    hub->stopping |= stopping;
    GV_LIST_EACH (link, &hub->streams)
        end(GV_CONTAINER(link, struct watcher, list));
    pthread_mutex_unlock(&hub->lock);
}

void gv_hub_end_streams(struct gv_hub *hub)
{
    end_streams(hub, false);
}

void gv_hub_stop(struct gv_hub *hub)
{
    end_streams(hub, true);
    gv_ring_bell(&hub->ring);
    if (hub->running)
        pthread_join(hub->thread, NULL);
    hub->running = false;
}

void gv_hub_close(struct gv_hub *hub)
{
    if (hub == NULL)
        return;
    gv_hub_stop(hub);
    gv_ring_free(&hub->ring);
    pthread_mutex_destroy(&hub->lock);
    free(hub);
}

/* ---- streams ------------------------------------------------------------------------------------------------ */

static ssize_t read_stream(struct gv_stream *stream, char *out, size_t room)
{
    struct watcher *s = GV_CONTAINER(stream, struct watcher, stream);
    struct gv_hub *hub = s->hub;
    pthread_mutex_lock(&hub->lock);
    size_t n = s->out.len - s->read;
    if (n > room)
        n = room;
    if (n > 0)
        memcpy(out, s->out.data + s->read, n);
    s->read += n;
    bool empty = s->read == s->out.len, more = empty && s->place.more && !s->ended;
    if (empty && s->out.cap > KEEP_BYTES) {
        gv_buf_free(&s->out);
        gv_buf_init(&s->out, 2 * GV_STREAM_ROOM_BYTES);
        s->read = 0;
    }
    if (more)
        make_due(s);
    if (n == 0 && !s->ended)
        s->asleep = gv_front_hold(s->passage);
    ssize_t result = n > 0 || s->asleep ? (ssize_t)n : -1;
    pthread_mutex_unlock(&hub->lock);
    if (more)
        gv_ring_bell(&hub->ring);
    return result;
}

static void drop_stream(struct gv_stream *stream)
{
    struct watcher *s = GV_CONTAINER(stream, struct watcher, stream);
    struct gv_hub *hub = s->hub;
    pthread_mutex_lock(&hub->lock);
    gv_list_remove(&s->list);
    gv_list_remove(&s->bucket);
    gv_list_remove(&s->due);
    hub->stream_count--;
    s->dropped = true;
    bool looking = s->looking;
    pthread_mutex_unlock(&hub->lock);
    if (!looking)
        free_stream(s);
}

struct gv_stream *gv_stream_open(struct gv_exchange *x, const char *job_id, uint64_t after_seq)
{
    struct gv_hub *hub = x->server->hub;
    struct watcher *s = gv_xcalloc(1, sizeof *s);
    s->stream = (struct gv_stream){.read = read_stream, .drop = drop_stream};
    s->hub = hub;
    s->passage = x->http;
    s->tenant = x->tenant != NULL ? gv_xstrdup(x->tenant) : NULL;
    snprintf(s->job_id, sizeof s->job_id, "%s", job_id != NULL ? job_id : "");
    s->place = (struct gv_events_place){.job_id = s->job_id, .seq = after_seq};
    gv_buf_init(&s->out, 2 * GV_STREAM_ROOM_BYTES);
    gv_list_init(&s->due);
    pthread_mutex_lock(&hub->lock);
    bool open = !hub->stopping;
    if (open) {
        gv_list_append(&hub->streams, &s->list);
        gv_list_append(job_id != NULL ? bucket_of(hub, job_id) : &hub->everybody, &s->bucket);
        hub->stream_count++;
        put_text(s, ": here is golem-video\n\n");
        if (job_id != NULL)
            make_due(s);
    }
    pthread_mutex_unlock(&hub->lock);
    gv_ring_bell(&hub->ring);
    if (open)
        return &s->stream;
    free_stream(s);
    return NULL;
}
