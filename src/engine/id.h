/* Names of jobs: ascending in time, unguessable in the rest. */
#ifndef GV_ENGINE_ID_H
#define GV_ENGINE_ID_H

#include "golem_video/golem_video.h"
#include "port/crypto.h"

/* "gv_", 10 characters of milliseconds and 16 of chance, in Crockford's base32. */
void gv_job_id_make(struct gv_job_id *out, int64_t wall_ms, const struct gv_crypto *crypto);
/* By its form only. */
bool gv_job_id_looks_right(const char *text);

#endif
