/* One wish: its document, the checks that hold for every provider, its copy, its media. */
#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "core/interface.h"

#define OPT GV_FIELD_OPTIONAL
#define EXT (GV_FIELD_OPTIONAL | GV_FIELD_EXTENSION)
#define KEY_BYTES_MAX 255
#define CAMERA_MAX 10.0F

static const struct gv_case kinds[] = {
    GV_CASE("generate", GV_OP_GENERATE),
    GV_CASE("generate_lip_sync", GV_OP_GENERATE_LIP_SYNC),
    GV_CASE("extend_video", GV_OP_EXTEND_VIDEO),
    GV_CASE("upscale_video", GV_OP_UPSCALE_VIDEO),
    GV_CASE("generate_video_effects", GV_OP_GENERATE_VIDEO_EFFECTS),
    GV_CASE("multi_image_generation", GV_OP_MULTI_IMAGE_GENERATION),
};
const struct gv_schema gv_schema_operation_kind = GV_ENUM_SCHEMA("operation", kinds);

#define T struct gv_operation
#define PART(json_name, member, ctype, its_shape, its_schema, its_flags)                                               \
    GV_FIELD(T, json_name, u.member, ctype, its_shape, .schema = its_schema, .flags = its_flags)
#define TEXT(json_name, member, its_flags) PART(json_name, member, const char *, GV_SHAPE_STRING, NULL, its_flags)
#define MEDIA(json_name, member, wit_name)                                                                             \
    GV_FIELD(T, json_name, u.member, struct gv_media, GV_SHAPE_MEDIA, .flags = 0, .wit_type = wit_name)
#define FLOAT(json_name, member, has_member)                                                                           \
    GV_FIELD(T, json_name, u.member, float, GV_SHAPE_F32, .flags = OPT | GV_FIELD_HAS,                                 \
             .aux = GV_OFFSET_OF(T, u.has_member, bool))
#define CONFIG(member)                                                                                                 \
    PART("config", member, struct gv_generation_config, GV_SHAPE_RECORD, &gv_schema_generation_config, 0)

/* `options_flags`: the WIT gives extend-video provider options as a parameter. */
#define COMMON(options_flags)                                                                                          \
    GV_FIELD(T, "provider_options", provider_options, struct gv_kv_list, GV_SHAPE_KVS, .flags = options_flags),        \
        GV_ENUM(T, operation, enum gv_operation_kind, &gv_schema_operation_kind, GV_FIELD_EXTENSION),                  \
        GV_STRING(T, provider, EXT), GV_STRING(T, idempotency_key, EXT),                                               \
        GV_FIELD(T, "metadata", metadata, struct gv_kv_list, GV_SHAPE_KVS, .flags = EXT)

static const struct gv_field generate_fields[] = {
    PART("input", generate.input, struct gv_media_input, GV_SHAPE_VARIANT, &gv_schema_media_input, 0),
    CONFIG(generate.config),
    COMMON(EXT),
};
static const struct gv_field lip_sync_fields[] = {
    PART("video", lip_sync.video, struct gv_lip_sync_video, GV_SHAPE_VARIANT, &gv_schema_lip_sync_video, 0),
    PART("audio", lip_sync.audio, struct gv_audio_source, GV_SHAPE_VARIANT, &gv_schema_audio_source, 0),
    COMMON(EXT),
};
static const struct gv_field extend_fields[] = {
    TEXT("video_id", extend.video_id, 0),
    TEXT("prompt", extend.prompt, OPT),
    TEXT("negative_prompt", extend.negative_prompt, OPT),
    FLOAT("cfg_scale", extend.cfg_scale, extend.has_cfg_scale),
    COMMON(OPT),
};
static const struct gv_field upscale_fields[] = {
    MEDIA("input", upscale.input, "base-video"),
    COMMON(EXT),
};
static const struct gv_field effects_fields[] = {
    MEDIA("input", effects.input, "input-image"),
    PART("effect", effects.effect, struct gv_effect_type, GV_SHAPE_VARIANT, &gv_schema_effect_type, 0),
    TEXT("model", effects.model, OPT),
    FLOAT("duration", effects.duration, effects.has_duration),
    TEXT("mode", effects.mode, OPT),
    COMMON(EXT),
};
static const struct gv_field multi_image_fields[] = {
    GV_LIST(T, "input_images", u.multi_image.input_images, u.multi_image.input_image_count, struct gv_media,
            GV_SHAPE_MEDIA, NULL, 0, "input-image"),
    TEXT("prompt", multi_image.prompt, OPT),
    CONFIG(multi_image.config),
    COMMON(EXT),
};

static const struct gv_schema schemas[] = {
    [GV_OP_GENERATE] = GV_RECORD_SCHEMA("generate", T, generate_fields),
    [GV_OP_GENERATE_LIP_SYNC] = GV_RECORD_SCHEMA("generate-lip-sync", T, lip_sync_fields),
    [GV_OP_EXTEND_VIDEO] = GV_RECORD_SCHEMA("extend-video", T, extend_fields),
    [GV_OP_UPSCALE_VIDEO] = GV_RECORD_SCHEMA("upscale-video", T, upscale_fields),
    [GV_OP_GENERATE_VIDEO_EFFECTS] = GV_RECORD_SCHEMA("generate-video-effects", T, effects_fields),
    [GV_OP_MULTI_IMAGE_GENERATION] = GV_RECORD_SCHEMA("multi-image-generation", T, multi_image_fields),
};
#undef T

const struct gv_schema *gv_operation_schema(enum gv_operation_kind kind)
{
    return gv_operation_name(kind) != NULL ? &schemas[kind] : NULL;
}

const char *gv_operation_name(enum gv_operation_kind kind)
{
    return gv_schema_enum_name(&gv_schema_operation_kind, (int)kind);
}

static int refuse_kind(const char *what, struct gv_error *err)
{
    struct gv_arena arena = {0};
    int result = gv_fail_field(err, GV_INVALID_INPUT, "operation", "operation %s one of %s", what,
                               gv_schema_names(&gv_schema_operation_kind, &arena));
    gv_arena_free(&arena);
    return result;
}

int gv_operation_read(struct gv_operation *out, const struct gv_json *json, enum gv_json_mode mode,
                      struct gv_arena *arena, struct gv_error *err)
{
    *out = (struct gv_operation){0};
    if (json == NULL || json->kind != GV_JSON_OBJECT)
        return gv_fail(err, GV_INVALID_INPUT, "an operation document must be an object; %s came",
                       json != NULL ? gv_json_kind_name(json->kind) : "nothing");
    const struct gv_json *name = gv_json_member(json, "operation");
    if (name == NULL || name->kind == GV_JSON_NULL)
        return refuse_kind("is missing; it must be", err);
    int kind = gv_schema_enum_value(&gv_schema_operation_kind, gv_json_text(name, NULL));
    if (kind == GV_OP_UNSET)
        return refuse_kind("must be", err);
    int result = gv_schema_read(out, &schemas[kind], json, mode, arena, err);
    return result == GV_OK ? gv_operation_check(out, mode, err) : result;
}

void gv_operation_write(struct gv_json_out *out, const struct gv_operation *op)
{
    const struct gv_schema *schema = gv_operation_schema(op->operation);
    GV_ASSERT(schema != NULL);
    gv_schema_write(out, schema, op);
}

struct gv_operation *gv_operation_copy(struct gv_arena *arena, const struct gv_operation *op)
{
    struct gv_operation *copy = gv_arena_memdup(arena, op, sizeof(*op));
    const struct gv_schema *schema = gv_operation_schema(op->operation);
    if (schema != NULL)
        gv_schema_deepen(copy, schema, arena);
    return copy;
}

/* ---- media ----------------------------------------------------------------------------------- */

struct media_round {
    gv_media_fn *fn;
    void *ctx;
};

static int show_media(void *ctx, const struct gv_visit *visit)
{
    const struct media_round *round = ctx;
    char place[GV_PLACE_TEXT_BYTES];
    if (visit->field->shape != GV_SHAPE_MEDIA || visit->list || visit->absent)
        return GV_OK;
    gv_place_text(place, visit->at);
    return round->fn(round->ctx, visit->value, place);
}

int gv_operation_each_media(struct gv_operation *op, gv_media_fn *fn, void *ctx)
{
    struct media_round round = {.fn = fn, .ctx = ctx};
    const struct gv_schema *schema = gv_operation_schema(op->operation);
    GV_ASSERT(schema != NULL);
    return gv_schema_walk(op, schema, show_media, &round);
}

/* ---- checks ---------------------------------------------------------------------------------- */

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n\v\f")] == '\0';
}

/* Texts that a provider would read as empty: given, they must say something. */
static int check_spoken(const char *field, const char *text, struct gv_error *err)
{
    if (text != NULL && is_blank(text))
        return gv_fail_field(err, GV_INVALID_INPUT, field, "%s is blank", field);
    return GV_OK;
}

struct tally {
    size_t bytes;
};

static size_t text_bytes(const char *text)
{
    return text != NULL ? strlen(text) : 0;
}

static int add_text(void *ctx, const struct gv_visit *visit)
{
    struct tally *tally = ctx;
    if (visit->absent || visit->list)
        return GV_OK;
    if (visit->field->shape == GV_SHAPE_STRING)
        tally->bytes += text_bytes(*(const char *const *)visit->value);
    if (visit->field->shape == GV_SHAPE_MEDIA) {
        const struct gv_media *media = visit->value;
        tally->bytes += text_bytes(media->url) + text_bytes(media->path);
    }
    if (visit->field->shape == GV_SHAPE_KVS) {
        const struct gv_kv_list *kvs = visit->value;
        for (size_t i = 0; i < kvs->count; i++)
            tally->bytes += strlen(kvs->items[i].key) + strlen(kvs->items[i].value);
    }
    return GV_OK;
}

static int check_size(const struct gv_operation *op, struct gv_error *err)
{
    struct tally tally = {0};
    gv_schema_walk((void *)(uintptr_t)op, gv_operation_schema(op->operation), add_text, &tally);
    if (tally.bytes <= GV_OPERATION_TEXT_BYTES_MAX)
        return GV_OK;
    return gv_fail(err, GV_INVALID_INPUT, "the texts of the document have %zu bytes together; %zu are allowed",
                   tally.bytes, GV_OPERATION_TEXT_BYTES_MAX);
}

static int check_metadata_size(const struct gv_kv_list *metadata, struct gv_error *err)
{
    struct gv_buf text;
    struct gv_json_out out = {.buf = &text};
    gv_buf_init(&text, GV_METADATA_BYTES_MAX);
    gv_json_open(&out, NULL, '{');
    for (size_t i = 0; i < metadata->count; i++)
        gv_json_put_text(&out, metadata->items[i].key, metadata->items[i].value);
    gv_json_close(&out, '}');
    bool fits = !text.overflow;
    gv_buf_free(&text);
    if (fits)
        return GV_OK;
    return gv_fail_field(err, GV_INVALID_INPUT, "metadata",
                         "metadata may have %zu bytes as JSON, and has more: keep the rest elsewhere, by the job's id",
                         GV_METADATA_BYTES_MAX);
}

int gv_operation_check_pairs(const struct gv_operation *op, struct gv_error *err)
{
    int result = gv_schema_check_pairs(op, gv_operation_schema(op->operation), err);
    return result == GV_OK ? check_metadata_size(&op->metadata, err) : result;
}

static int check_key(const char *key, struct gv_error *err)
{
    if (key == NULL)
        return GV_OK;
    size_t bytes = strlen(key);
    bool good = bytes >= 1 && bytes <= KEY_BYTES_MAX;
    for (size_t i = 0; good && i < bytes; i++)
        good = key[i] >= ' ' && key[i] < 0x7f;
    if (good)
        return GV_OK;
    return gv_fail_field(err, GV_INVALID_INPUT, "idempotency_key",
                         "idempotency_key must have 1 to %d printable ASCII characters", KEY_BYTES_MAX);
}

static int check_camera(const struct gv_camera_movement *camera, struct gv_error *err)
{
    const struct gv_camera_config *simple = &camera->simple;
    const struct {
        const char *field;
        float value;
    } rows[] = {
        {"config.camera_control.simple.horizontal", simple->horizontal},
        {"config.camera_control.simple.vertical", simple->vertical},
        {"config.camera_control.simple.pan", simple->pan},
        {"config.camera_control.simple.tilt", simple->tilt},
        {"config.camera_control.simple.zoom", simple->zoom},
        {"config.camera_control.simple.roll", simple->roll},
    };
    for (size_t i = 0; camera->kind == GV_CAMERA_SIMPLE && i < GV_COUNT(rows); i++) {
        if (fabsf(rows[i].value) > CAMERA_MAX)
            return gv_fail_field(err, GV_INVALID_INPUT, rows[i].field, "%s must be from -10 to 10; %g came",
                                 rows[i].field, (double)rows[i].value);
    }
    return GV_OK;
}

static int check_seconds(const char *field, bool has, float seconds, struct gv_error *err)
{
    if (!has || seconds > 0)
        return GV_OK;
    return gv_fail_field(err, GV_INVALID_INPUT, field, "%s must be more than 0 seconds; %g came", field,
                         (double)seconds);
}

static int check_config(const struct gv_generation_config *config, struct gv_error *err)
{
    int result = check_camera(&config->camera_control, err);
    if (result == GV_OK)
        result = check_seconds("config.duration_seconds", config->has_duration_seconds, config->duration_seconds, err);
    return result == GV_OK ? check_spoken("config.model", config->model, err) : result;
}

static int check_generate(const struct gv_op_generate *op, struct gv_error *err)
{
    int result = op->input.kind == GV_INPUT_TEXT ? check_spoken("input.text", op->input.text, err) : GV_OK;
    return result == GV_OK ? check_config(&op->config, err) : result;
}

static int check_lip_sync(const struct gv_op_lip_sync *op, struct gv_error *err)
{
    const struct gv_text_to_speech *speech = &op->audio.from_text;
    int result = GV_OK;
    if (op->video.kind == GV_LIP_SYNC_VIDEO_ID)
        result = check_spoken("video.video_id", op->video.video_id, err);
    if (result != GV_OK || op->audio.kind != GV_AUDIO_FROM_TEXT)
        return result;
    result = check_spoken("audio.from_text.text", speech->text, err);
    if (result == GV_OK)
        result = check_spoken("audio.from_text.voice_id", speech->voice_id, err);
    if (result == GV_OK && !(speech->speed > 0))
        result = gv_fail_field(err, GV_INVALID_INPUT, "audio.from_text.speed",
                               "audio.from_text.speed must be more than 0; %g came", (double)speech->speed);
    return result;
}

static int check_parameters(const struct gv_operation *op, struct gv_error *err)
{
    switch (op->operation) {
    case GV_OP_GENERATE: return check_generate(&op->u.generate, err);
    case GV_OP_GENERATE_LIP_SYNC: return check_lip_sync(&op->u.lip_sync, err);
    case GV_OP_EXTEND_VIDEO: return check_spoken("video_id", op->u.extend.video_id, err);
    case GV_OP_GENERATE_VIDEO_EFFECTS:
        return check_seconds("duration", op->u.effects.has_duration, op->u.effects.duration, err);
    case GV_OP_MULTI_IMAGE_GENERATION: return check_config(&op->u.multi_image.config, err);
    case GV_OP_UPSCALE_VIDEO:
    case GV_OP_UNSET: break;
    }
    return GV_OK;
}

int gv_operation_check(const struct gv_operation *op, enum gv_json_mode mode, struct gv_error *err)
{
    const struct gv_schema *schema = gv_operation_schema(op->operation);
    if (schema == NULL)
        return refuse_kind("must be", err);
    int result = gv_schema_check(op, schema, mode, err);
    if (result == GV_OK)
        result = check_size(op, err);
    if (result == GV_OK && mode != GV_JSON_JOURNAL)
        result = check_metadata_size(&op->metadata, err);
    if (result == GV_OK)
        result = check_key(op->idempotency_key, err);
    return result == GV_OK ? check_parameters(op, err) : result;
}
