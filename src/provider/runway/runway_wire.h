/* Bytes <-> meaning, both directions, and signing. Nothing here decides. */
#ifndef GV_RUNWAY_WIRE_H
#define GV_RUNWAY_WIRE_H

#include "provider/runway/runway.h"

#define RUNWAY_ID_BYTES_MAX 128 /* identifiers from the network are opaque, but not endless */

/* ---- out -------------------------------------------------------------------------------------------- */

struct gv_call runway_call_create(const struct runway_plan *plan, const struct runway_state *state,
                                  struct gv_arena *arena);
/* The picture of RUNWAY_TEXT_BY_TWO. */
struct gv_call runway_call_image(const struct runway_plan *plan, struct gv_arena *arena);
struct gv_call runway_call_poll(const char *task_id, struct gv_arena *arena);
struct gv_call runway_call_delete(const char *task_id, struct gv_arena *arena);
struct gv_call runway_call_slot(const struct gv_blob_info *blob, struct gv_arena *arena);

/* Where a file may be put, once. */
struct runway_slot {
    const char *url, *uri;
    const struct gv_json *fields;
};

/* The file into its slot. The boundary is made of the job's id, which no file and no field contains. */
struct gv_call runway_call_upload(const struct runway_slot *slot, const struct gv_blob_info *blob, const char *job_id,
                                  struct gv_arena *arena);

/* Whether the blob goes inside the body, as a data URI; else it is uploaded first. */
bool runway_goes_inside(const struct gv_blob_info *blob);
/* NULL: not uploaded. */
const char *runway_uploaded_uri(const struct runway_state *state, const char *sha256);

/* runway_body.c */
struct gv_body runway_body_film(const struct runway_plan *plan, const struct runway_state *state,
                                struct gv_arena *arena);
struct gv_body runway_body_image(const struct runway_plan *plan, struct gv_arena *arena);

int runway_sign(struct gv_header *headers, size_t *count, const struct gv_call *call, const struct gv_sign_with *with,
                struct gv_arena *arena, struct gv_error *err);

/* ---- in --------------------------------------------------------------------------------------------- */

enum runway_class {
    RUNWAY_DONE,    /* accepted, or the answer to a query */
    RUNWAY_BUSY,    /* nothing happened; later */
    RUNWAY_ABSENT,  /* no such task */
    RUNWAY_REFUSED, /* nothing happened, and nothing will */
    RUNWAY_LOST,    /* nobody knows what happened */
};

/* One row of the error table (README, section 6). The first row whose status and words fit decides. */
struct runway_status {
    int http;          /* 0: any */
    const char *words; /* in the error text, or NULL: any */
    enum runway_class class;
    enum gv_code error;
    enum gv_known retryable;
    const char *advice; /* what to do about it, or NULL */
};

extern const struct runway_status runway_statuses[];
extern const size_t runway_status_count;

struct runway_answer {
    enum runway_class class;
    int http;
    const char *message;             /* Runway's words with all its issues, or a description of what came instead */
    const char *field;               /* the first issue's path, dotted, or "" */
    const struct gv_json *json;      /* of the whole body, or NULL */
    const struct runway_status *row; /* with RUNWAY_BUSY, RUNWAY_ABSENT and RUNWAY_REFUSED */
};

struct runway_answer runway_read(const struct gv_reply *reply, struct gv_arena *arena);
/* The caller's error for a refusal: `doing` as in "create the task". */
struct gv_error runway_refusal(const struct runway_answer *answer, const char *doing, enum gv_stage stage,
                               enum gv_known charged);

/* The id of an accepted create, or NULL where the answer has none that can be used. */
const char *runway_read_created(const struct runway_answer *answer);
/* False where the answer names no slot that can be used. */
bool runway_read_slot(struct runway_slot *out, const struct runway_answer *answer, const char *job_id,
                      struct gv_arena *arena);

enum runway_task_status {
    RUNWAY_PENDING,
    RUNWAY_THROTTLED,
    RUNWAY_RENDERING,
    RUNWAY_ENDED_WELL,
    RUNWAY_ENDED_BADLY,
    RUNWAY_STOPPED,
    RUNWAY_STATUS_UNKNOWN,
};

struct runway_task {
    const char *id, *word; /* never NULL */
    enum runway_task_status status;
    int progress; /* percent, or -1 */
    struct runway_output outputs[GV_OUTPUTS_MAX];
    size_t output_count;
    size_t outputs_beyond;              /* films beyond GV_OUTPUTS_MAX */
    const char *outputs_other;          /* endings of what is no film, "zip, wav"; "" */
    const char *failure, *failure_code; /* never NULL */
    double credits;                     /* charged in the end; negative: not told */
};

/* False where the answer holds no task of this id. `want_image`: its outputs are pictures. */
bool runway_read_task(struct runway_task *out, const struct runway_answer *answer, const char *task_id, bool want_image,
                      struct gv_arena *arena);
/* "; Runway charged 60 credits (US$0.60)", or "". */
const char *runway_cost_words(double credits, struct gv_arena *arena);

/* One row of the failure table (README, section 5.4): the first whose prefix fits. */
struct runway_failure {
    const char *prefix;
    const char *what; /* "Runway's moderation refused the input" */
    enum gv_code error;
    enum gv_known retryable, charged;
    enum gv_stage stage;
};

extern const struct runway_failure runway_failures[];
extern const size_t runway_failure_count;

const struct runway_failure *runway_failure_of(const char *code);
/* The caller's error for a task that failed. */
struct gv_error runway_task_error(const struct runway_task *task);

#endif
