#include "media/helper/film/show.h"

#include "base/assert.h"
#include "media/helper/film/graph.h"
#include "media/helper/film/title.h"

static const double travel = 0.12; /* of a side, in one shot */

/* What a shot shows at the far end of its motion; at the near end it is the whole picture. */
static struct gv_window far_window(enum gv_motion motion)
{
    struct gv_window window = {travel / 2, travel / 2, 1 - travel};
    if (motion == GV_MOTION_PAN_LEFT)
        window.x = 0;
    if (motion == GV_MOTION_PAN_RIGHT)
        window.x = travel;
    if (motion == GV_MOTION_PAN_UP)
        window.y = 0;
    if (motion == GV_MOTION_PAN_DOWN)
        window.y = travel;
    return window;
}

/* A film from a picture begins with it, whole, so chance never takes the zoom that would end with it. */
static enum gv_motion motion_of(const struct gv_show *show, uint64_t *state)
{
    static const enum gv_motion chances[] = {GV_MOTION_ZOOM_IN,   GV_MOTION_ZOOM_IN, GV_MOTION_PAN_LEFT,
                                             GV_MOTION_PAN_RIGHT, GV_MOTION_PAN_UP,  GV_MOTION_PAN_DOWN};
    uint64_t drawn = gv_title_random(state);
    return show->motion ? show->motion : chances[drawn % (sizeof chances / sizeof *chances)];
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The middle of the fade between shot i-1 and shot i, in half frames: whole numbers keep films exact. */
static int64_t seam(const struct gv_show *show, size_t i)
{
    return 2 * show->begin + 2 * (show->end - show->begin) * (int64_t)i / (int64_t)show->shot_count;
}

static void aim_shot(struct gv_show *show, size_t i, uint64_t *state)
{
    struct gv_shot *shot = &show->shots[i];
    enum gv_motion motion = motion_of(show, state);
    bool closing = show->ends_still && i + 1 == show->shot_count;
    bool backward = closing || (motion == GV_MOTION_ZOOM_OUT && !show->ends_still);
    shot->from = backward ? far_window(motion) : gv_window_full;
    shot->to = backward ? gv_window_full : far_window(motion);
}

void gv_show_plan(struct gv_show *show)
{
    GV_ASSERT(show->shot_count > 0 && show->shot_count <= GV_SHOTS_MAX && show->end > show->begin);
    int64_t frames = show->end - show->begin;
    bool morph = show->ends_still && show->shot_count == 2;
    show->fade =
        morph ? frames * 2 / 5 : least((int64_t)(av_q2d(show->fps) * 0.7), frames / (int64_t)show->shot_count / 2);
    uint64_t state = show->seed;
    for (size_t i = 0; i < show->shot_count; i++) {
        struct gv_shot *shot = &show->shots[i];
        shot->first = i == 0 ? show->begin : (seam(show, i) - show->fade + 1) / 2;
        shot->last = i + 1 == show->shot_count ? show->end - 1 : (seam(show, i + 1) + show->fade) / 2;
        aim_shot(show, i, &state);
    }
}

static int cover(struct gv_graph *graph, const struct gv_decoder *decoder, void *ctx, struct gv_error *err)
{
    const struct gv_show *show = ctx;
    int rc = gv_graph_add_upright(graph, decoder->orientation, err);
    return rc == GV_OK ? gv_graph_add_cover(graph, show->width, show->height, err) : rc;
}

/* Begins and ends softly. */
static double eased(double t)
{
    return t <= 0 ? 0 : t >= 1 ? 1 : t * t * (3 - 2 * t);
}

static int show_shot(struct gv_show *show, struct gv_shot *shot, AVFrame *frame, int64_t number, struct gv_error *err)
{
    if (!shot->picture) {
        int rc = gv_reader_first(&shot->picture, shot->path, cover, show, err);
        if (rc != GV_OK)
            return rc;
    }
    double length = (double)(shot->last - shot->first);
    double share = eased(length > 0 ? (double)(number - shot->first) / length : 0);
    gv_window_show(frame, shot->picture, gv_window_between(shot->from, shot->to, share));
    return GV_OK;
}

static int show_over(struct gv_show *show, size_t i, AVFrame *frame, int64_t number, struct gv_error *err)
{
    double into = (double)(2 * number - (seam(show, i) - show->fade)) / 2;
    double share = show->fade > 0 ? eased(into / (double)show->fade) : 1;
    AVFrame *over = gv_av_picture(show->width, show->height, AV_PIX_FMT_YUV420P, err);
    if (!over)
        return GV_INTERNAL_ERROR;
    int rc = show_shot(show, &show->shots[i], over, number, err);
    if (rc == GV_OK)
        gv_window_blend(frame, over, share);
    av_frame_free(&over);
    return rc;
}

int gv_show_frame(struct gv_show *show, AVFrame *frame, int64_t number, struct gv_error *err)
{
    AVFrame *room = gv_av_picture(show->width, show->height, AV_PIX_FMT_YUV420P, err);
    if (!room)
        return GV_INTERNAL_ERROR;
    av_frame_move_ref(frame, room);
    av_frame_free(&room);
    int rc = GV_OK;
    bool begun = false;
    for (size_t i = 0; i < show->shot_count && rc == GV_OK; i++) {
        struct gv_shot *shot = &show->shots[i];
        if (shot->last < number)
            av_frame_free(&shot->picture);
        if (shot->last < number || shot->first > number)
            continue;
        rc = begun ? show_over(show, i, frame, number, err) : show_shot(show, shot, frame, number, err);
        begun = true;
    }
    GV_ASSERT(begun);
    return rc;
}

void gv_show_close(struct gv_show *show)
{
    for (size_t i = 0; i < show->shot_count; i++)
        av_frame_free(&show->shots[i].picture);
}
