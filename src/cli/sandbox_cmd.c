/* The sandbox as a program of its own. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "sandbox/sandbox.h"

#define SANDBOX_PORT 7411

static int print_environment(const struct gv_cli_args *args, struct gv_error *err)
{
    if (strcmp(args->positionals[0], "env") != 0) {
        gv_fail(err, GV_INVALID_INPUT, "sandbox takes \"env\" or nothing, got \"%s\"", args->positionals[0]);
        return GV_CLI_USAGE;
    }
    char *lines = gv_sandbox_environment(args->has_port ? (uint16_t)args->port : SANDBOX_PORT);
    fputs(lines, stdout);
    free(lines);
    return GV_OK;
}

/* Whole or not at all, so that nobody reads half a port. */
static int write_address(const char *path, uint16_t port, struct gv_error *err)
{
    char partial[4096];
    snprintf(partial, sizeof partial, "%s.%ld", path, (long)getpid());
    FILE *file = fopen(partial, "we");
    bool written = file != NULL && fprintf(file, "127.0.0.1:%u\n", port) > 0;
    if (file != NULL && fclose(file) != 0)
        written = false;
    if (!written || rename(partial, path) != 0)
        return gv_fail(err, GV_INTERNAL_ERROR, "writing the sandbox's address to %s: %s", path, strerror(errno));
    return GV_OK;
}

/* Serves until SIGINT or SIGTERM, which every thread of this process has blocked. */
static int serve(struct gv_sandbox *sandbox, const char *address_file, const sigset_t *ends, struct gv_error *err)
{
    int code = write_address(address_file, gv_sandbox_port(sandbox), err);
    if (code != GV_OK)
        return code;
    printf("http://127.0.0.1:%u\n", gv_sandbox_port(sandbox));
    fflush(stdout);
    int signal;
    sigwait(ends, &signal);
    unlink(address_file);
    return GV_OK;
}

int gv_cli_sandbox(struct gv_cli_args *args, struct gv_error *err)
{
    if (args->port > UINT16_MAX) {
        gv_fail_field(err, GV_INVALID_INPUT, "--port", "--port takes a number from 0 to 65535, got %u", args->port);
        return GV_CLI_USAGE;
    }
    if (args->positional_count > 0)
        return print_environment(args, err);
    const char *store;
    int code = gv_cli_store(&store, args, err);
    if (code != GV_OK)
        return code;
    struct gv_sandbox_options options = {
        .port = args->has_port ? (uint16_t)args->port : SANDBOX_PORT,
        .speed = args->sandbox_speed,
        .faults = args->faults,
        .state_dir = args->state != NULL ? args->state : gv_arena_printf(&args->arena, "%s/sandbox/state", store),
        .media_helper = gv_cli_media_helper(args),
        .seed = args->config.seed,
    };
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    struct gv_sandbox *sandbox = NULL;
    code = gv_cli_make_folders(gv_arena_printf(&args->arena, "%s/sandbox", store), err);
    if (code == GV_OK)
        code = gv_cli_make_folders(options.state_dir, err);
    if (code == GV_OK)
        code = gv_sandbox_start(&sandbox, &options, err);
    if (code == GV_OK)
        code = serve(sandbox, gv_cli_address_file(args, store), &ends, err);
    gv_sandbox_stop(sandbox);
    return code;
}
