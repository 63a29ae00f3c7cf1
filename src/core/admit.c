/* May this wish be sent? Held against the provider's rows before anything costs. What would change the film and
 * can't be had is refused; what only hints becomes a warning. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "core/interface.h"
#include "core/provider.h"

#define SECONDS_SLACK 0.5 /* a length is taken to the nearest one that the model has, if closer than this */
#define RATIO_SLACK 0.02  /* of the ratio asked for */

/* A key that every provider's options have. */
static const char allow_retired[] = "allow_retired";

static const char *const ratio_titles[] = {
    [GV_RATIO_SQUARE] = "square (1:1)",
    [GV_RATIO_PORTRAIT] = "portrait (9:16)",
    [GV_RATIO_LANDSCAPE] = "landscape (16:9)",
    [GV_RATIO_CINEMA] = "cinema (21:9)",
};
static const double ratio_values[] = {
    [GV_RATIO_SQUARE] = 1.0,
    [GV_RATIO_PORTRAIT] = 9.0 / 16,
    [GV_RATIO_LANDSCAPE] = 16.0 / 9,
    [GV_RATIO_CINEMA] = 21.0 / 9,
};
static const char *const resolution_titles[] = {
    [GV_RESOLUTION_SD] = "sd (480p)",
    [GV_RESOLUTION_HD] = "hd (720p)",
    [GV_RESOLUTION_FHD] = "fhd (1080p)",
    [GV_RESOLUTION_UHD] = "uhd (2160p)",
};

#define LIST_BYTES 256

static void add_to_list(char list[LIST_BYTES], const char *item)
{
    size_t at = strlen(list);
    snprintf(list + at, LIST_BYTES - at, "%s%s", at > 0 ? ", " : "", item);
}

static void list_titles(char list[LIST_BYTES], unsigned bits, const char *const *titles, size_t count)
{
    list[0] = '\0';
    for (size_t i = 1; i < count; i++) {
        if ((bits & GV_BIT(i)) != 0)
            add_to_list(list, titles[i]);
    }
}

static void list_seconds(char list[LIST_BYTES], uint32_t bits)
{
    char digits[8];
    list[0] = '\0';
    for (unsigned i = 0; i < 32; i++) {
        if ((bits & GV_BIT(i)) == 0)
            continue;
        snprintf(digits, sizeof(digits), "%u", i);
        add_to_list(list, digits);
    }
}

/* ---- looking up ------------------------------------------------------------------------------ */

const struct gv_provider *gv_provider_named(const char *name)
{
    for (size_t i = 0; name != NULL && gv_providers[i] != NULL; i++) {
        if (strcmp(gv_providers[i]->name, name) == 0)
            return gv_providers[i];
    }
    return NULL;
}

const struct gv_model *gv_model_named(const struct gv_provider *provider, const char *name)
{
    for (size_t i = 0; name != NULL && i < provider->model_count; i++) {
        if (strcmp(provider->models[i].name, name) == 0)
            return &provider->models[i];
    }
    return NULL;
}

const struct gv_generation_config *gv_operation_config(const struct gv_operation *op)
{
    if (op->operation == GV_OP_GENERATE)
        return &op->u.generate.config;
    return op->operation == GV_OP_MULTI_IMAGE_GENERATION ? &op->u.multi_image.config : NULL;
}

static const char *value_of(const struct gv_kv_list *kvs, const char *key)
{
    for (size_t i = 0; i < kvs->count; i++) {
        if (strcmp(kvs->items[i].key, key) == 0)
            return kvs->items[i].value;
    }
    return NULL;
}

const char *gv_operation_option(const struct gv_operation *op, const char *key)
{
    const struct gv_generation_config *config = gv_operation_config(op);
    const char *value = config != NULL ? value_of(&config->provider_options, key) : NULL;
    return value != NULL ? value : value_of(&op->provider_options, key);
}

double gv_model_price(const struct gv_model *model, enum gv_resolution resolution, bool audio, unsigned seconds)
{
    for (size_t i = 0; i < GV_PRICES_MAX; i++) {
        const struct gv_price *row = &model->prices[i];
        if (row->usd_per_second <= 0 && row->usd_flat <= 0)
            break;
        if (row->resolution != GV_RESOLUTION_UNSET && row->resolution != resolution)
            continue;
        if (row->audio == GV_UNKNOWN || (row->audio == GV_YES) == audio)
            return row->usd_flat + row->usd_per_second * seconds;
    }
    return -1;
}

void gv_admission_warn(struct gv_admission *out, struct gv_arena *arena, const char *format, ...)
{
    va_list args;
    GV_ASSERT(out->warning_count < GV_COUNT(out->warnings));
    va_start(args, format);
    out->warnings[out->warning_count++] = gv_arena_vprintf(arena, format, args);
    va_end(args);
}

/* "upscale-video" in the rows is "upscale_video" in documents. */
static bool is_function(const char *row, const char *name)
{
    for (; *row != '\0' && (*row == *name || (*row == '-' && *name == '_')); row++)
        name++;
    return *row == *name;
}

static int admit_operation(const struct gv_provider *provider, const struct gv_operation *op, struct gv_error *err)
{
    const char *name = gv_operation_name(op->operation);
    for (const char *const *pair = provider->unsupported; pair != NULL && pair[0] != NULL; pair += 2) {
        if (is_function(pair[0], name))
            return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "operation", "%s has no %s: %s.", provider->title,
                                 pair[0], pair[1]);
    }
    return GV_OK;
}

int gv_admit_kind(const struct gv_provider *provider, const struct gv_operation *op, struct gv_error *err)
{
    static const struct {
        const char *field, *what;
        uint32_t bits;
    } kinds[] = {
        [GV_INPUT_TEXT] = {"input.text", "text alone", GV_TAKES_TEXT},
        [GV_INPUT_IMAGE] = {"input.image", "an image", GV_TAKES_IMAGE | GV_TAKES_IMAGE_LAST},
        [GV_INPUT_VIDEO] = {"input.video", "a video", GV_TAKES_VIDEO},
    };
    if (op->operation != GV_OP_GENERATE)
        return admit_operation(provider, op, err);
    enum gv_input_kind kind = op->u.generate.input.kind;
    for (size_t i = 0; i < provider->model_count; i++) {
        if ((provider->models[i].takes & kinds[kind].bits) != 0)
            return GV_OK;
    }
    return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, kinds[kind].field, "No model of %s generates from %s.",
                         provider->name, kinds[kind].what);
}

/* ---- provider options ------------------------------------------------------------------------ */

static const struct gv_option retired_option = {allow_retired, "true|false", "try a model that the provider retired"};

static const struct gv_option *option_named(const struct gv_provider *provider, const char *key)
{
    for (size_t i = 0; i < provider->option_count; i++) {
        if (strcmp(provider->options[i].key, key) == 0)
            return &provider->options[i];
    }
    return strcmp(key, allow_retired) == 0 ? &retired_option : NULL;
}

static bool is_listed(const char *values, const char *value)
{
    size_t bytes = strlen(value);
    for (const char *at = values; at != NULL; at = strchr(at, '|')) {
        at += *at == '|' ? 1 : 0;
        if (strcspn(at, "|") == bytes && strncmp(at, value, bytes) == 0)
            return true;
    }
    return false;
}

static int refuse_key(const struct gv_provider *provider, const char *place, const char *key, struct gv_error *err)
{
    char keys[512] = "";
    for (size_t i = 0; i < provider->option_count; i++) {
        size_t at = strlen(keys);
        snprintf(keys + at, sizeof(keys) - at, "%s, ", provider->options[i].key);
    }
    return gv_fail_field(err, GV_INVALID_INPUT, place, "%s takes no provider option \"%.48s\"; it takes %s%s",
                         provider->name, key, keys, allow_retired);
}

static int admit_option(const struct gv_provider *provider, const char *place, const struct gv_kv *kv,
                        struct gv_error *err)
{
    const struct gv_option *option = option_named(provider, kv->key);
    if (option == NULL)
        return refuse_key(provider, place, kv->key, err);
    if (option->values == NULL || is_listed(option->values, kv->value))
        return GV_OK;
    return gv_fail_field(err, GV_INVALID_INPUT, place, "provider option %s of %s must be one of %s; \"%.48s\" came",
                         kv->key, provider->name, option->values, kv->value);
}

static int admit_list(const struct gv_provider *provider, const char *prefix, const struct gv_kv_list *kvs,
                      struct gv_error *err)
{
    int result = GV_OK;
    for (size_t i = 0; result == GV_OK && i < kvs->count; i++) {
        char place[128];
        snprintf(place, sizeof(place), "%sprovider_options.%.48s", prefix, kvs->items[i].key);
        result = admit_option(provider, place, &kvs->items[i], err);
    }
    return result;
}

int gv_admit_options(const struct gv_provider *provider, const struct gv_operation *op, struct gv_error *err)
{
    const struct gv_generation_config *config = gv_operation_config(op);
    for (size_t i = 0; config != NULL && i < op->provider_options.count; i++) {
        const char *key = op->provider_options.items[i].key;
        if (value_of(&config->provider_options, key) != NULL)
            return gv_fail_field(err, GV_INVALID_INPUT, "provider_options",
                                 "provider option \"%.48s\" is given twice, in config and beside it", key);
    }
    int result = admit_list(provider, "", &op->provider_options, err);
    if (result == GV_OK && config != NULL)
        result = admit_list(provider, "config.", &config->provider_options, err);
    return result;
}

int gv_admit_model(const struct gv_model *model, const struct gv_operation *op, struct gv_error *err)
{
    const char *allowed = gv_operation_option(op, allow_retired);
    if (model->retired_on == NULL || (allowed != NULL && strcmp(allowed, "true") == 0))
        return GV_OK;
    const char *field = gv_operation_config(op) != NULL ? "config.model" : "model";
    const char *successor = model->successor != NULL ? model->successor : "another model";
    return gv_fail_field(err, GV_INVALID_INPUT, field,
                         "model %s was retired on %s: use %s, or set provider option %s=true to try it all the same",
                         model->name, model->retired_on, successor, allow_retired);
}

/* ---- the config, option by option ------------------------------------------------------------ */

struct wish {
    struct gv_admission *out;
    const struct gv_provider *provider;
    const struct gv_model *model;
    const struct gv_operation *op;
    const struct gv_generation_config *config;
    const struct gv_media_input *input; /* NULL: multi-image */
    struct gv_arena *arena;
    struct gv_error *err;
};

static int unsupported(const struct wish *w, const char *field, const char *what)
{
    return gv_fail_field(w->err, GV_UNSUPPORTED_FEATURE, field, "model %s of %s takes no %s", w->model->name,
                         w->provider->name, what);
}

static int invalid(const struct wish *w, const char *field, const char *why)
{
    return gv_fail_field(w->err, GV_INVALID_INPUT, field, "%s", why);
}

static bool takes(const struct wish *w, uint32_t bits)
{
    return (w->model->takes & bits) != 0;
}

static bool starts_with_image(const struct wish *w)
{
    return w->input != NULL && w->input->kind == GV_INPUT_IMAGE && w->input->image.role != GV_ROLE_LAST;
}

static int admit_input(const struct wish *w)
{
    if (w->input == NULL)
        return takes(w, GV_TAKES_MULTI_IMAGE) ? GV_OK : unsupported(w, "input_images", "list of images");
    switch (w->input->kind) {
    case GV_INPUT_TEXT:
        return takes(w, GV_TAKES_TEXT) ? GV_OK : unsupported(w, "input.text", "text alone as its input");
    case GV_INPUT_VIDEO: return takes(w, GV_TAKES_VIDEO) ? GV_OK : unsupported(w, "input.video", "video as its input");
    case GV_INPUT_IMAGE: break;
    case GV_INPUT_UNSET: GV_UNREACHABLE();
    }
    if (w->input->image.role == GV_ROLE_LAST)
        return takes(w, GV_TAKES_IMAGE_LAST) ? GV_OK
                                             : unsupported(w, "input.image.role", "image as the last frame alone");
    return takes(w, GV_TAKES_IMAGE) ? GV_OK : unsupported(w, "input.image", "image as its first frame");
}

static int admit_lastframe(const struct wish *w)
{
    if (w->config->lastframe.kind == GV_MEDIA_UNSET)
        return GV_OK;
    if (w->input != NULL && w->input->kind == GV_INPUT_IMAGE && w->input->image.role == GV_ROLE_LAST)
        return invalid(w, "config.lastframe", "two last frames came: the input image with role last, and lastframe");
    if (!takes(w, GV_TAKES_LASTFRAME))
        return unsupported(w, "config.lastframe", "last frame beside the first");
    if (starts_with_image(w))
        return GV_OK;
    return invalid(w, "config.lastframe",
                   "lastframe needs an image as the input, for the first frame; a last frame "
                   "alone is an input image with role last");
}

/* What is drawn on the first frame needs one. */
static int admit_mask(const struct wish *w, const struct gv_media *mask, uint32_t bit, const char *field,
                      const char *what)
{
    if (mask->kind == GV_MEDIA_UNSET)
        return GV_OK;
    if (!takes(w, bit))
        return unsupported(w, field, what);
    if (starts_with_image(w))
        return GV_OK;
    return gv_fail_field(w->err, GV_INVALID_INPUT, field, "a %s needs an image as the input: it marks a part of it",
                         what);
}

static int admit_motion(const struct wish *w)
{
    int result = admit_mask(w, &w->config->static_mask, GV_TAKES_STATIC_MASK, "config.static_mask", "static mask");
    if (result == GV_OK)
        result =
            admit_mask(w, &w->config->dynamic_mask.mask, GV_TAKES_DYNAMIC_MASK, "config.dynamic_mask", "dynamic mask");
    if (result == GV_OK && w->config->camera_control.kind != GV_CAMERA_UNSET && !takes(w, GV_TAKES_CAMERA))
        return unsupported(w, "config.camera_control", "camera control");
    if (result == GV_OK && w->config->negative_prompt != NULL && !takes(w, GV_TAKES_NEGATIVE_PROMPT))
        return unsupported(w, "config.negative_prompt", "negative prompt");
    return result;
}

/* Accepted where the picture has the ratio anyway. */
static int admit_picture_ratio(const struct wish *w)
{
    const struct gv_media *image = &w->input->image.data;
    double wanted = ratio_values[w->config->aspect_ratio];
    const char *title = ratio_titles[w->config->aspect_ratio];
    if (image->kind != GV_MEDIA_BLOB || image->blob.width == 0 || image->blob.height == 0)
        return gv_fail_field(w->err, GV_INVALID_INPUT, "config.aspect_ratio",
                             "with an image, model %s takes no aspect ratio: the picture decides, and the size of "
                             "this one is not known here; leave %s out",
                             w->model->name, title);
    double has = (double)image->blob.width / image->blob.height;
    if (fabs(has / wanted - 1) <= RATIO_SLACK)
        return GV_OK;
    return gv_fail_field(w->err, GV_INVALID_INPUT, "config.aspect_ratio",
                         "with an image, model %s takes no aspect ratio: the picture decides, and this one of %u x %u "
                         "pixels is not %s; crop it, or leave the ratio out",
                         w->model->name, (unsigned)image->blob.width, (unsigned)image->blob.height, title);
}

static int admit_ratio(const struct wish *w)
{
    enum gv_aspect_ratio ratio = w->config->aspect_ratio;
    if (ratio == GV_RATIO_UNSET)
        return GV_OK;
    if (w->input != NULL && w->input->kind == GV_INPUT_IMAGE && !takes(w, GV_TAKES_RATIO_WITH_IMAGE))
        return admit_picture_ratio(w);
    if (w->model->ratios == 0)
        return unsupported(w, "config.aspect_ratio", "aspect ratio");
    if ((w->model->ratios & GV_BIT(ratio)) != 0)
        return GV_OK;
    char list[LIST_BYTES];
    list_titles(list, w->model->ratios, ratio_titles, GV_COUNT(ratio_titles));
    return gv_fail_field(w->err, GV_INVALID_INPUT, "config.aspect_ratio",
                         "model %s takes aspect ratios %s; %s was asked for", w->model->name, list,
                         ratio_titles[ratio]);
}

static int admit_resolution(const struct wish *w)
{
    enum gv_resolution resolution = w->config->resolution;
    if (resolution == GV_RESOLUTION_UNSET || (w->model->resolutions & GV_BIT(resolution)) != 0)
        return GV_OK;
    if (w->model->resolutions == 0)
        return unsupported(w, "config.resolution", "resolution");
    char list[LIST_BYTES];
    list_titles(list, w->model->resolutions, resolution_titles, GV_COUNT(resolution_titles));
    return gv_fail_field(w->err, GV_INVALID_INPUT, "config.resolution",
                         "model %s takes resolutions %s; %s was asked for", w->model->name, list,
                         resolution_titles[resolution]);
}

static int admit_audio(const struct wish *w)
{
    if (!w->config->has_enable_audio)
        return GV_OK;
    if (w->config->enable_audio && w->model->audio == GV_AUDIO_NEVER)
        return gv_fail_field(w->err, GV_UNSUPPORTED_FEATURE, "config.enable_audio", "model %s of %s makes no audio",
                             w->model->name, w->provider->name);
    if (!w->config->enable_audio && w->model->audio == GV_AUDIO_ALWAYS)
        return gv_fail_field(w->err, GV_UNSUPPORTED_FEATURE, "config.enable_audio",
                             "model %s of %s always makes audio; it can't be turned off", w->model->name,
                             w->provider->name);
    return GV_OK;
}

/* What a seed or a scheduler asks for is a hint; the film is of the same wish without it. */
static void warn_of_hints(const struct wish *w)
{
    const struct gv_generation_config *config = w->config;
    const struct {
        bool given;
        uint32_t bit;
        const char *name;
    } hints[] = {
        {config->has_seed, GV_TAKES_SEED, "seed"},
        {config->has_guidance_scale, GV_TAKES_GUIDANCE, "guidance_scale"},
        {config->scheduler != NULL, GV_TAKES_SCHEDULER, "scheduler"},
        {config->has_enhance_prompt, GV_TAKES_ENHANCE_PROMPT, "enhance_prompt"},
    };
    for (size_t i = 0; i < GV_COUNT(hints); i++) {
        if (hints[i].given && !takes(w, hints[i].bit))
            gv_admission_warn(w->out, w->arena, "%s is not used: model %s of %s has no such setting", hints[i].name,
                              w->model->name, w->provider->name);
    }
}

static bool is_near(double seconds, unsigned length)
{
    return fabs(seconds - length) < SECONDS_SLACK;
}

int gv_admit_seconds(unsigned *out, const struct gv_model *model, bool has, double seconds, struct gv_error *err)
{
    *out = model->seconds_default;
    if (!has || (model->seconds == 0 && model->seconds_default > 0 && is_near(seconds, model->seconds_default)))
        return GV_OK;
    if (model->seconds == 0)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "config.duration_seconds",
                             "model %s leaves no choice of duration; %g seconds were asked for", model->name, seconds);
    for (unsigned i = 1; i < 32; i++) {
        if ((model->seconds & GV_BIT(i)) != 0 && is_near(seconds, i)) {
            *out = i;
            return GV_OK;
        }
    }
    char list[LIST_BYTES];
    list_seconds(list, model->seconds);
    return gv_fail_field(err, GV_INVALID_INPUT, "config.duration_seconds",
                         "model %s takes durations %s seconds; %g was asked for", model->name, list, seconds);
}

static int admit_duration(const struct wish *w, unsigned *seconds)
{
    double asked = (double)w->config->duration_seconds;
    int result = gv_admit_seconds(seconds, w->model, w->config->has_duration_seconds, asked, w->err);
    if (result == GV_OK && w->config->has_duration_seconds && asked != *seconds)
        gv_admission_warn(w->out, w->arena, "duration_seconds %g was rounded to %u, which model %s takes", asked,
                          *seconds, w->model->name);
    return result;
}

static double estimate(const struct wish *w, unsigned seconds)
{
    enum gv_resolution resolution = w->config->resolution;
    if (resolution == GV_RESOLUTION_UNSET)
        resolution = w->model->resolution_default;
    bool audio = w->model->audio == GV_AUDIO_ALWAYS || (w->config->has_enable_audio && w->config->enable_audio);
    return gv_model_price(w->model, resolution, audio, seconds);
}

int gv_admit_config(struct gv_admission *out, const struct gv_provider *provider, const struct gv_model *model,
                    const struct gv_operation *op, struct gv_arena *arena, struct gv_error *err)
{
    struct wish wish = {.out = out, .provider = provider, .model = model, .op = op, .arena = arena, .err = err};
    wish.config = gv_operation_config(op);
    wish.input = op->operation == GV_OP_GENERATE ? &op->u.generate.input : NULL;
    GV_ASSERT(wish.config != NULL);
    static int (*const checks[])(const struct wish *) = {
        admit_input, admit_lastframe, admit_motion, admit_ratio, admit_resolution, admit_audio,
    };
    int result = GV_OK;
    unsigned seconds = 0;
    for (size_t i = 0; result == GV_OK && i < GV_COUNT(checks); i++)
        result = checks[i](&wish);
    if (result == GV_OK)
        result = admit_duration(&wish, &seconds);
    if (result != GV_OK)
        return result;
    warn_of_hints(&wish);
    out->model = model;
    out->usd = estimate(&wish, seconds);
    return GV_OK;
}
