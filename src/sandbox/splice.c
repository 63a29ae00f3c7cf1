#include "sandbox/splice.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/codec.h"

#define QUANTA 1024 /* of four characters, encoded at a time */

struct gv_splice {
    char *text;
    size_t text_bytes;
    struct gv_bytes films[GV_EMU_FILMS_MAX];
    size_t at[GV_EMU_FILMS_MAX];
    size_t film_count;
};

void gv_bytes_splice(struct gv_bytes *out, const char *text, const char *mime_type, const struct gv_bytes *films,
                     const size_t *at, size_t film_count)
{
    GV_ASSERT(film_count <= GV_EMU_FILMS_MAX);
    struct gv_splice *s = gv_xcalloc(1, sizeof *s);
    s->text = gv_xstrdup(text);
    s->text_bytes = strlen(text);
    s->film_count = film_count;
    *out = (struct gv_bytes){.fd = -1, .total = s->text_bytes, .mime_type = mime_type, .splice = s};
    for (size_t i = 0; i < film_count; i++) {
        GV_ASSERT(at[i] <= s->text_bytes && (i == 0 || at[i] >= at[i - 1]));
        s->films[i] = films[i];
        s->at[i] = at[i];
        out->total += gv_base64_length(films[i].total);
    }
}

void gv_splice_free(struct gv_splice *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->film_count; i++)
        gv_bytes_close(&s->films[i]);
    free(s->text);
    free(s);
}

/* Fills `out` with as much as there is; false where the file fails. */
static bool read_all(const struct gv_bytes *bytes, uint8_t *out, size_t room, uint64_t offset, size_t *count)
{
    *count = 0;
    while (*count < room && offset + *count < bytes->total) {
        size_t n = gv_bytes_read(bytes, out + *count, room - *count, offset + *count);
        if (n == 0)
            return false;
        *count += n;
    }
    return true;
}

/* Characters of the film's base64 from `offset` on. */
static size_t read_base64(const struct gv_bytes *film, char *out, size_t room, uint64_t offset)
{
    uint8_t raw[QUANTA * 3];
    char encoded[QUANTA * 4 + 1];
    size_t count, skip = offset % 4;
    if (!read_all(film, raw, sizeof raw, offset / 4 * 3, &count))
        return 0;
    size_t n = gv_base64_encode(encoded, raw, count) - skip;
    n = n < room ? n : room;
    memcpy(out, encoded + skip, n);
    return n;
}

size_t gv_splice_read(const struct gv_splice *s, void *out, size_t room, uint64_t offset)
{
    size_t from = 0; /* of the text */
    for (size_t i = 0; i <= s->film_count; i++) {
        size_t until = i < s->film_count ? s->at[i] : s->text_bytes, n = until - from;
        if (offset < n) {
            n = n - offset < room ? n - (size_t)offset : room;
            memcpy(out, s->text + from + offset, n);
            return n;
        }
        offset -= n;
        from = until;
        uint64_t length = i < s->film_count ? gv_base64_length(s->films[i].total) : 0;
        if (offset < length)
            return read_base64(&s->films[i], out, room, offset);
        offset -= length;
    }
    return 0;
}
