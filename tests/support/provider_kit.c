#include "support/provider_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/interface.h"

#define TRACE_BYTES_MAX (64u << 10)
#define FILE_BYTES_MAX (64u << 10)

static const char *const events[] = {
    [GV_EV_START] = "start",
    [GV_EV_RESUMED] = "resumed",
    [GV_EV_REPLY] = "reply",
    [GV_EV_NO_REPLY] = "no_reply",
    [GV_EV_TIMER] = "timer",
    [GV_EV_FETCHED] = "fetched",
    [GV_EV_FETCH_FAILED] = "fetch_failed",
    [GV_EV_CANCEL] = "cancel",
    [GV_EV_RESOLVE] = "resolve",
    [GV_EV_WAKE] = "wake",
    [GV_EV_TRANSFORMED] = "transformed",
    [GV_EV_TRANSFORM_FAILED] = "transform_failed",
    [GV_EV_DEADLINE] = "deadline",
};

int provider_kit_admit(struct provider_kit *kit, const struct gv_provider *provider, const char *document,
                       unsigned credential_set, struct gv_error *err)
{
    *kit = (struct provider_kit){.provider = provider};
    gv_buf_init(&kit->trace, TRACE_BYTES_MAX);
    const char *why = NULL;
    const struct gv_json *json = gv_json_parse(&kit->arena, document, strlen(document), &why);
    if (json == NULL)
        fail_msg("the test's document is no JSON: %s\n%s", why, document);
    struct gv_error bad = {0};
    if (gv_operation_read(&kit->op, json, GV_JSON_JOURNAL, &kit->arena, &bad) != GV_OK)
        fail_msg("the test's document is refused: %s: %s", bad.field, bad.message);
    return provider->admit(&kit->admission, &kit->op, credential_set, &kit->arena, err);
}

static void check_taken(const struct provider_kit_rule *rule, const struct gv_admission *admission)
{
    if (fabs(admission->usd - rule->usd) > 1e-9)
        fail_msg("%s\n  is estimated at %g", rule->document, admission->usd);
    if (admission->warning_count != rule->warnings)
        fail_msg("%s\n  has %zu warnings; the first: %s", rule->document, admission->warning_count,
                 admission->warning_count > 0 ? admission->warnings[0] : "");
    if (rule->model != NULL)
        assert_string_equal(admission->model != NULL ? admission->model->name : "none", rule->model);
}

void provider_kit_check_rules(const struct gv_provider *provider, const struct provider_kit_rule *rules, size_t count)
{
    for (const struct provider_kit_rule *rule = rules; rule < rules + count; rule++) {
        struct provider_kit kit;
        struct gv_error err = {0};
        int code = provider_kit_admit(&kit, provider, rule->document, rule->set, &err);
        if (code != rule->code || (code != GV_OK && strcmp(err.field, rule->field) != 0))
            fail_msg("%s\n  gives %s: %s: %s", rule->document, gv_code_name((enum gv_code)code), err.field,
                     err.message);
        if (code == GV_OK)
            check_taken(rule, &kit.admission);
        else
            assert_true(strlen(err.message) > 20);
        provider_kit_free(&kit);
    }
}

void provider_kit_begin(struct provider_kit *kit, const struct gv_provider *provider, const char *document)
{
    struct gv_error err = {0};
    if (provider_kit_admit(kit, provider, document, 1, &err) != GV_OK)
        fail_msg("%s: %s", err.field, err.message);
    kit->state = gv_arena_alloc(&kit->arena, provider->state->size);
    for (size_t i = 0; i < provider->setting_count; i++)
        kit->settings.values[i] = provider->settings[i].preset;
    kit->step = (struct gv_step){
        .arena = &kit->arena,
        .job_id = PROVIDER_KIT_JOB,
        .op = &kit->op,
        .model = kit->admission.model,
        .credential_set = 1,
        .settings = &kit->settings,
        .now_ms = (int64_t)PROVIDER_KIT_NOW_S * 1000,
    };
}

void provider_kit_set(struct provider_kit *kit, const char *name, const char *value)
{
    for (size_t i = 0; i < kit->provider->setting_count; i++) {
        if (strcmp(kit->provider->settings[i].name, name) == 0) {
            kit->settings.values[i] = value;
            return;
        }
    }
    fail_msg("%s has no setting %s", kit->provider->name, name);
}

void provider_kit_free(struct provider_kit *kit)
{
    gv_buf_free(&kit->trace);
    gv_arena_free(&kit->arena);
    *kit = (struct provider_kit){0};
}

const char *provider_kit_phase(const struct provider_kit *kit)
{
    return kit->provider->phases[*(const int *)kit->state].name;
}

void provider_kit_expect(struct provider_kit *kit, const char *trace)
{
    assert_string_equal(kit->trace.data, trace);
    gv_buf_clear(&kit->trace);
}

void provider_kit_expect_phase(const struct provider_kit *kit, const char *phase)
{
    assert_string_equal(provider_kit_phase(kit), phase);
}

void provider_kit_expect_note(const struct provider_kit *kit, const char *words)
{
    if (kit->effect.note == NULL || strstr(kit->effect.note, words) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", kit->effect.note != NULL ? kit->effect.note : "", words);
}

/* What the journal would keep of the state, read back: whatever a machine holds elsewhere is lost here. */
static void through_journal(struct provider_kit *kit)
{
    struct gv_buf text;
    gv_buf_init(&text, FILE_BYTES_MAX);
    struct gv_json_out out = {.buf = &text};
    gv_state_write(&out, kit->provider, kit->state);
    const struct gv_json *json = gv_json_parse(&kit->arena, text.data, text.len, NULL);
    struct gv_error err = {0};
    memset(kit->state, 0, kit->provider->state->size);
    if (gv_state_read(kit->state, kit->provider, json, &kit->arena, &err) != GV_OK)
        fail_msg("%s: %s", err.field, err.message);
    gv_buf_free(&text);
}

static void add_effect(struct provider_kit *kit)
{
    const struct gv_effect *e = &kit->effect;
    struct gv_buf *t = &kit->trace;
    switch (e->kind) {
    case GV_EFF_NOTHING: gv_buf_adds(t, "nothing"); break;
    case GV_EFF_CALL: gv_buf_addf(t, "%s %s", e->call.method, e->call.url != NULL ? e->call.url : e->call.path); break;
    case GV_EFF_WAIT: gv_buf_adds(t, e->wait.kind == GV_WAIT_POLL ? "wait" : "back off"); break;
    case GV_EFF_FETCH:
        gv_buf_addf(t, "fetch %u %s", e->fetch.index, e->fetch.url != NULL ? e->fetch.url : e->fetch.path);
        break;
    case GV_EFF_TRANSFORM:
        gv_buf_addf(t, "transform to %ux%u", (unsigned)e->transform.width, (unsigned)e->transform.height);
        break;
    case GV_EFF_SUCCEED: gv_buf_adds(t, "succeed"); break;
    case GV_EFF_FAIL: gv_buf_addf(t, "fail %s", gv_code_name(e->error.code)); break;
    case GV_EFF_CANCELLED: gv_buf_adds(t, "stop"); break;
    case GV_EFF_PARK: gv_buf_adds(t, "park"); break;
    }
}

void provider_kit_feed(struct provider_kit *kit, const struct gv_event *event)
{
    through_journal(kit);
    gv_buf_addf(&kit->trace, "%s %s", provider_kit_phase(kit), events[event->kind]);
    if (event->kind == GV_EV_REPLY)
        gv_buf_addf(&kit->trace, " %d", event->reply.status);
    kit->effect = kit->provider->step(&kit->step, kit->state, event);
    gv_buf_addf(&kit->trace, " -> %s: ", provider_kit_phase(kit));
    add_effect(kit);
    gv_buf_adds(&kit->trace, "\n");
}

void provider_kit_event(struct provider_kit *kit, enum gv_event_kind kind)
{
    provider_kit_feed(kit, &(struct gv_event){.kind = kind});
}

void provider_kit_reply(struct provider_kit *kit, int status, const char *body)
{
    struct gv_event event = {.kind = GV_EV_REPLY};
    event.reply = (struct gv_reply){.status = status,
                                    .content_type = "application/json",
                                    .body = gv_arena_strdup(&kit->arena, body),
                                    .body_bytes = strlen(body),
                                    .date_s = PROVIDER_KIT_NOW_S - PROVIDER_KIT_LATE_S};
    provider_kit_feed(kit, &event);
}

void provider_kit_no_reply(struct provider_kit *kit, enum gv_sent sent)
{
    provider_kit_feed(kit, &(struct gv_event){.kind = GV_EV_NO_REPLY, .sent = sent, .why = "connection reset"});
}

void provider_kit_fetched(struct provider_kit *kit, unsigned index)
{
    provider_kit_feed(kit, &(struct gv_event){.kind = GV_EV_FETCHED, .index = index});
}

void provider_kit_fetch_failed(struct provider_kit *kit, unsigned index, int status)
{
    provider_kit_feed(kit,
                      &(struct gv_event){.kind = GV_EV_FETCH_FAILED, .index = index, .status = status, .why = "no"});
}

void provider_kit_resolve(struct provider_kit *kit, enum gv_resolution_kind how, const char *task_id)
{
    provider_kit_feed(kit, &(struct gv_event){.kind = GV_EV_RESOLVE, .resolution = how, .task_id = task_id});
}

void provider_kit_check_legal(const struct provider_kit *kit, int before)
{
    const struct gv_phase *was = &kit->provider->phases[before];
    const struct gv_phase *now = &kit->provider->phases[*(const int *)kit->state];
    enum gv_effect_kind kind = kit->effect.kind;
    assert_true(!(was->flags & GV_PHASE_END) || (kind == GV_EFF_NOTHING && now == was));
    assert_true((kind == GV_EFF_FAIL) == (now != was && strcmp(now->name, "failed") == 0));
    assert_true((kind == GV_EFF_CANCELLED) == (now != was && strcmp(now->name, "cancelled") == 0));
    assert_true((kind == GV_EFF_SUCCEED) == (now != was && strcmp(now->name, "succeeded") == 0));
    assert_true(kind != GV_EFF_PARK || (now->flags & GV_PHASE_PARKED));
    if (kind == GV_EFF_CALL || kind == GV_EFF_WAIT || kind == GV_EFF_FETCH || kind == GV_EFF_TRANSFORM)
        assert_false(now->flags & (GV_PHASE_PARKED | GV_PHASE_END));
    if (kind == GV_EFF_CALL && kit->effect.call.kind == GV_CALL_CREATE)
        assert_true(now->flags & GV_PHASE_UNSETTLED);
    if (kind == GV_EFF_FAIL) {
        assert_true(kit->effect.error.code != GV_OK && kit->effect.error.message[0] != '\0');
        assert_true(kit->effect.error.stage != GV_STAGE_NONE);
    }
    if (kind == GV_EFF_PARK || kind == GV_EFF_CANCELLED)
        assert_true(kit->effect.note != NULL && kit->effect.note[0] != '\0');
    assert_true(kit->effect.progress >= -1 && kit->effect.progress <= 100);
}

/* ---- bodies ----------------------------------------------------------------------------------------- */

const char *provider_kit_body_text(struct gv_arena *arena, const struct gv_body *body)
{
    const char *text = body->content_type != NULL ? "" : NULL;
    for (size_t i = 0; i < body->segment_count; i++) {
        const struct gv_segment *segment = &body->segments[i];
        text = segment->kind == GV_SEGMENT_TEXT
                   ? gv_arena_printf(arena, "%s%.*s", text, (int)segment->bytes, segment->text)
                   : gv_arena_printf(arena, "%s<blob %s>", text, segment->sha256);
    }
    return text;
}

const char *provider_kit_body(struct provider_kit *kit)
{
    return provider_kit_body_text(&kit->arena, &kit->effect.call.body);
}

static bool same_members(const struct gv_json *a, const struct gv_json *b)
{
    for (const struct gv_json *member = a->child; member != NULL; member = member->next) {
        if (!provider_kit_same(member, gv_json_member(b, member->key)))
            return false;
    }
    return true;
}

static bool same_items(const struct gv_json *a, const struct gv_json *b)
{
    const struct gv_json *other = b->child;
    for (const struct gv_json *item = a->child; item != NULL; item = item->next, other = other->next) {
        if (!provider_kit_same(item, other))
            return false;
    }
    return true;
}

static bool is_number(const struct gv_json *json)
{
    return json->kind == GV_JSON_INT || json->kind == GV_JSON_REAL;
}

bool provider_kit_same(const struct gv_json *a, const struct gv_json *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    if (is_number(a) && is_number(b))
        return a->real == b->real;
    if (a->kind != b->kind || a->count != b->count)
        return false;
    switch (a->kind) {
    case GV_JSON_STRING: return strcmp(a->text, b->text) == 0;
    case GV_JSON_BOOL: return a->boolean == b->boolean;
    case GV_JSON_ARRAY: return same_items(a, b);
    case GV_JSON_OBJECT: return same_members(a, b);
    default: return true;
    }
}

const char *provider_kit_text(struct gv_arena *arena, const struct gv_json *json)
{
    struct gv_buf buf;
    gv_buf_init(&buf, FILE_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_put_json(&out, NULL, json);
    const char *text = gv_arena_strndup(arena, buf.data, buf.len);
    gv_buf_free(&buf);
    return text;
}

/* ---- exchanges -------------------------------------------------------------------------------------- */

static const struct gv_json *read_file(struct gv_arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("can't open %s (set SOURCE_DIR to the source tree)", path);
    char *text = gv_arena_alloc(arena, FILE_BYTES_MAX);
    size_t bytes = fread(text, 1, FILE_BYTES_MAX, file);
    fclose(file);
    const char *why = NULL;
    const struct gv_json *json = gv_json_parse(arena, text, bytes, &why);
    if (json == NULL)
        fail_msg("%s: %s", path, why);
    return json;
}

/* A body that is no JSON stands in the file as a string. */
static void check_body(struct provider_kit *kit, const char *path, const struct gv_json *expected)
{
    const char *body = provider_kit_body(kit);
    if (expected == NULL) {
        assert_null(body);
        return;
    }
    assert_non_null(body);
    if (expected->kind == GV_JSON_STRING) {
        assert_string_equal(body, expected->text);
        return;
    }
    const struct gv_json *sent = gv_json_parse(&kit->arena, body, strlen(body), NULL);
    if (!provider_kit_same(expected, sent))
        fail_msg("%s:\n  sent     %s\n  expected %s", path, body, provider_kit_text(&kit->arena, expected));
}

static void check_request(struct provider_kit *kit, const char *path, const struct gv_json *request)
{
    if (kit->effect.kind != GV_EFF_CALL)
        fail_msg("%s: a call was expected\n%s", path, kit->trace.data);
    const struct gv_call *call = &kit->effect.call;
    const char *url = gv_json_text(request, "url");
    assert_string_equal(call->method, gv_json_text(request, "method"));
    assert_string_equal(url != NULL ? call->url : call->path, url != NULL ? url : gv_json_text(request, "path"));
    check_body(kit, path, gv_json_member(request, "body"));
}

static const char *reply_text(struct provider_kit *kit, const struct gv_json *body)
{
    if (body == NULL)
        return "";
    return body->kind == GV_JSON_STRING ? body->text : provider_kit_text(&kit->arena, body);
}

static void hold(const struct gv_provider *provider, const char *path, const struct gv_json *talk)
{
    struct provider_kit kit = {0};
    struct gv_arena reader = {0};
    provider_kit_begin(&kit, provider, provider_kit_text(&reader, gv_json_member(talk, "operation")));
    const struct gv_json *settings = gv_json_member(talk, "settings");
    for (const struct gv_json *row = settings != NULL ? settings->child : NULL; row != NULL; row = row->next)
        provider_kit_set(&kit, row->key, row->text);
    provider_kit_event(&kit, GV_EV_START);
    const char *cancel_after = gv_json_text(talk, "cancel_in");
    for (const struct gv_json *turn = gv_json_member(talk, "exchanges")->child; turn != NULL; turn = turn->next) {
        if (cancel_after != NULL && strcmp(provider_kit_phase(&kit), cancel_after) == 0)
            provider_kit_event(&kit, GV_EV_CANCEL);
        if (kit.effect.kind == GV_EFF_WAIT)
            provider_kit_event(&kit, GV_EV_TIMER);
        check_request(&kit, path, gv_json_member(turn, "request"));
        provider_kit_reply(&kit, (int)gv_json_int(turn, "reply.status", 0),
                           reply_text(&kit, gv_json_at(turn, "reply.body")));
    }
    if (strcmp(provider_kit_phase(&kit), gv_json_text(talk, "ends")) != 0)
        fail_msg("%s: ends in %s\n%s", path, provider_kit_phase(&kit), kit.trace.data);
    provider_kit_free(&kit);
    gv_arena_free(&reader);
}

unsigned provider_kit_each_exchange(const struct gv_provider *provider, provider_kit_exchange_fn *fn)
{
    const char *root = getenv("SOURCE_DIR");
    struct gv_arena arena = {0};
    const char *path =
        gv_arena_printf(&arena, "%s/src/provider/%s/exchanges", root != NULL ? root : ".", provider->name);
    DIR *folder = opendir(path);
    if (folder == NULL)
        fail_msg("can't open %s (set SOURCE_DIR to the source tree)", path);
    unsigned held = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strstr(entry->d_name, ".json") == NULL)
            continue;
        const char *file = gv_arena_printf(&arena, "%s/%s", path, entry->d_name);
        fn(provider, file, read_file(&arena, file));
        held++;
    }
    closedir(folder);
    gv_arena_free(&arena);
    return held;
}

unsigned provider_kit_hold_exchanges(const struct gv_provider *provider)
{
    return provider_kit_each_exchange(provider, hold);
}
