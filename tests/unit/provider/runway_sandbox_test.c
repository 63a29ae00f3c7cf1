/* Runway's emulator: who may ask, how a task lives, what it costs, how it goes away, and uploads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/runway_emu_kit.h"

#define I2V "/v1/image_to_video"
#define T2V "/v1/text_to_video"
#define TURBO(more) "{\"model\":\"gen4_turbo\",\"promptImage\":\"" PNG "\",\"ratio\":\"1280:720\"" more "}"
#define TURBO_5 TURBO(",\"duration\":5")
#define VEO(text) "{\"model\":\"veo3.1\",\"ratio\":\"1280:720\",\"duration\":8,\"promptText\":\"" text "\"}"
#define HOUR_MS 3600000

static const char *task_path(struct emu_kit *kit, const char *id)
{
    return gv_arena_printf(&kit->arena, "/v1/tasks/%s", id);
}

static const char *status_of(struct emu_kit *kit, const char *id)
{
    int status = emu_kit_send(kit, "GET", task_path(kit, id), NULL);
    return status == 200 ? emu_kit_at(kit, "status") : gv_arena_printf(&kit->arena, "%d", status);
}

static double number_at(struct emu_kit *kit, const char *path)
{
    return gv_json_real(kit->json, path, -1);
}

static void expect_error(struct emu_kit *kit, const char *method, const char *path, int status, const char *part)
{
    const char *error;
    assert_int_equal(emu_kit_send(kit, method, path, NULL), status);
    error = emu_kit_at(kit, "error");
    if (!strstr(error, part))
        fail_msg("%s %s: \"%s\" was expected in \"%s\"", method, path, part, error);
}

/* ---- who --------------------------------------------------------------------------------------------------------- */

static void the_key_comes_first_and_then_the_version(void **state)
{
    struct emu_kit *kit = *state;
    static const char *const wrong[] = {NULL, "", "Basic sandbox-key", "Bearer ", "Bearer sandbox-keys"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        kit->authorization = wrong[i];
        expect_error(kit, "GET", "/v1/organization", 401, "API key");
        assert_string_equal(emu_kit_at(kit, "docUrl"), "https://docs.dev.runwayml.com/api");
    }
    kit->authorization = "Bearer sandbox-key";
    kit->headers[0].value = "2024-09-13";
    expect_error(kit, "GET", "/v1/organization", 400, "version");
    kit->header_count = 0;
    expect_error(kit, "POST", I2V, 400, "X-Runway-Version");
    kit->authorization = NULL;
    expect_error(kit, "POST", I2V, 401, "No API key");
}

static void wrong_methods_and_paths_are_told_apart(void **state)
{
    struct emu_kit *kit = *state;
    expect_error(kit, "GET", I2V, 405, "Method");
    expect_error(kit, "PATCH", "/v1/tasks/x", 405, "Method");
    expect_error(kit, "GET", "/v1/uploads", 405, "Method");
    expect_error(kit, "GET", "/v1/organization/usage", 405, "Method");
    expect_error(kit, "POST", "/v1/organization", 405, "Method");
    expect_error(kit, "GET", "/storage", 405, "Method");
    expect_error(kit, "POST", "/v1/lip_sync", 404, "Not found");
    expect_error(kit, "GET", "/v1/tasks", 404, "Not found");
    expect_error(kit, "GET", "/v1/tasks/9a6fc5d5-0000-4000-8000-000000000001", 404, "Could not find Task");
    assert_string_equal(emu_kit_at(kit, "docUrl"), "(absent)");
}

static void requests_have_their_kind(void **state)
{
    struct emu_kit *kit = *state;
    static const char *const rows[][3] = {
        {"POST", I2V, "create"},
        {"GET", "/v1/tasks/1", "query"},
        {"DELETE", "/v1/tasks/1", "delete"},
        {"POST", "/v1/uploads", "upload"},
        {"POST", "/storage", "storage"},
        {"GET", "/v1/organization", "account"},
        {"GET", I2V, "other"},
        {"POST", "/v1/lip_sync", "other"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(kit->emulator->route(rows[i][0], rows[i][1]), rows[i][2]);
}

/* ---- a task's life ----------------------------------------------------------------------------------------------- */

static void a_task_lives_by_the_clock(void **state)
{
    struct emu_kit *kit = *state;
    const char *id = emu_kit_create(kit, I2V, TURBO_5);
    assert_int_equal(strlen(id), 36);
    assert_int_equal(id[14], '4');
    assert_non_null(strchr("89ab", id[19]));
    assert_string_equal(emu_kit_at(kit, "id"), id);
    assert_int_equal(number_at(kit, "estimatedCost.credits"), 25);

    assert_string_equal(status_of(kit, id), "PENDING");
    assert_string_equal(emu_kit_at(kit, "createdAt"), "2023-11-14T22:13:20.000Z");
    assert_int_equal(number_at(kit, "estimatedCost.credits"), 25);
    assert_string_equal(emu_kit_at(kit, "progress"), "(absent)");

    const struct gv_emu_task *task = kit->tasks[0];
    double before = -1;
    for (int64_t quarter = 0; quarter < 4; quarter++) {
        kit->world.now_ms = task->begins_ms + (task->ends_ms - task->begins_ms) * quarter / 4;
        assert_string_equal(status_of(kit, id), "RUNNING");
        assert_true(number_at(kit, "progress") > before && number_at(kit, "progress") < 1);
        before = number_at(kit, "progress");
    }
    kit->world.now_ms = task->ends_ms;
    assert_string_equal(status_of(kit, id), "SUCCEEDED");
    assert_int_equal(number_at(kit, "cost.credits"), 25);
    assert_string_equal(emu_kit_at(kit, "estimatedCost"), "(absent)");
    assert_int_equal(gv_json_at(kit->json, "output")->count, 1);
    assert_non_null(strstr(emu_kit_at(kit, "output.0"), "/output-0.mp4"));
    const char *first = gv_arena_strdup(&kit->arena, emu_kit_at(kit, "output.0"));
    kit->world.now_ms += 1000;
    status_of(kit, id);
    assert_string_not_equal(emu_kit_at(kit, "output.0"), first);
    assert_true(kit->emulator->link_ms > 0);
}

static void the_film_is_what_was_asked_for(void **state)
{
    struct emu_kit *kit = *state;
    static const struct {
        const char *path, *body, *has;
    } rows[] = {
        {I2V, TURBO_5, "\"width\":1280,\"height\":720,"},
        {I2V, TURBO_5, "\"duration_seconds\":5,"},
        {I2V, TURBO_5, "\"first\":\"blob:" PNG "\""},
        {I2V, "{\"model\":\"happyhorse_1_0\",\"promptImage\":\"" PNG "\",\"resolution\":\"1080p\"}",
         "\"width\":1920,\"height\":1080,"},
        {T2V, "{\"model\":\"hailuo3\",\"promptText\":\"a\",\"ratio\":\"9:16\",\"resolution\":\"768p\"}",
         "\"width\":768,\"height\":1366,"},
        {T2V, VEO("a boat"), "\"audio\":true"},
        {T2V, VEO("a boat"), "\"text\":\"a boat\""},
        {"/v1/video_to_video", "{\"model\":\"aleph2\",\"videoUri\":\"" MP4 "\"}", "\"first\":\"blob:" MP4 "\""},
        {"/v1/video_to_video", "{\"model\":\"aleph2\",\"videoUri\":\"" MP4 "\"}", "\"duration_seconds\":5,"},
        {"/v1/video_to_video", "{\"model\":\"aleph2\",\"videoUri\":\"" MP4 "\",\"targetAspectRatio\":\"1:1\"}",
         "\"width\":720,\"height\":720,"},
        {"/v1/video_to_video",
         "{\"model\":\"seedance2_5\",\"promptVideo\":\"" MP4
         "\",\"mode\":\"extend\",\"promptText\":\"a\",\"duration\":4}",
         "\"duration_seconds\":9,\"fps\":24,\"source\":\"blob:" MP4 "\""},
        {"/v1/video_upscale", "{\"model\":\"magnific_video_upscaler_creative\",\"videoUri\":\"" MP4 "\"}",
         "\"width\":2560,\"height\":1440,\"text\":\"\",\"source\":\"blob:" MP4 "\",\"resize_source\":true"},
        {"/v1/video_upscale",
         "{\"model\":\"magnific_video_upscaler_creative\",\"videoUri\":\"" MP4 "\",\"resolution\":\"4k\"}",
         "\"width\":3840,\"height\":2160,"},
        {"/v1/video_upscale",
         "{\"model\":\"enhance_frame_rate\",\"videoUri\":\"" MP4 "\",\"targetFramerate\":\"23_98\"}",
         "\"width\":1280,\"height\":720,\"text\":\"\",\"source\":\"blob:" MP4
         "\",\"resize_source\":true,\"fps\":23.98"},
        {"/v1/text_to_image", "{\"model\":\"gen4_image\",\"promptText\":\"a\",\"ratio\":\"1808:768\"}",
         "\"width\":1808,\"height\":768,\"text\":\"a\",\"still\":true"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kit->world.task_count = 0;
        emu_kit_create(kit, rows[i].path, rows[i].body);
        if (!strstr(kit->tasks[0]->film, rows[i].has))
            fail_msg("%s: %s is not in %s", rows[i].body, rows[i].has, kit->tasks[0]->film);
    }
}

static void pictures_have_a_picture_s_name(void **state)
{
    struct emu_kit *kit = *state;
    const char *id = emu_kit_create(kit, "/v1/text_to_image",
                                    "{\"model\":\"gen4_image\",\"promptText\":\"a\",\"ratio\":\"720:720\"}");
    kit->world.now_ms += HOUR_MS;
    assert_string_equal(status_of(kit, id), "SUCCEEDED");
    assert_non_null(strstr(emu_kit_at(kit, "output.0"), "/output-0.png"));
    assert_int_equal(number_at(kit, "cost.credits"), 5);
}

static void prompts_can_ask_for_an_end(void **state)
{
    struct emu_kit *kit = *state;
    static const struct {
        const char *text, *failure, *code;
        int credits;
    } rows[] = {
        {"x [fail: INTERNAL.BAD_OUTPUT.CODE01 An unexpected error occurred.]", "An unexpected error occurred.",
         "INTERNAL.BAD_OUTPUT.CODE01", 0},
        {"x [fail: the sea is dry]", "the sea is dry", "(absent)", 0},
        {"x [fail: SAFETY.OUTPUT.VIDEO too dark]", "too dark", "SAFETY.OUTPUT.VIDEO", 320},
        {"x [fail: THIRD_PARTY.UNAVAILABLE]", "An unexpected error occurred.", "THIRD_PARTY.UNAVAILABLE", 0},
        {"x [moderate]", "The input was flagged by content moderation.", "SAFETY.INPUT.TEXT", 320},
        {"x [fail: INPUT_PREPROCESSING.SAFETY.TEXT no]", "no", "INPUT_PREPROCESSING.SAFETY.TEXT", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kit->world.task_count = 0;
        const char *body = gv_arena_printf(&kit->arena, VEO("%s"), rows[i].text);
        const char *id = emu_kit_create(kit, T2V, body);
        assert_int_equal(number_at(kit, "estimatedCost.credits"), 320);
        kit->world.now_ms += HOUR_MS;
        assert_string_equal(status_of(kit, id), "FAILED");
        assert_string_equal(emu_kit_at(kit, "failure"), rows[i].failure);
        assert_string_equal(emu_kit_at(kit, "failureCode"), rows[i].code);
        assert_int_equal(number_at(kit, "cost.credits"), rows[i].credits);
        assert_int_equal((int)(kit->tasks[0]->usd * 100 + 0.5), rows[i].credits);
        assert_string_equal(emu_kit_at(kit, "output"), "(absent)");
    }
    const char *id = emu_kit_create(kit, T2V, VEO("x [outputs: 3] [no cost]"));
    kit->world.now_ms += HOUR_MS;
    assert_string_equal(status_of(kit, id), "SUCCEEDED");
    assert_int_equal(gv_json_at(kit->json, "output")->count, 3);
    assert_string_equal(emu_kit_at(kit, "cost"), "(absent)");
}

static void fault_scripts_bend_answers(void **state)
{
    struct emu_kit *kit = *state;
    const char *id = emu_kit_create(kit, I2V, TURBO_5);
    kit->world.bend.status_word = "DREAMING";
    assert_string_equal(status_of(kit, id), "DREAMING");
    kit->world.bend.status_word = NULL;
    kit->world.bend.hidden_ms = 5000;
    assert_string_equal(status_of(kit, id), "404");
    kit->world.bend.hidden_ms = 0;
    struct gv_emu_reply reply = kit->emulator->refuse(&kit->world, 0, "daily");
    assert_int_equal(reply.status, 429);
    assert_non_null(strstr(reply.body, "daily task limit"));
    reply = kit->emulator->refuse(&kit->world, 502, NULL);
    assert_string_equal(reply.content_type, "text/html");
    assert_int_equal(kit->emulator->refuse(&kit->world, 503, NULL).status, 503);
}

/* ---- limits and credits ------------------------------------------------------------------------------------------ */

static void what_is_over_the_limit_waits_its_turn(void **state)
{
    struct emu_kit *kit = *state;
    const char *ids[7];
    for (size_t i = 0; i < 7; i++)
        ids[i] = emu_kit_create(kit, I2V, TURBO_5);
    const char *other = emu_kit_create(kit, T2V, VEO("a boat")); /* the limit is a model's */
    assert_string_equal(status_of(kit, ids[4]), "PENDING");
    assert_string_equal(status_of(kit, ids[5]), "THROTTLED");
    assert_int_equal(number_at(kit, "estimatedCost.credits"), 25);
    assert_string_equal(status_of(kit, ids[6]), "THROTTLED");
    assert_string_equal(status_of(kit, other), "PENDING");
    kit->world.now_ms = kit->tasks[4]->ends_ms;
    assert_string_equal(status_of(kit, ids[4]), "SUCCEEDED");
    assert_string_equal(status_of(kit, ids[6]), "PENDING");
    kit->world.now_ms = kit->tasks[6]->ends_ms;
    assert_string_equal(status_of(kit, ids[6]), "SUCCEEDED");
}

static void slots_and_the_day_can_be_bent(void **state)
{
    struct emu_kit *kit = *state;
    kit->world.bend.slots = 1;
    emu_kit_create(kit, I2V, TURBO_5);
    const char *second = emu_kit_create(kit, I2V, TURBO_5), *third = emu_kit_create(kit, I2V, TURBO_5);
    assert_string_equal(status_of(kit, second), "THROTTLED");
    /* One after another. */
    assert_true(kit->tasks[1]->begins_ms >= kit->tasks[0]->ends_ms);
    assert_true(kit->tasks[2]->begins_ms >= kit->tasks[1]->ends_ms);
    assert_int_equal(emu_kit_send(kit, "DELETE", task_path(kit, third), NULL), 204);
    assert_int_equal(emu_kit_send(kit, "DELETE", task_path(kit, second), NULL), 204);
    const char *fourth = emu_kit_create(kit, I2V, TURBO_5); /* stands behind the first alone */
    kit->world.now_ms = kit->tasks[0]->ends_ms;
    assert_string_equal(status_of(kit, fourth), "PENDING");
}

static void the_day_has_an_end(void **state)
{
    struct emu_kit *kit = *state;
    emu_kit_create(kit, I2V, TURBO_5);
    while (kit->world.task_count < 200)
        kit->tasks[kit->world.task_count++] = kit->tasks[0];
    kit->world.bend.slots = 1;
    assert_int_equal(emu_kit_send(kit, "POST", I2V, TURBO_5), 429);
    assert_string_equal(emu_kit_at(kit, "error"), "Your daily task limit has been reached.");
    kit->world.now_ms += 24 * HOUR_MS;
    assert_int_equal(emu_kit_send(kit, "POST", I2V, TURBO_5), 200);
}

static void credits_move_and_run_out(void **state)
{
    struct emu_kit *kit = *state;
    assert_int_equal(emu_kit_send(kit, "GET", "/v1/organization", NULL), 200);
    assert_int_equal(number_at(kit, "creditBalance"), 1000000);
    emu_kit_create(kit, I2V, TURBO_5);
    emu_kit_create(kit, T2V, "{\"model\":\"seedance2\",\"promptText\":\"a\",\"duration\":\"auto\"}");
    assert_int_equal(number_at(kit, "estimatedCost.credits"), 15 * 36);
    emu_kit_send(kit, "GET", "/v1/organization", NULL);
    assert_int_equal(number_at(kit, "creditBalance"), 1000000 - 25 - 15 * 36);
    const struct gv_json *models = gv_json_at(kit->json, "tier.models");
    assert_int_equal(gv_json_int(gv_json_member(models, "gen4.5"), "maxConcurrentGenerations", 0), 5);
    assert_int_equal(gv_json_int(gv_json_member(models, "gen4.5"), "maxDailyGenerations", 0), 1000);
    assert_int_equal(gv_json_int(kit->json, "usage.models.gen4_turbo.dailyGenerations", 0), 1);
    kit->world.now_ms += HOUR_MS; /* what "auto" did not need comes back */
    emu_kit_send(kit, "GET", "/v1/organization", NULL);
    assert_int_equal(number_at(kit, "creditBalance"), 1000000 - 25 - 5 * 36);

    kit->authorization = "Bearer sandbox-poor";
    assert_int_equal(emu_kit_send(kit, "POST", I2V, TURBO_5), 400);
    assert_string_equal(emu_kit_at(kit, "error"), "You do not have enough credits to run this task.");
    assert_string_equal(emu_kit_at(kit, "docUrl"), "https://docs.dev.runwayml.com/api");
    assert_string_equal(emu_kit_at(kit, "issues"), "(absent)");
}

static void usage_is_told_by_day(void **state)
{
    struct emu_kit *kit = *state;
    emu_kit_create(kit, I2V, TURBO_5);
    kit->world.now_ms += 24 * HOUR_MS;
    emu_kit_create(kit, I2V, TURBO_5);
    emu_kit_create(kit, T2V, VEO("a"));
    assert_int_equal(emu_kit_send(kit, "POST", "/v1/organization/usage",
                                  "{\"startDate\":\"2023-11-14\",\"beforeDate\":\"2023-11-16\"}"),
                     200);
    assert_int_equal(gv_json_at(kit->json, "results")->count, 2);
    assert_string_equal(emu_kit_at(kit, "results.0.date"), "2023-11-14");
    assert_int_equal(gv_json_at(kit->json, "results.0.usedCredits")->count, 1);
    assert_int_equal(number_at(kit, "results.0.usedCredits.0.amount"), 25);
    assert_string_equal(emu_kit_at(kit, "results.1.usedCredits.1.model"), "veo3.1");
    assert_int_equal(number_at(kit, "results.1.usedCredits.1.amount"), 320);
    runway_emu_issue(kit, "/v1/organization/usage", "{\"startDate\":\"yesterday\"}", "custom", "startDate", "YYYY");
    runway_emu_issue(kit, "/v1/organization/usage", "{\"startDate\":\"2023-01-01\"}", "custom", "startDate", "90");
    assert_int_equal(emu_kit_send(kit, "POST", "/v1/organization/usage", "{}"), 200);
}

static void prices_are_the_fact_sheet_s(void **state)
{
    struct emu_kit *kit = *state;
    static const struct {
        const char *path, *body;
        int credits;
    } rows[] = {
        {I2V, TURBO(",\"duration\":10"), 50},
        {T2V, "{\"model\":\"gen4.5\",\"promptText\":\"a\",\"ratio\":\"1280:720\",\"duration\":4}", 48},
        {T2V,
         "{\"model\":\"gen4.5\",\"promptText\":\"a\",\"ratio\":\"1280:720\",\"duration\":4,"
         "\"outputFormat\":\"prores\"}",
         68},
        {T2V,
         "{\"model\":\"gen4.5\",\"promptText\":\"a\",\"ratio\":\"1280:720\",\"duration\":4,\"outputFormat\":\"hdr10\"}",
         128},
        {T2V, VEO("a"), 320},
        {T2V, "{\"model\":\"veo3.1\",\"promptText\":\"a\",\"ratio\":\"1280:720\",\"duration\":8,\"audio\":false}", 160},
        {T2V, "{\"model\":\"veo3.1_fast\",\"promptText\":\"a\",\"ratio\":\"1280:720\",\"duration\":4}", 60},
        {T2V, "{\"model\":\"seedance2\",\"promptText\":\"a\",\"ratio\":\"1920:1080\",\"duration\":4}", 160},
        {T2V, "{\"model\":\"seedance2\",\"promptText\":\"a\",\"ratio\":\"3840:1646\",\"duration\":4}", 600},
        {T2V, "{\"model\":\"seedance2_5\",\"promptText\":\"a\",\"ratio\":\"854:480\",\"duration\":4}", 80},
        {T2V, "{\"model\":\"seedance2_5\",\"promptText\":\"a\",\"ratio\":\"1470:630\",\"duration\":4}", 120},
        {T2V, "{\"model\":\"happyhorse_1_0\",\"promptText\":\"ab\",\"ratio\":\"1440:1440\",\"duration\":3}", 90},
        {"/v1/video_to_video", "{\"model\":\"aleph2\",\"videoUri\":\"" MP4 "\"}", 140},
        {"/v1/video_to_video",
         "{\"model\":\"seedance2_5\",\"promptVideo\":\"" MP4 "\",\"ratio\":\"1280:720\",\"duration\":4}", 120 + 75},
        /* 120 frames */
        {"/v1/video_upscale", "{\"model\":\"magnific_video_upscaler_creative\",\"videoUri\":\"" MP4 "\"}", 108},
        {"/v1/video_upscale",
         "{\"model\":\"magnific_video_upscaler_creative\",\"videoUri\":\"" MP4 "\",\"resolution\":\"720p\"}", 84},
        {"/v1/text_to_image", "{\"model\":\"gen4_image\",\"promptText\":\"a\",\"ratio\":\"1920:1080\"}", 8},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kit->world.task_count = 0;
        emu_kit_create(kit, rows[i].path, rows[i].body);
        if ((int)number_at(kit, "estimatedCost.credits") != rows[i].credits)
            fail_msg("%s: %d credits expected, not %s", rows[i].body, rows[i].credits, kit->reply.body);
        assert_int_equal((int)(kit->tasks[0]->usd * 100 + 0.5), rows[i].credits);
    }
}

/* ---- DELETE ------------------------------------------------------------------------------------------------------ */

static void what_is_deleted_is_gone_in_every_state(void **state)
{
    struct emu_kit *kit = *state;
    static const char *const states[] = {"PENDING", "RUNNING", "SUCCEEDED", "FAILED"};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        const char *id = emu_kit_create(kit, T2V, i == 3 ? VEO("[fail: no]") : VEO("a"));
        kit->world.now_ms += i == 1 ? 3000 : i > 1 ? HOUR_MS : 0;
        assert_string_equal(status_of(kit, id), states[i]);
        assert_int_equal(emu_kit_send(kit, "DELETE", task_path(kit, id), NULL), 204);
        assert_null(kit->reply.body);
        assert_true(kit->reply.accepted->note);
        assert_string_equal(kit->reply.accepted->removes, id);
        assert_string_equal(status_of(kit, id), "404");
        expect_error(kit, "DELETE", task_path(kit, id), 404, "Could not find Task");
    }
    /* Nobody else's, and no note is a task. */
    const char *id = emu_kit_create(kit, T2V, VEO("a")), *note = kit->tasks[1]->id;
    assert_true(kit->tasks[1]->note);
    expect_error(kit, "GET", task_path(kit, note), 404, "Could not find Task");
    kit->authorization = "Bearer sandbox-poor";
    expect_error(kit, "GET", task_path(kit, id), 404, "Could not find Task");
    expect_error(kit, "DELETE", task_path(kit, id), 404, "Could not find Task");
}

/* ---- uploads ----------------------------------------------------------------------------------------------------- */

static const char *slot(struct emu_kit *kit)
{
    assert_int_equal(emu_kit_send(kit, "POST", "/v1/uploads", "{\"filename\":\"a.PNG\",\"type\":\"ephemeral\"}"), 200);
    assert_null(kit->reply.accepted);
    assert_string_equal(emu_kit_at(kit, "uploadUrl"), "http://127.0.0.1:1/runway/storage");
    return gv_arena_strdup(&kit->arena, emu_kit_at(kit, "runwayUri"));
}

/* The form as the sandbox hands it on: the slot's fields in their order, then the file; `change` replaces a value. */
static const char *form(struct emu_kit *kit, const char *change, const char *value, const char *file)
{
    struct gv_buf buf;
    gv_buf_init(&buf, 1 << 16);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    for (const struct gv_json *field = gv_json_at(kit->json, "fields")->child; field; field = field->next)
        gv_json_put_text(&out, field->key, change && strcmp(change, field->key) == 0 ? value : field->text);
    gv_json_put_text(&out, "file", file);
    gv_json_close(&out, '}');
    const char *text = gv_arena_strdup(&kit->arena, buf.data);
    gv_buf_free(&buf);
    return text;
}

static int store(struct emu_kit *kit, const char *body)
{
    kit->authorization = NULL;
    int status = emu_kit_send(kit, "POST", "/storage", body);
    kit->authorization = "Bearer sandbox-key";
    return status;
}

static const char *turbo_from(struct emu_kit *kit, const char *uri)
{
    return gv_arena_printf(
        &kit->arena,
        "{\"model\":\"gen4_turbo\",\"ratio\":\"1280:720\",\"promptImage\":[{\"uri\":\"%s\",\"position\":\"first\"}]}",
        uri);
}

static void an_upload_can_be_named_for_a_day(void **state)
{
    struct emu_kit *kit = *state;
    const char *uri = slot(kit), *body = turbo_from(kit, uri);
    assert_int_equal(strncmp(uri, "runway://", 9), 0);
    const char *filled = form(kit, NULL, NULL, "blob:0");
    assert_string_not_equal(slot(kit), uri); /* within one moment */
    runway_emu_issue(kit, I2V, body, "custom", "promptImage.0.uri", "Nothing was uploaded");
    assert_int_equal(store(kit, filled), 204);
    assert_true(kit->reply.accepted->note);
    emu_kit_create(kit, I2V, body);
    emu_kit_create(kit, I2V, body); /* as often as one likes */
    assert_non_null(strstr(kit->tasks[1]->film, "\"first\":\"blob:blob:0\""));
    assert_int_equal(store(kit, filled), 403); /* a slot is used once */
    kit->authorization = "Bearer sandbox-poor";
    runway_emu_issue(kit, I2V, body, "custom", "promptImage.0.uri", "Nothing was uploaded");
    kit->authorization = "Bearer sandbox-key";
    kit->world.now_ms += 24 * HOUR_MS;
    runway_emu_issue(kit, I2V, body, "custom", "promptImage.0.uri", "expired");
}

static void a_slot_has_a_good_name(void **state)
{
    struct emu_kit *kit = *state;
    runway_emu_issue(kit, "/v1/uploads", "{\"type\":\"ephemeral\"}", "invalid_type", "filename", "expected string");
    runway_emu_issue(kit, "/v1/uploads", "{\"filename\":\"a\",\"type\":\"ephemeral\"}", "too_small", "filename", ">=3");
    runway_emu_issue(kit, "/v1/uploads", "{\"filename\":\"a.exe\",\"type\":\"ephemeral\"}", "custom", "filename",
                     "extension");
    runway_emu_issue(kit, "/v1/uploads", "{\"filename\":\"a.mp4\"}", "invalid_value", "type", "'ephemeral'");
}

static void refused_by_storage(struct emu_kit *kit, const char *body, int status, const char *code)
{
    if (store(kit, body) != status || !strstr(kit->reply.body, code))
        fail_msg("%s: %d %s was expected, not %d %s", body, status, code, kit->reply.status, kit->reply.body);
    assert_string_equal(kit->reply.content_type, "application/xml");
    assert_null(kit->reply.accepted);
}

static void the_storage_wants_its_fields_and_no_key(void **state)
{
    struct emu_kit *kit = *state;
    slot(kit);
    const struct gv_json *granted = kit->json;
    const char *good = form(kit, NULL, NULL, "blob:0");
    const char *wrong_signature = form(kit, "x-amz-signature", "00", "blob:0");
    const char *other_key = form(kit, "key", "ephemeral/other", "blob:0");
    const char *no_policy = form(kit, "policy", NULL, "blob:0"), *no_file = form(kit, NULL, NULL, NULL);
    refused_by_storage(kit, wrong_signature, 403, "SignatureDoesNotMatch");
    refused_by_storage(kit, other_key, 403, "SignatureDoesNotMatch");
    refused_by_storage(kit, no_policy, 403, "AccessDenied");
    refused_by_storage(kit, no_file, 400, "InvalidArgument");
    refused_by_storage(kit, NULL, 400, "InvalidArgument");
    /* A field behind the file is not seen. */
    const char *late = gv_arena_printf(&kit->arena, "{\"file\":\"blob:0\",\"key\":\"%s\",\"policy\":\"%s\"}",
                                       gv_json_text(granted, "fields.key"), gv_json_text(granted, "fields.policy"));
    refused_by_storage(kit, late, 400, "InvalidArgument");
    /* A key that leaks is noticed. */
    assert_int_equal(emu_kit_send(kit, "POST", "/storage", good), 400);
    assert_non_null(strstr(kit->reply.body, "Only one auth mechanism"));
    kit->world.now_ms += 24 * HOUR_MS;
    refused_by_storage(kit, good, 403, "Policy expired");
}

#define T(name) cmocka_unit_test_setup_teardown(name, runway_emu_kit_set_up, emu_kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_key_comes_first_and_then_the_version),
        T(wrong_methods_and_paths_are_told_apart),
        T(requests_have_their_kind),
        T(a_task_lives_by_the_clock),
        T(the_film_is_what_was_asked_for),
        T(pictures_have_a_picture_s_name),
        T(prompts_can_ask_for_an_end),
        T(fault_scripts_bend_answers),
        T(what_is_over_the_limit_waits_its_turn),
        T(slots_and_the_day_can_be_bent),
        T(the_day_has_an_end),
        T(credits_move_and_run_out),
        T(usage_is_told_by_day),
        T(prices_are_the_fact_sheet_s),
        T(what_is_deleted_is_gone_in_every_state),
        T(an_upload_can_be_named_for_a_day),
        T(a_slot_has_a_good_name),
        T(the_storage_wants_its_fields_and_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
