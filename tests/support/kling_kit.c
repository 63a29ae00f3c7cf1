#include "support/kling_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/interface.h"
#include "support/kling_words.h"
#include "support/provider_kit.h"

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

int kling_kit_admit(struct kling_kit *kit, const char *document, unsigned credential_set, struct gv_error *err)
{
    *kit = (struct kling_kit){0};
    gv_buf_init(&kit->trace, TRACE_BYTES_MAX);
    const char *why = NULL;
    const struct gv_json *json = gv_json_parse(&kit->arena, document, strlen(document), &why);
    if (json == NULL)
        fail_msg("the test's document is no JSON: %s", why);
    struct gv_error bad = {0};
    if (gv_operation_read(&kit->op, json, GV_JSON_JOURNAL, &kit->arena, &bad) != GV_OK)
        fail_msg("the test's document is refused: %s: %s", bad.field, bad.message);
    return gv_provider_kling.admit(&kit->admission, &kit->op, credential_set, &kit->arena, err);
}

void kling_kit_begin(struct kling_kit *kit, const char *document, unsigned credential_set)
{
    struct gv_error err = {0};
    if (kling_kit_admit(kit, document, credential_set, &err) != GV_OK)
        fail_msg("%s: %s", err.field, err.message);
    kit->step = (struct gv_step){
        .arena = &kit->arena,
        .job_id = KLING_KIT_JOB,
        .op = &kit->op,
        .model = kit->admission.model,
        .credential_set = credential_set,
        .now_ms = (int64_t)KLING_KIT_NOW_S * 1000,
    };
}

void kling_kit_free(struct kling_kit *kit)
{
    gv_buf_free(&kit->trace);
    gv_arena_free(&kit->arena);
}

const char *kling_kit_phase(const struct kling_kit *kit)
{
    return gv_provider_kling.phases[kit->state.phase].name;
}

/* What the journal would keep of the state, read back: whatever a machine holds elsewhere is lost here. */
static void through_journal(struct kling_kit *kit)
{
    struct gv_buf text;
    gv_buf_init(&text, FILE_BYTES_MAX);
    struct gv_json_out out = {.buf = &text};
    gv_state_write(&out, &gv_provider_kling, &kit->state);
    const struct gv_json *json = gv_json_parse(&kit->arena, text.data, text.len, NULL);
    struct gv_error err = {0};
    kit->state = (struct kling_state){0};
    if (gv_state_read(&kit->state, &gv_provider_kling, json, &kit->arena, &err) != GV_OK)
        fail_msg("%s: %s", err.field, err.message);
    gv_buf_free(&text);
}

static void add_effect(struct kling_kit *kit)
{
    const struct gv_effect *e = &kit->effect;
    struct gv_buf *t = &kit->trace;
    switch (e->kind) {
    case GV_EFF_NOTHING: gv_buf_adds(t, "nothing"); break;
    case GV_EFF_CALL: gv_buf_addf(t, "%s %s", e->call.method, e->call.path); break;
    case GV_EFF_WAIT: gv_buf_adds(t, e->wait.kind == GV_WAIT_POLL ? "wait" : "back off"); break;
    case GV_EFF_FETCH: gv_buf_addf(t, "fetch %u %s", e->fetch.index, e->fetch.url); break;
    case GV_EFF_TRANSFORM: gv_buf_addf(t, "transform %ux%u", e->transform.width, e->transform.height); break;
    case GV_EFF_SUCCEED: gv_buf_adds(t, "succeed"); break;
    case GV_EFF_FAIL: gv_buf_addf(t, "fail %s", gv_code_name(e->error.code)); break;
    case GV_EFF_CANCELLED: gv_buf_adds(t, "stop"); break;
    case GV_EFF_PARK: gv_buf_adds(t, "park"); break;
    }
}

void kling_kit_feed(struct kling_kit *kit, const struct gv_event *event)
{
    through_journal(kit);
    gv_buf_addf(&kit->trace, "%s %s", kling_kit_phase(kit), events[event->kind]);
    if (event->kind == GV_EV_REPLY)
        gv_buf_addf(&kit->trace, " %d", event->reply.status);
    kit->effect = gv_provider_kling.step(&kit->step, &kit->state, event);
    gv_buf_addf(&kit->trace, " -> %s: ", kling_kit_phase(kit));
    add_effect(kit);
    gv_buf_adds(&kit->trace, "\n");
}

void kling_kit_event(struct kling_kit *kit, enum gv_event_kind kind)
{
    kling_kit_feed(kit, &(struct gv_event){.kind = kind});
}

void kling_kit_reply(struct kling_kit *kit, int status, const char *body)
{
    struct gv_event event = {.kind = GV_EV_REPLY};
    event.reply = (struct gv_reply){.status = status,
                                    .content_type = "application/json",
                                    .body = gv_arena_strdup(&kit->arena, body),
                                    .body_bytes = strlen(body),
                                    .date_s = KLING_KIT_NOW_S - 90};
    kling_kit_feed(kit, &event);
}

void kling_kit_no_reply(struct kling_kit *kit, enum gv_sent sent)
{
    kling_kit_feed(kit, &(struct gv_event){.kind = GV_EV_NO_REPLY, .sent = sent, .why = "connection reset"});
}

void kling_kit_fetched(struct kling_kit *kit, unsigned index)
{
    kling_kit_feed(kit, &(struct gv_event){.kind = GV_EV_FETCHED, .index = index});
}

void kling_kit_fetch_failed(struct kling_kit *kit, unsigned index, int status)
{
    kling_kit_feed(kit, &(struct gv_event){.kind = GV_EV_FETCH_FAILED, .index = index, .status = status, .why = "no"});
}

void kling_kit_resolve(struct kling_kit *kit, enum gv_resolution_kind how, const char *task_id)
{
    kling_kit_feed(kit, &(struct gv_event){.kind = GV_EV_RESOLVE, .resolution = how, .task_id = task_id});
}

const char *kling_kit_body(struct kling_kit *kit)
{
    return provider_kit_body_text(&kit->arena, &kit->effect.call.body);
}

const struct gv_json *kling_kit_exchange(struct kling_kit *kit, const char *name)
{
    const char *root = getenv("SOURCE_DIR");
    const char *path =
        gv_arena_printf(&kit->arena, "%s/src/provider/kling/exchanges/%s", root != NULL ? root : ".", name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("can't open %s (set SOURCE_DIR to the source tree)", path);
    char *text = gv_arena_alloc(&kit->arena, FILE_BYTES_MAX);
    size_t bytes = fread(text, 1, FILE_BYTES_MAX, file);
    fclose(file);
    const char *why = NULL;
    const struct gv_json *json = gv_json_parse(&kit->arena, text, bytes, &why);
    if (json == NULL)
        fail_msg("%s: %s", path, why);
    return json;
}

void kling_kit_start(struct kling_kit *kit, const char *document)
{
    kling_kit_begin(kit, document, KLING_SET_API_KEY);
    kling_kit_event(kit, GV_EV_START);
}

void kling_kit_to_running(struct kling_kit *kit)
{
    kling_kit_start(kit, TEXT);
    kling_kit_reply(kit, 200, CREATED);
    kling_kit_event(kit, GV_EV_TIMER);
    gv_buf_clear(&kit->trace);
}

void kling_kit_to_fetching(struct kling_kit *kit)
{
    kling_kit_to_running(kit);
    kling_kit_reply(kit, 200, DONE);
    gv_buf_clear(&kit->trace);
}

void kling_kit_expect(struct kling_kit *kit, const char *trace)
{
    assert_string_equal(kit->trace.data, trace);
    gv_buf_clear(&kit->trace);
}
