/* The real engine with a real provider machine in a world that fails: virtual time, journal and blobs in memory, the
 * provider's emulator behind a network that loses, delays and garbles, and processes that die. A seed decides all of
 * it. While it runs, the promises are checked; when the faults stop, every job must come to rest. */
#ifndef GV_TESTS_SIM_H
#define GV_TESTS_SIM_H

#include "core/emulator.h"
#include "core/provider.h"

struct gv_sim_options {
    uint64_t seed;
    const struct gv_provider *provider;
    const struct gv_emulator *emulator;
    const char *const *settings; /* values, as the provider's rows */
    const char *const *requests; /* operation documents, journal form; NULL-ended; all are submitted */
    bool trace;                  /* one line per transition on stdout */
};

/* What a run came to. `broken`: the first promise that did not hold, or "". */
struct gv_sim_result {
    char broken[512];
    unsigned crashes, faults, creates, lost_answers, succeeded, failed, parked;
};

void gv_sim_run(struct gv_sim_result *out, const struct gv_sim_options *options);

#endif
