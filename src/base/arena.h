/* Memory that is given back all at once. Running out of memory is treated like a power cut:
 * the process says so and stops, and what was committed is taken up at the next start. */
#ifndef GV_BASE_ARENA_H
#define GV_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct gv_arena_chunk;

/* Zero-initialise before first use; not thread-safe, one owner at a time. */
struct gv_arena {
    struct gv_arena_chunk *chunks;
};

/* Never returns NULL; zeroed and aligned for any type; lives until reset or free. */
void *gv_arena_alloc(struct gv_arena *arena, size_t bytes);
/* NULL stays NULL in both; the copy is NUL-terminated. */
char *gv_arena_strdup(struct gv_arena *arena, const char *text);
char *gv_arena_strndup(struct gv_arena *arena, const char *text, size_t bytes);
void *gv_arena_memdup(struct gv_arena *arena, const void *data, size_t bytes);
char *gv_arena_printf(struct gv_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *gv_arena_vprintf(struct gv_arena *arena, const char *format, va_list args);

#define GV_NEW(arena, type) ((type *)gv_arena_alloc((arena), sizeof(type)))
#define GV_NEW_ARRAY(arena, type, count) ((type *)gv_arena_alloc((arena), sizeof(type) * (count)))

/* Forgets everything allocated; keeps one chunk for reuse. */
void gv_arena_reset(struct gv_arena *arena);
/* Gives all memory back; the arena is empty and may be used again. */
void gv_arena_free(struct gv_arena *arena);

/* Heap memory with the same rule: never NULL. Give back with free(). */
void *gv_xcalloc(size_t count, size_t bytes);
void *gv_xrealloc(void *old, size_t bytes);
char *gv_xstrdup(const char *text);
char *gv_xprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The end of the process, for the libraries' own lack of memory. `bytes`: 0 where it isn't told. */
_Noreturn void gv_out_of_memory(size_t bytes);

#endif
