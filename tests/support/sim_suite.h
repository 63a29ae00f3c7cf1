/* A provider's machine and its emulator in a world that fails, over many seeds. */
#ifndef GV_TESTS_SIM_SUITE_H
#define GV_TESTS_SIM_SUITE_H

#include "core/emulator.h"
#include "core/provider.h"

struct gv_sim_suite {
    const struct gv_provider *provider;
    const struct gv_emulator *emulator;
    const char *const *requests; /* operation documents, journal form; NULL-ended */
    unsigned creates_max;        /* billed in one run, where a create bears no name of ours; 0: not counted */
};

/* The test program's main: some fixed seeds, then fresh ones. In the environment, SIM_SEED=n replays one seed and
 * prints its transitions; SIM_RUNS=n sets how many fresh seeds there are. */
int gv_sim_suite_main(const struct gv_sim_suite *suite);

#endif
