/* Toy's own side of the wire, for the sandbox: what it answers is a function of the tasks it took and of the time. */
#include <string.h>

#include "core/emulator.h"

#define TOY_RENDER_MS 20000
#define TOY_FILM "{\"width\":1280,\"height\":720,\"fps\":24,\"duration_seconds\":5,\"text\":"
#define TOY_BYTES_MAX (64u << 10)

extern const struct gv_emulator gv_emulator_toy;

static struct gv_emu_reply answer(int status, const char *body)
{
    return (struct gv_emu_reply){.status = status, .body = body};
}

static struct gv_emu_reply refuse(struct gv_emu_world *world, int status, const char *code)
{
    status = status != 0 ? status : 400;
    return answer(status, gv_arena_printf(world->arena, "{\"error\":\"%s\"}", code != NULL ? code : "no luck"));
}

static struct gv_emu_reply named(struct gv_emu_world *world, const struct gv_emu_task *task)
{
    return task != NULL ? answer(200, gv_arena_printf(world->arena, "{\"id\":\"%s\"}", task->id))
                        : refuse(world, 404, "no such film");
}

static const char *film_of(struct gv_arena *arena, const char *prompt)
{
    struct gv_buf text;
    gv_buf_init(&text, TOY_BYTES_MAX);
    gv_buf_adds(&text, TOY_FILM);
    gv_json_put_text(&(struct gv_json_out){.buf = &text}, NULL, prompt);
    gv_buf_adds(&text, "}");
    const char *film = text.overflow ? NULL : gv_arena_strdup(arena, text.data);
    gv_buf_free(&text);
    return film;
}

static struct gv_emu_reply create(struct gv_emu_world *world, const struct gv_emu_request *request)
{
    const char *name = gv_json_text(request->body, "name"), *prompt = gv_json_text(request->body, "prompt");
    if (name == NULL || prompt == NULL)
        return refuse(world, 400, "name and prompt are wanted");
    struct gv_emu_task *task = GV_NEW(world->arena, struct gv_emu_task);
    int64_t ends_ms = world->now_ms + (int64_t)(TOY_RENDER_MS / world->speed);
    *task = (struct gv_emu_task){.id = gv_arena_printf(world->arena, "film-%zu", world->task_count + 1),
                                 .provider = "toy",
                                 .product = "film",
                                 .model = "toy-1",
                                 .external_id = name,
                                 .account = "sandbox",
                                 .created_ms = world->now_ms,
                                 .begins_ms = world->now_ms,
                                 .ends_ms = ends_ms,
                                 .usd = 0.05,
                                 .units = "5 seconds",
                                 .film = film_of(world->arena, prompt)};
    struct gv_emu_reply reply = named(world, task);
    reply.accepted = task;
    return reply;
}

static struct gv_emu_reply show(struct gv_emu_world *world, const struct gv_emu_task *task)
{
    if (task == NULL)
        return refuse(world, 404, "no such film");
    if (gv_emu_status(task, world->now_ms) != GV_EMU_SUCCEEDED)
        return answer(200, "{\"status\":\"busy\"}");
    return answer(200, gv_arena_printf(world->arena, "{\"status\":\"done\",\"url\":\"%s\"}",
                                       world->result_url(world, task, "film.mp4")));
}

static const char *route(const char *method, const char *path)
{
    (void)method;
    return strcmp(path, "/create") == 0 ? "create" : "query";
}

static struct gv_emu_reply handle(struct gv_emu_world *world, const struct gv_emu_request *request)
{
    if (request->authorization == NULL || strcmp(request->authorization, "Bearer sandbox-key") != 0)
        return refuse(world, 401, "who are you?");
    if (strcmp(request->path, "/create") == 0)
        return create(world, request);
    if (strncmp(request->path, "/find/", 6) == 0)
        return named(world, world->find_external(world, "toy", "sandbox", request->path + 6));
    if (strncmp(request->path, "/task/", 6) == 0)
        return show(world, world->find(world, "toy", request->path + 6));
    return refuse(world, 404, "no such path");
}

const struct gv_emulator gv_emulator_toy = {
    .name = "toy",
    .environment = (const char *const[]){"TOY_BASE_URL", "{origin}", "TOY_API_KEY", "sandbox-key", NULL},
    .routes = (const char *const[]){"create", "query", NULL},
    .route = route,
    .handle = handle,
    .refuse = refuse,
};
