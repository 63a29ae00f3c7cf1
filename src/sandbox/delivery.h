/* Handing out bytes as files are handed out: length, strong ETag, ranges, and the ways it goes wrong. */
#ifndef GV_SANDBOX_DELIVERY_H
#define GV_SANDBOX_DELIVERY_H

#include "sandbox/internal.h"

struct gv_splice;

/* A file, perhaps with made-up bytes behind it; or a text with files in it. */
struct gv_bytes {
    int fd; /* -1: none */
    uint64_t fd_bytes;
    uint8_t box[64]; /* what follows the file */
    size_t box_bytes;
    uint64_t total; /* behind the box: bytes that tell their own offset */
    const char *mime_type;
    char etag[100];                  /* with its quotes; "": has none, and no ranges */
    struct gv_splice *splice;        /* owned; else NULL */
    const struct gv_header *headers; /* of the answer, as in gv_emu_reply, until it is queued; or NULL */
};

/* Opens the file. With big_bytes the film goes on in a `free` box up to so many. */
int gv_bytes_open(struct gv_bytes *out, const char *path, const char *key, const char *mime_type, uint64_t big_bytes,
                  struct gv_error *err);
/* No file: an MP4 header and an `mdat` box, `total` bytes in all. */
void gv_bytes_generate(struct gv_bytes *out, uint64_t total);
/* A text (copied) with the base64 of files in it: films[i], which are moved, at offset at[i], in rising order. */
void gv_bytes_splice(struct gv_bytes *out, const char *text, const char *mime_type, const struct gv_bytes *films,
                     const size_t *at, size_t film_count);
/* Copies what stands at `offset` < total; returns how many bytes, at least 1. */
size_t gv_bytes_read(const struct gv_bytes *bytes, void *out, size_t room, uint64_t offset);
void gv_bytes_close(struct gv_bytes *bytes);

/* Answers the request with the bytes, which are moved. */
enum MHD_Result gv_delivery_send(struct gv_sandbox *sandbox, struct MHD_Connection *connection,
                                 const struct gv_bytes *bytes, const struct gv_trouble *trouble);
/* Queues `response` with the headers that every answer has, and lets it go. */
enum MHD_Result gv_delivery_queue(struct MHD_Connection *connection, int status, struct MHD_Response *response,
                                  const struct gv_trouble *trouble);
/* An answer that is text; it is copied. */
enum MHD_Result gv_delivery_reply(struct MHD_Connection *connection, const struct gv_emu_reply *reply,
                                  const struct gv_trouble *trouble);
/* `body` is copied; `content_type` NULL: none. */
enum MHD_Result gv_delivery_text(struct MHD_Connection *connection, int status, const char *content_type,
                                 const char *body, const struct gv_trouble *trouble);

#endif
