/* Every conversation of the exchanges folder, held word by word: each request is what the machine sends, each reply is
 * what it reads, and the phase it ends in is the file's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "provider/kling/kling.h"
#include "support/provider_kit.h"

static void every_conversation_is_held_word_by_word(void **state)
{
    (void)state;
    assert_true(provider_kit_hold_exchanges(&gv_provider_kling) >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_conversation_is_held_word_by_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
