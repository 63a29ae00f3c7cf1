/* Veo's emulator: how clients prove who they are. Fact sheet 6. */
#include "provider/veo/veo_sandbox.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/codec.h"
#include "port/crypto.h"

#define GOOGLE_TOKEN_URI "https://oauth2.googleapis.com/token"
#define SCOPE "https://www.googleapis.com/auth/cloud-platform"
#define JWT_BYTES_MAX 8192
#define LIFETIME_S 3599
#define ASSERTION_S_MAX 3600
#define SKEW_S 30 /* by how much a client's clock may be ahead; Google's number is not known */
#define CLIENT_ID "sandbox-client"
#define CLIENT_SECRET "sandbox-secret"
#define REFRESH_TOKEN "sandbox-refresh"

/* Made for the sandbox, published here, good for nothing else. */
const char gv_veo_emu_private_key[] = "-----BEGIN PRIVATE KEY-----\\n"
                                      "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCh7bqVIwE+gh1B\\n"
                                      "/BcQT58r4hGVq7tpaa7+w8u9UkLclJSifaUJgp0X3uLIhenFs2qurwMiehCFRAgv\\n"
                                      "484XB06d2V4APUFKEd9gKXz1iRA19w16ReDERqgEVrlcX4zLI9ibNtxc3/o98Hwm\\n"
                                      "0xkqONDGZyOiNLIO0KKbx4BE6AoYOkuDMcF+gTNAn/ns40LlDS3E+k7sn7H2LUdK\\n"
                                      "xYBl7PxucYZ1SIUQjnatst4ZQsEmq1PpT6qxXgFEjzXgFHhYqazI/ZCmMTyyS9JA\\n"
                                      "4b3ifh6/pvULsDpXjbUtPkGFwq/Uq251cWBWqOISK1RtD3h+zB1vVxMZRL/nusnw\\n"
                                      "OVxmJDMfAgMBAAECggEAAWF5u/19QboHTiw8SsclstCYg3UK7JEE99GAl7/Z/RqG\\n"
                                      "kpoirExA/avzYBqwOHTZXd2f17frEyUriAkCarTaaUMqEjNzg+esxsZOdU4yurBo\\n"
                                      "HNj4BoRvDgEVTzcrXVdpaJgU/0po+QU8xxykCXWhkMeJXhU38s4O95LBwmn+HWBt\\n"
                                      "EbER8b1VawAOcX5Avs/kQ3w510G2Qh+9vFbNpA1kuqVi9uSiixdkSFPrDoQ386LP\\n"
                                      "cm5F7FO0yLcL2xrSTK2F4Wj6QQ+NXfjv9rfG3T+SiABAQKzVTYQHh+pxOD1g5vf6\\n"
                                      "tzIc7a41xPCl9ODRTwX5HGWa400J/UBkgYsljw9q7QKBgQDUiE1s+qA4XLO50AgP\\n"
                                      "u1ZbRXlPE/HhsRuPkEylx1dhFFprnUqfqU1oZ0YBtwIFnnJ/iGzo2KlJ7dBOeNJU\\n"
                                      "ZOojb+jb3rXGQpR3NfH8GuaI/zAB0anq5Bg7ZO+/tEXHom4N3kTHvhOppXRlHT/u\\n"
                                      "XIBEALiSb0mqqPOgHs+qrQc3RQKBgQDDC+4xe0bVoanGni3G8iUwY1XxCuSMn3eh\\n"
                                      "2w4z8C+0OUiHXGmniGtpQnCAkLMx8Mb0VbbYyCe5XCr7fYwqv2CbeTZ0K4M0/lm0\\n"
                                      "OWZKR/b4XJ9zrjB3JUcIqFQYS9TL8Mk92P1a7IECwi//BxOiVVJHDaH151Ks+Kq4\\n"
                                      "PTmMEHfFEwKBgG8r0RxFSRPSYey7Rcw82SIrCBZ2P1soEluZRo6c5DcSt219PHCh\\n"
                                      "1azcAIGbIgKgbBIL4bQ2yO6z5/d0OckNdHAO9MY2C+1mHFTzMd4GkDpvCcSZ0IDe\\n"
                                      "yVIgLUyg1rNjYp/8eQvmgFCIDIdrsmpTloB7xBBNCEKt16oVE9maYqDlAoGBAJMY\\n"
                                      "X0W/89bPOevJhTqBiZxpffnwPhbzeNR/EMIIxOFFRjaXcjLfxim26oN7HTlvnYvN\\n"
                                      "TL1GjfbT1LKfp2Lhu6jlDDUmT6hanio2E7e3eEEsETC70F86pMyZrfo4zj4T1KEp\\n"
                                      "EUFOFamP64SIwLzvXcKqPFfoYciDLLUPr2O7U6gzAoGAVFi4hJVj1M/p9XLgajxp\\n"
                                      "Piv+IrFKz1P2JGCerSxMFtDujjtqtGdL5k6HtiBE4qYgHkDOzNTUYqt/Mu3C0EVU\\n"
                                      "A7TV/5lL6ysKwi95EqVIWdbC845tg7A+P4ML9A3XzL0dATr/LVYPmn6Vs1t1GAXa\\n"
                                      "RAbK215Yw7XKnG99dFwHZAY=\\n"
                                      "-----END PRIVATE KEY-----\\n";

static int64_t now_s(const struct veo_emu *e)
{
    return (e->world->now_ms + e->world->bend.skew_ms) / 1000;
}

/* ---- access tokens: their own record, so that a sandbox started again still knows them --------------------------- */

static const char *sign_token(const struct veo_emu *e, const char *expires)
{
    uint8_t digest[32];
    char signature[48];
    const char *key = gv_arena_printf(e->world->arena, "tokens of sandbox %llu", (unsigned long long)e->world->seed);
    e->world->crypto->hmac_sha256(digest, key, strlen(key), expires, strlen(expires));
    gv_base64url_encode(signature, digest, sizeof digest);
    return gv_arena_printf(e->world->arena, "ya29.c.%s.%s", expires, signature);
}

bool gv_veo_emu_bearer(const struct veo_emu *e, bool *missing)
{
    static const char bearer[] = "Bearer ";
    const char *header = e->request->authorization;
    *missing = !header || strncmp(header, bearer, sizeof bearer - 1) != 0;
    if (*missing)
        return false;
    char expires[24];
    const char *token = header + sizeof bearer - 1;
    if (sscanf(token, "ya29.c.%20[0-9].", expires) != 1)
        return false;
    const char *good = sign_token(e, expires);
    return strlen(good) == strlen(token) && e->world->crypto->equal(good, token, strlen(good)) &&
           strtoll(expires, NULL, 10) > now_s(e);
}

static void grant(struct veo_emu *e)
{
    const char *expires = gv_arena_printf(e->world->arena, "%lld", (long long)(now_s(e) + LIFETIME_S));
    e->reply = (struct gv_emu_reply){
        .status = 200,
        .body =
            gv_arena_printf(e->world->arena, "{\"access_token\":\"%s\",\"expires_in\":%d,\"token_type\":\"Bearer\"}",
                            sign_token(e, expires), LIFETIME_S),
    };
}

static bool refuse_grant(struct veo_emu *e, int status, const char *error, const char *description)
{
    e->reply = (struct gv_emu_reply){
        .status = status,
        .body = gv_arena_printf(e->world->arena, "{\"error\":\"%s\",\"error_description\":\"%s\"}", error, description),
    };
    return false;
}

/* ---- the signed assertion ---------------------------------------------------------------------------------------- */

/* One part of a token as text; NULL if it is no base64url. */
static const char *decode_part(struct gv_arena *arena, const char *text, size_t n)
{
    struct gv_base64_decoder decoder = {0};
    size_t bytes, padded = (n + 3) / 4 * 4;
    char *standard = gv_arena_alloc(arena, padded + 1), *out = gv_arena_alloc(arena, padded + 4);
    for (size_t i = 0; i < padded; i++)
        standard[i] = i >= n ? '=' : text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    if (!gv_base64_decode(&decoder, out, &bytes, standard, padded) || !gv_base64_decode_end(&decoder))
        return NULL;
    out[bytes] = '\0';
    return out;
}

static const struct gv_json *decode_json(struct gv_arena *arena, const char *text, size_t n)
{
    const char *decoded = decode_part(arena, text, n);
    return decoded ? gv_json_parse(arena, decoded, strlen(decoded), NULL) : NULL;
}

static const char *pem(struct gv_arena *arena)
{
    char *out = gv_arena_strdup(arena, gv_veo_emu_private_key), *to = out;
    for (const char *from = out; *from;) {
        bool end = from[0] == '\\' && from[1] == 'n';
        *to++ = end ? '\n' : *from;
        from += end ? 2 : 1;
    }
    *to = '\0';
    return out;
}

/* RSASSA-PKCS1-v1_5 leaves nothing to chance: of a text there is one signature, and only the key's owner makes it. */
static bool is_signed(const struct veo_emu *e, const char *token, const char *second_dot)
{
    uint8_t signature[512];
    char expected[700];
    size_t bytes = sizeof signature;
    bool made = e->world->crypto->rs256(signature, &bytes, pem(e->world->arena), token, (size_t)(second_dot - token));
    GV_ASSERT(made);
    size_t n = gv_base64url_encode(expected, signature, bytes);
    return strlen(second_dot + 1) == n && e->world->crypto->equal(second_dot + 1, expected, n);
}

static bool check_times(struct veo_emu *e, const struct gv_json *claims)
{
    const struct gv_json *iat = gv_json_member(claims, "iat"), *exp = gv_json_member(claims, "exp");
    bool whole = iat && exp && iat->kind == GV_JSON_INT && exp->kind == GV_JSON_INT;
    if (!whole || exp->integer - iat->integer > ASSERTION_S_MAX || exp->integer <= iat->integer ||
        iat->integer > now_s(e) + SKEW_S || exp->integer <= now_s(e))
        return refuse_grant(e, 400, "invalid_grant",
                            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable "
                            "timeframe. Check your iat and exp values in the JWT claim.");
    return true;
}

static bool check_claims(struct veo_emu *e, const struct gv_json *claims)
{
    const char *audience = gv_json_text(claims, "aud"), *scope = gv_json_text(claims, "scope");
    const char *own = gv_arena_printf(e->world->arena, "%s/token", e->world->origin);
    if (!check_times(e, claims))
        return false;
    if (!audience || (!is(audience, own) && !is(audience, GOOGLE_TOKEN_URI)))
        return refuse_grant(e, 400, "invalid_grant",
                            "Invalid JWT: Failed audience check. The right audience is " GOOGLE_TOKEN_URI);
    for (const char *p = scope ? scope : ""; *p; p += strcspn(p, " "), p += strspn(p, " ")) {
        if (strcspn(p, " ") == strlen(SCOPE) && strncmp(p, SCOPE, strlen(SCOPE)) == 0)
            return true;
    }
    return refuse_grant(e, 400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.");
}

static bool check_assertion(struct veo_emu *e, const char *token)
{
    const char *dot = strchr(token, '.'), *second = dot ? strchr(dot + 1, '.') : NULL;
    if (!second || strlen(token) > JWT_BYTES_MAX)
        return refuse_grant(e, 400, "invalid_grant", "Bad Request");
    const struct gv_json *header = decode_json(e->world->arena, token, (size_t)(dot - token));
    const struct gv_json *claims = decode_json(e->world->arena, dot + 1, (size_t)(second - dot - 1));
    const char *algorithm = gv_json_text(header, "alg"), *type = gv_json_text(header, "typ");
    const char *issuer = gv_json_text(claims, "iss");
    if (!algorithm || !is(algorithm, "RS256") || (type && !is(type, "JWT")) || !issuer)
        return refuse_grant(e, 400, "invalid_grant", "Invalid JWT: header or claims can't be used.");
    if (!is(issuer, VEO_EMU_CLIENT_EMAIL))
        return refuse_grant(e, 400, "invalid_grant", "Invalid grant: account not found");
    if (!is_signed(e, token, second))
        return refuse_grant(e, 400, "invalid_grant", "Invalid JWT Signature.");
    return check_claims(e, claims);
}

static bool check_refresh(struct veo_emu *e)
{
    const struct gv_json *form = e->request->body;
    const char *id = gv_json_text(form, "client_id"), *secret = gv_json_text(form, "client_secret");
    const char *token = gv_json_text(form, "refresh_token");
    if (!id || !is(id, CLIENT_ID))
        return refuse_grant(e, 401, "invalid_client", "The OAuth client was not found.");
    if (!secret || !is(secret, CLIENT_SECRET))
        return refuse_grant(e, 401, "invalid_client", "Unauthorized");
    return (token && is(token, REFRESH_TOKEN)) || refuse_grant(e, 400, "invalid_grant", "Bad Request");
}

void gv_veo_emu_token(struct veo_emu *e)
{
    const char *type = gv_emu_header(e->request, "Content-Type");
    static const char form[] = "application/x-www-form-urlencoded";
    const char *kind = gv_json_text(e->request->body, "grant_type");
    const char *assertion = gv_json_text(e->request->body, "assertion");
    bool good;
    if (!type || strncmp(type, form, sizeof form - 1) != 0 || !kind)
        good = refuse_grant(e, 400, "invalid_request", "Could not determine grant type: a form is wanted.");
    else if (is(kind, "refresh_token"))
        good = check_refresh(e);
    else if (!is(kind, "urn:ietf:params:oauth:grant-type:jwt-bearer"))
        good = refuse_grant(e, 400, "unsupported_grant_type", "Invalid grant_type.");
    else
        good = check_assertion(e, assertion ? assertion : "");
    if (good)
        grant(e);
}

/* ---- the metadata server ----------------------------------------------------------------------------------------- */

void gv_veo_emu_metadata(struct veo_emu *e)
{
    const char *flavor = gv_emu_header(e->request, "Metadata-Flavor");
    if (!flavor || !is(flavor, "Google")) {
        e->reply = (struct gv_emu_reply){
            .status = 403, .content_type = "text/html", .body = "Missing Metadata-Flavor:Google header.\n"};
        return;
    }
    if (is(e->request->path, "/computeMetadata/v1/instance/service-accounts/default/token"))
        grant(e);
    else if (is(e->request->path, "/computeMetadata/v1/project/project-id"))
        e->reply = (struct gv_emu_reply){.status = 200, .content_type = "application/text", .body = VEO_EMU_PROJECT};
    else
        e->reply = (struct gv_emu_reply){.status = 404, .content_type = "text/html", .body = "Not found\n"};
    e->reply.headers[0] = (struct gv_header){"Metadata-Flavor", "Google"};
}
