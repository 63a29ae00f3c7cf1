#include "sim/world/parts.h"

extern const struct gv_provider gv_provider_kling, gv_provider_runway, gv_provider_stability, gv_provider_veo;
extern const struct gv_emulator gv_emulator_kling, gv_emulator_runway, gv_emulator_stability, gv_emulator_veo;

#define GENERATE(provider, input, config)                                                                              \
    "{\"operation\":\"generate\",\"provider\":\"" provider "\",\"input\":" input ",\"config\":{" config "}}"
#define TEXT(words) "{\"text\":\"" words " $JOB\"}"
#define PICTURE "{\"image\":{\"data\":{\"url\":\"https://x.example/$JOB/a.png\"}}}"
#define FILE_OF(bytes) "{\"image\":{\"data\":{\"blob\":{$FILE,\"bytes\":" bytes "}}}}"
#define DARING "\"provider_options\":{\"resubmit_uncertain\":\"true\"}"

#define KLING(input, model) GENERATE("kling", input, "\"model\":\"" model "\"")
static const char *const kling_wishes[] = {
    KLING(TEXT("a boat"), "kling-v3"),
    KLING(PICTURE, "kling-v3"),
    KLING(FILE_OF("4800"), "kling-v3"),
    KLING(TEXT("a boat"), "kling-3.0"),
    KLING(TEXT("[fail: no luck]"), "kling-v3"),
    GENERATE("kling", TEXT("a daring boat"), "\"model\":\"kling-v3\"," DARING),
    "{\"operation\":\"generate_lip_sync\",\"provider\":\"kling\","
    "\"video\":{\"video\":{\"url\":\"https://x.example/$JOB/v.mp4\"}},\"audio\":{\"from_text\":"
    "{\"text\":\"hello $JOB\",\"voice_id\":\"oversea_male1\",\"language\":\"en\",\"speed\":1}}}",
    NULL,
};
const struct sim_part sim_part_kling = {&gv_provider_kling, &gv_emulator_kling, kling_wishes};

#define RUNWAY(input, model) GENERATE("runway", input, "\"model\":\"" model "\"")
static const char *const runway_wishes[] = {
    RUNWAY(TEXT("a boat"), "gen4.5"),
    RUNWAY("{\"image\":{\"data\":{\"url\":\"https://x.example/$JOB/a.png\"},\"prompt\":\"go $JOB\"}}", "gen4.5"),
    RUNWAY("{\"image\":{\"data\":{\"blob\":{$FILE,\"bytes\":9000000}},\"prompt\":\"go $JOB\"}}", "gen4.5"),
    RUNWAY(TEXT("a boat"), "gen4_turbo"),
    RUNWAY(TEXT("[fail: SAFETY.INPUT.TEXT no luck]"), "gen4.5"),
    GENERATE("runway", TEXT("a daring boat"), "\"model\":\"gen4.5\"," DARING),
    "{\"operation\":\"upscale_video\",\"provider\":\"runway\",\"input\":{\"url\":\"https://x.example/$JOB/v.mp4\"}}",
    NULL,
};
const struct sim_part sim_part_runway = {&gv_provider_runway, &gv_emulator_runway, runway_wishes};

static const char *const stability_wishes[] = {
    GENERATE("stability", TEXT("a boat"), "\"aspect_ratio\":\"landscape\",\"seed\":7"),
    GENERATE("stability", TEXT("a tall boat"), "\"aspect_ratio\":\"portrait\""),
    GENERATE("stability", TEXT("a daring boat"), "\"aspect_ratio\":\"square\"," DARING),
    GENERATE("stability", PICTURE, "\"aspect_ratio\":\"square\""),
    GENERATE("stability", FILE_OF("4800"), "\"aspect_ratio\":\"square\""),
    NULL,
};
const struct sim_part sim_part_stability = {&gv_provider_stability, &gv_emulator_stability, stability_wishes};

#define VEO(input, more) GENERATE("veo", input, "\"model\":\"veo-3.1-fast-generate-001\"" more)
static const char *const veo_wishes[] = {
    VEO(TEXT("a boat"), ""),
    VEO(TEXT("three boats"), ",\"provider_options\":{\"sample_count\":\"3\"}"),
    VEO(TEXT("a boat"), ",\"provider_options\":{\"storage_uri\":\"gs://films/out/\"}"),
    VEO("{\"image\":{\"data\":{\"blob\":{$FILE,\"bytes\":4800}},\"prompt\":\"go $JOB\"}}", ""),
    VEO(TEXT("[fail: 8 no room]"), ""),
    VEO(TEXT("a daring boat"), "," DARING),
    VEO("{\"image\":{\"data\":{\"url\":\"https://x.example/$JOB/a.png\"},\"prompt\":\"go $JOB\"}}", ""),
    NULL,
};
const struct sim_part sim_part_veo = {&gv_provider_veo, &gv_emulator_veo, veo_wishes};
