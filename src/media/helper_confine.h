/* What the program may use up, whatever the file it opens does to the libraries. */
#ifndef GV_MEDIA_HELPER_CONFINE_H
#define GV_MEDIA_HELPER_CONFINE_H

#include <stdint.h>

#include "golem_video/error.h"

struct gv_confinement {
    uint64_t memory_bytes_max; /* of address space */
    uint64_t cpu_seconds_max;
    uint64_t output_bytes_max; /* of one file written; 0: none may be */
};

/* Lowers this process's limits for good, ends it with its parent, and bars new privileges. To be called before any
 * file is opened. GV_INTERNAL_ERROR: the system refused. */
int gv_confine(const struct gv_confinement *confinement, struct gv_error *err);

#endif
