/* What the tables say, for people. */
#ifndef GV_CLI_HELP_H
#define GV_CLI_HELP_H

#include "cli/args.h"

void gv_cli_help_command(const struct gv_cli_command *command);

#endif
