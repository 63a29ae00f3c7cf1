/* Running out of memory at each allocation of what reads documents and answers, steps the providers' machines and
 * signs: the process stops and says so, or the work ends as if nothing had happened. Never a crash, never another
 * result. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/assert.h"
#include "core/interface.h"
#include "port/crypto.h"
#include "preload/memory_fault.h"
#include "support/provider_kit.h"

/* What came out the first time. */
static struct gv_buf first;

static void compare(struct gv_buf *out)
{
    if (first.len == 0)
        first = *out;
    else if (strcmp(first.data, out->data) == 0)
        gv_buf_free(out);
    else
        fail_msg("another result:\n%s\ninstead of\n%s", out->data, first.data);
}

static const struct memory_fault_plan each_one = {.first = 1, .step = 1};

enum { TALKS_STEP = 4, SIGNING_STEP = 16 };

/* Every step-th allocation, from one that the time chooses. MEMORY_FAULT_FIRST repeats a choice, MEMORY_FAULT_STEP=1
 * tries them all. */
static struct memory_fault_plan sample(const char *what, size_t step)
{
    const char *first_text = getenv("MEMORY_FAULT_FIRST"), *step_text = getenv("MEMORY_FAULT_STEP");
    struct memory_fault_plan plan = {.step = step_text != NULL ? strtoul(step_text, NULL, 10) : step};
    plan.first = first_text != NULL ? strtoul(first_text, NULL, 10) : 1 + (size_t)time(NULL) % plan.step;
    printf("%s: MEMORY_FAULT_FIRST=%zu\n", what, plan.first);
    return plan;
}

static size_t hold(const char *what, void (*work)(void *ctx), void *ctx, const struct memory_fault_plan *plan)
{
    gv_buf_free(&first);
    work(ctx); /* what libraries keep for good is there afterwards */
    struct memory_fault_report report = memory_fault_each(work, ctx, plan);
    if (report.bad > 0)
        fail_msg("%s: %zu of %zu allocations that failed ended neither well nor as they shall", what, report.bad,
                 report.tried);
    assert_int_equal(report.stopped + report.unharmed, report.tried);
    assert_true(report.stopped > 0);
    return report.tried;
}

/* ---- machines ----------------------------------------------------------------------------------------- */

#define REPLIES_MAX 16

struct conversation {
    const struct gv_provider *provider;
    const char *document;
    const struct gv_json *settings;
    int statuses[REPLIES_MAX];
    const char *replies[REPLIES_MAX];
    size_t reply_count;
};

static void answer(struct provider_kit *kit, const struct conversation *c, size_t *replied)
{
    static const struct gv_blob_info blob = {.sha256 =
                                                 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                             .bytes = 9,
                                             .mime_type = "image/png"};
    struct gv_event event = {.blob = blob};
    switch (kit->effect.kind) {
    case GV_EFF_WAIT: event.kind = GV_EV_TIMER; break;
    case GV_EFF_TRANSFORM: event.kind = GV_EV_TRANSFORMED; break;
    case GV_EFF_FETCH:
        event.kind = GV_EV_FETCHED;
        event.index = kit->effect.fetch.index;
        break;
    default:
        event.kind = GV_EV_REPLY;
        event.lifted = &blob;
        event.lifted_count = kit->effect.call.lifts ? 1 : 0;
        event.reply = (struct gv_reply){.status = c->statuses[*replied],
                                        .content_type = "application/json",
                                        .body = c->replies[*replied],
                                        .body_bytes = strlen(c->replies[*replied])};
        ++*replied;
    }
    provider_kit_feed(kit, &event);
}

static void converse(void *ctx)
{
    const struct conversation *c = ctx;
    struct provider_kit kit = {0};
    provider_kit_begin(&kit, c->provider, c->document);
    for (const struct gv_json *row = c->settings != NULL ? c->settings->child : NULL; row != NULL; row = row->next)
        provider_kit_set(&kit, row->key, row->text);
    provider_kit_event(&kit, GV_EV_START);
    for (size_t replied = 0; replied < c->reply_count;) {
        const char *body = provider_kit_body(&kit);
        gv_buf_addf(&kit.trace, "%s\n", body != NULL ? body : "");
        answer(&kit, c, &replied);
    }
    compare(&kit.trace);
    gv_arena_free(&kit.arena);
}

static const char *text_of(struct gv_arena *arena, const struct gv_json *json)
{
    struct gv_buf buf;
    gv_buf_init(&buf, 64u << 10);
    struct gv_json_out out = {.buf = &buf};
    if (json != NULL && json->kind != GV_JSON_STRING)
        gv_json_put_json(&out, NULL, json);
    const char *text = gv_arena_strdup(arena, json == NULL ? "" : json->text != NULL ? json->text : buf.data);
    gv_buf_free(&buf);
    return text;
}

static struct memory_fault_plan talks; /* a sample of the allocations, another each time */
static size_t failing;

static void each_exchange(const struct gv_provider *provider, const char *path, const struct gv_json *talk)
{
    struct gv_arena arena = {0};
    struct conversation c = {provider, text_of(&arena, gv_json_member(talk, "operation")),
                             .settings = gv_json_member(talk, "settings")};
    for (const struct gv_json *turn = gv_json_member(talk, "exchanges")->child; turn != NULL; turn = turn->next) {
        assert_true(c.reply_count < REPLIES_MAX);
        c.statuses[c.reply_count] = (int)gv_json_int(turn, "reply.status", 0);
        c.replies[c.reply_count++] = text_of(&arena, gv_json_at(turn, "reply.body"));
    }
    failing += hold(path, converse, &c, &talks);
    gv_arena_free(&arena);
}

static void every_conversation_with_a_provider(void **state)
{
    (void)state;
    talks = sample("conversations", TALKS_STEP);
    for (size_t i = 0; gv_providers[i] != NULL; i++) {
        failing = 0;
        unsigned files = provider_kit_each_exchange(gv_providers[i], each_exchange);
        printf("%s: %u conversations, %zu failing allocations\n", gv_providers[i]->name, files, failing);
        assert_true(files > 10 && failing > 1000 / TALKS_STEP);
    }
}

/* ---- documents ------------------------------------------------------------------------------------------ */

#define LONG                                                                                                           \
    "a boat that is rather long, so that what reads it has to ask for memory more than once, \\u00e9\\ud83d\\ude80"

static const char *const DOCUMENTS[] = {
    "{\"operation\":\"generate\",\"input\":{\"text\":\"" LONG "\"},\"config\":{\"model\":\"m\",\"duration_seconds\":"
    "5.000000000000000000001,\"seed\":123456789012345678,\"guidance_scale\":0.123456789012345678,"
    "\"provider_options\":{\"mode\":\"pro\"}},\"metadata\":{\"a long key to be kept\":\"" LONG "\"}}",
    "{\"operation\":\"generate\",\"input\":{\"image\":{\"data\":{\"url\":\"https://example.com/" LONG
    "\"},\"role\":\"first\"}},\"config\":{}}",
    "{\"operation\":\"generate\",\"input\":{\"text\":\"" LONG "\"},\"config\":{\"no_such_member\":1}}",
    "{\"operation\":\"lip-sync\",\"video\":{\"data\":{\"bytes\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}},"
    "\"audio\":{\"text\":{\"text\":\"" LONG "\",\"voice_id\":\"v\"}}}",
    "[1, 2, 3, 18446744073709551616, 123456789012345678901234567890, -1.7976931348623157e308, {\"a\": {\"b\": []}}]",
    "{\"a\": 1, \"a\": 2}",
    "{\"cut\": \"" LONG,
};

static void add_document(struct gv_buf *out, const char *text)
{
    struct gv_arena arena = {0};
    struct gv_operation op = {0};
    struct gv_error err = {0};
    const char *why = NULL;
    const struct gv_json *json = gv_json_parse(&arena, text, strlen(text), &why);
    struct gv_json_out writer = {.buf = out};
    if (json == NULL)
        gv_buf_addf(out, "no JSON: %s\n", why);
    else if (gv_operation_read(&op, json, GV_JSON_CALLER, &arena, &err) != GV_OK)
        gv_buf_addf(out, "%s: %s: %s\n", gv_code_name(err.code), err.field, err.message);
    else
        gv_operation_write(&writer, &op);
    if (json != NULL)
        gv_json_put_json(&writer, NULL, json);
    gv_arena_free(&arena);
}

static void read_documents(void *ctx)
{
    (void)ctx;
    struct gv_buf out;
    gv_buf_init(&out, 1u << 20);
    for (size_t i = 0; i < GV_COUNT(DOCUMENTS); i++)
        add_document(&out, DOCUMENTS[i]);
    compare(&out);
}

static void documents_of_callers(void **state)
{
    (void)state;
    printf("documents: %zu failing allocations\n", hold("documents", read_documents, NULL, &each_one));
}

/* ---- signing -------------------------------------------------------------------------------------------- */

static const char *service_account(void)
{
    static char text[8192], pem[4096], escaped[6144];
    BIO *bio = BIO_new(BIO_s_mem());
    EVP_PKEY *key = EVP_RSA_gen(2048);
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    int bytes = BIO_read(bio, pem, sizeof(pem) - 1);
    assert_true(bytes > 0);
    size_t at = 0;
    for (int i = 0; i < bytes; i++) {
        if (pem[i] == '\n')
            escaped[at++] = '\\';
        escaped[at++] = pem[i] == '\n' ? 'n' : pem[i];
    }
    snprintf(text, sizeof(text),
             "{\"type\":\"service_account\",\"client_email\":\"films@example.iam.gserviceaccount.com\","
             "\"private_key\":\"%.*s\",\"token_uri\":\"https://oauth2.googleapis.com/token\"}",
             (int)at, escaped);
    EVP_PKEY_free(key);
    BIO_free(bio);
    return text;
}

static const char *account;

static void add_headers(struct gv_buf *out, const struct gv_provider *provider, const struct gv_sign_with *with,
                        struct gv_arena *arena)
{
    struct gv_header headers[2 * GV_HEADERS_MAX] = {0};
    struct gv_call call = {.method = "GET", .path = "/", .auth = 0}, token = {0};
    struct gv_error err = {0};
    size_t count = 0;
    bool needed = false;
    int code = provider->sign(headers, &count, &call, with, arena, &err);
    gv_buf_addf(out, "%s %u: %d %s\n", provider->name, with->credential_set, code, err.message);
    for (size_t i = 0; i < count; i++)
        gv_buf_addf(out, "%s: %s\n", headers[i].name, headers[i].value);
    if (provider->token_request == NULL)
        return;
    code = provider->token_request(&token, &needed, with, arena, &err);
    gv_buf_addf(out, "token: %d %s %s\n", code, err.message,
                needed ? provider_kit_body_text(arena, &token.body) : "not needed");
}

static void sign_all(void *ctx)
{
    (void)ctx;
    struct gv_buf out;
    struct gv_arena arena = {0};
    gv_buf_init(&out, 1u << 20);
    for (size_t i = 0; gv_providers[i] != NULL; i++) {
        const struct gv_provider *provider = gv_providers[i];
        struct gv_settings settings = {0};
        unsigned sets = 0;
        for (size_t s = 0; s < provider->setting_count; s++) {
            const struct gv_setting *setting = &provider->settings[s];
            settings.values[s] = setting->file ? account : setting->preset != NULL ? setting->preset : "secret";
            sets = setting->set > sets ? setting->set : sets;
        }
        for (unsigned set = 1; set <= sets; set++)
            add_headers(&out, provider,
                        &(struct gv_sign_with){.settings = &settings,
                                               .credential_set = set,
                                               .now_s = PROVIDER_KIT_NOW_S,
                                               .crypto = &gv_crypto_openssl,
                                               .token = "token"},
                        &arena);
    }
    gv_arena_free(&arena);
    compare(&out);
}

/* OpenSSL reads a key with thousands of allocations, most of which it can do without. */
static void signing_and_asking_for_tokens(void **state)
{
    (void)state;
    struct memory_fault_plan plan = sample("signing", SIGNING_STEP);
    account = service_account();
    for (int for_good = 0; for_good < 2; for_good++) {
        plan.for_good = for_good != 0;
        printf("signing: %zu failing allocations\n", hold("signing", sign_all, NULL, &plan));
    }
    assert_non_null(strstr(first.data, "assertion="));
}

int main(void)
{
    setenv("CMOCKA_TEST_ABORT", "1", 1); /* a copy that finds something wrong must not run the other tests */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_conversation_with_a_provider),
        cmocka_unit_test(documents_of_callers),
        cmocka_unit_test(signing_and_asking_for_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
