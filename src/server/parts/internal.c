#include "server/parts/internal.h"

#include <time.h>

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t gv_server_now_ms(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t gv_server_wall_ms(void)
{
    return read_clock(CLOCK_REALTIME);
}

bool gv_server_is_stopping(struct gv_server *server)
{
    pthread_mutex_lock(&server->lock);
    bool stopping = server->stopping;
    pthread_mutex_unlock(&server->lock);
    return stopping;
}
