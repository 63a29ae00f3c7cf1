/* The sandbox as its clients meet it: over HTTP, with a media program of shell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "core/json.h"
#include "sandbox/sandbox.h"
#include "support/folder.h"
#include "support/wire_server.h"

#define FILM_BYTES 200000
#define PICTURE "{\\\"mime_type\\\":\\\"image/png\\\",\\\"width\\\":1024,\\\"height\\\":576}"

struct world {
    struct gv_folder folder;
    struct gv_sandbox *sandbox;
    struct gv_arena arena;
    char helper[128], state_dir[128];
};

/* ---- a client --------------------------------------------------------------------------------------------------- */

struct answer {
    CURLcode code;
    long status;
    struct gv_buf body;
    char content_type[64], etag[128], range[64];
    curl_off_t length; /* announced */
    const struct gv_json *json;
};

static size_t take_body(char *data, size_t one, size_t n, void *ctx)
{
    struct answer *a = ctx;
    (void)one;
    return gv_buf_add(&a->body, data, n) ? n : 0;
}

static size_t take_header(char *data, size_t one, size_t n, void *ctx)
{
    struct answer *a = ctx;
    char line[256];
    (void)one;
    snprintf(line, sizeof line, "%.*s", (int)n, data);
    line[strcspn(line, "\r\n")] = '\0';
    if (strncasecmp(line, "ETag: ", 6) == 0)
        snprintf(a->etag, sizeof a->etag, "%.100s", line + 6);
    if (strncasecmp(line, "Content-Range: ", 15) == 0)
        snprintf(a->range, sizeof a->range, "%.60s", line + 15);
    return n;
}

static void answer_free(struct answer *a)
{
    gv_buf_free(&a->body);
}

struct ask {
    const char *body;   /* NULL: GET */
    const char *header; /* one more, or NULL */
    long timeout_ms;
    bool head;
};

static struct answer ask(struct world *w, const char *url, struct ask how)
{
    struct answer a = {0};
    gv_buf_init(&a.body, 1u << 30);
    gv_buf_adds(&a.body, "");
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Authorization: Bearer sandbox-key");
    if (how.header)
        headers = curl_slist_append(headers, how.header);
    const char *whole =
        *url == '/' ? gv_arena_printf(&w->arena, "http://127.0.0.1:%u%s", gv_sandbox_port(w->sandbox), url) : url;
    curl_easy_setopt(curl, CURLOPT_URL, whole);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &a);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &a);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, how.timeout_ms ? how.timeout_ms : 20000L);
    curl_easy_setopt(curl, CURLOPT_NOBODY, how.head ? 1L : 0L);
    if (how.body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, how.body);
    a.code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &a.status);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &a.length);
    const char *type = NULL;
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    snprintf(a.content_type, sizeof a.content_type, "%s", type ? type : "");
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    a.json = gv_json_parse(&w->arena, a.body.data, a.body.len, NULL);
    return a;
}

/* The answer's JSON; the rest is let go. */
static const struct gv_json *json_of(struct world *w, const char *url, const char *body)
{
    struct answer a = ask(w, url, (struct ask){.body = body});
    assert_int_equal(a.code, CURLE_OK);
    assert_non_null(a.json);
    answer_free(&a);
    return a.json;
}

static void set_faults(struct world *w, const char *script)
{
    struct answer a = ask(w, "/_sandbox/faults", (struct ask){.body = script});
    assert_int_equal(a.status, 200);
    answer_free(&a);
}

/* ---- a sandbox -------------------------------------------------------------------------------------------------- */

static void write_helper(const struct world *w)
{
    FILE *file = fopen(w->helper, "w");
    assert_non_null(file);
    fprintf(file,
            "#!/bin/sh\n"
            "case $1 in\n"
            "probe) if head -c 8 \"$2\" | grep -q PNG; then echo \"" PICTURE "\"; else\n"
            "  echo '{\"error\":\"what it holds is not known\"}'; exit 3; fi ;;\n"
            "film) echo x >> %s/films-made; head -c %d /dev/zero > \"$3\" ;;\n"
            "esac\n",
            w->folder.path, FILM_BYTES);
    fclose(file);
    chmod(w->helper, 0700);
}

static void start(struct world *w, const char *faults, const char *state_dir)
{
    struct gv_error error;
    struct gv_sandbox_options options = {
        .speed = 1e9, .faults = faults, .state_dir = state_dir, .media_helper = w->helper, .seed = 3};
    if (gv_sandbox_start(&w->sandbox, &options, &error) != GV_OK)
        fail_msg("%s", error.message);
}

static int begin(void **state)
{
    struct world *w = gv_xcalloc(1, sizeof *w);
    gv_folder_make(&w->folder);
    snprintf(w->helper, sizeof w->helper, "%s/helper", w->folder.path);
    snprintf(w->state_dir, sizeof w->state_dir, "%s/state", w->folder.path);
    write_helper(w);
    start(w, NULL, NULL);
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

#define BOAT "{\"model_name\":\"kling-v3\",\"prompt\":\"a boat\"%s}"
#define T2V "/kling/v1/videos/text2video"

static const char *boat(struct world *w, const char *more)
{
    return gv_arena_printf(&w->arena, BOAT, more);
}

/* A finished film's URL. */
static const char *film_url(struct world *w, const char *external_id)
{
    json_of(w, T2V, boat(w, gv_arena_printf(&w->arena, ",\"external_task_id\":\"%s\"", external_id)));
    const struct gv_json *task = json_of(w, gv_arena_printf(&w->arena, T2V "/%s", external_id), NULL);
    const char *url = gv_json_text(task, "data.task_result.videos.0.url");
    assert_non_null(url);
    return url;
}

static int64_t creates(struct world *w)
{
    return (int64_t)gv_json_at(json_of(w, "/_sandbox/ledger", NULL), "creates")->count;
}

/* ---- tests ------------------------------------------------------------------------------------------------------ */

static void a_film_comes_whole_and_in_parts(void **state)
{
    struct world *w = *state;
    const char *url = film_url(w, "a");
    struct answer whole = ask(w, url, (struct ask){0});
    assert_int_equal(whole.status, 200);
    assert_int_equal(whole.body.len, FILM_BYTES);
    assert_int_equal(whole.length, FILM_BYTES);
    assert_string_equal(whole.content_type, "video/mp4");
    assert_int_equal(whole.etag[0], '"');
    struct answer part = ask(w, url, (struct ask){.header = "Range: bytes=199990-"});
    assert_int_equal(part.status, 206);
    assert_int_equal(part.body.len, 10);
    assert_string_equal(part.range, "bytes 199990-199999/200000");
    struct answer changed = ask(w, url, (struct ask){.header = "Range: bytes=5-\r\nIf-Range: \"other\""});
    assert_int_equal(changed.status, 200);
    struct answer beyond = ask(w, url, (struct ask){.header = "Range: bytes=200000-"});
    assert_int_equal(beyond.status, 416);
    assert_string_equal(beyond.range, "bytes */200000");
    struct answer head = ask(w, url, (struct ask){.head = true});
    assert_int_equal(head.status, 200);
    assert_int_equal(head.length, FILM_BYTES);
    answer_free(&whole);
    answer_free(&part);
    answer_free(&changed);
    answer_free(&beyond);
    answer_free(&head);
}

static void equal_wishes_cost_one_encoding(void **state)
{
    struct world *w = *state;
    struct stat st;
    for (int i = 0; i < 3; i++) {
        struct answer a = ask(w, film_url(w, gv_arena_printf(&w->arena, "job-%d", i)), (struct ask){0});
        assert_int_equal(a.status, 200);
        answer_free(&a);
    }
    assert_int_equal(stat(gv_arena_printf(&w->arena, "%s/films-made", w->folder.path), &st), 0);
    assert_int_equal(st.st_size, 2);
}

static void spoiled_links_are_forbidden(void **state)
{
    struct world *w = *state;
    const char *url = film_url(w, "a");
    char *spoiled = gv_arena_strdup(&w->arena, url);
    char *digit = strstr(spoiled, "Expires=") + strlen("Expires=");
    *digit = *digit == '9' ? '8' : '9';
    struct answer a = ask(w, spoiled, (struct ask){0});
    assert_int_equal(a.status, 403);
    answer_free(&a);
    a = ask(w, gv_arena_strndup(&w->arena, url, strcspn(url, "?")), (struct ask){0});
    assert_int_equal(a.status, 403);
    answer_free(&a);
}

static void the_sandbox_tells_what_it_saw(void **state)
{
    struct world *w = *state;
    film_url(w, "a");
    const struct gv_json *ledger = json_of(w, "/_sandbox/ledger", NULL);
    assert_string_equal(gv_json_text(ledger, "creates.0.external_id"), "a");
    assert_string_equal(gv_json_text(ledger, "creates.0.product"), "text2video");
    assert_string_equal(gv_json_text(ledger, "creates.0.units"), "3 units");
    assert_string_equal(gv_json_text(ledger, "creates.0.status"), "succeeded");
    assert_true(gv_json_real(ledger, "total_usd", 0) > 0.41 && gv_json_real(ledger, "total_usd", 0) < 0.43);
    const struct gv_json *requests = json_of(w, "/_sandbox/requests", NULL);
    assert_int_equal(gv_json_int(requests, "kling.create", 0), 1);
    assert_int_equal(gv_json_int(requests, "kling.query", 0), 1);
    assert_true(gv_json_bool(json_of(w, "/_sandbox/health", NULL), "ok", false));
    struct answer a = ask(w, "/nowhere", (struct ask){0});
    assert_int_equal(a.status, 404);
    answer_free(&a);
}

static void a_dropped_create_was_taken_all_the_same(void **state)
{
    struct world *w = *state;
    set_faults(w, "create:drop*1,create:refuse-drop*1,create:late-500*1,create:503*1,create:html*1,create:code:1101*1");
    static const struct {
        CURLcode code;
        long status;
        int64_t creates, business;
    } rows[] = {{CURLE_GOT_NOTHING, 0, 1, -1}, {CURLE_GOT_NOTHING, 0, 1, -1}, {CURLE_OK, 504, 2, 5002},
                {CURLE_OK, 503, 2, 5001},      {CURLE_OK, 502, 2, -1},        {CURLE_OK, 200, 2, 1101},
                {CURLE_OK, 200, 3, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer a = ask(w, T2V, (struct ask){.body = boat(w, ""), .header = "Connection: close"});
        bool lost = rows[i].code != CURLE_OK && (a.code == CURLE_GOT_NOTHING || a.code == CURLE_RECV_ERROR);
        if (!lost)
            assert_int_equal(a.code, rows[i].code);
        assert_int_equal(a.status, rows[i].status);
        assert_int_equal(gv_json_int(a.json, "code", -1), rows[i].business);
        assert_int_equal(creates(w), rows[i].creates);
        answer_free(&a);
    }
}

static void downloads_go_wrong_on_demand(void **state)
{
    struct world *w = *state;
    const char *url = film_url(w, "a");
    set_faults(w, "download:truncate*1,download:wrong-length*1,download:expired*1,download:error-page*1,"
                  "download:500*1,download:stall*1");
    static const struct {
        CURLcode code;
        long status;
        size_t bytes;
        const char *type;
    } rows[] = {
        {CURLE_PARTIAL_FILE, 200, FILM_BYTES / 2, "video/mp4"},
        {CURLE_PARTIAL_FILE, 200, FILM_BYTES, "video/mp4"},
        {CURLE_OK, 403, 0, "text/plain"},
        {CURLE_OK, 200, 0, "text/html"},
        {CURLE_OK, 500, 0, "text/plain"},
        {CURLE_OPERATION_TIMEDOUT, 200, FILM_BYTES / 2, "video/mp4"},
        {CURLE_OK, 200, FILM_BYTES, "video/mp4"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer a = ask(w, url, (struct ask){.timeout_ms = rows[i].code == CURLE_OPERATION_TIMEDOUT ? 500 : 0});
        assert_int_equal(a.code, rows[i].code);
        assert_int_equal(a.status, rows[i].status);
        if (rows[i].bytes)
            assert_int_equal(a.body.len, rows[i].bytes);
        assert_string_equal(a.content_type, rows[i].type);
        answer_free(&a);
    }
    set_faults(w, "download:no-range,download:big:1000000");
    struct answer a = ask(w, url, (struct ask){.header = "Range: bytes=5-9"});
    assert_int_equal(a.status, 200);
    assert_int_equal(a.body.len, 1000000);
    assert_memory_equal(a.body.data + FILM_BYTES, "\0\0\0\1free\0\0\0\0\0\x0c\x35\0", 16);
    answer_free(&a);
}

static void wrong_scripts_change_nothing(void **state)
{
    struct world *w = *state;
    set_faults(w, "create:500");
    struct answer a = ask(w, "/_sandbox/faults", (struct ask){.body = "create:nonsense"});
    assert_int_equal(a.status, 400);
    assert_non_null(strstr(gv_json_text(a.json, "error"), "nonsense"));
    answer_free(&a);
    assert_string_equal(gv_json_text(json_of(w, "/_sandbox/faults", NULL), "0.fault"), "500");
}

static void big_files_need_no_disk(void **state)
{
    struct world *w = *state;
    struct answer a = ask(w, "/_sandbox/big?bytes=5000000000", (struct ask){.header = "Range: bytes=4999999992-"});
    uint64_t word;
    assert_int_equal(a.status, 206);
    assert_int_equal(a.body.len, 8);
    memcpy(&word, a.body.data, 8);
    assert_int_equal(word, 4999999992 / 8);
    answer_free(&a);
}

static void what_was_accepted_outlives_the_server(void **state)
{
    struct world *w = *state;
    gv_sandbox_stop(w->sandbox);
    start(w, NULL, w->state_dir);
    json_of(w, T2V, boat(w, ",\"external_task_id\":\"a\""));
    gv_sandbox_stop(w->sandbox);
    start(w, NULL, w->state_dir);
    const struct gv_json *task = json_of(w, T2V "/a", NULL);
    assert_string_equal(gv_json_text(task, "data.task_status"), "succeed");
    const struct gv_json *again = json_of(w, T2V, boat(w, ",\"external_task_id\":\"a\""));
    assert_int_equal(gv_json_int(again, "code", 0), 1201);
    assert_int_equal(creates(w), 1);
}

static long peak_kb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* 48 MB of base64 in one string, sent in pieces so that the client holds nothing either. */
struct endless {
    size_t at, total;
    const char *begin, *end;
};

static size_t give(char *out, size_t one, size_t room, void *ctx)
{
    struct endless *e = ctx;
    size_t n = 0, head = strlen(e->begin), tail = strlen(e->end);
    (void)one;
    for (; n < room && e->at < head + e->total + tail; n++, e->at++)
        out[n] = e->at < head              ? e->begin[e->at]
                 : e->at < head + e->total ? "iVBORw0KGgoA"[(e->at - head) % 12]
                                           : e->end[e->at - head - e->total];
    return n;
}

static void big_pictures_leave_memory_alone(void **state)
{
    struct world *w = *state;
    struct endless body = {
        .total = 48u << 20, .begin = "{\"contents\":[{\"type\":\"first_frame\",\"url\":\"", .end = "\"}]}"};
    struct answer a = {0};
    gv_buf_init(&a.body, 1u << 20);
    json_of(w, "/_sandbox/health", NULL);
    long before = peak_kb();
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Authorization: Bearer sandbox-key");
    headers = curl_slist_append(headers, "Expect:");
    curl_easy_setopt(
        curl, CURLOPT_URL,
        gv_arena_printf(&w->arena, "http://127.0.0.1:%u/kling/image-to-video/kling-3.0", gv_sandbox_port(w->sandbox)));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(curl, CURLOPT_READDATA, &body);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     (curl_off_t)(strlen(body.begin) + body.total + strlen(body.end)));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &a);
    assert_int_equal(curl_easy_perform(curl), CURLE_OK);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    a.json = gv_json_parse(&w->arena, a.body.data, a.body.len, NULL);
    assert_int_equal(gv_json_int(a.json, "code", -1), 0);
    assert_in_range(peak_kb() - before, 0, 16 << 10);
    answer_free(&a);
}

static void pictures_are_fetched_and_looked_into(void **state)
{
    struct world *w = *state;
    static const char picture[] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n\x89PNG\r\n\x1a\n!";
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
    static const struct gv_wire_turn turns[] = {
        {.send = picture, .send_bytes = sizeof picture - 1, .then = GV_WIRE_CLOSE},
        {.send = text, .then = GV_WIRE_CLOSE}};
    struct gv_wire_server *server = gv_wire_server_start(turns, 2);
    const char *format = "{\"model_name\":\"kling-v3\",\"image\":\"%s\"}", *url = gv_wire_server_url(server, "/a");
    const char *body = gv_arena_printf(&w->arena, format, url);
    assert_int_equal(gv_json_int(json_of(w, "/kling/v1/videos/image2video", body), "code", -1), 0);
    const struct gv_json *refused = json_of(w, "/kling/v1/videos/image2video", body);
    assert_int_equal(gv_json_int(refused, "code", -1), 1201);
    assert_non_null(strstr(gv_json_text(refused, "message"), "what it holds is not known"));
    gv_wire_server_stop(server);
    refused = json_of(w, "/kling/v1/videos/image2video", body);
    assert_non_null(strstr(gv_json_text(refused, "message"), "image can't be used: it can't be fetched"));
}

static void status_changes_are_posted(void **state)
{
    struct world *w = *state;
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    static const struct gv_wire_turn turns[] = {
        {.send = ok, .then = GV_WIRE_CLOSE}, {.send = ok, .then = GV_WIRE_CLOSE}, {.send = ok, .then = GV_WIRE_CLOSE}};
    struct gv_wire_server *server = gv_wire_server_start(turns, 3);
    setenv("SANDBOX_WEBHOOK_SECRET", "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI=", 1);
    gv_sandbox_stop(w->sandbox);
    start(w, NULL, NULL);
    unsetenv("SANDBOX_WEBHOOK_SECRET");
    json_of(w, T2V, boat(w, gv_arena_printf(&w->arena, ",\"callback_url\":\"%s\"", gv_wire_server_url(server, "/cb"))));
    gv_wire_server_join(server);
    assert_int_equal(gv_wire_server_requests(server), 3);
    size_t bytes;
    const char *last = gv_wire_server_request(server, 2, &bytes);
    assert_non_null(strstr(last, "webhook-signature: v1,"));
    assert_non_null(strstr(last, "\"task_status\":\"succeed\""));
    gv_wire_server_stop(server);
}

static void settings_point_at_the_port(void **state)
{
    (void)state;
    char *text = gv_sandbox_environment(7411);
    assert_non_null(strstr(text, "export KLING_BASE_URL='http://127.0.0.1:7411/kling'\n"));
    assert_non_null(strstr(text, "export KLING_API_KEY='sandbox-key'\n"));
    free(text);
    text = gv_sandbox_setting(7411, "KLING_API_KEY");
    assert_string_equal(text, "sandbox-key");
    free(text);
    assert_null(gv_sandbox_setting(7411, "HOME"));
}

static void starting_can_fail_with_a_reason(void **state)
{
    struct world *w = *state;
    struct gv_sandbox *second;
    struct gv_error error;
    struct gv_sandbox_options options = {.port = gv_sandbox_port(w->sandbox)};
    assert_int_equal(gv_sandbox_start(&second, &options, &error), GV_INTERNAL_ERROR);
    assert_non_null(strstr(error.message, "Address already in use"));
    options = (struct gv_sandbox_options){.faults = "nonsense"};
    assert_int_equal(gv_sandbox_start(&second, &options, &error), GV_INVALID_INPUT);
    options = (struct gv_sandbox_options){.state_dir = "/proc/nowhere"};
    assert_int_equal(gv_sandbox_start(&second, &options, &error), GV_INTERNAL_ERROR);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(big_pictures_leave_memory_alone),
        T(a_film_comes_whole_and_in_parts),
        T(equal_wishes_cost_one_encoding),
        T(spoiled_links_are_forbidden),
        T(the_sandbox_tells_what_it_saw),
        T(a_dropped_create_was_taken_all_the_same),
        T(downloads_go_wrong_on_demand),
        T(wrong_scripts_change_nothing),
        T(big_files_need_no_disk),
        T(what_was_accepted_outlives_the_server),
        T(pictures_are_fetched_and_looked_into),
        T(status_changes_are_posted),
        T(settings_point_at_the_port),
        T(starting_can_fail_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
