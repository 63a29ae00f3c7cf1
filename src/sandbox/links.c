#include "sandbox/links.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "port/crypto.h"

#define SIGNATURE_BYTES 48

static void sign(char out[SIGNATURE_BYTES], uint64_t seed, const char *provider, const char *path, const char *expires)
{
    uint8_t digest[32];
    char key[64];
    struct gv_arena arena = {0};
    snprintf(key, sizeof key, "links of sandbox %llu", (unsigned long long)seed);
    const char *text = gv_arena_printf(&arena, "%s%s?%s", provider, path, expires);
    gv_crypto_openssl.hmac_sha256(digest, key, strlen(key), text, strlen(text));
    gv_base64url_encode(out, digest, sizeof digest);
    gv_arena_free(&arena);
}

const char *gv_link_make(struct gv_arena *arena, const char *origin, uint64_t seed, const struct gv_emu_task *task,
                         const char *file_name, int64_t until_ms)
{
    char signature[SIGNATURE_BYTES];
    const char *path = gv_arena_printf(arena, GV_LINK_PREFIX "%s/%s", task->id, file_name);
    const char *expires = gv_arena_printf(arena, "%lld", (long long)(until_ms / 1000));
    sign(signature, seed, task->provider, path, expires);
    return gv_arena_printf(arena, "%s%s?Expires=%s&Signature=%s", origin, path, expires, signature);
}

const char *gv_link_check(uint64_t seed, const char *provider, const char *path, const char *expires,
                          const char *signature, int64_t now_ms)
{
    char expected[SIGNATURE_BYTES];
    if (!expires || !signature)
        return "The URL is not signed";
    sign(expected, seed, provider, path, expires);
    if (strlen(signature) != strlen(expected) || !gv_crypto_openssl.equal(signature, expected, strlen(expected)))
        return "The URL's signature does not match";
    return strtoll(expires, NULL, 10) * 1000 > now_ms ? NULL : "The URL has expired";
}
