/* Standard Webhooks. The HMAC is not of this layer: here it is a
 * stand-in whose digest depends on every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/webhook.h"

#define NOW_S 1781080794
#define SECRET "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="

static void mix(uint8_t out[32], const void *key, size_t key_bytes, const void *data, size_t bytes)
{
    uint64_t state = 14695981039346656037u;
    const uint8_t *parts[] = {key, data};
    const size_t lengths[] = {key_bytes, bytes};
    for (size_t part = 0; part < 2; part++)
        for (size_t i = 0; i < lengths[part]; i++)
            state = (state ^ parts[part][i]) * 1099511628211u;
    for (size_t i = 0; i < 32; i++, state = state * 6364136223846793005u + 1)
        out[i] = (uint8_t)(state >> 56);
}

static struct gv_webhook webhook(void)
{
    return (struct gv_webhook){.id = "evt_1", .timestamp = "1781080794", .body = "{\"a\":1}", .body_bytes = 7};
}

static struct gv_webhook_key key_of(const char *secret)
{
    struct gv_webhook_key key;
    assert_true(gv_webhook_key_read(&key, secret));
    return key;
}

static bool verify(const struct gv_webhook *hook, const char *signatures, int64_t now_s)
{
    struct gv_webhook_key key = key_of(SECRET);
    return gv_webhook_verify(hook, signatures, &key, now_s, mix);
}

static void a_secret_reads_back(void **state)
{
    (void)state;
    struct gv_webhook_key key = key_of(SECRET);
    char text[GV_WEBHOOK_SECRET_BYTES];
    assert_int_equal(key.count, 32);
    assert_memory_equal(key.bytes, "testsecrettestsecrettestsecret12", 32);
    gv_webhook_secret(text, &key);
    assert_string_equal(text, SECRET);
    assert_int_equal(key_of(&SECRET[strlen("whsec_")]).count, 32);
    static const char *const wrong[] = {"", "whsec_", "whsec_%%%%", "whsec_dGVzd", "not base64 at all"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(gv_webhook_key_read(&key, wrong[i]));
}

static void what_is_signed_is_believed_and_nothing_else(void **state)
{
    (void)state;
    struct gv_webhook_key key = key_of(SECRET);
    struct gv_webhook good = webhook();
    char signature[GV_WEBHOOK_SIGNATURE_BYTES];
    gv_webhook_sign(signature, &good, &key, mix);
    assert_memory_equal(signature, "v1,", 3);
    assert_true(verify(&good, signature, NOW_S));
    struct gv_webhook bad[] = {webhook(), webhook(), webhook(), webhook(), webhook()};
    bad[0].id = "evt_2";
    bad[1].timestamp = "1781080795";
    bad[2].body = "{\"a\":2}";
    bad[3].id = NULL;
    bad[4].timestamp = "soon";
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(verify(&bad[i], signature, NOW_S));
    assert_false(verify(&good, NULL, NOW_S));
    assert_false(verify(&good, "", NOW_S));
    signature[10] ^= 1;
    assert_false(verify(&good, signature, NOW_S));
}

static void one_of_several_signatures_is_enough(void **state)
{
    (void)state;
    struct gv_webhook_key key = key_of(SECRET);
    struct gv_webhook good = webhook();
    char signature[GV_WEBHOOK_SIGNATURE_BYTES], both[3 * GV_WEBHOOK_SIGNATURE_BYTES];
    gv_webhook_sign(signature, &good, &key, mix);
    snprintf(both, sizeof both, "v1,AAAA  %s v1a,BBBB", signature);
    assert_true(verify(&good, both, NOW_S));
    snprintf(both, sizeof both, "v1,AAAA%s", signature);
    assert_false(verify(&good, both, NOW_S));
}

static void an_old_one_is_not_believed(void **state)
{
    (void)state;
    struct gv_webhook_key key = key_of(SECRET);
    struct gv_webhook good = webhook();
    char signature[GV_WEBHOOK_SIGNATURE_BYTES];
    gv_webhook_sign(signature, &good, &key, mix);
    assert_true(verify(&good, signature, NOW_S + GV_WEBHOOK_TOLERANCE_S));
    assert_true(verify(&good, signature, NOW_S - GV_WEBHOOK_TOLERANCE_S));
    assert_false(verify(&good, signature, NOW_S + GV_WEBHOOK_TOLERANCE_S + 1));
    assert_false(verify(&good, signature, NOW_S - GV_WEBHOOK_TOLERANCE_S - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_reads_back),
        cmocka_unit_test(what_is_signed_is_believed_and_nothing_else),
        cmocka_unit_test(one_of_several_signatures_is_enough),
        cmocka_unit_test(an_old_one_is_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
