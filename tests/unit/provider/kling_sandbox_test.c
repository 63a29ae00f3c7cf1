/* Kling's emulator held against the fact sheet. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/codec.h"
#include "port/crypto.h"
#include "support/kling_emu_kit.h"
#include "support/kling_emu_words.h"

/* ---- credentials ------------------------------------------------------------------------------------------------ */

static const char *token(struct emu_kit *kit, const char *header, const char *claims, const char *secret)
{
    char a[256], b[512], c[64];
    uint8_t digest[32];
    gv_base64url_encode(a, header, strlen(header));
    gv_base64url_encode(b, claims, strlen(claims));
    const char *text = gv_arena_printf(&kit->arena, "%s.%s", a, b);
    gv_crypto_openssl.hmac_sha256(digest, secret, strlen(secret), text, strlen(text));
    gv_base64url_encode(c, digest, sizeof digest);
    return gv_arena_printf(&kit->arena, "Bearer %s.%s", text, c);
}

#define HS256 "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define CLAIMS(nbf, exp) "{\"iss\":\"sandbox-access\",\"exp\":" exp ",\"nbf\":" nbf "}"

static void the_test_token_is_the_fact_sheet_s(void **state)
{
    assert_string_equal(token(*state, HS256, "{\"iss\":\"test-ak\",\"exp\":1700001800,\"nbf\":1699999995}", "test-sk"),
                        "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
                        "eyJpc3MiOiJ0ZXN0LWFrIiwiZXhwIjoxNzAwMDAxODAwLCJuYmYiOjE2OTk5OTk5OTV9."
                        "WVi2E6Zh6XjoahLqvgwjrspinAR_wIVTs0y9SGAH0Gs");
}

static void tokens_are_checked_in_the_documented_order(void **state)
{
    struct emu_kit *kit = *state;
    const char *good = CLAIMS("1699999995", "1700001800");
    const struct {
        const char *header;
        int code;
    } rows[] = {
        {NULL, 1001},
        {"", 1001},
        {"Basic sandbox-key", 1002},
        {"Bearer sandbox-keys", 1002},
        {"Bearer a.b", 1002},
        {"Bearer a.b.c", 1002},
        {token(kit, "{\"alg\":\"none\"}", good, "sandbox-secret"), 1002},
        {token(kit, HS256, "{\"iss\":\"other\",\"exp\":1,\"nbf\":0}", "sandbox-secret"), 1002},
        {token(kit, HS256, good, "other-secret"), 1002},
        {token(kit, HS256, "{\"iss\":\"sandbox-access\"}", "sandbox-secret"), 1002},
        {token(kit, HS256, CLAIMS("1700000001", "1700001800"), "sandbox-secret"), 1003},
        {token(kit, HS256, CLAIMS("1700000001", "1"), "sandbox-secret"), 1003},
        {token(kit, HS256, CLAIMS("1", "1700000000"), "sandbox-secret"), 1004},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kit->authorization = rows[i].header;
        emu_kit_refused(kit, "GET", T2V, NULL, 401, rows[i].code, "");
    }
    kit->authorization = token(kit, HS256, CLAIMS("1700000000", "1700000001"), "sandbox-secret");
    assert_int_equal(emu_kit_send(kit, "GET", T2V, NULL), 200);
    kit->world.bend.skew_ms = -10000;
    emu_kit_refused(kit, "GET", T2V, NULL, 401, 1003, "");
}

static void gen2_takes_only_api_keys(void **state)
{
    struct emu_kit *kit = *state;
    kit->authorization = token(kit, HS256, CLAIMS("1700000000", "1700001800"), "sandbox-secret");
    emu_kit_refused(kit, "GET", "/tasks?task_ids=1", NULL, 401, 1002, "The current API does not support AK/SK");
    emu_kit_refused(kit, "POST", "/text-to-video/kling-3.0", "{}", 401, 1002, "does not support AK/SK");
    assert_int_equal(emu_kit_send(kit, "GET", "/account/costs?start_time=1&end_time=2", NULL), 200);
    kit->authorization = "Bearer sandbox-key";
    assert_int_equal(emu_kit_send(kit, "GET", "/tasks?task_ids=1", NULL), 200);
}

static void both_credentials_are_one_account(void **state)
{
    struct emu_kit *kit = *state;
    emu_kit_create(kit, T2V, "{\"model_name\":\"kling-v3\"," BOAT ",\"external_task_id\":\"a\"}");
    kit->authorization = token(kit, HS256, CLAIMS("1700000000", "1700001800"), "sandbox-secret");
    assert_int_equal(emu_kit_send(kit, "GET", T2V "/a", NULL), 200);
    kit->authorization = "Bearer sandbox-poor";
    emu_kit_refused(kit, "GET", T2V "/a", NULL, 400, 1201, "Task not found by id/external id: a");
    emu_kit_refused(kit, "POST", T2V, "{\"model_name\":\"kling-v3\"," BOAT "}", 429, 1102,
                    "Account balance not enough");
}

/* ---- routes ----------------------------------------------------------------------------------------------------- */

static void wrong_methods_and_paths_are_told_apart(void **state)
{
    struct emu_kit *kit = *state;
    emu_kit_refused(kit, "PUT", T2V, "{}", 404, 1202, "");
    emu_kit_refused(kit, "DELETE", T2V "/1", NULL, 404, 1202, "");
    emu_kit_refused(kit, "GET", "/v1/audio/tts", NULL, 404, 1202, "");
    emu_kit_refused(kit, "GET", "/text-to-video/kling-3.0", NULL, 404, 1202, "");
    emu_kit_refused(kit, "POST", "/account/costs", "{}", 404, 1202, "");
    emu_kit_refused(kit, "POST", "/v1/videos/text3video", "{}", 404, 1203, "");
    emu_kit_refused(kit, "POST", "/text-to-video/kling-9", "{}", 404, 1203, "");
    emu_kit_refused(kit, "POST", "/text-to-video/kling-o1", "{}", 404, 1203, "");
    emu_kit_refused(kit, "POST", T2V, NULL, 400, 1200, "");
    emu_kit_refused(kit, "POST", T2V, "[]", 400, 1200, "");
}

/* ---- tasks ------------------------------------------------------------------------------------------------------ */

static void a_task_lives_through_its_states(void **state)
{
    struct emu_kit *kit = *state;
    const char *id = emu_kit_create(kit, T2V, "{" V("v3") BOAT ",\"external_task_id\":\"job-42\"}");
    assert_int_equal(strlen(id), 18);
    assert_string_equal(emu_kit_at(kit, "data.task_status"), "submitted");
    assert_string_equal(emu_kit_at(kit, "data.task_info.external_task_id"), "job-42");
    assert_string_equal(emu_kit_at(kit, "data.created_at"), "1700000000000");

    kit->world.now_ms += 2000;
    emu_kit_send(kit, "GET", T2V "/job-42", NULL);
    assert_string_equal(emu_kit_at(kit, "data.task_status"), "processing");
    assert_string_equal(emu_kit_at(kit, "data.updated_at"), "1700000002000");
    assert_int_equal(gv_json_at(kit->json, "data.task_result")->count, 0);

    kit->world.now_ms = kit->tasks[0]->ends_ms;
    emu_kit_send(kit, "GET", gv_arena_printf(&kit->arena, T2V "/%s", id), NULL);
    assert_string_equal(emu_kit_at(kit, "data.task_status"), "succeed");
    assert_string_equal(emu_kit_at(kit, "data.task_result.videos.0.duration"), "5.041");
    assert_string_equal(emu_kit_at(kit, "data.task_result.videos.0.watermark_url"), "(absent)");
    assert_string_equal(emu_kit_at(kit, "data.final_unit_deduction"), "3");
    assert_string_equal(emu_kit_at(kit, "data.final_balance_deduction.quota"), "0.42");
    assert_string_equal(emu_kit_at(kit, "data.task_info.parent_video"), "(absent)");

    emu_kit_send(kit, "GET", "/tasks?external_task_ids=nobody,job-42", NULL);
    assert_int_equal(gv_json_at(kit->json, "data")->count, 1);
    assert_string_equal(emu_kit_at(kit, "data.0.status"), "succeeded");
    assert_string_equal(emu_kit_at(kit, "data.0.outputs.0.type"), "video");
    assert_string_equal(emu_kit_at(kit, "data.0.billing.0.amount"), "3");
}

static void ids_are_optional_and_unique(void **state)
{
    struct emu_kit *kit = *state;
    emu_kit_create(kit, T2V, "{" V("v3") BOAT "}");
    assert_int_equal(gv_json_at(kit->json, "data.task_info")->count, 0);
    emu_kit_create(kit, T3, "{" BOAT ",\"options\":{\"external_task_id\":\"job-43\"}}");
    assert_string_equal(emu_kit_at(kit, "data.external_id"), "job-43");
    emu_kit_refused(kit, "POST", T2V, "{" V("v3") BOAT ",\"external_task_id\":\"job-43\"}", 400, 1201,
                    "External_task_id job-43 already exists");
    /* Another product's path does not find it. */
    emu_kit_refused(kit, "GET", T2V "/job-43", NULL, 400, 1201, "Task not found by id/external id: job-43");
    assert_int_equal(kit->world.task_count, 2);
}

static void prompts_can_ask_for_failure(void **state)
{
    struct emu_kit *kit = *state;
    emu_kit_create(kit, T2V, "{" V("v3") "\"prompt\":\"x [fail: the sea is dry] y\",\"external_task_id\":\"a\"}");
    assert_true(kit->tasks[0]->usd < 1e-9);
    kit->world.now_ms += 3600000;
    assert_int_equal(emu_kit_send(kit, "GET", T2V "/a", NULL), 200);
    assert_string_equal(emu_kit_at(kit, "code"), "0");
    assert_string_equal(emu_kit_at(kit, "data.task_status"), "failed");
    assert_string_equal(emu_kit_at(kit, "data.task_status_msg"), "the sea is dry");
    assert_int_equal(gv_json_at(kit->json, "data.task_result")->count, 0);
    emu_kit_send(kit, "GET", "/tasks?external_task_ids=a", NULL);
    assert_string_equal(emu_kit_at(kit, "data.0.message"), "the sea is dry");
    emu_kit_refused(kit, "POST", T3, "{\"prompt\":\"x [moderate]\"}", 400, 1301, "");
}

static void small_pictures_fail_the_task_and_not_the_create(void **state)
{
    struct emu_kit *kit = *state;
    emu_kit_create(kit, I2V, "{" V("v3") "\"image\":\"https://x/small.png\",\"external_task_id\":\"a\"}");
    kit->world.now_ms += 3600000;
    emu_kit_send(kit, "GET", I2V "/a", NULL);
    assert_string_equal(emu_kit_at(kit, "data.task_status_msg"), "Image pixel is invalid");
}

static void slots_are_held_until_the_end(void **state)
{
    struct emu_kit *kit = *state;
    for (int i = 0; i < 20; i++)
        emu_kit_create(kit, T2V, "{" V("v3") BOAT "}");
    emu_kit_refused(kit, "POST", T2V, "{" V("v3") BOAT "}", 429, 1303, "parallel task over resource pack limit");
    emu_kit_create(kit, T2V, "{" V("v2-6") BOAT "}"); /* another model */
    kit->world.now_ms = kit->tasks[0]->ends_ms;
    emu_kit_create(kit, T2V, "{" V("v3") BOAT "}");
    kit->world.bend.slots = 1;
    emu_kit_refused(kit, "POST", T2V, "{" V("v3") BOAT "}", 429, 1303, "");
}

static void lists_are_paged_newest_first(void **state)
{
    struct emu_kit *kit = *state;
    const char *ids[5];
    for (int i = 0; i < 5; i++)
        ids[i] = emu_kit_create(kit, T2V, "{" V("v3") BOAT "}");
    emu_kit_create(kit, I2V, "{" V("v3") IMAGE "}");
    emu_kit_send(kit, "GET", T2V "?pageNum=2&pageSize=2", NULL);
    assert_int_equal(gv_json_at(kit->json, "data")->count, 2);
    assert_string_equal(emu_kit_at(kit, "data.0.task_id"), ids[2]);
    assert_string_equal(emu_kit_at(kit, "data.1.task_id"), ids[1]);
    emu_kit_refused(kit, "GET", T2V "?pageSize=501", NULL, 400, 1201, "pageSize");
    emu_kit_refused(kit, "GET", T2V "?pageNum=0", NULL, 400, 1201, "pageNum");

    emu_kit_send(kit, "POST", "/tasks", "{\"limit\":4}");
    assert_string_equal(emu_kit_at(kit, "data.count"), "4");
    assert_true(gv_json_bool(kit->json, "data.has_more", false));
    const char *next = gv_arena_printf(&kit->arena, "{\"cursor\":\"%s\"}", emu_kit_at(kit, "data.next_cursor"));
    emu_kit_send(kit, "POST", "/tasks", next);
    assert_string_equal(emu_kit_at(kit, "data.count"), "2");
    assert_string_equal(emu_kit_at(kit, "data.result.1.id"), ids[0]);
    assert_false(gv_json_bool(kit->json, "data.has_more", true));
    emu_kit_send(kit, "POST", "/tasks", "{\"filters\":[{\"key\":\"status\",\"values\":[\"succeeded\"]}]}");
    assert_string_equal(emu_kit_at(kit, "data.count"), "0");
    emu_kit_send(kit, "POST", "/tasks", "{\"start_time\":\"1700000000001\"}");
    assert_string_equal(emu_kit_at(kit, "data.count"), "0");
}

static void look_ups_by_id_have_their_limits(void **state)
{
    struct emu_kit *kit = *state;
    emu_kit_refused(kit, "GET", "/tasks", NULL, 400, 1201, "task_ids or external_task_ids is required");
    emu_kit_refused(kit, "GET", "/tasks?task_ids=1&external_task_ids=2", NULL, 400, 1201, "");
    assert_int_equal(
        emu_kit_send(kit, "GET", "/tasks?task_ids=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20", NULL), 200);
    emu_kit_refused(kit, "GET", "/tasks?task_ids=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21", NULL, 400,
                    1201, "cannot exceed 20 in total");
    kit->world.bend.hidden_ms = 1000;
    emu_kit_create(kit, T2V, "{" V("v3") BOAT ",\"external_task_id\":\"a\"}");
    emu_kit_send(kit, "GET", "/tasks?external_task_ids=a", NULL);
    assert_int_equal(gv_json_at(kit->json, "data")->count, 0);
    emu_kit_refused(kit, "GET", T2V "/a", NULL, 400, 1201, "not found");
    emu_kit_refused(kit, "POST", T2V, "{" V("v3") BOAT ",\"external_task_id\":\"a\"}", 400, 1201, "already exists");
    kit->world.now_ms += 1000;
    assert_int_equal(emu_kit_send(kit, "GET", T2V "/a", NULL), 200);
}

static void answers_can_be_bent(void **state)
{
    struct emu_kit *kit = *state;
    emu_kit_create(kit, T2V, "{" V("v3") BOAT ",\"external_task_id\":\"a\",\"watermark_info\":{\"enabled\":true}}");
    kit->world.now_ms += 3600000;
    kit->world.bend.no_duration = true;
    emu_kit_send(kit, "GET", T2V "/a", NULL);
    assert_string_equal(emu_kit_at(kit, "data.task_result.videos.0.duration"), "(absent)");
    assert_string_not_equal(emu_kit_at(kit, "data.task_result.videos.0.watermark_url"), "(absent)");
    kit->world.bend.status_word = "napping";
    emu_kit_send(kit, "GET", T2V "/a", NULL);
    assert_string_equal(emu_kit_at(kit, "data.task_status"), "napping");
}

static void what_is_retired_is_refused_on_demand(void **state)
{
    struct emu_kit *kit = *state;
    kit->world.bend.retired = true;
    emu_kit_refused(kit, "POST", T2V, "{" V("v1-6") BOAT "}", 400, 1201,
                    "The model 'kling-v1-6' has been discontinued and is no longer available.");
    emu_kit_refused(kit, "POST", T2V, "{" BOAT "}", 400, 1201, "The model 'kling-v1' has been discontinued");
    emu_kit_refused(kit, "POST", "/v1/videos/multi-image2video", "{}", 400, 1201, "'kling-v1-6' has been discontinued");
    emu_kit_refused(kit, "POST", "/v1/videos/lip-sync", SAY("oversea_male1", ""), 400, 1201, "has been discontinued");
    emu_kit_refused(kit, "POST", "/v1/videos/effects",
                    "{\"effect_scene\":\"squish\",\"input\":{\"image\":\"" PNG "\"}}", 400, 1201,
                    "effect_scene value 'squish' is invalid");
    emu_kit_create(kit, T2V, "{" V("v3") BOAT "}");
}

/* ---- what starts from a film ------------------------------------------------------------------------------------ */

/* The video's id of a finished task. */
static const char *finished_video(struct emu_kit *kit, const char *model)
{
    const char *body = gv_arena_printf(&kit->arena, "{\"model_name\":\"%s\"," BOAT "}", model);
    const char *id = emu_kit_create(kit, T2V, body);
    kit->world.now_ms += 3600000;
    emu_kit_send(kit, "GET", gv_arena_printf(&kit->arena, T2V "/%s", id), NULL);
    return emu_kit_at(kit, "data.task_result.videos.0.id");
}

static void extending_lengthens_the_whole_film(void **state)
{
    struct emu_kit *kit = *state;
    const char *video = finished_video(kit, "kling-v1-6");
    const char *body = gv_arena_printf(&kit->arena, "{\"video_id\":\"%s\",\"prompt\":\"night\"}", video);
    const char *id = emu_kit_create(kit, "/v1/videos/video-extend", body);
    emu_kit_refused(kit, "GET", gv_arena_printf(&kit->arena, T2V "/%s", id), NULL, 400, 1201, "");
    kit->world.now_ms += 3600000;
    emu_kit_send(kit, "GET", gv_arena_printf(&kit->arena, "/v1/videos/video-extend/%s", id), NULL);
    assert_string_equal(emu_kit_at(kit, "data.task_result.videos.0.duration"), "9.541");
    assert_string_equal(emu_kit_at(kit, "data.task_info.parent_video.id"), video);
    assert_string_equal(emu_kit_at(kit, "data.task_info.parent_video.duration"), "5.041");
    assert_string_equal(emu_kit_at(kit, "data.final_unit_deduction"), "2");
    const struct gv_emu_task *task = kit->tasks[1];
    assert_non_null(strstr(task->film, gv_arena_printf(&kit->arena, "\"source\":\"film:%s\"", kit->tasks[0]->id)));
    assert_non_null(strstr(task->film, "\"width\":1280,\"height\":720"));

    video = finished_video(kit, "kling-v3");
    emu_kit_refused(kit, "POST", "/v1/videos/video-extend",
                    gv_arena_printf(&kit->arena, "{\"video_id\":\"%s\"}", video), 400, 1201, "can't be extended");
}

static void lip_sync_goes_through_a_session(void **state)
{
    struct emu_kit *kit = *state;
    const char *video = finished_video(kit, "kling-v3");
    emu_kit_create(kit, "/v1/videos/identify-face", gv_arena_printf(&kit->arena, "{\"video_id\":\"%s\"}", video));
    const char *session = emu_kit_at(kit, "data.session_id");
    assert_string_equal(emu_kit_at(kit, "data.face_data.0.end_time"), "5041");
    emu_kit_create(kit, "/v1/audio/tts",
                   "{\"text\":\"Hello over there\",\"voice_id\":\"oversea_male1\",\"voice_language\":\"en\"}");
    assert_string_equal(emu_kit_at(kit, "data.task_status"), "succeed");
    const char *audio = emu_kit_at(kit, "data.task_result.audios.0.id");
    const char *format = "{\"session_id\":\"%s\",\"face_choose\":[{\"face_id\":\"0\",\"audio_id\":\"%s\","
                         "\"sound_start_time\":0,\"sound_end_time\":%d,\"sound_insert_time\":%d}]}";
    const struct {
        int end, insert;
        const char *part;
    } refused[] = {
        {1999, 0, "at least 2 seconds"}, {3000, 0, "behind the end of the sound"}, {2000, 4000, "behind the end"}};
    for (size_t i = 0; i < 3; i++) {
        const char *body = gv_arena_printf(&kit->arena, format, session, audio, refused[i].end, refused[i].insert);
        emu_kit_refused(kit, "POST", "/v1/videos/advanced-lip-sync", body, 400, 1201, refused[i].part);
    }
    const char *id = emu_kit_create(kit, "/v1/videos/advanced-lip-sync",
                                    gv_arena_printf(&kit->arena, format, session, audio, 2100, 1000));
    kit->world.now_ms += 3600000;
    emu_kit_send(kit, "GET", gv_arena_printf(&kit->arena, "/v1/videos/advanced-lip-sync/%s", id), NULL);
    assert_string_equal(emu_kit_at(kit, "data.task_info.parent_video.id"), video);
    emu_kit_send(kit, "POST", "/tasks", "{}"); /* synchronous products are not listed */
    assert_string_equal(emu_kit_at(kit, "data.count"), "2");

    kit->world.now_ms += 24 * 3600000;
    emu_kit_refused(kit, "POST", "/v1/videos/advanced-lip-sync",
                    gv_arena_printf(&kit->arena, format, session, audio, 2100, 1000), 400, 1201, "expired");
}

/* ---- films and prices ------------------------------------------------------------------------------------------- */

static void films_have_the_documented_size_and_price(void **state)
{
    struct emu_kit *kit = *state;
    static const struct {
        const char *path, *body, *part;
        double units;
    } rows[] = {
        {T2V, "{" V("v3") BOAT "}", "\"width\":1280,\"height\":720", 3},
        {T2V, "{" V("v3") BOAT ",\"sound\":\"on\",\"mode\":\"pro\",\"duration\":\"10\"}", "\"height\":1080", 12},
        {T2V, "{" V("v3") BOAT ",\"aspect_ratio\":\"9:16\",\"mode\":\"4k\"}", "\"width\":2160,\"height\":3840", 15},
        {T2V, "{" V("v2-6") BOAT ",\"aspect_ratio\":\"1:1\"}", "\"width\":720,\"height\":720", 1.5},
        {T2V, "{" V("v2-6") BOAT ",\"mode\":\"pro\",\"sound\":\"on\"}", "\"audio\":true", 5},
        {T2V, "{" V("v1") BOAT ",\"mode\":\"pro\"}", "\"width\":1280,\"height\":720", 3.5},
        {T2V, "{" V("v2-master") BOAT "}", "\"audio\":false", 10},
        {I2V, "{" V("v2-5-turbo") IMAGE "}", "\"width\":1280,\"height\":720", 1.5},
        {"/text-to-video/kling-3.0-turbo", "{" BOAT SET("\"duration\":3") "}", "\"audio\":true", 2.4},
        {O3, C("") SET("\"duration\":3") "}", "\"audio\":false", 1.8},
        {OMNI, "{" BOAT "," FILM("") "}", "\"source\":\"blob:" MP4 "\"", 6},
        {"/v1/videos/motion-control",
         "{\"image_url\":\"" PNG "\",\"video_url\":\"" MP4 "\",\"character_orientation\":\"video\",\"mode\":\"std\"}",
         "\"audio_source\":\"blob:" MP4 "\"", 2.5},
        {"/v1/videos/lip-sync", SAY("oversea_male1", ""), "\"source\":\"blob:" MP4 "\"", 0.5},
        {"/v1/videos/avatar/image2video", "{" IMAGE ",\"sound_file\":\"" MP3 "\"}", "\"duration_seconds\":4", 1.6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        emu_kit_create(kit, rows[i].path, rows[i].body);
        const struct gv_emu_task *task = kit->reply.accepted;
        if (!strstr(task->film, rows[i].part))
            fail_msg("%s: %s lacks %s", rows[i].body, task->film, rows[i].part);
        assert_true(fabs(task->usd - rows[i].units * 0.14) < 1e-9);
    }
    emu_kit_create(kit, T2V, "{" V("v3") BOAT "}");
    assert_string_equal(kit->reply.accepted->film, kit->tasks[0]->film); /* equal wishes share one film */
}

static void speed_shortens_rendering(void **state)
{
    struct emu_kit *kit = *state;
    kit->world.speed = 1000;
    emu_kit_create(kit, T2V, "{" V("v3") BOAT "}");
    assert_int_equal(kit->tasks[0]->begins_ms, EMU_KIT_NOW_MS + 2);
    assert_int_equal(kit->tasks[0]->ends_ms, EMU_KIT_NOW_MS + 2 + 30);
}

static void trouble_speaks_the_provider_s_language(void **state)
{
    struct emu_kit *kit = *state;
    extern const struct gv_emulator gv_emulator_kling;
    static const struct {
        int status;
        const char *code;
        int expected;
        const char *part;
    } rows[] = {
        {500, NULL, 500, "\"code\":5000"}, {503, NULL, 503, "\"code\":5001"},   {504, NULL, 504, "\"code\":5002"},
        {502, NULL, 502, "<html>"},        {200, "1101", 200, "\"code\":1101"}, {0, "1303", 429, "\"code\":1303"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gv_emu_reply reply = gv_emulator_kling.refuse(&kit->world, rows[i].status, rows[i].code);
        assert_int_equal(reply.status, rows[i].expected);
        assert_non_null(strstr(reply.body, rows[i].part));
    }
    assert_string_equal(gv_emulator_kling.route("POST", T2V), "create");
    assert_string_equal(gv_emulator_kling.route("GET", T2V "/1"), "query");
    assert_string_equal(gv_emulator_kling.route("GET", T2V), "list");
    assert_string_equal(gv_emulator_kling.route("GET", "/tasks"), "query");
    assert_string_equal(gv_emulator_kling.route("POST", "/tasks"), "list");
    assert_string_equal(gv_emulator_kling.route("POST", T3), "create");
    assert_string_equal(gv_emulator_kling.route("POST", "/v1/audio/tts"), "tts");
    assert_string_equal(gv_emulator_kling.route("POST", "/v1/videos/identify-face"), "identify");
    assert_string_equal(gv_emulator_kling.route("GET", "/what"), "other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_test_token_is_the_fact_sheet_s),
        T(tokens_are_checked_in_the_documented_order),
        T(gen2_takes_only_api_keys),
        T(both_credentials_are_one_account),
        T(wrong_methods_and_paths_are_told_apart),
        T(a_task_lives_through_its_states),
        T(ids_are_optional_and_unique),
        T(prompts_can_ask_for_failure),
        T(small_pictures_fail_the_task_and_not_the_create),
        T(slots_are_held_until_the_end),
        T(lists_are_paged_newest_first),
        T(look_ups_by_id_have_their_limits),
        T(answers_can_be_bent),
        T(what_is_retired_is_refused_on_demand),
        T(extending_lengthens_the_whole_film),
        T(lip_sync_goes_through_a_session),
        T(films_have_the_documented_size_and_price),
        T(speed_shortens_rendering),
        T(trouble_speaks_the_provider_s_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
