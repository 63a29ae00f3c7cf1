#include "core/lift.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "core/schema.h"

#define PIECE_CHARS 4096 /* of base64, decoded at a time */

static const char broken[] = "began as base64, which went into the store, and then was none";

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

void gv_lift_as_text(struct gv_lift *lift, bool bare)
{
    lift->plain = true;
    lift->wanted = bare;
    lift->place = GV_LIFT_UNDECIDED;
}

/* ---- where it is ------------------------------------------------------------------------------ */

static struct gv_lift_level *innermost(struct gv_lift *lift)
{
    return lift->depth > 0 ? &lift->levels[lift->depth - 1] : NULL;
}

void gv_lift_place(char *out, size_t room, const struct gv_lift *lift)
{
    size_t n = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < lift->depth && n < room; i++) {
        const struct gv_lift_level *level = &lift->levels[i];
        const char *dot = i > 0 ? "." : "";
        int more = level->object ? snprintf(out + n, room - n, "%s%s", dot, level->key)
                                 : snprintf(out + n, room - n, "%s%u", dot, level->index);
        n += (size_t)more;
    }
    for (char *c = out; *c != '\0'; c++)
        *c = *c >= ' ' && *c < 0x7f ? *c : '?';
}

static int fail_here(const struct gv_lift *lift, const char *what, struct gv_error *err)
{
    char place[GV_PLACE_TEXT_BYTES];
    gv_lift_place(place, sizeof(place), lift);
    return gv_fail_field(err, GV_INVALID_INPUT, place, "%s %s", place[0] != '\0' ? place : "the text", what);
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
            return fail_here(lift, broken, err);
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

static void put_quote(struct gv_lift *lift)
{
    if (!lift->plain)
        gv_buf_adds(lift->out, "\"");
}

static int finish_blob(struct gv_lift *lift, struct gv_error *err)
{
    if (!gv_base64_decode_end(&lift->decoder))
        return fail_here(lift, "is base64 that breaks off inside a group of four characters", err);
    if (!lift->quoted)
        put_quote(lift);
    gv_buf_addf(lift->out, "blob:%u", lift->count);
    put_quote(lift);
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
        put_quote(lift);
    gv_buf_add(lift->out, lift->held.data, lift->held.len);
    gv_buf_clear(&lift->held);
}

/* The string is whole and still undecided. */
static int decide(struct gv_lift *lift, struct gv_error *err)
{
    size_t chars;
    if (lift->wanted && lift->held.len > lift->longer_than && is_base64(&lift->held, &chars) &&
        chars > lift->longer_than) {
        int result = decode_held(lift, err);
        return result == GV_OK ? finish_blob(lift, err) : result;
    }
    release(lift);
    put_quote(lift);
    return GV_OK;
}

/* Whether `c` may stand in a base64 string, as JSON writes it. */
static bool may_be_base64(const struct gv_lift *lift, char c)
{
    if (lift->escaped)
        return c == '/';
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
           c == '=' || (c == '\\' && !lift->plain);
}

/* ---- the characters -------------------------------------------------------------------------- */

static int open_bracket(struct gv_lift *lift, bool object, struct gv_error *err)
{
    if (lift->depth == GV_LIFT_DEPTH_MAX)
        return gv_fail(err, GV_INVALID_INPUT, "the document has more than %d levels of nesting", GV_LIFT_DEPTH_MAX);
    lift->levels[lift->depth++] = (struct gv_lift_level){.object = object};
    lift->key_next = object;
    return GV_OK;
}

static void close_bracket(struct gv_lift *lift)
{
    if (lift->depth > 0)
        lift->depth--;
    lift->key_next = false;
}

/* Behind a comma or a colon. */
static void go_on(struct gv_lift *lift, char c)
{
    struct gv_lift_level *level = innermost(lift);
    lift->key_next = c == ',' && level != NULL && level->object;
    if (c == ',' && level != NULL)
        level->index++;
}

static void open_string(struct gv_lift *lift)
{
    struct gv_lift_level *level = innermost(lift);
    lift->quoted = false;
    if (lift->key_next) {
        lift->place = GV_LIFT_KEY;
        lift->key_bytes = 0;
        level->key[0] = '\0';
        put_quote(lift);
        return;
    }
    lift->place = GV_LIFT_UNDECIDED;
    lift->wanted = lift->bare_key == NULL || (level != NULL && strcmp(level->key, lift->bare_key) == 0);
}

static void note_key(struct gv_lift *lift, char c)
{
    struct gv_lift_level *level = innermost(lift);
    if (lift->key_bytes + 1 < sizeof(level->key)) {
        level->key[lift->key_bytes++] = c;
        level->key[lift->key_bytes] = '\0';
    }
}

static int take_outside(struct gv_lift *lift, char c, struct gv_error *err)
{
    if (c == '"') {
        open_string(lift);
        return GV_OK;
    }
    gv_buf_add(lift->out, &c, 1);
    if (c == '{' || c == '[')
        return open_bracket(lift, c == '{', err);
    if (c == '}' || c == ']')
        close_bracket(lift);
    else if (c == ',' || c == ':')
        go_on(lift, c);
    return GV_OK;
}

/* Where base64 alone is not wanted, "data:" alone is waited for. */
static int take_undecided(struct gv_lift *lift, char c, bool closes, struct gv_error *err)
{
    static const char scheme[] = "data";
    size_t n = sizeof(scheme) - 1;
    if (closes)
        return decide(lift, err);
    if (!may_be_base64(lift, c) || (!lift->wanted && lift->held.len == n)) {
        lift->data_begun = lift->data_uris && !lift->quoted && c == ':' && lift->held.len == n &&
                           memcmp(lift->held.data, scheme, n) == 0;
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
        return fail_here(lift, broken, err);
    return c == '\\' ? GV_OK : decode_run(lift, &c, 1, err);
}

/* A data: URI's comma is out: what follows may be base64. */
static void take_comma(struct gv_lift *lift)
{
    static const char before[] = ";base64,";
    size_t n = sizeof before - 1;
    lift->data_begun = false;
    lift->quoted = lift->out->len >= n && memcmp(lift->out->data + lift->out->len - n, before, n) == 0;
    lift->wanted |= lift->quoted;
    if (lift->quoted)
        lift->place = GV_LIFT_UNDECIDED;
}

/* Keys and texts go on as they come; an undecided string that turns out to be text does from here on. */
static int take_in_string(struct gv_lift *lift, char c, struct gv_error *err)
{
    bool closes = c == '"' && !lift->escaped && !lift->plain;
    int result = GV_OK;
    if (lift->place == GV_LIFT_KEY && !closes)
        note_key(lift, c);
    if (lift->place == GV_LIFT_UNDECIDED)
        result = take_undecided(lift, c, closes, err);
    else if (lift->place == GV_LIFT_BLOB)
        result = take_blob(lift, c, closes, err);
    if (lift->place == GV_LIFT_TEXT || lift->place == GV_LIFT_KEY)
        gv_buf_add(lift->out, &c, 1);
    if (lift->place == GV_LIFT_TEXT && lift->data_begun && c == ',')
        take_comma(lift);
    lift->escaped = c == '\\' && !lift->escaped && !lift->plain;
    if (closes)
        lift->place = GV_LIFT_OUTSIDE;
    return result;
}

/* How many characters from here belong to the blob as they are. */
static size_t blob_run(const struct gv_lift *lift, const char *text, size_t bytes)
{
    size_t n = lift->plain ? bytes : 0;
    while (n < bytes && text[n] != '"' && text[n] != '\\')
        n++;
    return n;
}

static int too_large(const struct gv_lift *lift, struct gv_error *err)
{
    char place[GV_PLACE_TEXT_BYTES];
    gv_lift_place(place, sizeof(place), lift);
    return gv_fail_field(err, GV_INVALID_INPUT, place, "%s without its base64 has more than %zu bytes",
                         lift->plain ? "the text" : "the document", lift->out->bytes_max);
}

int gv_lift_put(struct gv_lift *lift, const char *text, size_t bytes, struct gv_error *err)
{
    GV_ASSERT(!lift->failed);
    int result = GV_OK;
    for (size_t i = 0; result == GV_OK && i < bytes;) {
        size_t run = lift->place == GV_LIFT_BLOB && !lift->escaped ? blob_run(lift, text + i, bytes - i) : 0;
        if (run > 0) {
            result = decode_run(lift, text + i, run, err);
            i += run;
            continue;
        }
        result = lift->place == GV_LIFT_OUTSIDE ? take_outside(lift, text[i], err) : take_in_string(lift, text[i], err);
        i++;
    }
    if (result == GV_OK && lift->out->overflow)
        result = too_large(lift, err);
    lift->failed = result != GV_OK;
    return result;
}

int gv_lift_end(struct gv_lift *lift, struct gv_error *err)
{
    GV_ASSERT(!lift->failed);
    if (lift->plain && lift->place == GV_LIFT_UNDECIDED)
        return decide(lift, err);
    if (lift->plain && lift->place == GV_LIFT_BLOB)
        return finish_blob(lift, err);
    if (lift->plain || lift->place == GV_LIFT_OUTSIDE)
        return GV_OK;
    return gv_fail(err, GV_INVALID_INPUT, "the document ends inside a string");
}
