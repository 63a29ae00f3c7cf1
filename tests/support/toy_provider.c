/*   new --create--> submitting --id--> running --url--> fetching --stored--> succeeded
 *    ^--- busy, not sent --'  '--answer lost--> looking --not there, three times--> uncertain
 *                                                                        any --> failed, cancelled */
#include "support/toy_provider.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

struct toy_state {
    int phase;
    const char *name, *task, *url;
    uint32_t looks;
    bool cancel_asked;
};

static const struct gv_field state_fields[] = {
    {.name = "name", .shape = GV_SHAPE_STRING, .flags = GV_FIELD_OPTIONAL, .offset = offsetof(struct toy_state, name)},
    {.name = "task", .shape = GV_SHAPE_STRING, .flags = GV_FIELD_OPTIONAL, .offset = offsetof(struct toy_state, task)},
    {.name = "url", .shape = GV_SHAPE_STRING, .flags = GV_FIELD_OPTIONAL, .offset = offsetof(struct toy_state, url)},
    {.name = "looks", .shape = GV_SHAPE_U32, .offset = offsetof(struct toy_state, looks)},
    {.name = "cancel_asked", .shape = GV_SHAPE_BOOL, .offset = offsetof(struct toy_state, cancel_asked)},
};
static const struct gv_schema state_schema = {
    "toy-state", sizeof(struct toy_state), state_fields, GV_COUNT(state_fields), NULL, 0};

#define ENDS (GV_BIT(TOY_FAILED) | GV_BIT(TOY_CANCELLED))
static const struct gv_phase phases[] = {
    [TOY_NEW] = {"new", GV_PENDING, GV_BIT(TOY_SUBMITTING) | ENDS, 0},
    [TOY_SUBMITTING] = {"submitting", GV_PENDING, GV_BIT(TOY_NEW) | GV_BIT(TOY_LOOKING) | GV_BIT(TOY_RUNNING) | ENDS,
                        GV_PHASE_UNSETTLED},
    [TOY_LOOKING] = {"looking", GV_PENDING, GV_BIT(TOY_LOOKING) | GV_BIT(TOY_RUNNING) | GV_BIT(TOY_UNCERTAIN) | ENDS,
                     GV_PHASE_UNSETTLED},
    [TOY_RUNNING] = {"running", GV_RUNNING, GV_BIT(TOY_FETCHING) | ENDS, 0},
    [TOY_FETCHING] = {"fetching", GV_RUNNING, GV_BIT(TOY_SUCCEEDED) | ENDS, 0},
    [TOY_SUCCEEDED] = {"succeeded", GV_SUCCEEDED, 0, GV_PHASE_END},
    [TOY_FAILED] = {"failed", GV_FAILED, 0, GV_PHASE_END},
    [TOY_CANCELLED] = {"cancelled", GV_FAILED, 0, GV_PHASE_END | GV_PHASE_CANCELLED},
    [TOY_UNCERTAIN] = {"uncertain", GV_RUNNING, GV_BIT(TOY_SUBMITTING) | GV_BIT(TOY_RUNNING) | ENDS,
                       GV_PHASE_PARKED | GV_PHASE_UNSETTLED},
};

static struct gv_effect go(struct toy_state *s, int phase, struct gv_effect effect)
{
    gv_phase_go(&gv_provider_toy, s, phase);
    return effect;
}

static struct gv_effect get(const struct gv_step *in, const char *path, const char *arg)
{
    struct gv_call call = {.what = path, .method = "GET", .path = gv_arena_printf(in->arena, "/%s/%s", path, arg)};
    return gv_effect_call(&call);
}

static struct gv_effect create(const struct gv_step *in, struct toy_state *s)
{
    s->name = gv_arena_printf(in->arena, "toy-%s", in->job_id);
    struct gv_body_builder body;
    gv_body_begin(&body, in->arena);
    gv_body_add_text(&body, s->name);
    struct gv_call call = {.kind = GV_CALL_CREATE,
                           .what = "create",
                           .method = "POST",
                           .path = "/create",
                           .body = gv_body_end(&body, "text/plain")};
    return go(s, TOY_SUBMITTING, gv_effect_call(&call));
}

static struct gv_effect fail(struct toy_state *s, const char *why)
{
    struct gv_error error;
    gv_fail(&error, GV_GENERATION_FAILED, "%s", why);
    return go(s, TOY_FAILED, gv_effect_fail(&error));
}

static struct gv_effect cancelled(struct toy_state *s)
{
    return go(s, TOY_CANCELLED, gv_effect_note((struct gv_effect){.kind = GV_EFF_CANCELLED}, "cancelled here"));
}

static struct gv_effect running(const struct gv_step *in, struct toy_state *s, const char *task)
{
    s->task = gv_arena_strdup(in->arena, task);
    if (s->cancel_asked) {
        gv_phase_go(&gv_provider_toy, s, TOY_RUNNING);
        return cancelled(s);
    }
    return go(s, TOY_RUNNING, gv_effect_wait(GV_WAIT_POLL, 5000));
}

static struct gv_effect look(const struct gv_step *in, struct toy_state *s)
{
    return go(s, TOY_LOOKING, get(in, "find", s->name));
}

static struct gv_effect in_submitting(const struct gv_step *in, struct toy_state *s, const struct gv_event *ev)
{
    if (ev->kind == GV_EV_NO_REPLY && ev->sent == GV_NOT_SENT)
        return go(s, TOY_NEW, gv_effect_wait(GV_WAIT_BACKOFF, 1000));
    if (ev->kind == GV_EV_REPLY && ev->reply.status == 200)
        return running(in, s, ev->reply.body);
    if (ev->kind == GV_EV_REPLY && ev->reply.status == 400)
        return fail(s, ev->reply.body);
    return look(in, s);
}

static struct gv_effect in_looking(const struct gv_step *in, struct toy_state *s, const struct gv_event *ev)
{
    if (ev->kind == GV_EV_REPLY && ev->reply.status == 200)
        return running(in, s, ev->reply.body);
    if (ev->kind == GV_EV_TIMER || ev->kind == GV_EV_RESUMED)
        return look(in, s);
    if (ev->kind == GV_EV_REPLY && ev->reply.status == 404 && ++s->looks == 3)
        return go(s, TOY_UNCERTAIN, gv_effect_note((struct gv_effect){.kind = GV_EFF_PARK}, "not found; resolve it"));
    return gv_effect_wait(GV_WAIT_BACKOFF, 2000);
}

static struct gv_effect fetch(const struct gv_step *in, struct toy_state *s)
{
    (void)in;
    return (struct gv_effect){.kind = GV_EFF_FETCH,
                              .progress = -1,
                              .fetch = {.index = 0, .url = s->url, .want = "video/", .generation_id = s->task}};
}

static struct gv_effect in_running(const struct gv_step *in, struct toy_state *s, const struct gv_event *ev)
{
    if (ev->kind != GV_EV_REPLY)
        return ev->kind == GV_EV_NO_REPLY ? gv_effect_wait(GV_WAIT_BACKOFF, 1000) : get(in, "task", s->task);
    if (strcmp(ev->reply.body, "busy") == 0)
        return gv_effect_wait(GV_WAIT_POLL, 5000);
    if (strncmp(ev->reply.body, "failed ", 7) == 0)
        return fail(s, ev->reply.body + 7);
    s->url = gv_arena_strdup(in->arena, ev->reply.body);
    return go(s, TOY_FETCHING, fetch(in, s));
}

static struct gv_effect in_fetching(const struct gv_step *in, struct toy_state *s, const struct gv_event *ev)
{
    if (ev->kind == GV_EV_FETCHED)
        return go(s, TOY_SUCCEEDED, (struct gv_effect){.kind = GV_EFF_SUCCEED, .progress = 100});
    if (ev->kind == GV_EV_FETCH_FAILED)
        return ev->final ? fail(s, ev->why) : gv_effect_wait(GV_WAIT_BACKOFF, 1000);
    return fetch(in, s);
}

static struct gv_effect in_uncertain(const struct gv_step *in, struct toy_state *s, const struct gv_event *ev)
{
    if (ev->resolution == GV_RESOLVE_ADOPT)
        return running(in, s, ev->task_id);
    return ev->resolution == GV_RESOLVE_RESUBMIT ? create(in, s) : fail(s, "given up");
}

static struct gv_effect step(const struct gv_step *in, void *state, const struct gv_event *ev)
{
    struct toy_state *s = state;
    bool unsettled = (phases[s->phase].flags & GV_PHASE_UNSETTLED) != 0;
    if (ev->kind == GV_EV_CANCEL && s->phase != TOY_SUBMITTING)
        return cancelled(s);
    if (ev->kind == GV_EV_CANCEL) {
        s->cancel_asked = true;
        return (struct gv_effect){.kind = GV_EFF_NOTHING, .progress = -1};
    }
    if (ev->kind == GV_EV_DEADLINE && !unsettled)
        return fail(s, "its time is over");
    switch ((enum toy_phase)s->phase) {
    case TOY_NEW: return create(in, s);
    case TOY_SUBMITTING: return in_submitting(in, s, ev);
    case TOY_LOOKING: return in_looking(in, s, ev);
    case TOY_RUNNING: return in_running(in, s, ev);
    case TOY_FETCHING: return in_fetching(in, s, ev);
    case TOY_UNCERTAIN: return in_uncertain(in, s, ev);
    case TOY_SUCCEEDED:
    case TOY_FAILED:
    case TOY_CANCELLED: break;
    }
    return (struct gv_effect){.kind = GV_EFF_NOTHING, .progress = -1};
}

static int sign(struct gv_header *headers, size_t *count, const struct gv_call *call, const struct gv_sign_with *with,
                struct gv_arena *arena, struct gv_error *err)
{
    (void)call, (void)arena;
    if (with->settings->values[1] == NULL)
        return gv_fail(err, GV_INVALID_INPUT, "TOY_KEY is not set");
    headers[(*count)++] = (struct gv_header){"Authorization", with->settings->values[1]};
    return GV_OK;
}

static int admit(struct gv_admission *out, const struct gv_operation *op, unsigned credential_set,
                 struct gv_arena *arena, struct gv_error *err)
{
    (void)op, (void)credential_set, (void)arena, (void)err;
    out->usd = 1;
    return GV_OK;
}

static const struct gv_setting settings[] = {
    {.name = "TOY_BASE_URL", .help = "where it is", .preset = "http://toy.example"},
    {.name = "TOY_KEY", .help = "the key", .secret = true, .set = 1},
};

const struct gv_provider gv_provider_toy = {
    .name = "toy",
    .title = "Toy",
    .settings = settings,
    .setting_count = GV_COUNT(settings),
    .pace = {.poll_first_ms = 5000, .poll_ms = 5000, .calls_max = 2},
    .phases = phases,
    .phase_count = GV_COUNT(phases),
    .state = &state_schema,
    .admit = admit,
    .step = step,
    .sign = sign,
};
