/* What must hold: after every commit, whenever a request leaves, whenever a provider takes something, and at the end.
 * The world keeps its own book of the jobs, by what was committed, and does not believe the journal's. */
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "engine/job.h"
#include "sim/world/world.h"

#define STEPS_MAX 6000u
#define REQUESTS_MAX 3000u
#define DARING_CREATES 3u                 /* what resubmit_uncertain allows of each create */
#define LATE_MS ((int64_t)12 * 60 * 1000) /* a job taken up late has five minutes more; a call under way its own */

int sim_job_index(const struct sim_world *w, const char *id)
{
    for (size_t i = 0; id != NULL && i < w->job_count; i++)
        if (strcmp(w->jobs[i].id, id) == 0)
            return (int)i;
    return -1;
}

static struct sim_job *job_named(struct sim_world *w, const char *id)
{
    int i = sim_job_index(w, id);
    GV_ASSERT(i >= 0);
    return &w->jobs[i];
}

static bool has_ended(const struct gv_job_row *row)
{
    return row->status == GV_SUCCEEDED || row->status == GV_FAILED;
}

static char *row_text(struct gv_arena *arena, const struct gv_job_row *row)
{
    return gv_arena_printf(arena, "%s|%s|%s|%s|%s", row->phase, row->note, row->state,
                           row->outputs != NULL ? row->outputs : "", row->error != NULL ? row->error : "");
}

/* ---- blobs ------------------------------------------------------------------------------------ */

static bool is_needed(const struct sim_world *w, const char *sha256)
{
    for (size_t i = 0; i < w->ref_count; i++)
        if (strcmp(w->refs[i], sha256) == 0)
            return true;
    return false;
}

static void need(struct sim_world *w, const char *sha256)
{
    if (is_needed(w, sha256))
        return;
    if (w->ref_count == w->ref_cap) {
        w->ref_cap = w->ref_cap == 0 ? 16 : 2 * w->ref_cap;
        w->refs = gv_xrealloc(w->refs, w->ref_cap * sizeof(*w->refs));
    }
    snprintf(w->refs[w->ref_count++], sizeof(*w->refs), "%s", sha256);
}

static void check_output(struct sim_world *w, const struct sim_job *job, const struct gv_blob_info *blob)
{
    struct sim_media media;
    if (!sim_media_stored(&media, w, blob->sha256))
        sim_broken(w, "an output of %s is not in the store, or its bytes are wrong: %s", job->id, blob->sha256);
    else if (media.picture || strstr(media.name, job->id) == NULL)
        sim_broken(w, "an output of %s is something else: %s", job->id, media.name);
    else if (blob->bytes != SIM_MEDIA_BYTES)
        sim_broken(w, "an output of %s has another length than is written", job->id);
    else if (!is_needed(w, blob->sha256))
        sim_broken(w, "an output of %s is held by no reference", job->id);
}

static void check_outputs(struct sim_world *w, const struct sim_job *job, const struct gv_job_row *row)
{
    struct gv_output outputs[GV_OUTPUTS_MAX] = {0};
    struct gv_arena arena = {0};
    struct gv_error err;
    unsigned count = 0;
    if (gv_outputs_read(outputs, row, &arena, &err) != GV_OK)
        sim_broken(w, "the outputs of %s can't be read: %s", job->id, err.message);
    for (size_t i = 0; i < GV_OUTPUTS_MAX; i++) {
        if (outputs[i].stored)
            check_output(w, job, &outputs[i].blob);
        count += outputs[i].stored;
    }
    if (row->status == GV_SUCCEEDED && count == 0)
        sim_broken(w, "%s succeeded without a film", job->id);
    gv_arena_free(&arena);
}

/* ---- commits ---------------------------------------------------------------------------------- */

static void accepted(struct sim_engine *e, const struct gv_journal_op *op)
{
    struct sim_job *job = job_named(e->world, op->row->id);
    if (op->verdict == GV_JOURNAL_SAME_KEY)
        return;
    if (op->verdict != GV_JOURNAL_DONE || job->exists)
        sim_broken(e->world, "%s was accepted twice", job->id);
    job->exists = true;
    job->holder = e->serial;
    job->submitted_at_ms = job->taken_up_at_ms = e->world->now_ms;
}

static bool has_message(const struct sim_job *job)
{
    for (size_t i = 0; i < job->message_count; i++)
        if (job->messages[i].waiting)
            return true;
    return false;
}

static void claimed(struct sim_engine *e, const struct gv_journal_op *op)
{
    struct sim_world *w = e->world;
    for (size_t i = 0; i < op->claimed_count; i++) {
        struct sim_job *job = job_named(w, op->claimed[i].id);
        const struct sim_engine *holder = sim_engine_by_serial(w, job->holder);
        if (holder != NULL && !holder->doubtful)
            sim_broken(w, "%s takes %s, which %s drives", e->name, job->id, holder->name);
        if (job->parked && op->job_id == NULL && !has_message(job))
            sim_broken(w, "%s takes up %s, which is parked and nobody asked about", e->name, job->id);
        if (job->ended)
            sim_broken(w, "%s takes up %s, which has ended", e->name, job->id);
        job->holder = e->serial;
        job->taken_up_at_ms = w->now_ms;
        e->may_send[job - w->jobs] = false;
    }
}

static const struct gv_journal_op *done_with(const struct gv_journal_batch *batch, const char *job_id)
{
    for (size_t i = 0; i < batch->op_count; i++)
        if (batch->ops[i].kind == GV_JOURNAL_INBOX_DONE && strcmp(batch->ops[i].inbox.job_id, job_id) == 0)
            return &batch->ops[i];
    return NULL;
}

static void end_of(struct sim_world *w, struct sim_job *job, const struct gv_job_row *row)
{
    job->ended = true;
    job->end_row = row_text(&w->arena, row);
    for (size_t i = 0; i < job->message_count; i++)
        job->messages[i].waiting = false;
    if (row->status == GV_SUCCEEDED && job->cancel_heard)
        sim_broken(w, "%s was to be cancelled, and succeeded", job->id);
    if (row->status == GV_FAILED && job->slipped && !row->cancelled)
        sim_broken(w, "%s failed, for a person mistyped a task's id: %s", job->id, row->error);
    if (row->status == GV_FAILED && (row->error == NULL || row->error[0] == '\0'))
        sim_broken(w, "%s failed and does not say why", job->id);
}

static void stepped(struct sim_engine *e, const struct gv_journal_batch *batch, const struct gv_journal_op *op)
{
    struct sim_world *w = e->world;
    const struct gv_job_row *row = op->row;
    struct sim_job *job = job_named(w, row->id);
    bool *may_send = &e->may_send[job - w->jobs];
    if (op->verdict == GV_JOURNAL_LOST_LEASE) {
        w->out->refused_steps++;
        *may_send = false;
        if (job->holder == e->serial && row->owner != NULL)
            sim_broken(w, "%s was refused a step of %s, which it drives", e->name, job->id);
        return;
    }
    if (job->holder != e->serial)
        sim_broken(w, "%s stepped %s without holding its lease", e->name, job->id);
    if (job->ended)
        sim_broken(w, "%s stepped %s, which has ended", e->name, job->id);
    if (job->parked && done_with(batch, job->id) == NULL)
        sim_broken(w, "%s, which is parked, went on by itself", job->id);
    if (++job->steps > STEPS_MAX)
        sim_broken(w, "%s has made %u steps", job->id, job->steps);
    w->out->steps++;
    const char *effect = op->history[0].effect;
    if (strcmp(effect, "nothing") != 0)
        *may_send = strcmp(effect, "call") == 0 || strcmp(effect, "fetch") == 0;
    sim_people_provoke(w, job);
    job->parked = row->parked;
    snprintf(job->phase, sizeof(job->phase), "%s", row->phase);
    if (has_ended(row) || row->parked)
        job->holder = 0;
    if (row->parked)
        job->slipped = false;
    if (row->parked && row->note[0] == '\0')
        sim_broken(w, "%s is parked and does not say why", job->id);
    if (has_ended(row))
        end_of(w, job, row);
}

static void released(struct sim_engine *e, const struct gv_journal_op *op)
{
    struct sim_job *job = job_named(e->world, op->job_id);
    e->may_send[job - e->world->jobs] = false;
    if (op->verdict == GV_JOURNAL_DONE && job->holder != e->serial)
        sim_broken(e->world, "%s gave %s back without having it", e->name, job->id);
    if (op->verdict == GV_JOURNAL_DONE)
        job->holder = 0;
}

void sim_check_closed(struct sim_engine *e)
{
    for (size_t i = 0; i < e->world->job_count; i++)
        if (e->world->jobs[i].holder == e->serial)
            e->world->jobs[i].holder = 0;
}

static bool is_task(const struct sim_world *w, const char *id)
{
    for (size_t i = 0; i < w->task_count; i++)
        if (strcmp(w->task_list[i]->id, id) == 0)
            return true;
    return false;
}

static void message_put(struct sim_world *w, const struct gv_journal_op *op)
{
    struct sim_job *job = job_named(w, op->inbox.job_id);
    struct gv_arena arena = {0};
    const char *payload = op->inbox.payload != NULL ? op->inbox.payload : "{}";
    const struct gv_json *json = gv_json_parse(&arena, payload, strlen(payload), NULL);
    if (!job->ended) {
        GV_ASSERT(job->message_count < SIM_MESSAGES_MAX);
        int64_t how = gv_json_int(json, "how", GV_RESOLVE_LOOK_UP);
        const char *task = gv_json_text(json, "task_id");
        job->messages[job->message_count++] =
            (struct sim_message){.id = ++w->message_last,
                                 .kind = op->inbox.kind,
                                 .resubmits = how == GV_RESOLVE_RESUBMIT,
                                 .slips = how == GV_RESOLVE_ADOPT && task != NULL && !is_task(w, task),
                                 .waiting = true};
        job->cancel_asked |= op->inbox.kind == GV_INBOX_CANCEL;
    }
    gv_arena_free(&arena);
}

static const struct gv_journal_op *step_of(const struct gv_journal_batch *batch, const char *job_id)
{
    for (size_t i = 0; i < batch->op_count; i++)
        if (batch->ops[i].kind == GV_JOURNAL_STEP && strcmp(batch->ops[i].row->id, job_id) == 0)
            return &batch->ops[i];
    return NULL;
}

static void message_done(struct sim_engine *e, const struct gv_journal_batch *batch, const struct gv_journal_op *op)
{
    struct sim_world *w = e->world;
    struct sim_job *job = job_named(w, op->inbox.job_id);
    const struct gv_journal_op *step = step_of(batch, job->id);
    if (op->verdict != GV_JOURNAL_DONE)
        return;
    if (step == NULL || step->verdict != GV_JOURNAL_DONE || done_with(batch, job->id) != op)
        sim_broken(w, "a message to %s is done, and no step with it", job->id);
    for (size_t i = 0; i < job->message_count; i++) {
        struct sim_message *message = &job->messages[i];
        if (message->id != op->inbox.id)
            continue;
        job->resubmits += message->waiting && message->resubmits;
        if (strcmp(step->history[0].effect, "call") == 0)
            job->slipped = message->slips;
        job->cancel_heard |= message->kind == GV_INBOX_CANCEL;
        message->waiting = false;
    }
}

/* Who a journal says drives the job is who it was given to. */
static void check_row(struct sim_world *w, const struct sim_job *job)
{
    struct gv_arena arena = {0};
    const struct gv_job_row *row = NULL;
    w->reader->vtable->get(&row, w->reader, job->id, &arena, NULL);
    if (row == NULL)
        sim_broken(w, "%s is not in the journal any more", job->id);
    else if (job->steps > 0 && strcmp(row->phase, job->phase) != 0)
        sim_broken(w, "%s is in phase %s, its last step said %s", job->id, row->phase, job->phase);
    else if (row->parked != job->parked || has_ended(row) != job->ended)
        sim_broken(w, "the row of %s says otherwise than its last step", job->id);
    else if (job->ended && strcmp(row_text(&arena, row), job->end_row) != 0)
        sim_broken(w, "%s changed after its end: %s, then %s", job->id, job->end_row, row_text(&arena, row));
    else if ((job->ended || job->parked) && job->holder == 0 && row->owner != NULL)
        sim_broken(w, "%s rests, and %s still owns it", job->id, row->owner);
    gv_arena_free(&arena);
}

void sim_check_batch(struct sim_engine *e, const struct gv_journal_batch *batch)
{
    struct sim_world *w = e->world;
    for (size_t i = 0; i < batch->op_count; i++) {
        const struct gv_journal_op *op = &batch->ops[i];
        switch (op->kind) {
        case GV_JOURNAL_ACCEPT: accepted(e, op); break;
        case GV_JOURNAL_STEP: stepped(e, batch, op); break;
        case GV_JOURNAL_CLAIM: claimed(e, op); break;
        case GV_JOURNAL_RELEASE: released(e, op); break;
        case GV_JOURNAL_INBOX_PUT: message_put(w, op); break;
        case GV_JOURNAL_INBOX_DONE: message_done(e, batch, op); break;
        case GV_JOURNAL_BLOB_REF:
            if (op->verdict == GV_JOURNAL_DONE)
                need(w, op->sha256);
            break;
        case GV_JOURNAL_FORGET:
        case GV_JOURNAL_ANNOUNCED:
        case GV_JOURNAL_DOC_PUT:
        case GV_JOURNAL_DOC_DROP: break; /* a front's, and no engine's */
        }
    }
    for (size_t i = 0; i < batch->op_count; i++) {
        const struct gv_journal_op *op = &batch->ops[i];
        if (op->kind == GV_JOURNAL_STEP && op->verdict == GV_JOURNAL_DONE) {
            check_outputs(w, job_named(w, op->row->id), op->row);
            check_row(w, job_named(w, op->row->id));
        }
    }
}

void sim_check_told_accepted(struct sim_world *w, struct sim_job *job)
{
    job->promised = true;
    if (!job->exists)
        sim_broken(w, "%s was called accepted before it was on the disk", job->id);
}

/* ---- requests --------------------------------------------------------------------------------- */

static const struct gv_phase *phase_of(const struct sim_job *job)
{
    const struct gv_provider *provider = job->part->provider;
    for (size_t i = 0; i < provider->phase_count; i++)
        if (strcmp(provider->phases[i].name, job->phase) == 0)
            return &provider->phases[i];
    return NULL;
}

/* One committed step, one request; and what may be billed only in a phase that remembers it. An engine that was taken
 * for dead may still send what it had committed before. */
void sim_check_leaving(struct sim_engine *e, const struct gv_http_request *request, const char *body)
{
    struct sim_world *w = e->world;
    int index = sim_remote_job_of(w, request->url, body);
    int part = sim_remote_part_of(w, request->url);
    w->out->requests++;
    if (part >= 0 && e->driver->lanes[part].calls > w->providers[part].pace.calls_max &&
        w->providers[part].pace.calls_max > 0)
        sim_broken(w, "%s has %u calls under way", e->name, e->driver->lanes[part].calls);
    if (index < 0) {
        if (request->once)
            sim_broken(w, "a create of no job leaves: %s %s", request->method, request->url);
        return;
    }
    struct sim_job *job = &w->jobs[index];
    const struct gv_phase *phase = phase_of(job);
    if (!e->may_send[index])
        sim_broken(w, "%s sends %s %s for %s, which no committed step says", e->name, request->method, request->url,
                   job->id);
    e->may_send[index] = false;
    if (job->holder != e->serial && !e->doubtful)
        sim_broken(w, "%s sends %s for %s without its lease", e->name, request->url, job->id);
    if (request->once && job->holder == e->serial && (phase == NULL || (phase->flags & GV_PHASE_UNSETTLED) == 0))
        sim_broken(w, "a create of %s leaves while its committed phase is %s", job->id, job->phase);
    if (request->once && job->holder == e->serial && job->cancel_heard)
        sim_broken(w, "a create of %s leaves, which was to be cancelled", job->id);
    if (++job->requests > REQUESTS_MAX)
        sim_broken(w, "%s has sent %u requests", job->id, job->requests);
}

void sim_check_accepted_task(struct sim_world *w, const struct gv_emu_task *task, int job, bool doubled)
{
    if (task->note)
        return;
    w->out->creates++;
    if (job < 0) {
        sim_broken(w, "%s took a task of no job: %s", task->provider, task->id);
        return;
    }
    unsigned others = 0, allowed = (1 + w->jobs[job].resubmits) * (w->jobs[job].daring ? DARING_CREATES : 1);
    for (size_t i = 0; i < w->task_count; i++) {
        const struct gv_emu_task *other = w->task_list[i];
        bool same = w->tasks[i].job == job && !other->note && strcmp(other->product, task->product) == 0;
        others += same && !w->tasks[i].doubled;
    }
    if (!doubled && others + 1 > allowed)
        sim_broken(w, "paid twice: %s has %u tasks of %s, %u are allowed", w->jobs[job].id, others + 1, task->product,
                   allowed);
}

/* ---- rest ------------------------------------------------------------------------------------- */

static int64_t later_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void sim_check_deadlines(struct sim_world *w)
{
    for (size_t i = 0; i < w->job_count; i++) {
        struct sim_job *job = &w->jobs[i];
        int64_t due_ms = later_of(job->submitted_at_ms + job->deadline_ms, w->faults_end_ms);
        due_ms = later_of(due_ms, job->taken_up_at_ms) + w->jumped_ms + LATE_MS;
        if (job->exists && !job->ended && !job->parked && w->now_ms > due_ms)
            sim_broken(w, "%s is in phase %s long after its deadline", job->id, job->phase);
    }
}

const struct sim_job *sim_restless(const struct sim_world *w)
{
    for (size_t i = 0; i < w->job_count; i++) {
        const struct sim_job *job = &w->jobs[i];
        if (!job->promised || (!job->ended && (!job->parked || job->holder != 0 || has_message(job))))
            return job;
    }
    return NULL;
}

static void check_idle(struct sim_world *w, const struct sim_engine *e)
{
    if (e->state != SIM_UP || e->doubtful) /* that one learns of what it lost when it wakes for it */
        return;
    if (e->driver->job_count != 0)
        sim_broken(w, "%s holds %zu jobs, though all rest", e->name, e->driver->job_count);
    for (size_t i = 0; i < w->options->part_count; i++)
        if (e->driver->lanes[i].calls != 0 || !gv_list_empty(&e->driver->lanes[i].waiting))
            sim_broken(w, "%s has calls under way, though all jobs rest", e->name);
}

static bool wanted(void *ctx, const char *sha256)
{
    struct sim_world *w = ctx;
    bool yes = w->reader->vtable->blob_wanted(w->reader, sha256);
    if (yes != is_needed(w, sha256))
        sim_broken(w, "the journal %s blob %s", yes ? "wants" : "does not want", sha256);
    return yes;
}

static bool wanted_just_now(void *ctx, const char *sha256)
{
    struct sim_world *w = ctx;
    return w->reader->vtable->blob_wanted(w->reader, sha256);
}

void sim_collect(struct sim_world *w)
{
    uint64_t removed;
    w->blobs->vtable->collect(&removed, w->blobs, wanted_just_now, w, NULL);
}

static void count_end(struct sim_world *w, const struct sim_job *job)
{
    struct gv_arena arena = {0};
    const struct gv_job_row *row = NULL;
    w->reader->vtable->get(&row, w->reader, job->id, &arena, NULL);
    w->out->succeeded += row->status == GV_SUCCEEDED;
    w->out->failed += row->status == GV_FAILED;
    w->out->parked += row->parked;
    if (job->cancel_asked && !job->ended)
        sim_broken(w, "%s was to be cancelled, and is parked: %s", job->id, row->note);
    check_outputs(w, job, row);
    check_row(w, job);
    gv_arena_free(&arena);
}

void sim_check_end(struct sim_world *w)
{
    struct sim_media media;
    struct gv_error err;
    uint64_t removed;
    for (unsigned i = 0; i < w->engine_count; i++)
        check_idle(w, &w->engines[i]);
    for (size_t i = 0; i < w->job_count; i++)
        if (w->jobs[i].ref != NULL)
            w->blobs->vtable->release(w->blobs, w->jobs[i].ref);
    w->blobs->vtable->collect(&removed, w->blobs, wanted, w, &err);
    for (size_t i = 0; i < w->ref_count; i++)
        if (!sim_media_stored(&media, w, w->refs[i]))
            sim_broken(w, "blob %s is needed, and gone", w->refs[i]);
    for (size_t i = 0; i < w->job_count; i++)
        count_end(w, &w->jobs[i]);
}
