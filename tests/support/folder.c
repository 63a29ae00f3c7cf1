#include "support/folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"

void gv_folder_make(struct gv_folder *out)
{
    snprintf(out->path, sizeof(out->path), "/tmp/golem-video-test-XXXXXX");
    GV_ASSERT(mkdtemp(out->path) != NULL);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

void gv_folder_remove(const struct gv_folder *folder)
{
    GV_ASSERT(nftw(folder->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

int gv_folder_set_up(void **state)
{
    static struct gv_folder folder;
    gv_folder_make(&folder);
    *state = &folder;
    return 0;
}

int gv_folder_tear_down(void **state)
{
    gv_folder_remove(*state);
    return 0;
}

pid_t gv_child_start(void (*fn)(void *ctx), void *ctx)
{
    fflush(NULL);
    pid_t child = fork();
    GV_ASSERT(child >= 0);
    if (child > 0)
        return child;
    fn(ctx);
    _exit(0);
}

void gv_child_wait(pid_t child)
{
    int status = 0;
    GV_ASSERT(waitpid(child, &status, 0) == child);
    GV_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void gv_child_run(void (*fn)(void *ctx), void *ctx)
{
    gv_child_wait(gv_child_start(fn, ctx));
}
