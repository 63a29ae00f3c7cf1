/* A Kling job that a test feeds by hand, and what it says, one line per step. */
#ifndef GV_TESTS_KLING_KIT_H
#define GV_TESTS_KLING_KIT_H

#include "provider/kling/kling_machine.h"

struct kling_kit {
    struct gv_arena arena; /* of everything; freed by kling_kit_free */
    struct gv_operation op;
    struct gv_admission admission;
    struct gv_step step;
    struct kling_state state;
    struct gv_effect effect; /* the last one */
    struct gv_buf trace;
};

#define KLING_KIT_JOB "job-42"
#define KLING_KIT_NOW_S 1700000000

/* Reads and admits the document; fails the test where that fails. */
void kling_kit_begin(struct kling_kit *kit, const char *document, unsigned credential_set);
/* The admission alone: GV_OK, or the code with *err. */
int kling_kit_admit(struct kling_kit *kit, const char *document, unsigned credential_set, struct gv_error *err);
void kling_kit_free(struct kling_kit *kit);

/* Each steps once, through a journalled copy of the state, and adds a line to the trace:
 * "<phase> <event> -> <phase> <effect>". */
void kling_kit_feed(struct kling_kit *kit, const struct gv_event *event);
void kling_kit_event(struct kling_kit *kit, enum gv_event_kind kind);
void kling_kit_reply(struct kling_kit *kit, int status, const char *body);
void kling_kit_no_reply(struct kling_kit *kit, enum gv_sent sent);
void kling_kit_fetched(struct kling_kit *kit, unsigned index);
void kling_kit_fetch_failed(struct kling_kit *kit, unsigned index, int status);
void kling_kit_resolve(struct kling_kit *kit, enum gv_resolution_kind how, const char *task_id);

/* A document begun with the API key; a film's job whose task renders; one whose film is ready. The last two with an
 * empty trace. */
void kling_kit_start(struct kling_kit *kit, const char *document);
void kling_kit_to_running(struct kling_kit *kit);
void kling_kit_to_fetching(struct kling_kit *kit);
/* What was traced so far; the trace is empty afterwards. */
void kling_kit_expect(struct kling_kit *kit, const char *trace);

const char *kling_kit_phase(const struct kling_kit *kit);
/* The call's body with "<blob sha256>" for what lies on disk; NULL without a body. */
const char *kling_kit_body(struct kling_kit *kit);
/* A file of the adapter's exchanges folder, parsed; fails the test where it can't be read. */
const struct gv_json *kling_kit_exchange(struct kling_kit *kit, const char *name);

#endif
