#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void gv_assert_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "golem-video: a bug: %s does not hold at %s:%d; stopping, accepted jobs are kept\n", what, file,
            line);
    abort();
}
