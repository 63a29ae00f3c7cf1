/* The types of golem:video-generation@1.0.0 in C.
 *
 * Conventions: zero-initialise; a NULL string, an enum of 0 (..._UNSET) or a false `has_` flag is an
 * absent optional. Strings are UTF-8 and NUL-terminated. What a caller passes in is borrowed for the
 * length of the call; what the library hands out belongs to the handle named at the function. */
#ifndef GOLEM_VIDEO_TYPES_H
#define GOLEM_VIDEO_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "golem_video/error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum gv_media_kind {
    GV_MEDIA_UNSET = 0,
    GV_MEDIA_URL,   /* url: http or https; a provider may know more schemes (gs://) */
    GV_MEDIA_BYTES, /* bytes, byte_count, mime_type */
    GV_MEDIA_PATH,  /* path of a local file; its MIME type is read from its content */
    GV_MEDIA_BLOB,  /* blob: a copy in the store; made by the library, never by a caller */
};

/* What the store knows about a file: read from the file itself. */
struct gv_blob_info {
    char sha256[65]; /* lower-case hex */
    uint64_t bytes;
    const char *mime_type;
    uint32_t width, height;  /* pixels; 0: not a picture or not known */
    double duration_seconds; /* 0: none or not known */
    double fps;              /* frames per second; 0: none or not known */
};

/* media-data; input-image, base-video, narration and static-mask are written as what they hold. */
struct gv_media {
    enum gv_media_kind kind;
    const char *url;
    const void *bytes;
    size_t byte_count;
    const char *mime_type;
    const char *path;
    struct gv_blob_info blob;
};

enum gv_image_role { GV_ROLE_UNSET = 0, GV_ROLE_FIRST, GV_ROLE_LAST };

struct gv_reference {
    struct gv_media data;
    const char *prompt;
    enum gv_image_role role;
};

enum gv_input_kind { GV_INPUT_UNSET = 0, GV_INPUT_TEXT, GV_INPUT_IMAGE, GV_INPUT_VIDEO };

/* media-input */
struct gv_media_input {
    enum gv_input_kind kind;
    const char *text;
    struct gv_reference image;
    struct gv_media video;
};

/* Pixels; the origin is the picture's bottom left. */
struct gv_position {
    uint32_t x, y;
};

struct gv_dynamic_mask {
    struct gv_media mask;
    const struct gv_position *trajectories;
    size_t trajectory_count;
};

/* Each -10..10. */
struct gv_camera_config {
    float horizontal, vertical, pan, tilt, zoom, roll;
};

enum gv_camera_kind {
    GV_CAMERA_UNSET = 0,
    GV_CAMERA_SIMPLE,
    GV_CAMERA_DOWN_BACK,
    GV_CAMERA_FORWARD_UP,
    GV_CAMERA_RIGHT_TURN_FORWARD,
    GV_CAMERA_LEFT_TURN_FORWARD,
};

struct gv_camera_movement {
    enum gv_camera_kind kind;
    struct gv_camera_config simple;
};

enum gv_aspect_ratio {
    GV_RATIO_UNSET = 0,
    GV_RATIO_SQUARE,    /* 1:1 */
    GV_RATIO_PORTRAIT,  /* 9:16 */
    GV_RATIO_LANDSCAPE, /* 16:9 */
    GV_RATIO_CINEMA,    /* 21:9 */
};

enum gv_resolution {
    GV_RESOLUTION_UNSET = 0,
    GV_RESOLUTION_SD,  /* 480p */
    GV_RESOLUTION_HD,  /* 720p */
    GV_RESOLUTION_FHD, /* 1080p */
    GV_RESOLUTION_UHD, /* 2160p */
};

struct gv_kv {
    const char *key, *value;
};

struct gv_kv_list {
    const struct gv_kv *items;
    size_t count;
};

struct gv_generation_config {
    const char *negative_prompt;
    bool has_seed;
    uint64_t seed;
    const char *scheduler;
    bool has_guidance_scale;
    float guidance_scale;
    enum gv_aspect_ratio aspect_ratio;
    bool has_duration_seconds;
    float duration_seconds;
    enum gv_resolution resolution;
    const char *model;
    bool has_enable_audio;
    bool enable_audio;
    bool has_enhance_prompt;
    bool enhance_prompt;
    struct gv_kv_list provider_options;
    struct gv_media lastframe;
    struct gv_media static_mask;
    /* The WIT has one mask; provider_options reach a provider's further ones. */
    struct gv_dynamic_mask dynamic_mask;
    struct gv_camera_movement camera_control;
};

enum gv_voice_language { GV_LANGUAGE_UNSET = 0, GV_LANGUAGE_EN, GV_LANGUAGE_ZH };

struct gv_text_to_speech {
    const char *text;
    const char *voice_id;
    enum gv_voice_language language;
    float speed;
};

enum gv_audio_kind { GV_AUDIO_UNSET = 0, GV_AUDIO_FROM_TEXT, GV_AUDIO_FROM_AUDIO };

struct gv_audio_source {
    enum gv_audio_kind kind;
    struct gv_text_to_speech from_text;
    struct gv_media from_audio;
};

struct gv_voice_info {
    const char *voice_id;
    const char *name;
    enum gv_voice_language language;
    const char *preview_url;
};

enum gv_single_effect {
    GV_EFFECT_UNSET = 0,
    GV_EFFECT_BLOOMBLOOM,
    GV_EFFECT_DIZZYDIZZY,
    GV_EFFECT_FUZZYFUZZY,
    GV_EFFECT_SQUISH,
    GV_EFFECT_EXPANSION,
    GV_EFFECT_ANIME_FIGURE,
    GV_EFFECT_ROCKETROCKET,
};

enum gv_dual_effect_kind { GV_DUAL_UNSET = 0, GV_DUAL_HUG, GV_DUAL_KISS, GV_DUAL_HEART_GESTURE };

struct gv_dual_effect {
    enum gv_dual_effect_kind effect;
    struct gv_media second_image;
};

enum gv_effect_type_kind { GV_EFFECT_TYPE_UNSET = 0, GV_EFFECT_TYPE_SINGLE, GV_EFFECT_TYPE_DUAL };

struct gv_effect_type {
    enum gv_effect_type_kind kind;
    enum gv_single_effect single;
    struct gv_dual_effect dual;
};

enum gv_lip_sync_kind { GV_LIP_SYNC_UNSET = 0, GV_LIP_SYNC_VIDEO, GV_LIP_SYNC_VIDEO_ID };

struct gv_lip_sync_video {
    enum gv_lip_sync_kind kind;
    struct gv_media video;
    const char *video_id; /* a provider's id of a video, or the id of a finished job */
};

enum gv_operation_kind {
    GV_OP_UNSET = 0,
    GV_OP_GENERATE,
    GV_OP_GENERATE_LIP_SYNC,
    GV_OP_EXTEND_VIDEO,
    GV_OP_UPSCALE_VIDEO,
    GV_OP_GENERATE_VIDEO_EFFECTS,
    GV_OP_MULTI_IMAGE_GENERATION,
};

struct gv_op_generate {
    struct gv_media_input input;
    struct gv_generation_config config;
};

struct gv_op_lip_sync {
    struct gv_lip_sync_video video;
    struct gv_audio_source audio;
};

struct gv_op_extend {
    const char *video_id;
    const char *prompt;
    const char *negative_prompt;
    bool has_cfg_scale;
    float cfg_scale;
};

struct gv_op_upscale {
    struct gv_media input;
};

struct gv_op_effects {
    struct gv_media input;
    struct gv_effect_type effect;
    const char *model;
    bool has_duration;
    float duration;
    const char *mode;
};

struct gv_op_multi_image {
    const struct gv_media *input_images;
    size_t input_image_count;
    const char *prompt;
    struct gv_generation_config config;
};

/* An operation document: one wish. */
struct gv_operation {
    enum gv_operation_kind operation;
    const char *provider; /* NULL: the one whose credentials are set */
    union {
        struct gv_op_generate generate;
        struct gv_op_lip_sync lip_sync;
        struct gv_op_extend extend;
        struct gv_op_upscale upscale;
        struct gv_op_effects effects;
        struct gv_op_multi_image multi_image;
    } u;
    struct gv_kv_list provider_options; /* for the operations without a config; else config.provider_options */
    const char *idempotency_key;        /* the same key and the same wish give the same job */
    struct gv_kv_list metadata;         /* kept with the job, never sent */
};

enum gv_status { GV_STATUS_UNSET = 0, GV_PENDING, GV_RUNNING, GV_SUCCEEDED, GV_FAILED };

struct gv_video {
    const char *uri;          /* where the stored bytes are: file://... */
    const void *base64_bytes; /* the raw bytes, only where asked for; base64 in JSON */
    size_t base64_byte_count;
    const char *mime_type;
    uint32_t width, height; /* pixels */
    double fps;
    double duration_seconds;
    const char *generation_id; /* the provider's id of the video */
    uint64_t bytes;
    const char *sha256;
    const char *source_uri; /* where the provider had it */
};

/* video-result, and what golem-video adds to it. */
struct gv_video_result {
    enum gv_status status;
    const char *failed; /* the reason, with GV_FAILED */
    const struct gv_video *videos;
    size_t video_count;
    const char *id;              /* the job's */
    const char *phase;           /* the provider machine's, for people */
    const char *uncertain;       /* why the job is parked and what settles it, or NULL */
    int progress;                /* percent, or -1 where the provider tells none */
    const char *const *warnings; /* hints that could not be honoured */
    size_t warning_count;
    bool has_error;
    struct gv_error error; /* with GV_FAILED: the typed form of `failed` */
};

#ifdef __cplusplus
}
#endif
#endif
