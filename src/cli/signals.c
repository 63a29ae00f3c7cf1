#include "cli/signals.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t signalled;

static void note_signal(int signal)
{
    signalled = signal;
}

void gv_cli_catch_signals(void)
{
    struct sigaction once = {.sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    sigemptyset(&once.sa_mask);
    sigaction(SIGINT, &once, NULL);
    sigaction(SIGTERM, &once, NULL);
}

bool gv_cli_interrupted(void)
{
    sigset_t waiting; /* those of a command that has them blocked */
    sigemptyset(&waiting);
    sigpending(&waiting);
    return signalled != 0 || sigismember(&waiting, SIGINT) == 1 || sigismember(&waiting, SIGTERM) == 1;
}
