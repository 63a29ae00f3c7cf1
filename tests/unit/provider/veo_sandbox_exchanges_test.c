/* The recorded exchanges told to the emulator: it must answer as the records do, in status, code and shape. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/veo_emu_kit.h"

#define FILE_BYTES_MAX (1u << 20)
#define SWAPS_MAX 16

/* Texts of the record and what stands for them here. */
struct story {
    struct emu_kit kit;
    const char *file;
    const char *token;
    struct {
        const char *recorded, *live;
    } swaps[SWAPS_MAX];
    size_t swap_count;
};

/* What a record takes for granted. */
static const struct {
    const char *file, *recorded, *live;
} edits[] = {
    {"", "my-proj", "sandbox-project"},
    {"", "<blob aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa>", "aaaa"},
    {"gemini-refused.json", "\"durationSeconds\":8,\"resolution\":\"720p\"",
     "\"durationSeconds\":6,\"resolution\":\"1080p\""},
    {"text-failed.json", "\"durationSeconds\":8", "\"durationSeconds\":5"},
    {"text-filtered.json", "\"a boat\"", "\"a boat [filter]\""},
    {"gemini-filtered.json", "\"a boat\"", "\"a boat [filter]\""},
    {"partial.json", "\"A lighthouse at dawn\"", "\"A lighthouse at dawn [filter: 1]\""},
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
        const char *from = s->swaps[i].recorded, *to = s->swaps[i].live, *out = "", *at;
        for (; (at = strstr(text, from)); text = at + strlen(from))
            out = gv_arena_printf(&s->kit.arena, "%s%.*s%s", out, (int)(at - text), text, to);
        text = gv_arena_printf(&s->kit.arena, "%s%s", out, text);
    }
    return text;
}

static const struct gv_json *read_file(struct story *s)
{
    const char *root = getenv("SOURCE_DIR");
    const char *path = gv_arena_printf(&s->kit.arena, "%s/src/provider/veo/exchanges/%s", root ? root : ".", s->file);
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

/* Texts that both ends define; the rest may differ in value. Numbers that are counts or codes are all the same. */
static bool is_word(const char *key)
{
    return key && (strcmp(key, "@type") == 0 || strcmp(key, "status") == 0 || strcmp(key, "reason") == 0 ||
                   strcmp(key, "mimeType") == 0 || strcmp(key, "kind") == 0 || strcmp(key, "retryDelay") == 0);
}

static void same_shape(struct story *s, const struct gv_json *recorded, const struct gv_json *live)
{
    const char *key = recorded->key ? recorded->key : "";
    if (!live || live->kind != recorded->kind)
        fail_msg("%s: %s is %s in the record, but %s here: %s", s->file, key, gv_json_kind_name(recorded->kind),
                 live ? gv_json_kind_name(live->kind) : "absent", s->kit.reply.body);
    if (is_word(recorded->key))
        assert_string_equal(live->text, recorded->text);
    if (live->integer != recorded->integer || live->boolean != recorded->boolean)
        fail_msg("%s: %s is another in the record than here: %s", s->file, key, s->kit.reply.body);
    if (recorded->kind == GV_JSON_ARRAY && recorded->count == 0)
        assert_int_equal(live->count, 0);
    const struct gv_json *item = live->child;
    for (const struct gv_json *r = recorded->child; r; r = r->next) {
        same_shape(s, r, recorded->kind == GV_JSON_OBJECT ? gv_json_member(live, r->key) : item);
        item = item ? item->next : NULL;
    }
}

/* An operation's id stands for the live one from now on, and its folder for the live one. */
static void learn_ids(struct story *s)
{
    if (!s->kit.reply.accepted)
        return;
    const char *number = strstr(s->kit.reply.accepted->memo, "\"number\":\"") + strlen("\"number\":\"");
    swap(s, "a1b07c8e-7b5a-4aba-bb34-3e1ccb8afcc8", s->kit.reply.accepted->id);
    swap(s, "321kvdcepmcg", s->kit.reply.accepted->id);
    swap(s, "1208296686290258483", gv_arena_strndup(&s->kit.arena, number, strspn(number, "0123456789")));
}

/* Puts the world into the state that the record was made in. */
static void prepare(struct story *s, const struct gv_json *reply)
{
    struct emu_kit *kit = &s->kit;
    int64_t status = gv_json_int(reply, "status", 0);
    const struct gv_json *done = gv_json_at(reply, "body.done"), *videos = gv_json_at(reply, "body.response.videos");
    kit->authorization = status == 401 ? "Bearer other" : s->token;
    kit->headers[0].value = strcmp(s->file, "gemini-bad-key.json") == 0 ? "other" : "sandbox-key";
    kit->world.bend = (struct gv_emu_bend){.retired = status == 404};
    if (done && !done->boolean)
        kit->world.bend.status_word = "not-done";
    if (videos && videos->count == 0)
        kit->world.bend.status_word = "empty";
    if ((done && done->boolean) || gv_json_at(reply, "body.items"))
        kit->world.now_ms = kit->tasks[kit->world.task_count - 1]->ends_ms;
    if (status == 429) { /* another create has taken the only place, 23 s ago */
        emu_kit_create(kit, VEO_FAST, VEO_BODY(VEO_BOAT, ""));
        kit->world.now_ms += 23000;
        kit->world.bend.slots = 1;
    }
}

static void tell(struct story *s, const struct gv_json *exchange)
{
    const struct gv_json *request = gv_json_member(exchange, "request"), *reply = gv_json_member(exchange, "reply");
    const struct gv_json *body = gv_json_member(request, "body"), *recorded = gv_json_member(reply, "body");
    const char *path = swapped(s, gv_json_text(request, "path"));
    prepare(s, reply);
    emu_kit_send(&s->kit, gv_json_text(request, "method"), path, body ? swapped(s, text_of(s, body)) : NULL);
    learn_ids(s);
    int64_t status = gv_json_int(reply, "status", 0);
    if (status >= 500) { /* an answer that got lost on its way; the operation is there */
        assert_non_null(s->kit.reply.accepted);
        return;
    }
    if (s->kit.reply.status != status)
        fail_msg("%s: %s: %s", s->file, path, s->kit.reply.body);
    same_shape(s, recorded, s->kit.json);
}

/* A film of Gemini's to extend. */
static void set_the_scene(struct story *s)
{
    struct emu_kit *kit = &s->kit;
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        if (!edits[i].file[0] || strcmp(edits[i].file, s->file) == 0)
            swap(s, edits[i].recorded, edits[i].live);
    }
    if (strcmp(s->file, "gemini-extension.json") != 0)
        return;
    emu_kit_create(kit, VEO_GEMINI("veo-3.1-generate-preview"), VEO_BODY(VEO_BOAT, ""));
    kit->world.now_ms = kit->tasks[0]->ends_ms;
    emu_kit_send(kit, "GET", gv_arena_printf(&kit->arena, "/v1beta/%s", emu_kit_at(kit, "name")), NULL);
    swap(s, "https://generativelanguage.googleapis.com/v1beta/files/abc:download?alt=media",
         emu_kit_at(kit, "response.generateVideoResponse.generatedSamples.0.video.uri"));
}

static void play(const char *file)
{
    struct story story = {.file = file};
    veo_emu_kit_begin(&story.kit);
    story.token = story.kit.authorization;
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
    snprintf(folder, sizeof folder, "%.4000s/src/provider/veo/exchanges", root ? root : ".");
    DIR *dir = opendir(folder);
    if (!dir)
        fail_msg("can't open %s (set SOURCE_DIR to the source tree)", folder);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!strstr(entry->d_name, ".json"))
            continue;
        play(entry->d_name);
        played++;
    }
    closedir(dir);
    assert_true(played >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_emulator_answers_as_recorded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
