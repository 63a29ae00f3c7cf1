/* All providers on one store. */
#include "sim/world/parts.h"
#include "sim/world/suite.h"

int main(void)
{
    const struct sim_part parts[] = {sim_part_kling, sim_part_runway, sim_part_stability, sim_part_veo};
    return sim_suite_main("mixed", parts, sizeof(parts) / sizeof(parts[0]));
}
