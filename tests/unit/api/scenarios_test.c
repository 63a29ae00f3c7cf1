/* The same five wishes to every provider, through the C functions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/api_world.h"

#define WAIT_MS 120000

struct world {
    struct api_world api; /* the first, so that its teardown is this one's */
    char picture[256], film[128];
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    api_world_open_sandbox(&w->api);
    snprintf(w->film, sizeof(w->film), "%s/film.mp4", w->api.folder.path);
    snprintf(w->picture, sizeof(w->picture), "%s/docs/first-frame.png", getenv("SOURCE_DIR"));
    *state = w;
    return 0;
}

/* Waits for the job's film, checks its width, and saves it where the next wish finds it. */
static void assert_film(struct world *w, const struct gv_job_id *id, uint32_t width)
{
    struct gv_video_result *result;
    struct gv_error err;
    if (gv_wait(&result, w->api.engine, id->text, WAIT_MS, &err) != GV_OK)
        fail_msg("%s", err.message);
    if (result->status != GV_SUCCEEDED)
        fail_msg("%s: %s", result->phase, result->failed != NULL ? result->failed : "");
    assert_true(result->video_count >= 1 && result->videos[0].bytes > 0 && strlen(result->videos[0].sha256) == 64);
    assert_int_equal(result->videos[0].width, width);
    gv_result_free(result);
    assert_int_equal(gv_save(w->api.engine, id->text, 0, w->film, &err), GV_OK);
}

static const struct row {
    const char *provider;
    uint32_t width; /* of its films by default */
    float seconds;  /* the least that its model makes; 0: it can't be asked for */
    bool video;     /* takes a local film as input */
    bool upscales;
} rows[] = {{"kling", 1280, 3, false, false},
            {"veo", 1280, 4, true, false},
            {"runway", 1280, 2, true, true},
            {"stability", 1024, 0, false, false}};
enum { VEO = 1, RUNWAY = 2 };

static int generate(struct gv_job_id *id, struct world *w, const struct row *row, const struct gv_media_input *input,
                    struct gv_error *err)
{
    struct gv_generation_config config = {.duration_seconds = row->seconds};
    config.has_duration_seconds = row->seconds > 0 && input->kind != GV_INPUT_VIDEO; /* how long it goes on is fixed */
    return gv_generate(id, w->api.engine, row->provider, input, &config, err);
}

static void test_text_becomes_a_film(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gv_media_input text = {.kind = GV_INPUT_TEXT, .text = "a paper boat"};
        struct gv_job_id id;
        struct gv_error err;
        if (generate(&id, w, &rows[i], &text, &err) != GV_OK)
            fail_msg("%s: %s", rows[i].provider, err.message);
        assert_film(w, &id, rows[i].width);
    }
}

static struct gv_media_input picture_input(const struct world *w, enum gv_image_role role, const char *prompt)
{
    return (struct gv_media_input){
        .kind = GV_INPUT_IMAGE,
        .image = {.data = {.kind = GV_MEDIA_PATH, .path = w->picture}, .role = role, .prompt = prompt}};
}

static void test_a_picture_becomes_a_film(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool mute = strcmp(rows[i].provider, "stability") == 0; /* its model takes no words beside a picture */
        struct gv_media_input picture = picture_input(w, GV_ROLE_FIRST, mute ? NULL : "slow zoom");
        struct gv_job_id id;
        struct gv_error err;
        if (generate(&id, w, &rows[i], &picture, &err) != GV_OK)
            fail_msg("%s: %s", rows[i].provider, err.message);
        assert_film(w, &id, rows[i].width);
    }
}

static void test_a_last_frame_alone_is_refused_by_name_where_no_model_takes_it(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gv_media_input picture = picture_input(w, GV_ROLE_LAST, "it ends here");
        struct gv_job_id id;
        struct gv_error err;
        assert_int_equal(generate(&id, w, &rows[i], &picture, &err), GV_UNSUPPORTED_FEATURE);
        assert_non_null(strstr(err.field, "role"));
    }
}

static void test_a_film_goes_on_or_is_refused(void **state)
{
    struct world *w = *state;
    struct gv_media_input text = {.kind = GV_INPUT_TEXT, .text = "a paper boat"};
    struct gv_job_id id;
    struct gv_error err;
    assert_int_equal(generate(&id, w, &rows[VEO], &text, &err), GV_OK);
    assert_film(w, &id, 1280);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gv_media_input film = {.kind = GV_INPUT_VIDEO, .video = {.kind = GV_MEDIA_PATH, .path = w->film}};
        int code = generate(&id, w, &rows[i], &film, &err);
        assert_true(rows[i].video ? code == GV_OK : code == GV_UNSUPPORTED_FEATURE || code == GV_INVALID_INPUT);
        if (rows[i].video)
            assert_film(w, &id, 1280);
    }
}

static void test_upscaling_makes_larger_or_is_refused(void **state)
{
    struct world *w = *state;
    struct gv_media_input text = {.kind = GV_INPUT_TEXT, .text = "a paper boat"};
    struct gv_job_id id;
    struct gv_error err;
    assert_int_equal(generate(&id, w, &rows[RUNWAY], &text, &err), GV_OK);
    assert_film(w, &id, 1280);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gv_media film = {.kind = GV_MEDIA_PATH, .path = w->film};
        int code = gv_upscale_video(&id, w->api.engine, rows[i].provider, &film, &err);
        assert_int_equal(code, rows[i].upscales ? GV_OK : GV_UNSUPPORTED_FEATURE);
        if (!rows[i].upscales)
            continue;
        struct gv_video_result *result;
        assert_int_equal(gv_wait(&result, w->api.engine, id.text, WAIT_MS, &err), GV_OK);
        assert_int_equal(result->status, GV_SUCCEEDED);
        assert_true(result->videos[0].width > 1280);
        gv_result_free(result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_becomes_a_film),
        cmocka_unit_test(test_a_picture_becomes_a_film),
        cmocka_unit_test(test_a_last_frame_alone_is_refused_by_name_where_no_model_takes_it),
        cmocka_unit_test(test_a_film_goes_on_or_is_refused),
        cmocka_unit_test(test_upscaling_makes_larger_or_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, api_world_end);
}
