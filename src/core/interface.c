/* One row per member of spec and struct: JSON, checks, copies and the WIT text are all made from these. */
#include "core/interface.h"

#include "base/error.h"
#include "core/schema.h"

#define OPT GV_FIELD_OPTIONAL
#define EXT (GV_FIELD_OPTIONAL | GV_FIELD_EXTENSION)

/* Media under the record's name that the WIT wraps them in. */
#define MEDIA_AS(type, json_name, member, its_flags, wit_name)                                                         \
    GV_FIELD(type, json_name, member, struct gv_media, GV_SHAPE_MEDIA, .flags = its_flags, .wit_type = wit_name)
#define MEDIA(type, member, its_flags, wit_name) MEDIA_AS(type, #member, member, its_flags, wit_name)
#define PART(type, json_name, member, ctype, its_shape, its_schema, its_flags)                                         \
    GV_FIELD(type, json_name, member, ctype, its_shape, .schema = its_schema, .flags = its_flags)
#define PAYLOAD(json_name, its_value, ...)                                                                             \
    {                                                                                                                  \
        .name = json_name, .value = its_value, .has_payload = true, .payload = __VA_ARGS__                             \
    }

/* ---- what goes in ---------------------------------------------------------------------------- */

static const struct gv_case image_roles[] = {GV_CASE("first", GV_ROLE_FIRST), GV_CASE("last", GV_ROLE_LAST)};
const struct gv_schema gv_schema_image_role = GV_ENUM_SCHEMA("image-role", image_roles);

#define T struct gv_reference
static const struct gv_field reference_fields[] = {
    MEDIA(T, data, 0, "input-image"),
    GV_STRING(T, prompt, OPT),
    GV_ENUM(T, role, enum gv_image_role, &gv_schema_image_role, OPT),
};
static const struct gv_schema schema_reference = GV_RECORD_SCHEMA("reference", T, reference_fields);
#undef T

#define T struct gv_media_input
static const struct gv_case media_inputs[] = {
    PAYLOAD("text", GV_INPUT_TEXT, GV_STRING(T, text, 0)),
    PAYLOAD("image", GV_INPUT_IMAGE,
            PART(T, "image", image, struct gv_reference, GV_SHAPE_RECORD, &schema_reference, 0)),
    PAYLOAD("video", GV_INPUT_VIDEO, MEDIA(T, video, 0, "base-video")),
};
const struct gv_schema gv_schema_media_input = GV_VARIANT_SCHEMA("media-input", T, media_inputs);
#undef T

#define T struct gv_position
static const struct gv_field position_fields[] = {GV_U32(T, x, 0), GV_U32(T, y, 0)};
static const struct gv_schema schema_position = GV_RECORD_SCHEMA("position", T, position_fields);
#undef T

#define T struct gv_dynamic_mask
static const struct gv_field dynamic_mask_fields[] = {
    MEDIA(T, mask, 0, "input-image"),
    GV_LIST(T, "trajectories", trajectories, trajectory_count, struct gv_position, GV_SHAPE_RECORD, &schema_position, 0,
            NULL),
};
static const struct gv_schema schema_dynamic_mask = GV_RECORD_SCHEMA("dynamic-mask", T, dynamic_mask_fields);
#undef T

#define T struct gv_camera_config
static const struct gv_field camera_config_fields[] = {
    GV_F32(T, horizontal, GV_FIELD_ZERO), GV_F32(T, vertical, GV_FIELD_ZERO), GV_F32(T, pan, GV_FIELD_ZERO),
    GV_F32(T, tilt, GV_FIELD_ZERO),       GV_F32(T, zoom, GV_FIELD_ZERO),     GV_F32(T, roll, GV_FIELD_ZERO),
};
static const struct gv_schema schema_camera_config = GV_RECORD_SCHEMA("camera-config", T, camera_config_fields);
#undef T

#define T struct gv_camera_movement
static const struct gv_case camera_movements[] = {
    PAYLOAD("simple", GV_CAMERA_SIMPLE,
            PART(T, "simple", simple, struct gv_camera_config, GV_SHAPE_RECORD, &schema_camera_config, 0)),
    GV_CASE("down_back", GV_CAMERA_DOWN_BACK),
    GV_CASE("forward_up", GV_CAMERA_FORWARD_UP),
    GV_CASE("right_turn_forward", GV_CAMERA_RIGHT_TURN_FORWARD),
    GV_CASE("left_turn_forward", GV_CAMERA_LEFT_TURN_FORWARD),
};
const struct gv_schema gv_schema_camera_movement = GV_VARIANT_SCHEMA("camera-movement", T, camera_movements);
#undef T

static const struct gv_case aspect_ratios[] = {
    GV_CASE("square", GV_RATIO_SQUARE),
    GV_CASE("portrait", GV_RATIO_PORTRAIT),
    GV_CASE("landscape", GV_RATIO_LANDSCAPE),
    GV_CASE("cinema", GV_RATIO_CINEMA),
};
const struct gv_schema gv_schema_aspect_ratio = GV_ENUM_SCHEMA("aspect-ratio", aspect_ratios);

static const struct gv_case resolutions[] = {
    GV_CASE("sd", GV_RESOLUTION_SD),
    GV_CASE("hd", GV_RESOLUTION_HD),
    GV_CASE("fhd", GV_RESOLUTION_FHD),
    GV_CASE("uhd", GV_RESOLUTION_UHD),
};
const struct gv_schema gv_schema_resolution = GV_ENUM_SCHEMA("resolution", resolutions);

#define T struct gv_generation_config
static const struct gv_field generation_config_fields[] = {
    GV_STRING(T, negative_prompt, OPT),
    GV_HAS(T, seed, uint64_t, GV_SHAPE_U64),
    GV_STRING(T, scheduler, OPT),
    GV_HAS(T, guidance_scale, float, GV_SHAPE_F32),
    GV_ENUM(T, aspect_ratio, enum gv_aspect_ratio, &gv_schema_aspect_ratio, OPT),
    GV_HAS(T, duration_seconds, float, GV_SHAPE_F32),
    GV_ENUM(T, resolution, enum gv_resolution, &gv_schema_resolution, OPT),
    GV_STRING(T, model, OPT),
    GV_HAS(T, enable_audio, bool, GV_SHAPE_BOOL),
    GV_HAS(T, enhance_prompt, bool, GV_SHAPE_BOOL),
    PART(T, "provider_options", provider_options, struct gv_kv_list, GV_SHAPE_KVS, NULL, OPT),
    MEDIA(T, lastframe, OPT, "input-image"),
    MEDIA(T, static_mask, OPT, "static-mask"),
    PART(T, "dynamic_mask", dynamic_mask, struct gv_dynamic_mask, GV_SHAPE_RECORD, &schema_dynamic_mask, OPT),
    PART(T, "camera_control", camera_control, struct gv_camera_movement, GV_SHAPE_VARIANT, &gv_schema_camera_movement,
         OPT),
};
const struct gv_schema gv_schema_generation_config = GV_RECORD_SCHEMA("generation-config", T, generation_config_fields);
#undef T

/* ---- speech ---------------------------------------------------------------------------------- */

static const struct gv_case voice_languages[] = {GV_CASE("en", GV_LANGUAGE_EN), GV_CASE("zh", GV_LANGUAGE_ZH)};
const struct gv_schema gv_schema_voice_language = GV_ENUM_SCHEMA("voice-language", voice_languages);

#define T struct gv_text_to_speech
static const struct gv_field text_to_speech_fields[] = {
    GV_STRING(T, text, 0),
    GV_STRING(T, voice_id, 0),
    GV_ENUM(T, language, enum gv_voice_language, &gv_schema_voice_language, 0),
    GV_F32(T, speed, 0),
};
static const struct gv_schema schema_text_to_speech = GV_RECORD_SCHEMA("text-to-speech", T, text_to_speech_fields);
#undef T

#define T struct gv_audio_source
static const struct gv_case audio_sources[] = {
    PAYLOAD("from_text", GV_AUDIO_FROM_TEXT,
            PART(T, "from_text", from_text, struct gv_text_to_speech, GV_SHAPE_RECORD, &schema_text_to_speech, 0)),
    PAYLOAD("from_audio", GV_AUDIO_FROM_AUDIO, MEDIA(T, from_audio, 0, "narration")),
};
const struct gv_schema gv_schema_audio_source = GV_VARIANT_SCHEMA("audio-source", T, audio_sources);
#undef T

#define T struct gv_voice_info
static const struct gv_field voice_info_fields[] = {
    GV_STRING(T, voice_id, 0),
    GV_STRING(T, name, 0),
    GV_ENUM(T, language, enum gv_voice_language, &gv_schema_voice_language, 0),
    GV_STRING(T, preview_url, OPT),
};
const struct gv_schema gv_schema_voice_info = GV_RECORD_SCHEMA("voice-info", T, voice_info_fields);
#undef T

/* ---- effects --------------------------------------------------------------------------------- */

static const struct gv_case single_effects[] = {
    GV_CASE("bloombloom", GV_EFFECT_BLOOMBLOOM),     GV_CASE("dizzydizzy", GV_EFFECT_DIZZYDIZZY),
    GV_CASE("fuzzyfuzzy", GV_EFFECT_FUZZYFUZZY),     GV_CASE("squish", GV_EFFECT_SQUISH),
    GV_CASE("expansion", GV_EFFECT_EXPANSION),       GV_CASE("anime_figure", GV_EFFECT_ANIME_FIGURE),
    GV_CASE("rocketrocket", GV_EFFECT_ROCKETROCKET),
};
const struct gv_schema gv_schema_single_effect = GV_ENUM_SCHEMA("single-image-effects", single_effects);

static const struct gv_case dual_effects[] = {
    GV_CASE("hug", GV_DUAL_HUG),
    GV_CASE("kiss", GV_DUAL_KISS),
    GV_CASE("heart_gesture", GV_DUAL_HEART_GESTURE),
};
const struct gv_schema gv_schema_dual_effect_kind = GV_ENUM_SCHEMA("dual-image-effects", dual_effects);

#define T struct gv_dual_effect
static const struct gv_field dual_effect_fields[] = {
    GV_ENUM(T, effect, enum gv_dual_effect_kind, &gv_schema_dual_effect_kind, 0),
    MEDIA(T, second_image, 0, "input-image"),
};
static const struct gv_schema schema_dual_effect = GV_RECORD_SCHEMA("dual-effect", T, dual_effect_fields);
#undef T

#define T struct gv_effect_type
static const struct gv_case effect_types[] = {
    PAYLOAD("single", GV_EFFECT_TYPE_SINGLE, GV_ENUM(T, single, enum gv_single_effect, &gv_schema_single_effect, 0)),
    PAYLOAD("dual", GV_EFFECT_TYPE_DUAL,
            PART(T, "dual", dual, struct gv_dual_effect, GV_SHAPE_RECORD, &schema_dual_effect, 0)),
};
const struct gv_schema gv_schema_effect_type = GV_VARIANT_SCHEMA("effect-type", T, effect_types);
#undef T

#define T struct gv_lip_sync_video
static const struct gv_case lip_sync_videos[] = {
    PAYLOAD("video", GV_LIP_SYNC_VIDEO, MEDIA(T, video, 0, "base-video")),
    PAYLOAD("video_id", GV_LIP_SYNC_VIDEO_ID, GV_STRING(T, video_id, 0)),
};
const struct gv_schema gv_schema_lip_sync_video = GV_VARIANT_SCHEMA("lip-sync-video", T, lip_sync_videos);
#undef T

/* ---- what comes out -------------------------------------------------------------------------- */

#define T struct gv_video
static const struct gv_field video_fields[] = {
    GV_STRING(T, uri, OPT),
    GV_FIELD(T, "base64_bytes", base64_bytes, const void *, GV_SHAPE_BYTES, .flags = OPT,
             .aux = GV_OFFSET_OF(T, base64_byte_count, size_t)),
    GV_STRING(T, mime_type, 0),
    GV_U32(T, width, OPT),
    GV_U32(T, height, OPT),
    GV_F64(T, fps, OPT),
    GV_F64(T, duration_seconds, OPT),
    GV_STRING(T, generation_id, OPT),
    GV_U64(T, bytes, EXT),
    GV_STRING(T, sha256, EXT),
    GV_STRING(T, source_uri, EXT),
};
const struct gv_schema gv_schema_video = GV_RECORD_SCHEMA("video", T, video_fields);
#undef T

static const struct gv_case statuses[] = {
    GV_CASE("pending", GV_PENDING),
    GV_CASE("running", GV_RUNNING),
    GV_CASE("succeeded", GV_SUCCEEDED),
    GV_CASE("failed", GV_FAILED),
};
const struct gv_schema gv_schema_status = GV_ENUM_SCHEMA("status", statuses);

#define T struct gv_video_result
_Static_assert(offsetof(T, status) == 0 && offsetof(T, failed) < offsetof(T, videos), "job-status opens the result");
static const struct gv_case job_statuses[] = {
    GV_CASE("pending", GV_PENDING),
    GV_CASE("running", GV_RUNNING),
    GV_CASE("succeeded", GV_SUCCEEDED),
    PAYLOAD("failed", GV_FAILED, GV_STRING(T, failed, 0)),
};
const struct gv_schema gv_schema_job_status = {
    .name = "job-status", .size = offsetof(T, videos), .cases = job_statuses, .case_count = GV_COUNT(job_statuses)};
#undef T

#define CODE(its_value, json_name) GV_CASE(json_name, its_value),
static const struct gv_case codes[] = {GV_CODES(CODE)};
#undef CODE
static const struct gv_schema schema_code = GV_ENUM_SCHEMA("code", codes);

static const struct gv_case knowns[] = {
    GV_CASE("unknown", GV_UNKNOWN),
    GV_CASE("yes", GV_YES),
    GV_CASE("no", GV_NO),
};
static const struct gv_schema schema_known = GV_ENUM_SCHEMA("known", knowns);

static const struct gv_case stages[] = {
    GV_CASE("input", GV_STAGE_INPUT),   GV_CASE("create", GV_STAGE_CREATE), GV_CASE("render", GV_STAGE_RENDER),
    GV_CASE("output", GV_STAGE_OUTPUT), GV_CASE("fetch", GV_STAGE_FETCH),
};
static const struct gv_schema schema_stage = GV_ENUM_SCHEMA("stage", stages);

#define T struct gv_error
static const struct gv_field error_fields[] = {
    GV_ENUM(T, code, enum gv_code, &schema_code, 0),
    GV_CHARS(T, message, 0),
    GV_CHARS(T, field, OPT),
    GV_CHARS(T, provider, OPT),
    GV_CHARS(T, provider_code, OPT),
    GV_FIELD(T, "retryable", retryable, enum gv_known, GV_SHAPE_KNOWN, .flags = OPT),
    GV_FIELD(T, "charged", charged, enum gv_known, GV_SHAPE_ENUM, .schema = &schema_known,
             .flags = OPT | GV_FIELD_CHARGE, .aux = GV_OFFSET_OF(T, stage, enum gv_stage)),
    GV_ENUM(T, stage, enum gv_stage, &schema_stage, OPT),
};
const struct gv_schema gv_schema_error = GV_RECORD_SCHEMA("error", T, error_fields);
#undef T

#define T struct gv_video_result
static const struct gv_field video_result_fields[] = {
    PART(T, "status", status, enum gv_status, GV_SHAPE_VARIANT, &gv_schema_job_status, 0),
    GV_LIST(T, "videos", videos, video_count, struct gv_video, GV_SHAPE_RECORD, &gv_schema_video, OPT, NULL),
    GV_STRING(T, id, EXT),
    GV_STRING(T, phase, EXT),
    GV_STRING(T, uncertain, EXT),
    GV_FIELD(T, "progress", progress, int, GV_SHAPE_PERCENT, .flags = EXT),
    GV_LIST(T, "warnings", warnings, warning_count, char *const, GV_SHAPE_STRING, NULL, EXT, NULL),
    GV_FIELD(T, "error", error, struct gv_error, GV_SHAPE_RECORD, .schema = &gv_schema_error,
             .flags = EXT | GV_FIELD_HAS, .aux = GV_OFFSET_OF(T, has_error, bool)),
};
const struct gv_schema gv_schema_video_result = GV_RECORD_SCHEMA("video-result", T, video_result_fields);
#undef T

const struct gv_schema *const gv_schemas[] = {
    &gv_schema_image_role,
    &schema_reference,
    &gv_schema_media_input,
    &schema_position,
    &schema_dynamic_mask,
    &schema_camera_config,
    &gv_schema_camera_movement,
    &gv_schema_aspect_ratio,
    &gv_schema_resolution,
    &gv_schema_generation_config,
    &gv_schema_video,
    &gv_schema_job_status,
    &gv_schema_video_result,
    &gv_schema_voice_language,
    &schema_text_to_speech,
    &gv_schema_audio_source,
    &gv_schema_voice_info,
    &gv_schema_single_effect,
    &gv_schema_dual_effect_kind,
    &schema_dual_effect,
    &gv_schema_effect_type,
    &gv_schema_lip_sync_video,
    NULL,
};
