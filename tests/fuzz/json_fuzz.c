/* Any text: what is read can be written, and reads again as the same text. */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "core/json.h"
#include "support/fuzz.h"

static void write_again(struct gv_buf *buf, const struct gv_json *json)
{
    gv_buf_init(buf, SIZE_MAX);
    struct gv_json_out out = {.buf = buf};
    gv_json_put_json(&out, NULL, json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gv_arena arena = {0};
    const char *why = NULL;
    const struct gv_json *json = gv_json_parse(&arena, (const char *)data, size, &why);
    GV_ASSERT(json != NULL || why != NULL);
    if (json != NULL) {
        struct gv_buf first, second;
        write_again(&first, json);
        const struct gv_json *again = gv_json_parse(&arena, first.data, first.len, NULL);
        GV_ASSERT(again != NULL);
        write_again(&second, again);
        GV_ASSERT(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
        gv_buf_free(&first);
        gv_buf_free(&second);
    }
    gv_arena_free(&arena);
    return 0;
}
