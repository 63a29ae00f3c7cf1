/* Any text in any portions (the first byte says how large): the result does not depend on the portions. */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "core/lift.h"
#include "support/fuzz.h"

struct caught {
    struct gv_buf out, bytes;
    int result;
};

static int on_edge(void *ctx, unsigned index, struct gv_error *err)
{
    (void)err;
    gv_buf_addf(&((struct caught *)ctx)->bytes, "|%u|", index);
    return GV_OK;
}

static int on_bytes(void *ctx, unsigned index, const void *data, size_t n, struct gv_error *err)
{
    (void)index;
    (void)err;
    gv_buf_add(&((struct caught *)ctx)->bytes, data, n);
    return GV_OK;
}

static void run(struct caught *c, bool data_uris, const char *text, size_t size, size_t step)
{
    struct gv_lift lift;
    struct gv_error err;
    const struct gv_lift_sink sink = {on_edge, on_bytes, on_edge, c};
    c->result = GV_OK;
    gv_buf_init(&c->out, 1 << 20);
    gv_buf_init(&c->bytes, 1 << 22);
    gv_lift_init(&lift, &c->out, &sink, 8);
    lift.data_uris = data_uris;
    for (size_t at = 0; c->result == GV_OK && at < size; at += step)
        c->result = gv_lift_put(&lift, text + at, step < size - at ? step : size - at, &err);
    if (c->result == GV_OK)
        c->result = gv_lift_end(&lift, &err);
    gv_lift_free(&lift);
}

static bool same(const struct gv_buf *a, const struct gv_buf *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct caught whole, pieces;
    bool data_uris = (data[0] & 1) != 0;
    run(&whole, data_uris, (const char *)data + 1, size - 1, size);
    run(&pieces, data_uris, (const char *)data + 1, size - 1, (size_t)data[0] + 1);
    GV_ASSERT(whole.result == pieces.result);
    if (whole.result == GV_OK)
        GV_ASSERT(same(&whole.out, &pieces.out) && same(&whole.bytes, &pieces.bytes));
    struct caught *both[] = {&whole, &pieces};
    for (size_t i = 0; i < 2; i++) {
        gv_buf_free(&both[i]->out);
        gv_buf_free(&both[i]->bytes);
    }
    return 0;
}
