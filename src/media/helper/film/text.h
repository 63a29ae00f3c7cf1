/* A prompt laid out for a frame: which font, how large, and where its lines break. */
#ifndef GV_MEDIA_HELPER_TEXT_H
#define GV_MEDIA_HELPER_TEXT_H

#include "base/buf.h"

struct gv_text {
    struct gv_buf lines; /* UTF-8, broken by '\n'; owned: gv_text_free */
    const char *font;    /* path */
    int font_px;
};

extern const char gv_text_font_mono[];

/* Takes the largest size at which the text fits; at the smallest one, what does not fit ends in an ellipsis. */
void gv_text_lay(struct gv_text *out, const char *text, int width_px, int height_px);
void gv_text_free(struct gv_text *text);

#endif
