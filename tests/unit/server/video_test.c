/* Rows of the journal as Video objects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/provider.h"
#include "server/parts/internal.h"
#include "server/videos/video.h"
#include "support/api_world.h"
#include "support/core_kit.h"

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FILM                                                                                                           \
    "[{'index':0,'data':{'blob':{'sha256':'" SHA "','bytes':9,'mime_type':'video/mp4','width':1280,'height':720,"      \
    "'duration_seconds':5.04,'fps':24}},'generation_id':'g1'}]"
#define REQUEST                                                                                                        \
    "{'operation':'generate','input':{'image':{'data':{'url':'https://a/b.png?signature=secret'},'prompt':'a cat'}},"  \
    "'config':{'duration_seconds':8,'aspect_ratio':'portrait','resolution':'hd'},'metadata':{'shot':'12'}}"

struct world {
    struct api_world api; /* the first, so that its teardown is this one's */
    struct gv_server server;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    api_world_open(&w->api);
    w->server.engine = w->api.engine;
    *state = w;
    return 0;
}

static const char *quoted(struct world *w, const char *text)
{
    return text != NULL ? gv_kit_quoted(&w->api.arena, text) : NULL;
}

/* A job of the first provider, whoever that is. */
static struct gv_job_row some_row(struct world *w)
{
    return (struct gv_job_row){
        .id = "gv_01",
        .provider = gv_providers[0]->name,
        .model = gv_providers[0]->models[0].name,
        .operation = "generate",
        .request = quoted(w, REQUEST),
        .phase = gv_providers[0]->phases[0].name,
        .note = "",
        .metadata = quoted(w, "{'shot':'12','openai.model':'sora-2'}"),
        .status = GV_PENDING,
        .usd = -1,
        .progress = -1,
        .created_ms = 1000000,
        .updated_ms = 2000999,
        .deadline_ms = 9000000,
    };
}

static const struct gv_json *video_of(struct world *w, const struct gv_job_row *row, bool as_created)
{
    struct gv_buf buf;
    struct gv_error err;
    struct gv_exchange x = {.server = &w->server, .engine = w->server.engine, .method = "GET", .path = ""};
    gv_buf_init(&buf, 1 << 20);
    if (gv_video_put(&(struct gv_json_out){.buf = &buf}, NULL, &x, row, as_created, &err) != GV_OK)
        fail_msg("%s", err.message);
    const struct gv_json *video = gv_json_parse(&w->api.arena, buf.data, buf.len, NULL);
    assert_non_null(video);
    gv_buf_free(&buf);
    gv_arena_free(&x.arena);
    return video;
}

static void is_text(const struct gv_json *video, const char *path, const char *wanted)
{
    const char *text = gv_json_text(video, path);
    if (wanted == NULL) {
        const struct gv_json *value = gv_json_at(video, path);
        assert_non_null(value);
        assert_int_equal(value->kind, GV_JSON_NULL);
        return;
    }
    if (text == NULL)
        fail_msg("no text %s", path);
    assert_string_equal(text, wanted);
}

static void the_wire_has_four_words_and_whole_numbers(void **state)
{
    static const struct {
        enum gv_status status;
        int progress;
        bool parked;
        const char *word;
        int shown;
    } rows[] = {
        {GV_PENDING, -1, false, "queued", 0},        {GV_PENDING, 3, false, "queued", 3},
        {GV_RUNNING, -1, false, "in_progress", 0},   {GV_RUNNING, 40, false, "in_progress", 40},
        {GV_RUNNING, 100, false, "in_progress", 99}, {GV_RUNNING, 40, true, "in_progress", 40},
        {GV_SUCCEEDED, 40, false, "completed", 100}, {GV_SUCCEEDED, -1, false, "completed", 100},
        {GV_FAILED, 40, false, "failed", 40},        {GV_FAILED, 100, false, "failed", 99},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gv_job_row row = some_row(w);
        row.status = rows[i].status;
        row.progress = rows[i].progress;
        row.parked = rows[i].parked;
        row.outputs = rows[i].status == GV_SUCCEEDED ? quoted(w, FILM) : NULL;
        const struct gv_json *video = video_of(w, &row, false);
        is_text(video, "status", rows[i].word);
        assert_int_equal(gv_json_at(video, "progress")->kind, GV_JSON_INT);
        assert_int_equal(gv_json_int(video, "progress", -1), rows[i].shown);
        assert_int_equal(gv_json_at(video, "golem_video.resolve") != NULL, rows[i].parked);
        assert_int_equal(gv_video_status_value(rows[i].word), rows[i].status);
    }
    assert_int_equal(gv_video_status_value("expired"), GV_STATUS_UNSET);
}

static void a_waiting_job_shows_what_was_asked_for(void **state)
{
    struct world *w = *state;
    struct gv_job_row row = some_row(w);
    const struct gv_json *video = video_of(w, &row, false);
    is_text(video, "id", "gv_01");
    is_text(video, "object", "video");
    is_text(video, "model", "sora-2");
    is_text(video, "prompt", "a cat");
    is_text(video, "seconds", "8");
    is_text(video, "size", "720x1280");
    is_text(video, "completed_at", NULL);
    is_text(video, "expires_at", NULL);
    is_text(video, "remixed_from_video_id", NULL);
    is_text(video, "error", NULL);
    assert_int_equal(gv_json_int(video, "created_at", 0), 1000);
    is_text(video, "golem_video.model", row.model);
    is_text(video, "golem_video.metadata.shot", "12");
    assert_int_equal(gv_json_at(video, "golem_video.metadata")->count, 1);
    is_text(video, "golem_video.request.input.image.data.url", "https://a/b.png");
    assert_null(gv_json_at(video, "golem_video.request.metadata"));
    assert_null(gv_json_at(video, "golem_video.content_url"));

    row.metadata = quoted(w, "{'openai.size':'1792x1024','openai.seconds':'8.5','openai.remixed_from':'gv_00',"
                             "'openai.warning':'no'}");
    row.warnings = quoted(w, "['seed is not used']");
    video = video_of(w, &row, false);
    is_text(video, "model", row.model);
    is_text(video, "size", "1792x1024");
    is_text(video, "seconds", "8.5");
    is_text(video, "remixed_from_video_id", "gv_00");
    is_text(video, "golem_video.warnings.0", "no");
    is_text(video, "golem_video.warnings.1", "seed is not used");

    row.request = quoted(w, "{'operation':'upscale_video','input':{'url':'https://a/'}}");
    row.metadata = NULL;
    row.model = NULL;
    video = video_of(w, &row, false);
    is_text(video, "model", row.provider);
    is_text(video, "prompt", NULL);
    is_text(video, "seconds", "");
    is_text(video, "size", "");
}

static void a_stored_film_tells_its_own_measures(void **state)
{
    struct world *w = *state;
    struct gv_job_row row = some_row(w);
    row.status = GV_SUCCEEDED;
    row.outputs = quoted(w, FILM);
    const struct gv_json *video = video_of(w, &row, false);
    is_text(video, "seconds", "5");
    is_text(video, "size", "1280x720");
    assert_int_equal(gv_json_int(video, "completed_at", 0), 2000);
    is_text(video, "golem_video.videos.0.sha256", SHA);
    is_text(video, "golem_video.videos.0.generation_id", "g1");
    assert_true(gv_json_real(video, "golem_video.videos.0.duration_seconds", 0) == 5.04);
    is_text(video, "golem_video.content_url", gv_json_text(video, "golem_video.videos.0.content_url"));
    assert_non_null(strstr(gv_json_text(video, "golem_video.thumbnail_url"), "variant=thumbnail"));
    assert_null(gv_json_at(video, "golem_video.videos.0.uri"));

    video = video_of(w, &row, true);
    is_text(video, "status", "queued");
    is_text(video, "seconds", "8");
    is_text(video, "completed_at", NULL);
    assert_int_equal(gv_json_int(video, "progress", -1), 0);
    assert_int_equal(gv_json_at(video, "golem_video.videos")->count, 0);
    assert_null(gv_json_at(video, "golem_video.request"));
}

static void failures_have_codes(void **state)
{
    static const struct {
        const char *error, *code;
        bool cancelled;
    } rows[] = {
        {"{'code':'invalid_input','message':'m','field':'prompt'}", "invalid_request", false},
        {"{'code':'unsupported_feature','message':'m','field':'prompt'}", "unsupported", false},
        {"{'code':'quota_exceeded','message':'m','field':'prompt'}", "quota_exceeded", false},
        {"{'code':'generation_failed','message':'m','field':'prompt','stage':'render'}", "generation_failed", false},
        {"{'code':'generation_failed','message':'m','field':'prompt','stage':'output'}", "moderation_blocked", false},
        {"{'code':'internal_error','message':'m','field':'prompt'}", "internal_error", false},
        {"{'code':'cancelled','message':'m','field':'prompt'}", "cancelled", true},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gv_job_row row = some_row(w);
        row.status = GV_FAILED;
        row.cancelled = rows[i].cancelled;
        row.error = quoted(w, rows[i].error);
        const struct gv_json *video = video_of(w, &row, false);
        is_text(video, "status", "failed");
        is_text(video, "error.code", rows[i].code);
        is_text(video, "error.message", "m");
        is_text(video, "error.param", "prompt");
        is_text(video, "golem_video.error.message", "m");
        assert_int_equal(gv_json_int(video, "completed_at", 0), 2000);
    }
    struct gv_job_row row = some_row(w);
    row.status = GV_FAILED;
    row.cancelled = true;
    row.note = "stopped";
    const struct gv_json *video = video_of(w, &row, false);
    is_text(video, "error.code", "cancelled");
    is_text(video, "error.message", "stopped");
}

/* A row that an earlier version wrote, or a damaged one, is shown as far as it can be read. */
static void an_unreadable_request_is_left_out(void **state)
{
    struct world *w = *state;
    struct gv_job_row row = some_row(w);
    row.request = quoted(w, "{'operation':'dance'}");
    row.provider = "nobody";
    const struct gv_json *video = video_of(w, &row, false);
    is_text(video, "prompt", NULL);
    is_text(video, "size", "");
    assert_null(gv_json_at(video, "golem_video.request"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wire_has_four_words_and_whole_numbers),
        cmocka_unit_test(a_waiting_job_shows_what_was_asked_for),
        cmocka_unit_test(a_stored_film_tells_its_own_measures),
        cmocka_unit_test(failures_have_codes),
        cmocka_unit_test(an_unreadable_request_is_left_out),
    };
    return cmocka_run_group_tests(tests, set_up, api_world_end);
}
