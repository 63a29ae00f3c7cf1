/* Single checks of what a wish is made of: texts, media, options. */
#include "provider/runway/runway.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/url.h"

#define RUNWAY_URL_BYTES_MIN 13
#define RUNWAY_URL_BYTES_MAX 2048
#define RUNWAY_OWN_URL_BYTES_MAX 5000
#define RUNWAY_UPLOAD_BYTES_MAX (200u << 20)
#define RUNWAY_ASPECT_MIN 0.5 /* of input pictures; what is beyond is refused or cropped, by model (section 7) */
#define RUNWAY_ASPECT_MAX 2.0

bool runway_option_is(const struct gv_operation *op, const char *key, const char *value)
{
    const char *given = gv_operation_option(op, key);
    return given != NULL && strcmp(given, value) == 0;
}

/* ---- texts ------------------------------------------------------------------------------------------ */

/* One unit per character, two for those beyond the first plane. */
static size_t count_units(const char *text)
{
    size_t units = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
        units += (size_t)((*p & 0xC0) != 0x80) + (*p >= 0xF0);
    return units;
}

int runway_check_prompt(const char *text, size_t units_max, const char *field, struct gv_error *err)
{
    size_t units = text != NULL ? count_units(text) : 0;
    if (units <= units_max)
        return GV_OK;
    return gv_fail_field(err, GV_INVALID_INPUT, field,
                         "This text has %zu characters (UTF-16 units, as Runway counts); the model takes %zu.", units,
                         units_max);
}

/* ---- media ------------------------------------------------------------------------------------------ */

static bool starts_with(const char *text, const char *head)
{
    return strncmp(text, head, strlen(head)) == 0;
}

static int check_url(const char *text, const char *field, struct gv_error *err)
{
    size_t bytes = strlen(text);
    struct gv_url url;
    struct gv_error why;
    uint8_t address[16];
    if (starts_with(text, "runway://") && bytes >= RUNWAY_URL_BYTES_MIN && bytes <= RUNWAY_OWN_URL_BYTES_MAX)
        return GV_OK;
    if (!starts_with(text, "https://"))
        return gv_fail_field(err, GV_INVALID_INPUT, field,
                             "Runway fetches https URLs only: give one, or the file itself.");
    if (bytes > RUNWAY_URL_BYTES_MAX)
        return gv_fail_field(err, GV_INVALID_INPUT, field,
                             "Runway takes URLs of at most %d characters; this has %zu. Give the file itself.",
                             RUNWAY_URL_BYTES_MAX, bytes);
    if (gv_url_parse(&url, text, &why) != GV_OK)
        return gv_fail_field(err, GV_INVALID_INPUT, field, "%s", why.message);
    if (gv_address_parse(address, url.host) > 0)
        return gv_fail_field(
            err, GV_INVALID_INPUT, field,
            "Runway fetches from hosts with a name, not from addresses: give another URL, or the file.");
    return GV_OK;
}

static int check_blob(const struct gv_blob_info *blob, const char *const *types, const char *titles, const char *field,
                      struct gv_error *err)
{
    bool known = false;
    for (; *types != NULL && blob->mime_type != NULL; types++)
        known = known || strcmp(*types, blob->mime_type) == 0;
    if (!known)
        return gv_fail_field(err, GV_INVALID_INPUT, field, "Runway takes %s; this is %s.", titles,
                             blob->mime_type != NULL ? blob->mime_type : "of an unknown type");
    if (blob->bytes > RUNWAY_UPLOAD_BYTES_MAX)
        return gv_fail_field(err, GV_INVALID_INPUT, field,
                             "Runway takes files of at most 200 MB; this has %" PRIu64 " bytes.", blob->bytes);
    return GV_OK;
}

/* A warning only: the bounds come from one indirect source, and some models crop instead of refusing. */
static void warn_of_shape(const struct gv_blob_info *blob, const struct gv_model *model, const char *field,
                          struct gv_admission *admission, struct gv_arena *arena)
{
    if (blob->width == 0 || blob->height == 0 || admission->warning_count >= GV_COUNT(admission->warnings))
        return;
    double aspect = (double)blob->width / blob->height;
    if (aspect >= RUNWAY_ASPECT_MIN && aspect <= RUNWAY_ASPECT_MAX)
        return;
    gv_admission_warn(
        admission, arena,
        "%s is %u x %u pixels; beyond 1:2 and 2:1 model %s may crop it, or refuse it and name the bounds.", field,
        blob->width, blob->height, model->name);
}

int runway_check_image(const struct gv_media *media, const struct gv_model *model, const char *field,
                       struct gv_admission *admission, struct gv_arena *arena, struct gv_error *err)
{
    static const char *const types[] = {"image/jpeg", "image/png", "image/webp", NULL};
    if (media->kind == GV_MEDIA_URL)
        return check_url(media->url, field, err);
    int bad = check_blob(&media->blob, types, "JPEG, PNG and WebP pictures", field, err);
    if (!bad)
        warn_of_shape(&media->blob, model, field, admission, arena);
    return bad;
}

int runway_check_video(const struct gv_media *media, const char *field, struct gv_error *err)
{
    static const char *const types[] = {
        "video/mp4", "video/quicktime", "video/x-matroska", "video/webm", "video/3gpp", "video/ogg", NULL};
    return media->kind == GV_MEDIA_URL
               ? check_url(media->url, field, err)
               : check_blob(&media->blob, types, "MP4, MOV, MKV, WebM, 3GP and Ogg films", field, err);
}

/* ---- provider options ------------------------------------------------------------------------------- */

static const char *place_of(const struct gv_operation *op, const char *key, struct gv_arena *arena)
{
    return gv_arena_printf(arena, "%sprovider_options.%s", gv_operation_config(op) != NULL ? "config." : "", key);
}

static int refuse_option(const struct runway_plan *plan, const char *key, const char *why, struct gv_arena *arena,
                         struct gv_error *err)
{
    return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, place_of(plan->op, key, arena),
                         "Option %s can't be used here with model %s: %s.", key, plan->model->name, why);
}

/* Which keys a model or a route must know. */
static int check_places(const struct runway_plan *plan, struct gv_arena *arena, struct gv_error *err)
{
    uint32_t traits = plan->model->traits;
    bool upscale = plan->route == RUNWAY_VIDEO_UPSCALE, video = plan->route == RUNWAY_VIDEO_TO_VIDEO;
    const struct {
        const char *key;
        bool taken;
        const char *why;
    } rows[] = {
        {"prompt", video, "it goes with an input video; else the prompt has its own place"},
        {"duration", (traits & RUNWAY_AUTO_SECONDS) && !upscale, "it takes a number of seconds"},
        {"resolution", traits & RUNWAY_OWN_SIZES, "its size is told by ratio and config.resolution"},
        {"mode", video && (traits & RUNWAY_MODES),
         "modes belong to an input video and to models seedance2_5 and "
         "gemini_omni_flash_1.1"},
        {"public_figure_threshold", traits & RUNWAY_MODERATED, "gen4.5, gen4_turbo and aleph2 take it"},
        {"output_format", traits & (RUNWAY_FORMATS | RUNWAY_FORMATS_SDR), "gen4.5 and aleph2 take it"},
        {"prores_profile",
         runway_option_is(plan->op, "output_format", "prores") ||
             runway_option_is(plan->op, "output_format", "hdr_prores"),
         "it needs output_format prores or hdr_prores"},
        {"prompt_expansion", traits & RUNWAY_EXPANDS, "h3_max takes it"},
        {"creativity", upscale, "it belongs to upscale-video"},
        {"sharpen", upscale, "it belongs to upscale-video"},
        {"smart_grain", upscale, "it belongs to upscale-video"},
        {"flavor", upscale, "it belongs to upscale-video"},
        {"fps_boost", upscale, "it belongs to upscale-video"},
        {"ratio", !upscale, "the film keeps its shape"},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        if (!rows[i].taken && gv_operation_option(plan->op, rows[i].key) != NULL)
            return refuse_option(plan, rows[i].key, rows[i].why, arena, err);
    }
    return GV_OK;
}

static bool is_in(const char *value, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(*words, value) == 0)
            return true;
    }
    return false;
}

/* Words that some model knows, and this one may not. */
static int check_words(const struct runway_plan *plan, struct gv_arena *arena, struct gv_error *err)
{
    static const char *const upscaler[] = {"720p", "1k", "2k", "4k", NULL}, *const hailuo[] = {"768p", "2k", NULL},
                             *const h3[] = {"480p", "768p", NULL},
                             *const sdr[] = {"mp4", "prores", "sdr_rec709_10bit", NULL};
    const char *size = gv_operation_option(plan->op, "resolution");
    const char *format = gv_operation_option(plan->op, "output_format");
    bool upscale = plan->route == RUNWAY_VIDEO_UPSCALE, hailuo3 = plan->model->traits & RUNWAY_PLAIN_IMAGE;
    if (size != NULL && !is_in(size, upscale ? upscaler : hailuo3 ? hailuo : h3))
        return refuse_option(plan, "resolution",
                             upscale   ? "it takes 720p, 1k, 2k and 4k"
                             : hailuo3 ? "it takes 768p and 2k"
                                       : "it takes 480p and 768p",
                             arena, err);
    if (format != NULL && (plan->model->traits & RUNWAY_FORMATS_SDR) && !is_in(format, sdr))
        return refuse_option(plan, "output_format", "it takes mp4, prores and sdr_rec709_10bit", arena, err);
    return GV_OK;
}

static int check_percents(const struct runway_plan *plan, struct gv_arena *arena, struct gv_error *err)
{
    static const char *const keys[] = {"creativity", "sharpen", "smart_grain"};
    for (size_t i = 0; i < GV_COUNT(keys); i++) {
        const char *text = gv_operation_option(plan->op, keys[i]);
        char *end = NULL;
        long value = text != NULL ? strtol(text, &end, 10) : 0;
        if (text != NULL && (end == text || *end != '\0' || value < 0 || value > 100))
            return gv_fail_field(err, GV_INVALID_INPUT, place_of(plan->op, keys[i], arena),
                                 "Option %s is a whole number from 0 to 100; \"%.32s\" came.", keys[i], text);
    }
    return GV_OK;
}

static int check_mode(const struct runway_plan *plan, struct gv_arena *arena, struct gv_error *err)
{
    const char *mode = gv_operation_option(plan->op, "mode");
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    if (mode == NULL || strcmp(mode, "reference") == 0)
        return GV_OK;
    if (plan->prompt == NULL)
        return gv_fail_field(err, GV_INVALID_INPUT, "config.provider_options.prompt", "Mode %s needs a prompt.", mode);
    bool shaped = config->aspect_ratio != GV_RATIO_UNSET || config->resolution != GV_RESOLUTION_UNSET ||
                  gv_operation_option(plan->op, "ratio") != NULL;
    if ((plan->model->traits & RUNWAY_STRICT_MODES) && shaped)
        return refuse_option(plan, "mode",
                             "extend and edit keep the film's shape and size; leave ratio and resolution "
                             "out",
                             arena, err);
    if ((plan->model->traits & RUNWAY_STRICT_MODES) && strcmp(mode, "edit") == 0 && config->has_duration_seconds)
        return refuse_option(plan, "mode", "edit keeps the film's length; leave duration_seconds out", arena, err);
    return GV_OK;
}

int runway_check_options(const struct runway_plan *plan, struct gv_arena *arena, struct gv_error *err)
{
    int bad = GV_OK;
    (void)((bad = check_places(plan, arena, err)) || (bad = check_words(plan, arena, err)) ||
           (bad = check_percents(plan, arena, err)) || (bad = check_mode(plan, arena, err)));
    return bad;
}
