/* Stored files are held against their name, which is their SHA-256, before they are handed on: a disk may have lost
 * what it kept. */
#ifndef GV_ENGINE_VERIFY_H
#define GV_ENGINE_VERIFY_H

#include "core/call.h"
#include "port/blob.h"
#include "port/crypto.h"

/* Takes the next portion; anything but GV_OK, with err, ends the reading and is its result. */
typedef int gv_portion_fn(void *ctx, const void *data, size_t bytes, struct gv_error *err);

/* Reads the whole blob, each portion into `put` (NULL: nowhere). GV_INTERNAL_ERROR: it can't be read, or isn't what
 * was stored; what `put` got is then to be thrown away. Blocks. */
int gv_blob_read(struct gv_blobs *blobs, const struct gv_crypto *crypto, const char *sha256, uint64_t bytes,
                 gv_portion_fn *put, void *ctx, struct gv_error *err);

struct gv_job;
/* Reads the files that the job's call sends, on a pool thread, then calls go_on: `why` NULL, or what is damaged. At
 * once where it sends none. */
void gv_job_verify(struct gv_job *job, void (*go_on)(struct gv_job *job, const char *why));
void gv_job_verify_let_go(struct gv_job *job); /* go_on is not called; harmless where nothing is under way */

#endif
