/* Veo's side of the wire: Vertex AI and the Gemini Developer API over one list of operations, with the token server,
 * the metadata server and the bucket that belong to them.
 *
 *   credentials -> quota -> model -> shape -> rules -> the prompt's words -> operation */
#include "provider/veo/veo_sandbox.h"

#include <stdio.h>

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* "/v1/projects/p/locations/l/publishers/google/models/m:verb", "/v1beta/models/m:verb" or
 * "/v1beta/models/m/operations/id". */
static bool read_path(struct veo_path *out, const char *path)
{
    int n = 0;
    *out = (struct veo_path){.gemini = begins(path, "/v1beta/")};
    if (out->gemini && sscanf(path, "/v1beta/models/%127[^/:]:%39[A-Za-z]%n", out->model, out->verb, &n) == 2 &&
        !path[n])
        return true;
    if (out->gemini)
        return sscanf(path, "/v1beta/models/%127[^/:]/operations/%63[a-z0-9]%n", out->model, out->operation, &n) == 2 &&
               !path[n];
    if (!begins(path, "/v1/") && !begins(path, "/v1beta1/"))
        return false;
    path = strchr(path + 1, '/');
    return sscanf(path, "/projects/%63[^/]/locations/%63[^/]/publishers/google/models/%127[^/:]:%39[A-Za-z]%n",
                  out->project, out->location, out->model, out->verb, &n) == 4 &&
           !path[n];
}

static bool is_download(const char *path)
{
    size_t n = strlen(path), m = strlen(":download");
    return begins(path, "/v1beta/files/") && n > m && is(path + n - m, ":download");
}

/* ---- credentials ------------------------------------------------------------------------------------------------- */

static bool check_bearer(struct veo_emu *e, const char *project)
{
    bool missing;
    e->account = VEO_EMU_CLIENT_EMAIL;
    if (!gv_veo_emu_bearer(e, &missing))
        return gv_veo_emu_refuse(e, VEO_RPC_UNAUTHENTICATED,
                                 "Request %s. Expected OAuth 2 access token, login cookie or other valid "
                                 "authentication credential.",
                                 missing ? "is missing required authentication credential"
                                         : "had invalid authentication credentials");
    return is(project, VEO_EMU_PROJECT) ||
           gv_veo_emu_refuse(e, VEO_RPC_PERMISSION_DENIED,
                             "Permission 'aiplatform.endpoints.predict' denied on resource "
                             "'//aiplatform.googleapis.com/projects/%s' (or it may not exist).",
                             project);
}

static bool check_key(struct veo_emu *e)
{
    const char *key = gv_emu_header(e->request, "x-goog-api-key");
    key = key ? key : gv_json_text(e->request->query, "key");
    e->account = "sandbox";
    if (!key)
        return gv_veo_emu_refuse(e, VEO_RPC_PERMISSION_DENIED,
                                 "Method doesn't allow unregistered callers (callers without established identity). "
                                 "Please use API Key or other form of API consumer identity to call this API.");
    if (is(key, VEO_EMU_API_KEY))
        return true;
    e->reply =
        gv_veo_emu_error(e->world, 0, VEO_RPC_INVALID_ARGUMENT, "API key not valid. Please pass a valid API key.",
                         "[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":"
                         "\"API_KEY_INVALID\",\"domain\":\"googleapis.com\"}]");
    return false;
}

/* ---- routes ------------------------------------------------------------------------------------------------------ */

static const char *route(const char *method, const char *path)
{
    struct veo_path parts;
    (void)method;
    if (is(path, "/token") || begins(path, "/computeMetadata/"))
        return "token";
    if (is_download(path) || begins(path, "/storage/v1/b/"))
        return strstr(path, "/o/") || is_download(path) ? "download" : "list";
    if (!read_path(&parts, path))
        return "other";
    return is(parts.verb, "predictLongRunning") ? "create" : "query";
}

static void model_routes(struct veo_emu *e, const struct veo_path *path)
{
    bool post = is(e->request->method, "POST");
    if (!(path->gemini ? check_key(e) : check_bearer(e, path->project)))
        return;
    if (post && is(path->verb, "predictLongRunning"))
        gv_veo_emu_create(e, path);
    else if (post && is(path->verb, "fetchPredictOperation") && !path->gemini)
        gv_veo_emu_fetch_operation(e, path);
    else if (is(e->request->method, "GET") && path->operation[0])
        gv_veo_emu_get_operation(e, path);
    else
        gv_veo_emu_refuse(e, VEO_RPC_NOT_FOUND, "%s %s is no method here.", e->request->method, e->request->path);
}

static struct gv_emu_reply handle(struct gv_emu_world *world, const struct gv_emu_request *request)
{
    struct veo_emu e = {.world = world, .request = request};
    struct veo_path path;
    bool modelled = read_path(&path, request->path);
    e.gemini = path.gemini;
    if (is(request->path, "/token") && is(request->method, "POST"))
        gv_veo_emu_token(&e);
    else if (begins(request->path, "/computeMetadata/") && is(request->method, "GET"))
        gv_veo_emu_metadata(&e);
    else if (begins(request->raw_path, "/storage/v1/b/"))
        gv_veo_emu_storage(&e);
    else if (modelled)
        model_routes(&e, &path);
    else if (!is_download(request->path) || !is(request->method, "GET"))
        gv_veo_emu_refuse(&e, VEO_RPC_NOT_FOUND, "%s %s is no method here.", request->method, request->path);
    else if (check_key(&e))
        gv_veo_emu_download(&e);
    return e.reply;
}

/* ---- trouble ----------------------------------------------------------------------------------------------------- */

/* A code under HTTP 200 is an operation that ended so. */
static struct gv_emu_reply refuse(struct gv_emu_world *world, int status, const char *code)
{
    if (!code && status == 502)
        return (struct gv_emu_reply){
            .status = 502,
            .content_type = "text/html; charset=UTF-8",
            .body = "<!DOCTYPE html>\n<html lang=en>\n<title>Error 502 (Server Error)!!1</title>\n<p><b>502.</b> "
                    "That's an error.\n<p>The server encountered a temporary error and could not complete your "
                    "request.\n</html>\n",
        };
    const char *number = code ? code : gv_arena_printf(world->arena, "%d", status);
    int64_t rpc = gv_veo_emu_rpc_of(number);
    const char *message = rpc == 14   ? "The service is currently unavailable."
                          : rpc == 4  ? "Deadline expired before operation could complete."
                          : rpc == 8  ? "The service is currently experiencing high load."
                          : rpc == 16 ? "Request had invalid authentication credentials."
                          : rpc == 7  ? "The caller does not have permission"
                                      : "Internal error encountered.";
    if (status == 200)
        return (struct gv_emu_reply){
            .status = 200,
            .body = gv_arena_printf(world->arena, "{\"done\":true,\"error\":{\"code\":%lld,\"message\":\"%s\"}}",
                                    (long long)rpc, message)};
    return gv_veo_emu_error(world, status, rpc, message, NULL);
}

const struct gv_emulator gv_emulator_veo = {
    .name = "veo",
    .environment = (const char *const[]){"VEO_PROJECT_ID", VEO_EMU_PROJECT, "VEO_CLIENT_EMAIL", VEO_EMU_CLIENT_EMAIL,
                                         "VEO_PRIVATE_KEY", gv_veo_emu_private_key, "VEO_BASE_URL", "{origin}",
                                         "VEO_TOKEN_URI", "{origin}/token", "VEO_STORAGE_BASE_URL", "{origin}", NULL},
    .routes = (const char *const[]){"create", "query", "list", "token", "other", NULL},
    .route = route,
    .handle = handle,
    .refuse = refuse,
};
