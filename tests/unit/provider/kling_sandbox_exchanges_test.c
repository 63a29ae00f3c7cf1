/* The recorded exchanges told to the emulator: it must answer as the records do, in status, code, words and shape. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/list.h"
#include "provider/kling/kling.h"
#include "support/emu_story.h"
#include "support/kling_emu_kit.h"
#include "support/provider_kit.h"

static const struct emu_story_edit edits[] = {
    {"image2video-failed.json", "a.png", "small.png"},
    {"lip-sync-text.json", "3300", "2100"}, /* how long words take is each end's own guess */
    {"lip-sync-audio.json", "<blob bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb>", "a.mp3"},
};

/* Words that both generations define; everything else may differ in value. */
static const char *const words[] = {"task_status", "status",           "task_status_msg", "type", "charge_type",
                                    "face_id",     "external_task_id", "external_id",     NULL};

static void same_code(struct emu_story *s, const struct gv_json *recorded, const struct gv_json *live)
{
    if (recorded->key != NULL && strcmp(recorded->key, "code") == 0 && recorded->integer != live->integer)
        fail_msg("%s: %s", s->file, s->kit.reply.body);
}

/* Puts the world into the state that the record was made in. */
static void prepare(struct emu_story *s, const struct gv_json *reply)
{
    struct emu_kit *kit = &s->kit;
    const char *status = gv_json_text(reply, "body.data.task_status");
    status = status ? status : gv_json_text(reply, "body.data.0.status");
    bool missing = gv_json_int(reply, "status", 0) == 400;
    kit->world.bend.retired = strcmp(s->file, "effects-single.json") == 0;
    kit->world.bend.hidden_ms = missing ? 1 : 0;
    if (kit->world.task_count == 0 || missing)
        return;
    const struct gv_emu_task *task = emu_story_newest(s);
    bool processing = status && strcmp(status, "processing") == 0;
    bool submitted = status && strcmp(status, "submitted") == 0;
    if (status && !submitted)
        kit->world.now_ms = processing ? task->begins_ms : task->ends_ms;
}

/* A film to start from, and for the duplicate the task that was first. */
static void set_the_scene(struct emu_story *s)
{
    struct emu_kit *kit = &s->kit;
    bool duplicate = strcmp(s->file, "duplicate.json") == 0;
    const char *id = emu_kit_create(kit, "/v1/videos/text2video", "{\"model_name\":\"kling-v1-6\",\"prompt\":\"x\"}");
    kit->world.now_ms = kit->tasks[0]->ends_ms;
    emu_kit_send(kit, "GET", gv_arena_printf(&kit->arena, "/v1/videos/text2video/%s", id), NULL);
    emu_story_swap(s, "\"b1c2\"",
                   gv_arena_printf(&kit->arena, "\"%s\"", emu_kit_at(kit, "data.task_result.videos.0.id")));
    if (duplicate)
        emu_story_swap(
            s, "930831534075682845",
            emu_kit_create(kit, "/text-to-video/kling-2.5-turbo",
                           "{\"prompt\":\"a boat at dawn\",\"options\":{\"external_task_id\":\"gv-job-42\"}}"));
}

static void play(const struct gv_provider *provider, const char *path, const struct gv_json *talk)
{
    (void)provider;
    static const char *const ids[] = {"data.task_id", "data.id", "data.session_id", "data.task_result.audios.0.id"};
    struct emu_story story = {.words = words, .same = same_code};
    emu_kit_begin(&story.kit);
    emu_story_open(&story, path, edits, GV_COUNT(edits));
    set_the_scene(&story);
    for (const struct gv_json *turn = gv_json_member(talk, "exchanges")->child; turn != NULL; turn = turn->next) {
        prepare(&story, gv_json_member(turn, "reply"));
        emu_story_tell(&story, turn);
        for (size_t i = 0; i < GV_COUNT(ids); i++)
            emu_story_learn(&story, gv_json_at(turn, "reply.body"), ids[i]);
    }
    emu_kit_free(&story.kit);
}

static void the_emulator_answers_as_recorded(void **state)
{
    (void)state;
    assert_true(provider_kit_each_exchange(&gv_provider_kling, play) >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_emulator_answers_as_recorded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
