/* Any answers, failures and orders to any provider's machine: it decides something legal each time, puts nothing into
 * a request that breaks it, and its state survives the journal.
 *
 * First line: the provider. Second: the operation's document. Then one line for each event but the end of a wait: a
 * character that chooses what happens, and the body of the answer. tools/fuzz makes seeds of the recorded exchanges. */
#include <stdlib.h>

#include "base/assert.h"
#include "base/list.h"
#include "core/interface.h"
#include "core/provider.h"
#include "port/crypto.h"
#include "support/fuzz.h"

#define NOW_MS 1700000000000
#define EVENTS_MAX 40

struct machine {
    const struct gv_provider *provider;
    struct gv_arena *arena;
    struct gv_operation op;
    struct gv_settings settings;
    struct gv_step in;
    void *state;
    struct gv_effect effect; /* under way */
    bool any_output;
};

/* ---- what must hold --------------------------------------------------------------------------------------------- */

static bool is_clean(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

static void check_call(struct machine *m, const struct gv_call *call)
{
    GV_ASSERT(call->what && call->method);
    GV_ASSERT((call->path != NULL) != (call->url != NULL));
    GV_ASSERT(!call->path || (call->path[0] == '/' && is_clean(call->path) && !strchr(call->path, ' ')));
    GV_ASSERT(call->header_count <= GV_HEADERS_MAX);
    for (size_t i = 0; i < call->header_count; i++)
        GV_ASSERT(is_clean(call->headers[i].name) && is_clean(call->headers[i].value));
    if (call->url)
        return;
    struct gv_header headers[GV_HEADERS_MAX];
    size_t count = 0;
    struct gv_error err = {0};
    const struct gv_sign_with with = {.settings = &m->settings,
                                      .credential_set = 1,
                                      .now_s = NOW_MS / 1000,
                                      .crypto = &gv_crypto_openssl,
                                      .token = "token"};
    if (m->provider->sign(headers, &count, call, &with, m->arena, &err) != GV_OK)
        GV_ASSERT(err.message[0] != '\0');
    for (size_t i = 0; i < count; i++)
        GV_ASSERT(is_clean(headers[i].value));
}

/* The next step sees what the journal gives back. */
static void journal_state(struct machine *m)
{
    struct gv_buf text;
    gv_buf_init(&text, 256u << 10);
    struct gv_json_out out = {.buf = &text};
    gv_state_write(&out, m->provider, m->state);
    GV_ASSERT(!text.overflow);
    const struct gv_json *json = gv_json_parse(m->arena, text.data, text.len, NULL);
    void *again = gv_arena_alloc(m->arena, m->provider->state->size);
    GV_ASSERT(json != NULL && gv_state_read(again, m->provider, json, m->arena, NULL) == GV_OK);
    m->state = again;
    gv_buf_free(&text);
}

/* The same that the engine holds of every step. */
static void check_effect(struct machine *m)
{
    const struct gv_phase *phase = &m->provider->phases[*(const int *)m->state];
    bool ended = (phase->flags & GV_PHASE_END) != 0, parked = (phase->flags & GV_PHASE_PARKED) != 0;
    switch (m->effect.kind) {
    case GV_EFF_NOTHING: break;
    case GV_EFF_SUCCEED: GV_ASSERT(ended && phase->status == GV_SUCCEEDED && m->any_output); break;
    case GV_EFF_FAIL: GV_ASSERT(ended && phase->status == GV_FAILED && m->effect.error.code != GV_OK); break;
    case GV_EFF_CANCELLED: GV_ASSERT(ended && (phase->flags & GV_PHASE_CANCELLED) != 0); break;
    case GV_EFF_PARK: GV_ASSERT(parked && m->effect.note != NULL); break;
    case GV_EFF_CALL: check_call(m, &m->effect.call); __attribute__((fallthrough));
    case GV_EFF_WAIT:
    case GV_EFF_FETCH:
    case GV_EFF_TRANSFORM: GV_ASSERT(!ended && !parked); break;
    }
}

static void step(struct machine *m, const struct gv_event *event)
{
    struct gv_effect effect = m->provider->step(&m->in, m->state, event);
    for (size_t i = 0; i < effect.keep_count; i++) {
        GV_ASSERT(effect.keep[i].index < GV_OUTPUTS_MAX && effect.keep[i].lifted < event->lifted_count);
        m->any_output = true;
    }
    GV_ASSERT(effect.kind != GV_EFF_FETCH || effect.fetch.index < GV_OUTPUTS_MAX);
    if (effect.kind != GV_EFF_NOTHING)
        m->effect = effect;
    check_effect(m);
    journal_state(m);
}

/* ---- what may happen while an effect is under way ---------------------------------------------------------------- */

#define FILM                                                                                                           \
    {                                                                                                                  \
        .sha256 = "5d41402abc4b2a76b9719d911017c5925d41402abc4b2a76b9719d911017c592", .mime_type = "video/mp4",        \
        .bytes = 4096, .width = 1280, .height = 720, .fps = 24, .duration_seconds = 5                                  \
    }
static const struct gv_blob_info film = FILM, lifted[] = {FILM, FILM};

static struct gv_event answer(char c, const char *body)
{
    static const int statuses[] = {200, 201, 202, 204, 400, 401, 402, 403, 404, 409, 429, 500, 502, 503};
    size_t which = fuzz_choice(c, GV_COUNT(statuses) + 3);
    if (which >= GV_COUNT(statuses) + 1)
        return (struct gv_event){
            .kind = GV_EV_NO_REPLY, .sent = which % 2 ? GV_MAYBE_SENT : GV_NOT_SENT, .why = "broken off"};
    struct gv_event event = {.kind = GV_EV_REPLY,
                             .reply = {.status = which < GV_COUNT(statuses) ? statuses[which] : 200,
                                       .content_type = "application/json",
                                       .body = body,
                                       .body_bytes = strlen(body)}};
    if (which == GV_COUNT(statuses)) {
        event.lifted = lifted;
        event.lifted_count = GV_COUNT(lifted);
    }
    return event;
}

static struct gv_event order(char c, const char *words)
{
    switch (c) {
    case 'C': return (struct gv_event){.kind = GV_EV_CANCEL};
    case 'D': return (struct gv_event){.kind = GV_EV_DEADLINE};
    case 'W': return (struct gv_event){.kind = GV_EV_WAKE};
    default: break;
    }
    (void)words;
    return (struct gv_event){.kind = GV_EV_RESUMED};
}

static struct gv_event settlement(char c, const char *words)
{
    enum gv_resolution_kind kind = (enum gv_resolution_kind)fuzz_choice(c, GV_RESOLVE_GIVE_UP + 1);
    return (struct gv_event){
        .kind = GV_EV_RESOLVE, .resolution = kind, .task_id = kind == GV_RESOLVE_ADOPT && *words ? words : "task-1"};
}

static struct gv_event outcome(struct machine *m, char c, const char *body)
{
    switch (m->effect.kind) {
    case GV_EFF_CALL: return answer(c, body);
    case GV_EFF_PARK: return settlement(c, body);
    case GV_EFF_FETCH:
        if (fuzz_choice(c, 2) == 0) {
            m->any_output |= !m->effect.fetch.input;
            return (struct gv_event){.kind = GV_EV_FETCHED, .index = m->effect.fetch.index, .blob = film};
        }
        return (struct gv_event){.kind = GV_EV_FETCH_FAILED,
                                 .index = m->effect.fetch.index,
                                 .status = c & 2 ? 404 : 0,
                                 .why = "broken off",
                                 .final = (c & 4) != 0};
    case GV_EFF_TRANSFORM:
        if (fuzz_choice(c, 2) == 0)
            return (struct gv_event){.kind = GV_EV_TRANSFORMED, .blob = film};
        return (struct gv_event){.kind = GV_EV_TRANSFORM_FAILED, .why = "no picture"};
    default: return (struct gv_event){.kind = GV_EV_TIMER};
    }
}

static const char orders[] = "CDWR"; /* see order() */

static bool has_ended(const struct machine *m)
{
    return (m->provider->phases[*(const int *)m->state].flags & GV_PHASE_END) != 0;
}

static void run(struct machine *m, struct fuzz_input *in)
{
    step(m, &(struct gv_event){.kind = GV_EV_START});
    for (unsigned i = 0; i < EVENTS_MAX && !has_ended(m) && in->at < in->end; i++) {
        if (m->effect.kind == GV_EFF_WAIT &&
            !strchr(orders, *in->at)) { /* a wait that nobody cuts short needs no line */
            step(m, &(struct gv_event){.kind = GV_EV_TIMER});
            continue;
        }
        const char *line = fuzz_line(in, m->arena);
        const char *body = line[0] ? line + 1 : line;
        bool is_order = line[0] && strchr(orders, line[0]) && m->effect.kind != GV_EFF_PARK;
        struct gv_event event = is_order ? order(line[0], body) : outcome(m, line[0], body);
        step(m, &event);
    }
}

/* The token's answer, where the provider has one: the line is the body. */
static void try_token(const struct machine *m, const char *body)
{
    const struct gv_reply reply = {
        .status = 200, .content_type = "application/json", .body = body, .body_bytes = strlen(body)};
    const char *token = NULL;
    uint32_t lifetime_s = 0;
    struct gv_error err = {0};
    if (m->provider->token_read && m->provider->token_read(&token, &lifetime_s, &reply, m->arena, &err) == GV_OK)
        GV_ASSERT(token != NULL && is_clean(token));
}

static void try_provider(const struct gv_provider *provider, struct fuzz_input *in, struct gv_arena *arena)
{
    struct machine m = {.provider = provider, .arena = arena};
    struct gv_admission admission = {0};
    const char *wish = fuzz_line(in, arena);
    const struct gv_json *json = gv_json_parse(arena, wish, strlen(wish), NULL);
    struct gv_error err = {0};
    try_token(&m, wish);
    for (size_t i = 0; i < provider->setting_count; i++)
        m.settings.values[i] = provider->settings[i].preset ? provider->settings[i].preset : "some-value";
    if (!json || gv_operation_read(&m.op, json, GV_JSON_JOURNAL, arena, &err) != GV_OK)
        return;
    if (provider->admit(&admission, &m.op, 1, arena, &err) != GV_OK) {
        GV_ASSERT(err.message[0] != '\0');
        return;
    }
    m.state = gv_arena_alloc(arena, provider->state->size);
    m.in = (struct gv_step){.arena = arena,
                            .job_id = "fuzz",
                            .op = &m.op,
                            .model = admission.model,
                            .credential_set = 1,
                            .settings = &m.settings,
                            .now_ms = NOW_MS};
    run(&m, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t providers = 0;
    while (gv_providers[providers] != NULL)
        providers++;
    struct gv_arena arena = {0};
    struct fuzz_input in = {(const char *)data, (const char *)data + size};
    size_t chosen = fuzz_choice(fuzz_line(&in, &arena)[0], providers);
    try_provider(gv_providers[chosen], &in, &arena);
    gv_arena_free(&arena);
    return 0;
}
