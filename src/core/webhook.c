#include "core/webhook.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/codec.h"

#define SECRET_PREFIX "whsec_"
#define VERSION_PREFIX "v1,"

bool gv_webhook_key_read(struct gv_webhook_key *out, const char *secret)
{
    struct gv_base64_decoder decoder = {0};
    if (strncmp(secret, SECRET_PREFIX, strlen(SECRET_PREFIX)) == 0)
        secret += strlen(SECRET_PREFIX);
    size_t bytes = strlen(secret);
    return bytes > 0 && bytes <= GV_WEBHOOK_KEY_BYTES_MAX &&
           gv_base64_decode(&decoder, out->bytes, &out->count, secret, bytes) && gv_base64_decode_end(&decoder) &&
           out->count > 0;
}

void gv_webhook_secret(char out[GV_WEBHOOK_SECRET_BYTES], const struct gv_webhook_key *key)
{
    memcpy(out, SECRET_PREFIX, strlen(SECRET_PREFIX));
    gv_base64_encode(out + strlen(SECRET_PREFIX), key->bytes, key->count);
}

static void digest_of(uint8_t out[32], const struct gv_webhook *webhook, const struct gv_webhook_key *key,
                      gv_hmac_sha256_fn *hmac)
{
    struct gv_arena arena = {0};
    size_t head_bytes = strlen(webhook->id) + strlen(webhook->timestamp) + 2;
    char *text = gv_arena_alloc(&arena, head_bytes + webhook->body_bytes + 1);
    memcpy(text, gv_arena_printf(&arena, "%s.%s.", webhook->id, webhook->timestamp), head_bytes);
    if (webhook->body_bytes > 0)
        memcpy(text + head_bytes, webhook->body, webhook->body_bytes);
    hmac(out, key->bytes, key->count, text, head_bytes + webhook->body_bytes);
    gv_arena_free(&arena);
}

void gv_webhook_sign(char out[GV_WEBHOOK_SIGNATURE_BYTES], const struct gv_webhook *webhook,
                     const struct gv_webhook_key *key, gv_hmac_sha256_fn *hmac)
{
    uint8_t digest[32];
    digest_of(digest, webhook, key, hmac);
    memcpy(out, VERSION_PREFIX, strlen(VERSION_PREFIX));
    gv_base64_encode(out + strlen(VERSION_PREFIX), digest, sizeof digest);
}

/* How long it takes tells nothing of where they differ. */
static bool equal(const char *a, const char *b, size_t bytes)
{
    unsigned char difference = 0;
    for (size_t i = 0; i < bytes; i++)
        difference |= (unsigned char)(a[i] ^ b[i]);
    return difference == 0;
}

static bool is_timely(const char *timestamp, int64_t now_s)
{
    char *end = NULL;
    long long at_s = strtoll(timestamp, &end, 10);
    return end != timestamp && *end == '\0' && at_s >= now_s - GV_WEBHOOK_TOLERANCE_S &&
           at_s <= now_s + GV_WEBHOOK_TOLERANCE_S;
}

bool gv_webhook_verify(const struct gv_webhook *webhook, const char *signatures, const struct gv_webhook_key *key,
                       int64_t now_s, gv_hmac_sha256_fn *hmac)
{
    char expected[GV_WEBHOOK_SIGNATURE_BYTES];
    bool fits = false;
    if (webhook->id == NULL || webhook->timestamp == NULL || signatures == NULL ||
        !is_timely(webhook->timestamp, now_s))
        return false;
    gv_webhook_sign(expected, webhook, key, hmac);
    size_t length = strlen(expected);
    for (const char *at = signatures; *at != '\0'; at += strspn(at, " ")) {
        size_t bytes = strcspn(at, " ");
        fits = fits || (bytes == length && equal(at, expected, length));
        at += bytes;
    }
    return fits;
}
