/* Which stored files were found whole, and have not been written to since. */
#ifndef GV_API_INTACT_H
#define GV_API_INTACT_H

#include <pthread.h>
#include <sys/stat.h>

#define GV_INTACT_MAX 256u

struct gv_intact {
    struct gv_intact_slot {
        pthread_mutex_t lock; /* held while its file is hashed, so that those who ask at once hash it once */
        char sha256[65];      /* "": none */
        struct stat was;      /* of the file, before it was hashed */
    } slots[GV_INTACT_MAX];
};

void gv_intact_init(struct gv_intact *intact);
void gv_intact_drop(struct gv_intact *intact);

#endif
