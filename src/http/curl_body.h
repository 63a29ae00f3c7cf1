/* A request's body as a stream: constant memory, whatever lies in the blobs. */
#ifndef GV_HTTP_CURL_BODY_H
#define GV_HTTP_CURL_BODY_H

#include "core/call.h"
#include "port/blob.h"

/* Zero-initialise, then set body and blobs; both are borrowed. */
struct gv_curl_body {
    const struct gv_body *body;
    struct gv_blobs *blobs;
    size_t index;                    /* of the segment under way */
    uint64_t offset;                 /* in that segment, before encoding */
    struct gv_blob_reader **readers; /* one a segment, NULL for texts; all open before anything is sent */
    size_t reader_count;             /* kept, since the body may go before the stream */
    char *raw, *encoded;             /* of base64 segments; made when first needed */
    size_t encoded_bytes, encoded_at;
};

/* Opens every blob, so that one that is missing, of another length than promised or not to be opened is found before
 * anything is sent: a create that stops in its body counts as one whose answer is lost. Once, before the first read. */
int gv_curl_body_open(struct gv_curl_body *stream, struct gv_error *err);
/* Bytes put into out, 0 at the end, -1 with err. */
ssize_t gv_curl_body_read(struct gv_curl_body *stream, void *out, size_t bytes, struct gv_error *err);
void gv_curl_body_rewind(struct gv_curl_body *stream);
void gv_curl_body_free(struct gv_curl_body *stream);

#endif
