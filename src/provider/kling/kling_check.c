/* Limits of media, texts and options (README, section 3). */
#include "provider/kling/kling.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define KLING_IMAGE_BYTES_MAX_GEN1 (10u << 20)
#define KLING_IMAGE_BYTES_MAX_GEN2 (50u << 20)
#define KLING_IMAGE_SIDE_MIN 300u
#define KLING_IMAGE_RATIO_MAX 2.5
#define KLING_SHOTS_MAX 6
#define KLING_SHOT_CHARACTERS_MAX 512
#define KLING_ELEMENTS_MAX 3
#define KLING_ELEMENTS_OMNI_MAX 7
#define KLING_VOICES_MAX 2
#define KLING_MASKS_MAX 6
#define KLING_POINTS_MIN 2
#define KLING_POINTS_MAX 77

int kling_check_image(const struct gv_media *media, bool gen2, const char *field, struct gv_error *err)
{
    if (media->kind != GV_MEDIA_BLOB)
        return GV_OK;
    const struct gv_blob_info *blob = &media->blob;
    uint64_t bytes_max = gen2 ? KLING_IMAGE_BYTES_MAX_GEN2 : KLING_IMAGE_BYTES_MAX_GEN1;
    if (blob->mime_type == NULL ||
        (strcmp(blob->mime_type, "image/png") != 0 && strcmp(blob->mime_type, "image/jpeg") != 0))
        return gv_fail_field(err, GV_INVALID_INPUT, field, "Kling takes PNG and JPEG pictures; this is %s.",
                             blob->mime_type != NULL ? blob->mime_type : "of an unknown type");
    if (blob->bytes > bytes_max)
        return gv_fail_field(err, GV_INVALID_INPUT, field,
                             "Kling takes pictures of at most %" PRIu64 " MiB here; this one has %" PRIu64 " bytes.",
                             bytes_max >> 20, blob->bytes);
    if (blob->width == 0 || blob->height == 0)
        return GV_OK;
    if (blob->width < KLING_IMAGE_SIDE_MIN || blob->height < KLING_IMAGE_SIDE_MIN)
        return gv_fail_field(err, GV_INVALID_INPUT, field,
                             "Kling takes pictures with sides of at least %u pixels; this one has %" PRIu32 "x%" PRIu32
                             ".",
                             KLING_IMAGE_SIDE_MIN, blob->width, blob->height);
    double ratio = (double)blob->width / blob->height;
    if (ratio > KLING_IMAGE_RATIO_MAX || ratio < 1 / KLING_IMAGE_RATIO_MAX)
        return gv_fail_field(err, GV_INVALID_INPUT, field,
                             "Kling takes pictures from 1:2.5 to 2.5:1; this one has %" PRIu32 "x%" PRIu32 ".",
                             blob->width, blob->height);
    return GV_OK;
}

static size_t count_characters(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

int kling_check_prompt(const char *text, size_t characters_max, const char *field, struct gv_error *err)
{
    size_t count = text != NULL ? count_characters(text) : 0;
    if (count <= characters_max)
        return GV_OK;
    return gv_fail_field(err, GV_INVALID_INPUT, field, "Kling takes at most %zu characters here; this text has %zu.",
                         characters_max, count);
}

int kling_check_cfg_scale(float value, const char *field, struct gv_error *err)
{
    if (value >= 0 && value <= 1)
        return GV_OK;
    return gv_fail_field(err, GV_INVALID_INPUT, field, "Kling's cfg_scale goes from 0 to 1; %g is outside.",
                         (double)value);
}

/* ---- options ---------------------------------------------------------------------------------------- */

bool kling_option_is(const struct gv_operation *op, const char *key, const char *value)
{
    const char *given = gv_operation_option(op, key);
    return given != NULL && strcmp(given, value) == 0;
}

static int bad_option(const struct gv_operation *op, const char *key, const char *why, struct gv_error *err)
{
    char field[96];
    snprintf(field, sizeof(field), "%sprovider_options.%s", gv_operation_config(op) != NULL ? "config." : "", key);
    return gv_fail_field(err, GV_INVALID_INPUT, field, "Provider option %s: %s.", key, why);
}

int kling_option_list(const struct gv_json **out, const struct gv_operation *op, const char *key, size_t count_max,
                      struct gv_arena *arena, struct gv_error *err)
{
    *out = NULL;
    const char *text = gv_operation_option(op, key);
    if (text == NULL)
        return GV_OK;
    const char *why = NULL;
    const struct gv_json *json = gv_json_parse(arena, text, strlen(text), &why);
    if (json == NULL)
        return bad_option(op, key, gv_arena_printf(arena, "not JSON: %s", why != NULL ? why : "unreadable"), err);
    if (json->kind != GV_JSON_ARRAY || json->count == 0 || json->count > count_max)
        return bad_option(op, key, gv_arena_printf(arena, "a JSON array of 1 to %zu objects is wanted", count_max),
                          err);
    for (const struct gv_json *item = json->child; item != NULL; item = item->next) {
        if (item->kind != GV_JSON_OBJECT)
            return bad_option(op, key, "every item must be a JSON object", err);
    }
    *out = json;
    return GV_OK;
}

int kling_option_number(double *out, const struct gv_operation *op, const char *key, double min, double max,
                        double fallback, struct gv_error *err)
{
    const char *text = gv_operation_option(op, key);
    *out = fallback;
    if (text == NULL)
        return GV_OK;
    char *end = NULL;
    double value = strtod(text, &end);
    char why[96];
    snprintf(why, sizeof(why), "a number from %g to %g is wanted", min, max);
    if (end == text || *end != '\0' || !isfinite(value) || value < min || value > max)
        return bad_option(op, key, why, err);
    *out = value;
    return GV_OK;
}

static bool all_have(const struct gv_json *list, const char *key, bool numbers_too)
{
    for (const struct gv_json *item = list->child; item != NULL; item = item->next) {
        const struct gv_json *value = gv_json_member(item, key);
        bool right = value != NULL && ((value->kind == GV_JSON_STRING && value->text_bytes > 0) ||
                                       (numbers_too && value->kind == GV_JSON_INT));
        if (!right)
            return false;
    }
    return true;
}

static int check_further_masks(const struct gv_operation *op, const struct gv_json *masks, size_t beside,
                               struct gv_error *err)
{
    if (masks->count + beside > KLING_MASKS_MAX)
        return bad_option(op, "dynamic_masks", "Kling takes at most 6 masks, config.dynamic_mask included", err);
    for (const struct gv_json *mask = masks->child; mask != NULL; mask = mask->next) {
        const char *url = gv_json_text(mask, "mask");
        const struct gv_json *points = gv_json_member(mask, "trajectories");
        if (url == NULL || (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0))
            return bad_option(op, "dynamic_masks", "each needs a mask, the URL of a picture", err);
        if (points == NULL || points->kind != GV_JSON_ARRAY || points->count < KLING_POINTS_MIN ||
            points->count > KLING_POINTS_MAX)
            return bad_option(op, "dynamic_masks", "each needs trajectories of 2 to 77 points", err);
        for (const struct gv_json *point = points->child; point != NULL; point = point->next) {
            if (gv_json_int(point, "x", -1) < 0 || gv_json_int(point, "y", -1) < 0)
                return bad_option(op, "dynamic_masks", "each point needs x and y, whole pixels from the bottom left",
                                  err);
        }
    }
    return GV_OK;
}

static int check_trait(const struct kling_plan *plan, const struct gv_json *list, unsigned trait, const char *key,
                       bool allowed, struct gv_error *err)
{
    if (list == NULL || (allowed && (plan->model->traits & trait)))
        return GV_OK;
    char field[96];
    snprintf(field, sizeof(field), "config.provider_options.%s", key);
    return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, field, "Model %s does not take %s with this input.",
                         plan->model->name, key);
}

int kling_plan_lists(struct kling_plan *plan, struct gv_arena *arena, struct gv_error *err)
{
    bool omni = plan->route.product == KLING_OMNI_VIDEO, image = plan->route.product == KLING_IMAGE2VIDEO;
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    size_t elements_max = omni ? KLING_ELEMENTS_OMNI_MAX : KLING_ELEMENTS_MAX;
    int bad = GV_OK;
    (void)((bad = kling_option_list(&plan->elements, plan->op, "element_list", elements_max, arena, err)) ||
           (bad = kling_option_list(&plan->voices, plan->op, "voice_list", KLING_VOICES_MAX, arena, err)) ||
           (bad = kling_option_list(&plan->masks, plan->op, "dynamic_masks", KLING_MASKS_MAX, arena, err)) ||
           (bad = kling_option_list(&plan->multi_prompt, plan->op, "multi_prompt", KLING_SHOTS_MAX, arena, err)) ||
           (bad = check_trait(plan, plan->elements, KLING_ELEMENTS, "element_list", omni || image, err)) ||
           (bad = check_trait(plan, plan->voices, KLING_VOICES, "voice_list", image, err)));
    if (bad)
        return bad;
    if (plan->elements != NULL && !all_have(plan->elements, "element_id", true))
        return bad_option(plan->op, "element_list", "every item needs an element_id", err);
    if (plan->voices != NULL && !all_have(plan->voices, "voice_id", false))
        return bad_option(plan->op, "voice_list", "every item needs a voice_id", err);
    if (plan->voices != NULL && !plan->sound)
        return bad_option(plan->op, "voice_list", "voices need enable_audio", err);
    if (plan->masks == NULL)
        return GV_OK;
    if (!image || !(plan->model->takes & GV_TAKES_DYNAMIC_MASK))
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.provider_options.dynamic_masks",
                             "Model %s does not take masks with this input.", plan->model->name);
    return check_further_masks(plan->op, plan->masks, config->dynamic_mask.mask.kind != GV_MEDIA_UNSET, err);
}

int kling_check_shots(const struct kling_plan *plan, struct gv_error *err)
{
    bool gen2 = plan->route.gen2, custom = plan->shot_type != NULL && strcmp(plan->shot_type, "customize") == 0;
    if (!plan->multi_shot && (plan->shot_type != NULL || plan->multi_prompt != NULL))
        return bad_option(plan->op, "multi_shot", "shot_type and multi_prompt need multi_shot=true", err);
    if (!plan->multi_shot)
        return GV_OK;
    if (!(plan->model->traits & KLING_MULTI_SHOT))
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.provider_options.multi_shot",
                             "Model %s has no multi_shot; kling-v3, kling-v3-omni, kling-3.0 and kling-3.0-omni have.",
                             plan->model->name);
    if (gen2 && (plan->shot_type != NULL || plan->multi_prompt != NULL))
        return bad_option(plan->op, "shot_type",
                          "this model reads shots from the prompt: \"shot 1, 3, words; shot 2, 2, words;\"", err);
    if (!gen2 && plan->shot_type == NULL)
        return bad_option(plan->op, "shot_type", "multi_shot=true needs customize or intelligence on this model", err);
    if (custom != (plan->multi_prompt != NULL))
        return bad_option(plan->op, "multi_prompt", "it belongs to shot_type=customize, and that needs it", err);
    if (!custom)
        return GV_OK;
    unsigned long sum = 0;
    for (const struct gv_json *shot = plan->multi_prompt->child; shot != NULL; shot = shot->next) {
        const char *words = gv_json_text(shot, "prompt"), *seconds = gv_json_text(shot, "duration");
        unsigned long length = seconds != NULL ? strtoul(seconds, NULL, 10) : 0;
        if (words == NULL || count_characters(words) > KLING_SHOT_CHARACTERS_MAX || length < 1 || length > 15 ||
            gv_json_int(shot, "index", 0) < 1)
            return bad_option(
                plan->op, "multi_prompt",
                "every shot needs an index from 1, a prompt of at most 512 characters and a duration like \"3\"", err);
        sum += length;
    }
    if (sum != plan->seconds)
        return bad_option(plan->op, "multi_prompt", "the shots' durations must add up to duration_seconds", err);
    return GV_OK;
}
