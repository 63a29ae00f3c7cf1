/* A chain of FFmpeg's filters, and a reader that runs a file's frames through one. */
#ifndef GV_MEDIA_HELPER_GRAPH_H
#define GV_MEDIA_HELPER_GRAPH_H

#include <libavfilter/avfilter.h>

#include "media/helper/av/decoder.h"

/* Zero-initialise; closing is harmless in any state. */
struct gv_graph {
    AVFilterGraph *graph;
    AVFilterContext *source, *tail;
    int width, height, format; /* of the frames it was begun with */
    int64_t end_pts;           /* of the newest frame: without it the last one would have no length */
};

/* Begins a chain for frames like this one; pictures or sound. */
int gv_graph_begin(struct gv_graph *graph, const AVFrame *like, AVRational time_base, struct gv_error *err);
/* Appends a filter. The options are the program's own words and numbers: nothing from outside may be formatted in. */
int gv_graph_add(struct gv_graph *graph, struct gv_error *err, const char *filter, const char *options, ...)
    __attribute__((format(printf, 4, 5)));
/* Appends a filter one of whose options is a text from outside. It is set past every parser, so no text is special. */
int gv_graph_add_with(struct gv_graph *graph, const char *filter, const char *name, const char *value,
                      const char *options, struct gv_error *err);
int gv_graph_end(struct gv_graph *graph, struct gv_error *err);
/* The filters that turn a picture upright by EXIF's orientation. */
int gv_graph_add_upright(struct gv_graph *graph, unsigned orientation, struct gv_error *err);
/* Makes the pixels square and the sides even, and ends in the films' pixel format and colours. */
int gv_graph_add_own_size(struct gv_graph *graph, struct gv_error *err);
/* Scales to cover width x height by Lanczos, crops what juts out, and ends in the films' pixel format and colours. */
int gv_graph_add_cover(struct gv_graph *graph, int width, int height, struct gv_error *err);

/* The frame's contents move into the graph; NULL says that no more will come. */
int gv_graph_push(struct gv_graph *graph, AVFrame *frame, struct gv_error *err);
enum gv_step gv_graph_pull(struct gv_graph *graph, AVFrame *frame, struct gv_error *err);
void gv_graph_close(struct gv_graph *graph);

/* Appends a reader's filters, once its first frame is known. */
typedef int gv_chain_fn(struct gv_graph *graph, const struct gv_decoder *decoder, void *ctx, struct gv_error *err);

/* Zero-initialise; closing is harmless in any state. */
struct gv_reader {
    struct gv_decoder decoder;
    struct gv_graph graph;
    gv_chain_fn *chain;
    void *ctx; /* of chain; borrowed */
    AVFrame *raw;
};

int gv_reader_open(struct gv_reader *reader, const char *path, enum AVMediaType type, gv_chain_fn *chain, void *ctx,
                   struct gv_error *err);
enum gv_step gv_reader_next(struct gv_reader *reader, AVFrame *frame, struct gv_error *err);
void gv_reader_close(struct gv_reader *reader);

/* The file's first picture run through the chain; free it with av_frame_free. */
int gv_reader_first(AVFrame **out, const char *path, gv_chain_fn *chain, void *ctx, struct gv_error *err);

#endif
