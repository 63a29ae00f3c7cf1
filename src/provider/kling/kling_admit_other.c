/* Lip-sync, extension and effects: what is asked of them before anything is sent. */
#include "provider/kling/kling.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "core/interface.h"

#define KLING_SPEECH_CHARACTERS_MAX 1000
#define KLING_SPEECH_CHARACTERS_MAX_OLD 120
#define KLING_SPEECH_SPEED_MIN 0.8
#define KLING_SPEECH_SPEED_MAX 2.0
#define KLING_AUDIO_BYTES_MAX (5u << 20)
#define KLING_AUDIO_SECONDS_MIN 2.0
#define KLING_AUDIO_SECONDS_MAX 60.0
#define KLING_AUDIO_MS_MAX 60000.0
#define KLING_EXTEND_CHARACTERS_MAX 2500

/* ---- lip-sync --------------------------------------------------------------------------------------- */

static bool is_known_voice(const char *id)
{
    for (size_t i = 0; i < KLING_VOICE_COUNT; i++) {
        if (strcmp(kling_voices[i].voice_id, id) == 0)
            return true;
    }
    return false;
}

static int check_speech(const struct gv_text_to_speech *speech, bool old, struct gv_admission *admission,
                        struct gv_arena *arena, struct gv_error *err)
{
    size_t characters_max = old ? KLING_SPEECH_CHARACTERS_MAX_OLD : KLING_SPEECH_CHARACTERS_MAX;
    if (speech->text == NULL || speech->text[strspn(speech->text, " \t\r\n")] == '\0')
        return gv_fail_field(err, GV_INVALID_INPUT, "audio.from_text.text", "There is nothing to say in it.");
    if (speech->voice_id == NULL || *speech->voice_id == '\0')
        return gv_fail_field(err, GV_INVALID_INPUT, "audio.from_text.voice_id",
                             "Kling needs a voice id; list the voices for those it has.");
    double speed = (double)speech->speed;
    if (!(speed >= KLING_SPEECH_SPEED_MIN - 0.001 && speed <= KLING_SPEECH_SPEED_MAX + 0.001))
        return gv_fail_field(err, GV_INVALID_INPUT, "audio.from_text.speed",
                             "Kling's voices speak at 0.8 to 2.0 times their speed; %g is outside.", speed);
    if (!is_known_voice(speech->voice_id))
        gv_admission_warn(admission, arena,
                          "Voice %s is not in the list of voices known here; Kling refuses what it doesn't know.",
                          speech->voice_id);
    return kling_check_prompt(speech->text, characters_max, "audio.from_text.text", err);
}

static int check_sound(const struct gv_media *audio, struct gv_error *err)
{
    static const char *const types[] = {"audio/mpeg", "audio/mp3", "audio/wav",   "audio/x-wav", "audio/wave",
                                        "audio/mp4",  "audio/m4a", "audio/x-m4a", "audio/aac"};
    const char *field = "audio.from_audio";
    if (audio->kind != GV_MEDIA_BLOB)
        return GV_OK;
    const struct gv_blob_info *blob = &audio->blob;
    bool known = false;
    for (size_t i = 0; i < GV_COUNT(types) && blob->mime_type != NULL; i++)
        known = known || strcmp(types[i], blob->mime_type) == 0;
    if (!known)
        return gv_fail_field(err, GV_INVALID_INPUT, field, "Kling takes MP3, WAV, M4A and AAC sound; this is %s.",
                             blob->mime_type != NULL ? blob->mime_type : "of an unknown type");
    if (blob->bytes > KLING_AUDIO_BYTES_MAX)
        return gv_fail_field(err, GV_INVALID_INPUT, field,
                             "Kling takes sound of at most 5 MiB; this has %" PRIu64 " bytes.", blob->bytes);
    double seconds = blob->duration_seconds;
    if (seconds > 0 && (seconds < KLING_AUDIO_SECONDS_MIN || seconds > KLING_AUDIO_SECONDS_MAX))
        return gv_fail_field(err, GV_INVALID_INPUT, field, "Kling takes 2 to 60 seconds of sound; this has %.1f.",
                             seconds);
    return GV_OK;
}

static int read_ms(int64_t *out, const struct gv_operation *op, const char *key, struct gv_error *err)
{
    double value = 0;
    int bad = kling_option_number(&value, op, key, 0, KLING_AUDIO_MS_MAX, -1, err);
    *out = (int64_t)value;
    return bad;
}

static int read_times(struct kling_plan *plan, struct gv_error *err)
{
    const struct gv_operation *op = plan->op;
    int bad = GV_OK;
    (void)((bad = read_ms(&plan->sound_start_ms, op, "sound_start_ms", err)) ||
           (bad = read_ms(&plan->sound_end_ms, op, "sound_end_ms", err)) ||
           (bad = read_ms(&plan->sound_insert_ms, op, "sound_insert_ms", err)) ||
           (bad = kling_option_number(&plan->sound_volume, op, "sound_volume", 0, 2, 1, err)) ||
           (bad = kling_option_number(&plan->original_volume, op, "original_audio_volume", 0, 2, 1, err)));
    if (bad || plan->sound_end_ms < 0)
        return bad;
    int64_t start = plan->sound_start_ms >= 0 ? plan->sound_start_ms : 0;
    if (plan->sound_end_ms - start < (int64_t)(KLING_AUDIO_SECONDS_MIN * 1000))
        return gv_fail_field(err, GV_INVALID_INPUT, "provider_options.sound_end_ms",
                             "At least 2 seconds of sound must remain between sound_start_ms and sound_end_ms.");
    return GV_OK;
}

/* The old endpoint cuts and mixes nothing. */
static int refuse_times(const struct gv_operation *op, struct gv_arena *arena, struct gv_error *err)
{
    static const char *const keys[] = {"sound_start_ms", "sound_end_ms", "sound_insert_ms", "sound_volume",
                                       "original_audio_volume"};
    for (size_t i = 0; i < GV_COUNT(keys); i++) {
        if (gv_operation_option(op, keys[i]) != NULL)
            return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, gv_arena_printf(arena, "provider_options.%s", keys[i]),
                                 "The old lip-sync endpoint has no %s; leave lip_sync=old out.", keys[i]);
    }
    return GV_OK;
}

int kling_plan_lip_sync(struct kling_plan *out, struct gv_admission *admission, struct gv_arena *arena,
                        struct gv_error *err)
{
    const struct gv_op_lip_sync *op = &out->op->u.lip_sync;
    bool old = out->route.product == KLING_LIP_SYNC_OLD, from_text = op->audio.kind == GV_AUDIO_FROM_TEXT;
    if (op->video.kind == GV_LIP_SYNC_VIDEO && op->video.video.kind != GV_MEDIA_URL)
        return gv_fail_field(
            err, GV_INVALID_INPUT, "video.video",
            "Kling takes videos by URL or by its own video id: put the file where Kling can fetch it.");
    int bad = from_text ? check_speech(&op->audio.from_text, old, admission, arena, err)
                        : check_sound(&op->audio.from_audio, err);
    if (!bad)
        bad = old ? refuse_times(out->op, arena, err) : read_times(out, err);
    if (bad)
        return bad;
    if (old)
        gv_admission_warn(admission, arena,
                          "Kling replaced its old lip-sync endpoint on 2025-09-15; it may not answer any more.");
    else if (!from_text && out->sound_end_ms < 0 && !(op->audio.from_audio.blob.duration_seconds > 0))
        gv_admission_warn(admission, arena,
                          "The sound's length isn't known here: as much of it is used as fits the time in which the "
                          "face is seen, and Kling refuses a shorter one. Say sound_end_ms, or pass the file.");
    return GV_OK;
}

/* ---- extension -------------------------------------------------------------------------------------- */

int kling_plan_extend(struct kling_plan *out, struct gv_admission *admission, struct gv_arena *arena,
                      struct gv_error *err)
{
    const struct gv_op_extend *op = &out->op->u.extend;
    if (op->video_id == NULL || *op->video_id == '\0')
        return gv_fail_field(err, GV_INVALID_INPUT, "video_id", "Kling extends its own videos by their id.");
    out->prompt = op->prompt;
    out->negative_prompt = op->negative_prompt;
    out->has_cfg_scale = op->has_cfg_scale;
    out->cfg_scale = op->cfg_scale;
    int bad = GV_OK;
    (void)((bad = kling_check_prompt(op->prompt, KLING_EXTEND_CHARACTERS_MAX, "prompt", err)) ||
           (bad = kling_check_prompt(op->negative_prompt, KLING_EXTEND_CHARACTERS_MAX, "negative_prompt", err)) ||
           (bad = op->has_cfg_scale ? kling_check_cfg_scale(op->cfg_scale, "cfg_scale", err) : GV_OK));
    if (bad)
        return bad;
    gv_admission_warn(admission, arena,
                      "Kling's pages of 2026-09 list no extension any more; it took videos of kling-v1, kling-v1-5 and "
                      "kling-v1-6. Today's way on: generate from the video with kling-v3-omni.");
    return GV_OK;
}

/* ---- effects ---------------------------------------------------------------------------------------- */

/* The interface's effects bear the names that Kling once gave them. */
static const char *scene_of(const struct gv_effect_type *effect)
{
    return effect->kind == GV_EFFECT_TYPE_DUAL
               ? gv_schema_enum_name(&gv_schema_dual_effect_kind, (int)effect->dual.effect)
               : gv_schema_enum_name(&gv_schema_single_effect, (int)effect->single);
}

/* Model, mode and length were taken until mid-2026; who insists on them gets them sent, and is told. */
static int check_old_members(struct kling_plan *plan, const struct gv_op_effects *op, struct gv_admission *admission,
                             struct gv_arena *arena, struct gv_error *err)
{
    const struct gv_model *model = gv_model_named(&gv_provider_kling, op->model);
    bool dual = op->effect.kind == GV_EFFECT_TYPE_DUAL;
    bool known = op->model == NULL || (model != NULL && (model->takes & GV_TAKES_EFFECTS));
    if (!known || (op->model != NULL && !kling_option_is(plan->op, "allow_retired", "true")))
        return gv_fail_field(err, GV_INVALID_INPUT, "model",
                             "Kling's effects take no model any more: leave it out. (The retired kling-v1, kling-v1-5 "
                             "and kling-v1-6 are sent with provider option allow_retired=true.)");
    if (op->mode != NULL && strcmp(op->mode, "std") != 0 && strcmp(op->mode, "pro") != 0)
        return gv_fail_field(err, GV_INVALID_INPUT, "mode", "Kling's effects knew the modes std and pro, not %.32s.",
                             op->mode);
    if (op->has_duration && op->duration != 5.0f && (dual || op->duration != 10.0f))
        return gv_fail_field(err, GV_INVALID_INPUT, "duration", "Kling's effects last 5%s seconds; %g was asked.",
                             dual ? "" : " or 10", (double)op->duration);
    if (op->has_duration)
        plan->seconds = (unsigned)op->duration;
    if (op->model != NULL || op->mode != NULL || op->has_duration)
        gv_admission_warn(admission, arena,
                          "Kling's page of 2026-09 lists no model, mode or duration for effects; they are sent, and "
                          "Kling may ignore them.");
    return GV_OK;
}

int kling_plan_effects(struct kling_plan *out, struct gv_admission *admission, struct gv_arena *arena,
                       struct gv_error *err)
{
    const struct gv_op_effects *op = &out->op->u.effects;
    bool dual = op->effect.kind == GV_EFFECT_TYPE_DUAL;
    const char *named = gv_operation_option(out->op, "effect_scene");
    out->scene = named != NULL ? named : scene_of(&op->effect);
    unsigned images = kling_scene_images(out->scene);
    if (images != 0 && images != (dual ? 2u : 1u))
        return gv_fail_field(err, GV_INVALID_INPUT, "provider_options.effect_scene",
                             "Scene %.64s takes %s: choose a %s effect beside it.", out->scene,
                             images == 2 ? "two pictures" : "one picture", images == 2 ? "dual" : "single");
    if (images == 0)
        gv_admission_warn(admission, arena,
                          "Effect %.64s is not in Kling's list of 2026-09-20 and will probably be refused; provider "
                          "option effect_scene names a current one.",
                          out->scene);
    int bad = GV_OK;
    (void)((bad = check_old_members(out, op, admission, arena, err)) ||
           (bad = kling_check_image(&op->input, false, "input", err)) ||
           (bad = dual ? kling_check_image(&op->effect.dual.second_image, false, "effect.dual.second_image", err)
                       : GV_OK));
    return bad;
}
