/* The jobs that this process drives, by id. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/interface.h"
#include "engine/job.h"
#include "engine/outputs.h"

/* A job taken up after its deadline still gets so long to bring home what was paid for. */
#define GV_DEADLINE_GRACE_MS (5 * 60 * 1000)

static struct gv_list *bucket_of(struct gv_driver *driver, const char *id)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *id != '\0'; id++)
        hash = (hash ^ (unsigned char)*id) * 16777619u;
    return &driver->buckets[hash % GV_JOB_BUCKETS];
}

struct gv_job *gv_job_find(struct gv_driver *driver, const char *id)
{
    struct gv_list *bucket = bucket_of(driver, id);
    GV_LIST_EACH (item, bucket) {
        struct gv_job *job = GV_CONTAINER(item, struct gv_job, by_id);
        if (strcmp(job->row.id, id) == 0)
            return job;
    }
    return NULL;
}

static void deadline_passed(void *ctx)
{
    struct gv_job *job = ctx;
    gv_job_event(job, &(struct gv_event){.kind = GV_EV_DEADLINE, .why = job->trouble}, 0);
}

static void wait_over(void *ctx)
{
    struct gv_job *job = ctx;
    job->under_way = GV_IDLE;
    gv_job_event(job, &(struct gv_event){.kind = GV_EV_TIMER}, 0);
}

static void start_timers(struct gv_job *job)
{
    struct gv_loop *loop = job->driver->config.loop;
    job->timer = loop->vtable->timer_new(loop, wait_over, job);
    job->deadline = loop->vtable->timer_new(loop, deadline_passed, job);
    int64_t left_ms = job->row.deadline_ms - loop->vtable->wall_ms(loop);
    int64_t most_ms = job->row.deadline_ms - job->row.created_ms; /* whatever a clock that was set back says */
    bool taken_up = job->row.state != NULL;
    int64_t least_ms = taken_up ? GV_DEADLINE_GRACE_MS : 0;
    if (left_ms > most_ms)
        left_ms = most_ms;
    if (left_ms < least_ms)
        left_ms = least_ms;
    loop->vtable->timer_start(job->deadline, (uint64_t)left_ms);
}

static void copy_row(struct gv_job *job, const struct gv_job_row *row)
{
    struct gv_arena *keep = &job->keep;
    job->row = *row;
    const char **strings[] = {&job->row.id,      &job->row.provider, &job->row.model,           &job->row.operation,
                              &job->row.request, &job->row.warnings, &job->row.metadata,        &job->row.owner,
                              &job->row.state,   &job->row.phase,    &job->row.idempotency_key, &job->row.note,
                              &job->row.outputs, &job->row.error,    &job->row.request_sha256,  &job->row.tenant};
    for (size_t i = 0; i < GV_COUNT(strings); i++)
        *strings[i] = gv_arena_strdup(keep, *strings[i]);
}

static int read_operation(struct gv_job *job, struct gv_error *err)
{
    const struct gv_json *json = gv_row_json(&job->row, "request", job->row.request, &job->keep, err);
    if (json == NULL)
        return GV_INTERNAL_ERROR;
    return gv_operation_read(&job->op, json, GV_JSON_JOURNAL, &job->keep, err);
}

static int read_outputs(struct gv_job *job, struct gv_error *err)
{
    struct gv_output outputs[GV_OUTPUTS_MAX] = {0};
    int code = gv_outputs_read(outputs, &job->row, &job->keep, err);
    memcpy(job->outputs, outputs, sizeof(outputs));
    return code;
}

/* Every step reads it again; here it is seen whether it can be. */
static int check_state(struct gv_job *job, struct gv_error *err)
{
    if (job->row.state == NULL)
        return GV_OK;
    const struct gv_provider *provider = job->lane->account->provider;
    const struct gv_json *json = gv_row_json(&job->row, "state", job->row.state, &job->keep, err);
    void *state = gv_arena_alloc(&job->keep, provider->state->size);
    return json != NULL ? gv_state_read(state, provider, json, &job->keep, err) : GV_INTERNAL_ERROR;
}

static struct gv_lane *lane_of(struct gv_driver *driver, const char *provider)
{
    for (size_t i = 0; i < driver->config.account_count; i++)
        if (strcmp(driver->lanes[i].account->provider->name, provider) == 0)
            return &driver->lanes[i];
    return NULL;
}

static int fill(struct gv_job *job, struct gv_error *err)
{
    job->lane = lane_of(job->driver, job->row.provider);
    if (job->lane == NULL)
        return gv_fail(err, GV_INTERNAL_ERROR, "job %s belongs to provider %s, which this program does not have",
                       job->row.id, job->row.provider);
    if (job->row.model != NULL)
        job->model = gv_model_named(job->lane->account->provider, job->row.model);
    int code = read_operation(job, err);
    if (code == GV_OK)
        code = check_state(job, err);
    return code == GV_OK ? read_outputs(job, err) : code;
}

struct gv_job *gv_job_new(struct gv_driver *driver, const struct gv_job_row *row, struct gv_error *err)
{
    struct gv_job *job = gv_xcalloc(1, sizeof(*job));
    job->driver = driver;
    copy_row(job, row);
    gv_list_init(&job->events);
    gv_list_init(&job->waiting);
    if (fill(job, err) != GV_OK) {
        gv_arena_free(&job->keep);
        free(job);
        return NULL;
    }
    job->trouble = row->backoffs > 0 && row->wake_ms > 0 ? gv_xstrdup(row->note) : NULL;
    start_timers(job);
    gv_list_append(bucket_of(driver, row->id), &job->by_id);
    driver->job_count++;
    return job;
}

void gv_job_forget_event(struct gv_job *job, struct gv_queued_event *queued)
{
    const struct gv_event *event = &queued->event;
    gv_release_blob(job->driver, &event->blob);
    for (size_t i = 0; i < event->lifted_count; i++)
        gv_release_blob(job->driver, &event->lifted[i]);
    gv_list_remove(&queued->link);
    job->event_count--;
    struct gv_arena arena = queued->arena; /* the event lives in it */
    gv_arena_free(&arena);
}

void gv_job_drop(struct gv_job *job)
{
    GV_ASSERT(job->step == NULL);
    gv_job_break_off(job);
    gv_lane_end_create(job);
    struct gv_loop *loop = job->driver->config.loop;
    loop->vtable->timer_free(job->timer);
    loop->vtable->timer_free(job->deadline);
    GV_LIST_EACH (item, &job->events)
        gv_job_forget_event(job, GV_CONTAINER(item, struct gv_queued_event, link));
    gv_list_remove(&job->by_id);
    job->driver->job_count--;
    gv_arena_free(&job->row_arena);
    gv_arena_free(&job->effect_arena);
    gv_arena_free(&job->keep);
    free(job->trouble);
    free(job);
}

void gv_job_outlive(struct gv_job *job)
{
    if (job->step == NULL) {
        gv_job_drop(job);
        return;
    }
    gv_job_break_off(job);
    gv_list_remove(&job->by_id);
    job->step->row.owner = NULL;
    job->outlived = true;
}

bool gv_job_has_room(const struct gv_job *job)
{
    return job->event_count < GV_JOB_MESSAGES_MAX;
}

static void copy_event(struct gv_queued_event *to, const struct gv_event *event)
{
    struct gv_arena *arena = &to->arena;
    struct gv_event *e = &to->event;
    *e = *event;
    e->why = gv_arena_strdup(arena, event->why);
    e->task_id = gv_arena_strdup(arena, event->task_id);
    e->blob.mime_type = gv_arena_strdup(arena, event->blob.mime_type);
    if (event->lifted_count > 0) {
        struct gv_blob_info *lifted =
            gv_arena_memdup(arena, event->lifted, event->lifted_count * sizeof(*event->lifted));
        for (size_t i = 0; i < event->lifted_count; i++)
            lifted[i].mime_type = gv_arena_strdup(arena, lifted[i].mime_type);
        e->lifted = lifted;
    }
    e->reply.content_type = gv_arena_strdup(arena, event->reply.content_type != NULL ? event->reply.content_type : "");
    char *body = gv_arena_alloc(arena, event->reply.body_bytes + 1);
    if (event->reply.body_bytes > 0)
        memcpy(body, event->reply.body, event->reply.body_bytes);
    e->reply.body = body;
}

static void put_event(struct gv_job *job, struct gv_list *before, const struct gv_event *event, int64_t inbox_id)
{
    GV_ASSERT(job->event_count < GV_JOB_EVENTS_MAX);
    struct gv_arena arena = {0};
    struct gv_queued_event *queued = GV_NEW(&arena, struct gv_queued_event);
    queued->arena = arena;
    copy_event(queued, event);
    queued->inbox_id = inbox_id;
    gv_list_append(before, &queued->link);
    job->event_count++;
}

/* The first of the waiting events that are to end the job, or NULL. */
static struct gv_list *first_end(struct gv_job *job)
{
    GV_LIST_EACH (item, &job->events) {
        enum gv_event_kind kind = GV_CONTAINER(item, struct gv_queued_event, link)->event.kind;
        if (kind == GV_EV_CANCEL || kind == GV_EV_DEADLINE)
            return item;
    }
    return NULL;
}

bool gv_job_withhold_create(struct gv_job *job)
{
    bool here = job->under_way == GV_QUEUED || (job->under_way == GV_CALLING && job->exchange == NULL);
    struct gv_list *end = first_end(job);
    if (end == NULL && job->driver->stopping)
        end = &job->events;
    if (end == NULL || !here || job->effect.call.kind != GV_CALL_CREATE)
        return false;
    gv_job_break_off(job);
    put_event(
        job, end,
        &(struct gv_event){.kind = GV_EV_NO_REPLY, .sent = GV_NOT_SENT, .why = "its end came before the call left"}, 0);
    return true;
}

void gv_job_event(struct gv_job *job, const struct gv_event *event, int64_t inbox_id)
{
    put_event(job, job->under_way == GV_HELD ? job->events.prev : &job->events, event, inbox_id);
    gv_job_withhold_create(job);
    gv_job_pump(job);
}
