#include "engine/driver.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/json.h"
#include "engine/job.h"

#define GV_SWEEP_MS 250u
#define GV_SWEEPS_PER_CLAIM 4u /* look for jobs of dead processes once a second */
#define GV_CLAIM_MAX 256u      /* at once: a sweep goes on until it has seen all */
#define GV_RETRY_MS 1000u
#define GV_STOP_MS 5000u /* creates under way may take so long to come home */

const struct gv_account *gv_account_named(const struct gv_account *accounts, size_t count, const char *provider)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(accounts[i].provider->name, provider) == 0)
            return &accounts[i];
    return NULL;
}

/* ---- messages -------------------------------------------------------------------------------- */

static struct gv_event event_of(const struct gv_inbox_row *message, struct gv_arena *arena)
{
    static const enum gv_event_kind kinds[] = {
        [GV_INBOX_CANCEL] = GV_EV_CANCEL, [GV_INBOX_RESOLVE] = GV_EV_RESOLVE, [GV_INBOX_WAKE] = GV_EV_WAKE};
    struct gv_event event = {.kind = kinds[message->kind]};
    const struct gv_json *payload =
        message->payload != NULL ? gv_json_parse(arena, message->payload, strlen(message->payload), NULL) : NULL;
    event.resolution = (enum gv_resolution_kind)gv_json_int(payload, "how", GV_RESOLVE_LOOK_UP);
    event.task_id = gv_json_text(payload, "task_id");
    if (event.task_id == NULL)
        event.task_id = "";
    return event;
}

static void read_inbox(struct gv_driver *driver)
{
    struct gv_journal *journal = driver->config.journal;
    struct gv_arena arena = {0};
    const struct gv_inbox_row *rows;
    size_t count;
    struct gv_error err;
    driver->inbox_left = false;
    if (journal->vtable->inbox(&rows, &count, journal, &arena, &err) != GV_OK) {
        gv_driver_log(driver, GV_LOG_ERROR, NULL, "the inbox can't be read: %s", err.message);
        count = 0;
        driver->inbox_left = true;
    }
    for (size_t i = 0; i < count; i++) {
        struct gv_job *job = gv_job_find(driver, rows[i].job_id);
        if (job == NULL || rows[i].id <= job->inbox_seen)
            continue;
        if (!gv_job_has_room(job)) {
            driver->inbox_left = true;
            continue;
        }
        job->inbox_seen = rows[i].id;
        struct gv_event event = event_of(&rows[i], &arena);
        gv_job_event(job, &event, rows[i].id);
    }
    gv_arena_free(&arena);
}

struct put {
    gv_driver_put_fn *done;
    void *ctx;
};

static void put_decided(struct gv_driver *driver, struct gv_journal_op *op, int result, const struct gv_error *err,
                        void *ctx)
{
    struct put *put = ctx;
    struct gv_error missing;
    if (result == GV_OK && op->verdict == GV_JOURNAL_NOT_FOUND) {
        result = gv_fail_field(&missing, GV_INVALID_INPUT, "job_id", "there is no job %s in this store", op->job_id);
        err = &missing;
    }
    put->done(put->ctx, result, err);
    free(put);
    if (result == GV_OK)
        read_inbox(driver);
}

void gv_driver_put(struct gv_driver *driver, const struct gv_inbox_row *message, gv_driver_put_fn *done, void *ctx)
{
    struct put *put = gv_xcalloc(1, sizeof(*put));
    *put = (struct put){done, ctx};
    struct gv_arena *arena = gv_turn_arena(driver);
    struct gv_journal_op *op = gv_turn_add(driver, GV_JOURNAL_INBOX_PUT, put_decided, put);
    op->inbox = *message;
    op->inbox.job_id = gv_arena_strdup(arena, message->job_id);
    op->inbox.payload = gv_arena_strdup(arena, message->payload);
    op->job_id = op->inbox.job_id;
}

/* ---- taking up and letting go -------------------------------------------------------------------- */

static void ignore_decided(struct gv_driver *driver, struct gv_journal_op *op, int result, const struct gv_error *err,
                           void *ctx)
{
    (void)driver, (void)op, (void)result, (void)err, (void)ctx;
}

/* A lease that is to be given back: nobody else can drive the job until the journal has it in writing. */
struct release {
    struct gv_list link; /* in the driver's, while the journal refuses it */
    char *job_id;
};

static void release_free(struct release *release)
{
    gv_list_remove(&release->link);
    free(release->job_id);
    free(release);
}

static void release_decided(struct gv_driver *driver, struct gv_journal_op *op, int result, const struct gv_error *err,
                            void *ctx)
{
    struct release *release = ctx;
    (void)op, (void)err;
    if (result == GV_OK || driver->stopping) {
        release_free(release);
        return;
    }
    gv_list_append(&driver->releases, &release->link);
    gv_driver_retry_later(driver);
}

static void put_release(struct gv_driver *driver, struct release *release)
{
    struct gv_journal_op *op = gv_turn_add(driver, GV_JOURNAL_RELEASE, release_decided, release);
    op->job_id = release->job_id;
}

static void release_id(struct gv_driver *driver, const char *id)
{
    if (driver->stopping) /* with the journal all leases end, thousands of them in one operation */
        return;
    struct release *release = gv_xcalloc(1, sizeof(*release));
    gv_list_init(&release->link);
    release->job_id = gv_xstrdup(id);
    put_release(driver, release);
}

static void release_again(struct gv_driver *driver)
{
    GV_LIST_EACH (item, &driver->releases) {
        struct release *release = GV_CONTAINER(item, struct release, link);
        gv_list_remove(&release->link);
        if (gv_job_find(driver, release->job_id) != NULL) /* lost by itself, and driven here anew */
            release_free(release);
        else
            put_release(driver, release);
    }
}

void gv_driver_release(struct gv_job *job)
{
    release_id(job->driver, job->row.id);
    gv_job_drop(job);
}

/* Once a job, and of no more of them than can be remembered; who asks for one by its id hears why each time. */
static void tell_undrivable(struct gv_driver *driver, const char *id, const struct gv_error *why)
{
    if (driver->undrivable_count > GV_UNDRIVABLE_MAX)
        return;
    for (size_t i = 0; i < driver->undrivable_count; i++)
        if (strcmp(driver->undrivable[i], id) == 0)
            return;
    if (driver->undrivable_count == GV_UNDRIVABLE_MAX) {
        driver->undrivable_count++;
        gv_driver_log(driver, GV_LOG_ERROR, NULL, "more than %u jobs can't be driven; the others are not named",
                      GV_UNDRIVABLE_MAX);
        return;
    }
    driver->undrivable[driver->undrivable_count++] = gv_xstrdup(id);
    gv_driver_log(driver, GV_LOG_ERROR, id, "can't be driven: %s", why->message);
}

/* A parked job is taken up only for a message's sake. What is still known of a job that others had meanwhile is
 * old. */
static int take_up(struct gv_driver *driver, const struct gv_job_row *row, struct gv_error *err)
{
    struct gv_job *old = gv_job_find(driver, row->id);
    if (old != NULL)
        gv_job_outlive(old);
    if (driver->stopping)
        return GV_OK;
    struct gv_job *job = gv_job_new(driver, row, err);
    if (job == NULL) {
        tell_undrivable(driver, row->id, err);
        release_id(driver, row->id);
        return err->code;
    }
    if (!row->parked)
        gv_job_event(job, &(struct gv_event){.kind = row->state == NULL ? GV_EV_START : GV_EV_RESUMED}, 0);
    return GV_OK;
}

struct take {
    gv_driver_done_fn *done; /* NULL: a sweep's claim */
    void *ctx;
};

static void claim(struct gv_driver *driver, const char *job_id, const char *after_id, gv_driver_done_fn *done,
                  void *ctx);

/* Those that can't be driven are let go of, and found again by the next sweep: that one comes later by a second for
 * each page full of them. */
static void sweep_on(struct gv_driver *driver, const char *more_after, bool in_vain)
{
    if (more_after == NULL || driver->stopping)
        return;
    if (in_vain)
        driver->sweeps_to_claim += GV_SWEEPS_PER_CLAIM;
    claim(driver, NULL, more_after, NULL, NULL);
}

static void claim_decided(struct gv_driver *driver, struct gv_journal_op *op, int result, const struct gv_error *err,
                          void *ctx)
{
    struct take *take = ctx;
    if (result != GV_OK)
        gv_driver_log(driver, GV_LOG_ERROR, NULL, "no job can be taken up: %s", err->message);
    size_t count = result == GV_OK ? op->claimed_count : 0;
    struct gv_error why;
    size_t refused = 0; /* who names a job claims no other */
    for (size_t i = 0; i < count; i++)
        refused += take_up(driver, &op->claimed[i], &why) != GV_OK;
    if (count > 0)
        read_inbox(driver);
    for (size_t i = 0; i < count; i++) {
        struct gv_job *job = op->claimed[i].parked ? gv_job_find(driver, op->claimed[i].id) : NULL;
        if (job != NULL && job->event_count == 0)
            gv_driver_release(job);
    }
    if (take->done != NULL)
        take->done(take->ctx, gv_job_find(driver, op->job_id) != NULL, refused > 0 ? &why : NULL);
    else if (result == GV_OK)
        sweep_on(driver, op->more_after, refused == count);
    free(take);
}

static void claim(struct gv_driver *driver, const char *job_id, const char *after_id, gv_driver_done_fn *done,
                  void *ctx)
{
    struct take *take = gv_xcalloc(1, sizeof(*take));
    *take = (struct take){done, ctx};
    struct gv_arena *arena = gv_turn_arena(driver);
    struct gv_journal_op *op = gv_turn_add(driver, GV_JOURNAL_CLAIM, claim_decided, take);
    op->job_id = gv_arena_strdup(arena, job_id);
    op->after_id = gv_arena_strdup(arena, after_id);
    op->claim_max = job_id != NULL ? 1 : GV_CLAIM_MAX;
}

void gv_driver_take(struct gv_driver *driver, const char *job_id, gv_driver_done_fn *done, void *ctx)
{
    if (gv_job_find(driver, job_id) != NULL)
        done(ctx, true, NULL);
    else
        claim(driver, job_id, NULL, done, ctx);
}

static void sweep(void *ctx)
{
    struct gv_driver *driver = ctx;
    struct gv_journal *journal = driver->config.journal;
    uint64_t version = journal->vtable->version(journal);
    if ((version != driver->version_seen || driver->inbox_left) && driver->job_count > 0)
        read_inbox(driver);
    driver->version_seen = version;
    if (driver->config.drive == GV_DRIVE_ALL && driver->sweeps_to_claim-- == 0) {
        driver->sweeps_to_claim = GV_SWEEPS_PER_CLAIM - 1;
        claim(driver, NULL, NULL, NULL, NULL);
    }
    driver->config.loop->vtable->timer_start(driver->sweep, GV_SWEEP_MS);
}

static void each_job(struct gv_driver *driver, void (*fn)(struct gv_job *job))
{
    for (size_t i = 0; i < GV_JOB_BUCKETS; i++)
        GV_LIST_EACH (item, &driver->buckets[i])
            fn(GV_CONTAINER(item, struct gv_job, by_id));
}

static void retry(void *ctx)
{
    each_job(ctx, gv_job_pump);
    release_again(ctx);
}

void gv_driver_retry_later(struct gv_driver *driver)
{
    driver->config.loop->vtable->timer_start(driver->retry, GV_RETRY_MS);
}

/* ---- accepting ------------------------------------------------------------------------------------- */

struct acceptance {
    gv_driver_accepted_fn *done;
    void *ctx;
};

static int verdict_error(struct gv_error *err, const struct gv_journal_op *op)
{
    if (op->verdict == GV_JOURNAL_FULL)
        return gv_fail(err, GV_QUOTA_EXCEEDED, "so many jobs are unfinished that no more are taken: try again later");
    GV_ASSERT(op->verdict == GV_JOURNAL_OTHER_KEY);
    return gv_fail_field(err, GV_INVALID_INPUT, "idempotency_key",
                         "the idempotency key is taken by job %s, which asked for something else; use another key",
                         op->found_id);
}

static void accept_decided(struct gv_driver *driver, struct gv_journal_op *op, int result, const struct gv_error *err,
                           void *ctx)
{
    struct acceptance *a = ctx;
    struct gv_error other;
    const char *id = op->row->id;
    bool repeated = op->verdict == GV_JOURNAL_SAME_KEY || op->verdict == GV_JOURNAL_SAME_WISH;
    if (result == GV_OK && repeated) {
        id = op->found_id;
    } else if (result == GV_OK && op->verdict != GV_JOURNAL_DONE) {
        result = verdict_error(&other, op);
        err = &other;
    } else if (result == GV_OK && !driver->stopping) {
        take_up(driver, op->row, &other);
    }
    a->done(a->ctx, result, id, repeated, err);
    free(a);
}

void gv_driver_accept(struct gv_driver *driver, const struct gv_wish *wish, gv_driver_accepted_fn *done, void *ctx)
{
    const struct gv_job_row *row = wish->row;
    struct acceptance *a = gv_xcalloc(1, sizeof(*a));
    *a = (struct acceptance){done, ctx};
    struct gv_arena *arena = gv_turn_arena(driver);
    struct gv_history_row *line = GV_NEW(arena, struct gv_history_row);
    *line = (struct gv_history_row){
        .at_ms = row->created_ms, .event = "accepted", .phase = row->phase, .effect = "", .note = row->note};
    struct gv_journal_op *op = gv_turn_add(driver, GV_JOURNAL_ACCEPT, accept_decided, a);
    op->row = row;
    op->history = line;
    op->history_count = 1;
    op->same_since_ms = wish->same_since_ms;
    op->full = wish->full;
    for (size_t i = 0; i < wish->ref_count; i++) {
        op = gv_turn_add(driver, GV_JOURNAL_BLOB_REF, ignore_decided, NULL);
        op->job_id = row->id;
        op->sha256 = wish->refs[i];
    }
}

/* ---- life ------------------------------------------------------------------------------------------- */

void gv_driver_open(struct gv_driver **out, const struct gv_driver_config *config)
{
    struct gv_driver *driver = gv_xcalloc(1, sizeof(*driver));
    driver->config = *config;
    for (size_t i = 0; i < GV_JOB_BUCKETS; i++)
        gv_list_init(&driver->buckets[i]);
    gv_list_init(&driver->releases);
    driver->lanes = gv_xcalloc(config->account_count + 1, sizeof(*driver->lanes));
    for (size_t i = 0; i < config->account_count; i++)
        gv_lane_open(&driver->lanes[i], driver, &config->accounts[i]);
    driver->sweep = config->loop->vtable->timer_new(config->loop, sweep, driver);
    driver->retry = config->loop->vtable->timer_new(config->loop, retry, driver);
    config->loop->vtable->timer_start(driver->sweep, 0);
    *out = driver;
}

void gv_driver_check_stopped(struct gv_driver *driver)
{
    if (!driver->stopping || driver->stopped == NULL)
        return;
    if (driver->job_count > 0 || driver->pool_works > 0 || driver->open != NULL || driver->in_flight != NULL)
        return;
    gv_loop_fn *stopped = driver->stopped;
    driver->stopped = NULL;
    driver->config.loop->vtable->post(driver->config.loop, stopped, driver->stopped_ctx);
}

static void let_go(struct gv_job *job)
{
    if (gv_job_withhold_create(job))
        gv_job_pump(job);
    bool paying = job->under_way == GV_CALLING && job->effect.call.kind == GV_CALL_CREATE;
    if (!paying && job->step == NULL)
        gv_driver_release(job);
}

static void let_go_of_all(struct gv_job *job)
{
    if (job->step == NULL)
        gv_driver_release(job);
}

static void stop_time_over(void *ctx)
{
    each_job(ctx, let_go_of_all);
    gv_driver_check_stopped(ctx);
}

void gv_driver_stop(struct gv_driver *driver, gv_loop_fn *done, void *ctx)
{
    struct gv_loop *loop = driver->config.loop;
    driver->stopping = true;
    driver->stopped = done;
    driver->stopped_ctx = ctx;
    loop->vtable->timer_stop(driver->sweep);
    driver->stop_timer = loop->vtable->timer_new(loop, stop_time_over, driver);
    loop->vtable->timer_start(driver->stop_timer, GV_STOP_MS);
    each_job(driver, let_go);
    gv_driver_check_stopped(driver);
}

void gv_driver_abandon(struct gv_driver *driver, gv_loop_fn *done, void *ctx)
{
    driver->stopping = true;
    driver->stopped = done;
    driver->stopped_ctx = ctx;
    driver->config.loop->vtable->timer_stop(driver->sweep);
    gv_turns_abandon(driver);
    each_job(driver, gv_job_drop);
    gv_driver_check_stopped(driver);
}

void gv_driver_close(struct gv_driver *driver)
{
    GV_ASSERT(driver->job_count == 0 && driver->in_flight == NULL);
    struct gv_loop *loop = driver->config.loop;
    loop->vtable->timer_free(driver->sweep);
    loop->vtable->timer_free(driver->retry);
    loop->vtable->timer_free(driver->stop_timer);
    GV_LIST_EACH (item, &driver->releases)
        release_free(GV_CONTAINER(item, struct release, link));
    for (size_t i = 0; i < driver->undrivable_count && i < GV_UNDRIVABLE_MAX; i++)
        free(driver->undrivable[i]);
    for (size_t i = 0; i < driver->config.account_count; i++)
        gv_lane_close(&driver->lanes[i], driver);
    free(driver->lanes);
    free(driver);
}
