#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void a_buffer_grows_and_stays_terminated(void **state)
{
    (void)state;
    struct gv_buf buf;
    gv_buf_init(&buf, 100000);
    for (int i = 0; i < 10000; i++) {
        assert_true(gv_buf_addf(&buf, "%d", i % 10));
        assert_int_equal(buf.data[buf.len], 0);
    }
    assert_int_equal(buf.len, 10000);
    assert_memory_equal(buf.data, "0123456789012", 13);
    gv_buf_free(&buf);
}

static void the_maximum_is_exact(void **state)
{
    (void)state;
    struct gv_buf buf;
    gv_buf_init(&buf, 5);
    assert_true(gv_buf_adds(&buf, "12345"));
    assert_false(buf.overflow);
    assert_false(gv_buf_adds(&buf, "6"));
    assert_true(buf.overflow);
    assert_string_equal(buf.data, "12345");
    gv_buf_free(&buf);
}

static void an_overflow_leaves_no_hole(void **state)
{
    (void)state;
    struct gv_buf buf;
    gv_buf_init(&buf, 5);
    assert_true(gv_buf_adds(&buf, "12"));
    assert_false(gv_buf_addf(&buf, "%s", "3456"));
    assert_false(gv_buf_adds(&buf, "3")); /* would fit, behind what is missing */
    assert_string_equal(buf.data, "12");
    gv_buf_clear(&buf);
    assert_true(gv_buf_adds(&buf, "abc"));
    assert_string_equal(buf.data, "abc");
    gv_buf_free(&buf);
}

static void adding_nothing_makes_an_empty_text(void **state)
{
    (void)state;
    struct gv_buf buf;
    gv_buf_init(&buf, 0);
    assert_true(gv_buf_add(&buf, NULL, 0));
    assert_string_equal(buf.data, "");
    gv_buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_grows_and_stays_terminated),
        cmocka_unit_test(the_maximum_is_exact),
        cmocka_unit_test(an_overflow_leaves_no_hole),
        cmocka_unit_test(adding_nothing_makes_an_empty_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
