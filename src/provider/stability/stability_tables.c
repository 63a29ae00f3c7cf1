/* What Stability takes and what it is called: rows only. */
#include "provider/stability/stability.h"

const struct gv_model stability_models[] = {
#include "provider/stability/stability_models.inc"
};

const struct gv_setting stability_settings[STABILITY_SETTING_COUNT] = {
    [STABILITY_AT_API_KEY] = {.name = "STABILITY_API_KEY",
                              .help = "API key from https://platform.stability.ai/account/keys",
                              .secret = true,
                              .set = STABILITY_SET_API_KEY},
    [STABILITY_AT_BASE_URL] = {.name = "STABILITY_BASE_URL",
                               .help = "scheme and host; Stability's own serves no video since " STABILITY_RETIRED_ON
                                       ": name a self-hosted or compatible one",
                               .preset = "https://api.stability.ai"},
};

const struct gv_option stability_options[] = {
    {"motion_bucket_id", NULL, "1 to 255: how much moves (default 127)"},
    {"image_model", "core|ultra|sd3.5-large|sd3.5-large-turbo|sd3.5-medium|sd3.5-flash",
     "from text: what makes the picture that the film begins with (default core)"},
    {"image_seed", NULL, "from text: the picture's own seed, 0 to 4294967294 (default the film's)"},
    {"style_preset",
     "enhance|anime|photographic|digital-art|comic-book|fantasy-art|line-art|analog-film|neon-punk|isometric|low-poly|"
     "origami|modeling-compound|cinematic|3d-model|pixel-art|tile-texture",
     "from text: the picture's style (core and ultra)"},
    {"resubmit_uncertain", "true|false", "true: repeat a create whose answer was lost though it may be billed twice"},
};

const struct stability_image_model stability_image_models[] = {
    {"core", "core", NULL, 3, true, true},
    {"ultra", "ultra", NULL, 8, true, true},
    {"sd3.5-large", "sd3", "sd3.5-large", 6.5, false, true},
    {"sd3.5-large-turbo", "sd3", "sd3.5-large-turbo", 4, false, false},
    {"sd3.5-medium", "sd3", "sd3.5-medium", 3.5, false, true},
    {"sd3.5-flash", "sd3", "sd3.5-flash", 2.5, false, true},
};

static const struct stability_size sizes[] = {
    [GV_RATIO_SQUARE] = {"1:1", 768, 768},
    [GV_RATIO_PORTRAIT] = {"9:16", 576, 1024},
    [GV_RATIO_LANDSCAPE] = {"16:9", 1024, 576},
};

/* The borders between the three lie at 4:3 and 3:4, where as much is cut off either way. */
const struct stability_size *stability_size_of(enum gv_aspect_ratio ratio, const struct gv_blob_info *picture)
{
    if (ratio != GV_RATIO_UNSET)
        return &sizes[ratio];
    uint64_t width = picture->width, height = picture->height;
    if (width == 0 || height == 0)
        return NULL;
    return &sizes[3 * width >= 4 * height   ? GV_RATIO_LANDSCAPE
                  : 4 * width <= 3 * height ? GV_RATIO_PORTRAIT
                                            : GV_RATIO_SQUARE];
}

const char *const stability_unsupported[] = {
    "generate-lip-sync",
    "Stability's API has no lip-sync",
    "list-voices",
    "Stability's API has no voices",
    "extend-video",
    "Stability's API has no lengthening of videos",
    "upscale-video",
    "Stability's API scales pictures, not videos",
    "generate-video-effects",
    "Stability's API has no video effects",
    "multi-image-generation",
    "Stability's API makes a video from one picture",
    NULL,
};
