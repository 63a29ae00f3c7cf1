/* One run: the dice, the clock, the turns. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/world/world.h"

#define FAULTS_MS_MIN (4 * 60 * 1000)
#define FAULTS_MS_MAX (25 * 60 * 1000)
#define TURNS_MAX 600000
#define CHECK_TURNS 16
#define SETTLE_MS (10 * 1000) /* for what is still on its way when all jobs rest */
#define ORIGIN "{origin}"

struct sim_world *sim_the_world;
struct gv_crypto sim_crypto;

static bool sign_quickly(uint8_t *out, size_t *out_bytes, const char *pem, const void *data, size_t bytes)
{
    gv_crypto_openssl.hmac_sha256(out, pem, strlen(pem), data, bytes);
    *out_bytes = 32;
    return true;
}

/* splitmix64; apart from the engines' own dice. */
uint64_t sim_dice(struct sim_world *w)
{
    uint64_t z = (w->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t sim_below(struct sim_world *w, uint64_t bound)
{
    return bound == 0 ? 0 : sim_dice(w) % bound;
}

bool sim_strikes(struct sim_world *w, unsigned per_mille)
{
    bool yes = w->faults && per_mille > 0 && sim_below(w, 1000) < per_mille;
    w->out->faults += yes;
    return yes;
}

void sim_broken(struct sim_world *w, const char *format, ...)
{
    if (w->out->broken[0] != '\0')
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(w->out->broken, sizeof(w->out->broken), format, args);
    va_end(args);
    sim_tell(w, "BROKEN: %s", w->out->broken);
}

void sim_tell(struct sim_world *w, const char *format, ...)
{
    if (w->options->lines == NULL)
        return;
    va_list args;
    va_start(args, format);
    fprintf(w->options->lines, "%10lld ", (long long)w->now_ms);
    vfprintf(w->options->lines, format, args);
    fputc('\n', w->options->lines);
    va_end(args);
}

int64_t sim_wall_ms(const struct sim_world *w)
{
    return SIM_START_MS + w->now_ms;
}

/* ---- the world's own time --------------------------------------------------------------------- */

struct later {
    struct gv_list link;
    struct gv_timer *timer;
    gv_loop_fn *fn;
    void *ctx;
};

static void later_now(void *ctx)
{
    struct later *later = ctx;
    sim_the_world->loop->vtable->timer_free(later->timer);
    later->timer = NULL;
    gv_list_remove(&later->link);
    later->fn(later->ctx);
}

void sim_later(struct sim_world *w, uint64_t ms, gv_loop_fn *fn, void *ctx)
{
    struct later *later = GV_NEW(&w->arena, struct later);
    *later = (struct later){.fn = fn, .ctx = ctx};
    gv_list_append(&w->laters, &later->link);
    later->timer = w->loop->vtable->timer_new(w->loop, later_now, later);
    w->loop->vtable->timer_start(later->timer, ms);
}

/* When the loop's next turn is due, in the world's time; false: never. */
static bool due(const struct gv_loop *loop, int64_t offset_ms, int64_t *at_ms)
{
    if (!gv_loop_virtual_due(loop, at_ms))
        return false;
    *at_ms += offset_ms;
    return true;
}

/* Whose turn is next: the one that is due first, and of several the dice choose. -1: the world's own. */
static bool choose(struct sim_world *w, int *chosen, int64_t *at_ms)
{
    unsigned equals = 0;
    bool any = due(w->loop, 0, at_ms);
    *chosen = -1;
    if (any && *at_ms < w->now_ms)
        *at_ms = w->now_ms;
    equals = any;
    for (unsigned i = 0; i < w->engine_count; i++) {
        struct sim_engine *e = &w->engines[i];
        int64_t engine_ms = e->down_until_ms;
        if (e->state != SIM_DOWN && !due(e->loop, e->offset_ms, &engine_ms))
            continue;
        if (e->state != SIM_DOWN && engine_ms < e->asleep_until_ms)
            engine_ms = e->asleep_until_ms;
        if (engine_ms < w->now_ms)
            engine_ms = w->now_ms;
        if (any && engine_ms > *at_ms)
            continue;
        equals = any && engine_ms == *at_ms ? equals + 1 : 1;
        if (!any || engine_ms < *at_ms || sim_below(w, equals) == 0)
            *chosen = (int)i;
        *at_ms = engine_ms;
        any = true;
    }
    return any;
}

static void turn(struct sim_world *w)
{
    int chosen;
    int64_t at_ms;
    if (!choose(w, &chosen, &at_ms)) {
        sim_broken(w, "nothing more will ever happen");
        return;
    }
    w->now_ms = at_ms;
    w->faults = at_ms < w->faults_end_ms;
    if (chosen < 0) {
        gv_loop_virtual_sleep(w->loop, at_ms);
        gv_loop_virtual_turn(w->loop);
    } else if (w->engines[chosen].state != SIM_DOWN) {
        struct sim_engine *e = &w->engines[chosen];
        gv_loop_virtual_sleep(e->loop, at_ms - e->offset_ms);
        gv_loop_virtual_turn(e->loop);
        sim_engine_weather(e);
    }
    for (unsigned i = 0; i < w->engine_count; i++)
        sim_engine_care(&w->engines[i]);
}

/* ---- what a run knows ------------------------------------------------------------------------- */

static unsigned drawn(struct sim_world *w, unsigned per_mille_max)
{
    return sim_below(w, 2) == 0 ? 0 : (unsigned)sim_below(w, per_mille_max);
}

static void draw_profile(struct sim_world *w)
{
    struct sim_profile *p = &w->profile;
    unsigned *const network[] = {&p->refuse, &p->lose_request, &p->lose_answer, &p->slow,
                                 &p->garble, &p->lie,          &p->trouble,     &p->late_request};
    unsigned *const films[] = {&p->cut, &p->wrong_length, &p->other_edition, &p->hide};
    unsigned *const disks[] = {&p->journal, &p->slow_sync, &p->blobs, &p->probe};
    for (size_t i = 0; i < GV_COUNT(network); i++)
        *network[i] = drawn(w, 300);
    for (size_t i = 0; i < GV_COUNT(films); i++)
        *films[i] = drawn(w, 500);
    for (size_t i = 0; i < GV_COUNT(disks); i++)
        *disks[i] = drawn(w, 150);
    p->probe = sim_below(w, 2) == 0 ? p->probe : 0;
    if (p->probe > 0) /* films are taken unseen where the helper dies: nothing else could tell that one is spoilt */
        p->garble = p->wrong_length = 0;
    p->provoke = drawn(w, 150);
    p->rob = drawn(w, 40);
    p->double_request = drawn(w, 100);
    p->stuck = drawn(w, 200);
    p->crash = drawn(w, 30);
    p->pause = drawn(w, 8);
    p->presume_dead = drawn(w, 10);
    p->stop = drawn(w, 6);
    p->jump = drawn(w, 6);
    p->full = drawn(w, 6);
    w->engine_count = 1 + (unsigned)sim_below(w, SIM_ENGINES_MAX);
    w->faults_end_ms = FAULTS_MS_MIN + (int64_t)sim_below(w, FAULTS_MS_MAX - FAULTS_MS_MIN);
}

/* As `golem-video sandbox env` tells a client. */
static const char *setting_of(struct sim_world *w, const struct sim_part *part, const struct gv_setting *row)
{
    for (const char *const *pair = part->emulator->environment; pair[0] != NULL; pair += 2) {
        if (strcmp(pair[0], row->name) != 0)
            continue;
        bool within = strncmp(pair[1], ORIGIN, strlen(ORIGIN)) == 0;
        return within
                   ? gv_arena_printf(&w->arena, "%s%s", sim_origin(&w->arena, part->provider), pair[1] + strlen(ORIGIN))
                   : pair[1];
    }
    return row->preset;
}

static void open_accounts(struct sim_world *w)
{
    GV_ASSERT(w->options->part_count <= SIM_PARTS_MAX);
    for (size_t i = 0; i < w->options->part_count; i++) {
        const struct sim_part *part = &w->options->parts[i];
        w->providers[i] = *part->provider;
        if (w->options->seed % 3 != 0)
            w->providers[i].pace.calls_max = (uint32_t)(w->options->seed % 3);
        w->accounts[i] = (struct gv_account){.provider = &w->providers[i], .credential_set = 1};
        for (size_t j = 0; j < part->provider->setting_count; j++)
            w->accounts[i].settings.values[j] = setting_of(w, part, &part->provider->settings[j]);
    }
}

/* ---- the run ---------------------------------------------------------------------------------- */

/* Until all jobs rest, and the faults are over; then until nothing is on its way any more. */
static void run_to_rest(struct sim_world *w)
{
    int64_t rested_at_ms = -1;
    for (unsigned turns = 0; turns < TURNS_MAX && w->out->broken[0] == '\0'; turns++) {
        turn(w);
        sim_collect(w);
        if (rested_at_ms >= 0 && w->now_ms > rested_at_ms + SETTLE_MS && sim_restless(w) == NULL)
            return;
        if (turns % CHECK_TURNS != 0)
            continue;
        sim_check_deadlines(w);
        bool rest = !w->faults && sim_restless(w) == NULL;
        rested_at_ms = !rest ? -1 : rested_at_ms < 0 ? w->now_ms : rested_at_ms;
    }
    const struct sim_job *job = sim_restless(w);
    if (job != NULL)
        sim_broken(w, "after %u turns %s has not come to rest, in phase %s%s, %s, held by %u", TURNS_MAX, job->id,
                   job->phase, job->parked ? ", parked" : "", job->promised ? "promised" : "never promised",
                   job->holder);
}

static struct sim_world *world_new(struct sim_result *out, const struct sim_options *options)
{
    struct sim_world *w = gv_xcalloc(1, sizeof(*w));
    *out = (struct sim_result){0};
    sim_the_world = w;
    sim_crypto = gv_crypto_openssl;
    sim_crypto.rs256 = sign_quickly;
    w->options = options;
    w->out = out;
    w->random = options->seed;
    w->loop = gv_loop_virtual_open(options->seed, SIM_START_MS);
    w->rows = gv_memory_journal_store_new();
    w->files = gv_memory_blobs_store_new(&sim_crypto);
    GV_ASSERT(gv_journal_memory_open(&w->reader, w->rows, w->loop, "reader") == GV_OK);
    GV_ASSERT(gv_blobs_memory_open(&w->blobs, w->files) == GV_OK);
    gv_list_init(&w->packets);
    gv_list_init(&w->laters);
    open_accounts(w);
    draw_profile(w);
    return w;
}

static void world_free(struct sim_world *w)
{
    for (unsigned i = 0; i < w->engine_count; i++)
        if (w->engines[i].state != SIM_DOWN)
            sim_engine_lose(&w->engines[i]);
    sim_packets_drop(w);
    GV_LIST_EACH (item, &w->laters)
        w->loop->vtable->timer_free(GV_CONTAINER(item, struct later, link)->timer);
    w->reader->vtable->close(w->reader);
    w->blobs->vtable->close(w->blobs);
    gv_memory_journal_store_free(w->rows);
    gv_memory_blobs_store_free(w->files);
    gv_loop_virtual_close(w->loop);
    free(w->refs);
    gv_arena_free(&w->arena);
    free(w);
}

void sim_run(struct sim_result *out, const struct sim_options *options)
{
    struct sim_world *w = world_new(out, options);
    for (unsigned i = 0; i < w->engine_count; i++) {
        w->engines[i].world = w;
        w->engines[i].place = i;
        sim_engine_open(&w->engines[i]);
    }
    w->faults = true;
    sim_people_submit_all(w);
    sim_people_begin_to_talk(w);
    run_to_rest(w);
    if (w->out->broken[0] == '\0' && sim_below(w, 2) == 0) {
        sim_people_settle_all(w);
        run_to_rest(w);
    }
    if (w->out->broken[0] == '\0')
        sim_check_end(w);
    world_free(w);
}
