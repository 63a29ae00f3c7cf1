/* A journal file with damaged bytes: it opens, or it does not, with a reason; what is read of it is whole.
 *
 * The input damages a good file of a few jobs: of each six bytes the first three are a place, the others what is
 * written there. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/assert.h"
#include "journal/sqlite.h"
#include "loop/virtual.h"
#include "support/folder.h"
#include "support/fuzz.h"
#include "support/journal_kit.h"

#define FILE_BYTES_MAX (1u << 20)

static uint8_t good[FILE_BYTES_MAX];
static size_t good_bytes;
static struct gv_folder folder;
static char path[512];

int LLVMFuzzerInitialize(int *argc, char ***argv);

static void clean_up(void)
{
    gv_folder_remove(&folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct gv_journal_kit kit;
    struct gv_journal *journal;
    (void)argc, (void)argv;
    snprintf(folder.path, sizeof folder.path, "/dev/shm/golem-video-fuzz-XXXXXX"); /* each run makes files and syncs */
    if (!mkdtemp(folder.path))
        gv_folder_make(&folder);
    atexit(clean_up);
    snprintf(path, sizeof path, "%s/journal.db", folder.path);
    gv_kit_open(&kit);
    GV_ASSERT(gv_journal_sqlite_open(&journal, folder.path, gv_fake_loop_port(kit.loop), &gv_crypto_openssl, NULL) ==
              GV_OK);
    gv_kit_accept(&kit, journal, "a");
    gv_kit_accept(&kit, journal, "b");
    journal->vtable->close(journal);
    gv_kit_close(&kit);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = read(fd, good, sizeof good);
    GV_ASSERT(got > 0 && (size_t)got < sizeof good);
    good_bytes = (size_t)got;
    close(fd);
    return 0;
}

static void write_damaged(const uint8_t *data, size_t size)
{
    static uint8_t bytes[FILE_BYTES_MAX];
    memcpy(bytes, good, good_bytes);
    for (size_t i = 0; i + 6 <= size; i += 6) {
        size_t place = ((size_t)data[i] << 16 | (size_t)data[i + 1] << 8 | data[i + 2]) % (good_bytes - 2);
        memcpy(bytes + place, data + i + 3, 3);
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    GV_ASSERT(fd >= 0 && write(fd, bytes, good_bytes) == (ssize_t)good_bytes);
    close(fd);
}

static void check_row(const struct gv_job_row *row)
{
    GV_ASSERT(row->id && row->provider && row->operation && row->request);
    GV_ASSERT(row->status != GV_STATUS_UNSET);
}

static void read_all(struct gv_journal *journal)
{
    struct gv_arena arena = {0};
    const struct gv_job_row *rows = NULL;
    const struct gv_history_row *lines = NULL;
    const struct gv_inbox_row *messages = NULL;
    struct gv_job_filter filter = {0};
    struct gv_error err = {0};
    size_t count = 0;
    int rc = journal->vtable->list(&rows, &count, journal, &filter, &arena, &err);
    GV_ASSERT(rc == GV_OK || err.message[0] != '\0');
    for (size_t i = 0; rc == GV_OK && i < count; i++)
        check_row(&rows[i]);
    if (journal->vtable->get(&rows, journal, "a", &arena, &err) == GV_OK && rows)
        check_row(rows);
    (void)journal->vtable->history(&lines, &count, journal, "a", 0, &arena, &err);
    (void)journal->vtable->inbox(&messages, &count, journal, &arena, &err);
    (void)journal->vtable->blob_wanted(journal, "5d41");
    gv_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gv_journal_kit kit;
    struct gv_journal *journal;
    struct gv_error err = {0};
    write_damaged(data, size);
    gv_kit_open(&kit);
    if (gv_journal_sqlite_open(&journal, folder.path, gv_fake_loop_port(kit.loop), &gv_crypto_openssl, &err) == GV_OK) {
        read_all(journal);
        struct gv_journal_op claim = {.kind = GV_JOURNAL_CLAIM, .claim_max = 10};
        struct gv_kit_batch *batch = gv_kit_start(&kit, journal, &claim, 1);
        gv_kit_wait(&kit, batch);
        GV_ASSERT(batch->batch.result == GV_OK || batch->batch.error.message[0] != '\0');
        journal->vtable->close(journal);
    } else {
        GV_ASSERT(err.message[0] != '\0');
    }
    gv_kit_close(&kit);
    char side[520];
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(side, sizeof side, "%s%s", path, ends[i]);
        unlink(side);
    }
    return 0;
}
