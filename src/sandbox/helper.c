#include "sandbox/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "core/json.h"

#define WORDS_BYTES 512

extern char **environ;

/* What a child says on one of its outputs. */
struct ear {
    int fd; /* -1: it said all */
    char *out;
    size_t room, length;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int spawn(pid_t *pid, const char *const argv[], const int out[2], const int err[2])
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    int failure = posix_spawnp(pid, argv[0], &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

static void hear(struct ear *ear)
{
    char scrap[4096];
    bool full = ear->length + 1 >= ear->room;
    ssize_t n =
        full ? read(ear->fd, scrap, sizeof scrap) : read(ear->fd, ear->out + ear->length, ear->room - 1 - ear->length);
    if (n < 0 && errno == EINTR)
        return;
    if (n <= 0) {
        close(ear->fd);
        ear->fd = -1;
    } else if (!full) {
        ear->length += (size_t)n;
    }
    ear->out[ear->length] = '\0';
}

/* False if the child was to be stopped before it closed its outputs. */
static bool listen_to(struct ear ears[2], int stop_fd)
{
    int64_t deadline = now_ms() + GV_HELPER_SECONDS_MAX * 1000;
    while (ears[0].fd >= 0 || ears[1].fd >= 0) {
        struct pollfd fds[] = {{ears[0].fd, POLLIN, 0}, {ears[1].fd, POLLIN, 0}, {stop_fd, POLLIN, 0}};
        int64_t left = deadline - now_ms();
        if (left <= 0 || (poll(fds, 3, (int)left) < 0 && errno != EINTR) || fds[2].revents)
            return false;
        for (size_t i = 0; i < 2; i++) {
            if (fds[i].revents)
                hear(&ears[i]);
        }
    }
    return true;
}

/* Its answer is JSON; a failure has the member "error". */
static int refused(const char *program, const char *answer, const char *words, struct gv_error *err)
{
    struct gv_arena arena = {0};
    const char *why = gv_json_text(gv_json_parse(&arena, answer, strlen(answer), NULL), "error");
    why = why ? why : *words ? words : "it gave no reason";
    int code = gv_fail(err, GV_INVALID_INPUT, "%s: %.*s", program, (int)strcspn(why, "\n"), why);
    gv_arena_free(&arena);
    return code;
}

static int judge(bool heard, int status, const char *program, const char *answer, const char *words,
                 struct gv_error *err)
{
    if (!heard)
        return gv_fail(err, GV_INTERNAL_ERROR, "%s was stopped before it was done", program);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return GV_OK;
    if (WIFSIGNALED(status))
        return gv_fail(err, GV_INTERNAL_ERROR, "%s was ended by signal %d", program, WTERMSIG(status));
    return refused(program, answer, words, err);
}

int gv_helper_run(char *out, size_t out_bytes, const char *const argv[], int stop_fd, struct gv_error *err)
{
    int to_out[2], to_err[2], status = 0;
    pid_t pid;
    char words[WORDS_BYTES] = "";
    out[0] = '\0';
    if (pipe2(to_out, O_CLOEXEC) != 0)
        return gv_fail(err, GV_INTERNAL_ERROR, "Making a pipe for %s failed: %s", argv[0], strerror(errno));
    if (pipe2(to_err, O_CLOEXEC) != 0) {
        close(to_out[0]);
        close(to_out[1]);
        return gv_fail(err, GV_INTERNAL_ERROR, "Making a pipe for %s failed: %s", argv[0], strerror(errno));
    }
    int failure = spawn(&pid, argv, to_out, to_err);
    close(to_out[1]);
    close(to_err[1]);
    struct ear ears[] = {{to_out[0], out, out_bytes, 0}, {to_err[0], words, sizeof words, 0}};
    bool heard = failure == 0 && listen_to(ears, stop_fd);
    for (size_t i = 0; i < 2; i++) {
        if (ears[i].fd >= 0)
            close(ears[i].fd);
    }
    if (failure)
        return gv_fail(err, GV_INTERNAL_ERROR, "Running %s failed: %s", argv[0], strerror(failure));
    if (!heard)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return judge(heard, status, argv[0], out, words, err);
}
