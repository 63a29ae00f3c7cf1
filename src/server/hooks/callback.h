/* The address at which providers report to this server. */
#ifndef GV_SERVER_CALLBACK_H
#define GV_SERVER_CALLBACK_H

/* The caller's setting, or, where it has none, what this server says in its place: to which address providers report.
 * `server` is a struct gv_server; during gv_server_start only. */
const char *gv_server_setting(void *server, const char *name);

#endif
