#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "core/interface.h"
#include "support/core_kit.h"

static struct gv_arena arena;
static struct gv_error err;

static int begin(void **state)
{
    (void)state;
    gv_arena_free(&arena);
    err = (struct gv_error){0};
    return 0;
}

static int drop_arena(void **state)
{
    (void)state;
    gv_arena_free(&arena);
    return 0;
}

static int read_as(struct gv_operation *op, const char *text, enum gv_json_mode mode)
{
    return gv_operation_read(op, gv_kit_json(&arena, text), mode, &arena, &err);
}

static const char *written(const struct gv_operation *op)
{
    struct gv_buf buf;
    gv_buf_init(&buf, 1 << 20);
    struct gv_json_out out = {.buf = &buf};
    gv_operation_write(&out, op);
    const char *copy = gv_arena_strdup(&arena, buf.data);
    gv_buf_free(&buf);
    return copy;
}

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* Documents in the form that is written: members in the table's order. */
static const char *const documents[] = {
    "{'input':{'text':'a boat'},'config':{},'operation':'generate'}",
    "{'input':{'image':{'data':{'url':'https://example.com/a.png'},'prompt':'zoom','role':'last'}},"
    "'config':{'negative_prompt':'rain','seed':7,'scheduler':'x','guidance_scale':0.7,'aspect_ratio':'cinema',"
    "'duration_seconds':7.4,'resolution':'uhd','model':'m','enable_audio':false,'enhance_prompt':true,"
    "'provider_options':{'mode':'pro'},'lastframe':{'url':'gs://bucket/last.png'},"
    "'static_mask':{'bytes':{'base64':'Zm9v','mime_type':'image/png'}},"
    "'dynamic_mask':{'mask':{'url':'http://a/b'},'trajectories':[{'x':1,'y':2},{'x':3,'y':4294967295}]},"
    "'camera_control':{'simple':{'pan':-10,'zoom':2.5}}},'operation':'generate','provider':'kling',"
    "'idempotency_key':'k 1','metadata':{'film':'7'}}",
    "{'input':{'video':{'blob':{'sha256':'" SHA "','bytes':12,'mime_type':'video/mp4','width':16,'height':9,"
    "'duration_seconds':5.5,'fps':24}}},'config':{'camera_control':'down_back'},'operation':'generate'}",
    "{'video':{'video':{'url':'https://a/v'}},'audio':{'from_text':{'text':'hi','voice_id':'v','language':'zh',"
    "'speed':1}},'operation':'generate_lip_sync'}",
    "{'video':{'video_id':'77'},'audio':{'from_audio':{'url':'https://a/n.mp3'}},'provider_options':{'a':'b'},"
    "'operation':'generate_lip_sync'}",
    "{'video_id':'v','prompt':'p','negative_prompt':'n','cfg_scale':0.25,'provider_options':{'a':'b'},"
    "'operation':'extend_video'}",
    "{'input':{'url':'https://a/v'},'operation':'upscale_video'}",
    "{'input':{'url':'https://a/i'},'effect':{'single':'anime_figure'},'model':'m','duration':5,'mode':'std',"
    "'operation':'generate_video_effects'}",
    "{'input':{'url':'https://a/i'},'effect':{'dual':{'effect':'heart_gesture','second_image':{'url':'https://a/j'}}},"
    "'operation':'generate_video_effects'}",
    "{'input_images':[{'url':'https://a/1'},{'url':'https://a/2'}],'prompt':'p','config':{},"
    "'operation':'multi_image_generation'}",
};

static void every_document_comes_back_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_COUNT(documents); i++) {
        struct gv_operation op;
        if (read_as(&op, documents[i], GV_JSON_JOURNAL) != GV_OK)
            fail_msg("%s: %s", documents[i], err.message);
        assert_string_equal(written(&op), gv_kit_quoted(&arena, documents[i]));
    }
}

static void members_land_where_they_belong(void **state)
{
    (void)state;
    struct gv_operation op;
    assert_int_equal(read_as(&op, documents[1], GV_JSON_CALLER), GV_OK);
    const struct gv_generation_config *config = &op.u.generate.config;
    assert_int_equal(op.operation, GV_OP_GENERATE);
    assert_int_equal(op.u.generate.input.kind, GV_INPUT_IMAGE);
    assert_int_equal(op.u.generate.input.image.role, GV_ROLE_LAST);
    assert_true(config->has_seed && config->seed == 7);
    assert_true(config->has_duration_seconds && config->duration_seconds == 7.4F);
    assert_true(config->has_enable_audio && !config->enable_audio);
    assert_int_equal(config->aspect_ratio, GV_RATIO_CINEMA);
    assert_int_equal(config->static_mask.kind, GV_MEDIA_BYTES);
    assert_int_equal(config->static_mask.byte_count, 3);
    assert_memory_equal(config->static_mask.bytes, "foo", 3);
    assert_int_equal(config->dynamic_mask.trajectory_count, 2);
    assert_int_equal(config->dynamic_mask.trajectories[1].y, UINT32_MAX);
    assert_int_equal(config->camera_control.kind, GV_CAMERA_SIMPLE);
    assert_true(config->camera_control.simple.pan == -10 && config->camera_control.simple.roll == 0);
    assert_string_equal(op.metadata.items[0].value, "7");
}

static void null_means_absent(void **state)
{
    (void)state;
    struct gv_operation op;
    assert_int_equal(read_as(&op,
                             "{'operation':'generate','provider':null,'input':{'text':'a'},"
                             "'config':{'seed':null,'lastframe':null,'dynamic_mask':null,'camera_control':null,"
                             "'provider_options':{'mode':null}}}",
                             GV_JSON_CALLER),
                     GV_OK);
    assert_string_equal(written(&op), "{\"input\":{\"text\":\"a\"},\"config\":{},\"operation\":\"generate\"}");
}

static void options_come_in_either_form(void **state)
{
    (void)state;
    struct gv_operation op;
    assert_int_equal(read_as(&op,
                             "{'operation':'extend_video','video_id':'v','provider_options':[{'key':'a','value':'b'},"
                             "{'value':true,'key':'c'}],'metadata':{'n':5,'r':0.5,'t':true}}",
                             GV_JSON_CALLER),
                     GV_OK);
    assert_string_equal(written(&op), gv_kit_quoted(&arena, "{'video_id':'v','provider_options':{'a':'b','c':'true'},"
                                                            "'operation':'extend_video','metadata':{'n':'5','r':'0.5',"
                                                            "'t':'true'}}"));
}

static void large_seeds_are_texts(void **state)
{
    (void)state;
    struct gv_operation op;
    const char *text = "{'input':{'text':'a'},'config':{'seed':'18446744073709551615'},'operation':'generate'}";
    assert_int_equal(read_as(&op, text, GV_JSON_CALLER), GV_OK);
    assert_true(op.u.generate.config.seed == UINT64_MAX);
    assert_string_equal(written(&op), gv_kit_quoted(&arena, text));
}

/* What is wrong, the field it is reported on, and a word that the message must have. */
struct refusal {
    const char *document, *field, *says;
};
#define GENERATE(config) "{'operation':'generate','input':{'text':'a'},'config':{" config "}}"
#define EXTEND(more) "{'operation':'extend_video','video_id':'v'," more "}"
#define MASK(url) GENERATE("'lastframe':{'url':'" url "'}")

static const struct refusal refusals[] = {
    {"[]", "", "object"},
    {"{}", "operation", "multi_image_generation"},
    {"{'operation':'paint'}", "operation", "multi_image_generation"},
    {"{'operation':7}", "operation", "generate"},
    {"{'operation':'generate'}", "input", "missing"},
    {"{'operation':'generate','input':{'text':'a'}}", "config", "missing"},
    {"{'operation':'generate','input':{'text':'a','video':{}},'config':{}}", "input", "exactly one"},
    {"{'operation':'generate','input':{},'config':{}}", "input", "text, image, video"},
    {"{'operation':'generate','input':'text','config':{}}", "input", "content"},
    {"{'operation':'generate','input':'sound','config':{}}", "input", "\"sound\""},
    {"{'operation':'generate','input':{'sound':1},'config':{}}", "input", "\"sound\""},
    {"{'operation':'generate','input':5,'config':{}}", "input", "5 came"},
    {"{'operation':'generate','input':{'text':null},'config':{}}", "input.text", "missing"},
    {"{'operation':'generate','input':{'text':' \\n'},'config':{}}", "input.text", "blank"},
    {"{'operation':'generate','input':{'text':'a'},'config':{},'ratio':1}", "ratio", "idempotency_key"},
    {GENERATE("'aspect':'wide'"), "config.aspect", "aspect_ratio"},
    {GENERATE("'aspect_ratio':'wide'"), "config.aspect_ratio", "square, portrait, landscape, cinema"},
    {GENERATE("'aspect_ratio':5"), "config.aspect_ratio", "5 came"},
    {GENERATE("'seed':-1"), "config.seed", "18446744073709551615"},
    {GENERATE("'seed':1.5"), "config.seed", "1.5"},
    {GENERATE("'seed':18446744073709551615"), "config.seed", "as a string"},
    {GENERATE("'seed':'18446744073709551616'"), "config.seed", "18446744073709551616"},
    {GENERATE("'seed':''"), "config.seed", "integer"},
    {GENERATE("'duration_seconds':'5'"), "config.duration_seconds", "a number"},
    {GENERATE("'duration_seconds':0"), "config.duration_seconds", "more than 0"},
    {GENERATE("'guidance_scale':1e300"), "config.guidance_scale", "32-bit"},
    {GENERATE("'enable_audio':'yes'"), "config.enable_audio", "true or false"},
    {GENERATE("'model':['m']"), "config.model", "an array came"},
    {GENERATE("'model':''"), "config.model", "blank"},
    {GENERATE("'camera_control':{'down_back':{}}"), "config.camera_control", "plain string"},
    {GENERATE("'camera_control':{'simple':{'pan':10.5}}"), "config.camera_control.simple.pan", "-10 to 10"},
    {GENERATE("'camera_control':{'simple':{'spin':1}}"), "config.camera_control.simple.spin", "roll"},
    {GENERATE("'dynamic_mask':{'trajectories':[{'x':1,'y':1}]}"), "config.dynamic_mask.mask", "missing"},
    {GENERATE("'dynamic_mask':{'mask':{'url':'http://a/b'},'trajectories':[]}"), "config.dynamic_mask.trajectories",
     "missing"},
    {GENERATE("'dynamic_mask':{'mask':{'url':'http://a/b'},'trajectories':[{'x':1,'y':1},{'x':-1,'y':1}]}"),
     "config.dynamic_mask.trajectories.1.x", "0 to 4294967295"},
    {GENERATE("'dynamic_mask':{'mask':{'url':'http://a/b'},'trajectories':[{'x':1}]}"),
     "config.dynamic_mask.trajectories.0.y", "missing"},
    {GENERATE("'lastframe':'http://a'"), "config.lastframe", "url, bytes"},
    {GENERATE("'lastframe':{'url':'http://a/','path':'b'}"), "config.lastframe", "exactly one"},
    {GENERATE("'lastframe':{}"), "config.lastframe", "exactly one"},
    {GENERATE("'lastframe':{'path':'a.png'}"), "config.lastframe", "\"path\""},
    {GENERATE("'lastframe':{'blob':{'sha256':'" SHA "'}}"), "config.lastframe", "\"blob\""},
    {GENERATE("'lastframe':{'bytes':{'base64':'Zm9','mime_type':'image/png'}}"), "config.lastframe.bytes.base64",
     "not base64"},
    {GENERATE("'lastframe':{'bytes':{'base64':'','mime_type':'image/png'}}"), "config.lastframe.bytes.base64", "empty"},
    {GENERATE("'lastframe':{'bytes':{'base64':'Zm9v'}}"), "config.lastframe.bytes.mime_type", "missing"},
    {GENERATE("'lastframe':{'bytes':{'base64':'Zm9v','mime_type':'png'}}"), "config.lastframe.bytes.mime_type", "MIME"},
    {MASK("a.png"), "config.lastframe.url", "absolute"},
    {MASK("/a.png"), "config.lastframe.url", "absolute"},
    {MASK("http:///a"), "config.lastframe.url", "absolute"},
    {MASK("http://a/b c"), "config.lastframe.url", "blanks"},
    {MASK("http://a/\\n"), "config.lastframe.url", "control"},
    {MASK("https://me:secret@a/"), "config.lastframe.url", "password"},
    {MASK("data:image/png;base64,Zm9v"), "config.lastframe.url", "absolute"},
    {EXTEND("'provider_options':'a=b'"), "provider_options", "object of strings"},
    {EXTEND("'provider_options':{'a':{}}"), "provider_options.a", "an object came"},
    {EXTEND("'provider_options':[{'key':'a'}]"), "provider_options.0", "value"},
    {EXTEND("'provider_options':[{'key':'a','value':'1'},{'key':'a','value':'2'}]"), "provider_options.a", "twice"},
    {EXTEND("'metadata':{'':'x'}"), "metadata.", "key"},
    {EXTEND("'idempotency_key':''"), "idempotency_key", "1 to 255"},
    {EXTEND("'idempotency_key':'a\\tb'"), "idempotency_key", "printable"},
    {EXTEND("'config':{}"), "config", "cfg_scale"},
    {"{'operation':'extend_video','video_id':''}", "video_id", "blank"},
    {"{'operation':'multi_image_generation','input_images':[],'config':{}}", "input_images", "missing"},
    {"{'operation':'multi_image_generation','input_images':[null],'config':{}}", "input_images.0", "url"},
    {"{'operation':'generate_lip_sync','video':{'video_id':'v'},'audio':{'from_text':{'text':'a','voice_id':'v',"
     "'language':'en','speed':0}}}",
     "audio.from_text.speed", "more than 0"},
    {"{'operation':'generate_lip_sync','video':{'video_id':'v'},'audio':{'from_text':{'text':'a','voice_id':'v',"
     "'language':'en'}}}",
     "audio.from_text.speed", "missing"},
};

static void a_refusal_names_the_field_and_what_is_allowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_COUNT(refusals); i++) {
        struct gv_operation op;
        err = (struct gv_error){0};
        if (read_as(&op, refusals[i].document, GV_JSON_CALLER) != GV_INVALID_INPUT)
            fail_msg("%s was taken", refusals[i].document);
        if (strcmp(err.field, refusals[i].field) != 0 || strstr(err.message, refusals[i].says) == NULL)
            fail_msg("%s: on \"%s\": %s", refusals[i].document, err.field, err.message);
    }
}

static void media_forms_depend_on_who_speaks(void **state)
{
    (void)state;
    struct gv_operation op;
    const char *path = "{'operation':'upscale_video','input':{'path':'a.mp4'}}", *blob = documents[2];
    assert_int_equal(read_as(&op, path, GV_JSON_CALLER), GV_INVALID_INPUT);
    assert_int_equal(read_as(&op, path, GV_JSON_LOCAL), GV_OK);
    assert_int_equal(read_as(&op, path, GV_JSON_JOURNAL), GV_INVALID_INPUT);
    assert_int_equal(read_as(&op, blob, GV_JSON_CALLER), GV_INVALID_INPUT);
    assert_int_equal(read_as(&op, blob, GV_JSON_LOCAL), GV_INVALID_INPUT);
    assert_int_equal(read_as(&op, blob, GV_JSON_JOURNAL), GV_OK);
}

static struct gv_operation boat(void)
{
    struct gv_operation op = {.operation = GV_OP_GENERATE};
    op.u.generate.input = (struct gv_media_input){.kind = GV_INPUT_TEXT, .text = "a boat"};
    return op;
}

static void c_callers_are_held_to_the_same_rules(void **state)
{
    (void)state;
    struct gv_operation op = boat();
    assert_int_equal(gv_operation_check(&op, GV_JSON_LOCAL, &err), GV_OK);
    op.u.generate.input.text = NULL;
    assert_int_equal(gv_operation_check(&op, GV_JSON_LOCAL, &err), GV_INVALID_INPUT);
    assert_string_equal(err.field, "input.text");
    op = boat();
    op.u.generate.input.text = "\xff";
    assert_int_equal(gv_operation_check(&op, GV_JSON_LOCAL, &err), GV_INVALID_INPUT);
    assert_non_null(strstr(err.message, "UTF-8"));
    op = boat();
    op.u.generate.config.aspect_ratio = 99;
    assert_int_equal(gv_operation_check(&op, GV_JSON_LOCAL, &err), GV_INVALID_INPUT);
    assert_string_equal(err.field, "config.aspect_ratio");
    op = boat();
    op.u.generate.config.has_guidance_scale = true;
    op.u.generate.config.guidance_scale = NAN;
    assert_int_equal(gv_operation_check(&op, GV_JSON_LOCAL, &err), GV_INVALID_INPUT);
    assert_string_equal(err.field, "config.guidance_scale");
    op = boat();
    op.u.generate.input.kind = GV_INPUT_UNSET;
    assert_int_equal(gv_operation_check(&op, GV_JSON_LOCAL, &err), GV_INVALID_INPUT);
    assert_string_equal(err.field, "input");
    op = (struct gv_operation){0};
    assert_int_equal(gv_operation_check(&op, GV_JSON_LOCAL, &err), GV_INVALID_INPUT);
    assert_string_equal(err.field, "operation");
}

static void texts_are_bounded_alone_and_together(void **state)
{
    (void)state;
    char *text = gv_arena_alloc(&arena, GV_TEXT_BYTES_MAX + 2);
    memset(text, 'x', GV_TEXT_BYTES_MAX);
    struct gv_operation op = boat();
    op.u.generate.input.text = text;
    op.u.generate.config.negative_prompt = text + 1;
    assert_int_equal(gv_operation_check(&op, GV_JSON_LOCAL, &err), GV_OK);
    op.u.generate.config.scheduler = "xx";
    assert_int_equal(gv_operation_check(&op, GV_JSON_LOCAL, &err), GV_INVALID_INPUT);
    op.u.generate.config.scheduler = NULL;
    text[GV_TEXT_BYTES_MAX] = 'x';
    assert_int_equal(gv_operation_check(&op, GV_JSON_LOCAL, &err), GV_INVALID_INPUT);
    assert_string_equal(err.field, "input.text");
}

static int check_pairs(const struct gv_operation *op, enum gv_json_mode mode, struct gv_error *why)
{
    (void)mode;
    return gv_operation_check_pairs(op, why);
}

/* `count` pairs of so many bytes a value, and what a front adds to them. */
static struct gv_kv_list pairs(size_t count, size_t bytes)
{
    struct gv_kv *items = GV_NEW_ARRAY(&arena, struct gv_kv, count + 1);
    char *value = gv_arena_alloc(&arena, bytes + 1);
    memset(value, 'v', bytes);
    for (size_t i = 0; i < count; i++)
        items[i] = (struct gv_kv){gv_arena_printf(&arena, "k%zu", i), value};
    items[count] = (struct gv_kv){"front.own", "x"};
    return (struct gv_kv_list){items, count};
}

static void metadata_is_bounded_and_what_a_front_adds_is_not_counted(void **state)
{
    (void)state;
    const struct {
        size_t count, bytes;
        const char *field, *why; /* NULL: taken */
    } rows[] = {
        {GV_KVS_COUNT_MAX, 1, NULL, NULL},
        {GV_KVS_COUNT_MAX + 1, 1, "metadata", "1001 came"},
        {3, GV_KV_VALUE_BYTES_MAX, NULL, NULL},
        {4, GV_KV_VALUE_BYTES_MAX, "metadata", "16384 bytes"},
        {1, GV_KV_VALUE_BYTES_MAX + 1, "metadata.k0", "4096 are allowed"},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        struct gv_operation op = boat();
        op.metadata = pairs(rows[i].count, rows[i].bytes);
        int wanted = rows[i].field == NULL ? GV_OK : GV_INVALID_INPUT;
        static int (*const checks[])(const struct gv_operation *, enum gv_json_mode,
                                     struct gv_error *) = {gv_operation_check, check_pairs};
        for (size_t k = 0; k < GV_COUNT(checks); k++) {
            err = (struct gv_error){0};
            assert_int_equal(checks[k](&op, GV_JSON_LOCAL, &err), wanted);
            assert_string_equal(err.field, rows[i].field != NULL ? rows[i].field : "");
            if (rows[i].why != NULL)
                assert_non_null(strstr(err.message, rows[i].why));
        }
        op.metadata.count++;
        if (wanted == GV_OK)
            assert_int_equal(gv_operation_check(&op, GV_JSON_JOURNAL, &err), GV_OK);
    }
}

static void keys_have_at_most_255_characters(void **state)
{
    (void)state;
    char key[257] = "";
    memset(key, 'k', 255);
    struct gv_operation op = boat();
    op.idempotency_key = key;
    assert_int_equal(gv_operation_check(&op, GV_JSON_LOCAL, &err), GV_OK);
    key[255] = 'k';
    assert_int_equal(gv_operation_check(&op, GV_JSON_LOCAL, &err), GV_INVALID_INPUT);
    assert_string_equal(err.field, "idempotency_key");
}

static void a_copy_borrows_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_COUNT(documents); i++) {
        struct gv_arena first = {0};
        struct gv_operation op;
        const struct gv_json *json = gv_kit_json(&first, documents[i]);
        assert_int_equal(gv_operation_read(&op, json, GV_JSON_JOURNAL, &first, &err), GV_OK);
        struct gv_operation *copy = gv_operation_copy(&arena, &op);
        gv_arena_free(&first); /* the address sanitizer sees what still points there */
        assert_string_equal(written(copy), gv_kit_quoted(&arena, documents[i]));
    }
}

struct shown {
    char fields[512];
    int stop_after;
};

static int show(void *ctx, struct gv_media *media, const char *field)
{
    struct shown *shown = ctx;
    size_t at = strlen(shown->fields);
    snprintf(shown->fields + at, sizeof(shown->fields) - at, "%s ", field);
    *media = (struct gv_media){.kind = GV_MEDIA_URL, .url = "https://replaced/"};
    return --shown->stop_after == 0 ? GV_CANCELLED : GV_OK;
}

static void media_are_shown_with_their_places(void **state)
{
    (void)state;
    struct gv_operation op;
    struct shown shown = {0};
    assert_int_equal(read_as(&op, documents[1], GV_JSON_CALLER), GV_OK);
    assert_int_equal(gv_operation_each_media(&op, show, &shown), GV_OK);
    assert_string_equal(shown.fields, "input.image.data config.lastframe config.static_mask config.dynamic_mask.mask ");
    assert_string_equal(op.u.generate.config.static_mask.url, "https://replaced/");
    shown = (struct shown){.stop_after = 1};
    assert_int_equal(read_as(&op, documents[9], GV_JSON_CALLER), GV_OK);
    assert_int_equal(gv_operation_each_media(&op, show, &shown), GV_CANCELLED);
    assert_string_equal(shown.fields, "input_images.0 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_document_comes_back_as_it_was, begin),
        cmocka_unit_test_setup(members_land_where_they_belong, begin),
        cmocka_unit_test_setup(null_means_absent, begin),
        cmocka_unit_test_setup(options_come_in_either_form, begin),
        cmocka_unit_test_setup(large_seeds_are_texts, begin),
        cmocka_unit_test_setup(a_refusal_names_the_field_and_what_is_allowed, begin),
        cmocka_unit_test_setup(media_forms_depend_on_who_speaks, begin),
        cmocka_unit_test_setup(c_callers_are_held_to_the_same_rules, begin),
        cmocka_unit_test_setup(texts_are_bounded_alone_and_together, begin),
        cmocka_unit_test_setup(metadata_is_bounded_and_what_a_front_adds_is_not_counted, begin),
        cmocka_unit_test_setup(keys_have_at_most_255_characters, begin),
        cmocka_unit_test_setup(a_copy_borrows_nothing, begin),
        cmocka_unit_test_setup(media_are_shown_with_their_places, begin),
    };
    return cmocka_run_group_tests(tests, NULL, drop_arena);
}
