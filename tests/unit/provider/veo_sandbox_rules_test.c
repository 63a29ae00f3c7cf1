/* Veo's emulator: every rule for creates that the fact sheet documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/veo_emu_kit.h"

struct rule {
    const char *path, *body;
    const char *part; /* of the refusal's message, NULL: accepted */
};

static void check_rules(struct emu_kit *kit, const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        kit->world.now_ms += 3600000; /* no quota in the way */
        kit->world.bend.skew_ms = EMU_KIT_NOW_MS - kit->world.now_ms;
        if (rules[i].part)
            veo_emu_kit_refused(kit, "POST", rules[i].path, rules[i].body, 400, "INVALID_ARGUMENT", rules[i].part);
        else
            emu_kit_create(kit, rules[i].path, rules[i].body);
    }
}

#define CHECK(rules) check_rules(*state, rules, sizeof rules / sizeof rules[0])
#define P(parameters) VEO_BODY(VEO_BOAT, parameters)

static void bodies_have_their_shape(void **state)
{
    static const struct rule rules[] = {
        {VEO_FULL, NULL, "Invalid JSON payload"},
        {VEO_FULL, "[]", "Invalid JSON payload"},
        {VEO_FULL, "{}", "Exactly one instance"},
        {VEO_FULL, "{\"instances\":[]}", "Exactly one instance"},
        {VEO_FULL, "{\"instances\":[{" VEO_BOAT "},{" VEO_BOAT "}]}", "Exactly one instance"},
        {VEO_FULL, "{\"instances\":[\"a boat\"]}", "must be an object"},
        {VEO_FULL, "{\"instances\":[{" VEO_BOAT "}]}", NULL},
        {VEO_FULL, "{\"instances\":[{" VEO_BOAT "}],\"parameters\":[]}", "parameters must be an object"},
        {VEO_FULL, "{\"instances\":[{" VEO_BOAT "}],\"labels\":{\"job\":\"42\"}}", NULL},
        {VEO_FULL, "{\"instances\":[{" VEO_BOAT "}],\"labels\":{\"job\":42}}", "Labels"},
        {VEO_FULL, "{\"instances\":[{" VEO_BOAT "}],\"model\":\"x\"}", "Unknown name \"model\""},
        {VEO_FULL, VEO_BODY(VEO_BOAT ",\"cameraControl\":\"pan_left\"", ""), "Unknown name \"cameraControl\""},
        {VEO_FULL, P("\"gcsOutputDirectory\":\"gs://b/\""), "Unknown name \"gcsOutputDirectory\""},
        {VEO_FULL, P("\"AspectRatio\":\"16:9\""), "Unknown name \"AspectRatio\""},
    };
    CHECK(rules);
}

static void prompts_are_needed_unless_there_are_frames(void **state)
{
    static const struct rule rules[] = {
        {VEO_FULL, VEO_BODY("", ""), "prompt"},
        {VEO_FULL, VEO_BODY("\"prompt\":\" \"", ""), "prompt"},
        {VEO_FULL, VEO_BODY("\"prompt\":7", ""), "`prompt` needs to be a string"},
        {VEO_FULL, VEO_BODY("\"image\":" VEO_PICTURE("aaaa"), ""), NULL},
        {VEO_FULL, VEO_BODY("\"video\":" VEO_FILM("aMp4"), ""), NULL},
        {VEO_FULL,
         VEO_BODY("\"referenceImages\":[{\"image\":" VEO_PICTURE("aaaa") ",\"referenceType\":\"asset\"}]", ""),
         "prompt"},
        {VEO_FULL, VEO_BODY("\"prompt\":\"x [moderate]\"", ""), "Support codes: 58061214"},
    };
    CHECK(rules);
    struct emu_kit *kit = *state;
    char *longest = gv_arena_alloc(&kit->arena, 4098);
    memset(longest, 'x', 4096);
    emu_kit_create(kit, VEO_FULL, gv_arena_printf(&kit->arena, VEO_BODY("\"prompt\":\"%s\"", ""), longest));
    longest[4096] = 'x';
    veo_emu_kit_refused(kit, "POST", VEO_FULL, gv_arena_printf(&kit->arena, VEO_BODY("\"prompt\":\"%s\"", ""), longest),
                        400, "INVALID_ARGUMENT", "maximum number of tokens");
}

#define REFERENCE(type) "{\"image\":" VEO_PICTURE("aaaa") ",\"referenceType\":\"" type "\"}"
#define REFERENCES(list) VEO_BODY(VEO_BOAT ",\"referenceImages\":[" list "]", "")
#define IMAGE(object) VEO_BODY("\"image\":" object, "")

static void media_are_checked(void **state)
{
    static const struct rule rules[] = {
        {VEO_FULL, IMAGE("{\"bytesBase64Encoded\":\"aJpg\",\"mimeType\":\"image/jpeg\"}"), NULL},
        {VEO_FULL, IMAGE("{\"gcsUri\":\"gs://b/a.png\",\"mimeType\":\"image/png\"}"), NULL},
        {VEO_FULL, IMAGE("\"aaaa\""), "must be an object"},
        {VEO_FULL, IMAGE("{\"mimeType\":\"image/png\"}"), "exactly one"},
        {VEO_FULL, IMAGE("{\"gcsUri\":\"gs://b/a\",\"bytesBase64Encoded\":\"aaaa\",\"mimeType\":\"image/png\"}"),
         "exactly one"},
        {VEO_FULL, IMAGE("{\"bytesBase64Encoded\":\"aaaa\"}"), "mime type"},
        {VEO_FULL, IMAGE("{\"bytesBase64Encoded\":\"aaaa\",\"mimeType\":\"image/jpg\"}"), "image/jpg"},
        {VEO_FULL, IMAGE("{\"bytesBase64Encoded\":\"aaaa\",\"mimeType\":\"image/webp\"}"), "image/webp"},
        {VEO_FULL, IMAGE("{\"bytesBase64Encoded\":\"aaaa\",\"mimeType\":\"IMAGE/PNG\"}"), "IMAGE/PNG"},
        {VEO_FULL, IMAGE("{\"gcsUri\":\"https://b/a.png\",\"mimeType\":\"image/png\"}"), "gs://bucket/object"},
        {VEO_FULL, IMAGE("{\"gcsUri\":\"gs://b/\",\"mimeType\":\"image/png\"}"), "gs://bucket/object"},
        {VEO_FULL, IMAGE("{\"gcsUri\":\"gs:///a\",\"mimeType\":\"image/png\"}"), "gs://bucket/object"},
        {VEO_FULL, IMAGE(VEO_PICTURE("https://example.com/a.png")), "Base64"},
        {VEO_FULL, IMAGE(VEO_PICTURE("data:image/png;base64,aaaa")), "Base64"},
        {VEO_FULL, IMAGE(VEO_PICTURE("")), "Base64"},
        {VEO_FULL, IMAGE(VEO_PICTURE("aBad")), "can't be read"},
        {VEO_FULL, IMAGE(VEO_PICTURE("aBig")), "20 MB"},
        {VEO_FULL, IMAGE(VEO_PICTURE("aGif")), "neither JPEG nor PNG"},
        {VEO_FULL, IMAGE("{\"uri\":\"gs://b/a\",\"mimeType\":\"image/png\"}"), "Unknown name \"uri\""},
        {VEO_FULL, VEO_BODY("\"video\":{\"gcsUri\":\"gs://b/a.mp4\",\"mimeType\":\"video/mp4\"}", ""), NULL},
        {VEO_FULL, VEO_BODY("\"video\":{\"gcsUri\":\"gs://b/a.mov\",\"mimeType\":\"video/mov\"}", ""), "video/mov"},
        {VEO_FULL, VEO_BODY("\"video\":" VEO_FILM("aLong"), ""), "1 to 30 seconds"},
        {VEO_FULL, VEO_BODY("\"video\":" VEO_FILM("aFast"), ""), "24 frames"},
        {VEO_FULL, VEO_BODY("\"video\":" VEO_FILM("aOdd"), ""), "720p, 1080p or 4k"},
        {VEO_FULL, VEO_BODY("\"video\":" VEO_FILM("aaaa"), ""), "not MP4"},
    };
    CHECK(rules);
}

static void inputs_exclude_each_other(void **state)
{
    static const struct rule rules[] = {
        {VEO_FULL, VEO_BODY("\"image\":" VEO_PICTURE("aaaa") ",\"lastFrame\":" VEO_PICTURE("bbbb"), ""), NULL},
        {VEO_FULL, VEO_BODY(VEO_BOAT ",\"lastFrame\":" VEO_PICTURE("bbbb"), ""), "lastFrame requires image"},
        {VEO_FULL, VEO_BODY("\"image\":" VEO_PICTURE("aaaa") ",\"video\":" VEO_FILM("aMp4"), ""), "together"},
        {VEO_FULL, VEO_BODY(VEO_BOAT ",\"image\":" VEO_PICTURE("aaaa") ",\"referenceImages\":[]", ""), "together"},
        {VEO_FULL, VEO_BODY(VEO_BOAT ",\"video\":" VEO_FILM("aMp4") ",\"referenceImages\":[]", ""), "together"},
        {VEO_FULL, REFERENCES(REFERENCE("asset") "," REFERENCE("ASSET") "," REFERENCE("asset")), NULL},
        {VEO_FULL, REFERENCES(REFERENCE("asset") "," REFERENCE("asset") "," REFERENCE("asset") "," REFERENCE("asset")),
         "1 to 3"},
        {VEO_FULL, REFERENCES(""), "1 to 3"},
        {VEO_FULL, REFERENCES(REFERENCE("style")), "style for referenceType"},
        {VEO_FULL, REFERENCES(VEO_PICTURE("aaaa")), "Unknown name"},
        {VEO_FULL, REFERENCES("{\"referenceType\":\"asset\"}"), "must have image"},
        {VEO_LITE, REFERENCES(REFERENCE("asset")), "`referenceImages` isn't supported by this model"},
        {VEO_LITE, VEO_BODY("\"video\":" VEO_FILM("aMp4"), ""), NULL},
    };
    CHECK(rules);
}

static void parameters_are_checked(void **state)
{
    static const struct rule rules[] = {
        {VEO_FULL,
         P("\"aspectRatio\":\"9:16\",\"durationSeconds\":6,\"resolution\":\"4K\",\"generateAudio\":true,"
           "\"sampleCount\":4,\"seed\":4294967295,\"negativePrompt\":\"blur\",\"personGeneration\":\"allow_adult\","
           "\"storageUri\":\"gs://my-bucket/run-42/\",\"compressionQuality\":\"LOSSLESS\",\"enhancePrompt\":true,"
           "\"fps\":24,\"pubsubTopic\":\"projects/p/topics/t\""),
         NULL},
        {VEO_FULL, P("\"aspectRatio\":\"1:1\""), "1:1 for aspectRatio"},
        {VEO_FULL, P("\"resolution\":\"480p\""), "480p for resolution"},
        {VEO_FAST, P("\"resolution\":\"4k\""), NULL},
        {VEO_LITE, P("\"resolution\":\"1080p\""), NULL},
        {VEO_LITE, P("\"resolution\":\"4k\""), "4k for resolution"},
        {VEO_FULL, P("\"durationSeconds\":\"8\""), "`durationSeconds` needs to be a number"},
        {VEO_FULL, P("\"durationSeconds\":4.5"), "`durationSeconds` needs to be a number"},
        {VEO_FULL, P("\"generateAudio\":\"true\""), "`generateAudio` needs to be a boolean"},
        {VEO_FULL, P("\"sampleCount\":0"), "`sampleCount` is out of bound"},
        {VEO_FULL, P("\"sampleCount\":5"), "between 1 and 4"},
        {VEO_FULL, P("\"seed\":-1"), "`seed` is out of bound"},
        {VEO_FULL, P("\"seed\":4294967296"), "`seed` is out of bound"},
        {VEO_FULL, P("\"negativePrompt\":[\"blur\"]"), "`negativePrompt` needs to be a string"},
        {VEO_FULL, P("\"personGeneration\":\"dont_allow\""), NULL},
        {VEO_FULL, P("\"personGeneration\":\"allow_all\""), NULL},
        {VEO_FULL, P("\"personGeneration\":\"nobody\""), "nobody for personGeneration"},
        {VEO_FULL, P("\"enhancePrompt\":false"), "Veo 3 prompt enhancement cannot be disabled."},
        {VEO_FULL, P("\"storageUri\":\"s3://b/\""), "Cloud Storage URI"},
        {VEO_FULL, P("\"storageUri\":\"gs://B!/\""), "Cloud Storage URI"},
        {VEO_FULL, P("\"storageUri\":\"gs://bucket\""), NULL},
        {VEO_FULL, P("\"compressionQuality\":\"best\""), "best for compressionQuality"},
        {VEO_FULL, P("\"resizeMode\":\"crop\""), "image to video only"},
        {VEO_FULL, VEO_BODY("\"image\":" VEO_PICTURE("aaaa"), "\"resizeMode\":\"CROP\""), NULL},
        {VEO_FULL, P("\"fps\":30"), "`fps` is out of bound"},
        {VEO_FULL, P("\"pubsubTopic\":\"t\""), "pubsubTopic"},
        {VEO_FULL, VEO_BODY("\"video\":" VEO_FILM("aMp4"), "\"aspectRatio\":\"9:16\""), "keeps the aspect ratio"},
        {VEO_FULL, VEO_BODY("\"video\":" VEO_FILM("aMp4"), "\"resolution\":\"1080p\""), "keeps the aspect ratio"},
        {VEO_FULL, VEO_BODY("\"video\":" VEO_FILM("aMp4"), "\"aspectRatio\":\"16:9\",\"resolution\":\"720p\""), NULL},
    };
    CHECK(rules);
}

static void vertex_takes_wrong_durations_and_fails_the_operation(void **state)
{
    static const struct {
        const char *body, *why;
    } rows[] = {
        {P("\"durationSeconds\":5"), "Unsupported output video duration 5 seconds, supported durations are [8,4,6] for "
                                     "feature text_to_video."},
        {P("\"durationSeconds\":-8"), "Unsupported output video duration -8 seconds"},
        {VEO_BODY("\"image\":" VEO_PICTURE("aaaa"), "\"durationSeconds\":7"), "[8,4,6] for feature image_to_video."},
        {VEO_BODY(VEO_BOAT ",\"referenceImages\":[" REFERENCE("asset") "]", "\"durationSeconds\":6"),
         "supported durations are [8] for feature reference_to_video."},
        {VEO_BODY("\"video\":" VEO_FILM("aMp4"), "\"durationSeconds\":8"), "are [7] for feature video_extension."},
    };
    struct emu_kit *kit = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        veo_emu_kit_finish(kit, rows[i].body);
        assert_string_equal(emu_kit_at(kit, "error.code"), "3");
        assert_non_null(strstr(emu_kit_at(kit, "error.message"), rows[i].why));
        assert_string_equal(emu_kit_at(kit, "error.status"), "(absent)");
        assert_string_equal(emu_kit_at(kit, "response"), "(absent)");
        assert_true(kit->tasks[i]->usd < 1e-9);
    }
}

#define G VEO_GEMINI("veo-3.1-generate-preview")
#define GL VEO_GEMINI("veo-3.1-lite-generate-preview")
#define NOT_SUPPORTED(name) "`" name "` isn't supported by this model. Please remove it or refer to the Gemini API"

static void gemini_has_rules_of_its_own(void **state)
{
    static const struct rule rules[] = {
        {G, P("\"durationSeconds\":4,\"seed\":7,\"negativePrompt\":\"blur\",\"sampleCount\":1"), NULL},
        {G, P("\"durationSeconds\":\"4\""),
         "The value type for `durationSeconds` needs to be a number. Please adjust your request accordingly."},
        {G, P("\"durationSeconds\":5"), "Unsupported output video duration 5 seconds"},
        {G, P("\"durationSeconds\":6,\"resolution\":\"1080p\""), "1080p is not supported for a duration of 6 seconds."},
        {G, P("\"durationSeconds\":4,\"resolution\":\"4k\""), "4k is not supported for a duration of 4 seconds."},
        {G, P("\"durationSeconds\":8,\"resolution\":\"1080p\""), NULL},
        {GL, P("\"resolution\":\"4k\""), "4k for resolution"},
        {G, P("\"sampleCount\":2"), "`sampleCount` is out of bound"},
        {G, P("\"numberOfVideos\":1"), NOT_SUPPORTED("numberOfVideos")},
        {G, P("\"generateAudio\":true"), NOT_SUPPORTED("generateAudio")},
        {G, P("\"storageUri\":\"gs://bucket/\""), NOT_SUPPORTED("storageUri")},
        {G, P("\"compressionQuality\":\"lossless\""), NOT_SUPPORTED("compressionQuality")},
        {G, P("\"resizeMode\":\"pad\""), NOT_SUPPORTED("resizeMode")},
        {G, P("\"fps\":24"), NOT_SUPPORTED("fps")},
        {G, P("\"pubsubTopic\":\"projects/p/topics/t\""), NOT_SUPPORTED("pubsubTopic")},
        {G, "{\"instances\":[{" VEO_BOAT "}],\"labels\":{}}", NOT_SUPPORTED("labels")},
        {G, "{\"instances\":[{" VEO_BOAT "}],\"webhookConfig\":{\"uris\":[\"https://x\"]}}", NULL},
        {G, P("\"personGeneration\":\"allow_all\""), NULL},
        {G, P("\"personGeneration\":\"allow_adult\""), "allow_adult for personGeneration is currently not supported."},
        {G, VEO_BODY("\"image\":" VEO_PICTURE("aaaa"), "\"personGeneration\":\"allow_adult\""), NULL},
        {G, VEO_BODY("\"image\":" VEO_PICTURE("aaaa"), "\"personGeneration\":\"allow_all\""), "allow_all"},
        {G, IMAGE("{\"inlineData\":{\"data\":\"aaaa\",\"mimeType\":\"image/png\"}}"), NOT_SUPPORTED("inlineData")},
        {G, IMAGE("{\"gcsUri\":\"gs://b/a.png\",\"mimeType\":\"image/png\"}"), NOT_SUPPORTED("gcsUri")},
        {G, VEO_BODY("\"video\":" VEO_FILM("aMp4"), ""), "Video URI not found in the request."},
        {G, VEO_BODY("\"video\":{\"uri\":\"https://x/a.mp4\"}", ""), "Could not parse the file name"},
        {G, REFERENCES(REFERENCE("asset")), NULL},
        {GL, REFERENCES(REFERENCE("asset")), "`referenceImages`"},
        {GL, VEO_BODY("\"video\":{\"uri\":\"https://x/v1beta/files/a:download\"}", ""), "`video` isn't supported"},
    };
    CHECK(rules);
    veo_emu_kit_refused(*state, "POST", G, VEO_BODY("\"video\":{\"uri\":\"https://x/v1beta/files/a:download\"}", ""),
                        403, "PERMISSION_DENIED", "File a or it may not exist");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bodies_have_their_shape, veo_emu_kit_set_up, emu_kit_tear_down),
        cmocka_unit_test_setup_teardown(prompts_are_needed_unless_there_are_frames, veo_emu_kit_set_up,
                                        emu_kit_tear_down),
        cmocka_unit_test_setup_teardown(media_are_checked, veo_emu_kit_set_up, emu_kit_tear_down),
        cmocka_unit_test_setup_teardown(inputs_exclude_each_other, veo_emu_kit_set_up, emu_kit_tear_down),
        cmocka_unit_test_setup_teardown(parameters_are_checked, veo_emu_kit_set_up, emu_kit_tear_down),
        cmocka_unit_test_setup_teardown(vertex_takes_wrong_durations_and_fails_the_operation, veo_emu_kit_set_up,
                                        emu_kit_tear_down),
        cmocka_unit_test_setup_teardown(gemini_has_rules_of_its_own, veo_emu_kit_set_up, emu_kit_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
