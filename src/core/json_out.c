/* Writing: straight into the buffer; the caller's order of calls is the order of members. */
#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "core/json.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* Bytes of the UTF-8 character at `in`, or 0 where there is none (RFC 3629: no overlong forms, no surrogates). */
static size_t utf8_bytes(const unsigned char *in, size_t n)
{
    if (in[0] < 0x80)
        return 1;
    size_t bytes = in[0] >= 0xF0 ? 4 : in[0] >= 0xE0 ? 3 : 2;
    if (in[0] < 0xC2 || in[0] > 0xF4 || bytes > n)
        return 0;
    if ((in[0] == 0xE0 && in[1] < 0xA0) || (in[0] == 0xED && in[1] > 0x9F) || (in[0] == 0xF0 && in[1] < 0x90) ||
        (in[0] == 0xF4 && in[1] > 0x8F))
        return 0;
    for (size_t i = 1; i < bytes; i++) {
        if ((in[i] & 0xC0) != 0x80)
            return 0;
    }
    return bytes;
}

bool gv_text_is_utf8(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes;) {
        size_t n = utf8_bytes((const unsigned char *)text + i, bytes - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

static void add_escaped(struct gv_buf *buf, unsigned char c)
{
    switch (c) {
    case '"': gv_buf_adds(buf, "\\\""); break;
    case '\\': gv_buf_adds(buf, "\\\\"); break;
    case '\b': gv_buf_adds(buf, "\\b"); break;
    case '\f': gv_buf_adds(buf, "\\f"); break;
    case '\n': gv_buf_adds(buf, "\\n"); break;
    case '\r': gv_buf_adds(buf, "\\r"); break;
    case '\t': gv_buf_adds(buf, "\\t"); break;
    /* Our reader takes no NUL inside strings. */
    case '\0': gv_buf_adds(buf, REPLACEMENT); break;
    default: gv_buf_addf(buf, "\\u%04x", c); break;
    }
}

static void add_string(struct gv_buf *buf, const char *text, size_t n)
{
    const unsigned char *in = (const unsigned char *)text;
    gv_buf_add(buf, "\"", 1);
    size_t plain = 0; /* from here to i nothing needs a change */
    for (size_t i = 0; i < n;) {
        size_t bytes = utf8_bytes(in + i, n - i);
        if (bytes > 0 && in[i] >= 0x20 && in[i] != '"' && in[i] != '\\') {
            i += bytes;
            continue;
        }
        gv_buf_add(buf, text + plain, i - plain);
        if (bytes == 0)
            gv_buf_adds(buf, REPLACEMENT);
        else
            add_escaped(buf, in[i]);
        plain = ++i;
    }
    gv_buf_add(buf, text + plain, n - plain);
    gv_buf_add(buf, "\"", 1);
}

static void begin(struct gv_json_out *out, const char *key)
{
    if (out->comma)
        gv_buf_add(out->buf, ",", 1);
    if (key != NULL) {
        add_string(out->buf, key, strlen(key));
        gv_buf_add(out->buf, ":", 1);
    }
    out->comma = true;
}

void gv_json_open(struct gv_json_out *out, const char *key, char bracket)
{
    begin(out, key);
    gv_buf_add(out->buf, &bracket, 1);
    out->comma = false;
}

void gv_json_close(struct gv_json_out *out, char bracket)
{
    gv_buf_add(out->buf, &bracket, 1);
    out->comma = true;
}

void gv_json_put_text(struct gv_json_out *out, const char *key, const char *text)
{
    if (text != NULL)
        gv_json_put_text_n(out, key, text, strlen(text));
}

void gv_json_put_text_or_null(struct gv_json_out *out, const char *key, const char *text)
{
    if (text != NULL)
        gv_json_put_text(out, key, text);
    else
        gv_json_put_raw(out, key, "null");
}

void gv_json_put_text_n(struct gv_json_out *out, const char *key, const char *text, size_t bytes)
{
    begin(out, key);
    add_string(out->buf, text, bytes);
}

void gv_json_put_int(struct gv_json_out *out, const char *key, int64_t value)
{
    begin(out, key);
    gv_buf_addf(out->buf, "%" PRId64, value);
}

/* The C library prints and reads the point of the process's locale; JSON has its own. */
static void put_digits(struct gv_json_out *out, const char *key, char *digits)
{
    const char *point = localeconv()->decimal_point;
    char *at = strstr(digits, point);
    begin(out, key);
    if (at == NULL) {
        gv_buf_adds(out->buf, digits);
        return;
    }
    gv_buf_add(out->buf, digits, (size_t)(at - digits));
    gv_buf_add(out->buf, ".", 1);
    gv_buf_adds(out->buf, at + strlen(point));
}

/* Whole numbers that both types hold exactly are written without an exponent, and zero without a sign: a reader would
 * take "-0" for the integer. */
static bool put_whole(struct gv_json_out *out, const char *key, double value)
{
    if (value != floor(value) || fabs(value) > 0x1p53)
        return false;
    gv_json_put_int(out, key, (int64_t)value);
    return true;
}

void gv_json_put_real(struct gv_json_out *out, const char *key, double value)
{
    GV_ASSERT(isfinite(value));
    if (put_whole(out, key, value))
        return;
    char digits[40];
    int precision = DBL_DIG;
    do
        snprintf(digits, sizeof(digits), "%.*g", precision, value);
    while (strtod(digits, NULL) != value && ++precision <= DBL_DECIMAL_DIG);
    put_digits(out, key, digits);
}

void gv_json_put_float(struct gv_json_out *out, const char *key, float value)
{
    GV_ASSERT(isfinite(value));
    if (put_whole(out, key, (double)value))
        return;
    char digits[40];
    int precision = FLT_DIG;
    do
        snprintf(digits, sizeof(digits), "%.*g", precision, (double)value);
    while (strtof(digits, NULL) != value && ++precision <= FLT_DECIMAL_DIG);
    put_digits(out, key, digits);
}

void gv_json_put_bool(struct gv_json_out *out, const char *key, bool value)
{
    begin(out, key);
    gv_buf_adds(out->buf, value ? "true" : "false");
}

void gv_json_put_base64(struct gv_json_out *out, const char *key, const void *data, size_t bytes)
{
    enum { PIECE = 3 * 1024 }; /* whole quanta */
    char text[PIECE / 3 * 4 + 1];
    const unsigned char *in = data;
    begin(out, key);
    gv_buf_add(out->buf, "\"", 1);
    while (bytes > 0) {
        size_t n = bytes < PIECE ? bytes : PIECE;
        gv_buf_add(out->buf, text, gv_base64_encode(text, in, n));
        in += n;
        bytes -= n;
    }
    gv_buf_add(out->buf, "\"", 1);
}

void gv_json_put_raw(struct gv_json_out *out, const char *key, const char *raw)
{
    begin(out, key);
    gv_buf_adds(out->buf, raw);
}

void gv_json_put_json(struct gv_json_out *out, const char *key, const struct gv_json *value)
{
    switch (value->kind) {
    case GV_JSON_NULL: gv_json_put_raw(out, key, "null"); return;
    case GV_JSON_BOOL: gv_json_put_bool(out, key, value->boolean); return;
    case GV_JSON_INT: gv_json_put_int(out, key, value->integer); return;
    case GV_JSON_REAL: gv_json_put_real(out, key, value->real); return;
    case GV_JSON_STRING: gv_json_put_text_n(out, key, value->text, value->text_bytes); return;
    case GV_JSON_ARRAY:
    case GV_JSON_OBJECT: break;
    }
    bool object = value->kind == GV_JSON_OBJECT;
    gv_json_open(out, key, object ? '{' : '[');
    for (const struct gv_json *child = value->child; child != NULL; child = child->next)
        gv_json_put_json(out, child->key, child);
    gv_json_close(out, object ? '}' : ']');
}
