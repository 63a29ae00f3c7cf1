#include "support/runway_emu_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

extern const struct gv_emulator gv_emulator_runway;

static void describe_image(struct gv_emu_media *m, const char *text)
{
    m->mime_type = emu_kit_ends(text, ".txt") ? NULL : "image/png";
    m->bytes = emu_kit_ends(text, "big.png") ? 17u << 20 : emu_kit_ends(text, ",blob:0") ? 3932145 : 2048;
    m->width = emu_kit_ends(text, "small.png") ? 255 : emu_kit_ends(text, "wide.png") ? 2000 : 1024;
    m->height = emu_kit_ends(text, "small.png") ? 255 : emu_kit_ends(text, "wide.png") ? 800 : 576;
}

static const struct gv_emu_media *media(struct gv_emu_world *world, const char *text)
{
    struct gv_emu_media *m = emu_kit_media(world, text);
    if (m->width == 1024)
        describe_image(m, text);
    if (emu_kit_ends(text, "long.mp4"))
        m->duration_seconds = 60;
    if (emu_kit_ends(text, "big.mp4"))
        m->bytes = 33u << 20;
    if (emu_kit_ends(text, "long.mp3"))
        m->duration_seconds = 16;
    return m;
}

void runway_emu_begin(struct emu_kit *kit)
{
    emu_kit_open(kit, &gv_emulator_runway, media);
    kit->headers[0] = (struct gv_header){"x-runway-version", "2024-11-06"};
    kit->header_count = 1;
}

int runway_emu_kit_set_up(void **state)
{
    return emu_kit_set_up(state, runway_emu_begin);
}

static bool same_path(struct emu_kit *kit, const struct gv_json *path, const char *expected)
{
    const char *text = "";
    for (const struct gv_json *part = path ? path->child : NULL; part; part = part->next) {
        const char *word =
            part->kind == GV_JSON_STRING ? part->text : gv_arena_printf(&kit->arena, "%lld", (long long)part->integer);
        text = gv_arena_printf(&kit->arena, "%s%s%s", text, *text ? "." : "", word);
    }
    return path && strcmp(text, expected) == 0;
}

void runway_emu_issue(struct emu_kit *kit, const char *path, const char *body, const char *code, const char *at,
                      const char *part)
{
    emu_kit_send(kit, "POST", path, body);
    const struct gv_json *issues = gv_json_member(kit->json, "issues");
    bool found = false;
    for (const struct gv_json *i = issues ? issues->child : NULL; i; i = i->next)
        found = found || (strcmp(gv_json_text(i, "code"), code) == 0 && strstr(gv_json_text(i, "message"), part) &&
                          same_path(kit, gv_json_member(i, "path"), at));
    if (kit->reply.accepted || kit->reply.status != 400 || !found)
        fail_msg("POST %s %s: expected %s at %s with \"%s\", got %d %s", path, body ? body : "", code, at, part,
                 kit->reply.status, kit->reply.body);
    assert_string_equal(gv_json_text(kit->json, "error"), "Validation of body failed");
}

size_t runway_emu_issues(struct emu_kit *kit)
{
    const struct gv_json *issues = gv_json_member(kit->json, "issues");
    return issues ? issues->count : 0;
}
