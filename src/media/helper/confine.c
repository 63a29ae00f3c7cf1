#include "media/helper/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

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

int gv_confine_limits(const struct gv_confinement *confinement, struct gv_error *err)
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

enum { ALWAYS = -1 };

/* A call that is allowed: always, or if the bits of `mask` in one of its arguments are `value`. */
struct rule {
    int call, argument;
    uint64_t mask, value;
};

static const struct rule computing[] = {
    {SCMP_SYS(brk), ALWAYS, 0, 0},
    {SCMP_SYS(munmap), ALWAYS, 0, 0},
    {SCMP_SYS(mremap), ALWAYS, 0, 0},
    {SCMP_SYS(madvise), ALWAYS, 0, 0},
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    {SCMP_SYS(futex), ALWAYS, 0, 0},
    {SCMP_SYS(sched_getaffinity), ALWAYS, 0, 0}, /* how libraries count processors */
    {SCMP_SYS(getrandom), ALWAYS, 0, 0},
    {SCMP_SYS(clock_gettime), ALWAYS, 0, 0},
    {SCMP_SYS(gettimeofday), ALWAYS, 0, 0},
    {SCMP_SYS(exit_group), ALWAYS, 0, 0},
    /* abort(): a failed assertion ends as one. */
    {SCMP_SYS(rt_sigprocmask), ALWAYS, 0, 0},
    {SCMP_SYS(rt_sigaction), ALWAYS, 0, 0},
    {SCMP_SYS(gettid), ALWAYS, 0, 0},
    {SCMP_SYS(getpid), ALWAYS, 0, 0},
    /* Files that are open. */
    {SCMP_SYS(read), ALWAYS, 0, 0},
    {SCMP_SYS(pread64), ALWAYS, 0, 0},
    {SCMP_SYS(write), ALWAYS, 0, 0},
    {SCMP_SYS(pwrite64), ALWAYS, 0, 0},
    {SCMP_SYS(lseek), ALWAYS, 0, 0},
    {SCMP_SYS(ftruncate), ALWAYS, 0, 0},
    {SCMP_SYS(close), ALWAYS, 0, 0},
    {SCMP_SYS(fstat), ALWAYS, 0, 0},
    {SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH, AT_EMPTY_PATH}, /* the C library's fstat */
    {SCMP_SYS(fcntl), 1, UINT32_MAX, F_DUPFD_CLOEXEC},
    {SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFL},
    {SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFD},
};

/* Films made to order letter their text with fonts, and show pictures that their description names. */
static const struct rule reading[] = {
    {SCMP_SYS(openat), 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY},
    {SCMP_SYS(access), ALWAYS, 0, 0},
    {SCMP_SYS(faccessat), ALWAYS, 0, 0},
};

static int allow(scmp_filter_ctx filter, const struct rule *rules, size_t count)
{
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        const struct rule *rule = &rules[i];
        if (rule->argument == ALWAYS) {
            rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, rule->call, 0);
        } else {
            struct scmp_arg_cmp bits = {(unsigned)rule->argument, SCMP_CMP_MASKED_EQ, rule->mask, rule->value};
            rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rule->call, 1, &bits);
        }
    }
    return rc;
}

static int make_rules(scmp_filter_ctx filter, bool opens_files)
{
    if (GV_SANITIZED)
        return seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(socket), 0);
    struct scmp_arg_cmp to_itself = {0, SCMP_CMP_EQ, (uint64_t)getpid(), 0};
    int rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (rc == 0)
        rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &to_itself);
    if (rc == 0)
        rc = allow(filter, computing, sizeof computing / sizeof *computing);
    return rc == 0 && opens_files ? allow(filter, reading, sizeof reading / sizeof *reading) : rc;
}

int gv_confine_calls(const struct gv_confinement *confinement, struct gv_error *err)
{
    tzset(); /* reads a file, at the first date that a film tells */
    scmp_filter_ctx filter = seccomp_init(GV_SANITIZED ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return gv_fail(err, GV_INTERNAL_ERROR, "no memory for the filter of the system's calls");
    int rc = make_rules(filter, confinement->opens_files);
    if (rc == 0)
        rc = seccomp_load(filter);
    seccomp_release(filter);
    if (rc != 0)
        return gv_fail(err, GV_INTERNAL_ERROR,
                       "the program can't be confined: the filter of the system's calls (seccomp) is refused: %s; "
                       "without it no file from elsewhere is opened",
                       strerror(-rc));
    return GV_OK;
}
