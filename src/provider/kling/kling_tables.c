/* What Kling takes and what it is called: rows only. */
#include "provider/kling/kling.h"

#include <string.h>

#define KLING_TAKES_OMNI                                                                                               \
    (GV_TAKES_TEXT | GV_TAKES_IMAGE | GV_TAKES_LASTFRAME | GV_TAKES_VIDEO | GV_TAKES_MULTI_IMAGE |                     \
     GV_TAKES_RATIO_WITH_IMAGE)
#define KLING_5_10 (GV_BIT(5) | GV_BIT(10))
#define KLING_3_TO_10 (GV_BIT(11) - GV_BIT(3))
#define KLING_3_TO_15 (GV_BIT(16) - GV_BIT(3))
#define KLING_RATIOS (GV_BIT(GV_RATIO_SQUARE) | GV_BIT(GV_RATIO_PORTRAIT) | GV_BIT(GV_RATIO_LANDSCAPE))
#define KLING_HD GV_BIT(GV_RESOLUTION_HD)
#define KLING_FHD GV_BIT(GV_RESOLUTION_FHD)
#define KLING_UHD GV_BIT(GV_RESOLUTION_UHD)
#define U(units) ((units)*0.14)

const struct gv_model kling_models[] = {
#include "provider/kling/kling_models.inc"
};

const struct gv_voice_info kling_voices[] = {
#include "provider/kling/kling_voices.inc"
};

static const struct {
    const char *name;
    unsigned images;
} scenes[] = {
#include "provider/kling/kling_scenes.inc"
};

unsigned kling_scene_images(const char *scene)
{
    for (size_t i = 0; i < GV_COUNT(scenes); i++) {
        if (strcmp(scenes[i].name, scene) == 0)
            return scenes[i].images;
    }
    return 0;
}

/* Only t2v of Gen 2 was seen to refuse a duplicate; the vendor's words on the field are the same everywhere. The old
 * lip-sync endpoint never had the field, so nothing would stop a second one. */
const struct kling_product_row kling_products[] = {
    [KLING_TEXT2VIDEO] = {"videos/text2video", "text-to-video", true, true},
    [KLING_IMAGE2VIDEO] = {"videos/image2video", "image-to-video", true, true},
    [KLING_OMNI_VIDEO] = {"videos/omni-video", "omni-video", true, true},
    [KLING_MULTI_IMAGE2VIDEO] = {"videos/multi-image2video", NULL, true, true},
    [KLING_VIDEO_EXTEND] = {"videos/video-extend", NULL, true, true},
    [KLING_LIP_SYNC_OLD] = {"videos/lip-sync", NULL, false, true},
    [KLING_LIP_SYNC] = {"videos/advanced-lip-sync", NULL, true, false},
    [KLING_EFFECTS] = {"videos/effects", NULL, true, true},
};

const struct gv_setting kling_settings[KLING_SETTING_COUNT] = {
    [KLING_AT_API_KEY] = {.name = "KLING_API_KEY",
                          .help = "API key from https://kling.ai/dev/api-key; serves every model",
                          .secret = true,
                          .set = KLING_SET_API_KEY},
    [KLING_AT_ACCESS_KEY] = {.name = "KLING_ACCESS_KEY",
                             .help = "access key of the older pair; serves the kling-v... models only",
                             .secret = true,
                             .set = KLING_SET_JWT},
    [KLING_AT_SECRET_KEY] = {.name = "KLING_SECRET_KEY",
                             .help = "secret key of the older pair",
                             .secret = true,
                             .set = KLING_SET_JWT},
    [KLING_AT_BASE_URL] = {.name = "KLING_BASE_URL",
                           .help = "scheme and host; https://api-beijing.klingai.com in mainland China",
                           .preset = "https://api-singapore.klingai.com"},
    [KLING_AT_CALLBACK_URL] = {.name = "KLING_CALLBACK_URL",
                               .help = "where Kling reports each change of status, unless a wish says otherwise; a "
                                       "server with a public URL sets it by itself",
                               .callback = true},
    [KLING_AT_WEBHOOK_SECRET] = {.name = "KLING_WEBHOOK_SECRET",
                                 .help = "the console's webhook secret, by which Kling's reports are believed",
                                 .secret = true},
};

#define YES_NO "true|false"

const struct gv_option kling_options[] = {
    {"mode", "std|pro|4k", "quality in Kling's words (720p, 1080p, 2160p); must agree with the resolution"},
    {"allow_retired", YES_NO, "send to a model that Kling has switched off"},
    {"callback_url", NULL, "where Kling reports each change of status"},
    {"watermark", YES_NO, "true: fetch a watermarked copy as well"},
    {"prompt", NULL, "what to do with the input video (generate from video)"},
    {"multi_shot", YES_NO, "true: several shots; else one continuous take"},
    {"shot_type", "customize|intelligence", "with multi_shot on kling-v3 and kling-v3-omni: who cuts the shots"},
    {"multi_prompt", NULL, "JSON array of 1 to 6 {\"index\",\"prompt\",\"duration\"}, with shot_type=customize"},
    {"element_list", NULL, "JSON array of {\"element_id\"}, from Kling's element library"},
    {"voice_list", NULL, "JSON array of one or two {\"voice_id\"} of Kling's custom voices (kling-v2-6, kling-2.6)"},
    {"dynamic_masks", NULL, "further groups: JSON array of {\"mask\": url, \"trajectories\": [{\"x\",\"y\"}]}"},
    {"refer_type", "feature|base", "input video: feature (default) for style and motion, base to edit it"},
    {"keep_original_sound", "yes|no", "whether the sound of the input video stays; left to Kling where not given"},
    {"lip_sync", "two_step|old", "old: the single endpoint that Kling replaced on 2025-09-15"},
    {"sound_start_ms", NULL, "lip-sync: where to begin in the sound (default 0)"},
    {"sound_end_ms", NULL, "lip-sync: where to end in the sound (default its end)"},
    {"sound_insert_ms", NULL, "lip-sync: where in the video it begins (default where the face appears)"},
    {"sound_volume", NULL, "lip-sync: 0 to 2 (default 1)"},
    {"original_audio_volume", NULL, "lip-sync: of the video's own sound, 0 to 2 (default 1)"},
    {"effect_scene", NULL, "a scene of Kling's current list, instead of the effect named"},
    {"resubmit_uncertain", YES_NO, "true: repeat a call whose answer was lost though it may be billed twice"},
};

const char *const kling_unsupported[] = {
    "upscale-video",
    "Kling's API has no upscaling",
    NULL,
};
