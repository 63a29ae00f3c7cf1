/* One provider's turn-taking: so many calls at once, so many creates a minute. */
#include "engine/job.h"

#define GV_MINUTE_MS 60000.0

static void refill(struct gv_lane *lane, int64_t now_ms)
{
    double rate = lane->account->provider->pace.creates_per_minute;
    lane->tokens += (double)(now_ms - lane->filled_ms) * rate / GV_MINUTE_MS;
    if (lane->tokens > rate)
        lane->tokens = rate;
    lane->filled_ms = now_ms;
}

/* Milliseconds until the job's call may leave; 0: now. */
static uint64_t delay_ms(struct gv_lane *lane, const struct gv_job *job)
{
    double rate = lane->account->provider->pace.creates_per_minute;
    if (job->effect.call.kind != GV_CALL_CREATE || rate == 0)
        return 0;
    refill(lane, job->driver->config.loop->vtable->now_ms(job->driver->config.loop));
    return lane->tokens >= 1 ? 0 : (uint64_t)((1 - lane->tokens) * GV_MINUTE_MS / rate) + 1;
}

void gv_lane_admit(struct gv_lane *lane)
{
    uint32_t calls_max = lane->account->provider->pace.calls_max;
    bool open = !lane->driver->stopping && !lane->driver->hearing;
    while (open && !gv_list_empty(&lane->waiting) && (calls_max == 0 || lane->calls < calls_max)) {
        struct gv_job *job = GV_CONTAINER(lane->waiting.next, struct gv_job, waiting);
        uint64_t ms = delay_ms(lane, job);
        if (ms > 0) {
            job->driver->config.loop->vtable->timer_start(lane->timer, ms);
            return;
        }
        gv_list_remove(&job->waiting);
        lane->calls++;
        if (job->effect.call.kind == GV_CALL_CREATE && lane->tokens >= 1)
            lane->tokens -= 1;
        gv_job_call(job);
    }
}

static void may_create(void *ctx)
{
    gv_lane_admit(ctx);
}

static bool has_room(const struct gv_lane *lane)
{
    uint32_t calls_max = lane->account->provider->pace.calls_max;
    return calls_max == 0 || lane->creates < calls_max;
}

bool gv_lane_begin_create(struct gv_job *job, bool can_wait)
{
    struct gv_lane *lane = job->lane;
    if (can_wait && !has_room(lane)) {
        if (job->under_way != GV_HELD)
            gv_list_append(&lane->held, &job->waiting);
        job->under_way = GV_HELD;
        return false;
    }
    if (job->under_way == GV_HELD)
        gv_job_break_off(job);
    lane->creates += !job->creating;
    job->creating = true;
    return true;
}

void gv_lane_end_create(struct gv_job *job)
{
    struct gv_lane *lane = job->lane;
    lane->creates -= job->creating;
    job->creating = false;
    while (!lane->driver->stopping && has_room(lane) && !gv_list_empty(&lane->held)) {
        struct gv_job *held = GV_CONTAINER(lane->held.next, struct gv_job, waiting);
        gv_job_break_off(held);
        gv_job_pump(held);
    }
}

void gv_lane_open(struct gv_lane *lane, struct gv_driver *driver, const struct gv_account *account)
{
    lane->driver = driver;
    lane->account = account;
    gv_list_init(&lane->waiting);
    gv_list_init(&lane->held);
    gv_list_init(&lane->token_waiting);
    lane->tokens = account->provider->pace.creates_per_minute;
    lane->filled_ms = driver->config.loop->vtable->now_ms(driver->config.loop);
    lane->timer = driver->config.loop->vtable->timer_new(driver->config.loop, may_create, lane);
}

void gv_lane_close(struct gv_lane *lane, struct gv_driver *driver)
{
    GV_ASSERT(gv_list_empty(&lane->waiting) && gv_list_empty(&lane->held) && lane->creates == 0);
    gv_lane_drop_token(lane);
    driver->config.loop->vtable->timer_free(lane->timer);
}

void gv_lane_enter(struct gv_lane *lane, struct gv_job *job)
{
    gv_list_append(&lane->waiting, &job->waiting);
    gv_lane_admit(lane);
}

void gv_lane_leave(struct gv_lane *lane)
{
    GV_ASSERT(lane->calls > 0);
    lane->calls--;
    gv_lane_admit(lane);
}
