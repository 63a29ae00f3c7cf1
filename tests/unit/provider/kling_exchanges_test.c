/* Every conversation of the exchanges folder, held word by word: each request is what the machine sends, each reply is
 * what it reads, and the phase it ends in is the file's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "support/kling_kit.h"
#include "support/provider_kit.h"

static const char *as_text(struct kling_kit *kit, const struct gv_json *json)
{
    struct gv_buf buf;
    gv_buf_init(&buf, 64u << 10);
    struct gv_json_out out = {.buf = &buf};
    gv_json_put_json(&out, NULL, json);
    const char *text = gv_arena_strdup(&kit->arena, buf.data);
    gv_buf_free(&buf);
    return text;
}

static void check_request(struct kling_kit *kit, const char *file, const struct gv_json *request)
{
    if (kit->effect.kind != GV_EFF_CALL)
        fail_msg("%s: a call was expected\n%s", file, kit->trace.data);
    assert_string_equal(kit->effect.call.method, gv_json_text(request, "method"));
    assert_string_equal(kit->effect.call.path, gv_json_text(request, "path"));
    const struct gv_json *expected = gv_json_member(request, "body");
    const char *body = kling_kit_body(kit);
    if (expected == NULL) {
        assert_null(body);
        return;
    }
    assert_non_null(body);
    const struct gv_json *sent = gv_json_parse(&kit->arena, body, strlen(body), NULL);
    if (!provider_kit_same(expected, sent))
        fail_msg("%s:\n  sent     %s\n  expected %s", file, body, as_text(kit, expected));
}

static void hold(const char *file)
{
    struct kling_kit kit = {0}, reader = {0};
    const struct gv_json *talk = kling_kit_exchange(&reader, file);
    kling_kit_begin(&kit, as_text(&reader, gv_json_member(talk, "operation")), KLING_SET_API_KEY);
    kling_kit_event(&kit, GV_EV_START);
    for (const struct gv_json *turn = gv_json_member(talk, "exchanges")->child; turn != NULL; turn = turn->next) {
        if (kit.effect.kind == GV_EFF_WAIT)
            kling_kit_event(&kit, GV_EV_TIMER);
        check_request(&kit, file, gv_json_member(turn, "request"));
        kling_kit_reply(&kit, (int)gv_json_int(turn, "reply.status", 0), as_text(&kit, gv_json_at(turn, "reply.body")));
    }
    if (strcmp(kling_kit_phase(&kit), gv_json_text(talk, "ends")) != 0)
        fail_msg("%s: ends in %s\n%s", file, kling_kit_phase(&kit), kit.trace.data);
    kling_kit_free(&kit);
    kling_kit_free(&reader);
}

static void every_conversation_is_held_word_by_word(void **state)
{
    (void)state;
    const char *root = getenv("SOURCE_DIR");
    struct gv_arena arena = {0};
    DIR *folder = opendir(gv_arena_printf(&arena, "%s/src/provider/kling/exchanges", root != NULL ? root : "."));
    assert_non_null(folder);
    unsigned held = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strstr(entry->d_name, ".json") == NULL)
            continue;
        hold(entry->d_name);
        held++;
    }
    closedir(folder);
    gv_arena_free(&arena);
    assert_true(held >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_conversation_is_held_word_by_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
