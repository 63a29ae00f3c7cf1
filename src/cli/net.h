/* The little of the network that the command line needs itself. */
#ifndef GV_CLI_NET_H
#define GV_CLI_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "golem_video/error.h"

/* A sandbox answers on this port of 127.0.0.1. Waits two seconds at most. */
bool gv_cli_is_healthy(uint16_t port);

/* Opens a TCP connection to the host of `url` and closes it. GV_INTERNAL_ERROR says why that failed. */
int gv_cli_reach(const char *url, struct gv_error *err);

#endif
