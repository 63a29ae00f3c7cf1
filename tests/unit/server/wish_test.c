/* Bodies of the OpenAI wire, and the operations that they ask for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/provider.h"
#include "server/videos/video.h"
#include "server/videos/wish.h"
#include "support/core_kit.h"

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PICTURE "{'blob':{'sha256':'" SHA "','bytes':9,'mime_type':'image/png'}}"
#define FILM "{'blob':{'sha256':'" SHA "','bytes':9,'mime_type':'video/mp4'}}"
#define META(key, value) "'metadata':{'openai." key "':'" value "'}"

static const struct gv_media picture = {.kind = GV_MEDIA_BLOB,
                                        .blob = {.sha256 = SHA, .bytes = 9, .mime_type = "image/png"}};
static const struct gv_media film = {.kind = GV_MEDIA_BLOB,
                                     .blob = {.sha256 = SHA, .bytes = 9, .mime_type = "video/mp4"}};

static const struct gv_media *file_of(void *ctx, const struct gv_json *value)
{
    (void)ctx;
    if (strcmp(value->text, "upload:0") == 0 || strcmp(value->text, "data:image/png;base64,blob:0") == 0)
        return &picture;
    return strcmp(value->text, "upload:1") == 0 ? &film : NULL;
}

/* The first provider with a model, whoever that is: the tests name none. */
static const struct gv_provider *some_provider(void)
{
    return gv_providers[0];
}

static const char *model_of(const struct gv_provider *provider)
{
    return provider->models[0].name;
}

struct row {
    const char *body;
    const char *outcome; /* the document, or "field: why" */
};

/* PROVIDER and MODEL in a row stand for those at hand. */
static const char *filled(struct gv_arena *arena, const char *text)
{
    static const char *const words[][2] = {{"PROVIDER", NULL}, {"MODEL", NULL}};
    const char *values[] = {some_provider()->name, model_of(some_provider())};
    text = gv_kit_quoted(arena, text);
    for (size_t i = 0; i < 2; i++)
        for (const char *at; (at = strstr(text, words[i][0])) != NULL;)
            text = gv_arena_printf(arena, "%.*s%s%s", (int)(at - text), text, values[i], at + strlen(words[i][0]));
    return text;
}

static const char *document(struct gv_arena *arena, const struct gv_operation *op)
{
    struct gv_buf buf;
    gv_buf_init(&buf, 1 << 20);
    gv_operation_write(&(struct gv_json_out){.buf = &buf}, op);
    const char *text = gv_arena_strdup(arena, buf.data);
    gv_buf_free(&buf);
    return text;
}

static void check(const struct row *row, struct gv_asked asked)
{
    struct gv_arena arena = {0};
    struct gv_error err = {0};
    struct gv_asked_wish wish;
    const struct gv_kv pair = {"sora-2", filled(&arena, "PROVIDER/MODEL")}, broken = {"old", "nobody/nothing"};
    const struct gv_kv aliases[] = {pair, broken};
    const struct gv_kv_list list = {aliases, 2};
    asked.tree = gv_json_parse(&arena, filled(&arena, row->body), strlen(filled(&arena, row->body)), NULL);
    asked.file = file_of;
    asked.aliases = &list;
    assert_non_null(asked.tree);
    int code = gv_wish_read(&wish, &asked, &arena, &err);
    bool taken = row->outcome[0] == '{';
    if (taken != (code == GV_OK))
        fail_msg("%s: %s: %s", row->body, err.field, err.message);
    if (taken) {
        assert_string_equal(document(&arena, &wish.op), filled(&arena, row->outcome));
    } else {
        const char *colon = strchr(row->outcome, ':');
        assert_string_equal(err.field, gv_arena_strndup(&arena, row->outcome, (size_t)(colon - row->outcome)));
        if (strstr(err.message, colon + 2) == NULL)
            fail_msg("%s: %s", row->body, err.message);
    }
    gv_arena_free(&arena);
}

#define CHECK_ALL(rows, ...)                                                                                           \
    for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++)                                                      \
    check(&(rows)[i], (struct gv_asked){__VA_ARGS__})

static void the_top_level_fills_the_document(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{'prompt':'a cat'}", "{'input':{'text':'a cat'},'config':{},'operation':'generate'}"},
        {"{'prompt':'a cat','model':'PROVIDER'}",
         "{'input':{'text':'a cat'},'config':{},'operation':'generate','provider':'PROVIDER'," META("model",
                                                                                                    "PROVIDER") "}"},
        {"{'prompt':'a cat','model':'MODEL'}",
         "{'input':{'text':'a cat'},'config':{'model':'MODEL'},'operation':'generate'," META("model", "MODEL") "}"},
        {"{'prompt':'a cat','model':'PROVIDER/MODEL'}",
         "{'input':{'text':'a cat'},'config':{'model':'MODEL'},'operation':'generate','provider':'PROVIDER'," META(
             "model", "PROVIDER/MODEL") "}"},
        {"{'prompt':'a cat','model':'sora-2'}",
         "{'input':{'text':'a cat'},'config':{'model':'MODEL'},'operation':'generate','provider':'PROVIDER'," META(
             "model", "sora-2") "}"},
        {"{'prompt':'a cat','seconds':8}",
         "{'input':{'text':'a cat'},'config':{'duration_seconds':8},'operation':'generate'," META("seconds", "8") "}"},
        {"{'prompt':'a cat','seconds':'8.0'}",
         "{'input':{'text':'a cat'},'config':{'duration_seconds':8},'operation':'generate'," META("seconds", "8") "}"},
        {"{'prompt':'a cat','seconds':null,'size':null,'golem_video':null,'model':null}",
         "{'input':{'text':'a cat'},'config':{},'operation':'generate'}"},
        {"{'prompt':'a cat','size':'720x1280'}",
         "{'input':{'text':'a cat'},'config':{'aspect_ratio':'portrait','resolution':'hd'},'operation':"
         "'generate'," META("size", "720x1280") "}"},
        {"{'prompt':'a cat','size':'1792x1024'}",
         "{'input':{'text':'a cat'},'config':{'aspect_ratio':'landscape','resolution':'hd'},'operation':'generate',"
         "'metadata':{'openai.size':'1792x1024','openai.warning':'no model makes 1792x1024: 1280x720 was asked for, "
         "which has its ratio'}}"},
    };
    CHECK_ALL(rows, .texts = false);
}

static void references_come_in_three_forms(void **state)
{
    (void)state;
    static const char image[] =
        "{'input':{'image':{'data':" PICTURE ",'prompt':'a cat'}},'config':{},'operation':'generate'}";
    static const struct row rows[] = {
        {"{'prompt':'a cat','input_reference':'upload:0'}", image},
        {"{'prompt':'a cat','input_reference':'data:image/png;base64,blob:0'}", image},
        {"{'prompt':'a cat','input_reference':{'image_url':'data:image/png;base64,blob:0'}}", image},
        {"{'prompt':'a cat','golem_video':{'input':{'image':{'data':'upload:0'}}}}", image},
        {"{'prompt':'a cat','golem_video':{'input':{'image':{'data':{'url':'data:image/png;base64,blob:0'}}}}}", image},
        {"{'prompt':'a cat','golem_video':{'input':{'image':{'data':{'bytes':{'base64':'upload:0','mime_type':'x/y'}}"
         "}}}}",
         image},
        {"{'prompt':'a cat','input_reference':{'image_url':'https://a/b.png'}}",
         "{'input':{'image':{'data':{'url':'https://a/b.png'},'prompt':'a cat'}},'config':{},'operation':'generate'}"},
        {"{'prompt':'a cat','input_reference':'data:image/png;base64,AAEC'}",
         "{'input':{'image':{'data':{'bytes':{'base64':'AAEC','mime_type':'image/png'}},'prompt':'a cat'}},"
         "'config':{},'operation':'generate'}"},
        {"{'prompt':'a cat','input_reference':'upload:1'}",
         "{'input':{'video':" FILM "},'config':{'provider_options':{'prompt':'a cat'}},'operation':'generate'}"},
        {"{'prompt':'p','input_reference':{'file_id':'file_1'}}", "input_reference.file_id: no files apart"},
        {"{'prompt':'p','input_reference':'upload:7'}", "input_reference: must be a file"},
        {"{'prompt':'p','input_reference':5}", "input_reference: must be a file"},
        {"{'prompt':'p','input_reference':{'image_url':'a.png'}}", "input_reference: absolute URL"},
        {"{'prompt':'p','input_reference':{'image_url':'https://a/','x':1}}", "input_reference: alone"},
        {"{'prompt':'p','input_reference':'data:image/png,AAEC'}", "input_reference: without base64"},
        {"{'prompt':'p','input_reference':'data:image/png;base64,AA*C'}", "input_reference: can't be read"},
        {"{'prompt':'p','input_reference':'upload:0','golem_video':{'input':{'image':{'data':'upload:0'}}}}",
         "input_reference: different things"},
        {"{'prompt':'p','golem_video':{'input':{'image':{'data':{'blob':{'sha256':'" SHA "'}}}}}}",
         "golem_video.input.image.data: takes no \"blob\""},
        {"{'prompt':'p','golem_video':{'input':{'image':{'data':{'path':'/etc/passwd'}}}}}",
         "golem_video.input.image.data: takes no \"path\""},
    };
    CHECK_ALL(rows, .texts = false);
}

static void our_object_says_the_rest(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{'prompt':'a cat','golem_video':{'provider':'PROVIDER','config':{'seed':5,'negative_prompt':'dogs'},"
         "'metadata':{'shot':'12'},'idempotency_key':'k'}}",
         "{'input':{'text':'a cat'},'config':{'negative_prompt':'dogs','seed':5},'operation':'generate','provider':"
         "'PROVIDER','idempotency_key':'k','metadata':{'shot':'12'}}"},
        {"{'prompt':'a cat','seconds':5,'golem_video':{'config':{'duration_seconds':5}}}",
         "{'input':{'text':'a cat'},'config':{'duration_seconds':5},'operation':'generate'," META("seconds", "5") "}"},
        {"{'golem_video':{'input':{'text':'a cat'},'callback_url':'https://a/'}}",
         "{'input':{'text':'a cat'},'config':{},'operation':'generate'," META("callback_url", "https://a/") "}"},
        {"{'prompt':'a cat','golem_video':{'config':{'seed':'5','enable_audio':'false'}}}",
         "golem_video.config.enable_audio: true or false"},
        {"{'prompt':'p','golem_video':'{}'}", "golem_video: must be an object"},
        {"{'prompt':'p','golem_video':{'seed':5}}", "golem_video.seed: not known here"},
        {"{'prompt':'p','golem_video':{'operation':'dance'}}", "golem_video.operation: generate_lip_sync"},
        {"{'prompt':'p','golem_video':{'callback_url':5}}", "golem_video.callback_url: string"},
        {"{'prompt':'p','golem_video':{'metadata':{'openai.size':'1x1'}}}", "golem_video.metadata: own"},
        {"{'prompt':'p','golem_video':{'config':{'camera_control':{'simple':{'pan':11}}}}}",
         "golem_video.config.camera_control.simple.pan: -10 to 10"},
    };
    CHECK_ALL(rows, .texts = false);
}

/* Everything in a form is text; our object may also come as one. */
static void forms_say_the_same_in_texts(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{'prompt':'a cat','golem_video':{'config':{'seed':'5','enable_audio':'false'}}}",
         "{'input':{'text':'a cat'},'config':{'seed':5,'enable_audio':false},'operation':'generate'}"},
        {"{'prompt':'p','golem_video':'{'}", "golem_video: no JSON"},
        {"{'prompt':'p','golem_video':'5'}", "golem_video: must be an object"},
        {"{'prompt':'p','golem_video':{'config':{'seed':'x'}}}", "golem_video.config.seed: integer"},
    };
    CHECK_ALL(rows, .texts = true);
    struct gv_arena arena = {0};
    struct gv_error err = {0};
    struct gv_asked_wish wish;
    static const char text[] = "{\"config\":{\"seed\":5}}";
    const struct gv_json own = {
        .kind = GV_JSON_STRING, .key = "golem_video", .text = text, .text_bytes = sizeof(text) - 1};
    const struct gv_json prompt = {.kind = GV_JSON_STRING, .key = "prompt", .text = "p", .text_bytes = 1, .next = &own};
    const struct gv_json tree = {.kind = GV_JSON_OBJECT, .child = &prompt, .count = 2};
    struct gv_asked asked = {.tree = &tree, .texts = true};
    assert_int_equal(gv_wish_read(&wish, &asked, &arena, &err), GV_OK);
    assert_int_equal(wish.op.u.generate.config.seed, 5);
    gv_arena_free(&arena);
}

static void the_headers_key_is_the_documents(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{'prompt':'a cat'}", "{'input':{'text':'a cat'},'config':{},'operation':'generate','idempotency_key':'h'}"},
        {"{'prompt':'a cat','golem_video':{'idempotency_key':'h'}}",
         "{'input':{'text':'a cat'},'config':{},'operation':'generate','idempotency_key':'h'}"},
        {"{'prompt':'p','golem_video':{'idempotency_key':'k'}}", "idempotency_key: different"},
    };
    CHECK_ALL(rows, .idempotency_key = "h");
}

static void other_operations_have_their_places(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{'prompt':'Hello','input_reference':'upload:1','golem_video':{'operation':'generate_lip_sync','audio':"
         "{'from_text':{'voice_id':'v','language':'en','speed':1}}}}",
         "{'video':{'video':" FILM "},'audio':{'from_text':{'text':'Hello','voice_id':'v','language':'en','speed':1}},"
         "'operation':'generate_lip_sync'}"},
        {"{'golem_video':{'operation':'generate_lip_sync','video':{'video_id':'v1'},'audio':{'from_audio':"
         "'upload:1'}}}",
         "{'video':{'video_id':'v1'},'audio':{'from_audio':" FILM "},'operation':'generate_lip_sync'}"},
        {"{'model':'PROVIDER','input_reference':'upload:1','golem_video':{'operation':'upscale_video'}}",
         "{'input':" FILM ",'operation':'upscale_video','provider':'PROVIDER'," META("model", "PROVIDER") "}"},
        {"{'seconds':'5','model':'MODEL','input_reference':'upload:0','golem_video':{'operation':"
         "'generate_video_effects','effect':{'single':'squish'}}}",
         "{'input':" PICTURE ",'effect':{'single':'squish'},'model':'MODEL','duration':5,'operation':"
         "'generate_video_effects','metadata':{'openai.model':'MODEL','openai.seconds':'5'}}"},
        {"{'prompt':'both','golem_video':{'operation':'multi_image_generation','input_images':['upload:0',{'url':"
         "'https://a/'}]}}",
         "{'input_images':[" PICTURE ",{'url':'https://a/'}],'prompt':'both','config':{},'operation':"
         "'multi_image_generation'}"},
        {"{'prompt':'on','golem_video':{'operation':'extend_video','video_id':'v1','cfg_scale':0.5}}",
         "{'video_id':'v1','prompt':'on','cfg_scale':0.5,'operation':'extend_video'}"},
        {"{'prompt':'p','golem_video':{'operation':'upscale_video'}}", "prompt: takes no prompt"},
        {"{'prompt':'p','size':'720x1280','golem_video':{'operation':'extend_video','video_id':'v'}}",
         "size: takes no size"},
        {"{'seconds':'5','golem_video':{'operation':'upscale_video'}}", "seconds: takes no seconds"},
        {"{'model':'MODEL','golem_video':{'operation':'upscale_video'}}", "model: provider's name"},
        {"{'prompt':'p','input_reference':'upload:0','golem_video':{'operation':'multi_image_generation'}}",
         "input_reference: takes no input_reference"},
        {"{'prompt':'p','golem_video':{'operation':'generate_lip_sync','audio':{'from_audio':'upload:1'}}}",
         "prompt: takes no prompt"},
        {"{'golem_video':{'operation':'upscale_video'}}", "golem_video.input: missing"},
    };
    CHECK_ALL(rows, .texts = false);
}

static void contradictions_are_named(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{}", "prompt: missing"},
        {"{'prompt':''}", "prompt: missing"},
        {"{'prompt':' '}", "prompt: blank"},
        {"{'prompt':5}", "prompt: must be a string"},
        {"{'prompt':'p','style':'oil'}", "style: is not known here"},
        {"{'prompt':'p','video':'upload:1'}", "video: is not known here"},
        {"{'prompt':'p','characters':[]}", "characters: characters"},
        {"{'prompt':'p','model':'sora-2-pro'}", "model: --alias sora-2-pro="},
        {"{'prompt':'p','model':'PROVIDER/none'}", "model: no model"},
        {"{'prompt':'p','model':'old'}", "model: nobody/nothing"},
        {"{'prompt':'p','seconds':'eight'}", "seconds: number of seconds"},
        {"{'prompt':'p','seconds':true}", "seconds: number of seconds"},
        {"{'prompt':'p','seconds':0}", "seconds: number of seconds"},
        {"{'prompt':'p','seconds':'-4'}", "seconds: number of seconds"},
        {"{'prompt':'p','size':'big'}", "size: WIDTHxHEIGHT"},
        {"{'prompt':'p','size':'800x600'}", "size: WIDTHxHEIGHT"},
        {"{'prompt':'p','size':'1280x721x'}", "size: WIDTHxHEIGHT"},
        {"{'prompt':'p','golem_video':{'input':{'text':'q'}}}", "prompt: golem_video.input.text"},
        {"{'prompt':'p','seconds':5,'golem_video':{'config':{'duration_seconds':6}}}", "seconds: different"},
        {"{'prompt':'p','size':'720x1280','golem_video':{'config':{'aspect_ratio':'square'}}}",
         "size: config.aspect_ratio"},
        {"{'prompt':'p','size':'720x1280','golem_video':{'config':{'resolution':'sd'}}}", "size: config.resolution"},
        {"{'prompt':'p','model':'PROVIDER/MODEL','golem_video':{'provider':'x'}}", "model: provider"},
        {"{'prompt':'p','model':'MODEL','golem_video':{'config':{'model':'x'}}}", "model: config.model"},
    };
    CHECK_ALL(rows, .texts = false);
}

static void remixes_and_edits_begin_from_a_film(void **state)
{
    (void)state;
    static const struct row remixes[] = {
        {"{'prompt':'at night'}",
         "{'input':{'video':" FILM "},'config':{'provider_options':{'prompt':'at night'}},'operation':'generate'," META(
             "remixed_from", "gv_1") "}"},
        {"{'prompt':'p','input_reference':'upload:0'}", "input_reference: not known"},
        {"{'prompt':'p','golem_video':{'input':{'text':'x'}}}", "golem_video.input: video itself"},
        {"{'prompt':'p','golem_video':{'operation':'upscale_video'}}", "golem_video.operation: generate"},
    };
    CHECK_ALL(remixes, .kind = GV_ASKED_REMIX, .film = &film, .remixed_from = "gv_1");
    static const struct row edits[] = {
        {"{'prompt':'at night','video':{'id':'gv_1'},'model':'MODEL'}",
         "{'input':{'video':" FILM
         "},'config':{'model':'MODEL','provider_options':{'prompt':'at night'}},'operation':'generate'," META(
             "model", "MODEL") "}"},
    };
    CHECK_ALL(edits, .kind = GV_ASKED_EDIT, .film = &film);
}

static void extensions_name_a_video(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{'prompt':'on','seconds':'8','video':{'id':'v'}}",
         "{'video_id':'v','prompt':'on','operation':'extend_video','metadata':{'openai.seconds':'8','openai.warning':"
         "'seconds is not used: the provider decides how much an extension adds'}}"},
        {"{'prompt':'p','golem_video':{'operation':'generate'}}", "golem_video.operation: extend_video"},
        {"{'prompt':'p','golem_video':{'video_id':'w'}}", "video: different"},
    };
    CHECK_ALL(rows, .kind = GV_ASKED_EXTENSION, .video_id = "v");
}

static void sizes_go_both_ways(void **state)
{
    (void)state;
    struct gv_arena arena = {0};
    static const char *const sizes[] = {"480x480",   "480x854",   "854x480",   "720x1280", "1280x720",
                                        "1080x1920", "1920x1080", "3840x2160", "1680x720"};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        enum gv_aspect_ratio ratio;
        enum gv_resolution resolution;
        bool exact;
        assert_true(gv_wish_size(&ratio, &resolution, &exact, sizes[i]));
        assert_true(exact);
        assert_string_equal(gv_wish_size_text(&arena, ratio, resolution), sizes[i]);
    }
    assert_null(gv_wish_size_text(&arena, GV_RATIO_UNSET, GV_RESOLUTION_HD));
    gv_arena_free(&arena);
}

/* What a provider refuses later is named as the caller said it. */
static void places_are_spelled_as_the_caller_did(void **state)
{
    (void)state;
    static const struct {
        const char *field, *spelled;
    } rows[] = {
        {"config.model", "model"},
        {"config.duration_seconds", "seconds"},
        {"config.resolution", "golem_video.config.resolution"},
        {"input.image.data", "input_reference"},
        {"input.image.prompt", "prompt"},
        {"config.lastframe", "golem_video.config.lastframe"},
        {"provider", "model"},
        {"provider_options.x", "golem_video.provider_options.x"},
        {"", "golem_video"},
    };
    struct gv_arena arena = {0};
    struct gv_error err = {0};
    struct gv_asked_wish wish;
    struct gv_asked asked = {.file = file_of};
    const char *body = filled(&arena, "{'prompt':'p','model':'MODEL','seconds':5,'input_reference':'upload:0'}");
    asked.tree = gv_json_parse(&arena, body, strlen(body), NULL);
    assert_int_equal(gv_wish_read(&wish, &asked, &arena, &err), GV_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char place[GV_PLACE_TEXT_BYTES];
        gv_wish_field(place, &wish, rows[i].field);
        assert_string_equal(place, rows[i].spelled);
    }
    gv_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_top_level_fills_the_document),
        cmocka_unit_test(references_come_in_three_forms),
        cmocka_unit_test(our_object_says_the_rest),
        cmocka_unit_test(forms_say_the_same_in_texts),
        cmocka_unit_test(the_headers_key_is_the_documents),
        cmocka_unit_test(other_operations_have_their_places),
        cmocka_unit_test(contradictions_are_named),
        cmocka_unit_test(remixes_and_edits_begin_from_a_film),
        cmocka_unit_test(extensions_name_a_video),
        cmocka_unit_test(sizes_go_both_ways),
        cmocka_unit_test(places_are_spelled_as_the_caller_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
