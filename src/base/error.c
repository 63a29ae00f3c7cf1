#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"

const char *gv_code_name(enum gv_code code)
{
    switch (code) {
#define CASE(value, name)                                                                                              \
    case value: return name;
        GV_CODES(CASE)
#undef CASE
    case GV_OK: break;
    }
    return "ok";
}

/* A cut must not leave half a character behind. */
static void trim_utf8(char *text)
{
    size_t end = strlen(text), start = end;
    while (start > 0 && end - start < 3 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t want = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    if (end - start < want)
        text[start - 1] = '\0';
}

/* C0, DEL, and C1 as UTF-8 has it (C2 80 to C2 9F). */
void gv_text_one_line(char *text)
{
    for (unsigned char *at = (unsigned char *)text; *at != '\0'; at++) {
        if (*at < 0x20 || *at == 0x7F)
            *at = ' ';
        else if (at[0] == 0xC2 && at[1] >= 0x80 && at[1] <= 0x9F)
            at[0] = at[1] = ' ';
    }
}

/* Made aside and copied: the arguments may be texts of the very error that is replaced. */
static int fill(struct gv_error *err, enum gv_code code, const char *field, const char *format, va_list args)
{
    GV_ASSERT(code != GV_OK);
    if (err == NULL)
        return (int)code;
    struct gv_error made = {.code = code};
    int length = vsnprintf(made.message, sizeof(made.message), format, args);
    if (length >= (int)sizeof(made.message))
        trim_utf8(made.message);
    gv_text_one_line(made.message);
    snprintf(made.field, sizeof(made.field), "%s", field);
    *err = made;
    return (int)code;
}

int gv_fail(struct gv_error *err, enum gv_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int result = fill(err, code, "", format, args);
    va_end(args);
    return result;
}

int gv_fail_field(struct gv_error *err, enum gv_code code, const char *field, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int result = fill(err, code, field, format, args);
    va_end(args);
    return result;
}
