/* What every blob store keeps of port/blob.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "base/codec.h"
#include "blob/file.h"
#include "blob/memory.h"
#include "support/folder.h"

struct world {
    struct gv_folder folder;
    struct gv_memory_blobs_store *memory;
    struct gv_blobs *blobs;
};

/* A row for each store. */
struct backend {
    const char *name;
    struct gv_blobs *(*open)(struct world *world);
    void (*age)(struct world *world, const char *sha256); /* past the time of grace */
};

static const struct backend *backend;

static struct gv_blobs *open_file(struct world *world)
{
    struct gv_blobs *blobs = NULL;
    struct gv_error err;
    assert_int_equal(gv_blobs_file_open(&blobs, world->folder.path, &gv_crypto_openssl, &err), GV_OK);
    return blobs;
}

static void age_file(struct world *world, const char *sha256)
{
    char *path = world->blobs->vtable->path(world->blobs, sha256);
    struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    assert_int_equal(utimensat(0, path, long_ago, 0), 0);
    free(path);
}

static struct gv_blobs *open_memory(struct world *world)
{
    struct gv_blobs *blobs = NULL;
    gv_blobs_memory_open(&blobs, world->memory);
    return blobs;
}

static void age_memory(struct world *world, const char *sha256)
{
    (void)world, (void)sha256; /* knows no grace */
}

static const struct backend BACKENDS[] = {
    {"file", open_file, age_file},
    {"memory", open_memory, age_memory},
};

static int set_up(void **state)
{
    static struct world world;
    gv_folder_make(&world.folder);
    world.memory = gv_memory_blobs_store_new(&gv_crypto_openssl);
    world.blobs = backend->open(&world);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    world->blobs->vtable->close(world->blobs);
    gv_memory_blobs_store_free(world->memory);
    gv_folder_remove(&world->folder);
    return 0;
}

static void reopen(struct world *world)
{
    world->blobs->vtable->close(world->blobs);
    world->blobs = backend->open(world);
}

static struct gv_blob_writer *open_writer(struct world *world, const char *name)
{
    struct gv_blob_writer *writer = NULL;
    struct gv_error err;
    assert_int_equal(world->blobs->vtable->writer_open(&writer, world->blobs, name, &err), GV_OK);
    return writer;
}

static void write_text(struct world *world, struct gv_blob_writer *writer, const char *text)
{
    struct gv_error err;
    assert_int_equal(world->blobs->vtable->writer_write(writer, text, strlen(text), &err), GV_OK);
}

static struct gv_blob_info commit(struct world *world, struct gv_blob_writer *writer)
{
    struct gv_blob_info info;
    struct gv_error err;
    assert_int_equal(world->blobs->vtable->writer_commit(&info, writer, &err), GV_OK);
    return info;
}

static struct gv_blob_info store_held(struct world *world, const char *text)
{
    struct gv_blob_writer *writer = open_writer(world, NULL);
    write_text(world, writer, text);
    return commit(world, writer);
}

static struct gv_blob_info store_text(struct world *world, const char *text)
{
    struct gv_blob_info info = store_held(world, text);
    world->blobs->vtable->release(world->blobs, info.sha256);
    return info;
}

static struct gv_blob_reader *open_reader(struct world *world, const char *sha256)
{
    struct gv_blob_reader *reader = NULL;
    struct gv_error err;
    assert_int_equal(world->blobs->vtable->reader_open(&reader, world->blobs, sha256, &err), GV_OK);
    return reader;
}

static bool there(struct world *world, const char *sha256)
{
    struct gv_blob_reader *reader = NULL;
    struct gv_error err;
    int code = world->blobs->vtable->reader_open(&reader, world->blobs, sha256, &err);
    if (code == GV_OK)
        world->blobs->vtable->reader_close(reader);
    else
        assert_non_null(strstr(err.message, "opening"));
    return code == GV_OK;
}

static void assert_content(struct world *world, const char *sha256, const char *text)
{
    char got[64] = "";
    struct gv_error err;
    struct gv_blob_reader *reader = open_reader(world, sha256);
    assert_int_equal(world->blobs->vtable->reader_read(reader, got, sizeof(got) - 1, 0, &err), strlen(text));
    assert_string_equal(got, text);
    assert_int_equal(world->blobs->vtable->reader_bytes(reader), strlen(text));
    world->blobs->vtable->reader_close(reader);
}

static const char ABC_SHA256[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void a_blob_is_named_by_its_content(void **state)
{
    struct world *world = *state;
    struct gv_blob_writer *writer = open_writer(world, NULL);
    write_text(world, writer, "a");
    assert_int_equal(world->blobs->vtable->writer_offset(writer), 1);
    write_text(world, writer, "bc");
    struct gv_blob_info info = commit(world, writer);
    assert_string_equal(info.sha256, ABC_SHA256);
    assert_int_equal(info.bytes, 3);
    assert_non_null(info.mime_type);
    assert_content(world, ABC_SHA256, "abc");
    reopen(world);
    assert_content(world, ABC_SHA256, "abc");
}

static void an_empty_blob_is_a_blob(void **state)
{
    struct world *world = *state;
    struct gv_blob_info info = commit(world, open_writer(world, NULL));
    assert_string_equal(info.sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(info.bytes, 0);
    assert_content(world, info.sha256, "");
}

static void a_long_blob_is_whole(void **state)
{
    struct world *world = *state;
    enum { CHUNK_BYTES = 100003, CHUNKS = 300 };
    static unsigned char chunk[CHUNK_BYTES], got[CHUNK_BYTES];
    struct gv_sha256 *digest = gv_crypto_openssl.sha256_begin();
    struct gv_blob_writer *writer = open_writer(world, "long");
    struct gv_error err;
    for (int i = 0; i < CHUNKS; i++) {
        memset(chunk, i, sizeof(chunk));
        gv_crypto_openssl.sha256_add(digest, chunk, sizeof(chunk));
        assert_int_equal(world->blobs->vtable->writer_write(writer, chunk, sizeof(chunk), &err), GV_OK);
    }
    struct gv_blob_info info = commit(world, writer);
    uint8_t expected[32];
    char hex[65];
    gv_crypto_openssl.sha256_end(digest, expected);
    gv_hex_encode(hex, expected, sizeof(expected));
    assert_string_equal(info.sha256, hex);
    assert_int_equal(info.bytes, (uint64_t)CHUNK_BYTES * CHUNKS);
    struct gv_blob_reader *reader = open_reader(world, info.sha256);
    memset(chunk, 250, sizeof(chunk));
    assert_int_equal(world->blobs->vtable->reader_read(reader, got, sizeof(got), (uint64_t)250 * CHUNK_BYTES, &err),
                     CHUNK_BYTES);
    assert_memory_equal(got, chunk, sizeof(got));
    assert_int_equal(world->blobs->vtable->reader_read(reader, got, sizeof(got), info.bytes - 5, &err), 5);
    assert_int_equal(world->blobs->vtable->reader_read(reader, got, sizeof(got), info.bytes, &err), 0);
    assert_int_equal(world->blobs->vtable->reader_read(reader, got, sizeof(got), info.bytes + 9, &err), 0);
    world->blobs->vtable->reader_close(reader);
}

static void a_named_partial_file_is_continued(void **state)
{
    struct world *world = *state;
    struct gv_error err;
    struct gv_blob_writer *writer = open_writer(world, "gv_1.0");
    assert_int_equal(world->blobs->vtable->writer_offset(writer), 0);
    assert_string_equal(world->blobs->vtable->writer_validator(writer), "");
    assert_int_equal(world->blobs->vtable->writer_set_validator(writer, "\"e-1\"", &err), GV_OK);
    write_text(world, writer, "ab");
    world->blobs->vtable->writer_close(writer);
    reopen(world);
    writer = open_writer(world, "gv_1.0");
    const void *head = NULL;
    assert_int_equal(world->blobs->vtable->writer_offset(writer), 2);
    assert_string_equal(world->blobs->vtable->writer_validator(writer), "\"e-1\"");
    assert_int_equal(world->blobs->vtable->writer_head(writer, &head), 2);
    assert_memory_equal(head, "ab", 2);
    write_text(world, writer, "c");
    assert_string_equal(commit(world, writer).sha256, ABC_SHA256);
    writer = open_writer(world, "gv_1.0"); /* nothing is left of it */
    assert_int_equal(world->blobs->vtable->writer_offset(writer), 0);
    assert_string_equal(world->blobs->vtable->writer_validator(writer), "");
    world->blobs->vtable->writer_discard(writer);
}

static void a_restart_forgets_everything(void **state)
{
    struct world *world = *state;
    struct gv_error err;
    struct gv_blob_writer *writer = open_writer(world, "gv_1.0");
    const void *head = NULL;
    world->blobs->vtable->writer_set_validator(writer, "\"e-1\"", &err);
    write_text(world, writer, "something else");
    assert_int_equal(world->blobs->vtable->writer_restart(writer, &err), GV_OK);
    assert_int_equal(world->blobs->vtable->writer_offset(writer), 0);
    assert_string_equal(world->blobs->vtable->writer_validator(writer), "");
    assert_int_equal(world->blobs->vtable->writer_head(writer, &head), 0);
    write_text(world, writer, "abc");
    world->blobs->vtable->writer_close(writer);
    writer = open_writer(world, "gv_1.0");
    assert_string_equal(world->blobs->vtable->writer_validator(writer), "");
    assert_string_equal(commit(world, writer).sha256, ABC_SHA256);
}

static void what_is_discarded_is_gone(void **state)
{
    struct world *world = *state;
    struct gv_blob_writer *writer = open_writer(world, "gv_1.0");
    write_text(world, writer, "abc");
    world->blobs->vtable->writer_discard(writer);
    writer = open_writer(world, "gv_1.0");
    assert_int_equal(world->blobs->vtable->writer_offset(writer), 0);
    write_text(world, writer, "abc");
    world->blobs->vtable->writer_close(writer);
    world->blobs->vtable->partial_remove(world->blobs, "gv_1.0");
    world->blobs->vtable->partial_remove(world->blobs, "gv_never.0");
    writer = open_writer(world, "gv_1.0");
    assert_int_equal(world->blobs->vtable->writer_offset(writer), 0);
    world->blobs->vtable->writer_close(writer);
    assert_false(there(world, ABC_SHA256));
    world->blobs->vtable->writer_close(NULL);
    world->blobs->vtable->writer_discard(NULL);
    world->blobs->vtable->reader_close(NULL);
}

static void a_partial_file_has_one_writer(void **state)
{
    struct world *world = *state;
    struct gv_blob_writer *writer = open_writer(world, "gv_1.0"), *second = NULL;
    struct gv_error err;
    assert_int_equal(world->blobs->vtable->writer_open(&second, world->blobs, "gv_1.0", &err), GV_INTERNAL_ERROR);
    assert_non_null(strstr(err.message, "in use by another writer"));
    world->blobs->vtable->writer_close(writer);
    world->blobs->vtable->writer_discard(open_writer(world, "gv_1.0"));
}

static void nameless_writers_do_not_meet(void **state)
{
    struct world *world = *state;
    struct gv_blob_writer *first = open_writer(world, NULL), *second = open_writer(world, NULL);
    write_text(world, first, "abc");
    write_text(world, second, "xyz");
    assert_string_equal(commit(world, first).sha256, ABC_SHA256);
    world->blobs->vtable->writer_close(second);
}

static void the_head_tells_the_type(void **state)
{
    struct world *world = *state;
    static const unsigned char PNG[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R'};
    static char filler[5000];
    struct gv_blob_writer *writer = open_writer(world, NULL);
    struct gv_error err;
    const void *head = NULL;
    world->blobs->vtable->writer_write(writer, PNG, 5, &err);
    assert_int_equal(world->blobs->vtable->writer_head(writer, &head), 5);
    world->blobs->vtable->writer_write(writer, PNG + 5, sizeof(PNG) - 5, &err);
    world->blobs->vtable->writer_write(writer, filler, sizeof(filler), &err);
    assert_int_equal(world->blobs->vtable->writer_head(writer, &head), 4096);
    assert_memory_equal(head, PNG, sizeof(PNG));
    assert_string_equal(commit(world, writer).mime_type, "image/png");
}

static void equal_content_is_stored_once(void **state)
{
    struct world *world = *state;
    assert_string_equal(store_text(world, "abc").sha256, ABC_SHA256);
    struct gv_blob_reader *reader = open_reader(world, ABC_SHA256);
    assert_string_equal(store_text(world, "abc").sha256, ABC_SHA256);
    char got[4] = "";
    struct gv_error err;
    assert_int_equal(world->blobs->vtable->reader_read(reader, got, 3, 0, &err), 3);
    assert_string_equal(got, "abc");
    world->blobs->vtable->reader_close(reader);
    assert_content(world, ABC_SHA256, "abc");
}

static void wrong_names_are_refused(void **state)
{
    struct world *world = *state;
    static const char *const NAMES[] = {"", ".", "..", ".hidden", "a/b", "../a", "a b", "a\n"};
    struct gv_error err;
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        struct gv_blob_writer *writer = NULL;
        assert_int_equal(world->blobs->vtable->writer_open(&writer, world->blobs, NAMES[i], &err), GV_INTERNAL_ERROR);
        assert_non_null(strstr(err.message, "is no name for one"));
    }
    assert_false(there(world, ABC_SHA256));
    assert_false(there(world, "../../../../etc/passwd"));
    assert_false(there(world, "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"));
}

static bool keep_abc(void *ctx, const char *sha256)
{
    ++*(int *)ctx;
    return strcmp(sha256, ABC_SHA256) == 0;
}

static void what_nobody_keeps_is_collected(void **state)
{
    struct world *world = *state;
    const struct gv_blob_info doomed[2] = {store_text(world, "doomed 1"), store_text(world, "doomed 2")};
    store_text(world, "abc");
    backend->age(world, ABC_SHA256);
    backend->age(world, doomed[0].sha256);
    backend->age(world, doomed[1].sha256);
    struct gv_blob_reader *reader = open_reader(world, doomed[0].sha256);
    uint64_t removed = 0;
    int asked = 0;
    struct gv_error err;
    assert_int_equal(world->blobs->vtable->collect(&removed, world->blobs, keep_abc, &asked, &err), GV_OK);
    assert_int_equal(removed, 2);
    assert_int_equal(asked, 3);
    assert_content(world, ABC_SHA256, "abc");
    assert_false(there(world, doomed[0].sha256));
    assert_false(there(world, doomed[1].sha256));
    char got[9] = ""; /* who reads it already reads on */
    assert_int_equal(world->blobs->vtable->reader_read(reader, got, 8, 0, &err), 8);
    assert_string_equal(got, "doomed 1");
    world->blobs->vtable->reader_close(reader);
    assert_int_equal(world->blobs->vtable->collect(&removed, world->blobs, keep_abc, &asked, &err), GV_OK);
    assert_int_equal(removed, 0);
}

static bool keep_nothing(void *ctx, const char *sha256)
{
    (void)ctx, (void)sha256;
    return false;
}

static void remove_unless(struct world *world, bool (*keep)(void *ctx, const char *sha256), const char *sha256)
{
    int asked = 0;
    struct gv_error err;
    assert_int_equal(world->blobs->vtable->remove(world->blobs, sha256, keep, &asked, &err), GV_OK);
}

/* At once, however young it is. */
static void one_blob_is_removed_unless_wanted(void **state)
{
    struct world *world = *state;
    const struct gv_blob_info other = store_text(world, "other");
    store_text(world, "abc");
    remove_unless(world, keep_abc, ABC_SHA256);
    assert_content(world, ABC_SHA256, "abc");
    remove_unless(world, keep_nothing, ABC_SHA256);
    assert_false(there(world, ABC_SHA256));
    assert_content(world, other.sha256, "other");
    remove_unless(world, keep_nothing, ABC_SHA256); /* not there: as it should be */
    store_text(world, "abc");
    assert_content(world, ABC_SHA256, "abc");
}

static void assert_held(struct world *world)
{
    uint64_t removed;
    struct gv_error err;
    backend->age(world, ABC_SHA256);
    remove_unless(world, keep_nothing, ABC_SHA256);
    assert_int_equal(world->blobs->vtable->collect(&removed, world->blobs, keep_nothing, NULL, &err), GV_OK);
    assert_content(world, ABC_SHA256, "abc");
}

static void what_is_held_stays(void **state)
{
    struct world *world = *state;
    struct gv_blobs *blobs = world->blobs, *other = backend->open(world);
    struct gv_error err;
    store_held(world, "abc");
    store_held(world, "abc");
    assert_held(world);
    blobs->vtable->release(blobs, ABC_SHA256);
    assert_held(world); /* stored twice, held twice */
    assert_int_equal(other->vtable->hold(other, ABC_SHA256, &err), GV_OK);
    blobs->vtable->release(blobs, ABC_SHA256);
    assert_held(world); /* by somebody else */
    other->vtable->close(other);
    remove_unless(world, keep_nothing, ABC_SHA256);
    assert_false(there(world, ABC_SHA256));
    assert_int_equal(blobs->vtable->hold(blobs, ABC_SHA256, &err), GV_OK); /* before it is there */
    store_text(world, "abc");
    assert_held(world);
    blobs->vtable->release(blobs, ABC_SHA256);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_blob_is_named_by_its_content),
        CASE(an_empty_blob_is_a_blob),
        CASE(a_long_blob_is_whole),
        CASE(a_named_partial_file_is_continued),
        CASE(a_restart_forgets_everything),
        CASE(what_is_discarded_is_gone),
        CASE(a_partial_file_has_one_writer),
        CASE(nameless_writers_do_not_meet),
        CASE(the_head_tells_the_type),
        CASE(equal_content_is_stored_once),
        CASE(wrong_names_are_refused),
        CASE(what_nobody_keeps_is_collected),
        CASE(what_is_held_stays),
        CASE(one_blob_is_removed_unless_wanted),
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof(BACKENDS) / sizeof(BACKENDS[0]); i++) {
        backend = &BACKENDS[i];
        failed += cmocka_run_group_tests_name(backend->name, tests, NULL, NULL);
    }
    return failed != 0;
}
