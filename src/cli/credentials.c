#include "cli/credentials.h"

#include <stdlib.h>

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0';
}

static const struct gv_json *first_setting(const struct gv_json *provider)
{
    const struct gv_json *settings = gv_json_member(provider, "settings");
    return settings != NULL ? settings->child : NULL;
}

static int64_t set_of(const struct gv_json *setting)
{
    return gv_json_int(setting, "credential_set", 0);
}

static int64_t last_set(const struct gv_json *provider)
{
    int64_t last = 0;
    for (const struct gv_json *setting = first_setting(provider); setting != NULL; setting = setting->next)
        last = set_of(setting) > last ? set_of(setting) : last;
    return last;
}

const char *gv_cli_setting(const struct gv_json *setting)
{
    const char *name = gv_json_text(setting, "name");
    return is_set(name) ? getenv(name) : gv_json_text(setting, "preset");
}

bool gv_cli_has_credentials(const struct gv_json *provider)
{
    int64_t sets = last_set(provider);
    for (int64_t set = 1; set <= sets; set++) {
        bool complete = true;
        for (const struct gv_json *setting = first_setting(provider); setting != NULL; setting = setting->next)
            complete = complete && (set_of(setting) != set || gv_cli_setting(setting) != NULL);
        if (complete)
            return true;
    }
    return sets == 0;
}

const char *gv_cli_credentials_wanted(const struct gv_json *provider, struct gv_arena *arena)
{
    const char *text = "";
    int64_t sets = last_set(provider);
    for (int64_t set = 1; set <= sets; set++) {
        const char *glue = text[0] == '\0' ? "" : ", or ";
        for (const struct gv_json *setting = first_setting(provider); setting != NULL; setting = setting->next) {
            if (set_of(setting) != set)
                continue;
            text = gv_arena_printf(arena, "%s%s%s", text, glue, gv_json_text(setting, "name"));
            glue = " and ";
        }
    }
    return text;
}
