/* Runway's emulator: what it takes and what it refuses, rule by rule of the fact sheet's tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/runway_emu_kit.h"

#define I2V "/v1/image_to_video"
#define T2V "/v1/text_to_video"
#define V2V "/v1/video_to_video"
#define UPSCALE "/v1/video_upscale"
#define T2I "/v1/text_to_image"
#define M(name) "\"model\":\"" name "\","
#define IMG "\"promptImage\":\"" PNG "\","
#define SRC "\"promptVideo\":\"" MP4 "\","
#define URI "\"videoUri\":\"" MP4 "\","
#define P "\"promptText\":\"a boat\","
#define WIDE "\"ratio\":\"1280:720\","
#define SIZE(r) "\"ratio\":\"" r "\","
#define S(n) "\"duration\":" n ","
#define LIST(name, items) "\"" name "\":[" items "],"
#define ITEM(uri) "{\"uri\":\"" uri "\"}"
#define AT(uri, position) "{\"uri\":\"" uri "\",\"position\":\"" position "\"}"
#define TYPED(type, uri) "{\"type\":\"" type "\",\"uri\":\"" uri "\"}"
#define TEN(x) x x x x x x x x x x
#define END "\"x_end\":0"

/* The rows leave a comma behind. */
static const char *closed(struct emu_kit *kit, const char *members)
{
    size_t n = strlen(members);
    return gv_arena_printf(&kit->arena, "{%.*s}", (int)(n > 0 && members[n - 1] == ',' ? n - 1 : n), members);
}

struct taken {
    const char *path, *members;
};

static void every_model_takes_its_own(void **state)
{
    struct emu_kit *kit = *state;
    static const struct taken rows[] = {
        {I2V, M("gen4.5") IMG P WIDE S("2") "\"outputFormat\":\"prores\",\"proresProfile\":\"422 HQ\","},
        {I2V, M("gen4_turbo") IMG SIZE("1584:672")},
        {I2V, M("gen4_turbo") LIST("promptImage", AT(PNG, "first"))
                  WIDE S("10") "\"seed\":4294967295,"
                               "\"contentModeration\":{\"publicFigureThreshold\":\"low\"},\"more\":1"},
        {I2V, M("veo3.1") LIST("promptImage", AT(PNG, "last") "," AT(PNG, "first")) SIZE("1080:1920") S("8")},
        {I2V, M("veo3.1_fast") IMG WIDE "\"audio\":false,\"negativePrompt\":\"rain\",\"seed\":0"},
        {I2V, M("seedance2") LIST("promptImage", ITEM(PNG) "," ITEM(PNG)) SIZE("3840:2160") S("\"auto\"")},
        {I2V, M("seedance2_fast") IMG SIZE("992:432") LIST("referenceAudio", TYPED("audio", MP3))},
        {I2V, M("seedance2_mini") IMG},
        {I2V, M("seedance2_5") IMG SIZE("854:480") S("30")},
        {I2V, M("hailuo3") IMG P SIZE("adaptive") S("15") "\"resolution\":\"2k\""},
        {I2V, M("happyhorse_1_0") IMG S("3") "\"resolution\":\"1080p\""},
        {I2V, M("gemini_omni_flash") IMG SIZE("720:1280") S("10")},
        {I2V, M("gemini_omni_flash_1.1") IMG P SIZE("640:360") S("\"auto\"")},
        {I2V, M("grok_imagine_1_5") IMG S("6") "\"resolution\":\"480p\""},
        {I2V, M("wan3") LIST("promptImage", AT(PNG, "first")) P SIZE("auto_720p") S("5")},
        {I2V, M("wan3_prime") IMG P SIZE("832:480")},
        {I2V, M("h3_max") IMG P "\"resolution\":\"768p\",\"promptExpansionMode\":\"quality\""},
        {T2V, M("gen4.5") P SIZE("720:1280") S("5")},
        {T2V, M("veo3.1") P WIDE},
        {T2V, M("seedance2") P LIST("references", ITEM(PNG)) LIST("referenceVideos", TYPED("video", MP4))},
        {T2V, M("seedance2_5") S("4")},
        {T2V, M("hailuo3") P SIZE("21:9")},
        {T2V, M("happyhorse_1_0") P SIZE("1662:1248")},
        {T2V, M("gemini_omni_flash") P},
        {T2V, M("gemini_omni_flash_1.1") P},
        {T2V, M("grok_imagine_1_5") P SIZE("3:2")},
        {T2V, M("wan3") P LIST("references", ITEM(PNG))},
        {T2V, M("wan3_prime") P},
        {T2V, M("h3_max") P},
        {V2V, M("aleph2") URI P "\"targetAspectRatio\":\"1:1\"," LIST("keyframes", "{\"uri\":\"" PNG "\",\"at\":0.5}")},
        {V2V, M("seedance2") SRC S("4")},
        {V2V, M("seedance2_5") SRC P S("\"auto\"") "\"mode\":\"edit\""},
        {V2V, M("hailuo3") SRC P},
        {V2V, M("gemini_omni_flash") URI P},
        {V2V, M("gemini_omni_flash_1.1") URI P "\"mode\":\"extend\""},
        {UPSCALE, M("magnific_video_upscaler_creative") URI "\"resolution\":\"4k\",\"creativity\":100"},
        {UPSCALE, M("enhance_frame_rate") URI "\"targetFramerate\":\"59_94\""},
        {T2I, M("gen4_image") P SIZE("1024:1024") LIST("referenceImages", "{\"uri\":\"" PNG "\",\"tag\":\"EtchA_1\"}")},
        {T2I, M("gen4_image_turbo") P SIZE("1360:768") LIST("referenceImages", ITEM(PNG))},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kit->world.task_count = 0;
        emu_kit_create(kit, rows[i].path, closed(kit, rows[i].members));
        assert_true(kit->tasks[0]->usd > 0);
    }
}

struct refused {
    const char *path, *members, *code, *at, *part;
};

static void refuse_all(struct emu_kit *kit, const struct refused *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        runway_emu_issue(kit, rows[i].path, closed(kit, rows[i].members), rows[i].code, rows[i].at, rows[i].part);
        if (runway_emu_issues(kit) != 1)
            fail_msg("%s %s: one issue was expected: %s", rows[i].path, rows[i].members, kit->reply.body);
    }
}

static void models_are_told_apart_by_path(void **state)
{
    static const struct refused rows[] = {
        {I2V, M("gen3a_turbo"), "invalid_union", "model", "Invalid input"},
        {I2V, M("veo3"), "invalid_union", "model", "Invalid input"},
        {T2V, M("gen4_turbo"), "invalid_union", "model", "Invalid input"},
        {V2V, M("gen4_aleph"), "invalid_union", "model", "Invalid input"},
        {UPSCALE, M("upscale_v1"), "invalid_union", "model", "Invalid input"},
        {T2I, M("gen4.5"), "invalid_union", "model", "Invalid input"},
    };
    refuse_all(*state, rows, sizeof rows / sizeof rows[0]);
    struct emu_kit *kit = *state;
    runway_emu_issue(kit, I2V, "{}", "invalid_type", "model", "expected string, received undefined");
    runway_emu_issue(kit, I2V, "{}", "invalid_union", "model", "Invalid input");
    assert_string_equal(emu_kit_at(kit, "issues.1.note"), "No matching discriminator");
    assert_string_equal(emu_kit_at(kit, "issues.1.discriminator"), "model");
    assert_string_equal(emu_kit_at(kit, "docUrl"), "https://docs.dev.runwayml.com/api");
    runway_emu_issue(kit, I2V, "[]", "invalid_type", "", "expected object, received array");
    runway_emu_issue(kit, I2V, NULL, "invalid_type", "", "received undefined");
}

static void fields_have_their_bounds(void **state)
{
    static const struct refused rows[] = {
        {I2V, M("gen4.5") IMG WIDE S("5"), "invalid_type", "promptText", "received undefined"},
        {I2V, M("gen4.5") IMG "\"promptText\":\"\"," WIDE S("5"), "too_small", "promptText", ">=1 characters"},
        {I2V, M("gen4.5") IMG "\"promptText\":7," WIDE S("5"), "invalid_type", "promptText", "received number"},
        {I2V, M("gen4.5") IMG P S("5"), "invalid_value", "ratio", "expected one of '1280:720'|'720:1280'|'1104:832'|"},
        {I2V, M("gen4.5") IMG P SIZE("16:9") S("5"), "invalid_value", "ratio", "Invalid option"},
        {I2V, M("gen4.5") IMG P WIDE, "invalid_type", "duration", "expected number, received undefined"},
        {I2V, M("gen4.5") IMG P WIDE S("1"), "too_small", "duration", "expected number to be >=2"},
        {I2V, M("gen4.5") IMG P WIDE S("11"), "too_big", "duration", "expected number to be <=10"},
        {I2V, M("gen4.5") IMG P WIDE S("5.5"), "invalid_type", "duration", "expected int"},
        {I2V, M("gen4.5") IMG P WIDE S("\"5\""), "invalid_type", "duration", "received string"},
        {I2V, M("gen4.5") IMG P WIDE S("5") "\"outputFormat\":\"avi\"", "invalid_value", "outputFormat", "'mp4'"},
        {I2V, M("gen4_turbo") IMG WIDE "\"seed\":4294967296", "too_big", "seed", "<=4294967295"},
        {I2V, M("gen4_turbo") IMG WIDE "\"seed\":-1", "too_small", "seed", ">=0"},
        {I2V, M("gen4_turbo") IMG WIDE "\"contentModeration\":{\"publicFigureThreshold\":\"high\"}", "invalid_value",
         "contentModeration.publicFigureThreshold", "'auto'|'low'"},
        {T2V, M("gen4.5") P SIZE("960:960") S("5"), "invalid_value", "ratio", "'1280:720'|'720:1280'"},
        {T2V, M("veo3.1") P WIDE S("5"), "invalid_value", "duration", "4|6|8"},
        {T2V, M("veo3.1") P WIDE "\"audio\":\"yes\"", "invalid_type", "audio", "expected boolean"},
        {T2V, M("seedance2_fast") P SIZE("1920:1080"), "invalid_value", "ratio", "'992:432'"},
        {T2V, M("seedance2_5") P SIZE("864:496"), "invalid_value", "ratio", "'854:480'"},
        {T2V, M("seedance2") P S("3"), "too_small", "duration", ">=4"},
        {T2V, M("seedance2") P S("16"), "too_big", "duration", "<=15"},
        {T2V, M("seedance2_5") P S("31"), "too_big", "duration", "<=30"},
        {T2V, M("seedance2") P S("\"long\""), "invalid_union", "duration", "Invalid input"},
        {T2V, M("happyhorse_1_0") "\"promptText\":\"a\"", "too_small", "promptText", ">=2"},
        {T2V, M("hailuo3") P S("4"), "too_small", "duration", ">=5"},
        {T2V, M("gemini_omni_flash") P S("\"auto\""), "invalid_type", "duration", "expected number"},
        {V2V, M("aleph2") P, "invalid_type", "videoUri", "expected string, received undefined"},
        {V2V, M("seedance2") P, "invalid_type", "promptVideo", "received undefined"},
        {UPSCALE, M("magnific_video_upscaler_creative") URI "\"creativity\":101", "too_big", "creativity", "<=100"},
        {UPSCALE, M("magnific_video_upscaler_creative") URI "\"resolution\":\"8k\"", "invalid_value", "resolution", ""},
        {UPSCALE, M("enhance_frame_rate") URI, "invalid_value", "targetFramerate", "'24'|'25'"},
        {UPSCALE, M("enhance_frame_rate") URI "\"targetFramerate\":24", "invalid_value", "targetFramerate", ""},
        {T2I, M("gen4_image") P SIZE("1:1"), "invalid_value", "ratio", "'1024:1024'"},
        {T2I, M("gen4_image_turbo") P SIZE("1024:1024"), "invalid_type", "referenceImages", "expected array"},
        {T2I, M("gen4_image_turbo") P SIZE("1024:1024") LIST("referenceImages", ""), "too_small", "referenceImages",
         ">=1 items"},
        {T2I, M("gen4_image") P SIZE("1024:1024") LIST("referenceImages", "{\"uri\":\"" PNG "\",\"tag\":\"1ab\"}"),
         "custom", "referenceImages.0.tag", "Invalid tag"},
    };
    refuse_all(*state, rows, sizeof rows / sizeof rows[0]);
}

static void unknown_fields_are_refused_by_strict_models_only(void **state)
{
    struct emu_kit *kit = *state;
    emu_kit_create(kit, I2V, closed(kit, M("gen4_turbo") IMG WIDE END));
    static const char *const strict[] = {"seedance2", "seedance2_5", "hailuo3", "happyhorse_1_0"};
    for (size_t i = 0; i < sizeof strict / sizeof strict[0]; i++) {
        const char *members = gv_arena_printf(&kit->arena, "\"model\":\"%s\"," P "\"a\":1,\"b\":{}", strict[i]);
        runway_emu_issue(kit, T2V, closed(kit, members), "unrecognized_keys", "", "Unrecognized keys: \"a\", \"b\"");
        assert_int_equal(runway_emu_issues(kit), 1);
    }
    static const struct refused rows[] = {
        {T2V, M("veo3.1") P WIDE END, "unrecognized_keys", "", "Unrecognized key: \"x_end\""},
        {V2V, M("aleph2") URI END, "unrecognized_keys", "", "x_end"},
        {V2V, M("gemini_omni_flash") URI P END, "unrecognized_keys", "", "x_end"},
        {UPSCALE, M("magnific_video_upscaler_creative") URI END, "unrecognized_keys", "", "x_end"},
        /* The name of the source differs by model. */
        {I2V, M("happyhorse_1_0") IMG WIDE, "unrecognized_keys", "", "ratio"},
    };
    refuse_all(kit, rows, sizeof rows / sizeof rows[0]);
}

static void all_issues_are_told_at_once(void **state)
{
    struct emu_kit *kit = *state;
    runway_emu_issue(kit, I2V,
                     closed(kit, M("veo3.1") LIST("promptImage", AT("http://x.example/a.png", "first")) SIZE("1:1")
                                     S("5") "\"seed\":-1," END),
                     "custom", "promptImage.0.uri", "Only HTTPS");
    assert_int_equal(runway_emu_issues(kit), 5);
}

static void prompts_are_counted_in_utf16(void **state)
{
    struct emu_kit *kit = *state;
    /* 500 characters beyond the basic plane are 1000 units; e with an accent is one. */
    const char *full = M("gen4_turbo") IMG WIDE "\"promptText\":\"" TEN(TEN("\xf0\x9f\x8e\xac\xf0\x9f\x8e\xac"
                                                                            "\xf0\x9f\x8e\xac\xf0\x9f\x8e\xac"
                                                                            "\xf0\x9f\x8e\xac"));
    emu_kit_create(kit, I2V, closed(kit, gv_arena_printf(&kit->arena, "%s\"", full)));
    runway_emu_issue(kit, I2V, closed(kit, gv_arena_printf(&kit->arena, "%s\xc3\xa9\"", full)), "too_big", "promptText",
                     "<=1000 characters");
}

static void frames_have_their_positions(void **state)
{
    static const struct refused rows[] = {
        {I2V, M("gen4_turbo") WIDE, "invalid_union", "promptImage", "Invalid input"},
        {I2V, M("gen4_turbo") "\"promptImage\":7," WIDE, "invalid_union", "promptImage", "Invalid input"},
        {I2V, M("gen4_turbo") LIST("promptImage", "") WIDE, "too_small", "promptImage", ">=1 items"},
        {I2V, M("gen4_turbo") LIST("promptImage", AT(PNG, "first") "," AT(PNG, "first")) WIDE, "too_big", "promptImage",
         "<=1 items"},
        {I2V, M("gen4_turbo") LIST("promptImage", AT(PNG, "last")) WIDE, "invalid_value", "promptImage.0.position",
         "'first'"},
        {I2V, M("gen4_turbo") LIST("promptImage", ITEM(PNG)) WIDE, "invalid_value", "promptImage.0.position", ""},
        {I2V, M("gen4_turbo") LIST("promptImage", "{\"position\":\"first\"}") WIDE, "invalid_type", "promptImage.0.uri",
         "received undefined"},
        {I2V, M("gen4_turbo") LIST("promptImage", "\"" PNG "\"") WIDE, "invalid_type", "promptImage.0", "object"},
        {I2V, M("veo3.1") LIST("promptImage", AT(PNG, "last")) WIDE, "custom", "promptImage", "needs a first frame"},
        {I2V, M("veo3.1") LIST("promptImage", AT(PNG, "first") "," AT(PNG, "first")) WIDE, "custom", "promptImage",
         "only once"},
        {I2V, M("veo3.1") LIST("promptImage", AT(PNG, "middle")) WIDE, "invalid_value", "promptImage.0.position", ""},
        {I2V, M("seedance2") LIST("promptImage", AT(PNG, "first") "," ITEM(PNG)), "custom", "promptImage",
         "can't be mixed"},
        {I2V, M("wan3") LIST("promptImage", AT(PNG, "first")) P SIZE("832:480"), "custom", "ratio", "automatic"},
    };
    refuse_all(*state, rows, sizeof rows / sizeof rows[0]);
}

static void lists_hold_what_they_may(void **state)
{
    static const struct refused rows[] = {
        {T2V, M("seedance2") P LIST("references", TEN(ITEM(PNG) ",") ITEM(PNG)), "too_big", "references", "<=9 items"},
        {T2V, M("seedance2") P LIST("referenceVideos", ITEM(MP4)), "invalid_value", "referenceVideos.0.type",
         "'video'"},
        {T2V, M("seedance2") P LIST("referenceAudio", TYPED("video", MP3)), "invalid_value", "referenceAudio.0.type",
         "'audio'"},
        {T2V, M("seedance2") P LIST("references", ITEM(MP4)), "custom", "references.0.uri", "Expected image"},
        {T2V, M("seedance2") P "\"references\":{}", "invalid_type", "references", "expected array"},
        /* 4 s each: the fourth does not fit, and the sum is over 15 s with a long one. */
        {T2V,
         M("seedance2") P LIST("referenceAudio", TYPED("audio", MP3) "," TYPED("audio", MP3) "," TYPED(
                                                     "audio", MP3) "," TYPED("audio", MP3)),
         "too_big", "referenceAudio", "<=3 items"},
        {T2V, M("seedance2") P LIST("referenceAudio", TYPED("audio", HOST "long.mp3")), "too_big",
         "referenceAudio.0.uri", "at most 15 seconds"},
        {V2V, M("aleph2") URI LIST("keyframes", ITEM(PNG)), "custom", "keyframes.0", "Exactly one"},
        {V2V, M("aleph2") URI LIST("keyframes", "{\"uri\":\"" PNG "\",\"at\":1,\"seconds\":1}"), "custom",
         "keyframes.0", "Exactly one"},
        {V2V, M("aleph2") URI LIST("keyframes", "{\"uri\":\"" PNG "\",\"seconds\":31}"), "too_big",
         "keyframes.0.seconds", "<=30"},
        {V2V,
         M("aleph2")
             URI LIST("keyframes", "{\"uri\":\"" PNG "\",\"at\":1,\"range\":{}},{\"uri\":\"" PNG "\",\"at\":0}"),
         "custom", "keyframes", "range"},
    };
    refuse_all(*state, rows, sizeof rows / sizeof rows[0]);
}

static void modes_of_seedance_exclude_fields(void **state)
{
    static const struct refused rows[] = {
        {V2V, M("seedance2_5") SRC "\"mode\":\"extend\"", "custom", "promptText", "required in mode extend"},
        {V2V, M("seedance2_5") SRC P WIDE "\"mode\":\"extend\"", "custom", "ratio", "not allowed"},
        {V2V, M("seedance2_5") SRC P S("5") "\"mode\":\"edit\"", "custom", "duration", "auto"},
    };
    refuse_all(*state, rows, sizeof rows / sizeof rows[0]);
}

#define TURBO(uri) M("gen4_turbo") "\"promptImage\":\"" uri "\"," WIDE

static void media_are_judged_while_the_create_waits(void **state)
{
    static const struct refused rows[] = {
        {I2V, TURBO("a.png"), "invalid_union", "promptImage", "Invalid input"},
        {I2V, TURBO("http://x.example/a.png"), "custom", "promptImage", "Only HTTPS"},
        {I2V, TURBO("https://1.2.3.4/a.png"), "custom", "promptImage", "not an IP address"},
        {I2V, TURBO("https://[::1]/a.png"), "custom", "promptImage", "not an IP address"},
        {I2V, TURBO("https://a.bc"), "too_small", "promptImage", ">=13"},
        {I2V, TURBO(HOST "gone.png"), "custom", "promptImage", "Failed to fetch asset. It can't be fetched."},
        {I2V, TURBO(HOST "text.txt"), "custom", "promptImage", "Unsupported asset type"},
        {I2V, TURBO(HOST "big.png"), "custom", "promptImage", "at most 16 MB"},
        {I2V, TURBO(HOST "wide.png"), "custom", "promptImage", "between 0.5 and 2.358"},
        {I2V, TURBO(MP4), "custom", "promptImage", "Expected image"},
        {I2V, TURBO("data:text/plain;base64,AAAA"), "custom", "promptImage", "Invalid data URI"},
        {I2V, TURBO("data:image/png;base64,gone"), "custom", "promptImage", "Invalid data URI: it can't be fetched"},
        {I2V, TURBO("runway://nothing"), "custom", "promptImage", "Nothing was uploaded"},
        {I2V, M("h3_max") "\"promptImage\":\"" HOST "small.png\"," P, "custom", "promptImage", "at least 256"},
        {V2V, M("aleph2") "\"videoUri\":\"" HOST "long.mp4\"", "too_big", "videoUri",
         "Asset duration must be at most 30 seconds"},
        {V2V, M("aleph2") "\"videoUri\":\"" HOST "big.mp4\"", "custom", "videoUri", "at most 32 MB"},
        {V2V, M("aleph2") "\"videoUri\":\"" PNG "\"", "custom", "videoUri", "Expected video"},
    };
    struct emu_kit *kit = *state;
    refuse_all(kit, rows, sizeof rows / sizeof rows[0]);
    emu_kit_create(kit, I2V, closed(kit, TURBO("http://127.0.0.1:7411/a.png")));
    emu_kit_create(kit, I2V, closed(kit, TURBO("http://localhost/a.png")));
    const char *long_url = gv_arena_printf(&kit->arena, M("gen4_turbo") "\"promptImage\":\"" HOST "%02031d\"," WIDE, 0);
    runway_emu_issue(kit, I2V, closed(kit, long_url), "too_big", "promptImage", "<=2048");
}

static void data_is_counted_as_it_was_sent(void **state)
{
    struct emu_kit *kit = *state;
    /* What was lifted out has 5242860 characters: 20 are left for what stands before. */
    runway_emu_issue(kit, I2V, closed(kit, TURBO("data:image/png;base64,blob:0")), "too_big", "promptImage",
                     "<=5242880");
    emu_kit_create(kit, I2V, closed(kit, TURBO("data:image/;base64,blob:0")));
    emu_kit_create(kit, I2V, closed(kit, TURBO("data:image/png;base64,AAAA")));
}

#define T(name) cmocka_unit_test_setup_teardown(name, runway_emu_kit_set_up, emu_kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_model_takes_its_own),        T(models_are_told_apart_by_path),
        T(fields_have_their_bounds),         T(unknown_fields_are_refused_by_strict_models_only),
        T(all_issues_are_told_at_once),      T(prompts_are_counted_in_utf16),
        T(frames_have_their_positions),      T(lists_hold_what_they_may),
        T(modes_of_seedance_exclude_fields), T(media_are_judged_while_the_create_waits),
        T(data_is_counted_as_it_was_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
