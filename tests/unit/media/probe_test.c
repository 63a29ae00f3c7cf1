/* What a file is, told from its header; and what no file may do to who looks at it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/media_kit.h"

static void assert_picture(struct media_kit *kit, const char *path, const char *mime_type, int width, int height)
{
    const struct gv_json *picture = media_run(kit, "probe", path, NULL);
    assert_string_equal(gv_json_text(picture, "mime_type"), mime_type);
    assert_int_equal(gv_json_int(picture, "width", 0), width);
    assert_int_equal(gv_json_int(picture, "height", 0), height);
    assert_null(gv_json_member(picture, "duration_seconds"));
}

static const char *film(struct media_kit *kit)
{
    return media_film(kit, "film.mp4", "{'width':160,'height':90,'duration_seconds':1,'text':'film','audio':true}");
}

static const char *jpeg(struct media_kit *kit)
{
    const char *still = media_still(kit, "still.png", "{'width':160,'height':90,'text':'picture'}");
    const char *path = media_path(kit, "still.jpg");
    media_run(kit, "poster", still, path, "160", NULL);
    return path;
}

static size_t read_all(const char *path, uint8_t *out, size_t room)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t bytes = fread(out, 1, room, file);
    fclose(file);
    assert_true(bytes > 0 && bytes < room);
    return bytes;
}

/* Runs the ffmpeg tool on `in`; the output lies in the kit's folder. */
static const char *converted(struct media_kit *kit, const char *in, const char *options, const char *out)
{
    const char *path = media_path(kit, out);
    const char *command =
        gv_arena_printf(&kit->arena, "ffmpeg -y -v error -i '%s' %s '%s' </dev/null", in, options, path);
    assert_int_equal(system(command), 0);
    return path;
}

static void pictures_tell_their_size(void **state)
{
    struct media_kit *kit = *state;
    assert_picture(kit, media_still(kit, "a.png", "{'width':321,'height':123}"), "image/png", 321, 123);
    assert_picture(kit, jpeg(kit), "image/jpeg", 160, 90);
    static const uint8_t lossy[32] = "RIFF\x18\0\0\0WEBPVP8 \x0c\0\0\0\0\0\0\x9d\x01\x2a\x40\x01\xb4\x00";
    static const uint8_t lossless[32] = "RIFF\x18\0\0\0WEBPVP8L\x0c\0\0\0\x2f\x3f\xc1\x2c\x00";
    static const uint8_t extended[32] = "RIFF\x18\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x3f\x01\0\xb3\0\0";
    assert_picture(kit, media_write(kit, "a.webp", lossy, sizeof lossy), "image/webp", 320, 180);
    assert_picture(kit, media_write(kit, "b.webp", lossless, sizeof lossless), "image/webp", 320, 180);
    assert_picture(kit, media_write(kit, "c.webp", extended, sizeof extended), "image/webp", 320, 180);
}

static void a_picture_on_its_side_is_told_upright(void **state)
{
    struct media_kit *kit = *state;
    enum { ROOM = 1 << 18 };
    static uint8_t plain[ROOM], turned[ROOM + 64];
    static const uint8_t little[] = "\xff\xe1\0\x22"
                                    "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0";
    static const uint8_t big[] = "\xff\xe1\0\x22"
                                 "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0";
    size_t bytes = read_all(jpeg(kit), plain, ROOM);
    for (int i = 0; i < 2; i++) {
        memcpy(turned, plain, 2);
        memcpy(turned + 2, i ? big : little, 36);
        memcpy(turned + 38, plain + 2, bytes - 2);
        const char *path = media_write(kit, "turned.jpg", turned, bytes + 36);
        assert_picture(kit, path, "image/jpeg", 90, 160);
        const struct gv_json *poster = media_run(kit, "poster", path, media_path(kit, "poster.jpg"), "90", NULL);
        assert_int_equal(gv_json_int(poster, "height", 0), 160);
    }
}

static void a_picture_s_size_does_not_matter_to_who_looks(void **state)
{
    struct media_kit *kit = *state;
    static const uint8_t head[33] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x20\0\0\0\x20\0\x10\x06";
    const char *path = media_write(kit, "large.png", head, sizeof head);
    assert_int_equal(truncate(path, (off_t)4 << 30), 0);
    assert_picture(kit, path, "image/png", 8192, 8192);
}

static void a_picture_of_too_many_pixels_is_refused(void **state)
{
    struct media_kit *kit = *state;
    static const uint8_t bomb[33] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xea\x60\0\0\xea\x60\x08\x02";
    const char *path = media_write(kit, "bomb.png", bomb, sizeof bomb);
    static const char *const verbs[] = {"probe", "poster"};
    for (size_t i = 0; i < 2; i++) {
        struct gv_error err = i ? media_refused(kit, GV_INVALID_INPUT, verbs[i], path, media_path(kit, "out.jpg"), NULL)
                                : media_refused(kit, GV_INVALID_INPUT, verbs[i], path, NULL);
        assert_non_null(strstr(err.message, "60000 x 60000"));
    }
}

static void films_are_told_as_they_are_seen(void **state)
{
    struct media_kit *kit = *state;
    static const struct {
        const char *options, *out, *mime_type;
        int width, height;
    } films[] = {
        {"-c copy -metadata:s:v rotate=90", "turned.mp4", "video/mp4", 90, 160},
        {"-c copy -aspect 4:1", "wide.mp4", "video/mp4", 360, 90},
        {"-c copy -f mov", "film.mov", "video/quicktime", 160, 90},
        {"-c copy -f matroska", "film.mkv", "video/x-matroska", 160, 90},
        {"-c:v libvpx -c:a libopus", "film.webm", "video/webm", 160, 90},
        {"-r 8", "film.gif", "image/gif", 160, 90},
    };
    for (size_t i = 0; i < sizeof films / sizeof *films; i++) {
        const char *path = converted(kit, film(kit), films[i].options, films[i].out);
        const struct gv_json *told = media_run(kit, "probe", path, NULL);
        assert_string_equal(gv_json_text(told, "mime_type"), films[i].mime_type);
        assert_int_equal(gv_json_int(told, "width", 0), films[i].width);
        assert_int_equal(gv_json_int(told, "height", 0), films[i].height);
        assert_float_equal(gv_json_real(told, "duration_seconds", 0), 1, 0.15);
        assert_true(gv_json_real(told, "fps", 0) > 7);
    }
}

static void sound_has_a_length_and_no_size(void **state)
{
    struct media_kit *kit = *state;
    static const struct {
        const char *options, *out, *mime_type, *codec;
    } sounds[] = {
        {"-vn", "a.wav", "audio/wav", "pcm_s16le"},         {"-vn", "a.mp3", "audio/mpeg", "mp3"},
        {"-vn -c copy", "a.m4a", "audio/mp4", "aac"},       {"-vn", "a.flac", "audio/flac", "flac"},
        {"-vn -c:a libopus", "a.ogg", "audio/ogg", "opus"},
    };
    for (size_t i = 0; i < sizeof sounds / sizeof *sounds; i++) {
        const struct gv_json *told =
            media_run(kit, "probe", converted(kit, film(kit), sounds[i].options, sounds[i].out), NULL);
        assert_string_equal(gv_json_text(told, "mime_type"), sounds[i].mime_type);
        assert_string_equal(gv_json_text(told, "audio_codec"), sounds[i].codec);
        assert_float_equal(gv_json_real(told, "duration_seconds", 0), 1, 0.06);
        assert_null(gv_json_member(told, "width"));
    }
}

static void what_is_no_media_is_refused(void **state)
{
    struct media_kit *kit = *state;
    static const struct {
        const char *name, *text;
    } files[] = {
        {"empty", ""},
        {"text.txt", "just words"},
        {"page.html", "<html><body>404 Not Found</body></html>"},
        {"error.json", "{\"code\":1201,\"message\":\"expired\"}"},
        {"list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfilm.mp4\n#EXT-X-ENDLIST\n"},
        {"list.ffconcat", "ffconcat version 1.0\nfile film.mp4\n"},
        {"picture.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>"},
        {"half.png", "\x89PNG\r\n\x1a\n"},
        {"half.jpg", "\xff\xd8\xff\xe0"},
    };
    film(kit);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *path = media_write(kit, files[i].name, files[i].text, strlen(files[i].text));
        struct gv_error err = media_refused(kit, GV_INVALID_INPUT, "probe", path, NULL);
        assert_non_null(strstr(err.message, files[i].name));
    }
    media_refused(kit, GV_INVALID_INPUT, "probe", kit->folder.path, NULL);
    media_refused(kit, GV_INVALID_INPUT, "probe", "/nowhere/at/all", NULL);
    media_refused(kit, GV_INVALID_INPUT, "probe", "http://127.0.0.1:1/film.mp4", NULL);
}

static void a_film_cut_short_is_refused(void **state)
{
    struct media_kit *kit = *state;
    enum { ROOM = 1 << 20 };
    static uint8_t whole[ROOM];
    size_t bytes = read_all(film(kit), whole, ROOM);
    static const int percents[] = {1, 10, 50, 90, 99};
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
        const char *path = media_write(kit, "cut.mp4", whole, bytes * (size_t)percents[i] / 100);
        media_refused(kit, GV_INVALID_INPUT, "probe", path, NULL);
    }
}

/* Whatever is wrong inside a file, the answer is a clean one. */
static void damaged_files_are_read_or_refused(void **state)
{
    struct media_kit *kit = *state;
    enum { ROOM = 1 << 20, ROUNDS = 40, BYTES_CHANGED = 12 };
    static uint8_t whole[ROOM];
    const char *const originals[] = {film(kit), jpeg(kit)};
    uint32_t random = 1;
    for (int round = 0; round < ROUNDS; round++) {
        size_t bytes = read_all(originals[round % 2], whole, ROOM);
        for (int i = 0; i < BYTES_CHANGED; i++) {
            random = random * 1664525 + 1013904223;
            whole[(random >> 8) % bytes] = (uint8_t)(random >> 3);
        }
        const char *path = media_write(kit, "damaged", whole, bytes);
        const char *command = gv_arena_printf(&kit->arena, "'%s' poster '%s' '%s' >'%s'", media_helper(), path,
                                              media_path(kit, "out.jpg"), media_path(kit, "said"));
        int status = system(command);
        assert_true(WIFEXITED(status));
        assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == GV_INVALID_INPUT);
    }
}

int main(void)
{
#define PROBE_TEST(name) cmocka_unit_test_setup_teardown(name, media_kit_setup, media_kit_teardown)
    const struct CMUnitTest tests[] = {
        PROBE_TEST(pictures_tell_their_size),
        PROBE_TEST(a_picture_on_its_side_is_told_upright),
        PROBE_TEST(a_picture_s_size_does_not_matter_to_who_looks),
        PROBE_TEST(a_picture_of_too_many_pixels_is_refused),
        PROBE_TEST(films_are_told_as_they_are_seen),
        PROBE_TEST(sound_has_a_length_and_no_size),
        PROBE_TEST(what_is_no_media_is_refused),
        PROBE_TEST(a_film_cut_short_is_refused),
        PROBE_TEST(damaged_files_are_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
