/* What is let in, what is refused and why: one row per rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/kling_kit.h"

#define Q(...) #__VA_ARGS__
#define GEN(input, config) "{\"operation\":\"generate\",\"input\":" input ",\"config\":" config "}"
#define TEXT(config) GEN("{\"text\":\"a boat\"}", config)
#define IMAGE(config) GEN("{\"image\":{\"data\":{\"url\":\"https://x.example/a.png\"},\"prompt\":\"smile\"}}", config)
#define LAST(config)                                                                                                   \
    GEN("{\"image\":{\"data\":{\"url\":\"https://x.example/a.png\"},\"prompt\":\"smile\",\"role\":\"last\"}}", config)
#define VIDEO(config) GEN("{\"video\":{\"url\":\"https://x.example/v.mp4\"}}", config)
#define BLOB(mime, bytes, w, h)                                                                                        \
    "{\"blob\":{\"sha256\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"bytes\":" #bytes     \
    ",\"mime_type\":\"" mime "\",\"width\":" #w ",\"height\":" #h "}}"
#define PICTURE(mime, bytes, w, h, config) GEN("{\"image\":{\"data\":" BLOB(mime, bytes, w, h) "}}", config)
#define LIP(video, audio, options)                                                                                     \
    "{\"operation\":\"generate_lip_sync\",\"video\":" video ",\"audio\":" audio ",\"provider_options\":" options "}"
#define SAY(voice, speed)                                                                                              \
    "{\"from_text\":{\"text\":\"Hi\",\"voice_id\":\"" voice "\",\"language\":\"en\",\"speed\":" #speed "}}"
#define VIDEO_ID "{\"video_id\":\"v1\"}"
#define HEAR_URL "{\"from_audio\":{\"url\":\"https://x.example/a.mp3\"}}"
#define HEAR(mime, bytes, seconds)                                                                                     \
    "{\"from_audio\":{\"blob\":{\"sha256\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","      \
    "\"bytes\":" #bytes ",\"mime_type\":\"" mime "\",\"duration_seconds\":" #seconds "}}}"
#define EFFECT(effect, more)                                                                                           \
    "{\"operation\":\"generate_video_effects\",\"input\":{\"url\":\"https://x.example/l.png\"},\"effect\":" effect     \
        more "}"
#define DUAL "{\"dual\":{\"effect\":\"kiss\",\"second_image\":{\"url\":\"https://x.example/r.png\"}}}"
#define SINGLE "{\"single\":\"squish\"}"
#define EXTEND(more) "{\"operation\":\"extend_video\",\"video_id\":\"v1\"" more "}"
#define MANY(images, config)                                                                                           \
    "{\"operation\":\"multi_image_generation\",\"input_images\":[" images "],\"prompt\":\"all\",\"config\":" config "}"
#define U "{\"url\":\"https://x.example/1.png\"}"
#define FOUR U "," U "," U "," U

#define REFUSED(document, code, field)                                                                                 \
    {                                                                                                                  \
        document, KLING_SET_API_KEY, code, field, 0, 0, NULL                                                           \
    }
#define TAKEN(document, usd, warnings)                                                                                 \
    {                                                                                                                  \
        document, KLING_SET_API_KEY, GV_OK, NULL, usd, warnings, NULL                                                  \
    }

static const struct provider_kit_rule rules[] = {
    /* models */
    TAKEN(TEXT("{}"), 5 * 0.6 * 0.14, 0),
    REFUSED(TEXT(Q({"model" : "kling-v9"})), GV_INVALID_INPUT, "config.model"),
    REFUSED(TEXT(Q({"model" : "kling-v1-6"})), GV_INVALID_INPUT, "config.model"),
    TAKEN(TEXT(Q({"model" : "kling-v1-6", "provider_options" : {"allow_retired" : "true"}})), 5 * 0.4 * 0.14, 0),
    TAKEN(TEXT(Q({"model" : "kling-3.0-turbo"})), 5 * 0.8 * 0.14, 0),
    {TEXT(Q({"model" : "kling-3.0"})), KLING_SET_JWT, GV_UNSUPPORTED_FEATURE, "config.model", 0, 0, NULL},
    {TEXT(Q({"model" : "kling-v3"})), KLING_SET_JWT, GV_OK, NULL, 5 * 0.6 * 0.14, 0, NULL},
    /* inputs */
    REFUSED(LAST("{}"), GV_UNSUPPORTED_FEATURE, "input.image.role"),
    TAKEN(LAST(Q({"model" : "kling-v1-6", "provider_options" : {"allow_retired" : "true"}})), 5 * 0.7 * 0.14, 0),
    REFUSED(LAST(Q({"model" : "kling-v1-6", "resolution" : "hd", "provider_options" : {"allow_retired" : "true"}})),
            GV_UNSUPPORTED_FEATURE, "config.lastframe"),
    REFUSED(VIDEO("{}"), GV_INVALID_INPUT, "config.provider_options.prompt"),
    REFUSED(VIDEO(Q({"model" : "kling-v3", "provider_options" : {"prompt" : "go on"}})), GV_UNSUPPORTED_FEATURE,
            "input.video"),
    TAKEN(VIDEO(Q({"provider_options" : {"prompt" : "go on"}})), 5 * 0.9 * 0.14, 0),
    REFUSED(VIDEO(Q({"enable_audio" : true, "provider_options" : {"prompt" : "go on"}})), GV_UNSUPPORTED_FEATURE,
            "config.enable_audio"),
    REFUSED(VIDEO(Q({"duration_seconds" : 5, "provider_options" : {"prompt" : "go on", "refer_type" : "base"}})),
            GV_UNSUPPORTED_FEATURE, "config.duration_seconds"),
    TAKEN(VIDEO(Q({"provider_options" : {"prompt" : "go on", "refer_type" : "base"}})), -1, 0),
    REFUSED(GEN("{\"video\":" BLOB("video/mp4", 9000, 720, 720) "}", Q({"provider_options" : {"prompt" : "go on"}})),
            GV_INVALID_INPUT, "input.video"),
    REFUSED(TEXT(Q({"provider_options" : {"refer_type" : "base"}})), GV_INVALID_INPUT,
            "config.provider_options.refer_type"),
    REFUSED(TEXT(Q({"provider_options" : {"prompt" : "another"}})), GV_INVALID_INPUT, "config.provider_options.prompt"),
    /* pictures */
    TAKEN(PICTURE("image/png", 10485760, 300, 750, "{}"), 5 * 0.6 * 0.14, 0),
    REFUSED(PICTURE("image/png", 10485761, 300, 750, "{}"), GV_INVALID_INPUT, "input.image.data"),
    TAKEN(PICTURE("image/jpeg", 10485761, 300, 750, Q({"model" : "kling-3.0"})), 5 * 0.6 * 0.14, 0),
    REFUSED(PICTURE("image/webp", 1000, 300, 300, "{}"), GV_INVALID_INPUT, "input.image.data"),
    REFUSED(PICTURE("image/png", 1000, 299, 300, "{}"), GV_INVALID_INPUT, "input.image.data"),
    REFUSED(PICTURE("image/png", 1000, 300, 751, "{}"), GV_INVALID_INPUT, "input.image.data"),
    /* several pictures */
    TAKEN(MANY(U, "{}"), 5 * 0.6 * 0.14, 0),
    TAKEN(MANY(FOUR "," U "," U "," U, "{}"), 5 * 0.6 * 0.14, 0),
    REFUSED(MANY(FOUR "," FOUR, "{}"), GV_INVALID_INPUT, "input_images"),
    REFUSED(MANY(FOUR "," U, Q({"model" : "kling-v1-6", "provider_options" : {"allow_retired" : "true"}})),
            GV_INVALID_INPUT, "input_images"),
    TAKEN(MANY(FOUR, Q({"model" : "kling-v1-6", "provider_options" : {"allow_retired" : "true"}})), 5 * 0.4 * 0.14, 0),
    REFUSED(MANY(U, Q({"model" : "kling-v3"})), GV_UNSUPPORTED_FEATURE, "input_images"),
    /* mode and resolution */
    REFUSED(TEXT(Q({"resolution" : "sd"})), GV_INVALID_INPUT, "config.resolution"),
    TAKEN(TEXT(Q({"resolution" : "uhd"})), 5 * 3.0 * 0.14, 0),
    TAKEN(TEXT(Q({"provider_options" : {"mode" : "4k"}})), 5 * 3.0 * 0.14, 0),
    TAKEN(TEXT(Q({"resolution" : "fhd", "provider_options" : {"mode" : "pro"}})), 5 * 0.8 * 0.14, 0),
    REFUSED(TEXT(Q({"resolution" : "hd", "provider_options" : {"mode" : "pro"}})), GV_INVALID_INPUT,
            "config.provider_options.mode"),
    REFUSED(TEXT(Q({"model" : "kling-v2-6", "provider_options" : {"mode" : "4k"}})), GV_UNSUPPORTED_FEATURE,
            "config.provider_options.mode"),
    REFUSED(TEXT(Q({"provider_options" : {"mode" : "best"}})), GV_INVALID_INPUT, "config.provider_options.mode"),
    REFUSED(TEXT(Q({"provider_options" : {"colour" : "red"}})), GV_INVALID_INPUT, "config.provider_options.colour"),
    TAKEN(TEXT(Q({"model" : "kling-v2-6", "enable_audio" : true})), 5 * 1.0 * 0.14, 0),
    REFUSED(TEXT(Q({"model" : "kling-v2-6", "enable_audio" : true, "resolution" : "hd"})), GV_UNSUPPORTED_FEATURE,
            "config.enable_audio"),
    TAKEN(IMAGE(Q({"model" : "kling-v2-6", "lastframe" : {"url" : "https://x.example/b.png"}})), 5 * 0.5 * 0.14, 0),
    REFUSED(IMAGE(Q({"model" : "kling-v2-6", "resolution" : "hd", "lastframe" : {"url" : "https://x.example/b.png"}})),
            GV_UNSUPPORTED_FEATURE, "config.lastframe"),
    REFUSED(
        IMAGE(Q({"model" : "kling-v2-6", "enable_audio" : true, "lastframe" : {"url" : "https://x.example/b.png"}})),
        GV_UNSUPPORTED_FEATURE, "config.enable_audio"),
    TAKEN(IMAGE(Q({"lastframe" : {"url" : "https://x.example/b.png"}})), 5 * 0.6 * 0.14, 0),
    REFUSED(IMAGE(Q({"model" : "kling-3.0-turbo", "lastframe" : {"url" : "https://x.example/b.png"}})),
            GV_UNSUPPORTED_FEATURE, "config.lastframe"),
    TAKEN(TEXT(Q({"model" : "kling-v1", "provider_options" : {"allow_retired" : "true", "mode" : "pro"}})), -1, 0),
    /* length and ratio */
    TAKEN(TEXT(Q({"duration_seconds" : 15})), 15 * 0.6 * 0.14, 0),
    TAKEN(TEXT(Q({"duration_seconds" : 7.2})), 7 * 0.6 * 0.14, 1),
    REFUSED(TEXT(Q({"duration_seconds" : 16})), GV_INVALID_INPUT, "config.duration_seconds"),
    REFUSED(TEXT(Q({"model" : "kling-v2-6", "duration_seconds" : 7})), GV_INVALID_INPUT, "config.duration_seconds"),
    REFUSED(TEXT(Q({"model" : "kling-video-o1", "duration_seconds" : 7})), GV_INVALID_INPUT, "config.duration_seconds"),
    TAKEN(MANY(U, Q({"model" : "kling-video-o1", "duration_seconds" : 7})), 7 * 0.6 * 0.14, 0),
    TAKEN(TEXT(Q({"aspect_ratio" : "portrait"})), 5 * 0.6 * 0.14, 0),
    REFUSED(TEXT(Q({"aspect_ratio" : "cinema"})), GV_INVALID_INPUT, "config.aspect_ratio"),
    REFUSED(IMAGE(Q({"aspect_ratio" : "square"})), GV_INVALID_INPUT, "config.aspect_ratio"),
    REFUSED(
        IMAGE(Q({"aspect_ratio" : "square", "model" : "kling-v1-6", "provider_options" : {"allow_retired" : "true"}})),
        GV_UNSUPPORTED_FEATURE, "config.aspect_ratio"),
    /* texts and hints */
    TAKEN(TEXT(Q({"negative_prompt" : "blur"})), 5 * 0.6 * 0.14, 0),
    REFUSED(TEXT(Q({"model" : "kling-3.0", "negative_prompt" : "blur"})), GV_UNSUPPORTED_FEATURE,
            "config.negative_prompt"),
    TAKEN(TEXT(Q({"seed" : 1, "scheduler" : "x", "enhance_prompt" : true, "guidance_scale" : 7})), 5 * 0.6 * 0.14, 4),
    REFUSED(TEXT(Q({"model" : "kling-v1-6", "guidance_scale" : 7, "provider_options" : {"allow_retired" : "true"}})),
            GV_INVALID_INPUT, "config.guidance_scale"),
    REFUSED(TEXT(Q({"model" : "kling-3.0-turbo", "enable_audio" : false})), GV_UNSUPPORTED_FEATURE,
            "config.enable_audio"),
    /* masks and camera */
    REFUSED(IMAGE(Q({"static_mask" : {"url" : "https://x.example/m.png"}})), GV_UNSUPPORTED_FEATURE,
            "config.static_mask"),
    TAKEN(IMAGE(Q({
              "model" : "kling-v1",
              "static_mask" : {"url" : "https://x.example/m.png"},
              "provider_options" : {"allow_retired" : "true"}
          })),
          5 * 0.2 * 0.14, 0),
    REFUSED(IMAGE(Q({
                "model" : "kling-v1",
                "duration_seconds" : 10,
                "static_mask" : {"url" : "https://x.example/m.png"},
                "provider_options" : {"allow_retired" : "true"}
            })),
            GV_UNSUPPORTED_FEATURE, "config.duration_seconds"),
    REFUSED(IMAGE(Q({
                "model" : "kling-v1",
                "lastframe" : {"url" : "https://x.example/b.png"},
                "static_mask" : {"url" : "https://x.example/m.png"},
                "provider_options" : {"allow_retired" : "true"}
            })),
            GV_UNSUPPORTED_FEATURE, "config.lastframe"),
    REFUSED(
        IMAGE(Q({
            "model" : "kling-v1",
            "dynamic_mask" : {"mask" : {"url" : "https://x.example/m.png"}, "trajectories" : [ {"x" : 1, "y" : 1} ]},
            "provider_options" : {"allow_retired" : "true"}
        })),
        GV_INVALID_INPUT, "config.dynamic_mask.trajectories"),
    REFUSED(IMAGE(Q({"provider_options" : {"dynamic_masks" : "[{}]"}})), GV_UNSUPPORTED_FEATURE,
            "config.provider_options.dynamic_masks"),
    REFUSED(IMAGE(Q({"model" : "kling-v1", "provider_options" : {"allow_retired" : "true", "dynamic_masks" : "[{}]"}})),
            GV_INVALID_INPUT, "config.provider_options.dynamic_masks"),
    REFUSED(TEXT(Q({"camera_control" : "down_back"})), GV_UNSUPPORTED_FEATURE, "config.camera_control"),
    TAKEN(TEXT(Q(
              {"model" : "kling-v1", "camera_control" : "down_back", "provider_options" : {"allow_retired" : "true"}})),
          5 * 0.2 * 0.14, 0),
    REFUSED(TEXT(Q({
                "model" : "kling-v1",
                "camera_control" : {"simple" : {"pan" : 1, "zoom" : 1}},
                "provider_options" : {"allow_retired" : "true"}
            })),
            GV_INVALID_INPUT, "config.camera_control"),
    REFUSED(
        IMAGE(
            Q({"model" : "kling-v1", "camera_control" : "down_back", "provider_options" : {"allow_retired" : "true"}})),
        GV_UNSUPPORTED_FEATURE, "config.camera_control"),
    REFUSED(
        IMAGE(Q(
            {"model" : "kling-v1-5", "camera_control" : "down_back", "provider_options" : {"allow_retired" : "true"}})),
        GV_UNSUPPORTED_FEATURE, "config.camera_control"),
    TAKEN(IMAGE(Q({
              "model" : "kling-v1-5",
              "camera_control" : {"simple" : {"zoom" : -3}},
              "provider_options" : {"allow_retired" : "true"}
          })),
          5 * 0.7 * 0.14, 0),
    /* shots, elements, voices */
    REFUSED(TEXT(Q({"provider_options" : {"multi_shot" : "true"}})), GV_INVALID_INPUT,
            "config.provider_options.shot_type"),
    TAKEN(TEXT(Q({"provider_options" : {"multi_shot" : "true", "shot_type" : "intelligence"}})), 5 * 0.6 * 0.14, 0),
    REFUSED(TEXT(Q({"provider_options" : {"multi_shot" : "true", "shot_type" : "customize"}})), GV_INVALID_INPUT,
            "config.provider_options.multi_prompt"),
    REFUSED(TEXT(Q({
                "provider_options" : {
                    "multi_shot" : "true",
                    "shot_type" : "customize",
                    "multi_prompt" : "[{\"index\":1,\"prompt\":\"a\",\"duration\":\"4\"}]"
                }
            })),
            GV_INVALID_INPUT, "config.provider_options.multi_prompt"),
    TAKEN(TEXT(Q({"model" : "kling-3.0", "provider_options" : {"multi_shot" : "true"}})), 5 * 0.6 * 0.14, 0),
    REFUSED(TEXT(Q({"model" : "kling-v2-6", "provider_options" : {"multi_shot" : "true"}})), GV_UNSUPPORTED_FEATURE,
            "config.provider_options.multi_shot"),
    REFUSED(TEXT(Q({"provider_options" : {"element_list" : "[{\"element_id\":1}]"}})), GV_UNSUPPORTED_FEATURE,
            "config.provider_options.element_list"),
    TAKEN(IMAGE(Q({"provider_options" : {"element_list" : "[{\"element_id\":1}]"}})), 5 * 0.6 * 0.14, 0),
    REFUSED(IMAGE(Q({"provider_options" : {"element_list" : "{}"}})), GV_INVALID_INPUT,
            "config.provider_options.element_list"),
    REFUSED(IMAGE(Q({"provider_options" : {"element_list" : "[{\"id\":1}]"}})), GV_INVALID_INPUT,
            "config.provider_options.element_list"),
    REFUSED(IMAGE(Q({"model" : "kling-v2-6", "provider_options" : {"voice_list" : "[{\"voice_id\":\"1\"}]"}})),
            GV_INVALID_INPUT, "config.provider_options.voice_list"),
    TAKEN(IMAGE(Q({
              "model" : "kling-v2-6",
              "enable_audio" : true,
              "provider_options" : {"voice_list" : "[{\"voice_id\":\"1\"}]"}
          })),
          5 * 1.2 * 0.14, 0),
    /* lip-sync */
    TAKEN(LIP(VIDEO_ID, SAY("AOT", 1.0), "{}"), -1, 0),
    TAKEN(LIP(VIDEO_ID, SAY("somebody", 1.0), "{}"), -1, 1),
    REFUSED(LIP(VIDEO_ID, SAY("AOT", 2.5), "{}"), GV_INVALID_INPUT, "audio.from_text.speed"),
    REFUSED(LIP("{\"video\":" BLOB("video/mp4", 9000, 720, 720) "}", SAY("AOT", 1.0), "{}"), GV_INVALID_INPUT,
            "video.video"),
    TAKEN(LIP(VIDEO_ID, HEAR_URL, "{}"), -1, 1),
    TAKEN(LIP(VIDEO_ID, HEAR_URL, Q({"sound_end_ms" : "4000"})), -1, 0),
    REFUSED(LIP(VIDEO_ID, HEAR_URL, Q({"sound_start_ms" : "2500", "sound_end_ms" : "4000"})), GV_INVALID_INPUT,
            "provider_options.sound_end_ms"),
    REFUSED(LIP(VIDEO_ID, HEAR_URL, Q({"sound_volume" : "3"})), GV_INVALID_INPUT, "provider_options.sound_volume"),
    REFUSED(LIP(VIDEO_ID, HEAR_URL, Q({"sound_volume" : "loud"})), GV_INVALID_INPUT, "provider_options.sound_volume"),
    TAKEN(LIP(VIDEO_ID, HEAR("audio/wav", 5242880, 60), "{}"), -1, 0),
    REFUSED(LIP(VIDEO_ID, HEAR("audio/wav", 5242881, 60), "{}"), GV_INVALID_INPUT, "audio.from_audio"),
    REFUSED(LIP(VIDEO_ID, HEAR("audio/ogg", 1000, 60), "{}"), GV_INVALID_INPUT, "audio.from_audio"),
    REFUSED(LIP(VIDEO_ID, HEAR("audio/mpeg", 1000, 1.5), "{}"), GV_INVALID_INPUT, "audio.from_audio"),
    TAKEN(LIP(VIDEO_ID, HEAR_URL, Q({"lip_sync" : "old"})), -1, 1),
    REFUSED(LIP(VIDEO_ID, HEAR_URL, Q({"lip_sync" : "old", "sound_volume" : "1"})), GV_UNSUPPORTED_FEATURE,
            "provider_options.sound_volume"),
    /* effects, extension, upscaling */
    TAKEN(EFFECT(SINGLE, ""), -1, 1),
    TAKEN(EFFECT(DUAL, ",\"provider_options\":{\"effect_scene\":\"kiss_pro\"}"), -1, 0),
    TAKEN(EFFECT(SINGLE, ",\"provider_options\":{\"effect_scene\":\"of_tomorrow\"}"), -1, 1),
    REFUSED(EFFECT(SINGLE, ",\"provider_options\":{\"effect_scene\":\"kiss_pro\"}"), GV_INVALID_INPUT,
            "provider_options.effect_scene"),
    REFUSED(EFFECT(SINGLE, ",\"model\":\"kling-v1-6\""), GV_INVALID_INPUT, "model"),
    REFUSED(EFFECT(SINGLE, ",\"model\":\"kling-v3\",\"provider_options\":{\"allow_retired\":\"true\"}"),
            GV_INVALID_INPUT, "model"),
    TAKEN(EFFECT(SINGLE, ",\"model\":\"kling-v1-6\",\"provider_options\":{\"allow_retired\":\"true\"}"), -1, 2),
    REFUSED(EFFECT(DUAL, ",\"duration\":10"), GV_INVALID_INPUT, "duration"),
    TAKEN(EFFECT(SINGLE, ",\"duration\":10,\"mode\":\"pro\""), -1, 2),
    REFUSED(EFFECT(SINGLE, ",\"mode\":\"4k\""), GV_INVALID_INPUT, "mode"),
    TAKEN(EXTEND(",\"cfg_scale\":0.5"), -1, 1),
    REFUSED(EXTEND(",\"cfg_scale\":1.5"), GV_INVALID_INPUT, "cfg_scale"),
    REFUSED("{\"operation\":\"upscale_video\",\"input\":{\"url\":\"https://x.example/v.mp4\"}}", GV_UNSUPPORTED_FEATURE,
            "operation"),
};

static void each_rule_decides_its_row(void **state)
{
    (void)state;
    provider_kit_check_rules(&gv_provider_kling, rules, GV_COUNT(rules));
}

static void a_prompt_is_measured_in_characters(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        size_t characters;
        int code;
    } limits[] = {{"kling-v3", 2500, GV_OK},
                  {"kling-v3", 2501, GV_INVALID_INPUT},
                  {"kling-3.0-turbo", 3072, GV_OK},
                  {"kling-3.0", 3073, GV_INVALID_INPUT},
                  {"kling-2.6", 2501, GV_INVALID_INPUT}};
    for (size_t i = 0; i < GV_COUNT(limits); i++) {
        struct provider_kit kit;
        struct gv_error err = {0};
        struct gv_buf text;
        gv_buf_init(&text, 64u << 10);
        gv_buf_adds(&text, "{\"operation\":\"generate\",\"input\":{\"text\":\"");
        for (size_t n = 0; n < limits[i].characters; n++)
            gv_buf_adds(&text, "\u8239");
        gv_buf_addf(&text, "\"},\"config\":{\"model\":\"%s\"}}", limits[i].model);
        assert_int_equal(provider_kit_admit(&kit, &gv_provider_kling, text.data, KLING_SET_API_KEY, &err),
                         limits[i].code);
        gv_buf_free(&text);
        provider_kit_free(&kit);
    }
}

static void the_tables_agree_with_themselves(void **state)
{
    (void)state;
    const struct gv_provider *p = &gv_provider_kling;
    assert_int_equal(p->voice_count, 62);
    assert_string_equal(p->models[0].name, "kling-v3");
    for (size_t i = 0; i < p->model_count; i++) {
        const struct gv_model *model = &p->models[i];
        assert_true(model->resolutions & GV_BIT(model->resolution_default));
        assert_true(model->seconds & GV_BIT(model->seconds_default));
        assert_true(model->prices[0].usd_per_second > 0 && model->prices_seen != NULL);
        if (model->retired_on != NULL) {
            const struct gv_model *successor = gv_model_named(p, model->successor);
            assert_non_null(successor);
            assert_null(successor->retired_on);
        }
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(model->name, p->models[j].name);
    }
    assert_int_equal(kling_scene_images("hug_pro"), 2);
    assert_int_equal(kling_scene_images("surfsurf"), 1);
    assert_int_equal(kling_scene_images("hug"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_decides_its_row),
        cmocka_unit_test(a_prompt_is_measured_in_characters),
        cmocka_unit_test(the_tables_agree_with_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
