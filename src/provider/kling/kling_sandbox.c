/* Kling AI's side of the wire: both API generations over one list of tasks.
 *
 *   credentials -> path and method -> the product's checks -> moderation -> the caller's id -> slots -> pack -> task
 *
 * The order of the last three is this emulator's choice; the fact sheet knows none. */
#include "provider/kling/kling_sandbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "golem_video/types.h"
#include "port/crypto.h"

#define API_KEY "sandbox-key"
#define API_KEY_POOR "sandbox-poor"
#define ACCESS_KEY "sandbox-access"
#define SECRET_KEY "sandbox-secret"
#define JWT_BYTES_MAX 4096

const struct kling_product gv_kling_emu_products[] = {
    {"/v1/videos/text2video", "text2video", gv_kling_emu_text2video, false},
    {"/v1/videos/image2video", "image2video", gv_kling_emu_image2video, false},
    {"/v1/videos/omni-video", "omni-video", gv_kling_emu_omni, false},
    {"/v1/videos/multi-image2video", "multi-image2video", gv_kling_emu_multi_image, false},
    {"/v1/videos/video-extend", "video-extend", gv_kling_emu_extend, false},
    {"/v1/videos/lip-sync", "lip-sync", gv_kling_emu_lip_sync, false},
    {"/v1/videos/identify-face", "identify-face", gv_kling_emu_identify, true},
    {"/v1/videos/advanced-lip-sync", "advanced-lip-sync", gv_kling_emu_advanced_lip_sync, false},
    {"/v1/videos/effects", "effects", gv_kling_emu_effects, false},
    {"/v1/videos/avatar/image2video", "avatar", gv_kling_emu_avatar, false},
    {"/v1/videos/motion-control", "motion-control", gv_kling_emu_motion, false},
    {"/v1/audio/tts", "tts", gv_kling_emu_tts, true},
    {NULL, NULL, NULL, false},
};

/* The product whose path begins `path`; *rest: what follows behind its slash, or NULL. */
static const struct kling_product *product_of(const char *path, const char **rest)
{
    for (const struct kling_product *p = gv_kling_emu_products; p->path; p++) {
        size_t n = strlen(p->path);
        if (strncmp(path, p->path, n) != 0 || (path[n] != '\0' && path[n] != '/'))
            continue;
        *rest = path[n] == '/' ? path + n + 1 : NULL;
        return p;
    }
    return NULL;
}

/* ---- credentials ------------------------------------------------------------------------------------------------ */

/* Decodes one part of a token; NULL if it is no base64url. */
static char *token_part(struct gv_arena *arena, const char *text, size_t n)
{
    char *standard = gv_arena_alloc(arena, n + 4);
    for (size_t i = 0; i < n; i++)
        standard[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    size_t padded = n;
    while (padded % 4 != 0)
        standard[padded++] = '=';
    struct gv_base64_decoder decoder = {0};
    char *out = gv_arena_alloc(arena, padded + 4);
    size_t bytes;
    if (!gv_base64_decode(&decoder, out, &bytes, standard, padded) || !gv_base64_decode_end(&decoder))
        return NULL;
    out[bytes] = '\0';
    return out;
}

static bool signature_holds(struct kling_emu *e, const char *token, const char *second_dot)
{
    uint8_t digest[32];
    char expected[48];
    const struct gv_crypto *crypto = e->world->crypto;
    crypto->hmac_sha256(digest, SECRET_KEY, strlen(SECRET_KEY), token, (size_t)(second_dot - token));
    size_t n = gv_base64url_encode(expected, digest, sizeof digest);
    return strlen(second_dot + 1) == n && crypto->equal(second_dot + 1, expected, n);
}

static const struct gv_json *token_json(struct kling_emu *e, const char *text, size_t n)
{
    char *decoded = token_part(e->world->arena, text, n);
    return decoded ? gv_json_parse(e->world->arena, decoded, strlen(decoded), NULL) : NULL;
}

static bool check_claims(struct kling_emu *e, const struct gv_json *claims)
{
    int64_t now_s = (e->world->now_ms + e->world->bend.skew_ms) / 1000;
    const struct gv_json *exp = gv_json_member(claims, "exp"), *nbf = gv_json_member(claims, "nbf");
    if (!exp || exp->kind != GV_JSON_INT || (nbf && nbf->kind != GV_JSON_INT))
        return gv_kling_emu_refuse(e, 1002, "Authorization is invalid: exp and nbf must be integers");
    if (nbf && now_s < nbf->integer)
        return gv_kling_emu_refuse(e, 1003, "Authorization is not yet valid");
    if (now_s >= exp->integer)
        return gv_kling_emu_refuse(e, 1004, "Authorization has expired");
    return true;
}

static bool check_token(struct kling_emu *e, const char *token)
{
    const char *dot = strchr(token, '.'), *second = dot ? strchr(dot + 1, '.') : NULL;
    if (!second || strlen(token) > JWT_BYTES_MAX)
        return gv_kling_emu_refuse(e, 1002, "Authorization is invalid");
    const struct gv_json *header = token_json(e, token, (size_t)(dot - token));
    const struct gv_json *claims = token_json(e, dot + 1, (size_t)(second - dot - 1));
    const char *algorithm = gv_json_text(header, "alg"), *issuer = gv_json_text(claims, "iss");
    if (!algorithm || strcmp(algorithm, "HS256") != 0 || !issuer)
        return gv_kling_emu_refuse(e, 1002, "Authorization is invalid");
    if (strcmp(issuer, ACCESS_KEY) != 0)
        return gv_kling_emu_refuse(e, 1002, "access key not found");
    if (!signature_holds(e, token, second))
        return gv_kling_emu_refuse(e, 1002, "Authorization signature is invalid");
    e->account = "sandbox";
    return check_claims(e, claims);
}

static bool check_credentials(struct kling_emu *e, bool gen2)
{
    static const char bearer[] = "Bearer ";
    const char *header = e->request->authorization;
    if (!header || !*header)
        return gv_kling_emu_refuse(e, 1001, "Authorization is empty");
    if (strncmp(header, bearer, sizeof bearer - 1) != 0)
        return gv_kling_emu_refuse(e, 1002, "Authorization is invalid");
    const char *token = header + sizeof bearer - 1;
    e->poor = strcmp(token, API_KEY_POOR) == 0;
    e->account = e->poor ? "sandbox-poor" : "sandbox";
    if (e->poor || strcmp(token, API_KEY) == 0)
        return true;
    if (gen2)
        return gv_kling_emu_refuse(e, 1002,
                                   "Authentication error. The current API does not support AK/SK; please go to the "
                                   "console (https://kling.ai/dev/api-key) to create API key.");
    return check_token(e, token);
}

/* ---- routes ----------------------------------------------------------------------------------------------------- */

static void no_such_method(struct kling_emu *e)
{
    gv_kling_emu_refuse(e, 1202, "Method %s is not allowed here", e->request->method);
}

static void create(struct kling_emu *e, kling_check_fn *check, const char *name, bool synchronous)
{
    struct kling_wish wish = {.product = name, .synchronous = synchronous};
    if (!e->request->body || e->request->body->kind != GV_JSON_OBJECT)
        gv_kling_emu_refuse(e, 1200, "The request body must be a JSON object");
    else if (check(e, &wish))
        gv_kling_emu_accept(e, &wish);
}

static void gen1(struct kling_emu *e, const struct kling_product *product, const char *rest)
{
    const char *method = e->request->method;
    if (rest && strchr(rest, '/'))
        gv_kling_emu_refuse(e, 1203, "Resource %s does not exist", e->request->path);
    else if (!rest && is(method, "POST"))
        create(e, product->check, product->name, product->synchronous);
    else if (!is(method, "GET") || product->synchronous)
        no_such_method(e);
    else if (rest)
        gv_kling_emu_query_one(e, product, rest);
    else
        gv_kling_emu_list(e, product);
}

static void gen2(struct kling_emu *e)
{
    const char *path = e->request->path, *method = e->request->method;
    if (is(path, "/tasks") && is(method, "GET"))
        gv_kling_emu_query_many(e);
    else if (is(path, "/tasks") && is(method, "POST"))
        gv_kling_emu_list_many(e);
    else if (is(path, "/tasks"))
        no_such_method(e);
    else if (!gv_kling_emu_is_gen2(path))
        gv_kling_emu_refuse(e, 1203, "Resource %s does not exist", path);
    else if (!is(method, "POST"))
        no_such_method(e);
    else
        create(e, gv_kling_emu_gen2, NULL, false);
}

static void dispatch(struct kling_emu *e)
{
    const char *path = e->request->path, *rest = NULL;
    const struct kling_product *product = product_of(path, &rest);
    bool legacy = strncmp(path, "/v1/", 4) == 0 || strncmp(path, "/account/", 9) == 0;
    if (!check_credentials(e, !legacy))
        return;
    if (product)
        gen1(e, product, rest);
    else if (is(path, "/account/costs") && is(e->request->method, "GET"))
        gv_kling_emu_costs(e);
    else if (is(path, "/account/costs"))
        no_such_method(e);
    else if (legacy)
        gv_kling_emu_refuse(e, 1203, "Resource %s does not exist", path);
    else
        gen2(e);
}

static struct gv_emu_reply handle(struct gv_emu_world *world, const struct gv_emu_request *request)
{
    struct kling_emu e = {.world = world, .request = request};
    dispatch(&e);
    return e.reply;
}

static const char *route(const char *method, const char *path)
{
    const char *rest = NULL;
    const struct kling_product *product = product_of(path, &rest);
    bool post = is(method, "POST");
    if (product && product->synchronous)
        return is(product->name, "tts") ? "tts" : "identify";
    if (product && post && !rest)
        return "create";
    if (product)
        return rest ? "query" : "list";
    if (is(path, "/tasks"))
        return post ? "list" : "query";
    if (is(path, "/account/costs"))
        return "account";
    return gv_kling_emu_is_gen2(path) && post ? "create" : "other";
}

static struct gv_emu_reply refuse(struct gv_emu_world *world, int status, const char *code)
{
    if (!code && status == 502)
        return (struct gv_emu_reply){
            .status = 502,
            .content_type = "text/html",
            .body = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway"
                    "</h1></center>\r\n</body>\r\n</html>\r\n",
        };
    int number = code ? (int)strtol(code, NULL, 10) : status == 503 ? 5001 : status == 504 ? 5002 : 5000;
    return gv_kling_emu_answer(world, status, number, NULL, NULL);
}

const struct gv_emulator gv_emulator_kling = {
    .name = "kling",
    .environment = (const char *const[]){"KLING_BASE_URL", "{origin}", "KLING_API_KEY", API_KEY, NULL},
    .routes = (const char *const[]){"create", "query", "list", "tts", "identify", "account", "other", NULL},
    .route = route,
    .handle = handle,
    .refuse = refuse,
    .callback = gv_kling_emu_task_json,
};
