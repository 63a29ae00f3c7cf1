/* Kling's emulator, Gen 1: text2video, image2video, omni-video, multi-image2video. Fact sheet 4.1 - 4.4, 4.13, 6. */
#include "provider/kling/kling_sandbox.h"

#include <stdlib.h>
#include <string.h>

#define PROMPT_MAX 2500 /* characters */
#define SHOT_PROMPT_MAX 512
#define SHOTS_MAX 6
#define IMAGE_BYTES_MAX (10ull << 20)

enum { ON_TEXT = 1, ON_IMAGE = 2, ON_OMNI = 4 };
enum {
    CFG = 1 << 0,
    SOUND = 1 << 1,     /* in any mode */
    SOUND_PRO = 1 << 2, /* in mode pro only */
    SHOTS = 1 << 3,
    ELEMENTS = 1 << 4,
    VOICES = 1 << 5,
    BRUSH = 1 << 6,         /* at 5 s */
    BRUSH_PRO = 1 << 7,     /* at 5 s in mode pro */
    CAMERA = 1 << 8,        /* text, std, 5 s */
    CAMERA_SIMPLE = 1 << 9, /* image, pro, 5 s */
    TAIL = 1 << 10,
    TAIL_PRO = 1 << 11,
    TAIL_SHORT = 1 << 12, /* 5 s only */
    TAIL_SILENT = 1 << 13,
    TAIL_ALONE = 1 << 14, /* without a first frame */
    RETIRED = 1 << 15,
    PRO_IS_HD = 1 << 16, /* its pro is 720p too */
};
#define FIVE_TEN (1u << 5 | 1u << 10)
#define THREE_TO(n) ((2u << (n)) - 8u)

struct model {
    const char *name;
    unsigned on;
    const char *modes;   /* "": takes no mode */
    unsigned short_side; /* where it takes no mode */
    uint32_t seconds;
    unsigned traits;
};

static const struct model models[] = {
    {"kling-v1", ON_TEXT | ON_IMAGE, "std|pro", 0, FIVE_TEN, CFG | BRUSH | CAMERA | TAIL_SHORT | RETIRED | PRO_IS_HD},
    {"kling-v1-5", ON_IMAGE, "std|pro", 0, FIVE_TEN, CFG | BRUSH_PRO | CAMERA_SIMPLE | TAIL_PRO | TAIL_ALONE | RETIRED},
    {"kling-v1-6", ON_TEXT | ON_IMAGE, "std|pro", 0, FIVE_TEN, CFG | TAIL_PRO | TAIL_ALONE | RETIRED},
    {"kling-v2-master", ON_TEXT | ON_IMAGE, "", 720, FIVE_TEN, RETIRED},
    {"kling-v2-1", ON_IMAGE, "std|pro", 0, FIVE_TEN, TAIL_PRO | RETIRED},
    {"kling-v2-1-master", ON_TEXT | ON_IMAGE, "", 1080, FIVE_TEN, RETIRED},
    {"kling-v2-5-turbo", ON_TEXT | ON_IMAGE, "std|pro", 0, FIVE_TEN, TAIL_PRO},
    {"kling-v2-6", ON_TEXT | ON_IMAGE, "std|pro", 0, FIVE_TEN, SOUND_PRO | VOICES | TAIL_PRO | TAIL_SILENT},
    {"kling-v3", ON_TEXT | ON_IMAGE, "std|pro|4k", 0, THREE_TO(15), SOUND | SHOTS | ELEMENTS | VOICES | TAIL},
    {"kling-video-o1", ON_OMNI, "std|pro", 0, THREE_TO(10), ELEMENTS | TAIL},
    {"kling-v3-omni", ON_OMNI, "std|pro|4k", 0, THREE_TO(15), SOUND | SHOTS | ELEMENTS | TAIL},
};

struct legacy {
    const struct model *model;
    const char *mode; /* "" where the model takes none */
    bool pro;         /* pro or better */
    bool voices;
};

static bool pick_model(struct kling_emu *e, unsigned endpoint, const char *preset, struct legacy *l,
                       struct kling_wish *wish)
{
    const char *name = preset;
    if (!gv_kling_emu_text(e, "model_name", 64, &name))
        return false;
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        if (is(models[i].name, name))
            l->model = &models[i];
    }
    if (!l->model)
        return gv_kling_emu_refuse(e, 1203, "model_name value '%s' is not supported for this API", name);
    if (!(l->model->on & endpoint))
        return gv_kling_emu_refuse(e, 1201, "model is not supported");
    wish->model = l->model->name;
    return !(l->model->traits & RETIRED) || gv_kling_emu_live(e, name);
}

static bool pick_mode(struct kling_emu *e, const char *preset, struct legacy *l, struct kling_wish *wish)
{
    const struct model *m = l->model;
    wish->short_side = m->short_side;
    l->mode = "";
    l->pro = true;
    if (!*m->modes)
        return gv_kling_emu_absent(e, "mode", "by this model");
    l->mode = preset;
    if (!gv_kling_emu_choice(e, "mode", m->modes, &l->mode))
        return false;
    l->pro = !is(l->mode, "std");
    wish->short_side = m->traits & PRO_IS_HD ? 720 : gv_kling_emu_short_side(l->mode);
    return true;
}

static bool pick_seconds(struct kling_emu *e, uint32_t allowed, struct kling_wish *wish)
{
    const char *text = "5";
    if (!gv_kling_emu_text(e, "duration", 64, &text))
        return false;
    if (!gv_kling_emu_is_seconds(text, &wish->seconds) || wish->seconds > 31 || !(allowed >> wish->seconds & 1))
        return gv_kling_emu_refuse(e, 1201, "duration value '%s' is invalid", text);
    return true;
}

static bool pick_sound(struct kling_emu *e, const struct legacy *l, struct kling_wish *wish)
{
    const char *sound = "off";
    if (!gv_kling_emu_choice(e, "sound", "on|off", &sound))
        return false;
    wish->audio = is(sound, "on");
    bool able = l->model->traits & SOUND || (l->model->traits & SOUND_PRO && l->pro);
    return !wish->audio || able ||
           gv_kling_emu_refuse(e, 1201, "sound value 'on' is not supported by %s in mode %s", l->model->name, l->mode);
}

static bool check_guidance(struct kling_emu *e, const struct legacy *l)
{
    double scale = 0.5;
    if (!(l->model->traits & CFG))
        return gv_kling_emu_absent(e, "cfg_scale", "by this model");
    return gv_kling_emu_number(e, "cfg_scale", 0, 1, &scale);
}

/* ---- shots ------------------------------------------------------------------------------------------------------ */

static bool check_shot(struct kling_emu *e, size_t i, unsigned *sum)
{
    const char *prompt = NULL, *text = "";
    int64_t index = 0;
    unsigned seconds = 0;
    const char *duration = gv_kling_emu_path(e, "multi_prompt.%zu.duration", i);
    if (!gv_kling_emu_integer(e, gv_kling_emu_path(e, "multi_prompt.%zu.index", i), 0, SHOTS_MAX, &index) ||
        !gv_kling_emu_needed_text(e, gv_kling_emu_path(e, "multi_prompt.%zu.prompt", i), SHOT_PROMPT_MAX, &prompt) ||
        !gv_kling_emu_text(e, duration, 8, &text))
        return false;
    if (!gv_kling_emu_is_seconds(text, &seconds))
        return gv_kling_emu_refuse(e, 1201, "%s value '%s' is invalid", duration, text);
    *sum += seconds;
    return true;
}

static bool check_shot_list(struct kling_emu *e, const struct kling_wish *wish)
{
    size_t count = gv_kling_emu_count(e, "multi_prompt");
    unsigned sum = 0;
    if (count < 1 || count > SHOTS_MAX)
        return gv_kling_emu_refuse(e, 1201, "multi_prompt must have 1 to %d shots", SHOTS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!check_shot(e, i, &sum))
            return false;
    }
    return sum == wish->seconds ||
           gv_kling_emu_refuse(e, 1201, "multi_prompt durations sum to %u, not to the duration %u", sum, wish->seconds);
}

/* The prompt, or the shots that stand for it. */
static bool check_prompt(struct kling_emu *e, const struct legacy *l, bool required, struct kling_wish *wish)
{
    bool several = false;
    const char *type = NULL;
    if (!gv_kling_emu_flag(e, "multi_shot", &several) ||
        !gv_kling_emu_choice(e, "shot_type", "customize|intelligence", &type))
        return false;
    if (several && !(l->model->traits & SHOTS))
        return gv_kling_emu_refuse(e, 1201, "multi_shot is not supported by %s", l->model->name);
    if (several && !type)
        return gv_kling_emu_refuse(e, 1201, "shot_type is required with multi_shot");
    if (several && is(type, "customize")) {
        wish->prompt = gv_json_text(e->request->body, "multi_prompt.0.prompt");
        return check_shot_list(e, wish);
    }
    return required ? gv_kling_emu_needed_text(e, "prompt", PROMPT_MAX, &wish->prompt)
                    : gv_kling_emu_text(e, "prompt", PROMPT_MAX, &wish->prompt);
}

/* ---- camera ----------------------------------------------------------------------------------------------------- */

static bool check_simple_camera(struct kling_emu *e)
{
    static const char *const axes[] = {"horizontal", "vertical", "pan", "tilt", "roll", "zoom"};
    unsigned moving = 0;
    for (size_t i = 0; i < sizeof axes / sizeof axes[0]; i++) {
        double value = 0;
        if (!gv_kling_emu_number(e, gv_kling_emu_path(e, "camera_control.config.%s", axes[i]), -10, 10, &value))
            return false;
        moving += value < 0 || value > 0;
    }
    return moving == 1 ||
           gv_kling_emu_refuse(e, 1201, "camera_control.config must have exactly one value that is not zero");
}

static bool check_camera(struct kling_emu *e, const struct legacy *l, const struct kling_wish *wish, bool from_text)
{
    const char *type = NULL;
    if (!gv_kling_emu_present(e, "camera_control"))
        return true;
    bool any = l->model->traits & CAMERA && from_text && !l->pro && wish->seconds == 5;
    bool simple = l->model->traits & CAMERA_SIMPLE && !from_text && l->pro && wish->seconds == 5;
    if (!any && !simple)
        return gv_kling_emu_refuse(e, 1201, "camera_control is not supported by %s with this mode and duration",
                                   l->model->name);
    if (!gv_kling_emu_choice(e, "camera_control.type",
                             any ? "simple|down_back|forward_up|right_turn_forward|left_turn_forward" : "simple",
                             &type))
        return false;
    if (!type)
        return gv_kling_emu_refuse(e, 1201, "camera_control.type is required");
    return is(type, "simple") ? check_simple_camera(e)
                              : gv_kling_emu_absent(e, "camera_control.config", "by this type");
}

/* ---- text2video ------------------------------------------------------------------------------------------------- */

static void charge(struct kling_wish *wish, const struct legacy *l, bool film_input)
{
    wish->units = gv_kling_emu_units(wish->model, wish->audio, l->voices, film_input, false,
                                     l->model->traits & PRO_IS_HD && l->pro ? 1080 : wish->short_side, wish->seconds);
}

bool gv_kling_emu_text2video(struct kling_emu *e, struct kling_wish *wish)
{
    struct legacy l = {0};
    const char *ratio = "16:9", *negative = NULL;
    if (!pick_model(e, ON_TEXT, "kling-v1", &l, wish) || !pick_mode(e, "std", &l, wish) ||
        !pick_seconds(e, l.model->seconds, wish) || !pick_sound(e, &l, wish) || !check_prompt(e, &l, true, wish) ||
        !gv_kling_emu_text(e, "negative_prompt", PROMPT_MAX, &negative) || !check_guidance(e, &l) ||
        !gv_kling_emu_choice(e, "aspect_ratio", "16:9|9:16|1:1", &ratio) || !check_camera(e, &l, wish, true))
        return false;
    gv_kling_emu_ratio(wish, ratio);
    charge(wish, &l, false);
    return true;
}

/* ---- image2video ------------------------------------------------------------------------------------------------ */

static bool check_tail(struct kling_emu *e, const struct legacy *l, const struct kling_wish *wish)
{
    unsigned t = l->model->traits;
    if (!wish->last)
        return wish->first || gv_kling_emu_refuse(e, 1201, "image or image_tail is required");
    if (!wish->first && !(t & TAIL_ALONE))
        return gv_kling_emu_refuse(e, 1201, "image_tail needs image with %s", l->model->name);
    if (!(t & (TAIL | TAIL_PRO | TAIL_SHORT)) || (t & TAIL_PRO && !l->pro) || (t & TAIL_SHORT && wish->seconds != 5) ||
        (t & TAIL_SILENT && wish->audio))
        return gv_kling_emu_refuse(e, 1201, "image_tail is not supported by %s with this mode, duration and sound",
                                   l->model->name);
    return true;
}

static bool check_trajectory(struct kling_emu *e, size_t mask, const struct kling_wish *wish)
{
    const char *list = gv_kling_emu_path(e, "dynamic_masks.%zu.trajectories", mask);
    size_t points = gv_kling_emu_count(e, list);
    if (points < 2 || points > 77)
        return gv_kling_emu_refuse(e, 1201, "%s must have 2 to 77 points", list);
    for (size_t i = 0; i < points; i++) {
        int64_t x = -1, y = -1;
        if (!gv_kling_emu_integer(e, gv_kling_emu_path(e, "%s.%zu.x", list, i), 0, wish->first->width, &x) ||
            !gv_kling_emu_integer(e, gv_kling_emu_path(e, "%s.%zu.y", list, i), 0, wish->first->height, &y))
            return false;
        if (x < 0 || y < 0)
            return gv_kling_emu_refuse(e, 1201, "%s.%zu needs x and y", list, i);
    }
    return true;
}

/* A mask of another ratio is found out when the task runs. */
static bool check_mask(struct kling_emu *e, const char *path, struct kling_wish *wish)
{
    const struct kling_image_rule rule = {
        .bytes_max = IMAGE_BYTES_MAX, .any_ratio = true, .late_failure = &wish->failure};
    const struct gv_emu_media *mask = NULL;
    if (!gv_kling_emu_image(e, path, &rule, &mask))
        return false;
    if (mask && (uint64_t)mask->width * wish->first->height != (uint64_t)mask->height * wish->first->width)
        wish->failure = "The aspect ratio of the mask differs from that of the image";
    return true;
}

static bool check_masks(struct kling_emu *e, const struct legacy *l, struct kling_wish *wish)
{
    size_t count = gv_kling_emu_count(e, "dynamic_masks");
    unsigned t = l->model->traits;
    if (!gv_kling_emu_present(e, "static_mask") && count == 0)
        return true;
    if (!(t & BRUSH || (t & BRUSH_PRO && l->pro)) || wish->seconds != 5)
        return gv_kling_emu_refuse(e, 1201,
                                   "static_mask and dynamic_masks are not supported by %s with this mode and "
                                   "duration",
                                   l->model->name);
    if (!wish->first)
        return gv_kling_emu_refuse(e, 1201, "static_mask and dynamic_masks need image");
    if (count > 6)
        return gv_kling_emu_refuse(e, 1201, "dynamic_masks can't have more than 6 masks");
    if (!check_mask(e, "static_mask", wish))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *mask = gv_kling_emu_path(e, "dynamic_masks.%zu.mask", i);
        if (!gv_kling_emu_present(e, mask))
            return gv_kling_emu_refuse(e, 1201, "%s is required", mask);
        if (!check_mask(e, mask, wish) || !check_trajectory(e, i, wish))
            return false;
    }
    return true;
}

static bool check_one_control(struct kling_emu *e, const struct kling_wish *wish)
{
    int masks = gv_kling_emu_present(e, "static_mask") || gv_kling_emu_present(e, "dynamic_masks");
    int used = (wish->last != NULL) + masks + gv_kling_emu_present(e, "camera_control");
    return used < 2 ||
           gv_kling_emu_refuse(e, 1201, "image_tail, static_mask/dynamic_masks and camera_control exclude each other");
}

static bool check_elements(struct kling_emu *e, const struct legacy *l, size_t most)
{
    size_t count = gv_kling_emu_count(e, "element_list");
    if (count > 0 && !(l->model->traits & ELEMENTS))
        return gv_kling_emu_refuse(e, 1201, "element_list is not supported by %s", l->model->name);
    if (count > most)
        return gv_kling_emu_refuse(e, 1201, "element_list can't have more than %zu elements here", most);
    for (size_t i = 0; i < count; i++) {
        int64_t id = 0;
        const char *path = gv_kling_emu_path(e, "element_list.%zu.element_id", i);
        if (!gv_kling_emu_present(e, path))
            return gv_kling_emu_refuse(e, 1201, "%s is required", path);
        if (!gv_kling_emu_integer(e, path, 1, INT64_MAX, &id))
            return false;
    }
    return true;
}

static bool check_voices(struct kling_emu *e, struct legacy *l, const struct kling_wish *wish)
{
    size_t count = gv_kling_emu_count(e, "voice_list");
    if (count == 0)
        return true;
    if (!(l->model->traits & VOICES) || !wish->audio)
        return gv_kling_emu_refuse(e, 1201, "voice_list needs a model with voices and sound value 'on'");
    if (gv_kling_emu_present(e, "element_list"))
        return gv_kling_emu_refuse(e, 1201, "voice_list and element_list exclude each other");
    if (count > 2)
        return gv_kling_emu_refuse(e, 1201, "voice_list can't have more than 2 voices");
    for (size_t i = 0; i < count; i++) {
        const char *id = NULL;
        if (!gv_kling_emu_needed_text(e, gv_kling_emu_path(e, "voice_list.%zu.voice_id", i), 256, &id))
            return false;
    }
    l->voices = true;
    return true;
}

bool gv_kling_emu_image2video(struct kling_emu *e, struct kling_wish *wish)
{
    struct legacy l = {0};
    const char *negative = NULL;
    const struct kling_image_rule first = {.bytes_max = IMAGE_BYTES_MAX, .late_failure = &wish->failure};
    const struct kling_image_rule last = {
        .bytes_max = IMAGE_BYTES_MAX, .any_ratio = true, .late_failure = &wish->failure};
    if (!pick_model(e, ON_IMAGE, "kling-v1", &l, wish) || !pick_mode(e, "std", &l, wish) ||
        !pick_seconds(e, l.model->seconds, wish) || !pick_sound(e, &l, wish) || !check_prompt(e, &l, false, wish) ||
        !gv_kling_emu_text(e, "negative_prompt", PROMPT_MAX, &negative) || !check_guidance(e, &l) ||
        !check_elements(e, &l, 3) || !check_voices(e, &l, wish) ||
        !gv_kling_emu_image(e, "image", &first, &wish->first) ||
        !gv_kling_emu_image(e, "image_tail", &last, &wish->last) || !check_one_control(e, wish) ||
        !check_tail(e, &l, wish) || !check_masks(e, &l, wish) || !check_camera(e, &l, wish, false))
        return false;
    gv_kling_emu_ratio_of(wish, wish->first ? wish->first : wish->last);
    charge(wish, &l, false);
    return true;
}

/* ---- multi-image2video ------------------------------------------------------------------------------------------ */

bool gv_kling_emu_multi_image(struct kling_emu *e, struct kling_wish *wish)
{
    struct legacy l = {0};
    const char *ratio = "16:9", *negative = NULL;
    const struct kling_image_rule rule = {.bytes_max = IMAGE_BYTES_MAX, .late_failure = &wish->failure};
    size_t count = gv_kling_emu_count(e, "image_list");
    if (!pick_model(e, ON_TEXT, "kling-v1-6", &l, wish))
        return false;
    if (!is(wish->model, "kling-v1-6"))
        return gv_kling_emu_refuse(e, 1201, "model is not supported");
    if (!pick_mode(e, "std", &l, wish) || !pick_seconds(e, FIVE_TEN, wish) ||
        !gv_kling_emu_needed_text(e, "prompt", PROMPT_MAX, &wish->prompt) ||
        !gv_kling_emu_text(e, "negative_prompt", PROMPT_MAX, &negative) ||
        !gv_kling_emu_choice(e, "aspect_ratio", "16:9|9:16|1:1", &ratio))
        return false;
    if (count < 1 || count > 4)
        return gv_kling_emu_refuse(e, 1201, "image_list must have 1 to 4 images");
    for (; wish->image_count < count; wish->image_count++) {
        const char *path = gv_kling_emu_path(e, "image_list.%zu.image", wish->image_count);
        if (!gv_kling_emu_present(e, path))
            return gv_kling_emu_refuse(e, 1201, "%s is required", path);
        if (!gv_kling_emu_image(e, path, &rule, &wish->images[wish->image_count]))
            return false;
    }
    gv_kling_emu_ratio(wish, ratio);
    charge(wish, &l, false);
    return true;
}

/* ---- omni-video ------------------------------------------------------------------------------------------------- */

struct omni {
    const struct gv_emu_media *film;
    bool base; /* the film is edited, not only looked at */
    bool original_sound;
};

static bool check_omni_image(struct kling_emu *e, size_t i, struct kling_wish *wish)
{
    const struct kling_image_rule rule = {.bytes_max = IMAGE_BYTES_MAX, .late_failure = &wish->failure};
    const char *path = gv_kling_emu_path(e, "image_list.%zu.image_url", i), *type = NULL;
    const struct gv_emu_media *image = NULL;
    if (!gv_kling_emu_choice(e, gv_kling_emu_path(e, "image_list.%zu.type", i), "first_frame|end_frame", &type))
        return false;
    if (!gv_kling_emu_present(e, path))
        return gv_kling_emu_refuse(e, 1201, "%s is required", path);
    if (!gv_kling_emu_image(e, path, &rule, &image))
        return false;
    const struct gv_emu_media **slot = !type                     ? &wish->images[wish->image_count++]
                                       : is(type, "first_frame") ? &wish->first
                                                                 : &wish->last;
    if (*slot)
        return gv_kling_emu_refuse(e, 1201, "image_list has more than one %s", type);
    *slot = image;
    return true;
}

static bool check_omni_film(struct kling_emu *e, const struct legacy *l, struct omni *o)
{
    const char *refer = "base", *keep = "no";
    size_t count = gv_kling_emu_count(e, "video_list");
    const struct kling_film_rule rule = {.bytes_max = 200ull << 20,
                                         .seconds_min = 3,
                                         .seconds_max = l->model->traits & SOUND ? 15 : 10,
                                         .side_min = 720,
                                         .side_max = 2160,
                                         .fps_min = 24,
                                         .fps_max = 60};
    if (count == 0)
        return true;
    if (count > 1)
        return gv_kling_emu_refuse(e, 1201, "video_list can't have more than 1 video");
    if (!gv_kling_emu_choice(e, "video_list.0.refer_type", "base|feature", &refer) ||
        !gv_kling_emu_choice(e, "video_list.0.keep_original_sound", "yes|no", &keep))
        return false;
    if (!gv_kling_emu_present(e, "video_list.0.video_url"))
        return gv_kling_emu_refuse(e, 1201, "video_list.0.video_url is required");
    o->base = is(refer, "base");
    o->original_sound = is(keep, "yes");
    return gv_kling_emu_film(e, "video_list.0.video_url", &rule, &o->film);
}

static bool check_omni_mix(struct kling_emu *e, const struct omni *o, const struct kling_wish *wish)
{
    size_t images = gv_kling_emu_count(e, "image_list"), elements = gv_kling_emu_count(e, "element_list");
    if (wish->last && !wish->first)
        return gv_kling_emu_refuse(e, 1201, "image_list: end_frame needs first_frame");
    if (wish->last && images > 2)
        return gv_kling_emu_refuse(e, 1201, "image_list: end_frame is not supported with more than 2 images");
    if (o->film && o->base && wish->first)
        return gv_kling_emu_refuse(e, 1201, "video_list: a base video excludes first_frame and end_frame");
    if (images + elements > (o->film ? 4u : 7u))
        return gv_kling_emu_refuse(e, 1201, "image_list and element_list can't have more than %u in total",
                                   o->film ? 4u : 7u);
    if (o->film && wish->audio)
        return gv_kling_emu_refuse(e, 1201, "sound must be 'off' with a video");
    return true;
}

static bool pick_omni_seconds(struct kling_emu *e, const struct legacy *l, const struct omni *o,
                              struct kling_wish *wish)
{
    if (o->film && o->base) { /* the video decides, whatever the request says */
        wish->film_seconds = o->film->duration_seconds;
        wish->seconds = (unsigned)(o->film->duration_seconds + 0.5);
        return true;
    }
    bool plain = !o->film && wish->image_count == 0 && gv_kling_emu_count(e, "element_list") == 0;
    bool o1 = !(l->model->traits & SOUND);
    if (!pick_seconds(e, l->model->seconds, wish))
        return false;
    return !(plain && o1 && wish->seconds != 5 && wish->seconds != 10) ||
           gv_kling_emu_refuse(e, 1201, "Duration only supports 5 or 10 seconds when no refer_image is provided");
}

static bool pick_omni_ratio(struct kling_emu *e, const struct omni *o, struct kling_wish *wish)
{
    const char *ratio = NULL;
    if (!gv_kling_emu_choice(e, "aspect_ratio", "16:9|9:16|1:1", &ratio))
        return false;
    const struct gv_emu_media *shape = o->film && o->base ? o->film : wish->first;
    if (!shape && !ratio)
        return gv_kling_emu_refuse(e, 1201, "aspect_ratio is required without a first frame or a base video");
    if (shape)
        gv_kling_emu_ratio_of(wish, shape);
    else
        gv_kling_emu_ratio(wish, ratio);
    return true;
}

bool gv_kling_emu_omni(struct kling_emu *e, struct kling_wish *wish)
{
    struct legacy l = {0};
    struct omni o = {0};
    size_t images = gv_kling_emu_count(e, "image_list");
    if (!pick_model(e, ON_OMNI, "kling-video-o1", &l, wish) || !pick_mode(e, "pro", &l, wish) ||
        !pick_sound(e, &l, wish) || !check_elements(e, &l, 7))
        return false;
    if (images > KLING_EMU_IMAGES_MAX)
        return gv_kling_emu_refuse(e, 1201, "image_list can't have more than %d images", KLING_EMU_IMAGES_MAX);
    for (size_t i = 0; i < images; i++) {
        if (!check_omni_image(e, i, wish))
            return false;
    }
    if (!check_omni_film(e, &l, &o) || !check_omni_mix(e, &o, wish) || !pick_omni_seconds(e, &l, &o, wish) ||
        !check_prompt(e, &l, true, wish) || !pick_omni_ratio(e, &o, wish))
        return false;
    wish->source = o.film && o.base ? o.film->ref : NULL;
    wish->sound = o.film && o.original_sound ? o.film->ref : NULL;
    charge(wish, &l, o.film != NULL);
    return true;
}
