#include "sim/world/parts.h"
#include "sim/world/suite.h"

int main(void)
{
    return sim_suite_main("veo", &sim_part_veo, 1);
}
