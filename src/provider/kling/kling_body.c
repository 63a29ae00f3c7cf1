/* The plan in Kling's words: flat bodies for Gen 1 (README, section 4), contents, settings and options for Gen 2
 * (section 5). */
#include "provider/kling/kling_wire.h"

#include <string.h>

#define JSON_TYPE "application/json"

/* A float's shortest decimal form, so that 0.7 does not leave as 0.699999988. */
static void put_float(struct gv_body_builder *b, const char *key, float value)
{
    gv_json_put_raw(&b->json, key, gv_arena_printf(b->arena, "%.7g", (double)value));
}

static void put_flag(struct gv_body_builder *b, const char *key, const char *inner, bool value)
{
    gv_json_open(&b->json, key, '{');
    gv_json_put_bool(&b->json, inner, value);
    gv_json_close(&b->json, '}');
}

/* What every create takes; Gen 2 keeps it in `options`. */
static void put_common(struct gv_body_builder *b, const struct kling_plan *plan, const char *external_id)
{
    const char *watermark = gv_operation_option(plan->op, "watermark");
    if (watermark != NULL)
        put_flag(b, "watermark_info", "enabled", strcmp(watermark, "true") == 0);
    const char *own = gv_operation_option(plan->op, "callback_url");
    gv_json_put_text(&b->json, "callback_url", own != NULL ? own : plan->callback_url);
    gv_json_put_text(&b->json, "external_task_id", external_id);
}

/* ---- Gen 1 ------------------------------------------------------------------------------------------ */

static void put_camera(struct gv_body_builder *b, const struct gv_camera_movement *camera)
{
    static const char *const types[] = {
        [GV_CAMERA_SIMPLE] = "simple",
        [GV_CAMERA_DOWN_BACK] = "down_back",
        [GV_CAMERA_FORWARD_UP] = "forward_up",
        [GV_CAMERA_RIGHT_TURN_FORWARD] = "right_turn_forward",
        [GV_CAMERA_LEFT_TURN_FORWARD] = "left_turn_forward",
    };
    if (camera->kind == GV_CAMERA_UNSET)
        return;
    gv_json_open(&b->json, "camera_control", '{');
    gv_json_put_text(&b->json, "type", types[camera->kind]);
    if (camera->kind == GV_CAMERA_SIMPLE) {
        gv_json_open(&b->json, "config", '{');
        put_float(b, "horizontal", camera->simple.horizontal);
        put_float(b, "vertical", camera->simple.vertical);
        put_float(b, "pan", camera->simple.pan);
        put_float(b, "tilt", camera->simple.tilt);
        put_float(b, "roll", camera->simple.roll);
        put_float(b, "zoom", camera->simple.zoom);
        gv_json_close(&b->json, '}');
    }
    gv_json_close(&b->json, '}');
}

static void put_masks(struct gv_body_builder *b, const struct kling_plan *plan, const struct gv_dynamic_mask *mask)
{
    if (mask->mask.kind == GV_MEDIA_UNSET && plan->masks == NULL)
        return;
    gv_json_open(&b->json, "dynamic_masks", '[');
    if (mask->mask.kind != GV_MEDIA_UNSET) {
        gv_json_open(&b->json, NULL, '{');
        gv_body_put_media(b, "mask", &mask->mask);
        gv_json_open(&b->json, "trajectories", '[');
        for (size_t i = 0; i < mask->trajectory_count; i++) {
            gv_json_open(&b->json, NULL, '{');
            gv_json_put_int(&b->json, "x", mask->trajectories[i].x);
            gv_json_put_int(&b->json, "y", mask->trajectories[i].y);
            gv_json_close(&b->json, '}');
        }
        gv_json_close(&b->json, ']');
        gv_json_close(&b->json, '}');
    }
    for (const struct gv_json *more = plan->masks != NULL ? plan->masks->child : NULL; more != NULL; more = more->next)
        gv_json_put_json(&b->json, NULL, more);
    gv_json_close(&b->json, ']');
}

static void put_lists(struct gv_body_builder *b, const struct kling_plan *plan)
{
    if (plan->elements != NULL)
        gv_json_put_json(&b->json, "element_list", plan->elements);
    if (plan->voices != NULL)
        gv_json_put_json(&b->json, "voice_list", plan->voices);
}

/* Mode, ratio, length, sound and shots, as text2video, image2video and omni-video share them. */
static void put_settings(struct gv_body_builder *b, const struct kling_plan *plan)
{
    struct gv_json_out *json = &b->json;
    gv_json_put_text(json, "negative_prompt", plan->negative_prompt);
    if (plan->has_cfg_scale)
        put_float(b, "cfg_scale", plan->cfg_scale);
    if (!(plan->model->traits & KLING_NO_MODE))
        gv_json_put_text(json, "mode", plan->mode);
    gv_json_put_text(json, "aspect_ratio", plan->ratio);
    if (plan->seconds != 0)
        gv_json_put_text(json, "duration", gv_arena_printf(b->arena, "%u", plan->seconds));
    if (plan->model->audio == GV_AUDIO_OPTIONAL)
        gv_json_put_text(json, "sound", plan->sound ? "on" : "off");
    if (!plan->multi_shot)
        return;
    gv_json_put_bool(json, "multi_shot", true);
    gv_json_put_text(json, "shot_type", plan->shot_type);
    if (plan->multi_prompt != NULL)
        gv_json_put_json(json, "multi_prompt", plan->multi_prompt);
}

static void put_frames(struct gv_body_builder *b, const struct kling_plan *plan)
{
    const struct gv_generation_config *config = gv_operation_config(plan->op);
    if (plan->first != NULL)
        gv_body_put_media(b, "image", plan->first);
    if (plan->last != NULL)
        gv_body_put_media(b, "image_tail", plan->last);
    if (config->static_mask.kind != GV_MEDIA_UNSET)
        gv_body_put_media(b, "static_mask", &config->static_mask);
    put_masks(b, plan, &config->dynamic_mask);
}

static void put_omni_image(struct gv_body_builder *b, const struct gv_media *image, const char *type)
{
    gv_json_open(&b->json, NULL, '{');
    gv_body_put_media(b, "image_url", image);
    gv_json_put_text(&b->json, "type", type);
    gv_json_close(&b->json, '}');
}

static void put_omni_inputs(struct gv_body_builder *b, const struct kling_plan *plan)
{
    if (plan->first != NULL || plan->image_count > 0) {
        gv_json_open(&b->json, "image_list", '[');
        if (plan->first != NULL)
            put_omni_image(b, plan->first, "first_frame");
        if (plan->last != NULL)
            put_omni_image(b, plan->last, "end_frame");
        for (size_t i = 0; i < plan->image_count; i++)
            put_omni_image(b, &plan->images[i], NULL);
        gv_json_close(&b->json, ']');
    }
    if (plan->video == NULL)
        return;
    gv_json_open(&b->json, "video_list", '[');
    gv_json_open(&b->json, NULL, '{');
    gv_json_put_text(&b->json, "video_url", plan->video->url);
    gv_json_put_text(&b->json, "refer_type", plan->refer_type);
    gv_json_put_text(&b->json, "keep_original_sound", plan->keep_sound);
    gv_json_close(&b->json, '}');
    gv_json_close(&b->json, ']');
}

static void put_effect(struct gv_body_builder *b, const struct kling_plan *plan)
{
    const struct gv_op_effects *op = &plan->op->u.effects;
    gv_json_put_text(&b->json, "effect_scene", plan->scene);
    gv_json_open(&b->json, "input", '{');
    if (op->effect.kind == GV_EFFECT_TYPE_DUAL) {
        gv_json_open(&b->json, "images", '[');
        gv_body_put_media(b, NULL, &op->input);
        gv_body_put_media(b, NULL, &op->effect.dual.second_image);
        gv_json_close(&b->json, ']');
    } else {
        gv_body_put_media(b, "image", &op->input);
    }
    gv_json_put_text(&b->json, "model_name", op->model);
    gv_json_put_text(&b->json, "mode", op->mode);
    if (plan->seconds != 0)
        gv_json_put_text(&b->json, "duration", gv_arena_printf(b->arena, "%u", plan->seconds));
    gv_json_close(&b->json, '}');
}

static void put_extension(struct gv_body_builder *b, const struct kling_plan *plan)
{
    gv_json_put_text(&b->json, "video_id", plan->op->u.extend.video_id);
    gv_json_put_text(&b->json, "prompt", plan->prompt);
    gv_json_put_text(&b->json, "negative_prompt", plan->negative_prompt);
    if (plan->has_cfg_scale)
        put_float(b, "cfg_scale", plan->cfg_scale);
}

static void put_old_audio(struct gv_body_builder *b, const struct gv_audio_source *audio)
{
    struct gv_json_out *json = &b->json;
    if (audio->kind == GV_AUDIO_FROM_TEXT) {
        gv_json_put_text(json, "mode", "text2video");
        gv_json_put_text(json, "text", audio->from_text.text);
        gv_json_put_text(json, "voice_id", audio->from_text.voice_id);
        gv_json_put_text(json, "voice_language", audio->from_text.language == GV_LANGUAGE_EN ? "en" : "zh");
        gv_json_put_raw(json, "voice_speed", gv_arena_printf(b->arena, "%.1f", (double)audio->from_text.speed));
        return;
    }
    bool by_url = audio->from_audio.kind == GV_MEDIA_URL;
    gv_json_put_text(json, "mode", "audio2video");
    gv_json_put_text(json, "audio_type", by_url ? "url" : "file");
    gv_body_put_media(b, by_url ? "audio_url" : "audio_file", &audio->from_audio);
}

static void put_old_lip_sync(struct gv_body_builder *b, const struct kling_plan *plan)
{
    const struct gv_op_lip_sync *op = &plan->op->u.lip_sync;
    gv_json_open(&b->json, "input", '{');
    if (op->video.kind == GV_LIP_SYNC_VIDEO_ID)
        gv_json_put_text(&b->json, "video_id", op->video.video_id);
    else
        gv_json_put_text(&b->json, "video_url", op->video.video.url);
    put_old_audio(b, &op->audio);
    gv_json_close(&b->json, '}');
}

static void put_many_images(struct gv_body_builder *b, const struct kling_plan *plan)
{
    gv_json_open(&b->json, "image_list", '[');
    for (size_t i = 0; i < plan->image_count; i++) {
        gv_json_open(&b->json, NULL, '{');
        gv_body_put_media(b, "image", &plan->images[i]);
        gv_json_close(&b->json, '}');
    }
    gv_json_close(&b->json, ']');
}

static void put_generation(struct gv_body_builder *b, const struct kling_plan *plan)
{
    gv_json_put_text(&b->json, "model_name", plan->model->name);
    gv_json_put_text(&b->json, "prompt", plan->prompt);
    if (plan->route.product == KLING_IMAGE2VIDEO)
        put_frames(b, plan);
    else if (plan->route.product == KLING_OMNI_VIDEO)
        put_omni_inputs(b, plan);
    else if (plan->route.product == KLING_MULTI_IMAGE2VIDEO)
        put_many_images(b, plan);
    put_settings(b, plan);
    put_camera(b, &gv_operation_config(plan->op)->camera_control);
    put_lists(b, plan);
}

struct gv_body kling_body_gen1(const struct kling_plan *plan, const char *external_id, struct gv_arena *arena)
{
    struct gv_body_builder b;
    gv_body_begin(&b, arena);
    gv_json_open(&b.json, NULL, '{');
    switch (plan->route.product) {
    case KLING_EFFECTS: put_effect(&b, plan); break;
    case KLING_VIDEO_EXTEND: put_extension(&b, plan); break;
    case KLING_LIP_SYNC_OLD: put_old_lip_sync(&b, plan); break;
    default: put_generation(&b, plan);
    }
    put_common(&b, plan, external_id);
    gv_json_close(&b.json, '}');
    return gv_body_end(&b, JSON_TYPE);
}

/* ---- lip-sync in two steps (section 4.7) ------------------------------------------------------------ */

/* Where the length of the sound is not known, what fits the time in which the face is seen is used of it. */
static int64_t sound_end_ms(const struct kling_plan *plan, const struct kling_state *state)
{
    const struct gv_audio_source *audio = &plan->op->u.lip_sync.audio;
    if (plan->sound_end_ms >= 0)
        return plan->sound_end_ms;
    if (audio->kind == GV_AUDIO_FROM_TEXT && state->audio_ms > 0)
        return state->audio_ms;
    if (audio->kind == GV_AUDIO_FROM_AUDIO && audio->from_audio.blob.duration_seconds > 0)
        return (int64_t)(audio->from_audio.blob.duration_seconds * 1000);
    int64_t start = plan->sound_start_ms >= 0 ? plan->sound_start_ms : 0;
    return start + (int64_t)state->face_end_ms - (int64_t)state->face_start_ms;
}

struct gv_body kling_body_lip_sync(const struct kling_plan *plan, const struct kling_state *state,
                                   struct gv_arena *arena)
{
    const struct gv_audio_source *audio = &plan->op->u.lip_sync.audio;
    struct gv_body_builder b;
    gv_body_begin(&b, arena);
    gv_json_open(&b.json, NULL, '{');
    gv_json_put_text(&b.json, "session_id", state->session_id);
    gv_json_open(&b.json, "face_choose", '[');
    gv_json_open(&b.json, NULL, '{');
    gv_json_put_text(&b.json, "face_id", state->face_id);
    if (audio->kind == GV_AUDIO_FROM_TEXT)
        gv_json_put_text(&b.json, "audio_id", state->audio_id);
    else
        gv_body_put_media(&b, "sound_file", &audio->from_audio);
    gv_json_put_int(&b.json, "sound_start_time", plan->sound_start_ms >= 0 ? plan->sound_start_ms : 0);
    gv_json_put_int(&b.json, "sound_end_time", sound_end_ms(plan, state));
    gv_json_put_int(&b.json, "sound_insert_time",
                    plan->sound_insert_ms >= 0 ? plan->sound_insert_ms : state->face_start_ms);
    gv_json_put_real(&b.json, "sound_volume", plan->sound_volume);
    gv_json_put_real(&b.json, "original_audio_volume", plan->original_volume);
    gv_json_close(&b.json, '}');
    gv_json_close(&b.json, ']');
    put_common(&b, plan, state->external_id);
    gv_json_close(&b.json, '}');
    return gv_body_end(&b, JSON_TYPE);
}

/* ---- Gen 2 ------------------------------------------------------------------------------------------ */

static void put_content(struct gv_body_builder *b, const char *type, const struct gv_media *media, const char *id)
{
    gv_json_open(&b->json, NULL, '{');
    gv_json_put_text(&b->json, "type", type);
    gv_body_put_media(b, "url", media);
    gv_json_put_text(&b->json, "id", id);
    gv_json_close(&b->json, '}');
}

/* Ids come as numbers or strings and leave as strings, as Gen 2 writes them. */
static void put_id(struct gv_body_builder *b, const char *key, const struct gv_json *value)
{
    if (value != NULL && value->kind == GV_JSON_INT)
        gv_json_put_text(&b->json, key, gv_arena_printf(b->arena, "%lld", (long long)value->integer));
    else
        gv_json_put_text(&b->json, key, gv_json_text(value, ""));
}

static void put_named(struct gv_body_builder *b, const char *type, const char *id_key, const struct gv_json *list)
{
    for (const struct gv_json *item = list != NULL ? list->child : NULL; item != NULL; item = item->next) {
        gv_json_open(&b->json, NULL, '{');
        gv_json_put_text(&b->json, "type", type);
        put_id(b, id_key, gv_json_member(item, id_key));
        gv_json_put_text(&b->json, "id", gv_json_text(item, "id"));
        gv_json_close(&b->json, '}');
    }
}

static void put_contents(struct gv_body_builder *b, const struct kling_plan *plan)
{
    gv_json_open(&b->json, "contents", '[');
    if (plan->prompt != NULL) {
        gv_json_open(&b->json, NULL, '{');
        gv_json_put_text(&b->json, "type", "prompt");
        gv_json_put_text(&b->json, "text", plan->prompt);
        gv_json_close(&b->json, '}');
    }
    if (plan->first != NULL)
        put_content(b, "first_frame", plan->first, NULL);
    if (plan->last != NULL)
        put_content(b, "last_frame", plan->last, NULL);
    for (size_t i = 0; i < plan->image_count; i++)
        put_content(b, "refer_image", &plan->images[i], gv_arena_printf(b->arena, "image_%zu", i + 1));
    if (plan->video != NULL)
        put_content(b, strcmp(plan->refer_type, "base") == 0 ? "base_video" : "feature_video", plan->video, "video_1");
    put_named(b, "element", "element_id", plan->elements);
    put_named(b, "voice", "voice_id", plan->voices);
    gv_json_close(&b->json, ']');
}

static const char *audio_word(const struct kling_plan *plan)
{
    if (plan->keep_sound != NULL && strcmp(plan->keep_sound, "yes") == 0)
        return "original";
    if (plan->sound)
        return "native";
    return "off";
}

static void put_gen2_settings(struct gv_body_builder *b, const struct kling_plan *plan)
{
    bool has_audio = plan->model->audio == GV_AUDIO_OPTIONAL || plan->route.product == KLING_OMNI_VIDEO;
    gv_json_open(&b->json, "settings", '{');
    gv_json_put_text(&b->json, "resolution",
                     plan->resolution == GV_RESOLUTION_UHD   ? "4k"
                     : plan->resolution == GV_RESOLUTION_FHD ? "1080p"
                                                             : "720p");
    gv_json_put_text(&b->json, "aspect_ratio", plan->ratio);
    if (plan->seconds != 0)
        gv_json_put_int(&b->json, "duration", plan->seconds);
    if (has_audio && plan->model->audio != GV_AUDIO_ALWAYS)
        gv_json_put_text(&b->json, "audio", audio_word(plan));
    if (plan->model->traits & KLING_MULTI_SHOT)
        gv_json_put_bool(&b->json, "multi_shot", plan->multi_shot);
    gv_json_close(&b->json, '}');
}

struct gv_body kling_body_gen2(const struct kling_plan *plan, const char *external_id, struct gv_arena *arena)
{
    struct gv_body_builder b;
    gv_body_begin(&b, arena);
    gv_json_open(&b.json, NULL, '{');
    if (plan->route.product == KLING_TEXT2VIDEO)
        gv_json_put_text(&b.json, "prompt", plan->prompt);
    else
        put_contents(&b, plan);
    put_gen2_settings(&b, plan);
    gv_json_open(&b.json, "options", '{');
    put_common(&b, plan, external_id);
    gv_json_close(&b.json, '}');
    gv_json_close(&b.json, '}');
    return gv_body_end(&b, JSON_TYPE);
}
