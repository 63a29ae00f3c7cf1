/* From the wish to the operation: new, gathering, submitting, listing, uncertain. */
#include <string.h>

#include "base/error.h"
#include "provider/veo/veo_machine.h"

#define VEO_POSTS_MAX 3u

/* ---- sending ---------------------------------------------------------------------------------------- */

static struct gv_effect never_sent(struct veo_job *j, struct gv_error *error)
{
    error->stage = GV_STAGE_INPUT;
    error->charged = j->s->posts > 0 ? GV_UNKNOWN : GV_NO;
    error->retryable = GV_NO;
    return veo_failed(j, error);
}

/* The files that Google won't fetch itself come first, one by one. */
static struct gv_effect gather(struct veo_job *j, const struct veo_plan *plan)
{
    const struct veo_medium *missing = plan->missing;
    veo_go(j, VEO_GATHERING);
    return (struct gv_effect){
        .kind = GV_EFF_FETCH,
        .fetch = {.index = (unsigned)plan->missing_index,
                  .url = missing->url,
                  .input = true,
                  .want = missing->role == VEO_VIDEO ? "video/" : "image/"},
        .progress = -1,
    };
}

/* Project and location for the path; Gemini's needs neither. */
static int read_place(const char **project, const char **location, const struct veo_job *j, struct gv_error *err)
{
    const struct gv_settings *settings = j->in->settings;
    if (j->surface == VEO_GEMINI)
        return GV_OK;
    *project = settings != NULL ? veo_project(settings, j->in->arena) : NULL;
    *location = settings != NULL ? settings->values[VEO_AT_CLOUD_LOCATION] : NULL;
    if (*project == NULL)
        return gv_fail_field(err, GV_INVALID_INPUT, "provider",
                             "Vertex AI needs a project: set VEO_PROJECT_ID or GOOGLE_CLOUD_PROJECT.");
    if (*location == NULL)
        *location = VEO_LOCATION;
    const char *wrong = veo_wrong_host(j, *location);
    return wrong != NULL ? gv_fail_field(err, GV_INVALID_INPUT, "provider", "%s", wrong) : GV_OK;
}

static struct gv_effect send(struct veo_job *j)
{
    struct veo_state *s = j->s;
    struct veo_plan plan;
    struct gv_admission admission;
    struct gv_error error = {0};
    const char *project = NULL, *location = NULL;
    struct veo_inputs inputs = {s->inputs, s->input_count};
    if (s->cancel_asked)
        return veo_cancelled(j);
    if (veo_make_plan(&plan, &admission, j->in->op, j->in->model, j->in->credential_set, inputs, j->in->arena,
                      &error) ||
        read_place(&project, &location, j, &error))
        return never_sent(j, &error);
    if (plan.missing != NULL)
        return gather(j, &plan);
    struct gv_call call = veo_call_create(&plan, project, location, j->storage, j->in->arena);
    s->posts++;
    s->listed = 0;
    veo_go(j, VEO_SUBMITTING);
    return gv_effect_call(&call);
}

/* ---- new -------------------------------------------------------------------------------------------- */

struct gv_effect veo_in_new(struct veo_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_START:
    case GV_EV_RESUMED:
    case GV_EV_TIMER: return send(j);
    case GV_EV_CANCEL: return veo_cancelled(j);
    default: return veo_nothing();
    }
}

/* ---- gathering -------------------------------------------------------------------------------------- */

static struct gv_effect gathered(struct veo_job *j)
{
    struct veo_state *s = j->s;
    if (j->ev->index != s->input_count)
        return veo_nothing();
    struct gv_media *inputs = GV_NEW_ARRAY(j->in->arena, struct gv_media, s->input_count + 1);
    if (s->input_count > 0)
        memcpy(inputs, s->inputs, s->input_count * sizeof(*inputs));
    inputs[s->input_count] = (struct gv_media){.kind = GV_MEDIA_BLOB, .blob = j->ev->blob};
    s->inputs = inputs;
    s->input_count++;
    s->fetch_tries = 0;
    return send(j);
}

static struct gv_effect not_gathered(struct veo_job *j)
{
    struct veo_state *s = j->s;
    struct gv_error error = {0};
    int status = j->ev->status;
    bool refused = status >= 400 && status < 500 && status != 408 && status != 429;
    if (j->ev->index != s->input_count)
        return veo_nothing();
    if (!refused && !j->ev->final && ++s->fetch_tries < VEO_INPUT_TRIES_MAX)
        return veo_back_off(0, j->ev->why);
    gv_fail_field(&error, GV_INVALID_INPUT, "input",
                  "A file that Veo needs could not be fetched from its URL: %.300s. Google takes bytes and gs:// only, "
                  "so it is fetched here: pass the file itself, or a URL that can be read from here.",
                  j->ev->why != NULL ? j->ev->why : "no reason known");
    return never_sent(j, &error);
}

struct gv_effect veo_in_gathering(struct veo_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_FETCHED: return gathered(j);
    case GV_EV_FETCH_FAILED: return not_gathered(j);
    case GV_EV_TIMER:
    case GV_EV_RESUMED: return send(j);
    case GV_EV_CANCEL: return veo_cancelled(j);
    default: return veo_nothing();
    }
}

/* ---- submitting ------------------------------------------------------------------------------------- */

/* The call that was under way did not arrive; an earlier create may have. */
static struct gv_effect send_later(struct veo_job *j, uint32_t told_ms, const char *note)
{
    struct veo_state *s = j->s;
    s->posts--;
    if (s->posts > 0)
        return veo_park(j, gv_arena_printf(j->in->arena, "%s (%s)", veo_park_note(j), note));
    veo_go(j, VEO_NEW);
    return s->cancel_asked ? veo_cancelled(j) : veo_back_off(told_ms, note);
}

static struct gv_effect lost_for_good(struct veo_job *j, const char *note)
{
    struct veo_state *s = j->s;
    if (s->cancel_asked)
        return veo_cancelled(j);
    if (!veo_option_is(j->in->op, "resubmit_uncertain", "true") || s->posts >= VEO_POSTS_MAX)
        return veo_park(j, gv_arena_printf(j->in->arena, "%s (%s)", veo_park_note(j), note));
    return gv_effect_note(send(j), "The answer was lost; resubmit_uncertain sends the wish again, which may be billed "
                                   "twice.");
}

/* Where Google puts films into a folder of this job's own, the folder tells. */
static struct gv_effect lost(struct veo_job *j, const char *note)
{
    j->s->lost_ms = j->in->now_ms;
    j->s->listed = 0;
    if (j->storage == NULL || j->s->cancel_asked)
        return lost_for_good(j, note);
    veo_go(j, VEO_LISTING);
    return gv_effect_note(gv_effect_wait(GV_WAIT_POLL, VEO_LIST_MS), note);
}

static struct gv_effect created(struct veo_job *j, const struct veo_answer *answer)
{
    const char *name = veo_read_created(answer, j->surface);
    if (name == NULL)
        return lost(j, "Google accepted something, but named no operation.");
    j->s->task_id = name;
    if (j->s->cancel_asked)
        return veo_cancelled(j);
    veo_go(j, VEO_RUNNING);
    return gv_effect_wait(GV_WAIT_POLL, VEO_POLL_FIRST_MS);
}

/* A refused repeat says nothing of the first one. */
static struct gv_effect refused(struct veo_job *j, const struct veo_answer *answer)
{
    if (j->s->posts > 1)
        return veo_park(j, gv_arena_printf(j->in->arena, "%s (%s)", veo_park_note(j), veo_words_of(j, answer)));
    struct gv_error error = veo_refusal(answer, "make the film", GV_STAGE_CREATE, GV_NO);
    return veo_failed(j, &error);
}

static struct gv_effect send_with_fresh_token(struct veo_job *j, const struct veo_answer *answer)
{
    if (!veo_may_refresh_token(j))
        return refused(j, answer);
    j->s->posts--;
    struct gv_effect effect = send(j);
    effect.call.fresh_token = effect.kind == GV_EFF_CALL;
    return gv_effect_note(effect, effect.kind == GV_EFF_CALL ? veo_words_of(j, answer) : effect.note);
}

static struct gv_effect create_answered(struct veo_job *j)
{
    struct veo_answer answer = veo_read_answer(j);
    switch (answer.class) {
    case VEO_DONE: return created(j, &answer);
    case VEO_BUSY: return send_later(j, answer.retry_ms, veo_words_of(j, &answer));
    case VEO_TOKEN: return send_with_fresh_token(j, &answer);
    case VEO_LOST: return lost(j, veo_words_of(j, &answer));
    case VEO_ABSENT:
    case VEO_REFUSED: break;
    }
    return refused(j, &answer);
}

/* Credentials that can't sign, or a policy that forbids the call: nothing left, and nothing will. */
static struct gv_effect not_sent(struct veo_job *j)
{
    struct gv_error error = {0};
    const char *why = j->ev->why != NULL ? j->ev->why : "The create did not leave.";
    if (!j->ev->final)
        return send_later(j, 0, why);
    if (j->s->posts > 1) /* says nothing of the first one */
        return veo_park(j, gv_arena_printf(j->in->arena, "%s (%s)", veo_park_note(j), why));
    j->s->posts = 0;
    gv_fail(&error, GV_INTERNAL_ERROR, "%s", j->ev->why != NULL ? j->ev->why : "The create could not be sent.");
    error.stage = GV_STAGE_CREATE;
    error.charged = GV_NO;
    error.retryable = GV_NO;
    return veo_failed(j, &error);
}

struct gv_effect veo_in_submitting(struct veo_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_REPLY: return create_answered(j);
    case GV_EV_NO_REPLY:
        return j->ev->sent == GV_NOT_SENT ? not_sent(j) : lost(j, j->ev->why != NULL ? j->ev->why : "No answer came.");
    case GV_EV_RESUMED: return lost(j, "A create was under way when the process ended.");
    case GV_EV_CANCEL:
        j->s->cancel_asked = true;
        return gv_effect_note(veo_nothing(), "Stops as soon as Google has answered the call under way.");
    default: return veo_nothing();
    }
}

/* ---- listing ---------------------------------------------------------------------------------------- */

static struct gv_effect adopt_films(struct veo_job *j, const char *const *films, size_t count)
{
    struct veo_state *s = j->s;
    struct veo_output *outputs = GV_NEW_ARRAY(j->in->arena, struct veo_output, count);
    for (size_t i = 0; i < count; i++)
        outputs[i] = (struct veo_output){(uint32_t)i, films[i]};
    s->outputs = outputs;
    s->output_count = count;
    s->fetched = 0;
    s->refusals = 0;
    s->loss =
        count < j->samples ? gv_arena_printf(j->in->arena, "%zu of %u films were there.", count, j->samples) : NULL;
    return gv_effect_note(veo_fetch_next(j), gv_arena_printf(j->in->arena, "Found %zu of %u films under %s.", count,
                                                             j->samples, j->storage));
}

/* Films of one operation may appear one by one: fewer than asked for are taken once no more come. */
static struct gv_effect listed(struct veo_job *j, const struct veo_answer *answer, const char *note)
{
    struct veo_state *s = j->s;
    const char *films[GV_OUTPUTS_MAX];
    size_t count;
    if (!veo_read_list(films, &count, answer, j->storage, j->in->arena))
        return veo_back_off(0, note);
    if (count > j->samples)
        count = j->samples;
    s->refusals = 0;
    if (count > 0 && (count == j->samples || count == s->listed))
        return adopt_films(j, films, count);
    s->listed = (uint32_t)count;
    if (count == 0 && j->in->now_ms - s->lost_ms >= VEO_LISTS_FOR_MS)
        return lost_for_good(j, "nothing came there in 15 minutes");
    return gv_effect_note(gv_effect_wait(GV_WAIT_POLL, VEO_LIST_MS), "Not all films are there, or not yet.");
}

static struct gv_effect list_refused(struct veo_job *j, const char *note)
{
    if (++j->s->refusals <= VEO_REFUSALS_MAX)
        return veo_back_off(0, note);
    j->s->refusals = 0;
    return veo_park(j, gv_arena_printf(j->in->arena, "%s (The last look: %s)", veo_park_note(j), note));
}

static struct gv_effect list_answered(struct veo_job *j)
{
    struct veo_answer answer = veo_read_answer(j);
    const char *note = veo_words_of(j, &answer);
    switch (answer.class) {
    case VEO_DONE: return listed(j, &answer, note);
    case VEO_BUSY:
    case VEO_LOST: return veo_back_off(answer.retry_ms, note);
    case VEO_TOKEN: return veo_may_refresh_token(j) ? gv_effect_note(veo_list(j, true), note) : list_refused(j, note);
    case VEO_ABSENT:
    case VEO_REFUSED: break;
    }
    return list_refused(j, note);
}

struct gv_effect veo_in_listing(struct veo_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_REPLY: return list_answered(j);
    case GV_EV_NO_REPLY: return j->ev->final ? list_refused(j, j->ev->why) : veo_back_off(0, j->ev->why);
    case GV_EV_TIMER:
    case GV_EV_RESUMED:
    case GV_EV_WAKE: /* without a bucket only where the journal is damaged */
        return j->storage != NULL ? veo_list(j, false) : veo_park(j, veo_park_note(j));
    case GV_EV_CANCEL: return veo_cancelled(j);
    default: return veo_nothing();
    }
}

/* ---- uncertain -------------------------------------------------------------------------------------- */

static const char *objection_to_name(const struct veo_job *j, const char *name)
{
    if (veo_is_operation(name, VEO_VERTEX))
        return veo_wrong_host(j, veo_location_of(name, j->in->arena));
    if (veo_is_operation(name, VEO_GEMINI))
        return NULL;
    return gv_arena_printf(j->in->arena,
                           "\"%.200s\" is no operation's name (projects/P/locations/L/publishers/google/models/M/"
                           "operations/ID, or models/M/operations/ID).",
                           name);
}

const char *veo_objection(const struct veo_job *j)
{
    bool looks = j->ev->resolution == GV_RESOLVE_LOOK_UP, adopts = j->ev->resolution == GV_RESOLVE_ADOPT;
    const char *name = looks ? j->s->task_id : adopts ? j->ev->task_id : NULL;
    if (name != NULL)
        return objection_to_name(j, name);
    return looks && j->storage == NULL
               ? "Google can't be asked for an operation without its name, unless the wish said "
                 "where its films go (storage_uri)."
               : NULL;
}

/* One look; if it finds nothing, the job is parked again. */
static struct gv_effect look_once(struct veo_job *j)
{
    struct veo_state *s = j->s;
    s->url_refreshes = s->fetch_tries = 0;
    if (s->task_id != NULL)
        return veo_poll(j, false);
    if (j->storage == NULL)
        return veo_park(j, veo_park_note(j));
    s->posts = VEO_POSTS_MAX;
    s->lost_ms = j->in->now_ms - VEO_LISTS_FOR_MS;
    s->listed = 0;
    return veo_list(j, false);
}

static struct gv_effect adopt(struct veo_job *j)
{
    j->s->adopting = gv_arena_strdup(j->in->arena, j->ev->task_id);
    j->s->misses = j->s->refusals = 0;
    return veo_poll(j, false);
}

static struct gv_effect give_up(struct veo_job *j)
{
    struct gv_error error = {0};
    gv_fail(&error, GV_GENERATION_FAILED, "Given up by hand. %s", veo_park_note(j));
    error.retryable = GV_YES;
    error.stage = GV_STAGE_CREATE;
    return veo_failed(j, &error);
}

static struct gv_effect resolved(struct veo_job *j)
{
    const char *objection = veo_objection(j);
    if (objection != NULL)
        return veo_park(j, gv_arena_printf(j->in->arena, "%s %s", objection, veo_park_note(j)));
    switch (j->ev->resolution) {
    case GV_RESOLVE_LOOK_UP: return look_once(j);
    case GV_RESOLVE_ADOPT: return adopt(j);
    case GV_RESOLVE_RESUBMIT:
        j->s->task_id = NULL;
        j->surface = veo_surface(j->in->op, j->in->credential_set);
        return send(j);
    case GV_RESOLVE_GIVE_UP: break;
    }
    return give_up(j);
}

struct gv_effect veo_in_uncertain(struct veo_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_RESOLVE: return resolved(j);
    case GV_EV_WAKE: return look_once(j);
    case GV_EV_RESUMED: return veo_park(j, veo_park_note(j));
    case GV_EV_CANCEL: return veo_cancelled(j);
    default: return veo_nothing();
    }
}
