/* Any requests to the sandbox's emulators, which answer each with a status and, where they promise JSON, with JSON.
 *
 * First line: the emulator. Each further one is a request, "METHOD path body", or "@" and a value for the header
 * Authorization, or "+" and seconds that pass. */
#include <stdlib.h>

#include "base/assert.h"
#include "support/emu_kit.h"
#include "support/fuzz.h"

#define REQUESTS_MAX 16

static const struct gv_emu_media *media(struct gv_emu_world *world, const char *text)
{
    static const struct gv_emu_media picture = {"blob:0", "image/png", 4096, 1280, 720, 0, 0, NULL};
    static const struct gv_emu_media film = {"blob:1", "video/mp4", 4096, 1280, 720, 24, 5, NULL};
    static const struct gv_emu_media none = {.failure = "it can't be had"};
    (void)world;
    return strstr(text, "mp4") ? &film : strstr(text, "none") ? &none : &picture;
}

static void send(struct emu_kit *kit, char *line)
{
    char *path = strchr(line, ' ');
    if (!path || path[1] != '/')
        return;
    *path++ = '\0';
    char *body = strchr(path, ' ');
    if (body)
        *body++ = '\0';
    (void)kit->emulator->route(line, path);
    int status = emu_kit_send(kit, line, path, body);
    GV_ASSERT(status >= 200 && status <= 599);
    GV_ASSERT(kit->reply.film_count <= GV_EMU_FILMS_MAX);
    for (size_t i = 0; i < kit->reply.film_count; i++)
        GV_ASSERT(!kit->reply.body || kit->reply.films[i].at <= strlen(kit->reply.body));
    if (kit->reply.accepted && !kit->reply.accepted->note)
        GV_ASSERT(kit->reply.accepted->id && kit->reply.accepted->account);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t emulators = 0;
    while (gv_emulators[emulators] != NULL)
        emulators++;
    struct emu_kit kit;
    struct gv_arena arena = {0};
    struct fuzz_input in = {(const char *)data, (const char *)data + size};
    emu_kit_open(&kit, gv_emulators[fuzz_choice(fuzz_line(&in, &arena)[0], emulators)], media);
    for (unsigned i = 0; i < REQUESTS_MAX && in.at < in.end; i++) {
        char *line = fuzz_line(&in, &arena);
        if (line[0] == '@')
            kit.authorization = line + 1;
        else if (line[0] == '+')
            kit.world.now_ms += strtol(line + 1, NULL, 10) % 1000000 * 1000;
        else
            send(&kit, line);
    }
    emu_kit_free(&kit);
    gv_arena_free(&arena);
    return 0;
}
