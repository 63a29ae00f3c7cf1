#include "cli/session.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/error.h"
#include "cli/net.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "media/process.h"
#include "sandbox/sandbox.h"

/* How much faster than life a rehearsal is where no sandbox runs already, and how often it is asked. */
#define REHEARSAL_SPEED 20.0
#define REHEARSAL_POLL_MS 250
#define TURN_NS 100000000 /* between two looks at whether another rehearsal has ended */

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0';
}

int gv_cli_store(const char **out, struct gv_cli_args *args, struct gv_error *err)
{
    if (args->store != NULL)
        *out = args->store;
    else if (is_set("GOLEM_VIDEO_STORE"))
        *out = getenv("GOLEM_VIDEO_STORE");
    else if (is_set("XDG_DATA_HOME"))
        *out = gv_arena_printf(&args->arena, "%s/golem-video", getenv("XDG_DATA_HOME"));
    else if (is_set("HOME"))
        *out = gv_arena_printf(&args->arena, "%s/.local/share/golem-video", getenv("HOME"));
    else
        return gv_fail(err, GV_INTERNAL_ERROR, "no place for the store: set --store, GOLEM_VIDEO_STORE or HOME");
    return GV_OK;
}

int gv_cli_work_store(const char **out, struct gv_cli_args *args, struct gv_error *err)
{
    int code = gv_cli_store(out, args, err);
    if (code == GV_OK && args->sandbox)
        *out = gv_arena_printf(&args->arena, "%s/sandbox/store", *out);
    return code;
}

const char *gv_cli_address_file(struct gv_cli_args *args, const char *store)
{
    return gv_arena_printf(&args->arena, "%s/sandbox/address", store);
}

int gv_cli_make_folders(const char *path, struct gv_error *err)
{
    int failed = gv_dir_make_all(path);
    return failed == 0 ? GV_OK : gv_fail(err, GV_INTERNAL_ERROR, "making the folder %s: %s", path, strerror(failed));
}

const char *gv_cli_media_helper(struct gv_cli_args *args)
{
    return gv_media_find(&args->arena, getenv("GOLEM_VIDEO_MEDIA"));
}

/* ---- rehearsing ------------------------------------------------------------------------------------------ */

/* The port in an address file "127.0.0.1:7411", or 0. */
static uint16_t read_address(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    unsigned port = 0;
    if (fscanf(file, "127.0.0.1:%u", &port) != 1 || port > UINT16_MAX)
        port = 0;
    fclose(file);
    return (uint16_t)port;
}

/* One of this machine's rehearsals at a time has the sandbox's state; the others wait for it to end, or for a running
 * sandbox to turn up, which many can use at once. */
static int wait_for_turn(struct gv_cli_session *session, const char *store, struct gv_error *err)
{
    const char *path = gv_arena_printf(&session->args->arena, "%s/sandbox/lock", store);
    session->turn_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (session->turn_fd < 0)
        return gv_fail(err, GV_INTERNAL_ERROR, "opening %s: %s", path, strerror(errno));
    for (bool told = false;; told = true) {
        uint16_t port = read_address(gv_cli_address_file(session->args, store));
        if (port != 0 && gv_cli_is_healthy(port)) {
            session->sandbox_port = port;
            return GV_OK;
        }
        if (flock(session->turn_fd, LOCK_EX | LOCK_NB) == 0)
            return GV_OK;
        if (gv_cli_interrupted())
            return gv_fail(err, GV_CANCELLED, "interrupted before anything was sent");
        if (errno != EWOULDBLOCK)
            return gv_fail(err, GV_INTERNAL_ERROR, "locking %s: %s", path, strerror(errno));
        if (!told)
            gv_cli_progress_say(session->progress, "waiting for another rehearsal on this store to end; "
                                                   "golem-video sandbox lets many run at once");
        nanosleep(&(struct timespec){.tv_nsec = TURN_NS}, NULL);
    }
}

static int find_sandbox(struct gv_cli_session *session, const char *store, struct gv_error *err)
{
    struct gv_cli_args *args = session->args;
    struct gv_sandbox_options options = {
        .speed = REHEARSAL_SPEED,
        .state_dir = gv_arena_printf(&args->arena, "%s/sandbox/state", store),
        .media_helper = gv_cli_media_helper(args),
    };
    int code = gv_cli_make_folders(options.state_dir, err);
    if (code == GV_OK)
        code = wait_for_turn(session, store, err);
    if (code != GV_OK || session->sandbox_port != 0)
        return code;
    code = gv_sandbox_start(&session->sandbox, &options, err);
    if (code == GV_OK)
        session->sandbox_port = gv_sandbox_port(session->sandbox);
    return code;
}

/* A rehearsal sees the sandbox's settings and our own, and no real credentials. */
static const char *rehearsal_setting(void *ctx, const char *name)
{
    struct gv_cli_session *session = ctx;
    if (strncmp(name, "GOLEM_VIDEO_", 12) == 0)
        return getenv(name);
    char *value = gv_sandbox_setting(session->sandbox_port, name);
    const char *kept = gv_arena_strdup(&session->args->arena, value);
    free(value);
    return kept;
}

/* ---- opening --------------------------------------------------------------------------------------------- */

static struct gv_options options_of(struct gv_cli_session *session)
{
    struct gv_cli_args *args = session->args;
    struct gv_options options = {
        .drive = GV_DRIVE_NAMED,
        .on_transition = gv_cli_progress_transition,
        .on_download = gv_cli_progress_download,
        .ctx = session->progress,
        .deadline_ms = (uint64_t)llround(fmin(args->deadline_s, 1e12) * 1000),
        .allow_private = args->allow_private,
    };
    if (args->sandbox) {
        options.setting = rehearsal_setting;
        options.setting_ctx = session;
        options.poll_ms = is_set("GOLEM_VIDEO_POLL_MS") ? 0 : REHEARSAL_POLL_MS;
    }
    return options;
}

int gv_cli_prepare(struct gv_cli_session *session, struct gv_cli_args *args, const char **store,
                   struct gv_options *options, struct gv_error *err)
{
    *session = (struct gv_cli_session){.args = args, .turn_fd = -1, .progress = gv_cli_progress_new(args)};
    const char *outer;
    int code = gv_cli_store(&outer, args, err);
    if (code == GV_OK && args->sandbox)
        code = find_sandbox(session, outer, err);
    if (code == GV_OK)
        code = gv_cli_work_store(store, args, err);
    if (code == GV_OK)
        *options = options_of(session);
    return code;
}

int gv_cli_open(struct gv_cli_session *session, struct gv_cli_args *args, struct gv_error *err)
{
    const char *store;
    struct gv_options options;
    int code = gv_cli_prepare(session, args, &store, &options, err);
    return code == GV_OK ? gv_open(&session->engine, store, &options, err) : code;
}

void gv_cli_close(struct gv_cli_session *session)
{
    gv_cli_progress_clear(session->progress);
    gv_close(session->engine);
    gv_sandbox_stop(session->sandbox);
    if (session->turn_fd >= 0)
        close(session->turn_fd);
    gv_cli_progress_free(session->progress);
}
