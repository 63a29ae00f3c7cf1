#include "support/kling_emu_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

extern const struct gv_emulator gv_emulator_kling;

static void describe_image(struct gv_emu_media *m, const char *text)
{
    m->mime_type = emu_kit_ends(text, ".jpg") ? "image/jpeg" : emu_kit_ends(text, ".txt") ? NULL : "image/png";
    m->bytes = emu_kit_ends(text, "big.png") ? 51u << 20 : emu_kit_ends(text, "middle.png") ? 11u << 20 : 2048;
    m->width = emu_kit_ends(text, "small.png") ? 299 : emu_kit_ends(text, "wide.png") ? 1600 : 1024;
    m->height = emu_kit_ends(text, "wide.png") ? 600 : emu_kit_ends(text, "small.png") ? 299 : 576;
}

static const struct gv_emu_media *media(struct gv_emu_world *world, const char *text)
{
    struct gv_emu_media *m = emu_kit_media(world, text);
    if (m->width == 1024)
        describe_image(m, text);
    if (emu_kit_ends(text, "short.mp4") || emu_kit_ends(text, "short.mp3"))
        m->duration_seconds = 1;
    if (emu_kit_ends(text, "long.mp4"))
        m->duration_seconds = 60;
    return m;
}

void emu_kit_begin(struct emu_kit *kit)
{
    emu_kit_open(kit, &gv_emulator_kling, media);
}

int kling_emu_kit_set_up(void **state)
{
    return emu_kit_set_up(state, emu_kit_begin);
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
