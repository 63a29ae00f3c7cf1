/* Standard Webhooks: how an event that is posted says who sent it. Pure; the HMAC comes as an argument. */
#ifndef GV_CORE_WEBHOOK_H
#define GV_CORE_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_WEBHOOK_KEY_BYTES_MAX 256
#define GV_WEBHOOK_SECRET_BYTES 360   /* "whsec_", the base64 of a key, NUL */
#define GV_WEBHOOK_SIGNATURE_BYTES 64 /* "v1,", the base64 of a digest, NUL */
#define GV_WEBHOOK_TOLERANCE_S 300    /* between the sender's clock and ours */

typedef void gv_hmac_sha256_fn(uint8_t out[32], const void *key, size_t key_bytes, const void *data, size_t bytes);

struct gv_webhook_key {
    uint8_t bytes[GV_WEBHOOK_KEY_BYTES_MAX];
    size_t count;
};

/* "whsec_" and base64, or the base64 alone. False: it is neither. */
bool gv_webhook_key_read(struct gv_webhook_key *out, const char *secret);
void gv_webhook_secret(char out[GV_WEBHOOK_SECRET_BYTES], const struct gv_webhook_key *key);

struct gv_webhook {
    const char *id;
    const char *timestamp; /* seconds since 1970, as text */
    const char *body;
    size_t body_bytes;
};

void gv_webhook_sign(char out[GV_WEBHOOK_SIGNATURE_BYTES], const struct gv_webhook *webhook,
                     const struct gv_webhook_key *key, gv_hmac_sha256_fn *hmac);
/* `signatures`: as the header has them, separated by blanks; one that fits is enough. False where anything is missing,
 * too, or where the time is off. */
bool gv_webhook_verify(const struct gv_webhook *webhook, const char *signatures, const struct gv_webhook_key *key,
                       int64_t now_s, gv_hmac_sha256_fn *hmac);

#endif
