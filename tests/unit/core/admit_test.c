#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/provider.h"
#include "support/core_kit.h"

static struct gv_arena arena;
static struct gv_error err;

static int drop_arena(void **state)
{
    (void)state;
    gv_arena_free(&arena);
    return 0;
}

#define EVERYTHING 0x7FFFF

static const struct gv_model models[] = {
    {.name = "plain",
     .takes = GV_TAKES_TEXT | GV_TAKES_IMAGE,
     .seconds = GV_BIT(5) | GV_BIT(10),
     .seconds_default = 5,
     .ratios = GV_BIT(GV_RATIO_LANDSCAPE) | GV_BIT(GV_RATIO_SQUARE),
     .resolutions = GV_BIT(GV_RESOLUTION_HD),
     .resolution_default = GV_RESOLUTION_HD,
     .prices = {{.usd_per_second = 0.1}}},
    {.name = "rich",
     .takes = EVERYTHING,
     .seconds = GV_BIT(4) | GV_BIT(8),
     .seconds_default = 8,
     .ratios = GV_BIT(GV_RATIO_LANDSCAPE),
     .resolutions = GV_BIT(GV_RESOLUTION_HD) | GV_BIT(GV_RESOLUTION_UHD),
     .resolution_default = GV_RESOLUTION_HD,
     .audio = GV_AUDIO_OPTIONAL,
     .prices = {{.resolution = GV_RESOLUTION_UHD, .audio = GV_YES, .usd_per_second = 0.6},
                {.resolution = GV_RESOLUTION_UHD, .usd_per_second = 0.4},
                {.audio = GV_NO, .usd_flat = 1, .usd_per_second = 0.2}}},
    {.name = "loud",
     .takes = GV_TAKES_TEXT,
     .audio = GV_AUDIO_ALWAYS,
     .prices = {{.audio = GV_YES, .usd_flat = 2}, {.usd_flat = 1}}},
    {.name = "six", .takes = GV_TAKES_TEXT, .seconds_default = 6},
    {.name = "old", .takes = GV_TAKES_TEXT, .retired_on = "2026-03-01", .successor = "plain"},
};
static const struct gv_option options[] = {{"mode", "std|pro", "quality"}, {"label", NULL, "any text"}};
static const struct gv_provider toys = {.name = "toys",
                                        .models = models,
                                        .model_count = GV_COUNT(models),
                                        .options = options,
                                        .option_count = GV_COUNT(options)};
const struct gv_provider *const gv_providers[] = {&toys, NULL};

static struct gv_operation text(void)
{
    struct gv_operation op = {.operation = GV_OP_GENERATE};
    op.u.generate.input = (struct gv_media_input){.kind = GV_INPUT_TEXT, .text = "a boat"};
    return op;
}

static struct gv_operation picture(uint32_t width, uint32_t height)
{
    struct gv_operation op = {.operation = GV_OP_GENERATE};
    op.u.generate.input.kind = GV_INPUT_IMAGE;
    op.u.generate.input.image.data =
        (struct gv_media){.kind = GV_MEDIA_BLOB, .blob = {.width = width, .height = height}};
    return op;
}

static struct gv_admission admission;

static int admit(const char *model, const struct gv_operation *op)
{
    admission = (struct gv_admission){0};
    err = (struct gv_error){0};
    return gv_admit_config(&admission, &toys, gv_model_named(&toys, model), op, &arena, &err);
}

static void expect_refusal(int code, int got, const char *field, const char *says)
{
    if (got != code || strcmp(err.field, field) != 0 || strstr(err.message, says) == NULL)
        fail_msg("%d, not %d, on \"%s\": %s", got, code, err.field, err.message);
}

static void names_find_rows(void **state)
{
    (void)state;
    assert_ptr_equal(gv_provider_named("toys"), &toys);
    assert_null(gv_provider_named("toy"));
    assert_null(gv_provider_named(NULL));
    assert_ptr_equal(gv_model_named(&toys, "rich"), &models[1]);
    assert_null(gv_model_named(&toys, "poor"));
    assert_null(gv_model_named(&toys, NULL));
}

static void a_plain_wish_is_admitted_with_its_price(void **state)
{
    (void)state;
    struct gv_operation op = text();
    assert_int_equal(admit("plain", &op), GV_OK);
    assert_ptr_equal(admission.model, &models[0]);
    assert_int_equal(admission.warning_count, 0);
    assert_true(admission.usd == 0.5);
}

static void durations_are_rounded_aloud_or_refused(void **state)
{
    (void)state;
    static const struct {
        float asked;
        unsigned taken; /* 0: refused */
        size_t warnings;
    } rows[] = {{5, 5, 0},    {10, 10, 0},  {5.4F, 5, 1}, {4.6F, 5, 1},
                {5.5F, 0, 0}, {7.4F, 0, 0}, {4.5F, 0, 0}, {0.2F, 0, 0}};
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        struct gv_operation op = text();
        op.u.generate.config.has_duration_seconds = true;
        op.u.generate.config.duration_seconds = rows[i].asked;
        int result = admit("plain", &op);
        assert_int_equal(result, rows[i].taken > 0 ? GV_OK : GV_INVALID_INPUT);
        assert_int_equal(admission.warning_count, rows[i].warnings);
        if (result == GV_OK)
            assert_true(admission.usd == 0.1 * rows[i].taken);
    }
    unsigned seconds;
    expect_refusal(GV_INVALID_INPUT, gv_admit_seconds(&seconds, &models[0], true, 7.4, &err), "config.duration_seconds",
                   "model plain takes durations 5, 10 seconds; 7.4 was asked for");
    assert_int_equal(gv_admit_seconds(&seconds, &models[3], false, 0, &err), GV_OK);
    assert_int_equal(seconds, 6);
    assert_int_equal(gv_admit_seconds(&seconds, &models[3], true, 6, &err), GV_OK);
    expect_refusal(GV_UNSUPPORTED_FEATURE, gv_admit_seconds(&seconds, &models[3], true, 5, &err),
                   "config.duration_seconds", "no choice");
    assert_int_equal(gv_admit_seconds(&seconds, &models[2], true, 0.1, &err), GV_UNSUPPORTED_FEATURE);
}

static void hints_become_warnings(void **state)
{
    (void)state;
    struct gv_operation op = text();
    struct gv_generation_config *config = &op.u.generate.config;
    config->has_seed = config->has_guidance_scale = config->has_enhance_prompt = true;
    config->scheduler = "euler";
    assert_int_equal(admit("plain", &op), GV_OK);
    assert_int_equal(admission.warning_count, 4);
    assert_string_equal(admission.warnings[0], "seed is not used: model plain of toys has no such setting");
    assert_int_equal(admit("rich", &op), GV_OK);
    assert_int_equal(admission.warning_count, 0);
}

/* Each changes one thing of a plain wish that "plain" can't do and "rich" can. */
static void set_video(struct gv_operation *op)
{
    op->u.generate.input.kind = GV_INPUT_VIDEO;
}
static void set_negative(struct gv_operation *op)
{
    op->u.generate.config.negative_prompt = "rain";
}
static void set_camera(struct gv_operation *op)
{
    op->u.generate.config.camera_control.kind = GV_CAMERA_DOWN_BACK;
}
static void set_audio(struct gv_operation *op)
{
    op->u.generate.config.has_enable_audio = op->u.generate.config.enable_audio = true;
}
static void set_role(struct gv_operation *op)
{
    *op = picture(16, 9);
    op->u.generate.input.image.role = GV_ROLE_LAST;
}
static void set_lastframe(struct gv_operation *op)
{
    *op = picture(16, 9);
    op->u.generate.config.lastframe.kind = GV_MEDIA_URL;
}
static void set_static_mask(struct gv_operation *op)
{
    *op = picture(16, 9);
    op->u.generate.config.static_mask.kind = GV_MEDIA_URL;
}
static void set_dynamic_mask(struct gv_operation *op)
{
    *op = picture(16, 9);
    op->u.generate.config.dynamic_mask.mask.kind = GV_MEDIA_URL;
}
static void set_multi(struct gv_operation *op)
{
    *op = (struct gv_operation){.operation = GV_OP_MULTI_IMAGE_GENERATION};
}

static void what_changes_the_film_is_refused(void **state)
{
    (void)state;
    static const struct {
        void (*set)(struct gv_operation *op);
        const char *field;
    } rows[] = {
        {set_video, "input.video"},
        {set_negative, "config.negative_prompt"},
        {set_camera, "config.camera_control"},
        {set_audio, "config.enable_audio"},
        {set_role, "input.image.role"},
        {set_lastframe, "config.lastframe"},
        {set_static_mask, "config.static_mask"},
        {set_dynamic_mask, "config.dynamic_mask"},
        {set_multi, "input_images"},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        struct gv_operation op = text();
        rows[i].set(&op);
        expect_refusal(GV_UNSUPPORTED_FEATURE, admit("plain", &op), rows[i].field, "model plain of toys");
        assert_int_equal(admit("rich", &op), GV_OK);
    }
}

static void audio_that_is_always_there_cant_be_turned_off(void **state)
{
    (void)state;
    struct gv_operation op = text();
    op.u.generate.config.has_enable_audio = true;
    expect_refusal(GV_UNSUPPORTED_FEATURE, admit("loud", &op), "config.enable_audio", "always");
    assert_int_equal(admit("plain", &op), GV_OK);
    op = text();
    assert_int_equal(admit("loud", &op), GV_OK);
    assert_true(admission.usd == 2);
}

static void frames_and_masks_need_a_first_frame(void **state)
{
    (void)state;
    struct gv_operation op = text();
    op.u.generate.config.lastframe.kind = GV_MEDIA_URL;
    expect_refusal(GV_INVALID_INPUT, admit("rich", &op), "config.lastframe", "role last");
    op = picture(16, 9);
    op.u.generate.input.image.role = GV_ROLE_LAST;
    op.u.generate.config.lastframe.kind = GV_MEDIA_URL;
    expect_refusal(GV_INVALID_INPUT, admit("rich", &op), "config.lastframe", "two last frames");
    op = text();
    op.u.generate.config.static_mask.kind = GV_MEDIA_URL;
    expect_refusal(GV_INVALID_INPUT, admit("rich", &op), "config.static_mask", "image");
}

static void a_ratio_or_resolution_outside_the_row_is_listed(void **state)
{
    (void)state;
    struct gv_operation op = text();
    op.u.generate.config.aspect_ratio = GV_RATIO_CINEMA;
    expect_refusal(GV_INVALID_INPUT, admit("plain", &op), "config.aspect_ratio",
                   "model plain takes aspect ratios square (1:1), landscape (16:9); cinema (21:9) was asked for");
    expect_refusal(GV_UNSUPPORTED_FEATURE, admit("six", &op), "config.aspect_ratio", "model six");
    op = text();
    op.u.generate.config.resolution = GV_RESOLUTION_SD;
    expect_refusal(GV_INVALID_INPUT, admit("rich", &op), "config.resolution",
                   "model rich takes resolutions hd (720p), uhd (2160p); sd (480p) was asked for");
    expect_refusal(GV_UNSUPPORTED_FEATURE, admit("six", &op), "config.resolution", "model six");
}

static void the_picture_decides_the_ratio(void **state)
{
    (void)state;
    static const struct {
        uint32_t width, height;
        bool fits;
    } rows[] = {{1920, 1080, true},  {1280, 720, true},   {1813, 1000, true},  {1814, 1000, false}, {1743, 1000, true},
                {1742, 1000, false}, {1080, 1920, false}, {1000, 1000, false}, {0, 0, false}};
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        struct gv_operation op = picture(rows[i].width, rows[i].height);
        op.u.generate.config.aspect_ratio = GV_RATIO_LANDSCAPE;
        int result = admit("plain", &op);
        if (rows[i].fits)
            assert_int_equal(result, GV_OK);
        else
            expect_refusal(GV_INVALID_INPUT, result, "config.aspect_ratio", "the picture decides");
        assert_int_equal(admit("rich", &op), GV_OK); /* takes a ratio beside an image */
    }
    struct gv_operation op = picture(0, 0);
    op.u.generate.input.image.data = (struct gv_media){.kind = GV_MEDIA_URL, .url = "https://a/"};
    op.u.generate.config.aspect_ratio = GV_RATIO_LANDSCAPE;
    expect_refusal(GV_INVALID_INPUT, admit("plain", &op), "config.aspect_ratio", "not known");
}

static void options_are_held_against_the_rows(void **state)
{
    (void)state;
    struct gv_kv pro[] = {{"mode", "pro"}, {"label", "any | thing"}, {"allow_retired", "true"}};
    struct gv_operation op = text();
    op.u.generate.config.provider_options = (struct gv_kv_list){pro, 3};
    assert_int_equal(gv_admit_options(&toys, &op, &err), GV_OK);
    assert_string_equal(gv_operation_option(&op, "mode"), "pro");
    assert_null(gv_operation_option(&op, "absent"));
    static const char *const wrong[] = {"", "p", "std|pro", "Pro", "|"};
    for (size_t i = 0; i < GV_COUNT(wrong); i++) {
        pro[0].value = wrong[i];
        expect_refusal(GV_INVALID_INPUT, gv_admit_options(&toys, &op, &err), "config.provider_options.mode", "std|pro");
    }
    pro[0] = (struct gv_kv){"modus", "pro"};
    expect_refusal(GV_INVALID_INPUT, gv_admit_options(&toys, &op, &err), "config.provider_options.modus",
                   "it takes mode, label, allow_retired");
    struct gv_kv beside[] = {{"label", "x"}};
    pro[0] = (struct gv_kv){"mode", "std"};
    op.provider_options = (struct gv_kv_list){beside, 1};
    expect_refusal(GV_INVALID_INPUT, gv_admit_options(&toys, &op, &err), "provider_options", "twice");
    struct gv_operation extend = {.operation = GV_OP_EXTEND_VIDEO, .provider_options = {beside, 1}};
    assert_int_equal(gv_admit_options(&toys, &extend, &err), GV_OK);
    assert_string_equal(gv_operation_option(&extend, "label"), "x");
    beside[0].key = "colour";
    expect_refusal(GV_INVALID_INPUT, gv_admit_options(&toys, &extend, &err), "provider_options.colour", "colour");
}

static void retired_models_name_their_successor(void **state)
{
    (void)state;
    struct gv_operation op = text();
    const struct gv_kv allow = {"allow_retired", "true"}, forbid = {"allow_retired", "false"};
    assert_int_equal(gv_admit_model(&models[0], &op, &err), GV_OK);
    expect_refusal(GV_INVALID_INPUT, gv_admit_model(&models[4], &op, &err), "config.model",
                   "model old was retired on 2026-03-01: use plain");
    op.u.generate.config.provider_options = (struct gv_kv_list){&allow, 1};
    assert_int_equal(gv_admit_model(&models[4], &op, &err), GV_OK);
    op.u.generate.config.provider_options = (struct gv_kv_list){&forbid, 1};
    assert_int_equal(gv_admit_model(&models[4], &op, &err), GV_INVALID_INPUT);
}

static void what_the_provider_never_does_is_refused_first(void **state)
{
    (void)state;
    static const char *const unsupported[] = {"upscale-video", "toys stay small", "static-mask", "no masks", NULL};
    static const struct gv_model flat = {.name = "flat", .takes = GV_TAKES_TEXT};
    const struct gv_provider few = {
        .name = "few", .title = "Few", .models = &flat, .model_count = 1, .unsupported = unsupported};
    struct gv_operation op = text();
    assert_int_equal(gv_admit_kind(&few, &op, &err), GV_OK);
    op.u.generate.input.kind = GV_INPUT_VIDEO;
    expect_refusal(GV_UNSUPPORTED_FEATURE, gv_admit_kind(&few, &op, &err), "input.video", "generates from a video");
    assert_int_equal(gv_admit_kind(&toys, &op, &err), GV_OK);
    op = (struct gv_operation){.operation = GV_OP_UPSCALE_VIDEO};
    expect_refusal(GV_UNSUPPORTED_FEATURE, gv_admit_kind(&few, &op, &err), "operation",
                   "Few has no upscale-video: toys stay small.");
    op.operation = GV_OP_EXTEND_VIDEO;
    assert_int_equal(gv_admit_kind(&few, &op, &err), GV_OK);
}

static void the_first_row_that_fits_is_the_price(void **state)
{
    (void)state;
    assert_true(gv_model_price(&models[1], GV_RESOLUTION_UHD, true, 10) == 6);
    assert_true(gv_model_price(&models[1], GV_RESOLUTION_UHD, false, 10) == 4);
    assert_true(gv_model_price(&models[1], GV_RESOLUTION_HD, false, 10) == 3);
    assert_true(gv_model_price(&models[1], GV_RESOLUTION_HD, true, 10) < 0);
    assert_true(gv_model_price(&models[3], GV_RESOLUTION_HD, true, 10) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_find_rows),
        cmocka_unit_test(a_plain_wish_is_admitted_with_its_price),
        cmocka_unit_test(durations_are_rounded_aloud_or_refused),
        cmocka_unit_test(hints_become_warnings),
        cmocka_unit_test(what_changes_the_film_is_refused),
        cmocka_unit_test(audio_that_is_always_there_cant_be_turned_off),
        cmocka_unit_test(frames_and_masks_need_a_first_frame),
        cmocka_unit_test(a_ratio_or_resolution_outside_the_row_is_listed),
        cmocka_unit_test(the_picture_decides_the_ratio),
        cmocka_unit_test(options_are_held_against_the_rows),
        cmocka_unit_test(retired_models_name_their_successor),
        cmocka_unit_test(what_the_provider_never_does_is_refused_first),
        cmocka_unit_test(the_first_row_that_fits_is_the_price),
    };
    return cmocka_run_group_tests(tests, NULL, drop_arena);
}
