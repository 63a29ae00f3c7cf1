#include "media/helper/film/graph.h"

#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/opt.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"

static int append(struct gv_graph *graph, AVFilterContext *filter, struct gv_error *err)
{
    int rc = graph->tail ? avfilter_link(graph->tail, 0, filter, 0) : 0;
    graph->tail = filter;
    return rc < 0 ? gv_av_fail(err, GV_INTERNAL_ERROR, rc, "the filter %s can't be joined", filter->filter->name)
                  : GV_OK;
}

static AVFilterContext *make(struct gv_graph *graph, const char *filter)
{
    AVFilterContext *made = avfilter_graph_alloc_filter(graph->graph, avfilter_get_by_name(filter), NULL);
    GV_ASSERT(made); /* a name that this FFmpeg does not know, or no memory */
    return made;
}

static AVBufferSrcParameters *describe(const AVFrame *like, AVRational time_base)
{
    AVBufferSrcParameters *par = av_buffersrc_parameters_alloc();
    GV_ASSERT(par);
    par->format = like->format;
    par->time_base = time_base;
    par->width = like->width;
    par->height = like->height;
    par->sample_aspect_ratio = like->sample_aspect_ratio;
    par->sample_rate = like->sample_rate;
    if (like->nb_samples)
        av_channel_layout_copy(&par->ch_layout, &like->ch_layout);
    return par;
}

int gv_graph_begin(struct gv_graph *graph, const AVFrame *like, AVRational time_base, struct gv_error *err)
{
    graph->graph = avfilter_graph_alloc();
    GV_ASSERT(graph->graph);
    graph->graph->nb_threads = 1;
    graph->width = like->width;
    graph->height = like->height;
    graph->format = like->format;
    graph->source = make(graph, like->nb_samples ? "abuffer" : "buffer");
    AVBufferSrcParameters *par = describe(like, time_base);
    int rc = av_buffersrc_parameters_set(graph->source, par);
    av_channel_layout_uninit(&par->ch_layout);
    av_free(par);
    if (rc >= 0)
        rc = avfilter_init_dict(graph->source, NULL);
    if (rc < 0)
        return gv_av_fail(err, GV_INVALID_INPUT, rc, "frames of this kind can't be filtered");
    return append(graph, graph->source, err);
}

int gv_graph_add(struct gv_graph *graph, struct gv_error *err, const char *filter, const char *options, ...)
{
    char text[512];
    va_list args;
    va_start(args, options);
    int length = vsnprintf(text, sizeof text, options, args);
    va_end(args);
    GV_ASSERT(length >= 0 && (size_t)length < sizeof text);
    return gv_graph_add_with(graph, filter, NULL, NULL, text, err);
}

int gv_graph_add_with(struct gv_graph *graph, const char *filter, const char *name, const char *value,
                      const char *options, struct gv_error *err)
{
    AVFilterContext *made = make(graph, filter);
    int rc = name ? av_opt_set(made->priv, name, value, 0) : 0;
    if (rc >= 0)
        rc = avfilter_init_str(made, options);
    if (rc < 0)
        return gv_av_fail(err, GV_INTERNAL_ERROR, rc, "the filter %s can't be set up with \"%s\"", filter, options);
    return append(graph, made, err);
}

int gv_graph_end(struct gv_graph *graph, struct gv_error *err)
{
    bool sound = graph->source->outputs[0]->type == AVMEDIA_TYPE_AUDIO;
    int rc = gv_graph_add(graph, err, sound ? "abuffersink" : "buffersink", "%s", "");
    if (rc != GV_OK)
        return rc;
    int av = avfilter_graph_config(graph->graph, NULL);
    return av < 0 ? gv_av_fail(err, GV_INTERNAL_ERROR, av, "the filters don't fit together") : GV_OK;
}

int gv_graph_add_upright(struct gv_graph *graph, unsigned orientation, struct gv_error *err)
{
    static const struct {
        const char *filter, *options;
    } steps[9][2] = {
        [2] = {{"hflip", ""}},           [3] = {{"hflip", ""}, {"vflip", ""}},
        [4] = {{"vflip", ""}},           [5] = {{"transpose", "cclock_flip"}},
        [6] = {{"transpose", "clock"}},  [7] = {{"transpose", "clock_flip"}},
        [8] = {{"transpose", "cclock"}},
    };
    GV_ASSERT(orientation >= 1 && orientation <= 8);
    int rc = GV_OK;
    for (int i = 0; i < 2 && steps[orientation][i].filter && rc == GV_OK; i++)
        rc = gv_graph_add(graph, err, steps[orientation][i].filter, "%s", steps[orientation][i].options);
    return rc;
}

#define SCALE_TO_FILM "flags=lanczos+accurate_rnd+full_chroma_int:out_color_matrix=bt709:out_range=tv"

static int add_film_format(struct gv_graph *graph, struct gv_error *err)
{
    int rc = gv_graph_add(graph, err, "format", "yuv420p");
    return rc == GV_OK ? gv_graph_add(graph, err, "setsar", "1") : rc;
}

int gv_graph_add_own_size(struct gv_graph *graph, struct gv_error *err)
{
    int rc =
        gv_graph_add(graph, err, "scale", "w=max(16\\,round(iw*sar/2)*2):h=max(16\\,round(ih/2)*2):" SCALE_TO_FILM);
    return rc == GV_OK ? add_film_format(graph, err) : rc;
}

int gv_graph_add_cover(struct gv_graph *graph, int width, int height, struct gv_error *err)
{
    /* dar is the ratio of the sides as seen, whatever the shape of a pixel. */
    int rc = gv_graph_add(graph, err, "scale", "w=max(%d\\,round(%d*dar)):h=max(%d\\,round(%d/dar)):" SCALE_TO_FILM,
                          width, height, height, width);
    if (rc == GV_OK)
        rc = add_film_format(graph, err);
    return rc == GV_OK ? gv_graph_add(graph, err, "crop", "%d:%d:exact=1", width, height) : rc;
}

int gv_graph_push(struct gv_graph *graph, AVFrame *frame, struct gv_error *err)
{
    if (frame && (frame->width != graph->width || frame->height != graph->height || frame->format != graph->format))
        return gv_fail(err, GV_INVALID_INPUT, "the film changes its size or format midway, from %d x %d to %d x %d",
                       graph->width, graph->height, frame->width, frame->height);
    if (frame && frame->pts != AV_NOPTS_VALUE)
        graph->end_pts = frame->pts + frame->pkt_duration;
    int rc = frame ? av_buffersrc_add_frame_flags(graph->source, frame, AV_BUFFERSRC_FLAG_PUSH)
                   : av_buffersrc_close(graph->source, graph->end_pts, AV_BUFFERSRC_FLAG_PUSH);
    return rc < 0 ? gv_av_fail(err, GV_INTERNAL_ERROR, rc, "a frame can't be filtered") : GV_OK;
}

enum gv_step gv_graph_pull(struct gv_graph *graph, AVFrame *frame, struct gv_error *err)
{
    int rc = av_buffersink_get_frame(graph->tail, frame);
    if (rc >= 0)
        return GV_STEP_FRAME;
    if (rc == AVERROR(EAGAIN))
        return GV_STEP_HUNGRY;
    if (rc == AVERROR_EOF)
        return GV_STEP_END;
    gv_av_fail(err, GV_INTERNAL_ERROR, rc, "a frame can't be filtered");
    return GV_STEP_FAILED;
}

void gv_graph_close(struct gv_graph *graph)
{
    avfilter_graph_free(&graph->graph);
}

int gv_reader_open(struct gv_reader *reader, const char *path, enum AVMediaType type, gv_chain_fn *chain, void *ctx,
                   struct gv_error *err)
{
    reader->chain = chain;
    reader->ctx = ctx;
    reader->raw = gv_av_frame();
    return gv_decoder_open(&reader->decoder, path, type, err);
}

static int begin(struct gv_reader *reader, struct gv_error *err)
{
    int rc = gv_graph_begin(&reader->graph, reader->raw, reader->decoder.stream->time_base, err);
    if (rc == GV_OK)
        rc = reader->chain(&reader->graph, &reader->decoder, reader->ctx, err);
    if (rc == GV_OK)
        rc = gv_graph_end(&reader->graph, err);
    return rc;
}

/* Decodes one frame, or the end, into the graph. */
static bool feed(struct gv_reader *reader, struct gv_error *err)
{
    enum gv_step step = gv_decoder_next(&reader->decoder, reader->raw, err);
    if (step == GV_STEP_FAILED)
        return false;
    if (!reader->graph.graph && begin(reader, err) != GV_OK)
        return false;
    return gv_graph_push(&reader->graph, step == GV_STEP_FRAME ? reader->raw : NULL, err) == GV_OK;
}

enum gv_step gv_reader_next(struct gv_reader *reader, AVFrame *frame, struct gv_error *err)
{
    for (;;) {
        enum gv_step step = reader->graph.graph ? gv_graph_pull(&reader->graph, frame, err) : GV_STEP_HUNGRY;
        if (step != GV_STEP_HUNGRY)
            return step;
        if (!feed(reader, err))
            return GV_STEP_FAILED;
    }
}

void gv_reader_close(struct gv_reader *reader)
{
    gv_graph_close(&reader->graph);
    gv_decoder_close(&reader->decoder);
    av_frame_free(&reader->raw);
}

int gv_reader_first(AVFrame **out, const char *path, gv_chain_fn *chain, void *ctx, struct gv_error *err)
{
    struct gv_reader reader = {0};
    *out = gv_av_frame();
    int rc = gv_reader_open(&reader, path, AVMEDIA_TYPE_VIDEO, chain, ctx, err);
    if (rc == GV_OK) {
        enum gv_step step = gv_reader_next(&reader, *out, err);
        GV_ASSERT(step != GV_STEP_END); /* the decoder fails where there is no picture, and pictures pass the chain */
        rc = step == GV_STEP_FRAME ? GV_OK : (int)err->code;
    }
    gv_reader_close(&reader);
    if (rc != GV_OK)
        av_frame_free(out);
    return rc;
}
