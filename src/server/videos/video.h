/* A job as OpenAI's Video object, with our own under "golem_video". */
#ifndef GV_SERVER_VIDEO_H
#define GV_SERVER_VIDEO_H

#include "server/http/exchange.h"

/* Appends the object as an array's element or a member. `as_created`: as the answer to its create was: queued. The
 * exchange may be one without a request. */
int gv_video_put(struct gv_json_out *out, const char *key, struct gv_exchange *x, const struct gv_job_row *row,
                 bool as_created, struct gv_error *err);

/* The exchange's answer. `message`: what became of what was asked, or NULL. */
void gv_video_answer(struct gv_exchange *x, const struct gv_job_row *row, const char *message);
void gv_video_answer_created(struct gv_exchange *x, const struct gv_job_row *row);

/* The header openai-poll-after-ms: how long a caller may sleep between two looks. */
void gv_video_poll_header(struct gv_exchange *x, const struct gv_job_row *row);

/* "queued", "in_progress", "completed", "failed": the wire has no other words. */
const char *gv_video_status(enum gv_status status);
/* GV_STATUS_UNSET for a word that is none. */
enum gv_status gv_video_status_value(const char *word);

/* A link to a variant of the job's film that needs no token until its time is over: "/v1/videos/ID/content?...".
 * `index` counts the job's videos. In the exchange's arena. */
const char *gv_content_link(struct gv_exchange *x, const char *job_id, const char *variant, size_t index);

#endif
