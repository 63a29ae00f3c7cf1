/* What the program may use up and ask the system for, whatever the file it opens does to the libraries. */
#ifndef GV_MEDIA_HELPER_CONFINE_H
#define GV_MEDIA_HELPER_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

#include "golem_video/error.h"

/* The sanitizers reserve terabytes of address space and could not run below a limit. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GV_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define GV_SANITIZED 1
#endif
#endif
#ifndef GV_SANITIZED
#define GV_SANITIZED 0
#endif

struct gv_confinement {
    uint64_t memory_bytes_max; /* of address space */
    uint64_t cpu_seconds_max;
    uint64_t output_bytes_max; /* of one file written; 0: none may be */
    bool opens_files;          /* more of them, to read */
};

/* Lowers this process's limits for good, ends it with its parent, and bars new privileges. To be called before any
 * file is opened. GV_INTERNAL_ERROR: the system refused. */
int gv_confine_limits(const struct gv_confinement *confinement, struct gv_error *err);

/* From here on the process may compute, and read and write the files it has open. Any other call of the system ends
 * it by SIGSYS. The sanitizers need calls of their own: their builds are kept from sockets only.
 * GV_INTERNAL_ERROR: the system knows no such filter. */
int gv_confine_calls(const struct gv_confinement *confinement, struct gv_error *err);

#endif
