/* Telling what a file is. */
#include <math.h>
#include <string.h>

#include "media/helper/av/decoder.h"
#include "media/helper/av/file.h"
#include "media/helper/verbs.h"

static const struct {
    const char *demuxer, *film, *sound;
} kinds[] = {
    {"mov,mp4,m4a,3gp,3g2,mj2", "video/mp4", "audio/mp4"},
    {"matroska,webm", "video/x-matroska", "audio/x-matroska"},
    {"avi", "video/x-msvideo", "video/x-msvideo"},
    {"gif", "image/gif", NULL},
    {"mpegts", "video/mp2t", "video/mp2t"},
    {"mpeg", "video/mpeg", "video/mpeg"},
    {"flv", "video/x-flv", "video/x-flv"},
    {"wav", NULL, "audio/wav"},
    {"mp3", NULL, "audio/mpeg"},
    {"ogg", "video/ogg", "audio/ogg"},
    {"flac", NULL, "audio/flac"},
    {"aac", NULL, "audio/aac"},
};

/* Matroska says "webm" within its first bytes, in the element DocType. */
static bool is_webm(const char *path)
{
    char head[64] = {0};
    FILE *file = gv_file_stream(path, NULL);
    size_t got = file ? fread(head, 1, sizeof head, file) : 0;
    if (file)
        fclose(file);
    return memmem(head, got, "webm", 4) != NULL;
}

static const char *mime_of(const struct gv_decoder *decoder, bool film)
{
    const AVDictionaryEntry *brand = av_dict_get(decoder->format->metadata, "major_brand", NULL, 0);
    if (brand && film && strncmp(brand->value, "qt", 2) == 0)
        return "video/quicktime";
    const char *name = decoder->format->iformat->name;
    if (strcmp(name, "matroska,webm") == 0 && is_webm(decoder->path))
        return film ? "video/webm" : "audio/webm";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(name, kinds[i].demuxer) == 0)
            return film ? kinds[i].film : kinds[i].sound;
    }
    return NULL;
}

static void put_size(struct gv_json_out *answer, double width, double height, unsigned orientation)
{
    bool sideways = orientation >= 5;
    gv_json_put_int(answer, "width", lround(sideways ? height : width));
    gv_json_put_int(answer, "height", lround(sideways ? width : height));
}

static void put_film(struct gv_json_out *answer, const struct gv_decoder *decoder, AVStream *stream)
{
    AVRational pixel = av_guess_sample_aspect_ratio(decoder->format, stream, NULL);
    double stretch = pixel.num > 0 && pixel.den > 0 ? av_q2d(pixel) : 1;
    put_size(answer, stream->codecpar->width * stretch, stream->codecpar->height, gv_decoder_orientation(stream));
    AVRational fps = gv_decoder_fps(decoder, stream);
    if (fps.num > 0)
        gv_json_put_real(answer, "fps", av_q2d(fps));
    gv_json_put_text(answer, "video_codec", avcodec_get_name(stream->codecpar->codec_id));
    if (stream->nb_frames > 0)
        gv_json_put_int(answer, "frames", stream->nb_frames);
}

static AVStream *stream_of(const struct gv_decoder *decoder, enum AVMediaType type)
{
    int index = gv_decoder_has(decoder, type) ? av_find_best_stream(decoder->format, type, -1, -1, NULL, 0) : -1;
    return index < 0 ? NULL : decoder->format->streams[index];
}

static void describe(struct gv_json_out *answer, const struct gv_decoder *decoder)
{
    AVStream *film = stream_of(decoder, AVMEDIA_TYPE_VIDEO), *sound = stream_of(decoder, AVMEDIA_TYPE_AUDIO);
    gv_json_put_text(answer, "mime_type", mime_of(decoder, film != NULL));
    if (film)
        put_film(answer, decoder, film);
    if (sound)
        gv_json_put_text(answer, "audio_codec", avcodec_get_name(sound->codecpar->codec_id));
    if (gv_decoder_seconds(decoder) > 0)
        gv_json_put_real(answer, "duration_seconds", round(gv_decoder_seconds(decoder) * 1e6) / 1e6);
}

int gv_verb_probe(struct gv_json_out *answer, char *const *args, struct gv_error *err)
{
    struct gv_head head;
    int rc = gv_head_read(&head, args[0], err);
    if (rc == GV_OK && head.mime_type) {
        gv_json_put_text(answer, "mime_type", head.mime_type);
        put_size(answer, head.width, head.height, head.orientation);
        return GV_OK;
    }
    struct gv_decoder decoder = {0};
    if (rc == GV_OK)
        rc = gv_decoder_open_container(&decoder, args[0], err);
    if (rc == GV_OK)
        describe(answer, &decoder);
    gv_decoder_close(&decoder);
    return rc;
}
