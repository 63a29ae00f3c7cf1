/* What libFuzzer calls, and an input taken apart: texts in lines, so that seeds can be read and written by hand. */
#ifndef GV_TESTS_FUZZ_H
#define GV_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_input {
    const char *at, *end;
};

/* The next line without its end, in the arena; "" behind the last. */
static inline char *fuzz_line(struct fuzz_input *in, struct gv_arena *arena)
{
    size_t left = (size_t)(in->end - in->at);
    const char *feed = left > 0 ? memchr(in->at, '\n', left) : NULL;
    size_t bytes = feed ? (size_t)(feed - in->at) : left;
    char *line = gv_arena_alloc(arena, bytes + 1);
    if (bytes > 0)
        memcpy(line, in->at, bytes);
    in->at += bytes + (feed != NULL);
    return line;
}

/* Which of `count` things a digit or letter chooses: '0', '1' ... */
static inline size_t fuzz_choice(char c, size_t count)
{
    return (size_t)(unsigned char)(c - '0') % count;
}

#endif
