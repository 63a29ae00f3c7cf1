/* Every conversation of the exchanges folder, told to both ends: the machine says each request word by word and ends
 * in the file's phase; the emulator answers as recorded, in status, words and shape. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/emu_kit.h"
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
        fail_msg("%s:\n  sent     %s\n  expected %s", file, stability_kit_form_text(kit), provider_kit_text(kit, form));
}

static void hold(const struct gv_provider *provider, const char *file, const struct gv_json *talk)
{
    (void)provider;
    struct provider_kit kit = {0}, reader = {0};
    stability_kit_begin(&kit, provider_kit_text(&reader, gv_json_member(talk, "operation")));
    provider_kit_event(&kit, GV_EV_START);
    for (const struct gv_json *turn = gv_json_member(talk, "exchanges")->child; turn != NULL; turn = turn->next) {
        check_request(&kit, file, gv_json_member(turn, "request"));
        assert_int_equal(kit.effect.call.lifts || kit.effect.call.kind == GV_CALL_CREATE ||
                             gv_json_at(turn, "request.form.none") != NULL,
                         1);
        stability_kit_reply(&kit, (int)gv_json_int(turn, "reply.status", 0),
                            provider_kit_text(&kit, gv_json_at(turn, "reply.body")), gv_json_text(turn, "lifted"));
    }
    if (strcmp(provider_kit_phase(&kit), gv_json_text(talk, "ends")) != 0)
        fail_msg("%s: ends in %s\n%s", file, provider_kit_phase(&kit), kit.trace.data);
    provider_kit_free(&kit);
    provider_kit_free(&reader);
}

static void the_machine_says_what_was_recorded(void **state)
{
    (void)state;
    assert_int_equal(provider_kit_each_exchange(&gv_provider_stability, hold), FILES);
}

/* ---- the emulator ----------------------------------------------------------------------------------- */

static struct {
    struct emu_kit kit;
    const char *file, *live_id; /* of the film */
} story;

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

static bool is_word(const char *key)
{
    return key && (strcmp(key, "name") == 0 || strcmp(key, "status") == 0 || strcmp(key, "finish_reason") == 0);
}

static void same_shape(const struct gv_json *recorded, const struct gv_json *live)
{
    if (!live || live->kind != recorded->kind)
        fail_msg("%s: %s is %s in the record, but %s here: %s", story.file, recorded->key ? recorded->key : "",
                 gv_json_kind_name(recorded->kind), live ? gv_json_kind_name(live->kind) : "absent",
                 story.kit.reply.body);
    assert_int_equal(live->count, recorded->count);
    if (is_word(recorded->key))
        assert_string_equal(live->text, recorded->text);
    if (recorded->key && strcmp(recorded->key, "id") == 0)
        assert_int_equal(live->text_bytes, recorded->text_bytes);
    const struct gv_json *item = live->child;
    for (const struct gv_json *r = recorded->child; r; r = r->next) {
        same_shape(r, recorded->kind == GV_JSON_OBJECT ? gv_json_member(live, r->key) : item);
        item = item ? item->next : NULL;
    }
}

/* The path with the live id in the recorded one's place. */
static const char *live_path(const char *path)
{
    const char *id = strstr(path, STABILITY_KIT_ID);
    return id ? gv_arena_printf(&story.kit.arena, "%.*s%s", (int)(id - path), path, story.live_id) : path;
}

static void tell(const struct gv_json *turn)
{
    struct emu_kit *kit = &story.kit;
    const struct gv_json *form = gv_json_at(turn, "request.form"), *body = gv_json_at(turn, "reply.body");
    struct provider_kit text = {0};
    const char *word = gv_json_text(body, "status");
    if (!form && kit->world.task_count > 0 && (!word || strcmp(word, "in-progress") != 0))
        kit->world.now_ms = kit->tasks[kit->world.task_count - 1]->ends_ms;
    emu_kit_send(kit, gv_json_text(turn, "request.method"), live_path(gv_json_text(turn, "request.path")),
                 form ? provider_kit_text(&text, form) : NULL);
    if (kit->reply.status != gv_json_int(turn, "reply.status", 0))
        fail_msg("%s: %d %s", story.file, kit->reply.status, kit->reply.body);
    const struct gv_json *live = gv_json_parse(&kit->arena, kit->reply.body, strlen(kit->reply.body), NULL);
    same_shape(body, live);
    assert_int_equal(kit->reply.film_count, gv_json_text(turn, "lifted") != NULL);
    story.live_id = kit->reply.accepted ? kit->reply.accepted->id : story.live_id;
    provider_kit_free(&text);
}

static void play(const struct gv_provider *provider, const char *file, const struct gv_json *talk)
{
    (void)provider;
    struct emu_kit *kit = &story.kit;
    const char *key = gv_json_text(talk, "key"), *bend = gv_json_text(talk, "bend");
    emu_kit_open(kit, &gv_emulator_stability, media);
    story.file = file;
    if (key)
        kit->authorization = gv_arena_printf(&kit->arena, "Bearer %s", key);
    kit->world.bend.retired = bend && strcmp(bend, "retired") == 0;
    kit->world.bend.hidden_ms = bend && strcmp(bend, "hidden") == 0 ? INT64_MAX : 0;
    kit->headers[0] = (struct gv_header){"Content-Type", "multipart/form-data; boundary=b"};
    kit->headers[1] = (struct gv_header){"accept", "application/json"};
    kit->header_count = 2;
    for (const struct gv_json *turn = gv_json_member(talk, "exchanges")->child; turn; turn = turn->next)
        tell(turn);
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
