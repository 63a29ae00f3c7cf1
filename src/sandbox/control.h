/* /_sandbox/...: looking at the sandbox itself, and bending it while it runs. */
#ifndef GV_SANDBOX_CONTROL_H
#define GV_SANDBOX_CONTROL_H

#include "sandbox/internal.h"

#define GV_CONTROL_PREFIX "/_sandbox/"

/* Answers the request; `body` is its text. */
enum MHD_Result gv_control_answer(struct gv_sandbox *sandbox, struct MHD_Connection *connection, const char *method,
                                  const char *path, const char *body);

#endif
