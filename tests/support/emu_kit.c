#include "support/emu_kit.h"
#include "support/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "port/crypto.h"

static bool removed(const struct gv_emu_world *world, const struct gv_emu_task *task)
{
    for (size_t i = 0; i < world->task_count; i++) {
        if (world->tasks[i]->removes && strcmp(world->tasks[i]->removes, task->id) == 0)
            return true;
    }
    return false;
}

static const struct gv_emu_task *find(struct gv_emu_world *world, const char *provider, const char *id)
{
    for (size_t i = 0; i < world->task_count; i++) {
        if (strcmp(world->tasks[i]->id, id) == 0 && strcmp(world->tasks[i]->provider, provider) == 0)
            return removed(world, world->tasks[i]) ? NULL : world->tasks[i];
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

static const char *result_url(struct gv_emu_world *world, const struct gv_emu_task *task, const char *file_name)
{
    return gv_arena_printf(world->arena, "%s/_media/%s/%s?at=%lld", world->origin, task->id, file_name,
                           (long long)world->now_ms);
}

static const struct gv_emu_media *film(struct gv_emu_world *world, const struct gv_emu_task *task, unsigned index)
{
    struct emu_kit *kit = world->ctx;
    struct gv_emu_media *m = GV_NEW(world->arena, struct gv_emu_media);
    assert_non_null(task->film);
    *m = (struct gv_emu_media){.mime_type = "video/mp4", .bytes = EMU_KIT_FILM_BYTES + index};
    m->failure = kit->film_failure;
    return m;
}

void emu_kit_open(struct emu_kit *kit, const struct gv_emulator *emulator, emu_kit_media_fn *media)
{
    *kit = (struct emu_kit){.emulator = emulator, .authorization = "Bearer sandbox-key"};
    kit->world = (struct gv_emu_world){
        .arena = &kit->arena,
        .now_ms = EMU_KIT_NOW_MS,
        .speed = 1,
        .origin = gv_arena_printf(&kit->arena, "http://127.0.0.1:1/%s", emulator->name),
        .crypto = &gv_crypto_openssl,
        .seed = 7,
        .tasks = kit->tasks,
        .find = find,
        .find_external = find_external,
        .media = media,
        .result_url = result_url,
        .film = film,
        .ctx = kit,
    };
}

void emu_kit_free(struct emu_kit *kit)
{
    gv_arena_free(&kit->arena);
}

int emu_kit_set_up(void **state, void (*begin)(struct emu_kit *kit))
{
    static struct emu_kit kit;
    begin(&kit);
    *state = &kit;
    return 0;
}

int emu_kit_tear_down(void **state)
{
    emu_kit_free(*state);
    return 0;
}

bool emu_kit_ends(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

struct gv_emu_media *emu_kit_media(struct gv_emu_world *world, const char *text)
{
    struct gv_emu_media *m = GV_NEW(world->arena, struct gv_emu_media);
    const char *ref = gv_arena_printf(world->arena, "blob:%s", text);
    if (strstr(text, "gone"))
        *m = (struct gv_emu_media){.ref = ref, .failure = "it can't be fetched"};
    else if (emu_kit_ends(text, ".mp4"))
        *m = (struct gv_emu_media){ref, "video/mp4", 1u << 20, 1280, 720, 24, 5, NULL};
    else if (emu_kit_ends(text, ".mp3"))
        *m = (struct gv_emu_media){ref, "audio/mpeg", 1u << 16, 0, 0, 0, 4, NULL};
    else
        *m = (struct gv_emu_media){ref, "image/png", 2048, 1024, 576, 0, 0, NULL};
    return m;
}

/* The only escape that tests need is the slash. */
int emu_kit_send(struct emu_kit *kit, const char *method, const char *path, const char *body)
{
    const char *mark = strchr(path, '?');
    struct gv_emu_request request = {
        .method = method,
        .path = query_text(&kit->arena, path, mark ? (size_t)(mark - path) : strlen(path)),
        .raw_path = gv_arena_strndup(&kit->arena, path, mark ? (size_t)(mark - path) : strlen(path)),
        .authorization = kit->authorization,
        .headers = kit->headers,
        .header_count = kit->header_count,
        .query = query_object(&kit->arena, mark ? mark + 1 : NULL),
        .body = body ? gv_json_parse(&kit->arena, body, strlen(body), NULL) : NULL,
    };
    kit->reply = kit->emulator->handle(&kit->world, &request);
    const char *type = kit->reply.content_type;
    const char *text = type == NULL || strncmp(type, "application/json", 16) == 0 ? kit->reply.body : NULL;
    kit->json = text ? gv_json_parse(&kit->arena, text, strlen(text), NULL) : NULL;
    assert_true(kit->json != NULL || text == NULL);
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

const char *emu_kit_at(struct emu_kit *kit, const char *path)
{
    const struct gv_json *found = gv_json_at(kit->json, path);
    if (!found)
        return "(absent)";
    if (found->kind == GV_JSON_STRING)
        return found->text;
    return gv_arena_printf(&kit->arena, "%lld", (long long)found->integer);
}
