#include "cli/format.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

static int hex(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c | 0x20);
    return at == NULL ? -1 : (int)(at - digits);
}

bool gv_cli_path_of(char *out, size_t bytes, const char *uri)
{
    if (strncmp(uri, "file://", 7) != 0)
        return false;
    size_t length = 0;
    for (const char *c = uri + 7; *c != '\0'; c++) {
        if (length + 1 >= bytes)
            return false;
        if (*c == '%' && hex(c[1]) >= 0 && hex(c[2]) >= 0) {
            out[length++] = (char)(hex(c[1]) * 16 + hex(c[2]));
            c += 2;
        } else {
            out[length++] = *c;
        }
    }
    out[length] = '\0';
    return true;
}

const char *gv_cli_extension(const char *mime_type)
{
    static const char *const known[][2] = {
        {"video/mp4", "mp4"}, {"video/webm", "webm"}, {"video/quicktime", "mov"},
        {"image/png", "png"}, {"image/jpeg", "jpg"},  {"image/webp", "webp"},
        {"image/gif", "gif"}, {"audio/mpeg", "mp3"},  {"audio/wav", "wav"},
    };
    for (size_t i = 0; mime_type != NULL && i < GV_COUNT(known); i++) {
        if (strcmp(known[i][0], mime_type) == 0)
            return known[i][1];
    }
    return "bin";
}

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

const char *gv_cli_output_path(struct gv_arena *arena, const char *wanted, const char *job_id, size_t index,
                               const char *mime_type)
{
    const char *path = wanted;
    if (is_folder(wanted))
        path = gv_arena_printf(arena, "%s/%s.%s", wanted, job_id, gv_cli_extension(mime_type));
    if (index == 0)
        return path;
    const char *name = strrchr(path, '/');
    const char *dot = strrchr(name != NULL ? name : path, '.');
    size_t stem = dot != NULL && dot != path && dot[-1] != '/' ? (size_t)(dot - path) : strlen(path);
    return gv_arena_printf(arena, "%.*s-%zu%s", (int)stem, path, index + 1, path + stem);
}

/* A copy takes the place of what is there: of a device that would be the end. */
static bool is_special(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

int gv_cli_check_output(const struct gv_cli_args *args, struct gv_error *err)
{
    const char *path = args->output;
    if (path == NULL)
        return GV_OK;
    if (strcmp(path, "-") == 0)
        return gv_fail_field(err, GV_INVALID_INPUT, "--output",
                             "--output writes files only: leave it out to get the stored film's path, and cat that");
    if (is_special(path))
        return gv_fail_field(err, GV_INVALID_INPUT, "--output",
                             "--output %s: that is neither a file nor a folder, and a film would take its place", path);
    char folder[GV_CLI_PATH_BYTES] = ".";
    const char *slash = strrchr(path, '/');
    if (is_folder(path))
        snprintf(folder, sizeof folder, "%s", path);
    else if (slash != NULL)
        snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    if (access(folder, W_OK | X_OK) != 0 || !is_folder(folder))
        return gv_fail_field(err, GV_INVALID_INPUT, "--output",
                             "--output %s: nothing can be written in the folder %s: %s", path, folder,
                             errno != 0 ? strerror(errno) : "it is no folder");
    return GV_OK;
}
