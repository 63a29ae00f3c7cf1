/* The part of a file that a request asks for, as of RFC 9110; pure. */
#ifndef GV_CORE_RANGE_H
#define GV_CORE_RANGE_H

#include <stdint.h>

enum gv_range { GV_RANGE_WHOLE, GV_RANGE_PART, GV_RANGE_UNSATISFIABLE };

/* Of `total` bytes, by the Range header (NULL: none). */
enum gv_range gv_range_parse(uint64_t *first, uint64_t *count, const char *header, uint64_t total);

#define GV_RANGE_TEXT_BYTES 80
/* The Content-Range header of a part, or of an answer that there is none. */
void gv_range_text(char out[GV_RANGE_TEXT_BYTES], enum gv_range range, uint64_t first, uint64_t count, uint64_t total);

#endif
