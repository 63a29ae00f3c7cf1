#include "sim/world/parts.h"
#include "sim/world/suite.h"

int main(void)
{
    return sim_suite_main("kling", &sim_part_kling, 1);
}
