/* Kling's emulator, Gen 1: what starts from a film, a face or a sound. Fact sheet 4.5 - 4.9, 4.11, 4.12. */
#include "provider/kling/kling_sandbox.h"

#include <math.h>
#include <string.h>

#define PROMPT_MAX 2500 /* characters */
#define SPEECH_TEXT_MAX 1000
#define SPEECH_TEXT_MAX_OLD 120
#define IMAGE_BYTES_MAX (10ull << 20)
#define FILM_BYTES_MAX (100ull << 20)
#define EXTENSION_SECONDS 4.5
#define FILM_SECONDS_MAX 180.0
#define SESSION_MS (24ll * 3600 * 1000)

static bool contains(const char *words, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = strstr(words, word); n > 0 && p; p = strstr(p + 1, word)) {
        if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
            return true;
    }
    return false;
}

/* The member's film: one of ours by its id, xor a URL. */
static bool pick_film(struct kling_emu *e, const char *under, const struct kling_film_rule *rule,
                      struct kling_wish *wish, struct kling_film *film)
{
    const char *id_path = gv_kling_emu_path(e, "%svideo_id", under), *id = NULL;
    const char *url_path = gv_kling_emu_path(e, "%svideo_url", under);
    const struct gv_emu_media *media = NULL;
    if (!gv_kling_emu_text(e, id_path, 256, &id))
        return false;
    if (gv_kling_emu_present(e, id_path) == gv_kling_emu_present(e, url_path))
        return gv_kling_emu_refuse(e, 1201, "exactly one of %s and %s is required", id_path, url_path);
    if (!gv_kling_emu_film(e, url_path, rule, &media))
        return false;
    if (media) {
        *film = (struct kling_film){media->ref, media->width, media->height, media->duration_seconds};
        return true;
    }
    wish->parent = gv_kling_emu_task_by_video(e, id);
    if (!wish->parent)
        return gv_kling_emu_refuse(e, 1201, "%s: video %s not found", id_path, id);
    *film = gv_kling_emu_film_of(e->world, wish->parent);
    return film->seconds <= rule->seconds_max + 0.1 ||
           gv_kling_emu_refuse(e, 1201, "%s: video is longer than %g seconds", id_path, rule->seconds_max);
}

static void begin_with(struct kling_wish *wish, const struct kling_film *film)
{
    wish->source = film->ref;
    wish->ratio_width = film->width;
    wish->ratio_height = film->height;
    wish->short_side = film->width < film->height ? film->width : film->height;
    wish->film_seconds = film->seconds;
    wish->seconds = (unsigned)ceil(film->seconds - 0.1);
}

/* ---- video-extend ----------------------------------------------------------------------------------------------- */

bool gv_kling_emu_extend(struct kling_emu *e, struct kling_wish *wish)
{
    const char *id = NULL, *negative = NULL;
    double scale = 0.5;
    if (!gv_kling_emu_needed_text(e, "video_id", 256, &id) ||
        !gv_kling_emu_text(e, "prompt", PROMPT_MAX, &wish->prompt) ||
        !gv_kling_emu_text(e, "negative_prompt", PROMPT_MAX, &negative) ||
        !gv_kling_emu_number(e, "cfg_scale", 0, 1, &scale))
        return false;
    wish->parent = gv_kling_emu_task_by_video(e, id);
    if (!wish->parent)
        return gv_kling_emu_refuse(e, 1201, "video_id: video %s not found", id);
    const char *model = wish->parent->model ? wish->parent->model : "";
    if (!contains("kling-v1 kling-v1-5 kling-v1-6", model))
        return gv_kling_emu_refuse(e, 1201, "video_id: videos of this model can't be extended");
    if (!gv_kling_emu_live(e, model))
        return false;
    bool v1 = is(model, "kling-v1");
    if (v1 && (!gv_kling_emu_absent(e, "negative_prompt", "with kling-v1 videos") ||
               !gv_kling_emu_absent(e, "cfg_scale", "with kling-v1 videos")))
        return false;
    struct kling_film film = gv_kling_emu_film_of(e->world, wish->parent);
    if (film.seconds + EXTENSION_SECONDS > FILM_SECONDS_MAX)
        return gv_kling_emu_refuse(e, 1201, "video_id: the video would be longer than 3 minutes");
    begin_with(wish, &film);
    wish->film_seconds = film.seconds + EXTENSION_SECONDS;
    wish->seconds = 5;
    wish->model = model;
    wish->units = v1 ? 1 : wish->short_side > 720 ? 3.5 : 2;
    return true;
}

/* ---- speech ----------------------------------------------------------------------------------------------------- */

static const char voices_en[] =
    "genshin_vindi2 zhinen_xuesheng AOT ai_shatang genshin_klee2 genshin_kirara ai_kaiya oversea_male1 "
    "ai_chenjiahao_712 girlfriend_4_speech02 chat1_female_new-3 chat_0407_5-1 cartoon-boy-07 uk_boy1 cartoon-girl-01 "
    "PeppaPig_platform ai_huangzhong_712 ai_huangyaoshi_712 ai_laoguowang_712 chengshu_jiejie you_pingjing "
    "calm_story1 uk_man2 laopopo_speech02 heainainai_speech02 reader_en_m-v1 commercial_lady_en_f-v1";
static const char voices_zh[] =
    "genshin_vindi2 zhinen_xuesheng tiyuxi_xuedi ai_shatang genshin_klee2 genshin_kirara ai_kaiya tiexin_nanyou "
    "ai_chenjiahao_712 girlfriend_1_speech02 chat1_female_new-3 girlfriend_2_speech02 cartoon-boy-07 cartoon-girl-01 "
    "ai_huangyaoshi_712 you_pingjing ai_laoguowang_712 chengshu_jiejie zhuxi_speech02 uk_oldman3 laopopo_speech02 "
    "heainainai_speech02 dongbeilaotie_speech02 chongqingxiaohuo_speech02 chuanmeizi_speech02 chaoshandashu_speech02 "
    "ai_taiwan_man2_speech02 xianzhanggui_speech02 tianjinjiejie_speech02 diyinnansang_DB_CN_M_04-v2 yizhipiannan-v1 "
    "guanxiaofang-v2 tianmeixuemei-v1 daopianyansang-v1 mengwa-v1";

/* How long the words take: an invention, but long enough to be lip-synced. */
static double speech_seconds(const char *text, double speed)
{
    double seconds = (double)strlen(text) / 14 / speed;
    return seconds < 2.1 ? 2.1 : seconds;
}

static bool check_speech(struct kling_emu *e, const char *under, size_t characters_max, const char *language,
                         struct kling_wish *wish, double *seconds)
{
    const char *text = NULL, *voice = NULL;
    double speed = 1;
    const char *voice_path = gv_kling_emu_path(e, "%svoice_id", under);
    if (!gv_kling_emu_needed_text(e, gv_kling_emu_path(e, "%stext", under), characters_max, &text) ||
        !gv_kling_emu_needed_text(e, voice_path, 128, &voice) ||
        !gv_kling_emu_choice(e, gv_kling_emu_path(e, "%svoice_language", under), "zh|en", &language) ||
        !gv_kling_emu_number(e, gv_kling_emu_path(e, "%svoice_speed", under), 0.8, 2.0, &speed))
        return false;
    if (!language)
        return gv_kling_emu_refuse(e, 1201, "%svoice_language is required", under);
    if (!contains(is(language, "en") ? voices_en : voices_zh, voice))
        return gv_kling_emu_refuse(e, 1201, "Voice id not found");
    wish->prompt = text;
    *seconds = speech_seconds(text, speed);
    return true;
}

bool gv_kling_emu_tts(struct kling_emu *e, struct kling_wish *wish)
{
    wish->units = 0.05;
    return check_speech(e, "", SPEECH_TEXT_MAX, NULL, wish, &wish->film_seconds);
}

/* ---- lip-sync, old ---------------------------------------------------------------------------------------------- */

static bool check_old_audio(struct kling_emu *e, struct kling_wish *wish)
{
    const char *type = NULL;
    const struct gv_emu_media *sound = NULL;
    if (!gv_kling_emu_choice(e, "input.audio_type", "file|url", &type))
        return false;
    if (!type)
        return gv_kling_emu_refuse(e, 1201, "input.audio_type is required");
    const char *path = is(type, "file") ? "input.audio_file" : "input.audio_url";
    if (!gv_kling_emu_present(e, path))
        return gv_kling_emu_refuse(e, 1201, "%s is required", path);
    if (!gv_kling_emu_sound(e, path, 2, 60, &sound))
        return false;
    wish->sound = sound->ref;
    return true;
}

bool gv_kling_emu_lip_sync(struct kling_emu *e, struct kling_wish *wish)
{
    const struct kling_film_rule rule = {
        .bytes_max = FILM_BYTES_MAX, .seconds_min = 2, .seconds_max = 60, .side_min = 720, .side_max = 1920};
    const char *mode = NULL;
    struct kling_film film;
    double speech = 0;
    if (!gv_kling_emu_live(e, "lip-sync") || !gv_kling_emu_choice(e, "input.mode", "text2video|audio2video", &mode))
        return false;
    if (!mode)
        return gv_kling_emu_refuse(e, 1201, "input.mode is required");
    bool words = is(mode, "text2video");
    if (words && !check_speech(e, "input.", SPEECH_TEXT_MAX_OLD, NULL, wish, &speech))
        return false;
    if (!pick_film(e, "input.", &rule, wish, &film) || (!words && !check_old_audio(e, wish)))
        return false;
    begin_with(wish, &film);
    wish->audio = true;
    wish->units = 0.5 * ceil(film.seconds / 5 - 0.05);
    return true;
}

/* ---- lip-sync, current: identify-face, then advanced-lip-sync --------------------------------------------------- */

bool gv_kling_emu_identify(struct kling_emu *e, struct kling_wish *wish)
{
    const struct kling_film_rule rule = {
        .bytes_max = FILM_BYTES_MAX, .seconds_min = 2, .seconds_max = 60, .side_min = 512, .side_max = 2160};
    struct kling_film film;
    if (!pick_film(e, "", &rule, wish, &film))
        return false;
    begin_with(wish, &film);
    wish->units = 0.05;
    return true;
}

/* audio_id or sound_file below `under`: its "blob:" or "film:" name and length. */
static bool pick_sound(struct kling_emu *e, const char *under, double seconds_max, struct kling_film *sound)
{
    const char *id_path = gv_kling_emu_path(e, "%saudio_id", under), *id = NULL;
    const char *file_path = gv_kling_emu_path(e, "%ssound_file", under);
    const struct gv_emu_media *media = NULL;
    if (gv_kling_emu_present(e, id_path) == gv_kling_emu_present(e, file_path))
        return gv_kling_emu_refuse(e, 1201, "exactly one of %s and %s is required", id_path, file_path);
    if (!gv_kling_emu_text(e, id_path, 256, &id) || !gv_kling_emu_sound(e, file_path, 2, seconds_max, &media))
        return false;
    if (media) {
        *sound = (struct kling_film){.ref = media->ref, .seconds = media->duration_seconds};
        return true;
    }
    const struct gv_emu_task *speech = gv_kling_emu_task_by_sound(e, id);
    if (!speech)
        return gv_kling_emu_refuse(e, 1201, "%s: audio %s not found", id_path, id);
    *sound = gv_kling_emu_film_of(e->world, speech);
    return true;
}

/* Times are milliseconds: a cut of the sound, laid onto the film. */
static bool check_face_times(struct kling_emu *e, double sound_seconds, double film_seconds)
{
    static const char *const names[] = {"sound_start_time", "sound_end_time", "sound_insert_time"};
    int64_t at[3];
    for (size_t i = 0; i < 3; i++) {
        const char *path = gv_kling_emu_path(e, "face_choose.0.%s", names[i]);
        if (!gv_kling_emu_present(e, path))
            return gv_kling_emu_refuse(e, 1201, "%s is required", path);
        if (!gv_kling_emu_integer(e, path, 0, 3600000, &at[i]))
            return false;
    }
    if (at[1] > (int64_t)(sound_seconds * 1000) + 50)
        return gv_kling_emu_refuse(e, 1201, "face_choose.0.sound_end_time is behind the end of the sound");
    if (at[1] - at[0] < 2000)
        return gv_kling_emu_refuse(e, 1201, "face_choose.0: the sound must be at least 2 seconds long when cut");
    if (at[2] + at[1] - at[0] > (int64_t)(film_seconds * 1000) + 50)
        return gv_kling_emu_refuse(e, 1201, "face_choose.0: the sound goes on behind the end of the video");
    return true;
}

static const struct gv_emu_task *session_of(struct kling_emu *e, const char *id)
{
    const struct gv_emu_task *task = gv_kling_emu_task(e, id);
    bool good = task && is(task->product, "identify-face") && task->created_ms + SESSION_MS > e->world->now_ms;
    return good ? task : NULL;
}

bool gv_kling_emu_advanced_lip_sync(struct kling_emu *e, struct kling_wish *wish)
{
    const char *session = NULL, *face = NULL;
    double volume = 1;
    struct kling_film sound;
    if (!gv_kling_emu_needed_text(e, "session_id", 64, &session))
        return false;
    const struct gv_emu_task *task = session_of(e, session);
    if (!task)
        return gv_kling_emu_refuse(e, 1201, "session_id: session %s not found or expired", session);
    if (gv_kling_emu_count(e, "face_choose") != 1)
        return gv_kling_emu_refuse(e, 1201, "face_choose must have exactly one face");
    if (!gv_kling_emu_needed_text(e, "face_choose.0.face_id", 64, &face))
        return false;
    if (!is(face, "0"))
        return gv_kling_emu_refuse(e, 1201, "face_choose.0.face_id: face %s not found", face);
    if (!gv_kling_emu_number(e, "face_choose.0.sound_volume", 0, 2, &volume) ||
        !gv_kling_emu_number(e, "face_choose.0.original_audio_volume", 0, 2, &volume) ||
        !pick_sound(e, "face_choose.0.", 60, &sound))
        return false;
    struct kling_film film = gv_kling_emu_film_of(e->world, task);
    if (!check_face_times(e, sound.seconds, film.seconds))
        return false;
    begin_with(wish, &film);
    wish->sound = sound.ref;
    wish->audio = true;
    wish->parent = task;
    wish->units = 0.5 * ceil(film.seconds / 5 - 0.05);
    return true;
}

/* ---- effects ---------------------------------------------------------------------------------------------------- */

static const char scenes_of_two[] =
    "pet_skateboard daily_ootd toss_run switch_to_silk studio_look french_elegance finger_swipe smooth_transition "
    "kiss_pro snow_night_kiss eternal_kiss cheers_2026 fight_pro hug_pro heart_gesture_pro hug kiss fight "
    "heart_gesture";
static const char scenes_gone[] =
    "celebration c4d_cartoon kiss fight hug thumbs_up tiger_hug pet_lion 3d_cartoon_1 heart_gesture bloombloom "
    "dizzydizzy fuzzyfuzzy squish expansion anime_figure rocketrocket";

static bool check_effect_images(struct kling_emu *e, bool two, struct kling_wish *wish)
{
    const struct kling_image_rule rule = {.bytes_max = IMAGE_BYTES_MAX, .late_failure = &wish->failure};
    if (!two && !gv_kling_emu_present(e, "input.image"))
        return gv_kling_emu_refuse(e, 1201, "input.image is required");
    if (!two)
        return gv_kling_emu_image(e, "input.image", &rule, &wish->first);
    if (gv_kling_emu_count(e, "input.images") != 2)
        return gv_kling_emu_refuse(e, 1201, "input.images must have exactly 2 images");
    wish->image_count = 2;
    return gv_kling_emu_image(e, "input.images.0", &rule, &wish->images[0]) &&
           gv_kling_emu_image(e, "input.images.1", &rule, &wish->images[1]);
}

bool gv_kling_emu_effects(struct kling_emu *e, struct kling_wish *wish)
{
    const char *scene = NULL, *duration = "5", *mode = "std";
    if (!gv_kling_emu_needed_text(e, "effect_scene", 128, &scene))
        return false;
    if (e->world->bend.retired && contains(scenes_gone, scene))
        return gv_kling_emu_refuse(e, 1201, "effect_scene value '%s' is invalid", scene);
    bool two = contains(scenes_of_two, scene);
    if (!gv_kling_emu_choice(e, "input.duration", two ? "5" : "5|10", &duration) ||
        !gv_kling_emu_choice(e, "input.mode", "std|pro", &mode) ||
        !gv_kling_emu_choice(e, "input.model_name", "kling-v1|kling-v1-5|kling-v1-6", &wish->model) ||
        !check_effect_images(e, two, wish))
        return false;
    wish->prompt = scene;
    wish->seconds = is(duration, "10") ? 10 : 5;
    wish->short_side = gv_kling_emu_short_side(mode);
    wish->units = 2; /* each scene has a price of its own; this is the emulator's guess for all */
    if (two)
        gv_kling_emu_ratio(wish, "16:9");
    else
        gv_kling_emu_ratio_of(wish, wish->first);
    return true;
}

/* ---- avatar, motion control ------------------------------------------------------------------------------------- */

bool gv_kling_emu_avatar(struct kling_emu *e, struct kling_wish *wish)
{
    const struct kling_image_rule rule = {.bytes_max = IMAGE_BYTES_MAX, .late_failure = &wish->failure};
    const char *mode = "std";
    struct kling_film sound;
    if (!gv_kling_emu_text(e, "prompt", PROMPT_MAX, &wish->prompt) ||
        !gv_kling_emu_choice(e, "mode", "std|pro", &mode) || !gv_kling_emu_image(e, "image", &rule, &wish->first))
        return false;
    if (!wish->first)
        return gv_kling_emu_refuse(e, 1201, "image is required");
    if (!pick_sound(e, "", 300, &sound))
        return false;
    wish->short_side = gv_kling_emu_short_side(mode);
    gv_kling_emu_ratio_of(wish, wish->first);
    wish->film_seconds = sound.seconds;
    wish->seconds = (unsigned)ceil(sound.seconds);
    wish->sound = sound.ref;
    wish->audio = true;
    wish->units = wish->seconds * (is(mode, "std") ? 0.4 : 0.8);
    return true;
}

static bool motion_settings(struct kling_emu *e, const char **mode, const char **orientation, const char **keep)
{
    if (!gv_kling_emu_choice(e, "character_orientation", "image|video", orientation) ||
        !gv_kling_emu_choice(e, "mode", "std|pro", mode) ||
        !gv_kling_emu_choice(e, "keep_original_sound", "yes|no", keep))
        return false;
    if (!*orientation || !*mode)
        return gv_kling_emu_refuse(e, 1201, "%s is required", *mode ? "character_orientation" : "mode");
    return true;
}

static bool check_motion_elements(struct kling_emu *e, const char *model, const char *orientation)
{
    size_t count = gv_kling_emu_count(e, "element_list");
    if (count == 0)
        return true;
    if (count > 1 || !is(model, "kling-v3") || !is(orientation, "video"))
        return gv_kling_emu_refuse(e, 1201, "element_list takes one element, with kling-v3 and orientation video");
    return true;
}

bool gv_kling_emu_motion(struct kling_emu *e, struct kling_wish *wish)
{
    const struct kling_image_rule image = {.bytes_max = IMAGE_BYTES_MAX, .late_failure = &wish->failure};
    const char *mode = NULL, *orientation = NULL, *keep = "yes";
    const struct gv_emu_media *film = NULL;
    wish->model = "kling-v2-6";
    if (!gv_kling_emu_choice(e, "model_name", "kling-v2-6|kling-v3", &wish->model) ||
        !gv_kling_emu_text(e, "prompt", PROMPT_MAX, &wish->prompt) || !motion_settings(e, &mode, &orientation, &keep) ||
        !check_motion_elements(e, wish->model, orientation))
        return false;
    const struct kling_film_rule rule = {.bytes_max = FILM_BYTES_MAX,
                                         .seconds_min = 3,
                                         .seconds_max = is(orientation, "video") ? 30 : 10,
                                         .side_min = 340,
                                         .side_max = 3850};
    if (!gv_kling_emu_image(e, "image_url", &image, &wish->first) || !gv_kling_emu_film(e, "video_url", &rule, &film))
        return false;
    if (!wish->first || !film)
        return gv_kling_emu_refuse(e, 1201, "%s is required", wish->first ? "video_url" : "image_url");
    wish->short_side = gv_kling_emu_short_side(mode);
    gv_kling_emu_ratio_of(wish, wish->first);
    wish->film_seconds = film->duration_seconds;
    wish->seconds = (unsigned)ceil(film->duration_seconds - 0.1);
    wish->sound = is(keep, "yes") ? film->ref : NULL;
    wish->units = gv_kling_emu_units(wish->model, false, false, false, true, wish->short_side, wish->seconds);
    return true;
}
