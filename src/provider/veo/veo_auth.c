/* Who pays and how that is shown: keys, tokens, and how a token is asked for (README, section 6). */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "base/error.h"
#include "port/crypto.h"
#include "provider/veo/veo_wire.h"

#define VEO_SCOPE "https://www.googleapis.com/auth/cloud-platform"
#define VEO_JWT_SECONDS 3600
#define VEO_JWT_BACK_SECONDS 10 /* a clock that is a little ahead does no harm */
#define VEO_CLAIMS_BYTES_MAX (16u << 10)
#define VEO_SIGNATURE_BYTES_MAX 1024 /* RSA of 8192 bits */
#define VEO_TOKEN_BYTES_MAX (16u << 10)
#define VEO_TOKEN_SECONDS_UNTOLD 300
#define VEO_TOKEN_SECONDS_MAX 86400

/* ---- the key file ----------------------------------------------------------------------------------- */

/* NULL where there is none, or it is no JSON object. */
static const struct gv_json *key_file(const struct gv_settings *settings, struct gv_arena *arena)
{
    const char *text = settings->values[VEO_AT_KEY_FILE];
    const struct gv_json *json = text != NULL ? gv_json_parse(arena, text, strlen(text), NULL) : NULL;
    return json != NULL && json->kind == GV_JSON_OBJECT ? json : NULL;
}

static const char *or_null(const char *text)
{
    return text != NULL && *text != '\0' ? text : NULL;
}

const char *veo_project(const struct gv_settings *settings, struct gv_arena *arena)
{
    const char *project = or_null(settings->values[VEO_AT_PROJECT_ID]);
    if (project == NULL)
        project = or_null(gv_json_text(key_file(settings, arena), "project_id"));
    return project != NULL ? project : or_null(settings->values[VEO_AT_CLOUD_PROJECT]);
}

/* ---- the token -------------------------------------------------------------------------------------- */

/* An environment variable can't well hold lines: "\n" in two characters stands for their ends. */
static const char *unfold(const char *pem, struct gv_arena *arena)
{
    char *out = gv_arena_alloc(arena, strlen(pem) + 1), *at = out;
    for (; *pem != '\0'; pem++) {
        bool folded = pem[0] == '\\' && pem[1] == 'n';
        *at++ = folded ? '\n' : *pem;
        pem += folded;
    }
    return out;
}

struct service_account {
    const char *email, *key, *key_id, *token_uri;
};

static const char *claims_of(const struct service_account *account, int64_t now_s, struct gv_arena *arena)
{
    struct gv_buf buf;
    gv_buf_init(&buf, VEO_CLAIMS_BYTES_MAX);
    struct gv_json_out json = {.buf = &buf};
    gv_json_open(&json, NULL, '{');
    gv_json_put_text(&json, "iss", account->email);
    gv_json_put_text(&json, "scope", VEO_SCOPE);
    gv_json_put_text(&json, "aud", account->token_uri);
    gv_json_put_int(&json, "iat", now_s - VEO_JWT_BACK_SECONDS);
    gv_json_put_int(&json, "exp", now_s - VEO_JWT_BACK_SECONDS + VEO_JWT_SECONDS);
    gv_json_close(&json, '}');
    const char *text = buf.overflow ? NULL : gv_arena_strndup(arena, buf.data, buf.len);
    gv_buf_free(&buf);
    return text;
}

static const char *header_of(const struct service_account *account, struct gv_arena *arena)
{
    struct gv_buf buf;
    gv_buf_init(&buf, VEO_CLAIMS_BYTES_MAX);
    struct gv_json_out json = {.buf = &buf};
    gv_json_open(&json, NULL, '{');
    gv_json_put_text(&json, "alg", "RS256");
    gv_json_put_text(&json, "typ", "JWT");
    gv_json_put_text(&json, "kid", account->key_id);
    gv_json_close(&json, '}');
    const char *text = buf.overflow ? NULL : gv_arena_strndup(arena, buf.data, buf.len);
    gv_buf_free(&buf);
    return text;
}

/* NULL: the key can't sign, or email and key id are of an absurd length. */
static const char *make_assertion(const struct service_account *account, const struct gv_sign_with *with,
                                  struct gv_arena *arena)
{
    const char *header = header_of(account, arena), *claims = claims_of(account, with->now_s, arena);
    if (header == NULL || claims == NULL)
        return NULL;
    size_t room = (strlen(header) + strlen(claims) + VEO_SIGNATURE_BYTES_MAX) * 2 + 16;
    char *out = gv_arena_alloc(arena, room);
    size_t n = gv_base64url_encode(out, header, strlen(header));
    out[n++] = '.';
    n += gv_base64url_encode(out + n, claims, strlen(claims));
    uint8_t signature[VEO_SIGNATURE_BYTES_MAX];
    size_t bytes = sizeof(signature);
    if (!with->crypto->rs256(signature, &bytes, account->key, out, n))
        return NULL;
    out[n++] = '.';
    n += gv_base64url_encode(out + n, signature, bytes);
    GV_ASSERT(n < room);
    return out;
}

static bool is_set_by_hand(const struct gv_settings *settings, size_t at)
{
    return settings->values[at] != NULL && strcmp(settings->values[at], veo_settings[at].preset) != 0;
}

/* What was set by hand counts most, then the key file, then Google's address of today. A key file may name any host,
 * so that one is reached only as media are. */
static struct gv_call token_call(const char *token_uri, const struct gv_settings *settings, const char *form,
                                 struct gv_arena *arena)
{
    struct gv_call call = {.kind = GV_CALL_READ, .what = "fetch an access token", .method = "POST"};
    if (token_uri == settings->values[VEO_AT_TOKEN_URI]) {
        call.base = veo_settings[VEO_AT_TOKEN_URI].name;
        call.path = "";
    } else {
        call.url = token_uri;
    }
    struct gv_body_builder b;
    gv_body_begin(&b, arena);
    gv_body_add_text(&b, form);
    call.body = gv_body_end(&b, "application/x-www-form-urlencoded");
    return call;
}

static const char *token_uri_of(const struct gv_settings *settings, const struct gv_json *file)
{
    const char *own = or_null(gv_json_text(file, "token_uri")), *set = settings->values[VEO_AT_TOKEN_URI];
    return own == NULL || is_set_by_hand(settings, VEO_AT_TOKEN_URI) || strcmp(own, set) == 0 ? set : own;
}

static int request_by_key(struct gv_call *out, const struct service_account *account, const struct gv_sign_with *with,
                          const char *where, struct gv_arena *arena, struct gv_error *err)
{
    if (account->email == NULL || account->key == NULL)
        return gv_fail(err, GV_INTERNAL_ERROR,
                       "Could not make a token request for Veo: %s needs client_email and private_key.", where);
    const char *assertion = make_assertion(account, with, arena);
    if (assertion == NULL)
        return gv_fail(err, GV_INTERNAL_ERROR,
                       "Could not sign a token request for Veo: the private key in %s is no RSA key in PEM form.",
                       where);
    const char *form = gv_arena_printf(
        arena, "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Ajwt-bearer&assertion=%s", assertion);
    *out = token_call(account->token_uri, with->settings, form, arena);
    return GV_OK;
}

static int request_by_refresh(struct gv_call *out, const struct gv_json *file, const struct gv_sign_with *with,
                              struct gv_arena *arena, struct gv_error *err)
{
    const char *id = or_null(gv_json_text(file, "client_id")), *secret = or_null(gv_json_text(file, "client_secret"));
    const char *token = or_null(gv_json_text(file, "refresh_token"));
    if (id == NULL || secret == NULL || token == NULL)
        return gv_fail(err, GV_INTERNAL_ERROR,
                       "Could not make a token request for Veo: GOOGLE_APPLICATION_CREDENTIALS is of type "
                       "authorized_user, but lacks client_id, client_secret or refresh_token. Make it anew with "
                       "`gcloud auth application-default login`.");
    const char *form = gv_arena_printf(arena, "grant_type=refresh_token&client_id=%s&client_secret=%s&refresh_token=%s",
                                       veo_escape(id, arena), veo_escape(secret, arena), veo_escape(token, arena));
    *out = token_call(token_uri_of(with->settings, file), with->settings, form, arena);
    return GV_OK;
}

static int request_by_file(struct gv_call *out, const struct gv_sign_with *with, struct gv_arena *arena,
                           struct gv_error *err)
{
    const struct gv_json *file = key_file(with->settings, arena);
    const char *type = gv_json_text(file, "type");
    if (type == NULL)
        return gv_fail(err, GV_INTERNAL_ERROR,
                       "Could not make a token request for Veo: the file that GOOGLE_APPLICATION_CREDENTIALS names is "
                       "not a JSON object with a type.");
    if (strcmp(type, "authorized_user") == 0)
        return request_by_refresh(out, file, with, arena, err);
    if (strcmp(type, "service_account") != 0)
        return gv_fail(err, GV_INTERNAL_ERROR,
                       "Could not make a token request for Veo: GOOGLE_APPLICATION_CREDENTIALS is of type %.64s; "
                       "service_account and authorized_user are understood.",
                       type);
    struct service_account account = {
        .email = or_null(gv_json_text(file, "client_email")),
        .key = or_null(gv_json_text(file, "private_key")),
        .key_id = or_null(gv_json_text(file, "private_key_id")),
        .token_uri = token_uri_of(with->settings, file),
    };
    return request_by_key(out, &account, with, "GOOGLE_APPLICATION_CREDENTIALS", arena, err);
}

static int request_by_settings(struct gv_call *out, const struct gv_sign_with *with, struct gv_arena *arena,
                               struct gv_error *err)
{
    const char *const *values = with->settings->values;
    struct service_account account = {
        .email = or_null(values[VEO_AT_CLIENT_EMAIL]),
        .key = values[VEO_AT_PRIVATE_KEY] != NULL ? unfold(values[VEO_AT_PRIVATE_KEY], arena) : NULL,
        .token_uri = values[VEO_AT_TOKEN_URI],
    };
    return request_by_key(out, &account, with, "VEO_CLIENT_EMAIL and VEO_PRIVATE_KEY", arena, err);
}

static struct gv_call metadata_call(void)
{
    return (struct gv_call){
        .kind = GV_CALL_READ,
        .what = "fetch an access token from the metadata server",
        .method = "GET",
        .base = veo_settings[VEO_AT_METADATA_URL].name,
        .path = "/computeMetadata/v1/instance/service-accounts/default/token?scopes="
                "https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform",
        .headers = {{"Metadata-Flavor", "Google"}},
        .header_count = 1,
    };
}

int veo_token_request(struct gv_call *out, bool *needed, const struct gv_sign_with *with, struct gv_arena *arena,
                      struct gv_error *err)
{
    *needed = with->credential_set >= VEO_SET_KEY && with->credential_set <= VEO_SET_METADATA;
    switch (with->credential_set) {
    case VEO_SET_KEY: return request_by_settings(out, with, arena, err);
    case VEO_SET_FILE: return request_by_file(out, with, arena, err);
    case VEO_SET_METADATA: *out = metadata_call(); return GV_OK;
    default: return GV_OK;
    }
}

/* What goes into a header must be what a header can hold. */
static bool is_header_text(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        if (*p <= ' ' || *p >= 0x7f)
            return false;
    }
    return *text != '\0' && strlen(text) <= VEO_TOKEN_BYTES_MAX;
}

int veo_token_read(const char **out, uint32_t *lifetime_s, const struct gv_reply *reply, struct gv_arena *arena,
                   struct gv_error *err)
{
    const struct gv_json *json = gv_json_parse(arena, reply->body, reply->body_bytes, NULL);
    const char *token = gv_json_text(json, "access_token");
    int64_t seconds = gv_json_int(json, "expires_in", VEO_TOKEN_SECONDS_UNTOLD);
    if (token == NULL || !is_header_text(token))
        return gv_fail(err, GV_INTERNAL_ERROR,
                       "Google answered a token request with HTTP %d, but without an access_token that can be used.",
                       reply->status);
    *out = gv_arena_strdup(arena, token);
    *lifetime_s = seconds < 0 ? 0 : seconds > VEO_TOKEN_SECONDS_MAX ? VEO_TOKEN_SECONDS_MAX : (uint32_t)seconds;
    return GV_OK;
}

/* ---- signing ---------------------------------------------------------------------------------------- */

static int add_header(struct gv_header *headers, size_t *count, const char *name, const char *value,
                      struct gv_error *err)
{
    if (value == NULL || !is_header_text(value))
        return gv_fail(err, GV_INTERNAL_ERROR, "Could not sign a request to Google: %s can't go into a header.", name);
    GV_ASSERT(*count < GV_HEADERS_MAX);
    headers[(*count)++] = (struct gv_header){name, value};
    return GV_OK;
}

static int sign_by_key(struct gv_header *headers, size_t *count, const char *const *values, struct gv_error *err)
{
    const char *key =
        or_null(values[VEO_AT_GEMINI_KEY]) != NULL ? values[VEO_AT_GEMINI_KEY] : or_null(values[VEO_AT_GOOGLE_KEY]);
    if (key == NULL)
        return gv_fail(err, GV_INTERNAL_ERROR,
                       "Could not sign a request to the Gemini API: no key. Set GEMINI_API_KEY, or leave provider "
                       "option surface=gemini out.");
    return add_header(headers, count, "x-goog-api-key", key, err);
}

static int sign_by_token(struct gv_header *headers, size_t *count, const struct gv_sign_with *with,
                         struct gv_arena *arena, struct gv_error *err)
{
    const char *quota = or_null(with->settings->values[VEO_AT_QUOTA_PROJECT]);
    if (quota == NULL && with->credential_set == VEO_SET_FILE)
        quota = or_null(gv_json_text(key_file(with->settings, arena), "quota_project_id"));
    if (with->token == NULL || !is_header_text(with->token))
        return gv_fail(err, GV_INTERNAL_ERROR,
                       "Could not sign a request to Vertex AI: no access token. Set VEO_PROJECT_ID, VEO_CLIENT_EMAIL "
                       "and VEO_PRIVATE_KEY, or GOOGLE_APPLICATION_CREDENTIALS.");
    GV_ASSERT(*count < GV_HEADERS_MAX);
    headers[(*count)++] = (struct gv_header){"Authorization", gv_arena_printf(arena, "Bearer %s", with->token)};
    return quota != NULL ? add_header(headers, count, "x-goog-user-project", quota, err) : GV_OK;
}

int veo_sign(struct gv_header *headers, size_t *count, const struct gv_call *call, const struct gv_sign_with *with,
             struct gv_arena *arena, struct gv_error *err)
{
    return call->auth == VEO_AUTH_KEY ? sign_by_key(headers, count, with->settings->values, err)
                                      : sign_by_token(headers, count, with, arena, err);
}
