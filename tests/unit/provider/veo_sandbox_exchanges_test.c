/* The recorded exchanges told to the emulator: it must answer as the records do, in status, code and shape. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/list.h"
#include "provider/veo/veo.h"
#include "support/emu_story.h"
#include "support/provider_kit.h"
#include "support/veo_emu_kit.h"

static const struct emu_story_edit edits[] = {
    {"", "my-proj", "sandbox-project"},
    {"", "<blob aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa>", "aaaa"},
    {"gemini-refused.json", "\"durationSeconds\":8,\"resolution\":\"720p\"",
     "\"durationSeconds\":6,\"resolution\":\"1080p\""},
    {"text-failed.json", "\"durationSeconds\":8", "\"durationSeconds\":5"},
    {"text-filtered.json", "\"a boat\"", "\"a boat [filter]\""},
    {"gemini-filtered.json", "\"a boat\"", "\"a boat [filter]\""},
    {"partial.json", "\"A lighthouse at dawn\"", "\"A lighthouse at dawn [filter: 1]\""},
};

/* Texts that both ends define; the rest may differ in value. */
static const char *const words[] = {"@type", "status", "reason", "mimeType", "kind", "retryDelay", NULL};

/* Numbers that are counts or codes are all the same. */
static void same_numbers(struct emu_story *s, const struct gv_json *recorded, const struct gv_json *live)
{
    if (live->integer != recorded->integer || live->boolean != recorded->boolean)
        fail_msg("%s: %s is another in the record than here: %s", s->file, recorded->key, s->kit.reply.body);
    if (recorded->kind == GV_JSON_ARRAY && recorded->count == 0)
        assert_int_equal(live->count, 0);
}

/* An operation's id stands for the live one from now on, and its folder for the live one. */
static void learn_ids(struct emu_story *s)
{
    if (!s->kit.reply.accepted)
        return;
    const char *number = strstr(s->kit.reply.accepted->memo, "\"number\":\"") + strlen("\"number\":\"");
    emu_story_swap(s, "a1b07c8e-7b5a-4aba-bb34-3e1ccb8afcc8", s->kit.reply.accepted->id);
    emu_story_swap(s, "321kvdcepmcg", s->kit.reply.accepted->id);
    emu_story_swap(s, "1208296686290258483", gv_arena_strndup(&s->kit.arena, number, strspn(number, "0123456789")));
}

/* Puts the world into the state that the record was made in. */
static void prepare(struct emu_story *s, const char *token, const struct gv_json *reply)
{
    struct emu_kit *kit = &s->kit;
    int64_t status = gv_json_int(reply, "status", 0);
    const struct gv_json *done = gv_json_at(reply, "body.done"), *videos = gv_json_at(reply, "body.response.videos");
    kit->authorization = status == 401 ? "Bearer other" : token;
    kit->headers[0].value = strcmp(s->file, "gemini-bad-key.json") == 0 ? "other" : "sandbox-key";
    kit->world.bend = (struct gv_emu_bend){.retired = status == 404};
    if (done && !done->boolean)
        kit->world.bend.status_word = "not-done";
    if (videos && videos->count == 0)
        kit->world.bend.status_word = "empty";
    if ((done && done->boolean) || gv_json_at(reply, "body.items"))
        kit->world.now_ms = emu_story_newest(s)->ends_ms;
    if (status == 429) { /* another create has taken the only place, 23 s ago */
        emu_kit_create(kit, VEO_FAST, VEO_BODY(VEO_BOAT, ""));
        kit->world.now_ms += 23000;
        kit->world.bend.slots = 1;
    }
}

/* A film of Gemini's to extend. */
static void set_the_scene(struct emu_story *s)
{
    struct emu_kit *kit = &s->kit;
    if (strcmp(s->file, "gemini-extension.json") != 0)
        return;
    emu_kit_create(kit, VEO_GEMINI("veo-3.1-generate-preview"), VEO_BODY(VEO_BOAT, ""));
    kit->world.now_ms = kit->tasks[0]->ends_ms;
    emu_kit_send(kit, "GET", gv_arena_printf(&kit->arena, "/v1beta/%s", emu_kit_at(kit, "name")), NULL);
    emu_story_swap(s, "https://generativelanguage.googleapis.com/v1beta/files/abc:download?alt=media",
                   emu_kit_at(kit, "response.generateVideoResponse.generatedSamples.0.video.uri"));
}

static void play(const struct gv_provider *provider, const char *path, const struct gv_json *talk)
{
    (void)provider;
    struct emu_story story = {.words = words, .same = same_numbers};
    veo_emu_kit_begin(&story.kit);
    const char *token = story.kit.authorization;
    emu_story_open(&story, path, edits, GV_COUNT(edits));
    set_the_scene(&story);
    for (const struct gv_json *turn = gv_json_member(talk, "exchanges")->child; turn != NULL; turn = turn->next) {
        prepare(&story, token, gv_json_member(turn, "reply"));
        emu_story_tell(&story, turn);
        learn_ids(&story);
    }
    emu_kit_free(&story.kit);
}

static void the_emulator_answers_as_recorded(void **state)
{
    (void)state;
    assert_true(provider_kit_each_exchange(&gv_provider_veo, play) >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_emulator_answers_as_recorded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
