/* A text with films in it as base64, read in any portions from any place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/codec.h"
#include "sandbox/delivery.h"

#define SHORT_BYTES 5
#define LONG_BYTES 10001 /* needs padding, and more than one portion */

static void add_base64(struct gv_buf *out, uint64_t total)
{
    struct gv_bytes film;
    gv_bytes_generate(&film, total);
    uint8_t *raw = malloc(total);
    char *text = malloc(gv_base64_length(total) + 1);
    for (uint64_t at = 0; at < total;)
        at += gv_bytes_read(&film, raw + at, total - at, at);
    gv_buf_add(out, text, gv_base64_encode(text, raw, total));
    free(raw);
    free(text);
}

static void any_place_reads_as_the_whole(void **state)
{
    (void)state;
    static const size_t steps[] = {1, 2, 3, 7, 4096, 100000};
    struct gv_bytes films[2], whole;
    struct gv_buf wanted;
    char out[4096];
    gv_buf_init(&wanted, 1u << 20);
    gv_buf_adds(&wanted, "[\"");
    add_base64(&wanted, LONG_BYTES);
    gv_buf_adds(&wanted, "\",\"");
    add_base64(&wanted, SHORT_BYTES);
    gv_buf_adds(&wanted, "\"]");
    gv_bytes_generate(&films[0], LONG_BYTES);
    gv_bytes_generate(&films[1], SHORT_BYTES);
    gv_bytes_splice(&whole, "[\"\",\"\"]", "application/json", films, (const size_t[]){2, 5}, 2);
    assert_int_equal(whole.total, wanted.len);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        size_t room = steps[i] < sizeof out ? steps[i] : sizeof out;
        for (uint64_t at = 0; at < whole.total;) {
            size_t n = gv_bytes_read(&whole, out, room, at);
            assert_in_range(n, 1, room);
            assert_memory_equal(out, wanted.data + at, n);
            at += n;
        }
        assert_int_equal(gv_bytes_read(&whole, out, room, whole.total), 0);
    }
    gv_bytes_close(&whole);
    gv_buf_free(&wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_place_reads_as_the_whole)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
