/* The table of all types and functions of golem:video-generation, and the operation document made of it. */
#ifndef GV_CORE_INTERFACE_H
#define GV_CORE_INTERFACE_H

#include "core/schema.h"

/* In the order of the WIT text; NULL-ended. */
extern const struct gv_schema *const gv_schemas[];

extern const struct gv_schema gv_schema_aspect_ratio;
extern const struct gv_schema gv_schema_resolution;
extern const struct gv_schema gv_schema_image_role;
extern const struct gv_schema gv_schema_media_input;
extern const struct gv_schema gv_schema_camera_movement;
extern const struct gv_schema gv_schema_generation_config;
extern const struct gv_schema gv_schema_single_effect;
extern const struct gv_schema gv_schema_dual_effect_kind;
extern const struct gv_schema gv_schema_effect_type;
extern const struct gv_schema gv_schema_lip_sync_video;
extern const struct gv_schema gv_schema_audio_source;
extern const struct gv_schema gv_schema_voice_language;
extern const struct gv_schema gv_schema_voice_info;
extern const struct gv_schema gv_schema_video;
extern const struct gv_schema gv_schema_status;     /* the enum, by itself */
extern const struct gv_schema gv_schema_job_status; /* the variant: the first two members of gv_video_result */
extern const struct gv_schema gv_schema_video_result;
extern const struct gv_schema gv_schema_error; /* video-error's JSON form, a struct gv_error */
extern const struct gv_schema gv_schema_operation_kind;

/* A function's document as a record over struct gv_operation: its parameters, then what every document has
 * (marked GV_FIELD_EXTENSION). NULL for a kind that is none. */
const struct gv_schema *gv_operation_schema(enum gv_operation_kind kind);
/* "generate" ..., or NULL. */
const char *gv_operation_name(enum gv_operation_kind kind);

/* Strings in a whole operation, together. */
#define GV_OPERATION_TEXT_BYTES_MAX ((size_t)256 << 10)
/* What a caller's metadata may have as JSON: every list of jobs and every look at one shows it again. */
#define GV_METADATA_BYTES_MAX ((size_t)16 << 10)

/* Reads a document into *out and checks it. GV_INVALID_INPUT with err->field. Strings live in `arena`. */
int gv_operation_read(struct gv_operation *out, const struct gv_json *json, enum gv_json_mode mode,
                      struct gv_arena *arena, struct gv_error *err);
/* Expects what gv_operation_check passed. */
void gv_operation_write(struct gv_json_out *out, const struct gv_operation *op);
/* What must hold for every provider; media of `mode` allowed (GV_JSON_LOCAL for what C callers fill). */
int gv_operation_check(const struct gv_operation *op, enum gv_json_mode mode, struct gv_error *err);
/* What of it must hold for a caller's lists of pairs, before a front adds its own. The kind must be set. */
int gv_operation_check_pairs(const struct gv_operation *op, struct gv_error *err);
/* A copy that borrows nothing. */
struct gv_operation *gv_operation_copy(struct gv_arena *arena, const struct gv_operation *op);

/* `field` is the member's place in the document, borrowed. Anything but GV_OK ends the round and is its result. */
typedef int gv_media_fn(void *ctx, struct gv_media *media, const char *field);
/* Shows every medium that is set; `op` may be changed, and must own its lists (gv_operation_copy). */
int gv_operation_each_media(struct gv_operation *op, gv_media_fn *fn, void *ctx);

#endif
