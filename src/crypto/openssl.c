/* The crypto port on OpenSSL's EVP. Only a key from outside can be wrong; anything else that fails here is lack of
 * memory or a broken library, and stops the process. */
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/assert.h"
#include "port/crypto.h"

#define KEY_BYTES 8192       /* what a key of 4096 bits takes, and more */
#define RANDOM_BYTES_MAX 256 /* getrandom(2): up to here never a part only */

static bool lacks_memory(void)
{
    for (unsigned long code; (code = ERR_get_error()) != 0;)
        if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
            return true;
    return false;
}

/* For what only lack of memory, which OpenSSL does not always write down, or a broken library can make fail. */
static void need(bool done)
{
    if (done)
        return;
    unsigned long code = ERR_peek_error();
    char why[160];
    if (code == 0 || lacks_memory())
        gv_out_of_memory(0);
    ERR_error_string_n(code, why, sizeof why);
    fprintf(stderr, "golem-video: out of memory, or OpenSSL is broken: %s; stopping, accepted jobs are kept\n", why);
    abort();
}

/* struct gv_sha256 is OpenSSL's own context under another name. */
static EVP_MD_CTX *context_of(struct gv_sha256 *digest)
{
    return (EVP_MD_CTX *)digest;
}

static struct gv_sha256 *sha256_begin(void)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    need(ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1);
    return (struct gv_sha256 *)ctx;
}

static void sha256_add(struct gv_sha256 *digest, const void *data, size_t bytes)
{
    need(EVP_DigestUpdate(context_of(digest), data, bytes) == 1);
}

static void sha256_end(struct gv_sha256 *digest, uint8_t out[32])
{
    if (!digest)
        return;
    unsigned length = 0;
    need(EVP_DigestFinal_ex(context_of(digest), out, &length) == 1 && length == 32);
    EVP_MD_CTX_free(context_of(digest));
}

static void hmac_sha256(uint8_t out[32], const void *key, size_t key_bytes, const void *data, size_t bytes)
{
    unsigned length = 0;
    GV_ASSERT(key_bytes <= INT_MAX);
    /* OpenSSL reads a NULL key as "the one before". */
    need(HMAC(EVP_sha256(), key ? key : "", (int)key_bytes, data, bytes, out, &length) && length == 32);
}

/* An encrypted key is unusable; OpenSSL's own callback would ask at the terminal. */
static int no_password(char *out, int room, int writing, void *ctx)
{
    (void)out, (void)room, (void)writing, (void)ctx;
    return -1;
}

static EVP_PKEY *rsa_key(const char *pem)
{
    BIO *text = BIO_new_mem_buf(pem, -1);
    need(text != NULL);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(text, NULL, no_password, NULL);
    BIO_free(text);
    if (key && EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

static bool sign_once(uint8_t *out, size_t *out_bytes, const char *pem, const void *data, size_t bytes)
{
    EVP_PKEY *key = rsa_key(pem);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    need(ctx != NULL);
    bool signed_ = key && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                   EVP_DigestSign(ctx, out, out_bytes, data, bytes) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    if (!signed_ && lacks_memory())
        gv_out_of_memory(0); /* it says nothing about the key */
    ERR_clear_error();       /* the queue is the thread's, and TLS reads it too */
    return signed_;
}

/* OpenSSL's decoders may take lack of memory for a key of a form that they don't know: it is the key only if a second
 * look says so too, and memory is to be had. */
static bool rs256(uint8_t *out, size_t *out_bytes, const char *pem, const void *data, size_t bytes)
{
    size_t room = *out_bytes;
    if (sign_once(out, out_bytes, pem, data, bytes))
        return true;
    *out_bytes = room;
    if (sign_once(out, out_bytes, pem, data, bytes))
        return true;
    free(gv_xcalloc(1, KEY_BYTES));
    return false;
}

/* From the kernel: OpenSSL's own generator ends in a segmentation fault where its first allocations fail (3.0). */
static void random_bytes(void *out, size_t bytes)
{
    GV_ASSERT(bytes <= RANDOM_BYTES_MAX);
    ssize_t got;
    do
        got = getrandom(out, bytes, 0); /* so few come whole, or not at all */
    while (got < 0 && errno == EINTR);
    GV_ASSERT(got == (ssize_t)bytes);
}

static bool equal(const void *a, const void *b, size_t bytes)
{
    return CRYPTO_memcmp(a, b, bytes) == 0;
}

static void *take(size_t bytes, const char *file, int line)
{
    (void)file, (void)line;
    return gv_xrealloc(NULL, bytes);
}

static void *resize(void *old, size_t bytes, const char *file, int line)
{
    (void)file, (void)line;
    return gv_xrealloc(old, bytes);
}

static void give_back(void *memory, const char *file, int line)
{
    (void)file, (void)line;
    free(memory);
}

void gv_crypto_openssl_needs_memory(void)
{
    need(CRYPTO_set_mem_functions(take, resize, give_back) == 1);
}

const struct gv_crypto gv_crypto_openssl = {
    .sha256_begin = sha256_begin,
    .sha256_add = sha256_add,
    .sha256_end = sha256_end,
    .hmac_sha256 = hmac_sha256,
    .rs256 = rs256,
    .random = random_bytes,
    .equal = equal,
};
