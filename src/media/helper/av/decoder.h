/* A file's pictures or sound, decoded frame by frame. */
#ifndef GV_MEDIA_HELPER_DECODER_H
#define GV_MEDIA_HELPER_DECODER_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "media/helper/av/av.h"
#include "media/helper/av/head.h"

/* Zero-initialise; closing is harmless in any state. */
struct gv_decoder {
    struct gv_head head;
    AVIOContext *io;
    AVFormatContext *format;
    AVStream *stream;
    AVCodecContext *codec;
    AVPacket *packet;
    const char *path;     /* borrowed */
    unsigned orientation; /* EXIF's 1..8, of films too */
    unsigned frames;
    bool draining;
};

/* Opens the container alone, from this one file and by the known formats only, and reads what its header tells.
 * A film over the limits of size or length, or cut short, is GV_INVALID_INPUT. */
int gv_decoder_open_container(struct gv_decoder *decoder, const char *path, struct gv_error *err);
/* The container, and the decoder of its best stream of the type. */
int gv_decoder_open(struct gv_decoder *decoder, const char *path, enum AVMediaType type, struct gv_error *err);
bool gv_decoder_has(const struct gv_decoder *decoder, enum AVMediaType type);

/* Seconds of the whole file; 0: not told. Frames per second of the stream, 0/1: not told. */
double gv_decoder_seconds(const struct gv_decoder *decoder);
AVRational gv_decoder_fps(const struct gv_decoder *decoder, AVStream *stream);

/* EXIF's number for how a film's stream is turned. */
unsigned gv_decoder_orientation(const AVStream *stream);

/* Goes to the key frame at or before the time; a file that can't be sought in stays where it is. */
void gv_decoder_seek(struct gv_decoder *decoder, double seconds);

/* Damaged frames are skipped; a file without a single good one is GV_INVALID_INPUT. */
enum gv_step gv_decoder_next(struct gv_decoder *decoder, AVFrame *frame, struct gv_error *err);

void gv_decoder_close(struct gv_decoder *decoder);

#endif
