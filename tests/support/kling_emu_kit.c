#include "support/kling_emu_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "port/crypto.h"

extern const struct gv_emulator gv_emulator_kling;

static const struct gv_emu_task *find(struct gv_emu_world *world, const char *provider, const char *id)
{
    for (size_t i = 0; i < world->task_count; i++) {
        if (strcmp(world->tasks[i]->id, id) == 0 && strcmp(world->tasks[i]->provider, provider) == 0)
            return world->tasks[i];
    }
    return NULL;
}

static const struct gv_emu_task *find_external(struct gv_emu_world *world, const char *provider, const char *account,
                                               const char *external_id)
{
    for (size_t i = 0; i < world->task_count; i++) {
        const struct gv_emu_task *t = world->tasks[i];
        if (t->external_id && strcmp(t->external_id, external_id) == 0 && strcmp(t->account, account) == 0 &&
            strcmp(t->provider, provider) == 0)
            return t;
    }
    return NULL;
}

static bool ends(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static void describe_image(struct gv_emu_media *m, const char *text)
{
    m->mime_type = ends(text, ".jpg") ? "image/jpeg" : ends(text, ".txt") ? NULL : "image/png";
    m->bytes = ends(text, "big.png") ? 51u << 20 : ends(text, "middle.png") ? 11u << 20 : 2048;
    m->width = ends(text, "small.png") ? 299 : ends(text, "wide.png") ? 1600 : 1024;
    m->height = ends(text, "wide.png") ? 600 : ends(text, "small.png") ? 299 : 576;
}

static const struct gv_emu_media *media(struct gv_emu_world *world, const char *text)
{
    struct gv_emu_media *m = GV_NEW(world->arena, struct gv_emu_media);
    m->ref = gv_arena_printf(world->arena, "blob:%s", text);
    if (strstr(text, "gone"))
        m->failure = "it can't be fetched";
    else if (ends(text, ".mp4"))
        *m = (struct gv_emu_media){m->ref, "video/mp4", 1u << 20, 1280, 720, 24, 5, NULL};
    else if (ends(text, ".mp3"))
        *m = (struct gv_emu_media){m->ref, "audio/mpeg", 1u << 16, 0, 0, 0, 4, NULL};
    else
        describe_image(m, text);
    if (ends(text, "short.mp4") || ends(text, "short.mp3"))
        m->duration_seconds = 1;
    if (ends(text, "long.mp4"))
        m->duration_seconds = 60;
    return m;
}

static const char *result_url(struct gv_emu_world *world, const struct gv_emu_task *task, const char *file_name)
{
    return gv_arena_printf(world->arena, "%s/_media/%s/%s", world->origin, task->id, file_name);
}

void emu_kit_begin(struct emu_kit *kit)
{
    *kit = (struct emu_kit){.authorization = "Bearer sandbox-key"};
    kit->world = (struct gv_emu_world){
        .arena = &kit->arena,
        .now_ms = EMU_KIT_NOW_MS,
        .speed = 1,
        .origin = "http://127.0.0.1:1/kling",
        .crypto = &gv_crypto_openssl,
        .seed = 7,
        .tasks = kit->tasks,
        .find = find,
        .find_external = find_external,
        .media = media,
        .result_url = result_url,
    };
}

void emu_kit_free(struct emu_kit *kit)
{
    gv_arena_free(&kit->arena);
}

/* "?a=b&c=d" as an object; nothing in tests needs escapes. */
static const struct gv_json *query_of(struct emu_kit *kit, const char *text)
{
    struct gv_buf buf;
    gv_buf_init(&buf, 1u << 16);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    for (const char *p = text; p && *p;) {
        size_t n = strcspn(p, "&"), k = strcspn(p, "=");
        gv_json_put_text_n(&out, gv_arena_strndup(&kit->arena, p, k), p + k + 1, n - k - 1);
        p += n + (p[n] == '&');
    }
    gv_json_close(&out, '}');
    const struct gv_json *query = gv_json_parse(&kit->arena, buf.data, buf.len, NULL);
    gv_buf_free(&buf);
    return query;
}

int emu_kit_send(struct emu_kit *kit, const char *method, const char *path, const char *body)
{
    const char *mark = strchr(path, '?');
    struct gv_emu_request request = {
        .method = method,
        .path = gv_arena_strndup(&kit->arena, path, mark ? (size_t)(mark - path) : strlen(path)),
        .authorization = kit->authorization,
        .query = query_of(kit, mark ? mark + 1 : NULL),
        .body = body ? gv_json_parse(&kit->arena, body, strlen(body), NULL) : NULL,
    };
    kit->reply = gv_emulator_kling.handle(&kit->world, &request);
    kit->json = gv_json_parse(&kit->arena, kit->reply.body, strlen(kit->reply.body), NULL);
    assert_non_null(kit->json);
    if (kit->reply.accepted) {
        assert_true(kit->world.task_count < EMU_KIT_TASKS_MAX);
        kit->tasks[kit->world.task_count++] = kit->reply.accepted;
    }
    return kit->reply.status;
}

const char *emu_kit_create(struct emu_kit *kit, const char *path, const char *body)
{
    int status = emu_kit_send(kit, "POST", path, body);
    if (status != 200 || !kit->reply.accepted)
        fail_msg("POST %s %s: %d %s", path, body, status, kit->reply.body);
    return kit->reply.accepted->id;
}

void emu_kit_refused(struct emu_kit *kit, const char *method, const char *path, const char *body, int status, int code,
                     const char *part)
{
    emu_kit_send(kit, method, path, body);
    const char *message = gv_json_text(kit->json, "message");
    if (kit->reply.accepted || kit->reply.status != status || gv_json_int(kit->json, "code", -1) != code ||
        !strstr(message ? message : "", part))
        fail_msg("%s %s %s: expected %d, %d with \"%s\", got %d %s", method, path, body ? body : "", status, code, part,
                 kit->reply.status, kit->reply.body);
    assert_null(gv_json_member(kit->json, "data"));
}

const char *emu_kit_at(struct emu_kit *kit, const char *path)
{
    const struct gv_json *found = gv_json_at(kit->json, path);
    if (!found)
        return "(absent)";
    if (found->kind == GV_JSON_STRING)
        return found->text;
    return gv_arena_printf(&kit->arena, "%lld", (long long)found->integer);
}
