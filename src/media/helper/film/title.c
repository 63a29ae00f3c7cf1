#include "media/helper/film/title.h"

#include <math.h>
#include <stdio.h>

#include "base/assert.h"
#include "media/helper/film/text.h"

enum { GRID_LONG_SIDE = 64 }; /* the ground is computed so coarsely and scaled up: it holds no detail */

/* The generator known as splitmix64. */
uint64_t gv_title_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t gv_title_mix(uint64_t seed, const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (const char *p = text ? text : ""; *p; p++)
        hash = (hash ^ (uint8_t)*p) * 0x100000001b3u;
    hash ^= seed;
    return gv_title_random(&hash);
}

static double random_unit(uint64_t *state)
{
    return (double)(gv_title_random(state) >> 11) * 0x1p-53;
}

/* One channel of a hue (0..1, wrapping) at full saturation; offset 0 is red, 1/3 blue's share and so on. */
static double hue_channel(double hue, double offset)
{
    double distance = fabs(fmod(hue + offset + 2, 1) * 6 - 3) - 1;
    return distance < 0 ? 0 : distance > 1 ? 1 : distance;
}

static void colour_blob(struct gv_title_blob *blob, double hue, double saturation, double value)
{
    blob->red = value * (1 - saturation * (1 - hue_channel(hue, 0)));
    blob->green = value * (1 - saturation * (1 - hue_channel(hue, 2.0 / 3)));
    blob->blue = value * (1 - saturation * (1 - hue_channel(hue, 1.0 / 3)));
}

/* Neighbouring hues, none of them light, so that white letters stay legible and no mixture is grey. */
static void scatter_blobs(struct gv_title *title, uint64_t state)
{
    static const struct {
        double hue, saturation, value;
    } palette[GV_TITLE_BLOBS] = {{0, 0.85, 0.30}, {0.12, 0.80, 0.60}, {-0.13, 0.85, 0.48}, {0.24, 0.70, 0.52}};
    double hue = random_unit(&state);
    for (int i = 0; i < GV_TITLE_BLOBS; i++) {
        struct gv_title_blob *blob = &title->blobs[i];
        colour_blob(blob, hue + palette[i].hue, palette[i].saturation, palette[i].value);
        blob->x = 0.15 + 0.7 * random_unit(&state);
        blob->y = 0.15 + 0.7 * random_unit(&state);
        blob->reach = 0.17 + 0.10 * random_unit(&state);
        blob->phase = random_unit(&state);
        blob->turns_per_second = (0.05 + 0.05 * random_unit(&state)) * (i % 2 ? 1 : -1);
    }
}

static uint16_t channel(double sum, double weight)
{
    return (uint16_t)lround(sum / weight * 65535);
}

static void paint(AVFrame *ground, const struct gv_title *title, double seconds)
{
    double aspect = (double)ground->height / ground->width;
    double x[GV_TITLE_BLOBS], y[GV_TITLE_BLOBS];
    for (int i = 0; i < GV_TITLE_BLOBS; i++) {
        const struct gv_title_blob *blob = &title->blobs[i];
        double angle = 2 * M_PI * (blob->phase + blob->turns_per_second * seconds);
        x[i] = blob->x + 0.25 * cos(angle);
        y[i] = blob->y + 0.25 * sin(2 * angle / 3);
    }
    for (int row = 0; row < ground->height; row++) {
        uint16_t *out = (uint16_t *)(void *)(ground->data[0] + (ptrdiff_t)row * ground->linesize[0]);
        for (int column = 0; column < ground->width; column++) {
            double red = 0, green = 0, blue = 0, weights = 0;
            for (int i = 0; i < GV_TITLE_BLOBS; i++) {
                const struct gv_title_blob *blob = &title->blobs[i];
                double dx = (column + 0.5) / ground->width - x[i];
                double dy = ((row + 0.5) / ground->height - y[i]) * (aspect < 1 ? 0.5 + 0.5 * aspect : 1);
                double weight = exp(-(dx * dx + dy * dy) / (2 * blob->reach * blob->reach)) + 1e-4;
                red += weight * blob->red;
                green += weight * blob->green;
                blue += weight * blob->blue;
                weights += weight;
            }
            *out++ = channel(red, weights);
            *out++ = channel(green, weights);
            *out++ = channel(blue, weights);
        }
    }
}

static int add_letters(struct gv_graph *graph, const struct gv_title_options *o, struct gv_error *err)
{
    if (!o->text || !*o->text)
        return GV_OK;
    struct gv_text text;
    char options[512];
    int margin = o->width / 14;
    gv_text_lay(&text, o->text, o->width - 2 * margin, o->height * 66 / 100);
    int shadow = text.font_px / 18 + 1;
    snprintf(options, sizeof options,
             "expansion=none:fontfile=%s:fontsize=%d:fontcolor=white:line_spacing=%d:x=%d:y=(h-text_h)*0.44:"
             "shadowcolor=black@0.45:shadowx=%d:shadowy=%d",
             text.font, text.font_px, text.font_px / 4, margin, shadow, shadow);
    int rc = gv_graph_add_with(graph, "drawtext", "text", text.lines.data, options, err);
    gv_text_free(&text);
    return rc;
}

static int add_counter(struct gv_graph *graph, const struct gv_title_options *o, struct gv_error *err)
{
    if (o->frames == 0)
        return GV_OK;
    char options[512], counter[160];
    int shorter = o->width < o->height ? o->width : o->height, size = shorter / 30 > 9 ? shorter / 30 : 9;
    snprintf(
        options, sizeof options,
        "fontfile=%s:fontsize=%d:fontcolor=white@0.75:x=%d:y=h-%d-ascent:shadowcolor=black@0.4:shadowx=1:shadowy=1",
        gv_text_font_mono, size, o->width / 14 - size * 6 / 10, size * 2); /* the time begins with a blank */
    snprintf(counter, sizeof counter, "%%{pts:hms}  %%{eif:n+1:d:%d}/%lld", o->frames > 999 ? 5 : 3,
             (long long)o->frames);
    return gv_graph_add_with(graph, "drawtext", "text", counter, options, err);
}

int gv_title_open(struct gv_title *title, const struct gv_title_options *o, struct gv_error *err)
{
    int longer = o->width > o->height ? o->width : o->height;
    title->grid_width = (o->width * GRID_LONG_SIDE + longer - 1) / longer;
    title->grid_height = (o->height * GRID_LONG_SIDE + longer - 1) / longer;
    title->fps = av_q2d(o->fps);
    scatter_blobs(title, gv_title_mix(o->seed, o->text));
    AVFrame *like = gv_av_picture(title->grid_width, title->grid_height, AV_PIX_FMT_RGB48, err);
    if (!like)
        return GV_INTERNAL_ERROR;
    int rc = gv_graph_begin(&title->graph, like, av_inv_q(o->fps), err);
    av_frame_free(&like);
    if (rc == GV_OK)
        rc = gv_graph_add(&title->graph, err, "scale",
                          "%d:%d:flags=bicubic+accurate_rnd:out_color_matrix=bt709:out_range=tv", o->width, o->height);
    if (rc == GV_OK)
        rc = gv_graph_add(&title->graph, err, "format", "%s", o->frames ? "yuv420p" : "rgb24");
    if (rc == GV_OK)
        rc = add_letters(&title->graph, o, err);
    if (rc == GV_OK)
        rc = add_counter(&title->graph, o, err);
    return rc == GV_OK ? gv_graph_end(&title->graph, err) : rc;
}

enum gv_step gv_title_next(struct gv_title *title, AVFrame *frame, int64_t number, struct gv_error *err)
{
    AVFrame *ground = gv_av_picture(title->grid_width, title->grid_height, AV_PIX_FMT_RGB48, err);
    if (!ground)
        return GV_STEP_FAILED;
    paint(ground, title, (double)number / title->fps);
    ground->pts = number;
    int rc = gv_graph_push(&title->graph, ground, err);
    av_frame_free(&ground);
    return rc == GV_OK ? gv_graph_pull(&title->graph, frame, err) : GV_STEP_FAILED;
}

void gv_title_close(struct gv_title *title)
{
    gv_graph_close(&title->graph);
}
