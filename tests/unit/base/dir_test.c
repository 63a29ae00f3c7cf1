/* That what they sync is durable is shown by tests/crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "support/folder.h"

static void folders_are_made_down_to_the_last(void **state)
{
    const struct gv_folder *folder = *state;
    char path[128];
    snprintf(path, sizeof(path), "%s/a//b/c/", folder->path);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(gv_dir_make_all(path), 0);
        assert_int_equal(gv_dir_sync(path), 0);
    }
}

static void what_is_missing_above_is_told(void **state)
{
    const struct gv_folder *folder = *state;
    char path[128];
    snprintf(path, sizeof(path), "%s/a/b", folder->path);
    assert_int_equal(gv_dir_make(path), ENOENT);
    assert_int_equal(gv_dir_sync(path), ENOENT);
    snprintf(path, sizeof(path), "%s/file", folder->path);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0666));
    snprintf(path, sizeof(path), "%s/file/b", folder->path);
    assert_int_equal(gv_dir_make_all(path), ENOTDIR);
}

static void a_closed_parent_does_not_matter_to_what_is_there(void **state)
{
    const struct gv_folder *folder = *state;
    char path[128];
    snprintf(path, sizeof(path), "%s/a", folder->path);
    assert_int_equal(gv_dir_make(path), 0);
    assert_int_equal(chmod(folder->path, 0300), 0);
    assert_int_equal(gv_dir_make_all(path), 0);
    assert_int_equal(chmod(folder->path, 0700), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, gv_folder_set_up, gv_folder_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(folders_are_made_down_to_the_last),
        TEST(what_is_missing_above_is_told),
        TEST(a_closed_parent_does_not_matter_to_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
