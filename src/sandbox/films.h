/* The films of finished tasks: made when first asked for, kept by what they are made of. */
#ifndef GV_SANDBOX_FILMS_H
#define GV_SANDBOX_FILMS_H

#include "core/emulator.h"
#include "port/blob.h"
#include "sandbox/store.h"

#define GV_FILMS_AT_ONCE 2

struct gv_films;

struct gv_films_options {
    const char *dir;    /* of the films; exists */
    const char *helper; /* program */
    int stop_fd;
    struct gv_blobs *blobs;
    struct gv_store *store;
};

/* Copies the strings, borrows the rest until close. */
struct gv_films *gv_films_open(const struct gv_films_options *options);
void gv_films_close(struct gv_films *films); /* NULL is harmless; nobody may be waiting */

struct gv_film_file {
    char path[4096];
    char key[65]; /* hex; the same for the same film */
    const char *mime_type;
};
/* Blocks until the task's film `index`, or its speech or picture, is there. Any thread. */
int gv_films_get(struct gv_film_file *out, struct gv_films *films, const struct gv_emu_task *task, unsigned index,
                 struct gv_error *err);

#endif
