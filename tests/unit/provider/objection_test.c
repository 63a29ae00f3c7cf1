/* In which ways a person can settle a parked job: what a provider has no objection to leads on, and the rest is refused
 * with a reason and leaves the job parked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/list.h"
#include "support/provider_kit.h"

#define FILM(config) "{\"operation\":\"generate\",\"input\":{\"text\":\"a boat\"},\"config\":{" config "}}"
#define SAID(audio)                                                                                                    \
    "{\"operation\":\"generate_lip_sync\",\"video\":{\"video_id\":\"v1\"},\"audio\":{" audio                           \
    "},\"provider_options\":{}}"
#define SPEECH SAID("\"from_text\":{\"text\":\"Hi\",\"voice_id\":\"AOT\",\"language\":\"en\",\"speed\":1}")
#define IN_BUCKET FILM("\"provider_options\":{\"storage_uri\":\"gs://my-bucket/run\"}")
#define OPERATION_IN(location) "projects/p/locations/" location "/publishers/google/models/m/operations/a1b07c8e"
#define OPERATION OPERATION_IN("us-central1")
#define ID_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PARKED(rest) "{\"phase\":\"uncertain\"" rest "}"
#define PICTURE "\"source\":{\"blob\":{\"sha256\":\"" ID_64 "\",\"bytes\":9,\"mime_type\":\"image/png\"}}"

static const struct row {
    const char *provider, *document, *state;
    const char *task_id;         /* what would be adopted */
    const char *look_up, *adopt; /* a part of the objection, or NULL: none */
} rows[] = {
    {"kling", FILM(""), PARKED(",\"external_id\":\"e\",\"posts\":1"), "77", NULL, NULL},
    {"kling", FILM(""), PARKED(",\"external_id\":\"e\",\"posts\":1"), "", NULL, "No task is named"},
    {"kling", FILM(""), PARKED(",\"external_id\":\"e\",\"task_id\":\"7\""), "77", NULL, NULL},
    {"kling", SPEECH, PARKED(""), "77", "no way to ask for a call that makes speech", "that makes speech is no task"},
    {"kling", SPEECH, PARKED(",\"audio_id\":\"a\""), "77", "that looks for a face", "that looks for a face is no task"},
    {"kling", SPEECH, PARKED(",\"audio_id\":\"a\",\"session_id\":\"s\",\"external_id\":\"e\",\"posts\":1"), "77", NULL,
     NULL},
    {"runway", FILM(""), PARKED(",\"losses\":1"), "t", "without its id", NULL},
    {"runway", FILM(""), PARKED(",\"losses\":1"), "", "without its id", "No task is named"},
    {"runway", FILM(""), PARKED(",\"losses\":1"), ID_64 ID_64 ID_64 ID_64, "without its id", "an id so long"},
    {"runway", FILM(""), PARKED(",\"task_id\":\"t\""), "t", NULL, NULL},
    {"veo", FILM(""), PARKED(",\"posts\":1"), OPERATION, "without its name", NULL},
    {"veo", FILM(""), PARKED(",\"posts\":1"), "77", "without its name", "no operation's name"},
    {"veo", IN_BUCKET, PARKED(",\"posts\":1"), OPERATION, NULL, NULL},
    {"veo", FILM(""), PARKED(",\"task_id\":\"" OPERATION "\""), OPERATION, NULL, NULL},
    {"veo", FILM(""), PARKED(",\"task_id\":\"" OPERATION "\""), OPERATION_IN("europe-west4"), NULL, "VEO_BASE_URL"},
    {"stability", FILM(""), PARKED(",\"losses\":1"), ID_64, "without its id", "No create of a film"},
    {"stability", FILM(""), PARKED("," PICTURE), ID_64, "without its id", "No create of a film"},
    {"stability", FILM(""), PARKED(",\"losses\":1," PICTURE), ID_64, "without its id", NULL},
    {"stability", FILM(""), PARKED(",\"losses\":1," PICTURE), "77", "without its id", "64 hex digits"},
    {"stability", FILM(""), PARKED("," PICTURE ",\"task_id\":\"" ID_64 "\""), ID_64, NULL, NULL},
};

static void park(struct provider_kit *kit, const struct row *row)
{
    struct gv_error err = {0};
    provider_kit_begin(kit, gv_provider_named(row->provider), row->document);
    const struct gv_json *json = gv_json_parse(&kit->arena, row->state, strlen(row->state), NULL);
    if (gv_state_read(kit->state, kit->provider, json, &kit->arena, &err) != GV_OK)
        fail_msg("%s %s: %s %s", row->provider, row->state, err.field, err.message);
}

/* The objection and what the step does then must agree. */
static void try_way(const struct row *row, enum gv_resolution_kind how, const char *wanted)
{
    struct provider_kit kit;
    park(&kit, row);
    const struct gv_event event = {.kind = GV_EV_RESOLVE, .resolution = how, .task_id = row->task_id};
    const char *why = kit.provider->objection(&kit.step, kit.state, &event);
    if ((why == NULL) != (wanted == NULL) || (why != NULL && strstr(why, wanted) == NULL))
        fail_msg("%s %s %d: %s", row->provider, row->state, how, why != NULL ? why : "no objection");
    provider_kit_resolve(&kit, how, row->task_id);
    if ((kit.effect.kind == GV_EFF_PARK) != (why != NULL))
        fail_msg("%s %s %d: the step does effect %d", row->provider, row->state, how, kit.effect.kind);
    if (why != NULL)
        assert_non_null(strstr(kit.effect.note, wanted));
    provider_kit_free(&kit);
}

static void what_meets_no_objection_leads_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        try_way(&rows[i], GV_RESOLVE_LOOK_UP, rows[i].look_up);
        try_way(&rows[i], GV_RESOLVE_ADOPT, rows[i].adopt);
        try_way(&rows[i], GV_RESOLVE_RESUBMIT, NULL);
        try_way(&rows[i], GV_RESOLVE_GIVE_UP, NULL);
    }
}

/* Before a task is named only the job counts. */
static void a_task_that_is_still_to_be_named_meets_no_objection(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        struct row row = rows[i];
        bool by_name = row.adopt != NULL &&
                       strstr("No task is named, an id so long, no operation's name, 64 hex digits, VEO_BASE_URL",
                              row.adopt) != NULL;
        const struct gv_event event = {.kind = GV_EV_RESOLVE, .resolution = GV_RESOLVE_ADOPT};
        struct provider_kit kit;
        park(&kit, &row);
        const char *why = kit.provider->objection(&kit.step, kit.state, &event);
        assert_int_equal(why != NULL, row.adopt != NULL && !by_name);
        provider_kit_free(&kit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_meets_no_objection_leads_on),
        cmocka_unit_test(a_task_that_is_still_to_be_named_meets_no_objection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
