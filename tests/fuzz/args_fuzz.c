/* Any command line, an argument a line. */
#include "base/assert.h"
#include "cli/args.h"
#include "support/fuzz.h"

#define ARGS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gv_arena arena = {0};
    struct fuzz_input in = {(const char *)data, (const char *)data + size};
    char *argv[ARGS_MAX + 2] = {"golem-video"};
    int argc = 1;
    while (in.at < in.end && argc <= ARGS_MAX)
        argv[argc++] = fuzz_line(&in, &arena);
    struct gv_cli_args args = {0};
    struct gv_error err = {0};
    if (gv_cli_parse(&args, argc, argv, &err) != GV_OK)
        GV_ASSERT(err.message[0] != '\0');
    else
        GV_ASSERT(args.command != NULL || args.help);
    gv_cli_args_free(&args);
    gv_arena_free(&arena);
    return 0;
}
