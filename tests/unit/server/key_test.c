#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/assert.h"
#include "server/access/key.h"
#include "support/folder.h"

#define AT_ONCE 8

static const struct gv_folder *folder;
static char path[128];

static void the_key_is_made_once_and_is_secret(void **state)
{
    (void)state;
    uint8_t first[GV_KEY_BYTES], again[GV_KEY_BYTES], zero[GV_KEY_BYTES] = {0};
    struct stat seen;
    assert_int_equal(gv_key_load(first, folder->path, &gv_crypto_openssl, NULL), GV_OK);
    assert_int_equal(gv_key_load(again, folder->path, &gv_crypto_openssl, NULL), GV_OK);
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, zero, sizeof first);
    assert_int_equal(stat(path, &seen), 0);
    assert_int_equal(seen.st_mode & 0777, 0600);
}

/* Writes the key that it got beside the store's. */
static void load_in_child(void *ctx)
{
    uint8_t key[GV_KEY_BYTES];
    char own[160];
    GV_ASSERT(gv_key_load(key, folder->path, &gv_crypto_openssl, NULL) == GV_OK);
    snprintf(own, sizeof own, "%s.%d", path, *(int *)ctx);
    FILE *file = fopen(own, "w");
    GV_ASSERT(file != NULL && fwrite(key, 1, sizeof key, file) == sizeof key && fclose(file) == 0);
}

static void processes_that_start_at_once_have_one_key(void **state)
{
    (void)state;
    pid_t children[AT_ONCE];
    uint8_t key[GV_KEY_BYTES], other[GV_KEY_BYTES];
    for (int i = 0; i < AT_ONCE; i++)
        children[i] = gv_child_start(load_in_child, &i);
    for (int i = 0; i < AT_ONCE; i++)
        gv_child_wait(children[i]);
    assert_int_equal(gv_key_load(key, folder->path, &gv_crypto_openssl, NULL), GV_OK);
    for (int i = 0; i < AT_ONCE; i++) {
        char own[160];
        snprintf(own, sizeof own, "%s.%d", path, i);
        FILE *file = fopen(own, "r");
        assert_non_null(file);
        assert_int_equal(fread(other, 1, sizeof other, file), sizeof other);
        fclose(file);
        assert_memory_equal(key, other, sizeof key);
    }
}

static void a_damaged_key_is_not_replaced(void **state)
{
    (void)state;
    uint8_t key[GV_KEY_BYTES];
    struct gv_error err;
    FILE *file = fopen(path, "w");
    assert_true(file != NULL && fputs("0123", file) >= 0 && fclose(file) == 0);
    assert_int_equal(gv_key_load(key, folder->path, &gv_crypto_openssl, &err), GV_INTERNAL_ERROR);
    assert_non_null(strstr(err.message, path));
}

static void a_store_that_is_not_there(void **state)
{
    (void)state;
    uint8_t key[GV_KEY_BYTES];
    struct gv_error err;
    assert_int_equal(gv_key_load(key, "/nowhere/at/all", &gv_crypto_openssl, &err), GV_INTERNAL_ERROR);
}

static int set_up(void **state)
{
    gv_folder_set_up(state);
    folder = *state;
    snprintf(path, sizeof path, "%s/server.key", folder->path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_key_is_made_once_and_is_secret, set_up, gv_folder_tear_down),
        cmocka_unit_test_setup_teardown(processes_that_start_at_once_have_one_key, set_up, gv_folder_tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_key_is_not_replaced, set_up, gv_folder_tear_down),
        cmocka_unit_test_setup_teardown(a_store_that_is_not_there, set_up, gv_folder_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
