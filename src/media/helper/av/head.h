/* The header of a picture file, read without decoding it: a picture of any size is looked at in constant memory. */
#ifndef GV_MEDIA_HELPER_HEAD_H
#define GV_MEDIA_HELPER_HEAD_H

#include <stdint.h>

#include "golem_video/error.h"

struct gv_head {
    const char *mime_type;  /* NULL: no PNG, JPEG or WebP */
    const char *demuxer;    /* FFmpeg's name of what reads it */
    uint32_t width, height; /* as stored */
    unsigned orientation;   /* EXIF's 1..8; 5 and above lie on their side */
};

/* GV_INVALID_INPUT: the file can't be read, its header is broken, or it holds more than GV_PIXELS_MAX. */
int gv_head_read(struct gv_head *out, const char *path, struct gv_error *err);

#endif
