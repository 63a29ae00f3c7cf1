/* The verbs that make one picture, and the two that make films. */
#include <errno.h>
#include <stdlib.h>

#include "media/helper/av/encoder.h"
#include "media/helper/film/film.h"
#include "media/helper/film/title.h"
#include "media/helper/verbs.h"

enum {
    POSTER_WIDTH_PX = 640,
    SHEET_COLUMNS = 5,
    SHEET_ROWS = 4,
    SHEET_CELLS = SHEET_COLUMNS * SHEET_ROWS,
    SHEET_CELL_WIDTH_PX = 320,
    SHEET_SECONDS_EXACT = 120, /* of a longer film only the key frames are decoded */
};

static int read_side(int *out, const char *text, struct gv_error *err)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (*end || end == text || errno || value < 1 || value > GV_FILM_SIDE_PX_MAX)
        return gv_fail(err, GV_INVALID_INPUT, "\"%s\" is no number of pixels from 1 to %d", text, GV_FILM_SIDE_PX_MAX);
    *out = (int)value;
    return GV_OK;
}

static int write_and_describe(struct gv_json_out *answer, const char *path, AVFrame *frame, struct gv_error *err)
{
    int rc = gv_encoder_write_picture(path, frame, err);
    if (rc == GV_OK) {
        gv_json_put_int(answer, "width", frame->width);
        gv_json_put_int(answer, "height", frame->height);
    }
    av_frame_free(&frame);
    return rc;
}

int gv_verb_film(struct gv_json_out *answer, char *const *args, struct gv_error *err)
{
    struct gv_arena arena = {0};
    struct gv_film film;
    int rc = gv_film_read(&film, args[0], &arena, err);
    if (rc == GV_OK)
        rc = gv_film_make(answer, &film, args[1], err);
    gv_arena_free(&arena);
    return rc;
}

int gv_verb_upscale(struct gv_json_out *answer, char *const *args, struct gv_error *err)
{
    struct gv_film film = {.source = args[0], .resize_source = true};
    int rc = read_side(&film.width, args[2], err);
    if (rc == GV_OK)
        rc = read_side(&film.height, args[3], err);
    return rc == GV_OK ? gv_film_make(answer, &film, args[1], err) : rc;
}

struct size {
    int width, height; /* poster: height as it comes */
};

/* Covers the size in RGB, transparency kept. */
static int resize_chain(struct gv_graph *graph, const struct gv_decoder *decoder, void *ctx, struct gv_error *err)
{
    const struct size *size = ctx;
    int rc = gv_graph_add_upright(graph, decoder->orientation, err);
    if (rc == GV_OK)
        rc = gv_graph_add(graph, err, "scale",
                          "w=max(%d\\,round(%d*dar)):h=max(%d\\,round(%d/dar)):"
                          "flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp",
                          size->width, size->height, size->height, size->width);
    if (rc == GV_OK)
        rc = gv_graph_add(graph, err, "format", "rgb24|rgba");
    return rc == GV_OK ? gv_graph_add(graph, err, "crop", "%d:%d", size->width, size->height) : rc;
}

int gv_verb_resize(struct gv_json_out *answer, char *const *args, struct gv_error *err)
{
    struct size size;
    AVFrame *frame = NULL;
    int rc = read_side(&size.width, args[2], err);
    if (rc == GV_OK)
        rc = read_side(&size.height, args[3], err);
    if (rc == GV_OK)
        rc = gv_reader_first(&frame, args[0], resize_chain, &size, err);
    return rc == GV_OK ? write_and_describe(answer, args[1], frame, err) : rc;
}

static int poster_chain(struct gv_graph *graph, const struct gv_decoder *decoder, void *ctx, struct gv_error *err)
{
    const struct size *size = ctx;
    int rc = gv_graph_add_upright(graph, decoder->orientation, err);
    if (rc == GV_OK)
        rc = gv_graph_add(graph, err, "scale",
                          "w=%d:h=max(2\\,round(%d/dar/2)*2):flags=lanczos+accurate_rnd:out_range=pc", size->width,
                          size->width);
    return rc == GV_OK ? gv_graph_add(graph, err, "format", "yuvj420p") : rc;
}

/* Films often begin in black, so the picture is taken a little way in. */
static const double poster_share = 0.1;

int gv_verb_poster(struct gv_json_out *answer, char *const *args, struct gv_error *err)
{
    struct size size = {.width = POSTER_WIDTH_PX};
    struct gv_reader reader = {0};
    AVFrame *frame = gv_av_frame();
    int rc = args[2] ? read_side(&size.width, args[2], err) : GV_OK;
    if (rc == GV_OK)
        rc = gv_reader_open(&reader, args[0], AVMEDIA_TYPE_VIDEO, poster_chain, &size, err);
    if (rc == GV_OK) {
        gv_decoder_seek(&reader.decoder, gv_decoder_seconds(&reader.decoder) * poster_share);
        rc = gv_reader_next(&reader, frame, err) == GV_STEP_FRAME ? GV_OK : (int)err->code;
    }
    gv_reader_close(&reader);
    if (rc == GV_OK)
        return write_and_describe(answer, args[1], frame, err);
    av_frame_free(&frame);
    return rc;
}

/* Seconds of the pictures alone, for the sound may go on behind them. */
static double picture_seconds(const struct gv_decoder *decoder)
{
    const AVStream *stream = decoder->stream;
    if (stream->duration == AV_NOPTS_VALUE || stream->duration <= 0)
        return gv_decoder_seconds(decoder);
    return (double)stream->duration * av_q2d(stream->time_base);
}

/* The film at so many frames a second that they fill the sheet; the last one is repeated where some are missing. */
static int sheet_chain(struct gv_graph *graph, const struct gv_decoder *decoder, void *ctx, struct gv_error *err)
{
    (void)ctx;
    double seconds = picture_seconds(decoder);
    int rc = gv_graph_add(graph, err, "fps", "fps=%.9f", seconds > 0 ? SHEET_CELLS / seconds : 1.0);
    if (rc == GV_OK)
        rc = gv_graph_add(graph, err, "tpad", "stop=%d:stop_mode=clone", SHEET_CELLS);
    if (rc == GV_OK)
        rc = poster_chain(graph, decoder, &(struct size){.width = SHEET_CELL_WIDTH_PX}, err);
    return rc == GV_OK ? gv_graph_add(graph, err, "tile", "%dx%d", SHEET_COLUMNS, SHEET_ROWS) : rc;
}

int gv_verb_spritesheet(struct gv_json_out *answer, char *const *args, struct gv_error *err)
{
    struct gv_reader reader = {0};
    AVFrame *frame = gv_av_frame();
    int rc = gv_reader_open(&reader, args[0], AVMEDIA_TYPE_VIDEO, sheet_chain, NULL, err);
    if (rc == GV_OK) {
        if (picture_seconds(&reader.decoder) > SHEET_SECONDS_EXACT)
            reader.decoder.codec->skip_frame = AVDISCARD_NONKEY;
        rc = gv_reader_next(&reader, frame, err) == GV_STEP_FRAME ? GV_OK : (int)err->code;
    }
    gv_reader_close(&reader);
    if (rc != GV_OK) {
        av_frame_free(&frame);
        return rc;
    }
    gv_json_put_int(answer, "columns", SHEET_COLUMNS);
    gv_json_put_int(answer, "rows", SHEET_ROWS);
    return write_and_describe(answer, args[1], frame, err);
}

int gv_verb_still(struct gv_json_out *answer, char *const *args, struct gv_error *err)
{
    struct gv_arena arena = {0};
    struct gv_film film;
    struct gv_title title = {0};
    AVFrame *frame = gv_av_frame();
    int rc = gv_film_read(&film, args[0], &arena, err);
    if (rc == GV_OK) {
        struct gv_title_options options = {
            .width = film.width, .height = film.height, .fps = {1, 1}, .seed = film.seed, .text = film.text};
        rc = gv_title_open(&title, &options, err);
    }
    if (rc == GV_OK)
        rc = gv_title_next(&title, frame, 0, err) == GV_STEP_FRAME ? GV_OK : (int)err->code;
    gv_title_close(&title);
    gv_arena_free(&arena);
    if (rc == GV_OK)
        return write_and_describe(answer, args[1], frame, err);
    av_frame_free(&frame);
    return rc;
}
