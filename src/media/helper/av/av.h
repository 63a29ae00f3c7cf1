/* What every part of the media program shares: the steps of a stream of frames, and FFmpeg's errors in words. */
#ifndef GV_MEDIA_HELPER_AV_H
#define GV_MEDIA_HELPER_AV_H

#include <libavutil/frame.h>
#include <libavutil/rational.h>
#include <stdbool.h>

#include "base/error.h"

/* How a reader of frames answers; GV_STEP_FAILED has filled the error. */
enum gv_step { GV_STEP_FAILED = -1, GV_STEP_END = 0, GV_STEP_FRAME, GV_STEP_HUNGRY };

enum {
    GV_FILM_SIDE_PX_MAX = 8192,
    GV_PIXELS_MAX = GV_FILM_SIDE_PX_MAX * GV_FILM_SIDE_PX_MAX, /* of a picture or frame */
    GV_FILM_SECONDS_MAX = 3600,
    GV_FILM_FPS_MAX = 120,
    GV_SOUND_HZ = 48000,
    GV_SOUND_CHUNK_SAMPLES = 1024, /* what an AAC frame holds */
};

/* From here on FFmpeg's own messages are kept for gv_av_fail instead of being printed. */
void gv_av_capture_log(void);

/* "<what>: <FFmpeg's reason> (<its last message>)". Returns `code`. A file that asks for more memory than the program
 * is allowed is as wrong as any other: damaged lengths do that. */
int gv_av_fail(struct gv_error *err, enum gv_code code, int averror, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Never NULL; an empty frame is freed with av_frame_free. */
AVFrame *gv_av_frame(void);
/* A picture or a chunk of sound with room for its data; memory that runs out is a failure. NULL: failed. */
AVFrame *gv_av_picture(int width, int height, int pixel_format, struct gv_error *err);
AVFrame *gv_av_chunk(int samples, struct gv_error *err);

/* Films are tagged BT.709, limited range: what players assume of an H.264 film of this century. */
void gv_av_tag_colours(AVFrame *frame);

#endif
