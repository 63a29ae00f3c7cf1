/* Bytes <-> meaning, both directions, and signing. Nothing here decides. */
#ifndef GV_KLING_WIRE_H
#define GV_KLING_WIRE_H

#include "provider/kling/kling.h"

#define KLING_ID_BYTES_MAX 128 /* identifiers from the network are opaque, but not endless */

/* ---- out -------------------------------------------------------------------------------------------- */

/* The create of the plan; the state gives external id and, for lip-sync, speech and face. */
struct gv_call kling_call_create(const struct kling_plan *plan, const struct kling_state *state,
                                 struct gv_arena *arena);
struct gv_call kling_call_speak(const struct kling_plan *plan, const struct kling_state *state, struct gv_arena *arena);
struct gv_call kling_call_identify(const struct kling_plan *plan, const struct kling_state *state,
                                   struct gv_arena *arena);
struct gv_call kling_call_poll(struct kling_route route, const struct kling_state *state, struct gv_arena *arena);
/* By the external id: through /tasks or through the product's path. */
struct gv_call kling_call_look_up(struct kling_route route, const struct kling_state *state, unsigned credential_set,
                                  struct gv_arena *arena);

/* kling_body.c */
struct gv_body kling_body_gen1(const struct kling_plan *plan, const char *external_id, struct gv_arena *arena);
struct gv_body kling_body_gen2(const struct kling_plan *plan, const char *external_id, struct gv_arena *arena);
struct gv_body kling_body_lip_sync(const struct kling_plan *plan, const struct kling_state *state,
                                   struct gv_arena *arena);

int kling_sign(struct gv_header *headers, size_t *count, const struct gv_call *call, const struct gv_sign_with *with,
               struct gv_arena *arena, struct gv_error *err);

/* ---- in --------------------------------------------------------------------------------------------- */

enum kling_class {
    KLING_DONE,    /* accepted, or the answer to a query */
    KLING_BUSY,    /* nothing happened; later */
    KLING_CLOCK,   /* the token's times were refused; nothing happened */
    KLING_EXISTS,  /* the external id is taken */
    KLING_ABSENT,  /* no such task is visible */
    KLING_REFUSED, /* nothing happened, and nothing will */
    KLING_LOST,    /* nobody knows what happened */
};

/* One row of the vendor's error table (README, section 1.5). */
struct kling_code {
    int http, code;
    enum kling_class class;
    enum gv_code error;
    enum gv_known retryable;
    const char *advice; /* what to do about it, or NULL */
};

extern const struct kling_code kling_codes[];
extern const size_t kling_code_count;

struct kling_answer {
    enum kling_class class;
    int http;
    int64_t code;           /* the envelope's; -1: there was none */
    const char *message;    /* the provider's words, or a description of what came instead */
    const char *request_id; /* or NULL */
    const struct gv_json *data;
    const struct kling_code *row; /* NULL: not in the table */
};

struct kling_answer kling_read(const struct gv_reply *reply, struct gv_arena *arena);
/* The caller's error for a refusal: `doing` as in "create the task". */
struct gv_error kling_refusal(const struct kling_answer *answer, const char *doing, enum gv_stage stage,
                              enum gv_known charged);

enum kling_status { KLING_PENDING, KLING_ENDED_WELL, KLING_ENDED_BADLY, KLING_STATUS_UNKNOWN };

struct kling_task {
    const char *id, *word, *message; /* never NULL */
    enum kling_status status;
    struct kling_output outputs[GV_OUTPUTS_MAX];
    size_t output_count;
    size_t outputs_seen; /* also those beyond GV_OUTPUTS_MAX */
};

/* The id of an accepted create, or NULL where the answer has none that can be used. */
const char *kling_read_created(const struct kling_answer *answer);
/* Both shapes of a task. False where the answer holds none; `external_id` NULL: any. `watermark`: the copies too. */
bool kling_read_task(struct kling_task *out, const struct kling_answer *answer, const char *external_id,
                     bool watermark);
bool kling_read_speech(struct kling_state *state, const struct kling_answer *answer);
enum kling_faces { KLING_FACES_UNREADABLE, KLING_FACES_NONE, KLING_FACES_FOUND };
enum kling_faces kling_read_faces(struct kling_state *state, const struct kling_answer *answer);
/* Whether a failure's words speak of the content policy. */
bool kling_is_moderation(const char *message);

#endif
