/* Stability's emulator: its rules one by one, both representations, money, pace and age. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/emu_kit.h"

extern const struct gv_emulator gv_emulator_stability;

#define START "/v2beta/image-to-video"
#define RESULT START "/result/"
#define CORE "/v2beta/stable-image/generate/core"
#define ULTRA "/v2beta/stable-image/generate/ultra"
#define SD3 "/v2beta/stable-image/generate/sd3"
#define PICTURE "{\"image\":\"blob:0\"}"
#define WITH(rest) "{\"image\":\"blob:0\"," rest "}"

static struct emu_kit kit;
static struct gv_emu_media picture;

static const struct gv_emu_media *media(struct gv_emu_world *world, const char *text)
{
    (void)world;
    assert_string_equal(text, "blob:0");
    return &picture;
}

static int begin(void **state)
{
    (void)state;
    emu_kit_open(&kit, &gv_emulator_stability, media);
    kit.headers[0] = (struct gv_header){"Content-Type", "multipart/form-data; boundary=\"b\""};
    kit.headers[1] = (struct gv_header){"Accept", "application/json"};
    kit.header_count = 2;
    picture = (struct gv_emu_media){.ref = "blob:aa", .mime_type = "image/png", .bytes = 5000};
    picture.width = 1024;
    picture.height = 576;
    return 0;
}

static int end(void **state)
{
    (void)state;
    emu_kit_free(&kit);
    return 0;
}

static void with_key(const char *key)
{
    kit.authorization = gv_arena_printf(&kit.arena, "Bearer %s", key);
}

static void refused(const char *method, const char *path, const char *body, int status, const char *name,
                    const char *part)
{
    emu_kit_send(&kit, method, path, body);
    const char *words = gv_json_text(kit.json, "errors.0");
    if (kit.reply.status != status || strcmp(emu_kit_at(&kit, "name"), name) != 0 || !strstr(words ? words : "", part))
        fail_msg("%s %s %s: expected %d %s \"%s\", got %d %s", method, path, body ? body : "", status, name, part,
                 kit.reply.status, kit.reply.body);
    assert_true(kit.reply.accepted == NULL || kit.reply.accepted->note);
    assert_int_equal(strlen(emu_kit_at(&kit, "id")), 32);
}

static const char *result_of(const char *id)
{
    return gv_arena_printf(&kit.arena, RESULT "%s", id);
}

static const char *header(const char *name)
{
    for (size_t i = 0; i < GV_EMU_REPLY_HEADERS_MAX && kit.reply.headers[i].name; i++) {
        if (strcmp(kit.reply.headers[i].name, name) == 0)
            return kit.reply.headers[i].value;
    }
    return "(absent)";
}

/* ---- starts --------------------------------------------------------------------------------------------------- */

static void films_keep_their_rules(void **state)
{
    (void)state;
    static const struct {
        const char *body, *part; /* part NULL: accepted */
    } rows[] = {
        {PICTURE, NULL},
        {WITH("\"seed\":\"4294967294\",\"cfg_scale\":\"10\",\"motion_bucket_id\":\"255\",\"other\":\"x\""), NULL},
        {"{\"none\":\"\"}", "image: is required"},
        {"{\"image\":\"words\"}", "image: must be a file"},
        {WITH("\"seed\":\"4294967295\""), "seed: must be between 0 and 4294967294"},
        {WITH("\"seed\":\"-1\""), "seed"},
        {WITH("\"seed\":\"1.5\""), "seed: must be an integer"},
        {WITH("\"cfg_scale\":\"10.1\""), "cfg_scale: must be between 0 and 10"},
        {WITH("\"cfg_scale\":\"nan\""), "cfg_scale: must be a number"},
        {WITH("\"cfg_scale\":\"\""), "cfg_scale: must be a number"},
        {WITH("\"motion_bucket_id\":\"0\""), "motion_bucket_id"},
        {WITH("\"motion_bucket_id\":\"256\""), "motion_bucket_id"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].part)
            refused("POST", START, rows[i].body, 400, "bad_request", rows[i].part);
        else
            assert_int_equal(strlen(emu_kit_create(&kit, START, rows[i].body)), 64);
    }
}

static void all_faults_are_told_at_once(void **state)
{
    (void)state;
    refused("POST", START, "{\"seed\":\"x\",\"cfg_scale\":\"11\"}", 400, "bad_request", "image");
    assert_non_null(strstr(emu_kit_at(&kit, "errors.1"), "seed"));
    assert_non_null(strstr(emu_kit_at(&kit, "errors.2"), "cfg_scale"));
}

static void pictures_have_one_of_three_sizes(void **state)
{
    (void)state;
    static const struct {
        uint32_t width, height;
        bool good;
    } sizes[] = {{1024, 576, true}, {576, 1024, true}, {768, 768, true}, {1024, 575, false}, {1280, 720, false}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        picture.width = sizes[i].width;
        picture.height = sizes[i].height;
        if (sizes[i].good)
            emu_kit_create(&kit, START, PICTURE);
        else
            refused("POST", START, PICTURE, 400, "bad_request", "1024x576");
    }
    picture.mime_type = "image/webp";
    refused("POST", START, PICTURE, 400, "bad_request", "JPEG or PNG");
    picture.mime_type = "text/plain";
    refused("POST", START, PICTURE, 400, "bad_request", "could not be read");
    picture.mime_type = "image/jpeg";
    picture.bytes = (10u << 20) + 1;
    refused("POST", START, PICTURE, 413, "payload_too_large", "10MiB");
}

static void only_forms_of_known_keys_are_taken(void **state)
{
    (void)state;
    kit.headers[0].value = "application/json";
    refused("POST", START, PICTURE, 400, "bad_request", "multipart/form-data");
    kit.headers[0].value = "multipart/form-data; boundary=b";
    refused("POST", START, NULL, 400, "bad_request", "can't be read");
    refused("DELETE", RESULT "x", NULL, 405, "method_not_allowed", "");
    refused("GET", "/v2beta/results/x", NULL, 404, "not_found", "");
    with_key("nobody");
    refused("POST", START, PICTURE, 401, "unauthorized", "API key");
    kit.authorization = NULL;
    refused("POST", START, PICTURE, 401, "unauthorized", "API key");
    emu_kit_send(&kit, "GET", "/v1/user/balance", NULL);
    assert_int_equal(kit.reply.status, 401);
    assert_string_not_equal(emu_kit_at(&kit, "message"), "(absent)");
}

static void keys_play_their_parts(void **state)
{
    (void)state;
    with_key("sandbox-poor");
    refused("POST", START, PICTURE, 402, "payment_required", "You lack sufficient credits");
    with_key("sandbox-moderated");
    refused("POST", START, PICTURE, 403, "content_moderation", "flagged");
    with_key("sandbox-failing");
    const char *id = emu_kit_create(&kit, START, PICTURE);
    kit.world.now_ms = kit.tasks[0]->ends_ms;
    refused("GET", result_of(id), NULL, 500, "internal_error", "internal");
    with_key("sandbox-key");
    kit.world.bend.retired = true;
    refused("POST", START, PICTURE, 404, "not_found", "");
    emu_kit_create(&kit, CORE, "{\"prompt\":\"a boat\"}"); /* pictures are alive */
}

/* ---- results ---------------------------------------------------------------------------------------------------- */

static void a_film_is_shown_as_asked_for(void **state)
{
    (void)state;
    const char *id = emu_kit_create(&kit, START, WITH("\"seed\":\"77\""));
    assert_string_equal(emu_kit_at(&kit, "id"), id);
    assert_int_equal(emu_kit_send(&kit, "GET", result_of(id), NULL), 202);
    assert_string_equal(emu_kit_at(&kit, "status"), "in-progress");
    kit.world.now_ms = kit.tasks[0]->ends_ms;
    assert_int_equal(emu_kit_send(&kit, "GET", result_of(id), NULL), 200);
    assert_string_equal(kit.reply.body, "{\"video\":\"\",\"finish_reason\":\"SUCCESS\",\"seed\":77}");
    assert_int_equal(kit.reply.films[0].at, strlen("{\"video\":\""));
    assert_string_equal(kit.reply.content_type, "application/json; type=video/mp4");
    assert_string_equal(header("seed"), "(absent)");
    static const char *const accepts[] = {"video/*", "*/*", "video/mp4"};
    for (size_t i = 0; i < 4; i++) {
        kit.header_count = i < 3 ? 2 : 1; /* the last without Accept */
        kit.headers[1].value = accepts[i % 3];
        assert_int_equal(emu_kit_send(&kit, "GET", result_of(id), NULL), 200);
        assert_null(kit.reply.body);
        assert_int_equal(kit.reply.film_count, 1);
        assert_string_equal(header("finish-reason"), "SUCCESS");
        assert_string_equal(header("seed"), "77");
        assert_int_equal(strlen(header("x-request-id")), 32);
    }
    kit.header_count = 2;
    kit.headers[1].value = "image/png";
    refused("GET", result_of(id), NULL, 400, "bad_request", "accept");
}

static void the_film_is_made_of_the_picture(void **state)
{
    (void)state;
    picture.width = 576;
    picture.height = 1024;
    emu_kit_create(&kit, START, WITH("\"seed\":\"77\""));
    assert_string_equal(kit.tasks[0]->film, "{\"width\":576,\"height\":1024,\"seed\":77,\"fps\":24,"
                                            "\"duration_seconds\":4,\"first\":\"blob:aa\"}");
}

static void results_are_shown_to_their_key_for_a_day(void **state)
{
    (void)state;
    const char *id = emu_kit_create(&kit, START, PICTURE);
    kit.world.now_ms = kit.tasks[0]->ends_ms + 24 * 3600 * 1000;
    assert_int_equal(emu_kit_send(&kit, "GET", result_of(id), NULL), 200);
    with_key("sandbox-other");
    refused("GET", result_of(id), NULL, 404, "not_found", "");
    with_key("sandbox-key");
    refused("GET", RESULT "0123", NULL, 404, "not_found", "");
    refused("GET", result_of(gv_arena_printf(&kit.arena, "%s/x", id)), NULL, 404, "not_found", "");
    kit.world.now_ms++;
    refused("GET", result_of(id), NULL, 404, "not_found", "");
}

static void filtered_films_are_shown_and_free(void **state)
{
    (void)state;
    with_key("sandbox-filtered");
    const char *id = emu_kit_create(&kit, START, PICTURE);
    kit.world.now_ms = kit.tasks[0]->ends_ms;
    assert_int_equal(emu_kit_send(&kit, "GET", result_of(id), NULL), 200);
    assert_non_null(strstr(kit.reply.body, "CONTENT_FILTERED"));
    assert_true(kit.tasks[0]->usd == 0);
}

/* ---- pictures --------------------------------------------------------------------------------------------------- */

static void images_keep_their_rules(void **state)
{
    (void)state;
    static const struct {
        const char *path, *body, *part; /* part NULL: accepted */
    } rows[] = {
        {CORE, "{\"prompt\":\"a boat\",\"aspect_ratio\":\"21:9\",\"style_preset\":\"anime\",\"seed\":\"0\"}", NULL},
        {CORE, "{\"aspect_ratio\":\"16:9\"}", "prompt: is required"},
        {CORE, "{\"prompt\":\"\"}", "prompt: must have 1 to 10000 characters"},
        {CORE, "{\"prompt\":\"a\",\"aspect_ratio\":\"4:3\"}", "aspect_ratio: must be one of"},
        {CORE, "{\"prompt\":\"a\",\"aspect_ratio\":\"16\"}", "aspect_ratio"},
        {CORE, "{\"prompt\":\"a\",\"style_preset\":\"cubist\"}", "style_preset"},
        {CORE, "{\"prompt\":\"a\",\"seed\":\"4294967295\"}", "seed"},
        {CORE, "{\"prompt\":\"a\",\"output_format\":\"gif\"}", "output_format: must be one of"},
        {ULTRA, "{\"prompt\":\"a\"}", NULL},
        {ULTRA, "{\"prompt\":\"a\",\"image\":\"blob:0\",\"strength\":\"0.5\"}", NULL},
        {ULTRA, "{\"prompt\":\"a\",\"image\":\"blob:0\"}", "strength: is required"},
        {ULTRA, "{\"prompt\":\"a\",\"strength\":\"0.5\"}", "image: is required"},
        {SD3, "{\"prompt\":\"a\",\"model\":\"sd3.5-flash\",\"cfg_scale\":\"1\"}", NULL},
        {SD3, "{\"prompt\":\"a\",\"model\":\"sdxl\"}", "model"},
        {SD3, "{\"prompt\":\"a\",\"cfg_scale\":\"0.5\"}", "cfg_scale"},
        {SD3, "{\"prompt\":\"a\",\"output_format\":\"webp\"}", "output_format"},
        {SD3, "{\"prompt\":\"a\",\"mode\":\"image-to-image\"}", "image: is required"},
        {SD3, "{\"prompt\":\"a\",\"mode\":\"image-to-image\",\"image\":\"blob:0\",\"strength\":\"1\"}", NULL},
        {SD3,
         "{\"prompt\":\"a\",\"mode\":\"image-to-image\",\"image\":\"blob:0\",\"strength\":\"1\","
         "\"aspect_ratio\":\"1:1\"}",
         "aspect_ratio"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].part)
            refused("POST", rows[i].path, rows[i].body, 400, "bad_request", rows[i].part);
        else
            emu_kit_create(&kit, rows[i].path, rows[i].body);
    }
    refused("POST", "/v2beta/stable-image/generate/xl", "{\"prompt\":\"a\"}", 404, "not_found", "");
    refused("GET", CORE, NULL, 405, "method_not_allowed", "");
}

static void a_picture_is_made_at_once_in_its_shape(void **state)
{
    (void)state;
    static const struct {
        const char *path, *ratio;
        int64_t width, height;
    } rows[] = {{CORE, "16:9", 1664, 960},
                {CORE, "9:16", 960, 1664},
                {CORE, "1:1", 1280, 1280},
                {ULTRA, "1:1", 1024, 1024},
                {SD3, "16:9", 1344, 768}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        emu_kit_create(&kit, rows[i].path,
                       gv_arena_printf(&kit.arena, "{\"prompt\":\"a boat\",\"aspect_ratio\":\"%s\",\"seed\":\"5\"}",
                                       rows[i].ratio));
        const struct gv_emu_task *task = kit.reply.accepted;
        const struct gv_json *film = gv_json_parse(&kit.arena, task->film, strlen(task->film), NULL);
        assert_int_equal(gv_json_int(film, "width", 0), rows[i].width);
        assert_int_equal(gv_json_int(film, "height", 0), rows[i].height);
        assert_true(gv_json_bool(film, "still", false));
        assert_int_equal(gv_emu_status(task, kit.world.now_ms), GV_EMU_SUCCEEDED);
        assert_string_equal(kit.reply.body, "{\"image\":\"\",\"finish_reason\":\"SUCCESS\",\"seed\":5}");
        assert_ptr_equal(kit.reply.films[0].task, task);
    }
    kit.headers[1].value = "image/*";
    emu_kit_create(&kit, CORE, "{\"prompt\":\"a boat\",\"seed\":\"5\"}");
    assert_null(kit.reply.body);
    assert_string_equal(header("seed"), "5");
}

static void prompts_play_their_parts(void **state)
{
    (void)state;
    refused("POST", CORE, "{\"prompt\":\"[moderate] a boat\"}", 403, "content_moderation", "flagged");
    refused("POST", CORE, "{\"prompt\":\"[fail: in Latin only]\"}", 422, "unprocessable_entity", "in Latin only");
    emu_kit_create(&kit, CORE, "{\"prompt\":\"a [filtered] boat\"}");
    assert_non_null(strstr(kit.reply.body, "CONTENT_FILTERED"));
    with_key("sandbox-poor");
    refused("POST", CORE, "{\"prompt\":\"a boat\"}", 402, "payment_required", "credits");
}

/* ---- money, pace, trouble --------------------------------------------------------------------------------------- */

static void the_balance_moves_by_what_succeeded(void **state)
{
    (void)state;
    emu_kit_send(&kit, "GET", "/v1/user/balance", NULL);
    double before = gv_json_real(kit.json, "credits", 0);
    emu_kit_create(&kit, START, PICTURE);
    emu_kit_create(&kit, CORE, "{\"prompt\":\"a\"}");
    emu_kit_create(&kit, SD3, "{\"prompt\":\"a\",\"model\":\"sd3.5-large\"}");
    emu_kit_create(&kit, CORE, "{\"prompt\":\"[filtered]\"}");
    assert_true(kit.tasks[0]->usd == 0.20);
    assert_string_equal(kit.tasks[2]->units, "6.5 credits");
    emu_kit_send(&kit, "GET", "/v1/user/balance", NULL);
    assert_true(before - gv_json_real(kit.json, "credits", 0) == 29.5);
    with_key("sandbox-poor");
    emu_kit_send(&kit, "GET", "/v1/user/balance", NULL);
    assert_string_equal(kit.reply.body, "{\"credits\":0.6331}");
}

static void the_guard_holds_to_one_poll_in_ten_seconds(void **state)
{
    (void)state;
    const char *one = emu_kit_create(&kit, START, PICTURE), *other = emu_kit_create(&kit, START, PICTURE);
    for (int i = 0; i < 2; i++)
        assert_int_equal(emu_kit_send(&kit, "GET", result_of(one), NULL), 202);
    kit.world.bend.guarded = true;
    assert_int_equal(emu_kit_send(&kit, "GET", result_of(one), NULL), 202);
    assert_int_equal(emu_kit_send(&kit, "GET", result_of(other), NULL), 202);
    kit.world.now_ms += 9999;
    refused("GET", result_of(one), NULL, 429, "rate_limit_exceeded", "");
    kit.world.now_ms++;
    assert_int_equal(emu_kit_send(&kit, "GET", result_of(one), NULL), 202);
}

static void the_guard_locks_out_who_asks_too_much(void **state)
{
    (void)state;
    const char *id = NULL;
    for (int i = 0; i < 150; i++)
        id = emu_kit_create(&kit, START, PICTURE);
    kit.world.bend.guarded = true;
    refused("GET", result_of(id), NULL, 429, "rate_limit_exceeded", "150");
    kit.world.now_ms += 59999;
    refused("GET", result_of(id), NULL, 429, "rate_limit_exceeded", "150");
    kit.world.now_ms++;
    assert_int_equal(emu_kit_send(&kit, "GET", result_of(id), NULL), 200);
}

static void trouble_is_worded_as_stability_words_it(void **state)
{
    (void)state;
    static const struct {
        int asked;
        const char *code;
        int status;
        const char *part;
    } rows[] = {{500, NULL, 500, "internal_error"}, {503, NULL, 503, "service_unavailable"},
                {502, NULL, 502, "<html>"},         {0, "rate_limit_exceeded", 429, "150"},
                {0, "gone", 410, "gone"},           {200, "odd", 200, "odd"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gv_emu_reply reply = gv_emulator_stability.refuse(&kit.world, rows[i].asked, rows[i].code);
        assert_int_equal(reply.status, rows[i].status);
        assert_non_null(strstr(reply.body, rows[i].part));
    }
    assert_string_equal(gv_emulator_stability.route("POST", START), "create");
    assert_string_equal(gv_emulator_stability.route("POST", CORE), "draw");
    assert_string_equal(gv_emulator_stability.route("GET", RESULT "1"), "query");
    assert_string_equal(gv_emulator_stability.route("GET", "/v1/user/balance"), "account");
    assert_string_equal(gv_emulator_stability.route("GET", START), "other");
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(films_keep_their_rules),
        T(all_faults_are_told_at_once),
        T(pictures_have_one_of_three_sizes),
        T(only_forms_of_known_keys_are_taken),
        T(keys_play_their_parts),
        T(a_film_is_shown_as_asked_for),
        T(the_film_is_made_of_the_picture),
        T(results_are_shown_to_their_key_for_a_day),
        T(filtered_films_are_shown_and_free),
        T(images_keep_their_rules),
        T(a_picture_is_made_at_once_in_its_shape),
        T(prompts_play_their_parts),
        T(the_balance_moves_by_what_succeeded),
        T(the_guard_holds_to_one_poll_in_ten_seconds),
        T(the_guard_locks_out_who_asks_too_much),
        T(trouble_is_worded_as_stability_words_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
