/* Kling's emulator, Gen 2: /<product>/<model> with contents, settings and options. Fact sheet 5.
 * Members that are not known are ignored in silence, as the live API does. */
#include "provider/kling/kling_sandbox.h"

#include <math.h>
#include <string.h>

#define IMAGE_BYTES_MAX (50ull << 20)
#define FIVE_TEN (1u << 5 | 1u << 10)
#define THREE_TO(n) ((2u << (n)) - 8u)

enum {
    PROMPT_SHAPED = 1 << 0, /* `prompt` string instead of `contents` */
    NEEDS_FRAME = 1 << 1,
    RATIO = 1 << 2,
    MULTI_SHOT = 1 << 3,
    TAIL_HD = 1 << 4,  /* a last frame needs 1080p */
    SOUND_HD = 1 << 5, /* native audio needs 1080p */
    MOTION = 1 << 6,
    O1 = 1 << 7,
    LONG_PROMPT = 1 << 8,
    SOUNDING = 1 << 9, /* always with sound */
};

struct row {
    const char *product, *model;
    const char *contents; /* types it takes */
    const char *resolutions, *audio, *audio_preset;
    uint32_t seconds;
    unsigned elements_max, traits;
};

#define OMNI_CONTENTS "prompt|first_frame|last_frame|refer_image|feature_video|base_video|element"

static const struct row rows[] = {
    {"text-to-video", "kling-3.0-turbo", "", "720p|1080p", NULL, "native", THREE_TO(15), 0,
     PROMPT_SHAPED | RATIO | LONG_PROMPT | SOUNDING},
    {"image-to-video", "kling-3.0-turbo", "prompt|first_frame", "720p|1080p", NULL, "native", THREE_TO(15), 0,
     NEEDS_FRAME | SOUNDING},
    {"text-to-video", "kling-3.0", "", "720p|1080p|4k", "native|off", "off", THREE_TO(15), 0,
     PROMPT_SHAPED | RATIO | MULTI_SHOT | LONG_PROMPT},
    {"image-to-video", "kling-3.0", "prompt|first_frame|last_frame|element", "720p|1080p|4k", "native|off", "off",
     THREE_TO(15), 3, NEEDS_FRAME | MULTI_SHOT | LONG_PROMPT},
    {"omni-video", "kling-3.0-omni", OMNI_CONTENTS, "720p|1080p|4k", "native|original|off", "off", THREE_TO(15), 7,
     RATIO | MULTI_SHOT | LONG_PROMPT},
    {"omni-video", "kling-o1", OMNI_CONTENTS, "720p|1080p", "original|off", "off", THREE_TO(10), 7, RATIO | O1},
    {"text-to-video", "kling-2.6", "", "720p|1080p", "native|off", "off", FIVE_TEN, 0,
     PROMPT_SHAPED | RATIO | SOUND_HD},
    {"image-to-video", "kling-2.6", "prompt|first_frame|last_frame|voice", "720p|1080p", "native|off", "off", FIVE_TEN,
     0, NEEDS_FRAME | TAIL_HD | SOUND_HD},
    {"text-to-video", "kling-2.5-turbo", "", "720p|1080p", NULL, "off", FIVE_TEN, 0, PROMPT_SHAPED | RATIO},
    {"image-to-video", "kling-2.5-turbo", "prompt|first_frame|last_frame", "720p|1080p", NULL, "off", FIVE_TEN, 0,
     NEEDS_FRAME | TAIL_HD},
    {"motion-control", "kling-3.0", "prompt|image|video|element", "720p|1080p", "original|off", "original", 0, 1,
     MOTION},
    {"motion-control", "kling-2.6", "prompt|image|video", "720p|1080p", "original|off", "original", 0, 0, MOTION},
};

struct modern {
    const struct row *row;
    const char *resolution, *audio;
    const struct gv_emu_media *film;
    size_t prompts, elements, voices;
    bool base, feature, multi_shot;
};

static const struct row *row_of(const char *path)
{
    const char *slash = path[0] == '/' ? strchr(path + 1, '/') : NULL;
    for (size_t i = 0; slash && i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = strlen(rows[i].product);
        if (n == (size_t)(slash - path - 1) && strncmp(rows[i].product, path + 1, n) == 0 &&
            is(rows[i].model, slash + 1))
            return &rows[i];
    }
    return NULL;
}

bool gv_kling_emu_is_gen2(const char *path)
{
    return row_of(path) != NULL;
}

static bool pick_look(struct kling_emu *e, struct modern *m, struct kling_wish *wish)
{
    const char *ratio = "16:9";
    m->resolution = "720p";
    m->audio = m->row->audio_preset;
    m->multi_shot = true;
    if ((m->row->traits & RATIO && !gv_kling_emu_choice(e, "settings.aspect_ratio", "16:9|9:16|1:1", &ratio)) ||
        !gv_kling_emu_choice(e, "settings.resolution", m->row->resolutions, &m->resolution) ||
        (m->row->audio && !gv_kling_emu_choice(e, "settings.audio", m->row->audio, &m->audio)) ||
        (m->row->traits & MULTI_SHOT && !gv_kling_emu_flag(e, "settings.multi_shot", &m->multi_shot)))
        return false;
    gv_kling_emu_ratio(wish, ratio);
    wish->short_side = gv_kling_emu_short_side(m->resolution);
    wish->audio = is(m->audio, "native");
    return !(wish->audio && m->row->traits & SOUND_HD && !is(m->resolution, "1080p")) ||
           gv_kling_emu_refuse(e, 1201, "settings.audio value 'native' needs resolution 1080p");
}

static bool pick_seconds(struct kling_emu *e, struct modern *m, struct kling_wish *wish)
{
    int64_t seconds = 5;
    if (!gv_kling_emu_integer(e, "settings.duration", 0, INT32_MAX, &seconds))
        return false;
    if (seconds > 31 || !(m->row->seconds >> seconds & 1))
        return gv_kling_emu_refuse(e, 1201, "settings.duration value '%lld' is invalid", (long long)seconds);
    wish->seconds = (unsigned)seconds;
    return true;
}

static size_t prompt_max(const struct modern *m)
{
    return m->row->traits & LONG_PROMPT ? 3072 : 2500;
}

/* ---- contents --------------------------------------------------------------------------------------------------- */

static bool take_image(struct kling_emu *e, const char *url, const struct gv_emu_media **slot)
{
    const struct kling_image_rule rule = {.bytes_max = IMAGE_BYTES_MAX};
    if (*slot)
        return gv_kling_emu_refuse(e, 1201, "%s: only one frame of a kind is supported", url);
    if (!gv_kling_emu_present(e, url))
        return gv_kling_emu_refuse(e, 1201, "%s is required", url);
    return gv_kling_emu_image(e, url, &rule, slot);
}

static bool take_film(struct kling_emu *e, const char *url, const struct kling_film_rule *rule, struct modern *m)
{
    if (m->film)
        return gv_kling_emu_refuse(e, 1201, "%s: only one video is supported", url);
    if (!gv_kling_emu_present(e, url))
        return gv_kling_emu_refuse(e, 1201, "%s is required", url);
    return gv_kling_emu_film(e, url, rule, &m->film);
}

static bool take_reference_film(struct kling_emu *e, const char *url, struct modern *m)
{
    const struct kling_film_rule o1 = {.bytes_max = 200ull << 20,
                                       .seconds_min = 3,
                                       .seconds_max = 10,
                                       .side_min = 700,
                                       .side_max = 2160,
                                       .fps_min = 24,
                                       .fps_max = 60};
    const struct kling_film_rule omni = {.bytes_max = 200ull << 20,
                                         .seconds_min = 3,
                                         .seconds_max = 15.5,
                                         .side_min = 700,
                                         .side_max = 4553,
                                         .fps_min = 24,
                                         .fps_max = 60};
    if (!take_film(e, url, m->row->traits & O1 ? &o1 : &omni, m))
        return false;
    if ((uint64_t)m->film->width * m->film->height > 8294400)
        return gv_kling_emu_refuse(e, 1201, "%s: video has more than 8294400 pixels", url);
    return true;
}

static bool take_id(struct kling_emu *e, const char *path, size_t *count)
{
    const char *id = NULL;
    *count += 1;
    return gv_kling_emu_needed_text(e, path, 256, &id);
}

static bool take_content(struct kling_emu *e, struct modern *m, size_t i, struct kling_wish *wish)
{
    const struct kling_film_rule motion = {
        .bytes_max = 100ull << 20, .seconds_min = 3, .seconds_max = 30, .side_min = 340, .side_max = 3850};
    const char *type = NULL, *type_path = gv_kling_emu_path(e, "contents.%zu.type", i);
    const char *url = gv_kling_emu_path(e, "contents.%zu.url", i);
    if (!gv_kling_emu_choice(e, type_path, m->row->contents, &type))
        return false;
    if (!type)
        return gv_kling_emu_refuse(e, 1201, "%s is required", type_path);
    if (is(type, "prompt")) {
        m->prompts++;
        return gv_kling_emu_text(e, gv_kling_emu_path(e, "contents.%zu.text", i), prompt_max(m), &wish->prompt);
    }
    if (is(type, "element"))
        return take_id(e, gv_kling_emu_path(e, "contents.%zu.element_id", i), &m->elements);
    if (is(type, "voice"))
        return take_id(e, gv_kling_emu_path(e, "contents.%zu.voice_id", i), &m->voices);
    if (is(type, "video"))
        return take_film(e, url, &motion, m);
    if (is(type, "first_frame") || is(type, "image"))
        return take_image(e, url, &wish->first);
    if (is(type, "last_frame"))
        return take_image(e, url, &wish->last);
    if (is(type, "refer_image") && wish->image_count == KLING_EMU_IMAGES_MAX)
        return gv_kling_emu_refuse(e, 1201, "contents can't have more than %d images", KLING_EMU_IMAGES_MAX);
    if (is(type, "refer_image"))
        return take_image(e, url, &wish->images[wish->image_count++]);
    m->base |= is(type, "base_video");
    m->feature |= is(type, "feature_video");
    return take_reference_film(e, url, m);
}

/* Ids are unique and none begins another, since prompts say @id. */
static bool check_ids(struct kling_emu *e, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *a = gv_json_text(e->request->body, gv_kling_emu_path(e, "contents.%zu.id", i));
        for (size_t k = 0; a && *a && k < count; k++) {
            const char *b = gv_json_text(e->request->body, gv_kling_emu_path(e, "contents.%zu.id", k));
            if (k != i && b && strncmp(a, b, strlen(a)) == 0)
                return gv_kling_emu_refuse(e, 1201, "contents.%zu.id '%s' is a prefix of another id", i, a);
        }
    }
    return true;
}

static bool check_frames(struct kling_emu *e, const struct modern *m, const struct kling_wish *wish)
{
    if (m->row->traits & NEEDS_FRAME && !wish->first)
        return gv_kling_emu_refuse(e, 1201, "contents: first_frame is required");
    if (wish->last && !wish->first)
        return gv_kling_emu_refuse(e, 1201, "contents: last_frame needs first_frame");
    if (wish->last && m->row->traits & TAIL_HD && !is(m->resolution, "1080p"))
        return gv_kling_emu_refuse(e, 1201, "contents: last_frame needs settings.resolution 1080p");
    if (m->voices > 2)
        return gv_kling_emu_refuse(e, 1201, "contents can't have more than 2 voices");
    if (m->voices > 0 && !wish->audio)
        return gv_kling_emu_refuse(e, 1201, "contents: voices need settings.audio value 'native'");
    if (m->elements > (wish->first && m->row->elements_max > 3 ? 3 : m->row->elements_max))
        return gv_kling_emu_refuse(e, 1201, "contents has too many elements");
    return true;
}

static bool check_references(struct kling_emu *e, const struct modern *m, const struct kling_wish *wish)
{
    size_t most = m->film ? 4 : 7;
    if (wish->image_count + m->elements > most)
        return gv_kling_emu_refuse(e, 1201, "contents can't have more than %zu images and elements in total", most);
    if (m->base && (wish->first || wish->last))
        return gv_kling_emu_refuse(e, 1201, "contents: base_video excludes first_frame and last_frame");
    if (m->base && m->row->traits & MULTI_SHOT && gv_kling_emu_present(e, "settings.multi_shot") && m->multi_shot)
        return gv_kling_emu_refuse(e, 1201, "settings.multi_shot must be false with a base_video");
    if (m->base && wish->audio)
        return gv_kling_emu_refuse(e, 1201, "settings.audio value 'native' is not supported with a base_video");
    if (m->feature && !is(m->audio, "off"))
        return gv_kling_emu_refuse(e, 1201, "settings.audio must be 'off' with a feature_video");
    if (m->row->traits & O1 && wish->last && wish->image_count + m->elements > 0)
        return gv_kling_emu_refuse(e, 1201, "contents: first and last frame exclude everything else");
    if (m->row->traits & O1 && !m->film && wish->image_count == 0 && wish->seconds != 5 && wish->seconds != 10)
        return gv_kling_emu_refuse(e, 1201, "Duration only supports 5 or 10 seconds when no refer_image is provided");
    return true;
}

static bool check_motion(struct kling_emu *e, struct modern *m, struct kling_wish *wish)
{
    const char *orientation = NULL;
    if (!gv_kling_emu_choice(e, "settings.character_orientation", "image|video", &orientation))
        return false;
    if (!orientation)
        return gv_kling_emu_refuse(e, 1201, "settings.character_orientation is required");
    if (!wish->first || !m->film)
        return gv_kling_emu_refuse(e, 1201, "contents: an image and a video are required");
    if (is(orientation, "image") && m->film->duration_seconds > 10.1)
        return gv_kling_emu_refuse(e, 1201,
                                   "contents: the video can't be longer than 10 seconds with orientation image");
    if (m->elements > m->row->elements_max || (m->elements > 0 && is(orientation, "image")))
        return gv_kling_emu_refuse(e, 1201, "contents: elements are not supported here");
    wish->film_seconds = m->film->duration_seconds;
    return true;
}

static bool take_contents(struct kling_emu *e, struct modern *m, struct kling_wish *wish)
{
    size_t count = gv_kling_emu_count(e, "contents");
    if (count == 0)
        return gv_kling_emu_refuse(e, 1201, "contents is required and can't be empty");
    for (size_t i = 0; i < count; i++) {
        if (!take_content(e, m, i, wish))
            return false;
    }
    if (m->prompts > 1)
        return gv_kling_emu_refuse(e, 1201, "contents can't have more than one prompt");
    if (m->prompts == 1 && (!wish->prompt || wish->prompt[strspn(wish->prompt, " \t\r\n")] == '\0'))
        return gv_kling_emu_refuse(e, 1201, "contents: the prompt can't be blank");
    return check_ids(e, count);
}

/* ---- all together ----------------------------------------------------------------------------------------------- */

static void settle(struct modern *m, struct kling_wish *wish)
{
    const struct gv_emu_media *shape = m->base ? m->film : wish->first;
    if (shape)
        gv_kling_emu_ratio_of(wish, shape);
    if (m->base) {
        wish->source = m->film->ref;
        wish->film_seconds = m->film->duration_seconds;
    }
    if (wish->film_seconds > 0)
        wish->seconds = (unsigned)ceil(wish->film_seconds - 0.1);
    if (m->film && is(m->audio, "original"))
        wish->sound = m->film->ref;
    wish->audio |= (m->row->traits & SOUNDING) != 0;
    wish->units = gv_kling_emu_units(m->row->model, wish->audio, m->voices > 0, m->film && !(m->row->traits & MOTION),
                                     m->row->traits & MOTION, wish->short_side, wish->seconds);
}

bool gv_kling_emu_gen2(struct kling_emu *e, struct kling_wish *wish)
{
    struct modern m = {.row = row_of(e->request->path)};
    wish->gen2 = true;
    wish->product = m.row->product;
    wish->model = m.row->model;
    /* The live order: look, then for prompt-shaped paths the prompt before the duration. */
    if (!pick_look(e, &m, wish))
        return false;
    if (m.row->traits & PROMPT_SHAPED) {
        if (!gv_kling_emu_needed_text(e, "prompt", prompt_max(&m), &wish->prompt) || !pick_seconds(e, &m, wish))
            return false;
    } else if (m.row->traits & MOTION) {
        if (!take_contents(e, &m, wish) || !check_motion(e, &m, wish))
            return false;
    } else if (!pick_seconds(e, &m, wish) || !take_contents(e, &m, wish) || !check_frames(e, &m, wish) ||
               !check_references(e, &m, wish)) {
        return false;
    }
    settle(&m, wish);
    return true;
}
