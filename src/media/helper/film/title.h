/* The picture of a prompt: its words on a slowly moving ground whose colours come from it and a seed. */
#ifndef GV_MEDIA_HELPER_TITLE_H
#define GV_MEDIA_HELPER_TITLE_H

#include "media/helper/film/graph.h"

struct gv_title_options {
    int width, height;
    AVRational fps;
    int64_t frames; /* of the whole film; 0: a still, without counter */
    uint64_t seed;
    const char *text;
};

enum { GV_TITLE_BLOBS = 4 };

/* Zero-initialise; closing is harmless in any state. */
struct gv_title {
    struct gv_graph graph;
    int grid_width, grid_height;
    double fps;
    struct gv_title_blob {
        double red, green, blue, x, y, reach; /* x, y: centre of its way */
        double phase, turns_per_second;
    } blobs[GV_TITLE_BLOBS];
};

int gv_title_open(struct gv_title *title, const struct gv_title_options *options, struct gv_error *err);
/* The frame of that number; to be asked for in order. */
enum gv_step gv_title_next(struct gv_title *title, AVFrame *frame, int64_t number, struct gv_error *err);
void gv_title_close(struct gv_title *title);

/* A number that a film's chances are drawn from: the same for the same seed and text. */
uint64_t gv_title_mix(uint64_t seed, const char *text);
/* The next of a run of numbers; *state moves on. */
uint64_t gv_title_random(uint64_t *state);

#endif
