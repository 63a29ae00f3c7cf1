/* What is let in, what is refused and why: one row per rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/stability_kit.h"

#define Q(...) #__VA_ARGS__
#define GEN(input, config) "{\"operation\":\"generate\",\"input\":" input ",\"config\":" config "}"
#define TEXT(config) GEN("{\"text\":\"a boat\"}", config)
#define URL(more) "{\"image\":{\"data\":{\"url\":\"https://x.example/a.png\"}" more "}}"
#define IMAGE(config) GEN(URL(""), config)
#define BLOB(mime, w, h)                                                                                               \
    "{\"image\":{\"data\":{\"blob\":{\"sha256\":\"" STABILITY_KIT_SHA "\",\"bytes\":99,\"mime_type\":\"" mime          \
    "\",\"width\":" #w ",\"height\":" #h "}}}}"
#define OPTION(key, value) "{\"provider_options\":{\"" key "\":\"" value "\"}}"

#define REFUSED(document, code, field)                                                                                 \
    {                                                                                                                  \
        document, 1, code, field, 0, 0, NULL                                                                           \
    }
#define TAKEN(document, usd, warnings)                                                                                 \
    {                                                                                                                  \
        document, 1, GV_OK, NULL, usd, warnings, NULL                                                                  \
    }

static const struct provider_kit_rule rules[] = {
    /* models and products */
    TAKEN(IMAGE("{}"), 0.20, 0),
    TAKEN(IMAGE(Q({"model" : "stable-video-diffusion"})), 0.20, 0),
    REFUSED(IMAGE(Q({"model" : "svd-2"})), GV_INVALID_INPUT, "config.model"),
    REFUSED("{\"operation\":\"upscale_video\",\"input\":{\"url\":\"https://x.example/v.mp4\"}}", GV_UNSUPPORTED_FEATURE,
            "operation"),
    REFUSED("{\"operation\":\"extend_video\",\"video_id\":\"v\"}", GV_UNSUPPORTED_FEATURE, "operation"),
    /* inputs */
    REFUSED(GEN(URL(",\"role\":\"last\""), "{}"), GV_UNSUPPORTED_FEATURE, "input.image.role"),
    REFUSED(GEN(URL(",\"prompt\":\"smile\""), "{}"), GV_UNSUPPORTED_FEATURE, "input.image.prompt"),
    REFUSED(GEN("{\"video\":{\"url\":\"https://x.example/v.mp4\"}}", "{}"), GV_UNSUPPORTED_FEATURE, "input.video"),
    REFUSED(IMAGE(Q({"lastframe" : {"url" : "https://x.example/b.png"}})), GV_UNSUPPORTED_FEATURE, "config.lastframe"),
    REFUSED(IMAGE(Q({"static_mask" : {"url" : "https://x.example/m.png"}})), GV_UNSUPPORTED_FEATURE,
            "config.static_mask"),
    REFUSED(IMAGE(Q({"camera_control" : "down_back"})), GV_UNSUPPORTED_FEATURE, "config.camera_control"),
    TAKEN(GEN(BLOB("image/webp", 100, 100), "{}"), 0.20, 0),
    REFUSED(GEN(BLOB("video/mp4", 100, 100), "{}"), GV_INVALID_INPUT, "input.image.data"),
    REFUSED(GEN(BLOB("image/png", 0, 0), "{}"), GV_INVALID_INPUT, "config.aspect_ratio"),
    TAKEN(GEN(BLOB("image/png", 0, 0), Q({"aspect_ratio" : "square"})), 0.20, 0),
    /* what the film can be */
    TAKEN(IMAGE(Q({"aspect_ratio" : "portrait"})), 0.20, 0),
    REFUSED(IMAGE(Q({"aspect_ratio" : "cinema"})), GV_INVALID_INPUT, "config.aspect_ratio"),
    REFUSED(TEXT(Q({"aspect_ratio" : "cinema"})), GV_INVALID_INPUT, "config.aspect_ratio"),
    REFUSED(IMAGE(Q({"duration_seconds" : 4})), GV_UNSUPPORTED_FEATURE, "config.duration_seconds"),
    REFUSED(IMAGE(Q({"resolution" : "hd"})), GV_UNSUPPORTED_FEATURE, "config.resolution"),
    REFUSED(IMAGE(Q({"enable_audio" : true})), GV_UNSUPPORTED_FEATURE, "config.enable_audio"),
    TAKEN(IMAGE(Q({"enable_audio" : false})), 0.20, 0),
    TAKEN(IMAGE(Q({"scheduler" : "ddim", "enhance_prompt" : true})), 0.20, 2),
    /* numbers */
    TAKEN(IMAGE(Q({"seed" : 4294967294, "guidance_scale" : 10})), 0.20, 0),
    TAKEN(IMAGE(Q({"seed" : 0, "guidance_scale" : 0})), 0.20, 1),
    REFUSED(IMAGE(Q({"seed" : 4294967295})), GV_INVALID_INPUT, "config.seed"),
    REFUSED(IMAGE(Q({"guidance_scale" : 10.5})), GV_INVALID_INPUT, "config.guidance_scale"),
    REFUSED(IMAGE(Q({"guidance_scale" : -1})), GV_INVALID_INPUT, "config.guidance_scale"),
    TAKEN(IMAGE(OPTION("motion_bucket_id", "1")), 0.20, 0),
    TAKEN(IMAGE(OPTION("motion_bucket_id", "255")), 0.20, 0),
    REFUSED(IMAGE(OPTION("motion_bucket_id", "0")), GV_INVALID_INPUT, "config.provider_options.motion_bucket_id"),
    REFUSED(IMAGE(OPTION("motion_bucket_id", "256")), GV_INVALID_INPUT, "config.provider_options.motion_bucket_id"),
    REFUSED(IMAGE(OPTION("motion_bucket_id", "lots")), GV_INVALID_INPUT, "config.provider_options.motion_bucket_id"),
    REFUSED(IMAGE(OPTION("motion_bucket_id", "-1")), GV_INVALID_INPUT, "config.provider_options.motion_bucket_id"),
    REFUSED(IMAGE(OPTION("colour", "red")), GV_INVALID_INPUT, "config.provider_options.colour"),
    /* what belongs to text */
    REFUSED(IMAGE(Q({"negative_prompt" : "fog"})), GV_UNSUPPORTED_FEATURE, "config.negative_prompt"),
    REFUSED(IMAGE(OPTION("image_model", "core")), GV_INVALID_INPUT, "config.provider_options.image_model"),
    REFUSED(IMAGE(OPTION("image_seed", "1")), GV_INVALID_INPUT, "config.provider_options.image_seed"),
    REFUSED(IMAGE(OPTION("style_preset", "anime")), GV_INVALID_INPUT, "config.provider_options.style_preset"),
    TAKEN(TEXT("{}"), 0.23, 0),
    TAKEN(TEXT(Q({"negative_prompt" : "fog"})), 0.23, 0),
    TAKEN(TEXT(OPTION("image_model", "ultra")), 0.28, 0),
    TAKEN(TEXT(OPTION("image_model", "sd3.5-flash")), 0.225, 0),
    REFUSED(TEXT(OPTION("image_model", "sdxl")), GV_INVALID_INPUT, "config.provider_options.image_model"),
    REFUSED(TEXT(OPTION("image_seed", "4294967295")), GV_INVALID_INPUT, "config.provider_options.image_seed"),
    REFUSED(TEXT(Q({"provider_options" : {"image_model" : "sd3.5-large", "style_preset" : "anime"}})),
            GV_UNSUPPORTED_FEATURE, "config.provider_options.style_preset"),
    REFUSED(TEXT(Q({"negative_prompt" : "fog", "provider_options" : {"image_model" : "sd3.5-large-turbo"}})),
            GV_UNSUPPORTED_FEATURE, "config.negative_prompt"),
};

static void every_rule_holds(void **state)
{
    (void)state;
    provider_kit_check_rules(&gv_provider_stability, rules, GV_COUNT(rules));
}

static void prompts_are_bounded_by_characters(void **state)
{
    (void)state;
    for (int over = 0; over < 2; over++) {
        struct provider_kit kit;
        struct gv_error err = {0};
        struct gv_buf document;
        gv_buf_init(&document, 1u << 17);
        gv_buf_adds(&document, "{\"operation\":\"generate\",\"config\":{},\"input\":{\"text\":\"");
        for (int i = 0; i < 10000 + over; i++)
            gv_buf_adds(&document, "\xc3\xa4");
        gv_buf_adds(&document, "\"}}");
        assert_int_equal(provider_kit_admit(&kit, &gv_provider_stability, document.data, 1, &err),
                         over ? GV_INVALID_INPUT : GV_OK);
        gv_buf_free(&document);
        provider_kit_free(&kit);
    }
}

static void the_nearest_of_three_sizes_is_taken(void **state)
{
    (void)state;
    static const struct {
        uint32_t width, height, to_width;
    } sizes[] = {{1920, 1080, 1024}, {400, 300, 1024}, {399, 300, 768}, {300, 300, 768},
                 {300, 399, 768},    {300, 400, 576},  {9, 16, 576},    {8192, 1, 1024}};
    for (size_t i = 0; i < GV_COUNT(sizes); i++) {
        struct gv_blob_info picture = {.width = sizes[i].width, .height = sizes[i].height};
        assert_int_equal(stability_size_of(GV_RATIO_UNSET, &picture)->width, sizes[i].to_width);
        assert_int_equal(stability_size_of(GV_RATIO_SQUARE, &picture)->width, 768);
    }
}

static void the_rows_say_that_it_is_retired(void **state)
{
    (void)state;
    assert_true(gv_provider_stability.by_name_only);
    assert_string_equal(gv_provider_stability.models[0].retired_on, "2025-07-24");
    assert_non_null(strstr(gv_provider_stability.models[0].successor, "STABILITY_BASE_URL"));
    assert_string_equal(gv_provider_stability.settings[STABILITY_AT_BASE_URL].preset, "https://api.stability.ai");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_holds),
        cmocka_unit_test(prompts_are_bounded_by_characters),
        cmocka_unit_test(the_nearest_of_three_sizes_is_taken),
        cmocka_unit_test(the_rows_say_that_it_is_retired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
