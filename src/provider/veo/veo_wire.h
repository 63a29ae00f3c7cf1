/* Bytes <-> meaning, both directions, and signing. Nothing here decides. */
#ifndef GV_VEO_WIRE_H
#define GV_VEO_WIRE_H

#include "provider/veo/veo.h"

/* gv_call.auth and gv_fetch.auth */
enum { VEO_AUTH_TOKEN, VEO_AUTH_KEY };

/* ---- names ------------------------------------------------------------------------------------------ */

/* Percent-encodes what is not unreserved, so that no name can leave its place in a path or a form. */
const char *veo_escape(const char *text, struct gv_arena *arena);
/* Whether the text is an operation's name that a path can be made of: projects/... (Vertex) or models/... (Gemini). */
bool veo_is_operation(const char *name, enum veo_surface surface);
/* The location segment of a Vertex name, in the arena. */
const char *veo_location_of(const char *operation, struct gv_arena *arena);
/* A gs:// URI's bucket, in the arena, and what follows its slash; false if it is none. */
bool veo_read_gs(const char **bucket, const char **object, const char *uri, struct gv_arena *arena);
/* The path, query included, of a Gemini file URI on `base` or on Google's own host; NULL elsewhere. */
const char *veo_file_path(const char *uri, const char *base, struct gv_arena *arena);

/* ---- out -------------------------------------------------------------------------------------------- */

/* `storage`: this job's own prefix, or NULL. */
struct gv_call veo_call_create(const struct veo_plan *plan, const char *project, const char *location,
                               const char *storage, struct gv_arena *arena);
struct gv_call veo_call_poll(const char *operation, enum veo_surface surface, struct gv_arena *arena);
struct gv_call veo_call_list(const char *storage, struct gv_arena *arena);
/* The path of an object's bytes at the storage host, or NULL where the URI is none. */
const char *veo_object_path(const char *gs_uri, struct gv_arena *arena);
/* veo_body.c */
struct gv_body veo_body(const struct veo_plan *plan, const char *storage, struct gv_arena *arena);

/* veo_auth.c */
int veo_sign(struct gv_header *headers, size_t *count, const struct gv_call *call, const struct gv_sign_with *with,
             struct gv_arena *arena, struct gv_error *err);
int veo_token_request(struct gv_call *out, bool *needed, const struct gv_sign_with *with, struct gv_arena *arena,
                      struct gv_error *err);
int veo_token_read(const char **out, uint32_t *lifetime_s, const struct gv_reply *reply, struct gv_arena *arena,
                   struct gv_error *err);
/* The project that pays: of the settings, or of the key file; NULL: none. */
const char *veo_project(const struct gv_settings *settings, struct gv_arena *arena);

/* ---- in (veo_answer.c) ------------------------------------------------------------------------------ */

enum veo_class {
    VEO_DONE,    /* accepted, or the answer to a query */
    VEO_BUSY,    /* nothing happened; later */
    VEO_TOKEN,   /* the token was refused; nothing happened */
    VEO_ABSENT,  /* no such model, operation, bucket or object */
    VEO_REFUSED, /* nothing happened, and nothing will */
    VEO_LOST,    /* nobody knows what happened */
};

/* One row of google.rpc.Code (README, section 7.1). */
struct veo_code {
    int rpc;
    const char *name;
    int http;
    enum veo_class class; /* of a call that is answered with it */
    enum gv_code error;   /* what the caller gets, of a call or a finished operation */
    enum gv_known retryable;
    const char *advice; /* or NULL */
};

extern const struct veo_code veo_codes[];
extern const size_t veo_code_count;

struct veo_answer {
    enum veo_class class;
    int http;
    const char *message; /* Google's words, or a description of what came instead */
    uint32_t retry_ms;   /* 0: not told */
    const struct gv_json *json;
    const struct veo_code *row; /* NULL: not in the table */
};

struct veo_answer veo_read(const struct gv_reply *reply, struct gv_arena *arena);
/* The caller's error for a refusal: `doing` as in "create the operation". */
struct gv_error veo_refusal(const struct veo_answer *answer, const char *doing, enum gv_stage stage,
                            enum gv_known charged);

/* The name of an accepted create, or NULL where the answer has none that can be used. */
const char *veo_read_created(const struct veo_answer *answer, enum veo_surface surface);

struct veo_film {
    const char *uri; /* or NULL: */
    unsigned lifted; /* of event.lifted */
};

enum veo_ending { VEO_RUNS, VEO_HAS_FILMS, VEO_FILTERED, VEO_ENDED_BADLY, VEO_ENDED_EMPTY };

struct veo_result {
    enum veo_ending ending;
    struct veo_film films[GV_OUTPUTS_MAX];
    size_t film_count;
    size_t films_seen; /* also those that can't be used, or are too many */
    uint32_t filtered;
    const char *reasons; /* of filtering; never NULL */
    int code;            /* VEO_ENDED_BADLY: google.rpc.Code */
    const char *message; /* VEO_ENDED_BADLY; of VEO_ENDED_EMPTY the answer's own words; never NULL */
};

struct veo_result veo_read_operation(const struct veo_answer *answer, enum veo_surface surface,
                                     const struct gv_event *event, struct gv_arena *arena);
/* The films under the prefix, as gs:// URIs in the bucket's order; at most GV_OUTPUTS_MAX. False: no list. */
bool veo_read_list(const char *out[GV_OUTPUTS_MAX], size_t *count, const struct veo_answer *answer, const char *storage,
                   struct gv_arena *arena);

/* Whether a text speaks of the safety filters. */
bool veo_is_moderation(const char *message);
/* "celebrity or likeness (15236754), ...": the categories of the support codes in the text; "" without any. */
const char *veo_support_words(const char *message, struct gv_arena *arena);
/* The error of a finished operation, by the table. */
struct gv_error veo_operation_error(const struct veo_result *result, struct gv_arena *arena);
struct gv_error veo_filter_error(const struct veo_result *result, struct gv_arena *arena);

#endif
