/* What Veo asks of the sandbox beyond JSON: forms, escaped paths, films inside answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "base/codec.h"
#include "core/json.h"
#include "port/crypto.h"
#include "sandbox/sandbox.h"
#include "support/folder.h"

#define FILM_BYTES 100001

struct world {
    struct gv_folder folder;
    struct gv_sandbox *sandbox;
    struct gv_arena arena;
    const char *token; /* a header, or NULL */
};

/* ---- a client ---------------------------------------------------------------------------------------------------- */

struct answer {
    CURLcode code;
    long status;
    struct gv_buf body;
    const struct gv_json *json;
};

static size_t take_body(char *data, size_t one, size_t n, void *ctx)
{
    struct answer *a = ctx;
    (void)one;
    return gv_buf_add(&a->body, data, n) ? n : 0;
}

/* `body` NULL: GET. The answer's buffer is the caller's. */
static struct answer ask(struct world *w, const char *path, const char *body, const char *type, const char *range)
{
    struct answer a = {0};
    gv_buf_init(&a.body, 1u << 30);
    gv_buf_adds(&a.body, "");
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = type ? curl_slist_append(NULL, type) : NULL;
    if (w->token)
        headers = curl_slist_append(headers, w->token);
    const char *url = gv_arena_printf(&w->arena, "http://127.0.0.1:%u%s", gv_sandbox_port(w->sandbox), path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &a);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 20000L);
    curl_easy_setopt(curl, CURLOPT_RANGE, range);
    if (body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    a.code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &a.status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    a.json = gv_json_parse(&w->arena, a.body.data, a.body.len, NULL);
    return a;
}

#define JSON "Content-Type: application/json"
#define FORM "Content-Type: application/x-www-form-urlencoded"

static const struct gv_json *post(struct world *w, const char *path, const char *body)
{
    struct answer a = ask(w, path, body, JSON, NULL);
    if (a.code != CURLE_OK || a.status != 200 || !a.json)
        fail_msg("POST %s: %d, %ld %.200s", path, (int)a.code, a.status, a.body.data);
    gv_buf_free(&a.body);
    return a.json;
}

/* ---- a sandbox --------------------------------------------------------------------------------------------------- */

static void start(struct world *w)
{
    struct gv_error error;
    const char *helper = gv_arena_printf(&w->arena, "%s/helper", w->folder.path);
    FILE *file = fopen(helper, "w");
    assert_non_null(file);
    fprintf(file,
            "#!/bin/sh\n" /* a film is its description and zeroes */
            "case $1 in film) (cat \"$2\"; head -c %d /dev/zero) | head -c %d > \"$3\" ;; esac\n",
            FILM_BYTES, FILM_BYTES);
    fclose(file);
    chmod(helper, 0700);
    struct gv_sandbox_options options = {.speed = 1e9, .media_helper = helper, .seed = 3};
    if (gv_sandbox_start(&w->sandbox, &options, &error) != GV_OK)
        fail_msg("%s", error.message);
}

static const char *setting(struct world *w, const char *name)
{
    char *value = gv_sandbox_setting(gv_sandbox_port(w->sandbox), name);
    assert_non_null(value);
    const char *kept = gv_arena_strdup(&w->arena, value);
    free(value);
    return kept;
}

static const char *key_of(struct world *w)
{
    char *key = gv_arena_strdup(&w->arena, setting(w, "VEO_PRIVATE_KEY"));
    for (char *at; (at = strstr(key, "\\n"));) {
        *at = '\n';
        memmove(at + 1, at + 2, strlen(at + 2) + 1);
    }
    return key;
}

/* The form that asks for a token, its '.' and '-' needlessly escaped. */
static const char *token_form(struct world *w)
{
    char parts[2][1024], signature[700];
    uint8_t raw[512];
    size_t bytes = sizeof raw;
    long long now = (long long)time(NULL);
    const char *claims =
        gv_arena_printf(&w->arena, "{\"iss\":\"%s\",\"aud\":\"%s\",\"scope\":\"%s\",\"iat\":%lld,\"exp\":%lld}",
                        setting(w, "VEO_CLIENT_EMAIL"), setting(w, "VEO_TOKEN_URI"),
                        "https://www.googleapis.com/auth/cloud-platform", now - 10, now + 3590);
    gv_base64url_encode(parts[0], "{\"alg\":\"RS256\"}", strlen("{\"alg\":\"RS256\"}"));
    gv_base64url_encode(parts[1], claims, strlen(claims));
    const char *text = gv_arena_printf(&w->arena, "%s.%s", parts[0], parts[1]);
    assert_true(gv_crypto_openssl.rs256(raw, &bytes, key_of(w), text, strlen(text)));
    gv_base64url_encode(signature, raw, bytes);
    return gv_arena_printf(&w->arena,
                           "assertion=%s%%2E%s%%2e%s&"
                           "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant%%2Dtype%%3Ajwt-bearer",
                           parts[0], parts[1], signature);
}

static int begin(void **state)
{
    struct world *w = gv_xcalloc(1, sizeof *w);
    gv_folder_make(&w->folder);
    start(w);
    struct answer a = ask(w, "/veo/token", token_form(w), FORM, NULL);
    const char *token = gv_json_text(a.json, "access_token");
    if (!token)
        fail_msg("%ld %s", a.status, a.body.data);
    w->token = gv_arena_printf(&w->arena, "Authorization: Bearer %s", token);
    gv_buf_free(&a.body);
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    gv_sandbox_stop(w->sandbox);
    gv_arena_free(&w->arena);
    gv_folder_remove(&w->folder);
    free(w);
    return 0;
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

#define MODEL "/veo/v1/projects/sandbox-project/locations/us-central1/publishers/google/models/veo-3.1-generate-001"

/* The poll's body of an accepted create. */
static const char *create(struct world *w, const char *parameters)
{
    const char *body =
        gv_arena_printf(&w->arena, "{\"instances\":[{\"prompt\":\"a boat\"}],\"parameters\":{%s}}", parameters);
    const char *name = gv_json_text(post(w, MODEL ":predictLongRunning", body), "name");
    assert_non_null(name);
    return gv_arena_printf(&w->arena, "{\"operationName\":\"%s\"}", name);
}

static char *decoded(struct world *w, const char *base64, size_t *bytes)
{
    struct gv_base64_decoder decoder = {0};
    size_t n = strlen(base64);
    char *out = gv_arena_alloc(&w->arena, n / 4 * 3 + 3);
    assert_true(gv_base64_decode(&decoder, out, bytes, base64, n) && gv_base64_decode_end(&decoder));
    return out;
}

static void films_come_inside_the_answer(void **state)
{
    struct world *w = *state;
    const struct gv_json *done = post(w, MODEL ":fetchPredictOperation", create(w, "\"sampleCount\":4"));
    const char *all[4];
    for (unsigned i = 0; i < 4; i++) {
        size_t bytes;
        const char *path = gv_arena_printf(&w->arena, "response.videos.%u.bytesBase64Encoded", i);
        all[i] = decoded(w, gv_json_text(done, path), &bytes);
        assert_int_equal(bytes, FILM_BYTES);
        for (unsigned k = 0; k < i; k++) /* each is another film */
            assert_memory_not_equal(all[i], all[k], FILM_BYTES);
    }
}

static void set_faults(struct world *w, const char *script)
{
    struct answer a = ask(w, "/_sandbox/faults", script, FORM, NULL); /* as programs do that know no better */
    assert_int_equal(a.status, 200);
    gv_buf_free(&a.body);
}

static void faults_strike_answers_with_films(void **state)
{
    struct world *w = *state;
    const char *poll = create(w, "");
    set_faults(w, "query:truncate*1,query:burst:401*1,query:code:8*1");
    struct answer a = ask(w, MODEL ":fetchPredictOperation", poll, JSON, NULL);
    assert_int_equal(a.code, CURLE_PARTIAL_FILE);
    gv_buf_free(&a.body);
    a = ask(w, MODEL ":fetchPredictOperation", poll, JSON, NULL);
    assert_int_equal(a.status, 401);
    gv_buf_free(&a.body);
    assert_int_equal(gv_json_int(post(w, MODEL ":fetchPredictOperation", poll), "error.code", 0), 8);
    set_faults(w, "query:big:3000000");
    const char *film =
        gv_json_text(post(w, MODEL ":fetchPredictOperation", poll), "response.videos.0.bytesBase64Encoded");
    assert_int_equal(strlen(film), 4000000);
}

static void objects_are_files_with_ranges(void **state)
{
    struct world *w = *state;
    const struct gv_json *done =
        post(w, MODEL ":fetchPredictOperation", create(w, "\"sampleCount\":2,\"storageUri\":\"gs://bkt/a b\""));
    const char *uri = gv_json_text(done, "response.videos.1.gcsUri");
    assert_memory_equal(uri, "gs://bkt/a b/", 13);
    int digits = (int)strspn(uri + 13, "0123456789");
    const char *path = gv_arena_printf(&w->arena, "/veo/storage/v1/b/bkt/o/a%%20b%%2F%.*s%%2Fsample_1.mp4?alt=media",
                                       digits, uri + 13);
    struct answer whole = ask(w, path, NULL, NULL, NULL), part = ask(w, path, NULL, NULL, "100-299");
    assert_int_equal(whole.status, 200);
    assert_int_equal(whole.body.len, FILM_BYTES);
    assert_int_equal(part.status, 206);
    assert_int_equal(part.body.len, 200);
    assert_memory_equal(part.body.data, whole.body.data + 100, 200);
    const char *bare =
        gv_arena_printf(&w->arena, "/veo/storage/v1/b/bkt/o/a%%20b/%.*s/sample_1.mp4?alt=media", digits, uri + 13);
    struct answer wrong = ask(w, bare, NULL, NULL, NULL);
    assert_int_equal(wrong.status, 404);
    set_faults(w, "download:expired*1,download:error-page*1,download:503*1");
    static const long statuses[] = {403, 200, 503};
    for (size_t i = 0; i < 3; i++) {
        struct answer a = ask(w, path, NULL, NULL, NULL);
        assert_int_equal(a.status, statuses[i]);
        assert_int_not_equal(a.body.len, FILM_BYTES);
        gv_buf_free(&a.body);
    }
    struct answer list = ask(w, "/veo/storage/v1/b/bkt/o?prefix=a%20b%2F", NULL, NULL, NULL);
    assert_string_equal(gv_json_text(list.json, "items.1.size"), "100001");
    gv_buf_free(&list.body);
    gv_buf_free(&wrong.body);
    gv_buf_free(&part.body);
    gv_buf_free(&whole.body);
}

static void gemini_s_redirect_leads_to_the_film(void **state)
{
    struct world *w = *state;
    const struct gv_json *made =
        post(w, "/veo/v1beta/models/veo-3.1-generate-preview:predictLongRunning?key=sandbox-key",
             "{\"instances\":[{\"prompt\":\"a [redirect]\"}]}");
    const char *path = gv_arena_printf(&w->arena, "/veo/v1beta/%s?key=sandbox-key", gv_json_text(made, "name"));
    struct answer done = ask(w, path, NULL, NULL, NULL);
    const char *uri = gv_json_text(done.json, "response.generateVideoResponse.generatedSamples.0.video.uri");
    assert_non_null(uri);
    path = gv_arena_printf(&w->arena, "%s&key=sandbox-key", strstr(uri, "/veo/"));
    struct answer moved = ask(w, path, NULL, NULL, NULL);
    assert_int_equal(moved.status, 302);
    gv_buf_free(&moved.body);
    gv_buf_free(&done.body);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(films_come_inside_the_answer),
        TEST(faults_strike_answers_with_films),
        TEST(objects_are_files_with_ranges),
        TEST(gemini_s_redirect_leads_to_the_film),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
