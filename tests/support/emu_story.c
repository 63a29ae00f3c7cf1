#include "support/emu_story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/provider_kit.h"

bool emu_story_listed(const char *const *list, const char *word)
{
    while (*list != NULL && strcmp(*list, word) != 0)
        list++;
    return *list != NULL;
}

const struct gv_emu_task *emu_story_newest(const struct emu_story *s)
{
    assert_true(s->kit.world.task_count > 0);
    return s->kit.tasks[s->kit.world.task_count - 1];
}

void emu_story_open(struct emu_story *s, const char *path, const struct emu_story_edit *edits, size_t edit_count)
{
    s->file = strrchr(path, '/') + 1;
    for (size_t i = 0; i < edit_count; i++) {
        if (edits[i].file[0] == '\0' || strcmp(edits[i].file, s->file) == 0)
            emu_story_swap(s, edits[i].recorded, edits[i].live);
    }
}

void emu_story_swap(struct emu_story *s, const char *recorded, const char *live)
{
    size_t at = 0;
    while (at < s->swap_count && strcmp(s->swaps[at].recorded, recorded) != 0)
        at++;
    assert_true(at < EMU_STORY_SWAPS_MAX);
    s->swaps[at] = (struct emu_story_edit){.recorded = recorded, .live = live};
    s->swap_count += at == s->swap_count;
}

void emu_story_learn(struct emu_story *s, const struct gv_json *recorded, const char *path)
{
    const char *old = gv_json_text(recorded, path), *live = gv_json_text(s->kit.json, path);
    if (old != NULL && live != NULL && strcmp(old, live) != 0)
        emu_story_swap(s, old, live);
}

static const char *swapped(struct emu_story *s, const char *text)
{
    for (size_t i = 0; i < s->swap_count; i++) {
        const char *from = s->swaps[i].recorded, *to = s->swaps[i].live, *out = "", *at;
        for (; (at = strstr(text, from)) != NULL; text = at + strlen(from))
            out = gv_arena_printf(&s->kit.arena, "%s%.*s%s", out, (int)(at - text), text, to);
        text = gv_arena_printf(&s->kit.arena, "%s%s", out, text);
    }
    return text;
}

/* A whole number may stand where the record has a fraction. */
static bool same_kind(const struct gv_json *a, const struct gv_json *b)
{
    return a->kind == b->kind || (a->kind == GV_JSON_REAL && b->kind == GV_JSON_INT);
}

static void same_shape(struct emu_story *s, const struct gv_json *recorded, const struct gv_json *live)
{
    const char *key = recorded->key != NULL ? recorded->key : "";
    if (live == NULL || !same_kind(recorded, live))
        fail_msg("%s: %s is %s in the record, but %s here: %s", s->file, key, gv_json_kind_name(recorded->kind),
                 live != NULL ? gv_json_kind_name(live->kind) : "absent", s->kit.reply.body);
    if (recorded->kind == GV_JSON_STRING && emu_story_listed(s->words, key))
        assert_string_equal(live->text, recorded->text);
    if (s->same != NULL)
        s->same(s, recorded, live);
    const struct gv_json *item = live->child;
    for (const struct gv_json *r = recorded->child; r != NULL; r = r->next) {
        same_shape(s, r, recorded->kind == GV_JSON_OBJECT ? gv_json_member(live, r->key) : item);
        item = item != NULL ? item->next : NULL;
    }
}

void emu_story_tell(struct emu_story *s, const struct gv_json *exchange)
{
    const struct gv_json *request = gv_json_member(exchange, "request"), *reply = gv_json_member(exchange, "reply");
    const struct gv_json *body = gv_json_member(request, "body"), *recorded = gv_json_member(reply, "body");
    const struct gv_json *form = gv_json_member(request, "form"); /* of text as the sandbox hands it on */
    const char *path = swapped(s, gv_json_text(request, "path"));
    int status = (int)gv_json_int(reply, "status", 0);
    body = body != NULL ? body : form;
    emu_kit_send(&s->kit, gv_json_text(request, "method"), path,
                 body != NULL ? swapped(s, provider_kit_text(&s->kit.arena, body)) : NULL);
    if (status >= 500 && s->kit.reply.accepted != NULL)
        return;
    if (s->kit.reply.status != status)
        fail_msg("%s: %s: %d and not %d: %s", s->file, path, s->kit.reply.status, status, s->kit.reply.body);
    if (recorded != NULL)
        same_shape(s, recorded, s->kit.json);
}
