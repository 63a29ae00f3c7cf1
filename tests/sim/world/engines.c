/* The engines: several processes on one store, which die, are stopped, sleep, are taken for dead, and come back. */
#include <string.h>

#include "sim/world/world.h"

#define NAP_MS_MAX (15 * 60 * 1000u)
#define DOWN_MS_MAX (3 * 60 * 1000u)
#define JUMP_MS_MAX 10000
#define LEAP_MS_MAX (2 * 3600 * 1000)
#define ROBBED_MS_MAX (90 * 1000u)
#define ABANDON_TURNS_MAX 1000
#define DISK_FULL_MS_MAX (2 * 60 * 1000u)

static void on_transition(void *ctx, const struct gv_transition *t)
{
    struct sim_engine *e = ctx;
    sim_tell(e->world, "%s %s %s -> %s: %s (%s)", e->name, t->job_id, t->event, t->phase, t->effect, t->note);
}

bool sim_engine_runs(const struct sim_engine *e)
{
    return e->state != SIM_DOWN && e->asleep_until_ms <= e->world->now_ms;
}

struct sim_engine *sim_engine_any(struct sim_world *w)
{
    unsigned first = (unsigned)sim_below(w, w->engine_count);
    for (unsigned i = 0; i < w->engine_count; i++) {
        struct sim_engine *e = &w->engines[(first + i) % w->engine_count];
        if (e->state == SIM_UP && sim_engine_runs(e))
            return e;
    }
    return NULL;
}

struct sim_engine *sim_engine_by_serial(struct sim_world *w, unsigned serial)
{
    for (unsigned i = 0; i < w->engine_count; i++)
        if (w->engines[i].state != SIM_DOWN && w->engines[i].serial == serial)
            return &w->engines[i];
    return NULL;
}

void sim_engine_open(struct sim_engine *e)
{
    struct sim_world *w = e->world;
    e->serial = ++w->serials;
    snprintf(e->name, sizeof(e->name), "engine%u", e->serial);
    e->state = SIM_UP;
    e->stopped = e->doubtful = e->robbed = false;
    e->asleep_until_ms = 0;
    memset(e->may_send, 0, sizeof(e->may_send));
    memset(e->calls, 0, sizeof(e->calls));
    e->loop = gv_loop_virtual_open(sim_dice(w) >> 1, sim_wall_ms(w) + e->skew_ms);
    e->offset_ms = w->now_ms;
    sim_journal_open(e);
    sim_blobs_open(e);
    sim_http_open(e);
    struct gv_driver_config config = {.loop = e->loop,
                                      .journal = &e->journal.base,
                                      .blobs = &e->blobs.base,
                                      .http = &e->http.base,
                                      .media = &sim_media_tools,
                                      .crypto = &sim_crypto,
                                      .accounts = w->accounts,
                                      .account_count = w->options->part_count,
                                      .output_bytes_max = 1 << 20,
                                      .on_transition = on_transition,
                                      .ctx = e};
    gv_driver_open(&e->driver, &config);
}

static void put_away(struct sim_engine *e)
{
    gv_driver_close(e->driver);
    sim_http_close(e);
    sim_blobs_close(e);
}

static void said(void *ctx)
{
    *(bool *)ctx = true;
}

void sim_engine_lose(struct sim_engine *e)
{
    sim_journal_lose(e);
    bool gone = false;
    unsigned turns = 0;
    gv_driver_abandon(e->driver, said, &gone);
    while (!gone) {
        GV_ASSERT(turns++ < ABANDON_TURNS_MAX);
        gv_loop_virtual_turn(e->loop);
    }
    put_away(e);
    gv_loop_virtual_close(e->loop);
    e->state = SIM_DOWN;
}

static void crash(struct sim_engine *e)
{
    struct sim_world *w = e->world;
    w->out->crashes++;
    sim_tell(w, "%s dies", e->name);
    sim_engine_lose(e);
    e->down_until_ms = w->now_ms + (int64_t)(sim_below(w, 2) == 0 ? 0 : sim_below(w, DOWN_MS_MAX));
}

static void stop(struct sim_engine *e)
{
    sim_tell(e->world, "%s is told to stop", e->name);
    e->state = SIM_STOPPING;
    gv_driver_stop(e->driver, said, &e->stopped);
}

static void end(struct sim_engine *e)
{
    sim_tell(e->world, "%s has stopped", e->name);
    sim_journal_close(e);
    sim_check_closed(e);
    put_away(e);
    gv_loop_virtual_close(e->loop);
    e->state = SIM_DOWN;
    e->down_until_ms = e->world->now_ms;
}

/* With flock a stopped process keeps its leases; a fleet's journal takes them away. */
static void presume_dead(struct sim_engine *e)
{
    e->robbed = false;
    e->world->out->lost_leases++;
    sim_tell(e->world, "%s is taken for dead", e->name);
    e->doubtful = true;
    gv_memory_journal_presume_dead(e->world->rows, e->journal.real);
}

static void pause(struct sim_engine *e)
{
    struct sim_world *w = e->world;
    e->asleep_until_ms = w->now_ms + (int64_t)sim_below(w, NAP_MS_MAX);
    w->out->pauses++;
    sim_tell(w, "%s sleeps for %lld ms", e->name, (long long)(e->asleep_until_ms - w->now_ms));
    if (sim_below(w, 2) == 0)
        presume_dead(e);
}

static void jump(struct sim_engine *e)
{
    struct sim_world *w = e->world;
    int64_t most = sim_below(w, 8) == 0 ? LEAP_MS_MAX : JUMP_MS_MAX;
    int64_t by_ms = (int64_t)sim_below(w, 2 * (uint64_t)most) - most;
    sim_tell(w, "the clock of %s jumps by %lld ms", e->name, (long long)by_ms);
    e->skew_ms += by_ms;
    w->jumped_ms += by_ms < 0 ? -by_ms : by_ms;
    gv_loop_virtual_jump(e->loop, by_ms);
}

void sim_engine_rob(struct sim_engine *e)
{
    struct sim_world *w = e->world;
    e->asleep_until_ms = w->now_ms + (int64_t)sim_below(w, ROBBED_MS_MAX);
    e->robbed = true;
}

void sim_engine_weather(struct sim_engine *e)
{
    struct sim_world *w = e->world;
    if (e->state == SIM_STOPPING && e->stopped) {
        end(e);
        return;
    }
    if (sim_strikes(w, w->profile.full)) {
        w->disk_full_until_ms = w->now_ms + (int64_t)sim_below(w, DISK_FULL_MS_MAX);
        sim_tell(w, "the disk is full for %lld ms", (long long)(w->disk_full_until_ms - w->now_ms));
    }
    if (sim_strikes(w, w->profile.jump))
        jump(e);
    if (e->robbed || sim_strikes(w, w->profile.presume_dead))
        presume_dead(e);
    if (sim_strikes(w, w->profile.crash))
        crash(e);
    else if (sim_strikes(w, w->profile.pause))
        pause(e);
    else if (e->state == SIM_UP && sim_strikes(w, w->profile.stop))
        stop(e);
}

/* Machines are started again, and when the faults are over nobody sleeps on. */
void sim_engine_care(struct sim_engine *e)
{
    struct sim_world *w = e->world;
    if (!w->faults)
        e->asleep_until_ms = e->down_until_ms = 0;
    if (e->state == SIM_DOWN && e->down_until_ms <= w->now_ms)
        sim_engine_open(e);
}
