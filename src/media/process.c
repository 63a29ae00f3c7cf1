#include "media/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/error.h"
#include "base/list.h"
#include "core/json.h"

enum { PROBE_TIMEOUT_MS = 30000, PICTURE_TIMEOUT_MS = 60000, REFUSED_FILE = GV_INVALID_INPUT };

struct process_tools {
    struct gv_media_tools tools;
    char *helper_path;
};

struct child {
    const char *helper_path, *verb, *path;
    pid_t pid;
    int output; /* its standard output */
    int pidfd;  /* readable once it has ended */
    int status; /* of waitpid */
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Keys and passwords stay here: the program that reads strangers' files gets no environment but this. */
static char *const environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL};

static int spawn_with(pid_t *pid, const char *helper_path, char *const *argv, int output)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int rc = posix_spawn(pid, helper_path, &files, &attributes, argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return rc;
}

static int start(struct child *child, const char *const *args, struct gv_error *err)
{
    char *argv[GV_MEDIA_ARGS_MAX + 2] = {(char *)child->helper_path};
    for (size_t i = 0; args[i]; i++) {
        GV_ASSERT(i < GV_MEDIA_ARGS_MAX);
        argv[i + 1] = (char *)args[i];
    }
    int pipe_ends[2];
    if (pipe2(pipe_ends, O_CLOEXEC) != 0)
        return gv_fail(err, GV_INTERNAL_ERROR, "no pipe to the media program: %s; %s", strerror(errno),
                       gv_advice(errno, "see what limits this process"));
    int rc = spawn_with(&child->pid, child->helper_path, argv, pipe_ends[1]);
    close(pipe_ends[1]);
    child->output = pipe_ends[0];
    child->pidfd = -1;
    if (rc == 0)
        return GV_OK;
    close(child->output);
    return gv_fail(err, GV_INTERNAL_ERROR, "the media program %s can't be started: %s", child->helper_path,
                   strerror(rc));
}

/* Takes what the child has written. False: that was more than an answer may be. */
static bool take_output(struct child *child, struct gv_buf *answer)
{
    char chunk[4096];
    ssize_t got = read(child->output, chunk, sizeof chunk);
    if (got > 0)
        return answer->len + (size_t)got <= GV_MEDIA_ANSWER_BYTES_MAX && gv_buf_add(answer, chunk, (size_t)got);
    if (got == 0 || errno != EINTR) {
        close(child->output);
        child->output = -1;
    }
    return true;
}

/* Reads until the child has ended and its output is read. A child that closes its output and lingers is waited for
 * by its pidfd, so the time limit holds whatever it does. */
static int attend(struct child *child, struct gv_buf *answer, uint32_t timeout_ms, struct gv_error *err)
{
    int64_t deadline = now_ms() + timeout_ms;
    for (bool ended = false; child->output >= 0 || !ended;) {
        struct pollfd watched[2] = {{.fd = child->output, .events = POLLIN},
                                    {.fd = ended ? -1 : child->pidfd, .events = POLLIN}};
        int64_t left = deadline - now_ms();
        int ready = left > 0 ? poll(watched, 2, (int)left) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return gv_fail(err, GV_INTERNAL_ERROR, "%s: the media program took longer than %u ms to %s and was stopped",
                           child->path, timeout_ms, child->verb);
        ended = ended || watched[1].revents;
        if (watched[0].revents && !take_output(child, answer))
            return gv_fail(err, GV_INTERNAL_ERROR, "%s: the media program answered %s with more than %d bytes",
                           child->path, child->verb, GV_MEDIA_ANSWER_BYTES_MAX);
    }
    return GV_OK;
}

static void reap(struct child *child, bool kill_first)
{
    if (kill_first)
        kill(child->pid, SIGKILL);
    while (waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
        ;
    if (child->output >= 0)
        close(child->output);
    if (child->pidfd >= 0)
        close(child->pidfd);
}

/* What the child's end means. */
static int judge(const struct child *child, const struct gv_buf *answer, struct gv_error *err)
{
    if (WIFSIGNALED(child->status))
        return gv_fail(err, GV_INTERNAL_ERROR, "%s: the media program was ended by signal %d (%s) during %s%s",
                       child->path, WTERMSIG(child->status), strsignal(WTERMSIG(child->status)), child->verb,
                       WTERMSIG(child->status) == SIGSYS ? ": the file made it ask the system for what it may not have"
                                                         : "");
    int exit_code = WEXITSTATUS(child->status);
    struct gv_arena arena = {0};
    const struct gv_json *json = answer->len ? gv_json_parse(&arena, answer->data, answer->len, NULL) : NULL;
    const char *why = gv_json_text(json, "error");
    enum gv_code code = exit_code == REFUSED_FILE ? GV_INVALID_INPUT : GV_INTERNAL_ERROR;
    int rc = GV_OK;
    if (exit_code != 0 || !json)
        rc = why ? gv_fail(err, code, "%s", why)
                 : gv_fail(err, code, "%s: the media program failed without saying why", child->path);
    gv_arena_free(&arena);
    return rc;
}

int gv_media_run(struct gv_buf *answer, const char *helper_path, const char *const *args, uint32_t timeout_ms,
                 struct gv_error *err)
{
    struct child child = {.helper_path = helper_path, .verb = args[0], .path = args[1] ? args[1] : ""};
    gv_buf_clear(answer);
    int rc = start(&child, args, err);
    if (rc != GV_OK)
        return rc;
    child.pidfd = pidfd_open(child.pid, 0); /* close-on-exec by itself */
    if (child.pidfd < 0)
        rc = gv_fail(err, GV_INTERNAL_ERROR, "the media program can't be watched: %s; %s", strerror(errno),
                     gv_advice(errno, "see what limits this process"));
    if (rc == GV_OK)
        rc = attend(&child, answer, timeout_ms, err);
    reap(&child, rc != GV_OK);
    if (rc == GV_OK)
        rc = judge(&child, answer, err);
    if (rc != GV_OK && args[1] && args[2])
        unlink(args[2]); /* the confined program may not, and a killed one could not */
    return rc;
}

static int probe(struct gv_blob_info *io, struct gv_media_tools *tools, const char *path, struct gv_error *err)
{
    const struct process_tools *self = GV_CONTAINER(tools, struct process_tools, tools);
    struct gv_arena arena = {0};
    struct gv_buf answer;
    gv_buf_init(&answer, GV_MEDIA_ANSWER_BYTES_MAX);
    int rc =
        gv_media_run(&answer, self->helper_path, (const char *const[]){"probe", path, NULL}, PROBE_TIMEOUT_MS, err);
    if (rc == GV_OK) {
        const struct gv_json *json = gv_json_parse(&arena, answer.data, answer.len, NULL);
        io->width = (uint32_t)gv_json_int(json, "width", 0);
        io->height = (uint32_t)gv_json_int(json, "height", 0);
        io->fps = gv_json_real(json, "fps", 0);
        io->duration_seconds = gv_json_real(json, "duration_seconds", 0);
    }
    gv_buf_free(&answer);
    gv_arena_free(&arena);
    return rc;
}

/* Runs a verb whose answer says nothing that is needed. */
static int make_picture(struct gv_media_tools *tools, const char *const *args, struct gv_error *err)
{
    const struct process_tools *self = GV_CONTAINER(tools, struct process_tools, tools);
    struct gv_buf answer;
    gv_buf_init(&answer, GV_MEDIA_ANSWER_BYTES_MAX);
    int rc = gv_media_run(&answer, self->helper_path, args, PICTURE_TIMEOUT_MS, err);
    gv_buf_free(&answer);
    return rc;
}

static int poster(struct gv_media_tools *tools, const char *path, const char *out_path, struct gv_error *err)
{
    return make_picture(tools, (const char *const[]){"poster", path, out_path, NULL}, err);
}

static int spritesheet(struct gv_media_tools *tools, const char *path, const char *out_path, struct gv_error *err)
{
    return make_picture(tools, (const char *const[]){"spritesheet", path, out_path, NULL}, err);
}

static int resize(struct gv_media_tools *tools, const char *path, const char *out_path, uint32_t width, uint32_t height,
                  struct gv_error *err)
{
    char size[2][12];
    snprintf(size[0], sizeof size[0], "%u", width);
    snprintf(size[1], sizeof size[1], "%u", height);
    return make_picture(tools, (const char *const[]){"resize", path, out_path, size[0], size[1], NULL}, err);
}

static void close_tools(struct gv_media_tools *tools)
{
    if (!tools)
        return;
    struct process_tools *self = GV_CONTAINER(tools, struct process_tools, tools);
    free(self->helper_path);
    free(self);
}

static const struct gv_media_vtable vtable = {
    .probe = probe, .resize = resize, .poster = poster, .spritesheet = spritesheet, .close = close_tools};

int gv_media_process_open(struct gv_media_tools **out, const char *helper_path, struct gv_error *err)
{
    *out = NULL;
    if (!helper_path || access(helper_path, X_OK) != 0)
        return gv_fail(err, GV_INTERNAL_ERROR,
                       "the media program %s can't be run: %s; set GOLEM_VIDEO_MEDIA to where it is installed",
                       helper_path ? helper_path : "golem-video-media", strerror(helper_path ? errno : ENOENT));
    struct process_tools *self = gv_xcalloc(1, sizeof *self);
    self->tools.vtable = &vtable;
    self->helper_path = gv_xstrdup(helper_path);
    *out = &self->tools;
    return GV_OK;
}
