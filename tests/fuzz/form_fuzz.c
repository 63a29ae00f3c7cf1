/* Any multipart body in any portions (the first byte says how large): the parts do not depend on the portions, and
 * what they make is a tree that JSON can say. Any urlencoded body: the same of the tree. */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "core/fields.h"
#include "core/multipart.h"
#include "support/fuzz.h"

#define TEXT_BYTES_MAX (1u << 20)

struct caught {
    struct gv_arena arena;
    struct gv_fields fields;
    struct gv_buf text, all;
    struct gv_part part;
    int result;
};

static int on_begin(void *ctx, const struct gv_part *part, struct gv_error *err)
{
    struct caught *c = ctx;
    (void)err;
    c->part = *part;
    gv_buf_clear(&c->text);
    gv_buf_addf(&c->all, "|%s|%d|", part->name, part->file);
    return GV_OK;
}

static int on_bytes(void *ctx, const char *data, size_t n, struct gv_error *err)
{
    struct caught *c = ctx;
    (void)err;
    gv_buf_add(&c->text, data, n);
    gv_buf_add(&c->all, data, n);
    return GV_OK;
}

static int on_end(void *ctx, struct gv_error *err)
{
    struct caught *c = ctx;
    return gv_fields_put(&c->fields, c->part.name, c->text.len > 0 ? c->text.data : "", c->text.len, err);
}

static void begin(struct caught *c)
{
    *c = (struct caught){0};
    gv_buf_init(&c->text, TEXT_BYTES_MAX);
    gv_buf_init(&c->all, 4 * TEXT_BYTES_MAX);
    gv_fields_init(&c->fields, &c->arena, TEXT_BYTES_MAX);
}

static void end(struct caught *c)
{
    gv_buf_free(&c->text);
    gv_buf_free(&c->all);
    gv_arena_free(&c->arena);
}

static void run(struct caught *c, const char *text, size_t size, size_t step)
{
    struct gv_multipart m;
    struct gv_error err;
    const struct gv_multipart_sink sink = {on_begin, on_bytes, on_end, c};
    begin(c);
    c->result = gv_multipart_init(&m, "multipart/form-data; boundary=B", &sink, &err);
    for (size_t at = 0; c->result == GV_OK && at < size; at += step)
        c->result = gv_multipart_put(&m, text + at, step < size - at ? step : size - at, &err);
    if (c->result == GV_OK)
        c->result = gv_multipart_end(&m, &err);
    gv_multipart_free(&m);
}

static void check_tree(struct caught *c)
{
    struct gv_buf buf;
    gv_buf_init(&buf, SIZE_MAX);
    gv_json_put_json(&(struct gv_json_out){.buf = &buf}, NULL, c->fields.tree);
    GV_ASSERT(gv_json_parse(&c->arena, buf.data, buf.len, NULL) != NULL);
    gv_buf_free(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct caught whole, pieces;
    struct gv_error err;
    if (size < 2)
        return 0;
    const char *text = (const char *)data + 1;
    run(&whole, text, size - 1, size);
    run(&pieces, text, size - 1, (size_t)data[0] + 1);
    GV_ASSERT(whole.result == pieces.result);
    if (whole.result == GV_OK) {
        GV_ASSERT(whole.all.len == pieces.all.len);
        GV_ASSERT(whole.all.len == 0 || memcmp(whole.all.data, pieces.all.data, whole.all.len) == 0);
        check_tree(&whole);
    }
    end(&whole);
    end(&pieces);
    begin(&whole);
    if (gv_fields_put_escaped(&whole.fields, text, size - 1, &err) == GV_OK)
        check_tree(&whole);
    end(&whole);
    return 0;
}
