#include "engine/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "core/interface.h"
#include "core/url.h"
#include "engine/job.h"

#define GV_COPY_BYTES (256u << 10)

struct visit {
    struct gv_intake *in;
    struct gv_error *err;
};

int gv_copy_file(struct gv_blob_writer *writer, struct gv_blobs *blobs, int fd, const char *path, const char *field,
                 struct gv_error *err)
{
    char *buffer = gv_xcalloc(1, GV_COPY_BYTES);
    uint64_t total = 0;
    int code = GV_OK;
    ssize_t n = 0;
    while (code == GV_OK && (n = read(fd, buffer, GV_COPY_BYTES)) > 0) {
        total += (uint64_t)n;
        code = total > GV_INPUT_BYTES_MAX ? gv_fail_field(err, GV_INVALID_INPUT, field, "%s is larger than %llu bytes",
                                                          path, GV_INPUT_BYTES_MAX)
                                          : blobs->vtable->writer_write(writer, buffer, (size_t)n, err);
    }
    if (n < 0)
        code = gv_fail_field(err, GV_INVALID_INPUT, field, "reading %s failed: %s", path, strerror(errno));
    if (code == GV_OK && total == 0)
        code = gv_fail_field(err, GV_INVALID_INPUT, field, "%s is empty", path);
    free(buffer);
    return code;
}

static int open_input(int *out, const char *path, const char *field, struct gv_error *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hang us */
    if (fd < 0 && gv_is_shortage(errno))
        return gv_fail_field(err, GV_INTERNAL_ERROR, field, "opening the file %s failed: %s; %s", path, strerror(errno),
                             gv_advice(errno, "see what limits this process"));
    if (fd < 0)
        return gv_fail_field(err, GV_INVALID_INPUT, field, "the file %s can't be opened: %s", path, strerror(errno));
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return gv_fail_field(err, GV_INVALID_INPUT, field, "%s is not a regular file", path);
    }
    *out = fd;
    return GV_OK;
}

/* What the content is and measures; a file that only claims to be media is refused here, before anything is paid. */
static int look_into(struct gv_intake *in, struct gv_blob_info *blob, const char *field, struct gv_error *err)
{
    blob->mime_type = gv_arena_strdup(in->arena, blob->mime_type);
    bool is_media = strncmp(blob->mime_type, "image/", 6) == 0 || strncmp(blob->mime_type, "video/", 6) == 0 ||
                    strncmp(blob->mime_type, "audio/", 6) == 0;
    if (!is_media)
        return gv_fail_field(err, GV_INVALID_INPUT, field,
                             "the content is %s; a picture, film or sound in a known format is needed",
                             blob->mime_type);
    char *path = in->media != NULL ? in->blobs->vtable->path(in->blobs, blob->sha256) : NULL;
    if (path == NULL)
        return GV_OK;
    struct gv_error why;
    int code = in->media->vtable->probe(blob, in->media, path, &why);
    free(path);
    if (code == GV_INVALID_INPUT)
        return gv_fail_field(err, GV_INVALID_INPUT, field, "the %s can't be read: %s", blob->mime_type, why.message);
    if (code != GV_OK && err != NULL)
        *err = why;
    return code;
}

/* The blob is held, and from now on for `in`. */
static int need(struct gv_intake *in, const struct gv_blob_info *blob, const char *field, struct gv_error *err)
{
    if (in->ref_count == GV_INPUTS_MAX) {
        in->blobs->vtable->release(in->blobs, blob->sha256);
        return gv_fail_field(err, GV_INVALID_INPUT, field, "more than %d files in one job", GV_INPUTS_MAX);
    }
    in->refs[in->ref_count++] = gv_arena_strdup(in->arena, blob->sha256);
    return GV_OK;
}

int gv_intake_keep(struct gv_media *out, struct gv_intake *in, struct gv_blob_writer *writer, const char *field,
                   struct gv_error *err)
{
    struct gv_blob_info blob = {0};
    int code = in->blobs->vtable->writer_commit(&blob, writer, err);
    if (code != GV_OK)
        return code;
    code = look_into(in, &blob, field, err);
    if (code != GV_OK) {
        in->blobs->vtable->release(in->blobs, blob.sha256);
        return code;
    }
    *out = (struct gv_media){.kind = GV_MEDIA_BLOB, .blob = blob};
    return need(in, &blob, field, err);
}

static int take_blob(struct gv_intake *in, const struct gv_media *media, const char *field, struct gv_error *err)
{
    struct gv_blobs *blobs = in->blobs;
    struct gv_blob_reader *reader;
    struct gv_error why;
    int code = blobs->vtable->hold(blobs, media->blob.sha256, err);
    if (code != GV_OK)
        return code;
    if (blobs->vtable->reader_open(&reader, blobs, media->blob.sha256, &why) != GV_OK) {
        blobs->vtable->release(blobs, media->blob.sha256);
        return gv_fail_field(err, GV_INVALID_INPUT, field, "there is no file %s in the store", media->blob.sha256);
    }
    blobs->vtable->reader_close(reader);
    return need(in, &media->blob, field, err);
}

static int take_path(struct gv_intake *in, struct gv_media *media, const char *field, struct gv_error *err)
{
    struct gv_blob_writer *writer;
    int fd = -1;
    int code = open_input(&fd, media->path, field, err);
    if (code != GV_OK)
        return code;
    code = in->blobs->vtable->writer_open(&writer, in->blobs, NULL, err);
    if (code == GV_OK) {
        code = gv_copy_file(writer, in->blobs, fd, media->path, field, err);
        if (code != GV_OK)
            in->blobs->vtable->writer_discard(writer);
    }
    close(fd);
    return code == GV_OK ? gv_intake_keep(media, in, writer, field, err) : code;
}

static int take_bytes(struct gv_intake *in, struct gv_media *media, const char *field, struct gv_error *err)
{
    struct gv_blob_writer *writer;
    if (media->byte_count == 0)
        return gv_fail_field(err, GV_INVALID_INPUT, field, "no bytes were given");
    int code = in->blobs->vtable->writer_open(&writer, in->blobs, NULL, err);
    if (code != GV_OK)
        return code;
    code = in->blobs->vtable->writer_write(writer, media->bytes, media->byte_count, err);
    if (code != GV_OK) {
        in->blobs->vtable->writer_discard(writer);
        return code;
    }
    return gv_intake_keep(media, in, writer, field, err);
}

static bool is_allowed(const struct gv_http_policy *policy, const char *host_port)
{
    for (const char *const *allowed = policy->allowed; allowed != NULL && *allowed != NULL; allowed++)
        if (strcmp(*allowed, host_port) == 0)
            return true;
    return false;
}

static bool is_private(const struct gv_url *url)
{
    uint8_t address[16];
    size_t bytes = gv_address_parse(address, url->host);
    return bytes > 0 ? !gv_address_is_public(address, bytes) : strcmp(url->host, "localhost") == 0;
}

bool gv_url_is_forbidden(const struct gv_http_policy *policy, const struct gv_url *url)
{
    char host_port[GV_HOST_PORT_BYTES];
    gv_url_host_port(host_port, url);
    return policy->public_only && !is_allowed(policy, host_port) && is_private(url);
}

/* A scheme other than http and https may be the provider's own, which its admission decides. */
static int check_url(struct gv_intake *in, const struct gv_media *media, const char *field, struct gv_error *err)
{
    if (strncmp(media->url, "http://", 7) != 0 && strncmp(media->url, "https://", 8) != 0)
        return GV_OK;
    struct gv_url url;
    struct gv_error why;
    if (gv_url_parse(&url, media->url, &why) != GV_OK)
        return gv_fail_field(err, GV_INVALID_INPUT, field, "%s", why.message);
    if (!gv_url_is_forbidden(in->policy, &url))
        return GV_OK;
    return gv_fail_field(err, GV_INVALID_INPUT, field,
                         "%s names a private address, which a provider can't reach; GOLEM_VIDEO_ALLOW_PRIVATE=1 or "
                         "--allow-private permits it",
                         gv_url_without_query(in->arena, media->url));
}

static int take_in(void *ctx, struct gv_media *media, const char *field)
{
    struct visit *visit = ctx;
    switch (media->kind) {
    case GV_MEDIA_PATH: return take_path(visit->in, media, field, visit->err);
    case GV_MEDIA_BYTES: return take_bytes(visit->in, media, field, visit->err);
    case GV_MEDIA_URL: return check_url(visit->in, media, field, visit->err);
    case GV_MEDIA_BLOB: return take_blob(visit->in, media, field, visit->err);
    case GV_MEDIA_UNSET: break;
    }
    return GV_OK;
}

int gv_intake(struct gv_intake *in, struct gv_operation *op, struct gv_error *err)
{
    struct visit visit = {in, err};
    return gv_operation_each_media(op, take_in, &visit);
}

void gv_intake_release(struct gv_intake *in)
{
    for (size_t i = 0; i < in->ref_count; i++)
        in->blobs->vtable->release(in->blobs, in->refs[i]);
    in->ref_count = 0;
}
