#include "support/journal_worlds.h"

#include <stdio.h>

#include "base/assert.h"
#include "journal/memory.h"
#include "journal/sqlite.h"

static struct gv_journal *open_sqlite(struct gv_journal_world *world)
{
    struct gv_journal *journal = NULL;
    struct gv_error err;
    struct gv_loop *loop = gv_fake_loop_port(world->kit.loop);
    GV_ASSERT(gv_journal_sqlite_open(&journal, world->folder.path, loop, &gv_crypto_openssl, &err) == GV_OK);
    return journal;
}

struct last_words {
    struct gv_journal_world *world;
    const char *id;
};

static void say_last_words(void *ctx)
{
    const struct last_words *words = ctx;
    gv_kit_accept(&words->world->kit, open_sqlite(words->world), words->id);
}

static void accept_and_die_sqlite(struct gv_journal_world *world, const char *id)
{
    gv_child_run(say_last_words, &(struct last_words){world, id});
}

static struct gv_journal *open_memory(struct gv_journal_world *world)
{
    struct gv_journal *journal = NULL;
    char name[16];
    snprintf(name, sizeof(name), "engine-%u", ++world->opened);
    gv_journal_memory_open(&journal, world->memory, gv_fake_loop_port(world->kit.loop), name);
    return journal;
}

static void accept_and_die_memory(struct gv_journal_world *world, const char *id)
{
    struct gv_journal *journal = open_memory(world);
    gv_kit_accept(&world->kit, journal, id);
    struct gv_journal_op op = gv_kit_accept_op(gv_kit_row(&world->kit, "gv_not_applied", NULL));
    gv_kit_start(&world->kit, journal, &op, 1);
    gv_memory_journal_crash(world->memory, journal, 0);
    gv_fake_loop_drain(world->kit.loop);
    GV_ASSERT(gv_kit_get(&world->kit, journal, "gv_not_applied") == NULL);
}

const struct gv_journal_backend gv_journal_backends[] = {
    {"sqlite", open_sqlite, accept_and_die_sqlite},
    {"memory", open_memory, accept_and_die_memory},
    {NULL, NULL, NULL},
};

int gv_journal_world_make(void **state)
{
    static struct gv_journal_world world;
    world = (struct gv_journal_world){.memory = gv_memory_journal_store_new()};
    gv_kit_open(&world.kit);
    gv_folder_make(&world.folder);
    *state = &world;
    return 0;
}

int gv_journal_world_end(void **state)
{
    struct gv_journal_world *world = *state;
    gv_kit_close(&world->kit);
    gv_memory_journal_store_free(world->memory);
    gv_folder_remove(&world->folder);
    return 0;
}
