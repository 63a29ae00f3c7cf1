/* All journal work of one loop turn, committed together. While one commit is at the disk the next one collects,
 * so that the sync rate never limits the step rate. */
#include "engine/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define GV_TURN_OPS_FIRST 16

static struct gv_turn *turn_new(void)
{
    struct gv_turn *turn = gv_xcalloc(1, sizeof(*turn));
    turn->cap = GV_TURN_OPS_FIRST;
    turn->ops = gv_xcalloc(turn->cap, sizeof(*turn->ops));
    turn->items = gv_xcalloc(turn->cap, sizeof(*turn->items));
    return turn;
}

static void turn_free(struct gv_turn *turn)
{
    gv_arena_free(&turn->arena);
    free(turn->ops);
    free(turn->items);
    free(turn);
}

static void turn_commit(struct gv_driver *driver);

/* Said when it begins and when it is over, not at each try between. */
static void tell_trouble(struct gv_driver *driver, const struct gv_error *err)
{
    if (err != NULL && !driver->journal_refuses)
        gv_driver_log(driver, GV_LOG_ERROR, NULL, "the journal takes nothing, so that no job goes on: %s",
                      err->message);
    if (err == NULL && driver->journal_refuses)
        gv_driver_log(driver, GV_LOG_ERROR, NULL, "the journal takes entries again; all jobs go on");
    driver->journal_refuses = err != NULL;
    if (err != NULL && err->retryable == GV_NO && driver->config.on_broken != NULL)
        driver->config.on_broken(driver->config.ctx, err);
}

static void turn_committed(void *ctx)
{
    struct gv_driver *driver = ctx;
    struct gv_turn *turn = driver->in_flight;
    driver->in_flight = NULL;
    const struct gv_error *err = turn->batch.result == GV_OK ? NULL : &turn->batch.error;
    tell_trouble(driver, err);
    driver->hearing = true;
    for (size_t i = 0; i < turn->count; i++)
        turn->items[i].decided(driver, &turn->ops[i], turn->batch.result, err, turn->items[i].ctx);
    driver->hearing = false;
    turn_free(turn);
    for (size_t i = 0; i < driver->config.account_count; i++)
        gv_lane_admit(&driver->lanes[i]);
    if (driver->open != NULL)
        turn_commit(driver);
    else
        gv_driver_check_stopped(driver);
}

/* Behind the steps: a job that is claimed was lost before, and a step from then must not pass for one under the new
 * lease. */
static void put_claims_last(struct gv_turn *turn)
{
    for (size_t i = 0, left = turn->count; left > 0; left--) {
        if (turn->ops[i].kind != GV_JOURNAL_CLAIM) {
            i++;
            continue;
        }
        struct gv_journal_op op = turn->ops[i];
        struct gv_turn_item item = turn->items[i];
        size_t behind = turn->count - i - 1;
        memmove(&turn->ops[i], &turn->ops[i + 1], behind * sizeof(op));
        memmove(&turn->items[i], &turn->items[i + 1], behind * sizeof(item));
        turn->ops[turn->count - 1] = op;
        turn->items[turn->count - 1] = item;
    }
}

static void turn_commit(struct gv_driver *driver)
{
    GV_ASSERT(driver->in_flight == NULL);
    struct gv_turn *turn = driver->open;
    put_claims_last(turn);
    driver->open = NULL;
    driver->in_flight = turn;
    turn->batch = (struct gv_journal_batch){
        .arena = &turn->arena, .ops = turn->ops, .op_count = turn->count, .done = turn_committed, .ctx = driver};
    driver->config.journal->vtable->commit(driver->config.journal, &turn->batch);
}

static void turn_end(void *ctx)
{
    struct gv_driver *driver = ctx;
    driver->turn_end_asked = false;
    if (driver->open != NULL && driver->in_flight == NULL)
        turn_commit(driver);
}

static struct gv_turn *turn_open(struct gv_driver *driver)
{
    if (driver->open == NULL)
        driver->open = turn_new();
    if (!driver->turn_end_asked) {
        driver->turn_end_asked = true;
        driver->config.loop->vtable->at_turn_end(driver->config.loop, turn_end, driver);
    }
    return driver->open;
}

struct gv_arena *gv_turn_arena(struct gv_driver *driver)
{
    return &turn_open(driver)->arena;
}

struct gv_journal_op *gv_turn_add(struct gv_driver *driver, enum gv_journal_op_kind kind,
                                  void (*decided)(struct gv_driver *, struct gv_journal_op *, int,
                                                  const struct gv_error *, void *),
                                  void *ctx)
{
    struct gv_turn *turn = turn_open(driver);
    if (turn->count == turn->cap) {
        turn->cap *= 2;
        turn->ops = gv_xrealloc(turn->ops, turn->cap * sizeof(*turn->ops));
        turn->items = gv_xrealloc(turn->items, turn->cap * sizeof(*turn->items));
    }
    turn->items[turn->count] = (struct gv_turn_item){decided, ctx};
    struct gv_journal_op *op = &turn->ops[turn->count++];
    *op = (struct gv_journal_op){.kind = kind};
    return op;
}

static void turn_abandon(struct gv_driver *driver, struct gv_turn *turn)
{
    struct gv_error err;
    gv_fail(&err, GV_INTERNAL_ERROR, "the engine was abandoned");
    for (size_t i = 0; turn != NULL && i < turn->count; i++)
        turn->items[i].decided(driver, &turn->ops[i], err.code, &err, turn->items[i].ctx);
    if (turn != NULL)
        turn_free(turn);
}

void gv_turns_abandon(struct gv_driver *driver)
{
    struct gv_turn *in_flight = driver->in_flight, *open = driver->open;
    driver->in_flight = driver->open = NULL;
    turn_abandon(driver, in_flight);
    turn_abandon(driver, open);
}
