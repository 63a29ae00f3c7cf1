/* Ctrl-C as a wish to leave, not as an accident. */
#ifndef GV_CLI_SIGNALS_H
#define GV_CLI_SIGNALS_H

#include <stdbool.h>

/* From now on the first SIGINT or SIGTERM is noted; a second one ends the process. */
void gv_cli_catch_signals(void);
bool gv_cli_interrupted(void);

#endif
