/* malloc and its kin for a test's process, in front of the C library's. */
#include "preload/memory_fault.h"

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))
#define WORDS "out of memory"
#define HANG_S 30
#define STORIES_MAX 12

/* The C library's own (malloc/malloc.c of glibc). */
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

/* ---- each allocation of a piece of work ---------------------------------------------------------------- */

static struct {
    bool armed, in_hook;
    bool none_left; /* in a copy */
    struct memory_fault_plan plan;
    int story; /* what a copy writes to stderr */
    struct memory_fault_report report;
} each;

static void judge(int status)
{
    char said[4096];
    ssize_t bytes = pread(each.story, said, sizeof(said) - 1, 0);
    said[bytes > 0 ? bytes : 0] = '\0';
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        each.report.unharmed++;
    } else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && strstr(said, WORDS) != NULL) {
        each.report.stopped++;
    } else if (each.report.bad++ < STORIES_MAX) {
        fprintf(stderr, "without allocation %zu%s: %s %d: %s\n", each.report.allocations,
                each.plan.for_good ? " and all after it" : "", WIFSIGNALED(status) ? "signal" : "exit code",
                WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), said);
    }
}

/* True in the copy. */
static bool copied(void)
{
    if (ftruncate(each.story, 0) != 0)
        abort();
    pid_t pid = fork();
    if (pid < 0)
        abort();
    if (pid == 0) {
        each.armed = false;
        each.none_left = each.plan.for_good;
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        lseek(each.story, 0, SEEK_SET);
        dup2(each.story, STDERR_FILENO);
        dup2(each.story, STDOUT_FILENO);
        alarm(HANG_S);
        return true;
    }
    int status = 0;
    waitpid(pid, &status, 0);
    judge(status);
    return false;
}

SHOWN struct memory_fault_report memory_fault_each(void (*work)(void *ctx), void *ctx,
                                                   const struct memory_fault_plan *plan)
{
    memset(&each, 0, sizeof(each));
    each.plan = *plan;
    each.story = memfd_create("story", MFD_CLOEXEC);
    pid_t self = getpid();
    fflush(NULL);
    each.armed = true;
    work(ctx);
    each.armed = false;
    if (getpid() != self)
        _exit(0);
    close(each.story);
    return each.report;
}

/* ---- the N-th of a program ------------------------------------------------------------------------------ */

static atomic_size_t count;
static size_t fails_at;        /* 0: none */
static const char *count_path; /* gets the number of allocations at the end */
static atomic_bool in_program; /* the loader's own allocations don't count */

static void number_to(const char *path, size_t number)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return;
    fprintf(file, "%zu\n", number);
    fclose(file);
}

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("MEMORY_FAULT_AT");
    fails_at = at != NULL ? strtoul(at, NULL, 10) : 0;
    count_path = getenv("MEMORY_FAULT_COUNT");
    atomic_store(&in_program, fails_at != 0 || count_path != NULL);
}

__attribute__((destructor)) static void end(void)
{
    if (count_path != NULL && atomic_exchange(&in_program, false))
        number_to(count_path, atomic_load(&count));
}

static bool fails(void)
{
    if (each.none_left)
        return true;
    if (each.armed && !each.in_hook) {
        each.in_hook = true;
        size_t number = ++each.report.allocations;
        bool due = number >= each.plan.first && (number - each.plan.first) % each.plan.step == 0;
        each.report.tried += due;
        bool here = due && copied();
        each.in_hook = false;
        return here;
    }
    return atomic_load(&in_program) && atomic_fetch_add(&count, 1) + 1 == fails_at;
}

/* ---- in front of the C library --------------------------------------------------------------------------- */

static void *none(void)
{
    errno = ENOMEM;
    return NULL;
}

SHOWN void *malloc(size_t bytes)
{
    return fails() ? none() : __libc_malloc(bytes);
}

SHOWN void *calloc(size_t number, size_t bytes)
{
    return fails() ? none() : __libc_calloc(number, bytes);
}

SHOWN void *realloc(void *old, size_t bytes)
{
    return fails() ? none() : __libc_realloc(old, bytes);
}

SHOWN void *memalign(size_t alignment, size_t bytes)
{
    return fails() ? none() : __libc_memalign(alignment, bytes);
}

SHOWN void *aligned_alloc(size_t alignment, size_t bytes)
{
    return fails() ? none() : __libc_memalign(alignment, bytes);
}

SHOWN int posix_memalign(void **out, size_t alignment, size_t bytes)
{
    void *memory = fails() ? NULL : __libc_memalign(alignment, bytes);
    if (memory == NULL)
        return ENOMEM;
    *out = memory;
    return 0;
}
