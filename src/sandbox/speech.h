/* A sound that stands for speech. */
#ifndef GV_SANDBOX_SPEECH_H
#define GV_SANDBOX_SPEECH_H

#include "golem_video/error.h"

/* A WAV file, mono, 16 bits, 22050 Hz. GV_INTERNAL_ERROR: it can't be written. */
int gv_speech_write(const char *path, double seconds, struct gv_error *err);

#endif
