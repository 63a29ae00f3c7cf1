/* The checks that Kling's emulator is made of, and the shape of its refusals. */
#include "provider/kling/kling_sandbox.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

#define IMAGE_SIDE_MIN 300

/* The fact sheet's table; texts are the live ones where they are known. */
static const struct {
    int code, status;
    const char *message;
} codes[] = {
    {0, 200, "SUCCEED"},
    {1000, 401, "Authentication failed"},
    {1001, 401, "Authorization is empty"},
    {1002, 401, "Authorization is invalid"},
    {1003, 401, "Authorization is not yet valid"},
    {1004, 401, "Authorization has expired"},
    {1100, 429, "Account exception"},
    {1101, 429, "Account in arrears"},
    {1102, 429, "Account balance not enough"},
    {1103, 403, "No permission for this resource"},
    {1200, 400, "Invalid request parameters"},
    {1201, 400, "Invalid parameters"},
    {1202, 404, "The requested method is invalid"},
    {1203, 404, "The requested resource does not exist"},
    {1300, 400, "Trigger strategy of the platform"},
    {1301, 400, "Failure to pass the risk control system"},
    {1302, 429, "Too many requests"},
    {1303, 429, "parallel task over resource pack limit"},
    {1304, 429, "IP is not in the whitelist"},
    {5000, 500, "Internal server error"},
    {5001, 503, "Service temporarily unavailable"},
    {5002, 504, "Internal timeout"},
};

struct gv_emu_reply gv_kling_emu_answer(struct gv_emu_world *world, int status, int code, const char *message,
                                        const char *data)
{
    uint64_t a = gv_kling_emu_mix((uint64_t)world->now_ms ^ world->seed), b = gv_kling_emu_mix(a ^ world->task_count);
    int known_status = 500;
    const char *known_message = "Unknown error";
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].code == code) {
            known_status = codes[i].status;
            known_message = codes[i].message;
        }
    }
    struct gv_buf buf;
    gv_buf_init(&buf, KLING_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    gv_json_put_int(&out, "code", code);
    gv_json_put_text(&out, "message", message ? message : known_message);
    gv_json_put_text(&out, "request_id",
                     gv_arena_printf(world->arena, "%08x-%04x-4%03x-a%03x-%012llx", (unsigned)(a >> 32),
                                     (unsigned)(a & 0xffff), (unsigned)(a >> 16 & 0xfff), (unsigned)(b >> 52),
                                     (unsigned long long)(b & 0xffffffffffffu)));
    if (data)
        gv_json_put_raw(&out, "data", data);
    gv_json_close(&out, '}');
    return (struct gv_emu_reply){.status = status ? status : known_status, .body = gv_kling_emu_finish(world, &buf)};
}

bool gv_kling_emu_refuse(struct kling_emu *e, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *message = gv_arena_vprintf(e->world->arena, format, args);
    va_end(args);
    e->reply = gv_kling_emu_answer(e->world, 0, code, message, NULL);
    return false;
}

bool gv_kling_emu_live(struct kling_emu *e, const char *model)
{
    if (!e->world->bend.retired)
        return true;
    return gv_kling_emu_refuse(e, 1201, "The model '%s' has been discontinued and is no longer available.", model);
}

const char *gv_kling_emu_path(struct kling_emu *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *path = gv_arena_vprintf(e->world->arena, format, args);
    va_end(args);
    return path;
}

/* ---- plain members ---------------------------------------------------------------------------------------------- */

static const struct gv_json *member(const struct kling_emu *e, const char *path)
{
    const struct gv_json *found = gv_json_at(e->request->body, path);
    return found && found->kind != GV_JSON_NULL ? found : NULL;
}

static bool wrong_kind(struct kling_emu *e, const char *path, const char *wanted, const struct gv_json *found)
{
    return gv_kling_emu_refuse(e, 1201, "%s must be %s, not %s", path, wanted, gv_json_kind_name(found->kind));
}

/* An empty string counts as not given, as the vendor's examples have it. */
bool gv_kling_emu_present(const struct kling_emu *e, const char *path)
{
    const struct gv_json *found = member(e, path);
    return found && !(found->kind == GV_JSON_STRING && found->text_bytes == 0) &&
           !(found->kind == GV_JSON_ARRAY && found->count == 0);
}

bool gv_kling_emu_absent(struct kling_emu *e, const char *path, const char *why)
{
    return !gv_kling_emu_present(e, path) || gv_kling_emu_refuse(e, 1201, "%s is not supported %s", path, why);
}

size_t gv_kling_emu_count(const struct kling_emu *e, const char *path)
{
    const struct gv_json *found = member(e, path);
    return found && found->kind == GV_JSON_ARRAY ? found->count : 0;
}

static size_t characters(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

bool gv_kling_emu_text(struct kling_emu *e, const char *path, size_t characters_max, const char **io)
{
    const struct gv_json *found = member(e, path);
    if (!found)
        return true;
    if (found->kind != GV_JSON_STRING)
        return wrong_kind(e, path, "a string", found);
    if (characters(found->text) > characters_max)
        return gv_kling_emu_refuse(e, 1201, "%s is longer than %zu characters", path, characters_max);
    *io = found->text;
    return true;
}

static bool blank(const char *text)
{
    return !text || text[strspn(text, " \t\r\n")] == '\0';
}

bool gv_kling_emu_needed_text(struct kling_emu *e, const char *path, size_t characters_max, const char **io)
{
    if (!gv_kling_emu_text(e, path, characters_max, io))
        return false;
    return !blank(*io) || gv_kling_emu_refuse(e, 1201, "%s is required and can't be empty", path);
}

static bool among(const char *allowed, const char *value)
{
    size_t n = strlen(value);
    for (const char *word = allowed; *word; word += strcspn(word, "|"), word += *word == '|') {
        if (strcspn(word, "|") == n && strncmp(word, value, n) == 0)
            return true;
    }
    return false;
}

bool gv_kling_emu_choice(struct kling_emu *e, const char *path, const char *allowed, const char **io)
{
    const char *value = NULL;
    if (!gv_kling_emu_text(e, path, SIZE_MAX, &value))
        return false;
    if (!value || !*value)
        return true;
    if (!among(allowed, value))
        return gv_kling_emu_refuse(e, 1201, "%s value '%s' is invalid", path, value);
    *io = value;
    return true;
}

bool gv_kling_emu_flag(struct kling_emu *e, const char *path, bool *io)
{
    const struct gv_json *found = member(e, path);
    if (!found)
        return true;
    if (found->kind != GV_JSON_BOOL)
        return wrong_kind(e, path, "a boolean", found);
    *io = found->boolean;
    return true;
}

bool gv_kling_emu_number(struct kling_emu *e, const char *path, double least, double most, double *io)
{
    const struct gv_json *found = member(e, path);
    if (!found)
        return true;
    if (found->kind != GV_JSON_INT && found->kind != GV_JSON_REAL)
        return wrong_kind(e, path, "a number", found);
    if (!(found->real >= least && found->real <= most))
        return gv_kling_emu_refuse(e, 1201, "%s must be between %g and %g", path, least, most);
    *io = found->real;
    return true;
}

bool gv_kling_emu_integer(struct kling_emu *e, const char *path, int64_t least, int64_t most, int64_t *io)
{
    const struct gv_json *found = member(e, path);
    if (!found)
        return true;
    if (found->kind != GV_JSON_INT)
        return wrong_kind(e, path, "an integer", found);
    if (found->integer < least || found->integer > most)
        return gv_kling_emu_refuse(e, 1201, "%s must be between %lld and %lld", path, (long long)least,
                                   (long long)most);
    *io = found->integer;
    return true;
}

bool gv_kling_emu_is_seconds(const char *text, unsigned *out)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 3 || text[digits] != '\0' || text[0] == '0')
        return false;
    *out = (unsigned)strtoul(text, NULL, 10);
    return true;
}

/* ---- media ------------------------------------------------------------------------------------------------------ */

static bool is_url(const char *text)
{
    return strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;
}

/* The named media file, fetched or decoded; NULL *out where the member is absent. */
static bool obtain(struct kling_emu *e, const char *path, bool url_only, uint64_t bytes_max,
                   const struct gv_emu_media **out)
{
    const char *text = NULL;
    *out = NULL;
    if (!gv_kling_emu_text(e, path, SIZE_MAX, &text))
        return false;
    if (!text || !*text)
        return true;
    /* Documented for Gen 1; what Gen 2 does with it is not known, so nothing may rely on it. */
    if (strncmp(text, "data:", 5) == 0)
        return gv_kling_emu_refuse(e, 1201, "%s: base64 must come without a data: prefix", path);
    if (url_only && !is_url(text))
        return gv_kling_emu_refuse(e, 1201, "%s must be a URL", path);
    const struct gv_emu_media *media = e->world->media(e->world, text);
    if (media->failure)
        return gv_kling_emu_refuse(e, 1201, "%s can't be used: %s", path, media->failure);
    if (media->bytes > bytes_max)
        return gv_kling_emu_refuse(e, 1201, "%s is larger than %llu MB", path, (unsigned long long)(bytes_max >> 20));
    *out = media;
    return true;
}

static bool is_mime(const struct gv_emu_media *media, const char *allowed)
{
    return media->mime_type && among(allowed, media->mime_type);
}

bool gv_kling_emu_image(struct kling_emu *e, const char *path, const struct kling_image_rule *rule,
                        const struct gv_emu_media **out)
{
    if (!obtain(e, path, false, rule->bytes_max, out))
        return false;
    const struct gv_emu_media *m = *out;
    if (!m)
        return true;
    if (!is_mime(m, "image/jpeg|image/png"))
        return gv_kling_emu_refuse(e, 1201, "%s: image format is not supported, use jpg, jpeg or png", path);
    if (m->width < IMAGE_SIDE_MIN || m->height < IMAGE_SIDE_MIN) {
        if (!rule->late_failure)
            return gv_kling_emu_refuse(e, 1201, "%s: image sides must be at least %d px", path, IMAGE_SIDE_MIN);
        *rule->late_failure = "Image pixel is invalid";
        return true;
    }
    if (!rule->any_ratio && (m->width * 5ull > m->height * 25ull / 2 || m->height * 5ull > m->width * 25ull / 2))
        return gv_kling_emu_refuse(e, 1201, "%s: image ratio must be between 1:2.5 and 2.5:1", path);
    return true;
}

bool gv_kling_emu_film(struct kling_emu *e, const char *path, const struct kling_film_rule *rule,
                       const struct gv_emu_media **out)
{
    if (!obtain(e, path, true, rule->bytes_max, out))
        return false;
    const struct gv_emu_media *m = *out;
    if (!m)
        return true;
    if (!is_mime(m, "video/mp4|video/quicktime"))
        return gv_kling_emu_refuse(e, 1201, "%s: video format is not supported, use mp4 or mov", path);
    /* A film's last frame may pass the second by a little. */
    if (m->duration_seconds < rule->seconds_min - 0.05 || m->duration_seconds > rule->seconds_max + 0.1)
        return gv_kling_emu_refuse(e, 1201, "%s: video must be %g to %g seconds long, not %.3f", path,
                                   rule->seconds_min, rule->seconds_max, m->duration_seconds);
    if (m->width < rule->side_min || m->height < rule->side_min || m->width > rule->side_max ||
        m->height > rule->side_max)
        return gv_kling_emu_refuse(e, 1201, "%s: video sides must be between %u and %u px, not %ux%u", path,
                                   rule->side_min, rule->side_max, m->width, m->height);
    if (rule->fps_max > 0 && (m->fps < rule->fps_min - 0.1 || m->fps > rule->fps_max + 0.1))
        return gv_kling_emu_refuse(e, 1201, "%s: video must have %g to %g frames per second", path, rule->fps_min,
                                   rule->fps_max);
    return true;
}

bool gv_kling_emu_sound(struct kling_emu *e, const char *path, double seconds_min, double seconds_max,
                        const struct gv_emu_media **out)
{
    if (!obtain(e, path, false, 5u << 20, out))
        return false;
    const struct gv_emu_media *m = *out;
    if (!m)
        return true;
    if (!is_mime(m, "audio/mpeg|audio/mp3|audio/wav|audio/x-wav|audio/mp4|audio/x-m4a|audio/aac|video/mp4"))
        return gv_kling_emu_refuse(e, 1201, "%s: audio format is not supported, use mp3, wav, m4a or aac", path);
    if (m->duration_seconds < seconds_min - 0.05 || m->duration_seconds > seconds_max + 0.1)
        return gv_kling_emu_refuse(e, 1201, "%s: audio must be %g to %g seconds long, not %.3f", path, seconds_min,
                                   seconds_max, m->duration_seconds);
    return true;
}

/* ---- sizes ------------------------------------------------------------------------------------------------------ */

void gv_kling_emu_ratio(struct kling_wish *wish, const char *ratio)
{
    int fields = sscanf(ratio, "%u:%u", &wish->ratio_width, &wish->ratio_height);
    GV_ASSERT(fields == 2);
}

void gv_kling_emu_ratio_of(struct kling_wish *wish, const struct gv_emu_media *media)
{
    wish->ratio_width = media->width;
    wish->ratio_height = media->height;
}

unsigned gv_kling_emu_short_side(const char *quality)
{
    return among("std|720p", quality) ? 720 : among("pro|1080p", quality) ? 1080 : 2160;
}
