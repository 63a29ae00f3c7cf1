/* Names that become paths, support codes, and replies that are not what they should be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "provider/veo/veo_wire.h"
#include "support/veo_words.h"

static struct gv_arena arena;

static int tear_down(void **state)
{
    (void)state;
    gv_arena_free(&arena);
    return 0;
}

static void an_operation_is_known_by_its_form(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool vertex, gemini;
    } rows[] = {
        {NAME, true, false},
        {GEMINI_NAME, false, true},
        {"projects/example.com:p/locations/global/publishers/google/models/m/operations/1", true, false},
        {"projects/p/locations/l/publishers/other/models/m/operations/1", false, false},
        {"projects/p/locations/l/publishers/google/models/m/operations/", false, false},
        {"projects/p/locations/l/publishers/google/models/m/operations/1/2", false, false},
        {"projects/../locations/l/publishers/google/models/m/operations/1", false, false},
        {"projects/p/locations/l/publishers/google/models/m/operations/1?x=y", false, false},
        {"projects/p/locations/l/publishers/google/models/m/operations/a b", false, false},
        {"/projects/p/locations/l/publishers/google/models/m/operations/1", false, false},
        {"models/m/operations/1/", false, false},
        {"models/m/operations", false, false},
        {"models//operations/1", false, false},
        {"models/%2e%2e/operations/1", false, false},
        {"operations/1", false, false},
        {"", false, false},
        {NULL, false, false},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        bool vertex = veo_is_operation(rows[i].name, VEO_VERTEX), gemini = veo_is_operation(rows[i].name, VEO_GEMINI);
        if (vertex != rows[i].vertex || gemini != rows[i].gemini)
            fail_msg("%s is read as %d %d", rows[i].name, vertex, gemini);
    }
    assert_string_equal(veo_location_of(NAME, &arena), "us-central1");
}

static void an_object_can_not_leave_its_place_in_the_path(void **state)
{
    (void)state;
    static const struct {
        const char *uri, *path;
    } rows[] = {
        {"gs://my-bucket/a b/../c?d#e.mp4", "/storage/v1/b/my-bucket/o/a%20b%2F..%2Fc%3Fd%23e.mp4?alt=media"},
        {"gs://my-bucket/%2f", "/storage/v1/b/my-bucket/o/%252f?alt=media"},
        {"gs://my-bucket/..", NULL},
        {"gs://my-bucket/", NULL},
        {"gs://my-bucket", NULL},
        {"gs:///x", NULL},
        {"gs://..../x", NULL},
        {"gs://My-Bucket/x", NULL},
        {"gs://a@b.example/x", NULL},
        {"gs://my-bucket/a\nb", NULL},
        {"https://my-bucket/x", NULL},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        const char *path = veo_object_path(rows[i].uri, &arena);
        if ((path == NULL) != (rows[i].path == NULL) || (path != NULL && strcmp(path, rows[i].path) != 0))
            fail_msg("%s gives %s", rows[i].uri, path != NULL ? path : "nothing");
    }
}

static void a_file_is_taken_from_the_own_hosts_only(void **state)
{
    (void)state;
    static const char base[] = "http://127.0.0.1:80";
    static const struct {
        const char *uri, *path;
    } rows[] = {
        {VEO_GEMINI_URL "/v1beta/files/a:download?alt=media", "/v1beta/files/a:download?alt=media"},
        {VEO_GEMINI_URL "/v1beta/files/a", "/v1beta/files/a:download?alt=media"},
        {"http://127.0.0.1:80/v1beta/files/a:download", "/v1beta/files/a:download?alt=media"},
        {"http://127.0.0.1:8080/v1beta/files/a", NULL},
        {"https://generativelanguage.googleapis.com.evil.example/v1beta/files/a", NULL},
        {"https://generativelanguage.googleapis.com@evil.example/v1beta/files/a", NULL},
        {VEO_GEMINI_URL "/v1beta/other/a", NULL},
        {VEO_GEMINI_URL "/v1beta/files/../../x", NULL},
        {VEO_GEMINI_URL "/v1beta/files/%2e%2e/x", NULL},
        {VEO_GEMINI_URL "/v1beta/files/a b", NULL},
        {VEO_GEMINI_URL "/v1beta/files/a#b", NULL},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        const char *path = veo_file_path(rows[i].uri, base, &arena);
        if ((path == NULL) != (rows[i].path == NULL) || (path != NULL && strcmp(path, rows[i].path) != 0))
            fail_msg("%s gives %s", rows[i].uri, path != NULL ? path : "nothing");
    }
}

static struct veo_answer read_reply(int status, const char *body)
{
    struct gv_reply reply = {.status = status, .content_type = "", .body = body, .body_bytes = strlen(body)};
    return veo_read(&reply, &arena);
}

static void where_the_body_tells_nothing_the_status_decides(void **state)
{
    (void)state;
    static const struct {
        int http;
        const char *body;
        enum veo_class class;
    } rows[] = {
        {502, "<html>Bad Gateway</html>", VEO_LOST},
        {501, "", VEO_LOST},
        {200, "<html>hello</html>", VEO_LOST},
        {200, "", VEO_LOST},
        {200, "[]", VEO_LOST},
        {200, "{}", VEO_DONE},
        {400, "", VEO_REFUSED},
        {401, "", VEO_TOKEN},
        {402, "", VEO_REFUSED},
        {403, "<html>", VEO_REFUSED},
        {404, "", VEO_ABSENT},
        {408, "", VEO_LOST},
        {409, "", VEO_LOST},
        {413, "", VEO_REFUSED},
        {429, "slow down", VEO_BUSY},
        {499, "", VEO_LOST},
        {302, "", VEO_LOST},
        {500, "{\"error\":{\"status\":\"INVALID_ARGUMENT\"}}", VEO_LOST},
        {403, "{\"error\":{\"status\":\"ODD\"}}", VEO_REFUSED},
        {503, "[{\"error\":{\"status\":\"UNAVAILABLE\"}}]", VEO_LOST},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        if (read_reply(rows[i].http, rows[i].body).class != rows[i].class)
            fail_msg("%d %s is read as %d", rows[i].http, rows[i].body, read_reply(rows[i].http, rows[i].body).class);
    }
}

static void a_bad_key_is_no_bad_wish(void **state)
{
    (void)state;
    struct veo_answer answer = read_reply(400, REFUSED("400", "INVALID_ARGUMENT",
                                                       "API key not valid. Please pass a "
                                                       "valid API key."));
    struct gv_error error = veo_refusal(&answer, "make the film", GV_STAGE_CREATE, GV_NO);
    assert_int_equal(answer.class, VEO_REFUSED);
    assert_int_equal(error.code, GV_INTERNAL_ERROR);
    assert_string_equal(error.provider_code, "API_KEY_INVALID");
    answer = read_reply(402, REFUSED("402", "X", "credits are depleted"));
    error = veo_refusal(&answer, "make the film", GV_STAGE_CREATE, GV_NO);
    assert_int_equal(error.code, GV_QUOTA_EXCEEDED);
    assert_int_equal(error.retryable, GV_NO);
}

static void a_prompt_that_is_refused_at_once_is_moderation_too(void **state)
{
    (void)state;
    struct veo_answer answer = read_reply(
        400, REFUSED("400", "INVALID_ARGUMENT",
                     "The prompt could not be submitted. This prompt contains sensitive words that violate Google's "
                     "Responsible AI practices. Support codes: 58061214"));
    struct gv_error error = veo_refusal(&answer, "make the film", GV_STAGE_CREATE, GV_NO);
    assert_int_equal(error.code, GV_GENERATION_FAILED);
    assert_int_equal(error.retryable, GV_NO);
}

/* The vendor's table, told once more by hand. */
static void every_support_code_has_its_category(void **state)
{
    (void)state;
    static const struct {
        const char *codes, *category;
    } rows[] = {
        {"58061214, 17301594", "child"},
        {"29310472, 15236754", "celebrity or likeness"},
        {"64151117, 42237218", "video safety violation"},
        {"62263041", "dangerous"},
        {"57734940, 22137204", "hate"},
        {"74803281, 29578790, 42876398", "other"},
        {"89371032, 49114662, 63429089, 72817394, 60599140", "prohibited content"},
        {"35561574, 35561575", "third-party content"},
        {"90789179, 43188360", "sexual"},
        {"78610348", "toxic"},
        {"61493863, 56562880", "violence"},
        {"32635315", "vulgar"},
        {"12345678", "unlisted"},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        const char *words = veo_support_words(gv_arena_printf(&arena, "Support codes: %s.", rows[i].codes), &arena);
        size_t wanted = 1, got = 0;
        for (const char *p = rows[i].codes; *p != '\0'; p++)
            wanted += *p == ',';
        for (const char *p = words; (p = strstr(p, gv_arena_printf(&arena, "%s (", rows[i].category))) != NULL; p++)
            got++;
        if (got != wanted)
            fail_msg("%s: %s", rows[i].codes, words);
    }
    assert_string_equal(veo_support_words("12345678 before, Support codes: 123, 123456789", &arena), "");
    assert_false(veo_is_moderation("Unsupported output video duration 5 seconds"));
}

static void a_bucket_shows_this_jobs_films_only(void **state)
{
    (void)state;
    const char *films[GV_OUTPUTS_MAX];
    size_t count;
    struct veo_answer answer =
        read_reply(200, "{\"items\":[{\"name\":\"p/gv-1/7/\"},{\"name\":\"p/gv-1/7/sample_0.mp4\"},{\"name\":7},"
                        "{\"name\":\"p/gv-1/7/log.txt\"},{\"name\":\"p/gv-12/7/sample_0.mp4\"}]}");
    assert_true(veo_read_list(films, &count, &answer, "gs://bkt/p/gv-1/", &arena));
    assert_int_equal(count, 1);
    assert_string_equal(films[0], "gs://bkt/p/gv-1/7/sample_0.mp4");
    answer = read_reply(200, "{\"items\":{}}");
    assert_false(veo_read_list(films, &count, &answer, "gs://bkt/p/gv-1/", &arena));
    assert_int_equal(count, 0);
}

static struct veo_result read_operation(const char *body, size_t lifted_count)
{
    static const struct gv_blob_info lifted[2] = {{.mime_type = "video/mp4"}, {.mime_type = "text/html"}};
    struct veo_answer answer = read_reply(200, body);
    struct gv_event event = {.kind = GV_EV_REPLY, .lifted = lifted, .lifted_count = lifted_count};
    return veo_read_operation(&answer, VEO_VERTEX, &event, &arena);
}

static void only_what_was_lifted_and_is_a_film_is_one(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t lifted_count, films;
    } rows[] = {{"blob:0", 1, 1}, {"blob:0", 0, 0},  {"blob:1", 2, 0},  {"blob:7", 2, 0},
                {"blob:", 2, 0},  {"blob:-1", 2, 0}, {"blob:0x", 2, 0}, {"QUJD", 2, 0}};
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        const char *body = gv_arena_printf(
            &arena, "{\"done\":true,\"response\":{\"videos\":[{\"bytesBase64Encoded\":\"%s\"}]}}", rows[i].text);
        struct veo_result result = read_operation(body, rows[i].lifted_count);
        if (result.film_count != rows[i].films || result.films_seen != 1)
            fail_msg("%s gives %zu films", rows[i].text, result.film_count);
    }
}

static void more_films_than_there_is_room_for_are_counted(void **state)
{
    (void)state;
    const char *body = "{\"done\":true,\"response\":{\"videos\":[";
    for (unsigned i = 0; i < GV_OUTPUTS_MAX + 2; i++)
        body = gv_arena_printf(&arena, "%s%s{\"gcsUri\":\"gs://bkt/%u.mp4\"}", body, i > 0 ? "," : "", i);
    struct veo_result result = read_operation(gv_arena_printf(&arena, "%s]}}", body), 0);
    assert_int_equal(result.film_count, GV_OUTPUTS_MAX);
    assert_int_equal(result.films_seen, GV_OUTPUTS_MAX + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operation_is_known_by_its_form),
        cmocka_unit_test(an_object_can_not_leave_its_place_in_the_path),
        cmocka_unit_test(a_file_is_taken_from_the_own_hosts_only),
        cmocka_unit_test(where_the_body_tells_nothing_the_status_decides),
        cmocka_unit_test(a_bad_key_is_no_bad_wish),
        cmocka_unit_test(a_prompt_that_is_refused_at_once_is_moderation_too),
        cmocka_unit_test(every_support_code_has_its_category),
        cmocka_unit_test(a_bucket_shows_this_jobs_films_only),
        cmocka_unit_test(only_what_was_lifted_and_is_a_film_is_one),
        cmocka_unit_test(more_films_than_there_is_room_for_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
