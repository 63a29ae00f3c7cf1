#include "media/helper/av/decoder.h"

#include <errno.h>
#include <libavutil/display.h>
#include <math.h>

#include "base/assert.h"
#include "media/helper/av/file.h"

enum { HEADER_BYTES_MAX = 8 << 20 };

/* The formats and codecs that films, pictures and speech come in. FFmpeg knows many more, among them playlists that
 * open other files and decoders that nobody has looked at for years. */
static const char formats[] = "mov,matroska,avi,gif,mpegts,mpeg,flv,wav,mp3,ogg,flac,aac,png_pipe,jpeg_pipe,webp_pipe";
static const char codecs[] =
    "h264,hevc,libdav1d,av1,libvpx-vp8,vp8,vp9,mpeg4,mpeg2video,mpeg1video,prores,mjpeg,png,webp,gif,"
    "aac,mp3,mp3float,opus,vorbis,flac,ac3,eac3,alac,"
    "pcm_s16le,pcm_s16be,pcm_s24le,pcm_s32le,pcm_f32le,pcm_u8,pcm_mulaw,pcm_alaw";

/* Some formats name other files that belong to them; nothing else is opened, whatever a film says. */
static int refuse_to_open(AVFormatContext *format, AVIOContext **io, const char *url, int flags, AVDictionary **options)
{
    (void)format, (void)url, (void)flags, (void)options;
    *io = NULL;
    return AVERROR(EPERM);
}

static int open_format(struct gv_decoder *decoder, const char *path, struct gv_error *err)
{
    decoder->io = gv_file_reader(path, err);
    if (!decoder->io)
        return (int)err->code;
    decoder->format = avformat_alloc_context();
    GV_ASSERT(decoder->format);
    decoder->format->pb = decoder->io;
    decoder->format->io_open = refuse_to_open;
    const AVInputFormat *format = decoder->head.demuxer ? av_find_input_format(decoder->head.demuxer) : NULL;
    AVDictionary *options = NULL;
    av_dict_set(&options, "format_whitelist", formats, 0);
    av_dict_set(&options, "codec_whitelist", codecs, 0);
    av_dict_set_int(&options, "probesize", HEADER_BYTES_MAX, 0);
    int rc = avformat_open_input(&decoder->format, path, format, &options);
    av_dict_free(&options);
    return rc < 0 ? gv_av_fail(err, GV_INVALID_INPUT, rc, "%s can't be read as a picture, film or sound", path) : GV_OK;
}

/* How many bytes the file must have for what its index promises; 0: no index. */
static int64_t indexed_bytes(AVFormatContext *format)
{
    int64_t bytes = 0;
    for (unsigned i = 0; i < format->nb_streams; i++) {
        int count = avformat_index_get_entries_count(format->streams[i]);
        for (int n = 0; n < count; n++) {
            const AVIndexEntry *entry = avformat_index_get_entry(format->streams[i], n);
            if (entry->pos + entry->size > bytes)
                bytes = entry->pos + entry->size;
        }
    }
    return bytes;
}

static int check_limits(struct gv_decoder *decoder, struct gv_error *err)
{
    AVFormatContext *format = decoder->format;
    int64_t there = avio_size(format->pb), wanted = indexed_bytes(format);
    if (there > 0 && wanted > there)
        return gv_fail(err, GV_INVALID_INPUT, "%s is cut short: it has %lld bytes of at least %lld", decoder->path,
                       (long long)there, (long long)wanted);
    if (gv_decoder_seconds(decoder) > GV_FILM_SECONDS_MAX)
        return gv_fail(err, GV_INVALID_INPUT, "%s is %.0f seconds long; the limit is %d", decoder->path,
                       gv_decoder_seconds(decoder), GV_FILM_SECONDS_MAX);
    for (unsigned i = 0; i < format->nb_streams; i++) {
        const AVCodecParameters *par = format->streams[i]->codecpar;
        if (par->width > GV_FILM_SIDE_PX_MAX || par->height > GV_FILM_SIDE_PX_MAX)
            return gv_fail(err, GV_INVALID_INPUT, "%s: a film of %d x %d pixels is over the limit of %d a side",
                           decoder->path, par->width, par->height, GV_FILM_SIDE_PX_MAX);
    }
    return GV_OK;
}

int gv_decoder_open_container(struct gv_decoder *decoder, const char *path, struct gv_error *err)
{
    decoder->path = path;
    int rc = gv_head_read(&decoder->head, path, err);
    if (rc == GV_OK)
        rc = open_format(decoder, path, err);
    if (rc != GV_OK || decoder->head.mime_type)
        return rc;
    int av = avformat_find_stream_info(decoder->format, NULL);
    if (av < 0)
        return gv_av_fail(err, GV_INVALID_INPUT, av, "%s: what it holds can't be told", path);
    if (!gv_decoder_has(decoder, AVMEDIA_TYPE_VIDEO) && !gv_decoder_has(decoder, AVMEDIA_TYPE_AUDIO))
        return gv_fail(err, GV_INVALID_INPUT, "%s holds neither pictures nor sound", path);
    return check_limits(decoder, err);
}

static int open_codec(struct gv_decoder *decoder, const AVCodec *codec, struct gv_error *err)
{
    decoder->codec = avcodec_alloc_context3(codec);
    decoder->packet = av_packet_alloc();
    if (!decoder->codec || !decoder->packet)
        return gv_fail(err, GV_INTERNAL_ERROR, "no memory for a decoder");
    int rc = avcodec_parameters_to_context(decoder->codec, decoder->stream->codecpar);
    decoder->codec->thread_count = 1;
    decoder->codec->pkt_timebase = decoder->stream->time_base;
    decoder->codec->max_pixels = GV_PIXELS_MAX;
    AVDictionary *options = NULL;
    av_dict_set(&options, "codec_whitelist", codecs, 0);
    if (rc >= 0)
        rc = avcodec_open2(decoder->codec, codec, &options);
    av_dict_free(&options);
    return rc < 0 ? gv_av_fail(err, GV_INVALID_INPUT, rc, "%s: its %s can't be decoded", decoder->path, codec->name)
                  : GV_OK;
}

int gv_decoder_open(struct gv_decoder *decoder, const char *path, enum AVMediaType type, struct gv_error *err)
{
    int rc = gv_decoder_open_container(decoder, path, err);
    if (rc != GV_OK)
        return rc;
    const AVCodec *codec = NULL;
    int index = av_find_best_stream(decoder->format, type, -1, -1, &codec, 0);
    if (index < 0)
        return gv_av_fail(err, GV_INVALID_INPUT, index, "%s: no %s stream that can be decoded", path,
                          av_get_media_type_string(type));
    decoder->stream = decoder->format->streams[index];
    decoder->orientation =
        decoder->head.mime_type ? decoder->head.orientation : gv_decoder_orientation(decoder->stream);
    for (unsigned i = 0; i < decoder->format->nb_streams; i++)
        decoder->format->streams[i]->discard = (int)i == index ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    return open_codec(decoder, codec, err);
}

/* Covers embedded in sound files are no film. */
bool gv_decoder_has(const struct gv_decoder *decoder, enum AVMediaType type)
{
    for (unsigned i = 0; i < decoder->format->nb_streams; i++) {
        const AVStream *stream = decoder->format->streams[i];
        if (stream->codecpar->codec_type == type && !(stream->disposition & AV_DISPOSITION_ATTACHED_PIC))
            return true;
    }
    return false;
}

double gv_decoder_seconds(const struct gv_decoder *decoder)
{
    int64_t duration = decoder->format->duration;
    return decoder->head.mime_type || duration == AV_NOPTS_VALUE || duration < 0 ? 0 : (double)duration / AV_TIME_BASE;
}

AVRational gv_decoder_fps(const struct gv_decoder *decoder, AVStream *stream)
{
    AVRational fps = av_guess_frame_rate(decoder->format, stream, NULL);
    return decoder->head.mime_type || fps.num <= 0 || fps.den <= 0 ? (AVRational){0, 1} : fps;
}

unsigned gv_decoder_orientation(const AVStream *stream)
{
    const uint8_t *matrix = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, NULL);
    if (!matrix)
        return 1;
    double degrees = av_display_rotation_get((const int32_t *)(const void *)matrix); /* counter-clockwise */
    if (isnan(degrees))
        return 1;
    static const unsigned by_quarter_turn[] = {1, 8, 3, 6};
    return by_quarter_turn[((int)lround(degrees / 90) + 4) % 4];
}

void gv_decoder_seek(struct gv_decoder *decoder, double seconds)
{
    int64_t at = (int64_t)(seconds * AV_TIME_BASE);
    if (decoder->format->start_time != AV_NOPTS_VALUE)
        at += decoder->format->start_time;
    if (av_seek_frame(decoder->format, -1, at, AVSEEK_FLAG_BACKWARD) >= 0)
        avcodec_flush_buffers(decoder->codec);
}

/* Hands the codec one packet of its stream, or the word that there are no more. */
static void feed(struct gv_decoder *decoder)
{
    while (av_read_frame(decoder->format, decoder->packet) >= 0) {
        bool ours = decoder->packet->stream_index == decoder->stream->index;
        if (ours)
            avcodec_send_packet(decoder->codec, decoder->packet); /* a damaged packet yields no frame: skipped */
        av_packet_unref(decoder->packet);
        if (ours)
            return;
    }
    decoder->draining = true;
    avcodec_send_packet(decoder->codec, NULL);
}

/* Of a frame of a file that does not tell, in the stream's time base. */
static int64_t usual_duration(const struct gv_decoder *decoder)
{
    AVRational fps = gv_decoder_fps(decoder, decoder->stream);
    return fps.num > 0 ? av_rescale_q(1, av_inv_q(fps), decoder->stream->time_base) : 0;
}

enum gv_step gv_decoder_next(struct gv_decoder *decoder, AVFrame *frame, struct gv_error *err)
{
    for (;;) {
        int rc = avcodec_receive_frame(decoder->codec, frame);
        if (rc >= 0) {
            decoder->frames++;
            frame->pts = frame->best_effort_timestamp;
            if (frame->pkt_duration <= 0)
                frame->pkt_duration = usual_duration(decoder);
            return GV_STEP_FRAME;
        }
        if (decoder->draining && rc == AVERROR_EOF && decoder->frames > 0)
            return GV_STEP_END;
        if (decoder->draining) {
            gv_av_fail(err, GV_INVALID_INPUT, rc == AVERROR_EOF ? AVERROR_INVALIDDATA : rc,
                       "%s: nothing in it can be decoded", decoder->path);
            return GV_STEP_FAILED;
        }
        feed(decoder);
    }
}

void gv_decoder_close(struct gv_decoder *decoder)
{
    av_packet_free(&decoder->packet);
    avcodec_free_context(&decoder->codec);
    avformat_close_input(&decoder->format);
    gv_file_close(&decoder->io);
}
