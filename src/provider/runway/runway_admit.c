/* Whether a wish can be sent, and how it will be put: the same answer at admission and at the moment of sending. */
#include "provider/runway/runway.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"

#define RUNWAY_UPSCALE_SECONDS_MAX 30.0
#define RUNWAY_SEED_MAX UINT32_MAX

/* A task of a model that left the table can still be asked for. */
enum runway_route runway_route(const struct gv_operation *op, const struct gv_model *model)
{
    if (op->operation == GV_OP_UPSCALE_VIDEO)
        return RUNWAY_VIDEO_UPSCALE;
    if (op->operation != GV_OP_GENERATE)
        return RUNWAY_IMAGE_TO_VIDEO;
    switch (op->u.generate.input.kind) {
    case GV_INPUT_IMAGE: return RUNWAY_IMAGE_TO_VIDEO;
    case GV_INPUT_VIDEO: return RUNWAY_VIDEO_TO_VIDEO;
    default: break;
    }
    return model != NULL && (model->traits & RUNWAY_TEXT_BY_IMAGE) ? RUNWAY_TEXT_BY_TWO : RUNWAY_TEXT_TO_VIDEO;
}

/* ---- the model -------------------------------------------------------------------------------------- */

static const char *default_model(const struct gv_operation *op)
{
    if (op->operation == GV_OP_UPSCALE_VIDEO)
        return RUNWAY_UPSCALER;
    if (op->operation == GV_OP_MULTI_IMAGE_GENERATION)
        return "seedance2";
    return op->u.generate.input.kind == GV_INPUT_VIDEO ? "aleph2" : "gen4.5";
}

static int choose_model(const struct gv_model **out, const struct gv_operation *op, struct gv_arena *arena,
                        struct gv_error *err)
{
    const struct gv_generation_config *config = gv_operation_config(op);
    const char *name = config != NULL && config->model != NULL ? config->model : default_model(op);
    *out = gv_model_named(&gv_provider_runway, name);
    if (*out != NULL)
        return GV_OK;
    const char *names = "";
    for (size_t i = 0; i < RUNWAY_MODEL_COUNT; i++) {
        if (runway_models[i].retired_on == NULL)
            names = gv_arena_printf(arena, "%s%s%s", names, *names != '\0' ? ", " : "", runway_models[i].name);
    }
    return gv_fail_field(err, GV_INVALID_INPUT, "config.model",
                         "Runway has no film model %s that is known here; these "
                         "are: %s.",
                         name, names);
}

/* ---- inputs ----------------------------------------------------------------------------------------- */

static void take_inputs(struct runway_plan *plan)
{
    const struct gv_operation *op = plan->op;
    if (op->operation == GV_OP_MULTI_IMAGE_GENERATION) {
        plan->prompt = op->u.multi_image.prompt;
        plan->images = op->u.multi_image.input_images;
        plan->image_count = op->u.multi_image.input_image_count;
        return;
    }
    const struct gv_media_input *input = &op->u.generate.input;
    const struct gv_media *lastframe = &op->u.generate.config.lastframe;
    if (input->kind == GV_INPUT_VIDEO) {
        plan->video = &input->video;
        plan->prompt = gv_operation_option(op, "prompt");
        return;
    }
    if (input->kind == GV_INPUT_TEXT) {
        plan->prompt = input->text;
        return;
    }
    bool is_last = input->image.role == GV_ROLE_LAST;
    plan->prompt = input->image.prompt;
    plan->first = is_last ? NULL : &input->image.data;
    plan->last = is_last ? &input->image.data : lastframe->kind != GV_MEDIA_UNSET ? lastframe : NULL;
}

static int check_media(const struct runway_plan *plan, struct gv_admission *admission, struct gv_arena *arena,
                       struct gv_error *err)
{
    const struct gv_model *model = plan->model;
    size_t most = runway_images_max(model);
    int bad = GV_OK;
    if (plan->op->operation == GV_OP_MULTI_IMAGE_GENERATION && (plan->image_count == 0 || plan->image_count > most))
        return gv_fail_field(err, GV_INVALID_INPUT, "input_images",
                             "Model %s takes 1 to %zu reference images; this wish has %zu.", model->name, most,
                             plan->image_count);
    if (plan->video != NULL)
        bad = runway_check_video(plan->video, "input.video", err);
    if (!bad && plan->first != NULL)
        bad = runway_check_image(plan->first, model, "input.image.data", admission, arena, err);
    if (!bad && plan->last != NULL)
        bad = runway_check_image(plan->last, model, plan->first != NULL ? "config.lastframe" : "input.image.data",
                                 admission, arena, err);
    for (size_t i = 0; i < plan->image_count && !bad; i++)
        bad = runway_check_image(&plan->images[i], model, gv_arena_printf(arena, "input_images.%zu", i), admission,
                                 arena, err);
    return bad;
}

size_t runway_plan_media(const struct gv_media *out[RUNWAY_MEDIA_MAX], const struct runway_plan *plan)
{
    size_t count = 0;
    const struct gv_media *single[] = {plan->first, plan->last, plan->video};
    for (size_t i = 0; i < GV_COUNT(single); i++) {
        if (single[i] != NULL)
            out[count++] = single[i];
    }
    for (size_t i = 0; i < plan->image_count; i++) {
        GV_ASSERT(count < RUNWAY_MEDIA_MAX);
        out[count++] = &plan->images[i];
    }
    return count;
}

/* ---- texts ------------------------------------------------------------------------------------------ */

static bool is_blank(const char *text)
{
    return text == NULL || text[strspn(text, " \t\r\n")] == '\0';
}

static bool needs_prompt(const struct runway_plan *plan)
{
    uint32_t traits = plan->model->traits;
    switch (plan->route) {
    case RUNWAY_TEXT_TO_VIDEO:
    case RUNWAY_TEXT_BY_TWO: return true;
    case RUNWAY_IMAGE_TO_VIDEO: return traits & RUNWAY_PROMPT_NEEDED;
    default: return traits & (RUNWAY_PROMPT_NEEDED | RUNWAY_PROMPT_WITH_VIDEO);
    }
}

static int check_texts(struct runway_plan *plan, struct gv_error *err)
{
    size_t most = runway_prompt_units_max(plan->model);
    const char *field = plan->op->operation == GV_OP_MULTI_IMAGE_GENERATION ? "prompt"
                        : plan->video != NULL                               ? "config.provider_options.prompt"
                        : plan->first != NULL || plan->last != NULL         ? "input.image.prompt"
                                                                            : "input.text";
    if (is_blank(plan->prompt) && needs_prompt(plan))
        return gv_fail_field(err, GV_INVALID_INPUT, field, "Model %s needs a prompt here.", plan->model->name);
    if (is_blank(plan->prompt))
        plan->prompt = NULL;
    plan->negative_prompt = gv_operation_config(plan->op)->negative_prompt;
    int bad = runway_check_prompt(plan->prompt, most, field, err);
    return bad ? bad : runway_check_prompt(plan->negative_prompt, most, "config.negative_prompt", err);
}

/* ---- size ------------------------------------------------------------------------------------------- */

/* The sizes that may be said on this route. */
static enum runway_set set_of(const struct runway_plan *plan)
{
    enum runway_set set = RUNWAY_SET_OF(plan->model);
    uint32_t traits = plan->model->traits;
    bool image = plan->route == RUNWAY_IMAGE_TO_VIDEO;
    if (set == RUNWAY_SIZES_A && plan->route == RUNWAY_TEXT_TO_VIDEO)
        return RUNWAY_SIZES_A_TEXT;
    if (image && plan->image_count == 0 && (traits & RUNWAY_NO_RATIO_WITH_IMAGE))
        return RUNWAY_SIZES_NONE;
    if (plan->video != NULL && !(traits & RUNWAY_VIDEO_SECONDS) && set != RUNWAY_SIZES_ALEPH)
        return RUNWAY_SIZES_NONE;
    return set;
}

static const struct gv_blob_info *shape_of(const struct runway_plan *plan)
{
    const struct gv_media *media = plan->first != NULL ? plan->first : plan->last != NULL ? plan->last : plan->video;
    return media != NULL && media->kind == GV_MEDIA_BLOB && media->blob.width > 0 && media->blob.height > 0
               ? &media->blob
               : NULL;
}

/* An exact W:H leaves nothing to say with ratio, and only its own resolution. */
static int exact_size(const struct runway_size **out, const struct runway_plan *plan, enum runway_set set,
                      const char *word, struct gv_arena *arena, struct gv_error *err)
{
    const char *field = "config.provider_options.ratio";
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    if (set == RUNWAY_SIZES_NONE)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, field, "Model %s takes no ratio beside this input.",
                             plan->model->name);
    *out = runway_size_named(set, word);
    if (*out == NULL)
        return gv_fail_field(err, GV_INVALID_INPUT, field, "Model %s takes %s here; %.32s was asked for.",
                             plan->model->name, runway_size_words(set, arena), word);
    bool other = config->resolution != GV_RESOLUTION_UNSET && (*out)->resolution != GV_RESOLUTION_UNSET &&
                 config->resolution != (*out)->resolution;
    if (config->aspect_ratio != GV_RATIO_UNSET || other)
        return gv_fail_field(err, GV_INVALID_INPUT, field,
                             "It says the exact size already: leave config.aspect_ratio and config.resolution out.");
    return GV_OK;
}

/* By ratio and resolution, or by the shape of the picture or film. */
static int fitting_size(const struct runway_size **out, const struct runway_plan *plan, enum runway_set set,
                        enum gv_resolution resolution, struct gv_admission *admission, struct gv_arena *arena,
                        struct gv_error *err)
{
    enum gv_aspect_ratio asked = gv_operation_config(plan->op)->aspect_ratio;
    const struct gv_blob_info *shape = shape_of(plan);
    if (asked == GV_RATIO_UNSET && shape != NULL) {
        *out = runway_size_near(set, resolution, (double)shape->width / shape->height);
        return GV_OK;
    }
    *out = runway_size_of(set, asked != GV_RATIO_UNSET ? asked : GV_RATIO_LANDSCAPE, resolution);
    if (*out == NULL)
        return gv_fail_field(err, GV_INVALID_INPUT, "config.aspect_ratio",
                             "Model %s takes %s here; the ratio asked "
                             "for is not among them.",
                             plan->model->name, runway_size_words(set, arena));
    if (asked == GV_RATIO_UNSET && (plan->first != NULL || plan->last != NULL || plan->video != NULL))
        gv_admission_warn(admission, arena,
                          "The input's shape is not known here: the film will be %s, and Runway crops what differs. "
                          "Say a ratio, or pass the file.",
                          (*out)->word);
    return GV_OK;
}

static void say_size_word(struct runway_plan *plan)
{
    static const char *const words[] = {[GV_RESOLUTION_SD] = "480p",
                                        [GV_RESOLUTION_HD] = "720p",
                                        [GV_RESOLUTION_FHD] = "1080p",
                                        [GV_RESOLUTION_UHD] = "2160p"};
    static const char *const autos[] = {[GV_RESOLUTION_SD] = "auto_480p",
                                        [GV_RESOLUTION_HD] = "auto_720p",
                                        [GV_RESOLUTION_FHD] = "auto_1080p",
                                        [GV_RESOLUTION_UHD] = NULL};
    uint32_t traits = plan->model->traits;
    bool image = plan->first != NULL || plan->last != NULL;
    if (traits & RUNWAY_OWN_SIZES)
        plan->size = gv_operation_option(plan->op, "resolution");
    else if (image ? traits & RUNWAY_SIZE_WORD : traits & RUNWAY_SIZE_WORD_TEXT)
        plan->size = words[plan->resolution];
    if (image && (traits & RUNWAY_AUTO_RATIO))
        plan->ratio = autos[plan->resolution];
}

static int choose_size(struct runway_plan *plan, struct gv_admission *admission, struct gv_arena *arena,
                       struct gv_error *err)
{
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    const char *word = gv_operation_option(plan->op, "ratio");
    enum runway_set set = set_of(plan);
    const struct runway_size *size = NULL;
    bool asked = config->aspect_ratio != GV_RATIO_UNSET || config->resolution != GV_RESOLUTION_UNSET;
    int bad = GV_OK;
    plan->resolution = config->resolution != GV_RESOLUTION_UNSET ? config->resolution : plan->model->resolution_default;
    if (plan->video != NULL && set == RUNWAY_SIZES_NONE && asked)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE,
                             config->aspect_ratio != GV_RATIO_UNSET ? "config.aspect_ratio" : "config.resolution",
                             "Beside an input video model %s takes neither ratio nor resolution.", plan->model->name);
    if (word != NULL)
        bad = exact_size(&size, plan, set, word, arena, err);
    else if (set == RUNWAY_SIZES_HAILUO && plan->route == RUNWAY_IMAGE_TO_VIDEO && !asked)
        plan->ratio = "adaptive";
    else if (set != RUNWAY_SIZES_NONE && (plan->video == NULL || asked))
        bad = fitting_size(&size, plan, set, plan->resolution, admission, arena, err);
    if (bad)
        return bad;
    if (size != NULL) {
        plan->ratio = size->word;
        plan->resolution = size->resolution != GV_RESOLUTION_UNSET ? size->resolution : plan->resolution;
    }
    say_size_word(plan);
    if (plan->route == RUNWAY_TEXT_BY_TWO)
        plan->image_ratio = runway_image_size(plan->ratio);
    return GV_OK;
}

/* ---- length, sound, seed ---------------------------------------------------------------------------- */

static unsigned nearest_seconds(const struct gv_model *model, double seconds)
{
    unsigned best = model->seconds_default;
    for (unsigned i = 1; i < 32; i++) {
        if ((model->seconds & GV_BIT(i)) && fabs(seconds - i) < fabs(seconds - best))
            best = i;
    }
    return best;
}

/* Beside a film, the film's length is meant, as near as the model comes to it. */
static void seconds_of_video(struct runway_plan *plan, struct gv_admission *admission, struct gv_arena *arena)
{
    double seconds = plan->video->kind == GV_MEDIA_BLOB ? plan->video->blob.duration_seconds : 0;
    if (seconds > 0) {
        plan->seconds = nearest_seconds(plan->model, seconds);
        return;
    }
    gv_admission_warn(
        admission, arena,
        "The input video's length is not known here: the film will have %u seconds. Say duration_seconds, "
        "or pass the file.",
        plan->seconds);
}

static int choose_seconds(struct runway_plan *plan, struct gv_admission *admission, struct gv_arena *arena,
                          struct gv_error *err)
{
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    bool has = config->has_duration_seconds,
         timed = plan->video == NULL || (plan->model->traits & RUNWAY_VIDEO_SECONDS);
    bool edit = (plan->model->traits & RUNWAY_STRICT_MODES) && runway_option_is(plan->op, "mode", "edit");
    plan->auto_seconds = gv_operation_option(plan->op, "duration") != NULL || edit;
    if (plan->auto_seconds && has)
        return gv_fail_field(err, GV_INVALID_INPUT, "config.provider_options.duration",
                             "duration=auto contradicts config.duration_seconds: leave one of them out.");
    if (!timed && (has || plan->auto_seconds))
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE,
                             has ? "config.duration_seconds" : "config.provider_options.duration",
                             "With model %s the film is as long as the input video.", plan->model->name);
    if (!timed || plan->auto_seconds)
        return GV_OK;
    int bad = gv_admit_seconds(&plan->seconds, plan->model, has, (double)config->duration_seconds, err);
    if (!bad && plan->video != NULL && !has)
        seconds_of_video(plan, admission, arena);
    return bad;
}

/* Sound is on unless told otherwise, as at Runway, and said so that no default can change the price. */
static void choose_audio(struct runway_plan *plan)
{
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    plan->has_audio = plan->model->audio == GV_AUDIO_OPTIONAL;
    plan->audio = plan->has_audio && (!config->has_enable_audio || config->enable_audio);
}

static int check_numbers(const struct runway_plan *plan, struct gv_error *err)
{
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    if (config->has_enable_audio && (plan->model->traits & RUNWAY_NO_AUDIO_FIELD))
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.enable_audio",
                             "Runway lets nobody choose sound with model %s; veo3.1, the seedance models and wan3 have "
                             "a choice.",
                             plan->model->name);
    if (config->has_seed && (plan->model->takes & GV_TAKES_SEED) && config->seed > RUNWAY_SEED_MAX)
        return gv_fail_field(err, GV_INVALID_INPUT, "config.seed", "Runway's seeds go from 0 to 4294967295.");
    return GV_OK;
}

/* ---- all together ----------------------------------------------------------------------------------- */

static int plan_generation(struct runway_plan *plan, struct gv_admission *admission, struct gv_arena *arena,
                           struct gv_error *err)
{
    int bad = gv_admit_model(plan->model, plan->op, err);
    if (!bad)
        bad = check_numbers(plan, err);
    if (!bad)
        bad = gv_admit_config(admission, &gv_provider_runway, plan->model, plan->op, arena, err);
    if (bad)
        return bad;
    take_inputs(plan);
    choose_audio(plan);
    (void)((bad = check_texts(plan, err)) || (bad = runway_check_options(plan, arena, err)) ||
           (bad = check_media(plan, admission, arena, err)) || (bad = choose_seconds(plan, admission, arena, err)) ||
           (bad = choose_size(plan, admission, arena, err)));
    return bad;
}

static int plan_upscale(struct runway_plan *plan, struct gv_arena *arena, struct gv_error *err)
{
    plan->video = &plan->op->u.upscale.input;
    plan->size = gv_operation_option(plan->op, "resolution");
    if (plan->size == NULL)
        plan->size = "2k";
    int bad = runway_check_options(plan, arena, err);
    if (!bad)
        bad = runway_check_video(plan->video, "input", err);
    if (!bad && plan->video->kind == GV_MEDIA_BLOB && plan->video->blob.duration_seconds > RUNWAY_UPSCALE_SECONDS_MAX)
        return gv_fail_field(err, GV_INVALID_INPUT, "input",
                             "Runway upscales films of at most 30 seconds; this has %.1f. Cut it, and upscale the "
                             "parts.",
                             plan->video->blob.duration_seconds);
    return bad;
}

static int refuse_operation(const struct gv_operation *op, struct gv_error *err)
{
    static const char *const names[] = {
        [GV_OP_GENERATE_LIP_SYNC] = "generate-lip-sync",
        [GV_OP_EXTEND_VIDEO] = "extend-video",
        [GV_OP_GENERATE_VIDEO_EFFECTS] = "generate-video-effects",
    };
    const char *const *pair = runway_unsupported;
    while (*pair != NULL && strcmp(pair[0], names[op->operation]) != 0)
        pair += 2;
    GV_ASSERT(*pair != NULL);
    return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "operation", "%s.", pair[1]);
}

int runway_make_plan(struct runway_plan *out, struct gv_admission *admission, const struct gv_operation *op,
                     const struct gv_model *model, struct gv_arena *arena, struct gv_error *err)
{
    *out = (struct runway_plan){.op = op};
    *admission = (struct gv_admission){.usd = -1};
    bool upscale = op->operation == GV_OP_UPSCALE_VIDEO;
    if (gv_operation_config(op) == NULL && !upscale)
        return refuse_operation(op, err);
    int bad = gv_admit_options(&gv_provider_runway, op, err);
    if (!bad && model == NULL)
        bad = choose_model(&model, op, arena, err);
    if (bad)
        return bad;
    out->model = model;
    out->route = runway_route(op, model);
    bad = upscale ? plan_upscale(out, arena, err) : plan_generation(out, admission, arena, err);
    admission->model = model;
    admission->usd = bad ? -1 : runway_estimate(out);
    return bad;
}

int runway_admit(struct gv_admission *out, const struct gv_operation *op, unsigned credential_set,
                 struct gv_arena *arena, struct gv_error *err)
{
    (void)credential_set; /* both sets are the same key */
    struct runway_plan plan;
    return runway_make_plan(&plan, out, op, NULL, arena, err);
}
