/* Chunks of growing size, newest first. What was handed out is wiped when it is given back: signatures and
 * credentials pass through arenas. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

#define CHUNK_BYTES_MIN ((size_t)4096 - sizeof(struct gv_arena_chunk))
#define CHUNK_BYTES_MAX ((size_t)1 << 20) /* larger wishes get a chunk of their own size */
#define WISH_BYTES_MAX (SIZE_MAX / 4)     /* beyond it, a multiplication went wrong */

struct gv_arena_chunk {
    struct gv_arena_chunk *older;
    size_t used, room;
    alignas(max_align_t) unsigned char data[];
};

_Noreturn void gv_out_of_memory(size_t bytes)
{
    char asked[48] = "";
    if (bytes > 0)
        snprintf(asked, sizeof(asked), " (%zu bytes asked for)", bytes);
    fprintf(stderr, "golem-video: out of memory%s; stopping, accepted jobs are kept\n", asked);
    abort();
}

void *gv_xcalloc(size_t count, size_t bytes)
{
    void *memory = calloc(count > 0 ? count : 1, bytes > 0 ? bytes : 1);
    if (memory == NULL)
        gv_out_of_memory(bytes);
    return memory;
}

void *gv_xrealloc(void *old, size_t bytes)
{
    void *memory = realloc(old, bytes > 0 ? bytes : 1);
    if (memory == NULL)
        gv_out_of_memory(bytes);
    return memory;
}

char *gv_xstrdup(const char *text)
{
    if (text == NULL)
        return NULL;
    size_t bytes = strlen(text) + 1;
    return memcpy(gv_xcalloc(1, bytes), text, bytes);
}

char *gv_xprintf(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0)
        gv_out_of_memory(0);
    return text;
}

static struct gv_arena_chunk *add_chunk(struct gv_arena *arena, size_t bytes)
{
    size_t room = arena->chunks == NULL ? CHUNK_BYTES_MIN : arena->chunks->room * 2;
    if (room > CHUNK_BYTES_MAX)
        room = CHUNK_BYTES_MAX;
    if (room < bytes)
        room = bytes;
    struct gv_arena_chunk *chunk = gv_xcalloc(1, sizeof(*chunk) + room);
    chunk->room = room;
    chunk->older = arena->chunks;
    arena->chunks = chunk;
    return chunk;
}

void *gv_arena_alloc(struct gv_arena *arena, size_t bytes)
{
    GV_ASSERT(bytes <= WISH_BYTES_MAX);
    size_t rounded = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct gv_arena_chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->room - chunk->used < rounded)
        chunk = add_chunk(arena, rounded);
    void *memory = chunk->data + chunk->used;
    chunk->used += rounded;
    return memory;
}

void *gv_arena_memdup(struct gv_arena *arena, const void *data, size_t bytes)
{
    void *copy = gv_arena_alloc(arena, bytes);
    if (bytes > 0)
        memcpy(copy, data, bytes);
    return copy;
}

char *gv_arena_strndup(struct gv_arena *arena, const char *text, size_t bytes)
{
    if (text == NULL)
        return NULL;
    size_t length = strnlen(text, bytes);
    char *copy = gv_arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *gv_arena_strdup(struct gv_arena *arena, const char *text)
{
    return gv_arena_strndup(arena, text, SIZE_MAX);
}

char *gv_arena_vprintf(struct gv_arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    GV_ASSERT(length >= 0);
    char *text = gv_arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, args);
    return text;
}

char *gv_arena_printf(struct gv_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = gv_arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

static void free_chunks(struct gv_arena_chunk *chunk)
{
    while (chunk != NULL) {
        struct gv_arena_chunk *older = chunk->older;
        explicit_bzero(chunk->data, chunk->used);
        free(chunk);
        chunk = older;
    }
}

void gv_arena_reset(struct gv_arena *arena)
{
    struct gv_arena_chunk *kept = arena->chunks;
    if (kept == NULL)
        return;
    free_chunks(kept->older);
    explicit_bzero(kept->data, kept->used);
    kept->older = NULL;
    kept->used = 0;
    if (kept->room > CHUNK_BYTES_MAX)
        gv_arena_free(arena);
}

void gv_arena_free(struct gv_arena *arena)
{
    free_chunks(arena->chunks);
    arena->chunks = NULL;
}
