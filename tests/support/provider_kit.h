/* A job of any provider that a test feeds by hand, and what its machine says, one line per step. */
#ifndef GV_TESTS_PROVIDER_KIT_H
#define GV_TESTS_PROVIDER_KIT_H

#include "core/provider.h"

struct provider_kit {
    const struct gv_provider *provider;
    struct gv_arena arena; /* of everything; freed by provider_kit_free */
    struct gv_operation op;
    struct gv_admission admission;
    struct gv_step step;
    struct gv_settings settings; /* at first the presets */
    void *state;
    struct gv_effect effect; /* the last one */
    struct gv_buf trace;
};

#define PROVIDER_KIT_JOB "job-42"
#define PROVIDER_KIT_NOW_S 1700000000
#define PROVIDER_KIT_LATE_S 90 /* how far the provider's clock is behind */

/* Reads and admits the document with credential set 1; fails the test where that fails. */
void provider_kit_begin(struct provider_kit *kit, const struct gv_provider *provider, const char *document);
/* The step's setting of that name from now on. */
void provider_kit_set(struct provider_kit *kit, const char *name, const char *value);
/* The admission alone: GV_OK, or the code with *err. */
int provider_kit_admit(struct provider_kit *kit, const struct gv_provider *provider, const char *document,
                       unsigned credential_set, struct gv_error *err);
/* What a provider's rules decide of a wish. */
struct provider_kit_rule {
    const char *document;
    unsigned set; /* of credentials */
    int code;
    const char *field; /* that the error names; NULL where it is taken */
    double usd;        /* -1: not known */
    size_t warnings;
    const char *model; /* that is chosen; NULL: whichever */
};
void provider_kit_check_rules(const struct gv_provider *provider, const struct provider_kit_rule *rules, size_t count);
/* Also of a kit of zeros, which is what it leaves. */
void provider_kit_free(struct provider_kit *kit);

/* Each steps once, through a journalled copy of the state, and adds a line to the trace:
 * "<phase> <event> -> <phase> <effect>". */
void provider_kit_feed(struct provider_kit *kit, const struct gv_event *event);
void provider_kit_event(struct provider_kit *kit, enum gv_event_kind kind);
void provider_kit_reply(struct provider_kit *kit, int status, const char *body);
void provider_kit_no_reply(struct provider_kit *kit, enum gv_sent sent);
void provider_kit_fetched(struct provider_kit *kit, unsigned index);
void provider_kit_fetch_failed(struct provider_kit *kit, unsigned index, int status);
void provider_kit_resolve(struct provider_kit *kit, enum gv_resolution_kind how, const char *task_id);

const char *provider_kit_phase(const struct provider_kit *kit);
/* The whole trace; empties it. */
void provider_kit_expect(struct provider_kit *kit, const char *trace);
void provider_kit_expect_phase(const struct provider_kit *kit, const char *phase);
/* The last effect's note has these words. */
void provider_kit_expect_note(const struct provider_kit *kit, const char *words);
/* What must be true of any step, whatever came in whichever phase: ends are final and said by their effects, what is
 * sent or awaited belongs to phases that go on, and failures and parked jobs have their reasons. */
void provider_kit_check_legal(const struct provider_kit *kit, int before);
/* The call's body with "<blob sha256>" for what lies on disk; NULL without a body. */
const char *provider_kit_body(struct provider_kit *kit);
/* The same of any body. */
const char *provider_kit_body_text(struct gv_arena *arena, const struct gv_body *body);
/* Members in any order; numbers by value. */
bool provider_kit_same(const struct gv_json *a, const struct gv_json *b);
const char *provider_kit_text(struct gv_arena *arena, const struct gv_json *json);
typedef void provider_kit_exchange_fn(const struct gv_provider *provider, const char *path, const struct gv_json *talk);
/* Calls fn with each file of the provider's exchanges folder; how many there were. A file may have "settings", an
 * object of names and values. */
unsigned provider_kit_each_exchange(const struct gv_provider *provider, provider_kit_exchange_fn *fn);
/* Holds every conversation of the folder, word by word. */
unsigned provider_kit_hold_exchanges(const struct gv_provider *provider);

#endif
