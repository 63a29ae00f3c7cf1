/* Pictures shown one after another, each in slow motion, with cross-fades between them. */
#ifndef GV_MEDIA_HELPER_SHOW_H
#define GV_MEDIA_HELPER_SHOW_H

#include "media/helper/av/av.h"
#include "media/helper/film/window.h"

enum gv_motion {
    GV_MOTION_UNSET = 0, /* by chance */
    GV_MOTION_ZOOM_IN,
    GV_MOTION_ZOOM_OUT,
    GV_MOTION_PAN_LEFT,
    GV_MOTION_PAN_RIGHT,
    GV_MOTION_PAN_UP,
    GV_MOTION_PAN_DOWN,
};

enum { GV_SHOTS_MAX = 32 };

struct gv_shot {
    const char *path;    /* borrowed; NULL where picture is given */
    AVFrame *picture;    /* owned; loaded when first shown, freed when past */
    int64_t first, last; /* frames of the film, both included */
    struct gv_window from, to;
};

/* Zero-initialise, set the upper part and the shots' path or picture, then plan. */
struct gv_show {
    int width, height;
    AVRational fps;
    int64_t begin, end; /* frames of the film; end is behind the last */
    enum gv_motion motion;
    uint64_t seed;
    bool ends_still; /* the film's last frame is the last shot's picture, whole */
    size_t shot_count;
    struct gv_shot shots[GV_SHOTS_MAX];
    int64_t fade; /* frames */
};

void gv_show_plan(struct gv_show *show);
/* Frames are to be asked for in order. */
int gv_show_frame(struct gv_show *show, AVFrame *frame, int64_t number, struct gv_error *err);
void gv_show_close(struct gv_show *show);

#endif
