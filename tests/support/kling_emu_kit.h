/* Kling's emulator in a test's world, and media by their names. */
#ifndef GV_TESTS_KLING_EMU_KIT_H
#define GV_TESTS_KLING_EMU_KIT_H

#include "support/emu_kit.h"

/* Media: the name before the ending says what is special: small.png tiny.png wide.png big.png, text.txt, short.mp4
 * long.mp4 (60 s), short.mp3; "gone" is not there; else a PNG or JPEG of 1024x576, a film of 1280x720 and 5 s, a sound
 * of 4 s. Anything without an ending is a PNG. */
void emu_kit_begin(struct emu_kit *kit);
/* The same for each test, whose state it is. */
int kling_emu_kit_set_up(void **state);
/* Sends and asserts status, code and a part of the message. */
void emu_kit_refused(struct emu_kit *kit, const char *method, const char *path, const char *body, int status, int code,
                     const char *part);

#endif
