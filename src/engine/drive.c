/* One step of one job: the provider's pure function decides on a copy, the journal commits what it decided, and
 * only then is the effect performed. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/interface.h"
#include "core/url.h"
#include "engine/job.h"

#define GV_STATE_BYTES_MAX (256u << 10)

static const char *const event_names[] = {
    [GV_EV_START] = "start",
    [GV_EV_RESUMED] = "resumed",
    [GV_EV_REPLY] = "reply",
    [GV_EV_NO_REPLY] = "no reply",
    [GV_EV_TIMER] = "timer",
    [GV_EV_FETCHED] = "fetched",
    [GV_EV_FETCH_FAILED] = "fetch failed",
    [GV_EV_CANCEL] = "cancel",
    [GV_EV_RESOLVE] = "resolve",
    [GV_EV_WAKE] = "wake",
    [GV_EV_TRANSFORMED] = "transformed",
    [GV_EV_TRANSFORM_FAILED] = "transform failed",
    [GV_EV_DEADLINE] = "deadline",
};

static const char *const effect_names[] = {
    [GV_EFF_NOTHING] = "nothing", [GV_EFF_CALL] = "call",           [GV_EFF_WAIT] = "wait",
    [GV_EFF_FETCH] = "fetch",     [GV_EFF_TRANSFORM] = "transform", [GV_EFF_SUCCEED] = "succeed",
    [GV_EFF_FAIL] = "fail",       [GV_EFF_CANCELLED] = "cancelled", [GV_EFF_PARK] = "park",
};

static const struct gv_provider *provider_of(const struct gv_job *job)
{
    return job->lane->account->provider;
}

static int64_t wall_ms(const struct gv_job *job)
{
    return job->driver->config.loop->vtable->wall_ms(job->driver->config.loop);
}

/* Between two of which either may be a sentence. */
static const char *joint(const char *first, const char *second)
{
    if (first[strlen(first) - 1] == '.')
        return " ";
    return isupper((unsigned char)second[0]) ? ". " : "; ";
}

/* The step's own words, and before them why the event was what it was. */
static const char *note_of(const struct gv_event *event, const struct gv_effect *effect, struct gv_arena *arena)
{
    const char *what = effect->note;
    if (what == NULL && effect->kind == GV_EFF_FAIL)
        what = effect->error.message;
    if (what == NULL && effect->kind == GV_EFF_CALL)
        what = effect->call.what;
    if (what == NULL && effect->kind == GV_EFF_FETCH)
        what = effect->fetch.input ? "fetch an input" : gv_arena_printf(arena, "fetch output %u", effect->fetch.index);
    if (what == NULL && effect->kind == GV_EFF_TRANSFORM)
        what = gv_arena_printf(arena, "scale the picture to %ux%u", effect->transform.width, effect->transform.height);
    if (event->why == NULL || event->why[0] == '\0')
        return what != NULL ? what : "";
    if (what == NULL || strstr(what, event->why) != NULL)
        return what != NULL ? what : event->why;
    return gv_arena_printf(arena, "%s%s%s", event->why, joint(event->why, what), what);
}

/* That the time is over is half of the story: the other half is what it was lost with. */
static void name_trouble(struct gv_error *error, const struct gv_event *event)
{
    size_t length = strlen(error->message);
    if (event->kind == GV_EV_DEADLINE && event->why != NULL && event->why[0] != '\0')
        snprintf(error->message + length, sizeof(error->message) - length, " What came last: %s", event->why);
}

static const char *error_json(const struct gv_error *error, struct gv_arena *arena)
{
    struct gv_buf buf;
    gv_buf_init(&buf, 8u << 10);
    struct gv_json_out out = {.buf = &buf};
    gv_schema_write(&out, &gv_schema_error, error);
    GV_ASSERT(!buf.overflow);
    const char *text = gv_arena_strndup(arena, buf.data, buf.len);
    gv_buf_free(&buf);
    return text;
}

static const char *state_json(const struct gv_provider *provider, const void *state, struct gv_arena *arena)
{
    struct gv_buf buf;
    gv_buf_init(&buf, GV_STATE_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_state_write(&out, provider, state);
    GV_ASSERT(!buf.overflow);
    const char *text = gv_arena_strndup(arena, buf.data, buf.len);
    gv_buf_free(&buf);
    return text;
}

static void *state_copy(const struct gv_job *job, struct gv_arena *arena, struct gv_error *err)
{
    const struct gv_provider *provider = provider_of(job);
    void *state = gv_arena_alloc(arena, provider->state->size);
    if (job->row.state == NULL)
        return state;
    const struct gv_json *json = gv_json_parse(arena, job->row.state, strlen(job->row.state), NULL);
    return gv_state_read(state, provider, json, arena, err) == GV_OK ? state : NULL;
}

/* What the engine holds of every provider's machine, whoever wrote it. */
static void check_effect(const struct gv_job *job, const struct gv_effect *effect, const struct gv_phase *phase)
{
    bool ended = (phase->flags & GV_PHASE_END) != 0;
    switch (effect->kind) {
    case GV_EFF_SUCCEED:
        GV_ASSERT(ended && phase->status == GV_SUCCEEDED);
        GV_ASSERT(job->step->outputs[0].stored);
        break;
    case GV_EFF_FAIL: GV_ASSERT(ended && phase->status == GV_FAILED && effect->error.code != GV_OK); break;
    case GV_EFF_CANCELLED: GV_ASSERT(ended && (phase->flags & GV_PHASE_CANCELLED) != 0); break;
    case GV_EFF_PARK: GV_ASSERT((phase->flags & GV_PHASE_PARKED) != 0 && effect->note != NULL); break;
    case GV_EFF_NOTHING: break;
    case GV_EFF_CALL:
    case GV_EFF_WAIT:
    case GV_EFF_FETCH:
    case GV_EFF_TRANSFORM: GV_ASSERT(!ended && (phase->flags & GV_PHASE_PARKED) == 0); break;
    }
}

static void count_wait(struct gv_job *job, struct gv_step_result *step)
{
    const struct gv_effect *effect = &step->effect;
    struct gv_loop *loop = job->driver->config.loop;
    if (effect->kind != GV_EFF_NOTHING)
        step->row.wake_ms = 0;
    if (effect->kind != GV_EFF_WAIT)
        return;
    step->wait_ms = gv_pace_ms(job->driver, &effect->wait, job->row.backoffs, loop->vtable->random(loop));
    step->row.wake_ms = wall_ms(job) + step->wait_ms;
    step->row.backoffs = effect->wait.kind == GV_WAIT_BACKOFF ? job->row.backoffs + 1 : 0;
}

static void need(struct gv_step_result *step, const struct gv_blob_info *blob)
{
    GV_ASSERT(step->ref_count < GV_COUNT(step->refs));
    step->refs[step->ref_count++] = gv_arena_strdup(&step->row_arena, blob->sha256);
}

static void add_output(struct gv_job *job, struct gv_step_result *step, unsigned index, const struct gv_blob_info *blob,
                       const char *generation_id, const char *url)
{
    GV_ASSERT(index < GV_OUTPUTS_MAX);
    struct gv_output *output = &step->outputs[index];
    *output = (struct gv_output){true, *blob, gv_arena_strdup(&job->keep, generation_id),
                                 url != NULL ? gv_url_without_query(&job->keep, url) : NULL};
    output->blob.mime_type = gv_arena_strdup(&job->keep, blob->mime_type);
    need(step, blob);
}

/* Films that came with this event become videos of the result; a file that the job needs itself is only held. */
static void add_outputs(struct gv_job *job, struct gv_step_result *step, const struct gv_event *event)
{
    const struct gv_fetch *fetch = &job->effect.fetch;
    memcpy(step->outputs, job->outputs, sizeof(step->outputs));
    if (event->kind == GV_EV_FETCHED && !fetch->input)
        add_output(job, step, event->index, &event->blob, fetch->generation_id, fetch->url);
    else if (event->kind == GV_EV_FETCHED || event->kind == GV_EV_TRANSFORMED)
        need(step, &event->blob);
    for (size_t i = 0; i < step->effect.keep_count; i++) {
        const struct gv_keep *keep = &step->effect.keep[i];
        GV_ASSERT(keep->lifted < event->lifted_count);
        add_output(job, step, keep->index, &event->lifted[keep->lifted], keep->generation_id, NULL);
    }
    for (size_t i = 0; i < event->lifted_count && step->effect.keep_count == 0; i++)
        need(step, &event->lifted[i]); /* the state may name it */
}

/* The strings of the row that steps may change move into the step's own arena. */
static void fill_row(struct gv_job *job, struct gv_step_result *step, const void *state, const struct gv_event *event)
{
    const struct gv_provider *provider = provider_of(job);
    const struct gv_phase *phase = &provider->phases[*(const int *)state];
    struct gv_arena *arena = &step->row_arena;
    struct gv_job_row *row = &step->row;
    const struct gv_effect *effect = &step->effect;
    row->state = state_json(provider, state, arena);
    row->phase = phase->name;
    row->status = phase->status;
    row->parked = (phase->flags & GV_PHASE_PARKED) != 0;
    row->cancelled = (phase->flags & GV_PHASE_CANCELLED) != 0;
    row->updated_ms = wall_ms(job);
    row->outputs = gv_outputs_write(step->outputs, arena);
    char *note = gv_arena_strdup(arena, note_of(event, effect, arena));
    gv_text_cut_urls(note);
    gv_text_one_line(note);
    bool stays = effect->kind == GV_EFF_NOTHING && note[0] == '\0'; /* what was true before: why it is parked */
    row->note = stays ? gv_arena_strdup(arena, job->row.note) : note;
    row->error = NULL;
    if (effect->progress > row->progress)
        row->progress = effect->progress;
    if (effect->kind == GV_EFF_FAIL)
        row->error = error_json(&effect->error, arena);
    if (effect->kind == GV_EFF_CANCELLED) {
        struct gv_error cancelled;
        gv_fail(&cancelled, GV_CANCELLED, "%s", row->note);
        row->error = error_json(&cancelled, arena);
    }
    count_wait(job, step);
    if (event->kind == GV_EV_FETCHED || event->moved)
        row->backoffs = 0;
    step->history = (struct gv_history_row){.at_ms = row->updated_ms,
                                            .event = event_names[event->kind],
                                            .phase = row->phase,
                                            .effect = effect_names[effect->kind],
                                            .note = note};
}

void gv_step_free(struct gv_step_result *step)
{
    gv_arena_free(&step->row_arena);
    gv_arena_free(&step->effect_arena);
    free(step);
}

static void tell(const struct gv_job *job, const struct gv_history_row *line, uint64_t seq)
{
    const struct gv_driver_config *config = &job->driver->config;
    gv_driver_log(job->driver, GV_LOG_INFO, job->row.id, "%s -> %s, %s: %s", line->event, line->phase, line->effect,
                  line->note);
    if (config->on_transition == NULL)
        return;
    config->on_transition(config->ctx, &(struct gv_transition){.job_id = job->row.id,
                                                               .provider = job->row.provider,
                                                               .tenant = job->row.tenant,
                                                               .seq = seq,
                                                               .at_ms = line->at_ms,
                                                               .event = line->event,
                                                               .phase = line->phase,
                                                               .effect = line->effect,
                                                               .note = line->note,
                                                               .status = job->row.status,
                                                               .progress = job->row.progress});
}

static void adopt_step(struct gv_job *job, struct gv_step_result *step)
{
    gv_arena_free(&job->row_arena);
    job->row = step->row;
    job->row_arena = step->row_arena;
    memcpy(job->outputs, step->outputs, sizeof(job->outputs));
    if (job->row.backoffs == 0 || step->effect.kind == GV_EFF_WAIT) {
        free(job->trouble);
        job->trouble = job->row.backoffs > 0 ? gv_xstrdup(job->row.note) : NULL;
    }
    if (step->effect.kind != GV_EFF_NOTHING) {
        gv_job_break_off(job);
        job->wait_ms = step->wait_ms;
        gv_arena_free(&job->effect_arena);
        job->effect = step->effect;
        job->effect_arena = step->effect_arena;
    } else {
        gv_arena_free(&step->effect_arena);
    }
}

static bool is_create(const struct gv_effect *effect)
{
    return effect->kind == GV_EFF_CALL && effect->call.kind == GV_CALL_CREATE;
}

/* These bring nothing that would be lost with the process. */
static bool can_wait(enum gv_event_kind kind)
{
    return kind == GV_EV_START || kind == GV_EV_RESUMED || kind == GV_EV_TIMER;
}

static bool is_outcome(enum gv_event_kind kind)
{
    return kind == GV_EV_REPLY || kind == GV_EV_NO_REPLY || kind == GV_EV_TIMER || kind == GV_EV_FETCHED ||
           kind == GV_EV_FETCH_FAILED || kind == GV_EV_TRANSFORMED || kind == GV_EV_TRANSFORM_FAILED;
}

/* What came of an effect while the step that replaces it was on its way to the disk would be taken for the new
 * effect's own. */
static void drop_stale(struct gv_job *job)
{
    GV_LIST_EACH (item, &job->events) {
        struct gv_queued_event *queued = GV_CONTAINER(item, struct gv_queued_event, link);
        if (is_outcome(queued->event.kind) || can_wait(queued->event.kind))
            gv_job_forget_event(job, queued);
    }
}

static void finish(struct gv_job *job)
{
    struct gv_blobs *blobs = job->driver->config.blobs;
    for (unsigned i = 0; i < GV_OUTPUTS_MAX && !job->row.parked; i++) {
        char name[64];
        snprintf(name, sizeof(name), "%s.%u", job->row.id, i);
        blobs->vtable->partial_remove(blobs, name);
    }
    gv_job_drop(job);
}

static void step_decided(struct gv_driver *driver, struct gv_journal_op *op, int result, const struct gv_error *err,
                         void *ctx)
{
    struct gv_job *job = ctx;
    struct gv_step_result *step = job->step;
    job->step = NULL;
    if (job->outlived) {
        gv_step_free(step);
        gv_job_drop(job);
        return;
    }
    if (result != GV_OK) {
        bool create = is_create(&step->effect);
        gv_step_free(step);
        if (create)
            gv_lane_end_create(job);
        gv_driver_log(driver, GV_LOG_DEBUG, job->row.id, "its step is not on disk and not done: %s", err->message);
        gv_driver_retry_later(driver);
        return;
    }
    if (op->verdict != GV_JOURNAL_DONE) {
        gv_driver_log(driver, GV_LOG_WARN, job->row.id, "another process drives it now; this one lets go");
        gv_step_free(step);
        gv_job_drop(job);
        return;
    }
    bool nothing = step->effect.kind == GV_EFF_NOTHING;
    adopt_step(job, step);
    gv_job_forget_event(job, GV_CONTAINER(job->events.next, struct gv_queued_event, link));
    if (!nothing)
        drop_stale(job);
    tell(job, &step->history, op->seq_first);
    free(step);
    bool create = !nothing && is_create(&job->effect);
    bool ended = job->row.status == GV_SUCCEEDED || job->row.status == GV_FAILED;
    if (ended || job->row.parked) {
        finish(job);
    } else if (driver->stopping && job->under_way != GV_CALLING && !create) {
        gv_driver_release(job);
    } else {
        if (!nothing)
            gv_job_perform(job);
        gv_job_pump(job);
    }
}

static void with_step_decided(struct gv_driver *driver, struct gv_journal_op *op, int result,
                              const struct gv_error *err, void *ctx)
{
    (void)driver, (void)op, (void)result, (void)err, (void)ctx; /* stands or falls with the step beside it */
}

static void commit_step(struct gv_job *job, int64_t inbox_id)
{
    struct gv_journal_op *op = gv_turn_add(job->driver, GV_JOURNAL_STEP, step_decided, job);
    op->row = &job->step->row;
    op->history = &job->step->history;
    op->history_count = 1;
    for (size_t i = 0; i < job->step->ref_count; i++) {
        op = gv_turn_add(job->driver, GV_JOURNAL_BLOB_REF, with_step_decided, NULL);
        op->job_id = job->row.id;
        op->sha256 = job->step->refs[i];
    }
    if (inbox_id != 0) {
        op = gv_turn_add(job->driver, GV_JOURNAL_INBOX_DONE, with_step_decided, NULL);
        op->inbox = (struct gv_inbox_row){.id = inbox_id, .job_id = job->row.id};
    }
}

/* What was decided is forgotten, and decided again when the lane has room. What else came is heard meanwhile. */
static void hold(struct gv_job *job, struct gv_queued_event *queued)
{
    gv_step_free(job->step);
    job->step = NULL;
    gv_list_remove(&queued->link);
    gv_list_append(&job->events, &queued->link);
    if (job->events.next != &queued->link)
        gv_job_pump(job);
}

void gv_job_pump(struct gv_job *job)
{
    if (job->step != NULL || gv_list_empty(&job->events))
        return;
    struct gv_queued_event *queued = GV_CONTAINER(job->events.next, struct gv_queued_event, link);
    struct gv_step_result *step = gv_xcalloc(1, sizeof(*step));
    struct gv_error err;
    void *state = state_copy(job, &step->effect_arena, &err);
    if (state == NULL) {
        gv_driver_log(job->driver, GV_LOG_ERROR, job->row.id, "its state in the journal can't be read: %s",
                      err.message);
        gv_step_free(step);
        gv_driver_release(job);
        return;
    }
    job->step = step;
    const struct gv_provider *provider = provider_of(job);
    struct gv_step in = {.arena = &step->effect_arena,
                         .job_id = job->row.id,
                         .op = &job->op,
                         .model = job->model,
                         .credential_set = job->lane->account->credential_set,
                         .settings = &job->lane->account->settings,
                         .now_ms = wall_ms(job)};
    step->effect = provider->step(&in, state, &queued->event);
    if (step->effect.kind == GV_EFF_FAIL)
        name_trouble(&step->effect.error, &queued->event);
    if (is_create(&step->effect) && !gv_lane_begin_create(job, can_wait(queued->event.kind))) {
        hold(job, queued);
        return;
    }
    step->row = job->row;
    GV_ASSERT(*(int *)state >= 0 && (size_t) * (int *)state < provider->phase_count);
    add_outputs(job, step, &queued->event);
    check_effect(job, &step->effect, &provider->phases[*(int *)state]);
    fill_row(job, step, state, &queued->event);
    commit_step(job, queued->inbox_id);
}
