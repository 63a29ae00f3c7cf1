/* The recorded exchanges told to Runway's emulator: it takes what the records send and answers in their shape, with
 * their words and prices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/list.h"
#include "provider/runway/runway.h"
#include "support/emu_story.h"
#include "support/provider_kit.h"
#include "support/runway_emu_kit.h"

static const struct emu_story_edit edits[] = {
    {"asset-refused.json", "v.mp4", "long.mp4"},
    {"data-uri.json", "<blob aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa>", "AAAA"},
    {"failed.json", "a logo", "a logo [fail: INTERNAL.BAD_OUTPUT.CODE01 An unexpected error occurred.]"},
    {"video-to-video.json", "make it snow", "make it snow [outputs: 2]"},
};

/* Models whose price the fact sheet lacks, and films whose length the record knows alone. */
static const char *const unpriced[] = {"h3-max.json", "hailuo.json",         "wan-keyframes.json",
                                       "upload.json", "upscale.json",        "video-to-video-extend.json",
                                       "grok.json",   "video-to-video.json", NULL};

static const char *const words[] = {"status", "failure", "failureCode", "code", "message", "docUrl", NULL};

static void same_money(struct emu_story *s, const struct gv_json *recorded, const struct gv_json *live)
{
    const char *key = recorded->key != NULL ? recorded->key : "";
    if (strcmp(key, "error") == 0) /* the first sentence is known */
        assert_memory_equal(live->text, recorded->text, strcspn(recorded->text, "."));
    bool amount = strcmp(key, "credits") == 0 && !emu_story_listed(unpriced, s->file);
    if (amount && (live->real > recorded->real || live->real < recorded->real))
        fail_msg("%s: %g credits in the record, %g here", s->file, recorded->real, live->real);
}

/* The time at which the newest task is in the recorded state. */
static void set_clock(struct emu_story *s, const char *status)
{
    struct emu_kit *kit = &s->kit;
    if (!status || kit->world.task_count == 0 || strcmp(status, "THROTTLED") == 0)
        return;
    const struct gv_emu_task *task = emu_story_newest(s);
    kit->world.now_ms = strcmp(status, "PENDING") == 0   ? task->begins_ms - 1
                        : strcmp(status, "RUNNING") == 0 ? task->begins_ms + 1
                                                         : task->ends_ms;
}

/* The storage gets the live slot's fields; how a form is written is the adapter's matter and the server's. */
static void upload(struct emu_story *s, const struct gv_json *slot, int64_t status)
{
    struct emu_kit *kit = &s->kit;
    const char *fields = provider_kit_text(&kit->arena, gv_json_member(slot, "fields"));
    const char *form = gv_arena_printf(&kit->arena, "%.*s,\"file\":\"blob.mp4\"}", (int)strlen(fields) - 1, fields);
    kit->authorization = NULL;
    assert_int_equal(emu_kit_send(kit, "POST", "/storage", form), status);
    kit->authorization = "Bearer sandbox-key";
}

static void tell(struct emu_story *s, const struct gv_json *turn)
{
    const struct gv_json *recorded = gv_json_at(turn, "reply.body");
    const char *error = gv_json_text(recorded, "error");
    int64_t status = gv_json_int(turn, "reply.status", 0);
    if (status == 502 || (error != NULL && strcmp(error, "Too many requests") == 0))
        return; /* a fault script's matter */
    set_clock(s, gv_json_text(recorded, "status"));
    if (gv_json_at(turn, "request.path") == NULL) { /* the slot was the last answer */
        upload(s, s->kit.json, status);
        return;
    }
    emu_story_tell(s, turn);
    emu_story_learn(s, recorded, "id");
    emu_story_learn(s, recorded, "runwayUri");
    emu_story_learn(s, recorded, "output.0");
}

static void set_the_scene(struct emu_story *s)
{
    struct emu_kit *kit = &s->kit;
    const char *other = "{\"model\":\"gen4.5\",\"promptText\":\"x\",\"ratio\":\"1280:720\",\"duration\":5}";
    if (strcmp(s->file, "no-key.json") == 0)
        kit->authorization = NULL;
    if (strcmp(s->file, "no-credits.json") == 0)
        kit->authorization = "Bearer sandbox-poor";
    for (size_t i = 0; i < 5 && strcmp(s->file, "failed.json") == 0; i++)
        emu_kit_create(kit, "/v1/text_to_video", other);
    if (strcmp(s->file, "daily-limit.json") == 0) {
        kit->world.bend.slots = 1;
        emu_kit_create(kit, "/v1/text_to_video", other);
        while (kit->world.task_count < 200)
            kit->tasks[kit->world.task_count++] = kit->tasks[0];
    }
}

static void play(const struct gv_provider *provider, const char *path, const struct gv_json *talk)
{
    (void)provider;
    struct emu_story story = {.words = words, .same = same_money};
    runway_emu_begin(&story.kit);
    emu_story_open(&story, path, edits, GV_COUNT(edits));
    set_the_scene(&story);
    for (const struct gv_json *turn = gv_json_member(talk, "exchanges")->child; turn != NULL; turn = turn->next)
        tell(&story, turn);
    emu_kit_free(&story.kit);
}

static void the_emulator_answers_as_recorded(void **state)
{
    (void)state;
    assert_true(provider_kit_each_exchange(&gv_provider_runway, play) >= 26);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_emulator_answers_as_recorded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
