/* Lines for a log that may be a pipe nobody reads: adding one never blocks, a thread of the server's writes them. */
#ifndef GV_SERVER_LINES_H
#define GV_SERVER_LINES_H

#include <stddef.h>

#define GV_LINES_BYTES_MAX (1u << 20) /* not yet written; what comes on top is counted and said */

struct gv_lines;

struct gv_lines *gv_lines_open(int fd); /* borrowed */
/* Any thread; `line` ends with a newline. */
void gv_lines_add(struct gv_lines *lines, const char *line, size_t bytes);
/* Writes what was added; one thread at a time; may block. */
void gv_lines_flush(struct gv_lines *lines);
void gv_lines_close(struct gv_lines *lines); /* flushes; NULL is harmless */

#endif
