/* The routes of webhook endpoints, and that on which providers report. */
#ifndef GV_SERVER_HOOKS_H
#define GV_SERVER_HOOKS_H

#include "server/http/exchange.h"

gv_handler_fn gv_hooks_create, gv_hooks_list, gv_hooks_retrieve, gv_hooks_update, gv_hooks_delete, gv_hooks_rotate,
    gv_hooks_test, gv_hooks_types;
/* callback.c */
gv_handler_fn gv_hooks_called_back;

#endif
