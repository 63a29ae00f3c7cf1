/* Whether a wish can be sent, and how it will be put: the same answer at admission and at the moment of sending. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "provider/stability/stability.h"

#define STABILITY_PROMPT_CHARACTERS_MAX 10000
#define STABILITY_SEED_MAX 4294967294u
#define STABILITY_CFG_SCALE_MAX 10.0f
#define STABILITY_MOTION_MAX 255

/* ---- options ---------------------------------------------------------------------------------------- */

bool stability_option_is(const struct gv_operation *op, const char *key, const char *value)
{
    const char *given = gv_operation_option(op, key);
    return given != NULL && strcmp(given, value) == 0;
}

static int bad_option(const char *key, enum gv_code code, const char *why, struct gv_error *err)
{
    char field[96];
    snprintf(field, sizeof(field), "config.provider_options.%s", key);
    return gv_fail_field(err, code, field, "Provider option %s: %s.", key, why);
}

/* A whole number within the bounds; *has false where it is not given. */
static int whole_option(bool *has, uint32_t *out, const struct gv_operation *op, const char *key, uint32_t min,
                        uint32_t max, struct gv_error *err)
{
    const char *text = gv_operation_option(op, key);
    char why[96], *end = NULL;
    *has = text != NULL;
    if (text == NULL)
        return GV_OK;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    snprintf(why, sizeof(why), "a whole number from %u to %u is wanted", min, max);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value < min || value > max)
        return bad_option(key, GV_INVALID_INPUT, why, err);
    *out = (uint32_t)value;
    return GV_OK;
}

/* ---- the numbers ------------------------------------------------------------------------------------ */

static int take_numbers(struct stability_plan *plan, struct gv_admission *admission, struct gv_arena *arena,
                        struct gv_error *err)
{
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    bool moves;
    if (config->has_seed && config->seed > STABILITY_SEED_MAX)
        return gv_fail_field(err, GV_INVALID_INPUT, "config.seed", "Stability takes seeds from 0 to %u; %llu came.",
                             STABILITY_SEED_MAX, (unsigned long long)config->seed);
    if (config->has_seed && config->seed == 0)
        gv_admission_warn(admission, arena, "seed 0 means a random one at Stability");
    plan->has_seed = config->has_seed;
    plan->seed = (uint32_t)config->seed;
    plan->has_cfg_scale = config->has_guidance_scale;
    plan->cfg_scale = config->guidance_scale;
    if (plan->has_cfg_scale && !(plan->cfg_scale >= 0 && plan->cfg_scale <= STABILITY_CFG_SCALE_MAX))
        return gv_fail_field(err, GV_INVALID_INPUT, "config.guidance_scale",
                             "Stability's cfg_scale goes from 0 to %g; %g is outside.", (double)STABILITY_CFG_SCALE_MAX,
                             (double)plan->cfg_scale);
    return whole_option(&moves, &plan->motion, plan->op, "motion_bucket_id", 1, STABILITY_MOTION_MAX, err);
}

/* ---- from an image ---------------------------------------------------------------------------------- */

static int check_picture(const struct gv_media *image, enum gv_aspect_ratio ratio, struct gv_error *err)
{
    static const char field[] = "input.image.data";
    if (image->kind == GV_MEDIA_URL) {
        if (strncmp(image->url, "https://", 8) == 0 || strncmp(image->url, "http://", 7) == 0)
            return GV_OK;
        return gv_fail_field(err, GV_INVALID_INPUT, field, "The picture is fetched over http or https only.");
    }
    if (image->kind != GV_MEDIA_BLOB)
        return GV_OK;
    const char *type = image->blob.mime_type != NULL ? image->blob.mime_type : "of an unknown type";
    if (strncmp(type, "image/", 6) != 0)
        return gv_fail_field(err, GV_INVALID_INPUT, field, "A picture is wanted; this is %s.", type);
    if (stability_size_of(ratio, &image->blob) == NULL)
        return gv_fail_field(err, GV_INVALID_INPUT, "config.aspect_ratio",
                             "The size of the picture is not known here: say square, portrait or landscape.");
    return GV_OK;
}

static int take_image(struct stability_plan *plan, const struct gv_reference *image, struct gv_error *err)
{
    static const char *const of_text[] = {"image_model", "image_seed", "style_preset"};
    if (image->prompt != NULL)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "input.image.prompt",
                             "Stability's model moves a picture without words: leave the prompt out; guidance_scale "
                             "and provider option motion_bucket_id steer it.");
    if (gv_operation_config(plan->op)->negative_prompt != NULL)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.negative_prompt",
                             "Stability takes a negative prompt for the picture that it makes from text, not beside an "
                             "image.");
    for (size_t i = 0; i < GV_COUNT(of_text); i++) {
        if (gv_operation_option(plan->op, of_text[i]) != NULL)
            return bad_option(of_text[i], GV_INVALID_INPUT, "it is for films from text, and an image came", err);
    }
    plan->image = &image->data;
    return check_picture(plan->image, plan->ratio, err);
}

/* ---- from text -------------------------------------------------------------------------------------- */

static int check_text(const char *text, const char *field, struct gv_error *err)
{
    size_t count = 0;
    for (const char *at = text; at != NULL && *at != '\0'; at++)
        count += ((unsigned char)*at & 0xC0) != 0x80;
    if (count <= STABILITY_PROMPT_CHARACTERS_MAX)
        return GV_OK;
    return gv_fail_field(err, GV_INVALID_INPUT, field, "Stability takes at most %d characters here; this text has %zu.",
                         STABILITY_PROMPT_CHARACTERS_MAX, count);
}

static const struct stability_image_model *image_model_of(const struct gv_operation *op)
{
    for (size_t i = 0; i < STABILITY_IMAGE_MODEL_COUNT; i++) {
        if (stability_option_is(op, "image_model", stability_image_models[i].name))
            return &stability_image_models[i];
    }
    return &stability_image_models[0];
}

static int take_text(struct stability_plan *plan, const char *text, struct gv_error *err)
{
    const struct stability_image_model *model = plan->image_model = image_model_of(plan->op);
    plan->prompt = text;
    plan->negative_prompt = gv_operation_config(plan->op)->negative_prompt;
    plan->style = gv_operation_option(plan->op, "style_preset");
    if (plan->ratio == GV_RATIO_UNSET)
        plan->ratio = GV_RATIO_LANDSCAPE;
    if (plan->style != NULL && !model->styles)
        return bad_option("style_preset", GV_UNSUPPORTED_FEATURE, "image_model core and ultra take it", err);
    if (plan->negative_prompt != NULL && !model->negative_prompt)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.negative_prompt",
                             "Image model %s ignores negative prompts; core, ultra and the others take one.",
                             model->name);
    int bad = check_text(text, "input.text", err);
    if (!bad)
        bad = check_text(plan->negative_prompt, "config.negative_prompt", err);
    if (!bad)
        bad =
            whole_option(&plan->has_image_seed, &plan->image_seed, plan->op, "image_seed", 0, STABILITY_SEED_MAX, err);
    if (!bad && !plan->has_image_seed) {
        plan->has_image_seed = plan->has_seed;
        plan->image_seed = plan->seed;
    }
    return bad;
}

/* ---- all together ----------------------------------------------------------------------------------- */

static int check_model(const struct gv_operation *op, struct gv_error *err)
{
    const char *name = gv_operation_config(op)->model;
    if (name == NULL || strcmp(name, stability_models[0].name) == 0)
        return GV_OK;
    return gv_fail_field(err, GV_INVALID_INPUT, "config.model", "Stability has no video model %s; it has %s.", name,
                         stability_models[0].name);
}

int stability_make_plan(struct stability_plan *out, struct gv_admission *admission, const struct gv_operation *op,
                        struct gv_arena *arena, struct gv_error *err)
{
    *out = (struct stability_plan){.op = op};
    *admission = (struct gv_admission){.usd = -1};
    if (op->operation != GV_OP_GENERATE)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "operation",
                             "Stability's API makes a video from one picture, and nothing else with videos.");
    int bad = gv_admit_options(&gv_provider_stability, op, err);
    if (!bad)
        bad = check_model(op, err);
    if (!bad)
        bad = gv_admit_config(admission, &gv_provider_stability, &stability_models[0], op, arena, err);
    if (!bad)
        bad = take_numbers(out, admission, arena, err);
    if (bad)
        return bad;
    out->ratio = op->u.generate.config.aspect_ratio;
    const struct gv_media_input *input = &op->u.generate.input;
    bad = input->kind == GV_INPUT_IMAGE ? take_image(out, &input->image, err) : take_text(out, input->text, err);
    if (!bad && out->image_model != NULL)
        admission->usd += out->image_model->credits * STABILITY_CREDIT_USD;
    return bad;
}

int stability_admit(struct gv_admission *out, const struct gv_operation *op, unsigned credential_set,
                    struct gv_arena *arena, struct gv_error *err)
{
    struct stability_plan plan;
    (void)credential_set;
    return stability_make_plan(&plan, out, op, arena, err);
}
