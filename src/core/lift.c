#include "core/lift.h"

#include <string.h>

#include "base/assert.h"
#include "base/error.h"

#define PIECE_CHARS 4096 /* of base64, decoded at a time */

void gv_lift_init(struct gv_lift *lift, struct gv_buf *out, const struct gv_lift_sink *sink, size_t longer_than)
{
    GV_ASSERT(longer_than < GV_LIFT_DECIDED_BYTES);
    *lift = (struct gv_lift){.out = out, .sink = *sink, .longer_than = longer_than};
    gv_buf_init(&lift->held, GV_LIFT_DECIDED_BYTES);
}

void gv_lift_free(struct gv_lift *lift)
{
    gv_buf_free(&lift->held);
}

static int not_base64(const struct gv_lift *lift, struct gv_error *err)
{
    return gv_fail(err, GV_INVALID_INPUT,
                   "a string of the document began with more than %u characters of base64 and then was none "
                   "(long string %u, counted from 0)",
                   GV_LIFT_DECIDED_BYTES, lift->count);
}

/* ---- decoding -------------------------------------------------------------------------------- */

/* Plain base64 characters into the sink. */
static int decode_run(struct gv_lift *lift, const char *text, size_t n, struct gv_error *err)
{
    unsigned char bytes[PIECE_CHARS / 4 * 3 + 3];
    int result = GV_OK;
    while (result == GV_OK && n > 0) {
        size_t piece = n < PIECE_CHARS ? n : PIECE_CHARS, decoded = 0;
        if (!gv_base64_decode(&lift->decoder, bytes, &decoded, text, piece))
            return not_base64(lift, err);
        if (decoded > 0)
            result = lift->sink.bytes(lift->sink.ctx, lift->count, bytes, decoded, err);
        text += piece;
        n -= piece;
    }
    return result;
}

/* The undecided string, which is base64 as far as it goes: its backslashes all stand before slashes. */
static int decode_held(struct gv_lift *lift, struct gv_error *err)
{
    const char *at = lift->held.data, *end = at + lift->held.len;
    lift->decoder = (struct gv_base64_decoder){0};
    int result = lift->sink.begin(lift->sink.ctx, lift->count, err);
    while (result == GV_OK && at < end) {
        const char *backslash = memchr(at, '\\', (size_t)(end - at));
        const char *stop = backslash != NULL ? backslash : end;
        result = decode_run(lift, at, (size_t)(stop - at), err);
        at = backslash != NULL ? stop + 1 : stop;
    }
    gv_buf_clear(&lift->held);
    return result;
}

static int finish_blob(struct gv_lift *lift, struct gv_error *err)
{
    if (!gv_base64_decode_end(&lift->decoder))
        return gv_fail(err, GV_INVALID_INPUT,
                       "the base64 of long string %u of the document (counted from 0) breaks "
                       "off inside a group of four characters",
                       lift->count);
    gv_buf_addf(lift->out, "%sblob:%u\"", lift->quoted ? "" : "\"", lift->count);
    int result = lift->sink.end(lift->sink.ctx, lift->count, err);
    lift->count++;
    return result;
}

/* ---- deciding -------------------------------------------------------------------------------- */

/* Characters of the held string, escapes undone, and whether it is base64 with nothing missing. */
static bool is_base64(const struct gv_buf *held, size_t *chars)
{
    struct gv_base64_decoder decoder = {0};
    unsigned char bytes[6];
    size_t ignored;
    bool good = true;
    *chars = 0;
    for (size_t i = 0; i < held->len && good; i++) {
        if (held->data[i] == '\\')
            continue;
        good = gv_base64_decode(&decoder, bytes, &ignored, held->data + i, 1);
        ++*chars;
    }
    return good && gv_base64_decode_end(&decoder);
}

/* No base64 after all: what was held back goes on as it came. */
static void release(struct gv_lift *lift)
{
    if (!lift->quoted)
        gv_buf_adds(lift->out, "\"");
    gv_buf_add(lift->out, lift->held.data, lift->held.len);
    gv_buf_clear(&lift->held);
}

/* The string is whole and still undecided. */
static int decide(struct gv_lift *lift, struct gv_error *err)
{
    size_t chars;
    if (lift->held.len > lift->longer_than && is_base64(&lift->held, &chars) && chars > lift->longer_than) {
        int result = decode_held(lift, err);
        return result == GV_OK ? finish_blob(lift, err) : result;
    }
    release(lift);
    gv_buf_adds(lift->out, "\"");
    return GV_OK;
}

/* Whether `c` may stand in a base64 string, as JSON writes it. */
static bool may_be_base64(const struct gv_lift *lift, char c)
{
    if (lift->escaped)
        return c == '/';
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
           c == '=' || c == '\\';
}

/* ---- the characters -------------------------------------------------------------------------- */

static int open_bracket(struct gv_lift *lift, bool object, struct gv_error *err)
{
    if (lift->depth == GV_LIFT_DEPTH_MAX)
        return gv_fail(err, GV_INVALID_INPUT, "the document has more than %d levels of nesting", GV_LIFT_DEPTH_MAX);
    lift->objects = lift->objects << 1 | (object ? 1 : 0);
    lift->depth++;
    lift->key_next = object;
    return GV_OK;
}

static void close_bracket(struct gv_lift *lift)
{
    if (lift->depth > 0)
        lift->depth--;
    lift->objects >>= 1;
    lift->key_next = false;
}

static int take_outside(struct gv_lift *lift, char c, struct gv_error *err)
{
    if (c == '"') {
        lift->place = lift->key_next ? GV_LIFT_KEY : GV_LIFT_UNDECIDED;
        lift->quoted = false;
        if (lift->key_next)
            gv_buf_add(lift->out, &c, 1);
        return GV_OK;
    }
    gv_buf_add(lift->out, &c, 1);
    if (c == '{' || c == '[')
        return open_bracket(lift, c == '{', err);
    if (c == '}' || c == ']')
        close_bracket(lift);
    else if (c == ',' || c == ':')
        lift->key_next = c == ',' && (lift->objects & 1) != 0;
    return GV_OK;
}

static int take_undecided(struct gv_lift *lift, char c, bool closes, struct gv_error *err)
{
    if (closes)
        return decide(lift, err);
    if (!may_be_base64(lift, c)) {
        lift->data_begun = lift->data_uris && !lift->quoted && c == ':' && lift->held.len == 4 &&
                           memcmp(lift->held.data, "data", 4) == 0;
        release(lift);
        lift->place = GV_LIFT_TEXT;
        return GV_OK;
    }
    gv_buf_add(&lift->held, &c, 1);
    if (lift->held.len < GV_LIFT_DECIDED_BYTES)
        return GV_OK;
    lift->place = GV_LIFT_BLOB;
    return decode_held(lift, err);
}

static int take_blob(struct gv_lift *lift, char c, bool closes, struct gv_error *err)
{
    if (closes)
        return finish_blob(lift, err);
    if (lift->escaped && c != '/')
        return not_base64(lift, err);
    return c == '\\' ? GV_OK : decode_run(lift, &c, 1, err);
}

/* A data: URI's comma is out: what follows may be base64. */
static void take_comma(struct gv_lift *lift)
{
    static const char before[] = ";base64,";
    size_t n = sizeof before - 1;
    lift->data_begun = false;
    lift->quoted = lift->out->len >= n && memcmp(lift->out->data + lift->out->len - n, before, n) == 0;
    if (lift->quoted)
        lift->place = GV_LIFT_UNDECIDED;
}

/* Keys and texts go on as they come; an undecided string that turns out to be text does from here on. */
static int take_in_string(struct gv_lift *lift, char c, struct gv_error *err)
{
    bool closes = c == '"' && !lift->escaped;
    int result = GV_OK;
    if (lift->place == GV_LIFT_UNDECIDED)
        result = take_undecided(lift, c, closes, err);
    else if (lift->place == GV_LIFT_BLOB)
        result = take_blob(lift, c, closes, err);
    if (lift->place == GV_LIFT_TEXT || lift->place == GV_LIFT_KEY)
        gv_buf_add(lift->out, &c, 1);
    if (lift->place == GV_LIFT_TEXT && lift->data_begun && c == ',')
        take_comma(lift);
    lift->escaped = c == '\\' && !lift->escaped;
    if (closes)
        lift->place = GV_LIFT_OUTSIDE;
    return result;
}

/* How many characters from here belong to the blob as they are. */
static size_t blob_run(const char *text, size_t bytes)
{
    size_t n = 0;
    while (n < bytes && text[n] != '"' && text[n] != '\\')
        n++;
    return n;
}

int gv_lift_put(struct gv_lift *lift, const char *text, size_t bytes, struct gv_error *err)
{
    GV_ASSERT(!lift->failed);
    int result = GV_OK;
    for (size_t i = 0; result == GV_OK && i < bytes;) {
        size_t run = lift->place == GV_LIFT_BLOB && !lift->escaped ? blob_run(text + i, bytes - i) : 0;
        if (run > 0) {
            result = decode_run(lift, text + i, run, err);
            i += run;
            continue;
        }
        result = lift->place == GV_LIFT_OUTSIDE ? take_outside(lift, text[i], err) : take_in_string(lift, text[i], err);
        i++;
    }
    if (result == GV_OK && lift->out->overflow)
        result = gv_fail(err, GV_INVALID_INPUT, "the document without its base64 strings has more than %zu bytes",
                         lift->out->bytes_max);
    lift->failed = result != GV_OK;
    return result;
}

int gv_lift_end(struct gv_lift *lift, struct gv_error *err)
{
    GV_ASSERT(!lift->failed);
    if (lift->place == GV_LIFT_OUTSIDE)
        return GV_OK;
    return gv_fail(err, GV_INVALID_INPUT, "the document ends inside a string");
}
