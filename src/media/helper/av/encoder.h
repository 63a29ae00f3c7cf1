/* A film or a picture being written. The same frames give the same bytes. */
#ifndef GV_MEDIA_HELPER_ENCODER_H
#define GV_MEDIA_HELPER_ENCODER_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "media/helper/av/av.h"

struct gv_track {
    AVStream *stream;
    AVCodecContext *codec;
};

/* Zero-initialise; closing is harmless in any state. */
struct gv_encoder {
    AVFormatContext *format;
    struct gv_track pictures, sound;
    AVPacket *packet;
    const char *path; /* borrowed */
    AVIOContext *io;
};

/* MP4 with H.264 pictures like `like` and, if `sound`, AAC in stereo. A picture's pts counts frames; sound comes as
 * gv_av_chunk makes it, its pts counts samples. */
int gv_encoder_open_film(struct gv_encoder *encoder, const char *path, const AVFrame *like, AVRational fps, bool sound,
                         struct gv_error *err);
/* One picture like `frame`: PNG where the path ends so, else JPEG. Writes it whole. */
int gv_encoder_write_picture(const char *path, const AVFrame *frame, struct gv_error *err);

/* The frame stays the caller's. */
int gv_encoder_put(struct gv_encoder *encoder, struct gv_track *track, const AVFrame *frame, struct gv_error *err);
int gv_encoder_finish(struct gv_encoder *encoder, struct gv_error *err);
void gv_encoder_close(struct gv_encoder *encoder);

#endif
