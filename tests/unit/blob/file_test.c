/* The files on the disk, and several processes at them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "blob/file.h"
#include "support/folder.h"

static const char ABC_SHA256[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char ABC_FILE[] = "blobs/ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

struct world {
    struct gv_folder folder;
    struct gv_blobs *blobs;
    char path[512]; /* what in_store last made */
};

static struct gv_blobs *open_store(const char *dir)
{
    struct gv_blobs *blobs = NULL;
    struct gv_error err;
    GV_ASSERT(gv_blobs_file_open(&blobs, dir, &gv_crypto_openssl, &err) == GV_OK);
    return blobs;
}

static int set_up(void **state)
{
    static struct world world;
    gv_folder_make(&world.folder);
    world.blobs = open_store(world.folder.path);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    world->blobs->vtable->close(world->blobs);
    gv_folder_remove(&world->folder);
    return 0;
}

static const char *in_store(struct world *world, const char *name)
{
    snprintf(world->path, sizeof(world->path), "%s/%s", world->folder.path, name);
    return world->path;
}

static void age(struct world *world, const char *name)
{
    struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    GV_ASSERT(utimensat(0, in_store(world, name), long_ago, 0) == 0);
}

static struct gv_blob_writer *open_writer(struct gv_blobs *blobs, const char *name)
{
    struct gv_blob_writer *writer = NULL;
    struct gv_error err;
    GV_ASSERT(blobs->vtable->writer_open(&writer, blobs, name, &err) == GV_OK);
    return writer;
}

static void write_text(struct gv_blobs *blobs, struct gv_blob_writer *writer, const char *text)
{
    struct gv_error err;
    GV_ASSERT(blobs->vtable->writer_write(writer, text, strlen(text), &err) == GV_OK);
}

static void store_text(struct gv_blobs *blobs, const char *text)
{
    struct gv_blob_info info;
    struct gv_error err;
    struct gv_blob_writer *writer = open_writer(blobs, NULL);
    write_text(blobs, writer, text);
    GV_ASSERT(blobs->vtable->writer_commit(&info, writer, &err) == GV_OK);
    blobs->vtable->release(blobs, info.sha256);
}

static unsigned count_partials(struct world *world)
{
    DIR *folder = opendir(in_store(world, "partial"));
    unsigned count = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return count;
}

static uint64_t collect_all(struct world *world, bool (*keep)(void *ctx, const char *sha256))
{
    uint64_t removed = 0;
    struct gv_error err;
    assert_int_equal(world->blobs->vtable->collect(&removed, world->blobs, keep, NULL, &err), GV_OK);
    return removed;
}

static bool keep_nothing(void *ctx, const char *sha256)
{
    (void)ctx, (void)sha256;
    return false;
}

static void a_blob_lies_under_its_digest(void **state)
{
    struct world *world = *state;
    store_text(world->blobs, "abc");
    char *path = world->blobs->vtable->path(world->blobs, ABC_SHA256);
    assert_string_equal(path, in_store(world, ABC_FILE));
    free(path);
    struct stat st;
    assert_int_equal(stat(world->path, &st), 0);
    assert_int_equal(st.st_size, 3);
    assert_int_equal(count_partials(world), 0);
    assert_null(world->blobs->vtable->path(world->blobs, "../x"));
    assert_null(world->blobs->vtable->uri(world->blobs, "../x"));
}

static void uris_are_percent_encoded(void **state)
{
    struct world *world = *state;
    struct gv_blobs *blobs = open_store(in_store(world, "a b%\xc3\xa4"));
    char expected[256];
    snprintf(expected, sizeof(expected), "file://%s/a%%20b%%25%%C3%%A4/%s", world->folder.path, ABC_FILE);
    char *uri = blobs->vtable->uri(blobs, ABC_SHA256);
    assert_string_equal(uri, expected);
    free(uri);
    blobs->vtable->close(blobs);
}

static void a_relative_folder_becomes_absolute(void **state)
{
    struct world *world = *state;
    char before[256];
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(world->folder.path), 0);
    struct gv_blobs *blobs = open_store(".");
    assert_int_equal(chdir(before), 0);
    char *path = blobs->vtable->path(blobs, ABC_SHA256);
    assert_string_equal(path, in_store(world, ABC_FILE));
    free(path);
    blobs->vtable->close(blobs);
}

static void folders_that_cannot_be_used_are_named(void **state)
{
    struct world *world = *state;
    struct gv_blobs *blobs = NULL;
    struct gv_error err;
    const char *path = in_store(world, "missing/store");
    assert_int_equal(gv_blobs_file_open(&blobs, path, &gv_crypto_openssl, &err), GV_INTERNAL_ERROR);
    assert_non_null(strstr(err.message, path));
    assert_non_null(strstr(err.message, "No such file or directory"));
}

static void write_and_die(void *ctx)
{
    struct gv_blobs *blobs = ctx;
    struct gv_error err;
    struct gv_blob_writer *writer = open_writer(blobs, "gv_1.0");
    blobs->vtable->writer_set_validator(writer, "\"e-1\"", &err);
    write_text(blobs, writer, "ab");
    write_text(blobs, open_writer(blobs, NULL), "nameless");
}

static void a_crash_loses_nothing_of_a_named_partial_file(void **state)
{
    struct world *world = *state;
    struct gv_blobs *blobs = world->blobs;
    gv_child_run(write_and_die, blobs);
    struct gv_blob_writer *writer = open_writer(blobs, "gv_1.0");
    assert_int_equal(blobs->vtable->writer_offset(writer), 2);
    assert_string_equal(blobs->vtable->writer_validator(writer), "\"e-1\"");
    write_text(blobs, writer, "c");
    struct gv_blob_info info;
    struct gv_error err;
    assert_int_equal(blobs->vtable->writer_commit(&info, writer, &err), GV_OK);
    assert_string_equal(info.sha256, ABC_SHA256);
    assert_int_equal(count_partials(world), 1); /* the nameless one; see collect */
}

/* Another start of the machine has another boot id. */
static void a_partial_file_from_before_a_reboot_is_begun_anew(void **state)
{
    struct world *world = *state;
    gv_child_run(write_and_die, world->blobs);
    FILE *note = fopen(in_store(world, "partial/gv_1.0.etag"), "w");
    fputs("00000000-0000-0000-0000-000000000000\n\"e-1\"\n", note);
    fclose(note);
    struct gv_blob_writer *writer = open_writer(world->blobs, "gv_1.0");
    assert_int_equal(world->blobs->vtable->writer_offset(writer), 0);
    assert_string_equal(world->blobs->vtable->writer_validator(writer), "");
    world->blobs->vtable->writer_close(writer);
}

static void a_partial_file_without_its_note_is_begun_anew(void **state)
{
    struct world *world = *state;
    gv_child_run(write_and_die, world->blobs);
    assert_int_equal(unlink(in_store(world, "partial/gv_1.0.etag")), 0);
    struct gv_blob_writer *writer = open_writer(world->blobs, "gv_1.0");
    assert_int_equal(world->blobs->vtable->writer_offset(writer), 0);
    world->blobs->vtable->writer_close(writer);
}

static void an_endless_validator_counts_as_none(void **state)
{
    struct world *world = *state;
    struct gv_error err;
    char endless[4000];
    memset(endless, 'x', sizeof(endless) - 1);
    endless[sizeof(endless) - 1] = '\0';
    static const char TWO_LINES[] = "\"a\"\nb";
    const char *const validators[] = {endless, TWO_LINES};
    for (size_t i = 0; i < 2; i++) {
        struct gv_blob_writer *writer = open_writer(world->blobs, "gv_1.0");
        assert_int_equal(world->blobs->vtable->writer_set_validator(writer, validators[i], &err), GV_OK);
        assert_string_equal(world->blobs->vtable->writer_validator(writer), "");
        world->blobs->vtable->writer_discard(writer);
    }
}

static void a_damaged_blob_is_replaced_by_its_equal(void **state)
{
    struct world *world = *state;
    store_text(world->blobs, "abc");
    assert_int_equal(truncate(in_store(world, ABC_FILE), 1), 0);
    store_text(world->blobs, "abc");
    struct stat st;
    assert_int_equal(stat(in_store(world, ABC_FILE), &st), 0);
    assert_int_equal(st.st_size, 3);
}

static void what_is_young_is_not_collected(void **state)
{
    struct world *world = *state;
    store_text(world->blobs, "abc");
    assert_int_equal(collect_all(world, keep_nothing), 0);
    age(world, ABC_FILE);
    store_text(world->blobs, "abc"); /* stored again: young again */
    assert_int_equal(collect_all(world, keep_nothing), 0);
    age(world, ABC_FILE);
    assert_int_equal(collect_all(world, keep_nothing), 1);
    assert_int_equal(access(in_store(world, ABC_FILE), F_OK), -1);
}

/* Fetched before a crash and committed long after it. */
static void a_blob_of_old_bytes_is_young(void **state)
{
    struct world *world = *state;
    struct gv_blob_writer *writer = open_writer(world->blobs, "gv_1.0");
    write_text(world->blobs, writer, "abc");
    age(world, "partial/gv_1.0.part");
    struct gv_blob_info info;
    struct gv_error err;
    assert_int_equal(world->blobs->vtable->writer_commit(&info, writer, &err), GV_OK);
    world->blobs->vtable->release(world->blobs, info.sha256);
    assert_int_equal(collect_all(world, keep_nothing), 0);
}

static void partial_files_left_by_crashes_are_collected(void **state)
{
    struct world *world = *state;
    gv_child_run(write_and_die, world->blobs);
    assert_int_equal(count_partials(world), 3);
    struct gv_blob_writer *writer = open_writer(world->blobs, "gv_2.0");
    write_text(world->blobs, writer, "x");
    assert_int_equal(collect_all(world, keep_nothing), 0);
    assert_int_equal(count_partials(world), 5);
    age(world, "partial/gv_1.0.part");
    age(world, "partial/gv_2.0.part");
    assert_int_equal(collect_all(world, keep_nothing), 2);
    assert_int_equal(count_partials(world), 3);
    assert_int_equal(access(in_store(world, "partial/gv_1.0.part"), F_OK), -1);
    assert_int_equal(access(in_store(world, "partial/gv_1.0.etag"), F_OK), -1);
    assert_int_equal(access(in_store(world, "partial/gv_2.0.part"), F_OK), 0); /* somebody writes it */
    world->blobs->vtable->writer_discard(writer);
}

static void notes_without_a_partial_file_are_collected(void **state)
{
    struct world *world = *state;
    static const char *const LEFT[] = {"partial/gv_1.0.etag", "partial/gv_1.0.etag.new"};
    for (size_t i = 0; i < 2; i++)
        fclose(fopen(in_store(world, LEFT[i]), "w"));
    assert_int_equal(collect_all(world, keep_nothing), 0);
    assert_int_equal(count_partials(world), 2);
    for (size_t i = 0; i < 2; i++)
        age(world, LEFT[i]);
    struct gv_blob_writer *writer = open_writer(world->blobs, "gv_1.0"); /* whose note is not to be taken away */
    collect_all(world, keep_nothing);
    assert_int_equal(access(in_store(world, "partial/gv_1.0.etag"), F_OK), 0);
    world->blobs->vtable->writer_discard(writer);
    for (size_t i = 0; i < 2; i++) {
        fclose(fopen(in_store(world, LEFT[i]), "w"));
        age(world, LEFT[i]);
    }
    assert_int_equal(collect_all(world, keep_nothing), 2);
    assert_int_equal(count_partials(world), 0);
}

static void foreign_files_are_left_alone(void **state)
{
    struct world *world = *state;
    store_text(world->blobs, "abc");
    static const char *const FOREIGN[] = {"blobs/ba/README", "blobs/README", "partial/README"};
    for (size_t i = 0; i < 3; i++) {
        fclose(fopen(in_store(world, FOREIGN[i]), "w"));
        age(world, FOREIGN[i]);
    }
    assert_int_equal(collect_all(world, keep_nothing), 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(access(in_store(world, FOREIGN[i]), F_OK), 0);
}

/* The limit takes the part of the full disk. */
static void a_full_disk_is_told_with_the_path(void **state)
{
    struct world *world = *state;
    struct gv_blobs *blobs = world->blobs;
    enum { LIMIT_BYTES = 100000 };
    static char data[LIMIT_BYTES];
    struct rlimit before;
    struct gv_error err;
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    struct gv_blob_writer *writer = open_writer(blobs, "gv_1.0");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){LIMIT_BYTES, before.rlim_max}), 0);
    write_text(blobs, writer, "abc");
    int code = blobs->vtable->writer_write(writer, data, sizeof(data), &err);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(code, GV_INTERNAL_ERROR);
    assert_int_equal(err.code, GV_INTERNAL_ERROR);
    assert_non_null(strstr(err.message, in_store(world, "partial/gv_1.0.part")));
    assert_non_null(strstr(err.message, "File too large; raise the limit on file sizes"));
    assert_int_equal(blobs->vtable->writer_offset(writer), LIMIT_BYTES); /* what fitted counts */
    assert_int_equal(blobs->vtable->writer_write(writer, data, 3, &err), GV_OK);
    struct gv_blob_info first, second;
    assert_int_equal(blobs->vtable->writer_commit(&first, writer, &err), GV_OK);
    writer = open_writer(blobs, NULL);
    write_text(blobs, writer, "abc");
    assert_int_equal(blobs->vtable->writer_write(writer, data, sizeof(data), &err), GV_OK);
    assert_int_equal(blobs->vtable->writer_commit(&second, writer, &err), GV_OK);
    assert_string_equal(first.sha256, second.sha256);
}

/* ---- holds, as other processes see them ------------------------------------------------------------------- */

static bool remove_abc(struct gv_blobs *blobs)
{
    struct gv_error err;
    struct gv_blob_reader *reader;
    assert_int_equal(blobs->vtable->remove(blobs, ABC_SHA256, keep_nothing, NULL, &err), GV_OK);
    if (blobs->vtable->reader_open(&reader, blobs, ABC_SHA256, &err) != GV_OK)
        return true;
    blobs->vtable->reader_close(reader);
    return false;
}

static int told[2], asked[2];

static void hold_until_killed(void *ctx)
{
    struct gv_blobs *blobs = ctx;
    char c = 0;
    GV_ASSERT(blobs->vtable->hold(blobs, ABC_SHA256, NULL) == GV_OK);
    GV_ASSERT(write(told[1], "", 1) == 1);
    GV_ASSERT(read(asked[0], &c, 1) == 1);
}

static void a_hold_ends_with_its_process(void **state)
{
    struct world *world = *state;
    char c;
    store_text(world->blobs, "abc");
    struct gv_blobs *other = open_store(world->folder.path);
    assert_int_equal(pipe(told) | pipe(asked), 0);
    pid_t child = gv_child_start(hold_until_killed, other);
    assert_int_equal(read(told[0], &c, 1), 1);
    assert_false(remove_abc(world->blobs));
    age(world, ABC_FILE);
    assert_int_equal(collect_all(world, keep_nothing), 0);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(remove_abc(world->blobs));
    for (size_t i = 0; i < 2; i++) {
        close(told[i]);
        close(asked[i]);
    }
    other->vtable->close(other);
}

/* What is held is there, however others remove. */
static void store_and_look(void *ctx)
{
    struct gv_blobs *blobs = open_store(ctx);
    for (int i = 0; i < 100; i++) {
        struct gv_blob_reader *reader;
        struct gv_blob_info info;
        struct gv_error err;
        struct gv_blob_writer *writer = open_writer(blobs, NULL);
        write_text(blobs, writer, "abc");
        GV_ASSERT(blobs->vtable->writer_commit(&info, writer, &err) == GV_OK);
        GV_ASSERT(blobs->vtable->reader_open(&reader, blobs, info.sha256, &err) == GV_OK);
        blobs->vtable->reader_close(reader);
        blobs->vtable->release(blobs, info.sha256);
    }
    blobs->vtable->close(blobs);
}

static void what_is_held_survives_removers(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < 2; i++)
        gv_child_start(store_and_look, world->folder.path);
    unsigned running = 2;
    for (int status; running > 0; remove_abc(world->blobs)) {
        pid_t ended = waitpid(-1, &status, WNOHANG);
        assert_true(ended <= 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
        running -= ended > 0;
    }
    assert_true(remove_abc(world->blobs));
}

static void store_many(void *ctx)
{
    struct gv_blobs *blobs = ctx;
    for (int i = 0; i < 100; i++) {
        char text[16];
        snprintf(text, sizeof(text), "%d", i % 10);
        store_text(blobs, text);
    }
}

static void processes_may_store_the_same_at_once(void **state)
{
    struct world *world = *state;
    pid_t children[3];
    for (size_t i = 0; i < 3; i++)
        children[i] = gv_child_start(store_many, world->blobs);
    for (size_t i = 0; i < 3; i++)
        gv_child_wait(children[i]);
    assert_int_equal(count_partials(world), 0);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_blob_lies_under_its_digest),
        CASE(uris_are_percent_encoded),
        CASE(a_relative_folder_becomes_absolute),
        CASE(folders_that_cannot_be_used_are_named),
        CASE(a_crash_loses_nothing_of_a_named_partial_file),
        CASE(a_partial_file_from_before_a_reboot_is_begun_anew),
        CASE(a_partial_file_without_its_note_is_begun_anew),
        CASE(an_endless_validator_counts_as_none),
        CASE(a_damaged_blob_is_replaced_by_its_equal),
        CASE(what_is_young_is_not_collected),
        CASE(a_blob_of_old_bytes_is_young),
        CASE(partial_files_left_by_crashes_are_collected),
        CASE(notes_without_a_partial_file_are_collected),
        CASE(foreign_files_are_left_alone),
        CASE(a_full_disk_is_told_with_the_path),
        CASE(processes_may_store_the_same_at_once),
        CASE(a_hold_ends_with_its_process),
        CASE(what_is_held_survives_removers),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
