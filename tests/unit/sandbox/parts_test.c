/* The sandbox's small parts: made-up bytes, links, signatures of callbacks, the store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sandbox/callbacks.h"
#include "sandbox/delivery.h"
#include "sandbox/links.h"
#include "sandbox/store.h"
#include "support/folder.h"

static void made_up_bytes_are_the_same_in_any_pieces(void **state)
{
    (void)state;
    struct gv_bytes bytes;
    uint8_t whole[1000], pieces[1000];
    gv_bytes_generate(&bytes, sizeof whole);
    for (size_t at = 0; at < sizeof whole;)
        at += gv_bytes_read(&bytes, whole + at, sizeof whole - at, at);
    for (size_t at = 0; at < sizeof pieces;)
        at += gv_bytes_read(&bytes, pieces + at, sizeof pieces - at < 13 ? sizeof pieces - at : 13, at);
    assert_memory_equal(whole, pieces, sizeof whole);
    assert_memory_equal(whole,
                        "\0\0\0\x20"
                        "ftypisom",
                        12);
    assert_memory_equal(whole + 32, "\0\0\0\1mdat\0\0\0\0\0\0\x3\xc8", 16); /* 1000 - 32 */
}

static void links_hold_until_they_expire(void **state)
{
    (void)state;
    struct gv_arena arena = {0};
    const struct gv_emu_task task = {.id = "17", .provider = "kling"};
    const char *url = gv_link_make(&arena, "http://127.0.0.1:1/kling", 5, &task, "video.mp4", 1702592000000);
    const char *start = "http://127.0.0.1:1/kling/_media/17/video.mp4?Expires=1702592000&Signature=";
    assert_memory_equal(url, start, strlen(start));
    const char *signature = url + strlen(start), *path = "/_media/17/video.mp4";
    const int64_t end_ms = 1702592000000;
    assert_null(gv_link_check(5, "kling", path, "1702592000", signature, end_ms - 1));
    assert_non_null(strstr(gv_link_check(5, "kling", path, "1702592000", signature, end_ms), "expired"));
    assert_non_null(strstr(gv_link_check(5, "kling", path, "1702592001", signature, 0), "match"));
    assert_non_null(strstr(gv_link_check(5, "kling", "/_media/18/video.mp4", "1702592000", signature, 0), "match"));
    assert_non_null(strstr(gv_link_check(5, "other", path, "1702592000", signature, 0), "match"));
    assert_non_null(strstr(gv_link_check(6, "kling", path, "1702592000", signature, 0), "match"));
    assert_non_null(gv_link_check(5, "kling", path, NULL, signature, 0));
    assert_non_null(gv_link_check(5, "kling", path, "1702592000", "", 0));
    gv_arena_free(&arena);
}

static void callbacks_are_signed_as_standard_webhooks(void **state)
{
    (void)state;
    char out[64];
    assert_true(gv_callback_sign(
        out, &gv_crypto_openssl, "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI=", "9876543210", 1781080794,
        "{\"id\":\"1234567890\",\"status\":\"succeeded\",\"message\":\"\",\"create_time\":1781080778802,"
        "\"update_time\":1781080794151}"));
    assert_string_equal(out, "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4=");
    assert_false(gv_callback_sign(out, &gv_crypto_openssl, "whsec_?", "1", 1, "{}"));
}

/* ---- the store -------------------------------------------------------------------------------------------------- */

static void add(struct gv_store *store, const char *id, const char *external_id)
{
    const struct gv_emu_task task = {.id = id,
                                     .provider = "kling",
                                     .product = "text2video",
                                     .external_id = external_id,
                                     .account = "a",
                                     .created_ms = 5,
                                     .usd = 0.42,
                                     .units = "3 units",
                                     .film = "{}",
                                     .memo = "{\"x\":\"\\u00e9\"}"};
    gv_store_lock(store);
    assert_int_equal(gv_store_add(store, &task, NULL), GV_OK);
    gv_store_unlock(store);
    assert_int_equal(gv_store_sync(store, NULL), GV_OK);
}

static void the_store_remembers_what_was_synced(void **state)
{
    (void)state;
    struct gv_folder folder;
    struct gv_store *store, *second;
    struct gv_error error;
    char path[128];
    size_t count;
    gv_folder_make(&folder);
    snprintf(path, sizeof path, "%s/tasks.jsonl", folder.path);
    assert_int_equal(gv_store_open(&store, path, NULL), GV_OK);
    add(store, "1", "x");
    add(store, "2", NULL);
    assert_int_equal(gv_store_open(&second, path, &error), GV_INTERNAL_ERROR);
    assert_non_null(strstr(error.message, "in use"));
    gv_store_close(store);

    FILE *file = fopen(path, "a");
    fprintf(file, "{\"id\":\"3\",\"memo\":\"%0999d",
            0); /* a crash in the middle of a line, longer than those to come */
    fclose(file);
    assert_int_equal(gv_store_open(&store, path, NULL), GV_OK);
    gv_store_tasks(store, &count);
    assert_int_equal(count, 2);
    assert_string_equal(gv_store_find(store, "kling", "2")->memo, "{\"x\":\"\\u00e9\"}");
    assert_ptr_equal(gv_store_find_external(store, "kling", "a", "x"), gv_store_find(store, "kling", "1"));
    assert_null(gv_store_find_external(store, "kling", "b", "x"));
    assert_null(gv_store_find(store, "other", "1"));
    add(store, "4", NULL);
    gv_store_close(store);
    file = fopen(path, "r"); /* and nothing of the crash is left */
    fseek(file, -1, SEEK_END);
    assert_int_equal(fgetc(file), '\n');
    fclose(file);
    assert_int_equal(gv_store_open(&store, path, NULL), GV_OK);
    assert_non_null(gv_store_find(store, "kling", "4"));
    gv_store_close(store);

    file = fopen(path, "a");
    fputs("{\"id\":7}\n", file);
    fclose(file);
    assert_int_equal(gv_store_open(&store, path, &error), GV_INTERNAL_ERROR);
    assert_non_null(strstr(error.message, "damaged in line 4"));
    gv_folder_remove(&folder);
}

static void what_a_note_removes_is_gone_for_good(void **state)
{
    (void)state;
    struct gv_folder folder;
    struct gv_store *store;
    char path[128];
    size_t count;
    const struct gv_emu_task note = {.note = true,
                                     .removes = "1",
                                     .id = "n",
                                     .provider = "kling",
                                     .product = "delete",
                                     .account = "a",
                                     .memo = "{}"};
    gv_folder_make(&folder);
    snprintf(path, sizeof path, "%s/tasks.jsonl", folder.path);
    assert_int_equal(gv_store_open(&store, path, NULL), GV_OK);
    add(store, "1", "x");
    add(store, "2", NULL);
    assert_int_equal(gv_store_add(store, &note, NULL), GV_OK);
    for (unsigned opened = 0; opened < 2; opened++) {
        assert_null(gv_store_find(store, "kling", "1"));
        assert_null(gv_store_find_external(store, "kling", "a", "x"));
        assert_non_null(gv_store_find(store, "kling", "2"));
        assert_true(gv_store_find(store, "kling", "n")->note);
        const struct gv_emu_task *const *tasks = gv_store_tasks(store, &count);
        assert_int_equal(count, 3); /* what was paid stays paid */
        assert_string_equal(tasks[0]->id, "1");
        gv_store_close(store);
        assert_int_equal(gv_store_open(&store, path, NULL), GV_OK);
    }
    gv_store_close(store);
    gv_folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_up_bytes_are_the_same_in_any_pieces),
        cmocka_unit_test(links_hold_until_they_expire),
        cmocka_unit_test(callbacks_are_signed_as_standard_webhooks),
        cmocka_unit_test(the_store_remembers_what_was_synced),
        cmocka_unit_test(what_a_note_removes_is_gone_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
