/* A deadline ends what costs nothing by it, and parks the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/kling_kit.h"
#include "support/kling_words.h"

static struct provider_kit kit;

static int tear_down(void **state)
{
    (void)state;
    provider_kit_free(&kit);
    return 0;
}

static void before_anything_was_sent_it_costs_nothing(void **state)
{
    (void)state;
    kling_kit_start(&kit, TEXT);
    provider_kit_reply(&kit, 429, BUSY);
    provider_kit_event(&kit, GV_EV_DEADLINE);
    assert_int_equal(kit.effect.kind, GV_EFF_FAIL);
    assert_int_equal(kit.effect.error.charged, GV_NO);
}

static void a_task_that_renders_on_is_named(void **state)
{
    (void)state;
    kling_kit_to_running(&kit);
    provider_kit_event(&kit, GV_EV_DEADLINE);
    assert_int_equal(kit.effect.kind, GV_EFF_FAIL);
    assert_non_null(strstr(kit.effect.error.message, "task 77"));
    assert_int_equal(kit.effect.error.charged, GV_UNKNOWN);
}

static void a_create_that_may_have_arrived_is_parked(void **state)
{
    (void)state;
    kling_kit_start(&kit, TEXT);
    provider_kit_event(&kit, GV_EV_DEADLINE);
    provider_kit_expect_phase(&kit, "uncertain");
    assert_non_null(strstr(kit.effect.note, "gv-job-42"));
}

static void a_paid_film_on_its_way_is_parked(void **state)
{
    (void)state;
    kling_kit_to_running(&kit);
    provider_kit_reply(&kit, 200, DONE);
    provider_kit_event(&kit, GV_EV_DEADLINE);
    provider_kit_expect_phase(&kit, "uncertain");
    assert_non_null(strstr(kit.effect.note, "task 77"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(before_anything_was_sent_it_costs_nothing, tear_down),
        cmocka_unit_test_teardown(a_task_that_renders_on_is_named, tear_down),
        cmocka_unit_test_teardown(a_create_that_may_have_arrived_is_parked, tear_down),
        cmocka_unit_test_teardown(a_paid_film_on_its_way_is_parked, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
