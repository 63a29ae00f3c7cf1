/* Inside of Runway's emulator: one request on its way through checks to an answer. Independent of the adapter: both
 * are written from the fact sheet, so that a misreading in one shows against the other. */
#ifndef GV_PROVIDER_RUNWAY_SANDBOX_H
#define GV_PROVIDER_RUNWAY_SANDBOX_H

#include <string.h>

#include "core/emulator.h"

#define RUNWAY_EMU_NAME "runway"
#define RUNWAY_EMU_DOC_URL "https://docs.dev.runwayml.com/api"
#define RUNWAY_EMU_NO_CREDITS "You do not have enough credits to run this task."
#define RUNWAY_EMU_DAY_IS_OVER "Your daily task limit has been reached."
#define RUNWAY_EMU_ANSWER_BYTES_MAX (1u << 30) /* all issues of the largest body */
#define RUNWAY_EMU_INPUTS_MAX 64
#define RUNWAY_EMU_DAY_MS (24ll * 3600 * 1000)
#define RUNWAY_EMU_USD_PER_CREDIT 0.01

static inline bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static inline bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

enum runway_media { RUNWAY_IMAGE, RUNWAY_VIDEO, RUNWAY_AUDIO };

/* A file that the body named. `role`: "first", "last", "reference", or the member's name. */
struct runway_input {
    const char *role;
    const struct gv_emu_media *media;
};

struct runway_emu {
    struct gv_emu_world *world;
    const struct gv_emu_request *request;
    const char *account;
    bool poor; /* the account has nothing to pay with */
    struct gv_emu_reply reply;
    struct gv_buf issue_buf;
    struct gv_json_out issues; /* an open array */
    unsigned issue_count;
    struct runway_input inputs[RUNWAY_EMU_INPUTS_MAX];
    size_t input_count;
};

/* ---- answers (runway_sandbox.c) ---------------------------------------------------------------------------------- */

/* {"error", "docUrl"}; doc_url NULL: without. */
struct gv_emu_reply gv_runway_emu_error(struct gv_emu_world *world, int status, const char *error, const char *doc_url);
/* Moves the text into the arena and frees the buffer. */
const char *gv_runway_emu_finish(struct gv_emu_world *world, struct gv_buf *buf);
uint64_t gv_runway_emu_mix(uint64_t x);
/* Version 4; `salt` where the world does not change with each. */
const char *gv_runway_emu_uuid(struct gv_emu_world *world, uint64_t salt);

/* ---- issues (runway_sandbox_issues.c) ---------------------------------------------------------------------------- */

/* Where in the body: a chain from the inside out; a NULL key is the array element `index`. */
struct runway_at {
    const struct runway_at *up;
    const char *key;
    size_t index;
};

/* One issue: open, put more members into e->issues, close. */
void gv_runway_emu_issue(struct runway_emu *e, const char *code);
void gv_runway_emu_issue_end(struct runway_emu *e, const struct runway_at *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void gv_runway_emu_custom(struct runway_emu *e, const struct runway_at *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void gv_runway_emu_wrong_union(struct runway_emu *e, const struct runway_at *at);
/* `value` NULL: the member is absent. */
void gv_runway_emu_wrong_type(struct runway_emu *e, const struct runway_at *at, const char *expected,
                              const struct gv_json *value);
/* Of a string's length, a number, an array's length; most 0: no upper bound. False with an issue. */
bool gv_runway_emu_within(struct runway_emu *e, const struct runway_at *at, const char *origin, double value,
                          double least, double most);
/* The value is a string out of "a|b|c". */
bool gv_runway_emu_choice(struct runway_emu *e, const struct runway_at *at, const char *choices,
                          const struct gv_json *value);
bool gv_runway_emu_among(const char *choices, const char *word);
/* Characters as Runway counts them: UTF-16 code units. */
size_t gv_runway_emu_units(const char *text);
/* The 400 with all issues. */
void gv_runway_emu_refuse_issues(struct runway_emu *e);

/* ---- media (runway_sandbox_media.c) ------------------------------------------------------------------------------ */

/* What a model demands of its inputs; 0: nothing. */
struct runway_demand {
    double aspect_min, aspect_max; /* of images, width by height */
    double film_seconds_max;       /* of one film */
    double sound_seconds_max;      /* of all sounds together */
    uint32_t side_min;             /* pixels, of images */
};

/* Fetches and judges; remembers it under `role` in e->inputs where it is good. */
void gv_runway_emu_media(struct runway_emu *e, const struct runway_at *at, const struct gv_json *value,
                         enum runway_media kind, const struct runway_demand *demand, const char *role);
/* The first input of the role, or NULL. */
const struct gv_emu_media *gv_runway_emu_input(const struct runway_emu *e, const char *role);

/* ---- products (runway_sandbox_fields.c, runway_sandbox_tables.c) ------------------------------------------------- */

enum runway_kind {
    RUNWAY_TEXT,    /* least..most UTF-16 units */
    RUNWAY_CHOICE,  /* of choices */
    RUNWAY_INT,     /* least..most */
    RUNWAY_NUMBER,  /* likewise */
    RUNWAY_FLAG,    /* true or false */
    RUNWAY_SECONDS, /* whole, least..most or of choices; "auto" with RUNWAY_AUTO */
    RUNWAY_ONE,     /* a media URI */
    RUNWAY_LIST,    /* least..most objects with a media URI in "uri" */
    RUNWAY_FRAMES,  /* an image URI or up to most objects {uri, position} */
    RUNWAY_KEYFRAMES,
    RUNWAY_MODERATION,
};

/* Of a field. */
enum {
    RUNWAY_NEEDED = 1 << 0,
    RUNWAY_AUTO = 1 << 1,
    RUNWAY_FIRST = 1 << 2,  /* frames: only position first */
    RUNWAY_KEYED = 1 << 3,  /* frames: positions first and last, needed */
    RUNWAY_EITHER = 1 << 4, /* frames: all with a position, or none: then they are references */
    RUNWAY_TYPED = 1 << 5,  /* list: objects carry their "type" */
    RUNWAY_TAGGED = 1 << 6, /* list: objects may carry a "tag" */
};

struct runway_field {
    const char *name;
    enum runway_kind kind;
    unsigned traits;
    double least, most;
    const char *choices;
    enum runway_media media;
};

#define RUNWAY_FIELDS_MAX 14

/* What a POST takes with one model. */
struct runway_product {
    const char *endpoint, *model;
    bool strict;         /* fields that are not known are refused, else dropped */
    unsigned seconds;    /* where `duration` is absent or "auto"; not in the fact sheet */
    unsigned short_side; /* pixels, where neither ratio nor resolution tells */
    const char *source;  /* the member with the film that it works on, or NULL */
    struct runway_demand demand;
    struct runway_field fields[RUNWAY_FIELDS_MAX]; /* ended by a NULL name */
};

extern const struct runway_product gv_runway_emu_products[]; /* ended by a NULL endpoint */
bool gv_runway_emu_is_endpoint(const char *path);
/* NULL with issues in e: no such model there. */
const struct runway_product *gv_runway_emu_product(struct runway_emu *e);
/* Adds an issue for all that is wrong with the body. */
void gv_runway_emu_check(struct runway_emu *e, const struct runway_product *product);

/* ---- tasks (runway_sandbox_accept.c, runway_sandbox_tasks.c, runway_sandbox_prices.c) ---------------------------- */

/* A create that passed its checks: what comes of it. */
struct runway_wish {
    const struct runway_product *product;
    const char *prompt;
    unsigned width, height;
    double seconds;          /* of the result; 0: a picture */
    double seconds_estimate; /* what it is charged for at first */
    double source_seconds;
    double fps; /* 0: the source's */
    bool audio, still;
    bool extends; /* begins with the whole source */
};

void gv_runway_emu_create(struct runway_emu *e);
/* What `seconds` of it cost, in credits. */
double gv_runway_emu_credits(const struct runway_emu *e, const struct runway_wish *wish, double seconds);

const struct gv_json *gv_runway_emu_memo(struct gv_emu_world *world, const struct gv_emu_task *task);
void gv_runway_emu_get_task(struct runway_emu *e, const char *id);
void gv_runway_emu_delete_task(struct runway_emu *e, const char *id);

/* ---- account (runway_sandbox_account.c) -------------------------------------------------------------------------- */

struct runway_account {
    double credits;       /* left */
    unsigned running;     /* of the model, now */
    unsigned daily;       /* of the model, in the last 24 h */
    int64_t free_ms;      /* when the model's next slot is free */
    unsigned running_max; /* of the model's kind */
    unsigned daily_max;
};
struct runway_account gv_runway_emu_account(struct runway_emu *e, const char *model, bool still);
void gv_runway_emu_organization(struct runway_emu *e);
void gv_runway_emu_usage(struct runway_emu *e);

/* ---- uploads (runway_sandbox_uploads.c) -------------------------------------------------------------------------- */

#define RUNWAY_EMU_STORAGE "/storage"

void gv_runway_emu_upload(struct runway_emu *e);
void gv_runway_emu_store(struct runway_emu *e);
/* What was stored under the runway:// URI; its failure says that there is nothing. */
const struct gv_emu_media *gv_runway_emu_uploaded(struct runway_emu *e, const char *uri);

#endif
