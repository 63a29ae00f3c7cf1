/* The routes of the server itself. */
#ifndef GV_SERVER_SYSTEM_H
#define GV_SERVER_SYSTEM_H

#include "server/http/exchange.h"

gv_handler_fn gv_system_health, gv_system_ready, gv_system_metrics, gv_system_openapi, gv_system_page;

#endif
