/* PNG: W3C PNG, 11.2.2 IHDR. JPEG: ITU T.81, B.1.1.3 and B.2.2; EXIF 2.32, 4.6. WebP: RFC 9649, 2.5 to 2.7. */
#include "media/helper/av/head.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "media/helper/av/av.h"
#include "media/helper/av/file.h"

enum {
    HEAD_BYTES = 32,
    JPEG_SEGMENTS_MAX = 4096,
    EXIF_BYTES_MAX = 65536,
    EXIF_ENTRIES_MAX = 256,
    EXIF_ORIENTATION_TAG = 0x0112,
};

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t le16(const uint8_t *p)
{
    return (uint32_t)p[1] << 8 | p[0];
}

static uint32_t le24(const uint8_t *p)
{
    return (uint32_t)p[2] << 16 | le16(p);
}

static bool read_png(struct gv_head *out, const uint8_t *head, FILE *file)
{
    (void)file;
    out->width = be32(head + 16);
    out->height = be32(head + 20);
    return memcmp(head + 12, "IHDR", 4) == 0;
}

static bool read_webp(struct gv_head *out, const uint8_t *head, FILE *file)
{
    (void)file;
    if (memcmp(head + 12, "VP8X", 4) == 0) {
        out->width = le24(head + 24) + 1;
        out->height = le24(head + 27) + 1;
        return true;
    }
    if (memcmp(head + 12, "VP8L", 4) == 0) {
        out->width = (le16(head + 21) & 0x3fff) + 1;
        out->height = ((le24(head + 22) >> 6) & 0x3fff) + 1;
        return head[20] == 0x2f;
    }
    out->width = le16(head + 26) & 0x3fff;
    out->height = le16(head + 28) & 0x3fff;
    return memcmp(head + 12, "VP8 ", 4) == 0 && memcmp(head + 23, "\x9d\x01\x2a", 3) == 0;
}

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | le24(p);
}

/* The orientation in a TIFF structure, or 1. */
static unsigned exif_orientation(const uint8_t *tiff, size_t bytes)
{
    if (bytes < 8)
        return 1;
    bool big = tiff[0] == 'M';
    uint32_t (*read16)(const uint8_t *) = big ? be16 : le16;
    size_t at = big ? be32(tiff + 4) : le32(tiff + 4);
    if (at + 2 > bytes)
        return 1;
    size_t entries = read16(tiff + at);
    at += 2;
    for (size_t i = 0; i < entries && i < EXIF_ENTRIES_MAX && at + 12 <= bytes; i++, at += 12) {
        if (read16(tiff + at) == EXIF_ORIENTATION_TAG) {
            unsigned value = read16(tiff + at + 8);
            return value >= 1 && value <= 8 ? value : 1;
        }
    }
    return 1;
}

static bool is_frame_header(unsigned marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* Reads the segment's body as far as it matters and leaves the file behind the segment. */
static bool read_jpeg_segment(struct gv_head *out, unsigned marker, size_t bytes, FILE *file)
{
    static uint8_t body[EXIF_BYTES_MAX];
    bool wanted = is_frame_header(marker) || marker == 0xe1;
    if (!wanted)
        return fseeko(file, (off_t)bytes, SEEK_CUR) == 0;
    if (fread(body, 1, bytes, file) != bytes)
        return false;
    if (marker == 0xe1) {
        if (bytes > 6 && memcmp(body, "Exif\0", 6) == 0)
            out->orientation = exif_orientation(body + 6, bytes - 6);
        return true;
    }
    if (bytes < 5)
        return false;
    out->height = be16(body + 1);
    out->width = be16(body + 3);
    return true;
}

static bool read_jpeg(struct gv_head *out, const uint8_t *head, FILE *file)
{
    (void)head;
    if (fseeko(file, 2, SEEK_SET) != 0)
        return false;
    for (int i = 0; i < JPEG_SEGMENTS_MAX; i++) {
        int marker = fgetc(file);
        if (marker != 0xff)
            return false;
        while (marker == 0xff)
            marker = fgetc(file);
        uint8_t length[2];
        if (marker == EOF || fread(length, 1, 2, file) != 2 || be16(length) < 2)
            return false;
        if (!read_jpeg_segment(out, (unsigned)marker, be16(length) - 2, file))
            return false;
        if (is_frame_header((unsigned)marker))
            return true;
    }
    return false;
}

static const struct kind {
    const char *mime_type, *demuxer;
    const char *magic;
    size_t magic_at, magic_bytes;
    bool (*read)(struct gv_head *out, const uint8_t *head, FILE *file);
} kinds[] = {
    {"image/png", "png_pipe", "\x89PNG\r\n\x1a\n", 0, 8, read_png},
    {"image/jpeg", "jpeg_pipe", "\xff\xd8\xff", 0, 3, read_jpeg},
    {"image/webp", "webp_pipe", "WEBP", 8, 4, read_webp},
};

static int read_kind(struct gv_head *out, const uint8_t *head, FILE *file, const char *path, struct gv_error *err)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct kind *kind = &kinds[i];
        if (memcmp(head + kind->magic_at, kind->magic, kind->magic_bytes) != 0)
            continue;
        *out = (struct gv_head){.mime_type = kind->mime_type, .demuxer = kind->demuxer, .orientation = 1};
        if (!kind->read(out, head, file) || out->width == 0 || out->height == 0)
            return gv_fail(err, GV_INVALID_INPUT, "%s: the header of this %s is broken or cut short", path,
                           kind->mime_type);
        if ((uint64_t)out->width * out->height > GV_PIXELS_MAX)
            return gv_fail(err, GV_INVALID_INPUT, "%s: a picture of %u x %u pixels is over the limit of %d million",
                           path, out->width, out->height, GV_PIXELS_MAX / 1000000);
        return GV_OK;
    }
    return GV_OK;
}

int gv_head_read(struct gv_head *out, const char *path, struct gv_error *err)
{
    *out = (struct gv_head){.orientation = 1};
    FILE *file = gv_file_stream(path, err);
    if (!file)
        return GV_INVALID_INPUT;
    uint8_t head[HEAD_BYTES] = {0};
    size_t got = fread(head, 1, sizeof head, file);
    int rc = got == 0
                 ? gv_fail(err, GV_INVALID_INPUT, "%s: %s", path, ferror(file) ? strerror(errno) : "the file is empty")
                 : read_kind(out, head, file, path, err);
    fclose(file);
    return rc;
}
