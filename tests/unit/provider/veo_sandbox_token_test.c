/* Veo's emulator held against the fact sheet: credentials. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/codec.h"
#include "port/crypto.h"
#include "support/veo_emu_kit.h"

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

#define JWT_BEARER "urn:ietf:params:oauth:grant-type:jwt-bearer"
#define RS256 "{\"alg\":\"RS256\",\"typ\":\"JWT\"}"
#define EMAIL "sandbox@sandbox-project.iam.gserviceaccount.com"
#define PLATFORM "https://www.googleapis.com/auth/cloud-platform"
#define OWN_URI "http://127.0.0.1:1/veo/token"
#define CLAIMS(iss, scope, aud, iat, exp)                                                                              \
    "{\"iss\":\"" iss "\",\"scope\":\"" scope "\",\"aud\":\"" aud "\",\"iat\":" iat ",\"exp\":" exp "}"
#define GOOD CLAIMS(EMAIL, PLATFORM, OWN_URI, "1700000000", "1700003600")

/* The private key that clients get, its ends of line put back. */
static const char *key_of(struct emu_kit *kit)
{
    struct gv_buf pem;
    const char *const *pair = kit->emulator->environment;
    while (strcmp(*pair, "VEO_PRIVATE_KEY") != 0)
        pair += 2;
    assert_null(strchr(pair[1], '\n')); /* one line of a shell script */
    gv_buf_init(&pem, 1u << 16);
    for (const char *p = pair[1], *next; *p; p = next + 2) {
        next = strstr(p, "\\n");
        gv_buf_addf(&pem, "%.*s\n", (int)(next - p), p);
    }
    const char *text = gv_arena_strdup(&kit->arena, pem.data);
    gv_buf_free(&pem);
    return text;
}

static const char *jwt(struct emu_kit *kit, const char *header, const char *claims)
{
    char a[256], b[1024], c[700];
    uint8_t signature[512];
    size_t bytes = sizeof signature;
    gv_base64url_encode(a, header, strlen(header));
    gv_base64url_encode(b, claims, strlen(claims));
    const char *text = gv_arena_printf(&kit->arena, "%s.%s", a, b);
    assert_true(gv_crypto_openssl.rs256(signature, &bytes, key_of(kit), text, strlen(text)));
    gv_base64url_encode(c, signature, bytes);
    return gv_arena_printf(&kit->arena, "%s.%s", text, c);
}

static void assertions_become_tokens(void **state)
{
    struct emu_kit *kit = *state;
    assert_int_equal(veo_emu_kit_token(kit, JWT_BEARER, "assertion", jwt(kit, RS256, GOOD)), 200);
    assert_string_equal(emu_kit_at(kit, "expires_in"), "3599");
    assert_string_equal(emu_kit_at(kit, "token_type"), "Bearer");
    const char *named =
        jwt(kit, "{\"alg\":\"RS256\",\"kid\":\"42\"}",
            CLAIMS(EMAIL, "openid " PLATFORM, "https://oauth2.googleapis.com/token", "1699999990", "1700003590"));
    assert_int_equal(veo_emu_kit_token(kit, JWT_BEARER, "assertion", named), 200);
}

static void assertions_are_checked(void **state)
{
    struct emu_kit *kit = *state;
    char *forged = gv_arena_strdup(&kit->arena, jwt(kit, RS256, GOOD));
    forged[strlen(forged) - 20] = forged[strlen(forged) - 20] == 'A' ? 'B' : 'A';
    const struct {
        const char *assertion, *error, *part;
    } rows[] = {
        {"", "invalid_grant", ""},
        {"a.b", "invalid_grant", ""},
        {"a.b.c", "invalid_grant", ""},
        {forged, "invalid_grant", "Invalid JWT Signature."},
        {jwt(kit, "{\"alg\":\"HS256\"}", GOOD), "invalid_grant", "Invalid JWT"},
        {jwt(kit, RS256, CLAIMS("a@b", PLATFORM, OWN_URI, "1700000000", "1700003600")), "invalid_grant",
         "Invalid grant: account not found"},
        {jwt(kit, RS256, CLAIMS(EMAIL, PLATFORM, OWN_URI, "1700000000", "1700003601")), "invalid_grant",
         "short-lived token (60 minutes)"},
        {jwt(kit, RS256, CLAIMS(EMAIL, PLATFORM, OWN_URI, "1699996400", "1700000000")), "invalid_grant", "timeframe"},
        {jwt(kit, RS256, CLAIMS(EMAIL, PLATFORM, OWN_URI, "1700000031", "1700003600")), "invalid_grant", "timeframe"},
        {jwt(kit, RS256, CLAIMS(EMAIL, PLATFORM, OWN_URI, "\"1700000000\"", "1700003600")), "invalid_grant",
         "timeframe"},
        {jwt(kit, RS256, CLAIMS(EMAIL, PLATFORM, "https://example.com/token", "1700000000", "1700003600")),
         "invalid_grant", "audience"},
        {jwt(kit, RS256, CLAIMS(EMAIL, PLATFORM ".read-only", OWN_URI, "1700000000", "1700003600")), "invalid_scope",
         "Invalid OAuth scope"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (veo_emu_kit_token(kit, JWT_BEARER, "assertion", rows[i].assertion) != 400 ||
            strcmp(emu_kit_at(kit, "error"), rows[i].error) != 0 ||
            !strstr(emu_kit_at(kit, "error_description"), rows[i].part))
            fail_msg("row %zu: %d %s", i, kit->reply.status, kit->reply.body);
    }
}

static void the_token_server_takes_forms_and_two_grants(void **state)
{
    struct emu_kit *kit = *state;
    assert_int_equal(veo_emu_kit_token(kit, "password", "assertion", jwt(kit, RS256, GOOD)), 400);
    assert_string_equal(emu_kit_at(kit, "error"), "unsupported_grant_type");
    assert_int_equal(veo_emu_kit_token(kit, "refresh_token", "client_id", "nobody"), 401);
    assert_string_equal(emu_kit_at(kit, "error"), "invalid_client");
    assert_int_equal(emu_kit_send(kit, "POST", "/token",
                                  "{\"grant_type\":\"refresh_token\",\"client_id\":\"sandbox-client\","
                                  "\"client_secret\":\"sandbox-secret\",\"refresh_token\":\"other\"}"),
                     400);
    assert_string_equal(emu_kit_at(kit, "error"), "invalid_grant");
    const char *good = "{\"grant_type\":\"refresh_token\",\"client_id\":\"sandbox-client\","
                       "\"client_secret\":\"sandbox-secret\",\"refresh_token\":\"sandbox-refresh\"}";
    assert_int_equal(emu_kit_send(kit, "POST", "/token", good), 200);
    assert_string_not_equal(emu_kit_at(kit, "access_token"), "(absent)");
    kit->header_count = 1; /* no longer a form */
    assert_int_equal(emu_kit_send(kit, "POST", "/token", good), 400);
    assert_string_equal(emu_kit_at(kit, "error"), "invalid_request");
}

static void the_metadata_server_wants_its_header(void **state)
{
    struct emu_kit *kit = *state;
    const char *path = "/computeMetadata/v1/instance/service-accounts/default/token";
    assert_int_equal(emu_kit_send(kit, "GET", path, NULL), 403);
    kit->headers[1] = (struct gv_header){"Metadata-Flavor", "Google"};
    assert_int_equal(emu_kit_send(kit, "GET", path, NULL), 200);
    assert_string_equal(emu_kit_at(kit, "token_type"), "Bearer");
    assert_string_equal(kit->reply.headers[0].name, "Metadata-Flavor");
    assert_int_equal(emu_kit_send(kit, "GET", "/computeMetadata/v1/project/project-id", NULL), 200);
    assert_string_equal(kit->reply.body, "sandbox-project");
    assert_int_equal(emu_kit_send(kit, "GET", "/computeMetadata/v1/project/number", NULL), 404);
}

static void vertex_wants_a_token_that_lives(void **state)
{
    struct emu_kit *kit = *state;
    const char *good = kit->authorization, *body = VEO_BODY(VEO_BOAT, "");
    const char *const bad[] = {NULL, "Bearer ", "Bearer sandbox-key", "Bearer ya29.c.1800000000.AAAA", good + 7};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        kit->authorization = bad[i];
        veo_emu_kit_refused(kit, "POST", VEO_FULL, body, 401, "UNAUTHENTICATED", "OAuth 2 access token");
        veo_emu_kit_refused(kit, "POST", VEO_POLL, body, 401, "UNAUTHENTICATED", "OAuth 2 access token");
    }
    kit->authorization = good;
    emu_kit_create(kit, VEO_FULL, body);
    veo_emu_kit_refused(kit, "POST",
                        "/v1/projects/other/locations/us-central1/publishers/google/models/x:"
                        "predictLongRunning",
                        body, 403, "PERMISSION_DENIED", "aiplatform.endpoints.predict");
    kit->world.now_ms += 3599 * 1000;
    veo_emu_kit_refused(kit, "POST", VEO_FULL, body, 401, "UNAUTHENTICATED", "had invalid");
    kit->world.bend.skew_ms = -1000;
    emu_kit_create(kit, VEO_FULL, body);
}

static void gemini_wants_a_key(void **state)
{
    struct emu_kit *kit = *state;
    const char *path = VEO_GEMINI("veo-3.1-generate-preview"), *body = VEO_BODY(VEO_BOAT, "");
    kit->authorization = NULL;
    emu_kit_create(kit, path, body);
    kit->headers[0].value = "other";
    veo_emu_kit_refused(kit, "POST", path, body, 400, "INVALID_ARGUMENT",
                        "API key not valid. Please pass a valid API key.");
    assert_string_equal(emu_kit_at(kit, "error.details.0.reason"), "API_KEY_INVALID");
    kit->headers[0].name = "X-Other";
    veo_emu_kit_refused(kit, "POST", path, body, 403, "PERMISSION_DENIED", "API Key");
    emu_kit_create(kit, VEO_GEMINI("veo-3.1-generate-preview") "?key=sandbox-key", body);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, veo_emu_kit_set_up, emu_kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(assertions_become_tokens),
        TEST(assertions_are_checked),
        TEST(the_token_server_takes_forms_and_two_grants),
        TEST(the_metadata_server_wants_its_header),
        TEST(vertex_wants_a_token_that_lives),
        TEST(gemini_wants_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
