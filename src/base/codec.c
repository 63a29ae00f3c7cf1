#include "base/codec.h"

#include <string.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

void gv_hex_encode(char *out, const void *data, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;
    for (size_t i = 0; i < n; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

bool gv_hex_decode(void *out, size_t n, const char *text)
{
    uint8_t *bytes = out;
    for (size_t i = 0; i < n; i++) {
        int high = hex_value(text[2 * i]);
        int low = high < 0 ? -1 : hex_value(text[2 * i + 1]);
        if (low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return text[2 * n] == '\0';
}

bool gv_percent_decode(char *out, size_t *out_bytes, const char *text, size_t n, bool form)
{
    size_t length = 0;
    for (size_t i = 0; i < n; i++) {
        char c = form && text[i] == '+' ? ' ' : text[i];
        if (c == '%') {
            int high = n - i > 2 ? hex_value(text[i + 1]) : -1, low = high < 0 ? -1 : hex_value(text[i + 2]);
            if (low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        out[length++] = c;
    }
    *out_bytes = length;
    return true;
}

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

uint64_t gv_base64_length(uint64_t bytes)
{
    return (bytes + 2) / 3 * 4;
}

static size_t encode(char *out, const void *data, size_t n, const char *alphabet, bool pad)
{
    const uint8_t *in = data;
    char *end = out;
    for (; n >= 3; n -= 3, in += 3) {
        *end++ = alphabet[in[0] >> 2];
        *end++ = alphabet[(in[0] & 3) << 4 | in[1] >> 4];
        *end++ = alphabet[(in[1] & 15) << 2 | in[2] >> 6];
        *end++ = alphabet[in[2] & 63];
    }
    if (n > 0) {
        *end++ = alphabet[in[0] >> 2];
        *end++ = alphabet[(in[0] & 3) << 4 | (n > 1 ? in[1] >> 4 : 0)];
        if (n > 1)
            *end++ = alphabet[(in[1] & 15) << 2];
        for (size_t i = n; pad && i < 3; i++)
            *end++ = '=';
    }
    *end = '\0';
    return (size_t)(end - out);
}

size_t gv_base64_encode(char *out, const void *data, size_t n)
{
    return encode(out, data, n, standard, true);
}

size_t gv_base64url_encode(char *out, const void *data, size_t n)
{
    return encode(out, data, n, url_safe, false);
}

/* A character's six bits plus one; 0 for characters outside the alphabet. */
#define RUN(first, value) [first] = (value) + 1
static const uint8_t sextets[256] = {
    RUN('A', 0),  RUN('B', 1),  RUN('C', 2),  RUN('D', 3),  RUN('E', 4),  RUN('F', 5),  RUN('G', 6),  RUN('H', 7),
    RUN('I', 8),  RUN('J', 9),  RUN('K', 10), RUN('L', 11), RUN('M', 12), RUN('N', 13), RUN('O', 14), RUN('P', 15),
    RUN('Q', 16), RUN('R', 17), RUN('S', 18), RUN('T', 19), RUN('U', 20), RUN('V', 21), RUN('W', 22), RUN('X', 23),
    RUN('Y', 24), RUN('Z', 25), RUN('a', 26), RUN('b', 27), RUN('c', 28), RUN('d', 29), RUN('e', 30), RUN('f', 31),
    RUN('g', 32), RUN('h', 33), RUN('i', 34), RUN('j', 35), RUN('k', 36), RUN('l', 37), RUN('m', 38), RUN('n', 39),
    RUN('o', 40), RUN('p', 41), RUN('q', 42), RUN('r', 43), RUN('s', 44), RUN('t', 45), RUN('u', 46), RUN('v', 47),
    RUN('w', 48), RUN('x', 49), RUN('y', 50), RUN('z', 51), RUN('0', 52), RUN('1', 53), RUN('2', 54), RUN('3', 55),
    RUN('4', 56), RUN('5', 57), RUN('6', 58), RUN('7', 59), RUN('8', 60), RUN('9', 61), RUN('+', 62), RUN('/', 63),
};
#undef RUN

/* Whole quanta without padding, as many as there are: what nearly all of a film consists of. */
static size_t decode_quanta(uint8_t **out, const uint8_t *in, size_t n)
{
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        unsigned a = sextets[in[i]], b = sextets[in[i + 1]], c = sextets[in[i + 2]], d = sextets[in[i + 3]];
        if (a == 0 || b == 0 || c == 0 || d == 0)
            break;
        uint32_t bits = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);
        *(*out)++ = (uint8_t)(bits >> 16);
        *(*out)++ = (uint8_t)(bits >> 8);
        *(*out)++ = (uint8_t)bits;
    }
    return i;
}

/* '=' closes a quantum of two or three characters. What the last character says beyond the bytes is not
 * looked at, as in most decoders: it carries nothing, and a paid film may hang on it. */
static bool take_padding(struct gv_base64_decoder *d, uint8_t **out)
{
    if (d->have < 2 || d->have + d->padding >= 4)
        return false;
    d->padding++;
    if (d->have + d->padding < 4)
        return true;
    uint32_t bits = d->bits << 6 * d->padding;
    *(*out)++ = (uint8_t)(bits >> 16);
    if (d->have == 3)
        *(*out)++ = (uint8_t)(bits >> 8);
    d->have = 0;
    return true;
}

static bool take_sextet(struct gv_base64_decoder *d, uint8_t **out, uint8_t c)
{
    if (sextets[c] == 0 || d->padding > 0)
        return false;
    d->bits = d->bits << 6 | (uint32_t)(sextets[c] - 1);
    if (++d->have < 4)
        return true;
    *(*out)++ = (uint8_t)(d->bits >> 16);
    *(*out)++ = (uint8_t)(d->bits >> 8);
    *(*out)++ = (uint8_t)d->bits;
    d->have = 0;
    d->bits = 0;
    return true;
}

bool gv_base64_decode(struct gv_base64_decoder *d, void *out, size_t *out_bytes, const char *text, size_t n)
{
    const uint8_t *in = (const uint8_t *)text;
    uint8_t *end = out;
    bool good = true;
    for (size_t i = 0; good && i < n;) {
        if (d->have == 0 && d->padding == 0)
            i += decode_quanta(&end, in + i, n - i);
        if (i == n)
            break;
        good = in[i] == '=' ? take_padding(d, &end) : take_sextet(d, &end, in[i]);
        i++;
    }
    *out_bytes = (size_t)(end - (uint8_t *)out);
    return good;
}

bool gv_base64_decode_end(const struct gv_base64_decoder *d)
{
    return d->have == 0;
}
