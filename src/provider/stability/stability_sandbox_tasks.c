/* Stability's emulator: tasks, what they cost, how their files are shown, and how often one may ask. */
#include "provider/stability/stability_sandbox.h"

#include <stdio.h>
#include <strings.h>

#include "base/assert.h"
#include "base/codec.h"
#include "port/crypto.h"

#define CREDITS 1000000.0 /* of an account at first */
#define USD_PER_CREDIT 0.01
#define FPS 24
#define SECONDS 4
#define POLL_MS 10000 /* between two polls of one film */
#define WINDOW_MS 10000
#define WINDOW_REQUESTS 150
#define LOCKED_OUT_MS 60000

/* ---- ids and chance --------------------------------------------------------------------------------------------- */

static void digest_of(uint8_t out[32], struct gv_emu_world *world, const char *salt, uint64_t n)
{
    char text[256];
    int bytes = snprintf(text, sizeof text, "%llu/%lld/%zu/%.64s/%llu", (unsigned long long)world->seed,
                         (long long)world->now_ms, world->task_count, salt, (unsigned long long)n);
    struct gv_sha256 *running = world->crypto->sha256_begin();
    world->crypto->sha256_add(running, text, (size_t)bytes);
    world->crypto->sha256_end(running, out);
}

const char *gv_stability_emu_id(struct gv_emu_world *world)
{
    for (uint64_t n = 0;; n++) {
        uint8_t digest[32];
        char *id = gv_arena_alloc(world->arena, 65);
        digest_of(digest, world, "id", n);
        gv_hex_encode(id, digest, sizeof digest);
        if (!world->find(world, STABILITY_EMU_NAME, id))
            return id;
    }
}

int64_t gv_stability_emu_random(struct gv_emu_world *world, const char *salt)
{
    uint8_t digest[32];
    digest_of(digest, world, salt, 0);
    uint64_t number = (uint64_t)digest[0] << 32 | (uint64_t)digest[1] << 24 | (uint64_t)digest[2] << 16 |
                      (uint64_t)digest[3] << 8 | digest[4];
    return (int64_t)(1 + number % STABILITY_EMU_SEED_MAX);
}

/* ---- money ------------------------------------------------------------------------------------------------------ */

double gv_stability_emu_credits(const struct stability_emu *e)
{
    double credits = is(e->script, "poor") ? STABILITY_EMU_POOR_CREDITS : CREDITS;
    for (size_t i = 0; i < e->world->task_count; i++) {
        const struct gv_emu_task *task = e->world->tasks[i];
        if (is(task->provider, STABILITY_EMU_NAME) && is(task->account, e->account))
            credits -= task->usd / USD_PER_CREDIT;
    }
    return credits;
}

bool gv_stability_emu_can_pay(struct stability_emu *e, double credits)
{
    return gv_stability_emu_credits(e) >= credits || gv_stability_emu_refuse(e, "payment_required", NULL);
}

/* ---- tasks ------------------------------------------------------------------------------------------------------ */

static const char *finish(struct gv_emu_world *world, struct gv_buf *buf)
{
    GV_ASSERT(!buf->overflow);
    const char *text = gv_arena_strndup(world->arena, buf->data, buf->len);
    gv_buf_free(buf);
    return text;
}

static const char *film_json(struct gv_emu_world *world, const struct stability_emu_wish *wish)
{
    struct gv_buf buf;
    gv_buf_init(&buf, STABILITY_EMU_TEXT_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    gv_json_put_int(&out, "width", wish->width);
    gv_json_put_int(&out, "height", wish->height);
    gv_json_put_int(&out, "seed", wish->seed);
    if (wish->first) {
        gv_json_put_int(&out, "fps", FPS);
        gv_json_put_int(&out, "duration_seconds", SECONDS);
        gv_json_put_text(&out, "first", wish->first);
    } else {
        gv_json_put_bool(&out, "still", true);
        gv_json_put_text(&out, "text", wish->text);
    }
    gv_json_close(&out, '}');
    return finish(world, &buf);
}

const struct gv_emu_task *gv_stability_emu_task(struct stability_emu *e, const struct stability_emu_wish *wish)
{
    struct gv_emu_world *world = e->world;
    struct gv_emu_task *task = GV_NEW(world->arena, struct gv_emu_task);
    double credits = wish->failure || wish->filtered ? 0 : wish->credits; /* neither is charged: fact sheet 1 */
    *task = (struct gv_emu_task){
        .id = gv_stability_emu_id(world),
        .provider = STABILITY_EMU_NAME,
        .product = wish->product,
        .model = wish->model,
        .account = e->account,
        .created_ms = world->now_ms,
        .begins_ms = world->now_ms,
        .ends_ms = world->now_ms + (int64_t)((double)wish->render_ms / world->speed),
        .failure = wish->failure,
        .usd = credits * USD_PER_CREDIT,
        .units = gv_arena_printf(world->arena, "%g credits", credits),
        .film = wish->failure ? NULL : film_json(world, wish),
        .memo = gv_arena_printf(world->arena, "{\"seed\":%lld,\"finish\":\"%s\"}", (long long)wish->seed,
                                wish->filtered ? "CONTENT_FILTERED" : "SUCCESS"),
    };
    return task;
}

/* ---- showing files: fact sheet 3, 4.3 --------------------------------------------------------------------------- */

static void add_header(struct gv_emu_reply *reply, const char *name, const char *value)
{
    for (size_t i = 0; i < GV_EMU_REPLY_HEADERS_MAX; i++) {
        if (!reply->headers[i].name) {
            reply->headers[i] = (struct gv_header){name, value};
            return;
        }
    }
    GV_UNREACHABLE();
}

static bool wants(const char *accept, const char *type)
{
    return strcasestr(accept, type) != NULL;
}

static void show_json(struct stability_emu *e, const char *member, const char *reason, long long seed)
{
    struct gv_arena *arena = e->world->arena;
    const char *head = gv_arena_printf(arena, "{\"%s\":\"", member);
    bool film = is(member, "video");
    e->reply.films[0].at = strlen(head);
    e->reply.body = gv_arena_printf(arena, "%s\",\"finish_reason\":\"%s\",\"seed\":%lld}", head, reason, seed);
    e->reply.content_type = film ? "application/json; type=video/mp4" : "application/json; type=image/png";
}

void gv_stability_emu_show(struct stability_emu *e, const struct gv_emu_task *task, const char *member)
{
    struct gv_arena *arena = e->world->arena;
    const char *accept = gv_emu_header(e->request, "Accept");
    const struct gv_json *memo = gv_json_parse(arena, task->memo, strlen(task->memo), NULL);
    const char *reason = gv_json_text(memo, "finish");
    long long seed = gv_json_int(memo, "seed", 0);
    const struct gv_emu_task *accepted = e->reply.accepted;
    bool bytes = !accept || wants(accept, "*/*") || wants(accept, gv_arena_printf(arena, "%s/", member));
    if (!bytes && !wants(accept, "application/json")) {
        gv_stability_emu_refuse(e, "bad_request", "accept: must be %s/* or application/json", member);
        return;
    }
    e->reply = (struct gv_emu_reply){.status = 200, .film_count = 1, .films = {{.task = task}}, .accepted = accepted};
    if (!bytes)
        show_json(e, member, reason, seed);
    else {
        add_header(&e->reply, "finish-reason", reason);
        add_header(&e->reply, "seed", gv_arena_printf(arena, "%lld", seed));
    }
    add_header(&e->reply, "x-request-id", gv_arena_strndup(arena, gv_stability_emu_id(e->world), 32));
}

/* ---- pace: fact sheet 1 ----------------------------------------------------------------------------------------- */

static const struct gv_emu_task *note_of(struct stability_emu *e, const char *product, const char *memo)
{
    struct gv_emu_task *note = GV_NEW(e->world->arena, struct gv_emu_task);
    *note = (struct gv_emu_task){.note = true,
                                 .id = gv_stability_emu_id(e->world),
                                 .provider = STABILITY_EMU_NAME,
                                 .product = product,
                                 .account = e->account,
                                 .created_ms = e->world->now_ms,
                                 .memo = memo};
    return note;
}

static bool too_often(struct stability_emu *e, bool lock_out)
{
    gv_stability_emu_refuse(e, "rate_limit_exceeded", NULL);
    if (lock_out)
        e->reply.accepted = note_of(e, "lock-out", "{}");
    return false;
}

/* Only polls and creates are counted; a poll that is refused is none. */
bool gv_stability_emu_guard(struct stability_emu *e, const char *id)
{
    struct gv_emu_world *world = e->world;
    size_t recent = 0;
    if (!world->bend.guarded)
        return true;
    const char *memo = gv_arena_printf(world->arena, "{\"id\":\"%.64s\"}", id);
    for (size_t i = world->task_count; i > 0 && world->tasks[i - 1]->created_ms > world->now_ms - LOCKED_OUT_MS; i--) {
        const struct gv_emu_task *task = world->tasks[i - 1];
        int64_t age_ms = world->now_ms - task->created_ms;
        if (!is(task->provider, STABILITY_EMU_NAME) || !is(task->account, e->account))
            continue;
        if (is(task->product, "lock-out") || (is(task->product, "poll") && age_ms < POLL_MS && is(task->memo, memo)))
            return too_often(e, false);
        recent += age_ms < WINDOW_MS;
    }
    if (recent >= WINDOW_REQUESTS)
        return too_often(e, true);
    e->reply.accepted = note_of(e, "poll", memo);
    return true;
}
