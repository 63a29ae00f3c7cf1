/* Kling's emulator: every rule for creates that the fact sheet documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/kling_emu_kit.h"
#include "support/kling_emu_words.h"

/* ---- tables ----------------------------------------------------------------------------------------------------- */

struct rule {
    const char *path, *body;
    int code;         /* 0: accepted */
    const char *part; /* of the message */
};

static void check_rules(struct emu_kit *kit, const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int status = rules[i].code == 1203 ? 404 : 400;
        if (rules[i].code)
            emu_kit_refused(kit, "POST", rules[i].path, rules[i].body, status, rules[i].code, rules[i].part);
        else
            emu_kit_create(kit, rules[i].path, rules[i].body);
    }
}

static void text2video_keeps_its_rules(void **state)
{
    static const struct rule rules[] = {
        {T2V, "{" V("v3") BOAT ",\"mode\":\"4k\",\"duration\":\"15\",\"sound\":\"on\",\"aspect_ratio\":\"1:1\"}", 0,
         ""},
        {T2V, "{" V("v3") BOAT ",\"multi_shot\":false,\"external_task_id\":\"\",\"callback_url\":\"\"}", 0, ""},
        {T2V, "{" BOAT ",\"cfg_scale\":1}", 0, ""},
        {T2V, "{" V("v3") "\"prompt\":\" \"}", 1201, "prompt"},
        {T2V, "{" V("v3") "\"prompt\":7}", 1201, "prompt must be a string"},
        {T2V, "{" V("v9") BOAT "}", 1203, "not supported for this API"},
        {T2V, "{" V("o1") BOAT "}", 1203, "not supported for this API"},
        {T2V, "{" V("v3-omni") BOAT "}", 1201, "model is not supported"},
        {T2V, "{" V("v1-5") BOAT "}", 1201, "model is not supported"},
        {T2V, "{" V("v3") BOAT ",\"duration\":5}", 1201, "duration must be a string"},
        {T2V, "{" V("v3") BOAT ",\"duration\":\"16\"}", 1201, "duration value '16' is invalid"},
        {T2V, "{" V("v3") BOAT ",\"duration\":\"2\"}", 1201, "duration value '2' is invalid"},
        {T2V, "{" V("v3") BOAT ",\"duration\":\"5.0\"}", 1201, "duration"},
        {T2V, "{" V("v2-6") BOAT ",\"duration\":\"7\"}", 1201, "duration value '7' is invalid"},
        {T2V, "{" V("v2-6") BOAT ",\"mode\":\"4k\"}", 1201, "mode value '4k' is invalid"},
        {T2V, "{" V("v2-master") BOAT ",\"mode\":\"std\"}", 1201, "mode is not supported"},
        {T2V, "{" V("v2-6") BOAT ",\"sound\":\"on\"}", 1201, "sound value 'on' is not supported"},
        {T2V, "{" V("v2-6") BOAT ",\"sound\":\"on\",\"mode\":\"pro\"}", 0, ""},
        {T2V, "{" V("v2-5-turbo") BOAT ",\"sound\":\"on\",\"mode\":\"pro\"}", 1201, "sound"},
        {T2V, "{" V("v3") BOAT ",\"sound\":true}", 1201, "sound must be a string"},
        {T2V, "{" V("v2-6") BOAT ",\"cfg_scale\":0.5}", 1201, "cfg_scale is not supported"},
        {T2V, "{" V("v1") BOAT ",\"cfg_scale\":1.1}", 1201, "cfg_scale must be between 0 and 1"},
        {T2V, "{" V("v3") BOAT ",\"aspect_ratio\":\"21:9\"}", 1201, "aspect_ratio value '21:9' is invalid"},
        {T2V, "{" V("v3") BOAT ",\"watermark_info\":{\"enabled\":1}}", 1201, "watermark_info.enabled"},
        {T2V, "{" V("v1") BOAT ",\"camera_control\":{\"type\":\"down_back\"}}", 0, ""},
        {T2V, "{" V("v1") BOAT ",\"camera_control\":{\"type\":\"simple\",\"config\":{\"zoom\":5}}}", 0, ""},
        {T2V, "{" V("v1") BOAT ",\"camera_control\":{\"type\":\"down_back\",\"config\":{\"zoom\":5}}}", 1201, "config"},
        {T2V, "{" V("v1") BOAT ",\"camera_control\":{\"type\":\"simple\",\"config\":{\"zoom\":5,\"pan\":1}}}", 1201,
         "one"},
        {T2V, "{" V("v1") BOAT ",\"camera_control\":{\"type\":\"simple\",\"config\":{\"zoom\":11}}}", 1201,
         "config.zoom"},
        {T2V, "{" V("v1") BOAT ",\"camera_control\":{\"config\":{\"zoom\":1}}}", 1201, "camera_control.type"},
        {T2V, "{" V("v1") BOAT ",\"mode\":\"pro\",\"camera_control\":{\"type\":\"down_back\"}}", 1201,
         "camera_control"},
        {T2V, "{" V("v3") BOAT ",\"camera_control\":{\"type\":\"down_back\"}}", 1201, "camera_control"},
    };
    check_rules(*state, rules, sizeof rules / sizeof rules[0]);
}

#define SHOT(d) "{\"index\":1,\"prompt\":\"sea\",\"duration\":\"" d "\"}"
#define SHOTS(list) "{" V("v3") "\"multi_shot\":true,\"shot_type\":\"customize\",\"multi_prompt\":[" list "]}"

static void shots_stand_for_the_prompt(void **state)
{
    static const struct rule rules[] = {
        {T2V, SHOTS(SHOT("3") "," SHOT("2")), 0, ""},
        {T2V, SHOTS(SHOT("3") "," SHOT("3")), 1201, "multi_prompt durations sum to 6"},
        {T2V, SHOTS(""), 1201, "multi_prompt must have 1 to 6 shots"},
        {T2V, SHOTS("{\"index\":1,\"duration\":\"5\"}"), 1201, "multi_prompt.0.prompt"},
        {T2V, SHOTS("{\"index\":1,\"prompt\":\"a\",\"duration\":\"0\"}"), 1201, "multi_prompt.0.duration"},
        {T2V, "{" V("v3") BOAT ",\"multi_shot\":true}", 1201, "shot_type is required"},
        {T2V, "{" V("v3") "\"multi_shot\":true,\"shot_type\":\"intelligence\"}", 1201, "prompt"},
        {T2V, "{" V("v2-6") BOAT ",\"multi_shot\":true,\"shot_type\":\"intelligence\"}", 1201, "multi_shot"},
    };
    check_rules(*state, rules, sizeof rules / sizeof rules[0]);
}

#define MASK(points) "\"dynamic_masks\":[{\"mask\":\"" PNG "\",\"trajectories\":[" points "]}]"
#define TAIL "\"image_tail\":\"" PNG "\""

static void image2video_keeps_its_rules(void **state)
{
    static const struct rule rules[] = {
        {I2V, "{" V("v3") IMAGE "," TAIL "}", 0, ""},
        {I2V, "{" V("v3") "\"image\":\"blob:0\"}", 0, ""},
        {I2V, "{" V("v3") BOAT "}", 1201, "image or image_tail is required"},
        {I2V, "{" V("v3") TAIL "}", 1201, "image_tail needs image"},
        {I2V, "{" V("v1-6") TAIL ",\"mode\":\"pro\"}", 0, ""},
        {I2V, "{" V("v2-6") IMAGE "," TAIL "}", 1201, "image_tail"},
        {I2V, "{" V("v2-6") IMAGE "," TAIL ",\"mode\":\"pro\"}", 0, ""},
        {I2V, "{" V("v2-6") IMAGE "," TAIL ",\"mode\":\"pro\",\"sound\":\"on\"}", 1201, "image_tail"},
        {I2V, "{" V("v1") IMAGE "," TAIL ",\"duration\":\"10\"}", 1201, "image_tail"},
        {I2V, "{" V("v2-1-master") IMAGE "," TAIL "}", 1201, "image_tail"},
        {I2V, "{" V("v3") "\"image\":\"data:image/png;base64,AAAA\"}", 1201, "data:"},
        {I2V, "{" V("v3") "\"image\":\"https://x.example/gone.png\"}", 1201, "image can't be used"},
        {I2V, "{" V("v3") "\"image\":\"https://x.example/middle.png\"}", 1201, "image is larger than 10 MB"},
        {I2V, "{" V("v3") "\"image\":\"https://x.example/wide.png\"}", 1201, "image: image ratio"},
        {I2V, "{" V("v3") IMAGE ",\"image_tail\":\"https://x.example/wide.png\"}", 0, ""},
        {I2V, "{" V("v3") "\"image\":\"https://x.example/a.txt\"}", 1201, "image: image format"},
        {I2V, "{" V("v3") "\"image\":\"" MP4 "\"}", 1201, "image: image format"},
        {I2V, "{" V("v1") IMAGE ",\"static_mask\":\"" PNG "\"}", 0, ""},
        {I2V, "{" V("v1") IMAGE "," MASK("{\"x\":0,\"y\":0},{\"x\":9,\"y\":9}") "}", 0, ""},
        {I2V, "{" V("v1") IMAGE "," MASK("{\"x\":0,\"y\":0}") "}", 1201, "dynamic_masks.0.trajectories"},
        {I2V, "{" V("v1") IMAGE "," MASK("{\"x\":0,\"y\":0},{\"x\":1025,\"y\":9}") "}", 1201, "trajectories.1.x"},
        {I2V, "{" V("v1") IMAGE "," MASK("{\"x\":0,\"y\":0},{\"x\":5}") "}", 1201, "trajectories.1 needs"},
        {I2V, "{" V("v1") IMAGE ",\"duration\":\"10\",\"static_mask\":\"" PNG "\"}", 1201, "static_mask"},
        {I2V, "{" V("v3") IMAGE ",\"static_mask\":\"" PNG "\"}", 1201, "static_mask"},
        {I2V, "{" V("v1") IMAGE "," TAIL ",\"static_mask\":\"" PNG "\"}", 1201, "exclude each other"},
        {I2V, "{" V("v1-5") IMAGE ",\"mode\":\"pro\",\"camera_control\":{\"type\":\"simple\",\"config\":{\"pan\":1}}}",
         0, ""},
        {I2V, "{" V("v1-5") IMAGE ",\"mode\":\"pro\",\"camera_control\":{\"type\":\"down_back\"}}", 1201, "type"},
        {I2V, "{" V("v3") IMAGE ",\"element_list\":[{\"element_id\":1}]}", 0, ""},
        {I2V, "{" V("v3") IMAGE ",\"element_list\":[{\"element_id\":\"1\"}]}", 1201, "element_list.0.element_id"},
        {I2V, "{" V("v2-6") IMAGE ",\"element_list\":[{\"element_id\":1}]}", 1201, "element_list"},
        {I2V, "{" V("v2-6") IMAGE ",\"mode\":\"pro\",\"sound\":\"on\",\"voice_list\":[{\"voice_id\":\"v\"}]}", 0, ""},
        {I2V, "{" V("v2-6") IMAGE ",\"mode\":\"pro\",\"voice_list\":[{\"voice_id\":\"v\"}]}", 1201, "voice_list"},
    };
    check_rules(*state, rules, sizeof rules / sizeof rules[0]);
}

#define OMNI_IMAGE(type) "{\"image_url\":\"" PNG "\"" type "}"
#define FIRST OMNI_IMAGE(",\"type\":\"first_frame\"")
#define LAST OMNI_IMAGE(",\"type\":\"end_frame\"")
#define WIDE "\"aspect_ratio\":\"16:9\","

static void omni_keeps_its_rules(void **state)
{
    static const struct rule rules[] = {
        {OMNI, "{" WIDE BOAT "}", 0, ""},
        {OMNI, "{" BOAT "}", 1201, "aspect_ratio is required"},
        {OMNI, "{" WIDE BOAT ",\"duration\":\"7\"}", 1201,
         "Duration only supports 5 or 10 seconds when no refer_image"},
        {OMNI, "{" WIDE BOAT ",\"duration\":\"7\",\"image_list\":[" OMNI_IMAGE("") "]}", 0, ""},
        {OMNI, "{" V("v3-omni") WIDE BOAT ",\"duration\":\"7\",\"sound\":\"on\"}", 0, ""},
        {OMNI, "{" WIDE BOAT ",\"sound\":\"on\"}", 1201, "sound value 'on'"},
        {OMNI, "{" V("v3") WIDE BOAT "}", 1201, "model is not supported"},
        {OMNI, "{" BOAT ",\"image_list\":[" FIRST "," LAST "]}", 0, ""},
        {OMNI, "{" BOAT ",\"image_list\":[" LAST "]}", 1201, "end_frame needs first_frame"},
        {OMNI, "{" BOAT ",\"image_list\":[" FIRST "," FIRST "]}", 1201, "more than one first_frame"},
        {OMNI, "{" BOAT ",\"image_list\":[" FIRST "," LAST "," OMNI_IMAGE("") "]}", 1201, "more than 2 images"},
        {OMNI, "{" BOAT "," FILM("") "}", 0, ""},
        {OMNI, "{" BOAT "," FILM("") ",\"image_list\":[" FIRST "]}", 1201, "base video excludes"},
        {OMNI, "{" WIDE BOAT "," FILM(",\"refer_type\":\"feature\"") "}", 0, ""},
        {OMNI, "{" BOAT ",\"video_list\":[{\"video_url\":\"AAAA\"}]}", 1201, "video_list.0.video_url must be a URL"},
        {OMNI, "{" BOAT ",\"video_list\":[{\"video_url\":\"https://x/short.mp4\"}]}", 1201, "3 to 10 seconds"},
        {OMNI, "{" V("v3-omni") BOAT ",\"sound\":\"on\"," FILM("") "}", 1201, "sound must be 'off' with a video"},
    };
    check_rules(*state, rules, sizeof rules / sizeof rules[0]);
}

static void the_smaller_products_keep_their_rules(void **state)
{
    static const struct rule rules[] = {
        {"/v1/videos/multi-image2video", "{" BOAT ",\"image_list\":[{\"image\":\"" PNG "\"}]}", 0, ""},
        {"/v1/videos/multi-image2video", "{" BOAT ",\"image_list\":[]}", 1201, "image_list must have 1 to 4"},
        {"/v1/videos/multi-image2video", "{" V("v2-6") BOAT ",\"image_list\":[{\"image\":\"" PNG "\"}]}", 1201,
         "model"},
        {"/v1/videos/multi-image2video", "{\"image_list\":[{\"image\":\"" PNG "\"}]}", 1201, "prompt"},
        {"/v1/videos/video-extend", "{" BOAT "}", 1201, "video_id"},
        {"/v1/videos/video-extend", "{\"video_id\":\"b1c2\"}", 1201, "video b1c2 not found"},
        {"/v1/videos/lip-sync", SAY("oversea_male1", ",\"voice_speed\":1.5"), 0, ""},
        {"/v1/videos/lip-sync", SAY("oversea_male1", ",\"voice_speed\":2.5"), 1201, "input.voice_speed"},
        {"/v1/videos/lip-sync", SAY("mengwa-v1", ""), 1201, "Voice id not found"},
        {"/v1/videos/lip-sync", LIP("\"mode\":\"audio2video\",\"audio_type\":\"url\",\"audio_url\":\"" MP3 "\""), 0,
         ""},
        {"/v1/videos/lip-sync", LIP("\"mode\":\"audio2video\",\"audio_type\":\"file\""), 1201, "input.audio_file"},
        {"/v1/videos/lip-sync", LIP("\"mode\":\"audio2video\""), 1201, "input.audio_type is required"},
        {"/v1/videos/lip-sync", LIP("\"video_id\":\"a\",\"mode\":\"text2video\""), 1201, "input.text"},
        {"/v1/videos/identify-face", "{}", 1201, "exactly one of video_id and video_url"},
        {"/v1/videos/identify-face", "{\"video_url\":\"https://x/short.mp4\"}", 1201, "2 to 60 seconds"},
        {"/v1/videos/advanced-lip-sync", "{\"session_id\":\"1\"}", 1201, "session 1 not found"},
        {"/v1/videos/effects", "{\"effect_scene\":\"disco_paws\",\"input\":{\"image\":\"" PNG "\"}}", 0, ""},
        {"/v1/videos/effects", "{\"effect_scene\":\"new_one\",\"input\":{\"image\":\"" PNG "\"}}", 0, ""},
        {"/v1/videos/effects", "{\"effect_scene\":\"hug_pro\",\"input\":{\"image\":\"" PNG "\"}}", 1201,
         "input.images"},
        {"/v1/videos/effects", "{\"effect_scene\":\"hug_pro\",\"input\":{\"images\":[\"" PNG "\",\"" PNG "\"]}}", 0,
         ""},
        {"/v1/videos/effects", "{\"input\":{\"image\":\"" PNG "\"}}", 1201, "effect_scene"},
        {"/v1/audio/tts", "{\"text\":\"Hi\",\"voice_id\":\"oversea_male1\",\"voice_language\":\"en\"}", 0, ""},
        {"/v1/audio/tts", "{\"text\":\"Hi\",\"voice_id\":\"nobody\",\"voice_language\":\"en\"}", 1201,
         "Voice id not found"},
        {"/v1/audio/tts", "{\"text\":\"Hi\",\"voice_id\":\"oversea_male1\"}", 1201, "voice_language"},
        {"/v1/videos/avatar/image2video", "{" IMAGE ",\"sound_file\":\"" MP3 "\"}", 0, ""},
        {"/v1/videos/avatar/image2video", "{" IMAGE "}", 1201, "exactly one of audio_id and sound_file"},
        {"/v1/videos/motion-control",
         "{\"image_url\":\"" PNG "\",\"video_url\":\"" MP4 "\",\"character_orientation\":\"video\",\"mode\":\"std\"}",
         0, ""},
        {"/v1/videos/motion-control", "{\"image_url\":\"" PNG "\",\"video_url\":\"" MP4 "\",\"mode\":\"std\"}", 1201,
         "character_orientation is required"},
    };
    check_rules(*state, rules, sizeof rules / sizeof rules[0]);
}

static void gen2_keeps_its_rules(void **state)
{
    static const struct rule rules[] = {
        {T3, "{" BOAT SET("\"resolution\":\"4k\",\"duration\":15,\"audio\":\"native\",\"multi_shot\":false") "}", 0,
         ""},
        {T3, "{" BOAT SET("\"mode\":\"std\",\"nonsense\":1") "}", 0, ""},
        {T3, "{" BOAT SET("\"duration\":\"5\"") "}", 1201, "settings.duration must be an integer"},
        {T3, "{" BOAT SET("\"duration\":2") "}", 1201, "settings.duration value '2' is invalid"},
        {T3, "{" BOAT SET("\"resolution\":\"9000p\"") "}", 1201, "settings.resolution value '9000p' is invalid"},
        {T3, "{" BOAT SET("\"audio\":\"on\"") "}", 1201, "settings.audio value 'on' is invalid"},
        {T3, "{" BOAT SET("\"aspect_ratio\":\"4:3\"") "}", 1201, "settings.aspect_ratio value '4:3' is invalid"},
        {T3, "{\"prompt\":\"\"" SET("\"duration\":99") "}", 1201, "prompt is required"},
        {"/text-to-video/kling-3.0-turbo", "{" BOAT SET("\"resolution\":\"4k\"") "}", 1201, "settings.resolution"},
        {"/text-to-video/kling-2.6", "{" BOAT SET("\"audio\":\"native\"") "}", 1201, "1080p"},
        {"/text-to-video/kling-2.6", "{" BOAT SET("\"duration\":7") "}", 1201, "settings.duration"},
        {I3, C(ITEM("first_frame", PNG) ITEM("last_frame", PNG)) SET("\"duration\":3") "}", 0, ""},
        {I3, C(ITEM("last_frame", PNG)) "}", 1201, "first_frame is required"},
        {I3, C(ITEM("refer_image", PNG)) "}", 1201, "contents.1.type value 'refer_image' is invalid"},
        {I3, C(ITEM("first_frame", "https://x/big.png")) "}", 1201, "contents.1.url is larger than 50 MB"},
        {I3, C(ITEM("first_frame", "https://x/middle.png")) "}", 0, ""},
        {I3, C(ITEM("first_frame", "https://x/small.png")) "}", 1201, "contents.1.url: image sides"},
        {I3, "{\"contents\":[]}", 1201, "contents is required"},
        {"/image-to-video/kling-2.5-turbo", C(ITEM("first_frame", PNG) ITEM("last_frame", PNG)) "}", 1201, "1080p"},
        {O3, C(ITEM("refer_image", PNG) ITEM("feature_video", MP4)) SET("\"duration\":8,\"audio\":\"off\"") "}", 0, ""},
        {O3, C(ITEM("feature_video", MP4)) SET("\"audio\":\"native\"") "}", 1201, "feature_video"},
        {O3, C(ITEM("base_video", MP4) ITEM("first_frame", PNG)) "}", 1201, "base_video excludes"},
        {O3, C(ITEM("base_video", MP4)) SET("\"multi_shot\":true") "}", 1201, "settings.multi_shot"},
        {"/omni-video/kling-o1", C("") SET("\"duration\":7") "}", 1201, "Duration only supports 5 or 10 seconds"},
        {"/omni-video/kling-o1", C("") "}", 0, ""},
        {M3,
         "{\"contents\":[{\"type\":\"image\",\"url\":\"" PNG "\"},{\"type\":\"video\",\"url\":\"" MP4
         "\"}],\"settings\":{\"character_orientation\":\"video\"}}",
         0, ""},
        {M3,
         "{\"contents\":[{\"type\":\"image\",\"url\":\"" PNG "\"}],\"settings\":{\"character_orientation\":\"video\"}}",
         1201, "an image and a video are required"},
        {M3, "{\"contents\":[{\"type\":\"image\",\"url\":\"" PNG "\"},{\"type\":\"video\",\"url\":\"" MP4 "\"}]}", 1201,
         "settings.character_orientation is required"},
    };
    check_rules(*state, rules, sizeof rules / sizeof rules[0]);
}

static void prompts_are_measured_in_characters(void **state)
{
    struct emu_kit *kit = *state;
    char prompt[2501 * 3 + 1] = "";
    for (size_t i = 0; i < 2500; i++)
        memcpy(prompt + 3 * i, "\xe8\x88\xb9", 4);
    emu_kit_create(kit, T2V, gv_arena_printf(&kit->arena, "{" V("v3") "\"prompt\":\"%s\"}", prompt));
    emu_kit_refused(kit, "POST", T2V, gv_arena_printf(&kit->arena, "{" V("v3") "\"prompt\":\"%sa\"}", prompt), 400,
                    1201, "prompt is longer than 2500 characters");
    emu_kit_create(kit, T3, gv_arena_printf(&kit->arena, "{\"prompt\":\"%sa\"}", prompt));
    emu_kit_refused(kit, "POST", "/text-to-video/kling-2.6",
                    gv_arena_printf(&kit->arena, "{\"prompt\":\"%sa\"}", prompt), 400, 1201, "longer than 2500");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(text2video_keeps_its_rules),
        T(shots_stand_for_the_prompt),
        T(image2video_keeps_its_rules),
        T(omni_keeps_its_rules),
        T(the_smaller_products_keep_their_rules),
        T(gen2_keeps_its_rules),
        T(prompts_are_measured_in_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
