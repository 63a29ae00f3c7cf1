/* A text with files in it as base64, read at any offset: nothing of the files is held. */
#ifndef GV_SANDBOX_SPLICE_H
#define GV_SANDBOX_SPLICE_H

#include "sandbox/delivery.h"

/* As gv_bytes_read. */
size_t gv_splice_read(const struct gv_splice *splice, void *out, size_t room, uint64_t offset);
void gv_splice_free(struct gv_splice *splice); /* NULL is harmless */

#endif
