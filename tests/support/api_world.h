/* An engine on a store of its own, for tests of what stands above the C API. */
#ifndef GV_TESTS_API_WORLD_H
#define GV_TESTS_API_WORLD_H

#include "golem_video/golem_video.h"
#include "support/folder.h"
#include "support/sandbox_process.h"

#define API_WORLD_POLL_MS 50

struct api_world {
    struct gv_folder folder;
    struct sandbox_process sandbox; /* pid 0: none */
    char store[80];
    struct gv_engine *engine;
    struct gv_arena arena; /* the test's */
};

/* With no provider set up, and with all of them in a sandbox. Both fail the test where that can't be. */
void api_world_open(struct api_world *w);
void api_world_open_sandbox(struct api_world *w);

/* Setup with a sandbox, and teardown, of a test whose state is the world or begins with it. */
int api_world_make(void **state);
int api_world_end(void **state);

/* For further engines; and the world's own again, after gv_close. */
struct gv_options api_world_options(struct api_world *w);
void api_world_open_engine(struct api_world *w, uint32_t poll_ms);

#endif
