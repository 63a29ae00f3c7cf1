#include "media/helper_confine.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/error.h"

static int lower(int resource, uint64_t most, const char *what, struct gv_error *err)
{
    struct rlimit limit = {0};
    int rc = getrlimit((__rlimit_resource_t)resource, &limit);
    if (limit.rlim_max > most)
        limit.rlim_max = most;
    if (limit.rlim_cur > limit.rlim_max)
        limit.rlim_cur = limit.rlim_max;
    if (rc != 0 || setrlimit((__rlimit_resource_t)resource, &limit) != 0)
        return gv_fail(err, GV_INTERNAL_ERROR, "the limit of %s can't be lowered: %s", what, strerror(errno));
    return GV_OK;
}

int gv_confine(const struct gv_confinement *confinement, struct gv_error *err)
{
    signal(SIGXFSZ, SIG_IGN); /* a full allowance then shows as EFBIG, with the file's name */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return gv_fail(err, GV_INTERNAL_ERROR, "the program can't be confined: %s", strerror(errno));
    int rc = lower(RLIMIT_CORE, 0, "core dumps", err);
    if (rc == GV_OK)
        rc = lower(RLIMIT_CPU, confinement->cpu_seconds_max, "CPU time", err);
    if (rc == GV_OK)
        rc = lower(RLIMIT_FSIZE, confinement->output_bytes_max, "file size", err);
    if (rc == GV_OK && !GV_SANITIZED)
        rc = lower(RLIMIT_AS, confinement->memory_bytes_max, "memory", err);
    return rc;
}
