#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "core/wit.h"

/* wit/golem-video.wit is what gv_wit_print prints: after a change of the tables, write it anew. */
static void the_committed_text_is_what_the_tables_say(void **state)
{
    (void)state;
    const char *root = getenv("SOURCE_DIR");
    char path[4096];
    snprintf(path, sizeof(path), "%s/wit/golem-video.wit", root != NULL ? root : ".");
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s can't be opened", path);
    static char committed[64 << 10];
    size_t bytes = fread(committed, 1, sizeof(committed), file);
    fclose(file);
    struct gv_buf printed;
    gv_buf_init(&printed, sizeof(committed));
    gv_wit_print(&printed);
    size_t same = 0;
    while (same < bytes && same < printed.len && committed[same] == printed.data[same])
        same++;
    if (same < bytes || same < printed.len)
        fail_msg("%s differs from byte %zu on; printed there: %.60s", path, same, printed.data + same);
    gv_buf_free(&printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_committed_text_is_what_the_tables_say)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
