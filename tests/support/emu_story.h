/* A provider's recorded exchanges told to its emulator: it must answer as the records do, in status, words and
 * shape. */
#ifndef GV_TESTS_EMU_STORY_H
#define GV_TESTS_EMU_STORY_H

#include "support/emu_kit.h"

#define EMU_STORY_SWAPS_MAX 32

/* What a record takes for granted, and what stands for it here. */
struct emu_story_edit {
    const char *file; /* of which record; "": of all */
    const char *recorded, *live;
};

struct emu_story;
/* A further look at two members of one name and kind; fails the test where they are not alike. */
typedef void emu_story_same_fn(struct emu_story *s, const struct gv_json *recorded, const struct gv_json *live);

struct emu_story {
    struct emu_kit kit;
    const char *file;         /* the record's name in its folder */
    const char *const *words; /* members whose texts are those of the record; ends with NULL */
    emu_story_same_fn *same;  /* or NULL */
    struct emu_story_edit swaps[EMU_STORY_SWAPS_MAX];
    size_t swap_count;
};

/* After the emulator was begun: names the record by its path, and takes those of the edits that are for it. */
void emu_story_open(struct emu_story *s, const char *path, const struct emu_story_edit *edits, size_t edit_count);
/* From now on `live` stands wherever the record says `recorded`; both are borrowed until the story ends. */
void emu_story_swap(struct emu_story *s, const char *recorded, const char *live);
/* Likewise what stands at a path of the record's answer and of the last live one; nothing where either lacks it. */
void emu_story_learn(struct emu_story *s, const struct gv_json *recorded, const char *path);
/* Sends the exchange's request, swapped; the answer has the recorded status and shape: what the record has is there, of
 * its kind. A recorded 5xx to a create that is accepted here was an answer that got lost on its way. */
void emu_story_tell(struct emu_story *s, const struct gv_json *exchange);
/* The task that was made last. */
const struct gv_emu_task *emu_story_newest(const struct emu_story *s);
bool emu_story_listed(const char *const *list, const char *word);

#endif
