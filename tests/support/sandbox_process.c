#include "support/sandbox_process.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/emulator.h"

static void read_origin(struct sandbox_process *sandbox, int fd)
{
    FILE *said = fdopen(fd, "r");
    assert_non_null(said);
    assert_non_null(fgets(sandbox->origin, sizeof(sandbox->origin), said));
    sandbox->origin[strcspn(sandbox->origin, "\n")] = '\0';
    fclose(said);
}

void sandbox_process_start(struct sandbox_process *sandbox, const char *folder)
{
    int out[2];
    const char *program = getenv("GOLEM_VIDEO");
    assert_non_null(program);
    assert_int_equal(pipe(out), 0);
    pthread_mutex_init(&sandbox->lock, NULL);
    const char *state = gv_arena_printf(&sandbox->arena, "%s/sandbox", folder);
    sandbox->pid = fork();
    if (sandbox->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        execl(program, program, "sandbox", "--port", "0", "--speed", "1000", "--state", state, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    read_origin(sandbox, out[0]);
}

void sandbox_process_stop(struct sandbox_process *sandbox)
{
    kill(sandbox->pid, SIGTERM);
    waitpid(sandbox->pid, NULL, 0);
    pthread_mutex_destroy(&sandbox->lock);
    gv_arena_free(&sandbox->arena);
}

const char *sandbox_process_setting(void *ctx, const char *name)
{
    struct sandbox_process *sandbox = ctx;
    size_t bytes = strlen("{origin}");
    for (const struct gv_emulator *const *emulator = gv_emulators; *emulator != NULL; emulator++)
        for (const char *const *pair = (*emulator)->environment; pair[0] != NULL; pair += 2) {
            if (strcmp(pair[0], name) != 0)
                continue;
            if (strncmp(pair[1], "{origin}", bytes) != 0)
                return pair[1];
            pthread_mutex_lock(&sandbox->lock);
            const char *value =
                gv_arena_printf(&sandbox->arena, "%s/%s%s", sandbox->origin, (*emulator)->name, pair[1] + bytes);
            pthread_mutex_unlock(&sandbox->lock);
            return value;
        }
    return NULL;
}
