#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "support/base_kit.h"

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct gv_arena arena = {0};
    for (size_t bytes = 0; bytes < 3000; bytes += 7) {
        unsigned char *memory = gv_arena_alloc(&arena, bytes);
        assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < bytes; i++)
            assert_int_equal(memory[i], 0);
        memset(memory, 0xA5, bytes);
    }
    gv_arena_free(&arena);
}

static void large_wishes_get_their_own_chunk(void **state)
{
    (void)state;
    struct gv_arena arena = {0};
    char *small = gv_arena_strdup(&arena, "small");
    char *large = gv_arena_alloc(&arena, 5u << 20);
    memset(large, 'x', 5u << 20);
    assert_string_equal(small, "small");
    gv_arena_free(&arena);
    gv_arena_free(&arena);
}

static void a_reset_arena_gives_zeroed_memory_again(void **state)
{
    (void)state;
    struct gv_arena arena = {0};
    for (int round = 0; round < 3; round++) {
        char *memory = gv_arena_alloc(&arena, 100000);
        for (size_t i = 0; i < 100000; i++)
            assert_int_equal(memory[i], 0);
        memset(memory, 1, 100000);
        gv_arena_reset(&arena);
    }
    gv_arena_free(&arena);
}

static void what_is_given_back_is_wiped(void **state)
{
    (void)state;
    struct gv_arena arena = {0};
    char *secret = gv_arena_strdup(&arena, "sk-secret");
    gv_arena_reset(&arena); /* keeps the chunk */
    assert_int_equal(secret[0], 0);
    assert_int_equal(secret[8], 0);
    gv_arena_free(&arena);
}

static void copies_of_text(void **state)
{
    (void)state;
    struct gv_arena arena = {0};
    assert_null(gv_arena_strdup(&arena, NULL));
    assert_null(gv_arena_strndup(&arena, NULL, 3));
    assert_string_equal(gv_arena_strndup(&arena, "abcdef", 3), "abc");
    assert_string_equal(gv_arena_strndup(&arena, "ab", 3), "ab");
    assert_string_equal(gv_arena_printf(&arena, "%s-%d", "n", 7), "n-7");
    assert_memory_equal(gv_arena_memdup(&arena, "a\0b", 3), "a\0b", 3);
    gv_arena_free(&arena);
}

static void wish_of_a_wrapped_number(void)
{
    struct gv_arena arena = {0};
    gv_arena_alloc(&arena, SIZE_MAX - 8);
}

static void a_size_that_wrapped_is_a_bug(void **state)
{
    (void)state;
    assert_true(gv_kit_asserts(wish_of_a_wrapped_number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(large_wishes_get_their_own_chunk),
        cmocka_unit_test(a_reset_arena_gives_zeroed_memory_again),
        cmocka_unit_test(what_is_given_back_is_wiped),
        cmocka_unit_test(copies_of_text),
        cmocka_unit_test(a_size_that_wrapped_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
