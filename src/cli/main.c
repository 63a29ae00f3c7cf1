/* golem-video, the program. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/print.h"
#include "loop/uv.h"
#include "port/crypto.h"

static bool wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0)
            return true;
    }
    return false;
}

/* What was printed must have arrived: a full disk is a failure like any other. */
static int flush(int code, struct gv_error *err)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    return gv_fail(err, GV_INTERNAL_ERROR, "writing standard output: %s", strerror(errno));
}

static int run(struct gv_cli_args *args, int argc, char **argv, struct gv_error *err)
{
    if (gv_cli_parse(args, argc, argv, err) != GV_OK) {
        args->json = wants_json(argc, argv);
        return GV_CLI_USAGE;
    }
    if (args->help) {
        gv_cli_help_command(args->command);
        return GV_OK;
    }
    return args->command->run(args, err);
}

int main(int argc, char **argv)
{
    gv_crypto_openssl_needs_memory();
    gv_loop_uv_needs_memory();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes then shows as EFBIG, with the file's name */
    struct gv_cli_args args = {0};
    struct gv_error err = {0};
    int code = flush(run(&args, argc, argv, &err), &err);
    if (code != GV_OK && err.message[0] != '\0')
        gv_cli_print_error(&args, &err);
    if (args.advice != NULL)
        fprintf(stderr, "%s\n", args.advice);
    gv_cli_args_free(&args);
    return code;
}
