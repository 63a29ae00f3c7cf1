/* Every phase against every event and every kind of answer: whatever comes, the step is a legal one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/kling_kit.h"
#include "support/kling_words.h"

static struct provider_kit kit;

static void try_pair(const char *document, int phase, const struct gv_event *event, bool cancel_asked)
{
    static const struct kling_output output = {"v", "https://c/1"};
    bool known = phase == KLING_RUNNING || phase == KLING_FETCHING;
    provider_kit_begin(&kit, &gv_provider_kling, document);
    *kling_kit_state(&kit) = (struct kling_state){.phase = phase,
                                                  .external_id = phase != KLING_NEW ? "gv-job-42" : NULL,
                                                  .task_id = known ? "77" : NULL,
                                                  .posts = phase == KLING_SUBMITTING || phase == KLING_LOOKING_UP,
                                                  .outputs = &output,
                                                  .output_count = phase == KLING_FETCHING,
                                                  .cancel_asked = cancel_asked};
    if (phase != KLING_SPEAKING && phase != KLING_NEW)
        kling_kit_state(&kit)->audio_id = "a";
    if (phase != KLING_SPEAKING && phase != KLING_NEW && phase != KLING_IDENTIFYING)
        kling_kit_state(&kit)->session_id = kling_kit_state(&kit)->face_id = "s";
    provider_kit_feed(&kit, event);
    provider_kit_check_legal(&kit, phase);
    assert_int_equal(kit.effect.progress, -1);
    provider_kit_free(&kit);
}

static void try_events(const char *document, int phase, bool cancel_asked)
{
    for (int kind = GV_EV_START; kind <= GV_EV_DEADLINE; kind++) {
        for (int how = 0; how <= GV_RESOLVE_GIVE_UP && kind != GV_EV_REPLY; how++) {
            struct gv_event event = {.kind = (enum gv_event_kind)kind,
                                     .sent = how % 2,
                                     .status = how % 2 ? 403 : 0,
                                     .resolution = (enum gv_resolution_kind)how,
                                     .task_id = "9"};
            try_pair(document, phase, &event, cancel_asked);
        }
    }
}

static void try_replies(const char *document, int phase, bool cancel_asked)
{
    static const char *const bodies[] = {
        CREATED,
        RUNNING,
        DONE,
        NOT_FOUND,
        EXISTS,
        BUSY,
        POOR,
        EARLY,
        DENIED,
        SPOKEN,
        FACE,
        "",
        "<html>",
        "{\"code\":0}",
        "{\"code\":0,\"data\":[]}",
        "{\"code\":0,\"data\":{\"task_id\":\"1\",\"task_status\":\"odd\"}}",
    };
    static const int statuses[] = {200, 400, 500};
    for (size_t i = 0; i < GV_COUNT(bodies) * GV_COUNT(statuses); i++) {
        const char *body = bodies[i / GV_COUNT(statuses)];
        struct gv_event event = {.kind = GV_EV_REPLY};
        event.reply = (struct gv_reply){
            .status = statuses[i % GV_COUNT(statuses)], .content_type = "", .body = body, .body_bytes = strlen(body)};
        try_pair(document, phase, &event, cancel_asked);
    }
}

static void every_event_in_every_phase_does_something_legal(void **state)
{
    (void)state;
    static const char *const documents[] = {SPEECH, SPEECH_WITH("\"resubmit_uncertain\":\"true\""), TEXT, TEXT_GEN2,
                                            OLD_LIP_SYNC};
    for (size_t d = 0; d < GV_COUNT(documents); d++) {
        for (int phase = 0; phase < KLING_PHASE_COUNT; phase++) {
            bool side = phase == KLING_SPEAKING || phase == KLING_IDENTIFYING;
            for (int asked = 0; asked < 2 && (d < 2 || !side); asked++) {
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
