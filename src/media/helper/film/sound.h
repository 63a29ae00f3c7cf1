/* The sound of a film: a soft chord, or another file's, in chunks for the encoder. */
#ifndef GV_MEDIA_HELPER_SOUND_H
#define GV_MEDIA_HELPER_SOUND_H

#include "media/helper/film/graph.h"

enum { GV_CHORD_TONES = 4 };

/* Zero-initialise; closing is harmless in any state. */
struct gv_sound {
    struct gv_reader reader; /* open: a file's sound; else the chord */
    AVFrame *piece;          /* what the reader gave last */
    int piece_used;          /* samples of it */
    bool over;               /* the file is at its end: silence follows */
    double hertz[GV_CHORD_TONES];
    int64_t position; /* samples made so far */
    int64_t samples;  /* of the whole film; 0: not known, so the chord does not fade at its end */
};

void gv_sound_open_chord(struct gv_sound *sound, uint64_t seed, int64_t samples);
int gv_sound_open_file(struct gv_sound *sound, const char *path, struct gv_error *err);
/* The next `samples` of it; free with av_frame_free. */
int gv_sound_next(AVFrame **out, struct gv_sound *sound, int samples, struct gv_error *err);
void gv_sound_close(struct gv_sound *sound);

#endif
