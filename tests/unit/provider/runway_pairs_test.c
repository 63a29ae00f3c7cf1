/* Every phase against every event and every kind of answer: whatever comes, the step is a legal one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "provider/runway/runway_machine.h"
#include "support/provider_kit.h"

#define TEXT "{\"operation\":\"generate\",\"input\":{\"text\":\"a boat\"},\"config\":{}}"
#define BY_PICTURE "{\"operation\":\"generate\",\"input\":{\"text\":\"a boat\"},\"config\":{\"model\":\"gen4_turbo\"}}"
#define DARING                                                                                                         \
    "{\"operation\":\"generate\",\"input\":{\"text\":\"a boat\"},"                                                     \
    "\"config\":{\"model\":\"gen4_turbo\",\"provider_options\":{\"resubmit_uncertain\":\"true\"}}}"
#define LARGE                                                                                                          \
    "{\"operation\":\"upscale_video\",\"input\":{\"blob\":{\"sha256\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" \
    "bbbbbbbbbbbbbbbbbbb\",\"bytes\":9000000,\"mime_type\":\"video/mp4\"}}}"
#define IS(more) "{\"id\":\"77\"," more "}"

static struct provider_kit kit;

/* Nothing but cancelling may destroy, and only what is under way. */
static void check_legal(int before)
{
    int now = *(const int *)kit.state;
    provider_kit_check_legal(&kit, before);
    if (kit.effect.kind != GV_EFF_CALL)
        return;
    bool unsettled = gv_provider_runway.phases[now].flags & GV_PHASE_UNSETTLED;
    assert_int_equal(kit.effect.call.kind == GV_CALL_CREATE, unsettled);
    assert_true((kit.effect.call.url != NULL) == (now == RUNWAY_UPLOADING));
    assert_true(strcmp(kit.effect.call.method, "DELETE") != 0 || now == RUNWAY_CANCELLING);
}

static void fill_state(struct runway_state *s, int phase, bool by_picture, bool cancel_asked, uint32_t losses)
{
    static const struct runway_output output = {"https://c/1"};
    bool film = phase == RUNWAY_RUNNING || phase == RUNWAY_FETCHING || (phase == RUNWAY_CANCELLING && !by_picture);
    bool picture = by_picture && phase != RUNWAY_NEW && phase != RUNWAY_IMAGING;
    *s = (struct runway_state){.phase = phase,
                               .slot_uri = phase == RUNWAY_UPLOADING ? "runway://a" : NULL,
                               .image_task_id = picture || phase == RUNWAY_IMAGE_RUNNING ? "77" : NULL,
                               .image_url = picture && phase != RUNWAY_IMAGE_RUNNING ? "https://c/p" : NULL,
                               .task_id = film ? "77" : NULL,
                               .outputs = &output,
                               .output_count = phase == RUNWAY_FETCHING,
                               .losses = film ? 0 : losses,
                               .cancel_asked = cancel_asked};
    if (phase == RUNWAY_CANCELLING && by_picture)
        s->image_task_id = "77";
}

static void try_pair(const char *document, int phase, const struct gv_event *event, bool cancel_asked, uint32_t losses)
{
    provider_kit_begin(&kit, &gv_provider_runway, document);
    fill_state(kit.state, phase, kit.admission.model->traits & RUNWAY_TEXT_BY_IMAGE, cancel_asked, losses);
    provider_kit_feed(&kit, event);
    check_legal(phase);
    provider_kit_free(&kit);
}

static void try_events(const char *document, int phase, bool cancel_asked, uint32_t losses)
{
    for (int kind = GV_EV_START; kind <= GV_EV_DEADLINE; kind++) {
        for (int how = 0; how <= GV_RESOLVE_GIVE_UP && kind != GV_EV_REPLY; how++) {
            struct gv_event event = {.kind = (enum gv_event_kind)kind,
                                     .sent = how % 2,
                                     .status = how % 2 ? 403 : 0,
                                     .final = how / 2,
                                     .why = how == 3 ? NULL : "why",
                                     .resolution = (enum gv_resolution_kind)how,
                                     .task_id = "9"};
            try_pair(document, phase, &event, cancel_asked, losses);
        }
    }
}

static void try_replies(const char *document, int phase, bool cancel_asked, uint32_t losses)
{
    static const char *const bodies[] = {
        IS("\"estimatedCost\":{\"credits\":60}"),
        IS("\"status\":\"PENDING\""),
        IS("\"status\":\"THROTTLED\""),
        IS("\"status\":\"RUNNING\",\"progress\":0.5"),
        IS("\"status\":\"SUCCEEDED\",\"output\":[\"https://c/1\"],\"cost\":{\"credits\":60}"),
        IS("\"status\":\"SUCCEEDED\",\"output\":[\"https://c/1.zip\"]"),
        IS("\"status\":\"SUCCEEDED\""),
        IS("\"status\":\"FAILED\",\"failureCode\":\"INTERNAL\""),
        IS("\"status\":\"CANCELLED\""),
        IS("\"status\":\"ODD\""),
        "{\"uploadUrl\":\"https://u.example/\",\"fields\":{},\"runwayUri\":\"runway://a\"}",
        "{\"error\":\"You do not have enough credits to run this task.\"}",
        "{\"error\":\"Your daily task limit has been reached.\"}",
        "{\"error\":7,\"issues\":[7,{\"path\":[[]]}]}",
        "",
        "<html>",
        "{}",
        "[]",
    };
    static const int statuses[] = {200, 204, 302, 400, 401, 404, 409, 429, 500, 502};
    for (size_t i = 0; i < GV_COUNT(bodies) * GV_COUNT(statuses); i++) {
        const char *body = bodies[i / GV_COUNT(statuses)];
        struct gv_event event = {.kind = GV_EV_REPLY};
        event.reply = (struct gv_reply){
            .status = statuses[i % GV_COUNT(statuses)], .content_type = "", .body = body, .body_bytes = strlen(body)};
        try_pair(document, phase, &event, cancel_asked, losses);
    }
}

static bool goes_there(const char *document, int phase)
{
    bool picture = phase == RUNWAY_IMAGING || phase == RUNWAY_IMAGE_RUNNING;
    bool file = phase == RUNWAY_RESERVING || phase == RUNWAY_UPLOADING;
    bool by_picture = strcmp(document, BY_PICTURE) == 0 || strcmp(document, DARING) == 0;
    return (!picture || by_picture) && (!file || strcmp(document, LARGE) == 0);
}

static void every_event_in_every_phase_does_something_legal(void **state)
{
    (void)state;
    static const char *const documents[] = {TEXT, BY_PICTURE, DARING, LARGE};
    for (size_t d = 0; d < GV_COUNT(documents); d++) {
        for (int phase = 0; phase < RUNWAY_PHASE_COUNT; phase++) {
            for (unsigned turn = 0; turn < 4 && goes_there(documents[d], phase); turn++) {
                try_events(documents[d], phase, turn % 2, turn / 2);
                try_replies(documents[d], phase, turn % 2, turn / 2);
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
