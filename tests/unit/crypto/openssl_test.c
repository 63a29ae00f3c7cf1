#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "base/codec.h"
#include "port/crypto.h"

static const struct gv_crypto *crypto = &gv_crypto_openssl;

static void assert_hex(const uint8_t *got, const char *expected)
{
    char hex[65];
    gv_hex_encode(hex, got, 32);
    assert_string_equal(hex, expected);
}

/* FIPS 180-4, examples of one block, of none, and of a million letters. */
static void sha256_gives_the_standard_s_examples(void **state)
{
    (void)state;
    uint8_t out[32];
    crypto->sha256_end(crypto->sha256_begin(), out);
    assert_hex(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

    struct gv_sha256 *digest = crypto->sha256_begin();
    crypto->sha256_add(digest, "a", 1);
    crypto->sha256_add(digest, "", 0);
    crypto->sha256_add(digest, "bc", 2);
    crypto->sha256_end(digest, out);
    assert_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

    static char million[1000000];
    memset(million, 'a', sizeof million);
    digest = crypto->sha256_begin();
    crypto->sha256_add(digest, million, 999);
    crypto->sha256_add(digest, million, sizeof million - 999);
    crypto->sha256_end(digest, out);
    assert_hex(out, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    crypto->sha256_end(NULL, out);
}

/* RFC 4231, test cases 1, 2 and 6. */
static void hmac_gives_the_rfc_s_examples(void **state)
{
    (void)state;
    uint8_t out[32], key[131];
    memset(key, 0x0b, 20);
    crypto->hmac_sha256(out, key, 20, "Hi There", 8);
    assert_hex(out, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    crypto->hmac_sha256(out, "Jefe", 4, "what do ya want for nothing?", 28);
    assert_hex(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, 131);
    crypto->hmac_sha256(out, key, 131, "Test Using Larger Than Block-Size Key - Hash Key First", 54);
    assert_hex(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    crypto->hmac_sha256(out, NULL, 0, "", 0);
    assert_hex(out, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static char *pem_of(EVP_PKEY *key, bool pkcs1, const EVP_CIPHER *cipher)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *text, *copy;
    if (pkcs1)
        assert_int_equal(PEM_write_bio_PrivateKey_traditional(out, key, cipher, NULL, 0, NULL, NULL), 1);
    else
        assert_int_equal(
            PEM_write_bio_PKCS8PrivateKey(out, key, cipher, cipher ? "secret" : NULL, cipher ? 6 : 0, NULL, NULL), 1);
    long n = BIO_get_mem_data(out, &text);
    copy = strndup(text, (size_t)n);
    BIO_free(out);
    return copy;
}

static bool verifies(EVP_PKEY *key, const uint8_t *signature, size_t bytes, const char *data)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(ctx, signature, bytes, (const uint8_t *)data, strlen(data)) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return good;
}

static void rs256_is_verified_by_the_public_key(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_RSA_gen(2048);
    for (int form = 0; form < 2; form++) {
        char *pem = pem_of(key, form == 1, NULL);
        uint8_t signature[512];
        size_t bytes = sizeof signature;
        assert_true(crypto->rs256(signature, &bytes, pem, "header.claims", 13));
        assert_int_equal(bytes, 256);
        assert_true(verifies(key, signature, bytes, "header.claims"));
        assert_false(verifies(key, signature, bytes, "header.claimz"));
        bytes = 255;
        assert_false(crypto->rs256(signature, &bytes, pem, "header.claims", 13));
        free(pem);
    }
    EVP_PKEY_free(key);
}

static void assert_unusable(const char *pem)
{
    uint8_t signature[512];
    size_t bytes = sizeof signature;
    assert_false(crypto->rs256(signature, &bytes, pem, "x", 1));
    assert_int_equal(ERR_peek_error(), 0); /* nothing left behind for TLS to trip over */
}

static void a_wrong_key_is_unusable(void **state)
{
    (void)state;
    EVP_PKEY *ec = EVP_EC_gen("P-256"), *rsa = EVP_RSA_gen(2048);
    char *ec_pem = pem_of(ec, false, NULL), *locked_pem = pem_of(rsa, false, EVP_aes_256_cbc());
    char *cut_pem = pem_of(rsa, false, NULL);
    cut_pem[strlen(cut_pem) / 2] = '\0';
    assert_unusable("");
    assert_unusable("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    assert_unusable(ec_pem);
    assert_unusable(locked_pem);
    assert_unusable(cut_pem);
    free(ec_pem);
    free(locked_pem);
    free(cut_pem);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(rsa);
}

static void random_bytes_differ(void **state)
{
    (void)state;
    uint8_t a[32] = {0}, b[32] = {0};
    crypto->random(a, sizeof a);
    crypto->random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    crypto->random(a, 0);
}

static void equality_sees_every_byte(void **state)
{
    (void)state;
    uint8_t a[32] = {0}, b[32] = {0};
    assert_true(crypto->equal(a, b, sizeof a));
    for (size_t i = 0; i < sizeof a; i++) {
        b[i] = 1;
        assert_false(crypto->equal(a, b, sizeof a));
        b[i] = 0;
    }
    assert_true(crypto->equal(a, b, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_standard_s_examples),
        cmocka_unit_test(hmac_gives_the_rfc_s_examples),
        cmocka_unit_test(rs256_is_verified_by_the_public_key),
        cmocka_unit_test(a_wrong_key_is_unusable),
        cmocka_unit_test(random_bytes_differ),
        cmocka_unit_test(equality_sees_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
