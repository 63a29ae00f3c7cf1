/* What libFuzzer calls. */
#ifndef GV_TESTS_FUZZ_H
#define GV_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
