#include "sim/world/parts.h"
#include "sim/world/suite.h"

int main(void)
{
    return sim_suite_main("stability", &sim_part_stability, 1);
}
