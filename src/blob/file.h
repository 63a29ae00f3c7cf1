/* Blobs as files: dir/blobs/ab/<the other 62 digits>, and what is still being written in dir/partial/. */
#ifndef GV_BLOB_FILE_H
#define GV_BLOB_FILE_H

#include "port/blob.h"
#include "port/crypto.h"

/* collect() leaves alone what was written or renewed within this time: a partial file that a crash left is continued
 * by its job, a process of an earlier version holds nothing while its job is on its way into the journal, and who put
 * back an older journal has time to find that films which it does not know are still there. */
#define GV_BLOB_GRACE_SECONDS (7 * 24 * 60 * 60)

/* Makes the folders where missing (of `dir` only the last part); files get the rights that the umask leaves.
 * `crypto` is borrowed until close, before which all writers and readers are to be closed. Several processes may
 * share the folder, which must be on a file system that knows locks. GV_INTERNAL_ERROR: it can't be used, and why. */
int gv_blobs_file_open(struct gv_blobs **out, const char *dir, const struct gv_crypto *crypto, struct gv_error *err);

#endif
