#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/range.h"

static void ranges_are_read_as_the_rfc_says(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        enum gv_range range;
        uint64_t first, count;
    } rows[] = {
        {NULL, GV_RANGE_WHOLE, 0, 100},
        {"bytes=0-0", GV_RANGE_PART, 0, 1},
        {"bytes=0-", GV_RANGE_PART, 0, 100},
        {"bytes=99-", GV_RANGE_PART, 99, 1},
        {"bytes=10-19", GV_RANGE_PART, 10, 10},
        {"bytes=90-1000", GV_RANGE_PART, 90, 10},
        {"bytes=-10", GV_RANGE_PART, 90, 10},
        {"bytes=-1000", GV_RANGE_PART, 0, 100},
        {"bytes=100-", GV_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=-0", GV_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=5-4", GV_RANGE_WHOLE, 0, 100},
        {"bytes=0-1,5-6", GV_RANGE_WHOLE, 0, 100},
        {"bytes=-", GV_RANGE_WHOLE, 0, 100},
        {"bytes=99999999999999999999-", GV_RANGE_WHOLE, 0, 100},
        {"lines=0-1", GV_RANGE_WHOLE, 0, 100},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t first, count;
        assert_int_equal(gv_range_parse(&first, &count, rows[i].header, 100), rows[i].range);
        if (rows[i].range != GV_RANGE_UNSATISFIABLE) {
            assert_int_equal(first, rows[i].first);
            assert_int_equal(count, rows[i].count);
        }
    }
}

static void parts_are_named_as_the_rfc_says(void **state)
{
    (void)state;
    char text[GV_RANGE_TEXT_BYTES];
    gv_range_text(text, GV_RANGE_PART, 10, 10, 100);
    assert_string_equal(text, "bytes 10-19/100");
    gv_range_text(text, GV_RANGE_UNSATISFIABLE, 0, 0, 100);
    assert_string_equal(text, "bytes */100");
    gv_range_text(text, GV_RANGE_PART, UINT64_MAX - 1, 1, UINT64_MAX);
    assert_string_equal(text, "bytes 18446744073709551614-18446744073709551614/18446744073709551615");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_read_as_the_rfc_says),
        cmocka_unit_test(parts_are_named_as_the_rfc_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
