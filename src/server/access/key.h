/* The store's key, from which what the server signs is derived. */
#ifndef GV_SERVER_KEY_H
#define GV_SERVER_KEY_H

#include <stdint.h>

#include "golem_video/error.h"
#include "port/crypto.h"

#define GV_KEY_BYTES 32

/* Reads STORE/server.key, which the first server on the store makes (mode 0600), whole or not at all. */
int gv_key_load(uint8_t out[GV_KEY_BYTES], const char *store, const struct gv_crypto *crypto, struct gv_error *err);

#endif
