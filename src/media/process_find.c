/* Where the program golem-video-media is: in the build tree beside the others, installed in libexec. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "media/process.h"

static const char *const beside_program[] = {"golem-video-media", "../libexec/golem-video/golem-video-media"};

const char *gv_media_find(struct gv_arena *arena, const char *chosen)
{
    if (chosen != NULL && chosen[0] != '\0')
        return gv_arena_strdup(arena, chosen);
    char self[PATH_MAX];
    ssize_t bytes = readlink("/proc/self/exe", self, sizeof self - 1);
    for (size_t i = 0; bytes > 0 && i < sizeof beside_program / sizeof beside_program[0]; i++) {
        self[bytes] = '\0';
        int folder_bytes = (int)(strrchr(self, '/') - self);
        const char *path = gv_arena_printf(arena, "%.*s/%s", folder_bytes, self, beside_program[i]);
        if (access(path, X_OK) == 0)
            return path;
    }
    return GV_MEDIA_HELPER_INSTALLED;
}
