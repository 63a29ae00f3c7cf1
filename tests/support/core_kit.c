#include "support/core_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

char *gv_kit_quoted(struct gv_arena *arena, const char *text)
{
    char *copy = gv_arena_strdup(arena, text);
    for (char *at = copy; *at != '\0'; at++) {
        if (*at == '\'')
            *at = '"';
    }
    return copy;
}

const struct gv_json *gv_kit_json(struct gv_arena *arena, const char *text)
{
    const char *why = "", *quoted = gv_kit_quoted(arena, text);
    const struct gv_json *json = gv_json_parse(arena, quoted, strlen(quoted), &why);
    if (json == NULL)
        fail_msg("%s: %s", quoted, why);
    return json;
}
