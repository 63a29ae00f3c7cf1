#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

/* Of "://" at the beginning of the text, or what JSON may make of it; 0: it is something else. */
static size_t scheme_end(const char *text)
{
    return strncmp(text, "://", 3) == 0 ? 3 : strncmp(text, ":\\/\\/", 5) == 0 ? 5 : 0;
}

/* JSON's escapes but those of the slash and of letters end it, since they stand for what is in no URL. */
static bool ends_url(const char *at)
{
    if (*at == '\\')
        return at[1] != '/' && at[1] != 'u';
    return (unsigned char)*at <= ' ' || strchr("\"<>", *at) != NULL;
}

static bool begins_query(const char *at)
{
    return *at == '?' || *at == '#' || strncasecmp(at, "\\u003f", 6) == 0 || strncasecmp(at, "\\u0023", 6) == 0;
}

/* What is between scheme and path is copied without what stands before its last @. */
static char *copy_host(char *out, const char **from)
{
    const char *at = *from, *host = at;
    for (; !ends_url(at) && *at != '/' && *at != '\\' && !begins_query(at); at++)
        host = *at == '@' ? at + 1 : host;
    memmove(out, host, (size_t)(at - host));
    *from = at;
    return out + (at - host);
}

void gv_text_cut_urls(char *text)
{
    char *out = text;
    for (const char *at = text; *at != '\0';) {
        size_t scheme = scheme_end(at);
        if (scheme == 0) {
            *out++ = *at++;
            continue;
        }
        memmove(out, at, scheme);
        at += scheme;
        out = copy_host(out + scheme, &at);
        while (!ends_url(at) && !begins_query(at))
            *out++ = *at++;
        while (!ends_url(at))
            at++;
    }
    *out = '\0';
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
    gv_text_cut_urls(made.message);
    gv_text_one_line(made.message);
    snprintf(made.field, sizeof(made.field), "%s", field);
    *err = made;
    return (int)code;
}

static const struct {
    int reason;
    const char *text;
} ADVICE[] = {
    {ENOSPC, "free some space on the disk"},
    {EDQUOT, "free some space within the quota"},
    {EFBIG, "raise the limit on file sizes"},
    {EACCES, "make it accessible to this user"},
    {EPERM, "make it accessible to this user"},
    {EROFS, "the file system is read-only; use another folder"},
    {EIO, "check the disk"},
    {ENOENT, "the file was removed; put it back from a copy"},
    {ENOTDIR, "a file is where a folder should be; name another folder"},
    {EMFILE, "raise this process's limit on open files (ulimit -n)"},
    {ENFILE, "raise the system's limit on open files (fs.file-max)"},
    {EWOULDBLOCK, "it is in use by another writer"},
};

const char *gv_advice(int reason, const char *otherwise)
{
    for (size_t i = 0; i < sizeof(ADVICE) / sizeof(ADVICE[0]); i++)
        if (ADVICE[i].reason == reason)
            return ADVICE[i].text;
    return otherwise;
}

bool gv_is_shortage(int reason)
{
    return reason == EMFILE || reason == ENFILE || reason == ENOMEM;
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
