/* Films made to order: as long as asked, the same each time, beginning and ending with the pictures given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "support/media_kit.h"

/* The largest mean difference that scaling and H.264 leave between a picture and itself; other pictures are ten
 * times as far away. */
static const double same_max = 3, other_min = 10;

static void assert_film(struct media_kit *kit, const char *path, int width, int height, double seconds, int frames)
{
    const struct gv_json *film = media_run(kit, "probe", path, NULL);
    assert_string_equal(gv_json_text(film, "mime_type"), "video/mp4");
    assert_string_equal(gv_json_text(film, "video_codec"), "h264");
    assert_int_equal(gv_json_int(film, "width", 0), width);
    assert_int_equal(gv_json_int(film, "height", 0), height);
    assert_int_equal(gv_json_int(film, "frames", 0), frames);
    assert_float_equal(gv_json_real(film, "duration_seconds", 0), seconds, 0.0011);
}

static const char *sound_of(struct media_kit *kit, const char *path)
{
    return gv_json_text(media_run(kit, "probe", path, NULL), "audio_codec");
}

static void a_film_has_the_frames_asked_for(void **state)
{
    struct media_kit *kit = *state;
    static const struct {
        const char *name, *description;
        int width, height, frames;
        double seconds;
    } films[] = {
        {"a.mp4", "{'width':160,'height':90,'fps':24,'duration_seconds':1,'seed':1,'text':'one'}", 160, 90, 24, 1},
        {"b.mp4", "{'width':161,'height':91,'fps':30,'duration_seconds':0.5,'text':'odd sides'}", 162, 92, 15, 0.5},
        {"c.mp4", "{'width':160,'height':90,'fps':24,'duration_seconds':0.01,'text':'shortest'}", 160, 90, 1, 1 / 24.0},
        {"d.mp4", "{'width':90,'height':160,'fps':25,'duration_seconds':1.96,'audio':true}", 90, 160, 49, 1.96},
        {"e.mp4", "{'width':160,'height':90,'fps':29.97,'duration_seconds':2,'audio':true,'text':null}", 160, 90, 60,
         2.002},
    };
    for (size_t i = 0; i < sizeof films / sizeof *films; i++) {
        const char *path = media_film(kit, films[i].name, films[i].description);
        assert_film(kit, path, films[i].width, films[i].height, films[i].seconds, films[i].frames);
        assert_int_equal(media_decode(kit, path, 32, 18).count, films[i].frames);
    }
    assert_string_equal(sound_of(kit, media_path(kit, "d.mp4")), "aac");
    assert_null(sound_of(kit, media_path(kit, "a.mp4")));
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

static void the_same_description_gives_the_same_bytes(void **state)
{
    struct media_kit *kit = *state;
    enum { ROOM = 1 << 20 };
    static uint8_t a[ROOM], b[ROOM];
    const char *wish = "{'width':160,'height':90,'duration_seconds':1,'seed':7,'text':'rain','audio':true}";
    const char *other = "{'width':160,'height':90,'duration_seconds':1,'seed':8,'text':'rain','audio':true}";
    size_t bytes_a = read_all(media_film(kit, "a.mp4", wish), a, ROOM);
    size_t bytes_b = read_all(media_film(kit, "b.mp4", wish), b, ROOM);
    assert_int_equal(bytes_a, bytes_b);
    assert_memory_equal(a, b, bytes_a);
    bytes_b = read_all(media_film(kit, "c.mp4", other), b, ROOM);
    assert_true(bytes_a != bytes_b || memcmp(a, b, bytes_a) != 0);
}

static void no_frame_of_a_text_is_like_another(void **state)
{
    struct media_kit *kit = *state;
    const char *path = media_film(kit, "a.mp4", "{'width':320,'height':180,'duration_seconds':1,'text':'rain'}");
    struct media_frames film = media_decode(kit, path, 320, 180);
    for (size_t i = 1; i < film.count; i++)
        assert_true(media_difference(&film, i - 1, &film, i) > 0);
}

static void a_prompt_may_hold_any_character(void **state)
{
    struct media_kit *kit = *state;
    static const char *const texts[] = {
        "it\\u0027s \\u0022100%\\u0022 \\\\ : ; , [in] %{n} %{expr} {} $(x) `y` =@#",
        ("\xe4\xb8\x80\xe5\x8f\xaa\xe9\x87\x91\xe6\xaf\x9b\xe7\x8a\xac\xef\xbc\x8c "
         "\xd0\xba\xd0\xb8\xd1\x82 \xf0\x9f\x90\x95 \xd7\xa9\xd7\x9c"),
        "tab\\t newline\\n bell\\u0007 delete\\u007f",
        " ",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *wish =
            gv_arena_printf(&kit->arena, "{'width':320,'height':180,'duration_seconds':0.1,'text':'%s'}", texts[i]);
        assert_film(kit, media_film(kit, "a.mp4", wish), 320, 180, 2 / 24.0, 2);
    }
    char *chinese = gv_arena_alloc(&kit->arena, 3 * 2500 + 1);
    for (int i = 0; i < 2500; i++)
        memcpy(chinese + 3 * (size_t)i, "\xe7\x8a\xac", 3);
    const char *wish =
        gv_arena_printf(&kit->arena, "{'width':320,'height':180,'duration_seconds':0.1,'text':'%s'}", chinese);
    assert_film(kit, media_film(kit, "b.mp4", wish), 320, 180, 2 / 24.0, 2);
}

/* As a template, this text would stand for nothing. */
static void a_prompt_is_no_template(void **state)
{
    struct media_kit *kit = *state;
    const char *picture = media_still(kit, "a.png", "{'width':320,'height':180,'text':'%{metadata:none}'}");
    struct media_frames still = media_decode(kit, picture, 320, 180);
    size_t white = 0;
    for (size_t i = 0; i < (size_t)320 * 180; i++)
        white += still.rgb[3 * i] > 240 && still.rgb[3 * i + 1] > 240 && still.rgb[3 * i + 2] > 240;
    assert_true(white > 100);
}

/* A picture of the size 320 x 180 as the film should show it. */
static struct media_frames picture_of(struct media_kit *kit, const char *picture)
{
    const char *resized = media_path(kit, "resized.png");
    media_run(kit, "resize", picture, resized, "320", "180", NULL);
    return media_decode(kit, resized, 320, 180);
}

static const char *still(struct media_kit *kit, const char *name, int seed)
{
    return media_still(
        kit, name,
        gv_arena_printf(&kit->arena, "{'width':400,'height':400,'seed':%d,'text':'picture %d'}", seed, seed));
}

static void a_film_begins_with_its_first_picture_and_ends_with_its_last(void **state)
{
    struct media_kit *kit = *state;
    const char *first = still(kit, "first.png", 3), *last = still(kit, "last.png", 11);
    struct media_frames first_frame = picture_of(kit, first), last_frame = picture_of(kit, last);
    assert_true(media_difference(&first_frame, 0, &last_frame, 0) > other_min);
    static const double lengths[] = {0.125, 0.25, 2};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const char *wish =
            gv_arena_printf(&kit->arena, "{'width':320,'height':180,'duration_seconds':%g,'first':'%s','last':'%s'}",
                            lengths[i], first, last);
        struct media_frames film = media_decode(kit, media_film(kit, "a.mp4", wish), 320, 180);
        assert_true(media_difference(&film, 0, &first_frame, 0) < same_max);
        assert_true(media_difference(&film, film.count - 1, &last_frame, 0) < same_max);
    }
}

static void a_first_picture_is_moved_whatever_the_motion(void **state)
{
    struct media_kit *kit = *state;
    static const char *const motions[] = {"zoom_in", "zoom_out", "pan_left", "pan_right", "pan_up", "pan_down"};
    const char *first = still(kit, "first.png", 3);
    struct media_frames whole = picture_of(kit, first);
    for (size_t i = 0; i < sizeof motions / sizeof *motions; i++) {
        const char *wish =
            gv_arena_printf(&kit->arena, "{'width':320,'height':180,'duration_seconds':1,'first':'%s','motion':'%s'}",
                            first, motions[i]);
        struct media_frames film = media_decode(kit, media_film(kit, "a.mp4", wish), 320, 180);
        size_t whole_at = strcmp(motions[i], "zoom_out") == 0 ? film.count - 1 : 0;
        assert_true(media_difference(&film, whole_at, &whole, 0) < same_max);
        assert_true(media_difference(&film, 0, &film, film.count - 1) > same_max);
    }
}

static void images_follow_one_another(void **state)
{
    struct media_kit *kit = *state;
    const char *a = still(kit, "a.png", 3), *b = still(kit, "b.png", 11), *c = still(kit, "c.png", 23);
    const char *wish = gv_arena_printf(
        &kit->arena, "{'width':320,'height':180,'duration_seconds':3,'images':['%s','%s','%s']}", a, b, c);
    struct media_frames film = media_decode(kit, media_film(kit, "a.mp4", wish), 320, 180);
    assert_int_equal(film.count, 72);
    struct media_frames frames[] = {picture_of(kit, a), picture_of(kit, b), picture_of(kit, c)};
    static const size_t at[] = {0, 26, 54};
    for (int i = 0; i < 3; i++) {
        for (int other = 0; other < 3; other++) {
            if (other != i)
                assert_true(media_difference(&film, at[i], &frames[i], 0) <
                            media_difference(&film, at[i], &frames[other], 0));
        }
    }
}

static void an_extension_begins_with_its_source(void **state)
{
    struct media_kit *kit = *state;
    const char *source =
        media_film(kit, "a.mp4", "{'width':320,'height':180,'duration_seconds':1,'text':'source','audio':true}");
    const char *wish =
        gv_arena_printf(&kit->arena, "{'width':640,'height':640,'duration_seconds':2.5,'source':'%s'}", source);
    const char *longer = media_film(kit, "b.mp4", wish);
    assert_film(kit, longer, 320, 180, 2.5, 60);
    assert_string_equal(sound_of(kit, longer), "aac");
    struct media_frames before = media_decode(kit, source, 320, 180), after = media_decode(kit, longer, 320, 180);
    for (size_t i = 0; i < before.count; i++)
        assert_true(media_difference(&before, i, &after, i) < same_max);
    assert_true(media_difference(&before, before.count - 1, &after, before.count) < same_max);
    assert_true(media_difference(&after, 23, &after, 59) > same_max);
}

static void lip_sync_keeps_the_pictures_and_changes_the_sound(void **state)
{
    struct media_kit *kit = *state;
    const char *source = media_film(kit, "a.mp4", "{'width':320,'height':180,'duration_seconds':1,'text':'silent'}");
    const char *speech = media_film(kit, "b.mp4", "{'width':16,'height':16,'duration_seconds':0.5,'audio':true}");
    const char *wish = gv_arena_printf(&kit->arena, "{'source':'%s','audio_source':'%s'}", source, speech);
    const char *spoken = media_film(kit, "c.mp4", wish);
    assert_film(kit, spoken, 320, 180, 1, 24);
    assert_string_equal(sound_of(kit, spoken), "aac");
    struct media_frames before = media_decode(kit, source, 320, 180), after = media_decode(kit, spoken, 320, 180);
    for (size_t i = 0; i < before.count; i++)
        assert_true(media_difference(&before, i, &after, i) < same_max);
}

static void upscaling_keeps_length_and_sound(void **state)
{
    struct media_kit *kit = *state;
    const char *small =
        media_film(kit, "a.mp4", "{'width':320,'height':180,'duration_seconds':1,'text':'small','audio':true}");
    const char *large = media_path(kit, "b.mp4");
    media_run(kit, "upscale", small, large, "640", "360", NULL);
    assert_film(kit, large, 640, 360, 1, 24);
    assert_string_equal(sound_of(kit, large), "aac");
    struct media_frames before = media_decode(kit, small, 320, 180), after = media_decode(kit, large, 320, 180);
    assert_true(media_difference(&before, 12, &after, 12) < same_max);
}

static void a_poster_keeps_the_ratio_of_the_film(void **state)
{
    struct media_kit *kit = *state;
    const char *film = media_film(kit, "a.mp4", "{'width':180,'height':320,'duration_seconds':1,'text':'tall'}");
    const char *poster = media_path(kit, "poster.jpg");
    media_run(kit, "poster", film, poster, "90", NULL);
    const struct gv_json *picture = media_run(kit, "probe", poster, NULL);
    assert_string_equal(gv_json_text(picture, "mime_type"), "image/jpeg");
    assert_int_equal(gv_json_int(picture, "width", 0), 90);
    assert_int_equal(gv_json_int(picture, "height", 0), 160);
}

/* Each cell is most like a frame of its own part of the film, whose ground moves. */
static void a_spritesheet_shows_the_whole_film(void **state)
{
    struct media_kit *kit = *state;
    const char *film =
        media_film(kit, "a.mp4", "{'width':320,'height':180,'duration_seconds':5,'text':'sheet','audio':true}");
    const char *sheet = media_path(kit, "sheet.jpg");
    const struct gv_json *answer = media_run(kit, "spritesheet", film, sheet, NULL);
    assert_int_equal(gv_json_int(answer, "columns", 0), 5);
    assert_int_equal(gv_json_int(answer, "rows", 0), 4);
    assert_int_equal(gv_json_int(answer, "width", 0), 1600);
    assert_int_equal(gv_json_int(answer, "height", 0), 720);
    struct media_frames whole = media_decode(kit, sheet, 1600, 720), frames = media_decode(kit, film, 320, 180);
    for (int cell = 0; cell < 20; cell++) {
        struct media_frames part = {.width = 320, .height = 180, .count = 1};
        part.rgb = gv_arena_alloc(&kit->arena, 320 * 180 * 3);
        for (int y = 0; y < 180; y++)
            memcpy(part.rgb + y * 320 * 3, whole.rgb + ((cell / 5 * 180 + y) * 1600 + cell % 5 * 320) * 3, 320 * 3);
        double own = media_difference(&part, 0, &frames, (size_t)cell * 6 + 2);
        double half_a_film_away = media_difference(&part, 0, &frames, (size_t)(cell * 6 + 60) % 120);
        assert_true(2 * own < half_a_film_away);
    }
    media_refused(kit, GV_INVALID_INPUT, "spritesheet", media_write(kit, "x.mp4", "words", 5), sheet, NULL);
}

static void a_wrong_description_is_refused_by_name(void **state)
{
    struct media_kit *kit = *state;
    static const struct {
        const char *json, *says;
    } wrong[] = {
        {"{\"widht\":320}", "widht"},
        {"{\"width\":8}", "width"},
        {"{\"width\":9000}", "width"},
        {"{\"duration_seconds\":0}", "duration_seconds"},
        {"{\"duration_seconds\":3601}", "duration_seconds"},
        {"{\"fps\":\"24\"}", "fps"},
        {"{\"motion\":\"sideways\"}", "motion"},
        {"{\"images\":\"a.png\"}", "images"},
        {"{\"first\":7}", "first"},
        {"{\"first\":\"/nowhere/a.png\"}", "/nowhere/a.png"},
        {"{\"source\":\"http://127.0.0.1/a.mp4\"}", "http"},
        {"[]", "object"},
        {"", "JSON"},
    };
    const char *out = media_path(kit, "out.mp4");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *spec = media_write(kit, "spec.json", wrong[i].json, strlen(wrong[i].json));
        struct gv_error err = media_refused(kit, GV_INVALID_INPUT, "film", spec, out, NULL);
        assert_non_null(strstr(err.message, wrong[i].says));
        assert_null(fopen(out, "rb"));
    }
}

int main(void)
{
#define FILM_TEST(name) cmocka_unit_test_setup_teardown(name, media_kit_setup, media_kit_teardown)
    const struct CMUnitTest tests[] = {
        FILM_TEST(a_film_has_the_frames_asked_for),
        FILM_TEST(the_same_description_gives_the_same_bytes),
        FILM_TEST(no_frame_of_a_text_is_like_another),
        FILM_TEST(a_prompt_may_hold_any_character),
        FILM_TEST(a_prompt_is_no_template),
        FILM_TEST(a_film_begins_with_its_first_picture_and_ends_with_its_last),
        FILM_TEST(a_first_picture_is_moved_whatever_the_motion),
        FILM_TEST(images_follow_one_another),
        FILM_TEST(an_extension_begins_with_its_source),
        FILM_TEST(lip_sync_keeps_the_pictures_and_changes_the_sound),
        FILM_TEST(upscaling_keeps_length_and_sound),
        FILM_TEST(a_poster_keeps_the_ratio_of_the_film),
        FILM_TEST(a_spritesheet_shows_the_whole_film),
        FILM_TEST(a_wrong_description_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
