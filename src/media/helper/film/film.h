/* Films made to order: what the sandbox hands out in place of a provider's work. */
#ifndef GV_MEDIA_HELPER_FILM_H
#define GV_MEDIA_HELPER_FILM_H

#include "core/json.h"
#include "media/helper/film/show.h"

/* Zero-initialise. Strings are borrowed. */
struct gv_film {
    int width, height;       /* even; of `source`, its own, unless resize_source */
    AVRational fps;          /* 0/0: the source's, else 24 */
    double duration_seconds; /* 0: the source's, else 5 */
    uint64_t seed;
    const char *text;
    const char *first, *last, *source, *audio_source;
    const char *images[GV_SHOTS_MAX - 3]; /* room is left for source, first and last */
    size_t image_count;
    enum gv_known audio; /* GV_UNKNOWN: the source's sound, if it has one */
    enum gv_motion motion;
    bool resize_source;
};

/* Reads a film's or a still's description; members that are not known are refused. Texts live in the arena. */
int gv_film_read(struct gv_film *out, const char *path, struct gv_arena *arena, struct gv_error *err);

/* Writes the film, whole or not at all, and what it is into the open object. */
int gv_film_make(struct gv_json_out *answer, const struct gv_film *film, const char *path, struct gv_error *err);

#endif
