/* Veo's emulator held against the fact sheet: operations, storage. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/veo_emu_kit.h"

/* ---- before the body --------------------------------------------------------------------------------------------- */

static void credentials_quota_model_and_shape_are_checked_in_this_order(void **state)
{
    struct emu_kit *kit = *state;
    const char *good = kit->authorization, *unknown = VEO_VERTEX("veo-2.0-generate-001") ":predictLongRunning";
    kit->world.bend.slots = 1;
    emu_kit_create(kit, VEO_FULL, VEO_BODY(VEO_BOAT, ""));
    kit->authorization = NULL;
    veo_emu_kit_refused(kit, "POST", VEO_FULL, "{}", 401, "UNAUTHENTICATED", "");
    kit->authorization = good;
    kit->world.now_ms += 23000;
    veo_emu_kit_refused(
        kit, "POST", VEO_FULL, "{}", 429, "RESOURCE_EXHAUSTED",
        "long_running_online_prediction_requests_per_base_model with base model: veo-3.1-generate-001.");
    assert_string_equal(emu_kit_at(kit, "error.details.0.retryDelay"), "37s");
    veo_emu_kit_refused(kit, "POST", unknown, "{}", 404, "NOT_FOUND",
                        "Publisher Model `projects/sandbox-project/locations/us-central1/publishers/google/models/"
                        "veo-2.0-generate-001` was not found or your project does not have access to it.");
    kit->world.now_ms += 37000;
    veo_emu_kit_refused(kit, "POST", VEO_FULL, "{}", 400, "INVALID_ARGUMENT", "instance");
    kit->world.bend.retired = true;
    veo_emu_kit_refused(kit, "POST", VEO_FULL, "{}", 404, "NOT_FOUND", "was not found");
}

static void models_live_on_their_surface(void **state)
{
    static const struct {
        const char *path;
        bool there;
    } rows[] = {
        {VEO_FULL, true},
        {VEO_FAST, true},
        {VEO_LITE, true},
        {"/v1beta1/projects/sandbox-project/locations/europe-west4/publishers/google/models/"
         "veo-3.1-generate-001:predictLongRunning",
         true},
        {"/v1/projects/sandbox-project/locations/global/publishers/google/models/"
         "veo-3.1-generate-001:predictLongRunning",
         false},
        {VEO_VERTEX("veo-3.1-fast-generate-preview") ":predictLongRunning", true},
        {VEO_VERTEX("veo-3.0-generate-001") ":predictLongRunning", false},
        {VEO_GEMINI("veo-3.1-fast-generate-preview"), true},
        {VEO_GEMINI("veo-3.1-lite-generate-preview"), true},
        {VEO_GEMINI("veo-3.1-generate-001"), false},
        {VEO_GEMINI("veo-2.0-generate-001"), false},
        {VEO_FULL "x", false},
        {"/v1/models/veo-3.1-generate-preview:predictLongRunning", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status = emu_kit_send(*state, "POST", rows[i].path, VEO_BODY(VEO_BOAT, ""));
        if (status != (rows[i].there ? 200 : 404))
            fail_msg("%s: %d", rows[i].path, status);
    }
}

/* ---- operations -------------------------------------------------------------------------------------------------- */

static void an_operation_lives_until_its_films_are_there(void **state)
{
    struct emu_kit *kit = *state;
    emu_kit_create(kit, VEO_FULL, VEO_BODY(VEO_BOAT, "\"durationSeconds\":6,\"sampleCount\":2,\"resolution\":\"4k\""));
    const char *name = emu_kit_at(kit, "name");
    assert_string_equal(emu_kit_at(kit, "done"), "(absent)");
    assert_int_equal(strlen(strstr(name, "/operations/")), strlen("/operations/") + 36);
    kit->world.now_ms = kit->tasks[0]->ends_ms - 1;
    veo_emu_kit_poll(kit, name);
    assert_int_equal(kit->json->count, 1); /* the name alone */
    kit->world.now_ms++;
    for (size_t i = 0; i < 2; i++) { /* a final answer can be had again */
        veo_emu_kit_poll(kit, name);
        assert_true(gv_json_bool(kit->json, "done", false));
        assert_string_equal(emu_kit_at(kit, "response.raiMediaFilteredCount"), "0");
        assert_int_equal(gv_json_at(kit->json, "response.videos")->count, 2);
        assert_string_equal(emu_kit_at(kit, "response.videos.1.mimeType"), "video/mp4");
        assert_string_equal(emu_kit_at(kit, "response.videos.1.bytesBase64Encoded"), "");
        assert_int_equal(kit->reply.film_count, 2);
    }
    for (size_t i = 0; i < 2; i++) { /* between the quotes */
        assert_int_equal(kit->reply.films[i].index, i);
        assert_ptr_equal(kit->reply.films[i].task, kit->tasks[0]);
        assert_memory_equal(kit->reply.body + kit->reply.films[i].at - 22, "\"bytesBase64Encoded\":\"\"", 23);
    }
    assert_true(fabs(kit->tasks[0]->usd - 2 * 6 * 0.60) < 1e-9);
    assert_string_equal(kit->tasks[0]->model, "veo-3.1-generate-001");
    assert_string_equal(kit->tasks[0]->product, "text_to_video");
}

static void operations_are_polled_under_their_own_model(void **state)
{
    struct emu_kit *kit = *state;
    emu_kit_create(kit, VEO_FULL, VEO_BODY(VEO_BOAT, ""));
    const char *name = emu_kit_at(kit, "name");
    const char *body = gv_arena_printf(&kit->arena, "{\"operationName\":\"%s\"}", name);
    veo_emu_kit_refused(kit, "POST", VEO_VERTEX("veo-3.1-fast-generate-001") ":fetchPredictOperation", body, 400,
                        "INVALID_ARGUMENT", "operationName");
    veo_emu_kit_refused(kit, "POST",
                        "/v1/projects/sandbox-project/locations/europe-west4/publishers/google/models/"
                        "veo-3.1-generate-001:fetchPredictOperation",
                        body, 400, "INVALID_ARGUMENT", "operationName");
    veo_emu_kit_refused(kit, "POST", VEO_POLL, "{}", 400, "INVALID_ARGUMENT", "operationName");
    veo_emu_kit_refused(kit, "POST", VEO_POLL, "{\"name\":\"x\"}", 400, "INVALID_ARGUMENT", "Unknown name");
    veo_emu_kit_refused(kit, "POST", VEO_POLL, gv_arena_printf(&kit->arena, "{\"operationName\":\"%s0\"}", name), 404,
                        "NOT_FOUND", "was not found");
    veo_emu_kit_refused(kit, "GET", gv_arena_printf(&kit->arena, "/v1/%s", name), NULL, 404, "NOT_FOUND", "");
    kit->world.bend.hidden_ms = 1000;
    veo_emu_kit_refused(kit, "POST", VEO_POLL, body, 404, "NOT_FOUND", "was not found");
    kit->world.now_ms += 1000;
    veo_emu_kit_poll(kit, name);
}

static void prompts_can_ask_for_failure(void **state)
{
    struct emu_kit *kit = *state;
    veo_emu_kit_finish(kit, VEO_BODY("\"prompt\":\"x [fail: 8 The service is busy.] y\"", ""));
    assert_string_equal(emu_kit_at(kit, "error.code"), "8");
    assert_string_equal(emu_kit_at(kit, "error.message"), "The service is busy.");
    veo_emu_kit_finish(kit, VEO_BODY("\"prompt\":\"x [fail: 2026 words]\"", ""));
    assert_string_equal(emu_kit_at(kit, "error.code"), "13");
    assert_string_equal(emu_kit_at(kit, "error.message"), "2026 words");
    assert_true(kit->tasks[1]->usd < 1e-9);
}

static void films_can_be_filtered(void **state)
{
    struct emu_kit *kit = *state;
    veo_emu_kit_finish(kit, VEO_BODY("\"prompt\":\"x [filter]\"", "\"sampleCount\":2"));
    assert_string_equal(emu_kit_at(kit, "response.raiMediaFilteredCount"), "2");
    assert_non_null(strstr(emu_kit_at(kit, "response.raiMediaFilteredReasons.0"), "Support codes: 58061214"));
    assert_string_equal(emu_kit_at(kit, "response.videos"), "(absent)");
    assert_string_equal(emu_kit_at(kit, "error"), "(absent)");
    assert_true(kit->tasks[0]->usd < 1e-9);
    assert_null(kit->tasks[0]->film);

    veo_emu_kit_finish(kit,
                       VEO_BODY("\"prompt\":\"x [filter: 1]\"", "\"sampleCount\":4,\"storageUri\":\"gs://bkt/a/\""));
    assert_string_equal(emu_kit_at(kit, "response.raiMediaFilteredCount"), "1");
    assert_non_null(strstr(emu_kit_at(kit, "response.raiMediaFilteredReasons.0"), "could not generate 1 videos"));
    assert_int_equal(gv_json_at(kit->json, "response.videos")->count, 3);
    assert_true(fabs(kit->tasks[1]->usd - 3 * 8 * 0.40) < 1e-9);

    veo_emu_kit_finish(kit, VEO_BODY("\"prompt\":\"x [filter]\",\"image\":" VEO_PICTURE("aaaa"), ""));
    assert_non_null(strstr(emu_kit_at(kit, "response.raiMediaFilteredReasons.0"), "the input image violates"));
}

static void fault_scripts_bend_answers(void **state)
{
    static const struct {
        const char *word, *text;
    } rows[] = {
        {"running", "}"},
        {"not-done", ",\"done\":false}"},
        {"neither", ",\"done\":true}"},
        {"empty", ",\"done\":true,\"response\":{\"@type\":\"type.googleapis.com/cloud.ai.large_models.vision."
                  "GenerateVideoResponse\",\"videos\":[]}}"},
    };
    struct emu_kit *kit = *state;
    veo_emu_kit_finish(kit, VEO_BODY(VEO_BOAT, ""));
    const char *name = emu_kit_at(kit, "name");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kit->world.bend.status_word = rows[i].word;
        veo_emu_kit_poll(kit, name);
        assert_string_equal(kit->reply.body, gv_arena_printf(&kit->arena, "{\"name\":\"%s\"%s", name, rows[i].text));
    }
    struct gv_emu_reply reply = kit->emulator->refuse(&kit->world, 200, "13");
    assert_string_equal(reply.body,
                        "{\"done\":true,\"error\":{\"code\":13,\"message\":\"Internal error encountered.\"}}");
    assert_int_equal(kit->emulator->refuse(&kit->world, 0, "401").status, 401);
    assert_int_equal(kit->emulator->refuse(&kit->world, 0, "RESOURCE_EXHAUSTED").status, 429);
    assert_int_equal(kit->emulator->refuse(&kit->world, 503, NULL).status, 503);
    assert_string_equal(kit->emulator->refuse(&kit->world, 502, NULL).content_type, "text/html; charset=UTF-8");
}

/* ---- films ------------------------------------------------------------------------------------------------------- */

static const struct gv_json *film(struct emu_kit *kit, size_t task)
{
    const char *text = kit->tasks[task]->film;
    return gv_json_parse(&kit->arena, text, strlen(text), NULL);
}

static void films_are_what_was_asked_for(void **state)
{
    struct emu_kit *kit = *state;
    emu_kit_create(kit, VEO_FULL,
                   VEO_BODY("\"image\":" VEO_PICTURE("aaaa") ",\"lastFrame\":" VEO_PICTURE("bbbb"),
                            "\"aspectRatio\":\"9:16\",\"resolution\":\"1080p\",\"durationSeconds\":4,"
                            "\"generateAudio\":false,\"sampleCount\":3,\"seed\":7"));
    const struct gv_json *films = film(kit, 0);
    assert_int_equal(films->count, 3);
    assert_int_equal(gv_json_int(films, "0.width", 0), 1080);
    assert_int_equal(gv_json_int(films, "0.height", 0), 1920);
    assert_int_equal(gv_json_int(films, "0.fps", 0), 24);
    assert_int_equal(gv_json_int(films, "0.duration_seconds", 0), 4);
    assert_false(gv_json_bool(films, "0.audio", true));
    assert_string_equal(gv_json_text(films, "2.first"), "blob:aaaa");
    assert_string_equal(gv_json_text(films, "2.last"), "blob:bbbb");
    assert_int_not_equal(gv_json_int(films, "0.seed", 0), gv_json_int(films, "1.seed", 0));
    assert_int_not_equal(gv_json_int(films, "1.seed", 0), gv_json_int(films, "2.seed", 0));
    assert_true(fabs(kit->tasks[0]->usd - 3 * 4 * 0.20) < 1e-9);
    emu_kit_create(kit, VEO_FULL,
                   VEO_BODY(VEO_BOAT
                            ",\"referenceImages\":[{\"image\":" VEO_PICTURE("aaaa") ",\"referenceType\":\"asset\"}]",
                            "\"seed\":7"));
    assert_string_equal(gv_json_text(film(kit, 1), "0.images.0"), "blob:aaaa");
    assert_int_equal(gv_json_int(film(kit, 1), "0.seed", 0), gv_json_int(films, "0.seed", 1));
}

static void an_extension_goes_on_for_seven_seconds(void **state)
{
    struct emu_kit *kit = *state;
    veo_emu_kit_finish(kit, VEO_BODY(VEO_BOAT, "\"resolution\":\"1080p\",\"aspectRatio\":\"9:16\",\"sampleCount\":2,"
                                               "\"storageUri\":\"gs://bkt/\""));
    const char *uri = emu_kit_at(kit, "response.videos.1.gcsUri");
    emu_kit_create(
        kit, VEO_FAST,
        gv_arena_printf(&kit->arena, VEO_BODY("\"video\":{\"gcsUri\":\"%s\",\"mimeType\":\"video/mp4\"}", ""), uri));
    const struct gv_json *films = film(kit, 1);
    assert_string_equal(gv_json_text(films, "0.source"), gv_arena_printf(&kit->arena, "film:%s:1", kit->tasks[0]->id));
    assert_int_equal(gv_json_int(films, "0.width", 0), 1080);
    assert_int_equal(gv_json_int(films, "0.duration_seconds", 0), 15);
    assert_true(fabs(kit->tasks[1]->usd - 7 * 0.12) < 1e-9);
    emu_kit_create(kit, VEO_FAST, VEO_BODY("\"video\":" VEO_FILM("aMp4"), ""));
    assert_string_equal(gv_json_text(film(kit, 2), "0.source"), "blob:aMp4");
    assert_string_equal(kit->tasks[2]->product, "video_extension");
}

/* ---- storage ----------------------------------------------------------------------------------------------------- */

static const char *escaped(struct emu_kit *kit, const char *name)
{
    const char *out = "";
    for (size_t n; *name; name += n + (name[n] == '/')) {
        n = strcspn(name, "/");
        out = gv_arena_printf(&kit->arena, "%s%.*s%s", out, (int)n, name, name[n] ? "%2F" : "");
    }
    return out;
}

static void stored_films_are_objects(void **state)
{
    struct emu_kit *kit = *state;
    veo_emu_kit_finish(kit, VEO_BODY(VEO_BOAT, "\"sampleCount\":2,\"storageUri\":\"gs://bkt/run-42\""));
    const char *uri = emu_kit_at(kit, "response.videos.1.gcsUri"), *name = uri + strlen("gs://bkt/");
    assert_memory_equal(name, "run-42/", 7);
    assert_string_equal(name + 7 + strspn(name + 7, "0123456789"), "/sample_1.mp4");
    assert_string_equal(emu_kit_at(kit, "response.videos.1.bytesBase64Encoded"), "(absent)");
    assert_string_equal(kit->tasks[0]->external_id, "gs://bkt/run-42");

    const char *path = gv_arena_printf(&kit->arena, "/storage/v1/b/bkt/o/%s", escaped(kit, name));
    assert_int_equal(emu_kit_send(kit, "GET", gv_arena_printf(&kit->arena, "%s?alt=media", path), NULL), 200);
    assert_null(kit->reply.body);
    assert_ptr_equal(kit->reply.films[0].task, kit->tasks[0]);
    assert_int_equal(kit->reply.films[0].index, 1);
    assert_int_equal(emu_kit_send(kit, "GET", path, NULL), 200);
    assert_string_equal(emu_kit_at(kit, "name"), name);
    assert_string_equal(emu_kit_at(kit, "bucket"), "bkt");
    assert_string_equal(emu_kit_at(kit, "size"), "1001");
    assert_string_equal(emu_kit_at(kit, "contentType"), "video/mp4");
    kit->film_failure = "no media program";
    assert_int_equal(emu_kit_send(kit, "GET", path, NULL), 500);

    const char *const absent[] = {
        gv_arena_printf(&kit->arena, "/storage/v1/b/bkt/o/%s", name), /* its slashes are not escaped */
        gv_arena_printf(&kit->arena, "/storage/v1/b/other/o/%s", escaped(kit, name)),
        gv_arena_printf(&kit->arena, "/storage/v1/b/bkt/o/%s", escaped(kit, name + 7)),
        gv_arena_printf(&kit->arena, "%s4", path),
        "/storage/v1/b/bkt/o/sample_0.mp4",
        "/storage/v1/b/bkt/o/",
        "/storage/v1/b/bkt",
    };
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        assert_int_equal(emu_kit_send(kit, "GET", absent[i], NULL), 404);
        assert_string_equal(emu_kit_at(kit, "error.code"), "404");
    }
    assert_int_equal(emu_kit_send(kit, "GET", "/storage/v1/b/bkt/o/a%2Fb?alt=media", NULL), 404);
    assert_string_equal(kit->reply.body, "No such object: bkt/a/b");
    kit->authorization = NULL;
    assert_int_equal(emu_kit_send(kit, "GET", path, NULL), 401);
}

static void objects_appear_with_the_end(void **state)
{
    struct emu_kit *kit = *state;
    const char *all = "/storage/v1/b/bkt/o?prefix=run-42/";
    emu_kit_create(kit, VEO_FULL, VEO_BODY(VEO_BOAT, "\"sampleCount\":2,\"storageUri\":\"gs://bkt/run-42/\""));
    emu_kit_create(kit, VEO_FULL, VEO_BODY(VEO_BOAT, "\"storageUri\":\"gs://bkt/run-43/\""));
    emu_kit_create(kit, VEO_FULL, VEO_BODY(VEO_BOAT, ""));
    emu_kit_create(kit, VEO_FULL, VEO_BODY("\"prompt\":\"[fail: 3 no]\"", "\"storageUri\":\"gs://bkt/run-42/\""));
    kit->world.now_ms = kit->tasks[0]->ends_ms - 1;
    emu_kit_send(kit, "GET", all, NULL);
    assert_string_equal(emu_kit_at(kit, "items"), "(absent)");
    kit->world.now_ms++;
    emu_kit_send(kit, "GET", all, NULL);
    assert_int_equal(gv_json_at(kit->json, "items")->count, 2);
    assert_non_null(strstr(emu_kit_at(kit, "items.0.name"), "/sample_0.mp4"));
    assert_string_equal(emu_kit_at(kit, "items.1.size"), "1001");
    emu_kit_send(kit, "GET", "/storage/v1/b/bkt/o", NULL);
    assert_int_equal(gv_json_at(kit->json, "items")->count, 3);
    emu_kit_send(kit, "GET", "/storage/v1/b/bk/o", NULL);
    assert_string_equal(emu_kit_at(kit, "items"), "(absent)");
    emu_kit_send(kit, "GET", "/storage/v1/b/bkt/o?maxResults=2", NULL);
    assert_int_equal(gv_json_at(kit->json, "items")->count, 2);
    emu_kit_send(kit, "GET",
                 gv_arena_printf(&kit->arena, "/storage/v1/b/bkt/o?pageToken=%s", emu_kit_at(kit, "nextPageToken")),
                 NULL);
    assert_int_equal(gv_json_at(kit->json, "items")->count, 1);
    assert_string_equal(emu_kit_at(kit, "nextPageToken"), "(absent)");
    assert_non_null(strstr(emu_kit_at(kit, "items.0.name"), "run-43/"));
}

/* ---- the Gemini surface ------------------------------------------------------------------------------------------ */

/* Lets a create's time pass and looks at its operation; its film's path, below the origin. */
static const char *gemini_film(struct emu_kit *kit, const char *body)
{
    emu_kit_create(kit, VEO_GEMINI("veo-3.1-generate-preview"), body);
    const char *name = emu_kit_at(kit, "name"), *path = gv_arena_printf(&kit->arena, "/v1beta/%s", name);
    assert_int_equal(emu_kit_send(kit, "GET", path, NULL), 200);
    assert_int_equal(kit->json->count, 1);
    kit->world.now_ms = kit->tasks[kit->world.task_count - 1]->ends_ms;
    assert_int_equal(emu_kit_send(kit, "GET", path, NULL), 200);
    assert_string_equal(emu_kit_at(kit, "name"), name);
    const char *uri = emu_kit_at(kit, "response.generateVideoResponse.generatedSamples.0.video.uri");
    const char *origin = "http://127.0.0.1:1/veo";
    return strncmp(uri, origin, strlen(origin)) == 0 ? uri + strlen(origin) : NULL;
}

static void gemini_s_films_are_files_with_a_key(void **state)
{
    struct emu_kit *kit = *state;
    const char *path = gemini_film(kit, VEO_BODY(VEO_BOAT, ""));
    assert_string_equal(strchr(path, ':'), ":download?alt=media");
    assert_int_equal(strlen(kit->tasks[0]->id), 12);
    assert_string_equal(emu_kit_at(kit, "response.@type"),
                        "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse");
    assert_int_equal(emu_kit_send(kit, "GET", path, NULL), 200);
    assert_ptr_equal(kit->reply.films[0].task, kit->tasks[0]);
    kit->world.now_ms = kit->tasks[0]->ends_ms + 2ll * 24 * 3600 * 1000;
    veo_emu_kit_refused(kit, "GET", path, NULL, 403, "PERMISSION_DENIED", "or it may not exist");
    kit->headers[0].value = "other";
    veo_emu_kit_refused(kit, "GET", path, NULL, 400, "INVALID_ARGUMENT", "API key not valid");
    kit->headers[0].value = "sandbox-key";
    path = gemini_film(kit, VEO_BODY("\"prompt\":\"a boat [redirect]\"", ""));
    assert_int_equal(emu_kit_send(kit, "GET", path, NULL), 302);
    assert_string_equal(kit->reply.headers[0].name, "Location");
}

static void gemini_extends_its_own_files(void **state)
{
    struct emu_kit *kit = *state;
    const char *path = gemini_film(kit, VEO_BODY(VEO_BOAT, ""));
    const char *body = VEO_BODY(VEO_BOAT ",\"video\":{\"uri\":\"http://127.0.0.1:1/veo%s\"}", "");
    for (int64_t seconds = 15; seconds <= 148; seconds += 7) {
        path = gemini_film(kit, gv_arena_printf(&kit->arena, body, path));
        const char *text = kit->tasks[kit->world.task_count - 1]->film;
        const struct gv_json *films = gv_json_parse(&kit->arena, text, strlen(text), NULL);
        assert_int_equal(gv_json_int(films, "0.duration_seconds", 0), seconds);
    }
    veo_emu_kit_refused(kit, "POST", VEO_GEMINI("veo-3.1-generate-preview"), gv_arena_printf(&kit->arena, body, path),
                        400, "INVALID_ARGUMENT", "at most 141 seconds");
    kit->world.now_ms += 3600000;
    path = gemini_film(kit, VEO_BODY(VEO_BOAT, "\"resolution\":\"1080p\""));
    veo_emu_kit_refused(kit, "POST", VEO_GEMINI("veo-3.1-generate-preview"), gv_arena_printf(&kit->arena, body, path),
                        400, "INVALID_ARGUMENT", "720p");
}

static void gemini_fails_and_filters_in_its_own_words(void **state)
{
    struct emu_kit *kit = *state;
    assert_null(gemini_film(kit, VEO_BODY("\"prompt\":\"x [filter]\"", "")));
    assert_string_equal(emu_kit_at(kit, "response.generateVideoResponse.raiMediaFilteredCount"), "1");
    assert_string_equal(emu_kit_at(kit, "response.generateVideoResponse.generatedSamples"), "(absent)");
    assert_null(gemini_film(kit, VEO_BODY("\"prompt\":\"x [fail: 13 no]\"", "")));
    assert_string_equal(emu_kit_at(kit, "error.code"), "13");
}

/* ---- routes ------------------------------------------------------------------------------------------------------ */

static void routes_have_names_for_fault_scripts(void **state)
{
    static const struct {
        const char *method, *path, *route;
    } rows[] = {
        {"POST", VEO_FULL, "create"},
        {"POST", VEO_POLL, "query"},
        {"POST", VEO_GEMINI("x"), "create"},
        {"GET", "/v1beta/models/x/operations/abc", "query"},
        {"GET", "/v1beta/files/abc:download", "download"},
        {"GET", "/storage/v1/b/bkt/o/a/b", "download"},
        {"GET", "/storage/v1/b/bkt/o", "list"},
        {"POST", "/token", "token"},
        {"GET", "/computeMetadata/v1/x", "token"},
        {"GET", "/", "other"},
    };
    struct emu_kit *kit = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(kit->emulator->route(rows[i].method, rows[i].path), rows[i].route);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, veo_emu_kit_set_up, emu_kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(credentials_quota_model_and_shape_are_checked_in_this_order),
        TEST(models_live_on_their_surface),
        TEST(an_operation_lives_until_its_films_are_there),
        TEST(operations_are_polled_under_their_own_model),
        TEST(prompts_can_ask_for_failure),
        TEST(films_can_be_filtered),
        TEST(fault_scripts_bend_answers),
        TEST(films_are_what_was_asked_for),
        TEST(an_extension_goes_on_for_seven_seconds),
        TEST(stored_films_are_objects),
        TEST(objects_appear_with_the_end),
        TEST(gemini_s_films_are_files_with_a_key),
        TEST(gemini_extends_its_own_files),
        TEST(gemini_fails_and_filters_in_its_own_words),
        TEST(routes_have_names_for_fault_scripts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
