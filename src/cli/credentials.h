/* Which credentials are there; never what they are. */
#ifndef GV_CLI_CREDENTIALS_H
#define GV_CLI_CREDENTIALS_H

#include "core/json.h"

/* `provider` is an element of gv_providers_json. */
bool gv_cli_has_credentials(const struct gv_json *provider);

/* What to set, for people: "KLING_API_KEY, or KLING_ACCESS_KEY and KLING_SECRET_KEY". In the arena. */
const char *gv_cli_credentials_wanted(const struct gv_json *provider, struct gv_arena *arena);

/* The environment's value of a setting, else its preset; NULL: neither. */
const char *gv_cli_setting(const struct gv_json *setting);

#endif
