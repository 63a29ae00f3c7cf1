/* A blob store for tests of its users: one partial file and a few blobs, in memory, that fail on demand. */
#ifndef GV_TESTS_FAKE_BLOBS_H
#define GV_TESTS_FAKE_BLOBS_H

#include "port/blob.h"

#define GV_FAKE_BLOBS_MAX 4

struct gv_fake_blob {
    const char *sha256; /* any name */
    const void *data;
    uint64_t bytes;
    uint64_t readable; /* reading fails from here on; 0: never */
};

/* The writer of the store; there is one. */
struct gv_blob_writer {
    char *data;
    uint64_t bytes, bytes_max; /* writing beyond bytes_max fails like a full disk; 0: no bound */
    char validator[128];
    unsigned restarts;
};

/* Zero-initialise, then gv_fake_blobs_init; gv_fake_blobs_free gives the partial file back. */
struct gv_fake_blobs {
    struct gv_blobs port;
    struct gv_fake_blob blobs[GV_FAKE_BLOBS_MAX];
    struct gv_blob_writer writer;
    unsigned open_readers;
};

void gv_fake_blobs_init(struct gv_fake_blobs *fake);
/* What an earlier try left behind. */
void gv_fake_blobs_set_partial(struct gv_fake_blobs *fake, const char *text, const char *validator);
void gv_fake_blobs_free(struct gv_fake_blobs *fake);

#endif
