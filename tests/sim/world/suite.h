/* Providers in the simulated world, over many seeds. */
#ifndef GV_TESTS_SIM_SUITE_H
#define GV_TESTS_SIM_SUITE_H

#include "sim/world/sim.h"

/* The test program's main. `name`: as in tests/sim/seeds.txt. In the environment: SIM_SEED=n replays one seed and
 * prints its lines; SIM_SECONDS=n runs fresh seeds for so long, with SIM_ONLY_FRESH nothing else. */
int sim_suite_main(const char *name, const struct sim_part *parts, size_t part_count);

#endif
