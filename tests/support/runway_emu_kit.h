/* Runway's emulator in a test's world, and media by their names. */
#ifndef GV_TESTS_RUNWAY_EMU_KIT_H
#define GV_TESTS_RUNWAY_EMU_KIT_H

#include "support/emu_kit.h"

#define HOST "https://x.example/"
#define PNG HOST "a.png"
#define MP4 HOST "a.mp4"
#define MP3 HOST "a.mp3"

/* With the version header. Media: the name before the ending says what is special: wide.png (2000x800), small.png
 * (255x255), big.png (17 MB), text.txt, long.mp4 (60 s), big.mp4 (33 MB), long.mp3 (16 s); "gone" is not there; else a
 * PNG of 1024x576, a film of 1280x720 at 24 frames and 5 s, a sound of 4 s. Data with "blob:0" behind its comma has
 * 3932145 bytes, which is 5242860 characters. */
void runway_emu_begin(struct emu_kit *kit);
/* The same for each test, whose state it is. */
int runway_emu_kit_set_up(void **state);
/* POSTs and asserts a 400 with an issue of that code, path ("promptImage.0.uri") and part of the message. */
void runway_emu_issue(struct emu_kit *kit, const char *path, const char *body, const char *code, const char *at,
                      const char *part);
/* The number of issues in the last answer. */
size_t runway_emu_issues(struct emu_kit *kit);

#endif
