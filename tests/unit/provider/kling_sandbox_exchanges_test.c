/* The recorded exchanges told to the emulator: it must answer as the records do, in status, code, words and shape. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/kling_emu_kit.h"

#define FILE_BYTES_MAX (1u << 20)
#define SWAPS_MAX 32

/* Texts of the record and what stands for them here. */
struct story {
    struct emu_kit kit;
    const char *file;
    struct {
        const char *recorded, *live;
    } swaps[SWAPS_MAX];
    size_t swap_count;
};

/* What a record takes for granted. */
static const struct {
    const char *file, *recorded, *live;
} edits[] = {
    {"image2video-failed.json", "a.png", "small.png"},
    {"lip-sync-text.json", "3300", "2100"}, /* how long words take is each end's own guess */
    {"lip-sync-audio.json", "<blob bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb>", "a.mp3"},
};

static void swap(struct story *s, const char *recorded, const char *live)
{
    assert_true(s->swap_count < SWAPS_MAX);
    s->swaps[s->swap_count].recorded = recorded;
    s->swaps[s->swap_count++].live = live;
}

static const char *swapped(struct story *s, const char *text)
{
    for (size_t i = 0; i < s->swap_count; i++) {
        const char *at = strstr(text, s->swaps[i].recorded);
        if (at)
            text = gv_arena_printf(&s->kit.arena, "%.*s%s%s", (int)(at - text), text, s->swaps[i].live,
                                   swapped(s, at + strlen(s->swaps[i].recorded)));
    }
    return text;
}

static const struct gv_json *read_file(struct story *s)
{
    const char *root = getenv("SOURCE_DIR");
    const char *path = gv_arena_printf(&s->kit.arena, "%s/src/provider/kling/exchanges/%s", root ? root : ".", s->file);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("can't open %s (set SOURCE_DIR to the source tree)", path);
    char *text = gv_arena_alloc(&s->kit.arena, FILE_BYTES_MAX);
    size_t bytes = fread(text, 1, FILE_BYTES_MAX, file);
    fclose(file);
    const struct gv_json *json = gv_json_parse(&s->kit.arena, text, bytes, NULL);
    assert_non_null(json);
    return json;
}

static const char *text_of(struct story *s, const struct gv_json *json)
{
    struct gv_buf buf;
    gv_buf_init(&buf, FILE_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_put_json(&out, NULL, json);
    const char *text = gv_arena_strndup(&s->kit.arena, buf.data, buf.len);
    gv_buf_free(&buf);
    return text;
}

/* Words that both generations define; everything else may differ in value. */
static bool is_word(const char *key)
{
    return key &&
           (strcmp(key, "task_status") == 0 || strcmp(key, "status") == 0 || strcmp(key, "task_status_msg") == 0 ||
            strcmp(key, "type") == 0 || strcmp(key, "charge_type") == 0 || strcmp(key, "face_id") == 0 ||
            strcmp(key, "external_task_id") == 0 || strcmp(key, "external_id") == 0);
}

static void same_shape(struct story *s, const struct gv_json *recorded, const struct gv_json *live)
{
    const char *key = recorded->key ? recorded->key : "";
    if (!live || live->kind != recorded->kind)
        fail_msg("%s: %s is %s in the record, but %s here: %s", s->file, key, gv_json_kind_name(recorded->kind),
                 live ? gv_json_kind_name(live->kind) : "absent", s->kit.reply.body);
    if (is_word(recorded->key))
        assert_string_equal(live->text, recorded->text);
    const struct gv_json *item = live->child;
    for (const struct gv_json *r = recorded->child; r; r = r->next) {
        same_shape(s, r, recorded->kind == GV_JSON_OBJECT ? gv_json_member(live, r->key) : item);
        item = item ? item->next : NULL;
    }
}

/* Every id that the record gives stands for the live one from now on. */
static void learn_ids(struct story *s, const struct gv_json *recorded)
{
    static const char *const paths[] = {"data.task_id", "data.id", "data.session_id", "data.task_result.audios.0.id"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const char *old = gv_json_text(recorded, paths[i]), *live = gv_json_text(s->kit.json, paths[i]);
        if (old && live)
            swap(s, old, live);
    }
}

/* Puts the world into the state that the record was made in. */
static void prepare(struct story *s, const struct gv_json *reply)
{
    struct emu_kit *kit = &s->kit;
    const char *status = gv_json_text(reply, "body.data.task_status");
    status = status ? status : gv_json_text(reply, "body.data.0.status");
    bool missing = gv_json_int(reply, "status", 0) == 400;
    kit->world.bend.retired = strcmp(s->file, "effects-single.json") == 0;
    kit->world.bend.hidden_ms = missing ? 1 : 0;
    if (kit->world.task_count == 0 || missing)
        return;
    const struct gv_emu_task *task = kit->tasks[kit->world.task_count - 1];
    bool processing = status && strcmp(status, "processing") == 0;
    bool submitted = status && strcmp(status, "submitted") == 0;
    if (status && !submitted)
        kit->world.now_ms = processing ? task->begins_ms : task->ends_ms;
}

static void tell(struct story *s, const struct gv_json *exchange)
{
    const struct gv_json *request = gv_json_member(exchange, "request"), *reply = gv_json_member(exchange, "reply");
    const struct gv_json *body = gv_json_member(request, "body"), *recorded = gv_json_member(reply, "body");
    const char *path = swapped(s, gv_json_text(request, "path"));
    prepare(s, reply);
    emu_kit_send(&s->kit, gv_json_text(request, "method"), path, body ? swapped(s, text_of(s, body)) : NULL);
    int64_t status = gv_json_int(reply, "status", 0);
    if (status >= 500) /* an answer that got lost on its way; the task is there */
        return;
    if (s->kit.reply.status != status || gv_json_int(s->kit.json, "code", -1) != gv_json_int(recorded, "code", -2))
        fail_msg("%s: %s: %s", s->file, path, s->kit.reply.body);
    same_shape(s, recorded, s->kit.json);
    learn_ids(s, recorded);
}

/* A film to start from, and for the duplicate the task that was first. */
static void set_the_scene(struct story *s)
{
    struct emu_kit *kit = &s->kit;
    bool duplicate = strcmp(s->file, "duplicate.json") == 0;
    const char *id = emu_kit_create(kit, "/v1/videos/text2video", "{\"model_name\":\"kling-v1-6\",\"prompt\":\"x\"}");
    kit->world.now_ms = kit->tasks[0]->ends_ms;
    emu_kit_send(kit, "GET", gv_arena_printf(&kit->arena, "/v1/videos/text2video/%s", id), NULL);
    swap(s, "\"b1c2\"", gv_arena_printf(&kit->arena, "\"%s\"", emu_kit_at(kit, "data.task_result.videos.0.id")));
    if (duplicate)
        swap(s, "930831534075682845",
             emu_kit_create(kit, "/text-to-video/kling-2.5-turbo",
                            "{\"prompt\":\"a boat at dawn\",\"options\":{\"external_task_id\":\"gv-job-42\"}}"));
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        if (strcmp(edits[i].file, s->file) == 0)
            swap(s, edits[i].recorded, edits[i].live);
    }
}

static void play(const char *file)
{
    struct story story = {.file = file};
    emu_kit_begin(&story.kit);
    set_the_scene(&story);
    const struct gv_json *record = read_file(&story);
    for (const struct gv_json *e = gv_json_member(record, "exchanges")->child; e; e = e->next)
        tell(&story, e);
    emu_kit_free(&story.kit);
}

static void the_emulator_answers_as_recorded(void **state)
{
    (void)state;
    char folder[4096];
    const char *root = getenv("SOURCE_DIR");
    unsigned played = 0;
    snprintf(folder, sizeof folder, "%.4000s/src/provider/kling/exchanges", root ? root : ".");
    DIR *dir = opendir(folder);
    if (!dir)
        fail_msg("can't open %s (set SOURCE_DIR to the source tree)", folder);
    for (struct dirent *entry; (entry = readdir(dir)); played++) {
        if (strstr(entry->d_name, ".json"))
            play(entry->d_name);
    }
    closedir(dir);
    assert_true(played > 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_emulator_answers_as_recorded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
