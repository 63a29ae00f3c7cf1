/* Veo's emulator: the rules that a create must keep, on both surfaces. Fact sheet 3.3, 3.4, 7.2, 9.1, 10. */
#include "provider/veo/veo_sandbox.h"

#include <stdlib.h>

#define QUOTA_PER_MINUTE 50 /* per base model */
#define MINUTE_MS 60000
#define PROMPT_CHARACTERS_MAX 4096 /* stands for 1024 tokens */
#define GEMINI_SOURCE_SECONDS_MAX 141

#define INVALID(...) gv_veo_emu_refuse(e, VEO_RPC_INVALID_ARGUMENT, __VA_ARGS__)

typedef bool rule_fn(struct veo_emu *e, struct veo_wish *wish);

static bool has(const struct veo_emu *e, const char *path)
{
    return gv_veo_emu_at(e, path) != NULL;
}

/* ---- before the body --------------------------------------------------------------------------------------------- */

static bool check_quota(struct veo_emu *e, const char *model)
{
    struct gv_emu_world *world = e->world;
    unsigned most = world->bend.slots ? world->bend.slots : QUOTA_PER_MINUTE, taken = 0;
    int64_t window_ms = (int64_t)(MINUTE_MS / world->speed), oldest_ms = world->now_ms;
    for (size_t i = world->task_count; i > 0 && taken < most; i--) {
        const struct gv_emu_task *t = world->tasks[i - 1];
        if (t->created_ms + window_ms <= world->now_ms)
            break;
        if (!is(t->provider, "veo") || !t->model || !is(t->model, model))
            continue;
        oldest_ms = t->created_ms;
        taken++;
    }
    if (taken < most)
        return true;
    const char *text = e->gemini ? "You exceeded your current quota, please check your plan and billing details."
                                 : "Quota exceeded for aiplatform.googleapis.com/"
                                   "long_running_online_prediction_requests_per_base_model with base model: ";
    const char *details = gv_arena_printf(
        world->arena, "[{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"%llds\"}]",
        (long long)((oldest_ms + window_ms - world->now_ms + 999) / 1000));
    const char *message = e->gemini ? text : gv_arena_printf(world->arena, "%s%s.", text, model);
    e->reply = gv_veo_emu_error(world, 0, VEO_RPC_RESOURCE_EXHAUSTED, message, details);
    return false;
}

static bool check_model(struct veo_emu *e, const struct veo_path *path, struct veo_wish *wish)
{
    wish->model = is(path->location, "global") ? NULL : gv_veo_emu_model(e, path->model);
    if (wish->model)
        return true;
    if (e->gemini)
        return gv_veo_emu_refuse(e, VEO_RPC_NOT_FOUND,
                                 "models/%s is no longer available. Please update your code to use a newer model.",
                                 path->model);
    return gv_veo_emu_refuse(e, VEO_RPC_NOT_FOUND,
                             "Publisher Model `" VEO_EMU_MODEL_FORMAT
                             "` was not found or your project does not have access to it.",
                             path->project, path->location, path->model);
}

/* ---- shape ------------------------------------------------------------------------------------------------------- */

static bool check_shape(struct veo_emu *e, struct veo_wish *wish)
{
    const struct gv_json *body = e->request->body, *instances = gv_veo_emu_at(e, "instances");
    (void)wish;
    if (!body || body->kind != GV_JSON_OBJECT)
        return INVALID("Invalid JSON payload received.");
    if (!gv_veo_emu_members(e, "", e->gemini ? "instances|parameters|webhookConfig" : "instances|parameters|labels"))
        return false;
    if (!instances || instances->kind != GV_JSON_ARRAY || instances->count != 1)
        return INVALID("Exactly one instance is required.");
    if (instances->child->kind != GV_JSON_OBJECT)
        return INVALID("The instance must be an object.");
    const struct gv_json *labels = gv_veo_emu_at(e, "labels");
    for (const struct gv_json *label = labels ? labels->child : NULL; label; label = label->next) {
        if (!label->key || label->kind != GV_JSON_STRING)
            return INVALID("Labels must be an object of strings.");
    }
    return gv_veo_emu_members(e, "instances.0", "prompt|image|lastFrame|video|referenceImages") &&
           gv_veo_emu_members(e, "parameters",
                              e->gemini ? "aspectRatio|durationSeconds|resolution|personGeneration|sampleCount|"
                                          "negativePrompt|enhancePrompt|seed"
                                        : "aspectRatio|durationSeconds|resolution|generateAudio|sampleCount|seed|"
                                          "negativePrompt|personGeneration|enhancePrompt|storageUri|"
                                          "compressionQuality|resizeMode|fps|pubsubTopic");
}

/* ---- the instance ------------------------------------------------------------------------------------------------ */

static size_t characters(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static bool check_prompt(struct veo_emu *e, struct veo_wish *wish)
{
    bool optional = has(e, "instances.0.image") || has(e, "instances.0.video");
    if (!gv_veo_emu_text(e, "instances.0.prompt", &wish->prompt))
        return false;
    const char *text = wish->prompt ? wish->prompt : "";
    if (!optional && text[strspn(text, " \t\r\n")] == '\0')
        return INVALID("Text prompt cannot be empty.");
    if (characters(text) > PROMPT_CHARACTERS_MAX)
        return INVALID("The input token count exceeds the maximum number of tokens allowed (1024).");
    return true;
}

static bool check_exclusions(struct veo_emu *e, struct veo_wish *wish)
{
    bool image = has(e, "instances.0.image"), video = has(e, "instances.0.video");
    bool last = has(e, "instances.0.lastFrame"), references = has(e, "instances.0.referenceImages");
    (void)wish;
    if (image && video)
        return INVALID("Image and video inputs cannot be used together.");
    if (references && (image || video || last))
        return INVALID("Reference images cannot be used together with image, video or lastFrame.");
    if (last && !image)
        return INVALID("lastFrame requires image.");
    return true;
}

static bool check_frames(struct veo_emu *e, struct veo_wish *wish)
{
    return gv_veo_emu_image(e, "instances.0.image", &wish->first) &&
           gv_veo_emu_image(e, "instances.0.lastFrame", &wish->last);
}

static bool check_reference(struct veo_emu *e, size_t at, struct veo_media *out)
{
    struct gv_arena *arena = e->world->arena;
    const char *path = gv_arena_printf(arena, "instances.0.referenceImages.%zu", at), *type = NULL;
    const char *image = gv_arena_printf(arena, "%s.image", path);
    if (!gv_veo_emu_members(e, path, "image|referenceType") ||
        !gv_veo_emu_choice(e, gv_arena_printf(arena, "%s.referenceType", path), "asset", &type))
        return false;
    if (!type || !has(e, image))
        return INVALID("%s must have image and referenceType.", path);
    return gv_veo_emu_image(e, image, out);
}

static bool check_references(struct veo_emu *e, struct veo_wish *wish)
{
    const struct gv_json *list = gv_veo_emu_at(e, "instances.0.referenceImages");
    if (!list)
        return true;
    if (wish->model->lite)
        return INVALID("`referenceImages` isn't supported by this model. Please remove it or refer to the "
                       "documentation for supported usage.");
    if (list->kind != GV_JSON_ARRAY || list->count == 0 || list->count > VEO_EMU_REFERENCES_MAX)
        return INVALID("referenceImages must be a list of 1 to %d asset images.", VEO_EMU_REFERENCES_MAX);
    for (; wish->reference_count < list->count; wish->reference_count++) {
        if (!check_reference(e, wish->reference_count, &wish->references[wish->reference_count]))
            return false;
    }
    return true;
}

/* "https://host/v1beta/files/{id}:download?alt=media", the form that was handed out. */
static bool gemini_source(struct veo_emu *e, struct veo_wish *wish)
{
    const char *uri = NULL;
    if (!gv_veo_emu_text(e, "instances.0.video.uri", &uri))
        return false;
    if (!uri)
        return INVALID("Video URI not found in the request.");
    if (!gv_veo_emu_members(e, "instances.0.video", "uri"))
        return false;
    const char *files = strstr(uri, "/v1beta/files/");
    if (!files)
        return INVALID("Could not parse the file name");
    files += strlen("/v1beta/files/");
    const char *id = gv_arena_strndup(e->world->arena, files, strcspn(files, ":?/"));
    const struct gv_emu_task *task = gv_veo_emu_task_by_file(e->world, id);
    if (!task)
        return gv_veo_emu_refuse(e, VEO_RPC_PERMISSION_DENIED,
                                 "You do not have permission to access the File %s or it may not exist.", id);
    wish->source = gv_veo_emu_media_of(e->world, task, 0);
    if (wish->source.seconds > GEMINI_SOURCE_SECONDS_MAX)
        return INVALID("The input video must be at most %d seconds long.", GEMINI_SOURCE_SECONDS_MAX);
    bool hd = wish->source.width == 720 || wish->source.height == 720;
    return hd || INVALID("Only 720p videos can be extended.");
}

static bool check_source(struct veo_emu *e, struct veo_wish *wish)
{
    if (!has(e, "instances.0.video"))
        return true;
    if (!e->gemini)
        return gv_veo_emu_film(e, "instances.0.video", &wish->source);
    if (wish->model->lite)
        return INVALID("`video` isn't supported by this model. Please remove it or refer to the Gemini API "
                       "documentation for supported usage.");
    return gemini_source(e, wish);
}

static bool name_feature(struct veo_emu *e, struct veo_wish *wish)
{
    (void)e;
    wish->feature = wish->source.present        ? "video_extension"
                    : wish->reference_count > 0 ? "reference_to_video"
                    : wish->first.present       ? "image_to_video"
                                                : "text_to_video";
    return true;
}

/* ---- the parameters ---------------------------------------------------------------------------------------------- */

static bool check_size(struct veo_emu *e, struct veo_wish *wish)
{
    const char *ratio = NULL, *resolution = NULL;
    if (!gv_veo_emu_choice(e, "parameters.aspectRatio", "16:9|9:16", &ratio) ||
        !gv_veo_emu_choice(e, "parameters.resolution", wish->model->lite ? "720p|1080p" : "720p|1080p|4k", &resolution))
        return false;
    wish->portrait = ratio && is(ratio, "9:16");
    wish->height_class = !resolution || is(resolution, "720p") ? 720 : is(resolution, "1080p") ? 1080 : 2160;
    if (!wish->source.present)
        return true;
    uint32_t width = wish->source.width, height = wish->source.height, shorter = width < height ? width : height;
    if ((ratio && wish->portrait != (height > width)) || (resolution && wish->height_class != shorter))
        return INVALID("An extension keeps the aspect ratio and the resolution of its video.");
    wish->portrait = height > width;
    wish->height_class = shorter;
    return true;
}

static bool among_seconds(int64_t seconds, const char *feature, bool gemini)
{
    if (is(feature, "video_extension")) /* Gemini calls the result of an extension 8 s long */
        return seconds == (gemini ? 8 : VEO_EMU_EXTENSION_SECONDS);
    bool eight = is(feature, "reference_to_video");
    return seconds == 8 || (!eight && (seconds == 4 || seconds == 6));
}

/* Vertex takes the request and fails the operation; Gemini refuses. */
static bool check_duration(struct veo_emu *e, struct veo_wish *wish)
{
    bool extends = wish->source.present;
    int64_t asked = extends && !e->gemini ? VEO_EMU_EXTENSION_SECONDS : 8;
    if (!gv_veo_emu_integer(e, "parameters.durationSeconds", -INT32_MAX, INT32_MAX, &asked))
        return false;
    wish->seconds = extends ? VEO_EMU_EXTENSION_SECONDS : asked;
    if (e->gemini && wish->height_class > 720 && asked != 8 && among_seconds(asked, wish->feature, true))
        return INVALID("%s is not supported for a duration of %lld seconds.",
                       wish->height_class == 1080 ? "1080p" : "4k", (long long)asked);
    if (among_seconds(asked, wish->feature, e->gemini))
        return true;
    const char *all = extends ? e->gemini ? "[8]" : "[7]" : is(wish->feature, "reference_to_video") ? "[8]" : "[8,4,6]";
    const char *why = gv_arena_printf(
        e->world->arena, "Unsupported output video duration %lld seconds, supported durations are %s for feature %s.",
        (long long)asked, all, wish->feature);
    if (e->gemini)
        return INVALID("%s", why);
    wish->failure = why;
    wish->failure_code = VEO_RPC_INVALID_ARGUMENT;
    return true;
}

static bool check_numbers(struct veo_emu *e, struct veo_wish *wish)
{
    int64_t fps = VEO_EMU_FPS;
    wish->samples = 1;
    wish->seed = -1;
    return gv_veo_emu_integer(e, "parameters.sampleCount", 1, e->gemini ? 1 : 4, &wish->samples) &&
           gv_veo_emu_integer(e, "parameters.seed", 0, UINT32_MAX, &wish->seed) &&
           gv_veo_emu_integer(e, "parameters.fps", VEO_EMU_FPS, VEO_EMU_FPS, &fps);
}

static bool check_person(struct veo_emu *e, struct veo_wish *wish)
{
    bool pictures = wish->first.present || wish->reference_count > 0;
    const char *person = NULL, *vertex = "allow_adult|dont_allow|disallow|allow_all";
    return gv_veo_emu_choice(e, "parameters.personGeneration",
                             !e->gemini ? vertex
                             : pictures ? "allow_adult"
                                        : "allow_all",
                             &person);
}

static bool check_style(struct veo_emu *e, struct veo_wish *wish)
{
    const char *quality = NULL, *resize = NULL, *negative = NULL;
    bool enhance = true;
    wish->audio = true;
    if (!gv_veo_emu_text(e, "parameters.negativePrompt", &negative) ||
        !gv_veo_emu_flag(e, "parameters.generateAudio", &wish->audio) ||
        !gv_veo_emu_flag(e, "parameters.enhancePrompt", &enhance) ||
        !gv_veo_emu_choice(e, "parameters.compressionQuality", "optimized|lossless", &quality) ||
        !gv_veo_emu_choice(e, "parameters.resizeMode", "pad|crop", &resize))
        return false;
    if (!enhance)
        return INVALID("Veo 3 prompt enhancement cannot be disabled.");
    return !resize || wish->first.present || INVALID("resizeMode is supported for image to video only.");
}

static bool is_bucket(const char *name, size_t n)
{
    return n >= 3 && n <= 63 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") >= n;
}

static bool check_delivery(struct veo_emu *e, struct veo_wish *wish)
{
    const char *topic = NULL, *uri = NULL;
    if (!gv_veo_emu_text(e, "parameters.storageUri", &uri) || !gv_veo_emu_text(e, "parameters.pubsubTopic", &topic))
        return false;
    if (topic && (strncmp(topic, "projects/", 9) != 0 || !strstr(topic, "/topics/")))
        return INVALID("pubsubTopic must be projects/{project}/topics/{topic}.");
    if (uri && (strncmp(uri, "gs://", 5) != 0 || !is_bucket(uri + 5, strcspn(uri + 5, "/"))))
        return INVALID("%s is not a Cloud Storage URI; gs://bucket/prefix/ is wanted.", uri);
    wish->storage = uri;
    return true;
}

/* ---- the prompt's words to the sandbox --------------------------------------------------------------------------- */

/* What follows "[word" up to the bracket, NULL where it doesn't stand there. */
static const char *said(const struct veo_emu *e, const struct veo_wish *wish, const char *word)
{
    const char *begin = wish->prompt ? strstr(wish->prompt, word) : NULL;
    const char *end = begin ? strchr(begin, ']') : NULL;
    if (!end)
        return NULL;
    begin += strlen(word);
    begin += strspn(begin, ": ");
    return begin > end ? "" : gv_arena_strndup(e->world->arena, begin, (size_t)(end - begin));
}

static bool obey_prompt(struct veo_emu *e, struct veo_wish *wish)
{
    const char *failure = said(e, wish, "[fail"), *filter = said(e, wish, "[filter");
    if (said(e, wish, "[moderate"))
        return INVALID("The prompt could not be submitted. This prompt contains sensitive words that violate Google's "
                       "Responsible AI practices. Try rephrasing the prompt. If you think this was an error, send "
                       "feedback. Support codes: 58061214");
    if (failure) {
        char *rest;
        long code = strtol(failure, &rest, 10);
        bool named = code >= 1 && code <= VEO_RPC_UNAUTHENTICATED;
        wish->failure_code = named ? code : VEO_RPC_INTERNAL;
        wish->failure = named ? rest + strspn(rest, " ") : failure;
    }
    if (filter) {
        int64_t some = *filter ? strtol(filter, NULL, 10) : wish->samples;
        wish->filtered = some < 0 ? 0 : some < wish->samples ? some : wish->samples;
    }
    return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void gv_veo_emu_create(struct veo_emu *e, const struct veo_path *path)
{
    static rule_fn *const rules[] = {check_shape,  check_prompt, check_exclusions, check_frames,   check_references,
                                     check_source, name_feature, check_size,       check_duration, check_numbers,
                                     check_person, check_style,  check_delivery,   obey_prompt};
    struct veo_wish wish = {0};
    if (!check_quota(e, path->model) || !check_model(e, path, &wish))
        return;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (!rules[i](e, &wish))
            return;
    }
    gv_veo_emu_accept(e, path, &wish);
}
