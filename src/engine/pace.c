/* How long a wait really is. */
#include "engine/job.h"

#define GV_BACKOFF_MS_MAX 60000u
#define GV_BACKOFF_DOUBLINGS_MAX 6u

/* ms, give or take a tenth, so that many jobs don't march in step. */
static uint32_t jittered(uint32_t ms, uint32_t random)
{
    uint32_t tenth = ms / 10;
    return tenth == 0 ? ms : ms - tenth + random % (2 * tenth + 1);
}

/* Doubled for each back-off in a row; the jitter only lengthens, since ms may be the provider's own Retry-After. */
static uint32_t backed_off(uint32_t ms, uint32_t backoffs, uint32_t random)
{
    uint32_t doublings = backoffs < GV_BACKOFF_DOUBLINGS_MAX ? backoffs : GV_BACKOFF_DOUBLINGS_MAX;
    uint64_t grown = (uint64_t)ms << doublings;
    uint32_t longest = ms > GV_BACKOFF_MS_MAX ? ms : GV_BACKOFF_MS_MAX;
    uint32_t base = grown < longest ? (uint32_t)grown : longest;
    return base + (base == 0 ? 0 : random % (base / 2 + 1));
}

uint32_t gv_pace_ms(const struct gv_driver *driver, const struct gv_wait *wait, uint32_t backoffs, uint32_t random)
{
    uint32_t user_ms = driver->config.poll_ms;
    if (wait->kind == GV_WAIT_POLL)
        return jittered(user_ms != 0 ? user_ms : wait->ms, random);
    uint32_t ms = user_ms != 0 && user_ms < wait->ms ? user_ms : wait->ms;
    return backed_off(ms, backoffs, random);
}
