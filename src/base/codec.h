/* Hex, base64 and percent text of bytes; pure. */
#ifndef GV_BASE_CODEC_H
#define GV_BASE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* out has room for 2*n+1; lower case; NUL-terminated. */
void gv_hex_encode(char *out, const void *data, size_t n);
/* False unless `text` is exactly 2*n hex digits. */
bool gv_hex_decode(void *out, size_t n, const char *text);

/* "%41" is "A", and "+" a blank where `form` says so. out has room for n, and may be text. False at an escape that is
 * none. */
bool gv_percent_decode(char *out, size_t *out_bytes, const char *text, size_t n, bool form);

/* Bytes of base64 text, padding included, without NUL. */
uint64_t gv_base64_length(uint64_t bytes);
/* Both write a NUL and return the characters before it. The url form has no padding. */
size_t gv_base64_encode(char *out, const void *data, size_t n);
size_t gv_base64url_encode(char *out, const void *data, size_t n);

/* A decoder that takes the text in any portions. Standard alphabet, padding demanded. */
struct gv_base64_decoder {
    uint32_t bits;
    unsigned have;    /* sextets in bits */
    unsigned padding; /* '=' seen */
};
/* out has room for n/4*3+3. False at a character outside the alphabet or behind the padding. */
bool gv_base64_decode(struct gv_base64_decoder *d, void *out, size_t *out_bytes, const char *text, size_t n);
/* False if the text ended inside a quantum. */
bool gv_base64_decode_end(const struct gv_base64_decoder *d);

#endif
