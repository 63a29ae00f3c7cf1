/* Tokens and keys: what is asked of Google's token server, word by word, and what goes into which header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/codec.h"
#include "port/crypto.h"
#include "provider/veo/veo_wire.h"

#define EMAIL "films@my-proj.iam.gserviceaccount.com"
#define GRANT "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="
#define NOW_S 1700000000

static struct gv_arena arena;
static EVP_PKEY *key;
static const char *pem;
static struct gv_settings settings;

static int make_key(void **state)
{
    (void)state;
    static char text[4096];
    BIO *bio = BIO_new(BIO_s_mem());
    key = EVP_RSA_gen(2048);
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    int bytes = BIO_read(bio, text, sizeof(text) - 1);
    assert_true(bytes > 0);
    BIO_free(bio);
    pem = text;
    return 0;
}

static int drop_key(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    settings = (struct gv_settings){0};
    for (size_t i = 0; i < VEO_SETTING_COUNT; i++)
        settings.values[i] = veo_settings[i].preset;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gv_arena_free(&arena);
    return 0;
}

static struct gv_sign_with with_set(unsigned set)
{
    return (struct gv_sign_with){
        .settings = &settings, .credential_set = set, .now_s = NOW_S, .crypto = &gv_crypto_openssl};
}

static const char *body_of(const struct gv_call *call)
{
    assert_int_equal(call->body.segment_count, 1);
    assert_string_equal(call->body.content_type, "application/x-www-form-urlencoded");
    return gv_arena_strndup(&arena, call->body.segments[0].text, call->body.segments[0].bytes);
}

static struct gv_call request(unsigned set)
{
    struct gv_call call = {0};
    struct gv_sign_with with = with_set(set);
    struct gv_error err = {0};
    bool needed = false;
    if (veo_token_request(&call, &needed, &with, &arena, &err) != GV_OK)
        fail_msg("%s", err.message);
    assert_true(needed);
    assert_int_equal(call.kind, GV_CALL_READ);
    return call;
}

static const char *refusal(unsigned set)
{
    struct gv_call call;
    struct gv_sign_with with = with_set(set);
    struct gv_error err = {0};
    bool needed;
    assert_int_equal(veo_token_request(&call, &needed, &with, &arena, &err), GV_INTERNAL_ERROR);
    return gv_arena_strdup(&arena, err.message);
}

/* ---- reading a JWT ---------------------------------------------------------------------------------- */

/* base64url as base64, for the one decoder there is. */
static size_t decode(uint8_t *out, const char *text, size_t n)
{
    char *plain = gv_arena_alloc(&arena, n + 4);
    for (size_t i = 0; i < n; i++)
        plain[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    size_t padded = n;
    while (padded % 4 != 0)
        plain[padded++] = '=';
    struct gv_base64_decoder d = {0};
    size_t bytes = 0;
    assert_true(gv_base64_decode(&d, out, &bytes, plain, padded));
    assert_true(gv_base64_decode_end(&d));
    return bytes;
}

static const struct gv_json *part(const char *jwt, size_t n)
{
    uint8_t *text = gv_arena_alloc(&arena, n + 4);
    size_t bytes = decode(text, jwt, n);
    return gv_json_parse(&arena, (const char *)text, bytes, NULL);
}

/* The claims of an assertion whose signature holds. */
static const struct gv_json *claims_of(const char *form, const struct gv_json **header)
{
    assert_int_equal(strncmp(form, GRANT, strlen(GRANT)), 0);
    const char *jwt = form + strlen(GRANT), *dot = strchr(jwt, '.'), *last = strrchr(jwt, '.');
    assert_true(dot != NULL && last > dot);
    uint8_t signature[1024];
    size_t bytes = decode(signature, last + 1, strlen(last + 1));
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestVerify(ctx, signature, bytes, (const uint8_t *)jwt, (size_t)(last - jwt)), 1);
    EVP_MD_CTX_free(ctx);
    *header = part(jwt, (size_t)(dot - jwt));
    return part(dot + 1, (size_t)(last - dot - 1));
}

static void check_claims(const char *form, const char *audience, const char *key_id)
{
    const struct gv_json *header, *claims = claims_of(form, &header);
    assert_string_equal(gv_json_text(header, "alg"), "RS256");
    assert_string_equal(gv_json_text(header, "typ"), "JWT");
    if (key_id != NULL)
        assert_string_equal(gv_json_text(header, "kid"), key_id);
    else
        assert_null(gv_json_member(header, "kid"));
    assert_int_equal(claims->count, 5);
    assert_string_equal(gv_json_text(claims, "iss"), EMAIL);
    assert_string_equal(gv_json_text(claims, "scope"), "https://www.googleapis.com/auth/cloud-platform");
    assert_string_equal(gv_json_text(claims, "aud"), audience);
    int64_t iat = gv_json_int(claims, "iat", 0), exp = gv_json_int(claims, "exp", 0);
    assert_true(iat <= NOW_S && iat > NOW_S - 60);
    assert_int_equal(exp, iat + 3600);
}

/* ---- keys ------------------------------------------------------------------------------------------- */

static void use_settings(const char *private_key)
{
    settings.values[VEO_AT_PROJECT_ID] = "my-proj";
    settings.values[VEO_AT_CLIENT_EMAIL] = EMAIL;
    settings.values[VEO_AT_PRIVATE_KEY] = private_key;
}

static const char *folded(const char *text, const char *as)
{
    struct gv_buf out;
    gv_buf_init(&out, 16384);
    for (; *text != '\0'; text++)
        gv_buf_adds(&out, *text == '\n' ? as : (char[]){*text, '\0'});
    const char *copy = gv_arena_strdup(&arena, out.data);
    gv_buf_free(&out);
    return copy;
}

static void a_key_in_the_environment_signs_the_grant(void **state)
{
    (void)state;
    use_settings(pem);
    struct gv_call call = request(VEO_SET_KEY);
    assert_string_equal(call.base, "VEO_TOKEN_URI");
    assert_string_equal(call.path, "");
    assert_string_equal(call.method, "POST");
    check_claims(body_of(&call), "https://oauth2.googleapis.com/token", NULL);
    use_settings(folded(pem, "\\n"));
    settings.values[VEO_AT_TOKEN_URI] = "http://127.0.0.1:9000/token";
    call = request(VEO_SET_KEY);
    check_claims(body_of(&call), "http://127.0.0.1:9000/token", NULL);
}

static const char *key_file(const char *type, const char *more)
{
    return gv_arena_printf(&arena, "{\"type\":\"%s\"%s}", type, more);
}

static const char *service_account(const char *token_uri)
{
    return key_file("service_account",
                    gv_arena_printf(&arena,
                                    ",\"project_id\":\"file-proj\",\"private_key_id\":\"k1\",\"client_email\":"
                                    "\"" EMAIL "\",\"private_key\":\"%s\",\"token_uri\":\"%s\"",
                                    folded(pem, "\\n"), token_uri));
}

static void a_key_file_signs_the_grant(void **state)
{
    (void)state;
    settings.values[VEO_AT_KEY_FILE] = service_account("https://oauth2.googleapis.com/token");
    struct gv_call call = request(VEO_SET_FILE);
    assert_string_equal(call.base, "VEO_TOKEN_URI");
    check_claims(body_of(&call), "https://oauth2.googleapis.com/token", "k1");
    assert_string_equal(veo_project(&settings, &arena), "file-proj");
}

static void a_key_files_token_uri_counts_unless_one_is_set(void **state)
{
    (void)state;
    settings.values[VEO_AT_KEY_FILE] = service_account("https://www.googleapis.com/oauth2/v4/token");
    struct gv_call call = request(VEO_SET_FILE);
    assert_string_equal(call.url, "https://www.googleapis.com/oauth2/v4/token");
    check_claims(body_of(&call), "https://www.googleapis.com/oauth2/v4/token", "k1");
    settings.values[VEO_AT_TOKEN_URI] = "http://127.0.0.1:9000/token";
    call = request(VEO_SET_FILE);
    assert_null(call.url);
    check_claims(body_of(&call), "http://127.0.0.1:9000/token", "k1");
}

static void a_users_file_refreshes(void **state)
{
    (void)state;
    settings.values[VEO_AT_KEY_FILE] =
        key_file("authorized_user", ",\"client_id\":\"c.apps\",\"client_secret\":\"s&=\",\"refresh_token\":\"1//r+t\"");
    struct gv_call call = request(VEO_SET_FILE);
    assert_string_equal(body_of(&call), "grant_type=refresh_token&client_id=c.apps&client_secret=s%26%3D&refresh_token="
                                        "1%2F%2Fr%2Bt");
}

static void the_metadata_server_is_asked_with_its_header(void **state)
{
    (void)state;
    settings.values[VEO_AT_METADATA_URL] = "http://metadata.google.internal";
    struct gv_call call = request(VEO_SET_METADATA);
    assert_string_equal(call.method, "GET");
    assert_string_equal(call.base, "VEO_METADATA_BASE_URL");
    assert_string_equal(call.path, "/computeMetadata/v1/instance/service-accounts/default/token?scopes="
                                   "https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform");
    assert_string_equal(call.headers[0].name, "Metadata-Flavor");
    assert_string_equal(call.headers[0].value, "Google");
    assert_null(call.body.content_type);
}

static void what_can_not_be_used_is_refused_by_name_and_stays_secret(void **state)
{
    (void)state;
    use_settings("-----BEGIN PRIVATE KEY-----\nMIIsecret\n-----END PRIVATE KEY-----\n");
    assert_non_null(strstr(refusal(VEO_SET_KEY), "VEO_PRIVATE_KEY"));
    assert_null(strstr(refusal(VEO_SET_KEY), "MIIsecret"));
    static const struct {
        const char *file, *word;
    } rows[] = {
        {"{\"type\":\"external_account\"}", "external_account"},
        {"{\"type\":\"impersonated_service_account\"}", "impersonated_service_account"},
        {"{\"type\":\"gdch_service_account\"}", "gdch_service_account"},
        {"{\"type\":\"service_account\",\"client_email\":\"a\"}", "private_key"},
        {"{\"type\":\"authorized_user\",\"client_id\":\"a\"}", "refresh_token"},
        {"{}", "type"},
        {"no json", "type"},
        {"[]", "type"},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        settings.values[VEO_AT_KEY_FILE] = rows[i].file;
        assert_non_null(strstr(refusal(VEO_SET_FILE), rows[i].word));
    }
}

static void an_api_key_needs_no_token(void **state)
{
    (void)state;
    static const unsigned sets[] = {0, VEO_SET_GEMINI_KEY, VEO_SET_GOOGLE_KEY};
    for (size_t i = 0; i < GV_COUNT(sets); i++) {
        struct gv_call call;
        struct gv_sign_with with = with_set(sets[i]);
        struct gv_error err;
        bool needed = true;
        assert_int_equal(veo_token_request(&call, &needed, &with, &arena, &err), GV_OK);
        assert_false(needed);
    }
}

static void the_project_is_the_settings_then_the_files_then_the_clouds(void **state)
{
    (void)state;
    assert_null(veo_project(&settings, &arena));
    settings.values[VEO_AT_CLOUD_PROJECT] = "cloud";
    assert_string_equal(veo_project(&settings, &arena), "cloud");
    settings.values[VEO_AT_KEY_FILE] = "{\"project_id\":\"file\"}";
    assert_string_equal(veo_project(&settings, &arena), "file");
    settings.values[VEO_AT_PROJECT_ID] = "own";
    assert_string_equal(veo_project(&settings, &arena), "own");
}

/* ---- the answer ------------------------------------------------------------------------------------- */

static int read_token(const char **token, uint32_t *lifetime_s, const char *body)
{
    struct gv_reply reply = {.status = 200, .body = body, .body_bytes = strlen(body)};
    struct gv_error err;
    return veo_token_read(token, lifetime_s, &reply, &arena, &err);
}

static void a_token_is_read_with_its_lifetime(void **state)
{
    (void)state;
    const char *token;
    uint32_t lifetime_s;
    assert_int_equal(read_token(&token, &lifetime_s,
                                "{\"access_token\":\"ya29.c.b0A\",\"expires_in\":3599,\"token_type\":\"Bearer\"}"),
                     GV_OK);
    assert_string_equal(token, "ya29.c.b0A");
    assert_int_equal(lifetime_s, 3599);
    assert_int_equal(read_token(&token, &lifetime_s, "{\"access_token\":\"a\",\"expires_in\":-5}"), GV_OK);
    assert_int_equal(lifetime_s, 0);
    static const char *const bad[] = {"",
                                      "<html>",
                                      "{}",
                                      "{\"access_token\":\"\"}",
                                      "{\"access_token\":7}",
                                      "{\"access_token\":\"a\\r\\nX: y\"}",
                                      "{\"access_token\":\"a b\"}"};
    for (size_t i = 0; i < GV_COUNT(bad); i++)
        assert_int_equal(read_token(&token, &lifetime_s, bad[i]), GV_INTERNAL_ERROR);
}

/* ---- signing ---------------------------------------------------------------------------------------- */

static int sign(struct gv_header *headers, size_t *count, unsigned set, unsigned auth, const char *token)
{
    struct gv_call call = {.auth = auth};
    struct gv_sign_with with = with_set(set);
    struct gv_error err;
    with.token = token;
    *count = 0;
    return veo_sign(headers, count, &call, &with, &arena, &err);
}

static void a_token_goes_to_google_and_a_key_to_gemini_only(void **state)
{
    (void)state;
    struct gv_header headers[GV_HEADERS_MAX];
    size_t count;
    settings.values[VEO_AT_GOOGLE_KEY] = "key-2";
    assert_int_equal(sign(headers, &count, VEO_SET_KEY, VEO_AUTH_TOKEN, "t"), GV_OK);
    assert_int_equal(count, 1);
    assert_string_equal(headers[0].name, "Authorization");
    assert_string_equal(headers[0].value, "Bearer t");
    assert_int_equal(sign(headers, &count, VEO_SET_KEY, VEO_AUTH_KEY, "t"), GV_OK);
    assert_int_equal(count, 1);
    assert_string_equal(headers[0].name, "x-goog-api-key");
    assert_string_equal(headers[0].value, "key-2");
    settings.values[VEO_AT_GEMINI_KEY] = "key-1";
    assert_int_equal(sign(headers, &count, VEO_SET_GEMINI_KEY, VEO_AUTH_KEY, NULL), GV_OK);
    assert_string_equal(headers[0].value, "key-1");
}

static void a_quota_project_is_named(void **state)
{
    (void)state;
    struct gv_header headers[GV_HEADERS_MAX];
    size_t count;
    settings.values[VEO_AT_KEY_FILE] = "{\"type\":\"authorized_user\",\"quota_project_id\":\"q1\"}";
    assert_int_equal(sign(headers, &count, VEO_SET_FILE, VEO_AUTH_TOKEN, "t"), GV_OK);
    assert_int_equal(count, 2);
    assert_string_equal(headers[1].name, "x-goog-user-project");
    assert_string_equal(headers[1].value, "q1");
    settings.values[VEO_AT_QUOTA_PROJECT] = "q2";
    assert_int_equal(sign(headers, &count, VEO_SET_FILE, VEO_AUTH_TOKEN, "t"), GV_OK);
    assert_string_equal(headers[1].value, "q2");
}

static void without_credentials_nothing_is_signed(void **state)
{
    (void)state;
    struct gv_header headers[GV_HEADERS_MAX];
    size_t count;
    assert_int_equal(sign(headers, &count, VEO_SET_KEY, VEO_AUTH_TOKEN, NULL), GV_INTERNAL_ERROR);
    assert_int_equal(sign(headers, &count, VEO_SET_KEY, VEO_AUTH_TOKEN, "a\nb"), GV_INTERNAL_ERROR);
    assert_int_equal(sign(headers, &count, VEO_SET_KEY, VEO_AUTH_KEY, "t"), GV_INTERNAL_ERROR);
    settings.values[VEO_AT_GEMINI_KEY] = "a\r\nX-Evil: 1";
    assert_int_equal(sign(headers, &count, VEO_SET_GEMINI_KEY, VEO_AUTH_KEY, NULL), GV_INTERNAL_ERROR);
    assert_int_equal(count, 0);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_key_in_the_environment_signs_the_grant),
        STORY(a_key_file_signs_the_grant),
        STORY(a_key_files_token_uri_counts_unless_one_is_set),
        STORY(a_users_file_refreshes),
        STORY(the_metadata_server_is_asked_with_its_header),
        STORY(what_can_not_be_used_is_refused_by_name_and_stays_secret),
        STORY(an_api_key_needs_no_token),
        STORY(the_project_is_the_settings_then_the_files_then_the_clouds),
        STORY(a_token_is_read_with_its_lifetime),
        STORY(a_token_goes_to_google_and_a_key_to_gemini_only),
        STORY(a_quota_project_is_named),
        STORY(without_credentials_nothing_is_signed),
    };
    return cmocka_run_group_tests(tests, make_key, drop_key);
}
