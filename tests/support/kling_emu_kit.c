#include "support/kling_emu_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

extern const struct gv_emulator gv_emulator_kling;

static bool ends(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static void describe_image(struct gv_emu_media *m, const char *text)
{
    m->mime_type = ends(text, ".jpg") ? "image/jpeg" : ends(text, ".txt") ? NULL : "image/png";
    m->bytes = ends(text, "big.png") ? 51u << 20 : ends(text, "middle.png") ? 11u << 20 : 2048;
    m->width = ends(text, "small.png") ? 299 : ends(text, "wide.png") ? 1600 : 1024;
    m->height = ends(text, "wide.png") ? 600 : ends(text, "small.png") ? 299 : 576;
}

static const struct gv_emu_media *media(struct gv_emu_world *world, const char *text)
{
    struct gv_emu_media *m = GV_NEW(world->arena, struct gv_emu_media);
    m->ref = gv_arena_printf(world->arena, "blob:%s", text);
    if (strstr(text, "gone"))
        m->failure = "it can't be fetched";
    else if (ends(text, ".mp4"))
        *m = (struct gv_emu_media){m->ref, "video/mp4", 1u << 20, 1280, 720, 24, 5, NULL};
    else if (ends(text, ".mp3"))
        *m = (struct gv_emu_media){m->ref, "audio/mpeg", 1u << 16, 0, 0, 0, 4, NULL};
    else
        describe_image(m, text);
    if (ends(text, "short.mp4") || ends(text, "short.mp3"))
        m->duration_seconds = 1;
    if (ends(text, "long.mp4"))
        m->duration_seconds = 60;
    return m;
}

void emu_kit_begin(struct emu_kit *kit)
{
    emu_kit_open(kit, &gv_emulator_kling, media);
}

void emu_kit_refused(struct emu_kit *kit, const char *method, const char *path, const char *body, int status, int code,
                     const char *part)
{
    emu_kit_send(kit, method, path, body);
    const char *message = gv_json_text(kit->json, "message");
    if (kit->reply.accepted || kit->reply.status != status || gv_json_int(kit->json, "code", -1) != code ||
        !strstr(message ? message : "", part))
        fail_msg("%s %s %s: expected %d, %d with \"%s\", got %d %s", method, path, body ? body : "", status, code, part,
                 kit->reply.status, kit->reply.body);
    assert_null(gv_json_member(kit->json, "data"));
}
