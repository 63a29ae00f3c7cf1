/* One request and its answer, as handlers see them. A handler runs on a worker's thread and may block; when it returns,
 * the exchange has its answer. */
#ifndef GV_SERVER_EXCHANGE_H
#define GV_SERVER_EXCHANGE_H

#include <sys/types.h>

#include "api/front.h"
#include "core/json.h"
#include "server/parts/options.h"
#include "server/parts/route.h"

struct gv_form;

#define GV_ANSWER_HEADERS_MAX 12
#define GV_REQUEST_ID_BYTES 40

enum gv_answer_kind {
    GV_ANSWER_NONE = 0,
    GV_ANSWER_TEXT,   /* body */
    GV_ANSWER_STATIC, /* still, still_bytes: in the program's own memory */
    GV_ANSWER_FILE,   /* fd (owned, moved), offset, bytes: sent by sendfile */
    GV_ANSWER_STREAM, /* stream: server-sent events until it ends */
};

/* The body of an answer as it comes to be, embedded in what makes it. Both on the front's thread. */
struct gv_stream {
    /* How many bytes; 0: the exchange is held until there are some; -1: the end. */
    ssize_t (*read)(struct gv_stream *stream, char *out, size_t room);
    /* The client is gone, and the stream with it. */
    void (*drop)(struct gv_stream *stream);
};

struct gv_answer {
    enum gv_answer_kind kind;
    int status;
    const char *content_type;
    struct gv_header headers[GV_ANSWER_HEADERS_MAX]; /* in the exchange's arena, or static */
    size_t header_count;
    struct gv_buf body;
    const void *still;
    size_t still_bytes;
    int fd;
    uint64_t offset, bytes;
    struct gv_stream *stream;
};

struct gv_exchange {
    struct gv_server *server;
    struct gv_engine *engine;
    const struct gv_route *route;
    const char *method, *path;            /* the path as it came, without query */
    const char *ids[GV_ROUTE_IDS_MAX];    /* the route's {..} parts, decoded */
    const char *tenant;                   /* NULL: the server has no tokens */
    char request_id[GV_REQUEST_ID_BYTES]; /* also a header of the answer */
    struct gv_arena arena;                /* for the exchange's life */
    struct gv_form *form;                 /* NULL: no body came */
    struct gv_answer answer;
    void *http; /* the front's own */
};

/* A request header or a query argument, or NULL; borrowed for the exchange. Names as in RFC 9110: any case. */
const char *gv_exchange_header(const struct gv_exchange *x, const char *name);
const char *gv_exchange_query(const struct gv_exchange *x, const char *name);
/* The official clients repeat a request whose answer they missed, without a key; only a header of theirs tells it. */
bool gv_exchange_is_repetition(const struct gv_exchange *x);

/* ---- answering: each once per exchange ----------------------------------------------------------------------- */

/* `name` is static; `value` is copied. */
void gv_answer_header(struct gv_exchange *x, const char *name, const char *value);
/* Begins a JSON answer; what is written through the result is the body. */
struct gv_json_out gv_answer_json(struct gv_exchange *x, int status);
/* Begins {"object":"list", to which the caller adds its "data". */
struct gv_json_out gv_answer_list(struct gv_exchange *x);
/* Ends one that is a page of a longer list; the ids are NULL where it is empty. */
void gv_answer_list_end(struct gv_json_out *out, const char *first_id, const char *last_id, bool has_more);
/* {"error":{"message","type","param","code"}}: `param` and `code` may be NULL. `type` follows from the status. */
void gv_answer_error(struct gv_exchange *x, int status, const char *code, const char *param, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* An engine's error: its code, field and words; 500s carry x-should-retry: false where a repeat could be paid twice. */
void gv_answer_failure(struct gv_exchange *x, const struct gv_error *err);
/* 404 as for an id that never was. */
void gv_answer_not_found(struct gv_exchange *x, const char *param, const char *what, const char *id);

/* ---- what handlers share -------------------------------------------------------------------------------------- */

/* The tenant's job of that id, in the exchange's arena; answers and returns NULL where there is none, or it is
 * another tenant's. */
const struct gv_job_row *gv_exchange_job(struct gv_exchange *x, const char *job_id);
/* The server's options, defaults filled in. */
const struct gv_server_options *gv_exchange_options(const struct gv_exchange *x);

/* A secret of this store for one purpose, made once and kept beside the journal in a file of its own (mode 0600):
 * HMAC-SHA256 of the store's key over `purpose`. */
void gv_exchange_secret(uint8_t out[32], const struct gv_server *server, const char *purpose);

#endif
