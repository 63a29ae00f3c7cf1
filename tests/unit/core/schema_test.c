#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "core/interface.h"
#include "support/core_kit.h"

static struct gv_arena arena;

static int drop_arena(void **state)
{
    (void)state;
    gv_arena_free(&arena);
    return 0;
}

static const char *written(const struct gv_schema *schema, const void *in)
{
    struct gv_buf buf;
    gv_buf_init(&buf, 1 << 20);
    struct gv_json_out out = {.buf = &buf};
    gv_schema_write(&out, schema, in);
    const char *copy = gv_arena_strdup(&arena, buf.data);
    gv_buf_free(&buf);
    return copy;
}

static void expect(const struct gv_schema *schema, const void *in, const char *json)
{
    assert_string_equal(written(schema, in), gv_kit_quoted(&arena, json));
}

static void a_result_is_written_in_the_interfaces_form(void **state)
{
    (void)state;
    const struct gv_video video = {.uri = "file:///a.mp4",
                                   .base64_bytes = "foo",
                                   .base64_byte_count = 3,
                                   .mime_type = "video/mp4",
                                   .width = 1280,
                                   .height = 720,
                                   .fps = 24,
                                   .duration_seconds = 5.04,
                                   .generation_id = "g",
                                   .bytes = 12,
                                   .sha256 = "ab",
                                   .source_uri = "https://a/"};
    const char *const warnings[] = {"seed is not used"};
    struct gv_video_result result = {.status = GV_SUCCEEDED,
                                     .videos = &video,
                                     .video_count = 1,
                                     .id = "gv_1",
                                     .phase = "done",
                                     .progress = 0,
                                     .warnings = warnings,
                                     .warning_count = 1};
    expect(&gv_schema_video_result, &result,
           "{'status':'succeeded','videos':[{'uri':'file:///a.mp4','base64_bytes':'Zm9v','mime_type':'video/mp4',"
           "'width':1280,'height':720,'fps':24,'duration_seconds':5.04,'generation_id':'g','bytes':12,'sha256':'ab',"
           "'source_uri':'https://a/'}],'id':'gv_1','phase':'done','progress':0,'warnings':['seed is not used']}");
    result = (struct gv_video_result){.status = GV_PENDING, .progress = -1, .uncertain = "parked"};
    expect(&gv_schema_video_result, &result, "{'status':'pending','uncertain':'parked'}");
    result = (struct gv_video_result){.status = GV_FAILED, .failed = "why", .progress = -1, .has_error = true};
    result.error =
        (struct gv_error){.code = GV_GENERATION_FAILED, .message = "why", .stage = GV_STAGE_RENDER, .retryable = GV_NO};
    expect(&gv_schema_video_result, &result,
           "{'status':{'failed':'why'},'error':{'code':'generation_failed','message':'why','retryable':false,"
           "'charged':'unknown','stage':'render'}}");
}

static void a_result_is_read_again(void **state)
{
    (void)state;
    struct gv_video_result result = {0};
    struct gv_error err;
    const struct gv_json *json =
        gv_kit_json(&arena, "{'status':{'failed':'why'},'videos':[{'mime_type':'video/mp4','fps':23.976}],"
                            "'warnings':['a','b'],'error':{'code':'internal_error','message':'m'}}");
    assert_int_equal(gv_schema_read(&result, &gv_schema_video_result, json, GV_JSON_CALLER, &arena, &err), GV_OK);
    assert_int_equal(result.status, GV_FAILED);
    assert_string_equal(result.failed, "why");
    assert_int_equal(result.progress, -1);
    assert_int_equal(result.warning_count, 2);
    assert_string_equal(result.warnings[1], "b");
    assert_true(result.videos[0].fps == 23.976);
    assert_true(result.has_error);
    assert_int_equal(result.error.code, GV_INTERNAL_ERROR);
}

/* Before anything was sent nothing can have been charged, so nothing is said of it. */
static void an_error_says_what_is_known_of_the_money(void **state)
{
    (void)state;
    struct gv_error error = {.code = GV_INVALID_INPUT, .message = "m", .field = "f", .stage = GV_STAGE_INPUT};
    expect(&gv_schema_error, &error, "{'code':'invalid_input','message':'m','field':'f','stage':'input'}");
    error = (struct gv_error){.code = GV_QUOTA_EXCEEDED,
                              .message = "m",
                              .provider = "kling",
                              .provider_code = "1102",
                              .retryable = GV_YES,
                              .charged = GV_NO,
                              .stage = GV_STAGE_CREATE};
    const char *text = "{'code':'quota_exceeded','message':'m','provider':'kling','provider_code':'1102',"
                       "'retryable':true,'charged':'no','stage':'create'}";
    expect(&gv_schema_error, &error, text);
    struct gv_error back = {0}, err;
    const struct gv_json *json = gv_kit_json(&arena, text);
    assert_int_equal(gv_schema_read(&back, &gv_schema_error, json, GV_JSON_JOURNAL, &arena, &err), GV_OK);
    assert_memory_equal(&back, &error, sizeof(error));
}

static void texts_in_place_are_not_cut(void **state)
{
    (void)state;
    struct gv_error back = {0}, err;
    const struct gv_json *json =
        gv_kit_json(&arena, "{'code':'cancelled','message':'m','provider':'a-name-of-a-provider-with-32'}");
    assert_int_equal(gv_schema_read(&back, &gv_schema_error, json, GV_JSON_CALLER, &arena, &err), GV_INVALID_INPUT);
    assert_string_equal(err.field, "provider");
}

static void names_of_cases_go_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; gv_schemas[i] != NULL; i++) {
        for (size_t k = 0; k < gv_schemas[i]->case_count; k++) {
            const struct gv_case *row = &gv_schemas[i]->cases[k];
            assert_int_not_equal(row->value, 0);
            assert_int_equal(gv_schema_enum_value(gv_schemas[i], row->name), row->value);
            assert_string_equal(gv_schema_enum_name(gv_schemas[i], row->value), row->name);
        }
    }
    assert_int_equal(gv_schema_enum_value(&gv_schema_aspect_ratio, "wide"), 0);
    assert_int_equal(gv_schema_enum_value(&gv_schema_aspect_ratio, NULL), 0);
    assert_null(gv_schema_enum_name(&gv_schema_aspect_ratio, 99));
}

static void places_are_cut_at_their_room(void **state)
{
    (void)state;
    struct gv_place places[40] = {{.name = "document"}};
    char text[GV_PLACE_TEXT_BYTES];
    for (size_t i = 1; i < 40; i++)
        places[i] = (struct gv_place){.up = &places[i - 1], .name = "member"};
    gv_place_text(text, &places[39]);
    assert_true(strlen(text) < sizeof(text));
    assert_memory_equal(text, "document.member.member", 22);
}

/* ---- a front's own way of reading --------------------------------------------------------------------------- */

static int name_media(void *ctx, struct gv_media *out, const struct gv_json *json, struct gv_error *err)
{
    (void)ctx;
    if (json->kind == GV_JSON_STRING && strcmp(json->text, "gone") == 0)
        return gv_fail(err, GV_INVALID_INPUT, "it is gone");
    if (json->kind == GV_JSON_STRING)
        *out = (struct gv_media){.kind = GV_MEDIA_PATH, .path = json->text};
    return GV_OK;
}

static const char *read_config(const char *text, const struct gv_reading *how, struct gv_error *err)
{
    struct gv_generation_config config = {0};
    const struct gv_json *json = gv_kit_json(&arena, text);
    *err = (struct gv_error){0};
    int code = gv_schema_read_as(&config, &gv_schema_generation_config, json, how, &arena, err);
    return code == GV_OK ? written(&gv_schema_generation_config, &config) : NULL;
}

static void a_forms_numbers_stand_as_texts(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out, *field;
    } rows[] = {
        {"{'seed':'5','guidance_scale':'0.5','enable_audio':'true'}",
         "{'seed':5,'guidance_scale':0.5,'enable_audio':true}", NULL},
        {"{'seed':5,'enhance_prompt':false}", "{'seed':5,'enhance_prompt':false}", NULL},
        {"{'seed':'18446744073709551615'}", "{'seed':'18446744073709551615'}", NULL},
        {"{'scheduler':'5','provider_options':{'n':'1','b':'true'}}",
         "{'scheduler':'5','provider_options':{'n':'1','b':'true'}}", NULL},
        {"{'camera_control':{'simple':{'pan':'-5'}}}", "{'camera_control':{'simple':{'pan':-5}}}", NULL},
        {"{'seed':'five'}", NULL, "seed"},
        {"{'seed':''}", NULL, "seed"},
        {"{'seed':'5 '}", NULL, "seed"},
        {"{'seed':'true'}", NULL, "seed"},
        {"{'guidance_scale':'1e999'}", NULL, "guidance_scale"},
        {"{'guidance_scale':'0x1'}", NULL, "guidance_scale"},
        {"{'enable_audio':'1'}", NULL, "enable_audio"},
        {"{'enable_audio':'True'}", NULL, "enable_audio"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gv_error err;
        const char *out = read_config(rows[i].in, &(struct gv_reading){.texts = true}, &err);
        if (rows[i].out == NULL) {
            assert_null(out);
            assert_string_equal(err.field, rows[i].field);
            continue;
        }
        if (out == NULL)
            fail_msg("%s: %s", rows[i].in, err.message);
        assert_string_equal(out, gv_kit_quoted(&arena, rows[i].out));
    }
}

static void elsewhere_texts_are_no_numbers(void **state)
{
    (void)state;
    struct gv_error err;
    assert_null(read_config("{'guidance_scale':'0.5'}", &(struct gv_reading){.texts = false}, &err));
    assert_string_equal(err.field, "guidance_scale");
}

static void a_front_reads_media_in_its_own_way(void **state)
{
    (void)state;
    struct gv_error err;
    struct gv_reading how = {.media = name_media};
    struct gv_generation_config config = {0};
    const struct gv_json *json = gv_kit_json(&arena, "{'lastframe':'a.png','static_mask':{'url':'https://a/b.png'}}");
    how.partial = true;
    assert_int_equal(gv_schema_read_as(&config, &gv_schema_generation_config, json, &how, &arena, &err), GV_OK);
    assert_string_equal(config.lastframe.path, "a.png");
    assert_string_equal(config.static_mask.url, "https://a/b.png");
    assert_null(read_config("{'lastframe':'gone'}", &how, &err));
    assert_string_equal(err.field, "lastframe");
    assert_non_null(strstr(err.message, "it is gone"));
    assert_null(read_config("{'lastframe':{'blob':{}}}", &how, &err));
    assert_string_equal(err.field, "lastframe");
}

static void a_part_need_not_be_whole(void **state)
{
    (void)state;
    struct gv_error err;
    struct gv_reading how = {.partial = true};
    static const char *const mask = "{'dynamic_mask':{'trajectories':[]}}";
    assert_non_null(read_config(mask, &how, &err));
    assert_non_null(read_config("{'static_mask':{'url':'b.png'}}", &how, &err));
    how.partial = false;
    assert_null(read_config(mask, &how, &err));
    assert_string_equal(err.field, "dynamic_mask.mask");
    assert_null(read_config("{'static_mask':{'url':'b.png'}}", &how, &err));
    assert_string_equal(err.field, "static_mask.url");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_is_written_in_the_interfaces_form),
        cmocka_unit_test(a_result_is_read_again),
        cmocka_unit_test(an_error_says_what_is_known_of_the_money),
        cmocka_unit_test(texts_in_place_are_not_cut),
        cmocka_unit_test(names_of_cases_go_both_ways),
        cmocka_unit_test(places_are_cut_at_their_room),
        cmocka_unit_test(a_forms_numbers_stand_as_texts),
        cmocka_unit_test(elsewhere_texts_are_no_numbers),
        cmocka_unit_test(a_front_reads_media_in_its_own_way),
        cmocka_unit_test(a_part_need_not_be_whole),
    };
    return cmocka_run_group_tests(tests, NULL, drop_arena);
}
