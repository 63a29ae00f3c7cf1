/* What fronts have beyond the public header, against a sandbox of its own (exec of $GOLEM_VIDEO). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "api/front.h"
#include "base/arena.h"
#include "support/api_world.h"

#define WAIT_MS 120000

static const char WISH[] = "{\"operation\":\"generate\",\"provider\":\"kling\",\"input\":{\"text\":\"a boat\"},"
                           "\"config\":{\"model\":\"kling-v2-6\",\"duration_seconds\":5}%s}";

/* `more`: further members of the document, beginning with a comma. */
static struct gv_operation *wish(struct api_world *w, const char *more)
{
    struct gv_operation *operation = NULL;
    struct gv_error err;
    const char *text = gv_arena_printf(&w->arena, WISH, more);
    if (gv_operation_from_json(&operation, text, strlen(text), true, &err) != GV_OK)
        fail_msg("%s", err.message);
    return operation;
}

static int submit(struct gv_job_id *id, bool *repeated, struct api_world *w, const char *more,
                  const struct gv_submit_options *options, struct gv_error *err)
{
    struct gv_operation *operation = wish(w, more);
    int code = gv_submit_as(id, repeated, w->engine, operation, options, err);
    gv_operation_free(operation);
    return code;
}

static struct gv_job_id accepted(struct api_world *w, const char *more, const struct gv_submit_options *options)
{
    struct gv_job_id id;
    bool repeated = true;
    struct gv_error err;
    if (submit(&id, &repeated, w, more, options, &err) != GV_OK)
        fail_msg("%s", err.message);
    assert_false(repeated);
    return id;
}

static void wait_for(struct api_world *w, const char *id)
{
    struct gv_video_result *result;
    struct gv_error err;
    if (gv_wait(&result, w->engine, id, WAIT_MS, &err) != GV_OK)
        fail_msg("%s", err.message);
    if (result->status != GV_SUCCEEDED)
        fail_msg("%s: %s", result->phase, result->failed != NULL ? result->failed : "");
    gv_result_free(result);
}

static const struct gv_job_row *row_of(struct api_world *w, const char *id)
{
    struct gv_journal *journal = gv_engine_journal(w->engine);
    const struct gv_job_row *row;
    struct gv_error err;
    assert_int_equal(journal->vtable->get(&row, journal, id, &w->arena, &err), GV_OK);
    return row;
}

static void forget(struct api_world *w, const char *id)
{
    enum gv_journal_verdict verdict;
    struct gv_error err;
    assert_int_equal(gv_forget(&verdict, w->engine, id, &err), GV_OK);
    assert_int_equal(verdict, GV_JOURNAL_DONE);
}

/* ---- wishes ------------------------------------------------------------------------------------------------ */

static void tenants_have_keys_of_their_own(void **state)
{
    struct api_world *w = *state;
    static const char key[] = ",\"idempotency_key\":\"k\"";
    struct gv_submit_options acme = {.tenant = "acme", .announce = true}, umbrella = {.tenant = "umbrella"};
    struct gv_job_id first = accepted(w, key, &acme), other = accepted(w, key, &umbrella), again;
    assert_string_not_equal(first.text, other.text);
    bool repeated = false;
    struct gv_error err;
    assert_int_equal(submit(&again, &repeated, w, key, &acme, &err), GV_OK);
    assert_true(repeated);
    assert_string_equal(again.text, first.text);
    assert_string_equal(row_of(w, first.text)->tenant, "acme");
    assert_true(row_of(w, first.text)->announce);
    assert_false(row_of(w, other.text)->announce);
}

static void the_same_wish_stands_for_itself_for_a_while(void **state)
{
    struct api_world *w = *state;
    struct gv_submit_options once = {.tenant = "acme"}, same = {.tenant = "acme", .same_within_ms = 60000};
    struct gv_job_id first = accepted(w, "", &once), again;
    bool repeated = false;
    struct gv_error err;
    assert_int_equal(submit(&again, &repeated, w, "", &same, &err), GV_OK);
    assert_true(repeated);
    assert_string_equal(again.text, first.text);
    accepted(w, "", &once); /* who does not ask gets another */
    accepted(w, ",\"metadata\":{\"a\":\"b\"}", &same);
    accepted(w, ",\"idempotency_key\":\"k\"", &same);
    same.tenant = "umbrella";
    accepted(w, "", &same);
}

static void where_it_is_full_earlier_jobs_still_stand_for_wishes(void **state)
{
    struct api_world *w = *state;
    struct gv_submit_options once = {.tenant = "acme"}, full = {.tenant = "acme", .full = true};
    struct gv_job_id first = accepted(w, "", &once), again;
    bool repeated = false;
    struct gv_error err;
    assert_int_equal(submit(&again, &repeated, w, "", &full, &err), GV_QUOTA_EXCEEDED);
    assert_int_equal(submit(&again, NULL, w, ",\"idempotency_key\":\"k\"", &full, &err), GV_QUOTA_EXCEEDED);
    full.same_within_ms = 60000;
    assert_int_equal(submit(&again, &repeated, w, "", &full, &err), GV_OK);
    assert_true(repeated);
    assert_string_equal(again.text, first.text);
}

static void what_was_deleted_is_not_made_again_by_a_repetition(void **state)
{
    struct api_world *w = *state;
    static const char key[] = ",\"idempotency_key\":\"k\"";
    struct gv_submit_options acme = {.tenant = "acme"}, same = {.tenant = "acme", .same_within_ms = 600000};
    struct gv_job_id keyed = accepted(w, key, &acme), plain = accepted(w, "", &acme), id;
    struct gv_error err;
    wait_for(w, keyed.text);
    wait_for(w, plain.text);
    forget(w, keyed.text);
    forget(w, plain.text);
    assert_int_equal(submit(&id, NULL, w, key, &acme, &err), GV_INVALID_INPUT);
    assert_string_equal(err.field, "idempotency_key");
    assert_non_null(strstr(err.message, "was deleted"));
    assert_int_equal(submit(&id, NULL, w, "", &same, &err), GV_INVALID_INPUT);
    accepted(w, "", &acme);
}

static void another_tenants_video_is_unknown(void **state)
{
    struct api_world *w = *state;
    struct gv_job_id id = accepted(w, "", &(struct gv_submit_options){.tenant = "acme"}), extended;
    wait_for(w, id.text);
    struct gv_operation op = {.operation = GV_OP_EXTEND_VIDEO, .u.extend = {.video_id = id.text}};
    struct gv_error err;
    char *json = NULL;
    assert_int_equal(gv_check_as(&json, w->engine, &op, "umbrella", &err), GV_INVALID_INPUT);
    assert_string_equal(err.field, "video_id");
    assert_non_null(strstr(err.message, "there is no job"));
    struct gv_submit_options umbrella = {.tenant = "umbrella"};
    assert_int_equal(gv_submit_as(&extended, NULL, w->engine, &op, &umbrella, &err), GV_INVALID_INPUT);
    assert_int_equal(gv_check_as(&json, w->engine, &op, "acme", &err), GV_OK);
    free(json);
    assert_int_equal(gv_check_as(&json, w->engine, &op, NULL, &err), GV_OK); /* where there are no tenants */
    free(json);
}

/* ---- files ------------------------------------------------------------------------------------------------- */

static int upload(struct gv_media *out, struct api_world *w, const char *data, size_t bytes, size_t portion,
                  struct gv_error *err)
{
    struct gv_upload *upload;
    assert_int_equal(gv_upload_begin(&upload, w->engine, err), GV_OK);
    for (size_t at = 0; at < bytes; at += portion)
        assert_int_equal(gv_upload_put(upload, data + at, bytes - at < portion ? bytes - at : portion, err), GV_OK);
    return gv_upload_end(out, upload, &w->arena, err);
}

static char *read_picture(struct api_world *w, size_t *bytes)
{
    char *data = gv_arena_alloc(&w->arena, 4u << 20);
    FILE *file = fopen(gv_arena_printf(&w->arena, "%s/docs/first-frame.png", getenv("SOURCE_DIR")), "rb");
    assert_non_null(file);
    *bytes = fread(data, 1, 4u << 20, file);
    fclose(file);
    return data;
}

static void an_upload_becomes_an_input(void **state)
{
    struct api_world *w = *state;
    struct gv_media media;
    struct gv_error err;
    size_t bytes;
    const char *picture = read_picture(w, &bytes);
    assert_int_equal(upload(&media, w, picture, bytes, 1000, &err), GV_OK);
    assert_int_equal(media.kind, GV_MEDIA_BLOB);
    assert_string_equal(media.blob.mime_type, "image/png");
    assert_int_equal(media.blob.bytes, bytes);
    assert_true(media.blob.width > 0 && media.blob.height > 0);
    struct gv_operation op = {
        .operation = GV_OP_GENERATE,
        .provider = "kling",
        .u.generate = {.input = {.kind = GV_INPUT_IMAGE, .image = {.data = media, .role = GV_ROLE_FIRST}}}};
    struct gv_job_id id;
    assert_int_equal(gv_submit(&id, w->engine, &op, &err), GV_INVALID_INPUT); /* not for every caller */
    assert_int_equal(gv_submit_as(&id, NULL, w->engine, &op, &(struct gv_submit_options){0}, &err), GV_OK);
    struct gv_journal *journal = gv_engine_journal(w->engine);
    assert_true(journal->vtable->blob_wanted(journal, media.blob.sha256));
    wait_for(w, id.text);
    memset(op.u.generate.input.image.data.blob.sha256, 'a', 64);
    assert_int_equal(gv_submit_as(&id, NULL, w->engine, &op, &(struct gv_submit_options){0}, &err), GV_INVALID_INPUT);
    assert_non_null(strstr(err.message, "there is no file"));
    op.u.generate.input.image.data = (struct gv_media){.kind = GV_MEDIA_PATH, .path = "/etc/hostname"};
    assert_int_equal(gv_submit_as(&id, NULL, w->engine, &op, &(struct gv_submit_options){0}, &err), GV_INVALID_INPUT);
}

static struct gv_job_id job_with(struct api_world *w, const struct gv_media *media)
{
    struct gv_operation op = {
        .operation = GV_OP_GENERATE,
        .provider = "kling",
        .u.generate = {.input = {.kind = GV_INPUT_IMAGE, .image = {.data = *media, .role = GV_ROLE_FIRST}}}};
    struct gv_job_id id;
    struct gv_error err;
    if (gv_submit_as(&id, NULL, w->engine, &op, &(struct gv_submit_options){0}, &err) != GV_OK)
        fail_msg("%s", err.message);
    return id;
}

static bool is_stored(struct api_world *w, const char *sha256)
{
    return access(gv_arena_printf(&w->arena, "%s/blobs/%.2s/%s", w->store, sha256, sha256 + 2), F_OK) == 0;
}

/* The picture comes again while the job that needed it is deleted. */
static void what_is_deleted_goes_unless_somebody_needs_it(void **state)
{
    struct api_world *w = *state;
    struct gv_media media, again;
    struct gv_video_result result;
    struct gv_error err;
    size_t bytes;
    const char *picture = read_picture(w, &bytes);
    assert_int_equal(upload(&media, w, picture, bytes, bytes, &err), GV_OK);
    struct gv_job_id first = job_with(w, &media);
    gv_upload_release(w->engine, &media);
    wait_for(w, first.text);
    assert_int_equal(gv_engine_result(&result, w->engine, row_of(w, first.text), &w->arena, &err), GV_OK);
    const char *film = result.videos[0].sha256;
    assert_true(is_stored(w, film));
    assert_int_equal(upload(&again, w, picture, bytes, bytes, &err), GV_OK);
    forget(w, first.text);
    assert_false(is_stored(w, film));
    assert_true(is_stored(w, media.blob.sha256)); /* held by the upload */
    struct gv_job_id second = job_with(w, &again), third = job_with(w, &again);
    gv_upload_release(w->engine, &again);
    wait_for(w, second.text);
    wait_for(w, third.text);
    forget(w, second.text);
    assert_true(is_stored(w, media.blob.sha256)); /* needed by the third */
    forget(w, third.text);
    assert_false(is_stored(w, media.blob.sha256));
}

static void what_is_no_media_is_no_upload(void **state)
{
    struct api_world *w = *state;
    struct gv_media media;
    struct gv_error err;
    struct gv_upload *dropped;
    assert_int_equal(upload(&media, w, "just words", 10, 4, &err), GV_INVALID_INPUT);
    assert_string_equal(err.field, "file");
    assert_int_equal(upload(&media, w, "", 0, 1, &err), GV_INVALID_INPUT);
    assert_non_null(strstr(err.message, "empty"));
    assert_int_equal(upload(&media, w, "\x89PNG\r\n\x1a\n broken", 15, 15, &err), GV_INVALID_INPUT);
    assert_int_equal(gv_upload_begin(&dropped, w->engine, &err), GV_OK);
    gv_upload_discard(dropped);
    gv_upload_discard(NULL);
}

static void a_film_has_pictures(void **state)
{
    struct api_world *w = *state;
    struct gv_job_id id = accepted(w, "", &(struct gv_submit_options){.tenant = "acme"});
    struct gv_journal *journal = gv_engine_journal(w->engine);
    struct gv_video_result result;
    struct gv_blob_info poster, again, sheet;
    struct gv_error err;
    wait_for(w, id.text);
    assert_int_equal(gv_engine_result(&result, w->engine, row_of(w, id.text), &w->arena, &err), GV_OK);
    const char *film = result.videos[0].sha256;
    assert_int_equal(gv_film_picture(&poster, w->engine, id.text, film, GV_PICTURE_POSTER, &err), GV_OK);
    assert_string_equal(poster.mime_type, "image/jpeg");
    assert_true(poster.bytes > 1000);
    assert_true(journal->vtable->blob_wanted(journal, poster.sha256));
    assert_int_equal(gv_film_picture(&again, w->engine, id.text, film, GV_PICTURE_POSTER, &err), GV_OK);
    assert_string_equal(again.sha256, poster.sha256);
    assert_int_equal(again.bytes, poster.bytes);
    assert_int_equal(gv_film_picture(&sheet, w->engine, id.text, film, GV_PICTURE_SPRITESHEET, &err), GV_OK);
    assert_string_not_equal(sheet.sha256, poster.sha256);
    assert_int_equal(gv_film_picture(&sheet, w->engine, id.text, poster.sha256, GV_PICTURE_POSTER, &err),
                     GV_INVALID_INPUT);
    forget(w, id.text);
    assert_false(journal->vtable->blob_wanted(journal, poster.sha256));
    assert_false(is_stored(w, poster.sha256));
    assert_false(is_stored(w, again.sha256));
    assert_int_equal(gv_film_picture(&poster, w->engine, id.text, film, GV_PICTURE_POSTER, &err), GV_INVALID_INPUT);
}

/* ---- the journal and the wire --------------------------------------------------------------------------- */

static bool has_event(struct api_world *w, const char *id, const char *event)
{
    struct gv_journal *journal = gv_engine_journal(w->engine);
    const struct gv_history_row *lines;
    size_t count;
    struct gv_error err;
    assert_int_equal(journal->vtable->history(&lines, &count, journal, id, 0, &w->arena, &err), GV_OK);
    for (size_t i = 0; i < count; i++)
        if (strcmp(lines[i].event, event) == 0)
            return true;
    return false;
}

/* The pace is an hour, so that only being woken brings the job home. */
static void a_wake_makes_a_job_look(void **state)
{
    struct api_world *w = *state;
    gv_close(w->engine);
    api_world_open_engine(w, 3600000);
    struct gv_job_id id = accepted(w, "", &(struct gv_submit_options){0});
    struct gv_video_result *result;
    struct gv_error err;
    assert_int_equal(gv_wait_sent(&result, w->engine, id.text, WAIT_MS, &err), GV_OK);
    for (bool ended = false; !ended;) {
        gv_result_free(result);
        assert_int_equal(gv_wake(w->engine, id.text, &err), GV_OK);
        assert_int_equal(gv_wait(&result, w->engine, id.text, 100, &err), GV_OK);
        ended = result->status == GV_SUCCEEDED;
    }
    gv_result_free(result);
    assert_true(has_event(w, id.text, "wake"));
    assert_int_equal(gv_wake(w->engine, "gv_00000000000000000000000000", &err), GV_INVALID_INPUT);
}

static void settings_are_found_by_provider_and_name(void **state)
{
    struct api_world *w = *state;
    assert_string_equal(gv_engine_setting(w->engine, "kling", "KLING_BASE_URL"),
                        sandbox_process_setting(&w->sandbox, "KLING_BASE_URL"));
    assert_null(gv_engine_setting(w->engine, "kling", "RUNWAYML_API_SECRET"));
    assert_null(gv_engine_setting(w->engine, "nobody", "KLING_BASE_URL"));
}

static void a_post_tells_its_status_or_why_there_is_none(void **state)
{
    struct api_world *w = *state;
    static const struct gv_header header = {"x-test", "1"};
    struct gv_error err = {0};
    int status = 0;
    const char *url = gv_arena_printf(&w->arena, "%s/nowhere", w->sandbox.origin);
    assert_int_equal(gv_engine_post(&status, w->engine, url, &header, 1, "{}", 10000, &err), GV_OK);
    assert_int_equal(status, 404);
    assert_int_equal(gv_engine_post(&status, w->engine, "http://127.0.0.1:9/", &header, 1, "{}", 10000, &err),
                     GV_INTERNAL_ERROR);
    assert_int_equal(status, 0);
    assert_non_null(strstr(err.message, "not a public address"));
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, api_world_make, api_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(tenants_have_keys_of_their_own),
        CASE(the_same_wish_stands_for_itself_for_a_while),
        CASE(where_it_is_full_earlier_jobs_still_stand_for_wishes),
        CASE(what_was_deleted_is_not_made_again_by_a_repetition),
        CASE(another_tenants_video_is_unknown),
        CASE(an_upload_becomes_an_input),
        CASE(what_is_no_media_is_no_upload),
        CASE(what_is_deleted_goes_unless_somebody_needs_it),
        CASE(a_film_has_pictures),
        CASE(a_wake_makes_a_job_look),
        CASE(settings_are_found_by_provider_and_name),
        CASE(a_post_tells_its_status_or_why_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
