/* Runway's emulator: what is wrong with a body, as a list of issues. Fact sheet 6; the shapes that it does not show
 * are those of the validator that the shown ones come from. */
#include "provider/runway/runway_sandbox.h"

#include "base/assert.h"

void gv_runway_emu_issue(struct runway_emu *e, const char *code)
{
    if (e->issue_count++ == 0) {
        gv_buf_init(&e->issue_buf, RUNWAY_EMU_ANSWER_BYTES_MAX);
        e->issues = (struct gv_json_out){.buf = &e->issue_buf};
        gv_json_open(&e->issues, NULL, '[');
    }
    gv_json_open(&e->issues, NULL, '{');
    gv_json_put_text(&e->issues, "code", code);
}

static void put_path(struct gv_json_out *out, const struct runway_at *at)
{
    if (!at)
        return;
    put_path(out, at->up);
    if (at->key)
        gv_json_put_text(out, NULL, at->key);
    else
        gv_json_put_int(out, NULL, (int64_t)at->index);
}

static void end_issue(struct runway_emu *e, const struct runway_at *at, const char *message)
{
    gv_json_open(&e->issues, "path", '[');
    put_path(&e->issues, at);
    gv_json_close(&e->issues, ']');
    gv_json_put_text(&e->issues, "message", message);
    gv_json_close(&e->issues, '}');
}

void gv_runway_emu_issue_end(struct runway_emu *e, const struct runway_at *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    end_issue(e, at, gv_arena_vprintf(e->world->arena, format, args));
    va_end(args);
}

void gv_runway_emu_custom(struct runway_emu *e, const struct runway_at *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    gv_runway_emu_issue(e, "custom");
    end_issue(e, at, gv_arena_vprintf(e->world->arena, format, args));
    va_end(args);
}

void gv_runway_emu_wrong_union(struct runway_emu *e, const struct runway_at *at)
{
    gv_runway_emu_issue(e, "invalid_union");
    gv_json_open(&e->issues, "errors", '[');
    gv_json_close(&e->issues, ']');
    gv_runway_emu_issue_end(e, at, "Invalid input");
}

/* As JavaScript names it. */
static const char *received(const struct gv_json *value)
{
    static const char *const names[] = {
        [GV_JSON_NULL] = "null",     [GV_JSON_BOOL] = "boolean", [GV_JSON_INT] = "number",    [GV_JSON_REAL] = "number",
        [GV_JSON_STRING] = "string", [GV_JSON_ARRAY] = "array",  [GV_JSON_OBJECT] = "object",
    };
    return value ? names[value->kind] : "undefined";
}

void gv_runway_emu_wrong_type(struct runway_emu *e, const struct runway_at *at, const char *expected,
                              const struct gv_json *value)
{
    gv_runway_emu_issue(e, "invalid_type");
    gv_json_put_text(&e->issues, "expected", expected);
    gv_runway_emu_issue_end(e, at, "Invalid input: expected %s, received %s", expected, received(value));
}

bool gv_runway_emu_within(struct runway_emu *e, const struct runway_at *at, const char *origin, double value,
                          double least, double most)
{
    bool small = value<least, big = most> 0 && value > most;
    if (!small && !big)
        return true;
    gv_runway_emu_issue(e, small ? "too_small" : "too_big");
    gv_json_put_text(&e->issues, "origin", origin);
    gv_json_put_real(&e->issues, small ? "minimum" : "maximum", small ? least : most);
    gv_json_put_bool(&e->issues, "inclusive", true);
    const char *unit = is(origin, "string") ? " characters" : is(origin, "array") ? " items" : "";
    gv_runway_emu_issue_end(e, at, "Too %s: expected %s to %s %s%.15g%s", small ? "small" : "big", origin,
                            *unit ? "have" : "be", small ? ">=" : "<=", small ? least : most, unit);
    return false;
}

bool gv_runway_emu_among(const char *choices, const char *word)
{
    size_t n = strlen(word);
    for (const char *choice = choices; *choice; choice += strcspn(choice, "|"), choice += *choice == '|') {
        if (strcspn(choice, "|") == n && strncmp(choice, word, n) == 0)
            return true;
    }
    return false;
}

bool gv_runway_emu_choice(struct runway_emu *e, const struct runway_at *at, const char *choices,
                          const struct gv_json *value)
{
    struct gv_buf list;
    if (value && value->kind == GV_JSON_STRING && gv_runway_emu_among(choices, value->text))
        return true;
    gv_buf_init(&list, RUNWAY_EMU_ANSWER_BYTES_MAX);
    gv_runway_emu_issue(e, "invalid_value");
    gv_json_open(&e->issues, "values", '[');
    for (const char *choice = choices; *choice; choice += strcspn(choice, "|"), choice += *choice == '|') {
        size_t n = strcspn(choice, "|");
        gv_json_put_text_n(&e->issues, NULL, choice, n);
        gv_buf_addf(&list, "%s'%.*s'", list.len ? "|" : "", (int)n, choice);
    }
    gv_json_close(&e->issues, ']');
    gv_runway_emu_issue_end(e, at, "Invalid option: expected one of %s", gv_runway_emu_finish(e->world, &list));
    return false;
}

size_t gv_runway_emu_units(const char *text)
{
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        bool begins_character = (*p & 0xc0) != 0x80, beyond_basic_plane = *p >= 0xf0;
        n += begins_character + beyond_basic_plane;
    }
    return n;
}

void gv_runway_emu_refuse_issues(struct runway_emu *e)
{
    GV_ASSERT(e->issue_count > 0);
    struct gv_buf buf;
    gv_json_close(&e->issues, ']');
    gv_buf_init(&buf, RUNWAY_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "error", "Validation of body failed");
    gv_json_put_raw(&out, "issues", gv_runway_emu_finish(e->world, &e->issue_buf));
    gv_json_put_text(&out, "docUrl", RUNWAY_EMU_DOC_URL);
    gv_json_close(&out, '}');
    e->reply = (struct gv_emu_reply){.status = 400, .body = gv_runway_emu_finish(e->world, &buf)};
    e->issue_count = 0;
}
