/* What is let in, what is refused and why: one row per rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "provider/veo/veo_wire.h"
#include "support/provider_kit.h"
#include "support/veo_words.h"

#define Q(...) #__VA_ARGS__
#define BOAT(config) GENERATE(A_BOAT, config)
#define IMAGE(config) GENERATE("{\"image\":{\"data\":{\"url\":\"gs://bkt/a.png\"},\"prompt\":\"smile\"}}", config)
#define VIDEO(config) GENERATE("{\"video\":{\"url\":\"gs://bkt/v.mp4\"}}", config)
#define BLOB(mime, bytes, w, h, more)                                                                                  \
    "{\"blob\":{\"sha256\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"bytes\":" #bytes     \
    ",\"mime_type\":\"" mime "\",\"width\":" #w ",\"height\":" #h more "}}"
#define PICTURE(mime, bytes, config) GENERATE("{\"image\":{\"data\":" BLOB(mime, bytes, 900, 1600, "") "}}", config)
#define CLIP(mime, w, h, more, config) GENERATE("{\"video\":" BLOB(mime, 9000, w, h, more) "}", config)
#define MANY(images, config)                                                                                           \
    "{\"operation\":\"multi_image_generation\",\"input_images\":[" images "],\"prompt\":\"all\",\"config\":" config "}"
#define U "{\"url\":\"gs://bkt/1.jpg\"}"
#define EXTEND(id, more) "{\"operation\":\"extend_video\",\"video_id\":\"" id "\"" more "}"
#define OPTION(key, value) OPTIONS("\"" key "\":\"" value "\"")
#define OLD(model) Q({"model" : model, "provider_options" : {"allow_retired" : "true"}})
#define ON_GEMINI(more) "{" more "\"provider_options\":{\"surface\":\"gemini\",\"allow_retired\":\"true\"}}"
#define ON_GEMINI_WITH(more) "{\"provider_options\":{\"surface\":\"gemini\",\"allow_retired\":\"true\"," more "}}"
#define FILE_URI VEO_GEMINI_URL "/v1beta/files/abc:download?alt=media"
#define OPTION_FIELD(key) "config.provider_options." key

#define BAD(document, code, field)                                                                                     \
    {                                                                                                                  \
        document, VEO_SET_KEY, code, field, 0, 0, NULL                                                                 \
    }
#define TAKEN(document, usd, warnings)                                                                                 \
    {                                                                                                                  \
        document, VEO_SET_KEY, GV_OK, NULL, usd, warnings, NULL                                                        \
    }

static const struct provider_kit_rule rules[] = {
    /* models and surfaces */
    {TEXT, VEO_SET_KEY, GV_OK, NULL, 8 * 0.10, 0, "veo-3.1-fast-generate-001"},
    {BOAT(Q({"resolution" : "uhd"})), VEO_SET_FILE, GV_OK, NULL, 8 * 0.60, 0, "veo-3.1-generate-001"},
    {BOAT(ON_GEMINI("")), VEO_SET_KEY, GV_OK, NULL, 8 * 0.10, 0, "veo-3.1-fast-generate-preview"},
    {BOAT(OPTION("allow_retired", "true")), VEO_SET_GEMINI_KEY, GV_OK, NULL, 8 * 0.10, 0,
     "veo-3.1-fast-generate-preview"},
    {TEXT, VEO_SET_GOOGLE_KEY, GV_INVALID_INPUT, "config.model", 0, 0, NULL},
    {BOAT(OPTION("surface", "vertex")), VEO_SET_GOOGLE_KEY, GV_INVALID_INPUT, OPTION_FIELD("surface"), 0, 0, NULL},
    BAD(BOAT(OPTION("surface", "moon")), GV_INVALID_INPUT, OPTION_FIELD("surface")),
    BAD(BOAT(Q({"model" : "veo-9"})), GV_INVALID_INPUT, "config.model"),
    BAD(BOAT(Q({"model" : "veo-2.0-generate-001"})), GV_INVALID_INPUT, "config.model"),
    BAD(BOAT(Q({"model" : "veo-3.0-generate-preview"})), GV_INVALID_INPUT, "config.model"),
    BAD(BOAT(OLD("veo-3.1-lite-generate-preview")), GV_INVALID_INPUT, "config.model"),
    BAD(BOAT(ON_GEMINI("\"model\":\"veo-3.1-generate-001\",")), GV_INVALID_INPUT, "config.model"),
    TAKEN(BOAT(OLD("veo-3.0-generate-001")), 8 * 0.40, 0),
    TAKEN(BOAT(OLD("veo-2.0-generate-001")), 8 * 0.50, 0),
    BAD(BOAT(OPTION("model", "veo-3.1-generate-001")), GV_INVALID_INPUT, OPTION_FIELD("model")),
    /* inputs */
    TAKEN(IMAGE("{}"), 8 * 0.10, 0),
    TAKEN(IMAGE(Q({"lastframe" : {"url" : "gs://bkt/b.jpeg"}})), 8 * 0.10, 0),
    TAKEN(IMAGE(Q({"lastframe" : {"url" : "https://x.example/b"}})), 8 * 0.10, 0),
    BAD(BOAT(Q({"lastframe" : {"url" : "gs://bkt/b.png"}})), GV_INVALID_INPUT, "config.lastframe"),
    BAD(VIDEO(Q({"lastframe" : {"url" : "gs://bkt/b.png"}})), GV_INVALID_INPUT, "config.lastframe"),
    BAD(GENERATE("{\"image\":{\"data\":{\"url\":\"gs://bkt/a.png\"},\"role\":\"last\"}}", "{}"), GV_UNSUPPORTED_FEATURE,
        "input.image.role"),
    BAD(GENERATE("{\"image\":{\"data\":{\"url\":\"gs://bkt/a\"}}}", "{}"), GV_INVALID_INPUT, "input.image.data"),
    TAKEN(GENERATE("{\"image\":{\"data\":{\"url\":\"gs://bkt/a\"}}}", OPTION("image_type", "image/png")), 8 * 0.10, 0),
    BAD(GENERATE("{\"image\":{\"data\":{\"url\":\"gs://bkt\"}}}", "{}"), GV_INVALID_INPUT, "input.image.data"),
    BAD(GENERATE("{\"image\":{\"data\":{\"url\":\"s3://bkt/a.png\"}}}", "{}"), GV_INVALID_INPUT, "input.image.data"),
    BAD(IMAGE(ON_GEMINI("")), GV_UNSUPPORTED_FEATURE, "input.image.data"),
    TAKEN(PICTURE("image/png", 20971520, "{}"), 8 * 0.10, 0),
    BAD(PICTURE("image/png", 20971521, "{}"), GV_INVALID_INPUT, "input.image.data"),
    BAD(PICTURE("image/webp", 1000, "{}"), GV_INVALID_INPUT, "input.image.data"),
    BAD(PICTURE("image/jpg", 1000, "{}"), GV_INVALID_INPUT, "input.image.data"),
    /* several pictures */
    TAKEN(MANY(U, "{}"), 8 * 0.10, 0),
    TAKEN(MANY(U "," U "," U, Q({"model" : "veo-3.1-generate-001", "duration_seconds" : 8})), 8 * 0.40, 0),
    BAD(MANY(U "," U "," U "," U, "{}"), GV_INVALID_INPUT, "input_images"),
    BAD(MANY(U, Q({"duration_seconds" : 6})), GV_INVALID_INPUT, "config.duration_seconds"),
    BAD(MANY(U, Q({"model" : "veo-3.1-lite-generate-001"})), GV_UNSUPPORTED_FEATURE, "input_images"),
    BAD("{\"operation\":\"multi_image_generation\",\"input_images\":[" U "],\"config\":{}}", GV_INVALID_INPUT,
        "prompt"),
    /* extension */
    TAKEN(VIDEO("{}"), -1, 0),
    TAKEN(CLIP("video/mp4", 1920, 1080, "", OPTION("prompt", "go on")), 7 * 0.12, 0),
    TAKEN(CLIP("video/mp4", 720, 1280, ",\"fps\":24", Q({"enable_audio" : false})), 7 * 0.08, 0),
    TAKEN(CLIP("video/mp4", 720, 1280, ",\"fps\":30", "{}"), 7 * 0.10, 1),
    BAD(CLIP("video/quicktime", 720, 1280, "", "{}"), GV_INVALID_INPUT, "input.video"),
    BAD(CLIP("video/mp4", 720, 1280, ",\"duration_seconds\":31", "{}"), GV_INVALID_INPUT, "input.video"),
    BAD(VIDEO(Q({"duration_seconds" : 8})), GV_UNSUPPORTED_FEATURE, "config.duration_seconds"),
    BAD(VIDEO(Q({"aspect_ratio" : "portrait"})), GV_UNSUPPORTED_FEATURE, "config.aspect_ratio"),
    BAD(VIDEO(Q({"resolution" : "hd"})), GV_UNSUPPORTED_FEATURE, "config.resolution"),
    BAD(VIDEO(OLD("veo-3.0-generate-001")), GV_UNSUPPORTED_FEATURE, "input.video"),
    TAKEN(VIDEO(Q({"model" : "veo-3.1-lite-generate-001"})), -1, 0),
    BAD(VIDEO(ON_GEMINI("")), GV_UNSUPPORTED_FEATURE, "input.video"),
    TAKEN(GENERATE("{\"video\":{\"url\":\"" FILE_URI "\"}}", ON_GEMINI("")), 7 * 0.10, 0),
    BAD(GENERATE("{\"video\":{\"url\":\"" FILE_URI "\"}}", ON_GEMINI("\"model\":\"veo-3.1-lite-generate-preview\",")),
        GV_UNSUPPORTED_FEATURE, "input.video"),
    BAD(BOAT(OPTION("prompt", "another")), GV_INVALID_INPUT, OPTION_FIELD("prompt")),
    TAKEN(EXTEND("gs://bkt/v.mp4", ",\"prompt\":\"go on\""), -1, 0),
    TAKEN(EXTEND("gs://bkt/v.mp4", ",\"cfg_scale\":0.5"), -1, 1),
    {EXTEND("gs://bkt/v.mp4", ",\"provider_options\":{\"model\":\"veo-3.1-generate-001\"}"), VEO_SET_KEY, GV_OK, NULL,
     -1, 0, "veo-3.1-generate-001"},
    BAD(EXTEND("gs://bkt/v.mp4", ",\"provider_options\":{\"model\":\"veo-2.0-generate-001\"}"), GV_INVALID_INPUT,
        "model"),
    BAD(EXTEND("1234", ""), GV_UNSUPPORTED_FEATURE, "video_id"),
    BAD(EXTEND(FILE_URI, ""), GV_UNSUPPORTED_FEATURE, "video_id"),
    TAKEN(EXTEND(FILE_URI, ",\"provider_options\":{\"surface\":\"gemini\",\"allow_retired\":\"true\"}"), 7 * 0.10, 0),
    BAD(EXTEND("gs://bkt/v.mp4", ",\"provider_options\":{\"surface\":\"gemini\",\"allow_retired\":\"true\"}"),
        GV_UNSUPPORTED_FEATURE, "video_id"),
    /* length, ratio, resolution */
    TAKEN(BOAT(Q({"duration_seconds" : 4})), 4 * 0.10, 0),
    BAD(BOAT(Q({"duration_seconds" : 5})), GV_INVALID_INPUT, "config.duration_seconds"),
    BAD(BOAT(Q({"duration_seconds" : 7})), GV_INVALID_INPUT, "config.duration_seconds"),
    BAD(BOAT(Q({"duration_seconds" : 10})), GV_INVALID_INPUT, "config.duration_seconds"),
    TAKEN(BOAT(Q({
              "model" : "veo-2.0-generate-001",
              "duration_seconds" : 5,
              "provider_options" : {"allow_retired" : "true"}
          })),
          5 * 0.50, 0),
    BAD(BOAT(Q({"aspect_ratio" : "square"})), GV_INVALID_INPUT, "config.aspect_ratio"),
    BAD(BOAT(Q({"aspect_ratio" : "cinema"})), GV_INVALID_INPUT, "config.aspect_ratio"),
    TAKEN(IMAGE(Q({"aspect_ratio" : "portrait"})), 8 * 0.10, 0),
    BAD(BOAT(Q({"resolution" : "sd"})), GV_INVALID_INPUT, "config.resolution"),
    TAKEN(BOAT(Q({"resolution" : "fhd"})), 8 * 0.12, 0),
    TAKEN(BOAT(Q({"resolution" : "uhd", "model" : "veo-3.1-fast-generate-001"})), 8 * 0.30, 1),
    BAD(BOAT(Q({"resolution" : "uhd", "model" : "veo-3.1-lite-generate-001"})), GV_INVALID_INPUT, "config.resolution"),
    TAKEN(BOAT(Q({"resolution" : "fhd", "duration_seconds" : 6})), 6 * 0.12, 0),
    BAD(BOAT(ON_GEMINI("\"resolution\":\"fhd\",\"duration_seconds\":6,")), GV_INVALID_INPUT, "config.duration_seconds"),
    TAKEN(BOAT(ON_GEMINI("\"resolution\":\"fhd\",")), 8 * 0.12, 0),
    /* sound, seed, hints */
    TAKEN(BOAT(Q({"enable_audio" : false})), 8 * 0.08, 0),
    TAKEN(BOAT(Q({"enable_audio" : true})), 8 * 0.10, 0),
    BAD(BOAT(ON_GEMINI("\"enable_audio\":false,")), GV_UNSUPPORTED_FEATURE, "config.enable_audio"),
    BAD(BOAT(Q({
            "model" : "veo-2.0-generate-001",
            "enable_audio" : true,
            "provider_options" : {"allow_retired" : "true"}
        })),
        GV_UNSUPPORTED_FEATURE, "config.enable_audio"),
    TAKEN(BOAT(Q({"seed" : 4294967295})), 8 * 0.10, 0),
    BAD(BOAT(Q({"seed" : 4294967296})), GV_INVALID_INPUT, "config.seed"),
    TAKEN(BOAT(Q({"scheduler" : "x", "guidance_scale" : 7, "enhance_prompt" : true})), 8 * 0.10, 2),
    BAD(BOAT(Q({"enhance_prompt" : false})), GV_UNSUPPORTED_FEATURE, "config.enhance_prompt"),
    TAKEN(BOAT(Q({
              "model" : "veo-2.0-generate-001",
              "enhance_prompt" : false,
              "provider_options" : {"allow_retired" : "true"}
          })),
          8 * 0.50, 0),
    TAKEN(BOAT(Q({"negative_prompt" : "blur"})), 8 * 0.10, 0),
    /* masks and camera */
    BAD(IMAGE(Q({"static_mask" : {"url" : "gs://bkt/m.png"}})), GV_UNSUPPORTED_FEATURE, "config.static_mask"),
    BAD(IMAGE(Q({"dynamic_mask" : {"mask" : {"url" : "gs://bkt/m.png"}, "trajectories" : [ {"x" : 1, "y" : 1} ]}})),
        GV_UNSUPPORTED_FEATURE, "config.dynamic_mask"),
    BAD(BOAT(Q({"camera_control" : "down_back"})), GV_UNSUPPORTED_FEATURE, "config.camera_control"),
    /* options */
    TAKEN(BOAT(OPTION("sample_count", "4")), 4 * 8 * 0.10, 0),
    BAD(BOAT(OPTION("sample_count", "5")), GV_INVALID_INPUT, OPTION_FIELD("sample_count")),
    BAD(BOAT(OPTION("sample_count", "two")), GV_INVALID_INPUT, OPTION_FIELD("sample_count")),
    BAD(BOAT(ON_GEMINI_WITH("\"sample_count\":\"2\"")), GV_UNSUPPORTED_FEATURE, OPTION_FIELD("sample_count")),
    TAKEN(BOAT(ON_GEMINI_WITH("\"sample_count\":\"1\"")), 8 * 0.10, 0),
    TAKEN(BOAT(OPTION("storage_uri", "gs://bkt")), 8 * 0.10, 0),
    BAD(BOAT(OPTION("storage_uri", "s3://bkt/x")), GV_INVALID_INPUT, OPTION_FIELD("storage_uri")),
    BAD(BOAT(OPTION("storage_uri", "gs://")), GV_INVALID_INPUT, OPTION_FIELD("storage_uri")),
    BAD(BOAT(ON_GEMINI_WITH("\"storage_uri\":\"gs://bkt\"")), GV_UNSUPPORTED_FEATURE, OPTION_FIELD("storage_uri")),
    TAKEN(BOAT(OPTION("labels", "{\\\"team\\\":\\\"a\\\"}")), 8 * 0.10, 0),
    BAD(BOAT(OPTION("labels", "{\\\"team\\\":1}")), GV_INVALID_INPUT, OPTION_FIELD("labels")),
    BAD(BOAT(OPTION("labels", "[]")), GV_INVALID_INPUT, OPTION_FIELD("labels")),
    TAKEN(BOAT(OPTION("person_generation", "dont_allow")), 8 * 0.10, 0),
    BAD(BOAT(OPTION("person_generation", "disallow")), GV_INVALID_INPUT, OPTION_FIELD("person_generation")),
    TAKEN(IMAGE(OPTION("resize_mode", "crop")), 8 * 0.10, 0),
    BAD(BOAT(OPTION("resize_mode", "crop")), GV_UNSUPPORTED_FEATURE, OPTION_FIELD("resize_mode")),
    BAD(BOAT(OPTION("pubsub_topic", "films")), GV_INVALID_INPUT, OPTION_FIELD("pubsub_topic")),
    BAD(BOAT(OPTION("colour", "red")), GV_INVALID_INPUT, OPTION_FIELD("colour")),
    /* what Veo has not */
    BAD("{\"operation\":\"upscale_video\",\"input\":{\"url\":\"gs://bkt/v.mp4\"}}", GV_UNSUPPORTED_FEATURE,
        "operation"),
    BAD("{\"operation\":\"generate_video_effects\",\"input\":{\"url\":\"gs://bkt/l.png\"},\"effect\":{\"single\":"
        "\"squish\"}}",
        GV_UNSUPPORTED_FEATURE, "operation"),
    BAD("{\"operation\":\"generate_lip_sync\",\"video\":{\"video_id\":\"1\"},\"audio\":{\"from_audio\":{\"url\":"
        "\"https://x.example/a.mp3\"}}}",
        GV_UNSUPPORTED_FEATURE, "operation"),
};

static void each_rule_decides_its_row(void **state)
{
    (void)state;
    provider_kit_check_rules(&gv_provider_veo, rules, GV_COUNT(rules));
}

static void the_tables_agree_with_themselves(void **state)
{
    (void)state;
    const struct gv_provider *p = &gv_provider_veo;
    assert_true(p->setting_count <= GV_SETTINGS_MAX);
    for (size_t i = 0; i < p->model_count; i++) {
        const struct gv_model *model = &p->models[i];
        assert_true(model->resolutions & GV_BIT(model->resolution_default));
        assert_true(model->seconds & GV_BIT(model->seconds_default));
        assert_true(model->prices[0].usd_per_second > 0 && model->prices_seen != NULL);
        assert_true(model->traits & (VEO_ON_VERTEX | VEO_ON_GEMINI));
        if (model->retired_on != NULL) {
            const struct gv_model *successor = gv_model_named(p, model->successor);
            assert_non_null(successor);
            assert_null(successor->retired_on);
        }
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(model->name, p->models[j].name);
    }
    for (size_t i = 0; i < p->setting_count; i++)
        assert_non_null(p->settings[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_decides_its_row),
        cmocka_unit_test(the_tables_agree_with_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
