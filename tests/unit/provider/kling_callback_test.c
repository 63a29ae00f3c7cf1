/* Kling's reports: the published vector, whose job is meant, and what is not believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/webhook.h"
#include "port/crypto.h"
#include "support/kling_kit.h"

#define SECRET "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
#define VECTOR_S 1781080794
#define VECTOR_BODY                                                                                                    \
    "{\"id\":\"1234567890\",\"status\":\"succeeded\",\"message\":\"\",\"create_time\":1781080778802,"                  \
    "\"update_time\":1781080794151}"
#define VECTOR_SIGNATURE "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4="

static struct gv_arena arena;

static int tear_down(void **state)
{
    (void)state;
    gv_arena_free(&arena);
    return 0;
}

struct headers {
    const char *id, *timestamp, *signature;
};

static const char *header_of(void *ctx, const char *name)
{
    const struct headers *headers = ctx;
    if (strcmp(name, "webhook-id") == 0)
        return headers->id;
    if (strcmp(name, "webhook-timestamp") == 0)
        return headers->timestamp;
    return strcmp(name, "webhook-signature") == 0 ? headers->signature : NULL;
}

static const char *called_back(struct headers headers, const char *body, const char *secret)
{
    struct gv_settings settings = {.values = {[KLING_AT_WEBHOOK_SECRET] = secret}};
    struct gv_sign_with with = {.settings = &settings, .now_s = VECTOR_S, .crypto = &gv_crypto_openssl};
    struct gv_callback callback = {.header = header_of, .ctx = &headers, .body = body, .body_bytes = strlen(body)};
    return gv_provider_kling.called_back(&callback, &with, &arena);
}

/* As Kling would send it. */
static const char *signed_by_kling(const char *body)
{
    struct gv_webhook_key key;
    char signature[GV_WEBHOOK_SIGNATURE_BYTES];
    struct gv_webhook webhook = {"m", "1781080794", body, strlen(body)};
    assert_true(gv_webhook_key_read(&key, SECRET));
    gv_webhook_sign(signature, &webhook, &key, gv_crypto_openssl.hmac_sha256);
    return called_back((struct headers){"m", "1781080794", signature}, body, SECRET);
}

static void the_published_vector_is_believed(void **state)
{
    (void)state;
    struct headers headers = {"9876543210", "1781080794", VECTOR_SIGNATURE};
    assert_string_equal(called_back(headers, VECTOR_BODY, SECRET), ""); /* none of ours */
}

static void whatever_differs_is_not(void **state)
{
    (void)state;
    struct headers good = {"9876543210", "1781080794", VECTOR_SIGNATURE}, bad = good;
    assert_null(called_back(good, VECTOR_BODY " ", SECRET));
    assert_null(called_back(good, VECTOR_BODY, "whsec_b3RoZXI="));
    assert_null(called_back(good, VECTOR_BODY, "no secret"));
    assert_null(called_back(good, VECTOR_BODY, NULL)); /* where no secret is set, nothing is proven */
    bad.signature = NULL;
    assert_null(called_back(bad, VECTOR_BODY, SECRET));
    bad = good;
    bad.id = NULL;
    assert_null(called_back(bad, VECTOR_BODY, SECRET));
}

static void both_shapes_name_the_job(void **state)
{
    (void)state;
    assert_string_equal(signed_by_kling("{\"task_id\":\"1\",\"task_info\":{\"external_task_id\":\"gv-gv_1\"}}"),
                        "gv_1");
    assert_string_equal(signed_by_kling("{\"id\":\"1\",\"external_id\":\"gv-gv_2\"}"), "gv_2");
    assert_string_equal(signed_by_kling("{\"id\":\"1\",\"external_id\":\"theirs\"}"), "");
    assert_string_equal(signed_by_kling("{\"id\":\"1\",\"external_id\":7}"), "");
    assert_string_equal(signed_by_kling("no JSON"), "");
    assert_string_equal(signed_by_kling(""), "");
}

static const char *first_body(struct provider_kit *kit, const char *document, const char *address)
{
    provider_kit_begin(kit, &gv_provider_kling, document);
    kit->settings.values[KLING_AT_CALLBACK_URL] = address;
    provider_kit_event(kit, GV_EV_START);
    return kit->effect.call.body.segments[0].text;
}

static void a_create_says_where_to_report(void **state)
{
    (void)state;
    static const char plain[] = "{\"operation\":\"generate\",\"input\":{\"text\":\"a boat\"},"
                                "\"config\":{\"model\":\"kling-v2-6\"}}";
    static const char own[] = "{\"operation\":\"generate\",\"input\":{\"text\":\"a boat\"},\"config\":{\"model\":"
                              "\"kling-v2-6\",\"provider_options\":{\"callback_url\":\"https://mine.example/\"}}}";
    struct provider_kit kit = {0};
    assert_non_null(strstr(first_body(&kit, plain, "https://ours.example/"), "\"https://ours.example/\""));
    provider_kit_free(&kit);
    assert_null(strstr(first_body(&kit, plain, NULL), "callback_url"));
    provider_kit_free(&kit);
    const char *body = first_body(&kit, own, "https://ours.example/");
    assert_non_null(strstr(body, "\"https://mine.example/\""));
    assert_null(strstr(body, "ours"));
    provider_kit_free(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_published_vector_is_believed, tear_down),
        cmocka_unit_test_teardown(whatever_differs_is_not, tear_down),
        cmocka_unit_test_teardown(both_shapes_name_the_job, tear_down),
        cmocka_unit_test_teardown(a_create_says_where_to_report, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
