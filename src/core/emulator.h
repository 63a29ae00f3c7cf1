/* The other end of a provider's wire, for the sandbox: (world, request, now) -> reply. Pure.
 *
 * A task's status is a function of the task and the time, so the list of accepted creates is all there is to
 * remember: it is the state that survives a restart, and the ledger that shows what was paid. */
#ifndef GV_CORE_EMULATOR_H
#define GV_CORE_EMULATOR_H

#include <strings.h>

#include "core/call.h"
#include "core/json.h"

struct gv_crypto; /* port/crypto.h */

/* One accepted create, or a note, as one JSON line of the state file. All strings live as long as the sandbox. */
struct gv_emu_task {
    bool note;           /* no create, but something else to be remembered: in no ledger, without a film */
    const char *removes; /* of a note: the id of the task that nobody finds from now on, or NULL */
    const char *id;
    const char *provider, *product, *model; /* product: the provider's word, "text2video" */
    const char *external_id;                /* the caller's, or NULL */
    const char *account;                    /* whose credentials; no secret */
    int64_t created_ms;
    int64_t begins_ms, ends_ms; /* wall clock: processing from, finished from */
    const char *failure;        /* what it ends with instead of a film, or NULL */
    double usd;
    const char *units; /* the charge in the provider's own unit, for people: "3.0 units" */
    const char
        *film; /* JSON for the film maker (docs/sandbox.md), an array of it for several films; NULL: makes none */
    const char *callback_url;
    const char *memo; /* JSON, the emulator's own, or NULL */
};

enum gv_emu_status { GV_EMU_SUBMITTED, GV_EMU_PROCESSING, GV_EMU_SUCCEEDED, GV_EMU_FAILED };

static inline enum gv_emu_status gv_emu_status(const struct gv_emu_task *task, int64_t now_ms)
{
    if (now_ms < task->begins_ms)
        return GV_EMU_SUBMITTED;
    if (now_ms < task->ends_ms)
        return GV_EMU_PROCESSING;
    return task->failure ? GV_EMU_FAILED : GV_EMU_SUCCEEDED;
}

struct gv_emu_request {
    const char *method, *path; /* path below the prefix, without the query */
    const char *raw_path;      /* the same as it came, with its escapes */
    const char *authorization; /* the header, or NULL */
    const struct gv_header *headers;
    size_t header_count;
    const struct gv_json *query; /* an object of strings */
    /* Parsed JSON, or NULL; long base64 strings stand as "blob:<n>", also behind the comma of a data: URI. Of a
     * form an object of strings, its parts in their order, files as "blob:<n>". */
    const struct gv_json *body;
};

/* The header's value, or NULL. */
static inline const char *gv_emu_header(const struct gv_emu_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    }
    return NULL;
}

/* What is known of a media file that a request carried or pointed at. */
struct gv_emu_media {
    const char *ref; /* "blob:<sha256>": how a film's JSON names it */
    const char *mime_type;
    uint64_t bytes;
    uint32_t width, height;
    double fps, duration_seconds;
    const char *failure; /* why it could not be had, or NULL */
};

#define GV_EMU_FILMS_MAX 4
#define GV_EMU_REPLY_HEADERS_MAX 4

/* A film of a finished task within an answer. */
struct gv_emu_film {
    const struct gv_emu_task *task;
    unsigned index; /* of the task's films */
    size_t at;      /* where in the answer's text its base64 goes */
};

struct gv_emu_reply {
    int status;
    const char *content_type;                           /* NULL: application/json, or the type of films[0] */
    const char *body;                                   /* NULL: none, or the bytes of films[0] as a file */
    const struct gv_emu_task *accepted;                 /* to be remembered before the reply leaves, or NULL */
    struct gv_header headers[GV_EMU_REPLY_HEADERS_MAX]; /* up to the first without a name */
    struct gv_emu_film films[GV_EMU_FILMS_MAX];         /* in the order of their places */
    size_t film_count;
};

/* What the fault script bends in this one request; all zero: nothing. */
struct gv_emu_bend {
    bool retired;            /* refuse what the provider has retired */
    bool no_duration;        /* leave lengths out of results */
    bool guarded;            /* hold clients to the documented pace of requests */
    const char *status_word; /* say this instead of a task's status */
    int64_t hidden_ms;       /* tasks younger than this are not seen by look-ups */
    int64_t skew_ms;         /* the clock that checks credentials, minus now_ms */
    unsigned slots;          /* tasks at once; 0: the emulator's own number */
};

/* The emulator's window on the sandbox. Its functions may block. */
struct gv_emu_world {
    struct gv_arena *arena; /* of the request */
    int64_t now_ms;         /* since 1970 */
    double speed;           /* rendering takes 1/speed of its normal time */
    struct gv_emu_bend bend;
    const char *origin; /* "http://127.0.0.1:7411/kling" */
    const struct gv_crypto *crypto;
    uint64_t seed;
    const struct gv_emu_task *const *tasks; /* of every provider, oldest first */
    size_t task_count;
    /* By the task's id; by the caller's id within an account. NULL: none, or removed. */
    const struct gv_emu_task *(*find)(struct gv_emu_world *world, const char *provider, const char *id);
    const struct gv_emu_task *(*find_external)(struct gv_emu_world *world, const char *provider, const char *account,
                                               const char *external_id);
    /* Resolves "blob:<n>", a URL, a data: URI or plain base64 text of a request. Never NULL. */
    const struct gv_emu_media *(*media)(struct gv_emu_world *world, const char *text);
    /* A signed URL that expires; the task's film is served under it, whatever the file name's ending, or a small
     * picture where the task has none. */
    const char *(*result_url)(struct gv_emu_world *world, const struct gv_emu_task *task, const char *file_name);
    /* A film of a finished task, made now if it wasn't: type and bytes, or the failure. Not under a create. */
    const struct gv_emu_media *(*film)(struct gv_emu_world *world, const struct gv_emu_task *task, unsigned index);
    void *ctx;
};

struct gv_emulator {
    const char *name; /* the path prefix without its slash: "kling" */
    int64_t link_ms;  /* how long a result's URL is good for once handed out; 0: thirty days from the task's end */
    /* Environment of a client: pairs of name and value, NULL-ended; a value may begin with "{origin}", which stands
     * for world.origin. */
    const char *const *environment;
    const char *const *routes; /* the words that `route` answers with, NULL-ended */
    /* What kind of request it is, for fault scripts and counts; whatever the method and path. */
    const char *(*route)(const char *method, const char *path);
    struct gv_emu_reply (*handle)(struct gv_emu_world *world, const struct gv_emu_request *request);
    /* The provider's own answer for trouble: by its code, by HTTP status (code NULL), or both. status 0: as the
     * code's table says. */
    struct gv_emu_reply (*refuse)(struct gv_emu_world *world, int status, const char *code);
    /* The body that a status change posts to the task's callback_url; the arena's. */
    const char *(*callback)(struct gv_emu_world *world, const struct gv_emu_task *task);
};

/* Made by the build from the folders of src/provider; NULL-ended. */
extern const struct gv_emulator *const gv_emulators[];

#endif
