/* The interface's functions, each an operation for gv_submit. */
#include <stddef.h>

#include "golem_video/golem_video.h"

int gv_generate(struct gv_job_id *out, struct gv_engine *engine, const char *provider,
                const struct gv_media_input *input, const struct gv_generation_config *config, struct gv_error *err)
{
    struct gv_operation op = {.operation = GV_OP_GENERATE, .provider = provider, .u.generate.input = *input};
    if (config != NULL)
        op.u.generate.config = *config;
    return gv_submit(out, engine, &op, err);
}

int gv_generate_lip_sync(struct gv_job_id *out, struct gv_engine *engine, const char *provider,
                         const struct gv_lip_sync_video *video, const struct gv_audio_source *audio,
                         struct gv_error *err)
{
    struct gv_operation op = {
        .operation = GV_OP_GENERATE_LIP_SYNC, .provider = provider, .u.lip_sync = {.video = *video, .audio = *audio}};
    return gv_submit(out, engine, &op, err);
}

int gv_extend_video(struct gv_job_id *out, struct gv_engine *engine, const char *provider, const char *video_id,
                    const char *prompt, const char *negative_prompt, const float *cfg_scale,
                    const struct gv_kv_list *provider_options, struct gv_error *err)
{
    struct gv_operation op = {
        .operation = GV_OP_EXTEND_VIDEO,
        .provider = provider,
        .u.extend = {.video_id = video_id,
                     .prompt = prompt,
                     .negative_prompt = negative_prompt,
                     .has_cfg_scale = cfg_scale != NULL,
                     .cfg_scale = cfg_scale != NULL ? *cfg_scale : 0},
    };
    if (provider_options != NULL)
        op.provider_options = *provider_options;
    return gv_submit(out, engine, &op, err);
}

int gv_upscale_video(struct gv_job_id *out, struct gv_engine *engine, const char *provider,
                     const struct gv_media *input, struct gv_error *err)
{
    struct gv_operation op = {.operation = GV_OP_UPSCALE_VIDEO, .provider = provider, .u.upscale.input = *input};
    return gv_submit(out, engine, &op, err);
}

int gv_generate_video_effects(struct gv_job_id *out, struct gv_engine *engine, const char *provider,
                              const struct gv_media *input, const struct gv_effect_type *effect, const char *model,
                              const float *duration, const char *mode, struct gv_error *err)
{
    struct gv_operation op = {
        .operation = GV_OP_GENERATE_VIDEO_EFFECTS,
        .provider = provider,
        .u.effects = {.input = *input,
                      .effect = *effect,
                      .model = model,
                      .has_duration = duration != NULL,
                      .duration = duration != NULL ? *duration : 0,
                      .mode = mode},
    };
    return gv_submit(out, engine, &op, err);
}

int gv_multi_image_generation(struct gv_job_id *out, struct gv_engine *engine, const char *provider,
                              const struct gv_media *input_images, size_t input_image_count, const char *prompt,
                              const struct gv_generation_config *config, struct gv_error *err)
{
    struct gv_operation op = {
        .operation = GV_OP_MULTI_IMAGE_GENERATION,
        .provider = provider,
        .u.multi_image = {.input_images = input_images, .input_image_count = input_image_count, .prompt = prompt},
    };
    if (config != NULL)
        op.u.multi_image.config = *config;
    return gv_submit(out, engine, &op, err);
}
