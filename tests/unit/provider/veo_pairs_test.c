/* Every phase against every event and every kind of answer: whatever comes, the step is a legal one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "provider/veo/veo_machine.h"
#include "support/provider_kit.h"
#include "support/veo_words.h"

static struct provider_kit kit;

static void try_pair(const char *document, int phase, const struct gv_event *event, bool cancel_asked)
{
    static const struct veo_output output = {0, "gs://my-bucket/run/gv-job-42/12/sample_0.mp4"};
    bool named = (phase == VEO_RUNNING || phase == VEO_FETCHING || phase >= VEO_SUCCEEDED);
    bool gemini = strcmp(document, GEMINI) == 0;
    provider_kit_begin(&kit, &gv_provider_veo, document);
    provider_kit_set(&kit, "VEO_PROJECT_ID", "my-proj");
    struct veo_state *s = kit.state;
    *s = (struct veo_state){.phase = phase,
                            .task_id = !named   ? NULL
                                       : gemini ? GEMINI_NAME
                                                : NAME,
                            .posts = phase != VEO_NEW && phase != VEO_GATHERING,
                            .outputs = &output,
                            .output_count = phase == VEO_FETCHING,
                            .cancel_asked = cancel_asked};
    if (phase == VEO_UNCERTAIN)
        s->task_id = cancel_asked ? NAME : NULL;
    provider_kit_feed(&kit, event);
    provider_kit_check_legal(&kit, phase);
    assert_int_equal(kit.effect.progress, -1);
    provider_kit_free(&kit);
}

static void try_events(const char *document, int phase, bool cancel_asked)
{
    static const char *const names[] = {NAME, GEMINI_NAME, "9", NULL};
    for (int kind = GV_EV_START; kind <= GV_EV_DEADLINE; kind++) {
        for (int how = 0; how < 8 && kind != GV_EV_REPLY; how++) {
            struct gv_event event = {.kind = (enum gv_event_kind)kind,
                                     .sent = how % 2,
                                     .status = how % 2 ? 403 : 0,
                                     .final = how > 3,
                                     .resolution = (enum gv_resolution_kind)(how % 4),
                                     .task_id = names[how / 2]};
            memset(event.blob.sha256, 'a', 64);
            event.blob.mime_type = how % 2 ? "image/png" : "video/mp4";
            try_pair(document, phase, &event, cancel_asked);
        }
    }
}

static void try_replies(const char *document, int phase, bool cancel_asked)
{
    static const char *const bodies[] = {
        CREATED,
        GEMINI_CREATED,
        DONE("\"videos\":[" INLINE "]"),
        DONE("\"videos\":[" FILM("sample_0.mp4") "," INLINE "]"),
        DONE("\"videos\":[{\"gcsUri\":\"https://x.example/1.mp4\"},{},7]"),
        DONE("\"raiMediaFilteredCount\":1"),
        DONE("\"videos\":{}"),
        GEMINI_DONE(VEO_GEMINI_URL "/v1beta/files/abc:download?alt=media"),
        GEMINI_DONE("https://evil.example/v1beta/files/abc"),
        ENDED("8", "high load"),
        "{\"items\":[" OBJECT("sample_0.mp4") "]}",
        "{\"items\":7}",
        DENIED,
        BUSY,
        GONE,
        FORBIDDEN,
        "",
        "<html>",
        "{}",
        "[]",
        "[{\"error\":{}}]",
        "{\"done\":true}",
    };
    static const int statuses[] = {200, 302, 400, 401, 403, 404, 429, 500};
    static const struct gv_blob_info lifted = {.sha256 = "a", .mime_type = "video/mp4"};
    for (size_t i = 0; i < GV_COUNT(bodies) * GV_COUNT(statuses); i++) {
        const char *body = bodies[i / GV_COUNT(statuses)];
        struct gv_event event = {.kind = GV_EV_REPLY, .lifted = &lifted, .lifted_count = 1};
        event.reply = (struct gv_reply){
            .status = statuses[i % GV_COUNT(statuses)], .content_type = "", .body = body, .body_bytes = strlen(body)};
        try_pair(document, phase, &event, cancel_asked);
    }
}

static void every_event_in_every_phase_does_something_legal(void **state)
{
    (void)state;
    static const char *const documents[] = {TEXT, STORED, DARING, TWO_PICTURES, GEMINI};
    for (size_t d = 0; d < GV_COUNT(documents); d++) {
        for (int phase = 0; phase < VEO_PHASE_COUNT; phase++) {
            /* Without a bucket of its own a job is never listing. */
            for (int asked = 0; asked < 2 && (phase != VEO_LISTING || documents[d] == documents[1]); asked++) {
                try_events(documents[d], phase, asked);
                try_replies(documents[d], phase, asked);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_in_every_phase_does_something_legal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
