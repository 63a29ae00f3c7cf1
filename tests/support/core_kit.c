#include "support/core_kit.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

bool gv_kit_asserts(void (*fn)(void))
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(1);
        fn();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

char *gv_kit_quoted(struct gv_arena *arena, const char *text)
{
    char *copy = gv_arena_strdup(arena, text);
    for (char *at = copy; *at != '\0'; at++) {
        if (*at == '\'')
            *at = '"';
    }
    return copy;
}

const struct gv_json *gv_kit_json(struct gv_arena *arena, const char *text)
{
    const char *why = "", *quoted = gv_kit_quoted(arena, text);
    const struct gv_json *json = gv_json_parse(arena, quoted, strlen(quoted), &why);
    if (json == NULL)
        fail_msg("%s: %s", quoted, why);
    return json;
}
