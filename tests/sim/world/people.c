/* The callers: they submit, and ask again where no answer came; they cancel, settle, and provoke by calling often. */
#include <string.h>

#include "sim/world/world.h"

#define SUBMIT_WITHIN_MS (3 * 60 * 1000u)
#define ASK_AGAIN_MS 2000u
#define TALKS_MAX 12u
#define BURST 24u
#define PROVOKE_MS_MAX 150u

/* ---- submitting ------------------------------------------------------------------------------- */

static void submit(void *ctx);

static void accepted(void *ctx, int code, const char *job_id, bool repeated, const struct gv_error *err)
{
    struct sim_job *job = ctx;
    struct sim_world *w = sim_the_world;
    (void)job_id, (void)repeated, (void)err;
    if (code == GV_OK)
        sim_check_told_accepted(w, job);
    else
        sim_later(w, ASK_AGAIN_MS, submit, job);
}

/* The same wish by the same name, whatever became of the last try. */
static void submit(void *ctx)
{
    struct sim_job *job = ctx;
    struct sim_world *w = sim_the_world;
    struct sim_engine *e = sim_engine_any(w);
    if (e == NULL) {
        sim_later(w, ASK_AGAIN_MS, submit, job);
        return;
    }
    struct gv_job_row *row = GV_NEW(&w->arena, struct gv_job_row);
    const struct gv_provider *provider = job->part->provider;
    *row = (struct gv_job_row){.id = job->id,
                               .provider = provider->name,
                               .model = job->model,
                               .operation = "generate",
                               .request = job->request,
                               .phase = provider->phases[0].name,
                               .status = GV_PENDING,
                               .note = "",
                               .progress = -1,
                               .usd = -1,
                               .created_ms = sim_wall_ms(w),
                               .updated_ms = sim_wall_ms(w),
                               .deadline_ms = sim_wall_ms(w) + job->deadline_ms,
                               .idempotency_key = job->id,
                               .request_sha256 = job->id,
                               .owner = e->name};
    sim_tell(w, "%s is submitted to %s", job->id, e->name);
    const struct gv_wish wish = {.row = row, .refs = &job->ref, .ref_count = job->ref != NULL};
    gv_driver_accept(e->driver, &wish, accepted, job);
}

static const char *replaced(struct gv_arena *arena, const char *text, const char *what, const char *by)
{
    struct gv_buf buf;
    gv_buf_init(&buf, 64u << 10);
    for (const char *at; (at = strstr(text, what)) != NULL; text = at + strlen(what)) {
        gv_buf_add(&buf, text, (size_t)(at - text));
        gv_buf_adds(&buf, by);
    }
    gv_buf_adds(&buf, text);
    const char *copy = gv_arena_strndup(arena, buf.data, buf.len);
    gv_buf_free(&buf);
    return copy;
}

/* A file of the caller's, as it is in the store before the job is accepted. */
static const char *bring_picture(struct sim_world *w, struct sim_job *job)
{
    const struct gv_blobs_vtable *blobs = w->blobs->vtable;
    struct sim_media picture = {.picture = true, .width = 1280, .height = 720};
    struct gv_blob_writer *writer;
    struct gv_blob_info info;
    snprintf(picture.name, sizeof(picture.name), "%s's own", job->id);
    GV_ASSERT(blobs->writer_open(&writer, w->blobs, NULL, NULL) == GV_OK);
    GV_ASSERT(blobs->writer_write(writer, sim_media_make(&w->arena, &picture), SIM_MEDIA_BYTES, NULL) == GV_OK);
    GV_ASSERT(blobs->writer_commit(&info, writer, NULL) == GV_OK);
    job->ref = gv_arena_strdup(&w->arena, info.sha256);
    return gv_arena_printf(&w->arena, "\"sha256\":\"%s\",\"mime_type\":\"image/png\",\"width\":1280,\"height\":720",
                           info.sha256);
}

static void make_job(struct sim_world *w, struct sim_job *job)
{
    static const int64_t deadlines_ms[] = {2 * 3600 * 1000, 2 * 3600 * 1000, 30 * 60 * 1000, 8 * 60 * 1000};
    size_t wishes = 0;
    job->part = &w->options->parts[sim_below(w, w->options->part_count)];
    while (job->part->wishes[wishes] != NULL)
        wishes++;
    snprintf(job->id, sizeof(job->id), "gv_sim%zu", (size_t)(job - w->jobs));
    job->request = replaced(&w->arena, job->part->wishes[sim_below(w, wishes)], "$JOB", job->id);
    if (strstr(job->request, "$FILE") != NULL)
        job->request = replaced(&w->arena, job->request, "$FILE", bring_picture(w, job));
    job->daring = strstr(job->request, "\"resubmit_uncertain\":\"true\"") != NULL;
    const struct gv_json *json = gv_json_parse(&w->arena, job->request, strlen(job->request), NULL);
    GV_ASSERT(json != NULL);
    job->model = gv_json_text(json, "config.model");
    job->deadline_ms = deadlines_ms[sim_below(w, GV_COUNT(deadlines_ms))];
}

void sim_people_submit_all(struct sim_world *w)
{
    w->job_count = 1 + (size_t)sim_below(w, SIM_JOBS_MAX);
    w->out->jobs = (unsigned)w->job_count;
    for (size_t i = 0; i < w->job_count; i++) {
        make_job(w, &w->jobs[i]);
        sim_later(w, i == 0 ? 0 : sim_below(w, SUBMIT_WITHIN_MS), submit, &w->jobs[i]);
    }
}

/* ---- messages --------------------------------------------------------------------------------- */

struct note {
    struct sim_engine *engine;
    unsigned serial;
    struct sim_job *job;
};

static void taken(void *ctx, bool yes, const struct gv_error *why)
{
    (void)ctx, (void)yes, (void)why;
}

/* As the library does it: first the message, then the job, should nobody drive it. Sometimes the caller is gone. */
static void put_done(void *ctx, int code, const struct gv_error *err)
{
    struct note *note = ctx;
    struct sim_world *w = sim_the_world;
    (void)err;
    if (code == GV_OK && note->engine->serial == note->serial && sim_below(w, 3) != 0)
        gv_driver_take(note->engine->driver, note->job->id, taken, note);
}

static void put(struct sim_world *w, struct sim_job *job, enum gv_inbox_kind kind, const char *payload)
{
    struct sim_engine *e = sim_engine_any(w);
    if (e == NULL || job->message_count == SIM_MESSAGES_MAX)
        return;
    struct note *note = GV_NEW(&w->arena, struct note);
    *note = (struct note){e, e->serial, job};
    w->out->messages++;
    sim_tell(w, "%s is told through %s: %s%s", job->id, e->name,
             kind == GV_INBOX_CANCEL    ? "cancel"
             : kind == GV_INBOX_RESOLVE ? "settle "
                                        : "look",
             payload != NULL ? payload : "");
    gv_driver_put(e->driver, &(struct gv_inbox_row){.job_id = job->id, .kind = kind, .payload = payload}, put_done,
                  note);
}

static const char *task_of(const struct sim_world *w, const struct sim_job *job)
{
    for (size_t i = w->task_count; i > 0; i--)
        if (w->tasks[i - 1].job == (int)(job - w->jobs) && !w->task_list[i - 1]->note)
            return w->task_list[i - 1]->id;
    return NULL;
}

/* With another last digit, of the same form: ids are drawn from so many that no task has it. */
static const char *mistyped(struct sim_world *w, const char *id)
{
    char *slip = gv_arena_strdup(&w->arena, id);
    char *last = slip + strlen(slip) - 1;
    *last = *last == '1' ? '2' : '1';
    return slip;
}

static void settle(struct sim_world *w, struct sim_job *job)
{
    static const enum gv_resolution_kind hows[] = {GV_RESOLVE_LOOK_UP, GV_RESOLVE_RESUBMIT, GV_RESOLVE_GIVE_UP,
                                                   GV_RESOLVE_ADOPT};
    enum gv_resolution_kind how = hows[sim_below(w, GV_COUNT(hows))];
    const char *task = task_of(w, job);
    if (how == GV_RESOLVE_ADOPT && task != NULL && sim_below(w, 2) == 0)
        task = mistyped(w, task);
    if (how == GV_RESOLVE_ADOPT && task != NULL)
        put(w, job, GV_INBOX_RESOLVE, gv_arena_printf(&w->arena, "{\"how\":%d,\"task_id\":\"%s\"}", how, task));
    else
        put(w, job, GV_INBOX_RESOLVE, gv_arena_printf(&w->arena, "{\"how\":%d}", how));
}

static void talk(void *ctx)
{
    struct sim_job *job = ctx;
    struct sim_world *w = sim_the_world;
    bool cancels = sim_below(w, 4) == 0;
    unsigned times = sim_below(w, 16) == 0 ? BURST : 1;
    if (!job->exists || job->ended)
        return;
    for (unsigned i = 0; i < times; i++)
        if (job->parked && !cancels && sim_below(w, 3) != 0)
            settle(w, job);
        else
            put(w, job, cancels ? GV_INBOX_CANCEL : GV_INBOX_WAKE, NULL);
}

void sim_people_provoke(struct sim_world *w, struct sim_job *job)
{
    if (sim_strikes(w, w->profile.provoke))
        sim_later(w, sim_below(w, PROVOKE_MS_MAX), talk, job);
}

void sim_people_begin_to_talk(struct sim_world *w)
{
    for (uint64_t talks = sim_below(w, 2) * sim_below(w, TALKS_MAX); talks > 0; talks--)
        sim_later(w, sim_below(w, (uint64_t)w->faults_end_ms), talk, &w->jobs[sim_below(w, w->job_count)]);
}

void sim_people_settle_all(struct sim_world *w)
{
    for (size_t i = 0; i < w->job_count; i++) {
        struct sim_job *job = &w->jobs[i];
        if (job->parked && sim_below(w, 5) == 0)
            put(w, job, GV_INBOX_CANCEL, NULL);
        else if (job->parked)
            settle(w, job);
    }
}
