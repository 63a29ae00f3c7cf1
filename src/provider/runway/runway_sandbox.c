/* Runway's side of the wire.
 *
 *   key -> version header -> path and method -> all issues of the body -> credits -> the day's limit -> task
 *
 * The order is this emulator's choice; the fact sheet knows none. */
#include "provider/runway/runway_sandbox.h"

#include <stdlib.h>

#include "base/assert.h"

#define API_KEY "sandbox-key"
#define API_KEY_POOR "sandbox-poor"
#define VERSION_HEADER "X-Runway-Version"
#define VERSION "2024-11-06"
#define TASKS "/v1/tasks/"
#define WRONG_KEY "The API key is invalid or has been disabled."

/* ---- helpers ----------------------------------------------------------------------------------------------------- */

const char *gv_runway_emu_finish(struct gv_emu_world *world, struct gv_buf *buf)
{
    GV_ASSERT(!buf->overflow);
    const char *text = gv_arena_strndup(world->arena, buf->data, buf->len);
    gv_buf_free(buf);
    return text;
}

uint64_t gv_runway_emu_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* From the seed, the time and the tasks there are. */
const char *gv_runway_emu_uuid(struct gv_emu_world *world, uint64_t salt)
{
    for (uint64_t i = 0;; i++) {
        uint64_t a =
            gv_runway_emu_mix(world->seed + gv_runway_emu_mix((uint64_t)world->now_ms ^ salt) + world->task_count + i);
        uint64_t b = gv_runway_emu_mix(a ^ world->seed);
        const char *id = gv_arena_printf(
            world->arena, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff),
            (unsigned)(a & 0xfff), (unsigned)(0x8000 | (b >> 48 & 0x3fff)), (unsigned long long)(b & 0xffffffffffffu));
        if (!world->find(world, RUNWAY_EMU_NAME, id))
            return id;
    }
}

struct gv_emu_reply gv_runway_emu_error(struct gv_emu_world *world, int status, const char *error, const char *doc_url)
{
    struct gv_buf buf;
    gv_buf_init(&buf, RUNWAY_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "error", error);
    gv_json_put_text(&out, "docUrl", doc_url);
    gv_json_close(&out, '}');
    return (struct gv_emu_reply){.status = status, .body = gv_runway_emu_finish(world, &buf)};
}

static bool refuse(struct runway_emu *e, int status, const char *error)
{
    e->reply = gv_runway_emu_error(e->world, status, error, status == 401 ? RUNWAY_EMU_DOC_URL : NULL);
    return false;
}

/* ---- who and how ------------------------------------------------------------------------------------------------- */

static bool check_key(struct runway_emu *e)
{
    static const char bearer[] = "Bearer ";
    const char *header = e->request->authorization;
    if (!header || !begins(header, bearer))
        return refuse(e, 401,
                      "No API key was provided. Send it in the Authorization header: Bearer, a blank, the key.");
    const char *key = header + sizeof bearer - 1;
    e->poor = is(key, API_KEY_POOR);
    e->account = e->poor ? "sandbox-poor" : "sandbox";
    return e->poor || is(key, API_KEY) || refuse(e, 401, WRONG_KEY);
}

static bool check_version(struct runway_emu *e)
{
    const char *version = gv_emu_header(e->request, VERSION_HEADER);
    if (!version)
        return refuse(e, 400, "The " VERSION_HEADER " header is required.");
    return is(version, VERSION) ||
           refuse(e, 400, "The " VERSION_HEADER " header names a version that does not exist. Use " VERSION ".");
}

/* ---- routes ------------------------------------------------------------------------------------------------------ */

static bool is_post(struct runway_emu *e)
{
    return is(e->request->method, "POST") || refuse(e, 405, "Method not allowed");
}

static void one_task(struct runway_emu *e, const char *id)
{
    if (is(e->request->method, "GET"))
        gv_runway_emu_get_task(e, id);
    else if (is(e->request->method, "DELETE"))
        gv_runway_emu_delete_task(e, id);
    else
        refuse(e, 405, "Method not allowed");
}

static void dispatch(struct runway_emu *e)
{
    const char *path = e->request->path, *method = e->request->method;
    if (is(path, RUNWAY_EMU_STORAGE) && is_post(e))
        gv_runway_emu_store(e);
    if (is(path, RUNWAY_EMU_STORAGE) || !check_key(e) || !check_version(e))
        return;
    if (begins(path, TASKS))
        one_task(e, path + strlen(TASKS));
    else if (is(path, "/v1/organization") && is(method, "GET"))
        gv_runway_emu_organization(e);
    else if (is(path, "/v1/organization"))
        refuse(e, 405, "Method not allowed");
    else if (is(path, "/v1/organization/usage") && is_post(e))
        gv_runway_emu_usage(e);
    else if (is(path, "/v1/uploads") && is_post(e))
        gv_runway_emu_upload(e);
    else if (gv_runway_emu_is_endpoint(path) && is_post(e))
        gv_runway_emu_create(e);
    else if (!e->reply.body)
        refuse(e, 404, "Not found");
}

static struct gv_emu_reply handle(struct gv_emu_world *world, const struct gv_emu_request *request)
{
    struct runway_emu e = {.world = world, .request = request};
    dispatch(&e);
    return e.reply;
}

static const char *route(const char *method, const char *path)
{
    if (begins(path, TASKS))
        return is(method, "DELETE") ? "delete" : "query";
    if (is(path, "/v1/uploads"))
        return "upload";
    if (is(path, RUNWAY_EMU_STORAGE))
        return "storage";
    if (begins(path, "/v1/organization"))
        return "account";
    return gv_runway_emu_is_endpoint(path) && is(method, "POST") ? "create" : "other";
}

static struct gv_emu_reply refuse_as_told(struct gv_emu_world *world, int status, const char *code)
{
    static const struct {
        const char *code;
        int status;
        const char *error;
        const char *retry_after; /* seconds, or NULL: not told */
    } rows[] = {
        {"credits", 400, RUNWAY_EMU_NO_CREDITS, NULL},
        {"key", 401, WRONG_KEY, NULL},
        {"rate", 429, "Too many requests.", "2"},
        {"daily", 429, RUNWAY_EMU_DAY_IS_OVER, NULL},
    };
    for (size_t i = 0; code && i < sizeof rows / sizeof rows[0]; i++) {
        if (!is(rows[i].code, code))
            continue;
        struct gv_emu_reply reply =
            gv_runway_emu_error(world, status ? status : rows[i].status, rows[i].error, RUNWAY_EMU_DOC_URL);
        if (rows[i].retry_after)
            reply.headers[0] = (struct gv_header){"Retry-After", rows[i].retry_after};
        return reply;
    }
    if (status == 502)
        return (struct gv_emu_reply){
            .status = 502,
            .content_type = "text/html",
            .body = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway"
                    "</h1></center>\r\n</body>\r\n</html>\r\n",
        };
    return gv_runway_emu_error(world, status ? status : 500, "An unexpected error occurred.", NULL);
}

const struct gv_emulator gv_emulator_runway = {
    .name = RUNWAY_EMU_NAME,
    .link_ms = RUNWAY_EMU_DAY_MS,
    .environment = (const char *const[]){"RUNWAY_BASE_URL", "{origin}", "RUNWAY_API_KEY", API_KEY, "RUNWAYML_BASE_URL",
                                         "{origin}", "RUNWAYML_API_SECRET", API_KEY, NULL},
    .routes = (const char *const[]){"create", "query", "delete", "upload", "storage", "account", "other", NULL},
    .route = route,
    .handle = handle,
    .refuse = refuse_as_told,
};
