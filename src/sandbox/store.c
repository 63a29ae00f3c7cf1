#include "sandbox/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/error.h"

#define SLOTS (4u * GV_STORE_TASKS_MAX) /* at most two keys a task, half empty */
#define LINE_BYTES_MAX (1u << 20)

/* Readers take no lock: tasks and slots are only ever added, each after what it points at. Both arrays are address
 * space that the system fills with memory as it is used. */
struct gv_store {
    pthread_mutex_t lock;
    const struct gv_emu_task **tasks;
    _Atomic(uint32_t) *slots; /* open addressing; a task's number plus 1, or 0 */
    _Atomic(size_t) count;
    struct gv_arena arena;

    int fd; /* -1: memory only */
    char *path;
    off_t length; /* of whole lines */
    pthread_mutex_t sync_lock;
    size_t synced; /* tasks known to be on disk */
};

/* ---- look-ups --------------------------------------------------------------------------------------------------- */

static uint32_t hash(const char *a, const char *b, const char *c)
{
    const char *const parts[] = {a, b, c};
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < 3; i++) {
        for (const char *p = parts[i]; *p; p++)
            h = (h ^ (unsigned char)*p) * 16777619u;
        h = (h ^ 0x1f) * 16777619u;
    }
    return h;
}

static bool has_id(const struct gv_emu_task *task, const char *provider, const char *account, const char *id)
{
    (void)account;
    return strcmp(task->id, id) == 0 && strcmp(task->provider, provider) == 0;
}

static bool has_external(const struct gv_emu_task *task, const char *provider, const char *account, const char *id)
{
    return task->external_id && strcmp(task->external_id, id) == 0 && strcmp(task->provider, provider) == 0 &&
           strcmp(task->account, account) == 0;
}

static bool has_removed(const struct gv_emu_task *task, const char *provider, const char *account, const char *id)
{
    (void)account;
    return task->removes && strcmp(task->removes, id) == 0 && strcmp(task->provider, provider) == 0;
}

typedef bool matches_fn(const struct gv_emu_task *task, const char *provider, const char *account, const char *id);

static const struct gv_emu_task *find(struct gv_store *store, matches_fn *matches, const char *provider,
                                      const char *account, const char *id)
{
    for (uint32_t i = hash(provider, account, id);; i++) {
        uint32_t number = atomic_load_explicit(&store->slots[i % SLOTS], memory_order_acquire);
        if (number == 0)
            return NULL;
        if (matches(store->tasks[number - 1], provider, account, id))
            return store->tasks[number - 1];
    }
}

static const struct gv_emu_task *unless_removed(struct gv_store *store, const struct gv_emu_task *task)
{
    return task && !find(store, has_removed, task->provider, "", task->id) ? task : NULL;
}

const struct gv_emu_task *gv_store_find(struct gv_store *store, const char *provider, const char *id)
{
    return unless_removed(store, find(store, has_id, provider, "", id));
}

const struct gv_emu_task *gv_store_find_external(struct gv_store *store, const char *provider, const char *account,
                                                 const char *external_id)
{
    return unless_removed(store, find(store, has_external, provider, account, external_id));
}

const struct gv_emu_task *const *gv_store_tasks(struct gv_store *store, size_t *count)
{
    *count = atomic_load_explicit(&store->count, memory_order_acquire);
    return store->tasks;
}

/* ---- tasks as lines --------------------------------------------------------------------------------------------- */

static void write_line(struct gv_buf *out, const struct gv_emu_task *t)
{
    struct gv_json_out json = {.buf = out};
    gv_json_open(&json, NULL, '{');
    gv_json_put_text(&json, "id", t->id);
    gv_json_put_bool(&json, "note", t->note);
    gv_json_put_text(&json, "removes", t->removes);
    gv_json_put_text(&json, "provider", t->provider);
    gv_json_put_text(&json, "product", t->product);
    gv_json_put_text(&json, "model", t->model);
    gv_json_put_text(&json, "external_id", t->external_id);
    gv_json_put_text(&json, "account", t->account);
    gv_json_put_int(&json, "created_ms", t->created_ms);
    gv_json_put_int(&json, "begins_ms", t->begins_ms);
    gv_json_put_int(&json, "ends_ms", t->ends_ms);
    gv_json_put_text(&json, "failure", t->failure);
    gv_json_put_real(&json, "usd", t->usd);
    gv_json_put_text(&json, "units", t->units);
    gv_json_put_text(&json, "film", t->film);
    gv_json_put_text(&json, "callback_url", t->callback_url);
    gv_json_put_text(&json, "memo", t->memo);
    gv_json_close(&json, '}');
    gv_buf_adds(out, "\n");
}

static bool read_line(struct gv_emu_task *out, struct gv_arena *arena, const char *line, size_t bytes)
{
    const struct gv_json *json = gv_json_parse(arena, line, bytes, NULL);
    *out = (struct gv_emu_task){
        .id = gv_json_text(json, "id"),
        .note = gv_json_bool(json, "note", false),
        .removes = gv_json_text(json, "removes"),
        .provider = gv_json_text(json, "provider"),
        .product = gv_json_text(json, "product"),
        .model = gv_json_text(json, "model"),
        .external_id = gv_json_text(json, "external_id"),
        .account = gv_json_text(json, "account"),
        .created_ms = gv_json_int(json, "created_ms", 0),
        .begins_ms = gv_json_int(json, "begins_ms", 0),
        .ends_ms = gv_json_int(json, "ends_ms", 0),
        .failure = gv_json_text(json, "failure"),
        .usd = gv_json_real(json, "usd", 0),
        .units = gv_json_text(json, "units"),
        .film = gv_json_text(json, "film"),
        .callback_url = gv_json_text(json, "callback_url"),
        .memo = gv_json_text(json, "memo"),
    };
    return out->id && out->provider && out->product && out->account;
}

/* ---- adding ----------------------------------------------------------------------------------------------------- */

static void enter(struct gv_store *store, uint32_t hashed, uint32_t number)
{
    uint32_t i = hashed;
    while (atomic_load_explicit(&store->slots[i % SLOTS], memory_order_relaxed) != 0)
        i++;
    atomic_store_explicit(&store->slots[i % SLOTS], number, memory_order_release);
}

static struct gv_emu_task *copy(struct gv_arena *arena, const struct gv_emu_task *task)
{
    struct gv_emu_task *t = gv_arena_memdup(arena, task, sizeof *task);
    const char **const texts[] = {&t->id,    &t->removes,     &t->provider,     &t->product,
                                  &t->model, &t->external_id, &t->account,      &t->failure,
                                  &t->units, &t->film,        &t->callback_url, &t->memo};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = gv_arena_strdup(arena, *texts[i]);
    return t;
}

static void remember(struct gv_store *store, const struct gv_emu_task *task)
{
    size_t at = atomic_load_explicit(&store->count, memory_order_relaxed);
    store->tasks[at] = copy(&store->arena, task);
    enter(store, hash(task->provider, "", task->id), (uint32_t)at + 1);
    if (task->external_id)
        enter(store, hash(task->provider, task->account, task->external_id), (uint32_t)at + 1);
    if (task->removes)
        enter(store, hash(task->provider, "", task->removes), (uint32_t)at + 1);
    atomic_store_explicit(&store->count, at + 1, memory_order_release);
}

static int append(struct gv_store *store, const struct gv_emu_task *task, struct gv_error *err)
{
    struct gv_buf line;
    gv_buf_init(&line, LINE_BYTES_MAX);
    write_line(&line, task);
    bool done = !line.overflow && pwrite(store->fd, line.data, line.len, store->length) == (ssize_t)line.len;
    int code = done ? GV_OK
                    : gv_fail(err, GV_INTERNAL_ERROR, "Writing a task to %s failed: %s", store->path,
                              line.overflow ? "it is too long" : strerror(errno));
    if (done)
        store->length += (off_t)line.len;
    gv_buf_free(&line);
    return code;
}

int gv_store_add(struct gv_store *store, const struct gv_emu_task *task, struct gv_error *err)
{
    if (store->count == GV_STORE_TASKS_MAX)
        return gv_fail(err, GV_INTERNAL_ERROR, "The sandbox holds no more than %u tasks; start it anew",
                       GV_STORE_TASKS_MAX);
    int code = store->fd < 0 ? GV_OK : append(store, task, err);
    if (code == GV_OK)
        remember(store, task);
    return code;
}

int gv_store_sync(struct gv_store *store, struct gv_error *err)
{
    int code = GV_OK;
    size_t wanted = store->count;
    if (store->fd < 0)
        return GV_OK;
    pthread_mutex_lock(&store->sync_lock);
    if (store->synced < wanted) {
        size_t covers = store->count;
        if (fdatasync(store->fd) == 0)
            store->synced = covers;
        else
            code = gv_fail(err, GV_INTERNAL_ERROR, "Flushing %s failed: %s", store->path, strerror(errno));
    }
    pthread_mutex_unlock(&store->sync_lock);
    return code;
}

void gv_store_lock(struct gv_store *store)
{
    pthread_mutex_lock(&store->lock);
}

void gv_store_unlock(struct gv_store *store)
{
    pthread_mutex_unlock(&store->lock);
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static int load(struct gv_store *store, struct gv_error *err)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    int code = GV_OK, fd = dup(store->fd);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (!file)
        return gv_fail(err, GV_INTERNAL_ERROR, "Reading %s failed: %s", store->path, strerror(errno));
    while (code == GV_OK && (n = getline(&line, &room, file)) > 0 && line[n - 1] == '\n') {
        struct gv_arena arena = {0};
        struct gv_emu_task task;
        if (store->count < GV_STORE_TASKS_MAX && read_line(&task, &arena, line, (size_t)n))
            remember(store, &task);
        else
            code =
                gv_fail(err, GV_INTERNAL_ERROR, "%s is damaged in line %zu; move the state folder away to start anew",
                        store->path, store->count + 1);
        gv_arena_free(&arena);
        store->length += n;
    }
    free(line);
    fclose(file);
    return code;
}

static int open_file(struct gv_store *store, struct gv_error *err)
{
    store->fd = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->fd < 0)
        return gv_fail(err, GV_INTERNAL_ERROR, "Opening %s failed: %s", store->path, strerror(errno));
    if (flock(store->fd, LOCK_EX | LOCK_NB) != 0)
        return gv_fail(err, GV_INTERNAL_ERROR, "%s is in use by another sandbox", store->path);
    int code = load(store, err);
    if (code == GV_OK && ftruncate(store->fd, store->length) != 0)
        code = gv_fail(err, GV_INTERNAL_ERROR, "Shortening %s failed: %s", store->path, strerror(errno));
    store->synced = store->count;
    return code;
}

int gv_store_open(struct gv_store **out, const char *path, struct gv_error *err)
{
    struct gv_store *store = gv_xcalloc(1, sizeof *store);
    store->tasks = gv_xcalloc(GV_STORE_TASKS_MAX, sizeof *store->tasks);
    store->slots = gv_xcalloc(SLOTS, sizeof *store->slots);
    store->path = path ? gv_xstrdup(path) : NULL;
    store->fd = -1;
    pthread_mutex_init(&store->lock, NULL);
    pthread_mutex_init(&store->sync_lock, NULL);
    int code = path ? open_file(store, err) : GV_OK;
    if (code == GV_OK)
        *out = store;
    else
        gv_store_close(store);
    return code;
}

void gv_store_close(struct gv_store *store)
{
    if (!store)
        return;
    if (store->fd >= 0)
        close(store->fd);
    pthread_mutex_destroy(&store->lock);
    pthread_mutex_destroy(&store->sync_lock);
    gv_arena_free(&store->arena);
    free(store->slots);
    free(store->tasks);
    free(store->path);
    free(store);
}
