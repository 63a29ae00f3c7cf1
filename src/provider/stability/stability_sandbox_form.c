/* Stability's emulator: what a form says, and all that is wrong with it. Fact sheet 1, 2, 4.2. */
#include "provider/stability/stability_sandbox.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>

#define WORDS_MAX 10000
#define FILES_BYTES_MAX (10u << 20)

bool gv_stability_emu_is_form(struct stability_emu *e)
{
    static const char multipart[] = "multipart/form-data";
    const char *type = gv_emu_header(e->request, "Content-Type");
    if (!type || strncasecmp(type, multipart, sizeof multipart - 1) != 0)
        return gv_stability_emu_refuse(e, "bad_request", "content-type: must be multipart/form-data");
    if (!e->request->body || e->request->body->kind != GV_JSON_OBJECT)
        return gv_stability_emu_refuse(e, "bad_request", "body: the form can't be read");
    return true;
}

void gv_stability_emu_fault(struct stability_emu *e, const char *field, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *words = gv_arena_vprintf(e->world->arena, format, args);
    va_end(args);
    if (e->error_count < STABILITY_EMU_ERRORS_MAX)
        e->errors[e->error_count++] = gv_arena_printf(e->world->arena, "%s: %s", field, words);
}

bool gv_stability_emu_faultless(struct stability_emu *e)
{
    if (e->error_count == 0)
        return true;
    e->reply = gv_stability_emu_error(e->world, 0, "bad_request", e->errors, e->error_count);
    return false;
}

const char *gv_stability_emu_part(const struct stability_emu *e, const char *field)
{
    return gv_json_text(e->request->body, field);
}

const char *gv_stability_emu_words(struct stability_emu *e, const char *field, bool needed)
{
    const char *text = gv_stability_emu_part(e, field);
    size_t count = 0;
    for (const char *p = text; p && *p; p++)
        count += ((unsigned char)*p & 0xc0) != 0x80;
    if (!text && needed)
        gv_stability_emu_fault(e, field, "is required");
    else if ((text && count > WORDS_MAX) || (needed && count == 0))
        gv_stability_emu_fault(e, field, "must have 1 to %d characters", WORDS_MAX);
    return text;
}

const char *gv_stability_emu_choice(struct stability_emu *e, const char *field, const char *allowed,
                                    const char *fallback)
{
    const char *text = gv_stability_emu_part(e, field);
    size_t bytes = text ? strlen(text) : 0;
    for (const char *p = allowed; text && *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        if (n == bytes && strncmp(p, text, n) == 0)
            return text;
        p += n;
    }
    if (text)
        gv_stability_emu_fault(e, field, "must be one of %s", allowed);
    return fallback;
}

double gv_stability_emu_number(struct stability_emu *e, const char *field, double least, double most, double fallback)
{
    const char *text = gv_stability_emu_part(e, field);
    char *end = NULL;
    if (!text)
        return fallback;
    double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value))
        gv_stability_emu_fault(e, field, "must be a number");
    else if (value < least || value > most)
        gv_stability_emu_fault(e, field, "must be between %g and %g", least, most);
    return value;
}

int64_t gv_stability_emu_integer(struct stability_emu *e, const char *field, int64_t least, int64_t most)
{
    const char *text = gv_stability_emu_part(e, field);
    char *end = NULL;
    if (!text)
        return 0;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end)
        gv_stability_emu_fault(e, field, "must be an integer");
    else if (errno || value < least || value > most)
        gv_stability_emu_fault(e, field, "must be between %lld and %lld", (long long)least, (long long)most);
    return value;
}

static bool is_file(const char *text)
{
    return text && strncmp(text, "blob:", 5) == 0;
}

const struct gv_emu_media *gv_stability_emu_picture(struct stability_emu *e, const char *field, bool needed)
{
    const char *text = gv_stability_emu_part(e, field);
    if (!text && needed)
        gv_stability_emu_fault(e, field, "is required");
    if (!text)
        return NULL;
    const struct gv_emu_media *media = is_file(text) ? e->world->media(e->world, text) : NULL;
    if (media && !media->failure && media->mime_type && strncmp(media->mime_type, "image/", 6) == 0)
        return media;
    gv_stability_emu_fault(e, field, media ? "the image could not be read" : "must be a file");
    return NULL;
}

bool gv_stability_emu_small(struct stability_emu *e)
{
    uint64_t bytes = 0;
    for (const struct gv_json *part = e->request->body->child; part; part = part->next) {
        if (part->kind == GV_JSON_STRING && is_file(part->text))
            bytes += e->world->media(e->world, part->text)->bytes;
    }
    return bytes <= FILES_BYTES_MAX || gv_stability_emu_refuse(e, "payload_too_large", NULL);
}
