/* A sandbox in a process of its own: the program that $GOLEM_VIDEO names. For tests of the C API. */
#ifndef GV_TESTS_SANDBOX_PROCESS_H
#define GV_TESTS_SANDBOX_PROCESS_H

#include <pthread.h>
#include <sys/types.h>

#include "base/arena.h"

struct sandbox_process {
    pid_t pid;
    char origin[64];      /* "http://127.0.0.1:7411" */
    pthread_mutex_t lock; /* engines are opened by several threads */
    struct gv_arena arena;
};

/* With its state in `folder`; it ends with this process at the latest. Fails the test where it does not start. */
void sandbox_process_start(struct sandbox_process *sandbox, const char *folder);
void sandbox_process_stop(struct sandbox_process *sandbox);
/* What a client of it finds in its environment; fits struct gv_options.setting, `sandbox` being its ctx. */
const char *sandbox_process_setting(void *sandbox, const char *name);

#endif
