/* Runway's emulator: what the rows of its products are made of. Fact sheet 3.2 - 3.6, 4, 7. Where the sheet knows no
 * bound there is none here. */
#include "provider/runway/runway_sandbox.h"

/* ---- ratios (3.6) ------------------------------------------------------------------------------------------------ */

#define SET_A "1280:720|720:1280|1104:832|832:1104|960:960|1584:672"
#define SET_V "1280:720|720:1280|1080:1920|1920:1080"
#define SET_MOST_OF_720 "752:560|640:640|560:752|1470:630|1280:720|1112:834|960:960|834:1112|720:1280"
#define SET_1080 "2206:946|1920:1080|1664:1248|1440:1440|1248:1664|1080:1920"
#define SET_S720 "992:432|864:496|496:864|" SET_MOST_OF_720
#define SET_S4K SET_S720 "|" SET_1080 "|3840:1646|3840:2160|3840:2880|3840:3840|2880:3840|2160:3840"
#define SET_S25 "992:432|854:480|480:854|" SET_MOST_OF_720 "|" SET_1080
#define SET_H "1280:720|720:1280|960:960|1108:832|832:1108|1920:1080|1080:1920|1440:1440|1662:1248|1248:1662"
#define SET_G "1280:720|720:1280"
#define SET_G11 "640:360|360:640|1280:720|720:1280|1920:1080|1080:1920|3840:2160|2160:3840"
#define SET_W                                                                                                          \
    "832:480|720:544|624:624|544:720|480:832|1280:720|1104:832|960:960|832:1104|720:1280|1920:1080|1648:1248|"         \
    "1440:1440|1248:1648|1080:1920|auto_480p|auto_720p|auto_1080p"
#define SET_I                                                                                                          \
    "1024:1024|1080:1080|1168:880|1360:768|1440:1080|1080:1440|1808:768|1920:1080|1080:1920|2112:912|1280:720|"        \
    "720:1280|720:720|960:720|720:960|1680:720"
#define SET_HAILUO "adaptive|21:9|16:9|4:3|1:1|3:4|9:16"
#define SET_GROK "1:1|16:9|9:16|4:3|3:4|3:2|2:3"
#define SET_ALEPH "16:9|4:3|3:2|1:1|2:3|3:4|9:16|21:9"

/* ---- fields ------------------------------------------------------------------------------------------------------ */

#define NEEDED RUNWAY_NEEDED
#define FIELD(name, kind, traits, least, most, choices)                                                                \
    {                                                                                                                  \
        name, kind, traits, least, most, choices, 0                                                                    \
    }
#define TEXT(name) FIELD(name, RUNWAY_TEXT, 0, 0, 0, NULL)
#define CHOICE(name, choices) FIELD(name, RUNWAY_CHOICE, 0, 0, 0, choices)
#define CHOICE_NEEDED(name, choices) FIELD(name, RUNWAY_CHOICE, NEEDED, 0, 0, choices)
#define WHOLE(name, least, most) FIELD(name, RUNWAY_INT, 0, least, most, NULL)
#define FLAG(name) FIELD(name, RUNWAY_FLAG, 0, 0, 0, NULL)
#define MEDIA(name, kind, traits, least, most, media)                                                                  \
    {                                                                                                                  \
        name, kind, traits, least, most, NULL, media                                                                   \
    }

#define PROMPT(traits, least, most) FIELD("promptText", RUNWAY_TEXT, traits, least, most, NULL)
#define NEGATIVE FIELD("negativePrompt", RUNWAY_TEXT, 0, 1, 1000, NULL)
#define RATIO(traits, set) FIELD("ratio", RUNWAY_CHOICE, traits, 0, 0, set)
#define SECONDS(traits, least, most) FIELD("duration", RUNWAY_SECONDS, traits, least, most, NULL)
#define SECONDS_OF(choices) FIELD("duration", RUNWAY_SECONDS, 0, 0, 0, choices)
#define SECONDS_ANY FIELD("duration", RUNWAY_NUMBER, 0, 1, 60, NULL) /* so that films stay small */
#define SEED WHOLE("seed", 0, 4294967295.0)
#define AUDIO FLAG("audio")
#define MODERATION FIELD("contentModeration", RUNWAY_MODERATION, 0, 0, 0, NULL)
#define PERCENT(name) WHOLE(name, 0, 100)
#define HAILUO_SIZE CHOICE("resolution", "768p|2k|768P|2K")
#define MODES CHOICE("mode", "reference|extend|edit")
#define EXPANSION CHOICE("promptExpansionMode", "disabled|balanced|quality")
#define PRORES CHOICE("proresProfile", "422|4444|422 Proxy|422 LT|422 HQ|4444 XQ")
#define FORMATS                                                                                                        \
    CHOICE("outputFormat", "mp4|prores|png_sequence|hdr10|hlg|sdr_rec709_10bit|hdr_pq_12bit_master|hdr_prores|"        \
                           "hdr_png_sequence|hdr_exr_sequence|hdr_exr_acescg_sequence_1_3|"                            \
                           "hdr_exr_acescg_sequence_2_0")

#define FRAMES(traits, most) MEDIA("promptImage", RUNWAY_FRAMES, NEEDED | (traits), 1, most, RUNWAY_IMAGE)
#define SOURCE(name) MEDIA(name, RUNWAY_ONE, NEEDED, 0, 0, RUNWAY_VIDEO)
#define IMAGES(most) MEDIA("references", RUNWAY_LIST, 0, 0, most, RUNWAY_IMAGE)
#define VIDEOS(most) MEDIA("referenceVideos", RUNWAY_LIST, RUNWAY_TYPED, 0, most, RUNWAY_VIDEO)
#define SOUNDS(most) MEDIA("referenceAudio", RUNWAY_LIST, RUNWAY_TYPED, 0, most, RUNWAY_AUDIO)
#define TAGGED_IMAGES(traits, least)                                                                                   \
    MEDIA("referenceImages", RUNWAY_LIST, RUNWAY_TAGGED | (traits), least, 3, RUNWAY_IMAGE)
#define KEYFRAMES MEDIA("keyframes", RUNWAY_KEYFRAMES, 0, 1, 5, RUNWAY_IMAGE)

/* What models of one family share; what differs comes first. */
#define VEO_FIELDS(...)                                                                                                \
    {                                                                                                                  \
        __VA_ARGS__, RATIO(NEEDED, SET_V), SECONDS_OF("4|6|8"), AUDIO, NEGATIVE, SEED                                  \
    }
#define SEEDANCE_TAIL(set) RATIO(0, set), SECONDS(RUNWAY_AUTO, 4, 15), AUDIO, SEED, IMAGES(9), VIDEOS(3), SOUNDS(3)
#define SEEDANCE_FRAMES(set)                                                                                           \
    {                                                                                                                  \
        FRAMES(RUNWAY_EITHER, 9), PROMPT(0, 1, 3500), RATIO(0, set), SECONDS(RUNWAY_AUTO, 4, 15), AUDIO, SOUNDS(3),    \
            SEED                                                                                                       \
    }
#define WAN_FIELDS(...)                                                                                                \
    {                                                                                                                  \
        __VA_ARGS__, RATIO(0, SET_W), SECONDS_ANY, AUDIO, SOUNDS(10), VIDEOS(10)                                       \
    }
#define WAN_FRAMES WAN_FIELDS(FRAMES(RUNWAY_EITHER, 10), PROMPT(NEEDED, 1, 0))

/* ---- demands on inputs (3.2, 3.5, 7) ----------------------------------------------------------------------------- */

#define NO_DEMAND                                                                                                      \
    {                                                                                                                  \
        .side_min = 0                                                                                                  \
    }
#define ASPECT(least, most)                                                                                            \
    {                                                                                                                  \
        .aspect_min = least, .aspect_max = most                                                                        \
    }
#define SEEDANCE(seconds)                                                                                              \
    {                                                                                                                  \
        .aspect_min = 0.4, .aspect_max = 4, .sound_seconds_max = seconds                                               \
    }
#define WAN_DEMAND                                                                                                     \
    {                                                                                                                  \
        .film_seconds_max = 15, .sound_seconds_max = 15                                                                \
    }
#define FILMS(seconds)                                                                                                 \
    {                                                                                                                  \
        .film_seconds_max = seconds                                                                                    \
    }
#define SIDES(pixels)                                                                                                  \
    {                                                                                                                  \
        .side_min = pixels                                                                                             \
    }

#define I2V "image_to_video"
#define T2V "text_to_video"
#define V2V "video_to_video"
#define UPSCALE "video_upscale"
#define T2I "text_to_image"

const struct runway_product gv_runway_emu_products[] = {
#include "provider/runway/runway_sandbox_products.inc"
    {.endpoint = NULL},
};
