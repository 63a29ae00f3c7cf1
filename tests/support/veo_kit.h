/* A Veo job that a test feeds by hand: short ways to where a story begins. */
#ifndef GV_TESTS_VEO_KIT_H
#define GV_TESTS_VEO_KIT_H

#include "provider/veo/veo_machine.h"
#include "support/provider_kit.h"

/* How a step into these phases ends its line of the trace. */
#define CREATE_LINE "submitting: POST " MODEL_PATH ":predictLongRunning\n"
#define POLL_LINE "running: POST " MODEL_PATH ":fetchPredictOperation\n"
#define LIST_LINE "listing: GET /storage/v1/b/my-bucket/o?prefix=run%2Fgv-job-42%2F&maxResults=100\n"

extern struct provider_kit veo_kit;

struct veo_state *veo_kit_job(void);
/* Admitted, with project my-proj, and started. */
void veo_kit_begin(const char *document);
/* These leave an empty trace. */
void veo_kit_to_running(const char *document);
void veo_kit_to_fetching(void);  /* two films in a bucket */
void veo_kit_to_uncertain(void); /* nothing that could be asked */
/* A 200 to a call that lifts; "blob:0" and "blob:1" are of the type. */
void veo_kit_reply_lifted(const char *body, const char *type);
/* The whole trace; empties it. */
void veo_kit_expect(const char *trace);
void veo_kit_expect_words(const char *text, const char *words);
int veo_kit_tear_down(void **state);

#endif
