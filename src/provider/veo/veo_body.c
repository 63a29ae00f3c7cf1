/* The plan in Veo's words: one instance, its parameters, labels (README, sections 3 and 9.1). */
#include "provider/veo/veo_wire.h"

#include <string.h>

/* The content of a medium: bytes, or where it lies at Google. */
static void put_medium_members(struct gv_body_builder *b, const struct veo_plan *plan, const struct veo_medium *medium)
{
    if (medium->media->kind == GV_MEDIA_BLOB)
        gv_body_put_blob(b, "bytesBase64Encoded", &medium->media->blob);
    else
        gv_json_put_text(&b->json, plan->surface == VEO_GEMINI ? "uri" : "gcsUri", medium->media->url);
    gv_json_put_text(&b->json, "mimeType", medium->mime_type);
}

static void put_medium(struct gv_body_builder *b, const struct veo_plan *plan, const struct veo_medium *medium)
{
    static const char *const keys[] = {[VEO_FIRST] = "image", [VEO_LAST] = "lastFrame", [VEO_VIDEO] = "video"};
    gv_json_open(&b->json, medium->role == VEO_REFERENCE ? "image" : keys[medium->role], '{');
    put_medium_members(b, plan, medium);
    gv_json_close(&b->json, '}');
}

static void put_references(struct gv_body_builder *b, const struct veo_plan *plan)
{
    gv_json_open(&b->json, "referenceImages", '[');
    for (size_t i = 0; i < plan->media_count; i++) {
        gv_json_open(&b->json, NULL, '{');
        put_medium(b, plan, &plan->media[i]);
        gv_json_put_text(&b->json, "referenceType", "asset");
        gv_json_close(&b->json, '}');
    }
    gv_json_close(&b->json, ']');
}

static void put_instance(struct gv_body_builder *b, const struct veo_plan *plan)
{
    gv_json_open(&b->json, "instances", '[');
    gv_json_open(&b->json, NULL, '{');
    gv_json_put_text(&b->json, "prompt", plan->prompt);
    if (plan->media_count > 0 && plan->media[0].role == VEO_REFERENCE)
        put_references(b, plan);
    else
        for (size_t i = 0; i < plan->media_count; i++)
            put_medium(b, plan, &plan->media[i]);
    gv_json_close(&b->json, '}');
    gv_json_close(&b->json, ']');
}

static const char *resolution_word(enum gv_resolution resolution)
{
    switch (resolution) {
    case GV_RESOLUTION_HD: return "720p";
    case GV_RESOLUTION_FHD: return "1080p";
    case GV_RESOLUTION_UHD: return "4k";
    default: return NULL;
    }
}

static void put_parameters(struct gv_body_builder *b, const struct veo_plan *plan, const char *storage)
{
    struct gv_json_out *json = &b->json;
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    bool veo_3 = (plan->model->traits & VEO_3) != 0;
    gv_json_open(json, "parameters", '{');
    gv_json_put_text(json, "aspectRatio", plan->ratio);
    if (plan->seconds != 0)
        gv_json_put_int(json, "durationSeconds", plan->seconds);
    if (veo_3)
        gv_json_put_text(json, "resolution", resolution_word(plan->resolution));
    if (plan->has_audio)
        gv_json_put_bool(json, "generateAudio", plan->audio);
    if (plan->surface == VEO_VERTEX)
        gv_json_put_int(json, "sampleCount", plan->samples);
    if (plan->has_seed)
        gv_json_put_int(json, "seed", plan->seed);
    gv_json_put_text(json, "negativePrompt", plan->negative_prompt);
    gv_json_put_text(json, "personGeneration", gv_operation_option(plan->op, "person_generation"));
    if (!veo_3 && config != NULL && config->has_enhance_prompt)
        gv_json_put_bool(json, "enhancePrompt", config->enhance_prompt);
    gv_json_put_text(json, "compressionQuality", gv_operation_option(plan->op, "compression_quality"));
    gv_json_put_text(json, "resizeMode", gv_operation_option(plan->op, "resize_mode"));
    gv_json_put_text(json, "pubsubTopic", gv_operation_option(plan->op, "pubsub_topic"));
    gv_json_put_text(json, "storageUri", storage);
    gv_json_close(json, '}');
}

struct gv_body veo_body(const struct veo_plan *plan, const char *storage, struct gv_arena *arena)
{
    struct gv_body_builder b;
    gv_body_begin(&b, arena);
    gv_json_open(&b.json, NULL, '{');
    put_instance(&b, plan);
    put_parameters(&b, plan, storage);
    if (plan->labels != NULL)
        gv_json_put_json(&b.json, "labels", plan->labels);
    gv_json_close(&b.json, '}');
    return gv_body_end(&b, "application/json; charset=utf-8");
}
