/* What a provider is: one table. Everything that lists, helps, validates or routes reads it from here.
 * Its functions are pure: no clock, socket, file or global; what they need comes as an argument. */
#ifndef GV_CORE_PROVIDER_H
#define GV_CORE_PROVIDER_H

#include "core/call.h"
#include "core/schema.h"

/* ---- what it takes ------------------------------------------------------------------------- */

/* Bits of gv_model.takes. */
enum {
    GV_TAKES_TEXT = 1 << 0,
    GV_TAKES_IMAGE = 1 << 1,      /* as the first frame */
    GV_TAKES_IMAGE_LAST = 1 << 2, /* role last alone, as the end frame */
    GV_TAKES_LASTFRAME = 1 << 3,  /* beside a first frame */
    GV_TAKES_VIDEO = 1 << 4,
    GV_TAKES_STATIC_MASK = 1 << 5,
    GV_TAKES_DYNAMIC_MASK = 1 << 6,
    GV_TAKES_CAMERA = 1 << 7,
    GV_TAKES_NEGATIVE_PROMPT = 1 << 8,
    GV_TAKES_SEED = 1 << 9,
    GV_TAKES_GUIDANCE = 1 << 10,
    GV_TAKES_MULTI_IMAGE = 1 << 11,
    GV_TAKES_LIP_SYNC = 1 << 12,
    GV_TAKES_EXTEND = 1 << 13,
    GV_TAKES_UPSCALE = 1 << 14,
    GV_TAKES_EFFECTS = 1 << 15,
    GV_TAKES_RATIO_WITH_IMAGE = 1 << 16, /* else the picture decides the ratio */
    GV_TAKES_ENHANCE_PROMPT = 1 << 17,
    GV_TAKES_SCHEDULER = 1 << 18,
};

enum gv_audio_rule { GV_AUDIO_NEVER = 0, GV_AUDIO_OPTIONAL, GV_AUDIO_ALWAYS };

#define GV_BIT(n) (1u << (n))

struct gv_price {
    enum gv_resolution resolution; /* UNSET: any */
    enum gv_known audio;           /* UNKNOWN: either */
    double usd_per_second;
    double usd_flat;
};

#define GV_PRICES_MAX 8

struct gv_model {
    const char *name; /* as callers say it; also the wire's, unless `wire` is set */
    const char *wire;
    uint32_t takes;   /* GV_TAKES_ */
    uint32_t seconds; /* bit n: n seconds (GV_BIT); 0: no choice */
    uint8_t seconds_default;
    uint8_t ratios;      /* GV_BIT(enum gv_aspect_ratio) */
    uint8_t resolutions; /* GV_BIT(enum gv_resolution) */
    enum gv_resolution resolution_default;
    enum gv_audio_rule audio;
    struct gv_price prices[GV_PRICES_MAX]; /* ends at the first all-zero row */
    const char *prices_seen;               /* "2026-09-20" */
    const char *retired_on;                /* NULL: sold today */
    const char *successor;                 /* with retired_on: what to use */
    uint32_t traits;                       /* the provider's own bits, read inside its folder only */
};

/* A key of provider_options. */
struct gv_option {
    const char *key;
    const char *values; /* allowed ones separated by '|', or NULL for free text */
    const char *help;
};

/* An environment variable. */
struct gv_setting {
    const char *name;
    const char *help;
    bool secret;
    unsigned set;       /* credentials: complete sets are alternatives, 1, 2 ...; 0: not a credential */
    const char *preset; /* default value, or NULL */
    bool file;          /* the variable names a file, whose content is the value */
    bool callback;      /* where the provider reports to; a server that it can reach says so itself */
};

#define GV_SETTINGS_MAX 16

/* The settings of one provider as found; values NULL where unset. Owned by the engine. */
struct gv_settings {
    const char *values[GV_SETTINGS_MAX]; /* as gv_provider.settings */
};

struct gv_pace {
    uint32_t poll_first_ms, poll_ms; /* after the create; then each time */
    uint32_t calls_max;              /* requests at once */
    uint32_t creates_per_minute;     /* 0: no limit */
};

/* ---- how it goes --------------------------------------------------------------------------- */

/* A row of the phase table; the phase is its index. Phase 0 is where a job begins. */
struct gv_phase {
    const char *name;
    enum gv_status status;
    uint32_t next;  /* GV_BIT of each phase that may follow */
    unsigned flags; /* GV_PHASE_ */
};
enum {
    GV_PHASE_END = 1,       /* nothing follows */
    GV_PHASE_UNSETTLED = 2, /* a create may have arrived: ends only by knowledge or by a person */
    GV_PHASE_PARKED = 4,    /* waits for a person; its status is GV_RUNNING: the job has begun, and may cost */
    GV_PHASE_CANCELLED = 8,
};

enum gv_event_kind {
    GV_EV_START,            /* accepted */
    GV_EV_RESUMED,          /* taken up by a new process: whatever was under way may or may not have happened */
    GV_EV_REPLY,            /* reply */
    GV_EV_NO_REPLY,         /* sent, why */
    GV_EV_TIMER,            /* a wait is over */
    GV_EV_FETCHED,          /* index, blob */
    GV_EV_FETCH_FAILED,     /* index, status (0: no answer), why, final */
    GV_EV_CANCEL,           /* the caller wants it stopped */
    GV_EV_RESOLVE,          /* a person settles a parked job: resolution, task_id */
    GV_EV_WAKE,             /* the provider called back; a hint to look now */
    GV_EV_TRANSFORMED,      /* blob */
    GV_EV_TRANSFORM_FAILED, /* why, final */
    GV_EV_DEADLINE,         /* the job's time is over: end it, or park it where a create may have arrived; why: what
                             * was last tried in vain, which the engine adds to what the step says; NULL: nothing */
};

enum gv_sent { GV_NOT_SENT, GV_MAYBE_SENT };
enum gv_resolution_kind { GV_RESOLVE_LOOK_UP, GV_RESOLVE_ADOPT, GV_RESOLVE_RESUBMIT, GV_RESOLVE_GIVE_UP };

struct gv_event {
    enum gv_event_kind kind;
    struct gv_reply reply;
    enum gv_sent sent;
    const char *why;
    unsigned index;
    int status;
    bool final; /* with NO_REPLY, FETCH_FAILED: our own limit, policy or credentials forbid it, with TRANSFORM_FAILED:
                 * the picture or the store is not fit for it; no other try can help */
    bool moved; /* with FETCH_FAILED: this try brought some of it, and the next goes on from there */
    const struct gv_blob_info *lifted; /* with REPLY to a call that lifts: the body's "blob:0", "blob:1" ... */
    size_t lifted_count;
    struct gv_blob_info blob;
    enum gv_resolution_kind resolution;
    const char *task_id;
};

enum gv_effect_kind {
    GV_EFF_NOTHING,   /* leave under way what is under way */
    GV_EFF_CALL,      /* call */
    GV_EFF_WAIT,      /* wait */
    GV_EFF_FETCH,     /* fetch */
    GV_EFF_TRANSFORM, /* transform */
    GV_EFF_SUCCEED,   /* every fetched output becomes a video of the result, in order of index */
    GV_EFF_FAIL,      /* error */
    GV_EFF_CANCELLED, /* note: what is lost at the provider */
    GV_EFF_PARK,      /* note: what is not known, and what settles it */
};

enum gv_wait_kind {
    GV_WAIT_POLL,    /* the engine may replace ms by the user's pace; jittered */
    GV_WAIT_BACKOFF, /* ms is the least; the engine doubles it for each one in a row, up to a minute; jittered */
};

struct gv_wait {
    enum gv_wait_kind kind;
    uint32_t ms;
};

#define GV_OUTPUTS_MAX 8

struct gv_fetch {
    unsigned index;          /* < GV_OUTPUTS_MAX; of an output, unless it is an input */
    const char *url;         /* anywhere, without credentials; or NULL: */
    const char *base, *path; /* as in gv_call: on the provider's own host, with credentials */
    unsigned auth;           /* as in gv_call */
    bool input;       /* not a film for the caller: a file that the job itself needs; the state keeps event.blob */
    const char *want; /* "video/", "image/", "audio/": the family that its content must be of */
    const char *generation_id; /* the provider's, or NULL */
};

/* A picture cropped to the ratio of width:height about its middle, then scaled (Lanczos) to exactly that, as PNG. */
struct gv_transform {
    struct gv_blob_info blob;
    uint32_t width, height;
};

/* A lifted blob that becomes a video of the result. */
struct gv_keep {
    unsigned index;  /* of the output */
    unsigned lifted; /* of event.lifted */
    const char *generation_id;
};

struct gv_effect {
    enum gv_effect_kind kind;
    struct gv_call call;
    struct gv_wait wait;
    struct gv_fetch fetch;
    struct gv_transform transform;
    struct gv_keep keep[GV_OUTPUTS_MAX]; /* with any kind: in the same commit */
    size_t keep_count;
    struct gv_error error;
    const char *note; /* one line for the job's history; the arena's */
    int progress;     /* percent where the provider tells one, else -1 */
};

/* What a step may look at. Borrowed for the step. */
struct gv_step {
    struct gv_arena *arena;             /* for what the effect carries; freed after the effect was performed */
    const char *job_id;                 /* [A-Za-z0-9_-]{1,40} */
    const struct gv_operation *op;      /* media are URLs or blobs by now */
    const struct gv_model *model;       /* the one admitted, or NULL where the operation has none */
    unsigned credential_set;            /* of gv_setting.set; 0: none found */
    const struct gv_settings *settings; /* for what a path needs (a project, a location): nothing secret of it may
                                         * enter the state or the effect; may be NULL in tests */
    int64_t now_ms;                     /* wall clock, since 1970 */
};

/* The answer to "may this wish be sent": from the rows, before anything costs. */
struct gv_admission {
    const struct gv_model *model;
    const char *warnings[8]; /* hints that can't be honoured; the arena's */
    size_t warning_count;
    double usd; /* estimate; negative: not known */
};

struct gv_sign_with {
    const struct gv_settings *settings;
    unsigned credential_set;
    int64_t now_s;
    const struct gv_crypto *crypto; /* port/crypto.h */
    const char *token;              /* of gv_provider.token_request, or NULL */
};

/* What somebody posted to the address where the provider is to report. Hostile until proven otherwise. */
struct gv_callback {
    const char *(*header)(void *ctx, const char *name); /* NULL: absent */
    void *ctx;
    const char *body;
    size_t body_bytes;
};

struct gv_provider {
    const char *name;  /* "kling" */
    const char *title; /* "Kling AI" */
    const struct gv_setting *settings;
    size_t setting_count;
    size_t base_url_setting; /* index of the main base URL */
    const struct gv_option *options;
    size_t option_count;
    const struct gv_model *models;
    size_t model_count;
    const char *const *unsupported; /* pairs: WIT function or input name, reason; NULL-ended */
    const struct gv_voice_info *voices;
    size_t voice_count;
    struct gv_pace pace;
    bool by_name_only; /* never chosen by default */
    const struct gv_phase *phases;
    size_t phase_count;
    const struct gv_schema *state; /* first member of the struct: int phase */

    /* GV_OK and *out, or GV_INVALID_INPUT / GV_UNSUPPORTED_FEATURE with err->field. Media are blobs
     * (with what was read from them) or URLs. */
    int (*admit)(struct gv_admission *out, const struct gv_operation *op, unsigned credential_set,
                 struct gv_arena *arena, struct gv_error *err);
    /* Optional: the member that a state lacks or holds too much of for the phase it is in, which only damage can do;
     * NULL: none. Whatever passes can be stepped. */
    const char *(*contradiction)(const void *state);
    /* Optional: why a person can't settle the parked job in the way that the event (GV_EV_RESOLVE) says, in a sentence;
     * NULL: this way can lead on. A task_id of NULL, with adopt, is any that may come. The step parks the job again
     * where there is an objection. */
    const char *(*objection)(const struct gv_step *in, const void *state, const struct gv_event *event);
    /* Decides on the state, which is a copy, and returns what to do once that is on disk. */
    struct gv_effect (*step)(const struct gv_step *in, void *state, const struct gv_event *event);
    /* Adds credentials to headers[*count...]; their values live in `arena`, which is freed with the exchange. */
    int (*sign)(struct gv_header *headers, size_t *count, const struct gv_call *call, const struct gv_sign_with *with,
                struct gv_arena *arena, struct gv_error *err);

    /* Where calls need a token that is fetched, else both NULL. The engine keeps the token in memory only, fetches it
     * early and once for all who wait, and hands it to sign. The request is not signed; *needed false: this set of
     * credentials needs no token. */
    int (*token_request)(struct gv_call *out, bool *needed, const struct gv_sign_with *with, struct gv_arena *arena,
                         struct gv_error *err);
    /* The token (in the arena) and its lifetime, from a 200; other answers are the engine's to report. */
    int (*token_read)(const char **out, uint32_t *lifetime_s, const struct gv_reply *reply, struct gv_arena *arena,
                      struct gv_error *err);

    /* Optional: the job that a callback speaks of, in the arena; NULL: not proven to come from the provider. That it
     * names a job of ours is not said: it is only a hint to look. */
    const char *(*called_back)(const struct gv_callback *callback, const struct gv_sign_with *with,
                               struct gv_arena *arena);
};

/* Made by the build from the folders of src/provider; NULL-ended. */
extern const struct gv_provider *const gv_providers[];

const struct gv_provider *gv_provider_named(const char *name);
const struct gv_model *gv_model_named(const struct gv_provider *provider, const char *name);

/* ---- shared by admissions (core/admit.c) ----------------------------------------------------- */

/* The option's value from config.provider_options or the document's, or NULL. */
const char *gv_operation_option(const struct gv_operation *op, const char *key);
/* The config of generate and multi-image, else NULL. */
const struct gv_generation_config *gv_operation_config(const struct gv_operation *op);
/* Refuses an operation that the provider's rows call unsupported, and a kind of input that none of its models begins
 * from. */
int gv_admit_kind(const struct gv_provider *provider, const struct gv_operation *op, struct gv_error *err);
/* Refuses keys that the provider's rows don't name, and values outside a row's list. */
int gv_admit_options(const struct gv_provider *provider, const struct gv_operation *op, struct gv_error *err);
/* Refuses retired models unless provider option allow_retired=true; names the successor. */
int gv_admit_model(const struct gv_model *model, const struct gv_operation *op, struct gv_error *err);
/* Holds inputs, lastframe, masks, camera, ratio, resolution, duration, audio, negative prompt of a generate
 * or multi-image wish against the row; adds warnings for hints. */
int gv_admit_config(struct gv_admission *out, const struct gv_provider *provider, const struct gv_model *model,
                    const struct gv_operation *op, struct gv_arena *arena, struct gv_error *err);
/* The nearest length the model takes where less than half a second off; else GV_INVALID_INPUT with the list. */
int gv_admit_seconds(unsigned *out, const struct gv_model *model, bool has, double seconds, struct gv_error *err);
void gv_admission_warn(struct gv_admission *out, struct gv_arena *arena, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* USD by the model's rows, or negative. */
double gv_model_price(const struct gv_model *model, enum gv_resolution resolution, bool audio, unsigned seconds);

/* ---- shared by steps (core/step.c) ------------------------------------------------------------ */

/* The only writer of a phase: asserts that the table allows the move. */
void gv_phase_go(const struct gv_provider *provider, void *state, int phase);
/* The machine's state for the journal: its phase by name, then its fields. */
void gv_state_write(struct gv_json_out *out, const struct gv_provider *provider, const void *state);
/* Into the zeroed struct at `state`. GV_INTERNAL_ERROR: no phase of that name, not of the fields' form, or they
 * contradict each other. */
int gv_state_read(void *state, const struct gv_provider *provider, const struct gv_json *json, struct gv_arena *arena,
                  struct gv_error *err);
struct gv_effect gv_effect_wait(enum gv_wait_kind kind, uint32_t ms);
struct gv_effect gv_effect_call(const struct gv_call *call);
struct gv_effect gv_effect_fail(const struct gv_error *error);
struct gv_effect gv_effect_note(struct gv_effect effect, const char *note);
/* Why no provider can have a task of the id that a person named, in a sentence; NULL: one may. */
const char *gv_task_id_objection(const char *id, size_t bytes_max);
/* Looks for the task that a person named, beyond the first: it may be too young to be shown, or a slip, of which that
 * person wants to hear soon. */
#define GV_ADOPT_MISSES_MAX 2u
/* For a job that is parked again since the provider never showed the task that a person named. `why` is part of a
 * sentence, `parked` says what is not known of the job and what settles it. */
const char *gv_not_adopted_note(struct gv_arena *arena, const char *task_id, const char *why, const char *parked);

#endif
