/* The head of an answer, read line by line. Pure. */
#ifndef GV_HTTP_CURL_HEAD_H
#define GV_HTTP_CURL_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_CURL_HEAD_LINES_MAX 256
#define GV_CURL_HEAD_BYTES_MAX (64u << 10)

/* Zero-initialise. A number that was not told, or not understood, is 0 and its flag false. */
struct gv_curl_head {
    int status;
    bool complete; /* the empty line was seen */
    unsigned lines;
    size_t bytes;
    char content_type[128]; /* lower case, without parameters */
    char etag[128];         /* a strong one with its quotes, or "" */
    bool has_length;
    uint64_t content_length;
    bool has_range; /* Content-Range: bytes first-last/total */
    uint64_t range_first, range_last;
    uint64_t range_total; /* 0: "*" */
    int64_t date_s;       /* since 1970 */
    uint32_t retry_after_s;
    int64_t retry_at_s; /* since 1970, by the server's clock */
};

/* One line with or without its line end; a status line begins anew. False beyond the bounds above. */
bool gv_curl_head_add(struct gv_curl_head *head, const char *line, size_t bytes);

/* How long the server wants to be left alone; `now_s` stands in for a missing Date. */
uint32_t gv_curl_head_retry_after_ms(const struct gv_curl_head *head, int64_t now_s);

/* A validator that If-Range may carry: quoted, not weak, of printable characters. */
bool gv_curl_etag_is_strong(const char *etag);

#endif
