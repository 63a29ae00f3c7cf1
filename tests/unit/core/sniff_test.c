#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "core/sniff.h"

static const struct {
    const char *head;
    size_t bytes;
    const char *type;
} rows[] = {
#define ROW(head, type)                                                                                                \
    {                                                                                                                  \
        head, sizeof(head) - 1, type                                                                                   \
    }
    ROW("\x89PNG\r\n\x1a\n\0\0", "image/png"),
    ROW("\xff\xd8\xff\xe0", "image/jpeg"),
    ROW("GIF89a", "image/gif"),
    ROW("RIFF\1\2\3\4WEBPVP8 ", "image/webp"),
    ROW("RIFF\1\2\3\4WAVEfmt ", "audio/wav"),
    ROW("RIFF\1\2\3\4XXXX", "application/octet-stream"),
    ROW("RIFF", "application/octet-stream"),
    ROW("\0\0\0\x20"
        "ftypisom",
        "video/mp4"),
    ROW("\0\0\0\x20"
        "ftypmp42",
        "video/mp4"),
    ROW("\0\0\0\x14"
        "ftypqt  ",
        "video/quicktime"),
    ROW("\0\0\0\x20"
        "ftypM4A ",
        "audio/mp4"),
    ROW("\0\0\0\x20"
        "ftypavif",
        "image/avif"),
    ROW("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\x82\x84webm", "video/webm"),
    ROW("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\x82\x88matroska", "video/x-matroska"),
    ROW("ID3\4\0", "audio/mpeg"),
    ROW("\xff\xfb\x90\x64", "audio/mpeg"),
    ROW("\xff\xf3\x44\xc4", "audio/mpeg"),
    ROW("\xff\xf1\x50\x80", "audio/aac"),
    ROW("\xff\xff\xff\xff", "application/octet-stream"),
    ROW("\xff\xeb\x90\x64", "application/octet-stream"),
    ROW("OggS\0", "audio/ogg"),
    ROW("fLaC\0", "audio/flac"),
    ROW("%PDF-1.7", "application/pdf"),
    ROW("  \n{\"error\":1}", "application/json"),
    ROW("[1]", "application/json"),
    ROW("\xef\xbb\xbf{}", "application/json"),
    ROW("<!DOCTYPE html>", "text/html"),
    ROW("\n<HTML><body>", "text/html"),
    ROW("<?xml version", "application/xml"),
    ROW("", "application/octet-stream"),
    ROW(" \n", "application/octet-stream"),
    ROW("plain words", "application/octet-stream"),
};

static void types_are_told_by_content(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *type = gv_sniff(rows[i].head, rows[i].bytes);
        if (strcmp(type, rows[i].type) != 0)
            fail_msg("row %zu is %s, not %s", i, type, rows[i].type);
    }
}

/* The sanitizer sees a read behind the end: each prefix lies in memory of its own size. */
static void a_cut_head_is_not_read_beyond_its_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t n = 0; n <= rows[i].bytes; n++) {
            char *head = gv_xcalloc(1, n + 1);
            memcpy(head + 1, rows[i].head, n);
            assert_non_null(gv_sniff(head + 1, n));
            free(head);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_told_by_content),
        cmocka_unit_test(a_cut_head_is_not_read_beyond_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
