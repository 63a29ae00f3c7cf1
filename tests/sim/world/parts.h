/* The providers, each with wishes that lead through its machine. */
#ifndef GV_TESTS_SIM_PARTS_H
#define GV_TESTS_SIM_PARTS_H

#include "sim/world/sim.h"

extern const struct sim_part sim_part_kling, sim_part_runway, sim_part_stability, sim_part_veo;

#endif
