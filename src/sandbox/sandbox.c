#include "sandbox/sandbox.h"

#include <curl/curl.h>
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "blob/file.h"
#include "sandbox/callbacks.h"
#include "sandbox/films.h"
#include "sandbox/server.h"

#define REMOVE_FDS_MAX 16

int64_t gv_sandbox_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void gv_sandbox_pause(const struct gv_sandbox *sandbox, int64_t ms, int fd)
{
    int64_t until = monotonic_ms() + ms, left;
    struct pollfd fds[] = {{sandbox->stop_fd, POLLIN, 0}, {fd, POLLRDHUP, 0}};
    while ((left = until - monotonic_ms()) > 0 && !fds[0].revents && !fds[1].revents)
        poll(fds, 2, (int)left);
}

/* ---- the state folder ------------------------------------------------------------------------------------------- */

static int make_folder(const char *path, struct gv_error *err)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return GV_OK;
    return gv_fail(err, GV_INTERNAL_ERROR, "Making the folder %s failed: %s", path, strerror(errno));
}

static int make_temporary(struct gv_sandbox *s, struct gv_error *err)
{
    const char *base = getenv("TMPDIR");
    struct gv_arena arena = {0};
    char *path = gv_arena_printf(&arena, "%s/golem-video-sandbox-XXXXXX", base && *base ? base : "/tmp");
    int code = GV_OK;
    s->temporary = mkdtemp(path) != NULL;
    if (s->temporary)
        s->dir = gv_xstrdup(path);
    else
        code = gv_fail(err, GV_INTERNAL_ERROR, "Making a folder like %s failed: %s", path, strerror(errno));
    gv_arena_free(&arena);
    return code;
}

static int make_folders(struct gv_sandbox *s, const char *state_dir, struct gv_error *err)
{
    static const char *const inner[] = {"films", "probes"};
    struct gv_arena arena = {0};
    if (state_dir)
        s->dir = gv_xstrdup(state_dir);
    int code = state_dir ? make_folder(state_dir, err) : make_temporary(s, err);
    for (size_t i = 0; i < 2 && code == GV_OK; i++)
        code = make_folder(gv_arena_printf(&arena, "%s/%s", s->dir, inner[i]), err);
    gv_arena_free(&arena);
    return code;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *place)
{
    (void)st;
    (void)type;
    (void)place;
    return remove(path);
}

/* ---- start and stop --------------------------------------------------------------------------------------------- */

static int open_parts(struct gv_sandbox *s, bool durable, struct gv_error *err)
{
    struct gv_arena arena = {0};
    const char *tasks = durable ? gv_arena_printf(&arena, "%s/tasks.jsonl", s->dir) : NULL;
    int code = gv_store_open(&s->store, tasks, err);
    if (code == GV_OK)
        code = gv_blobs_file_open(&s->blobs, s->dir, &gv_crypto_openssl, err);
    if (code == GV_OK) {
        struct gv_films_options films = {
            .dir = gv_arena_printf(&arena, "%s/films", s->dir),
            .helper = s->helper,
            .stop_fd = s->stop_fd,
            .blobs = s->blobs,
            .store = s->store,
        };
        s->films = gv_films_open(&films);
        s->callbacks = gv_callbacks_open(getenv("SANDBOX_WEBHOOK_SECRET"), gv_server_callback_body, s);
        if (!s->callbacks)
            code = gv_fail(err, GV_INTERNAL_ERROR, "Starting the sandbox's thread for callbacks failed");
    }
    gv_arena_free(&arena);
    return code;
}

int gv_sandbox_start(struct gv_sandbox **out, const struct gv_sandbox_options *options, struct gv_error *err)
{
    struct gv_sandbox *s = gv_xcalloc(1, sizeof *s);
    s->seed = options->seed;
    s->speed = options->speed > 0 ? options->speed : 1;
    s->helper = gv_xstrdup(options->media_helper ? options->media_helper : "golem-video-media");
    s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&s->lock, NULL);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int code = gv_faults_parse(&s->faults, options->faults, options->seed, err);
    if (code == GV_OK && s->stop_fd < 0)
        code = gv_fail(err, GV_INTERNAL_ERROR, "Making an event descriptor failed: %s", strerror(errno));
    if (code == GV_OK)
        code = make_folders(s, options->state_dir, err);
    if (code == GV_OK)
        code = open_parts(s, options->state_dir != NULL, err);
    if (code == GV_OK)
        code = gv_sandbox_listen(s, options->port, err);
    if (code == GV_OK)
        *out = s;
    else
        gv_sandbox_stop(s);
    return code;
}

uint16_t gv_sandbox_port(const struct gv_sandbox *sandbox)
{
    return sandbox->port;
}

void gv_sandbox_stop(struct gv_sandbox *s)
{
    if (!s)
        return;
    if (s->stop_fd >= 0)
        eventfd_write(s->stop_fd, 1);
    gv_sandbox_hang_up(s);
    gv_callbacks_close(s->callbacks);
    gv_films_close(s->films);
    if (s->blobs)
        s->blobs->vtable->close(s->blobs);
    gv_store_close(s->store);
    if (s->temporary)
        nftw(s->dir, remove_one, REMOVE_FDS_MAX, FTW_DEPTH | FTW_PHYS);
    if (s->stop_fd >= 0)
        close(s->stop_fd);
    pthread_mutex_destroy(&s->lock);
    free(s->helper);
    free(s->dir);
    free(s);
}

/* ---- the clients' settings -------------------------------------------------------------------------------------- */

static const char *setting(struct gv_arena *arena, uint16_t port, const struct gv_emulator *emulator, const char *value)
{
    static const char origin[] = "{origin}";
    if (strncmp(value, origin, sizeof origin - 1) != 0)
        return value;
    return gv_arena_printf(arena, "%s%s", gv_server_origin(arena, port, emulator->name), value + sizeof origin - 1);
}

char *gv_sandbox_environment(uint16_t port)
{
    struct gv_arena arena = {0};
    struct gv_buf buf;
    gv_buf_init(&buf, 1u << 16);
    gv_buf_adds(&buf, "");
    for (size_t i = 0; gv_emulators[i]; i++) {
        for (const char *const *pair = gv_emulators[i]->environment; *pair; pair += 2)
            gv_buf_addf(&buf, "export %s='%s'\n", pair[0], setting(&arena, port, gv_emulators[i], pair[1]));
    }
    gv_arena_free(&arena);
    return buf.data;
}

char *gv_sandbox_setting(uint16_t port, const char *name)
{
    struct gv_arena arena = {0};
    char *found = NULL;
    for (size_t i = 0; gv_emulators[i] && !found; i++) {
        for (const char *const *pair = gv_emulators[i]->environment; *pair && !found; pair += 2) {
            if (strcmp(pair[0], name) == 0)
                found = gv_xstrdup(setting(&arena, port, gv_emulators[i], pair[1]));
        }
    }
    gv_arena_free(&arena);
    return found;
}
