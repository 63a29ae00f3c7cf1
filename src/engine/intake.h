/* Copying a wish's files into the store, so that the job no longer depends on the caller. Blocks; any thread. */
#ifndef GV_ENGINE_INTAKE_H
#define GV_ENGINE_INTAKE_H

#include "core/provider.h"
#include "core/url.h"
#include "port/blob.h"
#include "port/http.h"
#include "port/media.h"

#define GV_INPUT_BYTES_MAX (4ull << 30)
#define GV_INPUTS_MAX 64

struct gv_intake {
    struct gv_blobs *blobs;
    struct gv_media_tools *media;
    const struct gv_http_policy *policy; /* for URLs */
    struct gv_arena *arena;
    const char *refs[GV_INPUTS_MAX]; /* hashes of what the job will need; held */
    size_t ref_count;
};

/* Replaces every path and every byte string of `op` by a blob, looks for the blobs that it names already, and checks
 * every URL; `op` must be the caller's own copy. GV_INVALID_INPUT with the member's name: unreadable file, empty file,
 * missing blob, forbidden URL. gv_intake_release is due in either case. */
int gv_intake(struct gv_intake *in, struct gv_operation *op, struct gv_error *err);
/* When the references are on disk, or given up. */
void gv_intake_release(struct gv_intake *in);

/* The plain cases; names are resolved, and checked again, by whoever connects. */
bool gv_url_is_forbidden(const struct gv_http_policy *policy, const struct gv_url *url);

/* Stores what was written and fills a GV_MEDIA_BLOB with what the content is; frees the writer either way. The blob is
 * one of in->refs then.
 * GV_INVALID_INPUT: no picture, film or sound that can be read. */
int gv_intake_keep(struct gv_media *out, struct gv_intake *in, struct gv_blob_writer *writer, const char *field,
                   struct gv_error *err);

#endif
