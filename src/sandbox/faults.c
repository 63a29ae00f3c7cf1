#include "sandbox/faults.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum argument { TAKES_NOTHING, TAKES_NUMBER, TAKES_WORD };

static const struct row {
    const char *name;
    enum gv_fault fault;
    enum argument takes;
    int64_t number; /* where it takes none */
} rows[] = {
    {"drop", GV_FAULT_DROP, TAKES_NOTHING, 0},
    {"refuse-drop", GV_FAULT_REFUSE_DROP, TAKES_NOTHING, 0},
    {"500", GV_FAULT_NOW, TAKES_NOTHING, 500},
    {"502", GV_FAULT_NOW, TAKES_NOTHING, 502},
    {"503", GV_FAULT_NOW, TAKES_NOTHING, 503},
    {"504", GV_FAULT_NOW, TAKES_NOTHING, 504},
    {"html", GV_FAULT_NOW, TAKES_NOTHING, 502},
    /* A backlog is told by the gateway's time-out, the provider's answer for "perhaps". */
    {"late-500", GV_FAULT_LATE, TAKES_NOTHING, 504},
    {"late-502", GV_FAULT_LATE, TAKES_NOTHING, 502},
    {"late-503", GV_FAULT_LATE, TAKES_NOTHING, 503},
    {"late-504", GV_FAULT_LATE, TAKES_NOTHING, 504},
    {"code", GV_FAULT_CODE, TAKES_WORD, 0},
    {"burst", GV_FAULT_BURST, TAKES_WORD, 0},
    {"expired", GV_FAULT_EXPIRED, TAKES_NOTHING, 0},
    {"error-page", GV_FAULT_ERROR_PAGE, TAKES_NOTHING, 0},
    {"truncate", GV_FAULT_TRUNCATE, TAKES_NOTHING, 0},
    {"stall", GV_FAULT_STALL, TAKES_NOTHING, 0},
    {"wrong-length", GV_FAULT_WRONG_LENGTH, TAKES_NOTHING, 0},
    {"slow", GV_FAULT_SLOW, TAKES_NUMBER, 0},
    {"no-range", GV_FAULT_NO_RANGE, TAKES_NOTHING, 0},
    {"big", GV_FAULT_BIG, TAKES_NUMBER, 0},
    {"status", GV_FAULT_STATUS, TAKES_WORD, 0},
    {"skew", GV_FAULT_SKEW, TAKES_NUMBER, 0},
    {"invisible", GV_FAULT_INVISIBLE, TAKES_NUMBER, 0},
    {"no-duration", GV_FAULT_NO_DURATION, TAKES_NOTHING, 0},
    {"retired", GV_FAULT_RETIRED, TAKES_NOTHING, 0},
    {"guarded", GV_FAULT_GUARDED, TAKES_NOTHING, 0},
    {"slots", GV_FAULT_SLOTS, TAKES_NUMBER, 0},
};

/* ---- parsing ---------------------------------------------------------------------------------------------------- */

/* The words of a rule: route, fault, argument; with times and chance cut off. */
struct words {
    char text[3][GV_FAULT_WORD_BYTES];
    size_t count;
};

static void copy_word(char out[GV_FAULT_WORD_BYTES], const char *word)
{
    snprintf(out, GV_FAULT_WORD_BYTES, "%s", word);
}

static bool is_route(const char *word)
{
    if (strcmp(word, "any") == 0 || strcmp(word, "download") == 0)
        return true;
    for (size_t i = 0; gv_emulators[i]; i++) {
        for (const char *const *route = gv_emulators[i]->routes; *route; route++) {
            if (strcmp(*route, word) == 0)
                return true;
        }
    }
    return false;
}

static void known_words(char *out, size_t bytes)
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && n < bytes; i++)
        n += (size_t)snprintf(out + n, bytes - n, "%s%s", i ? ", " : "", rows[i].name);
}

static int unreadable(struct gv_error *err, const char *rule, size_t n, const char *why)
{
    return gv_fail_field(err, GV_INVALID_INPUT, "faults", "The fault \"%.*s\" can't be read: %s", (int)n, rule, why);
}

/* "*3" and "@0.5" at the rule's end; shortens *n. */
static const char *take_limits(struct gv_fault_rule *out, const char *rule, size_t *n)
{
    size_t begin = strcspn(rule, "*@");
    out->chance = 1;
    if (begin >= *n)
        return NULL;
    for (const char *p = rule + begin, *end = rule + *n; p < end;) {
        char kind = *p++, *after;
        double value = strtod(p, &after);
        bool whole = value >= 1 && value <= 1e9 && floor(value) == value;
        if (after == p || after > end || (after < end && *after != '*' && *after != '@'))
            return "behind * and @ stands a number";
        if (kind == '*' && !whole)
            return "the count behind * is 1 or more";
        if (kind == '@' && !(value >= 0 && value <= 1))
            return "the probability behind @ is 0 to 1";
        if (kind == '*')
            out->times = (uint64_t)value;
        else
            out->chance = value;
        p = after;
    }
    *n = begin;
    return NULL;
}

static const char *take_words(struct words *out, const char *rule, size_t n)
{
    memset(out, 0, sizeof *out);
    for (size_t at = 0; at <= n; out->count++) {
        size_t length = strcspn(rule + at, ":");
        length = length > n - at ? n - at : length;
        if (out->count == 3)
            return "it has more than three words";
        if (length == 0)
            return "a word is missing";
        if (length >= GV_FAULT_WORD_BYTES)
            return "a word is too long";
        memcpy(out->text[out->count], rule + at, length);
        at += length + 1;
    }
    return NULL;
}

static const char *take_argument(struct gv_fault_rule *out, const struct row *row, const char *word)
{
    char *end;
    if (row->takes == TAKES_NOTHING) {
        out->number = row->number;
        return word ? "it takes no argument" : NULL;
    }
    if (!word)
        return row->takes == TAKES_NUMBER ? "it needs a number behind a colon" : "it needs a word behind a colon";
    if (row->takes == TAKES_WORD) {
        copy_word(out->word, word);
        return NULL;
    }
    out->number = strtoll(word, &end, 10);
    bool negative = out->number < 0 && row->fault != GV_FAULT_SKEW;
    return *end || negative ? "its argument must be a whole number" : NULL;
}

static int parse_rule(struct gv_fault_rule *out, const char *rule, size_t n, struct gv_error *err)
{
    struct words words;
    size_t length = n;
    const char *why = take_limits(out, rule, &length);
    why = why ? why : take_words(&words, rule, length);
    if (why)
        return unreadable(err, rule, n, why);
    size_t at = words.count > 1 && is_route(words.text[0]) ? 1 : 0;
    copy_word(out->route, at ? words.text[0] : "any");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, words.text[at]) != 0)
            continue;
        out->name = rows[i].name;
        out->fault = rows[i].fault;
        if (words.count > at + 2)
            return unreadable(err, rule, n, "its first word is no route");
        why = take_argument(out, &rows[i], words.count > at + 1 ? words.text[at + 1] : NULL);
        return why ? unreadable(err, rule, n, why) : GV_OK;
    }
    char known[512];
    known_words(known, sizeof known);
    return gv_fail_field(err, GV_INVALID_INPUT, "faults",
                         "\"%s\" in \"%.*s\" is neither a route nor a fault; faults: %s", words.text[at], (int)n, rule,
                         known);
}

int gv_faults_parse(struct gv_faults *out, const char *script, uint64_t seed, struct gv_error *err)
{
    struct gv_faults faults = {.seed = seed};
    for (const char *p = script ? script : ""; *p;) {
        p += strspn(p, " \t\r\n,;");
        size_t n = strcspn(p, " \t\r\n,;");
        if (n == 0)
            break;
        if (faults.count == GV_FAULTS_MAX)
            return gv_fail_field(err, GV_INVALID_INPUT, "faults", "The fault script has more than %d rules",
                                 GV_FAULTS_MAX);
        int code = parse_rule(&faults.rules[faults.count++], p, n, err);
        if (code != GV_OK)
            return code;
        p += n;
    }
    *out = faults;
    return GV_OK;
}

/* ---- drawing ---------------------------------------------------------------------------------------------------- */

/* 0 <= x < 1, from the seed, the rule's place and the request's number. */
static double chance(uint64_t seed, size_t rule, uint64_t request)
{
    uint64_t x = seed + (rule + 1) * 0x9e3779b97f4a7c15u + request * 0xd1342543de82ef95u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return (double)((x ^ (x >> 31)) >> 11) / 9007199254740992.0;
}

static void befall(struct gv_trouble *t, const struct gv_fault_rule *rule)
{
    switch (rule->fault) {
    case GV_FAULT_SLOW: t->slow_ms = (uint32_t)rule->number; break;
    case GV_FAULT_NO_RANGE: t->no_range = true; break;
    case GV_FAULT_BIG: t->big_bytes = (uint64_t)rule->number; break;
    case GV_FAULT_STATUS: copy_word(t->status_word, rule->word); break;
    case GV_FAULT_SKEW: t->bend.skew_ms = rule->number * 1000; break;
    case GV_FAULT_INVISIBLE: t->bend.hidden_ms = rule->number; break;
    case GV_FAULT_NO_DURATION: t->bend.no_duration = true; break;
    case GV_FAULT_RETIRED: t->bend.retired = true; break;
    case GV_FAULT_GUARDED: t->bend.guarded = true; break;
    case GV_FAULT_SLOTS: t->bend.slots = (unsigned)rule->number; break;
    default:
        t->ends = rule->fault;
        t->number = rule->number;
        copy_word(t->word, rule->word);
    }
}

struct gv_trouble gv_faults_draw(struct gv_faults *faults, const char *route)
{
    struct gv_trouble trouble = {0};
    for (size_t i = 0; i < faults->count; i++) {
        struct gv_fault_rule *rule = &faults->rules[i];
        bool ends = rule->fault <= GV_FAULT_ENDS_MAX;
        if (strcmp(rule->route, "any") != 0 && strcmp(rule->route, route) != 0)
            continue;
        if (ends && trouble.ends != GV_FAULT_NONE) /* one end to a request; this rule's turn comes later */
            continue;
        rule->seen++;
        if ((rule->times && rule->fired == rule->times) || chance(faults->seed, i, rule->seen) >= rule->chance)
            continue;
        rule->fired++;
        befall(&trouble, rule);
    }
    return trouble;
}

void gv_faults_json(const struct gv_faults *faults, struct gv_buf *out)
{
    struct gv_json_out json = {.buf = out};
    gv_json_open(&json, NULL, '[');
    for (size_t i = 0; i < faults->count; i++) {
        const struct gv_fault_rule *rule = &faults->rules[i];
        gv_json_open(&json, NULL, '{');
        gv_json_put_text(&json, "route", rule->route);
        gv_json_put_text(&json, "fault", rule->name);
        gv_json_put_int(&json, "seen", (int64_t)rule->seen);
        gv_json_put_int(&json, "fired", (int64_t)rule->fired);
        gv_json_close(&json, '}');
    }
    gv_json_close(&json, ']');
}
