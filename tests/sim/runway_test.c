#include "sim/world/parts.h"
#include "sim/world/suite.h"

int main(void)
{
    return sim_suite_main("runway", &sim_part_runway, 1);
}
