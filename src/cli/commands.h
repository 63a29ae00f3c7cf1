/* What each command of the table does. */
#ifndef GV_CLI_COMMANDS_H
#define GV_CLI_COMMANDS_H

#include "cli/args.h"

/* wish.c */
gv_cli_run_fn gv_cli_generate, gv_cli_lip_sync, gv_cli_extend, gv_cli_upscale, gv_cli_effects, gv_cli_multi_image;
gv_cli_run_fn gv_cli_submit;
/* jobs.c */
gv_cli_run_fn gv_cli_poll, gv_cli_wait, gv_cli_cancel, gv_cli_jobs, gv_cli_log, gv_cli_fetch, gv_cli_resolve;
gv_cli_run_fn gv_cli_collect;
/* look.c */
gv_cli_run_fn gv_cli_voices, gv_cli_providers, gv_cli_version;
/* doctor.c */
gv_cli_run_fn gv_cli_doctor;
/* serve.c */
gv_cli_run_fn gv_cli_serve, gv_cli_token;
/* sandbox_cmd.c */
gv_cli_run_fn gv_cli_sandbox;
/* help.c */
gv_cli_run_fn gv_cli_help;

#endif
