/* What is let in, what is refused and why: one row per rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "provider/runway/runway.h"
#include "support/provider_kit.h"

#define Q(...) #__VA_ARGS__
#define GEN(input, config) "{\"operation\":\"generate\",\"input\":" input ",\"config\":" config "}"
#define TEXT(config) GEN("{\"text\":\"a boat\"}", config)
#define AT(url) "{\"url\":\"" url "\"}"
#define U AT("https://x.example/a.png")
#define IMAGE_OF(data, config) GEN("{\"image\":{\"data\":" data ",\"prompt\":\"smile\"}}", config)
#define IMAGE(config) IMAGE_OF(U, config)
#define MUTE(config) GEN("{\"image\":{\"data\":" U "}}", config)
#define LAST(config) GEN("{\"image\":{\"data\":" U ",\"prompt\":\"smile\",\"role\":\"last\"}}", config)
#define VIDEO_OF(data, config) GEN("{\"video\":" data "}", config)
#define VIDEO(config) VIDEO_OF(AT("https://x.example/v.mp4"), config)
#define SHA "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define PICTURE(mime, bytes, w, h)                                                                                     \
    "{\"blob\":{\"sha256\":\"" SHA "\",\"bytes\":" #bytes ",\"mime_type\":\"" mime "\",\"width\":" #w                  \
    ",\"height\":" #h "}}"
#define FILM(seconds)                                                                                                  \
    "{\"blob\":{\"sha256\":\"" SHA "\",\"bytes\":90000,\"mime_type\":\"video/mp4\",\"width\":720,\"height\":1280,"     \
    "\"duration_seconds\":" #seconds ",\"fps\":24}}"
#define UPSCALE(input, options) "{\"operation\":\"upscale_video\",\"input\":" input ",\"provider_options\":" options "}"
#define MANY(images, config)                                                                                           \
    "{\"operation\":\"multi_image_generation\",\"input_images\":[" images "],\"prompt\":\"all\",\"config\":" config "}"
#define THREE U "," U "," U
#define NINE THREE "," THREE "," THREE

#define REFUSED(document, code, field)                                                                                 \
    {                                                                                                                  \
        document, 1, code, field, 0, 0, NULL                                                                           \
    }
#define TAKEN(document, usd, warnings)                                                                                 \
    {                                                                                                                  \
        document, 1, GV_OK, NULL, usd, warnings, NULL                                                                  \
    }

static const struct provider_kit_rule rules[] = {
    /* models */
    TAKEN(TEXT("{}"), 0.60, 0),
    REFUSED(TEXT(Q({"model" : "gen9"})), GV_INVALID_INPUT, "config.model"),
    REFUSED(IMAGE(Q({"model" : "gen3a_turbo"})), GV_INVALID_INPUT, "config.model"),
    REFUSED(VIDEO(Q({"model" : "gen4_aleph", "provider_options" : {"prompt" : "x"}})), GV_INVALID_INPUT,
            "config.model"),
    REFUSED(TEXT(Q({"model" : "veo3"})), GV_INVALID_INPUT, "config.model"),
    REFUSED(TEXT(Q({"model" : "upscale_v1"})), GV_INVALID_INPUT, "config.model"),
    TAKEN(LAST(Q(
              {"model" : "gen3a_turbo", "aspect_ratio" : "portrait", "provider_options" : {"allow_retired" : "true"}})),
          0.25, 0),
    TAKEN(TEXT(Q({"model" : "gen4_turbo"})), 0.25 + 0.05, 0),
    TAKEN(TEXT(Q({"model" : "gen4_turbo", "aspect_ratio" : "square"})), 0.25 + 0.08, 0),
    REFUSED(TEXT(Q({"model" : "magnific_video_upscaler_creative"})), GV_UNSUPPORTED_FEATURE, "input.text"),
    /* the default model is never changed in silence */
    REFUSED(LAST("{}"), GV_UNSUPPORTED_FEATURE, "input.image.role"),
    REFUSED(IMAGE("{\"lastframe\":" U "}"), GV_UNSUPPORTED_FEATURE, "config.lastframe"),
    REFUSED(TEXT(Q({"enable_audio" : true})), GV_UNSUPPORTED_FEATURE, "config.enable_audio"),
    REFUSED(TEXT(Q({"resolution" : "fhd"})), GV_INVALID_INPUT, "config.resolution"),
    REFUSED(TEXT(Q({"aspect_ratio" : "square"})), GV_INVALID_INPUT, "config.aspect_ratio"),
    REFUSED(TEXT(Q({"duration_seconds" : 11})), GV_INVALID_INPUT, "config.duration_seconds"),
    REFUSED(TEXT(Q({"negative_prompt" : "blur"})), GV_UNSUPPORTED_FEATURE, "config.negative_prompt"),
    /* inputs */
    TAKEN(LAST(Q({"model" : "seedance2"})), 1.80, 1),
    REFUSED(LAST(Q({"model" : "veo3.1"})), GV_UNSUPPORTED_FEATURE, "input.image.role"),
    TAKEN(IMAGE("{\"model\":\"veo3.1\",\"aspect_ratio\":\"portrait\",\"lastframe\":" U "}"), 3.20, 0),
    REFUSED(TEXT("{\"model\":\"veo3.1\",\"lastframe\":" U "}"), GV_INVALID_INPUT, "config.lastframe"),
    REFUSED(MUTE("{}"), GV_INVALID_INPUT, "input.image.prompt"),
    TAKEN(MUTE(Q({"model" : "gen4_turbo"})), 0.25, 1),
    REFUSED(IMAGE("{\"static_mask\":" U "}"), GV_UNSUPPORTED_FEATURE, "config.static_mask"),
    REFUSED(IMAGE(Q({"camera_control" : "down_back"})), GV_UNSUPPORTED_FEATURE, "config.camera_control"),
    REFUSED(VIDEO(Q({"model" : "gen4.5"})), GV_UNSUPPORTED_FEATURE, "input.video"),
    REFUSED(TEXT(Q({"model" : "aleph2"})), GV_UNSUPPORTED_FEATURE, "input.text"),
    TAKEN(VIDEO("{}"), -1, 0),
    TAKEN(VIDEO_OF(FILM(6.5), "{}"), 6.5 * 0.28, 0),
    TAKEN(VIDEO_OF(FILM(1), "{}"), 0.56, 0),
    TAKEN(VIDEO_OF(FILM(10), Q({"provider_options" : {"output_format" : "prores"}})), 10 * 0.33, 0),
    TAKEN(VIDEO_OF(FILM(10), Q({"provider_options" : {"output_format" : "sdr_rec709_10bit"}})), 10 * 0.48, 0),
    REFUSED(VIDEO(Q({"duration_seconds" : 5})), GV_UNSUPPORTED_FEATURE, "config.duration_seconds"),
    REFUSED(VIDEO(Q({"resolution" : "hd"})), GV_UNSUPPORTED_FEATURE, "config.resolution"),
    REFUSED(VIDEO(Q({"model" : "gemini_omni_flash"})), GV_INVALID_INPUT, "config.provider_options.prompt"),
    REFUSED(
        VIDEO(Q({"model" : "gemini_omni_flash", "aspect_ratio" : "portrait", "provider_options" : {"prompt" : "x"}})),
        GV_UNSUPPORTED_FEATURE, "config.aspect_ratio"),
    TAKEN(VIDEO(Q({"model" : "seedance2", "provider_options" : {"prompt" : "x"}})), 1.80, 1),
    TAKEN(VIDEO_OF(FILM(8.2), Q({"model" : "seedance2"})), 8 * 0.36, 0),
    TAKEN(VIDEO_OF(FILM(60), Q({"model" : "seedance2", "resolution" : "fhd"})), 15 * 0.40, 0),
    TAKEN(VIDEO_OF(FILM(10), Q({"model" : "seedance2_5", "duration_seconds" : 5})), 5 * 0.30 + 10 * 0.15, 0),
    TAKEN(TEXT(Q({"model" : "seedance2_5", "duration_seconds" : 4, "resolution" : "sd"})), 0.80, 0),
    /* media by URL */
    REFUSED(IMAGE_OF(AT("http://x.example/a.png"), "{}"), GV_INVALID_INPUT, "input.image.data"),
    REFUSED(IMAGE_OF(AT("https://192.0.2.7/a.png"), "{}"), GV_INVALID_INPUT, "input.image.data"),
    REFUSED(IMAGE_OF(AT("https://[2001:db8::1]/a.png"), "{}"), GV_INVALID_INPUT, "input.image.data"),
    REFUSED(IMAGE_OF(AT("gs://bucket/a.png"), "{}"), GV_INVALID_INPUT, "input.image.data"),
    TAKEN(IMAGE_OF(AT("runway://abcdef"), "{}"), 0.60, 1),
    /* media by file */
    TAKEN(IMAGE_OF(PICTURE("image/webp", 1000, 1280, 720), "{}"), 0.60, 0),
    REFUSED(IMAGE_OF(PICTURE("image/gif", 1000, 1280, 720), "{}"), GV_INVALID_INPUT, "input.image.data"),
    TAKEN(IMAGE_OF(PICTURE("image/png", 209715200, 1280, 720), "{}"), 0.60, 0),
    REFUSED(IMAGE_OF(PICTURE("image/png", 209715201, 1280, 720), "{}"), GV_INVALID_INPUT, "input.image.data"),
    TAKEN(IMAGE_OF(PICTURE("image/png", 1000, 3000, 1000), "{}"), 0.60, 1),
    REFUSED(VIDEO_OF(PICTURE("image/png", 1000, 10, 10), "{}"), GV_INVALID_INPUT, "input.video"),
    /* several pictures */
    TAKEN(MANY(NINE, "{}"), 1.80, 0),
    REFUSED(MANY(NINE "," U, "{}"), GV_INVALID_INPUT, "input_images"),
    TAKEN(MANY(NINE "," U, Q({"model" : "seedance2_5"})), 1.50, 0),
    REFUSED(MANY(U, Q({"model" : "gen4.5"})), GV_UNSUPPORTED_FEATURE, "input_images"),
    TAKEN(MANY(U, Q({"model" : "wan3", "aspect_ratio" : "square", "resolution" : "fhd"})), -1, 0),
    /* size */
    TAKEN(IMAGE("{}"), 0.60, 1), /* its shape is not known */
    TAKEN(IMAGE(Q({"aspect_ratio" : "cinema"})), 0.60, 0),
    TAKEN(IMAGE(Q({"provider_options" : {"ratio" : "1104:832"}})), 0.60, 0),
    REFUSED(TEXT(Q({"provider_options" : {"ratio" : "1104:832"}})), GV_INVALID_INPUT, "config.provider_options.ratio"),
    REFUSED(IMAGE(Q({"aspect_ratio" : "square", "provider_options" : {"ratio" : "960:960"}})), GV_INVALID_INPUT,
            "config.provider_options.ratio"),
    TAKEN(TEXT(Q({"model" : "seedance2", "provider_options" : {"ratio" : "3840:2880"}})), 5 * 1.50, 0),
    REFUSED(TEXT(Q({"model" : "seedance2", "resolution" : "hd", "provider_options" : {"ratio" : "3840:2880"}})),
            GV_INVALID_INPUT, "config.provider_options.ratio"),
    REFUSED(TEXT(Q({"model" : "veo3.1", "aspect_ratio" : "square"})), GV_INVALID_INPUT, "config.aspect_ratio"),
    TAKEN(TEXT(Q({"model" : "veo3.1", "resolution" : "fhd", "enable_audio" : false})), 8 * 0.20, 0),
    REFUSED(IMAGE(Q({"model" : "happyhorse_1_0", "provider_options" : {"ratio" : "1280:720"}})), GV_UNSUPPORTED_FEATURE,
            "config.provider_options.ratio"),
    TAKEN(IMAGE(Q({"model" : "happyhorse_1_0", "resolution" : "fhd"})), 5 * 0.30, 0),
    TAKEN(TEXT(Q({"model" : "grok_imagine_1_5"})), 5 * 0.10, 0),
    /* length, sound, seed */
    TAKEN(TEXT(Q({"duration_seconds" : 7.2})), 7 * 0.12, 1),
    REFUSED(TEXT(Q({"model" : "veo3.1", "duration_seconds" : 5})), GV_INVALID_INPUT, "config.duration_seconds"),
    TAKEN(TEXT(Q({"model" : "seedance2", "provider_options" : {"duration" : "auto"}})), -1, 0),
    REFUSED(TEXT(Q({"model" : "seedance2", "duration_seconds" : 5, "provider_options" : {"duration" : "auto"}})),
            GV_INVALID_INPUT, "config.provider_options.duration"),
    REFUSED(TEXT(Q({"provider_options" : {"duration" : "auto"}})), GV_UNSUPPORTED_FEATURE,
            "config.provider_options.duration"),
    REFUSED(TEXT(Q({"model" : "hailuo3", "enable_audio" : false})), GV_UNSUPPORTED_FEATURE, "config.enable_audio"),
    TAKEN(TEXT(Q({"seed" : 4294967295})), 0.60, 0),
    REFUSED(TEXT(Q({"seed" : 4294967296})), GV_INVALID_INPUT, "config.seed"),
    TAKEN(TEXT(Q({"scheduler" : "x", "guidance_scale" : 7, "enhance_prompt" : true})), 0.60, 3),
    /* options */
    REFUSED(TEXT(Q({"provider_options" : {"colour" : "red"}})), GV_INVALID_INPUT, "config.provider_options.colour"),
    REFUSED(TEXT(Q({"provider_options" : {"public_figure_threshold" : "high"}})), GV_INVALID_INPUT,
            "config.provider_options.public_figure_threshold"),
    REFUSED(TEXT(Q({"model" : "veo3.1", "provider_options" : {"public_figure_threshold" : "low"}})),
            GV_UNSUPPORTED_FEATURE, "config.provider_options.public_figure_threshold"),
    TAKEN(TEXT(Q({"provider_options" : {"output_format" : "hdr10"}})), 5 * 0.32, 0),
    REFUSED(TEXT(Q({"provider_options" : {"output_format" : "png_sequence"}})), GV_INVALID_INPUT,
            "config.provider_options.output_format"),
    REFUSED(VIDEO(Q({"provider_options" : {"output_format" : "hdr10"}})), GV_UNSUPPORTED_FEATURE,
            "config.provider_options.output_format"),
    REFUSED(TEXT(Q({"provider_options" : {"prores_profile" : "422"}})), GV_UNSUPPORTED_FEATURE,
            "config.provider_options.prores_profile"),
    REFUSED(TEXT(Q({"provider_options" : {"prompt" : "another"}})), GV_UNSUPPORTED_FEATURE,
            "config.provider_options.prompt"),
    REFUSED(TEXT(Q({"provider_options" : {"creativity" : "5"}})), GV_UNSUPPORTED_FEATURE,
            "config.provider_options.creativity"),
    REFUSED(TEXT(Q({"provider_options" : {"resolution" : "2k"}})), GV_UNSUPPORTED_FEATURE,
            "config.provider_options.resolution"),
    REFUSED(TEXT(Q({"model" : "hailuo3", "provider_options" : {"resolution" : "4k"}})), GV_UNSUPPORTED_FEATURE,
            "config.provider_options.resolution"),
    REFUSED(TEXT(Q({"model" : "h3_max", "provider_options" : {"resolution" : "2k"}})), GV_UNSUPPORTED_FEATURE,
            "config.provider_options.resolution"),
    /* modes */
    REFUSED(VIDEO(Q({"model" : "seedance2", "provider_options" : {"mode" : "edit", "prompt" : "x"}})),
            GV_UNSUPPORTED_FEATURE, "config.provider_options.mode"),
    REFUSED(VIDEO(Q({"model" : "seedance2_5", "provider_options" : {"mode" : "extend"}})), GV_INVALID_INPUT,
            "config.provider_options.prompt"),
    REFUSED(VIDEO(Q({
                "model" : "seedance2_5",
                "aspect_ratio" : "square",
                "provider_options" : {"mode" : "extend", "prompt" : "x"}
            })),
            GV_UNSUPPORTED_FEATURE, "config.provider_options.mode"),
    REFUSED(
        VIDEO(Q(
            {"model" : "seedance2_5", "duration_seconds" : 5, "provider_options" : {"mode" : "edit", "prompt" : "x"}})),
        GV_UNSUPPORTED_FEATURE, "config.provider_options.mode"),
    TAKEN(VIDEO(Q({"model" : "seedance2_5", "provider_options" : {"mode" : "edit", "prompt" : "x"}})), -1, 0),
    /* upscaling: 24 frames a second at 0.9 credits */
    TAKEN(UPSCALE(FILM(10), "{}"), 2.16, 0),
    TAKEN(UPSCALE(FILM(10), Q({"resolution" : "4k"})), 2.88, 0),
    TAKEN(UPSCALE(FILM(10), Q({"fps_boost" : "true"})), -1, 0),
    REFUSED(UPSCALE(FILM(30.5), "{}"), GV_INVALID_INPUT, "input"),
    REFUSED(UPSCALE(U, Q({"resolution" : "480p"})), GV_UNSUPPORTED_FEATURE, "provider_options.resolution"),
    REFUSED(UPSCALE(U, Q({"sharpen" : "101"})), GV_INVALID_INPUT, "provider_options.sharpen"),
    REFUSED(UPSCALE(U, Q({"sharpen" : "x"})), GV_INVALID_INPUT, "provider_options.sharpen"),
    REFUSED(UPSCALE(U, Q({"ratio" : "1280:720"})), GV_UNSUPPORTED_FEATURE, "provider_options.ratio"),
    REFUSED(UPSCALE(AT("http://x.example/v.mp4"), "{}"), GV_INVALID_INPUT, "input"),
    /* what Runway has not */
    REFUSED("{\"operation\":\"generate_lip_sync\",\"video\":{\"video_id\":\"v\"},\"audio\":{\"from_audio\":" U "}}",
            GV_UNSUPPORTED_FEATURE, "operation"),
    REFUSED("{\"operation\":\"extend_video\",\"video_id\":\"v\"}", GV_UNSUPPORTED_FEATURE, "operation"),
    REFUSED("{\"operation\":\"generate_video_effects\",\"input\":" U ",\"effect\":{\"single\":\"squish\"}}",
            GV_UNSUPPORTED_FEATURE, "operation"),
};

static void every_rule_holds(void **state)
{
    (void)state;
    provider_kit_check_rules(&gv_provider_runway, rules, GV_COUNT(rules));
}

/* ---- bounds that need long texts -------------------------------------------------------------------- */

static int admit_prompt(const char *unit, size_t count, const char *model)
{
    struct provider_kit kit;
    struct gv_arena arena = {0};
    struct gv_buf text;
    struct gv_error err = {0};
    gv_buf_init(&text, 1u << 20);
    for (size_t i = 0; i < count; i++)
        gv_buf_adds(&text, unit);
    int code = provider_kit_admit(
        &kit, &gv_provider_runway,
        gv_arena_printf(&arena, GEN("{\"text\":\"%s\"}", "{\"model\":\"%s\"}"), text.data, model), 1, &err);
    provider_kit_free(&kit);
    gv_buf_free(&text);
    gv_arena_free(&arena);
    return code;
}

static void prompts_are_counted_in_utf16_units(void **state)
{
    (void)state;
    static const struct {
        const char *unit;
        size_t count;
        const char *model;
        int code;
    } prompts[] = {
        {"a", 1000, "gen4.5", GV_OK},
        {"a", 1001, "gen4.5", GV_INVALID_INPUT},
        {"ü", 1000, "gen4.5", GV_OK},
        {"水", 1000, "veo3.1", GV_OK},
        {"水", 1001, "veo3.1", GV_INVALID_INPUT},
        {"😀", 500, "gen4_turbo", GV_OK},
        {"😀", 501, "gen4_turbo", GV_INVALID_INPUT},
        {"a", 3500, "seedance2", GV_OK},
        {"a", 3501, "seedance2", GV_INVALID_INPUT},
        {"a", 15000, "seedance2_5", GV_OK},
        {"a", 2501, "happyhorse_1_0", GV_INVALID_INPUT},
        {"a", 6000, "hailuo3", GV_OK},
        {"a", 6001, "hailuo3", GV_INVALID_INPUT},
        {"a", 4001, "gemini_omni_flash", GV_INVALID_INPUT},
    };
    for (size_t i = 0; i < GV_COUNT(prompts); i++) {
        int code = admit_prompt(prompts[i].unit, prompts[i].count, prompts[i].model);
        if (code != prompts[i].code)
            fail_msg("%zu times %s for %s gives %d", prompts[i].count, prompts[i].unit, prompts[i].model, code);
    }
}

/* ---- sizes: each that a model's bits promise exists ------------------------------------------------- */

static int admit_size(const struct gv_model *model, int ratio, int resolution, const char *input, struct gv_error *err)
{
    static const char *const ratios[] = {NULL, "square", "portrait", "landscape", "cinema"};
    static const char *const resolutions[] = {NULL, "sd", "hd", "fhd", "uhd"};
    struct provider_kit kit;
    struct gv_arena arena = {0};
    const char *size =
        resolution != 0 ? gv_arena_printf(&arena, ",\"resolution\":\"%s\"", resolutions[resolution]) : "";
    int code = provider_kit_admit(&kit, &gv_provider_runway,
                                  gv_arena_printf(&arena, GEN("%s", "{\"model\":\"%s\",\"aspect_ratio\":\"%s\"%s}"),
                                                  input, model->name, ratios[ratio], size),
                                  1, err);
    provider_kit_free(&kit);
    gv_arena_free(&arena);
    return code;
}

static void every_promised_size_can_be_said(void **state)
{
    (void)state;
    for (size_t m = 0; m < RUNWAY_MODEL_COUNT; m++) {
        const struct gv_model *model = &runway_models[m];
        bool text = model->takes & GV_TAKES_TEXT;
        bool usable = text || (model->takes & (GV_TAKES_IMAGE | GV_TAKES_VIDEO));
        const char *input = text ? "{\"text\":\"a boat\"}" : "{\"video\":" U "}";
        /* gen4.5 takes all its sizes beside a picture. */
        if (strcmp(model->name, "gen4.5") == 0)
            input = "{\"image\":{\"data\":" U ",\"prompt\":\"p\"}}";
        for (int ratio = GV_RATIO_SQUARE; ratio <= GV_RATIO_CINEMA && usable; ratio++) {
            for (int size = 0; size <= GV_RESOLUTION_UHD; size++) {
                struct gv_error err = {0};
                bool promised = (model->ratios & GV_BIT(ratio)) && (size == 0 || (model->resolutions & GV_BIT(size)));
                if (model->retired_on != NULL || !promised)
                    continue;
                if (admit_size(model, ratio, size, input, &err) != GV_OK)
                    fail_msg("%s, ratio %d, resolution %d: %s", model->name, ratio, size, err.message);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_holds),
        cmocka_unit_test(prompts_are_counted_in_utf16_units),
        cmocka_unit_test(every_promised_size_can_be_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
