#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/codec.h"

static void hex_goes_both_ways(void **state)
{
    (void)state;
    char text[9];
    uint8_t bytes[4];
    gv_hex_encode(text, "\x00\x9f\xff\x10", 4);
    assert_string_equal(text, "009fff10");
    assert_true(gv_hex_decode(bytes, 4, "009FfF10"));
    assert_memory_equal(bytes, "\x00\x9f\xff\x10", 4);
    assert_false(gv_hex_decode(bytes, 4, "009fff1"));
    assert_false(gv_hex_decode(bytes, 4, "009fff101"));
    assert_false(gv_hex_decode(bytes, 4, "009fff1g"));
    assert_false(gv_hex_decode(bytes, 4, ""));
}

/* RFC 4648, section 10. */
static const struct {
    const char *bytes, *standard, *url;
} vectors[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xff\xfe", "+//+", "-__-"},
};

static void base64_encodes_the_known_vectors(void **state)
{
    (void)state;
    char text[16];
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        size_t n = strlen(vectors[i].bytes);
        assert_int_equal(gv_base64_encode(text, vectors[i].bytes, n), strlen(vectors[i].standard));
        assert_string_equal(text, vectors[i].standard);
        assert_int_equal(gv_base64_length(n), strlen(vectors[i].standard));
        assert_int_equal(gv_base64url_encode(text, vectors[i].bytes, n), strlen(vectors[i].url));
        assert_string_equal(text, vectors[i].url);
    }
}

/* The text in two portions split at `split`. */
static bool decode(uint8_t *out, size_t *count, const char *text, size_t split)
{
    struct gv_base64_decoder decoder = {0};
    size_t first = 0, second = 0, n = strlen(text);
    bool good = gv_base64_decode(&decoder, out, &first, text, split) &&
                gv_base64_decode(&decoder, out + first, &second, text + split, n - split);
    *count = first + second;
    return good && gv_base64_decode_end(&decoder);
}

static void base64_decodes_at_every_split(void **state)
{
    (void)state;
    uint8_t data[257], out[300];
    char text[400];
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 89 + 7);
    for (size_t n = 0; n <= sizeof(data); n += n < 12 ? 1 : 49) {
        size_t chars = gv_base64_encode(text, data, n);
        for (size_t split = 0; split <= chars; split++) {
            size_t count;
            assert_true(decode(out, &count, text, split));
            assert_int_equal(count, n);
            assert_memory_equal(out, data, n);
        }
    }
}

static void what_is_not_base64_is_refused_at_every_split(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "Z",        "Zg",       "Zg=",   "Zm9",       "=",        "==",       "Z===",
        "Zg==Zg==", "Zg==Zg",   "Zm9v=", "Zm 9v",     "Zm9v\n",   "Zg=a",     "-__-",
        "Zm9vZg=Z", "Zm9v====", "Zm8=m", "data:Zg==", "Zg==Zm9v", "Zm8=Zm9v", "Zg=ab",
    };
    uint8_t out[16];
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        for (size_t split = 0; split <= strlen(wrong[i]); split++) {
            size_t count;
            if (decode(out, &count, wrong[i], split))
                fail_msg("\"%s\" was taken, split at %zu", wrong[i], split);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_goes_both_ways),
        cmocka_unit_test(base64_encodes_the_known_vectors),
        cmocka_unit_test(base64_decodes_at_every_split),
        cmocka_unit_test(what_is_not_base64_is_refused_at_every_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
