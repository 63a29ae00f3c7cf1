#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sandbox/faults.h"

static struct gv_faults parsed(const char *script)
{
    struct gv_faults faults;
    struct gv_error error = {0};
    if (gv_faults_parse(&faults, script, 1, &error) != GV_OK)
        fail_msg("%s: %s", script, error.message);
    return faults;
}

static void scripts_are_read_word_by_word(void **state)
{
    (void)state;
    struct gv_faults f = parsed("create:drop*2; query:status:napping@0.25, retired download:big:2147483648\nskew:-60");
    assert_int_equal(f.count, 5);
    assert_string_equal(f.rules[0].route, "create");
    assert_int_equal(f.rules[0].fault, GV_FAULT_DROP);
    assert_int_equal(f.rules[0].times, 2);
    assert_string_equal(f.rules[1].word, "napping");
    assert_true(f.rules[1].chance > 0.24 && f.rules[1].chance < 0.26);
    assert_int_equal(f.rules[1].times, 0);
    assert_string_equal(f.rules[2].route, "any");
    assert_int_equal(f.rules[2].fault, GV_FAULT_RETIRED);
    assert_int_equal(f.rules[3].number, 2147483648);
    assert_string_equal(f.rules[4].route, "any");
    assert_int_equal(f.rules[4].number, -60);
    assert_int_equal(parsed(NULL).count, 0);
    assert_int_equal(parsed(" ;, ").count, 0);
    f = parsed("create:html*3@0.5");
    assert_int_equal(f.rules[0].times, 3);
    assert_true(f.rules[0].chance < 0.6);
}

static void what_cannot_be_read_is_named(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        "nonsense",
        "craete:drop",
        "create:nonsense",
        "create",
        "create:drop:1",
        "create:slow",
        "create:slow:x",
        "slow:-1",
        "create:status",
        "create:drop*0",
        "create:drop*x",
        "create:drop@2",
        "create:drop*1.5",
        "create:drop*",
        "create::drop",
        "a:b:c:d",
        ":",
        "create:drop@0.5x",
    };
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        struct gv_faults faults;
        struct gv_error error = {0};
        if (gv_faults_parse(&faults, scripts[i], 1, &error) != GV_INVALID_INPUT)
            fail_msg("%s was accepted", scripts[i]);
        assert_string_equal(error.field, "faults");
        assert_non_null(strstr(error.message, scripts[i]));
    }
}

static void counts_run_out(void **state)
{
    (void)state;
    struct gv_faults f = parsed("create:drop*2");
    assert_int_equal(gv_faults_draw(&f, "query").ends, GV_FAULT_NONE);
    assert_int_equal(gv_faults_draw(&f, "create").ends, GV_FAULT_DROP);
    assert_int_equal(gv_faults_draw(&f, "create").ends, GV_FAULT_DROP);
    assert_int_equal(gv_faults_draw(&f, "create").ends, GV_FAULT_NONE);
}

static void one_end_comes_after_the_other(void **state)
{
    (void)state;
    struct gv_faults f = parsed("create:500*1,create:503*1,create:slow:7,any:no-duration");
    struct gv_trouble t = gv_faults_draw(&f, "create");
    assert_int_equal(t.number, 500);
    assert_int_equal(t.slow_ms, 7);
    assert_true(t.bend.no_duration);
    assert_int_equal(gv_faults_draw(&f, "create").number, 503);
    assert_int_equal(gv_faults_draw(&f, "create").ends, GV_FAULT_NONE);
    assert_false(gv_faults_draw(&f, "query").slow_ms);
}

static void chances_are_kept_and_repeat(void **state)
{
    (void)state;
    struct gv_faults a = parsed("query:500@0.3"), b = parsed("query:500@0.3"), never = parsed("query:500@0");
    unsigned fired = 0;
    for (int i = 0; i < 1000; i++) {
        enum gv_fault fault = gv_faults_draw(&a, "query").ends;
        assert_int_equal(fault, gv_faults_draw(&b, "query").ends);
        assert_int_equal(gv_faults_draw(&never, "query").ends, GV_FAULT_NONE);
        fired += fault == GV_FAULT_NOW;
    }
    assert_in_range(fired, 250, 350);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scripts_are_read_word_by_word),
        cmocka_unit_test(what_cannot_be_read_is_named),
        cmocka_unit_test(counts_run_out),
        cmocka_unit_test(one_end_comes_after_the_other),
        cmocka_unit_test(chances_are_kept_and_repeat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
