#include "core/sniff.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* `magic` at `offset`, and `second` at `second_offset` where there is one. */
struct rule {
    size_t offset;
    const char *magic;
    size_t magic_bytes;
    size_t second_offset;
    const char *second;
    const char *type;
};

#define AT(where, text, mime)                                                                                          \
    {                                                                                                                  \
        .offset = where, .magic = text, .magic_bytes = sizeof(text) - 1, .type = mime                                  \
    }
#define RIFF(form, mime)                                                                                               \
    {                                                                                                                  \
        .magic = "RIFF", .magic_bytes = 4, .second_offset = 8, .second = form, .type = mime                            \
    }
#define FTYP(brand, mime)                                                                                              \
    {                                                                                                                  \
        .offset = 4, .magic = "ftyp", .magic_bytes = 4, .second_offset = 8, .second = brand, .type = mime              \
    }

static const struct rule rules[] = {
    AT(0, "\x89PNG\r\n\x1a\n", "image/png"),
    AT(0, "\xff\xd8\xff", "image/jpeg"),
    AT(0, "GIF87a", "image/gif"),
    AT(0, "GIF89a", "image/gif"),
    RIFF("WEBP", "image/webp"),
    RIFF("WAVE", "audio/wav"),
    RIFF("AVI ", "video/x-msvideo"),
    FTYP("qt  ", "video/quicktime"),
    FTYP("M4A ", "audio/mp4"),
    FTYP("M4B ", "audio/mp4"),
    FTYP("avif", "image/avif"),
    FTYP("heic", "image/heic"),
    FTYP("heix", "image/heic"),
    AT(4, "ftyp", "video/mp4"),
    AT(4, "moov", "video/quicktime"),
    AT(4, "wide", "video/quicktime"),
    AT(0, "ID3", "audio/mpeg"),
    AT(0, "OggS", "audio/ogg"),
    AT(0, "fLaC", "audio/flac"),
    AT(0, "%PDF-", "application/pdf"),
    AT(0, "BM", "image/bmp"),
};

static bool is_at(const uint8_t *head, size_t bytes, size_t offset, const char *magic, size_t magic_bytes)
{
    return bytes >= offset + magic_bytes && memcmp(head + offset, magic, magic_bytes) == 0;
}

static bool fits(const struct rule *rule, const uint8_t *head, size_t bytes)
{
    return is_at(head, bytes, rule->offset, rule->magic, rule->magic_bytes) &&
           (rule->second == NULL || is_at(head, bytes, rule->second_offset, rule->second, 4));
}

/* EBML: WebM and Matroska differ in the DocType, which lies in the first element. */
static const char *sniff_ebml(const uint8_t *head, size_t bytes)
{
    if (!is_at(head, bytes, 0, "\x1a\x45\xdf\xa3", 4))
        return NULL;
    size_t header = bytes < 64 ? bytes : 64;
    return memmem(head, header, "webm", 4) != NULL ? "video/webm" : "video/x-matroska";
}

/* The sync word of MPEG audio: layer 0 is AAC in ADTS, layers I to III are the mp3 family. */
static const char *sniff_mpeg_audio(const uint8_t *head, size_t bytes)
{
    if (bytes < 4 || head[0] != 0xff || (head[1] & 0xe0) != 0xe0)
        return NULL;
    unsigned version = head[1] >> 3 & 3, layer = head[1] >> 1 & 3, rate = head[2] >> 4, frequency = head[2] >> 2 & 3;
    if (layer == 0)
        return (head[1] & 0xf0) == 0xf0 && (head[2] >> 2 & 15) < 13 ? "audio/aac" : NULL;
    return version != 1 && rate != 15 && frequency != 3 ? "audio/mpeg" : NULL;
}

static const char *sniff_text(const uint8_t *head, size_t bytes)
{
    size_t i = is_at(head, bytes, 0, "\xef\xbb\xbf", 3) ? 3 : 0;
    while (i < bytes && memchr(" \t\r\n", head[i], 4) != NULL)
        i++;
    const char *text = (const char *)head + i;
    size_t left = bytes - i;
    if (left == 0)
        return NULL;
    if (*text == '{' || *text == '[')
        return "application/json";
    if ((left >= 5 && strncasecmp(text, "<html", 5) == 0) || (left >= 9 && strncasecmp(text, "<!doctype", 9) == 0))
        return "text/html";
    if (left >= 4 && strncmp(text, "<svg", 4) == 0)
        return "image/svg+xml";
    return left >= 5 && strncmp(text, "<?xml", 5) == 0 ? "application/xml" : NULL;
}

const char *gv_sniff(const void *head, size_t bytes)
{
    static const char *(*const others[])(const uint8_t *, size_t) = {sniff_ebml, sniff_mpeg_audio, sniff_text};
    const char *type = NULL;
    for (size_t i = 0; type == NULL && i < sizeof(rules) / sizeof(rules[0]); i++)
        type = fits(&rules[i], head, bytes) ? rules[i].type : NULL;
    for (size_t i = 0; type == NULL && i < sizeof(others) / sizeof(others[0]); i++)
        type = others[i](head, bytes);
    return type != NULL ? type : "application/octet-stream";
}
