#include "server/http/framing.h"

#include <string.h>
#include <strings.h>

static bool is_token(const char *text, size_t bytes)
{
    static const char marks[] = "!#$%&'*+-.^_`|~"; /* RFC 9110, 5.6.2 */
    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && memchr(marks, c, sizeof marks - 1) == NULL)
            return false;
    }
    return bytes > 0;
}

static bool has_control(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        unsigned char byte = (unsigned char)text[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
            return true;
    }
    return false;
}

static bool is(const char *wanted, const char *text, size_t bytes)
{
    return strlen(wanted) == bytes && strncasecmp(wanted, text, bytes) == 0;
}

void gv_framing_take(struct gv_framing *framing, const char *name, size_t name_bytes, const char *value,
                     size_t value_bytes)
{
    if (!is_token(name, name_bytes))
        framing->fault = "a header's name has characters that no name may have";
    else if (has_control(value, value_bytes))
        framing->fault = "a header's value has control characters";
    framing->hosts += is("Host", name, name_bytes);
    framing->lengths += is("Content-Length", name, name_bytes);
    if (!is("Transfer-Encoding", name, name_bytes))
        return;
    framing->codings++;
    if (!is("chunked", value, value_bytes))
        framing->fault = "Transfer-Encoding may say chunked, and nothing else";
}

const char *gv_framing_fault(const struct gv_framing *framing)
{
    if (framing->fault != NULL)
        return framing->fault;
    if (framing->hosts > 1 || (framing->hosts == 0 && !framing->http_1_0))
        return "the header Host must come once";
    if (framing->lengths > 1 || framing->codings > 1)
        return "the length of the body is said more than once";
    if (framing->lengths > 0 && framing->codings > 0)
        return "the body has a Content-Length and comes in chunks, too";
    if (framing->codings > 0 && framing->http_1_0)
        return "in HTTP/1.0 there are no chunks";
    return NULL;
}
