/* A request to a provider as a value: what to send, not how. Signing happens when it is performed. */
#ifndef GV_CORE_CALL_H
#define GV_CORE_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "core/json.h"
#include "golem_video/types.h"

enum gv_segment_kind { GV_SEGMENT_TEXT, GV_SEGMENT_BLOB, GV_SEGMENT_BLOB_BASE64 };

struct gv_segment {
    enum gv_segment_kind kind;
    const char *text;   /* GV_SEGMENT_TEXT */
    uint64_t bytes;     /* of the text, or of the blob before encoding */
    const char *sha256; /* of the blob */
};

struct gv_body {
    const struct gv_segment *segments;
    size_t segment_count;
    const char *content_type; /* NULL: no body */
};

/* Bytes on the wire: base64 segments count encoded. */
uint64_t gv_body_length(const struct gv_body *body);

/* Builds a JSON body whose long strings are blobs that stay on disk. */
struct gv_body_builder {
    struct gv_arena *arena;
    struct gv_buf text;      /* literal since the last blob */
    struct gv_json_out json; /* write ordinary members here */
    struct gv_segment *segments;
    size_t count, cap;
};

/* Text (prompts and the like) over this is a bug: an operation's strings are bounded to 2 MiB before it is
 * accepted, and escaping makes at most six bytes of one. */
#define GV_BODY_TEXT_BYTES_MAX (16u << 20)

void gv_body_begin(struct gv_body_builder *b, struct gv_arena *arena);
/* A member (or element, key NULL) that is the blob's base64. */
void gv_body_put_blob(struct gv_body_builder *b, const char *key, const struct gv_blob_info *blob);
/* URL media as a string, blob media as base64: what most providers take. */
void gv_body_put_media(struct gv_body_builder *b, const char *key, const struct gv_media *media);
/* A member that is the blob as "data:MIME;base64,...". */
void gv_body_put_data_uri(struct gv_body_builder *b, const char *key, const struct gv_blob_info *blob);
/* For multipart: raw text, and a blob's raw bytes. */
void gv_body_add_text(struct gv_body_builder *b, const char *text);
void gv_body_add_blob(struct gv_body_builder *b, const struct gv_blob_info *blob);
/* The body lives in the arena; the builder is spent. */
struct gv_body gv_body_end(struct gv_body_builder *b, const char *content_type);

enum gv_call_kind {
    GV_CALL_READ,   /* changes nothing: the engine may repeat it */
    GV_CALL_CREATE, /* may cost money: performed once per commit, on a fresh connection, never repeated */
};

#define GV_HEADERS_MAX 12

struct gv_header {
    const char *name, *value;
};

struct gv_call {
    enum gv_call_kind kind;
    const char *what;   /* for people: "create text2video task" */
    const char *method; /* "GET", "POST", "DELETE" */
    const char *base;   /* the setting that holds scheme and host ("KLING_BASE_URL"); NULL: the provider's main one */
    const char *path;   /* from the slash on, query included, already escaped; no secrets */
    const char *url;    /* instead of base and path: a whole URL that the provider named; gets no credentials, and
                             is reached only where the policy for media allows */
    struct gv_header headers[GV_HEADERS_MAX]; /* without credentials */
    size_t header_count;
    struct gv_body body;
    uint32_t total_ms;        /* 0: the engine's default */
    uint32_t reply_bytes_max; /* 0: the engine's default */
    bool lifts;               /* long base64 strings of a JSON answer go to the store, not into the reply */
    bool fresh_token;         /* the last token was refused: fetch another one */
    int64_t clock_skew_s;     /* provider's clock minus ours, as the last refusal told; used in signing */
    unsigned auth;            /* the provider's own choice of scheme, read by its sign function */
};

/* Of an answer that was read whole. Borrowed for the step. */
struct gv_reply {
    int status;
    const char *content_type; /* lower case, without parameters; "" if none */
    const char *body;         /* NUL-terminated behind body_bytes */
    size_t body_bytes;
    uint32_t retry_after_ms; /* 0: not told */
    int64_t date_s;          /* the Date header in seconds since 1970; 0: not told */
};

#endif
