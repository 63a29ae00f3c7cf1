/* States that a damaged journal could hold: what contradicts itself is refused by name, for no step could go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/list.h"
#include "core/provider.h"

#define OUTPUT_KLING "\"outputs\":[{\"url\":\"https://example.com/f.mp4\"}]"
#define OUTPUT_VEO "\"outputs\":[{\"index\":0,\"uri\":\"gs://b/f.mp4\"}]"
#define OPERATION "models/veo-3.1-generate-preview/operations/abc"
#define TASK_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct row {
    const char *provider, *state;
    const char *member; /* the one at fault; NULL: it can be read */
} rows[] = {
    {"kling", "{\"phase\":\"running\"}", "task_id"},
    {"kling", "{\"phase\":\"running\",\"task_id\":\"t\"}", NULL},
    {"kling", "{\"phase\":\"running\",\"adopting\":\"t\"}", NULL},
    {"kling", "{\"phase\":\"fetching\",\"adopting\":\"t\"," OUTPUT_KLING "}", "task_id"},
    {"kling", "{\"phase\":\"fetching\",\"task_id\":\"t\"}", "outputs"},
    {"kling", "{\"phase\":\"fetching\",\"task_id\":\"t\"," OUTPUT_KLING "}", NULL},
    {"kling", "{\"phase\":\"fetching\",\"task_id\":\"t\",\"fetched\":1," OUTPUT_KLING "}", "fetched"},
    {"runway", "{\"phase\":\"running\"}", "task_id"},
    {"runway", "{\"phase\":\"running\",\"task_id\":\"t\"}", NULL},
    {"runway", "{\"phase\":\"running\",\"adopting\":\"t\"}", NULL},
    {"runway", "{\"phase\":\"cancelling\",\"adopting\":\"t\"}", NULL},
    {"runway", "{\"phase\":\"fetching\",\"adopting\":\"t\"}", "task_id"},
    {"runway", "{\"phase\":\"image_running\"}", "image_task_id"},
    {"runway", "{\"phase\":\"cancelling\"}", "image_task_id"},
    {"runway", "{\"phase\":\"uploading\"}", "slot_uri"},
    {"runway", "{\"phase\":\"fetching\",\"task_id\":\"t\"}", "outputs"},
    {"runway", "{\"phase\":\"fetching\",\"task_id\":\"t\",\"fetched\":1," OUTPUT_KLING "}", "fetched"},
    {"stability", "{\"phase\":\"running\"}", "task_id"},
    {"stability", "{\"phase\":\"running\",\"task_id\":\"../t\"}", "task_id"},
    {"stability", "{\"phase\":\"running\",\"task_id\":\"" TASK_64 "\"}", NULL},
    {"stability", "{\"phase\":\"running\",\"adopting\":\"../t\"}", "adopting"},
    {"stability", "{\"phase\":\"running\",\"adopting\":\"" TASK_64 "\"}", NULL},
    {"veo", "{\"phase\":\"running\",\"adopting\":\"no-operation\"}", "adopting"},
    {"veo", "{\"phase\":\"running\",\"adopting\":\"" OPERATION "\"}", NULL},
    {"veo", "{\"phase\":\"running\"}", "task_id"},
    {"veo", "{\"phase\":\"running\",\"task_id\":\"no-operation\"}", "task_id"},
    {"veo", "{\"phase\":\"running\",\"task_id\":\"" OPERATION "\"}", NULL},
    {"veo", "{\"phase\":\"fetching\",\"task_id\":\"" OPERATION "\"}", "outputs"},
    {"veo", "{\"phase\":\"fetching\",\"fetched\":1," OUTPUT_VEO "}", "fetched"},
};

static void what_contradicts_itself_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        struct gv_arena arena = {0};
        struct gv_error err = {0};
        const struct gv_provider *provider = gv_provider_named(rows[i].provider);
        const struct gv_json *json = gv_json_parse(&arena, rows[i].state, strlen(rows[i].state), NULL);
        int code = gv_state_read(gv_arena_alloc(&arena, provider->state->size), provider, json, &arena, &err);
        if (code != (rows[i].member != NULL ? GV_INTERNAL_ERROR : GV_OK))
            fail_msg("%s %s: %d %s", rows[i].provider, rows[i].state, code, err.message);
        if (rows[i].member != NULL) {
            assert_string_equal(err.field, rows[i].member);
            assert_non_null(strstr(err.message, "contradicts itself"));
        }
        gv_arena_free(&arena);
    }
}

/* A caller that polls must not see it wait for its turn. */
static void what_is_parked_has_begun(void **state)
{
    (void)state;
    for (size_t i = 0; gv_providers[i] != NULL; i++)
        for (size_t k = 0; k < gv_providers[i]->phase_count; k++)
            if ((gv_providers[i]->phases[k].flags & GV_PHASE_PARKED) != 0)
                assert_int_equal(gv_providers[i]->phases[k].status, GV_RUNNING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_contradicts_itself_is_refused),
        cmocka_unit_test(what_is_parked_has_begun),
    };
    return cmocka_run_group_tests_name("states", tests, NULL, NULL);
}
