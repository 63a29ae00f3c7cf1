/* A provider in one file: the least that makes a film, pays once, and survives anything. docs/providers.md goes through
 * it. Its wire, of which toy_sandbox.c plays the other end:
 *
 *   POST /create {"name","prompt"} -> 200 {"id"} | 400 {"error"} | 503     the name is the caller's own
 *   GET /find/NAME -> 200 {"id"} | 404
 *   GET /task/ID -> 200 {"status": "busy" | "done" | "failed", "url", "why"}
 *
 * The machine:
 *
 *   new --create--> submitting --id--> running --url--> fetching --stored--> succeeded
 *    ^-----not sent-----'  '--answer lost--> looking --not there, three times--> uncertain
 *                                                                      any --> failed, cancelled */
#include <string.h>

#include "base/error.h"
#include "core/provider.h"

#define TOY_POLL_MS 5000u
#define TOY_RETRY_MS 1000u
#define TOY_LOOKS_MAX 3u

extern const struct gv_provider gv_provider_toy;

/* ---- phases: what may follow what, and what each means to callers ------------------------------------------- */

enum phase { NEW, SUBMITTING, LOOKING, RUNNING, FETCHING, SUCCEEDED, FAILED, CANCELLED, UNCERTAIN };

#define ENDS (GV_BIT(FAILED) | GV_BIT(CANCELLED))

static const struct gv_phase phases[] = {
    [NEW] = {"new", GV_PENDING, GV_BIT(SUBMITTING) | ENDS, 0},
    [SUBMITTING] = {"submitting", GV_PENDING,
                    GV_BIT(NEW) | GV_BIT(LOOKING) | GV_BIT(RUNNING) | GV_BIT(UNCERTAIN) | ENDS, GV_PHASE_UNSETTLED},
    [LOOKING] = {"looking", GV_PENDING, GV_BIT(LOOKING) | GV_BIT(RUNNING) | GV_BIT(UNCERTAIN) | ENDS,
                 GV_PHASE_UNSETTLED},
    [RUNNING] = {"running", GV_RUNNING, GV_BIT(FETCHING) | ENDS, 0},
    [FETCHING] = {"fetching", GV_RUNNING, GV_BIT(SUCCEEDED) | ENDS, 0},
    [SUCCEEDED] = {"succeeded", GV_SUCCEEDED, 0, GV_PHASE_END},
    [FAILED] = {"failed", GV_FAILED, 0, GV_PHASE_END},
    [CANCELLED] = {"cancelled", GV_FAILED, 0, GV_PHASE_END | GV_PHASE_CANCELLED},
    [UNCERTAIN] = {"uncertain", GV_RUNNING, GV_BIT(SUBMITTING) | GV_BIT(LOOKING) | GV_BIT(RUNNING) | ENDS,
                   GV_PHASE_UNSETTLED | GV_PHASE_PARKED},
};

/* ---- the state: all that the journal keeps of a job -------------------------------------------------------- */

struct state {
    int phase;
    const char *name, *task, *url;
    uint32_t looks;
    bool cancel_asked;
};

#define TEXT(member)                                                                                                   \
    {                                                                                                                  \
        .name = #member, .shape = GV_SHAPE_STRING, .flags = GV_FIELD_OPTIONAL,                                         \
        .offset = offsetof(struct state, member)                                                                       \
    }

static const struct gv_field fields[] = {
    TEXT(name),
    TEXT(task),
    TEXT(url),
    {.name = "looks", .shape = GV_SHAPE_U32, .offset = offsetof(struct state, looks)},
    {.name = "cancel_asked", .shape = GV_SHAPE_BOOL, .offset = offsetof(struct state, cancel_asked)},
};

static const struct gv_schema schema = {
    .name = "toy-state", .size = sizeof(struct state), .fields = fields, .field_count = GV_COUNT(fields)};

/* ---- moves -------------------------------------------------------------------------------------------------- */

struct job {
    const struct gv_step *in;
    struct state *s;
    const struct gv_event *ev;
    const struct gv_json *answer; /* of a reply; NULL if it is no JSON */
};

static struct gv_effect go(struct job *j, enum phase phase, struct gv_effect effect)
{
    gv_phase_go(&gv_provider_toy, j->s, (int)phase);
    return effect;
}

static struct gv_effect nothing(void)
{
    return (struct gv_effect){.kind = GV_EFF_NOTHING, .progress = -1};
}

static struct gv_effect get(struct job *j, const char *path, const char *name)
{
    struct gv_call call = {
        .what = "ask for the task", .method = "GET", .path = gv_arena_printf(j->in->arena, "/%s/%s", path, name)};
    return gv_effect_call(&call);
}

static struct gv_effect create(struct job *j)
{
    struct gv_body_builder body;
    j->s->name = gv_arena_printf(j->in->arena, "toy-%s", j->in->job_id);
    gv_body_begin(&body, j->in->arena);
    gv_json_open(&body.json, NULL, '{');
    gv_json_put_text(&body.json, "name", j->s->name);
    gv_json_put_text(&body.json, "prompt", j->in->op->u.generate.input.text);
    gv_json_close(&body.json, '}');
    struct gv_call call = {.kind = GV_CALL_CREATE,
                           .what = "create the film",
                           .method = "POST",
                           .path = "/create",
                           .body = gv_body_end(&body, "application/json")};
    return go(j, SUBMITTING, gv_effect_call(&call));
}

static struct gv_effect look(struct job *j)
{
    return go(j, LOOKING, get(j, "find", j->s->name));
}

static struct gv_effect fail(struct job *j, const char *why, enum gv_known charged)
{
    struct gv_error error;
    gv_fail(&error, GV_GENERATION_FAILED, "Toy: %s", why != NULL ? why : "no reason given");
    error.charged = charged;
    error.stage = j->s->task != NULL ? GV_STAGE_RENDER : GV_STAGE_CREATE;
    return go(j, FAILED, gv_effect_fail(&error));
}

static struct gv_effect cancelled(struct job *j)
{
    const char *note = j->s->task == NULL
                           ? "Stopped before Toy had it."
                           : gv_arena_printf(j->in->arena, "Stopped here; Toy renders task %s on.", j->s->task);
    return go(j, CANCELLED, gv_effect_note((struct gv_effect){.kind = GV_EFF_CANCELLED, .progress = -1}, note));
}

static struct gv_effect park(struct job *j)
{
    const char *note = gv_arena_printf(
        j->in->arena, "Toy shows no film named %s. Resolve it with its task id, as lost, or give it up.", j->s->name);
    return go(j, UNCERTAIN, gv_effect_note((struct gv_effect){.kind = GV_EFF_PARK, .progress = -1}, note));
}

static struct gv_effect accepted(struct job *j, const char *task)
{
    j->s->task = gv_arena_strdup(j->in->arena, task);
    if (j->s->cancel_asked)
        return cancelled(j);
    return go(j, RUNNING, gv_effect_wait(GV_WAIT_POLL, TOY_POLL_MS));
}

static struct gv_effect fetch(struct job *j)
{
    struct gv_fetch film = {.url = j->s->url, .want = "video/", .generation_id = j->s->task};
    return (struct gv_effect){.kind = GV_EFF_FETCH, .progress = -1, .fetch = film};
}

/* ---- one handler per phase ------------------------------------------------------------------------------------ */

static struct gv_effect in_submitting(struct job *j)
{
    const struct gv_event *ev = j->ev;
    const char *id = gv_json_text(j->answer, "id");
    if (ev->kind == GV_EV_CANCEL) {
        j->s->cancel_asked = true; /* the create can't be called back: its answer decides */
        return nothing();
    }
    if (ev->kind == GV_EV_NO_REPLY && ev->sent == GV_NOT_SENT)
        return ev->final ? fail(j, ev->why, GV_NO) : go(j, NEW, gv_effect_wait(GV_WAIT_BACKOFF, TOY_RETRY_MS));
    if (ev->kind == GV_EV_REPLY && ev->reply.status == 200 && id != NULL)
        return accepted(j, id);
    if (ev->kind == GV_EV_REPLY && ev->reply.status / 100 == 4)
        return fail(j, gv_json_text(j->answer, "error"), GV_NO);
    return look(j); /* lost: it may have arrived */
}

static struct gv_effect in_looking(struct job *j)
{
    const char *id = gv_json_text(j->answer, "id");
    if (j->ev->kind == GV_EV_REPLY && j->ev->reply.status == 200 && id != NULL)
        return accepted(j, id);
    if (j->ev->kind == GV_EV_TIMER || j->ev->kind == GV_EV_RESUMED)
        return look(j);
    if (j->ev->kind == GV_EV_REPLY && j->ev->reply.status == 404 && ++j->s->looks >= TOY_LOOKS_MAX)
        return park(j);
    return gv_effect_wait(GV_WAIT_BACKOFF, TOY_RETRY_MS);
}

static struct gv_effect in_running(struct job *j)
{
    const char *status = gv_json_text(j->answer, "status");
    if (j->ev->kind == GV_EV_NO_REPLY || (j->ev->kind == GV_EV_REPLY && j->ev->reply.status != 200))
        return gv_effect_wait(GV_WAIT_BACKOFF, TOY_RETRY_MS);
    if (j->ev->kind != GV_EV_REPLY)
        return get(j, "task", j->s->task);
    if (status != NULL && strcmp(status, "busy") == 0)
        return gv_effect_wait(GV_WAIT_POLL, TOY_POLL_MS);
    if (status != NULL && strcmp(status, "failed") == 0)
        return fail(j, gv_json_text(j->answer, "why"), GV_NO);
    j->s->url = gv_arena_strdup(j->in->arena, gv_json_text(j->answer, "url"));
    return j->s->url != NULL ? go(j, FETCHING, fetch(j)) : fail(j, "an answer that Toy does not document", GV_UNKNOWN);
}

static struct gv_effect in_fetching(struct job *j)
{
    if (j->ev->kind == GV_EV_FETCHED)
        return go(j, SUCCEEDED, (struct gv_effect){.kind = GV_EFF_SUCCEED, .progress = 100});
    if (j->ev->kind == GV_EV_FETCH_FAILED)
        return j->ev->final ? fail(j, j->ev->why, GV_YES) : gv_effect_wait(GV_WAIT_BACKOFF, TOY_RETRY_MS);
    return fetch(j);
}

static struct gv_effect in_uncertain(struct job *j)
{
    if (j->ev->kind != GV_EV_RESOLVE)
        return nothing();
    switch (j->ev->resolution) {
    case GV_RESOLVE_LOOK_UP: j->s->looks = TOY_LOOKS_MAX - 1; return look(j);
    case GV_RESOLVE_ADOPT: return accepted(j, j->ev->task_id);
    case GV_RESOLVE_RESUBMIT: return create(j);
    case GV_RESOLVE_GIVE_UP: break;
    }
    return fail(j, "given up by hand", GV_UNKNOWN);
}

static struct gv_effect step(const struct gv_step *in, void *state, const struct gv_event *ev)
{
    struct job j = {.in = in, .s = state, .ev = ev};
    if (ev->kind == GV_EV_REPLY)
        j.answer = gv_json_parse(in->arena, ev->reply.body, ev->reply.body_bytes, NULL);
    enum phase phase = (enum phase)j.s->phase;
    if (ev->kind == GV_EV_CANCEL && phase != SUBMITTING)
        return cancelled(&j);
    if (ev->kind == GV_EV_DEADLINE && phase != UNCERTAIN)
        return (phases[phase].flags & GV_PHASE_UNSETTLED) != 0 ? park(&j) : fail(&j, "its time is over", GV_UNKNOWN);
    switch (phase) {
    case NEW: return create(&j);
    case SUBMITTING: return in_submitting(&j);
    case LOOKING: return in_looking(&j);
    case RUNNING: return in_running(&j);
    case FETCHING: return in_fetching(&j);
    case UNCERTAIN: return in_uncertain(&j);
    case SUCCEEDED:
    case FAILED:
    case CANCELLED: break;
    }
    return nothing();
}

/* ---- what it takes, and what it wants to know ------------------------------------------------------------------ */

static const struct gv_model models[] = {{
    .name = "toy-1",
    .takes = GV_TAKES_TEXT,
    .seconds = GV_BIT(5),
    .seconds_default = 5,
    .ratios = GV_BIT(GV_RATIO_LANDSCAPE),
    .resolutions = GV_BIT(GV_RESOLUTION_HD),
    .resolution_default = GV_RESOLUTION_HD,
    .prices = {{.usd_per_second = 0.01}},
    .prices_seen = "2026-11-22",
}};

static const struct gv_setting settings[] = {
    {.name = "TOY_BASE_URL", .help = "where Toy is", .preset = "https://toy.example"},
    {.name = "TOY_API_KEY", .help = "your key", .secret = true, .set = 1},
};

static int admit(struct gv_admission *out, const struct gv_operation *op, unsigned credential_set,
                 struct gv_arena *arena, struct gv_error *err)
{
    (void)credential_set;
    if (op->operation != GV_OP_GENERATE)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "operation", "Toy makes films from text, and nothing else");
    const char *name = op->u.generate.config.model;
    out->model = name != NULL ? gv_model_named(&gv_provider_toy, name) : &models[0];
    if (out->model == NULL)
        return gv_fail_field(err, GV_INVALID_INPUT, "config.model", "Toy has no model %s; it has toy-1", name);
    out->usd = gv_model_price(out->model, GV_RESOLUTION_HD, false, models[0].seconds_default);
    return gv_admit_config(out, &gv_provider_toy, out->model, op, arena, err);
}

static int sign(struct gv_header *headers, size_t *count, const struct gv_call *call, const struct gv_sign_with *with,
                struct gv_arena *arena, struct gv_error *err)
{
    (void)call, (void)err;
    headers[(*count)++] =
        (struct gv_header){"Authorization", gv_arena_printf(arena, "Bearer %s", with->settings->values[1])};
    return GV_OK;
}

const struct gv_provider gv_provider_toy = {
    .name = "toy",
    .title = "Toy",
    .settings = settings,
    .setting_count = GV_COUNT(settings),
    .models = models,
    .model_count = GV_COUNT(models),
    .pace = {.poll_first_ms = TOY_POLL_MS, .poll_ms = TOY_POLL_MS, .calls_max = 2},
    .phases = phases,
    .phase_count = GV_COUNT(phases),
    .state = &schema,
    .admit = admit,
    .step = step,
    .sign = sign,
};
