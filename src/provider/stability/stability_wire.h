/* Bytes <-> meaning, both directions, and signing. Nothing here decides. */
#ifndef GV_STABILITY_WIRE_H
#define GV_STABILITY_WIRE_H

#include "provider/stability/stability.h"

/* ---- out -------------------------------------------------------------------------------------------- */

/* Asks for a film without a picture: refused for that by a server that has the video API, and free (section 0). */
struct gv_call stability_call_probe(const char *job_id, struct gv_arena *arena);
/* The picture of a plan from text; its answer lifts. */
struct gv_call stability_call_draw(const struct stability_plan *plan, const char *job_id, struct gv_arena *arena);
struct gv_call stability_call_create(const struct stability_plan *plan, const struct gv_blob_info *frame,
                                     const char *job_id, struct gv_arena *arena);
/* Its answer lifts. */
struct gv_call stability_call_poll(const char *task_id, struct gv_arena *arena);

int stability_sign(struct gv_header *headers, size_t *count, const struct gv_call *call,
                   const struct gv_sign_with *with, struct gv_arena *arena, struct gv_error *err);

/* ---- in --------------------------------------------------------------------------------------------- */

enum stability_class {
    STABILITY_DONE,    /* 200 */
    STABILITY_PENDING, /* 202 */
    STABILITY_BUSY,    /* nothing happened; later */
    STABILITY_ABSENT,  /* no such result is visible */
    STABILITY_REFUSED, /* nothing happened, and nothing will */
    STABILITY_LOST,    /* nobody knows what happened */
};

/* One row of the error table (README, section 5). */
struct stability_code {
    int http;
    const char *name; /* NULL: any */
    enum stability_class class;
    enum gv_code error;
    enum gv_known retryable, charged;
    const char *advice; /* what to do about it, or NULL */
};

extern const struct stability_code stability_codes[];
extern const size_t stability_code_count;

struct stability_answer {
    enum stability_class class;
    int http;
    const char *name;       /* the envelope's; "" if none */
    const char *message;    /* the provider's words, or a description of what came instead */
    const char *support_id; /* the envelope's id, for Stability's support; "" if none */
    const struct gv_json *json;
    const struct stability_code *row; /* NULL: not in the table */
};

struct stability_answer stability_read(const struct gv_reply *reply, struct gv_arena *arena);
/* Whether this answer to a start says that there is no video API (section 0). */
bool stability_says_retired(const struct stability_answer *answer);
bool stability_says_moderated(const struct stability_answer *answer);
/* The caller's error for a refusal: `doing` as in "make the film". */
struct gv_error stability_refusal(const struct stability_answer *answer, const char *doing, enum gv_stage stage);

/* 64 lower-case hex digits: what alone may enter a path. */
bool stability_is_task_id(const char *text);
/* The id of an accepted film, or NULL where the answer has none that can be used. */
const char *stability_read_created(const struct stability_answer *answer);

enum stability_finish { STABILITY_FINE, STABILITY_FILTERED, STABILITY_FINISH_UNKNOWN };

struct stability_result {
    enum stability_finish finish;
    const char *word; /* finish_reason as it came */
    unsigned lifted;  /* of event.lifted */
    const char *seed; /* in words for people: ", seed 7", or "" */
};

/* A picture ("image") or film ("video") that was lifted. False where the answer holds none. */
bool stability_read_result(struct stability_result *out, const struct stability_answer *answer, const char *member,
                           const struct gv_event *event, struct gv_arena *arena);

#endif
