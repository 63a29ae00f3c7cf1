#include "sandbox/delivery.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "core/range.h"
#include "sandbox/splice.h"

#define BLOCK_BYTES (64u << 10)
#define STALL_MS 60000
#define WRONG_BY_BYTES 1000

/* ---- bytes ------------------------------------------------------------------------------------------------------ */

static void put_be(uint8_t *out, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

/* An MP4 box header with a 64-bit size. */
static void put_box(uint8_t out[16], const char type[5], uint64_t bytes)
{
    put_be(out, 1, 4);
    memcpy(out + 4, type, 4);
    put_be(out + 8, bytes, 8);
}

int gv_bytes_open(struct gv_bytes *out, const char *path, const char *key, const char *mime_type, uint64_t big_bytes,
                  struct gv_error *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        int code = gv_fail(err, GV_INTERNAL_ERROR, "Opening %s failed: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return code;
    }
    *out = (struct gv_bytes){.fd = fd, .fd_bytes = (uint64_t)st.st_size, .mime_type = mime_type};
    out->total = out->fd_bytes;
    snprintf(out->etag, sizeof out->etag, "\"%.32s\"", key);
    if (big_bytes >= out->fd_bytes + 16) {
        out->box_bytes = 16;
        out->total = big_bytes;
        put_box(out->box, "free", big_bytes - out->fd_bytes);
        snprintf(out->etag, sizeof out->etag, "\"%.32s-%llu\"", key, (unsigned long long)big_bytes);
    }
    return GV_OK;
}

void gv_bytes_generate(struct gv_bytes *out, uint64_t total)
{
    static const uint8_t file_type[32] = "\0\0\0\x20"
                                         "ftypisom\0\0\2\0isomiso2avc1mp4";
    *out = (struct gv_bytes){.fd = -1, .box_bytes = 48, .total = total, .mime_type = "video/mp4"};
    memcpy(out->box, file_type, 32);
    out->box[31] = '1';
    put_box(out->box + 32, "mdat", total > 32 ? total - 32 : 16);
    if (out->box_bytes > total)
        out->box_bytes = total;
    snprintf(out->etag, sizeof out->etag, "\"big-%llu\"", (unsigned long long)total);
}

/* Every eight bytes say where they stand, so that a piece in the wrong place shows. */
static size_t read_made_up(uint8_t *out, size_t room, uint64_t offset)
{
    for (size_t i = 0; i < room;) {
        uint64_t at = offset + i, word = at / 8;
        size_t skip = at % 8, n = 8 - skip < room - i ? 8 - skip : room - i;
        memcpy(out + i, (uint8_t *)&word + skip, n);
        i += n;
    }
    return room;
}

static size_t at_most(size_t room, uint64_t left)
{
    return room < left ? room : (size_t)left;
}

/* 0 only where the file fails. */
size_t gv_bytes_read(const struct gv_bytes *bytes, void *out, size_t room, uint64_t offset)
{
    if (bytes->splice)
        return gv_splice_read(bytes->splice, out, room, offset);
    if (offset < bytes->fd_bytes) {
        ssize_t n = pread(bytes->fd, out, at_most(room, bytes->fd_bytes - offset), (off_t)offset);
        return n > 0 ? (size_t)n : 0;
    }
    uint64_t behind = offset - bytes->fd_bytes;
    if (behind < bytes->box_bytes) {
        size_t n = at_most(room, bytes->box_bytes - behind);
        memcpy(out, bytes->box + behind, n);
        return n;
    }
    return read_made_up(out, at_most(room, bytes->total - offset), offset);
}

void gv_bytes_close(struct gv_bytes *bytes)
{
    gv_splice_free(bytes->splice);
    bytes->splice = NULL;
    if (bytes->fd >= 0)
        close(bytes->fd);
    bytes->fd = -1;
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static void put_date(struct MHD_Response *response, int64_t skew_ms)
{
    char text[64];
    time_t now = time(NULL) + (time_t)(skew_ms / 1000);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    MHD_add_response_header(response, MHD_HTTP_HEADER_DATE, text);
}

enum MHD_Result gv_delivery_queue(struct MHD_Connection *connection, int status, struct MHD_Response *response,
                                  const struct gv_trouble *trouble)
{
    put_date(response, trouble ? trouble->bend.skew_ms : 0);
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return result;
}

static void put_headers(struct MHD_Response *response, const struct gv_header *headers)
{
    for (size_t i = 0; headers && i < GV_EMU_REPLY_HEADERS_MAX && headers[i].name; i++)
        MHD_add_response_header(response, headers[i].name, headers[i].value);
}

enum MHD_Result gv_delivery_reply(struct MHD_Connection *connection, const struct gv_emu_reply *reply,
                                  const struct gv_trouble *trouble)
{
    const char *body = reply->body ? reply->body : "";
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(body), (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);
    if (reply->content_type)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
    put_headers(response, reply->headers);
    return gv_delivery_queue(connection, reply->status, response, trouble);
}

enum MHD_Result gv_delivery_text(struct MHD_Connection *connection, int status, const char *content_type,
                                 const char *body, const struct gv_trouble *trouble)
{
    struct gv_emu_reply reply = {.status = status, .content_type = content_type, .body = body};
    return gv_delivery_reply(connection, &reply, trouble);
}

struct parcel {
    struct gv_sandbox *sandbox;
    struct gv_bytes bytes;
    uint64_t first, count; /* of what is sent */
    uint64_t stop;         /* bytes after which it goes wrong; UINT64_MAX: it doesn't */
    bool stall;
    int client_fd;
};

static ssize_t hand_out(void *ctx, uint64_t position, char *out, size_t room)
{
    struct parcel *p = ctx;
    if (position >= p->stop) {
        if (p->stall)
            gv_sandbox_pause(p->sandbox, STALL_MS, p->client_fd);
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    uint64_t left = (p->stop < p->count ? p->stop : p->count) - position;
    size_t n = gv_bytes_read(&p->bytes, out, at_most(room, left), p->first + position);
    return n ? (ssize_t)n : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void parcel_free(void *ctx)
{
    struct parcel *p = ctx;
    gv_bytes_close(&p->bytes);
    free(p);
}

static struct parcel *parcel_new(struct gv_sandbox *sandbox, struct MHD_Connection *connection,
                                 const struct gv_bytes *bytes, const struct gv_trouble *trouble)
{
    struct parcel *p = gv_xcalloc(1, sizeof *p);
    p->sandbox = sandbox;
    p->bytes = *bytes;
    p->stop = UINT64_MAX;
    p->stall = trouble->ends == GV_FAULT_STALL;
    p->client_fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    return p;
}

static void put_range(struct MHD_Response *response, enum gv_range range, const struct parcel *p)
{
    char text[GV_RANGE_TEXT_BYTES];
    gv_range_text(text, range, p->first, p->count, p->bytes.total);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_RANGE, text);
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum gv_range range_of(struct MHD_Connection *connection, struct parcel *p, const struct gv_trouble *trouble)
{
    const char *wanted = header(connection, MHD_HTTP_HEADER_RANGE),
               *only = header(connection, MHD_HTTP_HEADER_IF_RANGE);
    bool same = !only || strcmp(only, p->bytes.etag) == 0;
    bool offered = p->bytes.etag[0] && !trouble->no_range;
    return gv_range_parse(&p->first, &p->count, same && offered ? wanted : NULL, p->bytes.total);
}

enum MHD_Result gv_delivery_send(struct gv_sandbox *sandbox, struct MHD_Connection *connection,
                                 const struct gv_bytes *bytes, const struct gv_trouble *trouble)
{
    struct parcel *p = parcel_new(sandbox, connection, bytes, trouble);
    enum gv_range range = range_of(connection, p, trouble);
    uint64_t announced = range == GV_RANGE_UNSATISFIABLE ? 0 : p->count;
    if (trouble->ends == GV_FAULT_TRUNCATE || trouble->ends == GV_FAULT_STALL)
        p->stop = p->count / 2;
    if (trouble->ends == GV_FAULT_WRONG_LENGTH) {
        p->stop = p->count;
        announced += WRONG_BY_BYTES;
    }
    struct MHD_Response *response = MHD_create_response_from_callback(announced, BLOCK_BYTES, hand_out, p, parcel_free);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, p->bytes.mime_type);
    put_headers(response, p->bytes.headers);
    if (p->bytes.etag[0])
        MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, p->bytes.etag);
    if (p->bytes.etag[0] && !trouble->no_range)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
    if (range != GV_RANGE_WHOLE)
        put_range(response, range, p);
    int status = range == GV_RANGE_WHOLE  ? MHD_HTTP_OK
                 : range == GV_RANGE_PART ? MHD_HTTP_PARTIAL_CONTENT
                                          : MHD_HTTP_RANGE_NOT_SATISFIABLE;
    return gv_delivery_queue(connection, status, response, trouble);
}
