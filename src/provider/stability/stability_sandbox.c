/* Stability AI's side of the wire: pictures, films and the account, as they were up to the films' retirement.
 *
 *   credentials -> path and method -> the form -> size, fields -> moderation -> credits -> task */
#include "provider/stability/stability_sandbox.h"

#include <stdarg.h>

#define KEY "sandbox-key"
#define VIDEO "/v2beta/image-to-video"
#define RESULT VIDEO "/result/"
#define GENERATE "/v2beta/stable-image/generate/"

/* Each is an account of its own. The script is what happens to it. */
static const struct {
    const char *key, *account, *script;
} keys[] = {
    {KEY, "sandbox", ""},
    {"sandbox-other", "sandbox-other", ""},
    {"sandbox-poor", "sandbox-poor", "poor"},
    {"sandbox-moderated", "sandbox-moderated", "moderated"},
    {"sandbox-filtered", "sandbox-filtered", "filtered"},
    {"sandbox-failing", "sandbox-failing", "failing"},
};

/* ---- errors: fact sheet 5 --------------------------------------------------------------------------------------- */

static const struct row {
    int status;
    const char *name, *words;
} rows[] = {
    {400, "bad_request", "The request is invalid"},
    {401, "unauthorized", "Incorrect API key provided"},
    {402, "payment_required",
     "You lack sufficient credits to make this request. Please purchase more credits at "
     "https://platform.stability.ai/account/credits and try again."},
    {403, "content_moderation",
     "Your request was flagged by our content moderation system, as a result your request was denied and you were not "
     "charged."},
    {404, "not_found", "The specified resource was not found"},
    {405, "method_not_allowed", "The method is not allowed here"},
    {413, "payload_too_large", "The request was larger than 10MiB"},
    {422, "unprocessable_entity", "The request was well formed, but rejected"},
    {429, "rate_limit_exceeded", "You have exceeded the rate limit of 150 requests within a 10 second period"},
    {500, "internal_error", "An internal error occurred"},
    {410, "gone", "This endpoint was discontinued"},
    {501, "not_implemented", "Not implemented"},
    {503, "service_unavailable", "The service is temporarily unavailable"},
    {504, "gateway_timeout", "The upstream server did not answer in time"},
};

static const struct row *row_of(int status, const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (name ? is(rows[i].name, name) : rows[i].status == status)
            return &rows[i];
    }
    return name ? NULL : row_of(0, "internal_error");
}

/* The id is 32 digits, not a generation's 64. */
static const char *reference(struct gv_emu_world *world)
{
    return gv_arena_strndup(world->arena, gv_stability_emu_id(world), 32);
}

static const char *finish(struct gv_emu_world *world, struct gv_buf *buf)
{
    const char *text = gv_arena_strndup(world->arena, buf->data, buf->len);
    gv_buf_free(buf);
    return text;
}

struct gv_emu_reply gv_stability_emu_error(struct gv_emu_world *world, int status, const char *name,
                                           const char *const *words, size_t word_count)
{
    const struct row *row = row_of(status, name);
    struct gv_buf buf;
    gv_buf_init(&buf, STABILITY_EMU_TEXT_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "id", reference(world));
    gv_json_put_text(&out, "name", name ? name : row->name);
    gv_json_open(&out, "errors", '[');
    for (size_t i = 0; i < word_count; i++)
        gv_json_put_text(&out, NULL, words[i]);
    if (word_count == 0)
        gv_json_put_text(&out, NULL, row ? row->words : name);
    gv_json_close(&out, ']');
    gv_json_close(&out, '}');
    return (struct gv_emu_reply){.status = status ? status : row ? row->status : 500, .body = finish(world, &buf)};
}

bool gv_stability_emu_refuse(struct stability_emu *e, const char *name, const char *format, ...)
{
    const char *words = NULL;
    if (format) {
        va_list args;
        va_start(args, format);
        words = gv_arena_vprintf(e->world->arena, format, args);
        va_end(args);
    }
    e->reply = gv_stability_emu_error(e->world, 0, name, &words, words != NULL);
    return false;
}

/* v1 speaks of one message. */
static bool refuse_v1(struct stability_emu *e)
{
    e->reply = (struct gv_emu_reply){
        .status = 401,
        .body = gv_arena_printf(e->world->arena,
                                "{\"id\":\"%s\",\"name\":\"unauthorized\",\"message\":\"missing authorization "
                                "header\"}",
                                reference(e->world)),
    };
    return false;
}

/* ---- credentials ------------------------------------------------------------------------------------------------ */

static bool check_credentials(struct stability_emu *e)
{
    static const char bearer[] = "Bearer ";
    const char *header = e->request->authorization;
    for (size_t i = 0; header && strncmp(header, bearer, sizeof bearer - 1) == 0 && i < sizeof keys / sizeof keys[0];
         i++) {
        if (!is(header + sizeof bearer - 1, keys[i].key))
            continue;
        e->account = keys[i].account;
        e->script = keys[i].script;
        return true;
    }
    return strncmp(e->request->path, "/v1/", 4) == 0 ? refuse_v1(e) : gv_stability_emu_refuse(e, "unauthorized", NULL);
}

/* ---- the account: fact sheet 6 ---------------------------------------------------------------------------------- */

static void account(struct stability_emu *e)
{
    static const char engines[] = "[{\"id\":\"stable-diffusion-xl-1024-v1-0\",\"name\":\"Stable Diffusion XL v1.0\","
                                  "\"description\":\"Stability-AI Stable Diffusion XL v1.0\",\"type\":\"PICTURE\"}]";
    struct gv_arena *arena = e->world->arena;
    const char *path = e->request->path, *body = NULL;
    if (is(path, "/v1/user/balance"))
        body = gv_arena_printf(arena, "{\"credits\":%.10g}", gv_stability_emu_credits(e));
    else if (is(path, "/v1/user/account"))
        body = gv_arena_printf(arena,
                               "{\"email\":\"%s@sandbox.example\",\"id\":\"user-%s\",\"organizations\":[{\"id\":"
                               "\"org-%s\",\"name\":\"Sandbox\",\"role\":\"MEMBER\",\"is_default\":true}]}",
                               e->account, e->account, e->account);
    else if (is(path, "/v1/engines/list"))
        body = engines;
    if (body)
        e->reply = (struct gv_emu_reply){.status = 200, .body = body};
    else
        gv_stability_emu_refuse(e, "not_found", NULL);
}

/* ---- routes ----------------------------------------------------------------------------------------------------- */

static const char *behind(const char *path, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(path, prefix, n) == 0 ? path + n : NULL;
}

static void dispatch(struct stability_emu *e)
{
    const char *path = e->request->path, *id = behind(path, RESULT), *model = behind(path, GENERATE);
    bool post = is(e->request->method, "POST"), get = is(e->request->method, "GET");
    if (!check_credentials(e))
        return;
    if (!is(path, VIDEO) && !id && !model && !behind(path, "/v1/"))
        gv_stability_emu_refuse(e, "not_found", NULL);
    else if (is(path, VIDEO) || model ? !post : !get)
        gv_stability_emu_refuse(e, "method_not_allowed", NULL);
    else if (is(path, VIDEO))
        gv_stability_emu_start(e);
    else if (id)
        gv_stability_emu_result(e, id);
    else if (model)
        gv_stability_emu_draw(e, model);
    else
        account(e);
}

static struct gv_emu_reply handle(struct gv_emu_world *world, const struct gv_emu_request *request)
{
    struct stability_emu e = {.world = world, .request = request, .account = "", .script = ""};
    dispatch(&e);
    return e.reply;
}

static const char *route(const char *method, const char *path)
{
    if (is(path, VIDEO) && is(method, "POST"))
        return "create";
    if (behind(path, GENERATE))
        return "draw";
    if (behind(path, RESULT))
        return "query";
    return behind(path, "/v1/") ? "account" : "other";
}

static struct gv_emu_reply refuse(struct gv_emu_world *world, int status, const char *code)
{
    if (!code && status == 502)
        return (struct gv_emu_reply){
            .status = 502, .content_type = "text/html", .body = "<html><body><h1>502 Bad Gateway</h1></body></html>\n"};
    return gv_stability_emu_error(world, status, code, NULL, 0);
}

const struct gv_emulator gv_emulator_stability = {
    .name = STABILITY_EMU_NAME,
    .environment = (const char *const[]){"STABILITY_BASE_URL", "{origin}", "STABILITY_API_KEY", KEY, NULL},
    .routes = (const char *const[]){"create", "draw", "query", "account", "other", NULL},
    .route = route,
    .handle = handle,
    .refuse = refuse,
};
