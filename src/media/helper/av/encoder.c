#include "media/helper/av/encoder.h"

#include <errno.h>
#include <libavutil/channel_layout.h>
#include <string.h>

#include "base/assert.h"
#include "media/helper/av/file.h"

static const char created[] = "2026-01-01T00:00:00Z"; /* the same in every film: equal wishes give equal bytes */

static const struct kind {
    const char *muxer, *muxer_options, *codec, *codec_options;
} film = {"mp4", "movflags=+faststart", "libx264", "preset=ultrafast:crf=21"},
  jpeg = {"image2pipe", "", "mjpeg", "flags=+qscale:global_quality=354"}, /* 3 of 2..31, times FF_QP2LAMBDA */
    png = {"image2pipe", "", "png", "compression_level=6"}, aac = {"mp4", "", "aac", "b=128000"};

/* The index of a film is moved to its front in the end: for that the muxer reads what it has written. */
static int open_again(AVFormatContext *format, AVIOContext **io, const char *url, int flags, AVDictionary **options)
{
    const struct gv_encoder *encoder = format->opaque;
    (void)url, (void)options;
    *io = flags & AVIO_FLAG_WRITE ? NULL : gv_file_reader(encoder->path, NULL);
    return *io ? 0 : AVERROR(EPERM);
}

static int close_again(AVFormatContext *format, AVIOContext *io)
{
    (void)format;
    return gv_file_close(&io);
}

static int open_file(struct gv_encoder *encoder, const char *path, const struct kind *kind, struct gv_error *err)
{
    encoder->path = path;
    encoder->io = gv_file_writer(path, err);
    if (!encoder->io)
        return GV_INTERNAL_ERROR;
    encoder->packet = av_packet_alloc();
    GV_ASSERT(encoder->packet);
    int rc = avformat_alloc_output_context2(&encoder->format, NULL, kind->muxer, path);
    if (rc < 0)
        return gv_av_fail(err, GV_INTERNAL_ERROR, rc, "%s can't be written", path);
    encoder->format->flags |= AVFMT_FLAG_BITEXACT;
    encoder->format->pb = encoder->io;
    encoder->format->opaque = encoder;
    encoder->format->io_open = open_again;
    encoder->format->io_close2 = close_again;
    return GV_OK;
}

/* The codec is shaped by the first frame; time_base is what pts will count. */
static AVCodecContext *make_codec(const struct kind *kind, const AVFrame *like, AVRational time_base)
{
    const AVCodec *codec = avcodec_find_encoder_by_name(kind->codec);
    GV_ASSERT(codec); /* FFmpeg as Debian builds it has them all */
    AVCodecContext *made = avcodec_alloc_context3(codec);
    GV_ASSERT(made);
    made->flags |= AV_CODEC_FLAG_BITEXACT;
    made->thread_count = 1; /* more would make the bytes depend on the machine */
    made->time_base = time_base;
    if (like->nb_samples) {
        made->sample_fmt = (enum AVSampleFormat)like->format;
        made->sample_rate = like->sample_rate;
        av_channel_layout_copy(&made->ch_layout, &like->ch_layout);
        return made;
    }
    made->framerate = av_inv_q(time_base);
    made->width = like->width;
    made->height = like->height;
    made->pix_fmt = (enum AVPixelFormat)like->format;
    made->sample_aspect_ratio = (AVRational){1, 1};
    made->color_range = like->color_range;
    made->colorspace = like->colorspace;
    made->color_primaries = like->color_primaries;
    made->color_trc = like->color_trc;
    return made;
}

static int add_track(struct gv_encoder *encoder, struct gv_track *track, const struct kind *kind, const AVFrame *like,
                     AVRational time_base, struct gv_error *err)
{
    track->codec = make_codec(kind, like, time_base);
    if (encoder->format->oformat->flags & AVFMT_GLOBALHEADER)
        track->codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    AVDictionary *options = NULL;
    int rc = av_dict_parse_string(&options, kind->codec_options, "=", ":", 0);
    if (rc >= 0)
        rc = avcodec_open2(track->codec, NULL, &options);
    av_dict_free(&options);
    track->stream = avformat_new_stream(encoder->format, NULL);
    GV_ASSERT(track->stream);
    track->stream->time_base = time_base;
    track->stream->avg_frame_rate = track->codec->framerate;
    if (rc >= 0)
        rc = avcodec_parameters_from_context(track->stream->codecpar, track->codec);
    if (rc < 0)
        return gv_av_fail(err, GV_INTERNAL_ERROR, rc, "%s: %s can't be encoded", encoder->path, kind->codec);
    return GV_OK;
}

static int write_header(struct gv_encoder *encoder, const struct kind *kind, struct gv_error *err)
{
    AVDictionary *options = NULL;
    av_dict_set(&encoder->format->metadata, "creation_time", created, 0);
    int rc = av_dict_parse_string(&options, kind->muxer_options, "=", ":", 0);
    if (rc >= 0)
        rc = avformat_write_header(encoder->format, &options);
    av_dict_free(&options);
    return rc < 0 ? gv_av_fail(err, GV_INTERNAL_ERROR, rc, "%s can't be begun", encoder->path) : GV_OK;
}

static int add_sound(struct gv_encoder *encoder, struct gv_error *err)
{
    AVFrame *like = gv_av_chunk(GV_SOUND_CHUNK_SAMPLES, err);
    if (!like)
        return GV_INTERNAL_ERROR;
    int rc = add_track(encoder, &encoder->sound, &aac, like, (AVRational){1, GV_SOUND_HZ}, err);
    av_frame_free(&like);
    return rc;
}

int gv_encoder_open_film(struct gv_encoder *encoder, const char *path, const AVFrame *like, AVRational fps, bool sound,
                         struct gv_error *err)
{
    int rc = open_file(encoder, path, &film, err);
    if (rc == GV_OK)
        rc = add_track(encoder, &encoder->pictures, &film, like, av_inv_q(fps), err);
    if (rc == GV_OK && sound)
        rc = add_sound(encoder, err);
    return rc == GV_OK ? write_header(encoder, &film, err) : rc;
}

/* Writes what the codec has ready. */
static int drain(struct gv_encoder *encoder, struct gv_track *track, struct gv_error *err)
{
    for (;;) {
        AVPacket *packet = encoder->packet;
        int rc = avcodec_receive_packet(track->codec, packet);
        if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF)
            return GV_OK;
        if (rc >= 0) {
            packet->stream_index = track->stream->index;
            if (track == &encoder->pictures)
                packet->duration = 1;
            av_packet_rescale_ts(packet, track->codec->time_base, track->stream->time_base);
            rc = av_interleaved_write_frame(encoder->format, packet);
        }
        if (rc < 0)
            return gv_av_fail(err, GV_INTERNAL_ERROR, rc, "%s can't be written", encoder->path);
    }
}

int gv_encoder_put(struct gv_encoder *encoder, struct gv_track *track, const AVFrame *frame, struct gv_error *err)
{
    int rc = avcodec_send_frame(track->codec, frame);
    if (rc < 0)
        return gv_av_fail(err, GV_INTERNAL_ERROR, rc, "%s: a frame can't be encoded", encoder->path);
    return drain(encoder, track, err);
}

int gv_encoder_finish(struct gv_encoder *encoder, struct gv_error *err)
{
    int rc = gv_encoder_put(encoder, &encoder->pictures, NULL, err);
    if (rc == GV_OK && encoder->sound.codec)
        rc = gv_encoder_put(encoder, &encoder->sound, NULL, err);
    if (rc != GV_OK)
        return rc;
    int av = av_write_trailer(encoder->format);
    int closed = gv_file_close(&encoder->io);
    if (av < 0 || closed < 0)
        return gv_av_fail(err, GV_INTERNAL_ERROR, av < 0 ? av : closed, "%s can't be finished", encoder->path);
    return GV_OK;
}

void gv_encoder_close(struct gv_encoder *encoder)
{
    gv_file_close(&encoder->io);
    avcodec_free_context(&encoder->pictures.codec);
    avcodec_free_context(&encoder->sound.codec);
    avformat_free_context(encoder->format);
    encoder->format = NULL;
    av_packet_free(&encoder->packet);
}

int gv_encoder_write_picture(const char *path, const AVFrame *frame, struct gv_error *err)
{
    struct gv_encoder encoder = {0};
    const char *dot = strrchr(path, '.');
    const struct kind *kind = dot && strcmp(dot, ".png") == 0 ? &png : &jpeg;
    int rc = open_file(&encoder, path, kind, err);
    if (rc == GV_OK)
        rc = add_track(&encoder, &encoder.pictures, kind, frame, (AVRational){1, 1}, err);
    if (rc == GV_OK)
        rc = write_header(&encoder, kind, err);
    if (rc == GV_OK)
        rc = gv_encoder_put(&encoder, &encoder.pictures, frame, err);
    if (rc == GV_OK)
        rc = gv_encoder_finish(&encoder, err);
    gv_encoder_close(&encoder);
    return rc;
}
