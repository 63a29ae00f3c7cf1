#include "media/helper/film/text.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum {
    TEXT_BYTES_MAX = 64 << 10,
    FONT_PX_MIN = 9,
    FONT_STEPS = 12,    /* sizes tried between the largest and the smallest */
    LINE_PERCENT = 135, /* from line to line, of the font's size */
    CHARACTER_BYTES_MAX = 4,
};

static const char font_latin[] = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
const char gv_text_font_mono[] = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf";

/* Where Debian's packages put a font with Chinese, Japanese and Korean; the first that is installed is taken. */
static const char *const fonts_east_asian[] = {
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
};

/* Reads one character; bytes that are no UTF-8 count as one character each. */
static size_t read_character(uint32_t *out, const char *text)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t bytes = p[0] < 0xc0 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : CHARACTER_BYTES_MAX;
    uint32_t value = bytes == 1 ? p[0] : p[0] & (0x7fu >> bytes);
    for (size_t i = 1; i < bytes; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            *out = p[0];
            return 1;
        }
        value = value << 6 | (p[i] & 0x3f);
    }
    *out = value;
    return bytes;
}

static int is_wide(uint32_t c)
{
    return c >= 0x1100 && (c <= 0x115f || (c >= 0x2e80 && c <= 0xffdc) || c >= 0x1f000);
}

/* Hundredths of the font's size, about: the margins forgive, and the layout needs no font to be opened. */
static int advance_of(uint32_t c)
{
    if (is_wide(c))
        return 102;
    if (c < 0x80 && strchr(" !'(),./:;I[]fijlrt|", (int)c))
        return 37;
    if (c < 0x80 && strchr("%@MWmw", (int)c))
        return 97;
    return c >= 'A' && c <= 'Z' ? 72 : 62;
}

static const char *font_of(const char *text)
{
    uint32_t c;
    for (size_t bytes; *text; text += bytes) {
        bytes = read_character(&c, text);
        for (size_t i = 0; is_wide(c) && i < sizeof fonts_east_asian / sizeof *fonts_east_asian; i++) {
            if (access(fonts_east_asian[i], R_OK) == 0)
                return fonts_east_asian[i];
        }
    }
    return font_latin;
}

/* Bytes of `text` that stand on one line; *skip: those of the break behind it. */
static size_t line_of(const char *text, int width, size_t *skip)
{
    int used = 0;
    size_t at = 0, break_at = 0;
    *skip = 0;
    while (text[at]) {
        uint32_t c;
        size_t bytes = read_character(&c, text + at);
        if (c == '\n') {
            *skip = 1;
            return at;
        }
        used += advance_of(c);
        if (used > width && at > 0) {
            *skip = break_at && text[break_at] == ' ';
            return break_at ? break_at : at;
        }
        if (c == ' ')
            break_at = at;
        at += bytes;
        if (is_wide(c))
            break_at = at;
    }
    return at;
}

/* Breaks the text; false: more than lines_max lines, the last of which then ends in an ellipsis. */
static int break_lines(struct gv_buf *out, const char *text, int width, int lines_max)
{
    gv_buf_clear(out);
    for (int line = 1;; line++) {
        size_t skip, bytes = line_of(text, width, &skip);
        gv_buf_add(out, text, bytes);
        text += bytes + skip;
        if (!*text)
            return 1;
        if (line == lines_max)
            break;
        gv_buf_adds(out, "\n");
    }
    gv_buf_adds(out, " \xe2\x80\xa6");
    return 0;
}

/* Control characters would be drawn as boxes. */
static char *without_controls(struct gv_buf *buf, const char *text)
{
    gv_buf_adds(buf, text);
    for (char *p = buf->data; p && *p; p++) {
        if (((unsigned char)*p < ' ' && *p != '\n') || *p == 0x7f)
            *p = ' ';
    }
    return buf->data ? buf->data : "";
}

void gv_text_lay(struct gv_text *out, const char *text, int width_px, int height_px)
{
    struct gv_buf clean;
    gv_buf_init(&clean, TEXT_BYTES_MAX);
    gv_buf_init(&out->lines, 2 * TEXT_BYTES_MAX);
    text = without_controls(&clean, text);
    out->font = font_of(text);
    int largest = height_px / 7 > FONT_PX_MIN ? height_px / 7 : FONT_PX_MIN;
    int smallest = height_px / 26 > FONT_PX_MIN ? height_px / 26 : FONT_PX_MIN;
    for (int step = 0; step <= FONT_STEPS; step++) {
        out->font_px = largest - (largest - smallest) * step / FONT_STEPS;
        int lines_max = height_px * 100 / (out->font_px * LINE_PERCENT);
        if (break_lines(&out->lines, text, width_px * 100 / out->font_px, lines_max > 0 ? lines_max : 1))
            break;
    }
    gv_buf_free(&clean);
}

void gv_text_free(struct gv_text *text)
{
    gv_buf_free(&text->lines);
}
