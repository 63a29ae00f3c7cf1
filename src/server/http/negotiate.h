/* What a request's headers say about the form of an answer. Pure; `list` is a header as it came, or NULL. */
#ifndef GV_SERVER_NEGOTIATE_H
#define GV_SERVER_NEGOTIATE_H

#include <stdbool.h>

/* Whether Accept-Encoding takes gzip, and likes it no less than the bytes as they are (RFC 9110, 12.5.3). What can't be
 * read takes nothing: every client understands bytes as they are. */
bool gv_negotiate_gzip(const char *list);

/* Whether If-None-Match has the tag (given with its quotes); "*" has all. */
bool gv_negotiate_tag(const char *list, const char *etag);

#endif
