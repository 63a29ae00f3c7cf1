/* The real engine in a world that fails: several engines on one store, each with its own loop in virtual time; journal
 * and blobs in memory; the providers' emulators behind a network that loses, delays, doubles and garbles; disks that
 * fill, clocks that jump, processes that die, stop for a while or are taken for dead. A seed decides all of it, also
 * which of these a run knows. While it runs the promises are checked; when the faults stop, every job must come to
 * rest. */
#ifndef GV_TESTS_SIM_H
#define GV_TESTS_SIM_H

#include <stdio.h>

#include "core/emulator.h"
#include "core/provider.h"

struct sim_part {
    const struct gv_provider *provider;
    const struct gv_emulator *emulator;
    /* Operation documents, journal form, NULL-ended; "$JOB" stands for the job's id, so that whatever is asked of the
     * provider tells whose it is, and "$FILE" for members of a picture that is in the store. */
    const char *const *wishes;
};

struct sim_options {
    uint64_t seed;
    const struct sim_part *parts;
    size_t part_count;
    FILE *lines; /* one for each transition and each blow of the world; NULL: none */
};

/* What a run came to. `broken`: the first promise that did not hold, or "". */
struct sim_result {
    char broken[768];
    unsigned jobs, steps, requests, faults, crashes, survived_commits, pauses, lost_leases, refused_steps, refusals,
        creates, doubled, lost_answers, messages, succeeded, failed, parked;
};

void sim_run(struct sim_result *out, const struct sim_options *options);

#endif
