/* Limits of media and options (README, section 3). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "provider/veo/veo_wire.h"

#define VEO_IMAGE_BYTES_MAX (20u << 20)
#define VEO_VIDEO_SECONDS_MIN 1.0
#define VEO_VIDEO_SECONDS_MAX 30.0
#define VEO_FPS 24.0
#define VEO_LABELS_MAX 64 /* Google Cloud's limit for labels of a resource */
#define VEO_LABEL_CHARACTERS_MAX 63
#define VEO_STORAGE_BYTES_MAX 512

/* ---- media ------------------------------------------------------------------------------------------ */

static int check_image(const struct gv_blob_info *blob, const char *field, struct gv_error *err)
{
    const char *type = blob->mime_type != NULL ? blob->mime_type : "of an unknown type";
    if (strcmp(type, "image/png") != 0 && strcmp(type, "image/jpeg") != 0)
        return gv_fail_field(err, GV_INVALID_INPUT, field, "Veo takes PNG and JPEG pictures; this is %s.", type);
    if (blob->bytes > VEO_IMAGE_BYTES_MAX)
        return gv_fail_field(err, GV_INVALID_INPUT, field,
                             "Veo takes pictures of at most 20 MB; this one has %" PRIu64 " bytes.", blob->bytes);
    return GV_OK;
}

static int check_film(const struct gv_blob_info *blob, const char *field, struct gv_admission *admission,
                      struct gv_arena *arena, struct gv_error *err)
{
    const char *type = blob->mime_type != NULL ? blob->mime_type : "of an unknown type";
    double seconds = blob->duration_seconds;
    if (strcmp(type, "video/mp4") != 0)
        return gv_fail_field(err, GV_INVALID_INPUT, field, "Veo extends MP4 videos; this is %s.", type);
    if (seconds > 0 && (seconds < VEO_VIDEO_SECONDS_MIN || seconds > VEO_VIDEO_SECONDS_MAX))
        return gv_fail_field(err, GV_INVALID_INPUT, field, "Veo extends videos of 1 to 30 seconds; this one has %.1f.",
                             seconds);
    if (blob->fps > 0 && (blob->fps < VEO_FPS - 0.1 || blob->fps > VEO_FPS + 0.1))
        gv_admission_warn(admission, arena, "Veo asks for videos of 24 frames per second; this one has %g.", blob->fps);
    return GV_OK;
}

int veo_check_medium(const struct veo_medium *medium, struct gv_admission *admission, struct gv_arena *arena,
                     struct gv_error *err)
{
    if (medium->media == NULL || medium->media->kind != GV_MEDIA_BLOB)
        return GV_OK;
    const struct gv_blob_info *blob = &medium->media->blob;
    return medium->role == VEO_VIDEO ? check_film(blob, medium->field, admission, arena, err)
                                     : check_image(blob, medium->field, err);
}

static const struct {
    const char *ending, *type;
    bool film;
} endings[] = {
    {".png", "image/png", false}, {".jpg", "image/jpeg", false}, {".jpeg", "image/jpeg", false},
    {".mp4", "video/mp4", true},  {".mov", "video/mov", true},   {".mpeg", "video/mpeg", true},
    {".mpg", "video/mpeg", true}, {".avi", "video/avi", true},   {".wmv", "video/wmv", true},
    {".flv", "video/flv", true},
};

const char *veo_type_of(const struct veo_plan *plan, const char *uri, bool film)
{
    const char *dot = strrchr(uri, '.');
    for (size_t i = 0; dot != NULL && i < GV_COUNT(endings); i++) {
        if (endings[i].film == film && strcasecmp(dot, endings[i].ending) == 0)
            return endings[i].type;
    }
    return gv_operation_option(plan->op, film ? "video_type" : "image_type");
}

/* ---- options ---------------------------------------------------------------------------------------- */

bool veo_option_is(const struct gv_operation *op, const char *key, const char *value)
{
    const char *given = gv_operation_option(op, key);
    return given != NULL && strcmp(given, value) == 0;
}

const char *veo_option_field(const struct gv_operation *op, const char *key, struct gv_arena *arena)
{
    return gv_arena_printf(arena, "%sprovider_options.%s", gv_operation_config(op) != NULL ? "config." : "", key);
}

static int bad_option(const struct veo_plan *plan, enum gv_code code, const char *key, const char *why,
                      struct gv_arena *arena, struct gv_error *err)
{
    return gv_fail_field(err, code, veo_option_field(plan->op, key, arena), "Provider option %s: %s.", key, why);
}

static int refuse_options(const struct veo_plan *plan, const char *const *keys, size_t count, const char *why,
                          struct gv_arena *arena, struct gv_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (gv_operation_option(plan->op, keys[i]) != NULL)
            return bad_option(plan, GV_UNSUPPORTED_FEATURE, keys[i], why, arena, err);
    }
    return GV_OK;
}

/* What the Gemini API's own SDK refuses to send there (README, section 9.1). */
static int check_surface(const struct veo_plan *plan, struct gv_arena *arena, struct gv_error *err)
{
    static const char *const vertex[] = {"storage_uri",  "compression_quality", "resize_mode", "labels",
                                         "pubsub_topic", "image_type",          "video_type"};
    static const char *const veo_3[] = {"resize_mode"};
    int bad = GV_OK;
    if (plan->surface == VEO_GEMINI)
        bad = refuse_options(plan, vertex, GV_COUNT(vertex), "the Gemini API has no such member; Vertex AI has", arena,
                             err);
    if (!bad && !(plan->model->traits & VEO_3))
        bad = refuse_options(plan, veo_3, GV_COUNT(veo_3), "Veo 2 has no such member", arena, err);
    if (!bad && plan->surface == VEO_GEMINI && plan->samples > 1)
        bad = bad_option(plan, GV_UNSUPPORTED_FEATURE, "sample_count", "the Gemini API makes one film at a time", arena,
                         err);
    return bad;
}

static int read_storage(struct veo_plan *plan, struct gv_arena *arena, struct gv_error *err)
{
    const char *bucket, *object;
    plan->storage = gv_operation_option(plan->op, "storage_uri");
    if (plan->storage == NULL)
        return GV_OK;
    if (!veo_read_gs(&bucket, &object, plan->storage, arena) || strlen(plan->storage) > VEO_STORAGE_BYTES_MAX)
        return bad_option(plan, GV_INVALID_INPUT, "storage_uri",
                          "gs://bucket or gs://bucket/prefix is wanted, of at most 512 characters", arena, err);
    return GV_OK;
}

static int read_labels(struct veo_plan *plan, struct gv_arena *arena, struct gv_error *err)
{
    const char *text = gv_operation_option(plan->op, "labels");
    if (text == NULL)
        return GV_OK;
    plan->labels = gv_json_parse(arena, text, strlen(text), NULL);
    bool good = plan->labels != NULL && plan->labels->kind == GV_JSON_OBJECT && plan->labels->count <= VEO_LABELS_MAX;
    for (const struct gv_json *label = good ? plan->labels->child : NULL; label != NULL; label = label->next)
        good = good && label->kind == GV_JSON_STRING && label->text_bytes <= VEO_LABEL_CHARACTERS_MAX * 4 &&
               strlen(label->key) <= VEO_LABEL_CHARACTERS_MAX * 4;
    if (good)
        return GV_OK;
    return bad_option(plan, GV_INVALID_INPUT, "labels", "a JSON object of at most 64 short strings is wanted", arena,
                      err);
}

static bool is_topic(const char *text)
{
    const char *topics = strncmp(text, "projects/", 9) == 0 ? strchr(text + 9, '/') : NULL;
    return topics != NULL && topics > text + 9 && strncmp(topics, "/topics/", 8) == 0 && topics[8] != '\0';
}

int veo_plan_options(struct veo_plan *plan, struct gv_arena *arena, struct gv_error *err)
{
    const char *count = gv_operation_option(plan->op, "sample_count");
    const char *topic = gv_operation_option(plan->op, "pubsub_topic");
    plan->samples = count != NULL ? (unsigned)strtoul(count, NULL, 10) : 1;
    int bad = check_surface(plan, arena, err);
    if (!bad && topic != NULL && !is_topic(topic))
        bad = bad_option(plan, GV_INVALID_INPUT, "pubsub_topic", "projects/PROJECT/topics/TOPIC is wanted", arena, err);
    if (!bad && plan->media_count == 0)
        bad = refuse_options(plan, (const char *const[]){"resize_mode"}, 1, "it fits a picture, and there is none",
                             arena, err);
    if (!bad)
        bad = read_storage(plan, arena, err);
    return bad ? bad : read_labels(plan, arena, err);
}
