#include "support/journal_kit.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"

static const struct gv_history_row LINE = {
    .at_ms = 1700000000000, .event = "start", .phase = "new", .effect = "call", .note = "asks for a film"};

void gv_kit_open(struct gv_journal_kit *kit)
{
    *kit = (struct gv_journal_kit){.loop = gv_fake_loop_new()};
}

void gv_kit_close(struct gv_journal_kit *kit)
{
    gv_fake_loop_drain(kit->loop);
    gv_fake_loop_free(kit->loop);
    gv_arena_free(&kit->arena);
}

static void batch_done(void *ctx)
{
    struct gv_kit_batch *batch = ctx;
    GV_ASSERT(!batch->done);
    batch->done = true;
}

/* The batch gets an arena of its own inside the kit's: the writer thread fills it while the test goes on. */
struct gv_kit_batch *gv_kit_start(struct gv_journal_kit *kit, struct gv_journal *journal, struct gv_journal_op *ops,
                                  size_t count)
{
    struct gv_kit_batch *batch = GV_NEW(&kit->arena, struct gv_kit_batch);
    batch->batch = (struct gv_journal_batch){
        .arena = GV_NEW(&kit->arena, struct gv_arena), .ops = ops, .op_count = count, .done = batch_done, .ctx = batch};
    journal->vtable->commit(journal, &batch->batch);
    return batch;
}

static void keep_results(struct gv_journal_kit *kit, struct gv_journal_op *op)
{
    op->found_id = gv_arena_strdup(&kit->arena, op->found_id);
    op->more_after = gv_arena_strdup(&kit->arena, op->more_after);
    struct gv_job_row *rows = GV_NEW_ARRAY(&kit->arena, struct gv_job_row, op->claimed_count);
    for (size_t i = 0; i < op->claimed_count; i++)
        rows[i] = (struct gv_job_row){
            .id = gv_arena_strdup(&kit->arena, op->claimed[i].id),
            .owner = gv_arena_strdup(&kit->arena, op->claimed[i].owner),
            .request = gv_arena_strdup(&kit->arena, op->claimed[i].request),
        };
    op->claimed = rows;
    const char **freed = GV_NEW_ARRAY(&kit->arena, const char *, op->freed_count);
    for (size_t i = 0; i < op->freed_count; i++)
        freed[i] = gv_arena_strdup(&kit->arena, op->freed[i]);
    op->freed = freed;
}

void gv_kit_wait(struct gv_journal_kit *kit, const struct gv_kit_batch *batch)
{
    while (!batch->done)
        gv_fake_loop_turn(kit->loop);
    for (size_t i = 0; i < batch->batch.op_count; i++)
        keep_results(kit, &batch->batch.ops[i]);
    gv_arena_free(batch->batch.arena);
}

void gv_kit_commit(struct gv_journal_kit *kit, struct gv_journal *journal, struct gv_journal_op *ops, size_t count)
{
    const struct gv_kit_batch *batch = gv_kit_start(kit, journal, ops, count);
    gv_kit_wait(kit, batch);
    if (batch->batch.result != GV_OK)
        fprintf(stderr, "%s\n", batch->batch.error.message);
    GV_ASSERT(batch->batch.result == GV_OK);
}

enum gv_journal_verdict gv_kit_do(struct gv_journal_kit *kit, struct gv_journal *journal, struct gv_journal_op *op)
{
    gv_kit_commit(kit, journal, op, 1);
    return op->verdict;
}

struct gv_job_row *gv_kit_row(struct gv_journal_kit *kit, const char *id, const char *owner)
{
    struct gv_job_row *row = GV_NEW(&kit->arena, struct gv_job_row);
    *row = (struct gv_job_row){
        .id = gv_arena_strdup(&kit->arena, id),
        .provider = "kling",
        .model = "kling-v1",
        .operation = "generate",
        .tenant = "acme",
        .announce = true,
        .request = gv_arena_printf(&kit->arena, "{\"text\":\"%s \xc3\xa4 'quoted'\"}", id),
        .state = "{\"n\":1}",
        .phase = "new",
        .status = GV_PENDING,
        .note = "waits",
        .outputs = "[]",
        .error = "{}",
        .warnings = "[\"w\"]",
        .metadata = "{\"a\":\"b\"}",
        .usd = 0.125,
        .progress = 7,
        .backoffs = 3,
        .created_ms = 1700000000000,
        .updated_ms = 1700000000001,
        .deadline_ms = 1700000007200,
        .wake_ms = 1700000000500,
        .owner = gv_arena_strdup(&kit->arena, owner),
    };
    return row;
}

struct gv_journal_op gv_kit_accept_op(const struct gv_job_row *row)
{
    return (struct gv_journal_op){.kind = GV_JOURNAL_ACCEPT, .row = row, .history = &LINE, .history_count = 1};
}

struct gv_journal_op gv_kit_step_op(const struct gv_job_row *row)
{
    return (struct gv_journal_op){.kind = GV_JOURNAL_STEP, .row = row, .history = &LINE, .history_count = 1};
}

void gv_kit_accept(struct gv_journal_kit *kit, struct gv_journal *journal, const char *id)
{
    struct gv_journal_op op = gv_kit_accept_op(gv_kit_row(kit, id, journal->vtable->owner(journal)));
    GV_ASSERT(gv_kit_do(kit, journal, &op) == GV_JOURNAL_DONE);
}

const struct gv_job_row *gv_kit_get(struct gv_journal_kit *kit, struct gv_journal *journal, const char *id)
{
    const struct gv_job_row *row = NULL;
    struct gv_error err;
    GV_ASSERT(journal->vtable->get(&row, journal, id, &kit->arena, &err) == GV_OK);
    return row;
}

size_t gv_kit_history_count(struct gv_journal_kit *kit, struct gv_journal *journal, const char *id)
{
    const struct gv_history_row *rows = NULL;
    size_t count = 0;
    struct gv_error err;
    GV_ASSERT(journal->vtable->history(&rows, &count, journal, id, 0, &kit->arena, &err) == GV_OK);
    return count;
}

size_t gv_kit_claim(struct gv_journal_kit *kit, struct gv_journal *journal, const char *job_id, uint32_t max)
{
    struct gv_journal_op op = {.kind = GV_JOURNAL_CLAIM, .job_id = job_id, .claim_max = max};
    gv_kit_do(kit, journal, &op);
    return op.claimed_count;
}

void gv_journal_close(struct gv_journal *journal)
{
    journal->vtable->close(journal);
}
