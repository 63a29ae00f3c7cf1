/* The files of a run. They are opened before the program is confined, since after that most runs can open none. */
#ifndef GV_MEDIA_HELPER_FILE_H
#define GV_MEDIA_HELPER_FILE_H

#include <libavformat/avio.h>
#include <stdio.h>

#include "golem_video/error.h"

enum gv_file_use { GV_FILE_READ, GV_FILE_WRITE };

/* Opens a regular file that will be asked for by this path, borrowed until gv_file_close_all. A file to write is made
 * where it is missing, and keeps its content until gv_file_writer. GV_INVALID_INPUT: it can't be read;
 * GV_INTERNAL_ERROR: it can't be written. */
int gv_file_open(const char *path, enum gv_file_use use, struct gv_error *err);
void gv_file_close_all(void);

/* A file from its beginning, opened now unless gv_file_open did; NULL: failed, GV_INVALID_INPUT. Each reader has its
 * own place in the file. Streams are closed with fclose and must not be read at the same time as another. */
AVIOContext *gv_file_reader(const char *path, struct gv_error *err);
FILE *gv_file_stream(const char *path, struct gv_error *err);
/* A file that gv_file_open opened to write, emptied; NULL: failed. */
AVIOContext *gv_file_writer(const char *path, struct gv_error *err);

/* What was written is in the file if this returns 0, else an error of FFmpeg's. *io becomes NULL. */
int gv_file_close(AVIOContext **io);

#endif
