#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/provider.h"
#include "support/core_kit.h"

static struct gv_arena arena;

static int drop_arena(void **state)
{
    (void)state;
    gv_arena_free(&arena);
    return 0;
}

struct lamp {
    int phase;
    const char *task_id;
    uint32_t tries;
    int64_t skew_s;
    bool lit;
};

static const struct gv_field lamp_fields[] = {
    GV_STRING(struct lamp, task_id, 0),
    GV_U32(struct lamp, tries, 0),
    GV_I64(struct lamp, skew_s, GV_FIELD_OPTIONAL),
    GV_BOOL(struct lamp, lit),
};
static const struct gv_schema lamp_schema = GV_RECORD_SCHEMA("lamp", struct lamp, lamp_fields);

enum { DARK, BRIGHT, BROKEN };
static const struct gv_phase phases[] = {
    [DARK] = {"dark", GV_PENDING, GV_BIT(DARK) | GV_BIT(BRIGHT), 0},
    [BRIGHT] = {"bright", GV_RUNNING, GV_BIT(BROKEN), 0},
    [BROKEN] = {"broken", GV_FAILED, 0, GV_PHASE_END},
};
static const struct gv_provider lamps = {
    .name = "lamps", .phases = phases, .phase_count = GV_COUNT(phases), .state = &lamp_schema};

static void a_phase_moves_as_the_table_allows(void **state)
{
    (void)state;
    struct lamp lamp = {0};
    gv_phase_go(&lamps, &lamp, DARK);
    gv_phase_go(&lamps, &lamp, BRIGHT);
    assert_int_equal(lamp.phase, BRIGHT);
    gv_phase_go(&lamps, &lamp, BROKEN);
    assert_int_equal(lamp.phase, BROKEN);
}

static void go_back(void)
{
    struct lamp lamp = {.phase = BRIGHT};
    gv_phase_go(&lamps, &lamp, DARK);
}

static void stay(void)
{
    struct lamp lamp = {.phase = BRIGHT};
    gv_phase_go(&lamps, &lamp, BRIGHT);
}

static void leave_the_table(void)
{
    struct lamp lamp = {0};
    gv_phase_go(&lamps, &lamp, 3);
}

static void come_from_nowhere(void)
{
    struct lamp lamp = {.phase = -1};
    gv_phase_go(&lamps, &lamp, DARK);
}

static void other_moves_are_bugs(void **state)
{
    (void)state;
    assert_true(gv_kit_asserts(go_back));
    assert_true(gv_kit_asserts(stay));
    assert_true(gv_kit_asserts(leave_the_table));
    assert_true(gv_kit_asserts(come_from_nowhere));
}

static const char *written(const struct lamp *lamp)
{
    struct gv_buf buf;
    gv_buf_init(&buf, 4096);
    struct gv_json_out out = {.buf = &buf};
    gv_state_write(&out, &lamps, lamp);
    const char *copy = gv_arena_strdup(&arena, buf.data);
    gv_buf_free(&buf);
    return copy;
}

static int read_back(struct lamp *lamp, const char *text, struct gv_error *err)
{
    *lamp = (struct lamp){0};
    return gv_state_read(lamp, &lamps, gv_kit_json(&arena, text), &arena, err);
}

static void a_state_is_kept_with_its_phase_by_name(void **state)
{
    (void)state;
    struct lamp lamp = {.phase = BRIGHT, .task_id = "t", .tries = 2, .skew_s = -7, .lit = true}, back;
    struct gv_error err;
    const char *text = "{'phase':'bright','task_id':'t','tries':2,'skew_s':-7,'lit':true}";
    assert_string_equal(written(&lamp), gv_kit_quoted(&arena, text));
    assert_int_equal(read_back(&back, text, &err), GV_OK);
    assert_string_equal(written(&back), gv_kit_quoted(&arena, text));
}

static void what_an_older_version_did_not_write_is_zero(void **state)
{
    (void)state;
    struct lamp lamp = {0}, back;
    struct gv_error err;
    assert_string_equal(written(&lamp), gv_kit_quoted(&arena, "{'phase':'dark','tries':0,'lit':false}"));
    assert_int_equal(read_back(&back, "{'tries':5,'phase':'bright'}", &err), GV_OK);
    assert_int_equal(back.phase, BRIGHT);
    assert_int_equal(back.tries, 5);
    assert_null(back.task_id);
}

static void what_is_not_understood_is_not_guessed(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{'tries':5}", "{'phase':'dim'}", "{'phase':1}", "{'phase':'dark','colour':1}", "{'phase':'dark','tries':'5'}",
        "[]"};
    struct lamp lamp;
    struct gv_error err;
    for (size_t i = 0; i < GV_COUNT(texts); i++)
        assert_int_equal(read_back(&lamp, texts[i], &err), GV_INTERNAL_ERROR);
}

static void effects_carry_what_they_were_given(void **state)
{
    (void)state;
    struct gv_error error = {.code = GV_CANCELLED, .message = "m"};
    struct gv_call call = {.kind = GV_CALL_CREATE, .path = "/v1"};
    struct gv_effect wait = gv_effect_note(gv_effect_wait(GV_WAIT_BACKOFF, 1500), "busy");
    assert_int_equal(wait.kind, GV_EFF_WAIT);
    assert_int_equal(wait.wait.kind, GV_WAIT_BACKOFF);
    assert_int_equal(wait.wait.ms, 1500);
    assert_string_equal(wait.note, "busy");
    assert_int_equal(wait.progress, -1);
    assert_string_equal(gv_effect_call(&call).call.path, "/v1");
    assert_int_equal(gv_effect_call(&call).progress, -1);
    assert_string_equal(gv_effect_fail(&error).error.message, "m");
    assert_int_equal(gv_effect_fail(&error).kind, GV_EFF_FAIL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_phase_moves_as_the_table_allows),
        cmocka_unit_test(other_moves_are_bugs),
        cmocka_unit_test(a_state_is_kept_with_its_phase_by_name),
        cmocka_unit_test(what_an_older_version_did_not_write_is_zero),
        cmocka_unit_test(what_is_not_understood_is_not_guessed),
        cmocka_unit_test(effects_carry_what_they_were_given),
    };
    return cmocka_run_group_tests(tests, NULL, drop_arena);
}
