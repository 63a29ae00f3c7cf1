#include "support/query.h"

#include <stdlib.h>
#include <string.h>

#define QUERY_BYTES_MAX (1u << 20)

char *query_text(struct gv_arena *arena, const char *text, size_t bytes)
{
    char *out = gv_arena_alloc(arena, bytes + 1), *to = out;
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '%' && i + 2 < bytes) {
            const char hex[3] = {text[i + 1], text[i + 2], '\0'};
            *to++ = (char)strtol(hex, NULL, 16);
            i += 2;
        } else {
            *to++ = text[i];
        }
    }
    return out;
}

const struct gv_json *query_object(struct gv_arena *arena, const char *query)
{
    struct gv_buf buf;
    gv_buf_init(&buf, QUERY_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    for (const char *p = query; p != NULL && *p != '\0'; p += strcspn(p, "&"), p += *p == '&') {
        size_t name = strcspn(p, "="), all = strcspn(p, "&");
        if (name < all)
            gv_json_put_text(&out, gv_arena_strndup(arena, p, name), query_text(arena, p + name + 1, all - name - 1));
    }
    gv_json_close(&out, '}');
    const struct gv_json *json = gv_json_parse(arena, buf.data, buf.len, NULL);
    gv_buf_free(&buf);
    return json;
}
