#include "media/helper/film/window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/assert.h"

enum {
    PHASES = 256, /* positions between two pixels */
    TAPS = 4,
    ROW_UNIT = 64, /* what a row's weights add up to: 255 * 64 and the overshoot fit 16 bits */
    COLUMN_UNIT = 128,
    UNIT_SHIFT = 13, /* log2(ROW_UNIT * COLUMN_UNIT) */
};

/* Where one output sample reads: the first of its four taps, and how far it lies behind the second. */
struct tap {
    int at, phase;
};

struct weights {
    int16_t of[PHASES][TAPS];
};

/* Catmull-Rom weights that add up to exactly `unit`, so that flat areas stay flat. */
static void make_weights(struct weights *weights, int unit)
{
    for (int phase = 0; phase < PHASES; phase++) {
        double t = (double)phase / PHASES;
        double w[TAPS] = {((-0.5 * t + 1) * t - 0.5) * t, (1.5 * t - 2.5) * t * t + 1, ((-1.5 * t + 2) * t + 0.5) * t,
                          (0.5 * t - 0.5) * t * t};
        int sum = 0;
        for (int i = 0; i < TAPS; i++)
            sum += weights->of[phase][i] = (int16_t)lround(w[i] * unit);
        weights->of[phase][t < 0.5 ? 1 : 2] += (int16_t)(unit - sum);
    }
}

static struct tap tap_of(int i, double from, double side, int length)
{
    double position = from * length + (i + 0.5) * side - 0.5;
    int steps = (int)lround(position * PHASES);
    return (struct tap){(int)floor((double)steps / PHASES) - 1, steps & (PHASES - 1)};
}

static int within(int at, int length)
{
    return at < 0 ? 0 : at >= length ? length - 1 : at;
}

/* A row with its edges repeated, so that no tap needs asking. */
static void pad_row(uint8_t *padded, const uint8_t *row, int width)
{
    memset(padded, row[0], 2);
    memcpy(padded + 2, row, (size_t)width);
    memset(padded + 2 + width, row[width - 1], TAPS);
}

static void resample_row(int16_t *out, const uint8_t *padded, const struct tap *taps, const struct weights *weights,
                         int width)
{
    for (int x = 0; x < width; x++) {
        const uint8_t *in = padded + 2 + taps[x].at;
        const int16_t *w = weights->of[taps[x].phase];
        out[x] = (int16_t)(in[0] * w[0] + in[1] * w[1] + in[2] * w[2] + in[3] * w[3]);
    }
}

static void mix_rows(uint8_t *out, int16_t *const rows[TAPS], const int16_t *w, int width)
{
    const int16_t *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
    for (int x = 0; x < width; x++) {
        int sum = (a[x] * w[0] + b[x] * w[1] + c[x] * w[2] + d[x] * w[3] + (1 << (UNIT_SHIFT - 1))) >> UNIT_SHIFT;
        out[x] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
    }
}

/* The last few resampled rows; a window's rows are asked for from top to bottom. */
struct rows {
    int16_t *row[TAPS];
    int holds[TAPS];
};

static void show_plane(uint8_t *out, int out_stride, const uint8_t *in, int in_stride, int width, int height,
                       struct gv_window window)
{
    static struct weights row_weights, column_weights;
    if (row_weights.of[0][1] == 0) {
        make_weights(&row_weights, ROW_UNIT);
        make_weights(&column_weights, COLUMN_UNIT);
    }
    struct tap *taps = gv_xcalloc((size_t)width, sizeof *taps);
    uint8_t *padded = gv_xcalloc((size_t)width + 2 + TAPS, 1);
    int16_t *memory = gv_xcalloc((size_t)width * TAPS, sizeof *memory);
    struct rows rows = {.holds = {-1, -1, -1, -1}};
    for (int x = 0; x < width; x++)
        taps[x] = tap_of(x, window.x, window.side, width);
    for (int y = 0; y < height; y++) {
        struct tap tap = tap_of(y, window.y, window.side, height);
        for (int i = 0; i < TAPS; i++) {
            int at = within(tap.at + i, height), slot = at % TAPS;
            rows.row[i] = memory + (size_t)slot * width;
            if (rows.holds[slot] == at)
                continue;
            pad_row(padded, in + (ptrdiff_t)at * in_stride, width);
            resample_row(rows.row[i], padded, taps, &row_weights, width);
            rows.holds[slot] = at;
        }
        mix_rows(out + (ptrdiff_t)y * out_stride, rows.row, column_weights.of[tap.phase], width);
    }
    free(memory);
    free(padded);
    free(taps);
}

static int plane_side(int side, int plane)
{
    return plane == 0 ? side : (side + 1) / 2;
}

void gv_window_show(AVFrame *out, const AVFrame *in, struct gv_window window)
{
    GV_ASSERT(out->width == in->width && out->height == in->height && out->format == in->format);
    for (int plane = 0; plane < 3; plane++)
        show_plane(out->data[plane], out->linesize[plane], in->data[plane], in->linesize[plane],
                   plane_side(in->width, plane), plane_side(in->height, plane), window);
}

void gv_window_blend(AVFrame *out, const AVFrame *in, double share)
{
    int weight = (int)lround(share * 256);
    for (int plane = 0; plane < 3; plane++) {
        for (int y = 0; y < plane_side(in->height, plane); y++) {
            uint8_t *to = out->data[plane] + (ptrdiff_t)y * out->linesize[plane];
            const uint8_t *from = in->data[plane] + (ptrdiff_t)y * in->linesize[plane];
            for (int x = 0; x < plane_side(in->width, plane); x++)
                to[x] = (uint8_t)((to[x] * (256 - weight) + from[x] * weight + 128) >> 8);
        }
    }
}

struct gv_window gv_window_between(struct gv_window from, struct gv_window to, double share)
{
    return (struct gv_window){
        .x = from.x + (to.x - from.x) * share,
        .y = from.y + (to.y - from.y) * share,
        .side = from.side + (to.side - from.side) * share,
    };
}
