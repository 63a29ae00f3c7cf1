#include "base/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int gv_dir_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = fd >= 0 && fsync(fd) == 0 ? 0 : errno;
    if (fd >= 0)
        close(fd);
    return failed;
}

int gv_dir_make(const char *path)
{
    bool made = mkdir(path, 0777) == 0;
    if (!made && errno != EEXIST)
        return errno;
    char parent[PATH_MAX];
    if (snprintf(parent, sizeof(parent), "%s/..", path) >= (int)sizeof(parent))
        return ENAMETOOLONG;
    int failed = gv_dir_sync(parent);
    return made || failed == EIO ? failed : 0; /* a parent that we did not write to may be closed to us */
}

/* Each is synced before the one below it is made: where a folder is, those above it are safe. */
int gv_dir_make_all(const char *path)
{
    char part[PATH_MAX];
    struct stat st;
    size_t bytes = strlen(path);
    if (bytes >= sizeof(part))
        return ENAMETOOLONG;
    memcpy(part, path, bytes + 1);
    for (char *slash = stat(path, &st) == 0 ? NULL : strchr(part + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        gv_dir_make(part); /* the last one tells */
        *slash = '/';
    }
    return gv_dir_make(path);
}
