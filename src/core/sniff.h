/* What a file is, by its first bytes; names and headers of servers are not trusted. Pure. */
#ifndef GV_CORE_SNIFF_H
#define GV_CORE_SNIFF_H

#include <stddef.h>

/* Enough for every rule; with fewer bytes fewer types are told. */
#define GV_SNIFF_BYTES 4096

/* A static MIME type, "application/octet-stream" where nothing fits. */
const char *gv_sniff(const void *head, size_t bytes);

#endif
