/* The few things that need a cryptographic library. */
#ifndef GV_PORT_CRYPTO_H
#define GV_PORT_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_sha256; /* a running digest, owned by who began it */

/* All functions may be called on any thread; a running digest by one thread at a time. */
struct gv_crypto {
    struct gv_sha256 *(*sha256_begin)(void);
    void (*sha256_add)(struct gv_sha256 *digest, const void *data, size_t bytes);
    void (*sha256_end)(struct gv_sha256 *digest, uint8_t out[32]); /* frees it; NULL is harmless */
    void (*hmac_sha256)(uint8_t out[32], const void *key, size_t key_bytes, const void *data, size_t bytes);
    /* RS256 with a PKCS#8 or PKCS#1 PEM key; false if the key is unusable. *out_bytes: room, then length. */
    bool (*rs256)(uint8_t *out, size_t *out_bytes, const char *pem, const void *data, size_t bytes);
    void (*random)(void *out, size_t bytes);
    bool (*equal)(const void *a, const void *b, size_t bytes); /* in constant time */
};

extern const struct gv_crypto gv_crypto_openssl;

/* From now on lack of memory inside OpenSSL ends the process as it does elsewhere, see base/arena.h: some of its own
 * paths crash on it. For programs, first thing in main; a library leaves it to its host. */
void gv_crypto_openssl_needs_memory(void);

#endif
