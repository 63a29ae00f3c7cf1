/* Kling's machine and Kling's emulator in a world that fails. SIM_SEED=n replays one seed and prints its transitions;
 * SIM_RUNS=n sets how many seeds follow the fixed ones. */
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

#define RUNS 150
#define RUNS_FRESH 100

extern const struct gv_provider gv_provider_kling;
extern const struct gv_emulator gv_emulator_kling;

#define GENERATE(input, model)                                                                                         \
    "{\"operation\":\"generate\",\"provider\":\"kling\",\"input\":" input ",\"config\":{\"model\":\"" model "\"}}"

static const char *const requests[] = {
    GENERATE("{\"text\":\"a boat\"}", "kling-v3"),
    GENERATE("{\"image\":{\"data\":{\"url\":\"https://x.example/a.png\"}}}", "kling-v3"),
    GENERATE("{\"text\":\"a boat\"}", "kling-3.0"),
    GENERATE("{\"text\":\"[fail: no luck]\"}", "kling-v3"),
    "{\"operation\":\"generate_lip_sync\",\"provider\":\"kling\","
    "\"video\":{\"video\":{\"url\":\"https://x.example/v.mp4\"}},\"audio\":{\"from_text\":"
    "{\"text\":\"hello there\",\"voice_id\":\"oversea_male1\",\"language\":\"en\",\"speed\":1}}}",
    NULL,
};

static struct gv_sim_result total;

static void run_seed(uint64_t seed, bool trace)
{
    const char *settings[GV_SETTINGS_MAX] = {NULL};
    for (size_t i = 0; i < gv_provider_kling.setting_count; i++) {
        const struct gv_setting *row = &gv_provider_kling.settings[i];
        settings[i] = i == gv_provider_kling.base_url_setting ? "http://provider.sim"
                      : row->set == 1                         ? "sandbox-key"
                                                              : NULL;
    }
    struct gv_sim_options options = {.seed = seed,
                                     .provider = &gv_provider_kling,
                                     .emulator = &gv_emulator_kling,
                                     .settings = settings,
                                     .requests = requests,
                                     .trace = trace};
    struct gv_sim_result result;
    gv_sim_run(&result, &options);
    if (result.broken[0] != '\0')
        fail_msg("seed %llu: %s (replay: SIM_SEED=%llu)", (unsigned long long)seed, result.broken,
                 (unsigned long long)seed);
    total.crashes += result.crashes;
    total.faults += result.faults;
    total.creates += result.creates;
    total.lost_answers += result.lost_answers;
    total.succeeded += result.succeeded;
    total.failed += result.failed;
    total.parked += result.parked;
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
    uint64_t count = runs != NULL ? strtoull(runs, NULL, 10) : RUNS_FRESH;
    printf("fresh seeds %llu to %llu\n", (unsigned long long)fresh, (unsigned long long)(fresh + count - 1));
    for (uint64_t seed = fresh; seed < fresh + count; seed++)
        run_seed(seed, false);
    printf("%u faults, %u crashes, %u lost answers, %u creates billed: %u succeeded, %u failed, %u parked\n",
           total.faults, total.crashes, total.lost_answers, total.creates, total.succeeded, total.failed, total.parked);
    assert_true(total.crashes > 0 && total.lost_answers > 0 && total.succeeded > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_job_comes_to_rest_and_none_is_paid_twice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
