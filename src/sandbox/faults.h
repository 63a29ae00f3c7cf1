/* Fault scripts: which request is met by which trouble. Grammar and words are in docs/sandbox.md. */
#ifndef GV_SANDBOX_FAULTS_H
#define GV_SANDBOX_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/emulator.h"
#include "golem_video/error.h"

#define GV_FAULTS_MAX 32
#define GV_FAULT_WORD_BYTES 64
#define GV_FAULT_SCRIPT_BYTES_MAX 4096

enum gv_fault {
    GV_FAULT_NONE = 0,
    /* what becomes of the answer: one to a request */
    GV_FAULT_DROP,         /* handled and remembered, never answered */
    GV_FAULT_REFUSE_DROP,  /* closed before anything is read */
    GV_FAULT_NOW,          /* HTTP status `number`, nothing handled */
    GV_FAULT_LATE,         /* handled and remembered, then HTTP status `number` */
    GV_FAULT_CODE,         /* HTTP 200 with the provider's code `word` */
    GV_FAULT_BURST,        /* the provider's code `word` under its own HTTP status */
    GV_FAULT_EXPIRED,      /* downloads: 403 */
    GV_FAULT_ERROR_PAGE,   /* downloads: 200 with a page of HTML */
    GV_FAULT_TRUNCATE,     /* downloads: closed half-way */
    GV_FAULT_STALL,        /* downloads: silent half-way */
    GV_FAULT_WRONG_LENGTH, /* downloads: announces more bytes than come */
    GV_FAULT_ENDS_MAX = GV_FAULT_WRONG_LENGTH,
    /* what goes along with any answer */
    GV_FAULT_SLOW,      /* `number` ms before the answer */
    GV_FAULT_NO_RANGE,  /* downloads: ranges are ignored and not offered */
    GV_FAULT_BIG,       /* downloads: padded to `number` bytes */
    GV_FAULT_STATUS,    /* the task's status is said to be `word` */
    GV_FAULT_SKEW,      /* the clock is `number` s ahead */
    GV_FAULT_INVISIBLE, /* tasks younger than `number` ms are not found */
    GV_FAULT_NO_DURATION,
    GV_FAULT_RETIRED,
    GV_FAULT_GUARDED,
    GV_FAULT_SLOTS, /* `number` tasks at once */
};

struct gv_fault_rule {
    char route[GV_FAULT_WORD_BYTES];
    const char *name;
    enum gv_fault fault;
    int64_t number;
    char word[GV_FAULT_WORD_BYTES];
    uint64_t times; /* 0: always */
    double chance;
    uint64_t seen, fired;
};

struct gv_faults {
    struct gv_fault_rule rules[GV_FAULTS_MAX];
    size_t count;
    uint64_t seed;
};

/* All that befalls one request. */
struct gv_trouble {
    enum gv_fault ends;
    int64_t number;
    char word[GV_FAULT_WORD_BYTES];
    uint32_t slow_ms;
    bool no_range;
    uint64_t big_bytes;
    char status_word[GV_FAULT_WORD_BYTES]; /* what bend.status_word is to point at */
    struct gv_emu_bend bend;
};

/* `script` NULL or blank: no faults. GV_INVALID_INPUT on field "faults", with the words that are known. */
int gv_faults_parse(struct gv_faults *out, const char *script, uint64_t seed, struct gv_error *err);
/* Counts the request, so that the same requests in the same order meet the same trouble. */
struct gv_trouble gv_faults_draw(struct gv_faults *faults, const char *route);
/* An array of {"route", "fault", "seen", "fired"}. */
void gv_faults_json(const struct gv_faults *faults, struct gv_buf *out);

#endif
