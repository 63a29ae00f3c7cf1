/* Who lives: a process holds a lock on its file in the owners' folder until it ends, however it ends. */
#ifndef GV_JOURNAL_SQLITE_OWNER_H
#define GV_JOURNAL_SQLITE_OWNER_H

#include <stdbool.h>

#include "golem_video/error.h"
#include "port/crypto.h"

#define GV_OWNER_NAME_BYTES 33 /* 16 random bytes in hex, and NUL */

struct gv_owner {
    char name[GV_OWNER_NAME_BYTES];
    char *dir; /* of the lock files */
    int fd;    /* holds the lock */
};

/* Makes the folder if missing and takes a fresh name; removes what dead processes left there. */
int gv_owner_open(struct gv_owner *out, const char *dir, const struct gv_crypto *crypto, struct gv_error *err);
void gv_owner_close(struct gv_owner *owner); /* a zeroed one is harmless */

/* Waits until no other process is at this point; the turn ends with close() of what is returned. -1 with err. */
int gv_owner_take_turn(const struct gv_owner *self, struct gv_error *err);

/* Removes the lock file of a process that is gone; false while it lives. Names are never used twice, so whoever is
 * dead stays dead, and a missing file is a dead process. */
bool gv_owner_dead(const struct gv_owner *self, const char *name);

#endif
