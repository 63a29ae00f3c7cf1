#include "sim/world/suite.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define FIXED_SEEDS "40"
#define REPLAYED_SEEDS 6
#define FRESH_SECONDS "12"
#define LINE_BYTES 512

static const char *suite_name;
static const struct sim_part *parts;
static size_t part_count;
static struct sim_result total;
static unsigned seeds_run;
static char running[256]; /* what to type to see it again */

/* An assertion of the engine ends the process: say at which seed. */
static void at_abort(int signal)
{
    (void)signal;
    ssize_t said = write(STDERR_FILENO, running, strlen(running));
    _exit(said > 0 ? 134 : 1);
}

static void count(const struct sim_result *result)
{
    const unsigned *from = &result->jobs;
    unsigned *to = &total.jobs;
    for (size_t i = 0; i < (sizeof(total) - offsetof(struct sim_result, jobs)) / sizeof(unsigned); i++)
        to[i] += from[i];
    seeds_run++;
}

static void run_seed(uint64_t seed, FILE *lines)
{
    struct sim_result result;
    snprintf(running, sizeof(running), "seed %llu; replay: make sim SEED=%llu PROVIDER=%s\n", (unsigned long long)seed,
             (unsigned long long)seed, suite_name);
    sim_run(&result, &(struct sim_options){.seed = seed, .parts = parts, .part_count = part_count, .lines = lines});
    if (result.broken[0] != '\0')
        fail_msg("%s\n%s", result.broken, running);
    count(&result);
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void tell_total(const char *which, double seconds)
{
    printf("%s: %u %s seeds, %.1f a second: %u jobs, %u steps, %u requests, %u faults; %u crashes (%u commits survived "
           "unheard), %u naps, %u leases lost, %u steps refused; %u refusals of the disk, %u lost answers, %u doubled "
           "requests, %u messages, %u creates billed; %u succeeded, %u failed, %u parked\n",
           suite_name, seeds_run, which, seconds > 0 ? seeds_run / seconds : 0, total.jobs, total.steps, total.requests,
           total.faults, total.crashes, total.survived_commits, total.pauses, total.lost_leases, total.refused_steps,
           total.refusals, total.lost_answers, total.doubled, total.messages, total.creates, total.succeeded,
           total.failed, total.parked);
}

static uint64_t number_from(const char *name, const char *otherwise)
{
    const char *told = getenv(name);
    return strtoull(told != NULL ? told : otherwise, NULL, 10);
}

/* ---- the tests -------------------------------------------------------------------------------- */

static void test_seeds_that_once_failed(void **state)
{
    (void)state;
    char path[LINE_BYTES], line[LINE_BYTES], name[32];
    snprintf(path, sizeof(path), "%s/tests/sim/seeds.txt", getenv("SOURCE_DIR") != NULL ? getenv("SOURCE_DIR") : ".");
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s can't be read", path);
    while (fgets(line, sizeof(line), file) != NULL) {
        unsigned long long seed;
        if (line[0] != '#' && sscanf(line, "%llu %31s", &seed, name) == 2 && strcmp(name, suite_name) == 0)
            run_seed(seed, NULL);
    }
    fclose(file);
}

static void test_fixed_seeds(void **state)
{
    (void)state;
    double begin = seconds_now();
    for (uint64_t seed = 1; seed <= number_from("SIM_SEEDS", FIXED_SEEDS); seed++)
        run_seed(seed, NULL);
    tell_total("fixed", seconds_now() - begin);
    assert_true(total.crashes > 0 && total.lost_answers > 0 && total.succeeded > 0 && total.failed > 0);
    assert_true(total.lost_leases > 0 && total.refused_steps > 0 && total.pauses > 0 && total.survived_commits > 0);
    assert_true(total.refusals > 0 && total.doubled > 0 && total.messages > 0);
}

static char *lines_of(uint64_t seed)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *lines = open_memstream(&text, &bytes);
    assert_non_null(lines);
    run_seed(seed, lines);
    fclose(lines);
    return text;
}

static void test_a_seed_replays_exactly(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= REPLAYED_SEEDS; seed++) {
        char *first = lines_of(seed), *second = lines_of(seed);
        assert_true(strlen(first) > 0);
        assert_string_equal(first, second);
        free(first);
        free(second);
    }
}

static void test_fresh_seeds(void **state)
{
    (void)state;
    double seconds = (double)number_from("SIM_SECONDS", FRESH_SECONDS), begin = seconds_now();
    uint64_t first = (uint64_t)time(NULL) * 1000, seed = first;
    total = (struct sim_result){0};
    seeds_run = 0;
    while (seconds_now() - begin < seconds)
        run_seed(seed++, NULL);
    printf("fresh seeds from %llu\n", (unsigned long long)first);
    tell_total("fresh", seconds_now() - begin);
}

static void test_one_seed(void **state)
{
    (void)state;
    run_seed(number_from("SIM_SEED", "1"), stdout);
}

int sim_suite_main(const char *name, const struct sim_part *chosen, size_t count_of_parts)
{
    suite_name = name;
    parts = chosen;
    part_count = count_of_parts;
    signal(SIGABRT, at_abort);
    setvbuf(stdout, NULL, _IOLBF, 0);
    const struct CMUnitTest one[] = {cmocka_unit_test(test_one_seed)};
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_seeds_that_once_failed),
        cmocka_unit_test(test_fixed_seeds),
        cmocka_unit_test(test_a_seed_replays_exactly),
        cmocka_unit_test(test_fresh_seeds),
    };
    if (getenv("SIM_SEED") != NULL)
        return cmocka_run_group_tests(one, NULL, NULL);
    if (getenv("SIM_ONLY") != NULL)
        cmocka_set_test_filter(getenv("SIM_ONLY"));
    return cmocka_run_group_tests(all, NULL, NULL);
}
