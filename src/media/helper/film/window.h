/* A part of a picture shown at full size, moved by fractions of a pixel so that slow motion does not stutter. */
#ifndef GV_MEDIA_HELPER_WINDOW_H
#define GV_MEDIA_HELPER_WINDOW_H

#include <libavutil/frame.h>

/* In units of the picture's sides, inside 0..1. */
struct gv_window {
    double x, y, side;
};

static const struct gv_window gv_window_full = {0, 0, 1};

struct gv_window gv_window_between(struct gv_window from, struct gv_window to, double share);

/* Fills `out` with the window of `in`, by Catmull-Rom interpolation; both YUV 4:2:0 of the same size. */
void gv_window_show(AVFrame *out, const AVFrame *in, struct gv_window window);

/* out = out * (1 - share) + in * share. */
void gv_window_blend(AVFrame *out, const AVFrame *in, double share);

#endif
