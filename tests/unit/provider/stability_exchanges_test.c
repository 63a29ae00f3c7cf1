/* Every conversation of the exchanges folder, told to both ends: the machine says each request word by word and ends
 * in the file's phase; the emulator answers as recorded, in status, words and shape. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/emu_story.h"
#include "support/stability_kit.h"

#define FILES 15

extern const struct gv_emulator gv_emulator_stability;

/* ---- the machine ------------------------------------------------------------------------------------ */

static void check_request(struct provider_kit *kit, const char *file, const struct gv_json *request)
{
    const struct gv_json *form = gv_json_member(request, "form");
    if (kit->effect.kind == GV_EFF_TRANSFORM)
        stability_kit_transformed(kit);
    if (kit->effect.kind == GV_EFF_WAIT)
        provider_kit_event(kit, GV_EV_TIMER);
    if (kit->effect.kind != GV_EFF_CALL)
        fail_msg("%s: a call was expected\n%s", file, kit->trace.data);
    assert_string_equal(kit->effect.call.method, gv_json_text(request, "method"));
    assert_string_equal(kit->effect.call.path, gv_json_text(request, "path"));
    if (form == NULL)
        assert_null(provider_kit_body(kit));
    else if (!provider_kit_same(form, stability_kit_form(kit)))
        fail_msg("%s:\n  sent     %s\n  expected %s", file, stability_kit_form_text(kit),
                 provider_kit_text(&kit->arena, form));
}

static void hold(const struct gv_provider *provider, const char *file, const struct gv_json *talk)
{
    (void)provider;
    struct provider_kit kit = {0};
    struct gv_arena reader = {0};
    stability_kit_begin(&kit, provider_kit_text(&reader, gv_json_member(talk, "operation")));
    provider_kit_event(&kit, GV_EV_START);
    for (const struct gv_json *turn = gv_json_member(talk, "exchanges")->child; turn != NULL; turn = turn->next) {
        check_request(&kit, file, gv_json_member(turn, "request"));
        assert_int_equal(kit.effect.call.lifts || kit.effect.call.kind == GV_CALL_CREATE ||
                             gv_json_at(turn, "request.form.none") != NULL,
                         1);
        stability_kit_reply(&kit, (int)gv_json_int(turn, "reply.status", 0),
                            provider_kit_text(&kit.arena, gv_json_at(turn, "reply.body")),
                            gv_json_text(turn, "lifted"));
    }
    if (strcmp(provider_kit_phase(&kit), gv_json_text(talk, "ends")) != 0)
        fail_msg("%s: ends in %s\n%s", file, provider_kit_phase(&kit), kit.trace.data);
    provider_kit_free(&kit);
    gv_arena_free(&reader);
}

static void the_machine_says_what_was_recorded(void **state)
{
    (void)state;
    assert_int_equal(provider_kit_each_exchange(&gv_provider_stability, hold), FILES);
}

/* ---- the emulator ----------------------------------------------------------------------------------- */

/* Whatever the conversation sends is a picture of one of the three sizes. */
static const struct gv_emu_media *media(struct gv_emu_world *world, const char *text)
{
    struct gv_emu_media *m = GV_NEW(world->arena, struct gv_emu_media);
    *m = (struct gv_emu_media){.ref = gv_arena_printf(world->arena, "blob:%s", STABILITY_KIT_FRAME_SHA),
                               .mime_type = "image/png",
                               .bytes = 40000,
                               .width = 1024,
                               .height = 576};
    assert_string_equal(text, "blob:0");
    return m;
}

static const char *const words[] = {"name", "status", "finish_reason", NULL};

static void same_size(struct emu_story *s, const struct gv_json *recorded, const struct gv_json *live)
{
    (void)s;
    assert_int_equal(live->count, recorded->count);
    if (recorded->key != NULL && strcmp(recorded->key, "id") == 0)
        assert_int_equal(live->text_bytes, recorded->text_bytes);
}

static void tell(struct emu_story *s, const struct gv_json *turn)
{
    const char *word = gv_json_text(turn, "reply.body.status");
    bool asks = gv_json_at(turn, "request.form") == NULL;
    if (asks && s->kit.world.task_count > 0 && (word == NULL || strcmp(word, "in-progress") != 0))
        s->kit.world.now_ms = emu_story_newest(s)->ends_ms;
    emu_story_tell(s, turn);
    assert_int_equal(s->kit.reply.film_count, gv_json_text(turn, "lifted") != NULL);
    if (s->kit.reply.accepted != NULL)
        emu_story_swap(s, STABILITY_KIT_ID, s->kit.reply.accepted->id);
}

static void play(const struct gv_provider *provider, const char *path, const struct gv_json *talk)
{
    (void)provider;
    struct emu_story story = {.words = words, .same = same_size};
    struct emu_kit *kit = &story.kit;
    const char *key = gv_json_text(talk, "key"), *bend = gv_json_text(talk, "bend");
    emu_kit_open(kit, &gv_emulator_stability, media);
    emu_story_open(&story, path, NULL, 0);
    if (key != NULL)
        kit->authorization = gv_arena_printf(&kit->arena, "Bearer %s", key);
    kit->world.bend.retired = bend != NULL && strcmp(bend, "retired") == 0;
    kit->world.bend.hidden_ms = bend != NULL && strcmp(bend, "hidden") == 0 ? INT64_MAX : 0;
    kit->headers[0] = (struct gv_header){"Content-Type", "multipart/form-data; boundary=b"};
    kit->headers[1] = (struct gv_header){"accept", "application/json"};
    kit->header_count = 2;
    for (const struct gv_json *turn = gv_json_member(talk, "exchanges")->child; turn != NULL; turn = turn->next)
        tell(&story, turn);
    emu_kit_free(kit);
}

static void the_emulator_answers_what_was_recorded(void **state)
{
    (void)state;
    assert_int_equal(provider_kit_each_exchange(&gv_provider_stability, play), FILES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_machine_says_what_was_recorded),
        cmocka_unit_test(the_emulator_answers_what_was_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
