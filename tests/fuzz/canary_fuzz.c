/* Holds a bug on purpose. tools/fuzz demands that it is found: where it is not, the silence of the others says
 * nothing. */
#include <stdlib.h>

#include "support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char word[] = "canary";
    const size_t length = sizeof word - 1;
    if (size < length || memcmp(data, word, length) != 0)
        return 0;
    char *volatile cage = malloc(length);
    cage[size] = 'y'; /* behind its end */
    free(cage);
    return 0;
}
