/* Providers in the simulated world, over many seeds. */
#ifndef GV_TESTS_SIM_SUITE_H
#define GV_TESTS_SIM_SUITE_H

#include "sim/world/sim.h"

/* The test program's main. `name`: as in tests/sim/seeds.txt. In the environment: SIM_SEED=n replays one seed and
 * prints its lines; SIM_SEEDS=n is how many fixed ones there are, SIM_SECONDS=n how long there are fresh ones, and
 * SIM_ONLY=pattern names the tests to run. */
int sim_suite_main(const char *name, const struct sim_part *parts, size_t part_count);

#endif
