/* Whether a wish can be sent, and how it will be put: the same answer at admission and at the moment of sending. */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "provider/veo/veo_wire.h"

#define VEO_EXTENSION_SECONDS 7
#define VEO_REFERENCES_MAX 3

enum veo_surface veo_surface(const struct gv_operation *op, unsigned credential_set)
{
    const char *asked = gv_operation_option(op, "surface");
    if (asked != NULL)
        return strcmp(asked, "gemini") == 0 ? VEO_GEMINI : VEO_VERTEX;
    return credential_set == VEO_SET_GEMINI_KEY || credential_set == VEO_SET_GOOGLE_KEY ? VEO_GEMINI : VEO_VERTEX;
}

/* ---- the model -------------------------------------------------------------------------------------- */

static int no_model(const char *name, struct gv_arena *arena, struct gv_error *err)
{
    const char *names = "";
    for (size_t i = 0; i < VEO_MODEL_COUNT; i++) {
        if (veo_models[i].retired_on == NULL)
            names = gv_arena_printf(arena, "%s%s%s", names, *names != '\0' ? ", " : "", veo_models[i].name);
    }
    return gv_fail_field(err, GV_INVALID_INPUT, "config.model", "Veo has no model %.64s; today it is sold as %s.", name,
                         names);
}

static int choose_model(struct veo_plan *plan, struct gv_arena *arena, struct gv_error *err)
{
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    const char *option = gv_operation_option(plan->op, "model");
    if (config != NULL && option != NULL)
        return gv_fail_field(err, GV_INVALID_INPUT, "config.provider_options.model", "Say it as config.model.");
    const char *name = config != NULL ? config->model : option;
    if (name == NULL) {
        plan->model = veo_default_model(plan->surface, config != NULL && config->resolution == GV_RESOLUTION_UHD);
        return GV_OK;
    }
    plan->model = gv_model_named(&gv_provider_veo, name);
    return plan->model != NULL ? GV_OK : no_model(name, arena, err);
}

/* Veo's models differ by surface, and on the Gemini API all of them are gone. */
static int check_model(const struct veo_plan *plan, struct gv_error *err)
{
    const char *field = gv_operation_config(plan->op) != NULL ? "config.model" : "provider_options.model";
    bool gemini = plan->surface == VEO_GEMINI;
    if (!(plan->model->traits & (gemini ? VEO_ON_GEMINI : VEO_ON_VERTEX)))
        return gv_fail_field(err, GV_INVALID_INPUT, field, "Model %s was never offered on %s.", plan->model->name,
                             gemini ? "the Gemini API" : "Vertex AI");
    if (!gemini || veo_option_is(plan->op, "allow_retired", "true"))
        return gv_admit_model(plan->model, plan->op, err);
    return gv_fail_field(err, GV_INVALID_INPUT, field,
                         "Google ended Veo on the Gemini API (%s on %s): use Vertex AI, where %s is sold, with "
                         "VEO_PROJECT_ID, VEO_CLIENT_EMAIL and VEO_PRIVATE_KEY or GOOGLE_APPLICATION_CREDENTIALS. For "
                         "a gateway that still serves it, set provider option allow_retired=true.",
                         plan->model->name, plan->model->retired_on, plan->model->successor);
}

/* ---- media ------------------------------------------------------------------------------------------ */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* A film that the Gemini API made is named by its file's URI, of whatever host the API has. */
static bool is_file(const char *url)
{
    return begins(url, "http") && strstr(url, "/v1beta/files/") != NULL;
}

static int take_gs(struct veo_plan *plan, struct veo_medium *medium, struct gv_arena *arena, struct gv_error *err)
{
    const char *bucket, *object, *url = medium->media->url;
    bool film = medium->role == VEO_VIDEO;
    if (plan->surface == VEO_GEMINI)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, medium->field,
                             "The Gemini API takes nothing from Cloud Storage; Vertex AI does.");
    if (!veo_read_gs(&bucket, &object, url, arena) || *object == '\0')
        return gv_fail_field(err, GV_INVALID_INPUT, medium->field, "gs://bucket/object is wanted, not %.200s.", url);
    medium->mime_type = veo_type_of(plan, url, film);
    if (medium->mime_type != NULL)
        return GV_OK;
    return gv_fail_field(err, GV_INVALID_INPUT, medium->field,
                         "The name %.200s doesn't tell the %s's type; provider option %s says it.", url,
                         film ? "video" : "picture", film ? "video_type" : "image_type");
}

/* What comes by http is fetched by us: Google takes bytes and gs:// only (README, section 3.3). */
static void take_http(struct veo_plan *plan, struct veo_medium *medium, struct veo_inputs inputs, size_t *index)
{
    size_t at = (*index)++;
    medium->url = medium->media->url;
    medium->media = at < inputs.count ? &inputs.items[at] : NULL;
    if (medium->media != NULL) {
        medium->mime_type = medium->media->blob.mime_type;
    } else if (plan->missing == NULL) {
        plan->missing = medium;
        plan->missing_index = at;
    }
}

static int take_gemini_film(struct veo_medium *medium, struct gv_error *err)
{
    const char *url = medium->media->kind == GV_MEDIA_URL ? medium->media->url : "";
    if (is_file(url))
        return GV_OK;
    return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, medium->field,
                         "The Gemini API extends its own films only, named by their file's URI "
                         "(" VEO_GEMINI_URL "/v1beta/files/...); Vertex AI takes any.");
}

static int take_media(struct veo_plan *plan, struct veo_inputs inputs, struct gv_arena *arena, struct gv_error *err)
{
    size_t fetched = 0;
    int bad = GV_OK;
    for (size_t i = 0; i < plan->media_count && !bad; i++) {
        struct veo_medium *medium = &plan->media[i];
        const struct gv_media *media = medium->media;
        if (plan->surface == VEO_GEMINI && medium->role == VEO_VIDEO)
            bad = take_gemini_film(medium, err);
        else if (media->kind == GV_MEDIA_BLOB)
            medium->mime_type = media->blob.mime_type;
        else if (begins(media->url, "gs://"))
            bad = take_gs(plan, medium, arena, err);
        else if (begins(media->url, "http://") || begins(media->url, "https://"))
            take_http(plan, medium, inputs, &fetched);
        else
            bad = gv_fail_field(err, GV_INVALID_INPUT, medium->field, "Veo takes https:// and gs:// URLs, not %.200s.",
                                media->url);
    }
    return bad;
}

static void add_medium(struct veo_plan *plan, enum veo_role role, const struct gv_media *media, const char *field)
{
    plan->media[plan->media_count++] = (struct veo_medium){.role = role, .media = media, .field = field};
}

static void list_input(struct veo_plan *plan)
{
    const struct gv_media_input *input = &plan->op->u.generate.input;
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    plan->prompt = input->text;
    if (input->kind == GV_INPUT_IMAGE) {
        plan->prompt = input->image.prompt;
        add_medium(plan, VEO_FIRST, &input->image.data, "input.image.data");
        if (config->lastframe.kind != GV_MEDIA_UNSET)
            add_medium(plan, VEO_LAST, &config->lastframe, "config.lastframe");
    } else if (input->kind == GV_INPUT_VIDEO) {
        plan->prompt = gv_operation_option(plan->op, "prompt");
        add_medium(plan, VEO_VIDEO, &input->video, "input.video");
    }
}

static int list_references(struct veo_plan *plan, struct gv_arena *arena, struct gv_error *err)
{
    const struct gv_op_multi_image *op = &plan->op->u.multi_image;
    plan->prompt = op->prompt;
    if (op->input_image_count == 0 || op->input_image_count > VEO_REFERENCES_MAX)
        return gv_fail_field(err, GV_INVALID_INPUT, "input_images", "Veo takes 1 to 3 reference pictures, not %zu.",
                             op->input_image_count);
    if (op->prompt == NULL || *op->prompt == '\0')
        return gv_fail_field(err, GV_INVALID_INPUT, "prompt", "Veo needs a prompt beside reference pictures.");
    for (size_t i = 0; i < op->input_image_count; i++)
        add_medium(plan, VEO_REFERENCE, &op->input_images[i], gv_arena_printf(arena, "input_images.%zu", i));
    return GV_OK;
}

/* extend-video names the film where it is at Google. */
static int list_extension(struct veo_plan *plan, struct gv_admission *admission, struct gv_arena *arena,
                          struct gv_error *err)
{
    const struct gv_op_extend *op = &plan->op->u.extend;
    bool known =
        op->video_id != NULL && (plan->surface == VEO_GEMINI ? is_file(op->video_id) : begins(op->video_id, "gs://"));
    if (!known)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "video_id",
                             plan->surface == VEO_GEMINI
                                 ? "The Gemini API knows its films by the URI of their file, not by another id."
                                 : "Vertex AI keeps no films by id: give the gs:// URI of one, or generate from the "
                                   "video's file or URL, which extends it as well.");
    struct gv_media *media = GV_NEW(arena, struct gv_media);
    *media = (struct gv_media){.kind = GV_MEDIA_URL, .url = op->video_id};
    plan->prompt = op->prompt;
    plan->negative_prompt = op->negative_prompt;
    add_medium(plan, VEO_VIDEO, media, "video_id");
    if (op->has_cfg_scale)
        gv_admission_warn(admission, arena, "cfg_scale is not used: Veo has no such setting");
    return GV_OK;
}

static int check_media(const struct veo_plan *plan, struct gv_admission *admission, struct gv_arena *arena,
                       struct gv_error *err)
{
    int bad = GV_OK;
    for (size_t i = 0; i < plan->media_count && !bad; i++)
        bad = veo_check_medium(&plan->media[i], admission, arena, err);
    return bad;
}

/* ---- extension -------------------------------------------------------------------------------------- */

static bool is_extension(const struct veo_plan *plan)
{
    return plan->media_count > 0 && plan->media[0].role == VEO_VIDEO;
}

/* The film that is extended decides ratio and resolution, the service the length. */
static int check_extension(const struct veo_plan *plan, const struct gv_generation_config *config, struct gv_error *err)
{
    if (!(plan->model->takes & GV_TAKES_EXTEND) ||
        (plan->surface == VEO_GEMINI && (plan->model->traits & VEO_NO_GEMINI_EXTEND)))
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, plan->media[0].field, "Model %s extends no videos%s.",
                             plan->model->name, plan->surface == VEO_GEMINI ? " on the Gemini API" : "");
    const struct {
        bool asked;
        const char *field;
    } fixed[] = {
        {config != NULL && config->has_duration_seconds, "config.duration_seconds"},
        {config != NULL && config->aspect_ratio != GV_RATIO_UNSET, "config.aspect_ratio"},
        {config != NULL && config->resolution != GV_RESOLUTION_UNSET, "config.resolution"},
    };
    for (size_t i = 0; i < GV_COUNT(fixed); i++) {
        if (fixed[i].asked)
            return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, fixed[i].field,
                                 "From a video Veo makes its continuation of %d seconds in the video's own shape and "
                                 "size: leave duration, ratio and resolution out.",
                                 VEO_EXTENSION_SECONDS);
    }
    return GV_OK;
}

static enum gv_resolution resolution_of(const struct gv_media *film)
{
    if (film == NULL || film->kind != GV_MEDIA_BLOB || film->blob.width == 0 || film->blob.height == 0)
        return GV_RESOLUTION_UNSET;
    uint32_t side = film->blob.width < film->blob.height ? film->blob.width : film->blob.height;
    return side <= 720 ? GV_RESOLUTION_HD : side <= 1080 ? GV_RESOLUTION_FHD : GV_RESOLUTION_UHD;
}

/* ---- settings --------------------------------------------------------------------------------------- */

static int choose_seconds(struct veo_plan *plan, const struct gv_generation_config *config, struct gv_error *err)
{
    const char *field = "config.duration_seconds";
    int bad = gv_admit_seconds(&plan->seconds, plan->model, config->has_duration_seconds,
                               (double)config->duration_seconds, err);
    if (bad || plan->seconds == 8)
        return bad;
    if (plan->op->operation == GV_OP_MULTI_IMAGE_GENERATION)
        return gv_fail_field(err, GV_INVALID_INPUT, field, "With reference pictures Veo makes 8 seconds, not %u.",
                             plan->seconds);
    if (plan->surface == VEO_GEMINI && plan->resolution != GV_RESOLUTION_HD)
        return gv_fail_field(err, GV_INVALID_INPUT, field, "The Gemini API makes 8 seconds in fhd and uhd, not %u.",
                             plan->seconds);
    return GV_OK;
}

/* Without a ratio, the first frame's own: Google would put bars beside an upright picture. */
static const char *choose_ratio(const struct veo_plan *plan, enum gv_aspect_ratio asked)
{
    const struct veo_medium *first = plan->media_count > 0 ? &plan->media[0] : NULL;
    bool upright = first != NULL && first->role == VEO_FIRST && first->media != NULL &&
                   first->media->kind == GV_MEDIA_BLOB && first->media->blob.height > first->media->blob.width;
    if (asked == GV_RATIO_UNSET)
        return upright ? "9:16" : "16:9";
    return asked == GV_RATIO_PORTRAIT ? "9:16" : "16:9";
}

static int choose_audio(struct veo_plan *plan, const struct gv_generation_config *config, struct gv_error *err)
{
    bool silent = config != NULL && config->has_enable_audio && !config->enable_audio;
    plan->audio = plan->model->audio != GV_AUDIO_NEVER && !silent;
    plan->has_audio = plan->model->audio != GV_AUDIO_NEVER && plan->surface == VEO_VERTEX;
    if (silent && plan->model->audio != GV_AUDIO_NEVER && plan->surface == VEO_GEMINI)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.enable_audio",
                             "The Gemini API can't turn Veo's sound off; Vertex AI can.");
    return GV_OK;
}

static int choose_seed(struct veo_plan *plan, const struct gv_generation_config *config, struct gv_error *err)
{
    if (config->seed > UINT32_MAX)
        return gv_fail_field(err, GV_INVALID_INPUT, "config.seed",
                             "Veo's seeds go from 0 to 4294967295; %" PRIu64 " is outside.", config->seed);
    plan->has_seed = config->has_seed;
    plan->seed = (uint32_t)config->seed;
    return GV_OK;
}

static int choose_settings(struct veo_plan *plan, struct gv_admission *admission, struct gv_arena *arena,
                           struct gv_error *err)
{
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    plan->negative_prompt = config->negative_prompt;
    if ((plan->model->traits & VEO_3) && config->has_enhance_prompt && !config->enhance_prompt)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.enhance_prompt",
                             "Veo 3 always enhances the prompt; it can't be turned off.");
    int bad = choose_seed(plan, config, err);
    if (bad || is_extension(plan))
        return bad;
    plan->resolution = config->resolution != GV_RESOLUTION_UNSET ? config->resolution : plan->model->resolution_default;
    plan->ratio = choose_ratio(plan, config->aspect_ratio);
    if (plan->resolution == GV_RESOLUTION_UHD && (plan->model->traits & VEO_4K_DOUBTFUL))
        gv_admission_warn(admission, arena,
                          "Google's price list has %s in 2160p, its model card has not: it may be refused; "
                          "veo-3.1-generate-001 makes it.",
                          plan->model->name);
    return choose_seconds(plan, config, err);
}

static double estimate(const struct veo_plan *plan)
{
    bool gemini = plan->surface == VEO_GEMINI;
    enum gv_resolution resolution = plan->resolution;
    unsigned seconds = plan->seconds;
    if (is_extension(plan)) {
        resolution = gemini ? GV_RESOLUTION_HD : resolution_of(plan->media[0].media);
        seconds = VEO_EXTENSION_SECONDS;
    }
    double usd = gv_model_price(plan->model, resolution, plan->audio, seconds);
    return resolution == GV_RESOLUTION_UNSET || usd < 0 ? -1 : usd * plan->samples;
}

/* ---- all together ----------------------------------------------------------------------------------- */

static int list_media(struct veo_plan *plan, struct gv_admission *admission, struct gv_arena *arena,
                      struct gv_error *err)
{
    bool film = plan->op->operation == GV_OP_GENERATE && plan->op->u.generate.input.kind == GV_INPUT_VIDEO;
    if (!film && gv_operation_option(plan->op, "prompt") != NULL)
        return gv_fail_field(err, GV_INVALID_INPUT, veo_option_field(plan->op, "prompt", arena),
                             "Provider option prompt belongs to generating from a video; here the input has one.");
    switch (plan->op->operation) {
    case GV_OP_EXTEND_VIDEO: return list_extension(plan, admission, arena, err);
    case GV_OP_MULTI_IMAGE_GENERATION: return list_references(plan, arena, err);
    default: list_input(plan); return GV_OK;
    }
}

static int refuse_operation(const struct gv_operation *op, struct gv_error *err)
{
    static const char *const why[] = {
        [GV_OP_GENERATE_LIP_SYNC] = "Veo has no lip-sync; it makes speech with the film where the prompt quotes it.",
        [GV_OP_UPSCALE_VIDEO] = "Veo has no upscaling; choose resolution fhd or uhd when generating.",
        [GV_OP_GENERATE_VIDEO_EFFECTS] =
            "Veo has no effects; generate from the picture and describe the effect in the prompt.",
    };
    bool refused = (size_t)op->operation < GV_COUNT(why) && why[op->operation] != NULL;
    return refused ? gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "operation", "%s", why[op->operation]) : GV_OK;
}

static int check_credentials(const struct veo_plan *plan, unsigned credential_set, struct gv_arena *arena,
                             struct gv_error *err)
{
    bool key_only = credential_set == VEO_SET_GEMINI_KEY || credential_set == VEO_SET_GOOGLE_KEY;
    if (plan->surface == VEO_GEMINI || !key_only)
        return GV_OK;
    return gv_fail_field(err, GV_INVALID_INPUT, veo_option_field(plan->op, "surface", arena),
                         "Vertex AI takes no API key, and one is all that is set: set VEO_PROJECT_ID, "
                         "VEO_CLIENT_EMAIL and VEO_PRIVATE_KEY, or GOOGLE_APPLICATION_CREDENTIALS.");
}

int veo_make_plan(struct veo_plan *out, struct gv_admission *admission, const struct gv_operation *op,
                  const struct gv_model *model, unsigned credential_set, struct veo_inputs inputs,
                  struct gv_arena *arena, struct gv_error *err)
{
    const struct gv_generation_config *config = gv_operation_config(op);
    *out = (struct veo_plan){.op = op, .model = model};
    *admission = (struct gv_admission){.usd = -1};
    int bad = refuse_operation(op, err);
    if (!bad)
        bad = gv_admit_options(&gv_provider_veo, op, err);
    if (bad)
        return bad;
    out->surface = veo_surface(op, credential_set);
    (void)((bad = check_credentials(out, credential_set, arena, err)) ||
           (bad = model == NULL ? choose_model(out, arena, err) : GV_OK) || (bad = check_model(out, err)) ||
           (bad = list_media(out, admission, arena, err)) ||
           (bad = is_extension(out) ? check_extension(out, config, err) : GV_OK) ||
           (bad = config != NULL ? gv_admit_config(admission, &gv_provider_veo, out->model, op, arena, err) : GV_OK) ||
           (bad = take_media(out, inputs, arena, err)) || (bad = veo_plan_options(out, arena, err)) ||
           (bad = config != NULL ? choose_settings(out, admission, arena, err) : GV_OK) ||
           (bad = choose_audio(out, config, err)) || (bad = check_media(out, admission, arena, err)));
    if (bad)
        return bad;
    admission->model = out->model;
    admission->usd = estimate(out);
    return GV_OK;
}

int veo_admit(struct gv_admission *out, const struct gv_operation *op, unsigned credential_set, struct gv_arena *arena,
              struct gv_error *err)
{
    struct veo_plan plan;
    return veo_make_plan(&plan, out, op, NULL, credential_set, (struct veo_inputs){0}, arena, err);
}
