/* What Veo takes and what it is called: rows only. */
#include "provider/veo/veo.h"

#define VEO_TAKES_30                                                                                                   \
    (GV_TAKES_TEXT | GV_TAKES_IMAGE | GV_TAKES_NEGATIVE_PROMPT | GV_TAKES_SEED | GV_TAKES_RATIO_WITH_IMAGE |           \
     GV_TAKES_ENHANCE_PROMPT)
#define VEO_TAKES_31 (VEO_TAKES_30 | GV_TAKES_LASTFRAME | GV_TAKES_VIDEO | GV_TAKES_EXTEND)
#define VEO_TAKES_20 VEO_TAKES_31
#define VEO_4_6_8 (GV_BIT(4) | GV_BIT(6) | GV_BIT(8))
#define VEO_5_TO_8 (GV_BIT(9) - GV_BIT(5))
#define VEO_RATIOS (GV_BIT(GV_RATIO_PORTRAIT) | GV_BIT(GV_RATIO_LANDSCAPE))
#define HD GV_BIT(GV_RESOLUTION_HD)
#define FHD GV_BIT(GV_RESOLUTION_FHD)
#define UHD GV_BIT(GV_RESOLUTION_UHD)
#define VEO_SEEN "2026-09-02"
#define VEO_NO_DATE "a day that was not published"

/* With sound, silent; USD per second (README, section 8). */
#define PAIR(resolution, loud, silent)                                                                                 \
    {GV_RESOLUTION_##resolution, GV_YES, loud, 0},                                                                     \
    {                                                                                                                  \
        GV_RESOLUTION_##resolution, GV_NO, silent, 0                                                                   \
    }
#define VEO_PRICES_31                                                                                                  \
    {                                                                                                                  \
        PAIR(HD, 0.40, 0.20), PAIR(FHD, 0.40, 0.20), PAIR(UHD, 0.60, 0.40)                                             \
    }
#define VEO_PRICES_31_FAST                                                                                             \
    {                                                                                                                  \
        PAIR(HD, 0.10, 0.08), PAIR(FHD, 0.12, 0.10), PAIR(UHD, 0.30, 0.25)                                             \
    }
#define VEO_PRICES_31_LITE                                                                                             \
    {                                                                                                                  \
        PAIR(HD, 0.05, 0.03), PAIR(FHD, 0.08, 0.05)                                                                    \
    }
#define VEO_PRICES_20                                                                                                  \
    {                                                                                                                  \
        {                                                                                                              \
            GV_RESOLUTION_HD, GV_UNKNOWN, 0.50, 0                                                                      \
        }                                                                                                              \
    }

const struct gv_model veo_models[] = {
#include "provider/veo/veo_models.inc"
};

const struct gv_model *veo_default_model(enum veo_surface surface, bool uhd)
{
    unsigned on = surface == VEO_GEMINI ? VEO_ON_GEMINI : VEO_ON_VERTEX;
    for (size_t i = 0; i < GV_COUNT(veo_models); i++) {
        bool fits = !uhd || ((veo_models[i].resolutions & UHD) && !(veo_models[i].traits & VEO_4K_DOUBTFUL));
        if ((veo_models[i].traits & on) && fits)
            return &veo_models[i];
    }
    return NULL;
}

const struct gv_setting veo_settings[VEO_SETTING_COUNT] = {
    [VEO_AT_PROJECT_ID] = {.name = "VEO_PROJECT_ID",
                           .help = "Google Cloud project; with the next two, a service account's key without its file",
                           .set = VEO_SET_KEY},
    [VEO_AT_CLIENT_EMAIL] = {.name = "VEO_CLIENT_EMAIL",
                             .help = "client_email of the service account",
                             .set = VEO_SET_KEY},
    [VEO_AT_PRIVATE_KEY] = {.name = "VEO_PRIVATE_KEY",
                            .help = "its private_key, PEM; \\n may stand for a line's end",
                            .secret = true,
                            .set = VEO_SET_KEY},
    [VEO_AT_KEY_FILE] = {.name = "GOOGLE_APPLICATION_CREDENTIALS",
                         .help = "JSON file of type service_account or authorized_user",
                         .secret = true,
                         .set = VEO_SET_FILE,
                         .file = true},
    [VEO_AT_METADATA_URL] = {.name = "VEO_METADATA_BASE_URL",
                             .help = "on Google Cloud: http://metadata.google.internal, which gives out the tokens of "
                                     "the machine's own service account",
                             .set = VEO_SET_METADATA},
    [VEO_AT_GEMINI_KEY] = {.name = "GEMINI_API_KEY",
                           .help = "key of the Gemini Developer API, where Veo ended on 2026-10-22",
                           .secret = true,
                           .set = VEO_SET_GEMINI_KEY},
    [VEO_AT_GOOGLE_KEY] = {.name = "GOOGLE_API_KEY",
                           .help = "the same key under its other name",
                           .secret = true,
                           .set = VEO_SET_GOOGLE_KEY},
    [VEO_AT_CLOUD_PROJECT] = {.name = "GOOGLE_CLOUD_PROJECT",
                              .help = "project, where VEO_PROJECT_ID and the key file name none"},
    [VEO_AT_CLOUD_LOCATION] = {.name = "GOOGLE_CLOUD_LOCATION",
                               .help = "region; another one than us-central1 needs VEO_BASE_URL as well",
                               .preset = VEO_LOCATION},
    [VEO_AT_QUOTA_PROJECT] = {.name = "GOOGLE_CLOUD_QUOTA_PROJECT",
                              .help = "project whose quota is used; overrides quota_project_id of the key file"},
    [VEO_AT_BASE_URL] = {.name = "VEO_BASE_URL",
                         .help = "scheme, host and port of Vertex AI: https://REGION-aiplatform.googleapis.com",
                         .preset = "https://" VEO_LOCATION "-aiplatform.googleapis.com"},
    [VEO_AT_TOKEN_URI] = {.name = "VEO_TOKEN_URI",
                          .help = "where tokens are fetched; a key file's token_uri counts where this is not set",
                          .preset = VEO_TOKEN_URI},
    [VEO_AT_STORAGE_URL] = {.name = "VEO_STORAGE_BASE_URL",
                            .help = "scheme and host of Cloud Storage",
                            .preset = "https://storage.googleapis.com"},
    [VEO_AT_GEMINI_URL] = {.name = "VEO_GEMINI_BASE_URL",
                           .help = "scheme and host of the Gemini Developer API, or of a gateway that speaks it",
                           .preset = VEO_GEMINI_URL},
};

#define YES_NO "true|false"

const struct gv_option veo_options[] = {
    {"surface", "vertex|gemini", "which of Google's two APIs; else the one whose credentials are set"},
    {"allow_retired", YES_NO, "send to a model that Google has switched off"},
    {"model", NULL, "extend-video: which model extends"},
    {"prompt", NULL, "what happens next (generate from video)"},
    {"sample_count", "1|2|3|4", "how many films; each is billed (Vertex AI)"},
    {"storage_uri", NULL,
     "gs://bucket/prefix/ where Google puts the films, below a folder of the job's own; without it they come in the "
     "answer, and a lost answer can't be looked up (Vertex AI)"},
    {"person_generation", "allow_adult|dont_allow|allow_all", "whether people may be seen"},
    {"compression_quality", "optimized|lossless", "of the film (Vertex AI)"},
    {"resize_mode", "pad|crop", "how a picture of another shape is fitted (Vertex AI, Veo 3.x)"},
    {"labels", NULL, "JSON object of strings, for the bill (Vertex AI)"},
    {"image_type", "image/png|image/jpeg", "of gs:// pictures whose name doesn't tell"},
    {"video_type", "video/mp4|video/mov|video/mpeg|video/avi|video/wmv|video/flv",
     "of a gs:// video whose name doesn't tell"},
    {"pubsub_topic", NULL, "projects/P/topics/T, where Vertex AI reports progress"},
    {"resubmit_uncertain", YES_NO, "true: repeat a create whose answer was lost though it may be billed twice"},
};

const char *const veo_unsupported[] = {
    "generate-lip-sync",
    "Veo has no lip-sync; it makes speech with the film where the prompt quotes it",
    "list-voices",
    "Veo's voices can't be chosen",
    "upscale-video",
    "Veo has no upscaling; choose resolution fhd or uhd when generating",
    "generate-video-effects",
    "Veo has no effects; generate from the picture and describe the effect in the prompt",
    "static-mask",
    "masks went with the experimental Veo 2",
    "dynamic-mask",
    "Veo never had masks that move",
    "camera-control",
    "camera control went with Veo 2; describe the movement in the prompt",
    NULL,
};
