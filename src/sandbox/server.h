/* The HTTP server: requests to emulators, films and the sandbox's own pages. */
#ifndef GV_SANDBOX_SERVER_H
#define GV_SANDBOX_SERVER_H

#include "sandbox/internal.h"

/* Starts sandbox->daemon on loopback and sets sandbox->port. */
int gv_sandbox_listen(struct gv_sandbox *sandbox, uint16_t port, struct gv_error *err);
/* Waits for the requests under way; stop_fd must be readable by now. */
void gv_sandbox_hang_up(struct gv_sandbox *sandbox);
/* For callbacks: see gv_callback_body_fn; ctx is the sandbox. */
char *gv_server_callback_body(void *ctx, const struct gv_emu_task *task, int64_t at_ms);
/* "http://127.0.0.1:7411/kling", the arena's. */
const char *gv_server_origin(struct gv_arena *arena, uint16_t port, const char *provider);

#endif
