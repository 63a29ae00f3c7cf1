/* Blobs in memory, for simulations: the store is the disk, which outlives the engines on it. */
#ifndef GV_BLOB_MEMORY_H
#define GV_BLOB_MEMORY_H

#include "port/blob.h"
#include "port/crypto.h"

struct gv_memory_blobs_store;

/* `crypto` is borrowed until the store is freed. */
struct gv_memory_blobs_store *gv_memory_blobs_store_new(const struct gv_crypto *crypto);
/* With all writers and readers closed. NULL is harmless. */
void gv_memory_blobs_store_free(struct gv_memory_blobs_store *store);

/* A handle on the store, which may have several. */
int gv_blobs_memory_open(struct gv_blobs **out, struct gv_memory_blobs_store *store);

#endif
