#include "support/sim_suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "support/sim.h"

#define ORIGIN "http://provider.sim"
#define RUNS 150
#define RUNS_FRESH 100

static const struct gv_sim_suite *suite;
static struct gv_sim_result total;
static struct gv_arena texts;

/* As `golem-video sandbox env` tells a client. */
static const char *setting_of(const struct gv_setting *row)
{
    for (const char *const *pair = suite->emulator->environment; pair[0] != NULL; pair += 2) {
        if (strcmp(pair[0], row->name) != 0)
            continue;
        size_t origin = strlen("{origin}");
        bool within = strncmp(pair[1], "{origin}", origin) == 0;
        return within ? gv_arena_printf(&texts, "%s%s", ORIGIN, pair[1] + origin) : pair[1];
    }
    return row->preset;
}

static void count(const struct gv_sim_result *result)
{
    total.crashes += result->crashes;
    total.faults += result->faults;
    total.creates += result->creates;
    total.lost_answers += result->lost_answers;
    total.succeeded += result->succeeded;
    total.failed += result->failed;
    total.parked += result->parked;
}

static void run_seed(uint64_t seed, bool trace)
{
    const char *settings[GV_SETTINGS_MAX] = {NULL};
    for (size_t i = 0; i < suite->provider->setting_count; i++)
        settings[i] = setting_of(&suite->provider->settings[i]);
    struct gv_sim_options options = {.seed = seed,
                                     .provider = suite->provider,
                                     .emulator = suite->emulator,
                                     .settings = settings,
                                     .requests = suite->requests,
                                     .trace = trace};
    struct gv_sim_result result;
    gv_sim_run(&result, &options);
    if (result.broken[0] != '\0')
        fail_msg("seed %llu: %s (replay: SIM_SEED=%llu)", (unsigned long long)seed, result.broken,
                 (unsigned long long)seed);
    if (suite->creates_max > 0 && result.creates > suite->creates_max)
        fail_msg("seed %llu: %u creates billed, %u at most (replay: SIM_SEED=%llu)", (unsigned long long)seed,
                 result.creates, suite->creates_max, (unsigned long long)seed);
    count(&result);
}

static void test_every_job_comes_to_rest_and_none_is_paid_twice(void **state)
{
    (void)state;
    const char *one = getenv("SIM_SEED");
    const char *runs = getenv("SIM_RUNS");
    if (one != NULL) {
        run_seed(strtoull(one, NULL, 10), true);
        return;
    }
    for (uint64_t seed = 1; seed <= RUNS; seed++)
        run_seed(seed, false);
    uint64_t fresh = (uint64_t)time(NULL) * 1000;
    uint64_t fresh_count = runs != NULL ? strtoull(runs, NULL, 10) : RUNS_FRESH;
    printf("fresh seeds %llu to %llu\n", (unsigned long long)fresh, (unsigned long long)(fresh + fresh_count - 1));
    for (uint64_t seed = fresh; seed < fresh + fresh_count; seed++)
        run_seed(seed, false);
    printf("%u faults, %u crashes, %u lost answers, %u creates billed: %u succeeded, %u failed, %u parked\n",
           total.faults, total.crashes, total.lost_answers, total.creates, total.succeeded, total.failed, total.parked);
    assert_true(total.crashes > 0 && total.lost_answers > 0 && total.succeeded > 0);
}

int gv_sim_suite_main(const struct gv_sim_suite *chosen)
{
    suite = chosen;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_job_comes_to_rest_and_none_is_paid_twice)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    gv_arena_free(&texts);
    return failed;
}
