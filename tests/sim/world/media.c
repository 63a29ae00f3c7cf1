/* Pictures and films of the simulated world, and the media helper that looks into them and scales them. Their bytes
 * follow from what they are, so that a checker sees at once a part that is missing, mixed or somebody else's. */
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "sim/world/world.h"

#define MAGIC_BYTES 12
static const char film_magic[MAGIC_BYTES + 1] = "\0\0\0\x18"
                                                "ftypisom";
static const char picture_magic[MAGIC_BYTES + 1] = "\x89PNG\r\n\x1a\n\r\n\r\n";
#define PATH_PREFIX "memory://"

char *sim_media_make(struct gv_arena *arena, const struct sim_media *media)
{
    char *bytes = gv_arena_alloc(arena, SIM_MEDIA_BYTES + 1);
    memcpy(bytes, media->picture ? picture_magic : film_magic, MAGIC_BYTES);
    int head = snprintf(bytes + MAGIC_BYTES, SIM_MEDIA_BYTES - MAGIC_BYTES, "%s\n%u %u %u\n", media->name,
                        media->edition, media->width, media->height);
    uint32_t hash = 2166136261u; /* FNV-1a, and then a linear congruence */
    for (int i = 0; i < head; i++)
        hash = (hash ^ (unsigned char)bytes[MAGIC_BYTES + i]) * 16777619u;
    for (size_t i = MAGIC_BYTES + (size_t)head; i < SIM_MEDIA_BYTES; i++) {
        hash = hash * 1664525u + 1013904223u;
        bytes[i] = (char)('a' + (hash >> 24) % 26);
    }
    return bytes;
}

bool sim_media_read(struct sim_media *out, const char *data, size_t bytes)
{
    *out = (struct sim_media){0};
    if (bytes != SIM_MEDIA_BYTES)
        return false;
    out->picture = memcmp(data, picture_magic, MAGIC_BYTES) == 0;
    const char *name = data + MAGIC_BYTES, *end = memchr(name, '\n', SIM_NAME_BYTES);
    if (end == NULL)
        return false;
    memcpy(out->name, name, (size_t)(end - name));
    char numbers[64] = "", *at = numbers;
    memcpy(numbers, end + 1, sizeof(numbers) - 1);
    out->edition = (unsigned)strtoul(at, &at, 10);
    out->width = (unsigned)strtoul(at, &at, 10);
    out->height = (unsigned)strtoul(at, &at, 10);
    struct gv_arena arena = {0};
    bool same = memcmp(sim_media_make(&arena, out), data, bytes) == 0;
    gv_arena_free(&arena);
    return same;
}

bool sim_media_stored(struct sim_media *out, struct sim_world *w, const char *sha256)
{
    const struct gv_blobs_vtable *blobs = w->blobs->vtable;
    struct gv_blob_reader *reader;
    char data[SIM_MEDIA_BYTES + 1];
    *out = (struct sim_media){0};
    if (blobs->reader_open(&reader, w->blobs, sha256, &(struct gv_error){0}) != GV_OK)
        return false;
    ssize_t got = blobs->reader_read(reader, data, sizeof(data), 0, NULL);
    blobs->reader_close(reader);
    uint8_t digest[32];
    char hex[65];
    struct gv_sha256 *running = sim_crypto.sha256_begin();
    sim_crypto.sha256_add(running, data, got > 0 ? (size_t)got : 0);
    sim_crypto.sha256_end(running, digest);
    gv_hex_encode(hex, digest, sizeof(digest));
    return strcmp(hex, sha256) == 0 && sim_media_read(out, data, (size_t)got);
}

static int probe(struct gv_blob_info *io, struct gv_media_tools *tools, const char *path, struct gv_error *err)
{
    struct sim_world *w = sim_the_world;
    struct sim_media media;
    (void)tools;
    if (sim_strikes(w, w->profile.probe))
        return gv_fail(err, GV_INTERNAL_ERROR, "the media helper died");
    if (!sim_media_stored(&media, w, path + sizeof(PATH_PREFIX) - 1))
        return gv_fail(err, GV_INVALID_INPUT, "the file is no media that can be read");
    io->width = media.width;
    io->height = media.height;
    io->fps = media.picture ? 0 : 24;
    io->duration_seconds = media.picture ? 0 : 5;
    return GV_OK;
}

static int resize(struct gv_media_tools *tools, const char *path, const char *out_path, uint32_t width, uint32_t height,
                  struct gv_error *err)
{
    struct sim_world *w = sim_the_world;
    struct sim_media media;
    (void)tools;
    if (!sim_media_stored(&media, w, path + sizeof(PATH_PREFIX) - 1))
        return gv_fail(err, GV_INVALID_INPUT, "the picture can't be read");
    media.width = width;
    media.height = height;
    struct gv_arena arena = {0};
    FILE *file = fopen(out_path, "wb");
    bool wrote = file != NULL && fwrite(sim_media_make(&arena, &media), 1, SIM_MEDIA_BYTES, file) == SIM_MEDIA_BYTES;
    if (file != NULL)
        wrote &= fclose(file) == 0;
    gv_arena_free(&arena);
    return wrote ? GV_OK : gv_fail(err, GV_INTERNAL_ERROR, "the scaled picture can't be written");
}

static void close_tools(struct gv_media_tools *tools)
{
    (void)tools;
}

static const struct gv_media_vtable vtable = {.probe = probe, .resize = resize, .close = close_tools};
struct gv_media_tools sim_media_tools = {&vtable};
