/* What Runway takes and what it is called: rows only, and looking things up in them. */
#include "provider/runway/runway.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL_RATIOS                                                                                                     \
    (GV_BIT(GV_RATIO_SQUARE) | GV_BIT(GV_RATIO_PORTRAIT) | GV_BIT(GV_RATIO_LANDSCAPE) | GV_BIT(GV_RATIO_CINEMA))
#define WIDE_TALL (GV_BIT(GV_RATIO_PORTRAIT) | GV_BIT(GV_RATIO_LANDSCAPE))
#define SD GV_BIT(GV_RESOLUTION_SD)
#define HD GV_BIT(GV_RESOLUTION_HD)
#define FHD GV_BIT(GV_RESOLUTION_FHD)
#define UHD GV_BIT(GV_RESOLUTION_UHD)
#define FROM_TO(least, most) (GV_BIT((most) + 1) - GV_BIT(least))
#define CREDITS(n) ((n)*0.01) /* README, section 8 */
#define SEEN "2026-10-04"
/* Positions are optional there: with them keyframes, without them references. */
#define TAKES_SEEDANCE                                                                                                 \
    (GV_TAKES_TEXT | GV_TAKES_IMAGE | GV_TAKES_IMAGE_LAST | GV_TAKES_LASTFRAME | GV_TAKES_MULTI_IMAGE |                \
     GV_TAKES_VIDEO | GV_TAKES_SEED | GV_TAKES_RATIO_WITH_IMAGE)

const struct gv_model runway_models[] = {
#include "provider/runway/runway_models.inc"
};

/* ---- sizes (section 3.6) ---------------------------------------------------------------------------- */

#define A GV_BIT(RUNWAY_SIZES_A)
#define AT (GV_BIT(RUNWAY_SIZES_A) | GV_BIT(RUNWAY_SIZES_A_TEXT))
#define V GV_BIT(RUNWAY_SIZES_V)
#define S7 (GV_BIT(RUNWAY_SIZES_S720) | GV_BIT(RUNWAY_SIZES_S4K) | GV_BIT(RUNWAY_SIZES_S25))
#define S7_NOT_25 (GV_BIT(RUNWAY_SIZES_S720) | GV_BIT(RUNWAY_SIZES_S4K))
#define S25 GV_BIT(RUNWAY_SIZES_S25)
#define S1080 (GV_BIT(RUNWAY_SIZES_S4K) | GV_BIT(RUNWAY_SIZES_S25))
#define S4K GV_BIT(RUNWAY_SIZES_S4K)
#define H GV_BIT(RUNWAY_SIZES_H)
#define G GV_BIT(RUNWAY_SIZES_G)
#define G11 GV_BIT(RUNWAY_SIZES_G11)
#define W GV_BIT(RUNWAY_SIZES_W)
#define ALEPH GV_BIT(RUNWAY_SIZES_ALEPH)
#define HAILUO GV_BIT(RUNWAY_SIZES_HAILUO)
#define GROK GV_BIT(RUNWAY_SIZES_GROK)
#define OLD GV_BIT(RUNWAY_SIZES_OLD)
#define SIZE(word, ratio, resolution, sets)                                                                            \
    {                                                                                                                  \
        word, GV_RATIO_##ratio, GV_RESOLUTION_##resolution, sets                                                       \
    }

static const struct runway_size sizes[] = {
    SIZE("1280:720", LANDSCAPE, HD, AT | V | S7 | H | G | G11 | W),
    SIZE("720:1280", PORTRAIT, HD, AT | V | S7 | H | G | G11 | W),
    SIZE("960:960", SQUARE, HD, A | S7 | H | W),
    SIZE("1584:672", CINEMA, HD, A),
    SIZE("1470:630", CINEMA, HD, S7),
    SIZE("1104:832", UNSET, HD, A | W),
    SIZE("832:1104", UNSET, HD, A | W),
    SIZE("1112:834", UNSET, HD, S7),
    SIZE("834:1112", UNSET, HD, S7),
    SIZE("1108:832", UNSET, HD, H),
    SIZE("832:1108", UNSET, HD, H),
    SIZE("864:496", LANDSCAPE, SD, S7_NOT_25),
    SIZE("496:864", PORTRAIT, SD, S7_NOT_25),
    SIZE("854:480", LANDSCAPE, SD, S25),
    SIZE("480:854", PORTRAIT, SD, S25),
    SIZE("832:480", LANDSCAPE, SD, W),
    SIZE("480:832", PORTRAIT, SD, W),
    SIZE("640:640", SQUARE, SD, S7),
    SIZE("624:624", SQUARE, SD, W),
    SIZE("992:432", CINEMA, SD, S7),
    SIZE("752:560", UNSET, SD, S7),
    SIZE("560:752", UNSET, SD, S7),
    SIZE("720:544", UNSET, SD, W),
    SIZE("544:720", UNSET, SD, W),
    SIZE("640:360", UNSET, SD, G11),
    SIZE("360:640", UNSET, SD, G11),
    SIZE("1920:1080", LANDSCAPE, FHD, V | S1080 | H | G11 | W),
    SIZE("1080:1920", PORTRAIT, FHD, V | S1080 | H | G11 | W),
    SIZE("1440:1440", SQUARE, FHD, S1080 | H | W),
    SIZE("2206:946", CINEMA, FHD, S1080),
    SIZE("1664:1248", UNSET, FHD, S1080),
    SIZE("1248:1664", UNSET, FHD, S1080),
    SIZE("1662:1248", UNSET, FHD, H),
    SIZE("1248:1662", UNSET, FHD, H),
    SIZE("1648:1248", UNSET, FHD, W),
    SIZE("1248:1648", UNSET, FHD, W),
    SIZE("3840:2160", LANDSCAPE, UHD, S4K | G11),
    SIZE("2160:3840", PORTRAIT, UHD, S4K | G11),
    SIZE("3840:3840", SQUARE, UHD, S4K),
    SIZE("3840:1646", CINEMA, UHD, S4K),
    SIZE("3840:2880", UNSET, UHD, S4K),
    SIZE("2880:3840", UNSET, UHD, S4K),
    SIZE("16:9", LANDSCAPE, UNSET, ALEPH | HAILUO | GROK),
    SIZE("9:16", PORTRAIT, UNSET, ALEPH | HAILUO | GROK),
    SIZE("1:1", SQUARE, UNSET, ALEPH | HAILUO | GROK),
    SIZE("21:9", CINEMA, UNSET, ALEPH | HAILUO),
    SIZE("4:3", UNSET, UNSET, ALEPH | HAILUO | GROK),
    SIZE("3:4", UNSET, UNSET, ALEPH | HAILUO | GROK),
    SIZE("3:2", UNSET, UNSET, ALEPH | GROK),
    SIZE("2:3", UNSET, UNSET, ALEPH | GROK),
    SIZE("1280:768", LANDSCAPE, HD, OLD),
    SIZE("768:1280", PORTRAIT, HD, OLD),
};

static bool is_of(const struct runway_size *size, enum runway_set set)
{
    return (size->sets & GV_BIT(set)) != 0;
}

const struct runway_size *runway_size_of(enum runway_set set, enum gv_aspect_ratio ratio, enum gv_resolution resolution)
{
    for (size_t i = 0; i < GV_COUNT(sizes); i++) {
        bool fits = sizes[i].resolution == resolution || sizes[i].resolution == GV_RESOLUTION_UNSET;
        if (is_of(&sizes[i], set) && sizes[i].ratio == ratio && fits)
            return &sizes[i];
    }
    return NULL;
}

const struct runway_size *runway_size_named(enum runway_set set, const char *word)
{
    for (size_t i = 0; i < GV_COUNT(sizes); i++) {
        if (is_of(&sizes[i], set) && strcmp(sizes[i].word, word) == 0)
            return &sizes[i];
    }
    return NULL;
}

static double aspect_of(const char *word)
{
    char *end;
    double width = strtod(word, &end);
    return width / strtod(end + 1, NULL);
}

const struct runway_size *runway_size_near(enum runway_set set, enum gv_resolution resolution, double aspect)
{
    const struct runway_size *best = NULL;
    double least = 0;
    for (size_t i = 0; i < GV_COUNT(sizes); i++) {
        bool fits = sizes[i].resolution == resolution || sizes[i].resolution == GV_RESOLUTION_UNSET;
        if (!is_of(&sizes[i], set) || !fits)
            continue;
        double off = fabs(log(aspect_of(sizes[i].word) / aspect));
        if (best == NULL || off < least) {
            best = &sizes[i];
            least = off;
        }
    }
    return best;
}

const char *runway_size_words(enum runway_set set, struct gv_arena *arena)
{
    const char *words = "";
    for (size_t i = 0; i < GV_COUNT(sizes); i++) {
        if (is_of(&sizes[i], set))
            words = gv_arena_printf(arena, "%s%s%s", words, *words != '\0' ? ", " : "", sizes[i].word);
    }
    return words;
}

/* gen4_image has no size of gen4_turbo's odd ones: the nearest in shape, and not smaller in its short side. */
const char *runway_image_size(const char *film)
{
    static const struct {
        const char *film, *picture;
    } rows[] = {
        {"1280:720", "1280:720"}, {"720:1280", "720:1280"},  {"960:960", "1024:1024"},
        {"1104:832", "1168:880"}, {"832:1104", "1080:1440"}, {"1584:672", "1808:768"},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        if (strcmp(rows[i].film, film) == 0)
            return rows[i].picture;
    }
    return NULL;
}

/* ---- what the traits count -------------------------------------------------------------------------- */

size_t runway_prompt_units_max(const struct gv_model *model)
{
    static const size_t most[8] = {
        [RUNWAY_PROMPT_1000] = 1000, [RUNWAY_PROMPT_2500] = 2500, [RUNWAY_PROMPT_3500] = 3500,
        [RUNWAY_PROMPT_4000] = 4000, [RUNWAY_PROMPT_6000] = 6000, [RUNWAY_PROMPT_15000] = 15000,
    };
    return most[model->traits >> 4 & 7];
}

size_t runway_images_max(const struct gv_model *model)
{
    static const size_t most[4] = {[RUNWAY_MANY_9] = 9, [RUNWAY_MANY_10] = 10, [RUNWAY_MANY_30] = 30};
    return most[model->traits >> 7 & 3];
}

/* ---- words ------------------------------------------------------------------------------------------ */

const char *const runway_route_words[] = {
    [RUNWAY_IMAGE_TO_VIDEO] = "image_to_video", [RUNWAY_TEXT_TO_VIDEO] = "text_to_video",
    [RUNWAY_TEXT_BY_TWO] = "image_to_video",    [RUNWAY_VIDEO_TO_VIDEO] = "video_to_video",
    [RUNWAY_VIDEO_UPSCALE] = "video_upscale",
};

const struct gv_setting runway_settings[RUNWAY_SETTING_COUNT] = {
    [RUNWAY_AT_API_KEY] = {.name = "RUNWAY_API_KEY",
                           .help = "API key (key_...) from https://dev.runwayml.com",
                           .secret = true,
                           .set = RUNWAY_SET_API_KEY},
    [RUNWAY_AT_API_SECRET] = {.name = "RUNWAYML_API_SECRET",
                              .help = "the same key, under the name that Runway's own libraries read",
                              .secret = true,
                              .set = RUNWAY_SET_API_SECRET},
    [RUNWAY_AT_BASE_URL] = {.name = "RUNWAY_BASE_URL",
                            .help = "scheme and host",
                            .preset = "https://api.dev.runwayml.com"},
};

#define YES_NO "true|false"

const struct gv_option runway_options[] = {
    {"ratio", NULL, "an exact W:H of the model's set, such as 1104:832, instead of ratio and resolution"},
    {"prompt", NULL, "what to do with the input video (generate from video)"},
    {"duration", "auto", "auto: the model chooses the length (seedance models, gemini_omni_flash_1.1)"},
    {"resolution", "480p|720p|768p|1k|2k|4k", "of upscale-video (720p, 1k, 2k, 4k), hailuo3 (768p, 2k), h3_max"},
    {"mode", "reference|extend|edit", "what the input video is for (seedance2_5, gemini_omni_flash_1.1)"},
    {"public_figure_threshold", "auto|low", "how strictly recognisable people are moderated"},
    {"output_format", "mp4|prores|hdr10|hlg|sdr_rec709_10bit|hdr_pq_12bit_master|hdr_prores",
     "the film's format (gen4.5, aleph2); sequences of pictures come as archives and are not taken"},
    {"prores_profile", "422|4444|422 Proxy|422 LT|422 HQ|4444 XQ", "with output_format prores or hdr_prores"},
    {"prompt_expansion", "disabled|balanced|quality", "h3_max: how much the prompt is rewritten"},
    {"creativity", NULL, "upscale-video: 0 to 100"},
    {"sharpen", NULL, "upscale-video: 0 to 100"},
    {"smart_grain", NULL, "upscale-video: 0 to 100"},
    {"flavor", "vivid|natural", "upscale-video"},
    {"fps_boost", YES_NO, "upscale-video: more frames per second"},
    {"resubmit_uncertain", YES_NO, "true: repeat a create whose answer was lost though it may be billed twice"},
};

const char *const runway_unsupported[] = {
    "generate-lip-sync",
    "Runway's API has no lip-sync; its act_two moves a face after another film, and its avatars speak, which this "
    "interface can't ask for",
    "list-voices",
    "Runway's API has no lip-sync that a voice could be for",
    "extend-video",
    "Runway's API knows no video by id; generate from the film's URL or file, with model seedance2_5 and provider "
    "option mode=extend",
    "generate-video-effects",
    "Runway's API has no effects; generate from the picture and describe the effect in the prompt",
    "static-mask",
    "Runway's API takes no masks",
    "dynamic-mask",
    "Runway's API takes no masks",
    "camera-control",
    "Runway's API has no camera control; describe the movement in the prompt",
    NULL,
};
