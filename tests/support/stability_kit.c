#include "support/stability_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define FILE_BYTES_MAX (64u << 10)

void stability_kit_begin(struct provider_kit *kit, const char *document)
{
    provider_kit_begin(kit, &gv_provider_stability, document);
}

static struct gv_blob_info picture(const char *sha256, const char *type, uint32_t width, uint32_t height)
{
    struct gv_blob_info blob = {.bytes = 40000, .mime_type = type, .width = width, .height = height};
    snprintf(blob.sha256, sizeof(blob.sha256), "%s", sha256);
    return blob;
}

void stability_kit_reply(struct provider_kit *kit, int status, const char *body, const char *lifted)
{
    struct gv_blob_info blob = picture(STABILITY_KIT_SHA, lifted, 1344, 768);
    struct gv_event event = {.kind = GV_EV_REPLY, .lifted = &blob, .lifted_count = lifted != NULL};
    event.reply = (struct gv_reply){.status = status,
                                    .content_type = "application/json",
                                    .body = gv_arena_strdup(&kit->arena, body),
                                    .body_bytes = strlen(body)};
    provider_kit_feed(kit, &event);
}

void stability_kit_no_reply(struct provider_kit *kit, enum gv_sent sent, bool final)
{
    provider_kit_feed(
        kit, &(struct gv_event){.kind = GV_EV_NO_REPLY, .sent = sent, .final = final, .why = "connection reset"});
}

void stability_kit_fetched(struct provider_kit *kit, uint32_t width, uint32_t height)
{
    provider_kit_feed(kit, &(struct gv_event){.kind = GV_EV_FETCHED,
                                              .blob = picture(STABILITY_KIT_SHA, "image/jpeg", width, height)});
}

void stability_kit_transformed(struct provider_kit *kit)
{
    const struct gv_transform *asked = &kit->effect.transform;
    assert_int_equal(kit->effect.kind, GV_EFF_TRANSFORM);
    struct gv_blob_info blob = picture(STABILITY_KIT_FRAME_SHA, "image/png", asked->width, asked->height);
    provider_kit_feed(kit, &(struct gv_event){.kind = GV_EV_TRANSFORMED, .blob = blob});
}

/* One part, from behind its delimiter's line; returns where its value ends. */
static const char *read_part(struct provider_kit *kit, struct gv_json_out *out, const char *at, const char *delimiter)
{
    static const char head[] = "Content-Disposition: form-data; name=\"";
    static const char file[] = "; filename=\"image.png\"\r\nContent-Type: image/png\r\n\r\n";
    const char *value = strstr(at, "\r\n\r\n"), *end = strstr(at, delimiter);
    if (strncmp(at, head, sizeof(head) - 1) != 0 || value == NULL || end == NULL || value + 4 > end)
        fail_msg("no part of a form: %s", at);
    const char *name = at + sizeof(head) - 1;
    size_t name_bytes = strcspn(name, "\"");
    value += 4;
    bool blob = strncmp(value, "<blob ", 6) == 0;
    assert_true(blob == (strncmp(name + name_bytes + 1, file, sizeof(file) - 1) == 0));
    gv_json_put_text_n(out, gv_arena_strndup(&kit->arena, name, name_bytes), blob ? "blob:0" : value,
                       blob ? 6 : (size_t)(end - value));
    return end;
}

const char *stability_kit_form_text(struct provider_kit *kit)
{
    static const char type[] = "multipart/form-data; boundary=";
    const char *body = provider_kit_body(kit);
    assert_non_null(body);
    assert_memory_equal(kit->effect.call.body.content_type, type, sizeof(type) - 1);
    const char *boundary = kit->effect.call.body.content_type + sizeof(type) - 1;
    assert_true(strlen(boundary) <= 70);
    const char *delimiter = gv_arena_printf(&kit->arena, "\r\n--%s", boundary);
    size_t n = strlen(delimiter);
    struct gv_buf buf;
    gv_buf_init(&buf, FILE_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    assert_memory_equal(body, delimiter + 2, n - 2);
    const char *at = body + n - 2;
    while (strncmp(at, "\r\n", 2) == 0)
        at = read_part(kit, &out, at + 2, delimiter) + n;
    assert_string_equal(at, "--\r\n");
    gv_json_close(&out, '}');
    const char *text = gv_arena_strndup(&kit->arena, buf.data, buf.len);
    gv_buf_free(&buf);
    return text;
}

const struct gv_json *stability_kit_form(struct provider_kit *kit)
{
    const char *text = stability_kit_form_text(kit);
    return gv_json_parse(&kit->arena, text, strlen(text), NULL);
}
