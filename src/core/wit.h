/* The WIT package golem:video-generation@1.0.0 as text, from the same table that reads and writes the JSON. */
#ifndef GV_CORE_WIT_H
#define GV_CORE_WIT_H

#include "base/buf.h"

void gv_wit_print(struct gv_buf *out);

#endif
