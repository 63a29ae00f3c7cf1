/* The plan in Runway's words (README, section 3). Fields that a model doesn't know are never sent: some models refuse
 * them, and others drop them in silence. */
#include "provider/runway/runway_wire.h"

#include <stdlib.h>
#include <string.h>

#define JSON_TYPE "application/json"

static void put_media(struct gv_body_builder *b, const char *key, const struct gv_media *media,
                      const struct runway_state *state)
{
    if (media->kind == GV_MEDIA_URL)
        gv_json_put_text(&b->json, key, media->url);
    else if (runway_goes_inside(&media->blob))
        gv_body_put_data_uri(b, key, &media->blob);
    else
        gv_json_put_text(&b->json, key, runway_uploaded_uri(state, media->blob.sha256));
}

static void put_placed(struct gv_body_builder *b, const struct gv_media *media, const char *position,
                       const struct runway_state *state)
{
    gv_json_open(&b->json, NULL, '{');
    put_media(b, "uri", media, state);
    gv_json_put_text(&b->json, "position", position);
    gv_json_close(&b->json, '}');
}

static void put_images(struct gv_body_builder *b, const struct runway_plan *plan, const struct runway_state *state)
{
    struct gv_media made = {.kind = GV_MEDIA_URL, .url = state->image_url};
    const struct gv_media *first = plan->route == RUNWAY_TEXT_BY_TWO ? &made : plan->first;
    if (first != NULL && (plan->model->traits & RUNWAY_PLAIN_IMAGE)) {
        put_media(b, "promptImage", first, state);
        return;
    }
    gv_json_open(&b->json, "promptImage", '[');
    if (first != NULL)
        put_placed(b, first, "first", state);
    if (plan->last != NULL)
        put_placed(b, plan->last, "last", state);
    for (size_t i = 0; i < plan->image_count; i++)
        put_placed(b, &plan->images[i], NULL, state);
    gv_json_close(&b->json, ']');
}

static void put_moderation(struct gv_body_builder *b, const struct gv_operation *op)
{
    const char *threshold = gv_operation_option(op, "public_figure_threshold");
    if (threshold == NULL)
        return;
    gv_json_open(&b->json, "contentModeration", '{');
    gv_json_put_text(&b->json, "publicFigureThreshold", threshold);
    gv_json_close(&b->json, '}');
}

static void put_seed(struct gv_body_builder *b, const struct runway_plan *plan)
{
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    if (config->has_seed && (plan->model->takes & GV_TAKES_SEED))
        gv_json_put_int(&b->json, "seed", (int64_t)config->seed);
}

static void put_settings(struct gv_body_builder *b, const struct runway_plan *plan)
{
    struct gv_json_out *json = &b->json;
    bool aleph = RUNWAY_SET_OF(plan->model) == RUNWAY_SIZES_ALEPH;
    gv_json_put_text(json, "promptText", plan->prompt);
    gv_json_put_text(json, "negativePrompt", plan->negative_prompt);
    gv_json_put_text(json, aleph ? "targetAspectRatio" : "ratio", plan->ratio);
    gv_json_put_text(json, "resolution", plan->size);
    if (plan->auto_seconds)
        gv_json_put_text(json, "duration", "auto");
    else if (plan->seconds > 0)
        gv_json_put_int(json, "duration", plan->seconds);
    if (plan->has_audio)
        gv_json_put_bool(json, "audio", plan->audio);
    put_seed(b, plan);
    put_moderation(b, plan->op);
    gv_json_put_text(json, "mode", gv_operation_option(plan->op, "mode"));
    gv_json_put_text(json, "promptExpansionMode", gv_operation_option(plan->op, "prompt_expansion"));
    gv_json_put_text(json, "outputFormat", gv_operation_option(plan->op, "output_format"));
    gv_json_put_text(json, "proresProfile", gv_operation_option(plan->op, "prores_profile"));
}

static void put_upscale(struct gv_body_builder *b, const struct runway_plan *plan)
{
    static const char *const percents[][2] = {
        {"creativity", "creativity"}, {"sharpen", "sharpen"}, {"smart_grain", "smartGrain"}};
    gv_json_put_text(&b->json, "resolution", plan->size);
    for (size_t i = 0; i < GV_COUNT(percents); i++) {
        const char *text = gv_operation_option(plan->op, percents[i][0]);
        if (text != NULL)
            gv_json_put_int(&b->json, percents[i][1], strtol(text, NULL, 10));
    }
    gv_json_put_text(&b->json, "flavor", gv_operation_option(plan->op, "flavor"));
    const char *boost = gv_operation_option(plan->op, "fps_boost");
    if (boost != NULL)
        gv_json_put_bool(&b->json, "fpsBoost", strcmp(boost, "true") == 0);
}

struct gv_body runway_body_film(const struct runway_plan *plan, const struct runway_state *state,
                                struct gv_arena *arena)
{
    struct gv_body_builder b;
    gv_body_begin(&b, arena);
    gv_json_open(&b.json, NULL, '{');
    gv_json_put_text(&b.json, "model", plan->model->name);
    if (plan->video != NULL)
        put_media(&b, (plan->model->traits & RUNWAY_VIDEO_URI) ? "videoUri" : "promptVideo", plan->video, state);
    else if (plan->route != RUNWAY_TEXT_TO_VIDEO)
        put_images(&b, plan, state);
    if (plan->route == RUNWAY_VIDEO_UPSCALE)
        put_upscale(&b, plan);
    else
        put_settings(&b, plan);
    gv_json_close(&b.json, '}');
    return gv_body_end(&b, JSON_TYPE);
}

struct gv_body runway_body_image(const struct runway_plan *plan, struct gv_arena *arena)
{
    struct gv_body_builder b;
    gv_body_begin(&b, arena);
    gv_json_open(&b.json, NULL, '{');
    gv_json_put_text(&b.json, "model", RUNWAY_IMAGE_MODEL);
    gv_json_put_text(&b.json, "promptText", plan->prompt);
    gv_json_put_text(&b.json, "ratio", plan->image_ratio);
    put_seed(&b, plan);
    put_moderation(&b, plan->op);
    gv_json_close(&b.json, '}');
    return gv_body_end(&b, JSON_TYPE);
}
