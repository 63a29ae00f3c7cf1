/* One run of the command line on one store: the engine, and the sandbox where it rehearses. */
#ifndef GV_CLI_SESSION_H
#define GV_CLI_SESSION_H

#include "cli/args.h"

struct gv_sandbox;
struct gv_cli_progress;

struct gv_cli_session {
    struct gv_cli_args *args;
    struct gv_engine *engine;
    struct gv_sandbox *sandbox; /* of this process, or NULL */
    uint16_t sandbox_port;      /* of the one in use; 0: none */
    int turn_fd;                /* locked while the sandbox's state is ours; -1: not opened */
    struct gv_cli_progress *progress;
};

/* The store of --store, GOLEM_VIDEO_STORE, XDG_DATA_HOME or HOME, without regard to --sandbox; in the arena. */
int gv_cli_store(const char **out, struct gv_cli_args *args, struct gv_error *err);
/* The store that this run works on: with --sandbox one of its own below the other. */
int gv_cli_work_store(const char **out, struct gv_cli_args *args, struct gv_error *err);

/* What opening takes: with --sandbox finds or starts one first. Close in any case. `session` must not move. */
int gv_cli_prepare(struct gv_cli_session *session, struct gv_cli_args *args, const char **store,
                   struct gv_options *options, struct gv_error *err);
/* Opens the store; with --sandbox finds or starts one first. Close in any case. `session` must not move. */
int gv_cli_open(struct gv_cli_session *session, struct gv_cli_args *args, struct gv_error *err);
void gv_cli_close(struct gv_cli_session *session);

/* golem-video-media: GOLEM_VIDEO_MEDIA, or where media/process.h finds it. In the arena. */
const char *gv_cli_media_helper(struct gv_cli_args *args);

/* Makes the folder and those above it. */
int gv_cli_make_folders(const char *path, struct gv_error *err);

/* Where a running sandbox left its address; in the arena. */
const char *gv_cli_address_file(struct gv_cli_args *args, const char *store);

#endif
