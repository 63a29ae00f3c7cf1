/* The recorded exchanges told to Runway's emulator: it takes what the records send and answers in their shape, with
 * their words and prices. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/runway_emu_kit.h"

#define FILE_BYTES_MAX (1u << 20)
#define SWAPS_MAX 16

/* Texts of the record and what stands for them here. */
struct story {
    struct emu_kit kit;
    const char *file;
    struct {
        const char *recorded, *live;
    } swaps[SWAPS_MAX];
    size_t swap_count;
    const struct gv_json *slot; /* the answer to the last upload */
};

/* What a record takes for granted. */
static const struct {
    const char *file, *recorded, *live;
} edits[] = {
    {"asset-refused.json", "v.mp4", "long.mp4"},
    {"data-uri.json", "<blob aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa>", "AAAA"},
    {"failed.json", "a logo", "a logo [fail: INTERNAL.BAD_OUTPUT.CODE01 An unexpected error occurred.]"},
    {"video-to-video.json", "make it snow", "make it snow [outputs: 2]"},
};

/* Models whose price the fact sheet lacks, and films whose length the record knows alone. */
static const char *const unpriced[] = {"h3-max.json", "hailuo.json",         "wan-keyframes.json",
                                       "upload.json", "upscale.json",        "video-to-video-extend.json",
                                       "grok.json",   "video-to-video.json", NULL};

static bool listed(const char *const *list, const char *word)
{
    while (*list && strcmp(*list, word) != 0)
        list++;
    return *list != NULL;
}

static void swap(struct story *s, const char *recorded, const char *live)
{
    assert_true(s->swap_count < SWAPS_MAX);
    s->swaps[s->swap_count].recorded = recorded;
    s->swaps[s->swap_count++].live = gv_arena_strdup(&s->kit.arena, live);
}

static const char *swapped(struct story *s, const char *text)
{
    for (size_t i = 0; i < s->swap_count; i++) {
        const char *at = strstr(text, s->swaps[i].recorded);
        if (at)
            text = gv_arena_printf(&s->kit.arena, "%.*s%s%s", (int)(at - text), text, s->swaps[i].live,
                                   at + strlen(s->swaps[i].recorded));
    }
    return text;
}

static const struct gv_json *read_file(struct story *s)
{
    const char *root = getenv("SOURCE_DIR");
    const char *path =
        gv_arena_printf(&s->kit.arena, "%s/src/provider/runway/exchanges/%s", root ? root : ".", s->file);
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

static bool is_number(const struct gv_json *json)
{
    return json->kind == GV_JSON_INT || json->kind == GV_JSON_REAL;
}

static void same_word(struct story *s, const struct gv_json *recorded, const struct gv_json *live)
{
    static const char *const words[] = {"status", "failure", "failureCode", "code", "message", "docUrl", NULL};
    if (recorded->kind == GV_JSON_STRING && listed(words, recorded->key))
        assert_string_equal(live->text, recorded->text);
    if (strcmp(recorded->key, "error") == 0) /* the first sentence is known */
        assert_memory_equal(live->text, recorded->text, strcspn(recorded->text, "."));
    bool amount = strcmp(recorded->key, "credits") == 0 && !listed(unpriced, s->file);
    if (amount && (live->real > recorded->real || live->real < recorded->real))
        fail_msg("%s: %g credits in the record, %g here", s->file, recorded->real, live->real);
}

static void same_shape(struct story *s, const struct gv_json *recorded, const struct gv_json *live)
{
    const char *key = recorded->key ? recorded->key : "";
    if (!live || (live->kind != recorded->kind && !(is_number(live) && is_number(recorded))))
        fail_msg("%s: %s is %s in the record, but %s here: %s", s->file, key, gv_json_kind_name(recorded->kind),
                 live ? gv_json_kind_name(live->kind) : "absent", s->kit.reply.body);
    if (recorded->key)
        same_word(s, recorded, live);
    const struct gv_json *item = live->child;
    for (const struct gv_json *r = recorded->child; r; r = r->next) {
        same_shape(s, r, recorded->kind == GV_JSON_OBJECT ? gv_json_member(live, r->key) : item);
        item = item ? item->next : NULL;
    }
}

/* What the record was given stands for the live ones from now on. */
static void learn(struct story *s, const struct gv_json *recorded)
{
    static const char *const paths[] = {"id", "runwayUri", "output.0"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const char *old = gv_json_text(recorded, paths[i]), *live = gv_json_text(s->kit.json, paths[i]);
        if (old && live && strcmp(old, live) != 0)
            swap(s, old, live);
    }
    if (gv_json_member(s->kit.json, "fields"))
        s->slot = s->kit.json;
}

/* The time at which the newest task is in the recorded state. */
static void set_clock(struct story *s, const char *status)
{
    struct emu_kit *kit = &s->kit;
    if (!status || kit->world.task_count == 0 || strcmp(status, "THROTTLED") == 0)
        return;
    const struct gv_emu_task *task = kit->tasks[kit->world.task_count - 1];
    kit->world.now_ms = strcmp(status, "PENDING") == 0   ? task->begins_ms - 1
                        : strcmp(status, "RUNNING") == 0 ? task->begins_ms + 1
                                                         : task->ends_ms;
}

/* The storage gets the live slot's fields; how a form is written is the adapter's matter and the server's. */
static const char *form(struct story *s)
{
    const char *fields = text_of(s, gv_json_member(s->slot, "fields"));
    return gv_arena_printf(&s->kit.arena, "%.*s,\"file\":\"blob.mp4\"}", (int)strlen(fields) - 1, fields);
}

static void tell(struct story *s, const struct gv_json *exchange)
{
    struct emu_kit *kit = &s->kit;
    const struct gv_json *request = gv_json_member(exchange, "request"), *reply = gv_json_member(exchange, "reply");
    const struct gv_json *body = gv_json_member(request, "body"), *recorded = gv_json_member(reply, "body");
    const char *path = gv_json_text(request, "path"), *error = gv_json_text(recorded, "error");
    int64_t status = gv_json_int(reply, "status", 0);
    if (status == 502 || (error && strcmp(error, "Too many requests") == 0))
        return; /* a fault script's matter */
    set_clock(s, gv_json_text(recorded, "status"));
    if (!path) {
        kit->authorization = NULL;
        assert_int_equal(emu_kit_send(kit, "POST", "/storage", form(s)), status);
        kit->authorization = "Bearer sandbox-key";
        return;
    }
    emu_kit_send(kit, gv_json_text(request, "method"), swapped(s, path),
                 body && body->kind == GV_JSON_OBJECT ? swapped(s, text_of(s, body)) : NULL);
    if (kit->reply.status != status)
        fail_msg("%s: %s: %d and not %d: %s", s->file, path, kit->reply.status, (int)status, kit->reply.body);
    if (recorded)
        same_shape(s, recorded, kit->json);
    learn(s, recorded);
}

static void set_the_scene(struct story *s)
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
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        if (strcmp(edits[i].file, s->file) == 0)
            swap(s, edits[i].recorded, edits[i].live);
    }
}

static void play(const char *file)
{
    struct story story = {.file = file};
    runway_emu_begin(&story.kit);
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
    snprintf(folder, sizeof folder, "%.4000s/src/provider/runway/exchanges", root ? root : ".");
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
    assert_true(played > 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_emulator_answers_as_recorded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
