/* Stand-ins for the providers: a real HTTP server on loopback that takes what the real ones take, refuses what
 * they refuse, and makes small real films. See docs/sandbox.md. */
#ifndef GV_SANDBOX_SANDBOX_H
#define GV_SANDBOX_SANDBOX_H

#include <stdint.h>

#include "golem_video/error.h"

struct gv_sandbox;

/* Zero-initialise. Strings are copied by gv_sandbox_start. */
struct gv_sandbox_options {
    uint16_t port;            /* 0: any free one */
    double speed;             /* rendering takes 1/speed of its normal time; 0: 1 */
    const char *faults;       /* the fault script of docs/sandbox.md, or NULL: none */
    const char *state_dir;    /* made if missing; NULL: a temporary one, removed by gv_sandbox_stop */
    const char *media_helper; /* path of golem-video-media; NULL: found by PATH */
    uint64_t seed;            /* of films and of faults by probability */
};

/* Serves from threads of its own until gv_sandbox_stop. GV_INVALID_INPUT: the fault script can't be read (field
 * "faults"); GV_INTERNAL_ERROR: the port or the state folder can't be used, and why. */
int gv_sandbox_start(struct gv_sandbox **out, const struct gv_sandbox_options *options, struct gv_error *err);
uint16_t gv_sandbox_port(const struct gv_sandbox *sandbox);
/* Waits for the requests under way; NULL is harmless. */
void gv_sandbox_stop(struct gv_sandbox *sandbox);

/* The settings that send every adapter to a sandbox on `port`, one "export NAME='value'" a line, for a shell.
 * free() it. Any thread; no sandbox need run. */
char *gv_sandbox_environment(uint16_t port);
/* One of them, for gv_options.setting in the same process; NULL: no such setting. free() it. */
char *gv_sandbox_setting(uint16_t port, const char *name);

#endif
