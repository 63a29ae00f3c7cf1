#include "support/veo_emu_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

extern const struct gv_emulator gv_emulator_veo;

const char veo_emu_kit_assertion[] =
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJzYW5kYm94QHNhbmRib3gtcHJvamVjdC5pYW0uZ3NlcnZpY2VhY2NvdW50LmNvbSIsInN"
    "jb3BlIjoiaHR0cHM6Ly93d3cuZ29vZ2xlYXBpcy5jb20vYXV0aC9jbG91ZC1wbGF0Zm9ybSIsImF1ZCI6Imh0dHBzOi8vb2F1dGg"
    "yLmdvb2dsZWFwaXMuY29tL3Rva2VuIiwiaWF0IjoxNjk5OTk5OTkwLCJleHAiOjE3MDAwMDM1OTB9.BF2hVQi5S55vk7N2GsehfB"
    "Z5_92rQPvAsVS7BxWTv92HjX334BIp9pQOHhcG0k07G1TfLvAZcqLfKfETFpcR3o65BprkIatc22l6BCyuPY1BKQ3kYuij9588uJ"
    "R3wxP_-YiT_bSDuBGnhqlths9MHTbRcKN0n3W4qwuVzLWnR1b9twwNzB2wifXlTMZVHkBWntQ0wMbPDM7nETzaNn4bVLCdwcqdAj"
    "QIbMTtxHAVobF-LQ3XK5Z5r7GiuzslTSVeqoOzIPXigQaiMGy5biRUqJsyTjfQO9uBiFWjjTTz20qYAypLuN3tyXqmqGyrVKjdH4"
    "XgOxmEVz-dXnI6P6npWg";

static const struct gv_emu_media *media(struct gv_emu_world *world, const char *text)
{
    static const struct {
        const char *end;
        struct gv_emu_media media;
    } rows[] = {
        {"Jpg", {NULL, "image/jpeg", 2048, 1280, 720, 0, 0, NULL}},
        {"Big", {NULL, "image/png", 21u << 20, 1280, 720, 0, 0, NULL}},
        {"Gif", {NULL, "image/gif", 2048, 1280, 720, 0, 0, NULL}},
        {"Mp4", {NULL, "video/mp4", 1u << 20, 1280, 720, 24, 8, NULL}},
        {"Long", {NULL, "video/mp4", 1u << 20, 1280, 720, 24, 40, NULL}},
        {"Fast", {NULL, "video/mp4", 1u << 20, 1280, 720, 30, 8, NULL}},
        {"Odd", {NULL, "video/mp4", 1u << 20, 1000, 700, 24, 8, NULL}},
        {"Bad", {NULL, NULL, 0, 0, 0, 0, 0, "it can't be read"}},
        {"", {NULL, "image/png", 2048, 1280, 720, 0, 0, NULL}},
    };
    size_t i = 0;
    while (!emu_kit_ends(text, rows[i].end))
        i++;
    struct gv_emu_media *m = gv_arena_memdup(world->arena, &rows[i].media, sizeof rows[i].media);
    m->ref = gv_arena_printf(world->arena, "blob:%s", text);
    return m;
}

int veo_emu_kit_token(struct emu_kit *kit, const char *grant_type, const char *name, const char *value)
{
    kit->headers[1] = (struct gv_header){"Content-Type", "application/x-www-form-urlencoded"};
    kit->header_count = 2;
    return emu_kit_send(kit, "POST", "/token",
                        gv_arena_printf(&kit->arena, "{\"grant_type\":\"%s\",\"%s\":\"%s\"}", grant_type, name, value));
}

void veo_emu_kit_begin(struct emu_kit *kit)
{
    emu_kit_open(kit, &gv_emulator_veo, media);
    kit->headers[0] = (struct gv_header){"X-Goog-Api-Key", "sandbox-key"};
    int status =
        veo_emu_kit_token(kit, "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion", veo_emu_kit_assertion);
    assert_int_equal(status, 200);
    kit->authorization = gv_arena_printf(&kit->arena, "Bearer %s", emu_kit_at(kit, "access_token"));
}

int veo_emu_kit_set_up(void **state)
{
    return emu_kit_set_up(state, veo_emu_kit_begin);
}

void veo_emu_kit_refused(struct emu_kit *kit, const char *method, const char *path, const char *body, int status,
                         const char *name, const char *part)
{
    emu_kit_send(kit, method, path, body);
    const char *message = emu_kit_at(kit, "error.message");
    if (kit->reply.accepted || kit->reply.status != status || strcmp(emu_kit_at(kit, "error.status"), name) != 0 ||
        gv_json_int(kit->json, "error.code", 0) != status || !strstr(message, part))
        fail_msg("%s %s %s: expected %d, %s with \"%s\", got %d %s", method, path, body ? body : "", status, name, part,
                 kit->reply.status, kit->reply.body);
}

void veo_emu_kit_poll(struct emu_kit *kit, const char *name)
{
    const char *end = strstr(name, "/operations/");
    assert_non_null(end);
    const char *path = gv_arena_printf(&kit->arena, "/v1/%.*s:fetchPredictOperation", (int)(end - name), name);
    const char *body = gv_arena_printf(&kit->arena, "{\"operationName\":\"%s\"}", name);
    assert_int_equal(emu_kit_send(kit, "POST", path, body), 200);
    assert_string_equal(emu_kit_at(kit, "name"), name);
}

void veo_emu_kit_finish(struct emu_kit *kit, const char *body)
{
    emu_kit_create(kit, VEO_FULL, body);
    const char *name = emu_kit_at(kit, "name");
    kit->world.now_ms = kit->tasks[kit->world.task_count - 1]->ends_ms;
    veo_emu_kit_poll(kit, name);
    assert_true(gv_json_bool(kit->json, "done", false));
}
