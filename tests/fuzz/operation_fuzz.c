/* Any operation document: an accepted one survives the journal unchanged, and so does its copy; a refused one
 * says why. */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "core/interface.h"
#include "support/fuzz.h"

static void write_again(struct gv_buf *buf, const struct gv_operation *op)
{
    gv_buf_init(buf, SIZE_MAX);
    struct gv_json_out out = {.buf = buf};
    gv_operation_write(&out, op);
}

static void check_round(struct gv_arena *arena, const struct gv_operation *op, enum gv_json_mode mode)
{
    struct gv_operation again;
    struct gv_error err;
    struct gv_buf first, second;
    write_again(&first, op);
    const struct gv_json *json = gv_json_parse(arena, first.data, first.len, NULL);
    GV_ASSERT(json != NULL);
    GV_ASSERT(gv_operation_read(&again, json, mode, arena, &err) == GV_OK);
    write_again(&second, gv_operation_copy(arena, &again));
    GV_ASSERT(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    gv_buf_free(&first);
    gv_buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum gv_json_mode modes[] = {GV_JSON_CALLER, GV_JSON_LOCAL, GV_JSON_JOURNAL};
    struct gv_arena arena = {0};
    const struct gv_json *json = gv_json_parse(&arena, (const char *)data, size, NULL);
    for (size_t i = 0; json != NULL && i < GV_COUNT(modes); i++) {
        struct gv_operation op;
        struct gv_error err = {0};
        if (gv_operation_read(&op, json, modes[i], &arena, &err) == GV_OK)
            check_round(&arena, &op, modes[i]);
        else
            GV_ASSERT(err.code == GV_INVALID_INPUT && err.message[0] != '\0');
    }
    gv_arena_free(&arena);
    return 0;
}
