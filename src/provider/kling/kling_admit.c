/* Whether a wish can be sent, and how it will be put: the same answer at admission and at the moment of sending. */
#include "provider/kling/kling.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

#define KLING_PROMPT_CHARACTERS_MAX 2500
#define KLING_LONG_PROMPT_CHARACTERS_MAX 3072
#define KLING_MULTI_IMAGES_MAX 4 /* of multi-image2video */
#define KLING_REFERENCES_MAX 7   /* images and elements of omni-video */
#define KLING_REFERENCES_WITH_VIDEO_MAX 4
#define KLING_UNIT_USD 0.14

struct kling_route kling_route(const struct gv_operation *op, const struct gv_model *model)
{
    struct kling_route route = {.gen2 = model != NULL && (model->traits & KLING_GEN2)};
    bool omni = model != NULL && (model->traits & KLING_OMNI);
    switch (op->operation) {
    case GV_OP_MULTI_IMAGE_GENERATION: route.product = omni ? KLING_OMNI_VIDEO : KLING_MULTI_IMAGE2VIDEO; break;
    case GV_OP_EXTEND_VIDEO: route.product = KLING_VIDEO_EXTEND; break;
    case GV_OP_GENERATE_VIDEO_EFFECTS: route.product = KLING_EFFECTS; break;
    case GV_OP_GENERATE_LIP_SYNC:
        route.product = kling_option_is(op, "lip_sync", "old") ? KLING_LIP_SYNC_OLD : KLING_LIP_SYNC;
        break;
    default:
        route.product = omni                                         ? KLING_OMNI_VIDEO
                        : op->u.generate.input.kind == GV_INPUT_TEXT ? KLING_TEXT2VIDEO
                                                                     : KLING_IMAGE2VIDEO;
    }
    return route;
}

/* ---- the model -------------------------------------------------------------------------------------- */

static int choose_model(const struct gv_model **out, const struct gv_operation *op, struct gv_arena *arena,
                        struct gv_error *err)
{
    const char *name = gv_operation_config(op)->model;
    bool needs_omni = op->operation == GV_OP_MULTI_IMAGE_GENERATION || op->u.generate.input.kind == GV_INPUT_VIDEO;
    if (name == NULL)
        name = needs_omni ? "kling-v3-omni" : "kling-v3";
    *out = gv_model_named(&gv_provider_kling, name);
    if (*out != NULL)
        return GV_OK;
    const char *names = "";
    for (size_t i = 0; i < KLING_MODEL_COUNT; i++) {
        if (kling_models[i].retired_on == NULL)
            names = gv_arena_printf(arena, "%s%s%s", names, *names != '\0' ? ", " : "", kling_models[i].name);
    }
    return gv_fail_field(err, GV_INVALID_INPUT, "config.model", "Kling has no model %s; today it sells %s.", name,
                         names);
}

/* ---- inputs ----------------------------------------------------------------------------------------- */

static int take_image(struct kling_plan *plan, const struct gv_reference *image, struct gv_error *err)
{
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    bool has_last = config->lastframe.kind != GV_MEDIA_UNSET;
    plan->prompt = image->prompt;
    if (has_last)
        plan->last = &config->lastframe;
    if (image->role != GV_ROLE_LAST) {
        plan->first = &image->data;
        return GV_OK;
    }
    if (has_last)
        return gv_fail_field(err, GV_INVALID_INPUT, "config.lastframe",
                             "The input image has role last, and lastframe names another last frame: give one.");
    plan->last = &image->data;
    return GV_OK;
}

static int take_video(struct kling_plan *plan, const struct gv_media *video, struct gv_error *err)
{
    if (video->kind != GV_MEDIA_URL)
        return gv_fail_field(err, GV_INVALID_INPUT, "input.video",
                             "Kling takes videos by URL only: put the file where Kling can fetch it and give its URL.");
    plan->video = video;
    plan->prompt = gv_operation_option(plan->op, "prompt");
    plan->refer_type = gv_operation_option(plan->op, "refer_type");
    if (plan->refer_type == NULL)
        plan->refer_type = "feature";
    plan->keep_sound = gv_operation_option(plan->op, "keep_original_sound");
    bool keep = plan->keep_sound != NULL && strcmp(plan->keep_sound, "yes") == 0;
    if (plan->route.gen2 && keep && strcmp(plan->refer_type, "feature") == 0)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.provider_options.keep_original_sound",
                             "Model %s keeps the video's sound with refer_type=base only.", plan->model->name);
    if (plan->sound)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.enable_audio",
                             "Model %s makes no sound beside an input video.", plan->model->name);
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    if (config->lastframe.kind != GV_MEDIA_UNSET)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.lastframe",
                             "A last frame needs a first frame; beside an input video Kling takes neither here.");
    return GV_OK;
}

static int take_inputs(struct kling_plan *plan, struct gv_error *err)
{
    const struct gv_operation *op = plan->op;
    if (op->operation == GV_OP_MULTI_IMAGE_GENERATION) {
        plan->prompt = op->u.multi_image.prompt;
        plan->images = op->u.multi_image.input_images;
        plan->image_count = op->u.multi_image.input_image_count;
        return GV_OK;
    }
    const struct gv_media_input *input = &op->u.generate.input;
    if (input->kind != GV_INPUT_VIDEO && gv_operation_option(op, "refer_type") != NULL)
        return gv_fail_field(err, GV_INVALID_INPUT, "config.provider_options.refer_type", "It needs an input video.");
    switch (input->kind) {
    case GV_INPUT_IMAGE: return take_image(plan, &input->image, err);
    case GV_INPUT_VIDEO: return take_video(plan, &input->video, err);
    default: plan->prompt = input->text; return GV_OK;
    }
}

static int check_image_count(const struct kling_plan *plan, struct gv_error *err)
{
    if (plan->op->operation != GV_OP_MULTI_IMAGE_GENERATION && plan->route.product != KLING_OMNI_VIDEO)
        return GV_OK;
    size_t max = plan->route.product == KLING_MULTI_IMAGE2VIDEO ? KLING_MULTI_IMAGES_MAX
                 : plan->video != NULL                          ? KLING_REFERENCES_WITH_VIDEO_MAX
                                                                : KLING_REFERENCES_MAX;
    size_t count = plan->image_count + (plan->elements != NULL ? plan->elements->count : 0);
    bool none = plan->op->operation == GV_OP_MULTI_IMAGE_GENERATION && plan->image_count == 0;
    if (!none && count <= max)
        return GV_OK;
    return gv_fail_field(err, GV_INVALID_INPUT, "input_images",
                         "Model %s takes 1 to %zu reference images and elements here; this wish has %zu.",
                         plan->model->name, max, count);
}

static int check_images(const struct kling_plan *plan, struct gv_arena *arena, struct gv_error *err)
{
    bool gen2 = plan->route.gen2;
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    int bad = check_image_count(plan, err);
    if (!bad && plan->first != NULL)
        bad = kling_check_image(plan->first, gen2, "input.image.data", err);
    if (!bad && plan->last != NULL)
        bad = kling_check_image(plan->last, gen2, plan->first != NULL ? "config.lastframe" : "input.image.data", err);
    if (!bad)
        bad = kling_check_image(&config->static_mask, gen2, "config.static_mask", err);
    if (!bad)
        bad = kling_check_image(&config->dynamic_mask.mask, gen2, "config.dynamic_mask.mask", err);
    for (size_t i = 0; i < plan->image_count && !bad; i++)
        bad = kling_check_image(&plan->images[i], gen2, gv_arena_printf(arena, "input_images.%zu", i), err);
    return bad;
}

/* ---- texts ------------------------------------------------------------------------------------------ */

static bool is_blank(const char *text)
{
    return text == NULL || text[strspn(text, " \t\r\n")] == '\0';
}

static int check_texts(struct kling_plan *plan, struct gv_error *err)
{
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    unsigned traits = plan->model->traits;
    bool text = plan->route.product == KLING_TEXT2VIDEO;
    bool many = (traits & KLING_LONG_PROMPT) || (text && (traits & KLING_LONG_PROMPT_TEXT));
    const char *field = plan->op->operation == GV_OP_MULTI_IMAGE_GENERATION ? "prompt"
                        : plan->video != NULL                               ? "config.provider_options.prompt"
                        : plan->first != NULL || plan->last != NULL         ? "input.image.prompt"
                                                                            : "input.text";
    if (plan->video == NULL && gv_operation_option(plan->op, "prompt") != NULL)
        return gv_fail_field(err, GV_INVALID_INPUT, "config.provider_options.prompt",
                             "It goes with an input video; the prompt's place is %s.", field);
    if (is_blank(plan->prompt) && plan->multi_prompt == NULL && plan->route.product != KLING_IMAGE2VIDEO)
        return gv_fail_field(err, GV_INVALID_INPUT, field, "Model %s needs a prompt.", plan->model->name);
    if (is_blank(plan->prompt))
        plan->prompt = NULL;
    plan->negative_prompt = config->negative_prompt;
    int bad = kling_check_prompt(plan->prompt, many ? KLING_LONG_PROMPT_CHARACTERS_MAX : KLING_PROMPT_CHARACTERS_MAX,
                                 field, err);
    return bad ? bad
               : kling_check_prompt(plan->negative_prompt, KLING_PROMPT_CHARACTERS_MAX, "config.negative_prompt", err);
}

/* ---- length, ratio, mode ---------------------------------------------------------------------------- */

static bool is_base(const struct kling_plan *plan)
{
    return plan->video != NULL && strcmp(plan->refer_type, "base") == 0;
}

static int choose_seconds(struct kling_plan *plan, struct gv_error *err)
{
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    if (is_base(plan)) {
        if (config->has_duration_seconds)
            return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.duration_seconds",
                                 "With refer_type=base the film is as long as the input video.");
        return GV_OK;
    }
    int bad = gv_admit_seconds(&plan->seconds, plan->model, config->has_duration_seconds,
                               (double)config->duration_seconds, err);
    if (bad)
        return bad;
    bool reference = plan->image_count > 0 || plan->video != NULL;
    if ((plan->model->traits & KLING_5_OR_10_UNLESS_REFERENCE) && !reference && plan->seconds != 5 &&
        plan->seconds != 10)
        return gv_fail_field(err, GV_INVALID_INPUT, "config.duration_seconds",
                             "Without reference images or video, model %s makes 5 or 10 seconds, not %u.",
                             plan->model->name, plan->seconds);
    return GV_OK;
}

static int choose_ratio(struct kling_plan *plan, struct gv_error *err)
{
    static const char *const words[] = {
        [GV_RATIO_SQUARE] = "1:1", [GV_RATIO_PORTRAIT] = "9:16", [GV_RATIO_LANDSCAPE] = "16:9"};
    enum gv_aspect_ratio asked = gv_operation_config(plan->op)->aspect_ratio;
    bool image = plan->route.product == KLING_IMAGE2VIDEO;
    if (asked != GV_RATIO_UNSET && (is_base(plan) || (image && (plan->model->traits & KLING_RATIO_NOT_WITH_IMAGE))))
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.aspect_ratio",
                             "The input decides the ratio here; model %s takes none beside it.", plan->model->name);
    if (asked == GV_RATIO_UNSET && (image || plan->first != NULL || is_base(plan)))
        return GV_OK;
    if (asked == GV_RATIO_CINEMA)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.aspect_ratio",
                             "Kling renders 16:9, 9:16 and 1:1, not 21:9.");
    plan->ratio = words[asked != GV_RATIO_UNSET ? asked : GV_RATIO_LANDSCAPE];
    return GV_OK;
}

static bool has_masks(const struct kling_plan *plan)
{
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    return config->static_mask.kind != GV_MEDIA_UNSET || config->dynamic_mask.mask.kind != GV_MEDIA_UNSET ||
           plan->masks != NULL;
}

/* What makes pro necessary, in words, or NULL; `*field` is the member that asked for it. */
static const char *needs_pro(const struct kling_plan *plan, const char **field)
{
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    unsigned traits = plan->model->traits;
    const struct {
        bool needed;
        const char *what, *field;
    } reasons[] = {
        {(traits & KLING_SOUND_PRO) && plan->sound, "sound", "config.enable_audio"},
        {(traits & KLING_TAIL_PRO) && plan->last != NULL, "a last frame", "config.lastframe"},
        {(traits & KLING_BRUSH_PRO) && has_masks(plan), "masks", "config.static_mask"},
        {(traits & KLING_CAMERA_IMAGE) && config->camera_control.kind != GV_CAMERA_UNSET, "camera control",
         "config.camera_control"},
    };
    for (size_t i = 0; i < GV_COUNT(reasons); i++) {
        if (reasons[i].needed) {
            *field = reasons[i].field;
            return reasons[i].what;
        }
    }
    return NULL;
}

static enum gv_resolution resolution_of(const struct gv_model *model, const char *mode)
{
    if (strcmp(mode, "4k") == 0)
        return GV_RESOLUTION_UHD;
    if (strcmp(mode, "pro") == 0 && !(model->traits & KLING_PRO_IS_HD))
        return GV_RESOLUTION_FHD;
    return GV_RESOLUTION_HD;
}

static int read_mode(struct kling_plan *plan, enum gv_resolution asked, struct gv_error *err)
{
    plan->mode = gv_operation_option(plan->op, "mode");
    plan->resolution = asked;
    if (plan->mode == NULL)
        return GV_OK;
    enum gv_resolution meant = resolution_of(plan->model, plan->mode);
    if ((plan->model->traits & KLING_NO_MODE) || !(plan->model->resolutions & GV_BIT(meant)))
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.provider_options.mode", "Model %s has no mode %s.",
                             plan->model->name, plan->mode);
    if (asked != GV_RESOLUTION_UNSET && asked != meant)
        return gv_fail_field(err, GV_INVALID_INPUT, "config.provider_options.mode",
                             "Mode %s contradicts config.resolution: leave one of them out.", plan->mode);
    plan->resolution = meant;
    return GV_OK;
}

static int choose_mode(struct kling_plan *plan, struct gv_error *err)
{
    int bad = read_mode(plan, gv_operation_config(plan->op)->resolution, err);
    if (bad)
        return bad;
    const char *field = NULL, *reason = needs_pro(plan, &field);
    if (reason != NULL && plan->resolution == GV_RESOLUTION_UNSET)
        plan->resolution = GV_RESOLUTION_FHD;
    if (reason != NULL && plan->resolution != GV_RESOLUTION_FHD)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, field,
                             "Model %s takes %s in mode pro (resolution fhd) only, and this wish asks for less.",
                             plan->model->name, reason);
    if (plan->resolution == GV_RESOLUTION_UNSET)
        plan->resolution = plan->model->resolution_default;
    if (plan->mode == NULL)
        plan->mode = plan->resolution == GV_RESOLUTION_UHD   ? "4k"
                     : plan->resolution == GV_RESOLUTION_FHD ? "pro"
                                                             : "std";
    return GV_OK;
}

/* ---- what excludes what ----------------------------------------------------------------------------- */

static int check_camera(const struct kling_plan *plan, struct gv_error *err)
{
    const struct gv_camera_movement *camera = &gv_operation_config(plan->op)->camera_control;
    const char *field = "config.camera_control", *model = plan->model->name;
    if (camera->kind == GV_CAMERA_UNSET)
        return GV_OK;
    bool text = plan->route.product == KLING_TEXT2VIDEO;
    bool of_text = plan->model->traits & KLING_CAMERA_TEXT, of_image = plan->model->traits & KLING_CAMERA_IMAGE;
    if (text ? !of_text : !of_image)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, field, "Model %s takes camera control beside %s only.", model,
                             of_text ? "text" : "an image");
    if (of_image && camera->kind != GV_CAMERA_SIMPLE)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, field, "Model %s takes camera type simple only.", model);
    if (of_text && strcmp(plan->mode, "std") != 0)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, field, "Model %s takes camera control in mode std only.",
                             model);
    if (plan->seconds != 5)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, field, "Model %s takes camera control with 5 seconds only.",
                             model);
    if (camera->kind != GV_CAMERA_SIMPLE)
        return GV_OK;
    const struct gv_camera_config *c = &camera->simple;
    float values[] = {c->horizontal, c->vertical, c->pan, c->tilt, c->zoom, c->roll};
    int moving = 0;
    for (size_t i = 0; i < GV_COUNT(values); i++) {
        moving += values[i] != 0;
        if (!(fabsf(values[i]) <= 10))
            return gv_fail_field(err, GV_INVALID_INPUT, field, "Camera values go from -10 to 10.");
    }
    if (moving != 1)
        return gv_fail_field(err, GV_INVALID_INPUT, field,
                             "Kling's simple camera moves along exactly one axis; %d are set.", moving);
    return GV_OK;
}

static int check_masks(const struct kling_plan *plan, struct gv_error *err)
{
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    if (!has_masks(plan))
        return GV_OK;
    if (plan->first == NULL)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.static_mask", "Masks need a first frame.");
    if (plan->seconds != 5)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.duration_seconds",
                             "Model %s takes masks with 5 seconds only.", plan->model->name);
    size_t points = config->dynamic_mask.trajectory_count;
    if (config->dynamic_mask.mask.kind != GV_MEDIA_UNSET && (points < 2 || points > 77))
        return gv_fail_field(err, GV_INVALID_INPUT, "config.dynamic_mask.trajectories",
                             "Kling takes 2 to 77 points; this wish has %zu.", points);
    const struct gv_blob_info *image = &plan->first->blob, *mask = &config->static_mask.blob;
    const struct gv_blob_info *moving = &config->dynamic_mask.mask.blob;
    if ((uint64_t)image->width * mask->height != (uint64_t)image->height * mask->width && image->width && mask->width)
        return gv_fail_field(err, GV_INVALID_INPUT, "config.static_mask",
                             "The mask must have the image's ratio: it has %ux%u, the image %ux%u.", mask->width,
                             mask->height, image->width, image->height);
    if (mask->width && moving->width && (mask->width != moving->width || mask->height != moving->height))
        return gv_fail_field(err, GV_INVALID_INPUT, "config.dynamic_mask.mask",
                             "It must have the static mask's size: it has %ux%u, the static mask %ux%u.", moving->width,
                             moving->height, mask->width, mask->height);
    return GV_OK;
}

static int check_exclusions(const struct kling_plan *plan, struct gv_error *err)
{
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    bool camera = config->camera_control.kind != GV_CAMERA_UNSET, masks = has_masks(plan);
    if ((plan->last != NULL) + masks + camera > 1)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE,
                             masks && camera ? "config.camera_control" : "config.lastframe",
                             "Kling takes one of a last frame, masks and camera control, not several.");
    if (plan->last != NULL && (plan->model->traits & KLING_TAIL_SILENT) && plan->sound)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.enable_audio",
                             "Model %s makes no sound with a last frame.", plan->model->name);
    if (plan->last != NULL && (plan->model->traits & KLING_TAIL_5_S) && plan->seconds != 5)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.lastframe",
                             "Model %s takes a last frame with 5 seconds only.", plan->model->name);
    int bad = check_masks(plan, err);
    return bad ? bad : check_camera(plan, err);
}

/* ---- the price -------------------------------------------------------------------------------------- */

static double estimate(const struct kling_plan *plan)
{
    bool fhd = plan->resolution == GV_RESOLUTION_FHD;
    if (resolution_of(plan->model, "pro") != GV_RESOLUTION_FHD && strcmp(plan->mode, "pro") == 0)
        return -1;
    if (plan->video != NULL) {
        if (plan->seconds == 0 || plan->resolution == GV_RESOLUTION_UHD)
            return -1;
        return (fhd ? 1.2 : 0.9) * KLING_UNIT_USD * plan->seconds;
    }
    if (plan->voices != NULL)
        return 1.2 * KLING_UNIT_USD * plan->seconds;
    return gv_model_price(plan->model, plan->resolution, plan->sound, plan->seconds);
}

/* ---- all together ----------------------------------------------------------------------------------- */

static int plan_generation(struct kling_plan *plan, struct gv_admission *admission, struct gv_arena *arena,
                           struct gv_error *err)
{
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    int bad = gv_admit_model(plan->model, plan->op, err);
    if (!bad)
        bad = gv_admit_config(admission, &gv_provider_kling, plan->model, plan->op, arena, err);
    if (bad)
        return bad;
    plan->sound = plan->model->audio == GV_AUDIO_ALWAYS ||
                  (plan->model->audio == GV_AUDIO_OPTIONAL && config->has_enable_audio && config->enable_audio);
    plan->has_cfg_scale = config->has_guidance_scale && (plan->model->takes & GV_TAKES_GUIDANCE);
    plan->cfg_scale = config->guidance_scale;
    plan->multi_shot = kling_option_is(plan->op, "multi_shot", "true");
    plan->shot_type = gv_operation_option(plan->op, "shot_type");
    if (plan->has_cfg_scale)
        bad = kling_check_cfg_scale(plan->cfg_scale, "config.guidance_scale", err);
    (void)(bad || (bad = take_inputs(plan, err)) || (bad = kling_plan_lists(plan, arena, err)) ||
           (bad = check_texts(plan, err)) || (bad = choose_seconds(plan, err)) || (bad = choose_ratio(plan, err)) ||
           (bad = choose_mode(plan, err)) || (bad = check_images(plan, arena, err)) ||
           (bad = check_exclusions(plan, err)) || (bad = kling_check_shots(plan, err)));
    if (!bad)
        admission->usd = estimate(plan);
    return bad;
}

int kling_make_plan(struct kling_plan *out, struct gv_admission *admission, const struct gv_operation *op,
                    const struct gv_model *model, unsigned credential_set, struct gv_arena *arena, struct gv_error *err)
{
    *out = (struct kling_plan){.op = op, .sound_start_ms = -1, .sound_end_ms = -1, .sound_insert_ms = -1};
    *admission = (struct gv_admission){.usd = -1};
    if (op->operation == GV_OP_UPSCALE_VIDEO)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "operation",
                             "Kling's API has no upscaling; choose resolution fhd or uhd when generating.");
    int bad = gv_admit_options(&gv_provider_kling, op, err);
    if (!bad && model == NULL && gv_operation_config(op) != NULL)
        bad = choose_model(&model, op, arena, err);
    if (bad)
        return bad;
    out->model = admission->model = model;
    out->route = kling_route(op, model);
    if (out->route.gen2 && credential_set == KLING_SET_JWT)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.model",
                             "Model %s takes an API key only, and KLING_ACCESS_KEY is what is set. Make a key at "
                             "https://kling.ai/dev/api-key and set KLING_API_KEY, or use a kling-v... model.",
                             model->name);
    switch (op->operation) {
    case GV_OP_GENERATE_LIP_SYNC: return kling_plan_lip_sync(out, admission, arena, err);
    case GV_OP_EXTEND_VIDEO: return kling_plan_extend(out, admission, arena, err);
    case GV_OP_GENERATE_VIDEO_EFFECTS: return kling_plan_effects(out, admission, arena, err);
    default: return plan_generation(out, admission, arena, err);
    }
}

int kling_admit(struct gv_admission *out, const struct gv_operation *op, unsigned credential_set,
                struct gv_arena *arena, struct gv_error *err)
{
    struct kling_plan plan;
    return kling_make_plan(&plan, out, op, NULL, credential_set, arena, err);
}
