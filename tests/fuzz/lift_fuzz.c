/* Any text in any portions (the first byte says how large): the result does not depend on the portions, and where the
 * text is JSON, it is what comes of reading the JSON whole and decoding its long strings one by one. */
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "core/json.h"
#include "core/lift.h"
#include "support/fuzz.h"

#define LONGER_THAN 8

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
    gv_lift_init(&lift, &c->out, &sink, LONGER_THAN);
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

/* ---- the plain way ---------------------------------------------------------------------------------------------- */

/* Both walked together: the document as it came, and what the filter left of it. */
struct plain {
    struct gv_buf bytes; /* as `caught` has them */
    unsigned count;
    bool data_uris, escapes; /* base64 that is written with escapes stays, though it reads the same */
};

/* Where the base64 of a string begins, or NULL where none of it is base64. */
static const char *base64_of(const struct plain *plain, const char *text)
{
    if (plain->data_uris && strncmp(text, "data:", 5) == 0) {
        const char *mark = strstr(text, ";base64,");
        return mark ? mark + 8 : NULL;
    }
    return text;
}

static bool decode(struct gv_buf *out, const char *text)
{
    struct gv_base64_decoder decoder = {0};
    size_t n = strlen(text), bytes = 0;
    char *room = malloc(n / 4 * 3 + 4);
    GV_ASSERT(room);
    bool good = n > LONGER_THAN && gv_base64_decode(&decoder, room, &bytes, text, n) && gv_base64_decode_end(&decoder);
    if (good)
        gv_buf_add(out, room, bytes);
    free(room);
    return good;
}

static void compare_strings(struct plain *plain, const char *whole, const char *left)
{
    char name[32];
    const char *text = base64_of(plain, whole);
    snprintf(name, sizeof name, "blob:%u", plain->count);
    if (text && strncmp(whole, left, (size_t)(text - whole)) == 0 && strcmp(left + (text - whole), name) == 0 &&
        strcmp(whole, left) != 0) {
        gv_buf_addf(&plain->bytes, "|%u|", plain->count);
        GV_ASSERT(decode(&plain->bytes, text));
        gv_buf_addf(&plain->bytes, "|%u|", plain->count++);
        return;
    }
    struct gv_buf unused;
    gv_buf_init(&unused, 1 << 22);
    GV_ASSERT(strcmp(whole, left) == 0);
    GV_ASSERT(plain->escapes || !text || plain->data_uris || !decode(&unused, text));
    gv_buf_free(&unused);
}

static void compare(struct plain *plain, const struct gv_json *whole, const struct gv_json *left)
{
    GV_ASSERT(whole->kind == left->kind && whole->count == left->count);
    if (whole->kind == GV_JSON_STRING)
        compare_strings(plain, whole->text, left->text);
    const struct gv_json *b = left->child;
    for (const struct gv_json *a = whole->child; a; a = a->next, b = b->next) {
        GV_ASSERT((a->key == NULL) == (b->key == NULL) && (!a->key || strcmp(a->key, b->key) == 0));
        compare(plain, a, b);
    }
}

static void check_plain(const struct caught *caught, bool data_uris, const char *text, size_t size)
{
    struct gv_arena arena = {0};
    const struct gv_json *whole = gv_json_parse(&arena, text, size, NULL);
    if (whole) {
        const struct gv_json *left = gv_json_parse(&arena, caught->out.data, caught->out.len, NULL);
        struct plain plain = {.data_uris = data_uris, .escapes = memchr(text, '\\', size) != NULL};
        gv_buf_init(&plain.bytes, 1 << 22);
        GV_ASSERT(left);
        compare(&plain, whole, left);
        GV_ASSERT(same(&plain.bytes, &caught->bytes));
        gv_buf_free(&plain.bytes);
    }
    gv_arena_free(&arena);
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
    if (whole.result == GV_OK) {
        GV_ASSERT(same(&whole.out, &pieces.out) && same(&whole.bytes, &pieces.bytes));
        check_plain(&whole, data_uris, (const char *)data + 1, size - 1);
    }
    struct caught *both[] = {&whole, &pieces};
    for (size_t i = 0; i < 2; i++) {
        gv_buf_free(&both[i]->out);
        gv_buf_free(&both[i]->bytes);
    }
    return 0;
}
